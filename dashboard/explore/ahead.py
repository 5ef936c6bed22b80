"""What is asked most, worked out beforehand: one lever moved alone, at each step of its slider.

Of the answer only the headline is shipped, beside the baselines: the same numbers, of the same
talks, that the whole answer brings a few seconds later. `make baselines` writes them. What anything
else does is never read off these: two levers moved do not do what each of them does alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dashboard.common import paths
from dashboard.common.paths import BASELINES, version
from dashboard.explore import baselines, page_state
from dashboard.explore.query import FULL_RUNS, Query, QueryArm, Settings
from sim.scenario.loading import scenario_names
from sim.scenario.quantity import Fixed
from sim.types import Json

if TYPE_CHECKING:
    from sim.engine.outcomes import Outcomes
    from sim.scenario.schema import Lever, Scenario


#: Where it is shipped, one file to a scenario.
FOLDER = BASELINES / "levers"

#: So many first talks of each setting stand there one by one, so that a test can play them again.
WITNESSES = 5

#: Talks of several settings that are played side by side.
ROWS = 16_000


# --- For the pages


def known(question: Query) -> Json | None:
    """What the whole answer will say first: its headline; None where it was not worked out."""
    name = question.arms[0].scenario
    if name not in scenario_names() or len(question.arms) != 2 or len(question.arms[1].levers) != 1:
        return None
    if replace(question, more=()) != asked(name, question.arms[1].levers):
        return None
    found, base = of_today(name), baselines.shipped(baselines.baseline(name))
    ((lever, value),) = question.arms[1].levers
    told = found and found["settings"].get(lever, {}).get(str(float(value)))
    if not told or base is None:
        return None
    lines = []
    for line, moved in zip(base["headline"], told["by_day"], strict=True):
        arms = {**line["arms"], "changed": moved["changed"]}
        lines.append({**line, "arms": arms, "effect": moved["effect"]})
    return {"headline": lines}


def asked(name: str, levers: Settings) -> Query:
    """The question that one lever, moved alone, asks of a scenario as it is."""
    arms = (QueryArm(name), QueryArm(name, levers))
    return Query("comparison", arms, FULL_RUNS, baselines.SEED, arms[0].case().days)


def of_today(name: str) -> Json | None:
    """What is shipped of a scenario, if it was worked out with this version and this scenario."""
    file = FOLDER / f"{name}.json"
    if not file.is_file():
        return None
    found = _read(file, file.stat().st_mtime_ns)
    known = (found["sha256"], found["version"]) == (QueryArm(name).sha256(), version())
    return found if known else None


@lru_cache(maxsize=8)
def _read(file: Path, stamp: int) -> Json:
    content: Json = json.loads(file.read_bytes())
    return content


# --- Working it out


def steps(lever: Lever) -> list[float]:
    """Where a lever can be put on its slider, but for where it stands."""
    step = page_state.step_of(lever)
    count = round((lever.high - lever.low) / step)
    put = [page_state.rounded(lever.low + k * step) for k in range(count + 1)]
    return [value for value in put if value != lever.default]


def settings(name: str, lever: str, runs: int = FULL_RUNS) -> dict[str, Json]:
    """What one lever does at each of its steps, by the setting as text."""
    from dashboard.explore.compute.summary import headline
    from sim.engine.simulate import simulate
    from sim.reporting.sections import BASELINE, CHANGED

    case = QueryArm(name).case()
    spec = case.levers[lever]
    base = simulate(case, runs=runs, seed=baselines.SEED)
    found = {}
    for value, outcomes in _played(case, lever, steps(spec), runs):
        lines = [line.as_data() for line in headline({BASELINE: base, CHANGED: outcomes}, case)]
        found[str(value)] = {
            "witnesses": outcomes.deal_day[:WITNESSES].tolist(),
            "by_day": [{CHANGED: one["arms"][CHANGED], "effect": one["effect"]} for one in lines],
        }
    return found


def _played(
    case: Scenario, lever: str, values: list[float], runs: int
) -> Iterator[tuple[float, Outcomes]]:
    """The talks of each setting; those of several are played side by side where that can be."""
    from dashboard.explore.compute.summary import some_runs
    from sim.engine.simulate import play_rows

    at_once = 1 if shapes_the_grid(case, lever) else max(1, ROWS // runs)
    for begin in range(0, len(values), at_once):
        few = values[begin : begin + at_once]
        outcomes = play_rows(
            case,
            seed=baselines.SEED,
            luck=np.tile(np.arange(runs), len(few)),
            levers={lever: np.repeat(few, runs)},
        )
        for k, value in enumerate(few):
            yield value, some_runs(outcomes, k * runs, runs)


def shapes_the_grid(case: Scenario, lever: str) -> bool:
    """Whether a lever moves what packages there are, which are the same in a whole block."""
    numbers = case.quantities()
    return any(isinstance(numbers[move.key], Fixed) for move in case.levers[lever].moves)


def write() -> list[Path]:
    """Work out what one lever does, for each scenario, and write it; returns the files."""
    contents = {}
    with ProcessPoolExecutor(paths.workers()) as pool:
        for name in scenario_names():
            levers = list(QueryArm(name).case().levers)
            contents[name] = {
                "made_by": "python -m dashboard.explore.ahead",
                "scenario": name,
                "sha256": QueryArm(name).sha256(),
                "version": version(),
                "settings": dict(
                    zip(levers, pool.map(settings, [name] * len(levers), levers), strict=True)
                ),
            }
    return baselines.ship(FOLDER, contents)


if __name__ == "__main__":
    for written in write():
        print(written)
