"""A server says where it cannot listen, before it says anything else."""

import socket

import pytest

from dashboard.classroom.__main__ import main
from dashboard.common import network
from tests.tools.system_packages import free_port


def test_where_nothing_listens_a_server_may():
    network.check_address("127.0.0.1", free_port())


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [
        ("127.0.0.1", None, "cannot listen"),
        ("127.0.0.1", 99999, "no port"),
        ("nosuch.invalid", 8502, "not known"),
    ],
)
def test_a_classroom_that_cannot_listen_makes_no_link_and_says_why(
    tmp_path, monkeypatch, capsys, host, port, words
):
    for name in ("PARLEY_CLASSROOM", "PARLEY_CLASSROOM_HOME"):
        monkeypatch.setenv(name, "")
    kept = ["--home", str(tmp_path), "--database", f"sqlite:///{tmp_path}/classroom.sqlite"]
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = port or other.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            main(["--host", host, "--port", str(port), *kept])
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert words in said.err
    assert not said.out
    assert not list(tmp_path.iterdir())
