"""Play every scenario anew and write down what comes out: `python -m tests.golden.regenerate`.

Do so when results are meant to change, look at the difference before committing it, and say in the
changelog that they do.
"""

import json
import sys
from pathlib import Path

import numpy as np

from sim.engine.outcomes import ENDINGS, Outcomes
from sim.engine.simulate import simulate
from sim.scenario.loading import scenario_names

HERE = Path(__file__).parent
RUNS, SEED = 400, 1


def told(outcomes: Outcomes) -> dict[str, np.ndarray]:
    """What a golden result holds of every run: (runs,) each."""
    day, signed = outcomes.deal_day, outcomes.deal_day > 0
    figures = {f"deal by day {limit}": signed & (day <= limit) for limit in (30, 90, 180)}
    figures |= {f"ending: {e}": outcomes.ending == k for k, e in enumerate(ENDINGS)}
    for column, issue in enumerate(outcomes.labels.issues):
        for k, level in enumerate(outcomes.labels.levels[column]):
            figures[f"deal on {issue}: {level}"] = outcomes.deal_levels[:, column] == k
    for column, party in enumerate(outcomes.labels.parties):
        figures[f"texts refused by {party}"] = outcomes.refusals[:, column]
        figures[f"rounds without a way out for {party}"] = outcomes.no_way_out[:, column]
    people = ("returned_alive", "remains_returned", "died_in_captivity", "rescued")
    for name in (*people, "prisoners_released"):
        figures[name] = getattr(outcomes, name).sum(axis=1)
    plain = ("zopa_first", "zopa_objective", "zopa_rounds", "rounds", "deals", "truces", "optimism")
    rest = ("best_surplus", "truce_days", "violations", "disputes", "leaks", "suspended_days")
    for name in (*plain, *rest, "battles", "front"):
        figures[name] = getattr(outcomes, name)
    return {name: np.asarray(values, dtype=float) for name, values in figures.items()}


def summary_of(name: str) -> dict[str, dict[str, float]]:
    """The mean of every figure and its spread between runs."""
    figures = told(simulate(name, runs=RUNS, seed=SEED))
    return {
        figure: {"mean": round(values.mean(), 6), "spread": round(values.std(), 6)}
        for figure, values in figures.items()
    }


def golden_of(name: str) -> dict[str, dict[str, float]]:
    """What was written down for a scenario."""
    found: dict[str, dict[str, float]] = json.loads((HERE / f"{name}.json").read_text("utf-8"))
    return found


def main() -> None:
    """Write down the results of every scenario, or of those that are named."""
    for name in sys.argv[1:] or scenario_names():
        text = json.dumps(summary_of(name), indent=1, ensure_ascii=False)
        (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{name}: written")


if __name__ == "__main__":
    main()
