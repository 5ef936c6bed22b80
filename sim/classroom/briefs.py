"""What a seat's brief says of its leadership: how it stands, and what giving way costs, in words.

A person is bound by this and by nothing else; an agent in the same seat is bound by the stance.
Costs are in points, as on the score sheet: 100 are winning it all.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.classroom.commands import FirstStance
from sim.classroom.plan import Setting
from sim.classroom.state import Table
from sim.scenario.errors import count_noun
from sim.scenario.schema import Party

#: How large a cost is, in words, by the points that it stays below.
SIZES = ((1.0, "hardly anything"), (3.0, "a little"), (8.0, "a good deal"))
LARGEST = "very much"

#: What an agent in a seat would do, by how its leadership stands.
MEANS_FIRM = (
    "it signs nothing that gives up part of what you ask for in public, or that crosses one of "
    "your red lines"
)
MEANS_FLEXIBLE = (
    "it weighs each text by what it is worth, and giving way and red lines have the prices below"
)

TURNS = (
    "This may turn with the days: what the war costs and who presses at home bring a firm "
    "leadership to reconsider, and time and bad news harden one that bargains. Your page says how "
    "it stands in each round, and everybody hears of it when it turns."
)
YOUR_OWN = (
    "You are bound by this brief and nothing else: nobody stops you from signing. An agent in your "
    "seat would be bound."
)


def in_points(utils: float) -> str:
    """Return a cost in words of size, with its number as on the score sheet."""
    points = 100 * utils
    size = next((words for limit, words in SIZES if points < limit), LARGEST)
    return f"{size} ({points:.1f} points)"


def stance_today(setting: Setting, table: Table, role: str) -> str:
    """Return how a seat's leadership stands now, in a sentence; empty where nothing is known."""
    flexible = table.flexible.get(setting.roles[role].plays)
    if flexible is None:
        return ""
    if flexible:
        return "Today your leadership is flexible: it is ready to bargain."
    return f"Today your leadership stands firm: {MEANS_FIRM}. You may all the same, at its price."


def commitments(setting: Setting, table: Table, role: str) -> tuple[tuple[str, str], ...]:
    """Return what a party's brief says of its leadership, as heads and words; empty for mediators.

    Costs are left out where the log does not say them.
    """
    party = setting.scenario.parties.get(setting.roles[role].plays)
    if party is None:
        return ()
    first = table.first.get(setting.roles[role].plays)
    parts = {
        "How your leadership stands": " ".join(_standing(party, first)),
        "What you ask for in public": " ".join(_position(party, first)),
        "Your red lines and their price": " ".join(_red_lines(party, first)),
        "The vote at home": " ".join(_vote(party, first)),
    }
    return tuple((head, words) for head, words in parts.items() if words)


def _standing(party: Party, first: FirstStance | None) -> Iterator[str]:
    """Say how a leadership stands on the first day, what that means, and for whom."""
    if not party.veto:
        yield "There can be a deal without you, so that no text waits for your leadership."
        return
    if first is None or first.flexible is None:
        return
    if first.flexible:
        yield f"On the first day it is flexible and ready to bargain: {MEANS_FLEXIBLE}."
    else:
        yield f"On the first day it stands firm: {MEANS_FIRM}."
    yield TURNS
    yield YOUR_OWN


def _position(party: Party, first: FirstStance | None) -> Iterator[str]:
    """Say what a party asks for, and what giving it up costs before its public."""
    states = "; ".join(party.positions.states)
    yield f"{states[:1].upper()}{states[1:]}."
    if first is not None and first.audience > 0:
        yield (
            f"Giving up all of it costs you {in_points(first.audience)} while everybody listens, "
            f"and part of it a part. On the first day {100 * first.exposure:.0f} of 100 listen; "
            "attention fades, and a leak brings it all back."
        )


def _red_lines(party: Party, first: FirstStance | None) -> Iterator[str]:
    """Say what each red line costs, in the scenario's words."""
    lines = party.positions.red_lines
    prices = first.red_lines if first is not None else (None,) * len(lines)
    for line, price in zip(lines, prices, strict=True):
        words = f"“{line.words.strip()}”"
        if line.hard:
            yield f"{words} No text that crosses it can be put on the table."
        elif price is None:
            yield words
        else:
            yield f"{words} Crossing it costs you {in_points(price)} at home."


def _vote(party: Party, first: FirstStance | None) -> Iterator[str]:
    """Say what a vote at home needs, and what signing against it costs."""
    if party.ratification is None:
        return
    seats = sum(constituency.seats for constituency in party.constituencies.values())
    yield f"A text needs {party.ratification.quota} of {count_noun(seats, 'vote')}."
    if first is not None and first.override is not None:
        yield f"Signing against the vote costs you {in_points(first.override)}."
