"""Luck depends on the seed, the stream, the run, the day and the place, and on nothing else."""

import hashlib

import numpy as np
import pytest
from scipy import stats

from sim.engine import random_streams
from sim.engine.random_streams import RandomStreams, binomial_quantile, poisson_quantile

NAMES = ("battles", "leaks", "direct")
FAR = 2**40  # a run


def by_hand(seed: int, stream: str, run: int, day: int, place: int = 0) -> float:
    """The number that the module's docstring tells of, in Python's whole numbers."""
    digest = hashlib.blake2b(stream.encode(), digest_size=8).digest()
    key = [seed, int.from_bytes(digest, "little")]
    key.append(key[0] ^ key[1] ^ 0x1BD11BDAA9FC1A22)
    first, second = run + key[0], (day // 2 * 2**32 + place) + key[1]
    for n in range(20):
        turn = (16, 42, 12, 31, 16, 32, 24, 21)[n % 8]
        first, second = (first + second) % 2**64, second % 2**64
        second = (second << turn | second >> (64 - turn)) % 2**64 ^ first
        if n % 4 == 3:
            k = n // 4 + 1
            first, second = first + key[k % 3], second + key[(k + 1) % 3] + k
    return ((second if day % 2 else first) % 2**64 >> 11) * 2.0**-53


@pytest.mark.parametrize("seed", [0, 5, 2**63 - 1])
@pytest.mark.parametrize("run", [0, 2**32 + 1, FAR])
def test_the_docstring_says_enough_to_rebuild_every_number(seed, run):
    streams = RandomStreams(seed, run, 2)
    once, daily = streams.once("draw a", 300), streams.daily("battles")
    for i in (0, 1):
        for place in (0, 1, 299):
            assert once[i, place] == by_hand(seed, "draw a", run + i, 0, place)
        for day in (1, 2, 3, 129, 3650, 100_000):
            assert daily[day][i] == by_hand(seed, "battles", run + i, day)


def test_streams_side_by_side_are_the_streams_one_by_one():
    streams = RandomStreams(3, 10, 20)
    beside = streams.dailies(NAMES)
    for day in (1, 2, 7, 300):
        assert np.array_equal(beside[day], [streams.daily(name)[day] for name in NAMES])
    assert np.array_equal(streams.onces(NAMES), [streams.once(name)[:, 0] for name in NAMES])


def test_no_streams_have_no_numbers():
    streams = RandomStreams(1, 0, 4)
    assert streams.dailies([])[5].shape == streams.onces([]).shape == (0, 4)


def test_more_runs_leave_the_first_ones_untouched():
    few, many = RandomStreams(1, 0, 3), RandomStreams(1, 0, 20_000)
    assert np.array_equal(few.once("a", 3), many.once("a", 3)[:3])
    assert np.array_equal(few.dailies(NAMES)[9], many.dailies(NAMES)[9][:, :3])


def test_a_wider_draw_begins_with_the_narrower():
    streams = RandomStreams(1, 0, 9)
    assert np.array_equal(streams.once("a", 7)[:, :2], streams.once("a", 2))


@pytest.mark.parametrize("at_once", [1, 7, 64])
def test_pieces_of_any_size_and_days_in_any_order_give_the_same_bits(monkeypatch, at_once):
    streams = RandomStreams(1, 5, 40)
    once, luck = streams.once("a", 3), streams.dailies(NAMES)
    days = {day: luck[day] for day in range(1, 60)}
    monkeypatch.setattr(random_streams, "BLOCKS_AT_ONCE", at_once)
    monkeypatch.setattr(random_streams, "DAYS_AHEAD", 4)
    assert np.array_equal(streams.once("a", 3), once)
    again = streams.dailies(NAMES)
    for day in (1, 58, 2, 59, 31, 30, 3):
        assert np.array_equal(again[day], days[day])
    for first, last in ((1, 1), (1, 4), (2, 2), (2, 5), (3, 58)):
        some = streams.days(NAMES, first, last)
        assert np.array_equal(some, [days[day] for day in range(first, last + 1)])


@pytest.mark.parametrize("rows", [np.array([4, 0, 4]), np.arange(6) % 3 == 0, np.arange(0)])
def test_the_streams_of_some_rows_are_rows_of_the_streams(rows):
    whose = np.array([FAR, 3, 3, 0, 7, 1])
    for streams in (RandomStreams(1, 8, 6), RandomStreams(1, 0, 6, whose)):
        some = streams.of(rows).of(slice(None))
        assert some.runs == len(np.arange(6)[rows])
        assert np.array_equal(some.once("a", 2), streams.once("a", 2)[rows])
        for day in (1, 9, 10, 200):
            expected = streams.dailies(NAMES)[day][:, rows]
            assert np.array_equal(some.dailies(NAMES)[day], expected)


def test_what_was_asked_for_stays_when_later_days_are_asked_for():
    luck = RandomStreams(1, 0, 5).daily("leaks")
    first = luck[1]
    kept = first.copy()
    for day in range(2, 400):
        luck[day]
    assert np.array_equal(first, kept)


def evenness(numbers: np.ndarray) -> float:
    """The p-value of a chi-square over 256 equal parts of [0, 1)."""
    return float(stats.chisquare(np.bincount((numbers * 256).astype(int), minlength=256)).pvalue)


def test_numbers_are_even_over_runs_days_places_streams_and_seeds():
    """Five tests of some 50,000 numbers, each of which chance alone fails once in ten thousand."""
    n = 50_000
    drawn = {
        "runs": RandomStreams(1, 0, n).daily("a")[1],
        "days": RandomStreams(1, 0, 1).days(["a"], 1, n).ravel(),
        "places": RandomStreams(1, 0, 1).once("a", n)[0],
        "streams": RandomStreams(1, 0, 1).onces([f"stream {k}" for k in range(n)])[:, 0],
        "seeds": np.array(
            [RandomStreams(k, 0, 1).once("a", 20)[0] for k in range(n // 20)]
        ).ravel(),
    }
    assert {along: p for along, numbers in drawn.items() if (p := evenness(numbers)) < 1e-4} == {}


def test_neighbours_tell_nothing_of_each_other():
    """The pairs of a number with the next run, day, stream and seed fill a square evenly."""
    here = RandomStreams(1, 0, 50_000).days(["a", "b"], 2, 4)
    neighbours = {
        "run": (here[0, 0, :-1], here[0, 0, 1:]),
        "day of the same counter": (here[0, 0], here[1, 0]),
        "day of the next counter": (here[1, 0], here[2, 0]),
        "stream": (here[0, 0], here[0, 1]),
        "seed": (here[0, 0], RandomStreams(2, 0, 50_000).days(["a"], 2, 2)[0, 0]),
    }
    for name, (a, b) in neighbours.items():
        cells = (a * 16).astype(int) * 16 + (b * 16).astype(int)
        assert stats.chisquare(np.bincount(cells, minlength=256)).pvalue > 1e-4, name


def test_the_highest_luck_counts_as_many_as_a_double_can_tell():
    highest = np.full(3, 1.0 - 2.0**-53)
    events = poisson_quantile(highest, np.array([0.1, 1.0, 9.0]))
    assert (events > 0).all()
    assert (events < 100).all()
    assert binomial_quantile(highest, np.full(3, 4), np.full(3, 0.3)).tolist() == [4, 4, 4]
