"""Find which settings of the uncertainties fit the facts of a case, and whether that is clear.

Two looks at the same stored runs. Rejection (approximate Bayesian computation; Pritchard et al.
1999) keeps the runs that come nearest to the facts; their settings are a sample of what remains
likely. History matching (Craig et al. 1997) rules out the design points that lie further from a
fact than error and chance allow. Neither makes a forecast of the case: what they give is as good as
the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from sim.scenario import loading
from sim.scenario.errors import ScenarioError, ValidationIssue
from sim.scenario.yaml_tree import keys_at_top
from sim.sweep.analysis.cells import AnalysisError, CellEstimates, cell_estimates, shown
from sim.sweep.results import Sweep
from sim.sweep.study import StudyPart
from sim.types import Floats

#: A parameter that narrows by less than this is not identified.
IDENTIFIED = 0.10

#: Standard errors by which narrowing must differ from nothing.
CLEAR = 2.0

#: A point further than this from a fact, in standard deviations, is implausible: at least 95 % of
#: any distribution with one peak lie within (Pukelsheim 1994).
IMPLAUSIBLE = 3.0

#: The ends of the intervals that are given.
ENDS = (0.05, 0.95)

#: What was observed is one case, which single runs are compared with; or it is the share or mean of
#: many cases, which the mean of a design point is compared with.
Compare = Literal["runs", "means"]


# --- Facts


class Observed(StudyPart):
    """Hold what was observed of an outcome: 1 or 0 of what happened or not."""

    observed: float
    error: float = Field(0.0, ge=0, description="standard deviation of the observation")
    source: str = Field(min_length=1, description="where it is from, or `judgement`")


class Facts(StudyPart):
    """Hold the facts of a case, and under which levers it was.

    Parameters
    ----------
    facts : dict of str to Observed
        What was observed, by kept outcome.
    compare : {"runs", "means"}
        Whether it was one case ("runs"), or is a share or mean of many ("means").
    levers : dict of str to float or str
        The settings of the levers in the case.
    """

    facts: dict[str, Observed] = Field(min_length=1)
    compare: Compare = "runs"
    levers: dict[str, float | str] = Field(default_factory=dict)


def read_facts(path: str | Path) -> Facts:
    """Read facts from a YAML file.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Facts
        The facts. Whether a sweep keeps their outcomes is checked by `calibrate`.

    Raises
    ------
    ScenarioError
        With everything that is wrong.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sim.sweep.analysis import read_facts
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "facts.yaml"
    ...     _ = path.write_text("facts: {deal_by_90: {observed: 1, source: invented}}")
    ...     read_facts(path).facts["deal_by_90"].observed
    1.0
    """
    path = Path(path)
    text = loading.read_file(path)
    keys = keys_at_top(text, path.name)
    if "facts" not in keys and (kind := keys & {"study", "scenario"}):
        problem = f"this is a {'study' if 'study' in kind else 'scenario'}"
        hint = "facts of a case are a file of their own, which begins with `facts:`"
        raise ScenarioError([ValidationIssue(path.name, 0, "", problem, "", hint)])
    return loading.read_as(text, path.name, Facts, lambda facts: (), {})


# --- What comes of it


@dataclass(frozen=True)
class Parameter:
    """Hold what the facts say about one uncertainty.

    `shrinkage` is how much narrower its distribution has become (1 less the ratio of standard
    deviations, in places of its own distribution from 0 to 1). `plausible` is the range of the
    design points that history matching leaves, None where none are left.
    """

    key: str
    prior_mean: float
    mean: float
    low: float  # of the 90 % interval
    high: float
    shrinkage: float
    identified: bool
    plausible: tuple[float, float] | None

    @property
    def verdict(self) -> str:
        """Return what the facts say, in words."""
        return f"narrower by {100 * self.shrinkage:.0f} %" if self.identified else "not identified"


@dataclass(frozen=True)
class Fit:
    """Hold one fact beside the runs, before and after the nearest were kept (mean, 5 %, 95 %)."""

    outcome: str
    observed: float
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    ruled_out: float  # share of the design points that this fact alone rules out


@dataclass(frozen=True)
class Calibration:
    """Hold what the facts of a case say about the uncertainties of a sweep.

    Parameters
    ----------
    parameters : tuple of Parameter
        What they say about each uncertainty.
    fits : tuple of Fit
        Each fact beside the runs.
    compare : {"runs", "means"}
        What the facts were compared with.
    runs, kept : int
        The runs (or design points) that were compared, and those that were kept.
    tolerance : float
        The distance of the furthest run that was kept, in standard deviations.
    effective : float
        How many independent design points the kept runs are worth (Kish 1965).
    plausible : float
        The share of the design points that history matching leaves, from 0 to 1.
    left_out : tuple of str
        Uncertainties whose settings are no numbers.
    """

    parameters: tuple[Parameter, ...]
    fits: tuple[Fit, ...]
    compare: Compare
    runs: int
    kept: int
    tolerance: float  # distance of the furthest run that was kept
    effective: float
    plausible: float
    left_out: tuple[str, ...]  # uncertainties whose settings are no numbers


def calibrate(sweep: Sweep, facts: Facts, *, accept: float = 0.02) -> Calibration:
    """Compare a sweep with the facts of a case: by rejection and by history matching.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep that samples uncertainties.
    facts : Facts
        The facts, from `read_facts`.
    accept : float
        The share of the runs that are kept, more than 0 and at most 1.

    Returns
    -------
    Calibration
        What the facts say about each uncertainty.

    Raises
    ------
    AnalysisError
        Where the sweep does not keep an outcome, is no sample of its uncertainties, or has several
        policies of which the facts name none.
    IncompleteError
        Where runs are missing.
    """
    estimates = {name: cell_estimates(sweep, name) for name in facts.facts}
    first = next(iter(estimates.values()))
    points = _points(first, facts)
    for outcome in estimates.values():
        outcome.must_be_whole()
    simulated = np.stack([outcome.values[points] for outcome in estimates.values()], axis=-1)
    if facts.compare == "means":
        simulated = simulated.mean(axis=1, keepdims=True)
    within = np.stack([_within(outcome.values[points]) for outcome in estimates.values()])
    observed = np.array([fact.observed for fact in facts.facts.values()])
    error = np.array([fact.error for fact in facts.facts.values()])
    kept, tolerance = nearest(simulated, observed, error, accept)
    replicates = first.values.shape[1]
    chance = within / replicates + (within if facts.compare == "runs" else 0.0)
    far = implausibility(simulated.mean(axis=1), observed, error, chance)
    plausible = far.max(axis=1) <= IMPLAUSIBLE
    weights = kept.sum(axis=1).astype(np.float64)
    numeric = [k for k in first.uncertainties if first.settings[k].dtype.kind in "fiu"]
    return Calibration(
        tuple(_parameter(first, key, points, weights, plausible) for key in numeric),
        tuple(
            Fit(
                name,
                float(observed[f]),
                _spread(simulated[..., f].ravel()),
                _spread(simulated[..., f][kept]),
                float((far[:, f] > IMPLAUSIBLE).mean()),
            )
            for f, name in enumerate(estimates)
        ),
        facts.compare,
        kept.size,
        int(kept.sum()),
        tolerance,
        effective(weights),
        float(plausible.mean()),
        tuple(key for key in first.uncertainties if key not in numeric),
    )


def _points(estimates: CellEstimates, facts: Facts) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the sampled points of the policy that the facts are about."""
    chosen = estimates.sample.copy()
    if not estimates.uncertainties or not chosen.any():
        raise AnalysisError("the sweep is no sample of uncertainties; nothing can be calibrated")
    for lever, setting in facts.levers.items():
        if lever not in estimates.levers:
            raise AnalysisError(f"the facts set '{lever}', which is no lever of the sweep")
        chosen &= np.array([shown(value) for value in estimates.settings[lever]]) == shown(setting)
    policies = np.unique(estimates.lever_id[chosen])
    if len(policies) != 1:
        named = "; ".join(estimates.policy(int(p)) for p in np.unique(estimates.lever_id)[:6])
        raise AnalysisError(
            f"the facts fit {len(policies)} policies; `levers:` names the one that the case was "
            f"under, of {named}"
        )
    return np.flatnonzero(chosen).astype(np.int64)


def _within(cells: Floats) -> float:
    """Return the variance of runs about the mean of their design point, averaged over the
    points.
    """
    if cells.shape[1] < 2:
        raise AnalysisError("chance shows only from 2 replicates up; the sweep has 1")
    return float(cells.var(axis=1, ddof=1).mean())


def _spread(values: Floats) -> tuple[float, float, float]:
    """Return the mean, the 5 % and the 95 % quantile."""
    low, high = np.quantile(values, ENDS)
    return float(values.mean()), float(low), float(high)


# --- Rejection


def nearest(
    simulated: Floats, observed: Floats, error: Floats, accept: float
) -> tuple[np.ndarray[Any, np.dtype[np.bool_]], float]:
    """Return which runs come nearest to what was observed, and the furthest distance of them.

    `simulated` is (points, replicates, facts). Distances are in standard deviations of each outcome
    over all runs; what lies within the error of an observation is no distance. Runs that are
    equally far are kept together, so that the share may exceed `accept`.
    """
    scale = simulated.std(axis=(0, 1))
    off = np.maximum(np.abs(simulated - observed) - error, 0.0)
    distance = np.sqrt(((off / np.where(scale > 0, scale, 1.0)) ** 2).mean(axis=-1))
    rank = min(max(int(np.ceil(accept * distance.size)), 1), distance.size) - 1
    tolerance = float(np.partition(distance.ravel(), rank)[rank])
    return distance <= tolerance, tolerance


def effective(weights: Floats) -> float:
    """Return how many equal weights these are worth (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def narrowing(places: Floats, weights: Floats) -> tuple[float, bool]:
    """Return how much narrower weights make a sample, and whether that is identified.

    It is where it is at least `IDENTIFIED` and more than `CLEAR` standard errors of the standard
    deviation of so large a sample.
    """
    before, off = float(places.std()), places - places.mean()
    if before == 0.0:
        return 0.0, False
    centre = float(np.average(places, weights=weights))
    after = float(np.sqrt(np.average((places - centre) ** 2, weights=weights)))
    kurtosis = float((off**4).mean()) / before**4
    error = float(np.sqrt((kurtosis - 1.0) / (4.0 * effective(weights))))
    shrinkage = 1.0 - after / before
    return shrinkage, shrinkage >= max(IDENTIFIED, CLEAR * error)


def weighted_quantiles(values: Floats, weights: Floats, at: tuple[float, ...]) -> list[float]:
    """Return the values below which so much of the weight lies."""
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(weights[order]) - 0.5 * weights[order]
    return [float(q) for q in np.interp(np.array(at) * weights.sum(), upto, values[order])]


def _parameter(
    estimates: CellEstimates,
    key: str,
    points: np.ndarray[Any, np.dtype[np.int64]],
    weights: Floats,
    plausible: np.ndarray[Any, np.dtype[np.bool_]],
) -> Parameter:
    """Return what the facts say about one uncertainty."""
    values = estimates.settings[key][points].astype(np.float64)
    places = estimates.places[key][points] if key in estimates.places else values
    shrinkage, identified = narrowing(places, weights)
    low, high = weighted_quantiles(values, weights, ENDS)
    left = values[plausible]
    return Parameter(
        key,
        float(values.mean()),
        float(np.average(values, weights=weights)),
        low,
        high,
        shrinkage,
        identified,
        (float(left.min()), float(left.max())) if len(left) else None,
    )


# --- History matching


def implausibility(means: Floats, observed: Floats, error: Floats, chance: Floats) -> Floats:
    """Return how far each point lies from each fact, in standard deviations: (points, facts).

    The variance is that of the observation and of chance: `chance` (facts,) is that of the mean of
    a design point and, where the fact is a single case, that of one run. A fact without either
    rules out every point that misses it.
    """
    spread = np.sqrt(error**2 + chance)
    off = np.abs(means - observed)
    with np.errstate(divide="ignore", invalid="ignore"):
        far = off / spread
    return np.asarray(np.where(off == 0, 0.0, far))


def as_rows(calibration: Calibration) -> list[Mapping[str, Any]]:
    """Return the parameters as rows of a table."""
    return [
        {
            "key": p.key,
            "prior_mean": p.prior_mean,
            "mean": p.mean,
            "low": p.low,
            "high": p.high,
            "shrinkage": p.shrinkage,
            "verdict": p.verdict,
            "plausible_low": p.plausible[0] if p.plausible else None,
            "plausible_high": p.plausible[1] if p.plausible else None,
        }
        for p in calibration.parameters
    ]
