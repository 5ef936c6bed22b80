"""War as the alternative to a deal: what fighting on is worth, and what battles teach.

Chances are between 0 and 1 and always of the side named; costs are in utils, where losing
everything is 0 and winning everything is 1. Arguments are numbers or arrays, usually (runs,),
and broadcast together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.types import Bools, Floats, Ints

Real = float | NDArray[np.floating | np.integer]  # a number, or one per run

LEAST_CHANCE, GREATEST_CHANCE = 0.05, 0.95  # nobody is sure to win a battle
NEARLY_EVEN = 0.05  # forts times log-odds of a battle; below it the closed form loses digits
SERIES = [(-1) ** j / float(np.prod(np.arange(1.0, j + 3))) for j in range(9)]  # (-1)^j / (j+2)!


# --- The war of forts: a walk that ends when one side holds them all ---


def ruin(k: Real, p: Real, n: Real) -> tuple[Floats, Floats]:
    """The chance that A takes all `n` forts, and the battles expected until either side has.

    `k`: forts A holds, clipped to [0, n], fractions allowed; `p`: chance that A wins a battle,
    clipped to [0.05, 0.95]; `n` above zero, else ValueError. Both results have the shape the
    arguments broadcast to.
    Source: Feller, An Introduction to Probability Theory I (3rd ed., 1968), XIV.2-3; as a model
    of war, Smith and Stam, Journal of Conflict Resolution 48 (2004) 783-813.
    """
    forts = np.asarray(n, dtype=float)
    if not (forts > 0).all():
        raise ValueError(f"n is {n}; expected a number of forts above zero")
    held = np.minimum(np.maximum(k, 0.0), forts)
    chance = np.minimum(np.maximum(p, LEAST_CHANCE), GREATEST_CHANCE)
    edge = 2 * chance - 1
    odds = np.log1p(-edge / chance)  # log of (1-p)/p, exact near p = 1/2
    slope = np.abs(odds)
    close = forts * slope < NEARLY_EVEN
    with np.errstate(divide="ignore", invalid="ignore"):  # close calls are replaced below
        behind, ahead = np.expm1(-held * slope), np.exp((held - forts) * slope)
        all_forts = behind + (ahead - 1) * (1 + behind)  # expm1(-forts * slope), but cheaper
        win = np.asarray(behind / all_forts * np.where(odds > 0, ahead, 1.0))
        battles = np.asarray((forts * win - held) / edge)
    if close.any():
        held, edge, forts, close = np.broadcast_arrays(held, edge, forts, close)
        win[close], battles[close] = _nearly_even(held[close], edge[close], forts[close])
    return win, battles


def _nearly_even(held: Floats, edge: Floats, forts: Floats) -> tuple[Floats, Floats]:
    """`ruin` where battles are nearly a coin toss, by a series that does not divide by the edge.

    With z = 2 atanh(edge) and s(z) = (z - 1 + exp(-z)) / z^2, taken from its series, the closed
    forms become k/n (1 - kz s(kz)) / (1 - nz s(nz)) and, but for a factor near one,
    2k (n s(nz) - k s(kz)) / (1 - nz s(nz)).
    """
    tilt = 2 * np.arctanh(edge)
    part, whole = held * tilt, forts * tilt
    part_series = np.polynomial.polynomial.polyval(part, SERIES)
    whole_series = np.polynomial.polynomial.polyval(whole, SERIES)
    base = 1 - whole * whole_series
    win = held / forts * (1 - part * part_series) / base
    per_edge = 2 + tilt**2 / 6  # tilt / edge, to the precision that matters for so small a tilt
    battles = held * per_edge * (forts * whole_series - held * part_series) / base
    return win, battles


# --- What battles teach: a Beta belief, counted in battles ---


def learned(a: Real, b: Real, wins: Real, losses: Real) -> tuple[Floats, Floats]:
    """The belief after A's `wins` and `losses`, as battles counted for and against A.

    `a`, `b`: the belief before, in battles (the prior's may be fractional).
    Source: conjugate Beta-Bernoulli learning; in war, Smith and Stam (2004).
    """
    return np.asarray(np.add(a, wins), dtype=float), np.asarray(np.add(b, losses), dtype=float)


def posterior_mean(a: Real, b: Real) -> Floats:
    """The chance of winning a battle that a belief of `a` for and `b` against stands for."""
    return np.asarray(a, dtype=float) / np.add(a, b)


def posterior_gap(gap: Real, prior: Real, battles: Real) -> Floats:
    """How far two beliefs are apart after `battles` seen by both, `gap` being the distance before.

    `prior`: battles each belief was worth before, the same for both.
    """
    return np.asarray(gap, dtype=float) * prior / np.add(prior, battles)


def battles_to_converge(gap: Real, cost: Real, prior: Real) -> Floats:
    """The battles until beliefs that were `gap` apart are no more than `cost` apart.

    `prior`: battles each belief was worth before. Not rounded up; zero when already that close;
    `cost` above zero, else ValueError.
    Source: Slantchev, American Political Science Review 97 (2003) 621-632, for the idea.
    """
    if not np.all(np.asarray(cost) > 0):
        raise ValueError(f"cost is {cost}; beliefs never meet exactly, so it must be above zero")
    return np.asarray(np.maximum(0.0, np.multiply(prior, np.divide(gap, cost) - 1)))


# --- Bargaining in the shadow of war: Fearon's rationalist explanations ---


def bargaining_range(p: Real, cost_a: Real, cost_b: Real) -> tuple[Floats, Floats]:
    """The least and the most A can get in a deal both prefer to war.

    `p`: chance that A wins the war, on which both agree. Not cut off at 0 and 1.
    Source: Fearon, International Organization 49 (1995) 379-414.
    """
    return perceived_range(p, np.subtract(1.0, p), cost_a, cost_b)


def perceived_range(p_a: Real, p_b: Real, cost_a: Real, cost_b: Real) -> tuple[Floats, Floats]:
    """The least A would take and the most B would leave it, each by its own belief.

    `p_a`: chance of winning A gives itself; `p_b`: chance of winning B gives itself.
    """
    least = np.asarray(np.subtract(p_a, cost_a), dtype=float)
    most = np.asarray(1 - np.subtract(p_b, cost_b), dtype=float)
    return least, most


def fearon_surplus(p_a: Real, p_b: Real, cost_a: Real, cost_b: Real) -> Floats:
    """What peace saves beyond mutual optimism: the costs of war less p_a + p_b - 1, in utils.

    At zero or above some deal beats war for both; below, optimism outweighs the costs of war.
    Source: Fearon (1995), as for `bargaining_range`.
    """
    least, most = perceived_range(p_a, p_b, cost_a, cost_b)
    return most - least


def ultimatum(p: Real, cost_a: Real, highest_cost_b: Real) -> tuple[Floats, Floats, Floats]:
    """A's best demand when B's cost of war is hidden, the risk of war it runs, and its worth to A.

    B's cost is uniform between 0 and `highest_cost_b`, which is above zero, else ValueError; B
    fights when left less than war would give it. A demand is at most 1. Unless that binds the
    risk does not depend on `p`: it comes from not knowing, not from being strong.
    Source: Fearon (1995), the risk-return trade-off.
    """
    strength, highest = np.asarray(p, dtype=float), np.asarray(highest_cost_b, dtype=float)
    if not np.all(highest > 0):
        raise ValueError(f"highest_cost_b is {highest_cost_b}; expected a cost above zero")
    premium = np.clip((highest - cost_a) / 2, 0.0, 1 - strength)
    war = premium / highest
    demand = strength + premium
    return demand, war, demand * (1 - war) + (strength - cost_a) * war


def preventive_war(discount: Real, p_now: Real, p_later: Real, cost_b: Real) -> Bools:
    """Whether B attacks now because A cannot promise not to use the strength it will have.

    One unit is divided every period; A's chance of winning goes from `p_now` to `p_later`. War
    now gives B (1 - p_now)/(1 - d) - c. Peace gives it at most this whole period's unit and then
    what war would give it later, 1 + d((1 - p_later)/(1 - d) - c). War is better if and only if
    d p_later - p_now > c(1 - d)^2.
    Source: Fearon (1995), the commitment problem.
    """
    patience = np.asarray(discount, dtype=float)
    return np.asarray(patience * p_later - p_now > cost_b * (1 - patience) ** 2)


# --- War modules: what a scenario may name as its kind of war ---

#: Re-arming during a truce is reckoned for at most this long.
REARMING_DAYS = 90.0

#: The cost of a war without a daily cost is spread over a year.
YEAR = 365.0


@dataclass(frozen=True)
class WarState:
    """What the days change about a war. Every field is an array with one entry per run first.

    A war module with more to remember derives a class of its own and adds fields. The talks only
    pick and replace runs; of the fields they read these two, which outcomes report.
    """

    battles: Floats  # (runs,) battles since the first day
    front: Floats  # (runs,) how far the forward side has come; 0 where a war has no front

    def take(self, rows: Ints) -> Self:
        """The state in some runs: every field (rows, ...)."""
        return replace(self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def put(self, rows: Ints, part: Self) -> Self:
        """The state after some runs have gone on to `part`, every field of which is (rows, ...)."""
        changed = {}
        for f in fields(self):
            values = getattr(self, f.name).copy()
            values[rows] = getattr(part, f.name)
            changed[f.name] = values
        return replace(self, **changed)


State = TypeVar("State", bound=WarState)


class WarModule(Protocol[State]):
    """What happens when the talks fail, as a kind of war with numbers of its own.

    `numbers` are the war's, `own` a party's; both map names to (runs,) arrays. A module is frozen:
    what the days change is its state. What is not overridden is a war without battles.
    """

    #: The war's numbers, and what each of them is.
    numbers: ClassVar[Mapping[str, str]]
    #: A party's numbers, and what each of them is.
    party_numbers: ClassVar[Mapping[str, str]]
    #: The least and the greatest value of each number that has one.
    bounds: ClassVar[Mapping[str, tuple[float, float]]]
    #: Whether every party must be on the forward or the backward side.
    has_sides: ClassVar[bool]

    def first_state(self, numbers: Mapping[str, Floats], runs: int) -> State:
        """The state before the first day."""
        ...

    def value(
        self,
        numbers: Mapping[str, Floats],
        own: Mapping[str, Floats],
        evidence: State,
        lift: Floats,
        pause: Floats,
        forward: bool,
    ) -> Floats:
        """What a party believes fighting on to be worth, in utils: (runs, cases).

        A case is a change of the forward side's chance in a battle, `lift` (runs, cases), and a
        truce of `pause` days (cases,) in which the sides re-arm.
        """
        ...

    def daily_cost(self, own: Mapping[str, Floats]) -> Floats:
        """What a day of war costs a party, in utils: (runs,)."""
        ...

    def evidence(self, state: State) -> State:
        """The state as everybody sees it; a module that keeps secrets blanks them here."""
        return state

    def undeceived(
        self, own: Mapping[str, Floats], numbers: Mapping[str, Floats]
    ) -> Mapping[str, Floats]:
        """A party's numbers if it knew the truth about the war."""
        return own

    def battle_chance(self, numbers: Mapping[str, Floats], state: State) -> Floats:
        """The chance of a battle on a day of war: (runs,)."""
        return np.zeros(len(state.battles))

    def forward_wins(self, numbers: Mapping[str, Floats], state: State, lift: Floats) -> Floats:
        """The true chance that the forward side wins a battle: (runs,)."""
        return np.zeros(len(lift))

    def advance_battle(self, numbers: Mapping[str, Floats], state: State, won: Bools) -> State:
        """The state after a battle that the forward side has won or not, `won` (runs,)."""
        return state

    def advance_truce_day(self, numbers: Mapping[str, Floats], state: State, days: Ints) -> State:
        """The state after a day of truce, `days` (runs,) after the truce began."""
        return state

    def victory(self, numbers: Mapping[str, Floats], state: State) -> tuple[Bools, Bools]:
        """Whether the forward side and whether the backward side has won: two (runs,)."""
        nobody = np.zeros(len(state.battles), dtype=bool)
        return nobody, nobody


@dataclass(frozen=True)
class StaticWar(WarModule[WarState]):
    """A war that would be fought at once, with known chances and costs: Fearon's textbook case.

    Each party believes its own `chance` of winning and its whole `cost`. Nothing is learned and
    no battle is fought during the talks.
    """

    numbers: ClassVar[Mapping[str, str]] = {}
    party_numbers: ClassVar[Mapping[str, str]] = {
        "chance": "its chance to win the war, as it believes",
        "cost": "cost of the whole war, utils",
    }
    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {
        "chance": (0.0, 1.0),
        "cost": (0.0, np.inf),
    }
    has_sides: ClassVar[bool] = False

    def first_state(self, numbers: Mapping[str, Floats], runs: int) -> WarState:
        """There is nothing to remember."""
        return WarState(np.zeros(runs), np.zeros(runs))

    def value(
        self,
        numbers: Mapping[str, Floats],
        own: Mapping[str, Floats],
        evidence: WarState,
        lift: Floats,
        pause: Floats,
        forward: bool,
    ) -> Floats:
        """Chance less cost; captives restrain as in any war."""
        return (own["chance"] - own["cost"])[:, None] + (lift if forward else -lift)

    def daily_cost(self, own: Mapping[str, Floats]) -> Floats:
        """The cost spread over a year."""
        return own["cost"] / YEAR


@dataclass(frozen=True)
class FortsState(WarState):
    """A war of forts: the front is the number of forts that the forward side holds."""

    wins: Floats  # (runs,) battles won by the forward side since the first day


@dataclass(frozen=True)
class FortsWar(WarModule[FortsState]):
    """A walk over forts, fought battle by battle, from which everyone learns (Smith and Stam).

    `chance` is the forward side's true chance in a battle; a party believes `belief`, which is
    worth `prior_battles` to it, and reckons with `cost_per_day` for at most `planning_days`.
    During a truce the backward side wins back `rearm_per_month` forts in thirty days.
    """

    numbers: ClassVar[Mapping[str, str]] = {
        "forts": "forts in all, from one victory to the other",
        "front": "forts that the forward side holds on the first day",
        "chance": "the forward side's true chance to win a battle",
        "battles_per_day": "chance of a battle on a day of war",
        "rearm_per_month": "forts that the backward side wins back in 30 days of truce",
    }
    party_numbers: ClassVar[Mapping[str, str]] = {
        "belief": "the forward side's chance in a battle, as this party believes",
        "prior_battles": "battles that this belief is worth",
        "cost_per_day": "cost of a day of war, utils",
        "planning_days": "days for which it reckons with that cost, at most",
    }
    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {
        "forts": (1.0, 1000.0),
        "front": (0.0, 1000.0),
        "chance": (0.0, 1.0),
        "battles_per_day": (0.0, np.inf),
        "belief": (0.0, 1.0),
        "prior_battles": (0.0, np.inf),
        "cost_per_day": (0.0, np.inf),
        "planning_days": (0.0, np.inf),
    }
    has_sides: ClassVar[bool] = True

    def first_state(self, numbers: Mapping[str, Floats], runs: int) -> FortsState:
        """The front of the first day, within the field; no battle has been fought."""
        front = np.clip(numbers["front"], 0.0, numbers["forts"])
        return FortsState(battles=np.zeros(runs), front=front, wins=np.zeros(runs))

    def value(
        self,
        numbers: Mapping[str, Floats],
        own: Mapping[str, Floats],
        evidence: FortsState,
        lift: Floats,
        pause: Floats,
        forward: bool,
    ) -> Floats:
        """The chance to win the walk, less the cost of the days that it lasts."""
        belief = self.believed(own, evidence)
        recovered = numbers["rearm_per_month"][:, None] * np.minimum(pause, REARMING_DAYS) / 30.0
        win, battles = ruin(
            evidence.front[:, None] - recovered, belief[:, None] + lift, numbers["forts"][:, None]
        )
        per_day = np.maximum(numbers["battles_per_day"], 1e-9)[:, None]
        days = np.minimum(battles / per_day, own["planning_days"][:, None])
        return (win if forward else 1.0 - win) - own["cost_per_day"][:, None] * days

    def believed(self, own: Mapping[str, Floats], evidence: FortsState) -> Floats:
        """A party's belief of the forward side's chance after the battles seen: (runs,)."""
        known = own["prior_battles"]
        seen = np.maximum(known + evidence.battles, 1e-9)
        return (own["belief"] * known + evidence.wins) / seen

    def undeceived(
        self, own: Mapping[str, Floats], numbers: Mapping[str, Floats]
    ) -> Mapping[str, Floats]:
        """It would believe in the true chance, whatever the battles showed."""
        certain = np.full_like(own["prior_battles"], 1e12)
        return {**own, "belief": numbers["chance"], "prior_battles": certain}

    def daily_cost(self, own: Mapping[str, Floats]) -> Floats:
        """The cost of a day of war."""
        return own["cost_per_day"]

    def battle_chance(self, numbers: Mapping[str, Floats], state: FortsState) -> Floats:
        """Battles come at a steady rate."""
        return np.minimum(numbers["battles_per_day"], 1.0)

    def forward_wins(
        self, numbers: Mapping[str, Floats], state: FortsState, lift: Floats
    ) -> Floats:
        """The true chance, as far as captives no longer restrain."""
        return np.clip(numbers["chance"] + lift, LEAST_CHANCE, GREATEST_CHANCE)

    def advance_battle(
        self, numbers: Mapping[str, Floats], state: FortsState, won: Bools
    ) -> FortsState:
        """One fort changes hands, or what was left of the last one."""
        front = np.clip(state.front + np.where(won, 1.0, -1.0), 0.0, numbers["forts"])
        return FortsState(state.battles + 1.0, front, state.wins + won)

    def advance_truce_day(
        self, numbers: Mapping[str, Floats], state: FortsState, days: Ints
    ) -> FortsState:
        """The backward side re-arms for as long as it can, but nobody wins without a battle."""
        rearmed = state.front - numbers["rearm_per_month"] / 30.0
        rearmed = np.maximum(rearmed, np.minimum(state.front, 1.0))
        return replace(state, front=np.where(days <= REARMING_DAYS, rearmed, state.front))

    def victory(self, numbers: Mapping[str, Floats], state: FortsState) -> tuple[Bools, Bools]:
        """A side that holds all forts has won."""
        return state.front >= numbers["forts"], state.front <= 0.0


#: The kinds of war a scenario may name.
WAR_MODULES: dict[str, type[WarModule[Any]]] = {
    "static": StaticWar,
    "forts": FortsWar,
}
