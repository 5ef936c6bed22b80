"""Keep an exercise going: let the clock tick, play the days and make the agents' moves.

Whoever first sees that something is due does it. Every step is a request like any other, and the
same request twice does nothing, so that several may conduct the same exercise at once.
"""

from __future__ import annotations

import logging
from typing import Protocol

from sim.classroom.commands import TALKING, MoveAgents, Request, Respond, Tick
from sim.classroom.decide import RefusedError, carried_out, decide, due_injects, unanswered
from sim.classroom.events import LogRecord
from sim.classroom.plan import Setting
from sim.classroom.state import State, Table, replay
from sim.classroom.table_model import Model

LOGGER = logging.getLogger(__name__)


class Log(Protocol):
    """Where the records of one exercise are kept."""

    def state(self) -> State:
        """Return the exercise as it stands."""
        ...

    def submit(self, request: Request, now: int) -> State:
        """Decide on a request and keep what it brings about; raises RefusedError."""
        ...


class InMemory:
    """A log that lives as long as the program: for rehearsals and tests."""

    def __init__(self, first: LogRecord) -> None:
        self.records = [first]
        self._state = replay(self.records)

    def state(self) -> State:
        """Return the exercise as it stands."""
        return self._state

    def submit(self, request: Request, now: int) -> State:
        """Decide on a request and keep what it brings about; raises RefusedError."""
        self._state, records = carried_out(self._state, request, now)
        self.records += records
        return self._state


def run_due_acts(log: Log, model: Model, now: int) -> State:
    """Do all that is due at a moment, and return the state when nothing is."""
    while True:
        before = log.state()
        state = _due(log, model, now)
        if state.seq == before.seq:
            return state


def _due(log: Log, model: Model, now: int) -> State:
    state = log.state()
    if state.read_only:
        return state
    if state.paused_at is not None or state.phase not in ("briefing", "playing"):
        return _look_back(log, model, now, state)
    if decide(state, _tick(state), now):
        state = _try(log, _tick(state), now)
    for number in state.tables:
        state = _brief(log, model, now, state, state.tables[number])
        state = _at_table(log, model, now, state, state.tables[number])
    return state


def _tick(state: State) -> Request:
    return Request(by="clock", key=f"tick.{state.seq}", act=Tick())


def _brief(log: Log, model: Model, now: int, state: State, table: Table) -> State:
    """Find out how leaderships stand on the first day of a table at which people have briefs."""
    has_people = any(seat.people for seat in table.seats.values())
    if state.phase not in ("briefing", "playing") or table.first or not has_people:
        return state
    key = f"model.{table.number}.first"
    return _try(log, Request(by="model", key=key, act=model.first_stances(table)), now)


def _at_table(log: Log, model: Model, now: int, state: State, table: Table) -> State:
    if state.phase != "playing":
        return state
    if table.stage == "between":
        if due_injects(model.setting, table):
            return state  # the next tick brings them in, and the days are played with them
        act = model.play_on(table)
        key = f"model.{table.number}.{len(table.rounds)}.{len(table.injects)}.days"
        return _try(log, Request(by="model", key=key, act=act), now)
    if table.stage not in TALKING or not any(seat.agent for seat in table.seats.values()):
        return state
    if now < _thought_until(model.setting, table):
        return state
    if not table.agents_moved or unanswered(model.setting, table):
        for request in _moves(model, table):
            state = _try(log, request, now)
        table = state.tables[table.number]
        if not unanswered(model.setting, table) and not table.agents_moved:
            done = MoveAgents(table=table.number, round=table.round, stage=table.stage)
            key = f"model.{table.number}.{table.round}.{table.stage}.{state.seq}"
            state = _try(log, Request(by="model", key=key, act=done), now)
    return state


def _thought_until(setting: Setting, table: Table) -> int:
    """Return until when agents think, so that people at their table move first; in ms."""
    if table.since is None or not any(seat.people for seat in table.seats.values()):
        return 0
    return table.since + 1000 * setting.plan.thinking_seconds


def _moves(model: Model, table: Table) -> list[Request]:
    """Return the agents' moves; should the model fail, they hold their position and go on."""
    try:
        return model.moves(table)
    except (ArithmeticError, LookupError, ValueError) as error:
        LOGGER.error(
            "table %d: agents hold their position (%s)", table.number, type(error).__name__
        )
        return [
            Request(
                by=f"agent:{table.number}-{role}",
                key=f"hold.{text.id}.{role}",
                act=Respond(text=text.id, accepts=False, reason="time"),
            )
            for role, text in unanswered(model.setting, table)
        ]


def _look_back(log: Log, model: Model, now: int, state: State) -> State:
    """Project each table's end with the model, once the talks are over."""
    if state.phase not in ("closed", "debrief") or state.paused_at is not None:
        return state
    for number, table in state.tables.items():
        if table.projection is None and table.stage == "ended":
            act = model.project(table)
            state = _try(log, Request(by="model", key=f"model.{number}.after", act=act), now)
    return state


def _try(log: Log, request: Request, now: int) -> State:
    """Submit a request; that somebody else was faster is no harm."""
    try:
        return log.submit(request, now)
    except RefusedError:
        return log.state()
