"""Answer the question of the page What if: what does moving levers change?

All numbers and all sentences about numbers are made here, by `sim`; the pages draw them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

from dashboard.explore.answer_models import (
    ComparisonAnswer,
    ComparisonSoFar,
    HeadlineAnswer,
    Played,
    ReportAnswer,
    TalksAnswer,
    TalksSoFar,
)
from dashboard.explore.compute.context import JobContext, outcomes_of
from dashboard.explore.compute.obstacles import obstacles
from dashboard.explore.compute.section_data import section_data
from dashboard.explore.query import Query
from sim import findings
from sim.engine.outcomes import Outcomes
from sim.engine.simulate import Comparison
from sim.findings.statistics import Effect, Finding
from sim.reporting import html_report, sections
from sim.reporting import summary as summaries
from sim.reporting.explanation_sections import HEADINGS
from sim.reporting.models import (
    EffectInWords,
    Headline,
    Record,
    SectionData,
    ShareInWords,
)
from sim.reporting.sections import BASELINE, CHANGED, Section
from sim.reporting.summary import days_within, of_hundred
from sim.scenario.schema import Scenario

# --- The kinds of questions


def outcomes_only(question: Query, desk: JobContext) -> Played:
    """Play the arms and keep them, so that later questions find them."""
    _play(question, desk)
    return Played()


def talks(question: Query, desk: JobContext) -> TalksAnswer:
    """Return one arm by itself: its summary, and what a report shows of it."""
    (outcomes,) = _play(question, desk)
    scenario = question.arms[0].case()
    summary = summaries.summary(outcomes, scenario)
    arms = {BASELINE: outcomes}
    lines = headline(arms, scenario)
    desk.show(TalksSoFar(summary=summary, headline=lines).as_data())
    desk.say(1.0, "Drawing")
    shown = _sections(question, sections.of_talks(outcomes, summary, scenario), arms)
    return TalksAnswer(summary=summary, headline=lines, sections=shown)


def headline_only(question: Query, desk: JobContext) -> HeadlineAnswer:
    """Return how many talks of each arm come to a truce: for an early estimate."""
    played = dict(zip((BASELINE, CHANGED), _play(question, desk), strict=False))
    return HeadlineAnswer(headline=headline(played, question.arms[0].case()))


def comparison(question: Query, desk: JobContext) -> ComparisonAnswer:
    """Return what the second of two arms changes, both with the same random streams."""
    both = Comparison(*_play(question, desk))
    scenario = question.arms[0].case()
    arms = {BASELINE: both.baseline, CHANGED: both.changed}
    summary = summaries.comparison_summary(both, scenario)
    lines = headline(arms, scenario)
    desk.show(ComparisonSoFar(comparison=summary, headline=lines).as_data())
    desk.say(1.0, "Drawing")
    shown = _sections(question, sections.of_comparison(both, summary, scenario), arms)
    return ComparisonAnswer(comparison=summary, headline=lines, sections=shown)


def brief(question: Query, desk: JobContext) -> ReportAnswer:
    """Return the one-page report as HTML, with the visitor's own words if there are any."""
    played = _play(question, desk)
    more = dict(question.more)
    scenario = question.arms[0].case()
    if len(played) == 1:
        page = html_report.report(played[0], scenario, more["command"], None)
        page = replace(page, sections=tuple(s for s in page.sections if s.name not in HEADINGS))
    else:
        page = html_report.comparison(Comparison(*played), scenario, more["command"])
    words = tuple(filter(None, more.get("reasoning", "").splitlines()))
    if words:
        own = Section("own-words", "In the words of whoever made this report", words)
        page = replace(page, sections=(own, *page.sections))
    return ReportAnswer(html=html_report.as_html(page))


# --- Playing


def _play(question: Query, desk: JobContext) -> list[Outcomes]:
    """Play each arm; outcomes that were kept are not played again.

    While the last is played the headline is shown as far as the days have gone: what happens later
    changes nothing of it.
    """
    played: list[Outcomes] = []
    for k, arm in enumerate(question.arms):

        def say(done: int, total: int, before: int = k) -> None:
            whole = len(question.arms) * total
            desk.say((before * total + done) / whole, f"{done:,} of {total:,} talks played")

        def stand(outcomes: Outcomes) -> None:
            arms = dict(zip((BASELINE, CHANGED), (*played, outcomes), strict=False))
            lines = headline(arms, question.arms[0].case())
            desk.show(HeadlineAnswer(headline=lines).as_data())

        last = k == len(question.arms) - 1
        played.append(outcomes_of(arm, question, desk, say, stand if last else None))
    return played


# --- In words


def headline(arms: Mapping[str, Outcomes], scenario: Scenario) -> tuple[Headline, ...]:
    """Say by some days how many of 100 talks of each arm have a truce, and what the change does.

    As far as all arms have been played.
    """
    base = scenario.base_rate
    lines = []
    for day in days_within(min(outcomes.days for outcomes in arms.values())):
        shares = {arm: findings.deal_by(outcomes, day) for arm, outcomes in arms.items()}
        effect = None
        if len(arms) > 1:
            name = f"deal_by_{day}"
            effect = _effect(findings.effects(arms[BASELINE], arms[CHANGED], (day,))[name], day)
        lines.append(
            Headline(
                day=day,
                arms={arm: _share(share) for arm, share in shares.items()},
                base_rate=None if base is None else _share(findings.base_rate_by(base, day)),
                effect=effect,
            )
        )
    return tuple(lines)


def _share(share: Finding) -> ShareInWords:
    """Put a share into words."""
    return ShareInWords(
        estimate=share.estimate,
        low=share.low,
        high=share.high,
        words=of_hundred(share.estimate or 0.0),
        interval=f"{of_hundred(share.low or 0.0)} to {of_hundred(share.high or 0.0)}",
    )


def _effect(effect: Effect, day: int) -> EffectInWords:
    """Put a difference into words, with a verdict: nothing, noise or clear."""
    low, high = effect.low or 0.0, effect.high or 0.0
    assert effect.estimate is not None, "a comparison has runs"
    verdict: Literal["nothing", "noise", "clear"]
    if effect.exactly_zero:
        verdict, words = "nothing", f"By day {day} the change makes no difference in any talk."
    elif not effect.is_clear:
        verdict = "noise"
        words = (
            f"By day {day} the difference is within noise: {100 * effect.estimate:+.1f} of 100 "
            f"talks (95 % interval {100 * low:+.1f} to {100 * high:+.1f})."
        )
    else:
        verdict = "clear"
        more = "more" if effect.estimate > 0 else "fewer"
        ends = sorted((abs(100 * low), abs(100 * high)))
        words = (
            f"By day {day} the change brings a truce in {abs(100 * effect.estimate):.1f} {more} "
            f"of 100 talks (95 % interval {ends[0]:.1f} to {ends[1]:.1f} {more})."
        )
    return EffectInWords(
        estimate=effect.estimate, low=effect.low, high=effect.high, verdict=verdict, words=words
    )


# --- In charts


def _sections(
    question: Query, shown: Mapping[str, Callable[[], Section]], arms: Mapping[str, Outcomes]
) -> tuple[SectionData, ...]:
    """Draw the section that is asked for, or all: one takes as long as to play many talks."""
    wanted = dict(question.more).get("section")
    sections = [
        section_data(draw(), arms) for name, draw in shown.items() if wanted in (None, name)
    ]
    if wanted in (None, "obstacles"):
        sections.append(section_data(obstacles(question, list(arms))))
    if not sections:
        raise ValueError(f"there is no section '{wanted}'; there are {', '.join(shown)}, obstacles")
    return tuple(sections)


KINDS: dict[str, Callable[[Query, JobContext], Record]] = {
    "outcomes": outcomes_only,
    "talks": talks,
    "headline": headline_only,
    "comparison": comparison,
    "report": brief,
}
