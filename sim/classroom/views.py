"""Views of an exercise: the only way to read it, one for each kind of reader.

A view is built from nothing but what its reader may know. Nothing of another seat's brief, drafts,
scores or messages is ever put into one, so that no page can show it by mistake.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sim.classroom.briefs import commitments, stance_today
from sim.classroom.commands import News, Terms
from sim.classroom.decide import active_injects, agreed_proposal, must_confirm
from sim.classroom.plan import Package, Role, Setting
from sim.classroom.state import Person, Proposal, Seat, State, Table
from sim.classroom.table_model import PrivateAdvice, ScoreSheet
from sim.scenario.schema import Part


class Sheets(Protocol):
    """A source of score sheets."""

    def sheet(self, table: Table, role: str) -> ScoreSheet | PrivateAdvice | None:
        """Return a party's score sheet or a mediator's advice; None if there is none."""
        ...


@dataclass(frozen=True)
class Brief:
    """The private part of a role."""

    interests: str
    red_lines: str
    alternative: str
    fairness: str


@dataclass(frozen=True)
class Neighbour:
    """A seat at one's table, as everybody sees it."""

    role: str
    title: str
    public: str
    agent: bool
    reached: bool  # whether one may speak to it
    flexible: bool | None  # how its leadership stands, as everybody has heard; None without a veto
    brief: Brief | None  # once the briefs are revealed


@dataclass(frozen=True)
class ProposalView:
    """A text that one has seen."""

    id: str
    round: int
    author: str  # role
    agent: bool
    package: Package
    words: Mapping[str, str]  # issue by issue
    rationale: str
    seen: tuple[str, ...]  # roles that have it before them
    answers: Mapping[str, bool]  # by role
    reasons: Mapping[str, str]
    counters: str | None
    open: bool  # whether it belongs to this round


@dataclass(frozen=True)
class MessageView:
    """A message that one sent or received."""

    author: str  # role
    to: tuple[str, ...]
    text: str
    round: int
    at: int


@dataclass(frozen=True)
class IssueView:
    """An issue and its levels, from least to most."""

    name: str
    title: str
    levels: Mapping[str, str]  # in words
    closed: tuple[str, ...]  # levels that are not on offer now


@dataclass(frozen=True)
class Score:
    """What a draft would mean to one's own seat."""

    problem: str  # why these terms cannot be put on the table; empty if they can
    worth: float | None = None  # utils
    no_deal: float | None = None  # what no deal is worth
    below: bool = False  # whether one would be better off without a deal, by one's brief
    passes: bool | None = None  # whether the vote at home would pass it
    gives_up: bool = False  # whether it gives up part of one's position, or crosses a red line
    guessed: Mapping[str, float] | None = None  # for mediators: gain over what each holds out for


@dataclass(frozen=True)
class Result:
    """How a table's talks ended, for those who sat at it."""

    how: str
    day: int
    terms: Package | None
    words: Mapping[str, str]
    own_gain: float | None  # utils over no deal; None for mediators and without a deal
    gains: Mapping[str, float]  # every party's, where the plan or the reveal opens the scores


@dataclass(frozen=True)
class TableProgress:
    """How far a table is, as everybody at it sees it."""

    title: str
    content_note: str
    phase: str
    paused: bool
    table: int
    round: int
    rounds: int
    stage: str
    day: int
    deadline: int | None  # ms since the epoch
    read_only: str  # why nothing more is played; empty where it goes on


@dataclass(frozen=True)
class SeatView(TableProgress):
    """All that the people in a seat may see."""

    role: Role
    commitments: tuple[tuple[str, str], ...]  # what the brief says of the leadership, by head
    stance: str  # how the own leadership stands now, in a sentence
    issues: tuple[IssueView, ...]
    neighbours: tuple[Neighbour, ...]
    held_by_agent: bool
    done: bool
    draft: Package | None
    draft_rationale: str
    texts: tuple[ProposalView, ...]
    messages: tuple[MessageView, ...]
    news: tuple[News, ...]
    injects: tuple[str, ...]  # in words
    broadcasts: tuple[str, ...]
    waiting_for: tuple[str, ...]  # titles of seats that are not done
    may_confirm: bool
    agreed: str | None  # the text that all have accepted in this round, if one has seen it
    signers: tuple[str, ...]  # roles who can be chosen in the question on the brief
    predicted: int | None
    predicted_package: Package | None
    understood: bool | None
    reflection: str
    sheet: ScoreSheet | PrivateAdvice | None
    result: Result | None


@dataclass(frozen=True)
class TableView(TableProgress):
    """A table as somebody who watches it sees it: what was put on it, and nothing private."""

    seats: tuple[Neighbour, ...]
    texts: tuple[ProposalView, ...]  # without the reasons that go with them
    news: tuple[News, ...]
    injects: tuple[str, ...]  # in words, those that everybody was told
    broadcasts: tuple[str, ...]
    how: str  # how the talks ended
    signed: Mapping[str, str]  # issue by issue


@dataclass(frozen=True)
class TableStatus:
    """A table as everybody in the room may see it."""

    number: int
    round: int
    stage: str
    deadline: int | None
    how: str
    seats: int  # held by people
    done: int


@dataclass(frozen=True)
class ProjectorView:
    """What the projector shows: nothing that belongs to any seat."""

    title: str
    content_note: str
    phase: str
    paused: bool
    rounds: int
    deadline: int | None
    joined: int
    places: int
    waiting: int
    locked: bool
    tables: tuple[TableStatus, ...]
    broadcasts: tuple[str, ...]
    read_only: str  # why nothing more is played; empty where it goes on


@dataclass(frozen=True)
class SeatStatus:
    """How far the people in a seat are, for the instructor."""

    role: str
    title: str
    people: tuple[str, ...]
    status: str  # empty, reading, ready, waiting, drafted, submitted, done, idle, agent


@dataclass(frozen=True)
class MonitorTable:
    """A table on the instructor's monitor."""

    status: TableStatus
    seats: tuple[SeatStatus, ...]
    texts: int
    injects: tuple[str, ...]
    stances: Mapping[str, bool]  # whether leaderships are flexible now, by their titles


@dataclass(frozen=True)
class MonitorView:
    """What the instructor sees while the talks go on."""

    projector: ProjectorView
    tables: tuple[MonitorTable, ...]
    waiting: tuple[str, ...]
    watching: Mapping[str, int]  # the table that someone without a seat watches
    wishes: Mapping[str, str]  # the role that somebody wished for
    people: Mapping[str, tuple[int | None, str | None]]
    injects: tuple[str, ...]
    can_undo: bool
    seq: int


def view_for(state: State, person: str, sheets: Sheets | None = None) -> SeatView | None:
    """Return what a person in a seat may see; None while they wait for a seat.

    Raises KeyError for someone who is not in the exercise. Without `sheets` there is no score.
    """
    person_state = state.people[person]
    place = state.seat_of(person)
    if place is None or person_state.gone:
        return None
    table, name = place
    setting = state.setting
    seat = table.seats[name]
    agreed = agreed_proposal(setting, table) if table.stage in ("responses", "resolve") else None
    playing = state.phase == "playing"
    return SeatView(
        **vars(_progress(state, table)),
        role=setting.roles[name],
        commitments=commitments(setting, table, name),
        stance=stance_today(setting, table, name) if playing else "",
        issues=_issues(setting, table),
        neighbours=_neighbours(state, table, name),
        held_by_agent=seat.agent,
        done=seat.done,
        draft=seat.draft,
        draft_rationale=seat.rationale,
        texts=tuple(_text(setting, table, text) for text in table.texts if name in text.seen),
        messages=tuple(
            MessageView(message.role, message.to, message.text, message.round, message.at)
            for message in table.messages
            if name == message.role or name in message.to
        ),
        news=table.news,
        injects=_visible_injects(setting, table, name),
        broadcasts=_broadcasts(state),
        waiting_for=_waiting_for(setting, table) if playing else (),
        may_confirm=table.stage == "resolve" and must_confirm(setting, table, name),
        agreed=agreed.id if agreed is not None and name in agreed.seen else None,
        signers=tuple(setting.roles),
        predicted=person_state.deal,
        predicted_package=person_state.package,
        understood=person_state.understood,
        reflection=person_state.reflection,
        sheet=sheets.sheet(table, name) if sheets is not None and playing else None,
        result=_result(state, table, name),
    )


def _progress(state: State, table: Table) -> TableProgress:
    setting, playing = state.setting, state.phase == "playing"
    deadline = table.deadline if playing else state.deadline
    return TableProgress(
        title=setting.plan.title,
        content_note=setting.scenario.content_note.strip(),
        phase=state.phase,
        paused=state.paused_at is not None,
        table=table.number,
        round=table.round,
        rounds=setting.plan.rounds,
        stage=table.stage,
        day=table.day,
        deadline=None if state.read_only else deadline,
        read_only=state.read_only,
    )


def view_for_watcher(state: State, person: str) -> TableView | None:
    """Return what a person who watches a table may see; None for everybody else."""
    person_state = state.people[person]
    if person_state.watches is None or person_state.gone:
        return None
    return view_of_table(state, person_state.watches)


def view_of_table(state: State, number: int) -> TableView:
    """Return a table as the instructor or a student without a seat watches it."""
    setting, table = state.setting, state.tables[number]
    return TableView(
        **vars(_progress(state, table)),
        seats=tuple(_neighbour(state, table, role, reached=False) for role in setting.roles),
        texts=tuple(replace(_text(setting, table, text), rationale="") for text in table.texts),
        news=table.news,
        injects=tuple(
            inject.words
            for inject in (setting.inject(name) for name, _ in table.injects)
            if not inject.to
        ),
        broadcasts=_broadcasts(state),
        how=table.how,
        signed=setting.in_words(table.terms.package) if table.terms else {},
    )


def score_for(state: State, person: str, package: Package, sheets: Sheets) -> Score:
    """Return what a draft would mean to a person's own seat; raise KeyError for a stranger."""
    place = state.seat_of(person) if not state.people[person].gone else None
    if place is None:
        return Score("you have no seat yet")
    table, name = place
    setting = state.setting
    try:
        index = setting.index(package)
    except ValueError as error:
        return Score(str(error))
    closed = not setting.on_offer(active_injects(table))[index]
    problem = "some of these terms are not on offer" if closed else ""
    sheet = sheets.sheet(table, name) if state.phase == "playing" else None
    if isinstance(sheet, PrivateAdvice):
        return Score(problem, guessed={party: row[index] for party, row in sheet.gains.items()})
    kept = setting.within_position.get(setting.roles[name].plays)
    gives_up = kept is not None and not kept[index]
    if sheet is None:
        return Score(problem, gives_up=gives_up)
    worth, passes = sheet.worth[index], sheet.passes[index]
    return Score(problem, worth, sheet.no_deal, sheet.below(index), passes, gives_up)


def _issues(setting: Setting, table: Table) -> tuple[IssueView, ...]:
    closed = setting.closed(active_injects(table))
    return tuple(
        IssueView(
            name,
            issue.title,
            {level: spec.words for level, spec in issue.levels.items()},
            tuple(level for level in issue.levels if (name, level) in closed),
        )
        for name, issue in setting.scenario.issues.items()
    )


def _neighbours(state: State, table: Table, name: str) -> tuple[Neighbour, ...]:
    setting = state.setting
    reaches = setting.roles[name].reaches
    return tuple(
        _neighbour(state, table, role, role in reaches) for role in setting.roles if role != name
    )


def _neighbour(state: State, table: Table, name: str, reached: bool) -> Neighbour:
    role = state.setting.roles[name]
    return Neighbour(
        name,
        role.title,
        role.public,
        table.seats[name].agent,
        reached,
        table.flexible.get(role.plays),
        _brief(role) if state.revealed else None,
    )


def _brief(role: Role) -> Brief:
    return Brief(role.interests, role.red_lines, role.alternative, role.fairness)


def _text(setting: Setting, table: Table, text: Proposal) -> ProposalView:
    return ProposalView(
        text.id,
        text.round,
        text.role,
        text.agent,
        text.package,
        setting.in_words(text.package),
        text.rationale,
        text.seen,
        text.answers,
        text.reasons,
        text.counters,
        text.round == table.round,
    )


def _visible_injects(setting: Setting, table: Table, name: str) -> tuple[str, ...]:
    injects = [setting.inject(inject) for inject, _ in table.injects]
    return tuple(inject.words for inject in injects if not inject.to or name in inject.to)


def _broadcasts(state: State) -> tuple[str, ...]:
    return tuple(text for text in state.broadcasts if text is not None)


def _waiting_for(setting: Setting, table: Table) -> tuple[str, ...]:
    def is_awaited(role: str, seat: Seat) -> bool:
        if table.stage == "resolve":
            return must_confirm(setting, table, role)
        return not seat.done and table.stage not in ("between", "ended")

    return tuple(
        setting.roles[role].title
        for role, seat in table.seats.items()
        if not seat.agent and is_awaited(role, seat)
    )


def _result(state: State, table: Table, name: str) -> Result | None:
    if table.stage != "ended":
        return None
    setting = state.setting
    open_scores = state.phase in ("debrief", "archived") and (
        setting.plan.scores_visible or state.revealed
    )
    terms: Terms | None = table.terms
    return Result(
        table.how,
        table.day,
        terms.package if terms else None,
        setting.in_words(terms.package) if terms else {},
        terms.gains.get(setting.roles[name].plays) if terms else None,
        dict(terms.gains) if terms and open_scores else {},
    )


def view_for_projector(state: State) -> ProjectorView:
    """Return what everybody in the room may see."""
    setting = state.setting
    seated = sum(
        len(seat.people) for table in state.tables.values() for seat in table.seats.values()
    )
    return ProjectorView(
        title=setting.plan.title,
        content_note=setting.scenario.content_note.strip(),
        phase=state.phase,
        paused=state.paused_at is not None,
        rounds=setting.plan.rounds,
        deadline=None if state.read_only else state.deadline,
        joined=seated,
        places=len(state.tables) * len(setting.places) * setting.plan.people_per_seat,
        waiting=len(state.waiting),
        locked=state.locked,
        tables=tuple(_status(state, table) for table in state.tables.values()),
        broadcasts=_broadcasts(state),
        read_only=state.read_only,
    )


def _status(state: State, table: Table) -> TableStatus:
    held = [seat for seat in table.seats.values() if not seat.agent]
    return TableStatus(
        table.number,
        table.round,
        table.stage,
        None if state.read_only else table.deadline,
        table.how,
        len(held),
        sum(seat.done for seat in held),
    )


def view_for_instructor(state: State) -> MonitorView:
    """Return what the instructor sees while the talks go on."""
    setting = state.setting
    return MonitorView(
        projector=view_for_projector(state),
        tables=tuple(
            MonitorTable(
                _status(state, table),
                tuple(
                    SeatStatus(
                        role,
                        setting.roles[role].title,
                        seat.people,
                        _seat_status(state, table, role, seat),
                    )
                    for role, seat in table.seats.items()
                ),
                len(table.texts),
                tuple(name for name, _ in table.injects),
                _stances(setting, table),
            )
            for table in state.tables.values()
        ),
        waiting=state.waiting,
        watching={
            person.id: person.watches
            for person in state.people.values()
            if person.watches is not None and not person.gone
        },
        wishes={person.id: person.wishes for person in state.people.values() if person.wishes},
        people={
            person.id: (person.table, person.role)
            for person in state.people.values()
            if not person.gone
        },
        injects=tuple(inject.id for inject in setting.plan.injects),
        can_undo=state.undo is not None,
        seq=state.seq,
    )


def _stances(setting: Setting, table: Table) -> dict[str, bool]:
    """Return how leaderships stand at a table, by title: now, or before play on the first day."""
    first = {
        name: stance.flexible for name, stance in table.first.items() if stance.flexible is not None
    }
    parties = setting.scenario.parties
    return {parties[name].title: on for name, on in {**first, **table.flexible}.items()}


def _seat_status(state: State, table: Table, role: str, seat: Seat) -> str:
    """Return how far the people in a seat are, in a word."""
    people: list[Person] = [state.people[person] for person in seat.people]
    if not people:
        return "agent" if state.phase not in ("draft", "lobby") else "empty"
    if seat.agent:
        return "idle"
    if state.phase in ("draft", "lobby"):
        return "joined"
    if state.phase == "briefing":
        return "ready" if all(p.deal is not None and p.understood for p in people) else "reading"
    if seat.done:
        return "done"
    if any(text.role == role or role in text.answers for text in table.current):
        return "submitted"
    if seat.idle:
        return "idle"
    return "drafted" if seat.draft is not None else "waiting"


def to_json(view: SeatView | TableView | ProjectorView | MonitorView) -> str:
    """Return a view as a page receives it, for tests of its contents."""
    return json.dumps(view, default=_parts)


def _parts(part: Any) -> Any:
    return part.model_dump(mode="json") if isinstance(part, Part) else vars(part)
