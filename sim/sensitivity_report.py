"""The sensitivity of an outcome, as plain data for machines and in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from sim.findings import Finding, is_share, scale_of
from sim.printing import caveat, heading, print_command, say, table_under
from sim.report import NOT_A_FORECAST, exactly_zero
from sim.scenario import Scenario
from sim.sensitivity import MEASURES, Indices, Plan, Study

STUDY = "parley.sensitivity/1"

#: Of the numbers screened, how many are shown to people.
SHOWN = 12


def study_as_data(
    found: Study, scenario: Scenario, plan: Plan, asked: Mapping[str, Any], command: str = ""
) -> dict[str, Any]:
    """A study as plain data that becomes JSON as it is; `asked` are seed, days and levers."""
    return {
        "schema": STUDY,
        "scenario": scenario.scenario,
        **asked,
        "command": command,
        "outcome": found.outcome,
        "outcome_in_words": MEASURES[found.outcome].words,
        "runs": plan.runs,
        "screening": {
            "trajectories": plan.screening.trajectories,
            "replicates": plan.screening.replicates,
            "numbers": {
                one.path: {
                    "mu_star": _data(one.strength),
                    "mu": _data(one.direction),
                    "sigma": _data(one.unevenness),
                }
                for one in found.screened
            },
        },
        "trends": {
            "rows": plan.luck.rows,
            "replicates": plan.luck.replicates,
            "numbers": {one.name: _data(one) for one in found.trends},
        },
        "luck_alone": _data(found.luck),
        "sobol": {
            "n": plan.n,
            "replicates": plan.replicates,
            "studied_share": _data(found.indices.studied),
            "residue": _data(found.indices.residue),
            "numbers": {
                index.path: {"first": _data(index.first), "total": _data(index.total)}
                for index in found.indices.indices
            },
        },
        "curves": {
            one.of: {
                "settings": list(one.settings),
                "outcome": [_data(finding) for finding in one.findings],
                "swing": _data(one.swing),
            }
            for one in found.curves
        },
        "not_a_forecast": NOT_A_FORECAST,
    }


def _data(found: Finding) -> dict[str, float | None]:
    return {"estimate": found.estimate, "low": found.low, "high": found.high}


def print_study(found: Study, plan: Plan, command: str, console: Console) -> None:
    """Print a study in words: what moves the outcome, what is luck, and how it moves."""
    words = MEASURES[found.outcome].words
    scale = scale_of(found.outcome)
    unit = f"{words}, of 100" if is_share(found.outcome) else words
    caveat(console)
    console.print()
    say(console, f"Outcome: {unit}. {plan.runs:,} simulated talks.")
    _print_screening(found, plan, scale, console)
    _print_trends(found, scale, console)
    _print_luck(found, plan, console)
    _print_indices(found, plan, console)
    _print_curves(found, scale, console)
    print_command(command, console)


def _print_screening(found: Study, plan: Plan, scale: float, console: Console) -> None:
    title = f"Screening of {len(found.screened)} uncertain numbers: the strongest"
    table = table_under(console, title, "moves it by", "95 %", "uneven", first="number")
    for one in found.screened[:SHOWN]:
        table.add_row(
            Text(one.path),
            f"{scale * (one.strength.estimate or 0):.1f}",
            _span(one.strength, scale),
            f"{scale * (one.unevenness.estimate or 0):.1f}",
        )
    console.print(table)
    still = sum(one.strength.estimate == 0 for one in found.screened)
    say(
        console,
        f"Moves it by: the mean change, up or down, over the whole range of the number, along "
        f"{plan.screening.trajectories} trajectories with {plan.screening.replicates} runs' luck "
        "at each step. What luck does adds to it. Uneven: the change depends on other numbers or "
        f"on luck. {still} numbers moved nothing in any run.",
    )


def _print_trends(found: Study, scale: float, console: Console) -> None:
    title = "Trends over random points: the steepest"
    table = table_under(console, title, "moves it by", "95 %", first="number")
    for one in found.trends[:SHOWN]:
        table.add_row(Text(one.name), f"{scale * (one.estimate or 0):+.1f}", _span(one, scale))
    console.print(table)
    clear = sum(one.excludes_zero for one in found.trends)
    by_chance = len(found.trends) * (1 - 0.95)
    say(
        console,
        f"From the lowest to the highest, with a sign. {clear} of {len(found.trends)} intervals do "
        f"not include 0; luck alone would make about {by_chance:.0f} such.",
    )


def _print_luck(found: Study, plan: Plan, console: Console) -> None:
    heading(console, "How much is luck")
    say(
        console,
        f"If every number were known, {_percent(found.luck)} of the variance between single talks "
        f"would be left: luck alone. The {plan.top} numbers below explain "
        f"{_percent(found.indices.studied)} of it, and the other numbers the rest.",
    )


def _print_indices(found: Study, plan: Plan, console: Console) -> None:
    title = f"Of what differs between averages of {plan.replicates} talks, in %"
    table = table_under(console, title, "by itself", "95 %", "with others", "95 %", first="number")
    residue = found.indices.residue
    for index in found.indices.indices:
        table.add_row(
            Text(index.path),
            _hundredths(index.first),
            _span(index.first, 100),
            _hundredths(index.total),
            _span(index.total, 100),
        )
    console.print(table)
    say(
        console,
        f"Sobol's indices from {plan.n} rows. Of the variance of such averages {_percent(residue)} "
        "is luck that more replicates would remove; shares with others are too large by up to "
        "about as much. Intervals speak of the rows only.",
    )
    for path, remark in remarks(found.indices).items():
        say(console, f"{path}: {remark}.")


def remarks(found: Indices) -> dict[str, str]:
    """What must be said of a number's indices, by path: where they are not told from nothing."""
    said = {}
    for index in found.indices:
        first, total = index.first, index.total
        if first.low is None or first.high is None or total.low is None:
            said[index.path] = "the outcome does not vary"
        elif total.low <= 0:
            said[index.path] = "both intervals include 0; it may do nothing"
        elif first.low <= 0 <= first.high:
            said[index.path] = "by itself it may do nothing: that interval includes 0"
            if total.low <= (found.residue.estimate or 0.0):
                said[index.path] += ", and what it does with others is not told from luck"
    return said


def _print_curves(found: Study, scale: float, console: Console) -> None:
    table = table_under(
        console, "One at a time", "from", "to", "outcome", "change (95 %)", first="number"
    )
    for one in found.curves:
        low, high = one.settings[0], one.settings[-1]
        along = " ".join(f"{scale * (finding.estimate or 0):.0f}" for finding in one.findings)
        change = exactly_zero(one.swing.n)
        if not one.swing.exactly_zero:
            change = f"{scale * (one.swing.estimate or 0):+.1f} ({_span(one.swing, scale)})"
        table.add_row(Text(one.of), f"{low:.3g}", f"{high:.3g}", along, change)
    console.print(table)
    runs = found.curves[0].findings[0].n if found.curves else 0
    say(console, f"Each point is {runs} talks, all points with the same luck.")


def _percent(found: Finding) -> str:
    if found.estimate is None:
        return "an unknown share"
    return f"{100 * found.estimate:.0f} % ({_span(found, 100)})"


def _hundredths(found: Finding) -> str:
    return "–" if found.estimate is None else f"{100 * found.estimate:.0f}"


def _span(found: Finding, scale: float) -> str:
    if found.low is None or found.high is None:
        return "unknown"
    digits = 0 if scale == 100 and found.high - found.low >= 0.02 else 1
    return f"{scale * found.low:.{digits}f} to {scale * found.high:.{digits}f}"
