"""Which of the numbers we are unsure of matter: known answers, and refusals to lie."""

import numpy as np
import pytest
from strategies import differing, played

import sim.experiment
from sim.chance import Borrowed, Chance
from sim.draws import stream_of
from sim.experiment import simulate

RIVERS = "two-rivers"
RUNS, DAYS = 30, 60


# --- Chosen points and borrowed luck


def own_points(runs: int, seed: int = 7) -> dict[str, np.ndarray]:
    """The luck that all uncertain numbers of the rivers have anyway."""
    numbers = played(RIVERS).quantities()
    chance = Chance(seed, 0, runs)
    return {
        path: chance.once(stream_of(path))[:, 0]
        for path, number in numbers.items()
        if not number.is_certain
    }


def test_borrowed_luck_is_the_lenders_in_every_stream():
    whose = np.array([5, 3, 3, 40])
    borrowed, all_luck = Borrowed(2, 0, 4, whose), Chance(2, 0, 41)
    assert np.array_equal(borrowed.once("war", 3), all_luck.once("war", 3)[whose])
    for day in (1, 32, 33, 100):
        assert np.array_equal(borrowed.daily("peace")[day], all_luck.daily("peace")[day][whose])


def test_a_run_with_the_points_and_luck_of_another_is_that_run(monkeypatch):
    monkeypatch.setattr(sim.experiment, "BLOCK_RUNS", 13)
    usual = simulate(played(RIVERS), runs=RUNS, days=DAYS, seed=7)
    whose = np.array([4, 4, *range(RUNS), 11, 2])
    points = {path: luck[whose] for path, luck in own_points(RUNS).items()}
    design = {"points": points, "luck": whose}
    again = simulate(played(RIVERS), runs=len(whose), days=DAYS, seed=7, **design)
    for name in usual.arrays():
        expected, found = getattr(usual, name)[whose], getattr(again, name)
        assert np.array_equal(expected, found, equal_nan=found.dtype.kind == "f"), name


def test_workers_do_not_matter_to_a_design(monkeypatch):
    monkeypatch.setattr(sim.experiment, "LEAST_RUNS_PER_WORKER", 10)
    monkeypatch.setattr(sim.experiment, "BLOCK_RUNS", 8)
    points = {"channel.leak": np.linspace(0, 0.99, 60)}
    one, two = (
        simulate(
            played(RIVERS),
            runs=60,
            days=20,
            workers=workers,
            points=points,
            luck=np.arange(60) % 3,
        )
        for workers in (1, 2)
    )
    assert differing(one, two) == []


def test_a_point_moves_its_own_number_only():
    case, luck = played(RIVERS), np.zeros(2, dtype=int)
    points = {"channel.leak": np.array([0.1, 0.9])}
    talks = sim.experiment.Talks(case, Borrowed(1, 0, 2, luck), days=1, points=points)
    sim.experiment.forget(talks)
    moved = [p for p in case.quantities() if np.ptp(talks.draws[p]) > 0]
    assert moved == ["channel.leak"]


@pytest.mark.parametrize(
    ("points", "luck", "complaint"),
    [
        ({"chanel.leak": [0.5, 0.5]}, None, "did you mean 'channel.leak'"),
        ({"channel.leak": [0.5]}, None, "there are 2 runs"),
        ({"channel.leak": [0.5, 1.0]}, None, r"lie in \[0, 1\)"),
        ({"channel.leak": [0.5, np.nan]}, None, r"lie in \[0, 1\)"),
        ({}, [0, 1, 2], "one for each run"),
        ({}, [0, -1], "from 0 up"),
        ({}, [0.0, 1.0], "numbers of runs"),
    ],
)
def test_a_design_that_cannot_be_played_is_refused(points, luck, complaint):
    luck = None if luck is None else np.array(luck)
    with pytest.raises(ValueError, match=complaint):
        simulate(played(RIVERS), runs=2, days=1, points=points, luck=luck)
