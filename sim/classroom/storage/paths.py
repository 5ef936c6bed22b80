"""Where a classroom is kept unless told otherwise: a folder of the user's own."""

from __future__ import annotations

from pathlib import Path

from sim.io.user_folders import data_folder


def folder() -> Path:
    """Return the folder of the classroom, among the user's data rather than in a cache."""
    return data_folder() / "classroom"


def database() -> str:
    """Return the address of the file in that folder; the folder is made if it is missing."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    return f"sqlite:///{folder() / 'classroom.sqlite'}"
