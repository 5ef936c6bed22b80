"""Claims about news: everybody at a table reads what is public, and nothing else."""

from __future__ import annotations

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
