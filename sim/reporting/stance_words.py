"""How leaderships stand, when windows open and close, and what parties learn of each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from sim.engine.run_events import Lesson, RoundHeld, RunEvent, StanceTurned, Victory
from sim.reporting.story_words import count_words, listed, number_form, number_words
from sim.scenario.packages import Packages, within_position
from sim.scenario.schema import Scenario

#: What may have turned a leadership firm, by its key in a scenario.
AFTER_WORDS = {
    "leak": "after the talks have leaked",
    "collapse": "after the truce has collapsed",
    "violation": "after a breach of the truce",
    "battle_won": "after a battle that its side has won",
    "event": "after what has happened outside",
}

#: A lesson is told where it moves a belief by more than this, in utils: it is about half of the
#: error that parties of the scenarios make in judging each other.
NOTICEABLE = 0.02


#: What a firm leadership does, and a flexible one.
STANDS_FIRM = (
    "A leadership that stands firm signs nothing that gives up part of its stated position or "
    "crosses one of its red lines, whatever else a text offers."
)
FLEXIBLE = ("is flexible", "are flexible")
BARGAINS = "they bargain by their interests, and red lines have a price."
BARGAINS_ALONE = "it bargains by its interests from now on, and its red lines have a price."


class StanceWords:
    """Keep in mind how leaderships stand, and say what a turn of one means."""

    def __init__(self, scenario: Scenario, packages: Packages) -> None:
        parties = list(scenario.parties.items())
        self.titles = {p: party.title for p, (_, party) in enumerate(parties) if party.veto}
        #: By party with a veto, what it would sign while it stands firm: (packages,).
        self.within = {
            p: within_position(scenario, packages.levels, parties[p][0]) for p in self.titles
        }
        self.flexible: dict[int, bool] = {}  # by party, as far as it has been told
        self.opened: int | None = None  # the day on which the window opened that is open
        self.explained: set[bool] = set()  # turns that have been explained

    def first_stances(self, events: Sequence[RunEvent]) -> list[StanceTurned]:
        """Return the events at the beginning of a run that say how each leadership stands."""
        first: list[StanceTurned] = []
        for event in events:
            known = {stance.party for stance in first}
            if not isinstance(event, StanceTurned) or event.day > 1 or event.party in known:
                break
            first.append(event)
        return first

    def opening(self, stances: Sequence[StanceTurned]) -> str:
        """Say how leaderships stand at first, and why it matters."""
        self.flexible |= {stance.party: stance.flexible for stance in stances}
        firm = [stance.party for stance in stances if not stance.flexible]
        soft = [stance.party for stance in stances if stance.flexible]
        parts = [
            f"{self._names(group)} {number_form(len(group), *verbs)}"
            for group, verbs in ((firm, ("stands firm", "stand firm")), (soft, FLEXIBLE))
            if group
        ]
        if not firm:
            self.opened = stances[0].day
            self.explained.add(True)
            return f"{parts[0]}: {BARGAINS} The window is open."
        self.explained.add(False)
        return f"{', and '.join(parts)}. {STANDS_FIRM} {self._what_is_left(firm)}"

    def _what_is_left(self, firm: Sequence[int]) -> str:
        """Say how many texts lie within what firm leaderships have said."""
        left = np.logical_and.reduce([self.within[p] for p in firm])
        whose = f"what {self._names(firm)} {number_form(len(firm), 'has', 'have')} said"
        if not left.any():
            until = "until one of them" if len(firm) > 1 else "until it"
            return (
                f"None of the {len(left):,} possible texts lies within {whose}: nothing can be "
                f"signed {until} turns."
            )
        if left.all():
            return f"Each of the {len(left):,} possible texts lies within {whose}."
        lie = number_form(int(left.sum()), "lies", "lie")
        texts = f"{number_words(int(left.sum()))} {lie} within {whose}"
        return f"Of {len(left):,} possible texts, {texts}; the others cannot be signed for now."

    def turn(self, event: StanceTurned) -> str:
        """Say that a leadership has turned, and what that does to the window."""
        self.flexible[event.party] = event.flexible
        name, explains = self.titles[event.party], event.flexible not in self.explained
        self.explained.add(event.flexible)
        if event.flexible:
            why = f": {BARGAINS_ALONE}" if explains else "."
            return (
                f"the leadership of {name} reconsiders and turns flexible{why}{self._opens(event)}"
            )
        causes = listed([AFTER_WORDS[cause] for cause in event.after])
        why = f" {STANDS_FIRM}" if explains else ""
        after = f", {causes}" if causes else ""
        return f"the leadership of {name} turns firm{after}.{why}{self._closes(event)}"

    def _opens(self, event: StanceTurned) -> str:
        """Say whether a window has opened, and else who still stands firm."""
        firm = [p for p in self.titles if not self.flexible.get(p, True)]
        if firm:
            return f" {self._names(firm)} still {number_form(len(firm), 'stands', 'stand')} firm."
        self.opened = event.day
        return " A window opens: all who can refuse a deal are flexible."

    def _closes(self, event: StanceTurned) -> str:
        """Say whether a window has closed, and how long it was open."""
        if self.opened is None:
            return ""
        days, self.opened = event.day - self.opened, None
        return f" The window closes after {count_words(days, 'day')}."

    def _names(self, parties: Sequence[int]) -> str:
        return listed([self.titles[p] for p in parties])


def firm_first(events: Sequence[RunEvent]) -> list[RunEvent]:
    """Return events in their order, but of the turns of one day those to firm first.

    So no window seems to open and close where one leadership turns flexible on the day on which
    another turns firm.
    """
    ordered: list[RunEvent] = []
    for (_, is_stance), group in itertools.groupby(
        _while_talks_last(events), lambda event: (event.day, isinstance(event, StanceTurned))
    ):
        same_day = list(group)
        parties = [event.party for event in same_day if isinstance(event, StanceTurned)]
        once_each = is_stance and len(set(parties)) == len(parties)
        ordered += sorted(same_day, key=_turns_flexible) if once_each else same_day
    return ordered


def _while_talks_last(events: Sequence[RunEvent]) -> Iterator[RunEvent]:
    """Yield events, but no turn once the war is decided: nobody bargains any more."""
    decided = False
    for event in events:
        decided = decided or isinstance(event, Victory)
        if not (decided and isinstance(event, StanceTurned)):
            yield event


def _turns_flexible(event: RunEvent) -> bool:
    return isinstance(event, StanceTurned) and event.flexible


def windows(events: Sequence[RunEvent], scenario: Scenario, last: int) -> list[tuple[int, int]]:
    """Return first and last day of each stretch in which all with a veto are flexible.

    Nothing is known where the events tell of no stance; `last` is the last day of the run.
    """
    veto = [p for p, party in enumerate(scenario.parties.values()) if party.veto]
    flexible: dict[int, bool] = {}
    spans: list[tuple[int, int]] = []
    began: int | None = None
    for event in firm_first(events):
        if not isinstance(event, StanceTurned):
            continue
        flexible[event.party] = event.flexible
        is_open = all(flexible.get(p, False) for p in veto)
        if is_open and began is None:
            began = event.day
        elif began is not None and not is_open:
            spans.append((began, event.day))
            began = None
    return spans if began is None else [*spans, (began, last)]


# --- Lessons


def lessons(rounds: Sequence[RoundHeld], titles: Sequence[str]) -> str:
    """Say what parties have learnt of each other from the answers of some rounds.

    What they have learnt is what is left of it after all of these. Small steps are not told of.
    """
    net: dict[tuple[int, int], Lesson] = {}
    for lesson in (lesson for held in rounds for lesson in held.learnt):
        pair = lesson.party, lesson.other
        before = net.get(pair, lesson).before
        net[pair] = Lesson(*pair, before, lesson.after)
    answers = number_form(len(rounds), "the answer", "the answers")
    told = [
        _lesson(lesson, titles, answers)
        for _, lesson in sorted(net.items())
        if abs(lesson.after - lesson.before) > NOTICEABLE
    ]
    return "".join(f" {sentence}" for sentence in told)


def _lesson(lesson: Lesson, titles: Sequence[str], answers: str) -> str:
    """Say what a party had believed of another, what it concludes, and if that is nearer to it."""
    party, other = titles[lesson.party], titles[lesson.other]
    if abs(lesson.before) <= NOTICEABLE:
        belief = f"had a fair idea of what {other} would settle for"
    else:
        wrongly = "less" if lesson.before < 0 else "more"
        belief = f"had believed that {other} would settle for {wrongly} than it would"
    concludes = "wants more" if lesson.after > lesson.before else "would do with less"
    nearer = abs(lesson.after) < abs(lesson.before)
    truth = "nearer to the truth" if nearer else "further from the truth"
    return (
        f"{party} {belief}; from {answers} it concludes that {other} {concludes}, and is {truth}."
    )
