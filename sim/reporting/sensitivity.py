"""The summary of a sensitivity study."""

from __future__ import annotations

from collections.abc import Mapping

from sim.findings.sensitivity import (
    MEASURES,
    Indices,
    MorrisIndex,
    OneAtATimeCurve,
    SensitivityPlan,
    SensitivityStudy,
)
from sim.reporting.models import (
    CurveSummary,
    Estimate,
    MorrisSummary,
    ScreeningSummary,
    SensitivitySummary,
    SobolIndexSummary,
    SobolSummary,
    TrendsSummary,
)
from sim.reporting.summary import NOT_A_FORECAST, plugins_of
from sim.scenario.schema import Scenario


def sensitivity_summary(
    study: SensitivityStudy,
    scenario: Scenario,
    plan: SensitivityPlan,
    command: str = "",
    *,
    seed: int,
    days: int,
    levers: Mapping[str, float],
) -> SensitivitySummary:
    """Summarise a study of talks with this seed, days and levers."""
    return SensitivitySummary(
        scenario=scenario.scenario,
        seed=seed,
        days=days,
        levers=dict(levers),
        command=command,
        plugins=plugins_of(scenario),
        outcome=study.outcome,
        outcome_in_words=MEASURES[study.outcome].words,
        runs=plan.runs,
        screening=ScreeningSummary(
            trajectories=plan.screening.trajectories,
            replicates=plan.screening.replicates,
            numbers={index.path: _morris(index) for index in study.screened},
        ),
        trends=TrendsSummary(
            rows=plan.luck.rows,
            replicates=plan.luck.replicates,
            numbers={trend.name: Estimate.of(trend) for trend in study.trends},
        ),
        luck_alone=Estimate.of(study.luck),
        sobol=_sobol(study.indices, plan),
        curves={curve.of: _curve(curve) for curve in study.curves},
        not_a_forecast=NOT_A_FORECAST,
    )


def _morris(index: MorrisIndex) -> MorrisSummary:
    """Summarise what a screening says of a number."""
    return MorrisSummary(
        mu_star=Estimate.of(index.strength),
        mu=Estimate.of(index.direction),
        sigma=Estimate.of(index.unevenness),
    )


def _sobol(indices: Indices, plan: SensitivityPlan) -> SobolSummary:
    """Summarise Sobol's indices."""
    return SobolSummary(
        n=plan.n,
        replicates=plan.replicates,
        studied_share=Estimate.of(indices.studied),
        residue=Estimate.of(indices.residue),
        numbers={
            index.path: SobolIndexSummary(
                first=Estimate.of(index.first), total=Estimate.of(index.total)
            )
            for index in indices.indices
        },
    )


def _curve(curve: OneAtATimeCurve) -> CurveSummary:
    """Summarise the outcome along one number."""
    return CurveSummary(
        settings=list(curve.settings),
        outcome=[Estimate.of(finding) for finding in curve.findings],
        swing=Estimate.of(curve.swing),
    )


def remarks(indices: Indices) -> dict[str, str]:
    """Say of numbers, by their paths, where their indices are not told from nothing."""
    by_path = {}
    for index in indices.indices:
        first, total = index.first, index.total
        if first.low is None or first.high is None or total.low is None:
            by_path[index.path] = "the outcome does not vary"
        elif total.low <= 0:
            by_path[index.path] = "both intervals include 0; it may do nothing"
        elif first.low <= 0 <= first.high:
            by_path[index.path] = "by itself it may do nothing: that interval includes 0"
            if total.low <= (indices.residue.estimate or 0.0):
                by_path[index.path] += ", and what it does with others is not told from luck"
    return by_path
