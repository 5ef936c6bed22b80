"""Whether the constraints leave packages to agree on, and rule some out."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.scenario.checks.positions import selectors
from sim.scenario.checks.shared import Troubles, wrong
from sim.scenario.errors import IssueAtPath, Path
from sim.scenario.schema import Scenario

#: More combinations of levels than this are not even counted.
MOST_COMBINATIONS = 1_000_000


def grid(scenario: Scenario) -> Troubles:
    """Check that constraints leave packages, phrases are possible, and no level is in vain."""
    from sim.scenario.packages import feasible_levels, selected

    if any(selectors(scenario)):
        return  # complained about there
    sizes = [len(issue.levels) for issue in scenario.issues.values()]
    if (count := float(np.prod(sizes, dtype=float))) > MOST_COMBINATIONS:
        expected = f"at most {MOST_COMBINATIONS:,} can be looked at"
        yield wrong(("issues",), f"combine to {count:,.0f} packages", expected, "have fewer levels")
        return
    packages = np.indices(sizes).reshape(len(sizes), -1).T.astype(np.int64)
    feasible = np.ones(len(packages), dtype=bool)
    leans: tuple[Path, ...] = (("issues",), ("constraints",))
    for position, constraint in enumerate(scenario.constraints):
        when = selected(scenario, packages, constraint.when)
        needs = selected(scenario, packages, constraint.needs)
        yield from _constraint(("constraints", position), when, needs)
        feasible &= ~when | needs
    if not feasible.any():
        yield wrong(
            ("constraints",),
            "leave no package",
            "some combination of levels fits them all",
            leans=leans,
        )
        return
    yield from _in_some_package(scenario, packages, feasible)
    yield from _red_lines(scenario, packages, feasible)
    try:
        feasible_levels(scenario)
    except ValueError as error:
        yield IssueAtPath(("constraints",), str(error), leans=(*leans, ("parties",)))


def _constraint(path: Path, when: Any, needs: Any) -> Troubles:
    """Check that a constraint can be met, and rules something out."""
    leans: tuple[Path, ...] = (("issues",),)
    if not (when & needs).any():
        expected = "some package meets both `when` and `needs`"
        yield wrong((*path, "needs"), "contradicts `when`", expected, leans=(path, *leans))
    elif not (when & ~needs).any():
        expected = "a constraint rules something out"
        yield wrong((*path, "needs"), "rules no package out", expected, leans=(path, *leans))


def _in_some_package(scenario: Scenario, packages: Any, feasible: Any) -> Troubles:
    """Check that every phrase and every level is in some package that the constraints allow."""
    from sim.scenario.packages import selected

    leans: tuple[Path, ...] = (("issues",), ("constraints",))
    for name, phrase in scenario.phrases.items():
        if not (feasible & selected(scenario, packages, phrase)).any():
            expected = "some package that the constraints allow fits it"
            yield wrong(("phrases", name), "chooses no package", expected, leans=leans)
    for column, (name, issue) in enumerate(scenario.issues.items()):
        for position, level in enumerate(issue.levels):
            if not (feasible & (packages[:, column] == position)).any():
                path = ("issues", name, "levels", level)
                expected = "some package that the constraints allow has it"
                yield wrong(path, "is in no package", expected, leans=leans)


def _red_lines(scenario: Scenario, packages: Any, feasible: Any) -> Troubles:
    """Check that a red line leaves something, and rules something out."""
    from sim.scenario.packages import selected

    for name, party in scenario.parties.items():
        for position, line in enumerate(party.positions.red_lines):
            path = ("parties", name, "positions", "red_lines", position, "keeps")
            kept = selected(scenario, packages, line.keeps)
            leans: tuple[Path, ...] = (("issues",), ("constraints",))
            if not (feasible & kept).any():
                yield wrong(
                    path, "keeps no package", "some package does not cross the line", leans=leans
                )
            elif not (feasible & ~kept).any():
                yield wrong(
                    path, "keeps every package", "a red line rules something out", leans=leans
                )
