"""Record where results come from: study, scenario, model, versions, state of the repository.

Nothing here names a person, a machine or a folder.
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from sim.provenance import model_fingerprint, version
from sim.scenario.loading import sha256_of
from sim.sweep.bound_study import BoundStudy

HERE = Path(__file__).parents[1]

#: The packages whose versions may move the last bits of a result.
PACKAGES = ("mesa", "numpy", "pyarrow", "pydantic", "scipy")


def fingerprint(bound_study: BoundStudy) -> dict[str, str]:
    """Return what a sweep's results depend on: study, scenario, model; `all` is all of them."""
    parts = {
        "study": bound_study.sha256,
        "scenario": sha256_of(bound_study.scenario),
        "version": version(),
        "model": model_fingerprint(),
    }
    whole = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return {**parts, "all": whole}


def surroundings() -> dict[str, Any]:
    """Return what else may matter: the interpreter, the packages, the kind of machine, the
    repository.
    """
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "machine": platform.machine(),
        "packages": _versions(),
        "repository": _repository(),
    }


@cache
def _versions() -> dict[str, str]:
    """Return the packages as they were when this process first asked; it goes on with those."""
    return {name: metadata.version(name) for name in PACKAGES}


def _repository() -> dict[str, Any] | None:
    """Return the commit, and a fingerprint of what is not committed; None outside a repository."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return None
    where = ["--", "sim", "scenarios", "pyproject.toml", "requirements.lock"]
    changes = _git("diff", "HEAD", *where) or b""
    listed = _git("ls-files", "--others", "--exclude-standard", *where) or b""
    new = b"".join(
        name.encode() + b"\0" + (HERE.parent / name).read_bytes()
        for name in sorted(listed.decode().splitlines())
    )
    dirty = bool(changes or new)
    return {
        "commit": commit.decode().strip(),
        "dirty": dirty,
        "diff_sha256": hashlib.sha256(changes + new).hexdigest() if dirty else None,
    }


def _git(*words: str) -> bytes | None:
    """Return what git says about the repository of this file; None where there is no git or
    none.
    """
    if not (HERE.parent / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(HERE.parent), *words], capture_output=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
