"""Check who may do what, and when: find the seat of a request and what its act allows."""

from __future__ import annotations

from dataclasses import replace

from sim.classroom import commands
from sim.classroom.commands import Command, Request
from sim.classroom.decide.stages import Context, RefusedError, find_table
from sim.classroom.state import State

#: The most acts of one person in an exercise: far beyond what a lesson needs, little for a disk.
MAX_ACTS = 3000

#: What a refusal says of the phase that an exercise is in.
PHASE_STATUS = {
    "draft": "the exercise has not been opened",
    "lobby": "the exercise has not begun",
    "briefing": "the talks have not begun",
    "playing": "the talks are under way",
    "closed": "the talks are over",
    "debrief": "the talks are over",
    "archived": "the exercise has been put away",
}


def resolve_context(state: State, request: Request, now: int) -> Context:
    """Return who sent a request and from which seat.

    Raises RefusedError unless the sender may do the act now.
    """
    act = request.act
    kind, _, name = request.by.partition(":")
    context = Context(state, request.by, now)
    if kind == "person":
        context = _person_context(context, name)
    elif kind == "agent":
        context = _agent_context(context, name)
    holds_seat = kind in ("person", "agent")
    pauses = kind == "store" and isinstance(act, commands.PauseClock)
    if not (act.who == kind or (act.who == commands.HOLDER and holds_seat) or pauses):
        raise RefusedError("this is not yours to do")
    if state.phase not in act.phases:
        raise RefusedError(f"this cannot be done now: {PHASE_STATUS[state.phase]}")
    if state.read_only and not (act.looks_back or pauses):
        raise RefusedError(state.read_only)
    if state.paused_at is not None and kind in ("person", "agent", "model", "clock"):
        raise RefusedError("the exercise is paused")
    _check_stage(act, context)
    return context


def _person_context(context: Context, name: str) -> Context:
    """Add a person and their seat to the context."""
    person = context.state.people.get(name)
    if person is None or person.gone:
        raise RefusedError("you are not in this exercise any more; ask the instructor")
    if person.acts >= MAX_ACTS:
        raise RefusedError("you have done more than a lesson has room for; ask the instructor")
    place = context.state.seat_of(name)
    context = replace(context, person=name)
    return replace(context, table=place[0], role=place[1]) if place else context


def _agent_context(context: Context, name: str) -> Context:
    """Add the seat of an agent, named `table-role`, to the context."""
    number, _, role = name.partition("-")
    table = context.state.tables.get(int(number)) if number.isdigit() else None
    if table is None or role not in table.seats or not table.seats[role].agent:
        raise RefusedError("no agent holds this seat")
    return replace(context, table=table, role=role, agent=True)


def _check_stage(act: Command, context: Context) -> None:
    """Raise RefusedError unless the table of an act is in one of the stages of the act."""
    if act.stages is None or context.state.phase != "playing":
        return
    table = context.table
    if isinstance(act, commands.PlayOn | commands.MoveAgents):
        table = find_table(context.state, act.table)
    if table is None:
        raise RefusedError("you have no seat yet; the instructor will give you one")
    if table.stage not in act.stages:
        raise RefusedError(f"this cannot be done in the stage '{table.stage}'")
