"""Durability: hazards of a truce, competing causes, trust, and captives' lives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.theory.durability import (
    captives_alive,
    competing_incidence,
    median_day,
    survival,
    trust,
    weibull_hazard,
)

TRUCE = (0.7, 20.0, -0.5)  # shape, scale in days, log risk


def test_a_truce_ages_as_computed_by_hand() -> None:
    assert survival(7, *TRUCE) == pytest.approx(0.7476121, abs=5e-8)
    assert survival(30, *TRUCE) == pytest.approx(0.4468221, abs=5e-8)
    assert weibull_hazard(1, *TRUCE) == pytest.approx(0.0717886, abs=5e-8)
    assert weibull_hazard(30, *TRUCE) == pytest.approx(0.0187152, abs=5e-8)


def test_half_of_such_truces_last_twenty_four_days() -> None:
    assert median_day(*TRUCE) == pytest.approx(24.2018, abs=5e-5)
    assert survival(median_day(*TRUCE), *TRUCE) == pytest.approx(0.5, abs=1e-9)


@given(st.floats(0.2, 3), st.floats(1, 200), st.floats(-3, 3))
def test_surviving_is_getting_through_every_day(shape: float, scale: float, risk: float) -> None:
    daily = weibull_hazard(np.arange(1, 61), shape, scale, risk)
    assert ((daily >= 0) & (daily <= 1)).all()
    assert np.prod(1 - daily) == pytest.approx(float(survival(60, shape, scale, risk)), abs=1e-9)


def test_nothing_breaks_before_the_truce_begins() -> None:
    assert weibull_hazard(np.array([-3, 0]), *TRUCE).tolist() == [0, 0]
    assert survival(0, *TRUCE) == 1


def test_with_shape_one_every_day_is_as_dangerous_as_the_first() -> None:
    daily = weibull_hazard(np.arange(1, 100), 1.0, 60.0, 0.4)
    assert daily == pytest.approx(np.full(99, daily[0]), abs=1e-9)


def test_two_causes_share_what_does_not_survive() -> None:
    ended, holds = competing_incidence(np.array([0.01, 0.004]), 90)
    assert ended == pytest.approx([0.5134716, 0.2053886], abs=5e-8)
    assert holds == pytest.approx(0.2811398, abs=5e-8)


@given(st.lists(st.floats(0, 0.3), min_size=1, max_size=3), st.integers(0, 400))
def test_in_the_end_a_truce_has_ended_once_or_holds(daily: list[float], days: int) -> None:
    ended, holds = competing_incidence(np.array(daily), days)
    assert ended.sum() + holds == pytest.approx(1, abs=1e-9)
    assert holds == pytest.approx((1 - sum(daily)) ** days, abs=1e-9)


def test_causes_and_days_are_arrays_with_the_run_first() -> None:
    daily = np.array([[0.01, 0.004], [0.0, 0.0], [1.0, 0.0]])
    ended, holds = competing_incidence(daily, np.array([90, 90, 1]))
    assert ended.shape == (3, 2)
    assert ended[1:].tolist() == [[0, 0], [1, 0]]
    assert holds[1:].tolist() == [1, 0]
    with pytest.raises(ValueError, match="exclusive causes"):
        competing_incidence(np.array([0.7, 0.7]), 1)


def test_trust_is_earned_slowly_and_lost_by_what_is_broken() -> None:
    assert trust(0, 0) == pytest.approx(1 / 3, abs=1e-9)
    assert trust(np.array([7, 7]), np.array([0, 1])) == pytest.approx([0.8, 8 / 11], abs=1e-9)
    assert trust(0, 0, prior=(1, 1)) == pytest.approx(0.5, abs=1e-9)


def test_captives_die_while_talks_go_on() -> None:
    """105 held, 6 in 10,000 dying a day."""
    alive, spread = captives_alive(105, 6e-4, 180)
    assert alive == pytest.approx(94.2509, abs=5e-5)
    assert spread == pytest.approx(3.1062, abs=5e-5)
    assert 105 - captives_alive(105, 6e-4, 30)[0] == pytest.approx(1.8731, abs=5e-5)
