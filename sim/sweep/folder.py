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
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic_core import to_json

from sim.arriving import arriving, was_arriving

FORMAT = "parley.sweep/1"

MANIFEST, SPEC, DESIGN, SUMMARY, README = (
    "manifest.json",
    "spec.yaml",
    "design.parquet",
    "summary.csv",
    "README.md",
)
RUNS, SERIES, FAILURES, PARTS = "runs", "series", "failures", "parts"

#: Rows that are held in memory at once while parts become one file.
ROWS_AT_ONCE = 250_000

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
lasting = partial(arriving, lasting=True)


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


def clear_up(folder: Path) -> None:
    """Throw away the parts of a sweep that is done, and what was arriving when it was killed."""
    shutil.rmtree(folder / PARTS, ignore_errors=True)
    for path in folder.iterdir():
        if was_arriving(path):
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
def held(folder: Path) -> Iterator[None]:
    """Keep others from playing in this folder meanwhile. Raises FolderError if someone does."""
    try:
        import fcntl
    except ImportError:  # Windows: nobody is kept out
        yield
        return
    place = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(place)
        raise FolderError(
            f"{folder.name} is being played by another process; wait for it"
        ) from None
    except OSError:  # a file system without locks
        pass
    try:
        yield
    finally:
        os.close(place)


# --- Reading


def read_manifest(folder: Path) -> dict[str, Any]:
    """What is known about the sweep. Raises FolderError where there is none."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise FolderError(f"{folder} holds no {MANIFEST}: it is no sweep") from None
    except ValueError as error:
        raise FolderError(f"{folder / MANIFEST} is damaged: {error}") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise FolderError(f"{folder} is not in the format {FORMAT}")
    return found


def played_in(folder: Path) -> list[Chunk]:
    """The chunks that have been played, in the order of play."""
    names = (path.name for path in (folder / PARTS).glob("runs-*.parquet"))
    found = (_PART.fullmatch(name) for name in names)
    return sorted(Chunk(*map(int, match.groups())) for match in found if match)


def part(folder: Path, kind: str, chunk: Chunk) -> Path:
    """Where a part of a chunk lies."""
    return folder / PARTS / f"{kind}-{chunk.name}"


def read_table(path: Path) -> pa.Table:
    """A table of a sweep. Raises FolderError where it is missing or damaged."""
    try:
        return pq.read_table(path)
    except FileNotFoundError:
        found = "is missing"
    except (OSError, pa.ArrowInvalid) as error:
        found = f"cannot be read: {str(error).splitlines()[0]}"
    raise FolderError(
        f"{path} {found}; `parley sweep verify {path.parent}` says what else is, and `parley sweep "
        f"run {path.parent} --out DIR` plays all of it again"
    )


def sha256(path: Path) -> str:
    """The fingerprint of a file."""
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
    """A column, or an empty one where no run of the table has it."""
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
    """The least and largest value of a key in a part."""
    metadata = pq.read_metadata(path)
    place = metadata.schema.to_arrow_schema().names.index(key)
    groups = [
        metadata.row_group(g).column(place).statistics for g in range(metadata.num_row_groups)
    ]
    return min(int(g.min) for g in groups), max(int(g.max) for g in groups)


def unified(sources: list[Path], least: pa.Schema) -> pa.Schema:
    """The columns of all parts, in the order of the part that has most; `least` where none is."""
    schemas = sorted((pq.read_schema(path) for path in sources), key=lambda schema: -len(schema))
    return pa.unify_schemas([*schemas, least]).remove_metadata()


Progress = Callable[[int, int, int], None]  # runs done, failed, planned
