"""Charts of what the outcomes show, for the printed report and for the dashboard.

A chart takes findings and draws them; it computes nothing but where a dot lies. Each comes with a
sentence above it, words for those who cannot see it, and its numbers as a table. Charts are narrow
enough for a phone, keep their meaning without colour, and never show a mean alone.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import vl_convert

from sim.engine.outcomes import NONE, Outcomes
from sim.findings.statistics import Finding, Spread
from sim.reporting.summary import exactly_zero, of_hundred
from sim.types import Ints

#: Two colours that people with any kind of colour vision tell apart (Okabe and Ito, 2008), and ink.
BLUE, ORANGE = "#0072B2", "#D55E00"
INK, GREY, PALE = "#1a1a1a", "#6b6b6b", "#e2e2e2"

#: Widths in pixels: of a whole chart, of the words beside a bar, and of a bar that is full.
WIDTH, WORDS, FULL = 330, 148, 148

#: How many dots stand for all talks, and in how many columns those without a truce are stacked.
DOTS, ASIDE = 100, 5

#: Characters of a label to a line, and of a title.
LABEL, TITLE = 22, 52

#: Colours of areas that lie on each other, the darkest at the bottom (Okabe and Ito, 2008).
AREAS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#F0E442")

#: How two curves look, in this order, and what the curve of the base rate is called.
LOOKS = ((BLUE, [1, 0]), (ORANGE, [6, 3]))
BASE = "base rate (band: 90 %)"

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
    """The chart as SVG; untitled where the page has its own heading."""
    svg = vl_convert.vegalite_to_svg(specification(figure, titled))
    return _named_apart(svg, figure.name)


def png_of(svg: str) -> bytes:
    """A chart that is drawn as SVG, as PNG at twice its size."""
    return vl_convert.svg_to_png(svg, scale=2)


def specification(figure: Figure, titled: bool) -> dict[str, Any]:
    """The chart in Vega-Lite's own terms, as it is drawn on paper and on a screen."""
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
    """The identifiers within a chart, made its own, as several charts may share a page."""
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    return re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', svg)


# --- When a truce begins


def quantile_days(outcomes: Outcomes, dots: int = DOTS) -> list[int | None]:
    """The day of the first truce at evenly spaced quantiles of all talks; None is no truce."""
    days = np.sort(np.where(outcomes.deal_day == NONE, np.inf, outcomes.deal_day))
    at = (len(days) * (np.arange(dots) + 0.5) / dots).astype(int)
    return [None if np.isinf(day) else int(day) for day in days[at]]


def first_truce(
    days: Sequence[int | None],
    horizon: int,
    name: str = "first-truce",
    arm: str = "",
    beside: Sequence[Sequence[int | None]] = (),
) -> Figure:
    """A quantile dotplot: each dot stands for an equal share of the talks.

    `days` are the days of the first truce, None where there is none; these are stacked apart. An
    `arm` is named in the title. The plot is as tall as those of the arms that stand `beside` it.
    """
    width = _bin_days(horizon)
    agreed = [day for day in days if day is not None]
    without = len(days) - len(agreed)
    heights = _columns(days, width)
    dots = [
        {"x": (column + 0.5) * width, "y": k + 0.5}
        for column, height in enumerate(heights)
        for k in range(height)
    ]
    begin = (-(-horizon // width) + 1.5) * width
    apart = [
        {"x": begin + (k % ASIDE + 0.5) * width, "y": k // ASIDE + 0.5} for k in range(without)
    ]
    end = begin + ASIDE * width
    tall = max(4, *(_tallest(one, width) for one in (days, *beside)))
    unit = WIDTH / (end / width)
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, end], nice=False)).axis(
        values=_ticks(horizon), grid=False, title="day on which the first truce begins"
    )
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, tall + 1.7], nice=False), axis=None)
    size = np.pi * (0.42 * unit) ** 2
    caption = [{"x": end, "y": tall + 1.0, "words": f"{without}: none by day {horizon}"}]
    chart = alt.layer(
        _drawn(dots).mark_point(shape="circle", filled=True, opacity=1, color=BLUE, size=size),
        _drawn(apart).mark_point(
            shape="circle", filled=False, opacity=1, color=GREY, strokeWidth=1.2, size=size * 0.8
        ),
        _drawn(caption).mark_text(align="right", color=INK, fontSize=11).encode(text="words:N"),
    )
    chart = chart.encode(x, y).properties(width=WIDTH, height=unit * (tall + 1.7))
    half = _day_by_which(agreed, 0.5)
    timing = f"; half of these by day {half}" if agreed else ""
    opening = f"{arm.capitalize()}: in" if arm else "In"
    title = f"{opening} {len(agreed)} of {len(days)} simulated talks a truce begins{timing}."
    columns = [
        (f"{column * width + 1} to {min((column + 1) * width, horizon)}", str(height))
        for column, height in enumerate(heights)
    ]
    return Figure(
        name,
        title,
        chart,
        f"Dots, one for each of {len(days)} talks, over the day of the first truce. "
        f"{title} Those without one by day {horizon}, {without}, stand apart.",
        ("day of the first truce", f"of {len(days)} talks"),
        (*columns, (f"none by day {horizon}", str(without))),
    )


def _columns(days: Sequence[int | None], width: int) -> Ints:
    """How many dots stand in each column of so many days."""
    return np.bincount([(day - 1) // width for day in days if day is not None], minlength=1)


def _tallest(days: Sequence[int | None], width: int) -> int:
    """The dots of the tallest column, those without a truce included."""
    return max(int(_columns(days, width).max()), -(-list(days).count(None) // ASIDE))


def _bin_days(horizon: int) -> int:
    """A round number of days for a column of dots, so that there are at most 20 columns."""
    tidy = (1, 2, 3, 5, 7, 10, 14, 20, 30, 60, 90)
    return next((days for days in tidy if horizon / days <= 20), -(-horizon // 20))


def _ticks(horizon: int) -> list[int]:
    """Days at which an axis is marked."""
    step = next((days for days in (5, 10, 15, 30, 60, 90) if horizon / days <= 6.5), 180)
    return list(range(0, horizon + 1, step))


def _day_by_which(days: Sequence[int], part: float) -> int | None:
    """The day by which some part of those days has come."""
    if not days:
        return None
    return sorted(days)[max(0, int(np.ceil(part * len(days))) - 1)]


def incidence(
    curves: Mapping[str, Mapping[int, Finding]],
    base: Mapping[int, Finding] | None = None,
    name: str = "incidence",
) -> Figure:
    """The share of talks with a first truce by each day, each curve with its 95 % interval.

    `curves` are findings by day under the name of each; `base` are those of the base rate, whose
    interval is of 90 %.
    """
    horizon = max(max(curve) for curve in curves.values())
    series = {f"{words} (band: 95 %)": curve for words, curve in curves.items()}
    looks = dict(zip(series, LOOKS, strict=False))
    if base:
        series[BASE] = base
        looks[BASE] = (GREY, [2, 3])
    rows = [
        {"series": words, "day": day, **_percent(found)}
        for words, curve in series.items()
        for day, found in curve.items()
    ]
    last = {words: curve[max(curve)] for words, curve in curves.items()}
    said = ", ".join(f"{_share(found)} ({words})" for words, found in last.items())
    title = f"By day {horizon} a truce has begun in so many of 100 simulated talks: {said}."
    if len(curves) == 1:
        only = next(iter(last.values()))
        title = f"{_share(only)} of 100 simulated talks reach a truce by day {horizon}."
    if base:
        title = f"{title[:-1]}; the base rate is {_share(base[max(base)])} of 100."
    chart = _curves(rows, looks, "day", "of 100 talks, with a truce so far", _ticks(horizon))
    marks = [day for day in next(iter(curves.values())) if day in _marks(horizon)]
    return Figure(
        name,
        title,
        chart,
        "Curves that rise with the days, each with a band for its interval. " + title,
        ("by day", *series),
        tuple(
            (str(day), *(_with_interval(curve[day]) for curve in series.values())) for day in marks
        ),
    )


def _marks(horizon: int) -> set[int]:
    """The days of a curve's table."""
    return {*range(0, horizon + 1, 30 if horizon > 60 else 10), horizon}


def _curves(
    rows: Rows,
    looks: Mapping[str, tuple[str, list[int]]],
    day: str,
    share: str,
    ticks: list[int],
) -> Layers:
    """Curves over days with their bands, told apart by colour and by dashes."""
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
        _drawn([row for row in rows if row["series"] == name])
        .mark_area(opacity=0.2, interpolate="step-after", color=look)
        .encode(x, alt.Y("low:Q").title(share), alt.Y2("high:Q"))
        for name, (look, _) in looks.items()
    ]
    lines = _drawn(rows).mark_line(strokeWidth=2, interpolate="step-after")
    lines = lines.encode(x, y, colour, dash)
    return alt.layer(*bands, lines).properties(width=WIDTH - 34, height=210)


# --- Shares


def shares(
    name: str,
    title: str,
    arms: Mapping[str, Mapping[str, Mapping[str, Finding]]],
    axis: str = "of 100",
) -> Figure:
    """Bars of shares, of 100, with their 95 % intervals; one block of bars to a group.

    `arms` are findings by label by group by arm. A group or an arm may go without a name; of two
    arms the first has hollow bars and the second full ones.
    """
    groups = next(iter(arms.values()))
    blocks: dict[str, Rows] = {}
    table: list[tuple[str, ...]] = []
    for group, labels in groups.items():
        for label in labels:
            ones = {arm: found[group][label] for arm, found in arms.items()}
            blocks.setdefault(group, []).extend(
                _bar(label, arm, one) for arm, one in ones.items() if one.estimate is not None
            )
            table.append((*_named(group, label), *map(_with_interval, ones.values())))
    drawn = {group: rows for group, rows in blocks.items() if rows}
    charts = [
        _bars(group, rows, list(arms), axis if group == list(drawn)[-1] else "")
        for group, rows in drawn.items()
    ]
    return Figure(
        name,
        title,
        _stacked(charts),
        f"Bars. {title} {_largest(groups)}",
        (*_blank(groups), *(", ".join(filter(None, (arm, axis))) for arm in arms)),
        tuple(table),
    )


def _bar(label: str, arm: str, found: Finding) -> dict[str, Any]:
    assert found.estimate is not None
    low, high = _ends(found)
    return {
        "label": _wrapped(label),
        "arm": arm,
        "estimate": 100 * found.estimate,
        "low": 100 * low,
        "high": 100 * high,
        "words": of_hundred(found.estimate),
    }


def _bars(group: str, rows: Rows, arms: list[str], axis: str) -> Layers:
    """The bars of one group, each with its interval and its number."""
    y = _beside(rows, arms)
    x = alt.X("estimate:Q", title=axis or None).scale(domain=[0, 100], nice=False)
    x = x.axis(
        labels=bool(axis), ticks=False, domain=False, values=[0, 25, 50, 75, 100], labelFlush=False
    )
    drawn = _drawn(rows)
    bars = drawn.mark_bar(size=11, stroke=BLUE, strokeWidth=1).encode(x, *y, _fill(arms))
    ends = drawn.mark_rule(color=INK, strokeWidth=1.2).encode(alt.X("low:Q"), alt.X2("high:Q"), *y)
    return _block(group, rows, arms, [bars, ends, _numbers(rows, y)])


def _largest(groups: Mapping[str, Mapping[str, Finding]]) -> str:
    """The largest share of each group, in words."""
    said = []
    for group, found in groups.items():
        known = {label: one.estimate for label, one in found.items() if one.estimate is not None}
        if known:
            most = max(known, key=lambda label: known[label])
            said.append(f"{group or 'largest'}: {most}, {of_hundred(known[most])} of 100")
    return f"{'; '.join(said)}." if said else "There is nothing to show."


# --- People


def exchange(
    name: str, title: str, arms: Mapping[str, Mapping[str, Mapping[str, Spread]]]
) -> Figure:
    """Counts of people: a line over 90 of 100 talks and a dot at the mean of all.

    `arms` are spreads by label by group by arm, as in `shares`.
    """
    groups = next(iter(arms.values()))
    blocks: dict[str, Rows] = {}
    table: list[tuple[str, ...]] = []
    for group, labels in groups.items():
        for label in labels:
            ones = {arm: found[group][label] for arm, found in arms.items()}
            blocks.setdefault(group, []).extend(_span(label, arm, s) for arm, s in ones.items())
            cells = [
                cell
                for one in ones.values()
                for cell in (_people(one.mean), f"{one.q05:,.0f} to {one.q95:,.0f}")
            ]
            table.append((*_named(group, label), *cells))
    said = "; ".join(
        f"{label}: {_people(one.mean)} on average"
        for labels in groups.values()
        for label, one in labels.items()
    )
    heads = [
        ", ".join(filter(None, (arm, word))) for arm in arms for word in ("mean", "90 of 100 talks")
    ]
    return Figure(
        name,
        title,
        _stacked([_spans(group, rows, list(arms)) for group, rows in blocks.items()]),
        f"Lines over 90 of 100 talks, with a dot at the mean. {title} {said}.",
        (*_blank(groups), *heads),
        tuple(table),
    )


def _span(label: str, arm: str, counts: Spread) -> dict[str, Any]:
    return {
        "label": _wrapped(label),
        "arm": arm,
        "estimate": counts.mean,
        "low": counts.q05,
        "high": max(counts.q95, counts.mean),
        "words": _people(counts.mean),
    }


def _spans(group: str, rows: Rows, arms: list[str]) -> Layers:
    """Lines between two ends, with a dot between them and its number beyond."""
    y = _beside(rows, arms)
    x = alt.X("low:Q", title="people").axis(
        tickCount=3, domain=False, ticks=False, labelOverlap=True
    )
    drawn = _drawn(rows)
    line = drawn.mark_rule(color=BLUE, strokeWidth=2.4).encode(x, alt.X2("high:Q"), *y)
    dot = drawn.mark_point(size=70, stroke=BLUE, opacity=1, strokeWidth=1.8)
    dot = dot.encode(alt.X("estimate:Q"), *y, _fill(arms))
    return _block(group, rows, arms, [line, dot, _numbers(rows, y)])


# --- Truces


def survival(curves: Mapping[str, Mapping[int, Finding]], name: str = "survival") -> Figure:
    """The share of first truces that are still in force so many days after they began."""
    known = {
        words: {day: found for day, found in curve.items() if found.estimate is not None}
        for words, curve in curves.items()
    }
    series = {f"{words} (band: 95 %)": curve for words, curve in known.items()}
    rows = [
        {"series": words, "day": day, **_percent(found)}
        for words, curve in series.items()
        for day, found in curve.items()
    ]
    longest = max(max(curve, default=1) for curve in known.values())
    said = []
    for words, curve in known.items():
        marks = [f"{_share(curve[day])} after {day} days" for day in (7, 30, 60) if day in curve]
        said.append((f"{words}: " if len(known) > 1 else "") + ", ".join(marks))
    title = f"Of 100 first truces so many are still in force: {'; '.join(said)}."
    chart = _curves(
        rows,
        dict(zip(series, LOOKS, strict=False)),
        "days since the truce began",
        "of 100 first truces, in force",
        _ticks(longest),
    )
    shown = [
        day
        for day in sorted({7, *_marks(longest)})
        if all(day in curve for curve in known.values())
    ]
    return Figure(
        name,
        title,
        chart,
        f"Curves that fall with the days, each with a band for its interval. {title}",
        ("days after it began", *series),
        tuple(
            (str(day), *(_with_interval(curve[day]) for curve in known.values())) for day in shown
        ),
    )


def truce_ends(
    curves: Mapping[str, Mapping[int, Finding]], name: str = "truce-ends", arm: str = ""
) -> Figure:
    """The share of first truces that each cause has ended so many days after they began.

    `curves` are findings by day by cause. The areas lie on each other, the first at the bottom;
    what is left above them is in force. An `arm` is named in the title.
    """
    days = [
        day
        for day in next(iter(curves.values()))
        if all(curve[day].estimate is not None for curve in curves.values())
    ]
    ended = {cause: curve for cause, curve in curves.items() if days and curve[days[-1]].estimate}
    below = dict.fromkeys(days, 0.0)
    rows: Rows = []
    for cause, curve in ended.items():
        for day in days:
            top = below[day] + 100 * (curve[day].estimate or 0.0)
            rows.append({"cause": cause, "day": day, "from": below[day], "to": top})
            below[day] = top
    longest = days[-1] if days else 1
    said = [f"{cause} {_share(curve[longest])}" for cause, curve in ended.items()]
    opening = f"{arm.capitalize()}: of" if arm else "Of"
    title = f"{opening} 100 first truces {of_hundred(below.get(longest, 0.0) / 100)} have ended "
    title += f"within {longest} days."
    order = list(reversed(ended))  # as the areas lie
    shown = [day for day in sorted({7, *_marks(longest)}) if day in days]
    return Figure(
        name,
        title,
        _piled(rows, order, longest),
        "Areas on each other that rise with the days; what is above them is in force. "
        f"{title} By cause: {', '.join(said) or 'none'}.",
        ("days after it began", *curves),
        tuple(
            (str(day), *(_with_interval(curve[day]) for curve in curves.values())) for day in shown
        ),
    )


def _piled(rows: Rows, order: list[str], longest: int) -> Layers:
    """Areas between two edges over days, told apart by colour and by their order."""
    colours = dict(zip(reversed(order), AREAS * len(order), strict=False))
    told = alt.Legend(orient="top", direction="vertical", title=None, symbolType="square")
    legend = told if order else None  # a legend of nothing has no size
    colour = alt.Color("cause:N", sort=order, legend=legend).scale(
        domain=order, range=[colours[cause] for cause in order]
    )
    x = alt.X("day:Q").scale(domain=[0, longest])
    x = x.axis(values=_ticks(longest), grid=False, title="days since the truce began")
    y = alt.Y("from:Q").scale(domain=[0, 100]).axis(title="of 100 first truces, ended", tickCount=5)
    areas = _drawn(rows).mark_area(interpolate="step-after", stroke="white", strokeWidth=1)
    layer = areas.encode(x, y, alt.Y2("to:Q"), colour)
    return alt.layer(layer).properties(width=WIDTH - 34, height=210)


# --- What things are worth


def effects(
    name: str,
    title: str,
    groups: Mapping[str, Mapping[str, Finding]],
    axis: str,
    scale: float = 100.0,
) -> Figure:
    """What each thing adds or takes away, with its 95 % interval, beside a line at nothing."""
    ones = {
        (group, label): found
        for group, found_by_label in groups.items()
        for label, found in found_by_label.items()
    }
    reach = [0.0, *(scale * end for one in ones.values() for end in _ends(one))]
    blocks: dict[str, Rows] = {}
    for (group, label), one in ones.items():
        if one.estimate is not None:
            blocks.setdefault(group, []).append(_point(label, one, scale))
    within, names = (min(reach), max(reach)), list(blocks)
    charts = [
        _points(group, rows, within, axis if group == names[-1] else "")
        for group, rows in blocks.items()
    ]
    table = [(*_named(*key), signed(one, scale)) for key, one in ones.items()]
    said = "; ".join(f"{label}: {signed(one, scale)}" for (_, label), one in ones.items())
    return Figure(
        name,
        title,
        _stacked(charts),
        f"Dots with intervals beside a line at nothing. {title} {said}.",
        (*_blank(groups), axis),
        tuple(table),
    )


def _point(label: str, found: Finding, scale: float) -> dict[str, Any]:
    assert found.estimate is not None
    low, high = _ends(found)
    return {
        "label": _wrapped(label),
        "arm": "",
        "estimate": scale * found.estimate,
        "low": scale * low,
        "high": scale * high,
        "words": f"{scale * found.estimate:+.1f}",
    }


def _points(group: str, rows: Rows, within: tuple[float, float], axis: str) -> Layers:
    """Dots with intervals beside a line at nothing."""
    y = _beside(rows, [""])
    x = alt.X("low:Q", title=textwrap.wrap(axis, 32) if axis else None)
    x = x.scale(domain=list(within), nice=True)
    x = x.axis(tickCount=4, labels=bool(axis), domain=False, ticks=False, labelOverlap=True)
    drawn = _drawn(rows)
    nothing = _drawn([{"x": 0}]).mark_rule(color=INK, strokeWidth=1).encode(alt.X("x:Q"))
    line = drawn.mark_rule(color=BLUE, strokeWidth=2.4).encode(x, alt.X2("high:Q"), *y)
    dot = drawn.mark_point(size=60, stroke=BLUE, opacity=1).encode(
        alt.X("estimate:Q"), *y, _fill([""])
    )
    above = drawn.mark_text(dy=-10, color=INK, fontSize=11)
    numbers = above.encode(alt.X("estimate:Q"), alt.Text("words:N"), *y)
    return _block(group, rows, [""], [nothing, line, dot, numbers], least=31)


def signed(found: Finding, scale: float = 100.0) -> str:
    """A difference with its sign and interval, in words."""
    if found.estimate is None:
        return "unknown"
    if getattr(found, "exactly_zero", False):
        return exactly_zero(found.n)
    shown = f"{scale * found.estimate:+.1f}"
    if found.low is None or found.high is None:
        return shown
    return f"{shown} ({scale * found.low:+.1f} to {scale * found.high:+.1f})"


# --- Parts of charts


def _drawn(rows: Rows) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=rows))


def _beside(rows: Rows, arms: list[str]) -> list[Any]:
    """Rows of a chart by their labels; two to a label where there are two arms."""
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
    """The labels beside the rows, each in the middle of its row, however many lines it has."""
    labels = _labels(rows)
    charts = []
    for lines in sorted({_lines(label) for label in labels}):
        some: Rows = [
            {"label": label, "words": label.split("\n")}
            for label in labels
            if _lines(label) == lines
        ]
        text = _drawn(some).mark_text(
            align="right", baseline="middle", color=INK, fontSize=11, dy=-6.5 * (lines - 1)
        )
        charts.append(
            text.encode(alt.Y("label:N", sort=labels), alt.Text("words:N"), x=alt.value(-7))
        )
    return charts


def _lines(label: str) -> int:
    return label.count("\n") + 1


def _labels(rows: Rows) -> list[str]:
    return list(dict.fromkeys(row["label"] for row in rows))


def _fill(arms: list[str]) -> alt.Fill:
    """Full where there is one arm; of two the first is hollow."""
    if len(arms) == 1:
        return alt.Fill("arm:N", legend=None).scale(domain=arms, range=[BLUE])
    legend = alt.Legend(
        orient="top", title=None, symbolStrokeColor=BLUE, symbolType="square", symbolSize=110
    )
    return alt.Fill("arm:N", sort=arms, legend=legend).scale(domain=arms, range=["white", BLUE])


def _numbers(rows: Rows, y: list[Any]) -> alt.Chart:
    """The number of each row, beyond the end of its interval."""
    text = _drawn(rows).mark_text(align="left", dx=6, color=INK, fontSize=11)
    chart: alt.Chart = text.encode(alt.X("high:Q"), alt.Text("words:N"), *y)
    return chart


def _block(
    group: str, rows: Rows, arms: list[str], layers: list[alt.Chart], least: int = 19
) -> Layers:
    """Layers over the same rows, under the name of their group."""
    labels = _labels(rows)
    lines = max(map(_lines, labels))
    step = max(13 * lines + 6, least if len(arms) == 1 else 32)
    chart = alt.layer(*layers, *_words(rows)).properties(width=FULL, height=step * len(labels))
    if not group:
        return chart
    words = textwrap.wrap(group, TITLE)
    return chart.properties(title=alt.TitleParams(text=words, fontSize=11, offset=3))


def _stacked(charts: Sequence[Layers]) -> alt.VConcatChart:
    return alt.vconcat(*charts, spacing=12)


# --- Words and numbers


def _wrapped(label: str) -> str:
    """A label in short lines; the path of a number is broken at its dots."""
    if " " in label:
        return "\n".join(textwrap.wrap(label, LABEL))
    lines = textwrap.wrap(re.sub(r"([._])", r"\1 ", label), LABEL)
    return "\n".join(line.replace(" ", "") for line in lines)


def _named(group: str, label: str) -> tuple[str, ...]:
    return (group, label) if group else (label,)


def _blank(groups: Mapping[str, Any]) -> tuple[str, ...]:
    return ("", "") if any(groups) else ("",)


def _ends(found: Finding) -> tuple[float, float]:
    """The ends of an interval; the estimate where there is none."""
    middle = found.estimate or 0.0
    low = middle if found.low is None else found.low
    return low, middle if found.high is None else found.high


def _percent(found: Finding) -> dict[str, float]:
    low, high = _ends(found)
    return {"estimate": 100 * (found.estimate or 0.0), "low": 100 * low, "high": 100 * high}


def _share(found: Finding) -> str:
    return "unknown" if found.estimate is None else of_hundred(found.estimate)


def _with_interval(found: Finding) -> str:
    if found.estimate is None:
        return "unknown"
    if found.low is None or found.high is None:
        return of_hundred(found.estimate)
    return f"{_share(found)} ({of_hundred(found.low)} to {of_hundred(found.high)})"


def _people(number: float) -> str:
    return f"{number:,.1f}"
