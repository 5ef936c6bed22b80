"""How good a package is: how far from Nash's, what it leaves on the table, what trades added.

Throughout, `worth` is (runs, parties, packages) and `reservation` (runs, parties), in utils, among
the parties without whom there is no deal; `choice` is the package in question, (runs,). Packages
not on offer are worth so little that they win no comparison.
"""

import numpy as np

from sim.theory.bargaining import NO_PACKAGE, nash
from sim.types import Floats, Ints


def nash_distance(worth: Floats, reservation: Floats, choice: Ints) -> Floats:
    """Return how far a package is from Nash's solution: (runs,), NaN where no deal is best.

    Gains are shares of what a party would gain from its favourite package, and the distance
    between two points of such shares is Euclid's. A party whose favourite gains it nothing does
    not count.
    Source: as in GENIUS (Lin et al., Computational Intelligence 30 (2014) 48-70), but measured
    from no deal.
    """
    best = nash(worth, reservation)
    ideal = worth.max(axis=2) - reservation
    off = utility_of(worth, choice) - utility_of(worth, np.maximum(best, 0))
    shares = np.divide(off, ideal, out=np.zeros_like(off), where=ideal > 0)
    distance = np.sqrt((shares.astype(np.float64) ** 2).sum(axis=1))
    return np.where(best == NO_PACKAGE, np.nan, distance)


def inefficiency(worth: Floats, choice: Ints) -> Floats:
    """Return the most that every party could gain at once by another package: (runs,), in utils.

    It is 0 on the Pareto frontier, and for what is bettered only where somebody gains nothing.
    Source: the additive epsilon indicator of Zitzler et al., IEEE Transactions on Evolutionary
    Computation 7 (2003) 117-132.
    """
    return np.asarray((worth - utility_of(worth, choice)[:, :, None]).min(axis=1).max(axis=1))


def logrolling(worth: Floats, reservation: Floats, choice: Ints, off_centre: Floats) -> Floats:
    """Return what a package gains for the worst-off over splitting every issue: (runs,), in utils.

    `off_centre` (runs, packages) is how far each package is from the middle of every issue, and
    infinite where it is not on offer; of those nearest, the one best for the worst-off counts.
    """
    nearest = off_centre <= off_centre.min(axis=1, keepdims=True)
    gains = (worth - reservation[:, :, None]).min(axis=1)
    split = np.where(nearest, gains, -np.inf).max(axis=1)
    return np.asarray(gains[np.arange(len(gains)), choice] - split)


def distance_from_the_middle(levels: Ints) -> Floats:
    """Return how far each package is from the middle of the levels of every issue: (packages,).

    The sum over the issues, each in shares of its range, of `levels` (packages, issues).
    """
    low, high = levels.min(axis=0), levels.max(axis=0)
    off = np.abs(levels - (low + high) / 2.0) / np.maximum(high - low, 1)
    return np.asarray(off.sum(axis=1))


def utility_of(worth: Floats, choice: Ints) -> Floats:
    """Return what the package in question is worth to each party: (runs, parties)."""
    return np.asarray(worth[np.arange(len(worth)), :, choice])
