"""A sweep that is stopped at any moment goes on, and ends with the bytes of one that was not."""

import errno
import json
import os
import random
import threading
import time

import pytest
from typer.testing import CliRunner

from sim.cli.sweep import app as commands
from sim.io.atomic_write import DiskFullError
from sim.sweep import (
    ExecutionOptions,
    FingerprintError,
    FolderError,
    InterruptedSweepError,
    Sweep,
    execution,
    executors,
    provenance,
    result_folder,
    resume,
    run,
)
from tests.support import saboteur
from tests.support.studies import FEW
from tests.unit.sweep.test_execution import bytes_of

CHUNK = 4


def play_and_tell(bound_study, place, log, awake):
    """Play a sweep in this process, and note which chunks are begun and which are done."""
    awake.set()
    begin, write_parts = executors.run_chunk, execution._write_parts

    def noted(task):
        log.open("a").write(f"begun {task.run_id[0]}\n")
        return begin(task)

    def put_and_noted(place, chunk, played):
        write_parts(place, chunk, played)
        log.open("a").write(f"done {played.runs['run_id'][0]}\n")

    executors.run_chunk, execution._write_parts = noted, put_and_noted
    run(bound_study, place, options=ExecutionOptions(chunk_runs=CHUNK))


def test_kill_at_20_random_moments_and_resume_gives_the_same_bytes(study, tmp_path):
    bound_study = study(("latin_hypercube, n: 4", "latin_hypercube, n: 2"))
    whole = run(bound_study, tmp_path / "whole", options=ExecutionOptions(chunk_runs=CHUNK))
    log, moments, number = tmp_path / "log", random.Random(5), 0

    def played_for(place, seconds=None):
        """How long a process plays, which is killed after so many seconds if any are given."""
        awake = saboteur.prepared().Event()
        play = saboteur.prepared().Process(
            target=play_and_tell, args=(bound_study, place, log, awake)
        )
        play.start()
        assert awake.wait(300)  # the first waits for all imports
        started = time.monotonic()
        play.join(seconds)
        play.kill()
        play.join()
        return time.monotonic() - started

    played_for(tmp_path / "warm")
    takes = played_for(tmp_path / "timed")
    log.write_text("")
    for _ in range(20):
        place = tmp_path / f"sweep-{number}"
        played_for(place, moments.uniform(0.0, takes / 2))
        if (place / "manifest.json").exists() and Sweep(place).is_complete:
            number += 1
    there = {path.name for path in whole.folder.iterdir()}
    for n in range(number + 1):
        sweep = run(
            bound_study, tmp_path / f"sweep-{n}", options=ExecutionOptions(chunk_runs=CHUNK)
        )
        assert bytes_of(sweep) == bytes_of(whole)
        assert {path.name for path in sweep.folder.iterdir()} == there
    _nothing_is_played_again(log.read_text().splitlines())


def _nothing_is_played_again(notes):
    """A chunk that is done is begun again only in another folder, that is, from the start."""
    done = set()
    for note in notes:
        what, run_id = note.split()
        if what == "done":
            assert run_id not in done
            done.add(run_id)
        if what == "begun" and run_id == "0":
            done.clear()
        assert what == "done" or run_id not in done


def test_a_clean_stop_finishes_what_is_under_way(study, tmp_path, undisturbed):
    stop = threading.Event()
    options = ExecutionOptions(
        chunk_runs=CHUNK, stop=stop, progress=lambda done, *_: done and stop.set()
    )
    with pytest.raises(InterruptedSweepError):
        run(study(FEW), tmp_path / "sweep", options=options)
    half = Sweep(tmp_path / "sweep")
    assert not half.is_complete
    assert half.runs.num_rows == half.status()["played"] == CHUNK
    assert bytes_of(resume(half.folder)) == bytes_of(undisturbed)


def test_what_was_arriving_when_it_was_killed_is_cleared_away(study, tmp_path, undisturbed):
    place = tmp_path / "sweep"
    (place / "parts").mkdir(parents=True)
    left = [place / ".design.parquet.99-0a1b2c3d", place / "parts" / ".runs-0.parquet.99-0a1b2c3d"]
    for path in [*left, place / ".notes"]:
        path.write_bytes(b"half a file")
    run(study(FEW), place, options=ExecutionOptions(chunk_runs=100))
    here = {path.name for path in place.iterdir()}
    assert here == {path.name for path in undisturbed.folder.iterdir()} | {".notes"}


def test_a_full_disk_is_named_and_the_sweep_goes_on_once_there_is_room(
    study, tmp_path, monkeypatch, undisturbed
):
    def write_half(table, path, **_):
        path.write_bytes(b"half a file")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    bound_study, place = study(FEW), tmp_path / "sweep"
    options = ExecutionOptions(
        progress=lambda *_: monkeypatch.setattr(result_folder.pq, "write_table", write_half)
    )
    with pytest.raises(DiskFullError, match=r"no room left in .*parts"):
        run(bound_study, place, options=options)
    assert not list((place / "parts").iterdir())
    monkeypatch.undo()
    assert bytes_of(resume(place)) == bytes_of(undisturbed)


def test_a_folder_goes_on_in_the_chunks_it_was_begun_with(study, tmp_path):
    stop = threading.Event()
    options = ExecutionOptions(
        chunk_runs=CHUNK, stop=stop, progress=lambda done, *_: done and stop.set()
    )
    with pytest.raises(InterruptedSweepError):
        run(study(FEW), tmp_path / "sweep", options=options)
    with pytest.raises(FolderError, match="begun with chunks of 4 runs"):
        run(study(FEW), tmp_path / "sweep", options=ExecutionOptions(chunk_runs=5))
    assert run(study(FEW), tmp_path / "sweep").is_complete


def test_files_stay_few(study, tmp_path):
    seen = []
    place = tmp_path / "sweep"

    def count(*_):
        seen.append(sum(path.is_file() for path in place.rglob("*")))

    series = "outcomes:"
    bound_study = study((series, "series: {keep: [phase]}\noutcomes:"))
    sweep = run(bound_study, place, options=ExecutionOptions(chunk_runs=1000, progress=count))
    assert max(seen) <= 2 * 1 + 8
    assert len(list(sweep.folder.iterdir())) <= 8


def test_other_code_is_refused_unless_forced_and_then_marked(study, tmp_path, monkeypatch):
    stop = threading.Event()
    options = ExecutionOptions(
        chunk_runs=CHUNK, stop=stop, progress=lambda done, *_: done and stop.set()
    )
    with pytest.raises(InterruptedSweepError):
        run(study(FEW), tmp_path / "sweep", options=options)
    monkeypatch.setattr(provenance, "model_fingerprint", lambda: "0" * 64)
    with pytest.raises(FingerprintError, match=r"model .* is now 000000000000 \(another model, or"):
        resume(tmp_path / "sweep")
    words = ["resume", str(tmp_path / "sweep"), "--engine", "serial", "--quiet"]
    assert CliRunner().invoke(commands, words).exit_code == 3
    sweep = resume(tmp_path / "sweep", ExecutionOptions(force=True))
    forced = sweep.runs["forced"].to_pylist()
    assert forced == [False] * CHUNK + [True] * (12 - CHUNK)
    assert sweep.manifest["forced"][0]["model"] == "0" * 64


def test_another_study_needs_another_folder(study, tmp_path):
    run(study(FEW), tmp_path / "sweep", options=ExecutionOptions(chunk_runs=100))
    with pytest.raises(FingerprintError, match="study"):
        run(study(FEW, ("seed: 3", "seed: 4")), tmp_path / "sweep")
    with pytest.raises(FingerprintError, match="another study asks for other runs"):
        run(
            study(FEW, ("replicates: 6", "replicates: 8")),
            tmp_path / "sweep",
            options=ExecutionOptions(force=True),
        )


def test_two_cannot_play_in_one_folder(study, tmp_path):
    place = tmp_path / "sweep"
    place.mkdir()
    with result_folder.locked(place), pytest.raises(FolderError, match="another process"):
        run(study(FEW), place)


def test_a_folder_that_is_no_sweep_is_refused(tmp_path):
    with pytest.raises(FolderError, match="no sweep"):
        Sweep(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"format": "parley.sweep/0"}))
    with pytest.raises(FolderError, match=r"parley\.sweep/1"):
        Sweep(tmp_path)
