"""Shards make a whole; a sweep can be verified, replayed, compared and put away."""

import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sim
from sim.cli.output import as_json
from sim.provenance import NO_PART, model_modules
from sim.sweep import (
    ExecutionOptions,
    FingerprintError,
    FolderError,
    Sweep,
    provenance,
    result_folder,
    resume,
    run,
)
from sim.sweep.archive import archive
from sim.sweep.execution import half_widths, shard_name
from sim.sweep.provenance import surroundings
from sim.sweep.verify import diff, merge, replay, verify
from tests.support.studies import FEW
from tests.unit.sweep.test_execution import bytes_of

PLAIN = ExecutionOptions(chunk_runs=100)


@pytest.fixture
def whole(whole_of, tmp_path):
    """A finished sweep of one's own, to do with as one likes."""
    return Sweep(shutil.copytree(whole_of().folder, tmp_path / "whole"))


def shards(bound_study, place, of):
    for number in range(1, of + 1):
        run(bound_study, place, shard=(number, of), options=PLAIN)
    return place


@pytest.mark.slow
@pytest.mark.parametrize("of", [1, 3, 64])
def test_merged_shards_have_the_bytes_of_the_whole(study, tmp_path, undisturbed, of):
    merged = merge(shards(study(FEW), tmp_path / "parts", of))
    assert bytes_of(merged) == bytes_of(undisturbed)
    assert not (merged.folder / "parts").exists()


def test_shards_that_are_missing_or_there_twice_or_changed_are_named(study, tmp_path):
    place = shards(study(FEW), tmp_path / "parts", 4)
    lost = place / shard_name((1, 4)) / "runs.parquet"
    lost.rename(place / "runs")
    with pytest.raises(FolderError, match="changed since: 1"):
        merge(place)
    (place / "runs").rename(lost)
    shutil.rmtree(place / shard_name((3, 4)))
    with pytest.raises(FolderError, match=r"missing: 3; `parley .*0001-of.* 3/4` plays 3"):
        merge(place)
    shutil.copytree(place / shard_name((2, 4)), place / "copy")
    with pytest.raises(FolderError, match="missing: 3; there twice: 2"):
        merge(place)


def test_shards_of_two_studies_are_not_merged(study, tmp_path):
    run(study(FEW), tmp_path / "parts", shard=(1, 2), options=PLAIN)
    run(study(FEW, ("seed: 3", "seed: 4")), tmp_path / "parts", shard=(2, 2), options=PLAIN)
    with pytest.raises(FingerprintError, match="different"):
        merge(tmp_path / "parts")


def test_a_sweep_that_was_left_alone_is_verified(whole):
    checks = verify(whole, runs=5)
    assert all(check.holds for check in checks if check.what != "committed"), checks
    assert "of 5 runs played again, 5 came out the same" in [check.words for check in checks]


def test_a_changed_result_is_found_out(whole, tmp_path):
    path = whole.folder / "runs.parquet"
    table = pq.read_table(path)
    later = pa.array([11] * table.num_rows, pa.int32())
    place = table.column_names.index("days_until_deal")
    pq.write_table(table.set_column(place, "days_until_deal", later), path)
    checks = {check.what: check for check in verify(Sweep(whole.folder), runs=5)}
    assert not checks["runs.parquet"].holds
    with pytest.raises(FolderError, match=r"runs\.parquet .* was changed or lost"):
        archive(Sweep(whole.folder), tmp_path / "x.zip")


def test_a_folder_without_its_readme_is_not_archived(whole, tmp_path):
    (whole.folder / "README.md").unlink()
    with pytest.raises(FolderError, match=r"has lost README\.md; bring them back"):
        archive(whole, tmp_path / "x.zip")


def test_results_that_are_lost_or_damaged_are_said_to_be(whole):
    """They are not taken for a sweep in which nothing was played."""
    path = whole.folder / "runs.parquet"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(FolderError, match=r"runs\.parquet cannot be read"):
        replay(Sweep(whole.folder), 0)
    path.unlink()
    with pytest.raises(FolderError, match=r"runs\.parquet is missing; `parley sweep verify"):
        diff(whole, Sweep(whole.folder))
    checks = {check.what: check for check in verify(Sweep(whole.folder))}
    assert checks["runs.parquet"].words.startswith("is missing; ")
    path.touch()
    checks = {check.what: check for check in verify(Sweep(whole.folder))}
    assert checks["runs.parquet"].words.startswith("is empty; ")


def test_a_sweep_that_lost_its_runs_is_not_complete(whole, tmp_path):
    path = whole.folder / "runs.parquet"
    part = whole.folder / "parts" / "runs-0000-0000000000-0000000048.parquet"
    table = pq.read_table(path)
    path.unlink()
    assert not whole.status()["complete"]
    with pytest.raises(FolderError, match=r"lost runs\.parquet since.*parley sweep run .*-again"):
        resume(whole.folder, PLAIN)
    part.parent.mkdir()
    pq.write_table(table, part)  # as where it was stopped before the parts were thrown away
    assert resume(whole.folder, PLAIN).runs.equals(table)
    assert not part.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b"\xff\xfe{}", "it is not a text in UTF-8"),
        (b"{", "it is no JSON"),
        (b"[]", "it is not in the format"),
        (b'{"format": "parley.sweep/1"}', "it does not say study, title, complete"),
    ],
)
def test_a_manifest_that_is_damaged_is_said_to_be_in_one_sentence(whole, content, message):
    (whole.folder / "manifest.json").write_bytes(content)
    for use in (Sweep, resume):
        with pytest.raises(
            FolderError, match=rf"manifest\.json is damaged: {message}.*from a copy"
        ):
            use(whole.folder)


def test_a_scenario_or_study_that_is_half_gone_is_damage(whole):
    manifest = json.loads((whole.folder / "manifest.json").read_text())
    gone = manifest | {"resolved": {}, "scenario": manifest["scenario"] | {"content": {}}}
    (whole.folder / "manifest.json").write_text(json.dumps(gone))
    for use, key in ((resume, "scenario.content"), (lambda f: Sweep(f).design, "resolved")):
        with pytest.raises(FolderError, match=f"does not say {key} as it was; bring it back"):
            use(whole.folder)


def test_every_word_of_a_manifest_is_missed(whole):
    manifest = json.loads((whole.folder / "manifest.json").read_text())
    assert set(manifest) == set(result_folder.MANIFEST_KEYS)
    for part, names in result_folder.MANIFEST_PART_KEYS.items():
        lacking = manifest | {part: {n: v for n, v in manifest[part].items() if n != names[0]}}
        (whole.folder / "manifest.json").write_text(json.dumps(lacking))
        with pytest.raises(FolderError, match=rf"does not say {part}\.{names[0]}"):
            Sweep(whole.folder)


def test_a_replayed_run_comes_out_as_recorded_and_is_told(whole):
    run_id = whole.runs["run_id"][-1].as_py()
    result = replay(whole, run_id)
    assert not result.differences
    assert len(result.paragraphs) > 1
    assert result.settings["guarantee_strength"] == 2
    with pytest.raises(FolderError, match="no run 99"):
        replay(whole, 99)


def test_luck_is_shared_only_where_it_is_meant_to_be(study, tmp_path, whole):
    shared = whole.runs["luck"].to_numpy().reshape(8, 6)
    assert (shared == np.arange(6)).all()
    own = run(study(FEW, ("seed: 3", "seed: 3\ncrn: false")), tmp_path / "own", options=PLAIN)
    lucks = own.runs["luck"].to_numpy()
    assert len(np.unique(lucks)) == len(lucks) == 12
    assert (own.runs["luck"].to_numpy() == own.runs["run_id"].to_numpy()).all()
    assert not replay(own, int(lucks[-1])).differences


def test_shared_and_separate_luck_agree_in_the_mean(study, tmp_path):
    many, apart = ("replicates: 6", "replicates: 400"), ("seed: 3", "seed: 3\ncrn: false")
    changes_by_name = {"shared": (FEW, many), "separate": (FEW, many, apart)}
    sweeps = [
        run(study(*changes), tmp_path / name, options=ExecutionOptions())
        for name, changes in changes_by_name.items()
    ]
    for point in (0, 1):
        shared, separate = (
            s.runs.filter(pa.compute.equal(s.runs["design_id"], point))["deal_by_10"].to_numpy()
            for s in sweeps
        )
        error = np.sqrt((shared.var(ddof=1) + separate.var(ddof=1)) / 400)
        assert abs(shared.mean() - separate.mean()) <= 4 * error


def test_two_sweeps_are_compared_in_pairs_where_they_share_their_luck(study, tmp_path, undisturbed):
    same = diff(undisturbed, undisturbed)
    assert same.same_bytes
    assert not same.settings
    assert {(shift.difference, shift.p) for shift in same.shifts} == {(0.0, 1.0)}
    other = run(study(FEW, ("seed: 3", "seed: 4")), tmp_path / "other", options=PLAIN)
    difference = diff(undisturbed, other)
    assert dict(difference.settings) == {"seed": (3, 4)}
    assert not difference.same_bytes
    assert not any(shift.paired for shift in difference.shifts)


def test_a_stopping_rule_stops_at_the_first_batch_that_meets_it(study, tmp_path):
    rule = "stop: {metric: deal_by_10, half_width: WIDTH, max_replicates: 20}\n"
    text = ("outcomes:", rule + "outcomes:")
    wide = run(study(text, ("WIDTH", "100")), tmp_path / "wide", options=PLAIN)
    assert wide.manifest["stop"]["met"]
    assert [batch["replicates"] for batch in wide.manifest["stop"]["batches"]] == [6]
    narrow = run(study(text, ("WIDTH", "0.0001")), tmp_path / "narrow", options=PLAIN)
    assert not narrow.manifest["stop"]["met"]
    assert [batch["replicates"] for batch in narrow.manifest["stop"]["batches"]] == [6, 12, 18, 20]
    assert narrow.runs.num_rows == 8 * 20
    widest = max(
        (row["high"] - row["low"]) / 2
        for row in narrow.summary.to_pylist()
        if row["outcome"] == "deal_by_10"
    )
    assert narrow.manifest["stop"]["batches"][-1]["widest_half_width"] == pytest.approx(widest)
    first = narrow.runs.filter(pa.compute.less(narrow.runs["replicate"], 6))
    assert first.equals(wide.runs)
    with pytest.raises(FolderError, match="no shard"):
        run(study(text, ("WIDTH", "1")), tmp_path / "part", shard=(1, 2), options=PLAIN)


def test_a_rule_that_cannot_tell_yet_says_so_in_plain_json(study, tmp_path):
    """Where no two counts of a point differ, no width is known, and JSON knows no infinity."""
    rule = "stop: {metric: deals, half_width: 1, max_replicates: 2}\n"
    bound_study = study(
        FEW, ("replicates: 6", "replicates: 1"), ("keep: [", "keep: [deals, "),
        ("outcomes:", f"{rule}outcomes:"),
    )  # fmt: skip
    messages = []
    sweep = run(bound_study, tmp_path / "sweep", options=replace(PLAIN, tell=messages.append))
    batch, _ = sweep.manifest["stop"]["batches"]
    assert batch == {"replicates": 1, "widest_half_width": None}
    assert messages[0] == "after replicate 1: widest half width not known at some design point"
    as_json(sweep.manifest)


def test_nothing_is_known_of_a_point_without_runs_or_in_which_no_counts_differ():
    counts = half_widths(np.array([0, 0, 1, 1]), np.array([3, 3, 1, 2]), 2)
    assert counts.tolist() == [np.inf, pytest.approx(1.96 / 2, abs=1e-3)]
    widths = half_widths(np.array([0, 0, 2]), np.array([True, False, True]), 3)
    assert widths[1] == np.inf
    assert widths[0] == pytest.approx((0.9055 - 0.0945) / 2, abs=1e-3)  # Wilson, 1 of 2


def test_the_summary_has_no_mean_of_days_that_may_never_come(study, tmp_path):
    keep = ("keep: [deal_by_10, days_until_deal, ending, returned_alive]", "keep: [KEPT]")
    kept = "deal_day, truce_days, zopa_day, last_day, ending, truce_end, deals, front"
    sweep = run(study(FEW, keep, ("KEPT", kept)), tmp_path / "sweep", options=PLAIN)
    assert set(sweep.summary["outcome"].to_pylist()) == {"deals", "front"}


def test_the_manifest_tells_nothing_of_who_or_where(whole):
    text = (whole.folder / "manifest.json").read_text()
    private = [
        str(Path.home()),
        str(Path.cwd()),
        str(whole.folder),
        socket.gethostname(),
        sys.prefix,
    ]
    private += [f'"{getpass.getuser()}"', *(v for v in os.environ.values() if len(v) > 20)]
    assert not [name for name in private if name in text]


def test_a_tree_with_changes_is_flagged_with_their_fingerprint(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "HERE", tmp_path / "sim")
    assert surroundings()["repository"] is None  # it is nobody's tree yet
    (tmp_path / "sim").mkdir()
    (tmp_path / "sim" / "talks.py").write_text("one = 1\n")
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "begun"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    clean = surroundings()["repository"]
    assert (clean["dirty"], clean["diff_sha256"]) == (False, None)
    (tmp_path / "sim" / "new.py").write_text("two = 2\n")
    added = surroundings()["repository"]
    (tmp_path / "sim" / "talks.py").write_text("one = 2\n")
    changed = surroundings()["repository"]
    assert added["dirty"]
    assert changed["dirty"]
    assert changed["commit"] == added["commit"] == clean["commit"]
    assert changed["diff_sha256"] != added["diff_sha256"]
    (tmp_path / "notes.txt").write_text("what is not the model does not count\n")
    assert surroundings()["repository"] == changed


@pytest.mark.slow
def test_the_fingerprint_covers_all_that_the_model_imports():
    code = (
        "import sys, sim.sweep.chunk, sim.sweep.design_points;"
        "print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('sim.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    root = Path(sim.__file__).parents[1]
    files = [Path(file).relative_to(root) for file in done.stdout.split()]
    used = {".".join(file.with_suffix("").parts) for file in files if file.name != "__init__.py"}
    no_part = {name for name in used if name.startswith(NO_PART)}
    assert used - no_part <= model_modules()
    assert no_part <= {"sim.engine.storage", "sim.io.atomic_write", "sim.provenance", "sim.types"}


def test_an_archive_is_always_the_same_and_gives_the_same_bytes_again(whole, tmp_path):
    one = archive(whole, tmp_path / "one.zip")
    assert one.read_bytes() == archive(whole, tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(one) as file:
        file.extractall(tmp_path / "out")
    place = tmp_path / "out" / whole.bound_study.name
    assert {"CITATION.cff", "codemeta.json", "dictionary.csv", "numbers.md"} <= set(
        path.name for path in place.iterdir()
    )
    json.loads((place / "codemeta.json").read_text())
    lines = (place / "dictionary.csv").read_text().splitlines()[1:]
    assert not [line for line in lines if line.endswith(",")], "every column is described"
    bound_study = Sweep(place).bound_study  # the study and the scenario, from the archive alone
    again = run(bound_study, tmp_path / "again", options=PLAIN)
    assert bytes_of(again) == bytes_of(whole)


def test_an_unfinished_sweep_is_no_result(study, tmp_path, whole):
    manifest = json.loads((whole.folder / "manifest.json").read_text())
    (whole.folder / "manifest.json").write_text(json.dumps(manifest | {"complete": False}))
    for use in (verify, lambda s: archive(s, tmp_path / "x.zip"), lambda s: diff(s, s)):
        with pytest.raises(FolderError, match="not finished"):
            use(Sweep(whole.folder))
    (whole.folder / "parts").mkdir()
    assert bytes_of(resume(whole.folder, PLAIN))["design.parquet"]
