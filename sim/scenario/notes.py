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
    return [*_on_stances(scenario), *_on_camps(scenario)]


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
    elif not shared.any():
        yield "no package fits what all sides say: somebody has to reconsider before a deal"


def _on_camps(scenario: Scenario) -> Iterator[str]:
    camps: dict[str, list[str]] = {}
    for name, party in scenario.parties.items():
        if party.camp is not None:
            camps.setdefault(party.camp, []).append(name)
        if not party.veto and (party.camp is not None or party.flexible is not None):
            yield f"{name} has no veto, so that its stance and its camp decide nothing"
    for camp, members in camps.items():
        if len(members) == 1:
            yield f"camp {camp} has one member, {members[0]}, who shares its news with nobody"
