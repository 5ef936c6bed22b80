"""How fast and how large the engine is, on the full seed case.

    python -m tests.benchmarks.engine             # tables for people (make bench)
    python -m tests.benchmarks.engine --json      # one object for machines
    python -m tests.benchmarks.engine --million   # a million runs streamed to disk: peak memory

Each figure is the median of five measurements in one run of this script; ratios are taken between
measurements of the same run, since machines differ and are shared.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sim import load_scenario, stream
from sim.engine.random_streams import RandomStreams
from sim.engine.simulate import simulate
from sim.engine.talks import Talks, release_model
from sim.scenario.packages import feasible_packages
from sim.scenario.schema import Scenario

SEED_CASE, DAYS, WORKERS, REPEATS = "gaza-2024-01", 180, 2, 5


def median_seconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """The median wall time of some work."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def runs_per_second(scenario: Scenario, runs: int, workers: int, days: int = DAYS) -> float:
    """Runs per second of whole simulations, without the start of the workers.

    Workers are started anew for each simulation, so their start is measured by a tiny one just
    before and taken off. RuntimeError where the machine was too busy to tell the two apart.
    """

    def seconds(count: int) -> float:
        start = time.perf_counter()
        simulate(scenario, runs=count, seed=1, days=days, workers=workers)
        return time.perf_counter() - start

    tiny = 500 * workers if workers > 1 else 0
    taken = []
    for _ in range(REPEATS):
        start = seconds(tiny) if tiny else 0.0
        taken.append(seconds(runs + tiny) - start)
    if statistics.median(taken) <= 0:
        raise RuntimeError("this machine is too busy to measure the engine on; try again later")
    return runs / statistics.median(taken)


def one_run_per_model(scenario: Scenario, runs: int = 12) -> float:
    """Runs per second when every run has a Mesa model of its own: the same code, run by run."""

    def play() -> None:
        for run in range(runs):
            talks = Talks(scenario, RandomStreams(1, run, 1), days=DAYS).play()
            release_model(talks)

    return runs / median_seconds(play)


def peak_rss_mib() -> float:
    """The largest memory of this process or of any worker it has had, in MiB."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(own, children) / 1024


def smaller_grid(scenario: Scenario, share: int) -> Scenario:
    """The same scenario with only some levels of aid and ratio: fewer packages."""
    issues = dict(scenario.issues)
    for name in ("aid", "ratio"):
        levels = dict(
            list(issues[name].levels.items())[: max(len(issues[name].levels) // share, 1)]
        )
        issues[name] = issues[name].model_copy(update={"levels": levels})
    return scenario.model_copy(update={"issues": issues, "constraints": []})


def million(runs: int) -> float:
    """Peak memory in MiB of many runs of two-rivers streamed to disk part by part."""
    with tempfile.TemporaryDirectory() as folder:
        for part, outcomes in enumerate(stream("two-rivers", runs=runs, seed=1, workers=WORKERS)):
            outcomes.save(Path(folder) / f"outcomes-{part:05d}.npz")
    return peak_rss_mib()


def measured_apart(arguments: list[str]) -> dict[str, float]:
    """Run this script in a process of its own, so that peak memory is not another's."""
    done = subprocess.run(
        [sys.executable, __file__, *arguments], check=True, capture_output=True, text=True
    )
    return dict(json.loads(done.stdout))


def growth(scenario: Scenario) -> list[tuple[str, float]]:
    """Milliseconds per run by number of runs, days and packages, with one worker."""
    rows = []
    for runs in (250, 1000, 4000, 8000):
        rows.append((f"{runs} runs", 1000 / runs_per_second(scenario, runs, 1)))
    for days in (90, 180, 365):
        rows.append((f"{days} days", 1000 / runs_per_second(scenario, 4000, 1, days)))
    for share in (4, 2, 1):
        small = smaller_grid(scenario, share) if share > 1 else scenario
        name = f"{len(feasible_packages(small))} packages"
        rows.append((name, 1000 / runs_per_second(small, 4000, 1)))
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--runs", type=int, default=16_000, help="runs of the main measurement")
    parser.add_argument("--million", action="store_true", help="only the million runs to disk")
    parser.add_argument("--million-runs", type=int, default=1_000_000)
    options = parser.parse_args()
    if options.million:
        print(
            json.dumps(
                {"runs": options.million_runs, "peak_rss_mib": million(options.million_runs)}
            )
        )
        return
    scenario = load_scenario(SEED_CASE)
    fast = runs_per_second(scenario, options.runs, WORKERS)
    slow = one_run_per_model(scenario)
    result = {
        "runs_per_second": round(fast, 1),
        "one_run_per_model_runs_per_second": round(slow, 2),
        "ratio": round(fast / slow, 1),
        "peak_rss_mib": round(peak_rss_mib(), 1),
    }
    if options.json:
        print(json.dumps(result))
        return
    print(
        f"{SEED_CASE}, {DAYS} days, {len(feasible_packages(scenario))} packages, {WORKERS} workers"
    )
    for name, value in result.items():
        print(f"  {name:38s} {value:10,.1f}")
    print("milliseconds per run, one worker")
    for name, value in growth(scenario):
        print(f"  {name:38s} {value:10.3f}")
    memory = measured_apart(["--million", "--million-runs", str(options.million_runs)])
    print(f"two-rivers, {options.million_runs:,} runs to disk: {memory['peak_rss_mib']:.0f} MiB")


if __name__ == "__main__":
    main()
