"""What the commands share: options, settings, folders, and how they speak and fail.

A group of commands of its own (`parley sweep …`) is a module that builds on this one, holds a
`typer.Typer` and imports the engine inside its functions; `sim.cli.app` mounts it with one line.
"""

from __future__ import annotations

import difflib
import functools
import json
import os
import shlex
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, ParamSpec

import typer

from sim.io.atomic_write import DiskFullError, is_disk_full, report_disk_full, write_atomically

if TYPE_CHECKING:
    from rich.console import Console

    from sim.scenario.schema import Scenario

#: How a command ends if not well; for one that was stopped, `sim.__main__` says so.
FAILED, BAD_INPUT, STOPPED = 1, 2, 130


class HandledExit(int):
    """An exit code of a command that has said itself how it ended."""


#: What was stopped and says how it goes on; `sim.__main__` then has nothing to add.
STOPPED_AND_SAID = HandledExit(STOPPED)

#: A run uses this many cores, unless told otherwise or there are fewer.
CORES = 2

#: Beside its results, a folder holds the command they came from, in words for a shell.
COMMAND = "command.txt"

#: No command plays more talks than this in one go: some 2 GB on the disk, at about 170 bytes each.
MOST_RUNS = 10_000_000

#: Nor follows them for longer; `sim.scenario.schema` has the same number and is not light.
MOST_DAYS = 3650

#: Seconds between two lines of progress where nobody watches a bar.
TELL_EVERY = 30.0

P = ParamSpec("P")


class BadInputError(ValueError):
    """What the user gave cannot be used; the message says why and what to do."""


# --- Options, each written once


def _not_too_many(runs: int | None) -> int | None:
    if runs is not None and runs > MOST_RUNS:
        raise typer.BadParameter(
            f"{runs:,} talks are too many for one command: it plays at most {MOST_RUNS:,}, some "
            "2 GB on the disk; 10,000 already give a share to within one in a hundred"
        )
    return runs


_OUT = typer.Option(
    "--out", metavar="DIR", help="a folder for the results: new, empty, or of this very command"
)

Name = Annotated[str, typer.Argument(metavar="NAME|FILE", help="a scenario's name, or its file")]
Runs = Annotated[
    int,
    typer.Option(
        min=1, callback=_not_too_many, help=f"how many talks to simulate, at most {MOST_RUNS:,}"
    ),
]
FurtherRuns = Annotated[
    int,
    typer.Option(
        "--further",
        min=0,
        callback=_not_too_many,
        help="talks in each arm, to say why there is no deal and what matters; 0: leave out",
    ),
]
Budget = Annotated[
    int,
    typer.Option(min=1, callback=_not_too_many, help="about how many talks to simulate in all"),
]
Seed = Annotated[int, typer.Option(min=0, help="the luck: the same seed, the same results")]
Days = Annotated[
    int | None,
    typer.Option(
        min=1, max=MOST_DAYS, help="how long to follow the talks", show_default="scenario's"
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="a lever, or a value by its path; repeatable"),
]
Plugins = Annotated[
    list[str] | None,
    typer.Option(
        "--plugin",
        metavar="FILE.py",
        help="tactics, war modules or other strategies of your own; repeatable",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="how many processes", show_default=f"up to {CORES} cores"),
]
JsonTo = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE|-", help="write the summary as JSON; - prints only that"),
]
Out = Annotated[Path | None, _OUT]
OutWanted = Annotated[Path, _OUT]


# --- How a command ends


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

    try:
        _check_days_are_said_once(**kwargs)
        command(*args, **kwargs)
    except ScenarioError as error:
        complain(*map(str, error.complaints))
        raise typer.Exit(BAD_INPUT) from None
    except (BadInputError, LeverError) as error:
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


def exec_module(module: str, *words: str) -> NoReturn:
    """Go on as `python -m MODULE WORDS…`, in this very process.

    So a command starts what stands above the command line and may not be imported here, such as
    the server of `dashboard`: a signal then reaches the server itself, and its exit code is ours.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *words])


# --- What the user sets


def pairs(settings: list[str] | None, option: str) -> dict[str, str]:
    """KEY=VALUE settings as a mapping; raises BadInputError for what is not one, or twice."""
    found: dict[str, str] = {}
    for setting in settings or []:
        key, equals, value = (part.strip() for part in setting.partition("="))
        if not key or not equals or not value:
            raise BadInputError(f"{option} {shlex.quote(setting)} is not of the form KEY=VALUE")
        if key in found:
            raise BadInputError(f"{option} sets {key} twice; set it once")
        found[key] = value
    return found


def load(
    name: str, settings: Mapping[str, str], plugins: list[str] | None = None
) -> tuple[Scenario, dict[str, float]]:
    """Return a scenario with some of its values changed, and the levers that are moved.

    Raises BadInputError, ScenarioError or LeverError for what cannot be set.
    """
    from sim.engine.sampling import check_levers
    from sim.scenario.errors import ScenarioError
    from sim.scenario.loading import load_scenario

    scenario = load_scenario(name, plugins=plugins or ())
    levers = {key: value for key, value in settings.items() if key in scenario.levers}
    changes = changes_in(settings, scenario)
    if changes:
        try:
            scenario = load_scenario(name, changes)
        except ScenarioError as error:
            unknown = [c.key for c in error.complaints if c.key in changes and not c.line]
            if unknown:
                raise BadInputError("\n".join(_unknown(key, scenario) for key in unknown)) from None
            raise
    return scenario, check_levers(scenario, {k: _number(k, v) for k, v in levers.items()})


def changes_in(settings: Mapping[str, str], scenario: Scenario) -> dict[str, str]:
    """Return the settings that change a value of the scenario and move no lever."""
    return {key: value for key, value in settings.items() if key not in scenario.levers}


def _number(lever: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise BadInputError(f"lever '{lever}' is {value!r}; it takes a number") from None


def _unknown(key: str, scenario: Scenario) -> str:
    """Return the complaint about a key that is neither lever nor value, with the nearest of
    each.
    """
    found = f"--set {key}: {scenario.scenario} has no lever and no value of this name"
    nearest = [
        f"the {what} '{near}'"
        for what, known in (("lever", scenario.levers), ("value", scenario.quantities()))
        for near in difflib.get_close_matches(key, known, n=1)
    ]
    if nearest:
        return f"{found}; did you mean {' or '.join(nearest)}?"
    levers = ", ".join(scenario.levers) or "none"
    return f"{found}; its levers: {levers}; `parley show --numbers` lists its values"


def as_command(
    verb: str, name: str, *, sets: Mapping[str, list[str] | None], **options: object
) -> str:
    """Return the command that gives the same results again, quoted for a shell."""
    words = ["parley", verb, name]
    for option, value in options.items():
        words += [f"--{option}", str(value)]
    for option, settings in sets.items():
        for setting in settings or []:
            words += [option, setting]
    return shlex.join(words)


def cores() -> int:
    """Return how many processes play where the user does not say."""
    return min(CORES, os.cpu_count() or 1)


# --- Where results go


@contextmanager
def folder_for(command: str, out: Path | None) -> Iterator[Path]:
    """Open the folder for a command's results: the user's, or one that is gone afterwards.

    Raises BadInputError where nothing may be written, or where there are other things, so that
    the results of two commands are never found in one folder.
    """
    if out is None:
        with tempfile.TemporaryDirectory(prefix="parley-") as folder:
            yield Path(folder)
        return
    note = out / COMMAND
    try:
        if out.exists() and not out.is_dir():
            raise BadInputError(f"--out {out} is a file; name a folder")
        out.mkdir(parents=True, exist_ok=True)
        before = note.read_text(encoding="utf-8").strip() if note.is_file() else ""
        if any(out.iterdir()) and _without_out(before) != _without_out(command):
            what = f"results of `{before}`" if before else "something else"
            raise BadInputError(
                f"--out {out} already holds {what}; give another folder, or empty this one"
            )
        write_atomically(note, f"{command}\n")
    except DiskFullError:
        raise
    except OSError as error:
        raise BadInputError(f"--out {out} cannot be used: {error.strerror}") from None
    with report_disk_full(out):
        yield out


def _without_out(command: str) -> list[str]:
    """Return the words of a command without the folder, which may be named in several ways."""
    try:
        words = shlex.split(command)
    except ValueError:  # no command of ours
        return [command]
    if "--out" in words:
        place = words.index("--out")
        del words[place : place + 2]
    return words


def check_json(json_to: str | None) -> None:
    """Find out before the run whether the JSON can be written after it, or raise BadInputError."""
    if json_to in (None, "-"):
        return
    target = Path(str(json_to))
    new = not target.exists()
    try:
        if new or target.is_file() or target.is_dir():  # a pipe is not opened before its time
            target.open("a").close()
        if new:
            target.unlink()
    except OSError as error:
        raise BadInputError(
            f"--json {json_to} cannot be written: {error.strerror}; name a file in a folder that "
            "exists and is yours to write to"
        ) from None


def deliver(
    found: dict[str, Any], json_to: str | None, print_words: Callable[[Console], None]
) -> None:
    """Give the results in words, and as JSON where they are wanted."""
    if json_to == "-":
        typer.echo(as_json(found), nl=False)
        return
    if json_to is not None:
        _write_json(Path(json_to).resolve(), as_json(found))
    print_words(on_screen())


def _write_json(target: Path, text: str) -> None:
    """Write a file that arrives whole; what is no plain file, such as a pipe, is written to."""
    is_plain = target.is_file() or not target.exists()
    if is_plain and os.access(target.parent, os.W_OK):
        write_atomically(target, text)
        return
    with report_disk_full(target.parent):
        target.write_text(text, encoding="utf-8")


def as_json(found: dict[str, Any]) -> str:
    """Results as text for a JSON file; raises ValueError for a number that JSON lacks."""
    return json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def on_screen() -> Console:
    """Return standard output, for words and tables."""
    from rich.console import Console

    return Console(highlight=False)


def complain(*lines: str) -> None:
    """Say something on standard error."""
    for line in lines:
        typer.echo(line, err=True)


@contextmanager
def progress(total: int) -> Iterator[Callable[[int], None]]:
    """Progress on standard error: a bar where someone watches, else a line now and then.

    Yields what moves it on by so many runs.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _line_by_line(total)
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("runs", total=total)
        yield lambda runs: bar.advance(task, runs)


def _line_by_line(total: int) -> Callable[[int], None]:
    """Return what counts runs and says so in a log, seldom enough that short runs stay silent."""
    done, said = 0, time.monotonic()

    def advance(runs: int) -> None:
        nonlocal done, said
        done += runs
        if time.monotonic() - said >= TELL_EVERY:
            said = time.monotonic()
            complain(f"{done:,} of {total:,} talks played")

    return advance


@contextmanager
def waiting(words: str) -> Iterator[None]:
    """Show a sign of life on standard error where someone watches."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(words):
        yield


@contextmanager
def status_line() -> Iterator[Callable[[str], None]]:
    """Show the same for work in several parts: call the function with the one under way."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda words: None
        return
    with console.status("Playing") as status:
        yield status.update
