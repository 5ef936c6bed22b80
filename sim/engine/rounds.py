"""What a round of talks is made of: what packages are worth, who meets, a proposal and answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.agents.party import Valuation
from sim.engine.outcomes import NONE
from sim.engine.utility import take_runs
from sim.types import Bools, Floats, Ints

#: The phases of a conflict.
WAR, TRUCE, FORWARD_WON, BACKWARD_WON = range(4)

#: What happens in the talks or at the front on a day, and mobilises constituencies.
EVENTS = ("refused_offer", "leak", "violation", "war_day", "collapse")


@dataclass
class TalksState:
    """What the days change in the talks themselves; axis 0 is the run."""

    phase: Ints  # (runs,) WAR, TRUCE, FORWARD_WON or BACKWARD_WON
    front_moved: Ints  # (runs,) 1 where the forward side won a battle today, -1 where it lost one
    rounds: Ints  # (runs,) held
    suspended_until: Ints  # (runs,) last day without talks
    awaited: Ints  # (runs,) package that waits to be confirmed, or NONE
    awaited_day: Ints  # (runs,) day on which it is confirmed
    promised: Floats  # (runs, parties) side payments that go with it
    events: dict[str, Floats]  # (runs,) each: what has happened since yesterday

    @classmethod
    def before_the_first_day(cls, runs: int, parties: int) -> TalksState:
        """Return the state in which every run begins: war, and nothing agreed."""
        return cls(
            phase=np.zeros(runs, dtype=np.int64),
            front_moved=np.zeros(runs, dtype=np.int64),
            rounds=np.zeros(runs, dtype=np.int64),
            suspended_until=np.zeros(runs, dtype=np.int64),
            awaited=np.full(runs, NONE, dtype=np.int64),
            awaited_day=np.zeros(runs, dtype=np.int64),
            promised=np.zeros((runs, parties)),
            events={event: np.zeros(runs) for event in EVENTS},
        )


@dataclass(frozen=True)
class Assessment:
    """What every package is worth today to everybody, in the rows at hand; axis 0 is the row.

    Arrays lie in memory with the row last (see `sim.engine.utility`).
    """

    rows: Ints  # (rows,) their runs
    where: Ints  # (rows,) their place in the valuations
    worth: Floats  # (rows, parties, packages) in utils, far below all else where not on offer
    reservation: Floats  # (rows, parties)
    backed: Floats  # (rows, parties) side payments that mediators have
    payable: Floats  # (rows, parties) how much of them they know how to use
    valuations: list[Valuation]  # by party
    war_values: Floats  # (rows, parties)

    def of(self, keep: Bools) -> Assessment:
        """Return the assessment in some of its rows; the valuations stay whole."""
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
            pick(self.payable),
            self.valuations,
            pick(self.war_values),
        )


@dataclass(frozen=True)
class Meeting:
    """A round of talks before a proposal is on the table; axis 0 is the row."""

    day: int
    assessment: Assessment
    rounds: Ints  # (rows,) held so far, this one included
    speaker: Ints  # (rows,) whose turn it is: a party's place, or one past them for mediators
    zopa: Bools  # (rows, packages)
    believed: dict[tuple[int, int], Floats]  # (rows,) what one thinks another would settle for
    aspiration: Floats  # (rows, parties)
    top: Floats  # (rows, parties) the best that each sees within reach, in utils
    flexible: Bools  # (rows, parties)
    signable: Bools  # (rows, packages) what no stance bars

    @property
    def rows(self) -> Ints:
        """The runs at hand."""
        return self.assessment.rows

    @property
    def way_out(self) -> Bools:
        """Whether a party believes that something could be agreed: (rows, parties)."""
        return np.asarray(self.top >= self.assessment.reservation)

    def of(self, keep: Bools) -> Meeting:
        """Return the meeting in some of its rows."""
        return Meeting(
            self.day,
            self.assessment.of(keep),
            self.rounds[keep],
            self.speaker[keep],
            self.zopa[keep],
            {pair: believed[keep] for pair, believed in self.believed.items()},
            self.aspiration[keep],
            self.top[keep],
            self.flexible[keep],
            self.signable[keep],
        )


@dataclass(frozen=True)
class NegotiationRound:
    """A round of talks once its proposal has been answered; axis 0 is the row."""

    meeting: Meeting
    proposal: Ints  # (rows,) package
    speaker: Ints  # (rows,) who proposed it: a party's place, or one past them
    accepts: Bools  # (rows, parties)
    offered: Floats  # (rows, parties) side payments that the proposal takes
    #: (rows,) whether a mediator put a text of its own forward, once a party's had failed
    mediated: Bools
    #: What mediators have tried in private, in the rows where they have, taken or not.
    private: NegotiationRound | None = None

    @property
    def assessment(self) -> Assessment:
        """What every package is worth to everybody."""
        return self.meeting.assessment

    @property
    def wanted(self) -> Floats:
        """What the package itself has to bring each party, side payments aside: (rows, parties)."""
        return self.meeting.aspiration - self.offered

    def refused(self, veto: Bools) -> Bools:
        """Return who stands in the way, given who has a `veto` (parties,): (rows, parties)."""
        return ~self.accepts & veto
