"""A mediator between the parties: channel, information, formulation, leverage, guarantee."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mesa
import numpy as np

from sim.engine.sampling import ParameterSample, carry_over
from sim.engine.utility import Tables
from sim.scenario.errors import StrategyError
from sim.scenario.packages import Packages
from sim.scenario.quantity import standard_normal
from sim.theory.bargaining import FORMULATIONS
from sim.theory.credibility import credibility
from sim.types import Floats, Ints


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


class Mediator(mesa.Agent):
    """Someone between the parties; what varies is an array with one entry per run."""

    def __init__(self, talks: mesa.Model, name: str, draws: ParameterSample) -> None:
        super().__init__(talks)
        spec = draws.scenario.mediators[name]
        self.name = name
        self.title = spec.title
        self.keeps_channel = spec.keeps_channel
        self.params = MediatorParams.of(draws, name)
        # Side payments that it can still make to each party: (runs,), in utils.
        self.leverage_left = {party: whole.copy() for party, whole in self.params.leverage.items()}
        self._read_formulation(draws)

    def set_params(self, draws: ParameterSample) -> None:
        """Set the numbers of a new sample; what was spent of its leverage stays spent."""
        new = MediatorParams.of(draws, self.name)
        for party, left in self.leverage_left.items():
            before, after = self.params.leverage[party], new.leverage[party]
            self.leverage_left[party] = carry_over(left, before, after)
        self.params = new
        self._read_formulation(draws)

    def _read_formulation(self, draws: ParameterSample) -> None:
        """Read how it words proposals, and how far it misjudges what parties care about."""
        name, parties = self.name, list(draws.scenario.parties)
        spec, path = draws.scenario.mediators[name], f"mediators.{name}"
        self.formulation = None
        if spec.formulation is not None:
            self.formulation = FORMULATIONS[spec.formulation.kind]
            numbers = self.formulation.numbers
            self.formulation_numbers = draws.of(f"{path}.formulation.numbers", numbers)
            self.slant = {
                p: standard_normal(draws.chance.once(f"weights {name} {p}", 3)) for p in parties
            }

    def share_revealed(self, party: str, about: str) -> Floats:
        """Return how much of what a rival hides a party learns and believes, 0 to 1: (runs,)."""
        return self.params.believed[party] * self.params.access[about]

    def utility_estimate_error(
        self, rows: Ints, party: str, tables: Tables, packages: Packages, rounds: Floats
    ) -> Floats:
        """Return how far its guess of a package's utility to a party is off: (runs, packages).

        It misjudges how much the party cares about the settlement, the exchange and the rest.
        """
        assert self.formulation is not None
        spread = self.formulation.misjudgement(self._numbers_in(rows), rounds)
        return tables.misjudged(spread[:, None] * self.slant[party][rows]).spread(packages)

    def propose(self, rows: Ints, worth: Floats, reservation: Floats, aspiration: Floats) -> Ints:
        """Return the proposal that it makes: (rows,) package.

        `worth` is its guess (rows, parties, packages); `reservation` and `aspiration` (rows,
        parties) are what it takes the parties to settle for and to hold out for.
        """
        assert self.formulation is not None
        proposal = self.formulation(self._numbers_in(rows), worth, reservation, aspiration)
        if not ((proposal >= 0) & (proposal < worth.shape[-1])).all():
            words = f"the formulation of {self.name} names a package that there is not"
            raise StrategyError(self.formulation, words)
        return np.asarray(proposal, dtype=np.int64)

    def _numbers_in(self, rows: Ints) -> dict[str, Floats]:
        """Return the numbers of its formulation in some runs."""
        return {name: value[rows] for name, value in self.formulation_numbers.items()}

    def spend(self, party: str, rows: Ints, amount: Floats) -> None:
        """Take side payments that were promised off its leverage."""
        self.leverage_left[party][rows] = np.maximum(self.leverage_left[party][rows] - amount, 0.0)
