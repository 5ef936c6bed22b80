"""Play a chunk of a sweep: some runs side by side, and their outcomes as rows.

A run that fails is a row as well. Where a chunk fails it is halved, and halved again, until the
run that fails stands alone; all others are played as if nothing had happened, since no run's luck
or result depends on who else is played.
"""

from __future__ import annotations

import ctypes
import itertools
import math
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sim.engine.outcomes import Outcomes
from sim.engine.simulate import play_rows
from sim.scenario.schema import Scenario
from sim.sweep import output_columns
from sim.sweep.study import MOST_REPLICATES, Series
from sim.types import Floats, Ints

OK, FAILED = "ok", "failed"

#: The columns of every run, before its outcomes.
KEYS = pa.schema(
    [
        ("design_id", pa.int64()),
        ("replicate", pa.int64()),
        ("run_id", pa.int64()),
        ("seed", pa.int64()),
        ("luck", pa.int64()),
        ("status", pa.string()),
        ("forced", pa.bool_()),
    ]
)

FAILURES = pa.schema(
    [
        ("design_id", pa.int64()),
        ("replicate", pa.int64()),
        ("run_id", pa.int64()),
        ("seed", pa.int64()),
        ("luck", pa.int64()),
        ("stage", pa.string()),
        ("exception", pa.string()),
        ("message", pa.string()),
        ("traceback", pa.string()),
        ("replay", pa.string()),
    ]
)


class TookTooLongError(RuntimeError):
    """Report runs that were not done in the time they were given."""


@dataclass(frozen=True)
class ChunkTask:
    """Hold some runs of one scenario, each with settings of its own; all arrays are (runs,)."""

    scenario: Scenario
    seed: int
    design_id: Ints
    replicate: Ints
    crn: bool
    levers: Mapping[str, Floats]
    values: Mapping[str, Floats]
    keep: tuple[str, ...]
    series: Series | None = None
    seconds_per_run: float | None = None
    forced: bool = False

    def __len__(self) -> int:
        """Return how many runs there are."""
        return len(self.design_id)

    @property
    def run_id(self) -> Ints:
        """Return the number of each run in the sweep: (runs,)."""
        return np.asarray(self.design_id * MOST_REPLICATES + self.replicate)

    @property
    def luck(self) -> Ints:
        """Return the number of the run of a plain simulation whose luck each run has: (runs,).

        With common random numbers that is the replicate, so that design points differ in their
        settings alone; without them every run has its own.
        """
        return self.replicate if self.crn else self.run_id

    def part(self, first: int, last: int) -> ChunkTask:
        """Return some of the runs, counted from the first."""
        some = slice(first, last)
        return replace(
            self,
            design_id=self.design_id[some],
            replicate=self.replicate[some],
            levers={name: values[some] for name, values in self.levers.items()},
            values={path: values[some] for path, values in self.values.items()},
        )

    def split(self, parts: int) -> list[ChunkTask]:
        """Return the same runs in several tasks."""
        edges = [len(self) * k // parts for k in range(parts + 1)]
        return [self.part(a, b) for a, b in itertools.pairwise(edges) if a < b]


@dataclass(frozen=True)
class ChunkResult:
    """Hold the rows of a chunk: one for each run, and those of series and failures if any."""

    runs: pa.Table
    series: pa.Table | None
    failures: pa.Table

    @classmethod
    def joined(cls, parts: list[ChunkResult]) -> ChunkResult:
        """Return several results as one, with the rows in the order of their runs."""
        runs = pa.concat_tables([part.runs for part in parts], promote_options="default")
        series = [part.series for part in parts if part.series is not None]
        failures = pa.concat_tables([part.failures for part in parts])
        return cls(runs, pa.concat_tables(series) if series else None, failures)


def run_chunk(task: ChunkTask) -> ChunkResult:
    """Play some runs; an error becomes a row of failures for the runs that raise it."""
    try:
        return _played(task)
    except Exception as error:
        if len(task) > 1:
            return ChunkResult.joined([run_chunk(half) for half in task.split(2)])
        return failed_result(task, _stage(error), type(error).__name__, str(error), _trace(error))


def failed_result(
    task: ChunkTask, stage: str, exception: str, message: str, trace: str = ""
) -> ChunkResult:
    """Return the rows of runs that failed, all for one reason."""
    n = len(task)
    keys = _keys(task, FAILED)
    columns = {name: keys[name] for name in FAILURES.names if name in keys.column_names}
    texts = {"stage": stage, "exception": exception, "message": message, "traceback": trace}
    columns |= {name: pa.array([text] * n, pa.string()) for name, text in texts.items()}
    columns["replay"] = pa.array([f"parley sweep replay FOLDER {run}" for run in task.run_id])
    return ChunkResult(keys, None, pa.table(columns, schema=FAILURES))


def _played(task: ChunkTask) -> ChunkResult:
    """Play the runs of a task, and return their rows."""
    keeps_series = task.series is not None and bool((task.replicate < task.series.replicates).any())
    with ended_after(_seconds_for(task)):
        outcomes = play_rows(
            task.scenario,
            seed=task.seed,
            luck=task.luck,
            levers=task.levers,
            values=task.values,
            series=keeps_series,
        )
    runs = _keys(task, OK)
    for name, column in output_columns.to_arrow(task.scenario, task.keep, outcomes).items():
        runs = runs.append_column(name, column)
    series = _series(task, task.series, outcomes) if keeps_series and task.series else None
    return ChunkResult(runs, series, FAILURES.empty_table())


def _seconds_for(task: ChunkTask) -> float | None:
    """Return how long a chunk may take, where the time of a run is limited.

    Runs that are played side by side take much less time than one after the other, less than the
    root of their number says. A chunk that takes longer is halved, and no run is lost by that.
    """
    return None if task.seconds_per_run is None else task.seconds_per_run * math.sqrt(len(task))


def _keys(task: ChunkTask, status: str) -> pa.Table:
    """Return the columns that every run has, whatever its outcome."""
    n = len(task)
    columns: list[Any] = [
        task.design_id,
        task.replicate,
        task.run_id,
        np.full(n, task.seed),
        task.luck,
        pa.array([status] * n),
        np.full(n, task.forced),
    ]
    return pa.table([pa.array(column) for column in columns], schema=KEYS)


def _series(task: ChunkTask, spec: Series, outcomes: Outcomes) -> pa.Table:
    """Return rows of (run, day) for the replicates that are kept day by day."""
    rows = np.flatnonzero(task.replicate < spec.replicates)
    days = np.arange(spec.every_days - 1, outcomes.days, spec.every_days)
    columns: dict[str, Any] = {
        "run_id": np.repeat(task.run_id[rows], len(days)),
        "day": np.tile(days + 1, len(rows)).astype(np.int32),
    }
    for name in spec.keep:
        values = outcomes.series[name][rows][..., days]
        if values.ndim == 2:
            columns[name] = values.reshape(-1)
        else:
            for p, party in enumerate(outcomes.labels.parties):
                columns[f"{name}_{party}"] = values[:, p].reshape(-1)
    return pa.table(
        {
            name: pa.array(v.astype(np.float32)) if v.dtype.kind == "f" else pa.array(v)
            for name, v in columns.items()
        }
    )


def _stage(error: BaseException) -> str:
    """Return the innermost function of ours in which an error was raised."""
    ours = [f for f in traceback.extract_tb(error.__traceback__) if _place(f.filename)]
    return ours[-1].name if ours else "unknown"


def _trace(error: BaseException) -> str:
    """Return a traceback without the folders of this machine."""
    frames = traceback.extract_tb(error.__traceback__)
    return "\n".join(
        f"{_place(f.filename) or Path(f.filename).name}:{f.lineno} {f.name}: {f.line}"
        for f in frames
    )


def _place(filename: str) -> str:
    """Return a file of ours from the top of the package; empty for others' files."""
    path = Path(filename)
    here = Path(__file__).parents[1]
    return path.relative_to(here.parent).as_posix() if here in path.parents else ""


@contextmanager
def ended_after(seconds: float | None) -> Iterator[None]:
    """Raise TookTooLongError in this thread if what is done within takes longer.

    It works in any thread and on any system, which signals do not. Code that hangs outside Python
    is not ended.
    """
    if seconds is None:
        yield
        return
    thread, guard, over = threading.get_ident(), threading.Lock(), threading.Event()

    def end() -> None:
        with guard:
            if not over.is_set():
                late = ctypes.py_object(TookTooLongError)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), late)

    watch = threading.Timer(seconds, end)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        with guard:
            over.set()
        watch.cancel()
