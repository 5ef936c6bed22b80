"""Claims about charts: they show the numbers they are given, in words and as a table too."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from sim import findings
from sim.engine.outcomes import NONE, Outcomes
from sim.engine.simulate import simulate
from sim.findings.statistics import Effect, Finding, Spread
from sim.reporting.charts.effects import effect_dots
from sim.reporting.charts.kit import Figure, as_svg, png_of, wrapped
from sim.reporting.charts.shares import people_ranges, share_bars
from sim.reporting.charts.survival import survival_curves, truce_end_areas
from sim.reporting.charts.truce_timing import first_truce_dots, incidence_curves, quantile_days

MINIMAL = Path(__file__).parents[2] / "scenarios" / "minimal.yaml"


def found(estimate: float | None, low: float = 0.2, high: float = 0.6) -> Finding:
    return Finding("some share", estimate, low, high, 50, "share of something")


def some_figures() -> list[Figure]:
    by_day = {day: found(day / 100, day / 120, day / 80) for day in range(0, 61, 10)}
    labels = {"a week": found(0.4), "as long as <talks> & patience last": found(0.05, 0.0, 0.2)}
    spreads = {"come home alive": Spread("x", 12.34, 0.0, 10.0, 30.0, 50, "")}
    change = Effect("x", 0.1, -0.1, 0.3, 50, "", baseline=0.4, changed=0.5, exactly_zero=False)
    nothing = Effect("x", 0.0, 0.0, 0.0, 50, "", baseline=0.4, changed=0.4, exactly_zero=True)
    return [
        first_truce_dots([3, 14, 14, 60, None], 60),
        incidence_curves({"simulated talks": by_day}, by_day),
        share_bars("terms", "What deals say.", {"": {"Length": labels}}),
        share_bars("both", "Two.", {"before": {"": labels}, "after": {"": labels}}),
        people_ranges("people", "How many.", {"": {"Held": spreads}}),
        people_ranges("both-people", "Two.", {"before": {"": spreads}, "after": {"": spreads}}),
        survival_curves({"truces": {day: found(1 - day / 90) for day in range(0, 61, 10)}}),
        truce_end_areas({c: {d: found(d / 200) for d in range(0, 61, 10)} for c in ("a", "b")}),
        effect_dots("change", "What it adds.", {"": {"a": change, "b": nothing}}, "of 100"),
    ]


@pytest.fixture(scope="module")
def figures() -> list[Figure]:
    return some_figures()


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    return simulate(MINIMAL, runs=80, seed=3)


def test_each_chart_is_told_in_a_sentence_in_words_and_as_a_table(figures):
    for figure in figures:
        assert figure.title.endswith("."), figure.name
        assert figure.title in figure.alt
        assert len(figure.alt) > len(figure.title) + 20
        assert figure.rows
        assert {len(row) for row in figure.rows} == {len(figure.head)}, figure.name


def test_each_chart_is_a_picture_that_a_phone_can_show(figures):
    for figure in figures:
        drawn = as_svg(figure)
        tree = ET.fromstring(drawn)
        assert 300 <= float(tree.attrib["width"]) <= 380, figure.name
        assert "".join(figure.title.split()) in "".join("".join(tree.itertext()).split())
        assert png_of(drawn).startswith(b"\x89PNG")


def test_charts_keep_to_vegas_schema(figures):
    for figure in figures:
        assert figure.chart.to_dict(validate=True)


def test_words_of_a_scenario_are_escaped_in_a_chart(figures):
    svg = as_svg(figures[2])
    assert "<talks>" not in svg
    assert "&lt;talks&gt;" in svg


def test_charts_on_one_page_share_no_identifiers(figures):
    names = [set(re.findall(r'\bid="([^"]+)"', as_svg(figure))) for figure in figures]
    assert len(set().union(*names)) == sum(map(len, names))
    for figure, own in zip(figures, names, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", as_svg(figure))) <= own


def test_arms_differ_by_more_than_colour(figures):
    svg = as_svg(figures[3])
    assert 'fill="white"' in svg.replace('<rect width="', "", 1)
    assert as_svg(figures[1]).count("stroke-dasharray") >= 2


def test_the_path_of_a_number_is_broken_at_its_dots():
    assert wrapped("parties.a.constituencies.families.influence").split("\n") == [
        "parties.a.",
        "constituencies.",
        "families.influence",
    ]


# --- Dots


def test_dots_are_the_quantiles_of_all_talks(outcomes):
    days = quantile_days(outcomes, dots=len(outcomes))
    signed = np.sort(outcomes.deal_day[outcomes.deal_day != NONE]).tolist()
    assert days == signed + [None] * (len(outcomes) - len(signed))


@pytest.mark.parametrize("dots", [20, 50, 100])
def test_so_many_dots_have_a_truce_as_talks_do(outcomes, dots):
    having = sum(day is not None for day in quantile_days(outcomes, dots))
    share = findings.deal_by(outcomes, outcomes.days).estimate
    assert abs(having - dots * share) <= 0.5 + 1e-9


def test_every_talk_has_its_dot_and_those_without_a_truce_stand_apart():
    figure = first_truce_dots([1, 10, 11, 180, None, None], 180)
    drawn = figure.chart.to_dict()
    agreed, apart = (drawn["datasets"][layer["data"]["name"]] for layer in drawn["layer"][:2])
    assert [dot["x"] for dot in agreed] == [5, 5, 15, 175]
    assert len(apart) == 2
    assert min(dot["x"] for dot in apart) > 180
    assert figure.title == "In 4 of 6 simulated talks a truce begins; half of these by day 10."
    assert figure.rows[0] == ("1 to 10", "2")
    assert figure.rows[-1] == ("none by day 180", "2")
    assert sum(int(row[1]) for row in figure.rows) == 6


@pytest.mark.parametrize("days", [[None] * 4, [1, 1, 1]])
def test_dots_can_be_drawn_where_all_or_none_agree(days):
    figure = first_truce_dots(days, 1)
    assert as_svg(figure)
    assert f"In {len(days) - days.count(None)} of {len(days)}" in figure.title


# --- Numbers


def test_tables_have_the_numbers_of_the_findings(figures):
    _, incidence, terms, both, people, _, survival, ends, change = figures
    assert ("30", "30 (25 to 38)", "30 (25 to 38)") in incidence.rows
    assert terms.rows[0] == ("Length", "a week", "40 (20 to 60)")
    assert both.head == ("", "before, of 100", "after, of 100")
    assert people.rows == (("Held", "come home alive", "12.3", "0 to 30"),)
    assert ("30", "67 (20 to 60)") in survival.rows
    assert ("30", "15 (20 to 60)", "15 (20 to 60)") in ends.rows
    assert ends.title == "Of 100 first truces 60 have ended within 60 days."
    assert change.rows == (("a", "+10.0 (-10.0 to +30.0)"), ("b", "exactly 0 in every run of 50"))


def test_causes_that_end_truces_lie_on_each_other_and_add_up(figures):
    figure = next(figure for figure in figures if figure.name == "truce-ends")
    (rows,) = figure.chart.to_dict()["datasets"].values()
    last = [(row["cause"], row["from"], row["to"]) for row in rows if row["day"] == 60]
    assert last == [("a", 0, 30), ("b", 30, 60)]


def test_where_no_truce_has_ended_or_none_was_followed_the_chart_says_so():
    holding = truce_end_areas({"a": {0: found(0.0), 60: found(0.0)}})
    assert holding.title == "Of 100 first truces 0 have ended within 60 days."
    assert "By cause: none." in holding.alt
    assert as_svg(holding)
    short = truce_end_areas({"a": {0: found(0.1), 60: found(None)}})
    assert short.title == "Of 100 first truces 10 have ended within 0 days."
    assert as_svg(short)


def test_what_nobody_knows_is_not_drawn_but_told():
    labels = {"known": found(0.5), "unknown": found(None)}
    figure = share_bars("x", "Some.", {"": {"": labels}})
    assert figure.rows[1] == ("unknown", "unknown")
    assert as_svg(figure)
    nothing = share_bars("x", "None.", {"": {"": {"unknown": found(None)}}})
    assert "There is nothing to show." in nothing.alt
    assert as_svg(nothing)


def test_dots_of_arms_side_by_side_stand_on_one_scale():
    few, many = [3, 40, None, None], [3, 3, 3, 3]
    alone = first_truce_dots(few, 60).chart.height
    beside = first_truce_dots(few, 60, beside=(few, [1] * 30)).chart.height
    assert beside > alone
    assert beside == first_truce_dots([1] * 30, 60, beside=(many, few)).chart.height
