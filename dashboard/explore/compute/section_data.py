"""Sections of a report as data that pages draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import altair as alt

from sim import findings
from sim.engine.outcomes import Outcomes
from sim.reporting.charts.kit import GREY, Figure, specification
from sim.reporting.models import (
    FigureData,
    SectionData,
    TableData,
)
from sim.reporting.sections import Section
from sim.types import Json

#: Beside a curve of shares: so many bundles of so many talks, each drawn as a thin line.
PATHS, PATH_RUNS = 12, 50


def section_data(section: Section, arms: Mapping[str, Outcomes] | None = None) -> SectionData:
    """Return a section with its charts as specifications of Vega-Lite.

    The last of the `arms` adds thin lines to the curve of first truces.
    """
    words = list(section.words)
    figures = []
    for figure in section.figures:
        if figure.name == "incidence" and arms:
            figure = replace(figure, chart=figure.chart + _paths(list(arms.values())[-1]))
            words.append(
                f"Each thin line is {PATH_RUNS} of the talks on their own: so different could it "
                "look if only so many were ever held."
            )
        figures.append(figure_data(figure))
    return SectionData(
        name=section.name,
        heading=section.heading,
        words=tuple(words),
        figures=tuple(figures),
        tables=tuple(TableData(head=table.head, rows=table.rows) for table in section.tables),
        after=section.after,
        missing=section.missing,
    )


def figure_data(figure: Figure) -> FigureData:
    """Return a figure with its specification; numbers are rounded to what an eye can see."""
    return FigureData(
        name=figure.name,
        title=figure.title,
        alt=figure.alt,
        head=figure.head,
        rows=figure.rows,
        spec=_for_streamlit(_rounded(specification(figure, titled=False))),
    )


def _for_streamlit(spec: Json) -> Json:
    """Write labels of several lines as text: Streamlit's tables hold no lists."""
    config = {**spec["config"], "text": {"lineBreak": "\n"}}
    in_lines: Json = _in_lines({**spec, "config": config})
    return in_lines


def _in_lines(part: Any) -> Any:
    """Join the lines of words, wherever they stand in a specification."""
    if isinstance(part, list):
        return [_in_lines(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: "\n".join(value) if key == "words" and isinstance(value, list) else _in_lines(value)
        for key, value in part.items()
    }


def _rounded(part: Any) -> Any:
    """Round all numbers of a specification."""
    if isinstance(part, float):
        return float(f"{part:.4g}")
    if isinstance(part, dict):
        return {key: _rounded(value) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_rounded(value) for value in part]
    return part


def _paths(outcomes: Outcomes) -> alt.Chart:
    """Thin lines: how the share of talks with a truce grows in small bundles of the talks."""
    days = [*range(0, outcomes.days, max(1, outcomes.days // 60)), outcomes.days]
    rows = [
        {"path": k, "day": day, "estimate": 100 * float(dealt[begin : begin + PATH_RUNS].mean())}
        for day in days
        for dealt in [findings.dealt_by(outcomes, day)]
        for k, begin in enumerate(range(0, len(outcomes) - PATH_RUNS + 1, PATH_RUNS))
        if k < PATHS
    ]
    lines: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(interpolate="step-after", strokeWidth=0.8, opacity=0.55, color=GREY)
        .encode(alt.X("day:Q"), alt.Y("estimate:Q"), alt.Detail("path:N"))
    )
    return lines
