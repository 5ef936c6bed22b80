"""Two parties dividing issues that can be split: the exact Pareto frontier and points on it.

When issues are opposed (what one gets the other does not), divisible and additive, the frontier
is a concave polyline: hand the issues to A one by one, those A cares for most, relative to B,
first. A frontier is written as its corners, `vertices` (..., 2, issues + 1): worth to A and to B
in utils, from all-to-B to all-to-A. Leading axes, such as runs, are carried along.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.types import Floats

Order = NDArray[np.intp]

TOUCHING = 1e-12  # utils; a reservation on the frontier itself is inside, whatever the rounding


def divisible_frontier(
    weights_a: ArrayLike, weights_b: ArrayLike, floor: ArrayLike = (0.0, 0.0)
) -> Floats:
    """The corners of the frontier, (..., 2, issues + 1) in utils.

    `weights_a`, `weights_b`: worth of the whole of each issue, (..., issues), not negative, else
    ValueError. `floor`: worth to A and to B of getting none of anything, (..., 2). An issue only
    one side values goes to that side everywhere and repeats a corner.
    Source: Dantzig, Operations Research 5 (1957) 266-288; Brams and Taylor, Fair Division (1996).
    """
    ours, theirs, least = _weights(weights_a, weights_b, floor)
    contested = (ours > 0) & (theirs > 0)
    order = _a_first(ours, theirs)
    a = _running(np.take_along_axis(np.where(contested, ours, 0.0), order, axis=-1))
    b = _running(np.take_along_axis(np.where(contested, theirs, 0.0), order, axis=-1))
    uncontested = np.where(contested, 0.0, ours).sum(axis=-1)
    a = a + (least[..., 0] + uncontested)[..., None]
    b = (least[..., 1] + theirs.sum(axis=-1))[..., None] - b
    return np.stack([a, b], axis=-2)


def shares_to_a(
    weights_a: ArrayLike,
    weights_b: ArrayLike,
    worth_a: ArrayLike,
    floor: ArrayLike = (0.0, 0.0),
) -> Floats:
    """The share of each issue A gets where the frontier is worth `worth_a` to A, (..., issues).

    At most one issue is split. `worth_a`: utils, (...); beyond the ends of the frontier, its ends.
    """
    ours, theirs, least = _weights(weights_a, weights_b, floor)
    contested = (ours > 0) & (theirs > 0)
    order = _a_first(ours, theirs)
    steps = np.take_along_axis(np.where(contested, ours, 0.0), order, axis=-1)
    start = least[..., 0] + np.where(contested, 0.0, ours).sum(axis=-1)
    left = (np.asarray(worth_a) - start)[..., None] - _running(steps)[..., :-1]
    handed = np.empty(np.broadcast_shapes(left.shape, steps.shape))
    np.put_along_axis(handed, order, np.clip(_ratio(left, steps), 0.0, 1.0), axis=-1)
    return np.where(contested, handed, ours > 0)


def on_frontier_nash(vertices: Floats, reservation: ArrayLike = (0.0, 0.0)) -> Floats:
    """The point of the frontier with the largest product of gains, utils (..., 2).

    NaN where no point gives both sides their `reservation`, (..., 2). Along an edge the product
    is a parabola, highest halfway between the points where A and where B would gain nothing.
    Source: Nash, Econometrica 18 (1950) 155-162.
    """
    start, step = _edges(vertices, reservation)
    halfway = _ratio(-start, step).mean(axis=-2, keepdims=True)
    gains = start + np.clip(halfway, 0.0, 1.0) * step
    return _best(gains, gains.prod(axis=-2), reservation)


def on_frontier_egalitarian(vertices: Floats, reservation: ArrayLike = (0.0, 0.0)) -> Floats:
    """The point of the frontier where the side that gains less gains most, utils (..., 2).

    NaN where no point gives both sides their `reservation`, (..., 2).
    Source: Kalai, Econometrica 45 (1977) 1623-1630.
    """
    return _balanced(vertices, reservation, np.ones(2))


def on_frontier_kalai_smorodinsky(vertices: Floats, reservation: ArrayLike = (0.0, 0.0)) -> Floats:
    """The point of the frontier where both get the same part of their ideal gain, utils (..., 2).

    NaN where no point gives both sides their `reservation`, (..., 2).
    Source: Kalai and Smorodinsky, Econometrica 43 (1975) 513-518.
    """
    ideal_gain = on_frontier_ideal(vertices, reservation) - np.asarray(reservation)
    return _balanced(vertices, reservation, np.where(ideal_gain > TOUCHING, ideal_gain, 1.0))


def on_frontier_ideal(vertices: Floats, reservation: ArrayLike = (0.0, 0.0)) -> Floats:
    """The most each side could get while the other keeps its `reservation`, utils (..., 2).

    NaN where no point of the frontier gives both sides their `reservation`, (..., 2).
    """
    start, step = _edges(vertices, reservation)
    nothing = np.clip(_ratio(-start, step), 0.0, 1.0)  # how far along a side gains nothing
    when_b_gains_nothing = start + nothing[..., 1:, :] * step
    when_a_gains_nothing = start + nothing[..., :1, :] * step
    best_a = _best(when_b_gains_nothing, when_b_gains_nothing[..., 0, :], reservation)
    best_b = _best(when_a_gains_nothing, when_a_gains_nothing[..., 1, :], reservation)
    return np.stack([best_a[..., 0], best_b[..., 1]], axis=-1)


def _weights(
    weights_a: ArrayLike, weights_b: ArrayLike, floor: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """The weights and the floor as arrays, checked."""
    ours, theirs = np.asarray(weights_a, dtype=float), np.asarray(weights_b, dtype=float)
    if ours.shape != theirs.shape or ours.ndim == 0 or ours.shape[-1] == 0:
        raise ValueError(
            f"weights_a has shape {ours.shape} and weights_b {theirs.shape}; "
            "expected the same shape (..., issues) with at least one issue"
        )
    if (ours < 0).any() or (theirs < 0).any():
        raise ValueError("a weight is negative; write the issue so that more is better for A")
    return ours, theirs, np.asarray(floor, dtype=float)


def _a_first(ours: Floats, theirs: Floats) -> Order:
    """The issues in the order in which they are handed to A, (..., issues)."""
    return np.argsort(-np.arctan2(ours, theirs), axis=-1, kind="stable")


def _running(steps: Floats) -> Floats:
    """The running sum of the steps, with a zero before them, (..., issues + 1)."""
    before = np.zeros((*steps.shape[:-1], 1))
    return np.concatenate([before, np.cumsum(steps, axis=-1)], axis=-1)


def _ratio(above: Floats, below: Floats) -> Floats:
    """One over the other, and zero where the lower is zero."""
    out = np.zeros(np.broadcast_shapes(above.shape, below.shape))
    np.divide(above, below, out=out, where=below != 0)
    return out


def _edges(vertices: Floats, reservation: ArrayLike) -> tuple[Floats, Floats]:
    """The gains at the start of each edge and their change along it, (..., 2, edges)."""
    gains = vertices - np.asarray(reservation, dtype=float)[..., None]
    return gains[..., :-1], np.diff(gains, axis=-1)


def _balanced(vertices: Floats, reservation: ArrayLike, unit: Floats) -> Floats:
    """The point where the smaller of the two gains, each in its own unit (..., 2), is largest."""
    start, step = _edges(vertices, reservation)
    lead, drift = start / unit[..., None], step / unit[..., None]
    apart = lead[..., :1, :] - lead[..., 1:, :]
    along = np.clip(_ratio(-apart, drift[..., :1, :] - drift[..., 1:, :]), 0.0, 1.0)
    gains = start + along * step
    return _best(gains, (gains / unit[..., None]).min(axis=-2), reservation)


def _best(gains: Floats, score: Floats, reservation: ArrayLike) -> Floats:
    """The point with the highest score among those that cost neither side anything, (..., 2)."""
    inside = np.all(gains >= -TOUCHING, axis=-2, keepdims=True)
    best = np.where(inside, score[..., None, :], -np.inf).argmax(axis=-1, keepdims=True)
    point = np.take_along_axis(gains, best, axis=-1)[..., 0] + np.asarray(reservation, dtype=float)
    return np.where(inside.any(axis=-1), point, np.nan)
