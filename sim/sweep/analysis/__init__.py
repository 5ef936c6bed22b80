"""Analyse a stored sweep; rows are found by their keys in the design, never by their order.

    sweep = Sweep("sweeps/my-study")
    estimates = cell_estimates(sweep, "truce_held_60")  # one outcome in every cell
    curves(estimates), sobol(estimates), regret(estimates), discover(estimates).in_words()

`parley analyze FOLDER` does all of it and writes one page. The README of this folder has a worked
study.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from sim.sweep.analysis.calibration import Calibration, Facts, calibrate, read_facts
    from sim.sweep.analysis.cells import AnalysisError, CellEstimates, cell_estimates, outcomes_of
    from sim.sweep.analysis.export import to_ema, to_xarray
    from sim.sweep.analysis.indices import morris, noise_share, sobol
    from sim.sweep.analysis.report_data import ReportData, analyze_outcome
    from sim.sweep.analysis.response_curves import (
        HeatMap,
        ResponseCurve,
        curves,
        heat_map,
        heat_maps,
    )
    from sim.sweep.analysis.robustness import Regret, regret
    from sim.sweep.analysis.scenario_discovery import Discovery, discover, prim

__all__ = [
    "AnalysisError",
    "Calibration",
    "CellEstimates",
    "Discovery",
    "Facts",
    "HeatMap",
    "Regret",
    "ReportData",
    "ResponseCurve",
    "analyze_outcome",
    "calibrate",
    "cell_estimates",
    "curves",
    "discover",
    "heat_map",
    "heat_maps",
    "morris",
    "noise_share",
    "outcomes_of",
    "prim",
    "read_facts",
    "regret",
    "sobol",
    "to_ema",
    "to_xarray",
]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "cells": ["AnalysisError", "CellEstimates", "cell_estimates", "outcomes_of"],
        "export": ["to_ema", "to_xarray"],
        "calibration": ["Calibration", "Facts", "calibrate", "read_facts"],
        "scenario_discovery": ["Discovery", "discover", "prim"],
        "indices": ["morris", "noise_share", "sobol"],
        "report_data": ["ReportData", "analyze_outcome"],
        "robustness": ["Regret", "regret"],
        "response_curves": ["ResponseCurve", "HeatMap", "curves", "heat_map", "heat_maps"],
    },
)
