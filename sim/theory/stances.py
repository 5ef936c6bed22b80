"""When a leadership stands by what it has said, and when it bargains.

A leadership is *firm* or *flexible*. Firm, it signs nothing that gives up part of its stated
position or crosses one of its red lines. Flexible, it bargains by its interests, and red lines have
a price. It goes from one to the other by chance: the more a day without a deal costs, and the more
its people urge it, the sooner it reconsiders. That costs make a party ready is Zartman's hurting
stalemate (2000) and Pruitt's motivation (2005). A hazard of giving way is also the form of
reputational bargaining (Abreu and Gul 2000), where it depends on what delay costs the other side
and on the stakes; that it should depend on one's own cost alone is our assumption.

Rates are per day, costs in utils; arguments are numbers or arrays and broadcast together.
"""

from __future__ import annotations

import numpy as np

from sim.types import Floats

#: The cost of a day of delay, in utils, at which `reconsiders` is the hazard of a day: the unit in
#: which costs are counted here. Only the product of rate and cost matters.
REFERENCE_COST = 0.0006

#: However urgent a deal is, a leadership does not reconsider more than ten times as readily.
LEAST_CALM = 0.1


def reconsidering_rate(
    reconsiders: Floats | float, delay_cost: Floats | float, urgency: Floats | float
) -> Floats:
    """Return the hazard with which a firm leadership turns flexible.

    Parameters
    ----------
    reconsiders : float or array
        Hazard per day at the reference cost of delay, 0 or more.
    delay_cost : float or array
        What a day without a deal costs the party, in utils.
    urgency : float or array
        How far its people press it, 0 to 1.

    Returns
    -------
    float or array
        Per day.

    References
    ----------
    Pruitt, D. G. (2005), Whither ripeness theory?, Working Paper 25, Institute for Conflict
    Analysis and Resolution, George Mason University.

    Examples
    --------
    >>> from sim.theory.stances import reconsidering_rate
    >>> print(f"{reconsidering_rate(0.015, 0.0012, 0.5):.3f}")
    0.060
    """
    calm = np.maximum(1.0 - np.asarray(urgency, dtype=float), LEAST_CALM)
    return np.asarray(reconsiders * (np.asarray(delay_cost, dtype=float) / REFERENCE_COST) / calm)


def closing_rate(window_days: Floats | float) -> Floats:
    """Return the hazard with which a flexible leadership turns firm of itself.

    Parameters
    ----------
    window_days : float or array
        Mean length of a window, in days; above 0. Infinity for one that stays open.

    Returns
    -------
    float or array
        Per day.

    Examples
    --------
    >>> from sim.theory.stances import closing_rate
    >>> print(f"{closing_rate(45.0):.4f}")
    0.0222
    """
    return np.asarray(1.0 / np.maximum(np.asarray(window_days, dtype=float), 1e-9))


def chance_in_a_day(rate: Floats | float) -> Floats:
    """Return the chance that something with a hazard happens within a day.

    Parameters
    ----------
    rate : float or array
        Per day, 0 or more.

    Returns
    -------
    float or array
        From 0 to 1.

    Examples
    --------
    >>> from sim.theory.stances import chance_in_a_day
    >>> print(f"{chance_in_a_day(0.015):.5f}")
    0.01489
    """
    return np.asarray(-np.expm1(-np.asarray(rate, dtype=float)))


def share_flexible(opens: Floats | float, closes: Floats | float) -> Floats:
    """Return the share of days on which a leadership is flexible, in the long run.

    Parameters
    ----------
    opens, closes : float or array
        Hazards per day of turning flexible and of turning firm; 0 or more.

    Returns
    -------
    float or array
        From 0 to 1; 0 where neither ever happens.

    Examples
    --------
    >>> from sim.theory.stances import share_flexible
    >>> print(f"{share_flexible(0.015, 1 / 45):.3f}")
    0.403
    """
    both = np.asarray(opens, dtype=float) + closes
    return np.asarray(np.divide(opens, both, out=np.zeros(np.shape(both)), where=both > 0))


def days_until_all_flexible(opens: float, closes: float, parties: int) -> float:
    """Return the expected days until all of several alike leaderships are flexible at once.

    All are firm at first, and each turns by itself: a birth-and-death chain of the number that is
    flexible, whose mean time to the top has a closed form (Karlin and Taylor 1975, ch. 4).

    Parameters
    ----------
    opens, closes : float
        Hazards per day of turning flexible, above 0, and of turning firm, 0 or more.
    parties : int
        How many there are, 1 or more.

    Returns
    -------
    float
        In days of continuous time; daily steps take about half a day longer for each turn.

    Raises
    ------
    ValueError
        For a rate of turning flexible of 0 or less, which is never.

    Examples
    --------
    >>> from sim.theory.stances import days_until_all_flexible
    >>> print(f"{days_until_all_flexible(0.015, 1 / 45, 2):.1f}")
    149.4
    """
    if not opens > 0:
        raise ValueError(f"opens is {opens}; expected a rate above zero")
    days, step = 0.0, 0.0
    for flexible in range(parties):
        step = (1.0 + flexible * closes * step) / ((parties - flexible) * opens)
        days += step
    return days
