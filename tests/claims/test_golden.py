"""Results stay what they were, until somebody means to change them.

The same machine gives the same bits. Another may round the last digit otherwise, which now and
then sends a run another way; so means may move by a quarter of their standard error.
"""

import numpy as np
import pytest

from sim.scenario.loading import scenario_names
from tests.builders import PLAYED
from tests.golden.regenerate import HERE, RUNS, golden_of, summary_of

ADVICE = "mean to? then run `python -m tests.golden.regenerate` and look at the difference"


#: Scenarios that Parley ships; a scenario of somebody's own has golden results if they want them.
SHIPPED = set(PLAYED)
WITH_GOLDEN = sorted(path.stem for path in HERE.glob("*.json"))


def test_what_is_shipped_has_golden_results():
    assert set(WITH_GOLDEN) >= SHIPPED
    for name in sorted(set(scenario_names()) - set(WITH_GOLDEN)):
        print(
            f"{name} has no golden results; write them: `python -m tests.golden.regenerate {name}`"
        )


@pytest.mark.parametrize("name", WITH_GOLDEN)
def test_results_are_what_they_were(name):
    was, now = golden_of(name), summary_of(name)
    assert list(was) == list(now), f"other figures than before; {ADVICE}"
    moved = {
        figure: (was[figure]["mean"], now[figure]["mean"])
        for figure in was
        if abs(now[figure]["mean"] - was[figure]["mean"]) > slack(was[figure]["spread"])
    }
    assert not moved, f"{name} has moved; {ADVICE}"


def slack(spread: float) -> float:
    """A quarter of a standard error, and never less than two runs in which something happens."""
    return float(max(0.25 * spread / np.sqrt(RUNS), 2 / RUNS))
