"""Decide on requests: a pure state machine that turns a request into events.

`decide` depends on nothing but its arguments (the state, the request and the time) and on which
model this program has. It checks each request against what its act allows: who may do it, in which
phase of the exercise and stage of the table, at which table, over which channel. A request that is
repeated has no further effect. Where another model has played, nothing more is played.

The stages of each table:

1. between: the model plays the days until the next round (or finds that there is none).
2. caucus: seats that may speak to each other do.
3. proposals: any seat may put texts on the table; agents where it is their turn in the model.
4. responses: who has seen a text accepts or rejects it, or counters; mediators build bridges and
   carry texts to those who do not meet. The first text that all who can refuse one have accepted
   is agreed.
5. resolve: parties spoken for confirm what was agreed, or do not. Then the model plays on: the
   text is signed, or the next round comes.

A stage ends at its deadline, or as soon as every seat is done.

`stages` holds the rules that acts share, `permissions` who may act; `lobby`, `table`, `instructor`
and `clock` hold a handler for each act.
"""

from __future__ import annotations

from sim.classroom import commands, events
from sim.classroom.commands import Request

# Importing these four modules registers a handler for each act.
from sim.classroom.decide import clock, instructor, lobby, table  # noqa: F401
from sim.classroom.decide.instructor import inverse_act
from sim.classroom.decide.permissions import resolve_context
from sim.classroom.decide.stages import (
    AGENTS_GRACE,
    RefusedError,
    active_injects,
    agreed_proposal,
    due_injects,
    free_seats,
    handle,
    must_confirm,
    unanswered,
)
from sim.classroom.events import LogRecord
from sim.classroom.plan import ExercisePlan, Setting
from sim.classroom.state import State, apply
from sim.provenance import model_fingerprint
from sim.scenario.schema import Scenario

__all__ = [
    "AGENTS_GRACE",
    "RefusedError",
    "active_injects",
    "agreed_proposal",
    "carried_out",
    "decide",
    "draft",
    "due_injects",
    "free_seats",
    "must_confirm",
    "unanswered",
]


def draft(
    exercise: str, plan: ExercisePlan, scenario: Scenario, version: str, now: int
) -> LogRecord:
    """Return the first record of an exercise; raise ValueError if the plan does not fit."""
    Setting(plan, scenario)
    event = events.Drafted(
        exercise=exercise,
        plan=plan,
        scenario=scenario,
        version=version,
        model=model_fingerprint(),
    )
    return LogRecord(seq=1, at=now, by=commands.INSTRUCTOR, key="draft", event=event)


def decide(state: State, request: Request, now: int) -> list[LogRecord]:
    """Return the records that a request adds to the log.

    The list is empty if the same request was accepted before. Raises RefusedError if the request
    is not allowed.
    """
    if request.key in state.keys:
        return []
    now = max(now, state.at)
    context = resolve_context(state, request, now)
    decided = list(handle(request.act, context))
    if request.by == commands.INSTRUCTOR and not isinstance(request.act, commands.Undo):
        inverse = inverse_act(request.act, state)
        decided.append(events.Instructed(act=request.act.kind, undo=inverse))
    return [
        LogRecord(
            seq=state.seq + 1 + k,
            at=now,
            by=request.by,
            key=request.key if k == 0 else "",
            event=event,
        )
        for k, event in enumerate(decided)
    ]


def carried_out(state: State, request: Request, now: int) -> tuple[State, list[LogRecord]]:
    """Return the state after a request, and the records that the request added."""
    records = decide(state, request, now)
    for record in records:
        state = apply(state, record)
    return state, records
