"""The worked example: one party of each kind at their medians, to the last printed digit.

The figures were worked out from the equations by hand and by an independent program. What is
printed with d digits is met to half a unit of the last; the talks themselves reckon in single
precision, so that up to 2e-6 is added.

War after a truce costs its days up to a horizon of 365 days from today, of which those of the truce
are days of rest, 90 of them at most: 323 days are left after six weeks, 358 after a week and 275
after a permanent truce. Rest counted as days of war in an earlier edition, which made every truce
worth less to whoever would fight to the horizon: to B after all of them (its wars last 925, 892 and
425 days), by 0.0005 times 42, 7 and 90; to A after six weeks (361 days), by 0.0006 times 38. The
humanitarian text is within reach since: it was worth .001 less than no deal to A and .004 to B.
"""

from functools import cache

import numpy as np
import pytest

from sim.engine.rounds import Assessment
from sim.engine.talks import Talks
from sim.scenario.schema import Scenario
from sim.theory.war import ruin
from tests.builders import case_of, package_of, scene_of, talks_of

SINGLE = 2e-6
PARTIES = ("a", "b")
ISSUES = ("duration", "guarantee", "withdrawal", "captives", "ratio", "aid")

#: Levels in the order of ISSUES.
HUMANITARIAN_TEXT = ("42d", "0", "1", "1", "10", "0")
RENEWAL = ("7d", "0", "0", "1", "3", "0")
ON_PAPER = ("permanent", "2", "3", "3", "30", "1")
MONITORED = ("permanent", "3", "3", "3", "30", "1")


def printed(*digits: str) -> list:
    """Figures as printed, each to half a unit of its last digit."""
    return [
        pytest.approx(float(d), abs=0.5 * 10.0 ** -len(d.partition(".")[2]) + SINGLE)
        for d in digits
    ]


@cache
def example() -> tuple[Scenario, Talks, Assessment]:
    case = case_of("worked-example")
    talks = talks_of(case)
    return case, talks, scene_of(talks)


def row_of(levels: tuple[str, ...]) -> int:
    case, talks, _ = example()
    return package_of(case, talks.packages, **dict(zip(ISSUES, levels, strict=True)))


def outlooks() -> list:
    """What each party expects of the war, with its temptations."""
    _, talks, _ = example()
    rows = np.array([0])
    lift, after = talks.captivity.lift(rows), talks.captivity.lift_after(rows)
    return [p.forecast_war(rows, talks._evidence(rows), lift, after) for p in talks.parties]


# --- The war, now ---


def test_the_war_is_nearly_won_for_a_and_open_for_b():
    assert [float(x) for x in ruin(17, 0.56, 24)] == printed(".986446", "55.6226")
    assert [float(x) for x in ruin(17, 0.47, 24)] == printed(".397575", "124.3035")
    assert 7 * float(ruin(17, 0.56, 24)[1]) == pytest.approx(389.36, abs=0.005)
    assert 7 * float(ruin(17, 0.47, 24)[1]) == pytest.approx(870.12, abs=0.005)


def test_fighting_on_is_worth_more_than_there_is_to_share():
    _, _, scene = example()
    assert scene.war_values[0].tolist() == printed(".767446", ".419925")
    assert scene.reservation[0].tolist() == printed(".498840", ".344339")


# --- Four packages ---


@pytest.mark.parametrize(
    ("levels", "leverage", "front"),
    [
        (HUMANITARIAN_TEXT, ".856397", "16.16"),
        (RENEWAL, ".856397", "16.86"),
        (ON_PAPER, "0", "15.20"),
        (MONITORED, "0", "15.20"),
    ],
)
def test_an_exchange_costs_leverage_and_a_truce_costs_ground(levels, leverage, front):
    _, talks, _ = example()
    packages, row = talks.packages, row_of(levels)
    lift = talks.captivity.lift_after(np.array([0]))[0, packages.release_of[row]]
    rearmed = talks.war_numbers["rearm_per_month"][0] * min(packages.days[row], 90) / 30
    assert [1 - lift / 0.1, talks.war_state.front[0] - rearmed] == printed(leverage, front)


@pytest.mark.parametrize(
    ("levels", "war_after", "resumptions", "permanence"),
    [
        (HUMANITARIAN_TEXT, (".799060", ".337351"), (".999874", ".037220"), ".000121"),
        (RENEWAL, (".796541", ".284580"), (".999024", ".423507"), ".000563"),
        (ON_PAPER, (".884471", "-.124854"), (".999992", "0.000000"), ".000008"),
        (MONITORED, (".884471", "-.124854"), (".999832", "0.000000"), ".000168"),
    ],
)
def test_a_truce_lasts_if_neither_is_tempted(levels, war_after, resumptions, permanence):
    _, talks, scene = example()
    frame = talks.packages.frame_of[row_of(levels)]
    seen = outlooks()
    assert [float(o.war_after[0, frame]) for o in seen] == printed(*war_after)
    tempted = np.stack([o.temptation for o in seen], axis=1)
    resume = talks.parties[0].judgement.resumptions(talks.parties[0].params.judgement, tempted)
    assert resume[0, :, frame].tolist() == printed(*resumptions)
    lasts = [float(r.permanence[0, frame]) for r in scene.valuations]
    assert lasts == printed(permanence, permanence)


@pytest.mark.parametrize(
    ("levels", "days_of_rest", "days_of_war"),
    [
        (HUMANITARIAN_TEXT, 42, ("360.9490", "924.7946")),
        (RENEWAL, 7, ("329.6884", "892.0093")),
        (MONITORED, 90, ("192.4781", "424.8248")),
    ],
)
def test_war_after_a_truce_costs_the_days_that_are_left_of_the_horizon(
    levels, days_of_rest, days_of_war
):
    """By the closed form of the walk, from the front after re-arming and the lift of a release."""
    _, talks, _ = example()
    row, packages = row_of(levels), talks.packages
    lift = float(talks.captivity.lift_after(np.array([0]))[0, packages.release_of[row]])
    front = 17 - 0.6 * days_of_rest / 30
    values, lasts = [], []
    for belief, cost, forward in ((0.56, 0.0006, True), (0.47, 0.0005, False)):
        p = belief + lift
        odds = (1 - p) / p
        win = (1 - odds**front) / (1 - odds**24)
        days = 7 * (24 * win - front) / (2 * p - 1)
        lasts.append(days)
        values.append((win if forward else 1 - win) - cost * min(days, 365 - days_of_rest))
    assert lasts == printed(*days_of_war)
    after = [float(o.war_after[0, packages.frame_of[row]]) for o in outlooks()]
    assert after == pytest.approx(values, abs=SINGLE)


@pytest.mark.parametrize(
    ("levels", "exchange", "worth", "surplus"),
    [
        (
            HUMANITARIAN_TEXT,
            ("-.019182", ".451140"),
            (".512640", ".357849"),
            (".013800", ".013510"),
        ),
        (RENEWAL, (".049611", ".354830"), (".534989", ".297232"), (".036149", "-.047106")),
        (ON_PAPER, (".387025", ".898165"), (".515362", ".059297"), (".016522", "-.285042")),
        (MONITORED, (".387025", ".898165"), (".417818", ".059445"), ("-.081022", "-.284894")),
    ],
)
def test_what_a_package_is_worth(levels, exchange, worth, surplus):
    case, talks, scene = example()
    row = row_of(levels)
    of_exchange = []
    for party, valuation in zip(talks.parties, scene.valuations, strict=True):
        tables, packages = valuation.tables, talks.packages
        both = tables.swaps[0, packages.swap_of[row]] + tables.other[0] @ packages.other[row]
        of_exchange.append(float(both) / case.parties[party.name].exchange_weight.centre)
    gains = scene.worth[0, :, row] - scene.reservation[0]
    assert of_exchange == printed(*exchange)
    assert scene.worth[0, :, row].tolist() == printed(*worth)
    assert gains.tolist() == printed(*surplus)


# --- Two keys ---


#: A's belief: what war is worth to it, and by what breaking a guarantee costs, of the permanent
#: packages for everybody at thirty to one with aid, the best smaller surplus and its withdrawal.
#: Where a guarantee bites by less, going back to war after 90 days of rest tempts A more by all the
#: rest that no longer counts as war: 0.0006 times 90 at most. Where it bites by 0.30 or more the
#: truce is kept, and what war would be worth after it does not count.
TWO_KEYS = {
    0.56: (".767", {0.15: ("-.084", 0), 0.30: ("-.071", 0), 0.45: ("-.071", 0)}),
    0.53: (".703", {0.15: ("-.041", 0), 0.30: ("-.029", 0), 0.45: ("-.029", 0)}),
    0.5001: (".490", {0.15: ("-.009", 0), 0.30: (".063", 0), 0.45: (".063", 0)}),
    0.47: (".179", {0.15: (".002", 0), 0.30: (".227", 1), 0.45: (".227", 1)}),
    0.44: ("-.037", {0.15: (".052", 1), 0.30: (".289", 2), 0.45: (".289", 2)}),
}


@pytest.mark.parametrize("belief", TWO_KEYS)
@pytest.mark.parametrize("bite", [0.15, 0.30, 0.45])
def test_peace_needs_two_keys_less_optimism_and_a_guarantee_that_bites(belief, bite):
    changes = {"parties.a.war.belief": belief, "permanence.numbers.bite": bite}
    talks = talks_of(case_of("worked-example", changes))
    scene, packages = scene_of(talks), talks.packages
    at_thirty = (packages.level("captives") == 3) & (packages.level("ratio") == 3)
    with_aid = packages.level("aid") == 1
    smaller = (scene.worth[0] - scene.reservation[0, :, None]).min(axis=0)
    best = np.where(packages.permanent & at_thirty & with_aid, smaller, -np.inf).argmax()
    value, columns = TWO_KEYS[belief]
    surplus, withdrawal = columns[bite]
    assert [scene.war_values[0, 0], smaller[best]] == printed(value, surplus)
    assert packages.level("withdrawal")[best] == withdrawal
    assert packages.guarantee[best] == 3
