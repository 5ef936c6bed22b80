"""People a party answers to: how stirred up they are, and what that does to the party."""

from __future__ import annotations

from collections.abc import Mapping

import mesa
import numpy as np

from sim.engine.sampling import ParameterSample
from sim.engine.utility import Stakes
from sim.types import Floats, Ints


class Constituency(mesa.Agent):
    """A constituency of one party; attributes that vary are arrays with one entry per run."""

    def __init__(
        self, talks: mesa.Model, party: str, name: str, draws: ParameterSample, stakes: Stakes
    ) -> None:
        super().__init__(talks)
        spec = draws.scenario.parties[party].constituencies[name]
        path = f"parties.{party}.constituencies.{name}"
        self.name = name
        self.title = spec.title
        self.seats = spec.seats
        self.stakes = stakes
        self.influence = draws[f"{path}.influence"]
        self.rest = draws[f"{path}.mobilised"]
        self.mobilised = self.rest.copy()
        self.calming = 1.0 - 0.5 ** (1.0 / np.maximum(draws[f"{path}.half_life_days"], 1e-6))
        self.stirred_by = {event: draws[f"{path}.stirred_by.{event}"] for event in spec.stirred_by}
        self.urgency = draws.get(f"{path}.urgency", 0.0)

    def stir(self, events: Mapping[str, Floats]) -> None:
        """Let the day's events, each a count per run, mobilise people; then let them calm down.

        What has happened in no run may be left out.
        """
        unmoved = np.ones_like(self.mobilised)
        for event, share in self.stirred_by.items():
            if event not in events:
                continue
            happened = events[event]
            if happened.max() > 1:
                where = happened.nonzero()[0]
                unmoved[where] *= (1.0 - share[where]) ** happened[where]
            else:  # the same for what happens once at the most
                unmoved *= 1.0 - share * happened
        self.mobilised += (1.0 - unmoved) * (1.0 - self.mobilised)
        self.mobilised -= self.calming * (self.mobilised - self.rest)

    def weight(self, rows: Ints) -> Floats:
        """Its weight on the party's choices: (runs,)."""
        return np.asarray(self.influence[rows] * self.mobilised[rows])

    def patience_left(self, rows: Ints) -> Floats:
        """The share of what is still held out for that its urging leaves: (runs,)."""
        return np.asarray(1.0 - self.urgency[rows] * self.mobilised[rows])
