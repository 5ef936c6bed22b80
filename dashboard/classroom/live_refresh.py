"""What live pages share: who looks at them, their requests, and when to draw them again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar
from urllib.parse import urlsplit

import streamlit as st
from pydantic import ValidationError

from dashboard.classroom.context import BASE_PATH, context, new_key, now
from dashboard.common import network, theme
from sim.classroom.commands import Act, Request, Tick
from sim.classroom.decide import AGENTS_GRACE, RefusedError
from sim.classroom.state import State
from sim.classroom.storage.database import UnavailableError
from sim.classroom.storage.store import Holder
from sim.types import Json

#: Seconds between two checks for something new: while others act, and while little happens.
SOON, LATER = 2.0, 5.0

#: After so many ms beyond a deadline a page submits the tick that the worker owes.
OVERDUE = AGENTS_GRACE + 5_000


Content = TypeVar("Content")

#: What everybody reads before the exercise begins.
STEP_OUT = "You may step out at any time, and need not say why."

STAGES = {
    "between": "the days go by",
    "caucus": "talk to each other",
    "proposals": "put texts on the table",
    "responses": "answer what is on the table",
    "resolve": "confirm what was agreed",
    "ended": "the talks are over",
}


@dataclass(frozen=True)
class Visitor:
    """A person or instructor who looks at a page of an exercise."""

    exercise: str
    by: str

    def try_submit(self, act: type[Any], key: str = "", **values: Any) -> bool:
        """Submit an act; return whether it was accepted, and show on the page why if it was not."""
        try:
            self.submit(act(**values), key)
        except ValidationError:
            show_next("That is too long, or empty, or not among what can be chosen. Change it.")
        except (ValueError, UnavailableError) as error:
            words = str(error).rstrip(".")
            show_next(f"{words[:1].upper()}{words[1:]}.")
        else:
            return True
        return False

    def submit(self, act: Act, key: str = "") -> State:
        """Submit an act; raise RefusedError or UnavailableError as the store does."""
        request = Request(by=self.by, key=key or new_key(), act=act)
        return context().store.submit(self.exercise, request, now())


def exercise_id() -> str:
    """Return the exercise that the address names; stop the page if there is none."""
    name = st.query_params.get("exercise", "")
    if name and context().store.last_seq(name):
        return name
    stop("There is no such exercise here. It may be over and deleted; ask your instructor.")


def cookies() -> dict[str, str]:
    """Return the cookies of this browser, as they were when the page was opened."""
    return {str(name): str(value) for name, value in st.context.cookies.items()}


def require_seat(exercise: str) -> tuple[Visitor, Holder]:
    """Return the person of this browser; stop the page for everybody else."""
    holder = context().seat_holder(exercise, cookies())
    if holder is None:
        stop("This browser has no seat in this exercise. Join with the code, or open your link.")
    return Visitor(exercise, holder.by), holder


def require_instructor(exercise: str) -> Visitor:
    """Return the instructor; stop the page for everybody else."""
    if not context().is_instructor(exercise, cookies()):
        stop("This page is the instructor's. Open the instructor's link first.")
    return Visitor(exercise, "instructor")


def stop(words: str) -> NoReturn:
    """Show why there is nothing to see, and stop the page."""
    st.warning(words)
    st.link_button("Join an exercise", path("/join"))
    st.stop()


def path(of: str) -> str:
    """Return a path of this server, under the proxy's path."""
    return os.environ.get(BASE_PATH, "") + of


def address(of: str) -> str:
    """Return the full address of a path, as this browser reaches the server."""
    here = str(st.context.url or "").split("?")[0]
    return (here.rsplit("/", 1)[0] if here else path("")) + of


def warn_of_loopback() -> None:
    """Warn if no other machine can reach the address of this page."""
    if network.is_loopback(urlsplit(address("/")).hostname or ""):
        st.warning(
            "Only this machine reaches this address; students’ phones do not. Start the classroom "
            'with `make classroom ARGS="--host 0.0.0.0 --address THIS.MACHINE’S.ADDRESS"`, and '
            "open the new link under that address."
        )


# -- messages -------------------------------------------------------------------------------------


def show_next(words: str) -> None:
    """Show a message when the page is drawn next."""
    st.session_state["message"] = words


def show_read_only(words: str) -> None:
    """Say why an exercise is shown from its log and does not go on, where that is so."""
    if words:
        st.info(f":material/history: {theme.escape(words)}.")


def show_messages(to_instructor: bool = False) -> None:
    """Show the pending message once, and a warning for as long as nothing can be written."""
    words = st.session_state.pop("message", "")
    if words:
        st.warning(theme.escape(words))
    if context().store.stands_still and to_instructor:
        st.error(theme.escape(context().store.way_out))
    elif context().store.stands_still:
        st.error(
            "The classroom cannot write to its disk, so the exercise stands still. Nothing is "
            "lost. The instructor's page says what to do."
        )


# -- refreshing -----------------------------------------------------------------------------------


class LivePage(Generic[Content]):
    """The content that a page draws, and whether it is outdated.

    The version is read before the content: a change in between may be drawn already, and costs
    one check more. In the other order such a change would never be drawn.
    """

    def __init__(self, exercise: str, build: Callable[[], Content]) -> None:
        self.exercise = exercise
        self._build = build
        self._version = _current_version(exercise)
        self.content = build()

    def is_outdated(self) -> bool:
        """Return whether the page shows old content; it stays outdated until it is drawn again."""
        version = _current_version(self.exercise)
        if version == self._version:
            return False
        if version.stands_still != self._version.stands_still or self._build() != self.content:
            return True
        self._version = version
        return False


def refresh_when_outdated(
    page: LivePage[Any], every: float | None, deadline: int | None = None, paused: bool = False
) -> None:
    """Draw the page again once it is outdated; until then update only the time that is left."""

    def _look() -> None:
        if deadline is not None and not paused and now() - deadline > OVERDUE:
            _tick(page.exercise)
        if page.is_outdated():
            st.rerun()
        if paused or context().store.stands_still:
            st.markdown("**Paused.** The clocks stand still.")
        elif deadline is not None:
            st.markdown(f"**{time_left(deadline)}**")

    st.fragment(run_every=every)(_look)()


class ViewVersion(NamedTuple):
    """Cheap facts that change whenever a page may have to change."""

    last_seq: int  # how long the log is
    has_debrief: bool
    error: str  # what the worker could not do
    stands_still: bool  # whether nothing can be written


def _current_version(exercise: str) -> ViewVersion:
    store, tasks = context().store, context().tasks
    seq, error = store.last_seq(exercise), tasks.error(exercise)
    return ViewVersion(seq, tasks.has_debrief(exercise), error, store.stands_still)


def _tick(exercise: str) -> None:
    """Submit a tick in place of the worker; if nothing can be written, the store notes it."""
    tick = Request(by="clock", key=f"page.{new_key()}", act=Tick())
    with suppress(RefusedError, UnavailableError):
        context().store.submit(exercise, tick, now())


def show_worker_error(exercise: str, is_instructor: bool) -> None:
    """Show what the worker could not do, with a button to try again for the instructor."""
    words = context().tasks.error(exercise)
    if not words:
        return
    st.error(f"{theme.escape(words)} Nothing that anybody did is lost.")
    if not is_instructor:
        st.markdown("Your instructor can try again.")
    elif st.button("Try again", type="primary"):
        context().tasks.clear_error(exercise)
        st.rerun()


def run_task(name: str, content: Json, meanwhile: str, show: Callable[[Json], None]) -> None:
    """Submit a task that takes the model seconds, and show its answer when it is ready."""

    def wait() -> None:
        try:
            answer = context().tasks.submit_task(name, content)
        except ValueError as error:
            st.warning(theme.escape(str(error)))
            return
        if answer is None:
            st.markdown(meanwhile)
        elif "wrong" in answer:
            st.warning(theme.escape(answer["wrong"]))
            if st.button("Try again", key=f"again-{name}"):
                context().tasks.discard_answer(name)
                st.rerun()
        else:
            show(answer)

    is_answered = context().tasks.read(f"answers/{name}.json") is not None
    st.fragment(run_every=None if is_answered else 1.0)(wait)()


def time_left(deadline: int) -> str:
    """Return the time left until a deadline, in words."""
    seconds = max(round((deadline - now()) / 1000), 0)
    if not seconds:
        return "Time is up"
    return f"{seconds // 60}:{seconds % 60:02d} left"


def clock(deadline: int) -> str:
    """Return a deadline as the time of day, in the server's zone."""
    return time.strftime("%H:%M:%S", time.localtime(deadline / 1000))


def confirmation(name: str, question: str, yes: str) -> bool | None:
    """Draw the question of this name, if it was asked; return True or False once answered."""
    if st.session_state.get("asking") != name:
        return None
    st.markdown(f"**{question}**")
    with st.container(horizontal=True):
        sure = st.button(yes, type="primary", key=f"yes-{name}")
        back = st.button("Not yet", key=f"no-{name}")
    if sure or back:
        st.session_state.pop("asking", None)
    return True if sure else (False if back else None)


def ask_confirmation(name: str) -> None:
    """Ask the question of this name, with a new request key for its answer."""
    st.session_state["asking"] = name
    st.session_state["confirmation_key"] = new_key()


def confirmation_key() -> str:
    """Return the request key of the question: the same answer twice counts once."""
    return str(st.session_state.get("confirmation_key") or new_key())
