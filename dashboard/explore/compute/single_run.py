"""Single runs: which of many to look at, and what happens in one.

Only workers import this module.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dashboard.explore.answer_models import WorldAnswer, WorldsAnswer
from dashboard.explore.compute.context import JobContext, outcomes_of
from dashboard.explore.compute.section_data import figure_data
from dashboard.explore.query import Query
from sim.engine.outcomes import NONE, Outcomes
from sim.findings.statistics import dealt_by
from sim.reporting.charts.timeline import run_timeline
from sim.reporting.models import RunStory
from sim.reporting.narrative import Story, ending_words_of, follow, steps_of
from sim.scenario.schema import Scenario

#: Of the runs that a change turns, so many are offered.
TURNED = 20


# --- Which world to look at


def worlds(question: Query, desk: JobContext) -> WorldsAnswer:
    """Return the numbers of runs worth a look: one like the median, and those a change turns."""
    played = [outcomes_of(arm, question, desk, _saying(desk)) for arm in question.arms]
    first, last = played[0], played[-1]
    before, after = (dealt_by(outcomes, outcomes.days) for outcomes in (first, last))
    return WorldsAnswer(
        runs=len(first),
        median=median_world(last),
        to_deal=tuple(np.flatnonzero(~before & after)[:TURNED].tolist()),
        from_deal=tuple(np.flatnonzero(before & ~after)[:TURNED].tolist()),
        turned=(int((~before & after).sum()), int((before & ~after).sum())),
    )


def median_world(outcomes: Outcomes) -> int:
    """Return the run whose first truce begins on the median day; of several, the first.

    Where most talks see no truce, the one of these with the median number of rounds.
    """
    day = np.where(outcomes.deal_day == NONE, np.inf, outcomes.deal_day.astype(float))
    middle = np.sort(day)[len(day) // 2]
    if np.isfinite(middle):
        return int(np.argmin(np.abs(day - middle)))
    without = np.flatnonzero(np.isinf(day))
    rounds = outcomes.rounds[without].astype(float)
    return int(without[np.argmin(np.abs(rounds - np.median(rounds)))])


def _saying(desk: JobContext) -> Callable[[int, int], None]:
    """Return what reports how many talks are played."""
    return lambda done, total: desk.say(done / total, f"{done:,} of {total:,} talks played")


# --- One world


def world(question: Query, desk: JobContext) -> WorldAnswer:
    """Tell one of the runs in each arm day by day; `more` names which one."""
    stories = []
    for k, arm in enumerate(question.arms):
        desk.say(k / len(question.arms), "Playing")
        run, levers = int(dict(question.more)["run"]), dict(arm.levers)
        story = follow(arm.case(), run, question.seed, question.days, levers)
        stories.append(run_story(story, arm.case()))
    return WorldAnswer(arms=tuple(stories))


def run_story(story: Story, scenario: Scenario) -> RunStory:
    """Return a story in steps, with its timeline."""
    return RunStory(
        heading=story.heading,
        steps=tuple(steps_of(story)),
        after=story.closing,
        deal_day=int(story.outcomes.deal_day[0]),
        last_day=int(story.outcomes.last_day[0]),
        ending=ending_words_of(story.outcomes),
        timeline=figure_data(run_timeline(story, scenario)),
    )


KINDS = {"worlds": worlds, "world": world}
