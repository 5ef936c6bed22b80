"""Why there was no deal and what would bring one: as plain data, and in words for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from sim.attribution import (
    NO_ISSUE,
    NOBODY_ALONE,
    Mechanism,
    Structural,
    mechanisms_from,
    procedural,
    structural,
    without_barriers,
)
from sim.experiment import first_look, play_arms
from sim.findings import Finding, scale_of
from sim.mediation import Mediation, arms_of_mediation, mediation_from
from sim.outcomes import BAD_TEXT, CONFIRMATION, SUSPENSION, Outcomes
from sim.printing import heading, opening, plain_table, print_command, say
from sim.report import NOT_A_FORECAST, frequency
from sim.scenario import Scenario
from sim.unlock import FRESH_TIMES, Unlocking, Way

WHY = "parley.why/1"
UNLOCK = "parley.unlock/1"

Json = dict[str, Any]
Say = Callable[[str], None]

#: Draws by which the bargain before the first day is looked at, at the least.
LOOK_RUNS = 4000

REASON_WORDS = {
    BAD_TEXT: "the text lay outside what would have suited all",
    CONFIRMATION: "it was agreed and not confirmed",
    SUSPENSION: "the talks were suspended that day",
}

#: What a part of the gap that belongs to no issue is called.
NO_ISSUE_WORDS = "no issue: for somebody no text is good enough"

MEASURE_WORDS = {
    "deal_by": "truce by day {}, of 100 talks",
    "truce_held": "first truce in force {} days later, of 100 talks",
    "restricted_mean_day": "day of the first truce (horizon without one)",
    "captives_alive": "captives alive at the end",
}

LEVER_WORDS = {
    "channel": "the channel: that they can meet at all",
    "information": "what they tell one side of the other",
    "formulation": "the texts they word",
    "leverage": "what they can add or press",
    "guarantee": "what they stand behind",
}


@dataclass(frozen=True)
class Reasons:
    """Everything there is to say about why talks fail, for one scenario."""

    structural: Structural
    procedural: Mapping[str, Finding]
    mechanisms: Mapping[str, Mechanism]
    mediation: Mediation


def reasons(
    scenario: Scenario,
    *,
    runs: int,
    seed: int = 1,
    days: int | None = None,
    levers: Mapping[str, float] | None = None,
    workers: int = 1,
    say: Say = lambda words: None,
    talks: Outcomes | None = None,
) -> Reasons:
    """Look for the reasons; `say` hears what is being played.

    All arms are played together, `runs` talks in each. The rounds of talks without a change are
    looked at in `talks` where these have been played already.
    """
    say("Looking for common ground")
    bargain = structural(first_look(scenario, runs=max(runs, LOOK_RUNS), seed=seed, levers=levers))
    say("Playing with one thing otherwise, and with and without mediators")
    removed, mediated = without_barriers(scenario), arms_of_mediation(scenario)
    moved = dict(levers or {})
    played = play_arms(
        [(case, moved) for case in (*removed, *mediated)],
        runs=runs,
        seed=seed,
        days=days,
        workers=workers,
    )
    without, worth = played[: len(removed)], played[len(removed) :]
    return Reasons(
        bargain,
        procedural(played[0] if talks is None else talks),
        mechanisms_from(without),
        mediation_from(worth, tuple(scenario.mediators)),
    )


# --- For machines


def why_summary(
    found: Reasons, scenario: Scenario, asked: Mapping[str, Any], command: str = ""
) -> Json:
    """The reasons as plain data that becomes JSON as it is; `asked` are runs, seed and so on."""
    bargain, value = found.structural, found.mediation
    return {
        "schema": WHY,
        "scenario": {"name": scenario.scenario},
        **asked,
        "structural": {
            "no_zopa": _plain(bargain.no_zopa),
            "nothing_on_offer": _plain(bargain.nothing_on_offer),
            "gap": _plain(bargain.gap),
            "concessions": _all(bargain.concessions),
            "concession_shares": _all(bargain.concession_shares),
            "blockers": _all(bargain.blockers),
            "issues": _all(bargain.issues),
            "issue_shares": _all(bargain.issue_shares),
        },
        "procedural": _all(found.procedural),
        "mechanisms": {
            name: {"words": mechanism.words, "effects": _all(mechanism.effects)}
            for name, mechanism in found.mechanisms.items()
        },
        "mediation": {
            "counterfactual": value.counterfactual,
            "whole": _all(value.whole),
            "levers": {name: _all(parts) for name, parts in value.levers.items()},
            "mediators": {name: _all(parts) for name, parts in value.mediators.items()},
        },
        "not_a_forecast": NOT_A_FORECAST,
        "command": command,
    }


def unlock_summary(
    found: Unlocking, scenario: Scenario, asked: Mapping[str, Any], command: str = ""
) -> Json:
    """What would reach a target, as plain data."""
    return {
        "schema": UNLOCK,
        "scenario": {"name": scenario.scenario},
        **asked,
        "target": {**vars(found.target), "words": found.target.words},
        "baseline": _plain(found.baseline),
        "already": found.already,
        "alone": {name: _way(way) for name, way in found.alone.items()},
        "pair": None if found.pair is None else _way(found.pair),
        "not_a_forecast": NOT_A_FORECAST,
        "command": command,
    }


def _plain(found: Finding) -> Json:
    """A finding with all that it has, but for its name and definition."""
    return {key: value for key, value in vars(found).items() if key not in ("name", "definition")}


def _all(found: Mapping[str, Finding]) -> Json:
    return {name: _plain(finding) for name, finding in found.items()}


def _way(way: Way) -> Json:
    return {
        "levers": dict(way.levers),
        "change": way.change,
        "reached": way.reached,
        "found": _plain(way.found),
        "fresh": None if way.fresh is None else _plain(way.fresh),
    }


# --- For people


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


def issue_words(issue: str, scenario: Scenario) -> str:
    """What a part of the gap is called."""
    return NO_ISSUE_WORDS if issue == NO_ISSUE else scenario.issues[issue].title


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


def measure_words(name: str) -> str:
    """What mediation adds to, in words: `deal_by_90`."""
    stem, _, days = name.rpartition("_")
    return MEASURE_WORDS[stem].format(days) if stem in MEASURE_WORDS else MEASURE_WORDS[name]


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
