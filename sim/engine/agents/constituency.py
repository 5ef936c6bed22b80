"""People a party answers to: how mobilised they are, and what that does to the party."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mesa
import numpy as np

from sim.engine.sampling import ParameterSample, carry_over
from sim.engine.utility import Stakes, Tables
from sim.scenario.packages import Packages
from sim.types import Bools, Floats, Ints


@dataclass(frozen=True)
class ConstituencyParams:
    """The numbers of a constituency; axis 0 is the run."""

    stakes: Stakes
    influence: Floats  # (runs,) its weight on the party's choices when all are mobilised
    rest: Floats  # (runs,) share mobilised on the first day, and in the long run without news
    calming: Floats  # (runs,) share of the distance to `rest` that a day takes away
    stirred_by: Mapping[str, Floats]  # by event, (runs,) share of the others whom it mobilises
    urgency: Floats  # (runs,)

    @classmethod
    def of(
        cls, sample: ParameterSample, party: str, name: str, stakes: Stakes
    ) -> ConstituencyParams:
        """Read the numbers of a constituency from a sample."""
        path = f"parties.{party}.constituencies.{name}"
        events = sample.scenario.parties[party].constituencies[name].stirred_by
        return cls(
            stakes=stakes,
            influence=sample[f"{path}.influence"],
            rest=sample[f"{path}.mobilised"],
            calming=1.0 - 0.5 ** (1.0 / np.maximum(sample[f"{path}.half_life_days"], 1e-6)),
            stirred_by={event: sample[f"{path}.stirred_by.{event}"] for event in events},
            urgency=sample.get(f"{path}.urgency", 0.0),
        )


class Constituency(mesa.Agent):
    """A constituency of one party; what varies is an array with one entry per run."""

    def __init__(
        self,
        talks: mesa.Model,
        party: str,
        name: str,
        title: str,
        seats: int,
        params: ConstituencyParams,
    ) -> None:
        super().__init__(talks)
        self.party = party  # the name of the one that answers to it
        self.name = name
        self.title = title
        self.seats = seats
        self.params = params
        self.mobilised = params.rest.copy()  # (runs,) share of its people

    def set_params(self, new: ConstituencyParams) -> None:
        """Set new numbers; those mobilised stay as far from rest as they are."""
        self.mobilised = carry_over(self.mobilised, self.params.rest, new.rest, (0.0, 1.0))
        self.params = new

    def update_mobilisation(self, events: Mapping[str, Floats]) -> None:
        """Let the day's events, each a count per run, mobilise people; then let them calm down.

        What has happened in no run may be left out.
        """
        unmoved = np.ones_like(self.mobilised)
        for event, share in self.params.stirred_by.items():
            if event not in events:
                continue
            happened = events[event]
            if happened.max() > 1:
                where = happened.nonzero()[0]
                unmoved[where] *= (1.0 - share[where]) ** happened[where]
            else:  # the same for what happens once at the most
                unmoved *= 1.0 - share * happened
        self.mobilised += (1.0 - unmoved) * (1.0 - self.mobilised)
        self.mobilised -= self.params.calming * (self.mobilised - self.params.rest)

    def weight(self, rows: Ints) -> Floats:
        """Return its weight on the party's choices: (rows,)."""
        return np.asarray(self.params.influence[rows] * self.mobilised[rows])

    def patience_left(self, rows: Ints) -> Floats:
        """Return the share of what is still held out for that its urging leaves: (rows,)."""
        return np.asarray(1.0 - self.params.urgency[rows] * self.mobilised[rows])

    def votes_for(self, tables: Tables, packages: Packages) -> Bools:
        """Return which packages its people would vote for: (runs, packages).

        Those that are worth at least as much to them as no deal.
        """
        return np.asarray(tables.spread(packages) >= tables.reservation[:, None])
