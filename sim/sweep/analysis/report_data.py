"""All looks at one outcome of a sweep, each where the design allows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sim.findings.designs import IncompleteError
from sim.findings.sensitivity import Indices, MorrisIndex
from sim.findings.statistics import Finding
from sim.sweep.analysis.cells import AnalysisError, CellEstimates, check_threshold
from sim.sweep.analysis.indices import morris, noise_share, sobol
from sim.sweep.analysis.response_curves import HeatMap, ResponseCurve, curves, heat_maps
from sim.sweep.analysis.robustness import Regret, regret
from sim.sweep.analysis.scenario_discovery import Discovery, discover

Look = TypeVar("Look")


@dataclass(frozen=True)
class ReportData:
    """What was found of an outcome.

    A look that the design does not allow is None, and `left_out` says why, unless the design is
    simply another one; a look that was refused because runs are missing is in `refused`.
    """

    estimates: CellEstimates
    curves: tuple[ResponseCurve, ...]
    heat_maps: tuple[HeatMap, ...]
    noise: Finding | None
    morris: Mapping[int, tuple[MorrisIndex, ...]] | None
    sobol: Mapping[int, Indices] | None
    discovery: Discovery | None
    regret: Regret | None
    left_out: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


def analyze_outcome(
    estimates: CellEstimates, *, threshold: float | None = None, less_is_better: bool | None = None
) -> ReportData:
    """Look at an outcome in every way that its design allows.

    The threshold is what a case of interest and a satisfied policy reach. Where less is better they
    stay at or below it. Raises AnalysisError for a threshold that there cannot be.
    """
    left_out: dict[str, str] = {}
    refused: dict[str, str] = {}
    check_threshold(estimates, threshold)
    less = estimates.less_is_better if less_is_better is None else less_is_better

    def attempt(name: str, look: Callable[[], Look]) -> Look | None:
        try:
            return look()
        except AnalysisError as error:
            left_out[name] = str(error)
        except IncompleteError as error:
            refused[name] = str(error)
        return None

    return ReportData(
        estimates,
        curves(estimates),
        heat_maps(estimates),
        attempt("noise", lambda: noise_share(estimates)),
        attempt("morris", lambda: morris(estimates)) if "morris" in estimates.methods else None,
        attempt("sobol", lambda: sobol(estimates)) if "saltelli" in estimates.methods else None,
        attempt("prim", lambda: discover(estimates, threshold=threshold, at_most=less)),
        attempt("regret", lambda: regret(estimates, threshold=threshold, less_is_better=less)),
        left_out,
        refused,
    )
