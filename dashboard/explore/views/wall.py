"""Class wall: the what-ifs that a class has sent, side by side."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs

import streamlit as st

from dashboard.common import theme
from dashboard.explore import class_wall, page_state, progress, session, what_if_widgets
from dashboard.explore.answer_models import headline_on
from dashboard.explore.class_wall import WallEntry
from dashboard.explore.job_queue import WALL, shared_queue
from dashboard.explore.page_state import WhatIf
from dashboard.explore.views import WHAT_IF
from dashboard.explore.visitor_store import StorageError
from sim.reporting.charts.kit import BLUE, GREY, INK
from sim.reporting.models import Headline
from sim.types import Json

#: Seconds between two redraws of the wall.
REFRESH_SECONDS = 4.0

#: The day by which truces are counted, where talks go on so long.
HEADLINE_DAY = 90


def headline_of(what_if: WhatIf) -> Headline | None:
    """Return a what-if's headline by the day that the wall counts; None until it is known."""
    query = what_if.query(theme.FIRST_SECTION)
    answer = progress.cached_answer(query)
    if answer is None:
        alone = replace(what_if.query(), kind="headline")
        answer = shared_queue().submit(alone, f"wall {progress.session_id()}", WALL).answer
    if answer is None:
        return None
    lines = [Headline.model_validate(line) for line in answer["headline"]]
    days = [line.day for line in lines]
    return headline_on(lines, HEADLINE_DAY if HEADLINE_DAY in days else days[-1])


def show_effects(rows: list[Json]) -> None:
    """Draw the effect of each what-if on truces, with its 95 % interval."""
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
    st.vega_lite_chart(
        theme.in_theme_colours(spec, theme.is_dark()), theme=None, width="stretch", alt=alt
    )


def show_entries(code: str, cards: list[tuple[WallEntry, WhatIf, list[str]]]) -> None:
    """Draw a chart of all effects, and a card for each what-if."""
    lines = [headline_of(what_if) for _, what_if, _ in cards]
    rows = [
        {
            "name": entry.name,
            "effect": 100 * (line.effect.estimate or 0.0),
            "low": 100 * (line.effect.low or 0.0),
            "high": 100 * (line.effect.high or 0.0),
        }
        for (entry, _, _), line in zip(cards, lines, strict=True)
        if line is not None and line.effect
    ]
    if rows:
        st.header("What each of them does", anchor=False)
        show_effects(rows)
        with st.expander("The numbers as a table"):
            head = ["what-if", "more or fewer of 100", "95 % interval"]
            numbers = [
                [
                    str(row["name"]),
                    f"{row['effect']:+.1f}",
                    f"{row['low']:+.1f} to {row['high']:+.1f}",
                ]
                for row in rows
            ]
            theme.table(head, numbers, "wall")
    owner = class_wall.is_owner(what_if_widgets.visitor_store(), what_if_widgets.visitor_id(), code)
    for (entry, what_if, warnings), line in zip(cards, lines, strict=True):
        with st.container(border=True):
            show_card(entry, what_if, warnings, line)
            if owner:
                st.button(
                    f"Take “{theme.escape(entry.name)}” off",
                    key=f"off-{entry.key}",
                    type="tertiary",
                    on_click=class_wall.remove_entry,
                    args=(
                        what_if_widgets.visitor_store(),
                        what_if_widgets.visitor_id(),
                        code,
                        entry.key,
                    ),
                )


def show_card(
    entry: WallEntry, what_if: WhatIf, warnings: list[str], line: Headline | None
) -> None:
    """Draw one what-if: what was moved, what it does in a sentence, and a link to it."""
    st.markdown(f"**{theme.escape(entry.name)}**")
    st.caption(
        theme.escape(f"{what_if.baseline.case().title} · {session.describe_changes(what_if)}")
    )
    for warning in warnings:
        st.caption(theme.escape(warning))
    if line is None:
        st.caption("It is being worked out …")
    elif line.effect is None:
        st.markdown("Nothing is moved in it.")
    else:
        st.markdown(theme.escape(line.effect.words))
    st.page_link(
        WHAT_IF,
        label="Look at it",
        icon=":material/arrow_forward:",
        query_params=parse_qs(entry.query),
    )


def show_wall(code: str) -> None:
    """Show a wall with its code; it is redrawn every few seconds."""
    st.title("Class wall", anchor=False)
    st.html(
        f'<p class="parley-count"><span class="what">Send your what-if here: on the page What if, '
        f"under <i>Keep and share</i>, with the code</span><b>{code}</b></p>"
    )

    def draw() -> None:
        entries = class_wall.entries(what_if_widgets.visitor_store(), code)
        if not entries:
            st.info("Nothing hangs here yet. What is sent appears by itself.")
            return
        cards = [(entry, *page_state.from_query_params(parse_qs(entry.query))) for entry in entries]
        show_entries(code, cards)

    st.fragment(run_every=REFRESH_SECONDS)(draw)()


def show_entrance() -> None:
    """Offer to open a wall, or to go to one by its code."""
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
            code = class_wall.parse_code(typed)
            if class_wall.wall_exists(what_if_widgets.visitor_store(), code):
                st.query_params["wall"] = code
                st.rerun()
            st.warning("There is no wall with this code. Read it again.")
    with right, st.container(border=True):
        st.markdown("For those who teach:")
        if st.button("Open a wall", type="primary"):
            try:
                st.query_params["wall"] = class_wall.open_wall(
                    what_if_widgets.visitor_store(), what_if_widgets.visitor_id()
                )
                st.rerun()
            except StorageError as error:
                st.warning(theme.escape(str(error)))


code = class_wall.parse_code(st.query_params.get("wall", ""))
if code and class_wall.wall_exists(what_if_widgets.visitor_store(), code):
    show_wall(code)
else:
    if code:
        st.warning("There is no wall with this code. Read it again, or open one.")
    show_entrance()
