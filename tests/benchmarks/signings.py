"""Who stood firm when the first text was signed, and on which terms it was.

python -m tests.benchmarks.signings                        # 2,000 runs of the seed case
python -m tests.benchmarks.signings two-rivers --runs 4000
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence

import numpy as np

from sim.engine.outcomes import NONE
from sim.engine.random_streams import RandomStreams
from sim.engine.talks import Talks
from sim.scenario.loading import load_scenario
from sim.types import Bools


def stances_at_signing(talks: Talks, days: int) -> Bools:
    """Play the talks; return whether leaderships were flexible at their first signing.

    (runs, parties), with nothing to be read from runs without a deal.
    """
    stances = np.zeros((talks.streams.runs, len(talks.parties)), dtype=bool)
    for _ in range(days):
        talks.step()
        signed = talks.record.deal_day == talks.day
        stances[signed] = talks.stances.flexible[signed]
    return stances


def main(argv: Sequence[str] | None = None) -> None:
    """Print how many first deals there are by who stood firm, and their terms."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("name", nargs="?", default="gaza-2024-01")
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(argv)
    scenario = load_scenario(asked.name)
    talks = Talks(scenario, RandomStreams(asked.seed, 0, asked.runs), days=scenario.days)
    flexible = stances_at_signing(talks, scenario.days)
    vetoes = [k for k, party in enumerate(talks.parties) if party.veto]
    dealt = talks.record.deal_day != NONE
    levels = talks.packages.levels[talks.record.deal_package]
    print(f"{asked.name}: {dealt.sum():,} first deals in {asked.runs:,} runs, seed {asked.seed}")
    for stances, deals in Counter(map(tuple, flexible[dealt][:, vetoes].tolist())).most_common():
        where = dealt & (flexible[:, vetoes] == stances).all(axis=1)
        words = [
            f"{talks.parties[k].title} {'flexible' if free else 'firm'}"
            for k, free in zip(vetoes, stances, strict=True)
        ]
        print(f"\n{', '.join(words)}: {deals:,}")
        for column, issue in enumerate(scenario.issues.values()):
            names = list(issue.levels)
            shares = Counter(levels[where, column].tolist())
            terms = (f"{names[k]} {100 * n / deals:.0f}" for k, n in sorted(shares.items()))
            print(f"  {issue.title}: {', '.join(terms)}")


if __name__ == "__main__":
    main()
