"""What the dashboard's server and the classroom's have in common."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
from collections.abc import AsyncIterator
from pathlib import Path

#: Seconds between two collections of garbage, which Streamlit's own would slow every page by.
COLLECT_EVERY = 60


@contextlib.asynccontextmanager
async def collecting() -> AsyncIterator[None]:
    """Collect garbage now and then, and leave alone what was there at the start."""
    gc.collect()
    gc.freeze()
    task = asyncio.create_task(_collect())
    try:
        yield
    finally:
        await ended(task)


async def _collect() -> None:
    while True:
        await asyncio.sleep(COLLECT_EVERY)
        gc.collect()


async def ended(task: asyncio.Task[None]) -> None:
    """End a task and wait until it has."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that imports the same Parley as this one, wherever it lies."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, **more}
