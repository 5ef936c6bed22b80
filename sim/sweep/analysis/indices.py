"""Estimate screening and shares of variance of a stored sweep, from its keyed matrices.

The estimators are those of `sim.findings.sensitivity`; here they are given what lies in the
folder, each row found by its matrix and row in the design. A row that is missing, failed
or without a number is refused by name, since indices of incomplete matrices are wrong and look
right.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.findings.designs import DesignTable, ExperimentDesign, screening_design
from sim.findings.sensitivity import Indices, MorrisIndex, explained, indices_from, screening_from
from sim.findings.statistics import Finding
from sim.sweep.analysis.cells import AnalysisError, CellEstimates
from sim.types import Ints


def sobol(estimates: CellEstimates) -> Mapping[int, Indices]:
    """Return Sobol's indices by policy (or by what else is combined with the matrices).

    Parameters
    ----------
    estimates : CellEstimates
        The outcome, from `cell_estimates`.

    Returns
    -------
    mapping of int to Indices
        First and total order of each key, from 0 to 1, by `lever_id`.

    Raises
    ------
    AnalysisError
        For a sweep whose design is not `saltelli`.
    IncompleteError
        Where a run is missing, failed or without a number.
    """
    return {
        group: indices_from(table, estimates.outcome)
        for group, table in tables(estimates, "saltelli").items()
    }


def morris(estimates: CellEstimates) -> Mapping[int, tuple[MorrisIndex, ...]]:
    """Return elementary effects by policy (or by what else is combined with the matrices).

    Parameters
    ----------
    estimates : CellEstimates
        The outcome, from `cell_estimates`.

    Returns
    -------
    mapping of int to tuple of MorrisIndex
        Strength, direction and unevenness of each key, in units of the outcome, by `lever_id`.

    Raises
    ------
    AnalysisError
        For a sweep whose design is not `morris`.
    IncompleteError
        Where a run is missing, failed or without a number.
    """
    return {
        group: screening_from(table, estimates.outcome)
        for group, table in tables(estimates, "morris").items()
    }


def noise_share(estimates: CellEstimates) -> Finding | None:
    """Return the share of the variance between runs that the design points do not explain.

    It is luck and every number that was not swept.

    Parameters
    ----------
    estimates : CellEstimates
        The outcome, from `cell_estimates`.

    Returns
    -------
    Finding or None
        The share, from 0 to 1, with its interval; None where there is one replicate or one point.

    Raises
    ------
    IncompleteError
        Where a run is missing, failed or without a number.
    """
    if min(estimates.values.shape) < 2:
        return None
    estimates.must_be_whole()
    studied, _ = explained(estimates.values, estimates.study.seed)
    words = "share of the variance between runs that the design points do not explain"
    if studied.estimate is None or studied.low is None or studied.high is None:
        return None
    ends = (1.0 - studied.estimate, 1.0 - studied.high, 1.0 - studied.low)
    return Finding("noise", *ends, studied.n, words)


def tables(estimates: CellEstimates, method: str) -> dict[int, DesignTable]:
    """Return the matrices of a design as tables, one for each group of what stands beside them."""
    paths = tuple(key for key in estimates.keys if estimates.method(key) == method)
    if not paths or estimates.matrix is None or estimates.row is None:
        raise AnalysisError(f"the sweep has no design by {method}")
    design = _design(estimates, method, paths)
    place = {name: k for k, name in enumerate(design.matrices)}
    if not set(estimates.matrix) <= place.keys():
        raise AnalysisError(f"the folder holds the matrices of another plan than {method}'s")
    matrix = np.array([place[name] for name in estimates.matrix], dtype=np.int64)
    _must_agree(estimates, design, matrix)
    return {
        int(group): _table(estimates, design, matrix, np.flatnonzero(beside == group))
        for beside in [_beside(estimates, paths)]
        for group in np.unique(beside)
    }


def _design(estimates: CellEstimates, method: str, paths: tuple[str, ...]) -> ExperimentDesign:
    """Return the design whose matrices the sweep has."""
    plan, replicates = estimates.study.design, estimates.values.shape[1]
    side = plan.levers if paths[0] in estimates.levers else plan.uncertainties
    sampling = plan.together or side
    assert sampling is not None
    assert sampling.n is not None
    seed = estimates.study.seed
    if method == "morris":
        return screening_design(paths, trajectories=sampling.n, replicates=replicates, seed=seed)
    return ExperimentDesign("indices", paths, sampling.n, replicates, seed)


def _beside(estimates: CellEstimates, paths: tuple[str, ...]) -> Ints:
    """Return the number of the policy, or state of the world, that each point's matrix belongs
    to.
    """
    if estimates.study.design.together is not None:
        return np.zeros(len(estimates.design_id), dtype=np.int64)
    return estimates.lever_id if paths[0] in estimates.uncertainties else estimates.scenario_id


def _must_agree(estimates: CellEstimates, design: ExperimentDesign, matrix: Ints) -> None:
    """Refuse a folder whose points are not where its study puts them."""
    assert estimates.row is not None
    for p, path in enumerate(design.paths):
        planned = design.points[matrix, estimates.row, p]
        if not np.array_equal(planned, estimates.places[path]):
            k = int(np.flatnonzero(planned != estimates.places[path])[0])
            raise AnalysisError(
                f"design point {estimates.design_id[k]} is not where the study puts it "
                f"({path}); the folder was changed, `parley sweep verify` says how"
            )


def _table(
    estimates: CellEstimates, design: ExperimentDesign, matrix: Ints, points: Ints
) -> DesignTable:
    """Return the cells of some points that were played, with their keys."""
    assert estimates.row is not None
    point, replicate = np.nonzero(estimates.played[points])
    chosen = points[point]
    return DesignTable(
        design,
        matrix[chosen],
        estimates.row[chosen],
        replicate.astype(np.int64),
        {estimates.outcome: estimates.values[chosen, replicate]},
        estimates.rerun_command,
    )
