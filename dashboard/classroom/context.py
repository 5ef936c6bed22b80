"""The application context: store, task results and rate limits, shared by all pages."""

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
from sim.classroom.storage.access import JoinLimiter, digest
from sim.classroom.storage.paths import database, folder
from sim.classroom.storage.store import Holder, Store

#: The environment variables by which the server and its worker find the same data.
DATABASE, FOLDER = "PARLEY_CLASSROOM", "PARLEY_CLASSROOM_HOME"

#: The environment variable with the path under which a proxy serves the classroom.
BASE_PATH = "PARLEY_CLASSROOM_BASE"

#: Cookies: of whoever runs this server, of visitors who try a code, and one for each exercise.
HOST, PASS = "parley_host", "parley_pass"

#: Links to set up exercises that are good at a time: those of the last starts of this server.
HOST_LINKS = 5


def now() -> int:
    """Return the server's time, the only one that counts: ms since the epoch."""
    return round(time.time() * 1000)


def new_key() -> str:
    """Return a key by which a request is recognised when it is sent again."""
    return secrets.token_hex(12)


def seat_cookie(exercise: str) -> str:
    """Return the cookie name of a person in an exercise."""
    return f"parley_seat_{exercise}"


def instructor_cookie(exercise: str) -> str:
    """Return the cookie name of an exercise's instructor."""
    return f"parley_instructor_{exercise}"


class AppContext:
    """A store, the task results of the worker, and the rate limits for joining."""

    def __init__(self, url: str, tasks_folder: Path) -> None:
        self.store = Store(url)
        self.tasks = TaskStore(tasks_folder)
        self.limiter = JoinLimiter()

    # -- identity ------------------------------------------------------------------------------

    def seat_holder(self, exercise: str, cookies: Mapping[str, str]) -> Holder | None:
        """Return the person of a browser in an exercise; None if it has no seat there."""
        holder = self.store.holder(cookies.get(seat_cookie(exercise), ""))
        is_seat = holder is not None and holder.exercise == exercise and holder.name != "instructor"
        return holder if is_seat else None

    def is_instructor(self, exercise: str, cookies: Mapping[str, str]) -> bool:
        """Return whether a browser is the instructor's: by its link, or as this server's host."""
        if self.is_host(cookies):
            return True
        holder = self.store.holder(cookies.get(instructor_cookie(exercise), ""))
        return holder == Holder(exercise, "instructor")

    def is_host(self, cookies: Mapping[str, str]) -> bool:
        """Return whether a browser may set up exercises on this server."""
        return self.is_host_token(cookies.get(HOST, ""))

    # -- the link of the host ------------------------------------------------------------------

    def new_host_link(self) -> str:
        """Return a new token that may set up exercises; those of the last few starts stay valid."""
        token = secrets.token_urlsafe(32)
        kept = [*self._host_digests()[-(HOST_LINKS - 1) :], digest(token)]
        self.tasks.write("hosts", "\n".join(kept))
        return token

    def is_host_token(self, token: str) -> bool:
        """Return whether a token is one of the host's."""
        sent = hashlib.sha256(token.encode()).hexdigest()
        return any([hmac.compare_digest(sent, kept) for kept in self._host_digests()])

    def _host_digests(self) -> list[str]:
        return (self.tasks.read("hosts") or "").split()


_shared: AppContext | None = None
_lock = threading.Lock()


def context() -> AppContext:
    """Return the context of this server; create it on first use."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = AppContext(os.environ.get(DATABASE) or database(), results_folder())
        return _shared


def results_folder() -> Path:
    """Return the folder for what the worker computes."""
    named = os.environ.get(FOLDER)
    return Path(named) if named else folder()
