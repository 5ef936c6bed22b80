"""Summaries of results, and the words in which people read them.

People get frequencies ("37 of 100 simulated talks") with an interval, the base rate beside them
where a scenario has one, and what all of it rests on.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from sim import findings
from sim.engine.outcomes import Outcomes
from sim.engine.simulate import Comparison
from sim.findings.statistics import Finding
from sim.reporting.models import (
    Assumptions,
    BaseRateSource,
    BaseRateSummary,
    ComparisonSummary,
    Deals,
    EffectEstimate,
    Estimate,
    Exchange,
    Flips,
    PluginFile,
    ScenarioId,
    Shares,
    Sides,
    SpreadSummary,
    Summary,
    Truces,
    ZopaShares,
)
from sim.scenario.errors import count_noun
from sim.scenario.packages import levels_within
from sim.scenario.quantity import Quantity
from sim.scenario.schema import Issue, OutsideEvent, Scenario

NOT_A_FORECAST = (
    "Exploratory model. Results are conditional on the assumptions shown; not a forecast, not "
    "advice on a live case."
)

#: Days by which deals are counted, and days for which truces are followed.
DEAL_DAYS = (30, 90, 180, 365)
EFFECT_DAYS = (30, 90, 180)
TRUCE_DAYS = (7, 30, 60)

ENDING_WORDS = {
    "no_truce": "no truce",
    "truce_over": "war again after a truce",
    "truce_holding": "a truce that holds for now",
    "permanent_truce_holding": "an end of the war that holds",
}

CAPTIVE_WORDS = {
    "returned_alive": "come home alive",
    "rescued": "are rescued by force",
    "remains_returned": "come home dead",
    "died_in_captivity": "die in captivity",
    "still_held": "are still held, alive",
    "remains_held": "are still held, dead",
}

EFFECT_WORDS = {
    "restricted_mean_day": "day of the first truce (the horizon where there is none)",
    "returned_alive": "captives who come home alive",
    "prisoners_released": "prisoners released",
    "truce_held_60": "talks whose first truce is in force 60 days later, of 100",
}


# --- For machines


def summary(
    outcomes: Outcomes,
    scenario: Scenario,
    command: str = "",
    changes: Mapping[str, str] | None = None,
) -> Summary:
    """Summarise what the outcomes show.

    `changes` are values of the scenario that were set for these talks, by their paths.
    """
    by_day = {str(day): _deal_by(outcomes, day) for day in days_within(outcomes.days)}
    war = scenario.war
    return Summary(
        scenario=ScenarioId(name=outcomes.scenario, sha256=outcomes.sha256),
        version=outcomes.version,
        seed=outcomes.seed,
        runs=len(outcomes),
        days=outcomes.days,
        levers=dict(outcomes.levers),
        changes=dict(changes or {}),
        deal=Deals(
            by_day=by_day,
            restricted_mean_day=Estimate.of(findings.restricted_mean_day(outcomes)),
        ),
        endings=_shares(findings.endings(outcomes)),
        sides=Sides(forward=list(war.forward), backward=list(war.backward)),
        zopa=ZopaShares.model_validate(_shares(findings.zopa(outcomes))),
        terms={issue: _shares(levels) for issue, levels in findings.terms(outcomes).items()},
        exchange=_exchange(outcomes),
        truce=_truces(outcomes),
        blockers={party: _shares(counts) for party, counts in findings.refusals(outcomes).items()},
        base_rate=_base_rate(scenario, outcomes.days),
        assumptions=assumptions(scenario),
        not_a_forecast=NOT_A_FORECAST,
        command=command,
        plugins=plugins_of(scenario),
        events=_scheduled(outcomes),
    )


def comparison_summary(
    comparison: Comparison, scenario: Scenario, command: str = ""
) -> ComparisonSummary:
    """Summarise what the second arm of a comparison changes."""
    before, after = comparison.baseline, comparison.changed
    days = tuple(day for day in days_within(before.days) if day in (*EFFECT_DAYS, before.days))
    effects, flips = findings.effects(before, after, days), findings.flips(before, after)
    return ComparisonSummary(
        scenario=ScenarioId(name=before.scenario, sha256=before.sha256),
        changed_sha256=after.sha256,
        version=before.version,
        seed=before.seed,
        runs=len(before),
        days=before.days,
        baseline_levers=dict(before.levers),
        changed_levers=dict(after.levers),
        effects={name: EffectEstimate.of_effect(effect) for name, effect in effects.items()},
        flips=Flips(**{name: Estimate.of(share) for name, share in flips.items()}),
        definitions={name: finding.definition for name, finding in {**effects, **flips}.items()},
        base_rate=_base_rate(scenario, before.days),
        assumptions=assumptions(scenario),
        not_a_forecast=NOT_A_FORECAST,
        command=command,
        plugins=plugins_of(scenario),
        baseline_events=_scheduled(before),
        changed_events=_scheduled(after),
    )


def _scheduled(outcomes: Outcomes) -> dict[str, list[int]]:
    return {name: list(days) for name, days in outcomes.scheduled.items()}


def assumptions(scenario: Scenario) -> Assumptions:
    """Count the scenario's numbers that have a source, are a judgement, or only fix a unit."""
    basis = Counter(number.basis or "sourced" for number in scenario.quantities().values())
    return Assumptions(
        sourced=basis["sourced"], judgement=basis["judgement"], definition=basis["definition"]
    )


def days_within(horizon: int) -> list[int]:
    """Return the days by which deals are counted, the horizon last."""
    return [*(day for day in DEAL_DAYS if day < horizon), horizon]


def _deal_by(outcomes: Outcomes, day: int) -> Estimate:
    """Return the share of talks with a deal by a day."""
    return Estimate.of(findings.deal_by(outcomes, day))


def _shares(by_name: Mapping[str, Finding]) -> Shares:
    """Keep the estimates of some findings."""
    return {name: share.estimate for name, share in by_name.items()}


def _exchange(outcomes: Outcomes) -> Exchange:
    """Summarise what becomes of captives and prisoners."""
    people, of = findings.people, SpreadSummary.of
    return Exchange(
        captives={name: of(spread) for name, spread in findings.captives(outcomes).items()},
        prisoners_released=of(people(outcomes, "prisoners_released")),
        by_pool={
            pool: {name: of(people(outcomes, name, pool)) for name in findings.CAPTIVES}
            for pool in outcomes.labels.pools
        },
        prisoners_by_pool={
            pool: of(people(outcomes, "prisoners_released", pool))
            for pool in outcomes.labels.prisoners
        },
    )


def _truces(outcomes: Outcomes) -> Truces:
    """Summarise how first truces last and end."""
    survival = findings.truce_survival(outcomes, TRUCE_DAYS)
    ends = findings.truce_ends(outcomes, TRUCE_DAYS)
    return Truces(
        count=int(np.count_nonzero(outcomes.truces)),
        survival={str(day): Estimate.of(share) for day, share in survival.items()},
        ended_within={
            str(day): {cause: Estimate.of(by_day[day]) for cause, by_day in ends.items()}
            for day in TRUCE_DAYS
        },
        causes=_shares(findings.truce_causes(outcomes)),
    )


def plugins_of(scenario: Scenario) -> list[PluginFile]:
    """Return the plugins that a scenario's strategies come from."""
    return [PluginFile(file=Path(path).name, sha256=sha256) for path, sha256 in scenario.plugins]


def _base_rate(scenario: Scenario, horizon: int) -> BaseRateSummary | None:
    """Return the yardstick of the past; None where the scenario has none."""
    base = scenario.base_rate
    if base is None:
        return None
    source = scenario.sources[base.source]
    by_day = {day: findings.base_rate_by(base, day) for day in days_within(horizon)}
    return BaseRateSummary(
        by_day={str(day): Estimate.of(rate) for day, rate in by_day.items()},
        deals=base.deals,
        days_at_risk=base.days,
        interval=0.9,
        source=BaseRateSource(name=base.source, title=source.title, date=source.date),
        note="a yardstick that may know what came after the scenario's day; not an input",
    )


# --- In words


def talks_played(runs: int, days: int) -> str:
    """Say how many talks were played, and for how long."""
    return f"{count_noun(runs, 'simulated talk')} of {count_noun(days, 'day')}"


def frequency(share: Estimate | Finding) -> str:
    """Return a share as people say it: "37 of 100"; with decimals where it is small or large."""
    value = share.estimate
    return "none known of 100" if value is None else f"{of_hundred(value)} of 100"


def of_hundred(value: float) -> str:
    """Return a share as a number of a hundred; with decimals where it is small or large."""
    number = 100 * value
    if number in (0, 100) or 1 <= number <= 99:
        return f"{number:.0f}"
    return f"{number:.1f}" if 0.1 <= number <= 99.9 else f"{number:.2g}" if number < 1 else "99.9"


def interval(share: Estimate | Finding) -> str:
    """Return the interval of a share, of a hundred."""
    if share.low is None or share.high is None:
        return "unknown"
    return f"{of_hundred(share.low)} to {of_hundred(share.high)}"


def ending_words(name: str, scenario: Scenario) -> str:
    """Say how a run stands on its last day."""
    if name in ENDING_WORDS:
        return ENDING_WORDS[name]
    side = scenario.war.forward if name == "victory_forward" else scenario.war.backward
    winners = " and ".join(scenario.parties[party].title for party in side)
    return f"victory of {winners}" if winners else "victory"


def cause_words(cause: str, scenario: Scenario) -> str:
    """Say what became of a truce."""
    if cause in scenario.parties:
        return f"{scenario.parties[cause].title} goes back to war"
    if cause in scenario.spoilers:
        return f"broken by {scenario.spoilers[cause].title}"
    words = {"expiry": "the term ends", findings.HOLDING: "in force on the last day"}
    return words.get(cause, cause)


def settings_of(summary: Summary) -> str:
    """Say where the levers of these talks stand, and what else was set."""
    parts = [f"levers: {settings_in_words(summary.levers)}"]
    if summary.events:
        parts.append(settings_in_words({}, summary.events))
    if summary.changes:
        changes = ", ".join(f"{key} = {value}" for key, value in summary.changes.items())
        parts.append(f"changed in the scenario: {changes}")
    return "; ".join(parts)


def settings_in_words(
    levers: Mapping[str, float], events: Mapping[str, Sequence[int]] | None = None
) -> str:
    """Name the levers that were moved, and the outside events that were scheduled."""
    moved = [f"{name} = {value:g}" for name, value in levers.items()]
    moved += [event_in_words(name, days) for name, days in (events or {}).items()]
    return ", ".join(moved) or "as in the scenario"


def event_in_words(name: str, days: Sequence[int]) -> str:
    """Say on which days an outside event is scheduled."""
    noun = "day" if len(days) == 1 else "days"
    return f"event {name} on {noun} {' and '.join(map(str, days))}"


def event_frequency(event: OutsideEvent) -> str:
    """Say how often an outside event comes, or when."""
    if event.per_year is not None:
        return f"{event.per_year.centre:g} a year"
    chance = "" if event.chance is None else f", with a chance of {event.chance.centre:g}"
    return f"on day {event.day.centre:g}{chance}" if event.day else ""


def effect_words(name: str) -> str:
    """Say what an effect is on, by its name: `deal_by_90`."""
    if name in EFFECT_WORDS:
        return EFFECT_WORDS[name]
    return f"talks with a truce by day {name.removeprefix('deal_by_')}, of 100"


def amount(name: str, value: float) -> str:
    """Return an outcome of one arm: a share of a hundred, or days or people."""
    return of_hundred(value) if findings.is_share(name) else f"{value:,.1f}"


def exactly_zero(runs: int) -> str:
    """Say of a change that changes nothing on how many runs that rests."""
    return f"exactly 0 in every run of {runs:,}"


def difference(name: str, effect: EffectEstimate, runs: int, between: str = "") -> str:
    """Return an effect with its interval, called what `between` says, or that it is nothing."""
    if effect.exactly_zero:
        return exactly_zero(runs)
    assert effect.estimate is not None, "a comparison has runs"
    scale = findings.scale_of(name)
    shown = f"{scale * effect.estimate:+.1f}"
    if effect.low is None or effect.high is None:
        return shown
    return f"{shown} ({between}{scale * effect.low:+.1f} to {scale * effect.high:+.1f})"


def judged(name: str, effect: EffectEstimate, runs: int) -> str:
    """Return an effect with its interval, and whether it is more than noise."""
    shown = difference(name, effect, runs, "95 % interval ")
    if effect.exactly_zero:
        return shown
    if effect.low is None or effect.high is None:
        return f"{shown}, from a single run"
    if effect.low <= 0 <= effect.high:
        return f"{shown}, which so many talks cannot tell from noise"
    return f"{shown}, which is more than noise"


# --- What parties say


def stated_levels(scenario: Scenario, issue: str) -> dict[str, list[str]]:
    """Return the levels of an issue that each party asks for in public; silent ones left out."""
    stated: dict[str, list[str]] = {}
    for party, spec in scenario.parties.items():
        bounds = [
            scenario.phrases[phrase][issue]
            for phrase in spec.positions.states
            if issue in scenario.phrases[phrase]
        ]
        if bounds:
            within = np.logical_and.reduce(
                [levels_within(scenario.issues[issue], bound) for bound in bounds]
            )
            names = list(scenario.issues[issue].levels)
            stated[party] = [names[k] for k in np.flatnonzero(within)]
    return stated


def position_gaps(scenario: Scenario) -> dict[str, int | None]:
    """Count, for each issue, the levels between the two parties furthest apart in public.

    None where fewer than two parties with a veto have spoken. Positions may be far apart where
    there is a ZOPA, and near where there is none.
    """
    gaps: dict[str, int | None] = {}
    for name, issue in scenario.issues.items():
        stated = [
            levels
            for party, levels in stated_levels(scenario, name).items()
            if scenario.parties[party].veto and levels
        ]
        pairs = itertools.combinations(stated, 2)
        gaps[name] = max((_steps_between(issue, one, other) for one, other in pairs), default=None)
    return gaps


def _steps_between(issue: Issue, one: list[str], other: list[str]) -> int:
    """Count the fewest steps from a level that one names to a level that the other names."""
    at = {name: k for k, name in enumerate(issue.levels)}
    return min(abs(at[a] - at[b]) for a in one for b in other)


def range_of(number: Quantity) -> str:
    """Say from where to where a number is drawn."""
    if number.is_certain:
        return "–"
    if number.corners is not None or number.discrete is not None:
        low, high = number.support
        return f"{low:.4g} to {high:.4g}"
    low, high = number.ppf(np.array([0.05, 0.95]))
    return f"{low:.4g} to {high:.4g} (90 %)"
