"""Store the worker's results for pages to read: score sheets, debriefs, rehearsals.

They are files in a private folder of this user. All of them follow from the log and can be computed
again by the model that played; of an exercise that another model played they are kept and shown,
and not computed again. What was played never depends on them. The same folder holds the tasks that
pages submit (`wishes/`) and their answers (`answers/`).
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from traceback import walk_tb
from typing import Any

import numpy as np

from sim.classroom.state import Table
from sim.classroom.table_model import PrivateAdvice, ScoreSheet
from sim.io.atomic_write import write_atomically
from sim.types import Json

#: The most rehearsals and what-ifs that wait at a time.
MAX_PENDING = 8

#: The first part of the name of a task that is about no exercise.
NO_EXERCISE = "rehearsal"

#: Seconds for which answers are kept.
ANSWER_LIFETIME = 7 * 24 * 3600


class TaskStore:
    """A folder of tasks and results, one file each."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        """Write a file, whole or not at all."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(path, text)

    def read(self, name: str) -> str | None:
        """Return the text of a file, or None if there is none."""
        with suppress(FileNotFoundError):
            return (self.folder / name).read_text(encoding="utf-8")
        return None

    def remove_stale(self, exercises: set[str]) -> None:
        """Remove the results of exercises that are no longer kept, and old answers."""
        for path in (self.folder / "exercises").glob("*"):
            if path.name not in exercises:
                shutil.rmtree(path, ignore_errors=True)
        for path in (self.folder / "answers").glob("*.json"):
            of = path.name.split(".")[0]
            with suppress(FileNotFoundError):
                if of not in (NO_EXERCISE, *exercises) or _age(path) > ANSWER_LIFETIME:
                    path.unlink()

    # -- score sheets --------------------------------------------------------------------------

    def save_sheet(
        self, exercise: str, table: Table, role: str, sheet: ScoreSheet | PrivateAdvice
    ) -> None:
        """Store a seat's score sheet of this round."""
        self.write(_sheet(exercise, table, role), json.dumps(asdict(sheet)))

    def sheets(self, exercise: str) -> StoredSheets:
        """Return the score sheets of an exercise, for `view_for`."""
        return StoredSheets(self, exercise)

    # -- debriefs ------------------------------------------------------------------------------

    def debrief(self, exercise: str) -> Json | None:
        """Return the debrief of an exercise; None until it is ready."""
        text = self.read(f"exercises/{exercise}/debrief.json")
        return json.loads(text) if text else None

    def has_debrief(self, exercise: str) -> bool:
        """Return whether there is a debrief."""
        return (self.folder / f"exercises/{exercise}/debrief.json").exists()

    def save_debrief(self, exercise: str, debrief: Json) -> None:
        """Store the debrief of an exercise."""
        self.write(f"exercises/{exercise}/debrief.json", json.dumps(debrief))

    # -- errors --------------------------------------------------------------------------------

    def error(self, exercise: str) -> str:
        """Return what the worker could not do for an exercise; empty without an error."""
        return self.read(f"exercises/{exercise}/trouble") or ""

    def report_error(self, exercise: str, words: str) -> None:
        """Store what could not be done; the worker does not try again until it is cleared."""
        self.write(f"exercises/{exercise}/trouble", words)

    def clear_error(self, exercise: str) -> None:
        """Let the worker try again."""
        (self.folder / f"exercises/{exercise}/trouble").unlink(missing_ok=True)

    # -- tasks ---------------------------------------------------------------------------------

    def submit_task(self, name: str, content: Json) -> Json | None:
        """Return the answer to a task; submit the task if it is new, and return None meanwhile.

        The name of a task begins with the exercise that it is about and a full stop, or with
        `NO_EXERCISE`. Raises ValueError if too many tasks wait.
        """
        answer = self.read(f"answers/{name}.json")
        if answer is not None:
            return dict(json.loads(answer))
        if not (self.folder / f"wishes/{name}.json").exists():
            if sum(1 for _ in self.pending_tasks()) >= MAX_PENDING:
                raise ValueError("others wait for the model too; try again in a minute")
            self.write(f"wishes/{name}.json", json.dumps(content))
        return None

    def discard_answer(self, name: str) -> None:
        """Remove an answer, so that the task can be submitted again."""
        (self.folder / f"answers/{name}.json").unlink(missing_ok=True)

    def pending_tasks(self) -> Iterator[tuple[str, Json]]:
        """Yield all tasks that wait: their names and contents."""
        for path in sorted((self.folder / "wishes").glob("*.json")):
            yield path.stem, json.loads(path.read_text(encoding="utf-8"))

    def complete(self, name: str, answer: Json) -> None:
        """Store the answer to a task."""
        self.write(f"answers/{name}.json", json.dumps(answer))
        (self.folder / f"wishes/{name}.json").unlink(missing_ok=True)


class StoredSheets:
    """The stored score sheets of an exercise."""

    def __init__(self, tasks: TaskStore, exercise: str) -> None:
        self.tasks, self.exercise = tasks, exercise

    def sheet(self, table: Table, role: str) -> ScoreSheet | PrivateAdvice | None:
        """Return a party's score sheet or a mediator's advice; None if there is none yet."""
        if table.stage in ("between", "ended"):
            return None
        return _read_sheet(self.tasks.folder / _sheet(self.exercise, table, role))


def _sheet(exercise: str, table: Table, role: str) -> str:
    return f"exercises/{exercise}/sheets/{table.number}.{table.round}.{role}.json"


def _read_sheet(path: Path) -> ScoreSheet | PrivateAdvice | None:
    try:
        return _parsed_sheet(path)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=2000)
def _parsed_sheet(path: Path) -> ScoreSheet | PrivateAdvice:
    sheet = json.loads(path.read_text(encoding="utf-8"))  # one seat's own: the path names it
    if "gains" in sheet:
        return PrivateAdvice(sheet["round"], {k: tuple(row) for k, row in sheet["gains"].items()})
    return ScoreSheet(
        sheet["round"], sheet["no_deal"], tuple(sheet["worth"]), tuple(sheet["passes"])
    )


def _age(path: Path) -> float:
    """Return the age of a file, in seconds."""
    return time.time() - path.stat().st_mtime


def error_location(error: BaseException) -> str:
    """Return what failed and where, without the message, which may hold what somebody wrote."""
    place = ""
    for frame, line in walk_tb(error.__traceback__):
        place = f" at {frame.f_code.co_filename}:{line}"
    return type(error).__name__ + place


def to_plain(record: Json) -> Json:
    """Return a record in JSON's own types; what is not a finite number is null."""
    return dict(json.loads(json.dumps(_plain(record))))


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
