"""Show cached, then estimated, then final results.

A script that waits costs nothing but a thread. Whatever the visitor does meanwhile ends the wait:
the page is drawn anew, and a query that nobody else waits for leaves the queue.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from dashboard.common import theme
from dashboard.explore import baselines
from dashboard.explore.job_queue import AWAITED, EARLY, Job, shared_queue
from dashboard.explore.query import EARLY_RUNS, Query
from sim.reporting.models import Headline
from sim.scenario.errors import count_noun
from sim.types import Json

#: Draws lines of the headline, one for each day, that rest on a number of talks.
ShowHeadline = Callable[[Sequence[Headline], int], None]

#: Seconds between checks for an answer, and between redraws that notice a visitor who left.
POLL_INTERVAL, REDRAW_INTERVAL = 0.05, 0.25


def session_id() -> str:
    """Return an identifier of this browser session."""
    name: str = st.session_state.setdefault("session_id", uuid.uuid4().hex)
    return name


def cached_answer(query: Query) -> Json | None:
    """Return the answer if it was computed before."""
    return shared_queue().cached_answer(baselines.without_section(query))


def wait_for_answer(query: Query, show: ShowHeadline | None = None) -> Json | None:
    """Return the answer, waiting if necessary; None if it failed or was cancelled.

    `show` draws headlines that are known before the answer. A failure is shown on the page, with a
    button to ask again.
    """
    query = baselines.without_section(query)
    answer = shared_queue().cached_answer(query)
    _withdraw_others(query)
    if answer is not None:
        return answer
    if st.session_state.get("cancelled") == query.key():
        st.info("You cancelled this computation.")
        st.button(
            "Compute it after all", key=f"after-all-{query.key()}", on_click=_forget_cancelled
        )
        return None
    return _wait(query, show)


def _withdraw_others(query: Query) -> None:
    """Withdraw this session's other pending jobs."""
    key = query.key()
    for job in st.session_state.get("pending_jobs", ()):
        if job.key != key:
            shared_queue().withdraw(job, session_id())
    st.session_state["pending_jobs"] = ()


def _wait(query: Query, show: ShowHeadline | None) -> Json | None:
    queue = shared_queue()
    pending = []
    shown: dict[int, int] = {}
    if show is not None and query.runs > EARLY_RUNS:
        early_query = replace(query, kind="headline", runs=EARLY_RUNS, more=())
        pending.append(queue.submit(early_query, session_id(), EARLY))
    job = queue.submit(query, session_id(), AWAITED)
    st.session_state["pending_jobs"] = (*pending, job)
    place = st.empty()
    with place.container():
        bar = st.progress(0.0, text="Beginning")
        st.button("Cancel", key=f"cancel-{job.key}", on_click=_cancel, args=((*pending, job),))
    seen_changes, redrawn_at = -1, 0.0
    while not job.finished:
        changes = job.wait(job.changes, POLL_INTERVAL)
        if changes != seen_changes or time.monotonic() > redrawn_at + REDRAW_INTERVAL:
            seen_changes, redrawn_at = changes, time.monotonic()
            bar.progress(min(job.progress, 1.0), text=_status(job))  # a visitor who left is seen
        if show is not None:  # only answers with a headline are shown bit by bit
            for part, runs in _partial_answers(pending, job):
                show_improved(part, runs, shown, show)
    st.session_state["pending_jobs"] = ()
    place.empty()
    if job.answer is None:
        st.error(theme.escape(job.error))
        st.button("Ask again", key=f"again-{job.key}")
    return job.answer


def _partial_answers(pending: list[Job], job: Job) -> list[tuple[list[Headline], int]]:
    """Return the headlines known so far with their numbers of talks, fewest first."""
    parts = [(each.answer or each.partial, each.query.runs) for each in (*pending, job)]
    return [
        ([Headline.model_validate(line) for line in part["headline"]], runs)
        for part, runs in parts
        if part is not None
    ]


def show_improved(
    headline: Sequence[Headline], runs: int, shown: dict[int, int], show: ShowHeadline
) -> None:
    """Show the lines that rest on more talks than those `shown` for the same day."""
    lines = [line for line in headline if runs > shown.get(line.day, 0)]
    if lines:
        show(lines, runs)
        shown.update((line.day, runs) for line in lines)


def _status(job: Job) -> str:
    if job.state == "waiting":
        others = shared_queue().unanswered_count() - 1
        in_line = f"{count_noun(others, 'other question')} {'is' if others == 1 else 'are'} in line"
        return "Waiting for a free worker" + (f"; {in_line}" if others else "")
    return job.status_text


def _cancel(pending: tuple[Job, ...]) -> None:
    for job in pending:
        shared_queue().cancel(job, session_id())
    st.session_state["cancelled"] = pending[-1].key
    st.session_state["pending_jobs"] = ()


def _forget_cancelled() -> None:
    st.session_state.pop("cancelled", None)
