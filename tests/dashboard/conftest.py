"""A server, a browser, and ways to wait for a page: what the tests of pages stand on."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import browser as browsers
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).parent.parent.parent

#: Milliseconds to wait for what should appear; the machine may be busy.
PATIENCE = 90_000

#: The page is at rest: its script has run.
AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"

#: How pages are looked at: the width of the window, and the colours asked for.
LOOKS = [(width, colours) for width in (1280, 390) for colours in ("light", "dark")]

CHROMIUM_SAYS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Server:
    """A dashboard of its own: where it answers, its process and its folder."""

    url: str
    process: subprocess.Popen[bytes]
    home: Path

    def workers(self) -> list[int]:
        """The processes that compute for this server, and for no other."""
        listed = subprocess.run(
            ("ps", "-A", "-o", "pid=,ppid="), capture_output=True, text=True, check=True
        ).stdout
        pairs = (line.split() for line in listed.splitlines())
        return [int(pid) for pid, parent in pairs if int(parent) == self.process.pid]


@dataclass
class Visit:
    """One visitor's browser on one page, and what it asked of whom."""

    page: Page
    server: Server
    hosts: set[str] = field(default_factory=set)

    def goto(self, path: str) -> Visit:
        """Open a page and wait until it rests."""
        self.page.goto(self.server.url + path)
        return self.rest()

    def rest(self) -> Visit:
        """Wait until the page's script has run, and nothing moves any more."""
        self.page.wait_for_selector(AT_REST, timeout=PATIENCE)
        self.page.wait_for_timeout(150)  # a click may still be on its way to the server
        self.page.wait_for_selector(AT_REST, timeout=PATIENCE)
        return self

    def click(self, name: str, role: str = "button") -> Visit:
        """Press what has this name, and wait for what follows."""
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        return self.rest()

    def counts(self) -> list[str]:
        """The large numbers above everything else, as words: baseline, then change."""
        expect(self.page.locator(".parley-counts")).to_be_visible(timeout=PATIENCE)
        return self.page.locator(".parley-count b").all_inner_texts()

    def has_no_error(self) -> None:
        """Nothing on the page is an error or a traceback."""
        assert self.page.get_by_test_id("stException").count() == 0
        assert self.page.get_by_text("Something went wrong").count() == 0

    def is_accessible(self) -> None:
        """Axe finds nothing serious, and nothing sticks out sideways."""
        found = Axe().run(self.page).response["violations"]
        serious = [
            f"{one['id']}: {one['help']}: {node['html'][:200]} {node['failureSummary'][:300]}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]
        assert not serious, "\n".join(serious)
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{wide} pixels too wide"

    def asked_nobody_else(self) -> None:
        """Every request went to the server itself."""
        assert self.hosts <= {urlsplit(self.server.url).netloc}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


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
        for _ in range(300):
            assert process.poll() is None, log.read_text()
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=2)
                break
            except (URLError, OSError):
                time.sleep(0.2)
        yield Server(url, process, home)
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser for the whole session."""
    path = browsers.find()
    if path is None:
        pytest.skip(browsers.MISSING)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=path, args=CHROMIUM_SAYS)
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
        page.on("request", lambda request: _note(begun.hosts, request.url))
        return begun

    yield begin
    for context in contexts:
        context.close()


def _note(hosts: set[str], url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("data", "blob", "about"):
        hosts.add(parts.netloc)


def as_json(text: str) -> dict[str, object]:
    """What a command printed, as data."""
    found: dict[str, object] = json.loads(text)
    return found
