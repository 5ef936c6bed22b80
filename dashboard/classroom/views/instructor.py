"""The instructor's page: who is where, what can be done, and the way to the debrief."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import streamlit as st

from dashboard.classroom import live_refresh
from dashboard.classroom.context import context, new_key, now
from dashboard.classroom.live_refresh import (
    LATER,
    SOON,
    Visitor,
    ask_confirmation,
    confirmation,
    confirmation_key,
    path,
)
from dashboard.classroom.table_widgets import watched
from dashboard.classroom.views import DEBRIEF, PROJECTOR
from dashboard.common import theme
from sim.classroom import commands
from sim.classroom.storage.export import archive
from sim.classroom.views import (
    MonitorTable,
    MonitorView,
    TableView,
    view_for_instructor,
    view_of_table,
)
from sim.scenario.errors import count_noun

DOING = {
    "empty": "· empty",
    "joined": "● joined",
    "reading": "◔ reading",
    "ready": "● ready",
    "waiting": "○ nothing yet",
    "drafted": "◑ drafted",
    "submitted": "◕ moved",
    "done": "● done",
    "idle": "◌ idle",
    "agent": "▢ AI",
}

#: Tables side by side.
ACROSS = 3

exercise = live_refresh.exercise_id()
me = live_refresh.require_instructor(exercise)


def current_view() -> tuple[MonitorView, TableView | None, bool, str]:
    """Return the monitor, the watched table, whether there is a debrief, and the worker's error.

    Once the talks are over every record counts as a change, since the archive holds it.
    """
    state = context().store.state(exercise)
    view = view_for_instructor(state)
    if view.projector.phase in ("draft", "lobby", "briefing", "playing"):
        view = replace(view, seq=0)
    number = st.session_state.get("watched", 1) if st.session_state.get("watching") else None
    table = view_of_table(state, number) if number else None
    return view, table, context().tasks.has_debrief(exercise), context().tasks.error(exercise)


def press(label: str, act: type, primary: bool = False, **values: Any) -> None:
    """Draw a button that submits an act."""
    kind: Literal["primary", "secondary"] = "primary" if primary else "secondary"
    if st.button(label, type=kind, key=f"press-{label}") and me.try_submit(act, **values):
        st.rerun()


def press_surely(label: str, question: str, yes: str, act: type, **values: Any) -> None:
    """Draw a button that asks for confirmation before it submits an act."""
    name = f"sure-{label}"
    if st.button(label, key=f"press-{label}"):
        ask_confirmation(name)
    key = confirmation_key()
    answer = confirmation(name, question, yes)
    if answer:
        me.try_submit(act, key, **values)
    if answer is not None:
        st.rerun()


def lobby(view: MonitorView) -> None:
    """Draw what lets people in, then hands out the briefs."""
    code = context().store.join_code(exercise)
    shown = view.projector
    if code:
        st.markdown(
            f"Code for the wall: **{code}** (students go to {live_refresh.address('/join')})"
        )
    live_refresh.warn_of_loopback()
    st.markdown(
        f"{shown.joined} of {shown.places} seats are taken. Agents take those that are empty "
        "when you start."
    )
    if view.projector.locked:
        st.markdown("Joining is closed.")
    with st.container(horizontal=True):
        press("Start: hand out the briefs", commands.Start, primary=True)
        press(
            "Open joining again" if shown.locked else "Close joining",
            commands.Lock,
            locked=not shown.locked,
        )
    with st.container(horizontal=True):
        st.link_button("Role sheets to print", path(f"/handouts/{exercise}"))
        st.link_button("A list of names: cards with links", path(f"/cards/{exercise}"))


def latecomers(locked: bool) -> None:
    """Draw the code for latecomers, who come in one by one."""
    with st.container(horizontal=True, vertical_alignment="center"):
        press(
            "Let latecomers knock" if locked else "No more latecomers",
            commands.Lock,
            locked=not locked,
        )
        code = context().store.join_code(exercise)
        if code and not locked:
            st.markdown(f"Code for latecomers: **{code}** ({live_refresh.address('/join')})")
        st.link_button("Role sheets to print", path(f"/handouts/{exercise}"))


def running(view: MonitorView) -> None:
    """Draw the clocks' buttons, injects and broadcasts."""
    shown = view.projector
    latecomers(shown.locked)
    with st.container(horizontal=True):
        if shown.paused:
            press("Resume", commands.Resume, primary=True)
        else:
            press("Pause", commands.PauseClock)
        press("+2 min", commands.Extend, seconds=120)
        if shown.phase == "briefing":
            press("Begin the talks", commands.Advance, primary=True)
        else:
            press("Everybody to the next step", commands.Advance)
        if view.can_undo:
            press("Undo", commands.Undo)
    fired = {name for table in view.tables for name in table.injects}
    waiting = [name for name in view.injects if name not in fired]
    if waiting and shown.phase == "playing":
        setting = context().store.state(exercise).setting
        chosen = st.selectbox(
            "News to bring in, from the next round on",
            waiting,
            format_func=lambda name: setting.inject(name).words,
            key="inject",
        )
        press("Bring it in at all tables", commands.Fire, inject=chosen)
    if st.session_state.pop("told-all", False):  # what was not taken stays in the box
        st.session_state["to-all"] = ""
    with st.form("broadcast", border=False):
        words = st.text_input("Tell everybody", max_chars=1000, key="to-all")
        if st.form_submit_button("Send to all") and me.try_submit(commands.Broadcast, text=words):
            st.session_state["told-all"] = True
            st.rerun()
    press_surely("End the talks", "End the talks at all tables?", "Yes, end them", commands.End)


def read_only(view: MonitorView) -> None:
    """Draw what can still be done where another model has played: end the talks, look back."""
    if view.projector.phase in ("briefing", "playing"):
        press_surely("End the talks", "End the talks as they stand?", "Yes", commands.End)
    over(view)


def over(view: MonitorView) -> None:
    """Draw the way to the debrief, the reveal, and the export."""
    phase, stopped = view.projector.phase, bool(view.projector.read_only)
    if phase in ("closed", "debrief", "archived"):
        st.subheader("The talks are over.", anchor=False)
    if not (has_debrief or worker_error or stopped):
        st.markdown("The model plays on from each table; the debrief follows in some seconds.")
    if phase == "closed":
        with st.container(horizontal=True):
            press("Open the debrief to students", commands.BeginDebrief, primary=True)
    st.page_link(
        DEBRIEF,
        label="Debrief",
        icon=":material/arrow_forward:",
        query_params={"exercise": exercise},
    )
    state = context().store.state(exercise)
    if phase in ("closed", "debrief") and not state.revealed:
        press_surely(
            "Reveal the private briefs",
            "Show everybody all private briefs and scores? This cannot be taken back.",
            "Yes, reveal them",
            commands.Reveal,
        )
    if state.revealed:
        st.success("The private briefs are revealed.")
    with_names = st.checkbox("Add what people called themselves", key="with-names")
    names = context().store.names(exercise) if with_names else None
    st.download_button(
        "Export (ZIP)",
        archive(state, context().store.records(exercise), names),
        file_name=f"parley-{exercise}.zip",
        mime="application/zip",
        on_click="ignore",
        help="Complete once the briefs are revealed; until then without the log and scores.",
    )
    if phase in ("closed", "debrief"):
        press_surely(
            "Put the exercise away", "Nothing can be changed afterwards.", "Yes", commands.Archive
        )


def grid(view: MonitorView) -> None:
    """Draw tables and seats."""
    names = context().store.names(exercise)
    for first in range(0, len(view.tables), ACROSS):  # row by row: a phone keeps their order
        row = view.tables[first : first + ACROSS]
        for column, table in zip(st.columns(ACROSS), row, strict=False):
            with column.container(border=True):
                _table(table, view, names)


def _table(table: MonitorTable, view: MonitorView, names: dict[str, str]) -> None:
    status = table.status
    where = (
        f"round {status.round}: {live_refresh.STAGES[status.stage]}"
        if status.round
        else "not begun"
    )
    if status.stage == "ended":
        where = {"deal": "signed a text"}.get(status.how, "ended without a deal")
    left = ""
    if status.deadline is not None and not view.projector.paused:
        left = f" · until {live_refresh.clock(status.deadline)}"
    st.markdown(f"**Table {status.number}** · {where}{left}")
    lines = []
    for seat in table.seats:
        held = ", ".join(names.get(person, person) or person for person in seat.people)
        line = theme.escape(f"{seat.title}: {DOING.get(seat.status, seat.status)}")
        lines.append(f"{line} (**{theme.escape(held)}**)" if held else line)
    st.markdown("  \n".join(lines))
    stances = [
        f"{title} {'is flexible' if flexible else 'stands firm'}"
        for title, flexible in table.stances.items()
    ]
    st.caption(theme.escape("; ".join([f"{count_noun(table.texts, 'text')} so far", *stances])))


def without_a_seat(view: MonitorView) -> None:
    """Draw who waits and who watches, with buttons to let them in."""
    names = context().store.names(exercise)
    titles = {seat.role: seat.title for table in view.tables for seat in table.seats}

    def called(person: str) -> str:
        wish = view.wishes.get(person)
        who = names.get(person) or person
        return f"{who} (would like {titles[wish]})" if wish else who

    if view.watching:
        watching = [f"{called(person)}: table {n}" for person, n in view.watching.items()]
        st.markdown(f"Watching: {theme.escape('; '.join(watching))}.")
    outside = [*view.waiting, *view.watching]
    if not outside:
        return
    if view.waiting:
        waiting = ", ".join(map(called, view.waiting))
        st.markdown(f"**Waiting for a seat:** {theme.escape(waiting)}")
        press("Let in all who wait", commands.Admit)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        person = st.selectbox("One of them", outside, format_func=called, key="outside")
        number = st.selectbox(
            "Table to watch", [table.status.number for table in view.tables], key="to-watch"
        )
        press("Let this one in", commands.Admit, person=person)
        press("Let this one watch", commands.Watch, person=person, table=number)


def watch_a_table(view: MonitorView, table: TableView | None) -> None:
    """Draw a table as somebody who watches it sees it."""
    st.toggle("Watch a table", key="watching")
    if table is None:
        return
    numbers = [table.status.number for table in view.tables]
    st.selectbox("Which table", numbers, key="watched")
    with st.container(border=True):
        watched(table)


def seats(visitor: Visitor, view: MonitorView) -> None:
    """Draw what moves people and agents, one seat at a time."""
    names = context().store.names(exercise)
    if not st.toggle("Seats: move, new link, agent in, take out", key="seats"):
        return
    people = list(view.people)
    if people:
        who = st.selectbox(
            "Student",
            people,
            format_func=lambda person: f"{names.get(person) or person} ({person})",
            key="who",
        )
        with st.container(horizontal=True):
            if st.button("New link"):
                token = context().store.reissue(exercise, who, new_key(), now())
                st.session_state["link"] = who, live_refresh.address(f"/enter/{token}")
            press_surely("Take out", "Take this student out?", "Yes", commands.Kick, person=who)
        _new_link(names)
        places = [(table.status.number, seat.role) for table in view.tables for seat in table.seats]
        titles = {seat.role: seat.title for table in view.tables for seat in table.seats}
        number, role = st.selectbox(
            "Seat",
            places,
            format_func=lambda place: f"Table {place[0]}, {titles[place[1]]}",
            key="place",
        )
        others = [person for person in people if person != who and view.people[person][1]]
        with st.container(horizontal=True):
            press(
                "Move the student there", commands.AssignSeat, person=who, table=number, role=role
            )
            if view.projector.phase in ("briefing", "playing"):
                press("Agent in this seat", commands.Hold, table=number, role=role, agent=True)
                press("Back to its student", commands.Hold, table=number, role=role, agent=False)
        if others and view.people[who][1]:
            other = st.selectbox(
                "Another student",
                others,
                format_func=lambda person: f"{names.get(person) or person} ({person})",
                key="other",
            )
            press("Exchange their seats", commands.Swap, person=who, other=other)
    if view.projector.phase == "playing":
        table = st.selectbox("Table", [table.status.number for table in view.tables], key="one")
        with st.container(horizontal=True):
            press("Next step at this table", commands.Advance, table=table)
            press("+2 min at this table", commands.Extend, seconds=120, table=table)
            press_surely(
                "End this table",
                f"End the talks at table {table}?",
                "Yes",
                commands.End,
                table=table,
            )


def _new_link(names: dict[str, str]) -> None:
    """Draw the newest link until it is put away: it can be seen only here."""
    if "link" not in st.session_state:
        return
    who, link = st.session_state["link"]
    st.markdown(f"For **{theme.escape(names.get(who) or who)}** only; the old link is dead:")
    st.code(link, language=None, wrap_lines=True)
    if st.button("Put the link away"):
        del st.session_state["link"]
        st.rerun()


page = live_refresh.LivePage(exercise, current_view)
view, watched_table, has_debrief, worker_error = page.content
phase = view.projector.phase
st.title(theme.escape(view.projector.title), anchor=False)
st.page_link(
    PROJECTOR,
    label="Projector page (nothing private on it)",
    icon=":material/tv:",
    query_params={"exercise": exercise},
)
finished = phase in ("debrief", "archived")
every = {"debrief": LATER, "archived": None}.get(phase, SOON)
live_refresh.refresh_when_outdated(page, every, view.projector.deadline, view.projector.paused)
live_refresh.show_messages(to_instructor=True)
live_refresh.show_worker_error(exercise, is_instructor=True)
live_refresh.show_read_only(view.projector.read_only)
stopped = bool(view.projector.read_only)
if stopped:
    read_only(view)
elif phase == "lobby":
    lobby(view)
elif phase in ("briefing", "playing"):
    running(view)
else:
    over(view)
grid(view)
if phase in ("lobby", "briefing", "playing") and not stopped:
    without_a_seat(view)
if phase == "playing":
    watch_a_table(view, watched_table)
if not (finished or stopped):
    seats(me, view)
