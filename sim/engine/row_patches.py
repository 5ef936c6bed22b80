"""New numbers for some runs: what differs of frozen records of arrays, and records with it put in.

A record is a dataclass, a mapping, a list or a tuple of arrays or of further records. Its arrays
have the run as one of their axes, mostly the first. Arrays in which nothing differs are shared
between the old record and the new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.types import Ints


@dataclass(frozen=True)
class ArrayPatch:
    """What an array is to hold in some runs: `values` has the rows where the array has the runs."""

    values: NDArray[Any]
    axis: int  # of the run


#: What differs of a record: by field, key or place. None where nothing does.
Patch = ArrayPatch | dict[Any, Any] | None


def patch_of(record: Any, part: Any, rows: Ints) -> Patch:
    """Return where the numbers of some rows, `part`, differ from those of a record of all runs.

    `rows` (rows,) are the runs that `part` tells of, in their order; a run may be there twice.
    They are more or fewer than there are runs, which tells the axis of the run from the others.
    """
    if isinstance(record, np.ndarray):
        return _array_patch(record, np.asarray(part), rows)
    patches = {
        key: patch_of(value, of_part, rows)
        for (key, value), (_, of_part) in zip(_parts(record), _parts(part), strict=True)
    }
    return {key: patch for key, patch in patches.items() if patch is not None} or None


def patched(record: Any, patch: Patch, rows: Ints, some: slice = slice(None)) -> Any:
    """Return a record with a patch put into some runs.

    `rows` are the runs, and `some` are their places among the rows of the patch.
    """
    if patch is None:
        return record
    if isinstance(patch, ArrayPatch):
        new = record.copy(order="K")
        before = (slice(None),) * patch.axis
        new[(*before, rows)] = patch.values[(*before, some)]
        return new
    if is_dataclass(record) and not isinstance(record, type):
        parts = {key: getattr(record, key) for key in patch}
        return replace(record, **_patched_parts(parts, patch, rows, some))
    parts = dict(_parts(record))
    parts |= _patched_parts(parts, patch, rows, some)
    return parts if isinstance(record, Mapping) else type(record)(parts.values())


def _patched_parts(
    parts: Mapping[Any, Any], patch: Mapping[Any, Patch], rows: Ints, some: slice
) -> dict[Any, Any]:
    """Return those parts of a record that a patch changes."""
    return {key: patched(parts[key], inner, rows, some) for key, inner in patch.items()}


def _parts(record: Any) -> Iterator[tuple[Any, Any]]:
    """Return the parts of a record with their fields, keys or places."""
    if is_dataclass(record) and not isinstance(record, type):
        for field in fields(record):
            yield field.name, getattr(record, field.name)
    elif isinstance(record, Mapping):
        yield from record.items()
    elif isinstance(record, list | tuple):
        yield from enumerate(record)


def _array_patch(whole: NDArray[Any], part: NDArray[Any], rows: Ints) -> Patch:
    """Return how an array differs in some runs; the run is the axis in which the two differ."""
    for axis in range(whole.ndim):
        if whole.shape[axis] != part.shape[axis]:
            same = np.array_equal(whole.take(rows, axis=axis), part)
            return None if same else ArrayPatch(part, axis)
    return None
