"""Talks of the past, played from what was known on their first day and scored on what came of them.

Each case stands beside the base rate, refitted without the spell that is scored, so that neither
has seen it. With two spells that is a rate from a single deal: it shows how little history there
is to beat. The rate of both spells is shown too; it has seen the answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.engine.outcomes import NONE, Outcomes
from sim.engine.random_streams import RandomStreams
from sim.engine.sampling import ParameterSample
from sim.engine.simulate import InitialUtilities, initial_utilities
from sim.findings.attribution import structural
from sim.findings.statistics import Finding, deal_by, dealt_by, share
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario
from sim.types import Floats
from sim.validation.arms import DAYS, TreatmentArm, has_level, signed_at
from sim.validation.history import (
    Case,
    Commonest,
    DealBy,
    HistoricalPause,
    History,
    Lasted,
    Refused,
    Signed,
    chance_by,
)
from sim.validation.history import Criterion as Question
from sim.validation.scoring_rules import (
    CENTRAL,
    brier,
    covered,
    crps_of_counts,
    interval,
    log_score,
)

#: Draws of the pauses' hazard.
PAUSE_DRAWS = 20_000

HOURS_PER_DAY = 24


@dataclass(frozen=True)
class Forecast:
    """Chances of a truce by some days: the model's and two of the base rate's, and their scores."""

    case: str
    days: tuple[int, ...]
    happened: tuple[bool, ...]
    chances: Mapping[str, tuple[float, ...]]  # by forecaster
    brier: Mapping[str, float]
    log_score: Mapping[str, float]


@dataclass(frozen=True)
class Counted:
    """A count of people by a day, as forecast and as it was."""

    case: str
    what: str
    day: int
    observed: float
    median: float
    low: float  # of the central interval of 90 in 100 runs
    high: float
    covered: Mapping[float, bool]  # by share of the central interval
    crps: Mapping[str, float]  # of log(1 + count), by forecaster


@dataclass(frozen=True)
class Criterion:
    """Something that a backtest was said to show before it was played."""

    case: str
    words: str
    found: str
    met: bool


MODEL, LEFT_OUT = "model", "base rate without this spell"


def in_sample(past: History) -> str:
    """Return what the base rate of all spells is called, which has seen the answer."""
    return f"base rate of {'both' if len(past.spells) == 2 else 'all'} spells"


def arms(past: History) -> tuple[TreatmentArm, ...]:
    """Return what must be played for the backtests of a history."""
    wanted = [TreatmentArm(case.scenario) for case in past.cases.values()]
    for case in past.cases.values():
        wanted.append(_longest(case))
        wanted += [TreatmentArm(case.scenario, days=count.day) for count in case.counts]
    return tuple(dict.fromkeys(wanted))


def _longest(case: Case) -> TreatmentArm:
    """Return the arm of a case that is followed longest."""
    days = (DAYS, *case.forecast_days, *(count.day for count in case.counts))
    return TreatmentArm(case.scenario, days=max(days))


# --- Chances of a truce


def forecasts(past: History, played: Mapping[TreatmentArm, Outcomes]) -> list[Forecast]:
    """Return chances of a truce by some days, scored."""
    return [_forecast(past, name, case, played) for name, case in past.cases.items()]


def _forecast(
    past: History, name: str, case: Case, played: Mapping[TreatmentArm, Outcomes]
) -> Forecast:
    days = tuple(case.forecast_days)
    outcomes = played[_longest(case)]
    happened = tuple(past.first_truce_day(case) <= day for day in days)
    rates = {LEFT_OUT: past.pace(case.spell), in_sample(past): past.pace()}
    chances = {MODEL: tuple(float(dealt_by(outcomes, day).mean()) for day in days)}
    for forecaster, rate in rates.items():
        chances[forecaster] = tuple(chance_by(day, rate) for day in days)
    return Forecast(
        name,
        days,
        happened,
        chances,
        {who: brier(said, happened) for who, said in chances.items()},
        {who: log_score(said, happened) for who, said in chances.items()},
    )


# --- Counts of people


def counts(past: History, played: Mapping[TreatmentArm, Outcomes]) -> list[Counted]:
    """Return captives returned and prisoners released by some days, scored.

    The base rate has no counts of its own. It is lent those of a case of another spell: none with
    the chance that there is no deal by then, and else what the other spell's deal brought. Where no
    other spell has counts, the model stands alone.
    """
    counted = []
    for name, case in past.cases.items():
        others = (c for c in past.cases.values() if c.spell != case.spell and c.counts)
        other = next((c.counts[-1] for c in others), None)
        for count in case.counts:
            outcomes = played[TreatmentArm(case.scenario, days=count.day)]
            deal = chance_by(count.day, past.pace(case.spell))
            for kind in ("returned_alive", "prisoners_released"):
                observed = past.number_of(getattr(count, kind))
                lent = None if other is None else (deal, past.number_of(getattr(other, kind)))
                values = getattr(outcomes, kind).sum(axis=1)
                counted.append(_counted(name, kind, count.day, observed, values, lent))
    return counted


def _counted(
    case: str,
    kind: str,
    day: int,
    observed: float,
    values: Floats,
    lent: tuple[float, float] | None,
) -> Counted:
    """Return a count and its scores; `lent`: the base rate's chance of a deal and what one
    brings.
    """
    low, high = interval(values, 0.9)
    scores = {MODEL: crps_of_counts(values, observed)}
    if lent is not None:
        deal, brought = lent
        scores[LEFT_OUT] = crps_of_counts([0, brought], observed, [1 - deal, deal])
    return Counted(
        case,
        kind.replace("_", " "),
        day,
        observed,
        float(np.median(values)),
        low,
        high,
        dict(zip(CENTRAL, covered(values, observed), strict=True)),
        scores,
    )


def coverage(counts: list[Counted]) -> dict[float, tuple[int, int]]:
    """Return for each central interval, how many of the counts it holds, and of how many."""
    return {share: (sum(c.covered[share] for c in counts), len(counts)) for share in CENTRAL}


# --- What each backtest was to show


def criteria(
    past: History, played: Mapping[TreatmentArm, Outcomes], *, runs: int, seed: int
) -> list[Criterion]:
    """Return what was written down before playing, and whether it holds."""
    answered = []
    for name, case in past.cases.items():
        if case.criteria:
            backtest = _Backtest(
                past, played[TreatmentArm(case.scenario)], case.scenario, runs, seed
            )
            answered += [Criterion(name, q.words, *backtest.answer(q)) for q in case.criteria]
    return answered


@dataclass(frozen=True)
class _Backtest:
    """A case that was played, and the answers to what is asked of it: in words, and whether met."""

    past: History
    outcomes: Outcomes
    name: str
    runs: int
    seed: int

    def answer(self, question: Question) -> tuple[str, bool]:
        """Answer the one question that a criterion asks."""
        if question.deal_by is not None:
            return self._deal_by(question.deal_by)
        if question.signed is not None:
            return self._signed(question.signed)
        if question.commonest is not None:
            return self._commonest(question.commonest)
        if question.lasted is not None:
            return self._lasted(question.lasted)
        if question.refused is not None:
            return self._refused(question.refused)
        return self._parted_by(question.parted_by or [])

    def _deal_by(self, question: DealBy) -> tuple[str, bool]:
        chance = deal_by(self.outcomes, question.day)
        return _shown(chance), question.holds(_estimate(chance))

    def _signed(self, question: Signed) -> tuple[str, bool]:
        part = signed_at(self.outcomes, question.issue, question.levels).value
        return f"{part:.2f}", question.holds(part)

    def _commonest(self, question: Commonest) -> tuple[str, bool]:
        level = _commonest(self.outcomes, question.issue)
        return f"commonest: {level}", level in question.levels

    def _lasted(self, question: Lasted) -> tuple[str, bool]:
        """Return how long first truces last: those that are over, or all that begin early
        enough.
        """
        outcomes = self.outcomes
        among = outcomes.deal_day != NONE
        if question.issue is not None:
            among = has_level(outcomes, question.issue, question.levels) & (
                outcomes.truce_end != NONE
            )
        if question.begun_by is not None:
            among = among & (outcomes.deal_day <= question.begun_by)
        days = outcomes.truce_days[among]
        low, high = interval(days, question.share) if len(days) else (math.nan, math.nan)
        holds = low <= self.past.number_of(question.holds) <= high
        return f"{low:.0f} to {high:.0f} days", holds

    def _parted_by(self, issues: list[str]) -> tuple[str, bool]:
        shares = structural(self._look).issue_shares
        parts = {name: _estimate(part) for name, part in shares.items()}
        ranked = sorted(parts, key=lambda name: -parts[name])
        shown = ", ".join(f"{name} {parts[name]:.2f}" for name in ranked[:3])
        return shown, set(ranked[: len(issues)]) == set(issues)

    def _refused(self, question: Refused) -> tuple[str, bool]:
        part = _blocked(self._look, question.wanted_by, question.refused_by, question.permanent)
        return _shown(part), question.holds(_estimate(part))

    @cached_property
    def _look(self) -> InitialUtilities:
        """The bargaining range before the first day, in at most 2,000 draws."""
        return initial_utilities(
            load_scenario(self.name), runs=min(self.runs, 2000), seed=self.seed
        )


def _blocked(look: InitialUtilities, wants: str, refuses: str, permanent: bool) -> Finding:
    """Draws in which one side takes none of the texts that the other would take, if there are any.

    Only texts with or only texts without a term are looked at, side payments included.
    """
    kind = np.flatnonzero(np.asarray(look.packages.permanent) == permanent)
    names = [look.parties[i] for i in look.vetoers]
    gains = look.gains[:, :, kind]
    takes = {name: gains[:, names.index(name)] >= 0 for name in (wants, refuses)}
    some = np.asarray(takes[wants].any(axis=1))
    none = np.asarray(~(takes[wants] & takes[refuses]).any(axis=1))
    return share(refuses, none[some], "share of draws in which the other would take some")


def _commonest(outcomes: Outcomes, issue: str) -> str:
    levels = outcomes.labels.levels[outcomes.labels.issues.index(issue)]
    shares = [signed_at(outcomes, issue, [level]).value for level in levels]
    return levels[int(np.nanargmax(shares))] if not np.isnan(shares).all() else "no deal"


def _estimate(finding: Finding) -> float:
    return math.nan if finding.estimate is None else finding.estimate


def _shown(finding: Finding) -> str:
    return f"{_estimate(finding):.2f} ({finding.low or 0:.2f} to {finding.high or 0:.2f})"


# --- Pauses of hours


@dataclass(frozen=True)
class PauseForecasts:
    """Chances that pauses of hours run their term, each judged without itself, and the scores.

    There are three ways to say it: the model's hazard; the share of the other pauses that ran
    their term; and a constant hazard fitted to the others.
    """

    chances: Mapping[str, tuple[float, ...]]
    happened: tuple[bool, ...]
    brier: Mapping[str, float]
    log_score: Mapping[str, float]


OTHER_SHARE, OTHER_RATE = "share of the other pauses", "constant hazard of the other pauses"


def pauses(past: History, *, seed: int, draws: int = PAUSE_DRAWS) -> PauseForecasts | None:
    """Return whether the pauses of a history ran their term; None if it has none.

    The model has days; its hazard is a continuous curve, read here at hours. A pause has no
    exchange and no guarantee, trust is as at first, and spoilers count.
    """
    if past.pauses is None:
        return None
    those = past.pauses.pauses
    scenario = load_scenario(past.pauses.scenario)
    happened = tuple(pause.ran_its_term for pause in those)
    terms = [pause.agreed_hours for pause in those]
    others = [those[:k] + those[k + 1 :] for k in range(len(those))]
    rates = map(_breaks_per_hour, others)
    chances = {
        MODEL: tuple(_kept_by_model(scenario, hours, seed, draws) for hours in terms),
        OTHER_SHARE: tuple(map(_share_kept, others)),
        OTHER_RATE: tuple(
            math.exp(-rate * hours) for rate, hours in zip(rates, terms, strict=True)
        ),
    }
    return PauseForecasts(
        chances,
        happened,
        {who: brier(said, happened) for who, said in chances.items()},
        {who: log_score(said, happened) for who, said in chances.items()},
    )


def _kept_by_model(scenario: Scenario, hours: float, seed: int, draws: int) -> float:
    """Return the chance that a truce of so many hours is not broken, over the scenario's own
    draws.
    """
    drawn = ParameterSample(scenario, RandomStreams(seed, 0, draws))
    causes = np.ones(draws)
    for name in scenario.spoilers:
        causes = causes + np.exp(drawn[f"spoilers.{name}.strength"]) / len(scenario.parties)
    age = hours / HOURS_PER_DAY / drawn["truce.scale_days"]
    return float(np.exp(-causes * age ** drawn["truce.shape"]).mean())


def _share_kept(pauses: Sequence[HistoricalPause]) -> float:
    """Return the share of pauses that ran their term, under Jeffreys' prior."""
    kept = sum(pause.ran_its_term for pause in pauses)
    return (kept + 0.5) / (len(pauses) + 1)


def _breaks_per_hour(pauses: Sequence[HistoricalPause]) -> float:
    """Return breaks per hour of pauses, up to their terms."""
    hours = sum(min(pause.held_hours, pause.agreed_hours) for pause in pauses)
    return sum(not pause.ran_its_term for pause in pauses) / hours
