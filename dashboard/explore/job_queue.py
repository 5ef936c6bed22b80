"""Computation outside the web process: questions wait in line, workers answer them.

A question that several visitors ask is one job and is computed once. What somebody watches comes
before what is only prepared, a quick estimate before a long answer, and a visitor's own question
before those on a class wall. A worker that dies fails its job with a sentence; the next question
starts a new one.
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
from dashboard.common.disk_cache import MOST_BYTES, Cache
from dashboard.explore.query import Query
from dashboard.explore.worker import ANSWER, PARTIAL, PROGRESS, READY, WRONG
from sim.types import Json

State = Literal["waiting", "running", "done", "failed", "cancelled"]

#: What comes first: an early estimate, an answer somebody waits for, what hangs on a class wall,
#: what is only prepared.
EARLY, AWAITED, WALL, PREPARED = range(4)

#: Answers kept in memory.
ANSWERS_KEPT = 64

#: Questions without an answer at a time, of everybody together.
MOST_WAITING = 500

FULL = "Very many questions wait for an answer. Ask again in a minute."
LOST = "The computation was interrupted: its process ended. Nothing else is lost; ask again."
CANCELLED = "You cancelled this. Ask again when you like."

log = logging.getLogger(__name__)


@dataclass
class Job:
    """A question on its way to its answer.

    Whoever waits reads the fields; only `Jobs` writes them. `changes` counts the news.
    """

    question: Query
    key: str
    state: State = "waiting"
    progress: float = 0.0
    words: str = "Waiting for a free worker"
    partial: Json | None = None
    answer: Json | None = None
    error: str = ""
    changes: int = 0
    askers: set[str] = field(default_factory=set)
    news: threading.Condition = field(default_factory=threading.Condition, repr=False)

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "failed", "cancelled")

    def wait(self, seen: int, seconds: float) -> int:
        """Wait until there is news beyond what was seen; returns how much there has been."""
        with self.news:
            self.news.wait_for(lambda: self.changes > seen or self.over, seconds)
            return self.changes

    def tell(self, **facts: Any) -> None:
        """Set some of the fields, and wake whoever waits."""
        with self.news:
            for name, value in facts.items():
                setattr(self, name, value)
            self.changes += 1
            self.news.notify_all()


class Jobs:
    """The line of questions and the workers that answer it.

    `folder` holds the cache of answers, of at most `most_bytes`.
    """

    def __init__(
        self, folder: Path, workers: int | None = None, most_bytes: int = MOST_BYTES
    ) -> None:
        self.cache = Cache(folder, most_bytes)
        self._lock = threading.Condition()
        self._line: list[tuple[int, int, Job]] = []
        self._order = itertools.count()
        self._jobs: dict[str, Job] = {}  # under way
        self._answers: OrderedDict[str, Json] = OrderedDict()
        self._open = True
        # One worker prepares; the others are free for whoever comes meanwhile.
        count = workers or paths.workers()
        self._hands = [_Hand(self, prepares=number == 0) for number in range(count)]

    # --- For those who ask

    def ask(self, question: Query, asker: str = "", priority: int = AWAITED) -> Job:
        """Put a question in line, or join those who asked it; what is known is done at once."""
        key = question.key()
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                job = Job(question, key)
                known = self._known(key)
                if known is not None:
                    job.tell(state="done", progress=1.0, answer=known)
                    return job
                if len(self._jobs) >= MOST_WAITING:
                    job.tell(state="failed", error=FULL)
                    return job
                self._jobs[key] = job
            job.askers.add(asker)
            if job.state == "waiting":  # perhaps a second time, and sooner: the first counts
                heapq.heappush(self._line, (priority, next(self._order), job))
                self._lock.notify_all()
            return job

    def known(self, question: Query) -> Json | None:
        """The answer if there is one already."""
        key = question.key()
        with self._lock:
            return self._known(key)

    def drop(self, job: Job, asker: str) -> None:
        """One asker has lost interest: what nobody wants and nobody has begun leaves the line."""
        with self._lock:
            job.askers.discard(asker)
            if not job.askers and job.state == "waiting":
                self._end(job, state="cancelled", error=CANCELLED)

    def cancel(self, job: Job, asker: str) -> None:
        """One asker gives up: unless others wait, the work stops, and its worker is replaced."""
        with self._lock:
            job.askers.discard(asker)
            if job.askers or job.over:
                return
            self._end(job, state="cancelled", error=CANCELLED)
            for hand in self._hands:
                if hand.job is job:
                    hand.kill()

    def waiting(self) -> int:
        """How many questions have no answer yet."""
        return len(self._jobs)

    def pids(self) -> list[int]:
        """The processes of the workers."""
        return [hand.process.pid for hand in self._hands if hand.process is not None]

    def close(self) -> None:
        """End the workers; questions without an answer fail."""
        with self._lock:
            self._open = False
            for job in list(self._jobs.values()):
                self._end(job, state="failed", error=LOST)
            for hand in self._hands:
                hand.kill()
            self._lock.notify_all()
        for hand in self._hands:
            hand.thread.join(timeout=5)

    # --- For the workers

    def take(self, prepares: bool = True) -> Job | None:
        """The next job, waiting for one, to prepare something only if asked; None at the end."""
        most = PREPARED if prepares else WALL
        with self._lock:
            while True:
                self._lock.wait_for(
                    lambda: (self._line and self._line[0][0] <= most) or not self._open
                )
                if not self._open:
                    return None
                job = heapq.heappop(self._line)[2]
                if job.state == "waiting":
                    job.tell(state="running", words="Beginning")
                    return job

    def deliver(self, job: Job, kind: str, content: Any) -> None:
        """What a worker wrote about a job."""
        with self._lock:
            if job.over:
                return
            if kind == PROGRESS:
                job.tell(progress=float(content[0]), words=str(content[1]))
            elif kind == PARTIAL:
                job.tell(partial=content)
            elif kind == ANSWER:
                self._keep(job.key, content)
                self._end(job, state="done", progress=1.0, answer=content)
            elif kind == WRONG:
                self._end(job, state="failed", error=content)

    def lose(self, job: Job) -> None:
        """The worker of a job has died."""
        with self._lock:
            if not job.over:
                self._end(job, state="failed", error=LOST)

    def _end(self, job: Job, **facts: Any) -> None:
        self._jobs.pop(job.key, None)
        job.tell(**facts)

    def _known(self, key: str) -> Json | None:
        if key in self._answers:
            self._answers.move_to_end(key)
            return self._answers[key]
        found: Json | None = self.cache.get_json(f"{key}.json")
        if found is not None:
            self._keep(key, found)
        return found

    def _keep(self, key: str, answer: Json) -> None:
        self._answers[key] = answer
        while len(self._answers) > ANSWERS_KEPT:
            self._answers.popitem(last=False)


class _Hand:
    """A thread that hands jobs to one worker process, and starts another when it dies."""

    def __init__(self, jobs: Jobs, prepares: bool) -> None:
        self.jobs = jobs
        self.prepares = prepares
        self.job: Job | None = None
        self.process: subprocess.Popen[str] | None = None
        self.thread = threading.Thread(target=self._serve, name="parley-hand", daemon=True)
        self.thread.start()

    def kill(self) -> None:
        """End the process; whatever it was doing is lost."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()

    def _serve(self) -> None:
        self._start()
        while (job := self.jobs.take(self.prepares)) is not None:
            self.job = job
            try:
                self._work(job)
            except (OSError, ValueError) as error:  # a broken pipe, or half a line
                log.warning("a worker was lost: %s", error)
                self._stop()
            finally:
                self.job = None
                self.jobs.lose(job)
        self._stop()

    def _work(self, job: Job) -> None:
        """Ask the process and pass on what it says, until the answer ends or the process does."""
        process = self.process
        if process is None or process.poll() is not None:
            process = self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(job.question.as_json()) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            kind, content = json.loads(line)
            if kind != READY:
                self.jobs.deliver(job, kind, content)
            if kind in (ANSWER, WRONG):
                return
        log.warning("a worker ended before its answer")
        self._stop()

    def _start(self) -> subprocess.Popen[str]:
        """Start a worker."""
        self._stop()
        cache = self.jobs.cache
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "dashboard.explore.worker",
                str(cache.folder),
                str(cache.most_bytes),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=server_lifecycle.environment(),
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C is for the server, which ends its workers
        )
        return self.process

    def _stop(self) -> None:
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


# --- The one of this server

_shared: Jobs | None = None
_shared_lock = threading.Lock()


def jobs() -> Jobs:
    """The line of this server; it begins with the server or with the first question."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = Jobs(paths.home() / "answers")
        return _shared


def close() -> None:
    """End the workers of this server."""
    global _shared
    with _shared_lock:
        if _shared is not None:
            _shared.close()
        _shared = None
