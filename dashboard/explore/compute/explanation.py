"""What the workers say of why: what is in the way, what obstacles cost, what would unlock a deal.

Only workers import this module. The numbers are those of `parley why`, `parley unlock` and the
trends of `parley sensitivity`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from dashboard.explore.answer_models import SectionAnswer
from dashboard.explore.compute.context import JobContext, outcomes_of
from dashboard.explore.compute.section_data import section_data
from dashboard.explore.query import Query
from sim.engine.simulate import initial_utilities, play_arms
from sim.findings import attribution, mediation, sensitivity
from sim.findings.designs import ExperimentDesign, run_design
from sim.findings.explanation import LOOK_RUNS
from sim.findings.lever_search import FRESH_TIMES, LeverChange, LeverSearch, Target, search_levers
from sim.findings.statistics import Finding
from sim.reporting.charts.effects import effect_dots
from sim.reporting.charts.shares import share_bars
from sim.reporting.explanation_sections import (
    mechanisms_section,
    mediation_section,
    outcome_for,
    sensitivities_section,
    why_section,
)
from sim.reporting.sections import Section, SectionTable
from sim.scenario.schema import Scenario


def bargain(question: Query, desk: JobContext) -> SectionAnswer:
    """Show what is in the way before the first day, why rounds fail, and who stands firm."""
    (arm,) = question.arms
    case, levers = arm.case(), dict(arm.levers)
    looked = initial_utilities(
        case, runs=max(question.runs, LOOK_RUNS), seed=question.seed, levers=levers
    )
    outcomes = outcomes_of(arm, question, desk, _saying(desk))
    return _answer(
        why_section(
            attribution.structural(looked),
            attribution.procedural(outcomes),
            attribution.stood_firm(outcomes),
            case,
        )
    )


def mechanisms(question: Query, desk: JobContext) -> SectionAnswer:
    """Show what each obstacle costs: the same talks without it."""
    (arm,) = question.arms
    cases = attribution.without_barriers(arm.case())
    outcomes = play_arms(
        [(case, dict(arm.levers)) for case in cases],
        runs=question.runs,
        seed=question.seed,
        days=question.days,
        progress=_saying(desk),
    )
    found = attribution.mechanisms_from(outcomes)
    return _answer(mechanisms_section(found, question.runs))


def mediators(question: Query, desk: JobContext) -> SectionAnswer:
    """Show what mediation adds, by what mediators do and by mediator."""
    (arm,), case = question.arms, question.arms[0].case()
    outcomes = play_arms(
        [(one, dict(arm.levers)) for one in mediation.arms_of_mediation(case)],
        runs=question.runs,
        seed=question.seed,
        days=question.days,
        progress=_saying(desk),
    )
    value = mediation.mediation_from(outcomes, tuple(case.mediators))
    return _answer(mediation_section(value, case, question.runs))


def trends(question: Query, desk: JobContext) -> SectionAnswer:
    """Show the numbers with which the outcome rises or falls most; `runs` counts single talks."""
    (arm,), case = question.arms, question.arms[0].case()
    outcome = outcome_for(question.days)
    design = ExperimentDesign(
        "luck", sensitivity.uncertain_paths(case), question.runs // 2, 2, question.seed
    )
    done = 0

    def advance(more: int) -> None:
        nonlocal done
        done += more
        _saying(desk)(done, design.runs)

    table = run_design(
        design,
        sensitivity.player(
            case,
            seed=question.seed,
            days=question.days,
            levers=dict(arm.levers),
            advance=advance,
        ),
    )
    found, luck = sensitivity.trends_from(table, outcome), sensitivity.luck_from(table, outcome)
    return _answer(sensitivities_section(outcome, found, luck, case))


def ways(question: Query, desk: JobContext) -> SectionAnswer:
    """Show the smallest change of one lever, and of two, that reaches a target."""
    (arm,), case = question.arms, question.arms[0].case()
    target = Target.read(dict(question.more)["target"], question.days)
    part = 0.0

    def say(words: str) -> None:
        nonlocal part
        desk.say(part, words)
        part += 0.25

    found = search_levers(
        case,
        target,
        runs=question.runs,
        seed=question.seed,
        days=question.days,
        levers=dict(arm.levers),
        say=say,
    )
    return _answer(_unlocked(found, case, dict(arm.levers), question.runs))


def _unlocked(
    found: LeverSearch, case: Scenario, levers: Mapping[str, float], runs: int
) -> Section:
    """Show what would unlock a deal."""
    target, scale = found.target, 100.0 if found.target.is_share else 1.0
    unit = " of 100" if target.is_share else ""
    heading = "What would unlock it?"
    aim = f"The target: {target.words}, {scale * target.goal:g}{unit} or more."
    now = f"As things stand it is {_words(found.baseline, scale)}."
    if found.already:
        return Section("unlock", heading, (f"{aim} {now} So it is reached as things stand.",))
    every = [*found.alone.values(), *([found.pair] if found.pair else [])]
    reaching = [way for way in every if way.reached]
    said = (
        f"{len(reaching)} of {len(every)} ways looked at get there."
        if reaching
        else ("No lever gets there within its range, nor do two of the most promising.")
    )
    names = {_name(way, case): way for way in every}
    title = (
        f"How far each lever goes towards {scale * target.goal:g}{unit}: at the smallest change "
        "that will do, else at most."
    )
    reached = {name: way.fresh or way.found for name, way in names.items()}
    figure = (
        share_bars("unlock", title, {"": {"": reached}}, "of 100 talks")
        if target.is_share
        else effect_dots("unlock", title, {"": reached}, target.words, scale)
    )
    rows = tuple(
        (
            name,
            _shown(levers.get(lever, case.levers[lever].default) for lever in way.levers),
            _shown(way.levers.values()) if way.change else "no help",
            "yes" if way.reached else "no",
            _words(way.fresh or way.found, scale),
        )
        for name, way in names.items()
    )
    head = ("lever", "from", "to", "reaches the target", "there")
    return Section(
        "unlock",
        heading,
        (f"{aim} {now} {said}",),
        (figure,),
        (SectionTable(head, rows),),
        (
            f"The search plays {runs:,} talks for each setting. What it finds is played again with "
            f"fresh luck and {FRESH_TIMES} times the talks, and moved on until that gets there "
            "too.",
        ),
    )


def _name(way: LeverChange, case: Scenario) -> str:
    return " and ".join(case.levers[name].label for name in way.levers)


def _shown(settings: Iterable[float]) -> str:
    return ", ".join(f"{setting:.3g}" for setting in settings)


def _words(found: Finding, scale: float) -> str:
    if found.estimate is None or found.low is None or found.high is None:
        return "unknown"
    return (
        f"{scale * found.estimate:.1f} (95 % interval {scale * found.low:.1f} to "
        f"{scale * found.high:.1f})"
    )


def _answer(section: Section) -> SectionAnswer:
    """Return a section as an answer."""
    return SectionAnswer(section=section_data(section))


def _saying(desk: JobContext) -> Callable[[int, int], None]:
    return lambda done, total: desk.say(done / total, f"{done:,} of {total:,} talks played")


KINDS = {
    "bargain": bargain,
    "mechanisms": mechanisms,
    "mediation": mediators,
    "trends": trends,
    "unlock": ways,
}
