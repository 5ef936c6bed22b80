"""The state of an exercise, and how each event of the log changes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import singledispatch
from typing import Any

from sim.classroom import events
from sim.classroom.commands import Act, FirstStance, News, Project, Terms
from sim.classroom.events import LogRecord
from sim.classroom.plan import Package, Setting, setting_of
from sim.provenance import model_fingerprint

#: Why an exercise is shown from its log and does not go on.
FIRST_THEORY = (
    "This exercise was set up with Parley {version} under an earlier theory of the negotiation, in "
    "which leaderships were neither firm nor flexible. It is shown as its log has it and does not "
    "go on; to play again, set it up anew"
)
OTHER_MODEL = (
    "This exercise was played with another version of the model, and agents, score sheets and "
    "forecasts of this one would not fit what was played. It is shown as its log has it and does "
    "not go on; to play again, set it up anew"
)


@dataclass(frozen=True)
class Seat:
    """A role at a table and who holds it."""

    people: tuple[str, ...] = ()
    agent: bool = True  # whether an agent holds it now
    done: bool = False  # nothing more to do in this stage
    stirred: bool = False  # whether its people have done anything in this stage
    idle: int = 0  # stages in a row in which they have not
    draft: Package | None = None
    rationale: str = ""
    proposed: tuple[int, ...] = ()  # when its people proposed in this stage, ms
    said: int = 0  # messages in this stage


@dataclass(frozen=True)
class Proposal:
    """A proposal on the table: who wrote it, who has seen it, and what they answered."""

    id: str
    round: int
    role: str
    package: Package
    rationale: str
    seen: tuple[str, ...]  # the author's role first
    counters: str | None
    agent: bool
    at: int
    answers: Mapping[str, bool] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Message:
    """A message to some seats."""

    role: str
    to: tuple[str, ...]
    text: str
    round: int
    at: int


@dataclass(frozen=True)
class PastRound:
    """A round that was held, as the model needs it to play on."""

    text: str | None
    package: Package | None
    speaker: str | None
    answers: Mapping[str, bool]
    confirms: Mapping[str, bool]  # what people have confirmed or not; agents are not in it
    agreed: bool
    day: int
    people: tuple[str, ...] = ()  # roles that people held when it closed


@dataclass(frozen=True)
class Table:
    """One copy of the negotiation."""

    number: int
    seats: Mapping[str, Seat]
    stage: str = "between"
    round: int = 0  # rounds begun
    deadline: int | None = None
    since: int | None = None  # when the stage began
    day: int = 0
    news: tuple[News, ...] = ()
    happened: int = 0  # how much of what happened the log holds
    first: Mapping[str, FirstStance] = field(default_factory=dict)  # by party
    flexible: Mapping[str, bool] = field(default_factory=dict)  # how they stand now, by party
    texts: tuple[Proposal, ...] = ()
    messages: tuple[Message, ...] = ()
    confirms: Mapping[str, bool] = field(default_factory=dict)
    agents_moved: bool = False
    rounds: tuple[PastRound, ...] = ()
    injects: tuple[tuple[str, int], ...] = ()  # id, and the round from which it counts
    how: str = ""
    terms: Terms | None = None
    projection: Project | None = None

    @property
    def failures(self) -> int:
        """The number of rounds that brought no agreement."""
        return sum(not held.agreed for held in self.rounds)

    def proposal(self, name: str) -> Proposal | None:
        """Return a proposal by its name, if it is on this table."""
        return next((text for text in self.texts if text.id == name), None)

    @property
    def current(self) -> tuple[Proposal, ...]:
        """The proposals of this round."""
        return tuple(text for text in self.texts if text.round == self.round)


@dataclass(frozen=True)
class Person:
    """Someone who has joined, by pseudonym."""

    id: str
    table: int | None
    role: str | None
    wishes: str = ""  # the role that was wished for
    watches: int | None = None  # the table, for someone without a seat
    deal: int | None = None  # predicted chance of a deal, of 100
    package: Package | None = None
    understood: bool | None = None
    reflection: str = ""
    acts: int = 0  # what they have done so far, counted
    gone: bool = False


@dataclass(frozen=True)
class State:
    """An exercise as it stands."""

    exercise: str
    plan: str  # as JSON
    scenario: str  # as JSON
    version: str
    format: int
    model: str  # fingerprint of the model that plays, empty where the log does not say
    phase: str = "draft"
    deadline: int | None = None
    locked: bool = False
    paused_at: int | None = None
    tables: Mapping[int, Table] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    broadcasts: tuple[str | None, ...] = ()
    revealed: bool = False
    undo: Act | None = None
    keys: frozenset[str] = frozenset()
    seq: int = 0
    at: int = 0

    @property
    def setting(self) -> Setting:
        """The plan on its scenario."""
        return setting_of(self.plan, self.scenario)

    @property
    def read_only(self) -> str:
        """Why nothing more is played here, in a sentence; empty where this model goes on.

        An exercise that has not begun is not bound to the model it was drafted with.
        """
        if self.setting.of_first_theory:
            return FIRST_THEORY.format(version=self.version)
        begun = self.phase not in ("draft", "lobby")
        return OTHER_MODEL if begun and self.model != model_fingerprint() else ""

    def seat_of(self, person: str) -> tuple[Table, str] | None:
        """Return the table and role of a person, or None while they wait."""
        record = self.people.get(person)
        if record is None or record.table is None or record.role is None:
            return None
        return self.tables[record.table], record.role

    @property
    def waiting(self) -> tuple[str, ...]:
        """The people who have joined, have no seat and watch no table."""
        return tuple(
            p.id
            for p in self.people.values()
            if p.table is None and p.watches is None and not p.gone
        )


def replay(records: Iterable[LogRecord], start: State | None = None) -> State:
    """Return the state after some records; raise ValueError for a gap in them."""
    state = start
    for record in records:
        state = apply(state, record)
    if state is None:
        raise ValueError("the log is empty; it begins with what was drafted")
    return state


def apply(state: State | None, record: LogRecord) -> State:
    """Return the state after one more record; raise ValueError if it does not follow."""
    event = record.event
    if state is None:
        if record.seq != 1 or not isinstance(event, events.Drafted):
            raise ValueError(f"the log begins with record {record.seq}, {event.kind}; not a draft")
        state = _drafted(event)
    elif record.seq != state.seq + 1:
        raise ValueError(f"record {record.seq} follows {state.seq}; some are missing or doubled")
    else:
        state = _count_act(_apply_event(event, state, record), record)
    keys = state.keys | {record.key} if record.key else state.keys
    return replace(state, seq=record.seq, at=record.at, keys=keys)


def _count_act(state: State, record: LogRecord) -> State:
    """Count one more act of the person who brought a record about."""
    kind, _, name = record.by.partition(":")
    if kind != "person" or not record.key or name not in state.people:
        return state
    return _update_person(state, name, acts=state.people[name].acts + 1)


def canonical(state: State) -> bytes:
    """Return a state as bytes: the same for the same log on every machine."""
    content = asdict(state)
    content["keys"] = sorted(state.keys)
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=_plain)
    return text.encode()


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json")


def _drafted(event: events.Drafted) -> State:
    if event.format > events.FORMAT:
        raise ValueError(
            f"the log is of format {event.format}, written by Parley {event.version}; this version "
            f"reads up to format {events.FORMAT}: use that one"
        )
    plan, scenario = event.plan.model_dump_json(), event.scenario.model_dump_json()
    setting = setting_of(plan, scenario)
    tables = {
        number: Table(number, {role: Seat() for role in setting.roles})
        for number in range(1, event.plan.tables + 1)
    }
    return State(
        event.exercise, plan, scenario, event.version, event.format, event.model, tables=tables
    )


# -- one function for each kind of event ---------------------------------------------------------


@singledispatch
def _apply_event(event: Any, state: State, record: LogRecord) -> State:
    raise ValueError(f"record {record.seq} holds no known event")


def _update_person(state: State, person: str, **changes: Any) -> State:
    changed = replace(state.people[person], **changes)
    return replace(state, people={**state.people, person: changed})


def _update_table(state: State, number: int, **changes: Any) -> State:
    table = replace(state.tables[number], **changes)
    return replace(state, tables={**state.tables, number: table})


def _update_seat(state: State, number: int, role: str, **changes: Any) -> State:
    table = state.tables[number]
    seats = {**table.seats, role: replace(table.seats[role], **changes)}
    return _update_table(state, number, seats=seats)


def _mark_active(state: State, number: int, role: str, **changes: Any) -> State:
    """Mark a seat as active, so that it is not idle; an agent's moves do not count."""
    if state.tables[number].seats[role].agent:
        return _update_seat(state, number, role, **changes) if changes else state
    return _update_seat(state, number, role, stirred=True, idle=0, **changes)


def _update_proposal(
    state: State, number: int, name: str, change: Callable[[Proposal], Proposal]
) -> State:
    texts = state.tables[number].texts
    return _update_table(
        state, number, texts=tuple(change(text) if text.id == name else text for text in texts)
    )


@_apply_event.register
def _phase_began(event: events.PhaseBegan, state: State, record: LogRecord) -> State:
    model = event.model or state.model
    return replace(state, phase=event.phase, deadline=event.deadline, model=model)


@_apply_event.register
def _joined(event: events.Joined, state: State, record: LogRecord) -> State:
    person = Person(event.person, None, None, event.wishes)
    people = {**state.people, event.person: person}
    return sit(replace(state, people=people), event.person, event.table, event.role)


@_apply_event.register
def _locked(event: events.Locked, state: State, record: LogRecord) -> State:
    return replace(state, locked=event.locked)


@_apply_event.register
def _seated(event: events.Seated, state: State, record: LogRecord) -> State:
    state = _leave_seat(state, event.person)
    state = _update_person(state, event.person, gone=event.table is None)
    return sit(state, event.person, event.table, event.role)


@_apply_event.register
def _watches(event: events.Watches, state: State, record: LogRecord) -> State:
    return _update_person(state, event.person, watches=event.table)


def sit(state: State, person: str, number: int | None, role: str | None) -> State:
    """Seat a person at a table in a role; return the same state where none is named."""
    if number is None or role is None:
        return state
    state = _update_person(state, person, table=number, role=role, watches=None)
    seated = (*state.tables[number].seats[role].people, person)
    return _update_seat(state, number, role, people=seated, agent=False, idle=0, done=False)


def _leave_seat(state: State, person: str) -> State:
    record = state.people[person]
    if record.table is None or record.role is None:
        return state
    left = tuple(p for p in state.tables[record.table].seats[record.role].people if p != person)
    state = _update_seat(state, record.table, record.role, people=left, agent=not left)
    return _update_person(state, person, table=None, role=None)


@_apply_event.register
def _held(event: events.Held, state: State, record: LogRecord) -> State:
    state = _update_seat(state, event.table, event.role, agent=event.agent, idle=0, done=False)
    return _update_table(state, event.table, agents_moved=False) if event.agent else state


@_apply_event.register
def _predicted(event: events.Predicted, state: State, record: LogRecord) -> State:
    return _update_person(state, event.person, deal=event.deal, package=event.package)


@_apply_event.register
def _comprehended(event: events.Comprehended, state: State, record: LogRecord) -> State:
    return _update_person(state, event.person, understood=event.right)


@_apply_event.register
def _first_stances_taken(event: events.FirstStancesTaken, state: State, record: LogRecord) -> State:
    return _update_table(state, event.table, first=event.stances)


@_apply_event.register
def _stage_began(event: events.StageBegan, state: State, record: LogRecord) -> State:
    table = state.tables[event.table]
    seats = {
        role: replace(
            seat,
            done=False,
            proposed=(),
            said=0,
            stirred=False,
            idle=_idle(seat, table.stage),
        )
        for role, seat in table.seats.items()
    }
    fresh: dict[str, Any] = {}
    if event.stage == "caucus":
        fresh = {"confirms": {}}
    return _update_table(
        state,
        event.table,
        stage=event.stage,
        round=event.round,
        deadline=event.deadline,
        since=record.at,
        seats=seats,
        agents_moved=False,
        **fresh,
    )


def _idle(seat: Seat, stage: str) -> int:
    """Return the stages in a row in which a seat's people did nothing, with the one that ends."""
    counts = not seat.agent and stage not in ("between", "ended")
    return seat.idle + 1 if counts and not seat.stirred else seat.idle


@_apply_event.register
def _days_passed(event: events.DaysPassed, state: State, record: LogRecord) -> State:
    table = state.tables[event.table]
    return _update_table(
        state,
        event.table,
        day=event.day,
        news=(*table.news, *event.news),
        happened=table.happened + len(event.happened),
        flexible={**table.flexible, **event.flexible},
    )


@_apply_event.register
def _draft_saved(event: events.DraftSaved, state: State, record: LogRecord) -> State:
    return _mark_active(
        state, event.table, event.role, draft=event.package, rationale=event.rationale
    )


@_apply_event.register
def _spoken(event: events.Spoken, state: State, record: LogRecord) -> State:
    table = state.tables[event.table]
    message = Message(event.role, event.to, event.text, table.round, record.at)
    state = _update_table(state, event.table, messages=(*table.messages, message))
    return _mark_active(state, event.table, event.role, said=table.seats[event.role].said + 1)


@_apply_event.register
def _proposed(event: events.Proposed, state: State, record: LogRecord) -> State:
    table = state.tables[event.table]
    text = Proposal(
        event.text,
        table.round,
        event.role,
        event.package,
        event.rationale,
        (event.role, *event.to),
        event.counters,
        event.agent,
        record.at,
    )
    state = _update_table(state, event.table, texts=(*table.texts, text))
    when = (*table.seats[event.role].proposed, record.at)
    return _mark_active(state, event.table, event.role, proposed=when)


@_apply_event.register
def _carried(event: events.Carried, state: State, record: LogRecord) -> State:
    def carry(text: Proposal) -> Proposal:
        return replace(text, seen=tuple(dict.fromkeys([*text.seen, *event.to])))

    return _mark_active(
        _update_proposal(state, event.table, event.text, carry), event.table, event.role
    )


@_apply_event.register
def _responded(event: events.Responded, state: State, record: LogRecord) -> State:
    def answer(text: Proposal) -> Proposal:
        reasons = {role: why for role, why in text.reasons.items() if role != event.role}
        if event.reason:
            reasons[event.role] = event.reason
        return replace(text, answers={**text.answers, event.role: event.accepts}, reasons=reasons)

    return _mark_active(
        _update_proposal(state, event.table, event.text, answer), event.table, event.role
    )


@_apply_event.register
def _confirmed(event: events.Confirmed, state: State, record: LogRecord) -> State:
    confirms = {**state.tables[event.table].confirms, event.role: event.yes}
    return _mark_active(
        _update_table(state, event.table, confirms=confirms), event.table, event.role
    )


@_apply_event.register
def _was_done(event: events.WasDone, state: State, record: LogRecord) -> State:
    return _mark_active(state, event.table, event.role, done=True)


@_apply_event.register
def _agents_moved(event: events.AgentsMoved, state: State, record: LogRecord) -> State:
    return _update_table(state, event.table, agents_moved=True)


@_apply_event.register
def _round_closed(event: events.RoundClosed, state: State, record: LogRecord) -> State:
    table = state.tables[event.table]
    text = table.proposal(event.text) if event.text else None
    held = PastRound(
        event.text,
        text.package if text else None,
        text.role if text else None,
        dict(text.answers) if text else {},
        dict(table.confirms),
        event.agreed,
        table.day,
        tuple(role for role, seat in table.seats.items() if not seat.agent),
    )
    return _update_table(state, event.table, rounds=(*table.rounds, held))


@_apply_event.register
def _ended(event: events.Ended, state: State, record: LogRecord) -> State:
    return _update_table(
        state,
        event.table,
        stage="ended",
        deadline=None,
        since=record.at,
        day=event.day,
        how=event.how,
        terms=event.terms,
    )


@_apply_event.register
def _fired(event: events.Fired, state: State, record: LogRecord) -> State:
    injects = (*state.tables[event.table].injects, (event.inject, event.from_round))
    return _update_table(state, event.table, injects=injects)


@_apply_event.register
def _paused(event: events.Paused, state: State, record: LogRecord) -> State:
    if event.paused:
        return replace(state, paused_at=record.at)
    stood = record.at - (record.at if state.paused_at is None else state.paused_at)
    return replace(_shift_deadlines(state, None, stood), paused_at=None)


@_apply_event.register
def _extended(event: events.Extended, state: State, record: LogRecord) -> State:
    return _shift_deadlines(state, event.table, event.by)


def _shift_deadlines(state: State, number: int | None, by: int) -> State:
    """Move a table's deadline, or that of all and of the briefing."""
    if number is None and state.deadline is not None:
        state = replace(state, deadline=state.deadline + by)
    tables = {
        n: replace(table, deadline=table.deadline + by)
        if table.deadline is not None and number in (None, n)
        else table
        for n, table in state.tables.items()
    }
    return replace(state, tables=tables)


@_apply_event.register
def _broadcasted(event: events.Broadcasted, state: State, record: LogRecord) -> State:
    return replace(state, broadcasts=(*state.broadcasts, event.text))


@_apply_event.register
def _retracted(event: events.Retracted, state: State, record: LogRecord) -> State:
    broadcasts = list(state.broadcasts)
    broadcasts[event.number] = None
    return replace(state, broadcasts=tuple(broadcasts))


@_apply_event.register
def _reflected(event: events.Reflected, state: State, record: LogRecord) -> State:
    return _update_person(state, event.person, reflection=event.text)


@_apply_event.register
def _revealed(event: events.Revealed, state: State, record: LogRecord) -> State:
    return replace(state, revealed=True)


@_apply_event.register
def _projected(event: events.Projected, state: State, record: LogRecord) -> State:
    return _update_table(state, event.projection.table, projection=event.projection)


@_apply_event.register
def _instructed(event: events.Instructed, state: State, record: LogRecord) -> State:
    return replace(state, undo=event.undo)
