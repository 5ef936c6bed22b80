"""What a visitor takes away: a chart as a picture, its numbers, the one-page report."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import streamlit as st
import vl_convert

from dashboard import waiting
from dashboard.asking import WhatIf
from dashboard.questions import Question

Json = dict[str, Any]


def show(asked: WhatIf, found: Json, section: str) -> None:
    """Downloads of the section that is looked at; nothing is made before the drawer is opened."""
    drawer = st.expander("Take away: charts, numbers, a report", key="takeaway", on_change="rerun")
    if not drawer.open:
        return
    with drawer:
        shown = next(one for one in found["sections"] if one["name"] == section)
        _charts({figure["name"]: figure for figure in shown["figures"]})
        _report(asked)


def _charts(charts: dict[str, Json]) -> None:
    """The charts in view, as pictures and as numbers."""
    if not charts:
        st.caption("There is no chart in this section.")
        return
    name = st.selectbox(
        "Chart above", list(charts), format_func=lambda name: charts[name]["title"], key="chart"
    )
    with st.container(horizontal=True):
        spec = json.dumps(charts[name]["spec"])
        st.download_button("PNG", png(spec), f"{name}.png", "image/png")
        st.download_button("SVG", svg(spec), f"{name}.svg", "image/svg+xml")
        st.download_button("Numbers (CSV)", as_csv(charts[name]), f"{name}.csv", "text/csv")


def _report(asked: WhatIf) -> None:
    """The report on one page, with the visitor's reasoning."""
    words = st.text_area(
        "Your own reasoning, for the report",
        max_chars=4000,
        key="reasoning",
        help="What did you change, what did you expect, and why did it come out so?",
    )
    if not st.toggle("Make the one-page report", key="wants-report"):
        return
    arms = asked.question().arms
    more = (("command", asked.command()), ("reasoning", words.strip()))
    question = Question("report", arms, asked.runs, asked.seed, asked.days, more)
    made = waiting.answer_to(question)
    if made is not None:
        st.download_button(
            "Report (one page of HTML)",
            made["html"].encode(),
            f"{asked.scenario}-report.html",
            "text/html",
            type="primary",
        )


@st.cache_data(max_entries=40, show_spinner=False)
def png(spec: str) -> bytes:
    """A chart as PNG, at twice its size."""
    return vl_convert.vegalite_to_png(json.loads(spec), scale=2)


@st.cache_data(max_entries=40, show_spinner=False)
def svg(spec: str) -> str:
    """A chart as SVG."""
    return vl_convert.vegalite_to_svg(json.loads(spec))


def as_csv(figure: Json) -> bytes:
    """The numbers of a chart; a cell that a spreadsheet might take for a formula is quoted."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for line in (figure["head"], *figure["rows"]):
        writer.writerow([_tame(cell) for cell in line])
    return text.getvalue().encode("utf-8-sig")


def _tame(cell: str) -> str:
    words = cell.replace("\n", " ")
    try:
        float(words.split(" ")[0].replace(",", ""))
    except ValueError:
        return f"'{words}" if words[:1] in ("=", "+", "-", "@") else words
    return words
