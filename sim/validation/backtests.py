"""Talks of the past, played from what was known on their first day and scored on what came of them.

Each case stands beside the base rate, refitted without the spell that is scored, so that neither
has seen it. With two spells that is a rate from a single deal: it shows how little history there
is to beat. The rate of both spells is shown too; it has seen the answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.engine.outcomes import NONE, Outcomes
from sim.engine.random_streams import RandomStreams
from sim.engine.sampling import ParameterSample
from sim.engine.simulate import InitialUtilities, initial_utilities
from sim.findings.attribution import structural
from sim.findings.statistics import Finding, deal_by, dealt_by, share
from sim.scenario.loading import load_scenario
from sim.types import Floats
from sim.validation import history
from sim.validation.arms import DAYS, FIRST_TRUCE, SEED_CASE, TreatmentArm, has_level, signed_at
from sim.validation.history import CASES, PAUSES, Case, SourcedFact
from sim.validation.scoring_rules import (
    CENTRAL,
    brier,
    covered,
    crps_of_counts,
    interval,
    log_score,
)

#: The days by which a truce is forecast.
FORECAST_DAYS = {"B1": (30, 60, 90), "B2": (30, 90, 180, 365), "B3": (30, 60, 90)}

#: The scenario of B3, which only backtests use.
SECOND_TRUCE = "gaza-2025-01"

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


MODEL, LEFT_OUT, IN_SAMPLE = "model", "base rate without this spell", "base rate of both spells"


def arms() -> tuple[TreatmentArm, ...]:
    """What must be played for the backtests."""
    wanted = [TreatmentArm(FIRST_TRUCE), TreatmentArm(SEED_CASE), TreatmentArm(SECOND_TRUCE)]
    for name, case in CASES.items():
        wanted.append(_longest(name, case))
        wanted += [TreatmentArm(case.scenario, days=count.day) for count in case.counts]
    return tuple(dict.fromkeys(wanted))


def _longest(name: str, case: Case) -> TreatmentArm:
    """The arm of a case that is followed longest."""
    days = (DAYS, *FORECAST_DAYS[name], *(count.day for count in case.counts))
    return TreatmentArm(case.scenario, days=max(days))


# --- Chances of a truce


def forecasts(played: Mapping[TreatmentArm, Outcomes]) -> list[Forecast]:
    """Chances of a truce by some days, scored."""
    return [_forecast(name, case, played) for name, case in CASES.items()]


def _forecast(name: str, case: Case, played: Mapping[TreatmentArm, Outcomes]) -> Forecast:
    days = FORECAST_DAYS[name]
    outcomes = played[_longest(name, case)]
    happened = tuple(case.day <= day for day in days)
    rates = {LEFT_OUT: history.pace(case.spell), IN_SAMPLE: history.pace()}
    chances = {MODEL: tuple(float(dealt_by(outcomes, day).mean()) for day in days)}
    for forecaster, rate in rates.items():
        chances[forecaster] = tuple(history.chance_by(day, rate) for day in days)
    return Forecast(
        name,
        days,
        happened,
        chances,
        {who: brier(said, happened) for who, said in chances.items()},
        {who: log_score(said, happened) for who, said in chances.items()},
    )


# --- Counts of people


def counts(played: Mapping[TreatmentArm, Outcomes]) -> list[Counted]:
    """Captives returned and prisoners released by some days, scored.

    The base rate has no counts of its own. It is lent those of the other spell: none with the
    chance that there is no deal by then, and else what the other spell's deal brought.
    """
    found = []
    for name, case in CASES.items():
        other = next(c for c in CASES.values() if c.spell != case.spell).counts[-1]
        for count in case.counts:
            outcomes = played[TreatmentArm(case.scenario, days=count.day)]
            deal = history.chance_by(count.day, history.pace(case.spell))
            for kind, known, lent in (
                ("returned_alive", count.returned_alive, other.returned_alive),
                ("prisoners_released", count.prisoners_released, other.prisoners_released),
            ):
                values = getattr(outcomes, kind).sum(axis=1)
                found.append(_counted(name, kind, count.day, known, values, deal, lent))
    return found


def _counted(
    case: str,
    kind: str,
    day: int,
    known: SourcedFact,
    values: Floats,
    deal: float,
    lent: SourcedFact,
) -> Counted:
    observed = _number(known)
    low, high = interval(values, 0.9)
    return Counted(
        case,
        kind.replace("_", " "),
        day,
        observed,
        float(np.median(values)),
        low,
        high,
        dict(zip(CENTRAL, covered(values, observed), strict=True)),
        {
            MODEL: crps_of_counts(values, observed),
            LEFT_OUT: crps_of_counts([0, _number(lent)], observed, [1 - deal, deal]),
        },
    )


def _number(known: SourcedFact) -> float:
    assert isinstance(known.value, int | float), known.what
    return float(known.value)


def coverage(found: list[Counted]) -> dict[float, tuple[int, int]]:
    """For each central interval, how many of the counts it holds, and of how many."""
    return {share: (sum(c.covered[share] for c in found), len(found)) for share in CENTRAL}


# --- What each backtest was to show


def criteria(played: Mapping[TreatmentArm, Outcomes], *, runs: int, seed: int) -> list[Criterion]:
    """What was written down before playing, and whether it holds."""
    return [
        *_november(played[TreatmentArm(FIRST_TRUCE)]),
        *_january(played[TreatmentArm(SEED_CASE)], runs, seed),
        *_second_truce(played[TreatmentArm(SECOND_TRUCE)]),
    ]


def _november(outcomes: Outcomes) -> list[Criterion]:
    by_30 = deal_by(outcomes, 30)
    days, price = _commonest(outcomes, "duration"), _commonest(outcomes, "ratio")
    first_group = signed_at(outcomes, "captives", ["some", "humanitarian"]).value
    lasted = outcomes.truce_days[
        has_level(outcomes, "duration", ["4d", "7d"]) & (outcomes.truce_end != NONE)
    ]
    low, high = interval(lasted, 0.9) if len(lasted) else (math.nan, math.nan)
    seven = _number(history.TRUCE_2023_DAYS)
    return [
        Criterion(
            "B1",
            "chance of a truce by day 30 between 0.1 and 0.6",
            _shown(by_30),
            0.1 <= _estimate(by_30) <= 0.6,
        ),
        Criterion(
            "B1",
            "most first deals are pauses of days (four agreed, seven in the end)",
            f"commonest: {days}",
            days in ("4d", "7d"),
        ),
        Criterion(
            "B1",
            "at least 70 in 100 first deals cover women, children and the old only",
            f"{first_group:.2f}",
            first_group >= 0.7,
        ),
        Criterion(
            "B1", "three prisoners for a captive most often", f"commonest: {price}", price == "3"
        ),
        Criterion(
            "B1",
            "nine in ten pauses of days last a time that holds seven days",
            f"{low:.0f} to {high:.0f} days",
            low <= seven <= high,
        ),
    ]


def _january(outcomes: Outcomes, runs: int, seed: int) -> list[Criterion]:
    by_180 = deal_by(outcomes, DAYS)
    look = initial_utilities(load_scenario(SEED_CASE), runs=min(runs, 2000), seed=seed)
    parts = {name: _estimate(part) for name, part in structural(look).issue_shares.items()}
    ranked = sorted(parts, key=lambda name: -parts[name])
    ends, pauses = _blocked(look, "hamas", "israel", True), _blocked(look, "israel", "hamas", False)
    return [
        Criterion(
            "B2",
            "chance of a truce by day 180 no higher than the base rate's 0.55",
            _shown(by_180),
            _estimate(by_180) <= 0.55,
        ),
        Criterion(
            "B2",
            "where there is no ZOPA, duration and withdrawal part them most",
            ", ".join(f"{name} {parts[name]:.2f}" for name in ranked[:3]),
            set(ranked[:2]) == {"duration", "withdrawal"},
        ),
        Criterion(
            "B2",
            "of texts without a term, Israel takes none that Hamas would take, in most draws",
            _shown(ends),
            _estimate(ends) > 0.5,
        ),
        Criterion(
            "B2",
            "of texts with a term, Hamas takes none that Israel would take, in most draws",
            _shown(pauses),
            _estimate(pauses) > 0.5,
        ),
    ]


def _second_truce(outcomes: Outcomes) -> list[Criterion]:
    price = _commonest(outcomes, "ratio")
    phases = signed_at(outcomes, "duration", ["42d", "126d"]).value
    # What began late is not followed long enough to be seen to last.
    lasted = outcomes.truce_days[(outcomes.deal_day != NONE) & (outcomes.deal_day <= DAYS // 2)]
    low, high = interval(lasted, 0.8) if len(lasted) else (math.nan, math.nan)
    days = _number(history.TRUCE_2025_DAYS)
    return [
        Criterion(
            "B3",
            "most first deals are of six weeks, alone or as the first of three phases",
            f"{phases:.2f}",
            phases > 0.5,
        ),
        Criterion(
            "B3",
            "thirty or fifty prisoners for a captive most often",
            f"commonest: {price}",
            price in ("30", "50"),
        ),
        Criterion(
            "B3",
            f"eight in ten first truces of the first {DAYS // 2} days last a time that holds 58",
            f"{low:.0f} to {high:.0f} days",
            low <= days <= high,
        ),
    ]


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


def _estimate(found: Finding) -> float:
    return math.nan if found.estimate is None else found.estimate


def _shown(found: Finding) -> str:
    return f"{_estimate(found):.2f} ({found.low or 0:.2f} to {found.high or 0:.2f})"


# --- Pauses of hours


@dataclass(frozen=True)
class Pauses:
    """Chances that the pauses of 2014 run their term, each judged without itself, and the scores.

    There are three ways to say it: the model's hazard; the share of the other pauses that ran
    their term; and a constant hazard fitted to the others.
    """

    chances: Mapping[str, tuple[float, ...]]
    happened: tuple[bool, ...]
    brier: Mapping[str, float]
    log_score: Mapping[str, float]


OTHER_SHARE, OTHER_RATE = "share of the other pauses", "constant hazard of the other pauses"


def pauses(*, seed: int, draws: int = PAUSE_DRAWS) -> Pauses:
    """Whether the pauses of 2014 ran their term, by the hazard of the November case.

    The model has days; its hazard is a continuous curve, read here at hours. A pause has no
    exchange and no guarantee, trust is as at first, and spoilers count.
    """
    happened = tuple(pause.ran_its_term for pause in PAUSES)
    terms = [pause.agreed_hours for pause in PAUSES]
    chances = {
        MODEL: tuple(_kept_by_model(hours, seed, draws) for hours in terms),
        OTHER_SHARE: tuple(_others_share(k) for k in range(len(PAUSES))),
        OTHER_RATE: tuple(math.exp(-_others_rate(k) * hours) for k, hours in enumerate(terms)),
    }
    return Pauses(
        chances,
        happened,
        {who: brier(said, happened) for who, said in chances.items()},
        {who: log_score(said, happened) for who, said in chances.items()},
    )


def _kept_by_model(hours: float, seed: int, draws: int) -> float:
    """The chance that a truce of so many hours is not broken, over the scenario's own draws."""
    scenario = load_scenario(FIRST_TRUCE)
    drawn = ParameterSample(scenario, RandomStreams(seed, 0, draws))
    causes = np.ones(draws)
    for name in scenario.spoilers:
        causes = causes + np.exp(drawn[f"spoilers.{name}.strength"]) / len(scenario.parties)
    age = hours / HOURS_PER_DAY / drawn["truce.scale_days"]
    return float(np.exp(-causes * age ** drawn["truce.shape"]).mean())


def _others_share(left_out: int) -> float:
    """The share of the other pauses that ran their term, under Jeffreys' prior."""
    others = [p.ran_its_term for k, p in enumerate(PAUSES) if k != left_out]
    return (sum(others) + 0.5) / (len(others) + 1)


def _others_rate(left_out: int) -> float:
    """Breaks per hour of the other pauses, up to their terms."""
    others = [p for k, p in enumerate(PAUSES) if k != left_out]
    hours = sum(min(p.held_hours, p.agreed_hours) for p in others)
    return sum(not p.ran_its_term for p in others) / hours
