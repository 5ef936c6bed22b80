"""What can be wrong with a scenario, and how we say so.

A complaint tells where, what we found, what we expected and the way out. Complaints are collected,
so that one reading of a file finds everything that is wrong with it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: More names than this are not read out.
MOST_NAMES = 25

#: Nor are more than this offered as what may have been meant.
MOST_HOLDING = 5

#: A place in a scenario: keys and positions in lists, from the top.
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class ValidationIssue:
    """One thing that is wrong: the file, its line (0 for the file as a whole) and the key."""

    file: str
    line: int
    key: str
    found: str
    expected: str = ""
    hint: str = ""

    def __str__(self) -> str:
        """Return the complaint in one line: `valley.yaml:14: found; expected; hint`."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        said = [part for part in (self.found, self.expected, self.hint) if part]
        return f"{place}: " + "; ".join(said)


class ScenarioError(ValueError):
    """A scenario cannot be used; `complaints` says everything that is wrong with it."""

    def __init__(self, complaints: Sequence[ValidationIssue]) -> None:
        super().__init__("\n".join(map(str, complaints)))
        self.complaints = tuple(complaints)

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[tuple[ValidationIssue, ...]]]:
        """Travel between processes with the complaints."""
        return type(self), (self.complaints,)


class StrategyError(ValueError):
    """What a strategy returned cannot be used; `strategy` is the one that returned it."""

    def __init__(self, strategy: object, words: str) -> None:
        super().__init__(words)
        self.strategy = strategy


@dataclass(frozen=True)
class IssueAtPath:
    """Something wrong at a place of the scenario, before anyone has looked up the line.

    `leans` are other places that the judgement rests on: where one of them is already complained
    about, the trouble may only be a consequence and is kept back.
    """

    path: Path
    found: str
    expected: str = ""
    hint: str = ""
    leans: tuple[Path, ...] = ()

    def rests_on(self, damaged: Iterable[Path]) -> bool:
        """Tell whether the trouble may only follow from damage elsewhere."""
        places = (self.path, *self.leans)
        return any(_related(place, damage) for damage in damaged for place in places)

    def at(self, file: str, line: int) -> ValidationIssue:
        """Return the complaint, now that the line is known."""
        return ValidationIssue(file, line, dotted(self.path), self.found, self.expected, self.hint)


def dotted(path: Path) -> str:
    """Return a place as people write it: `parties.north.war.belief`."""
    return ".".join(map(str, path))


def quote_value(value: object) -> str:
    """Return a value as it is quoted in a complaint."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = str(value)
    return f"'{text}'" if len(text) <= 60 else f"'{text[:57]}...'"


def count_noun(number: int, thing: str) -> str:
    """Return a number of things in words: 1 talk, 2,000 talks."""
    return f"{number:,} {thing}{'s' * (number != 1)}"


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return the way out for an unknown word: the nearest known one, else those that hold it, else
    all.
    """
    names = list(known)
    lower = {name.lower(): name for name in reversed(names)}
    near = difflib.get_close_matches(str(word).lower(), lower, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{lower[near[0]]}'?"
    holding = [name for low, name in lower.items() if word and str(word).lower() in low]
    if 0 < len(holding) <= MOST_HOLDING:
        return "did you mean " + " or ".join(f"'{name}'" for name in sorted(holding)) + "?"
    if not names:
        return "none is known here"
    return "" if len(names) > MOST_NAMES else "known: " + ", ".join(names)


def _related(one: Path, other: Path) -> bool:
    """Tell whether one place lies inside the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
