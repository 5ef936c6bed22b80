"""Whether levers move numbers that exist, and keep them within their bounds."""

from __future__ import annotations

import re
from typing import Any

from sim.scenario.checks.issues import LEVEL_BOUNDS
from sim.scenario.checks.shared import Bounds, Troubles, must_be_known, span, wrong
from sim.scenario.checks.strategies import bounds_of, every_strategy, known_kinds
from sim.scenario.errors import IssueAtPath, Path, did_you_mean, dotted, quote_value
from sim.scenario.quantity import Quantity
from sim.scenario.schema import Scenario

#: Outcomes that a lever can be expected to move; the first two end in a day, as in `deal_by_90`.
OUTCOMES = (
    "deal_by_DAY",
    "truce_held_DAY",
    "days_until_deal",
    "zopa_first",
    "returned_alive_total",
    "died_in_captivity_total",
    "prisoners_released_total",
)

_ON_A_DAY = re.compile(r"(deal_by|truce_held)_[1-9][0-9]*")


def expectations(scenario: Scenario) -> Troubles:
    """Check that a lever is expected to move an outcome, by a source that is listed."""
    for name, lever in scenario.levers.items():
        if lever.expect is None:
            continue
        path: Path = ("levers", name, "expect")
        of = lever.expect.of
        if of not in OUTCOMES[2:] and not _ON_A_DAY.fullmatch(of):
            found = f"{dotted((*path, 'of'))} is {quote_value(of)}"
            hint = did_you_mean(of, OUTCOMES)
            yield IssueAtPath((*path, "of"), found, "no outcome has this name", hint)
        yield from must_be_known(
            (*path, "source"), lever.expect.source, ("sources",), scenario.sources
        )


def moves(scenario: Scenario) -> Troubles:
    """Check that a lever moves numbers that exist, and they stay within bounds all the way."""
    numbers = {dotted(path): (path, quantity) for path, quantity in scenario.places()}
    strategic = _strategic_bounds(scenario)
    for name, lever in scenario.levers.items():
        path: Path = ("levers", name)
        if not lever.low < lever.high:
            found = f"is {lever.high:g}"
            yield wrong((*path, "high"), found, f"it is more than low, {lever.low:g}")
        elif not lever.low <= lever.default <= lever.high:
            expected = f"it lies between low, {lever.low:g}, and high, {lever.high:g}"
            yield wrong((*path, "default"), f"is {lever.default:g}", expected)
        for position, move in enumerate(lever.moves):
            where = (*path, "moves", position)
            if move.key not in numbers:
                found = f"{dotted((*where, 'key'))} is {quote_value(move.key)}"
                target: Path = tuple(move.key.split("."))
                yield IssueAtPath(
                    (*where, "key"),
                    found,
                    "it is the path of a number",
                    did_you_mean(move.key, numbers),
                    (target,),
                )
                continue
            if move.how == "scale" and lever.default == 0:
                yield wrong(
                    (*path, "default"),
                    "is 0",
                    "a lever that scales starts elsewhere",
                    "let it shift",
                )
                continue
            target, quantity = numbers[move.key]
            bounds = _narrower(_bounds_at(target, quantity), strategic.get(target))
            for end in ("low", "high"):
                yield from _moved(where, (*path, end), lever, move.how, quantity, bounds, (target,))


def _moved(
    move: Path,
    end: Path,
    lever: Any,
    how: str,
    quantity: Quantity,
    bounds: Bounds,
    leans: tuple[Path, ...],
) -> Troubles:
    """At the end of a lever the number that it moves is still within its bounds."""
    setting, centre = float(getattr(lever, str(end[-1]))), quantity.centre
    if how == "scale" and quantity.is_certain and centre == 0:
        if end[-1] == "low":
            yield wrong(
                (*move, "how"), "is 'scale'", "scaling 0 moves nothing", "let it shift", leans
            )
        return
    moved = centre * setting / lever.default if how == "scale" else centre + setting - lever.default
    if not bounds[0] - 1e-9 <= moved <= bounds[1] + 1e-9:
        target = dotted(leans[0])
        expected = f"it would move {target} from {centre:g} to {moved:g}, which lies {span(bounds)}"
        yield wrong(end, f"is {setting:g}", expected, leans=leans)


def _bounds_at(path: Path, quantity: Quantity) -> Bounds:
    """Between which bounds a number of the scenario lies by its type or by its level."""
    is_level = path[0] == "issues" and path[-1] in LEVEL_BOUNDS
    return _narrower(quantity.within, LEVEL_BOUNDS[str(path[-1])] if is_level else None)


def _strategic_bounds(scenario: Scenario) -> dict[Path, Bounds]:
    """Between which bounds the numbers of strategies lie, by their paths."""
    bounds: dict[Path, Bounds] = {}
    for path, strategy, kinds in every_strategy(scenario):
        for name, between in bounds_of(kinds.get(strategy.kind)).items():
            bounds[(*path, "numbers", name)] = between
    for party in scenario.parties:
        for name, between in bounds_of(known_kinds().war.get(scenario.war.kind)).items():
            bounds[("parties", party, "war", name)] = between
    return bounds


def _narrower(one: Bounds, other: Bounds | None) -> Bounds:
    """Return what lies within both bounds."""
    return one if other is None else (max(one[0], other[0]), min(one[1], other[1]))
