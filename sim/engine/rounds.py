"""The scene of the talks: the possible deals, who meets over them, and a text with its answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.agents.party import Valuation
from sim.engine.utility import take_runs
from sim.types import Bools, Floats, Ints

#: The phases of a conflict.
WAR, TRUCE, FORWARD_WON, BACKWARD_WON = range(4)


@dataclass(frozen=True)
class Assessment:
    """What everybody makes of the possible deals today, in the rows at hand; axis 0 is the row.

    Arrays lie in memory with the row last (see `sim.engine.utility`).
    """

    rows: Ints  # (rows,) their runs
    where: Ints  # (rows,) their place in the reckonings
    worth: Floats  # (rows, parties, packages), far below all else where not on offer
    reservation: Floats  # (rows, parties)
    backed: Floats  # (rows, parties) side payments that mediators could add
    reckonings: list[Valuation]  # by party
    war_values: Floats  # (rows, parties)

    def of(self, keep: Bools) -> Assessment:
        """The scene in some of its rows; the reckonings stay whole."""
        if keep.all():
            return self
        kept = np.flatnonzero(keep)
        if len(kept) and kept[-1] - kept[0] < len(kept):  # neighbours are copied in one go
            some = slice(kept[0], kept[-1] + 1)
            return self._picked(lambda table: table[some].copy(order="K"))
        return self._picked(lambda table: take_runs(table, kept))

    def _picked(self, pick: Callable[[NDArray[Any]], NDArray[Any]]) -> Assessment:
        return Assessment(
            pick(self.rows),
            pick(self.where),
            pick(self.worth),
            pick(self.reservation),
            pick(self.backed),
            self.reckonings,
            pick(self.war_values),
        )


@dataclass(frozen=True)
class Meeting:
    """A round of talks before a text is on the table, in the rows that meet; axis 0 is the row."""

    scene: Assessment
    zopa: Bools  # (rows, packages)
    believed: dict[tuple[int, int], Floats]  # (rows,) what one thinks another would settle for
    aspiration: Floats  # (rows, parties)
    way_out: Bools  # (rows, parties) whether a party sees one


@dataclass(frozen=True)
class NegotiationRound:
    """A round of talks once its text has been answered; axis 0 is the row."""

    meeting: Meeting
    text: Ints  # (rows,) package
    speaker: Ints  # (rows,) a party's place, or one past them
    accepts: Bools  # (rows, parties)
    offered: Floats  # (rows, parties) side payments that the text takes

    @property
    def scene(self) -> Assessment:
        """What everybody makes of the possible deals."""
        return self.meeting.scene

    @property
    def wanted(self) -> Floats:
        """What the text itself has to bring each party, side payments aside: (rows, parties)."""
        return self.meeting.aspiration - self.offered

    def refused(self, veto: Bools) -> Bools:
        """Who stands in the way of the text, given who has a `veto` (parties,): (rows, parties)."""
        return ~self.accepts & veto
