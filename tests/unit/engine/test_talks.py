"""The days of a negotiation: their order, and levers that are set anew in the middle of them."""

import inspect
import re
from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from sim.engine.talks import Talks
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario
from tests.builders import talks_of


def test_the_docstring_names_the_parts_of_a_day_in_the_order_in_which_they_are_played():
    printed = re.findall(r"^(\d)\. (\w+):", inspect.getdoc(Talks) or "", flags=re.MULTILINE)
    played = [(str(k), name) for k, (name, _) in enumerate(Talks.order, start=1)]
    assert printed == played


def leaves(value, path=""):
    """Every array of a value and of what it holds, by its path."""
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    elif isinstance(value, list | tuple):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, f"{path}.{key}")
    elif isinstance(value, np.ndarray):
        yield path, value


def parameters(talks):
    """Every number that talks play with and that the days leave alone, by its path."""
    people = [c for party in talks.parties for c in party.constituencies]
    owners = [*talks.parties, *people, *talks.mediators, talks.captivity, talks.truces_now]
    frozen = [owner.params for owner in owners]
    return dict(leaves([*frozen, talks.channel, talks.assessor.beliefs, talks.war_numbers]))


def without_events(name: str) -> Scenario:
    """A scenario in which nothing from outside moves a number."""
    return load_scenario(name).model_copy(update={"events": {}})


@pytest.mark.parametrize("name", ["two-rivers", "gaza-2024-01"])
def test_levers_set_in_mid_game_are_the_parameters_of_talks_that_begin_with_them(name):
    case = without_events(name)
    levers = {
        lever: spec.high
        for lever, spec in case.levers.items()
        if not any(move.key.startswith("issues.") for move in spec.moves)
    }
    moved, begun = talks_of(case, 20, days=60), talks_of(case, 20, levers=levers)
    moved.play(until=40).set_levers(levers)
    expected = parameters(begun)
    found = parameters(moved)
    assert found.keys() == expected.keys()
    assert [
        path for path, value in found.items() if not np.array_equal(value, expected[path])
    ] == []


def test_the_days_leave_the_parameters_alone():
    talks = talks_of(without_events("two-rivers"), 20, days=80)
    before = {path: value.copy() for path, value in parameters(talks).items()}
    after = parameters(talks.play())
    assert [path for path, value in after.items() if not np.array_equal(value, before[path])] == []


def test_leverage_that_was_spent_stays_spent_when_a_lever_gives_more_of_it():
    case = load_scenario("two-rivers")
    talks = talks_of(case, 200, days=200).play()
    (mediator,) = (m for m in talks.mediators if np.any(m.params.leverage["delta"] > 0))
    spent = mediator.params.leverage["delta"] - mediator.leverage_left["delta"]
    talks.set_levers({"leverage_on_delta": case.levers["leverage_on_delta"].high})
    assert (spent > 0).any()
    left = mediator.params.leverage["delta"] - mediator.leverage_left["delta"]
    assert left == pytest.approx(spent)
