"""Claims about the page: it is whole, needs nothing else, and says the same as the summary."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.engine.outcomes import NONE, Outcomes
from sim.engine.simulate import compare, simulate
from sim.reporting import html_report, summary
from sim.reporting.html_report import Page
from sim.reporting.models import EffectEstimate
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario

#: Plays many talks before its first test.
pytestmark = pytest.mark.slow

MINIMAL = Path(__file__).parents[2] / "scenarios" / "minimal.yaml"
RUNS = 60

#: Elements without an end.
VOID = {"meta", "link", "br", "hr", "img", "input"}

SECTIONS = [
    "headline",
    "truce-begins",
    "endings",
    "terms",
    "people",
    "truce-lasts",
    "blockers",
    "why",
    "mechanisms",
    "mediation",
    "sensitivities",
    "assumptions",
    "again",
]


class Reader(HTMLParser):
    """What a page consists of; fails where elements are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def ids(self) -> list[str]:
        return [attrs["id"] for _, attrs in self.elements if "id" in attrs]

    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario(MINIMAL)


@pytest.fixture(scope="module")
def outcomes(scenario) -> Outcomes:
    return simulate(scenario, runs=RUNS, seed=3)


@pytest.fixture(scope="module")
def whole(scenario, outcomes) -> Page:
    """A page with everything."""
    further = html_report.look_further(outcomes, scenario, runs=8, workers=1)
    return html_report.report(outcomes, scenario, "parley report x --out 'a b'", further)


@pytest.fixture(scope="module")
def html(whole) -> str:
    return html_report.as_html(whole)


@pytest.fixture(scope="module")
def brief(scenario, outcomes) -> Page:
    """A page without what takes talks of its own."""
    return html_report.report(outcomes, scenario, "x", None)


def test_the_page_is_sound_html_and_has_every_section(html):
    reader = Reader(html)
    ids = reader.ids()
    assert len(set(ids)) == len(ids)
    assert [name for name in ids if name in SECTIONS] == SECTIONS
    targets = {
        attrs["href"][1:]
        for tag, attrs in reader.elements
        if tag == "a" and attrs["href"].startswith("#")
    }
    assert targets <= set(ids)


def test_the_page_fetches_nothing(html):
    for tag, attrs in Reader(html).elements:
        assert tag not in ("script", "iframe", "object", "embed", "img")
        assert not any(name.startswith("on") or name in ("src", "srcset") for name in attrs)
        if tag == "a":
            continue  # for people to follow
        for name, value in attrs.items():
            assert "//" not in (value or ""), (tag, name, value)
    styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert not any("@import" in style or "url(" in style for style in styles)
    assert "default-src 'none'" in html


def test_every_chart_has_words_and_a_table(scenario, whole, html):
    elements = Reader(html).elements
    pictures = [attrs["aria-label"] for _, attrs in elements if attrs.get("role") == "img"]
    assert pictures == [figure.alt for figure in whole.figures]
    assert (
        sum(tag == "svg" for tag, _ in elements) == len(whole.figures) >= 11 + len(scenario.issues)
    )
    tables = [attrs for tag, attrs in elements if attrs.get("class") == "numbers"]
    assert len(tables) == len(whole.figures)


def test_the_page_says_what_the_summary_says(scenario, outcomes, whole, html):
    found = summary.summary(outcomes, scenario)
    assert {**whole.data[html_report.SUMMARY], "command": ""} == found.as_data()
    words = Reader(html).words()
    for day, share in found.deal.by_day.items():
        line = f"{summary.frequency(share)} simulated talks reach a truce by day {day}"
        assert line in words
    truces = found.deal.by_day["60"].estimate
    dots = next(figure for figure in whole.figures if figure.name == "first-truce")
    without = int(dots.rows[-1][1])
    assert abs(100 - without - 100 * truces) <= 0.5
    home = next(iter(found.exchange.by_pool.values()))["returned_alive"].mean
    people = next(figure for figure in whole.figures if figure.name == "captives")
    assert people.rows[0][2] == f"{home:,.1f}"


def test_the_page_says_what_it_rests_on(scenario, outcomes, html):
    words = Reader(html).words()
    assert summary.NOT_A_FORECAST in words
    assert "There is no base rate" in words
    for path in scenario.quantities():
        assert path in words
    for part in (outcomes.sha256, outcomes.version, "parley report x --out 'a b'", "seed 3"):
        assert part in words
    for limit in scenario.limits:
        assert limit in words


ODD_TITLE = "<script>alert(1)</script> & 'co'"


@pytest.fixture(scope="module")
def odd_html(outcomes, scenario) -> str:
    """The page of a scenario by somebody who means ill."""
    issue, first = next(iter(scenario.issues.items()))
    name, source = next(iter(scenario.sources.items()))
    link = source.model_copy(update={"url": "javascript:alert(1)", "title": "A gazette"})
    odd = scenario.model_copy(
        update={
            "title": ODD_TITLE,
            "limits": ["<img src=x onerror=alert(1)>"],
            "issues": {**scenario.issues, issue: first.model_copy(update={"title": "<b>bold</b>"})},
            "sources": {**scenario.sources, name: link},
        }
    )
    return html_report.as_html(html_report.report(outcomes, odd, "x </pre><script>", None))


def test_words_of_a_scenario_are_escaped(odd_html):
    reader = Reader(odd_html)
    assert {"script", "img", "b"}.isdisjoint(tag for tag, _ in reader.elements)
    assert ODD_TITLE in reader.words()


def test_only_links_that_people_can_follow_are_links(odd_html):
    assert "javascript:" not in odd_html
    assert "A gazette" in odd_html


# --- What is left out is said to be


def test_what_was_not_computed_is_left_out_with_the_reason(brief):
    missing = {section.name: section.missing for section in brief.sections if section.missing}
    assert set(missing) == {"why", "mechanisms", "mediation", "sensitivities"}
    words = Reader(html_report.as_html(brief)).words()
    for reason in missing.values():
        assert reason.startswith("Left out: ")
        assert reason in words
    assert html_report.WHY not in brief.data


def test_talks_without_a_deal_have_no_terms_and_no_truce_to_follow(scenario, outcomes):
    nothing = np.full(RUNS, NONE, dtype=np.int16)
    none = replace(
        outcomes,
        deal_day=nothing,
        deal_package=nothing,
        truces=np.zeros(RUNS, dtype=np.int16),
        truce_end=nothing.astype(np.int8),
    )
    words = Reader(html_report.as_html(html_report.report(none, scenario, "x", None))).words()
    assert "No deal was signed, so there are no terms to show." in words
    assert "No truce began" in words
    assert "In 0 of 100 simulated talks a truce begins." in words


# --- Comparisons


def test_a_comparison_shows_both_arms_and_speaks_of_noise(scenario):
    name, lever = next(iter(scenario.levers.items()))
    both = compare(scenario, levers={name: lever.high}, runs=RUNS, seed=3)
    told = html_report.comparison(both, scenario, "parley compare x")
    reader = Reader(html_report.as_html(told))
    assert {"effects", "truce-begins", "terms", "people", "truce-lasts"} <= set(reader.ids())
    names = [figure.name for figure in told.figures]
    assert {"first-truce-baseline", "first-truce-changed"} <= set(names)
    words = reader.words()
    assert "noise" in words or "exactly no difference" in words
    assert f"Changed: {name} = {lever.high:g}." in words
    found = summary.comparison_summary(both, scenario)
    effect = found.effects["returned_alive"]
    assert f"{effect.baseline:,.1f}" in words
    assert f"{effect.changed:,.1f}" in words


def test_a_change_that_does_nothing_is_said_to_do_nothing(scenario):
    name, lever = next(iter(scenario.levers.items()))
    same = compare(scenario, levers={name: lever.default}, runs=20)
    words = Reader(html_report.as_html(html_report.comparison(same, scenario, "x"))).words()
    assert "exactly 0 in every run of 20" in words
    assert "which is more than noise" not in words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.01, 0.09, "+5.0 (95 % interval +1.0 to +9.0), which is more than noise"),
        (-0.01, 0.11, "which so many talks cannot tell from noise"),
        (None, None, "+5.0, from a single run"),
    ],
)
def test_a_difference_is_told_with_its_noise(low, high, words):
    effect = EffectEstimate(
        estimate=0.05, low=low, high=high, baseline=0.3, changed=0.35, exactly_zero=False
    )
    assert summary.judged("deal_by_90", effect, 40).endswith(words)


# --- On disk


def test_the_command_writes_the_page_its_charts_and_its_numbers(tmp_path):
    words = ["report", str(MINIMAL), "--runs", "30", "--further", "0", "--out", str(tmp_path / "a")]
    result = CliRunner().invoke(app.app, words)
    assert result.exit_code == 0, result.output
    folder = tmp_path / "a"
    found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert found["runs"] == 30
    assert found["command"] in Reader((folder / "report.html").read_text(encoding="utf-8")).words()
    svg = {path.stem for path in (folder / "charts").glob("*.svg")}
    assert svg == {path.stem for path in (folder / "charts").glob("*.png")}
    assert {"first-truce", "incidence", "captives", "survival", "blockers"} <= svg
    assert {f"terms-{issue}" for issue in load_scenario(MINIMAL).issues} <= svg


def test_a_comparison_is_written_if_wanted(tmp_path):
    lever = next(iter(load_scenario(MINIMAL).levers))
    value = load_scenario(MINIMAL).levers[lever].high
    words = ["compare", str(MINIMAL), "--set", f"{lever}={value}", "--runs", "20"]
    result = CliRunner().invoke(app.app, [*words, "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "report.html").is_file()
    assert "comparison" in json.loads((tmp_path / "summary.json").read_text())["schema"]
