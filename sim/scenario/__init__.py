"""The scenario language: from YAML to a validated, frozen Scenario.

`load_scenario` reads a file; `schema` has the classes, `errors` what a file may be refused with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from sim.scenario.errors import ScenarioError
    from sim.scenario.loading import load_scenario
    from sim.scenario.schema import Scenario

__all__ = ["Scenario", "ScenarioError", "load_scenario"]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "errors": ["ScenarioError"],
        "loading": ["load_scenario"],
        "schema": ["Scenario"],
    },
)
