"""The projector page: the code, the clock and how far the tables are, and nothing private.

It is read from the back row: what matters is large, and grows with the screen.
"""

from __future__ import annotations

import io
from html import escape

import segno
import streamlit as st

from dashboard.classroom.context import context
from dashboard.classroom.live_refresh import (
    SOON,
    STAGES,
    STEP_OUT,
    LivePage,
    address,
    clock,
    exercise_id,
    refresh_when_outdated,
    show_messages,
    show_read_only,
)
from dashboard.common import theme
from sim.classroom.views import ProjectorView, TableStatus, view_for_projector

LARGE = """
<style>
.stMainBlockContainer { max-width: none; padding: 3.8rem 3vw 2rem; }
h1 { font-size: clamp(2rem, 3.6vw, 4rem) !important; }
.st-key-clock p { font-size: clamp(2.6rem, 7vw, 8rem); line-height: 1.1; margin: 0;
  font-variant-numeric: tabular-nums; }
.parley-wall p { margin: 0.2rem 0; font-size: clamp(1.3rem, 2.4vw, 2.8rem); line-height: 1.3; }
.parley-wall .code { font-size: clamp(4rem, 11vw, 14rem); font-weight: 700; line-height: 1.05;
  letter-spacing: 0.08em; font-family: ui-monospace, monospace; }
.parley-tables { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); }
.parley-tables div { border: 2px solid var(--parley-line); border-radius: 8px; padding: 0.7rem 1rem;
  font-size: clamp(1.1rem, 1.7vw, 2rem); line-height: 1.3; }
.parley-tables b { font-size: 1.3em; }
.parley-tables .signed { border-width: 5px; border-color: currentColor; }
@media (max-width: 640px) { .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; } }
</style>
"""

exercise = exercise_id()


def current_view() -> ProjectorView:
    """Return what everybody in the room may see."""
    return view_for_projector(context().store.state(exercise))


def wall(*lines: str) -> None:
    """Draw large lines of HTML, to be read from afar."""
    st.html(f'<div class="parley-wall">{"".join(f"<p>{line}</p>" for line in lines)}</div>')


def code_on_the_wall(code: str) -> None:
    """Draw the join code, large and as a QR code."""
    link = address(f"/join/{code}")
    left, right = st.columns([3, 1], vertical_alignment="center")
    with left:
        shown = address("/join").removeprefix("http://").removeprefix("https://")
        wall(f"Go to <b>{escape(shown)}</b> and type", f'<span class="code">{escape(code)}</span>')
    with right:
        picture = io.BytesIO()
        segno.make(link).save(picture, kind="png", scale=12, border=2)
        st.image(picture.getvalue(), width="stretch", alt=f"QR code of {link}")


def table_card(table: TableStatus, rounds: int, paused: bool) -> str:
    """Return how far a table is, as HTML."""
    if table.stage == "ended":
        ended = {"deal": "Signed a text"}.get(table.how, "Ended without a deal")
        kind = ' class="signed"' if table.how == "deal" else ""
        return f"<div{kind}><b>Table {table.number}</b><br>{ended}</div>"
    lines = [f"<b>Table {table.number}</b>"]
    if table.round:
        lines.append(f"Round {table.round} of {rounds}: {STAGES[table.stage]}")
    else:
        lines.append("The talks begin")
    if table.deadline is not None and not paused:
        lines.append(f"until {clock(table.deadline)}")
    if table.seats:
        lines.append(f"{table.done} of {table.seats} done")
    return f"<div>{'<br>'.join(lines)}</div>"


st.html(LARGE)
page = LivePage(exercise, current_view)
view = page.content
st.title(theme.escape(view.title), anchor=False)
show_messages()
show_read_only(view.read_only)
if view.content_note and view.phase in ("lobby", "briefing"):
    st.caption(theme.escape(view.content_note))
    wall(STEP_OUT)
over = view.phase in ("closed", "debrief", "archived") or bool(view.read_only)
running = [table.deadline for table in view.tables if table.deadline is not None]
deadline = min(running, default=None) if view.phase == "playing" else view.deadline
with st.container(key="clock"):
    refresh_when_outdated(page, None if over else SOON, None if over else deadline, view.paused)
if view.broadcasts:
    wall("From your instructor:", *(f"<b>{escape(words)}</b>" for words in view.broadcasts[-2:]))
code = context().store.join_code(exercise)
if view.read_only:
    wall("Nothing more is played here.")
elif view.phase == "lobby":
    if code and not view.locked:
        code_on_the_wall(code)
    else:
        wall("Joining is closed.")
    wall(f"<b>{view.joined} of {view.places}</b> seats taken")
    if view.waiting:
        wall(f"{view.waiting} more are waiting for a seat.")
elif view.phase == "briefing":
    wall("Read your brief and say what you expect.")
elif over:
    wall("The talks are over.")
if view.phase in ("playing", "closed"):
    cards = [table_card(table, view.rounds, view.paused) for table in view.tables]
    st.html(f'<div class="parley-tables">{"".join(cards)}</div>')
