"""Whether what parties say in public, and every other partial choice of levels, says something."""

from __future__ import annotations

from collections.abc import Iterator

from sim.scenario.checks.shared import Troubles, must_be_known, unused_number, wrong
from sim.scenario.errors import Path, quote_value
from sim.scenario.schema import Bound, Issue, Scenario, Selector


def statements(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    """Return every phrase that a party states, with its place."""
    for name, party in scenario.parties.items():
        for position, phrase in enumerate(party.positions.states):
            yield ("parties", name, "positions", "states", position), phrase


def stated_phrases(scenario: Scenario) -> set[str]:
    """Return the phrases that some party states."""
    return {phrase for _, phrase in statements(scenario)}


def said(scenario: Scenario) -> Troubles:
    """Parties state phrases that exist; a red line has a price or is hard."""
    for path, phrase in statements(scenario):
        yield from must_be_known(path, phrase, ("phrases",), scenario.phrases)
    for name, party in scenario.parties.items():
        states = party.positions.states
        for position, phrase in enumerate(states):
            if phrase in states[:position]:
                path = ("parties", name, "positions", "states", position)
                yield wrong(path, f"is {quote_value(phrase)} a second time", "", "leave it out")
        for position, line in enumerate(party.positions.red_lines):
            path = ("parties", name, "positions", "red_lines", position)
            if line.hard and line.price is not None:
                yield unused_number((*path, "price"), "a hard red line is crossed at no price")
            elif line.hard and not party.veto:
                why = f"{name} has no veto to hold it with"
                yield unused_number((*path, "hard"), why, "give it a price")
            elif not line.hard and line.price is None:
                expected = "a red line has a price, or is `hard: true`"
                yield wrong((*path, "price"), "is missing", expected)


def selectors(scenario: Scenario) -> Troubles:
    """Check that every partial choice of levels names levels that exist, and chooses some."""
    for path, selector in _every_selector(scenario):
        if not selector:
            yield wrong(path, "is empty", "it names at least one issue")
        for issue, bound in selector.items():
            where = (*path, issue)
            if issue not in scenario.issues:
                yield from must_be_known(where, issue, ("issues",), scenario.issues)
            else:
                yield from _bound(where, issue, scenario.issues[issue], bound)


def _every_selector(scenario: Scenario) -> Iterator[tuple[Path, Selector]]:
    """Return each partial choice of levels that the scenario makes, with its place."""
    for name, phrase in scenario.phrases.items():
        yield ("phrases", name), phrase
    for position, constraint in enumerate(scenario.constraints):
        yield ("constraints", position, "when"), constraint.when
        yield ("constraints", position, "needs"), constraint.needs
    for name, party in scenario.parties.items():
        for position, line in enumerate(party.positions.red_lines):
            yield ("parties", name, "positions", "red_lines", position, "keeps"), line.keeps


def _bound(path: Path, name: str, issue: Issue, bound: Bound) -> Troubles:
    """Check that a bound names levels of its issue, and chooses at least one."""
    from sim.scenario.packages import levels_within

    leans: tuple[Path, ...] = (("issues", name),)
    ends = (bound.min, bound.max)
    if bound.only is not None and ends != (None, None):
        yield wrong(path, "has `only` beside `min` or `max`", "it has one or the other")
        return
    if bound.only is None and ends == (None, None):
        yield wrong(path, "names no level", "it has `min`, `max` or `only`")
        return
    unknown = list(_unknown_levels(path, name, issue, bound))
    yield from unknown
    if not unknown and not levels_within(issue, bound).any():
        yield wrong(
            path,
            f"chooses no level of {name}",
            f"its levels: {', '.join(issue.levels)}",
            leans=leans,
        )


def _unknown_levels(path: Path, name: str, issue: Issue, bound: Bound) -> Troubles:
    """Check that the levels that a bound names exist, and have numbers where it names a number."""
    leans: tuple[Path, ...] = (("issues", name),)
    for end in ("min", "max"):
        value = getattr(bound, end)
        if isinstance(value, str):
            levels: Path = ("issues", name, "levels")
            yield from must_be_known((*path, end), value, levels, issue.levels, leans)
        elif value is not None and any(level.number is None for level in issue.levels.values()):
            expected = f"the levels of {name} have no numbers: {', '.join(issue.levels)}"
            yield wrong((*path, end), f"is {value:g}", expected, "name a level", leans)
    for position, value in enumerate(bound.only or []):
        levels = ("issues", name, "levels")
        yield from must_be_known((*path, "only", position), value, levels, issue.levels, leans)
