"""What can be asked of the workers, as plain data: the same question has the same key."""

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

#: Talks by which an answer is first estimated, and those of the answer itself. The first are the
#: same talks in both.
EARLY_RUNS, FULL_RUNS = 100, 2000

#: The kind of question that plays talks and says nothing of them.
OUTCOMES = "outcomes"

#: The package that computes answers, with what `sim` says and draws.
COMPUTE = "dashboard.explore.compute"

Settings = tuple[tuple[str, float], ...]
Changes = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class QueryArm:
    """One way to play: a scenario, some of its numbers changed, its levers moved.

    The scenario goes by its name, or is a `text` of the visitor's own.
    """

    scenario: str
    levers: Settings = ()
    changes: Changes = ()
    text: str = ""

    def case(self) -> Scenario:
        """The scenario as read; raises ScenarioError with everything that is wrong."""
        return self._read()[0]

    def sha256(self) -> str:
        """The fingerprint of the scenario, changes included."""
        return self._read()[1]

    def _read(self) -> tuple[Scenario, str]:
        if self.text:
            return _read(self.scenario, self.text, self.changes)
        file = user_scenarios.file_of(self.scenario)
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
    """What to compute, of which arms, with what luck.

    `kind` is a name in `dashboard.explore.compute.summary.ANSWERS`; `more` is what a kind
    asks besides.
    """

    kind: str
    arms: tuple[QueryArm, ...]
    runs: int
    seed: int
    days: int
    more: tuple[tuple[str, str], ...] = ()

    def key(self) -> str:
        """A name for the answer: equal for equal questions to the same source.

        Talks are kept as long as the model is the same, what is said of them as long as that is.
        """
        asked = asdict(self)
        asked["arms"] = [(arm.sha256(), sorted(arm.levers)) for arm in self.arms]
        asked["version"] = version()
        asked["source"] = (
            model_fingerprint() if self.kind == OUTCOMES else report_fingerprint(COMPUTE)
        )
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    def as_json(self) -> Json:
        """The question for a worker."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Query:
        """The question that became `data`."""
        arms = tuple(
            QueryArm(arm["scenario"], _pairs(arm["levers"]), _pairs(arm["changes"]), arm["text"])
            for arm in data["arms"]
        )
        return cls(**{**data, "arms": arms, "more": _pairs(data["more"])})


def arm_key(arm: QueryArm, runs: int, seed: int, days: int) -> str:
    """A name for the talks of one arm."""
    return Query(OUTCOMES, (arm,), runs, seed, days).key()


def _pairs(lists: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((str(name), value) for name, value in lists)
