"""The wheel holds all that the program needs: it is built, installed apart and used."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this repository."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=300)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the wheel and its dependencies, and does not know this repository."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    # What stands in a .pth of our own environment, this repository among it, is not followed.
    dependencies = Path(np.__file__).parents[1]
    (site / "dependencies.pth").write_text(f"{dependencies}\n", encoding="utf-8")
    return folder / "bin" / "python"


def output_of(python: Path, *arguments: str) -> str:
    """What a program prints that is run away from this repository."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [str(python), *arguments],
        cwd=python.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_ships_scenarios_and_history_and_no_programs_of_theirs(wheel):
    with zipfile.ZipFile(wheel) as packed:
        inside = [name.partition("sim/_scenarios/")[2] for name in packed.namelist()]
    shipped = {name for name in inside if name}
    here = ROOT / "scenarios"
    wanted = {"README.md", *(file.name for file in here.glob("*.yaml"))}
    wanted |= {f"{d}/{f.name}" for d in ("backtests", "history") for f in (here / d).glob("*.yaml")}
    wanted |= {f"signs/{file.name}" for file in (here / "signs").glob("*.json")}
    assert shipped == wanted


def test_an_installed_copy_is_not_the_one_of_this_repository(python):
    assert Path(output_of(python, "-c", "import sim; print(sim.__file__)").strip()).is_relative_to(
        python.parents[1]
    )
    assert str(ROOT) not in output_of(python, "-c", "import sys; print(sys.path)").replace(
        str(sysconfig.get_path("purelib")), ""
    )


def test_an_installed_copy_finds_and_plays_its_scenarios(python):
    listed = output_of(python, "-m", "sim", "scenarios")
    assert all(file.stem in listed for file in (ROOT / "scenarios").glob("[!p]*.yaml"))
    assert "20" in output_of(python, "-m", "sim", "run", "two-rivers", "--runs", "20")


def test_an_installed_copy_reads_its_history(python):
    read = "from sim.validation.history import default_history as h; print(h().history, *h().cases)"
    assert output_of(python, "-c", read).split() == ["gaza", "B1", "B2", "B3"]


def test_an_installed_copy_has_its_dashboard(python):
    assert "--port" in output_of(python, "-m", "sim", "dashboard", "--help")
