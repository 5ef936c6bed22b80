"""Who plays a sweep does not change a byte of it, and a worker that dies does not end it."""

import os
import signal
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from sim.sweep import ExecutionOptions, InterruptedSweepError, executors, run
from sim.sweep.executors import ExecutorError, choose_executor
from tests.support import saboteur
from tests.support.saboteur import VICTIM
from tests.support.studies import FEW
from tests.unit.sweep.test_execution import bytes_of


@pytest.fixture(autouse=True)
def in_time():
    """A worker that never comes back fails its test, and does not hang the suite."""

    def late(number, frame):
        raise TimeoutError("nothing has come back for eight minutes")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(480)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def others(sweep):
    """The rows of all runs but the victim."""
    return [row for row in sweep.runs.to_pylist() if row["run_id"] != VICTIM]


def kills(pids):
    """What kills a worker once some runs are played: by its number, as a system would."""
    alive = True

    def progress(done, failed, planned):
        nonlocal alive
        if done and alive:
            alive = False
            os.kill(next(iter(pids())), signal.SIGKILL)

    return progress


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_give_the_bytes_of_a_serial_sweep(
    study, tmp_path, monkeypatch, undisturbed, workers
):
    """The one is begun where all is imported already, which takes no seconds; two as always."""
    if workers == 1:
        begun = {"get_context": lambda method: saboteur.prepared()}
        monkeypatch.setattr(executors, "multiprocessing", SimpleNamespace(**begun))
    options = ExecutionOptions("process", workers, chunk_runs=3)
    assert bytes_of(run(study(FEW), tmp_path / "sweep", options=options)) == bytes_of(undisturbed)


def test_a_worker_that_is_killed_costs_its_chunk_a_retry_and_no_run(study, tmp_path, undisturbed):
    pools = []

    def begin():
        pools.append(saboteur.pool(saboteur.honest, 1))
        return pools[-1]

    progress = kills(lambda: pools[-1]._processes)
    options = ExecutionOptions(begin, 1, chunk_runs=2, progress=progress)
    sweep = run(study(FEW), tmp_path / "sweep", options=options)
    assert len(pools) == 2
    assert bytes_of(sweep) == bytes_of(undisturbed)


def test_a_run_that_its_worker_dies_of_is_a_row_and_all_others_are_played(
    study, tmp_path, undisturbed
):
    options = ExecutionOptions(lambda: saboteur.pool(saboteur.dies, 2), 2, chunk_runs=4)
    sweep = run(study(FEW), tmp_path / "sweep", options=options)
    assert sweep.manifest["counts"] == {"planned": 12, "ok": 11, "failed": 1}
    assert [(r["run_id"], r["exception"]) for r in sweep.failures.to_pylist()] == [
        (VICTIM, "WorkerLost")
    ]
    assert others(sweep) == others(undisturbed)


def test_an_unknown_engine_is_answered_with_those_that_there_are():
    with pytest.raises(ExecutorError, match="serial, process, dask"), choose_executor("ray"):
        pass


def test_a_cluster_without_workers_is_not_waited_for_forever(study, tmp_path, monkeypatch):
    monkeypatch.setattr(executors, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(executors, "PATIENCE", 0.05)

    class Deserted(Executor):
        def submit(self, fn, /, *args, **kwargs):
            return Future()

    deserted = executors.ChunkExecutor(Deserted, 1, has_workers=lambda: False)
    monkeypatch.setattr(executors, "choose_executor", lambda *_: nullcontext(deserted))
    with pytest.raises(InterruptedSweepError, match="no worker"):
        run(study(FEW), tmp_path / "sweep", options=ExecutionOptions(chunk_runs=100))


@pytest.mark.filterwarnings("default")
def test_a_dask_cluster_gives_the_same_bytes_though_a_worker_is_killed(
    study, tmp_path, undisturbed
):
    distributed = pytest.importorskip("distributed")
    cluster_options = {
        "n_workers": 1,
        "threads_per_worker": 1,
        "processes": True,
        "dashboard_address": None,
    }
    with (
        distributed.LocalCluster(**cluster_options) as cluster,
        distributed.Client(cluster) as client,
    ):
        name = cluster.scheduler_address.replace("tcp://", "dask://")
        pids = client.run(os.getpid)
        options = ExecutionOptions(name, chunk_runs=2, progress=kills(pids.values))
        assert bytes_of(run(study(FEW), tmp_path / "killed", options=options)) == bytes_of(
            undisturbed
        )


@pytest.mark.filterwarnings("default")
def test_a_run_that_dask_workers_die_of_is_a_row_and_all_others_are_played(
    study, tmp_path, monkeypatch, undisturbed
):
    """In a cluster of this machine's own.

    Dask closes a place whose worker has not come back in time; were that short, it could close one
    that just comes back with the chunk of an innocent run.
    """
    dask = pytest.importorskip("dask")
    pytest.importorskip("distributed")
    monkeypatch.setattr(executors, "LOOK_EVERY", 0.5)
    tampered = {
        "distributed.worker.preload": [str(Path(saboteur.__file__).with_name("flawed_worker.py"))],
        "distributed.deploy.lost-worker-timeout": "40s",
    }
    with dask.config.set(tampered):
        sweep = run(
            study(FEW), tmp_path / "sweep", options=ExecutionOptions("dask", 1, chunk_runs=1)
        )
    assert sweep.manifest["counts"] == {"planned": 12, "ok": 11, "failed": 1}
    assert sweep.failures["run_id"].to_pylist() == [VICTIM]
    assert others(sweep) == others(undisturbed)


def test_a_scheduler_that_there_is_not_is_said_to_be_none():
    pytest.importorskip("distributed")
    with (
        pytest.raises(ExecutorError, match="no Dask scheduler at 'nowhere'"),
        choose_executor("dask://nowhere"),
    ):
        pass


def test_seven_at_once_give_the_bytes_of_one_whoever_is_done_first(study, tmp_path, undisturbed):
    """Threads of this process, which take no start; the last chunk to be begun is done first."""
    first = threading.Event()

    class Overtaken(ThreadPoolExecutor):
        def submit(self, fn, /, task):
            def late(task):
                if task.run_id[0] == 0:
                    assert first.wait(300)
                result = fn(task)
                first.set()
                return result

            return super().submit(late, task)

    done = []
    with Overtaken(7) as pool:
        options = ExecutionOptions(
            pool, 7, chunk_runs=1, progress=lambda *counts: done.append(counts)
        )
        sweep = run(study(FEW), tmp_path / "sweep", options=options)
    assert [runs for runs, _, _ in done] == list(range(13))
    assert bytes_of(sweep) == bytes_of(undisturbed)
