"""Print what levers do beside what research expects of them."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from sim.cli.console import heading, opening, plain_table, print_command, say
from sim.scenario.schema import Scenario
from sim.validation.signs import BEGUN_BY, DAYS, EARLY, KEPT_DAYS, SignTable
from sim.validation.verdicts import (
    ERRORS,
    LEAST,
    LEAST_WHERE_NONE,
    OUTCOME_WORDS,
    OUTCOMES,
    Judged,
    JudgedMediation,
    LeverSign,
    Measured,
    MediatorSigns,
    Outcome,
    Verdict,
)

#: What stands behind an effect: how it stands to what is expected.
MARKS: dict[Verdict, str] = {
    "as expected": "✓",
    "against": "✗",
    "undecided": "?",
    "open": "○",
    "not judged": " ",
}

#: The table's columns after the first, and how wide they are.
HEADS = ("room  ", f"day {EARLY}  ", "day 90  ", "day 180  ", "kept  ")
FIRST, CELL = 10, 14

#: What is missing from the talks that mediation is judged by.
MEDIATION_WORDS = {
    "without_mediators": "without mediators",
    "access_0": "mediators who are told nothing",
    "without_information": "mediators who inform nobody",
    "without_formulation": "mediators who word no text",
}


def print_signs(table: SignTable, command: str, console: Console) -> None:
    """Print the sign table of a scenario: effects, verdicts, and what is against expectation."""
    signs, scenario = table.signs, table.scenario
    opening(console, f"{scenario.title}: does each lever do what research expects?")
    say(
        console,
        f"{signs.runs:,} talks of {DAYS} days for each line, with the same luck, "
        f"seed {signs.seed}.",
    )
    _print_levels(table, console)
    _print_levers(table, console)
    _print_against(signs.levers, scenario, console)
    _print_undecided(signs.levers, console)
    if signs.mediators is not None:
        _print_mediators(signs.mediators, console)
    heading(console, "The same again")
    print_command(command, console)


def _print_levels(table: SignTable, console: Console) -> None:
    """Print the shares of talks as the scenario stands."""
    share = {name: f"{100 * level:.0f}" for name, level in table.levels.items()}
    say(
        console,
        f"Of 100 talks as the scenario stands: {share['room']} have room for agreement on the "
        f"first day as the parties see it; {share[f'deal_{EARLY}']}, {share['deal_90']} and "
        f"{share['deal_180']} have a truce by day {EARLY}, 90 and 180; {share['kept']} have one by "
        f"day {BEGUN_BY} that nobody breaks in its term or its first {KEPT_DAYS} days.",
    )


def _print_levers(table: SignTable, console: Console) -> None:
    """Print what each end of each lever does to each outcome."""
    heading(console, "What the ends of levers change, in talks of 100, ± standard error")
    console.print(_line("  set to", *HEADS, style="dim"), soft_wrap=True)
    name = ""
    for row in table.signs.levers:
        if row.name != name:
            name = row.name
            console.print(Text(name), soft_wrap=True)
        cells = {outcome: _judged(judged) for outcome, judged in row.outcomes.items()}
        early = f"{_points(table.early[row.name, row.end])}  "
        first = f"{MARKS[row.verdict]} {row.value:g}"
        others = (cells[outcome] for outcome in OUTCOMES if outcome != "room")
        console.print(_line(first, cells["room"], early, *others), soft_wrap=True)
    legend = ", ".join(f"{mark} {verdict}" for verdict, mark in MARKS.items() if mark.strip())
    say(
        console,
        f"{legend}; no mark: nothing is expected. The first mark of a line is its worst. An effect "
        f"counts where it is larger than {ERRORS:g} standard errors and than {100 * LEAST:g} talks "
        f"of 100, or {100 * LEAST_WHERE_NONE:g} where none is expected. Day {EARLY} is not judged.",
    )


def _line(first: str, *cells: str, style: str = "") -> Text:
    """Return a line of the table, which eighty columns hold."""
    return Text(f"{first:<{FIRST}}" + "".join(f"{cell:>{CELL}}" for cell in cells), style=style)


def _judged(judged: Judged) -> str:
    """Return an effect with its mark."""
    return f"{_points(judged)} {MARKS[judged.verdict]}"


def _points(effect: Measured | Judged | JudgedMediation) -> str:
    """Return an effect in talks of 100, with its standard error."""
    if effect.estimate == effect.se == 0:
        return "0"
    return f"{100 * effect.estimate:+.1f}±{100 * effect.se:.1f}"


def _print_against(rows: list[LeverSign], scenario: Scenario, console: Console) -> None:
    """Print what is against expectation, with what was expected and by whom."""
    against = [row for row in rows if row.verdict == "against"]
    if not against:
        return
    heading(console, "Against what research expects")
    for row in against:
        said = "; ".join(
            f"{OUTCOME_WORDS[name]} {100 * judged.estimate:+.1f}, expected {judged.expect}"
            for name, judged in row.outcomes.items()
            if judged.verdict == "against"
        )
        expect = scenario.levers[row.name].expect
        sources = "" if expect is None else f" ({', '.join(expect.source)})"
        say(console, f"- {row.name} at {row.value:g}: {said}{sources}")


def _print_undecided(rows: list[LeverSign], console: Console) -> None:
    """Print what cannot be told from luck, and what changes in no talk at all."""
    undecided = [
        (row, name, judged)
        for row in rows
        for name, judged in row.outcomes.items()
        if judged.verdict == "undecided"
    ]
    small = [(row, name) for row, name, judged in undecided if judged.se > 0]
    none = [(row, name) for row, name, judged in undecided if not judged.se > 0]
    _print_ends("Undecided: too small to tell from luck", small, console)
    _print_ends("Undecided: not one of these talks changes", none, console)


def _print_ends(title: str, ends: list[tuple[LeverSign, Outcome]], console: Console) -> None:
    """Print outcomes at ends of levers under a heading, lever by lever."""
    lines: dict[str, dict[float, list[str]]] = {}
    for row, outcome in ends:
        values = lines.setdefault(row.name, {})
        values.setdefault(row.value, []).append(OUTCOME_WORDS[outcome])
    if lines:
        heading(console, title)
        for name, values in lines.items():
            words = "; ".join(f"at {value:g} {', '.join(named)}" for value, named in values.items())
            say(console, f"- {name}: {words}")


def _print_mediators(mediators: MediatorSigns, console: Console) -> None:
    """Print whether mediation adds."""
    heading(console, "Mediation: what is missing without it, in talks of 100 by day 180")
    table = plain_table("")
    for name, judged in mediators.deal_180.items():
        points = f"{_points(judged)} {MARKS[judged.verdict]}"
        table.add_row(MEDIATION_WORDS[name], points)
    console.print(table)
    own, theirs = mediators.own_texts_accepted, mediators.mediated_texts_accepted
    say(
        console,
        f"Of 100 texts that are put to all, all accept {_share(theirs.share)} of mediators' "
        f"({theirs.n:,}) and {_share(own.share)} of the parties' own ({own.n:,}): "
        f"{theirs.verdict}. (A mediator puts forward only what it believes all would take.)",
    )


def _share(share: float | None) -> str:
    """Return a share in a hundred, where there is one."""
    return "–" if share is None else f"{100 * share:.1f}"
