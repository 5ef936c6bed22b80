"""Many runs of one scenario: in blocks, by one worker or several, with or without levers moved."""

from __future__ import annotations

import itertools
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.outcomes import Outcomes
from sim.engine.random_streams import RandomStreams
from sim.engine.run_events import EventObserver
from sim.engine.sampling import check_levers, check_points, check_settings, check_values
from sim.engine.talks import Talks, release_model
from sim.engine.trial_run import failure_of
from sim.provenance import version
from sim.scenario.errors import ScenarioError
from sim.scenario.loading import load_scenario, sha256_of
from sim.scenario.packages import Packages
from sim.scenario.schedule import Schedule, scheduled
from sim.scenario.schema import MOST_DAYS, Scenario

#: Runs played side by side. Results do not depend on it; speed and memory do.
BLOCK_RUNS = 2**14

#: Below this many runs a second worker costs more than it brings.
LEAST_RUNS_PER_WORKER = 500

#: No simulation has more runs: some 2 GB, at about 170 bytes each. The command line says so too.
MOST_RUNS = 10_000_000

#: The greatest seed: a whole number of 64 bits with a sign, as tables hold it.
MOST_SEED = 2**63 - 1

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Comparison:
    """Hold two arms with common random numbers: run i of both differs in the levers only.

    Parameters
    ----------
    baseline : Outcomes
        Without the change.
    changed : Outcomes
        With it.

    Raises
    ------
    ValueError
        For arms that do not share random numbers, or were followed for different days.
    """

    baseline: Outcomes
    changed: Outcomes

    def __post_init__(self) -> None:
        self.baseline.must_be_comparable(self.changed)


@dataclass(frozen=True)
class RunSettings:
    """How many runs of a scenario are played, and with what."""

    runs: int
    seed: int = 1
    days: int | None = None  # None for the scenario's own number
    levers: Mapping[str, float] = field(default_factory=dict)
    workers: int = 1
    first: int = 0  # number of the first run
    points: Mapping[str, NDArray[np.floating]] = field(default_factory=dict)
    luck: NDArray[np.integer] | None = None
    series: bool = False

    def outcomes(self, scenario: Scenario, progress: Progress | None = None) -> Iterator[Outcomes]:
        """Play a scenario, and yield the outcomes of each block of runs in order."""
        task = replace(_task(scenario, self.seed, self.days, self.levers), series=self.series)
        _check_count("runs", self.runs, 1, MOST_RUNS)
        _check_count("workers", self.workers, 1)
        points = check_points(scenario, self.points, self.runs)
        chosen = _Chosen(points, _check_luck(self.luck, self.runs))
        workers = max(1, min(self.workers, self.runs // LEAST_RUNS_PER_WORKER))
        blocks = (
            (task, begin, count, chosen.part(begin - self.first, count))
            for begin, count in _blocks(self.first, self.runs, workers)
        )
        done = 0
        for outcomes in _played(blocks, workers):
            done += len(outcomes)
            if progress is not None:
                progress(done, self.runs)
            yield outcomes


def simulate(
    scenario: Scenario | str | Path,
    *,
    runs: int,
    seed: int = 1,
    days: int | None = None,
    levers: Mapping[str, float] | None = None,
    workers: int = 1,
    points: Mapping[str, NDArray[np.floating]] | None = None,
    luck: NDArray[np.integer] | None = None,
    progress: Progress | None = None,
    series: bool = False,
    events: Schedule = (),
) -> Outcomes:
    """Play a scenario many times and return how each run ended.

    The same seed gives the same bits for any number of workers, and the first runs of more runs
    are the runs of fewer.

    Parameters
    ----------
    scenario : Scenario, str or Path
        The scenario, its name, or the path of its file.
    runs : int
        Number of runs, from 1 to 10,000,000.
    seed : int
        Whole number from 0 up; it decides all random numbers.
    days : int, optional
        Days to play, from 1; the scenario's own number unless given.
    levers : mapping of str to float, optional
        Settings by the names of the scenario's levers, each within the lever's range.
    workers : int
        Processes to play in, at the most.
    points : mapping of str to array, (runs,), optional
        Uniform numbers in [0, 1), (runs,) each, by the paths of uncertain numbers, that take the
        place of the ones that would be drawn. The outcomes do not remember them.
    luck : array of int, (runs,), optional
        The number of the run, (runs,), whose random numbers each run has in all else, from 0 up.
        The outcomes do not remember it.
    progress : callable, optional
        Called now and then with the runs done and all runs.
    series : bool
        Whether to keep what there was to agree on day by day, which takes memory.
    events : mapping of str to int, or sequence of (str, int)
        Days on which outside events of the scenario come in every run, by the event's name. An
        event that comes only once does not come by chance as well.

    Returns
    -------
    Outcomes
        Arrays whose axis 0 is the run.

    Raises
    ------
    ValueError
        For what cannot be simulated, with the way out (`LeverError`, `ScenarioError`).

    Examples
    --------
    >>> from sim import simulate
    >>> outcomes = simulate("two-rivers", runs=100, seed=1, days=30)
    >>> outcomes.deal_day.shape
    (100,)
    """
    settings = RunSettings(runs, seed, days, levers or {}, workers, 0, points or {}, luck, series)
    return Outcomes.joined(list(settings.outcomes(_case(scenario, events, days), progress)))


def stream(
    scenario: Scenario | str | Path,
    *,
    runs: int,
    seed: int = 1,
    days: int | None = None,
    levers: Mapping[str, float] | None = None,
    workers: int = 1,
    first: int = 0,
    points: Mapping[str, NDArray[np.floating]] | None = None,
    luck: NDArray[np.integer] | None = None,
    progress: Progress | None = None,
    series: bool = False,
    events: Schedule = (),
) -> Iterator[Outcomes]:
    """Simulate block by block, in order, so that memory stays flat.

    Parameters
    ----------
    scenario : Scenario, str or Path
        The scenario, its name, or the path of its file.
    runs : int
        Number of runs, from 1 to 10,000,000.
    seed : int
        From 0; it decides all random numbers.
    days : int, optional
        Days to play, from 1; the scenario's own number unless given.
    levers : mapping of str to float, optional
        Settings by the names of the scenario's levers, each within the lever's range.
    workers : int
        Processes to play in, at the most.
    first : int
        The number of the first run, from 0.
    points : mapping of str to array, (runs,), optional
        Uniform numbers in [0, 1), by the paths of uncertain numbers, that take the place of the
        ones that would be drawn.
    luck : array of int, (runs,), optional
        The number of the run whose random numbers each run has in all else, from 0.
    progress : callable, optional
        Called now and then with the runs done and all runs.
    series : bool
        Whether to keep what there was to agree on day by day, which takes memory.
    events : mapping of str to int, or sequence of (str, int)
        Days on which outside events of the scenario come in every run, by the event's name.

    Yields
    ------
    Outcomes
        Of each block of runs.

    Raises
    ------
    ValueError
        For what cannot be simulated, with the way out (`LeverError`, `ScenarioError`).

    Examples
    --------
    >>> from sim import stream
    >>> sum(len(block) for block in stream("two-rivers", runs=100, days=10))
    100
    """
    settings = RunSettings(
        runs, seed, days, levers or {}, workers, first, points or {}, luck, series
    )
    yield from settings.outcomes(_case(scenario, events, days), progress)


def compare(
    scenario: Scenario | str | Path,
    *,
    levers: Mapping[str, float] | None = None,
    baseline: Mapping[str, float] | None = None,
    runs: int,
    seed: int = 1,
    days: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
    events: Schedule = (),
) -> Comparison:
    """Simulate a scenario twice with common random numbers, with something changed and without.

    Parameters
    ----------
    scenario : Scenario, str or Path
        The scenario, its name, or the path of its file.
    levers : mapping of str to float, optional
        Settings of levers in the second arm, moved on top of those of the first.
    baseline : mapping of str to float, optional
        Settings of levers in the first arm.
    runs : int
        Number of runs, from 1 to 10,000,000.
    seed : int
        From 0; it decides all random numbers.
    days : int, optional
        Days to play, from 1; the scenario's own number unless given.
    workers : int
        Processes to play in, at the most.
    progress : callable, optional
        Called now and then with the runs done and all runs.
    events : mapping of str to int, or sequence of (str, int)
        Days on which outside events come in every run of the second arm, by the event's name.

    Returns
    -------
    Comparison
        Both arms; a policy without effect gives exactly the same in every run.

    Raises
    ------
    ValueError
        For what cannot be simulated, with the way out (`LeverError`, `ScenarioError`).

    Examples
    --------
    >>> from sim import compare
    >>> arms = compare("two-rivers", levers={"leaks": 0}, runs=50, days=30)
    >>> len(arms.changed) == len(arms.baseline)
    True
    """
    case = _case(scenario)
    first = check_levers(case, baseline or {})
    settings = RunSettings(runs, seed, days, first, workers)
    moved = replace(settings, levers={**first, **check_levers(case, levers or {})})
    arms = []
    for k, (arm, played) in enumerate(((settings, case), (moved, _case(case, events, days)))):

        def arm_progress(done: int, total: int, before: int = k) -> None:
            if progress is not None:
                progress(before * total + done, 2 * total)

        arms.append(Outcomes.joined(list(arm.outcomes(played, arm_progress))))
    return Comparison(*arms)


def play_arms(
    arms: Sequence[tuple[Scenario, Mapping[str, float]]],
    *,
    runs: int,
    seed: int = 1,
    days: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> list[Outcomes]:
    """Play several scenarios with their levers and common random numbers: one Outcomes each.

    Arms that are the same are played once. `progress` counts the runs of all that are played.
    """
    _check_count("runs", runs, 1)
    _check_count("workers", workers, 1)
    tasks = [_task(scenario, seed, days, levers) for scenario, levers in arms]
    names = [(task.sha256, tuple(sorted(task.levers.items()))) for task in tasks]
    distinct = dict(zip(names, tasks, strict=True))
    blocks = _blocks(0, runs, 1)
    chosen = _Chosen({}, None)
    jobs = ((task, *block, chosen) for task in distinct.values() for block in blocks)
    workers = max(1, min(workers, len(distinct) * runs // LEAST_RUNS_PER_WORKER))
    parts: list[Outcomes] = []
    for part in _played(jobs, workers):
        parts.append(part)
        if progress is not None:
            progress(sum(map(len, parts)), len(distinct) * runs)
    played = {
        name: Outcomes.joined(parts[k * len(blocks) : (k + 1) * len(blocks)])
        for k, name in enumerate(distinct)
    }
    return [played[name] for name in names]


def play_rows(
    scenario: Scenario,
    *,
    seed: int,
    luck: NDArray[np.integer],
    days: int | None = None,
    levers: Mapping[str, NDArray[np.floating]] | None = None,
    values: Mapping[str, NDArray[np.floating]] | None = None,
    series: bool = False,
) -> Outcomes:
    """Play a block of runs each of which has settings of its own, as the rows of a design have.

    `luck` is the number of the run whose random numbers each has; `levers` are settings and
    `values` are numbers by their paths, before levers. All are (runs,). A lever that moves the
    grid of packages has one setting for all. The outcomes do not remember the settings. Raises
    ValueError (LeverError) for what cannot be played.
    """
    runs = len(luck)
    whose = _check_luck(luck, runs)
    assert whose is not None
    task = replace(_task(scenario, seed, days, None), series=series)
    with _talks(
        task,
        RandomStreams(task.seed, 0, runs, whose),
        settings=check_settings(scenario, levers or {}, runs),
        values=check_values(scenario, values or {}, runs),
    ) as talks:
        return talks.play().outcomes(task.sha256, version(), {})


def in_stages(
    scenario: Scenario,
    *,
    runs: int,
    days: Sequence[int],
    first: int = 0,
    seed: int = 1,
    levers: Mapping[str, float] | None = None,
) -> Iterator[Outcomes]:
    """Play a block of runs, numbered from `first`, and yield how they stand after some days.

    What is yielded after a day is what `simulate` gives of so many days: nothing still to come
    changes it. The `days` rise; the last is the horizon. Raises ValueError for what cannot be
    played.
    """
    _check_count("runs", runs, 1)
    if list(days) != sorted(set(days)):
        raise ValueError(f"the days are {', '.join(map(str, days))}; each is later than the last")
    task = _task(scenario, seed, days[-1], levers)
    with _talks(task, RandomStreams(seed, first, runs)) as talks:
        for day in days:
            yield talks.play(until=day).outcomes(task.sha256, version(), task.levers)


def play_one(
    scenario: Scenario | str | Path,
    *,
    run: int,
    seed: int = 1,
    days: int | None = None,
    levers: Mapping[str, float] | None = None,
    diary: EventObserver | None = None,
    events: Schedule = (),
) -> tuple[Outcomes, Talks]:
    """Play a single run, numbered from 0, as it would be in company; `diary` is told its events."""
    case = _case(scenario, events, days)
    _check_count("run", run, 0)
    task = _task(case, seed, days, levers)
    with _talks(task, RandomStreams(seed, run, 1), diary=diary) as talks:
        return talks.play().outcomes(task.sha256, version(), task.levers), talks


@dataclass(frozen=True)
class InitialBargainingRange:
    """What there is to agree on before the first day; axis 0 is the run."""

    packages: Packages
    perceived: NDArray[np.floating]  # (runs, packages) least gain, as the parties see it
    objective: NDArray[np.floating]  # (runs, packages) the same if they knew the chances of war


def initial_bargaining_range(
    scenario: Scenario,
    *,
    runs: int,
    seed: int = 1,
    levers: Mapping[str, float] | None = None,
) -> InitialBargainingRange:
    """Return what whoever gains least would gain from each package on the first day, in utils."""
    talks = _before_the_first_day(scenario, runs, seed, levers)
    return InitialBargainingRange(
        talks.packages, talks.assessor.least_gains(), talks.assessor.least_gains(truthful=True)
    )


@dataclass(frozen=True)
class InitialUtilities:
    """What every package is worth to everybody before the first day.

    Axis 0 is the run; all in double precision.
    """

    parties: tuple[str, ...]
    vetoers: tuple[int, ...]  # places of the parties without whom there is no deal
    packages: Packages
    worth: NDArray[np.floating]  # (runs, parties, packages) utils; -infinity where not on offer
    reservation: NDArray[np.floating]  # (runs, parties) worth of no deal
    backed: NDArray[np.floating]  # (runs, parties) side payments that mediators could add

    @property
    def gains(self) -> NDArray[np.floating]:
        """What who has a veto would gain over no deal: (runs, vetoers, packages), in utils.

        Side payments are included.
        """
        veto = list(self.vetoers)
        floor = self.reservation[:, veto] - self.backed[:, veto]
        return np.asarray(self.worth[:, veto] - floor[:, :, None])


def initial_utilities(
    scenario: Scenario,
    *,
    runs: int,
    seed: int = 1,
    levers: Mapping[str, float] | None = None,
    truthful: bool = False,
) -> InitialUtilities:
    """Return what every package is worth to everybody before the first day.

    With `truthful`, if they knew the true chances of war.
    """
    talks = _before_the_first_day(scenario, runs, seed, levers)
    parties = tuple(party.name for party in talks.parties)
    return InitialUtilities(
        parties, tuple(talks.assessor.vetoers), talks.packages, *talks.assessor.utilities(truthful)
    )


def _before_the_first_day(
    scenario: Scenario, runs: int, seed: int, levers: Mapping[str, float] | None
) -> Talks:
    """Return talks of which no day has been played."""
    _check_count("runs", runs, 1)
    task = _task(scenario, seed, 1, levers)
    with _talks(task, RandomStreams(seed, 0, runs)) as talks:
        return talks


@dataclass(frozen=True)
class _Task:
    """What a worker needs to know to play a block."""

    scenario: Scenario
    sha256: str
    seed: int
    days: int
    levers: dict[str, float]
    series: bool = False


def _task(
    scenario: Scenario, seed: int, days: int | None, levers: Mapping[str, float] | None
) -> _Task:
    _check_count("seed", seed, 0, MOST_SEED)
    horizon = scenario.days if days is None else days
    _check_count("days", horizon, 1, MOST_DAYS)
    return _Task(
        scenario, sha256_of(scenario), int(seed), horizon, check_levers(scenario, levers or {})
    )


@contextmanager
def _talks(
    task: _Task,
    chance: RandomStreams,
    *,
    settings: Mapping[str, float | NDArray[np.floating]] | None = None,
    points: Mapping[str, NDArray[np.floating]] | None = None,
    values: Mapping[str, NDArray[np.floating]] | None = None,
    diary: EventObserver | None = None,
) -> Iterator[Talks]:
    """Open talks before their first day, which memory does not keep when they are over.

    `settings` are those of levers that the task does not move the same in all runs. Raises
    ScenarioError, which names the strategy, where a plugin fails.
    """
    talks = None
    try:
        talks = Talks(
            task.scenario,
            chance,
            days=task.days,
            levers={**task.levers, **(settings or {})},
            points=points,
            values=values,
            diary=diary,
            series=task.series,
        )
        yield talks
    except (Exception, SystemExit) as error:
        if not task.scenario.plugins or isinstance(error, ScenarioError):
            raise
        raise failure_of(task.scenario, error) from error
    finally:
        if talks is not None:
            release_model(talks)


@dataclass(frozen=True)
class _Chosen:
    """What a design chooses for a block of runs and is drawn otherwise; axis 0 is the run."""

    points: Mapping[str, NDArray[np.float64]]
    luck: NDArray[np.int64] | None

    def part(self, first: int, runs: int) -> _Chosen:
        """Return the same for some of the runs, counted from the first of these."""
        some = slice(first, first + runs)
        luck = None if self.luck is None else self.luck[some]
        return _Chosen({path: values[some] for path, values in self.points.items()}, luck)


def _check_luck(luck: NDArray[np.integer] | None, runs: int) -> NDArray[np.int64] | None:
    """Return the runs whose random numbers are used; raise ValueError for what are no numbers."""
    if luck is None:
        return None
    whose = np.asarray(luck)
    if whose.shape != (runs,) or whose.dtype.kind not in "iu" or whose.min() < 0:
        raise ValueError(f"luck takes {runs} numbers of runs, one for each run, from 0 up")
    return whose.astype(np.int64)


def _case(
    scenario: Scenario | str | Path, events: Schedule = (), days: int | None = None
) -> Scenario:
    """Return the scenario that is meant, with some outside events scheduled.

    Raises ValueError for what is no scenario and names none, and for what cannot be scheduled.
    """
    if not isinstance(scenario, Scenario | str | Path):
        raise ValueError(
            f"the scenario is {scenario!r}; give its name, its file, or what `load_scenario` "
            "returns"
        )
    case = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    return scheduled(case, events, case.days if days is None else days)


def _check_count(name: str, value: Any, least: int, most: int | None = None) -> None:
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or value < least or (most is not None and value > most):
        span = f"from {least} up" if most is None else f"from {least} to {most:,}"
        raise ValueError(f"{name} is {value!r}; it is a whole number {span}")


def _blocks(first: int, runs: int, workers: int) -> list[tuple[int, int]]:
    """Return even blocks as (first run, number of runs), as many for each worker."""
    count = workers * -(-runs // (workers * BLOCK_RUNS))
    edges = [first + runs * k // count for k in range(count + 1)]
    return [(low, high - low) for low, high in itertools.pairwise(edges)]


def _played(blocks: Iterator[tuple[_Task, int, int, _Chosen]], workers: int) -> Iterator[Outcomes]:
    """Yield the outcomes of the blocks in order; only a few are under way at a time."""
    if workers == 1:
        for block in blocks:
            yield _play_block(*block)
        return
    # Mesa changes the global start method, so ours is named; forking is unsafe under threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        with _workers_ignore_interrupts():
            under_way = [
                pool.submit(_play_block, *block) for block in itertools.islice(blocks, 2 * workers)
            ]
        try:
            while under_way:
                yield under_way[0].result()
                following = next(blocks, None)
                if following is not None:
                    under_way.append(pool.submit(_play_block, *following))
                del under_way[0]
        finally:
            if under_way:  # whoever asked has left: nobody waits for what is half done
                for process in list((getattr(pool, "_processes", None) or {}).values()):
                    process.terminate()
                pool.shutdown(cancel_futures=True)


@contextmanager
def _workers_ignore_interrupts() -> Iterator[None]:
    """Keep Ctrl-C from processes started meanwhile: who started them hears it and ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _play_block(task: _Task, first: int, runs: int, chosen: _Chosen) -> Outcomes:
    """Play one block of runs from the first day to the last."""
    chance = RandomStreams(task.seed, first, runs, chosen.luck)
    with _talks(task, chance, points=chosen.points) as talks:
        return talks.play().outcomes(task.sha256, version(), task.levers)
