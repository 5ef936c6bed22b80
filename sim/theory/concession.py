"""How much of what it hopes for a party has conceded, as time passes.

Functions of time elapsed, in the unit of `patience` (days, or rounds), with one shape parameter:
`beta` below 1 holds out and gives way late ("Boulware"), above 1 concedes early. Arguments are
numbers or arrays, usually (runs,), and broadcast together. `kappa`, the share conceded at once,
and the result lie between 0 and 1. Source: Faratin, Sierra and Jennings, Robotics and Autonomous
Systems 24 (1998) 159-182.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Real = float | NDArray[np.floating | np.integer]  # a number, or one per run


def time_dependent(elapsed: Real, patience: Real, kappa: Real, beta: Real) -> Floats:
    """The share conceded when the rest follows a power of the time elapsed.

    Everything is conceded once patience has run out, and at once where it is zero or less;
    `beta` above zero, else ValueError.
    """
    given = np.asarray(kappa, dtype=float)
    return given + (1 - given) * time_used(elapsed, patience) ** (1 / _above_zero(beta, "beta"))


def exponential(elapsed: Real, patience: Real, kappa: Real, beta: Real) -> Floats:
    """The share conceded when it grows exponentially from `kappa` to all of it.

    As `time_dependent`, but `kappa` must be above zero too, since growth needs a start; for the
    same `beta` it gives way differently from `time_dependent`, so do not carry values across.
    """
    time_left = 1 - time_used(elapsed, patience)
    start = _above_zero(kappa, "kappa")
    return np.exp(time_left ** _above_zero(beta, "beta") * np.log(start))


def time_used(elapsed: Real, patience: Real) -> Floats:
    """The share of its patience a party has used up, from 0 to 1; 1 where it has none."""
    spent, whole = np.asarray(elapsed, dtype=float), np.asarray(patience, dtype=float)
    used = np.ones(np.broadcast_shapes(spent.shape, whole.shape))
    np.divide(spent, whole, out=used, where=whole > 0)
    return np.clip(used, 0.0, 1.0)


def _above_zero(value: Real, name: str) -> Floats:
    """The value as an array, after checking that it is above zero."""
    number = np.asarray(value, dtype=float)
    if not (number > 0).all():
        raise ValueError(f"{name} is {value}; expected a value above zero")
    return number
