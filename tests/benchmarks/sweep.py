"""What a sweep of the seed case takes, and what common random numbers are worth there.

    python -m tests.benchmarks.sweep                          # make bench-sweep (some six minutes)
    python -m tests.benchmarks.sweep --points 32 --turns 1    # a look
    python -m tests.benchmarks.sweep --json

*Overhead.* A sixteenth of the sweep is played by one worker in this process, in turns with bare
`simulate` over the very same runs (same settings, same luck; that both come out the same is
checked), and the processor time of the one is held against that of the other: the median of the
turns, the least and the greatest.

*The sweep* is then played once by processes. Its time is theirs and this one's, its memory that of
this process and of each worker, after 10 % and after all of the runs.

*Shared luck.* Each lever is moved from its default to the farther end of its range, a quarter of
the way there and a hundredth, with the luck of the runs in which nothing is moved. The ratio is of
the variance of the difference, run by run, to what it would be were the luck of the two arms
independent, which is the sum of their variances. Beside it stands the least ratio that any way of
sharing luck could reach with outcomes so distributed: with the smallest of the one arm paired with
the smallest of the other, and so on (Hoeffding 1940). Where that is above a fifth, no runner can
have a fifth.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from sim import load_scenario, simulate
from sim.findings.statistics import days_until_deal, dealt_by
from sim.sweep import BoundStudy, ExecutionOptions, SweepPlan, estimate, read_study, run

SEED_CASE, DAYS, DEAL_BY = "gaza-2024-01", 180, 90

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
outcomes: {{keep: [deal_by_{deal_by}, days_until_deal, deal_day, ending, returned_alive_total]}}
"""

#: What the worth of shared luck is measured by.
OUTCOMES = {
    f"deal_by_{DEAL_BY}": lambda o: dealt_by(o, DEAL_BY),
    "days_until_deal": days_until_deal,
    "returned_alive_total": lambda o: o.returned_alive.sum(axis=1),
}

#: By how much of its range, from its default to the farther end, a lever is moved.
WAYS = {"a hundredth": 0.01, "a quarter": 0.25, "all the way": 1.0}

#: What the variance of a difference should fall to.
AIM = 0.2


# --- Overhead


def overhead(points: int, runs: int, days: int, turns: int, folder: Path) -> dict[str, float]:
    """Processor time of a sweep over that of bare runs, in turns."""
    bound_study = study(points, runs, days, folder)
    plan = SweepPlan.of(bound_study)
    bare_seconds(plan, runs=1000)  # what is only done once does not count
    pairs = []
    for turn in range(turns):
        bare, days_of_deals = bare_seconds(plan)
        start = time.process_time()
        played = run(bound_study, folder / f"turn-{turn}")
        pairs.append((time.process_time() - start, bare))
        swept = played.runs["deal_day"].fill_null(-1).to_numpy()
        if not np.array_equal(swept, days_of_deals):
            raise SystemExit("the sweep and the bare simulation came out differently")
    ratios = [100 * (sweep / bare - 1) for sweep, bare in pairs]
    return {
        "runs": plan.first_batch,
        "turns": turns,
        "sweep_cpu_seconds": statistics.median(sweep for sweep, _ in pairs),
        "bare_cpu_seconds": statistics.median(bare for _, bare in pairs),
        "overhead_percent": statistics.median(ratios),
        "least_percent": min(ratios),
        "greatest_percent": max(ratios),
    }


def bare_seconds(plan: SweepPlan, runs: int | None = None) -> tuple[float, np.ndarray]:
    """Processor time of a plan's runs, or of the first, by `simulate`; and their days of deals."""
    replicates = plan.replicates_of(0)[1]
    count = runs or plan.first_batch
    places = {key: np.repeat(at, replicates)[:count] for key, at in plan.points.places.items()}
    luck = np.tile(np.arange(replicates), len(plan.points))[:count]
    seed, scenario = plan.bound_study.study.seed, plan.bound_study.scenario
    start = time.process_time()
    outcomes = simulate(scenario, runs=count, seed=seed, points=places, luck=luck)
    return time.process_time() - start, outcomes.deal_day


def study(points: int, runs: int, days: int, folder: Path) -> BoundStudy:
    """The study, of so many points."""
    path = folder / f"study-{points}.yaml"
    path.write_text(STUDY.format(points=points, runs=runs, days=days, deal_by=DEAL_BY))
    return read_study(path)


# --- The sweep


def sweep(points: int, runs: int, days: int, workers: int, folder: Path) -> dict[str, float]:
    """Time, memory and disk of a sweep that is played by processes."""
    bound_study = study(points, runs, days, folder)
    planned = estimate(SweepPlan.of(bound_study, workers=workers))["seconds"]
    place = folder / "sweep"
    memory: dict[str, float] = {}
    files = 0

    def progress(done: int, failed: int, planned_runs: int) -> None:
        nonlocal files
        files = max(files, sum(path.is_file() for path in place.rglob("*")))
        for share, when in ((0.1, "10_percent"), (1.0, "100_percent")):
            if done >= share * planned_runs and f"parent_mib_at_{when}" not in memory:
                memory[f"parent_mib_at_{when}"] = resident_mib("self")
                memory[f"worker_mib_at_{when}"] = max(map(resident_mib, children()), default=0.0)

    before, wall = processor_seconds(), time.perf_counter()
    played = run(
        bound_study, place, options=ExecutionOptions("process", workers, progress=progress)
    )
    wall, cpu = time.perf_counter() - wall, processor_seconds() - before
    return {
        "points": points,
        "runs": played.manifest["counts"]["ok"],
        "workers": workers,
        "chunk_runs": played.manifest["chunk_runs"],
        "wall_seconds": wall,
        "cpu_seconds": cpu,
        "runs_per_cpu_second": points * runs / cpu,
        "estimate_over_actual": planned / cpu,
        **memory,
        "parent_mib_when_done": resident_mib("self"),
        "most_files": files,
        "disk_mib": sum(f.stat().st_size for f in played.folder.iterdir()) / 2**20,
    }


def resident_mib(process: str) -> float:
    """The memory that a process has now."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0  # it has ended


def children() -> list[str]:
    """The numbers of the processes that this one has begun."""
    tasks = Path("/proc/self/task").glob("*/children")
    return [number for task in tasks for number in task.read_text().split()]


def processor_seconds() -> float:
    """Processor time of this process and of those it began, once they have ended."""
    used = [resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


# --- Shared luck


def worth_of_shared_luck(runs: int, days: int) -> list[dict[str, float | str]]:
    """By lever, way and outcome: the ratio of variances, and the least that there could be."""
    scenario = load_scenario(SEED_CASE)
    as_it_is = simulate(scenario, runs=runs, days=days)
    found: list[dict[str, float | str]] = []
    for name, lever in scenario.levers.items():
        far = max((lever.low, lever.high), key=lambda end: abs(end - lever.default))
        for way, share in WAYS.items():
            levers = {name: lever.default + share * (far - lever.default)}
            moved = simulate(scenario, runs=runs, days=days, levers=levers)
            for outcome, take in OUTCOMES.items():
                one, other = take(as_it_is).astype(float), take(moved).astype(float)
                asked = {"lever": name, "way": way, "outcome": outcome}
                found.append({**asked, **ratios(one, other)})
    return found


def ratios(one: np.ndarray, other: np.ndarray) -> dict[str, float]:
    """What sharing luck leaves of the variance of a difference, and what it might leave at best."""
    apart = np.var(one, ddof=1) + np.var(other, ddof=1)
    shared = np.var(other - one, ddof=1)
    best = np.var(np.sort(other) - np.sort(one), ddof=1)
    return {
        "unlike": float(np.mean(one != other)),
        "difference": float(np.mean(other - one)),
        "ratio": float(shared / apart) if apart > 0 else 0.0,
        "least": float(best / apart) if apart > 0 else 0.0,
    }


# --- The command


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--points", type=int, default=256, help="design points")
    parser.add_argument("--runs", type=int, default=1000, help="replicates of each")
    parser.add_argument("--days", type=int, default=DAYS, help=f"at least {DEAL_BY}")
    parser.add_argument("--turns", type=int, default=5, help="measurements of the overhead")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--lever-runs", type=int, default=4000, help="runs of each arm")
    options = parser.parse_args()
    asked = (options.runs, options.days)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        over = overhead(max(options.points // 16, 1), *asked, options.turns, folder)
        whole = sweep(options.points, *asked, options.workers, folder)
    luck = worth_of_shared_luck(options.lever_runs, options.days)
    if options.json:
        print(json.dumps({"overhead": over, "sweep": whole, "shared_luck": luck}))
        return
    for title, found in (("overhead over bare simulate", over), ("the sweep", whole)):
        print(f"{SEED_CASE}, {options.days} days: {title}")
        for what, value in found.items():
            print(f"  {what:28s} {value:12,.2f}")
    print(f"variance of a lever's difference, shared over separate luck (aim: at most {AIM})")
    for one in luck:
        verdict = "met" if one["ratio"] <= AIM else "out of reach" if one["least"] > AIM else "not"
        asked_of = f"{one['lever']}, {one['way']}: {one['outcome']}"
        print(f"  {asked_of:62s} {one['ratio']:.2f}, at best {one['least']:.2f}: {verdict}")


if __name__ == "__main__":
    main()
