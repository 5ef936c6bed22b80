"""Every feasible combination of issue levels: the packages that can be put on the table.

The grid is enumerated once for a scenario. What a package is worth depends on its levels in three
ways, each through far fewer combinations than there are packages, so they are kept as small
tables with an index from package to row:

- a *frame* (duration, guarantee, settlement, captives) decides whether a truce lasts and what it
  settles;
- a *swap* (captives, ratio) decides who is exchanged for whom;
- the *other* issues add their extent, one by one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.scenario.schema import Bound, Issue, Role, Scenario, Selector
from sim.types import Bools, Floats, Ints

#: Reads a number of the grid by its path: the scenario's own value, or a lever's.
NumberAt = Callable[[str], float]

#: A truce without an end is reckoned as a year where a number of days is needed.
PERMANENT_DAYS = 365.0

#: More packages than this would make every round slow; constraints bring the number down.
MOST_PACKAGES = 6_000


@dataclass(frozen=True)
class Packages:
    """The feasible grid and its small tables; axis 0 is the package unless said otherwise."""

    issues: tuple[str, ...]
    levels: Ints  # (packages, issues)
    days: Floats  # (packages,) length of the truce
    exchange_days: Floats  # (packages,) over which batches are spread
    permanent: Bools  # (packages,)
    guarantee: Floats  # (packages,)
    other: NDArray[np.float32]  # (packages, other issues) extents between 0 and 1
    other_issues: tuple[str, ...]
    frame_of: Ints  # (packages,) row of the frame tables
    swap_of: Ints  # (packages,) row of the swap tables
    release_of: Ints  # (packages,) row of the release tables
    frame_days: Floats  # (frames,)
    frame_bite: NDArray[np.float32]  # (frames,) guarantee times the share of it that binds
    frame_after: Ints  # (frames,) row of the aftermath tables
    frame_levels: Ints  # (frames, settlement issues)
    settlement_issues: tuple[str, ...]
    after_days: Floats  # (aftermaths,) length of the truce
    after_release: Ints  # (aftermaths,) row of the release tables
    covers: Bools  # (releases, categories) who comes home
    most: Floats  # (releases, pools) how many of them; infinite for all
    covers_remains: Bools  # (releases, pools)
    swap_release: Ints  # (swaps,) row of the release tables
    swap_ratio: Floats  # (swaps, pools) prisoners per captive

    def __len__(self) -> int:
        """Return how many packages there are."""
        return len(self.levels)

    def level(self, issue: str) -> Ints:
        """Return the level of an issue in each package: (packages,)."""
        return self.levels[:, self.issues.index(issue)]

    def binding(self, package: Ints) -> Floats:
        """Return how much guarantee binds in a truce under each of some packages: (runs,)."""
        return self.frame_bite[self.frame_of[package]]

    def ratio(self, pool: int) -> Floats:
        """Prisoners per captive of a pool in each package: (packages,)."""
        return np.asarray(self.swap_ratio[self.swap_of, pool])


def feasible_packages(scenario: Scenario, number: NumberAt | None = None) -> Packages:
    """Enumerate the feasible packages of a scenario, with its numbers as a lever may move them.

    Raises ValueError where the constraints leave no package or far too many.
    """
    number = number or (lambda path: scenario.quantities()[path].centre)
    levels = feasible_levels(scenario)
    names = tuple(scenario.issues)
    numbers = _Numbers(scenario, names, number)
    settlement = numbers.of_role("settlement")
    captives = numbers.of_role("captives")
    duration = numbers.of_role("duration")
    guarantee = numbers.of_role("guarantee")
    ratio = numbers.of_role("ratio")
    frames, frame_of = _distinct(levels, duration + guarantee + settlement + captives)
    afters, after_of_frame = _distinct(frames, duration + captives)
    releases, release_of = _distinct(levels, captives)
    swaps, swap_of = _distinct(levels, captives + ratio)
    other = numbers.of_role("other")
    days = numbers.table(levels, duration, "number", PERMANENT_DAYS)
    frame_guarantee = numbers.table(frames, guarantee, "number", 0.0)
    return Packages(
        issues=names,
        levels=levels,
        days=days,
        exchange_days=np.minimum(numbers.table(levels, duration, "exchange_days", days), days),
        permanent=_permanent(scenario, levels, duration),
        guarantee=numbers.table(levels, guarantee, "number", 0.0),
        other=(
            np.stack([numbers.extent(levels, k) for k in other], axis=1)
            if other
            else np.zeros((len(levels), 0))
        ).astype(np.float32),
        other_issues=tuple(names[k] for k in other),
        frame_of=frame_of,
        swap_of=swap_of,
        release_of=release_of,
        frame_days=numbers.table(frames, duration, "number", PERMANENT_DAYS),
        frame_bite=(frame_guarantee * numbers.table(frames, duration, "reach", 1.0)).astype(
            np.float32
        ),
        frame_after=after_of_frame,
        frame_levels=frames[:, settlement],
        settlement_issues=tuple(names[k] for k in settlement),
        after_days=numbers.table(afters, duration, "number", PERMANENT_DAYS),
        after_release=_row_of(afters, releases, captives),
        covers=_covers(scenario, releases, captives),
        most=_most(scenario, releases, captives, number),
        covers_remains=_covers_remains(scenario, releases, captives),
        swap_release=_row_of(swaps, releases, captives),
        swap_ratio=_ratios(scenario, swaps, ratio, numbers),
    )


def feasible_levels(scenario: Scenario) -> Ints:
    """Return the level of each issue in each feasible package: (packages, issues), in level
    order.
    """
    issues = list(scenario.issues.values())
    count = int(np.prod([len(issue.levels) for issue in issues], dtype=float))
    if count > 20_000_000:
        raise ValueError(f"the issues' levels combine to {count:,} packages; have fewer levels")
    axes = [np.arange(len(issue.levels)) for issue in issues]
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
    keep = np.ones(len(grid), dtype=bool)
    for constraint in scenario.constraints:
        keep &= ~selected(scenario, grid, constraint.when) | selected(
            scenario, grid, constraint.needs
        )
    for party in scenario.parties.values():
        for line in party.positions.red_lines:
            if line.hard and party.veto:
                keep &= selected(scenario, grid, line.keeps)
    if not keep.any():
        raise ValueError("the constraints and hard red lines leave no feasible package")
    if keep.sum() > MOST_PACKAGES:
        raise ValueError(
            f"{keep.sum():,} packages are feasible; at most {MOST_PACKAGES:,} can be played: "
            "add constraints or have fewer levels"
        )
    return grid[keep]


def selected(scenario: Scenario, levels: Ints, selector: Selector) -> Bools:
    """Return which packages a selector picks: (packages,). Issues it does not name are free."""
    names = list(scenario.issues)
    keep = np.ones(len(levels), dtype=bool)
    for name, bound in selector.items():
        keep &= levels_within(scenario.issues[name], bound)[levels[:, names.index(name)]]
    return keep


def levels_within(issue: Issue, bound: Bound) -> Bools:
    """Return which levels of an issue lie within a bound: (levels,)."""
    names = list(issue.levels)
    keep = np.ones(len(names), dtype=bool)
    if bound.only is not None:
        keep &= np.array([name in bound.only for name in names])
    if bound.min is not None:
        keep &= _beyond(issue, names, bound.min)
    if bound.max is not None:
        keep &= ~_beyond(issue, names, bound.max) | _at(issue, names, bound.max)
    return keep


def retreat(scenario: Scenario, levels: Ints, party: str) -> Floats:
    """Return how far each package falls short of what a party says in public: (packages,), 0 to 1.

    For each issue on which it has taken a position, the share of the issue's range between the
    package and the nearest level that the party has named; then the mean over these issues. Who
    answers for a text is left out: it is a means, and on paper it costs nothing.
    """
    short = _short_of_position(scenario, levels, party)
    of_substance = [d for name, d in short.items() if scenario.issues[name].role != "guarantee"]
    return np.asarray(sum(of_substance, np.zeros(len(levels))) / max(len(of_substance), 1))


def within_position(scenario: Scenario, levels: Ints, party: str) -> Bools:
    """Return the packages that a firm party would sign: (packages,).

    They give up nothing of its stated position and cross none of its red lines.
    """
    kept = np.ones(len(levels), dtype=bool)
    for short in _short_of_position(scenario, levels, party).values():
        kept &= short <= 0.0
    for crossed in crosses(scenario, levels, party):
        kept &= ~crossed
    return kept


def _short_of_position(scenario: Scenario, levels: Ints, party: str) -> dict[str, Floats]:
    """Return by issue how far packages are from what a party has named, in ranges: (packages,).

    Where two of its phrases exclude each other it is 1. A temporary text that releases some
    captives falls short of no demand for all: the others are still to be asked for. One that
    releases nobody does.
    """
    names = list(scenario.issues)
    allowed: dict[str, Bools] = {}
    for phrase in scenario.parties[party].positions.states:
        for issue, bound in scenario.phrases[phrase].items():
            within = levels_within(scenario.issues[issue], bound)
            allowed[issue] = allowed.get(issue, np.ones_like(within)) & within
    durations = [k for k, issue in enumerate(scenario.issues.values()) if issue.role == "duration"]
    short = {}
    for issue, within in allowed.items():
        named = np.flatnonzero(within)
        steps = np.arange(len(within))
        if len(named):
            distance = np.abs(steps[:, None] - named[None, :]).min(axis=1) / max(len(within) - 1, 1)
        else:
            distance = np.ones(len(within))
        chosen = levels[:, names.index(issue)]
        short[issue] = distance[chosen]
        if scenario.issues[issue].role == "captives":
            releases = [bool(level.covers) for level in scenario.issues[issue].levels.values()]
            first = np.array(releases)[chosen] & ~_permanent(scenario, levels, durations)
            short[issue] = np.where(first, 0.0, short[issue])
    return short


def crosses(scenario: Scenario, levels: Ints, party: str) -> list[Bools]:
    """Return for each of a party's priced red lines, which packages cross it: list of
    (packages,).
    """
    lines = scenario.parties[party].positions.red_lines
    return [~selected(scenario, levels, line.keeps) for line in lines]


def describe_package(scenario: Scenario, packages: Packages, index: int) -> str:
    """Return a package in the scenario's own words."""
    parts = [
        list(issue.levels.values())[packages.levels[index, k]].words
        for k, issue in enumerate(scenario.issues.values())
    ]
    return "; ".join(parts)


def _beyond(issue: Issue, names: list[str], value: str | float) -> Bools:
    """Return which levels are at or above a level's name or number."""
    if isinstance(value, str):
        return np.asarray(np.arange(len(names)) >= names.index(value))
    return np.asarray(_numbers_of(issue) >= value)


def _at(issue: Issue, names: list[str], value: str | float) -> Bools:
    if isinstance(value, str):
        return np.asarray(np.arange(len(names)) == names.index(value))
    return np.asarray(_numbers_of(issue) == value)


def _numbers_of(issue: Issue) -> Floats:
    return np.array(
        [level.number.centre if level.number else np.nan for level in issue.levels.values()]
    )


def _distinct(levels: Ints, columns: list[int]) -> tuple[Ints, Ints]:
    """Return one full row per distinct combination of some columns, and each row's combination."""
    if not columns:
        return levels[:1], np.zeros(len(levels), dtype=np.int64)
    _, first, where = np.unique(levels[:, columns], axis=0, return_index=True, return_inverse=True)
    return levels[first], where.ravel().astype(np.int64)


def _row_of(rows: Ints, table: Ints, columns: list[int]) -> Ints:
    """Return for each row, the row of a table that agrees with it in some columns."""
    agree = (rows[:, None, columns] == table[None][:, :, columns]).all(axis=2)
    return np.asarray(agree.argmax(axis=1), dtype=np.int64)


def _permanent(scenario: Scenario, levels: Ints, duration: list[int]) -> Bools:
    if not duration:
        return np.ones(len(levels), dtype=bool)
    issue = list(scenario.issues.values())[duration[0]]
    return np.array([level.permanent for level in issue.levels.values()])[levels[:, duration[0]]]


def _categories(scenario: Scenario) -> list[tuple[int, str]]:
    """Return every category of captives as (pool, name), in the scenario's order."""
    pools = scenario.captives.values()
    return [(k, name) for k, pool in enumerate(pools) for name in pool.categories]


def _covers(scenario: Scenario, releases: Ints, columns: list[int]) -> Bools:
    """Return which categories come home under each release: (releases, categories)."""
    pools = list(scenario.captives)
    categories = _categories(scenario)
    covers = np.zeros((len(releases), len(categories)), dtype=bool)
    for row, k in itertools.product(range(len(releases)), columns):
        issue = list(scenario.issues.values())[k]
        named = list(issue.levels.values())[releases[row, k]].covers or []
        for c, (pool, name) in enumerate(categories):
            covers[row, c] |= pools[pool] == issue.of and name in named
    return covers


def _most(scenario: Scenario, releases: Ints, columns: list[int], number: NumberAt) -> Floats:
    """Return how many captives of each pool come home at the most: (releases, pools)."""
    pools = list(scenario.captives)
    most = np.full((len(releases), len(pools)), np.inf)
    for row, k in itertools.product(range(len(releases)), columns):
        name, issue = list(scenario.issues.items())[k]
        level_name, level = list(issue.levels.items())[releases[row, k]]
        if level.most is not None and issue.of is not None:
            most[row, pools.index(issue.of)] = number(f"issues.{name}.levels.{level_name}.most")
    return most


def _covers_remains(scenario: Scenario, releases: Ints, columns: list[int]) -> Bools:
    pools = list(scenario.captives)
    covers = np.zeros((len(releases), len(pools)), dtype=bool)
    for row, k in itertools.product(range(len(releases)), columns):
        issue = list(scenario.issues.values())[k]
        named = list(issue.levels.values())[releases[row, k]].covers or []
        if issue.of is not None:
            covers[row, pools.index(issue.of)] |= "remains" in named
    return covers


def _ratios(scenario: Scenario, swaps: Ints, columns: list[int], numbers: _Numbers) -> Floats:
    """Prisoners per captive of each pool under each swap: (swaps, pools)."""
    pools = list(scenario.captives)
    ratios = np.zeros((len(swaps), len(pools)))
    for k in columns:
        issue = list(scenario.issues.values())[k]
        if issue.of is not None:
            ratios[:, pools.index(issue.of)] = numbers.table(swaps, [k], "number", 0.0)
    return ratios


@dataclass(frozen=True)
class _Numbers:
    """Reads the numbers of levels, as the levers leave them."""

    scenario: Scenario
    names: tuple[str, ...]
    number: NumberAt

    def of_role(self, role: Role) -> list[int]:
        """Return the positions of the issues with a role."""
        return [k for k, issue in enumerate(self.scenario.issues.values()) if issue.role == role]

    def table(
        self, levels: Ints, columns: list[int], field: str, otherwise: Floats | float
    ) -> Floats:
        """Return a number of the first of these issues in each row, or `otherwise` where it has
        none.
        """
        base = np.broadcast_to(np.asarray(otherwise, dtype=float), (len(levels),)).copy()
        if not columns:
            return base
        values = self._values(columns[0], field)[levels[:, columns[0]]]
        return np.where(np.isnan(values), base, values)

    def extent(self, levels: Ints, column: int) -> Floats:
        """Return how far up its range an issue is in each row, 0 to 1: by number, else by
        position.
        """
        values = self._values(column, "number")
        if np.isnan(values).any():
            values = np.arange(len(values), dtype=float)
        highest = np.abs(values).max()
        return (values / highest if highest else values)[levels[:, column]]

    def _values(self, column: int, field: str) -> Floats:
        name = self.names[column]
        issue = self.scenario.issues[name]
        return np.array(
            [
                np.nan
                if getattr(level, field) is None
                else self.number(f"issues.{name}.levels.{level_name}.{field}")
                for level_name, level in issue.levels.items()
            ]
        )
