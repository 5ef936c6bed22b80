"""Run `parley analyze`: what a sweep shows, as a page, charts and tables."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.errors import FAILED, BadInputError, complain, report_errors
from sim.cli.options import JsonTo, Out
from sim.cli.output import check_json, deliver, folder_for

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from rich.console import Console

    from sim.sweep.analysis.calibration import Calibration
    from sim.sweep.analysis.report_data import ReportData
    from sim.sweep.results import Sweep

#: The share of the runs that calibration keeps, unless told otherwise.
ACCEPT = 0.02

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="the folder of a sweep")]
OutcomeNames = Annotated[
    list[str] | None,
    typer.Option(help="a kept outcome; repeatable", show_default="the first that has a mean"),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        help="what a case of interest and a satisfied policy reach",
        show_default="the upper quartile; the median for policies",
    ),
]
Better = Annotated[
    str | None,
    typer.Option(metavar="more|less", help="of the outcome", show_default="by its name"),
]
FactsFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="facts of a case, to calibrate against")
]
Accept = Annotated[
    float | None,
    typer.Option(
        help="share of the runs that calibration keeps, beside --facts",
        min=1e-6,
        max=1.0,
        show_default=str(ACCEPT),
    ),
]


def checked(file: Path, keys: Collection[str]) -> str | None:
    """Return what facts of a case a file has, in words, for `parley check`; None for another kind
    of file.

    Raises ScenarioError with everything that is wrong with them. Whether a sweep keeps what they
    are about is seen when they are held against it.
    """
    if "facts" not in keys or "scenario" in keys:
        return None
    from sim.scenario.errors import count_noun
    from sim.sweep.analysis.calibration import read_facts

    return f"{count_noun(len(read_facts(file).facts), 'fact')} of a case, for `parley analyze`"


@report_errors
def analyze(
    folder: Folder,
    outcome: OutcomeNames = None,
    threshold: Threshold = None,
    better: Better = None,
    facts: FactsFile = None,
    accept: Accept = None,
    out: Out = None,
    json_to: JsonTo = None,
) -> None:
    """Say what a sweep shows: curves, indices, boxes, regret; --out writes page and tables."""
    check_json(json_to)
    if better not in (None, "more", "less"):
        raise BadInputError(f"--better {better} is neither more nor less")
    if accept is not None and facts is None:
        raise BadInputError("--accept is for --facts; give both, or leave it out")
    from sim.sweep.analysis import report as analysis_report
    from sim.sweep.results import Sweep

    options: dict[str, Any] = {"outcome": outcome, "threshold": threshold, "better": better}
    options |= {"facts": facts, "accept": accept, "out": out}
    command = _command(folder, options)
    with folder_for(command, out) as place:
        sweep, reports, calibration = _analyze_outcomes(
            folder, outcome, threshold, better, facts, accept, Sweep
        )
        data = analysis_report.as_data(sweep, reports, calibration, command)
        written: list[Path] = []
        if out is not None:
            page = analysis_report.page_of(sweep, reports, calibration, command)
            tables = analysis_report.tables(reports, calibration)
            written = analysis_report.write(page, tables, place)

    def print_words(console: Console) -> None:
        _print_reports(reports, calibration, console)
        if written:
            console.print(
                f"Written: {written[0]}, with charts and {analysis_report.TABLES} beside it."
            )

    deliver(data, json_to, print_words)
    wrong = sorted({why for report in reports for why in report.refused.values()})
    wrong += [sweep.warning] if sweep.warning else []
    if wrong:
        complain(*wrong)
        raise typer.Exit(FAILED)


def _command(folder: Path, options: dict[str, Any]) -> str:
    """Return the command line that gives the same analysis."""
    words = ["parley", "analyze", str(folder)]
    for name, value in options.items():
        for entry in value if isinstance(value, list) else [value]:
            if entry is not None:
                words += [f"--{name}", str(entry)]
    return shlex.join(words)


def _analyze_outcomes(
    folder: Path,
    outcomes: list[str] | None,
    threshold: float | None,
    better: str | None,
    facts: Path | None,
    accept: float | None,
    sweep_of: type[Sweep],
) -> tuple[Sweep, Sequence[ReportData], Calibration | None]:
    """Analyse the outcomes that are asked for. Raises BadInputError where there are none."""
    from sim.findings.designs import IncompleteError
    from sim.sweep.analysis.calibration import calibrate, read_facts
    from sim.sweep.analysis.cells import (
        AnalysisError,
        cell_estimates,
        must_be_finished,
        outcomes_of,
    )
    from sim.sweep.analysis.report_data import analyze_outcome
    from sim.sweep.result_folder import FolderError

    less = None if better is None else better == "less"
    try:
        sweep = sweep_of(folder)
        must_be_finished(sweep)
        names = outcomes or list(outcomes_of(sweep)[:1])
        if not names:
            raise AnalysisError(
                f"{folder} keeps no outcome that has a mean, such as `days_until_deal`; name some "
                "under `outcomes: {keep: …}` of the study and play it into another folder"
            )
        reports = [
            analyze_outcome(cell_estimates(sweep, name), threshold=threshold, less_is_better=less)
            for name in names
        ]
        calibration = None
        if facts is not None:
            share = ACCEPT if accept is None else accept
            calibration = calibrate(sweep, read_facts(facts), accept=share)
    except (AnalysisError, IncompleteError, FolderError) as error:
        raise BadInputError(str(error)) from None
    return sweep, reports, calibration


def _print_reports(
    reports: Sequence[ReportData], calibration: Calibration | None, console: Console
) -> None:
    """Print what was found, in a few lines for each outcome."""
    from rich.text import Text

    from sim.reporting.summary import NOT_A_FORECAST

    lines = [NOT_A_FORECAST]
    for report in reports:
        lines += ["", *_lines_of_means(report), *_lines_of_designs(report)]
    if calibration is not None:
        lines += ["", *_lines_of_facts(calibration)]
    for line in lines:
        console.print(Text(line))


def _lines_of_means(report: ReportData) -> Iterator[str]:
    """Return an outcome along each key."""
    from sim.reporting.charts.effects import signed
    from sim.sweep.analysis.charts import with_interval

    share = report.estimates.is_share
    yield f"{report.estimates.outcome}: {report.estimates.words}" + (", of 100" if share else "")
    for curve in report.curves:
        first, last = (with_interval(end, share) for end in (curve.findings[0], curve.findings[-1]))
        yield f"  {curve.key} {curve.names[0]}: {first}; {curve.names[-1]}: {last}"
        if curve.change is not None:
            moved = signed(curve.change, 100.0 if share else 1.0)
            yield f"    in the same states and with the same luck: {moved}"
    if report.noise is not None:
        yield f"  not due to the design point: {with_interval(report.noise, True)} of 100 parts"


def _lines_of_designs(report: ReportData) -> Iterator[str]:
    """Return what the design of the sweep lets one say beyond means, and what not."""
    from sim.sweep.analysis.charts import number, with_interval
    from sim.sweep.analysis.robustness import in_words

    for group, indices in (report.sobol or {}).items():
        top = indices.indices[0]
        share = with_interval(top.total, True)
        policy = report.estimates.policy(group)
        yield f"  largest total order, {policy}: {top.path} {share} of 100 parts"
    for group, screened in (report.morris or {}).items():
        yield f"  moves it most, {report.estimates.policy(group)}: {screened[0].path}"
    if report.discovery is not None:
        yield f"  {report.discovery.in_words()}"
    if report.regret is not None:
        best = report.regret.least_regret
        regret = number(best[0].largest_regret, report.estimates.is_share)
        yield (
            f"  smallest largest regret: {in_words(best)} ({regret}); best in its worst state: "
            f"{in_words(report.regret.maximin)}; enough in most states: "
            f"{in_words(report.regret.most_robust)}"
        )
    for name, why in report.left_out.items():
        yield f"  left out, {name}: {why}"


def _lines_of_facts(calibration: Calibration) -> Iterator[str]:
    """Return what the facts of a case say."""
    from sim.sweep.analysis.charts import number

    yield (
        f"Facts: {calibration.kept:,} of {calibration.runs:,} kept, worth "
        f"{calibration.effective:.0f} design points; "
        f"{number(calibration.plausible, True)} of 100 design points are not ruled out"
    )
    for p in calibration.parameters:
        yield f"  {p.key}: {p.mean:.3g} ({p.low:.3g} to {p.high:.3g}), {p.verdict}"
