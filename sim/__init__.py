"""Parley: a simulator of negotiations over truces and exchanges.

    >>> from sim import load_scenario, simulate
    >>> outcomes = simulate(load_scenario("two-rivers"), runs=100, seed=1)
    >>> len(outcomes)
    100

Results are conditional on a model and its assumptions; they are not a forecast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.lazily import importing

if TYPE_CHECKING:
    from sim.experiment import Comparison, compare, simulate, stream
    from sim.outcomes import Outcomes
    from sim.reading import load_scenario

__all__ = ["Comparison", "Outcomes", "compare", "load_scenario", "simulate", "stream"]

__getattr__, __dir__ = importing(
    __name__,
    {
        "Comparison": "experiment",
        "compare": "experiment",
        "simulate": "experiment",
        "stream": "experiment",
        "Outcomes": "outcomes",
        "load_scenario": "reading",
    },
)
