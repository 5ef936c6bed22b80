"""What happened in a case, as `scenarios/history/*.yaml` tells it: facts with public sources.

Scenarios must not know this. It stands above the engine, which therefore cannot import it, and is
read by nobody but the backtests. Days of a case count from 1, the scenario's own day, as in the
model.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path as FilePath
from typing import Annotated

from pydantic import Field

from sim.scenario.checks.shared import Troubles, must_be_known, wrong
from sim.scenario.errors import (
    IssueAtPath,
    Path,
    ScenarioError,
    ValidationIssue,
    did_you_mean,
    dotted,
    quote_value,
)
from sim.scenario.loading import (
    FOLDERS,
    find_scenario,
    load_scenario,
    read_as,
    read_file,
    scenario_names,
)
from sim.scenario.schema import Name, Part, Scenario, Source

#: Inside the folders of scenarios, where history is kept.
FOLDER = "history"


# --- The schema


class Fact(Part):
    """One fact, a date or a number, and where it is published."""

    what: str
    happened: date | None = Field(None, description="its date")
    number: float | None = None
    source: str = Field(description="a name in `sources`")


class Spell(Part):
    """A time of war in which a deal might have come, until one did."""

    from_day: str = Field(description="the fact with which it begins")
    deal: str = Field(description="the fact with which it ends")


class Count(Part):
    """People who had come home by a day of a case."""

    day: int = Field(ge=1)
    returned_alive: str
    prisoners_released: str
    besides: str | None = Field(None, description="part of those returned alive")


class Within(Part):
    """Where a share must lie."""

    above: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    def holds(self, value: float) -> bool:
        """Tell whether a share lies there."""
        return (
            (self.above is None or value > self.above)
            and (self.at_least is None or value >= self.at_least)
            and (self.at_most is None or value <= self.at_most)
        )


class DealBy(Within):
    """The chance of a first truce by a day."""

    day: int = Field(ge=1)


class Signed(Within):
    """The share of first deals with one of some levels of an issue."""

    issue: str
    levels: list[str] = Field(min_length=1)


class Commonest(Part):
    """The level of an issue that most first deals have is one of these."""

    issue: str
    levels: list[str] = Field(min_length=1)


class Lasted(Part):
    """The central interval of how long first truces last holds a number that is known."""

    share: float = Field(gt=0, lt=1, description="of truces in the interval")
    holds: str = Field(description="the fact with the number of days")
    issue: str | None = Field(None, description="only truces with one of some levels of it")
    levels: list[str] = Field(default=[])
    begun_by: int | None = Field(None, description="only truces that begin by this day")


class Refused(Within):
    """The share of draws in which one party takes none of the texts that another would take."""

    wanted_by: str
    refused_by: str
    permanent: bool = Field(description="whether texts without a term are meant, or those with one")


class Criterion(Part):
    """What a backtest was said to show before it was played: in words, and as one question."""

    words: str
    deal_by: DealBy | None = None
    signed: Signed | None = None
    commonest: Commonest | None = None
    lasted: Lasted | None = None
    parted_by: list[str] | None = Field(None, description="the issues that stand between most")
    refused: Refused | None = None


QUESTIONS = tuple(name for name in Criterion.model_fields if name != "words")


class Case(Part):
    """What came of the talks that a scenario describes."""

    scenario: str
    begins: date = Field(description="the scenario's own day, day 1")
    spell: str = Field(description="the spell it lies in, left out of the rate it is compared with")
    first_truce: str = Field(description="the fact with its first day")
    forecast_days: list[int] = Field(min_length=1, description="by which a truce is forecast")
    counts: list[Count] = Field(default=[])
    criteria: list[Criterion] = Field(default=[])


class HistoricalPause(Part):
    """A humanitarian pause of agreed length."""

    began: str
    agreed_hours: float = Field(gt=0)
    held_hours: float = Field(gt=0, description="until it was broken or ended, renewals included")
    source: str = Field(description="a name in `sources`")

    @property
    def ran_its_term(self) -> bool:
        """Whether it was kept, by and large, until its agreed end."""
        return self.held_hours >= self.agreed_hours


class Pauses(Part):
    """Pauses of hours, and how the stylised fact about them is asked."""

    label: str = Field(description="the number of the backtest")
    when: str
    scenario: str = Field(description="whose hazard is read at hours")
    statement: str
    asked: str
    pauses: list[HistoricalPause] = Field(min_length=2)


class StylizedFacts(Part):
    """Of which scenarios the stylised facts are asked, and why the model does not pass some."""

    seed_case: str
    first_truce: str = Field(description="the scenario for what is asked of short truces")
    first_truce_called: str
    why: dict[str, str] = Field(default={}, description="why the model does not pass, by fact")
    remarks: dict[str, str] = Field(default={}, description="what a pass does not mean, by fact")


class History(Part):
    """The history of one conflict, as far as the scorecard needs it."""

    history: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: str
    sources: dict[Name, Source] = Field(default={})
    facts: dict[Name, Fact] = Field(default={})
    spells: dict[Name, Spell] = Field(min_length=2)
    cases: dict[Name, Case] = Field(min_length=1)
    backtests: str = Field(
        "", description="what to know of the backtests, after `There are spells,`"
    )
    pauses: Pauses | None = None
    stylized_facts: StylizedFacts | None = None

    def date_of(self, fact: str) -> date:
        """Return when something happened."""
        happened = self.facts[fact].happened
        assert happened is not None, f"the reader refuses {fact} without a date here"
        return happened

    def number_of(self, fact: str) -> float:
        """Return a number that is known."""
        number = self.facts[fact].number
        assert number is not None, f"the reader refuses {fact} without a number here"
        return number

    def first_truce_day(self, case: Case) -> int:
        """Return the day of a case on which its first truce began."""
        return (self.date_of(case.first_truce) - case.begins).days + 1

    def days_at_risk(self, spell: str) -> int:
        """Return how long a spell lasted, in days."""
        ends = self.spells[spell]
        return (self.date_of(ends.deal) - self.date_of(ends.from_day)).days

    def pace(self, without: str | None = None) -> float:
        """Return deals per day at risk, of all spells or of all but one."""
        spells = [name for name in self.spells if name != without]
        return len(spells) / sum(map(self.days_at_risk, spells))


def chance_by(day: int, rate: float) -> float:
    """Return the chance of a deal by a day at a constant rate."""
    return -math.expm1(-rate * day)


def in_words(number: int) -> str:
    """Return a small number as a word."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[number] if number < len(words) else str(number)


# --- Reading


def history_names() -> list[str]:
    """Return the names of the history files at hand."""
    return sorted({file.stem for folder in FOLDERS for file in (folder / FOLDER).glob("*.yaml")})


def load_history(name_or_path: str | FilePath) -> History:
    """Read a history file by name or path.

    Raises ScenarioError with everything that is wrong, line by line.
    """
    path = _find(name_or_path)
    return read_as(read_file(path), path.name, History, misfits, {})


def default_history() -> History:
    """Read the one history file that names a seed case; raises ScenarioError if it is not one."""
    seeded = [past for past in map(load_history, history_names()) if past.stylized_facts]
    if len(seeded) != 1:
        found = f"{len(seeded)} history files name a seed case"
        hint = "name one: " + ", ".join(history_names())
        raise ScenarioError([ValidationIssue(FOLDER, 0, "", found, "", hint)])
    return seeded[0]


def _find(name_or_path: str | FilePath) -> FilePath:
    """Return the file of a history, by its name or its path."""
    path = FilePath(name_or_path)
    if path.suffix in (".yaml", ".yml") or len(path.parts) != 1:
        return path
    for folder in FOLDERS:
        if (folder / FOLDER / f"{path}.yaml").is_file():
            return folder / FOLDER / f"{path}.yaml"
    hint = did_you_mean(path, history_names())
    raise ScenarioError(
        [ValidationIssue(str(name_or_path), 0, "", "no history file has this name", "", hint)]
    )


# --- Whether the parts fit together


def misfits(past: History) -> Troubles:
    """Yield everything in a history that does not fit."""
    yield from _facts(past)
    yield from _spells(past)
    scenarios: dict[str, Scenario] = {}
    for path, name in _scenarios_named(past):
        yield from _scenario(path, name, scenarios)
    for name, case in past.cases.items():
        yield from _case(past, ("cases", name), case, scenarios.get(case.scenario))
    yield from _left_over(past)


def _facts(past: History) -> Troubles:
    """Check that every fact is a date or a number, and every source that is cited is listed and
    found.
    """
    for name, source in past.sources.items():
        if not source.url and not source.title:
            yield wrong(("sources", name), "cannot be found", "it has a `url` or a `title`")
    for name, fact in past.facts.items():
        path: Path = ("facts", name)
        if (fact.happened is None) == (fact.number is None):
            has = "neither a date nor a number" if fact.number is None else "a date and a number"
            yield wrong(path, f"has {has}", "it has either `happened` or `number`")
        yield from must_be_known((*path, "source"), fact.source, ("sources",), past.sources)
    for k, pause in enumerate(past.pauses.pauses if past.pauses else ()):
        path = ("pauses", "pauses", k, "source")
        yield from must_be_known(path, pause.source, ("sources",), past.sources)


def _spells(past: History) -> Troubles:
    """Check that a spell begins and ends on days that are known, in this order."""
    for name, spell in past.spells.items():
        path: Path = ("spells", name)
        troubles = [
            *_is_fact(past, (*path, "from_day"), spell.from_day, "happened"),
            *_is_fact(past, (*path, "deal"), spell.deal, "happened"),
        ]
        yield from troubles
        if not troubles and past.days_at_risk(name) <= 0:
            found = f"is on {past.date_of(spell.deal)}"
            begins = past.date_of(spell.from_day)
            leans: tuple[Path, ...] = (("facts", spell.deal), ("facts", spell.from_day))
            yield wrong(
                (*path, "deal"),
                found,
                f"it comes after {begins}, where the spell begins",
                leans=leans,
            )


def _is_fact(past: History, path: Path, name: str, kind: str) -> Troubles:
    """Check that a word names a fact that is a date, or one that is a number."""
    yield from must_be_known(path, name, ("facts",), past.facts)
    if name in past.facts and getattr(past.facts[name], kind) is None:
        wanted = "a fact with a date" if kind == "happened" else "a fact with a number"
        right = [other for other, fact in past.facts.items() if getattr(fact, kind) is not None]
        leans: tuple[Path, ...] = (("facts", name),)
        hint = did_you_mean(name, right)
        yield wrong(path, f"is {quote_value(name)}", f"{wanted} belongs here", hint, leans)


def _scenarios_named(past: History) -> Iterable[tuple[Path, str]]:
    """Yield every scenario that a history names, with the place."""
    for name, case in past.cases.items():
        yield ("cases", name, "scenario"), case.scenario
    if past.pauses is not None:
        yield ("pauses", "scenario"), past.pauses.scenario
    if past.stylized_facts is not None:
        yield ("stylized_facts", "seed_case"), past.stylized_facts.seed_case
        yield ("stylized_facts", "first_truce"), past.stylized_facts.first_truce


def _scenario(path: Path, name: str, scenarios: dict[str, Scenario]) -> Troubles:
    """Check that a scenario that is named exists and can be read; it is put beside the others."""
    try:
        if name not in scenarios:
            scenarios[name] = load_scenario(find_scenario(name))
    except ScenarioError as error:
        first = error.complaints[0]
        hint = f"run `parley check {name}`" if first.line else ""
        hint = hint or did_you_mean(name, scenario_names())
        yield IssueAtPath(path, f"{dotted(path)} is {quote_value(name)}", first.found, hint)


def _case(past: History, path: Path, case: Case, scenario: Scenario | None) -> Troubles:
    """Return what a case rests on is known, and its scenario has what is asked of it."""
    yield from must_be_known((*path, "spell"), case.spell, ("spells",), past.spells)
    yield from _is_fact(past, (*path, "first_truce"), case.first_truce, "happened")
    for k, count in enumerate(case.counts):
        for field in ("returned_alive", "prisoners_released", "besides"):
            fact = getattr(count, field)
            if fact is not None:
                yield from _is_fact(past, (*path, "counts", k, field), fact, "number")
    if scenario is not None and scenario.as_of != case.begins:
        expected = f"the scenario begins on {scenario.as_of}"
        yield wrong((*path, "begins"), f"is {case.begins}", expected, "write its `as_of` here")
    for k, criterion in enumerate(case.criteria):
        yield from _criterion(past, (*path, "criteria", k), criterion, scenario)


def _criterion(
    past: History, path: Path, criterion: Criterion, scenario: Scenario | None
) -> Troubles:
    """Check that a criterion asks one question, of what there is in the scenario."""
    asked = [name for name in QUESTIONS if getattr(criterion, name) is not None]
    if len(asked) != 1:
        found = f"asks {len(asked)} questions"
        yield wrong(path, found, "it asks one", "one of " + ", ".join(QUESTIONS))
    if criterion.lasted is not None:
        place = (*path, "lasted", "holds")
        yield from _is_fact(past, place, criterion.lasted.holds, "number")
    if scenario is None:
        return
    for name in ("signed", "commonest", "lasted"):
        if (part := getattr(criterion, name)) is not None and part.issue is not None:
            yield from _levels((*path, name), part.issue, part.levels, scenario)
    for k, issue in enumerate(criterion.parted_by or ()):
        yield from must_be_known((*path, "parted_by", k), issue, ("issues",), scenario.issues)
    if criterion.refused is not None:
        for field in ("wanted_by", "refused_by"):
            party = getattr(criterion.refused, field)
            place = (*path, "refused", field)
            yield from must_be_known(place, party, ("parties",), scenario.parties)


def _levels(path: Path, issue: str, levels: Iterable[str], scenario: Scenario) -> Troubles:
    """Return an issue that is named is one of the scenario's, and so are its levels."""
    yield from must_be_known((*path, "issue"), issue, ("issues",), scenario.issues)
    if issue in scenario.issues:
        among: Path = ("issues", issue, "levels")
        for k, level in enumerate(levels):
            yield from must_be_known(
                (*path, "levels", k), level, among, scenario.issues[issue].levels
            )


def _left_over(past: History) -> Troubles:
    """Facts and sources that nothing refers to."""
    cited = {fact.source for fact in past.facts.values()}
    cited |= {pause.source for pause in past.pauses.pauses} if past.pauses else set()
    for name in past.sources:
        if name not in cited:
            yield wrong(
                ("sources", name),
                "is cited by no fact",
                "",
                "cite it or take it out",
                (("facts",), ("pauses",)),
            )
    used = set(_words(past.model_dump(include={"spells", "cases"})))
    for name in past.facts:
        if name not in used:
            yield wrong(
                ("facts", name),
                "is used by no spell and no case",
                "",
                "take it out",
                (("spells",), ("cases",)),
            )


def _words(content: object) -> Iterable[str]:
    """Yield every text inside nested content, keys apart."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        for part in content.values():
            yield from _words(part)
    elif isinstance(content, list):
        for part in content:
            yield from _words(part)
