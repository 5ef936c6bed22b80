"""How long a truce lasts, who is trusted to keep it, and who lives to see it.

Days count from 1, the first day of the truce. Arguments are numbers or arrays and broadcast
together.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlog1py

from sim.types import Floats

Real = float | NDArray[np.floating | np.integer]  # a number, or one per run


def weibull_hazard(day: Real, shape: Real, scale: Real, log_risk: Real) -> Floats:
    """The probability that a truce which has held so far breaks down on this `day`.

    `shape` below 1: danger falls as the truce ages; `scale`: days, the time within which a truce
    with `log_risk` 0 breaks down with probability 1 - 1/e; `log_risk`: log of the hazard ratio.
    Before day 1 nothing can break and the probability is 0.
    Source: Prentice and Gloeckler, Biometrics 34 (1978) 57-67, with a Weibull baseline.
    """
    risk = np.exp(log_risk)
    today = _baseline(day, shape, scale) * risk
    yesterday = _baseline(np.subtract(day, 1), shape, scale) * risk
    return -np.expm1(yesterday - today)


def survival(day: Real, shape: Real, scale: Real, log_risk: Real) -> Floats:
    """The probability that a truce still holds at the end of `day`; see `weibull_hazard`."""
    return np.exp(-_baseline(day, shape, scale) * np.exp(log_risk))


def median_day(shape: Real, scale: Real, log_risk: Real) -> Floats:
    """The time in days by which half of such truces have broken down; see `weibull_hazard`."""
    risk = np.log(2) / np.exp(log_risk)
    return np.asarray(np.multiply(scale, np.power(risk, np.divide(1.0, shape))), dtype=float)


def competing_incidence(daily: Real, days: Real) -> tuple[Floats, Floats]:
    """The probability that each cause has ended a truce by then, and that none has.

    `daily`: constant probability of each cause on a day that is reached, (..., causes), in all at
    most 1, else ValueError; `days`: (...). Results: (..., causes) and (...), adding up to 1.
    """
    causes = np.asarray(daily, dtype=float)
    any_cause = causes.sum(axis=-1)
    if (causes < 0).any() or (any_cause > 1 + 1e-12).any():
        raise ValueError(f"daily is {daily}; expected probabilities of exclusive causes")
    log_survival = np.asarray(xlog1py(days, -np.minimum(any_cause, 1.0)))
    ended = -np.expm1(log_survival)[..., None]
    share = np.zeros_like(causes)
    np.divide(causes, any_cause[..., None], out=share, where=any_cause[..., None] > 0)
    return share * ended, np.exp(log_survival)


def trust(kept: Real, broken: Real, prior: tuple[Real, Real] = (1.0, 2.0)) -> Floats:
    """How likely the other side is to keep its next promise, going by its record.

    `kept`, `broken`: promises so far; `prior`: the same in promises imagined beforehand, where
    the default, one kept and two broken, is a guarded start and our judgement.
    """
    good, bad = np.add(prior[0], kept), np.add(prior[1], broken)
    return np.asarray(good / (good + bad), dtype=float)


def captives_alive(held: Real, daily_rate: Real, days: Real) -> tuple[Floats, Floats]:
    """The captives expected to be alive after some `days` of captivity, and the standard deviation.

    `daily_rate`: deaths per person and day. Fates are taken as independent, so where one event
    can kill several the spread is understated.
    """
    chance = np.exp(-np.multiply(daily_rate, days))
    alive = np.asarray(np.multiply(held, chance), dtype=float)
    return alive, np.sqrt(alive * (1 - chance))


def _baseline(day: Real, shape: Real, scale: Real) -> Floats:
    """The hazard at `log_risk` 0 added up to the end of `day`, nothing before day 1."""
    age = np.maximum(np.asarray(day, dtype=float), 0.0) / scale
    return np.asarray(np.power(age, shape))
