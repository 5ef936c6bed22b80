"""One process plays in a folder at a time, and none that is gone stands in the way."""

import errno
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from sim.sweep.result_folder import LOCK, FolderError, locked

HOLDER = """
import sys, time
from pathlib import Path
from sim.sweep.result_folder import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder of the test."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def is_free(folder: Path) -> bool:
    """Whether the folder can be held."""
    try:
        with locked(folder):
            return True
    except FolderError:
        return False


def test_a_folder_that_another_process_plays_in_is_refused_by_its_name(tmp_path, holder):
    refusal = f"{tmp_path.name} is being played by another process"
    with pytest.raises(FolderError, match=refusal), locked(tmp_path):
        pytest.fail("two processes hold the folder")


def test_a_holder_that_was_killed_stands_in_nobodys_way(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / LOCK).exists()
    assert is_free(tmp_path)


def test_a_folder_is_free_again_after_use_and_after_an_error(tmp_path):
    with locked(tmp_path):
        assert not is_free(tmp_path)
    with pytest.raises(RuntimeError, match="of the sweep"), locked(tmp_path):
        raise RuntimeError("of the sweep")
    assert is_free(tmp_path)


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EACCES])
def test_a_file_system_without_locks_is_played_on_unlocked(tmp_path, monkeypatch, number):
    def refuse(lock, *args, **kwargs):
        raise OSError(number, "no locks here")

    monkeypatch.setattr(FileLock, "_acquire", refuse)
    assert is_free(tmp_path)


def test_an_error_of_the_sweep_itself_is_not_taken_for_a_missing_lock(tmp_path):
    with pytest.raises(OSError, match="of the sweep"), locked(tmp_path):
        raise OSError("of the sweep")


def test_whoever_may_write_in_the_folder_may_lock_it(tmp_path):
    with locked(tmp_path):
        assert (tmp_path / LOCK).stat().st_mode & 0o777 == 0o666
