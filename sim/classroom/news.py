"""What happens between rounds, in words that everyone at a table may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.classroom.commands import News
from sim.scenario.errors import count_noun
from sim.scenario.schema import Scenario

#: What happened to people, by kind of note: one, and several.
PEOPLE = {
    "death": ("has died", "have died"),
    "rescue": ("was recovered by force", "were recovered by force"),
    "killed in rescue": ("died in an attempt at rescue", "died in an attempt at rescue"),
    "release": ("was released outside a deal", "were released outside a deal"),
}


@dataclass
class NewsRecorder:
    """Takes notes of a table's run; what is private in them never leaves it."""

    scenario: Scenario
    news: list[News] = field(default_factory=list)

    def note(self, day: int, kind: str, **facts: Any) -> None:
        """Something happened; only what everybody can see is kept."""
        words = describe_event(self.scenario, kind, facts)
        if words:
            self.news.append(News(day=day, words=words))


def describe_event(scenario: Scenario, kind: str, facts: Mapping[str, Any]) -> str:
    """A note as a sentence; empty where it is private or no news."""
    if kind in PEOPLE:
        return _people(scenario, kind, facts["people"])
    if kind == "battle":
        side = scenario.war.forward if facts["won"] else scenario.war.backward
        return f"A battle; the front moves in favour of {_titles(scenario, side)}."
    if kind == "victory":
        side = scenario.war.forward if facts["forward"] else scenario.war.backward
        return f"The war is decided; {_titles(scenario, side)} has won."
    if kind == "suspension":
        return f"An event outside suspends the talks for {count_noun(int(facts['days']), 'day')}."
    if kind == "leak":
        return "The talks leak; what the parties ask for is in public."
    if kind == "awaited":
        return f"The text waits for {_parties(scenario, facts['parties'])} to confirm."
    if kind == "confirmation":
        refused = facts["refused_by"]
        if refused:
            return f"{_parties(scenario, refused)} does not confirm the text."
        return "The text is confirmed."
    return ""


def _people(scenario: Scenario, kind: str, people: Any) -> str:
    one, several = PEOPLE[kind]
    said = [
        f"of the {pool.title}, {int(number)} {one if number == 1 else several}"
        for pool, number in zip(scenario.captives.values(), people, strict=True)
        if number
    ]
    sentence = "; ".join(said)
    return f"{sentence[:1].upper()}{sentence[1:]}." if said else ""


def _titles(scenario: Scenario, names: list[str]) -> str:
    return " and ".join(scenario.parties[name].title for name in names)


def _parties(scenario: Scenario, places: list[int]) -> str:
    names = list(scenario.parties)
    return _titles(scenario, [names[place] for place in places])
