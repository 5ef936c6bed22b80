"""Every number of every scenario does something: change it clearly, and some run is different.

Many numbers are looked at together, each changed in a group of runs of its own among runs with the
same luck. What everybody makes of the possible deals on the first day is looked at first. Where
that shows nothing, talks are played as the scenario is, and then in one in which what the number
speaks of happens often: a few, and then more of them and for longer.
"""

from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from functools import cache, partial

import numpy as np
import pytest

from sim.engine.random_streams import RandomStreams
from sim.engine.rounds import Assessment
from sim.engine.sampling import ParameterSample, check_values
from sim.engine.simulate import play_rows, simulate
from sim.engine.talks import Talks, release_model
from sim.scenario.loading import sha256_of
from sim.scenario.quantity import Bias, Fixed, Quantity
from sim.scenario.schema import Bound, Constraint, Scenario
from tests.builders import (
    PLAYED,
    always_flexible,
    differing,
    equal,
    played,
    scene_of,
    talks_of,
    with_number,
)


def clearly_other(path: str, quantity: Quantity) -> float:
    """Another value, far from the usual one and within the same bounds."""
    usual = quantity.centre
    if path.endswith("permanent.number"):
        return 30  # an end of the war is reckoned in days only up to three months
    if isinstance(quantity, Bias):
        return -0.9 if usual > 0 else 0.9
    if path.startswith("truce.effects."):
        return 5 * usual
    if path.startswith("truce.trust_"):
        return 10
    if 0 <= usual <= 1:
        return 0.1 if usual >= 0.5 else 0.9
    return 3 * usual if usual < 0 else float(np.floor(usual / 2))


# --- Cases in which seldom things happen often ---


def set_all(case: Scenario, numbers: dict[str, float]) -> Scenario:
    """A scenario with all numbers set whose paths match a pattern."""
    for pattern, value in numbers.items():
        for path in case.quantities():
            if fnmatch(path, pattern):
                case = with_number(case, path, value)
    return case


def only(case: Scenario, **levels: str) -> Scenario:
    """A scenario in which nothing but these levels is to be had, whatever else it rules out."""
    constraints = [
        Constraint(
            when={issue: Bound(min=next(iter(case.issues[issue].levels)))},
            needs={issue: Bound(only=[level])},
            why="Nothing else is looked at here.",
        )
        for issue, level in levels.items()
    ]
    return case.model_copy(update={"constraints": constraints})


def of_this_length(case: Scenario, path: str) -> Scenario:
    _, _, _, level, _ = path.split(".")
    return only(case, duration=level)


def a_listening_mediator(case: Scenario, path: str) -> Scenario:
    """Only this mediator hears anything, and it hears everything."""
    name = path.split(".")[1]
    case = set_all(case, {"mediators.*.access.*": 0.0})
    case = set_all(case, {f"mediators.{name}.access.*": 0.95})
    return set_all(case, {f"mediators.{name}.bias.*": 0.1} if ".information." in path else {})


def a_lonely_guarantor(case: Scenario, path: str) -> Scenario:
    """Only this mediator stands behind guarantees."""
    others = [name for name in case.mediators if name != path.split(".")[1]]
    return set_all(case, {f"mediators.{name}.guarantee": 0.0 for name in others})


def no_channel(case: Scenario, path: str) -> Scenario:
    mediators = {
        name: mediator.model_copy(update={"keeps_channel": False})
        for name, mediator in case.mediators.items()
    }
    return case.model_copy(update={"mediators": mediators})


def ready_to_sign(case: Scenario, path: str) -> Scenario:
    """Everybody is flexible, and shows at once what it would settle for: there are many truces."""
    return set_all(always_flexible(case), {"parties.*.tactic.numbers.opening": 0.95})


def short_truces(case: Scenario, path: str) -> Scenario:
    return set_all(ready_to_sign(case, path), {"truce.scale_days": 10.0})


def texts_of_mediators(case: Scenario, path: str) -> Scenario:
    """Mediators try texts after every no, in talks whose windows are open; few are taken."""
    numbers = {"channel.mediated": 1.0, "parties.*.tactic.numbers.opening": 0.0}
    return set_all(always_flexible(case), numbers)


def texts_of_this_mediator(case: Scenario, path: str) -> Scenario:
    others = [name for name in case.mediators if name != path.split(".")[1]]
    quiet = {f"mediators.{name}.drafting": 0.0 for name in others}
    return set_all(texts_of_mediators(case, path), quiet)


def stirred_people(case: Scenario, path: str) -> Scenario:
    """These people count for nearly everything, and what stirs them happens often."""
    people, event = path.split(".stirred_by.")
    happens: dict[str, dict[str, float]] = {
        "captive_death": {"captives.*.death_rate": 0.003},
        "collapse": {"truce.scale_days": 3.0},
        "violation": {"truce.violations_per_day": 1.0, "truce.second_phase_from_day": 1.0},
        "leak": {"channel.leak": 0.5},
    }
    case = case if event == "leak" else ready_to_sign(case, path)
    quiet = {f"{people}.influence": 0.9, f"{people}.mobilised": 0.1}
    return set_all(case, quiet | happens.get(event, {}))


def paid_for_truces(case: Scenario, path: str) -> Scenario:
    case = ready_to_sign(case, path)
    return set_all(case, {"mediators.*.leverage.*": 0.3, "truce.scale_days": 10.0})


def some_at_a_time(case: Scenario, path: str) -> Scenario:
    case = ready_to_sign(only(case, duration="7d", captives="some", ratio="3"), path)
    return set_all(case, {"truce.scale_days": 20.0})


def truces_while_talks_go_on(case: Scenario, path: str) -> Scenario:
    length = "60d" if "60d" in case.issues["duration"].levels else "42d"
    case = only(case, duration=length, guarantee="talks")
    return set_all(case, {"truce.scale_days": 100.0, "issues.duration.levels.*.number": 20.0})


def parties_of_their_own_words(case: Scenario, path: str) -> Scenario:
    numbers = {"parties.*.tactic.numbers.opening": 0.0, "channel.mediated": 0.0}
    return set_all(case, {**numbers, "channel.acceptance_noise": 0.05})


def an_early_event(case: Scenario, path: str) -> Scenario:
    """This event comes in the first weeks, and much of what events move counts for more."""
    early = {f"events.{path.split('.')[1]}.per_year": 20.0, "mediators.*.leverage.*": 0.1}
    return set_all(case, early)


#: How to make often what a number speaks of, by the pattern of its path.
OFTEN: dict[str, Callable[[Scenario, str], Scenario]] = {
    "issues.duration.levels.*": of_this_length,
    "mediators.*.bias.*": a_listening_mediator,
    "mediators.*.information.*": a_listening_mediator,
    "mediators.*.guarantee": a_lonely_guarantor,
    "mediators.*.drafting": texts_of_mediators,
    "mediators.*.formulation.*": texts_of_this_mediator,
    "channel.direct_per_day": no_channel,
    "events.*": an_early_event,
    "parties.*.stirred_by.*": stirred_people,
    "parties.*.tactic.*": parties_of_their_own_words,
    "truce.effects.pressure": paid_for_truces,
    "truce.effects.guarantee": truces_while_talks_go_on,
    "truce.effects.grace": truces_while_talks_go_on,
    "truce.grace_days": truces_while_talks_go_on,
    "truce.*": ready_to_sign,
    "captives.*": ready_to_sign,
    "spoilers.*": short_truces,
}

NOVEMBER = {"truce.extension.*": some_at_a_time, "truce.effects.extension": some_at_a_time}


def often(name: str, path: str) -> Scenario:
    """A scenario in which the number at a path is sure to be used."""
    ways = (NOVEMBER if name == "gaza-2023-11" else {}) | OFTEN
    way = next((ways[pattern] for pattern in ways if fnmatch(path, pattern)), None)
    return way(played(name), path) if way else played(name)


# --- Looking for a difference ---

#: How many runs to play for how many days.
FEW_THEN_MORE = ((40, 25), (40, 60), (100, 100))

#: What everybody makes of the possible deals: arrays of a scene.
MADE_OF_IT = ("worth", "reservation", "backed")


def in_groups(case: Scenario, changed: dict[str, float], runs: int) -> dict[str, np.ndarray]:
    """Values of numbers, run by run, where each is changed in a group of runs of its own.

    In the first group and in the last all is as usual.
    """
    usual = ParameterSample(case, RandomStreams(1, 0, runs))
    values = {}
    for group, (path, new) in enumerate(changed.items(), start=1):
        values[path] = np.tile(usual[path], len(changed) + 2)
        values[path][group * runs : (group + 1) * runs] = new
    return values


def luck_of(changed: dict[str, float], runs: int) -> np.ndarray:
    """All groups have the same luck."""
    return np.tile(np.arange(runs), len(changed) + 2)


def unlike_the_first(arrays: Iterable[np.ndarray], changed: dict[str, float]) -> set[str]:
    """The numbers in whose group anything is other than in the first."""
    split = [np.split(rows, len(changed) + 2) for rows in arrays]
    alike = [all(equal(groups[0], groups[k]) for groups in split) for k in range(len(changed) + 2)]
    assert alike[-1], "something is different where nothing was changed"
    return {path for path, same in zip(changed, alike[1:], strict=False) if not same}


def seen_at_once(case: Scenario, changed: dict[str, float], runs: int) -> set[str]:
    """The numbers by which somebody makes something else of some deal on the first day."""
    luck = luck_of(changed, runs)
    values = check_values(case, in_groups(case, changed, runs), len(luck))
    talks = Talks(case, RandomStreams(1, 0, len(luck), luck), days=1, values=values)
    release_model(talks)
    scene = scene_of(talks)
    return unlike_the_first((getattr(scene, name) for name in MADE_OF_IT), changed)


def seen_in_time(case: Scenario, changed: dict[str, float], runs: int, days: int) -> set[str]:
    """The numbers by which some run ends otherwise."""
    luck, values = luck_of(changed, runs), in_groups(case, changed, runs)
    found = play_rows(case, seed=1, luck=luck, days=days, values=values)
    return unlike_the_first((getattr(found, name) for name in found.arrays()), changed)


def seen_if_made_often(case: Scenario, changed: dict[str, float], runs: int, days: int) -> set[str]:
    """The same where what each number speaks of happens often."""
    alike: dict[str, tuple[Scenario, dict[str, float]]] = {}
    for path, new in changed.items():
        frequent = often(case.scenario, path)
        alike.setdefault(sha256_of(frequent), (frequent, {}))[1][path] = new
    return set().union(
        *(seen_in_time(frequent, some, runs, days) for frequent, some in alike.values())
    )


@cache
def usual_scene(name: str) -> Assessment:
    return scene_of(talks_of(played(name), 6))


def seen_alone(case: Scenario, path: str, new: float) -> bool:
    """Whether a number does something that is the same in all runs played side by side."""
    one, other = usual_scene(case.scenario), scene_of(talks_of(with_number(case, path, new), 6))
    if any(not equal(getattr(one, name), getattr(other, name)) for name in MADE_OF_IT):
        return True
    frequent = often(case.scenario, path)
    changed = with_number(frequent, path, new)
    return any(
        differing(*(simulate(it, runs=runs, days=days) for it in (frequent, changed)))
        for runs, days in FEW_THEN_MORE
    )


@pytest.mark.parametrize("name", PLAYED)
def test_every_number_does_something(name):
    case = played(name)
    numbers = case.quantities()
    new = {path: clearly_other(path, number) for path, number in numbers.items()}
    silent = {path for path in new if not isinstance(numbers[path], Fixed)}
    for seen in (
        lambda some: seen_at_once(case, some, 6),
        lambda some: seen_in_time(case, some, 40, 60),
        *(partial(seen_if_made_often, case, runs=r, days=d) for r, d in FEW_THEN_MORE),
    ):
        silent -= seen({path: new[path] for path in new if path in silent})
    fixed = (path for path in new if isinstance(numbers[path], Fixed))
    silent |= {path for path in fixed if not seen_alone(case, path, new[path])}
    assert {path: new[path] for path in silent} == {}, "set to these values they move nothing"
