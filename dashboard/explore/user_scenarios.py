"""Scenarios written by visitors, stored under a hash of their text, so that a link finds them.

Whoever has the link can read the text; it does not say who wrote it. The least recently used are
deleted when there are too many.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from dashboard.common.disk_cache import Cache
from dashboard.common.paths import home
from sim.scenario.errors import ScenarioError, ValidationIssue
from sim.scenario.loading import find_scenario, scenario_names

#: Limits of all texts together, and of one, in bytes.
MAX_BYTES, MAX_SCENARIO_BYTES = 50_000_000, 300_000

_NAME_PATTERN = re.compile(r"own-[0-9a-f]{24}")


def save(text: str) -> str:
    """Store a text, valid or not, and return its name; raises ValueError if it is too long."""
    content = text.encode()
    if len(content) > MAX_SCENARIO_BYTES:
        raise ValueError(
            f"a scenario of one's own has at most {MAX_SCENARIO_BYTES:,} bytes; shorten it"
        )
    name = f"own-{hashlib.sha256(content).hexdigest()[:24]}"
    _cache().put(f"{name}.yaml", content)
    return name


def load_text(name: str) -> str | None:
    """Return the text stored under a name, or None."""
    path = _cache().get(f"{name}.yaml") if _NAME_PATTERN.fullmatch(name) else None
    return None if path is None else path.read_text(encoding="utf-8")


def exists(name: str) -> bool:
    """Return whether there is such a scenario, of Parley's or of a visitor's own."""
    return name in scenario_names() or load_text(name) is not None


def find_file(name: str) -> Path:
    """Return the file of a scenario, Parley's or a visitor's; raises ScenarioError."""
    if not _NAME_PATTERN.fullmatch(name):
        return find_scenario(name)
    path = _cache().get(f"{name}.yaml")
    if path is None:
        problem = "this scenario of a visitor's own is no longer kept"
        raise ScenarioError(
            [ValidationIssue(name, 0, "", problem, "", "write it again from your copy")]
        )
    return path


def _cache() -> Cache:
    return Cache(home() / "scenarios", MAX_BYTES)
