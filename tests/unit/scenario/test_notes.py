"""`parley check` says what stances make of a scenario that is fine."""

import pytest

from sim.scenario.notes import notes_on
from sim.scenario.schema import Scenario
from tests.builders import case_of, played


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("gaza-2024-01", "of 650 packages, firm leaderships sign: israel 156, hamas 6"),
        ("gaza-2023-11", "of 434 packages, firm leaderships sign: israel 40, hamas 20"),
        ("two-rivers", "of 160 packages, firm leaderships sign: upland 44, delta 4"),
    ],
)
def test_how_many_packages_firm_leaderships_sign_is_noted(name, note):
    assert notes_on(played(name)) == [
        note,
        "no package fits what all sides say: somebody has to reconsider before a deal",
    ]


def test_packages_that_all_firm_leaderships_would_sign_are_counted():
    assert notes_on(case_of("gaza-2025-01"))[1] == (
        "8 packages fit what all sides say: firm leaderships may sign them"
    )


def saying(name: str, party: str, phrases: dict[str, dict[str, object]]) -> Scenario:
    """A scenario in which a party says something else and draws no red line."""
    content = played(name).model_dump()
    content["phrases"] |= phrases
    content["parties"][party]["positions"] = {"states": list(phrases), "red_lines": []}
    return Scenario.model_validate(content)


def test_a_party_whose_words_bar_nothing_is_said_to_be_bound_by_nothing():
    words = {"let us talk": {"duration": {"min": "14d"}}}
    notes = notes_on(saying("two-rivers", "delta", words))
    assert notes[0] == (
        "what delta says bars no package: while firm it still bargains by its interests"
    )


def test_a_party_whose_words_bar_everything_is_said_to_sign_nothing():
    words = {"at once": {"duration": {"max": 14}}, "for ever": {"duration": {"min": "permanent"}}}
    notes = notes_on(saying("two-rivers", "delta", words))
    assert notes[0] == "what delta says bars every package: while firm it signs nothing"


def with_party(party: str, **fields: object) -> Scenario:
    content = played("two-rivers").model_dump()
    content["parties"][party] |= fields
    return Scenario.model_validate(content)


def test_a_camp_of_one_and_a_stance_without_a_veto_are_noted():
    assert notes_on(with_party("delta", camp="valley"))[-1] == (
        "camp valley has one member, delta, who shares its news with nobody"
    )
    sure = {"value": 1, "basis": "definition"}
    assert notes_on(with_party("marsh", flexible=sure))[-1] == (
        "marsh has no veto, so that its stance and its camp decide nothing"
    )
