"""The report as one page of HTML that needs nothing but itself, with its charts beside it.

What a page could not compute it leaves out and says so. The page fetches nothing: charts are drawn
into it, and sources are links for people to follow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sim.engine.outcomes import Outcomes
from sim.engine.simulate import Comparison
from sim.findings import sensitivity
from sim.findings.designs import ExperimentDesign, run_design
from sim.findings.explanation import Reasons
from sim.findings.explanation import reasons as find_reasons
from sim.findings.statistics import Finding
from sim.reporting import explanation, sections
from sim.reporting.charts.kit import Figure, as_svg, png_of
from sim.reporting.explanation_sections import (
    HEADINGS,
    mechanisms_section,
    mediation_section,
    outcome_for,
    sensitivities_section,
    why_section,
)
from sim.reporting.models import ComparisonSummary, Summary
from sim.reporting.parameter_tables import what_it_is
from sim.reporting.sections import Section
from sim.reporting.summary import (
    NOT_A_FORECAST,
    assumptions,
    comparison_summary,
    frequency,
    interval,
    judged,
    of_hundred,
    range_of,
    settings_in_words,
    settings_of,
    summary,
    talks_played,
)
from sim.scenario.quantity import Quantity
from sim.scenario.schema import Scenario
from sim.types import Json

#: What a folder holds besides the charts.
PAGE, SUMMARY, WHY, CHARTS = "report.html", "summary.json", "why.json", "charts"

#: For each talk of an arm so many points are tried, with two talks each, to find the numbers that
#: matter.
POINTS_PER_RUN = 6


@dataclass(frozen=True)
class Further:
    """What takes talks of its own."""

    runs: int  # in each arm
    reasons: Reasons
    outcome: str  # whose trends they are, by its name in `sim.findings.sensitivity.MEASURES`
    trends: tuple[Finding, ...]  # with each uncertain number, steepest first
    luck: Finding  # the share of the variance that no number explains


@dataclass(frozen=True)
class Page:
    """All that the template is told."""

    kind: str
    title: str
    summary: str
    content_note: str
    as_of: str
    not_a_forecast: str
    headline: tuple[str, ...]
    played: str
    sections: tuple[Section, ...]
    footing: str
    numbers: tuple[Mapping[str, str], ...]
    sources: tuple[Mapping[str, str], ...]
    limits: tuple[str, ...]
    command: str
    origin: tuple[tuple[str, str], ...]
    data: Mapping[str, Json] = field(default_factory=dict)  # what is written as JSON, by file

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All charts, in order."""
        return tuple(figure for section in self.sections for figure in section.figures)


# --- Two kinds of page


def report(
    outcomes: Outcomes,
    scenario: Scenario,
    command: str,
    further: Further | None,
    changes: Mapping[str, str] | None = None,
) -> Page:
    """Lay out one set of talks; without `further` the page says how to get what is missing.

    `changes` are values of the scenario that were set for these talks, by their paths.
    """
    talks = summary(outcomes, scenario, command, changes)
    data = {SUMMARY: talks.as_data()}
    if further is not None:
        data[WHY] = _why_data(further, talks, scenario)
    return Page(
        kind="Report of simulated talks",
        headline=_headline(talks),
        played=f"{_played(talks)} Played with {settings_of(talks)}.",
        sections=(
            *(draw() for draw in sections.of_talks(outcomes, talks, scenario).values()),
            *_further(further, scenario),
        ),
        command=command,
        origin=_origin(talks),
        data=data,
        **vars(about(scenario)),
    )


def _why_data(further: Further, talks: Summary, scenario: Scenario) -> Json:
    """Return the reasons as JSON; in a report their `runs` have always stood behind the levers."""
    data = explanation.why_summary(
        further.reasons,
        scenario,
        talks.command,
        seed=talks.seed,
        runs=further.runs,
        days=talks.days,
        levers=talks.levers,
    ).as_data()
    first = ("schema", "scenario", "seed", "days", "levers", "runs")
    return {key: data[key] for key in (*first, *(key for key in data if key not in first))}


def comparison(both: Comparison, scenario: Scenario, command: str) -> Page:
    """Lay out talks with and without a change, played with the same random streams."""
    talks = comparison_summary(both, scenario, command)
    return Page(
        kind="Comparison of simulated talks",
        headline=_differences(talks),
        played=_played(talks)
        + " Each was played twice with the same luck, so that a difference is an effect. Baseline: "
        f"{settings_in_words(talks.baseline_levers, talks.baseline_events)}. "
        f"Changed: {settings_in_words(talks.changed_levers, talks.changed_events)}"
        + ("." if talks.same_numbers else ", and numbers of the scenario."),
        sections=sections.comparison_report(both, talks, scenario),
        command=command,
        origin=_origin(talks),
        data={SUMMARY: talks.as_data()},
        **vars(about(scenario)),
    )


def look_further(
    outcomes: Outcomes,
    scenario: Scenario,
    *,
    runs: int,
    workers: int,
    say: Callable[[str], None] = lambda words: None,
) -> Further:
    """Play what tells why there was no deal, what mediation is worth and which numbers matter."""
    seed, days, levers = outcomes.seed, outcomes.days, outcomes.levers
    reasons = find_reasons(
        scenario,
        runs=runs,
        seed=seed,
        days=days,
        levers=levers,
        workers=workers,
        say=say,
        talks=outcomes,
    )
    say("Looking for the numbers that matter")
    outcome = outcome_for(days)
    paths = sensitivity.uncertain_paths(scenario)
    design = ExperimentDesign("luck", paths, POINTS_PER_RUN * runs, 2, seed)
    play = sensitivity.player(scenario, workers=workers, seed=seed, days=days, levers=levers)
    table = run_design(design, play)
    trends = sensitivity.trends_from(table, outcome)
    return Further(runs, reasons, outcome, trends, sensitivity.luck_from(table, outcome))


def _further(further: Further | None, scenario: Scenario) -> tuple[Section, ...]:
    """Draw the sections on why there is no deal and which numbers matter, or say what is left."""
    if further is None:
        missing = "Left out: this takes talks of its own. Ask for it with --further and a number."
        return tuple(Section(name, heading, missing=missing) for name, heading in HEADINGS.items())
    reasons = further.reasons
    return (
        why_section(reasons.structural, reasons.procedural, reasons.stood_firm, scenario),
        mechanisms_section(reasons.mechanisms, further.runs),
        mediation_section(reasons.mediation, scenario, further.runs),
        sensitivities_section(further.outcome, further.trends, further.luck, scenario),
    )


# --- What every page says


@dataclass(frozen=True)
class About:
    """What any page about a scenario says of it: its subject, its numbers, its limits."""

    title: str
    summary: str
    content_note: str
    as_of: str
    not_a_forecast: str
    footing: str
    numbers: tuple[Mapping[str, str], ...]
    sources: tuple[Mapping[str, str], ...]
    limits: tuple[str, ...]


def about(scenario: Scenario) -> About:
    """Say of a scenario what any page about it says."""
    kinds = assumptions(scenario)
    return About(
        title=scenario.title,
        summary=scenario.summary,
        content_note=scenario.content_note,
        as_of="an invented day" if scenario.fictional else str(scenario.as_of),
        not_a_forecast=NOT_A_FORECAST,
        footing=f"{kinds.total} numbers: {kinds.sourced} have a source, "
        f"{kinds.judgement} are our judgement, {kinds.definition} fix a unit. Intervals "
        "speak of the luck of the draw and shrink with more runs; whether the assumptions are "
        "right they do not say.",
        numbers=tuple(_number(scenario, *one) for one in scenario.quantities().items()),
        sources=tuple(_source(scenario, name) for name in scenario.sources),
        limits=tuple(scenario.limits),
    )


def _origin(talks: Summary | ComparisonSummary) -> tuple[tuple[str, str], ...]:
    """Say what the talks were played with, so that they can be repeated."""
    return (
        ("scenario", f"{talks.scenario.name}, sha256 {talks.scenario.sha256}"),
        ("version", talks.version),
        ("seed", str(talks.seed)),
        ("talks", f"{talks.runs:,} of {talks.days} days"),
    )


def _number(scenario: Scenario, path: str, number: Quantity) -> Mapping[str, str]:
    """Describe a number of the scenario."""
    try:
        what = what_it_is(scenario, path)
    except KeyError:  # a strategy of the user's own
        what = ""
    return {
        "path": path,
        "centre": f"{number.centre:.4g}",
        "range": range_of(number),
        "what": what,
        "source": number.source or "",
        "basis": number.basis or "",
        "note": number.note,
    }


def _source(scenario: Scenario, name: str) -> Mapping[str, str]:
    """Describe a source; only links to the web become links."""
    source = scenario.sources[name]
    url = source.url if source.url.startswith(("https://", "http://")) else ""
    return {"name": name, "title": source.title, "date": source.date, "url": url}


def _played(talks: Summary | ComparisonSummary) -> str:
    """Say how many talks were played, for how long and with which seed."""
    return f"{talks_played(talks.runs, talks.days)}, seed {talks.seed}."


# --- What each kind says first


def _headline(talks: Summary) -> tuple[str, ...]:
    """Say how many talks reach a truce by some days, beside the base rate."""
    base = talks.base_rate
    lines = []
    for day, share in reversed(talks.deal.by_day.items()):
        line = f"{frequency(share)} simulated talks reach a truce by day {day}"
        line += f" (95 % interval {interval(share)})"
        if base:
            past = base.by_day[day]
            line += f"; the base rate is {of_hundred(past.estimate or 0.0)} ({interval(past)})"
        lines.append(f"{line}.")
    return tuple(lines)


def _differences(talks: ComparisonSummary) -> tuple[str, ...]:
    """Say what the change does to the talks with a truce by some days."""
    lines = []
    for name, effect in talks.effects.items():
        if name.startswith("deal_by_"):
            day = name.rpartition("_")[2]
            before, after = of_hundred(effect.baseline), of_hundred(effect.changed)
            lines.append(
                f"By day {day}, {after} of 100 simulated talks reach a truce with the change and "
                f"{before} without it: {judged(name, effect, talks.runs)}."
            )
    return tuple(reversed(lines))


# --- On disk


def write(page: Page, folder: Path) -> list[Path]:
    """Write the page, its charts as SVG and PNG, and its numbers as JSON; returns the paths."""
    (folder / CHARTS).mkdir(parents=True, exist_ok=True)
    paths = [folder / PAGE]
    paths[0].write_text(as_html(page), encoding="utf-8")
    for name, data in page.data.items():
        paths.append(folder / name)
        text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
        paths[-1].write_text(f"{text}\n", encoding="utf-8")
    for figure in page.figures:
        stem = folder / CHARTS / figure.name
        svg, png = stem.with_suffix(".svg"), stem.with_suffix(".png")
        drawn = as_svg(figure)
        svg.write_text(drawn, encoding="utf-8")
        png.write_bytes(png_of(drawn))
        paths += [svg, png]
    return paths


def files_in_words(paths: Sequence[Path]) -> str:
    """Say in one line what has been written."""
    drawn = sum(path.suffix == ".svg" for path in paths)
    return f"{paths[0]} ({drawn} charts as SVG and PNG and the numbers as JSON beside it)"


def as_html(page: Page) -> str:
    """Return the page as HTML; whatever comes from a scenario is escaped."""
    drawn = {figure.name: Markup(_inline(figure)) for figure in page.figures}
    return _environment().get_template(PAGE).render(page=page, drawn=drawn)


@cache
def _environment() -> Environment:
    """Prepare the templates, once."""
    return Environment(
        loader=PackageLoader("sim.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _inline(figure: Figure) -> str:
    """Draw a chart as part of a page, without what only a file of its own needs."""
    svg = as_svg(figure, titled=False)
    return re.sub(r' (xmlns(:\w+)?|version)="[^"]*"', "", svg, count=3)
