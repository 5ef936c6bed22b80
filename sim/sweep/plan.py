"""Plan what a sweep plays and in which order, and estimate what that takes."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sim.engine.simulate import BLOCK_RUNS
from sim.scenario.loading import with_changes
from sim.scenario.schema import Scenario
from sim.sweep import output_columns
from sim.sweep import result_folder as disk
from sim.sweep.bound_study import BoundStudy
from sim.sweep.chunk import ChunkResult, ChunkTask, run_chunk
from sim.sweep.design_points import DesignPoints, design_points
from sim.sweep.result_folder import Chunk
from sim.types import Floats, Ints

#: A sample of this share of a chunk, and one of this share of that, tell how long chunks take.
SAMPLED = 1 / 4

Shard = tuple[int, int]  # number, counted from 1, and how many


@dataclass(frozen=True)
class SweepPlan:
    """Hold all runs of a sweep, or of one shard of it, in the order in which they are played.

    Points that need the same scenario stand together; within a point its replicates do.

    Parameters
    ----------
    bound_study : BoundStudy
        The study with its scenario.
    points : DesignPoints
        The design points.
    chunk_runs : int
        The most runs of a chunk, 1 or more.
    shard : tuple of int, optional
        The number of a part, from 1, and how many parts there are.
    seconds_per_run : float, optional
        Seconds after which a run that is played by itself has failed.
    forced : bool
        Whether rows are marked as played with another scenario or model.
    """

    bound_study: BoundStudy
    points: DesignPoints
    chunk_runs: int
    shard: Shard | None = None
    seconds_per_run: float | None = None
    forced: bool = False

    @classmethod
    def of(
        cls,
        bound_study: BoundStudy,
        chunk_runs: int | None = None,
        *,
        workers: int = 1,
        **more: Any,
    ) -> SweepPlan:
        """Return the plan of a study.

        Chunks are as large as the engine's blocks unless their size is given: a day of talks costs
        much the same for a thousand runs as for ten. They are smaller where some of the workers
        would otherwise have none.

        Parameters
        ----------
        bound_study : BoundStudy
            The study, from `read_study`.
        chunk_runs : int, optional
            The most runs of a chunk, 1 or more.
        workers : int
            Among how many workers the chunks are shared, where their size is not given.
        **more
            Other fields of the plan.

        Returns
        -------
        SweepPlan
            The plan. Raises FactorError where the design points cannot be made.
        """
        points = design_points(bound_study)
        plan = cls(bound_study, points, chunk_runs or BLOCK_RUNS, **more)
        if chunk_runs is not None:
            return plan
        fair = max(-(-plan.first_batch // workers), 1)
        return replace(plan, chunk_runs=min(BLOCK_RUNS, fair))

    @cached_property
    def order(self) -> Ints:
        """Return the points in the order in which they are played: (points,)."""
        return np.argsort(self.points.variant, kind="stable")

    @property
    def batches(self) -> int:
        """Return the most batches of replicates: one, unless a rule may stop the sweep."""
        study = self.bound_study.study
        return -(-study.most_replicates // study.replicates)

    def replicates_of(self, batch: int) -> tuple[int, int]:
        """Return the first replicate of a batch, and how many it has.

        Parameters
        ----------
        batch : int
            The number of the batch, from 0.

        Returns
        -------
        tuple of int
            The first replicate, from 0, and the number of replicates.
        """
        study = self.bound_study.study
        first = batch * study.replicates
        return first, min(study.replicates, study.most_replicates - first)

    @property
    def first_batch(self) -> int:
        """Return how many runs the first batch has, in this shard."""
        low, high = self._bounds(0)
        return high - low

    def _bounds(self, batch: int) -> tuple[int, int]:
        """Return the runs of a batch that are this shard's, in the order of play."""
        runs = len(self.points) * self.replicates_of(batch)[1]
        number, of = self.shard or (1, 1)
        return runs * (number - 1) // of, runs * number // of

    def chunks(self, batch: int) -> list[Chunk]:
        """Return the chunks of a batch; none has runs of two scenarios.

        Parameters
        ----------
        batch : int
            The number of the batch, from 0.

        Returns
        -------
        list of Chunk
            The chunks, in the order of play.
        """
        low, high = self._bounds(batch)
        size = self.replicates_of(batch)[1]
        variants = self.points.variant[self.order]
        turns = (np.flatnonzero(np.diff(variants)) + 1) * size
        edges = [low, *(int(turn) for turn in turns if low < turn < high), high]
        chunks = []
        for first, last in itertools.pairwise(edges):
            parts = max(1, -(-(last - first) // self.chunk_runs))
            cuts = [first + (last - first) * k // parts for k in range(parts + 1)]
            chunks += [Chunk(batch, a, b) for a, b in itertools.pairwise(cuts) if a < b]
        return chunks

    def task(self, chunk: Chunk) -> ChunkTask:
        """Return what a worker is sent to play a chunk.

        Parameters
        ----------
        chunk : Chunk
            A chunk of this plan.

        Returns
        -------
        ChunkTask
            The settings of its runs, with the scenario that they need.
        """
        first, size = self.replicates_of(chunk.batch)
        rank, replicate = np.divmod(np.arange(chunk.first, chunk.last), size)
        return self.task_of(self.order[rank], first + replicate)

    def task_of(self, point: Ints, replicate: Ints) -> ChunkTask:
        """Return the task of playing some replicates of points that need the same scenario.

        Parameters
        ----------
        point : array of int, (runs,)
            The design point of each run.
        replicate : array of int, (runs,)
            The replicate of each run.

        Returns
        -------
        ChunkTask
            The settings of the runs, with the scenario that they need.
        """
        study = self.bound_study.study
        return ChunkTask(
            scenario=self._scenario(int(point[0])),
            seed=study.seed,
            design_id=point,
            replicate=replicate,
            crn=study.crn,
            levers={key: settings[point] for key, settings in self._levers.items()},
            values={path: settings[point] for path, settings in self._values.items()},
            keep=self.keep,
            series=study.series,
            seconds_per_run=self.seconds_per_run,
            forced=self.forced,
        )

    def work(self, chunks: list[Chunk]) -> Iterator[tuple[Chunk, ChunkTask]]:
        """Return the chunks with their tasks, each made when it is asked for.

        Parameters
        ----------
        chunks : list of Chunk
            Chunks of this plan.

        Returns
        -------
        iterator of (Chunk, ChunkTask)
            Each chunk with what a worker is sent to play it.
        """
        return ((chunk, self.task(chunk)) for chunk in chunks)

    @property
    def keep(self) -> tuple[str, ...]:
        """Return the names of the outcomes that are kept."""
        study = self.bound_study.study
        names = (
            study.outcomes.keep
            if study.outcomes
            else output_columns.default_names(self.bound_study.scenario.days)
        )
        return tuple(names)

    @cached_property
    def _levers(self) -> dict[str, Floats]:
        """Return the settings of levers: (points,) each."""
        return self.points.of_kind("lever")

    @cached_property
    def _values(self) -> dict[str, Floats]:
        """Return the settings of numbers: (points,) each."""
        return self.points.of_kind("number")

    @cached_property
    def _scenarios(self) -> dict[int, Scenario]:
        """Return the scenarios that were made last, by variant."""
        return {}

    def _scenario(self, point: int) -> Scenario:
        """Return the scenario that a point needs."""
        changes = self.points.changes(point)
        if not changes:
            return self.bound_study.scenario
        variant = int(self.points.variant[point])
        if variant not in self._scenarios:
            while len(self._scenarios) >= 4:  # they are asked for in order
                del self._scenarios[next(iter(self._scenarios))]
            self._scenarios[variant] = with_changes(self.bound_study.scenario, changes)
        return self._scenarios[variant]


@dataclass(frozen=True)
class Pace:
    """Hold what a chunk takes: seconds whatever its size; seconds and bytes for each run."""

    chunk_seconds: float
    run_seconds: float
    run_bytes: float

    @classmethod
    def measured(cls, plan: SweepPlan) -> Pace:
        """Return the pace of two samples of the plan's runs, in seconds of this processor.

        What a run adds falls with their number, so the larger sample is nearly a chunk.
        """
        chunks = plan.chunks(0)
        size = plan.first_batch / len(chunks)
        many = _sample(plan, max(round(SAMPLED * size), 1))
        few = many.part(0, max(round(SAMPLED * len(many)), 1))
        run_chunk(few.part(0, 1))  # what is only done once does not count
        few_seconds, _ = _timed(few)
        many_seconds, result = _timed(many)
        more = len(many) - len(few)
        per_run = max(many_seconds - few_seconds, 0.0) / more if more else 0.0
        fixed = max(many_seconds - per_run * len(many), 0.0)
        return cls(fixed, per_run, _bytes(result) / len(many))

    def seconds(self, runs: int, chunks: int) -> float:
        """Return what so many runs in so many chunks take, by one worker."""
        return self.chunk_seconds * chunks + self.run_seconds * runs


def _sample(plan: SweepPlan, runs: int) -> ChunkTask:
    """Return runs from all over those that need the scenario of the first, in no particular
    order.
    """
    first, size = plan.replicates_of(0)
    variants = plan.points.variant[plan.order]
    alike = np.count_nonzero(variants == variants[0]) * size
    chosen = np.random.default_rng(plan.bound_study.study.seed).integers(alike, size=runs)
    rank, replicate = np.divmod(chosen, size)
    task = plan.task_of(plan.order[rank], first + replicate)
    return replace(task, seconds_per_run=None)


def _timed(task: ChunkTask) -> tuple[float, ChunkResult]:
    """Return the seconds of this processor that a task takes, and its result."""
    start = time.process_time()
    result = run_chunk(task)
    return time.process_time() - start, result


def _bytes(result: ChunkResult) -> int:
    """Return how many bytes of the disk some rows take."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        disk.write_table(path, result.runs)
        return path.stat().st_size


def estimate(plan: SweepPlan) -> dict[str, Any]:
    """Return what a sweep will take: runs, chunks, seconds of one worker, bytes.

    A few runs are played to measure it.

    Parameters
    ----------
    plan : SweepPlan
        The plan of the sweep.

    Returns
    -------
    dict
        As `parley sweep plan --json` prints it: `points`, `replicates`, `runs` (of the first
        batch), `most_runs`, `chunks`, `seconds` (of one worker), `bytes` (of the results) and
        others.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sim.sweep import SweepPlan, estimate, read_study
    >>> text = '''
    ... study: rivers
    ... scenario: two-rivers
    ... days: 12
    ... replicates: 2
    ... levers: {guarantee_strength: {values: [0, 2]}}
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "rivers.yaml"
    ...     _ = path.write_text(text)
    ...     plan = SweepPlan.of(read_study(path))
    >>> cost = estimate(plan)
    >>> cost["points"], cost["replicates"], cost["runs"], cost["chunks"]
    (2, 2, 4, 1)
    """
    pace = Pace.measured(plan)
    chunks = len(plan.chunks(0))
    study = plan.bound_study.study
    most = len(plan.points) * study.most_replicates
    return {
        "study": study.study,
        "spec_sha256": plan.bound_study.sha256,
        "points": len(plan.points),
        "excluded_points": plan.points.excluded,
        "replicates": study.replicates,
        "runs": plan.first_batch,
        "most_runs": most if plan.shard is None else plan.first_batch,
        "chunks": chunks,
        "chunk_runs": plan.chunk_runs,
        "seconds": round(pace.seconds(plan.first_batch, chunks), 2),
        "bytes": round(pace.run_bytes * plan.first_batch),
    }
