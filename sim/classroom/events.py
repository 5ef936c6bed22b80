"""The events of an exercise: records, numbered without gaps, never changed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from sim.classroom.commands import (
    Act,
    DealtSheet,
    FirstStance,
    Happening,
    News,
    Project,
    Terms,
)
from sim.classroom.plan import ExercisePlan, Package
from sim.classroom.written_scenario import WrittenScenario
from sim.scenario.schema import Part

#: The format of a log. A reader refuses a higher one. In the first nobody wished for a role or
#: watched a table; before the third a log did not say which model played, how leaderships stood,
#: what the days brought beside the news, or what the score sheets said. What a log does not say is
#: not written either, so that an old one is exported byte for byte.
FORMAT = 3


def _absent(value: object) -> bool:
    """Return whether a log does not say something."""
    return not value


class Drafted(Part):
    """An instructor has set up an exercise."""

    kind: Literal["drafted"] = "drafted"
    format: int = FORMAT
    exercise: str
    plan: ExercisePlan
    scenario: WrittenScenario
    version: str
    model: str = Field("", description="fingerprint of the model", exclude_if=_absent)


class PhaseBegan(Part):
    """The exercise goes on to its next phase."""

    kind: Literal["phase_began"] = "phase_began"
    phase: str
    deadline: int | None = None
    model: str = Field(
        "", description="fingerprint of the model that plays from here on", exclude_if=_absent
    )


class Joined(Part):
    """Someone has joined, and has a seat unless all are taken."""

    kind: Literal["joined"] = "joined"
    person: str
    table: int | None
    role: str | None
    wishes: str = ""


class Locked(Part):
    """Joining was closed or opened."""

    kind: Literal["locked"] = "locked"
    locked: bool


class Seated(Part):
    """Someone sits in another seat, or in none."""

    kind: Literal["seated"] = "seated"
    person: str
    table: int | None
    role: str | None


class Watches(Part):
    """Someone without a seat watches a table."""

    kind: Literal["watches"] = "watches"
    person: str
    table: int


class Held(Part):
    """An agent holds a seat from now on, or its people do."""

    kind: Literal["held"] = "held"
    table: int
    role: str
    agent: bool


class Predicted(Part):
    """Somebody has said what they expect."""

    kind: Literal["predicted"] = "predicted"
    person: str
    deal: int
    package: Package | None


class Comprehended(Part):
    """The question on the brief was answered."""

    kind: Literal["comprehended"] = "comprehended"
    person: str
    right: bool


class FirstStancesTaken(Part):
    """It is known how the leaderships at a table will stand on the first day, by party."""

    kind: Literal["first_stances_taken"] = "first_stances_taken"
    table: int
    stances: dict[str, FirstStance]


class StageBegan(Part):
    """A table goes on to its next stage, with an absolute deadline in ms since the epoch."""

    kind: Literal["stage_began"] = "stage_began"
    table: int
    round: int
    stage: str
    deadline: int | None


class DaysPassed(Part):
    """The model has played some days at a table.

    Besides the news it keeps all that happened in them, how leaderships stand on the last of them,
    and what people are told of the packages in the round that follows: whoever reads the log needs
    no model.
    """

    kind: Literal["days_passed"] = "days_passed"
    table: int
    day: int
    news: tuple[News, ...]
    happened: tuple[Happening, ...] = Field((), exclude_if=_absent)
    flexible: dict[str, bool] = Field({}, exclude_if=_absent)
    sheets: tuple[DealtSheet, ...] = Field((), exclude_if=_absent)


class DraftSaved(Part):
    """A seat has kept a draft."""

    kind: Literal["draft_saved"] = "draft_saved"
    table: int
    role: str
    package: Package
    rationale: str


class Spoken(Part):
    """A message was sent."""

    kind: Literal["spoken"] = "spoken"
    table: int
    role: str
    to: tuple[str, ...]
    text: str


class Proposed(Part):
    """A text is on the table."""

    kind: Literal["proposed"] = "proposed"
    table: int
    text: str
    role: str
    package: Package
    rationale: str
    to: tuple[str, ...]
    counters: str | None
    agent: bool


class Carried(Part):
    """A mediator has taken a text to others."""

    kind: Literal["carried"] = "carried"
    table: int
    text: str
    role: str
    to: tuple[str, ...]


class Responded(Part):
    """A text was accepted or rejected."""

    kind: Literal["responded"] = "responded"
    table: int
    text: str
    role: str
    accepts: bool
    reason: str | None
    agent: bool


class Confirmed(Part):
    """What was accepted in someone's name was confirmed, or not."""

    kind: Literal["confirmed"] = "confirmed"
    table: int
    role: str
    yes: bool


class WasDone(Part):
    """A seat has nothing more to do in this stage."""

    kind: Literal["was_done"] = "was_done"
    table: int
    role: str


class AgentsMoved(Part):
    """The agents at a table have made their moves in this stage."""

    kind: Literal["agents_moved"] = "agents_moved"
    table: int


class RoundClosed(Part):
    """A round is over: which text the model takes as its text, and what was answered."""

    kind: Literal["round_closed"] = "round_closed"
    table: int
    round: int
    text: str | None
    agreed: bool


class Ended(Part):
    """The talks of a table are over."""

    kind: Literal["ended"] = "ended"
    table: int
    how: Literal["deal", "time", "victory", "instructor"]
    day: int
    terms: Terms | None


class Fired(Part):
    """An inject was brought in at a table; what it changes counts from a round on."""

    kind: Literal["fired"] = "fired"
    table: int
    inject: str
    from_round: int


class Paused(Part):
    """The clocks stand still, or run again."""

    kind: Literal["paused"] = "paused"
    paused: bool


class Extended(Part):
    """A deadline has moved, by ms; of all tables and the briefing where none is named."""

    kind: Literal["extended"] = "extended"
    table: int | None
    by: int


class Broadcasted(Part):
    """The instructor has said something to everybody."""

    kind: Literal["broadcasted"] = "broadcasted"
    text: str


class Retracted(Part):
    """A broadcast was taken back."""

    kind: Literal["retracted"] = "retracted"
    number: int


class Reflected(Part):
    """Someone has written down what they take home."""

    kind: Literal["reflected"] = "reflected"
    person: str
    text: str


class Revealed(Part):
    """The private briefs are open to everybody."""

    kind: Literal["revealed"] = "revealed"


class Projected(Part):
    """What the model makes of a table's end."""

    kind: Literal["projected"] = "projected"
    projection: Project


class Instructed(Part):
    """The instructor has acted; `undo` is what would take it back."""

    kind: Literal["instructed"] = "instructed"
    act: str
    undo: Act | None


Event = Annotated[
    Drafted
    | PhaseBegan
    | Joined
    | Locked
    | Seated
    | Watches
    | Held
    | Predicted
    | Comprehended
    | FirstStancesTaken
    | StageBegan
    | DaysPassed
    | DraftSaved
    | Spoken
    | Proposed
    | Carried
    | Responded
    | Confirmed
    | WasDone
    | AgentsMoved
    | RoundClosed
    | Ended
    | Fired
    | Paused
    | Extended
    | Broadcasted
    | Retracted
    | Reflected
    | Revealed
    | Projected
    | Instructed,
    Field(discriminator="kind"),
]


class LogRecord(Part):
    """An event in the log."""

    seq: int = Field(ge=1)
    at: int = Field(description="server time, ms since the epoch, UTC")
    by: str
    key: str
    event: Event


RECORD: TypeAdapter[LogRecord] = TypeAdapter(LogRecord)


def to_line(record: LogRecord) -> str:
    """Return a record as one line of JSON."""
    return RECORD.dump_json(record).decode()


def from_line(line: str | bytes) -> LogRecord:
    """Parse a record from a line of JSON; raise ValueError if it is none."""
    return RECORD.validate_json(line)
