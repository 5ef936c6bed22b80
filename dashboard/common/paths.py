"""Data directories, and the number of worker processes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from sim.io.user_folders import cache_folder

#: The environment variable that names the data folder.
HOME = "PARLEY_HOME"

#: The environment variable that sets the number of worker processes.
WORKERS = "PARLEY_WORKERS"

#: Worker processes by default, if there are as many cores.
DEFAULT_WORKERS = 2


def home() -> Path:
    """Return the data folder: `PARLEY_HOME`, or one in the user's cache."""
    configured = os.environ.get(HOME)
    return Path(configured) if configured else cache_folder()


def make_home() -> None:
    """Create the data folder; raises ValueError, with what to do, if it cannot be written to."""
    folder = home()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(
            f"nothing can be kept in {folder}: {error.strerror}; choose another folder with --home"
        ) from None


def worker_count() -> int:
    """Return the number of worker processes: `PARLEY_WORKERS`, or up to two."""
    configured = os.environ.get(WORKERS, "")
    return (
        int(configured)
        if configured.isdigit() and int(configured)
        else min(DEFAULT_WORKERS, os.cpu_count() or 1)
    )
