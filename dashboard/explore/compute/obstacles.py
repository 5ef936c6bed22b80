"""The section "In the way" of What if: what blocks a deal before the first day."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.explore.query import Query
from sim.engine.simulate import initial_utilities
from sim.findings import attribution
from sim.findings.statistics import Finding
from sim.reporting import explanation
from sim.reporting.charts.shares import share_bars
from sim.reporting.sections import Section
from sim.reporting.summary import of_hundred
from sim.scenario.schema import Scenario

#: At most so many draws of the bargain before the first day are looked at here; Why takes more.
MOST_DRAWS = 2000


def obstacles(question: Query, arms: list[str]) -> Section:
    """Show who and what stands in the way before the first day, arm beside arm."""
    bargains = {}
    for name, arm in zip(arms, question.arms, strict=True):
        looked = initial_utilities(
            arm.case(),
            runs=min(MOST_DRAWS, question.runs),
            seed=question.seed,
            levers=dict(arm.levers),
        )
        bargains[name] = attribution.structural(looked)
    scenario = question.arms[-1].case()
    blocked = {name: found for name, found in bargains.items() if found.no_zopa.estimate}
    named = len(bargains) > 1
    said = tuple(
        (f"{name.capitalize()}: " if named else "") + _blocked(found, scenario, name in blocked)
        for name, found in bargains.items()
    )
    heading = "Who and what stands in the way?"
    if not blocked:
        return Section("obstacles", heading, said)
    no_issue = any(found.issue_shares[attribution.NO_ISSUE].estimate for found in blocked.values())
    figure = share_bars(
        "obstacles",
        "Where nothing suits everybody before the first day: who would have to give up most, and "
        "over which issues they part.",
        {
            name if named else "": {
                "Who would have to give up most": _blockers(found, scenario),
                "Parts of the gap": _parted(found, scenario, no_issue),
            }
            for name, found in blocked.items()
        },
    )
    return Section("obstacles", heading, said, (figure,))


def _blocked(found: attribution.Structural, scenario: Scenario, is_blocked: bool) -> str:
    """Return how often nothing suits everybody, and who and what that is due to, in a sentence."""
    if not is_blocked:
        return "before the first day some package would suit everybody in every talk."
    blockers, issues = _blockers(found, scenario), _parted(found, scenario, no_issue=True)
    return (
        f"in {of_hundred(found.no_zopa.estimate or 0.0)} of 100 talks no package is better than no "
        f"deal for everyone who can refuse one. There, {_most(blockers)} must give up most in most "
        f"talks, and the issue that parts them most is: {_most(issues)}."
    )


def _blockers(found: attribution.Structural, scenario: Scenario) -> dict[str, Finding]:
    """Return how often each party would have to give up most."""
    alone = attribution.NOBODY_ALONE
    return {
        "no one party alone" if name == alone else scenario.parties[name].title: share
        for name, share in found.blockers.items()
    }


def _parted(
    found: attribution.Structural, scenario: Scenario, no_issue: bool
) -> dict[str, Finding]:
    """Return each issue's part of the gap; that of no issue only where there is one."""
    return {
        explanation.issue_words(name, scenario): part
        for name, part in found.issue_shares.items()
        if name != attribution.NO_ISSUE or no_issue
    }


def _most(shares: Mapping[str, Finding]) -> str:
    return max(shares, key=lambda name: shares[name].estimate or 0.0)
