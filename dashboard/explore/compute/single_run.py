"""What the workers tell of single talks: which of many to look at, and what happens in one.

Only workers import this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np

from dashboard.explore.compute.summary import JobContext, as_json, outcomes_of
from dashboard.explore.query import Query
from sim.engine.outcomes import EXPIRY, NONE, Outcomes
from sim.findings.statistics import dealt_by
from sim.reporting import charts, narrative
from sim.reporting.charts import BLUE, GREY, INK, ORANGE
from sim.reporting.narrative import NotedEvent, Story
from sim.scenario.schema import Scenario
from sim.types import Json

#: Of the worlds that a change turns, so many are offered.
TURNED = 20

#: What a paragraph of a story begins with, where it tells of a day.
_OF_A_DAY = re.compile(r"Days? (\d+)")

LEAKS, TRUCES, TEXTS = "Leaks and suspensions", "Truce", "Texts on the table"
BATCHES, BREACHES = "Batches of people", "Breaches and disputes"
LOSSES, FREED = "Deaths in captivity", "Rescues and releases"


# --- Which world to look at


def worlds(question: Query, desk: JobContext) -> Json:
    """Numbers of talks worth a look: one like the median, and those that the change turns."""
    played = [outcomes_of(arm, question, desk, _saying(desk)) for arm in question.arms]
    first, last = played[0], played[-1]
    before, after = (dealt_by(outcomes, outcomes.days) for outcomes in (first, last))
    return {
        "runs": len(first),
        "median": median_world(last),
        "to_deal": np.flatnonzero(~before & after)[:TURNED].tolist(),
        "from_deal": np.flatnonzero(before & ~after)[:TURNED].tolist(),
        "turned": [int((~before & after).sum()), int((before & ~after).sum())],
    }


def median_world(outcomes: Outcomes) -> int:
    """The talks whose first truce begins on the median day; of several, the first.

    Where most talks see no truce, the one of these with the median number of rounds.
    """
    day = np.where(outcomes.deal_day == NONE, np.inf, outcomes.deal_day.astype(float))
    middle = np.sort(day)[len(day) // 2]
    if np.isfinite(middle):
        return int(np.argmin(np.abs(day - middle)))
    without = np.flatnonzero(np.isinf(day))
    rounds = outcomes.rounds[without].astype(float)
    return int(without[np.argmin(np.abs(rounds - np.median(rounds)))])


def _saying(desk: JobContext) -> Any:
    return lambda done, total: desk.say(done / total, f"{done:,} of {total:,} talks played")


# --- One world


def world(question: Query, desk: JobContext) -> Json:
    """One of the talks in each arm, told day by day; `more` names which one."""
    found = []
    for k, arm in enumerate(question.arms):
        desk.say(k / len(question.arms), "Playing")
        run, levers = int(dict(question.more)["run"]), dict(arm.levers)
        told = narrative.follow(arm.case(), run, question.seed, question.days, levers)
        found.append(_told(told, arm.case()))
    return {"arms": found}


def _told(told: Story, case: Scenario) -> Json:
    steps, after = steps_of(told)
    return {
        "heading": told.paragraphs[0],
        "steps": steps,
        "after": after,
        "deal_day": int(told.outcomes.deal_day[0]),
        "last_day": int(told.outcomes.last_day[0]),
        "ending": ending_words_of(told),
        "timeline": as_json(timeline(told, case)),
    }


def ending_words_of(told: Story) -> str:
    """How the talks went, in half a sentence."""
    outcomes = told.outcomes
    first = int(outcomes.deal_day[0])
    if first == NONE:
        return f"no truce in {int(outcomes.last_day[0])} days"
    end = int(outcomes.truce_end[0])
    days = int(outcomes.truce_days[0])
    if end == NONE:
        return f"a truce from day {first}, which still holds after {days} days"
    lapsed = outcomes.labels.causes[end] == EXPIRY
    how = "its term was over" if lapsed else "it collapsed"
    return f"a truce from day {first}, until {how} after {days} days"


def steps_of(told: Story) -> tuple[list[Json], list[str]]:
    """The story by its days, each with how things stand by then; and what is said at the end."""
    steps: list[Json] = []
    after: list[str] = []
    for paragraph in told.paragraphs[1:]:
        day = _OF_A_DAY.match(paragraph)
        if day is None or ", the last:" in paragraph or after:
            after.append(paragraph)
        elif steps and steps[-1]["day"] == int(day[1]):
            steps[-1]["words"].append(paragraph)
        else:
            steps.append({"day": int(day[1]), "words": [paragraph]})
    steps.sort(key=lambda step: step["day"])
    for step in steps:
        step["state"] = state_on(told.notes, step["day"])
    return steps, after


def state_on(notes: Iterable[NotedEvent], day: int) -> Json:
    """How things stand in the evening of a day: the truce, texts so far, people so far."""
    found: dict[str, int] = {"truce": 0, "texts": 0, "signed": 0, "home": 0, "died": 0}
    for note in notes:
        if note.day > day:
            continue
        facts = note.facts
        if note.kind == "round":
            found["texts"] += 1
        elif note.kind == "signed":
            found["signed"] += 1
            found["truce"] = 1
        elif note.kind == "truce ends":
            found["truce"] = 0
        elif note.kind == "batch":
            found["home"] += facts["people"]
        elif note.kind in ("release", "rescue"):
            found["home"] += int(sum(facts["people"]))
        elif note.kind in ("death", "killed in rescue"):
            found["died"] += int(sum(facts["people"]))
    return found


# --- The chart of its days


@dataclass(frozen=True)
class Mark:
    """Something on the timeline: its row, its day, how it looks and what it was."""

    lane: str
    day: int
    look: str  # a key of LOOKS
    words: str


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


def timeline(told: Story, case: Scenario) -> charts.Figure:
    """The days of one world: texts and who refused them, the truce, the people, the collapse."""
    marks = marks_of(told, case)
    spans = truces_of(told)
    lanes = _lanes(marks, case)
    last = int(told.outcomes.last_day[0])
    kinds = [look for look in LOOKS if any(mark.look == look for mark in marks)]
    y = alt.Y("lane:N", sort=lanes, scale=alt.Scale(domain=lanes))
    y = y.axis(title=None, labelLimit=170, domain=False, ticks=False, grid=True, labelPadding=8)
    x = alt.X("day:Q").scale(domain=[1, max(told.outcomes.days, 2)], nice=False)
    x = x.axis(title="day", grid=False, tickMinStep=1)
    layers = [
        _rows([{"lane": TRUCES, "day": begin, "end": end, "words": words}])
        .mark_bar(height=12, color=BLUE, opacity=0.75)
        .encode(x, y, alt.X2("end:Q"), tooltip=alt.Tooltip("words:N"))
        for begin, end, words in spans
    ]
    for look in kinds:
        shape, colour, filled = LOOKS[look]
        rows = [
            {"lane": mark.lane, "day": mark.day, "words": f"Day {mark.day}: {mark.words}"}
            for mark in marks
            if mark.look == look
        ]
        point = _rows(rows).mark_point(
            shape=shape, color=colour, filled=filled, size=64, opacity=1, strokeWidth=1.6
        )
        layers.append(point.encode(x, y, tooltip=alt.Tooltip("words:N")))
    if not layers:
        layers = [_rows([{"lane": lanes[0], "day": last}]).mark_point(opacity=0).encode(x, y)]
    chart = alt.layer(*layers).properties(height=26 * len(lanes))
    texts = sum(note.kind == "round" for note in told.notes)
    title = f"{texts} texts on the table in {last} days: {ending_words_of(told)}."
    table = [(str(mark.day), mark.lane, mark.words) for mark in marks]
    table += [(f"{begin} to {end}", TRUCES, words) for begin, end, words in spans]
    return charts.Figure(
        "timeline",
        title,
        chart,
        f"A timeline with a row for texts, for each party's refusals, for the truce and for the "
        f"people. {title}",
        ("day", "row", "what happened"),
        tuple(sorted(table, key=lambda row: int(row[0].split()[0]))),
    )


def _rows(rows: list[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=rows))


def _lanes(marks: list[Mark], case: Scenario) -> list[str]:
    """The rows of the timeline: those that have to be there, and those of what happened."""
    refusals = [refused_by(party.title) for party in case.parties.values() if party.veto]
    rest = [
        lane
        for lane in (BATCHES, BREACHES, FREED, LOSSES, LEAKS)
        if any(mark.lane == lane for mark in marks)
    ]
    return [TEXTS, *refusals, TRUCES, *rest]


def refused_by(title: str) -> str:
    """The row of a party's refusals."""
    return f"refused by {title}"


def marks_of(told: Story, case: Scenario) -> list[Mark]:
    """All that is marked on the timeline, in the order of the days."""
    return [mark for note in told.notes for mark in _marks(note, case)]


def _marks(note: NotedEvent, case: Scenario) -> list[Mark]:
    facts = note.facts
    if note.kind == "round":
        return _answers(note, case)
    if note.kind == "batch":
        words = f"{facts['people']} captives, {facts['freed']} prisoners"
        if facts["remains"]:
            words += f", the remains of {facts['remains']}"
        return [Mark(BATCHES, note.day, "batch", words)]
    if note.kind in ("death", "killed in rescue", "rescue", "release"):
        number = int(sum(facts["people"]))
        died = note.kind in ("death", "killed in rescue")
        kinds = {"death": "died", "rescue": "rescued by force", "release": "released"}
        words = f"{number} {kinds.get(note.kind, 'died in an attempt at rescue')}"
        return [Mark(LOSSES if died else FREED, note.day, "death" if died else "freed", words)]
    single = {
        "violation": (BREACHES, "breach", "a breach that does not end the truce"),
        "dispute": (BREACHES, "breach", "a promise is not kept"),
        "leak": (LEAKS, "leak", "the talks leak"),
        "suspension": (LEAKS, "leak", f"talks suspended for {facts.get('days')} days"),
    }
    if note.kind in single:
        lane, look, words = single[note.kind]
        return [Mark(lane, note.day, look, words)]
    if note.kind == "truce ends":
        return [Mark(TRUCES, note.day, "ended", f"the truce ends after {facts['days']} days")]
    return []


def _answers(note: NotedEvent, case: Scenario) -> list[Mark]:
    """A text and who refused it."""
    parties = list(case.parties.values())
    accepts, speaker = note.facts["accepts"], note.facts["speaker"]
    who = [*(p.title for p in parties), *(m.title for m in case.mediators.values())][speaker]
    refusers = [p for p, party in enumerate(parties) if party.veto and not accepts[p]]
    agreed = "accepted by all" if not refusers else "refused"
    text = Mark(TEXTS, note.day, "text" if refusers else "agreed", f"a text by {who}, {agreed}")
    return [
        text,
        *(Mark(refused_by(parties[p].title), note.day, "refused", "refused") for p in refusers),
    ]


def truces_of(told: Story) -> list[tuple[int, int, str]]:
    """First and last day of each truce, and what became of it."""
    spans: list[tuple[int, int, str]] = []
    began = 0
    for note in told.notes:
        if note.kind == "signed" and not note.facts["renewed"]:
            began = note.day
        elif note.kind == "truce ends":
            spans.append((began, note.day, f"truce from day {began} to day {note.day}"))
            began = 0
    if began:
        last = int(told.outcomes.last_day[0])
        spans.append((began, last, f"truce from day {began}; it holds on day {last}"))
    return spans


KINDS = {"worlds": worlds, "world": world}
