"""Ratification: who decides, what passes, and how far constituencies pull."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.theory.ratification import banzhaf, passes

seats_and_quota = st.lists(st.integers(0, 9), min_size=1, max_size=7).flatmap(
    lambda seats: st.tuples(st.just([*seats, 1]), st.integers(1, sum(seats) + 1))
)


def test_in_a_knesset_coalition_power_is_not_proportional_to_seats() -> None:
    """Likud, Shas, UTJ, RZP, Otzma, Noam, National Unity: one party decides nothing."""
    power = banzhaf([32, 11, 7, 7, 6, 1, 12], 61)
    expected = [0.28125, 0.21875, 0.09375, 0.09375, 0.09375, 0, 0.21875]
    assert power == pytest.approx(expected, abs=1e-9)


def test_a_party_that_can_carry_every_vote_has_all_the_power() -> None:
    assert banzhaf([6, 2, 2, 1], 6).tolist() == [1, 0, 0, 0]
    assert banzhaf([5, 5, 5], 15).tolist() == pytest.approx([1 / 3] * 3)


def test_a_parliament_of_many_parties_is_counted_exactly() -> None:
    power = banzhaf([1] * 80, 41)
    assert power == pytest.approx([1 / 80] * 80, abs=1e-15)


@given(seats_and_quota)
def test_banzhaf_counts_the_coalitions_a_member_decides(case: tuple[list[int], int]) -> None:
    seats, quota = case
    swings = np.zeros(len(seats))
    for members in product((0, 1), repeat=len(seats)):
        held = np.dot(members, seats)
        swings += [m and held >= quota > held - s for m, s in zip(members, seats, strict=True)]
    assert banzhaf(seats, quota) == pytest.approx(swings / swings.sum(), abs=1e-12)


@pytest.mark.parametrize(
    ("seats", "quota", "complaint"),
    [
        ([3, 2], 6, "quota is 6; expected between 1 and all 5 seats"),
        ([3, 2], 0, "quota is 0"),
        ([3, -2], 1, "seats is"),
        ([3, 2.5], 1, "expected whole numbers"),
        ([], 1, "for each member"),
    ],
)
def test_votes_that_cannot_be_are_refused(seats: list[int], quota: int, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        banzhaf(seats, quota)


def test_a_vote_passes_with_the_quota_and_fails_one_seat_short() -> None:
    approvals = np.array([[True, True, False], [True, False, True], [False, False, False]])
    assert passes(approvals, [3, 2, 1], 5).tolist() == [True, False, False]
    with pytest.raises(ValueError, match=r"expected \(\.\.\., 2\)"):
        passes(approvals, [3, 2], 5)
