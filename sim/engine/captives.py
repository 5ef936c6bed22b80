"""Captives and prisoners: who is thought alive, who is, who comes home and how.

Captives are counted by pool (who holds whom) and category, prisoners by pool. Every change goes
through one of the methods below, and nobody is ever lost: those still held, returned, recovered
and dead always add up to those held on the first day.

Parties count those who are `known`, which means thought to be alive. Some of them may have been
dead since before the first day (`hidden`), which comes out when they are to be released.
Deaths during the talks become known on the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.random_streams import (
    binomial_quantile,
    poisson_quantile,
    quantile_without_success,
)
from sim.engine.sampling import ParameterSample, carry_over
from sim.engine.utility import Exchange, columns, outer
from sim.scenario.packages import Packages
from sim.scenario.schema import Scenario
from sim.types import Bools, Floats, Ints


@dataclass(frozen=True)
class Pools:
    """Who holds whom, the same in every run; axis 0 of what is by category is the category."""

    names: list[str]
    categories: list[tuple[int, str]]  # the pool's place and the category's name
    pool_of: Ints  # (categories,) place of its pool
    outside_ratio: Bools  # (categories,) whether no prisoners are freed for them
    direction: Floats  # (pools,) 1 where holding them restrains the forward side, else -1
    prisoners: list[str]
    paid_for: Ints  # (prisoner pools,) place of the pool that they are freed for

    @classmethod
    def of(cls, scenario: Scenario) -> Pools:
        """Read the pools of a scenario."""
        pools = list(scenario.captives.values())
        names = list(scenario.captives)
        forward = set(scenario.war.forward)
        categories = [(p, c) for p, pool in enumerate(pools) for c in pool.categories]
        outside = [pools[p].categories[c].outside_ratio for p, c in categories]
        paid_for = [names.index(pool.paid_for) for pool in scenario.prisoners.values()]
        return cls(
            names=names,
            categories=categories,
            pool_of=np.array([p for p, _ in categories], dtype=np.int64),
            outside_ratio=np.array(outside, dtype=bool),
            direction=np.array([1.0 if pool.home in forward else -1.0 for pool in pools]),
            prisoners=list(scenario.prisoners),
            paid_for=np.array(paid_for, dtype=np.int64),
        )

    def sum_by_pool(self, by_category: NDArray[Any]) -> NDArray[Any]:
        """Add up what is by category, (runs, categories), to what is by pool: (runs, pools)."""
        pools = np.zeros((len(by_category), len(self.names)), dtype=by_category.dtype)
        for c, p in enumerate(self.pool_of):
            pools[:, p] += by_category[:, c]
        return pools


@dataclass(frozen=True)
class CaptiveParams:
    """The numbers of captives and prisoners; axis 0 is the run unless said otherwise."""

    known: Ints  # (runs, categories) thought alive on the first day
    hidden: Ints  # (runs, categories) of them dead before the first day
    remains: Ints  # (runs, pools) remains held on the first day
    prisoners: Ints  # (runs, prisoner pools) on the first day
    leverage: Floats  # (runs, categories) restraint that one captive exerts, in a unit of its own
    price: Floats  # (runs, categories) prisoners freed for one captive, as a multiple of the ratio
    remains_leverage: Floats  # (runs, pools)
    death_rate: Floats  # (runs, pools) of a captive per day of war
    truce_mortality: Floats  # (runs, pools) the same in a truce, as a share of it
    restraint: Floats  # (runs, pools) by how much holding all of them moves a battle's chance
    beyond_reach: Floats  # (runs, pools) share of captives whom the holder cannot deliver
    daily_death_chances: tuple[Floats, Floats]  # in war and in a truce, each (pools, runs)
    no_death_below: Floats  # (categories, runs) uniform numbers below it mean that nobody dies
    initial_leverage: Floats  # (runs, pools)
    initial: Ints  # (runs, pools) captives and remains on the first day
    initial_paid: Ints  # (runs, pools) captives for whom prisoners are freed
    initial_remains: Ints  # (runs,)

    @classmethod
    def of(cls, sample: ParameterSample, pools: Pools) -> CaptiveParams:
        """Read the numbers of captives and prisoners from a sample."""
        runs = sample.chance.runs
        paths = [f"captives.{pools.names[p]}.categories.{c}" for p, c in pools.categories]
        by_pool = [f"captives.{name}" for name in pools.names]
        known = _counts([f"{path}.number" for path in paths], sample)
        hidden = _hidden_deaths(sample, pools, known)
        remains, remains_leverage = _remains(sample, pools)
        leverage = _columns([sample[f"{path}.leverage"] for path in paths], runs)
        rate = _columns([sample[f"{path}.death_rate"] for path in by_pool], runs)
        truce_mortality = _columns([sample[f"{path}.truce_mortality"] for path in by_pool], runs)
        chances = -np.expm1(-rate.T), -np.expm1(-(rate * truce_mortality).T)
        return cls(
            known=known,
            hidden=hidden,
            remains=remains,
            prisoners=_counts([f"prisoners.{name}.number" for name in pools.prisoners], sample),
            leverage=leverage,
            price=_columns([sample.get(f"{path}.price", 1.0) for path in paths], runs),
            remains_leverage=remains_leverage,
            death_rate=rate,
            truce_mortality=truce_mortality,
            restraint=_columns([sample[f"{path}.restraint"] for path in by_pool], runs),
            beyond_reach=_columns(
                [sample.get(f"{path}.beyond_reach", 0.0) for path in by_pool], runs
            ),
            daily_death_chances=chances,
            no_death_below=quantile_without_success(
                (known - hidden).T, np.maximum(*chances)[pools.pool_of]
            ),
            initial_leverage=_leverage_held(pools, leverage, known, remains, remains_leverage),
            initial=pools.sum_by_pool(known) + remains,
            initial_paid=pools.sum_by_pool(known * ~pools.outside_ratio),
            initial_remains=remains.sum(axis=1),
        )


def _counts(paths: list[str], sample: ParameterSample) -> Ints:
    """Return numbers of people, the same in every run: (runs, paths)."""
    numbers = np.array([round(sample.fixed(path)) for path in paths], dtype=np.int64)
    return np.tile(numbers, (sample.chance.runs, 1))


def _remains(sample: ParameterSample, pools: Pools) -> tuple[Ints, Floats]:
    """Return the remains held on the first day and the leverage of each: two (runs, pools)."""
    shape = (sample.chance.runs, len(pools.names))
    remains, leverage = np.zeros(shape, dtype=np.int64), np.zeros(shape)
    for p, (name, pool) in enumerate(sample.scenario.captives.items()):
        if pool.remains is not None:
            remains[:, p] = round(sample.fixed(f"captives.{name}.remains.number"))
            leverage[:, p] = sample[f"captives.{name}.remains.leverage"]
    return remains, leverage


def _hidden_deaths(sample: ParameterSample, pools: Pools, known: Ints) -> Ints:
    """Return how many of those thought alive died before the first day: (runs, categories)."""
    hidden = np.zeros_like(known)
    for c, (p, name) in enumerate(pools.categories):
        pool = pools.names[p]
        if sample.scenario.captives[pool].hidden_deaths is None:
            continue
        uniforms = sample.chance.once(f"hidden deaths {pool} {name}")[:, 0]
        share = sample[f"captives.{pool}.hidden_deaths"]
        hidden[:, c] = binomial_quantile(uniforms, known[:, c], np.minimum(share, 0.999))
    return hidden


def _leverage_held(
    pools: Pools, leverage: Floats, known: Ints, remains: Ints, remains_leverage: Floats
) -> Floats:
    """Return how much holding them all restrains: (runs, pools)."""
    held = remains * remains_leverage
    for c, p in enumerate(pools.pool_of):
        held[:, p] += leverage[:, c] * known[:, c]
    return np.asarray(held, dtype=float)


class Captivity:
    """The captives and prisoners of a block of runs; axis 0 is the run."""

    def __init__(self, sample: ParameterSample, packages: Packages) -> None:
        self.packages = packages
        self.structure = Pools.of(sample.scenario)
        self.pools = self.structure.names
        self.pool_of = self.structure.pool_of
        self.categories_of = [np.flatnonzero(self.pool_of == p) for p in range(len(self.pools))]
        self.outside_ratio = self.structure.outside_ratio
        self.paid_for = self.structure.paid_for
        self.params = CaptiveParams.of(sample, self.structure)
        people = [f"{self.pools[p]} {c}" for p, c in self.structure.categories]
        self._death_uniforms = sample.chance.dailies([f"deaths {those}" for those in people])
        self._delivery_uniforms = sample.chance.dailies([f"status {those}" for those in people])
        self._rescues = _Occasions.of_kind("rescue", sample)
        self._gestures = _Occasions.of_kind("gesture", sample)
        self._side_channels = _Occasions.of_kind("side_channel", sample)
        self._occasions = [*self._rescues, *self._gestures, *self._side_channels]

        self.known = self.params.known.copy()  # (runs, categories)
        self.hidden = self.params.hidden.copy()
        self.remains = self.params.remains.copy()  # (runs, pools)
        self.prisoners = self.params.prisoners.copy()  # (runs, prisoner pools)
        self.prisoners_freed = np.zeros_like(self.prisoners)
        self.returned_alive = np.zeros_like(self.remains)
        self.remains_returned = np.zeros_like(self.remains)
        self.rescued = np.zeros_like(self.remains)
        self.died = np.zeros_like(self.remains)
        self.due = np.zeros_like(self.known)
        self.due_remains = np.zeros_like(self.remains)
        self.due_at_signing = np.zeros(sample.chance.runs, dtype=np.int64)

    def set_params(self, sample: ParameterSample) -> None:
        """Set the numbers of a new sample; counts change by as much as those of the first day."""
        self.take_params(self.read_params(sample))

    def read_params(self, sample: ParameterSample) -> CaptivityNumbers:
        """Read the numbers of captives, and of occasions on which they come free, from a sample."""
        people = CaptiveParams.of(sample, self.structure)
        return people, [occasion.read(sample) for occasion in self._occasions]

    @property
    def numbers(self) -> CaptivityNumbers:
        """The numbers as they are now."""
        return self.params, [occasion.params for occasion in self._occasions]

    def take_params(self, numbers: CaptivityNumbers) -> None:
        """Set new numbers; counts change by as much as those of the first day."""
        old, (new, occasions) = self.params, numbers
        self.known = carry_over(self.known, old.known, new.known)
        self.hidden = carry_over(self.hidden, old.hidden, new.hidden)
        self.remains = carry_over(self.remains, old.remains, new.remains)
        self.prisoners = carry_over(self.prisoners, old.prisoners, new.prisoners)
        self.params = new
        for occasion, params in zip(self._occasions, occasions, strict=True):
            occasion.params = params

    # -- what is known -----------------------------------------------------------------------

    @property
    def alive(self) -> Ints:
        """Captives in truth alive and held: (runs, categories)."""
        return self.known - self.hidden

    def held_alive(self) -> Ints:
        """Return captives in truth alive and held: (runs, pools)."""
        return self.structure.sum_by_pool(self.alive)

    def held_remains(self) -> Ints:
        """Return the dead still held, known or not: (runs, pools)."""
        return np.asarray(self.remains + self.structure.sum_by_pool(self.hidden))

    def lift(self, rows: Ints) -> Floats:
        """Return how far the forward side's chance in a battle has moved by now: (rows,)."""
        held = self.structure.sum_by_pool(self.params.leverage[rows] * self.known[rows])
        held += self.remains[rows] * self.params.remains_leverage[rows]
        return self._lift_of(rows, held)

    def lift_after(self, rows: Ints) -> Floats:
        """Return the same if a release had been carried out: (rows, releases)."""
        return self._lift_after(rows, self._fraction(self._covered(rows)))

    def _lift_after(self, rows: Ints, fraction: Floats) -> Floats:
        packages = self.packages
        lift = _run_last(*fraction.shape[:2])
        living = self.params.leverage[rows] * self.known[rows]
        dead = self.remains[rows] * self.params.remains_leverage[rows]
        for p in range(len(self.pools)):
            held = np.zeros_like(lift)
            for c in self.categories_of[p]:
                part = 1.0 if self.outside_ratio[c] else fraction[:, :, p]
                held += living[:, c, None] * (1.0 - packages.covers[None, :, c] * part)
            held += outer(dead[:, p], ~packages.covers_remains[:, p])
            lift += self._lift_of_pool(rows, p, held)
        return lift

    def _lift_of(self, rows: Ints, held: Floats) -> Floats:
        lift = np.zeros(len(rows))
        for p in range(len(self.pools)):
            lift += self._lift_of_pool(rows, p, held[:, p])
        return lift

    def _lift_of_pool(self, rows: Ints, pool: int, held: Floats) -> Floats:
        """Return what one pool adds: those held restrain their home side, those given up do not."""
        whole = np.maximum(self.params.initial_leverage[rows, pool], 1e-12)
        strength = self.structure.direction[pool] * self.params.restraint[rows, pool]
        if held.ndim == 2:
            whole, strength = whole[:, None], strength[:, None]
        return np.asarray(strength * (1.0 - held / whole))

    def _fraction(self, covered: Floats) -> Floats:
        """Return the share of the covered captives a release returns: (rows, releases, pools)."""
        most = self.packages.most[None]
        return np.where(covered > most, most / np.maximum(covered, 1.0), 1.0)

    def _covered(self, rows: Ints) -> Floats:
        """Return captives thought alive whom a release covers: (rows, releases, pools)."""
        covered = _run_last(len(rows), len(self.packages.covers), len(self.pools))
        known: NDArray[Any] = self.known[rows]
        for c, p in enumerate(self.pool_of):
            if not self.outside_ratio[c]:
                covered[:, :, p] += outer(known[:, c], self.packages.covers[:, c])
        return covered

    def prospects(self, rows: Ints) -> tuple[Floats, Exchange]:
        """Return the lift after each release, (rows, releases), and what each swap brings."""
        covered = self._covered(rows)
        fraction = self._fraction(covered)
        return self._lift_after(rows, fraction), self._exchange(rows, covered, fraction)

    def _exchange(self, rows: Ints, covered: Floats, fraction: Floats) -> Exchange:
        packages = self.packages
        most = packages.most[None]
        returned = (
            np.minimum(covered, most) / np.maximum(self.params.initial_paid[rows], 1)[:, None, :]
        )
        remains = _run_last(*covered.shape[:2])
        for p in range(len(self.pools)):
            remains += outer(self.remains[rows, p], packages.covers_remains[:, p])
        remains /= np.maximum(self.params.initial_remains[rows], 1)[:, None]
        freed = self._freed(rows, fraction)
        return Exchange(
            returned.astype(np.float32), remains.astype(np.float32), freed.astype(np.float32)
        )

    def _freed(self, rows: Ints, fraction: Floats) -> Floats:
        """Return the log share of prisoners freed under each swap: (rows, swaps, pools)."""
        packages = self.packages
        freed = _run_last(len(rows), len(packages.swap_release), len(self.pools))
        people = self.known[rows] * self.params.price[rows]
        for k, pool in enumerate(self.paid_for):
            priced = np.zeros_like(fraction[:, :, pool])
            for c in self.categories_of[pool]:
                if not self.outside_ratio[c]:
                    priced += outer(people[:, c], packages.covers[:, c])
            priced *= fraction[:, :, pool]
            number = columns(priced, packages.swap_release) * packages.swap_ratio[:, pool]
            number = np.minimum(number, self.prisoners[rows, k, None])
            freed[:, :, pool] += np.log1p(number) / np.log1p(self.params.prisoners[rows, k, None])
        return freed

    def loss_rate(self, rows: Ints) -> Floats:
        """Return the share of a pool's captives expected to die per day of war: (rows, pools)."""
        held = self.structure.sum_by_pool(self.known[rows] * ~self.outside_ratio)
        return np.asarray(
            self.params.death_rate[rows] * held / np.maximum(self.params.initial_paid[rows], 1)
        )

    def outstanding(self, rows: Ints, package: Ints) -> Floats:
        """Return how much of what a package would bring if signed now is still due: (rows,)."""
        release = self.packages.release_of[package]
        covers = self.packages.covers[release] & ~self.outside_ratio
        covered = self.structure.sum_by_pool(self.known[rows] * covers)
        promised = np.minimum(covered, self.packages.most[release]).sum(axis=1)
        due = (self.due[rows] * ~self.outside_ratio).sum(axis=1)
        return np.asarray(np.minimum(due / np.maximum(promised, 1.0), 1.0))

    # -- what happens to them ----------------------------------------------------------------

    def apply_deaths(self, day: int, in_truce: Bools, playing: Bools) -> Ints:
        """Let captives die and return how many: (runs, pools). They count as known from today."""
        deaths = np.zeros_like(self.remains)
        uniforms = self._death_uniforms[day]
        category, rows = ((uniforms >= self.params.no_death_below) & playing).nonzero()
        if not len(rows):
            return deaths
        pool = self.pool_of[category]
        in_war, resting = self.params.daily_death_chances
        chance = np.where(in_truce[rows], resting[pool, rows], in_war[pool, rows])
        alive = self.known[rows, category] - self.hidden[rows, category]
        dead = binomial_quantile(uniforms[category, rows], alive, chance)
        if not dead.any():
            return deaths
        self.known[rows, category] -= dead
        np.add.at(deaths, (rows, pool), dead)
        self.remains += deaths
        self.died += deaths
        self._due_at_most_known()
        return deaths

    def rescue(self, day: int, fighting: Bools) -> tuple[Ints, Ints]:
        """Attempt rescues; return captives recovered and killed: two (runs, pools)."""
        rescued, killed = np.zeros_like(self.remains), np.zeros_like(self.remains)
        for occasion in self._rescues:
            runs, people = occasion.people(day, fighting)
            if not len(runs):
                continue
            which = occasion.which[day][runs]
            category, reached = self._reached(occasion.pool, runs, people, which)
            dead = binomial_quantile(
                occasion.deaths[day][runs], reached, occasion.params.deadly[runs]
            )
            self.known[runs, category] -= reached
            killed[runs, occasion.pool] += dead
            rescued[runs, occasion.pool] += reached - dead
        if not (rescued.any() or killed.any()):
            return rescued, killed
        self.rescued += rescued
        self.died += killed
        self.remains_returned += killed
        self._due_at_most_known()
        return rescued, killed

    def _reached(self, pool: int, runs: Ints, people: Ints, which: Floats) -> tuple[Ints, Ints]:
        """Return the category reached in each attempt, and how many of it: two (rows,).

        Those reached are held together; it is one category by its share of the living.
        """
        columns = self.categories_of[pool]
        alive = self.known[runs][:, columns] - self.hidden[runs][:, columns]
        steps = np.cumsum(alive, axis=1)
        chosen = (which[:, None] * steps[:, -1:] >= steps).sum(axis=1)
        chosen = np.minimum(chosen, len(columns) - 1)
        return columns[chosen], np.minimum(people, alive[np.arange(len(runs)), chosen])

    def release_outside_a_deal(self, day: int, fighting: Bools, in_truce: Bools) -> Ints:
        """Free captives one-sidedly in war, by a side channel in a truce; return (runs, pools)."""
        freed = np.zeros_like(self.remains)
        for occasion in self._gestures:
            self._free(occasion, day, fighting, outside=False, freed=freed)
        for occasion in self._side_channels:
            self._free(occasion, day, in_truce, outside=True, freed=freed)
        if freed.any():
            self.returned_alive += freed
            self._due_at_most_known()
        return freed

    def _free(
        self, occasion: _Occasions, day: int, where: Bools, outside: bool, freed: Ints
    ) -> None:
        """Release people from the first categories that have any living; count them as `freed`."""
        rows, people = occasion.people(day, where)
        if not len(rows):
            return
        columns = self.categories_of[occasion.pool]
        place = rows[:, None], columns[self.outside_ratio[columns] == outside]
        released = _in_turn(self.known[place] - self.hidden[place], people)
        self.known[place] -= released
        freed[rows, occasion.pool] += released.sum(axis=1)

    def _due_at_most_known(self) -> None:
        np.minimum(self.due, self.known, out=self.due)
        np.minimum(self.due_remains, self.remains, out=self.due_remains)

    # -- carrying out a deal -----------------------------------------------------------------

    def fall_due(self, rows: Ints, package: Ints) -> None:
        """Enter what a signed package promises; the first categories come first."""
        release = self.packages.release_of[package]
        left = self.packages.most[release].copy()
        for c, p in enumerate(self.pool_of):
            promised = self.known[rows, c] * self.packages.covers[release, c]
            if not self.outside_ratio[c]:
                promised = np.minimum(promised, left[:, p]).astype(np.int64)
                left[:, p] -= promised
            self.due[rows, c] = promised
        self.due_remains[rows] = self.remains[rows] * self.packages.covers_remains[release]
        self.due_at_signing[rows] = self.still_due(rows)

    def still_due(self, rows: Ints) -> Ints:
        """Return people and remains still to be returned under the deal: (rows,)."""
        return np.asarray(self.due[rows].sum(axis=1) + self.due_remains[rows].sum(axis=1))

    def due_of(self, rows: Ints, pool: int) -> Ints:
        """Return people of a pool still to be returned under the deal: (rows,)."""
        return np.asarray(self.due[rows][:, self.categories_of[pool]].sum(axis=1))

    def nothing_due(self, rows: Ints) -> None:
        """Take everything off that was due under a deal that has ended."""
        self.due[rows] = 0
        self.due_remains[rows] = 0

    def extend(self, rows: Ints, package: Ints, number: Ints) -> None:
        """Let some more captives of the agreed categories fall due: `number` is (rows,)."""
        release = self.packages.release_of[package]
        left = number.copy()
        for c in range(len(self.pool_of)):
            if self.outside_ratio[c]:
                continue
            more = np.minimum(left, self.known[rows, c] - self.due[rows, c])
            more = more * self.packages.covers[release, c]
            self.due[rows, c] += more
            self.due_at_signing[rows] += more
            left = left - more

    def extendable(self, rows: Ints, package: Ints) -> Ints:
        """Return captives of the agreed categories who are not due yet: (rows,)."""
        release = self.packages.release_of[package]
        covered = self.packages.covers[release] & ~self.outside_ratio
        return np.asarray(((self.known[rows] - self.due[rows]) * covered).sum(axis=1))

    def hand_over(
        self, rows: Ints, pool: int, package: Ints, batches_left: Ints, day: int
    ) -> tuple[Ints, Ints, Ints, Ints]:
        """Carry out one batch of a pool.

        Returns the living returned, the remains returned, those promised alive who turn out to be
        dead, and the prisoners freed: each (runs,).
        """
        left = -(-self.due_of(rows, pool) // np.maximum(batches_left, 1))
        columns = self.categories_of[pool]
        place = rows[:, None], columns
        number = _in_turn(self.due[place], left)
        dead = self._turn_out_dead(place, number, day)
        self.known[place] -= number
        self.hidden[place] -= dead
        self.due[place] -= number
        people, found_dead = (number - dead).sum(axis=1), dead.sum(axis=1)
        paid = number * self.params.price[place] * ~self.outside_ratio[columns]
        priced = np.asarray(sum(paid.T))
        remains = self._hand_over_remains(rows, pool, batches_left)
        self.returned_alive[rows, pool] += people
        self.remains_returned[rows, pool] += found_dead + remains
        return people, remains, found_dead, self._free_prisoners(rows, pool, package, priced)

    def _turn_out_dead(self, place: tuple[Ints, Ints], number: Ints, day: int) -> Ints:
        """Return how many of those to be released died before the first day: (rows, categories)."""
        rows, categories = place
        known, hidden = self.known[place], self.hidden[place]
        share = np.minimum(hidden / np.maximum(known, 1), 0.999)
        dead = binomial_quantile(self._delivery_uniforms[day][categories, rows], number, share)
        return np.clip(dead, number - (known - hidden), np.minimum(hidden, number))

    def _hand_over_remains(self, rows: Ints, pool: int, batches_left: Ints) -> Ints:
        """Return remains in the same batches."""
        number = -(-self.due_remains[rows, pool] // np.maximum(batches_left, 1))
        self.remains[rows, pool] -= number
        self.due_remains[rows, pool] -= number
        return np.asarray(number)

    def _free_prisoners(self, rows: Ints, pool: int, package: Ints, priced: Floats) -> Ints:
        total = np.zeros(len(rows), dtype=np.int64)
        for k in np.flatnonzero(self.paid_for == pool):
            number = np.rint(priced * self.packages.ratio(pool)[package]).astype(np.int64)
            number = np.minimum(number, self.prisoners[rows, k])
            self.prisoners[rows, k] -= number
            self.prisoners_freed[rows, k] += number
            total += number
        return total


@dataclass(frozen=True)
class OccasionParams:
    """The numbers of occasions on which people of a pool come free; axis 0 is the run."""

    per_day: Floats  # (runs,) chance of an occasion on a day
    mean: Floats  # (runs,) people on an occasion, on average
    deadly: Floats  # (runs,) chance that one of them dies in it


#: The numbers of captives and of each kind of occasions.
CaptivityNumbers = tuple[CaptiveParams, list[OccasionParams]]


class _Occasions:
    """Occasions on which some people of a pool come free, at random."""

    def __init__(self, pool: int, name: str, kind: str, sample: ParameterSample) -> None:
        self.pool = pool
        self.kind = kind
        self.path = f"captives.{name}.{kind}"
        self.happens = sample.chance.daily(f"{kind} {name}")
        self.how_many = sample.chance.daily(f"{kind} people {name}")
        self.which = self.deaths = self.happens
        if kind == "rescue":
            self.which = sample.chance.daily(f"rescue where {name}")
            self.deaths = sample.chance.daily(f"rescue deaths {name}")
        self.params = self.read(sample)

    @classmethod
    def of_kind(cls, kind: str, sample: ParameterSample) -> list[_Occasions]:
        """Return the rescues, gestures or side channels of every pool that has them."""
        pools = enumerate(sample.scenario.captives.items())
        return [cls(p, name, kind, sample) for p, (name, pool) in pools if getattr(pool, kind)]

    def read(self, sample: ParameterSample) -> OccasionParams:
        """Read the numbers from a sample."""
        if self.kind == "rescue":
            rate, deadly = sample[f"{self.path}.attempts_per_day"], sample[f"{self.path}.deadly"]
        else:
            rate, deadly = sample[f"{self.path}.per_day"], np.zeros(sample.chance.runs)
        return OccasionParams(-np.expm1(-rate), sample[f"{self.path}.people"], deadly)

    def people(self, day: int, where: Bools) -> tuple[Ints, Ints]:
        """Return runs with an occasion today, and the people concerned, at least one: two (rows,).

        Only runs `where` it may come count.
        """
        rows = (where & (self.happens[day] < self.params.per_day)).nonzero()[0]
        if not len(rows):
            return rows, rows
        extra = np.maximum(self.params.mean[rows] - 1.0, 0.0)
        return rows, 1 + poisson_quantile(self.how_many[day][rows], extra)


def _in_turn(here: Ints, number: Ints) -> Ints:
    """Take so many people, the first categories first, as far as there are: (rows, categories)."""
    taken: Ints = np.minimum(here.cumsum(axis=1), number[:, None])  # with those before
    taken[:, 1:] -= taken[:, :-1]
    return taken


def _run_last(runs: int, *others: int) -> Floats:
    """Return zeros (runs, others), run last in memory (see `sim.engine.utility`)."""
    return np.zeros((*reversed(others), runs)).T


def _columns(values: list[Floats], runs: int) -> Floats:
    """Put values of the runs side by side: (runs, values)."""
    return np.stack(values, axis=1) if values else np.zeros((runs, 0))
