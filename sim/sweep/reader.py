"""A sweep as it lies in its folder, finished or not: frozen, read when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from sim.scenario import Scenario
from sim.sweep import folder as disk
from sim.sweep.folder import FolderError
from sim.sweep.playing import FAILURES, KEYS
from sim.sweep.spec import Question, Study, read_study_text


@dataclass(frozen=True)
class Sweep:
    """A folder of a sweep. Tables are pyarrow's: `sweep.runs.to_pandas()` makes a frame of one.

    While the sweep is being played, `runs`, `series` and `failures` have what there is so far, in
    no particular order; `design_id` says which design point a row belongs to. Raises FolderError
    for a folder that is no sweep.
    """

    folder: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))
        disk.read_manifest(self.folder)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What was asked, of what, by which version, and how it went."""
        return disk.read_manifest(self.folder)

    @property
    def is_complete(self) -> bool:
        """Whether everything has been played and brought into order."""
        return bool(self.manifest["complete"])

    @cached_property
    def question(self) -> Question:
        """The study with its scenario, as they were when the sweep began."""
        return read_study_text(
            (self.folder / disk.SPEC).read_text(encoding="utf-8"),
            disk.SPEC,
            changes=self.manifest["changes"],
            scenario=self.scenario,
            tables=self.manifest["tables"],
        )

    @property
    def study(self) -> Study:
        """What was asked."""
        return self.question.study

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario, with the days that were played."""
        return Scenario.model_validate(self.manifest["scenario"]["content"])

    @cached_property
    def design(self) -> pa.Table:
        """One row for each design point: its ids, its place in the design, its settings."""
        return disk.read_table(self.folder / disk.DESIGN)

    @cached_property
    def runs(self) -> pa.Table:
        """One row for each run: ids, luck, status and kept outcomes."""
        return self._table(disk.RUNS, KEYS)

    @cached_property
    def series(self) -> pa.Table | None:
        """One row for each day of the runs that are followed by day, where some are."""
        if self.study.series is None:
            return None
        return self._table(disk.SERIES, None)

    @cached_property
    def failures(self) -> pa.Table:
        """One row for each run that failed: where, how, and how to play it again."""
        return self._table(disk.FAILURES, FAILURES)

    @cached_property
    def summary(self) -> pa.Table:
        """For each design point and outcome, its mean over the runs with a 95 % interval."""
        path = self.folder / disk.SUMMARY
        if not path.exists():
            raise FolderError(f"{self.folder} is not finished; `parley sweep resume` it first")
        return pacsv.read_csv(path)

    @property
    def columns(self) -> dict[str, dict[str, str]]:
        """The kept outcomes by name: their kind, and in words."""
        found: dict[str, dict[str, str]] = self.manifest["columns"]
        return found

    def is_as_left(self, name: str) -> bool:
        """Whether a file of results is what it was when the sweep was finished."""
        path = self.folder / name
        return path.exists() and disk.sha256(path) == self.manifest["files"][name]

    @property
    def changed(self) -> list[str]:
        """The files of results that are missing, or no longer what they were."""
        return [name for name in self.manifest["files"] if not self.is_as_left(name)]

    def _table(self, kind: str, empty: pa.Schema | None) -> pa.Table:
        path = self.folder / f"{kind}.parquet"
        if self.is_complete:
            is_there = kind == disk.RUNS or path.name in self.manifest["files"]
            return disk.read_table(path) if is_there else (empty or pa.schema([])).empty_table()
        parts = [disk.part(self.folder, kind, c) for c in disk.played_in(self.folder)]
        tables = [pq.read_table(part) for part in parts if part.exists()]
        if not tables:
            return (empty or pa.schema([])).empty_table()
        return pa.concat_tables(tables, promote_options="default")

    def status(self) -> dict[str, Any]:
        """How far it has come: runs played and failed, of how many so far planned."""
        manifest = self.manifest
        found = {
            "study": manifest["study"],
            "shard": manifest["shard"],
            "complete": manifest["complete"],
            "planned": manifest["planned_runs"],
        }
        if manifest["complete"]:
            counts = manifest["counts"]
            return {**found, "played": counts["planned"], "failed": counts["failed"]}
        chunks = disk.played_in(self.folder)
        failures = (disk.part(self.folder, disk.FAILURES, chunk) for chunk in chunks)
        failed = sum(pq.read_metadata(path).num_rows for path in failures if path.exists())
        return {**found, "played": sum(c.last - c.first for c in chunks), "failed": failed}
