"""An instructor's plan, and what it makes of a scenario: roles, channels and packages.

All of it is fixed when an exercise is drafted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field, SerializeAsAny, StringConstraints, model_validator

from sim.classroom.written_scenario import FirstTheoryScenario, read_scenario
from sim.engine.sampling import check_levers
from sim.scenario.packages import feasible_levels, selected, within_position
from sim.scenario.quantity import Amount
from sim.scenario.schema import Lever, Move, Part, Scenario

#: A level for each issue, by name.
Package = dict[str, str]

#: The most people in one seat, and the most tables.
MAX_PEOPLE_PER_SEAT, MAX_TABLES = 3, 60

#: How many may wait for a seat when all are taken.
MAX_WAITING = 20

#: How readily the model's actors concede while they bargain: what the shape of their concessions is
#: multiplied by. Stances, firm or flexible, are something else and stay as they are.
#: Our judgement; below 1 a party holds out longer (Faratin, Sierra and Jennings 1998).
STYLES = {"firm": 0.5, "as written": 1.0, "yielding": 2.0}
Style = Literal["firm", "as written", "yielding"]

#: The lever that a style is. No scenario can have one of this name.
STYLE = "agents' style"

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Short = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,40}$")]
Seconds = Annotated[int, Field(ge=1, le=24 * 3600)]


@dataclass(frozen=True)
class Terms:
    """What injects can change of the talks at a table."""

    levers: Mapping[str, float]  # settings that were moved since the first day
    closed: frozenset[tuple[str, str]]  # levels that are not on offer, as (issue, level)
    events: tuple[str, ...] = ()  # outside events that have come


class Inject(Part):
    """News that an instructor brings into the talks; each kind is a class with `apply`.

    It is fired by hand, at the opening of a round, or once so many rounds have failed at a table.
    Its fields are what is stored, whatever the kind.
    """

    id: Short
    kind: str
    words: Words
    to: tuple[str, ...] = Field((), description="roles who are told; empty for everybody")
    lever: str = ""
    setting: float = 0.0
    issue: str = ""
    opens: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()
    at_round: int | None = Field(None, ge=1)
    after_failures: int | None = Field(None, ge=1)
    # A log that was written before this key existed is exported without it, byte for byte.
    event: str = Field("", exclude_if=lambda event: not event)

    @model_validator(mode="after")
    def _has_one_trigger(self) -> Inject:
        if self.at_round is not None and self.after_failures is not None:
            raise ValueError(f"inject '{self.id}' has two triggers; keep one")
        return self

    def check(self, scenario: Scenario) -> None:
        """Raise ValueError where it does not fit a scenario, with the way out."""

    def apply(self, terms: Terms) -> Terms:
        """Return the terms of the talks from the next round on."""
        raise NotImplementedError(f"{type(self).__name__} says no `apply`")


class MessageInject(Inject):
    """Words and nothing else."""

    kind: Literal["message"] = "message"

    def apply(self, terms: Terms) -> Terms:
        """Return the terms as they are: a message changes what people know and nothing else."""
        return terms


class ParameterInject(Inject):
    """Moves a lever of the scenario."""

    kind: Literal["parameter"] = "parameter"

    @model_validator(mode="after")
    def _names_a_lever(self) -> ParameterInject:
        if not self.lever:
            raise ValueError(f"inject '{self.id}' moves no lever; name one under `lever`")
        return self

    def check(self, scenario: Scenario) -> None:
        """Raise ValueError for a lever that is unknown, or may not move in the middle of talks."""
        check_levers(scenario, {self.lever: self.setting})
        for move in scenario.levers[self.lever].moves:
            if move.key.startswith(("issues.", "channel.every_days")):
                raise ValueError(
                    f"inject '{self.id}' cannot move '{self.lever}': it changes what the "
                    "words on the table mean; set it in the plan's levers instead"
                )

    def apply(self, terms: Terms) -> Terms:
        """Return the lever stands at its new setting."""
        return replace(terms, levers={**terms.levers, self.lever: self.setting})


class OptionInject(Inject):
    """Opens or closes levels of an issue."""

    kind: Literal["option"] = "option"

    @model_validator(mode="after")
    def _names_a_level(self) -> OptionInject:
        if not (self.issue and (self.opens or self.closes)):
            raise ValueError(f"inject '{self.id}' opens and closes no level of an issue")
        return self

    def check(self, scenario: Scenario) -> None:
        """Raise ValueError for an issue or a level that is unknown."""
        _known("issue", [self.issue], scenario.issues)
        levels = scenario.issues[self.issue].levels
        _known(f"level of {self.issue}", [*self.opens, *self.closes], levels)

    def apply(self, terms: Terms) -> Terms:
        """Levels are on offer that were not, or no longer."""
        opened = terms.closed - {(self.issue, level) for level in self.opens}
        return replace(terms, closed=opened | {(self.issue, level) for level in self.closes})


class EventInject(Inject):
    """Lets an outside event of the scenario come, with all that it does."""

    kind: Literal["event"] = "event"

    @model_validator(mode="after")
    def _names_an_event(self) -> EventInject:
        if not self.event:
            raise ValueError(f"inject '{self.id}' lets nothing happen; name one under `event`")
        return self

    def check(self, scenario: Scenario) -> None:
        """Raise ValueError for an event that is unknown."""
        _known("event", [self.event], scenario.events)

    def apply(self, terms: Terms) -> Terms:
        """Return the terms with the event among those that have come."""
        events = [event for event in terms.events if event != self.event]
        return replace(terms, events=(*events, self.event))


#: The kinds of injects, by the word that plans and logs have for them.
INJECTS: dict[str, type[Inject]] = {
    "message": MessageInject,
    "parameter": ParameterInject,
    "option": OptionInject,
    "event": EventInject,
}


def _of_its_kind(inject: object) -> object:
    """Return an inject as it is stored, read by the class of its kind."""
    if not isinstance(inject, Mapping):
        return inject
    kind = inject.get("kind")
    if kind not in INJECTS:
        raise ValueError(f"there is no inject of the kind '{kind}'; there are {', '.join(INJECTS)}")
    return INJECTS[str(kind)].model_validate(dict(inject))


AnyInject = Annotated[SerializeAsAny[Inject], BeforeValidator(_of_its_kind)]


class Clocks(Part):
    """How long each stage lasts, in seconds."""

    briefing: Seconds = 480
    caucus: Seconds = 120
    proposals: Seconds = 180
    responses: Seconds = 180
    resolve: Seconds = 60


class ExercisePlan(Part):
    """What an instructor chooses for an exercise."""

    title: Words
    tables: int = Field(1, ge=1, le=MAX_TABLES)
    people_per_seat: int = Field(1, ge=1, le=MAX_PEOPLE_PER_SEAT)
    rounds: int = Field(5, ge=1, le=30)
    days_per_round: int | None = Field(
        None, ge=1, description="days of the conflict to a round; spread over the scenario's days"
    )
    clocks: Clocks = Clocks()
    seed: int = Field(1, ge=0, lt=2**63)
    levers: dict[str, float] = Field({})
    same_numbers: bool = Field(
        False, description="whether all tables play with the same draw of the uncertain numbers"
    )
    without: tuple[str, ...] = Field((), description="optional roles that only agents play")
    style: Style = Field("as written", description="how readily the model's actors give way")
    seating: Literal["luck", "wish"] = Field(
        "luck", description="whether people may wish for a role as they join"
    )
    joining: Literal["open", "asked"] = Field(
        "open", description="whether a code gives a seat, or the instructor lets people in"
    )
    idle_stages: int = Field(3, ge=1, description="after so many an agent keeps the seat warm")
    thinking_seconds: int = Field(
        0, ge=0, le=600, description="agents at a table with people wait so long before they move"
    )
    scores_visible: bool = Field(False, description="whether tables' scores are shown in debrief")
    injects: tuple[AnyInject, ...] = ()
    held_back: dict[str, tuple[str, ...]] = Field(
        {}, description="levels that are not on offer until an inject opens them"
    )
    keep_days: int = Field(90, ge=1, description="after so many days the exercise may be purged")


class Role(Part):
    """A seat at every table: whom it plays for, and what it may do."""

    name: str
    title: str
    plays: str
    is_mediator: bool
    veto: bool
    confirms: bool
    reaches: tuple[str, ...]
    public: str
    interests: str
    red_lines: str
    alternative: str
    fairness: str


def standing(role: Role) -> str:
    """Return what a deal needs of a role."""
    if role.veto:
        return "There is no deal without you."
    if role.is_mediator:
        return "You have no vote; you find terms, and carry texts to those who do not meet."
    return "You are heard, but there can be a deal without you."


class Setting:
    """A plan on a scenario: who sits at a table, who may speak to whom, and what can be agreed.

    Raises ValueError where the plan does not fit the scenario, with the way out.
    """

    def __init__(self, plan: ExercisePlan, scenario: Scenario) -> None:
        self.plan = plan
        self.scenario = scenario
        if not scenario.roles:
            raise ValueError(
                f"{scenario.scenario} has no roles, so that nobody can be seated; write a brief "
                "for each party and mediator under `roles:`"
            )
        self.roles = {name: self._role(name) for name in scenario.roles}
        self._check()

    # -- who sits at a table -----------------------------------------------------------------

    def _role(self, name: str) -> Role:
        scenario = self.scenario
        seat = scenario.roles[name]
        party = scenario.parties.get(seat.plays)
        return Role(
            name=name,
            title=seat.title,
            plays=seat.plays,
            is_mediator=party is None,
            veto=party is not None and party.veto,
            confirms=self._asks_first(seat.plays),
            reaches=tuple(
                other
                for other, them in scenario.roles.items()
                if self._meet(seat.plays, them.plays)
            ),
            public=seat.public,
            interests=seat.interests,
            red_lines=seat.red_lines,
            alternative=seat.alternative,
            fairness=seat.fairness,
        )

    def _asks_first(self, plays: str) -> bool:
        """Return whether a party confirms what was accepted in its name."""
        party = self.scenario.parties.get(plays)
        spoken_for = party is not None and party.veto and party.speaks_through is not None
        return spoken_for and self.scenario.channel.lag_days is not None

    def _meet(self, one: str, other: str) -> bool:
        """Return whether two parties meet: one that is spoken for meets channel-keepers only."""
        if one == other:
            return False
        for party, partner in ((one, other), (other, one)):
            spec = self.scenario.parties.get(party)
            if spec is not None and spec.speaks_through is not None:
                mediator = self.scenario.mediators.get(partner)
                return mediator is not None and mediator.keeps_channel
        return True

    def _check(self) -> None:
        plan, scenario = self.plan, self.scenario
        check_levers(scenario, plan.levers)
        needed = {name for name, party in scenario.parties.items() if party.veto}
        missing = needed - {role.plays for role in self.roles.values()}
        if missing:
            raise ValueError(f"{scenario.scenario} has no role for {', '.join(sorted(missing))}")
        _known("role", plan.without, self.roles)
        required = [role.name for role in self.roles.values() if role.veto]
        if set(plan.without) & set(required):
            raise ValueError(f"{', '.join(required)} can refuse a deal, and are open to people")
        if len({inject.id for inject in plan.injects}) < len(plan.injects):
            raise ValueError("two injects have the same id; give each its own")
        for inject in plan.injects:
            _known("role", inject.to, self.roles)
            inject.check(scenario)
        for issue, levels in plan.held_back.items():
            _known("issue", [issue], scenario.issues)
            _known(f"level of {issue}", levels, scenario.issues[issue].levels)
        if not any(self.on_offer(()) if plan.held_back else [True]):
            raise ValueError("what is held back leaves no package; hold back less")

    def check_wish(self, role: str) -> None:
        """Raise ValueError if a person who joins may not wish for this role; empty for no wish."""
        if role and self.plan.seating != "wish":
            raise ValueError("seats are given by luck here; join without a wish")
        _known("seat to wish for", [role] if role else [], dict.fromkeys(self.places))

    @property
    def of_first_theory(self) -> bool:
        """Whether the scenario is of the first theory, so that no model of today plays it."""
        return isinstance(self.scenario, FirstTheoryScenario)

    @property
    def vetoers(self) -> tuple[str, ...]:
        """Roles without whom there is no deal."""
        return tuple(role.name for role in self.roles.values() if role.veto)

    @property
    def places(self) -> tuple[str, ...]:
        """Roles that people may take, those who can refuse a deal first."""
        open_to_people = [name for name in self.roles if name not in self.plan.without]
        return tuple(sorted(open_to_people, key=lambda name: not self.roles[name].veto))

    def speaks_at(self, role: str) -> int:
        """Return the index of a role among the model's speakers: parties first, then mediators."""
        names = [*self.scenario.parties, *self.scenario.mediators]
        return names.index(self.roles[role].plays)

    # -- what can be agreed ------------------------------------------------------------------

    @cached_property
    def levels(self) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
        """The level of each issue in each package: (packages, issues)."""
        return np.asarray(feasible_levels(self.scenario))

    @cached_property
    def _index(self) -> dict[tuple[int, ...], int]:
        return {tuple(map(int, row)): k for k, row in enumerate(self.levels)}

    def index(self, package: Mapping[str, str]) -> int:
        """Return the number of a package; raise ValueError saying why if it is not feasible."""
        issues = self.scenario.issues
        if set(package) != set(issues):
            raise ValueError(f"a package names one level of each of {', '.join(issues)}")
        row = []
        for name, issue in issues.items():
            _known(f"level of {name}", [package[name]], issue.levels)
            row.append(list(issue.levels).index(package[name]))
        found = self._index.get(tuple(row))
        if found is None:
            raise ValueError(f"these terms do not go together. {self._why_not(row)}")
        return found

    def _why_not(self, row: list[int]) -> str:
        levels = np.array([row])
        for constraint in self.scenario.constraints:
            broken = selected(self.scenario, levels, constraint.when) & ~selected(
                self.scenario, levels, constraint.needs
            )
            if broken[0]:
                return constraint.why
        return "One of the parties will not talk about them at all."

    def package(self, index: int) -> Package:
        """Return a package by its number."""
        issues = self.scenario.issues
        return {
            name: list(issue.levels)[self.levels[index, k]]
            for k, (name, issue) in enumerate(issues.items())
        }

    def in_words(self, package: Mapping[str, str]) -> dict[str, str]:
        """Return a package in the scenario's words, issue by issue."""
        return {
            issue.title: issue.levels[package[name]].words
            for name, issue in self.scenario.issues.items()
        }

    def terms(self, fired: tuple[str, ...]) -> Terms:
        """Return what injects have changed, after some of them in their order."""
        held_back = {(issue, level) for issue, of in self.plan.held_back.items() for level in of}
        terms = Terms({}, frozenset(held_back))
        for name in fired:
            terms = self.inject(name).apply(terms)
        return terms

    def closed(self, fired: tuple[str, ...]) -> set[tuple[str, str]]:
        """Return the levels that are not on offer after some injects, as (issue, level)."""
        return set(self.terms(fired).closed)

    def on_offer(self, fired: tuple[str, ...]) -> list[bool]:
        """Return which packages are on offer after some injects: (packages,)."""
        offered = np.ones(len(self.levels), dtype=bool)
        for issue, level in self.closed(fired):
            column = list(self.scenario.issues).index(issue)
            place = list(self.scenario.issues[issue].levels).index(level)
            offered &= self.levels[:, column] != place
        return [bool(on) for on in offered]

    @cached_property
    def within_position(self) -> dict[str, tuple[bool, ...]]:
        """By party, which packages keep to what it asks for in public and to its red lines."""
        return {
            party: tuple(bool(kept) for kept in within_position(self.scenario, self.levels, party))
            for party in self.scenario.parties
        }

    def inject(self, name: str) -> Inject:
        """Return an inject by its id; raise ValueError if there is none."""
        found = {inject.id: inject for inject in self.plan.injects}
        _known("inject", [name], found)
        return found[name]

    # -- how it is played --------------------------------------------------------------------

    @property
    def days_per_round(self) -> int:
        """How many days of the conflict lie between two rounds."""
        return self.plan.days_per_round or max(self.scenario.days // self.plan.rounds, 1)

    @property
    def levers(self) -> dict[str, float]:
        """The levers of the case as it is played: the plan's, and the style of the agents."""
        if self.plan.style == "as written":
            return dict(self.plan.levers)
        return {**self.plan.levers, STYLE: STYLES[self.plan.style]}

    @cached_property
    def case(self) -> Scenario:
        """The scenario as it is played in class: with a round every so many days.

        Where the agents have a style of their own, that is a lever of it.
        """
        quantity = Amount.model_validate(
            {
                "value": self.days_per_round,
                "basis": "judgement",
                "note": "the instructor's choice",
            }
        )
        channel = self.scenario.channel.model_copy(update={"every_days": quantity})
        levers = self.scenario.levers
        if STYLE in self.levers:
            levers = {**levers, STYLE: self._style()}
        return self.scenario.model_copy(update={"channel": channel, "levers": levers})

    def _style(self) -> Lever:
        """Return the lever that makes all parties give way sooner or later."""
        return Lever(
            label="How readily agents give way",
            help="By how much the shape of each party's concessions is multiplied.",
            unit="times as in the scenario",
            low=min(STYLES.values()),
            high=max(STYLES.values()),
            default=1.0,
            moves=[
                Move(key=f"parties.{name}.tactic.numbers.shape", how="scale")
                for name in self.scenario.parties
            ],
        )


@lru_cache(maxsize=32)
def setting_of(plan: str, scenario: str) -> Setting:
    """Return the setting of a plan and a scenario, each as JSON."""
    return Setting(ExercisePlan.model_validate_json(plan), read_scenario(scenario))


def _known(what: str, names: Iterable[str], known: Mapping[str, object]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"there is no {what} '{name}'; there are {', '.join(known) or 'none'}")
