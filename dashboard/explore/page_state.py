"""What a visitor asks on the page What if: kept in its address, so that a link is the question."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from dashboard.explore import user_scenarios
from dashboard.explore.query import FULL_RUNS, Changes, Query, QueryArm, Settings
from sim.engine.sampling import LeverError, check_levers
from sim.provenance import version
from sim.scenario.errors import ScenarioError
from sim.scenario.loading import scenario_names
from sim.scenario.schema import Lever, Scenario

#: Most talks and days that a page plays; the command line plays more.
MOST_RUNS, MOST_DAYS = 10_000, 730

#: The largest seed of the luck that a page draws.
MOST_SEED = 999_999

#: Steps of a slider, of which the first is taken that gives it few enough notches.
STEPS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0)
NOTCHES = 24

#: The scenario that is shown when none is asked for, if it is at hand.
FIRST = "gaza-2024-01"

QueryParams = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class WhatIf:
    """A what-if: a scenario, the levers of a baseline, and what is moved on top of them.

    `levers` and `changes` (of any number, by its path) are what the visitor moved; `pinned` are
    the levers of the baseline, if it is not the scenario as it is.
    """

    scenario: str
    days: int
    levers: Settings = ()
    changes: Changes = ()
    pinned: Settings = ()
    seed: int = 1
    runs: int = FULL_RUNS

    @property
    def baseline(self) -> QueryArm:
        """What the change is held against."""
        return QueryArm(self.scenario, self.pinned)

    @property
    def changed(self) -> QueryArm:
        """What the visitor made of it."""
        return QueryArm(self.scenario, self.levers, self.changes)

    @property
    def moved(self) -> bool:
        """Whether there are two things to compare."""
        return self.baseline != self.changed

    def question(self, section: str = "") -> Query:
        """What to ask of the workers: with one section of the answer drawn, or with all."""
        kind = "comparison" if self.moved else "talks"
        arms = (self.baseline, self.changed) if self.moved else (self.baseline,)
        more = (("section", section),) if section else ()
        return Query(kind, arms, self.runs, self.seed, self.days, more)

    def with_lever(self, name: str, value: float) -> WhatIf:
        """The same with a lever set; at its default it does not count as moved."""
        value = rounded(value)
        levers = {**dict(self.levers), name: value}
        if value == self.baseline.case().levers[name].default:
            del levers[name]
        return replace(self, levers=_sorted(levers))

    def with_change(self, path: str, value: str | None) -> WhatIf:
        """The same with a number of the scenario set, or as it is where the value is None."""
        changes = {**dict(self.changes), path: value}
        kept = {key: text for key, text in changes.items() if text is not None}
        return replace(self, changes=tuple(sorted(kept.items())))

    def setting(self, name: str) -> float:
        """Where a lever stands."""
        return dict(self.levers).get(name, self.baseline.case().levers[name].default)

    def as_query(self) -> dict[str, list[str]]:
        """The what-if as the query of an address; what is usual is left out."""
        query = {"scenario": [self.scenario]}
        query["set"] = [f"{name}:{value:g}" for name, value in self.levers]
        query["key"] = [f"{path}:{value}" for path, value in self.changes]
        query["base"] = [f"{name}:{value:g}" for name, value in self.pinned]
        usual = {"days": self.baseline.case().days, "seed": 1, "runs": FULL_RUNS}
        for name, value in usual.items():
            if getattr(self, name) != value:
                query[name] = [str(getattr(self, name))]
        return {name: values for name, values in query.items() if values}

    def link(self) -> str:
        """What to put behind the address of the page; names the version and the scenario's state.

        Whoever opens it with another version or another state of the scenario is told.
        """
        mark = f"{version()}-{self.baseline.sha256()[:12]}"
        return "?" + urlencode({**self.as_query(), "made": mark}, doseq=True)

    @property
    def _file(self) -> str:
        """The scenario as a command takes it: by its name, or as the file that was downloaded."""
        return self.scenario if self.scenario in scenario_names() else f"{self.scenario}.yaml"

    def command(self) -> str:
        """The command line that gives the same numbers."""
        words = ["parley", "compare" if self.moved else "run", self._file]
        words += ["--runs", str(self.runs), "--seed", str(self.seed), "--days", str(self.days)]
        for name, value in self.pinned:
            words += ["--baseline-set" if self.moved else "--set", f"{name}={value:g}"]
        defaults = self.baseline.case().levers
        back = [(n, defaults[n].default) for n, _ in self.pinned if n not in dict(self.levers)]
        if self.moved:
            for name, value in (*self.levers, *back):
                words += ["--set", f"{name}={value:g}"]
            for path, text in self.changes:
                words += ["--set", f"{path}={text}"]
        return shlex.join(words)

    def command_of(self, verb: str, *more: str) -> str:
        """The command line that asks something else of the same talks with the change."""
        words = ["parley", verb, self._file, *more]
        words += ["--seed", str(self.seed), "--days", str(self.days)]
        for name, value in self.levers:
            words += ["--set", f"{name}={value:g}"]
        for path, text in self.changes:
            words += ["--set", f"{path}={text}"]
        return shlex.join(words)

    def citation(self, title: str) -> str:
        """How to refer to the result, in one line."""
        return (
            f"Parley {version()}, scenario “{title}” ({self.scenario}, sha256 "
            f"{self.baseline.sha256()[:16]}), {self.runs:,} simulated talks of {self.days} days, "
            f"seed {self.seed}: `{self.command()}`. Exploratory model, not a forecast. "
            f"Accessed {date.today()}."
        )


def first_name() -> str:
    """The scenario that a visitor sees first."""
    names = scenario_names()
    return FIRST if FIRST in names else names[0]


def first_question() -> WhatIf:
    """What a visitor sees first."""
    return plain(first_name())


def plain(name: str) -> WhatIf:
    """A scenario as it is."""
    return WhatIf(name, QueryArm(name).case().days)


def from_query(query: QueryParams) -> tuple[WhatIf, list[str]]:
    """The what-if that an address asks for, and what could not be taken from it, in sentences."""
    name = next(iter(query.get("scenario", [])), "") or first_name()
    if not user_scenarios.known(name):
        return first_question(), [f"There is no scenario “{name}” here; this is another one."]
    try:
        asked, told = plain(name), []
    except ScenarioError:
        return first_question(), ["This scenario has mistakes; mend it on Build a scenario."]
    counts = {"days": asked.days, "seed": asked.seed, "runs": asked.runs}
    for key, (least, most) in {
        "days": (1, MOST_DAYS),
        "seed": (0, MOST_SEED),
        "runs": (100, MOST_RUNS),
    }.items():
        for text in query.get(key, []):
            if re.fullmatch(r"[0-9]{1,7}", text) and least <= int(text) <= most:
                counts[key] = int(text)
            else:
                told.append(f"{key} “{text}” is left out: it lies between {least} and {most:,}.")
    asked = replace(asked, days=counts["days"], seed=counts["seed"], runs=counts["runs"])
    case = asked.baseline.case()
    asked = replace(asked, pinned=_levers(query.get("base", []), case, told))
    asked = replace(asked, levers=_levers(query.get("set", []), case, told))
    asked = replace(asked, changes=_changes(query.get("key", []), asked, told))
    for made in query.get("made", []):
        if made != f"{version()}-{asked.baseline.sha256()[:12]}":
            told.append(
                "This link was made with another version of Parley or of the scenario: its "
                "numbers may differ from those you were sent."
            )
    return asked, told


def _levers(settings: Sequence[str], case: Scenario, told: list[str]) -> Settings:
    levers = {}
    for setting in settings:
        name, _, value = setting.partition(":")
        try:
            number = check_levers(case, {name: value})[name]  # type: ignore[dict-item]
        except LeverError as error:
            told.append(f"Left out: {error}.")
            continue
        if number != case.levers[name].default:
            levers[name] = number
    return _sorted(levers)


def _changes(settings: Sequence[str], asked: WhatIf, told: list[str]) -> Changes:
    """Those changes of numbers that the scenario allows, tried one by one."""
    changes: dict[str, str] = {}
    for setting in settings:
        path, _, value = setting.partition(":")
        wrong = complaint(asked.scenario, {**changes, path: value})
        if wrong:
            told.append(f"Left out: {wrong}")
        else:
            changes[path] = value
    return tuple(sorted(changes.items()))


def complaint(name: str, changes: Mapping[str, str]) -> str:
    """Why a scenario cannot be changed so; nothing if it can."""
    known = QueryArm(name).case().quantities()
    for path, value in changes.items():
        if path not in known:
            return f"{name} has no number “{path}”."
        if not value.strip().startswith("{") and not _is_number(value):
            return f"“{value}” is no number. Write one, such as {known[path].centre:.4g}."
    try:
        QueryArm(name, changes=tuple(sorted(changes.items()))).case()
    except ValueError as error:
        return str(error)
    return ""


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _sorted(levers: Mapping[str, float]) -> Settings:
    return tuple(sorted(levers.items()))


# --- Levers on a page


def rounded(setting: float) -> float:
    """A setting as an address has it, so that a slider and a link ask the same."""
    return float(f"{setting:g}")


def step_of(lever: Lever) -> float:
    """A round step for a slider from which its ends and its default can be reached."""
    reach = lever.high - lever.low
    fine = [step for step in STEPS if reach / step <= NOTCHES]
    coarse = [step for step in reversed(STEPS) if reach / step > NOTCHES]
    for step in (*fine, *coarse):
        parts = [(end - lever.low) / step for end in (lever.default, lever.high)]
        if all(abs(part - round(part)) < 1e-6 for part in parts):
            return step
    return reach / NOTCHES


def footings(case: Scenario) -> dict[str, str]:
    """What the numbers rest on that each lever moves: sources, or that they are judgements."""
    numbers = case.quantities()
    return {
        name: "; ".join(
            dict.fromkeys(
                case.sources[number.source].title if number.source else str(number.basis)
                for number in (numbers[move.key] for move in lever.moves)
            )
        )
        for name, lever in case.levers.items()
    }
