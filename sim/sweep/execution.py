"""Play a sweep: prepare a folder, play what is missing, stop cleanly, and combine the parts."""

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
from sim.sweep.bound_study import BoundStudy
from sim.sweep.chunk import FAILURES, KEYS, ChunkResult
from sim.sweep.plan import Shard, SweepPlan
from sim.sweep.result_folder import Chunk, FingerprintError, FolderError, Progress
from sim.sweep.results import Sweep
from sim.sweep.study import Stop

#: Where sweeps go unless told otherwise.
SWEEPS = Path("sweeps")


class InterruptedSweepError(RuntimeError):
    """Report a sweep that was stopped cleanly before its end, and can be resumed."""


class TooManyFailuresError(RuntimeError):
    """Report more failed runs than the options allow; what was played is kept."""


@dataclass(frozen=True)
class ExecutionOptions:
    """Say how a sweep is played; none of it changes a byte of the result.

    Parameters
    ----------
    executor : str, Executor or callable
        Who plays the chunks: "serial", "process", "dask", "dask://HOST:PORT", an executor of
        `concurrent.futures`, or a function that makes one.
    workers : int, optional
        Worker processes, 1 or more; all cores where it is not given.
    chunk_runs : int, optional
        Runs of a chunk, 1 or more; where not given, a block of the engine or a worker's share.
    max_failures : int, optional
        Failed runs, 0 or more, beyond which the sweep stops.
    seconds_per_run : float, optional
        Seconds, more than 0, after which a run that is played by itself has failed.
    force : bool
        Play on although the scenario or the model has changed; such rows are marked.
    progress : callable, optional
        Called after each chunk with the numbers of runs played, failed and planned.
    tell : callable, optional
        Called after each batch with what a stopping rule sees, in words.
    stop : threading.Event, optional
        Once it is set, the chunks under way are finished and no others begun.
    """

    executor: str | Executor | Callable[[], Executor] = "serial"
    workers: int | None = None
    chunk_runs: int | None = None
    max_failures: int | None = None
    seconds_per_run: float | None = None
    force: bool = False
    progress: Progress | None = None
    tell: Callable[[str], None] | None = None
    stop: threading.Event | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.executor, str | Executor) and not callable(self.executor):
            raise ValueError(
                f"the executor is {self.executor!r}; give serial, process, dask, dask://HOST:PORT, "
                "an Executor, or a function that makes one"
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
    bound_study: BoundStudy,
    out: Path | str | None = None,
    *,
    shard: Shard | None = None,
    options: ExecutionOptions | None = None,
) -> Sweep:
    """Play a study into a folder, or what is missing of it, and return the sweep.

    Parameters
    ----------
    bound_study : BoundStudy
        The study, from `read_study`.
    out : str or Path, optional
        The folder; `sweeps/NAME-HASH` where it is not given.
    shard : tuple of int, optional
        The number of a part, from 1, and how many parts there are: only this part is played, into
        a folder of its own within `out`.
    options : ExecutionOptions, optional
        How it is played.

    Returns
    -------
    Sweep
        The finished sweep.

    Raises
    ------
    FolderError
        Where the folder cannot be made, or holds something else.
    FingerprintError
        Where the folder was begun with another study, scenario or model.
    InterruptedSweepError
        When it was stopped before its end.
    TooManyFailuresError
        When more runs failed than the options allow.
    ValueError
        For what is no study or no shard.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sim.sweep import read_study, run
    >>> text = '''
    ... study: rivers
    ... scenario: two-rivers
    ... days: 12
    ... replicates: 2
    ... levers: {guarantee_strength: {values: [0, 2]}}
    ... outcomes: {keep: [days_until_deal]}
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "rivers.yaml"
    ...     _ = path.write_text(text)
    ...     sweep = run(read_study(path), Path(folder) / "sweep")
    ...     sweep.design["guarantee_strength"].to_pylist(), sweep.runs.num_rows
    ([0, 2], 4)
    """
    if not isinstance(bound_study, BoundStudy):
        raise ValueError(
            f"the study is {bound_study!r}; give what `read_study` makes of its file: "
            "run(read_study(FILE), DIR)"
        )
    options = options or ExecutionOptions()
    folder = Path(out) if out is not None else SWEEPS / bound_study.name
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
            workers = executors.worker_count(options.executor, options.workers)
            plan = SweepPlan.of(bound_study, options.chunk_runs, workers=workers, shard=shard)
            prepare_folder(folder, plan)
        return _play_missing(folder, bound_study, options)


def resume(folder: Path | str, options: ExecutionOptions | None = None) -> Sweep:
    """Play what is missing in a folder; the study and the scenario are those that lie in it.

    Parameters
    ----------
    folder : str or Path
        The folder of a sweep.
    options : ExecutionOptions, optional
        How it is played.

    Returns
    -------
    Sweep
        The finished sweep.

    Raises
    ------
    FolderError
        Where the folder is no sweep, or is damaged.
    FingerprintError
        Where the model has changed since, unless the options force it.
    InterruptedSweepError
        When it was stopped before its end.
    TooManyFailuresError
        When more runs failed than the options allow.

    Examples
    --------
    >>> import tempfile, threading
    >>> from pathlib import Path
    >>> from sim.sweep import ExecutionOptions, InterruptedSweepError, read_study, resume, run
    >>> text = '''
    ... study: rivers
    ... scenario: two-rivers
    ... days: 12
    ... replicates: 2
    ... levers: {guarantee_strength: {values: [0, 2]}}
    ... '''
    >>> stop = threading.Event()
    >>> stop_at_once = ExecutionOptions(
    ...     chunk_runs=1, stop=stop, progress=lambda done, failed, planned: done and stop.set()
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "rivers.yaml"
    ...     _ = path.write_text(text)
    ...     try:
    ...         run(read_study(path), Path(folder) / "sweep", options=stop_at_once)
    ...     except InterruptedSweepError:
    ...         print("stopped")
    ...     resume(Path(folder) / "sweep").manifest["counts"]
    stopped
    {'planned': 4, 'ok': 4, 'failed': 0}
    """
    folder = Path(folder)
    sweep = Sweep(folder)
    with disk.locked(folder):
        return _play_missing(folder, sweep.bound_study, options or ExecutionOptions())


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


def prepare_folder(folder: Path, plan: SweepPlan) -> None:
    """Write into a folder what is settled before the first run; the manifest last."""
    bound_study = plan.bound_study
    if plan.shard is not None and bound_study.study.stop is not None:
        raise FolderError("a stopping rule looks at all runs, which no shard has; leave out one")
    (folder / disk.PARTS).mkdir(exist_ok=True)
    disk.write_text(folder / disk.SPEC, bound_study.text)
    disk.write_table(folder / disk.DESIGN, plan.points.table())
    disk.write_manifest(
        folder,
        {
            "format": disk.FORMAT,
            "study": bound_study.study.study,
            "title": bound_study.study.title,
            "complete": False,
            "fingerprint": provenance.fingerprint(bound_study),
            "points": len(plan.points),
            "excluded_points": plan.points.excluded,
            "replicates": bound_study.study.replicates,
            "planned_runs": plan.first_batch,
            "seed": bound_study.study.seed,
            "days": bound_study.scenario.days,
            "crn": bound_study.study.crn,
            "shard": None if plan.shard is None else list(plan.shard),
            "chunk_runs": plan.chunk_runs,
            "keep": list(plan.keep),
            "columns": {},
            "command": readme.command(plan.shard),
            "begun": _utc_now(),
            "finished": None,
            "counts": None,
            "stop": None,
            "forced": [],
            "files": {},
            "surroundings": provenance.surroundings(),
            "changes": bound_study.changes,
            "resolved": bound_study.study.model_dump(mode="json", exclude_none=True),
            "tables": bound_study.tables,
            "scenario": {
                "name": bound_study.scenario.scenario,
                "title": bound_study.scenario.title,
                "content": bound_study.scenario.model_dump(mode="json", exclude_unset=True),
            },
        },
    )


def lost_message(sweep: Sweep) -> str:
    """Return what to say of a sweep that was finished and has lost results since."""
    loss = f"{sweep.folder} was finished and has lost {', '.join(sweep.lost_files)} since"
    if disk.played_chunks(sweep.folder):
        return f"{loss}; `parley sweep resume {sweep.folder}` makes it whole from its parts"
    return f"{loss}; bring them back from a copy, or play all of it again: `{rerun_command(sweep)}`"


def rerun_command(sweep: Sweep) -> str:
    """Return the command that plays all of a sweep again, beside its folder."""
    words = ["parley", "sweep", "run", str(sweep.folder), "--out", f"{sweep.folder}-again"]
    shard = sweep.manifest["shard"]
    return shlex.join(words if shard is None else [*words, "--shard", f"{shard[0]}/{shard[1]}"])


def _utc_now() -> str:
    """Return the time, in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _play_missing(folder: Path, bound_study: BoundStudy, options: ExecutionOptions) -> Sweep:
    """Play what is missing, then combine the parts."""
    manifest = disk.read_manifest(folder)
    if manifest["complete"] and Sweep(folder).lost_files and not disk.played_chunks(folder):
        raise FolderError(lost_message(Sweep(folder)))
    fingerprint = provenance.fingerprint(bound_study)
    forced = _is_changed(manifest, fingerprint, options.force)
    if options.chunk_runs not in (None, manifest["chunk_runs"]):
        raise FolderError(
            f"{folder} was begun with chunks of {manifest['chunk_runs']:,} runs, in which it goes "
            "on; leave their size out, or use another folder"
        )
    shard = manifest["shard"]
    plan = SweepPlan.of(
        bound_study,
        manifest["chunk_runs"],
        shard=None if shard is None else (shard[0], shard[1]),
        seconds_per_run=options.seconds_per_run,
        forced=forced,
    )
    if not disk.read_table(folder / disk.DESIGN).equals(plan.points.table()):
        raise FingerprintError(f"{folder.name} was begun with another design; use another folder")
    if manifest["complete"]:
        if not Sweep(folder).lost_files:
            disk.remove_partial_files(folder)
            return Sweep(folder)
        manifest["complete"] = False  # its parts are still there, and make it whole again
    if forced and fingerprint not in manifest["forced"]:
        manifest["forced"].append(fingerprint)
        disk.write_manifest(folder, manifest)
    batches = _play_batches(folder, plan, options)
    _combine_parts(folder, plan, manifest, batches)
    return Sweep(folder)


def _is_changed(manifest: Mapping[str, Any], current: Mapping[str, str], force: bool) -> bool:
    """Return whether the folder was begun with something else.

    Raises FingerprintError unless that is forced. Another study is always refused: its chunks
    may have the names of chunks of other runs.
    """
    recorded = manifest["fingerprint"]
    changed = [name for name in recorded if name != "all" and recorded[name] != current[name]]
    if not changed:
        return False
    if not force or "study" in changed:
        changes = ", ".join(
            f"{name} {recorded[name][:12]} is now {current[name][:12]}" for name in changed
        )
        if "model" in changed:
            changes += (
                " (another model, or recorded by an older Parley, which counted comments too)"
            )
        elif changed == ["version"]:
            changes += " (the model is the same)"
        way_out = (
            "another study asks for other runs: use another folder"
            if "study" in changed
            else "use another folder, or --force to play the rest as things are now and have its "
            "rows marked"
        )
        raise FingerprintError(f"the folder was begun with something else: {changes}; {way_out}")
    return True


# --- Playing


@dataclass(frozen=True)
class _Batch:
    """Hold the precision after a batch of replicates; no width where one is not known."""

    replicates: int
    widest_half_width: float | None


def _play_batches(folder: Path, plan: SweepPlan, options: ExecutionOptions) -> list[_Batch]:
    """Play the missing chunks of all batches, until the stopping rule is met where there is one."""
    batches: list[_Batch] = []
    done = set(disk.played_chunks(folder))
    tally = _Tally(folder, plan, options, done)
    stop = options.stop or threading.Event()
    with _stopped_by_interrupt(stop):
        for batch in range(plan.batches):
            missing = [chunk for chunk in plan.chunks(batch) if chunk not in done]
            tally.add_batch(batch)
            if missing:
                _play_chunks(folder, plan.work(missing), options, tally, stop)
                tally.check_failures()
            if set(plan.chunks(batch)) - set(disk.played_chunks(folder)):
                raise InterruptedSweepError(f"stopped; `parley sweep resume {folder}` goes on")
            batches.append(_precision_after(folder, plan, batch))
            if options.tell is not None and plan.bound_study.study.stop is not None:
                options.tell(_precision_in_words(batches[-1]))
            if _is_enough(plan, batches[-1]):
                break
    return batches


def _play_chunks(
    folder: Path,
    work: Iterator[executors.Work],
    options: ExecutionOptions,
    tally: _Tally,
    stop: threading.Event,
) -> None:
    """Play chunks and write what comes of them, until there are no more or it is to stop."""
    try:
        with executors.choose_executor(options.executor, options.workers) as executor:
            for chunk, result in executors.run_chunks(executor, work, stop.is_set):
                _write_parts(folder, chunk, result)
                if not tally.count(result):
                    stop.set()
    except executors.NoWorkersError as error:
        raise InterruptedSweepError(f"{error}; `parley sweep resume {folder}` goes on") from None


class _Tally:
    """Count the runs of a sweep, and how many of them failed."""

    def __init__(
        self, folder: Path, plan: SweepPlan, options: ExecutionOptions, done: set[Chunk]
    ) -> None:
        self.plan, self.options = plan, options
        self.done = sum(chunk.last - chunk.first for chunk in done)
        self.failed = _failures_in(folder, sorted(done))
        self.planned = 0

    def add_batch(self, batch: int) -> None:
        """Add the runs of another batch to those that are planned."""
        self.planned += sum(chunk.last - chunk.first for chunk in self.plan.chunks(batch))
        self._report()

    def count(self, result: ChunkResult) -> bool:
        """Count the runs of a result; return whether there are still few enough failures."""
        self.done += len(result.runs)
        self.failed += len(result.failures)
        self._report()
        return not self._has_too_many_failures

    def check_failures(self) -> None:
        """Raise TooManyFailuresError where there are too many failures."""
        if self._has_too_many_failures:
            raise TooManyFailuresError(
                f"{self.failed} runs failed, more than {self.options.max_failures}; what was "
                "played is kept, see `failures`"
            )

    @property
    def _has_too_many_failures(self) -> bool:
        """Return whether more runs failed than the options allow."""
        most = self.options.max_failures
        return most is not None and self.failed > most

    def _report(self) -> None:
        """Report the counts to whoever asked for progress."""
        if self.options.progress is not None:
            self.options.progress(self.done, self.failed, self.planned)


def _write_parts(folder: Path, chunk: Chunk, result: ChunkResult) -> None:
    """Write the result of a chunk; its runs last, as they say that it has been played."""
    if result.series is not None:
        disk.write_table(disk.part(folder, disk.SERIES, chunk), result.series)
    if len(result.failures):
        disk.write_table(disk.part(folder, disk.FAILURES, chunk), result.failures)
    disk.write_table(disk.part(folder, disk.RUNS, chunk), result.runs)


def _failures_in(folder: Path, chunks: list[Chunk]) -> int:
    """Return how many runs of some chunks failed."""
    paths = (disk.part(folder, disk.FAILURES, chunk) for chunk in chunks)
    return sum(pq.read_metadata(path).num_rows for path in paths if path.exists())


@contextmanager
def _stopped_by_interrupt(stop: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C finish what is under way, and the second stop at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {sign: signal.signal(sign, on_signal) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


# --- The stopping rule


def _precision_after(folder: Path, plan: SweepPlan, batch: int) -> _Batch:
    """Return the widest 95 % interval of the rule's metric over all points, so far."""
    first, size = plan.replicates_of(batch)
    stop = plan.bound_study.study.stop
    if stop is None:
        return _Batch(first + size, None)
    paths = [disk.part(folder, disk.RUNS, chunk) for chunk in disk.played_chunks(folder)]
    tables = [_some_columns(path, ["design_id", stop.metric]) for path in paths]
    whole = pa.concat_tables(tables).drop_null()
    point = whole["design_id"].to_numpy()
    values = whole[stop.metric].combine_chunks().to_numpy(zero_copy_only=False)
    widths = half_widths(point, values, len(plan.points))
    widest = float(widths.max())
    return _Batch(first + size, widest if math.isfinite(widest) else None)


def _precision_in_words(batch: _Batch) -> str:
    """Return the precision after a batch, for whoever waits."""
    width = batch.widest_half_width
    width_words = "not known at some design point" if width is None else f"{width:.4g}"
    return f"after replicate {batch.replicates}: widest half width {width_words}"


def _some_columns(path: Path, names: list[str]) -> pa.Table:
    """Return some columns of a part; a part in which every run failed has no outcomes."""
    stored = set(pq.read_schema(path).names)
    return (
        pq.read_table(path, columns=names)
        if set(names) <= stored
        else pa.table({name: pa.nulls(0, pa.int64()) for name in names}).slice(0, 0)
    )


def half_widths(
    point: np.ndarray[Any, Any], values: np.ndarray[Any, Any], points: int
) -> np.ndarray[Any, Any]:
    """Return half the width of the 95 % interval at each design point; infinite where unknown.

    Wilson's interval for what happens or not, the normal one for counts; where no two counts of a
    point differ, they do not tell how far they might.
    """
    widths = np.full(points, np.inf)
    n = np.bincount(point, minlength=points)
    if values.dtype == bool:
        happened = np.bincount(point, weights=values, minlength=points)
        for k in np.flatnonzero(n):
            low, high = findings.wilson(int(happened[k]), int(n[k]))
            widths[k] = (high - low) / 2
        return widths
    numbers = values.astype(np.float64)
    mean = np.bincount(point, weights=numbers, minlength=points) / np.maximum(n, 1)
    square = np.bincount(point, weights=(numbers - mean[point]) ** 2, minlength=points)
    varies = square > 0
    standard_error = np.sqrt(square[varies] / (n[varies] - 1) / n[varies])
    widths[varies] = findings.NORMAL_95 * standard_error
    return widths


def _is_enough(plan: SweepPlan, batch: _Batch) -> bool:
    """Return whether a batch ends the sweep."""
    stop = plan.bound_study.study.stop
    return stop is None or _is_narrow(batch.widest_half_width, stop)


def _is_narrow(width: float | None, stop: Stop) -> bool:
    """Return whether a width meets the stopping rule."""
    return width is not None and width <= stop.half_width


# --- The end


def _combine_parts(
    folder: Path, plan: SweepPlan, manifest: dict[str, Any], batches: list[_Batch]
) -> None:
    """Combine the parts into results, and delete them."""
    chunks = disk.played_chunks(folder)
    sources = {
        kind: [path for chunk in chunks if (path := disk.part(folder, kind, chunk)).exists()]
        for kind in (disk.RUNS, disk.SERIES, disk.FAILURES)
    }
    write_results(folder, plan, manifest, sources, [vars(batch) for batch in batches])
    disk.remove_partial_files(folder)


def write_results(
    folder: Path,
    plan: SweepPlan,
    manifest: dict[str, Any],
    sources: Mapping[str, list[Path]],
    batches: list[dict[str, Any]],
) -> None:
    """Make one table of each kind, a summary, a description, and the final manifest."""
    disk.compact(
        folder,
        disk.RUNS,
        sources[disk.RUNS],
        disk.merged_schema(sources[disk.RUNS], KEYS),
        ["design_id", "replicate"],
        "design_id",
    )
    files = [disk.DESIGN, f"{disk.RUNS}.parquet"]
    if sources[disk.SERIES]:
        schema = disk.merged_schema(sources[disk.SERIES], pa.schema([]))
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
        "finished": _utc_now(),
        "planned_runs": len(status),
        "counts": {"planned": len(status), "ok": ok, "failed": len(status) - ok},
        "columns": {c.name: {"kind": c.kind, "words": c.words} for c in columns},
        "stop": _stop_record(plan, batches),
        "files": {name: disk.sha256(folder / name) for name in files},
    }
    disk.write_text(folder / disk.README, readme.readme(finished, plan))
    disk.write_manifest(folder, finished)


def _stop_record(plan: SweepPlan, batches: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return how the stopping rule was applied, where there is one."""
    stop = plan.bound_study.study.stop
    if stop is None:
        return None
    return {
        "metric": stop.metric,
        "half_width": stop.half_width,
        "max_replicates": stop.max_replicates,
        "batches": batches,
        "met": _is_narrow(batches[-1]["widest_half_width"], stop),
        "note": "The number of replicates was chosen by the width of the intervals that they give, "
        "so that these hold the truth a little less often than they say.",
    }


def _columns(plan: SweepPlan, folder: Path) -> list[output_columns.Column]:
    """Return what the kept columns are, in the order of the table."""
    names = pq.read_schema(folder / f"{disk.RUNS}.parquet").names
    return [
        column
        for name in names
        if (column := output_columns.describe(plan.bound_study.scenario, name))
    ]
