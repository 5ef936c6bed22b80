"""Whole games, by bots in the seats."""

from collections.abc import Iterable

import pytest

from sim.classroom import commands
from sim.classroom import state as state_of_an_exercise
from sim.classroom.commands import PHASES
from sim.classroom.debrief import build_debrief, debrief_from_log
from sim.classroom.decide import RefusedError, instructor
from sim.classroom.events import DaysPassed, Drafted, PhaseBegan, from_line, to_line
from sim.classroom.plan import ParameterInject
from sim.classroom.state import canonical, replay
from sim.classroom.table_model import PrivateAdvice
from sim.classroom.views import view_for
from tests.support.players import Class, QuickModel, with_stances


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


def test_agents_and_people_play_under_stances_that_turn_with_news_fired_in_mid_game():
    news = ParameterInject(id="dear", words="The harvest is lost.", lever="war_cost", setting=4)
    scenario = with_stances("two-rivers", turning=0.04, upland=0.0, delta=0.0)
    room = Class(scenario, tables=2, rounds=6, seed=11, injects=(news,))
    (person, *_) = room.begun(people=3)
    fired_in: int | None = None
    for _ in range(200):
        if room.state.phase != "playing":
            break
        put_forward(room, person, package=5)  # whatever its leadership stands for
        held = max(len(table.rounds) for table in room.state.tables.values())
        if fired_in is None and held == 2:
            room.instruct(commands.Fire(inject="dear"))
            fired_in = held
        room.go_on(60)
    state = room.state
    assert (state.phase, fired_in, state.read_only) == ("closed", 2, "")
    reached = [table.injects for table in state.tables.values() if len(table.rounds) > 3]
    assert reached
    assert all(injects == (("dear", 4),) for injects in reached)
    assert all(table.projection is not None for table in state.tables.values())
    texts = [text for table in state.tables.values() for text in table.texts]
    assert "position" in {reason for text in texts for reason in text.reasons.values()}
    told = " ".join(one.words for table in state.tables.values() for one in table.news)
    assert "stands firm" in told
    assert "ready to bargain" in told
    kinds = {one.kind for day in days_of(room) for one in day.happened}
    assert {"stance", "round", "battle"} <= kinds
    again = replay(from_line(to_line(record)) for record in room.log.records)
    assert canonical(again) == canonical(state)


def put_forward(room: Class, person: str, package: int) -> None:
    """Put a text on one's table, once in a round."""
    table, role = room.state.seat_of(person)
    if table.stage == "proposals" and not table.seats[role].proposed:
        setting = room.state.setting
        to = setting.roles[role].reaches
        room.ask(f"person:{person}", commands.Propose(package=setting.package(package), to=to))


def days_of(room: Class) -> list[DaysPassed]:
    """What the log holds of the days between rounds."""
    return [r.event for r in room.log.records if isinstance(r.event, DaysPassed)]


def test_the_log_holds_what_people_were_told_and_how_leaderships_stood_in_each_round():
    room = Class("two-rivers", rounds=3, seed=3)
    people = room.begun(people=5)
    told = {}
    while room.state.phase == "playing":
        table = room.state.tables[1]
        if table.stage == "caucus":
            for person in people:
                view = view_for(room.state, person, room.model)
                told[table.round, view.role.name] = view.sheet
        room.go_on(200)
    dealt = {
        (number, sheet.role): sheet
        for number, day in enumerate(days_of(room), start=1)
        for sheet in day.sheets
    }
    assert set(dealt) == set(told)
    for place, sheet in told.items():
        kept = dealt[place]
        if isinstance(sheet, PrivateAdvice):
            assert in_utils(kept.gains[party] for party in sheet.gains) == [*sheet.gains.values()]
        else:
            assert in_utils([kept.worth, [kept.no_deal]]) == [sheet.worth, (sheet.no_deal,)]
            rejected = [k for k, passes in enumerate(sheet.passes) if not passes]
            assert list(kept.rejected) == rejected
    assert all(set(day.flexible) == {"upland", "delta"} for day in days_of(room))


def in_utils(rows: Iterable[Iterable[int]]) -> list[tuple[float, ...]]:
    return [tuple(number / 10_000 for number in row) for row in rows]


@pytest.mark.parametrize("rounds_held", [0, 1])
def test_an_exercise_whose_server_gets_another_model_in_mid_game_is_shown_and_stands_still(
    rounds_held, monkeypatch
):
    firm = with_stances("two-rivers", upland=0.0, delta=0.0)
    room = Class(firm, rounds=6, seed=2)
    people = room.begun(people=2)
    while len(room.state.tables[1].rounds) < rounds_held:
        room.go_on(200)
    before = canonical(room.state)
    monkeypatch.setattr(state_of_an_exercise, "model_fingerprint", lambda: "another")
    assert "another version of the model" in room.state.read_only
    room.go_on(3600)
    assert canonical(room.state) == before
    with pytest.raises(RefusedError, match="another version of the model"):
        room.ask(f"person:{people[0]}", commands.Done())
    view = view_for(room.state, people[0])
    assert (view.read_only, view.deadline) == (room.state.read_only, None)
    assert len(debrief_from_log(room.state).tables) == 1
    with pytest.raises(ValueError, match="another version"):
        build_debrief(room.state, room.model)
    room.instruct(commands.End())
    room.instruct(commands.BeginDebrief())
    assert room.ask(f"person:{people[0]}", commands.Reflect(text="What a day.")).phase == "debrief"


def test_an_exercise_that_has_not_begun_is_played_by_the_model_that_is_there(monkeypatch):
    room = Class(quick=True, rounds=1)
    room.gathered(people=1)
    for module in (state_of_an_exercise, instructor):
        monkeypatch.setattr(module, "model_fingerprint", lambda: "another")
    assert room.state.read_only == ""
    room.instruct(commands.Start())
    assert (room.state.model, room.state.read_only) == ("another", "")
    room.instruct(commands.Advance())
    assert room.go_on().tables[1].stage == "caucus"


def test_a_log_that_does_not_say_its_model_counts_as_another_models():
    room = Class(quick=True, rounds=1)
    room.begun(people=1)
    silent = [
        record.model_copy(update={"event": record.event.model_copy(update={"model": ""})})
        if isinstance(record.event, Drafted | PhaseBegan)
        else record
        for record in room.log.records
    ]
    assert "another version of the model" in replay(silent).read_only
