"""Calibrate the one number of the Gaza scenarios that is fitted: how patient the parties are.

The median of both parties' `patience` (the share of what is haggled over that delay must cost
before they give way) is chosen so that the model's mean day of a first truce, restricted to 180
days, equals that of the base rate: a constant hazard of two deals in 457 days at risk. It is the
same for both sides. No other number is fitted, and none to what happened after the scenario's day:
the base rate is a yardstick for how fast such talks move at all.

    python scenarios/calibrate.py            # bisect, print and write calibration.json
    python scenarios/calibrate.py --check    # play the written result and compare
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from sim import load_scenario, simulate

SCENARIO, RUNS, SEED, DAYS = "gaza-2024-01", 6000, 20240128, 180
DEALS, DAYS_AT_RISK = 2, 457
RESULT = Path(__file__).with_name("calibration.json")


def base_rate_mean() -> float:
    """The restricted mean day of a first truce under the constant hazard."""
    rate = DEALS / DAYS_AT_RISK
    return (1 - np.exp(-rate * DAYS)) / rate


def patience(median: float) -> dict[str, object]:
    """Both parties' patience around a median."""
    spread = {"lognormal": {"median": round(median, 2), "sigma": 0.5}, "basis": "judgement"}
    return {f"parties.{party}.tactic.numbers.patience": spread for party in ("israel", "hamas")}


def played(median: float) -> tuple[float, dict[str, float]]:
    """The model's restricted mean day of a first truce, and its chance of one by 30, 90, 180."""
    scenario = load_scenario(SCENARIO, patience(median))
    day = simulate(scenario, runs=RUNS, seed=SEED, days=DAYS, workers=2).deal_day
    waited = np.where(day > 0, day - 1, DAYS)
    chances = {str(d): round(float(np.mean((day > 0) & (day <= d))), 4) for d in (30, 90, 180)}
    return float(waited.mean()), chances


def main() -> None:
    """Bisect between 0.3 and 5: the more patient the parties, the later the mean day."""
    target = base_rate_mean()
    if "--check" in sys.argv:
        median = json.loads(RESULT.read_text())["patience"]
        print(median, *played(median), "target", round(target, 2))
        return
    low, high = 0.3, 5.0
    for _ in range(8):
        median = (low * high) ** 0.5
        mean, chances = played(median)
        print(f"patience {median:6.3f}  mean {mean:7.2f}  target {target:7.2f}  {chances}")
        low, high = (median, high) if mean < target else (low, median)
    result = {
        "calibrates": "parties.*.tactic.numbers.patience (median of a lognormal, sigma 0.5)",
        "scenario": SCENARIO,
        "to": f"restricted mean day of a first truce, {DEALS} deals in {DAYS_AT_RISK} days at risk",
        "target_mean_day": round(target, 2),
        "patience": round(median, 2),
        "mean_day": round(mean, 2),
        "deal_by": chances,
        "runs": RUNS,
        "seed": SEED,
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
