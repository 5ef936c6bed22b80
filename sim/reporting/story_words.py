"""Words that stories are made of: packages, numbers, and several things in a row."""

from __future__ import annotations

from collections.abc import Sequence

from sim.engine.run_events import RunEvent
from sim.scenario.packages import Packages
from sim.scenario.schema import Scenario

#: Below ten, numbers are written out.
NUMBER_WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def package_words(scenario: Scenario, packages: Packages, package: int) -> str:
    """Return a whole package in words, issue by issue."""
    return "; ".join(
        f"{lower(issue.title)}: {list(issue.levels.values())[packages.levels[package, k]].words}"
        for k, issue in enumerate(scenario.issues.values())
    )


def changes_between(scenario: Scenario, packages: Packages, before: int, after: int) -> str:
    """Return in words what differs between two packages; nothing where they are the same."""
    old, new = packages.levels[before], packages.levels[after]
    parts = []
    for k, issue in enumerate(scenario.issues.values()):
        if old[k] != new[k]:
            levels = list(issue.levels.values())
            words = f"{levels[new[k]].words} (was: {levels[old[k]].words})"
            parts.append(f"{lower(issue.title)}: {words}")
    return "; ".join(parts)


def days_of(events: Sequence[RunEvent]) -> str:
    """Return the days from the first to the last event."""
    first, last = events[0].day, events[-1].day
    return f"Day {first}" if first == last else f"Days {first}–{last}"


def number_words(number: int) -> str:
    """Write a number out where it is small."""
    is_small = 0 <= number < len(NUMBER_WORDS)
    return NUMBER_WORDS[number] if is_small else f"{number:,}"


def number_form(number: int, singular: str, plural: str = "") -> str:
    """Return the form of a word that goes with a number."""
    return singular if number == 1 else plural or f"{singular}s"


def count_words(number: int, singular: str) -> str:
    """Return so many of something: "no texts", "one text", "two texts"."""
    return f"{number_words(number) if number else 'no'} {number_form(number, singular)}"


def upper(sentence: str) -> str:
    """Begin with a capital letter."""
    return sentence[:1].upper() + sentence[1:]


def lower(title: str) -> str:
    """Begin with a small letter."""
    return title[:1].lower() + title[1:]


def listed(words: Sequence[str]) -> str:
    """Return words in a row: "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
