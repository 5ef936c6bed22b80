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
from sim.engine.simulate import simulate
from sim.scenario import plugins
from sim.scenario.loading import find_scenario, load_scenario

THEORY = Path(sim.__file__).parent / "theory" / "README.md"
BLOCKS = re.findall(r"```(python|yaml)\n(.*?)```", THEORY.read_text(encoding="utf-8"), re.DOTALL)
PLUGINS = [(code, part) for (_, code), (_, part) in zip(BLOCKS[::2], BLOCKS[1::2], strict=True)]

#: Parts that a how-to replaces as a whole.
WHOLE = ("tactic", "war", "permanence", "formulation")


@pytest.fixture(autouse=True)
def entries_are_taken_out_again(monkeypatch):
    """Leave the dictionaries as they were."""
    monkeypatch.setattr(plugins, "_loaded", {})
    before = {kind: dict(entries) for kind, entries in plugins._dictionaries().items()}
    yield
    for kind, entries in plugins._dictionaries().items():
        entries.clear()
        entries.update(before[kind])


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


@pytest.mark.parametrize(("code", "part"), PLUGINS, ids=[c.split("\n")[0][2:] for c, _ in PLUGINS])
def test_a_plugin_of_the_how_to_plays(code, part, tmp_path):
    plugin, file = written(tmp_path, code, part)
    scenario = load_scenario(file, plugins=[plugin])
    assert [Path(path) for path, _ in scenario.plugins] == [plugin]
    before, after = simulate("two-rivers", runs=60, seed=1), simulate(scenario, runs=60, seed=1)
    columns = [np.hstack([told.surplus, told.refusals]) for told in (before, after)]
    assert not np.array_equal(*columns, equal_nan=True)


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
