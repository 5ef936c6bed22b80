"""Parley: a simulator of negotiations over truces and exchanges.

    >>> from sim import load_scenario, simulate
    >>> outcomes = simulate(load_scenario("two-rivers"), runs=100, seed=1)
    >>> len(outcomes)
    100

Results are conditional on a model and its assumptions; they are not a forecast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from sim.engine.outcomes import Outcomes
    from sim.engine.simulate import Comparison, compare, simulate, stream
    from sim.engine.single_talks import SingleTalks
    from sim.scenario.loading import load_scenario

__all__ = [
    "Comparison",
    "Outcomes",
    "SingleTalks",
    "compare",
    "load_scenario",
    "simulate",
    "stream",
]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "engine.simulate": ["Comparison", "compare", "simulate", "stream"],
        "engine.single_talks": ["SingleTalks"],
        "engine.outcomes": ["Outcomes"],
        "scenario.loading": ["load_scenario"],
    },
)
