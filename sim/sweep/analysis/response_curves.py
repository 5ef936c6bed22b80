"""How an outcome moves with each swept key, all else as it was drawn; and with two keys at once."""

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
    """The outcome along one key: settings, or parts of their range, and the mean at each."""

    key: str
    names: tuple[str, ...]
    at: tuple[float, ...]
    findings: tuple[Finding, ...]
    change: Finding | None = None  # from the first setting to the last, cell by cell

    @property
    def swing(self) -> float:
        """How far apart its highest and lowest means are."""
        known = [one.estimate for one in self.findings if one.estimate is not None]
        return max(known) - min(known) if known else 0.0


def curves(answers: CellEstimates) -> tuple[ResponseCurve, ...]:
    """Return a curve for each key, in the order of the study."""
    return tuple(curve(answers, key) for key in answers.keys)


def curve(answers: CellEstimates, key: str) -> ResponseCurve:
    """Return the outcome along a key.

    Where one key moved at a time, it is the key's own line; of Saltelli's matrices it takes A and
    B; else all points. Intervals are those of `crossed_mean`.
    """
    points = np.flatnonzero(_points(answers, key))
    inside, names, at = bins(answers.settings[key][points])
    findings = tuple(
        answers.mean(points[inside == k], f"{key} {name}") for k, name in enumerate(names)
    )
    return ResponseCurve(key, names, tuple(map(float, at)), findings, change(answers, key))


def change(answers: CellEstimates, key: str) -> Finding | None:
    """Return what moving a lever from its first setting to its last does, in the same state and
    luck.

    Far sharper than the two means apart where design points share their luck. None unless the key
    is a lever that meets each state, and each setting of the other levers, at both ends, and the
    points are a sample.
    """
    points = np.flatnonzero(answers.sample)
    if key not in answers.levers or answers.study.design.together is not None or not len(points):
        return None
    settings = answers.settings[key][points]
    ends = np.unique(settings)[[0, -1]]
    others = [answers.settings[lever][points].astype(str) for lever in answers.levers]
    others.pop(answers.levers.index(key))
    found: list[dict[tuple[str, ...], int]] = []
    for end in ends:
        rows = np.flatnonzero(settings == end)
        states = answers.scenario_id[points[rows]].astype(str)
        beside = zip(states, *(lever[rows] for lever in others), strict=True)
        found.append(dict(zip(beside, points[rows].tolist(), strict=True)))
    first, last = found
    if ends[0] == ends[1] or first.keys() != last.keys():
        return None
    before, after = (np.array([side[pair] for pair in first]) for side in (first, last))
    return crossed_mean(
        f"{key} from {ends[0]} to {ends[1]}",
        answers.values[after] - answers.values[before],
        answers.cluster[before],
        f"difference in {answers.words}",
    )


def _points(answers: CellEstimates, key: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if answers.matrix is not None:
        matrix = np.array(answers.matrix)
        if answers.method(key) == "one_at_a_time":
            return np.asarray(matrix == key)
        if "one_at_a_time" in answers.methods:
            return np.asarray(matrix == "baseline")
    if "morris" in answers.methods:
        return np.ones(len(answers.design_id), dtype=bool)
    return answers.sample


@dataclass(frozen=True)
class HeatMap:
    """The mean outcome over the settings of two keys: (across, along), NaN where none was played.

    `n` counts the design points of each cell.
    """

    across: str
    along: str
    names: tuple[tuple[str, ...], tuple[str, ...]]
    means: Floats
    n: Floats


def heat_map(answers: CellEstimates, across: str, along: str) -> HeatMap:
    """Return the outcome over two keys; long ranges are cut into parts of equally many points."""
    points = np.flatnonzero(answers.sample)
    one, other = (bins(answers.settings[key][points], SIDE, SIDE - 2) for key in (across, along))
    shape = (len(one[1]), len(other[1]))
    means = answers.means[points]
    known = np.isfinite(means)
    place = np.ravel_multi_index((one[0][known], other[0][known]), shape)
    count = np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape)
    total = np.bincount(place, means[known], shape[0] * shape[1]).reshape(shape)
    found = np.where(count, total / np.maximum(count, 1), np.nan)
    return HeatMap(across, along, (one[1], other[1]), found, count.astype(np.float64))


def heat_maps(answers: CellEstimates, most: int = 3) -> tuple[HeatMap, ...]:
    """Return the heat maps worth a look: each pair of levers, and the two uncertainties that move
    most.
    """
    if not answers.sample.any():
        return ()
    pairs = list(itertools.combinations(answers.levers, 2))[: most - 1]
    unsure = sorted(answers.uncertainties, key=lambda key: -curve(answers, key).swing)[:2]
    if len(unsure) == 2:
        pairs.append((unsure[0], unsure[1]))
    elif not pairs and len(answers.keys) == 2:
        pairs.append((answers.keys[0], answers.keys[1]))
    return tuple(heat_map(answers, *pair) for pair in pairs)
