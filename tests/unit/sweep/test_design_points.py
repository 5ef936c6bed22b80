"""Design points have the settings that were asked for, whatever their type."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from sim.scenario.errors import ScenarioError
from sim.sweep.constraints import DesignConstraint
from sim.sweep.design_points import design_points
from sim.sweep.factors import FactorError
from sim.sweep.plan import SweepPlan

#: A number of the packages, which makes a scenario of its own.
GUARDS = "captives.uplanders.categories.guards.number"

ALL = """\
study: types
scenario: two-rivers
replicates: 1
uncertainties:
  parties.upland.optimism: {scipy: {name: gamma, a: 2, scale: 0.1}}
  parties.delta.optimism: {low: 0.1, high: 0.4}
  channel.every_days: {integers: [2, 9]}
  parties.upland.tactic.kind: {values: [KINDS]}
  mediators.MEDIATOR.keeps_channel: {values: [true, false]}
  captives.uplanders.categories.guards.number: {integers: [5, 14]}
  permanence.numbers.bite: {}
design:
  uncertainties: {method: METHOD, n: COUNT}
"""


@pytest.fixture
def types(study):
    from sim.scenario.loading import load_scenario
    from sim.theory.concession import TACTICS

    mediator = next(iter(load_scenario("two-rivers").mediators))
    kind = load_scenario("two-rivers").parties["upland"].tactic.kind
    assert kind in TACTICS
    text = ALL.replace("MEDIATOR", mediator).replace("KINDS", kind)

    def read(method, count):
        made = text.replace("METHOD", method).replace("COUNT", str(count))
        return design_points(study(text=made))

    return read


@pytest.mark.parametrize("method", ["latin_hypercube", "sobol", "random"])
def test_samples_have_the_margins_that_were_asked_for(types, method):
    points = types(method, 512)
    gamma = points.settings["parties.upland.optimism"]
    assert stats.kstest(gamma, stats.gamma(2, scale=0.1).cdf).pvalue > 0.01
    even = points.settings["parties.delta.optimism"]
    assert stats.kstest(even, stats.uniform(0.1, 0.3).cdf).pvalue > 0.01
    own = points.places["permanence.numbers.bite"]
    assert stats.kstest(own, stats.uniform.cdf).pvalue > 0.01


def test_a_latin_hypercube_has_every_category_equally_often(types):
    points = types("latin_hypercube", 80)
    for key, kinds in (("channel.every_days", 8), (GUARDS, 10)):
        _, often = np.unique(points.settings[key], return_counts=True)
        assert often.tolist() == [80 // kinds] * kinds
    switch = next(key for key in points.settings if key.endswith("keeps_channel"))
    assert points.settings[switch].sum() == 40


def test_settings_keep_their_types(types):
    table = types("random", 10).table()
    kinds = {str(table.schema.field(name).type) for name in table.column_names[3:10]}
    assert kinds == {"double", "int64", "string", "bool"}


def test_only_what_cannot_stand_side_by_side_makes_scenarios(types):
    points = types("random", 200)
    switch = next(key for key in points.settings if key.endswith("keeps_channel"))
    distinct = set(zip(points.settings[switch], points.settings[GUARDS], strict=True))
    assert len(set(points.variant)) == len(distinct) == 20


def test_a_factorial_has_each_with_each(study):
    points = design_points(
        study(
            ("{values: [0, 2]}", "{low: 0, high: 2, steps: 3}\n  leaks: {values: [0, 1]}"),
            ("latin_hypercube, n: 4", "random, n: 5"),
        )
    )
    assert len(points) == 3 * 2 * 5
    pairs = set(zip(points.settings["guarantee_strength"], points.settings["leaks"], strict=True))
    assert pairs == {(g, k) for g in (0.0, 1.0, 2.0) for k in (0, 1)}
    assert np.bincount(points.lever_id).tolist() == [5] * 6
    assert np.bincount(points.scenario_id).tolist() == [6] * 5


def test_points_meet_by_zip_and_by_cycle(study):
    plan = "latin_hypercube, n: 4}"
    zipped = design_points(study(("[0, 2]", "[0, 1, 2, 3]"), (plan, f"{plan}\n  combine: zip")))
    assert zipped.lever_id.tolist() == zipped.scenario_id.tolist() == [0, 1, 2, 3]
    cycled = design_points(study((plan, f"{plan}\n  combine: cycle")))
    assert cycled.lever_id.tolist() == [0, 1, 0, 1]
    assert cycled.scenario_id.tolist() == [0, 1, 2, 3]


def test_one_at_a_time_moves_one_key_and_leaves_the_others_at_their_baseline(study):
    points = design_points(
        study(
            ("design:\n", "design:\n  levers: {method: one_at_a_time}\n"),
            ("{values: [0, 2]}", "{values: [0, 2]}\n  leaks: {values: [0, 0.5, 2]}"),
            ("n: 4", "n: 1"),
        )
    )
    settings = zip(points.settings["guarantee_strength"], points.settings["leaks"], strict=True)
    assert list(settings) == [(1, 1), (0, 1), (2, 1), (1, 0), (1, 0.5), (1, 2)]
    assert list(points.matrix) == ["baseline", *["guarantee_strength"] * 2, *["leaks"] * 3]


def test_saltellis_matrices_can_be_told_by_their_keys(study):
    points = design_points(study(("latin_hypercube, n: 4", "saltelli, n: 4")))
    one, other = "parties.upland.optimism", "captives.uplanders.death_rate"
    at = {
        (lever, matrix, row): place
        for place, (lever, matrix, row) in enumerate(
            zip(points.lever_id, points.matrix, points.row, strict=True)
        )
    }
    assert len(at) == len(points) == 2 * 4 * 4
    for lever in (0, 1):
        for row in range(4):
            a, b = at[lever, "A", row], at[lever, "B", row]
            mixed = at[lever, f"A with B's {one}", row]
            assert points.places[one][mixed] == points.places[one][b]
            assert points.places[other][mixed] == points.places[other][a]


def test_morris_moves_each_key_once_along_a_trajectory(study):
    points = design_points(study(("latin_hypercube, n: 4", "morris, n: 3")))
    for trajectory in range(3):
        rows = [k for k, name in enumerate(points.matrix) if name == f"trajectory {trajectory}"][:3]
        moved = np.array([points.places[key][rows] for key in points.places])
        assert (np.count_nonzero(np.diff(moved, axis=1), axis=0) == 1).all()
        assert (np.count_nonzero(np.diff(moved, axis=1), axis=1) == 1).all()


def test_a_table_lists_the_points(study, tmp_path):
    (tmp_path / "t.csv").write_text(
        "parties.upland.optimism,captives.uplanders.death_rate\n0.2,0.001\n0.3,0.002\n"
    )
    points = design_points(study(("latin_hypercube, n: 4", "table, file: t.csv")))
    assert points.settings["parties.upland.optimism"].tolist() == [0.2, 0.3] * 2


@pytest.mark.parametrize(
    ("row", "named"), [("0.2,", "death_rate is empty"), ("x,0.1", "'x'"), ("-3,0.1", "t.csv:2")]
)
def test_a_table_with_a_wrong_cell_is_refused_with_its_line(study, tmp_path, row, named):
    head = "parties.upland.optimism,captives.uplanders.death_rate\n"
    (tmp_path / "t.csv").write_text(f"{head}{row}\n")
    with pytest.raises(ScenarioError, match=named):
        study(("latin_hypercube, n: 4", "table, file: t.csv"))


TABLES = {
    "0.2,0.001,1\n": "t.csv:2: it has 3 cells",
    "0.2\n": "t.csv:2: it has 1 cell",
    "0.2,0.001\n\n0.7,0.001\n": "t.csv:4: parties.upland.optimism is 0.7",
}


@pytest.mark.parametrize("rows", TABLES)
def test_a_table_is_held_to_its_columns_and_to_the_ranges_of_the_study(study, tmp_path, rows):
    head = "parties.upland.optimism,captives.uplanders.death_rate\n"
    (tmp_path / "t.csv").write_text(head + rows)
    narrow = ("optimism: {uniform: [0.1, 0.5]}", "optimism: {low: 0, high: 0.5}")
    with pytest.raises(ScenarioError, match=TABLES[rows]):
        study(("latin_hypercube, n: 4", "table, file: t.csv"), narrow)


HEADS = {
    "parties.upland.optimism;captives.uplanders.death_rate": "commas separate",
    "parties.upland.optimism,parties.upland.optimism": "stands there twice",
    "parties.upland.optimism,captives.uplanders.death_rate,zz": "sweeps no 'zz'",
}


@pytest.mark.parametrize("head", HEADS)
def test_columns_of_a_table_that_mean_nothing_are_refused(study, tmp_path, head):
    (tmp_path / "t.csv").write_text(f"{head}\n0.2,0.001,1\n")
    with pytest.raises(ScenarioError, match=HEADS[head]):
        study(("latin_hypercube, n: 4", "table, file: t.csv"))


SETTINGS = {
    "x": np.array([1.0, 2.0, 3.0]),
    "y": np.array([2.0, 2.0, 2.0]),
    "kind": np.array(["a", "a", "b"], dtype=object),
    "a-b": np.array([0.0, 1.0, 2.0]),
}


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("x < y", [True, False, False]),
        ("x + 2 * y <= 6 and not x == 1", [False, True, False]),
        ("1 <= x <= 2 or kind == 'b'", [True, True, True]),
        ("'a-b' > 0.5", [False, True, True]),
        ("+x <= 1", [True, False, False]),
        ("-x <= -2", [False, True, True]),
        ("not x", [False, False, False]),
    ],
)
def test_constraints_compare_keys(expression, holds):
    assert DesignConstraint(expression, SETTINGS).holds().tolist() == holds


@pytest.mark.parametrize(
    "expression", ["-x", "+x", "~x < 1", "x + 1", "1 / 0 < x", "-kind < 1", "x <"]
)
def test_what_compares_nothing_is_no_constraint(expression):
    with pytest.raises(FactorError, match="cannot be understood"):
        DesignConstraint(expression, SETTINGS).holds()


def test_points_that_break_a_constraint_are_left_out_and_counted(study):
    rule = "constraints: [guarantee_strength < 1 or parties.upland.optimism < 0.3]\noutcomes:"
    points = design_points(study(("outcomes:", rule)))
    assert len(points) + points.excluded == 8
    assert points.excluded == np.count_nonzero(
        design_points(study()).settings["parties.upland.optimism"][4:] >= 0.3
    )


def test_constraints_do_not_tear_matrices_apart(study):
    rule = "constraints: [parties.upland.optimism < 3]\noutcomes:"  # though it takes none out
    with pytest.raises(ScenarioError, match="out of saltelli's matrices"):
        study(("outcomes:", rule), ("latin_hypercube, n: 4", "saltelli, n: 4"))


@pytest.mark.parametrize(
    ("plan", "rule", "place"),
    [
        ("factorial}", "leaks < 9", "constraints.0"),
        ("factorial}", "guarantee_strength < 9", "uncertainties.parties.upland.optimism"),
        ("table, file: t.csv}", "guarantee_strength < 9", "uncertainties.parties.upland.optimism"),
        ("random, n: 4}", "guarantee_strength > 9", "constraints"),
        ("random, n: 4}\n  combine: zip", "guarantee_strength < 9", "design"),
    ],
)
def test_what_is_wrong_with_a_design_is_told_at_its_place(study, tmp_path, plan, rule, place):
    (tmp_path / "t.csv").write_text("parties.upland.optimism\n-3\n")
    ruled = ("outcomes:", f"constraints: [{rule}]\noutcomes:")
    with pytest.raises(ScenarioError) as refused:
        study(("latin_hypercube, n: 4}", plan), ruled)
    assert [complaint.key for complaint in refused.value.complaints] == [place]


def test_every_run_is_in_one_chunk_of_one_shard(study):
    whole = SweepPlan.of(study())
    for size, shards in itertools.product((1, 7, 1000), (1, 3, 64)):
        runs = [
            (point, replicate)
            for number in range(1, shards + 1)
            for plan in [replace(whole, chunk_runs=size, shard=(number, shards))]
            for chunk in plan.chunks(0)
            for task in [plan.task(chunk)]
            for point, replicate in zip(task.design_id, task.replicate, strict=True)
        ]
        assert sorted(runs) == [(p, r) for p in range(8) for r in range(6)], (size, shards)
