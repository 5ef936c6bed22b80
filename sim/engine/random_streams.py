"""Luck has a name: one stream of uniform numbers per kind of event.

A number of luck depends on the seed, the name of the stream, the number of the run, the day and its
place among those drawn that day, and on nothing else: not on how many runs are played, in which
blocks, by how many workers, for how many days, on what happens in the talks, or on which other
streams exist. Two arms of a comparison share their luck by having the same seed.

All luck is uniform on [0, 1); what needs another shape inverts its distribution. That costs one
number a draw whatever the outcome, which is what keeps the streams in step.

Each number is reckoned from where it stands, by Threefry-2x64 with 20 rounds (Salmon et al. 2011;
`sim.engine.threefry`). All words are unsigned, of 64 bits:

- key: the seed; the name of the stream in UTF-8, digested by BLAKE2b to 8 bytes, of which the
  first is the lowest;
- counter: the number of the run, from 0; 2**32 * (day // 2) + place;
- result: the first of the two random words on even days, the second on odd ones. Its highest 53
  bits, times 2**-53, are the number.

Days count from 1, and what is drawn every day has place 0. What is drawn once is drawn on day 0,
with places from 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sim.engine.threefry import threefry2x64, uniform
from sim.types import Bools, Floats, Ints, Words

#: As many blocks of random words are drawn at once as fit the processor's cache. Results do not
#: depend on it, nor on the next.
BLOCKS_AT_ONCE = 2**14

#: Few runs' luck is drawn so many days ahead at most.
DAYS_AHEAD = 128

#: Where the day begins in the second word of the counter, above the place.
DAY_BIT = np.uint64(32)


@dataclass(frozen=True, eq=False)
class RandomStreams:
    """The luck of a block of runs: those numbered `first` to `first + runs - 1`.

    Or that of any other runs, `whose` numbers are given: then many settings of the numbers can be
    tried with the same few runs' luck.
    """

    seed: int  # from 0 to 2**63 - 1
    first: int
    runs: int
    whose: Ints | None = None  # (runs,) numbers of the runs whose luck it is

    @cached_property
    def numbers(self) -> Ints:
        """The numbers of the runs whose luck it is: (runs,)."""
        if self.whose is not None:
            return np.asarray(self.whose, dtype=np.int64)
        return np.arange(self.first, self.first + self.runs, dtype=np.int64)

    def of(self, rows: Ints | Bools) -> RandomStreams:
        """Return the streams of some of the runs, by their places in the block."""
        some = self.numbers[rows]
        return replace(self, runs=len(some), whose=some)

    def once(self, stream: str, width: int = 1) -> Floats:
        """Return `width` uniform numbers per run: (runs, width)."""
        places = np.arange(width, dtype=np.uint64)
        numbers = np.empty((self.runs, width))
        for some in _pieces(self.runs, width):
            first, _ = self._words([stream], self.numbers[some, None], places)
            numbers[some] = uniform(first)
        return numbers

    def onces(self, streams: Sequence[str]) -> Floats:
        """Return one uniform number per run of several streams: (streams, runs)."""
        place = np.zeros(1, dtype=np.uint64)
        numbers = np.empty((len(streams), self.runs))
        for some in _pieces(self.runs, len(streams)):
            first, _ = self._words(streams, self.numbers[some], place)
            numbers[:, some] = uniform(first)
        return numbers

    def daily(self, stream: str) -> DailyStream:
        """Uniform numbers for each run and day: `luck[day]` is (runs,), with days from 1."""
        return DailyStream(self, [stream])

    def dailies(self, streams: Sequence[str]) -> DailyStreams:
        """Return the same for several streams side by side: `luck[day]` is (streams, runs)."""
        return DailyStreams(self, streams)

    def days(self, streams: Sequence[str], first: int, last: int) -> Floats:
        """Return the numbers of daily streams from one day to another: (days, streams, runs)."""
        pairs = np.arange(first // 2, last // 2 + 1, dtype=np.uint64) << DAY_BIT
        numbers = np.empty((len(pairs), 2, len(streams), self.runs))
        for some in _pieces(self.runs, len(pairs) * len(streams)):
            even, odd = self._words(streams, self.numbers[some], pairs[:, None, None])
            numbers[:, 0, :, some] = uniform(even)
            numbers[:, 1, :, some] = uniform(odd)
        by_day = numbers.reshape(2 * len(pairs), len(streams), self.runs)
        return by_day[first % 2 :][: last - first + 1]

    def _words(self, streams: Sequence[str], runs: Ints, days: Words) -> tuple[Words, Words]:
        """Return two random words for each run and day, or place, and stream, which broadcast."""
        seed = np.array([self.seed], dtype=np.uint64)
        names = np.array([_digest(stream) for stream in streams], dtype=np.uint64)[:, None]
        shape = np.broadcast_shapes(runs.shape, days.shape, names.shape)
        first, second = np.empty((2, *shape), dtype=np.uint64)
        first[...] = runs
        second[...] = days
        return threefry2x64(first, second, seed, names)


def _digest(stream: str) -> int:
    """Return a name as a number of 64 bits."""
    return int.from_bytes(hashlib.blake2b(stream.encode(), digest_size=8).digest(), "little")


def _pieces(runs: int, blocks: int) -> Iterator[slice]:
    """Yield pieces of the runs that are drawn at once, at so many blocks of words a run."""
    step = max(1, BLOCKS_AT_ONCE // max(1, blocks))
    for first in range(0, runs, step):
        yield slice(first, first + step)


class DailyStreams:
    """Several streams side by side, with a number for each stream, run and day.

    They are drawn some days ahead. Days are asked for in order, though any day may be asked for.
    """

    def __init__(self, chance: RandomStreams, streams: Sequence[str]) -> None:
        self._chance = chance
        self._streams = tuple(streams)
        pairs = BLOCKS_AT_ONCE // max(1, len(self._streams) * chance.runs)
        self._ahead = 2 * min(max(1, pairs), DAYS_AHEAD // 2)
        self._first = 0
        self._numbers: Floats = np.empty((0, len(self._streams), chance.runs))

    def __getitem__(self, day: int) -> Floats:
        """Return the numbers of a day: (streams, runs)."""
        if not 0 <= day - self._first < len(self._numbers):
            self._first = day - day % 2  # two days come together
            last = self._first + self._ahead - 1
            self._numbers = self._chance.days(self._streams, self._first, last)
        return np.asarray(self._numbers[day - self._first])


class DailyStream(DailyStreams):
    """One stream with a number for each run and day."""

    def __getitem__(self, day: int) -> Floats:
        """Return the numbers of a day: (runs,)."""
        return np.asarray(super().__getitem__(day)[0])


def quantile_without_success(trials: Ints, probability: Floats) -> Floats:
    """Return the luck below which there is no success in so many trials: any shape.

    By the bound n p on the chance of any success, and a little below it.
    """
    return np.asarray(1.0 - trials * probability - 1e-9)


def binomial_quantile(luck: Floats, trials: Ints, probability: Floats) -> Ints:
    """Return the number of successes at each point of luck: the inverse binomial distribution.

    All of one shape. Meant for rare events among few trials: it steps once per success, and looks
    only where the luck is beyond `quantile_without_success`.
    """
    successes = np.zeros(luck.shape, dtype=np.int64)
    some = (luck >= quantile_without_success(trials, probability)).nonzero()
    if not len(some[0]):
        return successes
    n, p, u = trials[some], probability[some], luck[some]
    odds = p / np.maximum(1.0 - p, 1e-12)
    term = (1.0 - p) ** n
    reached = term
    count = 0
    going = (u >= reached) & (count < n)
    while going.any():
        count += 1
        successes[some] += going
        term = term * odds * (n - count + 1) / count
        reached = reached + term
        going &= (u >= reached) & (count < n)
    return successes


def poisson_quantile(luck: Floats, mean: Floats) -> Ints:
    """Return the count at each point of luck: the inverse Poisson distribution, for small means."""
    events = np.zeros(luck.shape, dtype=np.int64)
    term = np.exp(-mean)
    reached = term
    count = 0
    going = luck >= reached
    while going.any() and count < 1000:
        count += 1
        events += going
        term = term * mean / count
        going &= (luck >= reached + term) & (reached + term > reached)  # all there is in doubles
        reached = reached + term
    return events
