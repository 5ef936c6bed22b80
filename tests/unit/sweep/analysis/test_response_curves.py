"""Response curves, heat maps and their intervals."""

import numpy as np
import pytest

from sim.sweep.analysis import cell_estimates, curves, heat_map
from sim.sweep.analysis.cells import crossed_mean
from tests.support.known_sweeps import NUMBERS

LEVERS = "levers:\n  guarantee_strength: {values: [0, 1, 2]}"


def test_a_curve_follows_its_own_key_only(known_sweep):
    def line(points, replicates):
        return {"days": 10.0 * points.places[NUMBERS[1]][:, None]}

    sweep = known_sweep(line, design="{method: latin_hypercube, n: 600}")
    flat, rising, other = curves(cell_estimates(sweep, "days"))
    means = [finding.estimate for finding in rising.findings]
    assert means == pytest.approx([10 * (k + 0.5) / 6 for k in range(6)], abs=0.1)
    assert rising.swing > 8 > 2 > max(flat.swing, other.swing)


def test_one_key_at_a_time_has_a_curve_along_its_own_line(known_sweep):
    def bent(points, replicates):
        return {"days": points.settings[NUMBERS[0]][:, None] ** 2}

    sweep = known_sweep(bent, design="{method: one_at_a_time}", ranges="uniform: [0, 1], steps: 4")
    own, *others = curves(cell_estimates(sweep, "days"))
    assert [finding.estimate for finding in own.findings] == pytest.approx(np.square(own.at))
    assert [finding.n for finding in own.findings] == [1, 1, 1, 1]
    assert all(other.swing == 0 for other in others)


def test_a_lever_has_its_settings_and_a_heat_map_its_cells(known_sweep):
    def product(points, replicates):
        x = points.places[NUMBERS[0]] > 0.5
        return {"days": (points.settings["guarantee_strength"] * x)[:, None].astype(float)}

    sweep = known_sweep(product, design="{method: sobol, n: 64}", levers=LEVERS)
    estimates = cell_estimates(sweep, "days")
    lever = curves(estimates)[0]
    assert lever.names == ("0", "1", "2")
    assert [one.estimate for one in lever.findings] == pytest.approx([0.0, 0.5, 1.0])
    cells = heat_map(estimates, "guarantee_strength", NUMBERS[0])
    assert np.allclose(cells.means, np.outer([0, 1, 2], [0, 0, 1, 1]))
    assert cells.n.sum() == 3 * 64


def test_intervals_of_crossed_samples_hold_the_truth():
    """States and luck are both shared; what takes runs for independent holds far too seldom."""
    held = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        cells = rng.normal(size=(40, 1)) + rng.normal(size=(1, 40)) + rng.normal(size=(40, 40))
        finding = crossed_mean("mean", cells, np.arange(40), "")
        held += finding.low <= 0.0 <= finding.high
    assert 0.90 <= held / 400 <= 0.98


def test_a_lever_is_compared_in_the_same_state_and_luck(known_sweep):
    """The levels are as unsure as the luck that all share; the difference is not."""
    luck = np.random.default_rng(1).normal(size=8)

    def shifted(points, replicates):
        moved = 0.5 * points.settings["guarantee_strength"] + points.places[NUMBERS[0]]
        return {"days": moved[:, None] + 3.0 * luck[replicates]}

    sweep = known_sweep(
        shifted, design="{method: latin_hypercube, n: 16}", levers=LEVERS, replicates=8
    )
    lever = curves(cell_estimates(sweep, "days"))[0]
    assert lever.change.estimate == pytest.approx(1.0)
    assert lever.change.high - lever.change.low < 1e-9
    assert lever.findings[0].high - lever.findings[0].low > 2.0


def test_what_is_missing_is_left_out_of_a_mean():
    finding = crossed_mean("mean", np.array([[1.0, np.nan], [3.0, 2.0]]), np.arange(2), "")
    assert (finding.estimate, finding.n) == (2.0, 3)


def test_nothing_known_is_no_number():
    assert crossed_mean("mean", np.full((2, 2), np.nan), np.arange(2), "").estimate is None
