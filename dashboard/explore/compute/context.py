"""What a worker has at hand, and the outcomes of one arm: from memory, from disk or simulated."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dashboard.common.disk_cache import Cache
from dashboard.explore.query import Query, QueryArm, arm_key
from sim.engine.outcomes import Outcomes
from sim.engine.simulate import in_stages
from sim.reporting.summary import days_within
from sim.types import Json

#: Talks played before a worker says how far it is.
STEP_RUNS = 2000


#: Outcomes a worker keeps in memory; most questions share a baseline.
OUTCOMES_KEPT = 8


@dataclass
class JobContext:
    """What a worker has at hand: answers and outcomes kept, and who listens.

    `say` tells how far the work is, from 0 to 1 and in words; `show` hands over a part of the
    answer before the rest.
    """

    cache: Cache
    say: Callable[[float, str], None] = lambda part, words: None
    show: Callable[[Json], None] = lambda partial: None
    outcomes: dict[str, Outcomes] = field(default_factory=dict)


def outcomes_of(
    arm: QueryArm,
    question: Query,
    desk: JobContext,
    say: Callable[[int, int], None],
    stand: Callable[[Outcomes], None] | None = None,
) -> Outcomes:
    """Return the outcomes of one arm: from memory, from disk or played.

    `say(done, total)` hears how many talks are played; `stand(outcomes)`, where they are played at
    once, how they stand after each day by which deals are counted.
    """
    runs, seed, days = question.runs, question.seed, question.days
    wanted = arm_key(arm, runs, seed, days)
    for enough in sorted({runs, max(runs, STEP_RUNS)}):
        found = _kept(arm_key(arm, enough, seed, days), desk)
        if found is not None:
            return first_runs(found, runs)
    parts: list[Outcomes] = []
    case = arm.case()
    for begin in range(0, runs, STEP_RUNS):
        say(begin, runs)
        count = min(STEP_RUNS, runs - begin)
        for outcomes in in_stages(
            case,
            runs=count,
            days=days_within(days),
            first=begin,
            seed=seed,
            levers=dict(arm.levers),
        ):
            if stand is not None and count == runs and outcomes.days < days:
                stand(outcomes)
        parts.append(outcomes)
    say(runs, runs)
    outcomes = Outcomes.joined(parts)
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        desk.cache.put(f"{wanted}.npz", outcomes.save(Path(folder) / "outcomes").read_bytes())
    return _remember(wanted, outcomes, desk)


def _kept(name: str, desk: JobContext) -> Outcomes | None:
    if name in desk.outcomes:
        return _remember(name, desk.outcomes.pop(name), desk)
    path = desk.cache.get(f"{name}.npz")
    if path is None:
        return None
    try:
        return _remember(name, Outcomes.load(path), desk)
    except (OSError, ValueError, KeyError):  # half a file, or one of another format
        path.unlink(missing_ok=True)
        return None


def _remember(name: str, outcomes: Outcomes, desk: JobContext) -> Outcomes:
    desk.outcomes[name] = outcomes
    while len(desk.outcomes) > OUTCOMES_KEPT:
        del desk.outcomes[next(iter(desk.outcomes))]
    return outcomes


def first_runs(outcomes: Outcomes, runs: int) -> Outcomes:
    """Return the first of many runs: what fewer would have been."""
    if runs == len(outcomes):
        return outcomes
    arrays: dict[str, Any] = {name: getattr(outcomes, name)[:runs] for name in outcomes.arrays()}
    return replace(outcomes, **arrays)
