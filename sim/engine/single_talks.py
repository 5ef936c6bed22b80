"""One run as a Mesa model of its own: agents, a data collector, days one by one.

`Talks` plays many runs side by side, for numbers. Whoever wants to look into a single one, replace
an agent or draw a page begins here.
"""

from __future__ import annotations

from pathlib import Path

import mesa
import numpy as np

from sim.engine.agents.constituency import Constituency
from sim.engine.agents.mediator import Mediator
from sim.engine.agents.party import Party
from sim.engine.random_streams import RandomStreams
from sim.engine.rounds import TRUCE
from sim.engine.sampling import check_levers
from sim.engine.talks import Talks
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario


class SingleTalks(Talks):
    """Play a single run as a Mesa model, day by day.

    It comes out as the same run does in company. `agents` has its parties, mediators and
    constituencies; what varies with the run is an array of length 1 on them. The attributes
    `parties` and `mediators` are lists, as is `constituencies` of a party: a method of an agent, or
    an agent in its list, can be replaced before the first step. After every step `datacollector`
    collects; put another `mesa.DataCollector` in its place to collect something else.

    Parameters
    ----------
    scenario : Scenario, str or Path
        A scenario, the name of one, or its file.
    run : int
        The number of the run, from 0.
    seed : int
        The seed of the simulation that the run belongs to.
    days : int, optional
        How many days are played; the scenario's own number where not given.
    **kwargs : float
        Levers that are moved, by name, as Mesa's pages hand over what a slider sets.

    Raises
    ------
    ScenarioError
        Where the scenario cannot be read.
    LeverError
        For a lever that the scenario does not have, or a value outside its range.

    Examples
    --------
    >>> from sim import SingleTalks
    >>> talks = SingleTalks("two-rivers", run=3, seed=1, days=20, leaks=0.5)
    >>> sorted(agent.name for agent in talks.agents)[:3]
    ['delta', 'families', 'families']
    >>> talks.run_model()
    >>> talks.datacollector.get_model_vars_dataframe().shape
    (20, 7)
    """

    #: Whether there are days left, by Mesa's name.
    running: bool

    def __init__(
        self,
        scenario: Scenario | str | Path = "two-rivers",
        *,
        run: int = 0,
        seed: int = 1,
        days: int | None = None,
        **kwargs: float,
    ) -> None:
        case = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
        super().__init__(
            case,
            RandomStreams(int(seed), int(run), 1),
            days=case.days if days is None else int(days),
            levers=check_levers(case, kwargs),
        )
        self.datacollector = mesa.DataCollector(
            model_reporters=dict(MODEL_REPORTERS),
            agenttype_reporters={
                Party: dict(PARTY_REPORTERS),
                Mediator: dict(MEDIATOR_REPORTERS),
                Constituency: dict(CONSTITUENCY_REPORTERS),
            },
        )

    def step(self) -> None:
        """Play one day and collect; the last day ends the run."""
        if not self.running:
            return
        super().step()
        self.datacollector.collect(self)
        self.running = self.day < self.days


# --- What is collected: plain numbers and words of the one run

MODEL_REPORTERS = {
    "day": lambda talks: talks.day,
    "flexible": lambda talks: sum(bool(p.flexible[0]) for p in talks.parties if p.veto),
    "rounds": lambda talks: int(talks.state.rounds[0]),
    "deals": lambda talks: int(talks.record.deals[0]),
    "truce": lambda talks: bool(talks.phase[0] == TRUCE),
    "leaks": lambda talks: int(talks.record.leaks[0]),
    "held": lambda talks: int(talks.captivity.held_alive()[0].sum()),
}

PARTY_REPORTERS = {
    "name": "name",
    "flexible": lambda party: bool(party.flexible[0]),
    "reservation": lambda party: float(party.last_reservation[0]),
    "aspiration": lambda party: float(party.last_aspiration[0]),
    "urgency": lambda party: float(party.urgency(np.array([0]))[0]),
    "exposure": lambda party: float(party.exposure[0]),
}

MEDIATOR_REPORTERS = {
    "name": "name",
    "leverage_left": lambda mediator: sum(float(x[0]) for x in mediator.leverage_left.values()),
}

CONSTITUENCY_REPORTERS = {
    "name": "name",
    "party": "party",
    "mobilised": lambda constituency: float(constituency.mobilised[0]),
}
