"""The sensitivity of an outcome, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.findings.sensitivity import MEASURES, Indices, SensitivityPlan, SensitivityStudy
from sim.findings.statistics import Finding
from sim.reporting.summary import NOT_A_FORECAST, plugins_of
from sim.scenario.schema import Scenario

STUDY = "parley.sensitivity/1"


def study_as_data(
    found: SensitivityStudy,
    scenario: Scenario,
    plan: SensitivityPlan,
    asked: Mapping[str, Any],
    command: str = "",
) -> dict[str, Any]:
    """A study as plain data that becomes JSON as it is; `asked` are seed, days and levers."""
    return {
        "schema": STUDY,
        "scenario": scenario.scenario,
        **asked,
        "command": command,
        **plugins_of(scenario),
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
