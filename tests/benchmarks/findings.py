"""How long each finding takes, in seconds of the processor (make bench).

    python -m tests.benchmarks.findings               # of 10,000 talks of the seed case
    python -m tests.benchmarks.findings --runs 1000   # of fewer
    python -m tests.benchmarks.findings --json        # one object for machines

The talks are played once and are no part of the times, except where a finding plays talks of its
own, with a hundredth of them in each arm. Each time is the least of three, of what plays talks the
only one.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sim import findings, load_scenario
from sim.engine.outcomes import Outcomes
from sim.engine.simulate import compare, initial_utilities, simulate
from sim.findings import sensitivity, time_series
from sim.findings.attribution import mechanisms, procedural, structural
from sim.findings.designs import ExperimentDesign, run_design
from sim.findings.lever_search import Target, search_levers
from sim.findings.mediation import value_of_mediation
from sim.reporting import html_report, summary
from sim.scenario.schema import Scenario

SEED_CASE, REPEATS = "gaza-2024-01", 3

#: Talks in an arm of what plays talks of its own, as a part of all.
ARM = 1 / 100

Work = Callable[[], object]


def of_outcomes(scenario: Scenario, outcomes: Outcomes, changed: Outcomes) -> dict[str, Work]:
    """What is found in talks that have been played."""
    days = (30, 90, outcomes.days)
    base = scenario.base_rate
    return {
        "deal by a day": lambda: findings.deal_by(outcomes, 90),
        "restricted mean day": lambda: findings.restricted_mean_day(outcomes),
        "endings": lambda: findings.endings(outcomes),
        "terms": lambda: findings.terms(outcomes),
        "ZOPA": lambda: findings.zopa(outcomes),
        "refusals": lambda: findings.refusals(outcomes),
        "quality of texts": lambda: findings.quality(outcomes),
        "captives": lambda: findings.captives(outcomes),
        "truce survival": lambda: findings.truce_survival(outcomes, summary.TRUCE_DAYS),
        "truce ends by cause": lambda: findings.truce_ends(outcomes, summary.TRUCE_DAYS),
        "base rate": lambda: base and findings.base_rate_by(base, 90),
        "effects of a lever": lambda: findings.effects(outcomes, changed, days),
        "ZOPA by day": lambda: time_series.zopa_by_day(outcomes, days),
        "ripeness by day": lambda: time_series.ripeness(outcomes, days),
        "optimism by day": lambda: time_series.mutual_optimism(outcomes, days),
        "procedural attribution": lambda: procedural(outcomes),
        "summary": lambda: summary.summary(outcomes, scenario),
    }


def with_talks_of_their_own(scenario: Scenario, runs: int, arm: int) -> dict[str, Work]:
    """What plays talks of its own, `arm` of them for each arm; looks are at `runs` draws."""
    design = ExperimentDesign(
        "luck", sensitivity.uncertain_paths(scenario), html_report.POINTS_PER_RUN * arm, 2, 1
    )

    def trends() -> object:
        table = run_design(design, sensitivity.player(scenario, seed=1, workers=1))
        return sensitivity.trends_from(table, html_report.OUTCOME)

    return {
        f"structural attribution, {runs // 10:,} draws": lambda: structural(
            initial_utilities(scenario, runs=runs // 10)
        ),
        f"mechanisms, {arm:,} an arm": lambda: mechanisms(scenario, runs=arm),
        f"value of mediation, {arm:,} an arm": lambda: value_of_mediation(scenario, runs=arm),
        f"trends, {html_report.POINTS_PER_RUN * arm:,} points": trends,
        f"unlock, {arm:,} an arm": lambda: search_levers(
            scenario, Target.read("deal@90=0.5", scenario.days), runs=arm
        ),
    }


def on_paper(scenario: Scenario, outcomes: Outcomes) -> dict[str, Work]:
    """The page and its charts, without what plays talks of its own."""

    def write() -> None:
        with tempfile.TemporaryDirectory() as folder:
            html_report.write(html_report.report(outcomes, scenario, "", None), Path(folder))

    return {"report, drawn": write}


def seconds(work: Work, repeats: int) -> float:
    """The least time of the processor that some work takes."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--runs", type=int, default=10_000, help="talks that are looked at")
    options = parser.parse_args()
    scenario = load_scenario(SEED_CASE)
    outcomes = simulate(scenario, runs=options.runs, series=True)
    lever = next(iter(scenario.levers))
    both = compare(scenario, levers={lever: scenario.levers[lever].high}, runs=options.runs)
    arm = max(int(options.runs * ARM), 10)
    quick = of_outcomes(scenario, outcomes, both.changed) | on_paper(scenario, outcomes)
    slow = with_talks_of_their_own(scenario, options.runs, arm)
    found = {name: seconds(work, REPEATS) for name, work in quick.items()}
    found |= {name: seconds(work, 1) for name, work in slow.items()}
    if options.json:
        print(json.dumps({name: round(value, 4) for name, value in found.items()}))
        return
    print(f"seconds for each finding, {options.runs:,} talks of {SEED_CASE}, one process")
    for name, value in found.items():
        print(f"  {name:38s} {value:10.3f}")


if __name__ == "__main__":
    main()
