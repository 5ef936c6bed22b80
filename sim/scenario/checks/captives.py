"""Whether the people who are held, captives and prisoners, can be counted and exchanged."""

from __future__ import annotations

from sim.scenario.checks.shared import REMAINS, Troubles, unused_number, wrong
from sim.scenario.errors import Path, quote_value
from sim.scenario.quantity import Quantity
from sim.scenario.schema import Scenario


def captives(scenario: Scenario) -> Troubles:
    """Check that people are counted in whole numbers, and each number about them is one that is
    used.
    """
    for name, pool in scenario.captives.items():
        path: Path = ("captives", name)
        priced = any(i.role == "ratio" and i.of == name for i in scenario.issues.values())
        for category_name, category in pool.categories.items():
            where = (*path, "categories", category_name)
            yield from _people((*where, "number"), category.number)
            if category.price is not None and category.outside_ratio:
                yield unused_number((*where, "price"), "who is outside the ratio has no price")
            elif category.price is not None and not priced:
                why = f"no issue of the role ratio is `of: {name}`"
                yield unused_number((*where, "price"), why, leans=(("issues",),))
        if pool.remains is not None:
            yield from _people((*path, REMAINS, "number"), pool.remains.number)
        if pool.side_channel and not any(c.outside_ratio for c in pool.categories.values()):
            why = "some category has `outside_ratio: true`"
            yield unused_number((*path, "side_channel"), why, leans=((*path, "categories"),))


def prisoners(scenario: Scenario) -> Troubles:
    """Prisoners are exchanged for captives in some ratio, one group for each pool of captives."""
    priced = {issue.of for issue in scenario.issues.values() if issue.role == "ratio"}
    first: dict[str, str] = {}
    for name, group in scenario.prisoners.items():
        path: Path = ("prisoners", name)
        yield from _people((*path, "number"), group.number)
        if group.paid_for in scenario.captives and group.paid_for not in priced:
            why = f"an issue of the role ratio is `of: {group.paid_for}`"
            yield unused_number(path, why, "add the issue", (("issues",),))
        if group.paid_for in first:
            found = f"is {quote_value(group.paid_for)}, like that of '{first[group.paid_for]}'"
            yield wrong((*path, "paid_for"), found, "one group is exchanged for them")
        first.setdefault(group.paid_for, name)


def _people(path: Path, number: Quantity) -> Troubles:
    """Check that a number of people is whole and not negative."""
    if number.centre < 0 or number.centre != round(number.centre):
        yield wrong(path, f"is {number.centre:g}", "it is a whole number of people")
