"""What an answer tells: Bayes' rule with a normal belief, up to a stated tolerance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.theory.learning import belief_after_answer

utils = st.floats(-0.5, 1.5)
spreads = st.floats(0.001, 0.3)
noises = st.floats(0.0, 0.1)

#: How far mean and spread may lie from Bayes' rule with a logistic answer, in units of the spread
#: before: the probit answer in its place has thinner tails.
TOLERANCE = 0.1


def logistic(x):
    return 1.0 / (1.0 + np.exp(-x))


def by_bayes(mean: float, spread: float, worth: float, accepted: bool, noise: float):
    """Mean and spread after an answer, by numerical integration over reservation values."""
    grid = np.linspace(mean - 9 * spread, mean + 9 * spread, 20_001)
    accepts = logistic(np.clip((worth - grid) / noise, -700, 700))
    weight = np.exp(-0.5 * ((grid - mean) / spread) ** 2) * (accepts if accepted else 1 - accepts)
    weight /= weight.sum()
    after = float(weight @ grid)
    return after, float(np.sqrt(weight @ (grid - after) ** 2))


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("noise", [0.005, 0.02, 0.05, 0.15])
@pytest.mark.parametrize("surprise", [-2.0, -1.0, 0.0, 0.5, 1.0, 2.0])
def test_mean_and_spread_are_those_of_bayes_rule(accepted, noise, surprise) -> None:
    mean, spread = 0.5, 0.05
    worth = mean + surprise * spread
    after = belief_after_answer(mean, spread, worth, accepted, noise)
    assert np.array(after) == pytest.approx(
        by_bayes(mean, spread, worth, accepted, noise), abs=TOLERANCE * spread
    )


@pytest.mark.parametrize("truth", [0.42, 0.50, 0.58])
def test_beliefs_converge_on_the_truth(truth: float) -> None:
    """Forty texts, each worth about what was believed, answered with logistic noise."""
    rng = np.random.default_rng(7)
    runs, noise = 2_000, np.float64(0.02)
    mean, spread = np.full(runs, 0.5), np.full(runs, 0.06)
    missed = [np.abs(mean - truth).mean()]
    for _ in range(40):
        worth = mean + rng.normal(0.0, 0.02, runs)
        accepted = rng.random(runs) < logistic((worth - truth) / noise)
        mean, spread = belief_after_answer(mean, spread, worth, accepted, noise)
        missed.append(np.abs(mean - truth).mean())
    assert mean.mean() == pytest.approx(truth, abs=0.003)
    assert missed[-1] < 0.01
    assert missed[-1] < missed[10] < max(missed[0], 0.02)
    # It knows about as well as it says.
    assert np.sqrt(np.mean((mean - truth) ** 2)) == pytest.approx(spread.mean(), rel=0.35)


@given(mean=utils, spread=spreads, worth=utils, noise=noises)
def test_a_refusal_never_lowers_the_mean_and_an_acceptance_never_raises_it(
    mean: float, spread: float, worth: float, noise: float
) -> None:
    for accepted in (False, True):
        after, left = belief_after_answer(mean, spread, worth, accepted, noise)
        assert np.isfinite([after, left]).all()
        assert (after <= mean) if accepted else (after >= mean)
        assert 0 <= left <= spread * (1 + 1e-9)


@given(mean=utils, spread=spreads, worth=utils, noise=noises)
def test_what_is_heard_again_is_the_mirror_image_of_its_opposite(
    mean: float, spread: float, worth: float, noise: float
) -> None:
    up, _ = belief_after_answer(mean, spread, mean - (worth - mean), False, noise)
    down, _ = belief_after_answer(mean, spread, worth, True, noise)
    assert up - mean == pytest.approx(mean - down, abs=1e-9)


def test_the_more_an_answer_surprises_the_more_it_moves() -> None:
    worth = np.array([0.40, 0.45, 0.50, 0.55, 0.60])
    after, _ = belief_after_answer(0.5, 0.05, worth, False, 0.01)
    assert (np.diff(after) > 0).all()


@pytest.mark.parametrize("noise", [0.0, 0.02])
@pytest.mark.parametrize("accepted", [False, True])
def test_who_is_certain_does_not_learn(noise, accepted) -> None:
    worth = np.array([0.2, 0.5, 0.9])
    mean, spread = belief_after_answer(0.5, 0.0, worth, accepted, noise)
    assert mean == pytest.approx(0.5)
    assert (spread == 0).all()


def test_an_answer_without_noise_cuts_off_what_it_rules_out() -> None:
    """A normal belief cut at its mean: mean and spread are those of half a normal distribution."""
    mean, spread = belief_after_answer(0.5, 0.1, 0.5, False, 0.0)
    assert mean == pytest.approx(0.5 + 0.1 * np.sqrt(2 / np.pi))
    assert spread == pytest.approx(0.1 * np.sqrt(1 - 2 / np.pi))
