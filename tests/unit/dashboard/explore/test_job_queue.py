"""Questions are answered outside this process, once each, and nothing is lost by an accident."""

import json
import os
import signal
import time
from dataclasses import replace

import pytest

from dashboard.common.disk_cache import Cache
from dashboard.explore.job_queue import (
    AWAITED,
    EARLY,
    PREPARED,
    QUEUE_FULL,
    WALL,
    WORKER_LOST,
    Job,
    JobQueue,
)
from dashboard.explore.query import Query, QueryArm

SMALL = Query("headline", (QueryArm("two-rivers"),), 20, 1, 20)
LONG = replace(SMALL, runs=10_000, days=180)
ENDLESS = replace(LONG, runs=1_000_000)


@pytest.fixture(scope="module")
def queue(tmp_path_factory):
    """One worker with a cache of its own; every test asks what no other did."""
    queue = JobQueue(tmp_path_factory.mktemp("line") / "answers", workers=1)
    yield queue
    queue.close()


def finished(job: Job, seconds: float = 300.0) -> Job:
    """The job when it is over."""
    end = time.monotonic() + seconds
    while not job.finished:
        assert time.monotonic() < end, f"{job.state}: {job.status_text}"
        job.wait(job.changes, 1.0)
    return job


def running(job: Job) -> Job:
    """The job once a worker plays it."""
    end = time.monotonic() + 300
    while not job.status_text.endswith("played"):
        assert time.monotonic() < end
        job.wait(job.changes, 1.0)
    return job


def test_an_answer_is_computed_once_and_survives_a_restart(queue):
    first = finished(queue.submit(SMALL))
    assert first.state == "done"
    assert queue.submit(SMALL).state == "done"
    again = JobQueue(queue.cache.folder, workers=1)
    try:
        assert again.cached_answer(SMALL) == first.answer
    finally:
        again.close()


def test_a_killed_worker_fails_its_job_with_a_sentence_and_the_next_question_works(queue):
    lost = running(queue.submit(LONG))
    (pid,) = queue.pids()
    os.kill(pid, signal.SIGKILL)
    assert finished(lost).error == WORKER_LOST
    assert finished(queue.submit(replace(SMALL, seed=11))).state == "done"


def test_one_who_cancels_does_not_take_the_answer_from_another(queue):
    job = queue.submit(replace(SMALL, seed=13), "one")
    queue.submit(replace(SMALL, seed=13), "two")
    queue.cancel(job, "one")
    assert finished(job).state == "done"


def test_what_comes_first_while_a_worker_is_busy_and_cancelling_frees_it(queue, monkeypatch):
    answered = []
    handle_message = queue.handle_message

    def noting(job, kind, content):
        handle_message(job, kind, content)
        answered.extend([job] if job.finished else [])

    monkeypatch.setattr(queue, "handle_message", noting)
    busy = running(queue.submit(LONG, "one"))
    prepared, wall, awaited, early = (
        queue.submit(replace(SMALL, seed=seed), "one", priority)
        for seed, priority in ((3, PREPARED), (6, WALL), (4, AWAITED), (5, EARLY))
    )
    assert queue.submit(replace(SMALL, seed=4), "two") is awaited  # one job for both
    dropped = queue.submit(replace(LONG, seed=2), "one")
    queue.withdraw(dropped, "one")  # nobody waits for it any more
    assert dropped.state == "cancelled"
    queue.cancel(busy, "one")
    assert busy.state == "cancelled"
    finished(prepared)
    assert answered == [early, awaited, wall, prepared]
    assert {job.state for job in answered} == {"done"}


def test_one_of_two_workers_stays_free_of_what_is_only_prepared(tmp_path):
    queue = JobQueue(tmp_path / "answers", workers=2)
    try:
        prepared = [queue.submit(replace(ENDLESS, seed=seed), "", PREPARED) for seed in (1, 2)]
        assert finished(queue.submit(replace(SMALL, seed=14))).state == "done"
        assert prepared[1].state == "waiting"
    finally:
        queue.close()


def test_what_cannot_be_asked_is_answered_with_the_way_out(queue):
    wrong = replace(SMALL, arms=(QueryArm("two-rivers", (("leaks", 99.0),)),))
    assert "lies between" in finished(queue.submit(wrong)).error


def test_a_line_that_is_very_long_takes_no_more_and_says_so(queue, monkeypatch):
    monkeypatch.setattr("dashboard.explore.job_queue.MAX_WAITING", 1)
    busy = queue.submit(replace(ENDLESS, seed=21), "one")
    assert queue.submit(replace(SMALL, seed=22)).error == QUEUE_FULL
    assert queue.submit(replace(ENDLESS, seed=21), "two") is busy
    for client in ("one", "two"):
        queue.cancel(busy, client)
    assert finished(queue.submit(replace(SMALL, seed=22))).state == "done"


def test_equal_questions_have_equal_keys_and_others_do_not():
    arm = QueryArm("two-rivers", (("leaks", 0.0),))
    keys = {
        question.key()
        for question in (
            SMALL,
            replace(SMALL, seed=2),
            replace(SMALL, runs=21),
            replace(SMALL, days=21),
            replace(SMALL, kind="talks"),
            replace(SMALL, arms=(arm,)),
            replace(SMALL, arms=(QueryArm("two-rivers", (), (("truce.batch_every_days", "2"),)),)),
        )
    }
    assert len(keys) == 7
    assert Query.from_json(json.loads(json.dumps(SMALL.as_json()))).key() == SMALL.key()


def test_the_cache_throws_away_what_was_used_least_recently(tmp_path):
    cache = Cache(tmp_path, max_bytes=250)
    for age, name in enumerate(("old", "middle")):
        cache.put(name, bytes(100))
        os.utime(tmp_path / name, (age, age))
    cache.get("old")
    cache.put("new", bytes(100))
    assert cache.get("middle") is None
    assert cache.get("old") is not None
    assert cache.get("new") is not None


def test_half_a_file_counts_as_none(tmp_path):
    cache = Cache(tmp_path)
    cache.put("answer.json", b'{"half": ')
    assert cache.get_json("answer.json") is None
    assert cache.get("answer.json") is None


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path):
    (tmp_path / "file").write_text("in the way")
    Cache(tmp_path / "file" / "below").put("answer.json", b"{}")
