"""Who must say yes at home: votes by seats, and voting power.

Source: Putnam, International Organization 42 (1988) 427-460, for the idea of two tables.
"""

from collections.abc import Sequence

import numpy as np

from sim.types import Bools, Floats


def banzhaf(seats: Sequence[int], quota: int) -> Floats:
    """Return each member's share of all the swings: how often its vote decides.

    Counted exactly, over every coalition that could form without the member.

    Parameters
    ----------
    seats : sequence of int
        Seats of each member, not negative.
    quota : int
        Seats that pass, from 1 to all of them.

    Returns
    -------
    array, (members,)
        The shares add up to 1.

    Raises
    ------
    ValueError
        For seats or a quota that there cannot be.

    References
    ----------
    Banzhaf, J. F. (1965), Weighted voting doesn't work, Rutgers Law Review 19, 317-343.

    Examples
    --------
    >>> from sim.theory.ratification import banzhaf
    >>> banzhaf([3, 2, 1], 4).round(2).tolist()
    [0.6, 0.2, 0.2]
    """
    votes = _whole(seats)
    if not 1 <= quota <= sum(votes):
        raise ValueError(f"quota is {quota}; expected between 1 and all {sum(votes)} seats")
    ways = _coalitions(votes)
    swings = [sum(_without(ways, vote)[max(0, quota - vote) : quota]) for vote in votes]
    return np.array([swing / sum(swings) for swing in swings])


def passes(approvals: Bools, seats: Sequence[int], quota: int) -> Bools:
    """Tell whether the members who approve hold enough seats together.

    Parameters
    ----------
    approvals : array of bool, (..., members)
        Who approves.
    seats : sequence of int
        Seats of each member.
    quota : int
        Seats that pass.

    Returns
    -------
    array of bool, (...)
        Whether they do.

    Raises
    ------
    ValueError
        Where members and seats do not agree.

    Examples
    --------
    >>> from sim.theory.ratification import passes
    >>> import numpy as np
    >>> passes(np.array([[True, False, True]]), [3, 2, 1], 4).tolist()
    [True]
    """
    votes = _whole(seats)
    if approvals.shape[-1:] != (len(votes),):
        raise ValueError(f"approvals has shape {approvals.shape}; expected (..., {len(votes)})")
    in_favour = np.asarray(approvals, dtype=np.int64) @ np.array(votes, dtype=np.int64)
    return np.asarray(in_favour >= quota)


def _whole(seats: Sequence[int]) -> list[int]:
    """Return the seats as Python's integers, which never overflow, checked."""
    votes = [int(seat) for seat in seats]
    if not votes or any(vote != seat or vote < 0 for vote, seat in zip(votes, seats, strict=True)):
        raise ValueError(f"seats is {seats}; expected whole numbers, 0 or more, for each member")
    return votes


def _coalitions(votes: list[int]) -> list[int]:
    """Return how many coalitions hold each number of seats, from none to all."""
    ways = [1] + [0] * sum(votes)
    for vote in votes:
        joined = [0] * vote + ways[: len(ways) - vote]
        ways = [old + new for old, new in zip(ways, joined, strict=True)]
    return ways


def _without(ways: list[int], vote: int) -> list[int]:
    """Return the same count with one member of `vote` seats left out, undoing its step."""
    others = ways.copy()
    for held in range(vote, len(ways)):
        others[held] -= others[held - vote]
    return others
