"""Deliver a command's results: in a folder, as JSON, or on the screen."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from sim.cli.errors import BadInputError
from sim.io.atomic_write import DiskFullError, report_disk_full, write_atomically

if TYPE_CHECKING:
    from rich.console import Console


#: Beside its results, a folder holds the command they came from, in words for a shell.
COMMAND = "command.txt"


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
