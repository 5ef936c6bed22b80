"""A seat: the brief and the bet, then the table, then what one takes home."""

from __future__ import annotations

import streamlit as st

from dashboard import look
from dashboard.classroom.live import LATER, SOON, Sight, exercise_id, said, seated, stop, watch
from dashboard.classroom.room import room
from dashboard.classroom.table import Menu, after, briefing, play
from dashboard.classroom.views import DEBRIEF
from sim.classroom.view import SeatView, score_for, view_for

exercise = exercise_id()
guest, holder = seated(exercise)
desk = room().desk.sheets(exercise)


def seen() -> SeatView | None:
    """All that this seat may see."""
    return view_for(room().store.state(exercise), holder.name, desk)


if holder.name not in room().store.state(exercise).people:
    stop("You are not in this exercise any more.")
sight = Sight(exercise, seen)
view = sight.drawn
if view is None:
    st.title("You are on the waiting list", anchor=False)
    st.markdown("All seats are taken. When one is free, it appears here by itself.")
    watch(sight, LATER)
    st.stop()

if st.session_state.get("place", (view.table, view.role.name)) != (view.table, view.role.name):
    st.session_state.clear()  # somebody was moved: the draft of the other seat stays there
st.session_state["place"] = (view.table, view.role.name)
st.title(look.plain(view.role.title), anchor=False)
st.caption(look.plain(f"{view.title} · Table {view.table}"))
over = view.phase in ("closed", "debrief", "archived") or view.result is not None
waiting = LATER if view.phase in ("lobby", "closed") or over else SOON
watch(
    sight,
    None if view.phase in ("debrief", "archived") else waiting,
    None if over else view.deadline,
    view.paused,
)
said()
with st.container(key="heard"):
    for words in view.broadcasts:
        st.info("From your instructor:")
        st.text(words)

setting = room().store.state(exercise).setting
menu = Menu(
    setting.scenario.summary,
    view.issues,
    {name: party.title for name, party in setting.scenario.parties.items()},
    setting.package(0),
    score=lambda package: score_for(room().store.state(exercise), holder.name, package, desk),
)
if view.phase == "lobby":
    st.markdown("**You have a seat.** Your brief appears here when the instructor starts.")
    st.caption(look.plain(view.content_note))
elif view.phase == "briefing":
    briefing(guest, view, menu)
elif not over:
    play(guest, view, menu)
else:
    after(guest, view)
    if view.phase in ("debrief", "archived"):
        st.page_link(
            DEBRIEF,
            label="Look at what the whole class did",
            icon=":material/arrow_forward:",
            query_params={"exercise": exercise},
        )
