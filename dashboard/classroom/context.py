"""What this server shares: the store, who is asking, and what may be shown to them."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from dashboard.classroom.task_results import TaskStore
from sim.classroom.storage.access import Gate, digest
from sim.classroom.storage.paths import database, folder
from sim.classroom.storage.store import Holder, Store

#: The environment variables by which the server and its worker find the same room.
DATABASE, FOLDER = "PARLEY_CLASSROOM", "PARLEY_CLASSROOM_HOME"

#: The environment variable with the path under which a proxy serves the classroom.
BASE_PATH = "PARLEY_CLASSROOM_BASE"

#: Cookies: of whoever runs this server, of visitors who try a code, and one for each exercise.
HOST, PASS = "parley_host", "parley_pass"

#: Links to set up exercises that are good at a time: those of the last starts of this server.
HOST_LINKS = 5


def now() -> int:
    """The time of the server, which alone counts: ms since the epoch."""
    return round(time.time() * 1000)


def new_key() -> str:
    """A key by which one request is known when it comes again."""
    return secrets.token_hex(12)


def seat_cookie(exercise: str) -> str:
    """The cookie of someone who joined an exercise."""
    return f"parley_seat_{exercise}"


def instructor_cookie(exercise: str) -> str:
    """The cookie of an exercise's instructor."""
    return f"parley_instructor_{exercise}"


class Room:
    """A store, the desk on which the worker lays its papers, and the gate at the door."""

    def __init__(self, url: str, desk: Path) -> None:
        self.store = Store(url)
        self.desk = TaskStore(desk)
        self.gate = Gate()

    # -- who is asking -------------------------------------------------------------------------

    def seat(self, exercise: str, cookies: Mapping[str, str]) -> Holder | None:
        """Who in an exercise a browser belongs to."""
        holder = self.store.holder(cookies.get(seat_cookie(exercise), ""))
        is_seat = holder is not None and holder.exercise == exercise and holder.name != "instructor"
        return holder if is_seat else None

    def instructs(self, exercise: str, cookies: Mapping[str, str]) -> bool:
        """Whether a browser may instruct in an exercise: by its link, or as this server's host."""
        if self.hosts(cookies):
            return True
        holder = self.store.holder(cookies.get(instructor_cookie(exercise), ""))
        return holder == Holder(exercise, "instructor")

    def hosts(self, cookies: Mapping[str, str]) -> bool:
        """Whether a browser may set up exercises on this server."""
        return self.is_host(cookies.get(HOST, ""))

    # -- the link of the host ------------------------------------------------------------------

    def new_host_link(self) -> str:
        """A token with which exercises can be set up; those of the last few starts stay good."""
        token = secrets.token_urlsafe(32)
        kept = [*self._host_digests()[-(HOST_LINKS - 1) :], digest(token)]
        self.desk.write("hosts", "\n".join(kept))
        return token

    def is_host(self, token: str) -> bool:
        """Whether a token is one of the host's."""
        sent = hashlib.sha256(token.encode()).hexdigest()
        return any([hmac.compare_digest(sent, kept) for kept in self._host_digests()])

    def _host_digests(self) -> list[str]:
        return (self.desk.read("hosts") or "").split()


_shared: Room | None = None
_lock = threading.Lock()


def room() -> Room:
    """The room of this server."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = Room(os.environ.get(DATABASE) or database(), home())
        return _shared


def home() -> Path:
    """Where the worker lays what it has computed."""
    named = os.environ.get(FOLDER)
    return Path(named) if named else folder()
