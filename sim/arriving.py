"""Files that arrive whole: whoever reads sees the file as it was or as it is, and never a half."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BESIDE = re.compile(r"\..+\.\d+-[0-9a-f]{8}")


@contextmanager
def arriving(path: Path, lasting: bool = False) -> Iterator[Path]:
    """A place to write a file to, which takes the place of `path` in one step at the end.

    A file that is `lasting` is on the disk by then, whatever happens to the machine. If the writing
    fails nothing is left of it.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        yield beside
        if lasting:
            with beside.open("rb") as file:
                os.fsync(file.fileno())
        beside.replace(path)
        if lasting:
            _settle(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def was_arriving(path: Path) -> bool:
    """Whether a file is what is left of one whose writer was killed."""
    return _BESIDE.fullmatch(path.name) is not None


def _settle(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system can."""
    if os.name == "posix":
        place = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)
