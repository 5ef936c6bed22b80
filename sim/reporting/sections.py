"""The sections of a page about talks, and about talks with and without a change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sim import findings
from sim.engine.outcomes import ENDINGS, Outcomes
from sim.engine.simulate import Comparison
from sim.findings.statistics import Effect, Finding
from sim.reporting import charts
from sim.reporting.charts import Figure
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
from sim.types import Json

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
    """When the first truce begins."""
    one = next(iter(arms.values()))
    days = [*range(0, one.days, max(1, one.days // POINTS)), one.days]
    days = sorted({*days, *days_within(one.days)})
    base = scenario.base_rate
    several = len(arms) > 1
    quantiles = {arm: charts.quantile_days(outcomes) for arm, outcomes in arms.items()}
    dots = [
        charts.first_truce(
            found,
            one.days,
            f"first-truce-{arm}" if several else "first-truce",
            arm if several else "",
            beside=tuple(quantiles.values()),
        )
        for arm, found in quantiles.items()
    ]
    curves = {
        arm: {day: findings.deal_by(outcomes, day) for day in days}
        for arm, outcomes in arms.items()
    }
    past = base and {day: findings.base_rate_by(base, day) for day in days}
    said = ["In the first chart each dot stands for one talk in a hundred."]
    if base:
        title = scenario.sources[base.source].title
        fitted = (
            f"In this scenario {base.fitted} is fitted to it, so that the curves meet is"
            if base.fitted
            else "Where a number of the scenario is fitted to it, that the curves meet is"
        )
        said.append(
            f"The base rate is a constant pace: {title}. It is a yardstick that may know what came "
            f"after the scenario's day. {fitted} no achievement of the model."
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
        tables=(SectionTable(("on the last day", "of 100 talks"), rows),),
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


# --- What a change does


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
        (SectionTable(("", BASELINE, CHANGED, "difference"), tuple(rows)),),
        (
            f"The change makes a deal where there was none in {frequency(to)} talks, and unmakes "
            f"one in {frequency(away)}.",
        ),
    )


def _as_effect(name: str, effect: Json, n: int) -> Effect:
    return Effect(name=name, n=n, definition="", **effect)


def _arms(both: Comparison) -> Mapping[str, Outcomes]:
    return {BASELINE: both.baseline, CHANGED: both.changed}


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
