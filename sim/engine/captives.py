"""People held: who is thought alive, who is, who comes home and how.

Captives are counted by pool (who holds whom) and category, prisoners by pool. Every change goes
through one of the methods below, and nobody is ever lost: those still held, returned, recovered
and dead always add up to those held on the first day.

What the parties reckon with is what is known: `known` people thought to be alive. Some of them may
have been dead since before the first day (`hidden`), which comes out when they are to be released.
Deaths during the talks become known on the day.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.random_streams import (
    RandomStreams,
    binomial_quantile,
    poisson_quantile,
    quantile_without_success,
)
from sim.engine.sampling import ParameterSample
from sim.engine.utility import Exchange, columns, outer
from sim.scenario.packages import Packages
from sim.scenario.schema import Release, Scenario
from sim.types import Bools, Floats, Ints


class Captivity:
    """The captives and prisoners of a block of runs; axis 0 is the run."""

    def __init__(self, scenario: Scenario, draws: ParameterSample, packages: Packages) -> None:
        self.pools = list(scenario.captives)
        self.packages = packages
        chance = draws.chance
        runs = chance.runs
        pools = list(scenario.captives.items())
        self.categories = [(p, c) for p, (_, pool) in enumerate(pools) for c in pool.categories]
        paths = [f"captives.{self.pools[p]}.categories.{c}" for p, c in self.categories]
        self.pool_of = np.array([p for p, _ in self.categories], dtype=np.int64)
        self.categories_of = [np.flatnonzero(self.pool_of == p) for p in range(len(pools))]
        self.outside_ratio = np.array(
            [pools[p][1].categories[c].outside_ratio for p, c in self.categories], dtype=bool
        )
        self.leverage = _columns([draws[f"{path}.leverage"] for path in paths], runs)
        self.price = _columns([draws.get(f"{path}.price", 1.0) for path in paths], runs)
        numbers = [round(draws.fixed(f"{path}.number")) for path in paths]
        self.known = np.tile(np.array(numbers, dtype=np.int64), (runs, 1))
        self.hidden = self._hidden_deaths(scenario, draws)

        names = self.pools
        self.remains = np.zeros((runs, len(names)), dtype=np.int64)
        self.remains_leverage = np.zeros((runs, len(names)))
        for p, (name, pool) in enumerate(pools):
            if pool.remains is not None:
                self.remains[:, p] = round(draws.fixed(f"captives.{name}.remains.number"))
                self.remains_leverage[:, p] = draws[f"captives.{name}.remains.leverage"]
        self.death_rate = _columns([draws[f"captives.{n}.death_rate"] for n in names], runs)
        self.truce_mortality = _columns(
            [draws[f"captives.{n}.truce_mortality"] for n in names], runs
        )
        self._death_chances = (
            -np.expm1(-self.death_rate.T),
            -np.expm1(-(self.death_rate * self.truce_mortality).T),
        )  # per captive and day, in war and in a truce: each (pools, runs)
        most = np.maximum(*self._death_chances)[self.pool_of]
        self._nobody_dies = quantile_without_success(self.alive.T, most)
        self.restraint = _columns([draws[f"captives.{n}.restraint"] for n in names], runs)
        self.beyond_reach = _columns(
            [draws.get(f"captives.{n}.beyond_reach", 0.0) for n in names], runs
        )
        forward = set(scenario.war.forward)
        self.direction = np.array([1.0 if pool.home in forward else -1.0 for _, pool in pools])

        self.initial = self._per_pool(self.known) + self.remains
        self.initial_paid = self._per_pool(self.known * ~self.outside_ratio)
        self.initial_remains = self.remains.sum(axis=1)
        self.initial_leverage = self._leverage_held(self.known, self.remains)
        self.returned_alive = np.zeros_like(self.initial)
        self.remains_returned = np.zeros_like(self.initial)
        self.rescued = np.zeros_like(self.initial)
        self.died = np.zeros_like(self.initial)

        self.prisoner_pools = list(scenario.prisoners)
        self.paid_for = np.array(
            [names.index(pool.paid_for) for pool in scenario.prisoners.values()], dtype=np.int64
        )
        self.prisoners = np.tile(
            np.array(
                [round(draws.fixed(f"prisoners.{n}.number")) for n in self.prisoner_pools],
                dtype=np.int64,
            ),
            (runs, 1),
        )
        self.initial_prisoners = self.prisoners.copy()
        self.prisoners_freed = np.zeros_like(self.prisoners)

        self.due = np.zeros_like(self.known)
        self.due_remains = np.zeros_like(self.remains)
        self.due_at_signing = np.zeros(runs, dtype=np.int64)
        self._prepare_luck(scenario, draws)

    def _hidden_deaths(self, scenario: Scenario, draws: ParameterSample) -> Ints:
        """Of those thought alive, how many died before the first day: (runs, categories)."""
        hidden = np.zeros_like(self.known)
        for c, (p, name) in enumerate(self.categories):
            pool = self.pools[p]
            if scenario.captives[pool].hidden_deaths is None:
                continue
            luck = draws.chance.once(f"hidden deaths {pool} {name}")[:, 0]
            share = draws[f"captives.{pool}.hidden_deaths"]
            hidden[:, c] = binomial_quantile(luck, self.known[:, c], np.minimum(share, 0.999))
        return hidden

    def _prepare_luck(self, scenario: Scenario, draws: ParameterSample) -> None:
        chance: RandomStreams = draws.chance
        people = [f"{self.pools[p]} {c}" for p, c in self.categories]
        self._death_luck = chance.dailies([f"deaths {those}" for those in people])
        self._delivery_luck = chance.dailies([f"status {those}" for those in people])
        self._rescues = _Occasions.rescues(scenario, draws)
        self._gestures = _Occasions.releases(scenario, draws, "gesture")
        self._side_channels = _Occasions.releases(scenario, draws, "side_channel")

    # -- what is known -----------------------------------------------------------------------

    @property
    def alive(self) -> Ints:
        """Captives in truth alive and held: (runs, categories)."""
        return self.known - self.hidden

    def _per_pool(self, by_category: NDArray[Any]) -> NDArray[Any]:
        pools = np.zeros((len(by_category), len(self.pools)), dtype=by_category.dtype)
        for c, p in enumerate(self.pool_of):
            pools[:, p] += by_category[:, c]
        return pools

    def held_alive(self) -> Ints:
        """Captives in truth alive and held, by pool: (runs, pools)."""
        return self._per_pool(self.alive)

    def held_remains(self) -> Ints:
        """The dead still held, known or not, by pool: (runs, pools)."""
        return np.asarray(self.remains + self._per_pool(self.hidden))

    def _leverage_held(self, known: Ints, remains: Ints) -> Floats:
        held = remains * self.remains_leverage
        for c, p in enumerate(self.pool_of):
            held[:, p] += self.leverage[:, c] * known[:, c]
        return np.asarray(held, dtype=float)

    def lift(self, rows: Ints) -> Floats:
        """How far the forward side's chance in a battle has moved, now: (runs,)."""
        held = self._per_pool(self.leverage[rows] * self.known[rows])
        held += self.remains[rows] * self.remains_leverage[rows]
        return self._lift_of(rows, held)

    def lift_after(self, rows: Ints) -> Floats:
        """The same if a release had been carried out: (runs, releases)."""
        return self._lift_after(rows, self._fraction(self._covered(rows)))

    def _lift_after(self, rows: Ints, fraction: Floats) -> Floats:
        packages = self.packages
        lift = _run_last(*fraction.shape[:2])
        living = self.leverage[rows] * self.known[rows]
        dead = self.remains[rows] * self.remains_leverage[rows]
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
        """Holding people restrains their home side; what has been given up no longer does."""
        whole = np.maximum(self.initial_leverage[rows, pool], 1e-12)
        strength = self.direction[pool] * self.restraint[rows, pool]
        if held.ndim == 2:
            whole, strength = whole[:, None], strength[:, None]
        return np.asarray(strength * (1.0 - held / whole))

    def _fraction(self, covered: Floats) -> Floats:
        """The share of the covered captives a release returns: (runs, releases, pools)."""
        most = self.packages.most[None]
        return np.where(covered > most, most / np.maximum(covered, 1.0), 1.0)

    def _covered(self, rows: Ints) -> Floats:
        """Captives thought alive whom a release covers, in ratio: (runs, releases, pools)."""
        covered = _run_last(len(rows), len(self.packages.covers), len(self.pools))
        known: NDArray[Any] = self.known[rows]
        for c, p in enumerate(self.pool_of):
            if not self.outside_ratio[c]:
                covered[:, :, p] += outer(known[:, c], self.packages.covers[:, c])
        return covered

    def prospects(self, rows: Ints) -> tuple[Floats, Exchange]:
        """What each release would do to the lift (runs, releases), and what each swap brings."""
        covered = self._covered(rows)
        fraction = self._fraction(covered)
        return self._lift_after(rows, fraction), self._exchange(rows, covered, fraction)

    def _exchange(self, rows: Ints, covered: Floats, fraction: Floats) -> Exchange:
        packages = self.packages
        most = packages.most[None]
        returned = np.minimum(covered, most) / np.maximum(self.initial_paid[rows], 1)[:, None, :]
        remains = _run_last(*covered.shape[:2])
        for p in range(len(self.pools)):
            remains += outer(self.remains[rows, p], packages.covers_remains[:, p])
        remains /= np.maximum(self.initial_remains[rows], 1)[:, None]
        freed = self._freed(rows, fraction)
        return Exchange(
            returned.astype(np.float32), remains.astype(np.float32), freed.astype(np.float32)
        )

    def _freed(self, rows: Ints, fraction: Floats) -> Floats:
        """Log share of prisoners freed under each swap: (runs, swaps, pools)."""
        packages = self.packages
        freed = _run_last(len(rows), len(packages.swap_release), len(self.pools))
        people = self.known[rows] * self.price[rows]
        for k, pool in enumerate(self.paid_for):
            priced = np.zeros_like(fraction[:, :, pool])
            for c in self.categories_of[pool]:
                if not self.outside_ratio[c]:
                    priced += outer(people[:, c], packages.covers[:, c])
            priced *= fraction[:, :, pool]
            number = columns(priced, packages.swap_release) * packages.swap_ratio[:, pool]
            number = np.minimum(number, self.prisoners[rows, k, None])
            freed[:, :, pool] += np.log1p(number) / np.log1p(self.initial_prisoners[rows, k, None])
        return freed

    def loss_rate(self, rows: Ints) -> Floats:
        """The share of a pool's captives expected to die per day of war: (runs, pools)."""
        held = self._per_pool(self.known[rows] * ~self.outside_ratio)
        return np.asarray(self.death_rate[rows] * held / np.maximum(self.initial_paid[rows], 1))

    def outstanding(self, rows: Ints, package: Ints) -> Floats:
        """How much of what a package would bring if it were signed now is still due: (rows,)."""
        release = self.packages.release_of[package]
        covers = self.packages.covers[release] & ~self.outside_ratio
        covered = self._per_pool(self.known[rows] * covers)
        promised = np.minimum(covered, self.packages.most[release]).sum(axis=1)
        due = (self.due[rows] * ~self.outside_ratio).sum(axis=1)
        return np.asarray(np.minimum(due / np.maximum(promised, 1.0), 1.0))

    # -- what happens to them ----------------------------------------------------------------

    def suffer(self, day: int, in_truce: Bools, playing: Bools) -> Ints:
        """Captives who die today: (runs, pools). They count as known from today."""
        deaths = np.zeros_like(self.remains)
        luck = self._death_luck[day]
        category, rows = ((luck >= self._nobody_dies) & playing).nonzero()
        if not len(rows):
            return deaths
        pool = self.pool_of[category]
        in_war, resting = self._death_chances
        chance = np.where(in_truce[rows], resting[pool, rows], in_war[pool, rows])
        alive = self.known[rows, category] - self.hidden[rows, category]
        dead = binomial_quantile(luck[category, rows], alive, chance)
        if not dead.any():
            return deaths
        self.known[rows, category] -= dead
        np.add.at(deaths, (rows, pool), dead)
        self.remains += deaths
        self.died += deaths
        self._due_at_most_known()
        return deaths

    def rescue(self, day: int, fighting: Bools) -> tuple[Ints, Ints]:
        """Captives recovered by force today, and those killed in an attempt: two (runs, pools)."""
        rescued, killed = np.zeros_like(self.remains), np.zeros_like(self.remains)
        for occasion in self._rescues:
            runs, people = occasion.people(day, fighting)
            if not len(runs):
                continue
            which = occasion.which[day][runs]
            category, reached = self._reached(occasion.pool, runs, people, which)
            dead = binomial_quantile(occasion.luck[day][runs], reached, occasion.deadly[runs])
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
        """The category reached in each attempt, and how many of it: two (runs,).

        Those reached are held together; it is one category by its share of the living.
        """
        columns = self.categories_of[pool]
        alive = self.known[runs][:, columns] - self.hidden[runs][:, columns]
        steps = np.cumsum(alive, axis=1)
        chosen = (which[:, None] * steps[:, -1:] >= steps).sum(axis=1)
        chosen = np.minimum(chosen, len(columns) - 1)
        return columns[chosen], np.minimum(people, alive[np.arange(len(runs)), chosen])

    def release_outside_a_deal(self, day: int, fighting: Bools, in_truce: Bools) -> Ints:
        """Captives freed one-sidedly in war, or by a side channel in a truce: (runs, pools)."""
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
        """People and remains still to be returned under the deal: (runs,)."""
        return np.asarray(self.due[rows].sum(axis=1) + self.due_remains[rows].sum(axis=1))

    def due_of(self, rows: Ints, pool: int) -> Ints:
        """People of a pool still to be returned under the deal: (runs,)."""
        return np.asarray(self.due[rows][:, self.categories_of[pool]].sum(axis=1))

    def nothing_due(self, rows: Ints) -> None:
        """A deal that has ended binds nobody."""
        self.due[rows] = 0
        self.due_remains[rows] = 0

    def extend(self, rows: Ints, package: Ints, number: Ints) -> None:
        """Some more captives of the agreed categories fall due: `number` is (runs,)."""
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
        """Captives of the agreed categories who are not due yet: (runs,)."""
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
        priced = sum((number * self.price[place] * ~self.outside_ratio[columns]).T)
        remains = self._hand_over_remains(rows, pool, batches_left)
        self.returned_alive[rows, pool] += people
        self.remains_returned[rows, pool] += found_dead + remains
        return people, remains, found_dead, self._free_prisoners(rows, pool, package, priced)

    def _turn_out_dead(self, place: tuple[Ints, Ints], number: Ints, day: int) -> Ints:
        """Of those to be released, how many had died before the first day: (rows, categories)."""
        rows, categories = place
        known, hidden = self.known[place], self.hidden[place]
        share = np.minimum(hidden / np.maximum(known, 1), 0.999)
        dead = binomial_quantile(self._delivery_luck[day][categories, rows], number, share)
        return np.clip(dead, number - (known - hidden), np.minimum(hidden, number))

    def _hand_over_remains(self, rows: Ints, pool: int, batches_left: Ints) -> Ints:
        """Remains come in the same batches."""
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


class _Occasions:
    """Occasions on which some people of a pool come free, as luck has them."""

    def __init__(self, pool: int, name: str, path: str, draws: ParameterSample) -> None:
        self.pool = pool
        kind = path.rsplit(".", 1)[1]
        self.happens = draws.chance.daily(f"{kind} {name}")
        self.how_many = draws.chance.daily(f"{kind} people {name}")
        self.mean = draws[f"{path}.people"]
        self.deadly: Floats = np.zeros(draws.chance.runs)
        self.per_day: Floats = self.deadly
        self.which = self.happens
        self.luck = self.happens

    @classmethod
    def releases(cls, scenario: Scenario, draws: ParameterSample, kind: str) -> list[_Occasions]:
        """The gestures or side channels of every pool that has them."""
        found = []
        for p, (name, pool) in enumerate(scenario.captives.items()):
            release: Release | None = getattr(pool, kind)
            if release is not None:
                occasion = cls(p, name, f"captives.{name}.{kind}", draws)
                occasion.per_day = -np.expm1(-draws[f"captives.{name}.{kind}.per_day"])
                found.append(occasion)
        return found

    @classmethod
    def rescues(cls, scenario: Scenario, draws: ParameterSample) -> list[_Occasions]:
        """The attempts at recovery by force for every pool that has them."""
        found = []
        for p, (name, pool) in enumerate(scenario.captives.items()):
            if pool.rescue is not None:
                path = f"captives.{name}.rescue"
                occasion = cls(p, name, path, draws)
                occasion.per_day = -np.expm1(-draws[f"{path}.attempts_per_day"])
                occasion.deadly = draws[f"{path}.deadly"]
                occasion.which = draws.chance.daily(f"rescue where {name}")
                occasion.luck = draws.chance.daily(f"rescue deaths {name}")
                found.append(occasion)
        return found

    def people(self, day: int, where: Bools) -> tuple[Ints, Ints]:
        """Runs that have an occasion today, and the people it concerns, at least one: two (rows,).

        Only runs `where` it may come count.
        """
        rows = (where & (self.happens[day] < self.per_day)).nonzero()[0]
        if not len(rows):
            return rows, rows
        extra = np.maximum(self.mean[rows] - 1.0, 0.0)
        return rows, 1 + poisson_quantile(self.how_many[day][rows], extra)


def _in_turn(here: Ints, number: Ints) -> Ints:
    """So many people, the first categories first, as far as there are any: (runs, categories)."""
    taken: Ints = np.minimum(here.cumsum(axis=1), number[:, None])  # with those before
    taken[:, 1:] -= taken[:, :-1]
    return taken


def _run_last(runs: int, *others: int) -> Floats:
    """Zeros (runs, others), run last in memory (see `sim.engine.utility`)."""
    return np.zeros((*reversed(others), runs)).T


def _columns(values: list[Floats], runs: int) -> Floats:
    """Per-run values side by side: (runs, values)."""
    return np.stack(values, axis=1) if values else np.zeros((runs, 0))
