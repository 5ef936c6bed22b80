"""Find a Chromium for the tests of pages, or fetch one: `python tests/dashboard/browser.py`.

The tests drive a browser that is already on the machine. `PARLEY_CHROMIUM` names it; otherwise
it is looked for under the usual names. Run as a program, this asks the system's package manager
for one where there is none, and says plainly what is missing where it cannot.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMED_BY = "PARLEY_CHROMIUM"

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)

PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)

#: How a package manager is asked for one: its program, and the commands in turn.
MANAGERS: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = (
    (
        "apt-get",
        (
            ("apt-get", "update", "-qq"),
            ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"),
        ),
    ),
    ("dnf", (("dnf", "install", "-y", "-q", "chromium"),)),
    ("pacman", (("pacman", "-S", "--noconfirm", "--needed", "chromium"),)),
    ("apk", (("apk", "add", "--quiet", "chromium"),)),
    ("brew", (("brew", "install", "--cask", "--quiet", "chromium"),)),
)

MISSING = (
    "The tests of pages need Chromium or Chrome, and there is none here. Install it "
    f"(Debian: apt-get install chromium), or name one you have: {NAMED_BY}=/path/to/chromium."
)


def find() -> str | None:
    """The path of a browser, or None."""
    named = os.environ.get(NAMED_BY)
    if named:
        return shutil.which(named)
    on_path = (shutil.which(name) for name in NAMES)
    known = (place for place in PLACES if Path(place).is_file())
    return next(filter(None, (*on_path, *known)), None)


def fetch() -> str | None:
    """Ask the first package manager at hand for a browser; its path, or None."""
    for program, commands in MANAGERS:
        if not shutil.which(program):
            continue
        for command in commands:
            words = _as_root(command) if program != "brew" else command
            if words is None or subprocess.run(words, check=False).returncode:
                return find()
        return find()
    return None


def _as_root(command: tuple[str, ...]) -> tuple[str, ...] | None:
    """The command with the rights it takes; None where it would ask for a password."""
    if not hasattr(os, "geteuid") or os.geteuid() == 0:
        return command
    if (
        shutil.which("sudo")
        and not subprocess.run(("sudo", "-n", "true"), check=False, capture_output=True).returncode
    ):
        return ("sudo", "-n", *command)
    return None


def main() -> int:
    """Say where the browser is, fetching it first where it is missing."""
    path = find() or fetch()
    print(path or MISSING, file=sys.stdout if path else sys.stderr)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
