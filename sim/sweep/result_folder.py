"""The folder of a sweep: what lies in it, and how it is written so that a stop at any moment
leaves nothing half done.

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
SAID: dict[str, type | tuple[type, ...]] = {
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
SAID_WITHIN = {
    "fingerprint": ("study", "scenario", "version", "model", "all"),
    "surroundings": ("python", "packages", "repository"),
    "scenario": ("name", "title", "content"),
    "counts": ("planned", "ok", "failed"),
    "files": (DESIGN, f"{RUNS}.parquet"),
}

_PART = re.compile(r"runs-(\d{4})-(\d{10})-(\d{10})\.parquet")


class FolderError(ValueError):
    """A folder that is no sweep, or not the one that was meant."""


class FingerprintError(FolderError):
    """A study, scenario or model that is not the one that the folder was begun with."""


@dataclass(frozen=True, order=True)
class Chunk:
    """Runs `first` to `last - 1` in the order of play, of one batch of replicates."""

    batch: int
    first: int
    last: int

    @property
    def name(self) -> str:
        """What its parts are called after their kind."""
        return f"{self.batch:04d}-{self.first:010d}-{self.last:010d}.parquet"


# --- Writing


#: The files of a sweep are on the disk before anything rests on them.
lasting = partial(atomic_path, lasting=True)


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
    """Throw away the parts of a sweep that is done, and what was arriving when it was killed."""
    shutil.rmtree(folder / PARTS, ignore_errors=True)
    for path in folder.iterdir():
        if is_partial_file(path):
            path.unlink()


def write_text(path: Path, text: str) -> None:
    """Write a text in one step."""
    with lasting(path) as beside:
        beside.write_text(text, encoding="utf-8")


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table in one step."""
    with lasting(path) as beside:
        pq.write_table(table.combine_chunks(), beside, compression="zstd")


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write what is known about the sweep."""
    write_text(folder / MANIFEST, to_json(manifest, indent=2).decode() + "\n")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep others from playing in this folder meanwhile. Raises FolderError if someone does.

    The system frees the lock when its holder ends, even one that is killed, so the lock file that
    stays behind holds nobody up. Where the file system knows no locks, nobody is kept out.
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
        found = json.loads(text) if text.strip() else None
    except (FileNotFoundError, NotADirectoryError):
        raise FolderError(_no_sweep(folder)) from None
    except UnicodeDecodeError:
        raise unusable(folder, "is not a text in UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise unusable(folder, f"is no JSON ({error})") from None
    except OSError as error:
        raise FolderError(f"{folder / MANIFEST} cannot be read: {error.strerror}") from None
    if found is None:
        raise unusable(folder, "is empty")
    if not isinstance(found, dict) or found.get("format", FORMAT) != FORMAT:
        raise unusable(folder, f"is not in the format {FORMAT}")
    if lacking := _lacking(found):
        raise unusable(folder, f"does not say {', '.join(lacking)}")
    return found


def _lacking(manifest: dict[str, Any]) -> list[str]:
    """Return what a manifest does not say, or not as manifests do."""
    lacking = [name for name, kind in SAID.items() if not _is_said(manifest, name, kind)]
    if lacking:
        return lacking
    done = manifest["complete"]
    parts = {part: names for part, names in SAID_WITHIN.items() if done or part != "files"}
    return ["counts"] * (done and manifest["counts"] is None) + [
        f"{part}.{name}"
        for part, names in parts.items()
        for name in names
        if manifest[part] is not None and name not in manifest[part]
    ]


def _is_said(manifest: dict[str, Any], name: str, kind: type | tuple[type, ...]) -> bool:
    return name in manifest and isinstance(manifest[name], kind)


def unusable(folder: Path, found: str) -> FolderError:
    """Return what to say of a manifest that is not one any more."""
    return FolderError(
        f"{folder / MANIFEST} is damaged: it {found}; bring it back from a copy, or play the study "
        "into another folder (`parley sweep run STUDY --out DIR`)"
    )


def _no_sweep(folder: Path) -> str:
    """Why a folder without a manifest is no sweep, and the way out."""
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


def played_in(folder: Path) -> list[Chunk]:
    """Return the chunks that have been played, in the order of play."""
    names = (path.name for path in (folder / PARTS).glob("runs-*.parquet"))
    found = (_PART.fullmatch(name) for name in names)
    return sorted(Chunk(*map(int, match.groups())) for match in found if match)


def part(folder: Path, kind: str, chunk: Chunk) -> Path:
    """Where a part of a chunk lies."""
    return folder / PARTS / f"{kind}-{chunk.name}"


def read_table(path: Path) -> pa.Table:
    """Return a table of a sweep. Raises FolderError where it is missing or damaged."""
    try:
        return pq.read_table(path)
    except FileNotFoundError:
        found = "is missing"
    except (OSError, pa.ArrowException) as error:
        found = f"cannot be read: {str(error).splitlines()[0]}"
    raise damaged(path, found)


def damaged(path: Path, found: str) -> FolderError:
    """Return what to say of a file of a sweep that is not as it should be."""
    return FolderError(
        f"{path} {found}; `parley sweep verify {path.parent}` says what else is, and `parley sweep "
        f"run {path.parent} --out DIR` plays all of it again"
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
    with lasting(target) as beside, pq.ParquetWriter(beside, schema, compression="zstd") as writer:
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
    """Ranges of a key with about `ROWS_AT_ONCE` rows each, at least one value of it."""
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


def unified(sources: list[Path], least: pa.Schema) -> pa.Schema:
    """Return the columns of all parts, in the order of the part that has most; `least` where none
    is.
    """
    schemas = sorted((pq.read_schema(path) for path in sources), key=lambda schema: -len(schema))
    return pa.unify_schemas([*schemas, least]).remove_metadata()


Progress = Callable[[int, int, int], None]  # runs done, failed, planned
