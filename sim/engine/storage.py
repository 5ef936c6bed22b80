"""Outcomes on disk: written block by block, read a column at a time, so that memory stays flat."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from sim.engine.outcomes import (
    FORMAT_WITHOUT_STANCES,
    SERIES,
    Array,
    Outcomes,
    saved_column,
)
from sim.io.atomic_write import report_disk_full

#: What the parts are called; `Outcomes.load` finds them too.
PART = "outcomes-{:05d}.npz"
PARTS = "outcomes-*.npz"

#: What parts of one simulation have in common.
ORIGIN = ("sha256", "version", "seed", "days", "levers")

#: Columns that are kept at hand, as several findings ask for the same one in a row.
COLUMNS_AT_HAND = 3


class OutcomeStore(Outcomes):
    """Outcomes in a folder: each column is read when it is asked for.

    Raises ValueError where the parts do not fit together.
    """

    def __init__(self, folder: str | Path) -> None:
        paths = parts_in(Path(folder))
        if not paths:
            raise ValueError(f"{folder} holds no {PARTS}")
        parts = sorted(((_head(path)["first"], path) for path in paths), key=lambda pair: pair[0])
        opening = Outcomes.load(parts[0][1])
        head = {f.name: getattr(opening, f.name) for f in fields(Outcomes)}
        for name in (*Outcomes.array_names(), "series"):
            del head[name]
        for name, value in head.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_paths", [path for _, path in parts])
        object.__setattr__(self, "_at_hand", {})
        object.__setattr__(self, "_runs", len(self.ending))
        self._check([first for first, _ in parts])

    def __getattr__(self, name: str) -> Any:
        """Return a column over all parts, in the order of the runs."""
        if name == "series":
            return {key: self._whole(SERIES + key) for key in _series_in(self._paths[0])}
        if name not in Outcomes.array_names():
            raise AttributeError(f"outcomes have no '{name}'")
        at_hand: dict[str, Array] = self._at_hand
        if name not in at_hand:
            while len(at_hand) >= COLUMNS_AT_HAND:
                del at_hand[next(iter(at_hand))]
            at_hand[name] = self._whole(name)
        return at_hand[name]

    def _whole(self, name: str) -> Array:
        """Read a column over all parts from the disk."""
        column = np.concatenate([_column(path, name) for path in self._paths])
        column.setflags(write=False)
        return column

    def __len__(self) -> int:
        """Return how many runs there are."""
        return int(self._runs)

    def __repr__(self) -> str:
        """Return where they are."""
        return f"{len(self)} runs in {len(self._paths)} parts"

    def _check(self, firsts: list[int]) -> None:
        """Check that all parts are of one simulation, and no run is missing or doubled."""
        expected = self.first
        for first, path in zip(firsts, self._paths, strict=True):
            if first != expected:
                raise ValueError(f"runs {expected} to {first} are missing or doubled in {path}")
            if origin_of(path) != {name: getattr(self, name) for name in ORIGIN}:
                raise ValueError(f"{path} comes from a different simulation")
            expected = first + len(_column(path, "ending"))


def save(blocks: Iterable[Outcomes], folder: Path) -> Iterator[int]:
    """Write blocks of outcomes to a folder as they come, and yield how many runs each had.

    Raises DiskFullError where the disk is full.
    """
    for number, block in enumerate(blocks):
        part = folder / PART.format(number)
        try:
            with report_disk_full(folder):
                block.save(part)
        except OSError:
            part.unlink(missing_ok=True)  # half of one is no part
            raise
        yield len(block)


def parts_in(folder: Path) -> list[Path]:
    """Return the parts that a folder holds."""
    return sorted(folder.glob(PARTS))


def origin_of(path: Path) -> dict[str, Any]:
    """Return what simulation a part comes from: fingerprint, version, seed and so on.

    Raises ValueError or OSError where it cannot be read.
    """
    try:
        head = _head(path)
        return {name: head[name] for name in ORIGIN}
    except (KeyError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is not a file of outcomes") from error


def is_of_another_model(path: Path) -> bool:
    """Return whether a part was saved by a model that knew of no stances."""
    return bool(_head(path)["format"] == FORMAT_WITHOUT_STANCES)


def _head(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as file:
        head: dict[str, Any] = json.loads(str(file["head"]))
    return head


def _column(path: Path, name: str) -> Array:
    with np.load(path, allow_pickle=False) as file:
        if name.startswith(SERIES):
            column: Array = file[name]
            return column
        return saved_column(file, name, json.loads(str(file["head"]))["format"])


def _series_in(path: Path) -> list[str]:
    """Return the series by day that a part holds."""
    with np.load(path, allow_pickle=False) as file:
        return [name.removeprefix(SERIES) for name in file if name.startswith(SERIES)]
