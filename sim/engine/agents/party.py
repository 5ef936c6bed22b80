"""A party to the conflict: what it makes of the war, of a package and of what it hears.

A party knows its own numbers, what everybody can see, and what it is handed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mesa
import numpy as np

from sim.engine.agents.constituency import Constituency
from sim.engine.sampling import ParameterSample
from sim.engine.utility import Exchange, Stakes, Tables, blended, columns, outer, tables_of
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
        """The reckoning in so many of its first runs."""
        voters = [tables.first(runs) for tables in self.voters]
        return Valuation(self.tables.first(runs), voters, self.permanence[:runs])


class Party(mesa.Agent):
    """A party; attributes that vary are arrays with one entry per run."""

    def __init__(
        self, talks: mesa.Model, name: str, draws: ParameterSample, packages: Packages
    ) -> None:
        super().__init__(talks)
        scenario = draws.scenario
        spec = scenario.parties[name]
        path = f"parties.{name}"
        self.name = name
        self.title = spec.title
        self.veto = spec.veto
        self.speaks_through = spec.speaks_through
        self.packages = packages
        self.forward = name in scenario.war.forward
        self.war = WAR_MODULES[scenario.war.kind]()
        self.war_numbers = draws.of("war.numbers", tuple(self.war.numbers))
        self.own_war = draws.of(f"{path}.war", tuple(self.war.party_numbers))
        self.daily_cost = self.war.daily_cost(self.own_war)
        self.judgement = PERMANENCE[scenario.permanence.kind]()
        self.judgement_numbers = draws.of("permanence.numbers", tuple(self.judgement.numbers))
        self.bite = self.judgement.bite(self.judgement_numbers)
        self.misjudgement = self.judgement.misjudgement(self.judgement_numbers)
        self.tactic = TACTICS[spec.tactic.kind]()
        tactic_numbers = tuple(self.tactic.numbers)
        self.tactic_numbers = draws.of(f"{path}.tactic.numbers", tactic_numbers)
        self.optimism = draws[f"{path}.optimism"]
        self.misreading = draws[f"{path}.misreading"]
        self.weight_error = draws.get(f"{path}.weight_error", 0.0)
        self.slant = {
            other: standard_normal(draws.chance.once(f"weights {name} {other}", 3))
            for other in scenario.parties
            if other != name
        }
        self.audience_cost = draws[f"{path}.audience.cost"]
        self.exposure = draws[f"{path}.audience.exposure"]
        self.stakes = _stakes(draws, path, path, packages)
        self.exchange_weight = draws[f"{path}.exchange_weight"]
        self.settlement = [
            table.astype(np.float32) for table in _settlement(draws, path, path, packages)
        ]
        self.constituencies = [
            Constituency(
                talks, name, c, draws, _stakes(draws, path, f"{path}.constituencies.{c}", packages)
            )
            for c in spec.constituencies
        ]
        self.quota = spec.ratification.quota if spec.ratification else 0
        self.override_price = draws.get(f"{path}.ratification.price", 0.0)
        self.retreat = retreat(scenario, packages.levels, name).astype(np.float32)
        self.red_lines = [
            (
                draws[f"{path}.positions.red_lines.{k}.price"].astype(np.float32),
                np.flatnonzero(crossed),
            )
            for k, crossed in enumerate(crosses(scenario, packages.levels, name))
            if not spec.positions.red_lines[k].hard
        ]
        pools = list(scenario.captives.values())
        self.home_pools = np.array([k for k, pool in enumerate(pools) if pool.home == name], int)

    # -- what it expects -----------------------------------------------------------------------

    def values_war(
        self,
        rows: Ints,
        evidence: WarState,
        lift: Floats,
        pause: Floats,
        truthful: bool = False,
    ) -> Floats:
        """The value of fighting on, by its own belief or the truth: (runs, cases), in utils."""
        numbers = {name: value[rows] for name, value in self.war_numbers.items()}
        own: Mapping[str, Floats] = {name: value[rows] for name, value in self.own_war.items()}
        if truthful:
            own = self.war.undeceived(own, numbers)
        value: Floats = self.war.value(numbers, own, evidence, lift, pause, self.forward)
        return value

    def looks_ahead(
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
        value = self.values_war(rows, evidence, cases, pause, truthful).astype(np.float32)
        after = columns(value[:, 1:], packages.frame_after)
        settled = self._leaderships_settlement(rows)
        reneging = outer(self.bite[rows].astype(np.float32), packages.frame_bite)
        tempted = temptation(after, settled, reneging, 1.0, 1.0)
        return WarForecast(value[:, 0], after, reneging, tempted)

    def _leaderships_settlement(self, rows: Ints) -> Floats:
        """What the leadership gains from the war ending on each frame's terms: (runs, frames)."""
        if not self.settlement:
            half = np.full(len(self.packages.frame_days), 0.5, dtype=np.float32)
            return outer(np.ones(len(rows), dtype=np.float32), half)
        total = sum(
            columns(table[rows], self.packages.frame_levels[:, k])
            for k, table in enumerate(self.settlement)
        )
        return np.asarray(total / np.float32(len(self.settlement)))

    def reckons(
        self, rows: Ints, outlook: WarForecast, temptations: Floats, own: int, exchange: Exchange
    ) -> Valuation:
        """What a deal is worth to each of its constituencies and to it, with their weight.

        `temptations` (runs, parties, frames) are everybody's, as it judges them; `own` is its own
        place among them.
        """
        packages = self.packages
        numbers = {name: value[rows] for name, value in self.judgement_numbers.items()}
        resumptions = self.judgement.resumptions(numbers, temptations)
        lasts = permanence(resumptions)
        blamed = blame(resumptions)[:, own]
        resumed = (1.0 - lasts) * (outlook.war_after - blamed * outlook.reneging)
        own_stakes = self.stakes.of(rows)
        people = [constituency.stakes.of(rows) for constituency in self.constituencies]
        together = blended([own_stakes, *people], self._weights(rows))

        def tables(stakes: Stakes) -> Tables:
            return tables_of(stakes, exchange, packages, lasts, resumed, outlook.war_now)

        voters = [tables(s) for s, c in zip(people, self.constituencies, strict=True) if c.seats]
        return Valuation(tables(together), voters, lasts)

    def weighs(self, rows: Ints, reckoning: Valuation) -> Floats:
        """The worth of every package: (runs, packages).

        Less the costs of retreating in public, of red lines and of overriding a vote.
        """
        worth = reckoning.tables.spread(self.packages)
        exposed = (self.audience_cost[rows] * self.exposure[rows]).astype(np.float32)
        worth -= outer(exposed, self.retreat)
        for price, crossed in self.red_lines:
            worth.T[crossed] -= price[rows]
        if self.quota:
            rejected = ~self.ratifies(reckoning.voters)
            worth -= self.override_price[rows, None].astype(np.float32) * rejected
        return worth

    def _weights(self, rows: Ints) -> list[Floats]:
        """The leadership's weight and each constituency's: they add up to 1 in every run."""
        pulls = [constituency.weight(rows) for constituency in self.constituencies]
        total = sum(pulls, np.zeros(len(rows)))
        crowded = np.maximum(total, 1.0)
        weights = [1.0 - total / crowded, *(pull / crowded for pull in pulls)]
        return [weight.astype(np.float32) for weight in weights]

    def ratifies(self, voters: list[Tables]) -> Bools:
        """Which packages the constituencies that have seats would vote for: (runs, packages)."""
        seats = [c.seats for c in self.constituencies if c.seats]
        smallest = np.min_scalar_type(sum(seats))  # the fewer bytes a vote has the faster it is
        votes = np.zeros((len(self.packages), len(voters[0].reservation)), dtype=smallest).T
        for tables, number in zip(voters, seats, strict=True):
            approves = tables.spread(self.packages) >= tables.reservation[:, None]
            votes += approves * smallest.type(number)
        return votes >= self.quota

    # -- what it does --------------------------------------------------------------------------

    def holds_out_for(
        self,
        rows: Ints,
        worth: Floats,
        reservation: Floats,
        acceptable: Bools,
        elapsed: Floats,
        loss_rate: Floats,
    ) -> tuple[Floats, Bools]:
        """Its aspiration (runs,), and whether it sees a way out (runs,).

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
        numbers = {name: value[rows] for name, value in self.tactic_numbers.items()}
        stance = ConcessionInput(
            reservation,
            np.where(way_out, top, reservation),
            elapsed,
            self._delay_cost(rows, loss_rate),
            1.0 - urged,
        )
        return np.maximum(self.tactic(numbers, stance), reservation), way_out

    def _delay_cost(self, rows: Ints, loss_rate: Floats) -> Floats:
        """What a day without a deal costs: the war, and captives who die, in utils: (runs,)."""
        cost = self.stakes.war[rows] * self.daily_cost[rows]
        for pool in self.home_pools:
            cost = cost + np.abs(self.stakes.captives[rows, pool]) * loss_rate[:, pool]
        return np.asarray(cost)

    def proposes(self, worth: Floats, aspiration: Floats, others: Floats) -> Ints:
        """Of what it would accept, the package that it thinks suits the others best: (runs,).

        `others` (runs, packages) is what it believes the worst-off of the others would gain.
        """
        fine = worth >= aspiration[:, None]
        proposal = mask_outside(others, fine).argmax(axis=1)
        return np.asarray(np.where(fine.any(axis=1), proposal, worth.argmax(axis=1)))

    def guesses(self, rows: Ints, other: str, tables: Tables) -> Floats:
        """How far its guess of a package's worth to another is off: (runs, packages), in utils.

        It misjudges how much the other cares about the settlement, the exchange and the rest.
        """
        off = self.weight_error[rows, None] * self.slant[other][rows]
        return tables.misjudged(off).spread(self.packages)

    def goes_public(self, rows: Ints) -> None:
        """A leak puts its position before its public."""
        self.exposure[rows] = 1.0

    def is_forgotten(self, kept: Floats) -> None:
        """Public attention fades to the share `kept` (runs,)."""
        self.exposure *= kept


def _stakes(draws: ParameterSample, party: str, member: str, packages: Packages) -> Stakes:
    """What a member of a party's electorate cares about: its own numbers, else the party's."""
    scenario, runs = draws.scenario, draws.chance.runs
    pools = list(scenario.captives)

    def read(key: str) -> Floats:
        return _own_or_partys(draws, party, member, key)

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
        settlement=_settlement(draws, party, member, packages),
    )


def _settlement(
    draws: ParameterSample, party: str, member: str, packages: Packages
) -> tuple[Floats, ...]:
    """Per settlement issue, what each level is worth to a member: (runs, levels)."""
    issues = draws.scenario.issues
    return tuple(
        np.stack(
            [
                _own_or_partys(draws, party, member, f"settlement.{name}.{level}")
                for level in issues[name].levels
            ],
            axis=1,
        )
        for name in packages.settlement_issues
    )


def _own_or_partys(draws: ParameterSample, party: str, member: str, key: str) -> Floats:
    """A member's own number where it has one, else its party's."""
    own = f"{member}.{key}"
    return draws[own] if own in draws.quantities else draws.get(f"{party}.{key}", 0.0)
