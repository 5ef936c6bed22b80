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
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sim import charts, findings, sensitivity, why
from sim.attribution import NO_ISSUE, NOBODY_ALONE, Mechanism, Structural
from sim.charts import Figure
from sim.designs import Design, played
from sim.experiment import Comparison
from sim.findings import Effect, Finding
from sim.mediation import Mediation
from sim.outcomes import ENDINGS, Outcomes
from sim.parameters import what_it_is
from sim.report import (
    CAPTIVE_WORDS,
    NOT_A_FORECAST,
    amount,
    assumptions,
    cause_words,
    comparison_summary,
    days_within,
    effect_words,
    ending_words,
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
from sim.scenario import Scenario
from sim.uncertain import Quantity
from sim.why import Reasons

Json = dict[str, Any]

#: What a folder holds besides the charts.
PAGE, SUMMARY, WHY, CHARTS = "report.html", "summary.json", "why.json", "charts"

#: A curve has about so many points, and first truces are followed for so many days.
POINTS, FOLLOWED = 60, 120

#: The outcome whose sensitivity is shown, and the one where talks are too short for that.
OUTCOME, BRIEF = "deal_by_90", "restricted_mean_day"

#: For each talk of an arm so many points are tried, with two talks each, to find the numbers that
#: matter; so many of these are shown.
POINTS_PER_RUN, STEEPEST = 6, 10

#: What is asked of the outcomes is named so where only one arm is drawn.
TALKS, TRUCES = "simulated talks", "simulated truces"

BASELINE, CHANGED = "baseline", "changed"

#: The sections that take talks of their own, and their headings.
HEADINGS = {
    "why": "Why is there no deal?",
    "mechanisms": "What if one obstacle were taken away?",
    "mediation": "What is mediation worth?",
    "sensitivities": "Which assumptions matter most?",
}


@dataclass(frozen=True)
class Further:
    """What takes talks of its own."""

    runs: int  # in each arm
    reasons: Reasons
    outcome: str  # whose trends they are, by its name in `sim.sensitivity.MEASURES`
    trends: tuple[Finding, ...]  # with each uncertain number, steepest first
    luck: Finding  # the share of the variance that no number explains


@dataclass(frozen=True)
class Table:
    """Numbers that stand in the text."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """A part of the page under its own heading."""

    name: str
    heading: str
    words: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    after: tuple[str, ...] = ()
    missing: str = ""  # why something is not here


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
    """The page about one set of talks; without `further` it says how to get what is missing.

    `changes` are values of the scenario that were set for these talks, by their paths.
    """
    found = summary(outcomes, scenario, command, changes)
    data = {SUMMARY: found}
    if further is not None:
        asked = {name: found[name] for name in ("seed", "days", "levers")} | {"runs": further.runs}
        data[WHY] = why.why_summary(further.reasons, scenario, asked, command)
    return Page(
        kind="Report of simulated talks",
        headline=_headline(found),
        played=f"{_played(found)} Played with {settings_of(found)}.",
        sections=(
            *(draw(outcomes, found, scenario) for draw in OF_TALKS.values()),
            *_further(further, scenario),
        ),
        data=data,
        **_frame(found, scenario, command),
    )


def comparison(both: Comparison, scenario: Scenario, command: str) -> Page:
    """The page about talks with and without a change, played with the same luck."""
    found = comparison_summary(both, scenario, command)
    return Page(
        kind="Comparison of simulated talks",
        headline=_differences(found),
        played=_played(found)
        + " Each was played twice with the same luck, so that a difference is an effect. Baseline: "
        f"{settings_in_words(found['baseline_levers'])}. "
        f"Changed: {settings_in_words(found['changed_levers'])}"
        + ("." if _same_numbers(found) else ", and numbers of the scenario."),
        sections=tuple(draw(both, found, scenario) for draw in OF_COMPARISON.values()),
        data={SUMMARY: found},
        **_frame(found, scenario, command),
    )


def look_further(
    outcomes: Outcomes,
    scenario: Scenario,
    *,
    runs: int,
    workers: int,
    say: Callable[[str], None] = lambda words: None,
) -> Further:
    """Why there was no deal, what mediation is worth and which numbers matter."""
    asked: Json = {"seed": outcomes.seed, "days": outcomes.days, "levers": outcomes.levers}
    reasons = why.reasons(scenario, runs=runs, workers=workers, say=say, talks=outcomes, **asked)
    say("Looking for the numbers that matter")
    outcome = OUTCOME if outcomes.days >= sensitivity.MEASURES[OUTCOME].least_days else BRIEF
    paths = sensitivity.uncertain_paths(scenario)
    design = Design("luck", paths, POINTS_PER_RUN * runs, 2, outcomes.seed)
    table = played(design, sensitivity.player(scenario, workers=workers, **asked))
    trends = sensitivity.trends_from(table, outcome)
    return Further(runs, reasons, outcome, trends, sensitivity.luck_from(table, outcome))


# --- On disk


def write(page: Page, folder: Path) -> list[Path]:
    """Write the page, its charts as SVG and PNG, and its numbers as JSON; returns the paths."""
    (folder / CHARTS).mkdir(parents=True, exist_ok=True)
    paths = [folder / PAGE]
    paths[0].write_text(as_html(page), encoding="utf-8")
    for name, found in page.data.items():
        paths.append(folder / name)
        text = json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False)
        paths[-1].write_text(f"{text}\n", encoding="utf-8")
    for figure in page.figures:
        stem = folder / CHARTS / figure.name
        svg, png = stem.with_suffix(".svg"), stem.with_suffix(".png")
        drawn = charts.as_svg(figure)
        svg.write_text(drawn, encoding="utf-8")
        png.write_bytes(charts.png_of(drawn))
        paths += [svg, png]
    return paths


def as_html(page: Page) -> str:
    """The page as HTML; whatever comes from a scenario is escaped."""
    drawn = {figure.name: Markup(_inline(figure)) for figure in page.figures}
    return _environment().get_template(PAGE).render(page=page, drawn=drawn)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("sim"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _inline(figure: Figure) -> str:
    """A chart as part of a page, without what only a file of its own needs."""
    svg = charts.as_svg(figure, titled=False)
    return re.sub(r' (xmlns(:\w+)?|version)="[^"]*"', "", svg, count=3)


# --- What every page says


def _frame(found: Json, scenario: Scenario, command: str) -> Json:
    """What the page is about, what it rests on and how to repeat it."""
    return {
        **about(scenario),
        "command": command,
        "origin": (
            ("scenario", f"{found['scenario']['name']}, sha256 {found['scenario']['sha256']}"),
            ("version", found["version"]),
            ("seed", str(found["seed"])),
            ("talks", f"{found['runs']:,} of {found['days']} days"),
        ),
    }


def about(scenario: Scenario) -> Json:
    """What any page about a scenario says of it: its subject, its numbers, its limits."""
    kinds = assumptions(scenario)
    return {
        "title": scenario.title,
        "summary": scenario.summary,
        "content_note": scenario.content_note,
        "as_of": "an invented day" if scenario.fictional else str(scenario.as_of),
        "not_a_forecast": NOT_A_FORECAST,
        "footing": f"{sum(kinds.values())} numbers: {kinds['sourced']} have a source, "
        f"{kinds['judgement']} are our judgement, {kinds['definition']} fix a unit. Intervals "
        "speak of the luck of the draw and shrink with more runs; whether the assumptions are "
        "right they do not say.",
        "numbers": tuple(_number(scenario, *one) for one in scenario.quantities().items()),
        "sources": tuple(_source(scenario, name) for name in scenario.sources),
        "limits": tuple(scenario.limits),
    }


def _number(scenario: Scenario, path: str, number: Quantity) -> Mapping[str, str]:
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
    source = scenario.sources[name]
    url = source.url if source.url.startswith(("https://", "http://")) else ""
    return {"name": name, "title": source.title, "date": source.date, "url": url}


def _played(found: Json) -> str:
    return f"{talks_played(found)}, seed {found['seed']}."


def _headline(found: Json) -> tuple[str, ...]:
    """How many talks reach a truce by some days, beside the base rate."""
    base = found["base_rate"]
    lines = []
    for day, share in reversed(found["deal"]["by_day"].items()):
        line = f"{frequency(share)} simulated talks reach a truce by day {day}"
        line += f" (95 % interval {interval(share)})"
        if base:
            past = base["by_day"][day]
            line += f"; the base rate is {of_hundred(past['estimate'])} ({interval(past)})"
        lines.append(f"{line}.")
    return tuple(lines)


# --- The sections


def _truce_begins(arms: Mapping[str, Outcomes], scenario: Scenario) -> Section:
    """When the first truce begins."""
    one = next(iter(arms.values()))
    days = [*range(0, one.days, max(1, one.days // POINTS)), one.days]
    days = sorted({*days, *days_within(one.days)})
    base = scenario.base_rate
    several = len(arms) > 1
    dots = [
        charts.first_truce(
            charts.quantile_days(outcomes),
            outcomes.days,
            f"first-truce-{arm}" if several else "first-truce",
            arm if several else "",
        )
        for arm, outcomes in arms.items()
    ]
    curves = {
        arm: {day: findings.deal_by(outcomes, day) for day in days}
        for arm, outcomes in arms.items()
    }
    past = base and {day: findings.base_rate_by(base, day) for day in days}
    said = ["In the first chart each dot stands for one talk in a hundred."]
    if base:
        title = scenario.sources[base.source].title
        said.append(
            f"The base rate is a constant pace: {title}. It is a yardstick that may know what came "
            "after the scenario's day; the model is not told of it as an input."
        )
    else:
        said.append("There is no base rate: no history to hold this against.")
    return Section(
        "truce-begins",
        "Does it come to a truce, and when?",
        tuple(said),
        (*dots, charts.incidence(curves, past or None)),
    )


def _endings(found: Json, scenario: Scenario) -> Section:
    zopa = found["zopa"]
    rows = tuple(
        (ending_words(name, scenario), of_hundred(found["endings"][name]))
        for name in ENDINGS
        if found["endings"][name] > 0
    )
    return Section(
        "endings",
        f"How do talks stand on day {found['days']}?",
        tables=(Table(("on the last day", "of 100 talks"), rows),),
        after=(
            "Is there anything to agree on? Before the first day some package is better than no "
            f"deal for everyone who can refuse one in {of_hundred(zopa['day0'])} of 100 talks, as "
            f"the parties see it; in {of_hundred(zopa['objective_day0'])} if they knew the true "
            f"chances of war; on some day in {of_hundred(zopa['any_day'])}.",
        ),
    )


def _terms(arms: Mapping[str, Outcomes], scenario: Scenario) -> Section:
    """What first deals say."""
    heading = "What do first deals say?"
    if not all((outcomes.deal_day > 0).any() for outcomes in arms.values()):
        gone = "No deal was signed" + (" in one of the two arms" if len(arms) > 1 else "")
        return Section("terms", heading, missing=f"{gone}, so there are no terms to show.")
    found = {arm: findings.terms(outcomes) for arm, outcomes in arms.items()}
    figures = tuple(
        charts.shares(
            f"terms-{name}",
            f"{issue.title}: of 100 first deals.",
            {
                arm: {"": {issue.levels[level].words: one for level, one in terms[name].items()}}
                for arm, terms in found.items()
            },
            "of 100 first deals",
        )
        for name, issue in scenario.issues.items()
    )
    return Section("terms", heading, ("Only talks that come to a deal are counted here.",), figures)


def _people(arms: Mapping[str, Outcomes], scenario: Scenario) -> Section:
    """What becomes of captives and prisoners."""
    heading = "What becomes of the people held?"
    if not scenario.captives:
        return Section("people", heading, missing="This scenario tells of no captives.")
    initial = [
        f"{spec.title}: {_initial(arms, pool):.0f} on the first day, the dead included."
        for pool, spec in scenario.captives.items()
    ]
    figures = [
        charts.exchange(
            "captives",
            "So many people, on average and in 90 of 100 talks.",
            {
                arm: {
                    spec.title: {
                        words: findings.people(outcomes, key, pool)
                        for key, words in CAPTIVE_WORDS.items()
                    }
                    for pool, spec in scenario.captives.items()
                }
                for arm, outcomes in arms.items()
            },
        )
    ]
    if scenario.prisoners:
        figures.append(
            charts.exchange(
                "prisoners",
                "So many prisoners are released, on average and in 90 of 100 talks.",
                {
                    arm: {
                        "Prisoners released": {
                            spec.title: findings.people(outcomes, "prisoners_released", pool)
                            for pool, spec in scenario.prisoners.items()
                        }
                    }
                    for arm, outcomes in arms.items()
                },
            )
        )
    return Section(
        "people",
        heading,
        (" ".join(initial),),  # one paragraph, so that no pool is told of apart from the others
        tuple(figures),
        after=("Who dies in captivity is counted again where the dead come home or are held.",),
    )


def _initial(arms: Mapping[str, Outcomes], pool: str) -> float:
    return findings.people(next(iter(arms.values())), "initial", pool).mean


def _truce_lasts(arms: Mapping[str, Outcomes], scenario: Scenario) -> Section:
    """How long first truces stay in force, and what ends them."""
    heading = "Does the first truce last?"
    if not all((outcomes.truces > 0).any() for outcomes in arms.values()):
        return Section("truce-lasts", heading, missing="No truce began, so none can be followed.")
    one = next(iter(arms.values()))
    horizon = min(FOLLOWED, one.days)
    days = tuple(sorted({*range(0, horizon + 1, max(1, horizon // POINTS)), 7, 30, 60, horizon}))
    curves = {
        arm: findings.truce_survival(outcomes, tuple(day for day in days if day <= horizon))
        for arm, outcomes in arms.items()
    }
    several = len(arms) > 1
    causes = {
        arm if several else "": {"": _causes(outcomes, scenario)} for arm, outcomes in arms.items()
    }
    ends = [
        charts.truce_ends(
            {
                cause_words(cause, scenario): curve
                for cause, curve in findings.truce_ends(outcomes, tuple(curves[arm])).items()
            },
            f"truce-ends-{arm}" if several else "truce-ends",
            arm if several else "",
        )
        for arm, outcomes in arms.items()
    ]
    return Section(
        "truce-lasts",
        heading,
        (
            "A term that lapses as agreed is an end. Truces that hold on the last day are followed "
            "until then and no further (Kaplan and Meier). A truce that one cause has ended no "
            "other can end, so the causes are counted side by side (Aalen and Johansen); those of "
            "which none is shown have ended none.",
        ),
        (
            charts.survival(curves),
            *ends,
            charts.shares(
                "truce-causes",
                "What became of 100 first truces by the last day.",
                causes,
                "of 100 first truces",
            ),
        ),
    )


def _causes(outcomes: Outcomes, scenario: Scenario) -> dict[str, Finding]:
    found = findings.truce_causes(outcomes)
    return {cause_words(cause, scenario): share for cause, share in found.items()}


def _refusals(outcomes: Outcomes, found: Json, scenario: Scenario) -> Section:
    """Who refused texts, alone or with others."""
    words = {
        "refused": "refused",
        "refused_alone": "refused, and nobody else did",
        "no_way_out": "saw no way out",
    }
    groups = {
        scenario.parties[party].title + ("" if scenario.parties[party].veto else " (no veto)"): {
            words[name]: share for name, share in counts.items()
        }
        for party, counts in findings.refusals(outcomes).items()
    }
    return Section(
        "blockers",
        "Who refuses?",
        (
            "Texts put on the table in all talks together. Who sees no way out believes that "
            "nothing it could accept would be accepted.",
        ),
        (
            charts.shares(
                "blockers",
                "Of 100 texts on the table, so many are refused by each party.",
                {"": groups},
                "of 100 texts",
            ),
        ),
    )


# --- The sections that take talks of their own


def _further(further: Further | None, scenario: Scenario) -> tuple[Section, ...]:
    """Why there is no deal, what obstacles cost, what mediation is worth, which numbers matter."""
    if further is None:
        missing = "Left out: this takes talks of its own. Ask for it with --further and a number."
        return tuple(Section(name, heading, missing=missing) for name, heading in HEADINGS.items())
    reasons = further.reasons
    return (
        why_section(reasons.structural, reasons.procedural, scenario),
        mechanisms_section(reasons.mechanisms, further.runs),
        mediation_section(reasons.mediation, scenario, further.runs),
        sensitivities_section(further.outcome, further.trends, further.luck, scenario),
    )


def why_section(
    bargain: Structural, procedural: Mapping[str, Finding], scenario: Scenario
) -> Section:
    """What is in the way before the first day, and why rounds with a possible deal fail."""
    figures = []
    if bargain.no_zopa.estimate:
        blockers = {
            "no one party alone" if name == NOBODY_ALONE else scenario.parties[name].title: share
            for name, share in bargain.blockers.items()
        }
        issues = {
            why.issue_words(name, scenario): part
            for name, part in bargain.issue_shares.items()
            if name != NO_ISSUE or part.estimate
        }
        figures.append(
            charts.shares(
                "structural",
                "Where nothing suits everybody before the first day: who would have to give up "
                "most, and over which issues they part.",
                {"": {"Who would have to give up most": blockers, "Parts of the gap": issues}},
            )
        )
    lost = {
        f"{scenario.parties[reason].title} held out for more"
        if reason in scenario.parties
        else why.REASON_WORDS[reason]: share
        for reason, share in procedural.items()
    }
    figures.append(
        charts.shares(
            "procedural",
            "Of 100 rounds in which some package would have suited everybody, before a first deal, "
            "so many failed for each reason.",
            {"": {"": lost}},
            "of 100 rounds",
        )
    )
    said = (
        f"In {_frequency(bargain.no_zopa)} talks no package is better than no deal for everyone "
        f"who can refuse one before the first day, as they see it ({bargain.no_zopa.n:,} draws). "
        "Parts of the gap are Shapley values: how much of it would close if an issue were out of "
        "the way, averaged over all orders.",
    )
    return Section("why", HEADINGS["why"], said, tuple(figures))


def mechanisms_section(mechanisms: Mapping[str, Mechanism], runs: int) -> Section:
    """What each obstacle costs, from so many talks in each arm."""
    name = next(iter(next(iter(mechanisms.values())).effects))
    day = name.rpartition("_")[2]
    effects = {m.words: m.effects[name] for m in mechanisms.values()}
    figure = charts.effects(
        "mechanisms",
        f"Truces by day {day}, more or fewer of 100 talks, if one thing alone were otherwise.",
        {"": effects},
        f"change in talks with a truce by day {day}, of 100",
    )
    heading, noise = HEADINGS["mechanisms"], _within(effects)
    return Section("mechanisms", heading, (_paired(runs),), (figure,), after=(noise,))


def mediation_section(value: Mediation, scenario: Scenario, runs: int) -> Section:
    """What mediation adds, from so many talks in each arm."""
    heading = HEADINGS["mediation"]
    if not scenario.mediators:
        return Section("mediation", heading, missing="This scenario has no mediators.")
    name = next(iter(value.whole))
    day = name.rpartition("_")[2]
    groups: dict[str, Mapping[str, Finding]] = {
        "In all": {"mediation": value.whole[name]},
        "By what mediators do": {
            why.LEVER_WORDS[lever]: part for lever, part in value.levers[name].items()
        },
        "By mediator": {
            scenario.mediators[mediator].title: part
            for mediator, part in value.mediators[name].items()
        },
    }
    figure = charts.effects(
        "mediation",
        f"What mediation adds to the talks with a truce by day {day}, of 100.",
        groups,
        f"talks with a truce by day {day}, of 100, added",
    )
    rows = []
    for outcome, whole in value.whole.items():
        scale = findings.scale_of(outcome)
        rows.append((why.measure_words(outcome), charts.signed(whole, scale)))
    return Section(
        "mediation",
        heading,
        (value.counterfactual, _paired(runs)),
        (figure,),
        (Table(("what mediation adds to", "difference (95 % interval)"), tuple(rows)),),
        (
            "What mediators do, and mediators, each add up to the whole; each part is a mean over "
            "the orders in which they might come (Shapley).",
        ),
    )


def _paired(runs: int) -> str:
    return f"{runs:,} talks in each arm, played with the same luck, so that a change is an effect."


def _within(effects: Mapping[str, Effect]) -> str:
    """Which effects cannot be told from nothing, and which are nothing."""
    idle = [words for words, effect in effects.items() if effect.exactly_zero]
    unsure = [words for words, effect in effects.items() if not effect.is_clear]
    said = []
    if unsure:
        said.append(f"Not told from no change by so many talks: {'; '.join(unsure)}.")
    if idle:
        said.append(f"Without any effect in any of these talks: {'; '.join(idle)}.")
    return " ".join(said) or "All of these are larger than the noise of so many talks."


def sensitivities_section(
    outcome: str, trends: Sequence[Finding], luck: Finding, scenario: Scenario
) -> Section:
    """The numbers with which an outcome rises or falls most."""
    heading = HEADINGS["sensitivities"]
    measure = sensitivity.MEASURES[outcome]
    unit = ", of 100" if findings.is_share(outcome) else ""
    if not trends:
        return Section("sensitivities", heading, missing="Every number is certain here.")
    clear = sum(one.excludes_zero for one in trends)
    figure = charts.effects(
        "sensitivities",
        f"How far {measure.words}{unit} move over the range of a number: the steepest "
        f"{min(STEEPEST, len(trends))} of {len(trends)}.",
        {"": {one.name: one for one in trends[:STEEPEST]}},
        "from the lowest to the highest value" + unit,
        findings.scale_of(outcome),
    )
    return Section(
        "sensitivities",
        heading,
        (
            f"All uncertain numbers are drawn anew {trends[0].n:,} times, and two talks are played "
            "with each draw; shown is the slope of a straight line against each number.",
        ),
        (figure,),
        after=(
            f"{clear} of {len(trends)} intervals do not include 0; luck alone would make about "
            f"{0.05 * len(trends):.0f} such. Bends and joint effects are not seen here: "
            f"`parley sensitivity {scenario.scenario}` looks for them. Luck alone is "
            f"{_frequency(luck)} parts of the variance between talks.",
        ),
    )


# --- What a comparison says


def _same_numbers(found: Json) -> bool:
    return bool(found["changed_sha256"] == found["scenario"]["sha256"])


def _differences(found: Json) -> tuple[str, ...]:
    """What the change does to the talks with a truce by some days."""
    lines = []
    for name, effect in found["effects"].items():
        if name.startswith("deal_by_"):
            day = name.rpartition("_")[2]
            before, after = of_hundred(effect["baseline"]), of_hundred(effect["changed"])
            lines.append(
                f"By day {day}, {after} of 100 simulated talks reach a truce with the change and "
                f"{before} without it: {judged(name, effect, found['runs'])}."
            )
    return tuple(reversed(lines))


def _effects(both: Comparison, found: Json) -> Section:
    """Every effect, with what noise allows to say."""
    rows: list[tuple[str, ...]] = []
    unclear: list[str] = []
    shares: dict[str, Effect] = {}
    for name, effect in found["effects"].items():
        words = effect_words(name)
        shown = (amount(name, effect[arm]) for arm in (BASELINE, CHANGED))
        rows.append((words, *shown, judged(name, effect, found["runs"])))
        one = _as_effect(name, effect, len(both.baseline))
        if not one.is_clear:
            unclear.append(words)
        if findings.is_share(name):
            shares[words] = one
    to, away = found["flips"]["to_deal"], found["flips"]["from_deal"]
    noise = "Every difference here is larger than the luck of the draw allows."
    if unclear:
        noise = (
            f"The luck of {len(both.baseline):,} talks leaves open which way the change works on: "
            f"{'; '.join(unclear)}. More runs narrow this."
        )
    return Section(
        "effects",
        "What does the change do?",
        (noise,),
        (
            charts.effects(
                "effects",
                "More or fewer of 100 talks, with the change.",
                {"": shares},
                "difference, of 100 talks",
            ),
        ),
        (Table(("", BASELINE, CHANGED, "difference"), tuple(rows)),),
        (
            f"The change makes a deal where there was none in {frequency(to)} talks, and unmakes "
            f"one in {frequency(away)}.",
        ),
    )


def _as_effect(name: str, effect: Json, n: int) -> Effect:
    return Effect(name=name, n=n, definition="", **effect)


def _frequency(found: Finding) -> str:
    return frequency({"estimate": found.estimate})


def files_in_words(paths: Sequence[Path]) -> str:
    """What has been written, in one line."""
    drawn = sum(path.suffix == ".svg" for path in paths)
    return f"{paths[0]} ({drawn} charts as SVG and PNG and the numbers as JSON beside it)"


# --- The sections by their names, in order


#: Of one set of talks: from the outcomes, their summary and the scenario.
OF_TALKS: Mapping[str, Callable[[Outcomes, Json, Scenario], Section]] = {
    "truce-begins": lambda talks, found, case: _truce_begins({TALKS: talks}, case),
    "endings": lambda talks, found, case: _endings(found, case),
    "terms": lambda talks, found, case: _terms({"": talks}, case),
    "people": lambda talks, found, case: _people({"": talks}, case),
    "truce-lasts": lambda talks, found, case: _truce_lasts({TRUCES: talks}, case),
    "blockers": _refusals,
}

#: Of a comparison: from both arms, what their summary says and the scenario.
OF_COMPARISON: Mapping[str, Callable[[Comparison, Json, Scenario], Section]] = {
    "effects": lambda both, found, case: _effects(both, found),
    "truce-begins": lambda both, found, case: _truce_begins(_arms(both), case),
    "terms": lambda both, found, case: _terms(_arms(both), case),
    "people": lambda both, found, case: _people(_arms(both), case),
    "truce-lasts": lambda both, found, case: _truce_lasts(_arms(both), case),
}


def _arms(both: Comparison) -> Mapping[str, Outcomes]:
    return {BASELINE: both.baseline, CHANGED: both.changed}
