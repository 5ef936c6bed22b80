"""A round of talks: who moves is one protocol, which the model and others follow."""

from dataclasses import replace

import numpy as np

from sim.engine.negotiation import ModelMoves
from sim.engine.outcomes import NONE
from sim.scenario.loading import load_scenario
from tests.builders import talks_of


class Stubborn(ModelMoves):
    """The model's moves, but the first party refuses everything."""

    def answer(self, meeting, proposal, speaker):
        answered = super().answer(meeting, proposal, speaker)
        accepts = answered.accepts.copy()
        accepts[:, 0] = False
        return replace(answered, accepts=accepts)


class Silent(ModelMoves):
    """Nobody puts anything on the table."""

    def propose(self, meeting):
        return None


class Slow(ModelMoves):
    """Moves that are never made."""

    def waits(self, meeting):
        return True


def played_with(moves, runs=40, days=120):
    talks = talks_of(load_scenario("two-rivers"), runs, days=days)
    if moves is not None:
        assessor, channel = talks.assessor, talks.channel
        talks.negotiation.moves = moves(talks.streams, assessor, channel)
    return talks.play()


def test_there_are_deals_where_the_model_moves():
    assert (played_with(None).record.deal_day != NONE).any()


def test_no_deal_is_signed_that_a_party_with_a_veto_refuses():
    talks = played_with(Stubborn)
    assert (talks.record.deal_day == NONE).all()
    assert (talks.record.refusals[:, 0] == talks.state.rounds).all()


def test_a_round_without_a_proposal_is_refused_by_nobody():
    talks = played_with(Silent)
    assert talks.state.rounds.min() > 0
    assert not talks.record.refusals.any()


def test_a_round_waits_for_moves_that_are_not_made_and_goes_on_once_they_are():
    talks = played_with(Slow, runs=1, days=1)
    assert talks.negotiation.waiting is not None
    assert not np.any(talks.record.refusals)
    talks.negotiation.conclude()
    assert talks.negotiation.waiting is None


def test_the_side_payments_of_a_round_are_no_more_than_mediators_have():
    talks = talks_of(load_scenario("two-rivers"), 50, days=1)
    assessment = talks.assessor.assess(np.arange(50))
    meeting = talks.negotiation.meet(assessment, np.zeros(50, dtype=np.int64), day=1)
    answered = talks.negotiation.model.answer(meeting, *talks.negotiation.model.propose(meeting))
    assert (answered.offered >= 0).all()
    assert (answered.offered <= assessment.backed).all()
