"""What a package is worth to a party: the exchange now, and the settlement if the truce lasts.

The worth of package x to a member of a party's electorate (the leadership or a constituency) is

    U(x) = w E(x) + (1 - w) [ s(x) v(x) + (1 - s(x)) (V'(x) - o(x) k g(x)) ]

with w the weight of the exchange, E what the exchange brings, s the permanence of the truce, v the
worth of the war ending on these terms, V' the value of the war resumed after the truce and the
exchange, o the party's own share in the risk of resumption and k g what breaking a guaranteed
truce costs it. Without a deal there is no exchange and the war goes on: r = (1 - w) V.

The functions here build the small tables (axis 1 is the frame, swap or release, see
`sim.scenario.packages`), and spread them over the packages. The run is axis 0 as everywhere, but
these arrays lie in memory with the run last: a package is then a row of its own to gather, compare
and add, which is several times faster.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.scenario.packages import Packages
from sim.types import Floats


def columns(table: Floats, places: NDArray[np.integer]) -> Floats:
    """Return the values at some places of each run's table: (runs, places), run last in memory."""
    return table.T.take(places, axis=0).T


def outer(by_run: Floats, by_column: Floats | NDArray[np.bool_]) -> Floats:
    """Multiply a value per run by one per column: (runs, columns), run last in memory."""
    return (by_column[:, None] * by_run).T


def take_runs(table: Floats, rows: NDArray[np.integer]) -> Floats:
    """Return the rows of some runs: (rows, ...), run last in memory, as indexing would not."""
    if table.ndim == 2:
        return table.T.take(rows, axis=1).T
    others = range(table.ndim - 1)
    last = table.transpose(*(axis + 1 for axis in others), 0)
    return last.take(rows, axis=-1).transpose(-1, *others)


@dataclass(frozen=True)
class Stakes:
    """What one member of an electorate cares about, or several together; axis 0 is the run.

    Everything is weighted already: what belongs to the exchange by w, the settlement by 1 - w.
    It is kept in single precision: nobody knows these numbers to seven digits. All of it is one
    table, so that it is picked and blended at once.
    """

    values: Floats  # (runs, numbers), run last in memory
    parts: tuple[int, ...]  # where in it the parts below begin, and where the last ends

    @property
    def war(self) -> Floats:
        """1 - w, the weight of the war and its end: (runs,)."""
        return self._part(0)[:, 0]

    @property
    def remains(self) -> Floats:
        """The worth of the return of all remains: (runs,)."""
        return self._part(1)[:, 0]

    @property
    def captives(self) -> Floats:
        """The worth of the return of all of a pool: (runs, pools)."""
        return self._part(2)

    @property
    def ratio(self) -> Floats:
        """The worth of all prisoners going free: (runs, pools)."""
        return self._part(3)

    @property
    def other(self) -> Floats:
        """The worth of an issue's full extent: (runs, other issues)."""
        return self._part(4)

    @property
    def settlement(self) -> list[Floats]:
        """The worth of the war ending so, for each settlement issue: (runs, levels)."""
        return [self._part(k) for k in range(5, len(self.parts) - 1)]

    def _part(self, k: int) -> Floats:
        return self.values[:, self.parts[k] : self.parts[k + 1]]

    @classmethod
    def weighted(
        cls,
        exchange_weight: Floats,
        captives: Floats,
        remains: Floats,
        ratio: Floats,
        other: Floats,
        settlement: tuple[Floats, ...],
    ) -> Stakes:
        """Return stakes from a scenario's numbers, in which nothing is weighted yet."""
        w = exchange_weight[:, None]
        each = 1.0 / max(len(settlement), 1)  # with several settlement issues: their mean
        tables = [(1.0 - w) * each * table for table in settlement]
        parts = [1.0 - w, w * remains[:, None], w * captives, w * ratio, w * other, *tables]
        ends = itertools.accumulate(part.shape[1] for part in parts)
        values = np.concatenate([part.T for part in parts]).astype(np.float32)
        return cls(values.T, (0, *ends))

    def of(self, rows: NDArray[np.int64]) -> Stakes:
        """Return the stakes of some runs."""
        return Stakes(take_runs(self.values, rows), self.parts)


@dataclass(frozen=True)
class Exchange:
    """What each release and swap would bring, for everyone to see."""

    returned: Floats  # (runs, releases, pools) share of a pool's captives who come home
    remains: Floats  # (runs, releases) share of all remains returned
    freed: Floats  # (runs, swaps, pools) log share of the prisoners who go free


@dataclass(frozen=True)
class Tables:
    """The worth of a package in its three parts, before it is spread over the packages."""

    frames: Floats  # (runs, frames)
    swaps: Floats  # (runs, swaps)
    other: Floats  # (runs, other issues)
    reservation: Floats  # (runs,)

    def of(self, rows: NDArray[np.int64]) -> Tables:
        """Return the tables of some runs."""
        return Tables(
            take_runs(self.frames, rows),
            take_runs(self.swaps, rows),
            take_runs(self.other, rows),
            self.reservation[rows],
        )

    def first(self, runs: int) -> Tables:
        """Return the tables of so many of their first runs."""
        return Tables(
            self.frames[:runs], self.swaps[:runs], self.other[:runs], self.reservation[:runs]
        )

    def misjudged(self, off: Floats) -> Tables:
        """Return what errors `off` in judging settlement, exchange and rest add; (runs, 3)."""
        error = np.expm1(off).astype(np.float32)
        return Tables(
            self.frames * error[:, 0, None],
            self.swaps * error[:, 1, None],
            self.other * error[:, 2, None],
            self.reservation,
        )

    def parts_of(self, proposal: NDArray[np.int64], packages: Packages) -> Floats:
        """Return the worth of packages (runs,) by settlement, exchange and rest: (runs, 3)."""
        where = np.arange(len(proposal))
        settled = self.frames[where, packages.frame_of[proposal]]
        swapped = self.swaps[where, packages.swap_of[proposal]]
        rest = (self.other * packages.other[proposal]).sum(axis=1)
        return np.stack([settled, swapped, rest], axis=1).astype(np.float64)

    def spread(self, packages: Packages) -> Floats:
        """Return the worth of every package: (runs, packages)."""
        worth = columns(self.frames, packages.frame_of)
        worth += columns(self.swaps, packages.swap_of)
        for k in range(self.other.shape[1]):
            worth += outer(self.other[:, k], packages.other[:, k])
        return worth


def exchange_tables(stakes: Stakes, exchange: Exchange, packages: Packages) -> Floats:
    """Return the worth of each swap: (runs, swaps)."""
    release = stakes.remains[:, None] * exchange.remains
    for pool in range(exchange.returned.shape[2]):
        release = release + stakes.captives[:, pool, None] * exchange.returned[:, :, pool]
    worth = columns(release, packages.swap_release)
    for pool in range(exchange.freed.shape[2]):
        worth += stakes.ratio[:, pool, None] * exchange.freed[:, :, pool]
    return worth


def settled_utility(stakes: Stakes, packages: Packages) -> Floats:
    """Return the worth of the war ending on each frame's terms: (runs, frames).

    With several settlement issues it is their mean; with none the member is half content.
    """
    if not stakes.settlement:
        return outer(0.5 * stakes.war, np.ones(len(packages.frame_days), dtype=np.float32))
    worth = columns(stakes.settlement[0], packages.frame_levels[:, 0])
    for k, table in enumerate(stakes.settlement[1:], start=1):
        worth += columns(table, packages.frame_levels[:, k])
    return worth


def tables_of(
    stakes: Stakes,
    exchange: Exchange,
    packages: Packages,
    permanence: Floats,
    resumed: Floats,
    war_value: Floats,
) -> Tables:
    """Return the tables of one member, given its party's view of the war and of the truce.

    `permanence` and `resumed` (the value of the war resumed, less the cost of breaking the truce,
    times the chance that it does not last) are (runs, frames), `war_value` (runs,).
    """
    frames = settled_utility(stakes, packages)
    frames *= permanence
    frames += stakes.war[:, None] * resumed
    return Tables(
        frames=frames,
        swaps=exchange_tables(stakes, exchange, packages),
        other=stakes.other,
        reservation=stakes.war * war_value,
    )


def blended(members: list[Stakes], weights: list[Floats]) -> Stakes:
    """Return the weighted mean of members' stakes; weights (runs,) sum to 1 in every run.

    Worth is linear in what people care about, so that influence is exactly a weighted mean.
    """
    mean = weights[0][:, None] * members[0].values
    for weight, member in zip(weights[1:], members[1:], strict=True):
        mean += weight[:, None] * member.values
    return Stakes(mean, members[0].parts)
