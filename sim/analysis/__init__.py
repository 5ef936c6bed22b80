"""What a stored sweep shows, keyed by its design and never by the order of its rows.

    sweep = Sweep("sweeps/my-study")
    found = answers(sweep, "truce_held_60")   # one outcome in every cell
    curves(found), sobol(found), regret(found), discover(found).in_words()

`parley analyze FOLDER` does all of it and writes one page. The README of this folder has a worked
study.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.lazily import importing

if TYPE_CHECKING:
    from sim.analysis.arrays import to_ema, to_xarray
    from sim.analysis.calibration import Calibration, Facts, calibrate, read_facts
    from sim.analysis.cells import AnalysisError, Answers, answers, outcomes_of
    from sim.analysis.discovery import Discovery, discover, prim
    from sim.analysis.indices import morris, noise_share, sobol
    from sim.analysis.look import Found, look_at
    from sim.analysis.policies import Regret, regret
    from sim.analysis.response import Curve, HeatMap, curves, heat_map, heat_maps

__all__ = [
    "AnalysisError",
    "Answers",
    "Calibration",
    "Curve",
    "Discovery",
    "Facts",
    "Found",
    "HeatMap",
    "Regret",
    "answers",
    "calibrate",
    "curves",
    "discover",
    "heat_map",
    "heat_maps",
    "look_at",
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

__getattr__, __dir__ = importing(
    __name__,
    {
        "AnalysisError": "cells",
        "Answers": "cells",
        "answers": "cells",
        "outcomes_of": "cells",
        "to_ema": "arrays",
        "to_xarray": "arrays",
        "Calibration": "calibration",
        "Facts": "calibration",
        "calibrate": "calibration",
        "read_facts": "calibration",
        "Discovery": "discovery",
        "discover": "discovery",
        "prim": "discovery",
        "morris": "indices",
        "noise_share": "indices",
        "sobol": "indices",
        "Found": "look",
        "look_at": "look",
        "Regret": "policies",
        "regret": "policies",
        "Curve": "response",
        "HeatMap": "response",
        "curves": "response",
        "heat_map": "response",
        "heat_maps": "response",
    },
)
