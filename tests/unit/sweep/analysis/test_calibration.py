"""Facts and parameters: what was planted comes back, and what cannot be known is not claimed."""

import numpy as np
import pytest
from scipy import stats

from sim.scenario.errors import ScenarioError
from sim.sweep.analysis import AnalysisError, Facts, calibrate, cell_estimates, read_facts
from sim.sweep.analysis.calibration import nearest, weighted_quantiles
from tests.support.known_sweeps import NUMBERS

SAMPLE = "{method: sobol, n: 4096}"


def noisy(points, replicates):
    """One outcome follows the first number, one the second, none the third."""
    rng = np.random.default_rng(6)
    shape = (len(points), len(replicates))
    first, second = (points.places[key][:, None] for key in NUMBERS[:2])
    return {
        "deaths": first + 0.1 * rng.normal(size=shape),
        "days": second - first + 0.1 * rng.normal(size=shape),
    }


def facts_of(deaths, days, **more):
    facts = {"deaths": deaths, "days": days}
    return Facts.model_validate(
        {"facts": {k: {"observed": v, "source": "planted"} for k, v in facts.items()}, **more}
    )


def test_planted_parameters_are_recovered(known_sweep):
    """90 % intervals hold what was planted in at least 85 of 100 cases; ranks are uniform."""
    estimates = cell_estimates(known_sweep(noisy, design=SAMPLE, replicates=2), "deaths")
    theta = estimates.places[NUMBERS[0]]
    days = noisy(_Points(estimates), np.arange(2))["days"]
    simulated = np.stack([estimates.values, days], axis=-1)
    rng = np.random.default_rng(11)
    held, ranks = 0, []
    for _ in range(100):
        truth = rng.random(2)
        observed = np.array([truth[0], truth[1] - truth[0]]) + 0.1 * rng.normal(size=2)
        kept, _ = nearest(simulated, observed, np.zeros(2), 0.01)
        weights = kept.sum(axis=1).astype(float)
        low, high = weighted_quantiles(theta, weights, (0.05, 0.95))
        held += low <= truth[0] <= high
        drawn = rng.choice(theta, size=19, p=weights / weights.sum())
        ranks.append(int((drawn < truth[0]).sum()))
    assert held >= 85
    counts = np.bincount(np.array(ranks) // 4, minlength=5)
    assert stats.chisquare(counts).pvalue > 0.01


class _Points:
    """The places of stored points, for a function that asks for them."""

    def __init__(self, estimates):
        self.places = estimates.places

    def __len__(self):
        return len(self.places[NUMBERS[0]])


def test_what_the_facts_cannot_tell_is_not_identified(known_sweep):
    sweep = known_sweep(noisy, design=SAMPLE, replicates=2)
    calibration = calibrate(sweep, facts_of(0.3, 0.4))
    first, second, flat = calibration.parameters
    assert first.identified
    assert second.identified
    assert first.low < 0.3 < first.high
    assert second.low < 0.7 < second.high
    assert flat.verdict == "not identified"
    assert 10 < calibration.effective <= calibration.kept


def test_history_matching_rules_out_what_lies_too_far(known_sweep):
    calibration = calibrate(known_sweep(noisy, design=SAMPLE, replicates=8), facts_of(0.9, 0.0))
    low, high = calibration.parameters[0].plausible
    assert low == pytest.approx(0.9 - 3 * 0.1 * (1 + 1 / 8) ** 0.5, abs=0.1)
    assert high > 0.99
    assert 0 < calibration.plausible < 0.5


def test_facts_that_nothing_comes_near_rule_out_everything(known_sweep):
    calibration = calibrate(known_sweep(noisy, design=SAMPLE, replicates=2), facts_of(9.0, 0.0))
    assert calibration.plausible == 0.0
    assert all(one.plausible is None for one in calibration.parameters)
    assert calibration.fits[0].ruled_out == 1.0


def test_means_are_told_apart_better_than_single_cases(known_sweep):
    sweep = known_sweep(noisy, design=SAMPLE, replicates=8)
    single, many = (calibrate(sweep, facts_of(0.3, 0.4, compare=c)) for c in ("runs", "means"))
    assert many.parameters[0].shrinkage > single.parameters[0].shrinkage
    assert many.plausible < single.plausible


def test_error_of_an_observation_widens_what_is_left(known_sweep):
    sweep = known_sweep(noisy, design=SAMPLE, replicates=2)
    sharp = facts_of(0.3, 0.4)
    vague = Facts.model_validate(
        {"facts": {k: {**v.model_dump(), "error": 0.3} for k, v in sharp.facts.items()}}
    )
    assert calibrate(sweep, vague).plausible > calibrate(sweep, sharp).plausible


def test_a_case_is_under_one_policy(known_sweep):
    levers = "levers:\n  guarantee_strength: {values: [0, 1]}"
    sweep = known_sweep(noisy, design="{method: sobol, n: 64}", replicates=2, levers=levers)
    with pytest.raises(AnalysisError, match="the facts fit 2 policies"):
        calibrate(sweep, facts_of(0.3, 0.4))
    calibration = calibrate(sweep, facts_of(0.3, 0.4, levers={"guarantee_strength": 1}))
    assert calibration.runs == 64 * 2


def test_facts_are_read_with_their_complaints(tmp_path):
    path = tmp_path / "facts.yaml"
    path.write_text("facts:\n  days: {observed: 3, eror: 1, source: us}\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="did you mean 'error'"):
        read_facts(path)
    path.write_text("facts:\n  days: {observed: 3, source: us}\ncompare: means\n", encoding="utf-8")
    assert read_facts(path).facts["days"].observed == 3.0
