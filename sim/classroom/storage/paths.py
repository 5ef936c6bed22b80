"""The default place of a classroom's data: a folder of the user."""

from __future__ import annotations

from pathlib import Path

from sim.io.user_folders import data_folder


def folder() -> Path:
    """Return the classroom's folder, among the user's data rather than in a cache."""
    return data_folder() / "classroom"


def database() -> str:
    """Return the address of the default database; create its folder if it is missing."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    return f"sqlite:///{folder() / 'classroom.sqlite'}"
