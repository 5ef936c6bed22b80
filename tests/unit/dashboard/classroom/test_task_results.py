"""Papers on the desk: whole or not at all, and gone with what they are about."""

import os
import time

import pytest

from dashboard.classroom.task_results import ANSWERS_KEPT, OF_NOBODY, TaskStore
from dashboard.classroom.worker import Conductor
from sim.classroom.commands import OpenLobby, Request
from sim.classroom.plan import ExercisePlan
from sim.classroom.storage.store import Store
from tests.support.players import NOW, read_once


def papers(desk):
    return sorted(str(path.relative_to(desk.folder)) for path in desk.folder.rglob("*.*"))


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    desk = TaskStore(tmp_path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OSError, match="no room left"):
        desk.keep_debrief("one", {})
    assert papers(desk) == []


def test_papers_go_with_their_exercise_and_answers_when_they_are_old(tmp_path):
    desk = TaskStore(tmp_path)
    for name in ("kept", "gone"):
        desk.keep_debrief(name, {})
        desk.grant(f"{name}.1-1-news", {})
    for name in ("today", "long-ago"):
        desk.grant(f"{OF_NOBODY}.{name}", {})
    old = time.time() - ANSWERS_KEPT - 1
    os.utime(tmp_path / f"answers/{OF_NOBODY}.long-ago.json", (old, old))
    desk.clear({"kept"})
    answers = ["answers/kept.1-1-news.json", f"answers/{OF_NOBODY}.today.json"]
    assert papers(desk) == [*answers, "exercises/kept/debrief.json"]


def test_an_exercise_that_nothing_is_due_for_is_not_read_again_until_somebody_acts(
    tmp_path, monkeypatch
):
    store, read = Store(f"sqlite:///{tmp_path}/classroom.sqlite"), []
    for name in ("one", "other"):
        store.create(ExercisePlan(title="Talks"), read_once("two-rivers"), NOW, exercise=name)
    state = store.state
    monkeypatch.setattr(store, "state", lambda name: read.append(name) or state(name))
    conductor = Conductor(store, TaskStore(tmp_path / "desk"))
    try:
        for _ in range(3):
            conductor.go_on()
        assert sorted(read) == ["one", "other"]
        store.submit("one", Request(by="instructor", key="open", act=OpenLobby()), NOW)
        conductor.go_on()
        assert sorted(read) == ["one", "one", "other"]
        store.purge(NOW, "other")
        conductor.desk.keep_debrief("other", {})
        conductor.go_on()
        assert papers(conductor.desk) == []
    finally:
        conductor.pool.shutdown(cancel_futures=True)
        store.close()
