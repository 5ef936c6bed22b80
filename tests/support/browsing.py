"""A server and a browser for the tests of pages."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.support.visiting import TIMEOUT, Server, Visit, wait_until_up
from tests.tools.system_packages import BROWSER, free_port

ROOT = Path(__file__).parents[2]

#: A dashboard that prepares no first pages: no test needs them, and they would take more processor
#: time than most tests.
WITHOUT_BASELINES = """
from dashboard import __main__
from dashboard.explore import baselines
baselines.prepare = lambda queue: None
__main__.main()
"""

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a dashboard with a data folder of its own, for the whole session."""
    home, port = tmp_path_factory.mktemp("dashboard"), free_port()
    log = home / "log.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", WITHOUT_BASELINES, "--port", str(port), "--home", str(home)],
            cwd=ROOT,
            stdout=out,
            stderr=out,
            env={**os.environ, "NO_COLOR": "1"},
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(url, process, log)
        yield Server(url, process, home)
    finally:
        process.terminate()
        process.wait(timeout=TIMEOUT / 1000)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start a browser for the whole session."""
    path = BROWSER.find()
    if path is None:
        pytest.skip(BROWSER.missing)
    expect.set_options(timeout=TIMEOUT)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS, timeout=TIMEOUT)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def household(chromium: Browser) -> Iterator[BrowserContext]:
    """Open a browser context that keeps the static files of pages from test to test."""
    context = chromium.new_context(reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def browse(chromium: Browser, household: BrowserContext) -> Iterator[Callable[..., Visit]]:
    """Begin a visit: `browse(server, width, colours)`; nobody has the cookies of anybody else.

    The first visitor of a test comes from the household, the others have a context of their own.
    """
    household.clear_cookies()
    contexts: list[BrowserContext] = []

    def begin(server: Server, width: int = 1280, colours: str = "light") -> Visit:
        context = household
        if household.pages:
            context = chromium.new_context(reduced_motion="reduce")
            contexts.append(context)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]
        return Visit(page, server)

    yield begin
    for context in contexts:
        context.close()
    for page in household.pages:
        page.close()


@pytest.fixture
def visit(browse: Callable[..., Visit], server: Server) -> Callable[..., Visit]:
    """Begin a visit of the dashboard: `visit(width, colours)`."""
    return partial(browse, server)
