"""The pages Why, Compare cases, and Sources and limits, as a visitor sees them."""

import pytest
from playwright.sync_api import expect
from typer.testing import CliRunner

from dashboard.explore import glossary
from dashboard.explore.compute import compare_cases
from sim.cli.app import app
from sim.findings.statistics import share
from sim.reporting.summary import of_hundred
from tests.support.visiting import as_json

QUICK = "scenario=two-rivers&days=60&runs=200"


def test_why_shows_what_is_in_the_way_with_the_numbers_of_the_command_line(visit):
    seen = visit().goto(f"/why?{QUICK}")
    words = ["why", "two-rivers", "--days", "60", "--runs", "20", "--workers", "1", "--json", "-"]
    no_zopa = as_json(CliRunner().invoke(app, words).stdout)["structural"]["no_zopa"]
    expect(
        seen.page.get_by_text(f"In {of_hundred(no_zopa['estimate'])} of 100 talks no package")
    ).to_be_visible()
    seen.looks_well()
    seen.page.get_by_text("Obstacles", exact=True).first.click()
    expect(seen.page.get_by_role("heading", name="one obstacle were taken away")).to_be_visible()
    seen.looks_well()
    seen.asked_nobody_else()


def test_two_cases_stand_side_by_side(visit):
    seen = visit().goto(f"/compare?{QUICK}&seed=7&set=leaks:0")
    second = seen.page.get_by_role("combobox", name="Second")
    second.click()
    seen.page.get_by_role("option", name="Two Rivers – an invented conflict", exact=True).click()
    expect(seen.page.get_by_text("both with the same luck")).to_be_visible()
    expect(seen.page.get_by_text("here both are played with seed 7")).to_be_visible()
    seen.rest()
    words = ["compare", "two-rivers", "--days", "60", "--runs", "200", "--seed", "7"]
    words += ["--set", "leaks=0", "--json", "-"]
    effect = as_json(CliRunner().invoke(app, words).stdout)["effects"]["deal_by_60"]
    expect(seen.counts).to_have_text(
        [of_hundred(effect["changed"]), of_hundred(effect["baseline"])]
    )
    counts = seen.counts.all_inner_texts()
    other = visit().goto(seen.page.url.removeprefix(seen.server.url))  # who has saved nothing
    expect(other.counts).to_have_text(counts)
    expect(other.page.get_by_test_id("stAlert")).to_have_count(0)
    other.goto("/compare?first=saved:mine&second=scenario:two-rivers")
    expect(other.page.get_by_text("cannot be found here")).to_be_visible()
    seen.page.get_by_text("How it ends", exact=True).click()
    expect(seen.rest().page.get_by_role("heading", name="How do talks stand")).to_have_count(2)
    seen.looks_well()
    seen.asked_nobody_else()


def test_sources_and_limits_stand_beside_what_the_model_gets_wrong(visit):
    seen = visit().goto("/sources?scenario=gaza-2024-01")
    words = ["run", "gaza-2024-01", "--runs", "1", "--days", "1", "--json", "-"]
    kinds = as_json(CliRunner().invoke(app, words).stdout)["assumptions"]
    said = f"{kinds['sourced']} have a source, {kinds['judgement']} are our judgement"
    expect(seen.page.get_by_text(said)).to_be_visible()
    expect(seen.page.get_by_text("Not to forecast a conflict")).to_be_visible()
    expect(
        seen.page.get_by_text("One side often gives in to all that the other has said.")
    ).to_be_visible()
    seen.page.get_by_text("Stylised facts").first.click()
    expect(seen.page.get_by_text("not settled").first).to_be_visible()
    seen.is_accessible()
    seen.looks_well()
    seen.asked_nobody_else()


def test_every_page_leads_to_the_glossary_and_it_explains_each_word_once(visit):
    seen = visit().goto("/sources").click("What the words mean", "link")
    for word in ("Zone of possible agreement", "Same luck", "95 % interval", "Lever"):
        expect(seen.page.get_by_text(f"{word}", exact=False).first).to_be_visible()
    seen.looks_well()
    words = [word for subject in glossary.WORDS.values() for word in subject]
    assert len(words) == len(set(words))


def test_newcombes_interval_is_that_of_his_table():
    # 56 of 70 less 48 of 80, method 10 without continuity: 0.0524 to 0.3339 (1998, Table II, a)
    first = share("first", [True] * 48 + [False] * 32, "")
    second = share("second", [True] * 56 + [False] * 14, "")
    assert compare_cases.difference(first, second) == pytest.approx((0.0524, 0.3339), abs=1e-4)
