"""A scenario without levers is looked at by a standard set."""

import pytest

from sim.scenario.checks import validate
from sim.scenario.loading import load_scenario, sha256_of
from sim.scenario.standard_levers import standard_levers, with_standard_levers

CASE = load_scenario("gaza-2025-01")


def test_each_party_with_a_veto_has_a_cost_of_war_and_a_leverage():
    assert list(standard_levers(CASE)) == [
        "guarantee_strength",
        "war_cost_israel",
        "war_cost_hamas",
        "leverage_on_israel",
        "leverage_on_hamas",
        "mediator_access",
        "leaks",
        "optimism",
        "domestic_push",
    ]
    rivers = standard_levers(load_scenario("two-rivers"))
    assert "war_cost_delta" in rivers
    assert "war_cost_marsh" not in rivers


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("guarantee_strength", 0, 3),
        ("war_cost_israel", 0.25, 4),
        ("leverage_on_hamas", 0, 4),
        ("mediator_access", 0, 1.3),
        ("leaks", 0, 4),
        ("optimism", 0, 3),
        ("domestic_push", 0, 1),
    ],
)
def test_the_ends_are_those_of_the_standard(name, low, high):
    lever = standard_levers(CASE)[name]
    assert (lever.low, lever.high) == (low, high)
    assert lever.default == 1 or name == "domestic_push"


def test_every_mediator_is_told_more_by_every_party_with_a_veto():
    moved = {move.key for move in standard_levers(CASE)["mediator_access"].moves}
    assert moved == {key for key in CASE.quantities() if ".access." in key}


def test_those_in_a_hurry_are_loud_on_average():
    lever = standard_levers(CASE)["domestic_push"]
    numbers = CASE.quantities()
    assert all(numbers[move.key.replace("mobilised", "urgency")] for move in lever.moves)
    centres = [numbers[move.key].centre for move in lever.moves]
    assert lever.default == pytest.approx(sum(centres) / len(centres))


def test_a_lever_whose_numbers_are_absent_is_left_out():
    alone = CASE.model_copy(update={"mediators": {}})
    assert not {"mediator_access", "leverage_on_israel"} & set(standard_levers(alone))


def test_a_scenario_with_levers_keeps_its_own():
    case = load_scenario("two-rivers")
    assert with_standard_levers(case) is case


def test_the_standard_levers_pass_the_checks_but_for_sums_over_several_constituencies():
    levered = with_standard_levers(CASE)
    assert set(levered.levers) == set(standard_levers(CASE))
    troubles = [t for t in validate(levered) if t.path[:2] != ("levers", "domestic_push")]
    assert troubles == []
    assert sha256_of(CASE) != sha256_of(levered)
