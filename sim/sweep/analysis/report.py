"""Write a sweep's analysis as one page, as tables and as plain data."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sim.findings.statistics import Finding
from sim.io.atomic_write import write_atomically
from sim.reporting import html_report
from sim.reporting.charts.effects import effect_dots, signed
from sim.reporting.charts.kit import Figure
from sim.reporting.charts.shares import share_bars
from sim.reporting.html_report import About, Page
from sim.reporting.sections import Section, SectionTable
from sim.reporting.summary import NOT_A_FORECAST
from sim.sweep.analysis import charts as sweep_charts
from sim.sweep.analysis.calibration import Calibration, as_rows
from sim.sweep.analysis.cells import CellEstimates, listed
from sim.sweep.analysis.charts import number, with_interval
from sim.sweep.analysis.report_data import ReportData
from sim.sweep.analysis.robustness import Regret, in_words
from sim.sweep.analysis.scenario_discovery import Discovery
from sim.sweep.result_folder import FingerprintError
from sim.sweep.results import Sweep

Rows = list[dict[str, Any]]

#: The folder of the tables, beside the page, and the file of plain data.
TABLES, DATA = "tables", "analysis.json"

#: Policies for which indices are drawn; the others are in the tables.
DRAWN = 3


# --- As tables


def tables(
    reports: Sequence[ReportData], calibration: Calibration | None = None
) -> dict[str, Rows]:
    """Return every number of the analyses, as rows by the name of their table."""
    rows_by_table: dict[str, Rows] = {}
    for report in reports:
        for name, rows in _tables(report).items():
            if rows:
                rows_by_table[f"{name}-{report.estimates.outcome}"] = rows
    if calibration is not None:
        rows_by_table["calibration"] = [dict(row) for row in as_rows(calibration)]
        rows_by_table["facts"] = [asdict(fit) for fit in calibration.fits]
    return rows_by_table


def _tables(report: ReportData) -> dict[str, Rows]:
    """Return the rows about one outcome, by the name of their table."""
    return {
        "curves": [
            {"key": curve.key, "setting": name, "at": at, **_numbers(mean)}
            for curve in report.curves
            for name, at, mean in zip(curve.names, curve.at, curve.findings, strict=True)
        ],
        "changes": [
            {"change": c.change.name, **_numbers(c.change)} for c in report.curves if c.change
        ],
        "heat-maps": list(_heat_rows(report)),
        "noise": [_numbers(report.noise)] if report.noise else [],
        "morris": [
            {
                "policy": report.estimates.policy(group),
                "key": s.path,
                "statistic": word,
                **_numbers(f),
            }
            for group, screened in (report.morris or {}).items()
            for s in screened
            for word, f in (("mu*", s.strength), ("mu", s.direction), ("sigma", s.unevenness))
        ],
        "sobol": [
            {"policy": report.estimates.policy(group), "key": i.path, "order": word, **_numbers(f)}
            for group, indices in (report.sobol or {}).items()
            for i in indices.indices
            for word, f in (("first", i.first), ("total", i.total))
        ],
        "boxes": list(_box_rows(report.discovery)) if report.discovery else [],
        "regret": list(_regret_rows(report.regret)) if report.regret else [],
    }


def _numbers(finding: Finding) -> dict[str, Any]:
    """Return a mean, its interval and the number of cases as columns."""
    return {"n": finding.n, "mean": finding.estimate, "low": finding.low, "high": finding.high}


def _heat_rows(report: ReportData) -> Iterator[dict[str, Any]]:
    """Return a row for each cell of the heat maps."""
    for heat in report.heat_maps:
        for r, across in enumerate(heat.names[0]):
            for c, along in enumerate(heat.names[1]):
                if heat.n[r, c]:
                    yield {
                        "across": heat.across,
                        "setting": across,
                        "along": heat.along,
                        "other_setting": along,
                        "points": int(heat.n[r, c]),
                        "mean": float(heat.means[r, c]),
                    }


def _box_rows(discovery: Discovery) -> Iterator[dict[str, Any]]:
    """Return a row for each box on the way, and for the one that was kept."""
    for step, box in enumerate([*discovery.peeled, discovery.box]):
        yield {
            "box": "kept" if step == len(discovery.peeled) else str(step),
            "coverage": box.coverage,
            "density": box.density,
            "support": box.support,
            "rule": listed([f"{k} {side.in_words()}" for k, side in box.sides.items()] or ["all"]),
            "largest_quasi_p": max(box.quasi_p.values(), default=None),
        }


def _regret_rows(regret: Regret) -> Iterator[dict[str, Any]]:
    """Return a row for each policy."""
    for policy in regret.policies:
        yield {
            "lever_id": policy.lever_id,
            "policy": policy.name,
            **_numbers(policy.mean),
            "worst": policy.worst,
            "mean_regret": policy.mean_regret,
            "largest_regret": policy.largest_regret,
            "threshold": regret.threshold,
            "satisfices": policy.satisfices.estimate,
            "satisfices_low": policy.satisfices.low,
            "satisfices_high": policy.satisfices.high,
        }


def as_data(
    sweep: Sweep, reports: Sequence[ReportData], calibration: Calibration | None, command: str
) -> dict[str, Any]:
    """Return all of it as plain data."""
    return {
        "study": sweep.manifest["study"],
        "scenario": sweep.manifest["scenario"]["name"],
        "fingerprint": sweep.manifest["fingerprint"]["all"],
        "command": command,
        "changed_since": sweep.changed_files,
        "outcomes": {
            report.estimates.outcome: {
                "rule": report.discovery.in_words() if report.discovery else None,
                "left_out": dict(report.left_out),
                "refused": dict(report.refused),
            }
            for report in reports
        },
        "tables": tables(reports, calibration),
        "calibration": None
        if calibration is None
        else {
            "compare": calibration.compare,
            "runs": calibration.runs,
            "kept": calibration.kept,
            "effective_sample_size": calibration.effective,
            "tolerance": calibration.tolerance,
            "plausible_share": calibration.plausible,
            "left_out": list(calibration.left_out),
        },
        "not_a_forecast": NOT_A_FORECAST,
    }


def write(page: Page, tables: Mapping[str, Rows], folder: Path) -> list[Path]:
    """Write the page with its charts, and the tables as CSV; return the paths."""
    paths = html_report.write(page, folder)
    (folder / TABLES).mkdir(exist_ok=True)
    for name, rows in tables.items():
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        paths.append(folder / TABLES / f"{name}.csv")
        write_atomically(paths[-1], text.getvalue())
    return paths


# --- As a page


def page_of(
    sweep: Sweep, reports: Sequence[ReportData], calibration: Calibration | None, command: str
) -> Page:
    """Return the page about a sweep."""
    manifest = sweep.manifest
    counts = manifest["counts"]
    sections = [section for report in reports for section in _sections(report)]
    if calibration is not None:
        sections.append(_calibrated(calibration))
    return Page(
        kind="Study of simulated talks",
        headline=tuple(filter(None, (sweep.warning, *map(_headline, reports)))),
        played=f"{manifest['title'] or manifest['study']}: {manifest['points']:,} design points, "
        f"{counts['planned']:,} runs of {manifest['days']} days, seed {manifest['seed']}; "
        f"{counts['failed']:,} failed.",
        sections=tuple(sections),
        command=f"{manifest['command']}\n{command}",
        origin=(
            ("study", f"{manifest['study']}, sha256 {manifest['fingerprint']['all']}"),
            ("scenario", manifest["scenario"]["name"]),
            ("runs", f"{counts['planned']:,} of {manifest['days']} days"),
        ),
        data={DATA: as_data(sweep, reports, calibration, command)},
        **vars(_about(sweep)),
    )


def _about(sweep: Sweep) -> About:
    """Return what the page says of the scenario: its words alone where this model cannot read it.

    A scenario of another model has numbers that mean something else, or nothing, to this one.
    """
    try:
        return html_report.about(sweep.scenario)
    except FingerprintError as error:
        content = sweep.manifest["scenario"]["content"]
        return About(
            title=content["title"],
            summary=content["summary"],
            content_note=content["content_note"],
            as_of="an invented day" if content.get("fictional") else str(content["as_of"]),
            not_a_forecast=NOT_A_FORECAST,
            footing=f"{error}.",
            numbers=(),
            sources=(),
            limits=tuple(content.get("limits", ())),
        )


def _axis(estimates: CellEstimates) -> str:
    """Return the outcome in words, with its unit."""
    return f"{estimates.words}, of 100" if estimates.is_share else estimates.words


def _headline(report: ReportData) -> str:
    """Return what an outcome shows in one sentence."""
    if report.discovery is not None:
        return report.discovery.in_words()
    every = report.estimates.mean(report.estimates.lever_id >= 0, report.estimates.outcome)
    mean = with_interval(every, report.estimates.is_share)
    return f"{_axis(report.estimates)}: {mean} over all points."


def _sections(report: ReportData) -> Iterator[Section]:
    """Return the sections about one outcome."""
    name, share = report.estimates.outcome, report.estimates.is_share
    figures = [
        sweep_charts.response(curve, f"curve-{name}-{k}", _axis(report.estimates), share)
        for k, curve in enumerate(report.curves)
        if any(mean.estimate is not None for mean in curve.findings)
    ]
    yield Section(
        f"curves-{name}",
        f"{name}: along each key",
        (
            f"{name}: {report.estimates.words}. Intervals hold for the luck of the talks and for "
            "the states of the world that were drawn; a single state is taken as given.",
        ),
        tuple(figures),
        after=(*_changes(report), *_noise(report)),
    )
    heats = [
        sweep_charts.heat(heat, f"heat-{name}-{k}", _axis(report.estimates), share)
        for k, heat in enumerate(report.heat_maps)
    ]
    if heats:
        yield Section(f"heat-{name}", f"{name}: two keys at once", figures=tuple(heats))
    looks: tuple[tuple[str, str, object, Callable[[ReportData, str, str], Section]], ...] = (
        ("morris", "which keys matter at all", report.morris, _morris),
        ("sobol", "shares of variance", report.sobol, _sobol),
        ("prim", "when does it happen?", report.discovery, _discovered),
        ("regret", "how policies fare", report.regret, _regretted),
    )
    for look, words, result, section in looks:
        where, heading = f"{look}-{name}", f"{name}: {words}"
        if result is not None:
            yield section(report, where, heading)
        elif look in report.refused:
            yield Section(where, heading, missing=report.refused[look])
        elif look in report.left_out:
            yield Section(where, heading, missing=f"Left out: {report.left_out[look]}.")


def _changes(report: ReportData) -> Iterator[str]:
    """Return what each lever changes, in the same states and with the same luck."""
    share = report.estimates.is_share
    scale, unit = (100.0, " of 100") if share else (1.0, "")
    for curve in report.curves:
        if curve.change is not None:
            yield (
                f"{curve.change.name}, in the same states and with the same luck: "
                f"{signed(curve.change, scale)}{unit}."
            )


def _noise(report: ReportData) -> tuple[str, ...]:
    """Return how much of the variance is not due to the design point."""
    if report.noise is None:
        return tuple(filter(None, (report.refused.get("noise", ""),)))
    return (
        f"Of 100 parts of the variance between single runs, {with_interval(report.noise, True)} "
        "are not due to the design point: luck, and every number that was not swept.",
    )


def _morris(report: ReportData, name: str, heading: str) -> Section:
    """Return the section on elementary effects."""
    assert report.morris is not None
    scale = 100.0 if report.estimates.is_share else 1.0
    figures = [
        effect_dots(
            f"{name}-{group}",
            f"What moving one key over its whole range does, {report.estimates.policy(group)}.",
            {
                "either way (mu*)": {s.path: s.strength for s in screened},
                "which way (mu)": {s.path: s.direction for s in screened},
                "unevenness (sigma)": {s.path: s.unevenness for s in screened},
            },
            report.estimates.outcome + (", of 100" if scale == 100 else ""),
            scale,
        )
        for group, screened in list(report.morris.items())[:DRAWN]
        if any(s.strength.estimate is not None for s in screened)
    ]
    return _drawn(name, heading, figures, len(report.morris))


def _sobol(report: ReportData, name: str, heading: str) -> Section:
    """Return the section on shares of variance."""
    assert report.sobol is not None
    figures = [
        effect_dots(
            f"{name}-{group}",
            f"Shares of the variance of design points' means, {report.estimates.policy(group)}.",
            {
                "by itself (first order)": {i.path: i.first for i in indices.indices},
                "with all joint effects (total order)": {i.path: i.total for i in indices.indices},
            },
            "of 100 parts of the variance",
        )
        for group, indices in list(report.sobol.items())[:DRAWN]
        if any(index.total.estimate is not None for index in indices.indices)
    ]
    residues = [
        indices.residue for indices in report.sobol.values() if indices.residue.estimate is not None
    ]
    worst = max(residues, key=lambda residue: residue.estimate or 0.0, default=None)
    after: tuple[str, ...] = ()
    if worst is not None:
        after = (
            f"Luck that the replicates have not averaged out is up to "
            f"{number(worst.estimate, True)} of 100 parts of these variances; total orders are too "
            "large by about so much. Estimates may fall below 0 where the truth is near it.",
        )
    return _drawn(name, heading, figures, len(report.sobol), after)


def _drawn(
    name: str,
    heading: str,
    figures: Sequence[Figure],
    groups: int,
    after: tuple[str, ...] = (),
) -> Section:
    """Return a section of figures, for the first policies."""
    if not figures:
        return Section(name, heading, missing="The outcome is the same at every design point.")
    if groups > DRAWN:
        after += (f"Drawn for {len(figures)} of {groups} policies; the tables have all.",)
    return Section(name, heading, figures=tuple(figures), after=after)


def _discovered(report: ReportData, name: str, heading: str) -> Section:
    """Return the section on the box that was found."""
    discovery = report.discovery
    assert discovery is not None
    rows = tuple(
        (key, side.in_words(), f"{discovery.box.quasi_p[key]:.2g}")
        for key, side in discovery.box.sides.items()
    )
    table = SectionTable(("key", "restriction", "quasi-p"), rows)
    return Section(
        name,
        heading,
        (discovery.in_words(),),
        (sweep_charts.boxes(discovery, name),),
        (table,) if rows else (),
        (
            f"Found by PRIM among {discovery.cases:,} design points, each judged by its mean. "
            "Quasi-p is how often chance alone would make a restriction as good; it takes points "
            "as independent, which policies over the same states are not. The rule describes this "
            "model under these ranges.",
        ),
    )


def _regretted(report: ReportData, name: str, heading: str) -> Section:
    """Return the section on regret and robustness."""
    regret, share = report.regret, report.estimates.is_share
    assert regret is not None
    better, bound = ("less", "at most") if regret.less_is_better else ("more", "at least")
    rows = tuple(
        (
            policy.name,
            with_interval(policy.mean, share),
            number(policy.worst, share),
            number(policy.mean_regret, share),
            number(policy.largest_regret, share),
            with_interval(policy.satisfices, True),
        )
        for policy in regret.policies
    )
    head = ("policy", "mean", "worst state", "mean regret", "largest regret", "enough, of 100")
    enough = number(regret.threshold, share)
    return Section(
        name,
        heading,
        (
            f"Counted as if {better} were better, which is a choice and not a finding. Regret is "
            "what a policy falls short of the best one in the same state of the world; a policy "
            f"does enough in a state where it comes to {bound} {enough}.",
        ),
        (
            share_bars(
                name,
                f"In so many of 100 states of the world each policy does enough ({enough}).",
                {"": {"": {policy.name: policy.satisfices for policy in regret.policies}}},
                "of 100 states of the world",
            ),
        ),
        (SectionTable(head, rows),),
        (
            f"Best in its worst state: {in_words(regret.maximin)}. Smallest largest regret: "
            f"{in_words(regret.least_regret)}. Enough in most states: "
            f"{in_words(regret.most_robust)}. Luck "
            "that replicates leave makes worst states and largest regrets look worse than they "
            "are.",
        ),
    )


def _calibrated(calibration: Calibration) -> Section:
    """Return the section on the facts of a case."""
    parameters = SectionTable(
        ("uncertainty", "before", "after (90 %)", "verdict", "not ruled out"),
        tuple(
            (
                p.key,
                f"{p.prior_mean:.3g}",
                f"{p.mean:.3g} ({p.low:.3g} to {p.high:.3g})",
                p.verdict,
                "nothing"
                if p.plausible is None
                else f"{p.plausible[0]:.3g} to {p.plausible[1]:.3g}",
            )
            for p in calibration.parameters
        ),
    )
    fits = SectionTable(
        ("fact", "observed", "runs before (90 %)", "runs kept (90 %)", "alone rules out, of 100"),
        tuple(
            (
                fit.outcome,
                f"{fit.observed:.3g}",
                *(f"{m:.3g} ({a:.3g} to {b:.3g})" for m, a, b in (fit.before, fit.after)),
                number(fit.ruled_out, True),
            )
            for fit in calibration.fits
        ),
    )
    compared = "single runs" if calibration.compare == "runs" else "means of design points"
    left = f" Left out, as their settings are no numbers: {listed(calibration.left_out)}." * bool(
        calibration.left_out
    )
    return Section(
        "calibration",
        "What do the facts say about the uncertainties?",
        (
            f"The {calibration.kept:,} of {calibration.runs:,} {compared} nearest to the facts "
            f"were kept; they are worth {calibration.effective:.0f} independent design points. "
            f"History matching leaves {number(calibration.plausible, True)} of 100 design points. "
            "Where the facts narrow an uncertainty by less than a tenth, or by no more than "
            "chance would, it is not identified." + left,
        ),
        tables=(parameters, fits),
        after=(
            "What fits is conditional on the model; it is not evidence that the model is right.",
        ),
    )
