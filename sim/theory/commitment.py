"""Whether a truce can last: the temptation to resume the war, and what guarantees do about it.

A deal is worth little to a party that expects the other to go back to war once captives and
leverage have changed hands. Source: Fearon, International Organization 49 (1995) 379-414;
Powell, International Organization 60 (2006) 169-203; on guarantees, Walter, International
Organization 51 (1997) 335-364.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from sim.types import Floats

Real = float | NDArray[np.floating | np.integer]  # a number, or one per run


def temptation(
    after: Real,
    settled: Real,
    guarantee_bite: Real,
    guarantee: Real,
    reach: Real,
) -> Floats:
    """Return what a party gains by going back to war after the exchange.

    Parameters
    ----------
    after : float or array
        The value of war once the exchange is done, in utils.
    settled : float or array
        The value of the war ending on the agreed terms, in utils.
    guarantee_bite : float or array
        What reneging costs per level of guarantee, in utils.
    guarantee : float or array
        The level of the guarantee, at least 0.
    reach : float or array
        How far guarantors reach into a truce of that length, 0 to 1.

    Returns
    -------
    float or array
        In utils; negative where there is no temptation.

    References
    ----------
    Fearon, J. D. (1995), Rationalist explanations for war, International Organization 49, 379-414;
    Walter, B. F. (1997), The critical barrier to civil war settlement, International Organization
    51,
    335-364.

    Examples
    --------
    >>> from sim.theory.commitment import temptation
    >>> print(f"{temptation(0.6, 0.5, 0.2, 1.0, 0.25):.2f}")
    0.05
    """
    cost_of_reneging = np.multiply(guarantee_bite, np.multiply(guarantee, reach))
    return np.asarray(np.subtract(after, settled) - cost_of_reneging)


def resumption(temptation: Real, sharpness: Real) -> Floats:
    """Return the probability that a party so tempted goes back to war.

    Parameters
    ----------
    temptation : float or array
        In utils, from `temptation`.
    sharpness : float or array
        Utils of temptation that multiply the odds by e, above 0.

    Returns
    -------
    float or array
        Logistic in temptation over sharpness, 0 to 1.

    Raises
    ------
    ValueError
        For a sharpness of 0 or less.

    Examples
    --------
    >>> from sim.theory.commitment import resumption
    >>> print(f"{resumption(0.0, 0.1):.2f}")
    0.50
    """
    width = np.asarray(sharpness)
    if not (width > 0).all():
        raise ValueError(f"sharpness is {sharpness}; expected a number of utils above zero")
    chance: Floats = expit(np.asarray(temptation) / width)
    return chance


def permanence(resumptions: Floats) -> Floats:
    """Return the probability that no party goes back to war.

    Parameters
    ----------
    resumptions : array, (runs, parties, ...)
        The probability that each does, 0 to 1; parties decide independently.

    Returns
    -------
    array, (runs, ...)
        From 0 to 1.

    Examples
    --------
    >>> from sim.theory.commitment import permanence
    >>> import numpy as np
    >>> permanence(np.array([[0.5, 0.2]])).round(2)
    array([0.4])
    """
    return np.asarray(np.prod(1 - resumptions, axis=1))


def blame(resumptions: Floats) -> Floats:
    """Return each party's share of the danger that the war resumes.

    Parameters
    ----------
    resumptions : array, (runs, parties, ...)
        The probability that each party goes back to war, 0 to 1.

    Returns
    -------
    array, (runs, parties, ...)
        The shares add up to 1, or are all 0 where there is no danger.

    Examples
    --------
    >>> from sim.theory.commitment import blame
    >>> import numpy as np
    >>> blame(np.array([[0.6, 0.2]])).round(2)
    array([[0.75, 0.25]])
    """
    danger = resumptions.sum(axis=1, keepdims=True)
    shares = np.zeros_like(resumptions)
    np.divide(resumptions, danger, out=shares, where=danger > 0)
    return shares


# --- Permanence: what a scenario may name as the way parties judge whether a truce lasts ---


class Permanence(Protocol):
    """Say how the parties judge whether a truce would last.

    A permanence module is a frozen dataclass with these methods and one entry in `PERMANENCE`. It
    names its `numbers`, each with a description, and their `bounds`; the scenario gives them, and
    every method gets them as `numbers`, a mapping of names to arrays (runs,).
    """

    #: The numbers of this way of judging, and what each of them is.
    numbers: ClassVar[Mapping[str, str]]
    #: The least and the greatest value of each number that has one.
    bounds: ClassVar[Mapping[str, tuple[float, float]]]

    def bite(self, numbers: Mapping[str, Floats]) -> Floats:
        """Return what breaking a truce costs per level of guarantee.

        Parameters
        ----------
        numbers : mapping of str to array, (runs,)
            The module's numbers.

        Returns
        -------
        array, (runs,)
            In utils, at least 0.
        """
        ...

    def misjudgement(self, numbers: Mapping[str, Floats]) -> Floats:
        """Return the error in judging another's temptation.

        Parameters
        ----------
        numbers : mapping of str to array, (runs,)
            The module's numbers.

        Returns
        -------
        array, (runs,)
            A standard deviation, in utils.
        """
        ...

    def resumptions(self, numbers: Mapping[str, Floats], temptations: Floats) -> Floats:
        """Return the chance that each party resumes the war.

        Parameters
        ----------
        numbers : mapping of str to array, (runs,)
            The module's numbers.
        temptations : array, (runs, parties, frames)
            What each party would gain, in utils.

        Returns
        -------
        array, (runs, parties, frames)
            Probabilities, 0 to 1.
        """
        ...


@dataclass(frozen=True)
class Endogenous:
    """A truce lasts if nobody is tempted to break it once the exchange is done."""

    numbers: ClassVar[Mapping[str, str]] = {
        "bite": "cost of breaking a truce per level of guarantee that binds, utils",
        "sharpness": "utils of temptation that multiply the odds of resuming by e",
        "misjudgement": "error in judging another's temptation, standard deviation in utils",
    }
    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {
        "bite": (0.0, np.inf),
        "sharpness": (0.0, np.inf),
        "misjudgement": (0.0, np.inf),
    }

    def bite(self, numbers: Mapping[str, Floats]) -> Floats:
        """Return it as the scenario gives it."""
        return numbers["bite"]

    def misjudgement(self, numbers: Mapping[str, Floats]) -> Floats:
        """Return it as the scenario gives it."""
        return numbers["misjudgement"]

    def resumptions(self, numbers: Mapping[str, Floats], temptations: Floats) -> Floats:
        """Logistic in the temptation."""
        sharpness = np.maximum(numbers["sharpness"], 1e-6).astype(temptations.dtype)[:, None, None]
        return resumption(temptations, sharpness)


@dataclass(frozen=True)
class Given:
    """Every truce lasts with the same `chance`, whatever its terms: for textbook cases."""

    numbers: ClassVar[Mapping[str, str]] = {
        "chance": "chance that a truce lasts, whatever its terms"
    }
    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {"chance": (0.0, 1.0)}

    def bite(self, numbers: Mapping[str, Floats]) -> Floats:
        """Return zero: breaking it costs nothing."""
        return np.zeros_like(numbers["chance"])

    def misjudgement(self, numbers: Mapping[str, Floats]) -> Floats:
        """Return zero: there is nothing to misjudge."""
        return np.zeros_like(numbers["chance"])

    def resumptions(self, numbers: Mapping[str, Floats], temptations: Floats) -> Floats:
        """Return the danger shared alike between the parties."""
        parties = temptations.shape[1]
        each = 1.0 - numbers["chance"] ** (1.0 / parties)
        shared = each.astype(temptations.dtype)[:, None, None]
        return np.broadcast_to(shared, temptations.shape)


#: The ways of judging permanence that a scenario may name.
PERMANENCE: dict[str, type[Permanence]] = {
    "endogenous": Endogenous,
    "given": Given,
}
