"""Alternating offers over a pie of one: what the side that speaks first gets in equilibrium.

Every argument is a number or an array and they broadcast together; shares and discount factors
lie between 0 and 1, else ValueError.
"""

import numpy as np
from numpy.typing import NDArray

from sim.types import Floats

Real = float | NDArray[np.floating | np.integer]  # a number, or one per run


def rubinstein(discount_proposer: Real, discount_responder: Real) -> Floats:
    """The proposer's share when offers alternate without end.

    The discount factors are what a pie next round is worth now; if both were 1 nothing would
    press either side, and that raises ValueError.
    Source: Rubinstein, Econometrica 50 (1982) 97-109.
    """
    proposer = _fraction(discount_proposer, "discount_proposer")
    responder = _fraction(discount_responder, "discount_responder")
    if np.any(proposer * responder == 1):
        raise ValueError("both discount factors are 1; at least one side must mind waiting")
    return (1 - responder) / (1 - proposer * responder)


def finite_horizon(discount: Real, offers: Real) -> Floats:
    """The first proposer's share when the last of `offers` alternating offers is final.

    `discount` is common to both sides; `offers` is a whole number from 1, else ValueError.
    Source: Ståhl, Bargaining Theory (1972).
    """
    delta, rounds = _fraction(discount, "discount"), np.asarray(offers, dtype=float)
    if np.any(rounds < 1) or np.any(rounds != np.floor(rounds)):
        raise ValueError(f"offers is {offers}; expected a whole number, 1 or more")
    swing = np.where(rounds % 2 == 0, 1.0, -1.0) * delta**rounds
    return np.asarray((1 - swing) / (1 + delta))


def with_outside_option(discount_proposer: Real, discount_responder: Real, option: Real) -> Floats:
    """The proposer's share when the responder may walk away to a pie of `option` instead.

    The option matters only when it beats the responder's share in Rubinstein's game: a threat
    nobody would carry out moves nothing.
    Source: Binmore, Shaked and Sutton, Quarterly Journal of Economics 104 (1989) 753-770.
    """
    share = rubinstein(discount_proposer, discount_responder)
    return np.minimum(share, 1 - _fraction(option, "option"))


def with_breakdown(breakdown: Real, proposer_fallback: Real, responder_fallback: Real) -> Floats:
    """The proposer's share when talks break down with probability `breakdown` after a refusal.

    The fallbacks are what each side has after a breakdown; together they are at most 1, else
    there is nothing to talk about and ValueError is raised.
    Source: Binmore, Rubinstein and Wolinsky, RAND Journal of Economics 17 (1986) 176-188.
    """
    risk = _fraction(breakdown, "breakdown")
    ours, theirs = _fallbacks(proposer_fallback, responder_fallback)
    return (1 - theirs + (1 - risk) * ours) / (2 - risk)


def split_the_difference(proposer_fallback: Real, responder_fallback: Real) -> Floats:
    """The proposer's share in Nash's solution: the fallback and half of what is left.

    It is the limit of `with_breakdown` when a breakdown becomes unlikely.
    Source: Nash, Econometrica 18 (1950) 155-162.
    """
    ours, theirs = _fallbacks(proposer_fallback, responder_fallback)
    return (1 + ours - theirs) / 2


def _fallbacks(ours: Real, theirs: Real) -> tuple[Floats, Floats]:
    """The two fallbacks as arrays, checked."""
    first = _fraction(ours, "proposer_fallback")
    second = _fraction(theirs, "responder_fallback")
    if np.any(first + second > 1):
        raise ValueError(f"the fallbacks {ours} and {theirs} add up to more than the pie of 1")
    return first, second


def _fraction(value: Real, name: str) -> Floats:
    """The value as an array, after checking that it lies between 0 and 1."""
    fraction = np.asarray(value, dtype=float)
    if not np.all((fraction >= 0) & (fraction <= 1)):
        raise ValueError(f"{name} is {value}; expected a value between 0 and 1")
    return fraction
