"""The tables of numbers in the model's document are those of the scenarios."""

import re

import pytest

from sim.reporting.parameter_tables import (
    DOCUMENT,
    conflicts,
    difference_table,
    parameter_table,
    refreshed,
    section,
    what_it_is,
)
from tests.builders import PLAYED, TEXTBOOK, case_of, played

IN_FULL = "gaza-2024-01"


def test_the_document_is_up_to_date():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == refreshed(text, PLAYED), (
        "the tables of sim/README.md are not those of the scenarios; run: "
        "python -m sim.reporting.parameter_tables --write"
    )


def test_every_scenario_that_people_play_is_in_it():
    assert sorted(re.findall(r"^### (\S+)$", section(PLAYED), re.M)) == sorted(PLAYED)


def test_of_each_conflict_the_case_with_the_most_packages_comes_first_and_in_full():
    real = [played(name) for name in PLAYED if not played(name).fictional]
    assert [[case.scenario for case in cases] for cases in conflicts(real)] == [
        [IN_FULL, "gaza-2023-11"]
    ]


@pytest.mark.parametrize("name", [*PLAYED, *sorted(p.stem for p in TEXTBOOK.glob("*.yaml"))])
def test_every_number_says_what_it_is(name):
    case = case_of(name)
    for path in case.quantities():
        assert what_it_is(case, path), path


def test_every_number_has_one_row():
    rows = re.findall(r"^\| `([^`]+)`", parameter_table(played(IN_FULL)), re.M)
    assert sorted(rows) == sorted(played(IN_FULL).quantities())


def test_a_scenario_does_not_differ_from_itself():
    case = played(IN_FULL)
    assert len(difference_table(case, case).splitlines()) == 2


def test_a_document_without_markers_is_refused():
    with pytest.raises(ValueError, match="two markers"):
        refreshed("A document.")
