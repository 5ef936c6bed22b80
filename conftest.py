"""What examples in docstrings may rely on: `outcomes` of some runs, and the names of the package.

Only the examples of `sim.findings` do; all others stand by themselves.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from _pytest.doctest import DoctestItem

#: Alembic runs these itself, with a context of its own; what tests share holds no examples, and
#: some of it tampers with the program when it is imported.
collect_ignore_glob = [
    "sim/classroom/storage/schema/*",
    "tests/benchmarks/*",
    "tests/golden/*",
    "tests/support/*",
    "tests/tools/*",
]


@cache
def played() -> dict[str, Any]:
    """Simulate the talks that the examples speak of."""
    from sim import findings, load_scenario, simulate

    outcomes = simulate("two-rivers", runs=200, seed=1)
    return {"outcomes": outcomes, "findings": findings, "load_scenario": load_scenario}


@pytest.fixture(autouse=True)
def names_for_examples(request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]) -> None:
    """Hand the examples of `sim.findings` what they speak of."""
    item = request.node
    if isinstance(item, DoctestItem) and item.name.startswith("sim.findings."):
        doctest_namespace.update(played())
