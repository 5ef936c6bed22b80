"""Ways to play talks, compared with the same luck, and what is measured of each as a ratio.

Shares of what only some talks have (deals, days of truce) are compared as ratio estimates, by
their run-by-run residuals.
"""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.outcomes import ENDINGS, EXPIRY, NONE, Outcomes
from sim.engine.simulate import Progress, play_arms
from sim.findings.attribution import with_numbers
from sim.findings.statistics import NORMAL_95, dealt_by
from sim.scenario.loading import load_scenario
from sim.scenario.schema import LeverRole, Scenario
from sim.types import Floats

Edit = Callable[[Scenario], Scenario]

#: What an arm plays where the history file says which scenario that is. No scenario has such a
#: name, as there is no `_` in those.
SEED_CASE, FIRST_TRUCE = "seed_case", "first_truce"

#: Talks are followed so long unless an arm says otherwise.
DAYS = 180

#: Truces are compared over so many first days, so that long ones do not count for more.
EARLY_DAYS = 60


# --- Arms


@dataclass(frozen=True)
class TreatmentArm:
    """One way to play: a scenario, numbers by patterns of their paths, levers by role, an edit."""

    scenario: str = SEED_CASE
    numbers: tuple[tuple[str, float], ...] = ()
    levers: tuple[tuple[LeverRole, float], ...] = ()
    edit: Edit | None = None
    days: int = DAYS

    def played_in(self, scenarios: Mapping[str, str]) -> TreatmentArm:
        """Return the arm with `SEED_CASE` and `FIRST_TRUCE` replaced by names of scenarios."""
        return replace(self, scenario=scenarios.get(self.scenario, self.scenario))

    def case(self) -> Scenario:
        """Return the scenario to play; raises ValueError for a pattern that fits no number."""
        scenario = load_scenario(self.scenario)
        if self.edit is not None:
            scenario = self.edit(scenario)
        for pattern, value in self.numbers:
            paths = fnmatch.filter(scenario.quantities(), pattern)
            if not paths:
                raise ValueError(f"{self.scenario} has no number like '{pattern}'")
            scenario = with_numbers(scenario, dict.fromkeys(paths, value))
        return scenario

    def levers_of(self, scenario: Scenario) -> dict[str, float]:
        """Return the levers to set, by name; raises ValueError for a role that no lever has."""
        levers: dict[str, float] = {}
        for role, value in self.levers:
            names = scenario.levers_of_role(role)
            if not names:
                hint = f"write `role: {role}` into the lever that is about it"
                raise ValueError(f"{self.scenario} has no lever with the role '{role}'; {hint}")
            levers |= dict.fromkeys(names, value)
        return levers


def play(
    arms: Sequence[TreatmentArm],
    *,
    runs: int,
    seed: int = 1,
    workers: int = 1,
    progress: Progress | None = None,
) -> dict[TreatmentArm, Outcomes]:
    """Play arms with the same luck, each once."""
    wanted = list(dict.fromkeys(arms))
    played: dict[TreatmentArm, Outcomes] = {}
    for days in dict.fromkeys(arm.days for arm in wanted):
        group = [arm for arm in wanted if arm.days == days]
        before = len(played) * runs

        def moved(done: int, total: int, before: int = before) -> None:
            if progress is not None:
                progress(before + done, len(wanted) * runs)

        cases = [(arm, arm.case()) for arm in group]
        outcomes = play_arms(
            [(case, arm.levers_of(case)) for arm, case in cases],
            runs=runs,
            seed=seed,
            days=days,
            workers=workers,
            progress=moved,
        )
        played |= dict(zip(group, outcomes, strict=True))
    return played


# --- Effects


@dataclass(frozen=True)
class Answer:
    """What the model says: an effect with its 95 % interval, and the two numbers it lies between.

    `identical` tells that no run differs between the arms.
    """

    effect: float
    low: float
    high: float
    before: float
    after: float
    identical: bool = False

    @property
    def finite(self) -> bool:
        """Whether all of it could be told."""
        return all(map(math.isfinite, (self.effect, self.low, self.high)))


@dataclass(frozen=True)
class Ratio:
    """A total over runs as a share of another: how large, and each run's part in its error."""

    value: float
    residual: Floats  # (runs,)

    @classmethod
    def of(cls, part: NDArray[Any], whole: NDArray[Any]) -> Ratio:
        """Return a ratio estimate (Cochran 1977, ch. 6); not a number where the whole is
        nothing.
        """
        top, under = part.astype(float), whole.astype(float)
        if not under.sum() > 0:
            return cls(math.nan, np.full(len(top), math.nan))
        value = float(top.sum() / under.sum())
        return cls(value, (top - value * under) / under.mean())

    @property
    def error(self) -> float:
        """Its standard error."""
        return standard_error(self.residual)


def change(before: Ratio, after: Ratio) -> Answer:
    """Return the difference of two ratios over the same runs."""
    effect = after.value - before.value
    half = NORMAL_95 * standard_error(after.residual - before.residual)
    return Answer(effect, effect - half, effect + half, before.value, after.value)


def over_and_above(answer: Answer, other: Answer, half: float) -> Answer:
    """Return how much larger one change is than another."""
    effect = answer.effect - other.effect
    return Answer(effect, effect - half, effect + half, other.effect, answer.effect)


def against(bar: float, ratio: Ratio) -> Answer:
    """Return by how much a ratio lies above a bar."""
    effect, half = ratio.value - bar, NORMAL_95 * ratio.error
    return Answer(effect, effect - half, effect + half, bar, ratio.value)


def standard_error(residual: Floats) -> float:
    """Return the standard error of a mean; 0 for a single run."""
    return float(residual.std(ddof=1) / math.sqrt(len(residual))) if len(residual) > 1 else 0.0


# --- What is measured, as ratios


def deals(outcomes: Outcomes, by: int = DAYS) -> Ratio:
    """Talks with a first truce by a day, or by the last that was played, of all talks."""
    return Ratio.of(dealt_by(outcomes, min(by, outcomes.days)), np.ones(len(outcomes)))


def signed_at(outcomes: Outcomes, issue: str, levels: Sequence[str]) -> Ratio:
    """First deals with one of some levels of an issue, of all first deals."""
    signed = outcomes.deal_day != NONE
    return Ratio.of(signed & has_level(outcomes, issue, levels), signed)


def has_level(outcomes: Outcomes, issue: str, levels: Sequence[str]) -> NDArray[np.bool_]:
    """Tell whether the first deal has one of some levels of an issue: (runs,)."""
    column = outcomes.labels.issues.index(issue)
    labels = outcomes.labels.levels[column]
    wanted = [labels.index(level) for level in levels if level in labels]
    return np.asarray(np.isin(outcomes.deal_levels[:, column], wanted))


def broken(outcomes: Outcomes, within: int) -> NDArray[np.bool_]:
    """Tell whether somebody ended the first truce so soon, its term apart: (runs,)."""
    expired = outcomes.labels.causes.index(EXPIRY)
    ended = (outcomes.truce_end != NONE) & (outcomes.truce_end != expired)
    return np.asarray(ended & (outcomes.truce_days <= within))


def breaks_per_day(outcomes: Outcomes, among: NDArray[np.bool_], within: int = EARLY_DAYS) -> Ratio:
    """First truces that somebody ends, per day of truce, over their first days."""
    among = among & (outcomes.truces > 0)
    days = np.where(among, np.clip(outcomes.truce_days, 0, within), 0)
    return Ratio.of(among & broken(outcomes, within), days)


def truces_in_all(*arms: Outcomes) -> NDArray[np.bool_]:
    """Return runs with a truce in every arm: (runs,)."""
    return np.asarray(np.logical_and.reduce([arm.truces > 0 for arm in arms]))


def breaks_in_both(before: Outcomes, after: Outcomes) -> Answer:
    """Return the change in how often first truces are broken, in runs that have one either way."""
    both = truces_in_all(before, after)
    return change(breaks_per_day(before, both), breaks_per_day(after, both))


def permanent_at_the_end(outcomes: Outcomes) -> Ratio:
    """Talks that end under a truce without a term, of all talks."""
    code = ENDINGS.index("permanent_truce_holding")
    return Ratio.of(outcomes.ending == code, np.ones(len(outcomes)))
