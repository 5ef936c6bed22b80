"""The default place of a classroom's data: a folder of the user."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def folder() -> Path:
    """Return the classroom's folder, among the user's data rather than in a cache."""
    if sys.platform == "win32":
        above = Path(os.environ.get("LOCALAPPDATA", Path.home()))
    elif sys.platform == "darwin":
        above = Path.home() / "Library" / "Application Support"
    else:
        above = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return above / "parley" / "classroom"


def database() -> str:
    """Return the address of the default database; create its folder if it is missing."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    return f"sqlite:///{folder() / 'classroom.sqlite'}"
