"""A small study that every test of sweeps may play, and what it takes to change it."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from sim.scenario.loading import load_scenario
from sim.sweep import BoundStudy, ExecutionOptions, Sweep, read_study, run, study_reader

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


#: One point of uncertainties, so that the lever's two settings are the two design points.
FEW = ("latin_hypercube, n: 4", "latin_hypercube, n: 1")

read_once = cache(load_scenario)


@pytest.fixture(scope="module", autouse=True)
def scenarios_are_read_once():
    """A scenario is read once, however many studies are of it; nobody changes one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study_reader, "load_scenario", read_once)
        yield


@pytest.fixture(scope="session")
def whole_of(tmp_path_factory) -> Callable[..., Sweep]:
    """What comes of the study, played once at a time in one go, for many tests to look at."""

    @cache
    def played(*changes: tuple[str, str]) -> Sweep:
        text = STUDY
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after)
        path = tmp_path_factory.mktemp("whole") / "study.yaml"
        path.write_text(text, encoding="utf-8")
        return run(
            read_study(path), path.with_name("sweep"), options=ExecutionOptions(chunk_runs=100)
        )

    return played


@pytest.fixture
def undisturbed(whole_of) -> Sweep:
    """The few runs of two design points, played in one go. Only to be looked at."""
    return whole_of(FEW)


@pytest.fixture
def study(tmp_path: Path) -> Callable[..., BoundStudy]:
    """A study from its text, with pieces of it replaced."""

    def read(*changes: tuple[str, str], text: str = STUDY) -> BoundStudy:
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after)
        path = tmp_path / "study.yaml"
        path.write_text(text, encoding="utf-8")
        return read_study(path)

    return read
