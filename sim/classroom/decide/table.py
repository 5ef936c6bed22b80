"""Decide on what people and agents do at a table: draft, speak, propose, answer, confirm."""

from __future__ import annotations

from collections.abc import Iterator

from sim.classroom import commands, events
from sim.classroom.decide.stages import (
    Context,
    RefusedError,
    active_injects,
    agreed_proposal,
    handle,
)
from sim.classroom.events import Event
from sim.classroom.state import Proposal, Table

#: The least time between two proposals of a seat, in ms, and its most proposals in a stage.
MIN_PROPOSAL_GAP, MAX_PROPOSALS = 5000, 20

#: The most messages of a seat in a stage.
MAX_MESSAGES = 60


def _return_seat(context: Context) -> Iterator[Event]:
    """Give a person who acts the seat back, if an agent held it meanwhile."""
    table, role = context.seat()
    if not context.agent and table.seats[role].agent:
        yield events.Held(table=table.number, role=role, agent=False)


@handle.register
def _save_draft(act: commands.SaveDraft, context: Context) -> Iterator[Event]:
    table, role = context.seat()
    context.setting.index(act.package)
    yield from _return_seat(context)
    yield events.DraftSaved(
        table=table.number, role=role, package=act.package, rationale=act.rationale
    )


@handle.register
def _say(act: commands.Say, context: Context) -> Iterator[Event]:
    table, role = context.seat()
    _check_reach(context, act.to)
    if table.seats[role].said >= MAX_MESSAGES:
        raise RefusedError("that is a lot of messages; wait for the next stage")
    yield from _return_seat(context)
    yield events.Spoken(table=table.number, role=role, to=act.to, text=act.text)


def _check_reach(context: Context, to: tuple[str, ...]) -> None:
    """Raise RefusedError unless a seat may speak to all roles in `to`."""
    role = context.setting.roles[context.role]
    for other in to:
        if other not in context.setting.roles or other == role.name:
            raise RefusedError(f"there is nobody called '{other}' to speak to")
        if other not in role.reaches:
            title = context.setting.roles[other].title
            raise RefusedError(f"you do not meet {title}; a mediator who does can carry it")


@handle.register
def _propose(act: commands.Propose, context: Context) -> Iterator[Event]:
    table, role = context.seat()
    setting = context.setting
    index = setting.index(act.package)
    if not setting.on_offer(active_injects(table))[index]:
        raise RefusedError("some of these terms are not on offer")
    _check_reach(context, act.to)
    if table.stage == "responses" and act.counters is None and not setting.roles[role].is_mediator:
        raise RefusedError("the time for new texts is over; answer one, or counter it")
    if not context.agent:
        _check_pace(table.seats[role].proposed, context.now)
    yield from _return_seat(context)
    if act.counters is not None:
        answered = _visible_proposal(table, act.counters, role)
        if answered.role == role:
            raise RefusedError("that is your own text; put a new one on the table")
        yield events.Responded(
            table=table.number,
            text=answered.id,
            role=role,
            accepts=False,
            reason="counter",
            agent=context.agent,
        )
    name = f"{table.number}.{len(table.texts) + 1}"
    yield events.Proposed(
        table=table.number,
        text=name,
        role=role,
        package=act.package,
        rationale=act.rationale,
        to=act.to,
        counters=act.counters,
        agent=context.agent,
    )
    if not context.agent:  # who proposes a text stands by it; an agent says so if it does
        yield events.Responded(
            table=table.number, text=name, role=role, accepts=True, reason=None, agent=False
        )


def _check_pace(proposed: tuple[int, ...], now: int) -> None:
    """Raise RefusedError if a seat proposes too often or too fast."""
    if len(proposed) >= MAX_PROPOSALS:
        raise RefusedError("that is a lot of texts; wait for the next stage")
    if proposed and now - proposed[-1] < MIN_PROPOSAL_GAP:
        raise RefusedError("you have just put a text on the table; wait a few seconds")


def _visible_proposal(table: Table, name: str, role: str) -> Proposal:
    """Return a proposal of this round that a role has seen."""
    proposal = table.proposal(name)
    if proposal is None or proposal.round != table.round or role not in proposal.seen:
        raise RefusedError("there is no such text before you in this round")
    return proposal


@handle.register
def _carry(act: commands.Carry, context: Context) -> Iterator[Event]:
    table, role = context.seat()
    if not context.setting.roles[role].is_mediator:
        raise RefusedError("only mediators carry texts to others")
    proposal = _visible_proposal(table, act.text, role)
    _check_reach(context, act.to)
    yield from _return_seat(context)
    yield events.Carried(table=table.number, text=proposal.id, role=role, to=act.to)


@handle.register
def _respond(act: commands.Respond, context: Context) -> Iterator[Event]:
    table, role = context.seat()
    proposal = _visible_proposal(table, act.text, role)
    if agreed_proposal(context.setting, table) is not None:
        raise RefusedError("a text has been agreed in this round")
    if not act.accepts and act.reason is None:
        raise RefusedError(f"say why: {', '.join(commands.REASONS)}")
    yield from _return_seat(context)
    yield events.Responded(
        table=table.number,
        text=proposal.id,
        role=role,
        accepts=act.accepts,
        reason=None if act.accepts else act.reason,
        agent=context.agent,
    )


@handle.register
def _confirm(act: commands.Confirm, context: Context) -> Iterator[Event]:
    table, role = context.seat()
    if not context.setting.roles[role].confirms:
        raise RefusedError("nobody spoke for you, so that there is nothing to confirm")
    if agreed_proposal(context.setting, table) is None:
        raise RefusedError("no text has been agreed in this round")
    yield from _return_seat(context)
    yield events.Confirmed(table=table.number, role=role, yes=act.yes)


@handle.register
def _done(act: commands.Done, context: Context) -> Iterator[Event]:
    table, role = context.seat()
    yield from _return_seat(context)
    yield events.WasDone(table=table.number, role=role)


@handle.register
def _take_back(act: commands.TakeBack, context: Context) -> Iterator[Event]:
    context.seat()
    yield from _return_seat(context)


@handle.register
def _reflect(act: commands.Reflect, context: Context) -> Iterator[Event]:
    yield events.Reflected(person=context.person, text=act.text)
