"""Fit one number of a scenario, the same in every scenario, to how fast such talks move at all.

The number is set so that the chances of a first truce by some days come near those of the
scenario's base rate, a constant hazard of so many deals in so many days at risk. No other number is
fitted, and none to what happened after the scenario's day: the base rate is a yardstick.

A few deals cannot tell much, so the number is chosen by eye, in its first digit: some values are
tried, and the one that is kept is among those whose largest miss is not clearly worse than the best
one's, by two Monte Carlo standard errors.

    python -m sim.validation.calibration                   # play all values, print and write
    python -m sim.validation.calibration --chosen 0.008    # the same, and keep another of them
    python -m sim.validation.calibration --check           # play the written result and compare

The scenario, the number and the values to try are those of the result file, unless arguments say
otherwise.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.engine.simulate import simulate
from sim.scenario.loading import load_scenario
from sim.scenario.schema import BaseRate

RESULT = Path(__file__).parents[2] / "scenarios" / "calibration.json"

#: What is fitted, as the result file says it.
_CALIBRATES = re.compile(r"(?P<number>\S+) \(one value, the same in every scenario\)")

Chances = Mapping[str, float]  # of a first truce, by day


@dataclass(frozen=True)
class Calibration:
    """What is fitted to what: everything that stands in a result file before it is played."""

    scenario: str
    number: str  # a pattern of paths, such as stances.reconsiders or parties.*.optimism
    chosen: float  # one of those tried
    tried: tuple[float, ...]
    days: tuple[int, ...]
    runs: int
    seed: int

    def __post_init__(self) -> None:
        if self.chosen not in self.tried:
            known = ", ".join(f"{value:g}" for value in self.tried)
            raise ValueError(f"{self.chosen:g} is chosen and not among those tried: {known}")

    @classmethod
    def of(cls, result: Mapping[str, Any], changes: Mapping[str, Any] | None = None) -> Calibration:
        """Return what a result file was made with, but for some `changes` of its fields.

        Raises ValueError if the file does not say, or if what is chosen is not tried.
        """
        fitted = _CALIBRATES.fullmatch(result["calibrates"])
        if fitted is None:
            wanted = "PATH (one value, the same in every scenario)"
            raise ValueError(f"`calibrates` is '{result['calibrates']}'; it reads '{wanted}'")
        fields = {
            "scenario": result["scenario"],
            "number": fitted["number"],
            "chosen": float(result[_last_word(fitted["number"])]),
            "tried": tuple(float(value) for value in result["tried"]),
            "days": tuple(int(day) for day in result["base_rate"]),
            "runs": result["runs"],
            "seed": result["seed"],
        }
        return cls(**{**fields, **(changes or {})})

    @property
    def name(self) -> str:
        """The last word of the number's path."""
        return _last_word(self.number)

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

    def played(self, value: float, workers: int = 2) -> dict[str, float]:
        """Return the model's chance of a first truce by each day, with the number at a value.

        Raises ValueError if the scenario has no such number.
        """
        paths = fnmatch.filter(load_scenario(self.scenario).quantities(), self.number)
        if not paths:
            raise ValueError(f"{self.scenario} has no number like '{self.number}'")
        scenario = load_scenario(self.scenario, dict.fromkeys(paths, value))
        outcomes = simulate(
            scenario, runs=self.runs, seed=self.seed, days=max(self.days), workers=workers
        )
        day = outcomes.deal_day
        return {str(d): float(np.mean((day > 0) & (day <= d))) for d in self.days}


def largest_miss(chances: Chances, base_rate: Chances) -> float:
    """Return how far the chance that misses the base rate most is off."""
    return max(abs(chances[day] - wanted) for day, wanted in base_rate.items())


def as_good(played: Mapping[float, Chances], base_rate: Chances, runs: int) -> list[float]:
    """Return the values whose largest miss is within two standard errors of the best one's."""
    misses = {value: largest_miss(chances, base_rate) for value, chances in played.items()}
    slack = 2 * float(np.sqrt(0.25 / runs))
    return sorted(value for value, miss in misses.items() if miss <= min(misses.values()) + slack)


def result_of(settings: Calibration, played: Mapping[float, Chances]) -> dict[str, Any]:
    """Return what the result file says, from what was played at each value."""
    base, base_rate = settings.yardstick(), settings.base_rate()
    return {
        "calibrates": f"{settings.number} (one value, the same in every scenario)",
        "scenario": settings.scenario,
        "to": f"chance of a first truce by day, {base.deals} deals in {base.days:g} days at risk",
        "base_rate": _rounded(base_rate),
        settings.name: _plain(settings.chosen),
        "as_good": [_plain(value) for value in as_good(played, base_rate, settings.runs)],
        "deal_by": _rounded(played[settings.chosen]),
        "tried": {f"{value:g}": _rounded(chances) for value, chances in played.items()},
        "runs": settings.runs,
        "seed": settings.seed,
    }


def _last_word(number: str) -> str:
    """Return the last word of a pattern of paths."""
    return number.rsplit(".", 1)[-1]


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
    parser.add_argument("--chosen", type=float, help="the value to keep, one of those tried")
    parser.add_argument("--tried", type=float, nargs="+", help="the values to try")
    parser.add_argument("--days", type=int, nargs="+", help="the days to compare by")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Play every value, and say whether the one that is chosen is as good as any."""
    options = _options(arguments)
    before = json.loads(options.result.read_text(encoding="utf-8"))
    given: dict[str, Any] = {
        field: tuple(value) if isinstance(value, list) else value
        for field in ("scenario", "number", "chosen", "tried", "days", "runs", "seed")
        if (value := getattr(options, field)) is not None
    }
    asked = Calibration.of(before, given)
    base_rate = asked.base_rate()
    if options.check:
        chances = asked.played(asked.chosen, options.workers)
        print(asked.chosen, _rounded(chances), "base rate", _rounded(base_rate))
        written = before["tried"][f"{asked.chosen:g}"]
        if asked.chosen not in before["as_good"] or written != _rounded(chances):
            raise SystemExit("the written result is not what is played now; play all values anew")
        return
    played = {}
    for value in asked.tried:
        played[value] = asked.played(value, options.workers)
        miss = largest_miss(played[value], base_rate)
        print(f"{asked.name} {value:5g}  {_rounded(played[value])}  {miss:.4f}")
    result = result_of(asked, played)
    if asked.chosen not in result["as_good"]:
        better = ", ".join(f"{value:g}" for value in result["as_good"])
        print(f"{asked.name} {asked.chosen:g} misses by clearly more than {better}; choose anew")
    options.result.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
