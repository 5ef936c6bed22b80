"""Shapley's value: what each of several causes adds, averaged over the orders they may come in."""

import itertools
import math

import numpy as np

from sim.types import Floats


def shapley(values: Floats) -> Floats:
    """Return each player's share of the value of all together over that of none.

    Parameters
    ----------
    values : array, (2**players, ...)
        What each coalition is worth; bit k of its number says whether player k belongs to it.

    Returns
    -------
    array, (players, ...)
        The shares add up to the whole; who adds nothing to any coalition has exactly 0.

    Raises
    ------
    ValueError
        Where the number of coalitions is not a power of two.

    References
    ----------
    Shapley, L. S. (1953), A value for n-person games, Annals of Mathematics Studies 28, 307-317.

    Examples
    --------
    >>> from sim.theory.shapley import shapley
    >>> import numpy as np
    >>> shapley(np.array([0.0, 1.0, 2.0, 5.0])).tolist()
    [2.0, 3.0]
    """
    players = len(values).bit_length() - 1
    if len(values) != 2**players:
        raise ValueError(f"there are {len(values)} coalitions; expected a power of two")
    shares = np.zeros((players, *values.shape[1:]))
    for k in range(players):
        for coalition in range(len(values)):
            if not coalition >> k & 1:
                size = coalition.bit_count()
                weight = 1.0 / (players * math.comb(players - 1, size))
                shares[k] += weight * (values[coalition | 1 << k] - values[coalition])
    return shares


def coalitions(players: tuple[str, ...]) -> list[frozenset[str]]:
    """Return every coalition, in the order in which `shapley` wants their values.

    Parameters
    ----------
    players : tuple of str
        Their names.

    Returns
    -------
    list of frozenset of str
        2**players of them, the empty one first.

    Examples
    --------
    >>> from sim.theory.shapley import coalitions
    >>> [sorted(coalition) for coalition in coalitions(("a", "b"))]
    [[], ['a'], ['b'], ['a', 'b']]
    """
    return [
        frozenset(itertools.compress(players, (number >> k & 1 for k in range(len(players)))))
        for number in range(2 ** len(players))
    ]
