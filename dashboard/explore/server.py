"""The server: Streamlit as an ASGI application, with the workers beside it.

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
from dashboard.explore.visitor_cookie import Visitors

SORRY = (
    "Something went wrong on this page. Nothing that you saved is lost. Reload the page; if it "
    "happens again, go to the start page and tell whoever runs this server, whose log says more."
)

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """Start the workers with the server, and end them with it."""
    line = job_queue.jobs()
    baselines.prepare(line)
    try:
        async with server_lifecycle.collecting():
            yield {}
    finally:
        await asyncio.to_thread(job_queue.close)


def sorry(error: Exception) -> bool:
    """Say in a sentence that a page failed, and how to go on; the log gets the details."""
    log.error("a page failed", exc_info=error)
    st.error(SORRY)
    return True


app = st.App(
    Path(__file__).with_name("app.py"),
    lifespan=lifespan,
    middleware=[Middleware(Visitors)],
    on_script_error=sorry,
)
