"""What a visitor takes away: a chart as a picture, its numbers, the one-page report."""

from __future__ import annotations

import csv
import io
import json
import textwrap

import streamlit as st
import vl_convert

from dashboard.explore import progress, session
from dashboard.explore.answers import ReportAnswer
from dashboard.explore.page_state import WhatIf
from dashboard.explore.query import Query
from sim.reporting.charts.kit import INK
from sim.reporting.models import FigureData, SectionData
from sim.types import Json

#: Characters to a line of a chart's title.
LINE = 52


def show(asked: WhatIf, section: SectionData) -> None:
    """Downloads of the section that is looked at; nothing is made before the drawer is opened."""
    drawer = st.expander("Take away: charts, numbers, a report", key="takeaway", on_change="rerun")
    if not drawer.open:
        return
    with drawer:
        _charts(asked, {figure.name: figure for figure in section.figures})
        _report(asked)


def _charts(asked: WhatIf, drawn: dict[str, FigureData]) -> None:
    """The charts in view, as pictures and as numbers, each with what it shows and of what."""
    if not drawn:
        st.caption("There is no chart in this section.")
        return
    name = st.selectbox(
        "Chart above", list(drawn), format_func=lambda name: drawn[name].title, key="chart"
    )
    with st.container(horizontal=True):
        cited = asked.citation(asked.baseline.case().title)
        spec, file = json.dumps(titled(drawn[name], asked)), f"{asked.scenario}-{name}"
        numbers = as_csv(drawn[name], cited)
        st.download_button("PNG", png(spec), f"{file}.png", "image/png")
        st.download_button("SVG", svg(spec), f"{file}.svg", "image/svg+xml")
        st.download_button("Numbers (CSV)", numbers, f"{file}.csv", "text/csv")


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
    question = Query("report", arms, asked.runs, asked.seed, asked.days, more)
    made = progress.answer_to(question)
    if made is not None:
        st.download_button(
            "Report (one page of HTML)",
            ReportAnswer.model_validate(made).html.encode(),
            f"{asked.scenario}-report.html",
            "text/html",
            type="primary",
        )


def titled(figure: FigureData, asked: WhatIf) -> Json:
    """A chart with its sentence above it, and of which talks it is: it may travel alone."""
    case = asked.baseline.case()
    where = f"{case.title}: {session.in_words(asked)}." if asked.moved else f"{case.title}."
    talks = f"{asked.runs:,} simulated talks of {asked.days} days, seed {asked.seed}."
    title = {
        "text": textwrap.wrap(figure.title, LINE),
        "subtitle": [*textwrap.wrap(where, LINE), talks, "Exploratory model, not a forecast."],
        "subtitleColor": INK,
    }
    return {**figure.spec, "title": title}


@st.cache_data(max_entries=40, show_spinner=False)
def png(spec: str) -> bytes:
    """A chart as PNG, at twice its size."""
    return vl_convert.vegalite_to_png(json.loads(spec), scale=2)


@st.cache_data(max_entries=40, show_spinner=False)
def svg(spec: str) -> str:
    """A chart as SVG."""
    return vl_convert.vegalite_to_svg(json.loads(spec))


def as_csv(figure: FigureData, cited: str) -> bytes:
    """The numbers of a chart, and below them where they are from.

    A cell that a spreadsheet might take for a formula is quoted.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for line in (figure.head, *figure.rows, (), (figure.title,), (cited,)):
        writer.writerow([_tame(cell) for cell in line])
    return text.getvalue().encode("utf-8-sig")


def _tame(cell: str) -> str:
    words = cell.replace("\n", " ")
    try:
        float(words.split(" ")[0].replace(",", ""))
    except ValueError:
        return f"'{words}" if words[:1] in ("=", "+", "-", "@") else words
    return words
