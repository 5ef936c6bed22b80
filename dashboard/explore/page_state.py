"""The what-if that the pages show, and its address, command line and citation."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
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

#: Limits of talks and days on a page; the command line plays more.
MAX_RUNS, MAX_DAYS = 10_000, 730

#: The largest seed that a page draws.
MAX_SEED = 999_999

#: Steps of a slider; the first that needs no more than MAX_NOTCHES is taken.
STEPS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0)
MAX_NOTCHES = 24

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
        """Return the arm that the change is compared with."""
        return QueryArm(self.scenario, self.pinned)

    @property
    def changed(self) -> QueryArm:
        """Return the arm with the visitor's changes."""
        return QueryArm(self.scenario, self.levers, self.changes)

    @property
    def moved(self) -> bool:
        """Return whether there are two arms to compare."""
        return self.baseline != self.changed

    def query(self, section: str = "") -> Query:
        """Return the query for the workers, with one section of the answer drawn, or with all."""
        kind = "comparison" if self.moved else "talks"
        arms = (self.baseline, self.changed) if self.moved else (self.baseline,)
        more = (("section", section),) if section else ()
        return Query(kind, arms, self.runs, self.seed, self.days, more)

    def with_lever(self, name: str, value: float) -> WhatIf:
        """Return a copy with a lever set; at its default it does not count as moved."""
        value = rounded(value)
        levers = {**dict(self.levers), name: value}
        if value == self.baseline.case().levers[name].default:
            del levers[name]
        return replace(self, levers=_sorted(levers))

    def with_change(self, path: str, value: str | None) -> WhatIf:
        """Return a copy with a number of the scenario set, or restored if the value is None."""
        changes = {**dict(self.changes), path: value}
        remaining = {key: text for key, text in changes.items() if text is not None}
        return replace(self, changes=tuple(sorted(remaining.items())))

    @property
    def scheduled(self) -> dict[str, str]:
        """The days on which outside events come in every run, by event."""
        names = self.baseline.case().events
        days = {name: dict(self.changes).get(event_path(name)) for name in names}
        return {name: text for name, text in days.items() if text is not None}

    @property
    def changed_numbers(self) -> Changes:
        """What is changed besides the days of outside events."""
        events = {event_path(name) for name in self.scheduled}
        return tuple((path, value) for path, value in self.changes if path not in events)

    def with_event(self, name: str, day: int | None) -> WhatIf:
        """Return a copy in which an outside event comes on a day, or as the file has it if None."""
        return self.with_change(event_path(name), None if day is None else str(day))

    def _changes_as_options(self) -> list[str]:
        """Return what is changed in the scenario as options of a command."""
        options = [f"--set={path}={text}" for path, text in self.changed_numbers]
        for name, text in self.scheduled.items():
            options += [f"--event={name}@{day.strip()}" for day in text.split(",")]
        return [word for option in options for word in option.split("=", 1)]

    def setting(self, name: str) -> float:
        """Return the setting of a lever."""
        return dict(self.levers).get(name, self.baseline.case().levers[name].default)

    def as_query_params(self) -> dict[str, list[str]]:
        """Return the what-if as the parameters of an address, defaults left out."""
        params = {"scenario": [self.scenario]}
        params["set"] = [f"{name}:{value:g}" for name, value in self.levers]
        params["key"] = [f"{path}:{value}" for path, value in self.changes]
        params["base"] = [f"{name}:{value:g}" for name, value in self.pinned]
        usual = {"days": self.baseline.case().days, "seed": 1, "runs": FULL_RUNS}
        for name, value in usual.items():
            if getattr(self, name) != value:
                params[name] = [str(getattr(self, name))]
        return {name: values for name, values in params.items() if values}

    def link(self) -> str:
        """Return the query string of a permalink, with the version and the scenario's fingerprint.

        A visitor who opens it with another version or another state of the scenario is warned.
        """
        mark = f"{version()}-{self.baseline.sha256()[:12]}"
        return "?" + urlencode({**self.as_query_params(), "made": mark}, doseq=True)

    @property
    def _scenario_argument(self) -> str:
        """Return the scenario for a command: its name, or the file that was downloaded."""
        return self.scenario if self.scenario in scenario_names() else f"{self.scenario}.yaml"

    def command(self) -> str:
        """Return the command line that gives the same numbers."""
        arguments = ["parley", "compare" if self.moved else "run", self._scenario_argument]
        arguments += ["--runs", str(self.runs), "--seed", str(self.seed), "--days", str(self.days)]
        for name, value in self.pinned:
            arguments += ["--baseline-set" if self.moved else "--set", f"{name}={value:g}"]
        defaults = self.baseline.case().levers
        restored = [(n, defaults[n].default) for n, _ in self.pinned if n not in dict(self.levers)]
        if self.moved:
            for name, value in (*self.levers, *restored):
                arguments += ["--set", f"{name}={value:g}"]
            arguments += self._changes_as_options()
        return shlex.join(arguments)

    def command_for(self, verb: str, *more: str) -> str:
        """Return the command line of another command about the changed arm."""
        arguments = ["parley", verb, self._scenario_argument, *more]
        arguments += ["--seed", str(self.seed), "--days", str(self.days)]
        for name, value in self.levers:
            arguments += ["--set", f"{name}={value:g}"]
        arguments += self._changes_as_options()
        return shlex.join(arguments)

    def citation(self, title: str) -> str:
        """Return a citation of the result, in one line."""
        return (
            f"Parley {version()}, scenario “{title}” ({self.scenario}, sha256 "
            f"{self.baseline.sha256()[:16]}), {self.runs:,} simulated talks of {self.days} days, "
            f"seed {self.seed}: `{self.command()}`. Exploratory model, not a forecast. "
            f"Accessed {date.today()}."
        )


def event_path(name: str) -> str:
    """Return the path of the days on which an outside event comes in every run."""
    return f"events.{name}.scheduled"


def first_scenario() -> str:
    """Return the scenario that is shown if none is asked for: the latest of a real conflict."""
    dates = {}
    for name in scenario_names():
        with suppress(ScenarioError):  # a file with mistakes is not shown first
            case = QueryArm(name).case()
            if not case.fictional:
                dates[name] = case.as_of
    return max(dates, key=dates.__getitem__) if dates else scenario_names()[0]


def first_what_if() -> WhatIf:
    """Return the what-if that is shown if none is asked for."""
    return unchanged(first_scenario())


def unchanged(name: str) -> WhatIf:
    """Return the what-if in which nothing of a scenario is changed."""
    return WhatIf(name, QueryArm(name).case().days)


def from_query_params(params: QueryParams) -> tuple[WhatIf, list[str]]:
    """Return the what-if of an address, and warnings about what was left out of it."""
    name = next(iter(params.get("scenario", [])), "") or first_scenario()
    if not user_scenarios.exists(name):
        return first_what_if(), [f"There is no scenario “{name}” here; this is another one."]
    try:
        what_if, warnings = unchanged(name), []
    except ScenarioError:
        return first_what_if(), ["This scenario has mistakes; mend it on Build a scenario."]
    counts = {"days": what_if.days, "seed": what_if.seed, "runs": what_if.runs}
    for key, (least, most) in {
        "days": (1, MAX_DAYS),
        "seed": (0, MAX_SEED),
        "runs": (100, MAX_RUNS),
    }.items():
        for text in params.get(key, []):
            if re.fullmatch(r"[0-9]{1,7}", text) and least <= int(text) <= most:
                counts[key] = int(text)
            else:
                warnings.append(
                    f"{key} “{text}” is left out: it lies between {least} and {most:,}."
                )
    what_if = replace(what_if, days=counts["days"], seed=counts["seed"], runs=counts["runs"])
    case = what_if.baseline.case()
    what_if = replace(what_if, pinned=_levers(params.get("base", []), case, warnings))
    what_if = replace(what_if, levers=_levers(params.get("set", []), case, warnings))
    what_if = replace(what_if, changes=_changes(params.get("key", []), what_if, warnings))
    for made in params.get("made", []):
        if made != f"{version()}-{what_if.baseline.sha256()[:12]}":
            warnings.append(
                "This link was made with another version of Parley or of the scenario: its "
                "numbers may differ from those you were sent."
            )
    return what_if, warnings


def _levers(settings: Sequence[str], case: Scenario, warnings: list[str]) -> Settings:
    levers = {}
    for setting in settings:
        name, _, value = setting.partition(":")
        try:
            number = check_levers(case, {name: value})[name]  # type: ignore[dict-item]
        except LeverError as error:
            warnings.append(f"Left out: {error}.")
            continue
        if number != case.levers[name].default:
            levers[name] = number
    return _sorted(levers)


def _changes(settings: Sequence[str], what_if: WhatIf, warnings: list[str]) -> Changes:
    """Return the changes of numbers that the scenario allows, tried one by one."""
    changes: dict[str, str] = {}
    for setting in settings:
        path, _, value = setting.partition(":")
        error = change_error(what_if.scenario, {**changes, path: value}, what_if.days)
        if error:
            warnings.append(f"Left out: {error}")
        else:
            changes[path] = value
    return tuple(sorted(changes.items()))


def change_error(name: str, changes: Mapping[str, str], days: int = MAX_DAYS) -> str:
    """Return why a scenario cannot be changed so, played for some days; empty if it can."""
    case = QueryArm(name).case()
    quantities = case.quantities()
    events = {event_path(event): event for event in case.events}
    for path, value in changes.items():
        if path in events:
            late = [day for day in re.findall("[0-9]+", value) if not 1 <= int(day) <= days]
            if late:
                return f"the event {events[path]} cannot come on day {late[0]} of {days}."
            continue
        if path not in quantities:
            return f"{name} has no number “{path}”."
        if not value.strip().startswith("{") and not _is_number(value):
            return f"“{value}” is no number. Write one, such as {quantities[path].centre:.4g}."
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
    """Round a setting as addresses do, so that a slider and a link give the same query."""
    return float(f"{setting:g}")


def slider_step(lever: Lever) -> float:
    """Return a round step for a slider that reaches its ends and its default."""
    reach = lever.high - lever.low
    fine = [step for step in STEPS if reach / step <= MAX_NOTCHES]
    coarse = [step for step in reversed(STEPS) if reach / step > MAX_NOTCHES]
    for step in (*fine, *coarse):
        parts = [(end - lever.low) / step for end in (lever.default, lever.high)]
        if all(abs(part - round(part)) < 1e-6 for part in parts):
            return step
    return reach / MAX_NOTCHES


def lever_sources(case: Scenario) -> dict[str, str]:
    """Return for each lever the sources of the numbers it moves, or their basis."""
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
