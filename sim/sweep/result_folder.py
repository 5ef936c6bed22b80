"""Read and write the folder of a sweep, so that a stop at any moment leaves nothing half done.

Every file is written beside its place, brought to the disk and then moved there. A chunk counts as
played once its part of `runs` is there; its parts of `series` and `failures` are there before. At
the end the parts become one file each, with the rows in the order of the design, so that the bytes
do not depend on who played what when.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import NoneType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock, Timeout
from pydantic_core import to_json

from sim.io.atomic_write import atomic_path, is_partial_file

FORMAT = "parley.sweep/1"

MANIFEST, SPEC, DESIGN, SUMMARY, README = (
    "manifest.json",
    "spec.yaml",
    "design.parquet",
    "summary.csv",
    "README.md",
)
RUNS, SERIES, FAILURES, PARTS = "runs", "series", "failures", "parts"

#: The file whose lock says that someone plays in the folder; it is hidden, and stays.
LOCK = ".lock"

#: Rows that are held in memory at once while parts become one file.
ROWS_AT_ONCE = 250_000

#: What every manifest says, and what kind of thing it is; one that lacks any of it is damaged.
MANIFEST_KEYS: dict[str, type | tuple[type, ...]] = {
    "format": str,
    "study": str,
    "title": str,
    "complete": bool,
    "fingerprint": dict,
    "points": int,
    "excluded_points": int,
    "replicates": int,
    "planned_runs": int,
    "seed": int,
    "days": int,
    "crn": bool,
    "shard": (list, NoneType),
    "chunk_runs": int,
    "keep": list,
    "columns": dict,
    "command": str,
    "begun": str,
    "finished": (str, NoneType),
    "counts": (dict, NoneType),
    "stop": (dict, NoneType),
    "forced": list,
    "files": dict,
    "surroundings": dict,
    "changes": dict,
    "resolved": dict,
    "tables": dict,
    "scenario": dict,
}

#: The same of its parts.
MANIFEST_PART_KEYS = {
    "fingerprint": ("study", "scenario", "version", "model", "all"),
    "surroundings": ("python", "packages", "repository"),
    "scenario": ("name", "title", "content"),
    "counts": ("planned", "ok", "failed"),
    "files": (DESIGN, f"{RUNS}.parquet"),
}

_PART = re.compile(r"runs-(\d{4})-(\d{10})-(\d{10})\.parquet")


class FolderError(ValueError):
    """Report a folder that is no sweep, or not the one that was meant."""


class FingerprintError(FolderError):
    """Report a study, scenario or model that is not the one the folder was begun with."""


@dataclass(frozen=True, order=True)
class Chunk:
    """Hold runs `first` to `last - 1` in the order of play, of one batch of replicates."""

    batch: int
    first: int
    last: int

    @property
    def name(self) -> str:
        """Return how the names of its parts end, after their kind."""
        return f"{self.batch:04d}-{self.first:010d}-{self.last:010d}.parquet"


# --- Writing


#: The files of a sweep are on the disk before anything rests on them.
durable_path = partial(atomic_path, lasting=True)


def check_free(folder: Path) -> None:
    """Raise FolderError where a folder that holds no sweep yet holds something else.

    What a sweep leaves that was killed before it had a manifest is no hindrance, nor are hidden
    files, which no sweep writes over.
    """
    names = {path.name for path in folder.iterdir()} - {SPEC, DESIGN, PARTS}
    others = sorted(name for name in names if not name.startswith("."))
    if others:
        raise FolderError(
            f"{folder} holds no sweep and already holds something else ({others[0]}); name another "
            "folder with --out, or empty this one"
        )


def remove_partial_files(folder: Path) -> None:
    """Delete the parts of a finished sweep, and files that were left half written."""
    shutil.rmtree(folder / PARTS, ignore_errors=True)
    for path in folder.iterdir():
        if is_partial_file(path):
            path.unlink()


def write_text(path: Path, text: str) -> None:
    """Write a text in one step."""
    with durable_path(path) as beside:
        beside.write_text(text, encoding="utf-8")


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table in one step."""
    with durable_path(path) as beside:
        pq.write_table(table.combine_chunks(), beside, compression="zstd")


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write what is known about the sweep."""
    write_text(folder / MANIFEST, to_json(manifest, indent=2).decode() + "\n")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from playing in this folder meanwhile. Raises FolderError if one does.

    The system frees the lock when the process that has it ends, even one that is killed, so the
    lock file may stay. Where the file system has no locks, others are not kept out.
    """
    # Whoever may write in the folder may lock it (mode). A mere file in place of the system's lock
    # would outlive a holder that is killed (fallback_to_soft).
    lock = FileLock(folder / LOCK, mode=0o666, blocking=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise FolderError(
            f"{folder.name} is being played by another process; wait for it"
        ) from None
    except OSError:  # a file system without locks
        pass
    try:
        yield
    finally:
        lock.release()


# --- Reading


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return what is known about the sweep. Raises FolderError where there is none."""
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
        manifest = json.loads(text) if text.strip() else None
    except (FileNotFoundError, NotADirectoryError):
        raise FolderError(_no_sweep(folder)) from None
    except UnicodeDecodeError:
        raise manifest_error(folder, "is not a text in UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise manifest_error(folder, f"is no JSON ({error})") from None
    except OSError as error:
        raise FolderError(f"{folder / MANIFEST} cannot be read: {error.strerror}") from None
    if manifest is None:
        raise manifest_error(folder, "is empty")
    if not isinstance(manifest, dict) or manifest.get("format", FORMAT) != FORMAT:
        raise manifest_error(folder, f"is not in the format {FORMAT}")
    if lacking := _lacking(manifest):
        raise manifest_error(folder, f"does not say {', '.join(lacking)}")
    return manifest


def _lacking(manifest: dict[str, Any]) -> list[str]:
    """Return what a manifest does not say, or not as manifests do."""
    lacking = [name for name, kind in MANIFEST_KEYS.items() if not _is_said(manifest, name, kind)]
    if lacking:
        return lacking
    done = manifest["complete"]
    parts = {part: names for part, names in MANIFEST_PART_KEYS.items() if done or part != "files"}
    return ["counts"] * (done and manifest["counts"] is None) + [
        f"{part}.{name}"
        for part, names in parts.items()
        for name in names
        if manifest[part] is not None and name not in manifest[part]
    ]


def _is_said(manifest: dict[str, Any], name: str, kind: type | tuple[type, ...]) -> bool:
    return name in manifest and isinstance(manifest[name], kind)


def manifest_error(folder: Path, problem: str) -> FolderError:
    """Return the error of a manifest that is damaged."""
    return FolderError(
        f"{folder / MANIFEST} is damaged: it {problem}; bring it back from a copy, or play the "
        "study into another folder (`parley sweep run STUDY --out DIR`)"
    )


def _no_sweep(folder: Path) -> str:
    """Return why a folder without a manifest is no sweep, and the way out."""
    if not folder.exists():
        return f"{folder}: there is no such folder; name one that `parley sweep run` has made"
    if not folder.is_dir():
        return f"{folder} is a file; name the folder of a sweep"
    if {path.name for path in folder.iterdir()} <= {LOCK}:
        return f"{folder} is empty and no sweep; `parley sweep run STUDY --out {folder}` plays one"
    if next(folder.glob(f"*/{MANIFEST}"), None) is not None:
        return (
            f"{folder} holds shards or sweeps in folders of their own: name one of them, or merge "
            f"shards first (`parley sweep merge {folder}`)"
        )
    return (
        f"{folder} holds no {MANIFEST}: it is no sweep; name a folder that `parley sweep run` has "
        "made"
    )


def played_chunks(folder: Path) -> list[Chunk]:
    """Return the chunks that have been played, in the order of play."""
    names = (path.name for path in (folder / PARTS).glob("runs-*.parquet"))
    matches = (_PART.fullmatch(name) for name in names)
    return sorted(Chunk(*map(int, match.groups())) for match in matches if match)


def part(folder: Path, kind: str, chunk: Chunk) -> Path:
    """Return the path of a part of a chunk."""
    return folder / PARTS / f"{kind}-{chunk.name}"


def read_table(path: Path) -> pa.Table:
    """Return a table of a sweep. Raises FolderError where it is missing or damaged."""
    try:
        return pq.read_table(path)
    except FileNotFoundError:
        problem = "is missing"
    except (OSError, pa.ArrowException) as error:
        problem = f"cannot be read: {str(error).splitlines()[0]}"
    raise damage_error(path, problem)


def damage_error(path: Path, problem: str) -> FolderError:
    """Return the error of a file of a sweep that is damaged."""
    return FolderError(
        f"{path} {problem}; `parley sweep verify {path.parent}` says what else is, and `parley "
        f"sweep run {path.parent} --out DIR` plays all of it again"
    )


def sha256(path: Path) -> str:
    """Return the fingerprint of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


# --- Compaction


def compact(
    folder: Path, kind: str, sources: list[Path], schema: pa.Schema, order: list[str], key: str
) -> None:
    """Make one file of the parts of a kind, sorted by `order`, a stretch of `key` at a time.

    The stretches follow from the rows alone, so that the same rows give the same bytes.
    """
    target = folder / f"{kind}.parquet"
    sources = [path for path in sources if pq.read_metadata(path).num_rows]
    with (
        durable_path(target) as beside,
        pq.ParquetWriter(beside, schema, compression="zstd") as writer,
    ):
        for low, high in _stretches(sources, key):
            rows = [
                pq.read_table(path, filters=(pc.field(key) >= low) & (pc.field(key) < high))
                for path in sources
                if _spans(path, key)[0] < high and _spans(path, key)[1] >= low
            ]
            whole = pa.concat_tables(rows, promote_options="default")
            whole = pa.table({name: _column(whole, name, schema) for name in schema.names}, schema)
            ordered = whole.sort_by([(name, "ascending") for name in order])
            writer.write_table(ordered.combine_chunks(), row_group_size=ROWS_AT_ONCE)


def _column(table: pa.Table, name: str, schema: pa.Schema) -> Any:
    """Return a column, or an empty one where no run of the table has it."""
    if name in table.column_names:
        return table[name]
    return pa.nulls(len(table), schema.field(name).type)


def _stretches(sources: list[Path], key: str) -> Iterator[tuple[int, int]]:
    """Return ranges of a key with about `ROWS_AT_ONCE` rows each, at least one value of it."""
    count: dict[int, int] = {}
    for path in sources:
        for entry in pc.value_counts(pq.read_table(path, columns=[key])[key].combine_chunks()):
            value = int(entry["values"].as_py())
            count[value] = count.get(value, 0) + int(entry["counts"].as_py())
    low, rows = None, 0
    for value in sorted(count):
        if low is not None and rows + count[value] > ROWS_AT_ONCE:
            yield low, value
            low, rows = None, 0
        low = value if low is None else low
        rows += count[value]
    if low is not None:
        yield low, max(count) + 1


def _spans(path: Path, key: str) -> tuple[int, int]:
    """Return the least and largest value of a key in a part."""
    metadata = pq.read_metadata(path)
    place = metadata.schema.to_arrow_schema().names.index(key)
    groups = [
        metadata.row_group(g).column(place).statistics for g in range(metadata.num_row_groups)
    ]
    return min(int(g.min) for g in groups), max(int(g.max) for g in groups)


def merged_schema(sources: list[Path], least: pa.Schema) -> pa.Schema:
    """Return the columns of all parts, in the order of the part that has most.

    Where there are no parts these are the columns of `least`.
    """
    schemas = sorted((pq.read_schema(path) for path in sources), key=lambda schema: -len(schema))
    return pa.unify_schemas([*schemas, least]).remove_metadata()


Progress = Callable[[int, int, int], None]  # runs done, failed, planned
