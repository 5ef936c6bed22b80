"""Who sits at a table, who may speak to whom, and what their briefs say."""

import re
from pathlib import Path

import pytest

import sim.classroom
from sim.classroom.plan import ExercisePlan, OptionInject, Setting
from sim.scenario.loading import load_scenario

SCENARIOS = ("gaza-2024-01", "gaza-2023-11", "two-rivers")


def setting(name: str, **plan) -> Setting:
    return Setting(ExercisePlan(title="t", **plan), load_scenario(name))


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_party_and_mediator_has_a_brief_with_all_its_parts(name):
    scenario = load_scenario(name)
    played = [seat.plays for seat in scenario.roles.values()]
    assert sorted(played) == sorted([*scenario.parties, *scenario.mediators])
    for role in setting(name).roles.values():
        for part in (role.public, role.interests, role.red_lines, role.alternative, role.fairness):
            assert len(part.split()) >= 10, (role.name, part)


@pytest.mark.parametrize("name", SCENARIOS)
def test_channels_go_both_ways(name):
    roles = setting(name).roles
    for role in roles.values():
        assert role.name not in role.reaches
        assert all(role.name in roles[other].reaches for other in role.reaches)


def test_a_party_spoken_for_is_reached_through_mediators_who_keep_a_channel():
    roles = setting("gaza-2024-01").roles
    assert set(roles["hamas"].reaches) == {"egypt", "qatar"}
    assert roles["hamas"].confirms
    assert not roles["israel"].confirms
    assert setting("two-rivers").roles["upland"].reaches == (
        "delta",
        "marsh",
        "northmark",
        "southport",
    )


def test_packages_are_known_by_their_levels():
    one = setting("two-rivers")
    for index in range(len(one.levels)):
        assert one.index(one.package(index)) == index
    with pytest.raises(ValueError, match="one level of each"):
        one.index({"duration": "14d"})
    with pytest.raises(ValueError, match="no level of duration '9d'"):
        one.index({**one.package(0), "duration": "9d"})


def test_levels_are_opened_and_closed_by_injects():
    inject = OptionInject(
        id="i", words="x", issue="duration", opens=("permanent",), closes=("14d",)
    )
    one = setting("two-rivers", held_back={"duration": ("permanent",)}, injects=(inject,))

    def offered(fired: tuple[str, ...]) -> set[str]:
        on = one.on_offer(fired)
        return {one.package(k)["duration"] for k in range(len(on)) if on[k]}

    assert offered(()) == {"14d", "60d"}
    assert offered(("i",)) == {"60d", "permanent"}


def test_rounds_are_spread_over_the_scenarios_days():
    one = setting("two-rivers", rounds=5)
    assert one.days_per_round == one.scenario.days // 5
    assert one.case.channel.every_days.centre == one.days_per_round
    assert setting("two-rivers", days_per_round=7).case.channel.every_days.centre == 7


def test_a_scenario_without_roles_cannot_be_played_in_class():
    scenario = load_scenario("two-rivers").model_copy(update={"roles": {}})
    with pytest.raises(ValueError, match="write a brief"):
        Setting(ExercisePlan(title="t"), scenario)


def test_the_shortest_exercise_of_the_readme_runs(capsys):
    text = (Path(sim.classroom.__file__).parent / "README.md").read_text(encoding="utf-8")
    example, *_ = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    assert len(eval(capsys.readouterr().out)) == 4
