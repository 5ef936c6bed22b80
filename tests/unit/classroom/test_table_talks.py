"""A table is a run of the model: the same talks, with people's moves in place of some."""

from operator import attrgetter

import numpy as np
import pytest

from sim import simulate
from sim.classroom import commands
from sim.classroom.plan import EventInject, ExercisePlan, ParameterInject, Setting
from sim.classroom.table_model import Model
from sim.classroom.table_talks import Forked, Script, TableTalks, planned_script
from sim.engine.outcomes import NONE
from sim.engine.random_streams import RandomStreams
from sim.engine.talks import release_model
from sim.scenario.schema import OutsideEvent
from tests.builders import differing
from tests.support.players import Class, QuickModel, read_once, with_stances


def played_to_its_end(*scenario, **plan):
    """A class of agents alone, without a look at what comes after."""
    room = Class(*scenario, **plan)
    room.model.project = QuickModel(room.state).project
    room.begun()
    return room


@pytest.mark.parametrize("scenario", ["two-rivers", "gaza-2024-01"])
def test_a_table_of_agents_is_a_run_of_the_model(scenario):
    room = played_to_its_end(scenario, tables=5, seed=3, rounds=4)
    runs = simulate(room.state.setting.case, runs=5, seed=3)
    _, rounds = room.model.alone(5)
    for number, table in room.state.tables.items():
        run = number - 1
        if rounds[run] == NONE:
            assert table.how in ("time", "victory")
            continue
        assert table.how == "deal"
        assert table.terms.day == runs.deal_day[run]
        assert room.state.setting.index(table.terms.package) == runs.deal_package[run]
        signed = list(table.terms.gains.values())
        assert signed == pytest.approx(runs.surplus[run].tolist(), abs=1e-5)


def test_many_tables_of_agents_agree_with_simulate():
    setting = Setting(ExercisePlan(title="t", rounds=5, seed=9), read_once("two-rivers"))
    outcomes, rounds = Model(setting).alone(60)
    plain = simulate(setting.case, runs=60, seed=9)
    assert np.array_equal(outcomes.deal_day, plain.deal_day)
    assert (rounds != NONE).sum() > 0


@pytest.mark.slow
@pytest.mark.parametrize(("style", "times"), [("firm", 0.5), ("yielding", 2.0)])
def test_a_style_makes_every_party_give_way_sooner_or_later_and_draws_nothing_anew(style, times):
    usual = Setting(ExercisePlan(title="t", rounds=5, seed=9), read_once("two-rivers"))
    other = Setting(ExercisePlan(title="t", rounds=5, seed=9, style=style), read_once("two-rivers"))
    shapes = [
        [party.params.tactic["shape"] for party in TableTalks(*args).parties]
        for args in ((one, RandomStreams(9, 0, 40), planned_script(one)) for one in (usual, other))
    ]
    for was, now in zip(*shapes, strict=True):
        assert np.allclose(now, times * was)
    outcomes, _ = Model(other).alone(40)
    plain = simulate(other.case, runs=40, seed=9, levers=other.levers)
    assert np.array_equal(outcomes.deal_day, plain.deal_day)
    assert not np.array_equal(outcomes.deal_day, Model(usual).alone(40)[0].deal_day)


@pytest.mark.parametrize("after", [0, 1, 6, 7, 500])
def test_forked_streams_are_the_tables_until_a_day_and_then_their_own(after):
    own, table = RandomStreams(1, 2**40, 4), RandomStreams(1, 2, 1)
    forked = Forked(1, 0, 4, np.full(4, 2), after=after, own=own)
    some = forked.of(np.array([3, 1]))
    assert (forked.once("draw a", 2) == table.once("draw a", 2)).all()
    luck, some_luck = forked.daily("leaks"), some.daily("leaks")
    for day in (1, 2, 6, 7, 8, 200):
        whose = table if day <= after else own
        assert (luck[day] == whose.daily("leaks")[day]).all()
        assert np.array_equal(some_luck[day], luck[day][[3, 1]])


def test_the_same_seed_gives_the_same_log():
    logs = []
    for _ in range(2):
        room = Class(tables=2)
        room.begun()
        logs.append(room.log.records)
    assert logs[0] == logs[1]


def with_inject(lever: str, setting: float, at_round: int) -> Setting:
    inject = ParameterInject(
        id="news", words="News.", lever=lever, setting=setting, at_round=at_round
    )
    return Setting(
        ExercisePlan(title="t", rounds=5, seed=2, injects=(inject,)), read_once("two-rivers")
    )


@pytest.mark.parametrize(
    ("lever", "setting"),
    [("war_cost", 3), ("leverage_on_delta", 4), ("leaks", 0), ("family_pressure", 1)],
)
def test_a_lever_moved_before_the_first_day_is_the_lever_set_in_the_plan(lever, setting):
    injected, _ = Model(with_inject(lever, setting, 1)).alone(20)
    planned = ExercisePlan(title="t", rounds=5, seed=2, levers={lever: setting})
    set_before, _ = Model(Setting(planned, read_once("two-rivers"))).alone(20)
    assert np.array_equal(injected.deal_day, set_before.deal_day)
    assert np.array_equal(injected.battles, set_before.battles)
    assert np.array_equal(injected.deal_package, set_before.deal_package)


def test_a_lever_moved_to_where_it_is_changes_nothing():
    moved, _ = Model(with_inject("war_cost", 1, 3)).alone(20)
    setting = Setting(ExercisePlan(title="t", rounds=5, seed=2), read_once("two-rivers"))
    plain, _ = Model(setting).alone(20)
    assert np.array_equal(moved.deal_day, plain.deal_day)
    assert np.array_equal(moved.front, plain.front)


def test_an_inject_leaves_the_days_before_it_as_they_were():
    late = with_inject("war_cost", 4, 4)
    moved, _ = Model(late).alone(30)
    plain, _ = Model(Setting(late.plan.model_copy(update={"injects": ()}), late.scenario)).alone(30)
    before = plain.deal_day <= 2 * late.days_per_round + 1
    early = before & (plain.deal_day != NONE)
    assert early.any()
    assert np.array_equal(moved.deal_day[early], plain.deal_day[early])
    assert not np.array_equal(moved.deal_day, plain.deal_day)


def test_levels_that_are_held_back_are_not_signed():
    plan = ExercisePlan(title="t", rounds=5, seed=2, held_back={"duration": ("permanent",)})
    setting = Setting(plan, read_once("two-rivers"))
    outcomes, _ = Model(setting).alone(40)
    column = list(setting.scenario.issues).index("duration")
    signed = outcomes.deal_levels[outcomes.deal_day != NONE, column]
    assert len(signed)
    assert (signed < 2).all()


def test_what_comes_after_a_table_begins_where_the_table_ended():
    room = played_to_its_end(tables=6, seed=3, rounds=5)
    table = next(t for t in room.state.tables.values() if t.how == "deal")
    after = room.model.afterwards(table, len(table.rounds), table.day, runs=40)
    assert (after.deal_day == table.terms.day).all()
    assert (after.deal_package == room.state.setting.index(table.terms.package)).all()
    assert len(set(after.truce_days.tolist())) > 1


def test_tables_may_share_their_numbers_and_not_their_luck():
    room = Class(tables=2, same_numbers=True)
    talks = []
    for number in (1, 2):
        script = Script((), (), np.array(room.state.setting.on_offer(())))
        talks.append(TableTalks(room.state.setting, room.model.chance_of(number), script))
        release_model(talks[-1])
    one, other = talks
    assert one.channel.every == other.channel.every
    assert one.parties[0].params.optimism == other.parties[0].params.optimism
    assert one.luck["battles"][1] != other.luck["battles"][1]


def test_a_table_is_taken_up_again_from_its_log():
    room, again = Class(tables=1, seed=3), Class(tables=1, seed=3)
    for one in (room, again):
        one.begun(people=1)
    for _ in range(40):
        if room.state.phase != "playing":
            break
        again.model = Model(again.state.setting)  # everything in memory is lost
        room.go_on(60)
        again.go_on(60)
    assert room.log.records == again.log.records
    assert isinstance(room.model.chance_of(1), RandomStreams)


def levers_that_may_move(name: str) -> list[tuple[str, str]]:
    scenario = read_once(name)
    return [
        (name, lever)
        for lever, spec in scenario.levers.items()
        if not any(move.key.startswith("issues.") for move in spec.moves)
    ]


@pytest.mark.parametrize(
    ("scenario", "lever"),
    [*levers_that_may_move("gaza-2024-01"), *levers_that_may_move("two-rivers")],
)
def test_every_lever_can_be_moved_by_an_inject(scenario, lever):
    case = read_once(scenario)
    spec = case.levers[lever]
    setting = spec.high if spec.high != spec.default else spec.low
    inject = ParameterInject(id="i", words="x", lever=lever, setting=setting, at_round=1)
    plan = ExercisePlan(title="t", rounds=5, seed=2)
    arms = []
    for changed in ({"injects": (inject,)}, {"levers": {lever: setting}}):
        one = Setting(plan.model_copy(update=changed), case)
        script = planned_script(one)
        talks = TableTalks(one, RandomStreams(2, 0, 3), script, days=40)
        release_model(talks)
        arms.append(talks.play())
    injected, planned = arms
    for name in ("state.rounds", "war_state.front", "deaths_today"):
        value = attrgetter(name)
        assert np.array_equal(value(injected), value(planned)), name
    for name in ("deal_day", "refusals"):
        assert np.array_equal(getattr(injected.record, name), getattr(planned.record, name)), name
    for one, other in zip(injected.parties, planned.parties, strict=True):
        assert np.array_equal(one.exposure, other.exposure)
        for mine, theirs in zip(one.constituencies, other.constituencies, strict=True):
            assert np.allclose(mine.mobilised, theirs.mobilised)
    assert np.array_equal(injected.assessor.utilities()[0], planned.assessor.utilities()[0])


def test_an_inject_leaves_what_was_taken_down_as_it_was():
    setting = with_inject("optimism", 3, 4)
    talks = TableTalks(setting, RandomStreams(2, 0, 20), planned_script(setting))
    release_model(talks)
    before = talks.play(until=60).outcomes("", "", {})
    optimism = talks.assessor.beliefs.optimism[0, 1]
    talks.make_changes(4)
    assert differing(before, talks.outcomes("", "", {})) == []
    assert not np.array_equal(talks.assessor.beliefs.optimism[0, 1], optimism)


def test_a_lever_that_changes_what_words_mean_is_not_moved_by_an_inject():
    inject = ParameterInject(id="i", words="x", lever="first_phase_days", setting=30, at_round=1)
    with pytest.raises(ValueError, match="what the words on the table mean"):
        Setting(ExercisePlan(title="t", injects=(inject,)), read_once("gaza-2024-01"))


def test_news_by_hand_reaches_a_table_where_people_sit():
    inject = ParameterInject(id="i", words="x", lever="war_cost", setting=3)
    room = Class(injects=(inject,), seed=1)
    room.begun(people=1)
    before = room.model.sheet(room.state.tables[1], "upland")
    room.instruct(commands.Fire(inject="i"))
    for _ in range(4):
        if room.state.tables[1].round == 1:
            room.instruct(commands.Advance(table=1))
            room.go_on()
    assert room.state.tables[1].round == 2
    assert room.model.sheet(room.state.tables[1], "upland") != before


def test_an_event_fired_in_class_is_the_event_scheduled_for_the_day_after_the_round():
    path = "parties.upland.war.cost_per_day"
    amount = {"value": 4, "basis": "judgement"}
    storm = OutsideEvent.model_validate(
        {
            "title": "A storm",
            "per_year": {"value": 0, "basis": "judgement"},
            "moves": [{"key": path, "how": "scale", "by": amount}],
            "lasts_days": {"value": 50, "basis": "judgement"},
            "closes": ["delta"],
        }
    )
    case = read_once("two-rivers").model_copy(update={"events": {"storm": storm}})
    inject = EventInject(id="news", words="A storm!", event="storm", at_round=3)
    plan = ExercisePlan(title="t", rounds=5, seed=2, injects=(inject,))
    setting = Setting(plan, case)
    fired, _ = Model(setting).alone(40)
    day = setting.days_per_round + 2  # after the second round, which is held a day before
    planned = simulate(setting.case, runs=40, seed=2, events={"storm": day})
    assert differing(fired, planned) == []
    assert differing(fired, simulate(setting.case, runs=40, seed=2)) != ["event_day"]


def test_an_event_that_the_scenario_does_not_have_is_not_fired():
    inject = EventInject(id="i", words="x", event="storm", at_round=1)
    with pytest.raises(ValueError, match="there is no event 'storm'; there are pass_closes"):
        Setting(ExercisePlan(title="t", injects=(inject,)), read_once("two-rivers"))


def test_events_that_come_by_chance_are_news_at_a_table():
    case = read_once("two-rivers")
    often = {"value": 20, "basis": "judgement"}
    events = {
        name: type(event).model_validate({**event.model_dump(exclude_none=True), "per_year": often})
        for name, event in case.events.items()
    }
    room = played_to_its_end(case.model_copy(update={"events": events}), seed=3, rounds=2)
    told = [news.words for record in room.log.records for news in getattr(record.event, "news", ())]
    assert any("rockslide" in words for words in told)


def test_an_agent_whose_stance_bars_a_text_says_so_and_a_person_is_not_bound():
    room = Class(with_stances("two-rivers", upland=0.0, delta=0.0), seed=3, rounds=2)
    people = room.begun(people=1)
    table, role = room.state.seat_of(people[0])
    assert role == "upland"
    talks = room.model._up_to(table).talks
    barred = [k for k in range(len(talks.packages)) if not talks.stance_allows(1, k)]
    own = [k for k in barred if not talks.stance_allows(0, k)]
    package = room.state.setting.package(own[0])
    room.instruct(commands.Advance(table=1))
    room.ask(f"person:{people[0]}", commands.Propose(package=package, to=("delta", "marsh")))
    room.instruct(commands.Advance(table=1))
    text = next(t for t in room.go_on().tables[1].current if t.role == "upland")
    assert (text.answers["upland"], text.answers["delta"]) == (True, False)
    assert text.reasons["delta"] == "position"
    assert commands.REASONS["position"]


def test_what_people_agree_against_their_stance_is_signed():
    room = Class(with_stances("two-rivers", upland=0.0, delta=0.0), seed=3, rounds=2)
    people = room.begun(people=2)
    seats = {room.state.seat_of(person)[1]: person for person in people}
    assert set(seats) == set(room.state.setting.vetoers)
    talks = room.model._up_to(room.state.tables[1]).talks
    barred = next(k for k in range(len(talks.packages)) if not talks.stance_allows(0, k))
    room.instruct(commands.Advance(table=1))
    to = tuple(role for role in seats if role != "upland")
    package = room.state.setting.package(barred)
    room.ask(f"person:{seats['upland']}", commands.Propose(package=package, to=to))
    room.instruct(commands.Advance(table=1))
    text = room.state.tables[1].current[-1]
    for role in to:
        room.ask(f"person:{seats[role]}", commands.Respond(text=text.id, accepts=True))
    for _ in range(4):
        room.go_on(300)
    assert room.state.tables[1].how == "deal"
    assert room.state.setting.index(room.state.tables[1].terms.package) == barred
