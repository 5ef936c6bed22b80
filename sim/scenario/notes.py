"""What is worth knowing of a scenario that is not wrong: how its leaderships are bound."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.scenario.errors import count_noun
from sim.scenario.packages import feasible_levels, within_position
from sim.scenario.schema import Scenario


def notes_on(scenario: Scenario) -> list[str]:
    """Return what to bear in mind when talks of a scenario are read, in sentences.

    Parameters
    ----------
    scenario : Scenario
        One that is fine.

    Returns
    -------
    list of str
        How many packages each leadership would sign while it is firm, whether there are some that
        all of them would, and who is bound by nothing or by everything.
    """
    return list(_on_stances(scenario))


def _on_stances(scenario: Scenario) -> Iterator[str]:
    levels = feasible_levels(scenario)
    vetoes = [name for name, party in scenario.parties.items() if party.veto]
    within = {name: within_position(scenario, levels, name) for name in vetoes}
    for name, packages in within.items():
        if packages.all():
            yield f"what {name} says bars no package: while firm it still bargains by its interests"
        elif not packages.any():
            yield f"what {name} says bars every package: while firm it signs nothing"
    firm = ", ".join(f"{name} {int(packages.sum()):,}" for name, packages in within.items())
    yield f"of {len(levels):,} packages, firm leaderships sign: {firm}"
    shared = np.logical_and.reduce(list(within.values())) if within else np.zeros(0, dtype=bool)
    if shared.any() and not shared.all():
        number = count_noun(int(shared.sum()), "package")
        yield f"{number} fit what all sides say: firm leaderships may sign them"
