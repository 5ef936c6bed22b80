"""Luck has a name: one stream of uniform numbers per kind of event.

Run number `i` owns the `i`-th row of every stream. Its luck therefore depends on the seed, the name of the stream and its own number, and on
nothing else: not on how many runs are played, in which blocks, by how many workers, on what
happens in the talks, or on which other streams exist. Two arms of a comparison share their luck
by having the same seed.

All luck is uniform on [0, 1); what needs another shape inverts its distribution. That costs one
number a draw whatever the outcome, which is what keeps the streams in step.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]

#: Daily luck is drawn in stretches of this many days, so that a longer horizon leaves the first
#: days as they were.
STRETCH_DAYS = 256


@dataclass(frozen=True)
class Chance:
    """The luck of a block of runs: those numbered `first` to `first + runs - 1`."""

    seed: int
    first: int
    runs: int

    def once(self, stream: str, width: int = 1) -> Floats:
        """`width` uniform numbers per run: (runs, width)."""
        bits = self._bits(stream, 0, width)
        bits.advance(self.first * width)
        return np.random.Generator(bits).random((self.runs, width))

    def daily(self, stream: str, days: int) -> Singles:
        """One uniform number per run and day: (runs, days), in single precision.

        Half the bits are plenty for a chance per day and take half the time and memory.
        """
        luck = np.empty((self.runs, days), dtype=np.float32)
        for stretch, day in enumerate(range(0, days, STRETCH_DAYS)):
            bits = self._bits(stream, stretch, STRETCH_DAYS)
            bits.advance(self.first * STRETCH_DAYS // 2)  # two single numbers to a step
            numbers = np.random.Generator(bits).random((self.runs, STRETCH_DAYS), dtype=np.float32)
            luck[:, day : day + STRETCH_DAYS] = numbers[:, : days - day]
        return luck

    def _bits(self, stream: str, stretch: int, width: int) -> np.random.PCG64:
        return np.random.PCG64([self.seed, zlib.crc32(stream.encode()), stretch, width])


def binomial(luck: Floats | Singles, trials: Ints, probability: Floats) -> Ints:
    """The number of successes at each point of luck: the inverse binomial distribution.

    Shapes broadcast. Meant for rare events among few trials: it steps once per success.
    """
    failing = 1.0 - probability
    term = failing**trials
    reached = term.copy()
    successes = np.zeros(np.broadcast(luck, trials).shape, dtype=np.int64)
    odds = probability / np.maximum(failing, 1e-12)
    going = (luck >= reached) & (successes < trials)
    while going.any():
        successes = successes + going
        term = term * odds * (trials - successes + 1) / np.maximum(successes, 1)
        reached = np.where(going, reached + term, reached)
        going = going & (luck >= reached) & (successes < trials)
    return successes


def poisson(luck: Floats | Singles, mean: Floats) -> Ints:
    """The count at each point of luck: the inverse Poisson distribution, for small means."""
    term = np.exp(-mean)
    reached = term.copy()
    count = np.zeros(luck.shape, dtype=np.int64)
    going = luck >= reached
    while going.any() and count.max() < 1000:
        count = count + going
        term = term * mean / np.maximum(count, 1)
        reached = np.where(going, reached + term, reached)
        going = going & (luck >= reached)
    return count
