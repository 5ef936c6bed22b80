"""The worker process: it runs the clock, the model's days and the agents' moves.

It computes beside the web server, so that a page never waits for the model. If it is killed, the
server starts another, and nothing is lost: everything that counts is in the log.
"""

from __future__ import annotations

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

from dashboard.classroom.context import DATABASE, results_folder
from dashboard.classroom.task_results import TaskStore, error_location, to_plain
from sim.classroom.commands import OpenLobby, PlayOn, Request, Start
from sim.classroom.debrief import build_debrief, compare_change
from sim.classroom.decide import RefusedError, carried_out, draft
from sim.classroom.driver import InMemory, run_due_acts
from sim.classroom.events import from_line, to_line
from sim.classroom.plan import ExercisePlan
from sim.classroom.state import State, replay
from sim.classroom.storage.database import UnavailableError
from sim.classroom.storage.store import Store, StoredLog
from sim.classroom.table_model import Model
from sim.provenance import version
from sim.scenario.loading import load_scenario
from sim.sweep.executors import serve
from sim.types import Json

#: Seconds between two looks at what is due, and at whether our parent lives.
LOOK_EVERY = 0.25

LOGGER = logging.getLogger(__name__)


class ExerciseRunner:
    """Do what is due for all exercises of a store.

    An error of the model in one exercise is stored, and not tried again until the instructor asks;
    the other exercises go on.
    """

    def __init__(self, store: Store, tasks: TaskStore) -> None:
        self.store, self.tasks = store, tasks
        self.models: dict[str, Model] = {}
        self.pool = new_pool()
        self.futures: dict[str, Future[Json]] = {}
        self.exercises: set[str] = set()  # all that are kept
        self.idle: dict[str, int] = {}  # with nothing due: number of the last record, by exercise
        self.retried: set[str] = set()  # tasks submitted again after their process was killed

    def run_due(self) -> None:
        """Do all that is due now."""
        now = round(time.time() * 1000)
        last_seqs = self.store.last_seqs()
        if self.exercises - set(last_seqs):
            self.tasks.remove_stale(set(last_seqs))
        self.exercises = set(last_seqs)
        self.idle = {name: seq for name, seq in self.idle.items() if last_seqs.get(name) == seq}
        for name in last_seqs.keys() - self.idle.keys():
            if not self._advance(name, now):
                self.idle[name] = last_seqs[name]
        self._run_tasks()

    def _advance(self, name: str, now: int) -> bool:
        """Do what is due for one exercise; return whether more may come due by itself."""
        state = self.store.state(name)
        if state.read_only:
            return False
        needs_debrief = state.phase in ("closed", "debrief") and not self.tasks.has_debrief(name)
        runs = state.phase in ("briefing", "playing")
        if (needs_debrief or runs) and not self.tasks.error(name):
            self._run_due_acts(name, state, now)
            if needs_debrief:
                self._compute_debrief(name, state)
        return needs_debrief or runs

    def _run_due_acts(self, name: str, state: State, now: int) -> None:
        model = self.models.setdefault(name, Model(state.setting))
        try:
            run_due_acts(
                SheetSavingLog(StoredLog(self.store, name), self.tasks, model, name), model, now
            )
        except (OSError, UnavailableError) as error:
            LOGGER.warning("%s", error)
        except Exception as error:  # whatever it is, the other exercises must go on
            self.models.pop(name, None)
            self._report_error(name, "The model cannot play on", error)

    def _compute_debrief(self, name: str, state: State) -> None:
        if any(table.projection is None for table in state.tables.values()):
            return
        key = f"debrief.{name}"
        if key not in self.futures:
            lines = [to_line(record) for record in self.store.records(name)]
            self._submit(key, debrief_of, lines)
        elif self.futures[key].done():
            answer, error = self._collect(key)
            if answer is not None:
                self._save_debrief(name, answer)
            elif error is not None:
                self._report_error(name, "The debrief cannot be computed", error)

    def _save_debrief(self, name: str, debrief: Json) -> None:
        try:
            self.tasks.save_debrief(name, debrief)
            self.models.pop(name, None)
        except OSError as error:  # it is worked out again, until there is room for it
            LOGGER.warning("%s", error)

    def _submit(self, key: str, task: Callable[[Any], Json], content: Any) -> None:
        try:
            self.futures[key] = self.pool.submit(task, content)
        except BrokenProcessPool:  # its process was killed while it had nothing to do
            self.pool = new_pool()
            self.futures[key] = self.pool.submit(task, content)

    def _collect(self, key: str) -> tuple[Json | None, BaseException | None]:
        """Return the answer of a task that is done, or the error it failed with.

        Both are None if its process was killed for the first time: then it is submitted again.
        """
        future = self.futures.pop(key)
        error = future.exception()
        if error is None:
            self.retried.discard(key)
            return future.result(), None
        if isinstance(error, BrokenProcessPool):
            self.pool.shutdown(wait=False, cancel_futures=True)
            self.pool = new_pool()
            self.futures.clear()
            if key not in self.retried:
                self.retried.add(key)
                return None, None
        self.retried.discard(key)
        return None, error

    def _report_error(self, name: str, words: str, error: BaseException) -> None:
        """Log and store that something failed, and where, without what anybody wrote."""
        LOGGER.error("%s: %s (%s)", name, words, error_location(error))
        self.tasks.report_error(name, f"{words} ({type(error).__name__}).")

    def _run_tasks(self) -> None:
        for name, content in self.tasks.pending_tasks():
            if name not in self.futures:
                content = {**content, "records": self._records(content)}
                self._submit(name, answer_of, content)
            elif self.futures[name].done():
                answer, error = self._collect(name)
                if error is not None:
                    LOGGER.error("%s failed (%s)", name, type(error).__name__)
                    answer = {"wrong": f"The model could not answer ({type(error).__name__})."}
                if answer is not None:
                    self.tasks.complete(name, answer)

    def _records(self, content: Json) -> list[str]:
        if "exercise" not in content:
            return []
        return [to_line(record) for record in self.store.records(content["exercise"])]


class SheetSavingLog:
    """A log that stores each seat's score sheet before the round begins."""

    def __init__(self, log: StoredLog, tasks: TaskStore, model: Model, exercise: str) -> None:
        self.log, self.tasks, self.model, self.exercise = log, tasks, model, exercise

    def state(self) -> State:
        """Return the state of the exercise."""
        return self.log.state()

    def submit(self, request: Request, now: int) -> State:
        """Decide on a request and store its records; raise RefusedError if it is refused."""
        if isinstance(request.act, PlayOn):
            self._save_sheets(request, request.act.table, now)
        return self.log.submit(request, now)

    def _save_sheets(self, request: Request, number: int, now: int) -> None:
        """Store the sheets of the round that a request would begin.

        First the sheets, then the round: a worker that is killed in between does both again.
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
                    self.tasks.save_sheet(self.exercise, table, role, sheet)


def new_pool() -> ProcessPoolExecutor:
    """Return a pool of one process for what takes seconds, so that the clocks go on meanwhile."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=serve)


# -- what takes seconds, in a process of its own ---------------------------------------------------


def debrief_of(lines: list[str]) -> Json:
    """Return the debrief of an exercise, as JSON."""
    state = replay(from_line(line) for line in lines)
    return to_plain(asdict(build_debrief(state, Model(state.setting))))


def answer_of(content: Json) -> Json:
    """Return the answer to a task; what went wrong is an answer too."""
    try:
        if content["kind"] == "rehearse":
            return rehearsal_of(content)
        state = replay(from_line(line) for line in content["records"])
        if state.read_only:
            raise ValueError(state.read_only)
        change = compare_change(
            state, Model(state.setting), content["table"], content["round"], content["inject"]
        )
        return to_plain(asdict(change))
    except ValueError as error:
        return {"wrong": str(error)}


def rehearsal_of(content: Json) -> Json:
    """Return the debrief of a plan played with agents in all seats, as JSON."""
    plan = ExercisePlan.model_validate(content["plan"])
    log = InMemory(draft("rehearsal", plan, load_scenario(content["scenario"]), version(), 0))
    for act in (OpenLobby(), Start()):
        log.submit(Request(by="instructor", key=act.kind, act=act), 0)
    model = Model(log.state().setting)
    return to_plain(asdict(build_debrief(run_due_acts(log, model, 0), model)))


def main() -> None:
    """Run exercises until the server that started this process is gone."""
    logging.basicConfig(level=logging.WARNING)
    server = int(sys.argv[1])  # the address, which may hold a password, is in the environment
    store, tasks = Store(os.environ[DATABASE]), TaskStore(results_folder())
    tasks.remove_stale({name for name, *_ in store.exercises()})
    runner = ExerciseRunner(store, tasks)
    runner.pool.submit(int)  # the process is there before a class waits for its debrief
    while os.getppid() == server:
        runner.run_due()
        time.sleep(LOOK_EVERY)
    runner.pool.shutdown(cancel_futures=True)


if __name__ == "__main__":
    main()
