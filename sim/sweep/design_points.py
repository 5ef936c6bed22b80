"""Make design points: which settings of the swept keys are played, and where each belongs.

Settings of levers and numbers differ between runs that are played side by side; any other value
makes a scenario of its own. Every point keeps its key in the design (matrix and row), so that what
is found out about the design never rests on the order of a table.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from sim.engine.random_streams import RandomStreams
from sim.findings import designs
from sim.scenario.errors import IssueAtPath, count_noun, did_you_mean
from sim.scenario.quantity import Fixed
from sim.sweep.bound_study import BoundStudy
from sim.sweep.constraints import DesignConstraint
from sim.sweep.factors import (
    Column,
    Factor,
    FactorError,
    Kind,
    column,
    must_be_possible,
    parse_switch,
    yaml_value,
)
from sim.sweep.study import GRIDS, Sampling, is_keyed
from sim.types import Floats, Ints

SidePoints = TypeVar("SidePoints", "DesignSide", "DesignPoints")

#: A design point is one row of a table that people look at; more are a mistake.
MOST_POINTS = 1_000_000

#: What a point's place in the distribution of a key is called beside the key.
PLACE = "u."


# --- Sides: the points of levers, or of uncertainties, by themselves


@dataclass(frozen=True)
class DesignSide:
    """Hold points of some keys: settings, places in their distributions, keys in the design."""

    length: int
    settings: Mapping[str, Column]  # (points,) each
    places: Mapping[str, Floats]  # the same, for those that were sampled
    matrix: Sequence[str] | None = None  # (points,)
    row: Ints | None = None  # (points,)

    def reordered(self, rows: Ints) -> DesignSide:
        """Return some of its points, in another order."""
        return replace(_reordered(self, rows), length=len(rows))


def _side(
    keys: Sequence[Factor], sampling: Sampling, seed: int, tables: Mapping[str, str]
) -> DesignSide:
    """Return the points of one plan."""
    if not keys:
        return DesignSide(1, {}, {})
    if sampling.method in GRIDS:
        return _grid(keys, sampling.method)
    if sampling.method == "table":
        assert sampling.file is not None
        return _table(keys, sampling.file, tables[sampling.file])
    places, matrix, row = _sampled(sampling, tuple(key.key for key in keys), seed)
    return DesignSide(
        len(places),
        {key.key: key.at(places[:, k]) for k, key in enumerate(keys)},
        {key.key: places[:, k] for k, key in enumerate(keys)},
        matrix,
        row,
    )


def _grid(keys: Sequence[Factor], method: str) -> DesignSide:
    """Return the points of a plan that takes the settings of grids."""
    grids = [key.grid() for key in keys]
    if method == "zip":
        lengths = {key.key: len(grid) for key, grid in zip(keys, grids, strict=True)}
        if len(set(lengths.values())) > 1:
            problem = ", ".join(f"{key} has {length}" for key, length in lengths.items())
            raise FactorError(f"zip pairs settings one by one, but {problem}")
        return DesignSide(len(grids[0]), dict(zip(lengths, grids, strict=True)), {})
    if method == "one_at_a_time":
        return _one_at_a_time(keys, grids)
    if np.prod([float(len(grid)) for grid in grids]) > MOST_POINTS:
        raise FactorError(f"the grid has more than {MOST_POINTS:,} points")
    rows = np.indices([len(grid) for grid in grids]).reshape(len(grids), -1)
    settings = {key.key: grid[r] for key, grid, r in zip(keys, grids, rows, strict=True)}
    return DesignSide(rows.shape[1], settings, {})


def _one_at_a_time(keys: Sequence[Factor], grids: Sequence[Column]) -> DesignSide:
    """Return the baseline, then each key through its settings with all others at their baseline."""
    moved: list[str] = ["baseline"]
    rows: list[int] = [0]
    for key, grid in zip(keys, grids, strict=True):
        moved += [key.key] * len(grid)
        rows += range(len(grid))
    settings = {}
    for key, grid in zip(keys, grids, strict=True):
        listed = grid.tolist()
        values = [
            listed[row] if moved_key == key.key else key.baseline
            for moved_key, row in zip(moved, rows, strict=True)
        ]
        settings[key.key] = column(values)
    return DesignSide(len(rows), settings, {}, moved, np.array(rows))


def _table(keys: Sequence[Factor], file: str, text: str) -> DesignSide:
    """Return the points that a CSV lists, one column for each key."""
    names, rows = _read(file, text)
    by_key = {key.key: key for key in keys}
    for name in names:
        if name not in by_key:
            problem = f"{file}:1: the study sweeps no '{name}'"
            raise FactorError(problem, "", f"{did_you_mean(name, by_key)}; or leave the column out")
    settings = {}
    for key in keys:
        if key.key not in names:
            hint = did_you_mean(key.key, names)
            raise FactorError(f"{file} has no column '{key.key}'", "", hint, key.where)
        cells = [(line, row[names.index(key.key)]) for line, row in rows]
        values = [_typed(key, cell, file, line) for line, cell in cells]
        settings[key.key] = column(values)
        for setting in set(values):
            line = cells[values.index(setting)][0]
            try:
                key.must_allow(setting)
                must_be_possible(key, setting)
            except FactorError as error:
                problem = f"{file}:{line}: {error.found}"
                raise FactorError(problem, error.expected, error.hint, error.where) from None
    return DesignSide(len(rows), settings, {})


def _read(file: str, text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the names of the columns of a CSV, and its rows, each with its line."""
    reader = csv.reader(io.StringIO(text))
    lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(row)]
    if len(lines) < 2:
        raise FactorError(f"{file} has no rows")
    (_, names), *rows = lines
    if len(names) == 1 and ";" in names[0]:
        raise FactorError(f"{file}:1: its columns are separated by ;", "commas separate them")
    for name in names:
        if names.count(name) > 1:
            raise FactorError(f"{file}:1: the column '{name}' stands there twice")
    for line, row in rows:
        if len(row) != len(names):
            problem = f"{file}:{line}: it has {count_noun(len(row), 'cell')}"
            raise FactorError(problem, f"there are {count_noun(len(names), 'column')}")
    return names, rows


def _typed(key: Factor, cell: str, file: str, line: int) -> Any:
    """Return a cell of a table as the key takes it."""
    if not cell:
        problem = f"{file}:{line}: {key.key} is empty"
        raise FactorError(problem, "", "fill the cell in", key.where)
    if key.kind == "value" and not isinstance(key.baseline, int | float):
        return cell
    if isinstance(key.baseline, bool):
        return parse_switch(key.baseline, cell)
    try:
        return int(cell) if cell.lstrip("+-").isdigit() else float(cell)
    except ValueError:
        if key.kind == "value":
            return cell
        problem = f"{file}:{line}: {key.key} is '{cell}'"
        raise FactorError(problem, "a number", where=key.where) from None


def _sampled(
    sampling: Sampling, paths: tuple[str, ...], seed: int
) -> tuple[Floats, list[str] | None, Ints | None]:
    """Return places in [0, 1) of each point and key, and the keys of the points in the design."""
    assert sampling.n is not None
    n, number = sampling.n, len(paths)
    if is_keyed(sampling):
        if sampling.method == "morris":
            design = designs.screening_design(paths, trajectories=n, replicates=1, seed=seed)
        else:
            design = designs.ExperimentDesign("indices", paths, n, 1, seed)
        points = design.points
        matrix = [name for name in design.matrices for _ in range(design.rows)]
        row = np.tile(np.arange(design.rows), len(design.matrices))
        return points.reshape(-1, number), matrix, row
    if sampling.method == "random":
        return np.asarray(RandomStreams(seed, 0, n).once("points", number)), None, None
    from scipy.stats import qmc

    rng = np.random.default_rng(seed)
    if sampling.method == "sobol":
        sampler: Any = qmc.Sobol(d=number, bits=64, rng=rng)
    else:
        sampler = qmc.LatinHypercube(d=number, rng=rng)
    return np.minimum(sampler.random(n), np.nextafter(1.0, 0.0)), None, None


# --- Points


@dataclass(frozen=True)
class DesignPoints:
    """Hold all design points of a study; arrays are (points,).

    `lever_id` tells points with the same settings of the levers, `scenario_id` those with the same
    uncertainties. `excluded` counts the points that broke a constraint.
    """

    keys: tuple[Factor, ...]
    settings: Mapping[str, Column]
    places: Mapping[str, Floats]
    lever_id: Ints
    scenario_id: Ints
    matrix: Sequence[str] | None
    row: Ints | None
    excluded: int = 0

    def __len__(self) -> int:
        """Return how many design points there are."""
        return len(self.lever_id)

    def table(self) -> pa.Table:
        """Return the design as it is stored: ids, keys in the design, settings, places."""
        columns: dict[str, Any] = {
            "design_id": pa.array(np.arange(len(self), dtype=np.int64)),
            "lever_id": pa.array(self.lever_id),
            "scenario_id": pa.array(self.scenario_id),
        }
        if self.matrix is not None and self.row is not None:
            columns["matrix"] = pa.array(list(self.matrix), pa.string())
            columns["row"] = pa.array(self.row.astype(np.int64))
        for key, values in self.settings.items():
            text = values.dtype.kind == "O"
            columns[key] = pa.array(list(values), pa.string()) if text else pa.array(values)
        for key, places in self.places.items():
            columns[PLACE + key] = pa.array(places)
        return pa.table(columns)

    @cached_property
    def variant(self) -> Ints:
        """Return which points need the same scenario, numbered by first appearance: (points,)."""
        keys = [key.key for key in self.keys if self._makes_a_scenario(key)]
        return _numbered([self.settings[key] for key in keys], len(self))

    @staticmethod
    def _makes_a_scenario(key: Factor) -> bool:
        """Return whether its settings cannot be played side by side: values, package levers."""
        if key.kind != "lever":
            return key.kind == "value"
        numbers = key.scenario.quantities()
        moves = key.scenario.levers[key.key].moves
        return any(isinstance(numbers[move.key], Fixed) for move in moves)

    def changes(self, point: int) -> dict[str, Any]:
        """Return what a point changes in the scenario itself."""
        return {
            key.key: yaml_value(self.settings[key.key][point])
            for key in self.keys
            if key.kind == "value"
        }

    def of_kind(self, kind: Kind) -> dict[str, Floats]:
        """Return the settings of the levers, or of the numbers, by key."""
        return {
            key.key: self.settings[key.key].astype(np.float64)
            for key in self.keys
            if key.kind == kind
        }

    def reordered(self, rows: Ints) -> DesignPoints:
        """Return some of the points, in another order."""
        return replace(
            _reordered(self, rows),
            lever_id=self.lever_id[rows],
            scenario_id=self.scenario_id[rows],
        )


def _reordered(those: SidePoints, rows: Ints) -> SidePoints:
    """Return a side or a design with some of its points, in another order."""
    return replace(
        those,
        settings={key: values[rows] for key, values in those.settings.items()},
        places={key: values[rows] for key, values in those.places.items()},
        matrix=None if those.matrix is None else [those.matrix[int(row)] for row in rows],
        row=None if those.row is None else those.row[rows],
    )


def _numbered(columns: Sequence[Column], length: int) -> Ints:
    """Return which rows are alike, numbered by first appearance: (rows,)."""
    numbers: dict[tuple[str, ...], int] = {}
    words = [values.astype(str) for values in columns]
    rows = zip(*words, strict=True) if words else [()] * length
    return np.array([numbers.setdefault(tuple(row), len(numbers)) for row in rows], dtype=np.int64)


def design_points(bound_study: BoundStudy) -> DesignPoints:
    """Return the design points of a study. Raises FactorError where they cannot be made."""
    study, design = bound_study.study, bound_study.study.design
    if design.together is not None:
        side = _side(bound_study.keys, design.together, study.seed, bound_study.tables)
        points = _as_one(bound_study, side)
    else:
        points = _two_sides(bound_study)
    if len(points) > MOST_POINTS:
        raise FactorError(f"the design has {len(points):,} points", "1,000,000 at most")
    return _constrained(bound_study, points)


def _two_sides(bound_study: BoundStudy) -> DesignPoints:
    """Return levers and uncertainties, each by their own plan, combined."""
    study, design = bound_study.study, bound_study.study.design
    by_side = {
        side: [key for key in bound_study.keys if key.side == side]
        for side in ("levers", "uncertainties")
    }
    grid = Sampling(method="factorial")
    levers = _side(by_side["levers"], design.levers or grid, study.seed, bound_study.tables)
    unsure = _side(
        by_side["uncertainties"], design.uncertainties or grid, study.seed, bound_study.tables
    )
    if levers.length * unsure.length > MOST_POINTS and design.combine == "full_factorial":
        raise FactorError(f"{levers.length:,} × {unsure.length:,} points are too many")
    lever_id, scenario_id = _combined(levers.length, unsure.length, design.combine)
    lever_side, uncertainty_side = levers.reordered(lever_id), unsure.reordered(scenario_id)
    keyed = lever_side if lever_side.matrix is not None else uncertainty_side
    return DesignPoints(
        bound_study.keys,
        {**lever_side.settings, **uncertainty_side.settings},
        {**lever_side.places, **uncertainty_side.places},
        lever_id,
        scenario_id,
        keyed.matrix,
        keyed.row,
    )


def _combined(levers: int, unsure: int, combine: str) -> tuple[Ints, Ints]:
    """Return which points of the two sides meet: two arrays of their numbers."""
    if combine == "full_factorial":
        lever_point, uncertainty_point = np.divmod(np.arange(levers * unsure), unsure)
        return lever_point, uncertainty_point
    if combine == "zip" and levers != unsure:
        problem = f"there are {levers} points of levers and {unsure} of uncertainties"
        raise FactorError(problem, "zip pairs them one by one", "combine: cycle")
    numbers = np.arange(max(levers, unsure))
    return numbers % levers, numbers % unsure


def _as_one(bound_study: BoundStudy, side: DesignSide) -> DesignPoints:
    """Return levers and uncertainties by one plan together."""
    ids = {
        name: _numbered(
            [side.settings[key.key] for key in bound_study.keys if key.side == name], side.length
        )
        for name in ("levers", "uncertainties")
    }
    return DesignPoints(
        bound_study.keys,
        side.settings,
        side.places,
        ids["levers"],
        ids["uncertainties"],
        side.matrix,
        side.row,
    )


def _constrained(bound_study: BoundStudy, points: DesignPoints) -> DesignPoints:
    """Return the points that fulfil all constraints."""
    if not bound_study.study.constraints:
        return points
    design = bound_study.study.design
    for plan in (design.levers, design.uncertainties, design.together):
        if plan is not None and is_keyed(plan):
            raise FactorError(
                f"constraints might take points out of {plan.method}'s matrices",
                "all of them are needed",
                "narrow the ranges instead",
                ("constraints",),
            )
    holds = np.ones(len(points), dtype=bool)
    for expression in bound_study.study.constraints:
        holds &= DesignConstraint(expression, points.settings).holds()
    if holds.all():
        return points
    if not holds.any():
        problem = "no design point fulfils the constraints"
        raise FactorError(problem, "", "loosen them", ("constraints",))
    rows = np.flatnonzero(holds)
    return replace(points.reordered(rows), excluded=len(points) - len(rows))


def design_issues(bound_study: BoundStudy) -> Iterator[IssueAtPath]:
    """Return what is wrong with the design of a study, and with its constraints."""
    for place, expression in enumerate(bound_study.study.constraints):
        settings = {key.key: key.at(np.array([0.5])) for key in bound_study.keys}
        try:
            DesignConstraint(expression, settings).holds()
        except FactorError as error:
            yield IssueAtPath(("constraints", place), error.found, error.expected, error.hint)
            return
    try:
        design_points(bound_study)
    except FactorError as error:
        yield IssueAtPath(
            error.where, error.found, error.expected, error.hint, leans=(("design",),)
        )
