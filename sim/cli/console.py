"""What is printed for people to read: headings, paragraphs and tables, and summaries of them."""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.engine.simulate import InitialBargainingRange
from sim.reporting.models import (
    ComparisonSummary,
    Exchange,
    SpreadSummary,
    Summary,
    ZopaShares,
)
from sim.reporting.summary import (
    CAPTIVE_WORDS,
    NOT_A_FORECAST,
    amount,
    assumptions,
    cause_words,
    difference,
    effect_words,
    ending_words,
    event_frequency,
    frequency,
    interval,
    of_hundred,
    position_gaps,
    range_of,
    settings_in_words,
    settings_of,
    stated_levels,
    talks_played,
)
from sim.scenario.packages import describe_package
from sim.scenario.schema import Scenario

#: Of the packages that come nearest to suiting all, how many are shown.
NEAREST_SHOWN = 3


# --- Pieces


def opening(console: Console, title: str) -> None:
    """Print what this is about, and that it is no forecast."""
    console.print(Text(title, style="bold"))
    caveat(console)


def caveat(console: Console) -> None:
    """Print that this is no forecast."""
    console.print(Text(NOT_A_FORECAST, style="italic"))


def heading(console: Console, words: str) -> None:
    """Print the heading of a part."""
    console.print()
    console.print(Text(words, style="bold"))


def say(console: Console, words: str) -> None:
    """Print a paragraph."""
    console.print(Text(words), highlight=False)


def plain_table(*columns: str, first: str = "") -> Table:
    """Begin a table without lines: words on the left, under `first`, numbers on the right."""
    table = Table(box=None, show_header=any((first, *columns)), pad_edge=False, header_style="dim")
    table.add_column(first, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def table_under(console: Console, title: str, *columns: str, first: str = "") -> Table:
    """Begin a plain table, and print its heading at once."""
    heading(console, title)
    return plain_table(*columns, first=first)


def print_command(command: str, console: Console) -> None:
    """Print a command so that it can be copied, however narrow the terminal."""
    console.print(Text(f"  {command}"), soft_wrap=True)


# --- What became of talks


def print_summary(summary: Summary, scenario: Scenario, console: Console) -> None:
    """Print a summary: frequencies first, what they rest on last."""
    opening(console, scenario.title)
    say(
        console,
        f"{talks_played(summary.runs, summary.days)}, seed {summary.seed}; {settings_of(summary)}.",
    )
    _print_deals(summary, console)
    _print_endings(summary, scenario, console)
    _print_zopa(summary.zopa, console)
    _print_blockers(summary, scenario, console)
    _print_terms(summary, scenario, console)
    _print_exchange(summary.exchange, scenario, console)
    _print_truce(summary, scenario, console)
    _print_footing(summary, console)


def _print_deals(summary: Summary, console: Console) -> None:
    """Print how many talks come to a truce by some days."""
    heading(console, "Does it come to a truce?")
    base = summary.base_rate
    for day, share in summary.deal.by_day.items():
        line = (
            f"{frequency(share)} simulated talks reach a truce by day {day}; "
            f"95 % interval {interval(share)}"
        )
        if base:
            past = base.by_day[day]
            line += f"; base rate {of_hundred(past.estimate or 0.0)} ({interval(past)})"
        say(console, line + ".")
    mean = summary.deal.restricted_mean_day.estimate
    if summary.truce.count:
        say(
            console,
            f"The first truce begins on day {mean:.0f} on average, counting day {summary.days} "
            "where there is none.",
        )
    if base is None:
        say(console, "No base rate: there is no history to hold this against.")
    else:
        say(
            console,
            f"Base rate, with its 90 % interval: {base.source.title}. It is {base.note}.",
        )


def _print_endings(summary: Summary, scenario: Scenario, console: Console) -> None:
    """Print how talks stand on their last day."""
    table = table_under(console, f"How talks stand on day {summary.days}", "of 100")
    for name, share in summary.endings.items():
        if share:
            table.add_row(Text(ending_words(name, scenario)), of_hundred(share))
    console.print(table)


def _print_zopa(zopa: ZopaShares, console: Console) -> None:
    """Print how often there is anything to agree on."""
    heading(console, "Is there anything to agree on?")
    say(
        console,
        f"Before the first day, some package is better than no deal for everyone who can refuse "
        f"one in {_of_hundred(zopa.day0)} of 100 talks, as the parties see it; in "
        f"{_of_hundred(zopa.objective_day0)} if they knew the true chances of war; and on some "
        f"day in {_of_hundred(zopa.any_day)}.",
    )


def _print_blockers(summary: Summary, scenario: Scenario, console: Console) -> None:
    """Print who refused proposals."""
    columns = ("refused", "alone", "saw no way out", "stood firm")
    table = table_under(console, "Who refused, of 100 texts on the table", *columns)
    for party, counts in summary.blockers.items():
        cells = ["–" if share is None else of_hundred(share) for share in counts.values()]
        title = scenario.parties[party].title
        table.add_row(Text(title if scenario.parties[party].veto else f"{title} (no veto)"), *cells)
    console.print(table)


def _print_terms(summary: Summary, scenario: Scenario, console: Console) -> None:
    """Print what first deals say."""
    if any(share is None for levels in summary.terms.values() for share in levels.values()):
        heading(console, "Terms")
        say(console, "No deal was signed, so there are no terms to report.")
        return
    table = table_under(
        console, f"Terms, of 100 first deals ({summary.truce.count:,} were signed)", ""
    )
    table.columns[1].justify = "left"
    for name, levels in summary.terms.items():
        issue = scenario.issues[name]
        shares = [
            f"{issue.levels[level].words} {of_hundred(share)}"
            for level, share in levels.items()
            if share
        ]
        table.add_row(Text(issue.title), Text("; ".join(shares)))
    console.print(table)


def _print_exchange(exchange: Exchange, scenario: Scenario, console: Console) -> None:
    """Print what becomes of captives and prisoners."""
    if not scenario.captives:
        return
    heading(console, "People")
    for name, counts in exchange.by_pool.items():
        pool = scenario.captives[name]
        table = table_under(
            console,
            f"{pool.title}: {counts['initial'].mean:.0f} on the first day, the dead included",
            "mean",
            "90 in 100 talks",
        )
        for key, words in CAPTIVE_WORDS.items():
            table.add_row(words, *_people(counts[key]))
        console.print(table)
    if scenario.prisoners:
        table = table_under(console, "Prisoners released", "mean", "90 in 100 talks")
        for name, spread in exchange.prisoners_by_pool.items():
            table.add_row(Text(scenario.prisoners[name].title), *_people(spread))
        console.print(table)
    say(console, "Who dies in captivity is counted again where the dead come home or are held.")


def _people(spread: SpreadSummary) -> tuple[str, str]:
    """Return a mean number of people, and the span of 90 in 100 talks."""
    return f"{spread.mean:,.1f}", f"{spread.q05:,.0f} to {spread.q95:,.0f}"


def _print_truce(summary: Summary, scenario: Scenario, console: Console) -> None:
    """Print how long first truces last."""
    truce = summary.truce
    if not truce.count:
        return
    heading(console, "Does the first truce last?")
    for day, share in truce.survival.items():
        if share.estimate is None:
            say(console, f"After {day} days: nobody can tell, the talks were not followed so far.")
        else:
            say(
                console,
                f"{frequency(share)} first truces are in force after {day} days; 95 % interval "
                f"{interval(share)}.",
            )
    columns = [f"within {day} days" for day in truce.ended_within]
    table = table_under(console, "What became of 100 of them", *columns, f"by day {summary.days}")
    for cause, part in truce.causes.items():
        if part:
            ends = [causes.get(cause) for causes in truce.ended_within.values()]
            cells = ["–" if end is None else _of_hundred(end.estimate) for end in ends]
            table.add_row(Text(cause_words(cause, scenario)), *cells, of_hundred(part))
    console.print(table)
    say(
        console,
        "Within so many days: as if every truce had been followed so long. By the last day: as it "
        "stands, young truces among them, so that a share may be smaller.",
    )


def _of_hundred(estimate: float | None) -> str:
    """Return a share of a hundred, where it is known."""
    return "unknown" if estimate is None else of_hundred(estimate)


def _print_footing(summary: Summary | ComparisonSummary, console: Console) -> None:
    """Print what the results rest on, and how to repeat them."""
    numbers = summary.assumptions
    heading(console, "What this rests on")
    say(
        console,
        f"{numbers.total} numbers: {numbers.sourced} have a source, "
        f"{numbers.judgement} are our judgement, {numbers.definition} fix a unit. Intervals "
        "speak of the luck of the draw, not of whether the assumptions are right.",
    )
    if summary.command:
        say(console, "The same again:")
        print_command(summary.command, console)


# --- What a change does


def print_comparison(summary: ComparisonSummary, scenario: Scenario, console: Console) -> None:
    """Print the summary of a comparison: each effect with its interval."""
    opening(console, scenario.title)
    say(
        console,
        f"{talks_played(summary.runs, summary.days)}, each played twice with the same luck, "
        f"seed {summary.seed}. "
        f"Baseline: {settings_in_words(summary.baseline_levers, summary.baseline_events)}. "
        f"Changed: {settings_in_words(summary.changed_levers, summary.changed_events)}"
        + ("." if summary.same_numbers else ", and its numbers."),
    )
    table = table_under(console, "What the change does", "baseline", "changed", "difference (95 %)")
    for name, effect in summary.effects.items():
        table.add_row(
            Text(effect_words(name)),
            amount(name, effect.baseline),
            amount(name, effect.changed),
            difference(name, effect, summary.runs),
        )
    console.print(table)
    to, away = summary.flips.to_deal, summary.flips.from_deal
    say(
        console,
        f"The change makes a deal where there was none in {frequency(to)} talks, and unmakes one "
        f"in {frequency(away)}.",
    )
    if summary.base_rate is None:
        say(console, "No base rate: there is no history to hold this against.")
    _print_footing(summary, console)


# --- A scenario before anyone plays it


def print_scenario(scenario: Scenario, console: Console) -> None:
    """Print who negotiates about what, what they say, and how far apart that is."""
    console.print(Text(scenario.title, style="bold"))
    say(console, scenario.summary)
    say(console, f"As of {scenario.as_of}, followed for {scenario.days} days.")
    console.print(Text(scenario.content_note, style="italic"))
    heading(console, "Parties, and what they say")
    for party in scenario.parties.values():
        veto = "" if party.veto else " (no veto)"
        say(console, f"{party.title}{veto}: {', '.join(party.positions.states)}")
        for line in party.positions.red_lines:
            console.print(Padding(Text(f"“{line.words}”"), (0, 0, 0, 2)))
    mediators = ", ".join(mediator.title for mediator in scenario.mediators.values())
    say(console, f"Mediators: {mediators or 'none'}")
    _print_positions(scenario, console)
    _print_levers(scenario, console)
    _print_events(scenario, console)
    if scenario.limits:
        heading(console, "Left out")
        for limit in scenario.limits:
            say(console, f"- {limit}")


def _print_positions(scenario: Scenario, console: Console) -> None:
    """Print the issues and how far apart the parties are in public."""
    heading(console, "Issues, and how far apart the parties are in public")
    gaps = position_gaps(scenario)
    for name, issue in scenario.issues.items():
        levels = " – ".join(level.words for level in issue.levels.values())
        say(console, f"{issue.title}: {levels}")
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


def _print_levers(scenario: Scenario, console: Console) -> None:
    """Print the levers and their ranges."""
    if not scenario.levers:
        return
    table = table_under(console, "Levers (for --set)", "default", "range", "unit")
    for name, lever in scenario.levers.items():
        table.add_row(
            Text(f"{name}: {lever.label}"),
            f"{lever.default:g}",
            f"{lever.low:g} to {lever.high:g}",
            Text(lever.unit),
        )
    console.print(table)


def _print_events(scenario: Scenario, console: Console) -> None:
    """Print what may happen outside, and how often."""
    if not scenario.events:
        return
    table = table_under(console, "What may happen outside (for --event NAME@DAY)", "comes")
    for name, event in scenario.events.items():
        table.add_row(Text(f"{name}: {event.title}"), Text(event_frequency(event)))
    console.print(table)


def print_ground(ground: InitialBargainingRange, scenario: Scenario, console: Console) -> None:
    """Print in how many runs there is a ZOPA, and which packages come nearest to suiting all."""
    heading(console, "Before the first day: is there anything to agree on?")
    views = (
        ("as the parties see it", ground.perceived),
        ("if they knew the true chances of war", ground.objective),
    )
    for words, gains in views:
        runs = len(gains)
        exists = (gains >= 0).any(axis=1)
        say(
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
                    f"{describe_package(scenario, ground.packages, int(package))}"
                )
                console.print(Padding(Text(line), (0, 0, 0, 2)))


def print_numbers(scenario: Scenario, console: Console) -> None:
    """Print every number of a scenario on a line: its path, value, range and footing.

    The range is from lowest to highest where there are such, else that of 90 in 100 draws.
    """
    heading(console, "Numbers: path, value, range, what it rests on")
    numbers = scenario.quantities()
    width = max(map(len, numbers), default=0)
    for path, number in numbers.items():
        rests = ": ".join(filter(None, (number.source or number.basis, number.note)))
        line = f"{path:<{width}}  {number.centre:>9.4g}  {range_of(number):<24}  {rests}"
        console.print(Text(line), soft_wrap=True)


def print_assumptions(scenario: Scenario, console: Console) -> None:
    """Print how many numbers rest on what, and where the sources are."""
    numbers = assumptions(scenario)
    heading(console, "What its numbers rest on")
    say(
        console,
        f"{numbers.sourced} have a source, {numbers.judgement} are a judgement, "
        f"{numbers.definition} fix a unit. --numbers shows each.",
    )
    for name, source in scenario.sources.items():
        console.print(Padding(Text(f"{name}: {source.title} ({source.date})"), (0, 0, 0, 2)))
        if source.url:  # whole, so that it can be followed
            console.print(Text(f"  {source.url}", style="dim"), soft_wrap=True)
    if scenario.base_rate is None:
        say(console, "No base rate.")
    else:
        base = scenario.base_rate
        say(
            console,
            f"Base rate: {base.deals} deals in {base.days:g} days, {base.source}; not an input.",
        )
