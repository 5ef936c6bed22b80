"""Caveats beside results: where the model does not do what research expects of it.

What research expects stands in the scenarios; whether the model does it was judged beforehand, by
several calls of `parley signs`. Where nothing was judged, as of a visitor's own scenario, that is
said in place of a verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from dashboard.explore.page_state import WhatIf
from dashboard.explore.query import QueryArm
from sim.scenario.schema import Scenario
from sim.validation.verdicts import (
    OUTCOME_WORDS,
    Outcome,
    StoredSigns,
    stored_verdicts,
)

NOT_JUDGED_YET = "Whether these levers do what research expects: not judged yet."

#: What is said of mediation where all calls call it against what research expects.
MEDIATION_AGAINST = {
    "without_mediators": "there are more truces without mediators",
    "access_0": "there are more truces if mediators are told nothing",
    "without_information": "there are more truces if mediators inform nobody",
    "without_formulation": "there are more truces if mediators word no text",
    "mediated_texts": "texts of mediators are accepted less often than the parties' own",
}

_SEE = "See Sources and limits before you conclude anything."


def verdicts_on(what_if: WhatIf) -> StoredSigns | None:
    """Return what was judged of the scenario as it stands; None if it is not judged yet."""
    arm = QueryArm(what_if.scenario)
    return _read(arm, arm.sha256())


@lru_cache(maxsize=64)
def _read(arm: QueryArm, sha256: str) -> StoredSigns | None:
    return stored_verdicts(arm.case())


def lever_note(record: StoredSigns | None, name: str) -> str:
    """Return what to say under a lever, or nothing where the model does what research expects."""
    if record is None:
        return ""
    about = record.about(name)
    against = _listed(outcome for _, outcome in about.get("against", []))
    undecided = _listed(outcome for _, outcome in about.get("undecided", []))
    notes = {"against what research expects": against, "too small to judge": undecided}
    return "; ".join(f"{words}: {outcomes}" for words, outcomes in notes.items() if outcomes)


def caveats_for(what_if: WhatIf) -> list[str]:
    """Return the caveats about the levers that a what-if moves, by themselves or their numbers."""
    record = verdicts_on(what_if)
    if record is None:
        return []
    case = what_if.baseline.case()
    found: dict[str, None] = {}
    for name, ends in _moved(what_if, case):
        against = [outcome for end, outcome in record.about(name).get("against", []) if end in ends]
        if against:
            found[
                f"Here the model goes against what research expects of “{case.levers[name].label}”"
                f": {_listed(against)}. {_SEE}"
            ] = None
    return list(found)


def mediation_caveats(what_if: WhatIf) -> list[str]:
    """Return the caveats about what mediation is worth."""
    record = verdicts_on(what_if)
    if record is None:
        return []
    against = [
        MEDIATION_AGAINST[name]
        for name, verdict in record.mediation().items()
        if verdict == "against"
    ]
    if not against:
        return []
    return [f"Here the model goes against what research expects: {'; '.join(against)}. {_SEE}"]


def _moved(what_if: WhatIf, case: Scenario) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each lever that is moved, with the ends towards which it is."""
    for name, setting in what_if.levers:
        yield name, ("low",) if setting < case.levers[name].default else ("high",)
    paths = {path for path, _ in what_if.changes}
    for name, lever in case.levers.items():
        if any(move.key in paths for move in lever.moves):
            yield name, ("low", "high")


def _listed(outcomes: Iterable[Outcome]) -> str:
    """Return some outcomes in words, each once."""
    return ", ".join(dict.fromkeys(OUTCOME_WORDS[outcome] for outcome in outcomes))
