"""`parley sweep` says what it does in data, and how it ended in its code."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from sweep.conftest import STUDY
from test_running import bytes_of
from typer.testing import CliRunner

from sim.sweep import Manner, Sweep, run
from sim.sweep.commands import app as commands


def sweep(*words):
    return CliRunner().invoke(commands, [str(word) for word in words])


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


def test_help_imports_neither_engine_nor_tables():
    code = (
        "import sys; from sim.cli import app; app('sweep run -h'.split(), standalone_mode=False)"
        "; print([m for m in ('mesa', 'pandas', 'pyarrow', 'scipy', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_plan_tells_how_many_runs_and_its_json_is_all_there_is(spec):
    found = json.loads(sweep("plan", spec, "--json").stdout)
    assert (found["points"], found["replicates"], found["runs"]) == (8, 6, 48)
    assert found["seconds"] > 0
    assert found["bytes"] > 0
    assert "8 design points × 6 replicates\n48 runs" in sweep("plan", spec).stdout


def test_run_status_and_resume_agree(spec, tmp_path):
    place = tmp_path / "sweep"
    words = ("--engine", "serial", "--quiet", "--json", "--chunk", "100")
    done = sweep("run", spec, "--out", place, "--set", "replicates=2", *words)
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["planned"] == 16
    assert json.loads(sweep("status", place, "--json").stdout)["sweep"]["complete"]
    assert sweep("resume", place, "--engine", "serial", "--quiet").exit_code == 0
    assert Sweep(place).study.replicates == 2
    assert Sweep(place).manifest["command"] == "parley sweep run spec.yaml --set replicates=2"


def test_ctrl_c_finishes_the_chunks_under_way_and_ends_with_130(spec, tmp_path, study):
    place = tmp_path / "sweep"
    words = [sys.executable, "-m", "sim", "sweep", "run", str(spec), "--out", str(place)]
    words += ["--jobs", "1", "--chunk", "4"]
    running = subprocess.Popen(words, start_new_session=True, stderr=subprocess.PIPE, text=True)
    while not list(place.glob("parts/runs-*")):
        assert running.poll() is None
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to the workers as well
    said = running.communicate(timeout=60)[1]
    assert running.returncode == 130, said
    assert "parley sweep resume" in said
    half = Sweep(place)
    assert 0 < half.status()["played"] < 48
    whole = run(study(), tmp_path / "whole", manner=Manner(chunk_runs=100))
    assert sweep("resume", place, "--engine", "serial", "--quiet").exit_code == 0
    assert bytes_of(Sweep(place)) == bytes_of(whole)


@pytest.mark.parametrize("shard", ["3", "0/2", "3/2", "a/b"])
def test_a_shard_that_there_is_not_is_bad_input(spec, shard):
    done = sweep("run", spec, "--shard", shard)
    assert done.exit_code == 2
    assert "I/N" in done.stderr


def test_an_engine_that_there_is_not_is_bad_input(spec, tmp_path):
    words = ("run", spec, "--out", tmp_path / "s", "--engine", "ray", "--chunk", 9)
    assert sweep(*words).exit_code == 2


def test_the_slurm_script_is_a_script_that_plays_every_shard(spec):
    script = sweep("slurm", spec, "--shards", 7).stdout
    assert "#SBATCH --array=1-7" in script
    assert '--shard "$SLURM_ARRAY_TASK_ID/7"' in script
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
