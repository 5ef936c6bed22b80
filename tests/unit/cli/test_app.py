"""Claims about the command line: it answers at once, complains helpfully and can be repeated."""

from __future__ import annotations

import errno
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import sim.sweep
import sim.sweep.analysis
from sim.cli import app
from sim.engine.outcomes import Outcomes
from sim.engine.simulate import simulate
from sim.scenario.loading import load_scenario

MINIMAL = str(Path(__file__).parents[2] / "scenarios" / "minimal.yaml")
LEVER = next(iter(load_scenario(MINIMAL).levers))

#: What must not be imported by commands that only read.
HEAVY = ("mesa", "scipy.stats", "pandas", "streamlit", "sqlalchemy", "alembic", "altair")


def parley(*words: str) -> Result:
    return CliRunner().invoke(app.app, [str(word) for word in words])


def summary_of(*words: str) -> dict[str, object]:
    """The JSON of a small run."""
    result = parley("run", MINIMAL, "--runs", "30", "--days", "40", "--json", "-", *words)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.slow
def test_commands_that_only_read_import_no_engine():
    code = f"""
import sys
from sim.cli.app import app
for words in (["--help"], ["--version"], ["check", {MINIMAL!r}], ["scenarios"]):
    try:
        app(words)
    except SystemExit:
        pass
    print("imported:", words[0], [name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said = [line for line in done.stdout.splitlines() if line.startswith("imported: ")]
    assert said == [
        f"imported: {verb} []" for verb in ("--help", "--version", "check", "scenarios")
    ]


def test_the_entry_point_is_the_command_line():
    done = subprocess.run(
        [sys.executable, "-m", "sim", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("parley ")


def test_a_command_can_go_on_as_a_program_that_stands_above_it(tmp_path):
    (tmp_path / "server.py").write_text("import os, sys; print(os.getpid(), sys.argv[1:])")
    code = (
        "import os; from sim.cli.exec_module import exec_module; "
        "print(os.getpid()); exec_module('server', '--x')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": f"{Path.cwd()}{os.pathsep}{tmp_path}"},
    )
    before, after = done.stdout.splitlines()
    assert after == f"{before} ['--x']"


# --- Reading


def test_scenarios_lists_what_is_at_hand():
    result = parley("scenarios")
    assert result.exit_code == 0
    assert "two-rivers" in result.stdout
    assert "invented" in result.stdout


def test_check_says_fine_for_each_file_that_is():
    result = parley("check", MINIMAL, "two-rivers", "scenarios/phrases.yaml")
    assert result.exit_code == 0
    lines = [line for line in result.stdout.splitlines() if not line.startswith("  note: ")]
    assert [line.split(": ")[1].split(" (")[0] for line in lines] == ["fine", "fine", "fine"]


def test_check_gives_all_complaints_and_exit_code_2(tmp_path):
    broken = tmp_path / "broken.yaml"
    text = Path(MINIMAL).read_text(encoding="utf-8")
    broken.write_text(text.replace("veto: yes", "vetoo: yes").replace("days: 60", "days: 0"))
    result = parley("check", MINIMAL, broken)
    assert result.exit_code == 2
    assert "did you mean 'veto'" in result.stdout
    assert "days is 0" in result.stdout
    assert f"{MINIMAL}: fine" in result.stdout


def test_schema_is_json():
    assert json.loads(parley("schema").stdout)["title"] == "Parley scenario"


def test_show_tells_parties_levers_and_what_numbers_rest_on():
    result = parley("show", MINIMAL, "--numbers")
    assert result.exit_code == 0
    words = " ".join(result.stdout.split())
    for expected in ("Lowland", LEVER, "apart", "as the parties see it", "have a source", "war."):
        assert expected in words


# --- Running


def test_json_to_standard_output_is_all_there_is():
    found = summary_of()
    assert found["schema"] == "parley.summary/1"
    assert sum(found["endings"].values()) == pytest.approx(1)


def test_the_printed_command_gives_the_same_json(tmp_path):
    spaced = tmp_path / "two banks.yaml"
    spaced.write_text(Path(MINIMAL).read_text(encoding="utf-8"))
    first = json.loads(
        parley(
            *("run", spaced, "--runs", "20", "--seed", "5", "--json", "-"),
            *("--set", "channel.leak={value: 0.3, basis: judgement}", "--set", "days=30"),
        ).stdout
    )
    words = shlex.split(first["command"])
    assert words[0] == "parley"
    assert json.loads(parley(*words[1:], "--json", "-").stdout) == first


def test_words_and_json_can_both_be_had(tmp_path):
    target = tmp_path / "summary.json"
    result = parley("run", MINIMAL, "--runs", "20", "--days", "30", "--json", target)
    assert "of 100 simulated talks reach a truce by day 30" in result.stdout
    assert json.loads(target.read_text(encoding="utf-8"))["runs"] == 20
    command = f"parley run {shlex.quote(MINIMAL)} --runs 20 --seed 1 --days 30"
    assert result.stdout.splitlines()[-1].strip() == command


def test_a_lever_and_a_value_can_be_set():
    lever = load_scenario(MINIMAL).levers[LEVER]
    found = summary_of("--set", f"{LEVER}={lever.high}", "--set", "channel.leak=0.5")
    assert found["levers"] == {LEVER: lever.high}
    assert found["scenario"]["sha256"] != summary_of()["scenario"]["sha256"]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("channel.leek=1", "did you mean the value 'channel.leak'?"),
        (f"{LEVER}x=1", f"did you mean the lever '{LEVER}'"),
        ("zzz=1", "has no lever and no value of this name; its levers: "),
        (f"{LEVER}=much", "it takes a number"),
        (f"{LEVER}=1e9", "it lies between"),
        (f"{LEVER}=nan", "it lies between"),
        ("channel.leak=7", "it lies between 0 and 1"),
        ("channel.leak", "is not of the form KEY=VALUE"),
        ("=3", "is not of the form KEY=VALUE"),
        ("title=Peace in our time", "title only labels results and cannot be set"),
    ],
)
def test_bad_settings_are_refused_with_the_way_out(setting, words):
    result = parley("run", MINIMAL, "--set", setting)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


def test_a_key_is_set_once():
    result = parley("run", MINIMAL, "--set", "days=20", "--set", "days=30")
    assert (result.exit_code, "twice" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        ["run"],
        ["run", MINIMAL, "--runs", "0"],
        ["run", MINIMAL, "--runs", "many"],
        ["run", MINIMAL, "--seed", "-1"],
        ["run", MINIMAL, "--seed", str(2**63)],
        ["run", MINIMAL, "--days", "0"],
        ["run", MINIMAL, "--colour", "red"],
        ["run", "no-such-scenario"],
        ["run", "nowhere/at-all.yaml"],
        ["run", "tests"],
        ["run", MINIMAL, "--json", "/no/such/folder/a.json"],
        ["run", MINIMAL, "--json", "/proc/a.json"],
        ["run", MINIMAL, "--json", "tests"],
        ["run", MINIMAL, "--out", MINIMAL],
        ["run", MINIMAL, "--out", "/proc/kept"],
        ["compare", MINIMAL, "--set", "channel.leak=0.2", "--out", "/proc/kept"],
        ["report", MINIMAL, "--out", "/proc/kept"],
        ["compare", MINIMAL],
        ["story", MINIMAL, "--run", "-1"],
        ["check"],
        ["check", "nowhere.yaml"],
        ["negotiate"],
    ],
)
def test_what_cannot_be_used_ends_with_2_before_anything_is_played(words, monkeypatch):
    monkeypatch.setattr("sim.engine.simulate.stream", None)
    result = parley(*words)
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr + result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("run", MINIMAL, "--days", 5, "--set", "days=3"),
            "--days 5 and --set days=3 differ; keep one",
        ),
        (("compare", MINIMAL, "--set", "days=3"), "give --days in place of --set days"),
        (("run", MINIMAL, "--out", MINIMAL), "is a file; name a folder"),
        (
            ("run", "study.yaml"),
            "study.yaml: this is a study; play it with `parley sweep run study",
        ),
        (("story", "facts.yaml"), "facts.yaml: these are facts of a case; `parley analyze FOLDER"),
    ],
)
def test_what_would_be_ignored_or_is_another_thing_is_refused(words, said, tmp_path, monkeypatch):
    (tmp_path / "study.yaml").write_text("study: one\nscenario: two-rivers\n")
    (tmp_path / "facts.yaml").write_text("facts:\n  deal_by_10: {observed: 1, source: invented}\n")
    monkeypatch.chdir(tmp_path)
    result = parley(*words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_packages_tell_the_names_that_are_imported_when_they_are_asked_for():
    for package in (sim, sim.sweep, sim.sweep.analysis):
        assert set(package.__all__) <= set(dir(package))


@pytest.mark.parametrize(
    "words", [["run", "--runs"], ["report", "--further"], ["sensitivity", "--runs-budget"]]
)
def test_more_talks_than_a_command_can_play_are_refused_with_a_sentence(words):
    verb, option = words
    result = parley(verb, MINIMAL, option, 10**12, "--out", "unused")
    assert result.exit_code == 2
    assert "plays at most 10,000,000" in " ".join(result.stderr.replace("│", " ").split())


def test_an_unknown_scenario_is_answered_with_those_whose_name_holds_the_word():
    result = parley("run", "gaza")
    assert result.exit_code == 2
    assert "did you mean 'gaza-2023-11' or 'gaza-2024-01'?" in result.stderr


def test_an_unreadable_file_is_bad_input(tmp_path):
    (tmp_path / "bytes.yaml").write_bytes(b"scenario: \xff\xfe")
    result = parley("run", tmp_path / "bytes.yaml")
    assert (result.exit_code, "UTF-8" in result.stderr) == (2, True)


def test_a_run_that_fails_ends_with_1_and_says_so(monkeypatch):
    def break_down(*_, **__):
        raise RuntimeError("the bridge is out")

    monkeypatch.setattr("sim.reporting.summary.summary", break_down)
    result = parley("run", MINIMAL, "--runs", "5", "--days", "5")
    assert result.exit_code == 1
    assert "The run failed: the bridge is out" in result.stderr


def test_ctrl_c_ends_with_130(monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.engine.simulate.stream", interrupt)
    result = parley("run", MINIMAL, "--runs", "5")
    assert (result.exit_code, result.stdout) == (130, "")


@pytest.mark.slow
@pytest.mark.parametrize("module", ["typer", "numpy", "pydantic", "rich", "mesa"])
def test_ctrl_c_is_heard_while_things_are_imported(module):
    code = f"""
import sys
class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Stop())
sys.argv[1:] = ["run", {MINIMAL!r}, "--runs", "5"]
from sim.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "Stopped before the end; nothing is reported.\n"


def test_a_reader_who_has_seen_enough_hears_no_complaint():
    process = subprocess.Popen(
        [sys.executable, "-m", "sim", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    with process.stderr as said:
        assert said.read() == b""
    assert process.wait() == 1


@pytest.mark.slow
def test_ctrl_c_ends_the_workers_too(tmp_path):
    words = ["run", MINIMAL, "--runs", "10000000", "--days", "5", "--workers", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "sim", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    while not list(tmp_path.glob("parley-*/*")) and process.poll() is None:
        time.sleep(0.1)  # until the workers have played a block
    os.killpg(process.pid, signal.SIGINT)
    out, said = process.communicate(timeout=300)  # ends when the last worker lets go of the pipes
    assert (process.returncode, out) == (130, "")
    assert said == "Stopped before the end; nothing is reported.\n"
    assert list(tmp_path.glob("parley-*")) == []


# --- A folder of outcomes


def test_a_folder_holds_the_outcomes_the_summary_and_how_they_came_about(tmp_path):
    folder = tmp_path / "kept"
    words = ["run", MINIMAL, "--runs", "40", "--days", "30", "--seed", "4"]
    result = parley(*words, "--out", folder, "--json", "-")
    assert result.exit_code == 0, result.stderr
    kept, again = Outcomes.load(folder), simulate(MINIMAL, runs=40, days=30, seed=4)
    for name in Outcomes.array_names():
        assert np.array_equal(getattr(kept, name), getattr(again, name), equal_nan=True), name
    found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert found == json.loads(result.stdout)
    assert (folder / "command.txt").read_text(encoding="utf-8").strip() == found["command"]
    assert (folder / "scenario.yaml").read_bytes() == Path(MINIMAL).read_bytes()


@pytest.mark.parametrize(
    "other",
    [
        ["run", MINIMAL, "--runs", "10", "--days", "10", "--seed", "2"],
        ["compare", MINIMAL, "--runs", "10", "--days", "10", "--set", "channel.leak=0.5"],
        ["report", MINIMAL, "--runs", "10", "--days", "10", "--further", "0"],
        ["sensitivity", MINIMAL, "--days", "90", "--runs-budget", "6000"],
    ],
)
def test_a_folder_holds_the_results_of_one_command(other, tmp_path):
    words = ["run", MINIMAL, "--runs", "10", "--days", "10", "--out", str(tmp_path)]
    assert parley(*words).exit_code == 0
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    result = parley(*other, "--out", str(tmp_path))
    assert result.exit_code == 2
    assert "already holds results of `parley run" in result.stderr
    assert "give another folder, or empty this one" in result.stderr
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.slow
@pytest.mark.parametrize("verb", [["run"], ["compare", "--set", "channel.leak=0.5"]])
def test_the_same_command_may_overwrite_its_own_results(verb, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sim.reporting.html_report.as_svg", lambda *_, **__: "<svg></svg>")
    monkeypatch.setattr("sim.reporting.html_report.png_of", lambda _: b"")
    words = [verb[0], MINIMAL, *verb[1:], "--runs", "10", "--days", "10", "--out"]
    assert parley(*words, "kept").exit_code == 0
    first = {file.name for file in Path("kept").iterdir()}
    assert parley(*words, tmp_path / "kept").exit_code == 0  # however the folder is called
    assert {file.name for file in Path("kept").iterdir()} == first


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("five years of work")
    result = parley("run", MINIMAL, "--runs", "5", "--days", "5", "--out", tmp_path)
    assert (result.exit_code, "already holds something else" in result.stderr) == (2, True)


def test_a_json_that_can_be_written_is_not_touched_before_the_end(tmp_path, monkeypatch):
    def break_down(*_, **__):
        raise RuntimeError("the bridge is out")

    monkeypatch.setattr("sim.engine.simulate.stream", break_down)
    (tmp_path / "old.json").write_text("kept")
    for name in ("old.json", "new.json"):
        assert parley("run", MINIMAL, "--json", tmp_path / name).exit_code == 1
    assert {f.name: f.read_text() for f in tmp_path.iterdir()} == {"old.json": "kept"}


def test_long_runs_tell_how_far_they_are_where_nobody_watches_a_bar(monkeypatch):
    monkeypatch.setattr("sim.cli.progress.TELL_EVERY", 0.0)
    result = parley("run", MINIMAL, "--runs", "5", "--days", "5", "--json", "-")
    assert result.stderr == "5 of 5 talks played\n"
    assert json.loads(result.stdout)["runs"] == 5


def test_a_full_disk_is_named_and_nothing_half_is_left_on_it(tmp_path, monkeypatch):
    def write_half(path, text, **_):
        path.write_bytes(text[:5].encode())
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    words, out = ("run", MINIMAL, "--runs", "5", "--days", "5"), tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", write_half)
        for more in (("--json", tmp_path / "found.json"), ("--out", out)):
            result = parley(*words, *more)
            assert result.exit_code == 1
            assert "there is no room left in" in result.stderr
            assert "make room, then give the same command again" in result.stderr
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
    assert parley(*words, "--out", out).exit_code == 0


def test_an_output_that_is_full_is_complained_of_once():
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-m", "sim", "schema"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no room left to write to; make room" in done.stderr


@pytest.mark.slow
def test_the_number_of_workers_does_not_change_a_result(tmp_path):
    words = ["run", MINIMAL, "--runs", "1000", "--days", "5", "--json", "-"]
    one, two = (parley(*words, "--workers", str(workers)) for workers in (1, 2))
    assert one.stdout == two.stdout


# --- Comparing and telling


def test_compare_reports_paired_effects():
    lever = load_scenario(MINIMAL).levers[LEVER]
    words = ["compare", MINIMAL, "--runs", "20", "--days", "30", "--json", "-"]
    found = json.loads(parley(*words, "--set", f"{LEVER}={lever.default}").stdout)
    assert found["schema"] == "parley.comparison/1"
    assert all(effect["exactly_zero"] for effect in found["effects"].values())
    both = ["--set", "channel.leak=0.9", "--baseline-set", "channel.leak=0.1"]
    found = json.loads(parley(*words, *both).stdout)
    assert found["scenario"]["sha256"] != found["changed_sha256"]
    repeated = json.loads(parley(*shlex.split(found["command"])[1:], "--json", "-").stdout)
    assert repeated == found


def test_compare_says_so_where_nothing_changes():
    lever = load_scenario(MINIMAL).levers[LEVER]
    words = ["compare", MINIMAL, "--runs", "20", "--days", "30", "--set"]
    result = parley(*words, f"{LEVER}={lever.default}")
    assert "exactly 0 in every run" in result.stdout


def test_json_says_what_its_words_mean():
    words = [MINIMAL, "--runs", "5", "--days", "5", "--json", "-"]
    found = json.loads(parley("compare", *words, "--set", "channel.leak=0.9").stdout)
    assert found["definitions"]["to_deal"] == "talks with a deal only after the change"
    assert set(found["definitions"]) == {*found["effects"], *found["flips"]}
    war = load_scenario(MINIMAL).war
    assert json.loads(parley("run", *words).stdout)["sides"] == {
        "forward": war.forward,
        "backward": war.backward,
    }
    assert "to_deal" in parley("compare", "--help").stdout
    assert "victory_forward" in parley("run", "--help").stdout


def test_a_story_is_told_with_its_caveat_and_command():
    result = parley("story", MINIMAL, "--run", "2", "--seed", "3")
    assert result.exit_code == 0
    assert result.stdout == parley("story", MINIMAL, "--run", "2", "--seed", "3").stdout
    assert "not a forecast" in " ".join(result.stdout.split())
    assert "Day 1: " in result.stdout
    command = f"parley story {shlex.quote(MINIMAL)} --run 2 --seed 3 --days 60"
    assert result.stdout.splitlines()[-1].strip() == command


# --- Outside events


def test_an_event_that_is_scheduled_is_named_with_the_results():
    words = ("run", "two-rivers", "--runs", "20", "--days", "30", "--event", "pass_closes@20")
    assert "event pass_closes on day 20" in " ".join(parley(*words).stdout.split())
    told = json.loads(parley(*words, "--json", "-").stdout)
    assert told["events"] == {"pass_closes": [20]}
    assert "--event pass_closes@20" in told["command"]


def test_talks_are_compared_with_an_event_and_without():
    words = ("compare", "two-rivers", "--runs", "20", "--days", "30", "--event", "ferry_sunk@5")
    assert "Changed: event ferry_sunk on day 5." in " ".join(parley(*words).stdout.split())
    told = json.loads(parley(*words, "--json", "-").stdout)
    assert told["changed_events"] == {"ferry_sunk": [5]}
    assert "baseline_events" not in told


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        ("pas_closes@20", "did you mean 'pass_closes'?"),
        ("pass_closes@31", "between 1 and 30"),
        ("pass_closes", "not of the form NAME@DAY"),
        ("pass_closes@soon", "not of the form NAME@DAY"),
    ],
)
def test_an_event_that_cannot_be_scheduled_is_refused(event, complaint):
    result = parley("run", "two-rivers", "--days", "30", "--event", event)
    assert result.exit_code == 2
    assert complaint in result.stderr
