"""Whether each issue and each of its levels has what the issue's role needs, in order."""

from __future__ import annotations

import numpy as np

from sim.scenario.checks.shared import (
    REMAINS,
    Troubles,
    must_be_known,
    unused_number,
    within_bounds,
    wrong,
)
from sim.scenario.errors import Path, did_you_mean, quote_value
from sim.scenario.quantity import Quantity
from sim.scenario.schema import Captives, Issue, Level, Scenario

#: Which numbers the levels of an issue need, by its role.
NEEDED = {
    "duration": ("number", "reach"),
    "guarantee": ("number",),
    "settlement": (),
    "captives": ("covers",),
    "ratio": ("number",),
    "other": (),
}

#: Which they may have as well.
ALLOWED = {
    "duration": ("exchange_days", "permanent"),
    "guarantee": (),
    "settlement": ("number",),
    "captives": ("most",),
    "ratio": (),
    "other": ("number",),
}

#: Between which bounds the numbers of a level lie.
LEVEL_BOUNDS = {
    "number": (0.0, np.inf),
    "reach": (0.0, 1.0),
    "exchange_days": (0.0, np.inf),
    "most": (0.0, np.inf),
}


def roles(scenario: Scenario) -> Troubles:
    """Check that each issue has what its role needs, and nothing else."""
    first: dict[str, str] = {}
    for name, issue in scenario.issues.items():
        path: Path = ("issues", name)
        if issue.role in ("duration", "guarantee"):
            if issue.role in first:
                found = f"is a second issue of the role {issue.role}"
                expected = f"there is at most one, and '{first[issue.role]}' is it"
                yield wrong(
                    (*path, "role"), found, expected, leans=(("issues", first[issue.role]),)
                )
            first.setdefault(issue.role, name)
        yield from _whose(scenario, path, issue)
        for level_name, level in issue.levels.items():
            yield from _level(scenario, (*path, "levels", level_name), issue, level)
        yield from _order(path, issue)
    for role in ("captives", "ratio"):
        yield from _one_per_pool(scenario, role)


def _whose(scenario: Scenario, path: Path, issue: Issue) -> Troubles:
    """Issues of captives and ratio say whose return or price they are; no other does."""
    if issue.role not in ("captives", "ratio"):
        if issue.of is not None:
            found = f"goes with no issue of the role {issue.role}"
            yield wrong(
                (*path, "of"), found, "only captives and ratio have it", "leave it out", (path,)
            )
        return
    if issue.of is None:
        hint = did_you_mean("", scenario.captives)
        yield wrong(
            (*path, "of"), "is missing", f"an issue of the role {issue.role} needs it", hint
        )
        return
    yield from must_be_known((*path, "of"), issue.of, ("captives",), scenario.captives)
    paid_for = [group.paid_for for group in scenario.prisoners.values()]
    if issue.role == "ratio" and issue.of in scenario.captives and issue.of not in paid_for:
        expected = f"someone among the `prisoners` is `paid_for: {issue.of}`"
        yield wrong((*path, "of"), "has no price", expected, leans=(("prisoners",),))


def _one_per_pool(scenario: Scenario, role: str) -> Troubles:
    """Captives have one issue of their return and one of their price."""
    first: dict[str, str] = {}
    for name, issue in scenario.issues.items():
        if issue.role == role and issue.of is not None:
            if issue.of in first:
                found = f"is {quote_value(issue.of)}, like that of the issue '{first[issue.of]}'"
                yield wrong(
                    ("issues", name, "of"),
                    found,
                    f"captives have one issue of the role {role}",
                    leans=(("issues", first[issue.of]),),
                )
            first.setdefault(issue.of, name)


def _level(scenario: Scenario, path: Path, issue: Issue, level: Level) -> Troubles:
    """Check that a level has the numbers that its role needs, within their bounds."""
    needed, allowed = NEEDED[issue.role], ALLOWED[issue.role]
    if issue.role == "duration" and scenario.captives:
        needed = (*needed, "exchange_days")
    for field in ("number", "reach", "exchange_days", "covers", "most", "permanent"):
        value = getattr(level, field)
        given = value is not None and value is not False
        why = f"a level of the role {issue.role}"
        leans: tuple[Path, ...] = ((*path[:2], "role"),)
        if field in needed and not given:
            yield wrong((*path, field), "is missing", f"{why} needs it", leans=leans)
        elif given and field not in (*needed, *allowed):
            yield unused_number((*path, field), f"{why} has none", leans=leans)
        elif field == "exchange_days" and given and not scenario.captives:
            yield unused_number((*path, field), "there are no captives", leans=(("captives",),))
        elif isinstance(value, Quantity):
            yield from within_bounds((*path, field), value, LEVEL_BOUNDS[field])
    if issue.role == "captives" and issue.of in scenario.captives:
        yield from _covers(path, issue.of, scenario.captives[issue.of], level)


def _covers(path: Path, name: str, pool: Captives, level: Level) -> Troubles:
    """Check that a level covers categories that are held."""
    held = [*pool.categories, *([REMAINS] if pool.remains else [])]
    leans: tuple[Path, ...] = (("captives", name),)
    for position, category in enumerate(level.covers or []):
        where: Path = (*path, "covers", position)
        yield from must_be_known(where, category, ("captives", name, "categories"), held, leans)
    if level.most is not None and not level.covers:
        yield unused_number((*path, "most"), "the level covers nobody")


def _order(path: Path, issue: Issue) -> Troubles:
    """Levels go from least to most."""
    numbers = {name: level.number for name, level in issue.levels.items()}
    given = {name: number.centre for name, number in numbers.items() if number is not None}
    missing = [name for name in numbers if name not in given]
    if given and missing and "number" in ALLOWED[issue.role]:
        where: Path = (*path, "levels", missing[0], "number")
        yield wrong(
            where, "is missing", "all levels of an issue have a number, or none", leans=(path,)
        )
    last = ("", -np.inf)
    for name, number in given.items():
        if number <= last[1]:
            where = (*path, "levels", name, "number")
            expected = f"it is more than {last[1]:g}, the number of '{last[0]}' before it"
            leans: tuple[Path, ...] = ((*path, "levels", last[0]),)
            yield wrong(where, f"is {number:g}", expected, "put the levels in order", leans)
        last = (name, number)
    endless = ""
    for name, level in issue.levels.items():
        if endless and not level.permanent:
            where = (*path, "levels", endless, "permanent")
            yield wrong(
                where, "is true", "a truce without end is longer than any other", "put it last"
            )
            return
        endless = name if level.permanent else endless
