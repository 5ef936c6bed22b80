"""Sweeps: a scenario played over many settings, headlessly, into a folder that lasts.

    question = read_study("study.yaml")      # everything that is wrong with it, or what it asks
    sweep = run(question, "my-sweep")        # kill it at any moment; `resume` goes on
    sweep.design, sweep.runs, sweep.summary  # tables of pyarrow

The README of this folder tells the researcher's story.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from sim.sweep.execution import (
        ExecutionOptions,
        InterruptedSweepError,
        TooManyFailuresError,
        resume,
        run,
    )
    from sim.sweep.plan import SweepPlan, estimate
    from sim.sweep.question import BoundStudy
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
        "question": ["BoundStudy"],
        "study_reader": ["read_study"],
        "study": ["Range", "Study"],
    },
)
