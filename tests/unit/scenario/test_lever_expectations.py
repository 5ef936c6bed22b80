"""A lever may say what it is about and what research expects of it; both are checked."""

from pathlib import Path

import pytest

from sim.scenario.errors import ScenarioError
from sim.scenario.loading import (
    find_scenario,
    json_schema,
    load_scenario,
    read_text,
    sha256_of,
    with_changes,
)
from sim.scenario.schema import Ends, Scenario
from sim.scenario.standard_levers import EXPECTATIONS, SOURCES
from tests.builders import PLAYED

SOURCE = "somebody-1999"
TEXT = (Path(__file__).parents[2] / "scenarios" / "barter.yaml").read_text(encoding="utf-8")


def with_levers(*expects: str, sources: str = SOURCE) -> Scenario:
    """A scenario whose levers are expected to do something; `expects` are mappings of YAML."""
    listed = "".join(f"  {name}: {{date: '1999', title: A book}}\n" for name in sources.split())
    levers = "".join(
        f"  lever{k}:\n    role: leaks\n    label: Leaks\n    help: How leaky.\n"
        f"    unit: times\n    low: 0\n    high: 1\n    default: 0\n"
        f"    moves: [{{key: channel.leak, how: shift}}]\n"
        + (f"    expect: {expect}\n" * bool(expect))
        for k, expect in enumerate(expects)
    )
    return read_text(f"{TEXT}\n{listed and 'sources:'}\n{listed}\nlevers:\n{levers}", "barter.yaml")


def complaint_of(*expects: str, sources: str = SOURCE) -> str:
    """What is said against it."""
    with pytest.raises(ScenarioError) as error:
        with_levers(*expects, sources=sources)
    return str(error.value)


# --- What is written


def test_one_word_says_what_more_does_and_the_low_end_is_its_mirror():
    lever = with_levers(f"{{room: more, deal: fewer, kept: none, source: {SOURCE}, why: so}}")
    expect = lever.levers["lever0"].expect
    assert expect.outcomes() == {
        "room": Ends(low="fewer", high="more"),
        "deal": Ends(low="more", high="fewer"),
        "kept": Ends(low="none", high="none"),
    }
    assert expect.source == [SOURCE]


def test_what_each_end_does_may_be_written_out():
    said = f"{{deal: {{low: fewer, high: none}}, source: [{SOURCE}], why: so}}"
    assert with_levers(said).levers["lever0"].expect.deal == Ends(low="fewer", high="none")


def test_an_expectation_may_name_nothing_if_it_says_why():
    assert (
        with_levers("{why: theory does not say}", sources="").levers["lever0"].expect.outcomes()
        == {}
    )


def test_an_expectation_and_its_sources_leave_the_scenario_the_same():
    plain = read_text(TEXT, "barter.yaml")
    expecting = with_levers(f"{{deal: fewer, source: {SOURCE}, why: so}}")
    bare = expecting.model_copy(update={"levers": {}, "sources": {}})
    assert sha256_of(bare) == sha256_of(plain)
    without = expecting.levers["lever0"].model_copy(update={"expect": None})
    silent = bare.model_copy(update={"levers": {"lever0": without}})
    assert sha256_of(expecting) == sha256_of(silent)
    assert "expect" not in without.model_dump(mode="json")


def test_an_expectation_survives_a_changed_number():
    expecting = with_levers(f"{{deal: fewer, source: {SOURCE}, why: so}}")
    changed = with_changes(expecting, {"channel.leak": 0.5})
    assert changed.levers["lever0"].expect == expecting.levers["lever0"].expect


def test_editors_are_told_of_the_short_forms():
    parts = json_schema()["$defs"]
    assert {"type": "string"} in parts["Expectation"]["properties"]["source"]["anyOf"]
    assert {"enum": ["more", "fewer", "none", "open"]} in parts["Ends"]["anyOf"]


# --- What is refused


@pytest.mark.parametrize(
    ("expect", "complaint"),
    [
        (
            "{deal: sideways, source: somebody-1999, why: so}",
            "expect.deal is 'sideways'; it is one of",
        ),
        (
            "{deal: fewer, source: hearsay, why: so}",
            "expect.source is 'hearsay'; nothing in `sources`",
        ),
        ("{deal: fewer, why: so}", "expect.source is missing; an expectation comes from somewhere"),
        ("{deal: fewer, source: somebody-1999}", "expect.why is missing"),
        (
            "{deal: open, source: somebody-1999, why: so}",
            "expect.deal is open; it takes two sources",
        ),
        (
            "{deal: {low: open, high: more}, source: [somebody-1999, somebody-1999], why: so}",
            "expect.deal is open; it takes two sources",
        ),
        ("{deals: fewer, source: somebody-1999, why: so}", "did you mean 'deal'?"),
    ],
)
def test_what_is_unknown_or_unfounded_is_refused_with_its_line(expect, complaint):
    said = complaint_of(expect)
    assert complaint in said
    line = next(k for k, text in enumerate(said.splitlines()) if complaint in text)
    assert int(said.splitlines()[line].split(":")[1]) > TEXT.count("\n")


def test_no_more_than_two_levers_leave_the_number_of_deals_open():
    two = "{deal: open, source: [somebody-1999, another-2001], why: so}"
    sources = f"{SOURCE} another-2001"
    assert with_levers(two, two, sources=sources)
    complaint = complaint_of(two, two, two, sources=sources)
    assert "levers.lever2.expect.deal is open; at most 2 levers" in complaint


def test_the_keys_of_earlier_versions_are_refused_with_their_successor():
    complaint = complaint_of(f"{{direction: down, of: deal_by_90, source: {SOURCE}, why: so}}")
    assert "unknown key 'direction' in levers.lever0.expect; earlier versions had it" in complaint
    assert "name the outcome by one of room, deal, kept, as in `deal: fewer`" in complaint


def test_an_unknown_role_is_refused_with_the_nearest_one():
    text = find_scenario("gaza-2024-01").read_text(encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"levers\.leaks\.role is 'leak'; did you mean 'leaks'"):
        read_text(text.replace("    role: leaks\n", "    role: leak\n"), "gaza-2024-01.yaml")


# --- What is shipped


@pytest.mark.parametrize("name", PLAYED)
def test_every_lever_of_a_shipped_scenario_says_what_it_is_about_and_what_is_expected(name):
    text = Path(find_scenario(name)).read_text(encoding="utf-8")
    levers = text.partition("\nlevers:\n")[2].partition("\nroles:\n")[0]
    shipped = load_scenario(name).levers
    assert levers.count("\n    role: ") + levers.startswith("    role: ") == len(shipped)
    assert all(lever.expect is not None for lever in shipped.values())


def test_what_files_expect_of_a_role_is_what_the_standard_levers_expect():
    for name in PLAYED:
        case = load_scenario(name)
        for lever in case.levers.values():
            if lever.role in EXPECTATIONS:
                assert lever.expect.outcomes() == EXPECTATIONS[lever.role].outcomes()
                assert lever.expect.source == EXPECTATIONS[lever.role].source


def test_the_standard_levers_list_their_sources_and_no_others():
    cited = {source for expect in EXPECTATIONS.values() for source in expect.source}
    assert cited == set(SOURCES)
