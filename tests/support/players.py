"""Exercises set up and played by bots, for the tests of the classroom."""

from __future__ import annotations

import zlib
from functools import cache
from random import Random
from typing import Any

from sim.classroom import commands
from sim.classroom.commands import (
    Act,
    FirstStance,
    PlayOn,
    Project,
    Request,
    TakeFirstStances,
    Terms,
)
from sim.classroom.decide import RefusedError, draft, unanswered
from sim.classroom.driver import InMemory, run_due_acts
from sim.classroom.plan import ExercisePlan
from sim.classroom.state import State, Table
from sim.classroom.table_model import Model, ScoreSheet
from sim.provenance import version
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario

NOW = 1_700_000_000_000

#: A scenario never changes, so that it is read once for many games.
read_once = cache(load_scenario)


def with_stances(name: str, turning: float = 0.0, **flexible: float) -> Scenario:
    """A scenario whose leaderships stand as given on the first day, and turn at a rate or never."""
    scenario = read_once(name)
    rates = {
        "reconsiders": {"value": turning, "basis": "judgement"},
        "window_days": {"value": 1 / turning if turning else 1e9, "basis": "judgement"},
    }
    content = scenario.model_dump()
    for party, chance in flexible.items():
        content["parties"][party]["flexible"] = {"value": chance, "basis": "judgement"}
    return Scenario.model_validate({**content, "stances": rates})


class Class:
    """A class and its exercise: a clock of its own, and someone who keeps it going."""

    def __init__(
        self,
        scenario: str | Scenario = "two-rivers",
        log: Any = None,
        quick: bool = False,
        name: str = "exercise",
        **plan: Any,
    ) -> None:
        self.now = NOW
        self.plan = ExercisePlan(**{"title": "Talks", "rounds": 3, "seed": 5, **plan})
        self.scenario = read_once(scenario) if isinstance(scenario, str) else scenario
        first = draft(name, self.plan, self.scenario, version(), self.now)
        self.log = log(first) if log else InMemory(first)
        self.model: Any = QuickModel(self.state) if quick else Model(self.state.setting)
        self.asked = 0

    @property
    def state(self) -> State:
        return self.log.state()

    def ask(self, by: str, act: Act) -> State:
        """Submit an act with a key of its own."""
        self.asked += 1
        return self.log.submit(Request(by=by, key=f"test.{self.asked}", act=act), self.now)

    def instruct(self, act: Act) -> State:
        return self.ask("instructor", act)

    def go_on(self, seconds: float = 0) -> State:
        """Let time pass and do what is due."""
        self.now += round(1000 * seconds)
        return run_due_acts(self.log, self.model, self.now)

    def gathered(self, people: int = 0) -> list[str]:
        """Open the lobby and let people join; returns their ids."""
        self.instruct(commands.OpenLobby())
        for _ in range(people):
            self.ask("visitor", commands.Join())
        return list(self.state.people)

    def begun(self, people: int = 0) -> list[str]:
        """Everybody is seated and the talks have begun."""
        names = self.gathered(people)
        self.instruct(commands.Start())
        if people:
            self.instruct(commands.Advance())
        self.go_on()
        return names

    def played_by_bots(self, seed: int = 0, most: int = 2000, watch: Any = None) -> State:
        """Bots in all seats play, with the luck of a seed, until the talks are over.

        `watch` is called after each move.
        """
        luck = Random(seed)
        for _ in range(most):
            if self.state.phase != "playing":
                return self.state
            for person in list(self.state.people):
                self._bot(person, luck, watch)
            self.go_on(luck.choice([1, 6, 30, 120]))
        raise AssertionError("the talks do not end")

    def _bot(self, person: str, luck: Random, watch: Any) -> None:
        place = self.state.seat_of(person)
        if place is None:
            return
        for act in bot_acts(self.state, person, luck, f"canary{self.asked}x"):
            try:
                self.ask(f"person:{person}", act)
            except RefusedError:
                continue
            if watch is not None:
                watch(self.state)


def a_package(state: State, luck: Random) -> dict[str, str]:
    """Some package that goes together."""
    setting = state.setting
    return setting.package(luck.randrange(len(setting.levels)))


def bot_acts(state: State, person: str, luck: Random, words: str = "") -> list[Act]:
    """What a careless bot would do now; some of it will be refused."""
    place = state.seat_of(person)
    assert place is not None
    table, role = place
    reaches = state.setting.roles[role].reaches
    seen = [text for text in table.current if role in text.seen]
    doing: list[Act] = []
    if luck.random() < 0.3:
        doing.append(commands.SaveDraft(package=a_package(state, luck), rationale=f"draft {words}"))
    if luck.random() < 0.3:
        doing.append(commands.Say(to=(luck.choice(reaches),), text=f"message {words}"))
    if luck.random() < 0.5:
        package = a_package(state, luck)
        doing.append(commands.Propose(package=package, rationale=f"text {words}", to=reaches))
    for text in seen:
        if role not in text.answers and luck.random() < 0.7:
            accepts = luck.random() < 0.6
            reason = None if accepts else "more"
            doing.append(commands.Respond(text=text.id, accepts=accepts, reason=reason))
        to = tuple(other for other in reaches if other not in text.seen)
        if to and state.setting.roles[role].is_mediator:
            doing.append(commands.Carry(text=text.id, to=to))
    if state.setting.roles[role].confirms:
        doing.append(commands.Confirm(yes=luck.random() < 0.7))
    if luck.random() < 0.6:
        doing.append(commands.Done())
    return doing


class QuickModel:
    """Stands in for the model where a test is about people: days pass, and what is agreed holds."""

    def __init__(self, state: State) -> None:
        self.setting = state.setting

    def play_on(self, table: Table) -> PlayOn:
        held = table.rounds
        signed = None
        if held and held[-1].agreed:
            gains = dict.fromkeys(self.setting.scenario.parties, 0.5)
            package = held[-1].package
            assert package is not None
            signed = Terms(package=package, day=table.day + 1, gains=gains)
        over = "time" if signed is None and len(held) >= self.setting.plan.rounds else ""
        return PlayOn(
            table=table.number,
            round=len(held),
            injects=tuple(name for name, _ in table.injects),
            day=table.day + 1,
            news=(),
            signed=signed,
            over=over,
        )

    def first_stances(self, table: Table) -> TakeFirstStances:
        """All leaderships are firm, and nothing costs anything."""
        stances = {
            name: FirstStance(
                flexible=False if party.veto else None,
                red_lines=tuple(0.0 for _ in party.positions.red_lines),
                audience=0.0,
                exposure=0.0,
            )
            for name, party in self.setting.scenario.parties.items()
        }
        return TakeFirstStances(table=table.number, stances=stances)

    def moves(self, table: Table) -> list[Request]:
        """Agents accept whatever is before them."""
        return [
            Request(
                by=f"agent:{table.number}-{role}",
                key=f"quick.{text.id}.{role}",
                act=commands.Respond(text=text.id, accepts=True),
            )
            for role, text in unanswered(self.setting, table)
        ]

    def sheet(self, table: Table, role: str) -> ScoreSheet:
        """A sheet that can be told from any other seat's."""
        return ScoreSheet(table.round, secret_number(table.number, role), (), ())

    def project(self, table: Table) -> Project:
        return Project(table=table.number, runs=1, deals=0, holding={}, home={}, died={})


def secret_number(table: int, role: str) -> float:
    """A number that belongs to one seat."""
    return 1 + zlib.crc32(f"{table} {role}".encode()) / 2**32
