"""When the first truce begins: quantile dots, and shares by each day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np

from sim.engine.outcomes import NONE, Outcomes
from sim.findings.statistics import Finding
from sim.reporting.charts.kit import (
    BLUE,
    GREY,
    INK,
    LOOKS,
    WIDTH,
    Figure,
    Layers,
    chart_of,
    curves_with_bands,
    day_ticks,
    in_percent,
    share_with_interval,
    share_words,
    table_days,
)
from sim.types import Ints

#: How many dots stand for all talks, and in how many columns those without a truce are stacked.
DOTS, ASIDE = 100, 5

#: What the curve of the base rate is called.
BASE = "base rate (band: 90 %)"


def quantile_days(outcomes: Outcomes, dots: int = DOTS) -> list[int | None]:
    """Return the day of the first truce at evenly spaced quantiles; None is no truce."""
    days = np.sort(np.where(outcomes.deal_day == NONE, np.inf, outcomes.deal_day))
    at = (len(days) * (np.arange(dots) + 0.5) / dots).astype(int)
    return [None if np.isinf(day) else int(day) for day in days[at]]


def first_truce_dots(
    days: Sequence[int | None],
    horizon: int,
    name: str = "first-truce",
    arm: str = "",
    beside: Sequence[Sequence[int | None]] = (),
) -> Figure:
    """Draw a quantile dotplot: each dot stands for an equal share of the talks.

    `days` are the days of the first truce, None where there is none; these are stacked apart. An
    `arm` is named in the title. The plot is as tall as those of the arms that stand `beside` it.
    """
    width = _bin_days(horizon)
    agreed = [day for day in days if day is not None]
    without = len(days) - len(agreed)
    heights = _columns(days, width)
    tallest = max(4, *(_tallest(one, width) for one in (days, *beside)))
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
        _dots(heights, width, without, horizon, tallest),
        f"Dots, one for each of {len(days)} talks, over the day of the first truce. "
        f"{title} Those without one by day {horizon}, {without}, stand apart.",
        ("day of the first truce", f"of {len(days)} talks"),
        (*columns, (f"none by day {horizon}", str(without))),
    )


def _dots(heights: Ints, width: int, without: int, horizon: int, tallest: int) -> Layers:
    """Draw columns of dots of so many days each, and apart from them those without a truce."""
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
    unit = WIDTH / (end / width)  # pixels
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, end], nice=False)).axis(
        values=day_ticks(horizon), grid=False, title="day on which the first truce begins"
    )
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, tallest + 1.7], nice=False), axis=None)
    size = np.pi * (0.42 * unit) ** 2
    caption = [{"x": end, "y": tallest + 1.0, "words": f"{without}: none by day {horizon}"}]
    chart = alt.layer(
        chart_of(dots).mark_point(shape="circle", filled=True, opacity=1, color=BLUE, size=size),
        chart_of(apart).mark_point(
            shape="circle", filled=False, opacity=1, color=GREY, strokeWidth=1.2, size=size * 0.8
        ),
        chart_of(caption).mark_text(align="right", color=INK, fontSize=11).encode(text="words:N"),
    )
    return chart.encode(x, y).properties(width=WIDTH, height=unit * (tallest + 1.7))


def _columns(days: Sequence[int | None], width: int) -> Ints:
    """Count the dots in each column of so many days."""
    return np.bincount([(day - 1) // width for day in days if day is not None], minlength=1)


def _tallest(days: Sequence[int | None], width: int) -> int:
    """Count the dots of the tallest column, those without a truce included."""
    return max(int(_columns(days, width).max()), -(-list(days).count(None) // ASIDE))


def _bin_days(horizon: int) -> int:
    """Return a round number of days for a column of dots: there are at most 20 columns."""
    tidy = (1, 2, 3, 5, 7, 10, 14, 20, 30, 60, 90)
    return next((days for days in tidy if horizon / days <= 20), -(-horizon // 20))


def _day_by_which(days: Sequence[int], part: float) -> int | None:
    """Return the day by which some part of those days has come."""
    if not days:
        return None
    return sorted(days)[max(0, int(np.ceil(part * len(days))) - 1)]


def incidence_curves(
    curves: Mapping[str, Mapping[int, Finding]],
    base: Mapping[int, Finding] | None = None,
    name: str = "incidence",
) -> Figure:
    """Draw the share of talks with a first truce by each day, with 95 % intervals.

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
        {"series": words, "day": day, **in_percent(share)}
        for words, curve in series.items()
        for day, share in curve.items()
    ]
    last = {words: curve[max(curve)] for words, curve in curves.items()}
    shares = ", ".join(f"{share_words(share)} ({words})" for words, share in last.items())
    title = f"By day {horizon} a truce has begun in so many of 100 simulated talks: {shares}."
    if len(curves) == 1:
        only = next(iter(last.values()))
        title = f"{share_words(only)} of 100 simulated talks reach a truce by day {horizon}."
    if base:
        title = f"{title[:-1]}; the base rate is {share_words(base[max(base)])} of 100."
    chart = curves_with_bands(
        rows, looks, "day", "of 100 talks, with a truce so far", day_ticks(horizon)
    )
    marks = [day for day in next(iter(curves.values())) if day in table_days(horizon)]
    return Figure(
        name,
        title,
        chart,
        "Curves that rise with the days, each with a band for its interval. " + title,
        ("by day", *series),
        tuple(
            (str(day), *(share_with_interval(curve[day]) for curve in series.values()))
            for day in marks
        ),
    )
