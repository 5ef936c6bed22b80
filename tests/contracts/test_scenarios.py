"""Every scenario at hand reads, checks and plays, and every lever of it moves something."""

import numpy as np
import pytest

from sim.engine.outcomes import Outcomes
from sim.engine.simulate import simulate
from sim.reporting.parameter_tables import what_it_is
from sim.scenario.contracts import check_strategies
from sim.scenario.loading import find_scenario, load_scenario, scenario_names

#: How many runs to play for how many days: a few, and where they show nothing more and for longer.
#: What ends truces moves nothing before there are some, which takes windows that open together.
FEW_THEN_MORE = ((20, 60), (100, 180))

LEVERS = [(name, lever) for name in scenario_names() for lever in load_scenario(name).levers]


def results(outcomes: Outcomes) -> np.ndarray:
    """What a lever may move of each run: (runs, columns)."""
    alone = (outcomes.best_surplus, outcomes.optimism, outcomes.leaks, outcomes.rounds)
    columns = np.stack([np.asarray(column, dtype=float) for column in alone], axis=1)
    return np.hstack([columns, outcomes.refusals, outcomes.no_way_out, outcomes.surplus])


@pytest.mark.parametrize("name", scenario_names())
def test_a_scenario_is_called_like_its_file_and_says_what_it_leaves_out(name):
    scenario = load_scenario(name)
    assert scenario.scenario == find_scenario(name).stem
    assert scenario.limits
    assert scenario.fictional or scenario.sources
    assert all(role.fairness for role in scenario.roles.values())


@pytest.mark.parametrize("name", scenario_names())
def test_its_strategies_keep_their_contracts_and_every_number_is_described(name):
    scenario = load_scenario(name)
    check_strategies(scenario, find_scenario(name))
    assert all(what_it_is(scenario, path) for path in scenario.quantities())


@pytest.mark.parametrize(("name", "lever"), LEVERS, ids=[f"{n} {lever}" for n, lever in LEVERS])
def test_a_lever_moves_something_between_its_ends(name, lever):
    spec = load_scenario(name).levers[lever]
    for runs, days in FEW_THEN_MORE:
        low, high = (
            results(simulate(name, runs=runs, days=days, levers={lever: end}))
            for end in (spec.low, spec.high)
        )
        if not np.array_equal(low, high, equal_nan=True):
            return
    pytest.fail(f"{lever} moves nothing in {runs} runs of {days} days")
