"""Whether the parts of a scenario fit together.

Every name that is used exists; every number that is needed is given; and every key moves something
or is refused. Each check is a generator of troubles; `CHECKS` and `unused_keys` list them all.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.scenario.checks import (
    captives,
    events,
    issues,
    levers,
    mediators,
    names,
    packages,
    parties,
    positions,
    strategies,
    truce,
)
from sim.scenario.checks.names import unused_keys
from sim.scenario.checks.positions import stated_phrases, statements
from sim.scenario.checks.shared import Troubles
from sim.scenario.checks.strategies import known_kinds
from sim.scenario.schema import Scenario

__all__ = ["CHECKS", "known_kinds", "stated_phrases", "statements", "unused_keys", "validate"]

CHECKS: tuple[Callable[[Scenario], Troubles], ...] = (
    names.distinct,
    names.sources,
    names.references,
    issues.roles,
    positions.selectors,
    positions.said,
    packages.grid,
    captives.captives,
    captives.prisoners,
    parties.interests,
    parties.settlement,
    parties.domestic,
    strategies.sides,
    strategies.kinds_and_numbers,
    mediators.means,
    truce.effects,
    mediators.channel,
    truce.compliance,
    mediators.access,
    truce.extension,
    levers.moves,
    levers.expectations,
    events.coming,
    events.windows,
    events.moves,
)


def validate(scenario: Scenario) -> Troubles:
    """Return everything in a scenario that does not fit."""
    for check in CHECKS:
        yield from check(scenario)
