"""What mediation is worth: talks with and without it, lever by lever and mediator by mediator.

Arms differ in what is switched off and share their luck, so that what a run gains is an effect. A
share is Shapley's value: what a lever (or a mediator) adds, averaged over the orders in which the
levers (or mediators) may be switched on. The shares add up to the whole in every run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.engine.outcomes import Outcomes
from sim.engine.simulate import play_arms
from sim.findings.statistics import (
    Effect,
    Finding,
    days_until_deal,
    dealt_by,
    held_for,
    mean,
    paired,
)
from sim.scenario.schema import Mediator, Scenario
from sim.theory.shapley import coalitions, shapley
from sim.types import Numbers

#: The five levers of a mediator, in the order of the report.
LEVERS = ("channel", "information", "formulation", "leverage", "guarantee")

DEAL_DAY, HOLD_DAYS = 90, 60

COUNTERFACTUAL = (
    "Without mediation the parties meet as seldom as their direct channel lets them, speak for "
    "themselves and wait for no confirmation; nobody tells them what the other side would settle "
    "for, words a text for them, adds to what they get, stands behind a guarantee, or mends a "
    "dispute over the exchange. The war, the captives, the parties and their luck are the same."
)


@dataclass(frozen=True)
class Contribution(Finding):
    """What one part adds to the whole."""

    exactly_zero: bool  # in every run


@dataclass(frozen=True)
class Mediation:
    """What mediation adds to each outcome: in all, and by lever and by mediator."""

    counterfactual: str  # in words
    whole: Mapping[str, Effect]  # by outcome
    levers: Mapping[str, Mapping[str, Contribution]]  # by outcome and lever
    mediators: Mapping[str, Mapping[str, Contribution]]  # by outcome and mediator


def value_of_mediation(
    scenario: Scenario,
    *,
    runs: int,
    seed: int = 1,
    days: int | None = None,
    levers: Mapping[str, float] | None = None,
    workers: int = 1,
) -> Mediation:
    """Return what mediation adds, and how much of it is owed to each lever and to each mediator."""
    arms = [(case, dict(levers or {})) for case in arms_of_mediation(scenario)]
    played = play_arms(arms, runs=runs, seed=seed, days=days, workers=workers)
    return mediation_from(played, tuple(scenario.mediators))


def arms_of_mediation(scenario: Scenario) -> list[Scenario]:
    """Return the scenario with every coalition of `LEVERS`, then with every coalition of its
    mediators.
    """
    mediators = tuple(scenario.mediators)
    return [
        *(switched_on(scenario, on) for on in coalitions(LEVERS)),
        *(with_mediators(scenario, present) for present in coalitions(mediators)),
    ]


def mediation_from(arms: Sequence[Outcomes], mediators: tuple[str, ...]) -> Mediation:
    """Return what mediation adds, from talks of the scenarios of `arms_of_mediation`, in order."""
    whole, parts, persons = {}, {}, {}
    for name, (measure, words) in measures(arms[0].days).items():
        values = np.stack([measure(arm) for arm in arms])
        mine, theirs = np.split(values, [2 ** len(LEVERS)])
        whole[name] = paired(name, mine[0], mine[-1], f"what mediation adds to {words}")
        parts[name] = _contributions(LEVERS, mine.astype(float), words)
        persons[name] = _contributions(mediators, theirs.astype(float), words)
    return Mediation(COUNTERFACTUAL, whole, parts, persons)


def measures(days: int) -> dict[str, tuple[Callable[[Outcomes], Numbers], str]]:
    """Return the outcomes that mediation may serve, each per run and in words, within so many
    days.
    """
    by = min(DEAL_DAY, days)
    hold = min(HOLD_DAYS, days - 1)
    return {
        f"deal_by_{by}": (
            lambda outcomes: dealt_by(outcomes, by),
            f"the share of talks with a truce by day {by}",
        ),
        "restricted_mean_day": (
            days_until_deal,
            f"the day of the first truce, counting day {days} where there is none",
        ),
        "captives_alive": (
            captives_alive,
            "the captives who are alive at the end, home or held",
        ),
        f"truce_held_{hold}": (
            lambda outcomes: held_for(outcomes, hold),
            f"the share of talks whose first truce is in force {hold} days later",
        ),
    }


def captives_alive(outcomes: Outcomes) -> Numbers:
    """Captives alive on the last day, at home or held: (runs,)."""
    alive = outcomes.returned_alive + outcomes.rescued + outcomes.still_held
    return np.asarray(alive.sum(axis=1))


def _contributions(names: tuple[str, ...], values: Numbers, words: str) -> dict[str, Contribution]:
    """Return what each part adds, from every coalition's outcome in every run."""
    contributions = {}
    for name, shares in zip(names, shapley(values), strict=True):
        part = mean(name, shares, f"what it adds to {words} (Shapley)")
        contributions[name] = Contribution(**vars(part), exactly_zero=not shares.any())
    return contributions


# --- The arms


def switched_on(scenario: Scenario, levers: Collection[str]) -> Scenario:
    """Return the scenario in which mediators have only some of the five levers.

    Without their channel only the direct one is left, in which the parties speak for themselves
    and need not wait to be told what their principals say.
    """
    off = [lever for lever in LEVERS if lever not in levers]
    mediators = {name: _without(mediator, off) for name, mediator in scenario.mediators.items()}
    changed = scenario.model_copy(update={"mediators": mediators})
    return _speaking_for_themselves(changed, set()) if "channel" in off else changed


def with_mediators(scenario: Scenario, present: Collection[str]) -> Scenario:
    """Return the scenario with some of its mediators; who was spoken for by another speaks
    directly.
    """
    mediators = {name: m for name, m in scenario.mediators.items() if name in present}
    changed = scenario.model_copy(update={"mediators": mediators})
    return _speaking_for_themselves(changed, present)


def _without(mediator: Mediator, levers: Collection[str]) -> Mediator:
    """Return a mediator who lacks some of the levers."""
    none: dict[str, dict[str, Any]] = {
        "channel": {"keeps_channel": False},
        "information": {"information": None},
        "formulation": {"formulation": None, "drafting": None},
        "leverage": {"leverage": {}},
        "guarantee": {"guarantee": None},
    }
    update = {key: value for lever in levers for key, value in none[lever].items()}
    return mediator.model_copy(update=update)


def _speaking_for_themselves(scenario: Scenario, present: Collection[str]) -> Scenario:
    """Parties speak through a mediator only if it is present."""
    parties = {
        name: party
        if party.speaks_through is None or party.speaks_through in present
        else party.model_copy(update={"speaks_through": None})
        for name, party in scenario.parties.items()
    }
    return scenario.model_copy(update={"parties": parties})
