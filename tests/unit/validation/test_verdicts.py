"""The rules by which an effect is judged, and what is kept of several calls."""

import json

import pytest

from sim.scenario.loading import load_scenario
from sim.scenario.schema import Ends, Expectation
from sim.validation import verdicts
from sim.validation.verdicts import (
    OUTCOMES,
    JudgedMediation,
    LeverSign,
    Measured,
    Signs,
    StoredSigns,
    mildest,
    record_path,
    signs_fingerprint,
    store,
    stored_verdicts,
    verdict_on,
    verdict_on_fewer_or_none,
    verdict_on_texts,
    worst,
)

CASE = load_scenario("two-rivers")
LEAKS = CASE.levers["leaks"]


def effects(**estimates: float) -> dict[str, Measured]:
    """Effects on all outcomes, with a standard error of 1 in 1,000; 0 unless said."""
    return {name: Measured(estimate=estimates.get(name, 0.0), se=0.001) for name in OUTCOMES}


def signs(name: str = "leaks", seed: int = 1, **estimates: float) -> Signs:
    """A call that looked at the upper end of one lever."""
    row = LeverSign.of(name, CASE.levers[name], "high", effects(**estimates))
    return Signs(runs=100, seed=seed, levers=[row], mediators=None)


def record(*calls: Signs) -> StoredSigns:
    """A record that is fresh."""
    return StoredSigns(
        scenario=CASE.scenario, fingerprint=signs_fingerprint(CASE), calls=list(calls)
    )


# --- One effect


@pytest.mark.parametrize(
    ("expect", "estimate", "se", "verdict"),
    [
        ("more", 0.02, 0.004, "as expected"),
        ("more", -0.02, 0.004, "against"),
        ("fewer", -0.02, 0.004, "as expected"),
        ("fewer", 0.02, 0.004, "against"),
    ],
)
def test_a_clear_effect_is_as_expected_or_against(expect, estimate, se, verdict):
    assert verdict_on(expect, estimate, se) == verdict


@pytest.mark.parametrize("estimate", [0.0099, -0.0099])
def test_within_two_and_a_half_standard_errors_nothing_is_decided(estimate):
    assert verdict_on("more", estimate, 0.004) == "undecided"
    assert verdict_on("more", 0.0101, 0.004) == "as expected"
    assert verdict_on("more", -0.0101, 0.004) == "against"


def test_half_a_talk_of_a_hundred_decides_nothing_however_sure():
    assert verdict_on("more", 0.005, 0.0001) == "undecided"
    assert verdict_on("more", -0.005, 0.0001) == "undecided"
    assert verdict_on("more", 0.0051, 0.0001) == "as expected"
    assert verdict_on("more", -0.0051, 0.0001) == "against"


def test_where_none_is_expected_only_a_whole_talk_of_a_hundred_counts():
    assert verdict_on("none", 0.01, 0.001) == verdict_on("none", -0.01, 0.001) == "as expected"
    assert verdict_on("none", 0.0101, 0.001) == verdict_on("none", -0.0101, 0.001) == "against"
    assert verdict_on("none", 0.03, 0.02) == "as expected"


def test_what_is_open_or_not_named_is_not_decided_by_any_effect():
    assert verdict_on("open", 0.3, 0.001) == "open"
    assert verdict_on(None, 0.3, 0.001) == "not judged"


def test_a_lever_that_moves_nothing_is_undecided_or_as_expected_for_none():
    assert verdict_on("more", 0.0, 0.0) == verdict_on("fewer", 0.0, 0.0) == "undecided"
    assert verdict_on("none", 0.0, 0.0) == "as expected"


def test_fewer_or_none_is_against_only_if_there_are_more():
    assert verdict_on_fewer_or_none(-0.2, 0.001) == "as expected"
    assert verdict_on_fewer_or_none(0.005, 0.0001) == "as expected"
    assert verdict_on_fewer_or_none(0.0051, 0.0001) == "against"
    assert verdict_on_fewer_or_none(0.02, 0.01) == "as expected"


def test_mediation_is_judged_by_what_is_missing_without_it():
    small, large = Measured(estimate=-0.001, se=0.001), Measured(estimate=-0.1, se=0.001)
    assert JudgedMediation.of("without_mediators", large).verdict == "as expected"
    assert JudgedMediation.of("access_0", small).verdict == "undecided"
    assert JudgedMediation.of("without_information", small).verdict == "as expected"
    more = Measured(estimate=0.1, se=0.001)
    assert JudgedMediation.of("without_formulation", more).verdict == "against"
    assert JudgedMediation.of("without_mediators", more).verdict == "against"


def test_mediated_texts_are_against_only_where_clearly_less_often_accepted():
    assert verdict_on_texts(0.3, 0.1, 0.05) == "against"
    assert verdict_on_texts(0.3, 0.2, 0.05) == "as expected"
    assert verdict_on_texts(0.1, 0.3, 0.05) == "as expected"
    assert verdict_on_texts(None, 0.3, 0.05) == verdict_on_texts(0.1, None, 0.0) == "not judged"


# --- One lever


def test_the_verdict_of_a_line_is_the_worst_of_its_outcomes():
    order = ["against", "undecided", "open", "as expected", "not judged"]
    for k, verdict in enumerate(order):
        assert worst(order[k:]) == worst(reversed(order[k:])) == verdict
    assert worst([]) == "not judged"
    row = LeverSign.of("leaks", LEAKS, "high", effects(deal_90=-0.1, deal_180=0.1))
    assert {name: judged.verdict for name, judged in row.outcomes.items()} == {
        "room": "as expected",
        "deal_90": "as expected",
        "deal_180": "against",
        "kept": "not judged",
    }
    assert row.verdict == "against"


def test_the_low_end_is_judged_by_the_mirror_and_deals_on_both_days():
    row = LeverSign.of("leaks", LEAKS, "low", effects(deal_90=0.1, deal_180=0.1))
    assert row.value == LEAKS.low
    assert [row.outcomes[name].expect for name in OUTCOMES] == ["none", "more", "more", None]
    assert row.verdict == "as expected"


def test_what_is_written_for_each_end_is_what_that_end_is_judged_by():
    said = Expectation(deal=Ends(low="fewer", high="none"), source=["a"], why="so")
    lever = LEAKS.model_copy(update={"expect": said})
    for end, expect in (("low", "fewer"), ("high", "none")):
        assert LeverSign.of("leaks", lever, end, effects()).outcomes["deal_90"].expect == expect


def test_a_lever_of_which_nothing_is_expected_is_not_judged():
    lever = LEAKS.model_copy(update={"expect": None})
    row = LeverSign.of("leaks", lever, "high", effects(deal_90=0.5))
    assert row.verdict == "not judged"


# --- Several calls


def test_only_what_all_calls_call_against_is_against():
    assert mildest(["against", "against"]) == "against"
    assert mildest(["against", "undecided"]) == "undecided"
    assert mildest(["undecided", "as expected"]) == "as expected"
    both = record(signs(deal_90=0.1, deal_180=-0.1), signs(seed=2, deal_90=0.1, deal_180=-0.1))
    assert both.about("leaks")["against"] == [("high", "deal_90")]
    one = record(signs(deal_90=0.1, deal_180=-0.1), signs(seed=2, deal_90=0.001, deal_180=-0.1))
    assert one.about("leaks")["undecided"] == [("high", "deal_90")]
    assert both.counts()["against"] == 1
    assert sum(both.counts().values()) == len(OUTCOMES)


def test_a_record_is_read_as_it_was_written(tmp_path):
    written = record(signs(deal_90=-0.1), signs(seed=2))
    file = store(written, tmp_path / "signs")
    assert json.loads(file.read_text(encoding="utf-8"))["schema"] == "parley.signs-record/1"
    assert stored_verdicts(CASE, [tmp_path]) == written
    assert record_path(CASE.scenario, [tmp_path]) == file


def test_what_has_no_record_or_a_stale_one_is_not_judged_yet(tmp_path, monkeypatch):
    assert stored_verdicts(CASE, [tmp_path]) is None
    store(record(signs()), tmp_path / "signs")
    assert stored_verdicts(CASE, [tmp_path]) is not None
    other = CASE.model_copy(update={"days": 10})
    assert stored_verdicts(other, [tmp_path]) is None
    monkeypatch.setattr(verdicts, "model_fingerprint", lambda: "another model")
    assert stored_verdicts(CASE, [tmp_path]) is None


def test_another_expectation_makes_a_record_stale():
    expect = Expectation(deal=Ends(low="fewer", high="more"), source=["roth-1988"], why="so")
    levers = {**CASE.levers, "leaks": LEAKS.model_copy(update={"expect": expect})}
    changed = CASE.model_copy(update={"levers": levers})
    assert signs_fingerprint(changed) != signs_fingerprint(CASE)


def test_a_file_that_is_no_record_is_as_good_as_none(tmp_path):
    (tmp_path / "signs").mkdir()
    (tmp_path / "signs" / f"{CASE.scenario}.json").write_text("{}", encoding="utf-8")
    assert stored_verdicts(CASE, [tmp_path]) is None
