"""Alternating offers over a pie of one: what the side that speaks first gets in equilibrium.

Every argument is a number or an array and they broadcast together; shares and discount factors
lie between 0 and 1, else ValueError.
"""

import numpy as np
from numpy.typing import NDArray

from sim.types import Floats

Real = float | NDArray[np.floating | np.integer]  # a number, or one per run


def rubinstein(discount_proposer: Real, discount_responder: Real) -> Floats:
    """Return the proposer's share when offers alternate without end.

    Parameters
    ----------
    discount_proposer : float or array
        What a pie next round is worth to the proposer now, 0 to 1.
    discount_responder : float or array
        The same for the responder, 0 to 1.

    Returns
    -------
    float or array
        The share of a pie of one, 0 to 1.

    Raises
    ------
    ValueError
        For a factor outside 0 to 1, or where both are 1, as nothing would press either side.

    References
    ----------
    Rubinstein, A. (1982), Perfect equilibrium in a bargaining model, Econometrica 50, 97-109.

    Examples
    --------
    >>> from sim.theory.alternating_offers import rubinstein
    >>> print(f"{rubinstein(0.9, 0.9):.3f}")
    0.526
    """
    proposer = _fraction(discount_proposer, "discount_proposer")
    responder = _fraction(discount_responder, "discount_responder")
    if np.any(proposer * responder == 1):
        raise ValueError("both discount factors are 1; at least one side must mind waiting")
    return (1 - responder) / (1 - proposer * responder)


def finite_horizon(discount: Real, offers: Real) -> Floats:
    """Return the first proposer's share when the last of some alternating offers is final.

    Parameters
    ----------
    discount : float or array
        The discount factor of both sides, 0 to 1.
    offers : int or array
        How many offers there are, at least 1.

    Returns
    -------
    float or array
        The share of a pie of one, 0 to 1.

    Raises
    ------
    ValueError
        For a factor outside 0 to 1, or a number of offers that is not whole or below 1.

    References
    ----------
    Ståhl, I. (1972), Bargaining Theory, Stockholm School of Economics.

    Examples
    --------
    >>> from sim.theory.alternating_offers import finite_horizon
    >>> print(f"{finite_horizon(0.9, 2):.3f}")
    0.100
    """
    delta, rounds = _fraction(discount, "discount"), np.asarray(offers, dtype=float)
    if np.any(rounds < 1) or np.any(rounds != np.floor(rounds)):
        raise ValueError(f"offers is {offers}; expected a whole number, 1 or more")
    swing = np.where(rounds % 2 == 0, 1.0, -1.0) * delta**rounds
    return np.asarray((1 - swing) / (1 + delta))


def with_outside_option(discount_proposer: Real, discount_responder: Real, option: Real) -> Floats:
    """Return the proposer's share when the responder may walk away to something else.

    The option matters only when it beats the responder's share in Rubinstein's game: a threat that
    nobody would carry out moves nothing.

    Parameters
    ----------
    discount_proposer : float or array
        What a pie next round is worth to the proposer now, 0 to 1.
    discount_responder : float or array
        The same for the responder, 0 to 1.
    option : float or array
        What the responder has elsewhere, in shares of the pie, 0 to 1.

    Returns
    -------
    float or array
        The share of a pie of one, 0 to 1.

    Raises
    ------
    ValueError
        For an argument outside 0 to 1.

    References
    ----------
    Binmore, K., Shaked, A. and Sutton, J. (1989), An outside option experiment, Quarterly Journal
    of
    Economics 104, 753-770.

    Examples
    --------
    >>> from sim.theory.alternating_offers import with_outside_option
    >>> print(f"{with_outside_option(0.9, 0.9, 0.7):.3f}")
    0.300
    """
    share = rubinstein(discount_proposer, discount_responder)
    return np.minimum(share, 1 - _fraction(option, "option"))


def with_breakdown(breakdown: Real, proposer_fallback: Real, responder_fallback: Real) -> Floats:
    """Return the proposer's share when talks may break down after a refusal.

    Parameters
    ----------
    breakdown : float or array
        The probability of a breakdown after each refusal, 0 to 1.
    proposer_fallback : float or array
        What the proposer has after a breakdown, in shares of the pie.
    responder_fallback : float or array
        The same for the responder; together at most 1.

    Returns
    -------
    float or array
        The share of a pie of one, 0 to 1.

    Raises
    ------
    ValueError
        For an argument outside 0 to 1, or fallbacks of more than 1 together.

    References
    ----------
    Binmore, K., Rubinstein, A. and Wolinsky, A. (1986), The Nash bargaining solution in economic
    modelling, RAND Journal of Economics 17, 176-188.

    Examples
    --------
    >>> from sim.theory.alternating_offers import with_breakdown
    >>> print(f"{with_breakdown(0.5, 0.2, 0.3):.3f}")
    0.533
    """
    risk = _fraction(breakdown, "breakdown")
    ours, theirs = _fallbacks(proposer_fallback, responder_fallback)
    return (1 - theirs + (1 - risk) * ours) / (2 - risk)


def split_the_difference(proposer_fallback: Real, responder_fallback: Real) -> Floats:
    """Return the proposer's share in Nash's solution: the fallback and half of what is left.

    It is the limit of `with_breakdown` when a breakdown becomes unlikely.

    Parameters
    ----------
    proposer_fallback : float or array
        What the proposer has without a deal, in shares of the pie.
    responder_fallback : float or array
        The same for the responder; together at most 1.

    Returns
    -------
    float or array
        The share of a pie of one, 0 to 1.

    Raises
    ------
    ValueError
        For fallbacks outside 0 to 1, or of more than 1 together.

    References
    ----------
    Nash, J. F. (1950), The bargaining problem, Econometrica 18, 155-162.

    Examples
    --------
    >>> from sim.theory.alternating_offers import split_the_difference
    >>> print(f"{split_the_difference(0.2, 0.3):.2f}")
    0.45
    """
    ours, theirs = _fallbacks(proposer_fallback, responder_fallback)
    return (1 + ours - theirs) / 2


def _fallbacks(ours: Real, theirs: Real) -> tuple[Floats, Floats]:
    """Return the two fallbacks as arrays, checked."""
    first = _fraction(ours, "proposer_fallback")
    second = _fraction(theirs, "responder_fallback")
    if np.any(first + second > 1):
        raise ValueError(f"the fallbacks {ours} and {theirs} add up to more than the pie of 1")
    return first, second


def _fraction(value: Real, name: str) -> Floats:
    """Return the value as an array, after checking that it lies between 0 and 1."""
    fraction = np.asarray(value, dtype=float)
    if not np.all((fraction >= 0) & (fraction <= 1)):
        raise ValueError(f"{name} is {value}; expected a value between 0 and 1")
    return fraction
