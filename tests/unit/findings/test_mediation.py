"""Claims about mediation: its value is the whole difference, shared out without remainder."""

import numpy as np
import pytest

from sim.engine.outcomes import Outcomes
from sim.engine.simulate import play_arms, simulate
from sim.findings.mediation import (
    LEVERS,
    Mediation,
    switched_on,
    value_of_mediation,
    with_mediators,
)
from tests.builders import case_of

#: Plays many talks before its first test.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def guarantor() -> Mediation:
    return value_of_mediation(case_of("guarantor"), runs=100, days=10)


@pytest.fixture(scope="module")
def two_rivers() -> Mediation:
    return value_of_mediation(case_of("two-rivers"), runs=15, days=25)


def test_the_only_guarantee_is_worth_the_whole_probability(guarantor):
    whole = guarantor.whole["deal_by_10"]
    assert whole.baseline == 0
    assert 0 < whole.changed < 1
    assert guarantor.levers["deal_by_10"]["guarantee"].estimate == pytest.approx(whole.changed)
    assert guarantor.mediators["deal_by_10"]["neighbour"].estimate == pytest.approx(whole.changed)


def test_what_adds_nothing_is_worth_exactly_nothing(guarantor):
    for parts in (*guarantor.levers.values(), *guarantor.mediators.values()):
        for name, part in parts.items():
            if name not in ("guarantee", "neighbour"):
                assert part.exactly_zero, name
                assert part.estimate == 0


def test_parts_add_up_to_the_whole(two_rivers):
    for outcome, whole in two_rivers.whole.items():
        for parts in (two_rivers.levers[outcome], two_rivers.mediators[outcome]):
            total = sum(part.estimate for part in parts.values())
            assert total == pytest.approx(whole.estimate, abs=1e-9), outcome


def test_the_counterfactual_is_stated(two_rivers):
    assert "direct channel" in two_rivers.counterfactual


def same(one: Outcomes, other: Outcomes) -> bool:
    return all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        for a, b in ((getattr(one, name), getattr(other, name)) for name in one.arrays())
    )


def test_mediators_without_levers_are_as_good_as_none():
    case = case_of("gaza-2024-01")
    idle, gone = switched_on(case, ()), with_mediators(case, ())
    assert idle.mediators
    assert not gone.mediators
    # So that the talks happen at all, the parties meet directly.
    meeting = case.channel.direct_per_day.model_copy(update={"triangular": (0.1, 0.2, 0.3)})
    channel = case.channel.model_copy(update={"direct_per_day": meeting})
    arms = [(arm.model_copy(update={"channel": channel}), {}) for arm in (idle, gone)]
    one, other = play_arms(arms, runs=15, days=40)
    assert one.rounds.sum() > 0
    assert same(one, other)


def test_all_levers_and_all_mediators_are_the_scenario():
    case = case_of("gaza-2024-01")
    assert switched_on(case, LEVERS) == case
    assert with_mediators(case, tuple(case.mediators)) == case


def test_who_was_spoken_for_by_an_absent_mediator_speaks_directly():
    case = case_of("gaza-2024-01")
    assert case.parties["hamas"].speaks_through == "qatar"
    assert with_mediators(case, ("us", "egypt")).parties["hamas"].speaks_through is None
    assert with_mediators(case, ("qatar",)).parties["hamas"].speaks_through == "qatar"


def test_arms_played_together_are_the_arms_played_alone():
    case = case_of("two-rivers")
    twice = play_arms([(case, {}), (case, {})], runs=20, days=20, seed=5)
    assert twice[0] is twice[1]
    assert same(twice[0], simulate(case, runs=20, days=20, seed=5))
