"""Claims about stories: the run they tell is the run in company, and all that happens is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from sim.engine.outcomes import NONE, Outcomes
from sim.engine.run_events import (
    RUN_EVENTS,
    Battle,
    Confirmation,
    DealSigned,
    Leak,
    Lesson,
    PrivateText,
    RoundHeld,
    RunEvent,
    StanceTurned,
    Victory,
    run_event,
)
from sim.engine.simulate import play_one, simulate
from sim.reporting.explanation import reason_words
from sim.reporting.narrative import EventLog, Narrator, follow, state_on, steps_of, tell
from sim.reporting.stance_words import AFTER_WORDS, firm_first, windows
from sim.reporting.story_words import number_words
from sim.scenario.loading import load_scenario
from sim.scenario.packages import feasible_packages
from sim.scenario.schema import Hardening

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
def narrator(scenario, outcomes) -> Narrator:
    return Narrator(scenario, feasible_packages(scenario), outcomes)


def paragraphs_of(narrator, *events) -> tuple[str, ...]:
    """The story of some events."""
    return narrator.story_of(events).paragraphs


def an_answer(**facts) -> dict:
    """Answers of two flexible parties that refuse a text as less than they hold out for."""
    usual = {
        "package": 0,
        "speaker": 2,
        "worth": np.array([0.5, 0.5]),
        "reservation": np.array([0.4, 0.4]),
        "aspiration": np.array([0.6, 0.6]),
        "way_out": np.array([True, True]),
        "flexible": np.array([True, True]),
        "signable": np.ones(PACKAGES, dtype=bool),
        "accepts": np.array([False, False]),
        "offered": np.zeros(2),
        "override": [0.0, 0.0],
        "worths": np.full((2, PACKAGES), 0.5),
        "added": np.zeros((2, PACKAGES)),
    }
    return {**usual, **facts}


def a_round(day: int = 1, **facts) -> RoundHeld:
    """A text by the mediator that both parties refuse as less than they hold out for."""
    return RoundHeld(day, **an_answer(**{"zopa": False, "learnt": (), **facts}))


def a_private_text(day: int = 1, **facts) -> PrivateText:
    """A text of the mediator's own that it puts forward in private, and both refuse."""
    return PrivateText(day, **an_answer(**{"forward": True, **facts}))


def worths_with(narrator, **changes) -> np.ndarray:
    """Worths of 0.5 each, but for a change of one level: `length` to (Lowland, Upland)."""
    worths = np.full((2, PACKAGES), 0.5)
    levels = narrator.packages.levels
    for issue, both in changes.items():
        k = narrator.packages.issues.index(issue)
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


def test_texts_are_told_in_the_scenarios_own_words(narrator):
    said = paragraphs_of(narrator, a_round())[1]
    assert said.startswith("Day 1: The ferryman, mediating, puts a text on the table: ")
    assert "length of the truce: a week" in said
    again = narrator.sentence(a_round(package=1))
    assert "(was: " in again
    assert "length of the truce" not in again  # it has not changed
    assert "the same as before" in narrator.sentence(a_round(package=1))


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
def test_refusals_are_explained_in_the_models_terms(narrator, facts, words):
    said = narrator.sentence(a_round(**facts))
    assert words in said[said.index("Lowland refuses: ") : said.index("Upland refuses: ")]


# --- Stances, windows and what is learnt


def given_up(narrator, party: int) -> int:
    """A package that a party does not sign while it stands firm."""
    return int(np.flatnonzero(~narrator.answers.within[party])[0])


def test_a_firm_refusal_is_told_as_such_and_not_as_one_of_price(narrator):
    package, firm = given_up(narrator, 1), np.array([True, False])
    enough = a_round(package=package, flexible=firm, reservation=np.array([0.4, 0.5]))
    upland = narrator.sentence(enough).split("Upland refuses: ")[1]
    assert upland.startswith("it stands firm, and the text gives up part of its stated position")
    assert "its stated position is in the way and not the price" in upland
    dear = a_round(package=package, flexible=firm, reservation=np.array([0.4, 0.6]))
    assert narrator.answers.reason(1, dear) == "firm and too little"
    assert narrator.answers.reason(0, dear) == "aspiration"


def test_who_would_not_sign_its_own_text_is_said_to(narrator):
    firm = np.array([False, True])
    said = narrator.sentence(a_round(speaker=0, flexible=firm))
    assert "Lowland itself would not sign it: nothing on offer lies within its stated pos" in said
    stands_by_it = a_round(speaker=0, flexible=firm, accepts=np.array([True, False]))
    assert "itself would not sign it" not in narrator.sentence(stands_by_it)


def test_a_firm_party_is_won_over_only_by_what_it_has_said(narrator):
    package = given_up(narrator, 1)
    liked = np.full((2, PACKAGES), 0.7)
    held = a_round(package=package, flexible=np.array([True, False]), worths=liked)
    assert narrator.answers.within[1][narrator.answers.concession(1, held).package]
    anything = np.full(PACKAGES, 0.7)
    anything[narrator.answers.within[1]] = 0.5  # what Upland has said is too little for Lowland
    both = np.stack([anything, liked[1]])
    held = a_round(package=package, flexible=np.array([True, False]), worths=both)
    assert not narrator.answers.concession(0, held).suits_all


def test_the_story_opens_with_how_leaderships_stand_and_why_it_matters(narrator):
    first = [StanceTurned(1, party=0, flexible=True), StanceTurned(1, party=1, flexible=False)]
    said = paragraphs_of(narrator, *first)[1]
    assert said.startswith("Day 1: Upland stands firm, and Lowland is flexible. ")
    assert "signs nothing that gives up part of its stated position" in said
    assert f"{PACKAGES} possible texts" in said


def test_windows_open_and_close(narrator):
    stances = [
        StanceTurned(1, party=0, flexible=False),
        StanceTurned(1, party=1, flexible=False),
        StanceTurned(10, party=1, flexible=True),
        StanceTurned(20, party=0, flexible=True),
        StanceTurned(33, party=1, flexible=False, after=("leak",)),
    ]
    story = paragraphs_of(narrator, *stances)
    assert story[2].endswith("Lowland still stands firm.")
    assert "the leadership of Lowland reconsiders and turns flexible. A window opens" in story[3]
    assert "the leadership of Upland turns firm, after the talks have leaked." in story[4]
    assert story[4].endswith("The window closes after 13 days.")
    assert windows(stances, narrator.scenario, 90) == [(20, 33)]
    assert windows(stances[:-1], narrator.scenario, 90) == [(20, 90)]


def test_no_window_opens_where_one_turns_flexible_as_the_other_turns_firm(narrator):
    stances = [
        StanceTurned(1, party=0, flexible=False),
        StanceTurned(1, party=1, flexible=True),
        StanceTurned(9, party=0, flexible=True),
        StanceTurned(9, party=1, flexible=False),
    ]
    assert windows(stances, narrator.scenario, 90) == []
    assert not any("window" in line for line in paragraphs_of(narrator, *stances))


def test_all_that_may_harden_a_leadership_has_words():
    """What a scenario may name, and what has happened outside, which closes windows by itself."""
    assert set(AFTER_WORDS) == {*get_args(Hardening), "event"}


def test_a_private_text_says_whether_it_was_taken(narrator):
    taken = narrator.sentence(a_private_text(accepts=np.array([True, True])))
    assert taken.startswith("The ferryman puts a text of its own forward in private, and it is tak")
    refused = narrator.sentence(a_private_text())
    assert "Upland refuses: " in refused
    assert refused.endswith("What fails in private stirs nobody at home.")
    dropped = narrator.sentence(a_private_text(forward=False))
    assert dropped.endswith("drops it: it does not believe that all would take it.")


def test_private_texts_that_come_to_nothing_are_told_together(narrator):
    texts = [a_private_text(day, forward=day > 20) for day in (1, 8, 15, 22, 29)]
    story = paragraphs_of(narrator, *texts)
    told = [line for line in story if "in private, The ferryman" in line]
    assert told[0].endswith("in private, The ferryman sounds out two texts and drops each.")
    assert "puts one text forward in vain (Lowland: below what it holds out for" in told[1]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            -0.06,
            0.01,
            "would settle for less than it would; from the answer it concludes that Upland",
        ),
        (-0.06, 0.01, "wants more, and is nearer to the truth."),
        (0.06, 0.01, "would settle for more than it would"),
        (0.06, 0.01, "would do with less, and is nearer to the truth."),
        (0.0, 0.05, "had a fair idea of what Upland would settle for"),
        (0.0, 0.05, "further from the truth."),
    ],
)
def test_what_is_learnt_is_told_either_way(narrator, before, after, words):
    assert words in narrator.sentence(a_round(learnt=[Lesson(0, 1, before, after)]))
    mirrored = narrator.sentence(a_round(learnt=[Lesson(1, 0, before, after)]))
    assert words.replace("Upland", "Lowland") in mirrored


def test_small_lessons_are_not_told_and_several_add_up(narrator):
    small = [a_round(day, learnt=[Lesson(0, 1, -0.06 + k, -0.045 + k)]) for day, k in STEPS]
    assert "concludes" not in narrator.sentence(small[0])
    told = paragraphs_of(narrator, *small)[1]
    assert told.endswith(
        "Lowland had believed that Upland would settle for less than it would; from the answers "
        "it concludes that Upland wants more, and is nearer to the truth."
    )


#: Days of rounds, and how far what is believed has moved by then.
STEPS = ((1, 0.0), (6, 0.015), (11, 0.03))


def test_what_the_diary_says_was_learnt_is_what_the_parties_believe(scenario):
    for run in range(RUNS):
        log = EventLog()
        _, talks = play_one(scenario, run=run, seed=7, diary=log)
        last = {}
        for event in log.events:
            if isinstance(event, RoundHeld):
                for lesson in event.learnt:
                    pair = lesson.party, lesson.other
                    assert last.get(pair, lesson.before) == lesson.before
                    last[pair] = lesson.after
        names = [party.name for party in talks.parties]
        for (party, other), after in last.items():
            assert talks.parties[party].beliefs[names[other]].bias[0] == after


def test_the_diary_tells_of_stances_as_the_outcomes_count_them(scenario, outcomes):
    for run in range(RUNS):
        log = EventLog()
        play_one(scenario, run=run, seed=7, diary=log)
        rounds = [event for event in log.events if isinstance(event, RoundHeld)]
        firm = np.sum([~held.flexible for held in rounds], axis=0)
        assert np.array_equal(firm, outcomes.firm_rounds[run])
        opened = [begin for begin, _ in windows(log.events, scenario, outcomes.days)]
        assert outcomes.open_day[run] == (opened[0] if opened else NONE)
        private = [event for event in log.events if isinstance(event, PrivateText)]
        assert sum(text.forward for text in private) == outcomes.texts_mediated[run]


def test_a_confirmation_that_a_stance_bars_is_told_as_such(narrator):
    said = narrator.sentence(Confirmation(1, package=0, refused_by=[1], barred_by=[1]))
    assert said.startswith("Upland does not confirm: by now the leadership of Upland stands firm")


def test_all_that_happens_is_told_on_a_day_of_the_story(scenario):
    for run in range(RUNS):
        story = follow(scenario, run, seed=7)
        days = set()
        for passage in story.passages:
            first, _, last = passage.words.split(":")[0].split(" ")[1].partition("–")
            days |= set(range(int(first), int(last or first) + 1))
            assert passage.words.endswith(".")
        told = {event.day for event in firm_first(story.events) if not isinstance(event, Battle)}
        assert told <= days


# --- What it would have taken


def only_upland_refuses(**facts) -> RoundHeld:
    """A text by Lowland that Upland refuses."""
    answers = {"speaker": 0, "accepts": np.array([True, False])}
    return a_round(**answers, **facts)


def test_a_refusal_says_the_cheapest_change_that_would_have_been_accepted(narrator):
    dear = worths_with(narrator, grain=(0.1, 0.7), length=(0.3, 0.7))
    found = narrator.answers.concession(1, only_upland_refuses(worths=dear))
    assert found.cost == pytest.approx(0.2)
    assert narrator.answers.parties[found.loser] == "Lowland"
    said = narrator.sentence(only_upland_refuses(worths=dear))
    assert "It would have taken: length of the truce: " in said
    assert said.endswith("at the cost of Lowland.")


def test_no_cheaper_text_would_have_been_accepted_in_any_round_of_a_run(scenario, narrator):
    log = EventLog()
    play_one(scenario, run=3, seed=7, diary=log)
    rounds = [event for event in log.events if isinstance(event, RoundHeld)]
    tried = 0
    for held in rounds:
        by_mediator = replace(held, speaker=2)
        for p in narrator.answers.refusers(held):
            met = held.worths[p] + held.added[p] >= held.aspiration[p]
            met &= narrator.answers.signs(p, held)
            found = narrator.answers.concession(p, by_mediator)
            assert (found is None) == (not met.any())
            if found is not None:
                other = held.worths[1 - p]
                assert met[found.package]
                best = other[met].max()
                assert other[found.package] == pytest.approx(min(best, other[held.package]))
                tried += 1
    assert tried


def test_of_a_mediators_text_the_cost_is_that_of_who_loses_most(narrator):
    worths = worths_with(narrator, grain=(0.7, 0.2))
    found = narrator.answers.concession(0, a_round(worths=worths))
    assert (found.loser, found.cost) == (1, pytest.approx(0.3))


def test_where_nothing_on_offer_would_do_the_story_says_so(narrator):
    assert "Nothing on offer would have met that." in narrator.sentence(a_round())


def test_what_all_would_have_accepted_is_told_as_such(narrator):
    both = worths_with(narrator, grain=(0.7, 0.7))
    assert "which all the others would have accepted too" in narrator.sentence(a_round(worths=both))
    paragraphs_of(narrator, a_round())
    quiet = narrator.answers.failed_proposals([a_round(5, worths=both)])
    assert "What would have won over Lowland and suited all: " in quiet


def test_a_close_call_needs_no_concession(narrator):
    said = narrator.sentence(a_round(worth=np.array([0.6, 0.6])))
    assert "would have taken" not in said
    assert "Nothing on offer" not in said


def test_quiet_rounds_are_told_together(narrator):
    story = paragraphs_of(narrator, *(a_round(day) for day in (1, 12, 20, 41)))
    assert story[2].startswith(
        "Days 12–41: three more texts are refused, each by Lowland and Upland (Lowland: below"
    )


def test_a_long_silence_is_told_in_stretches(narrator):
    story = paragraphs_of(narrator, *(a_round(day) for day in range(1, 100, 10)))
    days = [line.split(":")[0] for line in story if line.startswith("Days")]
    assert days == ["Days 11–41", "Days 51–81"]


def test_who_is_not_in_the_way_is_not_blamed(narrator):
    story = paragraphs_of(narrator, a_round(), a_round(5, accepts=np.array([True, False])))
    assert "Day 5: one more text is refused, by Upland alone" in story[2]


def test_a_confirmation_that_fails_says_who_withholds_it(narrator):
    said = narrator.sentence(Confirmation(1, package=0, refused_by=[1]))
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
def test_turns_of_a_run_are_told_in_plain_words(narrator, kind, facts, words):
    assert words in paragraphs_of(narrator, run_event(kind, 9, **facts))[1]


def test_a_second_text_says_what_it_changes(narrator):
    first = DealSigned(9, package=0, renewed=False)
    second = DealSigned(30, package=1, renewed=True)
    told = paragraphs_of(narrator, first, second)
    assert "Day 30: a second text is signed and the truce goes on: " in told[2]
    assert told[3].startswith(f"Day {narrator.outcomes.last_day[0]}, the last: the truce holds.")


# --- Why there was no deal


def test_the_story_ends_with_what_stood_in_the_way(stories, outcomes, scenario):
    for run, story in enumerate(stories):
        missed = dict(zip(outcomes.labels.missed, outcomes.missed[run].tolist(), strict=True))
        why = [line for line in story if line.startswith("Why there was no deal")]
        assert len(why) == (sum(missed.values()) > 0)
        for line in why:
            due = sum(missed.values())
            assert f": {number_words(due)} round" in line
            assert (outcomes.deal_day[run] != NONE) == ("before day" in line)
            for reason, number in missed.items():
                assert (reason_words(reason, scenario) in line) == (number > 0)


def test_each_reason_has_words_of_its_own(scenario, outcomes):
    words = [reason_words(reason, scenario) for reason in outcomes.labels.missed]
    assert len(set(words)) == len(words)
    assert reason_words("upland", scenario) == "Upland held out for more"


def test_an_event_without_words_is_not_passed_over(narrator):
    class Comet(RunEvent):
        kind = "comet"

    with pytest.raises(TypeError, match="no words for 'comet'"):
        narrator.story_of([Comet(3)])


def test_an_event_log_keeps_what_happened_in_order():
    log = EventLog()
    log.record(Leak(1))
    log.record(DealSigned(2, package=3, renewed=False))
    assert log.events == [Leak(1), DealSigned(2, package=3, renewed=False)]


# --- In steps


def test_the_steps_of_a_run_tell_all_that_its_story_tells(scenario):
    for run in range(RUNS):
        story = follow(scenario, run, seed=7)
        steps = steps_of(story)
        told = [words for step in steps for words in step.words]
        assert sorted((story.heading, *told, *story.closing)) == sorted(story.paragraphs)
        assert [step.day for step in steps] == sorted(step.day for step in steps)
        for step in steps:
            assert all(words.startswith(("Day ", "Days ")) for words in step.words)
            assert step.state == state_on(story.events, step.day)


def test_events_are_of_the_kind_that_they_are_filed_under(scenario):
    log = EventLog()
    play_one(scenario, run=3, seed=7, diary=log)
    assert {type(event) for event in log.events} <= set(RUN_EVENTS.values())
    assert all(event.kind == kind for kind, event in RUN_EVENTS.items())
    with pytest.raises(TypeError):
        run_event("leak", 3, loud=True)


def test_no_leadership_turns_in_a_story_once_the_war_is_decided():
    events = [
        StanceTurned(5, party=0, flexible=True),
        Victory(9, forward=False),
        StanceTurned(12, party=0, flexible=False),
    ]
    assert firm_first(events) == events[:2]


def test_a_leadership_that_turns_twice_in_a_day_is_told_in_its_order():
    events = [StanceTurned(5, party=0, flexible=flexible) for flexible in (True, False)]
    assert firm_first(events) == events
    others = [StanceTurned(5, party=1, flexible=True), StanceTurned(5, party=0, flexible=False)]
    assert firm_first(others) == others[::-1]
