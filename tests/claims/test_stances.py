"""Firm and flexible leaderships: known answers, and what must hold of any deal."""

from functools import cache
from unittest import mock

import numpy as np
import pytest

from sim.engine.agents.party import Party
from sim.engine.outcomes import NONE, Outcomes
from sim.engine.simulate import simulate
from sim.findings.mediation import with_mediators
from sim.scenario.packages import within_position
from sim.scenario.schema import Scenario
from sim.theory.stances import REFERENCE_COST, share_flexible
from tests.builders import PLAYED, case_of, played, talks_of, with_number
from tests.support.vetoes import with_vetoes

#: Daily hazards of turning flexible and of turning firm.
OPENS, CLOSES = 0.015, 1 / 45

#: Two parties over a pie whose delay costs each the reference cost a day.
STEADY = {
    "stances.reconsiders": OPENS,
    "stances.window_days": 1 / CLOSES,
    **{f"parties.{party}.war.cost": REFERENCE_COST * 365 for party in "ab"},
    **{f"parties.{party}.exchange_weight": 0 for party in "ab"},
    **{f"parties.{party}.flexible": 0 for party in "ab"},
}


def four_errors(values: np.ndarray) -> float:
    return float(4 * values.std() / np.sqrt(len(values)))


# --- How leaderships turn ---


def turning(runs: int, days: int) -> np.ndarray:
    """Whether both are flexible, day by day: (days, runs)."""
    talks = talks_of(case_of("pie", STEADY), runs, days=days)
    both = np.empty((days, runs), dtype=bool)
    for day in range(days):
        talks.step()
        both[day] = talks.parties[0].flexible & talks.parties[1].flexible
    return both


def test_two_leaderships_wait_for_each_other_as_long_as_a_markov_chain_says():
    """The daily chain's expected wait, 150.6 days, is solved here; in continuous time it is 149.4.

    On the first day each may turn, so that the wait is counted from the day before it.
    """
    both = turning(1500, 1600)
    waits = np.where(both.any(axis=0), both.argmax(axis=0) + 1, 1600)
    up, down = -np.expm1(-OPENS), -np.expm1(-CLOSES)
    stay = np.array(
        [
            [(1 - up) ** 2, 2 * up * (1 - up)],
            [down * (1 - up), (1 - down) * (1 - up) + down * up],
        ]
    )
    expected = np.linalg.solve(np.eye(2) - stay, np.ones(2))[0]
    assert expected == pytest.approx(150.6, abs=0.1)
    assert waits.mean() == pytest.approx(expected, abs=four_errors(waits))


def test_in_the_long_run_both_are_flexible_on_the_product_of_their_shares_of_days():
    shares = turning(1500, 900)[500:].mean(axis=0)
    expected = share_flexible(OPENS, CLOSES) ** 2
    assert shares.mean() == pytest.approx(expected, abs=four_errors(shares) + 0.002)


def test_parties_of_one_camp_with_the_same_hazards_turn_on_the_same_days():
    case = case_of("pie", STEADY)
    parties = {
        name: party.model_copy(update={"camp": "both"}) for name, party in case.parties.items()
    }
    talks = talks_of(case.model_copy(update={"parties": parties}), 300, days=200)
    for _ in range(200):
        talks.step()
        assert np.array_equal(talks.parties[0].flexible, talks.parties[1].flexible)
    assert talks.parties[0].flexible.mean() > 0.1


@pytest.mark.parametrize("name", PLAYED)
def test_what_the_file_says_of_a_leadership_on_the_first_day_holds_in_as_many_runs(name):
    for chance in (0.0, 0.3, 1.0):
        vetoes = [party for party, spec in played(name).parties.items() if spec.veto]
        case = case_of(name, {f"parties.{party}.flexible": chance for party in vetoes})
        talks = talks_of(case, 2000)
        talks.stances.begin(talks.sample)
        for party in talks.parties:
            if party.veto:
                assert party.flexible.mean() == pytest.approx(chance, abs=0.04)


# --- What firm leaderships sign ---


def all_firm(name: str) -> Scenario:
    """A case in which no leadership ever reconsiders, whatever comes from outside."""
    case = case_of(name)
    firm = {f"parties.{party}.flexible": 0.0 for party, s in case.parties.items() if s.veto}
    return case_of(name, {**firm, "stances.reconsiders": 0.0}).model_copy(update={"events": {}})


@pytest.mark.parametrize("name", PLAYED)
def test_where_positions_exclude_each_other_and_nobody_reconsiders_there_is_no_deal(name):
    case = all_firm(name)
    talks = talks_of(case)
    vetoes = [party for party, spec in case.parties.items() if spec.veto]
    allowed = [within_position(case, talks.packages.levels, party) for party in vetoes]
    assert not np.logical_and.reduce(allowed).any()
    assert not simulate(case, runs=200).truces.any()


def test_where_positions_overlap_the_overlap_is_signed():
    name = "gaza-2025-01"
    case = all_firm(name)
    levels = talks_of(case).packages.levels
    vetoes = [party for party, spec in case.parties.items() if spec.veto]
    allowed = np.logical_and.reduce([within_position(case, levels, party) for party in vetoes])
    assert 0 < allowed.sum() < 10
    outcomes = simulate(case, runs=300)
    signed = outcomes.deal_package[outcomes.deal_package != NONE]
    assert len(signed) > 50
    assert allowed[signed].all()


@cache
def usual(name: str) -> Outcomes:
    return simulate(played(name), runs=400)


@pytest.mark.parametrize("name", [*PLAYED, "gaza-2025-01"])
def test_no_text_is_signed_that_a_stance_bars_or_that_is_worse_than_no_deal_by_more_than_noise(
    name,
):
    """Asked of each party with a veto on the day of each signing, also after a wait."""
    talks = talks_of(case_of(name, {"channel.acceptance_noise": 0}), 400, days=180)
    negotiation, seen = talks.negotiation, []
    sign = negotiation._sign

    def watched(assessment, proposal, day):
        for i in talks.assessor.vetoers:
            assert talks.parties[i].signs(assessment.rows, proposal).all()
            value = assessment.worth[np.arange(len(proposal)), i, proposal]
            payment = talks.state.promised[assessment.rows, i]
            assert (value + payment >= assessment.reservation[:, i] - 1e-6).all()
        seen.append(len(proposal))
        sign(assessment, proposal, day)

    negotiation._sign = watched
    talks.play()
    assert sum(seen) > 50


def test_a_temporary_text_that_releases_nobody_is_a_retreat_from_a_demand_for_all():
    case = played("gaza-2024-01")
    levels = talks_of(case).packages.levels
    column = list(case.issues).index("captives")
    nobody = list(case.issues["captives"].levels).index("none")
    within = within_position(case, levels, "israel")
    assert within.any()
    assert not within[levels[:, column] == nobody].any()


def test_a_temporary_text_for_some_is_no_retreat_from_a_demand_for_all():
    case = played("gaza-2024-01")
    levels = talks_of(case).packages.levels
    within = within_position(case, levels, "israel")
    column = list(case.issues).index("captives")
    assert len(set(levels[within, column].tolist())) > 1


# --- Mediation adds ---


@pytest.mark.parametrize("name", PLAYED)
def test_mediators_texts_are_accepted_at_least_as_often_as_the_parties_own(name):
    outcomes = usual(name)
    own = outcomes.texts_own_accepted.sum() / outcomes.texts_own.sum()
    mediated = outcomes.texts_mediated_accepted.sum() / outcomes.texts_mediated.sum()
    assert outcomes.texts_mediated.sum() > 20
    assert mediated >= own


@pytest.mark.parametrize("name", PLAYED)
def test_without_mediators_there_are_fewer_deals(name):
    alone = simulate(with_mediators(played(name), ()), runs=400)
    assert (alone.truces > 0).mean() < (usual(name).truces > 0).mean() - 0.05


def test_a_private_no_is_no_news():
    """What a mediator tries in vain stirs nobody: only the next yes or no can tell."""
    name = "gaza-2024-01"
    silent = simulate(case_of(name, {"channel.mediated": 0}), runs=400)
    tried = usual(name)
    never_taken = tried.texts_mediated_accepted == 0
    assert (tried.texts_mediated[never_taken] > 0).any()
    assert np.array_equal(silent.deal_day[never_taken], tried.deal_day[never_taken])
    assert np.array_equal(silent.refusals[never_taken], tried.refusals[never_taken])


# --- Extremes ---

EXTREMES = {
    "war costs nothing": {"war.cost_per_day": 0.0},
    "war costs a hundred times as much": {"war.cost_per_day": 0.06},
    "everybody knows what the others would settle for": {
        "optimism": 0.0,
        "misreading": 0.0,
        "weight_error": 0.0,
    },
}


@pytest.mark.parametrize("name", PLAYED)
@pytest.mark.parametrize("extreme", EXTREMES)
def test_extremes_are_sane(name, extreme):
    case = played(name)
    for party in case.parties:
        for key, value in EXTREMES[extreme].items():
            path = f"parties.{party}.{key}"
            case = with_number(case, path, value)  # files may not let events scale a cost of 0
    share = (simulate(case, runs=400).truces > 0).mean()
    before = (usual(name).truces > 0).mean()
    if extreme == "war costs nothing":
        assert share < before
    else:
        assert share > before


@pytest.mark.parametrize("name", PLAYED)
def test_all_in_public_brings_fewer_deals_than_all_in_secret(name):
    public, secret = (
        (simulate(case_of(name, {"channel.leak": leak}), runs=400).truces > 0).mean()
        for leak in (1, 0)
    )
    assert public < secret


# --- More than two who can refuse ---


@cache
def with_more_vetoes(vetoes: int, camp: str) -> Outcomes:
    return simulate(with_vetoes(played("two-rivers"), vetoes, camp), runs=500)


def deals(outcomes: Outcomes) -> float:
    return float((outcomes.deal_day != NONE).mean())


def test_every_veto_makes_deals_rarer():
    two, three, five = usual("two-rivers"), with_more_vetoes(3, ""), with_more_vetoes(5, "")
    assert deals(two) > deals(three) + 0.05
    assert deals(three) > deals(five) + 0.03


@pytest.mark.parametrize("vetoes", [3, 5])
def test_parties_that_hear_the_same_news_are_flexible_together_more_often(vetoes):
    apart, together = with_more_vetoes(vetoes, ""), with_more_vetoes(vetoes, "valley")
    assert together.open_days.mean() > 1.5 * apart.open_days.mean()
    assert deals(together) > deals(apart)


# --- What is learnt ---


@pytest.mark.parametrize("name", PLAYED)
def test_refusals_bring_beliefs_nearer_to_the_truth(name):
    """On average over all refusals that were heard, and at no time by less than nothing learnt."""
    before, after = [], []
    learn = Party.learn

    def watched(self, rows, other, *heard):
        before.append(np.abs(self.beliefs[other].bias[rows]))
        learn(self, rows, other, *heard)
        after.append(np.abs(self.beliefs[other].bias[rows]))

    with mock.patch.object(Party, "learn", watched):
        simulate(played(name), runs=500, workers=1)
    gain = np.concatenate(before) - np.concatenate(after)
    assert len(gain) > 50
    assert gain.mean() > 2 * gain.std() / np.sqrt(len(gain))


def test_learning_never_costs_deals_that_could_be_told_from_luck():
    """In Two Rivers, where parties hope for three times as much, it brings a few of 1,000."""
    levers = {"optimism": 3.0}
    learning = simulate(played("two-rivers"), runs=2500, levers=levers)
    with mock.patch.object(Party, "learn", return_value=None):
        deaf = simulate(played("two-rivers"), runs=2500, levers=levers, workers=1)
    gain = (learning.deal_day != NONE).astype(float) - (deaf.deal_day != NONE)
    assert gain.any()
    assert gain.mean() > -2 * gain.std() / np.sqrt(len(gain))
