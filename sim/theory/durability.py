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
    """Return the probability that a truce which has held so far breaks down on a day.

    Parameters
    ----------
    day : float or array
        The day of the truce, from 1; before it nothing can break.
    shape : float or array
        Below 1 danger falls as the truce ages.
    scale : float or array
        Days within which a truce without risk factors breaks down with probability 1 - 1/e.
    log_risk : float or array
        The log of the hazard ratio.

    Returns
    -------
    float or array
        A probability, 0 to 1.

    References
    ----------
    Prentice, R. L. and Gloeckler, L. A. (1978), Regression analysis of grouped survival data,
    Biometrics 34, 57-67, with a Weibull baseline.

    Examples
    --------
    >>> from sim.theory.durability import weibull_hazard
    >>> print(f"{weibull_hazard(1, 0.7, 60.0, 0.0):.4f}")
    0.0553
    """
    risk = np.exp(log_risk)
    today = _baseline(day, shape, scale) * risk
    yesterday = _baseline(np.subtract(day, 1), shape, scale) * risk
    return -np.expm1(yesterday - today)


def survival(day: Real, shape: Real, scale: Real, log_risk: Real) -> Floats:
    """Return the probability that a truce still holds at the end of a day.

    Parameters
    ----------
    day : float or array
        The day of the truce, from 1.
    shape : float or array
        See `weibull_hazard`.
    scale : float or array
        In days; see `weibull_hazard`.
    log_risk : float or array
        The log of the hazard ratio.

    Returns
    -------
    float or array
        A probability, 0 to 1.

    Examples
    --------
    >>> from sim.theory.durability import survival
    >>> print(f"{survival(60, 0.7, 60.0, 0.0):.3f}")
    0.368
    """
    return np.exp(-_baseline(day, shape, scale) * np.exp(log_risk))


def median_day(shape: Real, scale: Real, log_risk: Real) -> Floats:
    """Return the time by which half of such truces have broken down.

    Parameters
    ----------
    shape : float or array
        See `weibull_hazard`.
    scale : float or array
        In days; see `weibull_hazard`.
    log_risk : float or array
        The log of the hazard ratio.

    Returns
    -------
    float or array
        In days.

    Examples
    --------
    >>> from sim.theory.durability import median_day
    >>> print(f"{median_day(1.0, 60.0, 0.0):.1f}")
    41.6
    """
    risk = np.log(2) / np.exp(log_risk)
    return np.asarray(np.multiply(scale, np.power(risk, np.divide(1.0, shape))), dtype=float)


def competing_incidence(daily: Real, days: Real) -> tuple[Floats, Floats]:
    """Return the probability that each cause has ended a truce by then, and that none has.

    Parameters
    ----------
    daily : array, (..., causes)
        The constant probability of each cause on a day that is reached; in all at most 1.
    days : array, (...)
        Days.

    Returns
    -------
    ended : array, (..., causes)
        By each cause.
    holding : array, (...)
        By none; with the others it adds up to 1.

    Raises
    ------
    ValueError
        For probabilities of more than 1 together.

    Examples
    --------
    >>> from sim.theory.durability import competing_incidence
    >>> ended, holding = competing_incidence([0.01, 0.03], 30)
    >>> print(f"{float(ended.sum() + holding):.2f}")
    1.00
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
    """Return how likely the other side is to keep its next promise, going by its record.

    Parameters
    ----------
    kept : float or array
        Promises kept so far.
    broken : float or array
        Promises broken so far.
    prior : tuple of two floats
        The same in promises imagined beforehand; one kept and two broken is a guarded start and our
        judgement.

    Returns
    -------
    float or array
        A probability, 0 to 1.

    Examples
    --------
    >>> from sim.theory.durability import trust
    >>> print(f"{trust(3, 0):.2f}")
    0.67
    """
    good, bad = np.add(prior[0], kept), np.add(prior[1], broken)
    return np.asarray(good / (good + bad), dtype=float)


def captives_alive(held: Real, daily_rate: Real, days: Real) -> tuple[Floats, Floats]:
    """Return how many captives are expected to be alive, and the standard deviation.

    Parameters
    ----------
    held : float or array
        People held at first.
    daily_rate : float or array
        Deaths per person and day.
    days : float or array
        Days of captivity.

    Returns
    -------
    expected : float or array
        People.
    deviation : float or array
        People. Fates are taken as independent, so that where one event can kill several the spread
        is understated.

    Examples
    --------
    >>> from sim.theory.durability import captives_alive
    >>> expected, deviation = captives_alive(100, 0.001, 90)
    >>> print(f"{expected:.1f} {deviation:.1f}")
    91.4 2.8
    """
    chance = np.exp(-np.multiply(daily_rate, days))
    alive = np.asarray(np.multiply(held, chance), dtype=float)
    return alive, np.sqrt(alive * (1 - chance))


def _baseline(day: Real, shape: Real, scale: Real) -> Floats:
    """Return the hazard at `log_risk` 0 added up to the end of `day`, nothing before day 1."""
    age = np.maximum(np.asarray(day, dtype=float), 0.0) / scale
    return np.asarray(np.power(age, shape))
