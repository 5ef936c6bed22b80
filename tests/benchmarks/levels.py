"""How often talks come to a truce: all scenarios, and Two Rivers with more who can refuse.

    python -m tests.benchmarks.levels                # 2,000 runs each
    python -m tests.benchmarks.levels --runs 10000 --seed 2

The base rate of a scenario stands beside it, with its interval: of a few deals it refutes little.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from sim.engine.simulate import simulate
from sim.findings.statistics import base_rate_by, dealt_by
from sim.scenario.loading import backtest_names, load_scenario, scenario_names
from sim.scenario.schema import Scenario
from tests.support.vetoes import with_vetoes

DAYS = (30, 90, 180)


def cases() -> Iterator[tuple[str, Scenario]]:
    """Yield what is played: every scenario, and Two Rivers with three and five vetoes."""
    for name in (*scenario_names(), *backtest_names()):
        yield name, load_scenario(name)
    rivers = load_scenario("two-rivers")
    for vetoes in (3, 5):
        for camp in ("", "valley"):
            words = f"two-rivers, {vetoes} vetoes{', those of one side in one camp' * bool(camp)}"
            yield words, with_vetoes(rivers, vetoes, camp)


def main(argv: Sequence[str] | None = None) -> None:
    """Print the levels of all cases."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(argv)
    print(f"Truces by day {', '.join(map(str, DAYS))}, of 100 talks; {asked.runs:,} runs each")
    for words, scenario in cases():
        outcomes = simulate(scenario, runs=asked.runs, seed=asked.seed, days=DAYS[-1], workers=1)
        shares = "  ".join(f"{100 * dealt_by(outcomes, day).mean():5.1f}" for day in DAYS)
        print(f"{words:50s} {shares}", flush=True)
        if scenario.base_rate is not None:
            rates = [base_rate_by(scenario.base_rate, day) for day in DAYS]
            spans = (f"{100 * rate.low:.0f} to {100 * rate.high:.0f}" for rate in rates)
            print(f"  base rate: {', '.join(spans)}", flush=True)


if __name__ == "__main__":
    main()
