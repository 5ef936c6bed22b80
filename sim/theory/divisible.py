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
    """Return the corners of the Pareto frontier of issues that can be split.

    Parameters
    ----------
    weights_a : array, (..., issues)
        What the whole of each issue is worth to A, in utils, not negative.
    weights_b : array, (..., issues)
        The same for B.
    floor : array, (..., 2)
        What getting none of anything is worth to A and to B, in utils.

    Returns
    -------
    array, (..., 2, issues + 1)
        Worth to A and to B, from all-to-B to all-to-A. An issue that only one side values goes to
        that side everywhere and repeats a corner.

    Raises
    ------
    ValueError
        For negative weights.

    References
    ----------
    Dantzig, G. B. (1957), Discrete-variable extremum problems, Operations Research 5, 266-288;
    Brams,
    S. J. and Taylor, A. D. (1996), Fair Division, Cambridge University Press.

    Examples
    --------
    >>> from sim.theory.divisible import divisible_frontier
    >>> divisible_frontier([3.0, 1.0], [1.0, 2.0]).tolist()
    [[0.0, 3.0, 4.0], [3.0, 2.0, 0.0]]
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
    """Return the share of each issue that A gets at a point of the frontier.

    Parameters
    ----------
    weights_a : array, (..., issues)
        What the whole of each issue is worth to A, in utils, not negative.
    weights_b : array, (..., issues)
        The same for B.
    worth_a : array, (...)
        What the point is worth to A, in utils; beyond the ends of the frontier, its ends.
    floor : array, (..., 2)
        What getting none of anything is worth to A and to B, in utils.

    Returns
    -------
    array, (..., issues)
        From 0 to 1; at most one issue is split.

    Raises
    ------
    ValueError
        For negative weights.

    Examples
    --------
    >>> from sim.theory.divisible import shares_to_a
    >>> shares_to_a([3.0, 1.0], [1.0, 2.0], 3.5).tolist()
    [1.0, 0.5]
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
    """Return the point of the frontier with the largest product of gains.

    Along an edge the product is a parabola, highest halfway between the points where A and where B
    would gain nothing.

    Parameters
    ----------
    vertices : array, (..., 2, issues + 1)
        The corners of the frontier, from `divisible_frontier`, in utils.
    reservation : array, (..., 2)
        What each side has without a deal, in utils.

    Returns
    -------
    array, (..., 2)
        In utils; NaN where no point gives both sides their reservation value.

    References
    ----------
    Nash, J. F. (1950), The bargaining problem, Econometrica 18, 155-162.

    Examples
    --------
    >>> from sim.theory.divisible import divisible_frontier, on_frontier_nash
    >>> on_frontier_nash(divisible_frontier([3.0, 1.0], [1.0, 2.0])).tolist()
    [3.0, 2.0]
    """
    start, step = _edges(vertices, reservation)
    halfway = _ratio(-start, step).mean(axis=-2, keepdims=True)
    gains = start + np.clip(halfway, 0.0, 1.0) * step
    return _best(gains, gains.prod(axis=-2), reservation)


def on_frontier_egalitarian(vertices: Floats, reservation: ArrayLike = (0.0, 0.0)) -> Floats:
    """Return the point of the frontier where the side that gains less gains most.

    Parameters
    ----------
    vertices : array, (..., 2, issues + 1)
        The corners of the frontier, from `divisible_frontier`, in utils.
    reservation : array, (..., 2)
        What each side has without a deal, in utils.

    Returns
    -------
    array, (..., 2)
        In utils; NaN where no point gives both sides their reservation value.

    References
    ----------
    Kalai, E. (1977), Proportional solutions to bargaining situations, Econometrica 45, 1623-1630.

    Examples
    --------
    >>> from sim.theory.divisible import divisible_frontier, on_frontier_egalitarian
    >>> on_frontier_egalitarian(divisible_frontier([3.0, 1.0], [1.0, 2.0])).round(3).tolist()
    [2.25, 2.25]
    """
    return _balanced(vertices, reservation, np.ones(2))


def on_frontier_kalai_smorodinsky(vertices: Floats, reservation: ArrayLike = (0.0, 0.0)) -> Floats:
    """Return the point of the frontier where both get the same part of their ideal gain.

    Parameters
    ----------
    vertices : array, (..., 2, issues + 1)
        The corners of the frontier, from `divisible_frontier`, in utils.
    reservation : array, (..., 2)
        What each side has without a deal, in utils.

    Returns
    -------
    array, (..., 2)
        In utils; NaN where no point gives both sides their reservation value.

    References
    ----------
    Kalai, E. and Smorodinsky, M. (1975), Other solutions to Nash's bargaining problem,
    Econometrica 43,
    513-518.

    Examples
    --------
    >>> from sim.theory.divisible import divisible_frontier, on_frontier_kalai_smorodinsky
    >>> on_frontier_kalai_smorodinsky(divisible_frontier([3.0, 1.0], [1.0, 2.0])).round(3).tolist()
    [2.769, 2.077]
    """
    ideal_gain = on_frontier_ideal(vertices, reservation) - np.asarray(reservation)
    return _balanced(vertices, reservation, np.where(ideal_gain > TOUCHING, ideal_gain, 1.0))


def on_frontier_ideal(vertices: Floats, reservation: ArrayLike = (0.0, 0.0)) -> Floats:
    """Return the most that each side could get while the other keeps its reservation value.

    Parameters
    ----------
    vertices : array, (..., 2, issues + 1)
        The corners of the frontier, from `divisible_frontier`, in utils.
    reservation : array, (..., 2)
        What each side has without a deal, in utils.

    Returns
    -------
    array, (..., 2)
        In utils; NaN where no point gives both sides their reservation value.

    Examples
    --------
    >>> from sim.theory.divisible import divisible_frontier, on_frontier_ideal
    >>> on_frontier_ideal(divisible_frontier([3.0, 1.0], [1.0, 2.0])).tolist()
    [4.0, 3.0]
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
    """Return the weights and the floor as arrays, checked."""
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
    """Return the issues in the order in which they are handed to A, (..., issues)."""
    return np.argsort(-np.arctan2(ours, theirs), axis=-1, kind="stable")


def _running(steps: Floats) -> Floats:
    """Return the running sum of the steps, with a zero before them, (..., issues + 1)."""
    before = np.zeros((*steps.shape[:-1], 1))
    return np.concatenate([before, np.cumsum(steps, axis=-1)], axis=-1)


def _ratio(above: Floats, below: Floats) -> Floats:
    """Return one over the other, and zero where the lower is zero."""
    out = np.zeros(np.broadcast_shapes(above.shape, below.shape))
    np.divide(above, below, out=out, where=below != 0)
    return out


def _edges(vertices: Floats, reservation: ArrayLike) -> tuple[Floats, Floats]:
    """Return the gains at the start of each edge and their change along it, (..., 2, edges)."""
    gains = vertices - np.asarray(reservation, dtype=float)[..., None]
    return gains[..., :-1], np.diff(gains, axis=-1)


def _balanced(vertices: Floats, reservation: ArrayLike, unit: Floats) -> Floats:
    """Return the point where the smaller of the two gains, each in its own unit (..., 2), is
    largest.
    """
    start, step = _edges(vertices, reservation)
    lead, drift = start / unit[..., None], step / unit[..., None]
    apart = lead[..., :1, :] - lead[..., 1:, :]
    along = np.clip(_ratio(-apart, drift[..., :1, :] - drift[..., 1:, :]), 0.0, 1.0)
    gains = start + along * step
    return _best(gains, (gains / unit[..., None]).min(axis=-2), reservation)


def _best(gains: Floats, score: Floats, reservation: ArrayLike) -> Floats:
    """Return the point with the highest score among those that cost neither side anything, (...,
    2).
    """
    inside = np.all(gains >= -TOUCHING, axis=-2, keepdims=True)
    best = np.where(inside, score[..., None, :], -np.inf).argmax(axis=-1, keepdims=True)
    point = np.take_along_axis(gains, best, axis=-1)[..., 0] + np.asarray(reservation, dtype=float)
    return np.where(inside.any(axis=-1), point, np.nan)
