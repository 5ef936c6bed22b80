"""Designs of experiments, which are many runs, and the tables of what came of them.

Each cell of a design is one run: a row of a matrix of points, played with the luck of one
replicate. A point is the luck with which a number is drawn, from 0 to 1: so 0.5 is the number's
median. What has been played is kept in a table and found again by its key (matrix, row,
replicate), never by its place; a table with a gap is refused, since indices of incomplete tables
are wrong and look right.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.engine.random_streams import RandomStreams
from sim.types import Ints, Numbers

Floats = NDArray[np.float64]

#: What comes of runs at some points, by path, with the luck of some runs: outcomes by name. All
#: arrays are (runs,).
Play = Callable[[Mapping[str, Floats], Ints], Mapping[str, Numbers]]

#: Points of the screening's grid, in the middle of equal parts of the distribution so that none
#: lies at its infinite end; a step goes half way across.
LEVELS = 4
STEP = 0.5

#: Cells that a complaint about a table names.
NAMED = 12


# --- Designs: which cells are played, at which points, with whose luck

Kind = Literal["screening", "indices", "luck"]


@dataclass(frozen=True)
class ExperimentDesign:
    """Matrices of points, of `rows` rows each, and replicates of every row.

    screening: a matrix is a trajectory; each of its rows has one number moved, and rows share the
    luck of their replicate. indices: the matrices A and B, and for each path A with that column of
    B; all rows share the luck of their replicate. luck: one matrix, and luck of its own for every
    cell, so that what differs within a row is luck alone, and all numbers differ between rows.
    """

    kind: Kind
    paths: tuple[str, ...]
    rows: int
    replicates: int
    seed: int = 1
    trajectories: int = 0  # of a screening

    def __post_init__(self) -> None:
        if not self.paths:
            raise ValueError("there is no uncertain number to study")
        if len(set(self.paths)) < len(self.paths):
            raise ValueError("a path is named twice")
        if self.kind == "indices" and (self.rows < 2 or self.rows & (self.rows - 1)):
            below = 1 << max(self.rows.bit_length() - 1, 1)
            raise ValueError(
                f"{self.rows} rows are not a power of 2, which Sobol's points need; "
                f"take {below} or {2 * below}"
            )
        if self.replicates < 1 or (self.kind == "luck" and self.replicates < 2):
            raise ValueError("there are too few replicates; luck shows only from 2 up")

    @cached_property
    def matrices(self) -> tuple[str, ...]:
        """The names of the matrices."""
        if self.kind == "screening":
            return tuple(f"trajectory {t}" for t in range(self.trajectories))
        if self.kind == "luck":
            return ("A",)
        return ("A", "B", *(f"A with B's {path}" for path in self.paths))

    @property
    def runs(self) -> int:
        """How many runs it takes."""
        return len(self.matrices) * self.rows * self.replicates

    @cached_property
    def points(self) -> Floats:
        """The points of each row: (matrices, rows, paths)."""
        if self.kind == "screening":
            moved = self.turns[:, None, :] < np.arange(self.rows)[None, :, None]
            levels = np.where(moved, (self.start + LEVELS // 2) % LEVELS, self.start)
            return np.asarray((levels + 0.5) / LEVELS)
        if self.kind == "luck":
            luck = RandomStreams(self.seed, 0, self.rows).once("points", len(self.paths))
            return np.asarray(luck[None], dtype=np.float64)
        return self._sobol()

    @cached_property
    def start(self) -> Ints:
        """The levels at which each trajectory starts: (trajectories, 1, paths)."""
        luck = RandomStreams(self.seed, 0, self.trajectories).once(
            "screening starts", len(self.paths)
        )
        return np.asarray((luck * LEVELS).astype(np.int64)[:, None, :])

    @cached_property
    def turns(self) -> Ints:
        """After which row of a trajectory each path is moved: (trajectories, paths)."""
        luck = RandomStreams(self.seed, 0, self.trajectories).once(
            "screening turns", len(self.paths)
        )
        return np.asarray(luck.argsort(axis=1).argsort(axis=1))

    def _sobol(self) -> Floats:
        """Sobol's points in twice as many dimensions, so that A and B have nothing in common."""
        from scipy.stats import qmc

        number = len(self.paths)
        sampler = qmc.Sobol(d=2 * number, bits=64, rng=np.random.default_rng(self.seed))
        sample = np.minimum(sampler.random(self.rows), np.nextafter(1.0, 0.0))
        points = np.repeat(sample[None, :, :number], number + 2, axis=0)
        points[1] = sample[:, number:]
        for p in range(number):
            points[2 + p, :, p] = points[1, :, p]
        return points

    def luck(self, matrix: Ints, row: Ints, replicate: Ints) -> Ints:
        """Return the number of the run whose luck each cell has: (cells,)."""
        if self.kind == "screening":
            return np.asarray(matrix * self.replicates + replicate)
        if self.kind == "luck":
            return np.asarray(row * self.replicates + replicate)
        return np.asarray(replicate)


def screening_design(
    paths: Sequence[str], *, trajectories: int, replicates: int, seed: int = 1
) -> ExperimentDesign:
    """Trajectories over a grid of points, each of which moves every number once."""
    if trajectories < 2:
        raise ValueError("a screening needs at least 2 trajectories")
    return ExperimentDesign(
        "screening", tuple(paths), len(paths) + 1, replicates, seed, trajectories
    )


# --- Tables: what came of the cells


class IncompleteError(ValueError):
    """A table with cells that are missing, doubled or not a number."""


@dataclass(frozen=True)
class DesignTable:
    """What came of the cells of a design, in any order; all arrays are (cells,)."""

    design: ExperimentDesign
    matrix: Ints = field(repr=False)  # place in `design.matrices`
    row: Ints = field(repr=False)
    replicate: Ints = field(repr=False)
    values: Mapping[str, Numbers] = field(repr=False)  # by outcome
    command: str = ""  # that plays it again

    def cube(self, outcome: str) -> Floats:
        """Return an outcome in every cell: (matrices, rows, replicates).

        Raises IncompleteError, which names the rows, unless each cell is there once, with a number.
        """
        if outcome not in self.values:
            raise ValueError(f"the table has no '{outcome}'; it has {', '.join(self.values)}")
        design, values = self.design, np.asarray(self.values[outcome], dtype=np.float64)
        shape = (len(design.matrices), design.rows, design.replicates)
        place = self._places(shape)
        times = np.bincount(place, minlength=design.runs).reshape(shape)
        cube = np.full(shape, np.nan)
        cube.flat[place] = values
        wrong = {
            "missing": times == 0,
            "there more than once": times > 1,
            "not a number": (times == 1) & ~np.isfinite(cube),
        }
        if any(cells.any() for cells in wrong.values()):
            raise IncompleteError(self._complaint(outcome, wrong))
        return cube

    def _places(self, shape: tuple[int, int, int]) -> Ints:
        """Return where in the cube each cell belongs."""
        key = (self.matrix, self.row, self.replicate)
        for name, numbers, limit in zip(("matrix", "row", "replicate"), key, shape, strict=True):
            if len(numbers) and not 0 <= numbers.min() <= numbers.max() < limit:
                raise IncompleteError(f"the table has a {name} that its design does not have")
        return np.asarray(np.ravel_multi_index(key, shape), dtype=np.int64)

    def _complaint(self, outcome: str, wrong: Mapping[str, NDArray[np.bool_]]) -> str:
        lines = [f"{outcome} cannot be analysed: the table is incomplete."]
        for what, cells in wrong.items():
            rows = np.argwhere(cells.any(axis=2))
            named = [
                f"{self.design.matrices[m]} row {row} (replicates {_listed(cells[m, row])})"
                for m, row in rows[:NAMED]
            ]
            more = f" and {len(rows) - NAMED} more rows" if len(rows) > NAMED else ""
            if named:
                lines.append(f"{what}: {'; '.join(named)}{more}")
        again = self.command or "sim.findings.designs.played(table.design, ...)"
        return "\n".join([*lines, f"to play it again: {again}"])

    def save(self, folder: str | Path) -> Path:
        """Write the table and its design to a folder, as CSV and JSON; returns the CSV's path."""
        path = Path(folder) / f"{self.design.kind}.csv"
        head = {"design": asdict(self.design), "command": self.command}
        path.with_suffix(".json").write_text(json.dumps(head, indent=2) + "\n", encoding="utf-8")
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["matrix", "row", "replicate", *self.values])
            names = self.design.matrices
            columns = [np.asarray(v, dtype=np.float64).tolist() for v in self.values.values()]
            keys = (self.row.tolist(), self.replicate.tolist())
            writer.writerows(zip((names[m] for m in self.matrix), *keys, *columns, strict=True))
        return path

    @classmethod
    def load(cls, path: str | Path) -> DesignTable:
        """Read a table from its CSV, with the design beside it; an empty cell is not a number."""
        path = Path(path)
        head = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        design = ExperimentDesign(**{**head["design"], "paths": tuple(head["design"]["paths"])})
        places = {name: place for place, name in enumerate(design.matrices)}
        with path.open(newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        if not lines:
            raise IncompleteError(f"{path} is empty; to play it again: {head['command']}")
        outcomes = [name for name in lines[0] if name not in ("matrix", "row", "replicate")]
        return cls(
            design,
            np.array([places.get(line["matrix"], -1) for line in lines], dtype=np.int64),
            np.array([int(line["row"]) for line in lines], dtype=np.int64),
            np.array([int(line["replicate"]) for line in lines], dtype=np.int64),
            {name: np.array([float(line[name] or "nan") for line in lines]) for name in outcomes},
            head["command"],
        )


def _listed(cells: NDArray[np.bool_]) -> str:
    return ", ".join(map(str, np.flatnonzero(cells)))


def run_design(design: ExperimentDesign, play: Play, command: str = "") -> DesignTable:
    """Play all cells of a design."""
    shape = (len(design.matrices), design.rows, design.replicates)
    matrix, row, replicate = (axis.ravel() for axis in np.indices(shape))
    points = {path: design.points[matrix, row, p] for p, path in enumerate(design.paths)}
    values = play(points, design.luck(matrix, row, replicate))
    return DesignTable(design, matrix, row, replicate, values, command)
