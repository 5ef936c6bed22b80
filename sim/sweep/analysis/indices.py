"""Screening and shares of variance of a stored sweep, from its keyed matrices.

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


def sobol(answers: CellEstimates) -> Mapping[int, Indices]:
    """Sobol's indices by policy (`lever_id`, or what stands beside the matrices).

    Raises AnalysisError for a sweep that was not designed for them, IncompleteError for a gap.
    """
    return {
        group: indices_from(table, answers.outcome)
        for group, table in tables(answers, "saltelli").items()
    }


def morris(answers: CellEstimates) -> Mapping[int, tuple[MorrisIndex, ...]]:
    """Elementary effects by policy; see `sobol`."""
    return {
        group: screening_from(table, answers.outcome)
        for group, table in tables(answers, "morris").items()
    }


def noise_share(answers: CellEstimates) -> Finding | None:
    """Return the share of the variance between runs that the design points do not explain.

    It is luck and every number that was not swept. None where there is one replicate or point.
    Raises IncompleteError for a gap.
    """
    if min(answers.values.shape) < 2:
        return None
    answers.must_be_whole()
    studied, _ = explained(answers.values, answers.study.seed)
    words = "share of the variance between runs that the design points do not explain"
    if studied.estimate is None or studied.low is None or studied.high is None:
        return None
    ends = (1.0 - studied.estimate, 1.0 - studied.high, 1.0 - studied.low)
    return Finding("noise", *ends, studied.n, words)


def tables(answers: CellEstimates, method: str) -> dict[int, DesignTable]:
    """Return the matrices of a design as tables, one for each group of what stands beside them."""
    paths = tuple(key for key in answers.keys if answers.method(key) == method)
    if not paths or answers.matrix is None or answers.row is None:
        raise AnalysisError(f"the sweep has no design by {method}")
    design = _design(answers, method, paths)
    place = {name: k for k, name in enumerate(design.matrices)}
    if not set(answers.matrix) <= place.keys():
        raise AnalysisError(f"the folder holds the matrices of another plan than {method}'s")
    matrix = np.array([place[name] for name in answers.matrix], dtype=np.int64)
    _must_agree(answers, design, matrix)
    return {
        int(group): _table(answers, design, matrix, np.flatnonzero(beside == group))
        for beside in [_beside(answers, paths)]
        for group in np.unique(beside)
    }


def _design(answers: CellEstimates, method: str, paths: tuple[str, ...]) -> ExperimentDesign:
    plan, replicates = answers.study.design, answers.values.shape[1]
    side = plan.levers if paths[0] in answers.levers else plan.uncertainties
    sampling = plan.together or side
    assert sampling is not None
    assert sampling.n is not None
    seed = answers.study.seed
    if method == "morris":
        return screening_design(paths, trajectories=sampling.n, replicates=replicates, seed=seed)
    return ExperimentDesign("indices", paths, sampling.n, replicates, seed)


def _beside(answers: CellEstimates, paths: tuple[str, ...]) -> Ints:
    """Return the number of the policy, or state of the world, that each point's matrix belongs
    to.
    """
    if answers.study.design.together is not None:
        return np.zeros(len(answers.design_id), dtype=np.int64)
    return answers.lever_id if paths[0] in answers.uncertainties else answers.scenario_id


def _must_agree(answers: CellEstimates, design: ExperimentDesign, matrix: Ints) -> None:
    """Refuse a folder whose points are not where its study puts them."""
    assert answers.row is not None
    for p, path in enumerate(design.paths):
        wanted = design.points[matrix, answers.row, p]
        if not np.array_equal(wanted, answers.places[path]):
            k = int(np.flatnonzero(wanted != answers.places[path])[0])
            raise AnalysisError(
                f"design point {answers.design_id[k]} is not where the study puts it "
                f"({path}); the folder was changed, `parley sweep verify` says how"
            )


def _table(
    answers: CellEstimates, design: ExperimentDesign, matrix: Ints, points: Ints
) -> DesignTable:
    """Return the cells of some points that were played, with their keys."""
    assert answers.row is not None
    point, replicate = np.nonzero(answers.played[points])
    chosen = points[point]
    return DesignTable(
        design,
        matrix[chosen],
        answers.row[chosen],
        replicate.astype(np.int64),
        {answers.outcome: answers.values[chosen, replicate]},
        answers.again,
    )
