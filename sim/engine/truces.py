"""Truces: how they are carried out, what endangers them, and how they end."""

from __future__ import annotations

import numpy as np

from sim.engine.captives import Captivity
from sim.engine.sampling import ParameterSample
from sim.scenario.packages import Packages
from sim.theory.commitment import PERMANENCE
from sim.theory.durability import trust, weibull_hazard
from sim.types import Bools, Floats, Ints

NONE = -1

#: Effects on the log hazard that a scenario gives numbers for.
EFFECTS = ("guarantee", "trust", "gap", "pending", "pressure", "extension", "dispute", "grace")


class Truces:
    """The truces of a block of runs; axis 0 is the run."""

    def __init__(
        self, draws: ParameterSample, packages: Packages, captivity: Captivity, helped: bool
    ) -> None:
        scenario, chance = draws.scenario, draws.chance
        runs = chance.runs
        self.packages = packages
        self.captivity = captivity
        self.parties = list(scenario.parties)
        self.spoilers = list(scenario.spoilers)
        self.causes = [*self.parties, *self.spoilers]
        self.holders = [self.parties.index(pool.holder) for pool in scenario.captives.values()]
        self.payers = self._payers(draws)
        self.helped = helped
        self.compliance = [draws.get(f"parties.{party}.compliance", 1.0) for party in self.parties]

        self.shape = draws["truce.shape"]
        self.scale = draws["truce.scale_days"]
        self.effect = {name: draws.get(f"truce.effects.{name}", 0.0) for name in EFFECTS}
        judgement = PERMANENCE[scenario.permanence.kind]()
        self.bite = judgement.bite(draws.of("permanence.numbers", tuple(judgement.numbers)))
        self.prior = (draws["truce.trust_kept"], draws["truce.trust_broken"])
        self.batch_every = np.maximum(np.rint(draws["truce.batch_every_days"]), 1).astype(int)
        self.resolved = draws["truce.dispute_resolved"]
        each = draws["truce.violations_per_day"] / len(self.parties)
        self.violation_chance = -np.expm1(-each)  # of each party on a day
        self.grace_days = np.rint(draws["truce.grace_days"]).astype(int)
        self.second_phase_from = np.rint(draws["truce.second_phase_from_day"]).astype(int)
        self.extends = scenario.truce.extension is not None
        self.extension_people = draws.get("truce.extension.captives_per_day", 0.0)
        self.extension_cap = np.rint(draws.get("truce.extension.cap_days", 0.0)).astype(int)
        self.spoiling = [draws[f"spoilers.{name}.strength"] for name in self.spoilers]
        self.spoiler_side = [self.parties.index(s.side) for s in scenario.spoilers.values()]

        self.delivery_luck = chance.dailies([f"delivers {party}" for party in self.parties])
        self.dispute_luck = chance.daily("disputes")
        self.violation_luck = chance.dailies([f"violations {party}" for party in self.parties])
        self.resumption_luck = chance.dailies([f"resumes {cause}" for cause in self.causes])

        self.in_force = np.full(runs, NONE, dtype=np.int64)  # package
        self.began = np.zeros(runs, dtype=np.int64)  # day the guns fell silent
        self.term_from = np.zeros(runs, dtype=np.int64)  # day the present text was signed
        self.last_day = np.zeros(runs, dtype=np.int64)  # of its term, extensions included
        self.extended = np.zeros(runs, dtype=np.int64)  # days by which it was extended
        self.in_grace = np.zeros(runs, dtype=bool)
        self.next_batch = np.zeros(runs, dtype=np.int64)
        self.disputed = np.zeros(runs, dtype=bool)
        self.pressure = np.zeros(runs)
        self.gap = np.zeros((runs, len(self.parties)))  # by how much fighting on looks better
        self.kept = np.zeros((runs, len(self.parties)))  # promises kept and broken, by party
        self.broken = np.zeros((runs, len(self.parties)))
        self.violations = np.zeros(runs, dtype=np.int64)
        self.disputes = np.zeros(runs, dtype=np.int64)

    def _payers(self, draws: ParameterSample) -> list[list[int]]:
        """For each pool of captives, the parties who free prisoners for them."""
        scenario = draws.scenario
        return [
            [
                self.parties.index(p.holder)
                for p in scenario.prisoners.values()
                if p.paid_for == name
            ]
            for name in scenario.captives
        ]

    @property
    def holding(self) -> Bools:
        """Whether a truce is in force: (runs,)."""
        return np.asarray(self.in_force != NONE)

    def begin(self, rows: Ints, package: Ints, pressure: Floats, day: int) -> None:
        """A text is signed: a truce begins, or the one in force goes on under new terms."""
        fresh = rows[self.in_force[rows] == NONE]
        self.began[fresh] = day
        self.pressure[fresh] = 0.0
        self.gap[fresh] = 0.0
        self.extended[fresh] = 0
        self.in_force[rows] = package
        self.term_from[rows] = day
        self.last_day[rows] = day + np.rint(self.packages.days[package]).astype(int) - 1
        self.in_grace[rows] = False
        self.next_batch[rows] = day
        self.disputed[rows] = False
        self.pressure[rows] += pressure
        self.captivity.fall_due(rows, package)

    def end(self, rows: Ints) -> None:
        """The truce is over and nothing of it is due any more."""
        self.in_force[rows] = NONE
        self.in_grace[rows] = False
        self.captivity.nothing_due(rows)

    # -- the day of a truce ----------------------------------------------------------------------

    def carry_out(self, day: int) -> list[tuple[Ints, int, Ints, Ints, Ints, Ints]]:
        """Hand over the batches that are due today; one that goes ahead lays a dispute to rest.

        Returns, for each pool, the rows concerned, the pool, and the living returned, remains
        returned, those found to be dead and prisoners freed in each: (rows,) each.
        """
        due = (self.holding & (day >= self.next_batch)).nonzero()[0]
        due = due[self.captivity.still_due(due) > 0]
        if not len(due):
            return []
        handed = []
        left = self._batches_left(due, day)
        self.next_batch[due] = day + self.batch_every[due]
        self.disputed[due] = False
        going = [self._deliverable(due, left, pool, day) for pool in range(len(self.holders))]
        for pool, (rows, batches) in enumerate(going):
            if not len(rows):
                continue
            package = self.in_force[rows]
            people, remains, dead, freed = self.captivity.hand_over(
                rows, pool, package, batches, day - 1
            )
            self._dispute(rows[dead > 0], self.holders[pool], day)
            handed.append((rows, pool, people, remains, dead, freed))
        return handed

    def _batches_left(self, rows: Ints, day: int) -> Ints:
        """Batches until the exchange is to be complete, today's included."""
        last = self.term_from[rows] + self.packages.exchange_days[self.in_force[rows]] - 1
        last = np.maximum(last, day)
        return np.asarray((last - day) // self.batch_every[rows] + 1, dtype=np.int64)

    def _deliverable(self, due: Ints, left: Ints, pool: int, day: int) -> tuple[Ints, Ints]:
        """Rows in which a pool's batch goes ahead: everyone complies, or mediators mend it."""
        owed = self.captivity.due_of(due, pool) + self.captivity.due_remains[due, pool] > 0
        rows, batches = due[owed], left[owed]
        whole = np.maximum(self.captivity.due_at_signing[rows], 1)
        progress = 1.0 - self.captivity.still_due(rows) / whole
        out_of_hand = self.captivity.beyond_reach[rows, pool] * progress
        goes = np.ones(len(rows), dtype=bool)
        for party in dict.fromkeys([self.holders[pool], *self.payers[pool]]):
            complies = self.compliance[party][rows]
            if party == self.holders[pool]:
                complies = complies * (1.0 - out_of_hand)
            fails = self.delivery_luck[day][party][rows] >= complies
            self.kept[rows[~fails], party] += 1
            settled = self._dispute(rows[fails], party, day)
            goes[fails] &= settled
        return rows[goes], batches[goes]

    def _dispute(self, rows: Ints, party: int, day: int) -> Bools:
        """A promise was not kept: do mediators mend it? (rows,). If not, it counts as broken."""
        self.disputes[rows] += 1
        settled = (self.dispute_luck[day][rows] < self.resolved[rows]) & self.helped
        unsettled = rows[~settled]
        self.broken[unsettled, party] += 1
        self.disputed[unsettled] = True
        return np.asarray(settled)

    def suffer_violations(self, day: int) -> Bools:
        """Breaches short of collapse: they cost trust. Returns where there was one: (runs,)."""
        breach = self.holding & (self.violation_luck[day] < self.violation_chance)
        self.broken += breach.T
        self.violations += breach.sum(axis=0)
        return np.asarray(breach.any(axis=0))

    def breaks(self, day: int) -> tuple[Ints, Ints]:
        """Truces that somebody ends today: their rows and the cause (index into `causes`)."""
        rows = (self.holding & (day > self.began)).nonzero()[0]
        if not len(rows):
            return rows, rows
        margin = self._margins(rows, day)
        broken = margin.min(axis=1) < 1.0
        return rows[broken], margin[broken].argmin(axis=1)

    def _margins(self, rows: Ints, day: int) -> Floats:
        """Luck over hazard, by cause: the lowest below 1 ends the truce today: (rows, causes)."""
        parties = len(self.parties)
        common = self._common_risk(rows)
        risks = np.empty((len(rows), len(self.causes)))
        risks[:, :parties] = common[:, None] + self._own_risks(rows)
        for k, strength in enumerate(self.spoiling):
            seen = self.effect["gap"][rows] * self.gap[rows, self.spoiler_side[k]]
            risks[:, parties + k] = common - np.log(parties) + strength[rows] + seen
        hazard = weibull_hazard(
            (day - self.began[rows])[:, None], self.shape[rows, None], self.scale[rows, None], risks
        )
        luck = self.resumption_luck[day].take(rows, axis=1).T
        return np.asarray(luck / np.maximum(hazard, 1e-300))

    def _common_risk(self, rows: Ints) -> Floats:
        """The part of the log hazard that all causes share: (rows,)."""
        package, effect = self.in_force[rows], self.effect
        pending = self.captivity.still_due(rows) / np.maximum(
            self.captivity.due_at_signing[rows], 1
        )
        return np.asarray(
            effect["guarantee"][rows] * self.bite[rows] * self.packages.binding(package)
            + effect["pending"][rows] * pending
            + effect["pressure"][rows] * self.pressure[rows]
            + effect["extension"][rows] * (self.extended[rows] > 0)
            + effect["dispute"][rows] * self.disputed[rows]
            + effect["grace"][rows] * self.in_grace[rows]
        )

    def _own_risks(self, rows: Ints) -> Floats:
        """What adds to the parties' log hazards, distrust and fighting looking better.

        (rows, parties). The baseline is that of the truce as a whole; its parties share it alike.
        """
        kept, broken = self.kept[rows], self.broken[rows]
        trusted = trust(
            kept.sum(axis=1, keepdims=True) - kept,  # by the others
            broken.sum(axis=1, keepdims=True) - broken,
            (self.prior[0][rows, None], self.prior[1][rows, None]),
        )
        return np.asarray(
            self.effect["trust"][rows, None] * (trusted - 0.5)
            + self.effect["gap"][rows, None] * self.gap[rows]
            - np.log(len(self.parties))
        )

    def expiring(self, day: int) -> Ints:
        """Rows in which a truce has seen its last day."""
        open_ended = self.packages.permanent[np.maximum(self.in_force, 0)]
        return (self.holding & ~open_ended & (day > self.last_day)).nonzero()[0]

    def may_extend(self, rows: Ints) -> Bools:
        """Whether enough captives of the agreed kind are left for one more day: (rows,)."""
        enough = self.captivity.extendable(rows, self.in_force[rows]) >= self.extension_people[rows]
        in_all = self.last_day[rows] - self.began[rows] + 1
        below_cap = in_all < self.extension_cap[rows]
        return np.asarray(enough & below_cap & ~self.in_grace[rows] & self.extends)

    def extend(self, rows: Ints, day: int) -> None:
        """One more day, for so many more captives."""
        number = np.rint(self.extension_people[rows]).astype(np.int64)
        self.captivity.extend(rows, self.in_force[rows], number)
        self.extended[rows] += 1
        self.last_day[rows] += 1
        self.next_batch[rows] = day

    def grant_grace(self, rows: Ints) -> Bools:
        """A guaranteed truce outlives its term while talks go on: whether it does: (rows,)."""
        guaranteed = self.packages.guarantee[self.in_force[rows]] >= 1
        grace = guaranteed & ~self.in_grace[rows] & (self.grace_days[rows] > 0)
        self.in_grace[rows[grace]] = True
        self.last_day[rows[grace]] += self.grace_days[rows[grace]]
        return np.asarray(grace)
