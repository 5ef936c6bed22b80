"""Where a classroom is kept unless told otherwise: a folder of the user's own."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def folder() -> Path:
    """The folder of the classroom, among the user's data rather than in a cache."""
    if sys.platform == "win32":
        above = Path(os.environ.get("LOCALAPPDATA", Path.home()))
    elif sys.platform == "darwin":
        above = Path.home() / "Library" / "Application Support"
    else:
        above = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return above / "parley" / "classroom"


def database() -> str:
    """The address of the file in that folder; the folder is made if it is missing."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    return f"sqlite:///{folder() / 'classroom.sqlite'}"
