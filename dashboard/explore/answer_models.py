"""What the workers answer, as typed records: they travel as JSON and are checked on arrival."""

from __future__ import annotations

from collections.abc import Iterable

from sim.reporting.models import (
    ComparisonSummary,
    Headline,
    Record,
    RunStory,
    SectionData,
    Summary,
)
from sim.types import Json


class Played(Record):
    """The runs are played and kept; there is nothing to show."""


class HeadlineAnswer(Record):
    """How many talks of each arm come to a truce."""

    headline: tuple[Headline, ...]


class TalksSoFar(Record):
    """One arm by itself, before its charts are drawn."""

    summary: Summary
    headline: tuple[Headline, ...]


class TalksAnswer(TalksSoFar):
    """One arm by itself."""

    sections: tuple[SectionData, ...]


class ComparisonSoFar(Record):
    """Two arms with the same random streams, before their charts are drawn."""

    comparison: ComparisonSummary
    headline: tuple[Headline, ...]


class ComparisonAnswer(ComparisonSoFar):
    """Two arms with the same random streams."""

    sections: tuple[SectionData, ...]


#: What a what-if is answered with: by itself, or beside its baseline.
WhatIfAnswer = TalksAnswer | ComparisonAnswer


def read_what_if(data: Json) -> WhatIfAnswer:
    """Return the answer to a what-if from its JSON."""
    answer = ComparisonAnswer if "comparison" in data else TalksAnswer
    return answer.model_validate(data)


def headline_on(lines: Iterable[Headline], day: int) -> Headline:
    """Return the headline of a day."""
    return next(line for line in lines if line.day == day)


def section_named(sections: Iterable[SectionData], name: str) -> SectionData:
    """Return the section of a name."""
    return next(section for section in sections if section.name == name)


class ReportAnswer(Record):
    """A report as one page of HTML."""

    html: str


class SectionAnswer(Record):
    """A section of a page."""

    section: SectionData


class WorldsAnswer(Record):
    """Numbers of runs worth a look."""

    runs: int
    median: int
    to_deal: tuple[int, ...]  # the first of those that the change brings a deal
    from_deal: tuple[int, ...]
    turned: tuple[int, int]  # how many there are of each


class WorldAnswer(Record):
    """A single run in each arm."""

    arms: tuple[RunStory, ...]


class NumbersApart(Record):
    """In which numbers two scenarios differ."""

    shared: int
    only_first: int
    only_second: int
    differ: int
    rows: tuple[tuple[str, str, str], ...]  # path and both values


class CasesAnswer(Record):
    """Two cases side by side."""

    cases: tuple[TalksAnswer, ...]
    differences: dict[str, str]  # by day, in words
    same_luck: bool
    numbers: NumbersApart
