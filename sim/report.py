"""Summaries of results: as plain data for machines, and in words for people.

People get frequencies ("37 of 100 simulated talks") with an interval, the base rate beside them
where a scenario has one, and what all of it rests on.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim import findings
from sim.complaints import counted
from sim.experiment import Comparison, Ground
from sim.findings import Effect, Finding, Spread
from sim.outcomes import Outcomes
from sim.scenario import Issue, Scenario
from sim.theory.packages import in_words, levels_within
from sim.uncertain import Quantity

SUMMARY = "parley.summary/1"
COMPARISON = "parley.comparison/1"

NOT_A_FORECAST = (
    "Exploratory model. Results are conditional on the assumptions shown; not a forecast, not "
    "advice on a live case."
)

#: Days by which deals are counted, and days for which truces are followed.
DEAL_DAYS = (30, 90, 180, 365)
EFFECT_DAYS = (30, 90, 180)
TRUCE_DAYS = (7, 30, 60)

#: Of the packages that come nearest to suiting all, how many are shown.
NEAREST_SHOWN = 3

ENDING_WORDS = {
    "no_truce": "no truce",
    "truce_over": "war again after a truce",
    "truce_holding": "a truce that holds for now",
    "permanent_truce_holding": "an end of the war that holds",
}

CAPTIVE_WORDS = {
    "returned_alive": "come home alive",
    "rescued": "are rescued by force",
    "remains_returned": "come home dead",
    "died_in_captivity": "die in captivity",
    "still_held": "are still held, alive",
    "remains_held": "are still held, dead",
}

EFFECT_WORDS = {
    "restricted_mean_day": "day of the first truce (the horizon where there is none)",
    "returned_alive": "captives who come home alive",
    "prisoners_released": "prisoners released",
    "truce_held_60": "talks whose first truce is in force 60 days later, of 100",
}

Json = dict[str, Any]


# --- For machines


def summary(
    outcomes: Outcomes,
    scenario: Scenario,
    command: str = "",
    changes: Mapping[str, str] | None = None,
) -> Json:
    """What the outcomes show, as plain data that becomes JSON as it is.

    `changes` are values of the scenario that were set for these talks, by their paths.
    """
    return {
        "schema": SUMMARY,
        "scenario": {"name": outcomes.scenario, "sha256": outcomes.sha256},
        "version": outcomes.version,
        "seed": outcomes.seed,
        "runs": len(outcomes),
        "days": outcomes.days,
        "levers": dict(outcomes.levers),
        "changes": dict(changes or {}),
        "deal": {
            "by_day": {
                str(day): _finding(findings.deal_by(outcomes, day))
                for day in days_within(outcomes.days)
            },
            "restricted_mean_day": _finding(findings.restricted_mean_day(outcomes)),
        },
        "endings": _shares(findings.endings(outcomes)),
        "sides": _sides(scenario),
        "zopa": _shares(findings.zopa(outcomes)),
        "terms": {issue: _shares(levels) for issue, levels in findings.terms(outcomes).items()},
        "exchange": _exchange(outcomes),
        "truce": _truce(outcomes),
        "blockers": {
            party: _shares(counts) for party, counts in findings.refusals(outcomes).items()
        },
        "base_rate": _base_rate(scenario, outcomes.days),
        "assumptions": assumptions(scenario),
        "not_a_forecast": NOT_A_FORECAST,
        "command": command,
    }


def comparison_summary(comparison: Comparison, scenario: Scenario, command: str = "") -> Json:
    """What the second arm of a comparison changes, as plain data."""
    before, after = comparison.baseline, comparison.changed
    days = tuple(day for day in days_within(before.days) if day in (*EFFECT_DAYS, before.days))
    effects, flips = findings.effects(before, after, days), findings.flips(before, after)
    return {
        "schema": COMPARISON,
        "scenario": {"name": before.scenario, "sha256": before.sha256},
        "changed_sha256": after.sha256,
        "version": before.version,
        "seed": before.seed,
        "runs": len(before),
        "days": before.days,
        "baseline_levers": dict(before.levers),
        "changed_levers": dict(after.levers),
        "effects": {name: _effect(effect) for name, effect in effects.items()},
        "flips": {name: _finding(share) for name, share in flips.items()},
        "definitions": {name: found.definition for name, found in {**effects, **flips}.items()},
        "base_rate": _base_rate(scenario, before.days),
        "assumptions": assumptions(scenario),
        "not_a_forecast": NOT_A_FORECAST,
        "command": command,
    }


def assumptions(scenario: Scenario) -> dict[str, int]:
    """How many of the scenario's numbers have a source, are a judgement, or only fix a unit."""
    basis = Counter(number.basis or "sourced" for number in scenario.quantities().values())
    return {kind: basis[kind] for kind in ("sourced", "judgement", "definition")}


def _sides(scenario: Scenario) -> Json:
    """Who fights on which side of the war: whose victory `victory_forward` is."""
    return {"forward": list(scenario.war.forward), "backward": list(scenario.war.backward)}


def days_within(horizon: int) -> list[int]:
    """The days by which deals are counted, the horizon last."""
    return [*(day for day in DEAL_DAYS if day < horizon), horizon]


def _finding(found: Finding) -> dict[str, float | None]:
    return {"estimate": found.estimate, "low": found.low, "high": found.high}


def _effect(effect: Effect) -> Json:
    return {
        **_finding(effect),
        "baseline": effect.baseline,
        "changed": effect.changed,
        "exactly_zero": effect.exactly_zero,
    }


def _shares(found: Mapping[str, Finding]) -> dict[str, float | None]:
    return {name: share.estimate for name, share in found.items()}


def _spread(found: Spread) -> dict[str, float]:
    return {"mean": found.mean, "q05": found.q05, "q50": found.q50, "q95": found.q95}


def _exchange(outcomes: Outcomes) -> Json:
    people = findings.people
    return {
        "captives": {name: _spread(s) for name, s in findings.captives(outcomes).items()},
        "prisoners_released": _spread(people(outcomes, "prisoners_released")),
        "by_pool": {
            pool: {name: _spread(people(outcomes, name, pool)) for name in findings.CAPTIVES}
            for pool in outcomes.labels.pools
        },
        "prisoners_by_pool": {
            pool: _spread(people(outcomes, "prisoners_released", pool))
            for pool in outcomes.labels.prisoners
        },
    }


def _truce(outcomes: Outcomes) -> Json:
    survival = findings.truce_survival(outcomes, TRUCE_DAYS)
    ends = findings.truce_ends(outcomes, TRUCE_DAYS)
    return {
        "count": int(np.count_nonzero(outcomes.truces)),
        "survival": {str(day): _finding(found) for day, found in survival.items()},
        "ended_within": {
            str(day): {cause: _finding(by_day[day]) for cause, by_day in ends.items()}
            for day in TRUCE_DAYS
        },
        "causes": _shares(findings.truce_causes(outcomes)),
    }


def _base_rate(scenario: Scenario, horizon: int) -> Json | None:
    """The yardstick of the past, with its source; None where the scenario has none."""
    base = scenario.base_rate
    if base is None:
        return None
    source = scenario.sources[base.source]
    return {
        "by_day": {
            str(day): _finding(findings.base_rate_by(base, day)) for day in days_within(horizon)
        },
        "deals": base.deals,
        "days_at_risk": base.days,
        "interval": 0.9,
        "source": {"name": base.source, "title": source.title, "date": source.date},
        "note": "a yardstick that may know what came after the scenario's day; not an input",
    }


# --- For people


def talks_played(found: Json) -> str:
    """How many talks were played, and for how long."""
    return f"{counted(found['runs'], 'simulated talk')} of {counted(found['days'], 'day')}"


def print_summary(found: Json, scenario: Scenario, console: Console) -> None:
    """Print what `summary` says: frequencies first, what they rest on last."""
    console.print(Text(scenario.title, style="bold"))
    console.print(Text(NOT_A_FORECAST, style="italic"))
    _say(console, f"{talks_played(found)}, seed {found['seed']}; {settings_of(found)}.")
    _print_deals(found, console)
    _print_endings(found, scenario, console)
    _print_zopa(found, console)
    _print_blockers(found, scenario, console)
    _print_terms(found, scenario, console)
    _print_exchange(found, scenario, console)
    _print_truce(found, scenario, console)
    _print_footing(found, console)


def print_comparison(found: Json, scenario: Scenario, console: Console) -> None:
    """Print what `comparison_summary` says: each effect with its interval."""
    console.print(Text(scenario.title, style="bold"))
    console.print(Text(NOT_A_FORECAST, style="italic"))
    _say(
        console,
        f"{talks_played(found)}, each played twice with the same luck, seed {found['seed']}. "
        f"Baseline: {settings_in_words(found['baseline_levers'])}. "
        f"Changed: {settings_in_words(found['changed_levers'])}"
        + ("." if found["changed_sha256"] == found["scenario"]["sha256"] else ", and its numbers."),
    )
    table = _table(console, "What the change does", "baseline", "changed", "difference (95 %)")
    for name, effect in found["effects"].items():
        share = name.startswith(("deal_by_", "truce_held_"))
        words = EFFECT_WORDS.get(name) or deal_words(name)
        table.add_row(
            Text(words),
            _amount(effect["baseline"], share),
            _amount(effect["changed"], share),
            _difference(effect, share, found["runs"]),
        )
    console.print(table)
    to, away = found["flips"]["to_deal"], found["flips"]["from_deal"]
    _say(
        console,
        f"The change makes a deal where there was none in {frequency(to)} talks, and unmakes one "
        f"in {frequency(away)}.",
    )
    if found["base_rate"] is None:
        _say(console, "No base rate: there is no history to hold this against.")
    _print_footing(found, console)


def frequency(share: Mapping[str, float | None]) -> str:
    """A share as people say it: "37 of 100"; with decimals where it is small or nearly all."""
    value = share["estimate"]
    return "none known of 100" if value is None else f"{of_hundred(value)} of 100"


def of_hundred(value: float) -> str:
    """A share as a number of a hundred; with decimals where it is small or nearly all."""
    number = 100 * value
    if number in (0, 100) or 1 <= number <= 99:
        return f"{number:.0f}"
    return f"{number:.1f}" if 0.1 <= number <= 99.9 else f"{number:.2g}" if number < 1 else "99.9"


def interval(share: Mapping[str, float | None]) -> str:
    """The interval of a share, of a hundred."""
    if share["low"] is None or share["high"] is None:
        return "unknown"
    return f"{of_hundred(share['low'])} to {of_hundred(share['high'])}"


def _print_deals(found: Json, console: Console) -> None:
    _heading(console, "Does it come to a truce?")
    base = found["base_rate"]
    for day, share in found["deal"]["by_day"].items():
        line = (
            f"{frequency(share)} simulated talks reach a truce by day {day}; "
            f"95 % interval {interval(share)}"
        )
        if base:
            past = base["by_day"][day]
            line += f"; base rate {of_hundred(past['estimate'])} ({interval(past)})"
        _say(console, line + ".")
    mean = found["deal"]["restricted_mean_day"]["estimate"]
    if found["truce"]["count"]:
        _say(
            console,
            f"The first truce begins on day {mean:.0f} on average, counting day {found['days']} "
            "where there is none.",
        )
    if base is None:
        _say(console, "No base rate: there is no history to hold this against.")
    else:
        _say(
            console,
            f"Base rate, with its 90 % interval: {base['source']['title']}. It is {base['note']}.",
        )


def _print_endings(found: Json, scenario: Scenario, console: Console) -> None:
    table = _table(console, f"How talks stand on day {found['days']}", "of 100")
    for name, share in found["endings"].items():
        if share > 0:
            table.add_row(Text(ending_words(name, scenario)), of_hundred(share))
    console.print(table)


def ending_words(name: str, scenario: Scenario) -> str:
    """How a run stands on its last day, in words."""
    if name in ENDING_WORDS:
        return ENDING_WORDS[name]
    side = scenario.war.forward if name == "victory_forward" else scenario.war.backward
    winners = " and ".join(scenario.parties[party].title for party in side)
    return f"victory of {winners}" if winners else "victory"


def _print_zopa(found: Json, console: Console) -> None:
    zopa = found["zopa"]
    _heading(console, "Is there anything to agree on?")
    _say(
        console,
        f"Before the first day, some package is better than no deal for everyone who can refuse "
        f"one in {of_hundred(zopa['day0'])} of 100 talks, as the parties see it; in "
        f"{of_hundred(zopa['objective_day0'])} if they knew the true chances of war; and on some "
        f"day in {of_hundred(zopa['any_day'])}.",
    )


def _print_blockers(found: Json, scenario: Scenario, console: Console) -> None:
    table = _table(
        console, "Who refused, of 100 texts on the table", "refused", "alone", "saw no way out"
    )
    for party, counts in found["blockers"].items():
        cells = ["–" if share is None else of_hundred(share) for share in counts.values()]
        title = scenario.parties[party].title
        table.add_row(Text(title if scenario.parties[party].veto else f"{title} (no veto)"), *cells)
    console.print(table)


def _print_terms(found: Json, scenario: Scenario, console: Console) -> None:
    if any(share is None for levels in found["terms"].values() for share in levels.values()):
        _heading(console, "Terms")
        _say(console, "No deal was signed, so there are no terms to report.")
        return
    table = _table(
        console, f"Terms, of 100 first deals ({found['truce']['count']:,} were signed)", ""
    )
    table.columns[1].justify = "left"
    for name, levels in found["terms"].items():
        issue = scenario.issues[name]
        shares = [
            f"{issue.levels[level].words} {of_hundred(share)}"
            for level, share in levels.items()
            if share > 0
        ]
        table.add_row(Text(issue.title), Text("; ".join(shares)))
    console.print(table)


def _print_exchange(found: Json, scenario: Scenario, console: Console) -> None:
    if not scenario.captives:
        return
    _heading(console, "People")
    for name, counts in found["exchange"]["by_pool"].items():
        pool = scenario.captives[name]
        table = _table(
            console,
            f"{pool.title}: {counts['initial']['mean']:.0f} on the first day, the dead included",
            "mean",
            "90 in 100 talks",
        )
        for key, words in CAPTIVE_WORDS.items():
            table.add_row(words, *_people(counts[key]))
        console.print(table)
    if scenario.prisoners:
        table = _table(console, "Prisoners released", "mean", "90 in 100 talks")
        for name, counts in found["exchange"]["prisoners_by_pool"].items():
            table.add_row(Text(scenario.prisoners[name].title), *_people(counts))
        console.print(table)
    _say(console, "Who dies in captivity is counted again where the dead come home or are held.")


def _people(counts: Mapping[str, float]) -> tuple[str, str]:
    return f"{counts['mean']:,.1f}", f"{counts['q05']:,.0f} to {counts['q95']:,.0f}"


def _print_truce(found: Json, scenario: Scenario, console: Console) -> None:
    truce = found["truce"]
    if not truce["count"]:
        return
    _heading(console, "Does the first truce last?")
    for day, share in truce["survival"].items():
        if share["estimate"] is None:
            _say(console, f"After {day} days: nobody can tell, the talks were not followed so far.")
        else:
            _say(
                console,
                f"{frequency(share)} first truces are in force after {day} days; 95 % interval "
                f"{interval(share)}.",
            )
    columns = [f"within {day} days" for day in truce["ended_within"]]
    table = _table(console, "What became of 100 of them", *columns, f"by day {found['days']}")
    for cause, share in truce["causes"].items():
        if share:
            ends = [causes.get(cause) for causes in truce["ended_within"].values()]
            cells = ["–" if end is None else _known(end["estimate"]) for end in ends]
            table.add_row(Text(cause_words(cause, scenario)), *cells, of_hundred(share))
    console.print(table)
    _say(
        console,
        "Within so many days: as if every truce had been followed so long. By the last day: as it "
        "stands, young truces among them, so that a share may be smaller.",
    )


def _known(estimate: float | None) -> str:
    return "unknown" if estimate is None else of_hundred(estimate)


def cause_words(cause: str, scenario: Scenario) -> str:
    """What became of a truce, in words."""
    if cause in scenario.parties:
        return f"{scenario.parties[cause].title} goes back to war"
    if cause in scenario.spoilers:
        return f"broken by {scenario.spoilers[cause].title}"
    words = {"expiry": "the term ends", findings.HOLDING: "in force on the last day"}
    return words.get(cause, cause)


def _print_footing(found: Json, console: Console) -> None:
    numbers = found["assumptions"]
    _heading(console, "What this rests on")
    _say(
        console,
        f"{sum(numbers.values())} numbers: {numbers['sourced']} have a source, "
        f"{numbers['judgement']} are our judgement, {numbers['definition']} fix a unit. Intervals "
        "speak of the luck of the draw, not of whether the assumptions are right.",
    )
    if found["command"]:
        _say(console, "The same again:")
        print_command(found["command"], console)


def print_command(command: str, console: Console) -> None:
    """Print a command so that it can be copied, however narrow the terminal."""
    console.print(Text(f"  {command}"), soft_wrap=True)


def settings_of(found: Json) -> str:
    """Where the levers of these talks stand, and what else was set."""
    levers = f"levers: {settings_in_words(found['levers'])}"
    if not found["changes"]:
        return levers
    changes = ", ".join(f"{key} = {value}" for key, value in found["changes"].items())
    return f"{levers}; changed in the scenario: {changes}"


def settings_in_words(levers: Mapping[str, float]) -> str:
    """The levers that were moved."""
    moved = ", ".join(f"{name} = {value:g}" for name, value in levers.items())
    return moved or "as in the scenario"


def deal_words(name: str) -> str:
    """An effect on the talks with a truce by a day, `deal_by_90`, in words."""
    return f"talks with a truce by day {name.removeprefix('deal_by_')}, of 100"


def _amount(value: float, share: bool) -> str:
    return of_hundred(value) if share else f"{value:,.1f}"


def exactly_zero(runs: int) -> str:
    """What there is to say of a change that changes nothing: it rests on so many runs."""
    return f"exactly 0 in every run of {runs:,}"


def _difference(effect: Mapping[str, Any], share: bool, runs: int) -> str:
    if effect["exactly_zero"]:
        return exactly_zero(runs)
    scale = 100 if share else 1
    shown = f"{scale * effect['estimate']:+.1f}"
    if effect["low"] is None:
        return shown
    return f"{shown} ({scale * effect['low']:+.1f} to {scale * effect['high']:+.1f})"


def _heading(console: Console, words: str) -> None:
    console.print()
    console.print(Text(words, style="bold"))


def _say(console: Console, words: str) -> None:
    console.print(Text(words), highlight=False)


def _table(console: Console, title: str, *columns: str) -> Table:
    """A plain table under a heading: words on the left, numbers on the right."""
    _heading(console, title)
    table = Table(box=None, show_header=any(columns), pad_edge=False, header_style="dim")
    table.add_column("", overflow="fold")
    for column in columns:
        table.add_column(column, justify="right")
    return table


# --- A scenario before anyone plays it


def print_scenario(scenario: Scenario, console: Console) -> None:
    """Print who negotiates about what, what they say, and how far apart that is."""
    console.print(Text(scenario.title, style="bold"))
    _say(console, scenario.summary)
    _say(console, f"As of {scenario.as_of}, followed for {scenario.days} days.")
    console.print(Text(scenario.content_note, style="italic"))
    _heading(console, "Parties, and what they say")
    for party in scenario.parties.values():
        veto = "" if party.veto else " (no veto)"
        _say(console, f"{party.title}{veto}: {', '.join(party.positions.states)}")
        for line in party.positions.red_lines:
            console.print(Padding(Text(f"“{line.words}”"), (0, 0, 0, 2)))
    mediators = ", ".join(mediator.title for mediator in scenario.mediators.values())
    _say(console, f"Mediators: {mediators or 'none'}")
    _print_positions(scenario, console)
    _print_levers(scenario, console)
    if scenario.limits:
        _heading(console, "Left out")
        for limit in scenario.limits:
            _say(console, f"- {limit}")


def _print_positions(scenario: Scenario, console: Console) -> None:
    _heading(console, "Issues, and how far apart the parties are in public")
    gaps = position_gaps(scenario)
    for name, issue in scenario.issues.items():
        levels = " – ".join(level.words for level in issue.levels.values())
        _say(console, f"{issue.title}: {levels}")
        for party, named in stated_levels(scenario, name).items():
            title = scenario.parties[party].title
            words = " or ".join(issue.levels[level].words for level in named)
            console.print(Padding(Text(f"{title} asks for: {words}"), (0, 0, 0, 2)))
        gap = gaps[name]
        if gap is None:
            apart = "fewer than two parties have spoken"
        elif gap == 0:
            apart = "what they say can be reconciled"
        else:
            steps = "one level" if gap == 1 else f"{gap} levels"
            apart = f"{steps} apart, of {len(issue.levels) - 1}"
        console.print(Padding(Text(apart, style="dim"), (0, 0, 0, 2)))


def stated_levels(scenario: Scenario, issue: str) -> dict[str, list[str]]:
    """The levels of an issue that each party asks for in public; who is silent is left out."""
    stated: dict[str, list[str]] = {}
    for party, spec in scenario.parties.items():
        bounds = [
            scenario.phrases[phrase][issue]
            for phrase in spec.positions.states
            if issue in scenario.phrases[phrase]
        ]
        if bounds:
            within = np.logical_and.reduce(
                [levels_within(scenario.issues[issue], bound) for bound in bounds]
            )
            names = list(scenario.issues[issue].levels)
            stated[party] = [names[k] for k in np.flatnonzero(within)]
    return stated


def position_gaps(scenario: Scenario) -> dict[str, int | None]:
    """For each issue, how many levels lie between the two parties furthest apart in public.

    None where fewer than two parties with a veto have spoken. Positions may be far apart where
    there is a ZOPA, and near where there is none.
    """
    gaps: dict[str, int | None] = {}
    for name, issue in scenario.issues.items():
        stated = [
            levels
            for party, levels in stated_levels(scenario, name).items()
            if scenario.parties[party].veto and levels
        ]
        pairs = itertools.combinations(stated, 2)
        gaps[name] = max((_steps_between(issue, one, other) for one, other in pairs), default=None)
    return gaps


def _steps_between(issue: Issue, one: list[str], other: list[str]) -> int:
    """The fewest steps from a level that one names to a level that the other names."""
    at = {name: k for k, name in enumerate(issue.levels)}
    return min(abs(at[a] - at[b]) for a in one for b in other)


def _print_levers(scenario: Scenario, console: Console) -> None:
    if not scenario.levers:
        return
    table = _table(console, "Levers (for --set)", "default", "range", "unit")
    for name, lever in scenario.levers.items():
        table.add_row(
            Text(f"{name}: {lever.label}"),
            f"{lever.default:g}",
            f"{lever.low:g} to {lever.high:g}",
            Text(lever.unit),
        )
    console.print(table)


def print_ground(ground: Ground, scenario: Scenario, console: Console) -> None:
    """Print in how many runs there is a ZOPA, and which packages come nearest to suiting all."""
    _heading(console, "Before the first day: is there anything to agree on?")
    views = (
        ("as the parties see it", ground.perceived),
        ("if they knew the true chances of war", ground.objective),
    )
    for words, gains in views:
        runs = len(gains)
        exists = (gains >= 0).any(axis=1)
        _say(
            console,
            f"Some package is better than no deal for everyone who can refuse one in "
            f"{of_hundred(float(exists.mean()))} of 100 of {runs} draws, {words}. "
            "Nearest to suiting all:",
        )
        best = np.bincount(gains.argmax(axis=1), minlength=gains.shape[1])
        for package in np.argsort(-best, kind="stable")[:NEAREST_SHOWN]:
            if best[package]:
                line = (
                    f"{of_hundred(best[package] / runs)} of 100: "
                    f"{in_words(scenario, ground.packages, int(package))}"
                )
                console.print(Padding(Text(line), (0, 0, 0, 2)))


def print_numbers(scenario: Scenario, console: Console) -> None:
    """Print every number of a scenario on a line: its path, value, range and footing.

    The range is from lowest to highest where there are such, else that of 90 in 100 draws.
    """
    _heading(console, "Numbers: path, value, range, what it rests on")
    numbers = scenario.quantities()
    width = max(map(len, numbers), default=0)
    for path, number in numbers.items():
        rests = ": ".join(filter(None, (number.source or number.basis, number.note)))
        line = f"{path:<{width}}  {number.centre:>9.4g}  {range_of(number):<24}  {rests}"
        console.print(Text(line), soft_wrap=True)


def range_of(number: Quantity) -> str:
    """From where to where a number is drawn."""
    if number.is_certain:
        return "–"
    if number.corners is not None or number.discrete is not None:
        low, high = number.support
        return f"{low:.4g} to {high:.4g}"
    low, high = number.at(np.array([0.05, 0.95]))
    return f"{low:.4g} to {high:.4g} (90 %)"


def print_assumptions(scenario: Scenario, console: Console) -> None:
    """Print how many numbers rest on what, and where the sources are."""
    numbers = assumptions(scenario)
    _heading(console, "What its numbers rest on")
    _say(
        console,
        f"{numbers['sourced']} have a source, {numbers['judgement']} are a judgement, "
        f"{numbers['definition']} fix a unit. --numbers shows each.",
    )
    for name, source in scenario.sources.items():
        console.print(Padding(Text(f"{name}: {source.title} ({source.date})"), (0, 0, 0, 2)))
        if source.url:  # whole, so that it can be followed
            console.print(Text(f"  {source.url}", style="dim"), soft_wrap=True)
    if scenario.base_rate is None:
        _say(console, "No base rate.")
    else:
        base = scenario.base_rate
        _say(
            console,
            f"Base rate: {base.deals} deals in {base.days:g} days, {base.source}; not an input.",
        )
