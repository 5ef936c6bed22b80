"""Scores have their known answers, and what they score has a public source."""

import ast
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import scoringrules
from scipy import stats

import sim
from sim.scenario.loading import scenario_names
from sim.validation.history import load_history
from sim.validation.scoring_rules import brier, covered, crps, crps_of_counts, interval, log_score

PAST = load_history("gaza")


def test_three_forecasts_of_three_in_ten_have_the_scores_worked_out_by_hand():
    assert brier([0.3] * 3, [1, 0, 0]) == pytest.approx(0.2233333, abs=1e-7)
    assert log_score([0.3] * 3, [1, 0, 0]) == pytest.approx(0.6391076, abs=1e-7)


def test_a_certain_forecast_that_fails_costs_no_more_than_its_clip():
    assert log_score([0.0], [1]) == pytest.approx(-math.log(0.005))
    assert brier([0.0, 1.0], [0, 1]) == 0


@pytest.mark.parametrize("chances", [[1.1], [-0.1], [0.3, 0.4]])
def test_what_is_no_chance_of_this_outcome_is_refused(chances):
    with pytest.raises(ValueError, match="chances"):
        brier(chances, [1])


@pytest.mark.parametrize("observed", [-1.5, 0.0, 0.7, 3.0])
def test_crps_of_a_normal_forecast_is_the_closed_form(observed):
    levels = (np.arange(20_000) + 0.5) / 20_000
    z, norm = observed, stats.norm
    closed = z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / math.sqrt(math.pi)
    assert crps(norm.ppf(levels), observed) == pytest.approx(closed, abs=1e-3)


def test_crps_is_the_area_between_the_squared_curves():
    values, weights, observed = np.array([0.0, 2.0, 5.0]), np.array([0.5, 0.2, 0.3]), 3.0
    edges = [0.0, 2.0, 3.0, 5.0]
    area = sum(
        (b - a) * (weights[values <= a].sum() - (a >= observed)) ** 2 for a, b in pairwise(edges)
    )
    assert crps(values, observed, weights) == pytest.approx(area)


def test_crps_of_one_value_is_its_distance_and_of_counts_that_of_their_logs():
    assert crps([4.0], 1.0) == pytest.approx(3.0)
    assert crps_of_counts([99], 9) == pytest.approx(math.log(10))
    with pytest.raises(ValueError, match="weight"):
        crps([], 1.0)


def test_central_intervals_hold_what_lies_in_them():
    values = np.arange(101)
    assert interval(values, 0.8) == (10, 90)
    assert covered(values, 8) == [False, False, True]


def test_scores_are_those_of_a_library_made_for_them():
    rng = np.random.default_rng(7)
    values, weights = rng.normal(size=40), rng.random(40)
    theirs = scoringrules.crps_ensemble(0.3, values, estimator="nrg", ens_w=weights)
    assert crps(values, 0.3, weights) == pytest.approx(float(theirs), rel=1e-9)
    chances, happened = rng.uniform(0.01, 0.99, 20), rng.integers(0, 2, 20)
    theirs = scoringrules.brier_score(happened, chances)
    assert brier(chances, happened) == pytest.approx(np.mean(theirs), rel=1e-12)
    theirs = scoringrules.log_score(happened, chances)
    assert log_score(chances, happened) == pytest.approx(np.mean(theirs), rel=1e-12)


# --- History ---


def test_every_fact_of_history_has_a_public_source():
    for source in PAST.sources.values():
        assert source.url.startswith("http")
        assert source.date


def test_the_spells_are_the_base_rate_of_the_scenarios():
    assert [PAST.days_at_risk(spell) for spell in PAST.spells] == [46, 411]
    assert PAST.pace() == pytest.approx(2 / 457)
    assert PAST.pace("October and November 2023") == pytest.approx(1 / 411)
    base = sim.load_scenario("gaza-2024-01").base_rate
    assert base.deals / base.days == pytest.approx(PAST.pace())


def test_cases_begin_on_the_day_of_their_scenario():
    for case in PAST.cases.values():
        assert sim.load_scenario(case.scenario).as_of == case.begins
    assert [PAST.first_truce_day(case) for case in PAST.cases.values()] == [24, 358, 19]


def test_no_case_uses_what_was_not_yet_published_on_its_day():
    for case in PAST.cases.values():
        scenario = sim.load_scenario(case.scenario)
        yardstick = scenario.base_rate.source  # which the model does not see
        later = [n for n, s in scenario.sources.items() if s.date > case.begins.isoformat()]
        assert later == [yardstick]


def test_the_fitted_number_is_one_and_the_same_in_all_cases():
    first, *others = (
        sim.load_scenario(case.scenario).stances.reconsiders.value for case in PAST.cases.values()
    )
    assert others == [first] * 2


def test_scenarios_of_backtests_are_found_by_name_and_not_offered():
    assert "gaza-2025-01" not in scenario_names()
    assert sim.load_scenario("gaza-2025-01").scenario == "gaza-2025-01"


def test_only_the_backtests_and_the_facts_read_history():
    folder = Path(sim.__file__).parent
    readers = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{a.name}" for a in node.names] + [str(node.module)]
            if "sim.validation.history" in names:
                readers.add(file.stem)
    assert readers <= {"backtests", "stylized_facts", "scorecard"}
