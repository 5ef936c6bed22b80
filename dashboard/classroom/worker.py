"""The process that keeps exercises going: the clock, the model's days, the agents' moves.

It computes beside the web server, so that a page never waits for the model. When it is killed, the
server starts another, and nothing is lost: all that counts is in the log.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from multiprocessing import get_context
from typing import Any

import numpy as np

from dashboard.classroom.context import DATABASE, home
from dashboard.classroom.task_results import TaskStore, what_failed
from sim.classroom.commands import OpenLobby, PlayOn, Request, Start
from sim.classroom.debrief import build_debrief, one_thing_changed
from sim.classroom.decide import RefusedError, carried_out, draft
from sim.classroom.driver import InMemory, run_due_acts
from sim.classroom.events import from_line, to_line
from sim.classroom.plan import ExercisePlan
from sim.classroom.state import State, replay
from sim.classroom.storage.store import Store, StoredLog, UnavailableError
from sim.classroom.table_model import Model
from sim.provenance import version
from sim.scenario.loading import load_scenario
from sim.sweep.executors import serve
from sim.types import Json

#: Seconds between two looks at what is due, and at whether our parent lives.
LOOK_EVERY = 0.25

LOGGER = logging.getLogger(__name__)


class Conductor:
    """Keeps all exercises of a store going.

    What the model cannot do for one exercise is said on the desk, and not tried again until the
    instructor asks; the others go on.
    """

    def __init__(self, store: Store, desk: TaskStore) -> None:
        self.store, self.desk = store, desk
        self.models: dict[str, Model] = {}
        self.pool = new_pool()
        self.asked: dict[str, Future[Json]] = {}
        self.known: set[str] = set()  # exercises that there are
        self.at_rest: dict[str, int] = {}  # those that nothing is due for, by their last record
        self.killed: set[str] = set()  # asked once more, since the process was killed meanwhile

    def go_on(self) -> None:
        """Do all that is due now."""
        now = round(time.time() * 1000)
        found = self.store.last_seqs()
        if self.known - set(found):
            self.desk.clear(set(found))
        self.known = set(found)
        self.at_rest = {name: seq for name, seq in self.at_rest.items() if found.get(name) == seq}
        for name in found.keys() - self.at_rest.keys():
            if not self._attend(name, now):
                self.at_rest[name] = found[name]
        self._wishes()

    def _attend(self, name: str, now: int) -> bool:
        """Do what is due for one exercise; returns whether more may be, though nobody acts."""
        state = self.store.state(name)
        owed = state.phase in ("closed", "debrief") and not self.desk.has_debrief(name)
        runs = state.phase in ("briefing", "playing")
        if (owed or runs) and not self.desk.trouble(name):
            self._conduct(name, state, now)
            if owed:
                self._debrief(name, state)
        return owed or runs

    def _conduct(self, name: str, state: State, now: int) -> None:
        model = self.models.setdefault(name, Model(state.setting))
        try:
            run_due_acts(Keeping(StoredLog(self.store, name), self.desk, model, name), model, now)
        except (OSError, UnavailableError) as error:
            LOGGER.warning("%s", error)
        except Exception as error:  # whatever it is, the other exercises must go on
            self.models.pop(name, None)
            self._trouble(name, "The model cannot play on", error)

    def _debrief(self, name: str, state: State) -> None:
        if any(table.projection is None for table in state.tables.values()):
            return
        key = f"debrief.{name}"
        if key not in self.asked:
            lines = [to_line(record) for record in self.store.records(name)]
            self._ask(key, looked_back, lines)
        elif self.asked[key].done():
            found, error = self._answer(key)
            if found is not None:
                self._keep(name, found)
            elif error is not None:
                self._trouble(name, "The debrief cannot be computed", error)

    def _keep(self, name: str, found: Json) -> None:
        try:
            self.desk.keep_debrief(name, found)
            self.models.pop(name, None)
        except OSError as error:  # it is worked out again, until there is room for it
            LOGGER.warning("%s", error)

    def _ask(self, key: str, task: Callable[[Any], Json], content: Any) -> None:
        try:
            self.asked[key] = self.pool.submit(task, content)
        except BrokenProcessPool:  # its process was killed while it had nothing to do
            self.pool = new_pool()
            self.asked[key] = self.pool.submit(task, content)

    def _answer(self, key: str) -> tuple[Json | None, BaseException | None]:
        """What came of a task that is done: its answer, or why it failed.

        Neither where its process was killed for the first time: then it is asked once more.
        """
        future = self.asked.pop(key)
        error = future.exception()
        if error is None:
            self.killed.discard(key)
            return future.result(), None
        if isinstance(error, BrokenProcessPool):
            self.pool.shutdown(wait=False, cancel_futures=True)
            self.pool = new_pool()
            self.asked.clear()
            if key not in self.killed:
                self.killed.add(key)
                return None, None
        self.killed.discard(key)
        return None, error

    def _trouble(self, name: str, words: str, error: BaseException) -> None:
        """Say that something failed, and where, without what anybody wrote."""
        LOGGER.error("%s: %s (%s)", name, words, what_failed(error))
        self.desk.keep_trouble(name, f"{words} ({type(error).__name__}).")

    def _wishes(self) -> None:
        for name, content in self.desk.wishes():
            if name not in self.asked:
                content = {**content, "records": self._records(content)}
                self._ask(name, granted, content)
            elif self.asked[name].done():
                found, error = self._answer(name)
                if error is not None:
                    LOGGER.error("%s failed (%s)", name, type(error).__name__)
                    found = {"wrong": f"The model could not answer ({type(error).__name__})."}
                if found is not None:
                    self.desk.grant(name, found)

    def _records(self, content: Json) -> list[str]:
        if "exercise" not in content:
            return []
        return [to_line(record) for record in self.store.records(content["exercise"])]


class Keeping:
    """A log that has each seat's score sheet laid down before its round begins for anybody."""

    def __init__(self, log: StoredLog, desk: TaskStore, model: Model, exercise: str) -> None:
        self.log, self.desk, self.model, self.exercise = log, desk, model, exercise

    def state(self) -> State:
        """The exercise as it stands."""
        return self.log.state()

    def submit(self, request: Request, now: int) -> State:
        """Decide on a request and keep what it brings about; raises RefusedError."""
        if isinstance(request.act, PlayOn):
            self._lay_sheets(request, request.act.table, now)
        return self.log.submit(request, now)

    def _lay_sheets(self, request: Request, number: int, now: int) -> None:
        """Lay down the sheets of the round that a request would begin.

        First the sheets, then the round: whoever is killed in between does both again.
        """
        try:
            state, _ = carried_out(self.log.state(), request, now)
        except RefusedError:
            return  # the log will say so
        table = state.tables[number]
        if any(seat.people for seat in table.seats.values()):
            for role in table.seats:
                sheet = self.model.sheet(table, role)
                if sheet is not None:
                    self.desk.keep_sheet(self.exercise, table, role, sheet)


def new_pool() -> ProcessPoolExecutor:
    """One process for what takes seconds, so that the clocks go on meanwhile."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=serve)


# -- what takes seconds, in a process of its own ---------------------------------------------------


def looked_back(lines: list[str]) -> Json:
    """What a class looks back on, as JSON."""
    state = replay(from_line(line) for line in lines)
    return as_plain(asdict(build_debrief(state, Model(state.setting))))


def granted(content: Json) -> Json:
    """The answer to a wish; what went wrong is an answer too."""
    try:
        if content["kind"] == "rehearse":
            return rehearsed(content)
        state = replay(from_line(line) for line in content["records"])
        found = one_thing_changed(
            state, Model(state.setting), content["table"], content["round"], content["inject"]
        )
        return as_plain(asdict(found))
    except ValueError as error:
        return {"wrong": str(error)}


def rehearsed(content: Json) -> Json:
    """A plan played with agents in all seats, as JSON."""
    plan = ExercisePlan.model_validate(content["plan"])
    log = InMemory(draft("rehearsal", plan, load_scenario(content["scenario"]), version(), 0))
    for act in (OpenLobby(), Start()):
        log.submit(Request(by="instructor", key=act.kind, act=act), 0)
    model = Model(log.state().setting)
    return as_plain(asdict(build_debrief(run_due_acts(log, model, 0), model)))


def as_plain(found: Json) -> Json:
    """Findings in JSON's own types; what is not a finite number is null."""
    return dict(json.loads(json.dumps(_plain(found))))


def _plain(part: Any) -> Any:
    if isinstance(part, dict):
        return {str(key): _plain(value) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_plain(value) for value in part]
    if isinstance(part, np.ndarray):
        return _plain(part.tolist())
    if isinstance(part, float | np.floating):
        return float(part) if np.isfinite(part) else None
    if isinstance(part, np.bool_):
        return bool(part)
    return int(part) if isinstance(part, np.integer) else part


def main() -> None:
    """Keep exercises going until the server that started us is gone."""
    logging.basicConfig(level=logging.WARNING)
    server = int(sys.argv[1])  # the address, which may hold a password, is in the environment
    store, desk = Store(os.environ[DATABASE]), TaskStore(home())
    desk.clear({name for name, *_ in store.exercises()})
    conductor = Conductor(store, desk)
    conductor.pool.submit(int)  # the process is there before a class waits for its debrief
    while os.getppid() == server:
        conductor.go_on()
        time.sleep(LOOK_EVERY)
    conductor.pool.shutdown(cancel_futures=True)


if __name__ == "__main__":
    main()
