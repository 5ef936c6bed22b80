"""A run that fails is a row; all others are as if nothing had happened."""

import pytest
import saboteur
from saboteur import VICTIM
from typer.testing import CliRunner

from sim.sweep import Manner, Sweep, TooManyFailuresError, playing, resume, run
from sim.sweep.commands import app as commands

#: One point of uncertainties, so that the lever's two settings are the two design points.
FEW = ("latin_hypercube, n: 4", "latin_hypercube, n: 1")


def others(sweep):
    """The rows of all runs but the victim."""
    return [row for row in sweep.runs.to_pylist() if row["run_id"] != VICTIM]


@pytest.fixture
def undisturbed(study, tmp_path):
    return run(study(FEW), tmp_path / "undisturbed", manner=Manner(chunk_runs=100))


@pytest.mark.parametrize("chunk_runs", [1, 4, 100])
def test_a_failed_run_is_a_row_and_costs_no_other(
    study, tmp_path, monkeypatch, undisturbed, chunk_runs
):
    monkeypatch.setattr(playing, "play_rows", saboteur.fails)
    sweep = run(study(FEW), tmp_path / "sweep", manner=Manner(chunk_runs=chunk_runs))
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
    monkeypatch.setattr(playing, "play_rows", saboteur.fails)
    study(FEW)
    words = ["run", str(tmp_path / "study.yaml"), "--out", str(tmp_path / "sweep")]
    done = CliRunner().invoke(commands, [*words, "--engine", "serial", "--quiet", "--json"])
    assert done.exit_code == 1
    assert '"failed": 1' in done.stdout
    assert "1 of 12 runs failed" in done.stderr


def test_too_many_failures_end_the_sweep_and_what_was_played_is_kept(study, tmp_path, monkeypatch):
    monkeypatch.setattr(playing, "play_rows", saboteur.fails)
    with pytest.raises(TooManyFailuresError):
        run(study(FEW), tmp_path / "sweep", manner=Manner(chunk_runs=6, max_failures=0))
    assert Sweep(tmp_path / "sweep").status() == {
        "study": "rivers",
        "shard": None,
        "complete": False,
        "planned": 12,
        "played": 6,
        "failed": 1,
    }
    monkeypatch.undo()
    assert resume(tmp_path / "sweep").manifest["counts"]["failed"] == 1


def test_a_run_that_hangs_is_ended_and_is_a_row(study, tmp_path, monkeypatch, undisturbed):
    monkeypatch.setattr(playing, "play_rows", saboteur.hangs)
    sweep = run(study(FEW), tmp_path / "sweep", manner=Manner(chunk_runs=2, seconds_per_run=2.0))
    assert others(sweep) == others(undisturbed)
    assert [row["exception"] for row in sweep.failures.to_pylist()] == ["TookTooLongError"]


def test_a_sweep_in_which_every_run_fails_is_a_sweep(study, tmp_path, monkeypatch):
    def fails(scenario, **asked):
        raise ZeroDivisionError

    monkeypatch.setattr(playing, "play_rows", fails)
    sweep = run(study(FEW), tmp_path / "sweep", manner=Manner(chunk_runs=100))
    assert sweep.manifest["counts"] == {"planned": 12, "ok": 0, "failed": 12}
    assert sweep.failures.num_rows == 12
    assert sweep.columns == {}
