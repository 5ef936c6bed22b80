"""Credibility: a mediator is believed by the side it leans towards (after Kydd 2003)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.theory.credibility import credibility, critical_belief, critical_bias, gain_from_lying

COSTS = (0.1, 0.3)  # of war to the other side, if resolute and if not


@pytest.mark.parametrize(
    ("aversion", "error", "bias"),
    [
        (0.1, 0.05, 0.0270),
        (0.1, 0.1, 0.0588),
        (0.1, 0.2, 0.1429),
        (0.2, 0.05, 0.0541),
        (0.2, 0.2, 0.2857),
        (0.4, 0.1, 0.2353),
    ],
)
def test_the_bias_it_takes_to_tell_the_truth(aversion: float, error: float, bias: float) -> None:
    assert critical_bias(error, aversion, *COSTS) == pytest.approx(bias, abs=5e-5)


def test_a_neutral_mediator_lies_and_a_biased_one_does_not() -> None:
    gains = gain_from_lying(np.array([0.0, 0.1, 0.12]), 0.1, 0.2, *COSTS)
    assert gains[:2] == pytest.approx([0.020, 0.003], abs=1e-9)
    assert gains[2] < 0
    assert critical_bias(0.1, 0.2, *COSTS) == pytest.approx(0.1176471, abs=5e-8)
    assert critical_belief(0.1, *COSTS) == pytest.approx(0.5, abs=1e-9)


@given(st.floats(0, 0.3), st.floats(0.01, 0.5))
def test_at_the_critical_bias_nothing_is_gained_by_lying(error: float, aversion: float) -> None:
    bias = critical_bias(error, aversion, *COSTS)
    assert gain_from_lying(bias, error, aversion, *COSTS) == pytest.approx(0, abs=1e-9)


def test_credibility_grows_with_bias_up_to_the_critical_one() -> None:
    bias = np.array([-0.5, 0.0, 1 / 17, 2 / 17, 0.7])
    assert credibility(bias, 0.1, 0.2, *COSTS) == pytest.approx([0, 0, 0.5, 1, 1], abs=1e-9)


def test_who_is_not_tempted_is_believed() -> None:
    bias = np.array([-0.1, 0.0, 0.1])
    assert credibility(bias, 0.0, 0.2, *COSTS).tolist() == [0, 1, 1]


def test_where_the_costs_are_too_close_no_bias_is_enough() -> None:
    cost_high = np.array([0.3, 0.1])
    assert credibility(0.7, 0.1, 0.2, 0.1, cost_high).tolist() == [1, 0]
    assert critical_bias(0.1, 0.2, 0.1, cost_high)[1] == np.inf
    with pytest.raises(ValueError, match="set the two costs further apart"):
        critical_bias(0.1, 0.2, 0.1, 0.1)
