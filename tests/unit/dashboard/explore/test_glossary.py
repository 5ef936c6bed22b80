"""What the glossary says of the scenarios is true of each of them."""

import pytest

from dashboard.explore.glossary import WORDS
from sim.scenario.loading import load_scenario, scenario_names


@pytest.mark.parametrize("name", scenario_names())
def test_more_than_nine_in_ten_numbers_that_do_not_just_fix_a_unit_are_judgements(name):
    assert "more than nine in ten numbers" in WORDS["What it rests on"]["Source, judgement"]
    numbers = load_scenario(name).quantities().values()
    judged = sum(number.basis == "judgement" for number in numbers)
    sourced = sum(number.source is not None for number in numbers)
    assert judged > 0.9 * (judged + sourced)


@pytest.mark.parametrize("name", scenario_names())
def test_a_scenario_with_a_base_rate_has_how_readily_leaderships_reconsider_fitted_to_it(name):
    assert "how readily leaderships reconsider" in WORDS["Luck and numbers"]["Base rate"]
    base_rate = load_scenario(name).base_rate
    assert base_rate is None or base_rate.fitted == "how readily leaderships reconsider"
