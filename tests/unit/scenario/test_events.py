"""What a file may say of outside events, and what it hears where that does not fit."""

import json

import pytest
import yaml

from sim.scenario.errors import ScenarioError
from sim.scenario.loading import find_scenario, load_scenario, read_text, sha256_of, with_changes
from sim.scenario.schedule import scheduled
from sim.scenario.schema import Scenario
from tests.builders import played

RATE = {"value": 1, "basis": "judgement"}


def read(**events) -> Scenario:
    """The invented scenario with events of its own."""
    tree = yaml.safe_load(find_scenario("two-rivers").read_text(encoding="utf-8"))
    tree["events"] = {name: {"title": "It happens", **event} for name, event in events.items()}
    tree["as_of"] = str(tree["as_of"])
    return read_text(json.dumps(tree, indent=1, default=str), "rivers.yaml")


def moving(key: str, how: str = "scale", by: float = 1.1) -> dict:
    return {"per_year": RATE, "moves": [{"key": key, "how": how, "by": {**RATE, "value": by}}]}


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        ({}, "comes neither by chance nor on a day; .* give one"),
        ({"per_year": RATE, "day": RATE}, "both `per_year` and `day`.* keep one"),
        ({"per_year": RATE, "chance": RATE}, "chance would move nothing"),
        ({"per_year": RATE, "lasts_days": RATE}, "lasts_days would move nothing"),
        ({"per_year": RATE, "opens": ["uplands"]}, "did you mean 'upland'"),
        ({"per_year": RATE, "opens": ["marsh"]}, "marsh has no veto"),
        ({"per_year": RATE, "opens": ["delta"], "closes": ["delta"]}, "second time"),
        ({"per_year": RATE, "scheduled": "181"}, "between 1 and 180"),
        ({"per_year": RATE, "scheduled": "20, 30"}, "comes only once"),
        ({"per_year": RATE, "scheduled": "soon"}, "it is never, a day such as 40"),
        (moving("parties.upland.war.cost"), "did you mean 'parties.upland.war.cost_per_day'"),
        (moving("war_cost"), "name the numbers that the lever moves"),
        (moving("channel.every_days"), "move another number"),
        (moving("captives.deltans.categories.militia.number"), "move another number"),
        (moving("issues.duration.levels.14d.number"), "move another number"),
        (moving("channel.leak", "shift", 2), "would move channel.leak"),
        (moving("channel.leak", "scale", -1), "would move channel.leak"),
    ],
)
def test_what_does_not_fit_is_said_with_its_line_and_the_way_out(event, complaint):
    with pytest.raises(ScenarioError, match=complaint) as error:
        read(it=event)
    assert all(issue.line > 1 for issue in error.value.complaints)


def test_an_event_that_fits_is_read():
    event = {**moving("channel.leak"), "opens": ["upland"], "lasts_days": RATE, "once": False}
    assert read(it={**event, "scheduled": "40, 20"}).events["it"].scheduled_days == (20, 40)
    assert read(it={"title": "Only told", "day": RATE, "chance": RATE}).events["it"].once


def test_scheduling_changes_the_fingerprint_and_taking_it_back_restores_it():
    case = played("two-rivers")
    path = "events.pass_closes.scheduled"
    on = with_changes(case, {path: "40"})
    assert on == load_scenario("two-rivers", {path: 40})
    assert sha256_of(on) == sha256_of(scheduled(case, {"pass_closes": 40}, 180))
    assert sha256_of(on) != sha256_of(case) == sha256_of(with_changes(on, {path: "never"}))


def test_a_scenario_without_events_is_stored_as_it_was_before_there_were_any():
    case = played("two-rivers").model_copy(update={"events": {}})
    assert "events" not in case.model_dump()
    assert all("scheduled" not in e for e in played("two-rivers").model_dump()["events"].values())
