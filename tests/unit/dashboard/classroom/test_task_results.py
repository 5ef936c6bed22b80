"""Task results are written whole or not at all, and removed with their exercise."""

import os
import time

import pytest

from dashboard.classroom.task_results import ANSWER_LIFETIME, NO_EXERCISE, TaskStore
from dashboard.classroom.worker import ExerciseRunner
from sim.classroom.commands import OpenLobby, Request
from sim.classroom.plan import ExercisePlan
from sim.classroom.storage.store import Store
from tests.support.players import NOW, read_once


def files(tasks):
    return sorted(str(path.relative_to(tasks.folder)) for path in tasks.folder.rglob("*.*"))


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    tasks = TaskStore(tmp_path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OSError, match="no room left"):
        tasks.save_debrief("one", {})
    assert files(tasks) == []


def test_papers_go_with_their_exercise_and_answers_when_they_are_old(tmp_path):
    tasks = TaskStore(tmp_path)
    for name in ("kept", "gone"):
        tasks.save_debrief(name, {})
        tasks.complete(f"{name}.1-1-news", {})
    for name in ("today", "long-ago"):
        tasks.complete(f"{NO_EXERCISE}.{name}", {})
    old = time.time() - ANSWER_LIFETIME - 1
    os.utime(tmp_path / f"answers/{NO_EXERCISE}.long-ago.json", (old, old))
    tasks.remove_stale({"kept"})
    answers = ["answers/kept.1-1-news.json", f"answers/{NO_EXERCISE}.today.json"]
    assert files(tasks) == [*answers, "exercises/kept/debrief.json"]


def test_an_exercise_that_nothing_is_due_for_is_not_read_again_until_somebody_acts(
    tmp_path, monkeypatch
):
    store, read = Store(f"sqlite:///{tmp_path}/classroom.sqlite"), []
    for name in ("one", "other"):
        store.create(ExercisePlan(title="Talks"), read_once("two-rivers"), NOW, exercise=name)
    state = store.state
    monkeypatch.setattr(store, "state", lambda name: read.append(name) or state(name))
    runner = ExerciseRunner(store, TaskStore(tmp_path / "desk"))
    try:
        for _ in range(3):
            runner.run_due()
        assert sorted(read) == ["one", "other"]
        store.submit("one", Request(by="instructor", key="open", act=OpenLobby()), NOW)
        runner.run_due()
        assert sorted(read) == ["one", "one", "other"]
        store.purge(NOW, "other")
        runner.tasks.save_debrief("other", {})
        runner.run_due()
        assert files(runner.tasks) == []
    finally:
        runner.pool.shutdown(cancel_futures=True)
        store.close()
