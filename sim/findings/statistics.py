"""What the outcomes of many runs show: shares, means and times, each with its interval.

Intervals are of 95 % and speak of the luck of the draw only: they shrink with more runs, while
what the scenario assumes stays as unsure as it was. A base rate's interval is of 90 % and speaks
of how little history there is.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from sim.engine.outcomes import ENDINGS, NONE, Outcomes
from sim.scenario.schema import BaseRate
from sim.theory.competing_risks import aalen_johansen
from sim.types import Bools, Numbers

#: Half the width of a 95 % interval, in standard errors.
NORMAL_95 = 1.959963984540054

#: The ends of a base rate's interval.
BASE_RATE_ENDS = (0.05, 0.95)

#: How near to the estimate the root of a score equation is looked for.
NEAR = 1e-12

#: What became of a first truce that nobody has ended.
HOLDING = "still holding"

#: Outcomes that are shares of talks begin like this; the others are days or people.
SHARES = ("deal_by_", "truce_held_")

#: The counts of captives that are reported, in the order of the report.
CAPTIVES = (
    "initial",
    "returned_alive",
    "remains_returned",
    "died_in_captivity",
    "rescued",
    "still_held",
    "remains_held",
)


@dataclass(frozen=True)
class Finding:
    """Hold a number that outcomes show, with its interval and what it means.

    Parameters
    ----------
    name : str
        What it is called.
    estimate : float or None
        The number; None where the outcomes cannot tell.
    low, high : float or None
        The ends of its 95 % interval; None where there is none.
    n : int
        Of how many cases it is a share or mean: runs, deals, truces.
    definition : str
        What it is a share or mean of, in words.
    """

    name: str
    estimate: float | None
    low: float | None
    high: float | None
    n: int  # what it is a share or mean of: runs, deals, truces
    definition: str

    @property
    def excludes_zero(self) -> bool:
        """Whether its interval is known and keeps clear of nothing."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True)
class Spread:
    """Hold how a count varies over the runs.

    Parameters
    ----------
    name : str
        What it is called.
    mean : float
        The mean over runs.
    q05, q50, q95 : float
        The quantiles: 90 of 100 runs lie between the first and the last.
    n : int
        Runs.
    definition : str
        What is counted, in words.
    """

    name: str
    mean: float
    q05: float
    q50: float
    q95: float
    n: int
    definition: str


@dataclass(frozen=True)
class Effect(Finding):
    """Hold the difference between two arms with common random numbers, run by run.

    Parameters
    ----------
    name : str
        What it is called.
    estimate : float or None
        The mean of changed minus baseline.
    low, high : float or None
        The ends of its 95 % interval.
    n : int
        Pairs of runs.
    definition : str
        What differs, in words.
    baseline, changed : float
        The mean of each arm.
    exactly_zero : bool
        Whether the arms do not differ in any run.
    """

    baseline: float
    changed: float
    exactly_zero: bool  # in every run

    @property
    def is_clear(self) -> bool:
        """Whether the talks tell which way it goes, or that it is exactly nothing."""
        return self.exactly_zero or self.excludes_zero


# --- What an outcome is


def is_share(outcome: str) -> bool:
    """Tell whether an outcome is a share of runs, by its name.

    Parameters
    ----------
    outcome : str
        Such as `deal_by_90` or `restricted_mean_day`.

    Returns
    -------
    bool
        True for shares, False for days and people.

    Examples
    --------
    >>> findings.is_share("deal_by_90"), findings.is_share("returned_alive")
    (True, False)
    """
    return outcome.startswith(SHARES)


def scale_of(outcome: str) -> float:
    """Return what an outcome is multiplied by for people: shares are said of a hundred.

    Parameters
    ----------
    outcome : str
        Such as `deal_by_90`.

    Returns
    -------
    float
        100.0 for a share, else 1.0.

    Examples
    --------
    >>> findings.scale_of("deal_by_90")
    100.0
    """
    return 100.0 if is_share(outcome) else 1.0


# --- Intervals


def wilson(successes: float, n: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share.

    Parameters
    ----------
    successes : float
        Cases in which it happened, from 0 to `n`.
    n : float
        Cases, at least 0.

    Returns
    -------
    low, high : float
        The ends, from 0 to 1; 0 and 1 where `n` is 0.

    References
    ----------
    Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22, 209-212.

    Examples
    --------
    >>> low, high = findings.wilson(30, 100)
    >>> print(f"{low:.3f} {high:.3f}")
    0.219 0.396
    """
    if n == 0:
        return 0.0, 1.0
    share, spare = successes / n, NORMAL_95**2 / n
    centre = (share + spare / 2) / (1 + spare)
    half = NORMAL_95 * math.sqrt(share * (1 - share) / n + spare / (4 * n)) / (1 + spare)
    low = 0.0 if successes == 0 else max(centre - half, 0.0)
    high = 1.0 if successes == n else min(centre + half, 1.0)
    return low, high


def tango(gained: int, lost: int, n: int) -> tuple[float, float]:
    """Return Tango's 95 % interval of a difference between two shares of the same cases.

    It holds every difference that the score test does not reject, so that it is never a point: of n
    cases that are all alike it goes as far as 3.84 in n + 3.84 either way.

    Parameters
    ----------
    gained : int
        Cases counted in the second share only, from 0 to `n`.
    lost : int
        Cases counted in the first share only, from 0 to `n`.
    n : int
        Cases, at least 1.

    Returns
    -------
    low, high : float
        The ends, from -1 to 1.

    References
    ----------
    Tango, T. (1998), Equivalence test and confidence interval for the difference in proportions
    for the paired-sample design, Statistics in Medicine 17, 891-908.

    Examples
    --------
    >>> low, high = findings.tango(10, 5, 100)
    >>> print(f"{low:.3f} {high:.3f}")
    -0.029 0.133
    """
    from scipy import optimize

    def slack(difference: float, side: float) -> float:
        """Return what the score falls short of its bound by, times its standard error."""
        linear = (2 * n - gained + lost) * difference - gained - lost
        room = difference * (1.0 - difference)
        lost_share = (math.sqrt(linear**2 + 8 * n * lost * room) - linear) / (4 * n)
        error = math.sqrt(max(n * (2 * lost_share + room), 0.0))
        return gained - lost - n * difference - side * NORMAL_95 * error

    centre, low, high = (gained - lost) / n, -1.0, 1.0
    if lost < n:
        low = float(optimize.brentq(slack, -1.0, centre - NEAR, (1.0,)))
    if gained < n:
        high = float(optimize.brentq(slack, centre + NEAR, 1.0, (-1.0,)))
    return low, high


def share(name: str, happened: Bools, definition: str) -> Finding:
    """Return the share of cases in which something happened.

    Parameters
    ----------
    name : str
        What it is called.
    happened : array of bool, (cases,)
        Whether it happened in each case.
    definition : str
        What it is a share or mean of, in words.

    Returns
    -------
    Finding
        The share with Wilson's interval; without an estimate where there are no cases.

    Examples
    --------
    >>> findings.share("signed", outcomes.deal_day > 0, "share of all runs").n
    200
    """
    n, successes = len(happened), int(np.count_nonzero(happened))
    return Finding(name, successes / n if n else None, *wilson(successes, n), n, definition)


def mean(name: str, values: Numbers, definition: str) -> Finding:
    """Return a mean with its normal interval.

    Parameters
    ----------
    name : str
        What it is called.
    values : array, (cases,)
        One number for each case, in any unit.
    definition : str
        What it is a share or mean of, in words.

    Returns
    -------
    Finding
        The mean in that unit; no interval for a single case, no estimate for none.

    Examples
    --------
    >>> findings.mean("rounds", outcomes.rounds, "mean over runs").estimate
    26.905
    """
    n = len(values)
    if n == 0:
        return Finding(name, None, None, None, 0, definition)
    centre = float(values.mean())
    if n == 1:
        return Finding(name, centre, None, None, 1, definition)
    half = NORMAL_95 * float(values.std(ddof=1)) / math.sqrt(n)
    return Finding(name, centre, centre - half, centre + half, n, definition)


def share_of_total(name: str, part: Numbers, whole: Numbers, definition: str) -> Finding:
    """Return one total over runs as a share of another.

    What happens within a run hangs together, so that runs are the sample.

    Parameters
    ----------
    name : str
        What it is called.
    part : array, (runs,)
        Counts that are part of `whole`, at least 0.
    whole : array, (runs,)
        Counts, at least 0.
    definition : str
        What it is a share or mean of, in words.

    Returns
    -------
    Finding
        The ratio, from 0 to 1; no estimate where the whole is 0 in every run.

    References
    ----------
    Cochran, W. G. (1977), Sampling Techniques, chapter 6 (ratio estimator).

    Examples
    --------
    >>> refused = outcomes.refusals[:, 0]
    >>> found = findings.share_of_total("refused", refused, outcomes.rounds, "of all proposals")
    >>> 0 <= found.estimate <= 1
    True
    """
    n, total = len(whole), float(whole.sum(dtype=float))
    if total == 0:
        return Finding(name, None, None, None, n, definition)
    centre = float(part.sum(dtype=float)) / total
    if n == 1:
        return Finding(name, centre, None, None, n, definition)
    off = part - centre * whole
    half = NORMAL_95 * math.sqrt(float((off * off).sum()) * n / (n - 1)) / total
    return Finding(name, centre, max(centre - half, 0.0), min(centre + half, 1.0), n, definition)


def spread(name: str, counts: Numbers, definition: str) -> Spread:
    """Return how a count varies over the runs.

    Parameters
    ----------
    name : str
        What it is called.
    counts : array, (runs,)
        A count for each run.
    definition : str
        What is counted, in words.

    Returns
    -------
    Spread
        Mean, median, and the span of 90 in 100 runs.

    Examples
    --------
    >>> findings.spread("deals", outcomes.deals, "deals per run").q50
    0.0
    """
    low, middle, high = (float(q) for q in np.quantile(counts, (0.05, 0.5, 0.95)))
    return Spread(name, float(counts.mean()), low, middle, high, len(counts), definition)


# --- Deals


def dealt_by(outcomes: Outcomes, day: int) -> Bools:
    """Tell in which runs a first truce had begun by a day.

    Parameters
    ----------
    outcomes : Outcomes
        What `simulate` returned.
    day : int
        From 0 to the last day that was simulated.

    Returns
    -------
    array of bool, (runs,)
        Whether it had.

    Raises
    ------
    ValueError
        For what is no day, or lies beyond the days that were simulated.

    Examples
    --------
    >>> findings.dealt_by(outcomes, 90).shape
    (200,)
    """
    if isinstance(day, bool) or not isinstance(day, int | np.integer) or day < 0:
        raise ValueError(f"day {day!r} is no day; give a whole number from 0 to {outcomes.days}")
    if day > outcomes.days:
        raise ValueError(f"day {day} lies beyond the {outcomes.days} days that were played")
    deal_day = outcomes.deal_day
    return np.asarray((deal_day != NONE) & (deal_day <= day))


def deal_by(outcomes: Outcomes, day: int) -> Finding:
    """Return the share of runs that reach a truce by a day: its cumulative incidence.

    Victory is a competing event and no censoring. As every run is followed to the horizon or to a
    victory, Aalen and Johansen's estimate is the plain share.

    Parameters
    ----------
    outcomes : Outcomes
        What `simulate` returned.
    day : int
        From 0 to the last day that was simulated.

    Returns
    -------
    Finding
        The share of all runs, with Wilson's interval.

    Raises
    ------
    ValueError
        For what is no day, or lies beyond the days that were simulated.

    References
    ----------
    Aalen, O. O. and Johansen, S. (1978), An empirical transition matrix for non-homogeneous Markov
    chains, Scandinavian Journal of Statistics 5, 141-150.

    Examples
    --------
    >>> deal = findings.deal_by(outcomes, 90)
    >>> print(f"{deal.estimate:.2f} ({deal.low:.2f} to {deal.high:.2f})")
    0.38 (0.31 to 0.44)
    """
    definition = f"share of all talks in which a first truce had begun by day {day}"
    return share(f"deal by day {day}", dealt_by(outcomes, day), definition)


def days_until_deal(outcomes: Outcomes) -> Numbers:
    """Return the day of the first truce, or the horizon where there was none.

    Parameters
    ----------
    outcomes : Outcomes
        What `simulate` returned.

    Returns
    -------
    array of int, (runs,)
        Days, from 1 to the horizon.

    Examples
    --------
    >>> int(findings.days_until_deal(outcomes).max()) <= outcomes.days
    True
    """
    deal_day = outcomes.deal_day
    return np.where(deal_day == NONE, outcomes.days, deal_day)


def restricted_mean_day(outcomes: Outcomes) -> Finding:
    """Return the mean day of the first truce, counting the horizon where there is none by then.

    Parameters
    ----------
    outcomes : Outcomes
        What `simulate` returned.

    Returns
    -------
    Finding
        In days. A victory counts as no truce; the mean is defined even where most runs fail.

    References
    ----------
    Royston, P. and Parmar, M. K. B. (2013), Restricted mean survival time, BMC Medical Research
    Methodology 13, 152.

    Examples
    --------
    >>> findings.restricted_mean_day(outcomes).n
    200
    """
    definition = f"mean of the day of the first truce, or day {outcomes.days} where there was none"
    return mean("restricted mean day", days_until_deal(outcomes), definition)


def endings(outcomes: Outcomes) -> dict[str, Finding]:
    """Return how the runs stand on their last day.

    Parameters
    ----------
    outcomes : Outcomes
        What `simulate` returned.

    Returns
    -------
    dict of str to Finding
        The share of runs by ending; the shares add up to 1.

    Examples
    --------
    >>> shares = findings.endings(outcomes)
    >>> round(sum(finding.estimate for finding in shares.values()), 12)
    1.0
    """
    ending = outcomes.ending
    return {
        name: share(name, ending == code, "share of all talks that end so")
        for code, name in enumerate(ENDINGS)
    }


def terms(outcomes: Outcomes) -> dict[str, dict[str, Finding]]:
    """Return the share of first deals at each level of each issue.

    Parameters
    ----------
    outcomes : Outcomes
        What `simulate` returned.

    Returns
    -------
    dict of str to dict of str to Finding
        By issue and level; the shares of an issue add up to 1 where there are deals.

    Examples
    --------
    >>> sorted(findings.terms(outcomes))[0]
    'deltans'
    """
    packages = outcomes.deal_package
    signed = np.bincount(packages[packages != NONE], minlength=len(outcomes.table))
    deals = int(signed.sum())
    shares: dict[str, dict[str, Finding]] = {}
    for k, issue in enumerate(outcomes.labels.issues):
        shares[issue] = {}
        for code, level in enumerate(outcomes.labels.levels[k]):
            number = int(signed[outcomes.table[:, k] == code].sum())
            estimate = number / deals if deals else None
            definition = f"share of first deals with {issue} at {level}"
            shares[issue][level] = Finding(
                level, estimate, *wilson(number, deals), deals, definition
            )
    return shares


def zopa(outcomes: Outcomes) -> dict[str, Finding]:
    """Return how often some package beats no deal for all who can refuse one.

    Parameters
    ----------
    outcomes : Outcomes
        What `simulate` returned.

    Returns
    -------
    dict of str to Finding
        `day0`, `any_day`, and `objective_day0`: as it would be if all knew the true chances of war.

    Examples
    --------
    >>> sorted(findings.zopa(outcomes))
    ['any_day', 'day0', 'objective_day0']
    """
    return {
        "day0": share(
            "day0",
            outcomes.zopa_first,
            "at first some package beats no deal, as they see it",
        ),
        "any_day": share(
            "any_day",
            outcomes.zopa_first | (outcomes.zopa_day != NONE),
            "the same at first or in some round",
        ),
        "objective_day0": share(
            "objective_day0",
            outcomes.zopa_objective,
            "the same at first, if everybody knew the true chances of war",
        ),
    }


def refusals(outcomes: Outcomes) -> dict[str, dict[str, Finding]]:
    """Return how many of the proposals each party refused, and refused alone.

    Parameters
    ----------
    outcomes : Outcomes
        What `simulate` returned.

    Returns
    -------
    dict of str to dict of str to Finding
        By party: `refused`, `refused_alone`, `no_way_out`, `firm`, each a share of all rounds.

    Examples
    --------
    >>> sorted(findings.refusals(outcomes))
    ['delta', 'marsh', 'upland']
    """
    rounds = outcomes.rounds
    kinds = {
        "refused": (outcomes.refusals, "share of all texts on the table that it refused"),
        "refused_alone": (outcomes.refused_alone, "share that it refused and nobody else did"),
        "no_way_out": (outcomes.no_way_out, "share of rounds in which it saw no way out"),
        "firm": (outcomes.firm_rounds, "share of rounds in which it stood firm"),
    }
    return {
        party: {
            name: share_of_total(name, counts[:, p], rounds, definition)
            for name, (counts, definition) in kinds.items()
        }
        for p, party in enumerate(outcomes.labels.parties)
    }


def quality(outcomes: Outcomes) -> dict[str, Finding]:
    """Return how good the first packages signed are: means over first deals.

    Parameters
    ----------
    outcomes : Outcomes
        What `simulate` returned.

    Returns
    -------
    dict of str to Finding
        `nash_distance` (in shares of the ideal gains), `inefficiency` and `logrolling` (in utils).

    Examples
    --------
    >>> sorted(findings.quality(outcomes))
    ['inefficiency', 'logrolling', 'nash_distance']
    """
    words = {
        "nash_distance": "distance from Nash's package, in shares of the ideal gains, mean",
        "inefficiency": "what all could have gained at once by another text, utils, mean",
        "logrolling": "gain of the worst-off party over splitting every issue, utils, mean",
    }
    return {
        name: mean(name, values[~np.isnan(values)].astype(float), f"{definition} over first deals")
        for name, definition in words.items()
        for values in [getattr(outcomes, name)]
    }


# --- People


def captives(outcomes: Outcomes) -> dict[str, Spread]:
    """Return what became of the captives of all pools together.

    Parameters
    ----------
    outcomes : Outcomes
        What `simulate` returned.

    Returns
    -------
    dict of str to Spread
        By count, people per run.

    Examples
    --------
    >>> findings.captives(outcomes)["initial"].definition
    'people per run, of all'
    """
    return {name: people(outcomes, name) for name in CAPTIVES}


def people(outcomes: Outcomes, name: str, pool: str | None = None) -> Spread:
    """Return how many people one of the counts has.

    Parameters
    ----------
    outcomes : Outcomes
        What `simulate` returned.
    name : str
        The count, such as `returned_alive` or `prisoners_released`.
    pool : str, optional
        Of this pool only; of all unless given.

    Returns
    -------
    Spread
        People per run.

    Examples
    --------
    >>> findings.people(outcomes, "returned_alive").definition
    'people per run, of all'
    """
    counts = getattr(outcomes, name)
    whose = "of all"
    if pool is not None:
        freed = name == "prisoners_released"
        pools = outcomes.labels.prisoners if freed else outcomes.labels.pools
        counts = counts[:, [pools.index(pool)]]
        whose = f"of {pool}"
    return spread(name, counts.sum(axis=1), f"people per run, {whose}")


# --- Truces


def truce_survival(outcomes: Outcomes, days: tuple[int, ...]) -> dict[int, Finding]:
    """Return how likely a first truce is still in force so many days after it began.

    Truces that hold on the last day are censored there. A term that lapses as agreed is an end and
    no censoring.

    Parameters
    ----------
    outcomes : Outcomes
        What `simulate` returned.
    days : tuple of int
        Days after a truce began, at least 0.

    Returns
    -------
    dict of int to Finding
        By day; without an estimate where no truce was followed so long.

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958), Nonparametric estimation from incomplete observations,
    Journal of the American Statistical Association 53, 457-481.

    Examples
    --------
    >>> findings.truce_survival(outcomes, (7, 30))[7].name
    'truce in force after 7 days'
    """
    lasted, ended = first_truces(outcomes)
    return {day: _survives(lasted, ended, day) for day in days}


def first_truces(outcomes: Outcomes) -> tuple[Numbers, Bools]:
    """Return how long each first truce lasted, and whether it has ended.

    Parameters
    ----------
    outcomes : Outcomes
        What `simulate` returned.

    Returns
    -------
    lasted : array of int, (truces,)
        Days.
    ended : array of bool, (truces,)
        False where it held on the last day.

    Examples
    --------
    >>> lasted, ended = findings.first_truces(outcomes)
    >>> len(lasted) == len(ended)
    True
    """
    began = outcomes.truces > 0
    return outcomes.truce_days[began], np.asarray(outcomes.truce_end[began] != NONE)


def _survives(lasted: Numbers, ended: Bools, day: int) -> Finding:
    """Return the survival of truces on a day, or None where none was followed so long."""
    name, definition = f"truce in force after {day} days", "share of first truces, Kaplan-Meier"
    followed = int(np.count_nonzero(ended | (lasted >= day)))
    if not len(lasted) or (lasted.max() < day and not ended.all()):
        return Finding(name, None, None, None, len(lasted), definition)
    from scipy import stats

    sample = stats.CensoredData(
        uncensored=lasted[ended].astype(float), right=lasted[~ended].astype(float)
    )
    survival = stats.ecdf(sample).sf
    with warnings.catch_warnings():  # of ends of the curve, which are dealt with below
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = survival.confidence_interval(method="log-log")
    curves: tuple[Any, ...] = (survival, interval.low, interval.high)
    estimate, low, high = (float(curve.evaluate(day)) for curve in curves)
    if math.isnan(low) or math.isnan(high) or low == high:
        low, high = wilson(round(estimate * followed), followed)
    return Finding(name, estimate, low, high, len(lasted), definition)


def truce_causes(outcomes: Outcomes) -> dict[str, Finding]:
    """Return who or what ended the first truces, as shares of all first truces.

    Parameters
    ----------
    outcomes : Outcomes
        What `simulate` returned.

    Returns
    -------
    dict of str to Finding
        By cause, and `still holding`; they add up to 1 where there are truces.

    Examples
    --------
    >>> "still holding" in findings.truce_causes(outcomes)
    True
    """
    end = outcomes.truce_end[outcomes.truces > 0]
    shares = {
        cause: share(cause, end == code, "share of first truces that ended so")
        for code, cause in enumerate(outcomes.labels.causes)
    }
    shares[HOLDING] = share(HOLDING, end == NONE, "share of first truces that nobody has ended")
    return shares


def truce_ends(outcomes: Outcomes, days: tuple[int, ...]) -> dict[str, dict[int, Finding]]:
    """Return how likely each cause has ended a first truce within so many days.

    The causes compete: a truce that one has ended no other can end. Truces that hold on the last
    day are censored there. A term that lapses as agreed, with no further proposal signed, is a
    cause like the others. On any day the causes and the truces still in force (`truce_survival`)
    add up to 1.

    Parameters
    ----------
    outcomes : Outcomes
        What `simulate` returned.
    days : tuple of int
        Days after a truce began, at least 0.

    Returns
    -------
    dict of str to dict of int to Finding
        By cause and day; without an estimate where no truce was followed so long.

    References
    ----------
    Aalen, O. O. and Johansen, S. (1978), An empirical transition matrix for non-homogeneous Markov
    chains, Scandinavian Journal of Statistics 5, 141-150.

    Examples
    --------
    >>> sorted(findings.truce_ends(outcomes, (30,)))[0]
    'clans'
    """
    lasted, ended = first_truces(outcomes)
    causes, n = outcomes.labels.causes, len(lasted)
    ended_by = outcomes.truce_end[outcomes.truces > 0]
    followed_so_long = [bool(n) and (day <= lasted.max() or bool(ended.all())) for day in days]
    followed = [int(np.count_nonzero(ended | (lasted >= day))) for day in days]
    curves = aalen_johansen(lasted, ended_by, len(causes), days) if n else None

    def found(cause: int, at: int) -> Finding:
        name = f"ended by {causes[cause]} within {days[at]} days"
        definition = "share of first truces, causes competing, Aalen-Johansen"
        if curves is None or not followed_so_long[at]:
            return Finding(name, None, None, None, n, definition)
        estimate, error = (float(curve[cause, at]) for curve in curves)
        # as of so many truces, none of them censored, as have the same standard error
        between = NEAR < estimate < 1 - NEAR
        like = estimate * (1 - estimate) / error**2 if between else followed[at]
        return Finding(name, estimate, *wilson(estimate * like, like), n, definition)

    return {
        name: {day: found(cause, at) for at, day in enumerate(days)}
        for cause, name in enumerate(causes)
    }


def held_for(outcomes: Outcomes, days: int) -> Bools:
    """Tell in which runs a first truce was seen in force so many days after it began.

    Parameters
    ----------
    outcomes : Outcomes
        What `simulate` returned.
    days : int
        Days after it began, at least 0.

    Returns
    -------
    array of bool, (runs,)
        Whether it was.

    Examples
    --------
    >>> findings.held_for(outcomes, 60).shape
    (200,)
    """
    lasted, holding = outcomes.truce_days, outcomes.truce_end == NONE
    return np.asarray(
        (outcomes.truces > 0) & ((lasted > days) | ((lasted == days) & holding)), dtype=bool
    )


# --- The base rate


def base_rate_by(base: BaseRate, day: int) -> Finding:
    """Return how likely a deal by a day would be at the pace of the past.

    The hazard is constant: its distribution is a gamma distribution of shape `deals` + 1/2 over the
    days at risk.

    Parameters
    ----------
    base : BaseRate
        Deals, and days at risk, of a scenario.
    day : int
        Days from the first, at least 0.

    Returns
    -------
    Finding
        The chance, with a 90 % interval; `n` is the number of deals it rests on.

    References
    ----------
    Jeffreys' prior for a Poisson rate: Gelman et al. (2013), Bayesian Data Analysis, 3rd edition,
    chapter 2.

    Examples
    --------
    >>> from sim.scenario.schema import BaseRate
    >>> base = BaseRate(deals=2, days=457, source="a chronology")
    >>> print(f"{findings.base_rate_by(base, 90).estimate:.2f}")
    0.33
    """
    rates = special.gammaincinv(base.deals + 0.5, BASE_RATE_ENDS) / base.days
    low, high = (-math.expm1(-float(rate) * day) for rate in rates)
    estimate = -math.expm1(-base.deals / base.days * day)
    definition = f"chance of a deal by day {day} at a constant {base.deals} in {base.days:g} days"
    return Finding(f"base rate by day {day}", estimate, low, high, base.deals, definition)


# --- Two arms


def paired(name: str, baseline: Numbers, changed: Numbers, definition: str) -> Effect:
    """Return the mean difference between two arms, run by run.

    Parameters
    ----------
    name : str
        What it is called.
    baseline : array, (runs,)
        Numbers, or whether something happened.
    changed : array, (runs,)
        The same with the change, with common random numbers.
    definition : str
        What differs, in words.

    Returns
    -------
    Effect
        Of arrays of bool a difference of shares with Tango's interval, of numbers a mean with its
        normal interval.

    Examples
    --------
    >>> both = outcomes.deal_day > 0
    >>> findings.paired("deal", both, both, "runs with a deal").exactly_zero
    True
    """
    difference = changed.astype(float) - baseline.astype(float)
    difference_mean = mean(name, difference, definition)
    assert difference_mean.estimate is not None, "a comparison has runs"
    low, high = difference_mean.low, difference_mean.high
    if baseline.dtype == changed.dtype == np.bool_:
        gained, lost = (int(np.count_nonzero(difference == step)) for step in (1, -1))
        low, high = tango(gained, lost, difference_mean.n)
    return Effect(
        name,
        difference_mean.estimate,
        low,
        high,
        difference_mean.n,
        definition,
        baseline=float(baseline.mean()),
        changed=float(changed.mean()),
        exactly_zero=not difference.any(),
    )


def effects(baseline: Outcomes, changed: Outcomes, days: tuple[int, ...]) -> dict[str, Effect]:
    """Return what the second arm changes: deals by some days, their day, people, and the truce.

    Parameters
    ----------
    baseline : Outcomes
        Without the change.
    changed : Outcomes
        With it, with common random numbers (see `compare`).
    days : tuple of int
        Days by which deals are counted.

    Returns
    -------
    dict of str to Effect
        `deal_by_<day>` for each day, then `restricted_mean_day`, `returned_alive`,
        `prisoners_released` and `truce_held_60`. Where one arm was followed for longer there are
        only the deals by days that both have come to.

    Raises
    ------
    ValueError
        For arms that do not share their random numbers; it names the difference.

    Examples
    --------
    >>> sorted(findings.effects(outcomes, outcomes, (90,)))
    ['deal_by_90', 'prisoners_released', 'restricted_mean_day', 'returned_alive', 'truce_held_60']
    """
    baseline.must_share_luck(changed)
    deals: dict[str, tuple[Callable[[Outcomes], Numbers], str]] = {
        f"deal_by_{day}": (_by(day), f"talks with a truce by day {day}") for day in days
    }
    at_the_horizon: dict[str, tuple[Callable[[Outcomes], Numbers], str]] = {
        "restricted_mean_day": (days_until_deal, "day of the first truce, at most the horizon"),
        "returned_alive": (_total("returned_alive"), "captives who come home alive under a deal"),
        "prisoners_released": (_total("prisoners_released"), "prisoners released"),
        "truce_held_60": (_held(60), "talks with a first truce seen in force 60 days later"),
    }
    measures = deals | at_the_horizon if baseline.days == changed.days else deals
    return {
        name: paired(name, measure(baseline), measure(changed), definition)
        for name, (measure, definition) in measures.items()
    }


def flips(baseline: Outcomes, changed: Outcomes) -> Mapping[str, Finding]:
    """Return in how many runs the change makes a deal, and in how many it unmakes one.

    Parameters
    ----------
    baseline : Outcomes
        Without the change.
    changed : Outcomes
        With it, with common random numbers and of as many days.

    Returns
    -------
    mapping of str to Finding
        `to_deal` and `from_deal`, shares of runs.

    Raises
    ------
    ValueError
        For arms that do not share their random numbers, or of which one was followed longer.

    Examples
    --------
    >>> findings.flips(outcomes, outcomes)["to_deal"].estimate
    0.0
    """
    baseline.must_be_comparable(changed)
    before, after = baseline.deal_day != NONE, changed.deal_day != NONE
    return {
        "to_deal": share("to_deal", ~before & after, "talks with a deal only after the change"),
        "from_deal": share("from_deal", before & ~after, "talks with a deal only without it"),
    }


def _by(day: int) -> Callable[[Outcomes], Numbers]:
    return lambda outcomes: dealt_by(outcomes, day)


def _held(days: int) -> Callable[[Outcomes], Numbers]:
    return lambda outcomes: held_for(outcomes, days)


def _total(name: str) -> Callable[[Outcomes], Numbers]:
    return lambda outcomes: np.asarray(getattr(outcomes, name).sum(axis=1))
