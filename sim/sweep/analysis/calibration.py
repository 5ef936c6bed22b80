"""Which settings of the uncertainties fit the facts of a case, and whether the facts can tell.

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
    """What was observed of an outcome: 1 or 0 of what happened or not."""

    observed: float
    error: float = Field(0.0, ge=0, description="standard deviation of the observation")
    source: str = Field(min_length=1, description="where it is from, or `judgement`")


class Facts(StudyPart):
    """The facts of a case, and under which levers it was."""

    facts: dict[str, Observed] = Field(min_length=1)
    compare: Compare = "runs"
    levers: dict[str, float | str] = Field(default_factory=dict)


def read_facts(path: str | Path) -> Facts:
    """Read facts from a YAML file. Raises ScenarioError with everything that is wrong."""
    path = Path(path)
    text = loading.read_file(path)
    keys = keys_at_top(text, path.name)
    if "facts" not in keys and (kind := keys & {"study", "scenario"}):
        found = f"this is a {'study' if 'study' in kind else 'scenario'}"
        hint = "facts of a case are a file of their own, which begins with `facts:`"
        raise ScenarioError([ValidationIssue(path.name, 0, "", found, "", hint)])
    return loading.read_as(text, path.name, Facts, lambda facts: (), {})


# --- What comes of it


@dataclass(frozen=True)
class Parameter:
    """What the facts say about one uncertainty.

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
        """What the facts say, in words."""
        return f"narrower by {100 * self.shrinkage:.0f} %" if self.identified else "not identified"


@dataclass(frozen=True)
class Fit:
    """One fact beside the runs: before, and after the nearest were kept (mean, 5 % and 95 %)."""

    outcome: str
    observed: float
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    ruled_out: float  # share of the design points that this fact alone rules out


@dataclass(frozen=True)
class Calibration:
    """What the facts of a case say about the uncertainties of a sweep.

    `effective` is how many independent design points the kept runs are worth (Kish). `plausible`
    is the share of the design points that history matching leaves.
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
    """Hold a sweep against facts; `accept` is the share of the runs that are kept.

    Raises AnalysisError where the sweep does not keep an outcome, is no sample of its
    uncertainties, or has several policies of which the facts name none; IncompleteError where runs
    are missing.
    """
    found = {name: cell_estimates(sweep, name) for name in facts.facts}
    one = next(iter(found.values()))
    points = _points(one, facts)
    for each in found.values():
        each.must_be_whole()
    simulated = np.stack([each.values[points] for each in found.values()], axis=-1)
    if facts.compare == "means":
        simulated = simulated.mean(axis=1, keepdims=True)
    within = np.stack([_within(each.values[points]) for each in found.values()])
    observed = np.array([fact.observed for fact in facts.facts.values()])
    error = np.array([fact.error for fact in facts.facts.values()])
    kept, tolerance = nearest(simulated, observed, error, accept)
    replicates = one.values.shape[1]
    chance = within / replicates + (within if facts.compare == "runs" else 0.0)
    far = implausibility(simulated.mean(axis=1), observed, error, chance)
    plausible = far.max(axis=1) <= IMPLAUSIBLE
    weights = kept.sum(axis=1).astype(np.float64)
    numeric = [k for k in one.uncertainties if one.settings[k].dtype.kind in "fiu"]
    return Calibration(
        tuple(_parameter(one, key, points, weights, plausible) for key in numeric),
        tuple(
            Fit(
                name,
                float(observed[f]),
                _spread(simulated[..., f].ravel()),
                _spread(simulated[..., f][kept]),
                float((far[:, f] > IMPLAUSIBLE).mean()),
            )
            for f, name in enumerate(found)
        ),
        facts.compare,
        kept.size,
        int(kept.sum()),
        tolerance,
        effective(weights),
        float(plausible.mean()),
        tuple(key for key in one.uncertainties if key not in numeric),
    )


def _points(one: CellEstimates, facts: Facts) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the sampled points of the policy that the facts are about."""
    chosen = one.sample.copy()
    if not one.uncertainties or not chosen.any():
        raise AnalysisError("the sweep is no sample of uncertainties; nothing can be calibrated")
    for lever, setting in facts.levers.items():
        if lever not in one.levers:
            raise AnalysisError(f"the facts set '{lever}', which is no lever of the sweep")
        chosen &= np.array([shown(value) for value in one.settings[lever]]) == shown(setting)
    policies = np.unique(one.lever_id[chosen])
    if len(policies) != 1:
        named = "; ".join(one.policy(int(p)) for p in np.unique(one.lever_id)[:6])
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
    low, high = np.quantile(values, ENDS)
    return float(values.mean()), float(low), float(high)


# --- Rejection


def nearest(
    simulated: Floats, observed: Floats, error: Floats, accept: float
) -> tuple[np.ndarray[Any, np.dtype[np.bool_]], float]:
    """Which runs come nearest to what was observed, and how far the furthest of them is.

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
    """How many equal weights these are worth (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def narrowing(places: Floats, weights: Floats) -> tuple[float, bool]:
    """How much narrower weights make a sample, and whether that is identified.

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
    one: CellEstimates,
    key: str,
    points: np.ndarray[Any, np.dtype[np.int64]],
    weights: Floats,
    plausible: np.ndarray[Any, np.dtype[np.bool_]],
) -> Parameter:
    values = one.settings[key][points].astype(np.float64)
    places = one.places[key][points] if key in one.places else values
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
    """How far each point lies from each fact, in standard deviations: (points, facts).

    The variance is that of the observation and of chance: `chance` (facts,) is that of the mean of
    a design point and, where the fact is a single case, that of one run. A fact without either
    rules out every point that misses it.
    """
    spread = np.sqrt(error**2 + chance)
    off = np.abs(means - observed)
    with np.errstate(divide="ignore", invalid="ignore"):
        far = off / spread
    return np.asarray(np.where(off == 0, 0.0, far))


def as_rows(found: Calibration) -> list[Mapping[str, Any]]:
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
        for p in found.parameters
    ]
