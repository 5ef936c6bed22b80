"""What happens between rounds, in words that everyone at a table may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sim.classroom.commands import News
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


@dataclass
class NewsRecorder:
    """Keep of a table's run what everybody can see; what is private never leaves it."""

    scenario: Scenario
    news: list[News] = field(default_factory=list)

    def record(self, event: RunEvent) -> None:
        """Keep an event as news, where it is public."""
        words = describe_event(self.scenario, event)
        if words:
            self.news.append(News(day=event.day, words=words))


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
        case OutsideEventHappened(event=name, begins=True):
            return f"{scenario.events[name].title}."
        case OutsideEventHappened(event=name):
            return f"What followed from “{scenario.events[name].title}” is over."
        case Suspension(days=days):
            return f"An event outside suspends the talks for {count_noun(days, 'day')}."
        case Leak():
            return "The talks leak; what the parties ask for is in public."
        case ConfirmationAwaited(parties=parties):
            return f"The text waits for {_party_titles(scenario, parties)} to confirm."
        case Confirmation(refused_by=refused_by):
            if refused_by:
                return f"{_party_titles(scenario, refused_by)} does not confirm the text."
            return "The text is confirmed."
    return ""


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
