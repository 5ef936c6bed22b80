"""Draw charts of what a sweep shows, from the parts of `sim.reporting.charts`."""

from __future__ import annotations

import textwrap
from typing import Any

import altair as alt

from sim.findings.statistics import Finding
from sim.reporting.charts.kit import (
    BLUE,
    GREY,
    INK,
    WIDTH,
    Figure,
    Rows,
    chart_of,
    interval_ends,
)
from sim.reporting.summary import of_hundred
from sim.sweep.analysis.response_curves import HeatMap, ResponseCurve
from sim.sweep.analysis.scenario_discovery import Discovery

#: Characters of an axis title to a line, and how a part of a range is broken into lines.
TITLED = 34
IN_LINES = "split(replace(datum.label, ' to ', '|to '), '|')"


def number(value: float | None, is_share: bool) -> str:
    """Return a mean as people read it: of 100 where it is a share."""
    if value is None:
        return "unknown"
    if not is_share:
        return f"{value:.4g}"
    return of_hundred(value) if 0 <= value <= 1 else f"{100 * value:.0f}"


def with_interval(finding: Finding, is_share: bool) -> str:
    """Return a mean and its interval."""
    middle = number(finding.estimate, is_share)
    if finding.low is None or finding.high is None:
        return middle
    return f"{middle} ({number(finding.low, is_share)} to {number(finding.high, is_share)})"


def response(curve: ResponseCurve, name: str, axis: str, is_share: bool) -> Figure:
    """Return the outcome along one key, with 95 % intervals; dots are joined where numbers are
    set.
    """
    scale = 100.0 if is_share else 1.0
    rows: Rows = [
        {
            "at": at,
            "name": label,
            "estimate": scale * finding.estimate,
            "low": scale * interval_ends(finding)[0],
            "high": scale * interval_ends(finding)[1],
        }
        for at, label, finding in zip(curve.at, curve.names, curve.findings, strict=True)
        if finding.estimate is not None
    ]
    listed = not all(_is_number(label.split(" to ")[0]) for label in curve.names)
    order = list(curve.names)
    x: Any = alt.X("name:N", sort=order)
    if not listed:
        x = alt.X("at:Q").scale(zero=False, nice=False, padding=10)
    x = x.title(curve.key).axis(labelAngle=0, tickCount=5, grid=False)
    y = alt.Y("low:Q").title(textwrap.wrap(axis, TITLED)).scale(zero=True).axis(tickCount=5)
    drawn = chart_of(rows)
    layers = [drawn.mark_rule(color=BLUE, strokeWidth=2).encode(x, y, alt.Y2("high:Q"))]
    if not listed:
        layers.append(drawn.mark_line(color=BLUE, opacity=0.5).encode(x, alt.Y("estimate:Q")))
    layers.append(
        drawn.mark_point(filled=True, opacity=1, size=55, color=BLUE).encode(x, alt.Y("estimate:Q"))
    )
    title = f"Along {curve.key}, all else as drawn: {axis} (bars: 95 %)."
    return Figure(
        name,
        title,
        alt.layer(*layers).properties(width=WIDTH - 60, height=180),
        f"Dots with intervals. {title}",
        (curve.key, axis, "runs"),
        tuple(
            (label, with_interval(finding, is_share), f"{finding.n:,}")
            for label, finding in zip(curve.names, curve.findings, strict=True)
        ),
    )


def _is_number(text: str) -> bool:
    """Return whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def heat(heat_map: HeatMap, name: str, axis: str, is_share: bool) -> Figure:
    """Return the mean outcome over two keys, as shaded cells with their numbers."""
    across, along = heat_map.names
    cells = [(r, c) for r in range(len(across)) for c in range(len(along)) if heat_map.n[r, c]]
    rows: Rows = [
        {
            "across": across[r],
            "along": along[c],
            "mean": float(heat_map.means[r, c]),
            "words": number(float(heat_map.means[r, c]), is_share),
        }
        for r, c in cells
    ]
    middle = (min(row["mean"] for row in rows) + max(row["mean"] for row in rows)) / 2
    drawn = chart_of(rows).encode(
        alt.X("along:N", sort=list(along))
        .title(heat_map.along)
        .axis(labelAngle=0, labelExpr=IN_LINES),
        alt.Y("across:N", sort=list(reversed(across))).title(heat_map.across),
    )
    shade = alt.Color("mean:Q", legend=None).scale(scheme="blues", zero=False)
    ink = alt.condition(alt.datum.mean > middle, alt.value("white"), alt.value(INK))
    chart = alt.layer(
        drawn.mark_rect(stroke="white").encode(shade),
        drawn.mark_text(fontSize=11).encode(text="words:N", color=ink),
    ).properties(width=WIDTH - 90, height=max(34 * len(across), 90))
    title = f"Over {heat_map.across} and {heat_map.along}: {axis}."
    return Figure(
        name,
        title,
        chart,
        f"Shaded cells, the darker the more. {title}",
        (f"{heat_map.across} \\ {heat_map.along}", *along),
        tuple(
            (
                across[r],
                *(
                    number(float(heat_map.means[r, c]), is_share)
                    if heat_map.n[r, c]
                    else "not played"
                    for c in range(len(along))
                ),
            )
            for r in range(len(across))
        ),
    )


def boxes(discovery: Discovery, name: str) -> Figure:
    """Return the boxes on the way: how many of the cases of interest each holds, and how purely."""
    rows: Rows = [
        {"coverage": 100 * box.coverage, "density": 100 * box.density} for box in discovery.peeled
    ]
    kept: Rows = [
        {"coverage": 100 * discovery.box.coverage, "density": 100 * discovery.box.density}
    ]
    x = alt.X("coverage:Q").title("coverage: of 100 cases of interest, held by the box")
    y = alt.Y("density:Q").title("density: of 100 held, of interest")
    x = x.scale(domain=[0, 100]).axis(tickCount=5)
    y = y.scale(domain=[0, 100]).axis(tickCount=5)
    dots = chart_of(rows).mark_point(color=GREY, opacity=1).encode(x, y)
    kept_dot = chart_of(kept).mark_point(color=BLUE, filled=True, opacity=1, size=140)
    title = (
        f"The box that was kept (full dot) holds {kept[0]['coverage']:.0f} of 100 cases of "
        f"interest, and {kept[0]['density']:.0f} of 100 that it holds are."
    )
    return Figure(
        name,
        title,
        alt.layer(dots, kept_dot.encode(x, y)).properties(width=WIDTH - 60, height=200),
        f"Dots from the whole space, at the lower right, to ever smaller boxes. {title}",
        ("coverage, of 100", "density, of 100", "support, of 100", "keys restricted"),
        tuple(
            (
                f"{100 * box.coverage:.0f}",
                f"{100 * box.density:.0f}",
                f"{100 * box.support:.0f}",
                str(len(box.sides)),
            )
            for box in discovery.peeled
        ),
    )
