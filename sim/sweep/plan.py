"""What a sweep will play and in which order, and what that will take."""

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
from sim.sweep.chunk import ChunkResult, ChunkTask, run_chunk
from sim.sweep.design_points import DesignPoints, design_points
from sim.sweep.question import BoundStudy
from sim.sweep.result_folder import Chunk
from sim.types import Floats, Ints

#: A sample of this share of a chunk, and one of this share of that, tell how long chunks take.
SAMPLED = 1 / 4

Shard = tuple[int, int]  # number, counted from 1, and how many


@dataclass(frozen=True)
class SweepPlan:
    """All runs of a sweep, or of one shard of it, in the order in which they are played.

    Points that need the same scenario stand together; within a point its replicates do.
    """

    question: BoundStudy
    points: DesignPoints
    chunk_runs: int
    shard: Shard | None = None
    seconds_per_run: float | None = None
    forced: bool = False

    @classmethod
    def of(
        cls, question: BoundStudy, chunk_runs: int | None = None, *, workers: int = 1, **more: Any
    ) -> SweepPlan:
        """Return the plan of a study.

        Chunks are as large as the engine's blocks unless their size is given: a day of talks costs
        much the same for a thousand runs as for ten. They are smaller where otherwise some of the
        workers would have none.
        """
        points = design_points(question)
        plan = cls(question, points, chunk_runs or BLOCK_RUNS, **more)
        if chunk_runs is not None:
            return plan
        fair = max(-(-plan.first_batch // workers), 1)
        return replace(plan, chunk_runs=min(BLOCK_RUNS, fair))

    @cached_property
    def order(self) -> Ints:
        """The points in the order in which they are played: (points,)."""
        return np.argsort(self.points.variant, kind="stable")

    @property
    def batches(self) -> int:
        """How many batches of replicates there may be: one, unless a rule may stop the sweep."""
        study = self.question.study
        return -(-study.most_replicates // study.replicates)

    def replicates_of(self, batch: int) -> tuple[int, int]:
        """Return the first replicate of a batch, and how many it has."""
        study = self.question.study
        first = batch * study.replicates
        return first, min(study.replicates, study.most_replicates - first)

    @property
    def first_batch(self) -> int:
        """How many runs the first batch has, in this shard."""
        low, high = self._bounds(0)
        return high - low

    def _bounds(self, batch: int) -> tuple[int, int]:
        """Return the runs of a batch that are this shard's, in the order of play."""
        runs = len(self.points) * self.replicates_of(batch)[1]
        number, of = self.shard or (1, 1)
        return runs * (number - 1) // of, runs * number // of

    def chunks(self, batch: int) -> list[Chunk]:
        """Return the chunks of a batch; none has runs of two scenarios."""
        low, high = self._bounds(batch)
        size = self.replicates_of(batch)[1]
        variants = self.points.variant[self.order]
        turns = (np.flatnonzero(np.diff(variants)) + 1) * size
        edges = [low, *(int(turn) for turn in turns if low < turn < high), high]
        made = []
        for first, last in itertools.pairwise(edges):
            parts = max(1, -(-(last - first) // self.chunk_runs))
            cuts = [first + (last - first) * k // parts for k in range(parts + 1)]
            made += [Chunk(batch, a, b) for a, b in itertools.pairwise(cuts) if a < b]
        return made

    def task(self, chunk: Chunk) -> ChunkTask:
        """Return what a worker is sent to play a chunk."""
        first, size = self.replicates_of(chunk.batch)
        rank, replicate = np.divmod(np.arange(chunk.first, chunk.last), size)
        return self.task_of(self.order[rank], first + replicate)

    def task_of(self, point: Ints, replicate: Ints) -> ChunkTask:
        """Return the task of playing some replicates of points that need the same scenario."""
        study = self.question.study
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
        """Return the chunks with their tasks, made when they are asked for."""
        return ((chunk, self.task(chunk)) for chunk in chunks)

    @property
    def keep(self) -> tuple[str, ...]:
        """The outcomes that are kept."""
        study = self.question.study
        names = (
            study.outcomes.keep
            if study.outcomes
            else output_columns.default(self.question.scenario.days)
        )
        return tuple(names)

    @cached_property
    def _levers(self) -> dict[str, Floats]:
        return self.points.of_kind("lever")

    @cached_property
    def _values(self) -> dict[str, Floats]:
        return self.points.of_kind("number")

    @cached_property
    def _made(self) -> dict[int, Scenario]:
        return {}

    def _scenario(self, point: int) -> Scenario:
        """Return the scenario that a point needs."""
        changes = self.points.changes(point)
        if not changes:
            return self.question.scenario
        variant = int(self.points.variant[point])
        if variant not in self._made:
            while len(self._made) >= 4:  # they are asked for in order
                del self._made[next(iter(self._made))]
            self._made[variant] = with_changes(self.question.scenario, changes)
        return self._made[variant]


@dataclass(frozen=True)
class Pace:
    """How long a chunk takes: so long whatever its size, and so long for each run; and its size."""

    chunk_seconds: float
    run_seconds: float
    run_bytes: float

    @classmethod
    def measured(cls, plan: SweepPlan) -> Pace:
        """From playing two samples of the plan's runs, in seconds of this processor.

        What a run adds falls with their number, so that the larger sample is not far from a chunk.
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
    chosen = np.random.default_rng(plan.question.study.seed).integers(alike, size=runs)
    rank, replicate = np.divmod(chosen, size)
    task = plan.task_of(plan.order[rank], first + replicate)
    return replace(task, seconds_per_run=None)


def _timed(task: ChunkTask) -> tuple[float, ChunkResult]:
    start = time.process_time()
    result = run_chunk(task)
    return time.process_time() - start, result


def _bytes(result: ChunkResult) -> int:
    """How much of the disk some rows take."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        disk.write_table(path, result.runs)
        return path.stat().st_size


def estimate(plan: SweepPlan) -> dict[str, Any]:
    """Return what a sweep will take, for people and machines; times are of one worker."""
    pace = Pace.measured(plan)
    chunks = len(plan.chunks(0))
    study = plan.question.study
    most = len(plan.points) * study.most_replicates
    return {
        "study": study.study,
        "spec_sha256": plan.question.sha256,
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
