"""The sections of a page that take talks of their own: what is in the way, and what matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.findings import sensitivity
from sim.findings.attribution import NO_ISSUE, NOBODY_ALONE, Mechanism, Structural
from sim.findings.mediation import Mediation
from sim.findings.statistics import Effect, Finding, is_share, scale_of
from sim.reporting import explanation
from sim.reporting.charts.effects import effect_dots, signed
from sim.reporting.charts.kit import Figure
from sim.reporting.charts.shares import share_bars
from sim.reporting.sections import Section, SectionTable
from sim.reporting.summary import frequency
from sim.scenario.schema import Scenario

#: The sections, in order, and their headings.
HEADINGS = {
    "why": "Why is there no deal?",
    "mechanisms": "What if one obstacle were taken away?",
    "mediation": "What is mediation worth?",
    "sensitivities": "Which assumptions matter most?",
}

#: The outcome whose sensitivity is shown, and the one where talks are too short for that.
OUTCOME, BRIEF = "deal_by_90", "restricted_mean_day"

#: So many of the numbers that matter are shown.
STEEPEST = 10


def why_section(
    bargain: Structural,
    procedural: Mapping[str, Finding],
    firm: Mapping[str, Finding],
    scenario: Scenario,
) -> Section:
    """Show what is in the way before the first day, why rounds fail, and who stands firm."""
    figures = []
    if bargain.no_zopa.estimate:
        blockers = {
            "no one party alone" if name == NOBODY_ALONE else scenario.parties[name].title: share
            for name, share in bargain.blockers.items()
        }
        issues = {
            explanation.issue_words(name, scenario): part
            for name, part in bargain.issue_shares.items()
            if name != NO_ISSUE or part.estimate
        }
        figures.append(
            share_bars(
                "structural",
                "Where nothing suits everybody before the first day: who would have to give up "
                "most, and over which issues they part.",
                {"": {"Who would have to give up most": blockers, "Parts of the gap": issues}},
            )
        )
    figures += _figures_of_rounds(procedural, firm, scenario)
    words = (
        f"In {frequency(bargain.no_zopa)} talks no package is better than no deal for everyone "
        f"who can refuse one before the first day, as they see it ({bargain.no_zopa.n:,} draws). "
        "Parts of the gap are Shapley values: how much of it would close if an issue were out of "
        "the way, averaged over all orders. A leadership that stands firm signs nothing that gives "
        "up part of its stated position or crosses one of its red lines.",
    )
    return Section("why", HEADINGS["why"], words, tuple(figures))


def _figures_of_rounds(
    procedural: Mapping[str, Finding], firm: Mapping[str, Finding], scenario: Scenario
) -> list[Figure]:
    """Draw why rounds before a first deal brought none, and in which of them who stood firm."""
    lost = {
        explanation.reason_words(reason, scenario): share for reason, share in procedural.items()
    }
    stances = {scenario.parties[party].title: share for party, share in firm.items()}
    return [
        share_bars(
            "procedural",
            "Of 100 rounds that were due before a first deal and brought none, so many failed for "
            "each reason.",
            {"": {"": lost}},
            "of 100 rounds",
        ),
        share_bars(
            "stood-firm",
            "Of 100 rounds, so many found each leadership standing firm on what it has said.",
            {"": {"": stances}},
            "of 100 rounds",
        ),
    ]


def mechanisms_section(mechanisms: Mapping[str, Mechanism], runs: int) -> Section:
    """Show what each obstacle costs, from so many talks in each arm."""
    name = next(iter(next(iter(mechanisms.values())).effects))
    day = name.rpartition("_")[2]
    effects = {m.words: m.effects[name] for m in mechanisms.values()}
    figure = effect_dots(
        "mechanisms",
        f"Truces by day {day}, more or fewer of 100 talks, if one thing alone were otherwise.",
        {"": effects},
        f"change in talks with a truce by day {day}, of 100",
    )
    heading, noise = HEADINGS["mechanisms"], _within(effects)
    return Section("mechanisms", heading, (_paired(runs),), (figure,), after=(noise,))


def mediation_section(value: Mediation, scenario: Scenario, runs: int) -> Section:
    """Show what mediation adds, from so many talks in each arm."""
    heading = HEADINGS["mediation"]
    if not scenario.mediators:
        return Section("mediation", heading, missing="This scenario has no mediators.")
    name = next(iter(value.whole))
    day = name.rpartition("_")[2]
    groups: dict[str, Mapping[str, Finding]] = {
        "In all": {"mediation": value.whole[name]},
        "By what mediators do": {
            explanation.LEVER_WORDS[lever]: part for lever, part in value.levers[name].items()
        },
        "By mediator": {
            scenario.mediators[mediator].title: part
            for mediator, part in value.mediators[name].items()
        },
    }
    figure = effect_dots(
        "mediation",
        f"What mediation adds to the talks with a truce by day {day}, of 100.",
        groups,
        f"talks with a truce by day {day}, of 100, added",
    )
    rows = []
    for outcome, whole in value.whole.items():
        scale = scale_of(outcome)
        rows.append((explanation.measure_words(outcome), signed(whole, scale)))
    return Section(
        "mediation",
        heading,
        (value.counterfactual, _paired(runs)),
        (figure,),
        (SectionTable(("what mediation adds to", "difference (95 % interval)"), tuple(rows)),),
        (
            "What mediators do, and mediators, each add up to the whole; each part is a mean over "
            "the orders in which they might come (Shapley).",
        ),
    )


def outcome_for(days: int) -> str:
    """Return the outcome whose sensitivity is shown, of talks followed for so many days."""
    return OUTCOME if days >= sensitivity.MEASURES[OUTCOME].least_days else BRIEF


def sensitivities_section(
    outcome: str, trends: Sequence[Finding], luck: Finding, scenario: Scenario
) -> Section:
    """Show the numbers with which an outcome rises or falls most."""
    heading = HEADINGS["sensitivities"]
    measure = sensitivity.MEASURES[outcome]
    unit = ", of 100" if is_share(outcome) else ""
    if not trends:
        return Section("sensitivities", heading, missing="Every number is certain here.")
    clear = sum(one.excludes_zero for one in trends)
    figure = effect_dots(
        "sensitivities",
        f"How far {measure.words}{unit} move over the range of a number: the steepest "
        f"{min(STEEPEST, len(trends))} of {len(trends)}.",
        {"": {one.name: one for one in trends[:STEEPEST]}},
        "from the lowest to the highest value" + unit,
        scale_of(outcome),
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
            f"{frequency(luck)} parts of the variance between talks.",
        ),
    )


def _paired(runs: int) -> str:
    """Say that so many talks of each arm share their random streams."""
    return f"{runs:,} talks in each arm, played with the same luck, so that a change is an effect."


def _within(effects: Mapping[str, Effect]) -> str:
    """Name the effects that cannot be told from nothing, and those that are nothing."""
    idle = [words for words, effect in effects.items() if effect.exactly_zero]
    unsure = [words for words, effect in effects.items() if not effect.is_clear]
    sentences = []
    if unsure:
        sentences.append(f"Not told from no change by so many talks: {'; '.join(unsure)}.")
    if idle:
        sentences.append(f"Without any effect in any of these talks: {'; '.join(idle)}.")
    return " ".join(sentences) or "All of these are larger than the noise of so many talks."
