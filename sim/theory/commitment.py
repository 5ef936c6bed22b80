"""Whether a truce can last: the temptation to resume the war, and what guarantees do about it.

A deal is worth little to a party that expects the other to go back to war once captives and
leverage have changed hands. Source: Fearon, International Organization 49 (1995) 379-414;
Powell, International Organization 60 (2006) 169-203; on guarantees, Walter, International
Organization 51 (1997) 335-364.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
Real = float | NDArray[np.floating | np.integer]  # a number, or one per run


def temptation(
    after: Real,
    settled: Real,
    guarantee_bite: Real,
    guarantee: Real,
    reach: Real,
) -> Floats:
    """What a party gains by going back to war after the exchange, in utils.

    `after`: value of war once the exchange is done; `settled`: value of the war ending on the
    agreed terms; both in utils. Reneging costs `guarantee_bite` utils per level of `guarantee`,
    as far as guarantors reach into a truce of that length: `reach`, from 0 to 1. All broadcast.
    """
    cost_of_reneging = np.multiply(guarantee_bite, np.multiply(guarantee, reach))
    return np.asarray(np.subtract(after, settled) - cost_of_reneging, dtype=float)


def resumption(temptation: Real, sharpness: Real) -> Floats:
    """The probability that a party so tempted goes back to war: logistic in temptation/sharpness.

    `sharpness`: utils of temptation that multiply the odds by e, so the smaller the sharper;
    above zero, else ValueError.
    """
    width = np.asarray(sharpness, dtype=float)
    if not (width > 0).all():
        raise ValueError(f"sharpness is {sharpness}; expected a number of utils above zero")
    chance: Floats = expit(np.asarray(temptation, dtype=float) / width)
    return chance


def permanence(resumptions: Floats) -> Floats:
    """The probability that no party goes back to war, (runs, ...).

    `resumptions`: probability that each does, (runs, parties, ...); parties decide independently.
    """
    return np.asarray(np.prod(1 - resumptions, axis=1))


def blame(resumptions: Floats) -> Floats:
    """Each party's share of the danger that the war resumes, (runs, parties, ...).

    `resumptions`: as for `permanence`. Shares add up to 1, or are all 0 where there is no danger.
    """
    danger = resumptions.sum(axis=1, keepdims=True)
    shares = np.zeros_like(resumptions)
    np.divide(resumptions, danger, out=shares, where=danger > 0)
    return shares
