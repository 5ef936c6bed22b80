"""What charts share: colours, scales, parts, words, and how they come to paper.

Charts are narrow enough for a phone, keep their meaning without colour, and never show a mean
alone.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert

from sim.findings.statistics import Finding
from sim.reporting.summary import of_hundred

#: Two colours that people with any kind of colour vision tell apart (Okabe and Ito, 2008), and ink.
BLUE, ORANGE = "#0072B2", "#D55E00"
INK, GREY, PALE = "#1a1a1a", "#6b6b6b", "#e2e2e2"

#: Widths in pixels: of a whole chart, of the words beside a bar, and of a bar that is full.
WIDTH, WORDS, FULL = 330, 148, 148

#: Characters of a label to a line, and of a title.
LABEL, TITLE = 22, 52

#: How two curves look, in this order.
LOOKS = ((BLUE, [1, 0]), (ORANGE, [6, 3]))

Rows = list[dict[str, Any]]
Layers = alt.LayerChart | alt.FacetChart


@dataclass(frozen=True)
class Figure:
    """A chart and all that belongs to it."""

    name: str  # what its files are called
    title: str  # a sentence
    chart: Layers | alt.VConcatChart
    alt: str  # the same for those who cannot see it
    head: tuple[str, ...]  # of the table
    rows: tuple[tuple[str, ...], ...]


# --- On paper


def as_svg(figure: Figure, titled: bool = True) -> str:
    """Draw a chart as SVG; untitled where the page has its own heading."""
    svg = vl_convert.vegalite_to_svg(specification(figure, titled))
    return _named_apart(svg, figure.name)


def png_of(svg: str) -> bytes:
    """Turn an SVG into a PNG of twice its size."""
    return vl_convert.svg_to_png(svg, scale=2)


def specification(figure: Figure, titled: bool) -> dict[str, Any]:
    """Return a chart in Vega-Lite's own terms, as it is drawn on paper and on a screen."""
    chart = figure.chart
    if titled:
        chart = chart.properties(title=textwrap.wrap(figure.title, TITLE))
    drawn = chart.configure(
        font="Arial, Helvetica, sans-serif",
        background="white",
        padding=6,
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=INK,
            labelFontSize=11,
            titleColor=INK,
            titleFontSize=11,
            titleFontWeight="normal",
            gridColor=PALE,
            domainColor=GREY,
            tickColor=GREY,
        ),
        title=alt.TitleConfig(
            anchor="start", color=INK, fontSize=12, fontWeight="bold", offset=8, frame="bounds"
        ),
        legend=alt.LegendConfig(labelColor=INK, labelFontSize=11, labelLimit=0, symbolSize=220),
    )
    # To check our own charts against Vega's schema takes half the time; the tests do it instead.
    specification: dict[str, Any] = drawn.to_dict(validate=False)
    return specification


def _named_apart(svg: str, name: str) -> str:
    """Make the identifiers within a chart its own, as several charts may share a page."""
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    return re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', svg)


# --- Curves over days


def day_ticks(horizon: int) -> list[int]:
    """Return the days at which an axis is marked."""
    step = next((days for days in (5, 10, 15, 30, 60, 90) if horizon / days <= 6.5), 180)
    return list(range(0, horizon + 1, step))


def table_days(horizon: int) -> set[int]:
    """Return the days that stand in the table of a curve."""
    return {*range(0, horizon + 1, 30 if horizon > 60 else 10), horizon}


def curves_with_bands(
    rows: Rows,
    looks: Mapping[str, tuple[str, list[int]]],
    day: str,
    share: str,
    ticks: list[int],
) -> Layers:
    """Draw curves over days with their bands, told apart by colour and by dashes."""
    names = list(looks)
    legend = alt.Legend(orient="top", direction="vertical", title=None)
    colour = alt.Color("series:N", sort=names, legend=legend).scale(
        domain=names, range=[look for look, _ in looks.values()]
    )
    dash = alt.StrokeDash("series:N", sort=names, legend=legend).scale(
        domain=names, range=[dashes for _, dashes in looks.values()]
    )
    x = alt.X("day:Q").axis(values=ticks, grid=False, title=day)
    y = alt.Y("estimate:Q").scale(domain=[0, 100]).axis(title=share, tickCount=5)
    bands = [
        chart_of([row for row in rows if row["series"] == name])
        .mark_area(opacity=0.2, interpolate="step-after", color=look)
        .encode(x, alt.Y("low:Q").title(share), alt.Y2("high:Q"))
        for name, (look, _) in looks.items()
    ]
    lines = chart_of(rows).mark_line(strokeWidth=2, interpolate="step-after")
    lines = lines.encode(x, y, colour, dash)
    return alt.layer(*bands, lines).properties(width=WIDTH - 34, height=210)


# --- Parts of charts


def chart_of(rows: Rows) -> alt.Chart:
    """Begin a chart of some rows of data."""
    return alt.Chart(alt.InlineData(values=rows))


def label_axis(rows: Rows, arms: list[str]) -> list[Any]:
    """Place rows by their labels; two to a label where there are two arms."""
    room = alt.Axis(
        labels=False,
        minExtent=WORDS,
        maxExtent=WORDS,
        ticks=False,
        domain=False,
        grid=False,
        title=None,
    )
    y = alt.Y("label:N", sort=_labels(rows), axis=room)
    return [y, alt.YOffset("arm:N", sort=arms)] if len(arms) > 1 else [y]


def _words(rows: Rows) -> list[alt.Chart]:
    """Draw the labels beside the rows, each in the middle of its row, whatever its lines."""
    labels = _labels(rows)
    charts = []
    for lines in sorted({_lines(label) for label in labels}):
        some: Rows = [
            {"label": label, "words": label.split("\n")}
            for label in labels
            if _lines(label) == lines
        ]
        text = chart_of(some).mark_text(
            align="right", baseline="middle", color=INK, fontSize=11, dy=-6.5 * (lines - 1)
        )
        charts.append(
            text.encode(alt.Y("label:N", sort=labels), alt.Text("words:N"), x=alt.value(-7))
        )
    return charts


def _lines(label: str) -> int:
    """Count the lines of a label."""
    return label.count("\n") + 1


def _labels(rows: Rows) -> list[str]:
    """Return the labels of some rows, each once."""
    return list(dict.fromkeys(row["label"] for row in rows))


def arm_fill(arms: list[str]) -> alt.Fill:
    """Fill the marks of one arm; of two, leave those of the first hollow."""
    if len(arms) == 1:
        return alt.Fill("arm:N", legend=None).scale(domain=arms, range=[BLUE])
    legend = alt.Legend(
        orient="top", title=None, symbolStrokeColor=BLUE, symbolType="square", symbolSize=110
    )
    return alt.Fill("arm:N", sort=arms, legend=legend).scale(domain=arms, range=["white", BLUE])


def numbers_beyond(rows: Rows, y: list[Any]) -> alt.Chart:
    """Write the number of each row beyond the end of its interval."""
    text = chart_of(rows).mark_text(align="left", dx=6, color=INK, fontSize=11)
    chart: alt.Chart = text.encode(alt.X("high:Q"), alt.Text("words:N"), *y)
    return chart


def block(
    group: str, rows: Rows, arms: list[str], layers: list[alt.Chart], least: int = 19
) -> Layers:
    """Lay layers over the same rows, under the name of their group."""
    labels = _labels(rows)
    lines = max(map(_lines, labels))
    step = max(13 * lines + 6, least if len(arms) == 1 else 32)
    chart = alt.layer(*layers, *_words(rows)).properties(width=FULL, height=step * len(labels))
    if not group:
        return chart
    words = textwrap.wrap(group, TITLE)
    return chart.properties(title=alt.TitleParams(text=words, fontSize=11, offset=3))


def stacked(charts: Sequence[Layers]) -> alt.VConcatChart:
    """Put charts below each other."""
    return alt.vconcat(*charts, spacing=12)


# --- Words and numbers


def wrapped(label: str) -> str:
    """Break a label into short lines; the path of a number at its dots."""
    if " " in label:
        return "\n".join(textwrap.wrap(label, LABEL))
    lines = textwrap.wrap(re.sub(r"([._])", r"\1 ", label), LABEL)
    return "\n".join(line.replace(" ", "") for line in lines)


def row_labels(group: str, label: str) -> tuple[str, ...]:
    """Return the first cells of a row of a table: its group, where that has a name, and label."""
    return (group, label) if group else (label,)


def blank_heads(groups: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the heads of the columns that `row_labels` fills."""
    return ("", "") if any(groups) else ("",)


def interval_ends(finding: Finding) -> tuple[float, float]:
    """Return the ends of an interval; the estimate where there is none."""
    middle = finding.estimate or 0.0
    low = middle if finding.low is None else finding.low
    return low, middle if finding.high is None else finding.high


def in_percent(finding: Finding) -> dict[str, float]:
    """Return a share and its interval of a hundred."""
    low, high = interval_ends(finding)
    return {"estimate": 100 * (finding.estimate or 0.0), "low": 100 * low, "high": 100 * high}


def share_words(finding: Finding) -> str:
    """Return a share of a hundred in words."""
    return "unknown" if finding.estimate is None else of_hundred(finding.estimate)


def share_with_interval(finding: Finding) -> str:
    """Return a share of a hundred and its interval in words."""
    if finding.estimate is None:
        return "unknown"
    if finding.low is None or finding.high is None:
        return of_hundred(finding.estimate)
    return f"{share_words(finding)} ({of_hundred(finding.low)} to {of_hundred(finding.high)})"
