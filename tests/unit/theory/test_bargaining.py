"""The ZOPA, the frontier and the solutions give the answers of the literature."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.theory.bargaining import (
    NO_PACKAGE,
    SOLUTIONS,
    egalitarian,
    kalai_smorodinsky,
    maxmin_surplus,
    nash,
    pareto,
    utilitarian,
    zopa,
)
from sim.types import Bools, Floats

# Nash (1950), the barter of Bill and Jack: utility to Bill and to Jack of each good.
BILLS = {"book": (2, 4), "whip": (2, 2), "ball": (2, 1), "bat": (2, 2), "box": (4, 1)}
JACKS = {"pen": (10, 1), "toy": (4, 1), "knife": (6, 2), "hat": (2, 2)}
SWAPS = np.array(list(product((0, 1), repeat=9)))  # which goods change hands


def barter() -> tuple[Floats, Floats]:
    """What Bill and Jack gain from each of the 512 swaps, and from none."""
    to_bill = [-bill for bill, _ in BILLS.values()] + [bill for bill, _ in JACKS.values()]
    to_jack = [jack for _, jack in BILLS.values()] + [-jack for _, jack in JACKS.values()]
    worth = np.stack([SWAPS @ np.array(to_bill), SWAPS @ np.array(to_jack)]).astype(float)
    return worth[None], np.zeros((1, 2))


def points(worth: Floats, chosen: Bools) -> set[tuple[float, ...]]:
    """The distinct pairs of worth of the packages chosen in the first run."""
    return {tuple(pair) for pair in worth[0].T[chosen[0]]}


def test_nashs_barter_has_the_published_outcomes() -> None:
    worth, nothing = barter()
    everywhere = np.ones((1, 512), dtype=bool)
    assert worth.shape == (1, 2, 512)
    assert len(points(worth, everywhere)) == 126
    assert len(points(worth, zopa(worth, nothing))) == 59
    frontier = {(2, 8), (6, 7), (8, 6), (12, 5), (14, 4), (16, 2), (18, 0)}
    assert points(worth, pareto(worth, nothing)) == frontier


def test_in_nashs_barter_bill_gives_book_whip_ball_bat_for_pen_toy_knife() -> None:
    worth, nothing = barter()
    best = nash(worth, nothing)[0]
    goods = [*BILLS, *JACKS]
    swapped = {good for good, moves in zip(goods, SWAPS[best], strict=True) if moves}
    assert swapped == {"book", "whip", "ball", "bat", "pen", "toy", "knife"}
    assert tuple(worth[0, :, best]) == (12, 5)
    assert worth[0, :, best].prod() == 60


def test_the_other_solutions_of_nashs_barter() -> None:
    worth, nothing = barter()
    assert tuple(worth[0, :, egalitarian(worth, nothing)[0]]) == (8, 6)
    assert tuple(worth[0, :, kalai_smorodinsky(worth, nothing)[0]]) == (12, 5)
    assert maxmin_surplus(worth, nothing)[0] == 6
    best_sum = utilitarian(worth, nothing)[0]
    assert worth[0, :, best_sum].sum() == worth[0].sum(axis=0).max() == 18
    tied = points(worth, worth.sum(axis=1) == 18)
    assert tied == {(14, 4), (16, 2), (18, 0), (20, -2)}


def laptop() -> tuple[Floats, list[tuple[int, ...]]]:
    """A laptop's make, disk and screen, three values each, for buyer and seller (ANAC 2011)."""
    buyer = [(0.4452126, (12, 20, 30)), (0.3780825, (30, 20, 9)), (0.1767567, (30, 10, 20))]
    seller = [(0.3780825, (12, 30, 20)), (0.1767567, (20, 30, 9)), (0.4452126, (3, 2, 1))]
    bids = list(product(range(3), repeat=3))
    worth = [
        [
            sum(w * values[i] / max(values) for (w, values), i in zip(side, bid, strict=True))
            for bid in bids
        ]
        for side in (buyer, seller)
    ]
    return np.array([worth]), bids


def test_the_laptop_is_sold_as_nash_and_kalai_would_have_it() -> None:
    worth, _ = laptop()
    nothing = np.zeros((1, 2))
    assert worth.shape == (1, 2, 27)
    assert pareto(worth).sum() == 4
    at_nash = worth[0, :, nash(worth, nothing)[0]]
    assert at_nash == pytest.approx([1.000052, 0.815105], abs=5e-7)
    for solution in (egalitarian, kalai_smorodinsky):
        agreed = worth[0, :, solution(worth, nothing)[0]]
        assert agreed == pytest.approx([0.874024, 0.874024], abs=5e-7)


def test_unequal_tastes_split_the_pie_where_theory_says() -> None:
    """Utilities sqrt(x) and 1 - x: Nash gives x = 1/3, Kalai and Smorodinsky .381966."""
    share = np.linspace(0, 1, 300_001)
    worth = np.stack([np.sqrt(share), 1 - share])[None]
    nothing = np.zeros((1, 2))
    assert share[nash(worth, nothing)] == pytest.approx(1 / 3, abs=1 / 300_000)
    agreed = share[kalai_smorodinsky(worth, nothing)]
    assert agreed == pytest.approx((3 - np.sqrt(5)) / 2, abs=1 / 300_000)


def test_random_reservation_prices_leave_room_half_the_time() -> None:
    """Two independent uniform prices: P(ZOPA) = 1/2, its mean size given one 1/3."""
    runs, price = 2000, np.linspace(0, 1, 1001)
    limits = np.random.default_rng(1).random((runs, 2))
    worth = np.broadcast_to(np.stack([price, 1 - price]), (runs, 2, 1001))
    size = zopa(worth, limits).mean(axis=1)
    room = size > 0
    assert room.mean() == pytest.approx(1 / 2, abs=4 * np.sqrt(0.25 / runs) + 1e-3)
    error = size[room].std() / np.sqrt(room.sum())
    assert size[room].mean() == pytest.approx(1 / 3, abs=4 * error + 1e-3)


def test_a_package_worth_the_reservation_value_is_inside() -> None:
    worth = np.array([[[0.3, 0.6, 0.3], [0.7, 0.7, 0.6]]])
    reservation = np.array([[0.3, 0.7]])
    assert zopa(worth, reservation).tolist() == [[True, True, False]]
    assert maxmin_surplus(worth, reservation)[0] == 0


def test_where_nothing_suits_both_there_is_no_package_but_a_gap() -> None:
    worth = np.array([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.5, 1.0]]])
    reservation = np.array([[0.5, 0.5], [0.5, 0.5]])
    for solution in SOLUTIONS.values():
        assert solution(worth, reservation).tolist() == [NO_PACKAGE, 0]
    assert maxmin_surplus(worth, reservation).tolist() == [-0.5, 0]


def test_of_packages_that_tie_the_first_is_taken() -> None:
    worth = np.array([[[0.0, 2.0, 1.0, 2.0], [0.0, 1.0, 2.0, 1.0]]])
    for solution in SOLUTIONS.values():
        assert solution(worth, np.zeros((1, 2)))[0] == 1


def test_when_one_side_cannot_gain_nash_takes_the_first_and_kalai_looks_at_the_other() -> None:
    worth = np.array([[[0.0, 0.0, -1.0], [1.0, 2.0, 9.0]]])
    nothing = np.zeros((1, 2))
    assert nash(worth, nothing)[0] == 0
    assert kalai_smorodinsky(worth, nothing)[0] == 1


def test_two_losses_do_not_multiply_into_a_gain() -> None:
    worth = np.array([[[-3.0, 1.0], [-3.0, 1.0]]])
    assert nash(worth, np.zeros((1, 2)))[0] == 1


@pytest.mark.parametrize("shape", [(2, 5), (1, 2, 0), (1, 3, 5)])
def test_a_wrong_shape_is_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected \(runs, parties, packages\)"):
        zopa(np.zeros(shape), np.zeros((1, 2)))
    with pytest.raises(ValueError, match=r"expected \(runs, parties, packages\)"):
        pareto(np.zeros(shape), np.zeros((1, 2)))


# --- Properties ---

LEVELS = st.integers(-2, 4).map(float)  # few levels, so that many packages tie
worths = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 12)).flatmap(
    lambda shape: arrays(float, shape, elements=LEVELS)
)


def undominated(worth: Floats) -> list[list[bool]]:
    """The definition of Pareto, package by package."""
    return [
        [not any((y >= x).all() and (y > x).any() for y in packages) for x in packages]
        for packages in worth.transpose(0, 2, 1)
    ]


@given(worths)
def test_the_frontier_is_what_nothing_dominates(worth: Floats) -> None:
    assert pareto(worth).tolist() == undominated(worth)


@given(worths, LEVELS)
def test_the_frontier_of_the_zopa_is_what_nothing_in_it_dominates(
    worth: Floats, level: float
) -> None:
    reservation = np.full(worth.shape[:2], level)
    inside = zopa(worth, reservation)
    frontier = pareto(worth, reservation)
    for run in range(len(worth)):
        within = worth[run : run + 1, :, inside[run]]
        alone = undominated(within) if inside[run].any() else [[]]
        assert frontier[run, inside[run]].tolist() == alone[0]
        assert not frontier[run, ~inside[run]].any()


@given(worths)
def test_a_solution_is_in_the_zopa_or_there_is_none(worth: Floats) -> None:
    nothing = np.zeros(worth.shape[:2])
    inside = zopa(worth, nothing)
    for solution in SOLUTIONS.values():
        for run, package in enumerate(solution(worth, nothing)):
            assert inside[run, package] if package != NO_PACKAGE else not inside[run].any()


@given(worths)
def test_a_nash_package_that_helps_everybody_is_on_the_frontier(worth: Floats) -> None:
    chosen = nash(worth, np.zeros(worth.shape[:2]))
    for run in np.flatnonzero(chosen != NO_PACKAGE):
        helps_all = (worth[run, :, chosen[run]] > 0).all()
        assert pareto(worth)[run, chosen[run]] or not helps_all


@given(worths, st.integers(-3, 3), LEVELS)
def test_nash_and_kalai_do_not_care_about_scale_or_origin(
    worth: Floats, power: int, shift: float
) -> None:
    """Powers of two and whole numbers, so that rounding plays no part."""
    reservation = np.zeros(worth.shape[:2])
    scaled, moved = worth.copy(), reservation.copy()
    scaled[:, 0] = worth[:, 0] * 2.0**power + shift
    moved[:, 0] = shift
    for solution in (nash, kalai_smorodinsky):
        assert solution(scaled, moved).tolist() == solution(worth, reservation).tolist()


@given(worths)
def test_a_zopa_is_there_exactly_when_the_worst_off_can_gain(worth: Floats) -> None:
    nothing = np.zeros(worth.shape[:2])
    opens = maxmin_surplus(worth, nothing) >= 0
    assert opens.tolist() == zopa(worth, nothing).any(axis=1).tolist()


@given(worths)
def test_runs_do_not_touch_each_other(worth: Floats) -> None:
    nothing = np.zeros(worth.shape[:2])
    for solution in SOLUTIONS.values():
        alone = [solution(worth[run : run + 1], nothing[:1])[0] for run in range(len(worth))]
        assert solution(worth, nothing).tolist() == alone


def test_a_long_list_is_compared_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    worth = np.random.default_rng(2).integers(0, 5, (2, 3, 50)).astype(float)
    whole = pareto(worth)
    monkeypatch.setattr("sim.theory.bargaining.COMPARISONS_AT_ONCE", 300)
    assert (pareto(worth) == whole).all()
