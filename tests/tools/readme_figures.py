"""The figures of the README's section on the seed case, from scratch.

    python -m tests.tools.readme_figures

All of 10,000 runs with seed 1, with standard errors; changes are paired, with the same luck.
"""

from __future__ import annotations

import numpy as np

from sim import Outcomes, load_scenario, simulate

SCENARIO, RUNS, SEED, DAYS = "gaza-2024-01", 10_000, 1, (30, 90, 180)

CHANGES: dict[str, dict[str, float]] = {
    "neither side hopes that the other will still give way": {"optimism": 0},
    "four times the pressure and inducements on Hamas": {"leverage_on_hamas": 4},
    "four times the pressure and inducements on Israel": {"leverage_on_israel": 4},
    "a day of war costs Hamas twice as much": {"war_cost_hamas": 2},
    "a day of war costs Israel twice as much": {"war_cost_israel": 2},
    "the families at their loudest": {"family_pressure": 1},
    "captives die twice as fast": {"captive_death_rate": 2},
    "nothing leaks": {"leaks": 0},
    "signing against the coalition costs nothing": {"coalition_price": 0},
    "the parties tell the mediators nothing": {"mediator_access": 0},
}


def played(**levers: float) -> Outcomes:
    """The seed case with some levers moved."""
    return simulate(load_scenario(SCENARIO), runs=RUNS, seed=SEED, levers=levers, workers=2)


def share(of: np.ndarray) -> str:
    """A share of 100 with its standard error."""
    p = of.mean()
    return f"{100 * p:.1f} ± {100 * np.sqrt(p * (1 - p) / len(of)):.1f}"


def dealt(outcomes: Outcomes, day: int) -> np.ndarray:
    """Whether a first truce had begun by a day."""
    return (outcomes.deal_day > 0) & (outcomes.deal_day <= day)


def main() -> None:
    """Print the two tables and the list of changes."""
    scenario = load_scenario(SCENARIO)
    base = played()
    for day in DAYS:
        print(f"| day {day} | {share(dealt(base, day))} |")
    permanent = [level.permanent for level in scenario.issues["duration"].levels.values()]
    total = list(scenario.issues["withdrawal"].levels).index("total")
    names = list(scenario.issues)
    for strength in (0, 1, 3):
        outcomes = base if strength == 1 else played(guarantee_strength=strength)
        levels = outcomes.deal_levels[outcomes.deal_day > 0]
        ends = np.array(permanent)[levels[:, names.index("duration")]]
        leaves = levels[:, names.index("withdrawal")] == total
        cells = (dealt(outcomes, 180), outcomes.zopa_first, ends, leaves)
        print(f"| {strength} | " + " | ".join(share(cell) for cell in cells) + " |")
    for words, levers in CHANGES.items():
        outcomes = played(**levers)
        change = dealt(outcomes, 180).astype(float) - dealt(base, 180)
        error = change.std(ddof=1) / np.sqrt(RUNS)
        print(
            f"{100 * change.mean():+.1f} ± {100 * error:.1f} {words} {levers}; "
            f"ZOPA {share(outcomes.zopa_first)}"
        )


if __name__ == "__main__":
    main()
