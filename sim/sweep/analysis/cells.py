"""Read one outcome of a stored sweep, by the keys of its rows and never by their order.

A run belongs to a design point (`design_id`) and a replicate; a design point belongs to a policy
(`lever_id`), a state of the world (`scenario_id`) and, where the design has them, to a row of a
matrix. Everything that is analysed starts from the cells that are put in their places here.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa

from sim.findings.designs import IncompleteError
from sim.findings.statistics import NORMAL_95, Finding, share
from sim.scenario.errors import did_you_mean
from sim.sweep.chunk import OK
from sim.sweep.design_points import PLACE
from sim.sweep.execution import rerun_command
from sim.sweep.factors import Column
from sim.sweep.output_columns import MEANS, Kind
from sim.sweep.results import Sweep
from sim.sweep.study import Study
from sim.types import Bools, Floats, Ints

#: Cells that a complaint names.
NAMED = 12

#: Outcomes of which less is better, by how their names begin. A judgement, and `better` overrides
#: it: fewer deaths, violations and days of war.
LESS_IS_BETTER = (
    "days_until_deal",
    "died_",
    "still_held",
    "remains_held",
    "violations",
    "disputes",
    "inefficiency",
    "nash_distance",
)


class AnalysisError(ValueError):
    """Report what cannot be analysed in a sweep, and why."""


@dataclass(frozen=True)
class CellEstimates:
    """Hold one outcome in every cell of a sweep; arrays are (points,) unless said otherwise.

    Parameters
    ----------
    outcome : str
        The name of the outcome.
    kind : {"share", "count", "amount"}
        What kind of number it is.
    words : str
        What it is, in words.
    study : Study
        The study of the sweep.
    design_id, lever_id, scenario_id : array of int, (points,)
        The design point, its policy and its state of the world.
    settings : mapping of str to array, (points,)
        The settings by key.
    places : mapping of str to array of float, (points,)
        The places of sampled settings in their distributions, from 0 to 1.
    matrix : tuple of str or None
        The matrix of each point, where the design has matrices.
    row : array of int or None, (points,)
        Its row in the matrix.
    values : array of float, (points, replicates)
        The outcome; NaN where there is no number.
    played : array of bool, (points, replicates)
        Whether the run is there and did not fail.
    rerun_command : str
        The command that plays what is missing.
    """

    outcome: str
    kind: Kind
    words: str
    study: Study = field(repr=False)
    design_id: Ints = field(repr=False)
    lever_id: Ints = field(repr=False)
    scenario_id: Ints = field(repr=False)
    settings: Mapping[str, Column] = field(repr=False)
    places: Mapping[str, Floats] = field(repr=False)
    matrix: tuple[str, ...] | None = field(repr=False)
    row: Ints | None = field(repr=False)
    values: Floats = field(repr=False)  # (points, replicates), NaN where there is no number
    played: Bools = field(repr=False)  # (points, replicates): that run is there and did not fail
    rerun_command: str = ""  # the command that plays what is missing

    @property
    def levers(self) -> tuple[str, ...]:
        """Return the keys that someone could move."""
        return tuple(self.study.levers)

    @property
    def uncertainties(self) -> tuple[str, ...]:
        """Return the keys that nobody can choose."""
        return tuple(self.study.uncertainties)

    @property
    def keys(self) -> tuple[str, ...]:
        """Return all swept keys, levers first."""
        return self.levers + self.uncertainties

    @property
    def is_share(self) -> bool:
        """Return whether it is something that happens or not."""
        return self.kind == "share"

    @property
    def less_is_better(self) -> bool:
        """Return whether less of the outcome is better, as far as its name tells."""
        return self.outcome.startswith(LESS_IS_BETTER)

    @property
    def means(self) -> Floats:
        """Return the mean of each design point over replicates; NaN where no run has a number."""
        is_number = np.isfinite(self.values)
        count = is_number.sum(axis=1)
        total = np.where(is_number, self.values, 0.0).sum(axis=1)
        return np.asarray(np.where(count, total / np.maximum(count, 1), np.nan))

    def method(self, key: str) -> str:
        """Return how the settings of a key were planned.

        Parameters
        ----------
        key : str
            A swept key.

        Returns
        -------
        str
            A method of the design, such as "latin_hypercube".
        """
        design = self.study.design
        if design.together is not None:
            return str(design.together.method)
        side = design.levers if key in self.study.levers else design.uncertainties
        return str(side.method) if side is not None else "factorial"

    @cached_property
    def methods(self) -> frozenset[str]:
        """Return the methods that planned any of the keys."""
        return frozenset(self.method(key) for key in self.keys)

    @cached_property
    def sample(self) -> Bools:
        """Return which points stand for the whole space, each for itself.

        Of Saltelli's matrices these are A and B; the others repeat their columns. A screening and
        one key at a time visit chosen lines, so that no point of theirs does.
        """
        if self.methods & {"morris", "one_at_a_time"}:
            return np.zeros(len(self.design_id), dtype=bool)
        if "saltelli" in self.methods and self.matrix is not None:
            return np.isin(np.array(self.matrix), ("A", "B"))
        return np.ones(len(self.design_id), dtype=bool)

    @cached_property
    def cluster(self) -> Ints:
        """Return what points share besides luck: their state of the world, or trajectory."""
        if "morris" in self.methods and self.matrix is not None:
            return np.unique(np.array(self.matrix), return_inverse=True)[1].astype(np.int64)
        return self.scenario_id

    def mean(self, points: Bools | Ints, name: str) -> Finding:
        """Return the mean over some points, with a 95 % interval for the luck and the states drawn.

        Parameters
        ----------
        points : array of bool or int
            Which points: a mask, or their numbers in the arrays.
        name : str
            What the mean is called.

        Returns
        -------
        Finding
            The mean and its interval; see `crossed_mean`.
        """
        return crossed_mean(
            name, self.values[points], self.cluster[points], self.words, self.is_share
        )

    def policy(self, lever_id: int) -> str:
        """Return the settings of the levers of a policy, in words.

        Parameters
        ----------
        lever_id : int
            The policy.

        Returns
        -------
        str
            Such as "guarantee_strength 2"; "as it stands" where no lever is swept.
        """
        if not self.levers:
            return "as it stands"
        at = int(np.flatnonzero(self.lever_id == lever_id)[0])
        return ", ".join(f"{key} {shown(self.settings[key][at])}" for key in self.levers)

    def must_be_whole(self) -> None:
        """Raise IncompleteError, which names the points, unless every cell has a number."""
        gaps = {
            "missing or failed": ~self.played,
            "not a number": self.played & ~np.isfinite(self.values),
        }
        lines = []
        for gap, cells in gaps.items():
            points = np.flatnonzero(cells.any(axis=1))
            named = [
                f"design point {self.design_id[p]} "
                f"(replicates {', '.join(map(str, np.flatnonzero(cells[p])[:NAMED]))})"
                for p in points[:NAMED]
            ]
            more = f" and {len(points) - NAMED} more" if len(points) > NAMED else ""
            if named:
                lines.append(f"{gap}: {'; '.join(named)}{more}")
        if lines:
            head = f"{self.outcome} cannot be analysed: the sweep is incomplete."
            raise IncompleteError(
                "\n".join([head, *lines, f"to play it again: {self.rerun_command}"])
            )


def check_threshold(estimates: CellEstimates, threshold: float | None) -> None:
    """Raise AnalysisError for a threshold that the outcome cannot be held against."""
    if threshold is None:
        return
    if not np.isfinite(threshold):
        raise AnalysisError(f"the threshold is {threshold:g}; give a finite number")
    if estimates.is_share and not 0 <= threshold <= 1:
        raise AnalysisError(
            f"the threshold is {threshold:g}, and {estimates.outcome} is a share of talks; "
            "give one between 0 and 1"
        )


def shown(setting: object) -> str:
    """Return a setting as people read it."""
    if isinstance(setting, float | np.floating):
        return f"{float(setting):.4g}"
    return str(setting)


def outcomes_of(sweep: Sweep) -> tuple[str, ...]:
    """Return the kept outcomes that have a mean, in their order.

    Parameters
    ----------
    sweep : Sweep
        A sweep.

    Returns
    -------
    tuple of str
        The names of shares, counts and amounts.
    """
    return tuple(name for name, column in sweep.columns.items() if column["kind"] in MEANS)


def must_be_finished(sweep: Sweep) -> None:
    """Raise AnalysisError for a shard, and for a sweep that is still to be played."""
    if sweep.manifest["shard"] is not None:
        place = sweep.folder.resolve().parent
        raise AnalysisError(
            f"{sweep.folder} is a shard; merge all of them first (`parley sweep merge {place}`)"
        )
    if not sweep.is_complete:
        raise AnalysisError(
            f"{sweep.folder} is not finished; `parley sweep resume {sweep.folder}` first"
        )


def cell_estimates(sweep: Sweep, outcome: str) -> CellEstimates:
    """Return what a sweep says about an outcome, in every design point and replicate.

    The README of this folder has an example.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep.
    outcome : str
        A kept outcome that has a mean; see `outcomes_of`.

    Returns
    -------
    CellEstimates
        The outcome by cell, with the keys of each design point.

    Raises
    ------
    AnalysisError
        For an outcome that the sweep does not keep or that has no mean, and for a sweep that is not
        finished.
    IncompleteError
        For a run that is there twice.
    """
    must_be_finished(sweep)
    if outcome not in sweep.columns:
        hint = did_you_mean(outcome, list(sweep.columns))
        raise AnalysisError(f"the sweep keeps no outcome '{outcome}'" + (f"; {hint}" * bool(hint)))
    kind = sweep.columns[outcome]["kind"]
    if kind not in MEANS:
        with_means = ", ".join(outcomes_of(sweep)) or "none is kept"
        raise AnalysisError(
            f"'{outcome}' is a {kind} and has no mean; those that have: {with_means}"
        )
    design = sweep.design.sort_by("design_id")
    design_id = numbers(design, "design_id")
    values, played = _cells(sweep, outcome, design_id)
    study = sweep.study
    sampled = [name for name in design.column_names if name.startswith(PLACE)]
    keyed = "matrix" in design.column_names
    return CellEstimates(
        outcome,
        kind,
        sweep.columns[outcome]["words"],
        study,
        design_id,
        numbers(design, "lever_id"),
        numbers(design, "scenario_id"),
        {key: column_of(design, key) for key in study.ranges},
        {name.removeprefix(PLACE): column_of(design, name) for name in sampled},
        tuple(design["matrix"].to_pylist()) if keyed else None,
        numbers(design, "row") if keyed else None,
        values,
        played,
        rerun_command(sweep),
    )


def _cells(sweep: Sweep, outcome: str, design_id: Ints) -> tuple[Floats, Bools]:
    """Return an outcome by design point and replicate, and which cells were played."""
    runs = sweep.runs
    replicate = numbers(runs, "replicate")
    point = np.searchsorted(design_id, numbers(runs, "design_id"))
    is_planned = point < len(design_id)
    is_planned[is_planned] = design_id[point[is_planned]] == numbers(runs, "design_id")[is_planned]
    if not is_planned.all():
        stray = numbers(runs, "design_id")[~is_planned][0]
        raise IncompleteError(f"the sweep has runs of design point {stray}, which is not its own")
    shape = (
        len(design_id),
        max(sweep.manifest["replicates"], int(replicate.max(initial=-1)) + 1),
    )
    place = np.ravel_multi_index((point, replicate), shape)
    times = np.bincount(place, minlength=shape[0] * shape[1])
    if (times > 1).any():
        p, r = np.unravel_index(int(np.argmax(times > 1)), shape)
        raise IncompleteError(f"design point {design_id[p]} has replicate {r} more than once")
    values, played = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    numbers_of_runs = runs[outcome].cast(pa.float64()).to_numpy(zero_copy_only=False)
    values.flat[place] = numbers_of_runs
    played.flat[place] = np.array(runs["status"].to_pylist()) == OK
    values[~played] = np.nan
    return values, played


def numbers(table: pa.Table, name: str) -> Ints:
    """Return a column of whole numbers."""
    return np.asarray(table[name].to_numpy(zero_copy_only=False), dtype=np.int64)


def column_of(table: pa.Table, name: str) -> Column:
    """Return a column of settings as the design has it: numbers, days, or words."""
    return np.asarray(table[name].to_numpy(zero_copy_only=False))


# --- Means of crossed samples


def crossed_mean(
    name: str, cells: Floats, cluster: Ints, words: str, is_share: bool = False
) -> Finding:
    """Return the mean of (points, replicates) with an interval for both of what was drawn.

    Points that share a state of the world hang together, and so do runs that share a replicate's
    luck; the variance is that of both less what is counted twice (Cameron, Gelbach & Miller 2011),
    at least that of either. A single state is taken as given, and so is a single replicate. A
    share with neither has Wilson's interval.
    """
    is_number = np.isfinite(cells)
    n = int(is_number.sum())
    if n == 0:
        return Finding(name, None, None, None, 0, words)
    centre = float(cells[is_number].mean())
    states = np.unique(cluster, return_inverse=True)[1]
    if states.max() == 0 and len(cells) == 1 and is_share:
        return share(name, cells[is_number] > 0.5, words)
    off = np.where(is_number, cells - centre, 0.0)
    together = np.zeros((int(states.max()) + 1, cells.shape[1]))
    np.add.at(together, states, off)
    by_state, by_luck = _spread(together.sum(axis=1)), _spread(together.sum(axis=0))
    twice = _spread(together.ravel()) if by_state and by_luck else 0.0
    variance = max(by_state + by_luck - twice, by_state, by_luck) / n**2
    if together.size == 1:
        return Finding(name, centre, None, None, n, words)
    half = NORMAL_95 * float(np.sqrt(variance))
    low, high = centre - half, centre + half
    if is_share:
        low, high = max(low, 0.0), min(high, 1.0)
    return Finding(name, centre, low, high, n, words)


def _spread(totals: Floats) -> float:
    """Return the variance of a sum over clusters, from the sum of each; 0 of a single one."""
    n = len(totals)
    return float((totals**2).sum()) * n / (n - 1) if n > 1 else 0.0


def bins(settings: Column, most: int = 12, parts: int = 6) -> tuple[Ints, tuple[str, ...], Floats]:
    """Return the bin of each setting, the names of the bins, and where they lie on an axis.

    Few settings are bins themselves; many numbers are cut into parts of equally many.
    """
    levels, place = np.unique(settings, return_inverse=True)
    if len(levels) <= most or settings.dtype.kind not in "fi":
        is_number = levels.dtype.kind in "fi"
        at = levels.astype(np.float64) if is_number else np.arange(float(len(levels)))
        return place.astype(np.int64), tuple(map(shown, levels)), at
    edges = np.quantile(settings.astype(np.float64), np.linspace(0, 1, parts + 1))
    inside = np.searchsorted(edges[1:-1], settings, side="right").astype(np.int64)
    names = [f"{a:.3g} to {b:.3g}" for a, b in itertools.pairwise(edges)]
    middle = [float(np.median(settings[inside == k])) for k in range(parts)]
    return inside, tuple(names), np.array(middle)


def listed(names: Sequence[str]) -> str:
    """Return words in a row: a, b and c."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
