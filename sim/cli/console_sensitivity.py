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
    study: SensitivityStudy, plan: SensitivityPlan, command: str, console: Console
) -> None:
    """Print a study in words: what moves the outcome, what is luck, and how it moves."""
    words = MEASURES[study.outcome].words
    scale = scale_of(study.outcome)
    unit = f"{words}, of 100" if is_share(study.outcome) else words
    caveat(console)
    console.print()
    say(console, f"Outcome: {unit}. {plan.runs:,} simulated talks.")
    _print_screening(study, plan, scale, console)
    _print_trends(study, scale, console)
    _print_luck(study, plan, console)
    _print_indices(study, plan, console)
    _print_curves(study, scale, console)
    print_command(command, console)


def _print_screening(
    study: SensitivityStudy, plan: SensitivityPlan, scale: float, console: Console
) -> None:
    """Print the numbers that move the outcome most in a screening."""
    title = f"Screening of {len(study.screened)} uncertain numbers: the strongest"
    table = table_under(console, title, "moves it by", "95 %", "uneven", first="number")
    for index in study.screened[:SHOWN]:
        table.add_row(
            Text(index.path),
            f"{scale * (index.strength.estimate or 0):.1f}",
            _span(index.strength, scale),
            f"{scale * (index.unevenness.estimate or 0):.1f}",
        )
    console.print(table)
    still = sum(index.strength.estimate == 0 for index in study.screened)
    say(
        console,
        f"Moves it by: the mean change, up or down, over the whole range of the number, along "
        f"{plan.screening.trajectories} trajectories with {plan.screening.replicates} runs' luck "
        "at each step. What luck does adds to it. Uneven: the change depends on other numbers or "
        f"on luck. {still} numbers moved nothing in any run.",
    )


def _print_trends(study: SensitivityStudy, scale: float, console: Console) -> None:
    """Print the steepest trends."""
    title = "Trends over random points: the steepest"
    table = table_under(console, title, "moves it by", "95 %", first="number")
    for trend in study.trends[:SHOWN]:
        slope = f"{scale * (trend.estimate or 0):+.1f}"
        table.add_row(Text(trend.name), slope, _span(trend, scale))
    console.print(table)
    clear = sum(trend.excludes_zero for trend in study.trends)
    by_chance = len(study.trends) * (1 - 0.95)
    say(
        console,
        f"From the lowest to the highest, with a sign. {clear} of {len(study.trends)} intervals do "
        f"not include 0; luck alone would make about {by_chance:.0f} such.",
    )


def _print_luck(study: SensitivityStudy, plan: SensitivityPlan, console: Console) -> None:
    """Print how much of the variance is random."""
    heading(console, "How much is luck")
    say(
        console,
        f"If every number were known, {_percent(study.luck)} of the variance between single talks "
        f"would be left: luck alone. The {plan.top} numbers below explain "
        f"{_percent(study.indices.studied)} of it, and the other numbers the rest.",
    )


def _print_indices(study: SensitivityStudy, plan: SensitivityPlan, console: Console) -> None:
    """Print Sobol's indices."""
    title = f"Of what differs between averages of {plan.replicates} talks, in %"
    table = table_under(console, title, "by itself", "95 %", "with others", "95 %", first="number")
    residue = study.indices.residue
    for index in study.indices.indices:
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
    for path, remark in remarks(study.indices).items():
        say(console, f"{path}: {remark}.")


def _print_curves(study: SensitivityStudy, scale: float, console: Console) -> None:
    """Print the outcome along each number."""
    table = table_under(
        console, "One at a time", "from", "to", "outcome", "change (95 %)", first="number"
    )
    for curve in study.curves:
        low, high = curve.settings[0], curve.settings[-1]
        along = " ".join(f"{scale * (finding.estimate or 0):.0f}" for finding in curve.findings)
        change = exactly_zero(curve.swing.n)
        if not curve.swing.exactly_zero:
            change = f"{scale * (curve.swing.estimate or 0):+.1f} ({_span(curve.swing, scale)})"
        table.add_row(Text(curve.of), f"{low:.3g}", f"{high:.3g}", along, change)
    console.print(table)
    runs = study.curves[0].findings[0].n if study.curves else 0
    say(console, f"Each point is {runs} talks, all points with the same luck.")


def _percent(finding: Finding) -> str:
    """Return a share and its interval in percent."""
    if finding.estimate is None:
        return "an unknown share"
    return f"{100 * finding.estimate:.0f} % ({_span(finding, 100)})"


def _hundredths(finding: Finding) -> str:
    """Return a share in percent."""
    return "–" if finding.estimate is None else f"{100 * finding.estimate:.0f}"


def _span(finding: Finding, scale: float) -> str:
    """Return the ends of an interval."""
    if finding.low is None or finding.high is None:
        return "unknown"
    digits = 0 if scale == 100 and finding.high - finding.low >= 0.02 else 1
    return f"{scale * finding.low:.{digits}f} to {scale * finding.high:.{digits}f}"
