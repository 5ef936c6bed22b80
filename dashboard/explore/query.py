"""Queries to the workers as plain data: equal queries have equal keys."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from dashboard.explore import user_scenarios
from sim.provenance import model_fingerprint, report_fingerprint, version
from sim.scenario.loading import load_scenario, read_text, sha256_of
from sim.scenario.schema import Scenario
from sim.types import Json

#: Talks of the early estimate and of the answer; the estimate's are the first of the answer's.
EARLY_RUNS, FULL_RUNS = 100, 2000

#: The kind of query that plays talks and reports nothing of them.
OUTCOMES = "outcomes"

#: The package that computes answers, besides `sim`.
COMPUTE = "dashboard.explore.compute"

Settings = tuple[tuple[str, float], ...]
Changes = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class QueryArm:
    """One arm: a scenario, with some numbers changed and levers moved.

    The scenario goes by its name, or is a `text` of the visitor's own.
    """

    scenario: str
    levers: Settings = ()
    changes: Changes = ()
    text: str = ""

    def case(self) -> Scenario:
        """Return the scenario as read; raises ScenarioError with everything that is wrong."""
        return self._read()[0]

    def sha256(self) -> str:
        """Return the fingerprint of the scenario, changes included."""
        return self._read()[1]

    def _read(self) -> tuple[Scenario, str]:
        if self.text:
            return _read(self.scenario, self.text, self.changes)
        file = user_scenarios.find_file(self.scenario)
        return _load(file, self.changes, file.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _load(file: Path, changes: Changes, stamp: int) -> tuple[Scenario, str]:
    case = load_scenario(file, dict(changes))
    return case, sha256_of(case)


@lru_cache(maxsize=16)
def _read(name: str, text: str, changes: Changes) -> tuple[Scenario, str]:
    if changes:
        raise ValueError("change the text itself: its numbers cannot be changed from outside")
    case = read_text(text, name)
    return case, sha256_of(case)


@dataclass(frozen=True)
class Query:
    """What to compute, for which arms, with which seed.

    `kind` is a name in `dashboard.explore.compute.dispatch.ANSWERS`; `more` holds further
    parameters of a kind.
    """

    kind: str
    arms: tuple[QueryArm, ...]
    runs: int
    seed: int
    days: int
    more: tuple[tuple[str, str], ...] = ()

    def key(self) -> str:
        """Return a key for the answer: equal for equal queries to the same source code.

        The key of outcomes depends on the model alone, that of answers on the reporting as well.
        """
        fields = asdict(self)
        fields["arms"] = [(arm.sha256(), sorted(arm.levers)) for arm in self.arms]
        fields["version"] = version()
        fields["source"] = (
            model_fingerprint() if self.kind == OUTCOMES else report_fingerprint(COMPUTE)
        )
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()

    def as_json(self) -> Json:
        """Return the query as JSON for a worker."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Query:
        """Return the query that `as_json` wrote."""
        arms = tuple(
            QueryArm(arm["scenario"], _pairs(arm["levers"]), _pairs(arm["changes"]), arm["text"])
            for arm in data["arms"]
        )
        return cls(**{**data, "arms": arms, "more": _pairs(data["more"])})


def arm_key(arm: QueryArm, runs: int, seed: int, days: int) -> str:
    """Return the key of the outcomes of one arm."""
    return Query(OUTCOMES, (arm,), runs, seed, days).key()


def _pairs(lists: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((str(name), value) for name, value in lists)
