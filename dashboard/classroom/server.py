"""The classroom's server: Streamlit as an ASGI application, its routes, and the worker."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.classroom import streamlit_rerun_patch
from dashboard.classroom.context import BASE_PATH, DATABASE, FOLDER, context, results_folder
from dashboard.classroom.routes import routes
from dashboard.classroom.task_results import error_location
from dashboard.common import server_lifecycle

#: Seconds between two looks at whether the worker lives.
LOOK_EVERY = 1.0

#: A worker that lived for fewer seconds would not live longer another time. It is started again
#: after twice as long each time, and so many seconds at the most.
TOO_SOON, LONGEST_PATIENCE = 5.0, 60.0

SORRY = (
    "Something went wrong on this page. Nothing that you sent is lost. Reload the page; if it "
    "happens again, tell your instructor."
)

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """Open the store and start the worker with the server; end both with the server."""
    context()
    worker = asyncio.create_task(_keep_worker())
    try:
        async with server_lifecycle.collect_garbage():
            yield {}
    finally:
        await server_lifecycle.cancel_and_wait(worker)
        context().store.close()


async def _keep_worker() -> None:
    """Keep a worker running for as long as the server runs."""
    process, begun, patience = _start_worker(), time.monotonic(), LOOK_EVERY
    try:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if process.poll() is None:
                continue
            log.warning("the worker ended (%s); starting another", process.returncode)
            # One that dies as soon as it lives would die again: wait longer each time.
            young = time.monotonic() - begun < TOO_SOON
            patience = min(2 * patience, LONGEST_PATIENCE) if young else LOOK_EVERY
            await asyncio.sleep(patience - LOOK_EVERY)
            process, begun = _start_worker(), time.monotonic()
    finally:
        process.terminate()
        process.wait()


def _start_worker() -> subprocess.Popen[bytes]:
    """Start the worker; the address of the database, which may hold a password, is not shown."""
    url = context().store.url.render_as_string(hide_password=False)
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard.classroom.worker", str(os.getpid())],
        env=server_lifecycle.child_environment(
            PYTHONWARNINGS="ignore:resource_tracker",  # it cleans up after whom we end
            **{DATABASE: url, FOLDER: str(results_folder())},
        ),
        start_new_session=True,  # Ctrl-C is the server's to answer; the worker ends with it
    )


def show_failure(_: Exception) -> bool:
    """Show in a sentence that a page failed; the log says where."""
    st.error(SORRY)
    return True


def hide_message(record: logging.LogRecord) -> bool:
    """Remove messages from log records: they may hold what somebody wrote."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        record.msg = f"{record.getMessage()}: {error_location(error)}"
        record.args, record.exc_info, record.exc_text = (), None, None
    return True


def keep_words_out_of_the_log() -> None:
    """Filter what is logged of errors, and warn where Streamlit logs them under another name."""
    for name in ("streamlit.error_util", "uvicorn.error", "asyncio"):
        logging.getLogger(name).addFilter(hide_message)
    if importlib.util.find_spec("streamlit.error_util") is None:
        log.warning(
            "Streamlit %s does not log errors of pages as expected; what students wrote may stand "
            "in its log",
            st.__version__,
        )


keep_words_out_of_the_log()
streamlit_rerun_patch.apply()

app = st.App(
    Path(__file__).with_name("app.py"),
    lifespan=lifespan,
    routes=routes(os.environ.get(BASE_PATH, "")),
    on_script_error=show_failure,
)
