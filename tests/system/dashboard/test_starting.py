"""The dashboard says why it cannot start, and ends with a sentence when it is stopped."""

from types import SimpleNamespace

import pytest

from dashboard.__main__ import main
from dashboard.common.paths import HOME
from sim.cli.errors import BAD_INPUT, STOPPED
from tests.tools.system_packages import free_port


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--home", "a file/folder"], "nothing can be kept in"),
        (["--home", "home", "--port", "99999"], "no port"),
        (["--home", "home", "--host", "nosuch.invalid"], "not known"),
    ],
)
def test_a_dashboard_that_cannot_start_says_why_in_a_sentence(
    words, said, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv(HOME, "")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a file").touch()
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == BAD_INPUT
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_a_dashboard_that_is_stopped_ends_with_a_sentence(tmp_path, monkeypatch, capsys):
    def stopped(**_):
        raise KeyboardInterrupt

    monkeypatch.setenv(HOME, "")
    monkeypatch.setattr("dashboard.explore.server.app", SimpleNamespace(run=stopped))
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(tmp_path / "new"), "--port", str(free_port())])
    assert ended.value.code == STOPPED
    assert "is closed" in capsys.readouterr().out
    assert (tmp_path / "new").is_dir()
