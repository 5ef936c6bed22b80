"""`parley check` refuses what `parley run` would choke on, with the line and the way out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from sim.engine.trial_run import probe
from sim.scenario.contracts import check_strategies
from sim.scenario.errors import ScenarioError
from sim.scenario.loading import find_scenario, load_scenario
from sim.theory.concession import TACTICS, Deadline

FILE = find_scenario("two-rivers")
KIND = FILE.read_text(encoding="utf-8").split("kind: deadline")[0].count("\n") + 1


@dataclass(frozen=True)
class Stumbling(Deadline):
    """Fails on the third day of talks."""

    def __call__(self, numbers, stance):
        if (stance.elapsed > 3).any():
            raise ArithmeticError("too late")
        return super().__call__(numbers, stance)


@dataclass(frozen=True)
class Reaching(Deadline):
    """Reads a number that it does not declare."""

    def __call__(self, numbers, stance):
        return numbers["weight_error"] * np.ones_like(stance.top)


@pytest.mark.parametrize("entry", [Stumbling, Reaching])
@pytest.mark.parametrize("find_out", [probe, check_strategies])
def test_what_would_fail_is_found_out_with_its_line(entry, find_out, monkeypatch):
    monkeypatch.setitem(TACTICS, "deadline", entry)
    scenario = load_scenario(FILE)
    with pytest.raises(ScenarioError) as refusal:
        find_out(scenario, FILE)
    (complaint,) = refusal.value.complaints
    assert (complaint.file, complaint.line) == (FILE.name, KIND)
    assert complaint.key == "parties.delta.tactic.kind"
    assert Path(__file__).name in str(complaint)


def test_what_is_fine_passes_both():
    scenario = load_scenario(FILE)
    check_strategies(scenario, FILE)
    probe(scenario, FILE)
