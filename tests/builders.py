"""What several tests share: scenarios by name, talks that can be looked into, and comparisons."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sim.engine.negotiation import ModelMoves
from sim.engine.outcomes import Outcomes
from sim.engine.random_streams import RandomStreams
from sim.engine.rounds import Assessment, Meeting
from sim.engine.talks import Talks, release_model
from sim.findings.attribution import BARRIERS
from sim.scenario.loading import find_scenario, load_scenario
from sim.scenario.packages import Packages, selected
from sim.scenario.quantity import Quantity
from sim.scenario.schema import Scenario

TEXTBOOK = Path(__file__).parent / "scenarios"

#: The scenarios that are shipped; claims know their issues and levels. What holds for a scenario
#: of anybody stands in `tests/contracts/test_scenarios.py`.
PLAYED = ["gaza-2023-11", "gaza-2024-01", "two-rivers"]


@cache
def played(name: str) -> Scenario:
    """A scenario that people play, read once."""
    return load_scenario(name)


def case_of(name: str, changes: Mapping[str, object] | None = None) -> Scenario:
    """A scenario from the textbook, or one that people play, with some values changed."""
    path = TEXTBOOK / f"{name}.yaml"
    return load_scenario(path if path.is_file() else find_scenario(name), changes)


def talks_of(
    case: Scenario,
    runs: int = 1,
    *,
    days: int = 1,
    chance: RandomStreams | None = None,
    levers: Mapping[str, float] | None = None,
) -> Talks:
    """Talks before their first day, which memory does not keep when the test is over."""
    talks = Talks(case, chance or RandomStreams(1, 0, runs), days=days, levers=levers)
    release_model(talks)
    return talks


class MediatorsAlone(ModelMoves):
    """The model's moves, but no party words a text: a mediator's is put to all at once."""

    def propose(self, meeting: Meeting) -> tuple[np.ndarray, np.ndarray]:
        _, drafter = self.called(meeting)
        text, _ = self.draft(meeting, drafter)
        return text, len(self.parties) + drafter


def mediators_alone(talks: Talks) -> Talks:
    """Talks in which only mediators word texts."""
    negotiation = talks.negotiation
    negotiation.moves = MediatorsAlone(talks.streams, talks.assessor, talks.channel)
    return talks


def outcomes_of(talks: Talks) -> Outcomes:
    """What talks come to once all their days are played."""
    return talks.play().outcomes("", "", {})


def scene_of(talks: Talks) -> Assessment:
    """What everybody makes of the possible deals as things stand, in all runs."""
    return talks.assessor.assess(np.arange(talks.streams.runs))


def package_of(case: Scenario, packages: Packages, **levels: str) -> int:
    """The one package with these levels."""
    chosen = {issue: _only(level) for issue, level in levels.items()}
    (found,) = np.flatnonzero(selected(case, packages.levels, chosen))
    return int(found)


def _only(level: str) -> Any:
    from sim.scenario.schema import Bound

    return Bound(only=[level])


def with_number(case: Scenario, path: str, new: float | Quantity) -> Scenario:
    """A scenario with another number at a path, checked for itself but not with the others."""
    return _replaced(case, path.split("."), new)


def _replaced(part: Any, path: list[str], new: float | Quantity) -> Any:
    if not path:
        given = new if isinstance(new, Quantity) else Quantity.as_fixed(new)
        return type(part).model_validate(given if isinstance(given, dict) else given.model_dump())
    key, rest = path[0], path[1:]
    if isinstance(part, dict):
        return {**part, key: _replaced(part[key], rest, new)}
    if isinstance(part, list):
        place = int(key)
        return [*part[:place], _replaced(part[place], rest, new), *part[place + 1 :]]
    return part.model_copy(update={key: _replaced(getattr(part, key), rest, new)})


def differing(one: Outcomes, other: Outcomes) -> list[str]:
    """The arrays in which some run of one simulation differs from the same run of another."""
    return [
        name
        for name in one.arrays()
        if not equal(np.asarray(getattr(one, name)), np.asarray(getattr(other, name)))
    ]


def equal(one: np.ndarray, other: np.ndarray) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def always_flexible(case: Scenario) -> Scenario:
    """A scenario in which every leadership is flexible on all days, whatever happens outside."""
    free = BARRIERS["stances"][1](case)
    quiet = {name: event.model_copy(update={"closes": []}) for name, event in free.events.items()}
    return free.model_copy(update={"events": quiet})


def cut_finer(pie: Scenario, slices: int) -> Scenario:
    """The pie of the textbook in equal slices, of which A gets from none to all."""
    share = [k / slices for k in range(slices + 1)]
    content = pie.model_dump()
    whole = content["issues"]["share"]
    whole["levels"] = {f"s{k}": {"words": f"{x:g} of it"} for k, x in enumerate(share)}
    for party, worth in (("a", share), ("b", share[::-1])):
        content["parties"][party]["settlement"]["share"] = {
            f"s{k}": {"value": x, "basis": "definition"} for k, x in enumerate(worth)
        }
    content["phrases"] = {
        "all for a": {"share": {"only": [f"s{slices}"]}},
        "all for b": {"share": {"only": ["s0"]}},
    }
    return Scenario.model_validate(content)


def certain(low: float, high: float | None = None) -> dict[str, Any]:
    """One number, or a uniform range, as a change of a scenario."""
    form = {"value": low} if high is None else {"uniform": [low, high]}
    return {**form, "basis": "judgement"}
