"""Downloads: a chart as a picture, its numbers, the one-page report."""

from __future__ import annotations

import csv
import io
import json
import textwrap

import streamlit as st
import vl_convert

from dashboard.explore import progress, session
from dashboard.explore.answer_models import ReportAnswer
from dashboard.explore.page_state import WhatIf
from dashboard.explore.query import Query
from sim.reporting.charts.kit import INK
from sim.reporting.models import FigureData, SectionData
from sim.types import Json

#: Characters to a line of a chart's title.
TITLE_WIDTH = 52


def show(what_if: WhatIf, section: SectionData) -> None:
    """Show the downloads of the section in view; nothing is made before they are opened."""
    drawer = st.expander("Take away: charts, numbers, a report", key="takeaway", on_change="rerun")
    if not drawer.open:
        return
    with drawer:
        _charts(what_if, {figure.name: figure for figure in section.figures})
        _report(what_if)


def _charts(what_if: WhatIf, figures_by_name: dict[str, FigureData]) -> None:
    """Offer the charts in view as pictures and as numbers, each with its citation."""
    if not figures_by_name:
        st.caption("There is no chart in this section.")
        return
    name = st.selectbox(
        "Chart above",
        list(figures_by_name),
        format_func=lambda name: figures_by_name[name].title,
        key="chart",
    )
    figure = figures_by_name[name]
    with st.container(horizontal=True):
        citation_text = what_if.citation(what_if.baseline.case().title)
        spec, file = json.dumps(with_title(figure, what_if)), f"{what_if.scenario}-{name}"
        numbers = as_csv(figure, citation_text)
        st.download_button("PNG", png(spec), f"{file}.png", "image/png", on_click="ignore")
        st.download_button("SVG", svg(spec), f"{file}.svg", "image/svg+xml", on_click="ignore")
        st.download_button("Numbers (CSV)", numbers, f"{file}.csv", "text/csv", on_click="ignore")


def _report(what_if: WhatIf) -> None:
    """Offer the one-page report, with the visitor's own reasoning."""
    reasoning = st.text_area(
        "Your own reasoning, for the report",
        max_chars=4000,
        key="reasoning",
        help="What did you change, what did you expect, and why did it come out so?",
    )
    if not st.toggle("Make the one-page report", key="wants-report"):
        return
    arms = what_if.query().arms
    more = (("command", what_if.command()), ("reasoning", reasoning.strip()))
    query = Query("report", arms, what_if.runs, what_if.seed, what_if.days, more)
    report = progress.wait_for_answer(query)
    if report is not None:
        st.download_button(
            "Report (one page of HTML)",
            ReportAnswer.model_validate(report).html.encode(),
            f"{what_if.scenario}-report.html",
            "text/html",
            type="primary",
            on_click="ignore",
        )


def with_title(figure: FigureData, what_if: WhatIf) -> Json:
    """Return a chart with its title and citation in it, for use outside the page."""
    case = what_if.baseline.case()
    where = (
        f"{case.title}: {session.describe_changes(what_if)}." if what_if.moved else f"{case.title}."
    )
    talks = f"{what_if.runs:,} simulated talks of {what_if.days} days, seed {what_if.seed}."
    title = {
        "text": textwrap.wrap(figure.title, TITLE_WIDTH),
        "subtitle": [
            *textwrap.wrap(where, TITLE_WIDTH),
            talks,
            "Exploratory model, not a forecast.",
        ],
        "subtitleColor": INK,
    }
    return {**figure.spec, "title": title}


@st.cache_data(max_entries=40, show_spinner=False)
def png(spec: str) -> bytes:
    """Return a chart as PNG, at twice its size."""
    return vl_convert.vegalite_to_png(json.loads(spec), scale=2)


@st.cache_data(max_entries=40, show_spinner=False)
def svg(spec: str) -> str:
    """Return a chart as SVG."""
    return vl_convert.vegalite_to_svg(json.loads(spec))


def as_csv(figure: FigureData, citation_text: str) -> bytes:
    """Return the numbers of a chart as CSV, with their source below.

    A cell that a spreadsheet might take for a formula is quoted.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for line in (figure.head, *figure.rows, (), (figure.title,), (citation_text,)):
        writer.writerow([_escape_formula(cell) for cell in line])
    return text.getvalue().encode("utf-8-sig")


def _escape_formula(cell: str) -> str:
    text = cell.replace("\n", " ")
    try:
        float(text.split(" ")[0].replace(",", ""))
    except ValueError:
        return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
    return text
