"""Whether outside events come somehow, and do to the talks what can be done in mid-game."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatch

import numpy as np

from sim.scenario.checks.levers import bounds_of_number, strategic_bounds
from sim.scenario.checks.shared import Bounds, Troubles, must_be_known, span, unused_number, wrong
from sim.scenario.errors import IssueAtPath, Path, did_you_mean, dotted, quote_value
from sim.scenario.quantity import Fixed, Quantity
from sim.scenario.schedule import schedule_trouble
from sim.scenario.schema import EventMove, Scenario

#: Numbers that count before the first day, or that say what the words on the table mean.
NOT_IN_MID_GAME = (
    "issues.*",
    "events.*",
    "channel.every_days",
    "captives.*.hidden_deaths",
    "parties.*.flexible",
)


def coming(scenario: Scenario) -> Troubles:
    """Check that each event comes by chance or on a day, and on days that are played."""
    for name, event in scenario.events.items():
        path: Path = ("events", name)
        if (event.per_year is None) == (event.day is None):
            found = "has both `per_year` and `day`" if event.day else "comes neither by chance nor"
            found += "" if event.day else " on a day"
            expected = "it has either a rate, `per_year`, or a `day`"
            yield wrong(path, found, expected, "keep one" if event.day else "give one")
        if event.chance is not None and event.day is None:
            why = "a rate says how often it comes; a chance goes with a `day`"
            yield unused_number((*path, "chance"), why, leans=((*path, "day"),))
        if event.lasts_days is not None and not event.moves:
            yield unused_number((*path, "lasts_days"), "the event moves no number", leans=(path,))
        if trouble := schedule_trouble(event, scenario.days):
            leans: tuple[Path, ...] = (("days",),)
            yield wrong(
                (*path, "scheduled"), f"is {quote_value(event.scheduled)}", trouble, "", leans
            )


def windows(scenario: Scenario) -> Troubles:
    """Check that the windows which an event opens and closes are those of parties with a veto."""
    for name, event in scenario.events.items():
        for field, named in (("opens", event.opens), ("closes", event.closes)):
            for position, party in enumerate(named):
                path: Path = ("events", name, field, position)
                yield from must_be_known(path, party, ("parties",), scenario.parties)
                if party in scenario.parties and not scenario.parties[party].veto:
                    why = f"{party} has no veto, so that nobody waits for its leadership"
                    yield unused_number(path, why, leans=(("parties", party),))
                if party in named[:position] or (field == "closes" and party in event.opens):
                    found = f"is {quote_value(party)} a second time"
                    yield wrong(path, found, "an event opens a party's window or closes it")


def moves(scenario: Scenario) -> Troubles:
    """Check that an event moves numbers that can move in mid-game, and stay within bounds."""
    numbers = {dotted(path): (path, quantity) for path, quantity in scenario.places()}
    strategic = strategic_bounds(scenario)
    for name, event in scenario.events.items():
        keys = [move.key for move in event.moves]
        for position, move in enumerate(event.moves):
            where: Path = ("events", name, "moves", position)
            if move.key in keys[:position]:
                yield wrong((*where, "key"), f"is {quote_value(move.key)} a second time")
            elif move.key not in numbers:
                yield _unknown(where, move.key, scenario, numbers)
            else:
                target, quantity = numbers[move.key]
                if isinstance(quantity, Fixed) or _is_fixed_in_mid_game(move.key):
                    found = f"moves {move.key}"
                    expected = "it is the same in every run, or counts before the first day only"
                    yield wrong((*where, "key"), found, expected, "move another number")
                else:
                    bounds = bounds_of_number(target, quantity, strategic)
                    yield from _moved(where, move, quantity, bounds, target)


def _is_fixed_in_mid_game(key: str) -> bool:
    return any(fnmatch(key, pattern) for pattern in NOT_IN_MID_GAME)


def _unknown(where: Path, key: str, scenario: Scenario, numbers: Iterable[str]) -> IssueAtPath:
    """Return the complaint about a key that is the path of no number."""
    found = f"{dotted((*where, 'key'))} is {quote_value(key)}"
    hint = did_you_mean(key, numbers)
    if key in scenario.levers:
        hint = "it is a lever; name the numbers that the lever moves"
    return IssueAtPath((*where, "key"), found, "it is the path of a number", hint)


def _moved(
    where: Path, move: EventMove, quantity: Quantity, bounds: Bounds, target: Path
) -> Troubles:
    """Check that what an event does to a number moves it, and leaves it within its bounds."""
    centre = quantity.centre
    if move.how == "scale" and quantity.is_certain and centre == 0:
        yield wrong((*where, "how"), "is 'scale'", "scaling 0 moves nothing", "let it shift")
        return
    ends = {end if np.isfinite(end) else move.by.centre for end in move.by.support}
    for by in sorted(ends):
        moved = centre * by if move.how == "scale" else centre + by
        if not bounds[0] - 1e-9 <= moved <= bounds[1] + 1e-9:
            expected = (
                f"it would move {dotted(target)} from {centre:g} to {moved:g}, which lies "
                f"{span(bounds)}"
            )
            yield wrong((*where, "by"), f"is {by:g}", expected, leans=(target,))
            return
