"""Commitment: what tempts a party back to war makes a truce short."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from sim.theory.commitment import blame, permanence, resumption, temptation
from sim.types import Floats

probabilities = array_shapes(min_dims=2, max_dims=3, max_side=4).flatmap(
    lambda shape: arrays(float, shape, elements=st.floats(0, 1))
)


def test_a_guarantee_costs_by_level_and_reach() -> None:
    reach = np.array([0.0, 0.4, 1.0])
    tempted = temptation(0.8, 0.3, 0.15, 2, reach)
    assert tempted == pytest.approx([0.5, 0.38, 0.2], abs=1e-9)


def test_the_worked_example_of_two_parties_and_four_packages() -> None:
    """Six weeks, one week, and a permanent truce under either of two guarantees.

    The values of war are known to six digits, so probabilities to 5e-7 / .05 / 4 and their own.
    """
    known = 3e-6
    after = np.array([[0.799060, 0.796541, 0.884471, 0.884471]])
    settled, guarantee = np.array([[0.35, 0.45, 0, 0]]), np.array([[0, 0, 2, 3]])
    theirs = np.array([[0.337351, 0.284580]])
    a = resumption(temptation(after, settled, 0.15, guarantee, 1), 0.05)
    b = resumption(temptation(theirs, np.array([[0.5, 0.3]]), 0.15, 0, 0), 0.05)
    assert a[0] == pytest.approx([0.999874, 0.999024, 0.999992, 0.999832], abs=known)
    assert b[0] == pytest.approx([0.037220, 0.423507], abs=known)
    lasting = permanence(np.stack([a[:, :2], b], axis=1))
    assert lasting[0] == pytest.approx([0.000121, 0.000563], abs=known)


def test_the_undecided_resume_half_the_time_and_extremes_do_not_overflow() -> None:
    chances = resumption(np.array([0.0, 1e6, -1e6]), 0.05)
    assert chances.tolist() == [0.5, 1, 0]
    with pytest.raises(ValueError, match="sharpness is 0"):
        resumption(0.1, 0)


def test_it_takes_one_to_break_a_truce() -> None:
    resumptions = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
    assert permanence(resumptions) == pytest.approx([0.25, 0], abs=1e-9)


def test_blame_is_shared_by_danger() -> None:
    resumptions = np.array([[0.3, 0.1], [0.0, 0.0]])
    assert blame(resumptions) == pytest.approx(np.array([[0.75, 0.25], [0, 0]]), abs=1e-9)


@given(probabilities)
def test_blame_adds_up_and_permanence_is_no_more_than_any_partys(resumptions: Floats) -> None:
    total = blame(resumptions).sum(axis=1)
    danger = resumptions.sum(axis=1)
    assert total == pytest.approx(np.where(danger > 0, 1.0, 0.0), abs=1e-9)
    lasting = permanence(resumptions)
    assert ((lasting >= 0) & (lasting <= 1 - resumptions.max(axis=1))).all()
