"""Ends that compete: how many have ended by each day and by which cause, where some are censored.

Whoever is ended by one cause can no longer be ended by another. To treat the other causes as
censoring (one less Kaplan and Meier's curve for each cause) would count more ends than there are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sim.types import Floats, Ints


def aalen_johansen(
    lasted: ArrayLike, cause: ArrayLike, causes: int, days: ArrayLike
) -> tuple[Floats, Floats]:
    """Return the share ended by each cause within so many days, and its standard error.

    Who is censored on a day is at risk on that day. With nobody censored the estimate is the plain
    share and its standard error that of a binomial share.

    Parameters
    ----------
    lasted : array of int, (n,)
        How long each was followed, in whole days.
    cause : array of int, (n,)
        What ended it on that day, counted from 0; negative where it was still going on.
    causes : int
        How many causes there are.
    days : array of int, (days,)
        Within how many days.

    Returns
    -------
    share : array, (causes, days)
        From 0 to 1.
    error : array, (causes, days)
        Its standard error.

    Raises
    ------
    ValueError
        Where there is nobody.

    References
    ----------
    Aalen, O. O. and Johansen, S. (1978), An empirical transition matrix for non-homogeneous Markov
    chains, Scandinavian Journal of Statistics 5, 141-150; the variance is Greenwood's carried
    through their product (delta method).

    Examples
    --------
    >>> from sim.theory.competing_risks import aalen_johansen
    >>> share, error = aalen_johansen([1, 2, 3, 3], [0, 1, 0, -1], 2, [3])
    >>> share.round(2).tolist()
    [[0.5], [0.25]]
    """
    followed, ended_by = np.asarray(lasted), np.asarray(cause)
    if not len(followed):
        raise ValueError("nobody was followed, so that there is no incidence")
    ends = ended_by >= 0
    times, which = np.unique(followed[ends], return_inverse=True)
    counts = np.zeros((len(times), causes))
    np.add.at(counts, (which, ended_by[ends]), 1.0)
    at_risk = len(followed) - np.searchsorted(np.sort(followed), times, side="left")
    incidence, variance = _carried(counts / at_risk[:, None], at_risk)
    upto = np.searchsorted(times, np.asarray(days), side="right")
    return incidence[upto].T, np.sqrt(variance[upto]).T


def _carried(hazard: Floats, at_risk: Ints) -> tuple[Floats, Floats]:
    """Incidence and its variance after each time of an end, from nothing on: (times + 1, causes).

    The share still going on and the share ended by one cause are carried forward together with
    their variances and their covariance. Each step adds the noise of a multinomial draw.
    """
    times, causes = hazard.shape
    incidence, variance = np.zeros((2, times + 1, causes))
    going, going_variance, covariance = 1.0, 0.0, np.zeros(causes)
    for step, (one, number) in enumerate(zip(hazard, at_risk, strict=True)):
        stays = 1.0 - one.sum()
        noise = going**2 / number
        incidence[step + 1] = incidence[step] + going * one
        variance[step + 1] = (
            variance[step]
            + 2.0 * one * covariance
            + one**2 * going_variance
            + noise * one * (1.0 - one)
        )
        covariance = stays * (covariance + one * going_variance - noise * one)
        going_variance = stays**2 * going_variance + noise * stays * (1.0 - stays)
        going *= stays
    return incidence, np.maximum(variance, 0.0)
