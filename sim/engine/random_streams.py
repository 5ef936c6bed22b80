"""Luck has a name: one stream of uniform numbers per kind of event.

Run number `i` owns the `i`-th row of every stream. Its luck therefore depends on the seed, the
name of the stream and its own number, and on nothing else: not on how many runs are played, in
which blocks, by how many workers, on what happens in the talks, or on which other streams exist.
Two arms of a comparison share their luck by having the same seed.

All luck is uniform on [0, 1); what needs another shape inverts its distribution. That costs one
number a draw whatever the outcome, which is what keeps the streams in step.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.types import Floats, Ints, Singles

#: Daily luck is drawn in stretches of this many days, so that a longer horizon leaves the first
#: days as they were.
STRETCH_DAYS = 32

#: Runs whose stretch of luck fits the processor's nearest cache.
RUNS_AT_ONCE = 256

#: Where luck is borrowed, runs fewer than this between two lenders are drawn and thrown away,
#: which takes less time than to begin anew.
WORTH_A_GAP = 64


@dataclass(frozen=True)
class RandomStreams:
    """The luck of a block of runs: those numbered `first` to `first + runs - 1`."""

    seed: int
    first: int
    runs: int

    def once(self, stream: str, width: int = 1) -> Floats:
        """`width` uniform numbers per run: (runs, width)."""
        bits = self._bits(stream, 0, width)
        bits.advance(self.first * width)
        return np.random.Generator(bits).random((self.runs, width))

    def daily(self, stream: str) -> DailyStream:
        """Uniform numbers for each run and day: `luck[day]` is (runs,), with days from 1."""
        return DailyStream(self, stream)

    def dailies(self, streams: Sequence[str]) -> DailyStreams:
        """Return the same for several streams side by side: `luck[day]` is (streams, runs)."""
        return DailyStreams(self, streams)

    def stretch(self, stream: str, number: int) -> Singles:
        """Return a stretch of days of a daily stream: (runs, STRETCH_DAYS)."""
        bits = self._bits(stream, number, STRETCH_DAYS)
        bits.advance(self.first * STRETCH_DAYS // 2)  # two single numbers to a step
        return np.random.Generator(bits).random((self.runs, STRETCH_DAYS), dtype=np.float32)

    def _bits(self, stream: str, stretch: int, width: int) -> np.random.PCG64:
        return np.random.PCG64([self.seed, zlib.crc32(stream.encode()), stretch, width])


@dataclass(frozen=True, eq=False)
class SharedStreams(RandomStreams):
    """The luck of a block of runs each of which has the luck of another run, named by number.

    So that many settings of the numbers can be tried with the same few runs' luck.
    """

    whose: Ints  # (runs,) numbers of the runs whose luck it is

    def once(self, stream: str, width: int = 1) -> Floats:
        """`width` uniform numbers per run: (runs, width)."""
        lent = [lenders.once(stream, width) for lenders in self._lenders]
        return np.concatenate(lent)[self._places]

    def stretch(self, stream: str, number: int) -> Singles:
        """Return a stretch of days of a daily stream: (runs, STRETCH_DAYS)."""
        lent = [lenders.stretch(stream, number) for lenders in self._lenders]
        return np.concatenate(lent)[self._places]

    @cached_property
    def _lenders(self) -> tuple[RandomStreams, ...]:
        """The runs whose luck is borrowed, in blocks that leave out whoever is far from them."""
        named = np.unique(self.whose)
        blocks = np.split(named, np.flatnonzero(np.diff(named) > WORTH_A_GAP) + 1)
        return tuple(
            RandomStreams(self.seed, int(block[0]), int(block[-1] - block[0]) + 1)
            for block in blocks
        )

    @cached_property
    def _places(self) -> Ints:
        """Where in the lenders' luck each run's is: (runs,)."""
        ends = np.cumsum([lenders.runs for lenders in self._lenders])
        firsts = np.array([lenders.first for lenders in self._lenders])
        block = np.searchsorted(firsts, self.whose, side="right") - 1
        before = ends[block] - np.array([lenders.runs for lenders in self._lenders])[block]
        return np.asarray(before + self.whose - firsts[block])


class DailyStream:
    """A stream with a number for each run and day, drawn a stretch of days at a time.

    Numbers are in single precision: half the bits are plenty for a chance per day, and take half
    the time and memory. Days are asked for in order, though any day may be asked for.
    """

    def __init__(self, chance: RandomStreams, stream: str) -> None:
        self._chance = chance
        self._stream = stream
        self._stretch = -1
        self._numbers: Singles = np.empty((0, 0), dtype=np.float32)

    def __getitem__(self, day: int) -> Singles:
        """Return the numbers of a day: (runs,)."""
        stretch, place = divmod(day - 1, STRETCH_DAYS)
        if stretch != self._stretch:
            self._numbers = self._drawn(stretch)
            self._stretch = stretch
        return np.asarray(self._numbers[place])

    def _drawn(self, stretch: int) -> Singles:
        """Return a stretch of days; each run owns a row of the stream, whoever else is drawn."""
        numbers = np.empty((STRETCH_DAYS, self._chance.runs), dtype=np.float32)
        _turn_around(self._chance.stretch(self._stream, stretch), numbers)
        return numbers


class DailyStreams(DailyStream):
    """Several streams side by side, so that what is asked of each on a day is asked once."""

    def __init__(self, chance: RandomStreams, streams: Sequence[str]) -> None:
        super().__init__(chance, ", ".join(streams))
        self._streams = tuple(streams)

    def _drawn(self, stretch: int) -> Singles:
        runs = self._chance.runs
        numbers = np.empty((STRETCH_DAYS, len(self._streams), runs), dtype=np.float32)
        for k, stream in enumerate(self._streams):
            _turn_around(self._chance.stretch(stream, stretch), numbers[:, k])
        return numbers


def _turn_around(by_run: Singles, by_day: Singles) -> None:
    """Put numbers (runs, days) down with the days first.

    A few hundred runs at a time, which stay in the cache meanwhile.
    """
    for first in range(0, len(by_run), RUNS_AT_ONCE):
        some = slice(first, first + RUNS_AT_ONCE)
        by_day[:, some] = by_run[some].T


def quantile_without_success(trials: Ints, probability: Floats) -> Floats:
    """Return the luck below which there is no success in so many trials: any shape.

    By the bound n p on the chance of any success, and a little below it.
    """
    return np.asarray(1.0 - trials * probability - 1e-9)


def binomial_quantile(luck: Floats | Singles, trials: Ints, probability: Floats) -> Ints:
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


def poisson_quantile(luck: Floats | Singles, mean: Floats) -> Ints:
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
        reached = reached + term
        going &= luck >= reached
    return events
