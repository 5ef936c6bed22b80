"""Who may do what, and when: every act is held to its role, phase, stage, table and channel."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from pydantic import ValidationError

from sim.classroom import commands
from sim.classroom.commands import PHASES, STAGES, Act, Command, Request
from sim.classroom.decide import RefusedError
from sim.classroom.decide.instructor import MAX_FORCED
from sim.classroom.plan import ExercisePlan, MessageInject, OptionInject, ParameterInject, Setting
from sim.classroom.state import canonical, replay
from sim.classroom.views import view_for_watcher
from tests.support.players import Class, bot_acts, read_once

PACKAGE = Setting(ExercisePlan(title="t"), read_once("two-rivers")).package(0)

#: One of each act.
SAMPLES: dict[str, Command] = {
    sample.kind: sample
    for sample in (
        commands.Join(),
        commands.Predict(deal=50),
        commands.Comprehend(choice=("upland",)),
        commands.SaveDraft(package=PACKAGE),
        commands.Say(to=("delta",), text="Hello."),
        commands.Propose(package=PACKAGE, to=("delta",)),
        commands.Carry(text="1.1", to=("delta",)),
        commands.Respond(text="1.1", accepts=True),
        commands.Confirm(yes=True),
        commands.Done(),
        commands.TakeBack(),
        commands.Reflect(text="Well."),
        commands.OpenLobby(),
        commands.Lock(locked=True),
        commands.Start(),
        commands.Advance(),
        commands.Extend(),
        commands.PauseClock(),
        commands.Resume(),
        commands.AssignSeat(person="p1", table=1, role="delta"),
        commands.Admit(),
        commands.Watch(person="p1", table=1),
        commands.Swap(person="p1", other="p2"),
        commands.Kick(person="p1"),
        commands.Reissue(person="p1"),
        commands.Hold(table=1, role="delta", agent=True),
        commands.Broadcast(text="Hello."),
        commands.Retract(number=0),
        commands.Fire(inject="news"),
        commands.End(),
        commands.BeginDebrief(),
        commands.Reveal(),
        commands.Archive(),
        commands.Undo(),
        commands.TakeFirstStances(table=1, stances={}),
        commands.PlayOn(table=1, round=0, day=1, news=()),
        commands.MoveAgents(table=1, round=1, stage="caucus"),
        commands.Project(table=1, runs=1, deals=0, holding={}, home={}, died={}),
        commands.Tick(),
    )
}
KINDS = sorted(SAMPLES)

#: Everybody there is, by kind.
EVERYBODY = {
    commands.INSTRUCTOR: "instructor",
    commands.VISITOR: "visitor",
    commands.PERSON: "person:p1",
    commands.HOLDER: "agent:1-marsh",
    commands.MODEL: "model",
    commands.CLOCK: "clock",
}


def in_phase(phase: str) -> Class:
    """An exercise in a phase, with a person p1 at table 1."""
    inject = MessageInject(id="news", words="News.")
    room = Class(quick=True, injects=(inject,))
    if phase == "draft":
        return room
    room.gathered(people=1)
    for act, reached in (
        (commands.Start(), "briefing"),
        (commands.Advance(), "playing"),
        (commands.End(), "closed"),
        (commands.BeginDebrief(), "debrief"),
        (commands.Archive(), "archived"),
    ):
        if room.state.phase == phase:
            break
        room.instruct(act)
        assert room.state.phase == reached
    return room


def allowed(kind: str, who: str) -> bool:
    wanted = SAMPLES[kind].who
    return who == wanted or (wanted == commands.HOLDER and who == commands.PERSON)


def test_there_is_a_sample_of_every_act():
    union = get_args(get_args(Act)[0])
    assert set(SAMPLES) == {one.model_fields["kind"].default for one in union}


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_does_what_is_not_theirs(kind):
    for phase in PHASES:
        room = in_phase(phase)
        before = canonical(room.state)
        for who, by in EVERYBODY.items():
            if not allowed(kind, who):
                with pytest.raises(RefusedError):
                    room.ask(by, SAMPLES[kind])
        for stranger in ("person:p9", "agent:9-delta", "agent:1-nobody", "root", "", "store"):
            if (stranger, kind) != ("store", "pause"):
                with pytest.raises(RefusedError):
                    room.ask(stranger, SAMPLES[kind])
        assert canonical(room.state) == before


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_done_in_the_wrong_phase(kind):
    act = SAMPLES[kind]
    for phase in PHASES:
        if phase in act.phases:
            continue
        room = in_phase(phase)
        with pytest.raises(RefusedError):
            room.ask(EVERYBODY[act.who], act)


@pytest.mark.parametrize("kind", [k for k in KINDS if SAMPLES[k].stages is not None])
def test_nothing_is_done_in_the_wrong_stage(kind):
    act = SAMPLES[kind]
    by = "person:p1" if act.who in (commands.PERSON, commands.HOLDER) else EVERYBODY[act.who]
    for stage in STAGES:
        if stage in (act.stages or ()):
            continue
        room = at_stage(stage)
        if room.state.phase != "playing":
            continue
        with pytest.raises(RefusedError):
            room.ask(by, act)


def at_stage(stage: str) -> Class:
    """An exercise of two tables, of which the first is in a stage and the second waits."""
    room = Class(quick=True, tables=2)
    room.gathered(people=1)
    room.instruct(commands.Start())
    room.instruct(commands.Advance())
    if stage == "ended":
        room.instruct(commands.End(table=room.state.seat_of("p1")[0].number))
    for _ in range(12):
        table = room.state.seat_of("p1")[0]
        if table.stage == stage:
            return room
        room.go_on()
        if room.state.seat_of("p1")[0].stage != stage:
            room.instruct(commands.Advance(table=table.number))
    raise AssertionError(stage)


def seated(scenario: str = "two-rivers", tables: int = 1) -> tuple[Class, dict[tuple, str]]:
    """A full class whose first table has come to its proposals, and who sits where."""
    room = Class(scenario, quick=True, tables=tables)
    room.begun(people=5 * tables)
    for number in room.state.tables:
        room.instruct(commands.Advance(table=number))
    who = {}
    for person in room.state.people:
        table, role = room.state.seat_of(person)
        who[table.number, role] = f"person:{person}"
    return room, who


def test_a_text_of_another_table_cannot_be_answered():
    room, who = seated(tables=2)
    room.ask(who[2, "upland"], commands.Propose(package=PACKAGE, to=("delta",)))
    for number in (1, 2):
        room.instruct(commands.Advance(table=number))
    with pytest.raises(RefusedError, match="no such text"):
        room.ask(who[1, "delta"], commands.Respond(text="2.1", accepts=True))
    room.ask(who[2, "delta"], commands.Respond(text="2.1", accepts=True))


def test_a_text_that_one_has_not_seen_cannot_be_answered_or_carried():
    room, who = seated()
    room.ask(who[1, "upland"], commands.Propose(package=PACKAGE, to=("northmark",)))
    room.instruct(commands.Advance(table=1))
    for act in (
        commands.Respond(text="1.1", accepts=True),
        commands.Propose(package=PACKAGE, to=("upland",), counters="1.1"),
    ):
        with pytest.raises(RefusedError, match="no such text"):
            room.ask(who[1, "delta"], act)
    with pytest.raises(RefusedError, match="no such text"):
        room.ask(who[1, "southport"], commands.Carry(text="1.1", to=("delta",)))
    with pytest.raises(RefusedError, match="only mediators"):
        room.ask(who[1, "upland"], commands.Carry(text="1.1", to=("delta",)))


def test_nobody_speaks_to_those_they_do_not_meet():
    room, who = seated("gaza-2024-01")
    package = room.state.setting.package(0)
    for one, other in (("israel", "hamas"), ("hamas", "israel"), ("us", "hamas")):
        with pytest.raises(RefusedError, match="do not meet"):
            room.ask(who[1, one], commands.Say(to=(other,), text="Hello."))
        with pytest.raises(RefusedError, match="do not meet"):
            room.ask(who[1, one], commands.Propose(package=package, to=(other,)))
    room.ask(who[1, "qatar"], commands.Say(to=("hamas", "israel"), text="Hello."))


def test_terms_that_do_not_go_together_are_refused_with_the_reason():
    room, who = seated()
    package = {**PACKAGE, "duration": "14d", "withdrawal": "total"}
    with pytest.raises(ValueError, match="do not go together"):
        room.ask(who[1, "upland"], commands.Propose(package=package, to=("delta",)))


def test_a_text_is_agreed_once_all_who_can_refuse_one_have_accepted():
    room, who = seated()
    room.ask(who[1, "upland"], commands.Propose(package=PACKAGE, to=("delta", "marsh")))
    room.instruct(commands.Advance(table=1))
    room.ask(who[1, "marsh"], commands.Respond(text="1.1", accepts=True))
    assert room.go_on().tables[1].stage == "responses"
    room.ask(who[1, "delta"], commands.Respond(text="1.1", accepts=True))
    table = room.go_on().tables[1]
    assert table.how == "deal"
    assert table.terms.package == PACKAGE


def test_a_counter_proposal_rejects_what_it_counters():
    room, who = seated()
    room.ask(who[1, "upland"], commands.Propose(package=PACKAGE, to=("delta",)))
    room.instruct(commands.Advance(table=1))
    other = room.state.setting.package(20)
    room.ask(who[1, "delta"], commands.Propose(package=other, to=("upland",), counters="1.1"))
    first, second = room.state.tables[1].texts
    assert (first.answers["delta"], first.reasons["delta"]) == (False, "counter")
    assert (second.counters, second.answers) == ("1.1", {"delta": True})


def test_whoever_spoke_for_a_party_waits_for_its_word():
    room, who = seated("gaza-2024-01")
    package = room.state.setting.package(0)
    room.ask(who[1, "israel"], commands.Propose(package=package, to=("qatar",)))
    room.ask(who[1, "qatar"], commands.Carry(text="1.1", to=("hamas",)))
    room.instruct(commands.Advance(table=1))
    room.ask(who[1, "hamas"], commands.Respond(text="1.1", accepts=True))
    assert room.go_on().tables[1].stage == "resolve"
    with pytest.raises(RefusedError, match="nothing to confirm"):
        room.ask(who[1, "israel"], commands.Confirm(yes=True))
    room.ask(who[1, "hamas"], commands.Confirm(yes=False))
    assert room.go_on().tables[1].rounds[0].confirms == {"hamas": False}


def test_proposals_come_at_a_measured_pace():
    room, who = seated()
    room.ask(who[1, "upland"], commands.Propose(package=PACKAGE, to=("delta",)))
    with pytest.raises(RefusedError, match="wait a few seconds"):
        room.ask(who[1, "upland"], commands.Propose(package=PACKAGE, to=("delta",)))
    room.now += 6000
    room.ask(who[1, "upland"], commands.Propose(package=PACKAGE, to=("delta",)))


def test_text_is_capped_and_holds_no_control_characters():
    for text in ("x" * 501, "bell \x07", "null \x00"):
        with pytest.raises(ValidationError):
            commands.Propose(package=PACKAGE, to=("delta",), rationale=text)


def test_an_idle_seat_is_kept_warm_by_an_agent_and_given_back_at_once():
    room = Class(quick=True, idle_stages=2)
    room.begun(people=5)
    person = room.state.tables[1].seats["delta"].people[0]
    for _ in range(3):
        room.go_on(200)
    assert room.state.tables[1].seats["delta"].agent
    room.ask(f"person:{person}", commands.SaveDraft(package=PACKAGE))
    assert not room.state.tables[1].seats["delta"].agent


def test_deadlines_are_absolute_and_stand_still_in_a_pause():
    room, _ = seated()
    deadline = room.state.tables[1].deadline
    room.instruct(commands.PauseClock())
    room.now += 600_000
    with pytest.raises(RefusedError, match="paused"):
        room.ask("clock", commands.Tick())
    state = room.instruct(commands.Resume())
    assert state.tables[1].deadline == deadline + 600_000
    state = room.instruct(commands.Extend(seconds=60, table=1))
    assert state.tables[1].deadline == deadline + 660_000


def test_what_the_instructor_did_can_be_taken_back():
    room, _ = seated()
    for act in (
        commands.Extend(seconds=90),
        commands.Hold(table=1, role="delta", agent=True),
        commands.Kick(person="p1"),
        commands.Broadcast(text="Hello."),
    ):
        before = room.state
        room.instruct(act)
        after = room.instruct(commands.Undo())
        assert after.tables[1].deadline == before.tables[1].deadline
        assert after.seat_of("p1")[1] == before.seat_of("p1")[1]
        agents = [s.agent for s in after.tables[1].seats.values()]
        assert agents == [s.agent for s in before.tables[1].seats.values()]
        assert not any(after.broadcasts)
    with pytest.raises(RefusedError, match="nothing"):
        room.instruct(commands.Undo())


def test_many_seats_are_not_cut_off_by_one_click():
    room, _ = seated(tables=5)
    assert (
        sum(not s.agent for t in room.state.tables.values() for s in t.seats.values()) > MAX_FORCED
    )
    with pytest.raises(RefusedError, match="table by table"):
        room.instruct(commands.Advance())


def test_two_people_exchange_their_seats_and_can_take_it_back():
    room, _ = seated()
    one, other = (room.state.tables[1].seats[role].people[0] for role in ("upland", "delta"))
    before = room.state.tables[1].seats
    room.instruct(commands.Swap(person=one, other=other))
    assert room.state.tables[1].seats["upland"].people == (other,)
    assert room.state.tables[1].seats["delta"].people == (one,)
    assert not any(room.state.tables[1].seats[role].agent for role in ("upland", "delta"))
    room.instruct(commands.Undo())
    assert {r: s.people for r, s in before.items()} == {
        r: s.people for r, s in room.state.tables[1].seats.items()
    }
    for someone in (one, "p99"):
        with pytest.raises(RefusedError, match="choose two"):
            room.instruct(commands.Swap(person=one, other=someone))


def test_agents_think_before_they_move_where_people_sit_and_only_there():
    room = Class(quick=True, thinking_seconds=10)
    room.begun(people=2)
    room.instruct(commands.Advance(table=1))
    room.go_on(9)
    assert not room.state.tables[1].agents_moved
    room.go_on(1)
    assert room.state.tables[1].agents_moved
    alone = Class(quick=True, thinking_seconds=10)
    alone.begun()
    assert alone.state.phase == "closed"


def test_whoever_is_taken_out_can_do_nothing():
    room, who = seated()
    room.instruct(commands.Kick(person=who[1, "delta"].removeprefix("person:")))
    with pytest.raises(RefusedError, match="not in this exercise"):
        room.ask(who[1, "delta"], commands.Done())


def test_people_sit_where_a_deal_can_be_refused_first_and_some_wait():
    room = Class(quick=True)
    room.gathered(people=8)
    first = {room.state.seat_of(person)[1] for person in list(room.state.people)[:2]}
    assert first == {"upland", "delta"}
    assert len(room.state.waiting) == 3
    for _ in range(17):
        room.ask("visitor", commands.Join())
    with pytest.raises(RefusedError, match="waiting list is full"):
        room.ask("visitor", commands.Join())


def test_a_wish_is_met_where_a_seat_of_the_role_is_free():
    room = Class(quick=True, seating="wish", tables=2)
    room.gathered()
    for _ in range(3):
        room.ask("visitor", commands.Join(wishes="northmark"))
    roles = [room.state.seat_of(person)[1] for person in room.state.people]
    assert roles[:2] == ["northmark", "northmark"]
    assert roles[2] in room.state.setting.vetoers  # both are taken: a seat like anybody's
    for wish, complaint in (("nobody", "no seat to wish for"), ("sa lt", "no seat to wish for")):
        with pytest.raises(ValueError, match=complaint):
            room.ask("visitor", commands.Join(wishes=wish))


def test_nobody_wishes_where_luck_decides():
    room = Class(quick=True)
    room.gathered()
    with pytest.raises(ValueError, match="by luck"):
        room.ask("visitor", commands.Join(wishes="northmark"))


def test_where_people_are_let_in_they_wait_until_then_and_get_what_they_wished_for():
    room = Class(quick=True, seating="wish", joining="asked")
    room.gathered()
    for wish in ("northmark", "delta", "delta"):
        room.ask("visitor", commands.Join(wishes=wish))
    assert room.state.waiting == ("p1", "p2", "p3")
    room.instruct(commands.Admit(person="p2"))
    assert room.state.seat_of("p2")[1] == "delta"
    room.instruct(commands.Admit())
    assert room.state.waiting == ()
    assert room.state.seat_of("p1")[1] == "northmark"
    assert room.state.seat_of("p3")[1] != "delta"
    with pytest.raises(RefusedError, match="nobody is waiting"):
        room.instruct(commands.Admit())


def test_nobody_is_let_in_where_all_seats_are_taken():
    room = Class(quick=True)
    people = room.gathered(people=6)
    with pytest.raises(RefusedError, match="all seats are taken"):
        room.instruct(commands.Admit(person=people[-1]))


def test_who_watches_a_table_has_no_seat_until_they_are_let_in():
    room = Class(quick=True, tables=2)
    people = room.gathered(people=11)
    watcher = people[-1]
    room.instruct(commands.Watch(person=watcher, table=2))
    assert room.state.waiting == ()
    assert view_for_watcher(room.state, watcher).table == 2
    room.instruct(commands.Start())
    with pytest.raises(RefusedError, match="no seat"):
        room.ask(f"person:{watcher}", commands.Predict(deal=50))
    with pytest.raises(RefusedError, match="has a seat"):
        room.instruct(commands.Watch(person=people[0], table=1))
    room.instruct(commands.Kick(person=people[0]))
    assert view_for_watcher(room.state, people[0]) is None
    with pytest.raises(RefusedError, match="taken out"):
        room.instruct(commands.Watch(person=people[0], table=1))
    room.instruct(commands.Admit(person=watcher))
    assert room.state.seat_of(watcher) is not None
    assert view_for_watcher(room.state, watcher) is None


def test_nobody_fills_the_log_without_end(monkeypatch):
    monkeypatch.setattr("sim.classroom.decide.permissions.MAX_ACTS", 3)
    room = Class(quick=True)
    one, other = room.begun(people=2)
    for _ in range(3):
        room.ask(f"person:{one}", commands.SaveDraft(package=PACKAGE))
    with pytest.raises(RefusedError, match="more than a lesson"):
        room.ask(f"person:{one}", commands.SaveDraft(package=PACKAGE))
    room.ask(f"person:{other}", commands.SaveDraft(package=PACKAGE))


def test_an_inject_is_told_to_those_it_is_meant_for_and_comes_once():
    inject = MessageInject(id="news", words="A storm.", to=("delta",), at_round=1)
    room = Class(quick=True, injects=(inject,))
    room.begun(people=5)
    assert room.state.tables[1].injects == (("news", 1),)
    before = room.state.seq
    room.instruct(commands.Fire(inject="news"))
    assert room.state.seq == before + 1  # the audit record


@pytest.mark.parametrize(
    ("plan", "complaint"),
    [
        ({"levers": {"nothing": 1}}, "no lever"),
        ({"without": ("delta",)}, "can refuse"),
        ({"held_back": {"duration": ("14d", "60d", "permanent")}}, "leaves no package"),
        (
            {"injects": (ParameterInject(id="a", words="x", lever="no", setting=1),)},
            "no lever",
        ),
        (
            {"injects": (OptionInject(id="a", words="x", issue="duration", opens=("9d",)),)},
            "no level",
        ),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_with_the_way_out(plan, complaint):
    with pytest.raises(ValueError, match=complaint):
        Setting(ExercisePlan(title="t", **plan), read_once("two-rivers"))


class AnyGame(RuleBasedStateMachine):
    """Anybody does anything at any time: the log stays whole and the state follows from it."""

    def __init__(self) -> None:
        super().__init__()
        self.room = Class(quick=True, tables=2, rounds=2)
        self.phase = 0

    @rule(kind=st.sampled_from(KINDS), who=st.sampled_from(sorted(EVERYBODY)))
    def anything(self, kind, who):
        self.attempt(EVERYBODY[who], SAMPLES[kind])

    @rule(k=st.integers(0, 11), seed=st.integers(0, 10_000))
    def a_move(self, k, seed):
        people = [p for p in self.room.state.people if self.room.state.seat_of(p)]
        if people and self.room.state.phase == "playing":
            person = people[k % len(people)]
            for act in bot_acts(self.room.state, person, Random(seed)):
                self.attempt(f"person:{person}", act)

    @rule(count=st.integers(1, 4))
    def some_join(self, count):
        for _ in range(count):
            self.attempt("visitor", commands.Join())

    @rule(seconds=st.sampled_from([0, 5, 100, 1000]))
    def time_passes(self, seconds):
        self.room.go_on(seconds)

    def attempt(self, by, act):
        before = self.room.state
        try:
            self.room.ask(by, act)
        except ValueError:
            assert self.room.state is before

    @invariant()
    def the_log_is_whole(self):
        records = self.room.log.records
        assert [record.seq for record in records] == list(range(1, len(records) + 1))
        assert all(one.at <= other.at for one, other in pairwise(records))

    @invariant()
    def phases_only_go_on(self):
        now = PHASES.index(self.room.state.phase)
        assert now >= self.phase
        self.phase = now

    @invariant()
    def nobody_sits_in_two_seats(self):
        seats = [
            p for t in self.room.state.tables.values() for s in t.seats.values() for p in s.people
        ]
        assert len(seats) == len(set(seats))
        for person in seats:
            table, role = self.room.state.seat_of(person)
            assert person in table.seats[role].people

    @invariant()
    def what_is_signed_was_accepted_by_all_who_can_refuse(self):
        setting = self.room.state.setting
        for table in self.room.state.tables.values():
            if table.how == "deal":
                assert all(table.rounds[-1].answers.get(role) for role in setting.vetoers)

    def teardown(self):
        assert canonical(replay(self.room.log.records)) == canonical(self.room.state)


TestAnyGame = AnyGame.TestCase
TestAnyGame.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def test_a_request_comes_with_a_plain_key():
    with pytest.raises(ValidationError):
        Request(by="instructor", key="a key; drop", act=commands.OpenLobby())
