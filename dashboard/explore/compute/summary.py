"""What the workers compute: for each kind of question a function that gives plain data.

All numbers and all sentences about numbers are made here, by `sim`; the pages draw them. Only
workers import this module, as it brings the engine along.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import altair as alt

from dashboard.common.disk_cache import Cache
from dashboard.explore.answers import (
    ComparisonAnswer,
    ComparisonSoFar,
    HeadlineAnswer,
    Played,
    ReportAnswer,
    TalksAnswer,
    TalksSoFar,
)
from dashboard.explore.query import Query, QueryArm, arm_key
from sim import findings
from sim.engine.outcomes import Outcomes
from sim.engine.simulate import Comparison, in_stages, initial_utilities
from sim.findings import attribution
from sim.findings.statistics import Effect, Finding
from sim.reporting import explanation, html_report, sections
from sim.reporting import summary as summaries
from sim.reporting.charts.kit import GREY, Figure, specification
from sim.reporting.charts.shares import share_bars
from sim.reporting.explanation_sections import HEADINGS
from sim.reporting.models import (
    EffectInWords,
    FigureData,
    Headline,
    Record,
    SectionData,
    ShareInWords,
    TableData,
)
from sim.reporting.sections import BASELINE, CHANGED, Section
from sim.reporting.summary import days_within, of_hundred
from sim.scenario.schema import Scenario
from sim.types import Json

#: Talks played before a worker says how far it is.
STEP_RUNS = 2000

#: Outcomes a worker keeps in memory; most questions share a baseline.
OUTCOMES_KEPT = 8

#: At most so many draws of the bargain before the first day are looked at here; Why takes more.
MOST_DRAWS = 2000

#: Beside a curve of shares: so many bundles of so many talks, each drawn as a thin line.
PATHS, PATH_RUNS = 12, 50


@dataclass
class JobContext:
    """What a worker has at hand: answers and outcomes kept, and who listens.

    `say` tells how far the work is, from 0 to 1 and in words; `show` hands over a part of the
    answer before the rest.
    """

    cache: Cache
    say: Callable[[float, str], None] = lambda part, words: None
    show: Callable[[Json], None] = lambda partial: None
    outcomes: dict[str, Outcomes] = field(default_factory=dict)


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


ANSWERS: dict[str, Callable[[Query, JobContext], Record]] = {
    "outcomes": outcomes_only,
    "talks": talks,
    "headline": headline_only,
    "comparison": comparison,
    "report": brief,
}


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


def outcomes_of(
    arm: QueryArm,
    question: Query,
    desk: JobContext,
    say: Callable[[int, int], None],
    stand: Callable[[Outcomes], None] | None = None,
) -> Outcomes:
    """Return the outcomes of one arm: from memory, from disk or played.

    `say(done, total)` hears how many talks are played; `stand(outcomes)`, where they are played at
    once, how they stand after each day by which deals are counted.
    """
    runs, seed, days = question.runs, question.seed, question.days
    wanted = arm_key(arm, runs, seed, days)
    for enough in sorted({runs, max(runs, STEP_RUNS)}):
        found = _kept(arm_key(arm, enough, seed, days), desk)
        if found is not None:
            return first_runs(found, runs)
    parts: list[Outcomes] = []
    case = arm.case()
    for begin in range(0, runs, STEP_RUNS):
        say(begin, runs)
        count = min(STEP_RUNS, runs - begin)
        for outcomes in in_stages(
            case,
            runs=count,
            days=days_within(days),
            first=begin,
            seed=seed,
            levers=dict(arm.levers),
        ):
            if stand is not None and count == runs and outcomes.days < days:
                stand(outcomes)
        parts.append(outcomes)
    say(runs, runs)
    outcomes = Outcomes.joined(parts)
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        desk.cache.put(f"{wanted}.npz", outcomes.save(Path(folder) / "outcomes").read_bytes())
    return _remember(wanted, outcomes, desk)


def _kept(name: str, desk: JobContext) -> Outcomes | None:
    if name in desk.outcomes:
        return _remember(name, desk.outcomes.pop(name), desk)
    path = desk.cache.get(f"{name}.npz")
    if path is None:
        return None
    try:
        return _remember(name, Outcomes.load(path), desk)
    except (OSError, ValueError, KeyError):  # half a file, or one of another format
        path.unlink(missing_ok=True)
        return None


def _remember(name: str, outcomes: Outcomes, desk: JobContext) -> Outcomes:
    desk.outcomes[name] = outcomes
    while len(desk.outcomes) > OUTCOMES_KEPT:
        del desk.outcomes[next(iter(desk.outcomes))]
    return outcomes


def first_runs(outcomes: Outcomes, runs: int) -> Outcomes:
    """Return the first of many runs: what fewer would have been."""
    if runs == len(outcomes):
        return outcomes
    arrays: dict[str, Any] = {name: getattr(outcomes, name)[:runs] for name in outcomes.arrays()}
    return replace(outcomes, **arrays)


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
        sections.append(section_data(_obstacles(question, list(arms))))
    if not sections:
        raise ValueError(f"there is no section '{wanted}'; there are {', '.join(shown)}, obstacles")
    return tuple(sections)


def section_data(section: Section, arms: Mapping[str, Outcomes] | None = None) -> SectionData:
    """Return a section with its charts as specifications of Vega-Lite.

    The last of the `arms` adds thin lines to the curve of first truces.
    """
    words = list(section.words)
    figures = []
    for figure in section.figures:
        if figure.name == "incidence" and arms:
            figure = replace(figure, chart=figure.chart + _paths(list(arms.values())[-1]))
            words.append(
                f"Each thin line is {PATH_RUNS} of the talks on their own: so different could it "
                "look if only so many were ever held."
            )
        figures.append(figure_data(figure))
    return SectionData(
        name=section.name,
        heading=section.heading,
        words=tuple(words),
        figures=tuple(figures),
        tables=tuple(TableData(head=table.head, rows=table.rows) for table in section.tables),
        after=section.after,
        missing=section.missing,
    )


def figure_data(figure: Figure) -> FigureData:
    """Return a figure with its specification; numbers are rounded to what an eye can see."""
    return FigureData(
        name=figure.name,
        title=figure.title,
        alt=figure.alt,
        head=figure.head,
        rows=figure.rows,
        spec=_for_streamlit(_rounded(specification(figure, titled=False))),
    )


def _for_streamlit(spec: Json) -> Json:
    """Write labels of several lines as text: Streamlit's tables hold no lists."""
    config = {**spec["config"], "text": {"lineBreak": "\n"}}
    in_lines: Json = _in_lines({**spec, "config": config})
    return in_lines


def _in_lines(part: Any) -> Any:
    """Join the lines of words, wherever they stand in a specification."""
    if isinstance(part, list):
        return [_in_lines(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: "\n".join(value) if key == "words" and isinstance(value, list) else _in_lines(value)
        for key, value in part.items()
    }


def _rounded(part: Any) -> Any:
    """Round all numbers of a specification."""
    if isinstance(part, float):
        return float(f"{part:.4g}")
    if isinstance(part, dict):
        return {key: _rounded(value) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_rounded(value) for value in part]
    return part


def _paths(outcomes: Outcomes) -> alt.Chart:
    """Thin lines: how the share of talks with a truce grows in small bundles of the talks."""
    days = [*range(0, outcomes.days, max(1, outcomes.days // 60)), outcomes.days]
    rows = [
        {"path": k, "day": day, "estimate": 100 * float(dealt[begin : begin + PATH_RUNS].mean())}
        for day in days
        for dealt in [findings.dealt_by(outcomes, day)]
        for k, begin in enumerate(range(0, len(outcomes) - PATH_RUNS + 1, PATH_RUNS))
        if k < PATHS
    ]
    lines: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(interpolate="step-after", strokeWidth=0.8, opacity=0.55, color=GREY)
        .encode(alt.X("day:Q"), alt.Y("estimate:Q"), alt.Detail("path:N"))
    )
    return lines


def _obstacles(question: Query, arms: list[str]) -> Section:
    """Show who and what stands in the way before the first day, arm beside arm."""
    bargains = {}
    for name, arm in zip(arms, question.arms, strict=True):
        looked = initial_utilities(
            arm.case(),
            runs=min(MOST_DRAWS, question.runs),
            seed=question.seed,
            levers=dict(arm.levers),
        )
        bargains[name] = attribution.structural(looked)
    scenario = question.arms[-1].case()
    blocked = {name: found for name, found in bargains.items() if found.no_zopa.estimate}
    named = len(bargains) > 1
    said = tuple(
        (f"{name.capitalize()}: " if named else "") + _blocked(found, scenario, name in blocked)
        for name, found in bargains.items()
    )
    heading = "Who and what stands in the way?"
    if not blocked:
        return Section("obstacles", heading, said)
    no_issue = any(found.issue_shares[attribution.NO_ISSUE].estimate for found in blocked.values())
    figure = share_bars(
        "obstacles",
        "Where nothing suits everybody before the first day: who would have to give up most, and "
        "over which issues they part.",
        {
            name if named else "": {
                "Who would have to give up most": _blockers(found, scenario),
                "Parts of the gap": _parted(found, scenario, no_issue),
            }
            for name, found in blocked.items()
        },
    )
    return Section("obstacles", heading, said, (figure,))


def _blocked(found: attribution.Structural, scenario: Scenario, is_blocked: bool) -> str:
    """Return how often nothing suits everybody, and who and what that is due to, in a sentence."""
    if not is_blocked:
        return "before the first day some package would suit everybody in every talk."
    blockers, issues = _blockers(found, scenario), _parted(found, scenario, no_issue=True)
    return (
        f"in {of_hundred(found.no_zopa.estimate or 0.0)} of 100 talks no package is better than no "
        f"deal for everyone who can refuse one. There, {_most(blockers)} must give up most in most "
        f"talks, and the issue that parts them most is: {_most(issues)}."
    )


def _blockers(found: attribution.Structural, scenario: Scenario) -> dict[str, Finding]:
    """Return how often each party would have to give up most."""
    alone = attribution.NOBODY_ALONE
    return {
        "no one party alone" if name == alone else scenario.parties[name].title: share
        for name, share in found.blockers.items()
    }


def _parted(
    found: attribution.Structural, scenario: Scenario, no_issue: bool
) -> dict[str, Finding]:
    """Return each issue's part of the gap; that of no issue only where there is one."""
    return {
        explanation.issue_words(name, scenario): part
        for name, part in found.issue_shares.items()
        if name != attribution.NO_ISSUE or no_issue
    }


def _most(shares: Mapping[str, Finding]) -> str:
    return max(shares, key=lambda name: shares[name].estimate or 0.0)
