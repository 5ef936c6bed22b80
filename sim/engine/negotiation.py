"""A round of talks: parties meet, someone proposes a package, the parties answer, they sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.engine.agents.mediator import Soundings
from sim.engine.agents.party import BARRED
from sim.engine.assessment import Assessor, Pair
from sim.engine.deal_quality import utility_of
from sim.engine.outcomes import NONE
from sim.engine.random_streams import RandomStreams
from sim.engine.recorder import Recorder
from sim.engine.rounds import TRUCE, WAR, Assessment, Meeting, NegotiationRound, TalksState
from sim.engine.run_events import Lesson
from sim.engine.sampling import ParameterSample
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
    mediated: Floats  # (runs,) chance that a mediator tries a text where a party's has failed
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

    def mediate(self, answered: NegotiationRound) -> NegotiationRound:
        """Return the round with a mediator's text in place of a party's that failed, where taken.

        What a mediator tries in private and in vain leaves the round as it was.
        """
        ...

    def confirm(
        self, party: int, assessment: Assessment, proposal: Ints, promised: Floats
    ) -> Bools:
        """Return whether a party with a veto confirms what was agreed and had to wait: (rows,).

        `promised` are the side payments to it, (rows,), in utils.
        """
        ...


class ModelMoves:
    """The moves of the model's own agents: it hands each what it may know, and they decide."""

    def __init__(self, streams: RandomStreams, assessor: Assessor, channel: ChannelParams) -> None:
        self.assessor = assessor
        self.channel = channel
        self.parties = assessor.parties
        self.mediators = assessor.mediators
        self.packages = assessor.packages
        names = [party.name for party in self.parties]
        self.veto = np.array([party.veto for party in self.parties])
        self.answer_noise = streams.dailies([f"answers {name}" for name in names])
        self.private_noise = streams.dailies([f"answers privately {name}" for name in names])
        self.speaker_draws = streams.dailies([f"speaks {name}" for name in names])
        self.drafter_draws = streams.dailies([f"drafts {m.name}" for m in self.mediators])
        self.mediated_draws = streams.daily("mediated")

    def waits(self, meeting: Meeting) -> bool:
        """Wait for nobody."""
        return False

    # -- proposals -----------------------------------------------------------------------------

    def speakers(self, rows: Ints, day: int) -> Ints:
        """Return whose turn it is to propose, by the party's place: (rows,)."""
        return np.asarray(self.speaker_draws[day].take(rows, axis=1).argmax(axis=0))

    def propose(self, meeting: Meeting) -> tuple[Ints, Ints]:
        """Return the proposals of those whose turn it is."""
        proposal = np.zeros(len(meeting.rows), dtype=np.int64)
        for i in np.unique(meeting.speaker):
            mine = meeting.speaker == i
            proposal[mine] = self._party_proposal(int(i), meeting.of(mine))
        return proposal, meeting.speaker

    def _party_proposal(self, i: int, meeting: Meeting) -> Ints:
        """Return a party's proposal, as it guesses what the others would gain: (rows,)."""
        party, assessment = self.parties[i], meeting.assessment
        others: Floats = np.full((1, len(self.packages)), np.inf, dtype=np.float32)
        for j in self.assessor.vetoers:
            if j != i:
                other = self.parties[j]
                tables = assessment.valuations[j].tables.of(assessment.where)
                error = party.utility_estimate_error(meeting.rows, other.name, tables)
                gain = assessment.worth[:, j] + error - meeting.believed[i, j][:, None]
                barred = other.barred(meeting.rows)
                if barred.any():
                    gain -= BARRED * barred
                others = np.minimum(others, gain)
        worth, aspiration = assessment.worth[:, i], meeting.aspiration[:, i]
        return party.propose(meeting.rows, worth, aspiration, others)

    # -- answers -------------------------------------------------------------------------------

    def answer(self, meeting: Meeting, proposal: Ints, speaker: Ints) -> NegotiationRound:
        """Return who accepts a package (rows,), and what side payments that takes.

        Answers are simultaneous. Who proposed a package stands by it, unless nothing on offer
        meets what it holds out for. Mediators with leverage add what a package falls short of the
        party's reservation value, as far as they know it and have it. What a mediator puts forward
        is answered in private, where a party that confides in it takes less, with noise of its own.
        """
        assessment, aspiration = meeting.assessment, meeting.aspiration
        rows = assessment.rows
        places = range(len(self.parties))
        own = speaker[:, None] == np.array(places)
        private = speaker >= len(self.parties)
        value = utility_of(assessment.worth, proposal)
        scale = self.channel.noise[rows]
        offered = np.empty_like(aspiration)
        for i in places:
            offered[:, i] = self.assessor.side_payment(assessment, i, value[:, i], scale)
        offered[own] = 0.0
        uniforms = self.answer_noise[meeting.day].take(rows, axis=1)
        if private.any():
            hidden = self.private_noise[meeting.day].take(rows, axis=1)
            uniforms = np.where(private, hidden, uniforms)
            aspiration = np.where(private[:, None], self.claims(meeting, speaker), aspiration)
        noise = scale[:, None] * _logistic(uniforms).T
        heard = value + offered + np.where(own, 0.0, noise)
        accepts = np.empty(aspiration.shape, dtype=bool)
        for i, party in enumerate(self.parties):
            accepts[:, i] = party.answer(rows, proposal, heard[:, i], aspiration[:, i])
        mediated = np.zeros(len(rows), dtype=bool)
        return NegotiationRound(meeting, proposal, speaker, accepts, offered, mediated)

    # -- mediators' texts ----------------------------------------------------------------------

    def mediate(self, answered: NegotiationRound) -> NegotiationRound:
        """Let mediators put texts of their own forward in private, where a party's has failed."""
        if not self.mediators:
            return answered
        meeting = answered.meeting
        called, drafter = self.called(meeting)
        called &= answered.refused(self.veto).any(axis=1)
        if not called.any():
            return answered
        some = meeting.of(called)
        text, forward = self.draft(some, drafter[called])
        speaker = len(self.parties) + drafter[called]
        second = self.answer(some, text, speaker)
        taken = forward & ~second.refused(self.veto).any(axis=1)
        return _with_texts(answered, second, np.flatnonzero(called), forward, taken)

    def called(self, meeting: Meeting) -> tuple[Bools, Ints]:
        """Return where a mediator would try a text of its own today, and which: two (rows,)."""
        rows, day = meeting.rows, meeting.day
        weights = np.array([mediator.params.drafting[rows] for mediator in self.mediators])
        uniforms = self.drafter_draws[day].take(rows, axis=1)
        waiting = -np.log1p(-uniforms) / np.maximum(weights, 1e-300)
        called = self.mediated_draws[day][rows] < self.channel.mediated[rows]
        return called & (weights.max(axis=0) > 0), np.asarray(waiting.argmin(axis=0))

    def draft(self, meeting: Meeting, drafter: Ints) -> tuple[Ints, Bools]:
        """Return the text of each mediator whose turn it is, and whether it is put forward.

        `drafter` is the mediator's place, (rows,), as are what is returned.
        """
        text = np.zeros(len(meeting.rows), dtype=np.int64)
        forward = np.zeros(len(meeting.rows), dtype=bool)
        for m in np.unique(drafter):
            its = drafter == m
            soundings = self.soundings(meeting.of(its), int(m))
            text[its], forward[its] = self.mediators[m].find_text(soundings)
        return text, forward

    def claims(self, meeting: Meeting, speaker: Ints) -> Floats:
        """Return what parties would take from each mediator that speaks: (rows, parties), in utils.

        As it is where a party speaks.
        """
        claims, reservation = meeting.aspiration.copy(), meeting.assessment.reservation
        for m, mediator in enumerate(self.mediators):
            its = np.flatnonzero(speaker == len(self.parties) + m)
            access = mediator.access(meeting.rows[its])
            for i, party in enumerate(self.parties):
                claims[its, i] = party.claim(access[:, i], claims[its, i], reservation[its, i])
        return claims

    def soundings(self, meeting: Meeting, mediator: int) -> Soundings:
        """Return what the parties would let a mediator know in a round."""
        assessment, rows = meeting.assessment, meeting.rows
        barred = np.zeros((len(self.parties), len(self.packages), len(rows)), dtype=bool).transpose(
            2, 0, 1
        )
        for i in self.assessor.vetoers:
            barred[:, i] = self.parties[i].barred(rows)
        return Soundings(
            rows=rows,
            rounds=meeting.rounds - 1.0,
            worth=assessment.worth,
            tables=[valuation.tables.of(assessment.where) for valuation in assessment.valuations],
            reservation=assessment.reservation,
            claims=self.claims(meeting, np.full(len(rows), len(self.parties) + mediator)),
            barred=barred,
            payable=assessment.payable,
            noise=self.channel.noise[rows],
        )

    def confirm(
        self, party: int, assessment: Assessment, proposal: Ints, promised: Floats
    ) -> Bools:
        """Return whether a party confirms a package: (rows,)."""
        value = assessment.worth[np.arange(len(assessment.rows)), party, proposal] + promised
        reservation = assessment.reservation[:, party]
        return self.parties[party].confirm(assessment.rows, proposal, value, reservation)


def _with_texts(
    answered: NegotiationRound,
    second: NegotiationRound,
    where: Ints,
    forward: Bools,
    taken: Bools,
) -> NegotiationRound:
    """Return a round with what was `taken` of second texts, `where` they were put `forward`."""
    proposal, speaker = answered.proposal.copy(), answered.speaker.copy()
    accepts, offered = answered.accepts.copy(), answered.offered.copy()
    mediated = answered.mediated.copy()
    rows = where[taken]
    proposal[rows], speaker[rows] = second.proposal[taken], second.speaker[taken]
    accepts[rows], offered[rows] = second.accepts[taken], second.offered[taken]
    mediated[where[forward]] = True
    return NegotiationRound(answered.meeting, proposal, speaker, accepts, offered, mediated, second)


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
        aspiration, top = self.aspirations(assessment, believed, day)
        for i, party in enumerate(self.parties):
            party.come_to_the_table(rows, assessment.reservation[:, i], aspiration[:, i])
        zopa, signable = self.assessor.zone_of_agreement(assessment), self.signable(rows)
        meeting = Meeting(
            day=day,
            assessment=assessment,
            rounds=self.state.rounds[rows],
            speaker=speaker,
            zopa=zopa,
            believed=believed,
            aspiration=aspiration,
            top=top,
            flexible=np.stack([party.flexible[rows] for party in self.parties], axis=1),
            signable=signable,
        )
        self.record.met(meeting)
        return meeting

    def signable(self, rows: Ints) -> Bools:
        """Return the packages that no stance bars: (rows, packages)."""
        free = np.ones((len(self.assessor.packages), len(rows)), dtype=bool).T
        for i in self.assessor.vetoers:
            free &= ~self.parties[i].barred(rows)
        return free

    def believed_reservations(self, assessment: Assessment, day: int) -> dict[Pair, Floats]:
        """Return what each party believes the others with a veto would settle for: (rows,) each."""
        rows = assessment.rows
        return {
            (i, j): self.parties[i].estimate(
                rows,
                self.parties[j].name,
                assessment.reservation[:, j],
                standard_normal(draws[day][rows]),
            )
            for (i, j), draws in self.misreading_draws.items()
        }

    def aspirations(
        self, assessment: Assessment, believed: dict[Pair, Floats], day: int
    ) -> tuple[Floats, Floats]:
        """Return what each party holds out for, and the best that it sees within reach.

        Two (rows, parties), in utils. What a firm party will not sign is out of reach. On the day
        of the deadline everybody takes what beats no deal.
        """
        rows = assessment.rows
        aspiration = np.empty_like(assessment.reservation)
        top = np.empty_like(assessment.reservation)
        loss_rate = self.assessor.captivity.loss_rate(rows)
        packages = self.assessor.packages
        for i, party in enumerate(self.parties):
            acceptable = np.ones((len(packages), len(rows)), dtype=bool).T
            for j in self.assessor.vetoers:
                if j != i:
                    acceptable &= assessment.worth[:, j] >= believed[i, j][:, None]
                    acceptable &= ~self.parties[j].barred(rows)
            aspiration[:, i], top[:, i] = party.aspiration(
                rows,
                assessment.worth[:, i],
                assessment.reservation[:, i],
                acceptable,
                loss_rate,
            )
        last_call = self.channel.deadline[rows] == day
        return np.where(last_call[:, None], assessment.reservation, aspiration), top

    # -- from the proposal to the end of the round ---------------------------------------------

    def _conclude(self, meeting: Meeting) -> None:
        """Put a proposal on the table and have it answered, or let the round pass without one."""
        proposed = self.moves.propose(meeting)
        if proposed is None:
            rows = meeting.assessment.rows
            self.state.events["refused_offer"][rows] = 0.0
            self._leak(rows, meeting.day)
        else:
            answered = self.moves.answer(meeting, *proposed)
            before = self._beliefs(meeting) if self.takes_notes else {}
            self.learn(answered)
            settled = self.moves.mediate(answered)
            if self.takes_notes:
                self._note_round(answered, before)
                self._note_private_text(settled)
            self._settle(settled)

    def learn(self, answered: NegotiationRound) -> None:
        """Let flexible parties learn from each other's refusals of what was put to all.

        A firm party's refusal tells what it has said before. Who refuses may hold out above what it
        would settle for: by as much, each thinks, as it does itself. (That answers of yes should
        teach as well was tried: beliefs ended further from the truth, since those who hope too much
        heard what they hoped.)
        """
        meeting, proposal = answered.meeting, answered.proposal
        assessment, value = answered.assessment, utility_of(answered.assessment.worth, proposal)
        held_out = meeting.aspiration - assessment.reservation
        noise = self.channel.noise[meeting.rows]
        for i, j in self.misreading_draws:
            hears = meeting.flexible[:, i] & meeting.flexible[:, j]
            hears &= ~answered.accepts[:, j] & (answered.speaker < len(self.parties))
            where = np.flatnonzero(hears)
            if not len(where):
                continue
            party, other = self.parties[i], self.parties[j]
            tables = assessment.valuations[j].tables.of(assessment.where[where])
            rows = meeting.rows[where]
            reservation = assessment.reservation[where, j]
            error, doubt = party.gain_estimate_error(
                rows, other.name, tables, proposal[where], reservation
            )
            worth = value[where, j] + answered.offered[where, j] + error - held_out[where, i]
            party.learn(rows, other.name, reservation, worth, noise[where], doubt)

    def _settle(self, answered: NegotiationRound) -> None:
        """Sign the proposal where all with a veto accept it; record it where it fails."""
        assessment, day = answered.assessment, answered.meeting.day
        rows = assessment.rows
        refused = answered.refused(self.model.veto)
        agreed = np.asarray(~refused.any(axis=1))
        self.state.events["refused_offer"][rows] = ~agreed
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
        """Ask all with a veto whether they confirm what waits; sign where they do.

        Those who had to ask their principals, and the others too: in the meantime they may have
        turned firm, or better off without the text.
        """
        rows, state = assessment.rows, self.state
        proposal = state.awaited[rows]
        state.awaited[rows] = NONE
        confirmed = np.ones(len(rows), dtype=bool)
        refused_by, barred_by = [], []
        for i in self.assessor.vetoers:
            given = self.moves.confirm(i, assessment, proposal, state.promised[rows, i])
            confirmed &= given
            if not given[0]:
                refused_by.append(i)
                barred_by += [i] if not self.parties[i].signs(rows, proposal)[0] else []
        answers = {"refused_by": refused_by, "barred_by": barred_by}
        self._note("confirmation", package=int(proposal[0]), **answers)
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
            have = np.maximum(assessment.payable[:, i], 1e-12)
            for mediator in self.assessor.mediators:
                part = mediator.can_pay(party.name, rows) / have
                mediator.spend(party.name, rows, part * offered[:, i])
        self.record.truce_began(rows[state.phase[rows] == WAR])
        self.truces.begin(rows, proposal, offered.sum(axis=1), day)
        state.phase[rows] = TRUCE
        for party in self.parties:
            party.elapsed[rows] = 0.0
        state.promised[rows] = 0.0

    # -- notes ---------------------------------------------------------------------------------

    def _note_round(self, answered: NegotiationRound, before: dict[Pair, float]) -> None:
        """Note the text on the table, its answers, and what they have taught since `before`."""
        meeting = answered.meeting
        self._note(
            "round",
            **self._facts(answered, meeting.aspiration),
            zopa=bool(meeting.zopa[0].any()),
            learnt=[
                Lesson(*pair, before[pair], after)
                for pair, after in self._beliefs(meeting).items()
                if after != before[pair]
            ],
        )

    def _note_private_text(self, settled: NegotiationRound) -> None:
        """Note what a mediator has tried in private, if one has."""
        private = settled.private
        if private is not None:
            claims = self.model.claims(private.meeting, private.speaker)
            forward = bool(settled.mediated[0])
            self._note("private text", **self._facts(private, claims), forward=forward)

    def _beliefs(self, meeting: Meeting) -> dict[Pair, float]:
        """Return how far each party errs about what others would settle for, in the diary's run."""
        run = meeting.rows[0]
        return {
            (i, j): float(self.parties[i].beliefs[self.parties[j].name].bias[run])
            for i, j in self.misreading_draws
        }

    def _facts(self, answered: NegotiationRound, aspiration: Floats) -> dict[str, Any]:
        """Return what the diary's run keeps of a text that was answered.

        `aspiration` (rows, parties) is what each would take, in utils.
        """
        assessment, meeting = answered.assessment, answered.meeting
        package = int(answered.proposal[0])
        noise = self.channel.noise[assessment.rows]
        added = [
            self.assessor.side_payment(assessment, i, assessment.worth[0, i], noise)
            for i in range(len(self.parties))
        ]
        return {
            "package": package,
            "speaker": int(answered.speaker[0]),
            "worth": assessment.worth[0, :, package],
            "reservation": assessment.reservation[0],
            "aspiration": aspiration[0],
            "way_out": meeting.way_out[0],
            "flexible": meeting.flexible[0],
            "signable": meeting.signable[0],
            "accepts": answered.accepts[0],
            "offered": answered.offered[0],
            "override": self._price_of_overriding(assessment, package),
            "worths": assessment.worth[0],
            "added": np.stack(added),
        }

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
    inside = np.clip(uniforms, FINEST_LUCK, 1.0 - FINEST_LUCK)
    return np.asarray(np.log(inside) - np.log1p(-inside))
