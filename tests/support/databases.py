"""Databases for the classroom's tests: every test has one of its own, in a file or on a server.

PostgreSQL does not run as root; there we start it as the user `nobody` or say what is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sim.classroom.storage.store import Store
from tests.tools.system_packages import DATABASE


@pytest.fixture(autouse=True)
def stores_are_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close whatever a test has opened."""
    opened: list[Store] = []
    begin = Store.__init__

    def remembered(store: Store, url: str) -> None:
        opened.append(store)
        begin(store, url)

    monkeypatch.setattr(Store, "__init__", remembered)
    yield
    for store in opened:
        if "_engine" in vars(store):  # some are given an address that is none
            store.close()


def _as_user(folder: Path) -> list[str]:
    """What to put before a command so that it does not run as root."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "nobody")
    for parent in folder.parents:
        if parent != Path(tempfile.gettempdir()) and parent.is_relative_to(tempfile.gettempdir()):
            parent.chmod(parent.stat().st_mode | 0o055)
    return ["setpriv", "--reuid=nobody", "--clear-groups"]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stdout}{done.stderr}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Path]:
    """The folder with the socket of a private PostgreSQL server that lives as long as the tests."""
    programs = DATABASE.find()
    if programs is None:
        pytest.skip(DATABASE.missing)
    initdb, control = f"{programs}/initdb", f"{programs}/pg_ctl"
    folder = Path(tempfile.mkdtemp(prefix="parley-postgres-"))
    user = _as_user(folder)
    data = folder / "data"
    try:
        _run([*user, initdb, "-D", str(data), "-U", "parley", "--auth=trust", "-N"])
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        log = str(folder / "log")
        _run([*user, control, "-D", str(data), "-l", log, "-o", options, "-w", "start"])
        try:
            yield folder
        finally:
            _run([*user, control, "-D", str(data), "-m", "immediate", "-w", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(postgres_server: Path) -> str:
    """The address of a PostgreSQL database of the test's own, which ends with its server."""
    name = f"test_{uuid.uuid4().hex}"
    at = f"postgresql://parley@/postgres?host={postgres_server}"
    with psycopg.connect(at, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"postgresql+psycopg://parley@/{name}?host={postgres_server}"


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """The address of a SQLite file."""
    return f"sqlite:///{tmp_path}/classroom.sqlite"
