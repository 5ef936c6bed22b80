"""A plugin that fails is answered with a sentence that names it, whenever it fails."""

import pytest

from sim.engine.simulate import simulate
from sim.scenario import plugins
from sim.scenario.errors import ScenarioError
from sim.scenario.loading import load_scenario

TACTIC = """\
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.theory.concession import TACTICS


@dataclass(frozen=True)
class Late:
    \"\"\"Holds out for all that it hopes for.\"\"\"

    numbers: ClassVar[Mapping[str, str]] = {"opening": "a", "shape": "b", "days": "c"}
    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {name: (0.0, np.inf) for name in numbers}

    def __call__(self, numbers, stance):
        top = np.maximum(stance.top, stance.reservation)
        if len(top) == 30:  # as no trial has
            BODY
        given = sum(1 - np.exp(-numbers[name]) for name in self.numbers)
        return top - 0.1 * given * (top - stance.reservation)


TACTICS["late"] = Late
"""


def scenario_of(tmp_path, body):
    """Two Rivers with a tactic for Delta that does something else in thirty runs."""
    file = tmp_path / "late.py"
    file.write_text(TACTIC.replace("BODY", body), encoding="utf-8")
    return load_scenario("two-rivers", {"parties.delta.tactic.kind": "late"}, plugins=file)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('raise RuntimeError("boom")', "RuntimeError: boom (late.py:"),
        ("return np.nan * top", "does not give a number for each run"),
        ("return top[:, None]", "does not give a number for each run"),
        ("raise SystemExit(4)", "SystemExit: 4"),
    ],
)
def test_one_that_fails_in_the_middle_of_a_run_is_named_with_its_place(tmp_path, body, words):
    case = scenario_of(tmp_path, body)
    assert len(simulate(case, runs=20, days=20)) == 20
    with pytest.raises(ScenarioError) as error:
        simulate(case, runs=30, days=20)
    assert words in str(error.value)
    assert "`parties.delta.tactic.kind`" in str(error.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('TACTICS.pop("deadline")', "takes out the tactic 'deadline'"),
        ("raise SystemExit(5)", "importing it raises SystemExit: 5"),
    ],
)
def test_one_that_does_harm_when_it_is_loaded_is_refused(tmp_path, line, words):
    file = tmp_path / "late.py"
    file.write_text(TACTIC.replace("BODY", "pass") + line + "\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=words):
        plugins.load_plugins([file])
    assert "deadline" in plugins._dictionaries()["tactic"]
