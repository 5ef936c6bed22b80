"""The sections of a page about talks, and about talks with and without a change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from sim import findings
from sim.engine.outcomes import ENDINGS, Outcomes
from sim.engine.simulate import Comparison
from sim.findings.statistics import Effect, Finding
from sim.reporting.charts.effects import effect_dots
from sim.reporting.charts.kit import Figure
from sim.reporting.charts.shares import people_ranges, share_bars
from sim.reporting.charts.survival import survival_curves, truce_end_areas
from sim.reporting.charts.truce_timing import first_truce_dots, incidence_curves, quantile_days
from sim.reporting.models import ComparisonSummary, EffectEstimate, Summary
from sim.reporting.summary import (
    CAPTIVE_WORDS,
    amount,
    cause_words,
    days_within,
    effect_words,
    ending_words,
    frequency,
    judged,
    of_hundred,
)
from sim.scenario.schema import Scenario

#: A curve has about so many points, and first truces are followed for so many days.
POINTS, FOLLOWED = 60, 120

#: What is asked of the outcomes is named so where only one arm is drawn.
TALKS, TRUCES = "simulated talks", "simulated truces"

#: The two arms of a comparison.
BASELINE, CHANGED = "baseline", "changed"


@dataclass(frozen=True)
class SectionTable:
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
    tables: tuple[SectionTable, ...] = ()
    after: tuple[str, ...] = ()
    missing: str = ""  # why something is not here


# --- What became of talks


def _truce_begins(arms: Mapping[str, Outcomes], scenario: Scenario) -> Section:
    """Show when the first truce begins."""
    one = next(iter(arms.values()))
    days = [*range(0, one.days, max(1, one.days // POINTS)), one.days]
    days = sorted({*days, *days_within(one.days)})
    base = scenario.base_rate
    several = len(arms) > 1
    quantiles = {arm: quantile_days(outcomes) for arm, outcomes in arms.items()}
    dots = [
        first_truce_dots(
            quantile,
            one.days,
            f"first-truce-{arm}" if several else "first-truce",
            arm if several else "",
            beside=tuple(quantiles.values()),
        )
        for arm, quantile in quantiles.items()
    ]
    curves = {
        arm: {day: findings.deal_by(outcomes, day) for day in days}
        for arm, outcomes in arms.items()
    }
    past = base and {day: findings.base_rate_by(base, day) for day in days}
    words = ["In the first chart each dot stands for one talk in a hundred."]
    if base:
        title = scenario.sources[base.source].title
        fitted = (
            f"In this scenario {base.fitted} is fitted to it, so that the curves meet is"
            if base.fitted
            else "Where a number of the scenario is fitted to it, that the curves meet is"
        )
        words.append(
            f"The base rate is a constant pace: {title}. It is a yardstick that may know what came "
            f"after the scenario's day. {fitted} no achievement of the model."
        )
    else:
        words.append("There is no base rate: no history to hold this against.")
    return Section(
        "truce-begins",
        "Does it come to a truce, and when?",
        tuple(words),
        (*dots, incidence_curves(curves, past or None)),
    )


def _endings(summary: Summary, scenario: Scenario) -> Section:
    """Say how talks stand on their last day, and whether there is anything to agree on."""
    rows = tuple(
        (ending_words(name, scenario), of_hundred(share))
        for name in ENDINGS
        if (share := summary.endings[name] or 0.0) > 0
    )

    def zopa(when: str) -> str:
        """Return in how many of 100 talks there is a ZOPA."""
        return of_hundred(getattr(summary.zopa, when))

    return Section(
        "endings",
        f"How do talks stand on day {summary.days}?",
        tables=(SectionTable(("on the last day", "of 100 talks"), rows),),
        after=(
            "Is there anything to agree on? Before the first day some package is better than no "
            f"deal for everyone who can refuse one in {zopa('day0')} of 100 talks, as the parties "
            f"see it; in {zopa('objective_day0')} if they knew the true chances of war; on some "
            f"day in {zopa('any_day')}.",
        ),
    )


def _terms(arms: Mapping[str, Outcomes], scenario: Scenario) -> Section:
    """Show what first deals say."""
    heading = "What do first deals say?"
    if not all((outcomes.deal_day > 0).any() for outcomes in arms.values()):
        gone = "No deal was signed" + (" in one of the two arms" if len(arms) > 1 else "")
        return Section("terms", heading, missing=f"{gone}, so there are no terms to show.")
    terms_by_arm = {arm: findings.terms(outcomes) for arm, outcomes in arms.items()}
    figures = tuple(
        share_bars(
            f"terms-{name}",
            f"{issue.title}: of 100 first deals.",
            {
                arm: {"": {issue.levels[level].words: one for level, one in terms[name].items()}}
                for arm, terms in terms_by_arm.items()
            },
            "of 100 first deals",
        )
        for name, issue in scenario.issues.items()
    )
    return Section("terms", heading, ("Only talks that come to a deal are counted here.",), figures)


def _people(arms: Mapping[str, Outcomes], scenario: Scenario) -> Section:
    """Show what becomes of captives and prisoners."""
    heading = "What becomes of the people held?"
    if not scenario.captives:
        return Section("people", heading, missing="This scenario tells of no captives.")
    initial = [
        f"{spec.title}: {_initial(arms, pool):.0f} on the first day, the dead included."
        for pool, spec in scenario.captives.items()
    ]
    figures = [
        people_ranges(
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
            people_ranges(
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
    """Count the captives of a pool on the first day."""
    return findings.people(next(iter(arms.values())), "initial", pool).mean


def _truce_lasts(arms: Mapping[str, Outcomes], scenario: Scenario) -> Section:
    """Show how long first truces stay in force, and what ends them."""
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
        truce_end_areas(
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
            survival_curves(curves),
            *ends,
            share_bars(
                "truce-causes",
                "What became of 100 first truces by the last day.",
                causes,
                "of 100 first truces",
            ),
        ),
    )


def _causes(outcomes: Outcomes, scenario: Scenario) -> dict[str, Finding]:
    """Return the shares of first truces that each cause has ended."""
    shares = findings.truce_causes(outcomes)
    return {cause_words(cause, scenario): share for cause, share in shares.items()}


#: What is counted of each party's answers, and what the reader has to know of it.
REFUSAL_WORDS = {
    "refused": "refused",
    "refused_alone": "refused, and nobody else did",
    "no_way_out": "saw no way out",
    "firm": "stood firm",
}
REFUSALS_EXPLAINED = (
    "Who sees no way out believes that nothing it could accept would be accepted. Who stands firm "
    "signs nothing that gives up part of its stated position or crosses one of its red lines."
)


def _refusals(outcomes: Outcomes, scenario: Scenario) -> Section:
    """Show who refused proposals, alone or with others."""
    groups = {
        scenario.parties[party].title + ("" if scenario.parties[party].veto else " (no veto)"): {
            REFUSAL_WORDS[name]: share for name, share in counts.items()
        }
        for party, counts in findings.refusals(outcomes).items()
    }
    return Section(
        "blockers",
        "Who refuses?",
        (f"Texts put on the table in all talks together. {REFUSALS_EXPLAINED}",),
        (
            share_bars(
                "blockers",
                "Of 100 texts on the table, so many are refused by each party.",
                {"": groups},
                "of 100 texts",
            ),
        ),
    )


# --- What a change does


def _effects(both: Comparison, summary: ComparisonSummary) -> Section:
    """Show every effect, with what noise allows to say."""
    rows: list[tuple[str, ...]] = []
    unclear: list[str] = []
    shares: dict[str, Effect] = {}
    for name, estimate in summary.effects.items():
        words = effect_words(name)
        arms = (amount(name, estimate.baseline), amount(name, estimate.changed))
        rows.append((words, *arms, judged(name, estimate, summary.runs)))
        effect = _as_effect(name, estimate, len(both.baseline))
        if not effect.is_clear:
            unclear.append(words)
        if findings.is_share(name):
            shares[words] = effect
    to, away = summary.flips.to_deal, summary.flips.from_deal
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
            effect_dots(
                "effects",
                "More or fewer of 100 talks, with the change.",
                {"": shares},
                "difference, of 100 talks",
            ),
        ),
        (SectionTable(("", BASELINE, CHANGED, "difference"), tuple(rows)),),
        (
            f"The change makes a deal where there was none in {frequency(to)} talks, and unmakes "
            f"one in {frequency(away)}.",
        ),
    )


def _as_effect(name: str, effect: EffectEstimate, n: int) -> Effect:
    """Return the effect of so many runs whose numbers these are."""
    return Effect(name=name, n=n, definition="", **effect.as_data())


def _arms(both: Comparison) -> Mapping[str, Outcomes]:
    """Name the two arms of a comparison."""
    return {BASELINE: both.baseline, CHANGED: both.changed}


def _endings_by_arm(arms: Mapping[str, Outcomes], scenario: Scenario) -> Section:
    """Show how talks stand on their last day, arm beside arm."""
    endings = {arm: findings.endings(outcomes) for arm, outcomes in arms.items()}
    seen = [name for name in ENDINGS if any(shares[name].estimate for shares in endings.values())]
    days = next(iter(arms.values())).days
    figure = share_bars(
        "endings",
        f"Of 100 talks, so many stand like this on day {days}.",
        {
            arm: {"": {ending_words(name, scenario): shares[name] for name in seen}}
            for arm, shares in endings.items()
        },
        "of 100 talks",
    )
    return Section("endings", f"How do talks stand on day {days}?", (), (figure,))


def _refusals_by_arm(arms: Mapping[str, Outcomes], scenario: Scenario) -> Section:
    """Show who refuses texts, arm beside arm."""
    groups = {
        arm: {
            scenario.parties[party].title: {
                REFUSAL_WORDS[name]: share for name, share in counts.items()
            }
            for party, counts in findings.refusals(outcomes).items()
        }
        for arm, outcomes in arms.items()
    }
    figure = share_bars(
        "blockers",
        "Of 100 texts on the table, so many are refused by each party.",
        groups,
        "of 100 texts",
    )
    return Section("blockers", "Who refuses?", (REFUSALS_EXPLAINED,), (figure,))


# --- The sections by their names, in order


@dataclass(frozen=True)
class SectionKind:
    """A section of pages and reports: what its button says, and what draws it."""

    button: str
    #: Of one set of talks: from the outcomes, their summary and the scenario.
    of_talks: Callable[[Outcomes, Summary, Scenario], Section] | None = None
    #: Of a comparison: from both arms, what their summary says and the scenario.
    of_comparison: Callable[[Comparison, ComparisonSummary, Scenario], Section] | None = None
    #: Whether it comes first in a report on a comparison, somewhere in it, or not at all.
    in_comparison_report: Literal["first", "yes", "no"] = "yes"


#: All sections, in the order of pages. One that is entered here is drawn and has its button.
SECTIONS: dict[str, SectionKind] = {
    "truce-begins": SectionKind(
        "When",
        lambda talks, summary, case: _truce_begins({TALKS: talks}, case),
        lambda both, summary, case: _truce_begins(_arms(both), case),
    ),
    "effects": SectionKind(
        "What changes",
        of_comparison=lambda both, summary, case: _effects(both, summary),
        in_comparison_report="first",
    ),
    "endings": SectionKind(
        "How it ends",
        lambda talks, summary, case: _endings(summary, case),
        lambda both, summary, case: _endings_by_arm(_arms(both), case),
        in_comparison_report="no",
    ),
    "terms": SectionKind(
        "Terms",
        lambda talks, summary, case: _terms({"": talks}, case),
        lambda both, summary, case: _terms(_arms(both), case),
    ),
    "people": SectionKind(
        "People",
        lambda talks, summary, case: _people({"": talks}, case),
        lambda both, summary, case: _people(_arms(both), case),
    ),
    "truce-lasts": SectionKind(
        "Does it last",
        lambda talks, summary, case: _truce_lasts({TRUCES: talks}, case),
        lambda both, summary, case: _truce_lasts(_arms(both), case),
    ),
    "blockers": SectionKind(
        "Who refuses",
        lambda talks, summary, case: _refusals(talks, case),
        lambda both, summary, case: _refusals_by_arm(_arms(both), case),
        in_comparison_report="no",
    ),
}


def of_talks(talks: Outcomes, summary: Summary, case: Scenario) -> dict[str, Callable[[], Section]]:
    """Return what draws each section of one set of talks, by name."""
    return {
        name: partial(kind.of_talks, talks, summary, case)
        for name, kind in SECTIONS.items()
        if kind.of_talks is not None
    }


def of_comparison(
    both: Comparison, summary: ComparisonSummary, case: Scenario
) -> dict[str, Callable[[], Section]]:
    """Return what draws each section of a comparison, by name."""
    return {
        name: partial(kind.of_comparison, both, summary, case)
        for name, kind in SECTIONS.items()
        if kind.of_comparison is not None
    }


def comparison_report(
    both: Comparison, summary: ComparisonSummary, case: Scenario
) -> tuple[Section, ...]:
    """Return the sections of a report on a comparison, in its order."""
    drawn = of_comparison(both, summary, case)
    order = sorted(drawn, key=lambda name: SECTIONS[name].in_comparison_report != "first")
    kept = (name for name in order if SECTIONS[name].in_comparison_report != "no")
    return tuple(drawn[name]() for name in kept)
