"""A sweep's analysis as one page, as tables and as plain data."""

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
from sim.reporting.html_report import Page
from sim.reporting.sections import Section, SectionTable
from sim.reporting.summary import NOT_A_FORECAST
from sim.sweep.analysis import charts as sweep_charts
from sim.sweep.analysis.calibration import Calibration, as_rows
from sim.sweep.analysis.cells import CellEstimates, listed
from sim.sweep.analysis.charts import number, with_interval
from sim.sweep.analysis.report_data import ReportData
from sim.sweep.analysis.robustness import Regret, in_words
from sim.sweep.analysis.scenario_discovery import Discovery
from sim.sweep.results import Sweep

Rows = list[dict[str, Any]]

#: The folder of the tables, beside the page, and the file of plain data.
TABLES, DATA = "tables", "analysis.json"

#: Policies for which indices are drawn; the others are in the tables.
DRAWN = 3


# --- As tables


def tables(found: Sequence[ReportData], calibration: Calibration | None = None) -> dict[str, Rows]:
    """Every number that was found, as rows by the name of their table."""
    made: dict[str, Rows] = {}
    for one in found:
        for name, rows in _tables(one).items():
            if rows:
                made[f"{name}-{one.answers.outcome}"] = rows
    if calibration is not None:
        made["calibration"] = [dict(row) for row in as_rows(calibration)]
        made["facts"] = [asdict(fit) for fit in calibration.fits]
    return made


def _tables(one: ReportData) -> dict[str, Rows]:
    return {
        "curves": [
            {"key": curve.key, "setting": name, "at": at, **_numbers(mean)}
            for curve in one.curves
            for name, at, mean in zip(curve.names, curve.at, curve.findings, strict=True)
        ],
        "changes": [
            {"change": c.change.name, **_numbers(c.change)} for c in one.curves if c.change
        ],
        "heat-maps": list(_heat_rows(one)),
        "noise": [_numbers(one.noise)] if one.noise else [],
        "morris": [
            {"policy": one.answers.policy(group), "key": s.path, "statistic": word, **_numbers(f)}
            for group, screened in (one.morris or {}).items()
            for s in screened
            for word, f in (("mu*", s.strength), ("mu", s.direction), ("sigma", s.unevenness))
        ],
        "sobol": [
            {"policy": one.answers.policy(group), "key": i.path, "order": word, **_numbers(f)}
            for group, found in (one.sobol or {}).items()
            for i in found.indices
            for word, f in (("first", i.first), ("total", i.total))
        ],
        "boxes": list(_box_rows(one.discovery)) if one.discovery else [],
        "regret": list(_regret_rows(one.regret)) if one.regret else [],
    }


def _numbers(found: Finding) -> dict[str, Any]:
    return {"n": found.n, "mean": found.estimate, "low": found.low, "high": found.high}


def _heat_rows(one: ReportData) -> Iterator[dict[str, Any]]:
    for heat in one.heat_maps:
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


def _box_rows(found: Discovery) -> Iterator[dict[str, Any]]:
    for step, box in enumerate([*found.peeled, found.box]):
        yield {
            "box": "kept" if step == len(found.peeled) else str(step),
            "coverage": box.coverage,
            "density": box.density,
            "support": box.support,
            "rule": listed([f"{k} {side.said()}" for k, side in box.sides.items()] or ["all"]),
            "largest_quasi_p": max(box.quasi_p.values(), default=None),
        }


def _regret_rows(found: Regret) -> Iterator[dict[str, Any]]:
    for policy in found.policies:
        yield {
            "lever_id": policy.lever_id,
            "policy": policy.name,
            **_numbers(policy.mean),
            "worst": policy.worst,
            "mean_regret": policy.mean_regret,
            "largest_regret": policy.largest_regret,
            "threshold": found.threshold,
            "satisfices": policy.satisfices.estimate,
            "satisfices_low": policy.satisfices.low,
            "satisfices_high": policy.satisfices.high,
        }


def as_data(
    sweep: Sweep, found: Sequence[ReportData], calibration: Calibration | None, command: str
) -> dict[str, Any]:
    """All of it as plain data."""
    return {
        "study": sweep.manifest["study"],
        "scenario": sweep.manifest["scenario"]["name"],
        "fingerprint": sweep.manifest["fingerprint"]["all"],
        "command": command,
        "changed_since": sweep.changed,
        "outcomes": {
            one.answers.outcome: {
                "rule": one.discovery.in_words() if one.discovery else None,
                "left_out": dict(one.left_out),
                "refused": dict(one.refused),
            }
            for one in found
        },
        "tables": tables(found, calibration),
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


def write(made: Page, found: Mapping[str, Rows], folder: Path) -> list[Path]:
    """Write the page with its charts, and the tables as CSV; returns the paths."""
    paths = html_report.write(made, folder)
    (folder / TABLES).mkdir(exist_ok=True)
    for name, rows in found.items():
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        paths.append(folder / TABLES / f"{name}.csv")
        write_atomically(paths[-1], text.getvalue())
    return paths


# --- As a page


def page_of(
    sweep: Sweep, found: Sequence[ReportData], calibration: Calibration | None, command: str
) -> Page:
    """Return the page about a sweep."""
    manifest, scenario = sweep.manifest, sweep.scenario
    counts = manifest["counts"]
    sections = [section for one in found for section in _sections(one)]
    if calibration is not None:
        sections.append(_calibrated(calibration))
    return Page(
        kind="Study of simulated talks",
        headline=tuple(filter(None, (sweep.caution, *map(_headline, found)))),
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
        data={DATA: as_data(sweep, found, calibration, command)},
        **vars(html_report.about(scenario)),
    )


def _axis(answers: CellEstimates) -> str:
    """Return the outcome in words, with its unit."""
    return f"{answers.words}, of 100" if answers.is_share else answers.words


def _headline(one: ReportData) -> str:
    if one.discovery is not None:
        return one.discovery.in_words()
    every = one.answers.mean(one.answers.lever_id >= 0, one.answers.outcome)
    return f"{_axis(one.answers)}: {with_interval(every, one.answers.is_share)} over all points."


def _sections(one: ReportData) -> Iterator[Section]:
    """Return the sections about one outcome."""
    name, share = one.answers.outcome, one.answers.is_share
    figures = [
        sweep_charts.response(curve, f"curve-{name}-{k}", _axis(one.answers), share)
        for k, curve in enumerate(one.curves)
        if any(mean.estimate is not None for mean in curve.findings)
    ]
    yield Section(
        f"curves-{name}",
        f"{name}: along each key",
        (
            f"{name}: {one.answers.words}. Intervals hold for the luck of the talks and for the "
            "states of the world that were drawn; a single state is taken as given.",
        ),
        tuple(figures),
        after=(*_changes(one), *_noise(one)),
    )
    heats = [
        sweep_charts.heat(heat, f"heat-{name}-{k}", _axis(one.answers), share)
        for k, heat in enumerate(one.heat_maps)
    ]
    if heats:
        yield Section(f"heat-{name}", f"{name}: two keys at once", figures=tuple(heats))
    looks: tuple[tuple[str, str, object, Callable[[ReportData, str, str], Section]], ...] = (
        ("morris", "which keys matter at all", one.morris, _morris),
        ("sobol", "shares of variance", one.sobol, _sobol),
        ("prim", "when does it happen?", one.discovery, _discovered),
        ("regret", "how policies fare", one.regret, _regretted),
    )
    for look, words, seen, section in looks:
        where, heading = f"{look}-{name}", f"{name}: {words}"
        if seen is not None:
            yield section(one, where, heading)
        elif look in one.refused:
            yield Section(where, heading, missing=one.refused[look])
        elif look in one.left_out:
            yield Section(where, heading, missing=f"Left out: {one.left_out[look]}.")


def _changes(one: ReportData) -> Iterator[str]:
    """Return what each lever changes, in the same states and with the same luck."""
    share = one.answers.is_share
    scale, unit = (100.0, " of 100") if share else (1.0, "")
    for curve in one.curves:
        if curve.change is not None:
            yield (
                f"{curve.change.name}, in the same states and with the same luck: "
                f"{signed(curve.change, scale)}{unit}."
            )


def _noise(one: ReportData) -> tuple[str, ...]:
    if one.noise is None:
        return tuple(filter(None, (one.refused.get("noise", ""),)))
    return (
        f"Of 100 parts of the variance between single runs, {with_interval(one.noise, True)} are "
        "not due to the design point: luck, and every number that was not swept.",
    )


def _morris(one: ReportData, name: str, heading: str) -> Section:
    assert one.morris is not None
    scale = 100.0 if one.answers.is_share else 1.0
    figures = [
        effect_dots(
            f"{name}-{group}",
            f"What moving one key over its whole range does, {one.answers.policy(group)}.",
            {
                "either way (mu*)": {s.path: s.strength for s in screened},
                "which way (mu)": {s.path: s.direction for s in screened},
                "unevenness (sigma)": {s.path: s.unevenness for s in screened},
            },
            one.answers.outcome + (", of 100" if scale == 100 else ""),
            scale,
        )
        for group, screened in list(one.morris.items())[:DRAWN]
        if any(s.strength.estimate is not None for s in screened)
    ]
    return _drawn(name, heading, figures, len(one.morris))


def _sobol(one: ReportData, name: str, heading: str) -> Section:
    assert one.sobol is not None
    figures = [
        effect_dots(
            f"{name}-{group}",
            f"Shares of the variance of design points' means, {one.answers.policy(group)}.",
            {
                "by itself (first order)": {i.path: i.first for i in found.indices},
                "with all joint effects (total order)": {i.path: i.total for i in found.indices},
            },
            "of 100 parts of the variance",
        )
        for group, found in list(one.sobol.items())[:DRAWN]
        if any(index.total.estimate is not None for index in found.indices)
    ]
    residues = [found.residue for found in one.sobol.values() if found.residue.estimate is not None]
    worst = max(residues, key=lambda one: one.estimate or 0.0, default=None)
    after: tuple[str, ...] = ()
    if worst is not None:
        after = (
            f"Luck that the replicates have not averaged out is up to "
            f"{number(worst.estimate, True)} of 100 parts of these variances; total orders are too "
            "large by about so much. Estimates may fall below 0 where the truth is near it.",
        )
    return _drawn(name, heading, figures, len(one.sobol), after)


def _drawn(
    name: str,
    heading: str,
    figures: Sequence[Figure],
    groups: int,
    after: tuple[str, ...] = (),
) -> Section:
    if not figures:
        return Section(name, heading, missing="The outcome is the same at every design point.")
    if groups > DRAWN:
        after += (f"Drawn for {len(figures)} of {groups} policies; the tables have all.",)
    return Section(name, heading, figures=tuple(figures), after=after)


def _discovered(one: ReportData, name: str, heading: str) -> Section:
    found = one.discovery
    assert found is not None
    rows = tuple(
        (key, side.said(), f"{found.box.quasi_p[key]:.2g}") for key, side in found.box.sides.items()
    )
    table = SectionTable(("key", "restriction", "quasi-p"), rows)
    return Section(
        name,
        heading,
        (found.in_words(),),
        (sweep_charts.boxes(found, name),),
        (table,) if rows else (),
        (
            f"Found by PRIM among {found.cases:,} design points, each judged by its mean. Quasi-p "
            "is how often chance alone would make a restriction as good; it takes points as "
            "independent, which policies over the same states are not. The rule describes this "
            "model under these ranges.",
        ),
    )


def _regretted(one: ReportData, name: str, heading: str) -> Section:
    found, share = one.regret, one.answers.is_share
    assert found is not None
    better, bound = ("less", "at most") if found.less_is_better else ("more", "at least")
    rows = tuple(
        (
            policy.name,
            with_interval(policy.mean, share),
            number(policy.worst, share),
            number(policy.mean_regret, share),
            number(policy.largest_regret, share),
            with_interval(policy.satisfices, True),
        )
        for policy in found.policies
    )
    head = ("policy", "mean", "worst state", "mean regret", "largest regret", "enough, of 100")
    enough = number(found.threshold, share)
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
                {"": {"": {policy.name: policy.satisfices for policy in found.policies}}},
                "of 100 states of the world",
            ),
        ),
        (SectionTable(head, rows),),
        (
            f"Best in its worst state: {in_words(found.maximin)}. Smallest largest regret: "
            f"{in_words(found.least_regret)}. Enough in most states: "
            f"{in_words(found.most_robust)}. Luck "
            "that replicates leave makes worst states and largest regrets look worse than they "
            "are.",
        ),
    )


def _calibrated(found: Calibration) -> Section:
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
            for p in found.parameters
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
            for fit in found.fits
        ),
    )
    what = "single runs" if found.compare == "runs" else "means of design points"
    left = f" Left out, as their settings are no numbers: {listed(found.left_out)}." * bool(
        found.left_out
    )
    return Section(
        "calibration",
        "What do the facts say about the uncertainties?",
        (
            f"The {found.kept:,} of {found.runs:,} {what} nearest to the facts were kept; they are "
            f"worth {found.effective:.0f} independent design points. History matching leaves "
            f"{number(found.plausible, True)} of 100 design points. Where the facts narrow an "
            "uncertainty by less than a tenth, or by no more than chance would, it is not "
            "identified." + left,
        ),
        tables=(parameters, fits),
        after=(
            "What fits is conditional on the model; it is not evidence that the model is right.",
        ),
    )
