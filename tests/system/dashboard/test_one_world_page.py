"""The page One world, as a visitor sees it, and what its workers tell."""

from playwright.sync_api import expect

from dashboard.explore.compute import single_run
from sim.engine.outcomes import NONE
from sim.engine.simulate import simulate
from sim.reporting import narrative
from sim.reporting.charts import timeline
from sim.scenario.loading import load_scenario

QUICK = "scenario=two-rivers&days=60&runs=200&set=leaks:0"


def test_a_visitor_steps_through_a_world_that_the_change_turned(visit):
    seen = visit().goto(f"/one-world?{QUICK}")
    seen.click("One that your change turned")
    expect(seen.page.get_by_text("and with the same luck")).to_be_visible()
    expect(seen.page.get_by_text("Step 1 of")).to_be_visible()
    seen.click("Later")
    expect(seen.page.get_by_text("Step 2 of")).to_be_visible()
    expect(seen.page.locator("canvas, svg.marks").first).to_be_visible()
    seen.looks_well()
    seen.asked_nobody_else()


def test_a_world_is_the_one_that_the_engine_tells_and_a_reload_keeps_it(visit):
    played = simulate("two-rivers", runs=8, days=60, levers={"leaks": 0.0})
    number = next(k for k, day in enumerate(played.deal_day) if day != NONE)
    seen = visit().goto(f"/one-world?{QUICK}&world={number}")
    truce = f"World {number}: a truce from day {played.deal_day[number]}"
    expect(seen.page.get_by_role("heading", name=truce)).to_be_visible()
    seen.click("Next world")
    expect(seen.page.get_by_role("heading", name=f"World {number + 1}:")).to_be_visible()
    seen.page.reload()
    seen.rest()
    expect(seen.page.get_by_role("heading", name=f"World {number + 1}:")).to_be_visible()


def test_the_last_step_of_a_world_counts_the_people_that_the_engine_counts():
    case = load_scenario("two-rivers")
    for run in range(6):
        told = narrative.follow(case, run, days=120)
        state = narrative.state_on(told.events, 120)
        home = told.outcomes.returned_alive.sum() + told.outcomes.rescued.sum()
        assert state.home == home
        assert state.died == told.outcomes.died_in_captivity.sum()
        assert state.signed == told.outcomes.deals[0]
        assert state.texts == told.outcomes.rounds[0]


def test_the_world_like_the_median_has_a_truce_where_most_have_one():
    for days in (10, 180):
        played = simulate("two-rivers", runs=60, days=days)
        most = (played.deal_day != NONE).mean() > 0.5
        assert (played.deal_day[single_run.median_world(played)] != NONE) == most


def test_every_kind_of_event_on_the_timeline_has_a_shape_that_shows_and_a_look_of_its_own():
    shows = {"circle", "square", "cross", "diamond", "triangle-up", "triangle-right"}
    assert {shape for shape, _, _ in timeline.LOOKS.values()} <= shows  # a "stroke" has no area
    looks = {name: look for name, look in timeline.LOOKS.items() if name != "ended"}
    assert len(set(looks.values())) == len(looks)
    assert timeline.LOOKS["ended"] == timeline.LOOKS["refused"]  # in a row of its own
