"""How often talks come to a truce: all scenarios, and Two Rivers with more who can refuse.

    python -m tests.benchmarks.levels                # 2,000 runs each
    python -m tests.benchmarks.levels --runs 10000 --seed 2

The base rate of a scenario stands beside it, with its interval: of a few deals it refutes little.
Below it stand how leaderships stood when first deals were signed, and what was signed most often.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from sim.engine.outcomes import NONE, Outcomes
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


def stances(scenario: Scenario, outcomes: Outcomes) -> str:
    """Return how often which leaderships were flexible when a first deal was signed, in words."""
    vetoes = [k for k, party in enumerate(scenario.parties.values()) if party.veto]
    flexible = outcomes.flexible_at_deal[outcomes.deal_day != NONE][:, vetoes] > 0
    names = np.array([list(scenario.parties)[k] for k in vetoes])
    counts = Counter(" and ".join(names[row]) or "nobody" for row in flexible)
    shares = [f"{who} {100 * n / len(flexible):.0f}" for who, n in counts.most_common(5)]
    return f"flexible at first signings, of 100: {', '.join(shares)}"


def terms(outcomes: Outcomes, most: int = 3) -> str:
    """Return the most frequent first deals, in levels."""
    labels, signed = outcomes.labels, outcomes.deal_levels[outcomes.deal_day != NONE]
    counts = Counter(map(tuple, signed.tolist()))
    deals = [
        f"{100 * n / len(signed):.0f} "
        + "/".join(labels.levels[k][level] for k, level in enumerate(row))
        for row, n in counts.most_common(most)
    ]
    return f"most frequent first deals, of 100: {', '.join(deals)}"


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
        print(f"  {stances(scenario, outcomes)}\n  {terms(outcomes)}", flush=True)
        if scenario.base_rate is not None:
            rates = [base_rate_by(scenario.base_rate, day) for day in DAYS]
            spans = (f"{100 * rate.low:.0f} to {100 * rate.high:.0f}" for rate in rates)
            print(f"  base rate: {', '.join(spans)}", flush=True)


if __name__ == "__main__":
    main()
