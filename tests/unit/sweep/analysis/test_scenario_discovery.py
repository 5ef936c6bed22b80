"""Boxes: a planted one is found, and where there is none, none is claimed."""

from itertools import pairwise

import numpy as np
import pytest

from sim.sweep.analysis import AnalysisError, cell_estimates, discover, prim
from tests.support.known_sweeps import NUMBERS


@pytest.fixture
def cases():
    rng = np.random.default_rng(4)
    return {
        "trust": rng.random(1000),
        "patience": rng.random(1000),
        "noise": rng.random(1000),
        "mediator": np.array(["one", "two", "three"], dtype=object)[rng.integers(0, 3, 1000)],
    }


def planted(cases):
    return (
        (cases["trust"] >= 0.6)
        & (cases["patience"] <= 0.5)
        & np.isin(cases["mediator"].astype(str), ["one", "two"])
    )


def test_a_planted_box_is_found(cases):
    discovery = prim(cases, planted(cases), "a truce holds")
    assert set(discovery.box.sides) == {"trust", "patience", "mediator"}
    assert discovery.box.sides["trust"].low == pytest.approx(0.6, abs=0.03)
    assert discovery.box.sides["patience"].high == pytest.approx(0.5, abs=0.03)
    assert discovery.box.sides["mediator"].words == {"one", "two"}
    assert discovery.box.coverage > 0.9
    assert discovery.box.density > 0.9


def test_a_planted_box_is_found_through_noise(cases):
    luck = np.random.default_rng(8).random(1000)
    discovery = prim(cases, np.where(planted(cases), luck < 0.85, luck < 0.10))
    assert {"trust", "patience"} <= set(discovery.box.sides)
    assert "noise" not in discovery.box.sides
    assert discovery.box.density > 0.6


def test_the_rule_is_said_in_words(cases):
    words = prim(cases, planted(cases), "a truce holds").in_words()
    assert "trust is at least 0.6" in words
    assert "mediator is one or two" in words
    assert "100 cases are of interest (a truce holds)" in words


def test_a_box_says_truly_what_it_holds(cases):
    interesting = planted(cases)
    box = prim(cases, interesting).box
    inside = np.ones(1000, dtype=bool)
    for key, side in box.sides.items():
        inside &= side.holds(cases[key])
    assert box.support == inside.mean()
    assert box.density == interesting[inside].mean()
    assert box.coverage == (interesting & inside).sum() / interesting.sum()


def test_restrictions_that_chance_may_have_made_are_dropped(cases):
    discovery = prim(cases, planted(cases))
    assert all(p <= 0.05 for p in discovery.box.quasi_p.values())


def test_boxes_shrink_and_grow_denser(cases):
    boxes = prim(cases, planted(cases)).peeled
    assert all(a.support > b.support for a, b in pairwise(boxes))
    assert all(a.density < b.density for a, b in pairwise(boxes))


def test_a_box_is_found_in_a_stored_sweep(known_sweep):
    def corner(points, replicates):
        one, two = (points.places[key] for key in NUMBERS[:2])
        return {"days": ((one > 0.5) & (two > 0.4))[:, None].astype(float)}

    sweep = known_sweep(corner, design="{method: sobol, n: 256}")
    discovery = discover(cell_estimates(sweep, "days"), threshold=1.0)
    assert set(discovery.box.sides) == set(NUMBERS[:2])
    assert discovery.box.density == 1.0


def test_a_threshold_that_tells_nothing_apart_is_refused(known_sweep):
    sweep = known_sweep(
        lambda points, r: {"days": points.places[NUMBERS[0]][:, None]},
        design="{method: sobol, n: 32}",
    )
    with pytest.raises(AnalysisError, match=r"no design points .* choose a threshold between"):
        discover(cell_estimates(sweep, "days"), threshold=2.0)
