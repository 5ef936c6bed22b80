"""A lever may say what it is about and what research expects of it; both are checked."""

from pathlib import Path

import pytest

from sim.scenario.checks.levers import OUTCOMES
from sim.scenario.errors import ScenarioError
from sim.scenario.loading import find_scenario, load_scenario, read_text, sha256_of
from sim.scenario.schema import Scenario
from sim.sweep.output_columns import PEOPLE, SINGLE
from tests.builders import PLAYED

NAME, SOURCE = "gaza-2024-01", "werner-yuen-2005"
TEXT = find_scenario(NAME).read_text(encoding="utf-8")
LEAKS = "    role: leaks\n"


def with_expectation(direction: str, of: str, source: str) -> Scenario:
    """A scenario whose leaks are expected to do something."""
    said = f"    expect: {{direction: {direction}, of: {of}, source: {source}}}\n"
    return read_text(TEXT.replace(LEAKS, LEAKS + said), f"{NAME}.yaml")


def test_an_expectation_is_read_and_leaves_the_scenario_the_same():
    plain = load_scenario(NAME)
    expecting = with_expectation("down", "deal_by_90", SOURCE)
    assert expecting.levers["leaks"].expect is not None
    assert sha256_of(expecting) == sha256_of(plain)


@pytest.mark.parametrize(
    ("direction", "of", "source", "complaint"),
    [
        ("down", "deals_by_90", SOURCE, "levers.leaks.expect.of is 'deals_by_90'; no outcome"),
        ("down", "deal_by_0", SOURCE, "did you mean 'deal_by_DAY'?"),
        ("down", "zopa_frist", SOURCE, "did you mean 'zopa_first'?"),
        ("down", "zopa_first", "hearsay", "levers.leaks.expect.source is 'hearsay'; nothing in"),
        ("sideways", "zopa_first", SOURCE, "levers.leaks.expect.direction is 'sideways'"),
    ],
)
def test_what_is_unknown_is_refused_with_the_way_out(direction, of, source, complaint):
    with pytest.raises(ScenarioError) as error:
        with_expectation(direction, of, source)
    assert complaint in str(error.value)


def test_an_unknown_role_is_refused_with_the_nearest_one():
    with pytest.raises(ScenarioError, match=r"levers\.leaks\.role is 'leak'; did you mean 'leaks'"):
        read_text(TEXT.replace(LEAKS, "    role: leak\n"), f"{NAME}.yaml")


def test_every_outcome_that_can_be_expected_is_one_that_sweeps_keep():
    by_day, plain = OUTCOMES[:2], OUTCOMES[2:]
    assert by_day == ("deal_by_DAY", "truce_held_DAY")
    kept = {*SINGLE, "days_until_deal", *(f"{name}_total" for name in PEOPLE)}
    assert set(plain) <= kept


@pytest.mark.parametrize("name", PLAYED)
def test_every_lever_of_a_shipped_scenario_says_what_it_is_about(name):
    text = Path(find_scenario(name)).read_text(encoding="utf-8")
    levers = text.partition("\nlevers:\n")[2].partition("\nroles:\n")[0]
    assert levers.count("\n    role: ") + levers.startswith("    role: ") == len(
        load_scenario(name).levers
    )
