"""The page Build a scenario, as a visitor sees it, and what it keeps."""

import re

import pytest
from playwright.sync_api import expect

from dashboard.explore import user_scenarios
from dashboard.explore.page_state import from_query_params
from sim.scenario.errors import ScenarioError
from sim.scenario.loading import find_scenario, read_text, sha256_of
from sim.scenario.yaml_tree import rewrite_text, set_values

ORIGINAL = find_scenario("two-rivers").read_text(encoding="utf-8")


def test_a_visitor_edits_a_copy_in_forms_breaks_it_as_a_text_and_loses_nothing(visit):
    seen = visit().goto("/build")
    seen.looks_well()
    seen.page.get_by_role("textbox", name="title", exact=True).fill("Three Rivers")
    seen.click("Put it into the file")
    expect(seen.page.get_by_text("The file is fine")).to_be_visible()
    seen.page.get_by_text("As a text", exact=True).click()
    seen.rest()
    box = seen.page.get_by_role("textbox", name="The file, in YAML")
    expect(box).to_have_value(re.compile('title: "Three Rivers"'))
    text = box.input_value()
    broken = text.replace("days: 180", "days: soon")
    box.fill(broken)
    seen.click("Check")
    with pytest.raises(ScenarioError) as error:
        read_text(broken, "my-scenario.yaml")
    for complaint in error.value.complaints:
        expect(seen.page.get_by_text(str(complaint))).to_be_visible()
    seen.is_accessible()
    seen.page.reload()
    seen.rest()
    expect(seen.page.get_by_text("1 thing is wrong")).to_be_visible()
    seen.page.get_by_role("textbox", name="days", exact=True).fill("20")
    seen.click("Put it into the file")
    seen.click("Run it in What if", "link")
    expect(seen.counts).to_have_count(1)
    expect(seen.page.locator(".parley-note").first).to_contain_text("truce by day 20")
    seen.has_no_error()
    seen.asked_nobody_else()


def test_a_text_written_anew_says_the_same_and_keeps_its_comments():
    same = rewrite_text(ORIGINAL, set_values(ORIGINAL))
    assert sha256_of(read_text(same, "copy")) == sha256_of(read_text(ORIGINAL, "original"))
    text = rewrite_text(ORIGINAL, {"days": "20", "title": 'A "new": title'})
    assert read_text(text, "new").days == 20
    assert read_text(text, "new").title == 'A "new": title'
    assert text.startswith(ORIGINAL.partition("scenario:")[0])


def test_a_kept_text_is_found_by_its_name_and_a_wrong_one_is_answered_with_a_sentence(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path))
    name = user_scenarios.save(rewrite_text(ORIGINAL, {"days": "33"}))
    what_if, warnings = from_query_params({"scenario": [name]})
    assert (what_if.days, warnings) == (33, [])
    what_if, warnings = from_query_params({"scenario": [user_scenarios.save("scenario: nothing")]})
    assert "has mistakes" in warnings[0]
    for hostile in ("own-../../etc/passwd", "own-0", "own-" + "0" * 24):
        assert not user_scenarios.exists(hostile)
    with pytest.raises(ValueError, match="shorten"):
        user_scenarios.save("x" * (user_scenarios.MAX_SCENARIO_BYTES + 1))
