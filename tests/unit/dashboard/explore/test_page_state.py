"""An address is a question, and whatever stands in it becomes a question that can be asked."""

from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from dashboard.explore import page_state
from dashboard.explore.answer_models import ComparisonAnswer
from dashboard.explore.challenges import CHALLENGES, challenges_for, solved_challenges
from dashboard.explore.query import QueryArm
from sim.engine.sampling import check_levers
from sim.reporting.models import ComparisonSummary, EffectEstimate
from sim.scenario.loading import scenario_names

RIVERS = page_state.unchanged("two-rivers")


@pytest.mark.parametrize("name", scenario_names())
def test_every_lever_has_round_steps_that_meet_its_ends_and_its_default(name):
    case = QueryArm(name).case()
    for lever in case.levers.values():
        step = page_state.slider_step(lever)
        assert 4 <= (lever.high - lever.low) / step <= 60
        for end in (lever.default, lever.high):
            parts = (end - lever.low) / step
            assert parts == pytest.approx(round(parts), abs=1e-6)
    assert all(page_state.lever_sources(case)[name] for name in case.levers)


@pytest.mark.parametrize("name", scenario_names())
def test_a_link_asks_the_same_again_wherever_the_levers_stand(name):
    case = QueryArm(name).case()
    for end in ("low", "high", "default"):
        what_if = page_state.unchanged(name)
        for lever, spec in case.levers.items():
            what_if = what_if.with_lever(lever, getattr(spec, end))
        check_levers(case, dict(what_if.levers))
        what_if = replace(what_if, seed=7, runs=500, days=30)
        again, warnings = page_state.from_query_params(parse_qs(what_if.link().removeprefix("?")))
        assert (again, warnings) == (what_if, [])
        assert again.query().key() == what_if.query().key()


def test_a_lever_at_its_default_is_not_moved():
    what_if = RIVERS.with_lever("leaks", 0.0)
    assert what_if.moved
    assert what_if.with_lever("leaks", 1.0) == RIVERS
    assert not RIVERS.moved


def test_a_pinned_baseline_is_put_back_lever_by_lever_in_the_command():
    what_if = replace(RIVERS, pinned=(("leaks", 0.0),), levers=(("optimism", 0.0),))
    assert "--baseline-set leaks=0" in what_if.command()
    assert "--set leaks=1" in what_if.command()
    assert "--set optimism=0" in what_if.command()


def test_a_link_of_another_version_is_opened_with_a_warning():
    _, warnings = page_state.from_query_params(
        {"scenario": ["two-rivers"], "made": ["0.0.1-abcdef"]}
    )
    assert "may differ" in warnings[0]


@pytest.mark.parametrize("name", ["../secrets", "/etc/passwd", "nothing.yaml", "phrases", ""])
def test_a_scenario_is_asked_for_by_name_and_never_by_path(name):
    what_if, warnings = page_state.from_query_params({"scenario": [name]})
    assert what_if == page_state.first_what_if()
    assert bool(warnings) == bool(name)


def test_the_scenario_shown_first_is_the_latest_of_a_real_conflict():
    assert page_state.first_scenario() == "gaza-2024-01"


def test_an_address_that_names_no_scenario_is_of_the_first():
    name, lever = next(iter(page_state.first_what_if().baseline.case().levers.items()))
    what_if, warnings = page_state.from_query_params({"set": [f"{name}:{lever.high}"]})
    assert (dict(what_if.levers), warnings) == ({name: lever.high}, [])


WORDS = some.text("leaks:optimism0123456789.-+ex/é%", max_size=12)


@settings(max_examples=40, deadline=None)
@given(
    some.fixed_dictionaries(
        {"scenario": some.just(["two-rivers"])},
        optional={
            key: some.lists(WORDS | some.just("leaks:0.5"), max_size=3)
            for key in ("set", "base", "days", "runs", "seed", "key", "made")
        },
    )
)
def test_whatever_an_address_says_there_is_a_question(query):
    what_if, _ = page_state.from_query_params(query)
    check_levers(what_if.baseline.case(), dict(what_if.levers))
    assert what_if.query().key()


def effect(low, high, estimate=None):
    middle = (low + high) / 2 if estimate is None else estimate
    return EffectEstimate(
        estimate=middle,
        low=low,
        high=high,
        baseline=0,
        changed=middle,
        exactly_zero=low == high == 0,
    )


def answer_with(effects):
    """The part of the answer to a compared what-if that challenges look at."""
    comparison = ComparisonSummary.model_construct(effects=effects)
    return ComparisonAnswer.model_construct(comparison=comparison)


@pytest.mark.parametrize(
    ("solved", "effects"),
    [
        ("one-lever", {"deal_by_180": effect(0.06, 0.08)}),
        ("deal-is-not-success", {"deal_by_180": effect(0.01, 0.03)}),
        ("lasting", {"truce_held_60": effect(0.01, 0.03)}),
        ("home", {"returned_alive": effect(0.5, 2.0)}),
        ("noise", {"deal_by_180": effect(-0.01, 0.02)}),
    ],
)
def test_a_challenge_is_met_by_what_it_asks_for_and_not_by_nothing(solved, effects):
    nothing = {
        name: effect(0.0, 0.0)
        for name in (
            "deal_by_90",
            "deal_by_180",
            "truce_held_60",
            "returned_alive",
            "prisoners_released",
        )
    }
    what_if = page_state.unchanged("gaza-2024-01").with_lever("leaks", 0.0)
    assert solved_challenges(what_if, answer_with(nothing)) == []
    solved_now = solved_challenges(what_if, answer_with({**nothing, **effects}))
    assert solved in [challenge.name for challenge in solved_now]
    assert solved in [challenge.name for challenge in CHALLENGES]


def test_a_challenge_about_prisoners_is_offered_only_where_there_are_any():
    for name in ("two-rivers", "gaza-2024-01"):
        case = page_state.unchanged(name).baseline.case()
        names = {challenge.name for challenge in challenges_for(case)}
        assert ("home" in names) == bool(case.prisoners)
    more_home = {"truce_held_60": effect(0, 0), "returned_alive": effect(0.5, 2.0)}
    effects = {"deal_by_180": effect(0, 0), "prisoners_released": effect(0, 0), **more_home}
    what_if = RIVERS.with_lever("leaks", 0.0)
    assert solved_challenges(what_if, answer_with(effects)) == []


# --- Outside events


def test_an_event_put_on_a_day_is_in_the_link_the_command_and_the_key():
    what_if = RIVERS.with_event("pass_closes", 40).with_change("channel.leak", "0.1")
    again, warnings = page_state.from_query_params(parse_qs(what_if.link().removeprefix("?")))
    assert (again, warnings) == (what_if, [])
    assert again.scheduled == {"pass_closes": "40"}
    assert again.changed_numbers == (("channel.leak", "0.1"),)
    assert "--set channel.leak=0.1 --event pass_closes@40" in what_if.command()
    assert "--event pass_closes@40" in what_if.command_for("why")
    assert what_if.query().key() != what_if.with_event("pass_closes", 41).query().key()
    assert what_if.with_event("pass_closes", None).scheduled == {}


@pytest.mark.parametrize("setting", ["pass_closes.scheduled:200", "pass_closes.scheduled:soon"])
def test_a_link_with_a_day_that_cannot_be_is_opened_with_a_warning(setting):
    address = {"scenario": ["two-rivers"], "key": [f"events.{setting}"]}
    what_if, warnings = page_state.from_query_params(address)
    assert what_if.changes == ()
    assert len(warnings) == 1
