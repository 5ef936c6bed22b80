"""Concession over time follows the formulas of Faratin and others (1998)."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.theory.concession import exponential, time_dependent, time_used
from sim.types import Floats

SHAPES = np.array([0.2, 0.5, 1, 2, 5])
shares = st.floats(0.01, 1)


def test_half_way_the_polynomial_has_conceded_as_published() -> None:
    conceded = time_dependent(50, 100, 0.1, SHAPES)
    assert conceded == pytest.approx([0.128125, 0.325, 0.55, 0.736396, 0.883496], abs=5e-7)
    assert conceded[:3] == pytest.approx([0.1 + 0.9 / 32, 0.325, 0.55], abs=1e-9)


def test_half_way_the_exponential_has_conceded_as_published() -> None:
    conceded = exponential(50, 100, 0.1, SHAPES)
    assert conceded == pytest.approx([0.134725, 0.196288, 0.316228, 0.562341, 0.930572], abs=5e-7)


@pytest.mark.parametrize("tactic", [time_dependent, exponential])
def test_it_starts_with_kappa_and_ends_with_everything(tactic: Callable[..., Floats]) -> None:
    elapsed = np.array([-5.0, 0.0, 100.0, 500.0])
    assert tactic(elapsed, 100, 0.2, 0.6) == pytest.approx([0.2, 0.2, 1, 1], abs=1e-9)


@pytest.mark.parametrize("tactic", [time_dependent, exponential])
@given(share=shares, beta=st.floats(0.05, 20), early=st.floats(0, 100), more=st.floats(0, 100))
def test_what_is_conceded_is_not_taken_back(
    tactic: Callable[..., Floats], share: float, beta: float, early: float, more: float
) -> None:
    before, after = tactic(np.array([early, early + more]), 100, share, beta)
    assert share - 1e-12 <= before <= after + 1e-12 <= 1 + 2e-12


def test_the_impatient_concede_at_once_and_the_endlessly_patient_never() -> None:
    patience = np.array([0.0, -3.0, np.inf, 10.0])
    assert time_used(5, patience).tolist() == [1, 1, 0, 0.5]
    assert time_dependent(5, patience, 0.1, 1) == pytest.approx([1, 1, 0.1, 0.55], abs=1e-9)


def test_shapes_and_starts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="beta is 0"):
        time_dependent(1, 2, 0.1, 0)
    with pytest.raises(ValueError, match="kappa is 0"):
        exponential(1, 2, 0, 1)
