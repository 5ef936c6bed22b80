"""Whether each number of a truce is one that something would read."""

from __future__ import annotations

from sim.scenario.checks.shared import Troubles, unused_number, wrong
from sim.scenario.errors import Path
from sim.scenario.schema import Scenario


def effects(scenario: Scenario) -> Troubles:
    """Check that a truce has what its effects are of: an extension, a cost of breaking it."""
    path: Path = ("truce", "effects", "extension")
    if scenario.truce.effects.extension is not None and scenario.truce.extension is None:
        yield unused_number(path, "the truce has no extension rule")
    endogenous = scenario.permanence.kind != "given"
    path = ("truce", "effects", "guarantee")
    if scenario.truce.effects.guarantee is not None and not endogenous:
        yield unused_number(path, "breaking a truce that is given costs nothing")
    if scenario.truce.effects.guarantee is None and endogenous:
        expected = "what the cost of breaking a truce does to its risk"
        yield wrong(path, "is missing", expected, "add it")


def compliance(scenario: Scenario) -> Troubles:
    """Check that only who holds people is asked whether it hands them over."""
    hands_over = {pool.holder for pool in scenario.captives.values()}
    hands_over |= {pool.holder for pool in scenario.prisoners.values()}
    for name, party in scenario.parties.items():
        if party.compliance is not None and name not in hands_over:
            path = ("parties", name, "compliance")
            yield unused_number(path, f"{name} holds nobody whom it could hand over")


def extension(scenario: Scenario) -> Troubles:
    """Check that a truce is extended only where captives come home."""
    if scenario.truce.extension is not None and not scenario.captives:
        yield unused_number(("truce", "extension"), "there are no captives", leans=(("captives",),))
