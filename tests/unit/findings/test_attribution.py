"""Claims about attribution: it names who and what blocks, and its shares add up."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from sim import findings
from sim.cli import console_explanation
from sim.engine.deal_quality import (
    distance_from_the_middle,
    inefficiency,
    logrolling,
    nash_distance,
)
from sim.engine.outcomes import NONE, Outcomes
from sim.engine.run_events import RoundHeld
from sim.engine.simulate import initial_utilities, play_one, simulate
from sim.engine.storage import OutcomeStore, save
from sim.findings import attribution, time_series
from sim.findings.attribution import (
    NO_ISSUE,
    NOBODY_ALONE,
    issue_values,
    minimal_concessions,
    structural,
)
from sim.reporting import explanation
from sim.reporting.models import CountedEstimate, StructuralSummary
from sim.reporting.narrative import EventLog
from sim.theory.shapley import coalitions, shapley
from tests.builders import always_flexible, case_of


@pytest.fixture(scope="module")
def played() -> Outcomes:
    return simulate(case_of("two-rivers"), runs=120, days=100, seed=3, series=True)


# --- Shapley's value


def test_shapley_of_the_glove_game():
    # Players 0 and 1 have a left glove, player 2 a right one; only a pair is worth anything.
    worth = np.array([float(n & 4 > 0 and n & 3 > 0) for n in range(8)])
    assert shapley(worth) == pytest.approx([1 / 6, 1 / 6, 4 / 6])


def test_shapley_adds_up_and_gives_a_bystander_exactly_nothing():
    worth = np.random.default_rng(1).random((16, 50))
    worth[8:] = worth[:8]  # player 3 changes nothing
    shares = shapley(worth)
    assert shares.sum(axis=0) == pytest.approx(worth[-1] - worth[0], abs=1e-12)
    assert not shares[3].any()


def test_coalitions_are_numbered_by_their_members():
    assert coalitions(("a", "b")) == [frozenset(), {"a"}, {"b"}, {"a", "b"}]
    with pytest.raises(ValueError, match="power of two"):
        shapley(np.zeros(3))


# --- Structural


def test_the_one_party_and_the_one_issue_that_block_by_design_are_named():
    found = structural(initial_utilities(case_of("deadlock"), runs=20))
    assert found.no_zopa.estimate == 1
    assert found.blockers["a"].estimate == 1
    assert found.concessions["a"].estimate == pytest.approx(0.10, abs=1e-6)
    assert found.concessions["b"].estimate == pytest.approx(0.06, abs=1e-6)
    assert found.issues["share"].estimate == found.gap.estimate == pytest.approx(0.06, abs=1e-6)
    assert found.issue_shares["share"].estimate == 1
    assert found.issues["well"].estimate == found.issues[NO_ISSUE].estimate == 0  # exactly


def test_structural_shares_add_up():
    look = initial_utilities(case_of("two-rivers"), runs=200)
    found = structural(look)
    for shares in (found.concession_shares, found.blockers, found.issue_shares):
        assert sum(part.estimate for part in shares.values()) == pytest.approx(1)
    assert all(part.estimate >= 0 for part in found.issues.values())
    whole = sum(part.estimate for part in found.issues.values())
    assert whole == pytest.approx(found.gap.estimate, rel=1e-12)


def test_a_gap_that_no_issue_can_close_is_put_down_to_none():
    """B likes war better than the best that there is for it, whatever A gets."""
    look = initial_utilities(case_of("deadlock"), runs=5)
    floor = look.reservation + np.array([0.0, 2.0])
    found = structural(replace(look, reservation=floor))
    best = look.worth[:, 1].max(axis=1)
    short = float((floor[:, 1] - best).mean())
    assert found.issues[NO_ISSUE].estimate == pytest.approx(short)
    assert found.issue_shares[NO_ISSUE].estimate == 1
    assert found.issues["share"].estimate == 0


def test_a_concession_that_cannot_help_is_none():
    gains = np.array([[[-0.3, -0.1], [0.2, 0.1]], [[-0.3, -0.1], [-0.2, -0.1]]])
    assert minimal_concessions(gains) == pytest.approx(
        np.array([[0.1, np.nan], [np.nan, np.nan]]), nan_ok=True
    )


def test_issues_are_neutralised_among_packages_that_agree_on_the_rest():
    levels = np.array([[0, 0], [0, 1], [1, 0]])  # the fourth combination is not feasible
    gains = np.array([[[0.0, 3.0, -1.0], [1.0, -2.0, 2.0]]])
    # Nothing; the first issue; the second; both: the better of each for each.
    assert issue_values(gains, levels)[:, 0].tolist() == [0.0, 0.0, 1.0, 2.0]


def test_a_look_agrees_with_the_talks_about_the_zopa():
    case = case_of("two-rivers")
    look, outcomes = (
        initial_utilities(case, runs=60, seed=4),
        simulate(case, runs=60, days=1, seed=4),
    )
    assert np.array_equal((look.gains.min(axis=1) >= 0).any(axis=1), outcomes.zopa_first)
    assert set(attribution.structural(look).blockers) == {"upland", "delta", NOBODY_ALONE}


# --- Procedural


def test_every_round_that_brought_no_first_deal_has_one_reason(played):
    never = played.deal_day == NONE
    held = played.missed[:, : played.labels.missed.index("suspension")].sum(axis=1)
    assert np.array_equal(held[never], played.rounds[never])
    room = played.missed[:, played.labels.missed.index("room")]
    assert np.array_equal(room[never], (played.rounds - played.zopa_rounds)[never])
    assert (held <= played.rounds).all()


def test_procedural_shares_add_up_over_all_rounds_before_the_first_deal():
    case, counted = case_of("two-rivers"), 0
    outcomes = simulate(case, runs=20, days=100, seed=3)
    for run in range(20):
        log = EventLog()
        one, _ = play_one(case, run=run, days=100, seed=3, diary=log)
        assert np.array_equal(one.missed[0], outcomes.missed[run])
        first = outcomes.deal_day[run] if outcomes.deal_day[run] != NONE else 101
        rounds = [e.day for e in log.events if isinstance(e, RoundHeld) and e.day <= first]
        counted += len(rounds) - (outcomes.deal_day[run] != NONE)
    found = attribution.procedural(outcomes)
    assert list(found) == ["room", "firm", "text", "upland", "delta", "confirmation", "suspension"]
    assert sum(part.estimate for part in found.values()) == pytest.approx(1)
    suspended = outcomes.missed[:, outcomes.labels.missed.index("suspension")].sum()
    assert counted + suspended == outcomes.missed.sum()


def test_where_all_are_flexible_no_round_fails_for_a_firm_stance():
    """And nothing that happens outside closes a window."""
    outcomes = simulate(always_flexible(case_of("two-rivers")), runs=40, days=60, seed=3)
    assert attribution.procedural(outcomes)["firm"].estimate == 0
    assert all(share.estimate == 0 for share in attribution.stood_firm(outcomes).values())
    assert (outcomes.open_day == 1).all()


def test_who_stood_firm_is_a_share_of_all_rounds_of_those_who_can_refuse(played):
    found = attribution.stood_firm(played)
    assert list(found) == ["upland", "delta"]
    for name, share in found.items():
        k = played.labels.parties.index(name)
        assert share.estimate == pytest.approx(played.firm_rounds[:, k].sum() / played.rounds.sum())


# --- By mechanism


def test_an_obstacle_that_is_not_there_has_exactly_no_effect():
    found = attribution.mechanisms(case_of("guarantor"), runs=30, days=10)
    for mechanism in found.values():
        assert all(effect.exactly_zero for effect in mechanism.effects.values())


def test_an_obstacle_that_is_there_has_an_effect():
    found = attribution.mechanisms(case_of("two-rivers"), runs=25, days=30)
    effects = {name: m.effects["deal_by_30"] for name, m in found.items()}
    assert not effects["commitment"].exactly_zero
    assert not effects["misperception"].exactly_zero


def test_numbers_are_replaced_by_their_paths():
    case = case_of("two-rivers")
    changed = attribution.with_numbers(case, {"channel.leak": 0.25})
    assert changed.quantities()["channel.leak"].centre == 0.25
    assert case.quantities()["channel.leak"].centre != 0.25
    with pytest.raises(KeyError):
        attribution.with_numbers(case, {"parties.nobody.optimism": 0})


# --- How good texts are


WORTH = np.array([[[1.0, 0.0, 0.6, 0.5], [0.0, 1.0, 0.6, 0.3]]])
NO_DEAL = np.array([[0.0, 0.0]])


def test_nashs_package_is_at_no_distance_from_itself():
    assert nash_distance(WORTH, NO_DEAL, np.array([2])) == 0
    assert nash_distance(WORTH, NO_DEAL, np.array([3])) == pytest.approx(np.hypot(0.1, 0.3))
    assert np.isnan(nash_distance(WORTH, NO_DEAL + 2, np.array([3]))[0])


def test_inefficiency_is_what_all_could_gain():
    assert inefficiency(WORTH, np.array([2])) == 0
    assert inefficiency(WORTH, np.array([3])) == pytest.approx(0.1)


def test_logrolling_is_measured_from_the_middle():
    off = distance_from_the_middle(np.array([[0, 0], [2, 2], [0, 2], [1, 1]]))
    assert off.tolist() == [1, 1, 1, 0]
    assert logrolling(WORTH, NO_DEAL, np.array([2]), off[None]) == pytest.approx(0.3)


def test_quality_is_known_of_first_deals_only(played):
    dealt = played.deal_day != NONE
    assert np.isnan(played.inefficiency[~dealt]).all()
    assert (played.inefficiency[dealt] >= 0).all()
    assert np.isfinite(played.logrolling[dealt]).all()
    assert findings.quality(played)["logrolling"].n == dealt.sum()
    assert (played.died_before_zopa <= played.died_in_captivity).all()


# --- Day by day


def test_series_by_day_change_nothing_else_and_may_be_stored(played, tmp_path):
    plain = simulate(case_of("two-rivers"), runs=120, days=100, seed=3)
    assert not plain.series
    for name in plain.arrays():
        values = getattr(plain, name)
        nan = values.dtype.kind == "f"
        assert np.array_equal(values, getattr(played, name), equal_nan=nan), name
    read = Outcomes.load(played.save(tmp_path / "whole"))
    folder = tmp_path / "parts"
    folder.mkdir()
    list(save([played], folder))
    for other in (read, OutcomeStore(folder), Outcomes.load(folder)):
        assert set(other.series) == {"surplus", "war_values", "phase"}
        for name, values in played.series.items():
            assert np.array_equal(values, other.series[name]), name


def test_findings_by_day_follow_the_series(played):
    days = (1, 60, 100)
    zopa, size = time_series.zopa_by_day(played, days), time_series.zopa_size_by_day(played, days)
    at_war = played.series["phase"][:, 59] == 0
    assert zopa[60].n == int(at_war.sum())
    assert zopa[60].estimate == (played.series["surplus"][at_war, 59] >= 0).mean()
    assert size[1].estimate < size[1].high
    ripe = time_series.ripeness(played, days)
    assert ripe[1].estimate is None
    assert 0 <= ripe[60].estimate <= zopa[60].estimate
    assert -1 < time_series.mutual_optimism(played, days)[1].estimate < 1


def test_who_kept_no_series_is_told_so(played):
    with pytest.raises(ValueError, match="series=True"):
        time_series.zopa_by_day(simulate(case_of("pie"), runs=2, days=2), (1,))
    with pytest.raises(ValueError, match="not among the 100 days"):
        time_series.zopa_by_day(played, (101,))


def test_where_there_is_always_a_zopa_nothing_more_is_announced():
    screen = io.StringIO()
    never = CountedEstimate(estimate=0.0, low=0.0, high=0.1, n=20)
    always = StructuralSummary.model_construct(no_zopa=never)
    console_explanation._print_structural(always, case_of("pie"), Console(file=screen, width=200))
    assert "In 0 of 100 talks no package is better than no deal" in screen.getvalue()
    assert screen.getvalue().endswith("as they see it.\n")


def test_reasons_become_json(played):
    counted = explanation._counted(attribution.procedural(played))
    data = {name: estimate.as_data() for name, estimate in counted.items()}
    assert json.loads(json.dumps(data))["text"]["estimate"] > 0
