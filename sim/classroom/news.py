"""What happens between rounds: in words that everyone at a table may read, and for the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from sim.classroom.commands import Happening, News
from sim.engine.run_events import (
    Battle,
    CaptivesChanged,
    Confirmation,
    ConfirmationAwaited,
    Deaths,
    Leak,
    OutsideEventHappened,
    Releases,
    RescueDeaths,
    Rescues,
    RunEvent,
    StanceTurned,
    Suspension,
    Victory,
)
from sim.scenario.errors import count_noun
from sim.scenario.schema import Scenario

#: What happened to captives, by kind of event: to one, and to several.
CAPTIVES_WORDS: dict[type[CaptivesChanged], tuple[str, str]] = {
    Deaths: ("has died", "have died"),
    Rescues: ("was recovered by force", "were recovered by force"),
    RescueDeaths: ("died in an attempt at rescue", "died in an attempt at rescue"),
    Releases: ("was released outside a deal", "were released outside a deal"),
}


#: Facts of an event about all packages, which would fill a log; the score sheets have them.
ABOUT_ALL_PACKAGES = ("signable", "worths", "added")

#: Places after the point of a number that goes into the log.
PLACES = 6

#: What a leadership lets everybody see when it turns, by whether it is flexible now.
STANCE_WORDS = {
    True: "turns flexible: it signals that it is ready to bargain",
    False: "stands firm on what it has said in public",
}


@dataclass
class NewsRecorder:
    """Keep what happens in a table's run: as news what everybody can see, and all for the log."""

    scenario: Scenario
    news: list[News] = field(default_factory=list)
    happened: list[Happening] = field(default_factory=list)

    def record(self, event: RunEvent) -> None:
        """Keep an event, as news too where it is public."""
        self.happened.append(happening_of(event))
        words = describe_event(self.scenario, event)
        if words:
            self.news.append(News(day=event.day, words=words))


def happening_of(event: RunEvent) -> Happening:
    """Return an event of a run as the log keeps it."""
    facts = {
        part.name: _plain(getattr(event, part.name))
        for part in fields(event)
        if part.name != "day" and part.name not in ABOUT_ALL_PACKAGES
    }
    return Happening(day=event.day, kind=event.kind, facts=facts)


def _plain(value: Any) -> Any:
    """Return a fact in JSON's own types."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float):
        return round(value, PLACES)
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    return value


def describe_event(scenario: Scenario, event: RunEvent) -> str:
    """Return an event as a sentence, or nothing where it is private or no news."""
    war = scenario.war
    match event:
        case CaptivesChanged():
            return _captives_sentence(scenario, event)
        case Battle(won=won):
            side = _titles(scenario, war.forward if won else war.backward)
            return f"A battle; the front moves in favour of {side}."
        case Victory(forward=forward):
            side = _titles(scenario, war.forward if forward else war.backward)
            return f"The war is decided; {side} has won."
        case OutsideEventHappened():
            return _outside_sentence(scenario, event)
        case Suspension(days=days):
            return f"An event outside suspends the talks for {count_noun(days, 'day')}."
        case StanceTurned(party=party, flexible=flexible):
            return f"The leadership of {_party_titles(scenario, [party])} {STANCE_WORDS[flexible]}."
        case Leak():
            return "The talks leak; what the parties ask for is in public."
        case ConfirmationAwaited(parties=parties):
            return f"The text waits for {_party_titles(scenario, parties)} to confirm."
        case Confirmation(refused_by=refused_by):
            if refused_by:
                return f"{_party_titles(scenario, refused_by)} does not confirm the text."
            return "The text is confirmed."
    return ""


def _outside_sentence(scenario: Scenario, event: OutsideEventHappened) -> str:
    """Say what has come from outside, or that what followed from it is over."""
    title = scenario.events[event.event].title
    return f"{title}." if event.begins else f"What followed from “{title}” is over."


def _captives_sentence(scenario: Scenario, event: CaptivesChanged) -> str:
    """Say of each pool how many captives something happened to."""
    singular, plural = CAPTIVES_WORDS[type(event)]
    parts = [
        f"of the {pool.title}, {int(number)} {singular if number == 1 else plural}"
        for pool, number in zip(scenario.captives.values(), event.people, strict=True)
        if number
    ]
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}." if parts else ""


def _titles(scenario: Scenario, names: Sequence[str]) -> str:
    """List parties by their titles."""
    return " and ".join(scenario.parties[name].title for name in names)


def _party_titles(scenario: Scenario, places: Sequence[int]) -> str:
    """List parties, given by their places in the scenario, by their titles."""
    names = list(scenario.parties)
    return _titles(scenario, [names[place] for place in places])
