"""Threefry-2x64, a random number generator that remembers nothing.

It turns two words of 64 bits, the counter, into two that look random, in a way that two more
words, the key, choose. Each pair of counter and key has its numbers, which can be asked for in any
order, anywhere, by anyone.

The functions are written on unsigned integers of 64 bits, whose sums wrap around. They are the same
for an array of them and, once compiled, for one.

References
----------
Salmon, Moraes, Dror and Shaw (2011) "Parallel random numbers: as easy as 1, 2, 3". *Proceedings of
SC11*, article 16. doi:10.1145/2063384.2063405
"""

from __future__ import annotations

import numpy as np

from sim.types import Floats, Words

#: The authors found no fault from 13 rounds on; 20, their own choice, leave a margin.
ROUNDS = 20

#: How far the second word turns to the left in each of eight rounds; then they begin anew.
TURNS = (16, 42, 12, 31, 16, 32, 24, 21)
LEFT = tuple(np.uint64(turn) for turn in TURNS)
RIGHT = tuple(np.uint64(64 - turn) for turn in TURNS)

#: What keeps a key of zeros from doing nothing: the third word of a key is the other two and this.
PARITY = np.uint64(0x1BD11BDAA9FC1A22)

#: A double has 53 bits; the others of a word are let go.
UNUSED_BITS = np.uint64(11)


def threefry2x64(
    first: Words, second: Words, seed: Words, name: Words, rounds: int = ROUNDS
) -> tuple[Words, Words]:
    """Return the two random words of a counter under a key.

    Arrays are worked on in place: what was the counter is the result.

    Parameters
    ----------
    first, second : array of uint64
        The two words of the counter, of one shape.
    seed, name : array of uint64
        The two words of the key, of shapes that broadcast to that of the counter.
    rounds : int
        How often the words are mixed.

    Returns
    -------
    first, second : array of uint64
        The two random words, of the shape of the counter.

    Examples
    --------
    >>> zero = np.zeros(1, dtype=np.uint64)
    >>> first, second = threefry2x64(zero.copy(), zero.copy(), zero, zero)
    >>> f"{first[0]:x} {second[0]:x}"
    'c2b6e3a8c2c69865 6f81ed42f350084d'
    """
    keys = (seed, name, seed ^ name ^ PARITY)
    first += seed
    second += name
    for n in range(rounds):
        first += second
        around = second >> RIGHT[n % 8]
        second <<= LEFT[n % 8]
        second |= around
        second ^= first
        if n % 4 == 3:
            k = n // 4 + 1
            first += keys[k % 3]
            second += keys[(k + 1) % 3] + np.uint64(k)
    return first, second


def uniform(word: Words) -> Floats:
    """Return a number on [0, 1) from each random word: a multiple of 2**-53, any shape.

    Examples
    --------
    >>> uniform(np.array([0, 2**63, 2**64 - 1], dtype=np.uint64)).tolist()
    [0.0, 0.5, 0.9999999999999999]
    """
    return np.asarray((word >> UNUSED_BITS) * 2.0**-53)
