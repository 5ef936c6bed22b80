"""The model behind a table: the same talks, with people's moves in place of some of its actors'.

A table is one run of the model. An agent at it decides by the model's own rules, from what its
party or mediator knows in the model, with the table's luck; so a table of agents alone *is* that
run of `simulate` on the scenario as it is played in class, bit by bit, until its last round.
What a person does takes the place of what the model's actor would have done, and the model plays
on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from sim.classroom.plan import Setting
from sim.classroom.state import PastRound, Table
from sim.engine.agents.constituency import Constituency
from sim.engine.agents.mediator import Mediator
from sim.engine.agents.party import Party
from sim.engine.captives import Captivity
from sim.engine.outcomes import NONE
from sim.engine.random_streams import STRETCH_DAYS, RandomStreams
from sim.engine.rounds import Assessment, Meeting
from sim.engine.run_events import EventObserver
from sim.engine.talks import Talks, release_model
from sim.engine.truces import Truces
from sim.scenario.packages import Packages
from sim.scenario.schema import Scenario
from sim.types import Bools, Floats, Ints, Singles

#: What talks have taken down, or who takes it down, rather than what they reckon with: injects
#: leave it alone.
RECORDED = frozenset({"record", "day", "diary"})

#: The luck of what comes after a table has ended is apart from that of any table.
AFTERWARDS = 2**40


@dataclass(frozen=True, eq=False)
class Forked(RandomStreams):
    """The luck of one run in every run, until a day; from the next day on, each has its own.

    All runs share the one run's numbers (what is drawn once). With `after` 0 they share nothing
    but these.
    """

    whose: int
    after: int
    fresh: int = 0  # number of the run whose luck the first has afterwards

    def once(self, stream: str, width: int = 1) -> Floats:
        """`width` uniform numbers, the same in each run: (runs, width)."""
        luck = RandomStreams(self.seed, self.whose, 1).once(stream, width)
        return np.repeat(luck, self.runs, axis=0)

    def stretch(self, stream: str, number: int) -> Singles:
        """A stretch of days of a daily stream: (runs, STRETCH_DAYS)."""
        shared = RandomStreams(self.seed, self.whose, 1).stretch(stream, number)
        own = RandomStreams(self.seed, self.fresh, self.runs).stretch(stream, number)
        days = number * STRETCH_DAYS + 1 + np.arange(STRETCH_DAYS)
        return np.where(days <= self.after, shared, own)


@dataclass(frozen=True)
class Change:
    """What an inject changes, from a round on."""

    from_round: int
    levers: Mapping[str, float]
    offered: Bools | None = None  # (packages,)


@dataclass(frozen=True)
class Script:
    """What a table has done so far, as the model needs it."""

    rounds: tuple[PastRound, ...]
    changes: tuple[Change, ...]
    offered: Bools  # (packages,) on the first day


def script_of(setting: Setting, table: Table) -> Script:
    """A table's rounds and injects, for the model."""
    changes = []
    for k, (name, start) in enumerate(table.injects):
        inject = setting.inject(name)
        fired = tuple(other for other, _ in table.injects[: k + 1])
        if inject.kind == "parameter":
            changes.append(Change(start, {inject.lever: inject.setting}))
        elif inject.kind == "option":
            changes.append(Change(start, {}, np.array(setting.on_offer(fired))))
    return Script(table.rounds, tuple(changes), np.array(setting.on_offer(())))


def planned_script(setting: Setting) -> Script:
    """The injects that come of themselves at a round, for talks of agents alone."""
    table = Table(0, {})
    for inject in sorted(setting.plan.injects, key=lambda one: one.at_round or 0):
        if inject.at_round is not None:
            table = replace(table, injects=(*table.injects, (inject.id, inject.at_round)))
    return script_of(setting, table)


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
        self.setting = setting
        self.script = script
        self.live = live
        self.offered = script.offered
        self.meeting: Meeting | None = None
        self.held = 0  # rounds of the script that were held
        self.changed = 0  # changes that were made
        self.moved_levers = setting.levers
        self.rounds_at_deal = np.full(chance.runs, NONE, dtype=np.int64)
        self.confirming: Mapping[str, bool] = {}
        super().__init__(
            setting.case,
            chance,
            days=days or setting.case.days,
            levers=setting.levers,
            diary=diary,
        )
        self._change_for(1)

    # -- rounds --------------------------------------------------------------------------------

    def step(self) -> None:
        """Play one day; what is scheduled for a round to come changes before it."""
        if not self.live and self.held >= len(self.script.rounds):
            due = (self.day - 1) // self.setting.days_per_round + 2  # by the calendar
            self._change_for(max(self.held + 1, due))
        super().step()

    def _hold_round(self, scene: Assessment, speaker: Ints) -> None:
        if self.held < len(self.script.rounds):
            self._follow(self.script.rounds[self.held], self._meet(scene))
        elif self.live:
            self.meeting = self._meet(scene)
        else:
            super()._hold_round(scene, speaker)

    def conclude(self, held: PastRound, script: Script) -> None:
        """The round that was waited for is over, at the table that is alive."""
        assert self.meeting is not None
        self.script = script
        meeting, self.meeting = self.meeting, None
        self._follow(held, meeting)

    def _follow(self, held: PastRound, meeting: Meeting) -> None:
        """Do in all rows what the table did."""
        rows = meeting.scene.rows
        self.held += 1
        self.confirming = held.confirms
        if held.package is None or held.speaker is None:
            self.events["refused_offer"][rows] = 0.0
            self._leak(rows)
        else:
            text = np.full(len(rows), self.setting.index(held.package))
            speaker = np.full(len(rows), self.setting.speaks_at(held.speaker))
            by_the_model = self._answers(meeting, text, speaker)
            answers = [self._answer_of(party.name, held) for party in self.parties]
            self._conclude(replace(by_the_model, accepts=np.tile(answers, (len(rows), 1))))
        if self.live or self.held < len(self.script.rounds):
            self._change_for(self.held + 1)

    def _answer_of(self, party: str, held: PastRound) -> bool:
        roles = [role.name for role in self.setting.roles.values() if role.plays == party]
        return any(held.answers.get(role, False) for role in roles)

    def _confirms(self, party: int, scene: Assessment, text: Ints) -> Bools:
        """A person's word, where one was given in the round; else the model's rule."""
        for role, yes in self.confirming.items():
            if self.setting.roles[role].plays == self.parties[party].name:
                return np.full(len(scene.rows), yes)
        return super()._confirms(party, scene, text)

    def _sign(self, scene: Assessment, text: Ints) -> None:
        first = scene.rows[self.record.deal_day[scene.rows] == NONE]
        self.rounds_at_deal[first] = self.rounds[first]
        super()._sign(scene, text)

    def _on_offer(self, rows: Ints) -> Bools:
        return np.asarray(super()._on_offer(rows) & self.offered)

    # -- injects -------------------------------------------------------------------------------

    def _change_for(self, number: int) -> None:
        """Make the changes that count from a round on."""
        changes = self.script.changes
        while self.changed < len(changes) and changes[self.changed].from_round <= number:
            change = changes[self.changed]
            self.changed += 1
            if change.offered is not None:
                self.offered = change.offered
            if change.levers:
                self._move(change.levers)

    def _move(self, levers: Mapping[str, float]) -> None:
        """Move what levers move, from today on: whatever they would have changed on day 1.

        What has changed since, such as side payments that were spent, stays as far from its
        beginning as it is.
        """
        new = {**self.moved_levers, **levers}
        before, after = (self._fresh(setting) for setting in (self.moved_levers, new))
        for name, value in list(vars(self).items()):
            if name in RECORDED or name.startswith("_") or name not in vars(before):
                continue
            moved = _moved(value, vars(before)[name], vars(after)[name])
            if moved is not value:
                setattr(self, name, moved)
        self.moved_levers = new

    def _fresh(self, levers: Mapping[str, float]) -> Talks:
        talks = Talks(self.case, self.luck_of, days=1, levers=levers)
        release_model(talks)
        return talks

    # -- what those at a table know and want ---------------------------------------------------

    def model_text(self) -> tuple[int, int]:
        """The text that the model's luck puts on the table in this round, and who speaks.

        Parties count first among the speakers, then mediators.
        """
        assert self.meeting is not None
        speaker = self._speakers(self.meeting.scene.rows)
        return int(self._draft(self.meeting, speaker)[0]), int(speaker[0])

    def answers_to(self, package: int, speaker: int) -> list[bool]:
        """Who of the parties accepts a text, by the model's rules."""
        assert self.meeting is not None
        answered = self._answers(self.meeting, np.array([package]), np.array([speaker]))
        return [bool(yes) for yes in answered.accepts[0]]

    def worth_to(self, party: int) -> tuple[Floats, float]:
        """What each package is worth to a party, and what no deal is: (packages,) utils, utils."""
        scene = self._seen()
        return scene.worth[0, party].astype(float), float(scene.reservation[0, party])

    def ratified_by(self, party: int) -> Bools:
        """Which packages would pass the vote at a party's home: (packages,)."""
        actor = self.parties[party]
        if not actor.quota:
            return np.ones(len(self.packages), dtype=bool)
        return np.asarray(actor.ratifies(self._seen().reckonings[party].voters)[0])

    def guessed_by(self, mediator: int) -> Floats:
        """What a mediator thinks parties would gain over what they hold out for, in utils.

        It is off as the model has it: (parties, packages).
        """
        scene, actor = self._seen(), self.mediators[mediator]
        rounds = self.rounds[scene.rows] - 1.0
        gains = np.empty((len(self.parties), len(self.packages)))
        for i, party in enumerate(self.parties):
            tables = scene.reckonings[i].tables
            off = actor.guesses(scene.rows, party.name, tables, self.packages, rounds)
            access = actor.access[party.name][0]
            floor = access * scene.reservation[0, i] + (1.0 - access) * self._held_out_for(i)
            gains[i] = scene.worth[0, i] + off[0] - floor
        return gains

    def _seen(self) -> Assessment:
        assert self.meeting is not None
        return self.meeting.scene

    def _held_out_for(self, party: int) -> float:
        assert self.meeting is not None
        return float(self.meeting.aspiration[0, party])


#: What an actor or a truce refers to and does not own.
ELSEWHERE = frozenset({"model", "packages", "captivity", "unique_id", "pos"})

#: Objects with state of their own, which others refer to, as the record does, so that they are
#: moved where they are; everything else is a value and is replaced.
_WITH_STATE = (Party, Mediator, Constituency, Captivity, Truces)


def _moved(now: Any, old: Any, new: Any) -> Any:
    """A value of the present, moved as far as `new` differs from `old`."""
    if isinstance(now, np.ndarray):
        if now.dtype == bool or np.array_equal(old, new, equal_nan=now.dtype.kind == "f"):
            return now
        shift = np.where(now == old, new, now + (new - old))
        return shift.astype(now.dtype)
    if isinstance(now, dict):
        return {key: _moved(now[key], old[key], new[key]) for key in now}
    if isinstance(now, list | tuple):
        parts = [_moved(*three) for three in zip(now, old, new, strict=True)]
        return type(now)(parts)
    if isinstance(now, _WITH_STATE):
        for name, value in list(vars(now).items()):
            if name in ELSEWHERE:
                continue
            setattr(now, name, _moved(value, vars(old)[name], vars(new)[name]))
        return now
    if is_dataclass(now) and not isinstance(now, Packages | Scenario | RandomStreams | type):
        changed = {
            f.name: _moved(getattr(now, f.name), getattr(old, f.name), getattr(new, f.name))
            for f in fields(now)
        }
        return replace(now, **changed)
    return now
