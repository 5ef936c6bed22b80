"""Claims about what a brief says of a leadership, and who is told how it stands."""

from __future__ import annotations

import json

import pytest

from sim.classroom import commands
from sim.classroom.briefs import in_points
from sim.classroom.plan import ParameterInject
from sim.classroom.views import (
    SeatView,
    score_for,
    to_json,
    view_for,
    view_for_instructor,
    view_of_table,
)
from tests.support.players import Class, with_stances


def reading(room: Class, people: int = 5) -> dict[str, SeatView]:
    """What each seat sees while briefs are read."""
    room.gathered(people)
    room.instruct(commands.Start())
    room.go_on()
    return seats(room)


def seats(room: Class) -> dict[str, SeatView]:
    views = [view_for(room.state, person, room.model) for person in room.state.people]
    return {view.role.name: view for view in views}


def test_a_brief_says_how_the_leadership_stands_on_the_first_day_and_what_that_means():
    views = reading(Class(with_stances("two-rivers", upland=0.0, delta=1.0)))
    firm, flexible = (dict(views[role].commitments) for role in ("upland", "delta"))
    assert "stands firm: it signs nothing that gives up" in firm["How your leadership stands"]
    assert "is flexible and ready to bargain" in flexible["How your leadership stands"]
    for words in (firm, flexible):
        assert "nobody stops you from signing" in words["How your leadership stands"]


def test_a_brief_has_the_scenarios_words_and_the_tables_numbers_in_points():
    room = Class(with_stances("two-rivers", upland=0.0), seed=3)
    words = dict(reading(room)["upland"].commitments)
    party = room.scenario.parties["upland"]
    first = room.state.tables[1].first["upland"]
    asked = words["What you ask for in public"].lower()
    assert all(state in asked for state in party.positions.states)
    red_lines = words["Your red lines and their price"]
    assert party.positions.red_lines[0].words in red_lines
    assert f"({100 * first.red_lines[0]:.1f} points)" in red_lines
    assert f"({100 * first.audience:.1f} points)" in words["What you ask for in public"]
    assert "5 of 9 votes" in words["The vote at home"]
    assert f"({100 * first.override:.1f} points)" in words["The vote at home"]


def test_costs_are_named_by_their_size():
    assert [in_points(cost) for cost in (0.004, 0.02, 0.05, 0.2)] == [
        "hardly anything (0.4 points)",
        "a little (2.0 points)",
        "a good deal (5.0 points)",
        "very much (20.0 points)",
    ]


def test_the_price_of_a_red_line_is_what_the_score_sheet_takes_off():
    dear = with_stances("two-rivers", upland=1.0)
    room = Class(dear, seed=3)
    reading(room)
    price = room.state.tables[1].first["upland"].red_lines[0]
    room.instruct(commands.Advance())
    room.go_on()
    talks = room.model._up_to(room.state.tables[1]).talks
    (held,) = [float(amount[0]) for amount, _ in talks.parties[0].params.red_lines]
    assert price == pytest.approx(held, abs=1e-4)


def test_a_mediator_has_no_leadership_and_who_has_no_veto_is_not_waited_for():
    views = reading(Class("two-rivers"))
    assert views["northmark"].commitments == ()
    assert "without you" in dict(views["marsh"].commitments)["How your leadership stands"]


def test_before_the_first_day_a_stance_is_known_to_its_own_seat_and_the_instructor():
    room = Class(with_stances("two-rivers", upland=0.0, delta=1.0))
    views = reading(room)
    assert all(seat.flexible is None for view in views.values() for seat in view.neighbours)
    assert not any(view.news or view.stance for view in views.values())
    (table,) = view_for_instructor(room.state).tables
    assert table.stances == {"Upland": False, "Delta": True}


def test_from_the_first_day_on_everybody_hears_how_leaderships_stand():
    room = Class(with_stances("two-rivers", upland=0.0, delta=1.0))
    reading(room)
    room.instruct(commands.Advance())
    room.go_on()
    views = seats(room)
    assert "stands firm" in views["upland"].stance
    assert "ready to bargain" in views["delta"].stance
    assert views["northmark"].stance == ""
    heard = {seat.role: seat.flexible for seat in views["northmark"].neighbours}
    assert heard == {"upland": False, "delta": True, "southport": None, "marsh": None}
    told = [news.words for news in views["marsh"].news if "leadership" in news.words]
    assert told == [
        "The leadership of Upland stands firm on what it has said in public.",
        "The leadership of Delta turns flexible: it signals that it is ready to bargain.",
    ]
    assert view_of_table(room.state, 1).news == views["marsh"].news


@pytest.mark.parametrize("at_round", [None, 1])
def test_the_brief_says_what_the_first_day_brings(at_round):
    """Also where an inject that comes before the first day moves what leaderships weigh."""
    inject = ParameterInject(
        id="dear", words="A bad harvest.", lever="war_cost", setting=4, at_round=at_round
    )
    for seed in range(6):
        room = Class("two-rivers", seed=seed, rounds=2, injects=(inject,))
        reading(room, people=1)
        first = room.state.tables[1].first
        room.instruct(commands.Advance())
        room.go_on()
        days = next(r.event for r in room.log.records if r.event.kind == "days_passed")
        stood = [one.facts for one in days.happened if one.kind == "stance"][:2]
        parties = list(room.scenario.parties)
        assert {parties[one["party"]]: one["flexible"] for one in stood} == {
            name: stance.flexible for name, stance in first.items() if stance.flexible is not None
        }


def test_what_giving_way_costs_is_told_to_nobody_else():
    room = Class("gaza-2024-01", seed=3)
    reading(room)
    room.instruct(commands.Advance())
    room.go_on()
    views = seats(room)
    others = [to_json(view_for_instructor(room.state)), to_json(view_of_table(room.state, 1))]
    for role, view in views.items():
        pages = [to_json(other) for name, other in views.items() if name != role]
        own = to_json(view)
        for _, words in view.commitments:
            in_json = json.dumps(words)
            assert in_json in own
            assert "points" not in words or not any(in_json in page for page in [*pages, *others])


def test_a_draft_that_gives_up_ones_position_is_marked_as_what_stances_bar():
    room = Class(with_stances("two-rivers", upland=0.0, delta=0.0), seed=3)
    reading(room)
    room.instruct(commands.Advance())
    room.go_on()
    talks = room.model._up_to(room.state.tables[1]).talks
    seated = {room.state.seat_of(person)[1]: person for person in room.state.people}
    for place, role in enumerate(("upland", "delta")):
        for package in range(len(talks.packages)):
            terms = room.state.setting.package(package)
            score = score_for(room.state, seated[role], terms, room.model)
            assert score.gives_up is not talks.stance_allows(place, package)
    sense = score_for(room.state, seated["northmark"], room.state.setting.package(0), room.model)
    assert sense.gives_up is False
