"""The talks: parties, their constituencies and mediators, day by day, many runs side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from sim.engine.agents.mediator import Mediator
from sim.engine.agents.party import Party, Valuation
from sim.engine.captives import Captivity
from sim.engine.deal_quality import utility_of
from sim.engine.outcomes import NONE, Outcomes
from sim.engine.random_streams import RandomStreams
from sim.engine.recorder import CurrentState, Recorder
from sim.engine.rounds import (
    BACKWARD_WON,
    FORWARD_WON,
    TRUCE,
    WAR,
    Assessment,
    Meeting,
    NegotiationRound,
)
from sim.engine.run_events import EventObserver, run_event
from sim.engine.sampling import ParameterSample
from sim.engine.truces import Truces
from sim.engine.utility import take_runs
from sim.scenario.packages import feasible_packages
from sim.scenario.quantity import FINEST_LUCK, standard_normal
from sim.scenario.schema import Scenario
from sim.theory.war import REARMING_DAYS, WAR_MODULES, Evidence
from sim.types import Bools, Floats, Ints

#: Packages assessed at a time, over all runs at hand: more take memory, fewer take more calls.
PACKAGES_AT_ONCE = 2**20

#: Taken off the worth of a package that nobody can offer, in utils: beyond any other difference.
NOT_ON_OFFER = np.float32(1e6)

#: A side payment aims this many scales of noise above what a party is thought to settle for.
MARGIN_OF_PERSUASION = 3.0


class Talks(mesa.Model):
    """Talks over one conflict, in a block of runs.

    The order of a day:

    1. war: a battle may be fought; everybody learns from it; a side may win.
    2. captives: some may die, be rescued, be freed one-sidedly or by a side channel.
    3. truces: the batches due are handed over, violations happen, a truce may break, or it ends
       with its term unless it is extended or outlives it under a guarantee.
    4. constituencies are stirred by what has happened since yesterday, and calm down; public
       attention fades; talks may be suspended.
    5. talks: answers that were awaited are confirmed when they fall due; on the days of a round
       everybody assesses the possible deals; a text is put on the table; the parties answer; it
       may leak; if all who have a veto accept, it is signed and a truce begins.

    Luck is drawn for every run on every day, whether or not the run has ended, so that nothing
    that happens in one run moves another's.
    """

    def __init__(
        self,
        scenario: Scenario,
        chance: RandomStreams,
        *,
        days: int,
        levers: Mapping[str, float | Floats] | None = None,
        points: Mapping[str, Floats] | None = None,
        values: Mapping[str, Floats] | None = None,
        diary: EventObserver | None = None,
        series: bool = False,
    ) -> None:
        super().__init__(rng=int(chance.seed))
        self.case = scenario
        self.luck_of = chance
        self.days = days
        self.diary = diary
        draws = ParameterSample(
            scenario, chance, dict(levers or {}), dict(points or {}), dict(values or {})
        )
        self.draws = draws
        self.packages = feasible_packages(scenario, draws.fixed)
        self.at_once = max(PACKAGES_AT_ONCE // len(self.packages), 1)
        self.captivity = Captivity(scenario, draws, self.packages)
        self.mediators = [Mediator(self, name, draws) for name in scenario.mediators]
        self.parties = [Party(self, name, draws, self.packages) for name in scenario.parties]
        self.veto = np.array([party.veto for party in self.parties])
        self.vetoers = [i for i, party in enumerate(self.parties) if party.veto]
        helped = any(mediator.keeps_channel for mediator in self.mediators)
        self.truces_now = Truces(draws, self.packages, self.captivity, helped)
        self.war = WAR_MODULES[scenario.war.kind]()
        self.war_numbers = draws.of("war.numbers", self.war.numbers)
        self.battle_chance = self.war.battle_chance(self.war_numbers, chance.runs)
        self.rearming = self.war.rearming(self.war_numbers, chance.runs)
        self._read_channel(draws, helped)
        self._read_luck(chance)
        self.record = Recorder(draws, self.parties, self.truces_now, days=days, series=series)
        self._open(chance.runs)

    def _read_channel(self, draws: ParameterSample, helped: bool) -> None:
        self.helped = helped
        self.every = np.maximum(np.rint(draws["channel.every_days"]), 1).astype(np.int64)
        self.lag = np.rint(draws.get("channel.lag_days", 0.0)).astype(np.int64)
        self.leak = draws["channel.leak"]
        self.direct = draws["channel.direct_per_day"]
        self.noise = draws["channel.acceptance_noise"]
        self.mediated = draws["channel.mediated"]
        self.forgetting = 0.5 ** (1.0 / np.maximum(draws["channel.exposure_half_life_days"], 1e-6))
        self.suspending = -np.expm1(-draws["channel.suspensions_per_day"])
        self.suspension = np.rint(draws["channel.suspension_days"]).astype(np.int64)
        self.deadline = np.rint(draws.get("channel.deadline_day", NONE)).astype(np.int64)
        offers = [mediator.guarantee for mediator in self.mediators]
        self.guaranteed = np.max(offers, axis=0) if offers else np.zeros(draws.chance.runs)
        self.waits = [
            p for p, party in enumerate(self.parties) if party.veto and party.speaks_through
        ]
        self.misjudged = {
            (i, j): self._misjudges(draws, one, other).astype(np.float32)
            for i, one in enumerate(self.parties)
            for j, other in enumerate(self.parties)
            if i != j
        }
        self.hoped = {
            (i, j): self._hopes(one, other)
            for i, one in enumerate(self.parties)
            for j, other in enumerate(self.parties)
            if i != j and other.veto
        }

    def _misjudges(self, draws: ParameterSample, party: Party, other: Party) -> Floats:
        """A party's error in judging another's temptation to break a truce: (runs,), in utils."""
        luck = draws.chance.once(f"misjudges {party.name} {other.name}")[:, 0]
        return party.misjudgement * standard_normal(luck)

    def _hopes(self, party: Party, other: Party) -> Floats:
        """By how much a party believes another would go lower than it would: (runs,), in utils.

        Less so where a mediator whom it believes knows better.
        """
        told = np.zeros(self.luck_of.runs)
        for mediator in self.mediators:
            told = np.maximum(told, mediator.tells(party.name, other.name))
        return party.optimism * (1.0 - told)

    def _read_luck(self, chance: RandomStreams) -> None:
        names = ("battles", "battle won", "leaks", "suspensions", "direct", "mediated")
        self.luck = {name: chance.daily(name) for name in names}
        self.answers = chance.dailies([f"answers {party.name}" for party in self.parties])
        self.speaks = chance.dailies([f"speaks {party.name}" for party in self.parties])
        self.drafts = chance.dailies([f"drafts {mediator.name}" for mediator in self.mediators])
        self.misread = {
            (i, j): chance.daily(f"misreads {one.name} {other.name}")
            for i, one in enumerate(self.parties)
            for j, other in enumerate(self.parties)
            if i != j and other.veto
        }

    def _open(self, runs: int) -> None:
        """Everything as it stands before the first day."""
        self.day = 0
        self.phase = np.zeros(runs, dtype=np.int64)
        self.front = self.war.first_front(self.war_numbers, runs)
        self.wins, self.battles = np.zeros(runs), np.zeros(runs)
        self.elapsed = np.zeros(runs)  # days of talks since they opened or reopened
        self.rounds = np.zeros(runs, dtype=np.int64)
        self.suspended_until = np.zeros(runs, dtype=np.int64)
        self.awaited = np.full(runs, NONE, dtype=np.int64)  # text that waits to be confirmed
        self.awaited_day = np.zeros(runs, dtype=np.int64)
        self.promised = np.zeros((runs, len(self.parties)))  # side payments that go with it
        self.events = {
            name: np.zeros(runs)
            for name in ("refused_offer", "leak", "violation", "war_day", "collapse")
        }
        self.mourned = np.zeros((runs, len(self.captivity.pools)))
        self._look_ahead(np.arange(runs))

    # -- the day ---------------------------------------------------------------------------------

    @property
    def playing(self) -> Bools:
        """Runs in which neither side has won: (runs,)."""
        return np.asarray(self.phase <= TRUCE)

    def play(self, until: int | None = None) -> Talks:
        """Play all days, or those that are left until the end of a day."""
        for _ in range(self.day, self.days if until is None else until):
            self.step()
        return self

    def step(self) -> None:
        """Play one day, in the order given above."""
        self.day += 1
        self._fight()
        self._suffer()
        self._keep_truces()
        self._stir()
        self._talk()
        self.record.evening(self.day, self.phase)

    def _note(self, kind: str, **facts: Any) -> None:
        if self.diary is not None:
            self.diary.record(run_event(kind, self.day, **facts))

    # -- 1 war -----------------------------------------------------------------------------------

    def _fight(self) -> None:
        """A battle moves the front by one fort; a truce lets the backward side re-arm."""
        fighting = self.phase == WAR
        fought = fighting & (self.luck["battles"][self.day] < self.battle_chance)
        rows = fought.nonzero()[0]
        if len(rows):
            numbers = {name: value[rows] for name, value in self.war_numbers.items()}
            chance = self.war.forward_wins(numbers, self.captivity.lift(rows))
            won = self.luck["battle won"][self.day][rows] < chance
            self.front[rows] = self.war.after_battle(numbers, self.front[rows], won)
            self.wins[rows] += won
            self.battles[rows] += 1.0
            self._note("battle", won=bool(won[0]))
        rows = (self.phase == TRUCE).nonzero()[0]
        rows = rows[self.day - self.truces_now.began[rows] <= REARMING_DAYS]
        if len(rows) and self.war.has_sides:
            front = self.front[rows]
            rearmed = np.maximum(front - self.rearming[rows], np.minimum(front, 1.0))
            self.front[rows] = rearmed
        forward, backward = self.war.victory(self.war_numbers, self.front)
        self._win(fighting & forward, FORWARD_WON)
        self._win(fighting & backward, BACKWARD_WON)

    def _win(self, won: Bools, phase: int) -> None:
        if won.any():
            self.phase[won] = phase
            self.record.won(won, self.day)
            self._note("victory", forward=phase == FORWARD_WON)

    # -- 2 captives ------------------------------------------------------------------------------

    def _suffer(self) -> None:
        """What happens to the captives outside a deal."""
        fighting, resting = self.phase == WAR, self.phase == TRUCE
        deaths = self.captivity.suffer(self.day, resting, self.playing)
        rescued, killed = self.captivity.rescue(self.day, fighting)
        released = self.captivity.release_outside_a_deal(self.day, fighting, resting)
        self.mourned = (deaths + killed).astype(float)
        if self.diary is not None:
            for kind, people in (
                ("death", deaths),
                ("rescue", rescued),
                ("killed in rescue", killed),
                ("release", released),
            ):
                if people.any():
                    self._note(kind, people=people[0], truce=bool(resting[0]))

    # -- 3 truces --------------------------------------------------------------------------------

    def _keep_truces(self) -> None:
        """Carry out what was signed; see whether the truces hold."""
        truces = self.truces_now
        self.events["violation"][:] = 0.0
        self.events["collapse"][:] = 0.0
        if not truces.holding.any():
            return
        before = truces.disputes.copy() if self.diary is not None else None
        for rows, pool, people, remains, dead, freed in truces.carry_out(self.day):
            if self.diary is not None and len(rows):
                self._note(
                    "batch",
                    pool=self.captivity.pools[pool],
                    people=int(people[0]),
                    remains=int(remains[0]),
                    found_dead=int(dead[0]),
                    freed=int(freed[0]),
                )
        if before is not None and (truces.disputes > before).any():
            self._note("dispute", open=bool(truces.disputed[0]))
        breach = truces.suffer_violations(self.day)
        self.events["violation"][breach] = 1.0
        if breach.any():
            self._note("violation")
        rows, causes = truces.breaks(self.day)
        self._end_truces(rows, causes)
        self._meet_expiry()

    def _meet_expiry(self) -> None:
        """A term ends: the truce is extended, outlives it in talks, or lapses."""
        truces = self.truces_now
        rows = truces.expiring(self.day)
        if not len(rows):
            return
        extends = truces.may_extend(rows)
        if extends.any():
            willing = np.flatnonzero(extends)
            extends[willing] = self._want_another_day(rows[willing])
            truces.extend(rows[extends], self.day)
            if extends.any():
                self._note("extension", people=int(truces.extension_people[0]))
        rest = rows[~extends]
        granted = truces.grant_grace(rest)
        if granted.any():
            self._note("grace", days=int(truces.grace_days[0]))
        rest = rest[~granted]
        self._end_truces(rest, np.full(len(rest), len(truces.causes)))

    def _want_another_day(self, rows: Ints) -> Bools:
        """Whether all with a veto gain from one more day for some more captives: (rows,)."""
        truces, captivity, packages = self.truces_now, self.captivity, self.packages
        package = truces.in_force[rows]
        people = truces.extension_people[rows]
        covered = np.maximum(captivity.extendable(rows, package), 1.0)
        evidence = self._evidence(rows)
        release = packages.release_of[package]
        lift, lift_after = captivity.lift(rows), captivity.lift_after(rows)
        part = np.minimum(people / covered, 1.0)
        after = lift + part * (lift_after[np.arange(len(rows)), release] - lift)
        willing = np.ones(len(rows), dtype=bool)
        for party in self.parties:
            if not party.veto:
                continue
            value = party.values_war(
                rows, evidence, np.stack([lift, after], axis=1), np.array([0.0, 1.0])
            )
            gain = self._gain_from(rows, package, people, party)
            gain = gain + party.stakes.war[rows] * (value[:, 1] - value[:, 0])
            willing &= gain >= 0
        return willing

    def _gain_from(self, rows: Ints, package: Ints, people: Floats, party: Party) -> Floats:
        """What some more captives at the agreed price would bring a party: (rows,)."""
        captivity = self.captivity
        gain = np.zeros(len(rows))
        release = self.packages.release_of[package]
        for pool in range(len(captivity.pools)):
            here = self.packages.covers[release][:, captivity.pool_of == pool].any(axis=1)
            share = here * people / np.maximum(captivity.initial_paid[rows, pool], 1)
            gain += party.stakes.captives[rows, pool] * share
            for k in np.flatnonzero(captivity.paid_for == pool):
                freed = captivity.prisoners_freed[rows, k]
                more = freed + here * people * self.packages.ratio(pool)[package]
                step = np.log1p(more) - np.log1p(freed)
                step = step / np.log1p(captivity.initial_prisoners[rows, k])
                gain += party.stakes.ratio[rows, pool] * step
        return gain

    def _end_truces(self, rows: Ints, causes: Ints) -> None:
        """The guns speak again; talks start anew."""
        if not len(rows):
            return
        truces = self.truces_now
        self.record.truce_ended(rows, causes, self.day)
        self._note("truce ends", cause=int(causes[0]), days=int(self.day - truces.began[rows[0]]))
        truces.end(rows)
        self.phase[rows] = WAR
        self.elapsed[rows] = 0.0
        self.awaited[rows] = NONE
        self.events["collapse"][rows] = 1.0

    # -- 4 home ----------------------------------------------------------------------------------

    def _stir(self) -> None:
        """Constituencies hear the news; attention fades; talks may be suspended."""
        fighting, playing = self.phase == WAR, self.playing
        self.events["war_day"] = fighting.astype(float)
        today = {event: happened for event, happened in self.events.items() if happened.any()}
        for party in self.parties:
            mourned = self.mourned[:, party.home_pools].sum(axis=1)
            news = {**today, "captive_death": mourned} if mourned.any() else today
            for constituency in party.constituencies:
                constituency.stir(news)
            party.is_forgotten(self.forgetting)
        self.events["leak"][:] = 0.0
        self.events["refused_offer"][:] = 0.0
        free = fighting & (self.day > self.suspended_until)
        shocked = free & (self.luck["suspensions"][self.day] < self.suspending)
        if shocked.any():
            self.suspended_until[shocked] = self.day + self.suspension[shocked] - 1
            self._note("suspension", days=int(self.suspension[0]))
        talking = playing & (self.day > self.suspended_until)
        self.record.suspended(playing & ~talking)
        self.elapsed += talking

    # -- 5 talks ---------------------------------------------------------------------------------

    def _talk(self) -> None:
        """Hold a round where one is due."""
        playing, waiting = self.playing, self.awaited != NONE
        open_today = self.day > self.suspended_until
        confirming = playing & waiting & (self.day >= self.awaited_day)
        called = playing & ~waiting & self._round_due()
        due = called & open_today
        self.record.silenced(called & ~open_today)
        watching = due & ~self._negotiable()
        meeting = ((due & ~watching) | confirming).nonzero()[0]
        speaker = self._speakers(meeting)
        order = np.lexsort((speaker, ~confirming[meeting]))  # groups side by side
        meeting, speaker = meeting[order], speaker[order]
        rows = np.concatenate([meeting, watching.nonzero()[0]])
        for first in range(0, len(rows), self.at_once):
            some = rows[first : first + self.at_once]
            reckonings, war_values = self._reckon(some)
            meet = min(max(len(meeting) - first, 0), len(some))
            if meet < len(some):
                self._watch(some, meet, reckonings, war_values)
            if not meet:
                continue
            met = [reckoning.first(meet) for reckoning in reckonings]
            scene = self._weigh(some[:meet], met, war_values[:meet])
            self.record.assessed(scene)
            confirms = confirming[scene.rows]
            if confirms.any():
                self._confirm(scene.of(confirms))
            if not confirms.all():
                speaks = speaker[first : first + meet][~confirms]
                self._hold_round(scene.of(~confirms), speaks)

    def _round_due(self) -> Bools:
        """Whether a round is due: by the channel's calendar, or by chance without a channel.

        Where there is a channel, everybody meets on the day of the deadline whatever the calendar.
        """
        if self.helped:
            return np.asarray(((self.day - 1) % self.every == 0) | (self.day == self.deadline))
        return np.asarray(self.luck["direct"][self.day] < self.direct)

    def _negotiable(self) -> Bools:
        """Whether there is something to negotiate: war, or the second phase of a truce: (runs,)."""
        truces = self.truces_now
        begun = self.day - truces.began >= truces.second_phase_from
        ended = self.packages.permanent[np.maximum(truces.in_force, 0)]
        return np.asarray((self.phase == WAR) | ((self.phase == TRUCE) & begun & ~ended))

    def _evidence(self, rows: Ints) -> Evidence:
        return Evidence(self.front[rows], self.wins[rows], self.battles[rows])

    def _reckon(self, rows: Ints, truthful: bool = False) -> tuple[list[Valuation], Floats]:
        """Everybody's reckoning, and the value of war to each: (rows, parties).

        Each judges the others' temptation to break a truce with an error of its own.
        """
        evidence = self._evidence(rows)
        lift = self.captivity.lift(rows)
        lift_after, exchange = self.captivity.prospects(rows)
        outlooks = [
            party.looks_ahead(rows, evidence, lift, lift_after, truthful) for party in self.parties
        ]
        tempted = np.stack([outlook.temptation.T for outlook in outlooks]).transpose(2, 0, 1)
        reckonings = []
        for i, (party, outlook) in enumerate(zip(self.parties, outlooks, strict=True)):
            seen = tempted.copy(order="K")
            for j in range(len(self.parties)):
                if j != i:
                    seen[:, j] += self.misjudged[i, j][rows, None]
            reckonings.append(party.reckons(rows, outlook, seen, i, exchange))
        return reckonings, np.stack([outlook.war_now for outlook in outlooks]).T

    def _assess(self, rows: Ints, truthful: bool = False) -> Assessment:
        """What every package is worth to everybody today."""
        return self._weigh(rows, *self._reckon(rows, truthful))

    def _weigh(self, rows: Ints, reckonings: list[Valuation], war_values: Floats) -> Assessment:
        """What every package is worth, once everybody has reckoned."""
        shape = (len(self.parties), len(self.packages), len(rows))
        worth = np.empty(shape, dtype=np.float32).transpose(2, 0, 1)  # run last in memory
        for i, (party, reckoning) in enumerate(zip(self.parties, reckonings, strict=True)):
            worth[:, i] = party.weighs(rows, reckoning)
        on_offer = self._on_offer(rows)
        if not on_offer.all():
            worth -= NOT_ON_OFFER * ~on_offer[:, None]
        backed = np.zeros((len(self.parties), len(rows)), dtype=np.float32).T
        for mediator in self.mediators:
            for i, party in enumerate(self.parties):
                backed[:, i] += mediator.leverage_left[party.name][rows]
        reservation = np.stack([reckoning.tables.reservation for reckoning in reckonings]).T
        where = np.arange(len(rows))
        return Assessment(rows, where, worth, reservation, backed, reckonings, war_values)

    def _on_offer(self, rows: Ints) -> Bools:
        """Packages that can be guaranteed and do not cut a truce short: (rows, packages)."""
        packages, truces = self.packages, self.truces_now
        on_offer = (packages.guarantee[:, None] <= self.guaranteed[rows] + 1e-9).T
        in_truce = self.phase[rows] == TRUCE
        if in_truce.any():
            term = np.where(in_truce, packages.days[np.maximum(truces.in_force[rows], 0)], 0.0)
            on_offer &= (packages.days[:, None] >= term).T
        return on_offer

    def _look_ahead(self, runs: Ints) -> None:
        """Before the first day: is there a ZOPA, as they see it and by the truth of the war?"""
        for first in range(0, len(runs), self.at_once):
            rows = runs[first : first + self.at_once]
            scene, truth = self._assess(rows), self._assess(rows, truthful=True)
            self.record.before_the_first_day(scene, self._zopa(scene), self._zopa(truth))

    def _zopa(self, scene: Assessment) -> Bools:
        """Packages that beat no deal for all with a veto, given side payments: (rows, packages)."""
        floor = scene.reservation - scene.backed
        inside = np.ones((len(self.packages), len(scene.rows)), dtype=bool).T
        for i in self.vetoers:
            inside &= scene.worth[:, i] >= floor[:, i, None]
        return inside

    def look(self, truthful: bool = False) -> tuple[Floats, Floats, Floats]:
        """What everybody makes of every package today, in double precision.

        The worth (runs, parties, packages), which is -infinity where a package is not on offer,
        the reservation values (runs, parties) and the side payments that mediators could add
        (runs, parties).
        """
        runs, parties = len(self.phase), len(self.parties)
        worth = np.empty((runs, parties, len(self.packages)))
        reservation, backed = np.empty((runs, parties)), np.empty((runs, parties))
        for first in range(0, runs, self.at_once):
            rows = np.arange(first, min(first + self.at_once, runs))
            scene = self._assess(rows, truthful)
            on_offer = self._on_offer(rows)[:, None]
            worth[rows] = np.where(on_offer, scene.worth, -np.inf)
            reservation[rows], backed[rows] = scene.reservation, scene.backed
        return worth, reservation, backed

    def least_gains(self, truthful: bool = False) -> Floats:
        """What whoever gains least would gain from each package today: (runs, packages), in utils.

        Over no deal, side payments included, among the parties with a veto; 0 or more is a ZOPA,
        and -infinity what is not on offer.
        """
        worth, reservation, backed = self.look(truthful)
        floor = (reservation - backed)[:, self.vetoers]
        return np.asarray((worth[:, self.vetoers] - floor[:, :, None]).min(axis=1))

    def _watch(
        self, rows: Ints, first: int, reckonings: list[Valuation], war_values: Floats
    ) -> None:
        """In a truce with nothing to negotiate, only the temptation to break it moves.

        Those `rows` watch that come `first` or after in the reckonings.
        """
        self.record.watched(rows[first:], war_values[first:])
        self._feel_gap(rows[first:], reckonings, np.arange(first, len(rows)))

    def _feel_gap(self, rows: Ints, reckonings: list[Valuation], where: Ints) -> None:
        """By how much fighting on looks better than the rest of the deal, to each party.

        Breaking a guaranteed truce has its price, which counts against fighting on.
        """
        truces, packages = self.truces_now, self.packages
        package = truces.in_force[rows]
        outstanding = self.captivity.outstanding(rows, package)
        binding = packages.binding(package)
        for i, (party, reckoning) in enumerate(zip(self.parties, reckonings, strict=True)):
            tables = reckoning.tables
            rest = tables.frames[where, packages.frame_of[package]]
            rest = rest + outstanding * tables.swaps[where, packages.swap_of[package]]
            reneging = party.stakes.war[rows] * party.bite[rows] * binding
            truces.gap[rows, i] = np.maximum(tables.reservation[where] - reneging - rest, 0.0)

    def _hold_round(self, scene: Assessment, speaker: Ints) -> None:
        """A text is put on the table by whose turn it is (rows,), and answered."""
        meeting = self._meet(scene)
        self._conclude(self._answers(meeting, self._draft(meeting, speaker), speaker))

    def _meet(self, scene: Assessment) -> Meeting:
        """Everybody assesses the possible deals and makes up their mind what to hold out for."""
        rows = scene.rows
        in_truce = self.phase[rows] == TRUCE
        if in_truce.any():
            self._feel_gap(rows[in_truce], scene.reckonings, scene.where[in_truce])
        self.rounds[rows] += 1
        believed = self._believed_reservations(rows, scene)
        aspiration, way_out = self._aspirations(scene, believed)
        meeting = Meeting(scene, self._zopa(scene), believed, aspiration, way_out)
        self.record.met(meeting, self.day)
        return meeting

    def _conclude(self, answered: NegotiationRound) -> None:
        """The answers to the text of a round are in: it is signed, or it fails."""
        scene, rows = answered.scene, answered.scene.rows
        refused = answered.refused(self.veto)
        agreed = np.asarray(~refused.any(axis=1))
        self.events["refused_offer"][rows] = ~agreed
        if self.diary is not None:
            self._note_round(answered)
        self.record.heard(answered, refused)
        self._leak(rows)
        if agreed.any():
            self._agree(scene.of(agreed), answered.text[agreed], answered.offered[agreed])

    def _believed_reservations(
        self, rows: Ints, scene: Assessment
    ) -> dict[tuple[int, int], Floats]:
        """What each party believes the others with a veto would settle for: (rows,) by pair."""
        believed = {}
        for (i, j), luck in self.misread.items():
            error = self.parties[i].misreading[rows] * standard_normal(luck[self.day][rows])
            hoped = scene.reservation[:, j] - self.hoped[i, j][rows]
            believed[i, j] = (hoped + error).astype(np.float32)
        return believed

    def _aspirations(
        self, scene: Assessment, believed: dict[tuple[int, int], Floats]
    ) -> tuple[Floats, Bools]:
        """What each party holds out for, and whether it sees a way out: two (rows, parties)."""
        rows = scene.rows
        aspiration = np.empty_like(scene.reservation)
        way_out = np.ones(scene.reservation.shape, dtype=bool)
        loss_rate = self.captivity.loss_rate(rows)
        for i, party in enumerate(self.parties):
            acceptable = np.ones((len(self.packages), len(rows)), dtype=bool).T
            for j in self.vetoers:
                if j != i:
                    acceptable &= scene.worth[:, j] >= believed[i, j][:, None]
            aspiration[:, i], way_out[:, i] = party.holds_out_for(
                rows,
                scene.worth[:, i],
                scene.reservation[:, i],
                acceptable,
                self.elapsed[rows],
                loss_rate,
            )
        last_call = self.deadline[rows] == self.day
        return np.where(last_call[:, None], scene.reservation, aspiration), way_out

    def _draft(self, meeting: Meeting, speaker: Ints) -> Ints:
        """The text that whoever speaks (rows,) puts on the table: (rows,) package."""
        scene, aspiration = meeting.scene, meeting.aspiration
        text = np.zeros(len(scene.rows), dtype=np.int64)
        for s in np.unique(speaker):
            mine = speaker == s
            part = scene.of(mine)
            if s < len(self.parties):
                held_out_for = aspiration[mine, s]
                text[mine] = self._proposal(int(s), part, mine, meeting.believed, held_out_for)
            else:
                mediator = self.mediators[s - len(self.parties)]
                text[mine] = self._mediators_text(
                    mediator, part, take_runs(aspiration, np.flatnonzero(mine))
                )
        return text

    def _speakers(self, rows: Ints) -> Ints:
        """Who puts a text on the table today: a party's place, or one past them: (rows,)."""
        speaker = self.speaks[self.day].take(rows, axis=1).argmax(axis=0)
        if self.mediators:
            weights = np.array([mediator.drafting[rows] for mediator in self.mediators])
            luck = self.drafts[self.day].take(rows, axis=1)
            waiting = -np.log1p(-luck) / np.maximum(weights, 1e-300)
            mediated = self.luck["mediated"][self.day][rows] < self.mediated[rows]
            mediated &= weights.max(axis=0) > 0
            first = len(self.parties) + waiting.argmin(axis=0)
            speaker = np.where(mediated, first, speaker)
        return np.asarray(speaker)

    def _proposal(
        self,
        i: int,
        scene: Assessment,
        mine: Bools,
        believed: dict[tuple[int, int], Floats],
        aspiration: Floats,
    ) -> Ints:
        """A party's own proposal, as it guesses what the others would gain: (rows,) package."""
        party = self.parties[i]
        others: Floats = np.full((1, len(self.packages)), np.inf, dtype=np.float32)
        for j in self.vetoers:
            if j != i:
                tables = scene.reckonings[j].tables.of(scene.where)
                off = party.guesses(scene.rows, self.parties[j].name, tables)
                gain = scene.worth[:, j] + off - believed[i, j][mine, None]
                others = np.minimum(others, gain)
        return party.proposes(scene.worth[:, i], aspiration, others)

    def _mediators_text(self, mediator: Mediator, scene: Assessment, aspiration: Floats) -> Ints:
        """A mediator's text: (rows,) package.

        It knows a party's reservation value as far as it has access, else what the party says it
        holds out for.
        """
        rows = scene.rows
        rounds = self.rounds[rows] - 1.0
        guess = scene.worth.copy(order="K")
        heard = np.empty_like(aspiration)
        for i, party in enumerate(self.parties):
            tables = scene.reckonings[i].tables.of(scene.where)
            guess[:, i] += mediator.guesses(rows, party.name, tables, self.packages, rounds)
            access = mediator.access[party.name][rows].astype(np.float32)
            heard[:, i] = access * scene.reservation[:, i] + (1.0 - access) * aspiration[:, i]
        return mediator.drafts(guess[:, self.veto], heard[:, self.veto], aspiration[:, self.veto])

    def _answers(self, meeting: Meeting, text: Ints, speaker: Ints) -> NegotiationRound:
        """Who accepts a text (rows,), and what side payments that takes.

        Answers are simultaneous. Who proposed a text stands by it, unless nothing on offer meets
        what it holds out for. Mediators with leverage add what a text falls short of the party's
        reservation value, as far as they know it and have it.
        """
        scene, aspiration = meeting.scene, meeting.aspiration
        rows = scene.rows
        parties = range(len(self.parties))
        own = speaker[:, None] == np.array(parties)
        value = utility_of(scene.worth, text)
        offered = np.empty_like(aspiration)
        for i in parties:
            offered[:, i] = self._added(scene, i, aspiration[:, i], value[:, i])
        offered[own] = 0.0
        whim = self.noise[rows, None] * _logistic(self.answers[self.day].take(rows, axis=1)).T
        accepts = value + offered + np.where(own, 0.0, whim) >= aspiration
        return NegotiationRound(meeting, text, speaker, accepts, offered)

    def _added(self, scene: Assessment, i: int, aspiration: Floats, value: Floats) -> Floats:
        """What mediators with leverage would add to a text of this value to a party: (rows,)."""
        rows = scene.rows
        access = self._best_access(rows, i)
        floor = access * scene.reservation[:, i] + (1.0 - access) * aspiration
        wanted = floor + MARGIN_OF_PERSUASION * self.noise[rows] - value
        return np.asarray(np.clip(wanted, 0.0, scene.backed[:, i]))

    def _best_access(self, rows: Ints, party: int) -> Floats:
        """How well those who have leverage on a party know its reservation value: (rows,)."""
        name = self.parties[party].name
        best = np.zeros(len(rows))
        for mediator in self.mediators:
            paying = mediator.leverage_left[name][rows] > 0
            best = np.where(paying, np.maximum(best, mediator.access[name][rows]), best)
        return best

    def _leak(self, rows: Ints) -> None:
        """A round may become public: positions are exposed, constituencies hear of it."""
        leaked = rows[self.luck["leaks"][self.day][rows] < self.leak[rows]]
        if not len(leaked):
            return
        self._note("leak")
        self.record.leaked(leaked)
        self.events["leak"][leaked] = 1.0
        for party in self.parties:
            party.goes_public(leaked)

    def _agree(self, scene: Assessment, text: Ints, offered: Floats) -> None:
        """All have accepted: sign, or wait for those who must ask their principals first."""
        rows = scene.rows
        wait = self.lag[rows] if self.waits else np.zeros(len(rows), dtype=np.int64)
        later = wait > 0
        self.awaited[rows[later]] = text[later]
        self.awaited_day[rows[later]] = self.day + wait[later]
        self.promised[rows] = offered
        if later.any():
            self._note("awaited", package=int(text[0]), parties=self.waits)
        if not later.all():
            self._sign(scene.of(~later), text[~later])

    def _confirm(self, scene: Assessment) -> None:
        """Parties spoken for confirm if the text still beats no deal for them."""
        rows = scene.rows
        text = self.awaited[rows]
        self.awaited[rows] = NONE
        still = np.ones(len(rows), dtype=bool)
        refused_by = []
        for i in self.waits:
            given = self._confirms(i, scene, text)
            still &= given
            if not given[0]:
                refused_by.append(i)
        self._note("confirmation", package=int(text[0]), refused_by=refused_by)
        self.events["refused_offer"][rows[~still]] = 1.0
        self.record.not_confirmed(rows[~still])
        if still.any():
            self._sign(scene.of(still), text[still])

    def _confirms(self, party: int, scene: Assessment, text: Ints) -> Bools:
        """Whether a text is still better than no deal for a party spoken for: (rows,)."""
        value = scene.worth[np.arange(len(scene.rows)), party, text]
        value = value + self.promised[scene.rows, party]
        return np.asarray(value >= scene.reservation[:, party])

    def _sign(self, scene: Assessment, text: Ints) -> None:
        """A truce begins, or goes on under new terms; side payments are spent."""
        rows = scene.rows
        offered = self.promised[rows]
        self._note("signed", package=int(text[0]), renewed=bool(self.phase[rows[0]] == TRUCE))
        self.record.signed(scene, text, offered, self._on_offer(rows), self.day)
        for i, party in enumerate(self.parties):
            have = np.maximum(scene.backed[:, i], 1e-12)
            for mediator in self.mediators:
                part = mediator.leverage_left[party.name][rows] / have
                mediator.spend(party.name, rows, part * offered[:, i])
        self.record.truce_began(rows[self.phase[rows] == WAR])
        self.truces_now.begin(rows, text, offered.sum(axis=1), self.day)
        self.phase[rows] = TRUCE
        self.elapsed[rows] = 0.0
        self.promised[rows] = 0.0

    def _note_round(self, answered: NegotiationRound) -> None:
        scene, aspiration = answered.scene, answered.meeting.aspiration
        package = int(answered.text[0])
        self._note(
            "round",
            package=package,
            speaker=int(answered.speaker[0]),
            worth=scene.worth[0, :, package],
            reservation=scene.reservation[0],
            aspiration=aspiration[0],
            way_out=answered.meeting.way_out[0],
            accepts=answered.accepts[0],
            offered=answered.offered[0],
            zopa=bool(answered.meeting.zopa[0].any()),
            override=self._price_of_overriding(scene, package),
            worths=scene.worth[0],
            added=np.stack(
                [
                    self._added(scene, i, aspiration[:, i], scene.worth[0, i])
                    for i in range(len(self.parties))
                ]
            ),
        )

    def _price_of_overriding(self, scene: Assessment, package: int) -> list[float]:
        """What each party would pay at home for this text, in the diary's run."""
        prices = [0.0] * len(self.parties)
        for i, (party, reckoning) in enumerate(zip(self.parties, scene.reckonings, strict=True)):
            if party.quota:
                voters = [tables.of(scene.where[:1]) for tables in reckoning.voters]
                if not party.ratifies(voters)[0, package]:
                    prices[i] = float(party.override_price[scene.rows[0]])
        return prices

    # -- the end ---------------------------------------------------------------------------------

    def outcomes(self, sha256: str, version: str, levers: Mapping[str, float]) -> Outcomes:
        """How each run stands: after the last day, how it ended; before, as if today were it."""
        now = CurrentState(
            self.day, self.phase, self.rounds, self.awaited, self.battles, self.front
        )
        return self.record.outcomes(sha256, version, levers, now)


def _logistic(luck: NDArray[np.floating]) -> Floats:
    """Logistic noise from uniform luck."""
    inside = np.clip(luck.astype(np.float64), FINEST_LUCK, 1.0 - FINEST_LUCK)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def release_model(talks: Talks) -> None:
    """Let a finished model go: Mesa 3.3 keeps every model that ever had agents."""
    kept = getattr(mesa.Agent, "_ids", None)
    if kept is not None:
        kept.pop(talks, None)
