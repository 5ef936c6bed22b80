"""How long first truces stay in force, and what ends them."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt

from sim.findings.statistics import Finding
from sim.reporting.charts.kit import (
    LOOKS,
    WIDTH,
    Figure,
    Layers,
    Rows,
    chart_of,
    curves_with_bands,
    day_ticks,
    in_percent,
    share_with_interval,
    share_words,
    table_days,
)
from sim.reporting.summary import of_hundred

#: Colours of areas that lie on each other, the darkest at the bottom (Okabe and Ito, 2008).
AREAS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#F0E442")


def survival_curves(curves: Mapping[str, Mapping[int, Finding]], name: str = "survival") -> Figure:
    """Draw the share of first truces that are still in force so many days after they began."""
    estimated = {
        words: {day: share for day, share in curve.items() if share.estimate is not None}
        for words, curve in curves.items()
    }
    series = {f"{words} (band: 95 %)": curve for words, curve in estimated.items()}
    rows = [
        {"series": words, "day": day, **in_percent(share)}
        for words, curve in series.items()
        for day, share in curve.items()
    ]
    longest = max(max(curve, default=1) for curve in estimated.values())
    parts = []
    for words, curve in estimated.items():
        marks = [
            f"{share_words(curve[day])} after {day} days" for day in (7, 30, 60) if day in curve
        ]
        parts.append((f"{words}: " if len(estimated) > 1 else "") + ", ".join(marks))
    title = f"Of 100 first truces so many are still in force: {'; '.join(parts)}."
    chart = curves_with_bands(
        rows,
        dict(zip(series, LOOKS, strict=False)),
        "days since the truce began",
        "of 100 first truces, in force",
        day_ticks(longest),
    )
    shown = [
        day
        for day in sorted({7, *table_days(longest)})
        if all(day in curve for curve in estimated.values())
    ]
    return Figure(
        name,
        title,
        chart,
        f"Curves that fall with the days, each with a band for its interval. {title}",
        ("days after it began", *series),
        tuple(
            (str(day), *(share_with_interval(curve[day]) for curve in estimated.values()))
            for day in shown
        ),
    )


def truce_end_areas(
    curves: Mapping[str, Mapping[int, Finding]], name: str = "truce-ends", arm: str = ""
) -> Figure:
    """Draw the share of first truces that each cause has ended so many days after they began.

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
    parts = [f"{cause} {share_words(curve[longest])}" for cause, curve in ended.items()]
    opening = f"{arm.capitalize()}: of" if arm else "Of"
    title = f"{opening} 100 first truces {of_hundred(below.get(longest, 0.0) / 100)} have ended "
    title += f"within {longest} days."
    order = list(reversed(ended))  # as the areas lie
    shown = [day for day in sorted({7, *table_days(longest)}) if day in days]
    return Figure(
        name,
        title,
        _piled(rows, order, longest),
        "Areas on each other that rise with the days; what is above them is in force. "
        f"{title} By cause: {', '.join(parts) or 'none'}.",
        ("days after it began", *curves),
        tuple(
            (str(day), *(share_with_interval(curve[day]) for curve in curves.values()))
            for day in shown
        ),
    )


def _piled(rows: Rows, order: list[str], longest: int) -> Layers:
    """Draw areas between two edges over days, told apart by colour and by their order."""
    colours = dict(zip(reversed(order), AREAS * len(order), strict=False))
    causes = alt.Legend(orient="top", direction="vertical", title=None, symbolType="square")
    legend = causes if order else None  # a legend of nothing has no size
    colour = alt.Color("cause:N", sort=order, legend=legend).scale(
        domain=order, range=[colours[cause] for cause in order]
    )
    x = alt.X("day:Q").scale(domain=[0, longest])
    x = x.axis(values=day_ticks(longest), grid=False, title="days since the truce began")
    y = alt.Y("from:Q").scale(domain=[0, 100]).axis(title="of 100 first truces, ended", tickCount=5)
    areas = chart_of(rows).mark_area(interpolate="step-after", stroke="white", strokeWidth=1)
    layer = areas.encode(x, y, alt.Y2("to:Q"), colour)
    return alt.layer(layer).properties(width=WIDTH - 34, height=210)
