"""What talks could settle on: the ZOPA, the Pareto frontier and four classic solutions.

Throughout, `worth` is what each package is worth to each party, (runs, parties, packages), and
`reservation` what each party has without a deal, (runs, parties); both in utils. A wrong shape
raises ValueError. A solution is the index of a package in the ZOPA, (runs,); it is `NO_PACKAGE`
where the ZOPA is empty, and where packages tie it is the one with the lowest index.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.types import Bools, Floats

Packages = NDArray[np.intp]

NO_PACKAGE = -1
COMPARISONS_AT_ONCE = 2**22  # bounds the memory of the pairwise comparison: 4 MB a mask


def zopa(worth: Floats, reservation: Floats) -> Bools:
    """Tell which packages leave every party at least as well off as no deal.

    Parameters
    ----------
    worth : array, (runs, parties, packages)
        What each package is worth to each party, in utils.
    reservation : array, (runs, parties)
        What each party has without a deal, in utils.

    Returns
    -------
    array of bool, (runs, packages)
        The zone of agreement; a package worth exactly the reservation value is inside.

    Raises
    ------
    ValueError
        For a wrong shape.

    See Also
    --------
    sim.engine.assessment.Assessor.zone_of_agreement : The zone of a day of the talks, for the
        parties with a veto, side payments included.

    References
    ----------
    Raiffa, H. (1982), The Art and Science of Negotiation, Harvard University Press.

    Examples
    --------
    >>> from sim.theory.bargaining import zopa
    >>> import numpy as np
    >>> worth = np.array([[[0.2, 0.6, 0.9], [0.8, 0.7, 0.1]]])
    >>> reservation = np.array([[0.3, 0.3]])
    >>> zopa(worth, reservation)
    array([[False,  True, False]])
    """
    return _inside(_gains(worth, reservation))


def pareto(worth: Floats, reservation: Floats | None = None) -> Bools:
    """Tell which packages cannot be bettered for one party without hurting another.

    What dominates a package in the zone of agreement is in it too, so that its frontier is the
    whole frontier cut down to it. For two parties the cost is N log N in the number of packages,
    for more N squared.

    Parameters
    ----------
    worth : array, (runs, parties, packages)
        What each package is worth to each party, in utils.
    reservation : array, (runs, parties), optional
        With it, the frontier of the zone of agreement.

    Returns
    -------
    array of bool, (runs, packages)
        The Pareto frontier. Equal packages do not dominate each other.

    Raises
    ------
    ValueError
        For a wrong shape.

    Examples
    --------
    >>> from sim.theory.bargaining import pareto
    >>> import numpy as np
    >>> worth = np.array([[[0.2, 0.6, 0.9], [0.8, 0.7, 0.1]]])
    >>> pareto(worth)
    array([[ True,  True,  True]])
    """
    if worth.ndim != 3 or worth.shape[2] == 0:
        raise ValueError(
            f"worth has shape {worth.shape}; expected (runs, parties, packages), "
            "with at least one package"
        )
    frontier = _frontier_of_two(worth) if worth.shape[1] == 2 else _frontier_of_many(worth)
    return frontier if reservation is None else frontier & zopa(worth, reservation)


def nash(worth: Floats, reservation: Floats) -> Packages:
    """Return the package with the largest product of gains.

    If one party gains nothing from any package all products are zero, and tie.

    Parameters
    ----------
    worth : array, (runs, parties, packages)
        What each package is worth to each party, in utils.
    reservation : array, (runs, parties)
        What each party has without a deal, in utils.

    Returns
    -------
    array of int, (runs,)
        The index of the package; -1 where the zone of agreement is empty, and the lowest index
        where packages tie.

    Raises
    ------
    ValueError
        For a wrong shape.

    References
    ----------
    Nash, J. F. (1950), The bargaining problem, Econometrica 18, 155-162.

    Examples
    --------
    >>> from sim.theory.bargaining import nash
    >>> import numpy as np
    >>> worth = np.array([[[0.2, 0.6, 0.9], [0.8, 0.7, 0.1]]])
    >>> reservation = np.array([[0.3, 0.3]])
    >>> nash(worth, reservation)
    array([1])
    """
    gains = _gains(worth, reservation)
    return _best(gains.prod(axis=1), _inside(gains))


def egalitarian(worth: Floats, reservation: Floats) -> Packages:
    """Return the package with the largest gain for the party that gains least.

    Parameters
    ----------
    worth : array, (runs, parties, packages)
        What each package is worth to each party, in utils.
    reservation : array, (runs, parties)
        What each party has without a deal, in utils.

    Returns
    -------
    array of int, (runs,)
        The index of the package; -1 where the zone of agreement is empty, and the lowest index
        where packages tie.

    Raises
    ------
    ValueError
        For a wrong shape.

    References
    ----------
    Kalai, E. (1977), Proportional solutions to bargaining situations, Econometrica 45, 1623-1630.

    Examples
    --------
    >>> from sim.theory.bargaining import egalitarian
    >>> import numpy as np
    >>> worth = np.array([[[0.2, 0.6, 0.9], [0.8, 0.7, 0.1]]])
    >>> reservation = np.array([[0.3, 0.3]])
    >>> egalitarian(worth, reservation)
    array([1])
    """
    gains = _gains(worth, reservation)
    return _best(gains.min(axis=1), _inside(gains))


def kalai_smorodinsky(worth: Floats, reservation: Floats) -> Packages:
    """Return the package that gives the worst-served party the largest part of its ideal gain.

    The ideal gain is the largest of a party within the zone of agreement; a party that can gain
    nothing there is left out of the comparison.

    Parameters
    ----------
    worth : array, (runs, parties, packages)
        What each package is worth to each party, in utils.
    reservation : array, (runs, parties)
        What each party has without a deal, in utils.

    Returns
    -------
    array of int, (runs,)
        The index of the package; -1 where the zone of agreement is empty, and the lowest index
        where packages tie.

    Raises
    ------
    ValueError
        For a wrong shape.

    References
    ----------
    Kalai, E. and Smorodinsky, M. (1975), Other solutions to Nash's bargaining problem,
    Econometrica 43,
    513-518.

    Examples
    --------
    >>> from sim.theory.bargaining import kalai_smorodinsky
    >>> import numpy as np
    >>> worth = np.array([[[0.2, 0.6, 0.9], [0.8, 0.7, 0.1]]])
    >>> reservation = np.array([[0.3, 0.3]])
    >>> kalai_smorodinsky(worth, reservation)
    array([1])
    """
    gains = _gains(worth, reservation)
    inside = _inside(gains)
    ideal = np.where(inside[:, None, :], gains, 0.0).max(axis=2, keepdims=True)
    part = np.full_like(gains, np.inf)
    np.divide(gains, ideal, out=part, where=inside[:, None, :] & (ideal > 0))
    return _best(part.min(axis=1), inside)


def utilitarian(worth: Floats, reservation: Floats) -> Packages:
    """Return the package with the largest sum of gains.

    It compares utils between parties, so that unlike Nash's it changes with their scales.

    Parameters
    ----------
    worth : array, (runs, parties, packages)
        What each package is worth to each party, in utils.
    reservation : array, (runs, parties)
        What each party has without a deal, in utils.

    Returns
    -------
    array of int, (runs,)
        The index of the package; -1 where the zone of agreement is empty, and the lowest index
        where packages tie.

    Raises
    ------
    ValueError
        For a wrong shape.

    References
    ----------
    Harsanyi, J. C. (1955), Cardinal welfare, individualistic ethics, and interpersonal comparisons
    of utility, Journal of Political Economy 63, 309-321.

    Examples
    --------
    >>> from sim.theory.bargaining import utilitarian
    >>> import numpy as np
    >>> worth = np.array([[[0.2, 0.6, 0.9], [0.8, 0.7, 0.1]]])
    >>> reservation = np.array([[0.3, 0.3]])
    >>> utilitarian(worth, reservation)
    array([1])
    """
    gains = _gains(worth, reservation)
    return _best(gains.sum(axis=1), _inside(gains))


def maxmin_surplus(worth: Floats, reservation: Floats) -> Floats:
    """Return how much the worst-off party gains from the package that is best for it.

    Parameters
    ----------
    worth : array, (runs, parties, packages)
        What each package is worth to each party, in utils.
    reservation : array, (runs, parties)
        What each party has without a deal, in utils.

    Returns
    -------
    array, (runs,)
        In utils: the size of the zone of agreement where positive, the gap to be closed where
        negative.

    Raises
    ------
    ValueError
        For a wrong shape.

    Examples
    --------
    >>> from sim.theory.bargaining import maxmin_surplus
    >>> import numpy as np
    >>> worth = np.array([[[0.2, 0.6, 0.9], [0.8, 0.7, 0.1]]])
    >>> reservation = np.array([[0.3, 0.3]])
    >>> maxmin_surplus(worth, reservation).round(2)
    array([0.3])
    """
    return np.asarray(_gains(worth, reservation).min(axis=1).max(axis=1))


SOLUTIONS: dict[str, Callable[[Floats, Floats], Packages]] = {
    "nash": nash,
    "egalitarian": egalitarian,
    "kalai-smorodinsky": kalai_smorodinsky,
    "utilitarian": utilitarian,
}


# --- Formulations: what a scenario may name as the way a mediator words a text ---


class Formulation(Protocol):
    """How a mediator words a single text: how well it knows the parties, and what it aims at.

    `numbers` maps names to (runs,) arrays.
    """

    #: The numbers a mediator of this kind has, and what each of them is.
    numbers: ClassVar[Mapping[str, str]]
    #: The least and the greatest value of each number that has one.
    bounds: ClassVar[Mapping[str, tuple[float, float]]]

    def misjudgement(self, numbers: Mapping[str, Floats], rounds: Floats) -> Floats:
        """Return how far a mediator misjudges what parties care about.

        Parameters
        ----------
        numbers : mapping of str to array, (runs,)
            The formulation's numbers.
        rounds : array, (runs,)
            Rounds it has sat with them.

        Returns
        -------
        array, (runs,)
            The standard deviation of the logarithm of each weight as it guesses it.
        """
        ...

    def __call__(
        self,
        numbers: Mapping[str, Floats],
        worth: Floats,
        reservation: Floats,
        aspiration: Floats,
    ) -> Packages:
        """Return the text it puts on the table, as the index of a package: (runs,).

        It guesses `worth` (runs, parties, packages), and what the parties would settle for and
        hold out for, `reservation` and `aspiration` (runs, parties).
        """
        ...


@dataclass(frozen=True)
class SingleText:
    """Word a text that aims at one of the classic solutions, and learn as talks go on.

    The first guess of how much the parties care about settlement, exchange and the rest is off by
    `weight_error`, which falls by a factor e in `learning_rounds`.

    Parameters
    ----------
    solution : callable
        From `worth` and `reservation` to the index of a package, such as `nash`.
    """

    numbers: ClassVar[Mapping[str, str]] = {
        "weight_error": (
            "error in its first guess of what parties care for, standard deviation of log"
        ),
        "learning_rounds": "rounds in which that error falls by a factor e",
    }
    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {
        "weight_error": (0.0, np.inf),
        "learning_rounds": (0.0, np.inf),
    }
    solution: Callable[[Floats, Floats], Packages]

    def misjudgement(self, numbers: Mapping[str, Floats], rounds: Floats) -> Floats:
        """Return the first error, less the more rounds it has sat with the parties."""
        learning_rounds = np.maximum(numbers["learning_rounds"], 1e-6)
        return np.asarray(numbers["weight_error"] * np.exp(-rounds / learning_rounds))

    def __call__(
        self,
        numbers: Mapping[str, Floats],
        worth: Floats,
        reservation: Floats,
        aspiration: Floats,
    ) -> Packages:
        """Return the solution among texts that meet what the parties hold out for.

        Where there is none, among those that meet what they would settle for; and where there is
        none of these either, what leaves the worst-off party best.
        """
        text = self.solution(worth, np.maximum(reservation, aspiration))
        short = np.flatnonzero(text == NO_PACKAGE)
        if len(short):
            text[short] = self._below_aspiration(_of_runs(worth, short), reservation[short])
        return text

    def _below_aspiration(self, worth: Floats, reservation: Floats) -> Packages:
        """Return the solution by reservation values, else what leaves the worst-off party best."""
        text = self.solution(worth, reservation)
        stuck = np.flatnonzero(text == NO_PACKAGE)
        if len(stuck):
            text[stuck] = _gains(worth[stuck], reservation[stuck]).min(axis=1).argmax(axis=1)
        return text


#: The formulations a scenario may name. A mediator with numbers of its own is entered by a class
#: of its own: `FORMULATIONS["cautious"] = CautiousText()`.
FORMULATIONS: dict[str, Formulation] = {
    name: SingleText(solution) for name, solution in SOLUTIONS.items()
}


def _of_runs(worth: Floats, rows: Packages) -> Floats:
    """Return the worth in some runs, run last in memory, which indexing would not leave it."""
    return np.moveaxis(np.moveaxis(worth, 0, -1).take(rows, axis=-1), -1, 0)


def _gains(worth: Floats, reservation: Floats) -> Floats:
    """Return what each party gains from each package over having no deal, (runs, parties,
    packages).
    """
    if worth.ndim != 3 or worth.shape[2] == 0 or reservation.shape != worth.shape[:2]:
        raise ValueError(
            f"worth has shape {worth.shape} and reservation {reservation.shape}; expected "
            "(runs, parties, packages) with at least one package, and (runs, parties)"
        )
    return np.asarray(worth - reservation[:, :, None])


def _inside(gains: Floats) -> Bools:
    """Return which packages cost nobody anything, (runs, packages)."""
    return np.asarray((gains >= 0).all(axis=1))


def _best(score: Floats, inside: Bools) -> Packages:
    """Return the first package inside with the highest score, or `NO_PACKAGE`, (runs,)."""
    choice = mask_outside(score, inside).argmax(axis=1)
    return np.where(inside.any(axis=1), choice, np.intp(NO_PACKAGE))


def mask_outside(values: Floats, inside: Bools) -> Floats:
    """Return values where they are inside, and a number below all others elsewhere.

    Parameters
    ----------
    values : array, any shape
        Numbers within half of the largest of their kind.
    inside : array of bool, the same shape
        Where values stay.

    Returns
    -------
    array, the same shape
        As `np.where(inside, values, -big)`, and branch-free, which avoids branch misprediction.

    Examples
    --------
    >>> from sim.theory.bargaining import mask_outside
    >>> import numpy as np
    >>> int(mask_outside(np.array([1.0, 5.0, 3.0]), np.array([True, False, True])).argmax())
    2
    """
    barrier = inside.astype(values.dtype)
    barrier -= 0.5
    barrier *= np.finfo(values.dtype).max
    return np.asarray(np.minimum(values, barrier, out=barrier))


def _frontier_of_two(worth: Floats) -> Bools:
    """Return the frontier of two parties, walking from the first party's best package to its worst.

    A package stands if it beats, for the second party, all that are better for the first, and
    nothing as good for the first beats it. Packages alike to the first party are walked together.
    """
    order = np.argsort(-worth[:, 0], axis=1)
    first = np.take_along_axis(worth[:, 0], order, axis=1)
    second = np.take_along_axis(worth[:, 1], order, axis=1)
    record = np.maximum.accumulate(second, axis=1)
    place = np.arange(order.shape[1])
    opens = np.ones(order.shape, dtype=np.bool_)  # the first of those alike to the first party
    opens[:, 1:] = first[:, 1:] < first[:, :-1]
    closes = np.roll(opens, -1, axis=1)  # and the last of them
    start = np.maximum.accumulate(np.where(opens, place, 0), axis=1)
    end = np.minimum.accumulate(np.where(closes, place, place[-1])[:, ::-1], axis=1)[:, ::-1]
    before = np.where(start > 0, np.take_along_axis(record, start - 1, axis=1), -np.inf)
    kept = (second > before) & (second == np.take_along_axis(record, end, axis=1))
    frontier = np.empty(order.shape, dtype=np.bool_)
    np.put_along_axis(frontier, order, kept, axis=1)
    return frontier


def _frontier_of_many(worth: Floats) -> Bools:
    """Return the frontier of any number of parties, every package held against every other."""
    runs, parties, packages = worth.shape
    frontier = np.empty((runs, packages), dtype=np.bool_)
    step = max(1, COMPARISONS_AT_ONCE // max(1, runs * packages))
    for start in range(0, packages, step):
        some = slice(start, start + step)
        as_good = np.ones((runs, worth[:, 0, some].shape[1], packages), dtype=np.bool_)
        better = np.zeros_like(as_good)
        for party in range(parties):
            ours, rivals = worth[:, party, some, None], worth[:, party, None, :]
            as_good &= rivals >= ours
            better |= rivals > ours
        frontier[:, some] = ~(as_good & better).any(axis=2)
    return frontier
