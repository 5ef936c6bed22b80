"""Show how far a command is, on standard error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sim.cli.errors import complain

if TYPE_CHECKING:
    pass


#: Seconds between two lines of progress where nobody watches a bar.
TELL_EVERY = 30.0


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
