"""A study is read with all complaints at once, each with its line, its key and the way out."""

import json

import pytest
from scipy import stats

from sim.cli.sweep import app as commands
from sim.scenario.errors import ScenarioError
from sim.scenario.loading import load_scenario
from sim.sweep import Range, read_study
from tests.support.studies import STUDY

LEVER = "guarantee_strength: {values: [0, 2]}"
UNSURE = "parties.upland.optimism: {uniform: [0.1, 0.5]}"
PLAN = "uncertainties: {method: latin_hypercube, n: 4}"
KEEP = "keep: [deal_by_10, days_until_deal, ending, returned_alive]"

MALFORMED = [
    ("an unknown key", "seed: 3", "sead: 3", "sead"),
    ("no scenario of this name", "two-rivers", "two-rovers", "two-rivers"),
    ("no replicates", "replicates: 6\n", "", "replicates"),
    ("too few replicates", "replicates: 6", "replicates: 0", "replicates"),
    ("words for a number", "days: 12", "days: twelve", "days"),
    ("a lever that there is not", "guarantee_strength:", "guarantee_strenght:", "guarantee_streng"),
    ("a lever out of its range", "[0, 2]", "[0, 200]", "guarantee_strength"),
    ("a lever set to a word", "[0, 2]", "[low, high]", "guarantee_strength"),
    ("a list of nothing", "[0, 2]", "[]", "guarantee_strength"),
    ("a list within a list", "[0, 2]", "[[0, 2]]", "guarantee_strength"),
    ("a setting twice", "[0, 2]", "[2, 2]", "guarantee_strength"),
    ("a word for a list", "values: [0, 2]", "values: abc", "guarantee_strength.values"),
    ("a number that there is not", "upland.optimism:", "upland.optimsm:", "optimsm"),
    ("an impossible number", "[0.1, 0.5]", "[-0.1, 0.5]", "parties.upland.optimism"),
    ("a range that is none", "uniform: [0.1, 0.5]", "low: 0.5, high: 0.1", "low"),
    ("half a range", "uniform: [0.1, 0.5]", "low: 0.1", "high"),
    ("two ranges", "uniform: [0.1, 0.5]", "uniform: [0.1, 0.5], low: 0, high: 1", "uniform"),
    ("no such distribution", "uniform: [0.1, 0.5]", "scipy: {name: gama, a: 2}", "gama"),
    ("a distribution short of a parameter", "uniform: [0.1, 0.5]", "scipy: {name: gamma}", "scipy"),
    ("a method that there is not", "latin_hypercube", "latin_cube", "latin_hypercube"),
    ("a method without its number", ", n: 4}", "}", "n"),
    ("Sobol's points of no power of 2", "latin_hypercube, n: 4", "sobol, n: 6", "4 or 8"),
    ("no plan for the uncertainties", f"  {PLAN}\n", "  combine: zip\n", "plan"),
    ("zip of unlike lengths", f"  {PLAN}", f"  {PLAN}\n  combine: zip", "zip"),
    ("matrices on both sides", PLAN, "levers: {method: one_at_a_time}\n  uncertainties: "
     "{method: saltelli, n: 4}", "one_at_a_time beside saltelli"),
    ("an outcome that there is not", "deal_by_10", "deals_by_10", "deals_by_10"),
    ("an outcome after the last day", "deal_by_10", "deal_by_90", "deal_by_90"),
    ("a rule about what is not kept", KEEP, KEEP + "\nstop: {metric: leaks, half_width: 0.1, "
     "max_replicates: 9}", "leaks"),
    ("a rule about words", KEEP, KEEP + "\nstop: {metric: ending, half_width: 0.1, "
     "max_replicates: 9}", "ending"),
    ("a constraint about nothing", "outcomes:", "constraints: [x < 2]\noutcomes:", "x < 2"),
    ("a constraint that is none", "outcomes:", "constraints: [import os]\noutcomes:", "import os"),
    ("a constraint with no answer", "outcomes:",
     "constraints: [1 / 0 < guarantee_strength]\noutcomes:", "cannot be understood"),
    ("a constraint that leaves no point", "outcomes:",
     "constraints: [guarantee_strength > 5]\noutcomes:", "constraints"),
    ("a grid of unknown size", PLAN, "uncertainties: {method: factorial}", "steps"),
    ("a table that is not there", PLAN, "uncertainties: {method: table, file: t.csv}", "t.csv"),
    ("a certain number with no range", UNSURE,
     "captives.uplanders.categories.guards.leverage: {}", "certain"),
    ("the same key on both sides", UNSURE, f"{UNSURE}\n  {LEVER}", "guarantee_strength"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "named"), [m[1:] for m in MALFORMED],
                         ids=[m[0] for m in MALFORMED])  # fmt: skip
def test_a_malformed_study_is_refused_with_the_line_and_the_key(study, before, after, named):
    with pytest.raises(ScenarioError) as refused:
        study((before, after))
    complaints = refused.value.complaints
    assert len(complaints) == 1, refused.value
    assert named in str(complaints[0])
    assert complaints[0].line > 0 or named == "replicates"


def test_all_complaints_come_in_one_reading(study):
    with pytest.raises(ScenarioError) as refused:
        study(("seed: 3", "sead: 3"), ("[0, 2]", "[0, 200]"), ("deal_by_10", "deal_by_90"))
    assert [complaint.line for complaint in refused.value.complaints] == [4, 7, 14]


def test_plan_ends_with_2_and_says_all_that_is_wrong(tmp_path):
    from typer.testing import CliRunner

    path = tmp_path / "study.yaml"
    path.write_text(STUDY.replace("seed: 3", "sead: 3").replace("[0, 2]", "[]"))
    done = CliRunner().invoke(commands, ["plan", str(path)])
    assert done.exit_code == 2
    assert "study.yaml:4" in done.stderr
    assert "study.yaml:7" in done.stderr
    assert not done.stdout


def test_yaml_and_json_say_the_same(study, tmp_path):
    bound_study = study()
    study_text = bound_study.study.model_dump(mode="json", exclude_unset=True)
    path = tmp_path / "study.json"
    path.write_text(json.dumps(study_text, indent=4))
    assert read_study(path).sha256 == bound_study.sha256


def test_comments_and_order_do_not_change_what_a_study_says_but_a_setting_does(study):
    plain = study().sha256
    assert study(("seed: 3\nreplicates: 6", "replicates: 6  # few\nseed: 3")).sha256 == plain
    assert study(("seed: 3", "seed: 4")).sha256 != plain


def test_values_are_changed_by_their_paths(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    bound_study = read_study(path, {"design.uncertainties.n": "7", "crn": "false"})
    assert bound_study.study.design.uncertainties.n == 7
    assert bound_study.study.crn is False
    with pytest.raises(ScenarioError, match=r"design\.n"):
        read_study(path, {"design.n": "7"})


def test_any_frozen_distribution_of_scipy_is_a_range():
    span = Range.of(stats.gamma(2.0, scale=0.1))
    assert span.scipy == {"name": "gamma", "a": 2.0, "scale": 0.1}


def test_the_study_of_the_seed_case_can_be_played():
    bound_study = read_study("scenarios/studies/paris-2024.yaml")
    assert bound_study.scenario == load_scenario("gaza-2024-01")


def test_an_outside_event_is_swept_by_the_days_for_which_it_is_scheduled(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(
        "study: storms\nscenario: two-rivers\nreplicates: 2\n"
        "levers: {events.pass_closes.scheduled: {values: [never, 20, 40]}}\n",
        encoding="utf-8",
    )
    (key,) = read_study(path).keys
    assert (key.kind, key.baseline) == ("value", "never")
    path.write_text(path.read_text().replace("40", "181"), encoding="utf-8")
    with pytest.raises(ScenarioError, match="between 1 and 180"):
        read_study(path)
