"""Show how an outcome moves with each swept key, all else as drawn; and with two keys at once."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from sim.findings.statistics import Finding
from sim.sweep.analysis.cells import CellEstimates, bins, crossed_mean
from sim.types import Floats

#: A heat map has at most so many cells to a side.
SIDE = 6


@dataclass(frozen=True)
class ResponseCurve:
    """Hold the outcome along one key: settings, or parts of their range, and the mean at each.

    Parameters
    ----------
    key : str
        The swept key.
    names : tuple of str
        The settings, or parts of their range, in words.
    at : tuple of float
        Where they lie on an axis.
    findings : tuple of Finding
        The mean at each, with its interval.
    change : Finding or None
        The difference between the last setting and the first, in the same states and luck.
    """

    key: str
    names: tuple[str, ...]
    at: tuple[float, ...]
    findings: tuple[Finding, ...]
    change: Finding | None = None  # from the first setting to the last, cell by cell

    @property
    def swing(self) -> float:
        """Return the difference between its highest and lowest mean."""
        estimates = [finding.estimate for finding in self.findings if finding.estimate is not None]
        return max(estimates) - min(estimates) if estimates else 0.0


def curves(estimates: CellEstimates) -> tuple[ResponseCurve, ...]:
    """Return a curve for each key, in the order of the study.

    Parameters
    ----------
    estimates : CellEstimates
        The outcome, from `cell_estimates`.

    Returns
    -------
    tuple of ResponseCurve
        The outcome along each key, all else as drawn.
    """
    return tuple(curve(estimates, key) for key in estimates.keys)


def curve(estimates: CellEstimates, key: str) -> ResponseCurve:
    """Return the outcome along a key.

    Where one key moved at a time, it is the key's own line; of Saltelli's matrices it takes A and
    B; else all points. Intervals are those of `crossed_mean`.
    """
    points = np.flatnonzero(_points(estimates, key))
    inside, names, at = bins(estimates.settings[key][points])
    findings = tuple(
        estimates.mean(points[inside == k], f"{key} {name}") for k, name in enumerate(names)
    )
    return ResponseCurve(key, names, tuple(map(float, at)), findings, change(estimates, key))


def change(estimates: CellEstimates, key: str) -> Finding | None:
    """Return the change from a lever's first setting to its last, in the same state and luck.

    Far more precise than the two means apart where design points share their luck. None unless
    the key is a lever that meets each state, and each setting of the other levers, at both ends,
    and the points are a sample.
    """
    points = np.flatnonzero(estimates.sample)
    if (
        key not in estimates.levers
        or estimates.study.design.together is not None
        or not len(points)
    ):
        return None
    settings = estimates.settings[key][points]
    ends = np.unique(settings)[[0, -1]]
    others = [estimates.settings[lever][points].astype(str) for lever in estimates.levers]
    others.pop(estimates.levers.index(key))
    ends_by_pair: list[dict[tuple[str, ...], int]] = []
    for end in ends:
        rows = np.flatnonzero(settings == end)
        states = estimates.scenario_id[points[rows]].astype(str)
        beside = zip(states, *(lever[rows] for lever in others), strict=True)
        ends_by_pair.append(dict(zip(beside, points[rows].tolist(), strict=True)))
    first, last = ends_by_pair
    if ends[0] == ends[1] or first.keys() != last.keys():
        return None
    before, after = (np.array([side[pair] for pair in first]) for side in (first, last))
    return crossed_mean(
        f"{key} from {ends[0]} to {ends[1]}",
        estimates.values[after] - estimates.values[before],
        estimates.cluster[before],
        f"difference in {estimates.words}",
    )


def _points(estimates: CellEstimates, key: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return the points on a key's curve: (points,)."""
    if estimates.matrix is not None:
        matrix = np.array(estimates.matrix)
        if estimates.method(key) == "one_at_a_time":
            return np.asarray(matrix == key)
        if "one_at_a_time" in estimates.methods:
            return np.asarray(matrix == "baseline")
    if "morris" in estimates.methods:
        return np.ones(len(estimates.design_id), dtype=bool)
    return estimates.sample


@dataclass(frozen=True)
class HeatMap:
    """Hold the mean outcome over the settings of two keys.

    Parameters
    ----------
    across, along : str
        The two keys.
    names : pair of tuple of str
        Their settings, or parts of their range, in words.
    means : array of float, (across, along)
        The mean of each cell; NaN where none was played.
    n : array of float, (across, along)
        The design points of each cell.
    """

    across: str
    along: str
    names: tuple[tuple[str, ...], tuple[str, ...]]
    means: Floats
    n: Floats


def heat_map(estimates: CellEstimates, across: str, along: str) -> HeatMap:
    """Return the outcome over two keys; long ranges are cut into parts of equally many points.

    Parameters
    ----------
    estimates : CellEstimates
        The outcome, from `cell_estimates`.
    across, along : str
        Two swept keys.

    Returns
    -------
    HeatMap
        The means by cell.
    """
    points = np.flatnonzero(estimates.sample)
    rows, columns = (
        bins(estimates.settings[key][points], SIDE, SIDE - 2) for key in (across, along)
    )
    shape = (len(rows[1]), len(columns[1]))
    means = estimates.means[points]
    is_number = np.isfinite(means)
    place = np.ravel_multi_index((rows[0][is_number], columns[0][is_number]), shape)
    count = np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape)
    total = np.bincount(place, means[is_number], shape[0] * shape[1]).reshape(shape)
    cells = np.where(count, total / np.maximum(count, 1), np.nan)
    return HeatMap(across, along, (rows[1], columns[1]), cells, count.astype(np.float64))


def heat_maps(estimates: CellEstimates, most: int = 3) -> tuple[HeatMap, ...]:
    """Return the heat maps of pairs of levers, and of the two uncertainties that move most.

    Parameters
    ----------
    estimates : CellEstimates
        The outcome, from `cell_estimates`.
    most : int
        The most maps, 1 or more.

    Returns
    -------
    tuple of HeatMap
        The maps; none where the points are no sample.
    """
    if not estimates.sample.any():
        return ()
    pairs = list(itertools.combinations(estimates.levers, 2))[: most - 1]
    unsure = sorted(estimates.uncertainties, key=lambda key: -curve(estimates, key).swing)[:2]
    if len(unsure) == 2:
        pairs.append((unsure[0], unsure[1]))
    elif not pairs and len(estimates.keys) == 2:
        pairs.append((estimates.keys[0], estimates.keys[1]))
    return tuple(heat_map(estimates, *pair) for pair in pairs)
