"""Run unit tests and golden results on a Python newer than the one of `.venv`, where there is one.

    python tests/tools/newer_python.py                 # the newest that is found
    python tests/tools/newer_python.py python3.13      # a given one

It makes `.venv-newer` from the same lock. Needs nothing but an interpreter: say so, and end with
1, where none is found.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".venv-newer"

#: Newest first; the lock is made for 3.11, which `.venv` has unless told otherwise.
CANDIDATES = tuple(f"python3.{minor}" for minor in range(16, 11, -1))

TESTS = ("tests/unit", "tests/claims/test_golden.py")


def interpreter(named: list[str]) -> str | None:
    """Return the interpreter that is named, or the newest that runs."""
    for candidate in named or CANDIDATES:
        for path in [shutil.which(candidate), *pyenv(candidate)]:
            if path and runs(path):
                return path
    return None


def pyenv(candidate: str) -> list[str]:
    """Return the interpreters of that name which pyenv keeps, newest first."""
    minor = candidate.removeprefix("python")
    folder = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return [str(path) for path in sorted(folder.glob(f"{minor}.*/bin/python"), reverse=True)]


def runs(path: str) -> bool:
    """Tell whether an interpreter starts; a shim of pyenv may stand for none."""
    done = subprocess.run([path, "-c", "import venv, ensurepip"], capture_output=True, check=False)
    return done.returncode == 0


def main() -> None:
    """Make the environment and run the tests in it."""
    path = interpreter(sys.argv[1:])
    if path is None:
        sys.exit(
            f"found none of {', '.join(sys.argv[1:] or CANDIDATES)}; install one, or name it: "
            "python tests/tools/newer_python.py /path/to/python"
        )
    version = subprocess.check_output([path, "-V"], text=True).strip()
    print(f"{version} ({path})", flush=True)
    python = FOLDER / "bin" / "python"
    for command in (
        [path, "-m", "venv", "--clear", str(FOLDER)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"],
        [*uv(python), "--require-hashes", "-r", "requirements.lock"],
        [*uv(python), "--no-deps", "--no-build-isolation", "-e", "."],
    ):
        subprocess.run(command, cwd=ROOT, check=True)
    tests = [str(python), "-m", "pytest", "-q", "-n", "2", *TESTS]
    sys.exit(subprocess.run(tests, cwd=ROOT, check=False).returncode)


def uv(python: Path) -> list[str]:
    """Return the command that installs into the environment."""
    return [str(python.with_name("uv")), "pip", "install", "--quiet", "--python", str(python)]


if __name__ == "__main__":
    main()
