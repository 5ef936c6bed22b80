"""What the tests want of the system: a browser and a database server.

    python -m tests.tools.system_packages

The tests use what is already on the machine. Run as a program, this asks the system's package
manager for what is missing, and says plainly what to do where it cannot.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

#: A Chromium of one's own choice.
NAMED_BY = "PARLEY_CHROMIUM"

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)

BROWSER_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)

#: Where PostgreSQL keeps the programs that start a server, newest version first where sorted.
SERVER_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*")

#: How package managers install: the commands that come before the names.
MANAGERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "apt-get": (
        ("apt-get", "update", "-qq"),
        ("apt-get", "install", "-y", "-qq", "--no-install-recommends"),
    ),
    "dnf": (("dnf", "install", "-y", "-q"),),
    "pacman": (("pacman", "-S", "--noconfirm", "--needed"),),
    "apk": (("apk", "add", "--quiet"),),
    "brew": (("brew", "install", "--quiet"),),
}


@dataclass(frozen=True)
class Wanted:
    """Something of the system's that the tests use."""

    find: Callable[[], str | None]  # the path of it, or None
    packages: dict[str, str]  # by package manager
    missing: str  # what to say where it is not to be had


def chromium() -> str | None:
    """The path of a browser, or None."""
    named = os.environ.get(NAMED_BY)
    if named:
        return shutil.which(named)
    on_path = (shutil.which(name) for name in BROWSERS)
    known = (place for place in BROWSER_PLACES if Path(place).is_file())
    return next(filter(None, (*on_path, *known)), None)


def postgresql() -> str | None:
    """The folder with the programs of a PostgreSQL server, or None."""
    on_path = shutil.which("initdb")
    if on_path and shutil.which("pg_ctl"):
        return str(Path(on_path).parent)
    for pattern in SERVER_PLACES:
        for folder in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True):
            if (folder / "initdb").is_file() and (folder / "pg_ctl").is_file():
                return str(folder)
    return None


def free_port() -> int:
    """A port that nobody listens on, nor the system takes for lines that others open."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as trial, suppress(OSError):
            trial.bind(("127.0.0.1", port))
            return port


BROWSER = Wanted(
    chromium,
    dict.fromkeys(MANAGERS, "chromium"),
    "The tests of pages need Chromium or Chrome, and there is none here. Install it "
    f"(Debian: apt-get install chromium), or name one you have: {NAMED_BY}=/path/to/chromium.",
)

DATABASE = Wanted(
    postgresql,
    dict.fromkeys(MANAGERS, "postgresql") | {"dnf": "postgresql-server"},
    "The tests of the classroom need the programs of a PostgreSQL server (initdb, pg_ctl), and "
    "there are none here. Install them (Debian: apt-get install postgresql); no server needs to "
    "run, the tests start their own.",
)


def fetch(wanted: Wanted) -> str | None:
    """Ask the first package manager at hand for it; its path, or None."""
    for program, commands in MANAGERS.items():
        if not shutil.which(program):
            continue
        *first, last = commands
        for command in (*first, (*last, wanted.packages[program])):
            words = command if program == "brew" else _as_root(command)
            if words is None or subprocess.run(words, check=False).returncode:
                break
        return wanted.find()
    return None


def _as_root(command: tuple[str, ...]) -> tuple[str, ...] | None:
    """The command with the rights it takes; None where it would ask for a password."""
    if not hasattr(os, "geteuid") or os.geteuid() == 0:
        return command
    may = ("sudo", "-n", "true")
    if shutil.which("sudo") and not subprocess.run(may, check=False).returncode:
        return ("sudo", "-n", *command)
    return None


def main() -> int:
    """Say where each is, fetching it first where it is missing; 1 if anything still is."""
    found = [wanted.find() or fetch(wanted) for wanted in (BROWSER, DATABASE)]
    for wanted, path in zip((BROWSER, DATABASE), found, strict=True):
        print(path or wanted.missing, file=sys.stdout if path else sys.stderr)
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
