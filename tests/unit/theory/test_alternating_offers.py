"""Alternating offers give the shares of the literature."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.theory.alternating_offers import (
    finite_horizon,
    rubinstein,
    split_the_difference,
    with_breakdown,
    with_outside_option,
)

EXACT = 1e-9
discounts = st.floats(0.01, 0.99)


@pytest.mark.parametrize(
    ("proposer", "responder", "share"),
    [
        (0.9, 0.9, 0.526315789),
        (0.9, 0.8, 0.714285714),
        (0.95, 0.9, 0.689655172),
        (0.5, 0.5, 0.666666667),
    ],
)
def test_the_patient_get_more(proposer: float, responder: float, share: float) -> None:
    assert rubinstein(proposer, responder) == pytest.approx(share, abs=EXACT)


@pytest.mark.parametrize(
    ("offers", "share"), [(1, 1), (2, 0.1), (3, 0.91), (4, 0.181), (5, 0.8371)]
)
def test_with_few_offers_the_last_word_is_power(offers: int, share: float) -> None:
    assert finite_horizon(0.9, offers) == pytest.approx(share, abs=EXACT)


def test_a_distant_deadline_hardly_matters() -> None:
    shares = finite_horizon(0.9, np.array([10, 50, 2000]))
    assert shares[:2] == pytest.approx([0.342801, 0.523603], abs=5e-7)
    assert shares[2] == pytest.approx(rubinstein(0.9, 0.9), abs=EXACT)


@pytest.mark.parametrize(
    ("option", "share"), [(0.3, 0.526316), (0.45, 0.526316), (0.48, 0.52), (0.6, 0.40)]
)
def test_only_a_threat_worth_carrying_out_counts(option: float, share: float) -> None:
    assert with_outside_option(0.9, 0.9, option) == pytest.approx(share, abs=5e-7)


@pytest.mark.parametrize(
    ("breakdown", "share"), [(0.1, 0.463157895), (0.01, 0.451256281), (0.0, 0.45)]
)
def test_a_fallback_counts_when_talks_may_break_down(breakdown: float, share: float) -> None:
    assert with_breakdown(breakdown, 0.2, 0.3) == pytest.approx(share, abs=EXACT)
    assert split_the_difference(0.2, 0.3) == pytest.approx(0.45, abs=EXACT)


@given(discounts, discounts)
def test_what_is_offered_is_what_the_other_would_wait_for(ours: float, theirs: float) -> None:
    """The equilibrium's own condition: refusing and proposing next round is worth no more."""
    offered = 1 - rubinstein(ours, theirs)
    assert offered == pytest.approx(theirs * rubinstein(theirs, ours), abs=EXACT)


@given(discounts, st.integers(1, 30))
def test_one_more_offer_is_one_more_step_back(discount: float, offers: int) -> None:
    longer = finite_horizon(discount, offers + 1)
    assert longer == pytest.approx(1 - discount * finite_horizon(discount, offers), abs=EXACT)


@given(st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 0.5))
def test_risk_of_breakdown_works_as_impatience(risk: float, ours: float, theirs: float) -> None:
    """Each side is left indifferent between its offer and refusing it."""
    first = with_breakdown(risk, ours, theirs)
    second = with_breakdown(risk, theirs, ours)
    assert 1 - first == pytest.approx(risk * theirs + (1 - risk) * second, abs=EXACT)


def test_games_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="both discount factors are 1"):
        rubinstein(1, 1)
    with pytest.raises(ValueError, match=r"discount_responder is 1\.2"):
        rubinstein(0.9, 1.2)
    with pytest.raises(ValueError, match="a whole number, 1 or more"):
        finite_horizon(0.9, 2.5)
    with pytest.raises(ValueError, match="more than the pie"):
        with_breakdown(0.1, 0.6, 0.5)
