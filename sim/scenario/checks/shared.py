"""How the checks complain, and the words that several of them use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from sim.scenario.errors import IssueAtPath, Path, did_you_mean, dotted, quote_value
from sim.scenario.quantity import Quantity
from sim.scenario.schema import Constituency, Party, Scenario

Troubles = Iterator[IssueAtPath]
Bounds = tuple[float, float]

#: The dead who are held, as one more kind of captive and one more thing to be interested in.
REMAINS = "remains"


def wrong(
    path: Path, says: str, expected: str = "", hint: str = "", leans: tuple[Path, ...] = ()
) -> IssueAtPath:
    """Return an issue whose sentence begins with the key."""
    return IssueAtPath(path, f"{dotted(path)} {says}", expected, hint, leans)


def unused_number(
    path: Path, why: str, hint: str = "leave it out", leans: tuple[Path, ...] = ()
) -> IssueAtPath:
    """Return the issue of a key that nothing in the talks would read."""
    return wrong(path, "would move nothing", why, hint, leans)


def must_be_known(
    path: Path,
    word: str,
    among: Path,
    names: Iterable[str],
    leans: tuple[Path, ...] = (),
) -> Troubles:
    """Check that a word is one of some names, which are told at a place of the scenario."""
    there = list(names)
    if word not in there:
        found = f"{dotted(path)} is {quote_value(word)}"
        if path[-1] == word:
            found = f"unknown name '{word}' in {dotted(path[:-1])}"
        expected = "" if among == path else f"nothing in `{dotted(among)}` has this name"
        leans = ((*among, word), *leans)
        yield IssueAtPath(path, found, expected, did_you_mean(word, there), leans)


def within_bounds(path: Path, quantity: Quantity, bounds: Bounds) -> Troubles:
    """Check that a quantity stays within bounds that its type does not know of."""
    low, high = quantity.support
    if quantity.normal is not None:
        low = high = quantity.centre
    if low < bounds[0] or high > bounds[1]:
        found = f"is {low:g}" + (f" to {high:g}" if high != low else "")
        yield wrong(path, found, f"it lies {span(bounds)}")


def span(bounds: Bounds) -> str:
    """Return where a number within bounds lies, in words."""
    if np.isinf(bounds[1]):
        return f"at or above {bounds[0]:g}"
    return f"between {bounds[0]:g} and {bounds[1]:g}"


def members(scenario: Scenario) -> Iterator[tuple[Path, Party | Constituency]]:
    """Return each party and each of its constituencies."""
    for name, party in scenario.parties.items():
        yield ("parties", name), party
        for member_name, member in party.constituencies.items():
            yield ("parties", name, "constituencies", member_name), member
