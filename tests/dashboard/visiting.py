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
from playwright.sync_api import Page, WebSocket, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

#: Milliseconds to wait for what should appear; the machine may be busy.
PATIENCE = 120_000

#: The page is at rest: its script has run.
AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"

#: How pages are looked at: the width of the window, and the colours asked for.
LOOKS = [(width, colours) for width in (1280, 390) for colours in ("light", "dark")]


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
        self.asked = self.begun = False
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)
        socket.on("close", self._closed)

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

    def _closed(self, _: WebSocket) -> None:
        self.asked = False


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
        self.page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        if "/_stcore/" in socket.url:
            self.line = Line(socket)

    def goto(self, path: str) -> Visit:
        """Open a page and wait until it rests."""
        self.page.goto(self.server.url + path)
        return self.rest()

    def rest(self) -> Visit:
        """Wait until the page's script has run, and nothing moves any more."""
        self.page.wait_for_selector(AT_REST, timeout=PATIENCE)
        self.page.wait_for_timeout(150)  # a click may still be on its way to the server
        self.until(lambda: self.line is None or not self.line.asked)
        self.page.wait_for_selector(AT_REST, timeout=PATIENCE)
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

    def counts(self) -> list[str]:
        """The large numbers above everything else, as words: baseline, then change."""
        expect(self.page.locator(".parley-counts")).to_be_visible(timeout=PATIENCE)
        return self.page.locator(".parley-count b").all_inner_texts()

    def looks_well(self, looks: list[tuple[int, str]]) -> None:
        """In windows of these widths and colours nothing is wrong with the page as it stands.

        It is loaded anew in other colours, as the server chooses those of charts.
        """
        for colours in dict.fromkeys(colours for _, colours in looks):
            self.page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]
            self.page.reload()
            self.rest()
            for width in (width for width, asked in looks if asked == colours):
                self.page.set_viewport_size({"width": width, "height": 900})
                self.rest().has_no_error()
                self.is_accessible()

    def has_no_error(self) -> None:
        """Nothing on the page is an error or a traceback."""
        assert self.page.get_by_test_id("stException").count() == 0
        for words in ("Something went wrong", "Page not found"):
            assert self.page.get_by_text(words).count() == 0

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


def note(hosts: set[str], url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("data", "blob", "about"):
        hosts.add(parts.netloc)


def as_json(text: str) -> dict[str, Any]:
    """What a command printed, as data."""
    found: dict[str, Any] = json.loads(text)
    return found
