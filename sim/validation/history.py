"""What happened, as far as the scorecard needs it: facts with their public sources.

Scenarios must not know this. It stands above the engine, which therefore cannot import it, and is
read by nobody but the backtests. Days of a case count from 1, the scenario's own day, as in the
model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class SourcedFact:
    """One fact and where it is published."""

    what: str
    value: date | float
    url: str
    published: str


@dataclass(frozen=True)
class Spell:
    """A time of war in which a deal might have come, until one did."""

    name: str
    from_day: SourcedFact
    deal: SourcedFact

    @property
    def days(self) -> int:
        """Days at risk."""
        assert isinstance(self.deal.value, date)
        assert isinstance(self.from_day.value, date)
        return (self.deal.value - self.from_day.value).days


@dataclass(frozen=True)
class Case:
    """What came of the talks that a scenario describes."""

    scenario: str
    begins: date  # the scenario's own day, day 1
    spell: str  # the spell that it lies in, left out of the rate it is compared with
    first_truce: SourcedFact  # its first day
    counts: tuple[Count, ...]

    @property
    def day(self) -> int:
        """The day of the case on which the first truce began."""
        return self.day_of(self.first_truce)

    def day_of(self, known: SourcedFact) -> int:
        """The day of the case on which something happened."""
        assert isinstance(known.value, date)
        return (known.value - self.begins).days + 1


@dataclass(frozen=True)
class Count:
    """People who had come home by a day of a case; `besides` is part of those returned alive."""

    day: int
    returned_alive: SourcedFact
    prisoners_released: SourcedFact
    besides: SourcedFact | None = None


@dataclass(frozen=True)
class HistoricalPause:
    """A humanitarian pause of agreed length in the war of 2014."""

    began: str
    agreed_hours: float
    held_hours: float  # until it was broken or ended, renewals included
    url: str
    published: str

    @property
    def ran_its_term(self) -> bool:
        """Whether it was kept, by and large, until its agreed end."""
        return self.held_hours >= self.agreed_hours


_TIMES_OF_ISRAEL = (
    "https://www.timesofisrael.com/"
    "behind-the-scenes-of-the-intense-talks-that-led-to-the-israel-hamas-hostage-deal/"
)
_FIRST_DAY = (
    "https://peoplesdispatch.org/2023/11/25/"
    "gaza-truce-takes-effect-after-48-days-of-israels-genocidal-assault/"
)
_TOTALS_2023 = "https://time.com/6339462/hamas-hostages-israel-palestinian-prisoners/"
_MEDIATORS_2025 = "https://menafn.com/1109096813/Statement-By-Mediators-On-Gaza-Ceasefire"
_FACTBOX_2025 = (
    "https://www.investing.com/news/world-news/"
    "factboxwhat-we-know-about-the-gaza-hostage-and-prisoner-exchange-3819976"
)
_TOTALS_2025 = (
    "https://newsable.asianetnews.com/world/israel-freed-1-778-palestinians-in-exchange-for-33-"
    "hostages-since-jan-19-as-ceasefire-first-stage-end-shk-ssdis7"
)
_BATCHES_2025 = (
    "https://caliber.az/en/post/"
    "israel-to-release-183-palestinian-prisoners-in-exchange-for-hostages"
)
_FIRE_RESUMED_2025 = "https://tripuratoday.com/detail?v=4268"

WAR_BEGAN = SourcedFact("the war began", date(2023, 10, 7), _TIMES_OF_ISRAEL, "2023-11-22")
DEAL_2023 = SourcedFact(
    "the first deal was made", date(2023, 11, 22), _TIMES_OF_ISRAEL, "2023-11-22"
)
TRUCE_2023 = SourcedFact("the first truce began", date(2023, 11, 24), _FIRST_DAY, "2023-11-25")
TRUCE_2023_OVER = SourcedFact(
    "the first truce was over", date(2023, 12, 1), _TOTALS_2023, "2023-12-01"
)
TRUCE_2023_DAYS = SourcedFact(
    "days that it lasted, extensions included", 7, _TOTALS_2023, "2023-12-01"
)
DEAL_2025 = SourcedFact(
    "the second deal was announced", date(2025, 1, 15), _MEDIATORS_2025, "2025-01-15"
)
TRUCE_2025_DAYS = SourcedFact("days that it lasted", 58, _FIRE_RESUMED_2025, "2025-03-18")
TRUCE_2025 = SourcedFact("the second truce began", date(2025, 1, 19), _FACTBOX_2025, "2025-01-20")

_RETURNED_2025 = SourcedFact(
    "captives returned alive: 33 of the first phase but for eight dead, and Thais",
    30,
    _TOTALS_2025,
    "2025-02-28",
)
_PRISONERS_2025 = SourcedFact("prisoners released, first phase", 1778, _TOTALS_2025, "2025-02-28")
_THAIS_2025 = SourcedFact("Thais among them", 5, _BATCHES_2025, "2025-02-08")

SPELLS = (
    Spell("October and November 2023", WAR_BEGAN, DEAL_2023),
    Spell("December 2023 to January 2025", TRUCE_2023_OVER, DEAL_2025),
)

CASES = {
    "B1": Case(
        "gaza-2023-11",
        date(2023, 11, 1),
        SPELLS[0].name,
        TRUCE_2023,
        (
            Count(
                60,
                SourcedFact("captives returned alive in 2023", 105, _TOTALS_2023, "2023-12-01"),
                SourcedFact("prisoners released in 2023", 240, _TOTALS_2023, "2023-12-01"),
            ),
        ),
    ),
    "B2": Case(
        "gaza-2024-01",
        date(2024, 1, 28),
        SPELLS[1].name,
        TRUCE_2025,
        (
            Count(
                180,
                SourcedFact("captives returned under a deal", 0, _MEDIATORS_2025, "2025-01-15"),
                SourcedFact("prisoners released under a deal", 0, _MEDIATORS_2025, "2025-01-15"),
            ),
            Count(
                400,
                _RETURNED_2025,
                _PRISONERS_2025,
                besides=_THAIS_2025,
            ),
        ),
    ),
    "B3": Case(
        "gaza-2025-01",
        date(2025, 1, 1),
        SPELLS[1].name,
        TRUCE_2025,
        (Count(60, _RETURNED_2025, _PRISONERS_2025, besides=_THAIS_2025),),
    ),
}

_CHANNEL_4 = "http://channel4.com/news/gaza-ceasefire-israel-palestine-break-truce-fail-rockets"
_SHADOWPROOF = (
    "https://shadowproof.com/2014/08/01/"
    "72-hour-israel-hamas-cease-fire-collapses-less-than-four-hours-in/"
)
_NEWSLINES = "https://newslines.org/israel/rockets-fired-during-extended-ceasefire/"
_GLOBAL_SECURITY = (
    "https://www.globalsecurity.org/military/world/war/operation-protective-edge-5.htm"
)
_LAW = "https://www.lawandisrael.org/History/ceasefire/"

#: The pauses of July and August 2014 with an agreed end. Accounts of who kept them differ: of the
#: first, one source says three hours and another that one side held its fire for all six.
PAUSES = (
    HistoricalPause("2014-07-15 09:00", 6, 3, _CHANNEL_4, "2014-08-04"),
    HistoricalPause("2014-07-17 10:00", 5, 5, _CHANNEL_4, "2014-08-04"),
    HistoricalPause("2014-07-20", 2, 1, _CHANNEL_4, "2014-08-04"),
    HistoricalPause("2014-07-26 08:00", 12, 12, _NEWSLINES, "2014-07-26"),
    HistoricalPause("2014-08-01 08:00", 72, 1.5, _SHADOWPROOF, "2014-08-01"),
    HistoricalPause("2014-08-04 10:00", 7, 0.1, _CHANNEL_4, "2014-08-04"),
    HistoricalPause("2014-08-05 08:00", 72, 72, _GLOBAL_SECURITY, "2014-08"),
    HistoricalPause("2014-08-11 00:01", 72, 208, _LAW, "undated"),
)


def pace(without: str | None = None) -> float:
    """Deals per day at risk, of all spells or of all but one."""
    counted = [spell for spell in SPELLS if spell.name != without]
    return len(counted) / sum(spell.days for spell in counted)


def chance_by(day: int, rate: float) -> float:
    """The chance of a deal by a day at a constant rate."""
    return -math.expm1(-rate * day)


def facts() -> list[SourcedFact]:
    """Every fact of this table that has a source of its own, pauses apart."""
    found = [TRUCE_2023_DAYS, TRUCE_2025_DAYS]
    for spell in SPELLS:
        found += [spell.from_day, spell.deal]
    for case in CASES.values():
        found.append(case.first_truce)
        for count in case.counts:
            found += [count.returned_alive, count.prisoners_released]
            found += [count.besides] if count.besides else []
    return found
