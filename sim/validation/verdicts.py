"""Say whether a lever does what research expects of it, and keep what was said.

A call of `parley signs` judges by the talks that it played, with its own seed. What is shipped are
several calls for each scenario, made by `make signs` into `scenarios/signs/NAME.json`; an outcome
counts as against its expectation only where all of them call it so. A record holds for the model
and the scenario it was made with, which its fingerprint tells.

Nothing here plays talks, so that pages can read verdicts without the engine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sim.io.atomic_write import write_atomically
from sim.provenance import model_fingerprint
from sim.scenario.loading import FOLDERS, sha256_of
from sim.scenario.schema import Direction, Lever, LeverRole, Scenario
from sim.scenario.standard_levers import with_standard_levers

#: How an effect stands to what was expected, the worst first.
Verdict = Literal["against", "undecided", "open", "as expected", "not judged"]

#: What is judged of every lever; each is a share of all talks.
Outcome = Literal["room", "deal_90", "deal_180", "kept"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

#: The same in a few words, for sentences.
OUTCOME_WORDS: Mapping[Outcome, str] = {
    "room": "room for agreement",
    "deal_90": "truces by day 90",
    "deal_180": "truces by day 180",
    "kept": "truces that are kept",
}

#: What mediation is judged by: how talks are played without it, or without a part of it.
MediationArm = Literal[
    "without_mediators", "access_0", "without_information", "without_formulation"
]
MEDIATION_ARMS: tuple[MediationArm, ...] = get_args(MediationArm)

#: An effect is told from luck where it is larger than so many of its standard errors.
ERRORS = 2.5

#: And larger than this share of talks; where no effect is expected, than that.
LEAST, LEAST_WHERE_NONE = 0.005, 0.01

#: Beside the scenarios, the folder of what was judged.
FOLDER = "signs"

#: What makes those records anew.
COMMAND = "make signs"


# --- The rules


def verdict_on(expect: Direction | None, estimate: float, se: float) -> Verdict:
    """Return how an effect stands to what is expected of it.

    Parameters
    ----------
    expect : {"more", "fewer", "none", "open"} or None
        What is expected; None where nothing is.
    estimate : float
        Changed minus unchanged, a share of all talks between -1 and 1.
    se : float
        Its standard error, paired over runs.

    Returns
    -------
    str
        One of the verdicts.

    Examples
    --------
    >>> from sim.validation.verdicts import verdict_on
    >>> verdict_on("more", 0.031, 0.004), verdict_on("more", -0.004, 0.001)
    ('as expected', 'undecided')
    """
    if expect is None:
        return "not judged"
    if expect == "open":
        return "open"
    if expect == "none":
        limit = max(ERRORS * se, LEAST_WHERE_NONE)
        return "against" if abs(estimate) > limit else "as expected"
    towards = estimate if expect == "more" else -estimate
    limit = max(ERRORS * se, LEAST)
    if towards > limit:
        return "as expected"
    return "against" if towards < -limit else "undecided"


def verdict_on_fewer_or_none(estimate: float, se: float) -> Verdict:
    """Return how an effect stands to the expectation that there are fewer, or as many.

    Parameters
    ----------
    estimate : float
        Changed minus unchanged, a share of all talks.
    se : float
        Its standard error.

    Returns
    -------
    str
        "against" where there are more, told from luck; else "as expected".
    """
    return "against" if estimate > max(ERRORS * se, LEAST) else "as expected"


def verdict_on_texts(own: float | None, mediated: float | None, se: float) -> Verdict:
    """Return whether mediators' texts are accepted at least as often as the parties' own.

    Parameters
    ----------
    own, mediated : float or None
        Accepted by all, of the texts that were put to all; None where there were none.
    se : float
        The standard error of the difference.

    Returns
    -------
    str
        "against", "as expected", or "not judged" where one of the two is missing.
    """
    if own is None or mediated is None:
        return "not judged"
    return "against" if mediated - own < -ERRORS * se else "as expected"


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of some verdicts; "not judged" where there are none.

    Parameters
    ----------
    verdicts : iterable of str
        In any order.

    Returns
    -------
    str
        The one that stands first among the verdicts.
    """
    return min(verdicts, key=_rank, default="not judged")


def mildest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return what all of several calls agree on at least: the mildest of their verdicts.

    Parameters
    ----------
    verdicts : iterable of str
        Of one outcome, one from each call.

    Returns
    -------
    str
        "against" only where all of them are, and "undecided" only where none could tell.
    """
    return max(verdicts, key=_rank)


def _rank(verdict: Verdict) -> int:
    order: tuple[Verdict, ...] = get_args(Verdict)
    return order.index(verdict)


# --- One call, as JSON


class _Record(BaseModel):
    """A frozen part of what was judged."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data that becomes JSON as it is."""
        return self.model_dump(by_alias=True)


class Measured(_Record):
    """An effect on a share of all talks: changed minus unchanged, with its standard error."""

    estimate: float
    se: float


class Judged(_Record):
    """An effect, and how it stands to what is expected."""

    expect: Direction | None
    estimate: float
    se: float
    verdict: Verdict

    @classmethod
    def of(cls, expect: Direction | None, effect: Measured) -> Judged:
        """Judge an effect."""
        verdict = verdict_on(expect, effect.estimate, effect.se)
        return cls(expect=expect, estimate=effect.estimate, se=effect.se, verdict=verdict)


class LeverSign(_Record):
    """What one end of a lever does; the verdict is the worst of its outcomes'."""

    name: str
    role: LeverRole
    end: Literal["low", "high"]
    value: float
    outcomes: dict[Outcome, Judged]
    verdict: Verdict

    @classmethod
    def of(
        cls,
        name: str,
        lever: Lever,
        end: Literal["low", "high"],
        effects: Mapping[Outcome, Measured],
    ) -> LeverSign:
        """Judge what an end of a lever does."""
        expect = expected_of(lever, end)
        outcomes = {outcome: Judged.of(expect[outcome], effects[outcome]) for outcome in OUTCOMES}
        return cls(
            name=name,
            role=lever.role,
            end=end,
            value=lever.low if end == "low" else lever.high,
            outcomes=outcomes,
            verdict=worst(judged.verdict for judged in outcomes.values()),
        )


def expected_of(lever: Lever, end: Literal["low", "high"]) -> dict[Outcome, Direction | None]:
    """Return what an end of a lever is expected to do to each outcome; None if nothing is."""
    named = {} if lever.expect is None else lever.expect.outcomes()
    keys: dict[Outcome, str] = {
        "room": "room",
        "deal_90": "deal",
        "deal_180": "deal",
        "kept": "kept",
    }
    return {
        outcome: getattr(named[key], end) if key in named else None for outcome, key in keys.items()
    }


class TextShare(_Record):
    """Of the texts that were put to all, which share all accepted; None where there were none."""

    share: float | None
    n: int


class JudgedTextShare(TextShare):
    """The same of mediators' texts, held against the parties' own."""

    verdict: Verdict


class JudgedMediation(_Record):
    """What talks without mediation, or without a part of it, do to deals by day 180."""

    estimate: float
    se: float
    verdict: Verdict

    @classmethod
    def of(cls, arm: MediationArm, effect: Measured) -> JudgedMediation:
        """Judge what is missing without mediation, or without a part of it."""
        if arm in ("without_mediators", "access_0"):
            verdict = verdict_on("fewer", effect.estimate, effect.se)
        else:
            verdict = verdict_on_fewer_or_none(effect.estimate, effect.se)
        return cls(estimate=effect.estimate, se=effect.se, verdict=verdict)


class MediatorSigns(_Record):
    """Whether mediation adds: whose texts are accepted, and what is missing without it."""

    own_texts_accepted: TextShare
    mediated_texts_accepted: JudgedTextShare
    deal_180: dict[MediationArm, JudgedMediation]


class Signs(_Record):
    """What one call of `parley signs` found."""

    schema_name: Literal["parley.signs/1"] = Field("parley.signs/1", alias="schema")
    runs: int
    seed: int
    levers: list[LeverSign]
    mediators: MediatorSigns | None


# --- Several calls, stored


class StoredSigns(_Record):
    """Several calls about one scenario, and what they were made with."""

    schema_name: Literal["parley.signs-record/1"] = Field("parley.signs-record/1", alias="schema")
    scenario: str
    fingerprint: str
    calls: list[Signs] = Field(min_length=1)

    def outcomes(self) -> Iterator[tuple[LeverSign, Outcome, Verdict]]:
        """Yield each outcome of each end of each lever with what all calls agree on.

        The end is that of the first call.
        """
        for rows in zip(*(call.levers for call in self.calls), strict=True):
            for outcome in OUTCOMES:
                yield rows[0], outcome, mildest(row.outcomes[outcome].verdict for row in rows)

    def mediation(self) -> dict[str, Verdict]:
        """Return what all calls agree on of mediation: of each arm, and of the texts."""
        judged = [call.mediators for call in self.calls if call.mediators is not None]
        if not judged:
            return {}
        verdicts: dict[str, Verdict] = {
            arm: mildest(signs.deal_180[arm].verdict for signs in judged) for arm in MEDIATION_ARMS
        }
        texts = mildest(signs.mediated_texts_accepted.verdict for signs in judged)
        return {**verdicts, "mediated_texts": texts}

    def about(self, lever: str) -> dict[Verdict, list[tuple[str, Outcome]]]:
        """Return the ends and outcomes of a lever by what all calls agree on."""
        found: dict[Verdict, list[tuple[str, Outcome]]] = {}
        for row, outcome, verdict in self.outcomes():
            if row.name == lever:
                found.setdefault(verdict, []).append((row.end, outcome))
        return found

    def counts(self) -> dict[Verdict, int]:
        """Return how many outcomes of ends of levers have each verdict, all calls together."""
        verdicts = [verdict for _, _, verdict in self.outcomes()]
        return {verdict: verdicts.count(verdict) for verdict in get_args(Verdict)}


def signs_fingerprint(scenario: Scenario) -> str:
    """Return the fingerprint of what verdicts depend on: model, scenario and expectations.

    Parameters
    ----------
    scenario : Scenario
        As it is shipped, with levers or without.

    Returns
    -------
    str
        A SHA-256 in hexadecimal digits.
    """
    levers = {
        name: lever.model_dump(mode="json", include={"role", "low", "high", "default", "expect"})
        for name, lever in with_standard_levers(scenario).levers.items()
    }
    parts = (model_fingerprint(), sha256_of(scenario), json.dumps(levers))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def stored_verdicts(scenario: Scenario, folders: Sequence[Path] = FOLDERS) -> StoredSigns | None:
    """Return what was judged of a scenario by several calls, or None if it is not judged yet.

    Parameters
    ----------
    scenario : Scenario
        As it is shipped; of one with other numbers nothing was judged.
    folders : sequence of Path
        Where scenarios are kept, each with a folder of records in it.

    Returns
    -------
    StoredSigns or None
        None where there is no record, or one of another model, scenario or expectation.
    """
    path = record_path(scenario.scenario, folders)
    if path is None:
        return None
    try:
        record = StoredSigns.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None
    return record if record.fingerprint == signs_fingerprint(scenario) else None


def record_path(name: str, folders: Sequence[Path] = FOLDERS) -> Path | None:
    """Return the file with the record of a scenario, or None if there is none."""
    paths = (folder / FOLDER / f"{name}.json" for folder in folders)
    return next((path for path in paths if path.is_file()), None)


def store(record: StoredSigns, folder: Path) -> Path:
    """Write a record into a folder, and return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{record.scenario}.json"
    write_atomically(target, json.dumps(record.as_data(), indent=1, ensure_ascii=False) + "\n")
    return target
