"""A priority queue of jobs, and the worker processes that compute them outside the web process.

A query that several visitors send is one job and is computed once. Early estimates come first, then
the answers that somebody waits for, then those for a class wall, then what is only prepared. If a
worker process dies, its job fails with a sentence, and the next job starts another process.
"""

from __future__ import annotations

import heapq
import itertools
import json
import logging
import subprocess
import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dashboard.common import paths, server_lifecycle
from dashboard.common.disk_cache import MAX_BYTES, Cache
from dashboard.explore.query import Query
from dashboard.explore.worker import ANSWER, FAILED, PARTIAL, PROGRESS, READY
from sim.types import Json

State = Literal["waiting", "running", "done", "failed", "cancelled"]

#: Priorities, the most urgent first: an early estimate, an answer that somebody waits for, one for
#: a class wall, one that is only prepared.
EARLY, AWAITED, WALL, PREPARED = range(4)

#: Answers kept in memory.
MAX_ANSWERS_IN_MEMORY = 64

#: Unanswered jobs at a time, of all visitors together.
MAX_WAITING = 500

QUEUE_FULL = "Very many questions wait for an answer. Ask again in a minute."
WORKER_LOST = "The computation was interrupted: its process ended. Nothing else is lost; ask again."
CANCELLED = "You cancelled this. Ask again when you like."

log = logging.getLogger(__name__)


@dataclass
class Job:
    """A query and its progress towards an answer.

    Pages read the fields; only `JobQueue` writes them. `changes` counts the updates.
    """

    query: Query
    key: str
    state: State = "waiting"
    progress: float = 0.0
    status_text: str = "Waiting for a free worker"
    partial: Json | None = None
    answer: Json | None = None
    error: str = ""
    changes: int = 0
    clients: set[str] = field(default_factory=set)
    changed: threading.Condition = field(default_factory=threading.Condition, repr=False)

    @property
    def finished(self) -> bool:
        """Return whether the job has ended, with an answer or without."""
        return self.state in ("done", "failed", "cancelled")

    def wait(self, seen: int, seconds: float) -> int:
        """Wait until the job has changed more often than `seen`; return its count of changes."""
        with self.changed:
            self.changed.wait_for(lambda: self.changes > seen or self.finished, seconds)
            return self.changes

    def update(self, **values: Any) -> None:
        """Set some of the fields and wake all who wait."""
        with self.changed:
            for name, value in values.items():
                setattr(self, name, value)
            self.changes += 1
            self.changed.notify_all()


class JobQueue:
    """A priority queue of jobs and the workers that compute them.

    `folder` holds the cache of answers, of at most `max_bytes`.
    """

    def __init__(
        self, folder: Path, workers: int | None = None, max_bytes: int = MAX_BYTES
    ) -> None:
        self.cache = Cache(folder, max_bytes)
        self._lock = threading.Condition()
        self._heap: list[tuple[int, int, Job]] = []
        self._counter = itertools.count()
        self._jobs: dict[str, Job] = {}  # unanswered, by key
        self._answers: OrderedDict[str, Json] = OrderedDict()
        self._is_open = True
        # One worker takes prepared jobs; the others stay free for visitors.
        count = workers or paths.worker_count()
        self._workers = [WorkerThread(self, takes_prepared=number == 0) for number in range(count)]

    # --- For pages

    def submit(self, query: Query, client: str = "", priority: int = AWAITED) -> Job:
        """Add a query, or join the job that computes it; a cached answer is returned at once."""
        key = query.key()
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                job = Job(query, key)
                answer = self._cached(key)
                if answer is not None:
                    job.update(state="done", progress=1.0, answer=answer)
                    return job
                if len(self._jobs) >= MAX_WAITING:
                    job.update(state="failed", error=QUEUE_FULL)
                    return job
                self._jobs[key] = job
            job.clients.add(client)
            if (
                job.state == "waiting"
            ):  # perhaps again with another priority: the first to come up counts
                heapq.heappush(self._heap, (priority, next(self._counter), job))
                self._lock.notify_all()
            return job

    def cached_answer(self, query: Query) -> Json | None:
        """Return the answer if it is already known."""
        key = query.key()
        with self._lock:
            return self._cached(key)

    def withdraw(self, job: Job, client: str) -> None:
        """Remove a client from a job; a waiting job without clients leaves the queue."""
        with self._lock:
            job.clients.discard(client)
            if not job.clients and job.state == "waiting":
                self._finish(job, state="cancelled", error=CANCELLED)

    def cancel(self, job: Job, client: str) -> None:
        """Remove a client from a job; without others the work stops and its process ends."""
        with self._lock:
            job.clients.discard(client)
            if job.clients or job.finished:
                return
            self._finish(job, state="cancelled", error=CANCELLED)
            for worker in self._workers:
                if worker.job is job:
                    worker.kill()

    def unanswered_count(self) -> int:
        """Return how many jobs have no answer yet."""
        return len(self._jobs)

    def pids(self) -> list[int]:
        """Return the process ids of the workers."""
        return [worker.process.pid for worker in self._workers if worker.process is not None]

    def close(self) -> None:
        """End the workers; jobs without an answer fail."""
        with self._lock:
            self._is_open = False
            for job in list(self._jobs.values()):
                self._finish(job, state="failed", error=WORKER_LOST)
            for worker in self._workers:
                worker.kill()
            self._lock.notify_all()
        for worker in self._workers:
            worker.thread.join(timeout=5)

    # --- For the workers

    def next_job(self, takes_prepared: bool = True) -> Job | None:
        """Wait for the next job and return it; None once the queue is closed."""
        lowest_priority = PREPARED if takes_prepared else WALL
        with self._lock:
            while True:
                self._lock.wait_for(
                    lambda: (
                        (self._heap and self._heap[0][0] <= lowest_priority) or not self._is_open
                    )
                )
                if not self._is_open:
                    return None
                job = heapq.heappop(self._heap)[2]
                if job.state == "waiting":
                    job.update(state="running", status_text="Beginning")
                    return job

    def handle_message(self, job: Job, kind: str, content: Any) -> None:
        """Update a job by what its worker wrote."""
        with self._lock:
            if job.finished:
                return
            if kind == PROGRESS:
                job.update(progress=float(content[0]), status_text=str(content[1]))
            elif kind == PARTIAL:
                job.update(partial=content)
            elif kind == ANSWER:
                self._remember(job.key, content)
                self._finish(job, state="done", progress=1.0, answer=content)
            elif kind == FAILED:
                self._finish(job, state="failed", error=content)

    def fail(self, job: Job) -> None:
        """Mark a job as failed because its worker ended, unless it is finished."""
        with self._lock:
            if not job.finished:
                self._finish(job, state="failed", error=WORKER_LOST)

    def _finish(self, job: Job, **values: Any) -> None:
        self._jobs.pop(job.key, None)
        job.update(**values)

    def _cached(self, key: str) -> Json | None:
        if key in self._answers:
            self._answers.move_to_end(key)
            return self._answers[key]
        answer: Json | None = self.cache.get_json(f"{key}.json")
        if answer is not None:
            self._remember(key, answer)
        return answer

    def _remember(self, key: str, answer: Json) -> None:
        self._answers[key] = answer
        while len(self._answers) > MAX_ANSWERS_IN_MEMORY:
            self._answers.popitem(last=False)


class WorkerThread:
    """A thread that passes jobs to one worker process and restarts it when it dies."""

    def __init__(self, queue: JobQueue, takes_prepared: bool) -> None:
        self.queue = queue
        self.takes_prepared = takes_prepared
        self.job: Job | None = None
        self.process: subprocess.Popen[str] | None = None
        self.thread = threading.Thread(target=self._run, name="parley-worker", daemon=True)
        self.thread.start()

    def kill(self) -> None:
        """Kill the process; what it was computing is lost."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()

    def _run(self) -> None:
        self._start_process()
        while (job := self.queue.next_job(self.takes_prepared)) is not None:
            self.job = job
            try:
                self._answer(job)
            except (OSError, ValueError) as error:  # a broken pipe, or half a line
                log.warning("a worker was lost: %s", error)
                self._stop_process()
            finally:
                self.job = None
                self.queue.fail(job)
        self._stop_process()

    def _answer(self, job: Job) -> None:
        """Send a job to the process and pass on its messages until the answer is complete."""
        process = self.process
        if process is None or process.poll() is not None:
            process = self._start_process()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(job.query.as_json()) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            kind, content = json.loads(line)
            if kind != READY:
                self.queue.handle_message(job, kind, content)
            if kind in (ANSWER, FAILED):
                return
        log.warning("a worker ended before its answer")
        self._stop_process()

    def _start_process(self) -> subprocess.Popen[str]:
        """Start a worker process."""
        self._stop_process()
        cache = self.queue.cache
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "dashboard.explore.worker",
                str(cache.folder),
                str(cache.max_bytes),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=server_lifecycle.child_environment(),
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C is for the server, which ends its workers
        )
        return self.process

    def _stop_process(self) -> None:
        self.kill()
        if self.process is not None:
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    try:
                        pipe.close()
                    except OSError:
                        log.debug("the pipe of a dead worker was already broken")
            self.process = None


# --- The queue of this server

_shared: JobQueue | None = None
_shared_lock = threading.Lock()


def shared_queue() -> JobQueue:
    """Return the queue of this server, created at its first use."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = JobQueue(paths.home() / "answers")
        return _shared


def close() -> None:
    """End the workers of this server."""
    global _shared
    with _shared_lock:
        if _shared is not None:
            _shared.close()
        _shared = None
