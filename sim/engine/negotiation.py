"""A round of talks: parties meet, someone proposes a package, the parties answer, they sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.engine.agents.mediator import Mediator
from sim.engine.assessment import Assessor, Pair
from sim.engine.deal_quality import utility_of
from sim.engine.outcomes import NONE
from sim.engine.random_streams import RandomStreams
from sim.engine.recorder import Recorder
from sim.engine.rounds import TRUCE, WAR, Assessment, Meeting, NegotiationRound, TalksState
from sim.engine.sampling import ParameterSample
from sim.engine.utility import take_runs
from sim.scenario.quantity import FINEST_LUCK, standard_normal
from sim.types import Bools, Floats, Ints


@dataclass(frozen=True)
class ChannelParams:
    """The numbers of the channel between the parties; axis 0 is the run."""

    every: Ints  # (runs,) days from round to round where mediators keep a channel
    direct: Floats  # (runs,) chance of a round on a day where nobody does
    deadline: Ints  # (runs,) day of the last call, or NONE
    lag: Ints  # (runs,) days until a party spoken for confirms
    leak: Floats  # (runs,) chance that a round becomes public
    noise: Floats  # (runs,) scale of the noise in answers, in utils
    mediated: Floats  # (runs,) chance that a mediator makes the proposal
    forgetting: Floats  # (runs,) share of public attention that a day leaves
    suspending: Floats  # (runs,) chance that talks are suspended on a day
    suspension: Ints  # (runs,) days that a suspension lasts

    @classmethod
    def of(cls, sample: ParameterSample) -> ChannelParams:
        """Read the numbers of the channel from a sample."""
        half_life = np.maximum(sample["channel.exposure_half_life_days"], 1e-6)
        return cls(
            every=np.maximum(np.rint(sample["channel.every_days"]), 1).astype(np.int64),
            direct=sample["channel.direct_per_day"],
            deadline=np.rint(sample.get("channel.deadline_day", NONE)).astype(np.int64),
            lag=np.rint(sample.get("channel.lag_days", 0.0)).astype(np.int64),
            leak=sample["channel.leak"],
            noise=sample["channel.acceptance_noise"],
            mediated=sample["channel.mediated"],
            forgetting=0.5 ** (1.0 / half_life),
            suspending=-np.expm1(-sample["channel.suspensions_per_day"]),
            suspension=np.rint(sample["channel.suspension_days"]).astype(np.int64),
        )


class Moves(Protocol):
    """Who makes the moves in a round: the model, or people and the model for the rest."""

    def waits(self, meeting: Meeting) -> bool:
        """Return whether the round has to wait for moves that are not made yet."""
        ...

    def propose(self, meeting: Meeting) -> tuple[Ints, Ints] | None:
        """Return the packages put on the table and who proposes them: two (rows,).

        None if nobody puts anything on the table.
        """
        ...

    def answer(self, meeting: Meeting, proposal: Ints, speaker: Ints) -> NegotiationRound:
        """Return who accepts the packages proposed, (rows,), and what side payments that takes."""
        ...

    def confirm(
        self, party: int, assessment: Assessment, proposal: Ints, promised: Floats
    ) -> Bools:
        """Return whether a party spoken for confirms what was agreed in its name: (rows,).

        `promised` are the side payments to it, (rows,), in utils.
        """
        ...


class ModelMoves:
    """The moves of the model's own actors."""

    def __init__(self, streams: RandomStreams, assessor: Assessor, channel: ChannelParams) -> None:
        self.assessor = assessor
        self.channel = channel
        self.parties = assessor.parties
        self.mediators = assessor.mediators
        self.packages = assessor.packages
        names = [party.name for party in self.parties]
        self.veto = np.array([party.veto for party in self.parties])
        self.answer_noise = streams.dailies([f"answers {name}" for name in names])
        self.speaker_draws = streams.dailies([f"speaks {name}" for name in names])
        self.drafter_draws = streams.dailies([f"drafts {m.name}" for m in self.mediators])
        self.mediated_draws = streams.daily("mediated")

    def waits(self, meeting: Meeting) -> bool:
        """Wait for nobody."""
        return False

    # -- proposals -----------------------------------------------------------------------------

    def speakers(self, rows: Ints, day: int) -> Ints:
        """Return who makes the proposal: a party's place, or one past them: (rows,)."""
        speaker = self.speaker_draws[day].take(rows, axis=1).argmax(axis=0)
        if self.mediators:
            weights = np.array([mediator.params.drafting[rows] for mediator in self.mediators])
            uniforms = self.drafter_draws[day].take(rows, axis=1)
            waiting = -np.log1p(-uniforms) / np.maximum(weights, 1e-300)
            mediated = self.mediated_draws[day][rows] < self.channel.mediated[rows]
            mediated &= weights.max(axis=0) > 0
            first = len(self.parties) + waiting.argmin(axis=0)
            speaker = np.where(mediated, first, speaker)
        return np.asarray(speaker)

    def propose(self, meeting: Meeting) -> tuple[Ints, Ints]:
        """Return the proposals of those whose turn it is."""
        return self.draft(meeting, meeting.speaker), meeting.speaker

    def draft(self, meeting: Meeting, speaker: Ints) -> Ints:
        """Return the package that each speaker (rows,) puts on the table: (rows,)."""
        proposal = np.zeros(len(meeting.assessment.rows), dtype=np.int64)
        for s in np.unique(speaker):
            mine = speaker == s
            part = meeting.assessment.of(mine)
            if s < len(self.parties):
                proposal[mine] = self._party_proposal(int(s), part, mine, meeting)
            else:
                mediator = self.mediators[s - len(self.parties)]
                proposal[mine] = self._mediator_proposal(mediator, part, mine, meeting)
        return proposal

    def _party_proposal(
        self, i: int, assessment: Assessment, mine: Bools, meeting: Meeting
    ) -> Ints:
        """Return a party's proposal, as it guesses what the others would gain: (rows,)."""
        party = self.parties[i]
        others: Floats = np.full((1, len(self.packages)), np.inf, dtype=np.float32)
        for j in self.assessor.vetoers:
            if j != i:
                tables = assessment.valuations[j].tables.of(assessment.where)
                error = party.utility_estimate_error(assessment.rows, self.parties[j].name, tables)
                gain = assessment.worth[:, j] + error - meeting.believed[i, j][mine, None]
                others = np.minimum(others, gain)
        return party.propose(assessment.worth[:, i], meeting.aspiration[mine, i], others)

    def _mediator_proposal(
        self, mediator: Mediator, assessment: Assessment, mine: Bools, meeting: Meeting
    ) -> Ints:
        """Return a mediator's proposal: (rows,).

        It knows a party's reservation value as far as it has access, else what the party says it
        holds out for.
        """
        aspiration = take_runs(meeting.aspiration, np.flatnonzero(mine))
        rounds = meeting.rounds[mine] - 1.0
        guess = assessment.worth.copy(order="K")
        heard = np.empty_like(aspiration)
        for i, party in enumerate(self.parties):
            tables = assessment.valuations[i].tables.of(assessment.where)
            guess[:, i] += mediator.utility_estimate_error(
                assessment.rows, party.name, tables, self.packages, rounds
            )
            access = mediator.params.access[party.name][assessment.rows].astype(np.float32)
            reservation = assessment.reservation[:, i]
            heard[:, i] = access * reservation + (1.0 - access) * aspiration[:, i]
        veto = self.veto
        return mediator.propose(
            assessment.rows, guess[:, veto], heard[:, veto], aspiration[:, veto]
        )

    # -- answers -------------------------------------------------------------------------------

    def answer(self, meeting: Meeting, proposal: Ints, speaker: Ints) -> NegotiationRound:
        """Return who accepts a package (rows,), and what side payments that takes.

        Answers are simultaneous. Who proposed a package stands by it, unless nothing on offer
        meets what it holds out for. Mediators with leverage add what a package falls short of the
        party's reservation value, as far as they know it and have it.
        """
        assessment, aspiration = meeting.assessment, meeting.aspiration
        rows = assessment.rows
        parties = range(len(self.parties))
        own = speaker[:, None] == np.array(parties)
        value = utility_of(assessment.worth, proposal)
        scale = self.channel.noise[rows]
        offered = np.empty_like(aspiration)
        for i in parties:
            offered[:, i] = self.assessor.side_payment(
                assessment, i, aspiration[:, i], value[:, i], scale
            )
        offered[own] = 0.0
        uniforms = self.answer_noise[meeting.day].take(rows, axis=1)
        noise = scale[:, None] * _logistic(uniforms).T
        accepts = value + offered + np.where(own, 0.0, noise) >= aspiration
        return NegotiationRound(meeting, proposal, speaker, accepts, offered)

    def confirm(
        self, party: int, assessment: Assessment, proposal: Ints, promised: Floats
    ) -> Bools:
        """Return whether a package still beats no deal for a party spoken for: (rows,)."""
        value = assessment.worth[np.arange(len(assessment.rows)), party, proposal]
        return np.asarray(value + promised >= assessment.reservation[:, party])


class Negotiation:
    """Hold the rounds of a block of runs."""

    def __init__(
        self,
        streams: RandomStreams,
        assessor: Assessor,
        channel: ChannelParams,
        state: TalksState,
        record: Recorder,
        note: Callable[..., None] | None,
    ) -> None:
        self.assessor = assessor
        self.channel = channel
        self.state = state
        self.record = record
        self.takes_notes = note is not None
        self._note = note or _no_note
        self.parties = assessor.parties
        self.truces = assessor.truces
        self.model = ModelMoves(streams, assessor, channel)
        self.moves: Moves = self.model
        #: The meeting whose round waits for moves that are not made yet.
        self.waiting: Meeting | None = None
        self.leak_draws = streams.daily("leaks")
        self.misreading_draws = {
            (i, j): streams.daily(f"misreads {judge.name} {other.name}")
            for i, judge in enumerate(self.parties)
            for j, other in enumerate(self.parties)
            if i != j and other.veto
        }
        #: Parties with a veto who are spoken for, and confirm later what was agreed.
        self.spoken_for = [
            p for p, party in enumerate(self.parties) if party.veto and party.speaks_through
        ]

    def set_params(self, channel: ChannelParams) -> None:
        """Set new numbers of the channel."""
        self.channel = self.model.channel = channel

    def play(self, assessment: Assessment, confirming: Bools, speaker: Ints, day: int) -> None:
        """Confirm what waits in the rows that are `confirming`; hold a round in the others.

        `speaker` is whose turn it is; both are (rows,).
        """
        if confirming.any():
            self._confirm(assessment.of(confirming), day)
        if not confirming.all():
            meeting = self.meet(assessment.of(~confirming), speaker[~confirming], day)
            if self.moves.waits(meeting):
                self.waiting = meeting
            else:
                self._conclude(meeting)

    def conclude(self) -> None:
        """Go on with the round that waited for moves."""
        assert self.waiting is not None
        meeting, self.waiting = self.waiting, None
        self._conclude(meeting)

    # -- before a proposal ---------------------------------------------------------------------

    def meet(self, assessment: Assessment, speaker: Ints, day: int) -> Meeting:
        """Let everybody make up their mind what to hold out for, and record it."""
        rows = assessment.rows
        in_truce = self.state.phase[rows] == TRUCE
        if in_truce.any():
            self.assessor.update_gaps(
                rows[in_truce], assessment.valuations, assessment.where[in_truce]
            )
        self.state.rounds[rows] += 1
        believed = self.believed_reservations(assessment, day)
        aspiration, way_out = self.aspirations(assessment, believed, day)
        meeting = Meeting(
            day=day,
            assessment=assessment,
            rounds=self.state.rounds[rows],
            speaker=speaker,
            zopa=self.assessor.zone_of_agreement(assessment),
            believed=believed,
            aspiration=aspiration,
            way_out=way_out,
        )
        self.record.met(meeting)
        return meeting

    def believed_reservations(self, assessment: Assessment, day: int) -> dict[Pair, Floats]:
        """Return what each party believes the others with a veto would settle for: (rows,) each."""
        rows, optimism = assessment.rows, self.assessor.beliefs.optimism
        believed = {}
        for (i, j), draws in self.misreading_draws.items():
            error = self.parties[i].params.misreading[rows] * standard_normal(draws[day][rows])
            hoped_for = assessment.reservation[:, j] - optimism[i, j][rows]
            believed[i, j] = (hoped_for + error).astype(np.float32)
        return believed

    def aspirations(
        self, assessment: Assessment, believed: dict[Pair, Floats], day: int
    ) -> tuple[Floats, Bools]:
        """Return what each party holds out for, and whether it sees a way out.

        Two (rows, parties). On the day of the deadline everybody takes what beats no deal.
        """
        rows = assessment.rows
        aspiration = np.empty_like(assessment.reservation)
        way_out = np.ones(assessment.reservation.shape, dtype=bool)
        loss_rate = self.assessor.captivity.loss_rate(rows)
        packages = self.assessor.packages
        for i, party in enumerate(self.parties):
            acceptable = np.ones((len(packages), len(rows)), dtype=bool).T
            for j in self.assessor.vetoers:
                if j != i:
                    acceptable &= assessment.worth[:, j] >= believed[i, j][:, None]
            aspiration[:, i], way_out[:, i] = party.aspiration(
                rows,
                assessment.worth[:, i],
                assessment.reservation[:, i],
                acceptable,
                self.state.elapsed[rows],
                loss_rate,
            )
        last_call = self.channel.deadline[rows] == day
        return np.where(last_call[:, None], assessment.reservation, aspiration), way_out

    # -- from the proposal to the end of the round ---------------------------------------------

    def _conclude(self, meeting: Meeting) -> None:
        """Put a proposal on the table and have it answered, or let the round pass without one."""
        proposed = self.moves.propose(meeting)
        if proposed is None:
            rows = meeting.assessment.rows
            self.state.events["refused_offer"][rows] = 0.0
            self._leak(rows, meeting.day)
        else:
            self._settle(self.moves.answer(meeting, *proposed))

    def _settle(self, answered: NegotiationRound) -> None:
        """Sign the proposal where all with a veto accept it; record it where it fails."""
        assessment, day = answered.assessment, answered.meeting.day
        rows = assessment.rows
        refused = answered.refused(self.model.veto)
        agreed = np.asarray(~refused.any(axis=1))
        self.state.events["refused_offer"][rows] = ~agreed
        if self.takes_notes:
            self._note_round(answered)
        self.record.heard(answered, refused)
        self._leak(rows, day)
        if agreed.any():
            self._agree(
                assessment.of(agreed), answered.proposal[agreed], answered.offered[agreed], day
            )

    def _leak(self, rows: Ints, day: int) -> None:
        """Let rounds become public: positions are exposed, constituencies hear of it."""
        leaked = rows[self.leak_draws[day][rows] < self.channel.leak[rows]]
        if not len(leaked):
            return
        self._note("leak")
        self.record.leaked(leaked)
        self.state.events["leak"][leaked] = 1.0
        for party in self.parties:
            party.expose(leaked)

    def _agree(self, assessment: Assessment, proposal: Ints, offered: Floats, day: int) -> None:
        """Sign, or wait for those who must ask their principals first."""
        rows, state = assessment.rows, self.state
        wait = self.channel.lag[rows] if self.spoken_for else np.zeros(len(rows), dtype=np.int64)
        later = wait > 0
        state.awaited[rows[later]] = proposal[later]
        state.awaited_day[rows[later]] = day + wait[later]
        state.promised[rows] = offered
        if later.any():
            self._note("awaited", package=int(proposal[0]), parties=self.spoken_for)
        if not later.all():
            self._sign(assessment.of(~later), proposal[~later], day)

    def _confirm(self, assessment: Assessment, day: int) -> None:
        """Ask parties spoken for whether they confirm what waits; sign where all do."""
        rows, state = assessment.rows, self.state
        proposal = state.awaited[rows]
        state.awaited[rows] = NONE
        confirmed = np.ones(len(rows), dtype=bool)
        refused_by = []
        for i in self.spoken_for:
            given = self.moves.confirm(i, assessment, proposal, state.promised[rows, i])
            confirmed &= given
            if not given[0]:
                refused_by.append(i)
        self._note("confirmation", package=int(proposal[0]), refused_by=refused_by)
        state.events["refused_offer"][rows[~confirmed]] = 1.0
        self.record.not_confirmed(rows[~confirmed])
        if confirmed.any():
            self._sign(assessment.of(confirmed), proposal[confirmed], day)

    def _sign(self, assessment: Assessment, proposal: Ints, day: int) -> None:
        """Begin a truce, or go on with one under new terms; side payments are spent."""
        rows, state = assessment.rows, self.state
        offered = state.promised[rows]
        renewed = state.phase[rows] == TRUCE
        self._note("signed", package=int(proposal[0]), renewed=bool(renewed[0]))
        on_offer = self.assessor.on_offer(rows)
        self.record.signed(assessment, proposal, offered, on_offer, day)
        for i, party in enumerate(self.parties):
            have = np.maximum(assessment.backed[:, i], 1e-12)
            for mediator in self.assessor.mediators:
                part = mediator.leverage_left[party.name][rows] / have
                mediator.spend(party.name, rows, part * offered[:, i])
        self.record.truce_began(rows[state.phase[rows] == WAR])
        self.truces.begin(rows, proposal, offered.sum(axis=1), day)
        state.phase[rows] = TRUCE
        state.elapsed[rows] = 0.0
        state.promised[rows] = 0.0

    # -- notes ---------------------------------------------------------------------------------

    def _note_round(self, answered: NegotiationRound) -> None:
        assessment, aspiration = answered.assessment, answered.meeting.aspiration
        package = int(answered.proposal[0])
        noise = self.channel.noise[assessment.rows]
        self._note(
            "round",
            package=package,
            speaker=int(answered.speaker[0]),
            worth=assessment.worth[0, :, package],
            reservation=assessment.reservation[0],
            aspiration=aspiration[0],
            way_out=answered.meeting.way_out[0],
            accepts=answered.accepts[0],
            offered=answered.offered[0],
            zopa=bool(answered.meeting.zopa[0].any()),
            override=self._price_of_overriding(assessment, package),
            worths=assessment.worth[0],
            added=np.stack(
                [
                    self.assessor.side_payment(
                        assessment, i, aspiration[:, i], assessment.worth[0, i], noise
                    )
                    for i in range(len(self.parties))
                ]
            ),
        )

    def _price_of_overriding(self, assessment: Assessment, package: int) -> list[float]:
        """Return what each party would pay at home for a package, in the diary's run."""
        prices = [0.0] * len(self.parties)
        for i, (party, valuation) in enumerate(
            zip(self.parties, assessment.valuations, strict=True)
        ):
            if party.quota:
                voters = [tables.of(assessment.where[:1]) for tables in valuation.voters]
                if not party.ratifies(voters)[0, package]:
                    prices[i] = float(party.params.override_price[assessment.rows[0]])
        return prices


def _no_note(kind: str, **facts: object) -> None:
    """Take no note."""


def _logistic(uniforms: NDArray[np.floating]) -> Floats:
    """Return logistic noise from uniform numbers."""
    inside = np.clip(uniforms.astype(np.float64), FINEST_LUCK, 1.0 - FINEST_LUCK)
    return np.asarray(np.log(inside) - np.log1p(-inside))
