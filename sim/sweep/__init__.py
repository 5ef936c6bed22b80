"""Play a scenario over many settings, into a folder that can be read, checked and played again.

    study = read_study("study.yaml")         # raises with everything that is wrong with it
    sweep = run(study, "my-sweep")           # after any stop, `resume` plays what is missing
    sweep.design, sweep.runs, sweep.summary  # tables of pyarrow

The README of this folder is the manual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from sim.sweep.bound_study import BoundStudy
    from sim.sweep.execution import (
        ExecutionOptions,
        InterruptedSweepError,
        TooManyFailuresError,
        resume,
        run,
    )
    from sim.sweep.plan import SweepPlan, estimate
    from sim.sweep.result_folder import FingerprintError, FolderError
    from sim.sweep.results import Sweep
    from sim.sweep.study import Range, Study
    from sim.sweep.study_reader import read_study

__all__ = [
    "BoundStudy",
    "ExecutionOptions",
    "FingerprintError",
    "FolderError",
    "InterruptedSweepError",
    "Range",
    "Study",
    "Sweep",
    "SweepPlan",
    "TooManyFailuresError",
    "estimate",
    "read_study",
    "resume",
    "run",
]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "result_folder": ["FingerprintError", "FolderError"],
        "plan": ["SweepPlan", "estimate"],
        "results": ["Sweep"],
        "execution": [
            "InterruptedSweepError",
            "ExecutionOptions",
            "TooManyFailuresError",
            "resume",
            "run",
        ],
        "bound_study": ["BoundStudy"],
        "study_reader": ["read_study"],
        "study": ["Range", "Study"],
    },
)
