"""Bars of shares, and ranges of counts of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt

from sim.findings.statistics import Finding, Spread
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
    numbers_beyond,
    row_labels,
    share_with_interval,
    stacked,
    wrapped,
)
from sim.reporting.summary import of_hundred


def share_bars(
    name: str,
    title: str,
    arms: Mapping[str, Mapping[str, Mapping[str, Finding]]],
    axis: str = "of 100",
) -> Figure:
    """Draw bars of shares, of 100, with their 95 % intervals; one block of bars to a group.

    `arms` are findings by label by group by arm. A group or an arm may go without a name; of two
    arms the first has hollow bars and the second full ones.
    """
    groups = next(iter(arms.values()))
    blocks: dict[str, Rows] = {}
    table: list[tuple[str, ...]] = []
    for group, labels in groups.items():
        for label in labels:
            by_arm = {arm: groups[group][label] for arm, groups in arms.items()}
            blocks.setdefault(group, []).extend(
                _bar(label, arm, share)
                for arm, share in by_arm.items()
                if share.estimate is not None
            )
            table.append((*row_labels(group, label), *map(share_with_interval, by_arm.values())))
    drawn = {group: rows for group, rows in blocks.items() if rows}
    charts = [
        _bars(group, rows, list(arms), axis if group == list(drawn)[-1] else "")
        for group, rows in drawn.items()
    ]
    return Figure(
        name,
        title,
        stacked(charts),
        f"Bars. {title} {_largest(groups)}",
        (*blank_heads(groups), *(", ".join(filter(None, (arm, axis))) for arm in arms)),
        tuple(table),
    )


def _bar(label: str, arm: str, share: Finding) -> dict[str, Any]:
    """Return the row of a bar."""
    assert share.estimate is not None
    low, high = interval_ends(share)
    return {
        "label": wrapped(label),
        "arm": arm,
        "estimate": 100 * share.estimate,
        "low": 100 * low,
        "high": 100 * high,
        "words": of_hundred(share.estimate),
    }


def _bars(group: str, rows: Rows, arms: list[str], axis: str) -> Layers:
    """Draw the bars of one group, each with its interval and its number."""
    y = label_axis(rows, arms)
    x = alt.X("estimate:Q", title=axis or None).scale(domain=[0, 100], nice=False)
    x = x.axis(
        labels=bool(axis), ticks=False, domain=False, values=[0, 25, 50, 75, 100], labelFlush=False
    )
    drawn = chart_of(rows)
    bars = drawn.mark_bar(size=11, stroke=BLUE, strokeWidth=1).encode(x, *y, arm_fill(arms))
    ends = drawn.mark_rule(color=INK, strokeWidth=1.2).encode(alt.X("low:Q"), alt.X2("high:Q"), *y)
    return block(group, rows, arms, [bars, ends, numbers_beyond(rows, y)])


def _largest(groups: Mapping[str, Mapping[str, Finding]]) -> str:
    """Name the largest share of each group."""
    parts = []
    for group, shares in groups.items():
        estimates = {
            label: share.estimate for label, share in shares.items() if share.estimate is not None
        }
        if estimates:
            most = max(estimates, key=lambda label: estimates[label])
            parts.append(f"{group or 'largest'}: {most}, {of_hundred(estimates[most])} of 100")
    return f"{'; '.join(parts)}." if parts else "There is nothing to show."


# --- People


def people_ranges(
    name: str, title: str, arms: Mapping[str, Mapping[str, Mapping[str, Spread]]]
) -> Figure:
    """Draw counts of people: a line over 90 of 100 talks and a dot at the mean of all.

    `arms` are spreads by label by group by arm, as in `share_bars`.
    """
    groups = next(iter(arms.values()))
    blocks: dict[str, Rows] = {}
    table: list[tuple[str, ...]] = []
    for group, labels in groups.items():
        for label in labels:
            by_arm = {arm: groups[group][label] for arm, groups in arms.items()}
            blocks.setdefault(group, []).extend(_span(label, arm, s) for arm, s in by_arm.items())
            cells = [
                cell
                for spread in by_arm.values()
                for cell in (_people(spread.mean), f"{spread.q05:,.0f} to {spread.q95:,.0f}")
            ]
            table.append((*row_labels(group, label), *cells))
    means = "; ".join(
        f"{label}: {_people(spread.mean)} on average"
        for labels in groups.values()
        for label, spread in labels.items()
    )
    heads = [
        ", ".join(filter(None, (arm, word))) for arm in arms for word in ("mean", "90 of 100 talks")
    ]
    return Figure(
        name,
        title,
        stacked([_spans(group, rows, list(arms)) for group, rows in blocks.items()]),
        f"Lines over 90 of 100 talks, with a dot at the mean. {title} {means}.",
        (*blank_heads(groups), *heads),
        tuple(table),
    )


def _span(label: str, arm: str, counts: Spread) -> dict[str, Any]:
    """Return the row of a range."""
    return {
        "label": wrapped(label),
        "arm": arm,
        "estimate": counts.mean,
        "low": counts.q05,
        "high": max(counts.q95, counts.mean),
        "words": _people(counts.mean),
    }


def _spans(group: str, rows: Rows, arms: list[str]) -> Layers:
    """Draw lines between two ends, with a dot between them and its number beyond."""
    y = label_axis(rows, arms)
    x = alt.X("low:Q", title="people").axis(
        tickCount=3, domain=False, ticks=False, labelOverlap=True
    )
    drawn = chart_of(rows)
    line = drawn.mark_rule(color=BLUE, strokeWidth=2.4).encode(x, alt.X2("high:Q"), *y)
    dot = drawn.mark_point(size=70, stroke=BLUE, opacity=1, strokeWidth=1.8)
    dot = dot.encode(alt.X("estimate:Q"), *y, arm_fill(arms))
    return block(group, rows, arms, [line, dot, numbers_beyond(rows, y)])


def _people(number: float) -> str:
    """Return a mean number of people."""
    return f"{number:,.1f}"
