"""Play the model behind the tables of an exercise: days, agents' moves and score sheets.

Everything follows from the log and the plan's seed. A table's talks are kept in memory so that
they need not be played again from the first day for each question.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.classroom.commands import (
    Act,
    Carry,
    DealtSheet,
    PlayOn,
    Project,
    Propose,
    Reason,
    Request,
    Respond,
    TakeFirstStances,
    Terms,
)
from sim.classroom.decide import unanswered
from sim.classroom.news import NewsRecorder
from sim.classroom.plan import Setting
from sim.classroom.state import Proposal, Table
from sim.classroom.table_talks import (
    AFTERWARDS,
    Forked,
    Script,
    TableTalks,
    planned_script,
    script_of,
)
from sim.engine.outcomes import NONE, Outcomes
from sim.engine.random_streams import RandomStreams
from sim.engine.rounds import TRUCE
from sim.engine.talks import release_model
from sim.provenance import version
from sim.scenario.loading import sha256_of
from sim.types import Floats

#: After so many days a truce is asked whether it is in force.
HORIZONS = (7, 30, 60, 90)

#: How often the model plays what comes after a table.
PROJECTED_RUNS = 300


@dataclass(frozen=True)
class ScoreSheet:
    """What a party knows of its own interest in this round, in utils: 1 is winning it all.

    `worth` and `passes` have an entry for each package, by its number.
    """

    round: int
    no_deal: float
    worth: tuple[float, ...]
    passes: tuple[bool, ...]  # the vote at home

    def of(self, index: int) -> float:
        """Return what a package is worth, in utils."""
        return self.worth[index]

    def below(self, index: int) -> bool:
        """Return whether no deal would be better than a package."""
        return self.worth[index] < self.no_deal


@dataclass(frozen=True)
class PrivateAdvice:
    """What a mediator thinks each party would gain over what it holds out for, in utils.

    It may be wrong; `gains` has, by party, an entry for each package.
    """

    round: int
    gains: dict[str, tuple[float, ...]]


@dataclass
class _Live:
    """A table's talks as far as they were played."""

    talks: TableTalks
    recorder: NewsRecorder
    round: int  # rounds held
    injects: tuple[str, ...]  # that count so far


class Model:
    """The model behind one exercise; raises ValueError for a scenario that it does not play."""

    def __init__(self, setting: Setting) -> None:
        if setting.of_first_theory:
            raise ValueError("a scenario of the first theory can be read and is not played")
        self.setting = setting
        self._live: dict[int, _Live] = {}
        self._sheets: dict[tuple[int, str], tuple[object, ScoreSheet | PrivateAdvice]] = {}
        self._lock = threading.RLock()  # pages ask from threads of their own

    # -- days ----------------------------------------------------------------------------------

    def chance_of(self, number: int) -> RandomStreams:
        """Return the random streams of a table: those of the run of its number, less one."""
        return self._streams(number - 1, 1)

    def _streams(self, first: int, runs: int) -> RandomStreams:
        """Return the random streams of tables, numbered from `first`."""
        plan = self.setting.plan
        own = RandomStreams(plan.seed, first, runs)
        if not plan.same_numbers:
            return own
        return Forked(plan.seed, first, runs, np.zeros(runs, dtype=np.int64), after=0, own=own)

    def first_stances(self, table: Table) -> TakeFirstStances:
        """Return how leaderships will stand at a table on the first day.

        With the injects that come before it: they may move what leaderships weigh.
        """
        fired = [fired for fired in table.injects if fired[1] == 1]
        names = [name for name, _ in fired]
        due = [
            (inject.id, 1)
            for inject in self.setting.plan.injects
            if inject.at_round == 1 and inject.id not in names
        ]
        before = replace(table, rounds=(), injects=(*fired, *due))
        script, chance = script_of(self.setting, before), self.chance_of(table.number)
        talks = TableTalks(self.setting, chance, script)
        release_model(talks)
        return TakeFirstStances(table=table.number, stances=talks.first_stances())

    def play_on(self, table: Table) -> PlayOn:
        """Play a table's days until its next round, or until its talks are over."""
        with self._lock:
            return self._played_on(table)

    def _played_on(self, table: Table) -> PlayOn:
        live = self._up_to(table)
        talks = live.talks
        recorder = live.recorder
        out_of_rounds = len(table.rounds) >= self.setting.plan.rounds
        signed = bool(talks.record.deal_day[0] != NONE)
        over = ""
        if not signed and talks.phase[0] > TRUCE:
            over = "victory"
        elif not signed and (talks.meeting is None or out_of_rounds):
            over = "time"
        return PlayOn.model_validate(
            {
                "table": table.number,
                "round": len(table.rounds),
                "injects": [name for name, _ in table.injects],
                "day": talks.day,
                "news": recorder.news[len(table.news) :],
                "happened": recorder.happened[table.happened :],
                "flexible": talks.flexible(),
                "sheets": () if signed or over else self._dealt(table),
                "signed": self._terms(talks, table) if signed else None,
                "over": over,
            }
        )

    def _dealt(self, table: Table) -> tuple[DealtSheet, ...]:
        """Return what seats are told in the round that begins, at a table where people sit."""
        if not any(seat.people for seat in table.seats.values()):
            return ()
        begun = replace(table, stage="caucus", round=len(table.rounds) + 1)
        sheets = {role: self.sheet(begun, role) for role in table.seats}
        return tuple(_dealt_sheet(role, sheet) for role, sheet in sheets.items() if sheet)

    def _terms(self, talks: TableTalks, table: Table) -> Terms:
        package = self.setting.package(int(talks.record.deal_package[0]))
        names = [party.name for party in talks.parties]
        return Terms(
            package=package,
            text=(table.rounds[-1].text or "") if table.rounds else "",
            day=int(talks.record.deal_day[0]),
            gains={
                name: round(float(gain), 6)
                for name, gain in zip(names, talks.record.surplus[0], strict=True)
            },
            overrode=tuple(
                name for name, did in zip(names, talks.record.overridden[0], strict=True) if did
            ),
        )

    def _up_to(self, table: Table) -> _Live:
        """Return a table's talks at its present round, or at their end."""
        live = self._live.get(table.number)
        held = len(table.rounds)
        counting = _counting(table, held)
        if live is not None and (live.round, live.injects) == (held, counting):
            return live
        before = (held - 1, _counting(table, held - 1))
        if live is not None and live.talks.meeting and (live.round, live.injects) == before:
            live.talks.conclude(script_of(self.setting, table))
            live.round, live.injects = held, counting
        else:
            live = self._live[table.number] = self._begin(table)
        _play(live.talks, self.setting.plan.rounds)
        return live

    def _begin(self, table: Table) -> _Live:
        recorder = NewsRecorder(self.setting.scenario)
        talks = TableTalks(
            self.setting,
            self.chance_of(table.number),
            script_of(self.setting, table),
            live=True,
            diary=recorder,
        )
        release_model(talks)
        held = len(table.rounds)
        return _Live(talks, recorder, held, _counting(table, held))

    # -- agents --------------------------------------------------------------------------------

    def moves(self, table: Table) -> list[Request]:
        """Return what the agents at a table do now, in order."""
        with self._lock:
            if table.stage == "proposals":
                return self._proposals(table)
            if table.stage == "responses":
                return self._shuttle(table) or self._answers(table)
            return []

    def _proposals(self, table: Table) -> list[Request]:
        """Return the proposals of the agents whose turn it is in the model."""
        requests = []
        for proposal, speaker in self._up_to(table).talks.model_proposals():
            for role, seat in table.seats.items():
                wrote = any(text.role == role for text in table.current)
                if seat.agent and self.setting.speaks_at(role) == speaker and not wrote:
                    package = self.setting.package(proposal)
                    to = self.setting.roles[role].reaches
                    act = Propose(package=package, to=to)
                    requests.append(_request(table, role, "text", act))
        return requests

    def _shuttle(self, table: Table) -> list[Request]:
        """Let agents who mediate carry every text to those whom its author does not meet."""
        requests, seen = [], {text.id: set(text.seen) for text in table.current}
        for text in table.current:
            for role, seat in table.seats.items():
                spec = self.setting.roles[role]
                if not (seat.agent and spec.is_mediator and role in text.seen):
                    continue
                to = tuple(other for other in spec.reaches if other not in seen[text.id])
                if to:
                    seen[text.id] |= set(to)
                    requests.append(
                        _request(table, role, f"carry.{text.id}", Carry(text=text.id, to=to))
                    )
        return requests

    def _answers(self, table: Table) -> list[Request]:
        """Let agents answer what is before them, by the model's rules; mediators have no vote."""
        requests = []
        for role, text in unanswered(self.setting, table):
            accepts, reason = self._answer(table, role, text)
            act = Respond(text=text.id, accepts=accepts, reason=reason)
            requests.append(_request(table, role, f"answer.{text.id}", act))
        return requests

    def _answer(self, table: Table, role: str, text: Proposal) -> tuple[bool, Reason | None]:
        """Return an agent's answer, with its reason; a stance that bars a text comes first."""
        party = list(self.setting.scenario.parties).index(self.setting.roles[role].plays)
        talks = self._up_to(table).talks
        index = self.setting.index(text.package)
        if talks.answers_to(index, self.setting.speaks_at(text.role))[party]:
            return True, None
        if not talks.stance_allows(party, index):
            return False, "position"
        worth, reservation = talks.worth_to(party)
        if worth[index] >= reservation:
            return False, "more"
        return False, "alternative" if talks.ratified_by(party)[index] else "home"

    # -- what a seat may know ------------------------------------------------------------------

    def sheet(self, table: Table, role: str) -> ScoreSheet | PrivateAdvice | None:
        """Return a seat's own score sheet in a round, or a mediator's sense of the parties.

        None between rounds and after the end.
        """
        if table.stage in ("between", "ended"):
            return None
        moment = (table.round, _counting(table, len(table.rounds)))
        with self._lock:
            cached = self._sheets.get((table.number, role))
            if cached is None or cached[0] != moment:
                cached = moment, self._sheet(table, role)
                self._sheets[table.number, role] = cached
        return cached[1]

    def _sheet(self, table: Table, role: str) -> ScoreSheet | PrivateAdvice:
        talks = self._up_to(table).talks
        scenario = self.setting.scenario
        plays = self.setting.roles[role].plays
        if plays in scenario.mediators:
            gains = talks.guessed_by(list(scenario.mediators).index(plays))
            by_party = zip(scenario.parties, gains, strict=True)
            return PrivateAdvice(table.round, {name: _rounded(row) for name, row in by_party})
        party = list(scenario.parties).index(plays)
        worth, reservation = talks.worth_to(party)
        passes = tuple(bool(yes) for yes in talks.ratified_by(party))
        return ScoreSheet(table.round, round(reservation, 4), _rounded(worth), passes)

    # -- what comes after ----------------------------------------------------------------------

    def project(self, table: Table, runs: int = PROJECTED_RUNS) -> Project:
        """Play what comes after a table many times: with its deal, or by agents without one."""
        days = self.setting.case.days
        if table.terms is not None:
            days = max(days, table.terms.day + max(HORIZONS))
        outcomes = self.afterwards(table, len(table.rounds), table.day, runs, days)
        held = outcomes.deal_day != NONE
        lasted = {
            n: int((held & ((outcomes.truce_end == NONE) | (outcomes.truce_days > n))).sum())
            for n in HORIZONS
        }
        pools = outcomes.labels.pools
        return Project(
            table=table.number,
            runs=runs,
            deals=int(held.sum()),
            holding=lasted,
            home=_by_pool(pools, outcomes.returned_alive + outcomes.rescued),
            died=_by_pool(pools, outcomes.died_in_captivity),
        )

    def afterwards(
        self,
        table: Table,
        rounds: int,
        day: int,
        runs: int,
        days: int | None = None,
        changes: tuple[tuple[str, int], ...] = (),
    ) -> Outcomes:
        """Return what a table's talks come to from a round and day on, if agents go on: many runs.

        Up to `day` all is as it was there, the random numbers included; `changes` are further
        injects and the rounds they count from.
        """
        plan = self.setting.plan
        part = Table(
            table.number,
            {},
            rounds=table.rounds[:rounds],
            injects=tuple(sorted((*table.injects, *changes), key=lambda fired: fired[1])),
        )
        whose = np.full(runs, 0 if plan.same_numbers else table.number - 1)
        own = RandomStreams(plan.seed, AFTERWARDS, runs)
        chance = Forked(plan.seed, 0, runs, whose, after=day, own=own)
        return self._played(chance, script_of(self.setting, part), days)[0]

    def ground(self, number: int) -> tuple[Floats, Floats]:
        """Return what packages are worth at a table before the first day, by its own numbers.

        The worth (parties, packages), -infinity where not on offer, and what no deal is worth
        (parties,), both in utils.
        """
        script = Script((), (), np.array(self.setting.on_offer(())))
        talks = TableTalks(self.setting, self.chance_of(number), script)
        release_model(talks)
        worth, reservation, _ = talks.assessor.utilities()
        return worth[0], reservation[0]

    def alone(self, runs: int, first: int = 0) -> tuple[Outcomes, NDArray[np.int64]]:
        """Play many tables of agents alone, with the injects that come of themselves.

        Returns their outcomes, and after how many rounds each had its first deal: (runs,), NONE
        where it had none in the plan's rounds.
        """
        chance = self._streams(first, runs)
        outcomes, rounds = self._played(chance, planned_script(self.setting), None)
        return outcomes, np.where(rounds <= self.setting.plan.rounds, rounds, NONE)

    def _played(
        self, chance: RandomStreams, script: Script, days: int | None
    ) -> tuple[Outcomes, NDArray[np.int64]]:
        talks = TableTalks(self.setting, chance, script, days=days)
        release_model(talks)
        talks.play()
        case = self.setting.case
        outcomes = talks.outcomes(sha256_of(case), version(), self.setting.levers)
        return outcomes, talks.rounds_at_deal


def _dealt_sheet(role: str, sheet: ScoreSheet | PrivateAdvice) -> DealtSheet:
    """Return a sheet as the log keeps it."""
    if isinstance(sheet, PrivateAdvice):
        gains = {party: _in_ten_thousandths(row) for party, row in sheet.gains.items()}
        return DealtSheet(role=role, gains=gains)
    (no_deal,) = _in_ten_thousandths((sheet.no_deal,))
    rejected = tuple(k for k, passes in enumerate(sheet.passes) if not passes)
    worth = _in_ten_thousandths(sheet.worth)
    return DealtSheet(role=role, no_deal=no_deal, worth=worth, rejected=rejected)


def _in_ten_thousandths(values: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(round(10_000 * value) for value in values)


def _counting(table: Table, held: int) -> tuple[str, ...]:
    """Return the injects that count before the next round, once so many were held."""
    return tuple(name for name, start in table.injects if start <= held + 1)


def _play(talks: TableTalks, rounds: int) -> None:
    """Play until a round waits for moves, or until there is nothing to wait for.

    After the last round only a text that waits to be confirmed keeps the talks going.
    """
    while talks.meeting is None and talks.day < talks.days and talks.phase[0] <= TRUCE:
        if talks.record.deal_day[0] != NONE:
            return
        if talks.people.held >= rounds and talks.state.awaited[0] == NONE:
            return
        talks.step()


def _request(table: Table, role: str, what: str, act: Act) -> Request:
    seat = f"{table.number}-{role}"
    return Request(by=f"agent:{seat}", key=f"agent.{seat}.{table.round}.{what}", act=act)


def _rounded(values: Floats) -> tuple[float, ...]:
    """Round utilities for a page; what nobody can offer is worth the least there is."""
    return tuple(round(max(float(value), -10.0), 4) for value in values)


def _by_pool(pools: tuple[str, ...], people: NDArray[np.int32]) -> dict[str, float]:
    return {pool: round(float(people[:, k].mean()), 3) for k, pool in enumerate(pools)}
