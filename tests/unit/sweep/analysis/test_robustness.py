"""Policies over states of the world: a table of 3 × 4 worked by hand."""

import numpy as np
import pytest

from sim.findings.designs import IncompleteError
from sim.sweep.analysis import AnalysisError, cell_estimates, regret
from sim.sweep.analysis.robustness import in_words

LEVERS = "levers:\n  guarantee_strength: {values: [0, 1, 2]}"

#: Policies by states of the world.
VALUES = np.array([[4.0, 7.0, 1.0, 8.0], [6.0, 6.0, 2.0, 2.0], [5.0, 5.0, 3.0, 5.0]])
#: The best of each state is 6, 7, 3, 8.
REGRET = np.array([[2.0, 0.0, 2.0, 0.0], [0.0, 1.0, 1.0, 6.0], [1.0, 2.0, 0.0, 3.0]])


def by_hand(points, replicates):
    return {"returned": VALUES[points.lever_id % 3, points.scenario_id][:, None] + 0.0 * replicates}


@pytest.fixture
def swept(known_sweep):
    def made(**changes):
        options = {"design": "{method: latin_hypercube, n: 4}", "levers": LEVERS, **changes}
        return known_sweep(by_hand, **options)

    return made


def test_regret_on_three_policies_and_four_states_is_exact(swept):
    result = regret(cell_estimates(swept(), "returned"), threshold=5.0)
    assert np.array_equal(result.values, VALUES)
    assert np.array_equal(result.regret, REGRET)
    assert [policy.mean_regret for policy in result.policies] == [1.0, 2.0, 1.5]
    assert [policy.largest_regret for policy in result.policies] == [2.0, 6.0, 3.0]
    assert [policy.worst for policy in result.policies] == [1.0, 2.0, 3.0]
    assert [policy.satisfices.estimate for policy in result.policies] == [0.5, 0.5, 0.75]
    assert [policy.mean.estimate for policy in result.policies] == [5.0, 4.0, 4.5]


def test_the_rules_may_disagree_and_each_names_its_policy(swept):
    result = regret(cell_estimates(swept(), "returned"), threshold=5.0)
    assert in_words(result.least_regret) == "guarantee_strength 0"
    assert in_words(result.maximin) == "guarantee_strength 2"
    assert in_words(result.most_robust) == "guarantee_strength 2"


def test_nobody_is_named_where_nobody_does_enough_and_all_who_tie_are(swept):
    result = cell_estimates(swept(), "returned")
    assert regret(result, threshold=9.0).most_robust == ()
    assert in_words(regret(result, threshold=9.0).most_robust) == "no policy in any state"
    tied = regret(result, threshold=0.0).most_robust
    assert in_words(tied) == " and ".join(f"guarantee_strength {k}" for k in range(3))


@pytest.mark.parametrize("threshold", [np.nan, np.inf, -np.inf])
def test_a_threshold_that_is_no_number_is_refused(swept, threshold):
    with pytest.raises(AnalysisError, match="give a finite number"):
        regret(cell_estimates(swept(), "returned"), threshold=threshold)


def test_where_less_is_better_regret_turns_round(swept):
    result = regret(cell_estimates(swept(), "returned"), less_is_better=True)
    assert np.array_equal(result.regret, VALUES - VALUES.min(axis=0))
    assert [policy.worst for policy in result.policies] == [8.0, 6.0, 5.0]
    assert in_words(result.maximin) == "guarantee_strength 2"


def test_the_order_of_rows_does_not_matter(swept):
    def backwards(table):
        return table.take(np.arange(len(table))[::-1])

    plain = regret(cell_estimates(swept(), "returned"))
    mixed = regret(cell_estimates(swept(scramble=backwards, name="mixed"), "returned"))
    assert np.array_equal(plain.regret, mixed.regret)


def test_pairs_that_were_not_all_planned_are_refused(swept):
    sweep = swept(design="{method: latin_hypercube, n: 4}\n  combine: cycle")
    with pytest.raises(AnalysisError, match="combine: full_factorial"):
        regret(cell_estimates(sweep, "returned"))


def test_a_missing_run_is_refused_by_name(swept):
    sweep = swept(replicates=2, scramble=lambda table: table.slice(0, len(table) - 1))
    with pytest.raises(IncompleteError, match=r"missing or failed: design point 11 \(replicates 1"):
        regret(cell_estimates(sweep, "returned"))


def test_one_policy_has_nothing_to_regret(swept):
    sweep = swept(levers="levers:\n  guarantee_strength: {values: [0]}")
    with pytest.raises(AnalysisError, match="there is one policy"):
        regret(cell_estimates(sweep, "returned"))
