"""One run, told day by day in plain sentences and in the scenario's own words.

The teller knows more than the parties do: it says in the model's terms why a text was refused.
What is routine, such as one more text that fails or one more batch, is told together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sim.engine.outcomes import BAD_TEXT, CONFIRMATION, EXPIRY, NONE, SUSPENSION, Outcomes
from sim.engine.simulate import play_one
from sim.scenario.loading import load_scenario
from sim.scenario.packages import Packages
from sim.scenario.schema import Scenario

#: Below ten, numbers are written out.
WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

#: Notes of which several in a stretch are told in one sentence.
ROUTINE = ("batch", "violation", "dispute", "extension", "leak")

#: After so many days what is routine is told, whether or not there is news.
STRETCH_DAYS = 30

#: Notes that are told each on its day, but do not interrupt what is told together.
ASIDE = ("death", "rescue", "killed in rescue", "release", "suspension")

#: Why a text is refused, in the model's terms: in full the first time, then in short.
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

#: Notes that only the last line counts.
COUNTED = ("battle",)


@dataclass(frozen=True)
class NotedEvent:
    """Something that happened on a day."""

    day: int
    kind: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Concession:
    """The cheapest text that would have won a party over, instead of the one it refused."""

    package: int
    cost: float  # what whoever of the others loses most would lose by it, in utils
    loser: int  # who that is
    suits_all: bool  # whether everybody else with a veto would have taken it too


@dataclass
class EventLog:
    """The diary of one run."""

    notes: list[NotedEvent] = field(default_factory=list)

    def note(self, day: int, kind: str, **facts: Any) -> None:
        """Write down that something happened."""
        self.notes.append(NotedEvent(day, kind, facts))


@dataclass(frozen=True)
class Story:
    """One run: its diary, how it ended, and its story in paragraphs."""

    notes: tuple[NotedEvent, ...]
    outcomes: Outcomes
    paragraphs: tuple[str, ...]


def follow(
    scenario: Scenario | str | Path,
    run: int,
    seed: int = 1,
    days: int | None = None,
    levers: Mapping[str, float] | None = None,
) -> Story:
    """Follow a run, numbered from 0, as it is in company."""
    case = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    notebook = EventLog()
    outcomes, talks = play_one(case, run=run, seed=seed, days=days, levers=levers, diary=notebook)
    told = _Teller(case, talks.packages, outcomes).tells(notebook.notes)
    return Story(tuple(notebook.notes), outcomes, tuple(told))


def tell(
    scenario: Scenario | str | Path,
    run: int,
    seed: int = 1,
    days: int | None = None,
    levers: Mapping[str, float] | None = None,
) -> list[str]:
    """The story of a run, numbered from 0, as it is in company: one paragraph after another."""
    return list(follow(scenario, run, seed, days, levers).paragraphs)


class _Teller:
    """Puts the notes of one run into sentences."""

    def __init__(self, scenario: Scenario, packages: Packages, outcomes: Outcomes) -> None:
        self.scenario = scenario
        self.packages = packages
        self.outcomes = outcomes
        self.parties = [party.title for party in scenario.parties.values()]
        self.veto = [party.veto for party in scenario.parties.values()]
        self.mediators = [mediator.title for mediator in scenario.mediators.values()]
        self.tabled: int | None = None  # the last package on the table
        self.in_force: int | None = None
        self.opening = True  # whether the next text is told in full
        self.found = False  # whether a ZOPA has been told of
        self.explained: set[str] = set()
        self.waiting: list[NotedEvent] = []  # routine that is not told yet

    # -- the whole -------------------------------------------------------------------------------

    def tells(self, notes: Sequence[NotedEvent]) -> list[str]:
        """The paragraphs of the story."""
        story = [self._heading()]
        for note in notes:
            if note.kind in COUNTED:
                continue
            can_wait = note.kind in ASIDE or self._is_routine(note)
            if not can_wait or (self.waiting and note.day - self.waiting[0].day > STRETCH_DAYS):
                story += self._catch_up()
            if can_wait:
                self.waiting.append(note)
            else:
                story += self._told(note)
        return [*story, *self._catch_up(), *self._ending(notes)]

    def _heading(self) -> str:
        outcomes = self.outcomes
        levers = ", ".join(f"{name} = {value:g}" for name, value in outcomes.levers.items())
        return (
            f"{self.scenario.title}. Run {outcomes.first} of seed {outcomes.seed}, "
            f"{outcomes.days} days" + (f", with {levers}" if levers else "") + "."
        )

    def _is_routine(self, note: NotedEvent) -> bool:
        """Whether it can wait to be told together with others like it."""
        if note.kind == "round":
            news = note.facts["zopa"] and not self.found
            return not self.opening and not news and bool(self._refusers(note))
        return note.kind in ROUTINE and not (note.kind == "dispute" and note.facts["open"])

    def _catch_up(self) -> list[str]:
        """What happened since: the routine of each kind together, the rest singly."""
        waiting, self.waiting = self.waiting, []
        tellers: dict[str, Callable[[list[NotedEvent]], str]] = {
            "round": self._rounds,
            "batch": self._batches,
            "violation": self._violations,
            "dispute": self._disputes,
            "extension": self._extensions,
            "leak": self._leaks,
        }
        said = [
            (note.day, line) for note in waiting if note.kind in ASIDE for line in self._told(note)
        ]
        for kind, teller in tellers.items():
            some = [note for note in waiting if note.kind == kind]
            if some:
                said.append((some[0].day, f"{_days(some)}: {teller(some)}"))
        return [sentence for _, sentence in sorted(said, key=lambda pair: pair[0])]

    def _told(self, note: NotedEvent) -> list[str]:
        teller = getattr(self, "_tell_" + note.kind.replace(" ", "_"), None)
        assert teller is not None, f"nobody knows how to tell '{note.kind}'"
        said: str = teller(**note.facts)
        return [f"Day {note.day}: {said}"] if said else []

    # -- talks -----------------------------------------------------------------------------------

    def _refusers(self, note: NotedEvent) -> list[int]:
        """Who with a veto refused the text of a round."""
        accepts = note.facts["accepts"]
        return [p for p, veto in enumerate(self.veto) if veto and not accepts[p]]

    def _tell_round(self, **facts: Any) -> str:
        package, speaker = facts["package"], facts["speaker"]
        said = [f"{self._speaker(speaker)} puts a text on the table: {self._text(package)}."]
        self.tabled, self.opening = package, False
        answers = [self._answer(p, speaker, facts) for p in range(len(self.parties))]
        said += [answer for answer in answers if answer]
        if facts["zopa"] and not self.found:
            self.found = True
            said.append(
                "By now some text would be better than no deal for everyone who can refuse one."
            )
        return " ".join(said)

    def _speaker(self, speaker: int) -> str:
        parties = len(self.parties)
        if speaker < parties:
            return self.parties[speaker]
        return f"{self.mediators[speaker - parties]}, mediating,"

    def _answer(self, p: int, speaker: int, facts: Mapping[str, Any]) -> str:
        """What a party says to a text, and why."""
        if p == speaker:
            return ""
        if not self.veto[p]:
            stand = "for" if facts["accepts"][p] else "against"
            return f"{self.parties[p]}, which has no veto, is {stand} it."
        if not facts["accepts"][p]:
            why = self._explained(self._reason(p, facts))
            return f"{self.parties[p]} refuses: {why}.{self._would_have_taken(p, speaker, facts)}"
        added = facts["offered"][p] > 0 and facts["worth"][p] < facts["aspiration"][p]
        return f"{self.parties[p]} accepts" + (", with what mediators add." if added else ".")

    def _reason(self, p: int, facts: Mapping[str, Any]) -> str:
        """Why a party refuses."""
        value = facts["worth"][p] + facts["offered"][p]
        if facts["override"][p] and value + facts["override"][p] >= facts["aspiration"][p]:
            return "vote"
        if value < facts["reservation"][p]:
            return "reservation" if facts["way_out"][p] else "no way out"
        return "aspiration" if value < facts["aspiration"][p] else "close"

    # -- what it would have taken ----------------------------------------------------------------

    def _concession(self, p: int, speaker: int, facts: Mapping[str, Any]) -> Concession | None:
        """The text on offer that would have won a party over at the least cost to the others.

        The cost is the proposer's, or, of a mediator's text, that of whoever of the others with a
        veto loses most. None where nothing on offer would have done. A whim aside.
        """
        worths, met = facts["worths"], facts["worths"] + facts["added"]
        wins = met[p] >= facts["aspiration"][p]
        if not wins.any():
            return None
        others = [j for j, veto in enumerate(self.veto) if veto and j != p]
        payers = [speaker] if speaker in others else others
        lost = worths[payers, facts["package"]][:, None] - worths[payers]
        cost = np.where(wins, lost.max(axis=0), np.inf)
        # of equally cheap texts, the one nearest in words to the one refused
        levels = self.packages.levels
        steps = np.abs(levels - levels[facts["package"]]).sum(axis=1)
        package = int(np.lexsort((steps, np.maximum(cost, 0.0)))[0])
        return Concession(
            package,
            float(cost[package]),
            payers[int(lost[:, package].argmax())],
            all(met[j, package] >= facts["aspiration"][j] for j in others),
        )

    def _would_have_taken(self, p: int, speaker: int, facts: Mapping[str, Any]) -> str:
        """What would have won a party over, as a sentence after its refusal."""
        if self._reason(p, facts) == "close":
            return ""
        found = self._concession(p, speaker, facts)
        if found is None:
            return " Nothing on offer would have met that."
        changes = self._changes(facts["package"], found.package)
        return f" It would have taken: {changes}{self._at_whose_cost(found)}."

    def _at_whose_cost(self, found: Concession) -> str:
        if found.suits_all:
            return ", which all the others would have accepted too"
        if found.cost <= NOTHING_LOST:
            return f", at no loss to {self.parties[found.loser]}"
        return f", at the cost of {self.parties[found.loser]}"

    def _nearest_miss(self, notes: list[NotedEvent]) -> str:
        """Of several texts that failed, the one that some concession would have mended cheapest."""
        misses = [
            (found.cost, note, p, found)
            for note in notes
            for p in self._refusers(note)
            if self._reason(p, note.facts) != "close"
            and (found := self._concession(p, note.facts["speaker"], note.facts))
            and found.suits_all
        ]
        if not misses:
            return ""
        _, note, p, found = min(misses, key=lambda miss: miss[0])
        changes = self._changes(note.facts["package"], found.package)
        day = "" if len(notes) == 1 else f" on day {note.day}"
        return f" What{day} would have won over {self.parties[p]} and suited all: {changes}."

    def _explained(self, reason: str) -> str:
        """A reason in full the first time, later in short."""
        full, short = REASONS[reason]
        first = reason not in self.explained
        self.explained.add(reason)
        return full if first else short

    def _rounds(self, notes: list[NotedEvent]) -> str:
        """Several texts that failed."""
        blame = Counter(tuple(self._refusers(note)) for note in notes)
        self.tabled = notes[-1].facts["package"]
        if len(notes) == 1:
            by_whom = f"{self._by(next(iter(blame)))}{self._reasons(notes)}"
            return f"one more text is refused, {by_whom}.{self._nearest_miss(notes)}"
        each = "each " if len(blame) == 1 else ""
        by = [
            f"{each or _number(count) + ' '}{self._by(refusers)}"
            for refusers, count in blame.most_common()
        ]
        more = f"{_number(len(notes))} more texts are refused"
        return f"{more}, {_list(by)}{self._reasons(notes)}.{self._nearest_miss(notes)}"

    def _by(self, refusers: tuple[int, ...]) -> str:
        names = _list([self.parties[p] for p in refusers])
        alone = " alone" if len(refusers) == 1 and sum(self.veto) > 1 else ""
        return f"by {names}{alone}"

    def _reasons(self, notes: list[NotedEvent]) -> str:
        """The most frequent reason of each party that refused."""
        reasons: dict[int, Counter[str]] = {}
        for note in notes:
            for p in self._refusers(note):
                reasons.setdefault(p, Counter())[self._reason(p, note.facts)] += 1
        said = []
        for p, counts in sorted(reasons.items()):
            (reason, count), total = counts.most_common(1)[0], counts.total()
            mostly = "" if count == total else "mostly "
            said.append(f"{self.parties[p]}: {mostly}{REASONS[reason][1]}")
        return f" ({'; '.join(said)})"

    def _tell_awaited(self, package: int, parties: list[int]) -> str:
        names = _list([self.parties[p] for p in parties])
        through = _list(
            [
                self.scenario.mediators[spec.speaks_through].title
                for p, spec in enumerate(self.scenario.parties.values())
                if p in parties and spec.speaks_through
            ]
        )
        self.tabled = package
        return f"all have accepted; {through} waits for {names} to confirm."

    def _tell_confirmation(self, package: int, refused_by: list[int]) -> str:
        if not refused_by:
            return "the confirmation comes."
        names = _list([self.parties[p] for p in refused_by])
        return f"{names} does not confirm: by now the text is below its reservation value."

    def _tell_signed(self, package: int, renewed: bool) -> str:
        before, self.in_force = self.in_force, package
        self.tabled, self.opening, self.found = package, True, False
        words = _sentence_of(self.scenario, self.packages, package)
        if renewed and before is not None:
            changed = self._changes(before, package)
            return f"a second text is signed and the truce goes on: {changed or 'as before'}."
        return f"the text is signed and a truce begins: {words}."

    @staticmethod
    def _leaks(notes: list[NotedEvent]) -> str:
        often = "" if len(notes) == 1 else f" {_number(len(notes))} times"
        return f"the talks leak{often}; what the parties ask for is in public."

    def _tell_suspension(self, days: int) -> str:
        return f"an event outside suspends the talks for {_count(days, 'day')}."

    # -- the truce -------------------------------------------------------------------------------

    def _batches(self, notes: list[NotedEvent]) -> str:
        """What was handed over in one batch or several."""
        opening = "a batch is" if len(notes) == 1 else f"{_number(len(notes))} batches are"
        parts = []
        for pool, spec in self.scenario.captives.items():
            mine = [note.facts for note in notes if note.facts["pool"] == pool]
            total = {
                name: sum(facts[name] for facts in mine)
                for name in ("people", "remains", "found_dead", "freed")
            }
            if mine:
                parts.append(f"{spec.title}: {self._handed(total)}")
        return f"{opening} handed over. " + ". ".join(parts) + "."

    @staticmethod
    def _handed(total: Mapping[str, int]) -> str:
        people, found, freed = total["people"], total["found_dead"], total["freed"]
        said = [f"{_number(people)} {_plural(people, 'comes', 'come')} home alive"]
        if total["remains"]:
            said.append(f"the remains of {_number(total['remains'])} are returned")
        if found:
            said.append(f"{_number(found)} thought alive {_plural(found, 'is', 'are')} found dead")
        if freed:
            said.append(f"{_count(freed, 'prisoner')} {_plural(freed, 'goes', 'go')} free")
        return _list(said)

    @staticmethod
    def _violations(notes: list[NotedEvent]) -> str:
        count = len(notes)
        breaches = "a breach" if count == 1 else f"{_number(count)} breaches"
        return f"{breaches} of the truce, none of which {_plural(count, 'ends', 'end')} it."

    @staticmethod
    def _disputes(notes: list[NotedEvent]) -> str:
        if len(notes) == 1:
            return "a promise is not kept; mediators mend it."
        return f"{_number(len(notes))} promises are not kept; mediators mend each."

    @staticmethod
    def _extensions(notes: list[NotedEvent]) -> str:
        days, people = len(notes), sum(note.facts["people"] for note in notes)
        return (
            f"the truce is extended by {_count(days, 'day')} for up to "
            f"{_number(people)} more captives."
        )

    def _tell_dispute(self, open: bool) -> str:
        return "a promise is not kept, and mediators cannot mend it; trust is lost."

    def _tell_grace(self, days: int) -> str:
        return (
            f"the term is over, but the guarantee keeps the truce for {_number(days)} more "
            f"{_plural(days, 'day')} while talks go on."
        )

    def _tell_truce_ends(self, cause: int, days: int) -> str:
        name = self.outcomes.labels.causes[cause]
        self.tabled, self.in_force = None, None
        self.opening, self.found = True, False
        lasted = f"after {_count(days, 'day')}"
        if name == EXPIRY:
            return f"the truce ends {lasted}: its term is over and nothing has followed it."
        if name in self.scenario.parties:
            who = self.scenario.parties[name].title
            return f"the truce collapses {lasted}: {who} resumes the war."
        return f"the truce collapses {lasted}: {self.scenario.spoilers[name].title} break it."

    # -- people and the war ----------------------------------------------------------------------

    def _tell_death(self, people: Any, truce: bool) -> str:
        where = " during the truce" if truce else ""
        return self._each_pool(people, lambda n: f"{_number(n)} {_plural(n, 'dies', 'die')}{where}")

    def _tell_rescue(self, people: Any, truce: bool) -> str:
        return self._each_pool(
            people, lambda n: f"{_number(n)} {_plural(n, 'is', 'are')} rescued by force"
        )

    def _tell_killed_in_rescue(self, people: Any, truce: bool) -> str:
        return self._each_pool(
            people, lambda n: f"{_number(n)} {_plural(n, 'dies', 'die')} in an attempt at rescue"
        )

    def _tell_release(self, people: Any, truce: bool) -> str:
        how = "by a side channel" if truce else "without anything in return"
        return self._each_pool(
            people, lambda n: f"{_number(n)} {_plural(n, 'is', 'are')} released {how}"
        )

    def _each_pool(self, people: Any, words: Callable[[int], str]) -> str:
        """The same sentence for each pool that it concerns."""
        pools = self.scenario.captives.values()
        said = [
            f"of the {pool.title}, {words(int(number))}"
            for pool, number in zip(pools, people, strict=True)
            if number
        ]
        return "; ".join(said) + "."

    def _tell_victory(self, forward: bool) -> str:
        war = self.scenario.war
        names = _list(
            [self.scenario.parties[p].title for p in (war.forward if forward else war.backward)]
        )
        return f"the war is decided: {names} has won, and the talks are over."

    # -- texts -----------------------------------------------------------------------------------

    def _text(self, package: int) -> str:
        """A text in words; only what has changed where another was on the table before."""
        if self.tabled is None:
            return _sentence_of(self.scenario, self.packages, package)
        return self._changes(self.tabled, package) or "the same as before"

    def _changes(self, before: int, package: int) -> str:
        """What differs between two packages, in words."""
        was, now = self.packages.levels[before], self.packages.levels[package]
        parts = []
        for k, issue in enumerate(self.scenario.issues.values()):
            if was[k] != now[k]:
                levels = list(issue.levels.values())
                words = f"{levels[now[k]].words} (was: {levels[was[k]].words})"
                parts.append(f"{_lower(issue.title)}: {words}")
        return "; ".join(parts)

    # -- the end ---------------------------------------------------------------------------------

    def _ending(self, notes: Sequence[NotedEvent]) -> list[str]:
        """How things stand on the last day: talks, war and people."""
        outcomes = self.outcomes
        day = int(outcomes.last_day[0])
        deals, rounds = int(outcomes.deals[0]), int(outcomes.rounds[0])
        battles = sum(note.kind == "battle" for note in notes)
        holds = "the truce holds" if self.in_force is not None else "there is no truce"
        first = int(outcomes.deal_day[0])
        signed = "nothing was signed"
        if first != NONE:
            were = _plural(deals, "was", "were")
            signed = f"{_number(deals)} {were} signed, the first on day {first}"
        put = f"{_count(rounds, 'text')} {_plural(rounds, 'was', 'were')} put on the table"
        moved = f"{_count(battles, 'battle')} moved the front"
        end = [f"Day {day}, the last: {holds}. {_upper(put)}; {signed}. {_upper(moved)}."]
        for p, pool in enumerate(self.scenario.captives.values()):
            end.append(self._people_of(p, pool.title))
        freed = outcomes.prisoners_released[0]
        for number, group in zip(freed, self.scenario.prisoners.values(), strict=True):
            end.append(f"{group.title}: {_number(int(number))} released.")
        return [*end, *self._why(notes)]

    def _why(self, notes: Sequence[NotedEvent]) -> list[str]:
        """What stood in the way of a first deal, round by round."""
        outcomes = self.outcomes
        first = int(outcomes.deal_day[0])
        before = [
            note for note in notes if note.kind == "round" and (first == NONE or note.day < first)
        ]
        missed = dict(zip(outcomes.labels.missed, outcomes.missed[0].tolist(), strict=True))
        without = sum(not note.facts["zopa"] for note in before)
        if not without and not any(missed.values()):
            return []
        kept = "Why there was no deal" + ("" if first == NONE else f" before day {first}")
        said = []
        if without:
            said.append(
                f"in {_count(without, 'round')} no package was better than no deal for everyone "
                "who can refuse one"
            )
        reasons = [(count, reason) for reason, count in missed.items() if count]
        if reasons:
            shares = _list([f"{self._reason_missed(r)} ({_number(n)})" for n, r in reasons])
            total = sum(missed.values())
            said.append(f"in {_count(total, 'round')} some package was, and {shares}")
        return [f"{kept}: {'; '.join(said)}.{self._who_stood(before)}"]

    def _reason_missed(self, reason: str) -> str:
        party = self.scenario.parties.get(reason)
        return MISSED[reason] if party is None else f"{party.title} held out for more"

    def _who_stood(self, rounds: Sequence[NotedEvent]) -> str:
        """How many of those texts each party refused, and how often it saw no way out."""
        said = []
        for p, name in enumerate(self.parties):
            refused = sum(p in self._refusers(note) for note in rounds)
            lost = sum(not note.facts["way_out"][p] for note in rounds)
            if self.veto[p] and refused:
                blind = f" and saw no way out in {_count(lost, 'round')}" if lost else ""
                said.append(f"{name} refused {_count(refused, 'text')}{blind}")
        return f" {_upper('; '.join(said))}." if said else ""

    def _people_of(self, p: int, title: str) -> str:
        def count(name: str) -> str:
            return _number(int(getattr(self.outcomes, name)[0, p]))

        return (
            f"{title}: of {count('initial')} on the first day, the dead included, "
            f"{count('returned_alive')} came home alive, {count('rescued')} by force and "
            f"{count('remains_returned')} dead; still held are {count('still_held')} alive and "
            f"{count('remains_held')} dead. Died in these {int(self.outcomes.last_day[0])} days: "
            f"{count('died_in_captivity')}."
        )


def _sentence_of(scenario: Scenario, packages: Packages, package: int) -> str:
    """A whole package, issue by issue."""
    return "; ".join(
        f"{_lower(issue.title)}: {list(issue.levels.values())[packages.levels[package, k]].words}"
        for k, issue in enumerate(scenario.issues.values())
    )


def _days(notes: Sequence[NotedEvent]) -> str:
    first, last = notes[0].day, notes[-1].day
    return f"Day {first}" if first == last else f"Days {first}–{last}"


def _number(number: int) -> str:
    return WORDS[number] if 0 <= number < len(WORDS) else f"{number:,}"


def _plural(number: int, one: str, many: str = "") -> str:
    return one if number == 1 else many or f"{one}s"


def _count(number: int, one: str) -> str:
    """So many of something: "no texts", "one text", "two texts"."""
    return f"{_number(number) if number else 'no'} {_plural(number, one)}"


def _upper(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _list(words: Sequence[str]) -> str:
    """Words in a row: "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
