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
    PrivateText,
    Releases,
    RescueDeaths,
    Rescues,
    RoundHeld,
    RunEvent,
    StanceTurned,
    Suspension,
    TextAnswered,
    TruceEnded,
    Violation,
)
from sim.reporting.charts.kit import BLUE, GREY, INK, ORANGE, Figure, Layers, chart_of
from sim.reporting.narrative import Story, ending_words_of, truces_of
from sim.reporting.stance_words import windows
from sim.scenario.schema import Scenario

#: The rows of the timeline.
LEAKS, TRUCES, TEXTS = "Leaks and suspensions", "Truce", "Texts on the table"
STANCES = "Stances; window in grey"
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
    "flexible": ("diamond", BLUE, False),
    "firm": ("diamond", INK, True),
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


@dataclass(frozen=True)
class Span:
    """A stretch of days on the timeline: its row, its colour, its days and what it was."""

    lane: str
    colour: str
    begin: int
    end: int
    words: str


def run_timeline(story: Story, scenario: Scenario) -> Figure:
    """Draw the days of one run, with a row for each kind of thing that happens."""
    marks = marks_of(story.events, scenario)
    last = int(story.outcomes.last_day[0])
    spans = [*_truce_spans(story), *_window_spans(story, scenario, last)]
    texts = sum(isinstance(event, RoundHeld) for event in story.events)
    title = f"{texts} texts on the table in {last} days: {ending_words_of(story.outcomes)}."
    table = [(str(mark.day), mark.lane, mark.words) for mark in marks]
    table += [(f"{span.begin} to {span.end}", span.lane, span.words) for span in spans]
    return Figure(
        "timeline",
        title,
        _chart(marks, spans, _lanes(marks, scenario), story.outcomes.days, last),
        "A timeline with a row for texts, for each party's refusals, for the truce, for stances "
        f"and for the people. {title}",
        ("day", "row", "what happened"),
        tuple(sorted(table, key=lambda row: int(row[0].split()[0]))),
    )


def _chart(
    marks: Sequence[Mark],
    spans: Sequence[Span],
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
        chart_of([{"lane": span.lane, "day": span.begin, "end": span.end, "words": span.words}])
        .mark_bar(height=12, color=span.colour, opacity=0.75)
        .encode(x, y, alt.X2("end:Q"), tooltip=alt.Tooltip("words:N"))
        for span in spans
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
        for lane in (STANCES, BATCHES, BREACHES, FREED, LOSSES, LEAKS)
        if any(mark.lane == lane for mark in marks)
    ]
    return [TEXTS, *refusals, TRUCES, *rest]


def refused_by(title: str) -> str:
    """Name the row of a party's refusals."""
    return f"refused by {title}"


def _truce_spans(story: Story) -> list[Span]:
    """Return each truce, and what became of it."""
    holds = "truce from day {}; it holds on day {}"
    over = "truce from day {} to day {}"
    return [
        Span(TRUCES, BLUE, begin, end, (over if ended else holds).format(begin, end))
        for begin, end, ended in truces_of(story)
    ]


def _window_spans(story: Story, scenario: Scenario, last: int) -> list[Span]:
    """Return each window: the days on which all who can refuse a deal are flexible."""
    return [
        Span(STANCES, GREY, begin, end, f"all are flexible from day {begin} to day {end}")
        for begin, end in windows(story.events, scenario, last)
    ]


def marks_of(events: Sequence[RunEvent], scenario: Scenario) -> list[Mark]:
    """Return all that is marked on the timeline, in the order of the days."""
    return [mark for event in events for mark in _marks(event, scenario)]


def _marks(event: RunEvent, scenario: Scenario) -> list[Mark]:
    """Return the marks of an event: none, one, or several for a proposal that was refused."""
    match event:
        case RoundHeld():
            return _answers(event, scenario)
        case PrivateText(forward=True):
            return _private_answers(event, scenario)
        case StanceTurned(party=party, flexible=flexible):
            look = "flexible" if flexible else "firm"
            title = list(scenario.parties.values())[party].title
            how = "is" if event.day == 1 else "turns"
            return [Mark(STANCES, event.day, look, f"{title} {how} {look}")]
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
    refusers = _refusers(held, scenario)
    answer = "accepted by all" if not refusers else "refused"
    look = "text" if refusers else "agreed"
    return [
        Mark(TEXTS, held.day, look, f"a text by {_speaker(held, scenario)}, {answer}"),
        *(Mark(refused_by(title), held.day, "refused", "refused") for title in refusers),
    ]


def _private_answers(text: PrivateText, scenario: Scenario) -> list[Mark]:
    """Mark a text that a mediator put forward in private."""
    refusers = _refusers(text, scenario)
    answer = f"not taken by {' and '.join(refusers)}" if refusers else "taken by all"
    words = f"a text by {_speaker(text, scenario)}, put forward in private, {answer}"
    return [Mark(TEXTS, text.day, "text" if refusers else "agreed", words)]


def _speaker(text: TextAnswered, scenario: Scenario) -> str:
    """Name who has put a text forward."""
    mediators = [mediator.title for mediator in scenario.mediators.values()]
    return [*(party.title for party in scenario.parties.values()), *mediators][text.speaker]


def _refusers(text: TextAnswered, scenario: Scenario) -> list[str]:
    """Name who of those with a veto refused a text."""
    return [
        party.title
        for party, accepts in zip(scenario.parties.values(), text.accepts, strict=True)
        if party.veto and not accepts
    ]
