"""Garbage collection, background tasks and child processes of both servers."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
from collections.abc import AsyncIterator
from pathlib import Path

#: Seconds between two collections of garbage, which Streamlit's own would slow every page by.
COLLECT_INTERVAL = 60


@contextlib.asynccontextmanager
async def collect_garbage() -> AsyncIterator[None]:
    """Collect garbage once a minute, and never what was there at the start."""
    gc.collect()
    gc.freeze()
    task = asyncio.create_task(_collect_repeatedly())
    try:
        yield
    finally:
        await cancel_and_wait(task)


async def _collect_repeatedly() -> None:
    while True:
        await asyncio.sleep(COLLECT_INTERVAL)
        gc.collect()


async def cancel_and_wait(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it has ended."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def child_environment(**variables: str) -> dict[str, str]:
    """Return the environment for a child process that imports the same Parley as this one."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, **variables}
