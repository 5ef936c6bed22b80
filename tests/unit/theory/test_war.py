"""War: the gambler's ruin, what battles teach, and Fearon's explanations."""

from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.theory.war import (
    bargaining_range,
    battles_to_converge,
    fearon_surplus,
    learned,
    perceived_range,
    posterior_gap,
    posterior_mean,
    preventive_war,
    ruin,
    ultimatum,
)

EXACT = 1e-9
chances = st.floats(0.05, 0.95)
nearly_even = st.floats(-0.01, 0.01).map(lambda edge: 0.5 + edge)
fields = st.integers(1, 60)


# --- Ruin ---


@pytest.mark.parametrize(
    ("k", "p", "n", "win", "battles"),
    [
        (5, 0.6, 10, 0.8836364, 19.1818),
        (5, 0.5, 10, 0.5, 25),
        (17, 0.56, 24, 0.986446, 55.6226),
        (17, 0.47, 24, 0.397575, 124.3035),
    ],
)
def test_ruin_as_in_the_tables(k: int, p: float, n: int, win: float, battles: float) -> None:
    chance, length = ruin(k, p, n)
    assert chance == pytest.approx(win, abs=5e-7)
    assert length == pytest.approx(battles, abs=5e-5)


def test_an_even_war_depends_on_the_front_alone() -> None:
    forts = np.arange(25)
    win, battles = ruin(forts, 0.5, 24)
    assert win == pytest.approx(forts / 24, abs=EXACT)
    assert battles == pytest.approx(forts * (24 - forts), abs=EXACT)


def exact_ruin(k: int, p: float, n: int) -> tuple[float, float]:
    """The closed form in fractions, which do not round."""
    chance = Fraction(p)
    odds = (1 - chance) / chance
    win = (1 - odds**k) / (1 - odds**n)
    return float(win), float((n * win - k) / (2 * chance - 1))


@pytest.mark.parametrize("edge", [1e-12, -1e-9, 1e-6, -1e-4, 5.2e-4, 5.3e-4, -1e-3, 0.01, -0.3])
@pytest.mark.parametrize(("k", "n"), [(1, 24), (17, 24), (23, 24), (199, 200)])
def test_ruin_keeps_its_digits_near_an_even_war(k: int, n: int, edge: float) -> None:
    win, battles = exact_ruin(k, 0.5 + edge, n)
    assert ruin(k, 0.5 + edge, n)[0] == pytest.approx(win, rel=1e-11)
    assert ruin(k, 0.5 + edge, n)[1] == pytest.approx(battles, rel=1e-10)


@given(chances | nearly_even, fields, st.data())
def test_one_side_wins_in_the_end(p: float, n: int, data: st.DataObject) -> None:
    k = data.draw(st.floats(0, n))
    win, battles = ruin(k, p, n)
    lose, mirrored = ruin(n - k, 1 - p, n)
    assert win + lose == pytest.approx(1, abs=EXACT)
    assert battles == pytest.approx(mirrored, rel=1e-8, abs=1e-8)


@given(chances | nearly_even, st.integers(2, 60))
def test_a_war_is_a_battle_and_the_war_after_it(p: float, n: int) -> None:
    win, battles = ruin(np.arange(n + 1), p, n)
    assert win[1:-1] == pytest.approx(p * win[2:] + (1 - p) * win[:-2], abs=EXACT)
    after = 1 + p * battles[2:] + (1 - p) * battles[:-2]
    assert battles[1:-1] == pytest.approx(after, rel=1e-9)
    assert (win[0], battles[0], win[-1], battles[-1]) == (0, 0, 1, 0)


@given(chances | nearly_even, st.integers(1, 100_000), st.floats(-1, 2))
def test_ruin_is_a_chance_and_a_length_whatever_is_asked(p: float, n: int, part: float) -> None:
    win, battles = ruin(part * n, p, n)
    assert 0 <= win <= 1 + 1e-15
    assert np.isfinite(battles)
    assert battles >= -1e-6


def test_ruin_agrees_with_a_war_fought_out() -> None:
    runs, rng = 20_000, np.random.default_rng(4)
    front, length = np.full(runs, 3), np.zeros(runs)
    while (fighting := (front > 0) & (front < 8)).any():
        front += np.where(rng.random(runs) < 0.55, 1, -1) * fighting
        length += fighting
    win, battles = ruin(3, 0.55, 8)
    assert (front == 8).mean() == pytest.approx(float(win), abs=4 * np.sqrt(0.25 / runs))
    assert length.mean() == pytest.approx(float(battles), abs=4 * length.std() / np.sqrt(runs))


def test_ruin_broadcasts_and_clips() -> None:
    win, battles = ruin(np.array([[-3.0], [12.0], [99.0]]), np.array([0.0, 0.5, 1.0, 0.95]), 24)
    assert win.shape == battles.shape == (3, 4)
    assert (win[0] == 0).all()
    assert (win[2] == 1).all()
    assert win[1, 2] == win[1, 3]


def test_a_field_without_forts_is_refused() -> None:
    with pytest.raises(ValueError, match="n is 0"):
        ruin(0, 0.5, 0)


# --- Learning ---


def test_sixty_seven_battles_bring_two_beliefs_together() -> None:
    """Beta(60, 40) and Beta(50, 50) are .1 apart; they are .06 apart after 66.67 battles."""
    gap = posterior_mean(60, 40) - posterior_mean(50, 50)
    battles = battles_to_converge(gap, 0.06, prior=100)
    assert battles == pytest.approx(200 / 3, abs=EXACT)
    assert ceil(battles) == 67
    assert posterior_gap(gap, 100, battles) == pytest.approx(0.06, abs=EXACT)


@given(st.integers(0, 100), st.integers(0, 100))
def test_a_common_experience_narrows_the_gap_whatever_it_is(wins: int, losses: int) -> None:
    optimist = posterior_mean(*learned(60, 40, wins, losses))
    pessimist = posterior_mean(*learned(50, 50, wins, losses))
    gap = posterior_gap(0.1, 100, wins + losses)
    assert optimist - pessimist == pytest.approx(gap, abs=EXACT)


def test_the_less_is_known_the_more_is_learned() -> None:
    """A mean of .6 and twenty battles lost."""
    assert posterior_mean(*learned(60, 40, 0, 20)) == pytest.approx(0.5, abs=EXACT)
    assert posterior_mean(*learned(6, 4, 0, 20)) == pytest.approx(0.2, abs=EXACT)


def test_beliefs_that_agree_need_no_battle_and_none_agree_exactly() -> None:
    assert battles_to_converge(0.05, 0.06, prior=100) == 0
    with pytest.raises(ValueError, match="beliefs never meet exactly"):
        battles_to_converge(0.05, 0, prior=100)


# --- Fearon ---


def test_there_is_always_a_deal_between_those_who_agree_on_strength() -> None:
    low, high = bargaining_range(0.6, 0.08, 0.07)
    assert (low, high) == pytest.approx((0.52, 0.67), abs=EXACT)
    assert fearon_surplus(0.6, 0.4, 0.08, 0.07) == pytest.approx(0.15, abs=EXACT)


@pytest.mark.parametrize(
    ("p_a", "p_b", "surplus"), [(0.6, 0.5, 0.05), (0.6, 0.55, 0), (0.55, 0.45, 0.15)]
)
def test_optimism_eats_the_room_for_a_deal(p_a: float, p_b: float, surplus: float) -> None:
    assert fearon_surplus(p_a, p_b, 0.08, 0.07) == pytest.approx(surplus, abs=EXACT)


def test_the_room_is_between_the_two_beliefs() -> None:
    assert perceived_range(0.6, 0.5, 0.08, 0.07) == pytest.approx((0.52, 0.57), abs=EXACT)


def test_a_range_that_is_one_point_is_a_range() -> None:
    """In sixteenths, which do not round."""
    assert fearon_surplus(0.625, 0.5, 0.0625, 0.0625) == 0


def test_random_limits_leave_as_much_room_as_theory_says() -> None:
    """Prices from N(.55, .1) and N(.50, .1): P(ZOPA) .638163, mean size .0849089."""
    rng, runs = np.random.default_rng(5), 100_000
    least, most = rng.normal(0.50, 0.1, runs), rng.normal(0.55, 0.1, runs)
    room = fearon_surplus(least, 1 - most, 0, 0)
    assert (room >= 0).mean() == pytest.approx(0.638163, abs=4 * np.sqrt(0.25 / runs))
    size = np.maximum(room, 0)
    assert size.mean() == pytest.approx(0.0849089, abs=4 * size.std() / np.sqrt(runs))


def test_shading_the_truth_loses_trades() -> None:
    """Chatterjee and Samuelson (1983): trade in 9/32 of cases, with gains of 9/64."""
    rng, runs = np.random.default_rng(6), 200_000
    cost, value = rng.random(runs), rng.random(runs)
    ask, bid = 2 * cost / 3 + 1 / 4, 2 * value / 3 + 1 / 12
    trade = fearon_surplus(ask, 1 - bid, 0, 0) >= 0
    assert trade.mean() == pytest.approx(9 / 32, abs=4 * np.sqrt(0.25 / runs))
    gains = trade * (value - cost)
    assert gains.mean() == pytest.approx(9 / 64, abs=4 * gains.std() / np.sqrt(runs))


def test_a_demand_runs_a_risk_of_war_that_does_not_depend_on_strength() -> None:
    demand, war, worth = ultimatum(0.5, 0.1, 0.4)
    assert (demand, war, worth) == pytest.approx((0.65, 0.375, 0.55625), abs=EXACT)
    risks = ultimatum(np.array([0.1, 0.3, 0.7]), 0.1, 0.4)[1]
    assert risks == pytest.approx([0.375] * 3, abs=EXACT)


def test_nobody_demands_more_than_everything_or_fights_for_nothing() -> None:
    demand, war, _ = ultimatum(np.array([0.95, 0.5]), np.array([0.1, 0.5]), 0.4)
    assert demand == pytest.approx([1, 0.5], abs=EXACT)
    assert war == pytest.approx([0.125, 0], abs=EXACT)
    with pytest.raises(ValueError, match="expected a cost above zero"):
        ultimatum(0.5, 0.1, 0)


@given(st.floats(0.1, 0.9), st.floats(0, 0.5), st.floats(0.01, 0.5), st.floats(0, 1))
def test_no_other_demand_is_worth_more(p: float, cost: float, highest: float, x: float) -> None:
    war = np.clip((x - p) / highest, 0, 1)
    worth = x * (1 - war) + (p - cost) * war
    assert worth <= ultimatum(p, cost, highest)[2] + EXACT


@pytest.mark.parametrize(
    ("discount", "now", "later", "cost", "war"),
    [
        (0.9, 0.3, 0.6, 0.2, True),
        (0.9, 0.5, 0.56, 0.2, True),
        (0.5, 0.3, 0.6, 0.4, False),
        (0.5, 0.3, 0.9, 0.4, True),
    ],
)
def test_a_declining_power_attacks_when_the_shift_is_large(
    discount: float, now: float, later: float, cost: float, war: bool
) -> None:
    assert bool(preventive_war(discount, now, later, cost)) is war
