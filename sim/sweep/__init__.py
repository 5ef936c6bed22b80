"""Sweeps: a scenario played over many settings, headlessly, into a folder that lasts.

    question = read_study("study.yaml")      # everything that is wrong with it, or what it asks
    sweep = run(question, "my-sweep")        # kill it at any moment; `resume` goes on
    sweep.design, sweep.runs, sweep.summary  # tables of pyarrow

The README of this folder tells the researcher's story.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.lazily import importing

if TYPE_CHECKING:
    from sim.sweep.folder import FingerprintError, FolderError
    from sim.sweep.plan import Plan, estimate
    from sim.sweep.reader import Sweep
    from sim.sweep.running import (
        InterruptedSweepError,
        Manner,
        TooManyFailuresError,
        resume,
        run,
    )
    from sim.sweep.spec import Question, Range, Study, read_study

__all__ = [
    "FingerprintError",
    "FolderError",
    "InterruptedSweepError",
    "Manner",
    "Plan",
    "Question",
    "Range",
    "Study",
    "Sweep",
    "TooManyFailuresError",
    "estimate",
    "read_study",
    "resume",
    "run",
]

__getattr__, __dir__ = importing(
    __name__,
    {
        "FingerprintError": "folder",
        "FolderError": "folder",
        "Plan": "plan",
        "estimate": "plan",
        "Sweep": "reader",
        "InterruptedSweepError": "running",
        "Manner": "running",
        "TooManyFailuresError": "running",
        "resume": "running",
        "run": "running",
        "Question": "spec",
        "Range": "spec",
        "Study": "spec",
        "read_study": "spec",
    },
)
