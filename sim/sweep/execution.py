"""Playing a sweep: begin a folder, play what is missing, stop cleanly, and bring it into order."""

from __future__ import annotations

import math
import shlex
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim import findings
from sim.sweep import executors, output_columns, provenance, readme
from sim.sweep import result_folder as disk
from sim.sweep.chunk import FAILURES, KEYS, ChunkResult
from sim.sweep.plan import Shard, SweepPlan
from sim.sweep.question import BoundStudy
from sim.sweep.result_folder import Chunk, FingerprintError, FolderError, Progress
from sim.sweep.results import Sweep
from sim.sweep.study import Stop

#: Where sweeps go unless told otherwise.
SWEEPS = Path("sweeps")


class InterruptedSweepError(RuntimeError):
    """A sweep that was stopped cleanly before its end, and can be resumed."""


class TooManyFailuresError(RuntimeError):
    """More runs failed than were to be put up with; what was played is kept."""


@dataclass(frozen=True)
class ExecutionOptions:
    """How a sweep is played; none of it changes a byte of the result."""

    engine: str | Executor | Callable[[], Executor] = "serial"  # see `sim.sweep.executors`
    workers: int | None = None
    chunk_runs: int | None = None  # a block of the engine where not given, or a worker's share
    max_failures: int | None = None
    seconds_per_run: float | None = None
    force: bool = False  # play on although scenario or model have changed; such rows are marked
    progress: Progress | None = None
    tell: Callable[[str], None] | None = None  # what a stopping rule sees
    stop: threading.Event | None = None  # once set, the chunks under way are finished, no more

    def __post_init__(self) -> None:
        if not isinstance(self.engine, str | Executor) and not callable(self.engine):
            raise ValueError(
                f"the engine is {self.engine!r}; give serial, process, dask, dask://HOST:PORT, an "
                "Executor, or a function that makes one"
            )
        for name, least in (("workers", 1), ("chunk_runs", 1), ("max_failures", 0)):
            value = getattr(self, name)
            is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
            if value is not None and not (is_whole and value >= least):
                raise ValueError(f"{name} is {value!r}; it is a whole number from {least} up")
        seconds = self.seconds_per_run
        is_time = isinstance(seconds, int | float) and 0 < seconds < math.inf
        if seconds is not None and not is_time:
            raise ValueError(f"seconds_per_run is {seconds!r}; it is a number of more than 0")


def run(
    question: BoundStudy,
    out: Path | str | None = None,
    *,
    shard: Shard | None = None,
    manner: ExecutionOptions | None = None,
) -> Sweep:
    """Play a study into a folder, or what is missing of it, and return what lies there.

    The folder is `sweeps/NAME-HASH` unless given, and for a shard one beside its like in there.
    Raises FolderError where the folder cannot be made or holds something else, FingerprintError
    where it was begun with another study, scenario or model; InterruptedSweepError when stopped;
    TooManyFailuresError; ValueError for what is no study or no shard.
    """
    if not isinstance(question, BoundStudy):
        raise ValueError(
            f"the study is {question!r}; give what `read_study` makes of its file: "
            "run(read_study(FILE), DIR)"
        )
    manner = manner or ExecutionOptions()
    folder = Path(out) if out is not None else SWEEPS / question.name
    if shard is not None:
        check_shard(shard)
        folder = folder / shard_name(shard)
    if folder.exists() and not folder.is_dir():
        raise FolderError(f"{folder} is a file; name a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk.FolderError(f"{folder} cannot be used: {error.strerror}") from None
    if not (folder / disk.MANIFEST).exists():
        disk.check_free(folder)
    with disk.locked(folder):
        if not (folder / disk.MANIFEST).exists():
            workers = executors.worker_count(manner.engine, manner.workers)
            plan = SweepPlan.of(question, manner.chunk_runs, workers=workers, shard=shard)
            begin(folder, plan)
        return _go_on(folder, question, manner)


def resume(folder: Path | str, manner: ExecutionOptions | None = None) -> Sweep:
    """Play what is missing in a folder; the study and the scenario are those that lie in it."""
    folder = Path(folder)
    sweep = Sweep(folder)
    with disk.locked(folder):
        return _go_on(folder, sweep.question, manner or ExecutionOptions())


def shard_name(shard: Shard) -> str:
    """Return what the folder of a shard is called."""
    return f"shard-{shard[0]:04d}-of-{shard[1]:04d}"


def check_shard(shard: Shard) -> None:
    """Raise ValueError for a shard that there is not."""
    if not (isinstance(shard, tuple) and len(shard) == 2 and all(type(n) is int for n in shard)):
        raise ValueError(f"the shard is {shard!r}; give its number and how many there are: (1, 2)")
    number, of = shard
    if not 1 <= number <= of:
        raise ValueError(f"shard {number}/{of}: shards are numbered from 1 to {of}")


def begin(folder: Path, plan: SweepPlan) -> None:
    """Write into a folder what is known before the first run; the manifest last."""
    question = plan.question
    if plan.shard is not None and question.study.stop is not None:
        raise FolderError("a stopping rule looks at all runs, which no shard has; leave out one")
    (folder / disk.PARTS).mkdir(exist_ok=True)
    disk.write_text(folder / disk.SPEC, question.text)
    disk.write_table(folder / disk.DESIGN, plan.points.table())
    disk.write_manifest(
        folder,
        {
            "format": disk.FORMAT,
            "study": question.study.study,
            "title": question.study.title,
            "complete": False,
            "fingerprint": provenance.fingerprint(question),
            "points": len(plan.points),
            "excluded_points": plan.points.excluded,
            "replicates": question.study.replicates,
            "planned_runs": plan.first_batch,
            "seed": question.study.seed,
            "days": question.scenario.days,
            "crn": question.study.crn,
            "shard": None if plan.shard is None else list(plan.shard),
            "chunk_runs": plan.chunk_runs,
            "keep": list(plan.keep),
            "columns": {},
            "command": readme.command(plan.shard),
            "begun": _now(),
            "finished": None,
            "counts": None,
            "stop": None,
            "forced": [],
            "files": {},
            "surroundings": provenance.surroundings(),
            "changes": question.changes,
            "resolved": question.study.model_dump(mode="json", exclude_none=True),
            "tables": question.tables,
            "scenario": {
                "name": question.scenario.scenario,
                "title": question.scenario.title,
                "content": question.scenario.model_dump(mode="json", exclude_unset=True),
            },
        },
    )


def lost(sweep: Sweep) -> str:
    """Return what to say of a sweep that was finished and has lost results since."""
    found = f"{sweep.folder} was finished and has lost {', '.join(sweep.lost)} since"
    if disk.played_in(sweep.folder):
        return f"{found}; `parley sweep resume {sweep.folder}` makes it whole from its parts"
    return f"{found}; bring them back from a copy, or play all of it again: `{again(sweep)}`"


def again(sweep: Sweep) -> str:
    """Return the command that plays all of a sweep again, beside its folder."""
    words = ["parley", "sweep", "run", str(sweep.folder), "--out", f"{sweep.folder}-again"]
    shard = sweep.manifest["shard"]
    return shlex.join(words if shard is None else [*words, "--shard", f"{shard[0]}/{shard[1]}"])


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _go_on(folder: Path, question: BoundStudy, manner: ExecutionOptions) -> Sweep:
    """Play what is missing, then bring it into order."""
    manifest = disk.read_manifest(folder)
    if manifest["complete"] and Sweep(folder).lost and not disk.played_in(folder):
        raise FolderError(lost(Sweep(folder)))
    now = provenance.fingerprint(question)
    forced = _compare(manifest, now, manner.force)
    if manner.chunk_runs not in (None, manifest["chunk_runs"]):
        raise FolderError(
            f"{folder} was begun with chunks of {manifest['chunk_runs']:,} runs, in which it goes "
            "on; leave their size out, or use another folder"
        )
    shard = manifest["shard"]
    plan = SweepPlan.of(
        question,
        manifest["chunk_runs"],
        shard=None if shard is None else (shard[0], shard[1]),
        seconds_per_run=manner.seconds_per_run,
        forced=forced,
    )
    if not disk.read_table(folder / disk.DESIGN).equals(plan.points.table()):
        raise FingerprintError(f"{folder.name} was begun with another design; use another folder")
    if manifest["complete"]:
        if not Sweep(folder).lost:
            disk.remove_partial_files(folder)
            return Sweep(folder)
        manifest["complete"] = False  # its parts are still there, and make it whole again
    if forced and now not in manifest["forced"]:
        manifest["forced"].append(now)
        disk.write_manifest(folder, manifest)
    batches = _play(folder, plan, manner)
    _finish(folder, plan, manifest, batches)
    return Sweep(folder)


def _compare(manifest: Mapping[str, Any], now: Mapping[str, str], force: bool) -> bool:
    """Whether the folder was begun with something else; raises FingerprintError unless forced.

    Another study is never played on with: its chunks may have the names of chunks of other runs.
    """
    before = manifest["fingerprint"]
    changed = [name for name in before if name != "all" and before[name] != now[name]]
    if not changed:
        return False
    if not force or "study" in changed:
        said = ", ".join(f"{name} {before[name][:12]} is now {now[name][:12]}" for name in changed)
        if "model" in changed:
            said += " (another model, or recorded by an older Parley, which counted comments too)"
        elif changed == ["version"]:
            said += " (the model is the same)"
        way_out = (
            "another study asks for other runs: use another folder"
            if "study" in changed
            else "use another folder, or --force to play the rest as things are now and have its "
            "rows marked"
        )
        raise FingerprintError(f"the folder was begun with something else: {said}; {way_out}")
    return True


# --- Playing


@dataclass(frozen=True)
class _Batch:
    """What a stopping rule saw after a batch of replicates; no width where one is not known."""

    replicates: int
    widest_half_width: float | None


def _play(folder: Path, plan: SweepPlan, manner: ExecutionOptions) -> list[_Batch]:
    """Play the missing chunks of all batches, until the stopping rule is met where there is one."""
    seen: list[_Batch] = []
    done = set(disk.played_in(folder))
    tally = _Tally(folder, plan, manner, done)
    stop = manner.stop or threading.Event()
    with _stopped_by_interrupt(stop):
        for batch in range(plan.batches):
            missing = [chunk for chunk in plan.chunks(batch) if chunk not in done]
            tally.plan_on(batch)
            if missing:
                _play_chunks(folder, plan.work(missing), manner, tally, stop)
                tally.may_go_on()
            if set(plan.chunks(batch)) - set(disk.played_in(folder)):
                raise InterruptedSweepError(f"stopped; `parley sweep resume {folder}` goes on")
            seen.append(_seen(folder, plan, batch))
            if manner.tell is not None and plan.question.study.stop is not None:
                manner.tell(_in_words(seen[-1]))
            if _is_enough(plan, seen[-1]):
                break
    return seen


def _play_chunks(
    folder: Path,
    work: Iterator[executors.Work],
    manner: ExecutionOptions,
    tally: _Tally,
    stop: threading.Event,
) -> None:
    """Play chunks and write what comes of them, until there are no more or it is to stop."""
    try:
        with executors.choose_executor(manner.engine, manner.workers) as engine:
            for chunk, played in executors.run_chunks(engine, work, stop.is_set):
                _put(folder, chunk, played)
                if not tally.count(played):
                    stop.set()
    except executors.NoWorkersError as error:
        raise InterruptedSweepError(f"{error}; `parley sweep resume {folder}` goes on") from None


class _Tally:
    """How many runs there are, and how many of them failed."""

    def __init__(
        self, folder: Path, plan: SweepPlan, manner: ExecutionOptions, done: set[Chunk]
    ) -> None:
        self.plan, self.manner = plan, manner
        self.done = sum(chunk.last - chunk.first for chunk in done)
        self.failed = _failures_in(folder, sorted(done))
        self.planned = 0

    def plan_on(self, batch: int) -> None:
        """Another batch is to be played."""
        self.planned += sum(chunk.last - chunk.first for chunk in self.plan.chunks(batch))
        self._report()

    def count(self, played: ChunkResult) -> bool:
        """Count what was played; whether that is still few enough failures."""
        self.done += len(played.runs)
        self.failed += len(played.failures)
        self._report()
        return not self._is_too_much

    def may_go_on(self) -> None:
        """Raise TooManyFailuresError where it is not."""
        if self._is_too_much:
            raise TooManyFailuresError(
                f"{self.failed} runs failed, more than {self.manner.max_failures}; what was played "
                "is kept, see `failures`"
            )

    @property
    def _is_too_much(self) -> bool:
        most = self.manner.max_failures
        return most is not None and self.failed > most

    def _report(self) -> None:
        if self.manner.progress is not None:
            self.manner.progress(self.done, self.failed, self.planned)


def _put(folder: Path, chunk: Chunk, played: ChunkResult) -> None:
    """Write what came of a chunk; its runs last, as they say that it has been played."""
    if played.series is not None:
        disk.write_table(disk.part(folder, disk.SERIES, chunk), played.series)
    if len(played.failures):
        disk.write_table(disk.part(folder, disk.FAILURES, chunk), played.failures)
    disk.write_table(disk.part(folder, disk.RUNS, chunk), played.runs)


def _failures_in(folder: Path, chunks: list[Chunk]) -> int:
    paths = (disk.part(folder, disk.FAILURES, chunk) for chunk in chunks)
    return sum(pq.read_metadata(path).num_rows for path in paths if path.exists())


@contextmanager
def _stopped_by_interrupt(stop: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C finish what is under way, and the second not wait for it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def hear(number: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {sign: signal.signal(sign, hear) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


# --- The stopping rule


def _seen(folder: Path, plan: SweepPlan, batch: int) -> _Batch:
    """Return the widest 95 % interval of the rule's metric over all points, so far."""
    first, size = plan.replicates_of(batch)
    stop = plan.question.study.stop
    if stop is None:
        return _Batch(first + size, None)
    paths = [disk.part(folder, disk.RUNS, chunk) for chunk in disk.played_in(folder)]
    tables = [_some_columns(path, ["design_id", stop.metric]) for path in paths]
    whole = pa.concat_tables(tables).drop_null()
    point = whole["design_id"].to_numpy()
    values = whole[stop.metric].combine_chunks().to_numpy(zero_copy_only=False)
    widths = half_widths(point, values, len(plan.points))
    widest = float(widths.max())
    return _Batch(first + size, widest if math.isfinite(widest) else None)


def _in_words(seen: _Batch) -> str:
    """Return what a stopping rule saw, for whoever waits."""
    width = seen.widest_half_width
    said = "not known at some design point" if width is None else f"{width:.4g}"
    return f"after replicate {seen.replicates}: widest half width {said}"


def _some_columns(path: Path, names: list[str]) -> pa.Table:
    """Return some columns of a part; a part in which every run failed has no outcomes."""
    there = set(pq.read_schema(path).names)
    return (
        pq.read_table(path, columns=names)
        if set(names) <= there
        else pa.table({name: pa.nulls(0, pa.int64()) for name in names}).slice(0, 0)
    )


def half_widths(
    point: np.ndarray[Any, Any], values: np.ndarray[Any, Any], points: int
) -> np.ndarray[Any, Any]:
    """Half the width of the 95 % interval at each design point; infinite where nothing is known.

    Wilson's for what happens or not, the normal one for what is counted; where no two counts of a
    point differ they do not tell how far they might.
    """
    found = np.full(points, np.inf)
    n = np.bincount(point, minlength=points)
    if values.dtype == bool:
        happened = np.bincount(point, weights=values, minlength=points)
        for k in np.flatnonzero(n):
            low, high = findings.wilson(int(happened[k]), int(n[k]))
            found[k] = (high - low) / 2
        return found
    numbers = values.astype(np.float64)
    mean = np.bincount(point, weights=numbers, minlength=points) / np.maximum(n, 1)
    square = np.bincount(point, weights=(numbers - mean[point]) ** 2, minlength=points)
    many = square > 0
    spread = np.sqrt(square[many] / (n[many] - 1) / n[many])
    found[many] = findings.NORMAL_95 * spread
    return found


def _is_enough(plan: SweepPlan, seen: _Batch) -> bool:
    stop = plan.question.study.stop
    return stop is None or _is_narrow(seen.widest_half_width, stop)


def _is_narrow(width: float | None, stop: Stop) -> bool:
    return width is not None and width <= stop.half_width


# --- The end


def _finish(folder: Path, plan: SweepPlan, manifest: dict[str, Any], seen: list[_Batch]) -> None:
    """Bring the parts into order, describe them, and throw them away."""
    chunks = disk.played_in(folder)
    sources = {
        kind: [path for chunk in chunks if (path := disk.part(folder, kind, chunk)).exists()]
        for kind in (disk.RUNS, disk.SERIES, disk.FAILURES)
    }
    conclude(folder, plan, manifest, sources, [vars(batch) for batch in seen])
    disk.remove_partial_files(folder)


def conclude(
    folder: Path,
    plan: SweepPlan,
    manifest: dict[str, Any],
    sources: Mapping[str, list[Path]],
    seen: list[dict[str, Any]],
) -> None:
    """Make one table of each kind, a summary, a description, and the final manifest."""
    disk.compact(
        folder,
        disk.RUNS,
        sources[disk.RUNS],
        disk.unified(sources[disk.RUNS], KEYS),
        ["design_id", "replicate"],
        "design_id",
    )
    files = [disk.DESIGN, f"{disk.RUNS}.parquet"]
    if sources[disk.SERIES]:
        schema = disk.unified(sources[disk.SERIES], pa.schema([]))
        disk.compact(folder, disk.SERIES, sources[disk.SERIES], schema, ["run_id", "day"], "run_id")
        files.append(f"{disk.SERIES}.parquet")
    if sources[disk.FAILURES]:
        order = ["design_id", "replicate"]
        paths = sources[disk.FAILURES]
        disk.compact(folder, disk.FAILURES, paths, FAILURES, order, "design_id")
        files.append(f"{disk.FAILURES}.parquet")
    columns = _columns(plan, folder)
    disk.write_text(folder / disk.SUMMARY, readme.summary(folder, columns))
    files.append(disk.SUMMARY)
    status = pq.read_table(folder / f"{disk.RUNS}.parquet", columns=["status"])["status"]
    ok = int(np.count_nonzero(status.to_numpy() == "ok"))
    finished = manifest | {
        "complete": True,
        "finished": _now(),
        "planned_runs": len(status),
        "counts": {"planned": len(status), "ok": ok, "failed": len(status) - ok},
        "columns": {c.name: {"kind": c.kind, "words": c.words} for c in columns},
        "stop": _rule(plan, seen),
        "files": {name: disk.sha256(folder / name) for name in files},
    }
    disk.write_text(folder / disk.README, readme.readme(finished, plan))
    disk.write_manifest(folder, finished)


def _rule(plan: SweepPlan, seen: list[dict[str, Any]]) -> dict[str, Any] | None:
    """How the stopping rule was applied, where there is one."""
    stop = plan.question.study.stop
    if stop is None:
        return None
    return {
        "metric": stop.metric,
        "half_width": stop.half_width,
        "max_replicates": stop.max_replicates,
        "batches": seen,
        "met": _is_narrow(seen[-1]["widest_half_width"], stop),
        "note": "The number of replicates was chosen by the width of the intervals that they give, "
        "so that these hold the truth a little less often than they say.",
    }


def _columns(plan: SweepPlan, folder: Path) -> list[output_columns.Column]:
    """Return what the kept columns are, in the order of the table."""
    names = pq.read_schema(folder / f"{disk.RUNS}.parquet").names
    return [
        column
        for name in names
        if (column := output_columns.described(plan.question.scenario, name))
    ]
