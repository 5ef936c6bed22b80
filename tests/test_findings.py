"""Claims about findings: shares and times are counted rightly, and their intervals are honest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim import findings
from sim.complaints import ScenarioError
from sim.experiment import simulate
from sim.outcomes import ENDINGS, NONE, Outcomes
from sim.reading import load_scenario, read_text
from sim.scenario import BaseRate

MINIMAL = Path(__file__).parent / "scenarios" / "minimal.yaml"
TEXT = MINIMAL.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    return simulate(load_scenario(MINIMAL), runs=150, seed=2)


def with_truces(outcomes: Outcomes, lasted: list[int], ended: list[bool]) -> Outcomes:
    """Outcomes of a few runs, each with one truce."""
    few = {name: getattr(outcomes, name)[: len(lasted)] for name in Outcomes.array_names()}
    few["truces"] = np.ones(len(lasted), dtype=np.int16)
    few["truce_days"] = np.array(lasted, dtype=np.int16)
    few["truce_end"] = np.where(ended, 0, NONE).astype(np.int8)
    return replace(outcomes, **few)


def test_wilsons_interval_is_that_of_the_textbook():
    # Newcombe (1998), Statistics in Medicine 17:857, table I, method 3.
    assert findings.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert findings.wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert findings.wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert findings.wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert findings.wilson(0, 0) == (0.0, 1.0)


def test_deals_are_counted_among_all_talks_victories_included(outcomes):
    found = findings.deal_by(outcomes, 30)
    by_hand = np.mean([1 <= day <= 30 for day in outcomes.deal_day])
    assert found.estimate == by_hand
    assert found.n == 150
    assert found.low < found.estimate < found.high


def test_more_days_never_mean_fewer_deals(outcomes):
    shares = [findings.deal_by(outcomes, day).estimate for day in range(1, outcomes.days + 1)]
    assert shares == sorted(shares)


def test_nobody_says_what_happened_beyond_the_horizon(outcomes):
    with pytest.raises(ValueError, match="beyond the 60 days"):
        findings.deal_by(outcomes, 61)


def test_the_restricted_mean_counts_the_horizon_where_there_is_no_deal(outcomes):
    days = [day if day != NONE else outcomes.days for day in outcomes.deal_day.tolist()]
    assert findings.restricted_mean_day(outcomes).estimate == pytest.approx(np.mean(days))


def test_endings_and_causes_add_up(outcomes):
    endings = findings.endings(outcomes)
    assert tuple(endings) == ENDINGS
    assert sum(share.estimate for share in endings.values()) == pytest.approx(1)
    assert sum(share.estimate for share in findings.truce_causes(outcomes).values()) == (
        pytest.approx(1)
    )


def test_terms_are_shares_of_first_deals(outcomes):
    terms = findings.terms(outcomes)
    levels = outcomes.deal_levels[outcomes.deal_day != NONE]
    assert list(terms) == list(outcomes.labels.issues)
    for k, (issue, shares) in enumerate(terms.items()):
        assert sum(share.estimate for share in shares.values()) == pytest.approx(1)
        first = outcomes.labels.levels[k][0]
        assert terms[issue][first].estimate == pytest.approx(np.mean(levels[:, k] == 0))


def test_without_a_deal_there_are_no_terms(outcomes):
    none = replace(outcomes, deal_package=np.full(len(outcomes), NONE, dtype=np.int16))
    shares = [share for levels in findings.terms(none).values() for share in levels.values()]
    assert {share.estimate for share in shares} == {None}


def test_people_are_summed_over_pools_and_told_per_pool(outcomes):
    held = findings.captives(outcomes)
    assert held["initial"].mean == 13
    gone = ("returned_alive", "remains_returned", "rescued", "still_held", "remains_held")
    assert sum(held[name].mean for name in gone) == pytest.approx(13)
    pool = findings.people(outcomes, "returned_alive", "valley people")
    assert pool.mean == held["returned_alive"].mean
    assert pool.q05 <= pool.q50 <= pool.q95


def test_truce_survival_is_that_of_kaplan_and_meier(outcomes):
    # Five truces: ended after 2, 4 and 6 days, and followed for 3 and 6. By hand:
    # (1 - 1/5) after 2 days, times (1 - 1/3) after 4, times (1 - 1/2) after 6.
    few = with_truces(outcomes, [2, 3, 4, 6, 6], [True, False, True, True, False])
    found = findings.truce_survival(few, (1, 2, 5, 6, 7))
    assert found[1].estimate == pytest.approx(1)
    assert found[2].estimate == pytest.approx(0.8)
    assert found[5].estimate == pytest.approx(0.8 * 2 / 3)
    assert found[6].estimate == pytest.approx(0.8 * 2 / 3 / 2)
    assert found[7].estimate is None  # nobody was followed so long
    for day in (1, 2, 5, 6):
        assert 0 <= found[day].low <= found[day].estimate <= found[day].high <= 1


@pytest.mark.parametrize(
    ("lasted", "ended", "expected"),
    [
        ([5, 6], [False, False], {4: 1.0, 7: None}),
        ([7, 7], [True, True], {6: 1.0, 7: 0.0, 30: 0.0}),
        ([], [], {7: None}),
    ],
)
def test_survival_is_known_where_all_or_none_have_ended(outcomes, lasted, ended, expected):
    found = findings.truce_survival(with_truces(outcomes, lasted, ended), tuple(expected))
    assert {day: finding.estimate for day, finding in found.items()} == expected


def test_a_truce_is_held_for_so_many_days_only_if_it_was_seen(outcomes):
    few = with_truces(outcomes, [59, 60, 60, 61], [False, True, False, True])
    assert findings.held_for(few, 60).tolist() == [False, False, True, True]


def test_refusals_are_shares_of_all_texts(outcomes):
    found = findings.refusals(outcomes)["upland"]
    texts = outcomes.rounds.sum()
    assert found["refused"].estimate == pytest.approx(outcomes.refusals[:, 1].sum() / texts)
    assert found["refused_alone"].estimate <= found["refused"].estimate
    assert found["refused"].low <= found["refused"].estimate <= found["refused"].high


def test_a_zopa_on_some_day_includes_the_first(outcomes):
    zopa = findings.zopa(outcomes)
    assert zopa["day0"].estimate <= zopa["any_day"].estimate


# --- The base rate


def test_two_deals_in_457_days_give_the_known_yardstick():
    base = BaseRate(deals=2, days=457, source="somebody")
    by = {day: findings.base_rate_by(base, day) for day in (30, 90, 180, 365)}
    assert [by[day].estimate for day in by] == pytest.approx([0.123, 0.326, 0.545, 0.798], abs=6e-4)
    rate = [-np.log1p(-end) / 90 for end in (by[90].low, by[90].high)]
    assert rate == pytest.approx([0.00125, 0.0121], rel=5e-3)


def test_a_base_rate_cites_a_source_that_exists_and_thereby_uses_it():
    source = "  toll: {date: 2020-01-01, title: The toll book}\n\nbase_rate: {deals: 1, days: 9.5, "
    head, tail = TEXT.split("\nphrases:")
    cited = read_text(f"{head}{source}source: toll}}\n\nphrases:{tail}", "a.yaml")
    assert cited.base_rate == BaseRate(deals=1, days=9.5, source="toll")
    with pytest.raises(ScenarioError, match="did you mean 'toll'") as error:
        read_text(f"{head}{source}source: tol}}\n\nphrases:{tail}", "a.yaml")
    assert error.value.complaints[0].key in ("base_rate.source", "sources.toll")


@pytest.mark.parametrize(
    "wrong", ["deals: -1, days: 9", "deals: 1, days: 0", "deals: 0.5, days: 9"]
)
def test_a_base_rate_is_a_count_over_days(wrong):
    head, tail = TEXT.split("\nphrases:")
    text = f"{head}\nbase_rate: {{{wrong}, source: gazette}}\n\nphrases:{tail}"
    with pytest.raises(ScenarioError, match="base_rate"):
        read_text(text, "a.yaml")


# --- Two arms


def test_a_change_without_effect_is_exactly_zero(outcomes):
    effects = findings.effects(outcomes, outcomes, (30, 60))
    assert all(effect.exactly_zero and effect.estimate == 0 for effect in effects.values())


def test_an_effect_is_the_mean_of_paired_differences():
    effect = findings.paired("x", np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), "")
    assert (effect.estimate, effect.baseline, effect.changed) == (0.25, 0.5, 0.75)
    half = findings.NORMAL_95 * 0.5 / 2  # standard deviation 0.5, four runs
    assert (effect.low, effect.high) == pytest.approx((0.25 - half, 0.25 + half))
    assert not effect.exactly_zero


def test_flips_are_counted_both_ways(outcomes):
    other = outcomes.deal_day.copy()
    with_deal, without = np.flatnonzero(other != NONE)[:3], np.flatnonzero(other == NONE)[:2]
    other[with_deal], other[without] = NONE, 9
    flips = findings.flips(outcomes, replace(outcomes, deal_day=other))
    assert flips["from_deal"].estimate == 3 / 150
    assert flips["to_deal"].estimate == 2 / 150
