"""A sweep in others' shapes."""

import numpy as np
import pytest

from sim.sweep.analysis import cell_estimates, to_ema, to_xarray
from tests.support.known_sweeps import NUMBERS

LEVERS = "levers:\n  guarantee_strength: {values: [0, 2]}"


@pytest.fixture
def sweep(known_sweep):
    def some(points, replicates):
        share = points.places[NUMBERS[0]][:, None] > 0.2 * (replicates + 1)
        words = np.where(share, "deal", None).astype(object)
        return {"deal_by_10": share, "ending": words}

    return known_sweep(
        some,
        design="{method: latin_hypercube, n: 5}",
        levers=LEVERS,
        replicates=3,
        scramble=lambda table: table.take(np.arange(len(table))[::-1]),
    )


def test_labelled_arrays_have_the_design_as_coordinates(sweep):
    made = to_xarray(sweep)
    assert dict(made.sizes) == {"design_id": 10, "replicate": 3}
    one = cell_estimates(sweep, "deal_by_10")
    assert np.array_equal(made["deal_by_10"].values, one.values)
    assert np.array_equal(made["guarantee_strength"].values, one.settings["guarantee_strength"])
    assert float(made["deal_by_10"].sel(design_id=4, replicate=1)) == one.values[4, 1]
    assert set(np.unique(made["ending"].values)) == {"", "deal"}


def test_experiments_and_outcomes_are_as_the_workbench_has_them(sweep):
    experiments, outcomes = to_ema(sweep)
    keys = ["guarantee_strength", *NUMBERS]
    assert list(experiments.columns) == [*keys, "scenario", "policy", "model"]
    assert len(experiments) == 10
    assert outcomes["deal_by_10"].shape == (10, 3)
    one = cell_estimates(sweep, "deal_by_10")
    for key in keys:
        assert np.array_equal(experiments[key].to_numpy(), one.settings[key])
    assert np.array_equal(experiments["policy"].to_numpy(), one.lever_id)
    assert set(experiments["model"]) == {"two-rivers"}
