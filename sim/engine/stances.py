"""The days on which leaderships turn from firm to flexible, or back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sim.engine.agents.party import Party
from sim.engine.captives import Captivity
from sim.engine.random_streams import RandomStreams
from sim.engine.sampling import ParameterSample
from sim.types import Bools, Floats, Ints


class Stances:
    """How the leaderships of a block of runs stand, day by day.

    Parties of one camp hear the same news: they turn by the same uniform numbers, each with its own
    hazard, so that with equal hazards they turn on the same days.
    """

    def __init__(
        self,
        streams: RandomStreams,
        parties: Sequence[Party],
        captivity: Captivity,
        note: Callable[..., None],
    ) -> None:
        self.streams = streams
        self.parties = parties
        self.captivity = captivity
        self._note = note
        self.told: dict[str, bool] = {}  # by party, whether it was flexible in the first run
        #: By party with a veto, what it reconsiders and what it hardens by.
        self.turns = {
            party.name: tuple(streams.daily(f"{turn} {party.camp}") for turn in ("opens", "closes"))
            for party in parties
            if party.veto
        }

    @property
    def flexible(self) -> Bools:
        """Whether each leadership is flexible: (runs, parties)."""
        return np.stack([party.flexible for party in self.parties], axis=1)

    def begin(self, sample: ParameterSample) -> None:
        """Let leaderships stand firm or flexible, with what counts on the first day."""
        loss_rate = self._loss_rate()
        for party in self.parties:
            if party.veto:
                chosen = sample.get(f"parties.{party.name}.flexible", np.nan)
                uniforms = self.streams.once(f"stands {party.camp}")[:, 0]
                stated = None if np.isnan(chosen).any() else chosen
                party.take_first_stance(stated, loss_rate, uniforms)
        self.tell()

    def reconsider(self, day: int, today: Mapping[str, Floats], front_moved: Ints) -> None:
        """Let leaderships turn after what has happened.

        `front_moved` is 1 where the forward side has won a battle today, -1 where it lost one.
        """
        loss_rate, after = self._loss_rate(), {}
        for party in self.parties:
            if party.veto:
                gain = 1 if party.forward else -1
                events = {**today, "battle_won": (front_moved == gain).astype(float)}
                opening, closing = (draws[day] for draws in self.turns[party.name])
                party.update_stance(loss_rate, events, opening, closing)
                after[party.name] = party.hardening(events)
        self.tell(after)

    def tell(self, after: Mapping[str, tuple[str, ...]] | None = None) -> None:
        """Note which leaderships have turned in the first run since this was last told.

        `after` has by party what of the day's events may have hardened it.
        """
        for place, party in enumerate(self.parties):
            flexible = bool(party.flexible[0])
            if party.veto and self.told.get(party.name) != flexible:
                self.told[party.name] = flexible
                causes = (after or {}).get(party.name, ())
                self._note("stance", party=place, flexible=flexible, after=causes)

    def _loss_rate(self) -> Floats:
        """Return the share of captives expected to die in a day: (runs, pools)."""
        return self.captivity.loss_rate(np.arange(self.streams.runs))
