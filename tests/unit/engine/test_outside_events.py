"""Outside events: when they come, what they move, and that they touch nothing else."""

from functools import cache
from operator import attrgetter

import numpy as np
import pytest

from sim.engine.outcomes import NONE, Outcomes
from sim.engine.simulate import compare, play_one, play_rows, simulate
from sim.engine.talks import Talks
from sim.reporting.narrative import EventLog
from sim.scenario.schedule import EventError, scheduled
from sim.scenario.schema import Lever, Move, OutsideEvent, Scenario
from tests.builders import case_of, differing, equal, played, talks_of

COST = "parties.upland.war.cost_per_day"


def number(value: float) -> dict:
    return {"value": value, "basis": "judgement"}


def event(per_year: float | None = 2.0, **more) -> OutsideEvent:
    content = {"title": "Something happens", **more}
    if per_year is not None:
        content["per_year"] = number(per_year)
    return OutsideEvent.model_validate(content)


def moves(key: str, how: str, by: float) -> list[dict]:
    return [{"key": key, "how": how, "by": number(by)}]


def rivers(**events: OutsideEvent) -> Scenario:
    return played("two-rivers").model_copy(update={"events": events})


@cache
def plain() -> Outcomes:
    return simulate(rivers(), runs=200, days=90)


DEAR_MOVES = moves(COST, "scale", 3.0)
DEAR = event(moves=DEAR_MOVES, once=False)
SHORT = event(moves=DEAR_MOVES, lasts_days=number(20))


# --- When they come


def test_an_event_comes_as_often_as_its_rate_says():
    outcomes = simulate(rivers(a=event(1.0)), runs=600, days=180)
    came = outcomes.event_day[outcomes.last_day == 180, 0] != NONE
    share = 1 - np.exp(-180 / 365)
    assert abs(came.mean() - share) < 3 * np.sqrt(share * (1 - share) / len(came))


def test_a_scheduled_event_comes_on_its_day_in_every_run_and_at_no_other_time():
    outcomes = simulate(rivers(a=event(50.0)), runs=100, days=60, events={"a": 40})
    going = outcomes.last_day >= 40
    assert (outcomes.event_day[going, 0] == 40).all()
    assert (outcomes.event_day[~going, 0] == NONE).all()
    assert outcomes.scheduled == {"a": [40]}


def test_an_event_that_comes_again_may_come_by_chance_before_it_is_scheduled():
    outcomes = simulate(rivers(a=event(5.0, once=False)), runs=100, days=60, events=[("a", 40)])
    assert (outcomes.event_day[:, 0] < 40).any()


def test_an_event_with_a_day_comes_on_it_by_its_chance():
    case = rivers(a=event(None, day=number(30), chance=number(0.25)))
    day = simulate(case, runs=1000, days=40).event_day[:, 0]
    assert set(day.tolist()) == {NONE, 30}
    assert abs((day == 30).mean() - 0.25) < 3 * 0.014


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ({"flod": 40}, "has no event 'flod'; did you mean 'flood'"),
        ({"flood": 0}, "between 1 and 60"),
        ({"flood": 61}, "between 1 and 60"),
        ({"flood": -1}, "days count from 1"),
        ({"flood": 4.5}, "whole number"),
        ([("flood", 10), ("flood", 20)], "comes only once"),
    ],
)
def test_what_cannot_be_scheduled_is_refused_with_the_way_out(events, message):
    with pytest.raises(EventError, match=message):
        simulate(rivers(flood=event()), runs=10, days=60, events=events)


# --- Common random numbers


def test_an_event_that_changes_nothing_changes_nothing_bit_for_bit():
    nothing = {
        "words": event(5.0),
        "by_nothing": event(5.0, moves=moves(COST, "shift", 0.0), once=False),
        "by_one": event(5.0, moves=moves("captives.uplanders.death_rate", "scale", 1.0)),
    }
    outcomes = simulate(rivers(**nothing), runs=200, days=90)
    assert (outcomes.event_day != NONE).any(axis=0).all()
    assert differing(plain(), outcomes) == ["event_day"]


def test_runs_to_which_nothing_comes_are_left_as_they_are():
    outcomes = simulate(rivers(a=DEAR), runs=200, days=90)
    spared = outcomes.event_day[:, 0] == NONE
    assert 0 < spared.sum() < 200
    for name in plain().arrays():
        if name != "event_day":
            assert equal(getattr(outcomes, name)[spared], getattr(plain(), name)[spared]), name
    assert differing(plain(), outcomes) != ["event_day"]


def test_one_more_event_moves_no_other():
    alone = simulate(rivers(a=DEAR), runs=100, days=90)
    among = simulate(rivers(b=event(9.0), a=DEAR, c=event(3.0)), runs=100, days=90)
    assert np.array_equal(alone.event_day[:, 0], among.event_day[:, 1])
    assert differing(alone, among) == ["event_day"]


def test_blocks_and_longer_horizons_give_the_same_bits():
    case = rivers(a=DEAR, b=SHORT)
    whole = simulate(case, runs=60, days=70)
    longer = simulate(case, runs=60, days=110)
    first = simulate(case, runs=90, days=70)
    for name in whole.arrays():
        assert equal(getattr(first, name)[:60], getattr(whole, name)), name
    came = np.where(longer.event_day > 70, NONE, longer.event_day)
    assert np.array_equal(came, whole.event_day)
    for run in (0, 17, 59):
        alone, _ = play_one(case, run=run, days=70)
        assert all(equal(getattr(alone, n)[0], getattr(whole, n)[run]) for n in whole.arrays())


def test_two_arms_are_alike_until_the_day_of_the_scheduled_event():
    arms = compare(rivers(a=event(0.0, moves=DEAR_MOVES)), events={"a": 50}, runs=200, days=90)
    before = (arms.baseline.deal_day < 50) & (arms.baseline.deal_day != NONE)
    assert before.any()
    assert np.array_equal(arms.baseline.deal_day[before], arms.changed.deal_day[before])
    assert differing(arms.baseline, arms.changed) != ["event_day"]


# --- What they move


def daily_costs(case: Scenario, days: int, runs: int = 40) -> list[np.ndarray]:
    talks = talks_of(case, runs, days=days)
    costs = []
    for day in range(1, days + 1):
        talks.play(until=day)
        costs.append(cost(talks))
    return costs


def cost(talks: Talks) -> np.ndarray:
    (upland,) = (party for party in talks.parties if party.name == "upland")
    return upland.params.daily_cost.copy()


def test_a_number_goes_back_after_its_days():
    costs = daily_costs(scheduled(rivers(a=SHORT), {"a": 10}, 60), 60)
    usual = costs[0]
    for day, today in enumerate(costs, start=1):
        expected = 3.0 * usual if 10 <= day < 30 else usual
        assert np.allclose(today, expected, rtol=1e-6), day
    assert np.array_equal(costs[-1], usual), "bit by bit"


def test_a_number_stays_moved_where_the_file_does_not_say_for_how_long():
    lasting = event(moves=DEAR_MOVES)
    costs = daily_costs(scheduled(rivers(a=lasting), {"a": 10}, 50), 50)
    assert np.allclose(costs[-1], 3.0 * costs[0], rtol=1e-6)


def test_what_comes_again_does_not_add_up_but_lasts_anew():
    again = event(0.0, moves=DEAR_MOVES, lasts_days=number(20), once=False)
    costs = daily_costs(scheduled(rivers(a=again), [("a", 10), ("a", 20)], 50), 50)
    usual = costs[0]
    moved = [not np.array_equal(today, usual) for today in costs]
    assert [day for day, yes in enumerate(moved, start=1) if yes] == list(range(10, 40))
    assert np.allclose(costs[25], 3.0 * usual, rtol=1e-6)


def test_two_events_that_move_one_number_move_it_one_after_the_other():
    case = rivers(
        a=event(0.0, moves=moves(COST, "scale", 2.0)), b=event(0.0, moves=moves(COST, "scale", 5.0))
    )
    costs = daily_costs(scheduled(case, {"a": 5, "b": 9}, 12), 12)
    assert np.allclose(costs[6], 2.0 * costs[0], rtol=1e-6)
    assert np.allclose(costs[-1], 10.0 * costs[0], rtol=1e-6)


def test_the_numbers_of_other_runs_and_of_other_actors_are_left_alone():
    talks = talks_of(rivers(a=event(3.0, moves=DEAR_MOVES)), 40, days=60)
    before = [party.params for party in talks.parties]
    talks.play()
    came = talks.outside.came[0] != NONE
    for old, party in zip(before, talks.parties, strict=True):
        if party.name != "upland":
            assert party.params is old
        else:
            assert np.array_equal(party.params.daily_cost[~came], old.daily_cost[~came])
            assert (party.params.daily_cost[came] != old.daily_cost[came]).all()
            assert party.params.stakes is old.stakes
            assert np.array_equal(old.daily_cost[came] * 3.0, party.params.daily_cost[came])


def test_what_starts_from_a_number_stays_as_far_from_its_start():
    path = "parties.upland.constituencies.families.mobilised"
    shifted = event(0.0, moves=moves(path, "shift", 0.1), lasts_days=number(1))
    case = rivers(a=shifted)
    usual, moved = talks_of(case, 30, days=20), talks_of(scheduled(case, {"a": 5}, 20), 30, days=20)
    usual.play(until=4)
    moved.play(until=4)
    mobilised = [t.parties[0].constituencies[0].mobilised for t in (usual, moved)]
    assert np.array_equal(*mobilised)
    moved.outside.play(5)
    families = moved.parties[0].constituencies[0]
    rest = usual.parties[0].constituencies[0].params.rest
    assert np.allclose(families.mobilised, mobilised[0] + families.params.rest - rest)


def test_windows_open_and_close_in_the_runs_to_which_the_event_comes():
    """Where leaderships do not turn of themselves: all are firm at first, and no window closes."""
    events = {"a": event(3.0, opens=["upland"]), "b": event(0.0, closes=["upland"])}
    still = {"stances.reconsiders": 0.0, "stances.window_days": 1e9}
    still |= {p: 0.0 for p in rivers().quantities() if p.startswith("stances.hardened_by.")}
    still |= {"parties.upland.flexible": 0.0, "parties.delta.flexible": 0.0}
    case = case_of("two-rivers", still).model_copy(update={"events": events})
    talks = talks_of(case, 40, days=60).play()
    upland, delta = (party for party in talks.parties if party.veto)
    came = talks.outside.came[0] != NONE
    assert 0 < came.sum() < 40
    assert np.array_equal(upland.flexible, came)
    assert not delta.flexible.any()
    talks = talks_of(scheduled(case, {"b": 60}, 60), 40, days=60)
    assert talks.play(until=59).parties[0].flexible.any()
    assert not talks.play().parties[0].flexible.any()


@pytest.mark.parametrize(
    "path",
    [
        "mediators.northmark.leverage.upland",
        "mediators.southport.access.delta",
        "parties.upland.optimism",
        "captives.uplanders.death_rate",
        "truce.scale_days",
        "war.numbers.battles_per_day",
        "channel.leak",
        "spoilers.clans.strength",
        "permanence.numbers.bite",
    ],
)
def test_an_event_on_the_first_day_is_the_number_moved_from_the_start(path):
    how, by, default = ("shift", -0.2, 0.0) if "strength" in path else ("scale", 0.8, 1.0)
    lever = Lever(
        **{"label": "", "help": "", "unit": "", "low": -1, "high": 1, "default": default},
        moves=[Move(key=path, how=how)],
    )
    case = rivers(a=event(0.0, moves=moves(path, how, by)))
    case = case.model_copy(update={"levers": {"it": lever}})
    by_event = talks_of(scheduled(case, {"a": 1}, 20), 10, days=20).play(until=1)
    by_lever = talks_of(case, 10, days=20, levers={"it": by}).play(until=1)
    for name in ("channel", "truces_now.params", "captivity.params", "war_numbers"):
        one, other = (attrgetter(name)(talks) for talks in (by_event, by_lever))
        assert str(one) == str(other), name
    for one, other in zip(
        by_event.assessor.utilities(), by_lever.assessor.utilities(), strict=True
    ):
        assert np.array_equal(one, other)


def test_levers_set_in_mid_game_leave_the_events_under_way():
    case = scheduled(rivers(a=event(0.0, moves=DEAR_MOVES)), {"a": 5}, 40)
    talks = talks_of(case, 10, days=40).play(until=10)
    before = cost(talks)
    talks.set_levers({"war_cost": 2.0})
    assert np.allclose(cost(talks), 2.0 * before, rtol=1e-6)
    talks.set_levers({})
    assert np.array_equal(cost(talks), before)
    talks.play()
    assert np.array_equal(cost(talks), before)


# --- Telling of them


def test_the_diary_hears_when_an_event_comes_and_when_it_is_over():
    log = EventLog()
    play_one(rivers(a=SHORT), run=0, days=60, diary=log, events={"a": 10})
    told = [(e.day, e.begins) for e in log.events if e.kind == "outside event"]
    assert told == [(10, True), (30, False)]


def test_outcomes_are_stored_with_their_events(tmp_path):
    outcomes = simulate(rivers(a=DEAR), runs=10, days=20, events={"a": 5})
    again = Outcomes.load(outcomes.save(tmp_path / "o.npz"))
    assert np.array_equal(again.event_day, outcomes.event_day)
    assert (again.labels.events, again.scheduled) == (("a",), {"a": [5]})
    assert "event_day_a" in again.to_frame()


def test_it_plays_alike_in_streams_that_are_shared():
    case = rivers(a=DEAR, b=SHORT)
    usual = simulate(case, runs=20, days=40)
    rows = play_rows(case, seed=1, luck=np.array([7, 7, 3]), days=40)
    assert np.array_equal(rows.deal_day, usual.deal_day[[7, 7, 3]])
    assert np.array_equal(rows.event_day, usual.event_day[[7, 7, 3]])
