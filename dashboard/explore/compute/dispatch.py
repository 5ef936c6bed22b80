"""Answer a query: from the cache, or by the function for its kind."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.explore.compute import compare_cases, explanation, single_run, what_if
from dashboard.explore.compute.context import JobContext
from dashboard.explore.query import Query
from sim.reporting.models import (
    Record,
)
from sim.types import Json


def answer(question: Query, desk: JobContext) -> Json:
    """Answer a question: from the cache, or computed and kept.

    Raises ScenarioError or ValueError for what cannot be asked, with the way out.
    """
    name = f"{question.key()}.json"
    kept: Json | None = desk.cache.get_json(name)
    if kept is not None:
        return kept
    if question.kind not in ANSWERS:
        raise ValueError(f"nobody can answer '{question.kind}'; known are {', '.join(ANSWERS)}")
    data = ANSWERS[question.kind](question, desk).as_data()
    desk.cache.put_json(name, data)
    return data


ANSWERS: dict[str, Callable[[Query, JobContext], Record]] = {
    **what_if.KINDS,
    **compare_cases.KINDS,
    **explanation.KINDS,
    **single_run.KINDS,
}
