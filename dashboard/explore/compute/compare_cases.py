"""What the workers say of two cases side by side: both alike, and how far apart they are.

Only workers import this module.
"""

from __future__ import annotations

import math

from dashboard.explore.answer_models import CasesAnswer, NumbersApart
from dashboard.explore.compute.context import JobContext, outcomes_of
from dashboard.explore.compute.what_if import headline, talks
from dashboard.explore.query import Query, QueryArm
from sim import findings
from sim.findings.statistics import Finding
from sim.reporting.summary import days_within

#: Numbers that differ, of which so many are shown.
NUMBERS_SHOWN = 40


def cases(question: Query, desk: JobContext) -> CasesAnswer:
    """Return two cases, each as it is by itself; how they differ, and in which numbers they do."""
    arms = [
        Query("talks", (arm,), question.runs, question.seed, question.days, question.more)
        for arm in question.arms
    ]
    played = [
        outcomes_of(
            one.arms[0],
            one,
            desk,
            lambda done, total: desk.say(done / total / 2, f"{done:,} of {total:,} talks played"),
        )
        for one in arms
    ]
    first, second = question.arms
    same_luck = first.scenario == second.scenario and first.text == second.text
    if same_luck:
        lines = headline({"baseline": played[0], "changed": played[1]}, first.case())
        differences = {
            str(line.day): line.effect.words.replace("the change", "the second")
            for line in lines
            if line.effect is not None
        }
    else:
        differences = {
            str(day): how_far_apart(
                findings.deal_by(played[0], day), findings.deal_by(played[1], day), day
            )
            for day in days_within(question.days)
        }
    return CasesAnswer(
        cases=tuple(talks(one, desk) for one in arms),
        differences=differences,
        same_luck=same_luck,
        numbers=numbers_apart(first, second),
    )


def how_far_apart(one: Finding, other: Finding, day: int) -> str:
    """Return how far two shares of independent talks are apart, in a sentence.

    The interval is Newcombe's (1998) hybrid of the two score intervals.
    """
    low, high = difference(one, other)
    apart = (other.estimate or 0.0) - (one.estimate or 0.0)
    said = f"{100 * apart:+.1f} of 100 talks (95 % interval {100 * low:+.1f} to {100 * high:+.1f})"
    if low <= 0 <= high:
        return f"By day {day} so many talks do not tell the two apart: {said}."
    more = "more" if apart > 0 else "fewer"
    return (
        f"By day {day} a truce begins in {more} of the second's talks than of the first's: {said}."
    )


def difference(one: Finding, other: Finding) -> tuple[float, float]:
    """Return the ends of the interval of the second share less the first."""
    p, q = one.estimate or 0.0, other.estimate or 0.0
    below = math.hypot(q - (other.low or 0.0), (one.high or 0.0) - p)
    above = math.hypot((other.high or 0.0) - q, p - (one.low or 0.0))
    return q - p - below, q - p + above


def numbers_apart(first: QueryArm, second: QueryArm) -> NumbersApart:
    """Find the numbers in which two scenarios differ: of those that both have, by their centres."""
    mine, theirs = first.case().quantities(), second.case().quantities()
    both = [path for path in mine if path in theirs]
    differ = [
        (path, f"{mine[path].centre:.4g}", f"{theirs[path].centre:.4g}")
        for path in both
        if mine[path].centre != theirs[path].centre
    ]
    return NumbersApart(
        shared=len(both),
        only_first=len(mine) - len(both),
        only_second=len(theirs) - len(both),
        differ=len(differ),
        rows=tuple(differ[:NUMBERS_SHOWN]),
    )


KINDS = {"cases": cases}
