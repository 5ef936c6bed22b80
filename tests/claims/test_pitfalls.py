"""Traps that an earlier sketch of the model fell into, each of which turned a sign around."""

import numpy as np
import pytest

from sim.engine.outcomes import Outcomes
from sim.engine.simulate import simulate
from sim.scenario.schema import Scenario
from tests.builders import case_of, played, scene_of, talks_of

RUNS = 300


def share_of(outcomes: Outcomes, issue: str, level: str) -> float:
    """The share of first deals with a level of an issue."""
    column = outcomes.labels.issues.index(issue)
    wanted = outcomes.labels.levels[column].index(level)
    signed = outcomes.deal_day > 0
    return float((outcomes.deal_levels[signed, column] == wanted).mean())


# --- Leverage counts from what is held today ---


@pytest.mark.parametrize("name", ["gaza-2024-01", "two-rivers", "worked-example"])
def test_what_war_is_worth_today_does_not_depend_on_what_captives_restrain(name):
    restraints = [p for p in case_of(name).quantities() if p.endswith(".restraint")]
    none, much = (case_of(name, dict.fromkeys(restraints, r)) for r in (0, 0.3))
    without, restrained = (scene_of(talks_of(case, 50)) for case in (none, much))
    assert np.array_equal(without.war_values, restrained.war_values)
    assert not np.array_equal(without.worth, restrained.worth)


def test_giving_captives_up_makes_war_worth_more_to_their_home_and_less_to_their_holder():
    talks = talks_of(case_of("worked-example"))
    rows = np.array([0])
    lift, after = talks.captivity.lift(rows), talks.captivity.lift_after(rows)
    home, holder = (
        p.forecast_war(rows, talks._evidence(rows), lift, after).war_after[0] for p in talks.parties
    )
    same_days = talks.packages.frame_days == 42
    by_release = talks.packages.after_release[talks.packages.frame_after[same_days]]
    order = np.argsort(by_release, kind="stable")
    assert np.all(np.diff(home[same_days][order]) >= 0)
    assert np.all(np.diff(holder[same_days][order]) <= 0)
    assert home[same_days].max() > home[same_days].min()


# --- Whether a truce lasts is for the parties to see, not for us to say ---


def taken_for_granted(case: Scenario, chance: float) -> Scenario:
    """The same scenario where every truce is thought to last with the same chance."""
    content = case.model_dump()
    numbers = {"chance": {"value": chance, "basis": "judgement"}}
    content["permanence"] = {"kind": "given", "numbers": numbers}
    content["levers"] = {}
    return Scenario.model_validate(content)


def test_believing_in_every_truce_makes_deals_permanent_and_withdrawal_total():
    endogenous = simulate(played("gaza-2024-01"), runs=RUNS)
    given = simulate(taken_for_granted(played("gaza-2024-01"), 0.6), runs=RUNS)
    for issue, level in (("duration", "permanent"), ("withdrawal", "total")):
        seen, said = share_of(endogenous, issue, level), share_of(given, issue, level)
        print(f"{issue} {level}: {seen:.2f} where they look ahead, {said:.2f} where it is given")
        assert said > seen + 0.1


# --- Aspirations are anchored in what the other side might still take ---


@pytest.mark.parametrize("name", ["gaza-2024-01", "gaza-2023-11", "two-rivers"])
def test_nobody_holds_out_for_what_it_thinks_the_others_would_never_take(name):
    talks = talks_of(played(name), 100)
    scene = scene_of(talks)
    believed = talks.negotiation.believed_reservations(scene, day=1)
    aspiration, top = talks.negotiation.aspirations(scene, believed, day=1)
    assert all(party.flexible.all() for party in talks.parties)  # a firm one asks for no more
    for i in range(len(talks.parties)):
        takes = [scene.worth[:, j] >= b[:, None] for (k, j), b in believed.items() if k == i]
        in_sight = np.where(np.all(takes, axis=0), scene.worth[:, i], -np.inf).max(axis=1)
        best = scene.worth[:, i].max(axis=1)
        seeing = top[:, i] >= scene.reservation[:, i]
        assert seeing.mean() > 0.2
        assert (aspiration[seeing, i] <= in_sight[seeing] + 1e-6).all()
        assert (aspiration[seeing, i] < best[seeing] - 1e-6).mean() > 0.5


# --- Families who press must make their side impatient, not only raise the stakes ---


FAMILIES = "parties.israel.constituencies.families"


def families(mobilised: float, urgency: float) -> float:
    """The share of runs with a deal for families who are so loud and so pressing."""
    numbers = {f"{FAMILIES}.mobilised": mobilised, f"{FAMILIES}.urgency": urgency}
    outcomes = simulate(case_of("gaza-2024-01", numbers), runs=4 * RUNS)
    return float((outcomes.deal_day > 0).mean())


def test_louder_families_bring_deals_because_they_press():
    quiet, loud, patient = families(0.1, 0.6), families(0.9, 0.6), families(0.9, 0)
    print(f"deals: families quiet {quiet:.2f}, loud {loud:.2f}, loud but patient {patient:.2f}")
    assert loud > quiet + 0.02
    assert loud > patient + 0.02
