"""How good a forecast was, once it is known what happened: proper scores, and coverage.

Lower is better for every score. A forecast that is a distribution comes as values, one per run,
with weights where they do not count alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

#: No chance is taken to be nearer to 0 or 1 than this when its logarithm is scored.
SUREST = 0.005

#: The shares of central intervals whose coverage is reported.
CENTRAL = (0.5, 0.8, 0.9)


def brier(chances: ArrayLike, happened: ArrayLike) -> float:
    """Return the mean squared error of chances (Brier 1950): 0 is perfect, 0.25 is never
    knowing.
    """
    chance, outcome = _paired(chances, happened)
    return float(np.mean((chance - outcome) ** 2))


def log_score(chances: ArrayLike, happened: ArrayLike) -> float:
    """Return the mean of minus the log of the chance given to what happened (Good 1952), in nats.

    Chances are cut to [0.005, 0.995], so that one event cannot decide alone.
    """
    chance, outcome = _paired(chances, happened)
    chance = np.clip(chance, SUREST, 1 - SUREST)
    return float(-np.mean(np.log(np.where(outcome == 1, chance, 1 - chance))))


def crps(values: ArrayLike, observed: float, weights: ArrayLike | None = None) -> float:
    """Return the continuous ranked probability score: the squared gap of two cumulative curves.

    One curve is that of the forecast and the other jumps from 0 to 1 at what was observed; the
    score has the unit of the values. It is the mean distance to what was observed less half the
    mean distance between two draws (Gneiting and Raftery 2007, eq. 21).
    """
    x = np.asarray(values, dtype=float)
    w = np.full(len(x), 1.0) if weights is None else np.asarray(weights, dtype=float)
    if not len(x) or x.shape != w.shape or (w < 0).any() or not w.sum() > 0:
        raise ValueError("a forecast has values, and a weight of at least 0 for each")
    order = np.argsort(x, kind="stable")
    x, w = x[order], w[order] / w.sum()
    distance = float((w * np.abs(x - observed)).sum())
    between = 2.0 * float((w * x * (2.0 * np.cumsum(w) - w - 1.0)).sum())
    return distance - between / 2


def crps_of_counts(counts: ArrayLike, observed: float, weights: ArrayLike | None = None) -> float:
    """Return the same for counts of people, of log(1 + count): a factor counts alike at any
    size.
    """
    return crps(np.log1p(np.asarray(counts, dtype=float)), float(np.log1p(observed)), weights)


def interval(values: ArrayLike, share: float) -> tuple[float, float]:
    """Return the central interval that holds at least a share of the values."""
    tail = (1 - share) / 2
    low, high = np.quantile(np.asarray(values), (tail, 1 - tail), method="inverted_cdf")
    return float(low), float(high)


def covered(values: ArrayLike, observed: float, shares: Sequence[float] = CENTRAL) -> list[bool]:
    """Tell whether each central interval of a forecast holds what was observed."""
    ends = [interval(values, share) for share in shares]
    return [low <= observed <= high for low, high in ends]


def _paired(chances: ArrayLike, happened: ArrayLike) -> tuple[Floats, Floats]:
    """Chances and what happened (0 or 1) as arrays of one shape."""
    chance, outcome = np.asarray(chances, dtype=float), np.asarray(happened, dtype=float)
    if chance.shape != outcome.shape or not chance.size:
        raise ValueError(f"{chance.size} chances cannot be scored on {outcome.size} outcomes")
    if not ((chance >= 0) & (chance <= 1)).all() or not np.isin(outcome, (0, 1)).all():
        raise ValueError("chances lie between 0 and 1, and what they are of happened or did not")
    return chance, outcome
