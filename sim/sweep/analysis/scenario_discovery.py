"""Find when it happens: boxes in the space of settings that hold most cases of interest.

The patient rule induction method (Friedman & Fisher 1999) as it is used to find scenarios (Bryant
& Lempert 2010): a box that holds everything is peeled, a thin slice at a time, wherever that leaves
the greatest share of cases of interest; then slices are pasted back where that costs nothing. Of
the boxes on the way the one with the best balance of coverage and density is kept, and restrictions
that chance alone may have made (quasi-p) are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from sim.sweep.analysis.cells import AnalysisError, CellEstimates, check_threshold, listed, shown
from sim.sweep.factors import Column
from sim.types import Bools

#: The share of a box that a peel takes, and the least share of all cases that a box holds.
PEEL, LEAST = 0.05, 0.05

#: Restrictions that chance alone would make so often are dropped.
QUASI_P = 0.05

#: Fewer cases than these say nothing about a box.
FEWEST = 20


@dataclass(frozen=True)
class BoxSide:
    """Hold what a box demands of one key: a number between two ends, or one of some words."""

    low: float = -np.inf
    high: float = np.inf
    words: frozenset[str] | None = None

    def holds(self, settings: Column) -> Bools:
        """Return which cases fulfil it: (cases,)."""
        if self.words is not None:
            return np.isin(settings.astype(str), list(self.words))
        values = settings.astype(np.float64)
        return np.asarray((values >= self.low) & (values <= self.high))

    def in_words(self) -> str:
        """Return it in words, after the name of the key."""
        if self.words is not None:
            return f"is {' or '.join(sorted(self.words))}"
        if self.low == self.high:
            return f"is {shown(self.low)}"
        if np.isinf(self.low):
            return f"is at most {shown(self.high)}"
        if np.isinf(self.high):
            return f"is at least {shown(self.low)}"
        return f"lies between {shown(self.low)} and {shown(self.high)}"


@dataclass(frozen=True)
class Box:
    """Hold a box, and how well it holds the cases of interest.

    coverage: the share of them that it holds; density: their share among those it holds; support:
    the share of all cases that it holds; quasi_p: for each key how often chance alone would make a
    restriction as good.
    """

    sides: Mapping[str, BoxSide]
    coverage: float
    density: float
    support: float
    quasi_p: Mapping[str, float]

    @property
    def balance(self) -> float:
        """Return the harmonic mean of coverage and density."""
        both = self.coverage + self.density
        return 2 * self.coverage * self.density / both if both else 0.0


@dataclass(frozen=True)
class Discovery:
    """Hold the box that was kept, the boxes on the way to it, and what is of interest.

    Parameters
    ----------
    box : Box
        The box that was kept.
    peeled : tuple of Box
        The boxes on the way, from the whole space to the smallest.
    of_interest : str
        What makes a case one of interest, in words.
    share : float
        The share of cases of interest among all, from 0 to 1.
    cases : int
        All cases.
    """

    box: Box
    peeled: tuple[Box, ...]  # from the whole space to the smallest
    of_interest: str
    share: float  # of cases of interest among all
    cases: int

    def in_words(self) -> str:
        """Return the rule as a sentence.

        Returns
        -------
        str
            The restrictions of the box, with its density, support and coverage.
        """
        if not self.box.sides:
            return (
                f"No part of the space stands out: {100 * self.share:.0f} of 100 cases are of "
                f"interest ({self.of_interest}) wherever one looks."
            )
        rules = listed([f"{key} {side.in_words()}" for key, side in self.box.sides.items()])
        return (
            f"Where {rules}, {100 * self.box.density:.0f} of 100 cases are of interest "
            f"({self.of_interest}), against {100 * self.share:.0f} of 100 in all; that is "
            f"{100 * self.box.support:.0f} of 100 cases, and they hold "
            f"{100 * self.box.coverage:.0f} of 100 of those of interest."
        )


def discover(
    estimates: CellEstimates, *, threshold: float | None = None, at_most: bool = False
) -> Discovery:
    """Find when the mean outcome of a design point reaches a threshold (or stays at or below it).

    Parameters
    ----------
    estimates : CellEstimates
        The outcome, from `cell_estimates`.
    threshold : float, optional
        What a case of interest reaches; the upper quartile of the points' means where it is not
        given, and the lower one with `at_most`.
    at_most : bool
        Whether a case of interest stays at or below the threshold.

    Returns
    -------
    Discovery
        The rule, as a box in the space of settings.

    Raises
    ------
    AnalysisError
        For a design whose points are no sample or fewer than 20, a threshold that is not finite or
        outside the range of a share, or where all points or none are of interest.
    IncompleteError
        Where a run is missing, failed or without a number.
    """
    check_threshold(estimates, threshold)
    estimates.must_be_whole()
    points = np.flatnonzero(estimates.sample)
    if len(points) < FEWEST:
        raise AnalysisError(f"a box needs {FEWEST} sampled design points; there are {len(points)}")
    means = estimates.means[points]
    bound = float(np.quantile(means, 0.25 if at_most else 0.75)) if threshold is None else threshold
    interesting = means <= bound if at_most else means >= bound
    if interesting.all() or not interesting.any():
        which = "all" if interesting.all() else "no"
        raise AnalysisError(
            f"{which} design points are of interest at {bound:.4g}; their means go from "
            f"{means.min():.4g} to {means.max():.4g}: choose a threshold between"
        )
    settings = {key: estimates.settings[key][points] for key in estimates.keys}
    of_interest = f"mean of {estimates.outcome} {'at most' if at_most else 'at least'} {bound:.4g}"
    return prim(settings, np.asarray(interesting), of_interest)


def prim(settings: Mapping[str, Column], interesting: Bools, of_interest: str = "") -> Discovery:
    """Find the box that holds the cases of interest.

    Parameters
    ----------
    settings : mapping of str to array, (cases,)
        The settings by key: numbers or words.
    interesting : array of bool, (cases,)
        Which cases are of interest.
    of_interest : str
        What makes a case one of interest, in words.

    Returns
    -------
    Discovery
        The box that was kept, and the boxes on the way.

    Examples
    --------
    >>> import numpy as np
    >>> from sim.sweep.analysis import prim
    >>> trust = np.arange(100)
    >>> discovery = prim({"trust": trust}, trust >= 60, "a deal")
    >>> discovery.box.sides["trust"].in_words()
    'is at least 60'
    """
    boxes = [_box({}, settings, interesting)]
    while (smaller := _peeled(boxes[-1], settings, interesting)) is not None:
        boxes.append(smaller)
    best = _pasted(max(boxes, key=lambda box: box.balance), settings, interesting)
    best = _significant(best, settings, interesting)
    share = float(interesting.mean())
    return Discovery(best, tuple(boxes), of_interest, share, len(interesting))


def held(sides: Mapping[str, BoxSide], settings: Mapping[str, Column]) -> Bools:
    """Return which cases a box holds: (cases,)."""
    inside = np.ones(len(next(iter(settings.values()))), dtype=bool)
    for key, side in sides.items():
        inside &= side.holds(settings[key])
    return inside


def _box(sides: Mapping[str, BoxSide], settings: Mapping[str, Column], interesting: Bools) -> Box:
    """Return a box with its coverage, density, support and quasi-p."""
    inside = held(sides, settings)
    hits = int((inside & interesting).sum())
    return Box(
        dict(sides),
        hits / int(interesting.sum()),
        hits / max(int(inside.sum()), 1),
        float(inside.mean()),
        {key: _quasi_p(key, sides, settings, interesting) for key in sides},
    )


def _quasi_p(
    key: str, sides: Mapping[str, BoxSide], settings: Mapping[str, Column], interesting: Bools
) -> float:
    """Return how often as many hits come by chance from the box that leaves the key alone.

    A binomial tail (Bryant & Lempert 2010); it takes cases as independent.
    """
    from scipy import stats

    inside = held(sides, settings)
    wider = held({name: side for name, side in sides.items() if name != key}, settings)
    hits, n = int((inside & interesting).sum()), int(inside.sum())
    return float(stats.binom.sf(hits - 1, n, interesting[wider].mean())) if n else 1.0


def _peeled(box: Box, settings: Mapping[str, Column], interesting: Bools) -> Box | None:
    """Return the box after the best peel: the greatest rise of density for each case given up."""
    inside = held(box.sides, settings)
    n, density = int(inside.sum()), box.density
    if density == 1.0:
        return None
    best, gain = None, 0.0
    for key in settings:
        for side in _slices(box.sides.get(key), settings[key], inside):
            left = inside & side.holds(settings[key])
            kept = int(left.sum())
            if not LEAST * len(inside) <= kept < n:
                continue
            rise = (float(interesting[left].mean()) - density) / (n - kept)
            if rise > gain:
                best, gain = {**box.sides, key: side}, rise
    return None if best is None else _box(best, settings, interesting)


def _slices(side: BoxSide | None, settings: Column, inside: Bools) -> Iterator[BoxSide]:
    """Return what a key's side may become by one peel: an end cut off, or a word left out."""
    if settings.dtype.kind not in "fiu":
        words = set(settings[inside].astype(str))
        for word in sorted(words):
            if len(words) > 1:
                yield BoxSide(words=frozenset(words - {word}))
        return
    before = side or BoxSide()
    levels = np.unique(settings[inside].astype(np.float64))
    values = np.sort(settings[inside].astype(np.float64))
    cut = max(int(PEEL * len(values)), 1)
    above, below = levels[levels > values[cut - 1]], levels[levels < values[-cut]]
    if len(above):
        yield replace(before, low=float(above[0]))
    if len(below):
        yield replace(before, high=float(below[-1]))


def _pasted(box: Box, settings: Mapping[str, Column], interesting: Bools) -> Box:
    """Return the box with slices put back as long as its density does not fall."""
    while True:
        wider = [
            _box({**box.sides, key: side}, settings, interesting)
            for key in box.sides
            for side in _wider(box.sides[key], settings[key], held(_but(box, key), settings))
        ]
        better = [
            candidate
            for candidate in wider
            if candidate.density >= box.density and candidate.support > box.support
        ]
        if not better:
            return box
        box = max(better, key=lambda candidate: (candidate.density, candidate.support))


def _but(box: Box, key: str) -> dict[str, BoxSide]:
    """Return the sides of a box without one key."""
    return {name: side for name, side in box.sides.items() if name != key}


def _wider(side: BoxSide, settings: Column, inside: Bools) -> Iterator[BoxSide]:
    """Return a side with one slice more, from among the cases that the other sides hold."""
    if side.words is not None:
        for word in sorted(set(settings[inside].astype(str)) - side.words):
            yield BoxSide(words=side.words | {word})
        return
    values = np.sort(settings[inside].astype(np.float64))
    step = max(int(PEEL * int((inside & side.holds(settings)).sum())), 1)
    below, above = values[values < side.low], values[values > side.high]
    if len(below):
        yield replace(side, low=float(below[-min(step, len(below))]))
    if len(above):
        yield replace(side, high=float(above[min(step, len(above)) - 1]))


def _significant(box: Box, settings: Mapping[str, Column], interesting: Bools) -> Box:
    """Return the box without the restrictions that chance alone may have made, the weakest
    first.
    """
    while box.sides:
        weakest = max(box.quasi_p, key=lambda key: box.quasi_p[key])
        if box.quasi_p[weakest] <= QUASI_P:
            break
        box = _box(_but(box, weakest), settings, interesting)
    return box
