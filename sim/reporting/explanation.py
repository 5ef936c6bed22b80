"""Why there was no deal and what would bring one: as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.engine.outcomes import BAD_TEXT, CONFIRMATION, SUSPENSION
from sim.findings.attribution import (
    NO_ISSUE,
)
from sim.findings.explanation import Reasons
from sim.findings.lever_search import LeverChange, LeverSearch
from sim.findings.statistics import Finding
from sim.reporting.summary import NOT_A_FORECAST, plugins_of
from sim.scenario.schema import Scenario
from sim.types import Json

WHY = "parley.why/1"
UNLOCK = "parley.unlock/1"


REASON_WORDS = {
    BAD_TEXT: "the text lay outside what would have suited all",
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
    found: Reasons, scenario: Scenario, asked: Mapping[str, Any], command: str = ""
) -> Json:
    """The reasons as plain data that becomes JSON as it is; `asked` are runs, seed and so on."""
    bargain, value = found.structural, found.mediation
    return {
        "schema": WHY,
        "scenario": {"name": scenario.scenario},
        **asked,
        "structural": {
            "no_zopa": _plain(bargain.no_zopa),
            "nothing_on_offer": _plain(bargain.nothing_on_offer),
            "gap": _plain(bargain.gap),
            "concessions": _all(bargain.concessions),
            "concession_shares": _all(bargain.concession_shares),
            "blockers": _all(bargain.blockers),
            "issues": _all(bargain.issues),
            "issue_shares": _all(bargain.issue_shares),
        },
        "procedural": _all(found.procedural),
        "mechanisms": {
            name: {"words": mechanism.words, "effects": _all(mechanism.effects)}
            for name, mechanism in found.mechanisms.items()
        },
        "mediation": {
            "counterfactual": value.counterfactual,
            "whole": _all(value.whole),
            "levers": {name: _all(parts) for name, parts in value.levers.items()},
            "mediators": {name: _all(parts) for name, parts in value.mediators.items()},
        },
        "not_a_forecast": NOT_A_FORECAST,
        "command": command,
        **plugins_of(scenario),
    }


def unlock_summary(
    found: LeverSearch, scenario: Scenario, asked: Mapping[str, Any], command: str = ""
) -> Json:
    """What would reach a target, as plain data."""
    return {
        "schema": UNLOCK,
        "scenario": {"name": scenario.scenario},
        **asked,
        "target": {**vars(found.target), "words": found.target.words},
        "baseline": _plain(found.baseline),
        "already": found.already,
        "alone": {name: _way(way) for name, way in found.alone.items()},
        "pair": None if found.pair is None else _way(found.pair),
        "not_a_forecast": NOT_A_FORECAST,
        "command": command,
        **plugins_of(scenario),
    }


def _plain(found: Finding) -> Json:
    """A finding with all that it has, but for its name and definition."""
    return {key: value for key, value in vars(found).items() if key not in ("name", "definition")}


def _all(found: Mapping[str, Finding]) -> Json:
    return {name: _plain(finding) for name, finding in found.items()}


def _way(way: LeverChange) -> Json:
    return {
        "levers": dict(way.levers),
        "change": way.change,
        "reached": way.reached,
        "found": _plain(way.found),
        "fresh": None if way.fresh is None else _plain(way.fresh),
    }


# --- For people


def issue_words(issue: str, scenario: Scenario) -> str:
    """What a part of the gap is called."""
    return NO_ISSUE_WORDS if issue == NO_ISSUE else scenario.issues[issue].title


def measure_words(name: str) -> str:
    """What mediation adds to, in words: `deal_by_90`."""
    stem, _, days = name.rpartition("_")
    return MEASURE_WORDS[stem].format(days) if stem in MEASURE_WORDS else MEASURE_WORDS[name]
