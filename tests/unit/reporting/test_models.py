"""Claims about records: they become the same JSON again, and a typo is no silent default."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from sim.engine.simulate import simulate
from sim.reporting.models import Estimate, Summary
from sim.reporting.summary import summary
from sim.scenario.loading import load_scenario

MINIMAL = Path(__file__).parents[2] / "scenarios" / "minimal.yaml"


@pytest.fixture(scope="module")
def talks() -> Summary:
    return summary(simulate(MINIMAL, runs=20, seed=3, days=20), load_scenario(MINIMAL))


def test_a_record_comes_back_whole_from_its_json(talks):
    text = json.dumps(talks.as_data())
    again = Summary.model_validate(json.loads(text))
    assert again == talks
    assert json.dumps(again.as_data()) == text


def test_a_record_is_frozen_and_refuses_keys_that_it_does_not_know(talks):
    with pytest.raises(ValidationError):
        talks.runs = 7
    with pytest.raises(ValidationError, match="lo"):
        Estimate.model_validate({"estimate": 0.5, "lo": 0.4, "high": 0.6})


def test_an_integer_stays_one():
    assert json.dumps(Estimate(estimate=1, low=0, high=1.0).as_data()) == (
        '{"estimate": 1, "low": 0, "high": 1.0}'
    )
