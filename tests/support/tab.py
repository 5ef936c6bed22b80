"""A tab of a browser without the browser: joins by the door, and speaks with pages by websocket.

It does what a browser does: asks for the page, keeps what the server has drawn, looks again as
often as the page wants it to, sends what is typed and pressed, and comes back by itself when the
line is cut. Hundreds of them fit where ten browsers would not.
"""

from __future__ import annotations

import asyncio
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.typing import Subprotocol

#: Seconds until a browser that has lost its server tries again.
TRY_AGAIN = 1.0

#: Seconds to wait for what must come, on a machine that may be very busy.
PATIENCE = 120

#: Seconds until somebody before a page that does not come presses F5 once more.
PRESS_AGAIN = 30

#: The value of a widget goes into the field of its kind.
FIELDS = {
    "text_area": "string_value",
    "text_input": "string_value",
    "selectbox": "string_value",
    "button_group": "string_array_value",
    "checkbox": "bool_value",
    "slider": "double_array_value",
    "number_input": "double_value",
}


def take_a_seat(url: str, code: str, name: str) -> str:
    """Come in by the door, over HTTP; returns the cookies of the browser that did.

    Raises OSError where the door stays shut.
    """
    jar = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with browser.open(f"{url}/join/{code}", timeout=PATIENCE) as form:
        found = re.search('name="key" value="([0-9a-f]+)"', form.read().decode())
    key = found.group(1) if found else ""
    data = urlencode({"code": code, "name": name, "key": key}).encode()
    with browser.open(f"{url}/join", data, timeout=PATIENCE) as answer:
        answer.read()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


@dataclass
class Drawn:
    """An element on the page: its kind, its message, and the run of the script that drew it."""

    kind: str
    element: Any
    content: bytes
    run: int


@dataclass
class Tab:
    """One tab on one page; `listens` is told every message that comes, as bytes."""

    port: int
    page: str
    query: dict[str, str]
    cookie: str = ""
    listens: Callable[[bytes], None] | None = None
    drawn: dict[tuple[int, ...], Drawn] = field(default_factory=dict)
    values: dict[str, tuple[str, Any]] = field(default_factory=dict)  # by the widget's id
    runs: int = 0  # of the whole script
    finished: int = 0  # runs that came to their end
    cut: list[float] = field(default_factory=list)  # when the line was lost
    back: list[float] = field(default_factory=list)  # when the page was whole again
    _script: str = ""  # the page's name among scripts, once the server has told it
    _line: ClientConnection | None = None
    _timers: dict[str, tuple[float, asyncio.Task[None]]] = field(default_factory=dict)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Tab:
        self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    def _open(self) -> None:
        self._task = asyncio.create_task(self._live())

    async def _close(self) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    # -- what one sees ---------------------------------------------------------------------------

    def shows(self, words: str) -> bool:
        """Whether these words stand somewhere on the page."""
        sought = words.encode()
        return any(sought in one.content for one in self.drawn.values())

    async def until(self, true: Callable[[Tab], bool], seconds: float = PATIENCE) -> None:
        """Wait until something is true of the page; raises TimeoutError."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: true(self))

    async def sees(self, words: str, seconds: float = PATIENCE) -> Tab:
        """Wait until these words stand on the page; raises TimeoutError with them."""
        try:
            await self.until(lambda tab: tab.shows(words), seconds)
        except TimeoutError:
            raise TimeoutError(f"'{words}' never appeared on {self.page}") from None
        return self

    async def at_rest(self, seconds: float = PATIENCE) -> Tab:
        """Wait until the page has been drawn to its end."""
        await self.until(lambda tab: tab.runs == tab.finished > 0, seconds)
        return self

    async def reload(self) -> Tab:
        """Open the page anew, as F5 does, until it stands there whole; raises TimeoutError."""
        seen = self.runs
        async with asyncio.timeout(PATIENCE):
            while True:
                await self._close()
                self.drawn, self.values, self._script = {}, {}, ""
                self._open()
                with suppress(TimeoutError):
                    await self.until(lambda tab: tab.runs == tab.finished > seen, PRESS_AGAIN)
                    return self

    def find(self, kind: str, label: str) -> list[Any]:
        """The widgets of a kind whose label begins so, from the top of the page."""
        return [
            one.element
            for _, one in sorted(self.drawn.items())
            if one.kind == kind and one.element.label.startswith(label)
        ]

    # -- what one does ---------------------------------------------------------------------------

    async def press(self, label: str) -> bool:
        """Press the first button whose label begins so; False where there is none to press."""
        buttons = [one for one in self.find("button", label) if not one.disabled]
        if not buttons:
            return False
        return await self._send(pressed=buttons[0].id, form=buttons[0].form_id)

    async def fill(self, kind: str, label: str, value: Any) -> bool:
        """Put a value into a widget; what stands in a form waits for its button."""
        found = self.find(kind, label)
        if not found:
            return False
        self.values[found[0].id] = (FIELDS[kind], value)
        return bool(found[0].form_id) or await self._send()

    async def _send(self, pressed: str = "", fragment: str = "", form: str = "") -> bool:
        """Ask for a run of the page, with all that was typed; False while the line is cut."""
        if self._line is None:
            return False
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string = urlencode(self.query)
        asked.page_script_hash = self._script
        asked.page_name = "" if self._script else self.page
        asked.context_info.url = f"http://127.0.0.1:{self.port}/{self.page}"
        asked.fragment_id = fragment
        asked.is_auto_rerun = bool(fragment)
        for name, (kind, value) in self.values.items():
            state = asked.widget_states.widgets.add(id=name)
            if kind.endswith("array_value"):
                getattr(state, kind).data.extend(value)
            else:
                setattr(state, kind, value)
        if pressed:
            asked.widget_states.widgets.add(id=pressed, trigger_value=True)
        try:
            await self._line.send(message.SerializeToString())
        except WebSocketException:
            return False
        if form:  # is emptied once it is sent
            inside = [one.element for one in self.drawn.values() if one.kind in FIELDS]
            for widget in inside:
                if widget.form_id == form:
                    self.values.pop(widget.id, None)
        return True

    # -- the line --------------------------------------------------------------------------------

    async def _live(self) -> None:
        try:
            while True:
                with suppress(OSError, TimeoutError, WebSocketException, InvalidHandshake):
                    await self._visit()
                if self._line is not None and len(self.cut) == len(self.back):
                    self.cut.append(time.monotonic())
                self._hang_up()
                await asyncio.sleep(TRY_AGAIN)
        finally:
            self._hang_up()

    async def _visit(self) -> None:
        address = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        async with connect(
            address,
            subprotocols=[Subprotocol("streamlit")],
            additional_headers={"Cookie": self.cookie} if self.cookie else {},
            max_size=None,
            open_timeout=PRESS_AGAIN,
            ping_interval=None,  # browsers leave that to the server
        ) as line:
            self._line = line
            await self._send()
            async for content in line:
                assert isinstance(content, bytes)
                if self.listens is not None:
                    self.listens(content)
                received = ForwardMsg()
                received.ParseFromString(content)
                self._take(received)
                async with self._news:
                    self._news.notify_all()

    def _hang_up(self) -> None:
        self._line = None
        self._stop_timers()

    def _stop_timers(self) -> None:
        for _, timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _take(self, received: ForwardMsg) -> None:
        """Draw what has come."""
        kind = received.WhichOneof("type")
        if kind == "new_session" and not received.metadata.run.fragment_ids:
            self.runs += 1
            self._stop_timers()  # the run will say what it wants to be looked at again
        elif kind == "navigation":
            self._script = received.navigation.page_script_hash
        elif kind == "delta":
            self._draw(tuple(received.metadata.delta_path), received.delta)
        elif kind == "auto_rerun":
            self._look_again(received.auto_rerun.fragment_id, received.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for fragment in received.stop_auto_rerun.fragment_ids:
                if fragment in self._timers:
                    self._timers.pop(fragment)[1].cancel()
        elif kind == "script_finished":
            self._finish(received.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY)

    def _finish(self, whole: bool) -> None:
        """The script has run to its end: what it has not drawn is gone."""
        if not whole:
            return
        self.drawn = {at: one for at, one in self.drawn.items() if one.run == self.runs}
        self.finished = self.runs
        if len(self.back) < len(self.cut):
            self.back.append(time.monotonic())

    def _draw(self, at: tuple[int, ...], delta: Any) -> None:
        if delta.WhichOneof("type") != "new_element":
            return
        element = delta.new_element
        kind = element.WhichOneof("type") or "empty"
        content = element.SerializeToString()
        self.drawn[at] = Drawn(kind, getattr(element, kind), content, self.runs)

    def _look_again(self, fragment: str, interval: float) -> None:
        """Have a part of the page drawn anew from time to time."""
        if fragment in self._timers:
            if self._timers[fragment][0] == interval:
                return
            self._timers[fragment][1].cancel()

        async def again() -> None:
            while True:
                await asyncio.sleep(interval)
                await self._send(fragment=fragment)

        self._timers[fragment] = interval, asyncio.create_task(again())
