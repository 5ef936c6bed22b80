"""The acts of people, agents and the clock: frozen commands.

Every act says who may do it and when; `decide` enforces it. A person's act never names the seat
it is done from, since that follows from who the person is.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from sim.classroom.plan import Package, Short
from sim.scenario.schema import Part

#: Who may act: the instructor, someone who wants to join, who holds a seat (a person or an
#: agent), a person only, the model behind a table, and the clock.
INSTRUCTOR, VISITOR, HOLDER, PERSON, MODEL, CLOCK = (
    "instructor",
    "visitor",
    "holder",
    "person",
    "model",
    "clock",
)

#: Where an exercise stands, in order.
PHASES = ("draft", "lobby", "briefing", "playing", "closed", "debrief", "archived")

#: Where a table stands in a round; `between` is when the model plays the days until the next.
STAGES = ("between", "caucus", "proposals", "responses", "resolve", "ended")

TALKING = ("caucus", "proposals", "responses", "resolve")
OPEN = ("lobby", "briefing", "playing", "closed", "debrief")

#: Why a text is rejected.
REASONS = {
    "alternative": "no deal is better for us",
    "more": "we hold out for more",
    "home": "we cannot get it through at home",
    "trust": "we do not trust that it would be kept",
    "red line": "it crosses a red line",
    "position": "our leadership stands by its stated position",
    "counter": "we propose something else",
    "time": "not now",
}
Reason = Literal["alternative", "more", "home", "trust", "red line", "position", "counter", "time"]

#: What students write: no control characters, so that logs and tables stay in one piece.
WRITTEN = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
Rationale = Annotated[
    str, StringConstraints(max_length=500, strip_whitespace=True, pattern=WRITTEN)
]
MessageText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000, strip_whitespace=True, pattern=WRITTEN),
]
Reflection = Annotated[
    str,
    StringConstraints(min_length=1, max_length=4000, strip_whitespace=True, pattern=WRITTEN),
]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:._-]{1,100}$")]


class Command(Part):
    """Something that somebody may do."""

    who: ClassVar[str] = INSTRUCTOR
    phases: ClassVar[tuple[str, ...]] = OPEN
    stages: ClassVar[tuple[str, ...] | None] = None
    #: Whether it plays nothing, so that it can be done where another model has played.
    looks_back: ClassVar[bool] = False


# -- joining and getting ready -------------------------------------------------------------------


class Join(Command):
    """Ask for a seat, and perhaps wish for a role; once it has begun, ask to be let in."""

    who = VISITOR
    phases = ("lobby", "briefing", "playing")
    kind: Literal["join"] = "join"
    wishes: Annotated[str, StringConstraints(max_length=40)] = ""


class Predict(Command):
    """Predict before play: how likely a deal is, of 100, and on which terms."""

    who = PERSON
    phases = ("briefing",)
    kind: Literal["predict"] = "predict"
    deal: int = Field(ge=0, le=100)
    package: Package | None = None


class Comprehend(Command):
    """Answer the question on the brief: whose signatures a text needs."""

    who = PERSON
    phases = ("briefing",)
    kind: Literal["comprehend"] = "comprehend"
    choice: tuple[str, ...]


# -- at the table --------------------------------------------------------------------------------


class SaveDraft(Command):
    """Keep a draft that only this seat can see."""

    who = PERSON
    phases = ("briefing", "playing")
    stages = ("between", *TALKING)
    kind: Literal["save_draft"] = "save_draft"
    package: Package
    rationale: Rationale = ""


class Say(Command):
    """Send a message to seats that one may speak to."""

    who = PERSON
    phases = ("playing",)
    stages = TALKING
    kind: Literal["say"] = "say"
    to: tuple[str, ...] = Field(min_length=1)
    text: MessageText


class Propose(Command):
    """Put a text on the table; while answers are given, as a counter-proposal or as a bridge."""

    who = HOLDER
    phases = ("playing",)
    stages = ("proposals", "responses")
    kind: Literal["propose"] = "propose"
    package: Package
    rationale: Rationale = ""
    to: tuple[str, ...] = Field(min_length=1)
    counters: str | None = None


class Carry(Command):
    """Take a text to a seat that its author does not meet: the mediators' shuttle."""

    who = HOLDER
    phases = ("playing",)
    stages = ("proposals", "responses")
    kind: Literal["carry"] = "carry"
    text: str
    to: tuple[str, ...] = Field(min_length=1)


class Respond(Command):
    """Accept a text, or reject it with a reason."""

    who = HOLDER
    phases = ("playing",)
    stages = ("responses",)
    kind: Literal["respond"] = "respond"
    text: str
    accepts: bool
    reason: Reason | None = None


class Confirm(Command):
    """Confirm, or not, what was accepted in one's name."""

    who = PERSON
    phases = ("playing",)
    stages = ("resolve",)
    kind: Literal["confirm"] = "confirm"
    yes: bool


class Done(Command):
    """Nothing more to do in this stage."""

    who = PERSON
    phases = ("playing",)
    stages = TALKING
    kind: Literal["done"] = "done"


class TakeBack(Command):
    """Take one's seat back from the agent that kept it warm."""

    who = PERSON
    phases = ("briefing", "playing")
    kind: Literal["take_back"] = "take_back"


class Reflect(Command):
    """Write down what one takes home."""

    who = PERSON
    phases = ("closed", "debrief")
    looks_back = True
    kind: Literal["reflect"] = "reflect"
    text: Reflection


# -- the instructor ------------------------------------------------------------------------------


class OpenLobby(Command):
    """Let people join."""

    phases = ("draft",)
    kind: Literal["open_lobby"] = "open_lobby"


class Lock(Command):
    """Let nobody else join, or again; once it has begun, with a code of its own for latecomers."""

    phases = ("lobby", "briefing", "playing")
    kind: Literal["lock"] = "lock"
    locked: bool


class Start(Command):
    """Hand out the briefs; agents take the seats that are empty."""

    phases = ("lobby",)
    kind: Literal["start"] = "start"


class Advance(Command):
    """End the briefing, or the stage of one table or all."""

    phases = ("briefing", "playing")
    kind: Literal["advance"] = "advance"
    table: int | None = None


class Extend(Command):
    """Give one table or all more time, in seconds; less where negative."""

    phases = ("briefing", "playing")
    kind: Literal["extend"] = "extend"
    seconds: int = Field(120, ge=-3600, le=3600)
    table: int | None = None


class PauseClock(Command):
    """Stop all clocks."""

    phases = ("briefing", "playing")
    kind: Literal["pause"] = "pause"


class Resume(Command):
    """Let the clocks run again, with as much time left as there was."""

    phases = ("briefing", "playing")
    kind: Literal["resume"] = "resume"


class AssignSeat(Command):
    """Move someone to a seat, from another, the waiting list, or back into the room."""

    kind: Literal["seat"] = "seat"
    person: str
    table: int
    role: str


class Admit(Command):
    """Give someone who waits the next free seat, or everybody who waits."""

    phases = ("lobby", "briefing", "playing")
    kind: Literal["admit"] = "admit"
    person: str | None = None


class Watch(Command):
    """Let someone without a seat watch a table: what is said openly there, and nothing private."""

    phases = ("lobby", "briefing", "playing")
    kind: Literal["watch"] = "watch"
    person: str
    table: int


class Swap(Command):
    """Let two people exchange their seats."""

    kind: Literal["swap"] = "swap"
    person: str
    other: str


class Kick(Command):
    """Take someone out of the exercise."""

    kind: Literal["kick"] = "kick"
    person: str


class Reissue(Command):
    """Take note that someone was given a new link and the old one is dead."""

    looks_back = True
    kind: Literal["reissue"] = "reissue"
    person: str


class Hold(Command):
    """Let an agent hold a seat, or give it back to its people."""

    phases = ("briefing", "playing")
    kind: Literal["hold"] = "hold"
    table: int
    role: str
    agent: bool


class Broadcast(Command):
    """Tell everybody something."""

    kind: Literal["broadcast"] = "broadcast"
    text: MessageText


class Retract(Command):
    """Take a broadcast back."""

    kind: Literal["retract"] = "retract"
    number: int = Field(ge=0)


class Fire(Command):
    """Bring an inject into the talks of some tables or all."""

    phases = ("playing",)
    kind: Literal["fire"] = "fire"
    inject: Short
    tables: tuple[int, ...] = ()


class End(Command):
    """End the talks of one table or all."""

    phases = ("briefing", "playing")
    looks_back = True
    kind: Literal["end"] = "end"
    table: int | None = None


class BeginDebrief(Command):
    """Show the class what came out."""

    phases = ("closed",)
    looks_back = True
    kind: Literal["debrief"] = "debrief"


class Reveal(Command):
    """Show everybody the private briefs; this cannot be taken back."""

    phases = ("closed", "debrief")
    looks_back = True
    kind: Literal["reveal"] = "reveal"


class Archive(Command):
    """Put the exercise away: nothing changes any more."""

    phases = ("closed", "debrief")
    looks_back = True
    kind: Literal["archive"] = "archive"


class Undo(Command):
    """Take back the last of the instructor's acts, where that is possible."""

    kind: Literal["undo"] = "undo"


# -- the model and the clock ---------------------------------------------------------------------


class News(Part):
    """Something that happened between rounds, for everyone to see."""

    day: int
    words: str


class Happening(Part):
    """Something that happened in the model on a day, public or not, with its numbers."""

    day: int
    kind: str = Field(description="kind of the run's event")
    facts: dict[str, Any] = Field({})


class DealtSheet(Part):
    """What a seat was told of the packages in a round, in ten-thousandths of a util.

    `worth` and `gains` have an entry for each package, by its number.
    """

    role: str
    no_deal: int | None = None
    worth: tuple[int, ...] = ()
    rejected: tuple[int, ...] = Field((), description="packages that the vote at home rejects")
    gains: dict[str, tuple[int, ...]] = Field({}, description="a mediator's sense, by party")


class FirstStance(Part):
    """How a party's leadership stands on the first day, and what giving way costs it, in utils."""

    flexible: bool | None = Field(description="none where there can be a deal without the party")
    red_lines: tuple[float | None, ...] = Field(
        description="what crossing each costs; none where no text can cross it"
    )
    audience: float = Field(description="giving up all that it asks for while everybody listens")
    exposure: float = Field(description="share of those who listen on the first day")
    override: float | None = Field(None, description="signing against the vote at home")


class Terms(Part):
    """What was signed, and what it brought each party, as the model reckons."""

    package: Package
    text: str = ""
    day: int
    gains: dict[str, float]  # by party: utils over no deal, side payments included
    overrode: tuple[str, ...] = ()  # parties who signed against a vote at home


class TakeFirstStances(Command):
    """The model says how the leaderships at a table will stand on the first day, for the briefs."""

    who = MODEL
    phases = ("briefing", "playing")
    kind: Literal["take_first_stances"] = "take_first_stances"
    table: int
    stances: dict[str, FirstStance]


class PlayOn(Command):
    """The model has played the days until the next round, or to the end of the talks."""

    who = MODEL
    phases = ("playing",)
    stages = ("between",)
    kind: Literal["play_on"] = "play_on"
    table: int
    round: int = Field(description="rounds held so far")
    injects: tuple[str, ...] = Field((), description="those that the model has taken in")
    day: int
    news: tuple[News, ...]
    happened: tuple[Happening, ...] = ()
    flexible: dict[str, bool] = Field({}, description="how leaderships stand now, by party")
    sheets: tuple[DealtSheet, ...] = Field((), description="of the next round, where people sit")
    signed: Terms | None = None
    over: Literal["victory", "time", ""] = ""


class MoveAgents(Command):
    """The agents at a table have made their moves in this stage."""

    who = MODEL
    phases = ("playing",)
    stages = TALKING
    kind: Literal["move_agents"] = "move_agents"
    table: int
    round: int
    stage: str


class Project(Command):
    """The model has played what comes after many times over."""

    who = MODEL
    phases = ("closed", "debrief")
    kind: Literal["project"] = "project"
    table: int
    runs: int = Field(ge=1)
    deals: int = Field(ge=0, description="of them, with a deal by the scenario's last day")
    holding: dict[int, int] = Field(description="of them, with a truce still in force after days")

    home: dict[str, float] = Field(
        description="by pool: captives home alive at the end, on average"
    )
    died: dict[str, float] = Field(description="by pool: died in captivity, on average")


class Tick(Command):
    """Time has passed."""

    who = CLOCK
    phases = ("briefing", "playing")
    kind: Literal["tick"] = "tick"


Act = Annotated[
    Join
    | Predict
    | Comprehend
    | SaveDraft
    | Say
    | Propose
    | Carry
    | Respond
    | Confirm
    | Done
    | TakeBack
    | Reflect
    | OpenLobby
    | Lock
    | Start
    | Advance
    | Extend
    | PauseClock
    | Resume
    | AssignSeat
    | Admit
    | Watch
    | Swap
    | Kick
    | Reissue
    | Hold
    | Broadcast
    | Retract
    | Fire
    | End
    | BeginDebrief
    | Reveal
    | Archive
    | Undo
    | TakeFirstStances
    | PlayOn
    | MoveAgents
    | Project
    | Tick,
    Field(discriminator="kind"),
]


class Request(Part):
    """An act, its sender, and a key by which a repeated request is recognised.

    `by` is `instructor`, `visitor`, `model`, `clock`, `person:p7` or `agent:3-harbour`.
    """

    by: str
    key: Key
    act: Act
