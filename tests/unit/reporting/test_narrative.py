"""Claims about stories: the run they tell is the run in company, and all that happens is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.engine.outcomes import NONE, Outcomes
from sim.engine.simulate import play_one, simulate
from sim.reporting.narrative import EventLog, NotedEvent, _Teller, tell
from sim.scenario.loading import load_scenario
from sim.scenario.packages import feasible_packages

MINIMAL = Path(__file__).parents[2] / "scenarios" / "minimal.yaml"
RUNS = 25
PACKAGES = len(feasible_packages(load_scenario(MINIMAL)))


@pytest.fixture(scope="module")
def scenario():
    return load_scenario(MINIMAL)


@pytest.fixture(scope="module")
def outcomes(scenario) -> Outcomes:
    return simulate(scenario, runs=RUNS, seed=7)


@pytest.fixture(scope="module")
def stories(scenario) -> list[list[str]]:
    return [tell(scenario, run, seed=7) for run in range(RUNS)]


@pytest.fixture
def teller(scenario, outcomes) -> _Teller:
    return _Teller(scenario, feasible_packages(scenario), outcomes)


def a_round(**facts) -> dict[str, object]:
    """A text by the mediator that both parties refuse as less than they hold out for."""
    usual = {
        "package": 0,
        "speaker": 2,
        "worth": np.array([0.5, 0.5]),
        "reservation": np.array([0.4, 0.4]),
        "aspiration": np.array([0.6, 0.6]),
        "way_out": np.array([True, True]),
        "accepts": np.array([False, False]),
        "offered": np.zeros(2),
        "zopa": False,
        "override": [0.0, 0.0],
        "worths": np.full((2, PACKAGES), 0.5),
        "added": np.zeros((2, PACKAGES)),
    }
    return {**usual, **facts}


def worths_with(teller, **changes) -> np.ndarray:
    """Worths of 0.5 each, but for a change of one level: `length` to (Lowland, Upland)."""
    worths = np.full((2, PACKAGES), 0.5)
    levels = teller.packages.levels
    for issue, both in changes.items():
        k = teller.packages.issues.index(issue)
        off = levels != levels[0]
        worths[:, off[:, k] & (off.sum(axis=1) == 1)] = np.array(both)[:, None]
    return worths


def test_a_story_is_the_same_every_time(scenario, stories):
    assert tell(scenario, 4, seed=7) == stories[4]
    assert tell(scenario, 4, seed=8) != stories[4]


def test_the_run_told_is_the_run_in_company(stories, outcomes):
    for run, story in enumerate(stories):
        text = "\n".join(story)
        first = outcomes.deal_day[run]
        if first == NONE:
            assert "nothing was signed" in text
        else:
            assert f"the first on day {first}" in text
            assert f"Day {first}: the text is signed and a truce begins" in text
        assert "\nLowlanders held in Upland: of 13 on the first day" in text
        assert f"Day {outcomes.last_day[run]}, the last:" in text


def test_every_kind_of_note_can_be_told(stories):
    told = "\n".join(line for story in stories for line in story)
    for words in (
        "puts a text on the table",
        "refused, ",
        "waits for",
        "the talks leak",
        "is handed over",
        "of the truce, ",
        "suspends the talks",
        "released without anything in return",
        "the truce ",
        "one dies",
    ):
        assert words in told, words


def test_texts_are_told_in_the_scenarios_own_words(teller):
    said = teller._told(NotedEvent(1, "round", a_round()))[0]
    assert said.startswith("Day 1: The ferryman, mediating, puts a text on the table: ")
    assert "length of the truce: a week" in said
    again = teller._tell_round(**a_round(package=1))
    assert "(was: " in again
    assert "length of the truce" not in again  # it has not changed
    assert "the same as before" in teller._tell_round(**a_round(package=1))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "below what it holds out for"),
        ({"reservation": np.array([0.55, 0.55])}, "below its reservation value"),
        (
            {"reservation": np.array([0.55, 0.55]), "way_out": np.array([False, False])},
            "sees no way out",
        ),
        ({"override": [0.2, 0.0]}, "the vote at home"),
        ({"worth": np.array([0.6, 0.6])}, "could have gone either way"),
    ],
)
def test_refusals_are_explained_in_the_models_terms(teller, facts, words):
    said = teller._tell_round(**a_round(**facts))
    assert words in said[said.index("Lowland refuses: ") : said.index("Upland refuses: ")]


# --- What it would have taken


def only_upland_refuses(**facts) -> dict[str, object]:
    """A text by Lowland that Upland refuses."""
    answers = {"speaker": 0, "accepts": np.array([True, False])}
    return a_round(**answers, **facts)


def test_a_refusal_says_the_cheapest_change_that_would_have_been_accepted(teller):
    dear = worths_with(teller, grain=(0.1, 0.7), length=(0.3, 0.7))
    found = teller._concession(1, 0, only_upland_refuses(worths=dear))
    assert found.cost == pytest.approx(0.2)
    assert teller.parties[found.loser] == "Lowland"
    said = teller._tell_round(**only_upland_refuses(worths=dear))
    assert "It would have taken: length of the truce: " in said
    assert said.endswith("at the cost of Lowland.")


def test_no_cheaper_text_would_have_been_accepted_in_any_round_of_a_run(scenario, teller):
    notebook = EventLog()
    play_one(scenario, run=3, seed=7, diary=notebook)
    rounds = [note.facts for note in notebook.notes if note.kind == "round"]
    tried = 0
    for facts in rounds:
        for p in teller._refusers(NotedEvent(1, "round", facts)):
            met = facts["worths"][p] + facts["added"][p] >= facts["aspiration"][p]
            found = teller._concession(p, 2, facts)
            assert (found is None) == (not met.any())
            if found is not None:
                other = facts["worths"][1 - p]
                assert met[found.package]
                best = other[met].max()
                assert other[found.package] == pytest.approx(min(best, other[facts["package"]]))
                tried += 1
    assert tried


def test_of_a_mediators_text_the_cost_is_that_of_who_loses_most(teller):
    worths = worths_with(teller, grain=(0.7, 0.2))
    found = teller._concession(0, 2, a_round(worths=worths))
    assert (found.loser, found.cost) == (1, pytest.approx(0.3))


def test_where_nothing_on_offer_would_do_the_story_says_so(teller):
    assert "Nothing on offer would have met that." in teller._tell_round(**a_round())


def test_what_all_would_have_accepted_is_told_as_such(teller):
    both = worths_with(teller, grain=(0.7, 0.7))
    assert "which all the others would have accepted too" in teller._tell_round(
        **a_round(worths=both)
    )
    teller.tells([NotedEvent(1, "round", a_round())])
    quiet = teller._rounds([NotedEvent(5, "round", a_round(worths=both))])
    assert "What would have won over Lowland and suited all: " in quiet


def test_a_close_call_needs_no_concession(teller):
    said = teller._tell_round(**a_round(worth=np.array([0.6, 0.6])))
    assert "would have taken" not in said
    assert "Nothing on offer" not in said


def test_quiet_rounds_are_told_together(teller):
    notes = [NotedEvent(day, "round", a_round()) for day in (1, 12, 20, 41)]
    story = teller.tells(notes)
    assert story[2].startswith(
        "Days 12–41: three more texts are refused, each by Lowland and Upland (Lowland: below"
    )


def test_a_long_silence_is_told_in_stretches(teller):
    notes = [NotedEvent(day, "round", a_round()) for day in range(1, 100, 10)]
    days = [line.split(":")[0] for line in teller.tells(notes) if line.startswith("Days")]
    assert days == ["Days 11–41", "Days 51–81"]


def test_who_is_not_in_the_way_is_not_blamed(teller):
    notes = [
        NotedEvent(1, "round", a_round()),
        NotedEvent(5, "round", a_round(accepts=np.array([True, False]))),
    ]
    assert "Day 5: one more text is refused, by Upland alone" in teller.tells(notes)[2]


def test_a_confirmation_that_fails_says_who_withholds_it(teller):
    said = teller._tell_confirmation(package=0, refused_by=[1])
    assert said == "Upland does not confirm: by now the text is below its reservation value."


@pytest.mark.parametrize(
    ("kind", "facts", "words"),
    [
        (
            "extension",
            {"people": 3},
            "Day 9: the truce is extended by one day for up to three more",
        ),
        (
            "grace",
            {"days": 14},
            "Day 9: the term is over, but the guarantee keeps the truce for 14",
        ),
        ("dispute", {"open": True}, "mediators cannot mend it; trust is lost"),
        ("dispute", {"open": False}, "a promise is not kept; mediators mend it"),
        ("truce ends", {"cause": 1, "days": 8}, "collapses after eight days: Upland resumes"),
        ("truce ends", {"cause": 2, "days": 1}, "collapses after one day: "),
        ("truce ends", {"cause": 3, "days": 7}, "ends after seven days: its term is over"),
        ("victory", {"forward": False}, "Upland has won, and the talks are over"),
        ("rescue", {"people": [2], "truce": False}, "two are rescued by force"),
        ("killed in rescue", {"people": [1], "truce": False}, "one dies in an attempt at rescue"),
        ("release", {"people": [1], "truce": True}, "one is released by a side channel"),
    ],
)
def test_turns_of_a_run_are_told_in_plain_words(teller, kind, facts, words):
    assert words in teller.tells([NotedEvent(9, kind, facts)])[1]


def test_a_second_text_says_what_it_changes(teller):
    first = NotedEvent(9, "signed", {"package": 0, "renewed": False})
    second = NotedEvent(30, "signed", {"package": 1, "renewed": True})
    told = teller.tells([first, second])
    assert "Day 30: a second text is signed and the truce goes on: " in told[2]
    assert told[3].startswith(f"Day {teller.outcomes.last_day[0]}, the last: the truce holds.")


# --- Why there was no deal


def test_the_story_ends_with_what_stood_in_the_way(stories, outcomes):
    for run, story in enumerate(stories):
        missed = outcomes.missed[run]
        why = [line for line in story if line.startswith("Why there was no deal")]
        assert len(why) <= 1
        if missed.any():
            (line,) = why
            rounds = {1: "one round"}.get(missed.sum(), "rounds some package was")
            assert rounds in line
            assert (outcomes.deal_day[run] != NONE) == ("before day" in line)


def test_reasons_are_those_of_the_run(scenario, outcomes):
    lost = outcomes.labels.missed.index("upland")
    run = int(np.flatnonzero(outcomes.missed[:, lost])[0])
    line = next(line for line in tell(scenario, run, seed=7) if line.startswith("Why there was"))
    words = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    number = outcomes.missed[run, lost]
    assert f"Upland held out for more ({words[number] if number < 10 else number})" in line


def test_an_unknown_note_is_not_passed_over(teller):
    with pytest.raises(AssertionError, match="nobody knows how to tell 'comet'"):
        teller.tells([NotedEvent(3, "comet", {})])


def test_a_notebook_keeps_what_happened_in_order():
    notebook = EventLog()
    notebook.note(1, "leak")
    notebook.note(2, "signed", package=3, renewed=False)
    assert [note.day for note in notebook.notes] == [1, 2]
    assert notebook.notes[1].facts == {"package": 3, "renewed": False}
