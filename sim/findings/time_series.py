"""What outcomes with series by day show: the ZOPA, ripeness and optimism as a war goes on.

Everything is counted over the talks that are at war on a day, as no truce holds and nobody has won;
what was last assessed counts until the next round.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.engine.outcomes import Outcomes
from sim.findings.statistics import Finding, mean, share
from sim.types import Bools, Floats

WAR = 0

#: Over so many days the value of fighting on must have fallen for a conflict to be ripe.
RIPENING_DAYS = 30

AT_WAR = "of the talks that are at war on day {}"


def zopa_by_day(outcomes: Outcomes, days: Sequence[int]) -> dict[int, Finding]:
    """Return the share of talks at war in which some package beats no deal for all with a veto."""
    surplus = _series(outcomes, "surplus")
    return {
        day: share(f"ZOPA on day {day}", surplus[at, day - 1] >= 0, f"share {AT_WAR.format(day)}")
        for day, at in _at_war(outcomes, days).items()
    }


def zopa_size_by_day(outcomes: Outcomes, days: Sequence[int]) -> dict[int, Finding]:
    """Return the largest gain of the worst-off party, side payments included; below 0 it is a
    gap.
    """
    surplus = _series(outcomes, "surplus")
    return {
        day: mean(
            f"size of the ZOPA on day {day}",
            surplus[at, day - 1].astype(float),
            f"utils, mean {AT_WAR.format(day)}",
        )
        for day, at in _at_war(outcomes, days).items()
    }


def ripeness(outcomes: Outcomes, days: Sequence[int]) -> dict[int, Finding]:
    """Return the share of talks at war in which there is a way out and everybody is hurting.

    There is a ZOPA, and for all with a veto fighting on is worth less than 30 days before (after
    Zartman's ripeness: a mutually hurting stalemate and a way out). Without so long a past nobody
    can tell.
    """
    surplus, values = _series(outcomes, "surplus"), _war_values(outcomes)
    shares = {}
    for day, at in _at_war(outcomes, days).items():
        name, definition = f"ripe on day {day}", f"share {AT_WAR.format(day)}"
        if day <= RIPENING_DAYS:
            shares[day] = Finding(name, None, None, None, int(at.sum()), definition)
            continue
        now, before = values[at, :, day - 1], values[at, :, day - 1 - RIPENING_DAYS]
        ripe = (surplus[at, day - 1] > 0) & (now < before).all(axis=1)
        shares[day] = share(name, ripe, definition)
    return shares


def mutual_optimism(outcomes: Outcomes, days: Sequence[int]) -> dict[int, Finding]:
    """Return by how much the values of fighting on of those with a veto add up to more than 1.

    Above 0 they expect together more from the war than there is to win (Fearon 1995).
    """
    values = _war_values(outcomes)
    return {
        day: mean(
            f"mutual optimism on day {day}",
            values[at, :, day - 1].astype(float).sum(axis=1) - 1.0,
            f"sum of the values of fighting on, less 1, mean {AT_WAR.format(day)}",
        )
        for day, at in _at_war(outcomes, days).items()
    }


def _at_war(outcomes: Outcomes, days: Sequence[int]) -> dict[int, Bools]:
    """Return which talks are at war on each day: (runs,)."""
    phase = _series(outcomes, "phase")
    for day in days:
        if not 1 <= day <= outcomes.days:
            raise ValueError(f"day {day} is not among the {outcomes.days} days that were played")
    return {day: np.asarray(phase[:, day - 1] == WAR) for day in days}


def _war_values(outcomes: Outcomes) -> Floats:
    """Return what fighting on is worth to those with a veto: (runs, vetoers, days)."""
    labels = outcomes.labels
    veto = [k for k, party in enumerate(labels.parties) if party in labels.missed]
    return np.asarray(_series(outcomes, "war_values")[:, veto])


def _series(outcomes: Outcomes, name: str) -> NDArray[np.number]:
    """Return a series by day; raises ValueError where the outcomes keep none."""
    series = outcomes.series
    if name not in series:
        raise ValueError(f"these outcomes keep no '{name}' by day; simulate with series=True")
    return series[name]
