"""A sweep is played into a folder whose bytes depend on the study alone."""

import numpy as np
import pytest

from sim import simulate
from sim.scenario.loading import with_changes
from sim.sweep import ExecutionOptions, FolderError, Sweep, SweepPlan, resume, run
from tests.support.studies import FEW

RESULTS = ("design.parquet", "runs.parquet", "summary.csv", "README.md", "spec.yaml")


def bytes_of(sweep):
    return {name: (sweep.folder / name).read_bytes() for name in RESULTS}


def test_each_run_is_the_run_of_a_plain_simulation_with_its_luck(study, tmp_path):
    bound_study = study(
        ("uncertainties: {method", "together: {method"), ("latin_hypercube", "random")
    )
    sweep = run(bound_study, tmp_path / "sweep", options=ExecutionOptions(chunk_runs=5))
    runs, design = sweep.runs, sweep.design
    last = design.num_rows - 1
    settings = {name: design[name][last].as_py() for name in design.column_names}
    case = with_changes(
        sweep.scenario,
        {key.key: settings[key.key] for key in bound_study.keys if key.kind == "number"},
    )
    levers = {"guarantee_strength": settings["guarantee_strength"]}
    alone = simulate(case, runs=6, seed=3, days=12, levers=levers)
    mine = runs.filter(np.array(runs["design_id"]) == last)
    assert mine["days_until_deal"].to_pylist() == [
        12 if day < 0 else day for day in alone.deal_day.tolist()
    ]
    assert mine["returned_alive_uplanders"].to_pylist() == alone.returned_alive[:, 0].tolist()


@pytest.mark.parametrize("name", ["README.md", "summary.json"])
def test_a_folder_in_which_something_else_lies_is_left_as_it_is(study, tmp_path, name):
    mine = tmp_path / "other" / name
    mine.parent.mkdir()
    mine.write_text("about something else")
    with pytest.raises(FolderError, match="name another folder"):
        run(study(FEW), mine.parent)
    assert mine.read_text() == "about something else"
    assert list(mine.parent.iterdir()) == [mine]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"executor": 5}, "the executor is 5; give serial, process"),
        ({"workers": 0}, "workers is 0; it is a whole number from 1 up"),
        ({"chunk_runs": 0}, "chunk_runs is 0; it is a whole number from 1 up"),
        ({"max_failures": -1}, "max_failures is -1; it is a whole number from 0 up"),
        ({"seconds_per_run": -1}, "seconds_per_run is -1; it is a number of more than 0"),
    ],
)
def test_options_that_there_are_not_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        ExecutionOptions(**options)


def test_what_is_no_study_or_no_shard_is_refused_before_a_folder_is_made(study, tmp_path):
    with pytest.raises(ValueError, match="give what `read_study` makes of its file"):
        run("study.yaml", tmp_path / "sweep")
    with pytest.raises(ValueError, match=r"the shard is '1/2'; give its number .*: \(1, 2\)"):
        run(study(FEW), tmp_path / "sweep", shard="1/2")
    assert not (tmp_path / "sweep").exists()


def test_the_folder_says_a_command_that_plays_it_again(whole_of):
    page = (whole_of().folder / "README.md").read_text(encoding="utf-8")
    assert "`parley sweep run FOLDER --out DIR`, where FOLDER is this one" in page


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_the_chunks(study, tmp_path, undisturbed):
    for size in (1, 5):
        sweep = run(study(FEW), tmp_path / str(size), options=ExecutionOptions(chunk_runs=size))
        assert bytes_of(sweep) == bytes_of(undisturbed)


def test_points_that_need_scenarios_of_their_own_come_in_the_order_of_the_design(study, tmp_path):
    """They are played by scenario, so that the order of play is another."""
    numbers = "captives.uplanders.categories.guards.number: {integers: [5, 9]}"
    bound_study = study(FEW, ("captives.uplanders.death_rate: {}", numbers), ("n: 1", "n: 4"),
                     ("replicates: 6", "replicates: 2"),
                     ("keep: [", "keep: [still_held_total, "))  # fmt: skip
    assert not (np.diff(SweepPlan.of(bound_study).order) > 0).all()
    sweep = run(bound_study, tmp_path / "sweep", options=ExecutionOptions())
    points, guards = sweep.design, bound_study.keys[-1].key
    assert sweep.runs["design_id"].to_pylist() == np.repeat(np.arange(8), 2).tolist()
    last = {key.key: points[key.key][7].as_py() for key in bound_study.keys}
    case = with_changes(
        sweep.scenario, {k: v for k, v in last.items() if k != "guarantee_strength"}
    )
    assert last[guards] != points[guards][0].as_py()
    alone = simulate(case, runs=2, seed=3, days=12, levers={"guarantee_strength": 2})
    mine = sweep.runs["returned_alive_uplanders"].to_pylist()[-2:]
    assert mine == alone.returned_alive[:, 0].tolist()
    held = sweep.runs["still_held_total"].to_pylist()[-2:]
    assert held == alone.still_held.sum(axis=1).tolist()


def test_a_finished_sweep_is_left_as_it_is(whole_of):
    sweep = whole_of()
    before = bytes_of(sweep), (sweep.folder / "manifest.json").read_bytes()
    again = resume(sweep.folder)
    assert (bytes_of(again), (again.folder / "manifest.json").read_bytes()) == before
    assert again.manifest["counts"] == {"planned": 48, "ok": 48, "failed": 0}


def test_settings_stand_in_the_design_only(whole_of):
    sweep = whole_of()
    settings = {"guarantee_strength", "parties.upland.optimism", "captives.uplanders.death_rate"}
    assert settings <= set(sweep.design.column_names)
    assert not {name for name in sweep.runs.column_names if name in settings or name[:2] == "u."}


def test_the_folder_tells_what_was_asked(study, whole_of):
    bound_study = study()
    sweep = Sweep(whole_of().folder)
    assert sweep.bound_study.sha256 == bound_study.sha256
    assert sweep.scenario == bound_study.scenario
    assert sweep.study.replicates == 6
    assert set(sweep.columns) == {
        "deal_by_10",
        "days_until_deal",
        "ending",
        "returned_alive_uplanders",
        "returned_alive_deltans",
    }
