"""Parameters of a block of runs, and state that starts from one of them."""

import numpy as np

from sim.engine.sampling import carry_over


def test_a_state_stays_as_far_from_a_new_start_as_it_was_from_the_old_one():
    state, start = np.array([0.5, 0.7, 0.1]), np.array([0.5, 0.5, 0.5])
    moved = carry_over(state, start, np.array([0.8, 0.8, 0.5]))
    assert moved.tolist() == [0.8, 0.7 + (0.8 - 0.5), 0.1]


def test_a_start_that_stays_leaves_the_state_as_it_is():
    state, start = np.array([3, 4]), np.array([5, 5])
    assert carry_over(state, start, start.copy()) is state


def test_counts_of_people_stay_whole():
    moved = carry_over(np.array([7]), np.array([10]), np.array([12]))
    assert moved.dtype.kind == "i"
    assert moved.tolist() == [9]
