"""Where the dashboard keeps things on disk, and what marks the model that made them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cache
from importlib import metadata
from pathlib import Path

import sim
from sim.io.user_folders import cache_folder

#: The environment variable that names the folder for answers and visitors' notes.
HOME = "PARLEY_HOME"

#: The environment variable that says how many processes compute.
WORKERS = "PARLEY_WORKERS"

#: Processes that compute unless told otherwise, if there are as many cores.
USUAL_WORKERS = 2

#: What shipped answers lie in, one file to a scenario.
BASELINES = Path(__file__).parents[1] / "baselines"


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


@cache
def version() -> str:
    """The version of Parley, found without importing the engine."""
    try:
        return metadata.version("parley-sim")
    except metadata.PackageNotFoundError:
        return "0+unknown"


@cache
def model() -> str:
    """The version and a fingerprint of the code that computes answers.

    Within one version of Parley the code may be worked on; its old answers must not be shown.
    """
    digest = hashlib.sha256()
    folder = Path(sim.__file__).parent
    answering = sorted(Path(__file__).parents[1].joinpath("explore", "compute").glob("*.py"))
    for file in (*sorted(folder.rglob("*.py")), *answering):
        digest.update(file.read_bytes())
    return f"{version()}+{digest.hexdigest()[:16]}"
