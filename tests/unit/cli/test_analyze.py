"""`parley analyze`: one page, charts, tables and JSON, or a refusal by name."""

import csv
import json
import re

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from sim.cli.app import app
from sim.reporting import html_report
from sim.sweep import result_folder as disk
from sim.sweep.analysis import cell_estimates, curves, regret
from tests.support.known_sweeps import NUMBERS

LEVERS = "levers:\n  guarantee_strength: {values: [0, 2]}"
FACTS = """\
facts:
  deal_by_10: {observed: 1, source: invented}
levers: {guarantee_strength: 2}
"""


def talks(points, replicates):
    """Deals that come where trust is high, more of them under a guarantee."""
    luck = np.random.default_rng(3).random(len(replicates))
    chance = points.places[NUMBERS[0]] * (0.5 + 0.25 * points.settings["guarantee_strength"])
    return {
        "deal_by_10": luck < chance[:, None],
        "days_until_deal": np.where(luck < chance[:, None], 5.0, 12.0),
    }


@pytest.fixture
def sweep(known_sweep):
    options = {"design": "{method: saltelli, n: 16}", "levers": LEVERS, "replicates": 20}
    return known_sweep(talks, **options)


def parley(*words):
    return CliRunner().invoke(app, ["analyze", *map(str, words)])


@pytest.mark.slow
def test_one_command_writes_a_page_with_charts_and_tables(sweep, tmp_path):
    out, facts = tmp_path / "out", tmp_path / "facts.yaml"
    facts.write_text(FACTS, encoding="utf-8")
    result = parley(sweep.folder, "--out", out, "--facts", facts, "--accept", 0.1)
    assert result.exit_code == 0, result.output
    html = (out / "report.html").read_text(encoding="utf-8")
    assert "not a forecast" in html
    assert "https://" not in re.sub(r'href="[^"]*"', "", html)  # it fetches nothing
    for part in ("curves", "heat", "sobol", "prim", "regret"):
        assert f'id="{part}-deal_by_10"' in html
    assert 'id="calibration"' in html
    drawn = {path.suffix for path in (out / "charts").iterdir()}
    assert drawn == {".svg", ".png"}
    estimates = cell_estimates(sweep, "deal_by_10")
    with (out / "tables" / "curves-deal_by_10.csv").open(encoding="utf-8") as file:
        written = [float(row["mean"]) for row in csv.DictReader(file)]
    assert written == [mean.estimate for curve in curves(estimates) for mean in curve.findings]
    with (out / "tables" / "regret-deal_by_10.csv").open(encoding="utf-8") as file:
        largest = [float(row["largest_regret"]) for row in csv.DictReader(file)]
    assert largest == [policy.largest_regret for policy in regret(estimates).policies]


def test_json_goes_to_standard_output_alone(sweep):
    result = parley(sweep.folder, "--outcome", "days_until_deal", "--json", "-")
    analysis = json.loads(result.stdout)
    assert "not a forecast" in analysis["not_a_forecast"]
    assert (
        "at most" in analysis["outcomes"]["days_until_deal"]["rule"]
    )  # days of war: less is better
    assert analysis["outcomes"]["days_until_deal"]["refused"] == {}
    assert {"sobol-days_until_deal", "boxes-days_until_deal"} <= analysis["tables"].keys()


def test_what_is_missing_is_refused_by_name_and_the_rest_is_shown(known_sweep):
    sweep = known_sweep(
        talks,
        levers=LEVERS,
        replicates=4,
        scramble=lambda table: table.filter(pc.not_equal(table["run_id"], 9_000_002)),
    )
    result = parley(sweep.folder)
    assert result.exit_code == 1
    assert "missing: B row 1 (replicates 2)" in result.output
    assert f"parley sweep run {sweep.folder} --out" in result.output
    assert "guarantee_strength 0:" in result.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--outcome", "deal_by_11"], "did you mean 'deal_by_10'"),
        (["--better", "most"], "--better most is neither more nor less"),
        (["--accept", 0.1], "--accept is for --facts"),
        (["--threshold", "5"], "deal_by_10 is a share of talks; give one between 0 and 1"),
        (["--threshold", "nan"], "the threshold is nan; give a finite number"),
    ],
)
def test_what_cannot_be_asked_is_refused(sweep, words, message):
    result = parley(sweep.folder, *words)
    assert result.exit_code == 2
    assert message in result.output


def test_a_folder_that_is_no_sweep_is_refused(tmp_path):
    result = parley(tmp_path)
    assert result.exit_code == 2
    assert f"{tmp_path} is empty and no sweep; `parley sweep run STUDY --out" in result.output
    (tmp_path / "notes.txt").write_text("of something else")
    assert "it is no sweep" in parley(tmp_path).output
    (tmp_path / "shard").mkdir()
    (tmp_path / "shard" / "manifest.json").write_text("{}")
    assert "merge shards first" in parley(tmp_path).output


def test_a_sweep_that_is_still_to_be_played_says_which_and_how(sweep):
    manifest = disk.read_manifest(sweep.folder)
    disk.write_manifest(sweep.folder, manifest | {"complete": False})
    message = f"{sweep.folder} is not finished; `parley sweep resume {sweep.folder}` first"
    assert message in parley(sweep.folder).stderr
    disk.write_manifest(sweep.folder, manifest | {"shard": [1, 2]})
    assert "is a shard; merge all of them first" in parley(sweep.folder).stderr


def test_a_study_is_no_facts(sweep):
    result = parley(sweep.folder, "--facts", sweep.folder / "spec.yaml")
    assert result.exit_code == 2
    assert "spec.yaml: this is a study; facts of a case are a file of their own" in result.stderr


def test_a_folder_that_was_changed_is_shown_with_a_warning(sweep, tmp_path, monkeypatch):
    monkeypatch.setattr(html_report, "as_svg", lambda figure, titled=True: "<svg/>")
    monkeypatch.setattr(html_report, "png_of", lambda svg: b"")
    path = sweep.folder / "runs.parquet"
    pq.write_table(pq.read_table(path), path, compression="none")
    result = parley(sweep.folder, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "is not as it was left (runs.parquet); `parley sweep verify" in result.stderr
    assert "is not as it was left" in (tmp_path / "out" / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "column", "as_type"),
    [
        ("runs.parquet", "deal_by_10", None),
        ("runs.parquet", "deal_by_10", "string"),
        ("runs.parquet", "replicate", "double"),
        ("design.parquet", "matrix", None),
        ("design.parquet", "guarantee_strength", None),
    ],
)
def test_a_column_that_is_gone_or_another_is_damage(sweep, name, column, as_type):
    table = pq.read_table(sweep.folder / name)
    place = table.column_names.index(column)
    changed = table.drop_columns([column])
    if as_type is not None:
        changed = changed.add_column(place, column, table[column].cast(as_type))
    pq.write_table(changed, sweep.folder / name)
    result = parley(sweep.folder)
    assert result.exit_code == 2, result.output
    assert f"{name} has {'a' if as_type else 'no'} column {column}" in result.stderr
    assert "plays all of it again" in result.stderr


@pytest.mark.parametrize(
    ("design", "shown", "left_out"),
    [
        ("{method: morris, n: 4}", {"curves", "morris"}, {"prim", "regret"}),
        ("{method: one_at_a_time}", {"curves"}, {"prim", "regret"}),
        ("{method: latin_hypercube, n: 12}", {"curves", "heat", "prim", "regret"}, set()),
    ],
)
def test_the_page_shows_what_the_design_allows_and_says_what_not(
    known_sweep, tmp_path, monkeypatch, design, shown, left_out
):
    """Which sections there are; how their charts are drawn is not looked at, and takes seconds."""
    monkeypatch.setattr(html_report, "as_svg", lambda figure, titled=True: "<svg/>")
    monkeypatch.setattr(html_report, "png_of", lambda svg: b"")
    ranges = "uniform: [0, 1], steps: 3" if "one_at" in design else "uniform: [0, 1]"

    def plane(points, replicates):
        return {"days_until_deal": 5.0 + points.settings[NUMBERS[0]][:, None] + 0.1 * replicates}

    sweep = known_sweep(plane, design=design, levers=LEVERS, ranges=ranges, replicates=2)
    result = parley(sweep.folder, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    for part in ("curves", "heat", "morris", "sobol", "prim", "regret"):
        there = f'id="{part}-days_until_deal"' in html
        assert there == (part in shown | left_out), part
    assert html.count("Left out: ") == len(left_out)
