"""Whether the war has its sides, and every strategy is known and has the numbers it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.scenario.checks.shared import (
    Bounds,
    Troubles,
    must_be_known,
    unused_number,
    within_bounds,
    wrong,
)
from sim.scenario.errors import IssueAtPath, Path, did_you_mean, dotted, quote_value
from sim.scenario.quantity import Quantity
from sim.scenario.schema import Scenario, Strategy


@dataclass(frozen=True)
class Kinds:
    """The strategies that a scenario can name, by their kind."""

    war: Mapping[str, Any]
    tactic: Mapping[str, Any]
    permanence: Mapping[str, Any]
    formulation: Mapping[str, Any]


def known_kinds() -> Kinds:
    """Return the strategies of the theory."""
    from sim.theory import bargaining, commitment, concession, war

    return Kinds(
        war.WAR_MODULES, concession.TACTICS, commitment.PERMANENCE, bargaining.FORMULATIONS
    )


def sides(scenario: Scenario) -> Troubles:
    """Check that where the war or captives pull on two sides, every party is on one of them."""
    war = scenario.war
    for field, side in (("forward", war.forward), ("backward", war.backward)):
        for position, name in enumerate(side):
            path = ("war", field, position)
            yield from must_be_known(path, name, ("parties",), scenario.parties)
            if name in side[:position] or (field == "backward" and name in war.forward):
                yield wrong(
                    path, f"is {quote_value(name)} a second time", "a party is on one side", ""
                )
    module = known_kinds().war.get(war.kind)
    if module is None:
        return  # complained about among the strategies
    if not module.has_sides and not scenario.captives:
        for field, side in (("forward", war.forward), ("backward", war.backward)):
            if side:
                why = f"a war of the kind {war.kind} has no sides where there are no captives"
                leans: tuple[Path, ...] = (("captives",), ("war", "kind"))
                yield unused_number(("war", field), why, leans=leans)
        return
    for field, side in (("forward", war.forward), ("backward", war.backward)):
        if not side:
            yield wrong(("war", field), "names no party", "each side has at least one")
    for name in scenario.parties:
        if war.forward and war.backward and name not in (*war.forward, *war.backward):
            leans = (("parties", name),)
            yield wrong(
                ("war",),
                f"has {name} on no side",
                "every party is forward or backward",
                leans=leans,
            )


def kinds_and_numbers(scenario: Scenario) -> Troubles:
    """Check that every strategy is known, and has the numbers it needs, within their bounds."""
    for path, strategy, kinds in every_strategy(scenario):
        module = kinds.get(strategy.kind)
        if module is None:
            yield from must_be_known((*path, "kind"), strategy.kind, (*path, "kind"), kinds)
        else:
            what = f"{dotted(path)} of the kind {strategy.kind}"
            where = (*path, "numbers")
            yield from _numbers(where, strategy.numbers, tuple(module.numbers), module, what)
    module = known_kinds().war.get(scenario.war.kind)
    if module is not None:
        for name, party in scenario.parties.items():
            what = f"a war of the kind {scenario.war.kind}"
            where = ("parties", name, "war")
            yield from _numbers(where, party.war, tuple(module.party_numbers), module, what)


def every_strategy(
    scenario: Scenario,
) -> Iterator[tuple[Path, Strategy | Any, Mapping[str, Any]]]:
    """Return each strategy that the scenario names, with its place and the kinds it may be of."""
    kinds = known_kinds()
    yield ("war",), scenario.war, kinds.war
    yield ("permanence",), scenario.permanence, kinds.permanence
    for name, party in scenario.parties.items():
        yield ("parties", name, "tactic"), party.tactic, kinds.tactic
    for name, mediator in scenario.mediators.items():
        if mediator.formulation is not None:
            yield ("mediators", name, "formulation"), mediator.formulation, kinds.formulation


def _numbers(
    path: Path,
    given: Mapping[str, Quantity],
    needed: tuple[str, ...],
    module: Any,
    what: str,
) -> Troubles:
    """Check that a strategy has exactly the numbers that its `module` needs here."""
    bounds, removed = bounds_of(module), removed_from(module)
    needs = f"{what} needs {', '.join(needed) or 'no numbers'}"
    leans: tuple[Path, ...] = ((*path[:-1], "kind"), ("war", "kind"))
    for name in needed:
        if name not in given:
            yield wrong((*path, name), "is missing", needs, leans=leans)
    for name, quantity in given.items():
        if name not in needed and name in removed:
            found = f"unknown number '{name}' in {dotted(path)}"
            yield IssueAtPath((*path, name), found, "earlier versions had it", removed[name], leans)
        elif name not in needed:
            hint = did_you_mean(name, needed) if needed else "leave it out"
            found = f"unknown number '{name}' in {dotted(path)}"
            yield IssueAtPath((*path, name), found, needs, hint, leans)
        elif name in bounds:
            yield from within_bounds((*path, name), quantity, bounds[name])


def bounds_of(module: Any) -> Mapping[str, Bounds]:
    """Between which bounds the numbers of a strategy lie."""
    bounds: Mapping[str, Bounds] = getattr(module, "bounds", {})
    return bounds


def removed_from(module: Any) -> Mapping[str, str]:
    """Return the numbers that a strategy had in earlier versions, with what to write instead."""
    removed: Mapping[str, str] = getattr(module, "removed", {})
    return removed
