"""Claims about competing risks: the incidence of published examples, and honest errors."""

import numpy as np
import pytest

from sim.theory.competing_risks import aalen_johansen


def test_constant_daily_hazards_give_the_closed_form():
    """Ends by cause among very many, of whom 1.0 and 0.4 of 100 end on each day."""
    day, cause, left = [], [], 1_000_000
    for t in range(1, 91):
        ends = (round(left * 0.01), round(left * 0.004))
        for k, number in enumerate(ends):
            day += [t] * number
            cause += [k] * number
        left -= sum(ends)
    incidence, _ = aalen_johansen([*day, *[90] * left], [*cause, *[-1] * left], 2, [90])
    assert incidence[:, 0] == pytest.approx([0.5134716, 0.2053886], abs=1e-5)


def test_a_cause_treated_alone_has_greenwoods_error():
    lasted = [6, 6, 6, 7, 10, 13, 6, 9, 10, 11, 17, 19]
    cause = [0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1]
    incidence, error = aalen_johansen(lasted, cause, 1, [6, 13])
    survival = (9 / 12) * (7 / 8) * (5 / 6) * (2 / 3)
    greenwood = 3 / (12 * 9) + 1 / (8 * 7) + 1 / (6 * 5) + 1 / (3 * 2)
    assert incidence[0] == pytest.approx([3 / 12, 1 - survival])
    assert error[0, 1] == pytest.approx(survival * np.sqrt(greenwood))


def test_errors_are_as_wide_as_samples_differ():
    """Exponential waits for two causes, censored at unlike times; 400 samples of 150."""
    chance = np.random.default_rng(7)
    waits = np.ceil(chance.exponential((40, 60), (400, 150, 2))).astype(int)
    stop = chance.integers(20, 80, (400, 150))
    lasted = np.minimum(waits.min(axis=2), stop)
    cause = np.where(waits.min(axis=2) <= stop, waits.argmin(axis=2), -1)
    found = [aalen_johansen(a, b, 2, [30]) for a, b in zip(lasted, cause, strict=True)]
    estimates = np.array([incidence[:, 0] for incidence, _ in found])
    errors = np.array([error[:, 0] for _, error in found])
    assert errors.mean(axis=0) == pytest.approx(estimates.std(axis=0), rel=0.1)


def test_nobody_has_no_incidence():
    with pytest.raises(ValueError, match="nobody was followed"):
        aalen_johansen([], [], 1, [1])
    incidence, error = aalen_johansen([3, 4], [-1, -1], 2, [1, 4])
    assert not incidence.any()
    assert not error.any()
