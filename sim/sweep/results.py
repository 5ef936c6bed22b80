"""Read a sweep from its folder, finished or not; tables are read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError

from sim.provenance import model_fingerprint
from sim.scenario.schema import Scenario
from sim.sweep import result_folder as disk
from sim.sweep.bound_study import BoundStudy
from sim.sweep.chunk import FAILURES, KEYS
from sim.sweep.result_folder import FingerprintError, FolderError
from sim.sweep.study import Study, is_keyed
from sim.sweep.study_reader import read_study_text

Model = TypeVar("Model", bound=BaseModel)


def _is_whole(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind))


def _is_number(kind: pa.DataType) -> bool:
    """Return whether a column may be averaged; one in which nothing happened may have no type."""
    is_one_of = (
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_boolean,
        pa.types.is_null,
    )
    return any(fits(kind) for fits in is_one_of)


def _check(
    path: Path,
    table: pa.Table,
    names: Iterable[str],
    kinds: Mapping[str, Callable[[pa.DataType], bool]],
) -> None:
    """Raise FolderError for a table that lacks a column, or has one of another type."""
    lacking = [name for name in names if name not in table.column_names]
    if lacking:
        raise disk.damage_error(path, f"has no column {', '.join(lacking)}")
    for name, fits in kinds.items():
        if not fits(table.schema.field(name).type):
            problem = f"has a column {name} of another type than it was ({table[name].type})"
            raise disk.damage_error(path, problem)


@dataclass(frozen=True)
class Sweep:
    """Read a folder of a sweep, finished or not. Tables are pyarrow's.

    `sweep.runs.to_pandas()` makes a frame of a table. While the sweep is being played, `runs`,
    `series` and `failures` have what there is so far, in no particular order; `design_id` says
    which design point a row belongs to.

    Parameters
    ----------
    folder : str or Path
        The folder of a sweep. Raises FolderError for one that is no sweep.
    """

    folder: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))
        disk.read_manifest(self.folder)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Return what was asked, of which scenario and version, and how it went."""
        return disk.read_manifest(self.folder)

    @property
    def is_complete(self) -> bool:
        """Return whether everything has been played and brought into order."""
        return bool(self.manifest["complete"])

    @cached_property
    def bound_study(self) -> BoundStudy:
        """Return the study with its scenario, as they were when the sweep began."""
        path = self.folder / disk.SPEC
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            problem = "is not a text in UTF-8" if path.exists() else "is missing"
            raise FolderError(f"{path} {problem}; bring it back from a copy") from None
        return read_study_text(
            text,
            disk.SPEC,
            changes=self.manifest["changes"],
            scenario=self.scenario,
            tables=self.manifest["tables"],
        )

    @cached_property
    def study(self) -> Study:
        """Return the study as it was read when the sweep began; to read it anew takes seconds."""
        return self._validated(Study, self.manifest["resolved"], "resolved")

    @cached_property
    def scenario(self) -> Scenario:
        """Return the scenario, with the days that were played.

        Raises FingerprintError where it is one of another model, which this model does not read.
        """
        content = self.manifest["scenario"]["content"]
        if self.manifest["fingerprint"]["model"] != model_fingerprint():
            try:
                return Scenario.model_validate(content)
            except ValidationError:
                raise FingerprintError(
                    f"{self.folder} was made by another model, whose scenario this one does not "
                    "read: its results can be read and analysed, and none of its runs is played "
                    f"again; to ask the same of this model, `parley check` the scenario "
                    f"{self.manifest['scenario']['name']} and play the study into another folder"
                ) from None
        return self._validated(Scenario, content, "scenario.content")

    def _validated(self, kind: type[Model], content: Any, key: str) -> Model:
        """Return a part of the manifest. Raises FolderError where it is damaged."""
        try:
            return kind.model_validate(content)
        except ValidationError:
            raise disk.manifest_error(self.folder, f"does not say {key} as it was") from None

    @cached_property
    def design(self) -> pa.Table:
        """Return one row for each design point: ids, place in the design, settings."""
        table = disk.read_table(self.folder / disk.DESIGN)
        ids = ["design_id", "lever_id", "scenario_id"]
        study = self.study
        plans = (study.design.together, study.design.levers, study.design.uncertainties)
        if any(plan is not None and is_keyed(plan) for plan in plans):
            ids += ["matrix", "row"]
        kinds = {name: _is_whole for name in ids if name != "matrix"}
        _check(self.folder / disk.DESIGN, table, [*ids, *study.ranges], kinds)
        return table

    @cached_property
    def runs(self) -> pa.Table:
        """Return one row for each run: ids, luck, status and kept outcomes."""
        table = self._table(disk.RUNS, KEYS)
        numbers = [name for name, column in self.columns.items() if column["kind"] != "word"]
        kinds = {f.name: _is_whole for f in KEYS if pa.types.is_integer(f.type)}
        kinds |= dict.fromkeys(numbers, _is_number)
        _check(self.folder / f"{disk.RUNS}.parquet", table, [*KEYS.names, *self.columns], kinds)
        return table

    @cached_property
    def series(self) -> pa.Table | None:
        """Return one row for each day of the runs that are kept by day, if any are."""
        if self.study.series is None:
            return None
        return self._table(disk.SERIES, None)

    @cached_property
    def failures(self) -> pa.Table:
        """Return one row for each run that failed: where, how, and its replay."""
        return self._table(disk.FAILURES, FAILURES)

    @cached_property
    def summary(self) -> pa.Table:
        """Return for each design point and outcome its mean, with a 95 % interval."""
        path = self.folder / disk.SUMMARY
        if not path.exists():
            raise FolderError(f"{self.folder} is not finished; `parley sweep resume` it first")
        return pacsv.read_csv(path)

    @property
    def columns(self) -> dict[str, dict[str, str]]:
        """Return the kept outcomes by name: their kind, and in words."""
        columns: dict[str, dict[str, str]] = self.manifest["columns"]
        return columns

    def change_of(self, name: str) -> str:
        """Return what has happened to a file of results since the sweep was finished.

        Parameters
        ----------
        name : str
            A file that the manifest lists.

        Returns
        -------
        str
            In words, such as "is missing"; empty where the file is as it was.
        """
        path = self.folder / name
        if not path.exists():
            return "is missing"
        if not path.stat().st_size:
            return "is empty"
        now = disk.sha256(path)
        return "" if now == self.manifest["files"][name] else f"was changed, is {now[:12]} now"

    @cached_property
    def changed_files(self) -> list[str]:
        """Return the files of results that are missing, or no longer what they were."""
        return [name for name in self.manifest["files"] if self.change_of(name)]

    @property
    def warning(self) -> str:
        """Return what users of a changed sweep must know; empty if all is well."""
        if not self.is_complete or not self.changed_files:
            return ""
        return (
            f"{self.folder} is not as it was left ({', '.join(self.changed_files)}); "
            f"`parley sweep verify {self.folder}` says more"
        )

    @property
    def lost_files(self) -> list[str]:
        """Return the files of results that are no longer there."""
        return [name for name in self.manifest["files"] if not (self.folder / name).exists()]

    def _table(self, kind: str, empty: pa.Schema | None) -> pa.Table:
        """Return a table of results, or what there is of it so far."""
        path = self.folder / f"{kind}.parquet"
        if self.is_complete:
            is_there = kind == disk.RUNS or path.name in self.manifest["files"]
            return disk.read_table(path) if is_there else (empty or pa.schema([])).empty_table()
        parts = [disk.part(self.folder, kind, c) for c in disk.played_chunks(self.folder)]
        tables = [pq.read_table(part) for part in parts if part.exists()]
        if not tables:
            return (empty or pa.schema([])).empty_table()
        return pa.concat_tables(tables, promote_options="default")

    def status(self) -> dict[str, Any]:
        """Return how far it has come: runs played and failed, of how many so far planned.

        A sweep that was finished and has lost results since is not complete.

        Returns
        -------
        dict
            `study`, `shard`, `complete`, `planned`, `played`, `failed`, and `lost`: the files of
            results that are gone.
        """
        manifest = self.manifest
        status = {
            "study": manifest["study"],
            "shard": manifest["shard"],
            "complete": manifest["complete"] and not self.lost_files,
            "planned": manifest["planned_runs"],
            "lost": self.lost_files,
        }
        if manifest["complete"]:
            counts = manifest["counts"]
            return {**status, "played": counts["planned"], "failed": counts["failed"]}
        chunks = disk.played_chunks(self.folder)
        failures = (disk.part(self.folder, disk.FAILURES, chunk) for chunk in chunks)
        failed = sum(pq.read_metadata(path).num_rows for path in failures if path.exists())
        return {**status, "played": sum(c.last - c.first for c in chunks), "failed": failed}
