"""Visit a page with a browser: wait, click, read, and check how it looks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Request, WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.tools.system_packages import free_port

ROOT = Path(__file__).parents[2]

#: Milliseconds to wait for an element; the machine may be busy.
TIMEOUT = 300_000

#: Milliseconds for which Streamlit's widgets wait for more input before they send it.
DEBOUNCE = 210

#: Whether the page is at rest after so many milliseconds: everything is drawn, nothing is stale or
#: fading. (The classroom's own routes are not pages of Streamlit.)
STILL = """milliseconds => new Promise(done => setTimeout(() => {
  const app = document.querySelector("[data-testid=stApp]");
  done((!app || app.dataset.testScriptState === "notRunning")
    && !document.querySelector("[data-stale=true]")
    && !document.getAnimations().some(each => each instanceof CSSTransition));
}, milliseconds))"""

#: Resolves once the timers that the page set before are over, so that all input is sent.
AFTER_DEBOUNCE = "milliseconds => new Promise(done => setTimeout(() => done(true), milliseconds))"

#: How often, and after how many milliseconds, a page with problems is checked again.
RETRIES, RETRY_INTERVAL = 8, 1500

#: Colour schemes and the window widths in which pages are checked; Axe checks the last of each.
LOOKS = {"light": (390, 1280), "dark": (1280, 390)}

AXE = Axe()

#: Returns what Axe finds wrong with the page, or with the part that a selector names.
FIND_VIOLATIONS = """async part =>
  (await axe.run(part ?? document, {resultTypes: ["violations"], elementRef: false})).violations"""


@dataclass
class Server:
    """A dashboard of its own: where it answers, its process and its folder."""

    url: str
    process: subprocess.Popen[bytes]
    home: Path

    def workers(self) -> list[int]:
        """Return the process ids of this server's workers."""
        listed = subprocess.run(
            ("ps", "-A", "-o", "pid=,ppid="), capture_output=True, text=True, check=True
        ).stdout
        pairs = (line.split() for line in listed.splitlines())
        return [int(pid) for pid, parent in pairs if int(parent) == self.process.pid]


class PageConnection:
    """The WebSocket of a page: whether its last request has been answered."""

    def __init__(self, socket: WebSocket) -> None:
        self.pending, self.started = True, False  # a page begins with a request
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, frame: bytes | str) -> None:
        message = BackMsg()
        message.ParseFromString(_bytes(frame))
        if message.HasField("rerun_script") and not message.rerun_script.fragment_id:
            self.pending, self.started = True, False

    def _received(self, frame: bytes | str) -> None:
        message = ForwardMsg()
        message.ParseFromString(_bytes(frame))
        if message.HasField("new_session") and not message.metadata.run.fragment_ids:
            self.started = True
        elif message.HasField("script_finished"):
            early = message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN
            self.pending = self.pending and (early or not self.started)


def _bytes(frame: bytes | str) -> bytes:
    return frame if isinstance(frame, bytes) else frame.encode()


@dataclass
class Visit:
    """One visitor's browser on one page, and the hosts it sent requests to."""

    page: Page
    server: Server
    hosts: set[str] = field(default_factory=set)
    connection: PageConnection | None = None

    def __post_init__(self) -> None:
        self.page.set_default_timeout(TIMEOUT)
        self.page.on("request", self._note)
        self.page.on("websocket", self._listen)

    def _note(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "about"):
            self.hosts.add(parts.netloc)
        if request.is_navigation_request() and not parts.path.startswith("/media/"):
            self.connection = None  # it was that of the page before

    def _listen(self, socket: WebSocket) -> None:
        if "/_stcore/" in socket.url:
            self.connection = PageConnection(socket)

    def goto(self, path: str) -> Visit:
        """Open a page and wait until it rests."""
        self.page.goto(self.server.url + path)
        return self.rest()

    def rest(self) -> Visit:
        """Wait until the server has answered the last request, and nothing moves any more."""
        self.page.wait_for_function(AFTER_DEBOUNCE, arg=DEBOUNCE)
        self.until(lambda: self.connection is not None and not self.connection.pending)
        return self.still()

    def still(self) -> Visit:
        """Wait until nothing moves on the page."""
        self.page.wait_for_function(STILL, arg=50)
        return self

    def until(self, true: Callable[[], Any]) -> Visit:
        """Wait until a condition holds; raises AssertionError."""
        end = time.monotonic() + TIMEOUT / 1000
        while not true():
            assert time.monotonic() < end, "the condition never came true"
            self.page.wait_for_timeout(100)
        return self

    def click(self, name: str, role: str = "button") -> Visit:
        """Click the element with this name, and wait for what follows."""
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        return self.rest()

    @property
    def counts(self) -> Locator:
        """Return the large numbers of the headline: baseline, then change."""
        return self.page.locator(".parley-count b")

    @property
    def effect(self) -> Locator:
        """Return the sentence of the headline about the effect."""
        return self.page.locator(".parley-effect")

    def looks_well(self) -> None:
        """Check the page as it stands in wide and narrow windows, light and dark.

        It is reloaded in other colours, as the server chooses those of charts. Axe, which takes
        seconds, checks each width and each colour once.
        """
        for colours, widths in LOOKS.items():
            self.page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]
            self.page.reload()
            for width in widths:
                self.page.set_viewport_size({"width": width, "height": 900})
                self.rest().has_no_error()
                self.fits()
            self.is_accessible()

    def has_no_error(self) -> None:
        """Check that nothing on the page is an error or a traceback."""
        assert self.page.get_by_test_id("stException").count() == 0
        for words in ("Something went wrong", "Page not found"):
            assert self.page.get_by_text(words).count() == 0

    def is_accessible(self, part: str | None = None) -> None:
        """Check that Axe finds nothing serious, and that the page is not too wide."""
        self._lasting(lambda: self._serious(part))
        self.fits()

    def fits(self) -> None:
        """Check that nothing is wider than the window."""
        self._lasting(self._too_wide)

    def _lasting(self, find_problems: Callable[[], list[str]]) -> None:
        """Check that a page at rest has no problems that last.

        Live pages may be redrawn during a check, and what fades has little contrast.
        """
        for _ in range(RETRIES):
            problems = self.still() and find_problems()
            if not problems:
                return
            self.page.wait_for_timeout(RETRY_INTERVAL)
        raise AssertionError("\n".join(problems))

    def _serious(self, part: str | None) -> list[str]:
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.axe_script)
        violations = self.page.evaluate(FIND_VIOLATIONS, part)
        return [
            f"{violation['id']}: {violation['help']}: {node['html'][:200]} "
            f"{node['failureSummary'][:300]}"
            for violation in violations
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]

    def _too_wide(self) -> list[str]:
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return [f"{wide} pixels too wide"] if wide > 0 else []

    def asked_nobody_else(self) -> None:
        """Check that every request went to the server itself."""
        assert self.hosts <= {urlsplit(self.server.url).netloc}


def wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a started server answers; raises AssertionError with its log."""
    end = time.monotonic() + TIMEOUT / 1000
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=10).close()
            return
        except OSError:
            time.sleep(0.1)


@contextmanager
def classroom_at(home: Path) -> Iterator[Server]:
    """Run a classroom's server on a folder, with the database in it, until the end of the block."""
    port, log = free_port(), home / "log.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.classroom", "--port", str(port)],
            cwd=ROOT,
            stdout=out,
            stderr=out,
            env={
                **os.environ,
                "PARLEY_CLASSROOM": f"sqlite:///{home}/classroom.sqlite",
                "PARLEY_CLASSROOM_HOME": str(home),
            },
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(url, process, log)
        yield Server(url, process, home)
    finally:
        process.terminate()
        process.wait(timeout=TIMEOUT / 1000)


def as_json(text: str) -> dict[str, Any]:
    """Return the JSON that a command printed."""
    data: dict[str, Any] = json.loads(text)
    return data
