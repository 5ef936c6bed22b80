"""Whether levers move numbers that exist, and keep them within their bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.scenario.checks.issues import LEVEL_BOUNDS
from sim.scenario.checks.shared import Bounds, Troubles, must_be_known, span, wrong
from sim.scenario.checks.strategies import bounds_of, every_strategy, known_kinds
from sim.scenario.errors import IssueAtPath, Path, did_you_mean, dotted, quote_value
from sim.scenario.quantity import Quantity
from sim.scenario.schema import Ends, Expectation, Scenario

#: So many levers of a scenario may leave open what they do to the number of deals.
MOST_OPEN = 2

#: What is open needs a source for either side.
SOURCES_IF_OPEN = 2


def expectations(scenario: Scenario) -> Troubles:
    """Check that what is expected of a lever rests on sources that are listed."""
    left_open: list[Path] = []
    for name, lever in scenario.levers.items():
        if lever.expect is None:
            continue
        path: Path = ("levers", name, "expect")
        yield from _cited(path, lever.expect, scenario)
        if lever.expect.deal is not None and _is_open(lever.expect.deal):
            left_open.append((*path, "deal"))
    for path in left_open[MOST_OPEN:]:
        others = ", ".join(dotted(other) for other in left_open[:MOST_OPEN])
        expected = f"at most {MOST_OPEN} levers leave the number of deals open, and {others} do"
        yield wrong(path, "is open", expected, "say what theory expects, or do not name it")


def _cited(path: Path, expect: Expectation, scenario: Scenario) -> Troubles:
    """Check that an expectation names its sources, and two where it leaves something open."""
    for source in expect.source:
        yield from must_be_known((*path, "source"), source, ("sources",), scenario.sources)
    outcomes = expect.outcomes()
    if outcomes and not expect.source:
        yield wrong((*path, "source"), "is missing", "an expectation comes from somewhere")
    if len(set(expect.source)) < SOURCES_IF_OPEN:
        for outcome, ends in outcomes.items():
            if _is_open(ends):
                expected = "it takes two sources, with mechanisms that work against each other"
                yield wrong((*path, outcome), "is open", expected)


def _is_open(ends: Ends) -> bool:
    """Return whether what one of the ends does is left open."""
    return "open" in (ends.low, ends.high)


def moves(scenario: Scenario) -> Troubles:
    """Check that a lever moves numbers that exist, and they stay within bounds all the way."""
    numbers = {dotted(path): (path, quantity) for path, quantity in scenario.places()}
    strategic = strategic_bounds(scenario)
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
            bounds = bounds_of_number(target, quantity, strategic)
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


def bounds_of_number(path: Path, quantity: Quantity, strategic: Mapping[Path, Bounds]) -> Bounds:
    """Return between which bounds a number lies by its type, its level or its strategy.

    `strategic` has those of the numbers of strategies, by their paths.
    """
    is_level = path[0] == "issues" and path[-1] in LEVEL_BOUNDS
    by_type = _narrower(quantity.within, LEVEL_BOUNDS[str(path[-1])] if is_level else None)
    return _narrower(by_type, strategic.get(path))


def strategic_bounds(scenario: Scenario) -> dict[Path, Bounds]:
    """Return between which bounds the numbers of strategies lie, by their paths."""
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
