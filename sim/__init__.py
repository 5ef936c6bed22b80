"""Parley: a simulator of negotiations over truces and exchanges.

    >>> from sim import load_scenario, simulate
    >>> outcomes = simulate(load_scenario("two-rivers"), runs=100, seed=1)
    >>> len(outcomes)
    100

Results are conditional on a model and its assumptions; they are not a forecast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.experiment import Comparison, compare, simulate, stream
    from sim.outcomes import Outcomes
    from sim.reading import load_scenario

__all__ = ["Comparison", "Outcomes", "compare", "load_scenario", "simulate", "stream"]

_HOMES = {
    "Comparison": "sim.experiment",
    "compare": "sim.experiment",
    "simulate": "sim.experiment",
    "stream": "sim.experiment",
    "Outcomes": "sim.outcomes",
    "load_scenario": "sim.reading",
}


def __getattr__(name: str) -> Any:
    """Import the engine when it is first asked for: importing Mesa takes seconds."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
