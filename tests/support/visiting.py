"""What the tests of pages do: visit a dashboard with a browser, wait, press, read."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Request, WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

#: Milliseconds to wait for what should appear; the machine may be busy.
PATIENCE = 300_000

#: Milliseconds that Streamlit's boxes wait for more before they send what was done in them.
HESITATION = 210

#: The page stands still after so many milliseconds: what the server sent is drawn, nothing is left
#: of what was drawn before, and nothing fades. (Doors of the classroom are no pages of Streamlit.)
STILL = """milliseconds => new Promise(done => setTimeout(() => {
  const app = document.querySelector("[data-testid=stApp]");
  done((!app || app.dataset.testScriptState === "notRunning")
    && !document.querySelector("[data-stale=true]")
    && !document.getAnimations().some(one => one instanceof CSSTransition));
}, milliseconds))"""

#: Timers that the page set before are over, so what was done is on its way to the server.
SENT = "milliseconds => new Promise(done => setTimeout(() => done(true), milliseconds))"

#: How often, and after how many milliseconds, a page with something wrong is looked at again.
LOOKS_AGAIN, BETWEEN_LOOKS = 8, 1500

#: How pages are looked at: the colours asked for, and the widths of the window. Axe looks at the
#: last width of each.
LOOKS = {"light": (390, 1280), "dark": (1280, 390)}

AXE = Axe()

#: What Axe finds wrong with the page, or with what a selector names.
LOOK = """async part =>
  (await axe.run(part ?? document, {resultTypes: ["violations"], elementRef: false})).violations"""


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


class Line:
    """The line between a page and its server: whether what was asked last has been answered."""

    def __init__(self, socket: WebSocket) -> None:
        self.asked, self.begun = True, False  # a page begins by asking for itself
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, frame: bytes | str) -> None:
        message = BackMsg()
        message.ParseFromString(_bytes(frame))
        if message.HasField("rerun_script") and not message.rerun_script.fragment_id:
            self.asked, self.begun = True, False

    def _received(self, frame: bytes | str) -> None:
        message = ForwardMsg()
        message.ParseFromString(_bytes(frame))
        if message.HasField("new_session") and not message.metadata.run.fragment_ids:
            self.begun = True
        elif message.HasField("script_finished"):
            early = message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN
            self.asked = self.asked and (early or not self.begun)


def _bytes(frame: bytes | str) -> bytes:
    return frame if isinstance(frame, bytes) else frame.encode()


@dataclass
class Visit:
    """One visitor's browser on one page, and what it asked of whom."""

    page: Page
    server: Server
    hosts: set[str] = field(default_factory=set)
    line: Line | None = None

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("request", self._note)
        self.page.on("websocket", self._listen)

    def _note(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "about"):
            self.hosts.add(parts.netloc)
        if request.is_navigation_request() and not parts.path.startswith("/media/"):
            self.line = None  # the line of the page before

    def _listen(self, socket: WebSocket) -> None:
        if "/_stcore/" in socket.url:
            self.line = Line(socket)

    def goto(self, path: str) -> Visit:
        """Open a page and wait until it rests."""
        self.page.goto(self.server.url + path)
        return self.rest()

    def rest(self) -> Visit:
        """Wait until the server has answered what the page asked, and nothing moves any more."""
        self.page.wait_for_function(SENT, arg=HESITATION)
        self.until(lambda: self.line is not None and not self.line.asked)
        return self.still()

    def still(self) -> Visit:
        """Wait until nothing moves on the page."""
        self.page.wait_for_function(STILL, arg=50)
        return self

    def until(self, true: Callable[[], Any]) -> Visit:
        """Wait until something is true, here or elsewhere; raises AssertionError."""
        end = time.monotonic() + PATIENCE / 1000
        while not true():
            assert time.monotonic() < end, "what was waited for never came"
            self.page.wait_for_timeout(100)
        return self

    def click(self, name: str, role: str = "button") -> Visit:
        """Press what has this name, and wait for what follows."""
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        return self.rest()

    @property
    def counts(self) -> Locator:
        """The large numbers above everything else: baseline, then change."""
        return self.page.locator(".parley-count b")

    @property
    def effect(self) -> Locator:
        """The sentence about them."""
        return self.page.locator(".parley-effect")

    def looks_well(self) -> None:
        """In wide and narrow windows, light and dark, nothing is wrong with the page as it stands.

        It is loaded anew in other colours, as the server chooses those of charts. Axe, which takes
        seconds, sees each width and each colour once.
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
        """Nothing on the page is an error or a traceback."""
        assert self.page.get_by_test_id("stException").count() == 0
        for words in ("Something went wrong", "Page not found"):
            assert self.page.get_by_text(words).count() == 0

    def is_accessible(self, part: str | None = None) -> None:
        """Axe finds nothing serious on the page or a part of it, and the page is not too wide."""
        self._lasting(lambda: self._serious(part))
        self.fits()

    def fits(self) -> None:
        """Nothing sticks out sideways."""
        self._lasting(self._too_wide)

    def _lasting(self, wrong: Callable[[], list[str]]) -> None:
        """Nothing is wrong with the page at rest, or it is no longer when one looks again.

        Live pages may be drawn anew while they are looked at, and what fades has little contrast.
        """
        for _ in range(LOOKS_AGAIN):
            found = self.still() and wrong()
            if not found:
                return
            self.page.wait_for_timeout(BETWEEN_LOOKS)
        raise AssertionError("\n".join(found))

    def _serious(self, part: str | None) -> list[str]:
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.axe_script)
        found = self.page.evaluate(LOOK, part)
        return [
            f"{one['id']}: {one['help']}: {node['html'][:200]} {node['failureSummary'][:300]}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    def _too_wide(self) -> list[str]:
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return [f"{wide} pixels too wide"] if wide > 0 else []

    def asked_nobody_else(self) -> None:
        """Every request went to the server itself."""
        assert self.hosts <= {urlsplit(self.server.url).netloc}


def answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server that was started answers; raises AssertionError with its log."""
    end = time.monotonic() + PATIENCE / 1000
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=10).close()
            return
        except OSError:
            time.sleep(0.1)


def as_json(text: str) -> dict[str, Any]:
    """What a command printed, as data."""
    found: dict[str, Any] = json.loads(text)
    return found
