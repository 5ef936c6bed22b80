"""Claims about who keeps an exercise going: what is due comes in before the days go by."""

from __future__ import annotations

import pytest

from sim.classroom import commands
from sim.classroom.decide import RefusedError
from sim.classroom.plan import MessageInject, ParameterInject
from tests.support.players import Class


def kinds_of(room: Class) -> list[str]:
    """The kinds of the events of the first table, in order."""
    return [r.event.kind for r in room.log.records if getattr(r.event, "table", None) == 1]


def played(room: Class, people: int) -> Class:
    """A class after its last round, of which those who sit there say nothing."""
    room.begun(people=people)
    for _ in range(60):
        if room.state.phase != "playing":
            return room
        room.go_on(300)
    raise AssertionError("the talks do not end")


@pytest.mark.parametrize("people", [0, 1], ids=["agents", "a person"])
@pytest.mark.parametrize("trigger", [1, 2, 3], ids=lambda number: f"round {number}")
def test_an_inject_of_a_round_comes_before_its_days_are_played(people, trigger):
    inject = MessageInject(id="news", words="A storm.", at_round=trigger)
    room = played(Class(quick=True, rounds=3, tables=2, injects=(inject,)), people)
    for table in room.state.tables.values():
        assert (len(table.rounds), table.injects) == (3, (("news", trigger),))
    kinds = kinds_of(room)
    days_before = [k for k in range(kinds.index("fired")) if kinds[k] == "days_passed"]
    assert len(days_before) == trigger - 1
    assert "days_passed" in kinds[kinds.index("fired") :]


@pytest.mark.parametrize("people", [0, 1], ids=["agents", "a person"])
@pytest.mark.parametrize("failures", [1, 2])
def test_an_inject_that_waits_for_failures_comes_after_so_many(people, failures):
    inject = MessageInject(id="news", words="A storm.", after_failures=failures)
    room = played(Class(quick=True, rounds=3, injects=(inject,)), people)
    assert room.state.tables[1].injects == (("news", failures + 1),)


def test_after_the_last_round_no_inject_is_due():
    late = MessageInject(id="late", words="Too late.", after_failures=2)
    never = MessageInject(id="never", words="Never.", at_round=3)
    room = played(Class(quick=True, rounds=2, injects=(late, never)), people=0)
    assert room.state.tables[1].failures == 2
    assert room.state.tables[1].injects == ()


def test_days_are_not_played_past_an_inject_that_is_due():
    inject = MessageInject(id="news", words="A storm.", at_round=1)
    room = Class(quick=True, injects=(inject,))
    room.instruct(commands.OpenLobby())
    room.instruct(commands.Start())
    room.instruct(commands.Advance())
    days = commands.PlayOn(table=1, round=0, day=1, news=())
    with pytest.raises(RefusedError, match="is due"):
        room.ask("model", days)


TRIGGERS = [({"at_round": n}, n) for n in (1, 2, 3)] + [({"after_failures": 1}, 2)]


@pytest.mark.parametrize("people", [0, 1], ids=["agents", "a person"])
@pytest.mark.parametrize(("trigger", "first_round"), TRIGGERS, ids=str)
def test_whole_exercises_are_played_with_what_comes_by_itself(trigger, first_round, people):
    inject = ParameterInject(id="news", words="News.", lever="war_cost", setting=4, **trigger)
    room = played(Class(rounds=4, tables=3, seed=2, injects=(inject,)), people)
    reached = [t for t in room.state.tables.values() if len(t.rounds) >= first_round]
    assert reached
    assert all(table.injects == (("news", first_round),) for table in reached)


@pytest.mark.parametrize("at_round", [1, 2, 3])
def test_tables_of_agents_agree_with_the_many_beside_them_also_with_an_inject(at_round):
    inject = ParameterInject(
        id="news", words="News.", lever="war_cost", setting=4, at_round=at_round
    )
    room = played(Class(rounds=4, tables=4, seed=2, injects=(inject,)), people=0)
    outcomes, rounds = room.model.alone(4)
    dealt = [table for table in room.state.tables.values() if table.terms is not None]
    assert dealt
    for table in dealt:
        assert table.terms.day == outcomes.deal_day[table.number - 1]
        assert len(table.rounds) == rounds[table.number - 1]
