"""What happens in a single run, as dated records with typed fields.

`Talks` hands each record to an `EventObserver` when it happens. Stories, news and timelines are
made from these records; no reader has to take a sentence apart again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from sim.types import Bools, Floats, Ints


@dataclass(frozen=True)
class RunEvent:
    """Something that happened in a run on a day, counted from 1."""

    #: What `Talks` calls it.
    kind: ClassVar[str]

    day: int


# --- Outside


@dataclass(frozen=True)
class OutsideEventHappened(RunEvent):
    """An outside event has come, or what it moved goes back."""

    kind = "outside event"

    event: str  # its name in the scenario
    begins: bool  # False where what it moved goes back


# --- War


@dataclass(frozen=True)
class Battle(RunEvent):
    """A battle was fought; the front has moved."""

    kind = "battle"

    won: bool  # by the side that fights forward


@dataclass(frozen=True)
class Victory(RunEvent):
    """A side has won the war."""

    kind = "victory"

    forward: bool  # whether it is the side that fights forward


# --- Captives outside a deal


@dataclass(frozen=True, eq=False)
class CaptivesChanged(RunEvent):
    """Something happened to captives outside a deal."""

    people: Ints  # (pools,)
    truce: bool  # whether a truce was in force


@dataclass(frozen=True, eq=False)
class Deaths(CaptivesChanged):
    """Captives have died."""

    kind = "death"


@dataclass(frozen=True, eq=False)
class Rescues(CaptivesChanged):
    """Captives were rescued by force."""

    kind = "rescue"


@dataclass(frozen=True, eq=False)
class RescueDeaths(CaptivesChanged):
    """Captives have died in an attempt at rescue."""

    kind = "killed in rescue"


@dataclass(frozen=True, eq=False)
class Releases(CaptivesChanged):
    """Captives were released outside a deal."""

    kind = "release"


# --- A truce


@dataclass(frozen=True)
class Batch(RunEvent):
    """Captives of a pool came home under a deal, and prisoners were released for them."""

    kind = "batch"

    pool: str
    people: int  # alive
    remains: int
    found_dead: int  # of those who were thought alive
    freed: int  # prisoners


@dataclass(frozen=True)
class Dispute(RunEvent):
    """A promise was not kept."""

    kind = "dispute"

    open: bool  # whether mediators failed to settle it


@dataclass(frozen=True)
class Violation(RunEvent):
    """The truce was violated, and goes on."""

    kind = "violation"


@dataclass(frozen=True)
class Extension(RunEvent):
    """The truce was extended by a day."""

    kind = "extension"

    people: int  # captives to be released for it, at most


@dataclass(frozen=True)
class Grace(RunEvent):
    """The term is over, and a guarantee keeps the truce for some more days."""

    kind = "grace"

    days: int


@dataclass(frozen=True)
class TruceEnded(RunEvent):
    """A truce has ended."""

    kind = "truce ends"

    cause: int  # place in `Outcomes.labels.causes`
    days: int  # that it lasted


# --- Talks


@dataclass(frozen=True)
class Suspension(RunEvent):
    """An outside event suspends the talks."""

    kind = "suspension"

    days: int


@dataclass(frozen=True)
class StanceTurned(RunEvent):
    """A leadership has turned flexible, or firm; on the first day, how it stands."""

    kind = "stance"

    party: int  # place among the parties
    flexible: bool
    after: Sequence[str] = ()  # what has just happened that may turn it firm, by scenario key


@dataclass(frozen=True)
class Lesson:
    """What a party has learnt from another's answer: how it errs about its reservation value.

    In utils; below 0 it believes that the other would settle for less than it would.
    """

    party: int  # who has learnt
    other: int  # of whom
    before: float
    after: float


@dataclass(frozen=True, eq=False)
class TextAnswered(RunEvent):
    """A text was answered by all parties. Utilities are in utils."""

    package: int
    speaker: int  # place among the parties, then the mediators
    worth: Floats  # (parties,) of the package
    reservation: Floats  # (parties,)
    aspiration: Floats  # (parties,) what each would take
    way_out: Bools  # (parties,) whether it believes that something could be agreed
    flexible: Bools  # (parties,) how each leadership stands
    signable: Bools  # (packages,) what no stance bars
    accepts: Bools  # (parties,)
    offered: Floats  # (parties,) side payments with the package
    override: Sequence[float]  # (parties,) price of overriding a vote at home; 0 without need
    worths: Floats  # (parties, packages)
    added: Floats  # (parties, packages) side payments within reach


@dataclass(frozen=True, eq=False)
class RoundHeld(TextAnswered):
    """A text was put on the table, before all, and answered."""

    kind = "round"

    zopa: bool  # whether some package suits everyone with a veto
    learnt: Sequence[Lesson]  # from the answers


@dataclass(frozen=True, eq=False)
class PrivateText(TextAnswered):
    """After a text had failed, a mediator sounded out one of its own in private."""

    kind = "private text"

    forward: bool  # whether it put it forward; else it dropped it, and nobody was asked


@dataclass(frozen=True)
class Leak(RunEvent):
    """The round became public."""

    kind = "leak"


@dataclass(frozen=True)
class ConfirmationAwaited(RunEvent):
    """All have accepted; parties that are spoken for have to confirm."""

    kind = "awaited"

    package: int
    parties: Sequence[int]


@dataclass(frozen=True)
class Confirmation(RunEvent):
    """Parties that are spoken for have answered."""

    kind = "confirmation"

    package: int
    refused_by: Sequence[int]  # parties
    barred_by: Sequence[int] = ()  # those of them whose stance bars the package


@dataclass(frozen=True)
class DealSigned(RunEvent):
    """A deal was signed."""

    kind = "signed"

    package: int
    renewed: bool  # whether a truce was in force already


#: The class of each kind of event.
RUN_EVENTS: Mapping[str, type[RunEvent]] = {
    event.kind: event
    for event in (
        OutsideEventHappened,
        Battle,
        Victory,
        Deaths,
        Rescues,
        RescueDeaths,
        Releases,
        Batch,
        Dispute,
        Violation,
        Extension,
        Grace,
        TruceEnded,
        Suspension,
        StanceTurned,
        RoundHeld,
        PrivateText,
        Leak,
        ConfirmationAwaited,
        Confirmation,
        DealSigned,
    )
}


def run_event(kind: str, day: int, **facts: Any) -> RunEvent:
    """Build the event of a kind; raise KeyError for an unknown kind, TypeError for wrong facts."""
    return RUN_EVENTS[kind](day, **facts)


class EventObserver(Protocol):
    """Who is told of each event of a single run when it happens."""

    def record(self, event: RunEvent) -> None:
        """Record an event."""
        ...
