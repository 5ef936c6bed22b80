"""Claims about findings: shares and times are counted rightly, and their intervals are honest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim import findings
from sim.engine.outcomes import ENDINGS, NONE, Outcomes
from sim.engine.simulate import Comparison, simulate
from sim.scenario.errors import ScenarioError
from sim.scenario.loading import load_scenario, read_text
from sim.scenario.schema import BaseRate

MINIMAL = Path(__file__).parents[2] / "scenarios" / "minimal.yaml"
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
    for no_day in (-1, "30", 2.5):
        with pytest.raises(ValueError, match="give a whole number from 0 to 60"):
            findings.deal_by(outcomes, no_day)


@pytest.mark.parametrize(
    ("unlike", "said"),
    [
        ({"seed": 3}, "seed 2 and 3"),
        ({"first": 150}, "first run 0 and 150"),
        ({"scenario": "another"}, "scenario minimal and another"),
    ],
)
def test_arms_that_share_no_luck_are_not_paired(outcomes, unlike, said):
    other = replace(outcomes, **unlike)
    for pairing in (lambda a, b: findings.effects(a, b, (30,)), findings.flips, Comparison):
        with pytest.raises(ValueError, match=f"do not share their luck: {said}"):
            pairing(outcomes, other)


def test_arms_that_were_followed_for_different_days_have_only_their_deals_in_common(outcomes):
    longer = replace(outcomes, days=61)
    assert list(findings.effects(outcomes, longer, (30, 60))) == ["deal_by_30", "deal_by_60"]
    for pairing in (findings.flips, Comparison):
        with pytest.raises(ValueError, match="followed for 60 and 61 days; play both"):
            pairing(outcomes, longer)


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


#: Weeks in remission under 6-MP, and whether it ended: Freireich et al., Blood 21 (1963) 699-716.
REMISSIONS = (
    ((6, 6, 6, 7, 10, 13, 16, 22, 23), True),
    ((6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35), False),
)


def test_survival_of_the_leukaemia_data_is_that_of_the_textbook(outcomes):
    """Kaplan and Meier's curve with Greenwood's standard errors."""
    lasted, ended = zip(*((w, end) for weeks, end in REMISSIONS for w in weeks), strict=True)
    found = findings.truce_survival(
        with_truces(outcomes, list(lasted), list(ended)), (6, 7, 10, 13, 16, 22, 23)
    )
    estimates = [one.estimate for one in found.values()]
    expected = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert estimates == pytest.approx(expected, abs=5e-5)
    # The interval is normal on the scale of log(-log S), so that it gives back the standard error.
    errors = [
        one.estimate
        * -np.log(one.estimate)
        * np.log(np.log(one.low) / np.log(one.high))
        / (2 * findings.NORMAL_95)
        for one in found.values()
    ]
    expected = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert errors == pytest.approx(expected, abs=5e-5)


def with_ends(outcomes: Outcomes, lasted: list[int], cause: list[int]) -> Outcomes:
    """Outcomes of a few runs, each with one truce and what ended it; -1 is nothing."""
    few = with_truces(outcomes, lasted, [True] * len(lasted))
    return replace(few, truce_end=np.array(cause, dtype=np.int8))


def test_ends_by_cause_are_those_of_a_published_table():
    """Satagopan et al., British Journal of Cancer 91 (2004) 1229-1235, table 2 (305 patients)."""
    ends = {10: 0, 16: 0, 18: 1, 23: 0, 26: 1, 27: 0}
    censored = [9, 11, 24] + [60] * (305 - 3 - len(ends))  # so that 304, 302 ... are at risk
    few = with_ends(
        simulate(load_scenario(MINIMAL), runs=305, seed=2, days=5),
        [*ends, *censored],
        [*ends.values(), *[NONE] * len(censored)],
    )
    one, other, *rest = findings.truce_ends(few, tuple(ends)).values()
    expected = [0.00329, 0.00659, 0.00659, 0.00989, 0.00989, 0.01320]
    assert [found.estimate for found in one.values()] == pytest.approx(expected, abs=5e-6)
    assert other[27].estimate == pytest.approx(0.00661, abs=5e-6)
    in_force = findings.truce_survival(few, (27,))[27].estimate
    assert in_force == pytest.approx(0.98019, abs=5e-6)
    assert one[27].estimate + other[27].estimate + in_force == pytest.approx(1)
    assert all(found.estimate == 0 for causes in rest for found in causes.values())


def test_truces_in_force_and_ended_by_each_cause_add_up(outcomes):
    days = (3, 7, 30)
    survival, ends = findings.truce_survival(outcomes, days), findings.truce_ends(outcomes, days)
    assert set(ends) == set(outcomes.labels.causes)
    for day in days:
        whole = [survival[day], *(by_day[day] for by_day in ends.values())]
        assert sum(found.estimate for found in whole) == pytest.approx(1)
        assert all(found.low <= found.estimate <= found.high for found in whole)


def test_without_censoring_ends_by_cause_are_plain_shares():
    few = simulate(load_scenario(MINIMAL), runs=40, seed=2, days=5)
    chance = np.random.default_rng(1)
    lasted, cause = chance.integers(1, 20, 40), chance.integers(0, 2, 40)
    ends = findings.truce_ends(with_ends(few, lasted.tolist(), cause.tolist()), (5, 10, 19))
    for code, found in enumerate(list(ends.values())[:2]):
        for day, one in found.items():
            plain = findings.share("", (lasted <= day) & (cause == code), "")
            assert (one.estimate, one.low, one.high) == pytest.approx(
                (plain.estimate, plain.low, plain.high)
            )


def test_nobody_knows_what_ends_truces_that_nobody_followed(outcomes):
    few = with_truces(outcomes, [3, 4], [True, False])
    assert findings.truce_ends(few, (4, 5))[outcomes.labels.causes[0]][5].estimate is None
    none = with_truces(outcomes, [], [])
    assert {f[7].estimate for f in findings.truce_ends(none, (7,)).values()} == {None}


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


def test_an_effect_is_clear_where_its_sign_is_known_or_it_is_nothing():
    nothing, some = np.zeros(40), np.tile([0.0, 1.0], 20)
    assert findings.paired("same", some, some, "").is_clear
    assert findings.paired("more", nothing, some, "").is_clear
    assert findings.paired("less", some, nothing, "").is_clear
    assert not findings.paired("turned", some, some[::-1], "").is_clear
    assert not findings.paired("one run", nothing[:1], some[1:2], "").is_clear


def test_tangos_interval_is_that_of_published_examples():
    # Fagerland, Lydersen and Laake, Statistics in Medicine 33 (2014) 2850: airways of 21 children.
    assert findings.tango(1, 7, 21) == pytest.approx((-0.517, -0.026), abs=5e-4)
    # Off-diagonal zeros, which Tango's paper is about: the root of n d^2 = z^2 d (1 - d).
    spare = findings.NORMAL_95**2 / (100 + findings.NORMAL_95**2)
    assert findings.tango(0, 0, 100) == pytest.approx((-spare, spare))
    low, high = findings.tango(25, 0, 25)
    assert (low, high) == pytest.approx(((25 - findings.NORMAL_95**2) / 28.8415, 1), abs=1e-4)


@pytest.mark.parametrize(("gained", "lost"), [(12, 3), (11, 3), (3, 11), (30, 16), (5, 0), (6, 6)])
def test_tangos_interval_leaves_out_zero_where_mcnemars_test_rejects_it(gained, lost):
    low, high = findings.tango(gained, lost, 90)
    rejected = (gained - lost) ** 2 / (gained + lost) > findings.NORMAL_95**2
    assert rejected == (not low <= 0 <= high)
    assert findings.tango(lost, gained, 90) == pytest.approx((-high, -low))
    assert -1 <= low < (gained - lost) / 90 < high <= 1


def test_a_difference_of_shares_says_what_so_few_runs_leave_open(outcomes):
    nothing = findings.paired("x", np.zeros(50, dtype=bool), np.zeros(50, dtype=bool), "")
    assert (nothing.estimate, nothing.exactly_zero) == (0, True)
    assert nothing.low == pytest.approx(-nothing.high)
    assert nothing.low < 0
    before, after = np.array([True, False, False, False]), np.array([True, True, False, False])
    effect = findings.paired("x", before, after, "")
    assert (effect.estimate, effect.low, effect.high) == (0.25, *findings.tango(1, 0, 4))


def test_flips_are_counted_both_ways(outcomes):
    other = outcomes.deal_day.copy()
    with_deal, without = np.flatnonzero(other != NONE)[:3], np.flatnonzero(other == NONE)[:2]
    other[with_deal], other[without] = NONE, 9
    flips = findings.flips(outcomes, replace(outcomes, deal_day=other))
    assert flips["from_deal"].estimate == 3 / 150
    assert flips["to_deal"].estimate == 2 / 150
