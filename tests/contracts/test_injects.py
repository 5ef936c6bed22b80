"""Every kind of inject changes what it says, is stored as ever, and is read back as its class."""

import pytest
from pydantic import ValidationError

from sim.classroom.plan import INJECTS, ExercisePlan, Inject, Setting, Terms
from sim.scenario.loading import load_scenario
from tests.contracts.examples import AN_INJECT

#: What is stored of an inject; class logs and plans of earlier versions have these keys.
STORED = [
    *("id", "kind", "words", "to", "lever", "setting", "issue", "opens", "closes"),
    *("at_round", "after_failures"),
]


@pytest.fixture(params=INJECTS)
def inject(request) -> Inject:
    return INJECTS[request.param](id="news", words="News.", at_round=2, **AN_INJECT[request.param])


def test_it_is_stored_as_ever_and_read_back_as_its_class(inject):
    plan = ExercisePlan(title="t", injects=(inject,))
    again = ExercisePlan.model_validate_json(plan.model_dump_json())
    assert again == plan
    assert type(again.injects[0]) is INJECTS[inject.kind]
    assert list(plan.model_dump()["injects"][0])[: len(STORED)] == STORED


def test_it_fits_a_scenario_and_changes_its_terms_alike_each_time(inject):
    setting = Setting(ExercisePlan(title="t", injects=(inject,)), load_scenario("two-rivers"))
    before = setting.terms(())
    after = setting.terms((inject.id,))
    assert inject.apply(after) == after, "what has been applied is applied"
    assert isinstance(after, Terms)
    assert (after == before) == (inject.kind == "message")


def test_it_says_what_it_does(inject):
    assert type(inject).__doc__
    assert type(inject).apply is not Inject.apply


@pytest.mark.parametrize("kind", ["", "rumour"])
def test_an_unknown_kind_is_answered_with_the_known_ones(kind):
    stored = {"title": "t", "injects": [{"id": "i", "kind": kind, "words": "x"}]}
    with pytest.raises(ValidationError, match="message, parameter, option"):
        ExercisePlan.model_validate(stored)
