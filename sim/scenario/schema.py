"""The nouns of a negotiation, as a scenario file states them: frozen and validated.

A scenario never changes. What it says of one thing it says in one place; what it refers to by
name must exist. Words (titles, notes, briefs) are for people; every number is a `Quantity`, which
carries its source. Parties, mediators, issues and captives are known by short names that serve as
keys, so that every number has a path: `parties.north.war.belief`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PrivateAttr,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sim.scenario.quantity import Amount, Bias, Fixed, Quantity, Share

Role = Literal["duration", "guarantee", "settlement", "captives", "ratio", "other"]

#: What a lever is about, so that a question can be put to any scenario that has such a lever.
LeverRole = Literal[
    "guarantee",
    "war_cost",
    "signing_cost",
    "access",
    "leaks",
    "leverage",
    "domestic_push",
    "optimism",
    "captive_fate",
    "duration",
    "spoilers",
    "deadline",
    "other",
]

#: What can stir a constituency.
Stirring = Literal["captive_death", "refused_offer", "leak", "violation", "war_day", "collapse"]

#: What is written of an outside event that is not scheduled.
NEVER = "never"

#: No talks are followed for longer, in days.
MOST_DAYS = 3650

#: What can make a flexible leadership firm again.
Hardening = Literal["leak", "collapse", "violation", "battle_won"]

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_ -]*$")]


class Part(BaseModel):
    """Anything a scenario is made of: frozen, with no unknown keys."""

    #: Keys that this part had in earlier versions, and what to write instead.
    removed: ClassVar[Mapping[str, str]] = {}

    #: Keys that earlier versions did not need: what they hold, and what to write.
    added: ClassVar[Mapping[str, str]] = {}

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Source(Part):
    """Where a fact comes from."""

    url: str = ""
    date: str
    title: str = ""

    @field_validator("date", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return value.isoformat() if isinstance(value, date) else value


class Strategy(Part):
    """A way of doing something, by name, with the numbers it needs."""

    kind: str
    numbers: dict[str, Quantity] = {}


class Bound(Part):
    """Which levels of an issue are meant: from `min`, up to `max`, or `only` these."""

    min: str | float | None = None
    max: str | float | None = None
    only: list[str] | None = None


#: A partial choice of levels: issue -> bound. Issues that are not named are free.
Selector = dict[str, Bound]


class Level(Part):
    """One level of an issue, in words and, where the equations need it, in a number."""

    words: str
    number: Fixed | None = Field(
        None, description="days, strength of guarantee, prisoners per captive, or extent"
    )
    reach: Annotated[Fixed, Field(description="share of a guarantee that binds")] | None = None
    exchange_days: Fixed | None = Field(None, description="days over which batches are spread")
    covers: list[str] | None = Field(None, description="captive categories that come home")
    most: Fixed | None = Field(None, description="how many of them in the first term, if not all")
    permanent: bool = Field(False, description="whether a truce of this length has no end")


class Issue(Part):
    """Something to be settled, with levels in order from least to most."""

    role: Role
    title: str
    of: str | None = Field(None, description="the captives whose return or price this is")
    levels: dict[Name, Level] = Field(min_length=1)


class Constraint(Part):
    """Levels that only go together: where `when` holds, `needs` must hold too."""

    when: Selector
    needs: Selector
    why: str


class Category(Part):
    """Captives of one kind."""

    words: str
    number: Fixed = Field(description="people thought to be alive")
    leverage: Share = Field(description="how much holding one of them restrains the other side")
    price: Amount | None = Field(None, description="times the agreed ratio; 1 where not given")
    outside_ratio: bool = Field(False, description="released by a side channel, without a price")


class Remains(Part):
    """The dead who are still held."""

    number: Fixed
    leverage: Share


class Rescue(Part):
    """Recovery by force."""

    attempts_per_day: Amount
    people: Amount = Field(description="captives reached by an attempt, on average")
    deadly: Share = Field(description="chance that a captive reached dies in the attempt")


class Release(Part):
    """Releases outside a deal."""

    per_day: Amount = Field(description="occasions per day")
    people: Amount = Field(description="captives released on an occasion, on average")


class Captives(Part):
    """People of one party held by another."""

    title: str
    holder: str
    home: str
    categories: dict[Name, Category] = Field(min_length=1)
    remains: Remains | None = None
    hidden_deaths: Share | None = Field(
        None, description="share of those thought alive who are in truth dead on the first day"
    )
    death_rate: Amount = Field(description="deaths per captive and day of war")
    truce_mortality: Share = Field(description="death rate in a truce, relative to war")
    restraint: Share = Field(
        description="fall in the home side's chance in a battle while all are held"
    )
    beyond_reach: Share | None = Field(
        None, description="share held by others, whom the holder may fail to deliver"
    )
    rescue: Rescue | None = None
    side_channel: Release | None = Field(None, description="for categories outside the ratio")
    gesture: Release | None = Field(None, description="one-sided humanitarian releases")


class Prisoners(Part):
    """People held by a party who are released in exchange for captives."""

    title: str
    holder: str
    home: str
    paid_for: str = Field(description="the captives in return for whom they are freed")
    number: Fixed


class War(Part):
    """What happens when the talks fail: a war module by name, and who fights on which side."""

    kind: str
    forward: list[str] = []
    backward: list[str] = []
    numbers: dict[str, Quantity] = {}


class RedLine(Part):
    """A line a party says it will not cross: at a price, or not at all."""

    words: str
    keeps: Selector
    price: Amount | None = None
    hard: bool = False


class Positions(Part):
    """What a party says, in words; apart from what it wants and what it would settle for."""

    states: list[str] = Field(min_length=1)
    red_lines: list[RedLine] = []


class Ratification(Part):
    """The vote a signed text must pass, and what overriding a refusal costs the leader."""

    quota: int = Field(ge=1)
    price: Amount


class Audience(Part):
    """What falling short of one's public position costs."""

    cost: Amount
    exposure: Share = Field(description="how public the position is on the first day")


class Constituency(Part):
    """People a party answers to."""

    title: str
    influence: Share = Field(description="weight on the party's choices when fully mobilised")
    mobilised: Share = Field(description="on the first day, and the level it returns to")
    half_life_days: Amount
    stirred_by: dict[Stirring, Share] = {}
    urgency: Share | None = Field(
        None, description="share of what is still held out for that it makes the party give up"
    )
    seats: int = Field(0, ge=0, description="votes in ratification; 0 for none")
    exchange_weight: Share | None = None
    interests: dict[str, Quantity] = {}
    settlement: dict[str, dict[str, Share]] = {}


class Stances(Part):
    """How leaderships turn from firm to flexible and back; the same numbers for all parties."""

    reconsiders: Amount = Field(
        description="hazard per day of turning flexible, where a day of delay costs 0.0006 utils"
    )
    window_days: Amount = Field(description="days until a flexible leadership turns firm, mean")
    hardened_by: dict[Hardening, Share] = Field(
        default={}, description="chance that an event turns a flexible leadership firm"
    )


class Party(Part):
    """A side to the conflict: what it says, what it wants, what it can do, whom it answers to."""

    title: str
    veto: bool = True
    camp: Name | None = Field(
        None,
        description="parties of one camp hear the same news: their stances turn on the same days",
        exclude_if=lambda camp: camp is None,
    )
    flexible: Share | None = Field(
        None,
        description=(
            "chance that its leadership is flexible on the first day; what the rates of turning "
            "make of it where not given"
        ),
        exclude_if=lambda chance: chance is None,
    )
    speaks_through: str | None = Field(None, description="the mediator who speaks for it")
    positions: Positions
    exchange_weight: Share = Field(description="weight of the exchange against the settlement")
    interests: dict[str, Quantity] = Field(
        default={}, description="worth of the full extent of an issue; negative where it costs"
    )
    settlement: dict[str, dict[str, Share]] = Field(
        default={}, description="worth of the war ending at each level (1 = own aims fully met)"
    )
    war: dict[str, Quantity] = Field(default={}, description="numbers the war module asks for")
    tactic: Strategy
    optimism: Amount = Field(description="how much lower it believes the others would go")
    misreading: Amount = Field(description="random error in that belief (standard deviation)")
    weight_error: Amount | None = Field(
        None, description="error in judging how much the others care (sd of the logarithm)"
    )
    audience: Audience
    ratification: Ratification | None = None
    constituencies: dict[Name, Constituency] = {}
    compliance: Share | None = Field(
        None, description="chance that it delivers a batch as agreed; 1 where not given"
    )


class Information(Part):
    """What decides whether a mediator's private information is believed (after Kydd 2003)."""

    signal_error: Share
    war_aversion: Amount
    cost_low: Amount
    cost_high: Amount


class Mediator(Part):
    """Someone between the parties, with five levers of influence."""

    title: str
    keeps_channel: bool = Field(description="whether parties who do not meet can talk through it")
    bias: dict[str, Bias] = {}
    access: dict[str, Share] = {}
    information: Information | None = None
    formulation: Strategy | None = None
    drafting: Amount | None = Field(None, description="weight of its texts among the mediators'")
    leverage: dict[str, Amount] = Field(
        default={}, description="side payments or pressure it can bring, in all, by party"
    )
    guarantee: Amount | None = Field(None, description="highest guarantee it can stand behind")


class Channel(Part):
    """How the talks are held."""

    every_days: Amount
    lag_days: Amount | None = Field(
        None, description="until a party spoken for confirms an answer; 0 where not given"
    )
    leak: Share = Field(description="chance that a round becomes public")
    direct_per_day: Share = Field(description="chance of a direct round where no mediator helps")
    mediated: Share = Field(
        description="chance that a mediator tries a text of its own where a party's has failed"
    )
    acceptance_noise: Amount = Field(description="scale of the logistic answer, in utils")
    exposure_half_life_days: Amount
    suspensions_per_day: Amount
    suspension_days: Amount
    deadline_day: Amount | None = Field(
        None, description="the day on which everyone shows their last price"
    )


class Effects(Part):
    """Log effects on the hazard of a truce."""

    guarantee: Quantity | None = Field(
        None, description="per util that breaking a guarantee costs; where truces are not `given`"
    )
    trust: Quantity
    gap: Quantity = Field(description="per util by which fighting looks better than the rest")
    pending: Quantity
    pressure: Quantity
    extension: Quantity | None = Field(None, description="where the truce has an extension rule")
    dispute: Quantity
    grace: Quantity


class Extension(Part):
    """A truce that lives on day by day while captives of the agreed kind come home."""

    captives_per_day: Amount
    cap_days: Amount = Field(description="how long the truce may last in all")


class Truce(Part):
    """How a truce is carried out and how it ends."""

    shape: Amount
    scale_days: Amount
    effects: Effects
    trust_kept: Amount
    trust_broken: Amount
    batch_every_days: Amount
    dispute_resolved: Share = Field(description="chance that mediators resolve a dispute in time")
    violations_per_day: Amount
    grace_days: Amount = Field(description="how long a guaranteed truce outlives its term")
    second_phase_from_day: Amount
    extension: Extension | None = None


class Spoiler(Part):
    """Someone outside the deal who can break it."""

    title: str
    side: str = Field(description="the party from whose side it acts")
    strength: Quantity = Field(description="log hazard relative to a party's")


class Move(Part):
    """A number that a lever moves."""

    key: str
    how: Literal["shift", "scale"] = Field(
        description="shift: adds lever minus default; scale: multiplies by lever over default"
    )


#: What moving a lever is expected to do to an outcome; `open` where research is divided.
Direction = Literal["more", "fewer", "none", "open"]

#: What less of a lever does where more of it does this.
_MIRROR: dict[Any, Direction] = {
    "more": "fewer",
    "fewer": "more",
    "none": "none",
    "open": "open",
}


class Ends(Part):
    """What each end of a lever is expected to do to an outcome.

    A file may write one word: what more of the lever does, and less of it does the opposite.
    """

    low: Direction
    high: Direction

    @model_validator(mode="before")
    @classmethod
    def _from_one_word(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if value not in _MIRROR:
            wanted = f"it is one of {', '.join(_MIRROR)}, or written for each end: "
            raise ValueError(f"is '{value}'; {wanted}{{low: fewer, high: none}}")
        return {"low": _MIRROR[value], "high": value}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Offer the one word beside the two ends."""
        return {"anyOf": [{"enum": list(_MIRROR)}, handler(core_schema)]}


def _or_just_one(schema: dict[str, Any]) -> None:
    """Let the JSON Schema of a list take one of its items as well."""
    items = schema["items"]
    schema["anyOf"] = [items, {"type": schema.pop("type"), "items": schema.pop("items")}]


class Expectation(Part):
    """What research expects a lever to do; an outcome that is not named is not judged."""

    removed: ClassVar[Mapping[str, str]] = {
        "direction": "name the outcome and what more of the lever does to it, as in `deal: fewer`",
        "of": "name the outcome by one of room, deal, kept, as in `deal: fewer`",
    }

    room: Ends | None = Field(
        None, description="on whether some package suits all with a veto on the first day"
    )
    deal: Ends | None = Field(None, description="on a first truce by day 90, and by day 180")
    kept: Ends | None = Field(
        None, description="on a first truce that nobody breaks in its first 60 days, of all talks"
    )
    source: list[str] = Field(
        [], description="a name in `sources`, or several", json_schema_extra=_or_just_one
    )
    why: str = Field(min_length=1, description="the argument, and why an outcome is not named")

    @field_validator("source", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    def outcomes(self) -> dict[str, Ends]:
        """Return what is expected of each outcome that is named."""
        named = {"room": self.room, "deal": self.deal, "kept": self.kept}
        return {name: ends for name, ends in named.items() if ends is not None}


class Lever(Part):
    """Something a policy-maker could change, in policy words."""

    # A log that was written before these keys existed is exported without them, byte for byte.
    role: LeverRole = Field(
        "other", description="what the lever is about", exclude_if=lambda role: role == "other"
    )
    label: str
    help: str
    unit: str
    low: float
    high: float
    default: float
    moves: list[Move] = Field(min_length=1)
    expect: Expectation | None = Field(
        None,
        description="what research expects the lever to do",
        exclude_if=lambda expect: expect is None,
    )


class EventMove(Part):
    """A number that an outside event moves, from where it stands on that day."""

    key: str = Field(description="the path of the number")
    how: Literal["shift", "scale"] = Field(
        description="shift: adds `by` to the number; scale: multiplies the number by it"
    )
    by: Quantity = Field(description="how much an event adds to a number, or multiplies it by")


class OutsideEvent(Part):
    """Something that happens outside the talks, by chance or on a day, and what it does to them.

    It comes by chance (`per_year`) or on a day (`day`), and on the days for which it is
    `scheduled`, in every run. An event that comes only once and is scheduled does not come by
    chance as well. One that comes again while what it moves is still moved moves nothing twice:
    what it did lasts anew.
    """

    title: str = Field(description="what happens, in words that both sides could use")
    why: str = Field("", description="what it rests on, and why it does what it does")
    per_year: Amount | None = Field(None, description="how often it comes in a year, on average")
    day: Amount | None = Field(None, description="the day on which it comes")
    chance: Share | None = Field(
        None, description="beside `day`: whether it comes at all; 1 where not given"
    )
    once: bool = Field(True, description="whether it comes only once")
    opens: list[str] = Field(default=[], description="parties whose leadership becomes flexible")
    closes: list[str] = Field(default=[], description="parties whose leadership becomes firm")
    moves: list[EventMove] = []
    lasts_days: Amount | None = Field(
        None, description="until the numbers go back; they stay where not given"
    )
    scheduled: str = Field(
        NEVER,
        description="the days on which it comes in every run, such as 40 or 40, 90",
        exclude_if=lambda days: days == NEVER,
    )

    @field_validator("scheduled", mode="before")
    @classmethod
    def _days_as_text(cls, days: object) -> object:
        """Take a day as a number, too, and refuse what is no list of days."""
        text = str(days) if isinstance(days, int) and not isinstance(days, bool) else days
        if isinstance(text, str) and not re.fullmatch(rf"{NEVER}|[0-9]+(, *[0-9]+)*", text):
            raise ValueError(f"is '{text}'; it is {NEVER}, a day such as 40, or days: 40, 90")
        return text

    @property
    def scheduled_days(self) -> tuple[int, ...]:
        """The days on which it comes in every run."""
        days = () if self.scheduled == NEVER else self.scheduled.split(",")
        return tuple(sorted(map(int, days)))


class Seat(Part):
    """A role that a person can play in class."""

    plays: str = Field(description="the party or mediator")
    title: str
    public: str
    interests: str
    red_lines: str
    alternative: str
    fairness: str = Field(description="how to play the role without caricature")


class BaseRate(Part):
    """How often such talks have come to a deal: a yardstick for results, no input of the model."""

    deals: int = Field(ge=0, description="deals in the time looked at")
    days: float = Field(gt=0, description="days at risk of one")
    source: str = Field(description="a name in `sources`")
    fitted: str = Field(
        "",
        description="what of this scenario was fitted to it, in words",
        exclude_if=lambda words: not words,
    )


class Scenario(Part):
    """A conflict on one day: all that the model is told."""

    added: ClassVar[Mapping[str, str]] = {
        "stances": (
            "it says how readily leaderships turn from firm to flexible and back, and earlier "
            "versions did without; write at the top level `stances: {reconsiders: {value: 0.006, "
            "basis: judgement}, window_days: {value: 45, basis: judgement}, hardened_by: {leak: "
            "{value: 0.5, basis: judgement}}}`: the chance per day of turning flexible where a day "
            "of delay costs 0.0006 utils, the days until a flexible leadership turns firm, and the "
            "chance that a leak makes it so"
        )
    }

    _plugins: tuple[tuple[str, str], ...] = PrivateAttr(())

    scenario: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: str
    summary: str
    content_note: str
    as_of: date
    fictional: bool = False
    days: int = Field(180, ge=1, le=MOST_DAYS, description="how long the talks are followed")
    limits: list[str] = Field(default=[], description="what this scenario leaves out")
    sources: dict[str, Source] = {}
    base_rate: BaseRate | None = Field(None, description="what results are held against")
    phrases: dict[str, Selector] = {}
    issues: dict[Name, Issue] = Field(min_length=1)
    constraints: list[Constraint] = []
    captives: dict[Name, Captives] = {}
    prisoners: dict[Name, Prisoners] = {}
    war: War
    permanence: Strategy
    parties: dict[Name, Party] = Field(min_length=2)
    stances: Stances
    mediators: dict[Name, Mediator] = {}
    channel: Channel
    truce: Truce
    spoilers: dict[Name, Spoiler] = {}
    levers: dict[Name, Lever] = {}
    events: dict[Name, OutsideEvent] = Field(
        default={},
        description="what may happen outside the talks",
        exclude_if=lambda events: not events,
    )
    roles: dict[Name, Seat] = {}

    def quantities(self) -> dict[str, Quantity]:
        """Return every number of the scenario by its path."""
        return {".".join(map(str, path)): quantity for path, quantity in self.places()}

    def places(self) -> Iterator[tuple[tuple[str | int, ...], Quantity]]:
        """Return every number of the scenario with its place: names, and numbers within lists."""
        return _quantities(self, ())

    def levers_of_role(self, role: LeverRole) -> list[str]:
        """Return the levers with a role, in the order of the file."""
        return [name for name, lever in self.levers.items() if lever.role == role]

    def sources_of_expectations(self) -> set[str]:
        """Return the sources that say what levers are expected to do."""
        return {
            name for lever in self.levers.values() if lever.expect for name in lever.expect.source
        }

    def issue_of_role(self, role: Role) -> str | None:
        """Return the first issue with a role, or None."""
        return next((name for name, issue in self.issues.items() if issue.role == role), None)

    @property
    def plugins(self) -> tuple[tuple[str, str], ...]:
        """The plugins whose strategies it names, each with its SHA-256; no part of what it says."""
        return self._plugins

    def needing(self, plugins: tuple[tuple[str, str], ...]) -> Scenario:
        """Return the scenario with a note of the plugins whose strategies it names."""
        noted = self.model_copy()
        noted._plugins = plugins
        return noted

    def __setstate__(self, state: dict[Any, Any]) -> None:
        """Arrive in another process, and load there what the scenario needs."""
        super().__setstate__(state)
        if self._plugins:
            from sim.scenario.plugins import require

            require(self._plugins)


def _quantities(
    part: Any, place: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Quantity]]:
    """Walk a part of the scenario and yield each number with its place."""
    inside: Iterable[tuple[str | int, Any]] = ()
    if isinstance(part, Quantity):
        yield place, part
    elif isinstance(part, Part):
        inside = ((field, getattr(part, field)) for field in type(part).model_fields)
    elif isinstance(part, dict):
        inside = part.items()
    elif isinstance(part, list):
        inside = enumerate(part)
    for step, value in inside:
        yield from _quantities(value, (*place, step))
