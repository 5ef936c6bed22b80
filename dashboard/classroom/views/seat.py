"""The page of a seat: brief and prediction, then the table, then the result."""

from __future__ import annotations

import streamlit as st

from dashboard.classroom.context import context
from dashboard.classroom.live_refresh import (
    LATER,
    SOON,
    STEP_OUT,
    LivePage,
    exercise_id,
    refresh_when_outdated,
    require_seat,
    show_messages,
    show_read_only,
    stop,
)
from dashboard.classroom.seat_widgets import (
    Menu,
    after,
    briefing,
    look_back,
    play,
    take_home,
)
from dashboard.classroom.table_widgets import watched
from dashboard.classroom.views import DEBRIEF
from dashboard.common import theme
from sim.classroom.views import SeatView, TableView, score_for, view_for, view_for_watcher

exercise = exercise_id()
visitor, holder = require_seat(exercise)
sheets = context().tasks.sheets(exercise)


def current_view() -> SeatView | TableView | None:
    """Return the view of this seat, or of a watched table; None for a person who waits."""
    state = context().store.state(exercise)
    return view_for(state, holder.name, sheets) or view_for_watcher(state, holder.name)


def in_class(view: SeatView | TableView) -> None:
    """Keep the page up to date, and draw the instructor's broadcasts."""
    over = view.phase in ("closed", "debrief", "archived") or view.stage == "ended"
    waiting = LATER if view.phase in ("lobby", "closed") or over else SOON
    refresh_when_outdated(
        page,
        None if view.phase in ("debrief", "archived") else waiting,
        None if over else view.deadline,
        view.paused,
    )
    show_messages()
    show_read_only(view.read_only)
    with st.container(key="heard"):
        for words in view.broadcasts:
            st.info("From your instructor:")
            st.text(words)


def to_the_debrief(phase: str) -> None:
    """Draw the link to the debrief, once it is open."""
    if phase in ("debrief", "archived"):
        st.page_link(
            DEBRIEF,
            label="Look at what the whole class did",
            icon=":material/arrow_forward:",
            query_params={"exercise": exercise},
        )


if holder.name not in context().store.state(exercise).people:
    stop("You are not in this exercise any more.")
page = LivePage(exercise, current_view)
view = page.content
if view is None:
    st.title("You are on the waiting list", anchor=False)
    st.markdown("Your seat appears here by itself as soon as your instructor lets you in.")
    refresh_when_outdated(page, LATER)
    st.stop()
if isinstance(view, TableView):
    st.title(f"You watch table {view.table}", anchor=False)
    st.caption(theme.escape(view.title))
    st.markdown(
        "You see what is put on this table and what is answered. Say nothing of it to those who "
        "sit there: some of them do not meet."
    )
    in_class(view)
    watched(view)
    if view.phase in ("closed", "debrief"):
        take_home(visitor, context().store.state(exercise).people[holder.name].reflection)
    to_the_debrief(view.phase)
    st.stop()

if st.session_state.get("place", (view.table, view.role.name)) != (view.table, view.role.name):
    st.session_state.clear()  # somebody was moved: the draft of the other seat stays there
st.session_state["place"] = (view.table, view.role.name)
st.title(theme.escape(view.role.title), anchor=False)
st.caption(theme.escape(f"{view.title} · Table {view.table}"))
in_class(view)

setting = context().store.state(exercise).setting
menu = Menu(
    setting.scenario.summary,
    setting.scenario.limits,
    view.issues,
    {name: party.title for name, party in setting.scenario.parties.items()},
    setting.package(0),
    score=lambda package: score_for(context().store.state(exercise), holder.name, package, sheets),
)
if view.read_only and view.result is None:
    look_back(view, menu)
elif view.phase == "lobby":
    st.markdown("**You have a seat.** Your brief appears here when the instructor starts.")
    st.caption(theme.escape(view.content_note))
    st.markdown(STEP_OUT)
elif view.phase == "briefing":
    briefing(visitor, view, menu)
elif view.phase == "playing" and view.result is None:
    play(visitor, view, menu)
else:
    after(visitor, view)
    to_the_debrief(view.phase)
