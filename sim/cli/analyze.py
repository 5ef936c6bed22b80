"""`parley analyze`: what a sweep shows, as a page, charts and tables."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.terminal import (
    FAILED,
    BadInputError,
    JsonTo,
    Out,
    check_json,
    complain,
    deliver,
    folder_for,
    report_errors,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from rich.console import Console

    from sim.sweep.analysis.calibration import Calibration
    from sim.sweep.analysis.report_data import ReportData
    from sim.sweep.results import Sweep

#: The share of the runs that calibration keeps, unless told otherwise.
ACCEPT = 0.02


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
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="the folder of a sweep")],
    outcome: Annotated[
        list[str] | None,
        typer.Option(help="a kept outcome; repeatable", show_default="the first that has a mean"),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            help="what a case of interest and a satisfied policy reach",
            show_default="the upper quartile; the median for policies",
        ),
    ] = None,
    better: Annotated[
        str | None,
        typer.Option(metavar="more|less", help="of the outcome", show_default="by its name"),
    ] = None,
    facts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="facts of a case, to calibrate against")
    ] = None,
    accept: Annotated[
        float | None,
        typer.Option(
            help="share of the runs that calibration keeps, beside --facts",
            min=1e-6,
            max=1.0,
            show_default=str(ACCEPT),
        ),
    ] = None,
    out: Out = None,
    json_to: JsonTo = None,
) -> None:
    """Say what a sweep shows: curves, indices, boxes, regret; --out writes page and tables."""
    check_json(json_to)
    if better not in (None, "more", "less"):
        raise BadInputError(f"--better {better} is neither more nor less")
    if accept is not None and facts is None:
        raise BadInputError("--accept is for --facts; give both, or leave it out")
    from sim.sweep.analysis import report
    from sim.sweep.results import Sweep

    options: dict[str, Any] = {"outcome": outcome, "threshold": threshold, "better": better}
    options |= {"facts": facts, "accept": accept, "out": out}
    command = _command(folder, options)
    with folder_for(command, out) as place:
        sweep, found, calibration = _found(folder, outcome, threshold, better, facts, accept, Sweep)
        data = report.as_data(sweep, found, calibration, command)
        written: list[Path] = []
        if out is not None:
            made = report.page_of(sweep, found, calibration, command)
            written = report.write(made, report.tables(found, calibration), place)

    def print_words(console: Console) -> None:
        _print(found, calibration, console)
        if written:
            console.print(f"Written: {written[0]}, with charts and {report.TABLES} beside it.")

    deliver(data, json_to, print_words)
    wrong = sorted({why for one in found for why in one.refused.values()})
    wrong += [sweep.caution] if sweep.caution else []
    if wrong:
        complain(*wrong)
        raise typer.Exit(FAILED)


def _command(folder: Path, options: dict[str, Any]) -> str:
    words = ["parley", "analyze", str(folder)]
    for name, value in options.items():
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                words += [f"--{name}", str(one)]
    return shlex.join(words)


def _found(
    folder: Path,
    outcomes: list[str] | None,
    threshold: float | None,
    better: str | None,
    facts: Path | None,
    accept: float | None,
    sweep_of: type[Sweep],
) -> tuple[Sweep, Sequence[ReportData], Calibration | None]:
    """All looks at the outcomes that were asked for. Raises BadInputError where there are none."""
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
        asked = outcomes or list(outcomes_of(sweep)[:1])
        if not asked:
            raise AnalysisError(
                f"{folder} keeps no outcome that has a mean, such as `days_until_deal`; name some "
                "under `outcomes: {keep: …}` of the study and play it into another folder"
            )
        found = [
            analyze_outcome(cell_estimates(sweep, name), threshold=threshold, less_is_better=less)
            for name in asked
        ]
        calibration = None
        if facts is not None:
            share = ACCEPT if accept is None else accept
            calibration = calibrate(sweep, read_facts(facts), accept=share)
    except (AnalysisError, IncompleteError, FolderError) as error:
        raise BadInputError(str(error)) from None
    return sweep, found, calibration


def _print(found: Sequence[ReportData], calibration: Calibration | None, console: Console) -> None:
    """Print what was found, in a few lines for each outcome."""
    from rich.text import Text

    from sim.reporting.summary import NOT_A_FORECAST

    lines = [NOT_A_FORECAST]
    for one in found:
        lines += ["", *_of_means(one), *_of_designs(one)]
    if calibration is not None:
        lines += ["", *_of_facts(calibration)]
    for line in lines:
        console.print(Text(line))


def _of_means(one: ReportData) -> Iterator[str]:
    """Return an outcome along each key."""
    from sim.reporting.charts.effects import signed
    from sim.sweep.analysis.charts import with_interval

    share = one.answers.is_share
    yield f"{one.answers.outcome}: {one.answers.words}" + (", of 100" if share else "")
    for curve in one.curves:
        first, last = (with_interval(end, share) for end in (curve.findings[0], curve.findings[-1]))
        yield f"  {curve.key} {curve.names[0]}: {first}; {curve.names[-1]}: {last}"
        if curve.change is not None:
            moved = signed(curve.change, 100.0 if share else 1.0)
            yield f"    in the same states and with the same luck: {moved}"
    if one.noise is not None:
        yield f"  not due to the design point: {with_interval(one.noise, True)} of 100 parts"


def _of_designs(one: ReportData) -> Iterator[str]:
    """Return what the design of the sweep lets one say beyond means, and what not."""
    from sim.sweep.analysis.charts import number, with_interval
    from sim.sweep.analysis.robustness import in_words

    for group, indices in (one.sobol or {}).items():
        top = indices.indices[0]
        share = with_interval(top.total, True)
        yield f"  largest total order, {one.answers.policy(group)}: {top.path} {share} of 100 parts"
    for group, screened in (one.morris or {}).items():
        yield f"  moves it most, {one.answers.policy(group)}: {screened[0].path}"
    if one.discovery is not None:
        yield f"  {one.discovery.in_words()}"
    if one.regret is not None:
        best = one.regret.least_regret
        regret = number(best[0].largest_regret, one.answers.is_share)
        yield (
            f"  smallest largest regret: {in_words(best)} ({regret}); best in its worst state: "
            f"{in_words(one.regret.maximin)}; enough in most states: "
            f"{in_words(one.regret.most_robust)}"
        )
    for name, why in one.left_out.items():
        yield f"  left out, {name}: {why}"


def _of_facts(found: Calibration) -> Iterator[str]:
    """Return what the facts of a case say."""
    from sim.sweep.analysis.charts import number

    yield (
        f"Facts: {found.kept:,} of {found.runs:,} kept, worth {found.effective:.0f} design points; "
        f"{number(found.plausible, True)} of 100 design points are not ruled out"
    )
    for p in found.parameters:
        yield f"  {p.key}: {p.mean:.3g} ({p.low:.3g} to {p.high:.3g}), {p.verdict}"
