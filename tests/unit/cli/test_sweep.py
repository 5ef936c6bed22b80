"""`parley sweep` says what it does in data, and how it ended in its code."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from sim.cli.app import app as parley
from sim.cli.sweep import app as commands
from sim.sweep import Sweep
from tests.support.studies import STUDY


def sweep(*words):
    return CliRunner().invoke(commands, [str(word) for word in words])


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


def test_help_imports_neither_engine_nor_tables():
    code = (
        "import sys; from sim.cli.app import app; "
        "app('sweep run -h'.split(), standalone_mode=False)"
        "; print([m for m in ('mesa', 'pandas', 'pyarrow', 'scipy', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_plan_tells_how_many_runs_and_its_json_is_all_there_is(spec):
    plan = json.loads(sweep("plan", spec, "--json").stdout)
    assert (plan["points"], plan["replicates"], plan["runs"]) == (8, 6, 48)
    assert plan["seconds"] > 0
    assert plan["bytes"] > 0
    smallest = ("replicates=1", "design.uncertainties.n=1", "levers.guarantee_strength.values=[1]")
    words = [word for setting in smallest for word in ("--set", setting)]
    assert "1 design point × 1 replicate\n1 run, in 1 chunk\n" in sweep("plan", spec, *words).stdout


def test_check_knows_a_study_and_facts_from_a_scenario(spec, tmp_path):
    def check(path):
        return CliRunner().invoke(parley, ["check", str(path)])

    done = check(spec)
    assert done.exit_code == 0
    assert "fine (a study of two-rivers; 8 design points × 6 replicates)" in done.stdout
    facts = tmp_path / "facts.yaml"
    facts.write_text("facts:\n  deal_by_10: {observed: 1, source: invented}\n")
    assert "fine (1 fact of a case" in check(facts).stdout
    facts.write_text("facts:\n  deal_by_10: {observed: many, source: invented}\n")
    assert "facts.yaml:2: facts.deal_by_10.observed is 'many'" in check(facts).stdout
    spec.write_text(STUDY.replace("two-rivers", "5").replace("seed: 3", "sead: 3"))
    done = check(spec)
    assert done.exit_code == 2
    assert "study.yaml:2: scenario is '5': no scenario has this name" in done.stdout
    assert "study.yaml:4: unknown key 'sead'" in done.stdout


def test_a_scenario_is_no_study_and_is_said_to_be_none():
    done = sweep("plan", "scenarios/two-rivers.yaml")
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "two-rivers.yaml: this is a scenario and no study" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("plan", "nowhere"), "nowhere: there is no such file"),
        (("run", "SPEC", "--engine", "serial", "--jobs", 2), "engine serial has one; leave it out"),
        (("run", "SPEC", "--engine", "dask://a:1", "--jobs", 2), "those of its cluster"),
        (("run", "SPEC", "--timeout-per-run", 0), "give more than 0"),
        (("status", "SPEC"), "is a file; name the folder of a sweep"),
        (("status", "nowhere"), "nowhere: there is no such folder"),
        (("merge", "nowhere"), "nowhere holds no shards"),
        (("archive", "SPEC", "--out", "nowhere/x.zip"), "a folder that exists"),
    ],
)
def test_what_cannot_be_used_is_bad_input_with_the_way_out(spec, words, message):
    done = sweep(*(spec if word == "SPEC" else word for word in words))
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.replace("│", " ").split())


def test_run_status_and_resume_agree(spec, tmp_path):
    place = tmp_path / "sweep"
    words = ("--engine", "serial", "--quiet", "--json", "--chunk", "100")
    done = sweep("run", spec, "--out", place, "--set", "replicates=2", *words)
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["planned"] == 16
    assert json.loads(sweep("status", place, "--json").stdout)["sweep"]["complete"]
    assert sweep("resume", place, "--engine", "serial", "--quiet").exit_code == 0
    assert Sweep(place).study.replicates == 2
    assert Sweep(place).manifest["command"] == "parley sweep run FOLDER --out DIR"


@pytest.mark.slow
def test_ctrl_c_finishes_the_chunks_under_way_and_ends_with_130(spec, tmp_path):
    """In a sweep so long that it cannot be done before, however slow this process is."""
    place = tmp_path / "sweep"
    words = [sys.executable, "-m", "sim", "sweep", "run", str(spec), "--out", str(place)]
    words += ["--jobs", "1", "--chunk", "4", "--set", "replicates=5000"]
    running = subprocess.Popen(words, start_new_session=True, stderr=subprocess.PIPE, text=True)
    while not list(place.glob("parts/runs-*")):
        assert running.poll() is None
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to the workers as well
    messages = running.communicate(timeout=400)[1]
    assert running.returncode == 130, messages
    assert "parley sweep resume" in messages
    assert "nothing is reported" not in messages
    half = Sweep(place)
    assert 0 < half.status()["played"] < 40_000
    assert half.runs.num_rows == half.status()["played"]
    assert set(half.runs["status"].to_pylist()) == {"ok"}


def test_a_shard_without_runs_says_so(spec, tmp_path):
    words = ("--engine", "serial", "--quiet", "--shard", "1/1000")
    done = sweep("run", spec, "--out", tmp_path / "sweep", *words)
    assert done.exit_code == 0
    assert "shard 1/1000 has no runs" in done.stderr


def test_a_seed_that_is_too_large_hears_its_bound(spec):
    done = sweep("plan", spec, "--set", "seed=99999999999999999999999")
    assert done.exit_code == 2
    assert "seed is 1e+23; it is less than 4.6" in done.stderr


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
