"""Sweeps that were never played: a study's folder, filled with known answers."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sim.sweep import Sweep
from sim.sweep import result_folder as disk
from sim.sweep.design_points import DesignPoints
from sim.sweep.execution import prepare_folder
from sim.sweep.plan import SweepPlan
from sim.sweep.study import MOST_REPLICATES
from sim.sweep.study_reader import read_study_text

Known = Callable[[DesignPoints, np.ndarray], Mapping[str, np.ndarray]]

#: Three numbers and two levers of a small scenario, which known answers take as they please.
STUDY = """\
study: known
scenario: two-rivers
days: 12
seed: 3
replicates: {replicates}
{levers}
uncertainties:
  parties.upland.optimism: {{{ranges}}}
  parties.delta.optimism: {{{ranges}}}
  captives.uplanders.death_rate: {{{ranges}}}
design:
  uncertainties: {design}
outcomes:
  keep: {keep}
"""

NUMBERS = ("parties.upland.optimism", "parties.delta.optimism", "captives.uplanders.death_rate")


def rows_of(plan: SweepPlan, replicates: int, columns: Mapping[str, np.ndarray]) -> pa.Table:
    """The table of runs; columns are (points, replicates)."""
    points = len(plan.points)
    design_id = np.repeat(np.arange(points), replicates)
    replicate = np.tile(np.arange(replicates), points)
    run_id = design_id * MOST_REPLICATES + replicate
    table = {"design_id": design_id, "replicate": replicate, "run_id": run_id}
    table |= {"seed": np.full(len(run_id), 3), "luck": replicate}
    table |= {"status": ["ok"] * len(run_id), "forced": np.zeros(len(run_id), dtype=bool)}
    table |= {name: np.broadcast_to(v, (points, replicates)).ravel() for name, v in columns.items()}
    return pa.table(table)


@cache
def plan_of(text: str) -> SweepPlan:
    """The plan of a study's text, read once however many tests use it."""
    return SweepPlan.of(read_study_text(text, "study.yaml"), 64)


@pytest.fixture
def known_sweep(tmp_path: Path) -> Callable[..., Sweep]:
    """A finished sweep with known answers: `known_sweep(function, design=…)`.

    The function is given the design points and the numbers of the replicates, and answers with
    arrays that fit (points, replicates), by kept outcome. `scramble` may change the table of runs.
    """

    def made(
        function: Known,
        *,
        design: str = "{method: saltelli, n: 8}",
        levers: str = "",
        ranges: str = "uniform: [0, 1]",
        replicates: int = 1,
        keep: str = "[days_until_deal]",
        scramble: Callable[[pa.Table], pa.Table] = lambda table: table,
        name: str = "sweep",
    ) -> Sweep:
        text = STUDY.format(
            design=design, levers=levers, ranges=ranges, replicates=replicates, keep=keep
        )
        plan = plan_of(text)
        folder = tmp_path / name
        folder.mkdir()
        prepare_folder(folder, plan)
        columns = function(plan.points, np.arange(replicates))
        disk.write_table(folder / "runs.parquet", scramble(rows_of(plan, replicates, columns)))
        kinds = {"deal_by_10": "share", "deal_day": "day", "ending": "word"}
        columns_in_words: dict[str, Any] = {
            column: {"kind": kinds.get(column, "count"), "words": column} for column in columns
        }
        manifest = disk.read_manifest(folder) | {
            "complete": True,
            "files": {name: disk.sha256(folder / name) for name in (disk.DESIGN, "runs.parquet")},
            "columns": columns_in_words,
            "counts": {"planned": plan.first_batch, "ok": plan.first_batch, "failed": 0},
        }
        disk.write_manifest(folder, manifest)
        return Sweep(folder)

    return made
