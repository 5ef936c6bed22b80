"""Play a few days of a scenario, to find out before a run what would make it fail."""

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
from sim.scenario.errors import ScenarioError, ValidationIssue, dotted
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
    except Exception as error:  # whatever a strategy raises is complained about
        raise ScenarioError([_complaint(scenario, file, error)]) from error


def _complaint(scenario: Scenario, file: Path, error: Exception) -> ValidationIssue:
    """Say where in the scenario the strategy is named that raised an error, and where it did."""
    place = _place_of(scenario, error.__traceback__)
    last = traceback.extract_tb(error.__traceback__)[-1]
    found = (
        f"playing it raises {type(error).__name__}: {error} "
        f"({Path(last.filename).name}:{last.lineno})"
    )
    if place is None:
        hint = "please report this: a scenario that can be read should play"
        return ValidationIssue(file.name, 0, "", found, "", hint)
    hint = f"look at the code of the strategy that `{dotted(place)}` names, and at its numbers"
    return ValidationIssue(file.name, line_in(file, place), dotted(place), found, "", hint)


def _place_of(scenario: Scenario, where: TracebackType | None) -> Place | None:
    """Return the `kind:` that names the innermost strategy in whose code an error was raised."""
    for owner in reversed(list(_owners(where))):
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
