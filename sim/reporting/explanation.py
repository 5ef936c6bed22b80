"""Summaries of why there was no deal and what would bring one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.engine.outcomes import BAD_TEXT, CONFIRMATION, FIRM, NO_ROOM, SUSPENSION
from sim.findings.attribution import NO_ISSUE, Structural
from sim.findings.explanation import Reasons
from sim.findings.lever_search import LeverChange, LeverSearch
from sim.findings.mediation import Contribution, Mediation
from sim.findings.statistics import Effect, Finding
from sim.reporting.models import (
    CountedEffect,
    CountedEstimate,
    Difference,
    LeverChangeSummary,
    MechanismSummary,
    MediationSummary,
    ScenarioName,
    StructuralSummary,
    TargetSummary,
    UnlockSummary,
    WhySummary,
)
from sim.reporting.summary import NOT_A_FORECAST, plugins_of
from sim.scenario.schema import Scenario

REASON_WORDS = {
    NO_ROOM: "no text would have been better than no deal for everyone who can refuse one",
    FIRM: "a firm stance barred all that would have suited everybody",
    BAD_TEXT: "the text misjudged what the other side would take",
    CONFIRMATION: "it was agreed and not confirmed",
    SUSPENSION: "the talks were suspended that day",
}

#: What a part of the gap that belongs to no issue is called.
NO_ISSUE_WORDS = "no issue: for somebody no text is good enough"

MEASURE_WORDS = {
    "deal_by": "truce by day {}, of 100 talks",
    "truce_held": "first truce in force {} days later, of 100 talks",
    "restricted_mean_day": "day of the first truce (horizon without one)",
    "captives_alive": "captives alive at the end",
}

LEVER_WORDS = {
    "channel": "the channel: that they can meet at all",
    "information": "what they tell one side of the other",
    "formulation": "the texts they word",
    "leverage": "what they can add or press",
    "guarantee": "what they stand behind",
}


# --- For machines


def why_summary(
    reasons: Reasons,
    scenario: Scenario,
    command: str = "",
    *,
    seed: int,
    runs: int,
    days: int,
    levers: Mapping[str, float],
) -> WhySummary:
    """Summarise why there was no deal in talks with these runs, seed, days and levers."""
    return WhySummary(
        scenario=ScenarioName(name=scenario.scenario),
        seed=seed,
        runs=runs,
        days=days,
        levers=dict(levers),
        structural=_structural(reasons.structural),
        procedural=_counted(reasons.procedural),
        stood_firm=_counted(reasons.stood_firm),
        mechanisms={
            name: MechanismSummary(
                words=mechanism.words,
                effects={day: _counted_effect(effect) for day, effect in mechanism.effects.items()},
            )
            for name, mechanism in reasons.mechanisms.items()
        },
        mediation=_mediation(reasons.mediation),
        not_a_forecast=NOT_A_FORECAST,
        command=command,
        plugins=plugins_of(scenario),
    )


def unlock_summary(
    search: LeverSearch,
    scenario: Scenario,
    command: str = "",
    *,
    seed: int,
    runs: int,
    days: int,
    levers: Mapping[str, float],
) -> UnlockSummary:
    """Summarise what would reach a target in talks with these runs, seed, days and levers."""
    target = search.target
    return UnlockSummary(
        scenario=ScenarioName(name=scenario.scenario),
        seed=seed,
        runs=runs,
        days=days,
        levers=dict(levers),
        target=TargetSummary(
            kind=target.kind, days=target.days, goal=target.goal, words=target.words
        ),
        baseline=_counted_estimate(search.baseline),
        already=search.already,
        alone={name: _lever_change(change) for name, change in search.alone.items()},
        pair=None if search.pair is None else _lever_change(search.pair),
        not_a_forecast=NOT_A_FORECAST,
        command=command,
        plugins=plugins_of(scenario),
    )


def _structural(structural: Structural) -> StructuralSummary:
    """Summarise what is in the way before the first day."""
    return StructuralSummary(
        no_zopa=_counted_estimate(structural.no_zopa),
        nothing_on_offer=_counted_estimate(structural.nothing_on_offer),
        gap=_counted_estimate(structural.gap),
        concessions=_counted(structural.concessions),
        concession_shares=_counted(structural.concession_shares),
        blockers=_counted(structural.blockers),
        issues=_counted(structural.issues),
        issue_shares=_counted(structural.issue_shares),
    )


def _mediation(value: Mediation) -> MediationSummary:
    """Summarise what mediation adds."""
    return MediationSummary(
        counterfactual=value.counterfactual,
        whole={name: _counted_effect(effect) for name, effect in value.whole.items()},
        levers={name: _differences(parts) for name, parts in value.levers.items()},
        mediators={name: _differences(parts) for name, parts in value.mediators.items()},
    )


def _lever_change(change: LeverChange) -> LeverChangeSummary:
    """Summarise what a change of one lever or two does."""
    return LeverChangeSummary(
        levers=dict(change.levers),
        change=change.change,
        reached=change.reached,
        found=_counted_estimate(change.found),
        fresh=None if change.fresh is None else _counted_estimate(change.fresh),
    )


def _numbers(finding: Finding) -> dict[str, Any]:
    """Return all numbers of a finding, whatever its kind."""
    return {key: value for key, value in vars(finding).items() if key not in ("name", "definition")}


def _counted_estimate(finding: Finding) -> CountedEstimate:
    """Keep the numbers of a finding."""
    return CountedEstimate(**_numbers(finding))


def _counted_effect(effect: Effect) -> CountedEffect:
    """Keep the numbers of an effect."""
    return CountedEffect(**_numbers(effect))


def _counted(by_name: Mapping[str, Finding]) -> dict[str, CountedEstimate]:
    """Keep the numbers of some findings."""
    return {name: _counted_estimate(finding) for name, finding in by_name.items()}


def _differences(by_name: Mapping[str, Contribution]) -> dict[str, Difference]:
    """Keep the numbers of some contributions."""
    return {name: Difference(**_numbers(part)) for name, part in by_name.items()}


# --- For people


def reason_words(reason: str, scenario: Scenario) -> str:
    """Say why a round brought no first deal."""
    party = scenario.parties.get(reason)
    return REASON_WORDS[reason] if party is None else f"{party.title} held out for more"


def issue_words(issue: str, scenario: Scenario) -> str:
    """Name a part of the gap."""
    return NO_ISSUE_WORDS if issue == NO_ISSUE else scenario.issues[issue].title


def measure_words(name: str) -> str:
    """Say what mediation adds to, by its name: `deal_by_90`."""
    stem, _, days = name.rpartition("_")
    return MEASURE_WORDS[stem].format(days) if stem in MEASURE_WORDS else MEASURE_WORDS[name]
