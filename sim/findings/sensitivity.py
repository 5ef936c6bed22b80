"""Which uncertain numbers of a scenario matter, how much they matter, and how much is luck alone.

Three looks, from the coarsest to the finest: a screening of all uncertain numbers (Morris 1991,
with the mean absolute effect of Campolongo et al. 2007), beside their trends over random points,
which see weaker but steady effects; shares of variance for the few that
matter (Sobol 2001, as estimated by Saltelli et al. 2010); and curves of one number at a time.
Lee et al. (2015, jasss.org/18/4/4.html) and ten Broeke et al. (2016, jasss.org/19/1/5.html) say
why one look is not enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim import findings
from sim.engine.outcomes import Outcomes
from sim.engine.random_streams import RandomStreams
from sim.engine.sampling import check_levers
from sim.engine.simulate import stream
from sim.findings.designs import (
    LEVELS,
    STEP,
    DesignTable,
    ExperimentDesign,
    Play,
    run_design,
    screening_design,
)
from sim.findings.statistics import Effect, Finding
from sim.scenario.schema import Scenario
from sim.types import Floats, Ints, Numbers

#: Samples of rows from which an interval is taken, and its ends.
RESAMPLES = 999
ENDS = (0.025, 0.975)


# --- What is studied


@dataclass(frozen=True)
class Measure:
    """An outcome whose sensitivity is studied: what it is of a run, and in words."""

    of: Callable[[Outcomes], Numbers]
    words: str
    least_days: int  # that must be played for it to mean something


MEASURES = {
    "deal_by_90": Measure(
        lambda outcomes: findings.dealt_by(outcomes, 90), "talks with a truce by day 90", 90
    ),
    "restricted_mean_day": Measure(
        findings.days_until_deal, "day of the first truce (the horizon where there is none)", 1
    ),
    "returned_alive": Measure(
        lambda outcomes: np.asarray(outcomes.returned_alive.sum(axis=1)),
        "captives who come home alive under a deal",
        1,
    ),
    "truce_held_60": Measure(
        lambda outcomes: findings.held_for(outcomes, 60),
        "talks whose first truce is in force 60 days later",
        61,
    ),
}


def check_outcome(name: str, days: int) -> str:
    """Return the name of an outcome; raises ValueError if there is none, or it needs more days."""
    if name not in MEASURES:
        raise ValueError(f"there is no outcome '{name}'; there are {', '.join(MEASURES)}")
    if days < MEASURES[name].least_days:
        raise ValueError(
            f"{name} needs at least {MEASURES[name].least_days} days; {days} are played"
        )
    return name


def uncertain_paths(scenario: Scenario) -> tuple[str, ...]:
    """Return the paths of the numbers that the scenario is unsure of."""
    return tuple(path for path, number in scenario.quantities().items() if not number.is_certain)


def player(
    scenario: Scenario,
    *,
    seed: int = 1,
    days: int | None = None,
    levers: Mapping[str, float] | None = None,
    workers: int = 1,
    advance: Callable[[int], None] | None = None,
) -> Play:
    """Return who plays a scenario at given points; see `sim.engine.simulate.simulate`.

    `advance(runs)` is called whenever so many more have been played.
    """
    horizon = days or scenario.days
    measures = {name: m for name, m in MEASURES.items() if m.least_days <= horizon}

    def play(points: Mapping[str, Floats], luck: Ints) -> Mapping[str, Numbers]:
        blocks = stream(
            scenario,
            runs=len(luck),
            seed=seed,
            days=horizon,
            levers=levers,
            workers=workers,
            points=points,
            luck=luck,
        )
        parts = []
        for block in blocks:
            parts.append({name: m.of(block) for name, m in measures.items()})
            if advance is not None:
                advance(len(block))
        return {name: np.concatenate([part[name] for part in parts]) for name in measures}

    return play


# --- Screening


@dataclass(frozen=True)
class MorrisIndex:
    """What moving one number does, per whole range of its luck, along all trajectories."""

    path: str
    strength: Finding  # mean absolute effect (mu*): how much it moves the outcome, either way
    direction: Finding  # mean effect (mu): which way
    unevenness: Finding  # standard deviation of the effect (sigma): bends, and others' influence


def screening_from(table: DesignTable, outcome: str = "deal_by_90") -> tuple[MorrisIndex, ...]:
    """Return the elementary effects of every number, strongest first, with bootstrap intervals.

    An effect is the change of the outcome, averaged over the replicates, per unit of luck; so it
    is the slope where the outcome is linear in it. Trajectories are the sample.
    """
    design = table.design
    means = table.cube(outcome).mean(axis=2)  # (trajectories, rows)
    before = np.take_along_axis(means, design.turns, axis=1)
    after = np.take_along_axis(means, design.turns + 1, axis=1)
    steps = np.where(design.start[:, 0] < LEVELS // 2, STEP, -STEP)
    effects = (after - before) / steps  # (trajectories, paths)

    def statistics(sample: Floats) -> Floats:
        return np.array([np.abs(sample).mean(0), sample.mean(0), sample.std(axis=0, ddof=1)])

    ends = _with_interval(statistics, effects, design.seed)
    n = len(effects)

    def finding(s: int, p: int, words: str) -> Finding:
        return _finding(design.paths[p], [float(end[s, p]) for end in ends], n, words)

    screened = [
        MorrisIndex(
            path,
            finding(0, p, "mean absolute change of the outcome per whole range of luck (mu*)"),
            finding(1, p, "mean change (mu)"),
            finding(2, p, "standard deviation of the change (sigma)"),
        )
        for p, path in enumerate(design.paths)
    ]
    return tuple(sorted(screened, key=lambda index: -(index.strength.estimate or 0.0)))


def screen(
    scenario: Scenario,
    *,
    trajectories: int = 20,
    replicates: int = 8,
    outcome: str = "deal_by_90",
    seed: int = 1,
    workers: int = 1,
) -> tuple[MorrisIndex, ...]:
    """Screen all uncertain numbers of a scenario, the strongest first."""
    check_outcome(outcome, scenario.days)
    design = screening_design(
        uncertain_paths(scenario), trajectories=trajectories, replicates=replicates, seed=seed
    )
    return screening_from(run_design(design, player(scenario, seed=seed, workers=workers)), outcome)


# --- Shares of variance


@dataclass(frozen=True)
class Index:
    """The shares of an outcome's variance that are due to one number."""

    path: str
    first: Finding  # by itself
    total: Finding  # with all that it does together with other studied numbers


@dataclass(frozen=True)
class Indices:
    """Sobol's indices of some numbers, and what they leave out.

    They speak of the outcome averaged over the replicates. `studied` is the share of the variance
    between single runs that the studied numbers explain; the rest is luck and the other numbers.
    `residue` is the share of the variance of the averages that more replicates would remove: total
    orders are too large by up to about so much.
    """

    indices: tuple[Index, ...]
    studied: Finding
    residue: Finding


def indices_from(table: DesignTable, outcome: str = "deal_by_90") -> Indices:
    """Sobol's indices from a table, with intervals from resampled rows; strongest first.

    Raises IncompleteError for a table with a gap: SciPy would say zero for each index.
    """
    cube = table.cube(outcome)
    means = cube.mean(axis=2)  # (matrices, rows)
    varies = bool(np.ptp(means[:2]) > 0)
    design, sample = table.design, np.ascontiguousarray(means.T)
    ends = _with_interval(_sobol_indices, sample, design.seed)

    def finding(order: int, p: int, words: str) -> Finding:
        statistic = [float(end[order, p]) if varies else np.nan for end in ends]
        return _finding(design.paths[p], statistic, design.rows, words)

    indices = [
        Index(
            path,
            finding(0, p, "share of the variance due to the number by itself (first order)"),
            finding(1, p, "the same with all its joint effects (total order)"),
        )
        for p, path in enumerate(design.paths)
    ]
    ordered = sorted(indices, key=lambda index: -(index.total.estimate or 0.0))
    return Indices(tuple(ordered), *explained(cube[:2].reshape(-1, design.replicates), design.seed))


def _sobol_indices(means: Floats) -> Floats:
    """First and total orders (2, paths) from the averages of A, B and the rest: (rows, matrices).

    SciPy squeezes its answer, which a single path does not survive: that one is asked for twice.
    """
    from scipy import stats

    columns = means.T[:, None, :]
    paths = len(columns) - 2
    others = np.repeat(columns[2:], 2, axis=0) if paths == 1 else columns[2:]
    func: Any = {"f_A": columns[0], "f_B": columns[1], "f_AB": others}
    indices = stats.sobol_indices(func=func, n=len(means))
    return np.array([indices.first_order, indices.total_order])[:, :paths]


def explained(cells: Floats, seed: int = 1) -> tuple[Finding, Finding]:
    """Return how much rows, and what is left of luck in their averages, make of the variance.

    `cells` is (rows, replicates). Replicates may share their luck over the rows, so that variance
    has three parts, by the analysis of variance of a two-way layout (Searle, Casella & McCulloch
    1992): rows, replicates, and what they do together. The seed is that of the intervals.
    """
    n = len(cells)

    def shares(sample: Floats) -> Floats:
        rows, replicates = sample.shape
        row_means, luck_means = sample.mean(axis=1), sample.mean(axis=0)
        rest = sample - row_means[:, None] - luck_means + sample.mean()
        together = float((rest**2).sum()) / ((rows - 1) * (replicates - 1))
        by_row = row_means.var(ddof=1)
        by_luck = max(luck_means.var(ddof=1) - together / rows, 0.0)
        studied = max(by_row - together / replicates, 0.0)
        whole = studied + by_luck + together
        return np.array(
            [
                studied / whole if whole > 0 else np.nan,
                min(together / replicates / by_row, 1.0) if by_row > 0 else np.nan,
            ]
        )

    ends = [np.full(2, np.nan)] * 3
    if cells.shape[1] > 1:
        ends = list(_with_interval(shares, cells, seed))
    studied, residue = ([float(end[k]) for end in ends] for k in range(2))
    return (
        _finding(
            "studied",
            studied,
            n,
            "share of the variance between single runs that the studied numbers explain",
        ),
        _finding(
            "residue", residue, n, "share of the variance of the averages that is left of luck"
        ),
    )


def _finding(name: str, ends: Sequence[float], n: int, words: str) -> Finding:
    """Return a finding from estimate, low and high; one that knows nothing where nothing varies."""
    if not np.isfinite(ends).all():
        return Finding(name, None, None, None, n, words)
    estimate, low, high = ends
    return Finding(name, estimate, low, high, n, words)


def indices(
    scenario: Scenario,
    paths: Sequence[str],
    *,
    n: int = 256,
    replicates: int = 16,
    outcome: str = "deal_by_90",
    seed: int = 1,
    workers: int = 1,
) -> Indices:
    """Sobol's indices of some of a scenario's numbers; `n` is a power of 2."""
    check_outcome(outcome, scenario.days)
    design = ExperimentDesign("indices", tuple(paths), n, replicates, seed)
    return indices_from(run_design(design, player(scenario, seed=seed, workers=workers)), outcome)


# --- Luck


def luck_from(table: DesignTable, outcome: str = "deal_by_90") -> Finding:
    """Return the share of the variance between runs that is luck alone, from rows of like numbers.

    By the law of total variance: the mean variance within rows, over that and the variance between
    rows, which is rid of the luck in the rows' means (analysis of variance, one way).
    """

    def share(cells: Floats) -> Floats:
        within = cells.var(axis=1, ddof=1).mean()
        between = max(cells.mean(axis=1).var(ddof=1) - within / cells.shape[1], 0.0)
        whole = within + between
        return np.array([within / whole if whole > 0 else np.nan])

    cells = table.cube(outcome)[0]
    ends = [float(end[0]) for end in _with_interval(share, cells, table.design.seed)]
    words = "share of the variance between runs that is left when every number is known"
    return _finding("luck alone", ends, len(cells), words)


def trends_from(table: DesignTable, outcome: str = "deal_by_90") -> tuple[Finding, ...]:
    """Return by how much the outcome rises over the range of each number, on average; steepest
    first.

    The slope of a straight line against the number's luck, over rows of random points, with its
    normal interval. It sees no bend; but every row speaks of every number, so that it sees far
    weaker effects than a screening of as many runs.
    """
    design = table.design
    means = table.cube(outcome)[0].mean(axis=1)
    points = design.points[0] - design.points[0].mean(axis=0)
    square = (points**2).sum(axis=0)
    slopes = points.T @ (means - means.mean()) / square
    left = means[:, None] - means.mean() - points * slopes  # (rows, paths)
    half = findings.NORMAL_95 * np.sqrt((left**2).sum(axis=0) / max(len(means) - 2, 1) / square)
    words = "mean change of the outcome per whole range of luck (slope)"
    trends = [
        _finding(path, [float(s), float(s - h), float(s + h)], len(means), words)
        for path, s, h in zip(design.paths, slopes, half, strict=True)
    ]
    return tuple(sorted(trends, key=lambda trend: -abs(trend.estimate or 0.0)))


def luck_alone(
    scenario: Scenario,
    *,
    rows: int = 1000,
    replicates: int = 2,
    outcome: str = "deal_by_90",
    seed: int = 1,
    workers: int = 1,
) -> Finding:
    """Return the share of the variance between runs that would be left if every number were
    known.
    """
    check_outcome(outcome, scenario.days)
    design = ExperimentDesign("luck", uncertain_paths(scenario), rows, replicates, seed)
    return luck_from(run_design(design, player(scenario, seed=seed, workers=workers)), outcome)


def _with_interval(
    statistic: Callable[[Floats], Floats], sample: Floats, seed: int
) -> tuple[Floats, Floats, Floats]:
    """Return a statistic of a sample along axis 0, and the ends of its bootstrap interval.

    Percentiles of resamples, which are chosen by the seed, so that the same seed gives the same
    interval (SciPy's own for Sobol's indices differs from call to call).
    """
    n = len(sample)
    luck = RandomStreams(seed, 0, RESAMPLES).once("resamples", n)
    resampled = [statistic(sample[chosen]) for chosen in (luck * n).astype(np.int64)]
    low, high = np.quantile(np.array(resampled), ENDS, axis=0)
    return statistic(sample), low, high


# --- One at a time


@dataclass(frozen=True)
class OneAtATimeCurve:
    """An outcome along one number or lever, all else as it comes, the same luck all along."""

    of: str
    settings: tuple[float, ...]  # values of the number before levers, or settings of the lever
    findings: tuple[Finding, ...]
    swing: Effect  # from the first setting to the last, run by run


def curve(
    scenario: Scenario,
    of: str,
    *,
    settings: int = 5,
    runs: int = 400,
    outcome: str = "deal_by_90",
    play: Play | None = None,
    seed: int = 1,
    days: int | None = None,
    levers: Mapping[str, float] | None = None,
    workers: int = 1,
) -> OneAtATimeCurve:
    """Return an outcome along an uncertain number, or along a lever, with bands.

    A number is set to the middles of `settings` equally likely parts of its range, a lever to
    equally spaced settings, whatever it is in `levers`. Raises ValueError for a name that is
    neither. `play` plays numbers where more is to be told of the simulation, such as how far it is.
    """
    horizon = days or scenario.days
    check_outcome(outcome, horizon)
    if settings < 2:
        raise ValueError("a curve has at least 2 settings")

    def with_levers(moved: Mapping[str, float]) -> Play:
        where = check_levers(scenario, moved)
        return player(scenario, seed=seed, days=horizon, levers=where, workers=workers)

    luck, before = np.arange(runs), dict(levers or {})
    if of in scenario.levers:
        lever = scenario.levers[of]
        xs = np.linspace(lever.low, lever.high, settings)
        outcomes_by_setting = [with_levers({**before, of: x})({}, luck)[outcome] for x in xs]
    else:
        points = (np.arange(settings) + 0.5) / settings
        play = play or with_levers(before)
        flat = play({of: np.repeat(points, runs)}, np.tile(luck, settings))[outcome]
        xs = np.asarray(scenario.quantities()[of].ppf(points), dtype=np.float64)
        outcomes_by_setting = list(np.asarray(flat).reshape(settings, runs))
    words = MEASURES[outcome].words
    return OneAtATimeCurve(
        of,
        tuple(map(float, xs)),
        tuple(_average(outcome, values, words) for values in outcomes_by_setting),
        findings.paired(outcome, outcomes_by_setting[0], outcomes_by_setting[-1], words),
    )


def _average(name: str, values: Numbers, words: str) -> Finding:
    if values.dtype == bool:
        return findings.share(name, values, f"share of {words}")
    return findings.mean(name, values, f"mean {words}")


# --- The whole study


@dataclass(frozen=True)
class SensitivityPlan:
    """How many runs each part of a study takes."""

    screening: ExperimentDesign
    luck: ExperimentDesign
    top: int
    n: int
    replicates: int
    curve_settings: int
    curve_runs: int

    @property
    def runs(self) -> int:
        """How many runs the study takes in all."""
        indices = (self.top + 2) * self.n * self.replicates
        curves = self.top * self.curve_settings * self.curve_runs
        return self.screening.runs + self.luck.runs + indices + curves


#: Of a budget of runs, what goes to each part.
SCREENING, LUCK, INDICES, CURVES = 0.3, 0.2, 0.38, 0.12
SCREENING_REPLICATES, LUCK_REPLICATES, CURVE_SETTINGS = 8, 2, 5


def plan(
    scenario: Scenario,
    *,
    budget: int,
    top: int = 6,
    n: int | None = None,
    replicates: int = 16,
    seed: int = 1,
) -> SensitivityPlan:
    """Return a study of about so many runs; raises ValueError where they are too few for any."""
    paths = uncertain_paths(scenario)
    top = min(top, len(paths))
    trajectories = int(SCREENING * budget / ((len(paths) + 1) * SCREENING_REPLICATES))
    rows = int(INDICES * budget / ((top + 2) * replicates))
    if trajectories < 4 or (n is None and rows < 16):
        least = max(
            4 * (len(paths) + 1) * SCREENING_REPLICATES / SCREENING,
            16 * (top + 2) * replicates / INDICES if n is None else 0,
        )
        raise ValueError(f"a budget of {budget} runs is too small: take {least:,.0f} or more")
    n = n or 1 << (rows.bit_length() - 1)
    ExperimentDesign("indices", paths[:top], n, replicates, seed)  # finds out whether n will do
    return SensitivityPlan(
        screening_design(
            paths, trajectories=trajectories, replicates=SCREENING_REPLICATES, seed=seed
        ),
        ExperimentDesign(
            "luck", paths, int(LUCK * budget / LUCK_REPLICATES), LUCK_REPLICATES, seed
        ),
        top,
        n,
        replicates,
        CURVE_SETTINGS,
        max(int(CURVES * budget / (top * CURVE_SETTINGS)), 2),
    )


@dataclass(frozen=True)
class SensitivityStudy:
    """All that is found out about the sensitivity of one outcome."""

    outcome: str
    screened: tuple[MorrisIndex, ...]
    trends: tuple[Finding, ...]
    luck: Finding
    indices: Indices
    curves: tuple[OneAtATimeCurve, ...]
    tables: tuple[DesignTable, ...] = field(repr=False)


def study(
    scenario: Scenario,
    plan: SensitivityPlan,
    play: Play,
    outcome: str,
    command: str = "",
    days: int | None = None,
) -> SensitivityStudy:
    """Screen all uncertain numbers, then look closer at those at the top.

    The top are taken in turn from the steepest trends and from the strongest effects of the
    screening. `play` plays so many `days`, the scenario's where none are given.
    """
    screening = run_design(plan.screening, play, command)
    screened = screening_from(screening, outcome)
    luck = run_design(plan.luck, play, command)
    trends = trends_from(luck, outcome)
    turns = zip((trend.name for trend in trends), (index.path for index in screened), strict=True)
    chosen = tuple(dict.fromkeys(path for turn in turns for path in turn))[: plan.top]
    design = ExperimentDesign("indices", chosen, plan.n, plan.replicates, plan.screening.seed)
    table = run_design(design, play, command)
    indices = indices_from(table, outcome)
    curves = tuple(
        curve(
            scenario,
            index.path,
            settings=plan.curve_settings,
            runs=plan.curve_runs,
            outcome=outcome,
            play=play,
            days=days,
        )
        for index in indices.indices
    )
    return SensitivityStudy(
        outcome,
        screened,
        trends,
        luck_from(luck, outcome),
        indices,
        curves,
        (screening, luck, table),
    )
