"""Waiting for an answer on a page: what is known is there at once, an estimate comes first.

A script that waits costs nothing but a thread. Whatever the visitor does meanwhile ends the wait:
the page begins anew, and a question that nobody else asked leaves the line.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from dashboard.common import theme
from dashboard.explore import baselines
from dashboard.explore.job_queue import AWAITED, EARLY, Job, jobs
from dashboard.explore.query import EARLY_RUNS, Query
from sim.reporting.models import Headline
from sim.scenario.errors import count_noun
from sim.types import Json

#: Is told lines of the headline, each of a day, and of how many talks they are.
Show = Callable[[Sequence[Headline], int], None]

#: Seconds between two looks at whether an answer has come, and whether the visitor has moved on.
LOOK_EVERY, ASK_EVERY = 0.05, 0.25


def who() -> str:
    """A name for this session among those who ask."""
    name: str = st.session_state.setdefault("asker", uuid.uuid4().hex)
    return name


def known(question: Query) -> Json | None:
    """The answer if it was computed before."""
    return jobs().known(baselines.whole(question))


def answer_to(question: Query, show: Show | None = None) -> Json | None:
    """The answer, waited for where it must be; None where it failed or was cancelled.

    `show` draws what is known before the rest. What went wrong stands on the page, with a way to
    ask again.
    """
    question = baselines.whole(question)
    found = jobs().known(question)
    _leave_others(question)
    if found is not None:
        return found
    if st.session_state.get("cancelled") == question.key():
        st.info("You cancelled this computation.")
        st.button(
            "Compute it after all", key=f"after-all-{question.key()}", on_click=_forget_cancelled
        )
        return None
    return _wait(question, show)


def _leave_others(question: Query) -> None:
    """Take what this session asked before out of the line, if nobody else wants it."""
    key = question.key()
    for job in st.session_state.get("asked_jobs", ()):
        if job.key != key:
            jobs().drop(job, who())
    st.session_state["asked_jobs"] = ()


def _wait(question: Query, show: Show | None) -> Json | None:
    line = jobs()
    under_way = []
    shown: dict[int, int] = {}
    if show is not None and question.runs > EARLY_RUNS:
        sooner = replace(question, kind="headline", runs=EARLY_RUNS, more=())
        under_way.append(line.ask(sooner, who(), EARLY))
    job = line.ask(question, who(), AWAITED)
    st.session_state["asked_jobs"] = (*under_way, job)
    place = st.empty()
    with place.container():
        bar = st.progress(0.0, text="Beginning")
        st.button("Cancel", key=f"cancel-{job.key}", on_click=_cancel, args=((*under_way, job),))
    seen, asked_at = -1, 0.0
    while not job.over:
        news = job.wait(job.changes, LOOK_EVERY)
        if news != seen or time.monotonic() > asked_at + ASK_EVERY:
            seen, asked_at = news, time.monotonic()
            bar.progress(min(job.progress, 1.0), text=_how_far(job))  # a visitor who left is seen
        for part, runs in _parts(under_way, job):
            if show is not None:
                show_better(part, runs, shown, show)
    st.session_state["asked_jobs"] = ()
    place.empty()
    if job.answer is None:
        st.error(theme.plain(job.error))
        st.button("Ask again", key=f"again-{job.key}")
    return job.answer


def _parts(under_way: list[Job], job: Job) -> list[tuple[list[Headline], int]]:
    """What is known so far, that of the fewest talks first."""
    known = [(one.answer or one.partial, one.question.runs) for one in (*under_way, job)]
    return [
        ([Headline.model_validate(line) for line in part["headline"]], runs)
        for part, runs in known
        if part is not None
    ]


def show_better(headline: Sequence[Headline], runs: int, shown: dict[int, int], show: Show) -> None:
    """Show the lines of more talks than were `shown` of their day: days are known one by one."""
    lines = [line for line in headline if runs > shown.get(line.day, 0)]
    if lines:
        show(lines, runs)
        shown.update((line.day, runs) for line in lines)


def _how_far(job: Job) -> str:
    if job.state == "waiting":
        others = jobs().waiting() - 1
        in_line = f"{count_noun(others, 'other question')} {'is' if others == 1 else 'are'} in line"
        return "Waiting for a free worker" + (f"; {in_line}" if others else "")
    return job.words


def _cancel(under_way: tuple[Job, ...]) -> None:
    for job in under_way:
        jobs().cancel(job, who())
    st.session_state["cancelled"] = under_way[-1].key
    st.session_state["asked_jobs"] = ()


def _forget_cancelled() -> None:
    st.session_state.pop("cancelled", None)
