"""The same seed gives the same bits, whoever plays the runs, in whatever company and order."""

import gc
import weakref

import numpy as np
import pytest

import sim.engine.simulate
import sim.engine.talks
from sim.cli import options
from sim.engine.outcomes import Outcomes
from sim.engine.random_streams import RandomStreams
from sim.engine.simulate import compare, in_stages, play_one, simulate, stream
from sim.engine.talks import Talks, release_model
from sim.scenario.schema import MOST_DAYS, Lever, Move, Scenario
from tests.builders import PLAYED, differing, played

RUNS, DAYS = 40, 60


@pytest.fixture(scope="module", params=PLAYED)
def case(request) -> Scenario:
    """Each scenario that people play."""
    return played(request.param)


@pytest.fixture(scope="module")
def usual(case) -> Outcomes:
    """Its outcomes, in one block by one worker."""
    return simulate(case, runs=RUNS, days=DAYS, seed=7)


def part_of(outcomes: Outcomes, runs: slice) -> dict[str, np.ndarray]:
    return {name: getattr(outcomes, name)[runs] for name in outcomes.arrays()}


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(one[n], other[n], equal_nan=one[n].dtype.kind == "f") for n in one)


# --- However the runs are played ---


def test_the_same_seed_gives_the_same_bits_and_another_does_not(case, usual):
    assert differing(usual, simulate(case, runs=RUNS, days=DAYS, seed=7)) == []
    assert "deal_day" in differing(usual, simulate(case, runs=RUNS, days=DAYS, seed=8))


def test_blocks_do_not_matter(case, usual, monkeypatch):
    monkeypatch.setattr(sim.engine.simulate, "BLOCK_RUNS", 13)
    assert len(list(stream(case, runs=27, days=1))) == 3
    blocks = simulate(case, runs=27, days=DAYS, seed=7)
    assert same(part_of(blocks, slice(27)), part_of(usual, slice(27)))


@pytest.mark.parametrize("packages", [1, 5000])
def test_how_many_packages_are_weighed_at_a_time_does_not_matter(
    case, usual, monkeypatch, packages
):
    monkeypatch.setattr(sim.engine.talks, "PACKAGES_AT_ONCE", packages)
    runs = min(RUNS, packages + 5)
    slowly = simulate(case, runs=runs, days=DAYS, seed=7)
    assert same(part_of(slowly, slice(runs)), part_of(usual, slice(runs)))


def test_a_run_alone_is_the_run_in_company(case, usual):
    for run in (0, 1, 22, RUNS - 1):
        alone, _ = play_one(case, run=run, days=DAYS, seed=7)
        assert same(part_of(alone, slice(1)), part_of(usual, slice(run, run + 1))), run


def test_more_runs_leave_the_first_as_they_were(case, usual):
    more = simulate(case, runs=2 * RUNS, days=DAYS, seed=7)
    assert same(part_of(more, slice(RUNS)), part_of(usual, slice(RUNS)))


def test_a_longer_horizon_leaves_the_first_days_as_they_were(case, usual):
    halfway, whole = in_stages(case, runs=RUNS, days=(DAYS // 2, DAYS), seed=7)
    assert differing(halfway, simulate(case, runs=RUNS, days=DAYS // 2, seed=7)) == []
    assert differing(whole, usual) == []


def test_stages_that_do_not_follow_each_other_are_refused():
    with pytest.raises(ValueError, match="later than the last"):
        list(in_stages(played("two-rivers"), runs=1, days=(2, 1)))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"days": 10**9}, "days is 1000000000; it is a whole number from 1 to 3,650"),
        ({"runs": 10**9}, "runs is 1000000000; it is a whole number from 1 to 10,000,000"),
        ({"scenario": None}, "the scenario is None; give its name, its file"),
        ({"levers": ["leaks"]}, r"levers are \['leaks'\]; give settings by name, such as"),
        ({"points": {"leaks": np.zeros(1)}}, "'leaks'; 'leaks' is a lever, which `levers` takes"),
    ],
)
def test_what_cannot_be_simulated_is_refused_with_the_way_out(asked, said):
    case = asked.pop("scenario", "two-rivers")
    with pytest.raises(ValueError, match=said):
        simulate(case, **{"runs": 1, "days": 1, **asked})


def test_python_and_the_command_line_have_the_same_limits():
    assert (options.MOST_DAYS, options.MOST_RUNS) == (MOST_DAYS, sim.engine.simulate.MOST_RUNS)


def test_workers_do_not_matter_and_lose_no_block(monkeypatch):
    alone = simulate(played("two-rivers"), runs=70, days=30)
    monkeypatch.setattr(sim.engine.simulate, "BLOCK_RUNS", 8)
    monkeypatch.setattr(sim.engine.simulate, "LEAST_RUNS_PER_WORKER", 10)
    blocks = list(stream(played("two-rivers"), runs=70, days=30, workers=2))
    assert len(blocks) > 8
    assert [block.first for block in blocks] == list(np.cumsum([0, *map(len, blocks[:-1])]))
    assert differing(alone, Outcomes.joined(blocks)) == []


# --- Levers ---


def test_a_lever_at_its_default_changes_nothing(case, usual):
    defaults = {name: lever.default for name, lever in case.levers.items()}
    assert differing(usual, simulate(case, runs=RUNS, days=DAYS, seed=7, levers=defaults)) == []


def test_a_lever_without_effect_changes_nothing_in_any_run(case):
    idle = Lever(
        label="The weight of all who draft, which is measured against one another",
        help="It moves numbers of which only the proportions count.",
        unit="times",
        low=0.5,
        high=2,
        default=1,
        moves=[Move(key=key, how="scale") for key in case.quantities() if key.endswith("drafting")],
    )
    told = case.model_copy(update={"levers": {"idle": idle}})
    arms = compare(told, levers={"idle": 2}, runs=RUNS, days=DAYS)
    assert differing(arms.baseline, arms.changed) == []


def test_a_lever_moves_no_luck_but_its_own(case):
    name = next(iter(case.levers))
    moved = {"levers": {name: case.levers[name].high}}
    one, other = (Talks(case, RandomStreams(1, 0, 5), days=5, **arm) for arm in ({}, moved))
    for talks in (one, other):
        release_model(talks)
    for name, luck in one.luck.items():
        assert np.array_equal(luck[3], other.luck[name][3])


# --- The order of the file ---


def reordered(case: Scenario) -> Scenario:
    """The same scenario with parties, mediators, issues and the like the other way round."""

    def turned(entries: dict) -> dict:
        return dict(reversed(entries.items()))

    parties = {
        name: party.model_copy(update={"constituencies": turned(party.constituencies)})
        for name, party in case.parties.items()
    }
    return case.model_copy(
        update={
            "parties": turned(parties),
            "mediators": turned(case.mediators),
            "issues": turned(case.issues),
            "levers": turned(case.levers),
            "spoilers": turned(case.spoilers),
            "captives": turned(case.captives),
        }
    )


#: What has a column for each party or pool.
BY_PARTY = (
    "overridden",
    "surplus",
    "refusals",
    "refused_alone",
    "no_way_out",
    "firm_rounds",
    "flexible_at_deal",
)
BY_POOL = (
    "initial",
    "returned_alive",
    "remains_returned",
    "died_in_captivity",
    "rescued",
    "still_held",
    "remains_held",
    "died_before_zopa",
)


def test_the_order_of_the_file_changes_no_run(case, usual):
    other = simulate(reordered(case), runs=RUNS, days=DAYS, seed=7)
    assert other.labels.parties == usual.labels.parties[::-1]
    assert np.array_equal(usual.deal_levels, other.deal_levels[:, ::-1])
    for name in differing(usual, other):
        one, two = getattr(usual, name), getattr(other, name)
        if name in (*BY_PARTY, *BY_POOL):
            two = two[:, ::-1]
        elif name == "missed":
            two = two[:, [other.labels.missed.index(reason) for reason in usual.labels.missed]]
        elif name == "truce_end":
            one, two = causes_of(usual), causes_of(other)
        elif name == "deal_package":
            continue  # another row of another table, for the same levels
        if one.dtype.kind == "f":
            assert one == pytest.approx(two, abs=2e-6, nan_ok=True), name
        else:
            assert np.array_equal(one, two), name


def causes_of(outcomes: Outcomes) -> np.ndarray:
    return np.array([*outcomes.labels.causes, "none"])[outcomes.truce_end]


# --- What is left ---


def test_a_finished_model_is_let_go():
    talks = Talks(played("two-rivers"), RandomStreams(1, 0, 3), days=3)
    kept = weakref.ref(talks)
    talks.play()
    release_model(talks)
    del talks
    gc.collect()
    assert kept() is None


def test_talks_that_break_off_are_let_go(monkeypatch):
    kept = []

    def breaks_off(talks):
        kept.append(weakref.ref(talks))
        raise ValueError("broken off")

    monkeypatch.setattr(Talks, "play", breaks_off)
    with pytest.raises(ValueError, match="broken off"):
        play_one(played("two-rivers"), run=0, days=3)
    gc.collect()
    assert kept[0]() is None
