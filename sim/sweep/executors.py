"""Choose who plays the chunks: this process, several processes, or a Dask cluster.

An executor is any `concurrent.futures.Executor` that can be started anew. When a worker dies,
it is unknown which of the chunks under way it died of; so each of them is played again by itself,
and one that costs a worker again is divided until the run that does it stands alone. That run
becomes a failure; all others are played. A pool that replaces its workers by itself (loky) would
spare us `restart` only: it does not say either which chunk a worker died of.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing import connection
from typing import Any

from sim.sweep.chunk import ChunkResult, ChunkTask, failed_result, run_chunk
from sim.sweep.result_folder import Chunk

#: How often a run may cost a worker before it counts as failed.
TRIES = 2

#: Into how many parts a chunk is divided that costs a worker: a death costs more than a start.
PARTS = 8

#: How many chunks are under way for each worker: one is played, another waits for it.
AHEAD = 2

#: How often it is looked whether there are workers at all, and how long none may be there.
LOOK_EVERY, PATIENCE = 5.0, 300.0

Work = tuple[Chunk, ChunkTask]


class ExecutorError(ValueError):
    """Report an executor that there is not; the message says which there are."""


class NoWorkersError(RuntimeError):
    """Report a cluster that has had no workers for too long."""


@dataclass
class ChunkExecutor:
    """Hold an executor, how to start it anew, and how many chunks keep it busy."""

    start: Callable[[], Executor]
    capacity: int
    worker_errors: tuple[type[BaseException], ...] = (
        BrokenExecutor,
    )  # what says that a worker died
    has_workers: Callable[[], bool] = lambda: True  # whether there is any worker
    executor: Executor = field(init=False)

    def __post_init__(self) -> None:
        self.executor = self.start()

    def submit(self, task: ChunkTask) -> Future[ChunkResult]:
        """Submit a task; a broken executor returns a future that raises its error."""
        try:
            return self.executor.submit(run_chunk, task)
        except self.worker_errors as error:
            future: Future[ChunkResult] = Future()
            future.set_exception(error)
            return future

    def wait_for_any(self, futures: Collection[Future[ChunkResult]]) -> set[Future[ChunkResult]]:
        """Return the futures that are done first. Raises NoWorkersError if none can be."""
        last_staffed = time.monotonic()
        while not (done := wait(futures, LOOK_EVERY, FIRST_COMPLETED).done):
            now = time.monotonic()
            last_staffed = now if self.has_workers() else last_staffed
            if now - last_staffed > PATIENCE:
                raise NoWorkersError(f"the cluster has had no worker for {PATIENCE:.0f} seconds")
        return done

    def restart(self) -> None:
        """Start the executor anew, after it broke with its worker."""
        self.executor.shutdown(wait=False)
        self.executor = self.start()


class SerialExecutor(Executor):
    """Play in this process, at once."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call a function and return what came of it."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def choose_executor(
    executor: str | Executor | Callable[[], Executor], workers: int | None = None
) -> Iterator[ChunkExecutor]:
    """Start the executor of a name: serial, process, dask, dask://HOST:PORT; or take one of yours.

    An executor that is handed over cannot be started anew when a worker dies: what it raises then
    ends the sweep, which can be resumed. A function that makes an executor can. Raises
    ExecutorError for another name.
    """
    workers = workers or usable_cores()
    if isinstance(executor, Executor):
        yield ChunkExecutor(lambda: executor, AHEAD * workers, ())
    elif not isinstance(executor, str):
        chunk_executor = ChunkExecutor(executor, AHEAD * workers)
        try:
            yield chunk_executor
        finally:
            chunk_executor.executor.shutdown(cancel_futures=True)
    elif executor == "serial":
        yield ChunkExecutor(SerialExecutor, 1)
    elif executor == "process":
        with choose_executor(lambda: _processes(workers), workers) as chunk_executor:
            yield chunk_executor
    elif executor == "dask" or executor.startswith("dask://"):
        with _dask(executor, workers) as chunk_executor:
            yield chunk_executor
    else:
        choices = "serial, process, dask (a cluster on this machine) and dask://HOST:PORT"
        raise ExecutorError(f"there is no engine '{executor}'; there are {choices}")


def worker_count(
    executor: str | Executor | Callable[[], Executor], workers: int | None = None
) -> int:
    """Return how many workers share the work; a scheduler elsewhere is asked."""
    if executor == "serial":
        return 1
    if workers is None and isinstance(executor, str) and executor.startswith("dask://"):
        with _dask(executor, 1) as chunk_executor:
            return chunk_executor.capacity // AHEAD
    return workers or usable_cores()


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processes(workers: int) -> ProcessPoolExecutor:
    # Mesa changes the global start method, so ours is named; forking is unsafe under threads.
    """Return an executor of so many worker processes."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=serve)


def serve() -> None:
    """Prepare a worker process: leave Ctrl-C to who started it, and end when that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    starter = multiprocessing.parent_process()
    if starter is not None:
        threading.Thread(target=_end_with, args=(starter.sentinel,), daemon=True).start()


def _end_with(starter: int) -> None:
    """End this process once the process that started it has ended."""
    connection.wait([starter])
    os._exit(0)  # nobody is left to report to


@contextmanager
def _dask(name: str, workers: int) -> Iterator[ChunkExecutor]:
    """Start an executor on a Dask cluster: at an address, or one on this machine."""
    try:
        dask, distributed = import_module("dask"), import_module("distributed")
    except ImportError:
        raise ExecutorError("Dask is not installed; install the extra `cluster`") from None
    address = name.removeprefix("dask").removeprefix("://")
    settings = {"distributed.scheduler.allowed-failures": TRIES - 1}
    with dask.config.set(settings):
        if address:
            with _scheduler(distributed, address) as client:
                yield _client_executor(client, distributed.KilledWorker)
            return
        with (
            distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            # Dask gives a worker up that dies again while it is being started; we do not.
            yield _client_executor(client, distributed.KilledWorker, lambda: cluster.scale(workers))


def _scheduler(distributed: Any, address: str) -> Any:
    """Return a client of the scheduler at an address. Raises ExecutorError where there is none."""
    try:
        return distributed.Client(f"tcp://{address}")
    except (OSError, ValueError) as error:
        raise ExecutorError(
            f"there is no Dask scheduler at '{address}' ({error}); `dask scheduler` starts one, "
            "and says its HOST:PORT"
        ) from None


def _client_executor(
    client: Any, killed: type[BaseException], add_workers: Callable[[], object] = lambda: None
) -> ChunkExecutor:
    """Return the executor of a Dask client, with what it raises when a worker dies."""

    def has_workers() -> bool:
        is_staffed = bool(client.nthreads())
        if not is_staffed:
            add_workers()
        return is_staffed

    cores = max(sum(client.nthreads().values()), 1)
    return ChunkExecutor(
        lambda: client.get_executor(pure=False),
        AHEAD * cores,
        (BrokenExecutor, killed),
        has_workers,
    )


def run_chunks(
    executor: ChunkExecutor, work: Iterator[Work], stopping: Callable[[], bool]
) -> Iterator[tuple[Chunk, ChunkResult]]:
    """Return what comes of the chunks, as they are done; only a few are under way at a time.

    Once `stopping()` is true, what is under way is finished and nothing else begun.
    """
    under_way: dict[Future[ChunkResult], Work] = {}
    suspects: list[Work] = []
    while True:
        while not stopping() and not suspects and len(under_way) < executor.capacity:
            following = next(work, None)
            if following is None:
                break
            under_way[executor.submit(following[1])] = following
        if not under_way:
            if not suspects or stopping():
                return
            executor.restart()
            for chunk, task in suspects:
                if not stopping():
                    yield chunk, _play_alone(executor, task)
            suspects = []
            continue
        for future in executor.wait_for_any(under_way):
            chunk, task = under_way.pop(future)
            try:
                result = future.result()
            except executor.worker_errors:
                suspects.append((chunk, task))
            else:
                yield chunk, result


def _play_alone(executor: ChunkExecutor, task: ChunkTask) -> ChunkResult:
    """Play a task with nothing else under way, so that it is sure what a worker dies of."""
    for _ in range(TRIES if len(task) == 1 else 1):
        try:
            return executor.wait_for_any([executor.submit(task)]).pop().result()
        except executor.worker_errors:
            executor.restart()
    if len(task) == 1:
        message = f"the worker that played this run died, {TRIES} times out of {TRIES}"
        return failed_result(task, "worker", "WorkerLost", message)
    return ChunkResult.joined([_play_alone(executor, part) for part in task.split(PARTS)])
