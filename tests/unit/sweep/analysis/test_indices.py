"""Indices of a stored sweep: known answers through the folder, and refusals to lie."""

import numpy as np
import pyarrow.compute as pc
import pytest
from scipy import stats

from sim.findings.designs import IncompleteError
from sim.sweep import result_folder as disk
from sim.sweep.analysis import AnalysisError, cell_estimates, morris, noise_share, sobol
from tests.support.known_sweeps import NUMBERS

#: First and total orders of Ishigami's function with a = 7, b = 0.1 (Saltelli et al. 2008, p. 179).
ISHIGAMI = {"first": (0.3139, 0.4424, 0.0), "total": (0.5576, 0.4424, 0.2437)}


def ishigami(points, replicates):
    first, second, third = ((2 * points.places[key] - 1) * np.pi for key in NUMBERS)
    y = np.sin(first) + 7 * np.sin(second) ** 2 + 0.1 * third**4 * np.sin(first)
    return {"days_until_deal": y[:, None]}


def orders(indices):
    by_path = {index.path: index for index in indices.indices}
    return {
        "first": [by_path[key].first.estimate for key in NUMBERS],
        "total": [by_path[key].total.estimate for key in NUMBERS],
    }


def test_ishigami_has_its_published_indices(known_sweep):
    sweep = known_sweep(ishigami, design="{method: saltelli, n: 2048}")
    (indices,) = sobol(cell_estimates(sweep, "days_until_deal")).values()
    for order, expected in ISHIGAMI.items():
        assert orders(indices)[order] == pytest.approx(expected, abs=0.03)


def test_sobols_g_has_its_closed_form(known_sweep):
    a = np.array([0.0, 1.0, 4.5])

    def g(points, replicates):
        x = np.array([points.places[key] for key in NUMBERS])
        return {"days_until_deal": np.prod((np.abs(4 * x.T - 2) + a) / (1 + a), axis=1)[:, None]}

    part = 1 / (3 * (1 + a) ** 2)  # Sobol 2001: the variance due to each alone
    whole = np.prod(1 + part) - 1
    total = part * np.array([np.prod(1 + np.delete(part, k)) for k in range(3)]) / whole
    sweep = known_sweep(g, design="{method: saltelli, n: 2048}")
    (indices,) = sobol(cell_estimates(sweep, "days_until_deal")).values()
    assert orders(indices)["first"] == pytest.approx(part / whole, abs=0.03)
    assert orders(indices)["total"] == pytest.approx(total, abs=0.03)


def test_the_indices_are_scipys_for_the_same_points(known_sweep):
    sweep = known_sweep(ishigami, design="{method: saltelli, n: 64}")
    estimates = cell_estimates(sweep, "days_until_deal")
    matrix = np.array(estimates.matrix)
    by = {name: estimates.values[matrix == name, 0] for name in dict.fromkeys(estimates.matrix)}
    func = {
        "f_A": by["A"][None],
        "f_B": by["B"][None],
        "f_AB": np.array([by[f"A with B's {key}"][None] for key in NUMBERS]),
    }
    expected = stats.sobol_indices(func=func, n=64)
    (indices,) = sobol(estimates).values()
    assert orders(indices)["first"] == pytest.approx(expected.first_order.ravel(), abs=1e-8)
    assert orders(indices)["total"] == pytest.approx(expected.total_order.ravel(), abs=1e-8)


def test_a_shuffled_folder_gives_the_same_indices(known_sweep):
    def shuffled(table):
        return table.take(np.random.default_rng(5).permutation(len(table)))

    plain = known_sweep(ishigami)
    mixed = known_sweep(ishigami, scramble=shuffled, name="mixed")
    design = mixed.folder / disk.DESIGN
    disk.write_table(design, shuffled(mixed.design))
    again = type(mixed)(mixed.folder)
    assert sobol(cell_estimates(plain, "days_until_deal")) == sobol(
        cell_estimates(again, "days_until_deal")
    )


def drop(run):
    return lambda table: table.filter(pc.not_equal(table["run_id"], run))


def fail(run):
    def failed(table):
        status = ["failed" if r == run else "ok" for r in table["run_id"].to_pylist()]
        return table.set_column(table.column_names.index("status"), "status", [status])

    return failed


@pytest.mark.parametrize("scramble", [drop(9_000_000), fail(9_000_000)])
def test_a_missing_or_failed_row_is_refused_by_name(known_sweep, scramble):
    sweep = known_sweep(ishigami, scramble=scramble)
    with pytest.raises(IncompleteError) as error:
        sobol(cell_estimates(sweep, "days_until_deal"))
    assert "missing: B row 1 (replicates 0)" in str(error.value)
    assert f"parley sweep run {sweep.folder} --out" in str(error.value)


def test_a_row_that_is_no_number_is_refused_by_name(known_sweep):
    def holed(points, replicates):
        y = ishigami(points, replicates)["days_until_deal"].copy()
        y[17] = np.nan
        return {"days_until_deal": y}

    with pytest.raises(IncompleteError, match=r"not a number: A with B's parties\.upland"):
        sobol(cell_estimates(known_sweep(holed), "days_until_deal"))


def test_a_row_that_is_there_twice_is_refused(known_sweep):
    sweep = known_sweep(ishigami, scramble=lambda table: table.take([0, *range(len(table))]))
    with pytest.raises(IncompleteError, match="design point 0 has replicate 0 more than once"):
        cell_estimates(sweep, "days_until_deal")


def test_a_design_that_was_changed_is_refused(known_sweep):
    sweep = known_sweep(ishigami)
    column = f"u.{NUMBERS[0]}"
    place = sweep.design.column_names.index(column)
    moved = sweep.design[column].to_numpy()[::-1].copy()
    disk.write_table(sweep.folder / disk.DESIGN, sweep.design.set_column(place, column, [moved]))
    with pytest.raises(AnalysisError, match="is not where the study puts it"):
        sobol(cell_estimates(type(sweep)(sweep.folder), "days_until_deal"))


def test_each_policy_has_indices_of_its_own(known_sweep):
    def by_policy(points, replicates):
        first = points.places[NUMBERS[0]] * (points.settings["guarantee_strength"] == 0)
        return {"days_until_deal": (first + 0.1 * points.places[NUMBERS[1]])[:, None]}

    sweep = known_sweep(by_policy, levers="levers:\n  guarantee_strength: {values: [0, 2]}")
    without, with_it = sobol(cell_estimates(sweep, "days_until_deal")).values()
    assert without.indices[0].path == NUMBERS[0]
    assert with_it.indices[0].path == NUMBERS[1]


def test_a_screening_finds_the_slopes_of_a_plane(known_sweep):
    def plane(points, replicates):
        y = sum(c * points.places[key] for c, key in zip((3, -2, 0), NUMBERS, strict=True))
        return {"days_until_deal": y[:, None]}

    sweep = known_sweep(plane, design="{method: morris, n: 4}")
    (screened,) = morris(cell_estimates(sweep, "days_until_deal")).values()
    assert [one.path for one in screened] == list(NUMBERS)
    assert [one.direction.estimate for one in screened] == pytest.approx([3, -2, 0])
    assert [one.unevenness.estimate for one in screened] == pytest.approx([0, 0, 0], abs=1e-12)


def test_noise_is_the_share_that_the_points_do_not_explain(known_sweep):
    luck = np.random.default_rng(1).normal(size=200)

    def noisy(points, replicates):
        x = points.places[NUMBERS[0]]
        own = np.random.default_rng(2).normal(size=(len(x), len(replicates)))
        return {"days_until_deal": 12**0.5 * x[:, None] + 0.6 * luck[replicates] + 0.8 * own}

    sweep = known_sweep(noisy, design="{method: latin_hypercube, n: 200}", replicates=200)
    noise = noise_share(cell_estimates(sweep, "days_until_deal"))
    assert noise.estimate == pytest.approx(0.5, abs=0.06)  # 1 of each


def test_an_outcome_without_a_mean_is_refused(known_sweep):
    sweep = known_sweep(lambda p, r: {"deal_day": np.ones((len(p), 1))}, keep="[deal_day]")
    with pytest.raises(AnalysisError, match="is a day and has no mean"):
        cell_estimates(sweep, "deal_day")
    with pytest.raises(AnalysisError, match="keeps no outcome 'deal_dai'"):
        cell_estimates(sweep, "deal_dai")
