"""Whether mediators have what they work through, and somebody to speak for and to."""

from __future__ import annotations

from sim.scenario.checks.shared import Troubles, unused_number, wrong
from sim.scenario.errors import Path
from sim.scenario.schema import Scenario


def means(scenario: Scenario) -> Troubles:
    """Check that each number of a mediator has what it works through."""
    for name, mediator in scenario.mediators.items():
        path: Path = ("mediators", name)
        if mediator.information is not None and not mediator.access:
            expected = "who has information has access to some party"
            yield wrong((*path, "access"), "is missing", expected)
        if mediator.bias and mediator.information is None:
            expected = "a bias only matters where there is `information` to be believed"
            yield wrong((*path, "bias"), "is given", expected)
        if mediator.information is not None:
            low, high = mediator.information.cost_low, mediator.information.cost_high
            if low.centre >= high.centre:
                expected = f"it is more than cost_low, {low.centre:g}"
                where = (*path, "information", "cost_high")
                yield wrong(where, f"is {high.centre:g}", expected, leans=((*path, "information"),))
        if (mediator.formulation is None) != (mediator.drafting is None):
            absent, present = "formulation", "drafting"
            if mediator.formulation is not None:
                absent, present = present, absent
            expected = f"it goes with {present}"
            yield wrong((*path, absent), "is missing", expected, f"add it or leave {present} out")
        if mediator.guarantee is not None and scenario.issue_of_role("guarantee") is None:
            why = "no issue has the role guarantee"
            yield unused_number((*path, "guarantee"), why, leans=(("issues",),))


def channel(scenario: Scenario) -> Troubles:
    """Answers lag only where somebody with a veto is spoken for."""
    spoken_for = any(p.veto and p.speaks_through for p in scenario.parties.values())
    if scenario.channel.lag_days is not None and not spoken_for:
        yield unused_number(("channel", "lag_days"), "nobody with a veto is spoken for")


def access(scenario: Scenario) -> Troubles:
    """Mediators have access to parties with a veto."""
    for name, mediator in scenario.mediators.items():
        for party_name in mediator.access:
            if party_name in scenario.parties and not scenario.parties[party_name].veto:
                path = ("mediators", name, "access", party_name)
                yield unused_number(path, f"{party_name} has no veto")
