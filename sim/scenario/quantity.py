"""A value we are unsure of: a number, a range or a distribution, and one draw of it per run.

A quantity in a scenario says three things: what the number is, how far it might be from the
truth, and what it rests on. One uniform number of luck per run is turned into one value per run
by the inverse of the distribution, so that a wider range or a moved centre never changes whose
luck is whose.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from scipy import special

from sim.types import Floats

#: How closely a PERT distribution holds to its mode (Malcolm et al. 1959 use 4).
PERT_PEAKEDNESS = 4.0

#: Luck is cut off this close to 0 and 1, its finest step, where it would reach infinity.
FINEST_LUCK = 2.0**-53

FORMS = ("value", "uniform", "triangular", "pert", "normal", "lognormal", "beta", "discrete")


class Normal(BaseModel):
    """A normal distribution by its mean and standard deviation."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    mean: float
    sd: Annotated[float, Field(gt=0)]


class Lognormal(BaseModel):
    """A lognormal distribution by its median and the standard deviation of its logarithm."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    median: Annotated[float, Field(gt=0)]
    sigma: Annotated[float, Field(gt=0)]


class Beta(BaseModel):
    """A beta distribution by its two shape parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    a: Annotated[float, Field(gt=0)]
    b: Annotated[float, Field(gt=0)]


class Quantity(BaseModel):
    """A number of the scenario: a value, a range or a distribution, and what it rests on.

    Exactly one of `value`, `uniform`, `triangular`, `pert`, `normal`, `lognormal`, `beta` and
    `discrete` is given. A `value` with `low` and `high` is drawn from the triangular distribution
    with these three corners. Every quantity has a `source` (a name in the scenario's `sources`)
    or a `basis`: `judgement`, or `definition` where the number only fixes a unit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    within: ClassVar[tuple[float, float]] = (-np.inf, np.inf)

    value: float | None = Field(None, description="the number itself, or its most likely value")
    low: float | None = Field(None, description="the lowest plausible value, beside `value`")
    high: float | None = Field(None, description="the highest plausible value, beside `value`")
    uniform: tuple[float, float] | None = Field(None, description="[low, high]")
    triangular: tuple[float, float, float] | None = Field(None, description="[low, mode, high]")
    pert: tuple[float, float, float] | None = Field(None, description="[low, mode, high]")
    normal: Normal | None = None
    lognormal: Lognormal | None = None
    beta: Beta | None = None
    discrete: dict[float, float] | None = Field(None, description="value: weight")
    source: str | None = Field(None, description="a name in the scenario's `sources`")
    basis: Literal["judgement", "definition"] | None = Field(
        None, description="what the number rests on where it has no source"
    )
    note: str = ""

    @field_validator("discrete")
    @classmethod
    def _weights_make_sense(cls, weights: dict[float, float] | None) -> dict[float, float] | None:
        if weights is None:
            return None
        if not weights or min(weights.values()) < 0 or not any(weights.values()):
            raise ValueError("needs at least one value with a positive weight, and no negative one")
        return weights

    @model_validator(mode="after")
    def _says_one_thing(self) -> Quantity:
        given = [form for form in FORMS if getattr(self, form) is not None]
        if len(given) != 1:
            found = " and ".join(given) if given else "none"
            raise ValueError(f"needs exactly one of {', '.join(FORMS)}; found {found}")
        if (self.low is None) != (self.high is None):
            raise ValueError("has only one of `low` and `high`; they come together")
        if self.low is not None and self.value is None:
            raise ValueError("has `low` and `high` without `value`; they go with it")
        if (self.source is None) == (self.basis is None):
            raise ValueError("needs either `source: NAME` or `basis: judgement`")
        self._corners_in_order()
        self._inside_bounds()
        return self

    def _corners_in_order(self) -> None:
        corners = self.corners
        if corners is not None and not corners[0] <= corners[1] <= corners[2]:
            raise ValueError("needs low <= most likely <= high")
        if corners is not None and self.value is None and corners[0] == corners[2]:
            raise ValueError("needs low < high; for a certain number write `value`")

    def _inside_bounds(self) -> None:
        lowest, highest = self.within
        low, high = self.support
        if self.normal is None and (low < lowest or high > highest):
            found = f"{low:g}" if low == high else f"{low:g} to {high:g}"
            span = f"between {lowest:g} and {highest:g}" if highest < np.inf else "at or above 0"
            raise ValueError(f"is {found}; it lies {span}")

    @property
    def corners(self) -> tuple[float, float, float] | None:
        """Lowest, most likely and highest value, where the form has them."""
        if self.value is not None:
            low = self.value if self.low is None else self.low
            return (low, self.value, self.value if self.high is None else self.high)
        if self.uniform is not None:
            return (self.uniform[0], sum(self.uniform) / 2, self.uniform[1])
        return self.triangular or self.pert

    @property
    def support(self) -> tuple[float, float]:
        """The lowest and highest value that a draw can take."""
        if self.corners is not None:
            return self.corners[0], self.corners[2]
        if self.discrete is not None:
            return min(self.discrete), max(self.discrete)
        return (0.0, 1.0) if self.beta else (0.0 if self.lognormal else -np.inf, np.inf)

    @property
    def is_certain(self) -> bool:
        """Whether every draw is the same number."""
        low, high = self.support
        return low == high

    @property
    def centre(self) -> float:
        """The value to quote where one number must do: the mode of a range, else the median."""
        if self.corners is not None:
            return self.corners[1]
        return float(self.ppf(np.array([0.5]))[0])

    def ppf(self, uniforms: Floats) -> Floats:
        """Return the values at uniform numbers in [0, 1) of any shape: the inverse distribution."""
        if self.is_certain:
            return np.full(uniforms.shape, self.support[0])
        return np.asarray(np.clip(self._inverse(uniforms), *self.within))

    def _inverse(self, uniforms: Floats) -> Floats:
        if self.value is not None or self.triangular is not None:
            return _triangular(uniforms, *self._three())
        if self.uniform is not None:
            low, high = self.uniform
            return low + (high - low) * uniforms
        if self.pert is not None:
            return _pert(uniforms, *self.pert)
        if self.normal is not None:
            return self.normal.mean + self.normal.sd * standard_normal(uniforms)
        if self.lognormal is not None:
            growth = np.exp(self.lognormal.sigma * standard_normal(uniforms))
            return np.asarray(self.lognormal.median * growth)
        if self.beta is not None:
            return np.asarray(special.betaincinv(self.beta.a, self.beta.b, uniforms))
        assert self.discrete is not None
        return _discrete(uniforms, self.discrete)

    def _three(self) -> tuple[float, float, float]:
        assert self.corners is not None
        return self.corners

    @staticmethod
    def as_fixed(value: float) -> dict[str, Any]:
        """Return a place of the scenario holding one certain number that a user set."""
        return {"value": value, "basis": "judgement", "note": "set by the user"}


class Share(Quantity):
    """A quantity between 0 and 1."""

    within = (0.0, 1.0)


class Amount(Quantity):
    """A quantity that is not negative."""

    within = (0.0, np.inf)


class Bias(Quantity):
    """A quantity between -1 and 1."""

    within = (-1.0, 1.0)


class Fixed(Quantity):
    """A quantity that is the same in every run: it shapes the grid of packages."""

    @model_validator(mode="after")
    def _is_one_number(self) -> Fixed:
        if not self.is_certain:
            raise ValueError("must be one certain `value`: it is the same in every run")
        return self


def standard_normal(uniforms: NDArray[np.floating]) -> Floats:
    """Return standard normal values from uniform numbers on [0, 1)."""
    inside = np.clip(uniforms, FINEST_LUCK, 1.0 - FINEST_LUCK)
    return np.asarray(special.ndtri(inside))


def _triangular(uniforms: Floats, low: float, mode: float, high: float) -> Floats:
    """Return values of the inverse of the triangular distribution."""
    turn = (mode - low) / (high - low)
    rising = low + np.sqrt(uniforms * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - uniforms) * (high - low) * (high - mode))
    return np.asarray(np.where(uniforms < turn, rising, falling))


def _pert(uniforms: Floats, low: float, mode: float, high: float) -> Floats:
    """Return values of the inverse PERT distribution: a beta stretched between low and high."""
    a = 1 + PERT_PEAKEDNESS * (mode - low) / (high - low)
    b = 1 + PERT_PEAKEDNESS * (high - mode) / (high - low)
    return low + (high - low) * np.asarray(special.betaincinv(a, b, uniforms))


def _discrete(uniforms: Floats, weights: dict[float, float]) -> Floats:
    """Return values of the inverse of a distribution over a few values."""
    values = np.array(sorted(weights))
    steps = np.cumsum([weights[value] for value in values])
    return np.asarray(values[np.searchsorted(steps[:-1] / steps[-1], uniforms, side="right")])
