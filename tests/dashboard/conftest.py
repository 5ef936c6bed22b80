"""A server and a browser for the tests of pages."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from system import BROWSER, free_port
from visiting import PATIENCE, Server, Visit, answers, note

ROOT = Path(__file__).parent.parent.parent

CHROMIUM_SAYS = [
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
    """A dashboard with a folder of its own, for the whole session."""
    home, port = tmp_path_factory.mktemp("dashboard"), free_port()
    log = home / "log.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard", "--port", str(port), "--home", str(home)],
            cwd=ROOT,
            stdout=out,
            stderr=out,
            env={**os.environ, "NO_COLOR": "1"},
        )
    url = f"http://127.0.0.1:{port}"
    try:
        answers(url, process, log)
        yield Server(url, process, home)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE / 1000)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser for the whole session."""
    path = BROWSER.find()
    if path is None:
        pytest.skip(BROWSER.missing)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=path, args=CHROMIUM_SAYS, timeout=PATIENCE)
        yield found
        found.close()


@pytest.fixture
def visit(chromium: Browser, server: Server) -> Iterator[Callable[..., Visit]]:
    """Begin a visit: `visit(width, colours)`; each has a browser context of its own."""
    contexts: list[BrowserContext] = []

    def begin(width: int = 1280, colours: str = "light") -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=colours,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        begun = Visit(page, server)
        page.on("request", lambda request: note(begun.hosts, request.url))
        return begun

    yield begin
    for context in contexts:
        context.close()
