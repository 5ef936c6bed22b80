"""The server: Streamlit as an ASGI application, with the workers beside it.

`python -m dashboard` starts it; `uvicorn dashboard.server:app` would do as well.
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

from dashboard import jobs, prepare, serving
from dashboard.cookies import Visitors

SORRY = (
    "Something went wrong on this page. Nothing that you saved is lost. Reload the page; if it "
    "happens again, go to the start page and tell whoever runs this server, whose log says more."
)

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """Start the workers with the server, and end them with it."""
    line = jobs.jobs()
    prepare.baselines(line)
    try:
        async with serving.collecting():
            yield {}
    finally:
        await asyncio.to_thread(jobs.close)


def sorry(error: Exception) -> bool:
    """Say in a sentence that a page failed, and how to go on; the log gets the details."""
    log.error("a page failed", exc_info=error)
    st.error(SORRY)
    return True


app = st.App(
    Path(__file__).with_name("main.py"),
    lifespan=lifespan,
    middleware=[Middleware(Visitors)],
    on_script_error=sorry,
)
