"""Compute the first page of each scenario in the background as the server starts.

The answers lie in the cache with all others, so a server that starts again finds them there. A
visitor who comes before they are ready joins the computation and is shown an estimate first.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from dashboard.explore import page_state
from dashboard.explore.query import FULL_RUNS, OUTCOMES, Query, QueryArm
from sim.scenario.loading import scenario_names

if TYPE_CHECKING:
    from dashboard.explore.job_queue import JobQueue

SEED = 1

log = logging.getLogger(__name__)


def baseline(name: str) -> Query:
    """Return the question that the first look at a scenario asks, for all sections."""
    arm = QueryArm(name)
    return Query("talks", (arm,), FULL_RUNS, SEED, arm.case().days)


def without_section(query: Query) -> Query:
    """Return the baseline that a question asks a section of; any other question as it is.

    So the sections of a first page are one answer, whoever asks for which of them.
    """
    name = query.arms[0].scenario
    if query.arms[0].text or name not in scenario_names():
        return query
    whole = replace(query, more=())
    return whole if whole == baseline(name) else query


def prepare(queue: JobQueue) -> None:
    """Put in line, behind everything else, the baseline of each scenario, the usual one first."""
    from dashboard.explore.job_queue import PREPARED

    first = page_state.first_scenario()
    for name in sorted(scenario_names(), key=lambda name: name != first):
        try:
            query = baseline(name)
            queue.submit(query, "server", PREPARED)
            # Every what-if is held against these talks.
            queue.submit(replace(query, kind=OUTCOMES), "server", PREPARED)
        except ValueError as error:
            log.warning("%s is left out: %s", name, error)
