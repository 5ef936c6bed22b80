"""What is worked out beforehand is what the whole answer says, and is used for nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from dashboard.common.disk_cache import Cache
from dashboard.explore import ahead, page_state
from dashboard.explore.baselines import SEED
from dashboard.explore.compute.summary import JobContext, answer
from dashboard.explore.query import QueryArm
from sim.engine.simulate import play_rows
from sim.scenario.loading import scenario_names

STALE = "what is worked out beforehand is stale; bring it up to date with `make baselines`"

RIVERS = page_state.plain("two-rivers")


def test_a_lever_worked_out_beforehand_says_what_the_whole_answer_says(tmp_path):
    few = ahead.settings("two-rivers", "optimism", runs=20)
    asked = replace(RIVERS.with_lever("optimism", 0.5), runs=20)
    whole = answer(replace(asked.question(), kind="headline"), JobContext(Cache(tmp_path)))[
        "headline"
    ]
    says = [{"changed": line["arms"]["changed"], "effect": line["effect"]} for line in whole]
    assert few["0.5"]["by_day"] == says
    assert len(few) == len(ahead.steps(asked.baseline.case().levers["optimism"]))


@pytest.mark.parametrize("name", scenario_names())
def test_each_step_of_each_slider_is_known_and_of_this_model(name):
    case, shipped = QueryArm(name).case(), ahead.of_today(name)
    assert shipped is not None, STALE
    levers, known = list(case.levers), shipped["settings"]
    for lever, spec in case.levers.items():
        for value in ahead.steps(spec):
            question = page_state.plain(name).with_lever(lever, value).question("terms")
            assert ahead.known(question) is not None, STALE
    # Each lever at the end of its slider, all in one block, but for those that have to be alone.
    together = [one for one in levers if not ahead.shapes_the_grid(case, one)]
    settings = {
        one: np.repeat(
            [float(last(case, one)) if one == other else spec.default for other in together],
            ahead.WITNESSES,
        )
        for one, spec in case.levers.items()
        if one in together
    }
    luck = np.tile(np.arange(ahead.WITNESSES), len(together))
    played = play_rows(case, seed=SEED, luck=luck, levers=settings)
    seen = [day for one in together for day in known[one][last(case, one)]["witnesses"]]
    assert played.deal_day.tolist() == seen, STALE


def last(case, lever):
    """The end of a slider as the shipped file has it."""
    return str(ahead.steps(case.levers[lever])[-1])


def test_it_is_used_for_one_lever_moved_alone_and_nothing_else():
    one = RIVERS.with_lever("leaks", 0.0)
    lines = ahead.known(one.question())["headline"]
    assert lines[-1]["arms"].keys() == {"baseline", "changed"}
    for other in (
        RIVERS,
        one.with_lever("optimism", 0.0),
        RIVERS.with_lever("leaks", 0.123),
        replace(one, seed=2),
        replace(one, runs=200),
        replace(one, days=60),
        replace(one, pinned=(("optimism", 0.0),)),
        replace(one, changes=(("truce.batch_every_days", "2"),)),
    ):
        assert ahead.known(other.question()) is None
