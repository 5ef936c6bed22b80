"""What each thing adds or takes away."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import altair as alt

from sim.findings.statistics import Finding
from sim.reporting.charts.kit import (
    BLUE,
    INK,
    Figure,
    Layers,
    Rows,
    arm_fill,
    blank_heads,
    block,
    chart_of,
    interval_ends,
    label_axis,
    row_labels,
    stacked,
    wrapped,
)
from sim.reporting.summary import exactly_zero


def effect_dots(
    name: str,
    title: str,
    groups: Mapping[str, Mapping[str, Finding]],
    axis: str,
    scale: float = 100.0,
) -> Figure:
    """Draw what each thing adds or takes away, with its 95 % interval, beside a line at 0."""
    effects = {
        (group, label): effect
        for group, by_label in groups.items()
        for label, effect in by_label.items()
    }
    reach = [0.0, *(scale * end for one in effects.values() for end in interval_ends(one))]
    blocks: dict[str, Rows] = {}
    for (group, label), effect in effects.items():
        if effect.estimate is not None:
            blocks.setdefault(group, []).append(_point(label, effect, scale))
    within, names = (min(reach), max(reach)), list(blocks)
    charts = [
        _points(group, rows, within, axis if group == names[-1] else "")
        for group, rows in blocks.items()
    ]
    table = [(*row_labels(*key), signed(effect, scale)) for key, effect in effects.items()]
    words = "; ".join(f"{label}: {signed(one, scale)}" for (_, label), one in effects.items())
    return Figure(
        name,
        title,
        stacked(charts),
        f"Dots with intervals beside a line at nothing. {title} {words}.",
        (*blank_heads(groups), axis),
        tuple(table),
    )


def _point(label: str, effect: Finding, scale: float) -> dict[str, Any]:
    """Return the row of a dot."""
    assert effect.estimate is not None
    low, high = interval_ends(effect)
    return {
        "label": wrapped(label),
        "arm": "",
        "estimate": scale * effect.estimate,
        "low": scale * low,
        "high": scale * high,
        "words": f"{scale * effect.estimate:+.1f}",
    }


def _points(group: str, rows: Rows, within: tuple[float, float], axis: str) -> Layers:
    """Draw dots with intervals beside a line at 0."""
    y = label_axis(rows, [""])
    x = alt.X("low:Q", title=textwrap.wrap(axis, 32) if axis else None)
    x = x.scale(domain=list(within), nice=True)
    x = x.axis(tickCount=4, labels=bool(axis), domain=False, ticks=False, labelOverlap=True)
    drawn = chart_of(rows)
    nothing = chart_of([{"x": 0}]).mark_rule(color=INK, strokeWidth=1).encode(alt.X("x:Q"))
    line = drawn.mark_rule(color=BLUE, strokeWidth=2.4).encode(x, alt.X2("high:Q"), *y)
    dot = drawn.mark_point(size=60, stroke=BLUE, opacity=1).encode(
        alt.X("estimate:Q"), *y, arm_fill([""])
    )
    above = drawn.mark_text(dy=-10, color=INK, fontSize=11)
    numbers = above.encode(alt.X("estimate:Q"), alt.Text("words:N"), *y)
    return block(group, rows, [""], [nothing, line, dot, numbers], least=31)


def signed(effect: Finding, scale: float = 100.0) -> str:
    """Return a difference with its sign and interval, in words."""
    if effect.estimate is None:
        return "unknown"
    if getattr(effect, "exactly_zero", False):
        return exactly_zero(effect.n)
    shown = f"{scale * effect.estimate:+.1f}"
    if effect.low is None or effect.high is None:
        return shown
    return f"{shown} ({scale * effect.low:+.1f} to {scale * effect.high:+.1f})"
