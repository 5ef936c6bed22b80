"""Which of the numbers we are unsure of matter: known answers, and refusals to lie."""

import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from scipy import stats
from typer.testing import CliRunner

import sim.engine.simulate
import sim.findings.sensitivity
from sim.cli.app import app
from sim.cli.console_sensitivity import print_study
from sim.engine.random_streams import RandomStreams
from sim.engine.sampling import stream_name
from sim.engine.simulate import simulate
from sim.findings.designs import DesignTable, ExperimentDesign, IncompleteError, screening_design
from sim.findings.designs import run_design as played_out
from sim.findings.sensitivity import (
    SensitivityPlan,
    check_outcome,
    curve,
    indices_from,
    luck_from,
    plan,
    player,
    screening_from,
    study,
    trends_from,
    uncertain_paths,
)
from sim.findings.statistics import restricted_mean_day
from sim.reporting.sensitivity import remarks, sensitivity_summary
from sim.scenario.loading import find_scenario
from tests.builders import differing, played

RIVERS = "two-rivers"
RUNS, DAYS = 30, 60


# --- Chosen points and borrowed luck


def own_points(runs: int, seed: int = 7) -> dict[str, np.ndarray]:
    """The luck that all uncertain numbers of the rivers have anyway."""
    numbers = played(RIVERS).quantities()
    chance = RandomStreams(seed, 0, runs)
    return {
        path: chance.once(stream_name(path))[:, 0]
        for path, number in numbers.items()
        if not number.is_certain
    }


def test_borrowed_luck_is_the_lenders_in_every_stream():
    whose = np.array([5, 3, 3, 40])
    borrowed, all_luck = RandomStreams(2, 0, 4, whose), RandomStreams(2, 0, 41)
    assert np.array_equal(borrowed.once("war", 3), all_luck.once("war", 3)[whose])
    for day in (1, 32, 33, 100):
        assert np.array_equal(borrowed.daily("peace")[day], all_luck.daily("peace")[day][whose])


def test_a_run_with_the_points_and_luck_of_another_is_that_run(monkeypatch):
    monkeypatch.setattr(sim.engine.simulate, "BLOCK_RUNS", 13)
    usual = simulate(played(RIVERS), runs=RUNS, days=DAYS, seed=7)
    whose = np.array([4, 4, *range(RUNS), 11, 2])
    points = {path: luck[whose] for path, luck in own_points(RUNS).items()}
    design = {"points": points, "luck": whose}
    again = simulate(played(RIVERS), runs=len(whose), days=DAYS, seed=7, **design)
    for name in usual.arrays():
        expected, found = getattr(usual, name)[whose], getattr(again, name)
        assert np.array_equal(expected, found, equal_nan=found.dtype.kind == "f"), name


@pytest.mark.slow
def test_workers_do_not_matter_to_a_design(monkeypatch):
    monkeypatch.setattr(sim.engine.simulate, "LEAST_RUNS_PER_WORKER", 10)
    monkeypatch.setattr(sim.engine.simulate, "BLOCK_RUNS", 8)
    points = {"channel.leak": np.linspace(0, 0.99, 60)}
    one, two = (
        simulate(
            played(RIVERS),
            runs=60,
            days=20,
            workers=workers,
            points=points,
            luck=np.arange(60) % 3,
        )
        for workers in (1, 2)
    )
    assert differing(one, two) == []


def test_a_point_moves_its_own_number_only():
    case, luck = played(RIVERS), np.zeros(2, dtype=int)
    points = {"channel.leak": np.array([0.1, 0.9])}
    talks = sim.engine.simulate.Talks(case, RandomStreams(1, 0, 2, luck), days=1, points=points)
    sim.engine.simulate.release_model(talks)
    moved = [p for p in case.quantities() if np.ptp(talks.sample[p]) > 0]
    assert moved == ["channel.leak"]


@pytest.mark.parametrize(
    ("points", "luck", "complaint"),
    [
        ({"chanel.leak": [0.5, 0.5]}, None, "did you mean 'channel.leak'"),
        ({"channel.leak": [0.5]}, None, "there are 2 runs"),
        ({"channel.leak": [0.5, 1.0]}, None, r"lie in \[0, 1\)"),
        ({"channel.leak": [0.5, np.nan]}, None, r"lie in \[0, 1\)"),
        ({}, [0, 1, 2], "one for each run"),
        ({}, [0, -1], "from 0 up"),
        ({}, [0.0, 1.0], "numbers of runs"),
    ],
)
def test_a_design_that_cannot_be_played_is_refused(points, luck, complaint):
    luck = None if luck is None else np.array(luck)
    with pytest.raises(ValueError, match=complaint):
        simulate(played(RIVERS), runs=2, days=1, points=points, luck=luck)


# --- Known answers, through a function in place of the simulation


def plays(function, noise=None):
    """A function of the points, (runs, paths), in place of the talks."""

    def play(points, luck):
        x = np.column_stack(list(points.values()))
        return {"y": function(x) + (0.0 if noise is None else noise(luck))}

    return play


def ishigami(u):
    """Ishigami & Homma 1990, with a = 7 and b = 0.1."""
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


G_WEIGHTS = np.array([0, 1, 4.5, 9, 99, 99, 99, 99])


def sobol_g(u):
    """Sobol's G function; Saltelli et al. 2010 print its indices."""
    return np.prod((np.abs(4 * u - 2) + G_WEIGHTS) / (1 + G_WEIGHTS), axis=1)


def design_of(number: int, n: int, replicates: int = 1, seed: int = 3) -> ExperimentDesign:
    return ExperimentDesign("indices", tuple(f"x{k}" for k in range(number)), n, replicates, seed)


def in_order_of(design: ExperimentDesign, found) -> tuple[np.ndarray, np.ndarray]:
    by_path = {index.path: index for index in found.indices}
    ordered = [by_path[path] for path in design.paths]
    return tuple(
        np.array([getattr(index, order).estimate for index in ordered])
        for order in ("first", "total")
    )


@pytest.mark.parametrize(
    ("function", "number", "n", "first", "total"),
    [
        (ishigami, 3, 2**13, [0.3139, 0.4424, 0], [0.5576, 0.4424, 0.2437]),
        (
            sobol_g,
            8,
            2**13,
            [0.7162, 0.1790, 0.0237, 0.0072, 0.0001, 0.0001, 0.0001, 0.0001],
            [0.7871, 0.2422, 0.0343, 0.0105, 0.0001, 0.0001, 0.0001, 0.0001],
        ),
    ],
)
def test_published_indices_are_found(monkeypatch, function, number, n, first, total):
    monkeypatch.setattr(sim.findings.sensitivity, "RESAMPLES", 50)
    design = design_of(number, n)
    found = indices_from(played_out(design, plays(function)), "y")
    one, all_orders = in_order_of(design, found)
    assert one == pytest.approx(first, abs=0.01)
    assert all_orders == pytest.approx(total, abs=0.01)


def test_the_same_points_give_scipys_indices(monkeypatch):
    monkeypatch.setattr(sim.findings.sensitivity, "RESAMPLES", 20)
    design = design_of(3, 256)
    ours = in_order_of(design, indices_from(played_out(design, plays(ishigami)), "y"))
    theirs = stats.sobol_indices(
        func=lambda u: ishigami(u.T),
        n=256,
        dists=[stats.uniform()] * 3,
        rng=np.random.default_rng(3),
    )
    assert ours[0] == pytest.approx(theirs.first_order, abs=1e-12)
    assert ours[1] == pytest.approx(theirs.total_order, abs=1e-12)


def test_a_single_path_has_all_of_its_own_variance(monkeypatch):
    monkeypatch.setattr(sim.findings.sensitivity, "RESAMPLES", 20)
    (index,) = indices_from(played_out(design_of(1, 1024), plays(lambda u: u[:, 0])), "y").indices
    assert index.first.estimate == pytest.approx(1, abs=0.02)
    assert index.total.estimate == pytest.approx(1, abs=0.02)


def test_intervals_of_indices_mostly_hold_the_truth_and_shrink(monkeypatch):
    monkeypatch.setattr(sim.findings.sensitivity, "RESAMPLES", 200)
    truth = {"x0": (0.3139, 0.5576), "x1": (0.4424, 0.4424), "x2": (0.0, 0.2437)}
    width = {}
    for n in (128, 1024):
        shares = [
            (share, known)
            for seed in range(12)
            for index in indices_from(
                played_out(design_of(3, n, 1, seed), plays(ishigami)), "y"
            ).indices
            for share, known in zip((index.first, index.total), truth[index.path], strict=True)
        ]
        assert np.mean([share.low <= known <= share.high for share, known in shares]) > 0.9
        width[n] = np.mean([share.high - share.low for share, _ in shares])
    assert width[1024] < width[128] / 2


def test_screening_a_linear_function_finds_its_slopes():
    slopes = np.array([3.0, -2.0, 0.0, 0.5])
    paths = ("a", "b", "c", "d")
    design = screening_design(paths, trajectories=6, replicates=1)
    found = screening_from(played_out(design, plays(lambda u: u @ slopes)), "y")
    assert [one.path for one in found] == ["a", "b", "d", "c"]
    for one in found:
        slope = slopes[paths.index(one.path)]
        assert one.direction.estimate == pytest.approx(slope)
        assert one.strength.estimate == one.strength.low == pytest.approx(abs(slope))
        assert one.unevenness.estimate == pytest.approx(0, abs=1e-12)


def test_screening_shows_what_depends_on_others():
    design = screening_design(("a", "b", "c"), trajectories=40, replicates=1)
    play = plays(lambda u: u[:, 0] + 4 * (u[:, 1] - 0.5) * (u[:, 2] - 0.5))
    found = {one.path: one for one in screening_from(played_out(design, play), "y")}
    assert found["a"].unevenness.estimate == pytest.approx(0, abs=1e-12)
    assert found["b"].unevenness.estimate > 0.5
    assert abs(found["b"].direction.estimate) < found["b"].strength.estimate


def test_a_trajectory_moves_every_number_once_and_shares_its_luck():
    design = screening_design(("a", "b", "c"), trajectories=9, replicates=2)
    steps = np.diff(design.points, axis=1)
    assert np.array_equal(np.abs(steps).sum(axis=1), np.full((9, 3), 0.5))
    assert np.array_equal((steps != 0).sum(axis=2), np.ones((9, 3)))
    assert set(np.unique(design.points)) == {0.125, 0.375, 0.625, 0.875}
    assert list(design.luck(np.array([0, 0, 4]), np.array([0, 3, 1]), np.array([1, 1, 0]))) == [
        1,
        1,
        8,
    ]


def test_trends_are_slopes_and_their_intervals_hold_them():
    design = ExperimentDesign("luck", ("a", "b", "c"), 3000, 2)
    found = trends_from(
        played_out(design, plays(lambda u: u @ np.array([1.0, -3.0, 0.0]), die)), "y"
    )
    assert [one.name for one in found] == ["b", "a", "c"]
    for one, slope in zip(found, (-3, 1, 0), strict=True):
        assert one.low < slope < one.high
        assert one.high - one.low < 0.4


def test_an_index_whose_interval_includes_nothing_is_said_to():
    design = design_of(3, 256)
    said = remarks(indices_from(played_out(design, plays(lambda u: u[:, 0] + 0 * u[:, 1])), "y"))
    assert set(said) == {"x1", "x2"}
    assert "include 0" in said["x1"]


# --- Luck


def die(luck):
    """Luck of a run that is nobody else's: standard normal."""
    return stats.norm.ppf(RandomStreams(99, 0, int(luck.max()) + 1).once("die")[luck, 0])


def test_the_share_of_luck_is_what_was_put_in():
    design = ExperimentDesign("luck", ("a", "b"), 2000, 4)
    # the numbers have a variance of 1/12 each, luck has a third of the whole
    play = plays(lambda u: u.sum(axis=1), lambda luck: die(luck) / np.sqrt(12))
    found = luck_from(played_out(design, play), "y")
    assert found.low < 1 / 3 < found.high
    assert found.estimate == pytest.approx(1 / 3, abs=0.03)


def test_luck_that_replicates_share_is_no_residue_but_counts_between_runs(monkeypatch):
    monkeypatch.setattr(sim.findings.sensitivity, "RESAMPLES", 20)
    design = design_of(2, 256, replicates=400)
    play = plays(lambda u: u.sum(axis=1), lambda luck: die(luck) / np.sqrt(12))
    found = indices_from(played_out(design, play), "y")
    assert found.studied.estimate == pytest.approx(2 / 3, abs=0.05)
    assert found.residue.estimate == pytest.approx(0, abs=1e-9)
    assert sum(in_order_of(design, found)[0]) == pytest.approx(1, abs=0.05)


def test_luck_of_every_cells_own_is_the_residue():
    rng = np.random.default_rng(5)
    design = design_of(2, 512, replicates=4)

    def play(points, luck):
        return {"y": points["x0"] + points["x1"] + rng.normal(0, np.sqrt(1 / 6), len(luck))}

    found = indices_from(played_out(design, play), "y")
    assert found.studied.low < 1 / 2 < found.studied.high
    assert found.residue.low < 1 / 5 < found.residue.high  # 1/24 against 1/6 + 1/24
    assert sum(in_order_of(design, found)[1]) > 1.05  # what the residue warns of


def test_without_luck_its_share_is_nothing_and_where_nothing_varies_nothing_is_said():
    design = ExperimentDesign("luck", ("a",), 50, 3)
    sure = luck_from(played_out(design, plays(lambda u: u[:, 0])), "y")
    assert sure.estimate == pytest.approx(0, abs=1e-12)
    assert luck_from(played_out(design, plays(lambda u: 0 * u[:, 0])), "y").estimate is None
    still = indices_from(played_out(design_of(2, 16), plays(lambda u: 0 * u[:, 0])), "y")
    assert {index.total.estimate for index in still.indices} == {None}


# --- Tables


@pytest.fixture(scope="module")
def table():
    return played_out(design_of(3, 32, replicates=2), plays(ishigami), "parley sensitivity x")


def some_of(table, keep):
    """The table with some of its cells, in that order."""
    return replace(
        table,
        matrix=table.matrix[keep],
        row=table.row[keep],
        replicate=table.replicate[keep],
        values={name: values[keep] for name, values in table.values.items()},
    )


def test_a_shuffled_table_gives_the_same_indices(table):
    order = np.random.default_rng(1).permutation(len(table.row))
    assert indices_from(some_of(table, order), "y") == indices_from(table, "y")


def test_a_table_on_disk_gives_the_same_indices_in_any_order_of_its_lines(table, tmp_path):
    path = table.save(tmp_path)
    head, *lines = path.read_text().splitlines()
    path.write_text("\n".join([head, *sorted(lines, reverse=True)]) + "\n")
    assert indices_from(DesignTable.load(path), "y") == indices_from(table, "y")


def test_missing_rows_are_named_with_the_command_that_plays_them(table):
    gone = (table.matrix == 2) & (table.row == 5) & (table.replicate == 1)
    with pytest.raises(IncompleteError) as error:
        indices_from(some_of(table, ~gone), "y")
    told = str(error.value)
    assert "missing: A with B's x0 row 5 (replicates 1)" in told
    assert "to play it again: parley sensitivity x" in told


def test_rows_that_are_not_numbers_are_named(table):
    y = table.values["y"].copy()
    y[(table.matrix == 1) & (table.row == 7)] = np.nan
    with pytest.raises(IncompleteError, match=r"not a number: B row 7 \(replicates 0, 1\)"):
        indices_from(replace(table, values={"y": y}), "y")


def test_an_empty_cell_on_disk_is_not_a_number(table, tmp_path):
    path = table.save(tmp_path)
    lines = path.read_text().splitlines()
    lines[1] = lines[1].rsplit(",", 1)[0] + ","
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(IncompleteError, match=r"not a number: A row 0 \(replicates 0\)"):
        indices_from(DesignTable.load(path), "y")


def test_doubled_rows_and_rows_of_another_design_are_refused(table):
    twice = np.append(np.arange(len(table.row)), 3)
    with pytest.raises(IncompleteError, match="more than once: A row 1"):
        indices_from(some_of(table, twice), "y")
    with pytest.raises(IncompleteError, match="a row that its design does not have"):
        indices_from(replace(table, row=table.row + 1), "y")


def test_a_screening_and_a_luck_table_are_refused_alike():
    for design in (
        screening_design(("a", "b"), trajectories=3, replicates=1),
        ExperimentDesign("luck", ("a", "b"), 4, 2),
    ):
        whole = played_out(design, plays(lambda u: u[:, 0]))
        analyse = screening_from if design.kind == "screening" else luck_from
        with pytest.raises(IncompleteError, match="row 2"):
            analyse(some_of(whole, whole.row != 2), "y")


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda: design_of(3, 100), "take 64 or 128"),
        (lambda: design_of(0, 64), "no uncertain number"),
        (lambda: ExperimentDesign("indices", ("a", "a"), 64, 1), "named twice"),
        (lambda: ExperimentDesign("luck", ("a",), 9, 1), "from 2 up"),
        (lambda: plan(played(RIVERS), budget=60_000, n=100), "take 64 or 128"),
        (lambda: check_outcome("peace", 180), "there are deal_by_90"),
        (lambda: check_outcome("deal_by_90", 60), "at least 90 days"),
        (lambda: plan(played(RIVERS), budget=1000), "too small: take"),
        (lambda: curve(played(RIVERS), "chanel.leak", runs=2), "did you mean"),
    ],
)
def test_what_cannot_be_studied_is_refused(wrong, complaint):
    with pytest.raises(ValueError, match=complaint):
        wrong()


# --- The talks themselves


def test_a_curve_along_a_number_or_a_lever_shares_its_luck():
    case = played(RIVERS).model_copy(update={"days": 40})
    along = curve(case, "channel.leak", settings=3, runs=40, outcome="restricted_mean_day")
    assert list(along.settings) == sorted(along.settings)
    assert along.swing.estimate == pytest.approx(
        along.findings[-1].estimate - along.findings[0].estimate
    )
    lever = curve(case, "flood", settings=2, runs=20, outcome="returned_alive")
    flood = case.levers["flood"]
    assert lever.settings == (flood.low, flood.high)
    low = simulate(case, runs=20, levers={"flood": flood.low}).returned_alive.sum(axis=1)
    assert lever.findings[0].estimate == pytest.approx(low.mean())


def test_a_curve_along_a_lever_is_played_as_long_and_with_the_other_levers_as_asked():
    case = played(RIVERS).model_copy(update={"days": 10})
    asked = {"runs": 20, "days": 40, "levers": {"leaks": 0.0, "flood": 1.0}}
    along = curve(case, "flood", settings=2, outcome="restricted_mean_day", **asked)
    moved = {"leaks": 0.0, "flood": case.levers["flood"].high}
    by_hand = restricted_mean_day(simulate(case, **{**asked, "levers": moved}))
    assert along.findings[-1].estimate == by_hand.estimate


def small_plan(case) -> SensitivityPlan:
    paths = uncertain_paths(case)
    return SensitivityPlan(
        screening_design(paths, trajectories=2, replicates=1),
        ExperimentDesign("luck", paths, 8, 2),
        2,
        4,
        2,
        2,
        5,
    )


@pytest.mark.slow
def test_a_study_may_be_played_for_longer_than_the_scenario(monkeypatch, tmp_path):
    monkeypatch.setattr(sim.findings.sensitivity, "plan", lambda case, **_: small_plan(case))
    short = tmp_path / "short.yaml"
    text = find_scenario(RIVERS).read_text(encoding="utf-8")
    short.write_text(re.sub(r"^days: .*$", "days: 12", text, flags=re.MULTILINE))
    answer = CliRunner().invoke(app, ["sensitivity", str(short), "--days", "90", "--json", "-"])
    assert answer.exit_code == 0, answer.stderr
    assert len(json.loads(answer.stdout)["curves"]) == 2


def test_a_study_of_the_talks_is_the_same_again_and_says_what_it_played():
    case = played(RIVERS).model_copy(update={"days": 12})
    small = small_plan(case)
    once, again = (
        study(case, small, player(case), "restricted_mean_day", "parley again") for _ in range(2)
    )
    assert once.indices == again.indices
    chosen = {index.path for index in once.indices.indices}
    assert once.trends[0].name in chosen
    assert len(chosen) == 2
    assert sum(len(t.row) for t in once.tables) + 2 * 2 * 5 == small.runs
    data = sensitivity_summary(once, case, small, seed=1, days=12, levers={}).as_data()
    assert json.loads(json.dumps(data, allow_nan=False))
    console = Console(record=True, width=200, file=io.StringIO())
    print_study(once, small, "parley again", console)
    told = console.export_text()
    for path in chosen:
        assert path in told
    assert "luck alone" in told


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--runs-budget", "1000"], "a budget of 1000 runs is too small: take "),
        (["--outcome", "peace"], "there is no outcome 'peace'"),
        (["--days", "60"], "deal_by_90 needs at least 90 days"),
        (["--n", "100"], "take 64 or 128"),
    ],
)
def test_a_command_that_cannot_be_used_says_what_to_do(options, complaint):
    answer = CliRunner().invoke(app, ["sensitivity", RIVERS, *options])
    assert answer.exit_code == 2
    assert complaint in answer.stderr


def test_a_folder_with_something_else_in_it_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    answer = CliRunner().invoke(app, ["sensitivity", RIVERS, "--out", str(tmp_path)])
    assert answer.exit_code == 2
    assert "already holds something else" in answer.stderr
