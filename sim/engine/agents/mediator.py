"""A mediator between the parties: channel, information, formulation, leverage, guarantee."""

from __future__ import annotations

import mesa
import numpy as np

from sim.engine.sampling import ParameterSample
from sim.engine.utility import Tables
from sim.scenario.packages import Packages
from sim.scenario.quantity import standard_normal
from sim.theory.bargaining import FORMULATIONS
from sim.theory.credibility import credibility
from sim.types import Floats, Ints


class Mediator(mesa.Agent):
    """Someone between the parties; attributes that vary are arrays with one entry per run."""

    def __init__(self, talks: mesa.Model, name: str, draws: ParameterSample) -> None:
        super().__init__(talks)
        spec = draws.scenario.mediators[name]
        path = f"mediators.{name}"
        runs = draws.chance.runs
        parties = list(draws.scenario.parties)
        self.name = name
        self.title = spec.title
        self.keeps_channel = spec.keeps_channel
        self.guarantee = draws.get(f"{path}.guarantee", 0.0)
        self.access = {p: draws.get(f"{path}.access.{p}", 0.0) for p in parties}
        self.leverage_left = {p: draws.get(f"{path}.leverage.{p}", 0.0) for p in parties}
        self.believed: dict[str, Floats] = {p: np.zeros(runs) for p in parties}
        if spec.information is not None:
            said = draws.of(
                f"{path}.information", ("signal_error", "war_aversion", "cost_low", "cost_high")
            )
            for p in parties:
                bias = draws.get(f"{path}.bias.{p}", 0.0)
                self.believed[p] = credibility(bias, *said.values())
        # Who knows nothing of either side has nothing to word a text from (Fey and Ramsay 2010).
        informed = np.max([self.access[p] for p in parties], axis=0) > 0
        self.drafting = draws.get(f"{path}.drafting", 0.0) * informed
        self.formulation = None
        if spec.formulation is not None:
            self.formulation = FORMULATIONS[spec.formulation.kind]
            names = tuple(self.formulation.numbers)
            self.formulation_numbers = draws.of(f"{path}.formulation.numbers", names)
            self.slant = {
                p: standard_normal(draws.chance.once(f"weights {name} {p}", 3)) for p in parties
            }

    def tells(self, party: str, about: str) -> Floats:
        """How much of what it hides from a rival a party learns and believes, 0 to 1: (runs,)."""
        return self.believed[party] * self.access[about]

    def guesses(
        self, rows: Ints, party: str, tables: Tables, packages: Packages, rounds: Floats
    ) -> Floats:
        """How far its guess of a package's worth to a party is off: (runs, packages), in utils.

        It misjudges how much the party cares about the settlement, the exchange and the rest.
        """
        assert self.formulation is not None
        spread = self.formulation.misjudgement(self._numbers_in(rows), rounds)
        return tables.misjudged(spread[:, None] * self.slant[party][rows]).spread(packages)

    def drafts(self, rows: Ints, worth: Floats, reservation: Floats, aspiration: Floats) -> Ints:
        """The text it puts on the table: (rows,) package.

        `worth` is its guess (rows, parties, packages); `reservation` and `aspiration` (rows,
        parties) are what it takes the parties to settle for and to hold out for.
        """
        assert self.formulation is not None
        text = self.formulation(self._numbers_in(rows), worth, reservation, aspiration)
        return np.asarray(text, dtype=np.int64)

    def _numbers_in(self, rows: Ints) -> dict[str, Floats]:
        """The numbers of its formulation in some runs."""
        return {name: value[rows] for name, value in self.formulation_numbers.items()}

    def spend(self, party: str, rows: Ints, amount: Floats) -> None:
        """Side payments that were promised are gone."""
        self.leverage_left[party][rows] = np.maximum(self.leverage_left[party][rows] - amount, 0.0)
