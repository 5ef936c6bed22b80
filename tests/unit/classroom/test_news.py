"""Claims about news: everybody at a table reads what is public, and nothing else."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sim.classroom.news import NewsRecorder
from sim.engine.run_events import (
    Battle,
    Confirmation,
    DealSigned,
    Deaths,
    Leak,
    OutsideEventHappened,
    StanceTurned,
    Suspension,
)
from sim.scenario.loading import load_scenario


@pytest.fixture
def recorder() -> NewsRecorder:
    return NewsRecorder(load_scenario("two-rivers"))


def test_public_events_become_sentences_on_their_day(recorder):
    pools = len(recorder.scenario.captives)
    for event in (
        Leak(3),
        Suspension(4, days=1),
        Deaths(5, people=np.eye(1, pools, dtype=int)[0], truce=False),
        Confirmation(6, package=0, refused_by=[]),
    ):
        recorder.record(event)
    assert [news.day for news in recorder.news] == [3, 4, 5, 6]
    words = [news.words for news in recorder.news]
    assert words[1] == "An event outside suspends the talks for 1 day."
    assert words[2].endswith("1 has died.")
    assert words[3] == "The text is confirmed."


def test_a_battle_is_news_of_the_side_that_won(recorder):
    for won in (True, False):
        recorder.record(Battle(1, won=won))
    first, second = (news.words for news in recorder.news)
    assert first != second


def test_what_the_table_signs_itself_is_no_news(recorder):
    recorder.record(DealSigned(1, package=0, renewed=False))
    assert recorder.news == []


def test_an_outside_event_is_news_when_it_comes_and_when_it_is_over(recorder):
    for day, begins in ((4, True), (30, False)):
        recorder.record(OutsideEventHappened(day, event="pass_closes", begins=begins))
    assert [news.words for news in recorder.news] == [
        "A rockslide closes the pass to Northmark.",
        "What followed from “A rockslide closes the pass to Northmark” is over.",
    ]


def test_that_a_leadership_turns_is_news_for_everybody(recorder):
    recorder.record(StanceTurned(7, party=1, flexible=True))
    recorder.record(StanceTurned(9, party=1, flexible=False))
    assert [news.words for news in recorder.news] == [
        "The leadership of Delta turns flexible: it signals that it is ready to bargain.",
        "The leadership of Delta stands firm on what it has said in public.",
    ]


def test_the_log_keeps_what_is_no_news_in_types_of_json(recorder):
    recorder.record(DealSigned(1, package=np.int64(3), renewed=np.bool_(False)))
    recorder.record(Deaths(2, people=np.array([0, 2]), truce=False))
    assert [one.model_dump() for one in recorder.happened] == [
        {"day": 1, "kind": "signed", "facts": {"package": 3, "renewed": False}},
        {"day": 2, "kind": "death", "facts": {"people": [0, 2], "truce": False}},
    ]
    assert json.dumps([one.model_dump() for one in recorder.happened])
