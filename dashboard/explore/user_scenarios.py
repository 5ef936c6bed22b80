"""Scenarios that visitors wrote: kept under a name that their text gives, so a link finds them.

Whoever has the link can read the text; it says nothing of who wrote it. The least recently used
go when there are too many.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from dashboard.common.disk_cache import Cache
from dashboard.common.paths import home
from sim.scenario.errors import ScenarioError, ValidationIssue
from sim.scenario.loading import find_scenario, scenario_names

#: As much as all texts may take together, and one of them, in bytes.
MOST_BYTES, MOST_OF_ONE = 50_000_000, 300_000

_NAME = re.compile(r"own-[0-9a-f]{24}")


def keep(text: str) -> str:
    """Keep a text, right or wrong; returns its name. Raises ValueError for one too long."""
    content = text.encode()
    if len(content) > MOST_OF_ONE:
        raise ValueError(f"a scenario of one's own has at most {MOST_OF_ONE:,} bytes; shorten it")
    name = f"own-{hashlib.sha256(content).hexdigest()[:24]}"
    _kept().put(f"{name}.yaml", content)
    return name


def text_of(name: str) -> str | None:
    """The text that is kept under a name, or None."""
    path = _kept().get(f"{name}.yaml") if _NAME.fullmatch(name) else None
    return None if path is None else path.read_text(encoding="utf-8")


def known(name: str) -> bool:
    """Whether there is such a scenario, of Parley's or of a visitor's own."""
    return name in scenario_names() or text_of(name) is not None


def file_of(name: str) -> Path:
    """The file of a scenario, of Parley's or of a visitor's own; raises ScenarioError."""
    if not _NAME.fullmatch(name):
        return find_scenario(name)
    path = _kept().get(f"{name}.yaml")
    if path is None:
        found = "this scenario of a visitor's own is no longer kept"
        raise ScenarioError(
            [ValidationIssue(name, 0, "", found, "", "write it again from your copy")]
        )
    return path


def _kept() -> Cache:
    return Cache(home() / "scenarios", MOST_BYTES)
