"""The first page of each scenario is computed as the server starts, and asked for as one answer."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from dashboard.explore import baselines, page_state, query
from dashboard.explore.job_queue import PREPARED, JobQueue
from dashboard.explore.query import OUTCOMES, QueryArm
from sim.engine.simulate import simulate
from sim.findings import deal_by
from sim.scenario.loading import scenario_names

RIVERS = baselines.baseline("two-rivers")


@pytest.fixture
def server(tmp_path):
    """A line of questions with its workers; `server()` is another in the same folder."""
    queues = []

    def begin():
        queues.append(JobQueue(tmp_path, workers=1))
        return queues[-1]

    yield begin
    for queue in queues:
        queue.close()


def test_a_server_begins_with_the_first_pages_the_usual_scenario_first():
    asked = []
    baselines.prepare(SimpleNamespace(submit=lambda *words: asked.append(words)))
    first, *others = [question for question, *_ in asked if question.kind != OUTCOMES]
    assert first == baselines.baseline(page_state.first_scenario())
    assert {question.arms[0].scenario for question in (first, *others)} == set(scenario_names())
    assert [question for question, *_ in asked if question.kind == OUTCOMES] == [
        replace(question, kind=OUTCOMES) for question in (first, *others)
    ]
    assert {words[1:] for words in asked} == {("server", PREPARED)}


@pytest.mark.slow
def test_two_servers_with_one_folder_prepare_the_same_and_a_third_finds_it(server, monkeypatch):
    monkeypatch.setattr(baselines, "scenario_names", lambda: ["two-rivers"])
    queues = [server(), server()]
    for queue in queues:
        baselines.prepare(queue)
    answers = [queue.submit(RIVERS) for queue in queues]
    for job in answers:
        while not job.finished:
            job.wait(job.changes, 60)
    assert answers[0].answer == answers[1].answer
    assert server().cached_answer(RIVERS) == answers[0].answer
    outcomes = simulate("two-rivers", runs=RIVERS.runs, seed=RIVERS.seed)
    for headline in answers[0].answer["headline"]:
        share = deal_by(outcomes, headline["day"]).estimate
        assert headline["arms"]["baseline"]["estimate"] == share


def test_every_section_of_a_first_page_is_part_of_one_answer():
    for section in ("terms", "people"):
        assert baselines.without_section(replace(RIVERS, more=(("section", section),))) == RIVERS
    moved = QueryArm("two-rivers", levers=(("leaks", 0.0),))
    for other in ({"arms": (moved,)}, {"seed": 2}, {"runs": 100}, {"days": 30}):
        question = replace(RIVERS, more=(("section", "terms"),), **other)
        assert baselines.without_section(question) == question


def test_another_model_has_other_keys_and_another_chart_leaves_those_of_talks(monkeypatch):
    talks = replace(RIVERS, kind=OUTCOMES)
    before = RIVERS.key(), talks.key()
    monkeypatch.setattr(query, "report_fingerprint", lambda *packages: "another")
    assert RIVERS.key() != before[0]
    assert talks.key() == before[1]
    monkeypatch.setattr(query, "model_fingerprint", lambda: "another")
    assert talks.key() != before[1]
