"""Files that arrive whole: whoever reads sees the file as it was or as it is, and never a half.

This is our own because atomicwrites, the library for it, was given up in 2022; it neither names
the folder that is full nor recognises what a killed writer has left.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BESIDE = re.compile(r"\..+\.\d+-[0-9a-f]{8}")


#: What systems call a disk, or one's share of it, that is full.
_FULL = (errno.ENOSPC, errno.EDQUOT)


class DiskFullError(OSError):
    """A disk that is full; it says in which folder there was to be more."""

    def __init__(self, folder: Path | str) -> None:
        super().__init__(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))

    def __str__(self) -> str:
        """Return where there is no room."""
        return f"there is no room left in {self.filename}"


def is_disk_full(error: OSError) -> bool:
    """Tell whether an error says that a disk is full."""
    return error.errno in _FULL


@contextmanager
def report_disk_full(folder: Path) -> Iterator[None]:
    """Raise DiskFullError, which names the folder, where what is written in it has no room."""
    try:
        yield
    except DiskFullError:
        raise
    except OSError as error:
        if is_disk_full(error):
            raise DiskFullError(folder) from error
        raise


@contextmanager
def atomic_path(path: Path, lasting: bool = False) -> Iterator[Path]:
    """Open a path to write to that takes the place of `path` in one step at the end.

    A file that is `lasting` is on the disk by then, whatever happens to the machine. If the writing
    fails nothing is left of it. Raises DiskFullError where the disk is full.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with report_disk_full(path.parent):
            yield beside
            if lasting:
                with beside.open("rb") as file:
                    os.fsync(file.fileno())
            beside.replace(path)
            if lasting:
                _settle(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def write_atomically(path: Path, text: str) -> None:
    """Write a text that is there as a whole or not at all. Raises OSError (DiskFullError)."""
    with atomic_path(path) as beside:
        beside.write_text(text, encoding="utf-8")


def is_partial_file(path: Path) -> bool:
    """Tell whether a file is what is left of one whose writer was killed."""
    return _BESIDE.fullmatch(path.name) is not None


def _settle(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system can."""
    if os.name == "posix":
        place = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)
