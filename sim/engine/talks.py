"""The days of a negotiation, many runs side by side: war, captives, truces, home and talks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import mesa
import numpy as np

from sim.engine.agents.mediator import Mediator
from sim.engine.agents.party import Party
from sim.engine.assessment import Assessor
from sim.engine.captives import Captivity
from sim.engine.negotiation import ChannelParams, Negotiation
from sim.engine.outcomes import NONE, Outcomes
from sim.engine.outside_events import NumberReader, OutsideEvents
from sim.engine.random_streams import RandomStreams
from sim.engine.recorder import CurrentState, Recorder
from sim.engine.rounds import (
    BACKWARD_WON,
    FORWARD_WON,
    TRUCE,
    WAR,
    TalksState,
)
from sim.engine.run_events import EventObserver, run_event
from sim.engine.sampling import ParameterSample, carry_over
from sim.engine.stances import Stances
from sim.engine.truces import TruceParams, Truces
from sim.scenario.packages import feasible_packages
from sim.scenario.schema import Scenario
from sim.theory.war import WAR_MODULES, WarState
from sim.types import Bools, Floats, Ints

#: Packages assessed at a time, over all runs at hand: more take memory, fewer take more calls.
PACKAGES_AT_ONCE = 2**20

#: The random streams of what happens to all alike on a day.
LUCK = ("battles", "battle won", "suspensions", "direct")


class Talks(mesa.Model):
    """Negotiations over one conflict, in a block of runs.

    The order of a day:

    1. outside: events come or what they moved goes back; windows open or close, numbers move.
    2. war: a battle may be fought; everybody learns from it; a side may win.
    3. captives: some may die, be rescued, be freed one-sidedly or by a side channel.
    4. truces: the batches due are handed over, violations happen, a truce may break, or it ends
       with its term unless it is extended or outlives it under a guarantee.
    5. home: constituencies are mobilised by what has happened since yesterday, and calm down;
       public attention fades; leaderships reconsider, or harden; talks may be suspended.
    6. talks: what was agreed and waits is confirmed when it falls due; on the days of a round
       everybody assesses the packages; a party makes a proposal; the parties answer; where it fails
       a mediator may try a text of its own in private; the round may leak; if all who have a veto
       accept, the text is signed and a truce begins.

    Random numbers are drawn for every run on every day, so that no run moves another's.
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
        offered: Bools | None = None,
    ) -> None:
        super().__init__(rng=int(chance.seed))
        self.case = scenario
        self.streams = chance
        self.days = days
        self.diary = diary
        sample = ParameterSample(
            scenario, chance, dict(levers or {}), dict(points or {}), dict(values or {})
        )
        self.sample = sample
        self.packages = packages = feasible_packages(scenario, sample.fixed)
        self.captivity = Captivity(sample, packages)
        self.mediators = [Mediator(self, name, sample, packages) for name in scenario.mediators]
        self.parties = [Party(self, name, sample, packages) for name in scenario.parties]
        self.helped = any(mediator.keeps_channel for mediator in self.mediators)
        self.truces_now = Truces(sample, self.packages, self.captivity, self.helped)
        self.war = WAR_MODULES[scenario.war.kind]()
        self.war_numbers = sample.of("war.numbers", self.war.numbers)
        self.luck = {name: chance.daily(name) for name in LUCK}
        self.stances = Stances(chance, self.parties, self.captivity, self._note)
        self.channel = ChannelParams.of(sample)
        self.state = TalksState.before_the_first_day(chance.runs, len(self.parties))
        self.record = Recorder(sample, self.parties, self.truces_now, days=days, series=series)
        self.assessor = Assessor(
            chance,
            self.parties,
            self.mediators,
            self.truces_now,
            self._evidence,
            at_once=max(PACKAGES_AT_ONCE // len(self.packages), 1),
            offered=offered,
        )
        self.negotiation = Negotiation(
            chance,
            self.assessor,
            self.channel,
            self.state,
            self.record,
            note=self._note if diary is not None else None,
        )
        self.outside = OutsideEvents(sample, self.parties, _readers_of(self))
        if scenario.events:
            self.sample = replace(sample, outside=self.outside)
        self._open(chance.runs)

    def _open(self, runs: int) -> None:
        """Set the war as it stands before the first day, and record what there is to agree on."""
        self.day = 0
        self.war_state: WarState = self.war.first_state(self.war_numbers, runs)
        self.deaths_today = np.zeros((runs, len(self.captivity.pools)))
        assessor = self.assessor
        for rows in assessor.parts(np.arange(runs)):
            seen, truth = assessor.assess(rows), assessor.assess(rows, truthful=True)
            zopa, objective = assessor.zone_of_agreement(seen), assessor.zone_of_agreement(truth)
            self.record.before_the_first_day(seen, zopa, objective)

    def _take_war(self, numbers: dict[str, Floats]) -> None:
        """Set new numbers of the war; where it stands stays as far from its beginning."""
        start = self.war.first_state(self.war_numbers, self.streams.runs)
        self.war_numbers = numbers
        new_start = self.war.first_state(self.war_numbers, self.streams.runs)
        self.war_state = replace(
            self.war_state,
            **{
                name: carry_over(value, getattr(start, name), getattr(new_start, name))
                for name, value in vars(self.war_state).items()
            },
        )

    def _take_channel(self, channel: ChannelParams) -> None:
        """Set new numbers of the channel."""
        self.channel = channel
        self.negotiation.set_params(channel)

    def set_levers(self, levers: Mapping[str, float | Floats]) -> None:
        """Set all levers anew, from today on: new parameters for the same state.

        What starts from a parameter, such as leverage that is spent later, stays as far from its
        start as it is. The packages stay as they are.
        """
        self.sample = replace(self.sample, levers=dict(levers))
        self.outside.set_params(self.sample)
        for party in self.parties:
            party.set_params(self.sample)
        for mediator in self.mediators:
            mediator.set_params(self.sample)
        self.captivity.set_params(self.sample)
        self.truces_now.set_params(self.sample)
        self._take_war(self.sample.of("war.numbers", self.war.numbers))
        self._take_channel(ChannelParams.of(self.sample))
        self.assessor.read_beliefs()

    # -- the day ---------------------------------------------------------------------------------

    @property
    def phase(self) -> Ints:
        """War, truce or who has won: (runs,)."""
        return self.state.phase

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
        if self.day == 1:
            self.stances.begin(self.sample)
        for _, happen in self.order:
            happen(self)
        self.record.evening(self.day, self.phase)

    def _note(self, kind: str, **facts: Any) -> None:
        if self.diary is not None:
            self.diary.record(run_event(kind, self.day, **facts))

    def _evidence(self, rows: Ints) -> WarState:
        """Return what everybody has seen of the war in some runs."""
        seen: WarState = self.war.evidence(self.war_state.take(rows))
        return seen

    # -- 1 outside -------------------------------------------------------------------------------

    def _let_events_come(self) -> None:
        """Let outside events come and go, with all that they do to the talks."""
        before = _belief_inputs(self) if self.outside.names else ((), ())
        occurrences = self.outside.play(self.day)
        if occurrences:
            errors, others = map(_differ, before, _belief_inputs(self))
            if errors:
                self.assessor.read_beliefs()
            elif others:
                self.assessor.read_optimism()
        if self.diary is not None and self.playing[0]:
            for occurrence in occurrences:
                told = occurrence.begins and (occurrence.event, self.day) in self.outside.told
                if occurrence.rows[0] == 0 and not told:
                    event = self.outside.names[occurrence.event]
                    self._note("outside event", event=event, begins=occurrence.begins)
            self.stances.tell({party.name: ("event",) for party in self.parties})

    # -- 2 war -----------------------------------------------------------------------------------

    def _fight(self) -> None:
        """Fight a battle where there is one; let a day of truce pass; see who has won."""
        war, fighting = self.war, self.phase == WAR
        self.state.front_moved[:] = 0
        chance = war.battle_chance(self.war_numbers, self.war_state)
        fought = fighting & (self.luck["battles"][self.day] < chance)
        rows = fought.nonzero()[0]
        if len(rows):
            numbers, state = self._war_in(rows)
            chance = war.forward_wins(numbers, state, self.captivity.lift(rows))
            won = self.luck["battle won"][self.day][rows] < chance
            self.state.front_moved[rows] = np.where(won, 1, -1)
            self.war_state = self.war_state.put(rows, war.advance_battle(numbers, state, won))
            self._note("battle", won=bool(won[0]))
        rows = (self.phase == TRUCE).nonzero()[0]
        if len(rows):
            numbers, state = self._war_in(rows)
            days = self.day - self.truces_now.began[rows]
            rested = war.advance_truce_day(numbers, state, days)
            self.war_state = self.war_state.put(rows, rested)
        forward, backward = war.victory(self.war_numbers, self.war_state)
        self._win(fighting & forward, FORWARD_WON)
        self._win(fighting & backward, BACKWARD_WON)

    def _war_in(self, rows: Ints) -> tuple[dict[str, Floats], WarState]:
        """Return the numbers and the state of the war in some runs."""
        numbers = {name: value[rows] for name, value in self.war_numbers.items()}
        return numbers, self.war_state.take(rows)

    def _win(self, won: Bools, phase: int) -> None:
        if won.any():
            self.phase[won] = phase
            self.record.won(won, self.day)
            self._note("victory", forward=phase == FORWARD_WON)

    # -- 3 captives ------------------------------------------------------------------------------

    def _apply_captive_events(self) -> None:
        """Let captives die, be rescued or be freed outside a deal."""
        fighting, resting = self.phase == WAR, self.phase == TRUCE
        deaths = self.captivity.apply_deaths(self.day, resting, self.playing)
        rescued, killed = self.captivity.rescue(self.day, fighting)
        released = self.captivity.release_outside_a_deal(self.day, fighting, resting)
        self.deaths_today = (deaths + killed).astype(float)
        if self.diary is not None:
            for kind, people in (
                ("death", deaths),
                ("rescue", rescued),
                ("killed in rescue", killed),
                ("release", released),
            ):
                if people.any():
                    self._note(kind, people=people[0], truce=bool(resting[0]))

    # -- 4 truces --------------------------------------------------------------------------------

    def _keep_truces(self) -> None:
        """Carry out what was signed; see whether the truces hold."""
        truces, events = self.truces_now, self.state.events
        events["violation"][:] = 0.0
        events["collapse"][:] = 0.0
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
        breach = truces.apply_violations(self.day)
        events["violation"][breach] = 1.0
        if breach.any():
            self._note("violation")
        rows, causes = truces.breaks(self.day)
        self._end_truces(rows, causes)
        self._meet_expiry()

    def _meet_expiry(self) -> None:
        """Extend truces at the end of their term, let them outlive it in talks, or end them."""
        truces = self.truces_now
        rows = truces.expiring(self.day)
        if not len(rows):
            return
        extends = truces.may_extend(rows)
        if extends.any():
            willing = np.flatnonzero(extends)
            extends[willing] = self.assessor.all_want_extension(rows[willing])
            truces.extend(rows[extends], self.day)
            if extends.any():
                self._note("extension", people=int(truces.params.extension_people[0]))
        rest = rows[~extends]
        granted = truces.grant_grace(rest)
        if granted.any():
            self._note("grace", days=int(truces.params.grace_days[0]))
        rest = rest[~granted]
        self._end_truces(rest, np.full(len(rest), len(truces.causes)))

    def _end_truces(self, rows: Ints, causes: Ints) -> None:
        """Go back to war; talks start anew."""
        if not len(rows):
            return
        truces, state = self.truces_now, self.state
        self.record.truce_ended(rows, causes, self.day)
        self._note("truce ends", cause=int(causes[0]), days=int(self.day - truces.began[rows[0]]))
        truces.end(rows)
        state.phase[rows] = WAR
        for party in self.parties:
            party.elapsed[rows] = 0.0
        state.awaited[rows] = NONE
        state.events["collapse"][rows] = 1.0

    # -- 5 home ----------------------------------------------------------------------------------

    def _update_mobilisation(self) -> None:
        """Let constituencies hear the news and attention fade; talks may be suspended."""
        fighting, playing, state = self.phase == WAR, self.playing, self.state
        state.events["war_day"] = fighting.astype(float)
        today = {event: happened for event, happened in state.events.items() if happened.any()}
        for party in self.parties:
            mourned = self.deaths_today[:, party.home_pools].sum(axis=1)
            news = {**today, "captive_death": mourned} if mourned.any() else today
            for constituency in party.constituencies:
                constituency.update_mobilisation(news)
            party.fade_exposure(self.channel.forgetting)
        self.stances.reconsider(self.day, today, state.front_moved)
        state.events["leak"][:] = 0.0
        state.events["refused_offer"][:] = 0.0
        free = fighting & (self.day > state.suspended_until)
        shocked = free & (self.luck["suspensions"][self.day] < self.channel.suspending)
        if shocked.any():
            state.suspended_until[shocked] = self.day + self.channel.suspension[shocked] - 1
            self._note("suspension", days=int(self.channel.suspension[0]))
        talking = playing & (self.day > state.suspended_until)
        self.record.suspended(playing & ~talking)
        for party in self.parties:
            party.let_a_day_pass(talking)
        self.record.stood(self.day, self.stances.flexible)

    # -- 6 talks ---------------------------------------------------------------------------------

    def _negotiate(self) -> None:
        """Hold a round where one is due, and confirm what falls due."""
        state, negotiation = self.state, self.negotiation
        playing, waiting = self.playing, state.awaited != NONE
        open_today = self.day > state.suspended_until
        confirming = playing & waiting & (self.day >= state.awaited_day)
        called = playing & ~waiting & self._round_due()
        due = called & open_today
        self.record.silenced(called & ~open_today)
        watching = due & ~self._negotiable()
        meeting = ((due & ~watching) | confirming).nonzero()[0]
        speaker = negotiation.model.speakers(meeting, self.day)
        order = np.lexsort((speaker, ~confirming[meeting]))  # groups side by side
        meeting, speaker = meeting[order], speaker[order]
        rows = np.concatenate([meeting, watching.nonzero()[0]])
        first = 0
        for some in self.assessor.parts(rows):
            valuations, war_values = self.assessor.evaluate_deals(some)
            meet = min(max(len(meeting) - first, 0), len(some))
            if meet < len(some):  # with nothing to negotiate, only the temptation to break moves
                self.record.watched(some[meet:], war_values[meet:])
                self.assessor.update_gaps(some[meet:], valuations, np.arange(meet, len(some)))
            if meet:
                met = [valuation.first(meet) for valuation in valuations]
                assessment = self.assessor.evaluate_utilities(some[:meet], met, war_values[:meet])
                self.record.assessed(assessment)
                speaks = speaker[first : first + meet]
                negotiation.play(assessment, confirming[some[:meet]], speaks, self.day)
            first += len(some)

    def _round_due(self) -> Bools:
        """Return whether a round is due, by the calendar or by chance without a channel: (runs,).

        Where there is a channel, everybody meets on the day of the deadline whatever the calendar.
        """
        if self.helped:
            due = ((self.day - 1) % self.channel.every == 0) | (self.day == self.channel.deadline)
            return np.asarray(due)
        return np.asarray(self.luck["direct"][self.day] < self.channel.direct)

    def _negotiable(self) -> Bools:
        """Return whether there is something to negotiate: (runs,).

        There is in war, and in the second phase of a truce.
        """
        truces = self.truces_now
        begun = self.day - truces.began >= truces.params.second_phase_from
        ended = self.packages.permanent[np.maximum(truces.in_force, 0)]
        return np.asarray((self.phase == WAR) | ((self.phase == TRUCE) & begun & ~ended))

    #: What happens on a day, in this order: the name of each part and the method that plays it.
    order: ClassVar[tuple[tuple[str, Callable[[Talks], None]], ...]] = (
        ("outside", _let_events_come),
        ("war", _fight),
        ("captives", _apply_captive_events),
        ("truces", _keep_truces),
        ("home", _update_mobilisation),
        ("talks", _negotiate),
    )

    def outcomes(self, sha256: str, version: str, levers: Mapping[str, float]) -> Outcomes:
        """Return how each run stands: how it ended, or before the last day as if it were today."""
        now = CurrentState(self.day, self.state, self.war_state.battles, self.war_state.front)
        recorded = self.record.outcomes(sha256, version, levers, now)
        return recorded.with_events(
            {name: event.scheduled_days for name, event in self.case.events.items()},
            self.outside.came.T,
        )


def _readers_of(talks: Talks) -> list[NumberReader]:
    """Return everyone whose numbers outside events may move."""
    people: list[Party | Mediator | Captivity]
    people = [*talks.parties, *talks.mediators, talks.captivity]
    return [
        *(
            NumberReader(p.read_params, partial(getattr, p, "numbers"), p.take_params)
            for p in people
        ),
        NumberReader(TruceParams.of, lambda: talks.truces_now.params, talks.truces_now.take_params),
        NumberReader(
            lambda sample: sample.of("war.numbers", talks.war.numbers),
            lambda: talks.war_numbers,
            talks._take_war,
        ),
        NumberReader(ChannelParams.of, lambda: talks.channel, talks._take_channel),
    ]


def _belief_inputs(talks: Talks) -> tuple[list[Floats], list[Floats]]:
    """Return what parties' beliefs are made from, (runs,) each: their errors, and all the rest."""
    rest = [n for p in talks.parties for n in (p.params.optimism, p.params.misreading)]
    for mediator in talks.mediators:
        params = mediator.params
        rest += [params.guarantee, *params.access.values(), *params.believed.values()]
    return [party.params.misjudgement for party in talks.parties], rest


def _differ(before: Sequence[Floats], after: Sequence[Floats]) -> bool:
    """Return whether any array was replaced by another."""
    return any(old is not new for old, new in zip(before, after, strict=True))


def release_model(talks: Talks) -> None:
    """Release Mesa's reference to a finished model: Mesa 3.3 keeps every one with agents."""
    kept = getattr(mesa.Agent, "_ids", None)
    if kept is not None:
        kept.pop(talks, None)
