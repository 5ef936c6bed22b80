"""Claims about reports: the JSON has its agreed shape, and people get frequencies and caveats."""

from __future__ import annotations

import io
import json
import tracemalloc
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from sim.cli import console
from sim.engine.outcomes import ENDINGS, NONE, Outcomes
from sim.engine.simulate import Comparison, compare, initial_bargaining_range, simulate
from sim.engine.storage import OutcomeStore, save
from sim.reporting import summary
from sim.reporting.models import Estimate
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario

MINIMAL = Path(__file__).parents[2] / "scenarios" / "minimal.yaml"
RUNS = 120


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario(MINIMAL)


@pytest.fixture(scope="module")
def outcomes(scenario) -> Outcomes:
    return simulate(scenario, runs=RUNS, seed=3)


def words_of(print_it, *found, width: int = 200) -> str:
    """What a print function prints."""
    page = io.StringIO()
    print_it(*found, Console(file=page, width=width, highlight=False))
    return page.getvalue()


def test_the_summary_has_the_agreed_shape(scenario, outcomes):
    data = summary.summary(outcomes, scenario, "x").as_data()
    found = json.loads(json.dumps(data, allow_nan=False))
    assert found["schema"] == "parley.summary/1"
    assert found["scenario"] == {"name": "minimal", "sha256": outcomes.sha256}
    assert (found["runs"], found["seed"], found["days"]) == (RUNS, 3, 60)
    assert found["levers"] == {}
    assert list(found["deal"]["by_day"]) == ["30", "60"]
    assert set(found["deal"]["by_day"]["60"]) == {"estimate", "low", "high"}
    assert tuple(found["endings"]) == ENDINGS
    assert sum(found["endings"].values()) == pytest.approx(1)
    assert {"day0", "any_day", "objective_day0"} <= set(found["zopa"])
    assert list(found["terms"]) == list(scenario.issues)
    spread = {"mean", "q05", "q50", "q95"}
    assert set(found["exchange"]["captives"]["returned_alive"]) == spread
    assert set(found["exchange"]["prisoners_released"]) == spread
    assert list(found["truce"]["survival"]) == ["7", "30", "60"]
    assert set(found["truce"]["causes"]) >= {"lowland", "upland", "smugglers", "expiry"}
    for day, ended in found["truce"]["ended_within"].items():
        parts = [found["truce"]["survival"][day], *ended.values()]
        estimates = [part["estimate"] for part in parts]
        assert None not in estimates or set(estimates) == {None}
        assert None in estimates or sum(estimates) == pytest.approx(1)
    assert found["base_rate"] is None
    assert sum(found["assumptions"].values()) == len(scenario.quantities())


@pytest.mark.parametrize(
    ("days", "marks"), [(20, [20]), (30, [30]), (180, [30, 90, 180]), (200, [30, 90, 180, 200])]
)
def test_deals_are_counted_on_the_usual_days_and_on_the_last(days, marks):
    assert summary.days_within(days) == marks


def test_a_real_case_is_held_against_its_base_rate():
    scenario = load_scenario("gaza-2024-01")
    found = summary.summary(simulate(scenario, runs=4, days=35), scenario)
    assert found.base_rate.by_day["30"].estimate == pytest.approx(0.123, abs=6e-4)
    assert "Reuters" in found.base_rate.source.title
    words = words_of(console.print_summary, found, scenario)
    assert "base rate 12 (4 to 30)" in words
    assert "not an input" in words


def test_people_get_frequencies_the_caveat_and_the_command(scenario, outcomes):
    words = words_of(
        console.print_summary, summary.summary(outcomes, scenario, "parley x"), scenario
    )
    assert "of 100 simulated talks reach a truce by day 30; 95 % interval" in words
    assert summary.NOT_A_FORECAST in words
    assert "No base rate" in words
    assert "Lowlanders held in Upland" in words
    assert words.rstrip().endswith("parley x")


def test_one_talk_of_one_day_is_no_more_than_that():
    assert summary.talks_played(1, 1) == "1 simulated talk of 1 day"
    assert summary.talks_played(2000, 90) == "2,000 simulated talks of 90 days"


def test_nothing_breaks_where_nothing_was_signed(scenario, outcomes):
    nothing = np.full(RUNS, NONE, dtype=np.int16)
    none = replace(
        outcomes,
        deal_day=nothing,
        deal_package=nothing,
        truces=np.zeros(RUNS, dtype=np.int16),
        truce_end=nothing.astype(np.int8),
    )
    found = summary.summary(none, scenario)
    json.dumps(found.as_data(), allow_nan=False)
    words = words_of(console.print_summary, found, scenario)
    assert "0 of 100 simulated talks reach a truce by day 60" in words
    assert "No deal was signed" in words


def test_words_in_brackets_are_printed_as_they_stand(scenario, outcomes):
    odd = scenario.model_copy(update={"title": "Two [red]banks[/red] of [x]"})
    words = words_of(console.print_summary, summary.summary(outcomes, odd), odd)
    assert words.startswith("Two [red]banks[/red] of [x]\n")


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0"), (1, "100"), (0.37, "37"), (0.004, "0.4"), (0.0002, "0.02"), (0.9999, "99.9")],
)
def test_a_share_is_rounded_but_never_to_none_or_all(share, words):
    assert summary.frequency(Estimate(estimate=share, low=None, high=None)) == f"{words} of 100"


# --- Comparisons


def test_a_lever_left_where_it_is_changes_exactly_nothing(scenario):
    name, lever = next(iter(scenario.levers.items()))
    same = compare(scenario, levers={name: lever.default}, runs=20)
    found = summary.comparison_summary(same, scenario)
    assert all(effect.exactly_zero for effect in found.effects.values())
    assert found.flips.to_deal.estimate == found.flips.from_deal.estimate == 0
    words = words_of(console.print_comparison, found, scenario)
    assert words.count("exactly 0 in every run") == len(found.effects)


def test_a_comparison_says_what_changed(scenario, outcomes):
    later = np.where(outcomes.deal_day == NONE, NONE, np.minimum(outcomes.deal_day + 9, 60))
    slower = replace(outcomes, deal_day=later.astype(np.int16), levers={"patience": 2.0})
    found = summary.comparison_summary(Comparison(outcomes, slower), scenario)
    assert found.as_data()["schema"] == "parley.comparison/1"
    assert list(found.effects)[:2] == ["deal_by_30", "deal_by_60"]
    effect = found.effects["restricted_mean_day"]
    assert 0 < effect.low < effect.estimate < effect.high
    assert effect.changed - effect.baseline == pytest.approx(effect.estimate)
    assert found.effects["returned_alive"].exactly_zero
    json.dumps(found.as_data(), allow_nan=False)
    assert "Changed: patience = 2." in words_of(console.print_comparison, found, scenario)


# --- A scenario before anyone plays it


def test_positions_are_as_far_apart_as_their_nearest_levels(scenario):
    assert summary.stated_levels(scenario, "length") == {"lowland": ["week"], "upland": ["endless"]}
    gaps = summary.position_gaps(scenario)
    assert gaps["length"] == 1
    assert gaps["grain"] is None


def test_show_says_what_there_is_to_agree_on(scenario):
    words = words_of(console.print_ground, initial_bargaining_range(scenario, runs=30), scenario)
    assert "as the parties see it" in words
    assert "if they knew the true chances of war" in words


def test_every_number_is_shown_with_its_footing(scenario):
    words = words_of(console.print_numbers, scenario)
    for path in scenario.quantities():
        assert f"{path} " in words
    assert "gazette" in words


# --- Memory


def blocks_like(outcomes: Outcomes, count: int, alive: list[int]) -> Iterator[Outcomes]:
    """Many blocks one after another; `alive` notes how many there are at a time."""
    made = []
    for k in range(count):
        copies = {name: getattr(outcomes, name).copy() for name in Outcomes.array_names()}
        block = replace(outcomes, first=k * len(outcomes), **copies)
        made.append(weakref.ref(block))
        alive.append(sum(ref() is not None for ref in made))
        yield block
        del block, copies


def test_outcomes_on_disk_are_the_outcomes(tmp_path, scenario, outcomes):
    alive: list[int] = []
    assert sum(save(blocks_like(outcomes, 3, alive), tmp_path)) == 3 * RUNS
    whole, stored = Outcomes.load(tmp_path), OutcomeStore(tmp_path)
    assert len(stored) == len(whole) == 3 * RUNS
    for name in Outcomes.array_names():
        assert np.array_equal(getattr(stored, name), getattr(whole, name), equal_nan=True), name
    assert summary.summary(stored, scenario) == summary.summary(whole, scenario)


def test_parts_that_do_not_fit_are_refused(tmp_path, outcomes):
    list(save(blocks_like(outcomes, 3, []), tmp_path))
    (tmp_path / "outcomes-00001.npz").unlink()
    with pytest.raises(ValueError, match="missing or doubled"):
        OutcomeStore(tmp_path)
    replace(outcomes, first=RUNS, seed=99).save(tmp_path / "outcomes-00001.npz")
    with pytest.raises(ValueError, match="different simulation"):
        OutcomeStore(tmp_path)


@pytest.mark.slow
def test_a_million_runs_would_stay_flat(tmp_path, scenario, outcomes):
    """Blocks are let go as they come, and a summary needs a few columns at a time."""
    big = Outcomes.joined([replace(outcomes, first=k * RUNS) for k in range(20)])
    peaks = {}
    for count in (2, 10):
        folder = tmp_path / str(count)
        folder.mkdir()
        alive: list[int] = []
        summary.summary(outcomes, scenario)  # imports are not counted
        tracemalloc.start()
        runs = sum(save(blocks_like(big, count, alive), folder))
        summary.summary(OutcomeStore(folder), scenario)
        peaks[runs] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert max(alive) <= 2
    (few, at_few), (many, at_many) = peaks.items()
    a_million = at_few + (at_many - at_few) / (many - few) * 1_000_000
    assert a_million < 80e6  # bytes; the outcomes of as many runs take more than that
