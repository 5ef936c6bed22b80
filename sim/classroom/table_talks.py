"""Play the model with people's moves in place of some of its actors'.

A table is one run of the model. An agent at it decides by the model's own rules, from what its
party or mediator knows in the model, with the table's random numbers; so a table of agents alone
*is* that run of `simulate` on the scenario as it is played in class, bit by bit, until its last
round. What a person does takes the place of what the model's actor would have done, and the model
plays on from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.classroom.commands import FirstStance
from sim.classroom.plan import Setting
from sim.classroom.state import PastRound, Table
from sim.engine.agents.party import Party
from sim.engine.negotiation import ModelMoves
from sim.engine.outcomes import NONE
from sim.engine.random_streams import RandomStreams
from sim.engine.rounds import Assessment, Meeting, NegotiationRound
from sim.engine.run_events import EventObserver
from sim.engine.talks import Talks
from sim.scenario.schema import Party as PartySpec
from sim.types import Bools, Floats, Ints

#: The random numbers of what comes after a table has ended are apart from those of any table.
AFTERWARDS = 2**40


@dataclass(frozen=True, eq=False, kw_only=True)
class Forked(RandomStreams):
    """The random streams of other runs (`whose`) until a day; from the next day on, each its own.

    What is drawn once stays that of the others. With `after` 0 nothing else is theirs.
    """

    after: int
    own: RandomStreams  # of as many runs

    def of(self, rows: Ints | Bools) -> Forked:
        """Return the streams of some of the runs, by their places in the block."""
        some = self.numbers[rows]
        return replace(self, runs=len(some), whose=some, own=self.own.of(rows))

    def days(self, streams: Sequence[str], first: int, last: int) -> Floats:
        """Return the numbers of daily streams from one day to another: (days, streams, runs)."""
        numbers = self.own.days(streams, first, last)
        if first <= self.after:
            shared = super().days(streams, first, min(last, self.after))
            numbers[: len(shared)] = shared
        return numbers


@dataclass(frozen=True)
class Change:
    """What an inject changes, from a round on."""

    from_round: int
    levers: Mapping[str, float]
    offered: Bools | None = None  # (packages,)
    event: str = ""  # an outside event that comes


@dataclass(frozen=True)
class Script:
    """What a table has done so far, as the model needs it."""

    rounds: tuple[PastRound, ...]
    changes: tuple[Change, ...]
    offered: Bools  # (packages,) on the first day


def script_of(setting: Setting, table: Table) -> Script:
    """Return a table's rounds and injects, for the model."""
    changes = []
    for k, (name, start) in enumerate(table.injects):
        before = setting.terms(tuple(other for other, _ in table.injects[:k]))
        inject = setting.inject(name)
        after = inject.apply(before)
        levers = {lever: x for lever, x in after.levers.items() if before.levers.get(lever) != x}
        offered = None
        if after.closed != before.closed:
            offered = np.array(
                setting.on_offer(tuple(other for other, _ in table.injects[: k + 1]))
            )
        if levers or offered is not None or inject.event:
            changes.append(Change(start, levers, offered, inject.event))
    return Script(table.rounds, tuple(changes), np.array(setting.on_offer(())))


def planned_script(setting: Setting) -> Script:
    """Return the injects that come of themselves at a round, for talks of agents alone."""
    table = Table(0, {})
    for inject in sorted(setting.plan.injects, key=lambda inject: inject.at_round or 0):
        if inject.at_round is not None:
            table = replace(table, injects=(*table.injects, (inject.id, inject.at_round)))
    return script_of(setting, table)


class PeopleMoves:
    """The moves of a table: what a script says as far as it goes, then the model's own.

    At a table that is alive (`live`) the round waits for its people where the script ends.
    """

    def __init__(self, setting: Setting, script: Script, model: ModelMoves, live: bool) -> None:
        self.setting = setting
        self.script = script
        self.model = model
        self.live = live
        self.held = 0  # rounds of the script that were held
        self.last: PastRound | None = None  # of the script
        self.scripted = False  # whether the proposal on the table is the script's

    def waits(self, meeting: Meeting) -> bool:
        """Return whether people have yet to move in this round."""
        return self.live and self.held >= len(self.script.rounds)

    def propose(self, meeting: Meeting) -> tuple[Ints, Ints] | None:
        """Return what the table put to the vote, in all rows, or the model's own proposals."""
        self.scripted = self.held < len(self.script.rounds)
        if not self.scripted:
            return self.model.propose(meeting)
        self.last = self.script.rounds[self.held]
        self.held += 1
        if self.last.package is None or self.last.speaker is None:
            return None
        rows = len(meeting.assessment.rows)
        proposal = np.full(rows, self.setting.index(self.last.package))
        return proposal, np.full(rows, self.setting.speaks_at(self.last.speaker))

    def answer(self, meeting: Meeting, proposal: Ints, speaker: Ints) -> NegotiationRound:
        """Return the table's answers, in all rows, or those of the model's actors."""
        answered = self.model.answer(meeting, proposal, speaker)
        if not self.scripted:
            return answered
        answers = [self._accepted(party.name) for party in self.model.parties]
        return replace(answered, accepts=np.tile(answers, (len(proposal), 1)))

    def mediate(self, answered: NegotiationRound) -> NegotiationRound:
        """Leave the round as the table closed it, or let the model's mediators try."""
        if not self.scripted:
            return self.model.mediate(answered)
        return replace(answered, mediated=answered.speaker >= len(self.model.parties))

    def _accepted(self, party: str) -> bool:
        """Return whether someone who plays a party accepted in the last round of the script."""
        assert self.last is not None
        roles = [role.name for role in self.setting.roles.values() if role.plays == party]
        return any(self.last.answers.get(role, False) for role in roles)

    def confirm(
        self, party: int, assessment: Assessment, proposal: Ints, promised: Floats
    ) -> Bools:
        """Return a person's word, where one was given in the last round; else the model's rule.

        A person who speaks for themselves gave theirs by accepting.
        """
        name, rows = self.model.parties[party].name, len(assessment.rows)
        if self.last is not None:
            for role in (*self.last.confirms, *self.last.people):
                if self.setting.roles[role].plays == name:
                    word = self.last.confirms.get(role, not self.setting.roles[role].confirms)
                    return np.full(rows, word)
        return self.model.confirm(party, assessment, proposal, promised)


class TableTalks(Talks):
    """Talks in which a script says what was put on the table and answered, as far as it goes.

    Then they wait for the next move (`live`), or the model's own actors go on. With more than one
    run, all follow the same script.
    """

    def __init__(
        self,
        setting: Setting,
        chance: RandomStreams,
        script: Script,
        *,
        live: bool = False,
        days: int | None = None,
        diary: EventObserver | None = None,
    ) -> None:
        super().__init__(
            setting.case,
            chance,
            days=days or setting.case.days,
            levers=setting.levers,
            diary=diary,
            offered=script.offered,
        )
        self.setting = setting
        self.levers = dict(setting.levers)
        self.people = PeopleMoves(setting, script, self.negotiation.model, live)
        self.negotiation.moves = self.people
        self.changed = 0  # changes of the script that were made
        self.rounds_at_deal = np.full(chance.runs, NONE, dtype=np.int64)
        self.make_changes(1)

    @property
    def meeting(self) -> Meeting | None:
        """The round that waits for its people's moves."""
        return self.negotiation.waiting

    # -- rounds --------------------------------------------------------------------------------

    def step(self) -> None:
        """Play one day; what is scheduled for a round to come changes before it."""
        people = self.people
        if not people.live and people.held >= len(people.script.rounds):
            due = (self.day - 1) // self.setting.days_per_round + 2  # by the calendar
            self.make_changes(max(people.held + 1, due))
        super().step()
        self._after_a_round()

    def conclude(self, script: Script) -> None:
        """Go on with the round that waited, which is the last of the script now."""
        self.people.script = script
        self.negotiation.conclude()
        self._after_a_round()

    def _after_a_round(self) -> None:
        """Keep when first deals were signed, and make the changes for the round to come."""
        signed = (self.record.deal_day != NONE) & (self.rounds_at_deal == NONE)
        self.rounds_at_deal[signed] = self.state.rounds[signed]
        if self.people.live or self.people.held < len(self.people.script.rounds):
            self.make_changes(self.people.held + 1)

    def make_changes(self, number: int) -> None:
        """Make the changes that count from a round of this number on."""
        changes = self.people.script.changes
        while self.changed < len(changes) and changes[self.changed].from_round <= number:
            change = changes[self.changed]
            self.changed += 1
            if change.offered is not None:
                self.assessor.offered = change.offered
            if change.levers:
                self.levers.update(change.levers)
                self.set_levers(self.levers)
            if change.event:  # comes on the day after the round before
                self.outside.schedule(change.event, self.day + 1, told=True)

    # -- how leaderships stand -----------------------------------------------------------------

    def first_stances(self) -> dict[str, FirstStance]:
        """Return how leaderships will stand on the first day, and what giving way costs them.

        For talks that have not begun.
        """
        self.stances.begin(self.sample)
        return {
            party.name: _first_stance(party, self.case.parties[party.name])
            for party in self.parties
        }

    def flexible(self) -> dict[str, bool]:
        """Return which leaderships are flexible now, of the parties with a veto."""
        return {party.name: bool(party.flexible[0]) for party in self.parties if party.veto}

    # -- what those at a table know and want ---------------------------------------------------

    def model_proposals(self) -> list[tuple[int, int]]:
        """Return the packages that the model would put on the table in this round, and who speaks.

        The text of the party whose turn it is, then that of a mediator who would try one if it
        failed. Parties count first among the speakers, then mediators.
        """
        meeting, model = self._met(), self.negotiation.model
        proposal, speaker = model.propose(meeting)
        proposals = [(int(proposal[0]), int(speaker[0]))]
        if model.mediators:
            called, drafter = model.called(meeting)
            if called[0]:
                text, forward = model.draft(meeting, drafter)
                if forward[0]:
                    proposals.append((int(text[0]), len(self.parties) + int(drafter[0])))
        return proposals

    def answers_to(self, package: int, speaker: int) -> list[bool]:
        """Return who of the parties accepts a package, by the model's rules."""
        model = self.negotiation.model
        answered = model.answer(self._met(), np.array([package]), np.array([speaker]))
        return [bool(accepts) for accepts in answered.accepts[0]]

    def stance_allows(self, party: int, package: int) -> bool:
        """Return whether the stance of a party's leadership lets an agent sign a package."""
        return bool(self.parties[party].signs(np.array([0]), np.array([package]))[0])

    def worth_to(self, party: int) -> tuple[Floats, float]:
        """Return what packages are worth to a party, (packages,), and what no deal is, in utils."""
        assessment = self._met().assessment
        return assessment.worth[0, party].astype(float), float(assessment.reservation[0, party])

    def ratified_by(self, party: int) -> Bools:
        """Return which packages would pass the vote at a party's home: (packages,)."""
        actor = self.parties[party]
        if not actor.quota:
            return np.ones(len(self.packages), dtype=bool)
        return np.asarray(actor.ratifies(self._met().assessment.valuations[party].voters)[0])

    def guessed_by(self, mediator: int) -> Floats:
        """Return what a mediator thinks parties would gain over what they hold out for, in utils.

        It is off as the model has it: (parties, packages).
        """
        meeting, actor = self._met(), self.mediators[mediator]
        soundings = self.negotiation.model.soundings(meeting, mediator)
        guess = actor.guess(soundings)
        return np.asarray(guess[0] - soundings.claims[0][:, None], dtype=float)

    def _met(self) -> Meeting:
        assert self.meeting is not None
        return self.meeting


def _first_stance(party: Party, spec: PartySpec) -> FirstStance:
    """Return how a leadership stands before the first day, with its own numbers."""
    prices = iter(party.params.red_lines)
    red_lines = [
        None if line.hard else _in_utils(next(prices)[0]) for line in spec.positions.red_lines
    ]
    return FirstStance(
        flexible=bool(party.flexible[0]) if party.veto else None,
        red_lines=tuple(red_lines),
        audience=_in_utils(party.params.audience_cost),
        exposure=_in_utils(party.exposure),
        override=_in_utils(party.params.override_price) if party.quota else None,
    )


def _in_utils(number: Floats) -> float:
    """Return a number of a table's run, rounded as on a score sheet."""
    return round(float(number[0]), 4)
