"""What live pages share: who is looking, requests, and the watch that sees when to draw anew."""

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

from dashboard.classroom.context import BASE_PATH, new_key, now, room
from dashboard.common import network, theme
from sim.classroom.commands import Act, Request, Tick
from sim.classroom.decide import AGENTS_GRACE, RefusedError
from sim.classroom.state import State
from sim.classroom.storage.store import Holder, UnavailableError
from sim.types import Json

#: Seconds between two looks while others may do something, and while nobody does much.
SOON, LATER = 2.0, 5.0

#: After so many ms beyond a deadline a page sees to it itself that time goes on.
OVERDUE = AGENTS_GRACE + 5_000


Seen = TypeVar("Seen")

#: What everybody is told before it begins.
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
class Guest:
    """Someone who looks at a page of an exercise."""

    exercise: str
    by: str

    def ask(self, act: type[Any], key: str = "", **facts: Any) -> bool:
        """Submit an act; what stands against it is said on the page."""
        try:
            self.submit(act(**facts), key)
        except ValidationError:
            say("That is too long, or empty, or not among what can be chosen. Change it.")
        except (ValueError, UnavailableError) as error:
            words = str(error).rstrip(".")
            say(f"{words[:1].upper()}{words[1:]}.")
        else:
            return True
        return False

    def submit(self, act: Act, key: str = "") -> State:
        """Submit an act; raises what the domain raises."""
        request = Request(by=self.by, key=key or new_key(), act=act)
        return room().store.submit(self.exercise, request, now())


def exercise_id() -> str:
    """The exercise that the address names; the page ends here if it names none."""
    name = st.query_params.get("exercise", "")
    if name and room().store.last_seq(name):
        return name
    stop("There is no such exercise here. It may be over and deleted; ask your instructor.")


def cookies() -> dict[str, str]:
    """The cookies of this browser, as they were when the page was opened."""
    return {str(name): str(value) for name, value in st.context.cookies.items()}


def seated(exercise: str) -> tuple[Guest, Holder]:
    """Who in the exercise looks at this page; the page ends here for everybody else."""
    holder = room().seat(exercise, cookies())
    if holder is None:
        stop("This browser has no seat in this exercise. Join with the code, or open your link.")
    return Guest(exercise, holder.by), holder


def instructing(exercise: str) -> Guest:
    """The instructor; the page ends here for everybody else."""
    if not room().instructs(exercise, cookies()):
        stop("This page is the instructor's. Open the instructor's link first.")
    return Guest(exercise, "instructor")


def stop(words: str) -> NoReturn:
    """Say why there is nothing to see, and end the page."""
    st.warning(words)
    st.link_button("Join an exercise", path("/join"))
    st.stop()


def path(of: str) -> str:
    """An address on this server."""
    return os.environ.get(BASE_PATH, "") + of


def address(of: str) -> str:
    """The whole address of a path, as this browser knows the server."""
    here = str(st.context.url or "").split("?")[0]
    return (here.rsplit("/", 1)[0] if here else path("")) + of


def warn_of_loopback() -> None:
    """Say so where the address of this page is one that no other machine can reach."""
    if network.is_loopback(urlsplit(address("/")).hostname or ""):
        st.warning(
            "Only this machine reaches this address; students’ phones do not. Start the classroom "
            'with `make classroom ARGS="--host 0.0.0.0 --address THIS.MACHINE’S.ADDRESS"`, and '
            "open the new link under that address."
        )


# -- what is said once ---------------------------------------------------------------------------


def say(words: str) -> None:
    """Say something when the page is drawn next."""
    st.session_state["said"] = words


def said(to_instructor: bool = False) -> None:
    """What there is to say, once; and whether nothing can be written, for as long as it is so."""
    words = st.session_state.pop("said", "")
    if words:
        st.warning(theme.escape(words))
    if room().store.stands_still and to_instructor:
        st.error(theme.escape(room().store.way_out))
    elif room().store.stands_still:
        st.error(
            "The classroom cannot write to its disk, so the exercise stands still. Nothing is "
            "lost. The instructor's page says what to do."
        )


# -- watching ------------------------------------------------------------------------------------


class Sight(Generic[Seen]):
    """What a page draws, and whether there is something else to see by now.

    The news are taken before the look: what comes in between is drawn perhaps and news still,
    which costs another look; the other way round it would be old without ever being drawn.
    """

    def __init__(self, exercise: str, theme: Callable[[], Seen]) -> None:
        self.exercise = exercise
        self._look = theme
        self._news = _news(exercise)
        self.drawn = theme()

    def is_old(self) -> bool:
        """Whether the page shows something else than it should; it stays so until a new sight."""
        news = _news(self.exercise)
        if news == self._news:
            return False
        if news.stands_still != self._news.stands_still or self._look() != self.drawn:
            return True
        self._news = news
        return False


def watch(
    sight: Sight[Any], every: float | None, deadline: int | None = None, paused: bool = False
) -> None:
    """Draw the page anew once its sight is old; in between, only the time that is left."""

    def _look() -> None:
        if deadline is not None and not paused and now() - deadline > OVERDUE:
            _tick(sight.exercise)
        if sight.is_old():
            st.rerun()
        if paused or room().store.stands_still:
            st.markdown("**Paused.** The clocks stand still.")
        elif deadline is not None:
            st.markdown(f"**{time_left(deadline)}**")

    st.fragment(run_every=every)(_look)()


class ViewVersion(NamedTuple):
    """What is cheap to ask, and tells whether there may be something new to see."""

    last_seq: int  # how long the log is
    has_debrief: bool
    trouble: str  # what the worker could not do
    stands_still: bool  # whether nothing can be written


def _news(exercise: str) -> ViewVersion:
    store, desk = room().store, room().desk
    seq, trouble = store.last_seq(exercise), desk.trouble(exercise)
    return ViewVersion(seq, desk.has_debrief(exercise), trouble, store.stands_still)


def _tick(exercise: str) -> None:
    """Do what the worker should have done long ago; if it cannot be written, that is now known."""
    tick = Request(by="clock", key=f"page.{new_key()}", act=Tick())
    with suppress(RefusedError, UnavailableError):
        room().store.submit(exercise, tick, now())


def trouble(exercise: str, is_instructor: bool) -> None:
    """What the worker could not do, and for the instructor a way to try again."""
    words = room().desk.trouble(exercise)
    if not words:
        return
    st.error(f"{theme.escape(words)} Nothing that anybody did is lost.")
    if not is_instructor:
        st.markdown("Your instructor can try again.")
    elif st.button("Try again", type="primary"):
        room().desk.try_again(exercise)
        st.rerun()


def wish(name: str, content: Json, meanwhile: str, show: Callable[[Json], None]) -> None:
    """Wish for what takes the model seconds; its answer is shown when it is there."""

    def wait() -> None:
        try:
            answer = room().desk.wish(name, content)
        except ValueError as error:
            st.warning(theme.escape(str(error)))
            return
        if answer is None:
            st.markdown(meanwhile)
        elif "wrong" in answer:
            st.warning(theme.escape(answer["wrong"]))
            if st.button("Try again", key=f"again-{name}"):
                room().desk.forget(name)
                st.rerun()
        else:
            show(answer)

    there = room().desk.read(f"answers/{name}.json") is not None
    st.fragment(run_every=None if there else 1.0)(wait)()


def time_left(deadline: int) -> str:
    """The time left until a deadline, in words."""
    seconds = max(round((deadline - now()) / 1000), 0)
    if not seconds:
        return "Time is up"
    return f"{seconds // 60}:{seconds % 60:02d} left"


def clock(deadline: int) -> str:
    """A deadline as the clock on the wall shows it, in the server's zone."""
    return time.strftime("%H:%M:%S", time.localtime(deadline / 1000))


def confirmed(name: str, question: str, yes: str) -> bool | None:
    """An inline question that `ask_first` has raised: True or False once it is answered."""
    if st.session_state.get("asking") != name:
        return None
    st.markdown(f"**{question}**")
    with st.container(horizontal=True):
        sure = st.button(yes, type="primary", key=f"yes-{name}")
        back = st.button("Not yet", key=f"no-{name}")
    if sure or back:
        st.session_state.pop("asking", None)
    return True if sure else (False if back else None)


def ask_first(name: str) -> None:
    """Raise the inline question of this name, with a key of its own for what follows."""
    st.session_state["asking"] = name
    st.session_state["asking_key"] = new_key()


def asking_key() -> str:
    """The key of the question that was raised: the same answer twice counts once."""
    return str(st.session_state.get("asking_key") or new_key())
