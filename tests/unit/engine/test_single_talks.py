"""One run as a Mesa user expects it: agents, a data collector, agents that can be replaced."""

import runpy
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import mesa
import numpy as np
import pytest

from sim import SingleTalks, load_scenario
from sim.engine.agents.constituency import Constituency
from sim.engine.agents.mediator import Mediator
from sim.engine.agents.party import Party
from sim.engine.outcomes import NONE
from sim.engine.simulate import play_one
from sim.engine.single_talks import MODEL_REPORTERS
from tests.builders import talks_of

RIVERS = load_scenario("two-rivers")
PAGE = Path(__file__).parents[3] / "scenarios" / "studies" / "talks_page.py"


def test_all_who_act_are_among_the_agents_and_have_a_name():
    talks = SingleTalks(RIVERS)
    kinds = {kind: sorted(a.name for a in talks.agents_by_type[kind]) for kind in talks.agent_types}
    assert kinds[Party] == sorted(RIVERS.parties)
    assert kinds[Mediator] == sorted(RIVERS.mediators)
    people = [name for party in RIVERS.parties.values() for name in party.constituencies]
    assert kinds[Constituency] == sorted(people)
    assert len(talks.agents) == sum(map(len, kinds.values()))
    for constituency in talks.agents_by_type[Constituency]:
        assert constituency.name in RIVERS.parties[constituency.party].constituencies


def test_it_comes_out_as_the_same_run_does_in_company():
    talks = SingleTalks(RIVERS, run=7, seed=3, days=60, leaks=0.5)
    talks.run_model()
    alone, _ = play_one(RIVERS, run=7, seed=3, days=60, levers={"leaks": 0.5})
    assert talks.day == 60
    assert talks.record.deal_day[0] == alone.deal_day[0]
    assert talks.state.rounds[0] == alone.rounds[0] > 0


def test_its_own_collector_keeps_every_day():
    talks = SingleTalks(RIVERS, days=30)
    talks.run_model()
    talks.step()  # the run is over, and nothing more is played or kept
    days = talks.datacollector.get_model_vars_dataframe()
    assert days["day"].tolist() == list(range(1, 31))
    assert set(days.columns) == set(MODEL_REPORTERS)
    parties = talks.datacollector.get_agenttype_vars_dataframe(Party)
    assert len(parties) == 30 * len(RIVERS.parties)
    met = parties[~parties["aspiration"].isna()]
    assert (met["aspiration"] >= met["reservation"] - 1e-6).all()
    people = talks.datacollector.get_agenttype_vars_dataframe(Constituency)
    assert people["mobilised"].between(0, 1).all()
    assert set(people["party"]) <= set(RIVERS.parties)
    mediators = talks.datacollector.get_agenttype_vars_dataframe(Mediator)
    assert (mediators["leverage_left"] >= 0).all()


def test_a_collector_of_ones_own_takes_its_place():
    talks = SingleTalks(RIVERS, days=5)
    talks.datacollector = mesa.DataCollector(
        model_reporters={"day": "day"}, agent_reporters={"name": "name", "flexible": "flexible"}
    )
    talks.run_model()
    agents = talks.datacollector.get_agent_vars_dataframe()
    assert len(agents) == 5 * len(talks.agents)
    stances = agents[agents["name"].isin(RIVERS.parties)]["flexible"]
    assert all(len(flexible) == 1 for flexible in stances)


# --- Agents that are replaced


class Refuser:
    """Stands in for a party, and refuses everything."""

    def __init__(self, party):
        self.party = party

    def __getattr__(self, name):
        return getattr(self.party, name)

    def answer(self, rows, proposal, heard, aspiration):
        return np.zeros(len(rows), dtype=bool)


def played(replace=lambda talks: None, runs=150, days=120):
    """Talks in which agents were replaced before the first day."""
    talks = talks_of(RIVERS, runs, days=days)
    replace(talks)
    return talks.play()


@pytest.fixture(scope="module")
def usual():
    return played()


def test_a_party_that_refuses_everything_signs_nothing(usual):
    def refuse(talks):
        talks.parties[0] = Refuser(talks.parties[0])

    assert (usual.record.deal_day != NONE).any()
    own = played(refuse).record
    # Who proposed a package stands by it: of the others' texts it takes none.
    assert (own.refusals[:, 0] > usual.record.refusals[:, 0]).any()
    assert (own.deal_day == NONE).all()


def test_a_mediator_that_never_finds_a_text_changes_what_is_agreed(usual):
    def find_nothing(soundings):
        nowhere = np.zeros(len(soundings.rows), dtype=np.int64)
        return nowhere, np.zeros(len(soundings.rows), dtype=bool)

    def silence(talks):
        for mediator in talks.mediators:
            mediator.find_text = find_nothing

    silent = played(silence).record
    assert usual.record.texts["texts_mediated"].any()
    assert not silent.texts["texts_mediated"].any()
    assert (silent.deal_day != usual.record.deal_day).any()


def test_a_constituency_that_votes_for_nothing_changes_what_is_agreed(usual):
    def vote_no(tables, packages):
        return np.zeros((len(tables.reservation), len(packages)), dtype=bool)

    def oppose(talks):
        voting = [c for party in talks.parties if party.quota for c in party.constituencies]
        assert voting
        for constituency in voting:
            constituency.votes_for = vote_no

    opposed = played(oppose).record
    assert (opposed.deal_package != usual.record.deal_package).any()
    assert (opposed.deal_day != NONE).sum() < (usual.record.deal_day != NONE).sum()


def test_what_a_party_believes_and_asks_for_is_its_own(usual):
    def ask_for_all(talks):
        party = talks.parties[0]
        party.aspiration = lambda rows, worth, reservation, acceptable, loss_rate: (
            worth.max(axis=1),
            worth.max(axis=1),
        )

    asking = played(ask_for_all)
    assert (asking.record.deal_day != usual.record.deal_day).any()
    assert np.nanmean(asking.parties[0].last_aspiration) > np.nanmean(
        usual.parties[0].last_aspiration
    )


# --- The page of the example


def test_the_page_shows_what_is_collected_and_moves_levers_that_there_are(monkeypatch):
    """With stubs in place of Mesa's page, which is an extra."""
    plots = []
    stub = SimpleNamespace(
        Slider=lambda label, value, least, most, step: (value, least, most),
        SolaraViz=lambda model, components, model_params, name: (model, model_params),
        make_plot_component=lambda names: plots.extend(
            [names] if isinstance(names, str) else names
        ),
    )
    monkeypatch.setitem(sys.modules, "mesa.visualization", stub)
    model, params = runpy.run_path(str(PAGE))["page"]
    assert set(plots) <= set(MODEL_REPORTERS)
    values = {
        name: slider[0] if isinstance(slider, tuple) else slider for name, slider in params.items()
    }
    SingleTalks(**values).step()
    for name, lever in RIVERS.levers.items():
        if name in params:
            value, least, most = params[name]
            assert lever.low <= least <= value == lever.default <= most <= lever.high
    assert isinstance(model, SingleTalks)


if find_spec("solara"):

    @pytest.mark.slow
    def test_the_page_is_drawn_and_steps():
        program = (
            "import runpy, ipyvuetify, solara\n"
            f"page = runpy.run_path({str(PAGE)!r})['page']\n"
            "_, context = solara.render(solara.AppLayout(children=[page]), handle_error=False)\n"
            "buttons = context.find(ipyvuetify.Btn).widgets\n"
            "step = next(b for b in buttons if 'Step' in b.children)\n"
            "step.click()\n"
            "assert context.find(ipyvuetify.Slider).widgets\n"
        )
        root = PAGE.parents[2]
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
