"""What a stored sweep shows, keyed by its design and never by the order of its rows.

    sweep = Sweep("sweeps/my-study")
    found = answers(sweep, "truce_held_60")   # one outcome in every cell
    curves(found), sobol(found), regret(found), discover(found).in_words()

`parley analyze FOLDER` does all of it and writes one page. The README of this folder has a worked
study.
"""

from sim.analysis.answers import AnalysisError, Answers, answers, outcomes_of
from sim.analysis.arrays import to_ema, to_xarray
from sim.analysis.calibration import Calibration, Facts, calibrate, read_facts
from sim.analysis.discovery import Discovery, discover, prim
from sim.analysis.indices import morris, noise_share, sobol
from sim.analysis.regret import Regret, regret
from sim.analysis.response import Curve, HeatMap, curves, heat_map, heat_maps

__all__ = [
    "AnalysisError",
    "Answers",
    "Calibration",
    "Curve",
    "Discovery",
    "Facts",
    "HeatMap",
    "Regret",
    "answers",
    "calibrate",
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
