"""Fit one number of a scenario, the same for all parties, to how fast such talks move at all.

The median of the number is chosen so that the chances of a first truce by some days come near those
of the scenario's base rate, a constant hazard of so many deals in so many days at risk. No other
number is fitted, and none to what happened after the scenario's day: the base rate is a yardstick.

A few deals cannot tell much. Beyond some median the chances may hardly move, so the rule is: of the
values tried, the smallest whose largest miss is not clearly worse than the best one's, by two Monte
Carlo standard errors.

    python -m sim.validation.calibration            # play all values, print and write the result
    python -m sim.validation.calibration --check    # play the written result and compare

The scenario, the number and the values to try are those of the result file, unless arguments say
otherwise.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sim.engine.simulate import simulate
from sim.scenario.loading import load_scenario
from sim.scenario.schema import BaseRate

RESULT = Path(__file__).parents[2] / "scenarios" / "calibration.json"

#: What is fitted, as the result file says it.
_CALIBRATES = re.compile(r"(?P<number>\S+) \(median of a lognormal, sigma (?P<sigma>[0-9.]+)\)")

Chances = Mapping[str, float]  # of a first truce, by day


@dataclass(frozen=True)
class Calibration:
    """What is fitted to what: everything that stands in a result file before it is played."""

    scenario: str
    number: str  # a pattern of paths, such as parties.*.tactic.numbers.patience
    sigma: float  # of its lognormal spread
    tried: tuple[float, ...]  # medians
    days: tuple[int, ...]
    runs: int
    seed: int

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> Calibration:
        """Return what a result file was made with; raises ValueError if it does not say."""
        fitted = _CALIBRATES.fullmatch(result["calibrates"])
        if fitted is None:
            wanted = "PATH (median of a lognormal, sigma NUMBER)"
            raise ValueError(f"`calibrates` is '{result['calibrates']}'; it reads '{wanted}'")
        return cls(
            result["scenario"],
            fitted["number"],
            float(fitted["sigma"]),
            tuple(float(median) for median in result["tried"]),
            tuple(int(day) for day in result["base_rate"]),
            result["runs"],
            result["seed"],
        )

    @property
    def name(self) -> str:
        """The last word of the number's path."""
        return self.number.rsplit(".", 1)[-1]

    def yardstick(self) -> BaseRate:
        """Return the scenario's base rate; raises ValueError if it has none."""
        base = load_scenario(self.scenario).base_rate
        if base is None:
            raise ValueError(f"{self.scenario} has no `base_rate` to be fitted to; write one")
        return base

    def base_rate(self) -> dict[str, float]:
        """Return the chance of a first truce by each day under the constant hazard."""
        base = self.yardstick()
        return {str(day): 1 - float(np.exp(-base.deals / base.days * day)) for day in self.days}

    def played(self, median: float, workers: int = 2) -> dict[str, float]:
        """Return the model's chance of a first truce by each day, with the number at a median.

        Raises ValueError if the scenario has no such number.
        """
        paths = fnmatch.filter(load_scenario(self.scenario).quantities(), self.number)
        if not paths:
            raise ValueError(f"{self.scenario} has no number like '{self.number}'")
        spread = {"lognormal": {"median": round(median, 2), "sigma": self.sigma}}
        changes = {path: {**spread, "basis": "judgement"} for path in paths}
        scenario = load_scenario(self.scenario, changes)
        outcomes = simulate(
            scenario, runs=self.runs, seed=self.seed, days=max(self.days), workers=workers
        )
        day = outcomes.deal_day
        return {str(d): float(np.mean((day > 0) & (day <= d))) for d in self.days}


def largest_miss(chances: Chances, base_rate: Chances) -> float:
    """Return how far the chance that misses the base rate most is off."""
    return max(abs(chances[day] - wanted) for day, wanted in base_rate.items())


def smallest_as_good(played: Mapping[float, Chances], base_rate: Chances, runs: int) -> float:
    """Return the smallest value whose largest miss is within two standard errors of the best."""
    misses = {median: largest_miss(chances, base_rate) for median, chances in played.items()}
    slack = 2 * float(np.sqrt(0.25 / runs))
    return min(median for median, miss in misses.items() if miss <= min(misses.values()) + slack)


def result_of(settings: Calibration, played: Mapping[float, Chances]) -> dict[str, Any]:
    """Return what the result file says, from what was played at each median."""
    base, base_rate = settings.yardstick(), settings.base_rate()
    chosen = smallest_as_good(played, base_rate, settings.runs)
    return {
        "calibrates": f"{settings.number} (median of a lognormal, sigma {settings.sigma:g})",
        "scenario": settings.scenario,
        "to": f"chance of a first truce by day, {base.deals} deals in {base.days:g} days at risk",
        "base_rate": _rounded(base_rate),
        settings.name: _plain(chosen),
        "deal_by": _rounded(played[chosen]),
        "tried": {f"{median:g}": _rounded(chances) for median, chances in played.items()},
        "runs": settings.runs,
        "seed": settings.seed,
    }


def _rounded(chances: Chances) -> dict[str, float]:
    """Chances as they are printed and written."""
    return {day: round(chance, 4) for day, chance in chances.items()}


def _plain(number: float) -> float:
    """Return a whole number without its decimal point."""
    return int(number) if float(number).is_integer() else number


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sim.validation.calibration",
        description="Fit one number of a scenario to its base rate.",
    )
    parser.add_argument("--check", action="store_true", help="play the written result and compare")
    parser.add_argument("--result", type=Path, default=RESULT, help="the file to read and write")
    parser.add_argument("--scenario", help="the scenario to fit, by name or file")
    parser.add_argument("--number", help="the number to fit, as a pattern of its paths")
    parser.add_argument("--sigma", type=float, help="sigma of its lognormal spread")
    parser.add_argument("--tried", type=float, nargs="+", help="the medians to try")
    parser.add_argument("--days", type=int, nargs="+", help="the days to compare by")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Play every value and keep the smallest that is as good as any."""
    options = _options(arguments)
    before = json.loads(options.result.read_text(encoding="utf-8"))
    given: dict[str, Any] = {
        field: tuple(value) if isinstance(value, list) else value
        for field in ("scenario", "number", "sigma", "tried", "days", "runs", "seed")
        if (value := getattr(options, field)) is not None
    }
    asked = replace(Calibration.of(before), **given)
    base_rate = asked.base_rate()
    if options.check:
        median = before[asked.name]
        chances = asked.played(median, options.workers)
        print(median, _rounded(chances), "base rate", _rounded(base_rate))
        return
    played = {}
    for median in asked.tried:
        played[median] = asked.played(median, options.workers)
        miss = largest_miss(played[median], base_rate)
        print(f"{asked.name} {median:5g}  {_rounded(played[median])}  {miss:.4f}")
    text = json.dumps(result_of(asked, played), indent=2) + "\n"
    options.result.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
