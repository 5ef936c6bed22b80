"""What shared luck rests on: even numbers, unlike one another, which no setting moves."""

import numpy as np
import pytest
from scipy import stats

from sim import simulate
from sim.engine.random_streams import RandomStreams
from sim.scenario.loading import load_scenario

RUNS, DAYS = 6, 40


@pytest.fixture
def drawn(monkeypatch):
    """Every draw that is made, by its stream and place in it: what whoever plays has been dealt."""
    log: dict[tuple[object, ...], bytes] = {}
    once, onces, days = RandomStreams.once, RandomStreams.onces, RandomStreams.days

    def logged_once(chance, stream, width=1):
        luck = once(chance, stream, width)
        log["once", stream, width, chance.first] = luck.tobytes()
        return luck

    def logged_onces(chance, streams):
        luck = onces(chance, streams)
        for stream, numbers in zip(streams, luck, strict=True):
            log["once", stream, 1, chance.first] = numbers.tobytes()
        return luck

    def logged_days(chance, streams, first, last):
        luck = days(chance, streams, first, last)
        for day, today in enumerate(luck, first):
            for stream, numbers in zip(streams, today, strict=True):
                log["daily", stream, day, chance.first] = numbers.tobytes()
        return luck

    monkeypatch.setattr(RandomStreams, "once", logged_once)
    monkeypatch.setattr(RandomStreams, "onces", logged_onces)
    monkeypatch.setattr(RandomStreams, "days", logged_days)
    return log


def test_no_lever_moves_a_draw_of_anyone_on_any_day(drawn):
    """Talks that go another way find the very same luck wherever both look for it."""
    case = load_scenario("two-rivers")
    before = simulate(case, runs=RUNS, days=DAYS)
    as_it_is = dict(drawn)
    for name in ("war_cost", "leaks", "guarantee_strength"):
        drawn.clear()
        moved = {name: case.levers[name].high}
        after = simulate(case, runs=RUNS, days=DAYS, levers=moved)
        both = drawn.keys() & as_it_is.keys()
        assert {place: drawn[place] for place in both} == {p: as_it_is[p] for p in both}, name
        assert len(both) > 0.75 * len(as_it_is)  # no truce, no draw of what ends it
        assert not all(
            np.array_equal(getattr(before, what), getattr(after, what))
            for what in ("refusals", "leaks", "rounds", "surplus")
        ), name


def test_luck_is_even_and_no_stream_run_or_day_tells_of_another():
    """At 20,000 runs; twelve numbers, each of which chance alone puts here once in thousands."""
    luck = RandomStreams(seed=3, first=0, runs=20_000)
    one, other = luck.daily("one"), luck.daily("other")
    today, tomorrow, later = one[1], one[2], one[3]  # the last two share a counter
    streams = {"once": luck.once("one", 2), "today": today, "tomorrow": tomorrow, "later": later}
    for name, numbers in streams.items():
        assert stats.kstest(np.ravel(numbers), "uniform").pvalue > 1e-4, name
    pairs = {
        "two streams": (today, other[1]),
        "two days": (today, tomorrow),
        "two days of one counter": (tomorrow, later),
        "two runs": (today[:-1], today[1:]),
        "two of one draw": tuple(luck.once("one", 2).T),
        "once and daily": (luck.once("one", 1)[:, 0], today),
        "two seeds": (today, RandomStreams(4, 0, 20_000).daily("one")[1]),
    }
    for name, (a, b) in pairs.items():
        assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(len(a)), name
