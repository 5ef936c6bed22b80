"""Print why there was no deal, and what would bring one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.text import Text

from sim.cli.console import heading, opening, plain_table, print_command, say
from sim.findings.attribution import NO_ISSUE, NOBODY_ALONE
from sim.findings.lever_search import FRESH_TIMES
from sim.findings.statistics import scale_of
from sim.reporting.explanation import LEVER_WORDS, issue_words, measure_words, reason_words
from sim.reporting.models import (
    CountedEffect,
    CountedEstimate,
    Difference,
    LeverChangeSummary,
    MechanismSummary,
    MediationSummary,
    StructuralSummary,
    UnlockSummary,
    WhySummary,
)
from sim.reporting.summary import frequency
from sim.scenario.schema import Scenario


def print_why(why: WhySummary, scenario: Scenario, console: Console) -> None:
    """Print why there was no deal."""
    opening(console, f"{scenario.title}: why not?")
    _print_structural(why.structural, scenario, console)
    _print_shares(
        "The talks: why a round before a first deal brought none, of 100",
        ((reason_words(reason, scenario), part) for reason, part in why.procedural.items()),
        console,
    )
    _print_shares(
        "Who stood firm on what it had said, of 100 rounds",
        ((scenario.parties[party].title, part) for party, part in why.stood_firm.items()),
        console,
    )
    _print_mechanisms(why.mechanisms, console)
    _print_mediation(why.mediation, scenario, console)
    print_command(why.command, console)


def _print_structural(structural: StructuralSummary, scenario: Scenario, console: Console) -> None:
    """Print what is in the way before the first day."""
    heading(console, "The bargain: what is in the way before the first day")
    sentence = (
        f"In {frequency(structural.no_zopa)} talks no package is better than no deal for everyone "
        "who can refuse one, as they see it."
    )
    if not structural.no_zopa.estimate:
        say(console, sentence)
        return
    say(console, f"{sentence} Of these:")
    table = plain_table("blocks, of 100 talks", "would have to give up, utils")
    for party, blocks in structural.blockers.items():
        alone = party == NOBODY_ALONE
        title = "no concession by one alone would do" if alone else scenario.parties[party].title
        given = "" if alone else _interval(structural.concessions[party], 1, 3)
        table.add_row(Text(title), _interval(blocks, 100, 0), given)
    console.print(table)
    say(console, "Over which issue they part, of 100 parts of the gap (Shapley):")
    table = plain_table("")
    for issue, part in structural.issue_shares.items():
        if issue != NO_ISSUE or part.estimate:
            table.add_row(Text(issue_words(issue, scenario)), _interval(part, 100, 0))
    console.print(table)


def _print_shares(
    title: str, rows: Iterable[tuple[str, CountedEstimate]], console: Console
) -> None:
    """Print shares under a heading, of 100."""
    heading(console, title)
    table = plain_table("")
    for words, part in rows:
        table.add_row(Text(words), _interval(part, 100, 0))
    console.print(table)


def _print_mechanisms(mechanisms: Mapping[str, MechanismSummary], console: Console) -> None:
    """Print what each obstacle costs."""
    heading(console, "One obstacle taken away: deals more or fewer, of 100 talks")
    days = next(iter(mechanisms.values())).effects
    table = plain_table(*(name.replace("_", " ") for name in days))
    for mechanism in mechanisms.values():
        cells = [_interval(effect, 100, 1, sign=True) for effect in mechanism.effects.values()]
        table.add_row(Text(mechanism.words), *cells)
    console.print(table)


def _print_mediation(value: MediationSummary, scenario: Scenario, console: Console) -> None:
    """Print what mediation is worth."""
    heading(console, "What mediation is worth")
    say(console, value.counterfactual)
    for measure, whole in value.whole.items():
        scale = scale_of(measure)
        table = plain_table("adds")
        table.add_row(
            Text(measure_words(measure), style="bold"), _interval(whole, scale, 1, sign=True)
        )
        for lever, part in value.levers[measure].items():
            table.add_row(Text(f"  {LEVER_WORDS[lever]}"), _interval(part, scale, 1, sign=True))
        for mediator, part in value.mediators[measure].items():
            title = scenario.mediators[mediator].title
            table.add_row(Text(f"  {title}"), _interval(part, scale, 1, sign=True))
        console.print(table)
    say(
        console,
        "Levers, and mediators, each add up to the whole; each part is a mean over the orders in "
        "which they might come (Shapley).",
    )


def print_unlock(unlock: UnlockSummary, scenario: Scenario, console: Console) -> None:
    """Print what would reach a target."""
    target = unlock.target
    scale = 1 if target.kind == "returned_alive" else 100
    unit = "" if scale == 1 else " of 100"
    opening(console, f"{scenario.title}: what would unlock it?")
    say(
        console,
        f"Target: {target.words}, {scale * target.goal:g}{unit}. As things stand: "
        f"{_interval(unlock.baseline, scale, 1)}.",
    )
    if unlock.already:
        say(console, "That is reached as things stand.")
        print_command(unlock.command, console)
        return
    heading(console, "The smallest change of one lever, and of two, that reaches it")
    table = plain_table("from", "to", "reaches", "with fresh luck")
    for change in (*unlock.alone.values(), *([unlock.pair] if unlock.pair else [])):
        names = change.levers
        origin = (unlock.levers.get(name, scenario.levers[name].default) for name in names)
        start = ", ".join(f"{value:g}" for value in origin)
        label = " and ".join(scenario.levers[name].label for name in names)
        reaches = _interval(change.found, scale, 0)
        fresh = "" if change.fresh is None else _interval(change.fresh, scale, 0)
        table.add_row(Text(label), start, _setting(change), reaches, fresh)
    console.print(table)
    say(
        console,
        "A search finds what its own luck favours: the last column plays the same setting with "
        f"fresh luck, {FRESH_TIMES} times as often, and levers were moved on until that got there "
        "too. Where a lever does not get there, the most it does is shown.",
    )
    print_command(unlock.command, console)


def _setting(change: LeverChangeSummary) -> str:
    """Say where the levers have to stand, or that this does not get there."""
    if change.reached:
        return ", ".join(f"{value:.3g}" for value in change.levers.values())
    if not change.change:
        return "no help"
    return "not sure within its range" if change.fresh else "not reachable within its range"


def _interval(estimate: CountedEstimate, scale: float, digits: int, *, sign: bool = False) -> str:
    """Return an estimate with its interval, or that it is exactly nothing."""
    if estimate.estimate is None:
        return "nobody can tell"
    if isinstance(estimate, CountedEffect | Difference) and estimate.exactly_zero:
        return f"exactly 0 in {estimate.n:,} runs"
    form = f"{'+' if sign else ''}.{digits}f"
    words = format(scale * estimate.estimate, form)
    if estimate.low is None or estimate.high is None:
        return words
    return f"{words} ({scale * estimate.low:{form}} to {scale * estimate.high:{form}})"
