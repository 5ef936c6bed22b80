"""One run, told day by day in plain sentences and in the scenario's own words.

The sentences are made from the events of the run. They say more than the parties know: why a
proposal was refused, in the model's terms. What is routine, such as one more proposal that fails
or one more batch, is told together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatchmethod
from pathlib import Path
from typing import NamedTuple, TypeVar

from sim.engine.outcomes import EXPIRY, NONE, Outcomes
from sim.engine.run_events import (
    Batch,
    Battle,
    CaptivesChanged,
    Confirmation,
    ConfirmationAwaited,
    DealSigned,
    Deaths,
    Dispute,
    Extension,
    Grace,
    Leak,
    OutsideEventHappened,
    PrivateText,
    Releases,
    RescueDeaths,
    Rescues,
    RoundHeld,
    RunEvent,
    StanceTurned,
    Suspension,
    TruceEnded,
    Victory,
    Violation,
)
from sim.engine.simulate import play_one
from sim.reporting.answer_words import AnswerWords
from sim.reporting.explanation import reason_words
from sim.reporting.models import RunState, RunStep
from sim.reporting.stance_words import StanceWords, firm_first, lessons
from sim.reporting.story_words import (
    changes_between,
    count_words,
    days_of,
    listed,
    number_form,
    number_words,
    package_words,
    upper,
)
from sim.reporting.summary import settings_in_words
from sim.scenario.loading import load_scenario
from sim.scenario.packages import Packages
from sim.scenario.schema import Captives, Scenario
from sim.types import Ints

#: Events of one kind.
E = TypeVar("E", bound=RunEvent)

#: Events of which several in a stretch are told in one sentence.
ROUTINE = (Batch, Violation, Dispute, Extension, Leak)

#: After so many days what is routine is told, whether or not there is news.
STRETCH_DAYS = 30

#: Events that are told each on its day, but do not interrupt what is told together.
ASIDE = (CaptivesChanged, Suspension)


@dataclass
class EventLog:
    """Keep the events of one run in the order in which they happened."""

    events: list[RunEvent] = field(default_factory=list)

    def record(self, event: RunEvent) -> None:
        """Append an event."""
        self.events.append(event)


class Passage(NamedTuple):
    """A paragraph of a story, and the first day that it tells of."""

    day: int
    words: str


@dataclass(frozen=True)
class Story:
    """One run: its events, how it ended, and its story in passages."""

    events: tuple[RunEvent, ...]
    outcomes: Outcomes
    heading: str
    passages: tuple[Passage, ...]
    closing: tuple[str, ...]  # how things stand on the last day, and why there was no deal

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The whole story, one paragraph after another."""
        return (self.heading, *(passage.words for passage in self.passages), *self.closing)


def follow(
    scenario: Scenario | str | Path,
    run: int,
    seed: int = 1,
    days: int | None = None,
    levers: Mapping[str, float] | None = None,
) -> Story:
    """Play a run, numbered from 0, as it is in company, and tell its story."""
    case = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    log = EventLog()
    outcomes, talks = play_one(case, run=run, seed=seed, days=days, levers=levers, diary=log)
    return Narrator(case, talks.packages, outcomes).story_of(log.events)


def tell(
    scenario: Scenario | str | Path,
    run: int,
    seed: int = 1,
    days: int | None = None,
    levers: Mapping[str, float] | None = None,
) -> list[str]:
    """Return the story of a run, numbered from 0, as it is in company, in paragraphs."""
    return list(follow(scenario, run, seed, days, levers).paragraphs)


# --- A run in steps


def steps_of(story: Story) -> list[RunStep]:
    """Return a story by its days, each with how things stand in the evening."""
    days: list[tuple[int, list[str]]] = []
    for day, words in story.passages:
        if days and days[-1][0] == day:
            days[-1][1].append(words)
        else:
            days.append((day, [words]))
    return [
        RunStep(day=day, words=tuple(words), state=state_on(story.events, day))
        for day, words in sorted(days, key=lambda step: step[0])
    ]


def state_on(events: Iterable[RunEvent], day: int) -> RunState:
    """Return how things stand in the evening of a day: the truce, texts and people so far."""
    truce = texts = signed = home = died = 0
    for event in events:
        if event.day > day:
            continue
        match event:
            case RoundHeld():
                texts += 1
            case DealSigned():
                signed += 1
                truce = 1
            case TruceEnded():
                truce = 0
            case Batch(people=people):
                home += people
            case Releases() | Rescues():
                home += int(sum(event.people))
            case Deaths() | RescueDeaths():
                died += int(sum(event.people))
    return RunState(truce=truce, texts=texts, signed=signed, home=home, died=died)


def truces_of(story: Story) -> list[tuple[int, int, bool]]:
    """Return first and last day of each truce, and whether it has ended by then."""
    spans: list[tuple[int, int, bool]] = []
    began = 0
    for event in story.events:
        match event:
            case DealSigned(renewed=False):
                began = event.day
            case TruceEnded():
                spans.append((began, event.day, True))
                began = 0
    if began:
        spans.append((began, int(story.outcomes.last_day[0]), False))
    return spans


def ending_words_of(outcomes: Outcomes) -> str:
    """Say in half a sentence how a single run went."""
    first = int(outcomes.deal_day[0])
    if first == NONE:
        return f"no truce in {int(outcomes.last_day[0])} days"
    cause = int(outcomes.truce_end[0])
    days = int(outcomes.truce_days[0])
    if cause == NONE:
        return f"a truce from day {first}, which still holds after {days} days"
    lapsed = outcomes.labels.causes[cause] == EXPIRY
    how = "its term was over" if lapsed else "it collapsed"
    return f"a truce from day {first}, until {how} after {days} days"


# --- A run in sentences


class Narrator:
    """Tell one run: walk along its events and put them into sentences."""

    def __init__(self, scenario: Scenario, packages: Packages, outcomes: Outcomes) -> None:
        self.scenario = scenario
        self.packages = packages
        self.outcomes = outcomes
        self.answers = AnswerWords(scenario, packages)
        self.stances = StanceWords(scenario, packages)
        self.private_told: set[bool] = set()  # private texts told in full: put forward, dropped
        self.tabled: int | None = None  # the last package on the table
        self.in_force: int | None = None
        self.opening = True  # whether the next proposal is told in full
        self.zopa_told = False  # whether a ZOPA has been told of
        self.waiting: list[RunEvent] = []  # routine that is not told yet

    def story_of(self, events: Sequence[RunEvent]) -> Story:
        """Return the story that these events make."""
        heading = self._heading()
        first = self.stances.first_stances(events)
        passages = [Passage(1, f"Day 1: {self.stances.opening(first)}")] if first else []
        for event in firm_first(events[len(first) :]):
            if isinstance(event, Battle):  # only counted, at the end
                continue
            can_wait = isinstance(event, ASIDE) or self._is_routine(event)
            if not can_wait or (self.waiting and event.day - self.waiting[0].day > STRETCH_DAYS):
                passages += self._tell_waiting()
            if can_wait:
                self.waiting.append(event)
            else:
                passages.append(self._passage(event))
        passages += self._tell_waiting()
        closing = Closing(self.scenario, self.outcomes, tuple(events), self.in_force is not None)
        return Story(
            tuple(events), self.outcomes, heading, tuple(passages), tuple(closing.paragraphs())
        )

    def _heading(self) -> str:
        """Name the scenario, the run, its levers and what is scheduled."""
        outcomes = self.outcomes
        moved = outcomes.levers or outcomes.scheduled
        settings = settings_in_words(outcomes.levers, outcomes.scheduled)
        return (
            f"{self.scenario.title}. Run {outcomes.first} of seed {outcomes.seed}, "
            f"{outcomes.days} days" + (f", with {settings}" if moved else "") + "."
        )

    def _is_routine(self, event: RunEvent) -> bool:
        """Return whether it can wait to be told together with others like it."""
        if isinstance(event, RoundHeld):
            is_news = event.zopa and not self.zopa_told
            return not self.opening and not is_news and bool(self.answers.refusers(event))
        if isinstance(event, PrivateText):
            return event.forward in self.private_told and not self._is_taken(event)
        return isinstance(event, ROUTINE) and not (isinstance(event, Dispute) and event.open)

    def _tell_waiting(self) -> list[Passage]:
        """Tell what happened since: the routine of each kind together, the rest singly."""
        waiting, self.waiting = self.waiting, []
        passages = [self._passage(event) for event in waiting if isinstance(event, ASIDE)]

        def tell_together(kind: type[E], words_of: Callable[[list[E]], str]) -> None:
            events = [event for event in waiting if isinstance(event, kind)]
            if events:
                passages.append(Passage(events[0].day, f"{days_of(events)}: {words_of(events)}"))

        tell_together(RoundHeld, self._rounds)
        tell_together(PrivateText, self._private_texts)
        tell_together(Batch, self._batches)
        tell_together(Violation, _violations)
        tell_together(Dispute, _disputes)
        tell_together(Extension, _extensions)
        tell_together(Leak, _leaks)
        return sorted(passages, key=lambda passage: passage.day)

    def _passage(self, event: RunEvent) -> Passage:
        """Tell an event by itself."""
        return Passage(event.day, f"Day {event.day}: {self.sentence(event)}")

    # -- events singly ---------------------------------------------------------------------------

    @singledispatchmethod
    def sentence(self, event: RunEvent) -> str:
        """Put an event into words; raise TypeError for one that has none."""
        raise TypeError(f"a story has no words for '{event.kind}'")

    @sentence.register
    def _(self, event: RoundHeld) -> str:
        """Tell a proposal in full, with every answer."""
        before, self.tabled, self.opening = self.tabled, event.package, False
        sentences = [
            f"{self._speaker(event.speaker)} puts a text on the table: "
            f"{self._proposal(before, event.package)}.",
            *self.answers.sentences(event),
        ]
        if event.zopa and not self.zopa_told:
            self.zopa_told = True
            sentences.append(
                "By now some text would be better than no deal for everyone who can refuse one."
            )
        return " ".join(sentences) + lessons([event], self.answers.parties)

    @sentence.register
    def _(self, event: PrivateText) -> str:
        """Tell what a mediator tries in private after a text has failed, and what comes of it."""
        self.private_told.add(event.forward)
        mediator = self._mediator(event.speaker)
        if not event.forward:
            return (
                f"{mediator} sounds out a text of its own in private, and drops it: it does not "
                "believe that all would take it."
            )
        text = self._proposal(self.tabled, event.package)
        opening = f"{mediator} puts a text of its own forward in private"
        answers = " ".join(self.answers.sentences(event))
        if self._is_taken(event):
            self.tabled = event.package
            return f"{opening}, and it is taken: {text}. {answers}"
        return f"{opening}: {text}. {answers} What fails in private stirs nobody at home."

    @sentence.register
    def _(self, event: StanceTurned) -> str:
        """Say that a leadership has turned, and what that does to the window."""
        return self.stances.turn(event)

    @sentence.register
    def _(self, event: ConfirmationAwaited) -> str:
        """Say who still has to confirm."""
        names = listed([self.answers.parties[p] for p in event.parties])
        through = listed(
            [
                self.scenario.mediators[spec.speaks_through].title
                for p, spec in enumerate(self.scenario.parties.values())
                if p in event.parties and spec.speaks_through
            ]
        )
        self.tabled = event.package
        return f"all have accepted; {through} waits for {names} to confirm."

    @sentence.register
    def _(self, event: Confirmation) -> str:
        """Say whether the deal is confirmed."""
        if not event.refused_by:
            return "the confirmation comes."
        names = listed([self.answers.parties[p] for p in event.refused_by])
        if event.barred_by:
            firm = listed([self.answers.parties[p] for p in event.barred_by])
            return (
                f"{names} does not confirm: by now the leadership of {firm} stands firm, and the "
                "text gives up part of its stated position or crosses one of its red lines."
            )
        return f"{names} does not confirm: by now the text is below its reservation value."

    @sentence.register
    def _(self, event: DealSigned) -> str:
        """Say what is signed."""
        before, self.in_force = self.in_force, event.package
        self.tabled, self.opening, self.zopa_told = event.package, True, False
        if event.renewed and before is not None:
            changes = changes_between(self.scenario, self.packages, before, event.package)
            return f"a second text is signed and the truce goes on: {changes or 'as before'}."
        words = package_words(self.scenario, self.packages, event.package)
        return f"the text is signed and a truce begins: {words}."

    @sentence.register
    def _(self, event: OutsideEventHappened) -> str:
        """Say what has happened outside, or that its effect is over."""
        title = self.scenario.events[event.event].title
        return f"{title}." if event.begins else f"what followed from “{title}” is over."

    @sentence.register
    def _(self, event: Suspension) -> str:
        """Say for how long the talks are suspended."""
        return f"an event outside suspends the talks for {count_words(event.days, 'day')}."

    @sentence.register
    def _(self, event: Dispute) -> str:
        """Tell of a dispute that mediators could not settle."""
        return "a promise is not kept, and mediators cannot mend it; trust is lost."

    @sentence.register
    def _(self, event: Grace) -> str:
        """Say how long a guarantee keeps the truce beyond its term."""
        return (
            "the term is over, but the guarantee keeps the truce for "
            f"{number_words(event.days)} more {number_form(event.days, 'day')} while talks go on."
        )

    @sentence.register
    def _(self, event: TruceEnded) -> str:
        """Say how long the truce lasted and what ended it."""
        cause = self.outcomes.labels.causes[event.cause]
        self.tabled, self.in_force = None, None
        self.opening, self.zopa_told = True, False
        lasted = f"after {count_words(event.days, 'day')}"
        if cause == EXPIRY:
            return f"the truce ends {lasted}: its term is over and nothing has followed it."
        if cause in self.scenario.parties:
            who = self.scenario.parties[cause].title
            return f"the truce collapses {lasted}: {who} resumes the war."
        return f"the truce collapses {lasted}: {self.scenario.spoilers[cause].title} break it."

    @sentence.register
    def _(self, event: Deaths) -> str:
        """Say how many captives have died."""
        where = " during the truce" if event.truce else ""
        return self._by_pool(event.people, "dies", "die", where)

    @sentence.register
    def _(self, event: Rescues) -> str:
        """Say how many captives were rescued."""
        return self._by_pool(event.people, "is", "are", " rescued by force")

    @sentence.register
    def _(self, event: RescueDeaths) -> str:
        """Say how many captives died in an attempt at rescue."""
        return self._by_pool(event.people, "dies", "die", " in an attempt at rescue")

    @sentence.register
    def _(self, event: Releases) -> str:
        """Say how many captives were released outside a deal."""
        how = "by a side channel" if event.truce else "without anything in return"
        return self._by_pool(event.people, "is", "are", f" released {how}")

    def _by_pool(self, people: Ints, singular: str, plural: str, rest: str) -> str:
        """Say the same of each pool that it concerns."""
        parts = [
            f"of the {pool.title}, {number_words(number)} "
            f"{number_form(number, singular, plural)}{rest}"
            for pool, number in zip(self.scenario.captives.values(), map(int, people), strict=True)
            if number
        ]
        return "; ".join(parts) + "."

    @sentence.register
    def _(self, event: Victory) -> str:
        """Say who has won the war."""
        war = self.scenario.war
        side = war.forward if event.forward else war.backward
        names = listed([self.scenario.parties[p].title for p in side])
        return f"the war is decided: {names} has won, and the talks are over."

    def _speaker(self, speaker: int) -> str:
        """Name who puts a proposal on the table."""
        parties = self.answers.parties
        if speaker < len(parties):
            return parties[speaker]
        return f"{self._mediator(speaker)}, mediating,"

    def _mediator(self, speaker: int) -> str:
        """Name a mediator by its place among parties and mediators."""
        mediators = list(self.scenario.mediators.values())
        return mediators[speaker - len(self.scenario.parties)].title

    def _is_taken(self, event: PrivateText) -> bool:
        """Return whether a private text was put forward and all with a veto have accepted it."""
        return event.forward and not self.answers.refusers(event)

    def _proposal(self, before: int | None, package: int) -> str:
        """Put a proposal into words; only what differs from one on the table before."""
        if before is None:
            return package_words(self.scenario, self.packages, package)
        changes = changes_between(self.scenario, self.packages, before, package)
        return changes or "the same as before"

    # -- events together -------------------------------------------------------------------------

    def _rounds(self, rounds: list[RoundHeld]) -> str:
        """Tell of several proposals that failed."""
        self.tabled = rounds[-1].package
        taught = lessons(rounds, self.answers.parties)
        return self.answers.failed_proposals(rounds) + taught

    def _private_texts(self, texts: list[PrivateText]) -> str:
        """Tell of several private texts that were dropped, or put forward and not taken."""
        parts = []
        for speaker in dict.fromkeys(text.speaker for text in texts):
            own = [text for text in texts if text.speaker == speaker]
            put = [text for text in own if text.forward]
            deeds = []
            if dropped := len(own) - len(put):
                each = "it" if dropped == 1 else "each"
                deeds.append(f"sounds out {count_words(dropped, 'text')} and drops {each}")
            if put:
                why = self.answers.reasons_in_short(put)
                deeds.append(f"puts {count_words(len(put), 'text')} forward in vain{why}")
            parts.append(f"{self._mediator(speaker)} {listed(deeds)}")
        return f"in private, {'; '.join(parts)}."

    def _batches(self, batches: list[Batch]) -> str:
        """Tell what was handed over in one batch or several."""
        opening = "a batch is" if len(batches) == 1 else f"{number_words(len(batches))} batches are"
        parts = []
        for pool, spec in self.scenario.captives.items():
            of_pool = [batch for batch in batches if batch.pool == pool]
            if of_pool:
                parts.append(f"{spec.title}: {_handed_over(of_pool)}")
        return f"{opening} handed over. " + ". ".join(parts) + "."


def _handed_over(batches: Sequence[Batch]) -> str:
    """Add up what some batches of one pool hand over."""
    people = sum(batch.people for batch in batches)
    remains = sum(batch.remains for batch in batches)
    dead = sum(batch.found_dead for batch in batches)
    freed = sum(batch.freed for batch in batches)
    parts = [f"{number_words(people)} {number_form(people, 'comes', 'come')} home alive"]
    if remains:
        parts.append(f"the remains of {number_words(remains)} are returned")
    if dead:
        parts.append(
            f"{number_words(dead)} thought alive {number_form(dead, 'is', 'are')} found dead"
        )
    if freed:
        parts.append(f"{count_words(freed, 'prisoner')} {number_form(freed, 'goes', 'go')} free")
    return listed(parts)


def _violations(violations: Sequence[Violation]) -> str:
    """Tell of violations that did not end the truce."""
    count = len(violations)
    breaches = "a breach" if count == 1 else f"{number_words(count)} breaches"
    return f"{breaches} of the truce, none of which {number_form(count, 'ends', 'end')} it."


def _disputes(disputes: Sequence[Dispute]) -> str:
    """Tell of disputes that mediators have settled."""
    if len(disputes) == 1:
        return "a promise is not kept; mediators mend it."
    return f"{number_words(len(disputes))} promises are not kept; mediators mend each."


def _extensions(extensions: Sequence[Extension]) -> str:
    """Tell for how long and for how many captives the truce was extended."""
    people = sum(extension.people for extension in extensions)
    return (
        f"the truce is extended by {count_words(len(extensions), 'day')} for up to "
        f"{number_words(people)} more captives."
    )


def _leaks(leaks: Sequence[Leak]) -> str:
    """Tell how often the talks leaked."""
    often = "" if len(leaks) == 1 else f" {number_words(len(leaks))} times"
    return f"the talks leak{often}; what the parties ask for is in public."


# --- The end


@dataclass(frozen=True)
class Closing:
    """Say how things stand on the last day, and what stood in the way of a first deal."""

    scenario: Scenario
    outcomes: Outcomes
    events: tuple[RunEvent, ...]
    truce_holds: bool

    def paragraphs(self) -> list[str]:
        """Return how things stand: talks, war, people, and why there was no deal."""
        prisoners = zip(
            self.scenario.prisoners.values(),
            map(int, self.outcomes.prisoners_released[0]),
            strict=True,
        )
        return [
            self._talks(),
            *(self._captives(p, pool.title) for p, pool in enumerate(self._pools)),
            *(f"{group.title}: {number_words(number)} released." for group, number in prisoners),
            *self._why(),
        ]

    @property
    def _pools(self) -> list[Captives]:
        """List the pools of captives."""
        return list(self.scenario.captives.values())

    def _talks(self) -> str:
        """Count proposals, deals and battles."""
        outcomes = self.outcomes
        day, first = int(outcomes.last_day[0]), int(outcomes.deal_day[0])
        deals, rounds = int(outcomes.deals[0]), int(outcomes.rounds[0])
        battles = sum(isinstance(event, Battle) for event in self.events)
        holds = "the truce holds" if self.truce_holds else "there is no truce"
        signed = "nothing was signed"
        if first != NONE:
            were = number_form(deals, "was", "were")
            signed = f"{number_words(deals)} {were} signed, the first on day {first}"
        put = f"{count_words(rounds, 'text')} {number_form(rounds, 'was', 'were')} put on the table"
        moved = f"{count_words(battles, 'battle')} moved the front"
        return (
            f"Day {day}, the last: {holds}. {upper(put)}; {signed}.{self._private()} "
            f"{upper(moved)}."
        )

    def _private(self) -> str:
        """Count the texts that mediators put forward in private."""
        texts = [event for event in self.events if isinstance(event, PrivateText)]
        put = sum(text.forward for text in texts)
        taken = int(self.outcomes.texts_mediated_accepted[0])
        if not texts:
            return ""
        sounded = f" Mediators sounded out {count_words(len(texts), 'text')} in private"
        if not put:
            return f"{sounded}, and put none forward."
        were = number_form(taken, "was", "were")
        return (
            f"{sounded}, put {number_words(put)} forward, and {number_words(taken)} {were} taken."
        )

    def _captives(self, p: int, title: str) -> str:
        """Say what became of the captives of a pool."""

        def count(name: str) -> str:
            return number_words(int(getattr(self.outcomes, name)[0, p]))

        return (
            f"{title}: of {count('initial')} on the first day, the dead included, "
            f"{count('returned_alive')} came home alive, {count('rescued')} by force and "
            f"{count('remains_returned')} dead; still held are {count('still_held')} alive and "
            f"{count('remains_held')} dead. Died in these {int(self.outcomes.last_day[0])} days: "
            f"{count('died_in_captivity')}."
        )

    def _why(self) -> list[str]:
        """Say what stood in the way of a first deal, round by round."""
        outcomes = self.outcomes
        first = int(outcomes.deal_day[0])
        rounds = [
            event
            for event in self.events
            if isinstance(event, RoundHeld) and (first == NONE or event.day < first)
        ]
        missed = dict(zip(outcomes.labels.missed, outcomes.missed[0].tolist(), strict=True))
        total = sum(missed.values())
        if not total:
            return []
        opening = "Why there was no deal" + ("" if first == NONE else f" before day {first}")
        reasons = [
            f"in {_rounds_of(number, total)} {reason_words(reason, self.scenario)}"
            for reason, number in missed.items()
            if number
        ]
        due = f"{count_words(total, 'round')} {number_form(total, 'was', 'were')} due"
        return [f"{opening}: {due}; {listed(reasons)}.{self._refusals(rounds)}"]

    def _refusals(self, rounds: Sequence[RoundHeld]) -> str:
        """Say how many proposals each party refused, saw no way out in, or met standing firm."""
        parts = []
        for p, party in enumerate(self.scenario.parties.values()):
            refused = sum(not held.accepts[p] for held in rounds)
            lost = sum(not held.way_out[p] for held in rounds)
            firm = sum(not held.flexible[p] for held in rounds)
            if party.veto and refused:
                deeds = [f"refused {count_words(refused, 'text')}"]
                if firm:
                    deeds.append(f"stood firm in {count_words(firm, 'round')}")
                if lost:
                    deeds.append(f"saw no way out in {count_words(lost, 'round')}")
                parts.append(f"{party.title} {listed(deeds)}")
        return f" {upper('; '.join(parts))}." if parts else ""


def _rounds_of(number: int, total: int) -> str:
    """Say in how many of so many rounds something happened."""
    if number < total:
        return number_words(number)
    return "it" if total == 1 else "each"
