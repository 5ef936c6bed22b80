"""What a seat may see, and what never reaches it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable

import pytest

from sim.classroom import commands
from sim.classroom.events import LogRecord
from sim.classroom.state import State
from sim.classroom.storage.export import archive
from sim.classroom.views import (
    score_for,
    to_json,
    view_for,
    view_for_instructor,
    view_for_projector,
    view_of_table,
)
from sim.scenario.schema import Scenario
from tests.support.players import Class, read_once, secret_number

CANARY = re.compile(r"canary\w+")
PRIVATE = ("interests", "red_lines", "alternative", "fairness")

#: Random games over which canaries are looked for.
GAMES = 200


def with_canaries(name: str) -> Scenario:
    """A scenario whose private briefs say whose they are."""
    scenario = read_once(name)
    roles = {
        role: seat.model_copy(update={part: f"canary_{role}_{part}" for part in PRIVATE})
        for role, seat in scenario.roles.items()
    }
    return scenario.model_copy(update={"roles": roles})


def entitled(records: Iterable[LogRecord], table: int, role: str) -> set[str]:
    """The canaries that a seat may see: its brief, its drafts, and what was sent to it."""
    mine = {f"canary_{role}_{part}" for part in PRIVATE}
    texts: dict[str, str] = {}
    for record in records:
        event = record.event
        if getattr(event, "table", None) != table:
            continue
        if event.kind == "draft_saved" and event.role == role:
            mine |= set(CANARY.findall(event.rationale))
        elif event.kind == "spoken" and role in (event.role, *event.to):
            mine |= set(CANARY.findall(event.text))
        elif event.kind == "proposed":
            texts[event.text] = event.rationale
            if role in (event.role, *event.to):
                mine |= set(CANARY.findall(event.rationale))
        elif event.kind == "carried" and role in event.to:
            mine |= set(CANARY.findall(texts[event.text]))
    return mine


def numbers_of_others(state: State, table: int, role: str) -> list[str]:
    return [
        repr(secret_number(n, other))
        for n, at in state.tables.items()
        for other in at.seats
        if (n, other) != (table, role)
    ]


def check_every_view(room: Class, state: State) -> None:
    records = room.log.records
    for person in state.people:
        place = state.seat_of(person)
        assert place is not None
        number, role = place[0].number, place[1]
        page = to_json(view_for(state, person, room.model))
        found = set(CANARY.findall(page))
        assert found <= entitled(records, number, role), (person, role)
        assert not any(secret in page for secret in numbers_of_others(state, number, role))
    for number in state.tables:
        watched = to_json(view_of_table(state, number))
        assert not CANARY.search(watched)
        assert not any(secret in watched for secret in numbers_of_others(state, 0, ""))
    shown = to_json(view_for_projector(state))
    assert not CANARY.search(shown)
    assert not CANARY.search(to_json(view_for_instructor(state)))


@pytest.mark.slow
def test_no_secret_reaches_another_seat_an_export_or_the_log_in_any_of_many_games(caplog):
    scenarios = [with_canaries("gaza-2024-01"), with_canaries("two-rivers")]
    for game in range(GAMES):
        room = Class(scenarios[game % 2], quick=True, tables=1 + game % 2, rounds=2)
        room.begun(people=5 * (1 + game % 2))
        seen = 0

        def watch(state: State, room: Class = room) -> None:
            nonlocal seen
            seen += 1
            if seen % 50 == 0:
                check_every_view(room, state)

        state = room.played_by_bots(seed=game, watch=watch)
        check_every_view(room, state)
        files = archive(state, room.log.records, {"p1": "Ada"})
        with zipfile.ZipFile(io.BytesIO(files)) as taken:
            assert not any(CANARY.search(taken.read(name).decode()) for name in taken.namelist())
        assert any(CANARY.search(m.text) for t in state.tables.values() for m in t.messages)
    assert not CANARY.search(caplog.text)


def test_who_watches_sees_texts_and_answers_and_the_briefs_once_they_are_revealed():
    room = Class(with_canaries("two-rivers"), quick=True, rounds=1)
    people = room.begun(people=5)
    seats = {room.state.seat_of(person)[1]: person for person in people}
    room.instruct(commands.Advance(table=1))
    propose = commands.Propose(package=package_of(room), rationale="canary", to=("delta",))
    room.ask(f"person:{seats['upland']}", propose)
    (text,) = view_of_table(room.state, 1).texts
    assert (text.author, text.answers, text.rationale) == ("upland", {"upland": True}, "")
    assert dict(text.words) == room.state.setting.in_words(package_of(room))
    room.instruct(commands.End())
    assert not CANARY.search(to_json(view_of_table(room.state, 1)))
    room.instruct(commands.Reveal())
    assert "canary_delta_red_lines" in to_json(view_of_table(room.state, 1))


def test_a_seat_sees_its_own_brief_score_and_drafts():
    room = Class(with_canaries("two-rivers"), quick=True)
    people = room.begun(people=5)
    person = people[0]
    table, role = room.state.seat_of(person)
    room.ask(f"person:{person}", commands.SaveDraft(package=package_of(room), rationale="mine"))
    page = to_json(view_for(room.state, person, room.model))
    assert f"canary_{role}_interests" in page
    assert repr(secret_number(table.number, role)) in page
    assert '"draft_rationale": "mine"' in page


def package_of(room: Class, index: int = 0) -> dict[str, str]:
    return room.state.setting.package(index)


def test_briefs_open_only_when_the_instructor_reveals_them():
    room = Class(with_canaries("two-rivers"), quick=True, rounds=1)
    people = room.begun(people=5)
    room.instruct(commands.End())
    before = to_json(view_for(room.state, people[0]))
    assert len({c for c in CANARY.findall(before) if c.endswith("interests")}) == 1
    room.instruct(commands.Reveal())
    after = to_json(view_for(room.state, people[0]))
    assert len({c for c in CANARY.findall(after) if c.endswith("interests")}) == 5


def test_who_does_not_meet_a_party_reaches_it_only_through_a_mediator():
    room = Class("gaza-2024-01", quick=True)
    room.begun(people=5)
    seats = {room.state.seat_of(person)[1]: person for person in room.state.people}
    room.instruct(commands.Advance(table=1))
    room.ask(
        f"person:{seats['israel']}",
        commands.Propose(package=package_of(room), rationale="x", to=("qatar",)),
    )
    assert not view_for(room.state, seats["hamas"]).texts
    room.ask(f"person:{seats['qatar']}", commands.Carry(text="1.1", to=("hamas",)))
    assert [text.id for text in view_for(room.state, seats["hamas"]).texts] == ["1.1"]
    assert not view_for(room.state, seats["egypt"]).texts


def test_only_who_must_confirm_is_waited_for_while_a_text_waits_to_be_confirmed():
    room = Class("gaza-2024-01", quick=True)
    people = room.begun(people=5)
    seats = {room.state.seat_of(person)[1]: person for person in people}
    room.instruct(commands.Advance(table=1))
    propose = commands.Propose(package=package_of(room), to=("israel", "hamas"))
    room.ask(f"person:{seats['qatar']}", propose)
    room.instruct(commands.Advance(table=1))
    for role in ("israel", "hamas"):
        room.ask(f"person:{seats[role]}", commands.Respond(text="1.1", accepts=True))
    room.go_on()
    assert room.state.tables[1].stage == "resolve"
    waited = view_for(room.state, seats["israel"]).waiting_for
    assert waited == (room.state.setting.roles["hamas"].title,)


def test_who_waits_for_a_seat_sees_nothing():
    room = Class(quick=True)
    people = room.gathered(people=6)
    assert view_for(room.state, people[-1]) is None


def test_a_draft_is_scored_for_ones_own_seat_and_warned_of_below_no_deal():
    room = Class(rounds=2)
    people = room.begun(people=5)
    seats = {room.state.seat_of(person)[1]: person for person in people}
    setting = room.state.setting
    scores = [
        score_for(room.state, seats["upland"], setting.package(k), room.model)
        for k in range(len(setting.levels))
    ]
    assert {score.no_deal for score in scores} == {scores[0].no_deal}
    assert all(score.below == (score.worth < score.no_deal) for score in scores)
    sense = score_for(room.state, seats["northmark"], setting.package(0), room.model)
    assert sense.worth is None
    assert set(sense.guessed) == set(setting.scenario.parties)
    wrong = {**setting.package(0), "duration": "14d", "withdrawal": "total"}
    assert "go together" in score_for(room.state, seats["upland"], wrong, room.model).problem


def test_a_mediators_sense_is_what_the_models_mediator_would_draft_from():
    room = Class(rounds=2)
    people = room.begun(people=5)
    person = next(p for p in people if room.state.seat_of(p)[1] == "northmark")
    table, role = room.state.seat_of(person)
    sense = room.model.sheet(table, role)
    assert all(len(row) == len(room.state.setting.levels) for row in sense.gains.values())
    view = view_for(room.state, person, room.model)
    assert view.sheet == sense


def test_levels_that_are_not_on_offer_are_shown_as_closed():
    room = Class(quick=True, held_back={"duration": ("permanent",)})
    people = room.begun(people=1)
    issues = {issue.name: issue for issue in view_for(room.state, people[0]).issues}
    assert issues["duration"].closed == ("permanent",)
    assert issues["ferries"].closed == ()
