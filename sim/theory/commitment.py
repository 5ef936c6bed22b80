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
    """What a party gains by going back to war after the exchange, in utils.

    `after`: value of war once the exchange is done; `settled`: value of the war ending on the
    agreed terms; both in utils. Reneging costs `guarantee_bite` utils per level of `guarantee`,
    as far as guarantors reach into a truce of that length: `reach`, from 0 to 1. All broadcast.
    """
    cost_of_reneging = np.multiply(guarantee_bite, np.multiply(guarantee, reach))
    return np.asarray(np.subtract(after, settled) - cost_of_reneging)


def resumption(temptation: Real, sharpness: Real) -> Floats:
    """The probability that a party so tempted goes back to war: logistic in temptation/sharpness.

    `sharpness`: utils of temptation that multiply the odds by e, so the smaller the sharper;
    above zero, else ValueError.
    """
    width = np.asarray(sharpness)
    if not (width > 0).all():
        raise ValueError(f"sharpness is {sharpness}; expected a number of utils above zero")
    chance: Floats = expit(np.asarray(temptation) / width)
    return chance


def permanence(resumptions: Floats) -> Floats:
    """The probability that no party goes back to war, (runs, ...).

    `resumptions`: probability that each does, (runs, parties, ...); parties decide independently.
    """
    return np.asarray(np.prod(1 - resumptions, axis=1))


def blame(resumptions: Floats) -> Floats:
    """Each party's share of the danger that the war resumes, (runs, parties, ...).

    `resumptions`: as for `permanence`. Shares add up to 1, or are all 0 where there is no danger.
    """
    danger = resumptions.sum(axis=1, keepdims=True)
    shares = np.zeros_like(resumptions)
    np.divide(resumptions, danger, out=shares, where=danger > 0)
    return shares


# --- Permanence: what a scenario may name as the way parties judge whether a truce lasts ---


class Permanence(Protocol):
    """How the parties judge whether a truce would last.

    `numbers` maps names to (runs,) arrays.
    """

    #: The numbers of this way of judging, and what each of them is.
    numbers: ClassVar[Mapping[str, str]]
    #: The least and the greatest value of each number that has one.
    bounds: ClassVar[Mapping[str, tuple[float, float]]]

    def bite(self, numbers: Mapping[str, Floats]) -> Floats:
        """What breaking a truce costs per level of guarantee, in utils: (runs,)."""
        ...

    def misjudgement(self, numbers: Mapping[str, Floats]) -> Floats:
        """Standard deviation of the error in judging another's temptation, in utils: (runs,)."""
        ...

    def resumptions(self, numbers: Mapping[str, Floats], temptations: Floats) -> Floats:
        """The chance that each party resumes: (runs, parties, frames) from utils of temptation."""
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
        """As the scenario gives it."""
        return numbers["bite"]

    def misjudgement(self, numbers: Mapping[str, Floats]) -> Floats:
        """As the scenario gives it."""
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
        """Breaking it costs nothing."""
        return np.zeros_like(numbers["chance"])

    def misjudgement(self, numbers: Mapping[str, Floats]) -> Floats:
        """There is nothing to misjudge."""
        return np.zeros_like(numbers["chance"])

    def resumptions(self, numbers: Mapping[str, Floats], temptations: Floats) -> Floats:
        """The danger shared alike between the parties."""
        parties = temptations.shape[1]
        each = 1.0 - numbers["chance"] ** (1.0 / parties)
        shared = each.astype(temptations.dtype)[:, None, None]
        return np.broadcast_to(shared, temptations.shape)


#: The ways of judging permanence that a scenario may name.
PERMANENCE: dict[str, type[Permanence]] = {
    "endogenous": Endogenous,
    "given": Given,
}
