"""When a mediator's word is believed: a mediator who only wants peace will always say "give way".

Two types: the other side's cost of war is low (it is resolute) or high. The informed party offers
it little or much; a mediator who has learned the cost, rightly but for an error, may report it.
A mediator values the party's share of what is at stake by its `bias` towards it, 0 to 1, and
dreads war by `aversion` utils. Having learned that the cost is high it gains by crying "resolute"
the war that a small offer risks when its information is wrong, and loses the share given away.
After Kydd, American Journal of Political Science 47 (2003) 597-611; the inequality is our own
derivation for two types. Arguments are numbers or arrays and broadcast; costs are in utils.
"""

import numpy as np
from numpy.typing import NDArray

from sim.types import Floats

Real = float | NDArray[np.floating | np.integer]  # a number, or one per run


def critical_belief(cost_own: Real, cost_low: Real, cost_high: Real) -> Floats:
    """Return the belief in facing a resolute opponent above which a party offers much.

    Parameters
    ----------
    cost_own : float or array
        The party's own cost of war, in utils.
    cost_low : float or array
        The cost of war of a resolute opponent, in utils.
    cost_high : float or array
        The cost of war of another, in utils.

    Returns
    -------
    float or array
        A probability, 0 to 1.

    References
    ----------
    Kydd, A. (2003), Which side are you on?, American Journal of Political Science 47, 597-611; our
    derivation for two types.

    Examples
    --------
    >>> from sim.theory.credibility import critical_belief
    >>> print(f"{critical_belief(0.2, 0.1, 0.4):.2f}")
    0.50
    """
    return np.asarray(np.subtract(cost_high, cost_low) / np.add(cost_high, cost_own), dtype=float)


def gain_from_lying(
    bias: Real,
    error: Real,
    aversion: Real,
    cost_low: Real,
    cost_high: Real,
) -> Floats:
    """Return what a mediator gains by calling resolute an opponent it believes is not.

    Parameters
    ----------
    bias : float or array
        Its bias towards the party, 0 to 1.
    error : float or array
        The probability that its information is wrong, 0 to 1.
    aversion : float or array
        How much it dreads war, in utils.
    cost_low : float or array
        The cost of war of a resolute opponent, in utils.
    cost_high : float or array
        The cost of war of another, in utils.

    Returns
    -------
    float or array
        In utils; its word is worth something where this is not above zero.

    References
    ----------
    Kydd, A. (2003), Which side are you on?, American Journal of Political Science 47, 597-611; our
    derivation for two types.

    Examples
    --------
    >>> from sim.theory.credibility import gain_from_lying
    >>> print(f"{gain_from_lying(1.0, 0.1, 0.2, 0.1, 0.4):.2f}")
    -0.24
    """
    stake = _stake(error, cost_low, cost_high)
    return np.asarray(np.multiply(error, aversion) - np.multiply(bias, stake), dtype=float)


def critical_bias(error: Real, aversion: Real, cost_low: Real, cost_high: Real) -> Floats:
    """Return the least bias towards the party at which a mediator tells it the truth.

    Parameters
    ----------
    error : float or array
        The probability that its information is wrong, 0 to 1.
    aversion : float or array
        How much it dreads war, in utils.
    cost_low : float or array
        The cost of war of a resolute opponent, in utils.
    cost_high : float or array
        The cost of war of another, in utils.

    Returns
    -------
    float or array
        At least 0. Where (1 - error) cost_high does not exceed cost_low no bias is enough:
        infinity in arrays.

    Raises
    ------
    ValueError
        For numbers, where no bias is enough.

    References
    ----------
    Kydd, A. (2003), Which side are you on?, American Journal of Political Science 47, 597-611; our
    derivation for two types.

    Examples
    --------
    >>> from sim.theory.credibility import critical_bias
    >>> print(f"{critical_bias(0.1, 0.2, 0.1, 0.4):.2f}")
    0.08
    """
    stake = _stake(error, cost_low, cost_high)
    temptation = np.asarray(np.multiply(error, aversion), dtype=float)
    if stake.ndim == 0 and temptation.ndim == 0 and not stake > 0:
        raise ValueError(
            f"(1 - error) cost_high - cost_low is {stake:g}; it must be above zero for any "
            "mediator to be credible: lower error, or set the two costs further apart"
        )
    critical = np.full(np.broadcast_shapes(temptation.shape, stake.shape), np.inf)
    np.divide(temptation, stake, out=critical, where=stake > 0)
    return critical


def credibility(
    bias: Real,
    error: Real,
    aversion: Real,
    cost_low: Real,
    cost_high: Real,
) -> Floats:
    """Return how far a mediator is believed, in proportion to its bias.

    Where there is no temptation to lie every mediator not biased against the party is believed. The
    proportion is our judgement: theory has a step here.

    Parameters
    ----------
    bias : float or array
        Its bias towards the party, 0 to 1.
    error : float or array
        The probability that its information is wrong, 0 to 1.
    aversion : float or array
        How much it dreads war, in utils.
    cost_low : float or array
        The cost of war of a resolute opponent, in utils.
    cost_high : float or array
        The cost of war of another, in utils.

    Returns
    -------
    float or array
        From 0 to 1, which it is at the critical bias; 0 in arrays where no bias is enough.

    Raises
    ------
    ValueError
        For numbers, where no bias is enough.

    Examples
    --------
    >>> from sim.theory.credibility import credibility
    >>> print(f"{credibility(0.1, 0.1, 0.2, 0.1, 0.4):.2f}")
    1.00
    """
    critical = critical_bias(error, aversion, cost_low, cost_high)
    leaning = np.asarray(bias, dtype=float)
    untempted = np.where((critical <= 0) & (leaning >= 0), 1.0, 0.0)
    part = np.divide(leaning, critical, out=untempted, where=critical > 0)
    return np.asarray(np.clip(part, 0.0, 1.0))


def _stake(error: Real, cost_low: Real, cost_high: Real) -> Floats:
    """Return what crying "resolute" costs the party: the share a small offer would have won it."""
    return np.asarray(np.multiply(np.subtract(1.0, error), cost_high) - cost_low, dtype=float)
