"""Why talks fail: everything the findings say of it, for one scenario."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sim.engine.outcomes import Outcomes
from sim.engine.simulate import initial_utilities, play_arms
from sim.findings.attribution import (
    Mechanism,
    Structural,
    mechanisms_from,
    procedural,
    stood_firm,
    structural,
    without_barriers,
)
from sim.findings.mediation import Mediation, arms_of_mediation, mediation_from
from sim.findings.statistics import Finding
from sim.scenario.schema import Scenario

Say = Callable[[str], None]


#: Draws by which the bargain before the first day is looked at, at the least.
LOOK_RUNS = 4000


@dataclass(frozen=True)
class Reasons:
    """Everything there is to say about why talks fail, for one scenario."""

    structural: Structural
    procedural: Mapping[str, Finding]
    stood_firm: Mapping[str, Finding]  # by party with a veto
    mechanisms: Mapping[str, Mechanism]
    mediation: Mediation


def reasons(
    scenario: Scenario,
    *,
    runs: int,
    seed: int = 1,
    days: int | None = None,
    levers: Mapping[str, float] | None = None,
    workers: int = 1,
    say: Say = lambda words: None,
    talks: Outcomes | None = None,
) -> Reasons:
    """Look for the reasons; `say` hears what is being played.

    All arms are played together, `runs` talks in each. The rounds of talks without a change are
    looked at in `talks` where these have been played already.
    """
    say("Looking for common ground")
    bargain = structural(
        initial_utilities(scenario, runs=max(runs, LOOK_RUNS), seed=seed, levers=levers)
    )
    say("Playing with one thing otherwise, and with and without mediators")
    removed, mediated = without_barriers(scenario), arms_of_mediation(scenario)
    moved = dict(levers or {})
    played = play_arms(
        [(case, moved) for case in (*removed, *mediated)],
        runs=runs,
        seed=seed,
        days=days,
        workers=workers,
    )
    without, worth = played[: len(removed)], played[len(removed) :]
    unchanged = played[0] if talks is None else talks
    return Reasons(
        bargain,
        procedural(unchanged),
        stood_firm(unchanged),
        mechanisms_from(without),
        mediation_from(worth, tuple(scenario.mediators)),
    )
