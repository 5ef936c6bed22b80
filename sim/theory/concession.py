"""How much of what it hopes for a party has conceded, as time passes.

Functions of time elapsed, in the unit of `patience` (days, or rounds), with one shape parameter:
`beta` below 1 holds out and gives way late ("Boulware"), above 1 concedes early. Arguments are
numbers or arrays, usually (runs,), and broadcast together. `kappa`, the share conceded at once,
and the result lie between 0 and 1. Source: Faratin, Sierra and Jennings, Robotics and Autonomous
Systems 24 (1998) 159-182.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.types import Floats

Real = float | NDArray[np.floating | np.integer]  # a number, or one per run


def time_dependent(elapsed: Real, patience: Real, kappa: Real, beta: Real) -> Floats:
    """Return the share conceded when the rest follows a power of the time elapsed.

    Parameters
    ----------
    elapsed : float or array
        Time since talks began, in days or rounds.
    patience : float or array
        When all is conceded, in the same unit; at once where it is 0 or less.
    kappa : float or array
        The share conceded at once, 0 to 1.
    beta : float or array
        Below 1 holds out and gives way late, above 1 concedes early; above 0.

    Returns
    -------
    float or array
        The share conceded, 0 to 1.

    Raises
    ------
    ValueError
        For a `beta` of 0 or less.

    References
    ----------
    Faratin, P., Sierra, C. and Jennings, N. R. (1998), Negotiation decision functions for
    autonomous agents, Robotics and Autonomous Systems 24, 159-182.

    Examples
    --------
    >>> from sim.theory.concession import time_dependent
    >>> print(f"{time_dependent(50.0, 100.0, 0.1, 0.5):.3f}")
    0.325
    """
    given = np.asarray(kappa, dtype=float)
    return given + (1 - given) * time_used(elapsed, patience) ** (1 / _above_zero(beta, "beta"))


def exponential(elapsed: Real, patience: Real, kappa: Real, beta: Real) -> Floats:
    """Return the share conceded when it grows exponentially from `kappa` to all of it.

    For the same `beta` it gives way differently from `time_dependent`, so do not carry values
    across.

    Parameters
    ----------
    elapsed : float or array
        Time since talks began, in days or rounds.
    patience : float or array
        When all is conceded, in the same unit; at once where it is 0 or less.
    kappa : float or array
        The share conceded at once, above 0 and at most 1.
    beta : float or array
        Below 1 holds out and gives way late, above 1 concedes early; above 0.

    Returns
    -------
    float or array
        The share conceded, 0 to 1.

    Raises
    ------
    ValueError
        For a `beta` of 0 or less, or a `kappa` of 0, since growth needs a start.

    References
    ----------
    Faratin, P., Sierra, C. and Jennings, N. R. (1998), Negotiation decision functions for
    autonomous agents, Robotics and Autonomous Systems 24, 159-182.

    Examples
    --------
    >>> from sim.theory.concession import exponential
    >>> print(f"{exponential(50.0, 100.0, 0.1, 0.5):.3f}")
    0.196
    """
    time_left = 1 - time_used(elapsed, patience)
    start = _above_zero(kappa, "kappa")
    return np.exp(time_left ** _above_zero(beta, "beta") * np.log(start))


def time_used(elapsed: Real, patience: Real) -> Floats:
    """Return the share of its patience that a party has used up.

    Parameters
    ----------
    elapsed : float or array
        Time since talks began, in days or rounds.
    patience : float or array
        In the same unit.

    Returns
    -------
    float or array
        From 0 to 1; 1 where there is no patience.

    Examples
    --------
    >>> from sim.theory.concession import time_used
    >>> print(time_used(50.0, 100.0))
    0.5
    """
    spent, whole = np.asarray(elapsed, dtype=float), np.asarray(patience, dtype=float)
    used = np.ones(np.broadcast(spent, whole).shape)
    np.divide(spent, whole, out=used, where=whole > 0)
    return np.clip(used, 0.0, 1.0)


def _above_zero(value: Real, name: str) -> Floats:
    """Return the value as an array, after checking that it is above zero."""
    number = np.asarray(value, dtype=float)
    if not (number > 0).all():
        raise ValueError(f"{name} is {value}; expected a value above zero")
    return number


# --- Tactics: what a scenario may name as a party's way of conceding ---

#: Nobody takes less than a day to concede, or more than ten years.
SHORTEST_CONCESSION, LONGEST_CONCESSION = 1.0, 3650.0

#: A party's haste is counted against a loss of this size, in utils: with a `pace` of 1 it has
#: conceded all once delay has cost it so much. It does not depend on what is to be gained, or
#: whatever widens the zone of agreement would be haggled over longer.
CONCESSION_SCALE = 0.2


@dataclass(frozen=True)
class ConcessionInput:
    """Hold where a party stands when it decides what to hold out for; axis 0 is the run.

    Parameters
    ----------
    reservation : array, (runs,)
        What it has without a deal, in utils.
    top : array, (runs,)
        The best it thinks it can get, in utils, at least the reservation value.
    elapsed : array, (runs,)
        Days of talks in which it has been flexible, since its window opened.
    delay_cost : array, (runs,)
        What a day without a deal costs it, in utils.
    urgency : array, (runs,)
        How far its constituencies press it, 0 to 1.
    """

    reservation: Floats  # (runs,) what no deal is worth to it
    top: Floats  # (runs,) the best it believes the others would still take
    elapsed: Floats  # (runs,) days of talks since its window opened
    delay_cost: Floats  # (runs,) what a day without a deal costs it, in utils
    urgency: Floats  # (runs,) share of what it still holds out for that its people make it drop


class Tactic(Protocol):
    """Concede: go from where a party stands to what it holds out for.

    A tactic is a frozen dataclass with one entry in `TACTICS`. It names its `numbers`, each with a
    description, and their `bounds`; the scenario gives them.
    """

    #: The numbers a party with this tactic has, and what each of them is.
    numbers: ClassVar[Mapping[str, str]]
    #: The least and the greatest value of each number that has one.
    bounds: ClassVar[Mapping[str, tuple[float, float]]]
    #: Whether what a party holds out for never rises as talks go on and nothing else changes.
    monotone: ClassVar[bool]

    def __call__(self, numbers: Mapping[str, Floats], stance: ConcessionInput) -> Floats:
        """Return the aspiration in utils, at least the reservation value: (runs,)."""
        ...


@dataclass(frozen=True)
class CostOfDelay:
    """Concedes the sooner the more a day of delay costs.

    All is conceded after `pace` times `CONCESSION_SCALE` over the cost of a day, in days; until
    then the concession follows the time-dependent form with `opening` and `shape`. Pressing
    constituencies make it drop part of the rest.
    """

    numbers: ClassVar[Mapping[str, str]] = {
        "opening": "share conceded at once",
        "shape": "below 1 holds out until late, above 1 gives way early",
        "pace": "loss by delay after which all is conceded, in fifths of a util",
    }
    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {
        "opening": (0.0, 1.0),
        "shape": (0.0, np.inf),
        "pace": (0.0, np.inf),
    }
    removed: ClassVar[Mapping[str, str]] = {
        "patience": (
            "write `pace: {value: 0.05, low: 0.02, high: 0.2, basis: judgement}` instead: the loss "
            "by delay, in fifths of a util, after which a party has conceded all, whatever it "
            "stands to gain; 0.05 is 17 days where a day of delay costs 0.0006 utils. How "
            "long talks take is a matter of `stances` now"
        )
    }
    monotone: ClassVar[bool] = True

    def __call__(self, numbers: Mapping[str, Floats], stance: ConcessionInput) -> Floats:
        """Return the aspiration after this much delay."""
        days = numbers["pace"] * CONCESSION_SCALE / np.maximum(stance.delay_cost, 1e-12)
        days = np.clip(days, SHORTEST_CONCESSION, LONGEST_CONCESSION)
        return _conceding(numbers, stance, days)


@dataclass(frozen=True)
class Deadline:
    """Concedes by the calendar: the time-dependent form with a deadline of its own, in days."""

    numbers: ClassVar[Mapping[str, str]] = {
        "opening": "share conceded at once",
        "shape": "below 1 holds out until late, above 1 gives way early",
        "days": "days of talks until all is conceded",
    }
    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {
        "opening": (0.0, 1.0),
        "shape": (0.0, np.inf),
        "days": (0.0, np.inf),
    }
    monotone: ClassVar[bool] = True

    def __call__(self, numbers: Mapping[str, Floats], stance: ConcessionInput) -> Floats:
        """Return the aspiration on this day of talks."""
        return _conceding(numbers, stance, numbers["days"])


def _conceding(numbers: Mapping[str, Floats], stance: ConcessionInput, days: Floats) -> Floats:
    """Return the aspiration of a party that concedes all in so many days: (runs,)."""
    at_stake = np.maximum(stance.top - stance.reservation, 0.0)
    given = time_dependent(stance.elapsed, days, numbers["opening"], _workable(numbers["shape"]))
    given = 1.0 - (1.0 - given) * (1.0 - stance.urgency)
    return stance.reservation + (1.0 - given) * at_stake


def _workable(shape: Floats) -> Floats:
    """Return a shape that can be divided by."""
    return np.maximum(shape, 1e-3)


#: The tactics a scenario may name.
TACTICS: dict[str, type[Tactic]] = {
    "time-dependent": CostOfDelay,
    "deadline": Deadline,
}
