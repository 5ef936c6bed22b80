"""Print the sensitivity of an outcome."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from sim.cli.console import caveat, heading, print_command, say, table_under
from sim.findings.sensitivity import MEASURES, SensitivityPlan, SensitivityStudy
from sim.findings.statistics import Finding, is_share, scale_of
from sim.reporting.sensitivity import remarks
from sim.reporting.summary import exactly_zero

#: Of the numbers screened, how many are shown to people.
SHOWN = 12


def print_study(
    found: SensitivityStudy, plan: SensitivityPlan, command: str, console: Console
) -> None:
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


def _print_screening(
    found: SensitivityStudy, plan: SensitivityPlan, scale: float, console: Console
) -> None:
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


def _print_trends(found: SensitivityStudy, scale: float, console: Console) -> None:
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


def _print_luck(found: SensitivityStudy, plan: SensitivityPlan, console: Console) -> None:
    heading(console, "How much is luck")
    say(
        console,
        f"If every number were known, {_percent(found.luck)} of the variance between single talks "
        f"would be left: luck alone. The {plan.top} numbers below explain "
        f"{_percent(found.indices.studied)} of it, and the other numbers the rest.",
    )


def _print_indices(found: SensitivityStudy, plan: SensitivityPlan, console: Console) -> None:
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


def _print_curves(found: SensitivityStudy, scale: float, console: Console) -> None:
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
