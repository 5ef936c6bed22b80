"""Whole games, by bots in the seats."""

import pytest

from sim.classroom import commands
from sim.classroom.commands import PHASES
from sim.classroom.events import from_line, to_line
from sim.classroom.state import canonical, replay
from sim.classroom.views import view_for
from tests.support.players import Class, QuickModel


@pytest.mark.parametrize("scenario", ["two-rivers", "gaza-2024-01"])
def test_a_class_plays_an_exercise_to_its_end(scenario):
    room = Class(scenario, tables=2, rounds=3)
    room.begun(people=6)
    state = room.played_by_bots(seed=4)
    assert state.phase == "closed"
    assert all(table.how for table in state.tables.values())
    assert all(table.projection is not None for table in state.tables.values())
    assert any(text for table in state.tables.values() for text in table.texts if not text.agent)


def test_the_log_alone_gives_the_final_state_byte_for_byte():
    room = Class(tables=2, rounds=2)
    room.begun(people=6)
    room.played_by_bots(seed=1)
    lines = [to_line(record) for record in room.log.records]
    again = replay(from_line(line) for line in lines)
    assert canonical(again) == canonical(room.state)
    assert [record.seq for record in room.log.records] == list(range(1, len(lines) + 1))


def test_phases_follow_one_another_and_none_comes_twice():
    room = Class(tables=2, rounds=2)
    room.begun(people=3)
    room.played_by_bots(seed=2)
    phases = [r.event.phase for r in room.log.records if r.event.kind == "phase_began"]
    assert phases == [phase for phase in PHASES if phase in phases]
    stages = [
        (r.event.table, r.event.round, r.event.stage)
        for r in room.log.records
        if r.event.kind == "stage_began"
    ]
    assert len(stages) == len(set(stages))


def test_a_table_whose_people_are_silent_goes_on_at_its_deadlines():
    room = Class(rounds=2)
    room.begun(people=5)
    for _ in range(40):
        room.go_on(200)
    assert room.state.phase == "closed"


class FailingModel(QuickModel):
    """A model whose agents break down."""

    def moves(self, table):
        raise ArithmeticError("private")


def test_agents_hold_their_position_where_the_model_fails(caplog):
    room = Class(quick=True, rounds=1)
    room.model = FailingModel(room.state)
    people = room.begun(people=2)
    room.instruct(commands.Advance(table=1))
    table, role = room.state.seat_of(people[0])
    to = room.state.setting.roles[role].reaches
    package = room.state.setting.package(0)
    room.ask(f"person:{people[0]}", commands.Propose(package=package, to=to))
    for person in people:
        room.ask(f"person:{person}", commands.Done())
    state = room.go_on()
    answers = state.tables[table.number].texts[0].answers
    assert answers["marsh"] is False
    assert "private" not in caplog.text


def test_scores_of_others_open_with_the_plan_or_the_reveal():
    for visible in (False, True):
        room = Class(quick=True, rounds=1, scores_visible=visible)
        people = room.begun(people=2)
        room.instruct(commands.Advance(table=1))
        person = people[0]
        _, role = room.state.seat_of(person)
        package, to = room.state.setting.package(0), room.state.setting.roles[role].reaches
        room.ask(f"person:{person}", commands.Propose(package=package, to=to))
        room.instruct(commands.Advance(table=1))
        room.ask(f"person:{people[1]}", commands.Respond(text="1.1", accepts=True))
        room.go_on()
        assert view_for(room.state, person).result.gains == {}
        room.instruct(commands.BeginDebrief())
        assert bool(view_for(room.state, person).result.gains) == visible
        room.instruct(commands.Reveal())
        assert view_for(room.state, person).result.gains


def test_a_log_of_a_newer_format_or_with_a_gap_is_refused():
    room = Class(quick=True)
    room.gathered(people=2)
    first, *rest = room.log.records
    newer = first.model_copy(update={"event": first.event.model_copy(update={"format": 99})})
    with pytest.raises(ValueError, match="format 99"):
        replay([newer, *rest])
    with pytest.raises(ValueError, match="missing or doubled"):
        replay([first, *rest[1:]])
    with pytest.raises(ValueError, match="empty"):
        replay([])


def test_what_comes_after_is_played_also_when_the_debrief_was_opened_at_once():
    room = Class(quick=True, tables=2)
    room.begun(people=2)
    room.instruct(commands.End())
    room.instruct(commands.BeginDebrief())
    assert all(table.projection is not None for table in room.go_on().tables.values())
