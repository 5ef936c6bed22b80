"""A party to the conflict: what it believes, proposes, accepts and confirms, and how it stands.

A party knows its own numbers, what everybody can see, and what it is handed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import mesa
import numpy as np

from sim.engine.agents.constituency import Constituency, ConstituencyParams
from sim.engine.sampling import ParameterSample, carry_over
from sim.engine.utility import Exchange, Stakes, Tables, blended, columns, outer, tables_of
from sim.scenario.errors import StrategyError
from sim.scenario.packages import Packages, crosses, retreat, within_position
from sim.scenario.quantity import standard_normal
from sim.theory.bargaining import mask_outside
from sim.theory.commitment import PERMANENCE, blame, permanence, temptation
from sim.theory.concession import TACTICS, ConcessionInput
from sim.theory.learning import belief_after_answer
from sim.theory.stances import chance_in_a_day, closing_rate, reconsidering_rate, share_flexible
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


#: Taken off the utility of a package that a firm leadership will not sign, in utils: beyond any
#: difference between packages that it would.
BARRED = np.float32(1e3)


@dataclass(frozen=True)
class Belief:
    """What a party believes of another's reservation value; axis 0 is the run."""

    bias: Floats  # (runs,) by how much its estimate lies above the truth, in utils
    spread: Floats  # (runs,) how unsure it is of it, in utils


@dataclass(frozen=True)
class StanceParams:
    """How leaderships turn from firm to flexible and back; axis 0 is the run."""

    reconsiders: Floats  # (runs,) hazard per day at the reference cost of delay
    closing: Floats  # (runs,) hazard per day that a window closes of itself
    hardened_by: Mapping[str, Floats]  # by event, (runs,) chance that it closes a window

    @classmethod
    def of(cls, sample: ParameterSample) -> StanceParams:
        """Read the numbers of stances from a sample."""
        return cls(
            reconsiders=sample["stances.reconsiders"],
            closing=closing_rate(sample["stances.window_days"]),
            hardened_by={
                event: sample[f"stances.hardened_by.{event}"]
                for event in sample.scenario.stances.hardened_by
            },
        )


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
    stances: StanceParams

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
            stances=StanceParams.of(sample),
        )


#: The numbers of a party, and those of its constituencies by name.
PartyNumbers = tuple[PartyParams, dict[str, ConstituencyParams]]


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
        self.camp = spec.camp or name
        self.retreat = retreat(scenario, packages.levels, name).astype(np.float32)
        #: (packages,) what it would sign while it is firm; all packages where it has no veto, as
        #: then nothing waits for it.
        self.within_position = within_position(scenario, packages.levels, name) | (not spec.veto)
        pools = list(scenario.captives.values())
        self.home_pools = np.array([k for k, pool in enumerate(pools) if pool.home == name], int)
        self.slant = {
            other: standard_normal(sample.chance.once(f"weights {name} {other}", 3))
            for other in scenario.parties
            if other != name
        }  # by other party, (runs, 3): which way it is wrong about what the other cares about
        self.params = PartyParams.of(sample, name, packages)
        runs = sample.chance.runs
        self.exposure = self.params.exposure.copy()  # (runs,) 0 to 1
        self.flexible = np.ones(runs, dtype=bool)  # (runs,) whether its leadership is
        self.elapsed = np.zeros(runs)  # (runs,) days of talks since its window opened
        self.beliefs: dict[str, Belief] = {}  # by other party with a veto
        #: What it would settle for and held out for in its last round, in utils; NaN before.
        self.last_reservation = np.full(runs, np.nan, dtype=np.float32)  # (runs,)
        self.last_aspiration = np.full(runs, np.nan, dtype=np.float32)  # (runs,)
        people = _constituency_params(sample, name, packages)
        self.constituencies = [
            Constituency(talks, name, c, spec.title, spec.seats, people[c])
            for c, spec in spec.constituencies.items()
        ]

    def set_params(self, sample: ParameterSample) -> None:
        """Set the numbers of a new sample; attention stays as far from its beginning as it is."""
        self.take_params(self.read_params(sample))

    def read_params(self, sample: ParameterSample) -> PartyNumbers:
        """Read its numbers and those of its constituencies, by their names, from a sample."""
        people = _constituency_params(sample, self.name, self.packages)
        return PartyParams.of(sample, self.name, self.packages), people

    @property
    def numbers(self) -> PartyNumbers:
        """The numbers as they are now."""
        return self.params, {c.name: c.params for c in self.constituencies}

    def take_params(self, numbers: PartyNumbers) -> None:
        """Set new numbers; attention stays as far from its beginning as it is."""
        new, people = numbers
        start = self.params.exposure
        self.exposure = carry_over(self.exposure, start, new.exposure, (0.0, 1.0))
        self.params = new
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
        seats = sum(c.seats for c in self.constituencies)
        smallest = np.min_scalar_type(seats)  # the fewer bytes a vote has the faster it is
        votes = np.zeros((len(self.packages), len(voters[0].reservation)), dtype=smallest).T
        blocs = [c for c in self.constituencies if c.seats]
        for bloc, tables in zip(blocs, voters, strict=True):
            votes += bloc.votes_for(tables, self.packages) * smallest.type(bloc.seats)
        return votes >= self.quota

    # -- how it stands -------------------------------------------------------------------------

    def take_first_stance(self, chosen: Floats | None, loss_rate: Floats, uniforms: Floats) -> None:
        """Stand firm or flexible on the first day; both are (runs,).

        `chosen` is the chance of standing flexible that the scenario states; without one it is
        what the rates of turning make of it in the long run.
        """
        rate = self._reconsidering_rate(loss_rate)
        chance = share_flexible(rate, self.params.stances.closing) if chosen is None else chosen
        self.flexible = np.asarray(uniforms < chance)

    def update_stance(
        self,
        loss_rate: Floats,
        events: Mapping[str, Floats],
        opening: Floats,
        closing: Floats,
    ) -> None:
        """Reconsider where it is firm; let its window close where it is flexible.

        All are (runs,). `events` of the day may harden, and `opening` and `closing` are uniform
        numbers, the same for all parties of a camp.
        """
        stances = self.params.stances
        opens = opening < chance_in_a_day(self._reconsidering_rate(loss_rate))
        stays = np.exp(-stances.closing)
        for event, chance in stances.hardened_by.items():
            if event in events:
                stays = stays * (1.0 - chance * (events[event] > 0))
        closes = closing < 1.0 - stays
        opened, closed = ~self.flexible & opens, self.flexible & closes
        self.open_window(np.flatnonzero(opened))
        self.close_window(np.flatnonzero(closed))

    def hardening(self, events: Mapping[str, Floats]) -> tuple[str, ...]:
        """Return what of the events of a day, (runs,) each, may harden it in the first run."""
        stances = self.params.stances
        return tuple(event for event in stances.hardened_by if event in events and events[event][0])

    def open_window(self, rows: Ints) -> None:
        """Turn flexible."""
        self.flexible[rows] = True

    def close_window(self, rows: Ints) -> None:
        """Turn firm; what it has conceded is forgotten."""
        if self.veto:
            self.flexible[rows] = False
            self.elapsed[rows] = 0.0

    def let_a_day_pass(self, talking: Bools) -> None:
        """Count a day of talks (runs,) where it is flexible."""
        self.elapsed += talking & self.flexible

    def signs(self, rows: Ints, proposal: Ints) -> Bools:
        """Return whether its stance lets it sign packages: two (rows,)."""
        return np.asarray(self.flexible[rows] | self.within_position[proposal])

    def barred(self, rows: Ints) -> Bools:
        """Return what its stance bars, as all can see: (rows, packages), run last in memory."""
        firm = ~self.flexible[rows]
        return np.asarray((~self.within_position[:, None] & firm).T)

    def _reconsidering_rate(self, loss_rate: Floats) -> Floats:
        """Return the hazard with which it would turn flexible today: (runs,), per day."""
        rows = np.arange(len(self.flexible))
        cost = self.delay_cost(rows, loss_rate)
        return reconsidering_rate(self.params.stances.reconsiders, cost, self.urgency(rows))

    # -- what it believes of the others --------------------------------------------------------

    def set_first_belief(self, other: str, optimism: Floats) -> None:
        """Hope that another would go lower than it would, by so many utils: (runs,)."""
        self.beliefs[other] = Belief(-optimism, self.params.misreading.copy())

    def carry_belief(self, other: str, before: Belief, after: Belief) -> None:
        """Keep what was learnt, as far from a new first belief as it was from the old one."""
        held = self.beliefs[other]
        self.beliefs[other] = Belief(
            carry_over(held.bias, before.bias, after.bias),
            np.maximum(carry_over(held.spread, before.spread, after.spread), 0.0),
        )

    def estimate(self, rows: Ints, other: str, reservation: Floats, noise: Floats) -> Floats:
        """Return what it thinks another would settle for: (rows,), in utils.

        It is off by what it believes wrongly, and by some `noise` (rows,), standard normal, as
        far as it is unsure.
        """
        belief = self.beliefs[other]
        off = belief.bias[rows] + belief.spread[rows] * noise
        return np.asarray((reservation + off).astype(np.float32))

    def learn(
        self,
        rows: Ints,
        other: str,
        reservation: Floats,
        worth: Floats,
        noise: Floats,
        doubt: Floats,
    ) -> None:
        """Learn from another's refusal of a text of some `worth` to it, as it judges; all (rows,).

        `reservation` is the truth that its belief is about; `noise` is the scale of that in
        answers, and `doubt` how far its judgement of the worth may be off, in utils.
        """
        belief, accepted = self.beliefs[other], np.zeros(len(rows), dtype=bool)
        mean, spread = belief_after_answer(
            reservation + belief.bias[rows], belief.spread[rows], worth, accepted, noise, doubt
        )
        bias, unsure = belief.bias.copy(), belief.spread.copy()
        bias[rows], unsure[rows] = mean - reservation, spread
        self.beliefs[other] = replace(belief, bias=bias, spread=unsure)

    def utility_estimate_error(self, rows: Ints, other: str, tables: Tables) -> Floats:
        """Return how far its guess of a package's utility to another is off: (rows, packages).

        It misjudges how much the other cares about the settlement, the exchange and the rest.
        """
        off = self.params.weight_error[rows, None] * self.slant[other][rows]
        return tables.misjudged(off).spread(self.packages)

    def gain_estimate_error(
        self, rows: Ints, other: str, tables: Tables, proposal: Ints, reservation: Floats
    ) -> tuple[Floats, Floats]:
        """Return how far its guess of what texts gain another is off, and how far it may be.

        Two (rows,), in utils. Who misjudges how much another cares about the settlement misjudges
        what no deal is worth to it alike, so that only the difference counts.
        """
        parts = tables.parts_of(proposal, self.packages)
        parts[:, 0] -= reservation
        scale = self.params.weight_error[rows, None]
        error = np.expm1(scale * self.slant[other][rows]) * parts
        return error.sum(axis=1), np.sqrt(((scale * parts) ** 2).sum(axis=1))

    # -- what it does --------------------------------------------------------------------------

    def aspiration(
        self,
        rows: Ints,
        worth: Floats,
        reservation: Floats,
        acceptable: Bools,
        loss_rate: Floats,
    ) -> tuple[Floats, Floats]:
        """Return its aspiration and the best that it sees within reach: two (rows,), in utils.

        `acceptable` (runs, packages) are the packages it believes the others would still take. If
        none of them is better for it than no deal it sees no way out, and the best within reach is
        below its reservation value: nothing is to be gained by asking for more than that, so that
        is what it holds out for. (The limit of seeing ever less to be gained; anything else would
        make a clearer view move it backwards.) A firm leadership asks for no more than its
        reservation value either: its terms are what it has said.
        """
        top = mask_outside(worth, acceptable).max(axis=1)
        numbers = {name: value[rows] for name, value in self.params.tactic.items()}
        concession = ConcessionInput(
            reservation,
            np.maximum(top, reservation),
            self.elapsed[rows],
            self.delay_cost(rows, loss_rate),
            self.urgency(rows),
        )
        aspiration = self.tactic(numbers, concession)
        if aspiration.shape != reservation.shape or not np.isfinite(aspiration).all():
            words = f"the tactic of {self.name} does not give a number for each run"
            raise StrategyError(self.tactic, words)
        aspiration = np.where(self.flexible[rows], np.maximum(aspiration, reservation), reservation)
        return aspiration, top

    def come_to_the_table(self, rows: Ints, reservation: Floats, aspiration: Floats) -> None:
        """Keep in mind what it would settle for and holds out for; both are (rows,), in utils."""
        self.last_reservation[rows] = reservation
        self.last_aspiration[rows] = aspiration

    def urgency(self, rows: Ints) -> Floats:
        """Return how far its people press it, 0 to 1: (rows,)."""
        calm = np.ones(len(rows))
        for constituency in self.constituencies:
            calm = calm * constituency.patience_left(rows)
        return 1.0 - calm

    def delay_cost(self, rows: Ints, loss_rate: Floats) -> Floats:
        """Return what a day without a deal costs, in war and deaths: (rows,), in utils."""
        cost = self.params.stakes.war[rows] * self.params.daily_cost[rows]
        for pool in self.home_pools:
            cost = cost + np.abs(self.params.stakes.captives[rows, pool]) * loss_rate[:, pool]
        return np.asarray(cost)

    def propose(self, rows: Ints, worth: Floats, aspiration: Floats, others: Floats) -> Ints:
        """Return the package that suits the others best, of those it would accept: (rows,).

        `others` (runs, packages) is what it believes the worst-off of the others would gain. A
        firm leadership puts nothing on the table that it would not sign, where there is anything
        else.
        """
        barred = self.barred(rows)
        if barred.any():
            worth = worth - BARRED * barred
        fine = worth >= aspiration[:, None]
        proposal = mask_outside(others, fine).argmax(axis=1)
        return np.asarray(np.where(fine.any(axis=1), proposal, worth.argmax(axis=1)))

    def claim(self, access: Floats, aspiration: Floats, reservation: Floats) -> Floats:
        """Return what it would take from a mediator that has some `access` to it: (rows,).

        To a mediator it shows that share of what it still has to give: a text that fails there is
        no news and gives nothing away (Jarque, Ponsati and Sakovics 2003).
        """
        return np.asarray(access * reservation + (1.0 - access) * aspiration)

    def answer(self, rows: Ints, proposal: Ints, worth: Floats, aspiration: Floats) -> Bools:
        """Return whether it accepts packages (rows,), of a worth to it with all that goes with it.

        `worth` and `aspiration` are (rows,), in utils.
        """
        return np.asarray((worth >= aspiration) & self.signs(rows, proposal))

    def confirm(self, rows: Ints, proposal: Ints, worth: Floats, reservation: Floats) -> Bools:
        """Return whether packages (rows,) still beat no deal, and its stance lets it sign them."""
        return np.asarray((worth >= reservation) & self.signs(rows, proposal))

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
