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
    """The probability of facing a resolute opponent above which a party offers much.

    `cost_own`: the party's own cost of war.
    """
    return np.asarray(np.subtract(cost_high, cost_low) / np.add(cost_high, cost_own), dtype=float)


def gain_from_lying(
    bias: Real,
    error: Real,
    aversion: Real,
    cost_low: Real,
    cost_high: Real,
) -> Floats:
    """What a mediator gains by calling resolute an opponent it believes is not, in utils.

    `error`: probability that the mediator's information is wrong. Its word is worth something
    where this is not above zero.
    """
    stake = _stake(error, cost_low, cost_high)
    return np.asarray(np.multiply(error, aversion) - np.multiply(bias, stake), dtype=float)


def critical_bias(error: Real, aversion: Real, cost_low: Real, cost_high: Real) -> Floats:
    """The least bias towards the party at which a mediator tells it the truth.

    Where (1 - error) cost_high does not exceed cost_low, even the most biased mediator prefers
    restraint, and no bias is enough: for numbers ValueError, in arrays infinity.
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
    """How far a mediator is believed, from 0 to 1 at the critical bias, in proportion to its bias.

    In arrays 0 where no bias would be enough; for numbers that is a ValueError, as in
    `critical_bias`. Where there is no temptation to lie every mediator not biased against the
    party is believed. The proportion is our judgement: theory has a step here.
    """
    critical = critical_bias(error, aversion, cost_low, cost_high)
    leaning = np.asarray(bias, dtype=float)
    untempted = np.where((critical <= 0) & (leaning >= 0), 1.0, 0.0)
    part = np.divide(leaning, critical, out=untempted, where=critical > 0)
    return np.asarray(np.clip(part, 0.0, 1.0))


def _stake(error: Real, cost_low: Real, cost_high: Real) -> Floats:
    """What crying "resolute" costs the party: the share a small offer would have won it."""
    return np.asarray(np.multiply(np.subtract(1.0, error), cost_high) - cost_low, dtype=float)
