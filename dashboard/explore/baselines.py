"""The first page of each scenario, computed in the background as the server starts.

The answers lie in the cache with all others, so a server that starts again finds them there. Who
comes before they are ready joins the computation, and is shown an estimate first.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from dashboard.explore import page_state
from dashboard.explore.query import FULL_RUNS, OUTCOMES, Query, QueryArm
from sim.scenario.loading import scenario_names

if TYPE_CHECKING:
    from dashboard.explore.job_queue import Jobs

SEED = 1

log = logging.getLogger(__name__)


def baseline(name: str) -> Query:
    """Return the question that the first look at a scenario asks, for all sections."""
    arm = QueryArm(name)
    return Query("talks", (arm,), FULL_RUNS, SEED, arm.case().days)


def whole(question: Query) -> Query:
    """Return the baseline that a question asks a section of; any other question as it is.

    So the sections of a first page are one answer, whoever asks for which of them.
    """
    name = question.arms[0].scenario
    if question.arms[0].text or name not in scenario_names():
        return question
    without_section = replace(question, more=())
    return without_section if without_section == baseline(name) else question


def prepare(jobs: Jobs) -> None:
    """Put in line, behind everything else, the baseline of each scenario, the usual one first."""
    from dashboard.explore.job_queue import PREPARED

    usual = page_state.first_name()
    for name in sorted(scenario_names(), key=lambda name: name != usual):
        try:
            question = baseline(name)
            jobs.ask(question, "server", PREPARED)
            # Every what-if is held against these talks.
            jobs.ask(replace(question, kind=OUTCOMES), "server", PREPARED)
        except ValueError as error:
            log.warning("%s is left out: %s", name, error)
