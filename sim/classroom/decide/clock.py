"""Decide on what the model and the clock bring: days, agents' moves, deadlines, projections."""

from __future__ import annotations

from collections.abc import Iterator

from sim.classroom import commands, events
from sim.classroom.commands import TALKING
from sim.classroom.decide.stages import (
    Context,
    RefusedError,
    begin_talks,
    close_if_all_ended,
    due_injects,
    find_table,
    handle,
    is_over,
    next_round,
    next_stage,
)
from sim.classroom.events import Event


@handle.register
def _take_first_stances(act: commands.TakeFirstStances, context: Context) -> Iterator[Event]:
    if not find_table(context.state, act.table).first:
        yield events.FirstStancesTaken(table=act.table, stances=act.stances)


@handle.register
def _play_on(act: commands.PlayOn, context: Context) -> Iterator[Event]:
    state = context.state
    table = state.tables[act.table]
    if act.round != len(table.rounds):
        raise RefusedError("these days have been played")
    if act.injects != tuple(name for name, _ in table.injects):
        raise RefusedError("an inject has come in meanwhile; play these days with it")
    if due_injects(context.setting, table):
        raise RefusedError("an inject is due; play these days with it")
    yield events.DaysPassed(
        table=act.table,
        day=act.day,
        news=act.news,
        happened=act.happened,
        flexible=act.flexible,
        sheets=act.sheets,
    )
    if act.signed is not None or act.over:
        how = "deal" if act.signed is not None else act.over
        yield events.Ended.model_validate(
            {"table": act.table, "how": how, "day": act.day, "terms": act.signed}
        )
        yield from close_if_all_ended(state, {act.table})
        return
    seconds = context.setting.plan.clocks.caucus
    yield events.StageBegan(
        table=act.table,
        round=len(table.rounds) + 1,
        stage="caucus",
        deadline=context.now + 1000 * seconds,
    )


@handle.register
def _move_agents(act: commands.MoveAgents, context: Context) -> Iterator[Event]:
    table = context.state.tables[act.table]
    if (act.round, act.stage) != (table.round, table.stage):
        raise RefusedError("this stage is over")
    yield events.AgentsMoved(table=act.table)


@handle.register
def _project(act: commands.Project, context: Context) -> Iterator[Event]:
    table = find_table(context.state, act.table)
    if table.projection is None:
        yield events.Projected(projection=act)


@handle.register
def _tick(act: commands.Tick, context: Context) -> Iterator[Event]:
    state = context.state
    if state.phase == "briefing":
        only_agents = all(
            seat.agent for table in state.tables.values() for seat in table.seats.values()
        )
        if only_agents or (state.deadline is not None and context.now >= state.deadline):
            yield from begin_talks(state)
        return
    for table in state.tables.values():
        if table.stage == "between":
            for name in due_injects(context.setting, table):
                yield events.Fired(table=table.number, inject=name, from_round=next_round(table))
        elif table.stage in TALKING and is_over(state, table, context.now):
            yield from next_stage(context, table)
