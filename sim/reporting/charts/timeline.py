"""The days of one run: proposals and who refused them, the truce, the people, the collapse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from sim.engine.run_events import (
    Batch,
    CaptivesChanged,
    Deaths,
    Dispute,
    Leak,
    Releases,
    RescueDeaths,
    Rescues,
    RoundHeld,
    RunEvent,
    Suspension,
    TruceEnded,
    Violation,
)
from sim.reporting.charts.kit import BLUE, GREY, INK, ORANGE, Figure, Layers, chart_of
from sim.reporting.narrative import Story, ending_words_of, truces_of
from sim.scenario.schema import Scenario

#: The rows of the timeline.
LEAKS, TRUCES, TEXTS = "Leaks and suspensions", "Truce", "Texts on the table"
BATCHES, BREACHES = "Batches of people", "Breaches and disputes"
LOSSES, FREED = "Deaths in captivity", "Rescues and releases"

#: Marks are told apart by shape and fill before colour: (shape, colour, filled).
LOOKS = {
    "text": ("circle", GREY, False),
    "agreed": ("circle", BLUE, True),
    "refused": ("cross", ORANGE, True),
    "batch": ("diamond", BLUE, True),
    "breach": ("triangle-up", ORANGE, False),
    "leak": ("square", GREY, False),
    "death": ("square", INK, True),
    "freed": ("triangle-right", BLUE, False),
    "ended": ("cross", ORANGE, True),
}

#: Row, look and words of what happens to captives outside a deal.
CAPTIVES_MARKS: dict[type[CaptivesChanged], tuple[str, str, str]] = {
    Deaths: (LOSSES, "death", "died"),
    RescueDeaths: (LOSSES, "death", "died in an attempt at rescue"),
    Rescues: (FREED, "freed", "rescued by force"),
    Releases: (FREED, "freed", "released"),
}


@dataclass(frozen=True)
class Mark:
    """Something on the timeline: its row, its day, how it looks and what it was."""

    lane: str
    day: int
    look: str  # a key of LOOKS
    words: str


def run_timeline(story: Story, scenario: Scenario) -> Figure:
    """Draw the days of one run, with a row for each kind of thing that happens."""
    marks = marks_of(story.events, scenario)
    spans = _truce_spans(story)
    last = int(story.outcomes.last_day[0])
    texts = sum(isinstance(event, RoundHeld) for event in story.events)
    title = f"{texts} texts on the table in {last} days: {ending_words_of(story.outcomes)}."
    table = [(str(mark.day), mark.lane, mark.words) for mark in marks]
    table += [(f"{begin} to {end}", TRUCES, words) for begin, end, words in spans]
    return Figure(
        "timeline",
        title,
        _chart(marks, spans, _lanes(marks, scenario), story.outcomes.days, last),
        f"A timeline with a row for texts, for each party's refusals, for the truce and for the "
        f"people. {title}",
        ("day", "row", "what happened"),
        tuple(sorted(table, key=lambda row: int(row[0].split()[0]))),
    )


def _chart(
    marks: Sequence[Mark],
    spans: Sequence[tuple[int, int, str]],
    lanes: list[str],
    horizon: int,
    last: int,
) -> Layers:
    """Draw marks and spans over the days, in their rows."""
    y = alt.Y("lane:N", sort=lanes, scale=alt.Scale(domain=lanes))
    y = y.axis(title=None, labelLimit=170, domain=False, ticks=False, grid=True, labelPadding=8)
    x = alt.X("day:Q").scale(domain=[1, max(horizon, 2)], nice=False)
    x = x.axis(title="day", grid=False, tickMinStep=1)
    layers = [
        chart_of([{"lane": TRUCES, "day": begin, "end": end, "words": words}])
        .mark_bar(height=12, color=BLUE, opacity=0.75)
        .encode(x, y, alt.X2("end:Q"), tooltip=alt.Tooltip("words:N"))
        for begin, end, words in spans
    ]
    for look, (shape, colour, filled) in LOOKS.items():
        rows = [
            {"lane": mark.lane, "day": mark.day, "words": f"Day {mark.day}: {mark.words}"}
            for mark in marks
            if mark.look == look
        ]
        if rows:
            points = chart_of(rows).mark_point(
                shape=shape, color=colour, filled=filled, size=64, opacity=1, strokeWidth=1.6
            )
            layers.append(points.encode(x, y, tooltip=alt.Tooltip("words:N")))
    if not layers:
        layers = [chart_of([{"lane": lanes[0], "day": last}]).mark_point(opacity=0).encode(x, y)]
    return alt.layer(*layers).properties(height=26 * len(lanes))


def _lanes(marks: Sequence[Mark], scenario: Scenario) -> list[str]:
    """Return the rows that have to be there, and those of what happened."""
    refusals = [refused_by(party.title) for party in scenario.parties.values() if party.veto]
    rest = [
        lane
        for lane in (BATCHES, BREACHES, FREED, LOSSES, LEAKS)
        if any(mark.lane == lane for mark in marks)
    ]
    return [TEXTS, *refusals, TRUCES, *rest]


def refused_by(title: str) -> str:
    """Name the row of a party's refusals."""
    return f"refused by {title}"


def _truce_spans(story: Story) -> list[tuple[int, int, str]]:
    """Return first and last day of each truce, and what became of it."""
    return [
        (begin, end, f"truce from day {begin} to day {end}")
        if ended
        else (begin, end, f"truce from day {begin}; it holds on day {end}")
        for begin, end, ended in truces_of(story)
    ]


def marks_of(events: Sequence[RunEvent], scenario: Scenario) -> list[Mark]:
    """Return all that is marked on the timeline, in the order of the days."""
    return [mark for event in events for mark in _marks(event, scenario)]


def _marks(event: RunEvent, scenario: Scenario) -> list[Mark]:
    """Return the marks of an event: none, one, or several for a proposal that was refused."""
    match event:
        case RoundHeld():
            return _answers(event, scenario)
        case Batch(people=people, freed=freed, remains=remains):
            words = f"{people} captives, {freed} prisoners"
            words += f", the remains of {remains}" if remains else ""
            return [Mark(BATCHES, event.day, "batch", words)]
        case CaptivesChanged(people=changed):
            lane, look, words = CAPTIVES_MARKS[type(event)]
            return [Mark(lane, event.day, look, f"{int(sum(changed))} {words}")]
        case Violation():
            return [Mark(BREACHES, event.day, "breach", "a breach that does not end the truce")]
        case Dispute():
            return [Mark(BREACHES, event.day, "breach", "a promise is not kept")]
        case Leak():
            return [Mark(LEAKS, event.day, "leak", "the talks leak")]
        case Suspension(days=days):
            return [Mark(LEAKS, event.day, "leak", f"talks suspended for {days} days")]
        case TruceEnded(days=days):
            return [Mark(TRUCES, event.day, "ended", f"the truce ends after {days} days")]
    return []


def _answers(held: RoundHeld, scenario: Scenario) -> list[Mark]:
    """Mark a proposal and who refused it."""
    parties = scenario.parties.values()
    mediators = [mediator.title for mediator in scenario.mediators.values()]
    speaker = [*(party.title for party in parties), *mediators][held.speaker]
    refusers = [
        party.title
        for party, accepts in zip(parties, held.accepts, strict=True)
        if party.veto and not accepts
    ]
    answer = "accepted by all" if not refusers else "refused"
    look = "text" if refusers else "agreed"
    return [
        Mark(TEXTS, held.day, look, f"a text by {speaker}, {answer}"),
        *(Mark(refused_by(title), held.day, "refused", "refused") for title in refusers),
    ]
