"""Decide on what people do before the talks: join, predict, answer the question on the brief."""

from __future__ import annotations

from collections.abc import Iterator

from sim.classroom import commands, events
from sim.classroom.decide.stages import Context, RefusedError, free_seat, free_seats, handle
from sim.classroom.events import Event
from sim.classroom.plan import MAX_WAITING


@handle.register
def _join(act: commands.Join, context: Context) -> Iterator[Event]:
    state = context.state
    if state.locked:
        raise RefusedError("joining is closed; ask the instructor")
    context.setting.check_wish(act.wishes)
    asks_first = context.setting.plan.joining == "asked" or state.phase != "lobby"
    place = None if asks_first else free_seat(state, act.wishes)
    max_waiting = MAX_WAITING + (len(free_seats(state)) if asks_first else 0)
    if place is None and len(state.waiting) >= max_waiting:
        raise RefusedError("all seats are taken and the waiting list is full")
    table, role = place or (None, None)
    yield events.Joined(
        person=f"p{len(state.people) + 1}", table=table, role=role, wishes=act.wishes
    )


@handle.register
def _predict(act: commands.Predict, context: Context) -> Iterator[Event]:
    context.seat()
    if act.package is not None:
        context.setting.index(act.package)
    yield events.Predicted(person=context.person, deal=act.deal, package=act.package)


@handle.register
def _comprehend(act: commands.Comprehend, context: Context) -> Iterator[Event]:
    context.seat()
    right = set(act.choice) == set(context.setting.vetoers)
    yield events.Comprehended(person=context.person, right=right)
