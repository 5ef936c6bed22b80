"""The server: Streamlit as an ASGI application, with its worker processes.

`python -m dashboard` starts it; `uvicorn dashboard.explore.server:app` would do as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from dashboard.common import server_lifecycle
from dashboard.explore import baselines, job_queue
from dashboard.explore.visitor_cookie import VisitorCookieMiddleware

FAILURE_MESSAGE = (
    "Something went wrong on this page. Nothing that you saved is lost. Reload the page; if it "
    "happens again, go to the start page and tell whoever runs this server, whose log says more."
)

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """Start the workers with the server, and end them with it."""
    queue = job_queue.shared_queue()
    baselines.prepare(queue)
    try:
        async with server_lifecycle.collect_garbage():
            yield {}
    finally:
        await asyncio.to_thread(job_queue.close)


def show_failure(error: Exception) -> bool:
    """Tell the visitor that a page failed and how to go on; log the details."""
    log.error("a page failed", exc_info=error)
    st.error(FAILURE_MESSAGE)
    return True


app = st.App(
    Path(__file__).with_name("app.py"),
    lifespan=lifespan,
    middleware=[Middleware(VisitorCookieMiddleware)],
    on_script_error=show_failure,
)
