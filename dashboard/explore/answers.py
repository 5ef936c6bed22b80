"""What the workers answer, as typed records: they travel as JSON and are checked on arrival."""

from __future__ import annotations

from sim.reporting.models import (
    ComparisonSummary,
    Headline,
    Record,
    RunStory,
    SectionData,
    Summary,
)


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
