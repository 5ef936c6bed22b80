"""Record what happens in the talks from day to day, and assemble the outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.agents.party import Party
from sim.engine.deal_quality import (
    distance_from_the_middle,
    inefficiency,
    logrolling,
    nash_distance,
    utility_of,
)
from sim.engine.outcomes import (
    BAD_TEXT,
    CONFIRMATION,
    EXPIRY,
    FIRM,
    NO_ROOM,
    NONE,
    SUSPENSION,
    Labels,
    Outcomes,
)
from sim.engine.rounds import (
    BACKWARD_WON,
    FORWARD_WON,
    TRUCE,
    Assessment,
    Meeting,
    NegotiationRound,
    TalksState,
)
from sim.engine.sampling import ParameterSample
from sim.engine.truces import Truces
from sim.types import Bools, Floats, Ints

#: What is counted of the texts that were put to all with a veto.
TEXTS = ("texts_own", "texts_own_accepted", "texts_mediated", "texts_mediated_accepted")

#: Half precision holds no more than this; a gain this far below 0 is as good as none.
LEAST_GAIN = -6e4


@dataclass(frozen=True)
class CurrentState:
    """Where the talks and the war stand; axis 0 is the run."""

    day: int
    talks: TalksState
    battles: Floats  # (runs,) fought
    front: Floats  # (runs,)


class Recorder:
    """Record the talks of a block of runs; axis 0 is the run.

    It drives nothing: talks go on as they would without it.
    """

    def __init__(
        self,
        sample: ParameterSample,
        parties: list[Party],
        truces: Truces,
        *,
        days: int,
        series: bool,
    ) -> None:
        self.case = sample.scenario
        self.streams = sample.chance
        self.parties = parties
        self.truces = truces
        self.captivity = truces.captivity
        self.packages = truces.packages
        self.vetoers = [i for i, party in enumerate(parties) if party.veto]
        names = [parties[i].name for i in self.vetoers]
        #: Why a round may bring no first deal, in the order of `missed`.
        self.missed_for = (NO_ROOM, FIRM, BAD_TEXT, *names, CONFIRMATION, SUSPENSION)
        self.off_centre = distance_from_the_middle(self.packages.levels)
        runs = sample.chance.runs
        self._open(runs, days)
        self.series = _no_days(runs, len(parties), days) if series else {}

    def _open(self, runs: int, days: int) -> None:
        """Set everything as it stands before the first day."""
        parties, pools = len(self.parties), len(self.captivity.pools)

        def none() -> Ints:
            return np.full(runs, NONE, dtype=np.int64)

        def zeros() -> Ints:
            return np.zeros(runs, dtype=np.int64)

        self.deal_day, self.deal_package = none(), none()
        self.deals, self.truce_count = zeros(), zeros()
        self.truce_days, self.truce_end, self.extended_days = none(), none(), zeros()
        self.overridden = np.zeros((runs, parties), dtype=bool)
        self.surplus = np.full((runs, parties), np.nan)
        self.last_day = np.full(runs, days, dtype=np.int64)
        self.zopa_day, self.zopa_rounds = none(), zeros()
        self.zopa_first = np.zeros(runs, dtype=bool)
        self.best_surplus, self.optimism = np.zeros(runs), np.zeros(runs)
        self.refusals = np.zeros((runs, parties), dtype=np.int64)
        self.refused_alone, self.no_way_out = self.refusals.copy(), self.refusals.copy()
        self.firm_rounds = self.refusals.copy()
        self.flexible_at_deal = np.full((runs, parties), np.nan, dtype=np.float32)
        self.open_day, self.open_days = none(), zeros()
        self.texts = {name: zeros() for name in TEXTS}
        self.leaks, self.suspended_days = zeros(), zeros()
        self.zopa_objective = np.zeros(runs, dtype=bool)
        self.awaited_for = none()  # the reason, should what waits not be confirmed
        self.missed = np.zeros((runs, len(self.missed_for)), dtype=np.int64)
        self.nash_distance = np.full(runs, np.nan)
        self.inefficiency, self.logrolling = self.nash_distance.copy(), self.nash_distance.copy()
        self.died_before_zopa = np.full((runs, pools), NONE, dtype=np.int64)
        self.seen_surplus, self.seen_war = np.zeros(runs), np.zeros((runs, parties))

    # -- the days --------------------------------------------------------------------------------

    def before_the_first_day(self, assessment: Assessment, zopa: Bools, objective: Bools) -> None:
        """Record what there is to agree on, as the parties see it and by the truth of the war.

        The ZOPA is (rows, packages) either way.
        """
        rows = assessment.rows
        gains = assessment.worth[:, self.vetoers] - assessment.reservation[:, self.vetoers, None]
        self.best_surplus[rows] = gains.min(axis=1).max(axis=1)
        self.optimism[rows] = assessment.war_values[:, self.vetoers].sum(axis=1) - 1.0
        self.zopa_first[rows] = zopa.any(axis=1)
        self.zopa_objective[rows] = objective.any(axis=1)
        self.assessed(assessment)

    def evening(self, day: int, phase: Ints) -> None:
        """Add a day to the series, where they are kept."""
        if self.series:
            self.series["surplus"][:, day - 1] = self.seen_surplus
            self.series["war_values"][:, :, day - 1] = self.seen_war
            self.series["phase"][:, day - 1] = phase

    # -- war and truces --------------------------------------------------------------------------

    def won(self, runs: Bools, day: int) -> None:
        """Record that a side has won in some runs, which ends them."""
        self.last_day[runs] = day

    def truce_began(self, rows: Ints) -> None:
        """Record that the guns fell silent."""
        self.truce_count[rows] += 1

    def truce_ended(self, rows: Ints, causes: Ints, day: int) -> None:
        """Record the end of a truce, of the first in each run with its length and cause."""
        first = self.truce_count[rows] == 1
        runs = rows[first]
        self.truce_days[runs] = day - self.truces.began[runs]
        self.truce_end[runs] = causes[first]
        self.extended_days[runs] = self.truces.extended[runs]

    # -- stances ---------------------------------------------------------------------------------

    def stood(self, day: int, flexible: Bools) -> None:
        """Record how leaderships stand on a day: (runs, parties)."""
        window = flexible[:, self.vetoers].all(axis=1)
        self.open_days += window & (self.deal_day == NONE)
        self.open_day[window & (self.open_day == NONE)] = day

    # -- rounds ----------------------------------------------------------------------------------

    def suspended(self, runs: Bools) -> None:
        """Record a day of talks lost to a suspension in some runs."""
        self.suspended_days += runs

    def silenced(self, runs: Bools) -> None:
        """Record a round that was called in some runs in which the talks are suspended."""
        missed = runs & (self.deal_day == NONE)
        self.missed[missed, self.missed_for.index(SUSPENSION)] += 1

    def assessed(self, assessment: Assessment) -> None:
        """Keep in mind how large the ZOPA is and what fighting on is worth, for the series."""
        if not self.series:
            return
        gains = assessment.worth + (assessment.backed - assessment.reservation)[:, :, None]
        surplus = gains[:, self.vetoers].min(axis=1).max(axis=1)
        self.seen_surplus[assessment.rows] = np.maximum(surplus, LEAST_GAIN)
        self.watched(assessment.rows, assessment.war_values)

    def watched(self, rows: Ints, war_values: Floats) -> None:
        """Keep in mind what fighting on is worth, (rows, parties), for the series."""
        self.seen_war[rows] = war_values

    def met(self, meeting: Meeting) -> None:
        """Record whether there is a ZOPA in a round, and who sees no way out."""
        rows = meeting.assessment.rows
        exists = np.asarray(meeting.zopa.any(axis=1))
        self.zopa_rounds[rows] += exists
        opened = rows[exists & (self.zopa_day[rows] == NONE)]
        self.zopa_day[opened] = meeting.day
        self.died_before_zopa[opened] = self.captivity.died[opened]
        self.no_way_out[rows] += ~meeting.way_out
        self.firm_rounds[rows] += ~meeting.flexible

    def heard(self, answered: NegotiationRound, refused: Bools) -> None:
        """Record who refused a proposal (rows, parties), and what that made of the round."""
        rows = answered.assessment.rows
        self.refusals[rows] += refused
        self.refused_alone[rows] += refused & (refused.sum(axis=1) == 1)[:, None]
        self._missed_deals(answered, refused)
        agreed, by_party = ~refused.any(axis=1), answered.speaker < len(self.parties)
        self.texts["texts_own"][rows] += 1
        self.texts["texts_own_accepted"][rows] += agreed & by_party
        self.texts["texts_mediated"][rows] += answered.mediated
        self.texts["texts_mediated_accepted"][rows] += agreed & ~by_party

    def _missed_deals(self, answered: NegotiationRound, refused: Bools) -> None:
        """Record why a round brought no first deal; what was agreed may yet not be confirmed."""
        rows = answered.assessment.rows
        before = self.deal_day[rows] == NONE
        agreed = ~refused.any(axis=1)
        exists = np.asarray(answered.meeting.zopa.any(axis=1))
        place = self.missed_for.index
        unconfirmed = np.where(exists, place(CONFIRMATION), place(NO_ROOM))
        self.awaited_for[rows] = np.where(before & agreed, unconfirmed, NONE)
        roomless = rows[before & ~agreed & ~exists]
        self.missed[roomless, place(NO_ROOM)] += 1
        lost = np.flatnonzero(before & ~agreed & exists)
        if len(lost):
            self.missed[rows[lost], self._obstacles(answered, refused, lost)] += 1

    def _obstacles(self, answered: NegotiationRound, refused: Bools, lost: Ints) -> Ints:
        """Return why rounds with a ZOPA failed, in the rows that are `lost`: places in `missed`.

        A firm stance bars all that lies in the ZOPA; or the proposal lay outside what was left of
        it; or it lay inside, and of those who `refused` (rows, parties) the one that it left
        shortest of what it wanted stood in the way.
        """
        proposal, place = answered.proposal[lost], self.missed_for.index
        free = answered.meeting.zopa[lost] & answered.meeting.signable[lost]
        inside = free[np.arange(len(lost)), proposal]
        short = answered.wanted[lost] - answered.assessment.worth[lost, :, proposal]
        short = np.where(refused[lost], short, -np.inf)[:, self.vetoers]
        held_out = place(BAD_TEXT) + 1 + short.argmax(axis=1)
        reason = np.where(inside, held_out, place(BAD_TEXT))
        reason[~free.any(axis=1)] = place(FIRM)
        return np.asarray(reason)

    def leaked(self, rows: Ints) -> None:
        """Record a round that became public."""
        self.leaks[rows] += 1

    def not_confirmed(self, rows: Ints) -> None:
        """Record that what waited to be confirmed has come to nothing."""
        lost = rows[self.awaited_for[rows] != NONE]
        self.missed[lost, self.awaited_for[lost]] += 1
        self.awaited_for[rows] = NONE

    def signed(
        self, assessment: Assessment, proposal: Ints, offered: Floats, on_offer: Bools, day: int
    ) -> None:
        """Record packages that are signed, (rows,), with side payments (rows, parties).

        Of the first also how good it is among what is `on_offer` (rows, packages).
        """
        rows = assessment.rows
        self.deals[rows] += 1
        first = (self.deal_day[rows] == NONE).nonzero()[0]
        if not len(first):
            return
        new, worth, reservation = (
            rows[first],
            assessment.worth[first],
            assessment.reservation[first],
        )
        proposal = proposal[first]
        self.deal_day[new] = day
        self.flexible_at_deal[new] = np.stack([p.flexible[new] for p in self.parties], axis=1)
        self.deal_package[new] = proposal
        self.surplus[new] = utility_of(worth, proposal) + offered[first] - reservation
        self._quality(new, worth, reservation, proposal, on_offer[first])
        for i, (party, valuation) in enumerate(
            zip(self.parties, assessment.valuations, strict=True)
        ):
            if party.quota:
                voters = [tables.of(assessment.where[first]) for tables in valuation.voters]
                ratified = party.ratifies(voters)[np.arange(len(first)), proposal]
                self.overridden[new, i] = ~ratified

    def _quality(
        self, rows: Ints, worth: Floats, reservation: Floats, proposal: Ints, on_offer: Bools
    ) -> None:
        """Record how good a package is for those who could have refused it."""
        worth, reservation = worth[:, self.vetoers], reservation[:, self.vetoers]
        off_centre = np.where(on_offer, self.off_centre, np.inf)
        self.nash_distance[rows] = nash_distance(worth, reservation, proposal)
        self.inefficiency[rows] = inefficiency(worth, proposal)
        self.logrolling[rows] = logrolling(worth, reservation, proposal, off_centre)

    # -- the end ---------------------------------------------------------------------------------

    def outcomes(
        self, sha256: str, version: str, levers: Mapping[str, float], now: CurrentState
    ) -> Outcomes:
        """Return what the talks have come to in each run, as they stand `now`."""
        return Outcomes(
            scenario=self.case.scenario,
            sha256=sha256,
            version=version,
            seed=self.streams.seed,
            days=now.day,
            levers=dict(levers),
            first=self.streams.first,
            labels=self._labels(),
            table=self.packages.levels.astype(np.int8),
            ending=self._endings(now.talks.phase),
            last_day=_short(np.minimum(self.last_day, now.day)),
            battles=_short(now.battles),
            front=now.front.astype(np.float32),
            series=self.series,
            **self._deals(),
            **self._rounds(now),
            **self._captives(),
            **self._truces(now),
        )

    def _deals(self) -> dict[str, Any]:
        """Return what is known of the first deal and of all deals."""
        return {
            "deal_day": _short(self.deal_day),
            "deal_package": _short(self.deal_package),
            "deals": _short(self.deals),
            "overridden": self.overridden.copy(),
            "surplus": self.surplus.astype(np.float32),
            "nash_distance": self.nash_distance.astype(np.float32),
            "inefficiency": self.inefficiency.astype(np.float32),
            "logrolling": self.logrolling.astype(np.float32),
        }

    def _rounds(self, now: CurrentState) -> dict[str, Any]:
        """Return what there was to agree on, and what came of the rounds."""
        return {
            "zopa_first": self.zopa_first,
            "zopa_objective": self.zopa_objective,
            "zopa_day": _short(self.zopa_day),
            "zopa_rounds": _short(self.zopa_rounds),
            "rounds": _short(now.talks.rounds),
            "best_surplus": self.best_surplus.astype(np.float32),
            "optimism": self.optimism.astype(np.float32),
            "refusals": _short(self.refusals),
            "refused_alone": _short(self.refused_alone),
            "no_way_out": _short(self.no_way_out),
            "firm_rounds": _short(self.firm_rounds),
            "flexible_at_deal": self.flexible_at_deal.copy(),
            "open_day": _short(self.open_day),
            "open_days": _short(self.open_days),
            **{name: _short(count) for name, count in self.texts.items()},
            "leaks": _short(self.leaks),
            "suspended_days": _short(self.suspended_days),
            "missed": _short(self._missed_at_the_end(now.talks.awaited)),
            "died_before_zopa": self._died_before_zopa().astype(np.int32),
        }

    def _captives(self) -> dict[str, Any]:
        """Return what has become of captives and prisoners."""
        captivity = self.captivity
        return {
            "initial": captivity.params.initial.astype(np.int32),
            "returned_alive": captivity.returned_alive.astype(np.int32),
            "remains_returned": captivity.remains_returned.astype(np.int32),
            "died_in_captivity": captivity.died.astype(np.int32),
            "rescued": captivity.rescued.astype(np.int32),
            "still_held": captivity.held_alive().astype(np.int32),
            "remains_held": captivity.held_remains().astype(np.int32),
            "prisoners_released": captivity.prisoners_freed.astype(np.int32),
        }

    def _truces(self, now: CurrentState) -> dict[str, Any]:
        """Return how long the first truce has lasted, how it ended, and what went wrong in all."""
        truces = self.truces
        running = (self.truce_count == 1) & (now.talks.phase == TRUCE)
        truce_days = np.where(running, now.day - truces.began, self.truce_days)
        extended_days = np.where(running, truces.extended, self.extended_days)
        return {
            "truces": _short(self.truce_count),
            "truce_days": _short(truce_days),
            "truce_end": self.truce_end.astype(np.int8),
            "extended_days": _short(extended_days),
            "violations": _short(truces.violations),
            "disputes": _short(truces.disputes),
        }

    def _missed_at_the_end(self, awaited: Ints) -> Ints:
        """Return rounds missed, with those that still wait to be confirmed among them."""
        waiting = np.flatnonzero((self.awaited_for != NONE) & (awaited != NONE))
        missed = self.missed.copy()
        missed[waiting, self.awaited_for[waiting]] += 1
        return missed

    def _died_before_zopa(self) -> Ints:
        """Return deaths until the first round with a ZOPA; all of them where there was none."""
        never = self.died_before_zopa == NONE
        return np.where(never, self.captivity.died, self.died_before_zopa)

    def _endings(self, phase: Ints) -> NDArray[np.int8]:
        permanent = self.packages.permanent[np.maximum(self.truces.in_force, 0)]
        ending = np.where(self.truce_count > 0, 1, 0)
        ending = np.where(phase == TRUCE, np.where(permanent, 3, 2), ending)
        ending = np.where(phase == FORWARD_WON, 4, ending)
        return np.where(phase == BACKWARD_WON, 5, ending).astype(np.int8)

    def _labels(self) -> Labels:
        scenario = self.case
        return Labels(
            parties=tuple(scenario.parties),
            issues=tuple(scenario.issues),
            levels=tuple(tuple(issue.levels) for issue in scenario.issues.values()),
            pools=tuple(scenario.captives),
            prisoners=tuple(scenario.prisoners),
            causes=(*self.truces.causes, EXPIRY),
            forward=tuple(scenario.war.forward),
            backward=tuple(scenario.war.backward),
            missed=self.missed_for,
        )


def _no_days(runs: int, parties: int, days: int) -> dict[str, NDArray[Any]]:
    """Return a series by day of each kind, still empty."""
    return {
        "surplus": np.empty((runs, days), dtype=np.float16),
        "war_values": np.empty((runs, parties, days), dtype=np.float16),
        "phase": np.empty((runs, days), dtype=np.int8),
    }


def _short(values: NDArray[Any]) -> NDArray[np.int16]:
    return values.astype(np.int16)
