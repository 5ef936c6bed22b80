"""Calibrate the one number of the Gaza scenarios that is fitted: how patient the parties are.

The median of both parties' `patience` (the share of what is haggled over that delay must cost
before they give way) is chosen so that the chances of a first truce by day 30, 90 and 180 come
near those of the base rate: a constant hazard of two deals in 457 days at risk. It is the same for
both sides. No other number is fitted, and none to what happened after the scenario's day: the base
rate is a yardstick for how fast such talks move at all.

Two deals cannot tell much. Beyond some patience the chances hardly move, so the rule is: of the
values tried, the smallest whose largest miss is not clearly worse than the best one's, by two Monte
Carlo standard errors.

    python scenarios/calibrate.py            # play all values, print and write calibration.json
    python scenarios/calibrate.py --check    # play the written result and compare
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from sim import load_scenario, simulate

SCENARIO, RUNS, SEED, DAYS = "gaza-2024-01", 6000, 20240128, (30, 90, 180)
DEALS, DAYS_AT_RISK = 2, 457
TRIED = (0.5, 1, 2, 3, 4, 6, 8, 12, 16)
RESULT = Path(__file__).with_name("calibration.json")


def base_rate() -> dict[str, float]:
    """The chance of a first truce by each day under the constant hazard."""
    return {str(day): 1 - float(np.exp(-DEALS / DAYS_AT_RISK * day)) for day in DAYS}


def patience(median: float) -> dict[str, object]:
    """Both parties' patience around a median."""
    spread = {"lognormal": {"median": round(median, 2), "sigma": 0.5}, "basis": "judgement"}
    return {f"parties.{party}.tactic.numbers.patience": spread for party in ("israel", "hamas")}


def played(median: float) -> dict[str, float]:
    """The model's chance of a first truce by each day."""
    scenario = load_scenario(SCENARIO, patience(median))
    day = simulate(scenario, runs=RUNS, seed=SEED, days=max(DAYS), workers=2).deal_day
    return {str(d): float(np.mean((day > 0) & (day <= d))) for d in DAYS}


def largest_miss(chances: dict[str, float]) -> float:
    """How far the chance that misses the base rate most is off."""
    return max(abs(chances[day] - wanted) for day, wanted in base_rate().items())


def rounded(chances: dict[str, float]) -> dict[str, float]:
    """As they are printed."""
    return {day: round(chance, 4) for day, chance in chances.items()}


def main() -> None:
    """Play every value and keep the smallest that is as good as any."""
    if "--check" in sys.argv:
        median = json.loads(RESULT.read_text())["patience"]
        print(median, rounded(played(median)), "base rate", rounded(base_rate()))
        return
    found = {}
    for median in TRIED:
        found[median] = played(median)
        print(f"patience {median:5}  {rounded(found[median])}  {largest_miss(found[median]):.4f}")
    slack = 2 * float(np.sqrt(0.25 / RUNS))
    best = min(map(largest_miss, found.values()))
    chosen = min(m for m, chances in found.items() if largest_miss(chances) <= best + slack)
    result = {
        "calibrates": "parties.*.tactic.numbers.patience (median of a lognormal, sigma 0.5)",
        "scenario": SCENARIO,
        "to": f"chance of a first truce by day, {DEALS} deals in {DAYS_AT_RISK} days at risk",
        "base_rate": rounded(base_rate()),
        "patience": chosen,
        "deal_by": rounded(found[chosen]),
        "tried": {str(m): rounded(chances) for m, chances in found.items()},
        "runs": RUNS,
        "seed": SEED,
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
