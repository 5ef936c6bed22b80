"""Workers that die or hang on one run: what a sweep must get over. Used by workers, too."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext

from sim.sweep import chunk
from sim.sweep.executors import serve

honest = chunk.play_rows

#: Set once for each time that the victim hangs.
HANGING = threading.Event()

#: The luck of the run that is tampered with, where its lever stands at the first setting.
VICTIM = 5


def dies(scenario, **options):
    """Play, but end the process where the victim is among the runs."""
    if has_victim(options):
        os._exit(1)
    return honest(scenario, **options)


def fails(scenario, **options):
    """Play, but fail where the victim is among the runs."""
    if has_victim(options):
        raise ZeroDivisionError("no such luck")
    return honest(scenario, **options)


def hangs(scenario, **options):
    """Play, but never end where the victim is among the runs."""
    if has_victim(options):
        HANGING.set()
        while True:
            time.sleep(0.01)
    return honest(scenario, **options)


def has_victim(options) -> bool:
    """Whether the victim is among the runs that are asked for."""
    return bool(
        ((options["luck"] == VICTIM) & (options["levers"]["guarantee_strength"] == 0)).any()
    )


def tampered(how: Callable) -> None:
    """What a worker does first."""
    serve()
    chunk.play_rows = how


def prepared() -> ForkServerContext:
    """What begins processes that have imported already what they need."""
    context = get_context("forkserver")
    modules = [
        "scipy.stats",
        "sim.sweep.execution",
        "sim.reporting.narrative",
        "tests.support.saboteur",
        "tests.system.sweep.test_resuming",
    ]
    context.set_forkserver_preload(modules)
    return context


def pool(how: Callable, workers: int) -> ProcessPoolExecutor:
    """Processes that all have the same flaw."""
    start = partial(tampered, how)
    return ProcessPoolExecutor(workers, mp_context=prepared(), initializer=start)
