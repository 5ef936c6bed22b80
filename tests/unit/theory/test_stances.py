"""Stances turn by constant hazards: how long until all bargain, and what share of days they do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.theory.stances import (
    LEAST_CALM,
    REFERENCE_COST,
    chance_in_a_day,
    closing_rate,
    days_until_all_flexible,
    reconsidering_rate,
    share_flexible,
)

OPENS, CLOSES = 0.015, 1 / 45
rates = st.floats(0.001, 0.2)


def daily_steps(parties: int, runs: int, days: int, seed: int = 20240128):
    """Yield for each day who is flexible: (runs, parties), all firm at first."""
    rng = np.random.default_rng(seed)
    opens, closes = chance_in_a_day(OPENS), chance_in_a_day(CLOSES)
    flexible = np.zeros((runs, parties), dtype=bool)
    for _ in range(days):
        flexible ^= rng.random(flexible.shape) < np.where(flexible, closes, opens)
        yield flexible


def exact_wait_in_daily_steps(parties: int) -> float:
    """Days until all are flexible, from the linear equations of the chain of who is flexible."""
    opens, closes = chance_in_a_day(OPENS), chance_in_a_day(CLOSES)
    step = np.array([[1.0 - opens, opens], [closes, 1.0 - closes]])
    joint = np.ones((1, 1))
    for _ in range(parties):
        joint = np.kron(joint, step)
    waiting = joint[:-1, :-1]  # the last state is that all are flexible
    return float(np.linalg.solve(np.eye(len(waiting)) - waiting, np.ones(len(waiting)))[0])


def test_two_firm_leaderships_are_both_flexible_after_149_days() -> None:
    wait = days_until_all_flexible(OPENS, CLOSES, 2)
    assert wait == pytest.approx(149.4, abs=0.05)
    assert wait == pytest.approx((OPENS + CLOSES) / (2 * OPENS**2) + 1 / OPENS)


def test_in_daily_steps_it_takes_a_day_longer() -> None:
    assert exact_wait_in_daily_steps(2) == pytest.approx(150.6, abs=0.05)


def test_simulated_days_agree() -> None:
    runs, days = 4_000, 2_500
    first = np.full(runs, days)
    for day, flexible in enumerate(daily_steps(2, runs, days), start=1):
        first[flexible.all(axis=1) & (first == days)] = day
    assert (first < days).all()
    error = first.std() / np.sqrt(runs)
    assert first.mean() == pytest.approx(exact_wait_in_daily_steps(2), abs=3 * error)


@pytest.mark.parametrize("parties", [2, 3])
def test_the_share_of_days_on_which_all_are_flexible_is_a_power_of_one_leadership_s(
    parties,
) -> None:
    share = share_flexible(OPENS, CLOSES)
    assert share == pytest.approx(OPENS / (OPENS + CLOSES))
    late = [f.all(axis=1).mean() for f in daily_steps(parties, 2_000, 1_500)][500:]
    # Days of one run hang together: some 1,000 days hold about 1,000 / 27 that do not.
    error = np.sqrt(share**parties * (1 - share**parties) / (2_000 * 1_000 / 27))
    assert np.mean(late) == pytest.approx(share**parties, abs=4 * error)


def test_every_further_veto_makes_the_wait_longer() -> None:
    waits = [days_until_all_flexible(OPENS, CLOSES, parties) for parties in (1, 2, 3, 4, 5)]
    assert waits[0] == pytest.approx(1 / OPENS)
    assert (np.diff(waits) > 0).all()


def test_who_never_closes_waits_for_the_last_of_all() -> None:
    """Without closing, the wait for three is the mean of the largest of three waits."""
    assert days_until_all_flexible(0.01, 0.0, 3) == pytest.approx(100 * (1 + 1 / 2 + 1 / 3))


def test_who_never_opens_is_refused() -> None:
    with pytest.raises(ValueError, match="opens is 0"):
        days_until_all_flexible(0.0, CLOSES, 2)


def test_at_the_reference_cost_the_hazard_is_the_number_of_the_scenario() -> None:
    assert reconsidering_rate(0.007, REFERENCE_COST, 0.0) == pytest.approx(0.007)
    assert reconsidering_rate(0.007, 3 * REFERENCE_COST, 0.5) == pytest.approx(0.042)
    assert reconsidering_rate(0.007, REFERENCE_COST, 1.0) == pytest.approx(0.007 / LEAST_CALM)
    assert reconsidering_rate(0.007, 0.0, 0.9) == 0


@given(rate=rates, cost=st.floats(0, 0.01), more=st.floats(0, 0.01), urgency=st.floats(0, 1))
def test_neither_costs_nor_urgency_make_a_leadership_reconsider_later(
    rate: float, cost: float, more: float, urgency: float
) -> None:
    before = reconsidering_rate(rate, cost, urgency)
    assert reconsidering_rate(rate, cost + more, urgency) >= before
    assert reconsidering_rate(rate, cost, min(urgency + more, 1.0)) >= before


def test_a_window_that_stays_open_is_never_closed() -> None:
    assert closing_rate(np.inf) == 0
    assert share_flexible(OPENS, closing_rate(np.inf)) == 1
    assert share_flexible(0.0, 0.0) == 0


@given(rate=rates)
def test_a_chance_a_day_adds_up_to_the_hazard(rate: float) -> None:
    ten_days = 1 - (1 - chance_in_a_day(rate)) ** 10
    assert ten_days == pytest.approx(1 - np.exp(-10 * rate))
