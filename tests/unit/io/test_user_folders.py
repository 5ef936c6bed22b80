"""What users have stored is found where it always was, on each operating system."""

import sys
from pathlib import Path

import platformdirs
import pytest
from platformdirs import macos, unix, windows

from dashboard.common.paths import HOME, home
from sim.classroom.storage import paths
from sim.io.user_folders import cache_folder, data_folder

SYSTEMS = {"linux": unix.Unix, "darwin": macos.MacOS, "win32": windows.Windows}


@pytest.fixture
def on(monkeypatch, tmp_path):
    """Let Python believe that it runs on another system, for a user with an empty home."""
    for variable in ("XDG_CACHE_HOME", "XDG_DATA_HOME", HOME):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(windows, "get_win_folder", lambda _: str(tmp_path / "AppData" / "Local"))

    def pretend(system: str) -> Path:
        monkeypatch.setattr(platformdirs, "PlatformDirs", SYSTEMS[system])
        monkeypatch.setattr(sys, "platform", system)
        return tmp_path

    return pretend


@pytest.mark.parametrize(
    ("system", "cache", "data"),
    [
        ("linux", ".cache/parley", ".local/share/parley"),
        ("darwin", "Library/Caches/parley", "Library/Application Support/parley"),
        ("win32", "AppData/Local/parley", "AppData/Local/parley"),
    ],
)
def test_the_folders_are_where_each_system_has_them(on, system, cache, data):
    user = on(system)
    assert (cache_folder(), data_folder()) == (user / cache, user / data)
    assert home() == user / cache
    assert paths.folder() == user / data / "classroom"


def test_linux_lets_the_user_choose_other_folders(on, monkeypatch):
    user = on("linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(user / "scratch"))
    monkeypatch.setenv("XDG_DATA_HOME", str(user / "kept"))
    assert (cache_folder(), data_folder()) == (user / "scratch/parley", user / "kept/parley")


def test_what_lies_in_apples_folders_is_not_lost_to_an_xdg_variable(on, monkeypatch):
    user = on("darwin")
    monkeypatch.setenv("XDG_DATA_HOME", str(user / "kept"))
    assert data_folder() == user / "kept" / "parley"
    stored = user / "Library" / "Application Support" / "parley"
    stored.mkdir(parents=True)
    assert data_folder() == stored


def test_parley_home_names_another_folder_for_the_dashboard(on, monkeypatch):
    user = on("linux")
    monkeypatch.setenv(HOME, str(user / "here"))
    assert home() == user / "here"
