"""The projector: the code, the clock and how far the tables are, and nothing private."""

from __future__ import annotations

import io

import segno
import streamlit as st

from dashboard import look
from dashboard.classroom.live import SOON, STAGES, exercise_id, path, said, watch
from dashboard.classroom.room import room
from sim.classroom.view import ProjectorView, view_for_projector

exercise = exercise_id()


def seen() -> ProjectorView:
    """What everybody in the room may see."""
    return view_for_projector(room().store.state(exercise))


def code_on_the_wall(code: str) -> None:
    """The code, large, and the same as a picture for cameras."""
    address = str(st.context.url or "").split("/projector")[0].split("?")[0].rstrip("/")
    address = f"{address}/join/{code}" if address else path(f"/join/{code}")
    one, two = st.columns([3, 2], vertical_alignment="center")
    with one:
        st.markdown(f"Go to **{look.plain(address.rsplit('/', 1)[0])}** and type")
        st.html(f'<p style="font-size:4.5rem;letter-spacing:.15em;margin:0">{code}</p>')
    with two:
        picture = io.BytesIO()
        segno.make(address).save(picture, kind="png", scale=8, border=2)
        st.image(picture.getvalue(), width=280, alt=f"QR code of {address}")


view = seen()
st.title(look.plain(view.title), anchor=False)
said()
if view.content_note:
    st.caption(look.plain(view.content_note))
over = view.phase in ("closed", "debrief", "archived")
watch(exercise, seen, None if over else SOON, view.deadline, view.paused)
for words in view.broadcasts:
    st.info("From your instructor:")
    st.text(words)
code = room().store.join_code(exercise)
if view.phase == "lobby":
    if code and not view.locked:
        code_on_the_wall(code)
    else:
        st.info("Joining is closed.")
    st.subheader(f"{view.joined} of {view.places} seats taken", anchor=False)
    if view.waiting:
        st.markdown(f"{view.waiting} more are waiting for a seat.")
elif view.phase == "briefing":
    st.subheader("Read your brief and place your bet.", anchor=False)
elif over:
    st.subheader("The talks are over.", anchor=False)
if view.phase in ("playing", "closed"):
    columns = st.columns(3)
    for k, table in enumerate(view.tables):
        with columns[k % 3].container(border=True):
            st.markdown(f"**Table {table.number}**")
            if table.stage == "ended":
                st.markdown({"deal": "Signed a text"}.get(table.how, "Ended without a deal"))
            else:
                done = f"; {table.done} of {table.seats} done" if table.seats else ""
                st.markdown(f"Round {table.round} of {view.rounds}: {STAGES[table.stage]}{done}")
