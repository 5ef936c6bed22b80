"""Analyse one outcome of a sweep in all the ways that its design allows."""

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
    """Hold what the analyses of an outcome show.

    Parameters
    ----------
    estimates : CellEstimates
        The outcome in every cell.
    curves : tuple of ResponseCurve
        The outcome along each key.
    heat_maps : tuple of HeatMap
        The outcome over pairs of keys.
    noise : Finding or None
        The share of the variance that the design points do not explain.
    morris, sobol : mapping or None
        Indices by policy; None for another design.
    discovery : Discovery or None
        When the outcome is of interest.
    regret : Regret or None
        How policies fare.
    left_out : mapping of str to str
        Why the design does not allow an analysis, by its name.
    refused : mapping of str to str
        Why an analysis was refused for missing runs, by its name.
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
    """Analyse an outcome in every way that its design allows.

    Parameters
    ----------
    estimates : CellEstimates
        The outcome, from `cell_estimates`.
    threshold : float, optional
        What a case of interest and a satisfied policy reach; where less is better they stay at or
        below it. Of a share it lies between 0 and 1.
    less_is_better : bool, optional
        Whether less of the outcome is better; its name decides where it is not given.

    Returns
    -------
    ReportData
        What each analysis shows, or why it was left out.

    Raises
    ------
    AnalysisError
        For a threshold that is not finite, or outside the range of a share.
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
