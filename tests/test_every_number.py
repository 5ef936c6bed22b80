"""Every number of every scenario does something: change it clearly, and some run is different.

What everybody makes of the possible deals on the first day is looked at first. Where that shows
nothing, talks are played in a scenario in which what the number speaks of happens often: a few, and
then more of them and for longer.
"""

from collections.abc import Callable
from fnmatch import fnmatch
from functools import cache

import numpy as np
import pytest
from strategies import PLAYED, differing, played, scene_of, talks_of, with_number

from sim.experiment import simulate
from sim.outcomes import Outcomes
from sim.reading import sha256_of
from sim.scenario import Bound, Constraint, Scenario
from sim.talks import Scene
from sim.uncertain import Bias, Quantity

TALKS = [(10, 20), (40, 60), (100, 100)]  # runs, days


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
    """Everybody shows at once what it would settle for, so that there are many truces."""
    return set_all(case, {"parties.*.tactic.numbers.opening": 0.95})


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


#: How to make often what a number speaks of, by the pattern of its path.
OFTEN: dict[str, Callable[[Scenario, str], Scenario]] = {
    "issues.duration.levels.*": of_this_length,
    "mediators.*.bias.*": a_listening_mediator,
    "mediators.*.information.*": a_listening_mediator,
    "mediators.*.guarantee": a_lonely_guarantor,
    "channel.direct_per_day": no_channel,
    "parties.*.stirred_by.*": stirred_people,
    "parties.*.tactic.*": parties_of_their_own_words,
    "truce.effects.pressure": paid_for_truces,
    "truce.effects.guarantee": truces_while_talks_go_on,
    "truce.effects.grace": truces_while_talks_go_on,
    "truce.grace_days": truces_while_talks_go_on,
    "truce.*": ready_to_sign,
    "captives.*": ready_to_sign,
    "spoilers.*": ready_to_sign,
}

NOVEMBER = {"truce.extension.*": some_at_a_time, "truce.effects.extension": some_at_a_time}


def often(name: str, path: str) -> Scenario:
    """A scenario in which the number at a path is sure to be used."""
    ways = (NOVEMBER if name == "gaza-2023-11" else {}) | OFTEN
    way = next((ways[pattern] for pattern in ways if fnmatch(path, pattern)), None)
    return way(played(name), path) if way else played(name)


# --- Numbers that move nothing, and why ---

PATHS = [pytest.param(name, path) for name in PLAYED for path in played(name).quantities()]


# --- Looking for a difference ---


@cache
def usual_scene(name: str) -> Scene:
    return scene_of(talks_of(played(name), 6))


def outcomes_of(case: Scenario, runs: int, days: int) -> Outcomes:
    """The outcomes of a scenario as it is, played once for all of its numbers."""
    key = (sha256_of(case), runs, days)
    if key not in PLAYED_BEFORE:
        PLAYED_BEFORE[key] = simulate(case, runs=runs, days=days)
    return PLAYED_BEFORE[key]


PLAYED_BEFORE: dict[tuple[str, int, int], Outcomes] = {}


def shows_at_once(name: str, path: str, new: float) -> bool:
    """Whether anybody makes something else of some deal on the first day."""
    one, other = usual_scene(name), scene_of(talks_of(with_number(played(name), path, new), 6))
    return any(
        not np.array_equal(getattr(one, part), getattr(other, part))
        for part in ("worth", "reservation", "backed")
    )


def shows_in_time(case: Scenario, path: str, new: float, runs: int, days: int) -> bool:
    """Whether anything ends otherwise in any run."""
    other = simulate(with_number(case, path, new), runs=runs, days=days)
    return bool(differing(outcomes_of(case, runs, days), other))


@pytest.mark.parametrize(("name", "path"), PATHS)
def test_it_does_something(name, path):
    new = clearly_other(path, played(name).quantities()[path])
    shown = shows_at_once(name, path, new) or any(
        shows_in_time(often(name, path), path, new, runs, days) for runs, days in TALKS
    )
    assert shown, f"{path} set to {new:g} moves nothing"
