"""The classroom's server: Streamlit as an ASGI application, its doors, and the worker beside it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.app_session import AppSession

from dashboard.classroom.desk import what_failed
from dashboard.classroom.doors import doors
from dashboard.classroom.room import BASE_PATH, DATABASE, FOLDER, home, room
from dashboard.classroom.runs import in_turn

#: Seconds between two collections of garbage, which Streamlit's own would slow every page by.
COLLECT_EVERY = 60

#: Seconds between two looks at whether the worker lives.
LOOK_EVERY = 1.0

ROOT = Path(__file__).parent.parent.parent

SORRY = (
    "Something went wrong on this page. Nothing that you sent is lost. Reload the page; if it "
    "happens again, tell your instructor."
)

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """Open the room and start the worker with the server; end it with the server."""
    room()
    gc.collect()
    gc.freeze()
    tasks = [asyncio.create_task(_collect_garbage()), asyncio.create_task(_keep_worker())]
    try:
        yield {}
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        room().store.close()


async def _collect_garbage() -> None:
    while True:
        await asyncio.sleep(COLLECT_EVERY)
        gc.collect()


async def _keep_worker() -> None:
    """See to it that there is a worker, as long as there is a server."""
    process = _start_worker()
    try:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if process.poll() is not None:
                log.warning("the worker ended (%s); starting another", process.returncode)
                process = _start_worker()
    finally:
        process.terminate()
        process.wait()


def _start_worker() -> subprocess.Popen[bytes]:
    """Start a worker that imports the same Parley as this process, wherever it lies."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    url = room().store.url.render_as_string(hide_password=False)
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard.classroom.worker", str(os.getpid())],
        env={
            **os.environ,
            "PYTHONPATH": path,
            "PYTHONWARNINGS": "ignore:resource_tracker",  # it cleans up after whom we end
            DATABASE: url,
            FOLDER: str(home()),
        },
        start_new_session=True,  # Ctrl-C is the server's to answer; the worker ends with it
    )


def sorry(_: Exception) -> bool:
    """Say in a sentence that a page failed; the log says where."""
    st.error(SORRY)
    return True


def without_words(record: logging.LogRecord) -> bool:
    """Log what failed and where, and not over which words: somebody may have written them."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        record.msg = f"{record.getMessage()}: {what_failed(error)}"
        record.args, record.exc_info, record.exc_text = (), None, None
    return True


for name in ("streamlit.error_util", "uvicorn.error", "asyncio"):
    logging.getLogger(name).addFilter(without_words)

AppSession._create_scriptrunner = in_turn(  # type: ignore[assignment, method-assign]
    AppSession._create_scriptrunner
)

app = st.App(
    Path(__file__).with_name("main.py"),
    lifespan=lifespan,
    routes=doors(os.environ.get(BASE_PATH, "")),
    on_script_error=sorry,
)
