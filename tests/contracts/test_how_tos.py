"""Every how-to is followed: its files are written as they stand there, and do what they say."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import sim
from sim.classroom import plan
from sim.engine.simulate import simulate
from sim.reporting import sections
from sim.reporting.summary import plugins_of
from sim.scenario.errors import ScenarioError
from sim.scenario.loading import find_scenario, load_scenario
from sim.sweep.study_reader import read_study

THEORY = Path(sim.__file__).parent / "theory" / "README.md"
BLOCKS = re.findall(r"```(python|yaml)\n(.*?)```", THEORY.read_text(encoding="utf-8"), re.DOTALL)
PLUGINS = [(code, part) for (_, code), (_, part) in zip(BLOCKS[::2], BLOCKS[1::2], strict=True)]

#: Parts that a how-to replaces as a whole.
WHOLE = ("tactic", "war", "permanence", "formulation")


def replaced(content: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    for key, value in part.items():
        content[key] = value if key in WHOLE else replaced(content[key], value)
    return content


def written(folder: Path, code: str, part: str) -> tuple[Path, Path]:
    """The plugin and the scenario of a how-to, as its reader writes them."""
    plugin = folder / re.match(r"# (\w+\.py)\n", code)[1]
    plugin.write_text(code, encoding="utf-8")
    content = yaml.safe_load(find_scenario("two-rivers").read_text(encoding="utf-8"))
    content = replaced(content, yaml.safe_load(part))
    scenario = folder / "my-case.yaml"
    dumper = yaml.SafeDumper
    dumper.ignore_aliases = lambda *_: True
    scenario.write_text(yaml.dump(content, Dumper=dumper, sort_keys=False), encoding="utf-8")
    return plugin, scenario


@pytest.mark.slow
@pytest.mark.parametrize(("code", "part"), PLUGINS, ids=[c.split("\n")[0][2:] for c, _ in PLUGINS])
def test_a_plugin_of_the_how_to_plays(code, part, tmp_path):
    plugin, file = written(tmp_path, code, part)
    scenario = load_scenario(file, plugins=[plugin])
    assert [Path(path) for path, _ in scenario.plugins] == [plugin]
    before, after = simulate("two-rivers", runs=200, seed=1), simulate(scenario, runs=200, seed=1)
    assert [named.file for named in plugins_of(scenario)] == [plugin.name]
    assert plugins_of(load_scenario("two-rivers")) == []
    columns = [np.hstack([told.surplus, told.refusals]) for told in (before, after)]
    assert not np.array_equal(*columns, equal_nan=True)


@pytest.mark.slow
def test_workers_load_the_plugin_too(tmp_path):
    plugin, file = written(tmp_path, *PLUGINS[0])
    program = (
        "from sim import load_scenario, simulate\n"
        "if __name__ == '__main__':\n"
        f"    case = load_scenario({str(file)!r}, plugins=[{str(plugin)!r}])\n"
        "    one, two = (simulate(case, runs=3000, workers=w, days=20) for w in (1, 2))\n"
        "    print((one.deal_day == two.deal_day).all(), len(one))\n"
    )
    script = tmp_path / "play.py"
    script.write_text(program, encoding="utf-8")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.stdout == "True 3000\n", done.stderr


@pytest.mark.slow
def test_check_and_run_take_the_plugin(tmp_path):
    plugin, file = written(tmp_path, *PLUGINS[1])
    parley = [sys.executable, "-m", "sim"]
    checked = subprocess.run(
        [*parley, "check", file, "--plugin", plugin], capture_output=True, text=True, check=False
    )
    assert "fine" in checked.stdout, checked.stdout + checked.stderr
    command = [*parley, "run", file, "--plugin", plugin, "--runs", "40"]
    played = subprocess.run(command, capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stderr
    assert f"--plugin {plugin}" in played.stdout.replace("\n", ""), played.stdout


def blocks(document: str, language: str) -> list[str]:
    text = (Path(sim.__file__).parents[1] / document).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_section_of_the_how_to_is_drawn(monkeypatch):
    monkeypatch.setattr(sections, "SECTIONS", dict(sections.SECTIONS))
    (code,) = blocks("sim/reporting/README.md", "python")
    exec(compile(code, "README.md", "exec"), {})
    case = load_scenario("two-rivers")
    section = sections.of_talks(simulate(case, runs=30), {}, case)["victories"]()
    assert section.figures[0].chart.to_dict()


def test_the_inject_of_the_how_to_closes_levels(monkeypatch):
    monkeypatch.setattr(plan, "INJECTS", dict(plan.INJECTS))
    code = blocks("sim/classroom/README.md", "python")[-1]
    exec(compile(code, "README.md", "exec"), {"__name__": "how_to"})
    stored = {"id": "i", "kind": "withdrawal", "words": "x", "issue": "a", "levels": ["b"]}
    (inject,) = plan.ExercisePlan.model_validate({"title": "t", "injects": [stored]}).injects
    assert inject.apply(plan.Terms({}, frozenset())).closed == {("a", "b")}
    assert inject.model_dump()["levels"] == ("b",)


@pytest.mark.slow
def test_the_lever_of_the_how_to_moves_something(tmp_path):
    part, *_ = blocks("scenarios/README.md", "yaml")
    content = yaml.safe_load(find_scenario("two-rivers").read_text(encoding="utf-8"))
    content["levers"] |= yaml.safe_load(part)["levers"]
    file = tmp_path / "my-case.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    low, high = (simulate(file, runs=30, levers={"channel_pace": end}) for end in (0.5, 2))
    assert not np.array_equal(low.rounds, high.rounds)


def test_the_stances_of_the_how_to_are_read(tmp_path):
    _, stances, party, _ = blocks("scenarios/README.md", "yaml")
    content = yaml.safe_load(find_scenario("two-rivers").read_text(encoding="utf-8"))
    content["stances"] = yaml.safe_load(stances)["stances"]
    content["parties"]["delta"] |= yaml.safe_load(party)["parties"]["delta"]
    file = tmp_path / "my-case.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    delta = load_scenario(str(file)).parties["delta"]
    assert (delta.camp, delta.flexible.centre) == ("lowlands", 0.2)


def test_the_outside_event_of_the_how_to_comes_and_moves_something(tmp_path):
    *_, part = blocks("scenarios/README.md", "yaml")
    content = yaml.safe_load(find_scenario("two-rivers").read_text(encoding="utf-8"))
    content["events"] = yaml.safe_load(part)["events"]
    file = tmp_path / "my-case.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    chance, on_a_day = (simulate(file, runs=60, events=e) for e in ({}, {"pass_closes": 40}))
    assert set(on_a_day.event_day[:, 0].tolist()) <= {40, -1}
    assert not np.array_equal(chance.refusals, on_a_day.refusals)


def test_a_sweep_says_that_it_takes_no_plugins(tmp_path):
    written(tmp_path, *PLUGINS[0])
    study = tmp_path / "study.yaml"
    study.write_text("study: s\nscenario: my-case.yaml\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="sweeps do not take plugins yet"):
        read_study(study)
