"""Where the dashboard keeps things on disk, and how many processes compute."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from sim.io.user_folders import cache_folder

#: The environment variable that names the folder for answers and visitors' notes.
HOME = "PARLEY_HOME"

#: The environment variable that says how many processes compute.
WORKERS = "PARLEY_WORKERS"

#: Processes that compute unless told otherwise, if there are as many cores.
USUAL_WORKERS = 2


def home() -> Path:
    """The folder for answers and notes; `PARLEY_HOME`, or one in the user's cache."""
    named = os.environ.get(HOME)
    return Path(named) if named else cache_folder()


def make_home() -> None:
    """Make that folder; raises ValueError, with what to do, where nothing can be kept in it."""
    folder = home()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(
            f"nothing can be kept in {folder}: {error.strerror}; choose another folder with --home"
        ) from None


def workers() -> int:
    """How many processes compute: `PARLEY_WORKERS`, or up to two."""
    named = os.environ.get(WORKERS, "")
    return int(named) if named.isdigit() and int(named) else min(USUAL_WORKERS, os.cpu_count() or 1)
