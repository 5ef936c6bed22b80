"""The pages Start and What if, as a visitor sees them."""

import os
import re
import signal
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect
from typer.testing import CliRunner

from dashboard.explore.page_state import from_query_params
from sim.cli.app import app
from sim.reporting.summary import of_hundred
from tests.support.visiting import as_json

#: A what-if that is quick to play.
QUICK = "scenario=two-rivers&days=60&runs=200"
SECRET = f"/what-if?{QUICK}&set=leaks:0"


def test_a_first_visitor_compares_within_three_interactions(visit):
    seen = visit(390).goto("/")
    seen.looks_well()
    seen.click("See what happens", "link")  # the first interaction, and the last
    expect(seen.counts).to_have_count(2)
    expect(seen.effect).to_contain_text("By day")
    expect(seen.page.get_by_text("; in history")).to_be_visible()
    expect(seen.page.get_by_text("Not a forecast").first).to_be_visible()
    seen.looks_well()
    expect(seen.counts).to_have_count(2)
    seen.asked_nobody_else()


def test_each_link_of_the_start_page_asks_its_own_question(visit):
    seen = visit().goto("/").click("Ask “what if?”", "link")
    title = seen.page.get_by_role("combobox", name="Scenario")
    expect(title).not_to_have_value("")
    first = title.input_value()
    seen.click("Start", "link")
    seen.page.get_by_role("link", name="Ask “what if?”").last.click()
    expect(title).not_to_have_value(first)
    expect(seen.counts).to_have_count(1)


def test_the_first_look_needs_no_computation_and_each_section_can_be_seen(visit):
    seen = visit().goto("/what-if")
    expect(seen.counts).to_have_count(1)
    for name in ("How it ends", "Terms", "People", "Does it last", "Who refuses", "In the way"):
        seen.page.get_by_text(name, exact=True).first.click()
        seen.rest().has_no_error()
        if name != "How it ends":
            expect(seen.page.get_by_text("The numbers as a table").first).to_be_visible()
        seen.is_accessible("[data-testid=stColumn]:has(h2)")


def test_a_link_shows_another_visitor_the_numbers_of_the_command_line(visit):
    mine = visit().goto(SECRET)
    copied = mine.page.get_by_test_id("stCode")
    expect(copied).to_have_count(2)
    link, citation = copied.all_inner_texts()
    yours = visit(390, "dark")
    yours.page.goto(link.strip())
    command = re.search(r"`parley (.*?)`", citation).group(1).split()
    result = CliRunner().invoke(app, [*command, "--json", "-"])
    effect = as_json(result.stdout)["effects"]["deal_by_60"]
    for seen in (mine, yours):
        expect(seen.counts).to_have_text(
            [of_hundred(effect["baseline"]), of_hundred(effect["changed"])]
        )
    expect(yours.effect).to_have_text(mine.effect.inner_text())


def test_a_reload_keeps_the_levers_the_guess_and_what_was_saved(visit):
    visit().goto(f"/what-if?{QUICK}").rest()  # so that the baseline is known before the guess
    seen = visit().goto(f"{SECRET}&guess=yes")
    expect(seen.counts).to_have_count(1)
    expect(seen.page.get_by_text("Guess first")).to_be_visible()
    expect(seen.effect).to_have_count(0)
    seen.click("Reveal")
    expect(seen.page.get_by_text("you guessed 50 of 100")).to_be_visible()
    expect(seen.counts).to_have_count(2)
    counts = seen.counts.all_inner_texts()
    seen.page.get_by_role("textbox", name="Save this what-if as").fill("nothing leaks")
    seen.click("Save")
    seen.page.reload()
    seen.rest()
    expect(seen.counts).to_have_text(counts)
    expect(seen.page.get_by_text("Your 1 guess")).to_be_visible()
    seen.click("Reset all")
    expect(seen.counts).to_have_count(1)
    seen.click("Open “nothing leaks”")
    expect(seen.counts).to_have_text(counts)
    seen.click("Undo")
    expect(seen.counts).to_have_count(1)


def test_a_killed_worker_leaves_a_clear_message_and_a_working_page(visit, server):
    seen = visit()
    seen.page.goto(f"{server.url}/what-if?scenario=two-rivers&days=730&runs=10000&set=leaks:0")
    expect(seen.page.get_by_text("talks played")).to_be_visible()
    for pid in server.workers():
        os.kill(pid, signal.SIGKILL)
    expect(seen.page.get_by_text("The computation was interrupted")).to_be_visible()
    seen.page.get_by_role("button", name="Ask again").click()
    seen.page.get_by_role("button", name="Cancel").click()
    expect(seen.page.get_by_text("You cancelled this computation")).to_be_visible()
    seen.goto(SECRET)
    expect(seen.counts).to_have_count(2)
    seen.has_no_error()


def test_every_number_can_be_changed_and_what_comes_out_can_be_taken_away(visit):
    seen = visit().goto(f"/what-if?{QUICK}")
    seen.page.get_by_text("Advanced: every number").click()
    seen.rest()
    value = seen.page.get_by_role("textbox", name="Try this value instead")
    value.fill("much")
    value.press("Enter")
    expect(seen.page.get_by_test_id("stAlert").first).to_be_visible()
    value.fill("0.5")
    value.press("Enter")
    seen.rest().click("Use it")
    expect(seen.counts).to_have_count(2)
    expect(seen.page.get_by_test_id("stCode").first).to_contain_text("&key=")
    seen.is_accessible()
    seen.page.get_by_text("Take away").click()
    seen.rest()
    for name, begins in (("PNG", b"\x89PNG"), ("SVG", b"<svg"), ("Numbers", b"\xef\xbb\xbf")):
        assert downloaded(seen, name).startswith(begins)
    seen.page.get_by_role("textbox", name="Your own reasoning").fill("Because <b>I</b> say so.")
    seen.page.get_by_text("Make the one-page report").click()
    report = downloaded(seen.rest(), "Report").decode()
    assert "Because &lt;b&gt;I&lt;/b&gt; say so." in report
    seen.has_no_error()
    seen.asked_nobody_else()


def downloaded(seen, name):
    """What a button gives to keep."""
    with seen.page.expect_download() as begun:
        seen.page.get_by_test_id("stDownloadButton").filter(has_text=name).click()
    return begun.value.path().read_bytes()


def test_a_lever_through_its_whole_range_never_contradicts_its_text(visit):
    seen = visit().goto(f"/what-if?{QUICK}")
    thumb = seen.page.get_by_role("slider", name="How leaky the talks are")
    thumb.press("Home")
    for _ in range(3):
        seen.rest().has_no_error()
        says_what_it_shows(seen)
        for _ in range(8):  # faster than anything can be computed
            thumb.press("ArrowRight")
    thumb.press("End")
    seen.rest().has_no_error()
    says_what_it_shows(seen)
    expect(thumb).to_have_value(thumb.get_attribute("max"))


def says_what_it_shows(seen):
    """The sentence about the effect agrees with the numbers above it."""
    expect(seen.counts.first).to_be_visible()
    counts = [float(count) for count in seen.counts.all_inner_texts()]
    said = seen.effect.inner_text()
    if " more of 100" in said:
        assert counts[1] >= counts[0]
    elif " fewer of 100" in said:
        assert counts[1] <= counts[0]
    else:
        assert "within noise" in said or "no difference" in said or len(counts) == 1


def test_new_luck_is_another_seed_and_the_usual_luck_is_the_same_again(visit):
    seen = visit().goto(SECRET)
    expect(seen.counts).to_have_count(2)
    usual = seen.counts.all_inner_texts()
    seen.click("New luck")
    seen.page.wait_for_url("**seed=**")
    (seed,) = parse_qs(urlsplit(seen.page.url).query)["seed"]
    expect(seen.page.get_by_text(f"Seed {seed}", exact=True)).to_be_visible()
    expect(seen.page.get_by_text(f"--seed {seed} ")).to_be_visible()
    expect(seen.counts).to_have_count(2)
    seen.click("Usual luck")
    expect(seen.counts).to_have_text(usual)


WRONG = {
    "scenario=../../etc/passwd": 1,
    "scenario=![x](http://127.0.0.1:9/x.png)": 1,
    "scenario=two-rivers&set=leaks:99&set=nothing:1&set=leaks"
    "&days=-1&runs=99999999&seed=x&key=parties.nobody.optimism:1&key=truce.shape:abc": 8,
}


@pytest.mark.parametrize("query", WRONG)
def test_a_hostile_or_stale_link_is_answered_with_a_sentence(visit, query):
    warnings = from_query_params(parse_qs(query))[1]
    assert len(warnings) == WRONG[query]
    seen = visit().goto(f"/what-if?{query}")
    for sentence in warnings:
        expect(seen.page.get_by_test_id("stAlert").filter(has_text=sentence)).to_be_visible()
    expect(seen.counts).to_have_count(1)
    expect(seen.page.locator("img[src*='127.0.0.1:9']")).to_have_count(0)
    seen.has_no_error()
    seen.asked_nobody_else()


def test_an_outside_event_is_put_on_a_day_and_taken_off_it(visit):
    seen = visit().goto(f"/what-if?{QUICK}")
    seen.page.get_by_text("What happens outside").click()
    seen.rest()
    day = seen.page.get_by_role("spinbutton", name="A rockslide closes the pass to Northmark")
    day.fill("20")
    day.press("Enter")
    expect(seen.counts).to_have_count(2)
    codes = seen.page.get_by_test_id("stCode")
    expect(codes.first).to_contain_text("key=events.pass_closes.scheduled%3A20")
    expect(codes.nth(1)).to_contain_text("--event pass_closes@20")
    seen.is_accessible()
    day.fill("")
    day.press("Enter")
    expect(seen.counts).to_have_count(1)
    seen.has_no_error()
