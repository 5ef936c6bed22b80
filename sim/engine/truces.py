"""Truces: how they are carried out, what endangers them, and how they end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.engine.captives import Captivity
from sim.engine.sampling import ParameterSample
from sim.scenario.packages import Packages
from sim.scenario.schema import Scenario
from sim.theory.commitment import PERMANENCE
from sim.theory.durability import trust, weibull_hazard
from sim.types import Bools, Floats, Ints

NONE = -1

#: Effects on the log hazard that a scenario gives numbers for.
EFFECTS = ("guarantee", "trust", "gap", "pending", "pressure", "extension", "dispute", "grace")


@dataclass(frozen=True)
class TruceParams:
    """The numbers of truces; axis 0 is the run."""

    compliance: list[Floats]  # by party, (runs,) chance that it delivers a batch
    shape: Floats  # (runs,) of the Weibull hazard
    scale: Floats  # (runs,) in days
    effects: dict[str, Floats]  # (runs,) each, on the log hazard
    bite: Floats  # (runs,) of a guarantee
    prior: tuple[Floats, Floats]  # (runs,) promises kept and broken that trust begins with
    batch_every: Ints  # (runs,) days between two batches
    dispute_resolved: Floats  # (runs,) chance that mediators mend a dispute
    violation_chance: Floats  # (runs,) of each party on a day
    grace_days: Ints  # (runs,)
    second_phase_from: Ints  # (runs,) day of a truce from which the next phase is negotiated
    extension_people: Floats  # (runs,) captives for one more day
    extension_cap: Ints  # (runs,) days of a truce, extensions included
    spoiler_strengths: list[Floats]  # by spoiler, (runs,) added to the log hazard

    @classmethod
    def of(cls, sample: ParameterSample) -> TruceParams:
        """Read the numbers of truces from a sample."""
        scenario = sample.scenario
        judgement = PERMANENCE[scenario.permanence.kind]()
        each = sample["truce.violations_per_day"] / len(scenario.parties)
        return cls(
            compliance=[sample.get(f"parties.{p}.compliance", 1.0) for p in scenario.parties],
            shape=sample["truce.shape"],
            scale=sample["truce.scale_days"],
            effects={name: sample.get(f"truce.effects.{name}", 0.0) for name in EFFECTS},
            bite=judgement.bite(sample.of("permanence.numbers", judgement.numbers)),
            prior=(sample["truce.trust_kept"], sample["truce.trust_broken"]),
            batch_every=np.maximum(np.rint(sample["truce.batch_every_days"]), 1).astype(int),
            dispute_resolved=sample["truce.dispute_resolved"],
            violation_chance=-np.expm1(-each),
            grace_days=np.rint(sample["truce.grace_days"]).astype(int),
            second_phase_from=np.rint(sample["truce.second_phase_from_day"]).astype(int),
            extension_people=sample.get("truce.extension.captives_per_day", 0.0),
            extension_cap=np.rint(sample.get("truce.extension.cap_days", 0.0)).astype(int),
            spoiler_strengths=[sample[f"spoilers.{s}.strength"] for s in scenario.spoilers],
        )


class Truces:
    """The truces of a block of runs; axis 0 is the run."""

    def __init__(
        self, sample: ParameterSample, packages: Packages, captivity: Captivity, helped: bool
    ) -> None:
        scenario, streams, runs = sample.scenario, sample.chance, sample.chance.runs
        self.packages = packages
        self.captivity = captivity
        self.parties = list(scenario.parties)
        self.spoilers = list(scenario.spoilers)
        self.causes = [*self.parties, *self.spoilers]
        self.holders = [self.parties.index(pool.holder) for pool in scenario.captives.values()]
        self.payers = self._payers(scenario)
        self.spoiler_side = [self.parties.index(s.side) for s in scenario.spoilers.values()]
        self.helped = helped
        self.extends = scenario.truce.extension is not None
        self.params = TruceParams.of(sample)

        self._delivery_uniforms = streams.dailies([f"delivers {party}" for party in self.parties])
        self._dispute_uniforms = streams.daily("disputes")
        self._violation_uniforms = streams.dailies([f"violations {p}" for p in self.parties])
        self._resumption_uniforms = streams.dailies([f"resumes {cause}" for cause in self.causes])

        self.in_force = np.full(runs, NONE, dtype=np.int64)  # package
        self.began = np.zeros(runs, dtype=np.int64)  # day the guns fell silent
        self.term_from = np.zeros(runs, dtype=np.int64)  # day the package in force was signed
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

    def set_params(self, sample: ParameterSample) -> None:
        """Set the numbers of a new sample."""
        self.take_params(TruceParams.of(sample))

    def take_params(self, params: TruceParams) -> None:
        """Set new numbers."""
        self.params = params

    def _payers(self, scenario: Scenario) -> list[list[int]]:
        """Return, for each pool of captives, the parties who free prisoners for them."""
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
        """Begin a truce with a signed package, or go on with the one in force on new terms."""
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
        """End a truce; nothing of it is due any more."""
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
        self.next_batch[due] = day + self.params.batch_every[due]
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
        """Return the batches until the exchange is to be complete, today's included: (rows,)."""
        last = self.term_from[rows] + self.packages.exchange_days[self.in_force[rows]] - 1
        last = np.maximum(last, day)
        return np.asarray((last - day) // self.params.batch_every[rows] + 1, dtype=np.int64)

    def _deliverable(self, due: Ints, left: Ints, pool: int, day: int) -> tuple[Ints, Ints]:
        """Return rows in which a pool's batch goes ahead: all comply, or mediators mend it."""
        owed = self.captivity.due_of(due, pool) + self.captivity.due_remains[due, pool] > 0
        rows, batches = due[owed], left[owed]
        whole = np.maximum(self.captivity.due_at_signing[rows], 1)
        progress = 1.0 - self.captivity.still_due(rows) / whole
        out_of_hand = self.captivity.params.beyond_reach[rows, pool] * progress
        goes = np.ones(len(rows), dtype=bool)
        for party in dict.fromkeys([self.holders[pool], *self.payers[pool]]):
            complies = self.params.compliance[party][rows]
            if party == self.holders[pool]:
                complies = complies * (1.0 - out_of_hand)
            fails = self._delivery_uniforms[day][party][rows] >= complies
            self.kept[rows[~fails], party] += 1
            settled = self._dispute(rows[fails], party, day)
            goes[fails] &= settled
        return rows[goes], batches[goes]

    def _dispute(self, rows: Ints, party: int, day: int) -> Bools:
        """Return whether mediators mend a promise not kept, else it counts as broken: (rows,)."""
        self.disputes[rows] += 1
        settled = (
            self._dispute_uniforms[day][rows] < self.params.dispute_resolved[rows]
        ) & self.helped
        unsettled = rows[~settled]
        self.broken[unsettled, party] += 1
        self.disputed[unsettled] = True
        return np.asarray(settled)

    def apply_violations(self, day: int) -> Bools:
        """Let parties breach truces, which costs trust; return where one did: (runs,)."""
        breach = self.holding & (self._violation_uniforms[day] < self.params.violation_chance)
        self.broken += breach.T
        self.violations += breach.sum(axis=0)
        return np.asarray(breach.any(axis=0))

    def breaks(self, day: int) -> tuple[Ints, Ints]:
        """Return the rows of truces that end today, and the cause (index into `causes`)."""
        rows = (self.holding & (day > self.began)).nonzero()[0]
        if not len(rows):
            return rows, rows
        margin = self._margins(rows, day)
        broken = margin.min(axis=1) < 1.0
        return rows[broken], margin[broken].argmin(axis=1)

    def _margins(self, rows: Ints, day: int) -> Floats:
        """Return draws over hazards; the lowest below 1 ends the truce: (rows, causes)."""
        parties = len(self.parties)
        common = self._common_risk(rows)
        risks = np.empty((len(rows), len(self.causes)))
        risks[:, :parties] = common[:, None] + self._own_risks(rows)
        for k, strength in enumerate(self.params.spoiler_strengths):
            seen = self.params.effects["gap"][rows] * self.gap[rows, self.spoiler_side[k]]
            risks[:, parties + k] = common - np.log(parties) + strength[rows] + seen
        hazard = weibull_hazard(
            (day - self.began[rows])[:, None],
            self.params.shape[rows, None],
            self.params.scale[rows, None],
            risks,
        )
        uniforms = self._resumption_uniforms[day].take(rows, axis=1).T
        return np.asarray(uniforms / np.maximum(hazard, 1e-300))

    def _common_risk(self, rows: Ints) -> Floats:
        """Return the part of the log hazard that all causes share: (rows,)."""
        package, effect = self.in_force[rows], self.params.effects
        pending = self.captivity.still_due(rows) / np.maximum(
            self.captivity.due_at_signing[rows], 1
        )
        return np.asarray(
            effect["guarantee"][rows] * self.params.bite[rows] * self.packages.binding(package)
            + effect["pending"][rows] * pending
            + effect["pressure"][rows] * self.pressure[rows]
            + effect["extension"][rows] * (self.extended[rows] > 0)
            + effect["dispute"][rows] * self.disputed[rows]
            + effect["grace"][rows] * self.in_grace[rows]
        )

    def _own_risks(self, rows: Ints) -> Floats:
        """Return what distrust and a better war add to the parties' log hazards.

        (rows, parties). The baseline is that of the truce as a whole; its parties share it alike.
        """
        kept, broken = self.kept[rows], self.broken[rows]
        trusted = trust(
            kept.sum(axis=1, keepdims=True) - kept,  # by the others
            broken.sum(axis=1, keepdims=True) - broken,
            (self.params.prior[0][rows, None], self.params.prior[1][rows, None]),
        )
        return np.asarray(
            self.params.effects["trust"][rows, None] * (trusted - 0.5)
            + self.params.effects["gap"][rows, None] * self.gap[rows]
            - np.log(len(self.parties))
        )

    def expiring(self, day: int) -> Ints:
        """Return rows in which a truce has seen its last day."""
        open_ended = self.packages.permanent[np.maximum(self.in_force, 0)]
        return (self.holding & ~open_ended & (day > self.last_day)).nonzero()[0]

    def may_extend(self, rows: Ints) -> Bools:
        """Return whether enough captives of the agreed kind are left for one more day: (rows,)."""
        enough = (
            self.captivity.extendable(rows, self.in_force[rows])
            >= self.params.extension_people[rows]
        )
        in_all = self.last_day[rows] - self.began[rows] + 1
        below_cap = in_all < self.params.extension_cap[rows]
        return np.asarray(enough & below_cap & ~self.in_grace[rows] & self.extends)

    def extend(self, rows: Ints, day: int) -> None:
        """Extend a truce by a day, for so many more captives."""
        number = np.rint(self.params.extension_people[rows]).astype(np.int64)
        self.captivity.extend(rows, self.in_force[rows], number)
        self.extended[rows] += 1
        self.last_day[rows] += 1
        self.next_batch[rows] = day

    def grant_grace(self, rows: Ints) -> Bools:
        """Let guaranteed truces outlive their term while talks go on; return which do: (rows,)."""
        guaranteed = self.packages.guarantee[self.in_force[rows]] >= 1
        grace = guaranteed & ~self.in_grace[rows] & (self.params.grace_days[rows] > 0)
        self.in_grace[rows[grace]] = True
        self.last_day[rows[grace]] += self.params.grace_days[rows[grace]]
        return np.asarray(grace)
