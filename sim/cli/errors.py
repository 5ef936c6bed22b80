"""End a command: exit codes, and errors in sentences."""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from types import FrameType
from typing import NoReturn, ParamSpec

import typer

from sim.io.atomic_write import DiskFullError, is_disk_full

#: How a command ends if not well; for one that was stopped, `sim.__main__` says so.
FAILED, BAD_INPUT, STOPPED = 1, 2, 130


class HandledExit(int):
    """An exit code of a command that has said itself how it ended."""


#: What was stopped and says how it goes on; `sim.__main__` then has nothing to add.
STOPPED_AND_SAID = HandledExit(STOPPED)


P = ParamSpec("P")


class BadInputError(ValueError):
    """What the user gave cannot be used; the message says why and what to do."""


def report_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Turn what goes wrong in a command into a sentence and an exit code."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        stopped = threading.Event()

        def stop(signal_number: int, frame: FrameType | None) -> NoReturn:
            stopped.set()
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGINT, stop)
        try:
            _in_sentences(command, stopped, *args, **kwargs)
        except BaseException as error:
            if stopped.is_set() or isinstance(error, KeyboardInterrupt):
                raise typer.Exit(STOPPED) from None
            raise
        finally:
            signal.signal(signal.SIGINT, before)

    return guarded


def _in_sentences(
    command: Callable[P, None], stopped: threading.Event, *args: P.args, **kwargs: P.kwargs
) -> None:
    from sim.engine.sampling import LeverError
    from sim.scenario.errors import ScenarioError
    from sim.scenario.schedule import EventError

    try:
        _check_days_are_said_once(**kwargs)
        command(*args, **kwargs)
    except ScenarioError as error:
        complain(*map(str, error.complaints))
        raise typer.Exit(BAD_INPUT) from None
    except (BadInputError, LeverError, EventError) as error:
        complain(str(error))
        raise typer.Exit(BAD_INPUT) from None
    except (typer.Exit, typer.Abort, BrokenPipeError):  # who read us has seen enough: no word
        raise
    except OSError as error:
        if is_disk_full(error):
            where = (
                error if isinstance(error, DiskFullError) else "there is no room left to write to"
            )
            complain(f"The run failed: {where}; make room, then give the same command again")
            _write_no_more()
        else:
            complain(f"The run failed: {error}")
        raise typer.Exit(FAILED) from None
    except Exception as error:
        if stopped.is_set():  # compiled modules turn Ctrl-C into errors of their own
            raise typer.Exit(STOPPED) from None
        traceback.print_exc()
        complain(f"The run failed: {error}")
        raise typer.Exit(FAILED) from None


def _check_days_are_said_once(days: object = None, **options: object) -> None:
    """Refuse `--set days=…` beside another `--days`, which would win and say nothing of it.

    Beside the same they stand in every command that is printed.
    """
    for name, option in (("settings", "--set"), ("baseline_settings", "--baseline-set")):
        settings = options.get(name)
        for setting in settings if isinstance(settings, list) and days is not None else ():
            key, _, value = (part.strip() for part in setting.partition("="))
            if key == "days" and value != str(days):
                raise BadInputError(f"--days {days} and {option} {setting} differ; keep one")


def _write_no_more() -> None:
    """Let go of what standard output still holds, where it is what is full."""
    try:
        sys.stdout.flush()
    except OSError:  # it would be tried again when the process ends, and complained about
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(*lines: str) -> None:
    """Say something on standard error."""
    for line in lines:
        typer.echo(line, err=True)
