"""Where the user's own files lie, as each operating system has it."""

from __future__ import annotations

import sys
from pathlib import Path

import platformdirs

#: What the folders are called.
APP = "parley"


def cache_folder() -> Path:
    """Return the folder for what can be computed again; it need not exist.

    It is `~/.cache/parley` on Linux (or under XDG_CACHE_HOME), `~/Library/Caches/parley` on macOS
    and `%LOCALAPPDATA%\\parley` on Windows, where it is the folder of the data, too.
    """
    # Without its opinion platformdirs leaves out the folder `Cache`, which Parley never had.
    folder = platformdirs.user_cache_path(APP, appauthor=False, opinion=False)
    return _used_before(folder, "Caches")


def data_folder() -> Path:
    """Return the folder for what the user would miss; it need not exist.

    It is `~/.local/share/parley` on Linux (or under XDG_DATA_HOME), `~/Library/Application
    Support/parley` on macOS and `%LOCALAPPDATA%\\parley` on Windows.
    """
    return _used_before(platformdirs.user_data_path(APP, appauthor=False), "Application Support")


def _used_before(folder: Path, library: str) -> Path:
    """Return Apple's own folder where it is in use, even if an XDG variable names another.

    platformdirs follows those variables on macOS, too; earlier versions of Parley did not.
    """
    earlier = Path.home() / "Library" / library / APP
    return earlier if sys.platform == "darwin" and earlier.is_dir() else folder
