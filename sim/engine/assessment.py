"""What every package is worth to everyone today, and the zone of agreement (ZOPA)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.engine.agents.mediator import MARGIN_OF_PERSUASION, Mediator
from sim.engine.agents.party import Belief, Party, Valuation
from sim.engine.outcomes import NONE
from sim.engine.random_streams import RandomStreams
from sim.engine.rounds import Assessment
from sim.engine.truces import Truces
from sim.scenario.quantity import standard_normal
from sim.theory.war import WarState
from sim.types import Bools, Floats, Ints

#: Taken off the utility of a package that nobody can offer, in utils: beyond any other difference.
NOT_ON_OFFER = np.float32(1e6)

Pair = tuple[int, int]  # the places of two parties: who judges, and whom


@dataclass(frozen=True)
class BeliefParams:
    """How parties misjudge each other, and what mediators guarantee; axis 0 is the run."""

    temptation_error: Mapping[Pair, Floats]  # (runs,) in judging who would break a truce, in utils
    optimism: Mapping[Pair, Floats]  # (runs,) by how much one thinks another would go lower
    unsure: Mapping[int, Floats]  # by party, (runs,) how unsure it is of what others settle for
    guaranteed: Floats  # (runs,) the strongest guarantee that a mediator offers

    @classmethod
    def of(
        cls, streams: RandomStreams, parties: Sequence[Party], mediators: Sequence[Mediator]
    ) -> BeliefParams:
        """Draw the errors, and read the rest from the parties and mediators."""
        pairs = [
            (i, j, judge, other)
            for i, judge in enumerate(parties)
            for j, other in enumerate(parties)
            if i != j
        ]
        errors = {
            (i, j): judge.params.misjudgement
            * standard_normal(streams.once(f"misjudges {judge.name} {other.name}")[:, 0])
            for i, j, judge, other in pairs
        }
        offers = [mediator.params.guarantee for mediator in mediators]
        return cls(
            {pair: error.astype(np.float32) for pair, error in errors.items()},
            {
                (i, j): _optimism(judge, other, mediators, streams.runs)
                for i, j, judge, other in pairs
                if other.veto
            },
            {i: party.params.misreading for i, party in enumerate(parties)},
            np.max(offers, axis=0) if offers else np.zeros(streams.runs),
        )

    def with_optimism(
        self, parties: Sequence[Party], mediators: Sequence[Mediator]
    ) -> BeliefParams:
        """Return the same with hopes, doubts and guarantees as parties and mediators have them."""
        offers = [mediator.params.guarantee for mediator in mediators]
        optimism = {
            (i, j): _optimism(parties[i], parties[j], mediators, len(self.guaranteed))
            for i, j in self.optimism
        }
        guaranteed = np.max(offers, axis=0) if offers else self.guaranteed
        unsure = {i: party.params.misreading for i, party in enumerate(parties)}
        return replace(self, optimism=optimism, unsure=unsure, guaranteed=guaranteed)


def _optimism(judge: Party, other: Party, mediators: Sequence[Mediator], runs: int) -> Floats:
    """Return by how much a party believes another would go lower than it would: (runs,), in utils.

    Less so where a mediator whom it believes knows better.
    """
    revealed = np.zeros(runs)
    for mediator in mediators:
        revealed = np.maximum(revealed, mediator.share_revealed(judge.name, other.name))
    return judge.params.optimism * (1.0 - revealed)


class Assessor:
    """Assess packages for all parties of a block of runs."""

    def __init__(
        self,
        streams: RandomStreams,
        parties: list[Party],
        mediators: list[Mediator],
        truces: Truces,
        evidence: Callable[[Ints], WarState],
        *,
        at_once: int,
        offered: Bools | None = None,
    ) -> None:
        self.parties = parties
        self.mediators = mediators
        self.truces = truces
        self.captivity = truces.captivity
        self.packages = truces.packages
        self.vetoers = [i for i, party in enumerate(parties) if party.veto]
        #: What the battles have shown in some rows.
        self.evidence = evidence
        #: Rows that are assessed at a time, which bounds the memory that it takes.
        self.at_once = at_once
        #: Which packages may be offered at all, (packages,); None if all may.
        self.offered = offered
        self.streams = streams
        self.beliefs = BeliefParams.of(streams, parties, mediators)
        for (i, j), optimism in self.beliefs.optimism.items():
            parties[i].set_first_belief(parties[j].name, optimism)

    def read_beliefs(self) -> None:
        """Read what parties believe of each other anew, once their own numbers have changed.

        What they have learnt of each other stays.
        """
        self._believe(BeliefParams.of(self.streams, self.parties, self.mediators))

    def read_optimism(self) -> None:
        """Read anew what parties believe, where their errors in judging others are as they were."""
        self._believe(self.beliefs.with_optimism(self.parties, self.mediators))

    def _believe(self, new: BeliefParams) -> None:
        """Set what parties believe at first, as far from what they have learnt as it was."""
        before, self.beliefs = self.beliefs, new
        for (i, j), optimism in new.optimism.items():
            old = Belief(-before.optimism[i, j], before.unsure[i])
            now = Belief(-optimism, new.unsure[i])
            self.parties[i].carry_belief(self.parties[j].name, old, now)

    # -- what packages are worth ---------------------------------------------------------------

    def parts(self, rows: Ints) -> Iterator[Ints]:
        """Yield rows in parts small enough to be assessed at a time."""
        for first in range(0, len(rows), self.at_once):
            yield rows[first : first + self.at_once]

    def assess(self, rows: Ints, truthful: bool = False) -> Assessment:
        """Return what every package is worth to everybody today, in some rows.

        With `truthful`, if they knew the true chances of war.
        """
        return self.evaluate_utilities(rows, *self.evaluate_deals(rows, truthful))

    def utilities(self, truthful: bool = False) -> tuple[Floats, Floats, Floats]:
        """Return what every package is worth to everybody today, in double precision.

        The utilities (runs, parties, packages), which are -infinity where a package is not on
        offer, the reservation values (runs, parties) and the side payments that mediators could
        add (runs, parties).
        """
        runs, parties = self.streams.runs, len(self.parties)
        worth = np.empty((runs, parties, len(self.packages)))
        reservation, backed = np.empty((runs, parties)), np.empty((runs, parties))
        for rows in self.parts(np.arange(runs)):
            assessment = self.assess(rows, truthful)
            on_offer = self.on_offer(rows)[:, None]
            worth[rows] = np.where(on_offer, assessment.worth, -np.inf)
            reservation[rows], backed[rows] = assessment.reservation, assessment.backed
        return worth, reservation, backed

    def least_gains(self, truthful: bool = False) -> Floats:
        """Return what whoever gains least would gain from each package: (runs, packages), in utils.

        Over no deal, side payments included, among the parties with a veto; 0 or more is a ZOPA,
        and -infinity what is not on offer.
        """
        worth, reservation, backed = self.utilities(truthful)
        floor = (reservation - backed)[:, self.vetoers]
        return np.asarray((worth[:, self.vetoers] - floor[:, :, None]).min(axis=1))

    def evaluate_deals(self, rows: Ints, truthful: bool = False) -> tuple[list[Valuation], Floats]:
        """Return everybody's valuation, and the value of war to each: (rows, parties).

        Each judges the others' temptation to break a truce with an error of its own.
        """
        evidence = self.evidence(rows)
        lift = self.captivity.lift(rows)
        lift_after, exchange = self.captivity.prospects(rows)
        forecasts = [
            party.forecast_war(rows, evidence, lift, lift_after, truthful) for party in self.parties
        ]
        tempted = np.stack([forecast.temptation.T for forecast in forecasts]).transpose(2, 0, 1)
        valuations = []
        for i, (party, forecast) in enumerate(zip(self.parties, forecasts, strict=True)):
            judged = tempted.copy(order="K")
            for j in range(len(self.parties)):
                if j != i:
                    judged[:, j] += self.beliefs.temptation_error[i, j][rows, None]
            valuations.append(party.evaluate_deals(rows, forecast, judged, i, exchange))
        return valuations, np.stack([forecast.war_now for forecast in forecasts]).T

    def evaluate_utilities(
        self, rows: Ints, valuations: list[Valuation], war_values: Floats
    ) -> Assessment:
        """Return what every package is worth, given everybody's valuation."""
        shape = (len(self.parties), len(self.packages), len(rows))
        worth = np.empty(shape, dtype=np.float32).transpose(2, 0, 1)  # run last in memory
        for i, (party, valuation) in enumerate(zip(self.parties, valuations, strict=True)):
            worth[:, i] = party.evaluate_packages(rows, valuation)
        on_offer = self.on_offer(rows)
        if not on_offer.all():
            worth -= NOT_ON_OFFER * ~on_offer[:, None]
        backed = np.zeros((len(self.parties), len(rows)), dtype=np.float32).T
        payable = backed.copy(order="K")
        for mediator in self.mediators:
            for i, party in enumerate(self.parties):
                backed[:, i] += mediator.leverage_left[party.name][rows]
                payable[:, i] += mediator.can_pay(party.name, rows)
        reservation = np.stack([valuation.tables.reservation for valuation in valuations]).T
        where = np.arange(len(rows))
        return Assessment(rows, where, worth, reservation, backed, payable, valuations, war_values)

    def on_offer(self, rows: Ints) -> Bools:
        """Return packages that can be guaranteed and cut no truce short: (rows, packages)."""
        packages, in_force = self.packages, self.truces.in_force[rows]
        on_offer = (packages.guarantee[:, None] <= self.beliefs.guaranteed[rows] + 1e-9).T
        in_truce = in_force != NONE
        if in_truce.any():
            term = np.where(in_truce, packages.days[np.maximum(in_force, 0)], 0.0)
            on_offer &= (packages.days[:, None] >= term).T
        if self.offered is not None:
            on_offer &= self.offered
        return np.asarray(on_offer)

    def zone_of_agreement(self, assessment: Assessment) -> Bools:
        """Return packages that beat no deal for all with a veto: (rows, packages).

        Side payments are included.
        """
        floor = assessment.reservation - assessment.backed
        inside = np.ones((len(self.packages), len(assessment.rows)), dtype=bool).T
        for i in self.vetoers:
            inside &= assessment.worth[:, i] >= floor[:, i, None]
        return inside

    # -- side payments -------------------------------------------------------------------------

    def side_payment(
        self, assessment: Assessment, party: int, value: Floats, noise: Floats
    ) -> Floats:
        """Return what mediators would add to a package of this `value` to a party: (rows,).

        In utils: what it falls short of the party's reservation value, with a margin over the
        `noise` (rows,) in its answer, and no more than they can pay.
        """
        wanted = assessment.reservation[:, party] + MARGIN_OF_PERSUASION * noise - value
        return np.asarray(np.clip(wanted, 0.0, assessment.payable[:, party]))

    # -- truces --------------------------------------------------------------------------------

    def update_gaps(self, rows: Ints, valuations: list[Valuation], where: Ints) -> None:
        """Set by how much fighting on looks better than the rest of the deal, to each party.

        Breaking a guaranteed truce has its price, which counts against fighting on. `where` are
        the places of the rows in the valuations.
        """
        truces, packages = self.truces, self.packages
        package = truces.in_force[rows]
        outstanding = self.captivity.outstanding(rows, package)
        binding = packages.binding(package)
        for i, (party, valuation) in enumerate(zip(self.parties, valuations, strict=True)):
            tables, params = valuation.tables, party.params
            rest = tables.frames[where, packages.frame_of[package]]
            rest = rest + outstanding * tables.swaps[where, packages.swap_of[package]]
            reneging = params.stakes.war[rows] * params.bite[rows] * binding
            truces.gap[rows, i] = np.maximum(tables.reservation[where] - reneging - rest, 0.0)

    def all_want_extension(self, rows: Ints) -> Bools:
        """Return whether all with a veto gain from a day more for some more captives: (rows,)."""
        truces, captivity, packages = self.truces, self.captivity, self.packages
        evidence = self.evidence(rows)
        package = truces.in_force[rows]
        people = truces.params.extension_people[rows]
        covered = np.maximum(captivity.extendable(rows, package), 1.0)
        release = packages.release_of[package]
        lift, lift_after = captivity.lift(rows), captivity.lift_after(rows)
        part = np.minimum(people / covered, 1.0)
        after = lift + part * (lift_after[np.arange(len(rows)), release] - lift)
        willing = np.ones(len(rows), dtype=bool)
        for i in self.vetoers:
            party = self.parties[i]
            value = party.value_of_war(
                rows, evidence, np.stack([lift, after], axis=1), np.array([0.0, 1.0])
            )
            gain = self._gain_from_captives(rows, package, people, party)
            gain = gain + party.params.stakes.war[rows] * (value[:, 1] - value[:, 0])
            willing &= gain >= 0
        return willing

    def _gain_from_captives(
        self, rows: Ints, package: Ints, people: Floats, party: Party
    ) -> Floats:
        """Return what some more captives at the agreed price would bring a party: (rows,)."""
        captivity, stakes = self.captivity, party.params.stakes
        gain = np.zeros(len(rows))
        release = self.packages.release_of[package]
        for pool in range(len(captivity.pools)):
            here = self.packages.covers[release][:, captivity.pool_of == pool].any(axis=1)
            share = here * people / np.maximum(captivity.params.initial_paid[rows, pool], 1)
            gain += stakes.captives[rows, pool] * share
            for k in np.flatnonzero(captivity.paid_for == pool):
                freed = captivity.prisoners_freed[rows, k]
                more = freed + here * people * self.packages.ratio(pool)[package]
                step = np.log1p(more) - np.log1p(freed)
                step = step / np.log1p(captivity.params.prisoners[rows, k])
                gain += stakes.ratio[rows, pool] * step
        return gain
