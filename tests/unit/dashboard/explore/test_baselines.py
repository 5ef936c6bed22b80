"""Shipped answers are those of today's model and scenarios."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from dashboard.common.paths import BASELINES
from dashboard.explore import baselines
from dashboard.explore.job_queue import PREPARED
from dashboard.explore.query import QueryArm
from sim.engine.simulate import simulate
from sim.scenario.loading import scenario_names

STALE = "the shipped answers are stale; bring them up to date with `make baselines`"


@pytest.mark.parametrize("name", scenario_names())
def test_the_shipped_answer_is_of_this_scenario_and_this_model(name):
    content = json.loads((BASELINES / f"{name}.json").read_text(encoding="utf-8"))
    assert baselines.shipped(baselines.baseline(name)) is not None, STALE
    played = simulate(name, runs=baselines.WITNESSES, seed=baselines.SEED)
    assert played.deal_day.tolist() == content["witnesses"], STALE


def test_a_shipped_answer_is_used_for_nothing_else(monkeypatch):
    question = baselines.baseline("two-rivers")
    moved = QueryArm("two-rivers", levers=(("leaks", 0.0),))
    for other in ({"arms": (moved,)}, {"seed": 2}, {"runs": 100}, {"days": 30}):
        assert baselines.shipped(replace(question, **other)) is None
    monkeypatch.setattr(baselines, "version", lambda: "another")
    assert baselines.shipped(question) is None


def test_a_folder_of_shipped_answers_holds_these_and_no_others(tmp_path):
    folder = tmp_path / "shipped"
    baselines.ship(folder, {"old": {}, "kept": {"day": 1}})
    assert baselines.ship(folder, {"kept": {"day": 2}}) == [folder / "kept.json"]
    assert [file.name for file in folder.iterdir()] == ["kept.json"]
    assert json.loads((folder / "kept.json").read_text(encoding="utf-8")) == {"day": 2}


def test_a_server_begins_with_what_every_what_if_is_held_against():
    asked = []
    baselines.baselines(SimpleNamespace(ask=lambda *words: asked.append(words)))
    talks = [baselines.baseline(name) for name in scenario_names()]
    assert asked == [(replace(one, kind="outcomes"), "server", PREPARED) for one in talks]
