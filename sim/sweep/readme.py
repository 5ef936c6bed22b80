"""Write the summary of a finished sweep, and the page that lies in its folder."""

from __future__ import annotations

import csv
import io
import itertools
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from sim import findings
from sim.sweep import result_folder as disk
from sim.sweep.design_points import PLACE
from sim.sweep.output_columns import MEANS, Column
from sim.sweep.plan import Shard, SweepPlan

SUMMARY_COLUMNS = ("design_id", "outcome", "n", "mean", "low", "high", "interval")

KEYS = {
    "design_id": "design point, a row of `design`",
    "replicate": "number of the run among those of its design point, from 0",
    "run_id": "number of the run in the sweep; `parley sweep replay FOLDER RUN_ID` plays it again",
    "seed": "seed of the sweep",
    "luck": "number of the run of a plain simulation with this seed whose luck it has; with "
    "common random numbers the replicate, so that design points share it",
    "status": "`ok` or `failed`; a run that failed has no outcomes and a row in `failures`",
    "forced": "played with another scenario or model than the sweep was begun with",
}


def command(shard: Shard | None) -> str:
    """Return the command that plays the same again, from the folder.

    The folder has the tables and changes of the study; its spec alone has neither.
    """
    words = ["parley", "sweep", "run", "FOLDER", "--out", "DIR"]
    if shard is not None:
        words += ["--shard", f"{shard[0]}/{shard[1]}"]
    return shlex.join(words)


def summary(folder: Path, columns: Sequence[Column]) -> str:
    """Return for each design point and outcome with a mean: the mean and its 95 % interval, as CSV.

    Runs that failed and what did not happen are left out; `n` is the number of runs that count.
    There is no mean of a day that may never come: `days_until_deal` counts the horizon instead.
    """
    path = folder / f"{disk.RUNS}.parquet"
    point = pq.read_table(path, columns=["design_id"])["design_id"].to_numpy()
    edges = np.flatnonzero(np.diff(point, prepend=-1, append=-1))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(SUMMARY_COLUMNS)
    for column in columns:
        if column.kind not in MEANS:
            continue
        values = pq.read_table(path, columns=[column.name])[column.name].combine_chunks()
        for first, last in itertools.pairwise(edges):
            some = values.slice(first, last - first).drop_null().to_numpy(zero_copy_only=False)
            writer.writerow([int(point[first]), column.name, *_mean(column, some)])
    return text.getvalue()


def _mean(column: Column, values: np.ndarray[Any, Any]) -> list[Any]:
    """Return the number of runs, the mean, its interval, and the kind of interval."""
    if column.kind == "share":
        mean = findings.share(column.name, values.astype(bool), column.words)
        kind = "Wilson"
    else:
        mean = findings.mean(column.name, values.astype(np.float64), column.words)
        kind = "normal"
    numbers = [mean.estimate, mean.low, mean.high]
    return [mean.n, *("" if n is None else repr(n) for n in numbers), kind]


def readme(manifest: Mapping[str, Any], plan: SweepPlan) -> str:
    """Return what lies in the folder, and what every column means."""
    study = plan.bound_study.study
    counts = manifest["counts"]
    lines = [
        f"# {study.title or study.study}",
        "",
        "Results are conditional on a model and the assumptions of its scenario; they are not a "
        "forecast.",
        "",
        f"{counts['planned']:,} runs of `{manifest['scenario']['name']}` "
        f"({manifest['days']} days, seed {manifest['seed']}): {manifest['points']:,} design points"
        f"; {counts['ok']:,} runs ok, {counts['failed']:,} failed. To play the same again: "
        f"`{manifest['command']}`, where FOLDER is this one",
        "",
        "| file | what it holds |",
        "| --- | --- |",
        "| `manifest.json` | what was asked, of which scenario and version, and fingerprints |",
        "| `spec.yaml` | the study, as it was written |",
        "| `design.parquet` | one row for each design point |",
        "| `runs.parquet` | one row for each run |",
        "| `summary.csv` | means with 95 % intervals for each design point and outcome |",
    ]
    if f"{disk.SERIES}.parquet" in manifest["files"]:
        lines.append("| `series.parquet` | some runs day by day |")
    if f"{disk.FAILURES}.parquet" in manifest["files"]:
        lines.append("| `failures.parquet` | the runs that failed: where, how, and a replay |")
    lines += ["", "## design", "", "| column | what it is |", "| --- | --- |"]
    lines += [f"| `{name}` | {words} |" for name, words in design_words(plan).items()]
    lines += ["", "## runs", "", "| column | what it is |", "| --- | --- |"]
    lines += [f"| `{name}` | {words} |" for name, words in KEYS.items()]
    lines += [
        f"| `{name}` | {column['words']} ({column['kind']}) |"
        for name, column in manifest["columns"].items()
    ]
    lines += ["", "An empty cell is what did not happen or, where `status` is not `ok`, not known."]
    return "\n".join(lines) + "\n"


def design_words(plan: SweepPlan) -> dict[str, str]:
    """Return the columns of the design, in words."""
    words = {
        "design_id": "number of the design point",
        "lever_id": "points with the same number have the same settings of the levers",
        "scenario_id": "points with the same number have the same uncertainties",
    }
    if plan.points.matrix is not None:
        words["matrix"] = "the matrix of the design that the point belongs to"
        words["row"] = "its row in the matrix"
    kinds = {"lever": "a lever", "number": "a number, before levers", "value": "a value"}
    for key in plan.points.keys:
        side = "swept deliberately" if key.side == "levers" else "an uncertainty"
        words[key.key] = f"{kinds[key.kind]} of the scenario, {side}"
    for key_name in plan.points.places:
        words[PLACE + key_name] = f"place of {key_name} in its distribution, from 0 to 1"
    return words
