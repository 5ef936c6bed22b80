"""Charts of the debrief as plain Vega-Lite dictionaries, which cost next to nothing to draw."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sim.reporting.charts.kit import BLUE, GREY, INK, ORANGE
from sim.types import Json

#: Pixels: a dot of the model, and the room that a column of dots takes.
DOT, COLUMN = 60, 14

#: The data of a mark that is drawn once, whatever the data of its chart.
ONCE: Json = {"data": {"values": [{}]}}

#: What becomes of a text.
AGREED, NOT_AGREED = "all who can refuse accepted it", "somebody did not accept it"

#: Characters of a label to a line.
LABEL = 24

#: Dots are put into at most so many columns.
BINS = 14


def dots(found: Json) -> tuple[Json, list[list[str]]]:
    """Return the model as dots, each as likely as any other, and the class's tables on top of them.

    Returns the chart and its numbers: column, dots of the model, tables.
    """
    values = [value for value in [*found["model"], *found["tables"].values()] if value is not None]
    place, columns = _columns(values, whole=found["measure"] == "round")
    heights: Counter[str] = Counter()
    rows: list[Json] = []
    for value in found["model"]:
        column = place(value)
        rows.append({"column": column, "height": heights[column], "who": "the model"})
        heights[column] += 1
    for number, value in found["tables"].items():
        column = place(value)
        rows.append(
            {"column": column, "height": heights[column], "who": "a table", "table": number}
        )
        heights[column] += 1
    spec = _dots_spec(rows, columns, heights, measured_in(found))
    counts = Counter(row["column"] for row in rows if row["who"] == "the model")
    numbers = {
        column: [
            row["table"] for row in rows if row["who"] == "a table" and row["column"] == column
        ]
        for column in columns
    }
    return spec, [[c, str(counts[c]), ", ".join(numbers[c]) or "–"] for c in columns]


def _dots_spec(rows: list[Json], columns: list[str], heights: Counter[str], title: str) -> Json:
    """Draw dots of the model in columns, and the tables as numbered squares."""
    x = {
        "field": "column",
        "type": "ordinal",
        "scale": {"domain": columns},
        "axis": {"title": title, "labelAngle": 0, "labelOverlap": True},
    }
    y = {
        "field": "height",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [-0.6, max([*heights.values(), 5])]},
    }
    tables = {"filter": "datum.who == 'a table'"}
    dot = {"type": "point", "filled": True, "size": DOT, "color": BLUE, "opacity": 1}
    square = {"type": "point", "shape": "square", **dot, "size": 170, "color": ORANGE}
    number = {"type": "text", "fontSize": 10, "fontWeight": "bold", "color": INK}
    return {
        "width": "container",
        "height": max(COLUMN * max([*heights.values(), 8]), 150),
        "data": {"values": rows},
        "encoding": {"x": x, "y": y},
        "layer": [
            {"transform": [{"filter": "datum.who == 'the model'"}], "mark": dot},
            {"transform": [tables], "mark": square},
            {"transform": [tables], "mark": number, "encoding": {"text": {"field": "table"}}},
        ],
        "config": _plain(),
    }


def measured_in(found: Json) -> str:
    """Return what the dots measure, in words; pages give worth in points, a hundredth of a util."""
    return str(found["words"]).replace("utils", "points")


def _columns(values: Sequence[float], whole: bool) -> tuple[Any, list[str]]:
    """Return where a value stands, and all the columns there are, in order."""
    none = "none"
    if whole or not values:
        rounds = [str(n) for n in range(1, int(max(values, default=0)) + 1)]
        return (lambda value: none if value is None else str(int(value))), [*rounds, none]
    low, high = min(values), max(values)
    width = max((high - low) / BINS, 0.01)
    labels = [f"{100 * (low + (k + 0.5) * width):.0f}" for k in range(BINS + 1)]

    def place(value: float | None) -> str:
        return none if value is None else labels[min(int((value - low) / width), BINS)]

    return place, [*dict.fromkeys(labels), none]


def strip(found: Json) -> tuple[Json, list[list[str]]]:
    """Draw one issue: how often the model's deals have each level, and which tables signed it."""
    rows = [
        {
            "level": "\n".join(textwrap.wrap(words, LABEL)),
            "share": share,
            "said": f"{round(100 * share)} of 100",
            "tables": ", ".join(n for n, at in found["tables"].items() if at == k),
        }
        for k, (words, share) in enumerate(zip(found["levels"], found["model"], strict=True))
    ]
    y = {
        "field": "level",
        "type": "ordinal",
        "sort": None,
        "axis": {
            "title": None,
            "labelLimit": 170,
            "labelExpr": "split(datum.label, '\\n')",
        },
    }
    spec = {
        "width": "container",
        "height": {"step": 17 * max(2, *(row["level"].count("\n") + 1 for row in rows))},
        "data": {"values": rows},
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "rect", "color": BLUE},
                "encoding": {
                    "opacity": {
                        "field": "share",
                        "type": "quantitative",
                        "scale": {"domain": [0, 1], "range": [0.04, 0.6]},
                        "legend": None,
                    }
                },
            },
            {
                "mark": {"type": "text", "align": "left", "color": INK, "x": 6},
                "encoding": {"text": {"field": "said"}},
            },
            {
                "mark": {"type": "text", "align": "right", "fontWeight": "bold", "color": INK},
                "encoding": {"text": {"field": "tables"}, "x": {"value": {"expr": "width - 6"}}},
            },
        ],
        "config": _plain(),
    }
    numbers = [[row["level"].replace("\n", " "), row["said"], row["tables"] or "–"] for row in rows]
    return spec, numbers


def frontier(found: Json, titles: Mapping[str, str]) -> tuple[Json, list[list[str]]]:
    """Return what both sides could have gained at a table, what was offered, and what was signed.

    Returns the chart and its numbers: for each kind of terms from what to what either side would
    gain, in points, and how many there are.
    """
    one, other = (titles[party] for party in found["parties"][:2])
    rows = []
    for index, on_offer in enumerate(found["on_offer"]):
        if not on_offer:
            continue
        what = "possible"
        if found["efficient"][index]:
            what = "nobody could gain without another losing"
        if index in found["offers"]:
            what = "put on the table"
        if index == found["signed"]:
            what = "signed"
        x, y = found["gains"][0][index], found["gains"][1][index]
        rows.append({"x": 100 * x, "y": 100 * y, "what": what})
    kinds = ["possible", "nobody could gain without another losing", "put on the table", "signed"]
    spec = {
        "width": "container",
        "height": 320,
        "data": {"values": rows},
        "mark": {"type": "point", "filled": True, "opacity": 0.9},
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "title": f"{one}: points over no deal"},
            "y": {"field": "y", "type": "quantitative", "title": f"{other}: points over no deal"},
            "color": {
                "field": "what",
                "type": "nominal",
                "scale": {"domain": kinds, "range": [GREY, BLUE, ORANGE, INK]},
                "legend": {"orient": "bottom", "columns": 1, "title": None, "labelLimit": 300},
            },
            "shape": {
                "field": "what",
                "scale": {"domain": kinds, "range": ["circle", "diamond", "square", "cross"]},
            },
            "size": {
                "field": "what",
                "scale": {"domain": kinds, "range": [14, 60, 110, 260]},
                "legend": None,
            },
        },
        "config": _plain(),
    }
    numbers = []
    for kind in kinds:
        of_kind = [row for row in rows if row["what"] == kind]
        if of_kind:
            spans = [_span([row[axis] for row in of_kind]) for axis in ("x", "y")]
            numbers.append([kind, *spans, str(len(of_kind))])
    return spec, numbers


def _span(values: Sequence[float]) -> str:
    low, high = round(min(values)), round(max(values))
    return f"{low:+d}" if low == high else f"{low:+d} to {high:+d}"


def offers(
    texts: Sequence[Json], injects: Sequence[Json], can_refuse: Sequence[str], in_points: bool
) -> tuple[Json, list[list[str]]]:
    """Return the texts of a table in their order, and how far each was from agreement; news as
    lines.

    How far is how many of those who `can_refuse` accepted; or, `in_points`, what whoever would have
    gained least would have gained over no deal, as it was before the first day: terms that were not
    on offer then have no place in the chart. Returns the chart and its numbers: text, round, how
    far, what became of it.
    """
    rows = _offer_rows(texts, can_refuse, in_points)
    last = max(
        [*(row["round"] for row in rows), *(one["from_round"] for one in injects)], default=1
    )
    layers = _offer_layers(last, len(can_refuse), in_points)
    for inject in injects:
        layers += _news_layers(inject["from_round"])
    spec = {
        "width": "container",
        "height": 220,
        "data": {"values": [row for row in rows if row["near"] is not None]},
        "layer": layers,
        "config": _plain(),
    }
    shown = "{:+.0f}" if in_points else "{:.0f}"
    numbers = [
        [
            row["text"],
            str(row["round"]),
            "–" if row["near"] is None else shown.format(row["near"]),
            str(row["what"]),
        ]
        for row in rows
    ]
    return spec, numbers


def _offer_rows(texts: Sequence[Json], can_refuse: Sequence[str], in_points: bool) -> list[Json]:
    """Place each text in its round, and count how far it was from agreement."""
    in_round = Counter(text["round"] for text in texts)
    seen: Counter[int] = Counter()
    rows = []
    for text in texts:
        seen[text["round"]] += 1
        accepted = sum(role in text["accepted_by"] for role in can_refuse)
        gain = text["least_gain"]
        near = accepted if not in_points else None if gain is None else 100 * gain
        rows.append(
            {
                "at": text["round"] + (seen[text["round"]] - 0.5) / in_round[text["round"]] - 0.5,
                "round": text["round"],
                "near": near,
                "text": text["text"],
                "what": AGREED if accepted == len(can_refuse) else NOT_AGREED,
            }
        )
    return rows


def _offer_layers(last: int, can_refuse: int, in_points: bool) -> list[Json]:
    """Draw a numbered mark for each text, up to the last round."""
    measure = "points over no deal for whoever gains least"
    if not in_points:
        measure = "so many who can refuse accepted it"
    y: Json = {"field": "near", "type": "quantitative", "title": measure}
    if not in_points:
        y["scale"] = {"domain": [-0.3, can_refuse + 0.3]}
        y["axis"] = {
            "values": [*range(can_refuse + 1)],
            "labelExpr": f"datum.value + ' of {can_refuse}'",
        }
    x = {
        "field": "at",
        "type": "quantitative",
        "title": "round",
        "scale": {"domain": [0.5, last + 0.5]},
        "axis": {"values": [*range(1, last + 1)], "format": "d"},
    }
    kinds = [AGREED, NOT_AGREED]
    colour = {
        "field": "what",
        "scale": {"domain": kinds, "range": [ORANGE, BLUE]},
        "legend": {"orient": "bottom", "columns": 1, "title": None, "labelLimit": 300},
    }
    shape = {"field": "what", "scale": {"domain": kinds, "range": ["square", "circle"]}}
    layers: list[Json] = [
        {
            "mark": {"type": "point", "filled": True, "size": 130, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": colour, "shape": shape},
        },
        {
            "mark": {"type": "text", "dy": -13, "fontSize": 11, "color": INK},
            "encoding": {"x": x, "y": y, "text": {"field": "text"}},
        },
    ]
    if in_points:
        ground = {"type": "rule", "strokeDash": [4, 4], "color": GREY, "aria": False}
        layers.insert(0, {**ONCE, "mark": ground, "encoding": {"y": {"datum": 0}}})
    return layers


def _news_layers(from_round: int) -> list[Json]:
    """Draw a line, named "news", before the round from which an inject counts."""
    at = {"x": {"datum": from_round - 0.5}}
    line = {"type": "rule", "strokeWidth": 2, "color": INK, "aria": False}
    name = {"type": "text", "align": "left", "dx": 5, "y": 8, "color": INK, "aria": False}
    return [
        {**ONCE, "mark": line, "encoding": at},
        {**ONCE, "mark": name, "encoding": {**at, "text": {"datum": "news"}}},
    ]


def _plain() -> Json:
    """Return words and lines in the ink of the theme, on no ground of their own."""
    return {
        "background": None,
        "view": {"stroke": None},
        "axis": {
            "labelColor": INK,
            "titleColor": INK,
            "domainColor": GREY,
            "tickColor": GREY,
            "grid": False,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
        },
        "legend": {"labelColor": INK, "labelFontSize": 12},
    }
