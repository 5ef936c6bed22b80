"""A mediator between the parties: channel, information, formulation, leverage, guarantee.

What it knows of a party it knows as far as the party confides in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mesa
import numpy as np

from sim.engine.agents.party import BARRED
from sim.engine.sampling import ParameterSample, carry_over
from sim.engine.utility import Tables
from sim.scenario.errors import StrategyError
from sim.scenario.packages import Packages
from sim.scenario.quantity import standard_normal
from sim.theory.bargaining import FORMULATIONS
from sim.theory.credibility import credibility
from sim.types import Bools, Floats, Ints

#: A side payment aims this many scales of noise above what a party is thought to settle for.
MARGIN_OF_PERSUASION = 3.0


@dataclass(frozen=True)
class Soundings:
    """What the parties let a mediator know in a round; axis 0 is the row."""

    rows: Ints  # (rows,) their runs
    rounds: Floats  # (rows,) that it has sat with them before
    worth: Floats  # (rows, parties, packages) in utils
    tables: list[Tables]  # by party
    reservation: Floats  # (rows, parties) what each would settle for, in utils
    claims: Floats  # (rows, parties) what each would take in private, in utils
    barred: Bools  # (rows, parties, packages) what the stance of each bars
    payable: Floats  # (rows, parties) side payments that mediators can make
    noise: Floats  # (rows,) scale of the noise in answers, in utils


@dataclass(frozen=True)
class MediatorParams:
    """The numbers of a mediator, but those of its formulation; axis 0 is the run."""

    guarantee: Floats  # (runs,) what it offers to guarantee
    access: Mapping[str, Floats]  # by party, (runs,) how well it knows its reservation value
    leverage: Mapping[str, Floats]  # by party, (runs,) side payments that it can make, in utils
    believed: Mapping[str, Floats]  # by party, (runs,) how far it is believed
    drafting: Floats  # (runs,) its weight in the choice of who drafts a proposal

    @classmethod
    def of(cls, sample: ParameterSample, name: str) -> MediatorParams:
        """Read the numbers of a mediator from a sample."""
        spec = sample.scenario.mediators[name]
        path = f"mediators.{name}"
        parties = list(sample.scenario.parties)
        access = {p: sample.get(f"{path}.access.{p}", 0.0) for p in parties}
        believed: dict[str, Floats] = {p: np.zeros(sample.chance.runs) for p in parties}
        if spec.information is not None:
            numbers = ("signal_error", "war_aversion", "cost_low", "cost_high")
            information = sample.of(f"{path}.information", numbers)
            for p in parties:
                bias = sample.get(f"{path}.bias.{p}", 0.0)
                believed[p] = credibility(bias, *information.values())
        # Who knows nothing of either side has nothing to word a text from (Fey and Ramsay 2010).
        informed = np.max([access[p] for p in parties], axis=0) > 0
        return cls(
            guarantee=sample.get(f"{path}.guarantee", 0.0),
            access=access,
            leverage={p: sample.get(f"{path}.leverage.{p}", 0.0) for p in parties},
            believed=believed,
            drafting=sample.get(f"{path}.drafting", 0.0) * informed,
        )


#: The numbers of a mediator, and those of its formulation by name.
MediatorNumbers = tuple[MediatorParams, dict[str, Floats]]


class Mediator(mesa.Agent):
    """Someone between the parties; what varies is an array with one entry per run."""

    def __init__(
        self, talks: mesa.Model, name: str, draws: ParameterSample, packages: Packages
    ) -> None:
        super().__init__(talks)
        self.packages = packages
        spec = draws.scenario.mediators[name]
        vetoes = [k for k, party in enumerate(draws.scenario.parties.values()) if party.veto]
        self.party_names = list(draws.scenario.parties)
        self.vetoers = np.array(vetoes, dtype=np.int64)
        self.name = name
        self.title = spec.title
        self.keeps_channel = spec.keeps_channel
        self.params = MediatorParams.of(draws, name)
        # Side payments that it can still make to each party: (runs,), in utils.
        self.leverage_left = {party: whole.copy() for party, whole in self.params.leverage.items()}
        self.formulation_numbers: dict[str, Floats] = {}
        self._read_formulation(draws)

    def set_params(self, draws: ParameterSample) -> None:
        """Set the numbers of a new sample; what was spent of its leverage stays spent."""
        self.take_params(self.read_params(draws))

    def read_params(self, draws: ParameterSample) -> MediatorNumbers:
        """Read its numbers, and those of its formulation, from a sample."""
        names = self.formulation.numbers if self.formulation else ()
        formulation = draws.of(f"mediators.{self.name}.formulation.numbers", names)
        return MediatorParams.of(draws, self.name), formulation

    @property
    def numbers(self) -> MediatorNumbers:
        """The numbers as they are now."""
        return self.params, self.formulation_numbers

    def take_params(self, numbers: MediatorNumbers) -> None:
        """Set new numbers; what was spent of its leverage stays spent."""
        new, formulation = numbers
        for party, left in self.leverage_left.items():
            before, after = self.params.leverage[party], new.leverage[party]
            self.leverage_left[party] = carry_over(left, before, after, (0.0, np.inf))
        self.params, self.formulation_numbers = new, formulation

    def _read_formulation(self, draws: ParameterSample) -> None:
        """Read how it words proposals, and how far it misjudges what parties care about."""
        name, parties = self.name, list(draws.scenario.parties)
        spec, path = draws.scenario.mediators[name], f"mediators.{name}"
        self.formulation = None
        if spec.formulation is not None:
            self.formulation = FORMULATIONS[spec.formulation.kind]
            numbers = self.formulation.numbers
            self.formulation_numbers |= draws.of(f"{path}.formulation.numbers", numbers)
            self.slant = {
                p: standard_normal(draws.chance.once(f"weights {name} {p}", 3)) for p in parties
            }

    def share_revealed(self, party: str, about: str) -> Floats:
        """Return how much of what a rival hides a party learns and believes, 0 to 1: (runs,)."""
        return self.params.believed[party] * self.params.access[about]

    # -- the text ------------------------------------------------------------------------------

    def find_text(self, soundings: Soundings) -> tuple[Ints, Bools]:
        """Return the text that it comes to, and whether it puts it forward: two (rows,).

        The single negotiating text (Fisher 1978): from round to round it asks each side in private
        what hurts in the text, and words it anew from what it has been told. It puts forward only
        what it believes that all with a veto would take.
        """
        rows, veto, claims = soundings.rows, self.vetoers, soundings.claims
        guess = self.guess(soundings)
        text = self.propose(rows, guess[:, veto], claims[:, veto], claims[:, veto])
        taken = _with_payments(guess, text, soundings) >= claims
        return text, np.asarray(taken[:, veto].all(axis=1))

    def guess(self, soundings: Soundings) -> Floats:
        """Return what it guesses packages are worth to parties: (rows, parties, packages).

        It misjudges how much each cares about the settlement, the exchange and the rest, less so
        after more rounds, and the sooner the more a party confides in it. What a stance bars is as
        good as worthless.
        """
        assert self.formulation is not None
        guess = soundings.worth.copy(order="K")
        numbers = self._numbers_in(soundings.rows)
        access = self.access(soundings.rows)
        for i, name in enumerate(self.party_names):
            told = soundings.rounds * access[:, i]
            spread = self.formulation.misjudgement(numbers, told)
            off = spread[:, None] * self.slant[name][soundings.rows]
            guess[:, i] += soundings.tables[i].misjudged(off).spread(self.packages)
            if soundings.barred[:, i].any():
                guess[:, i] -= BARRED * soundings.barred[:, i]
        return guess

    def propose(self, rows: Ints, worth: Floats, reservation: Floats, aspiration: Floats) -> Ints:
        """Return the text that its formulation words: (rows,) package.

        `worth` is its guess (rows, parties, packages); `reservation` and `aspiration` (rows,
        parties) are what it takes the parties to settle for and to hold out for.
        """
        assert self.formulation is not None
        proposal = self.formulation(self._numbers_in(rows), worth, reservation, aspiration)
        if not ((proposal >= 0) & (proposal < worth.shape[-1])).all():
            words = f"the formulation of {self.name} names a package that there is not"
            raise StrategyError(self.formulation, words)
        return np.asarray(proposal, dtype=np.int64)

    def access(self, rows: Ints) -> Floats:
        """Return how far each party confides in it, 0 to 1: (rows, parties)."""
        return np.stack([self.params.access[name][rows] for name in self.party_names], axis=1)

    def _numbers_in(self, rows: Ints) -> dict[str, Floats]:
        """Return the numbers of its formulation in some runs."""
        return {name: value[rows] for name, value in self.formulation_numbers.items()}

    # -- side payments -------------------------------------------------------------------------

    def can_pay(self, party: str, rows: Ints) -> Floats:
        """Return what it could add to a text for a party: (rows,), in utils.

        As much of what is left of its leverage as it knows how to use: who does not know what a
        party lacks cannot buy its consent.
        """
        return np.asarray(self.params.access[party][rows] * self.leverage_left[party][rows])

    def spend(self, party: str, rows: Ints, amount: Floats) -> None:
        """Take side payments that were promised off its leverage."""
        self.leverage_left[party][rows] = np.maximum(self.leverage_left[party][rows] - amount, 0.0)


def _with_payments(worth: Floats, text: Ints, soundings: Soundings) -> Floats:
    """Return what texts (rows,) and the payments with them are worth: (rows, parties), in utils."""
    value = np.take_along_axis(worth, text[:, None, None], axis=2)[:, :, 0]
    wanted = soundings.reservation + MARGIN_OF_PERSUASION * soundings.noise[:, None] - value
    return np.asarray(value + np.clip(wanted, 0.0, soundings.payable))
