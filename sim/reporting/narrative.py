"""One run, told day by day in plain sentences and in the scenario's own words.

The sentences are made from the events of the run. They say more than the parties know: why a
proposal was refused, in the model's terms. What is routine, such as one more proposal that fails
or one more batch, is told together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatchmethod
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from sim.engine.outcomes import BAD_TEXT, CONFIRMATION, EXPIRY, NONE, SUSPENSION, Outcomes
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
    Releases,
    RescueDeaths,
    Rescues,
    RoundHeld,
    RunEvent,
    Suspension,
    TruceEnded,
    Victory,
    Violation,
)
from sim.engine.simulate import play_one
from sim.reporting.models import RunState, RunStep
from sim.scenario.loading import load_scenario
from sim.scenario.packages import Packages
from sim.scenario.schema import Captives, Scenario
from sim.types import Ints

#: Events of one kind.
E = TypeVar("E", bound=RunEvent)

#: Below ten, numbers are written out.
NUMBER_WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

#: Events of which several in a stretch are told in one sentence.
ROUTINE = (Batch, Violation, Dispute, Extension, Leak)

#: After so many days what is routine is told, whether or not there is news.
STRETCH_DAYS = 30

#: Events that are told each on its day, but do not interrupt what is told together.
ASIDE = (CaptivesChanged, Suspension)

#: Why a proposal is refused, in the model's terms: in full the first time, then in short.
REASONS = {
    "vote": (
        "the vote at home would go against it, and overriding that costs too much",
        "the vote at home",
    ),
    "reservation": (
        "it is below its reservation value; no deal is better for it",
        "below its reservation value",
    ),
    "no way out": (
        "it is below its reservation value, and it sees no way out: it believes that nothing it "
        "could accept would be accepted",
        "no way out in sight",
    ),
    "aspiration": (
        "it is better than no deal, but below what it holds out for",
        "below what it holds out for",
    ),
    "close": (
        "it is so near to what it holds out for that it could have gone either way",
        "a close call",
    ),
}

#: Why a round with a ZOPA brought no deal, besides a party that held out for more.
MISSED = {
    BAD_TEXT: "the text lay outside what suited all",
    CONFIRMATION: "what was agreed was not confirmed",
    SUSPENSION: "the talks were suspended",
}

#: Below this a party is taken to lose nothing, in utils.
NOTHING_LOST = 1e-6


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
        self.tabled: int | None = None  # the last package on the table
        self.in_force: int | None = None
        self.opening = True  # whether the next proposal is told in full
        self.zopa_told = False  # whether a ZOPA has been told of
        self.waiting: list[RunEvent] = []  # routine that is not told yet

    def story_of(self, events: Sequence[RunEvent]) -> Story:
        """Return the story that these events make."""
        heading = self._heading()
        passages: list[Passage] = []
        for event in events:
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
        """Name the scenario, the run and its levers."""
        outcomes = self.outcomes
        levers = ", ".join(f"{name} = {value:g}" for name, value in outcomes.levers.items())
        return (
            f"{self.scenario.title}. Run {outcomes.first} of seed {outcomes.seed}, "
            f"{outcomes.days} days" + (f", with {levers}" if levers else "") + "."
        )

    def _is_routine(self, event: RunEvent) -> bool:
        """Return whether it can wait to be told together with others like it."""
        if isinstance(event, RoundHeld):
            is_news = event.zopa and not self.zopa_told
            return not self.opening and not is_news and bool(self.answers.refusers(event))
        return isinstance(event, ROUTINE) and not (isinstance(event, Dispute) and event.open)

    def _tell_waiting(self) -> list[Passage]:
        """Tell what happened since: the routine of each kind together, the rest singly."""
        waiting, self.waiting = self.waiting, []
        passages = [self._passage(event) for event in waiting if isinstance(event, ASIDE)]

        def tell_together(kind: type[E], words_of: Callable[[list[E]], str]) -> None:
            events = [event for event in waiting if isinstance(event, kind)]
            if events:
                passages.append(Passage(events[0].day, f"{_days(events)}: {words_of(events)}"))

        tell_together(RoundHeld, self._rounds)
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
        return " ".join(sentences)

    @sentence.register
    def _(self, event: ConfirmationAwaited) -> str:
        """Say who still has to confirm."""
        names = _list([self.answers.parties[p] for p in event.parties])
        through = _list(
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
        names = _list([self.answers.parties[p] for p in event.refused_by])
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
    def _(self, event: Suspension) -> str:
        """Say for how long the talks are suspended."""
        return f"an event outside suspends the talks for {_count(event.days, 'day')}."

    @sentence.register
    def _(self, event: Dispute) -> str:
        """Tell of a dispute that mediators could not settle."""
        return "a promise is not kept, and mediators cannot mend it; trust is lost."

    @sentence.register
    def _(self, event: Grace) -> str:
        """Say how long a guarantee keeps the truce beyond its term."""
        return (
            f"the term is over, but the guarantee keeps the truce for {_number(event.days)} more "
            f"{_plural(event.days, 'day')} while talks go on."
        )

    @sentence.register
    def _(self, event: TruceEnded) -> str:
        """Say how long the truce lasted and what ended it."""
        cause = self.outcomes.labels.causes[event.cause]
        self.tabled, self.in_force = None, None
        self.opening, self.zopa_told = True, False
        lasted = f"after {_count(event.days, 'day')}"
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
            f"of the {pool.title}, {_number(number)} {_plural(number, singular, plural)}{rest}"
            for pool, number in zip(self.scenario.captives.values(), map(int, people), strict=True)
            if number
        ]
        return "; ".join(parts) + "."

    @sentence.register
    def _(self, event: Victory) -> str:
        """Say who has won the war."""
        war = self.scenario.war
        side = war.forward if event.forward else war.backward
        names = _list([self.scenario.parties[p].title for p in side])
        return f"the war is decided: {names} has won, and the talks are over."

    def _speaker(self, speaker: int) -> str:
        """Name who puts a proposal on the table."""
        parties = self.answers.parties
        if speaker < len(parties):
            return parties[speaker]
        mediator = list(self.scenario.mediators.values())[speaker - len(parties)]
        return f"{mediator.title}, mediating,"

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
        return self.answers.failed_proposals(rounds)

    def _batches(self, batches: list[Batch]) -> str:
        """Tell what was handed over in one batch or several."""
        opening = "a batch is" if len(batches) == 1 else f"{_number(len(batches))} batches are"
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
    parts = [f"{_number(people)} {_plural(people, 'comes', 'come')} home alive"]
    if remains:
        parts.append(f"the remains of {_number(remains)} are returned")
    if dead:
        parts.append(f"{_number(dead)} thought alive {_plural(dead, 'is', 'are')} found dead")
    if freed:
        parts.append(f"{_count(freed, 'prisoner')} {_plural(freed, 'goes', 'go')} free")
    return _list(parts)


def _violations(violations: Sequence[Violation]) -> str:
    """Tell of violations that did not end the truce."""
    count = len(violations)
    breaches = "a breach" if count == 1 else f"{_number(count)} breaches"
    return f"{breaches} of the truce, none of which {_plural(count, 'ends', 'end')} it."


def _disputes(disputes: Sequence[Dispute]) -> str:
    """Tell of disputes that mediators have settled."""
    if len(disputes) == 1:
        return "a promise is not kept; mediators mend it."
    return f"{_number(len(disputes))} promises are not kept; mediators mend each."


def _extensions(extensions: Sequence[Extension]) -> str:
    """Tell for how long and for how many captives the truce was extended."""
    people = sum(extension.people for extension in extensions)
    return (
        f"the truce is extended by {_count(len(extensions), 'day')} for up to "
        f"{_number(people)} more captives."
    )


def _leaks(leaks: Sequence[Leak]) -> str:
    """Tell how often the talks leaked."""
    often = "" if len(leaks) == 1 else f" {_number(len(leaks))} times"
    return f"the talks leak{often}; what the parties ask for is in public."


# --- Answers to proposals


@dataclass(frozen=True)
class Concession:
    """The cheapest package that would have won a party over, instead of the one it refused."""

    package: int
    cost: float  # what whoever of the others loses most would lose by it, in utils
    loser: int  # who that is
    suits_all: bool  # whether everybody else with a veto would have taken it too


class AnswerWords:
    """Say who refuses a proposal, why, and what it would have taken."""

    def __init__(self, scenario: Scenario, packages: Packages) -> None:
        self.scenario = scenario
        self.packages = packages
        self.parties = [party.title for party in scenario.parties.values()]
        self.veto = [party.veto for party in scenario.parties.values()]
        self.explained: set[str] = set()  # reasons that have been given in full

    def refusers(self, held: RoundHeld) -> list[int]:
        """Return who with a veto refused the proposal of a round."""
        return [p for p, veto in enumerate(self.veto) if veto and not held.accepts[p]]

    def sentences(self, held: RoundHeld) -> list[str]:
        """Say what each party but the speaker answers, and why."""
        return [self._answer(p, held) for p in range(len(self.parties)) if p != held.speaker]

    def _answer(self, p: int, held: RoundHeld) -> str:
        """Say what a party answers to a proposal, and why."""
        if not self.veto[p]:
            stand = "for" if held.accepts[p] else "against"
            return f"{self.parties[p]}, which has no veto, is {stand} it."
        if not held.accepts[p]:
            why = self._explanation(self.reason(p, held))
            return f"{self.parties[p]} refuses: {why}.{self._would_have_taken(p, held)}"
        paid = held.offered[p] > 0 and held.worth[p] < held.aspiration[p]
        return f"{self.parties[p]} accepts" + (", with what mediators add." if paid else ".")

    def reason(self, p: int, held: RoundHeld) -> str:
        """Return why a party refuses: a key of `REASONS`."""
        value, price = held.worth[p] + held.offered[p], held.override[p]
        if price and value + price >= held.aspiration[p]:
            return "vote"
        if value < held.reservation[p]:
            return "reservation" if held.way_out[p] else "no way out"
        return "aspiration" if value < held.aspiration[p] else "close"

    def _explanation(self, reason: str) -> str:
        """Give a reason in full the first time, later in short."""
        full, short = REASONS[reason]
        is_first = reason not in self.explained
        self.explained.add(reason)
        return full if is_first else short

    # -- what it would have taken ----------------------------------------------------------------

    def concession(self, p: int, held: RoundHeld) -> Concession | None:
        """Return what on offer would have won a party over at the least cost to the others.

        The cost is the proposer's, or, of a mediator's proposal, that of whoever of the others
        with a veto loses most. None where nothing on offer would have done. Noise aside.
        """
        worths, met = held.worths, held.worths + held.added
        wins = met[p] >= held.aspiration[p]
        if not wins.any():
            return None
        others = [j for j, veto in enumerate(self.veto) if veto and j != p]
        payers = [held.speaker] if held.speaker in others else others
        lost = worths[payers, held.package][:, None] - worths[payers]  # (payers, packages)
        cost = np.where(wins, lost.max(axis=0), np.inf)
        # of equally cheap packages, the one nearest in words to the one refused
        levels = self.packages.levels
        steps = np.abs(levels - levels[held.package]).sum(axis=1)
        package = int(np.lexsort((steps, np.maximum(cost, 0.0)))[0])
        return Concession(
            package,
            float(cost[package]),
            payers[int(lost[:, package].argmax())],
            all(met[j, package] >= held.aspiration[j] for j in others),
        )

    def _would_have_taken(self, p: int, held: RoundHeld) -> str:
        """Say what would have won a party over, as a sentence after its refusal."""
        if self.reason(p, held) == "close":
            return ""
        concession = self.concession(p, held)
        if concession is None:
            return " Nothing on offer would have met that."
        changes = changes_between(self.scenario, self.packages, held.package, concession.package)
        return f" It would have taken: {changes}{self._at_whose_cost(concession)}."

    def _at_whose_cost(self, concession: Concession) -> str:
        """Say who would have paid for a concession."""
        if concession.suits_all:
            return ", which all the others would have accepted too"
        if concession.cost <= NOTHING_LOST:
            return f", at no loss to {self.parties[concession.loser]}"
        return f", at the cost of {self.parties[concession.loser]}"

    # -- several proposals -----------------------------------------------------------------------

    def failed_proposals(self, rounds: Sequence[RoundHeld]) -> str:
        """Tell of several proposals that failed: who refused, why, and the nearest miss."""
        blame = Counter(tuple(self.refusers(held)) for held in rounds)
        rest = f"{self._reasons(rounds)}.{self._nearest_miss(rounds)}"
        if len(rounds) == 1:
            return f"one more text is refused, {self._by(next(iter(blame)))}{rest}"
        each = "each " if len(blame) == 1 else ""
        by = [
            f"{each or _number(count) + ' '}{self._by(refusers)}"
            for refusers, count in blame.most_common()
        ]
        return f"{_number(len(rounds))} more texts are refused, {_list(by)}{rest}"

    def _by(self, refusers: tuple[int, ...]) -> str:
        """Name those who refused."""
        names = _list([self.parties[p] for p in refusers])
        alone = " alone" if len(refusers) == 1 and sum(self.veto) > 1 else ""
        return f"by {names}{alone}"

    def _reasons(self, rounds: Sequence[RoundHeld]) -> str:
        """Give the most frequent reason of each party that refused."""
        reasons: dict[int, Counter[str]] = {}
        for held in rounds:
            for p in self.refusers(held):
                reasons.setdefault(p, Counter())[self.reason(p, held)] += 1
        parts = []
        for p, counts in sorted(reasons.items()):
            (reason, count), total = counts.most_common(1)[0], counts.total()
            mostly = "" if count == total else "mostly "
            parts.append(f"{self.parties[p]}: {mostly}{REASONS[reason][1]}")
        return f" ({'; '.join(parts)})"

    def _nearest_miss(self, rounds: Sequence[RoundHeld]) -> str:
        """Tell which of several failures some concession would have mended at the least cost."""
        misses = [
            (concession, held, p)
            for held in rounds
            for p in self.refusers(held)
            if self.reason(p, held) != "close"
            and (concession := self.concession(p, held))
            and concession.suits_all
        ]
        if not misses:
            return ""
        concession, held, p = min(misses, key=lambda miss: miss[0].cost)
        changes = changes_between(self.scenario, self.packages, held.package, concession.package)
        day = "" if len(rounds) == 1 else f" on day {held.day}"
        return f" What{day} would have won over {self.parties[p]} and suited all: {changes}."


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
            *(f"{group.title}: {_number(number)} released." for group, number in prisoners),
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
            were = _plural(deals, "was", "were")
            signed = f"{_number(deals)} {were} signed, the first on day {first}"
        put = f"{_count(rounds, 'text')} {_plural(rounds, 'was', 'were')} put on the table"
        moved = f"{_count(battles, 'battle')} moved the front"
        return f"Day {day}, the last: {holds}. {_upper(put)}; {signed}. {_upper(moved)}."

    def _captives(self, p: int, title: str) -> str:
        """Say what became of the captives of a pool."""

        def count(name: str) -> str:
            return _number(int(getattr(self.outcomes, name)[0, p]))

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
        without = sum(not held.zopa for held in rounds)
        if not without and not any(missed.values()):
            return []
        opening = "Why there was no deal" + ("" if first == NONE else f" before day {first}")
        parts = []
        if without:
            parts.append(
                f"in {_count(without, 'round')} no package was better than no deal for everyone "
                "who can refuse one"
            )
        counts = [(count, reason) for reason, count in missed.items() if count]
        if counts:
            shares = _list([f"{self._missed(reason)} ({_number(n)})" for n, reason in counts])
            total = sum(missed.values())
            parts.append(f"in {_count(total, 'round')} some package was, and {shares}")
        return [f"{opening}: {'; '.join(parts)}.{self._refusals(rounds)}"]

    def _missed(self, reason: str) -> str:
        """Say why a round with a ZOPA brought no deal."""
        party = self.scenario.parties.get(reason)
        return MISSED[reason] if party is None else f"{party.title} held out for more"

    def _refusals(self, rounds: Sequence[RoundHeld]) -> str:
        """Say how many proposals each party refused, and how often it saw no way out."""
        parts = []
        for p, party in enumerate(self.scenario.parties.values()):
            refused = sum(not held.accepts[p] for held in rounds)
            lost = sum(not held.way_out[p] for held in rounds)
            if party.veto and refused:
                blind = f" and saw no way out in {_count(lost, 'round')}" if lost else ""
                parts.append(f"{party.title} refused {_count(refused, 'text')}{blind}")
        return f" {_upper('; '.join(parts))}." if parts else ""


# --- Words


def package_words(scenario: Scenario, packages: Packages, package: int) -> str:
    """Return a whole package in words, issue by issue."""
    return "; ".join(
        f"{_lower(issue.title)}: {list(issue.levels.values())[packages.levels[package, k]].words}"
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
            parts.append(f"{_lower(issue.title)}: {words}")
    return "; ".join(parts)


def _days(events: Sequence[RunEvent]) -> str:
    """Return the days from the first to the last event."""
    first, last = events[0].day, events[-1].day
    return f"Day {first}" if first == last else f"Days {first}–{last}"


def _number(number: int) -> str:
    """Write a number out where it is small."""
    is_small = 0 <= number < len(NUMBER_WORDS)
    return NUMBER_WORDS[number] if is_small else f"{number:,}"


def _plural(number: int, singular: str, plural: str = "") -> str:
    """Return the form of a word that goes with a number."""
    return singular if number == 1 else plural or f"{singular}s"


def _count(number: int, singular: str) -> str:
    """Return so many of something: "no texts", "one text", "two texts"."""
    return f"{_number(number) if number else 'no'} {_plural(number, singular)}"


def _upper(sentence: str) -> str:
    """Begin with a capital letter."""
    return sentence[:1].upper() + sentence[1:]


def _lower(title: str) -> str:
    """Begin with a small letter."""
    return title[:1].lower() + title[1:]


def _list(words: Sequence[str]) -> str:
    """Return words in a row: "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
