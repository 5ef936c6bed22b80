"""Decide on what the instructor does: phases, clocks, seats, broadcasts, injects, and undo."""

from __future__ import annotations

from collections.abc import Iterator

from sim.classroom import commands, events
from sim.classroom.commands import TALKING, Act, Request
from sim.classroom.decide.permissions import resolve_context
from sim.classroom.decide.stages import (
    Context,
    RefusedError,
    begin_talks,
    close_if_all_ended,
    find_table,
    free_seat,
    handle,
    next_round,
    next_stage,
)
from sim.classroom.events import Event
from sim.classroom.state import State, sit
from sim.provenance import model_fingerprint

#: The most seats without an answer that an instructor moves on from at once.
MAX_FORCED = 20


@handle.register
def _open_lobby(act: commands.OpenLobby, context: Context) -> Iterator[Event]:
    yield events.PhaseBegan(phase="lobby")


@handle.register
def _lock(act: commands.Lock, context: Context) -> Iterator[Event]:
    yield events.Locked(locked=act.locked)


@handle.register
def _start(act: commands.Start, context: Context) -> Iterator[Event]:
    seconds = context.setting.plan.clocks.briefing
    deadline = context.now + 1000 * seconds
    yield events.PhaseBegan(phase="briefing", deadline=deadline, model=model_fingerprint())
    yield events.Locked(locked=True)  # latecomers knock


@handle.register
def _advance(act: commands.Advance, context: Context) -> Iterator[Event]:
    state = context.state
    if state.phase == "briefing":
        yield from begin_talks(state)
        return
    tables = (
        [find_table(state, act.table)] if act.table is not None else list(state.tables.values())
    )
    forced = sum(
        not seat.agent and not seat.done
        for table in tables
        if table.stage in TALKING
        for seat in table.seats.values()
    )
    if act.table is None and forced > MAX_FORCED:
        raise RefusedError(
            f"{forced} seats are not done; move on table by table, so that nobody is cut off "
            "by mistake"
        )
    for table in tables:
        if table.stage in TALKING:
            yield from next_stage(context, table)


@handle.register
def _extend(act: commands.Extend, context: Context) -> Iterator[Event]:
    if act.table is not None:
        find_table(context.state, act.table)
    yield events.Extended(table=act.table, by=1000 * act.seconds)


@handle.register
def _pause(act: commands.PauseClock, context: Context) -> Iterator[Event]:
    if context.state.paused_at is not None:
        raise RefusedError("the exercise is paused already")
    yield events.Paused(paused=True)


@handle.register
def _resume(act: commands.Resume, context: Context) -> Iterator[Event]:
    if context.state.paused_at is None:
        raise RefusedError("the exercise is not paused")
    yield events.Paused(paused=False)


@handle.register
def _seat(act: commands.AssignSeat, context: Context) -> Iterator[Event]:
    _check_person(context.state, act.person)
    table = find_table(context.state, act.table)
    if act.role not in context.setting.places:
        raise RefusedError(f"people sit as {', '.join(context.setting.places)}")
    if len(table.seats[act.role].people) >= context.setting.plan.people_per_seat:
        raise RefusedError(
            "this seat is taken; let the two exchange their seats, or make room first"
        )
    yield events.Seated(person=act.person, table=act.table, role=act.role)


@handle.register
def _admit(act: commands.Admit, context: Context) -> Iterator[Event]:
    state = context.state
    if act.person is not None:
        _check_unseated(state, act.person)
    admitted = 0
    for person in state.waiting if act.person is None else (act.person,):
        place = free_seat(state, state.people[person].wishes)
        if place is None:
            break
        admitted += 1
        yield events.Seated(person=person, table=place[0], role=place[1])
        state = sit(state, person, *place)
    if not admitted:
        raise RefusedError(
            "all seats are taken; let people watch a table, or make room first"
            if state.waiting
            else "nobody is waiting for a seat"
        )


@handle.register
def _watch(act: commands.Watch, context: Context) -> Iterator[Event]:
    _check_unseated(context.state, act.person)
    find_table(context.state, act.table)
    yield events.Watches(person=act.person, table=act.table)


def _check_unseated(state: State, person: str) -> None:
    """Raise RefusedError for somebody who is not in the exercise, or has a seat."""
    _check_person(state, person)
    if state.people[person].gone:
        raise RefusedError("this person was taken out; move them to a seat instead")
    if state.seat_of(person) is not None:
        raise RefusedError("this person has a seat; take them out of it first")


@handle.register
def _swap(act: commands.Swap, context: Context) -> Iterator[Event]:
    mine, theirs = (context.state.seat_of(person) for person in (act.person, act.other))
    if mine is None or theirs is None or act.person == act.other:
        raise RefusedError("two people who have a seat exchange them; choose two")
    yield events.Seated(person=act.person, table=theirs[0].number, role=theirs[1])
    yield events.Seated(person=act.other, table=mine[0].number, role=mine[1])


def _check_person(state: State, person: str) -> None:
    """Raise RefusedError for somebody who is not in the exercise."""
    if person not in state.people:
        raise RefusedError(f"there is nobody called '{person}' in this exercise")


@handle.register
def _kick(act: commands.Kick, context: Context) -> Iterator[Event]:
    _check_person(context.state, act.person)
    yield events.Seated(person=act.person, table=None, role=None)


@handle.register
def _reissue(act: commands.Reissue, context: Context) -> Iterator[Event]:
    _check_person(context.state, act.person)
    yield from ()


@handle.register
def _hold(act: commands.Hold, context: Context) -> Iterator[Event]:
    table = find_table(context.state, act.table)
    if act.role not in table.seats:
        raise RefusedError(f"there is no role '{act.role}'")
    seat = table.seats[act.role]
    if not act.agent and not seat.people:
        raise RefusedError("nobody has this seat; move someone into it")
    if seat.agent != act.agent:
        yield events.Held(table=act.table, role=act.role, agent=act.agent)


@handle.register
def _broadcast(act: commands.Broadcast, context: Context) -> Iterator[Event]:
    yield events.Broadcasted(text=act.text)


@handle.register
def _retract(act: commands.Retract, context: Context) -> Iterator[Event]:
    if act.number >= len(context.state.broadcasts):
        raise RefusedError("there is no such broadcast")
    yield events.Retracted(number=act.number)


@handle.register
def _fire(act: commands.Fire, context: Context) -> Iterator[Event]:
    context.setting.inject(act.inject)
    numbers = act.tables or tuple(context.state.tables)
    for number in numbers:
        table = find_table(context.state, number)
        fired = [name for name, _ in table.injects]
        if table.stage != "ended" and act.inject not in fired:
            yield events.Fired(table=number, inject=act.inject, from_round=next_round(table))


@handle.register
def _end(act: commands.End, context: Context) -> Iterator[Event]:
    state = context.state
    tables = [find_table(state, act.table)] if act.table is not None else state.tables.values()
    open_tables = [table for table in tables if table.stage != "ended"]
    for table in open_tables:
        yield events.Ended(table=table.number, how="instructor", day=table.day, terms=None)
    yield from close_if_all_ended(state, {table.number for table in open_tables})


@handle.register
def _debrief(act: commands.BeginDebrief, context: Context) -> Iterator[Event]:
    yield events.PhaseBegan(phase="debrief")


@handle.register
def _reveal(act: commands.Reveal, context: Context) -> Iterator[Event]:
    yield events.Revealed()


@handle.register
def _archive(act: commands.Archive, context: Context) -> Iterator[Event]:
    yield events.PhaseBegan(phase="archived")


@handle.register
def _undo(act: commands.Undo, context: Context) -> Iterator[Event]:
    state = context.state
    if state.undo is None:
        raise RefusedError("there is nothing that could be taken back")
    request = Request(by=commands.INSTRUCTOR, key="undo", act=state.undo)
    yield from handle(state.undo, resolve_context(state, request, context.now))
    yield events.Instructed(act="undo", undo=None)


def inverse_act(act: Act, state: State) -> Act | None:
    """Return the act that takes back an act of the instructor, or None if nothing does."""
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
