"""The exercise as a pure state machine: a request comes in, events go out.

`decide` looks at nothing but the state, the request and the time it is handed. It holds every
request to what its act allows: who may do it, in which phase of the exercise and stage of the
table, at which table, over which channel. The same request twice does nothing the second time.

How talks go, at each table:

1. between: the model plays the days until the next round (or finds that there is none).
2. caucus: seats that may speak to each other do.
3. proposals: any seat may put texts on the table; agents where it is their turn in the model.
4. responses: who has seen a text accepts or rejects it, or counters; mediators build bridges and
   carry texts to those who do not meet. The first text that all who can refuse one have accepted
   is agreed.
5. resolve: parties spoken for confirm what was agreed, or do not. Then the model plays on: the
   text is signed, or the next round comes.

A stage ends at its deadline, or as soon as every seat is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import singledispatch
from random import Random
from typing import Any

from sim.classroom import commands
from sim.classroom import events as happened
from sim.classroom.commands import STAGES, TALKING, Act, Command, Request
from sim.classroom.events import Event, LogRecord
from sim.classroom.plan import MOST_WAITING, ExercisePlan, Setting
from sim.classroom.state import State, Table, Text, apply, sit
from sim.scenario.schema import Scenario

#: Between two proposals of a seat lie at least so many ms, and so many are its most in a stage.
PROPOSALS_APART, MOST_PROPOSALS = 5000, 20
MOST_MESSAGES = 60

#: Nobody does more in an exercise: far beyond what a lesson needs, and little for a disk.
MOST_ACTS = 3000

#: How long a stage waits for agents after its deadline, in ms, should the model be slow.
AGENTS_GRACE = 20_000

#: An instructor moves on without the answers of at most so many seats at once.
MOST_FORCED = 20

NEXT_STAGE = {"caucus": "proposals", "proposals": "responses", "responses": "resolve"}


class RefusedError(ValueError):
    """A request that is not allowed here and now; the message says why, in plain words."""


@dataclass(frozen=True)
class Context:
    """A request in its place: who asks, from which seat, and when."""

    state: State
    by: str
    now: int
    person: str = ""
    table: Table | None = None
    role: str = ""
    agent: bool = False

    @property
    def setting(self) -> Setting:
        """The plan on its scenario."""
        return self.state.setting

    def seat(self) -> tuple[Table, str]:
        """The table and role that the request comes from."""
        if self.table is None:
            raise RefusedError("you have no seat yet; the instructor will give you one")
        return self.table, self.role


def draft(
    exercise: str, plan: ExercisePlan, scenario: Scenario, version: str, now: int
) -> LogRecord:
    """The first record of an exercise; raises ValueError where the plan does not fit."""
    Setting(plan, scenario)
    event = happened.Drafted(exercise=exercise, plan=plan, scenario=scenario, version=version)
    return LogRecord(seq=1, at=now, by=commands.INSTRUCTOR, key="draft", event=event)


def decide(state: State, request: Request, now: int) -> list[LogRecord]:
    """What a request brings about, as the next records of the log.

    Nothing where the same request was accepted before. Raises RefusedError where it is not
    allowed.
    """
    if request.key in state.keys:
        return []
    now = max(now, state.at)
    asked = _placed(state, request, now)
    events = list(_decide(request.act, asked))
    if request.by == commands.INSTRUCTOR and not isinstance(request.act, commands.Undo):
        events.append(happened.Instructed(act=request.act.kind, undo=_inverse(request.act, state)))
    return [
        LogRecord(
            seq=state.seq + 1 + k,
            at=now,
            by=request.by,
            key=request.key if k == 0 else "",
            event=event,
        )
        for k, event in enumerate(events)
    ]


def carried_out(state: State, request: Request, now: int) -> tuple[State, list[LogRecord]]:
    """The state after a request, and the records that it brought about."""
    records = decide(state, request, now)
    for record in records:
        state = apply(state, record)
    return state, records


# -- who may do what -----------------------------------------------------------------------------


def _placed(state: State, request: Request, now: int) -> Context:
    """Who asks and from where; raises RefusedError unless the act is theirs and its time is now."""
    act = request.act
    kind, _, name = request.by.partition(":")
    asked = Context(state, request.by, now)
    if kind == "person":
        asked = _as_person(asked, name)
    elif kind == "agent":
        asked = _as_agent(asked, name)
    holder = kind in ("person", "agent")
    stops = kind == "store" and isinstance(act, commands.PauseClock)
    if not (act.who == kind or (act.who == commands.HOLDER and holder) or stops):
        raise RefusedError("this is not yours to do")
    if state.phase not in act.phases:
        raise RefusedError(f"this cannot be done now: {_said_of(state.phase)}")
    if state.paused_at is not None and kind in ("person", "agent", "model", "clock"):
        raise RefusedError("the exercise is paused")
    _check_stage(act, asked)
    return asked


def _as_person(asked: Context, name: str) -> Context:
    person = asked.state.people.get(name)
    if person is None or person.gone:
        raise RefusedError("you are not in this exercise any more; ask the instructor")
    if person.acts >= MOST_ACTS:
        raise RefusedError("you have done more than a lesson has room for; ask the instructor")
    place = asked.state.seat_of(name)
    asked = replace(asked, person=name)
    return replace(asked, table=place[0], role=place[1]) if place else asked


def _as_agent(asked: Context, name: str) -> Context:
    number, _, role = name.partition("-")
    table = asked.state.tables.get(int(number)) if number.isdigit() else None
    if table is None or role not in table.seats or not table.seats[role].agent:
        raise RefusedError("no agent holds this seat")
    return replace(asked, table=table, role=role, agent=True)


def _check_stage(act: Command, asked: Context) -> None:
    if act.stages is None or asked.state.phase != "playing":
        return
    table = asked.table
    if isinstance(act, commands.PlayOn | commands.MoveAgents):
        table = _table(asked.state, act.table)
    if table is None:
        raise RefusedError("you have no seat yet; the instructor will give you one")
    if table.stage not in act.stages:
        raise RefusedError(f"this cannot be done in the stage '{table.stage}'")


def _said_of(phase: str) -> str:
    return {
        "draft": "the exercise has not been opened",
        "lobby": "the exercise has not begun",
        "briefing": "the talks have not begun",
        "playing": "the talks are under way",
        "closed": "the talks are over",
        "debrief": "the talks are over",
        "archived": "the exercise has been put away",
    }[phase]


def _table(state: State, number: int) -> Table:
    if number not in state.tables:
        raise RefusedError(f"there is no table {number}; there are 1 to {len(state.tables)}")
    return state.tables[number]


def _inverse(act: Act, state: State) -> Act | None:
    """What would take back an act of the instructor's, if anything would."""
    if isinstance(act, commands.Lock):
        return commands.Lock(locked=not act.locked)
    if isinstance(act, commands.PauseClock):
        return commands.Resume()
    if isinstance(act, commands.Resume):
        return commands.PauseClock()
    if isinstance(act, commands.Extend):
        return commands.Extend(seconds=-act.seconds, table=act.table)
    if isinstance(act, commands.Hold):
        return commands.Hold(table=act.table, role=act.role, agent=not act.agent)
    if isinstance(act, commands.Broadcast):
        return commands.Retract(number=len(state.broadcasts))
    if isinstance(act, commands.Swap):
        return act
    if isinstance(act, commands.Kick | commands.AssignSeat):
        place = state.seat_of(act.person)
        if place is not None:
            return commands.AssignSeat(person=act.person, table=place[0].number, role=place[1])
    return None


# -- one function for each act -------------------------------------------------------------------


@singledispatch
def _decide(act: Any, asked: Context) -> Iterator[Event]:
    raise RefusedError("there is no such act")


# joining and getting ready


@_decide.register
def _join(act: commands.Join, asked: Context) -> Iterator[Event]:
    state = asked.state
    if state.locked:
        raise RefusedError("joining is closed; ask the instructor")
    asked.setting.check_wish(act.wishes)
    asks_first = asked.setting.plan.joining == "asked" or state.phase != "lobby"
    place = None if asks_first else free_seat(state, act.wishes)
    most = MOST_WAITING + (len(free_seats(state)) if asks_first else 0)
    if place is None and len(state.waiting) >= most:
        raise RefusedError("all seats are taken and the waiting list is full")
    table, role = place or (None, None)
    yield happened.Joined(
        person=f"p{len(state.people) + 1}", table=table, role=role, wishes=act.wishes
    )


def free_seats(state: State) -> list[tuple[int, str]]:
    """Each place that somebody can still take, as often as somebody can: (table, role)."""
    most = state.setting.plan.people_per_seat
    return [
        (table.number, role)
        for table in state.tables.values()
        for role in state.setting.places
        for _ in range(most - len(table.seats[role].people))
    ]


def free_seat(state: State, wishes: str = "") -> tuple[int, str] | None:
    """The next seat to fill, of the role that somebody wishes for if there is one.

    Otherwise those who can refuse a deal come first, by the luck of the plan's seed.
    """
    setting = state.setting
    shuffled = Random(f"{setting.plan.seed} seats")
    open_seats = []
    for number, table in state.tables.items():
        for role in setting.places:
            taken = len(state.tables[number].seats[role].people)
            order = (role != wishes, taken, not setting.roles[role].veto, shuffled.random())
            if taken < setting.plan.people_per_seat:
                open_seats.append((order, table.number, role))
    return min(open_seats)[1:] if open_seats else None


@_decide.register
def _predict(act: commands.Predict, asked: Context) -> Iterator[Event]:
    asked.seat()
    if act.package is not None:
        asked.setting.index(act.package)
    yield happened.Predicted(person=asked.person, deal=act.deal, package=act.package)


@_decide.register
def _comprehend(act: commands.Comprehend, asked: Context) -> Iterator[Event]:
    asked.seat()
    right = set(act.choice) == set(asked.setting.vetoers)
    yield happened.Comprehended(person=asked.person, right=right)


# at the table


def _back(asked: Context) -> Iterator[Event]:
    """A person who acts has the seat back from the agent that kept it warm."""
    table, role = asked.seat()
    if not asked.agent and table.seats[role].agent:
        yield happened.Held(table=table.number, role=role, agent=False)


@_decide.register
def _save_draft(act: commands.SaveDraft, asked: Context) -> Iterator[Event]:
    table, role = asked.seat()
    asked.setting.index(act.package)
    yield from _back(asked)
    yield happened.DraftSaved(
        table=table.number, role=role, package=act.package, rationale=act.rationale
    )


@_decide.register
def _say(act: commands.Say, asked: Context) -> Iterator[Event]:
    table, role = asked.seat()
    _check_reach(asked, act.to)
    if table.seats[role].said >= MOST_MESSAGES:
        raise RefusedError("that is a lot of messages; wait for the next stage")
    yield from _back(asked)
    yield happened.Spoken(table=table.number, role=role, to=act.to, text=act.text)


def _check_reach(asked: Context, to: tuple[str, ...]) -> None:
    """Raises RefusedError where a seat does not speak to one of those named."""
    role = asked.setting.roles[asked.role]
    for other in to:
        if other not in asked.setting.roles or other == role.name:
            raise RefusedError(f"there is nobody called '{other}' to speak to")
        if other not in role.reaches:
            title = asked.setting.roles[other].title
            raise RefusedError(f"you do not meet {title}; a mediator who does can carry it")


@_decide.register
def _propose(act: commands.Propose, asked: Context) -> Iterator[Event]:
    table, role = asked.seat()
    setting = asked.setting
    index = setting.index(act.package)
    if not setting.on_offer(counting(table))[index]:
        raise RefusedError("some of these terms are not on offer")
    _check_reach(asked, act.to)
    if table.stage == "responses" and act.counters is None and not setting.roles[role].is_mediator:
        raise RefusedError("the time for new texts is over; answer one, or counter it")
    if not asked.agent:
        _check_pace(table.seats[role].proposed, asked.now)
    yield from _back(asked)
    if act.counters is not None:
        answered = _readable(table, act.counters, role)
        if answered.role == role:
            raise RefusedError("that is your own text; put a new one on the table")
        yield happened.Responded(
            table=table.number,
            text=answered.id,
            role=role,
            accepts=False,
            reason="counter",
            agent=asked.agent,
        )
    name = f"{table.number}.{len(table.texts) + 1}"
    yield happened.Proposed(
        table=table.number,
        text=name,
        role=role,
        package=act.package,
        rationale=act.rationale,
        to=act.to,
        counters=act.counters,
        agent=asked.agent,
    )
    if not asked.agent:  # who proposes a text stands by it; an agent says so if it does
        yield happened.Responded(
            table=table.number, text=name, role=role, accepts=True, reason=None, agent=False
        )


def counting(table: Table) -> tuple[str, ...]:
    """The injects that count in this round."""
    return tuple(name for name, start in table.injects if start <= table.round)


def _check_pace(proposed: tuple[int, ...], now: int) -> None:
    if len(proposed) >= MOST_PROPOSALS:
        raise RefusedError("that is a lot of texts; wait for the next stage")
    if proposed and now - proposed[-1] < PROPOSALS_APART:
        raise RefusedError("you have just put a text on the table; wait a few seconds")


def _readable(table: Table, name: str, role: str) -> Text:
    """A text of this round that a role has seen."""
    text = table.text(name)
    if text is None or text.round != table.round or role not in text.seen:
        raise RefusedError("there is no such text before you in this round")
    return text


@_decide.register
def _carry(act: commands.Carry, asked: Context) -> Iterator[Event]:
    table, role = asked.seat()
    if not asked.setting.roles[role].is_mediator:
        raise RefusedError("only mediators carry texts to others")
    text = _readable(table, act.text, role)
    _check_reach(asked, act.to)
    yield from _back(asked)
    yield happened.Carried(table=table.number, text=text.id, role=role, to=act.to)


@_decide.register
def _respond(act: commands.Respond, asked: Context) -> Iterator[Event]:
    table, role = asked.seat()
    text = _readable(table, act.text, role)
    if agreed_text(asked.setting, table) is not None:
        raise RefusedError("a text has been agreed in this round")
    if not act.accepts and act.reason is None:
        raise RefusedError(f"say why: {', '.join(commands.REASONS)}")
    yield from _back(asked)
    yield happened.Responded(
        table=table.number,
        text=text.id,
        role=role,
        accepts=act.accepts,
        reason=None if act.accepts else act.reason,
        agent=asked.agent,
    )


def agreed_text(setting: Setting, table: Table) -> Text | None:
    """The first text of this round that everyone who can refuse one has accepted."""
    for text in table.current:
        if all(text.answers.get(role) is True for role in setting.vetoers):
            return text
    return None


@_decide.register
def _confirm(act: commands.Confirm, asked: Context) -> Iterator[Event]:
    table, role = asked.seat()
    if not asked.setting.roles[role].confirms:
        raise RefusedError("nobody spoke for you, so that there is nothing to confirm")
    if agreed_text(asked.setting, table) is None:
        raise RefusedError("no text has been agreed in this round")
    yield from _back(asked)
    yield happened.Confirmed(table=table.number, role=role, yes=act.yes)


@_decide.register
def _done(act: commands.Done, asked: Context) -> Iterator[Event]:
    table, role = asked.seat()
    yield from _back(asked)
    yield happened.WasDone(table=table.number, role=role)


@_decide.register
def _take_back(act: commands.TakeBack, asked: Context) -> Iterator[Event]:
    asked.seat()
    yield from _back(asked)


@_decide.register
def _reflect(act: commands.Reflect, asked: Context) -> Iterator[Event]:
    yield happened.Reflected(person=asked.person, text=act.text)


# the instructor


@_decide.register
def _open_lobby(act: commands.OpenLobby, asked: Context) -> Iterator[Event]:
    yield happened.PhaseBegan(phase="lobby")


@_decide.register
def _lock(act: commands.Lock, asked: Context) -> Iterator[Event]:
    yield happened.Locked(locked=act.locked)


@_decide.register
def _start(act: commands.Start, asked: Context) -> Iterator[Event]:
    seconds = asked.setting.plan.clocks.briefing
    yield happened.PhaseBegan(phase="briefing", deadline=asked.now + 1000 * seconds)
    yield happened.Locked(locked=True)  # latecomers knock


@_decide.register
def _advance(act: commands.Advance, asked: Context) -> Iterator[Event]:
    state = asked.state
    if state.phase == "briefing":
        yield from _begin_talks(state)
        return
    tables = [_table(state, act.table)] if act.table is not None else list(state.tables.values())
    forced = sum(
        not seat.agent and not seat.done
        for table in tables
        if table.stage in TALKING
        for seat in table.seats.values()
    )
    if act.table is None and forced > MOST_FORCED:
        raise RefusedError(
            f"{forced} seats are not done; move on table by table, so that nobody is cut off "
            "by mistake"
        )
    for table in tables:
        if table.stage in TALKING:
            yield from _next_stage(asked, table)


@_decide.register
def _extend(act: commands.Extend, asked: Context) -> Iterator[Event]:
    if act.table is not None:
        _table(asked.state, act.table)
    yield happened.Extended(table=act.table, by=1000 * act.seconds)


@_decide.register
def _pause(act: commands.PauseClock, asked: Context) -> Iterator[Event]:
    if asked.state.paused_at is not None:
        raise RefusedError("the exercise is paused already")
    yield happened.Paused(paused=True)


@_decide.register
def _resume(act: commands.Resume, asked: Context) -> Iterator[Event]:
    if asked.state.paused_at is None:
        raise RefusedError("the exercise is not paused")
    yield happened.Paused(paused=False)


@_decide.register
def _seat(act: commands.AssignSeat, asked: Context) -> Iterator[Event]:
    _someone(asked.state, act.person)
    table = _table(asked.state, act.table)
    if act.role not in asked.setting.places:
        raise RefusedError(f"people sit as {', '.join(asked.setting.places)}")
    if len(table.seats[act.role].people) >= asked.setting.plan.people_per_seat:
        raise RefusedError(
            "this seat is taken; let the two exchange their seats, or make room first"
        )
    yield happened.Seated(person=act.person, table=act.table, role=act.role)


@_decide.register
def _admit(act: commands.Admit, asked: Context) -> Iterator[Event]:
    state = asked.state
    if act.person is not None:
        _without_a_seat(state, act.person)
    let_in = 0
    for person in state.waiting if act.person is None else (act.person,):
        place = free_seat(state, state.people[person].wishes)
        if place is None:
            break
        let_in += 1
        yield happened.Seated(person=person, table=place[0], role=place[1])
        state = sit(state, person, *place)
    if not let_in:
        raise RefusedError(
            "all seats are taken; let people watch a table, or make room first"
            if state.waiting
            else "nobody is waiting for a seat"
        )


@_decide.register
def _watch(act: commands.Watch, asked: Context) -> Iterator[Event]:
    _without_a_seat(asked.state, act.person)
    _table(asked.state, act.table)
    yield happened.Watches(person=act.person, table=act.table)


def _without_a_seat(state: State, person: str) -> None:
    """Raises RefusedError for somebody who is not here, or has a seat."""
    _someone(state, person)
    if state.people[person].gone:
        raise RefusedError("this person was taken out; move them to a seat instead")
    if state.seat_of(person) is not None:
        raise RefusedError("this person has a seat; take them out of it first")


@_decide.register
def _swap(act: commands.Swap, asked: Context) -> Iterator[Event]:
    mine, theirs = (asked.state.seat_of(person) for person in (act.person, act.other))
    if mine is None or theirs is None or act.person == act.other:
        raise RefusedError("two people who have a seat exchange them; choose two")
    yield happened.Seated(person=act.person, table=theirs[0].number, role=theirs[1])
    yield happened.Seated(person=act.other, table=mine[0].number, role=mine[1])


def _someone(state: State, person: str) -> None:
    if person not in state.people:
        raise RefusedError(f"there is nobody called '{person}' in this exercise")


@_decide.register
def _kick(act: commands.Kick, asked: Context) -> Iterator[Event]:
    _someone(asked.state, act.person)
    yield happened.Seated(person=act.person, table=None, role=None)


@_decide.register
def _reissue(act: commands.Reissue, asked: Context) -> Iterator[Event]:
    _someone(asked.state, act.person)
    yield from ()


@_decide.register
def _hold(act: commands.Hold, asked: Context) -> Iterator[Event]:
    table = _table(asked.state, act.table)
    if act.role not in table.seats:
        raise RefusedError(f"there is no role '{act.role}'")
    seat = table.seats[act.role]
    if not act.agent and not seat.people:
        raise RefusedError("nobody has this seat; move someone into it")
    if seat.agent != act.agent:
        yield happened.Held(table=act.table, role=act.role, agent=act.agent)


@_decide.register
def _broadcast(act: commands.Broadcast, asked: Context) -> Iterator[Event]:
    yield happened.Broadcasted(text=act.text)


@_decide.register
def _retract(act: commands.Retract, asked: Context) -> Iterator[Event]:
    if act.number >= len(asked.state.broadcasts):
        raise RefusedError("there is no such broadcast")
    yield happened.Retracted(number=act.number)


@_decide.register
def _fire(act: commands.Fire, asked: Context) -> Iterator[Event]:
    asked.setting.inject(act.inject)
    numbers = act.tables or tuple(asked.state.tables)
    for number in numbers:
        table = _table(asked.state, number)
        fired = [name for name, _ in table.injects]
        if table.stage != "ended" and act.inject not in fired:
            yield happened.Fired(table=number, inject=act.inject, from_round=_next_round(table))


def _next_round(table: Table) -> int:
    """The next round to be opened: what is fired now counts from there."""
    return table.round + 1


@_decide.register
def _end(act: commands.End, asked: Context) -> Iterator[Event]:
    state = asked.state
    tables = [_table(state, act.table)] if act.table is not None else state.tables.values()
    open_tables = [table for table in tables if table.stage != "ended"]
    for table in open_tables:
        yield happened.Ended(table=table.number, how="instructor", day=table.day, terms=None)
    yield from _close(state, {table.number for table in open_tables})


@_decide.register
def _debrief(act: commands.BeginDebrief, asked: Context) -> Iterator[Event]:
    yield happened.PhaseBegan(phase="debrief")


@_decide.register
def _reveal(act: commands.Reveal, asked: Context) -> Iterator[Event]:
    yield happened.Revealed()


@_decide.register
def _archive(act: commands.Archive, asked: Context) -> Iterator[Event]:
    yield happened.PhaseBegan(phase="archived")


@_decide.register
def _undo(act: commands.Undo, asked: Context) -> Iterator[Event]:
    state = asked.state
    if state.undo is None:
        raise RefusedError("there is nothing that could be taken back")
    request = Request(by=commands.INSTRUCTOR, key="undo", act=state.undo)
    placed = _placed(state, request, asked.now)
    yield from _decide(state.undo, placed)
    yield happened.Instructed(act="undo", undo=None)


# the model and the clock


def _begin_talks(state: State) -> Iterator[Event]:
    yield happened.PhaseBegan(phase="playing")
    for number in state.tables:
        yield happened.StageBegan(table=number, round=0, stage="between", deadline=None)


@_decide.register
def _play_on(act: commands.PlayOn, asked: Context) -> Iterator[Event]:
    state = asked.state
    table = state.tables[act.table]
    if act.round != len(table.rounds):
        raise RefusedError("these days have been played")
    if act.injects != tuple(name for name, _ in table.injects):
        raise RefusedError("an inject has come in meanwhile; play these days with it")
    yield happened.DaysPassed(table=act.table, day=act.day, news=act.news)
    if act.signed is not None or act.over:
        how = "deal" if act.signed is not None else act.over
        yield happened.Ended.model_validate(
            {"table": act.table, "how": how, "day": act.day, "terms": act.signed}
        )
        yield from _close(state, {act.table})
        return
    seconds = asked.setting.plan.clocks.caucus
    yield happened.StageBegan(
        table=act.table,
        round=len(table.rounds) + 1,
        stage="caucus",
        deadline=asked.now + 1000 * seconds,
    )


def due_injects(setting: Setting, table: Table) -> list[str]:
    """The injects whose time has come before the next round of a table."""
    fired = {name for name, _ in table.injects}
    return [
        inject.id
        for inject in setting.plan.injects
        if inject.id not in fired
        and (
            inject.at_round == len(table.rounds) + 1
            or (inject.after_failures is not None and table.failures >= inject.after_failures)
        )
    ]


@_decide.register
def _move_agents(act: commands.MoveAgents, asked: Context) -> Iterator[Event]:
    table = asked.state.tables[act.table]
    if (act.round, act.stage) != (table.round, table.stage):
        raise RefusedError("this stage is over")
    yield happened.AgentsMoved(table=act.table)


@_decide.register
def _project(act: commands.Project, asked: Context) -> Iterator[Event]:
    table = _table(asked.state, act.table)
    if table.projection is None:
        yield happened.Projected(projection=act)


@_decide.register
def _tick(act: commands.Tick, asked: Context) -> Iterator[Event]:
    state = asked.state
    if state.phase == "briefing":
        nobody = all(seat.agent for table in state.tables.values() for seat in table.seats.values())
        if nobody or (state.deadline is not None and asked.now >= state.deadline):
            yield from _begin_talks(state)
        return
    for table in state.tables.values():
        if table.stage == "between":
            for name in due_injects(asked.setting, table):
                yield happened.Fired(table=table.number, inject=name, from_round=_next_round(table))
        elif table.stage in TALKING and is_over(state, table, asked.now):
            yield from _next_stage(asked, table)


def is_over(state: State, table: Table, now: int) -> bool:
    """Whether a table's stage is over: its time is up or every seat is done."""
    setting = state.setting
    agreed = agreed_text(setting, table) is not None
    if (table.stage == "responses" and agreed) or (table.stage == "resolve" and not agreed):
        return True
    late = table.deadline is not None and now >= table.deadline
    ready = table.agents_moved and not unanswered(setting, table)
    if any(seat.agent for seat in table.seats.values()) and not ready:
        return table.deadline is not None and now >= table.deadline + AGENTS_GRACE
    present = any(not seat.agent for seat in table.seats.values())
    if not present and any(seat.people for seat in table.seats.values()):
        return late  # its people are away, and may come back in time
    waiting = [role for role, seat in table.seats.items() if not seat.agent and not seat.done]
    if table.stage == "resolve":
        waiting = [role for role in waiting if must_confirm(setting, table, role)]
    return late or not waiting


def must_confirm(setting: Setting, table: Table, role: str) -> bool:
    """Whether a table waits for this role to confirm what was agreed."""
    agreed = agreed_text(setting, table) is not None
    return agreed and setting.roles[role].confirms and role not in table.confirms


def unanswered(setting: Setting, table: Table) -> list[tuple[str, Text]]:
    """The agents of parties who have a text before them that they have not answered."""
    if table.stage != "responses":
        return []
    return [
        (role, text)
        for text in table.current
        for role, seat in table.seats.items()
        if seat.agent
        and role in text.seen
        and role not in text.answers
        and not setting.roles[role].is_mediator
    ]


def _next_stage(asked: Context, table: Table) -> Iterator[Event]:
    """End a table's stage; what its agents keep warm follows from who has been idle."""
    setting = asked.setting
    following = NEXT_STAGE.get(table.stage, "between")
    if following == "between":
        agreed = agreed_text(setting, table)
        text = agreed or _nearest(setting, table)
        yield happened.RoundClosed(
            table=table.number,
            round=table.round,
            text=text.id if text else None,
            agreed=agreed is not None,
        )
    seconds = getattr(setting.plan.clocks, following, None)
    deadline = None if seconds is None else asked.now + 1000 * seconds
    yield happened.StageBegan(
        table=table.number, round=table.round, stage=following, deadline=deadline
    )
    for role, seat in table.seats.items():
        gone = not seat.agent and not seat.stirred
        if gone and seat.idle + 1 >= setting.plan.idle_stages:
            yield happened.Held(table=table.number, role=role, agent=True)


def _nearest(setting: Setting, table: Table) -> Text | None:
    """Of the texts that failed, the first of those that most who can refuse have accepted."""
    if not table.current:
        return None
    return max(
        table.current,
        key=lambda text: sum(text.answers.get(role, False) for role in setting.vetoers),
    )


def _close(state: State, ended: set[int]) -> Iterator[Event]:
    """The exercise is closed once the last table has ended."""
    if all(table.stage == "ended" or n in ended for n, table in state.tables.items()):
        yield happened.PhaseBegan(phase="closed")


assert set(NEXT_STAGE) | {"between", "resolve", "ended"} == set(STAGES)
