"""What a sweep of the seed case takes, and what common random numbers are worth there.

    python tests/benchmarks/sweep.py                          # make bench-sweep (half an hour)
    python tests/benchmarks/sweep.py --points 16 --runs 200   # a look in a few minutes
    python tests/benchmarks/sweep.py --json

The sweep is played by one worker in this process, so that its processor time can be held against
bare `simulate` over the same runs, in turns. Memory is that of this process after 10 % and after
all of the runs. Each lever is moved from its default to the farther end of its range, and a
quarter of the way there, with shared luck and with luck of its own; the ratio is of the variances
of the difference, each run by run. The less a change does, the more of its difference is luck, and
the more it helps to share it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from sim import load_scenario, simulate
from sim.findings import days_until_deal, dealt_by
from sim.sweep import Manner, Plan, estimate, read_study, run

SEED_CASE, DAYS = "gaza-2024-01", 180

STUDY = """\
study: benchmark
scenario: gaza-2024-01
days: {days}
replicates: {runs}
uncertainties:
  parties.israel.war.belief: {{}}
  parties.hamas.war.belief: {{}}
  parties.israel.war.cost_per_day: {{}}
  parties.hamas.war.cost_per_day: {{}}
design:
  uncertainties: {{method: latin_hypercube, n: {points}}}
"""


def resident_mib() -> float:
    """The memory that this process has now."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise OSError("this system does not tell a process its memory")


def sweep(points: int, runs: int, days: int, folder: Path) -> dict[str, float]:
    """Time, memory and disk of a sweep, and its overhead over as many bare runs."""
    path = folder / "study.yaml"
    path.write_text(STUDY.format(points=points, runs=runs, days=days))
    memory: dict[str, float] = {}

    def progress(done: int, failed: int, planned: int) -> None:
        for name, share in (("rss_mib_at_10_percent", 0.1), ("rss_mib_at_the_end", 1.0)):
            if done >= share * planned:
                memory.setdefault(name, resident_mib())

    question = read_study(path)
    planned = estimate(Plan.of(question))["seconds"]
    wall, cpu = time.perf_counter(), time.process_time()
    played = run(question, folder / "sweep", manner=Manner(progress=progress))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    bare = bare_seconds(points * runs, played.manifest["chunk_runs"], days)
    return {
        "points": points,
        "runs": points * runs,
        "chunk_runs": played.manifest["chunk_runs"],
        "wall_seconds": wall,
        "cpu_seconds": cpu,
        "estimate_over_actual": planned / cpu,
        "bare_simulate_cpu_seconds": bare,
        "overhead_percent": 100 * (cpu / bare - 1),
        **memory,
        "disk_mib": sum(f.stat().st_size for f in played.folder.iterdir()) / 2**20,
    }


def bare_seconds(runs: int, block: int, days: int) -> float:
    """Processor time of as many runs by `simulate` alone, in blocks of the same size."""
    scenario = load_scenario(SEED_CASE)
    start = time.process_time()
    for first in range(0, runs, block):
        simulate(scenario, runs=min(block, runs - first), seed=1, days=days)
    return time.process_time() - start


def worth_of_shared_luck(runs: int, days: int) -> dict[str, dict[str, float]]:
    """By lever, the variance of the difference with shared luck over that with separate luck."""
    scenario = load_scenario(SEED_CASE)
    horizon = min(90, days)
    outcomes = {"deal_by_90": lambda o: dealt_by(o, horizon), "days_until_deal": days_until_deal}
    as_it_is = simulate(scenario, runs=runs, seed=1, days=days)
    found = {}
    for name, lever in scenario.levers.items():
        far = max((lever.low, lever.high), key=lambda end: abs(end - lever.default))
        found[name] = {}
        for way, share in (("a quarter", 0.25), ("all the way", 1.0)):
            levers = {name: lever.default + share * (far - lever.default)}
            shared = simulate(scenario, runs=runs, seed=1, days=days, levers=levers)
            apart = simulate(scenario, runs=runs, seed=2, days=days, levers=levers)
            for of, take in outcomes.items():
                ratio = _variance(take, shared, as_it_is) / _variance(take, apart, as_it_is)
                found[name][f"{of}, {way}"] = ratio
    return found


def _variance(take, one, other) -> float:
    difference = take(one).astype(float) - take(other).astype(float)
    return float(np.var(difference, ddof=1))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--points", type=int, default=256, help="design points")
    parser.add_argument("--runs", type=int, default=1000, help="replicates of each")
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--lever-runs", type=int, help="runs of each arm (default: --runs × 4)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = sweep(options.points, options.runs, options.days, Path(folder))
    ratios = worth_of_shared_luck(options.lever_runs or 4 * options.runs, options.days)
    if options.json:
        print(json.dumps({"sweep": result, "shared_luck": ratios}))
        return
    print(f"{SEED_CASE}, {options.days} days, one worker")
    for name, value in result.items():
        print(f"  {name:28s} {value:12,.1f}")
    print("variance of a lever's difference, shared luck over separate luck (aim: at most 0.20)")
    for name, by_outcome in ratios.items():
        print(f"  {name:28s} " + "; ".join(f"{of} {r:.2f}" for of, r in by_outcome.items()))


if __name__ == "__main__":
    main()
