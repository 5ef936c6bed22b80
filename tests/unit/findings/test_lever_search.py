"""Claims about unlocking: the smallest change is found where theory puts it, or not at all."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.cli.app import app
from sim.engine.simulate import play_arms
from sim.findings.lever_search import (
    LeverChange,
    LeverSearch,
    Target,
    TargetError,
    _Path,
    _search,
    _verified,
    search_levers,
)
from sim.findings.statistics import Finding
from tests.builders import TEXTBOOK, case_of

#: Plays many talks before its first test.
pytestmark = pytest.mark.slow

#: Talks of five days, in which everybody shows on the third what it would settle for.
QUICK = {f"parties.{party}.tactic.numbers.days": 3 for party in ("a", "b")}


@pytest.fixture(scope="module")
def found() -> LeverSearch:
    case = case_of("keys", QUICK)
    return search_levers(case, Target.read("deal@5=0.5", 5), runs=2000, days=5)


def test_each_lever_is_moved_as_far_as_theory_says(found):
    assert found.baseline.estimate == pytest.approx(0.375, abs=0.03)
    # The grid is fine to 1/64 of the way, and a share of 2,000 talks has an s.e. of 0.011.
    assert found.alone["cost_of_a"].levers["cost_of_a"] == pytest.approx(0.10, abs=0.007)
    assert found.alone["chance_of_a"].levers["chance_of_a"] == pytest.approx(0.58, abs=0.009)


def test_what_does_not_help_is_not_moved(found):
    way = found.alone["cost_of_b"]
    assert not way.reached
    assert way.change == 0
    assert way.fresh is None


def test_two_levers_need_less_than_either(found):
    assert set(found.pair.levers) == {"cost_of_a", "chance_of_a"}
    assert found.pair.reached
    assert found.pair.change < min(way.change for way in found.alone.values() if way.reached)


def test_what_is_found_stands_with_fresh_luck(found):
    ways = (found.alone["cost_of_a"], found.alone["chance_of_a"], found.pair)
    again = play_arms(
        [(case_of("keys", QUICK), way.levers) for way in ways], runs=4000, days=5, seed=77
    )
    for way, outcomes in zip(ways, again, strict=True):
        assert way.reached
        assert way.fresh.estimate >= 0.5
        assert way.fresh.n == 4 * way.found.n
        assert found.target.found(outcomes).high > 0.5


def play_from(thresholds: tuple[float, float]):
    """Stands in for talks that reach the target from some setting on: in the search, and afresh."""

    def play(settings: list, seed: int, times: int) -> list[Finding]:
        least = thresholds[times > 1]
        return [Finding("", float(moved["x"] >= least), None, None, 1, "") for moved in settings]

    return play


@pytest.mark.parametrize(("fresh", "reached"), [(0.1, 0.3), (0.31, 0.3 + 1 / 64), (0.5, 0.534375)])
def test_a_lever_is_moved_on_until_fresh_luck_gets_there(fresh, reached):
    play = play_from((0.3, fresh))
    way = LeverChange({"x": 0.3}, 0.3, True, play([{"x": 0.3}], 1, 1)[0])
    (verified,) = _verified([way], {"x": 0.0}, Target("deal", 1, 0.5), play, 1)
    assert verified.reached
    assert verified.levers["x"] == verified.change == pytest.approx(reached)
    assert verified.fresh.estimate == 1


def test_what_fresh_luck_never_reaches_is_not_called_reached():
    play = play_from((0.3, 2.0))
    way = LeverChange({"x": 0.3}, 0.3, True, play([{"x": 0.3}], 1, 1)[0])
    (verified,) = _verified([way], {"x": 0.0}, Target("deal", 1, 0.5), play, 1)
    assert (verified.reached, verified.change, verified.fresh.estimate) == (False, 1.0, 0.0)


def test_what_lies_beyond_every_range_is_called_out_of_reach():
    case = case_of("keys", QUICK)
    case = case.model_copy(update={"levers": {"cost_of_b": case.levers["cost_of_b"]}})
    found = search_levers(case, Target.read("deal@5=0.9", 5), runs=50, days=5)
    assert not found.alone["cost_of_b"].reached
    assert found.pair is None


def test_what_is_reached_already_needs_no_change():
    found = search_levers(case_of("keys", QUICK), Target.read("deal@5=0.01", 5), runs=50, days=5)
    assert found.already
    assert not found.alone


def test_the_first_of_several_ways_in_is_found():
    """More may be worse again: the target holds only from 0.3 to 0.6 of the way."""

    def play(settings: list, seed: int, times: int) -> list[Finding]:
        enough = [float(0.3 <= moved["x"] < 0.6) for moved in settings]
        return [Finding("", value, None, None, 1, "") for value in enough]

    path = _Path("x", (("x", 1.0),), {"x": 0.0})
    (way,) = _search([path], Target("deal", 1, 0.5), play, 1)
    assert isinstance(way, LeverChange)
    assert way.reached
    assert 0.3 <= way.levers["x"] < 0.3 + 1 / 64


def test_targets_are_read():
    assert Target.read("deal@90=0.5", 180) == Target("deal", 90, 0.5)
    assert Target.read("holds@60=.2", 180) == Target("holds", 60, 0.2)
    assert Target.read("returned_alive=40", 180) == Target("returned_alive", 0, 40)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("peace=1", "is not of the form"),
        ("deal=0.5", "is not of the form"),
        ("returned_alive@3=5", "is not of the form"),
        ("deal@90=50", "a share is up to 1"),
        ("deal@200=0.5", "followed for 180 days"),
        ("holds@180=0.5", "followed for 180 days"),
    ],
)
def test_targets_that_cannot_be_are_explained(text, says):
    with pytest.raises(TargetError, match=says):
        Target.read(text, 180)


# --- The commands


def run(*words: str):
    return CliRunner().invoke(app, list(words))


def test_unlock_answers_in_words_and_in_json(tmp_path):
    sets = [word for path, days in QUICK.items() for word in ("--set", f"{path}={days}")]
    short = ("--target", "deal@5=0.8", "--runs", "60", "--days", "5", "--workers", "1", *sets)
    into = tmp_path / "found.json"
    result = run("unlock", str(TEXTBOOK / "keys.yaml"), *short, "--json", str(into))
    assert result.exit_code == 0, result.output
    assert "What war costs A" in result.output
    told = json.loads(Path(into).read_text(encoding="utf-8"))
    assert told["schema"] == "parley.unlock/1"
    assert told["target"]["goal"] == 0.8
    assert np.isfinite(told["alone"]["cost_of_a"]["found"]["estimate"])


def test_unlock_refuses_what_it_cannot_read():
    result = run("unlock", "two-rivers", "--target", "peace")
    assert result.exit_code == 2
    assert "is not of the form" in result.output


def test_why_answers_in_words_and_in_json(tmp_path):
    into = tmp_path / "found.json"
    short = ("--runs", "20", "--days", "8", "--workers", "1", "--json", str(into))
    result = run("why", str(TEXTBOOK / "guarantor.yaml"), *short)
    assert result.exit_code == 0, result.output
    assert "exactly 0" in result.output
    told = json.loads(Path(into).read_text(encoding="utf-8"))
    assert told["schema"] == "parley.why/1"
    assert told["mediation"]["levers"]["deal_by_8"]["guarantee"]["estimate"] > 0
    assert told["mechanisms"]["leaks"]["effects"]["deal_by_8"]["exactly_zero"]
