"""Say which strategy made a run fail, and try a few days to find out before a run does."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from sim.engine.random_streams import RandomStreams
from sim.engine.talks import Talks, release_model
from sim.scenario.checks.strategies import every_strategy
from sim.scenario.errors import Path as Place
from sim.scenario.errors import ScenarioError, StrategyError, ValidationIssue, dotted
from sim.scenario.loading import line_in
from sim.scenario.schema import Scenario

#: So many runs are played for so many days.
RUNS, DAYS = 8, 12


def probe(scenario: Scenario, file: Path) -> None:
    """Play a few runs of a scenario for a few days.

    Raises ScenarioError where this fails, with the line of the file that names the strategy in
    whose code it failed.
    """
    try:
        talks = Talks(scenario, RandomStreams(1, 0, RUNS), days=DAYS)
        release_model(talks)
        talks.play()
    except (Exception, SystemExit) as error:  # whatever a strategy raises is complained about
        raise failure_of(scenario, error, file) from error


def failure_of(scenario: Scenario, error: BaseException, file: Path | None = None) -> ScenarioError:
    """Return what to say of an error: which strategy of the scenario raised it, and where.

    `file` is the scenario's, where its lines are to be told.
    """
    name = scenario.scenario if file is None else file.name
    place = _place_of(scenario, error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    found = (
        f"playing it raises {type(error).__name__}: {error} "
        f"({Path(last.filename).name}:{last.lineno})"
    )
    if place is None:
        hint = "please report this: a scenario that can be read should play"
        return ScenarioError([ValidationIssue(name, 0, "", found, "", hint)])
    hint = f"look at the code of the strategy that `{dotted(place)}` names, and at its numbers"
    line = 0 if file is None else line_in(file, place)
    return ScenarioError([ValidationIssue(name, line, dotted(place), found, "", hint)])


def _place_of(scenario: Scenario, error: BaseException) -> Place | None:
    """Return the `kind:` that names the innermost strategy in whose code an error was raised."""
    owners = list(_owners(error.__traceback__))
    if isinstance(error, StrategyError):
        owners.append(error.strategy)
    for owner in reversed(owners):
        for path, strategy, entries in every_strategy(scenario):
            entry = entries.get(strategy.kind)
            if entry is owner or entry is type(owner) or getattr(entry, "solution", None) is owner:
                return (*path, "kind")
    return None


def _owners(where: TracebackType | None) -> Iterator[Any]:
    """Return the object whose method each frame runs, from the outermost."""
    while where is not None:
        owner = where.tb_frame.f_locals.get("self")
        if owner is not None:
            yield owner
        where = where.tb_next
