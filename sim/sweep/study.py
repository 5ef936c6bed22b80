"""Validate the file of a study, with every complaint in one reading.

A study names a scenario, the levers that someone could move, the uncertainties that nobody can,
how their settings are combined into design points, and how often each is played. Levers and
uncertainties are written alike: a lever of the scenario by its name, or any value of the scenario
by its path.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sim.scenario.errors import did_you_mean, quote_value
from sim.scenario.quantity import Beta, Lognormal, Normal, Quantity
from sim.scenario.schema import MOST_DAYS

#: A run is known by its design point and replicate in one number, so there are fewer than these.
MOST_REPLICATES = 1_000_000

FORMS = ("uniform", "triangular", "pert", "normal", "lognormal", "beta", "discrete")
KEYED = ("saltelli", "morris")
GRIDS = ("factorial", "zip", "one_at_a_time")
NEED_N = ("latin_hypercube", "sobol", "saltelli", "random", "morris")

Method = Literal[
    "factorial",
    "zip",
    "one_at_a_time",
    "latin_hypercube",
    "sobol",
    "saltelli",
    "morris",
    "random",
    "table",
]


class StudyPart(BaseModel):
    """Validate a part of a study: frozen, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Range(StudyPart):
    """Say which settings a swept key takes: at most one form; `{}` is the scenario's own range.

    A list under `values` has single settings of any type, in their order. A range without a list
    is cut into `steps` settings where the design is a grid: evenly between `low` and `high`, and
    at the middles of equally likely parts of a distribution.

    Parameters
    ----------
    values : list, optional
        Single settings, numbers or words; equally likely where sampled.
    low, high : float, optional
        Every number between the two; `low` is less than `high`.
    integers : tuple of int, optional
        The first and the last whole number, both included.
    uniform : tuple of float, optional
        A uniform distribution: its ends.
    triangular : tuple of float, optional
        A triangular distribution: low, mode, high.
    pert : tuple of float, optional
        A PERT distribution: low, mode, high.
    normal, lognormal, beta : optional
        Distributions as in scenarios.
    discrete : optional
        Values with their probabilities, as in scenarios.
    scipy : dict, optional
        A distribution of `scipy.stats`: its `name` and parameters.
    steps : int, optional
        The number of settings in a grid.
    baseline : optional
        The setting while another key moves; the scenario's own where it is not given.
    """

    values: list[Any] | None = Field(None, description="settings, equally likely where sampled")
    low: float | None = Field(None, description="beside `high`: every number between")
    high: float | None = None
    integers: tuple[int, int] | None = Field(None, description="[first, last], both included")
    uniform: tuple[float, float] | None = None
    triangular: tuple[float, float, float] | None = None
    pert: tuple[float, float, float] | None = None
    normal: Normal | None = None
    lognormal: Lognormal | None = None
    beta: Beta | None = None
    discrete: dict[float, float] | None = None
    scipy: dict[str, Any] | None = Field(
        None, description="a distribution of scipy.stats: its `name` and parameters"
    )
    steps: int | None = Field(None, ge=2, description="settings of a grid")
    baseline: Any = Field(None, description="where it stays while others move one at a time")

    @field_validator("values")
    @classmethod
    def _single_settings(cls, values: list[Any] | None) -> list[Any] | None:
        """Refuse lists, and settings that are there twice."""
        if values is None:
            return None
        if not values:
            raise ValueError("has no entry; list the settings, such as [1, 2, 3]")
        if any(isinstance(value, list | dict) or value is None for value in values):
            raise ValueError("has an entry that is no single setting; list numbers or words")
        if len({str(value) for value in values}) < len(values):
            raise ValueError("names a setting twice; list each once")
        return values

    @field_validator("scipy")
    @classmethod
    def _scipy_knows_it(cls, scipy: dict[str, Any] | None) -> dict[str, Any] | None:
        """Refuse a distribution that `scipy.stats` does not have."""
        if scipy is not None:
            frozen(scipy)
        return scipy

    @model_validator(mode="after")
    def _says_one_thing(self) -> Range:
        """Refuse more than one form, half a form, and ranges that are empty."""
        given = [form for form in self._forms() if getattr(self, form) is not None]
        if len(given) > 1:
            raise ValueError(f"says several things: {' and '.join(given)}; keep one of them")
        if (self.low is None) != (self.high is None):
            raise ValueError("has only one of `low` and `high`; they come together")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"goes from {self.low:g} to {self.high:g}; it needs low < high")
        if self.integers is not None and not self.integers[0] < self.integers[1]:
            first, last = self.integers
            raise ValueError(f"has integers from {first} to {last}; first < last is needed")
        if self.form in FORMS:
            self.quantity()  # says what is wrong with the distribution
        return self

    @staticmethod
    def _forms() -> tuple[str, ...]:
        """Return the keys that each begin a form."""
        return ("values", "low", "integers", *FORMS, "scipy")

    @property
    def form(self) -> str | None:
        """Return which form it has; None for the scenario's own range."""
        return next((form for form in self._forms() if getattr(self, form) is not None), None)

    def quantity(self) -> Quantity:
        """Return the distribution, where it is one that scenarios have too.

        Returns
        -------
        Quantity
            The distribution, as a scenario would have it.
        """
        assert self.form in FORMS
        spec = self.model_dump(include={str(self.form)})
        return Quantity.model_validate({**spec, "basis": "judgement"})

    @classmethod
    def of(cls, distribution: Any) -> Range:
        """Return the range of any frozen distribution of `scipy.stats`.

        Parameters
        ----------
        distribution : frozen distribution
            Such as `stats.gamma(2, scale=0.1)`.

        Returns
        -------
        Range
            The range that a study writes as `{scipy: {name: gamma, a: 2, scale: 0.1}}`.

        Examples
        --------
        >>> from scipy import stats
        >>> from sim.sweep import Range
        >>> Range.of(stats.gamma(2, scale=0.1)).scipy
        {'name': 'gamma', 'a': 2, 'scale': 0.1}
        """
        names = [name.strip() for name in (distribution.dist.shapes or "").split(",") if name]
        shapes = dict(zip((*names, "loc", "scale"), distribution.args, strict=False))
        spec = {"name": distribution.dist.name, **shapes, **distribution.kwds}
        return cls.model_validate({"scipy": spec})


def frozen(spec: dict[str, Any]) -> Any:
    """Return the distribution of `scipy.stats` that a range names. Raises ValueError if none."""
    from scipy import stats

    parameters = {name: value for name, value in spec.items() if name != "name"}
    family = getattr(stats, str(spec.get("name")), None)
    if not isinstance(family, stats.rv_continuous | stats.rv_discrete):
        raise ValueError(f"has no known `name`: {quote_value(spec.get('name'))}; see scipy.stats")
    try:
        distribution = family(**parameters)
        median = float(distribution.ppf(0.5))
    except (TypeError, ValueError) as error:
        raise ValueError(f"cannot be made: {error}; give the parameters of scipy.stats") from None
    if not math.isfinite(median):
        raise ValueError("has parameters that are out of range; see scipy.stats")
    return distribution


class Sampling(StudyPart):
    """Say how the settings of some keys make design points."""

    method: Method
    n: int | None = Field(None, ge=1, description="points; rows of a matrix; trajectories")
    file: str | None = Field(None, description="a table in CSV, beside the study")

    @model_validator(mode="after")
    def _has_its_number(self) -> Sampling:
        """Refuse a method without what it needs, or with what it cannot use."""
        if self.method in NEED_N and self.n is None:
            raise ValueError(f"has no `n`; {self.method} needs one")
        if self.method not in NEED_N and self.n is not None:
            raise ValueError(f"has an `n`; {self.method} takes its settings from the ranges")
        if (self.method == "table") != (self.file is not None):
            raise ValueError("needs `file` and `method: table` together; keep both or neither")
        if self.n is not None:
            self._is_a_number_it_can_have(self.n)
        return self

    def _is_a_number_it_can_have(self, n: int) -> None:
        """Refuse a number of points that the method cannot have."""
        if self.method == "morris" and n < 2:
            raise ValueError(f"has {n} trajectory; morris needs 2 or more")
        if self.method in ("sobol", "saltelli") and (n < 2 or n & (n - 1)):
            below = 1 << max(n.bit_length() - 1, 1)
            raise ValueError(
                f"has n {n}, which is not a power of 2 as Sobol's points need; "
                f"take {below} or {2 * below}"
            )


class StudyDesign(StudyPart):
    """Say which points are played: levers and uncertainties each by their own plan, or together.

    `combine` says how points of the one meet points of the other: full_factorial (each with each),
    zip (first with first), cycle (the shorter from its start again).
    """

    levers: Sampling | None = None
    uncertainties: Sampling | None = None
    together: Sampling | None = None
    combine: Literal["full_factorial", "zip", "cycle"] = "full_factorial"

    @model_validator(mode="after")
    def _one_plan_for_each(self) -> StudyDesign:
        """Refuse plans that exclude each other."""
        if self.together is not None and (self.levers or self.uncertainties):
            raise ValueError("has `together` beside a plan for one side; keep one")
        sides = [side for side in (self.levers, self.uncertainties) if side]
        marked = [side.method for side in sides if side.method in (*KEYED, "one_at_a_time")]
        if len(marked) == 2:
            raise ValueError(
                f"has {marked[0]} beside {marked[1]}, and the column `matrix` tells the place of a "
                "point in one of them; put all keys in `together`, or play one side by factorial "
                "or latin_hypercube"
            )
        keyed = [side for side in sides if is_keyed(side)]
        if keyed and self.combine != "full_factorial":
            raise ValueError(f"would take {keyed[0].method} apart; combine: full_factorial")
        return self


def is_keyed(sampling: Sampling) -> bool:
    """Return whether its points belong together in matrices, none of which may be left out."""
    return sampling.method in KEYED


class OutputColumns(StudyPart):
    """Say which columns of the outcomes are kept."""

    keep: list[str] = Field(min_length=1)


class Series(StudyPart):
    """Say which series by day are kept, and for which days and replicates."""

    keep: list[Literal["surplus", "war_values", "phase"]] = Field(min_length=1)
    every_days: int = Field(1, ge=1)
    replicates: int = Field(1, ge=1, description="of each design point, from the first")


class Stop(StudyPart):
    """Stop once the widest 95 % interval over all design points is narrow enough."""

    metric: str = Field(description="a kept column that is a share or a count")
    half_width: float = Field(gt=0)
    max_replicates: int = Field(ge=1, lt=MOST_REPLICATES)


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class Study(StudyPart):
    """Hold what the file of a study says: what is swept of which scenario, and how often.

    Parameters
    ----------
    study : str
        Its name, in small letters, digits and hyphens; it names the folder.
    title : str
        What the study is called on pages.
    scenario : str
        The name of a scenario, or its file beside the study.
    days : int, optional
        Days to play, 1 or more; those of the scenario where they are not given.
    seed : int
        The seed of all random streams, from 0 to less than 2**62.
    replicates : int
        Runs of each design point, from 1 to less than 1,000,000.
    crn : bool
        Whether design points have common random numbers: the luck of the same replicate.
    levers : dict of str to Range
        What someone could move, by key: settings that are chosen.
    uncertainties : dict of str to Range
        What nobody knows, by key: settings that are sampled.
    design : StudyDesign
        How settings make design points.
    constraints : list of str
        What every design point fulfils, such as `leaks <= 1`.
    outcomes : OutputColumns, optional
        Which columns of the outcomes are kept.
    series : Series, optional
        Which series by day are kept.
    stop : Stop, optional
        When enough replicates have been played.
    """

    study: Name
    title: str = ""
    scenario: str = Field(description="its name, or its file beside the study")
    days: int | None = Field(None, ge=1, le=MOST_DAYS)
    seed: int = Field(1, ge=0, lt=2**62)
    replicates: int = Field(ge=1, lt=MOST_REPLICATES, description="runs of each design point")
    crn: bool = Field(True, description="whether design points share the luck of a replicate")
    levers: dict[str, Range] = {}
    uncertainties: dict[str, Range] = {}
    design: StudyDesign = StudyDesign()
    constraints: list[str] = Field(
        default=[], description="what every design point fulfils, such as `leaks <= 1`"
    )
    outcomes: OutputColumns | None = None
    series: Series | None = None
    stop: Stop | None = None

    @property
    def ranges(self) -> dict[str, Range]:
        """Return the ranges of all swept keys, levers first."""
        return {**self.levers, **self.uncertainties}

    @property
    def most_replicates(self) -> int:
        """Return how many runs a design point may come to."""
        return self.stop.max_replicates if self.stop else self.replicates


def not_a_key(key: str, keys: list[str]) -> str:
    """Return the way out for a key that a scenario does not have."""
    return did_you_mean(key, keys) or "`parley show NAME --numbers` lists them"
