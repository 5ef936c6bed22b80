"""Print why there was no deal, and what would bring one."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from sim.cli.console import heading, opening, plain_table, print_command, say
from sim.findings.attribution import (
    NO_ISSUE,
    NOBODY_ALONE,
)
from sim.findings.lever_search import FRESH_TIMES
from sim.findings.statistics import scale_of
from sim.reporting.explanation import LEVER_WORDS, REASON_WORDS, issue_words, measure_words
from sim.reporting.summary import frequency
from sim.scenario.schema import Scenario
from sim.types import Json


def print_why(found: Json, scenario: Scenario, console: Console) -> None:
    """Print what `why_summary` says."""
    opening(console, f"{scenario.title}: why not?")
    _print_structural(found["structural"], scenario, console)
    _print_procedural(found["procedural"], scenario, console)
    _print_mechanisms(found["mechanisms"], console)
    _print_mediation(found["mediation"], scenario, console)
    print_command(found["command"], console)


def _print_structural(found: Json, scenario: Scenario, console: Console) -> None:
    heading(console, "The bargain: what is in the way before the first day")
    said = (
        f"In {frequency(found['no_zopa'])} talks no package is better than no deal for everyone "
        "who can refuse one, as they see it."
    )
    if not found["no_zopa"]["estimate"]:
        say(console, said)
        return
    say(console, f"{said} Of these:")
    table = plain_table("blocks, of 100 talks", "would have to give up, utils")
    for party, blocks in found["blockers"].items():
        alone = party == NOBODY_ALONE
        title = "no concession by one alone would do" if alone else scenario.parties[party].title
        given = "" if alone else _interval(found["concessions"][party], 1, 3)
        table.add_row(Text(title), _interval(blocks, 100, 0), given)
    console.print(table)
    say(console, "Over which issue they part, of 100 parts of the gap (Shapley):")
    table = plain_table("")
    for issue, part in found["issue_shares"].items():
        if issue != NO_ISSUE or part["estimate"]:
            table.add_row(Text(issue_words(issue, scenario)), _interval(part, 100, 0))
    console.print(table)


def _print_procedural(found: Json, scenario: Scenario, console: Console) -> None:
    heading(console, "The talks: why a round with a possible deal brought none, of 100")
    table = plain_table("")
    for reason, part in found.items():
        party = scenario.parties.get(reason)
        words = f"{party.title} held out for more" if party else REASON_WORDS[reason]
        table.add_row(Text(words), _interval(part, 100, 0))
    console.print(table)


def _print_mechanisms(found: Json, console: Console) -> None:
    heading(console, "One obstacle taken away: deals more or fewer, of 100 talks")
    days = next(iter(found.values()))["effects"]
    table = plain_table(*(name.replace("_", " ") for name in days))
    for mechanism in found.values():
        cells = [_interval(effect, 100, 1, sign=True) for effect in mechanism["effects"].values()]
        table.add_row(Text(mechanism["words"]), *cells)
    console.print(table)


def _print_mediation(found: Json, scenario: Scenario, console: Console) -> None:
    heading(console, "What mediation is worth")
    say(console, found["counterfactual"])
    for measure, whole in found["whole"].items():
        scale = scale_of(measure)
        table = plain_table("adds")
        table.add_row(
            Text(measure_words(measure), style="bold"), _interval(whole, scale, 1, sign=True)
        )
        for lever, part in found["levers"][measure].items():
            table.add_row(Text(f"  {LEVER_WORDS[lever]}"), _interval(part, scale, 1, sign=True))
        for mediator, part in found["mediators"][measure].items():
            title = scenario.mediators[mediator].title
            table.add_row(Text(f"  {title}"), _interval(part, scale, 1, sign=True))
        console.print(table)
    say(
        console,
        "Levers, and mediators, each add up to the whole; each part is a mean over the orders in "
        "which they might come (Shapley).",
    )


def print_unlock(found: Json, scenario: Scenario, console: Console) -> None:
    """Print what `unlock_summary` says."""
    target = found["target"]
    scale = 1 if target["kind"] == "returned_alive" else 100
    unit = "" if scale == 1 else " of 100"
    opening(console, f"{scenario.title}: what would unlock it?")
    say(
        console,
        f"Target: {target['words']}, {scale * target['goal']:g}{unit}. As things stand: "
        f"{_interval(found['baseline'], scale, 1)}.",
    )
    if found["already"]:
        say(console, "That is reached as things stand.")
        print_command(found["command"], console)
        return
    heading(console, "The smallest change of one lever, and of two, that reaches it")
    table = plain_table("from", "to", "reaches", "with fresh luck")
    ways = [*found["alone"].values(), *([found["pair"]] if found["pair"] else [])]
    for way in ways:
        names = way["levers"]
        origin = (found["levers"].get(name, scenario.levers[name].default) for name in names)
        start = ", ".join(f"{value:g}" for value in origin)
        to = ", ".join(f"{value:.3g}" for value in names.values())
        if not way["reached"]:
            unsure = (
                "not sure within its range" if way["fresh"] else "not reachable within its range"
            )
            to = unsure if way["change"] else "no help"
        label = " and ".join(scenario.levers[name].label for name in names)
        table.add_row(Text(label), start, to, _interval(way["found"], scale, 0), _fresh(way, scale))
    console.print(table)
    say(
        console,
        "A search finds what its own luck favours: the last column plays the same setting with "
        f"fresh luck, {FRESH_TIMES} times as often, and levers were moved on until that got there "
        "too. Where a lever does not get there, the most it does is shown.",
    )
    print_command(found["command"], console)


def _fresh(way: Json, scale: int) -> str:
    """What fresh luck says of a setting."""
    return "" if way["fresh"] is None else _interval(way["fresh"], scale, 0)


def _interval(found: Json, scale: float, digits: int, *, sign: bool = False) -> str:
    """An estimate with its interval, or that it is exactly nothing."""
    if found["estimate"] is None:
        return "nobody can tell"
    if found.get("exactly_zero"):
        return f"exactly 0 in {found['n']:,} runs"
    form = f"{'+' if sign else ''}.{digits}f"
    words = format(scale * found["estimate"], form)
    if found["low"] is None:
        return words
    low, high = (format(scale * found[end], form) for end in ("low", "high"))
    return f"{words} ({low} to {high})"
