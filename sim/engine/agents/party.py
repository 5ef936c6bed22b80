"""A party to the conflict: what it makes of the war, of a package and of what it hears.

A party knows its own numbers, what everybody can see, and what it is handed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mesa
import numpy as np

from sim.engine.agents.constituency import Constituency, ConstituencyParams
from sim.engine.sampling import ParameterSample, carry_over
from sim.engine.utility import Exchange, Stakes, Tables, blended, columns, outer, tables_of
from sim.scenario.errors import StrategyError
from sim.scenario.packages import Packages, crosses, retreat
from sim.scenario.quantity import standard_normal
from sim.theory.bargaining import mask_outside
from sim.theory.commitment import PERMANENCE, blame, permanence, temptation
from sim.theory.concession import TACTICS, ConcessionInput
from sim.theory.war import WAR_MODULES, WarState
from sim.types import Bools, Floats, Ints


@dataclass(frozen=True)
class WarForecast:
    """What a party expects of the war and of itself; axis 0 is the run."""

    war_now: Floats  # (runs,) value of fighting on from today
    war_after: Floats  # (runs, frames) and after a truce and an exchange
    reneging: Floats  # (runs, frames) what it would cost it to break the truce
    temptation: Floats  # (runs, frames) what it would gain by resuming the war


@dataclass(frozen=True)
class Valuation:
    """What a party makes of the possible deals today, before their price at home."""

    tables: Tables  # its own, with its constituencies' weight
    voters: list[Tables]  # those of each constituency that has seats
    permanence: Floats  # (runs, frames) how likely it thinks a truce is to last

    def first(self, runs: int) -> Valuation:
        """Return the valuation in so many of its first runs."""
        voters = [tables.first(runs) for tables in self.voters]
        return Valuation(self.tables.first(runs), voters, self.permanence[:runs])


@dataclass(frozen=True)
class PartyParams:
    """The numbers of a party; axis 0 is the run."""

    war: Mapping[str, Floats]  # (runs,) each, of the war as it is
    own_war: Mapping[str, Floats]  # (runs,) each, of the war as it sees it
    daily_cost: Floats  # (runs,) of the war, in utils
    judgement: Mapping[str, Floats]  # (runs,) each, of its judgement how long truces last
    bite: Floats  # (runs,) what it costs to break a guaranteed truce, as a share of winning
    misjudgement: Floats  # (runs,) scale of its error in judging the others' temptation
    tactic: Mapping[str, Floats]  # (runs,) each, of its way of conceding
    optimism: Floats  # (runs,) by how much it thinks others would go lower, in utils
    misreading: Floats  # (runs,) scale of its error in that on a day
    weight_error: Floats  # (runs,) scale of its error in what others care about
    audience_cost: Floats  # (runs,) of retreating in public, in utils
    exposure: Floats  # (runs,) how public its position is on the first day, 0 to 1
    stakes: Stakes
    settlement: list[Floats]  # by settlement issue, (runs, levels)
    override_price: Floats  # (runs,) of overriding a vote at home, in utils
    red_lines: list[tuple[Floats, Ints]]  # what each costs (runs,), and the packages that cross it

    @classmethod
    def of(cls, sample: ParameterSample, name: str, packages: Packages) -> PartyParams:
        """Read the numbers of a party from a sample."""
        spec = sample.scenario.parties[name]
        path = f"parties.{name}"
        war = WAR_MODULES[sample.scenario.war.kind]()
        judgement = PERMANENCE[sample.scenario.permanence.kind]()
        own_war = sample.of(f"{path}.war", war.party_numbers)
        judgement_numbers = sample.of("permanence.numbers", judgement.numbers)
        settlement = _settlement(sample, path, path, packages)
        return cls(
            war=sample.of("war.numbers", war.numbers),
            own_war=own_war,
            daily_cost=war.daily_cost(own_war),
            judgement=judgement_numbers,
            bite=judgement.bite(judgement_numbers),
            misjudgement=judgement.misjudgement(judgement_numbers),
            tactic=sample.of(f"{path}.tactic.numbers", TACTICS[spec.tactic.kind]().numbers),
            optimism=sample[f"{path}.optimism"],
            misreading=sample[f"{path}.misreading"],
            weight_error=sample.get(f"{path}.weight_error", 0.0),
            audience_cost=sample[f"{path}.audience.cost"],
            exposure=sample[f"{path}.audience.exposure"],
            stakes=_stakes(sample, path, path, packages),
            settlement=[table.astype(np.float32) for table in settlement],
            override_price=sample.get(f"{path}.ratification.price", 0.0),
            red_lines=_red_lines(sample, name, packages),
        )


class Party(mesa.Agent):
    """A party; what varies is an array with one entry per run."""

    def __init__(
        self, talks: mesa.Model, name: str, sample: ParameterSample, packages: Packages
    ) -> None:
        super().__init__(talks)
        scenario = sample.scenario
        spec = scenario.parties[name]
        self.name = name
        self.title = spec.title
        self.veto = spec.veto
        self.speaks_through = spec.speaks_through
        self.packages = packages
        self.forward = name in scenario.war.forward
        self.war = WAR_MODULES[scenario.war.kind]()
        self.judgement = PERMANENCE[scenario.permanence.kind]()
        self.tactic = TACTICS[spec.tactic.kind]()
        self.quota = spec.ratification.quota if spec.ratification else 0
        self.retreat = retreat(scenario, packages.levels, name).astype(np.float32)
        pools = list(scenario.captives.values())
        self.home_pools = np.array([k for k, pool in enumerate(pools) if pool.home == name], int)
        self.slant = {
            other: standard_normal(sample.chance.once(f"weights {name} {other}", 3))
            for other in scenario.parties
            if other != name
        }  # by other party, (runs, 3): which way it is wrong about what the other cares about
        self.params = PartyParams.of(sample, name, packages)
        self.exposure = self.params.exposure.copy()  # (runs,) 0 to 1
        people = _constituency_params(sample, name, packages)
        self.constituencies = [
            Constituency(talks, c, spec.title, spec.seats, people[c])
            for c, spec in spec.constituencies.items()
        ]

    def set_params(self, sample: ParameterSample) -> None:
        """Set the numbers of a new sample; attention stays as far from its beginning as it is."""
        new = PartyParams.of(sample, self.name, self.packages)
        self.exposure = carry_over(self.exposure, self.params.exposure, new.exposure)
        self.params = new
        people = _constituency_params(sample, self.name, self.packages)
        for constituency in self.constituencies:
            constituency.set_params(people[constituency.name])

    # -- what it expects -----------------------------------------------------------------------

    def value_of_war(
        self,
        rows: Ints,
        evidence: WarState,
        lift: Floats,
        pause: Floats,
        truthful: bool = False,
    ) -> Floats:
        """Return the value of fighting on, by belief or the truth: (rows, cases), in utils."""
        numbers = {name: value[rows] for name, value in self.params.war.items()}
        own: Mapping[str, Floats] = {
            name: value[rows] for name, value in self.params.own_war.items()
        }
        if truthful:
            own = self.war.undeceived(own, numbers)
        value: Floats = self.war.value(numbers, own, evidence, lift, pause, self.forward)
        return value

    def forecast_war(
        self,
        rows: Ints,
        evidence: WarState,
        lift: Floats,
        lift_after: Floats,
        truthful: bool = False,
    ) -> WarForecast:
        """Value the war now and after each kind of truce, and what it would then be tempted to do.

        `lift` (runs,) and `lift_after` (runs, releases) are how far the captives still held and
        those given up have moved the forward side's chance in a battle.
        """
        packages = self.packages
        cases = np.concatenate([lift[:, None], lift_after[:, packages.after_release]], axis=1)
        pause = np.concatenate([[0.0], packages.after_days])
        value = self.value_of_war(rows, evidence, cases, pause, truthful).astype(np.float32)
        after = columns(value[:, 1:], packages.frame_after)
        settled = self._settlement_utility(rows)
        reneging = outer(self.params.bite[rows].astype(np.float32), packages.frame_bite)
        tempted = temptation(after, settled, reneging, 1.0, 1.0)
        return WarForecast(value[:, 0], after, reneging, tempted)

    def _settlement_utility(self, rows: Ints) -> Floats:
        """Return what the leadership gains if the war ends on a frame's terms: (rows, frames)."""
        if not self.params.settlement:
            half = np.full(len(self.packages.frame_days), 0.5, dtype=np.float32)
            return outer(np.ones(len(rows), dtype=np.float32), half)
        total = sum(
            columns(table[rows], self.packages.frame_levels[:, k])
            for k, table in enumerate(self.params.settlement)
        )
        return np.asarray(total / np.float32(len(self.params.settlement)))

    def evaluate_deals(
        self, rows: Ints, forecast: WarForecast, temptations: Floats, own: int, exchange: Exchange
    ) -> Valuation:
        """Return what a deal is worth to each of its constituencies, and to it with their weight.

        `temptations` (runs, parties, frames) are everybody's, as it judges them; `own` is its own
        place among them.
        """
        packages = self.packages
        numbers = {name: value[rows] for name, value in self.params.judgement.items()}
        resumptions = self.judgement.resumptions(numbers, temptations)
        lasts = permanence(resumptions)
        blamed = blame(resumptions)[:, own]
        resumed = (1.0 - lasts) * (forecast.war_after - blamed * forecast.reneging)
        own_stakes = self.params.stakes.of(rows)
        people = [constituency.params.stakes.of(rows) for constituency in self.constituencies]
        together = blended([own_stakes, *people], self._weights(rows))

        def tables(stakes: Stakes) -> Tables:
            return tables_of(stakes, exchange, packages, lasts, resumed, forecast.war_now)

        voters = [tables(s) for s, c in zip(people, self.constituencies, strict=True) if c.seats]
        return Valuation(tables(together), voters, lasts)

    def evaluate_packages(self, rows: Ints, valuation: Valuation) -> Floats:
        """Return the utility of every package: (rows, packages).

        Less the costs of retreating in public, of red lines and of overriding a vote.
        """
        worth = valuation.tables.spread(self.packages)
        exposed = (self.params.audience_cost[rows] * self.exposure[rows]).astype(np.float32)
        worth -= outer(exposed, self.retreat)
        for price, crossed in self.params.red_lines:
            worth.T[crossed] -= price[rows]
        if self.quota:
            rejected = ~self.ratifies(valuation.voters)
            worth -= self.params.override_price[rows, None].astype(np.float32) * rejected
        return worth

    def _weights(self, rows: Ints) -> list[Floats]:
        """Return the leadership's weight and each constituency's: they add up to 1 in every run."""
        pulls = [constituency.weight(rows) for constituency in self.constituencies]
        total = sum(pulls, np.zeros(len(rows)))
        crowded = np.maximum(total, 1.0)
        weights = [1.0 - total / crowded, *(pull / crowded for pull in pulls)]
        return [weight.astype(np.float32) for weight in weights]

    def ratifies(self, voters: list[Tables]) -> Bools:
        """Return which packages the constituencies with seats would vote for: (rows, packages)."""
        seats = [c.seats for c in self.constituencies if c.seats]
        smallest = np.min_scalar_type(sum(seats))  # the fewer bytes a vote has the faster it is
        votes = np.zeros((len(self.packages), len(voters[0].reservation)), dtype=smallest).T
        for tables, number in zip(voters, seats, strict=True):
            approves = tables.spread(self.packages) >= tables.reservation[:, None]
            votes += approves * smallest.type(number)
        return votes >= self.quota

    # -- what it does --------------------------------------------------------------------------

    def aspiration(
        self,
        rows: Ints,
        worth: Floats,
        reservation: Floats,
        acceptable: Bools,
        elapsed: Floats,
        loss_rate: Floats,
    ) -> tuple[Floats, Bools]:
        """Return its aspiration (rows,), and whether it sees a way out (rows,).

        `acceptable` (runs, packages) are the packages it believes the others would still take. If
        none of them is better for it than no deal it sees no way out: nothing is to be gained by
        asking for more than its reservation value, so that is what it holds out for. (The limit of
        seeing ever less to be gained; anything else would make a clearer view move it backwards.)
        """
        top = mask_outside(worth, acceptable).max(axis=1)
        way_out = top >= reservation
        urged = np.ones(len(rows))
        for constituency in self.constituencies:
            urged = urged * constituency.patience_left(rows)
        numbers = {name: value[rows] for name, value in self.params.tactic.items()}
        concession = ConcessionInput(
            reservation,
            np.where(way_out, top, reservation),
            elapsed,
            self._delay_cost(rows, loss_rate),
            1.0 - urged,
        )
        aspiration = self.tactic(numbers, concession)
        if aspiration.shape != reservation.shape or not np.isfinite(aspiration).all():
            words = f"the tactic of {self.name} does not give a number for each run"
            raise StrategyError(self.tactic, words)
        return np.maximum(aspiration, reservation), way_out

    def _delay_cost(self, rows: Ints, loss_rate: Floats) -> Floats:
        """Return what a day without a deal costs, in war and deaths: (rows,), in utils."""
        cost = self.params.stakes.war[rows] * self.params.daily_cost[rows]
        for pool in self.home_pools:
            cost = cost + np.abs(self.params.stakes.captives[rows, pool]) * loss_rate[:, pool]
        return np.asarray(cost)

    def propose(self, worth: Floats, aspiration: Floats, others: Floats) -> Ints:
        """Return the package that suits the others best, of those it would accept: (rows,).

        `others` (runs, packages) is what it believes the worst-off of the others would gain.
        """
        fine = worth >= aspiration[:, None]
        proposal = mask_outside(others, fine).argmax(axis=1)
        return np.asarray(np.where(fine.any(axis=1), proposal, worth.argmax(axis=1)))

    def utility_estimate_error(self, rows: Ints, other: str, tables: Tables) -> Floats:
        """Return how far its guess of a package's utility to another is off: (rows, packages).

        It misjudges how much the other cares about the settlement, the exchange and the rest.
        """
        off = self.params.weight_error[rows, None] * self.slant[other][rows]
        return tables.misjudged(off).spread(self.packages)

    def expose(self, rows: Ints) -> None:
        """Put its position before its public, as a leak does."""
        self.exposure[rows] = 1.0

    def fade_exposure(self, kept: Floats) -> None:
        """Let public attention fade to the share `kept` (runs,)."""
        self.exposure *= kept


def _constituency_params(
    sample: ParameterSample, party: str, packages: Packages
) -> dict[str, ConstituencyParams]:
    """Return the numbers of each constituency of a party, by its name."""
    path = f"parties.{party}"
    params = {}
    for name in sample.scenario.parties[party].constituencies:
        stakes = _stakes(sample, path, f"{path}.constituencies.{name}", packages)
        params[name] = ConstituencyParams.of(sample, party, name, stakes)
    return params


def _red_lines(
    sample: ParameterSample, party: str, packages: Packages
) -> list[tuple[Floats, Ints]]:
    """Return what each red line with a price costs (runs,), and the packages that cross it."""
    scenario = sample.scenario
    lines = scenario.parties[party].positions.red_lines
    return [
        (
            sample[f"parties.{party}.positions.red_lines.{k}.price"].astype(np.float32),
            np.flatnonzero(crossed),
        )
        for k, crossed in enumerate(crosses(scenario, packages.levels, party))
        if not lines[k].hard
    ]


def _stakes(sample: ParameterSample, party: str, member: str, packages: Packages) -> Stakes:
    """Return what a member of an electorate cares about: its own numbers, else the party's."""
    scenario, runs = sample.scenario, sample.chance.runs
    pools = list(scenario.captives)

    def read(key: str) -> Floats:
        return _own_or_partys(sample, party, member, key)

    captives, ratio = np.zeros((runs, len(pools))), np.zeros((runs, len(pools)))
    for name, issue in scenario.issues.items():
        if issue.of is not None:
            column = captives if issue.role == "captives" else ratio
            column[:, pools.index(issue.of)] = read(f"interests.{name}")
    other = [read(f"interests.{name}") for name in packages.other_issues]
    return Stakes.weighted(
        exchange_weight=read("exchange_weight"),
        captives=captives,
        remains=read("interests.remains"),
        ratio=ratio,
        other=np.stack(other, axis=1) if other else np.zeros((runs, 0)),
        settlement=_settlement(sample, party, member, packages),
    )


def _settlement(
    sample: ParameterSample, party: str, member: str, packages: Packages
) -> tuple[Floats, ...]:
    """Return what each level of each settlement issue is worth to a member: (runs, levels)."""
    issues = sample.scenario.issues
    return tuple(
        np.stack(
            [
                _own_or_partys(sample, party, member, f"settlement.{name}.{level}")
                for level in issues[name].levels
            ],
            axis=1,
        )
        for name in packages.settlement_issues
    )


def _own_or_partys(sample: ParameterSample, party: str, member: str, key: str) -> Floats:
    """Return a member's own number where it has one, else its party's."""
    own = f"{member}.{key}"
    return sample[own] if own in sample.quantities else sample.get(f"{party}.{key}", 0.0)
