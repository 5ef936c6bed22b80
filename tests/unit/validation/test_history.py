"""History is read like a scenario, and backtests run for any case that has one."""

import re
from pathlib import Path

import pytest

import sim
from sim.scenario.errors import ScenarioError
from sim.scenario.loading import FOLDERS, load_scenario, sha256_of
from sim.validation import backtests
from sim.validation.arms import play
from sim.validation.history import History, history_names, load_history
from sim.validation.scorecard import all_arms
from tests.builders import PLAYED

VALLEY = """
history: valley
title: An invented past of an invented war
sources:
  chronicle: {title: The chronicle, date: undated}
facts:
  war: {what: the war began, happened: 2023-01-01, source: chronicle}
  peace: {what: a deal was made, happened: 2023-03-02, source: chronicle}
  war-again: {what: it began again, happened: 2024-01-01, source: chronicle}
  peace-again: {what: another deal was made, happened: 2024-06-01, source: chronicle}
  home: {what: captives came home, number: 40, source: chronicle}
  freed: {what: prisoners were freed, number: 90, source: chronicle}
spells:
  first: {from_day: war, deal: peace}
  second: {from_day: war-again, deal: peace-again}
cases:
  V1:
    scenario: two-rivers
    begins: BEGINS
    spell: second
    first_truce: peace-again
    forecast_days: [10, 30]
    counts: [{day: 30, returned_alive: home, prisoners_released: freed}]
    criteria:
      - {words: a deal is no surer than not, deal_by: {day: 30, at_most: 0.5}}
      - {words: the ferries stand between them, parted_by: [ferries]}
      - words: Delta takes nothing that Upland would take
        refused: {wanted_by: upland, refused_by: delta, permanent: true, above: 0.5}
""".replace("BEGINS", str(load_scenario("two-rivers").as_of))


def read(folder: Path, text: str = VALLEY) -> History:
    """A history file, read."""
    file = folder / "valley.yaml"
    file.write_text(text.lstrip(), encoding="utf-8")
    return load_history(file)


def complaints(folder: Path, before: str, after: str) -> str:
    """What is complained of when a part of the file is written otherwise."""
    assert VALLEY.count(before) == 1
    with pytest.raises(ScenarioError) as error:
        read(folder, VALLEY.replace(before, after))
    return str(error.value)


def test_every_history_at_hand_is_found_and_read():
    assert history_names() == ["gaza"]
    for name in history_names():
        assert load_history(name).history == name


def test_a_history_is_frozen(tmp_path):
    with pytest.raises(ValueError, match="frozen"):
        read(tmp_path).title = "Another"


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("deal: peace}", "deal: piece}", "valley.yaml:13: spells.first.deal is 'piece'; nothing in "
         "`facts` has this name; did you mean 'peace'?"),
        ("home, prisoners", "war, prisoners", "cases.V1.counts.0.returned_alive is 'war'; a fact "
         "with a number belongs here"),
        ("number: 40, ", "", "valley.yaml:10: facts.home has neither a date nor a number; it has "
         "either `happened` or `number`"),
        ("number: 90, source: chronicle", "number: 90, source: chronic", "valley.yaml:11: "
         "facts.freed.source is 'chronic'"),
        ("scenario: two-rivers", "scenario: two-river", "valley.yaml:17: cases.V1.scenario is "
         "'two-river'; no scenario has this name; did you mean 'two-rivers'?"),
        ("parted_by: [ferries]", "parted_by: [ferry]", "did you mean 'ferries'?"),
        ("parted_by: [ferries]", "commonest: {issue: ferries, levels: [most]}", "nothing in "
         "`issues.ferries.levels` has this name"),
        (", parted_by: [ferries]", "", "cases.V1.criteria.1 asks 0 questions; it asks one"),
        ("refused_by: delta", "refused_by: dalta", "did you mean 'delta'?"),
        ("2023-03-02", "2022-03-02", "is on 2022-03-02; it comes after 2023-01-01, where the"),
        ("begins: 2024", "begins: 2025", "cases.V1.begins is 2025-05-01; the scenario begins on "
         "2024-05-01; write its `as_of` here"),
        ("forecast_days: [10, 30]", "forecast: [10, 30]", "unknown key 'forecast' in cases.V1; "
         "did you mean 'forecast_days'?"),
        ("  home:", "  lost: {what: x, number: 1, source: chronicle}\n  home:", "facts.lost is "
         "used by no spell and no case; take it out"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line_and_the_way_out(tmp_path, before, after, complaint):
    assert complaint in complaints(tmp_path, before, after)


def test_an_unknown_history_is_answered_with_the_known_ones():
    with pytest.raises(ScenarioError, match="no history file has this name; did you mean 'gaza'"):
        load_history("gasa")


def test_who_takes_a_history_for_a_scenario_is_told_what_it_is(tmp_path):
    read(tmp_path)
    with pytest.raises(ScenarioError, match="this is a history; `parley scorecard --history"):
        load_scenario(tmp_path / "valley.yaml")


def test_backtests_run_for_any_case_with_a_history(tmp_path):
    past = read(tmp_path)
    assert all_arms(past) == list(backtests.arms(past))
    played = play(all_arms(past), runs=20)
    (forecast,) = backtests.forecasts(past, played)
    assert forecast.days == (10, 30)
    assert {len(chances) for chances in forecast.chances.values()} == {2}
    assert [count.observed for count in backtests.counts(past, played)] == [40, 90]
    answers = backtests.criteria(past, played, runs=20, seed=1)
    assert [answer.case for answer in answers] == ["V1"] * 3
    assert backtests.pauses(past, seed=1) is None


def test_no_party_mediator_or_case_of_a_real_scenario_is_named_in_the_code():
    real = [case for case in map(load_scenario, PLAYED) if not case.fictional]
    names = {name for case in real for name in (*case.parties, *case.mediators)} - {"us"}
    names |= {word for case in real for word in case.scenario.split("-") if not word.isdigit()}
    named = re.compile(rf"\b({'|'.join(sorted(names))})\b", re.IGNORECASE)
    for file in Path(sim.__file__).parent.rglob("*.py"):
        assert not named.search(file.read_text(encoding="utf-8")), file


def test_scenarios_holds_no_programs_but_examples_beside_its_studies():
    programs = {file.relative_to(FOLDERS[1]) for file in FOLDERS[1].rglob("*.py")}
    assert {file for file in programs if file.parent != Path("studies")} == set()


def test_what_a_lever_is_about_does_not_make_it_another_scenario():
    case = load_scenario("two-rivers")
    lever = case.levers["leaks"].model_copy(update={"role": "other"})
    other = case.model_copy(update={"levers": {**case.levers, "leaks": lever}})
    assert case.levers_of_role("leaks") == ["leaks"]
    assert other != case
    assert sha256_of(other) == sha256_of(case)
