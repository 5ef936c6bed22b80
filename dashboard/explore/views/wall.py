"""Class wall: the what-ifs that a class has sent, side by side."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs

import streamlit as st

from dashboard.common import theme
from dashboard.explore import class_wall, page_state, progress, session, what_if_widgets
from dashboard.explore.answers import headline_on
from dashboard.explore.class_wall import WallEntry
from dashboard.explore.job_queue import WALL, jobs
from dashboard.explore.page_state import WhatIf
from dashboard.explore.views import WHAT_IF
from dashboard.explore.visitor_store import StorageError
from sim.reporting.charts.kit import BLUE, GREY, INK
from sim.reporting.models import Headline
from sim.types import Json

#: Seconds between two looks at whether something new hangs on the wall.
LOOK_EVERY = 4.0

#: The day by which truces are counted, where talks go on so long.
DAY = 90


def line_of(asked: WhatIf) -> Headline | None:
    """The headline of a what-if by the day that the wall counts; None while it is worked out."""
    question = asked.question(theme.FIRST_SECTION)
    found = progress.known(question)
    if found is None:
        alone = replace(asked.question(), kind="headline")
        found = jobs().ask(alone, f"wall {progress.who()}", WALL).answer
    if found is None:
        return None
    lines = [Headline.model_validate(line) for line in found["headline"]]
    days = [line.day for line in lines]
    return headline_on(lines, DAY if DAY in days else days[-1])


def effects(rows: list[Json]) -> None:
    """A dot for each what-if: how many more or fewer talks of 100 come to a truce, and how sure."""
    x = {"type": "quantitative", "title": "more or fewer truces, of 100 talks"}
    y = {"field": "name", "type": "nominal", "sort": None, "axis": {"title": None}}
    spec = {
        "width": "container",
        "height": {"step": 34},
        "data": {"values": rows},
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "rule", "color": GREY, "aria": False},
                "encoding": {"x": {"datum": 0}},
            },
            {
                "mark": {"type": "rule", "strokeWidth": 3, "color": BLUE},
                "encoding": {"x": {"field": "low", **x}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 110, "color": INK, "opacity": 1},
                "encoding": {"x": {"field": "effect", **x}},
            },
        ],
        "config": {"view": {"stroke": None}, "axis": {"labelColor": INK, "titleColor": INK}},
    }
    alt = (
        f"What {len(rows)} what-ifs do, each with its 95 % interval; the table says it in numbers."
    )
    st.vega_lite_chart(theme.coloured(spec, theme.dark()), theme=None, width="stretch", alt=alt)


def hanging(code: str, asked: list[tuple[WallEntry, WhatIf, list[str]]]) -> None:
    """All that hangs on the wall: a chart of what it does, and a card for each what-if."""
    lines = [line_of(one) for _, one, _ in asked]
    rows = [
        {
            "name": sent.name,
            "effect": 100 * (line.effect.estimate or 0.0),
            "low": 100 * (line.effect.low or 0.0),
            "high": 100 * (line.effect.high or 0.0),
        }
        for (sent, _, _), line in zip(asked, lines, strict=True)
        if line is not None and line.effect
    ]
    if rows:
        st.header("What each of them does", anchor=False)
        effects(rows)
        with st.expander("The numbers as a table"):
            head = ["what-if", "more or fewer of 100", "95 % interval"]
            numbers = [
                [
                    str(one["name"]),
                    f"{one['effect']:+.1f}",
                    f"{one['low']:+.1f} to {one['high']:+.1f}",
                ]
                for one in rows
            ]
            theme.table(head, numbers, "wall")
    owner = class_wall.is_owner(what_if_widgets.notebook(), what_if_widgets.visitor(), code)
    for (sent, one, told), line in zip(asked, lines, strict=True):
        with st.container(border=True):
            card(sent, one, told, line)
            if owner:
                st.button(
                    f"Take “{theme.plain(sent.name)}” off",
                    key=f"off-{sent.key}",
                    type="tertiary",
                    on_click=class_wall.take_off,
                    args=(what_if_widgets.notebook(), what_if_widgets.visitor(), code, sent.key),
                )


def card(sent: WallEntry, asked: WhatIf, told: list[str], line: Headline | None) -> None:
    """One what-if: what was moved, what it does in a sentence, and the way to it."""
    st.markdown(f"**{theme.plain(sent.name)}**")
    st.caption(theme.plain(f"{asked.baseline.case().title} · {session.in_words(asked)}"))
    for words in told:
        st.caption(theme.plain(words))
    if line is None:
        st.caption("It is being worked out …")
    elif line.effect is None:
        st.markdown("Nothing is moved in it.")
    else:
        st.markdown(theme.plain(line.effect.words))
    st.page_link(
        WHAT_IF,
        label="Look at it",
        icon=":material/arrow_forward:",
        query_params=parse_qs(sent.query),
    )


def the_wall(code: str) -> None:
    """A wall with its code; it looks by itself for what is new."""
    st.title("Class wall", anchor=False)
    st.html(
        f'<p class="parley-count"><span class="what">Send your what-if here: on the page What if, '
        f"under <i>Keep and share</i>, with the code</span><b>{code}</b></p>"
    )

    def draw() -> None:
        found = class_wall.sent(what_if_widgets.notebook(), code)
        if not found:
            st.info("Nothing hangs here yet. What is sent appears by itself.")
            return
        asked = [(one, *page_state.from_query(parse_qs(one.query))) for one in found]
        hanging(code, asked)

    st.fragment(run_every=LOOK_EVERY)(draw)()


def the_door() -> None:
    """Open a wall, or go to one by its code."""
    st.title("Class wall", anchor=False)
    st.markdown(
        "A class sends its what-ifs to one page, and looks at them together. Whoever opens the "
        "wall reads out a code; nobody needs an account, and no name is asked for but the one that "
        "a what-if is given."
    )
    left, right = st.columns(2, gap="large")
    with left, st.form("to-wall", border=True):
        typed = st.text_input("Code of a wall", max_chars=12)
        if st.form_submit_button("Go there"):
            code = class_wall.code_of(typed)
            if class_wall.is_open(what_if_widgets.notebook(), code):
                st.query_params["wall"] = code
                st.rerun()
            st.warning("There is no wall with this code. Read it again.")
    with right, st.container(border=True):
        st.markdown("For those who teach:")
        if st.button("Open a wall", type="primary"):
            try:
                st.query_params["wall"] = class_wall.open_wall(
                    what_if_widgets.notebook(), what_if_widgets.visitor()
                )
                st.rerun()
            except StorageError as error:
                st.warning(theme.plain(str(error)))


code = class_wall.code_of(st.query_params.get("wall", ""))
if code and class_wall.is_open(what_if_widgets.notebook(), code):
    the_wall(code)
else:
    if code:
        st.warning("There is no wall with this code. Read it again, or open one.")
    the_door()
