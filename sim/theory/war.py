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
    """Return the chance that A takes all forts, and how many battles that is expected to take.

    Parameters
    ----------
    k : float or array
        Forts that A holds, fractions allowed; clipped to 0 to `n`.
    p : float or array
        The chance that A wins a battle; clipped to 0.05 to 0.95.
    n : float or array
        Forts in all, above 0.

    Returns
    -------
    chance : float or array
        From 0 to 1.
    battles : float or array
        Until either side has all forts.

    Raises
    ------
    ValueError
        For no forts.

    References
    ----------
    Feller, W. (1968), An Introduction to Probability Theory and Its Applications I, 3rd edition,
    XIV.2-3 (the gambler's ruin); as a model of war, Smith, A. and Stam, A. C. (2004), Bargaining
    and the nature of war, Journal of Conflict Resolution 48, 783-813.

    Examples
    --------
    >>> from sim.theory.war import ruin
    >>> chance, battles = ruin(5, 0.5, 10)
    >>> print(f"{chance:.2f} {battles:.0f}")
    0.50 25
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
    """Return the belief after some battles, as battles counted for and against A.

    Parameters
    ----------
    a : float or array
        Battles for A in the belief before, fractions allowed.
    b : float or array
        Battles against A.
    wins : float or array
        Battles that A has won since.
    losses : float or array
        Battles that A has lost.

    Returns
    -------
    a, b : float or array
        The belief after.

    References
    ----------
    Conjugate Beta-Bernoulli learning; in war, Smith, A. and Stam, A. C. (2004), Bargaining and the
    nature of war, Journal of Conflict Resolution 48, 783-813.

    Examples
    --------
    >>> from sim.theory.war import learned
    >>> learned(2.0, 2.0, 3, 1)
    (array(5.), array(3.))
    """
    return np.asarray(np.add(a, wins), dtype=float), np.asarray(np.add(b, losses), dtype=float)


def posterior_mean(a: Real, b: Real) -> Floats:
    """Return the chance of winning a battle that a belief stands for.

    Parameters
    ----------
    a : float or array
        Battles for.
    b : float or array
        Battles against.

    Returns
    -------
    float or array
        From 0 to 1.

    Examples
    --------
    >>> from sim.theory.war import posterior_mean
    >>> print(f"{posterior_mean(5.0, 3.0):.3f}")
    0.625
    """
    return np.asarray(a, dtype=float) / np.add(a, b)


def posterior_gap(gap: Real, prior: Real, battles: Real) -> Floats:
    """Return how far two beliefs are apart after battles that both have seen.

    Parameters
    ----------
    gap : float or array
        The distance before, 0 to 1.
    prior : float or array
        Battles that each belief was worth before, the same for both.
    battles : float or array
        Battles seen.

    Returns
    -------
    float or array
        The distance after, 0 to 1.

    Examples
    --------
    >>> from sim.theory.war import posterior_gap
    >>> print(f"{posterior_gap(0.4, 10.0, 10.0):.2f}")
    0.20
    """
    return np.asarray(gap, dtype=float) * prior / np.add(prior, battles)


def battles_to_converge(gap: Real, cost: Real, prior: Real) -> Floats:
    """Return the battles until two beliefs are close enough for a deal.

    Parameters
    ----------
    gap : float or array
        How far they are apart, 0 to 1.
    cost : float or array
        How far apart they may be: the costs of war, above 0.
    prior : float or array
        Battles that each belief was worth before, the same for both.

    Returns
    -------
    float or array
        Battles, not rounded up; 0 where they are that close already.

    Raises
    ------
    ValueError
        For a cost of 0 or less.

    References
    ----------
    Slantchev, B. L. (2003), The principle of convergence in wartime negotiations, American
    Political
    Science Review 97, 621-632.

    Examples
    --------
    >>> from sim.theory.war import battles_to_converge
    >>> print(f"{battles_to_converge(0.4, 0.2, 10.0):.0f}")
    10
    """
    if not np.all(np.asarray(cost) > 0):
        raise ValueError(f"cost is {cost}; beliefs never meet exactly, so it must be above zero")
    return np.asarray(np.maximum(0.0, np.multiply(prior, np.divide(gap, cost) - 1)))


# --- Bargaining in the shadow of war: Fearon's rationalist explanations ---


def bargaining_range(p: Real, cost_a: Real, cost_b: Real) -> tuple[Floats, Floats]:
    """Return the least and the most that A can get in a deal both prefer to war.

    Parameters
    ----------
    p : float or array
        The chance that A wins the war, on which both agree, 0 to 1.
    cost_a : float or array
        A's cost of war, in utils.
    cost_b : float or array
        B's cost of war, in utils.

    Returns
    -------
    least, most : float or array
        In shares of what is at stake; not cut off at 0 and 1.

    References
    ----------
    Fearon, J. D. (1995), Rationalist explanations for war, International Organization 49, 379-414.

    Examples
    --------
    >>> from sim.theory.war import bargaining_range
    >>> least, most = bargaining_range(0.5, 0.1, 0.2)
    >>> print(f"{least:.1f} to {most:.1f}")
    0.4 to 0.7
    """
    return perceived_range(p, np.subtract(1.0, p), cost_a, cost_b)


def perceived_range(p_a: Real, p_b: Real, cost_a: Real, cost_b: Real) -> tuple[Floats, Floats]:
    """Return the least A would take and the most B would leave it, each by its own belief.

    Parameters
    ----------
    p_a : float or array
        The chance of winning that A gives itself, 0 to 1.
    p_b : float or array
        The chance of winning that B gives itself, 0 to 1.
    cost_a : float or array
        A's cost of war, in utils.
    cost_b : float or array
        B's cost of war, in utils.

    Returns
    -------
    least, most : float or array
        In shares of what is at stake; there is no deal where the least is above the most.

    References
    ----------
    Fearon, J. D. (1995), Rationalist explanations for war, International Organization 49, 379-414.

    Examples
    --------
    >>> from sim.theory.war import perceived_range
    >>> least, most = perceived_range(0.6, 0.6, 0.1, 0.2)
    >>> print(f"{least:.1f} to {most:.1f}")
    0.5 to 0.6
    """
    least = np.asarray(np.subtract(p_a, cost_a), dtype=float)
    most = np.asarray(1 - np.subtract(p_b, cost_b), dtype=float)
    return least, most


def fearon_surplus(p_a: Real, p_b: Real, cost_a: Real, cost_b: Real) -> Floats:
    """Return what peace saves beyond mutual optimism.

    Parameters
    ----------
    p_a : float or array
        The chance of winning that A gives itself, 0 to 1.
    p_b : float or array
        The chance of winning that B gives itself, 0 to 1.
    cost_a : float or array
        A's cost of war, in utils.
    cost_b : float or array
        B's cost of war, in utils.

    Returns
    -------
    float or array
        The costs of war less p_a + p_b - 1, in utils. At 0 or above some deal beats war for both;
        below, optimism outweighs the costs of war.

    References
    ----------
    Fearon, J. D. (1995), Rationalist explanations for war, International Organization 49, 379-414.

    Examples
    --------
    >>> from sim.theory.war import fearon_surplus
    >>> print(f"{fearon_surplus(0.6, 0.6, 0.1, 0.2):.1f}")
    0.1
    """
    least, most = perceived_range(p_a, p_b, cost_a, cost_b)
    return most - least


def ultimatum(p: Real, cost_a: Real, highest_cost_b: Real) -> tuple[Floats, Floats, Floats]:
    """Return the best demand of A when the cost of war of B is hidden.

    Unless the limit of 1 binds the risk does not depend on `p`: it comes from not knowing, and not
    from being strong.

    Parameters
    ----------
    p : float or array
        The chance that A wins the war, 0 to 1.
    cost_a : float or array
        A's cost of war, in utils.
    highest_cost_b : float or array
        B's cost is uniform between 0 and this, above 0, in utils.

    Returns
    -------
    demand : float or array
        At most 1; B fights when left less than war would give it.
    risk : float or array
        The risk of war that the demand runs, 0 to 1.
    worth : float or array
        What it is worth to A, in utils.

    Raises
    ------
    ValueError
        For a highest cost of 0 or less.

    References
    ----------
    Fearon, J. D. (1995), Rationalist explanations for war, International Organization 49, 379-414
    (the risk-return trade-off).

    Examples
    --------
    >>> from sim.theory.war import ultimatum
    >>> demand, risk, worth = ultimatum(0.5, 0.1, 0.4)
    >>> print(f"{demand:.3f} {risk:.3f}")
    0.650 0.375
    """
    strength, highest = np.asarray(p, dtype=float), np.asarray(highest_cost_b, dtype=float)
    if not np.all(highest > 0):
        raise ValueError(f"highest_cost_b is {highest_cost_b}; expected a cost above zero")
    premium = np.clip((highest - cost_a) / 2, 0.0, 1 - strength)
    war = premium / highest
    demand = strength + premium
    return demand, war, demand * (1 - war) + (strength - cost_a) * war


def preventive_war(discount: Real, p_now: Real, p_later: Real, cost_b: Real) -> Bools:
    """Tell whether B attacks now because A cannot promise not to use strength it will have.

    One unit is divided every period. War now gives B (1 - p_now)/(1 - d) - c. Peace gives it at
    most this whole period's unit and then what war would give it later,
    1 + d((1 - p_later)/(1 - d) - c). War is better if and only if d p_later - p_now > c(1 - d)^2.

    Parameters
    ----------
    discount : float or array
        What a unit next period is worth now, 0 to 1.
    p_now : float or array
        The chance that A wins a war now, 0 to 1.
    p_later : float or array
        The same later, 0 to 1.
    cost_b : float or array
        B's cost of war, in utils.

    Returns
    -------
    bool or array
        Whether war is better for B.

    References
    ----------
    Fearon, J. D. (1995), Rationalist explanations for war, International Organization 49, 379-414
    (the commitment problem).

    Examples
    --------
    >>> from sim.theory.war import preventive_war
    >>> bool(preventive_war(0.9, 0.2, 0.8, 0.1))
    True
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
    """Hold what the days change about a war; every field has one entry per run first.

    A war module with more to remember derives a class of its own and adds fields. The talks only
    pick and replace runs; of the fields they read these two, which outcomes report.

    Parameters
    ----------
    battles : array, (runs,)
        Battles fought.
    front : array, (runs,)
        Where the front stands, in the unit of the module.
    """

    battles: Floats  # (runs,) battles since the first day
    front: Floats  # (runs,) how far the forward side has come; 0 where a war has no front

    def take(self, rows: Ints) -> Self:
        """Return the state in some runs.

        Parameters
        ----------
        rows : array of int, (rows,)
            The runs.

        Returns
        -------
        WarState
            Every field is (rows, ...).
        """
        return replace(self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def put(self, rows: Ints, part: Self) -> Self:
        """Return the state after some runs have gone on.

        Parameters
        ----------
        rows : array of int, (rows,)
            The runs.
        part : WarState
            Their state, every field of which is (rows, ...).

        Returns
        -------
        WarState
            Of all runs.
        """
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
        """Return the state before the first day.

        Parameters
        ----------
        numbers : mapping of str to array, (runs,)
            The war's numbers.
        runs : int
            How many runs.

        Returns
        -------
        WarState
            Of these runs.
        """
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
        """Return what a party believes fighting on to be worth.

        Parameters
        ----------
        numbers : mapping of str to array, (runs,)
            The war's numbers.
        own : mapping of str to array, (runs,)
            A party's numbers.
        evidence : WarState
            The state as everybody sees it.
        lift : array, (runs, cases)
            By case, a change of the forward side's chance in a battle.
        pause : array, (cases,)
            By case, days of a truce in which the sides re-arm.
        forward : bool
            Whether the party is on the forward side.

        Returns
        -------
        array, (runs, cases)
            In utils, where losing everything is 0 and winning everything is 1.
        """
        ...

    def daily_cost(self, own: Mapping[str, Floats]) -> Floats:
        """Return what a day of war costs a party.

        Parameters
        ----------
        own : mapping of str to array, (runs,)
            A party's numbers.

        Returns
        -------
        array, (runs,)
            In utils.
        """
        ...

    def evidence(self, state: State) -> State:
        """Return the state as everybody sees it; a module that keeps secrets blanks them here.

        Parameters
        ----------
        state : WarState
            Of the runs at hand; a class of the module.

        Returns
        -------
        WarState
            What is seen.
        """
        return state

    def undeceived(
        self, own: Mapping[str, Floats], numbers: Mapping[str, Floats]
    ) -> Mapping[str, Floats]:
        """Return a party's numbers as they would be if it knew the truth about the war.

        Parameters
        ----------
        own : mapping of str to array, (runs,)
            A party's numbers.
        numbers : mapping of str to array, (runs,)
            The war's numbers.

        Returns
        -------
        mapping of str to array, (runs,)
            Its numbers.
        """
        return own

    def battle_chance(self, numbers: Mapping[str, Floats], state: State) -> Floats:
        """Return the chance of a battle on a day of war.

        Parameters
        ----------
        numbers : mapping of str to array, (runs,)
            The war's numbers.
        state : WarState
            Of the runs at hand; a class of the module.

        Returns
        -------
        array, (runs,)
            From 0 to 1.
        """
        return np.zeros(len(state.battles))

    def forward_wins(self, numbers: Mapping[str, Floats], state: State, lift: Floats) -> Floats:
        """Return the true chance that the forward side wins a battle.

        Parameters
        ----------
        numbers : mapping of str to array, (runs,)
            The war's numbers.
        state : WarState
            Of the runs at hand; a class of the module.
        lift : array, (runs,)
            How far captives no longer restrain the forward side.

        Returns
        -------
        array, (runs,)
            From 0 to 1.
        """
        return np.zeros(len(lift))

    def advance_battle(self, numbers: Mapping[str, Floats], state: State, won: Bools) -> State:
        """Return the state after a battle.

        Parameters
        ----------
        numbers : mapping of str to array, (runs,)
            The war's numbers.
        state : WarState
            Of the runs at hand; a class of the module.
        won : array of bool, (runs,)
            Whether the forward side has won it.

        Returns
        -------
        WarState
            Of the same runs.
        """
        return state

    def advance_truce_day(self, numbers: Mapping[str, Floats], state: State, days: Ints) -> State:
        """Return the state after a day of truce.

        Parameters
        ----------
        numbers : mapping of str to array, (runs,)
            The war's numbers.
        state : WarState
            Of the runs at hand; a class of the module.
        days : array of int, (runs,)
            Days after the truce began.

        Returns
        -------
        WarState
            Of the same runs.
        """
        return state

    def victory(self, numbers: Mapping[str, Floats], state: State) -> tuple[Bools, Bools]:
        """Tell whether the forward side, and whether the backward side, has won.

        Parameters
        ----------
        numbers : mapping of str to array, (runs,)
            The war's numbers.
        state : WarState
            Of the runs at hand; a class of the module.

        Returns
        -------
        forward, backward : array of bool, (runs,)
            Not both.
        """
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
        """Return the cost spread over a year."""
        return own["cost"] / YEAR


@dataclass(frozen=True)
class FortsState(WarState):
    """Hold a war of forts: the front is the number of forts that the forward side holds.

    Parameters
    ----------
    battles : array, (runs,)
        Battles fought.
    front : array, (runs,)
        Forts, 0 to all of them.
    wins : array, (runs,)
        Battles that the forward side has won.
    """

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
        """Return the front of the first day, within the field; no battle has been fought."""
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
        """Return the chance to win the walk, less the cost of the days that it lasts."""
        belief = self.believed(own, evidence)
        rest = np.minimum(pause, REARMING_DAYS)
        recovered = numbers["rearm_per_month"][:, None] * rest / 30.0
        win, battles = ruin(
            evidence.front[:, None] - recovered, belief[:, None] + lift, numbers["forts"][:, None]
        )
        per_day = np.maximum(numbers["battles_per_day"], 1e-9)[:, None]
        planned = np.maximum(own["planning_days"][:, None] - rest, 0.0)  # days of rest cost nothing
        days = np.minimum(battles / per_day, planned)
        return (win if forward else 1.0 - win) - own["cost_per_day"][:, None] * days

    def believed(self, own: Mapping[str, Floats], evidence: FortsState) -> Floats:
        """Return a party's belief of the forward side's chance after the battles seen: (runs,)."""
        known = own["prior_battles"]
        seen = np.maximum(known + evidence.battles, 1e-9)
        return (own["belief"] * known + evidence.wins) / seen

    def undeceived(
        self, own: Mapping[str, Floats], numbers: Mapping[str, Floats]
    ) -> Mapping[str, Floats]:
        """Return its numbers with the true chance as its belief, whatever battles showed."""
        certain = np.full_like(own["prior_battles"], 1e12)
        return {**own, "belief": numbers["chance"], "prior_battles": certain}

    def daily_cost(self, own: Mapping[str, Floats]) -> Floats:
        """Return the cost of a day of war."""
        return own["cost_per_day"]

    def battle_chance(self, numbers: Mapping[str, Floats], state: FortsState) -> Floats:
        """Battles come at a steady rate."""
        return np.minimum(numbers["battles_per_day"], 1.0)

    def forward_wins(
        self, numbers: Mapping[str, Floats], state: FortsState, lift: Floats
    ) -> Floats:
        """Return the true chance, as far as captives no longer restrain."""
        return np.clip(numbers["chance"] + lift, LEAST_CHANCE, GREATEST_CHANCE)

    def advance_battle(
        self, numbers: Mapping[str, Floats], state: FortsState, won: Bools
    ) -> FortsState:
        """Let one fort change hands, or what was left of the last one."""
        front = np.clip(state.front + np.where(won, 1.0, -1.0), 0.0, numbers["forts"])
        return FortsState(state.battles + 1.0, front, state.wins + won)

    def advance_truce_day(
        self, numbers: Mapping[str, Floats], state: FortsState, days: Ints
    ) -> FortsState:
        """Let the backward side re-arm as long as it can; nobody wins without a battle."""
        rearmed = state.front - numbers["rearm_per_month"] / 30.0
        rearmed = np.maximum(rearmed, np.minimum(state.front, 1.0))
        return replace(state, front=np.where(days <= REARMING_DAYS, rearmed, state.front))

    def victory(self, numbers: Mapping[str, Floats], state: FortsState) -> tuple[Bools, Bools]:
        """Return which side has won: the one that holds all forts."""
        return state.front >= numbers["forts"], state.front <= 0.0


#: The kinds of war a scenario may name.
WAR_MODULES: dict[str, type[WarModule[Any]]] = {
    "static": StaticWar,
    "forts": FortsWar,
}
