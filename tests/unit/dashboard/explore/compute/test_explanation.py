"""The parts of Why that take talks of their own are told as the engine finds them."""

import json

import pytest

from dashboard.common.disk_cache import Cache
from dashboard.explore.compute import explanation
from dashboard.explore.compute.context import JobContext
from dashboard.explore.query import Query, QueryArm
from sim.findings.lever_search import Target, search_levers

#: Plays many talks before its first test.
pytestmark = pytest.mark.slow

SMALL = {"arms": (QueryArm("two-rivers", (("leaks", 0.0),)),), "runs": 6, "seed": 1, "days": 10}


@pytest.fixture
def desk(tmp_path):
    return JobContext(Cache(tmp_path))


def test_what_would_unlock_it_starts_from_the_levers_as_they_stand(desk, monkeypatch):
    kept = []

    def keeping(case, target, say, **asked):
        kept.append((case, target, asked, search_levers(case, target, say=say, **asked)))
        return kept[-1][-1]

    monkeypatch.setattr(explanation, "search_levers", keeping)
    text = "deal@10=1"
    question = Query("unlock", **SMALL, more=(("target", text),))
    section = explanation.ways(question, desk).section
    case, target, asked, found = kept.pop()
    assert (case, target) == (SMALL["arms"][0].case(), Target.read(text, 10))
    assert asked == {"runs": 6, "seed": 1, "days": 10, "levers": {"leaks": 0.0}}
    rows = {row[0]: row for row in section.tables[0].rows}
    assert rows[case.levers["leaks"].label][1] == "0"
    for name, way in found.alone.items():
        assert rows[case.levers[name].label][3] == ("yes" if way.reached else "no")
    json.dumps(section.as_data(), allow_nan=False)


@pytest.mark.parametrize("kind", ["bargain", "mechanisms", "mediation", "trends"])
def test_each_part_has_a_chart_with_words_and_a_table_and_says_how_far_it_is(desk, kind):
    heard = []
    desk.say = lambda part, words: heard.append(part)
    question = Query(kind, **{**SMALL, "runs": 40 if kind == "trends" else 6})
    section = explanation.KINDS[kind](question, desk).section
    assert section.heading
    assert all(figure.alt and figure.rows for figure in section.figures)
    assert section.figures
    assert heard[-1] == 1.0
