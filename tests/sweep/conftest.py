"""A small study that every test of sweeps may play, and what it takes to change it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.sweep import Question, read_study

STUDY = """\
study: rivers
scenario: two-rivers
days: 12
seed: 3
replicates: 6
levers:
  guarantee_strength: {values: [0, 2]}
uncertainties:
  parties.upland.optimism: {uniform: [0.1, 0.5]}
  captives.uplanders.death_rate: {}
design:
  uncertainties: {method: latin_hypercube, n: 4}
outcomes:
  keep: [deal_by_10, days_until_deal, ending, returned_alive]
"""


@pytest.fixture
def study(tmp_path: Path) -> Callable[..., Question]:
    """A study from its text, with pieces of it replaced."""

    def read(*changes: tuple[str, str], text: str = STUDY) -> Question:
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after)
        path = tmp_path / "study.yaml"
        path.write_text(text, encoding="utf-8")
        return read_study(path)

    return read
