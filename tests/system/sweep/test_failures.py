"""A run that fails is a row; all others are as if nothing had happened."""

import threading
import time
from typing import ClassVar

import pytest
from typer.testing import CliRunner

from sim.cli.sweep import app as commands
from sim.sweep import ExecutionOptions, Sweep, TooManyFailuresError, chunk, resume, run
from sim.sweep.chunk import TookTooLongError, ended_after
from tests.support import saboteur
from tests.support.saboteur import VICTIM
from tests.support.studies import FEW
from tests.system.sweep.test_executors import others


@pytest.mark.parametrize("chunk_runs", [1, 4, 100])
def test_a_failed_run_is_a_row_and_costs_no_other(
    study, tmp_path, monkeypatch, undisturbed, chunk_runs
):
    monkeypatch.setattr(chunk, "play_rows", saboteur.fails)
    sweep = run(study(FEW), tmp_path / "sweep", options=ExecutionOptions(chunk_runs=chunk_runs))
    assert others(sweep) == others(undisturbed)
    assert sweep.manifest["counts"] == {"planned": 12, "ok": 11, "failed": 1}
    failure = sweep.failures.to_pylist()
    assert [row["run_id"] for row in failure] == [VICTIM]
    assert failure[0]["exception"] == "ZeroDivisionError"
    assert failure[0]["message"] == "no such luck"
    assert failure[0]["replay"] == f"parley sweep replay FOLDER {VICTIM}"
    assert "saboteur.py" in failure[0]["traceback"]
    assert str(tmp_path.home()) not in failure[0]["traceback"]
    row = next(row for row in sweep.runs.to_pylist() if row["run_id"] == VICTIM)
    assert row["status"] == "failed"
    assert row["ending"] is None


def test_failures_reconcile_and_end_the_command_with_1(study, tmp_path, monkeypatch):
    monkeypatch.setattr(chunk, "play_rows", saboteur.fails)
    study(FEW)
    words = ["run", str(tmp_path / "study.yaml"), "--out", str(tmp_path / "sweep")]
    done = CliRunner().invoke(commands, [*words, "--engine", "serial", "--quiet", "--json"])
    assert done.exit_code == 1
    assert '"failed": 1' in done.stdout
    assert "1 of 12 runs failed" in done.stderr


def test_too_many_failures_end_the_sweep_and_what_was_played_is_kept(study, tmp_path, monkeypatch):
    monkeypatch.setattr(chunk, "play_rows", saboteur.fails)
    with pytest.raises(TooManyFailuresError):
        run(study(FEW), tmp_path / "sweep", options=ExecutionOptions(chunk_runs=6, max_failures=0))
    assert Sweep(tmp_path / "sweep").status() == {
        "study": "rivers",
        "shard": None,
        "complete": False,
        "planned": 12,
        "played": 6,
        "failed": 1,
        "lost": [],
    }
    replayed = CliRunner().invoke(commands, ["replay", str(tmp_path / "sweep"), str(VICTIM)])
    assert replayed.exit_code == 0
    assert "It failed: ZeroDivisionError: no such luck" in replayed.stdout
    monkeypatch.undo()
    assert resume(tmp_path / "sweep").manifest["counts"]["failed"] == 1


class Watch(threading.Thread):
    """A timer whose time is up when the victim hangs, however fast the machine is."""

    asked: ClassVar[list[float]]

    def __init__(self, seconds, end):
        super().__init__(daemon=True)
        self.asked.append(seconds)
        self.end, self.over = end, False

    def run(self):
        while not self.over:
            if saboteur.HANGING.wait(0.01):
                saboteur.HANGING.clear()
                self.end()

    def cancel(self):
        self.over = True


def test_a_run_that_hangs_is_ended_and_is_a_row(study, tmp_path, monkeypatch, undisturbed):
    monkeypatch.setattr(chunk, "play_rows", saboteur.hangs)
    monkeypatch.setattr(chunk.threading, "Timer", Watch)
    monkeypatch.setattr(Watch, "asked", [], raising=False)
    sweep = run(
        study(FEW), tmp_path / "sweep", options=ExecutionOptions(chunk_runs=4, seconds_per_run=2.0)
    )
    assert others(sweep) == others(undisturbed)
    assert [row["exception"] for row in sweep.failures.to_pylist()] == ["TookTooLongError"]
    # The chunk with the victim is halved until it stands alone: 4 runs, 2, 1, 1, and 2.
    of_two = pytest.approx(2.0 * 2**0.5)
    assert Watch.asked == [4.0, 4.0, of_two, 2.0, 2.0, of_two, 4.0]


def test_a_run_that_takes_longer_than_it_may_is_ended():
    def plays_on():
        while True:
            time.sleep(0.01)

    with pytest.raises(TookTooLongError), ended_after(0.01):
        plays_on()


def test_a_sweep_in_which_every_run_fails_is_a_sweep(study, tmp_path, monkeypatch):
    def fails(scenario, **options):
        raise ZeroDivisionError

    monkeypatch.setattr(chunk, "play_rows", fails)
    sweep = run(study(FEW), tmp_path / "sweep", options=ExecutionOptions(chunk_runs=100))
    assert sweep.manifest["counts"] == {"planned": 12, "ok": 0, "failed": 12}
    assert sweep.failures.num_rows == 12
    assert sweep.columns == {}
