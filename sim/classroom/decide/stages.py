"""The stages of a table, and the rules that several acts share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch
from random import Random
from typing import Any

from sim.classroom import events
from sim.classroom.commands import STAGES
from sim.classroom.events import Event
from sim.classroom.plan import Setting
from sim.classroom.state import Proposal, State, Table

#: How long a stage waits for agents after its deadline, in ms, should the model be slow.
AGENTS_GRACE = 20_000

#: The stage that follows a stage; any other is followed by `between`.
NEXT_STAGE = {"caucus": "proposals", "proposals": "responses", "responses": "resolve"}
assert set(NEXT_STAGE) | {"between", "resolve", "ended"} == set(STAGES)


class RefusedError(ValueError):
    """A request that is not allowed here and now; the message says why, in plain words."""


@dataclass(frozen=True)
class Context:
    """The context of a request: who sent it, from which seat, and when."""

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
        """Return the table and role of the request; raise RefusedError without a seat."""
        if self.table is None:
            raise RefusedError("you have no seat yet; the instructor will give you one")
        return self.table, self.role


@singledispatch
def handle(act: Any, context: Context) -> Iterator[Event]:
    """Yield the events that an act brings about; raise RefusedError where it is not allowed.

    Each act has a handler of its own, in `lobby`, `table`, `instructor` or `clock`.
    """
    raise RefusedError("there is no such act")


def find_table(state: State, number: int) -> Table:
    """Return a table by its number; raise RefusedError where there is none."""
    if number not in state.tables:
        raise RefusedError(f"there is no table {number}; there are 1 to {len(state.tables)}")
    return state.tables[number]


def free_seats(state: State) -> list[tuple[int, str]]:
    """Return the free places as (table, role), each as often as it can still be taken."""
    capacity = state.setting.plan.people_per_seat
    return [
        (table.number, role)
        for table in state.tables.values()
        for role in state.setting.places
        for _ in range(capacity - len(table.seats[role].people))
    ]


def free_seat(state: State, wishes: str = "") -> tuple[int, str] | None:
    """Return the next seat to fill: of the wished role if one is free, None if no seat is free.

    Otherwise roles that can refuse a deal come first, in an order drawn with the plan's seed.
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


def begin_talks(state: State) -> Iterator[Event]:
    """Begin the talks at all tables."""
    yield events.PhaseBegan(phase="playing")
    for number in state.tables:
        yield events.StageBegan(table=number, round=0, stage="between", deadline=None)


def next_stage(context: Context, table: Table) -> Iterator[Event]:
    """End a table's stage, and give seats that have been idle for long to agents."""
    setting = context.setting
    following = NEXT_STAGE.get(table.stage, "between")
    if following == "between":
        agreed = agreed_proposal(setting, table)
        proposal = agreed or _closest_proposal(setting, table)
        yield events.RoundClosed(
            table=table.number,
            round=table.round,
            text=proposal.id if proposal else None,
            agreed=agreed is not None,
        )
    seconds = getattr(setting.plan.clocks, following, None)
    deadline = None if seconds is None else context.now + 1000 * seconds
    yield events.StageBegan(
        table=table.number, round=table.round, stage=following, deadline=deadline
    )
    for role, seat in table.seats.items():
        inactive = not seat.agent and not seat.stirred
        if inactive and seat.idle + 1 >= setting.plan.idle_stages:
            yield events.Held(table=table.number, role=role, agent=True)


def next_round(table: Table) -> int:
    """Return the number of the next round, from which an inject fired now counts."""
    return table.round + 1


def close_if_all_ended(state: State, ended: set[int]) -> Iterator[Event]:
    """Close the exercise once the last table has ended."""
    if all(table.stage == "ended" or n in ended for n, table in state.tables.items()):
        yield events.PhaseBegan(phase="closed")


def is_over(state: State, table: Table, now: int) -> bool:
    """Return whether a table's stage is over: its time is up or every seat is done."""
    setting = state.setting
    agreed = agreed_proposal(setting, table) is not None
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
    """Return whether a table waits for this role to confirm the agreed proposal."""
    agreed = agreed_proposal(setting, table) is not None
    return agreed and setting.roles[role].confirms and role not in table.confirms


def unanswered(setting: Setting, table: Table) -> list[tuple[str, Proposal]]:
    """Return (role, proposal) for each proposal that the agent of a party has yet to answer."""
    if table.stage != "responses":
        return []
    return [
        (role, proposal)
        for proposal in table.current
        for role, seat in table.seats.items()
        if seat.agent
        and role in proposal.seen
        and role not in proposal.answers
        and not setting.roles[role].is_mediator
    ]


def agreed_proposal(setting: Setting, table: Table) -> Proposal | None:
    """Return the first proposal of this round that all roles with a veto have accepted."""
    for proposal in table.current:
        if all(proposal.answers.get(role) is True for role in setting.vetoers):
            return proposal
    return None


def _closest_proposal(setting: Setting, table: Table) -> Proposal | None:
    """Return the first of the failed proposals that most roles with a veto have accepted.

    Of the parties' own, where there are any: what a mediator tries in vain stays private.
    """
    if not table.current:
        return None
    public = [text for text in table.current if not setting.roles[text.role].is_mediator]
    return max(
        public or table.current,
        key=lambda proposal: sum(proposal.answers.get(role, False) for role in setting.vetoers),
    )


def active_injects(table: Table) -> tuple[str, ...]:
    """Return the injects that count in this round."""
    return tuple(name for name, start in table.injects if start <= table.round)


def due_injects(setting: Setting, table: Table) -> list[str]:
    """Return the injects that are due before the next round of a table; none after its last."""
    if len(table.rounds) >= setting.plan.rounds:
        return []
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
