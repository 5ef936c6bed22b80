"""Divisible issues: the frontier is exact, and its points are those of the literature."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import linprog

from sim.theory.divisible import (
    divisible_frontier,
    on_frontier_egalitarian,
    on_frontier_ideal,
    on_frontier_kalai_smorodinsky,
    on_frontier_nash,
    shares_to_a,
)
from sim.types import Floats

EXACT = 1e-9

# Nash (1950): utility of the nine goods to Bill and to Jack, and of parting with one's own.
BILL = [2, 2, 2, 2, 4, 10, 4, 6, 2]
JACK = [4, 2, 1, 2, 1, 1, 1, 2, 2]
OWN = (-12, -6)

# Two opposed issues, from which the four numbers below follow by hand.
TWO = divisible_frontier([0.7, 0.3], [0.4, 0.6])


def test_nashs_barter_with_divisible_goods_has_ten_corners() -> None:
    corners = divisible_frontier(BILL, JACK, floor=OWN).T
    bill = [-12, -2, 2, 6, 12, 14, 16, 18, 20, 22]
    jack = [10, 9, 8, 7, 5, 4, 2, 0, -2, -6]
    assert corners == pytest.approx(np.array([bill, jack]).T, abs=EXACT)


def test_the_solutions_of_nashs_divisible_barter() -> None:
    frontier = divisible_frontier(BILL, JACK, floor=OWN)
    assert on_frontier_nash(frontier) == pytest.approx([12, 5], abs=EXACT)
    assert on_frontier_egalitarian(frontier) == pytest.approx([6.75, 6.75], abs=EXACT)
    assert on_frontier_ideal(frontier) == pytest.approx([18, 8.5], abs=EXACT)
    agreed = on_frontier_kalai_smorodinsky(frontier)
    assert agreed == pytest.approx([11.172414, 5.275862], abs=5e-7)


def test_two_opposed_issues_are_traded() -> None:
    assert pytest.approx(np.array([[0, 0.7, 1], [1, 0.6, 0]]), abs=EXACT) == TWO
    assert on_frontier_nash(TWO) == pytest.approx([0.7, 0.6], abs=EXACT)
    for solution in (on_frontier_egalitarian, on_frontier_kalai_smorodinsky):
        assert solution(TWO) == pytest.approx([7 / 11, 7 / 11], abs=EXACT)


def test_a_better_fallback_moves_the_two_issue_solutions() -> None:
    fallback = (0.3, 0.2)
    assert on_frontier_ideal(TWO, fallback) == pytest.approx([0.9, 0.828571], abs=5e-7)
    agreed = on_frontier_kalai_smorodinsky(TWO, fallback)
    assert agreed == pytest.approx([0.688235, 0.606723], abs=5e-7)
    assert on_frontier_egalitarian(TWO, fallback) == pytest.approx([0.7, 0.6], abs=EXACT)


def test_at_camp_david_egypt_keeps_five_sixths_of_sinai() -> None:
    """Adjusted Winner, by the points of Brams and Togman (1996)."""
    israel, egypt = [35, 10, 20, 10, 5, 20], [55, 5, 10, 5, 20, 5]
    agreed = on_frontier_egalitarian(divisible_frontier(israel, egypt))
    assert agreed == pytest.approx([65 + 5 / 6, 65 + 5 / 6], abs=EXACT)
    shares = shares_to_a(israel, egypt, agreed[0])
    assert shares == pytest.approx([1 / 6, 1, 1, 1, 0, 1], abs=EXACT)


def test_what_only_one_side_values_goes_to_it() -> None:
    ours, theirs = [1.0, 0.5, 0.0, 0.0], [0.0, 0.5, 0.3, 0.0]
    frontier = divisible_frontier(ours, theirs)
    assert frontier[:, 0] == pytest.approx([1, 0.8], abs=EXACT)
    assert frontier[:, -1] == pytest.approx([1.5, 0.3], abs=EXACT)
    assert on_frontier_egalitarian(frontier) == pytest.approx([1, 0.8], abs=EXACT)
    assert shares_to_a(ours, theirs, 1.25) == pytest.approx([1, 0.5, 0, 0], abs=EXACT)


@pytest.mark.parametrize(
    "solution",
    [
        on_frontier_nash,
        on_frontier_egalitarian,
        on_frontier_kalai_smorodinsky,
        on_frontier_ideal,
    ],
)
def test_a_fallback_on_the_frontier_is_the_deal_and_beyond_it_there_is_none(
    solution: Callable[..., Floats],
) -> None:
    assert solution(TWO, (0.35, 0.8)) == pytest.approx([0.35, 0.8], abs=EXACT)
    assert np.isnan(solution(TWO, (0.7, 0.61))).all()


def test_every_run_has_its_own_frontier() -> None:
    rng = np.random.default_rng(3)
    ours, theirs, fallback = rng.random((4, 5)), rng.random((4, 5)), rng.random((4, 2)) / 2
    together = divisible_frontier(ours, theirs)
    assert together.shape == (4, 2, 6)
    for run in range(4):
        alone = divisible_frontier(ours[run], theirs[run])
        assert (together[run] == alone).all()
        agreed = on_frontier_nash(together, fallback)[run]
        assert agreed == pytest.approx(on_frontier_nash(alone, fallback[run]), abs=EXACT)


def test_weights_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="expected the same shape"):
        divisible_frontier([0.5, 0.5], [1.0])
    with pytest.raises(ValueError, match="a weight is negative"):
        divisible_frontier([0.5, -0.5], [0.5, 0.5])


# --- Properties ---

weight = st.floats(0.01, 1)
issues = st.lists(st.tuples(weight, weight), min_size=1, max_size=7)


@given(issues, st.floats(0, 1))
def test_the_frontier_is_the_answer_of_a_linear_programme(
    pairs: list[tuple[float, float]], part: float
) -> None:
    """The most B can have when A gets at least so much, over the shares that go to A."""
    ours, theirs = (np.array(side) for side in zip(*pairs, strict=True))
    a, b = divisible_frontier(ours, theirs)
    least = part * ours.sum()
    best = linprog(theirs, A_ub=[-ours], b_ub=[-least], bounds=(0, 1))
    assert np.interp(least, a, b) == pytest.approx(theirs.sum() - best.fun, abs=1e-7)


@given(issues, st.floats(0, 0.6), st.floats(0, 0.6))
def test_no_point_of_the_frontier_beats_a_solution_by_its_own_measure(
    pairs: list[tuple[float, float]], part_a: float, part_b: float
) -> None:
    ours, theirs = (np.array(side) for side in zip(*pairs, strict=True))
    frontier = divisible_frontier(ours, theirs)
    fallback = np.array([part_a * ours.sum(), part_b * theirs.sum()])
    agreed = on_frontier_nash(frontier, fallback)
    assume(not np.isnan(agreed).any())
    fine = np.linspace(fallback[0], frontier[0, -1], 400)
    gains = np.stack([fine, np.interp(fine, *frontier)]) - fallback[:, None]
    gains = gains[:, (gains >= 0).all(axis=0)]
    assert (agreed - fallback).prod() >= gains.prod(axis=0).max() - EXACT
    even = on_frontier_egalitarian(frontier, fallback) - fallback
    assert even.min() >= gains.min(axis=0).max() - EXACT


@given(issues, st.floats(0, 1))
def test_the_shares_handed_over_are_worth_what_was_agreed(
    pairs: list[tuple[float, float]], part: float
) -> None:
    ours, theirs = (np.array(side) for side in zip(*pairs, strict=True))
    agreed: Floats = np.asarray(part * ours.sum())
    shares = shares_to_a(ours, theirs, agreed)
    assert shares @ ours == pytest.approx(agreed, abs=EXACT)
    a, b = divisible_frontier(ours, theirs)
    assert (1 - shares) @ theirs == pytest.approx(np.interp(agreed, a, b), abs=EXACT)
    assert ((shares > EXACT) & (shares < 1 - EXACT)).sum() <= 1
