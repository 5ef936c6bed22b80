"""Papers that the worker lays down and pages pick up: score sheets, debriefs, rehearsals.

They are files in a folder of this user's own. All of them follow from the log, and can be made
again; none is the only copy of anything.
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

from sim.classroom.state import Table
from sim.classroom.table_model import PrivateAdvice, ScoreSheet
from sim.io.atomic_write import write_atomically
from sim.types import Json

#: Rehearsals and what-ifs that wait at a time.
MOST_WISHES = 8

#: What the names of wishes begin with that are about no exercise.
OF_NOBODY = "rehearsal"

#: Seconds for which answers to wishes are kept.
ANSWERS_KEPT = 7 * 24 * 3600


class TaskStore:
    """A folder of papers, one file each."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        """Lay down a paper, whole or not at all."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(path, text)

    def read(self, name: str) -> str | None:
        """A paper, if it is there."""
        with suppress(FileNotFoundError):
            return (self.folder / name).read_text(encoding="utf-8")
        return None

    def clear(self, exercises: set[str]) -> None:
        """Throw away the papers of exercises that are no longer kept, and old answers."""
        for path in (self.folder / "exercises").glob("*"):
            if path.name not in exercises:
                shutil.rmtree(path, ignore_errors=True)
        for path in (self.folder / "answers").glob("*.json"):
            of = path.name.split(".")[0]
            with suppress(FileNotFoundError):
                if of not in (OF_NOBODY, *exercises) or _age(path) > ANSWERS_KEPT:
                    path.unlink()

    # -- score sheets --------------------------------------------------------------------------

    def keep_sheet(
        self, exercise: str, table: Table, role: str, sheet: ScoreSheet | PrivateAdvice
    ) -> None:
        """Lay down what a seat knows of its own interest in this round."""
        self.write(_sheet(exercise, table, role), json.dumps(asdict(sheet)))

    def sheets(self, exercise: str) -> KeptSheets:
        """The score sheets of an exercise, for `view_for`."""
        return KeptSheets(self, exercise)

    # -- what takes long -----------------------------------------------------------------------

    def debrief(self, exercise: str) -> Json | None:
        """What a class looks back on, once it is there."""
        text = self.read(f"exercises/{exercise}/debrief.json")
        return json.loads(text) if text else None

    def has_debrief(self, exercise: str) -> bool:
        """Whether there is a debrief."""
        return (self.folder / f"exercises/{exercise}/debrief.json").exists()

    def keep_debrief(self, exercise: str, found: Json) -> None:
        """Lay down what a class looks back on."""
        self.write(f"exercises/{exercise}/debrief.json", json.dumps(found))

    # -- what went wrong -----------------------------------------------------------------------

    def trouble(self, exercise: str) -> str:
        """What the worker could not do for an exercise; empty where all is well."""
        return self.read(f"exercises/{exercise}/trouble") or ""

    def keep_trouble(self, exercise: str, words: str) -> None:
        """Say what could not be done; it is left alone until somebody asks to try again."""
        self.write(f"exercises/{exercise}/trouble", words)

    def try_again(self, exercise: str) -> None:
        """Let the worker try once more."""
        (self.folder / f"exercises/{exercise}/trouble").unlink(missing_ok=True)

    def wish(self, name: str, content: Json) -> Json | None:
        """The answer to a wish; what nobody has wished for yet is put in line.

        Its name begins with the exercise that it is about and a full stop, or with `OF_NOBODY`.
        None while it is not there. Raises ValueError where too many wait.
        """
        answer = self.read(f"answers/{name}.json")
        if answer is not None:
            return dict(json.loads(answer))
        if not (self.folder / f"wishes/{name}.json").exists():
            if sum(1 for _ in self.wishes()) >= MOST_WISHES:
                raise ValueError("others wait for the model too; try again in a minute")
            self.write(f"wishes/{name}.json", json.dumps(content))
        return None

    def forget(self, name: str) -> None:
        """Throw an answer away, so that the wish can be made again."""
        (self.folder / f"answers/{name}.json").unlink(missing_ok=True)

    def wishes(self) -> Iterator[tuple[str, Json]]:
        """All wishes that wait, by name."""
        for path in sorted((self.folder / "wishes").glob("*.json")):
            yield path.stem, json.loads(path.read_text(encoding="utf-8"))

    def grant(self, name: str, answer: Json) -> None:
        """Answer a wish."""
        self.write(f"answers/{name}.json", json.dumps(answer))
        (self.folder / f"wishes/{name}.json").unlink(missing_ok=True)


class KeptSheets:
    """Score sheets as the worker laid them down."""

    def __init__(self, desk: TaskStore, exercise: str) -> None:
        self.desk, self.exercise = desk, exercise

    def sheet(self, table: Table, role: str) -> ScoreSheet | PrivateAdvice | None:
        """A seat's own score sheet, or a mediator's sense of the parties."""
        if table.stage in ("between", "ended"):
            return None
        return _read_sheet(self.desk.folder / _sheet(self.exercise, table, role))


def _sheet(exercise: str, table: Table, role: str) -> str:
    return f"exercises/{exercise}/sheets/{table.number}.{table.round}.{role}.json"


def _read_sheet(path: Path) -> ScoreSheet | PrivateAdvice | None:
    try:
        return _parsed_sheet(path)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=2000)
def _parsed_sheet(path: Path) -> ScoreSheet | PrivateAdvice:
    found = json.loads(path.read_text(encoding="utf-8"))  # one seat's own: the path names it
    if "gains" in found:
        return PrivateAdvice(found["round"], {k: tuple(row) for k, row in found["gains"].items()})
    return ScoreSheet(
        found["round"], found["no_deal"], tuple(found["worth"]), tuple(found["passes"])
    )


def _age(path: Path) -> float:
    """How long ago a paper was laid down, in seconds."""
    return time.time() - path.stat().st_mtime


def what_failed(error: BaseException) -> str:
    """What failed and where, for a log: without its message, which may hold what somebody wrote."""
    place = ""
    for frame, line in walk_tb(error.__traceback__):
        place = f" at {frame.f_code.co_filename}:{line}"
    return type(error).__name__ + place
