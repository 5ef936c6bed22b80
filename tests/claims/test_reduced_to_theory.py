"""Cut down to a textbook's assumptions, the talks give the textbook's numbers.

Where a number comes from many runs it is met within four standard errors.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from scipy.special import logit

from sim.engine.outcomes import ENDINGS, NONE
from sim.engine.random_streams import DailyStream, RandomStreams
from sim.engine.sampling import ParameterSample
from sim.engine.simulate import simulate
from sim.scenario.loading import find_scenario, read_text
from sim.theory.concession import TACTICS, ConcessionInput
from sim.theory.durability import median_day, survival
from sim.theory.war import fearon_surplus, perceived_range, posterior_gap, ruin
from sim.types import Floats
from tests.builders import (
    case_of,
    certain,
    cut_finer,
    differing,
    mediators_alone,
    outcomes_of,
    package_of,
    scene_of,
    talks_of,
)

TO_VICTORY = [ENDINGS.index("victory_forward"), ENDINGS.index("victory_backward")]


def met_within_four_errors(values: np.ndarray, expected: float) -> bool:
    error = values.std() / np.sqrt(len(values))
    return abs(values.mean() - expected) <= 4 * error


# --- Fearon: war as the alternative ---


BELIEFS = {
    "parties.a.war.chance": certain(0.3, 0.9),
    "parties.b.war.chance": certain(0.3, 0.9),
    "parties.a.war.cost": certain(0, 0.3),
    "parties.b.war.cost": certain(0, 0.3),
}


def test_the_zopa_is_fearons_bargaining_range():
    case = cut_finer(case_of("pie", BELIEFS), 100)
    talks = talks_of(case, 2000)
    inside = talks.assessor.zone_of_agreement(scene_of(talks))
    draws = ParameterSample(case, RandomStreams(1, 0, 2000))
    beliefs = [draws[f"parties.{p}.war.{n}"] for n in ("chance", "cost") for p in ("a", "b")]
    least, most = perceived_range(*beliefs)
    share = np.arange(101) / 100
    expected = (share >= least[:, None]) & (share <= most[:, None])
    assert np.array_equal(inside, expected)
    size = np.clip(np.minimum(most, 1) - np.maximum(least, 0), 0, None)
    assert np.abs(inside.sum(axis=1) / 100 - size).max() <= 0.01 + 1e-9


def test_without_a_mediator_some_slice_is_agreed_on_exactly_where_the_range_has_one():
    case = cut_finer(case_of("pie", BELIEFS), 100)
    outcomes = simulate(case, runs=2000, days=1)
    assert np.array_equal(outcomes.deal_day > 0, outcomes.zopa_first)
    assert 0.3 < outcomes.zopa_first.mean() < 0.7


@pytest.mark.parametrize(
    ("chance_b", "least", "most", "surplus"),
    [(0.5, 0.52, 0.57, 0.05), (0.55, 0.52, 0.52, 0.0), (0.45, 0.52, 0.62, 0.10)],
)
def test_the_range_of_a_known_case(chance_b, least, most, surplus):
    case = cut_finer(case_of("pie", {"parties.b.war.chance": chance_b}), 100)
    talks = talks_of(case)
    slices = np.flatnonzero(talks.assessor.zone_of_agreement(scene_of(talks))[0]) / 100
    assert float(fearon_surplus(0.6, chance_b, 0.08, 0.07)) == pytest.approx(surplus, abs=1e-9)
    assert slices[[0, -1]] == pytest.approx([least, most], abs=0.01 + 1e-9)


# --- Chatterjee and Samuelson: bids in the dark ---


@dataclass(frozen=True)
class LinearBid:
    """The linear equilibrium of the sealed-bid auction, as what a party holds out for.

    A seller whose cost is r asks 1/4 + 2r/3. A buyer whose value is v bids 1/12 + 2v/3; what it
    holds out for is one less its bid, and what it has without a trade is r = 1 - v.
    """

    numbers: ClassVar[tuple[str, ...]] = ()

    def __call__(self, numbers: dict[str, np.ndarray], stance: ConcessionInput) -> np.ndarray:
        return 0.25 + 2 * stance.reservation / 3


def test_sealed_bids_trade_as_in_chatterjee_and_samuelson(monkeypatch):
    monkeypatch.setitem(TACTICS, "linear-bid", LinearBid)
    dark = {f"parties.{p}.war.chance": certain(0, 1) for p in "ab"}
    case = cut_finer(case_of("pie", dark | {f"parties.{p}.war.cost": 0 for p in "ab"}), 1000)
    parties = {p: _with_linear_bid(party) for p, party in case.parties.items()}
    outcomes = simulate(case.model_copy(update={"parties": parties}), runs=8000, days=1)
    assert met_within_four_errors(outcomes.deal_day > 0, 9 / 32)
    gains = np.nan_to_num(outcomes.surplus).sum(axis=1)
    assert met_within_four_errors(gains, 9 / 64)


def _with_linear_bid(party):
    tactic = party.tactic.model_copy(update={"kind": "linear-bid", "numbers": {}})
    return party.model_copy(update={"tactic": tactic})


# --- Nash: barter ---


@pytest.mark.parametrize(
    ("formulation", "gains"),
    [("nash", (12, 5)), ("egalitarian", (8, 6)), ("kalai-smorodinsky", (12, 5))],
)
def test_a_friend_of_bill_and_jack_words_the_text_of_the_textbook(formulation, gains):
    case = case_of("barter", {"mediators.friend.formulation.kind": formulation})
    outcomes = outcomes_of(mediators_alone(talks_of(case, 3)))
    assert (outcomes.deal_day == 1).all()
    assert outcomes.surplus == pytest.approx(np.tile(gains, (3, 1)))


def test_bill_gives_four_things_for_pen_toy_and_knife():
    outcomes = outcomes_of(mediators_alone(talks_of(case_of("barter"))))
    goes = dict(zip(outcomes.labels.issues, outcomes.deal_levels[0], strict=True))
    assert {thing for thing, level in goes.items() if level} == {
        *("book", "whip", "ball", "bat"),
        *("pen", "toy", "knife"),
    }


def test_a_party_that_speaks_asks_for_what_suits_the_other_best_of_what_it_would_take():
    """Everything is conceded at once, so that the speaker takes nothing for itself."""
    talks = talks_of(case_of("barter"), 50)
    scene = scene_of(talks)
    gains = scene.worth[0] - scene.reservation[0][:, None]
    acceptable = (gains >= 0).all(axis=0)
    best_for_the_other = [gains[1 - i][acceptable].max() for i in range(2)]
    outcomes = outcomes_of(talks)
    assert (outcomes.deal_day == 1).all()
    signed = {tuple(row) for row in outcomes.surplus.round(6).tolist()}
    assert len(signed) == 2
    assert {row[1] for row in signed} >= {best_for_the_other[0]}
    assert {row[0] for row in signed} >= {best_for_the_other[1]}


def test_packages_that_tie_go_to_the_first():
    case = cut_finer(case_of("pie", {f"parties.{p}.war.chance": 0.3 for p in "ab"}), 10)
    equal = {f"s{k}": 0.5 for k in range(11)}
    content = case.model_dump()
    for party in content["parties"].values():
        for level, worth in equal.items():
            party["settlement"]["share"][level]["value"] = worth
    outcomes = simulate(type(case).model_validate(content), runs=20, days=1)
    assert (outcomes.deal_package == 0).all()


# --- The war of forts ---


WALK = {
    "mediators.guarantor.keeps_channel": False,
    "captives.held.restraint": 0,
    "war.numbers.forts": 10,
    "war.numbers.front": 5,
    "war.numbers.battles_per_day": 1,
}


@pytest.mark.parametrize("chance", [0.6, 0.5])
def test_without_talks_the_war_is_the_gamblers_ruin(chance):
    case = case_of("worked-example", WALK | {"war.numbers.chance": chance})
    outcomes = simulate(case, runs=4000, days=400)
    win, battles = ruin(5, chance, 10)
    assert np.isin(outcomes.ending, TO_VICTORY).all()
    assert met_within_four_errors(outcomes.ending == TO_VICTORY[0], float(win))
    assert met_within_four_errors(outcomes.battles, float(battles))
    assert np.array_equal(outcomes.battles, outcomes.last_day)


def test_those_who_believe_alike_are_never_optimistic():
    alike = {f"parties.{p}.war.cost_per_day": 0 for p in "ab"} | {"parties.b.war.belief": 0.56}
    case = case_of("worked-example", WALK | alike | {"captives.held.restraint": 0.1})
    talks, rows = talks_of(case, 50, days=20), np.arange(50)
    for _ in range(20):
        talks.step()
        optimism = scene_of(talks).war_values.sum(axis=1) - 1
        assert optimism[talks.playing] == pytest.approx(0, abs=1e-6)
    assert len(np.unique(talks.war_state.front[rows])) > 5


def test_beliefs_draw_together_as_battles_are_fought():
    case = case_of("worked-example", WALK | {"war.numbers.forts": 200, "war.numbers.front": 100})
    talks = talks_of(case, 20, days=100)
    talks.play()
    seen = talks._evidence(np.arange(20))
    one, other = (p.war.believed(p.params.own_war, seen) for p in talks.parties)
    assert (seen.battles == 100).all()
    assert one - other == pytest.approx(float(posterior_gap(0.09, 40, 100)), abs=1e-9)


# --- Captives and truces ---


def test_captives_die_at_the_rate_of_the_war():
    without_talks = {"mediators.guarantor.keeps_channel": False, "war.numbers.battles_per_day": 0}
    talks = talks_of(case_of("worked-example", without_talks), 4000, days=180)
    for _ in range(30):
        talks.step()
    assert met_within_four_errors(talks.captivity.died[:, 0], 1.8731)
    for _ in range(150):
        talks.step()
    alive = talks.captivity.held_alive()[:, 0]
    assert met_within_four_errors(alive, 94.2509)
    assert alive.std() == pytest.approx(3.1062, rel=4 / np.sqrt(2 * 4000))


def test_a_truce_breaks_as_the_weibull_hazard_says():
    outcomes = simulate(case_of("truce"), runs=4000, days=60)
    assert (outcomes.deal_day == 1).all()
    lasted = np.where(outcomes.truce_end == NONE, np.inf, outcomes.truce_days)
    assert met_within_four_errors(lasted > 7, 0.7476121)
    assert met_within_four_errors(lasted > 30, 0.4468221)
    assert [survival(d, 0.7, 20, -0.5) for d in (7, 30)] == pytest.approx([0.7476121, 0.4468221])
    assert np.median(lasted) == pytest.approx(np.ceil(median_day(0.7, 20, -0.5)), abs=3)


def test_either_party_is_as_likely_to_break_it():
    outcomes = simulate(case_of("truce"), runs=4000, days=60)
    broken = outcomes.truce_end[outcomes.truce_end != NONE]
    assert met_within_four_errors(broken == 0, 0.5)


# --- Mediators without anything to bring ---


IDLE = """
  bystander:
    title: A bystander
    keeps_channel: {channel}
    bias: {{upland: {{value: 0.7, basis: judgement}}}}
    access:
      upland: {{value: 0, basis: judgement}}
      delta: {{value: 0, basis: judgement}}
    information:
      signal_error: {{value: 0.1, basis: judgement}}
      war_aversion: {{value: 0.2, basis: judgement}}
      cost_low: {{value: 0.1, basis: judgement}}
      cost_high: {{value: 0.3, basis: judgement}}
    formulation:
      kind: nash
      numbers:
        weight_error: {{value: 0.3, basis: judgement}}
        learning_rounds: {{value: 6, basis: judgement}}
    drafting: {{value: 1, basis: judgement}}
    leverage: {{upland: {{value: 0, basis: judgement}}}}
    guarantee: {{value: 0, basis: judgement}}
"""


@pytest.mark.parametrize("channel", ["true", "false"])
def test_a_mediator_who_brings_nothing_changes_nothing(channel):
    text = find_scenario("two-rivers").read_text(encoding="utf-8")
    beside = text.replace("\nchannel:\n", IDLE.format(channel=channel) + "\nchannel:\n", 1)
    alone = simulate(case_of("two-rivers"), runs=100, days=100)
    both = simulate(read_text(beside, "beside.yaml"), runs=100, days=100)
    assert len(read_text(beside, "beside.yaml").mediators) == 3
    assert differing(alone, both) == []


# --- Symmetry ---


@dataclass(frozen=True, eq=False)
class Renamed(RandomStreams):
    """The luck of somebody else: every name of a stream is turned around."""

    def once(self, stream: str, width: int = 1) -> Floats:
        return super().once(_turned(stream), width)

    def onces(self, streams: Sequence[str]) -> Floats:
        return super().onces([_turned(stream) for stream in streams])

    def days(self, streams: Sequence[str], first: int, last: int) -> Floats:
        return super().days([_turned(stream) for stream in streams], first, last)


def _turned(text: str) -> str:
    """A text in which upland and delta have changed their names."""
    other = {"upland": "delta", "delta": "upland"}
    return re.sub(r"\b(upland|delta)\b", lambda name: other[name.group()], text)


def test_a_name_is_only_a_name():
    text = find_scenario("two-rivers").read_text(encoding="utf-8")
    turned = read_text(_turned(text), "turned.yaml")
    one = outcomes_of(talks_of(case_of("two-rivers"), 100, days=100))
    other = outcomes_of(talks_of(turned, 100, days=100, chance=Renamed(1, 0, 100)))
    assert list(turned.parties) == ["delta", "upland", "marsh"]
    assert differing(one, other) == []


@dataclass(frozen=True, eq=False)
class SeenFromBehind(RandomStreams):
    """The luck of battles, told by the other side."""

    def daily(self, stream: str) -> "DailyStream | Reversed":
        luck = super().daily(stream)
        return Reversed(luck) if stream == "battle won" else luck


@dataclass(frozen=True)
class Reversed:
    """Good luck that is bad luck."""

    luck: DailyStream

    def __getitem__(self, day: int) -> np.ndarray:
        return 1 - self.luck[day]


def front_of(forward: bool) -> dict[str, object]:
    """Two Rivers with a certain war, counted from one side or from the other."""

    def told(value: float, whole: float = 1.0) -> float:
        return value if forward else whole - value

    beliefs = {"upland": 0.57, "delta": 0.43, "marsh": 0.48}
    return {
        "war.forward": ["upland"] if forward else ["delta", "marsh"],
        "war.backward": ["delta", "marsh"] if forward else ["upland"],
        "war.numbers.front": told(7, 12),
        "war.numbers.chance": told(0.53),
        "war.numbers.rearm_per_month": 0,
        **{f"parties.{name}.war.belief": told(p) for name, p in beliefs.items()},
    }


def test_the_front_may_be_counted_from_either_side():
    one = talks_of(case_of("two-rivers", front_of(True)), 150, days=150)
    chance = SeenFromBehind(1, 0, 150)
    other = talks_of(case_of("two-rivers", front_of(False)), 150, days=150, chance=chance)
    assert scene_of(one).worth == pytest.approx(scene_of(other).worth, abs=1e-5)
    here, there = outcomes_of(one), outcomes_of(other)
    assert (here.deal_day == there.deal_day).mean() > 0.99
    assert (here.deal_package == there.deal_package).mean() > 0.99
    assert (here.front == 12 - there.front).mean() > 0.99
    assert (here.deal_day > 0).sum() > 50


# --- What cannot matter ---


def haggling(changes: dict[str, object]) -> dict[str, object]:
    """Barter over some weeks, by the parties' own texts and a friend's who has yet to learn."""
    return {
        "channel.mediated": 0.5,
        "mediators.friend.formulation.numbers.weight_error": 0.5,
        "mediators.friend.access.bill": 0.4,
        "parties.bill.tactic.numbers.opening": 0.0,
        "parties.bill.tactic.numbers.shape": certain(0.3, 2),
        "parties.jack.tactic.numbers.opening": 0.0,
        "parties.jack.tactic.numbers.shape": certain(0.3, 2),
        "parties.jack.optimism": certain(0, 2),
        **changes,
    }


@pytest.mark.parametrize("scale", [0.25, 8])
def test_the_unit_of_a_partys_utils_does_not_matter(scale):
    usual = case_of("barter", haggling({}))
    interests = usual.parties["bill"].interests
    scaled = {f"parties.bill.interests.{i}": q.centre * scale for i, q in interests.items()}
    told = {"parties.jack.optimism": certain(0, 2 * scale)}
    one = simulate(usual, runs=300, days=40)
    other = simulate(case_of("barter", haggling(scaled | told)), runs=300, days=40)
    assert len(np.unique(one.deal_day)) > 5
    assert np.array_equal(one.deal_day, other.deal_day)
    assert np.array_equal(one.deal_package, other.deal_package)


def test_the_zero_of_a_partys_utils_does_not_matter():
    beliefs = BELIEFS | {f"parties.{p}.tactic.numbers.opening": 0 for p in "ab"}
    case = cut_finer(case_of("pie", beliefs), 100)
    content = case.model_dump()
    halved = content["parties"]["a"]
    for worth in halved["settlement"]["share"].values():
        worth["value"] = worth["value"] / 2 + 0.25
    halved["war"]["chance"]["uniform"] = [0.3 / 2 + 0.25, 0.9 / 2 + 0.25]
    halved["war"]["cost"]["uniform"] = [0, 0.3 / 2]
    one, other = (simulate(c, runs=300) for c in (case, type(case).model_validate(content)))
    assert len(np.unique(one.deal_package)) > 10
    assert np.array_equal(one.deal_day, other.deal_day)
    assert np.array_equal(one.deal_package, other.deal_package)


def test_an_issue_that_nobody_cares_about_changes_no_deal():
    usual = case_of("two-rivers")
    content = usual.model_dump()
    levels = {name: {"words": name} for name in ("red", "blue")}
    content["issues"]["ribbons"] = {"role": "other", "title": "Ribbons", "levels": levels}
    content["parties"]["delta"]["interests"]["ribbons"] = {"value": 0, "basis": "definition"}
    one = simulate(usual, runs=100, days=100)
    other = simulate(type(usual).model_validate(content), runs=100, days=100)
    assert len(other.table) == 2 * len(one.table)
    assert np.array_equal(one.deal_day, other.deal_day)
    assert np.array_equal(one.deal_levels, other.deal_levels[:, :-1])
    assert set(differing(one, other)) <= {"deal_package"}


# --- Powell: bargaining while power shifts ---


def test_the_more_an_exchange_shifts_power_the_less_can_be_exchanged():
    lasts, exchanged = [], []
    for restraint in (0, 0.05, 0.1, 0.2, 0.4):
        changes = {"captives.held.restraint": restraint, "permanence.numbers.bite": 0}
        sober = {"parties.a.war.belief": 0.44, "parties.b.war.belief": 0.47}
        case = case_of("worked-example", changes | sober)
        talks = talks_of(case)
        scene, packages = scene_of(talks), talks.packages
        everyone = dict(captives="3", ratio="30", aid="1", withdrawal="2")
        row = package_of(case, packages, duration="permanent", guarantee="3", **everyone)
        lasts.append(scene.valuations[0].permanence[0, packages.frame_of[row]])
        beyond_the_weak = talks.assessor.zone_of_agreement(scene)[0] & (
            packages.level("captives") >= 2
        )
        exchanged.append(beyond_the_weak.sum())
    assert np.all(np.diff(lasts) <= 0)
    assert lasts[0] > 0.9
    assert lasts[-1] < 1e-4
    assert np.all(np.diff(exchanged) <= 0)
    assert exchanged[0] > 0
    assert exchanged[-1] == 0


# --- Nobody is made worse off ---


def steady(name):
    """No noise in the answers, and no wait between accepting and signing."""
    waits = {} if name == "two-rivers" else {"channel.lag_days": 0}
    return {"channel.acceptance_noise": 0} | waits


@pytest.mark.parametrize("name", ["two-rivers", "gaza-2024-01", "gaza-2023-11"])
def test_without_noise_nobody_signs_what_is_worse_than_no_deal(name):
    case = case_of(name, steady(name))
    outcomes = simulate(case, runs=200, days=120)
    veto = [party.veto for party in case.parties.values()]
    signed = outcomes.deal_day > 0
    assert signed.sum() > 20
    assert outcomes.surplus[signed][:, veto].min() >= -1e-6


@pytest.mark.parametrize("name", ["two-rivers", "gaza-2024-01", "gaza-2023-11"])
def test_without_noise_there_is_no_deal_without_a_zopa(name):
    outcomes = simulate(case_of(name, steady(name) | proud(name)), runs=600, days=60)
    never = outcomes.zopa_rounds == 0
    assert never.sum() > 5
    assert (outcomes.deal_day[never] == NONE).all()


def proud(name: str) -> dict[str, object]:
    """Everybody thinks to win a war that costs nothing, and cares about little else."""
    case = case_of(name)
    beliefs = dict.fromkeys(case.war.forward, 0.6) | dict.fromkeys(case.war.backward, 0.4)
    changes: dict[str, object] = {}
    for one, party in case.parties.items():
        path = f"parties.{one}"
        changes[f"{path}.war.belief"] = beliefs[one]
        changes[f"{path}.war.cost_per_day"] = 1e-9
        changes[f"{path}.exchange_weight"] = 0.05
        for people in party.constituencies:
            changes[f"{path}.constituencies.{people}.influence"] = 1e-9  # 0 could not be scaled
    return changes


def test_with_noise_nobody_signs_what_is_worse_by_more_than_the_noise():
    case = case_of("gaza-2024-01", {"channel.lag_days": 0, "channel.acceptance_noise": 0.02})
    outcomes = simulate(case, runs=200, days=120)
    for k, party in enumerate(outcomes.labels.parties):
        luck = RandomStreams(1, 0, 200).daily(f"answers {party}")
        for day in range(1, 121):
            signed = outcomes.deal_day == day
            whim = 0.02 * logit(luck[day][signed])
            assert (outcomes.surplus[signed, k] + np.maximum(whim, 0) >= -1e-6).all()


def test_nobody_proposes_to_lose():
    war_suits_a = {
        "parties.a.settlement.share.all": 0.9,
        "parties.a.war.chance": 0.95,
        "parties.a.war.cost": 0,
        "parties.b.war.chance": 0,
        "parties.b.optimism": 0.2,
    }
    outcomes = simulate(case_of("pie", war_suits_a), runs=20, days=5)
    assert not outcomes.zopa_first.any()
    assert (outcomes.deal_day == NONE).all()
