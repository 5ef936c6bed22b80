"""Merge shards, verify results, replay a run, and compare two sweeps."""

from __future__ import annotations

import random
import shlex
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sim.provenance import model_fingerprint, version
from sim.reporting import narrative
from sim.scenario.loading import read_as, with_changes
from sim.sweep import provenance
from sim.sweep import result_folder as disk
from sim.sweep.bound_study import sha256_of_study
from sim.sweep.chunk import OK, run_chunk
from sim.sweep.execution import prepare_folder, write_results
from sim.sweep.factors import yaml_value
from sim.sweep.output_columns import MEANS
from sim.sweep.plan import SweepPlan
from sim.sweep.result_folder import FingerprintError, FolderError
from sim.sweep.results import Sweep
from sim.sweep.study import Study

#: Runs that are played again when a sweep is verified.
REPLAYED = 20

#: Shards that are named where many are amiss.
NAMED = 12


# --- Merging


def merge(folder: Path | str) -> Sweep:
    """Make one sweep of the shards that lie in a folder, with the bytes of an undivided one.

    Raises FolderError, which names the shards that are missing, unfinished, there twice or no
    longer what they were, and FingerprintError where they are of different studies, scenarios or
    models.
    """
    folder = Path(folder)
    shards = [Sweep(path.parent) for path in sorted(folder.glob(f"*/{disk.MANIFEST}"))]
    if not shards:
        raise FolderError(
            f"{folder} holds no shards; `parley sweep run STUDY --out {folder} --shard I/N` plays "
            "them"
        )
    _check_together(shards)
    first = shards[0]
    plan = SweepPlan.of(first.bound_study, first.manifest["chunk_runs"])
    with disk.locked(folder):
        prepare_folder(folder, plan)
        manifest = disk.read_manifest(folder)
        manifest["forced"] = [
            fingerprint for shard in shards for fingerprint in shard.manifest["forced"]
        ]
        sources = {
            kind: [p for s in shards if (p := s.folder / f"{kind}.parquet").exists()]
            for kind in (disk.RUNS, disk.SERIES, disk.FAILURES)
        }
        write_results(folder, plan, manifest, sources, [])
        disk.remove_partial_files(folder)
    return Sweep(folder)


def _check_together(shards: Sequence[Sweep]) -> None:
    """Refuse shards unless all of one sweep are there, once, and finished."""
    fingerprints = {shard.manifest["fingerprint"]["all"] for shard in shards}
    if len(fingerprints) > 1:
        raise FingerprintError(
            "these shards are of different studies, scenarios or models: "
            + ", ".join(f"{s.folder.name} {s.manifest['fingerprint']['all'][:12]}" for s in shards)
        )
    numbers = [shard.manifest["shard"] for shard in shards]
    if None in numbers:
        raise FolderError(f"{shards[numbers.index(None)].folder} is no shard")
    shard_counts = {of for _, of in numbers}
    if len(shard_counts) > 1:
        raise FolderError(f"these shards are of {' and of '.join(map(str, sorted(shard_counts)))}")
    present = [number for number, _ in numbers]
    wrong = {
        "missing": sorted(set(range(1, shard_counts.pop() + 1)) - set(present)),
        "there twice": sorted({number for number in present if present.count(number) > 1}),
        "not finished": [s.manifest["shard"][0] for s in shards if not s.is_complete],
        "changed since": [s.manifest["shard"][0] for s in shards if s.changed_files],
    }
    faults = [f"{fault}: {_some(which)}" for fault, which in wrong.items() if which]
    if faults:
        raise FolderError(
            "; ".join(["these shards cannot be merged", *faults, *_ways_out(shards, wrong)])
        )


def _some(numbers: Sequence[int]) -> str:
    """Return the first of some numbers, and how many more there are."""
    more = f" and {len(numbers) - NAMED:,} more" if len(numbers) > NAMED else ""
    return ", ".join(map(str, numbers[:NAMED])) + more


def _ways_out(shards: Sequence[Sweep], wrong: Mapping[str, list[int]]) -> Iterator[str]:
    """Return the commands that play what keeps shards from being merged."""
    folder_of_first = shards[0].folder
    _, of = shards[0].manifest["shard"]
    for number in wrong["missing"][:1]:
        place = ["--out", str(folder_of_first.parent), "--shard", f"{number}/{of}"]
        words = shlex.join(["parley", "sweep", "run", str(folder_of_first), *place])
        yield f"`{words}` plays {number}"
    for sweep in [s for s in shards if not s.is_complete][:1]:
        yield f"`parley sweep resume {sweep.folder}` goes on"
    if wrong["changed since"]:
        yield "play what was changed anew, in an empty folder in place of its own"


# --- Replaying


@dataclass(frozen=True)
class ReplayResult:
    """Hold a run that was played again: whether it came out as recorded, and its story."""

    run_id: int
    settings: Mapping[str, Any]
    recorded: Mapping[str, Any]
    replayed: Mapping[str, Any]
    paragraphs: tuple[str, ...] = ()
    failure: str = ""  # how it failed, where it did

    @property
    def differences(self) -> list[str]:
        """Return the outcomes that came out differently."""
        return [name for name in self.recorded if self.recorded[name] != self.replayed.get(name)]


def replay(sweep: Sweep, run_id: int) -> ReplayResult:
    """Play one run again, with its story. Raises FolderError for a run that there is not."""
    plan = SweepPlan.of(sweep.bound_study, 1)
    rows = sweep.runs.filter(pc.equal(sweep.runs["run_id"], run_id)).to_pylist()
    if not rows:
        raise FolderError(f"{sweep.folder} has no run {run_id}")
    played, failure = _play_row(plan, rows[0])
    point = rows[0]["design_id"]
    numbers = {path: values[point] for path, values in plan.points.of_kind("number").items()}
    changes = {**plan.points.changes(point), **{k: yaml_value(v) for k, v in numbers.items()}}
    scenario = with_changes(sweep.scenario, changes) if changes else sweep.scenario
    levers = {name: float(v[point]) for name, v in plan.points.of_kind("lever").items()}
    seed, luck = sweep.study.seed, rows[0]["luck"]
    paragraphs = (
        () if played["status"] != OK else narrative.tell(scenario, luck, seed, levers=levers)
    )
    settings = {
        key.key: yaml_value(plan.points.settings[key.key][point]) for key in plan.points.keys
    }
    return ReplayResult(run_id, settings, rows[0], played, tuple(paragraphs), failure)


def _play_row(plan: SweepPlan, row: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Return a run played again, as a row; and how it failed, where it did."""
    task = plan.task_of(np.array([row["design_id"]]), np.array([row["replicate"]]))
    result = run_chunk(task)
    row_again: dict[str, Any] = result.runs.to_pylist()[0]
    failures = [
        f"{failed['exception']}: {failed['message']}\n{failed['traceback']}"
        for failed in result.failures.to_pylist()
    ]
    return {**dict.fromkeys(row), **row_again, "forced": row["forced"]}, "".join(failures)


# --- Verifying


@dataclass(frozen=True)
class VerificationReport:
    """Hold one thing that was checked, and whether it is as it should be."""

    what: str
    holds: bool
    words: str


def verify(sweep: Sweep, runs: int = REPLAYED) -> list[VerificationReport]:
    """Check a sweep: its files, its counts, its model, and some runs played again.

    Where another model made it and this one does not read its scenario, nothing is played.
    """
    if not sweep.is_complete:
        raise FolderError(f"{sweep.folder} is not finished; `parley sweep resume` it first")
    manifest = sweep.manifest
    checks = [
        VerificationReport(
            name,
            not file_change,
            f"{file_change}; " * bool(file_change) + f"sha256 {digest[:12]} as written",
        )
        for name, digest in manifest["files"].items()
        for file_change in [sweep.change_of(name)]
    ]
    other_model = ""
    try:
        current = provenance.fingerprint(sweep.bound_study)
    except FingerprintError as error:
        other_model, current = str(error), _fingerprint_without_scenario(sweep)
    recorded = manifest["fingerprint"]
    checks += [
        VerificationReport(
            part,
            recorded[part] == current[part],
            f"{recorded[part][:12]} then, {current[part][:12]} now",
        )
        for part in ("study", "scenario", "version", "model")
    ]
    repository = manifest["surroundings"]["repository"] or {"dirty": False}
    words = f"diff {repository['diff_sha256'][:12]}" if repository["dirty"] else "nothing changed"
    checks.append(VerificationReport("committed", not repository["dirty"], words))
    if all(check.holds for check in checks if check.what.endswith(".parquet")):
        replayed = VerificationReport("replay", False, other_model)
        checks += [_counted(sweep), replayed if other_model else _replayed(sweep, runs)]
    return checks


def _fingerprint_without_scenario(sweep: Sweep) -> dict[str, str]:
    """Return the fingerprint of a sweep whose scenario this model does not read."""
    text = (sweep.folder / disk.SPEC).read_text(encoding="utf-8")
    study = read_as(text, disk.SPEC, Study, lambda _: (), sweep.manifest["changes"])
    return {
        "study": sha256_of_study(study, sweep.manifest["tables"]),
        "scenario": "not read",
        "version": version(),
        "model": model_fingerprint(),
    }


def _counted(sweep: Sweep) -> VerificationReport:
    """Check that every planned run is there once, as ok or failed."""
    counts, run_ids = sweep.manifest["counts"], sweep.runs["run_id"].to_numpy()
    is_whole = counts["planned"] == counts["ok"] + counts["failed"] == len(np.unique(run_ids))
    is_whole = is_whole and len(run_ids) == counts["planned"]
    is_whole = is_whole and sweep.failures.num_rows == counts["failed"]
    words = f"{counts['planned']:,} planned, {counts['ok']:,} ok, {counts['failed']:,} failed"
    return VerificationReport("counts", is_whole, words)


def _replayed(sweep: Sweep, runs: int) -> VerificationReport:
    """Check that some runs, chosen by the sweep's fingerprint, come out as they are recorded."""
    table = sweep.runs.filter(pc.equal(sweep.runs["status"], OK))
    some = min(runs, table.num_rows)
    chosen = random.Random(sweep.manifest["fingerprint"]["all"]).sample(range(table.num_rows), some)
    plan = SweepPlan.of(sweep.bound_study, 1)
    rows = table.take(sorted(chosen)).to_pylist()
    different = [str(row["run_id"]) for row in rows if _play_row(plan, row)[0] != row]
    words = f"of {some} runs played again, {some - len(different)} came out the same"
    if different:
        words += f"; not run {', '.join(different)}"
    return VerificationReport("replay", not different, words)


# --- Comparing


@dataclass(frozen=True)
class Shift:
    """Hold by how much the mean of an outcome differs between two sweeps.

    The sample is over the luck of the runs (one mean over all design points for each), since design
    points share it.
    """

    outcome: str
    one: float
    other: float
    difference: float
    low: float
    high: float
    p: float  # of no difference, by Student's or Welch's t test
    paired: bool


@dataclass(frozen=True)
class Difference:
    """Hold how two sweeps differ: in their studies, in their versions, in their results."""

    settings: Mapping[str, tuple[Any, Any]]
    surroundings: Mapping[str, tuple[Any, Any]]
    same_bytes: bool
    shifts: tuple[Shift, ...]


def diff(first: Sweep, second: Sweep) -> Difference:
    """Return how two sweeps differ. Raises FolderError for one that is not finished."""
    for sweep in (first, second):
        if not sweep.is_complete:
            raise FolderError(f"{sweep.folder} is not finished; `parley sweep resume` it first")
    studies = (
        _flat(first.study.model_dump(mode="json")),
        _flat(second.study.model_dump(mode="json")),
    )
    runs = f"{disk.RUNS}.parquet"
    return Difference(
        _unlike(*studies),
        _unlike(_flat(_origin(first)), _flat(_origin(second))),
        first.manifest["files"][runs] == second.manifest["files"][runs],
        tuple(_shifts(first, second)),
    )


def _origin(sweep: Sweep) -> dict[str, Any]:
    """Return what a sweep was played by: fingerprints, versions and repository."""
    manifest = sweep.manifest
    return {"fingerprint": manifest["fingerprint"], **manifest["surroundings"]}


def _flat(settings: Any, path: str = "") -> dict[str, Any]:
    """Return nested settings by their paths."""
    if not isinstance(settings, dict):
        return {path: settings}
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        flat |= _flat(value, f"{path}.{key}" if path else str(key))
    return flat


def _unlike(first: dict[str, Any], second: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the settings that differ, with both values."""
    keys = dict.fromkeys([*first, *second])
    pairs = {key: (first.get(key), second.get(key)) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def _shifts(first: Sweep, second: Sweep) -> list[Shift]:
    """Return the shift of every outcome that both have and that has a mean."""
    from scipy import stats

    paired = (
        first.manifest["crn"] and second.manifest["crn"] and first.study.seed == second.study.seed
    )
    paired = bool(paired and first.design.equals(second.design))
    shifts = []
    for name, column in first.columns.items():
        if name not in second.columns or column["kind"] not in MEANS:
            continue
        means = [_means_by_stream_run(sweep, name) for sweep in (first, second)]
        shared = sorted(set(means[0]) & set(means[1]))
        if paired and len(shared) > 1:
            a, b = (np.array([means_of[stream_run] for stream_run in shared]) for means_of in means)
            test: Any = stats.ttest_rel(b, a) if np.ptp(b - a) > 0 else None
        else:
            a, b = (np.array(list(means_of.values())) for means_of in means)
            varies = min(len(a), len(b)) > 1 and (np.ptp(a) > 0 or np.ptp(b) > 0)
            with warnings.catch_warnings():
                # One side may be the same in every run; its variance is then 0, as it should be.
                warnings.filterwarnings("ignore", "Precision loss", RuntimeWarning)
                test = stats.ttest_ind(b, a, equal_var=False) if varies else None
        shifts.append(_shift(name, a, b, test, paired))
    return shifts


def _shift(
    name: str, a: NDArray[np.float64], b: NDArray[np.float64], test: Any, paired: bool
) -> Shift:
    """Return a shift from the means by luck; where nothing varies it has no interval."""
    first_mean, second_mean = float(a.mean()), float(b.mean())
    difference = second_mean - first_mean
    low, high, p = difference, difference, float(difference == 0)
    if test is not None:
        low, high = map(float, test.confidence_interval(0.95))
        p = float(test.pvalue)
    return Shift(name, first_mean, second_mean, difference, low, high, p, paired)


def _means_by_stream_run(sweep: Sweep, name: str) -> dict[int, float]:
    """Return the mean of an outcome over all design points, for each luck."""
    table = sweep.runs.select(["luck", name]).drop_null()
    values = table[name].cast(pa.float64()).to_numpy()
    stream_runs, place = np.unique(table["luck"].to_numpy(), return_inverse=True)
    if not len(stream_runs):
        return {}
    means = np.bincount(place, weights=values) / np.bincount(place)
    return dict(zip(stream_runs.tolist(), means.tolist(), strict=True))
