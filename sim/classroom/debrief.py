"""The debrief of an exercise: frozen findings that pages only have to draw.

A class is a small sample, and everything here says so: with each count comes its exact interval,
and beside it what the model makes of the same scenario with agents alone. Where another model has
played, the debrief holds what the log holds and nothing that a model makes of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sim.classroom import events
from sim.classroom.events import LogRecord
from sim.classroom.plan import Package, Setting
from sim.classroom.state import State, Table
from sim.classroom.table_model import Model
from sim.engine.outcomes import NONE, Outcomes
from sim.findings.statistics import Effect, Finding, paired, share
from sim.scenario.errors import count_noun
from sim.theory.bargaining import pareto

#: The dots of a quantile dot plot (Fernandes et al. 2018 find 50 to serve decisions best).
DOTS = 50

#: How many tables of agents alone the class is laid beside.
BASELINE_RUNS = 500

#: Runs of each arm when one thing is changed.
CHANGED_RUNS = 300

#: Predictions are put together in as many bins of the same width.
BINS = 5


#: How a table's talks ended, in words.
ENDED = {
    "deal": "signed a text",
    "time": "ran out of time",
    "victory": "ended with the war decided",
    "instructor": "was ended by the instructor",
}


@dataclass(frozen=True)
class TableOutcome:
    """How one table ended."""

    number: int
    how: str  # deal, time, victory, instructor
    rounds: int
    day: int
    package: Package | None
    words: dict[str, str]
    gains: dict[str, float]  # by party, in utils over no deal
    overrode: tuple[str, ...]  # parties who signed against a vote at home
    people: int  # seats that people held at the end
    deals_after: Finding | None  # how often the model has a deal in force or signed afterwards
    holding: dict[int, Finding]  # how often a deal like theirs is in force after so many days


@dataclass(frozen=True)
class Dots:
    """The model's distribution as dots, and where the tables lie on it."""

    measure: str
    words: str
    model: tuple[float | None, ...]  # in order; None for talks without a deal
    tables: dict[int, float | None]


@dataclass(frozen=True)
class Agreement:
    """How many tables agreed, and how often the model does."""

    tables: Finding  # with its exact interval (Clopper and Pearson 1934)
    model: Finding
    inside: bool  # whether the model's share lies in the class's interval
    words: str


@dataclass(frozen=True)
class Strip:
    """One issue: which level each table signed, beside the model's deals."""

    issue: str
    title: str
    levels: tuple[str, ...]  # in words, from least to most
    model: tuple[float, ...]  # share of the model's deals at each level; empty without a model
    tables: dict[int, int]  # level signed, by table


@dataclass(frozen=True)
class Frontier:
    """What a table could have settled on, as it stood before the first day, by its own numbers."""

    table: int
    parties: tuple[str, ...]  # those who can refuse a deal
    gains: NDArray[np.floating]  # (parties, packages) over no deal, in utils
    on_offer: NDArray[np.bool_]  # (packages,)
    efficient: NDArray[np.bool_]  # (packages,) nobody gains without somebody losing
    signed: int | None
    offers: tuple[int, ...]


@dataclass(frozen=True)
class Offer:
    """A text on a table, and how far from agreement it was."""

    table: int
    round: int
    day: int
    text: str
    author: str
    agent: bool
    package: Package
    accepted_by: tuple[str, ...]
    refused_by: tuple[str, ...]
    unanswered_by: tuple[str, ...]  # who saw it and has a vote, and never said yes or no
    #: Of those who can refuse, before the first day, in utils; None without a model.
    least_gain: float | None


@dataclass(frozen=True)
class InjectFired:
    """An inject at a table."""

    table: int
    inject: str
    words: str
    from_round: int


@dataclass(frozen=True)
class Bin:
    """Predictions of about the same chance, and how often there was a deal."""

    low: int
    high: int
    predictions: int
    mean: float
    deals: Finding


@dataclass(frozen=True)
class Predictions:
    """The class's predictions against what came out."""

    brier: Finding | None  # mean squared error; 0 is perfect, 0.25 is a coin
    bins: tuple[Bin, ...]
    terms_right: Finding | None  # issues predicted as they were signed, of those predicted


@dataclass(frozen=True)
class Step:
    """A step in the replay of a table."""

    seq: int
    at: int
    round: int
    stage: str
    words: str


@dataclass(frozen=True)
class Debrief:
    """All that a class looks back on."""

    tables: tuple[TableOutcome, ...]
    agreement: Agreement
    dots: tuple[Dots, ...]
    strips: tuple[Strip, ...]
    frontiers: tuple[Frontier, ...]
    offers: tuple[Offer, ...]
    injects: tuple[InjectFired, ...]
    predictions: Predictions
    limits: tuple[str, ...]


def build_debrief(state: State, model: Model, runs: int = BASELINE_RUNS) -> Debrief:
    """Return the debrief of an exercise, with what its model makes of it.

    Raises ValueError while talks are under way, and where another model has played.
    """
    if state.read_only:
        raise ValueError(state.read_only)
    if state.phase not in ("closed", "debrief", "archived"):
        raise ValueError("the talks are not over; there is nothing to look back on yet")
    setting = state.setting
    outcomes, rounds = model.alone(runs)
    dealt = rounds != NONE
    frontiers = {number: _frontier(setting, model, table) for number, table in state.tables.items()}
    return replace(
        debrief_from_log(state),
        agreement=_agreement(state, dealt),
        dots=_dots(setting, state, outcomes, rounds),
        strips=_strips(setting, state, outcomes.deal_levels[dealt]),
        frontiers=tuple(frontiers.values()),
        offers=_all_offers(setting, state, frontiers),
    )


def debrief_from_log(state: State) -> Debrief:
    """Return what the log alone holds of an exercise, ended or not: no model plays anything."""
    setting = state.setting
    return Debrief(
        tables=tuple(_outcome(setting, table) for table in state.tables.values()),
        agreement=_agreement(state, None),
        dots=(),
        strips=_strips(setting, state, None),
        frontiers=(),
        offers=_all_offers(setting, state, {}),
        injects=tuple(
            InjectFired(table.number, name, setting.inject(name).words, start)
            for table in state.tables.values()
            for name, start in table.injects
        ),
        predictions=_predictions(state),
        limits=tuple(setting.scenario.limits),
    )


def exact_share(name: str, count: int, n: int, definition: str) -> Finding:
    """Return a share of a small sample with its exact 95 % interval (Clopper and Pearson 1934)."""
    if n == 0:
        return Finding(name, None, None, None, 0, definition)
    interval = stats.binomtest(count, n).proportion_ci(0.95, method="exact")
    return Finding(name, count / n, float(interval.low), float(interval.high), n, definition)


def _outcome(setting: Setting, table: Table) -> TableOutcome:
    terms, projection = table.terms, table.projection
    after, holding = None, {}
    if projection is not None:
        definition = "share of the times that the model played on from this table"
        after = exact_share("deal", projection.deals, projection.runs, definition)
        if terms is not None:
            holding = {
                day: exact_share(f"in force after {day} days", held, projection.runs, definition)
                for day, held in projection.holding.items()
            }
    return TableOutcome(
        number=table.number,
        how=table.how,
        rounds=len(table.rounds),
        day=table.day,
        package=terms.package if terms else None,
        words=setting.in_words(terms.package) if terms else {},
        gains=dict(terms.gains) if terms else {},
        overrode=terms.overrode if terms else (),
        people=sum(not seat.agent for seat in table.seats.values()),
        deals_after=after,
        holding=holding,
    )


def _agreement(state: State, dealt: NDArray[np.bool_] | None) -> Agreement:
    """Count the tables that agreed, beside those of agents alone (runs,), where there are any.

    Tables that were still talking when another model came are told of and not counted.
    """
    ours = [table for table in class_tables(state) if table.how]
    talking = len(class_tables(state)) - len(ours)
    n = len(ours)
    agreed = sum(table.how == "deal" for table in ours)
    tables = exact_share("deal", agreed, n, "share of the class's tables that signed a text")
    definition = "share of tables of agents alone that signed a text"
    if dealt is None:
        words = f"{agreed} of {count_noun(n, 'table')} agreed."
        if talking:
            words += f" {count_noun(talking, 'table')} had not ended."
        return Agreement(tables, exact_share("deal", 0, 0, definition), False, words)
    model = share("deal", dealt, definition)
    low, high = tables.low or 0.0, 1.0 if tables.high is None else tables.high
    inside = low <= (model.estimate or 0.0) <= high
    return Agreement(tables, model, inside, _in_words(agreed, n, model, inside))


def class_tables(state: State) -> list[Table]:
    """Return the tables at which people sat; all of them if agents played alone."""
    seated = [
        table
        for table in state.tables.values()
        if any(seat.people for seat in table.seats.values())
    ]
    return seated or list(state.tables.values())


def _in_words(agreed: int, n: int, model: Finding, inside: bool) -> str:
    often = round(100 * (model.estimate or 0.0))
    tables = count_noun(n, "table")
    counts = f"{agreed} of {tables} agreed; in the model, {often} of 100 tables of agents alone."
    if inside:
        return f"{counts} So few tables can neither confirm nor refute the model."
    return (
        f"{counts} That is more of a difference than luck alone would often bring; people may have "
        "done something that the model's actors do not do, or had something to go on that they "
        "lack."
    )


# -- the class on the model's distribution --------------------------------------------------------


def _dots(
    setting: Setting, state: State, outcomes: Outcomes, rounds: NDArray[np.int64]
) -> tuple[Dots, ...]:
    dealt = rounds != NONE
    vetoers = [setting.roles[role].plays for role in setting.vetoers]
    places = [outcomes.labels.parties.index(name) for name in vetoers]
    surplus = outcomes.surplus[:, places].astype(float)
    measured = {
        "round": (rounds.astype(float), "the round in which a text was signed"),
        "least gain": (surplus.min(axis=1), "what whoever gained least gained over no deal, utils"),
        "joint gain": (surplus.sum(axis=1), "what all who can refuse gained over no deal, utils"),
    }
    return tuple(
        Dots(
            name,
            words,
            quantile_dots(values, dealt),
            {table.number: _measured(name, table, vetoers) for table in class_tables(state)},
        )
        for name, (values, words) in measured.items()
    )


def quantile_dots(
    values: NDArray[np.floating], there: NDArray[np.bool_], dots: int = DOTS
) -> tuple[float | None, ...]:
    """Return a distribution as equally likely dots; None stands for runs without a value."""
    with_value = round(dots * float(there.mean()))
    if not with_value:
        return (None,) * dots
    at = (np.arange(with_value) + 0.5) / with_value
    quantiles = np.quantile(values[there], at, method="inverted_cdf")
    return (*(round(float(value), 4) for value in quantiles), *(None,) * (dots - with_value))


def _measured(name: str, table: Table, vetoers: Sequence[str]) -> float | None:
    if table.terms is None:
        return None
    gains = [table.terms.gains[party] for party in vetoers]
    return {
        "round": float(len(table.rounds)),
        "least gain": min(gains),
        "joint gain": sum(gains),
    }[name]


def _strips(setting: Setting, state: State, signed: NDArray[np.int64] | None) -> tuple[Strip, ...]:
    """Lay the tables beside the levels that agents `signed`, (deals, issues), where they did."""
    strips = []
    for k, (name, issue) in enumerate(setting.scenario.issues.items()):
        shares: tuple[float, ...] = ()
        if signed is not None:
            counts = np.bincount(signed[:, k], minlength=len(issue.levels))
            shares = tuple(float(count) / max(len(signed), 1) for count in counts)
        strips.append(
            Strip(
                name,
                issue.title,
                tuple(level.words for level in issue.levels.values()),
                shares,
                {
                    table.number: list(issue.levels).index(table.terms.package[name])
                    for table in class_tables(state)
                    if table.terms is not None
                },
            )
        )
    return tuple(strips)


# -- what each table could have done --------------------------------------------------------------


def _frontier(setting: Setting, model: Model, table: Table) -> Frontier:
    worth, reservation = model.ground(table.number)
    names = list(setting.scenario.parties)
    vetoers = tuple(setting.roles[role].plays for role in setting.vetoers)
    places = [names.index(name) for name in vetoers]
    on_offer = np.isfinite(worth[0])
    gains = worth[places] - reservation[places, None]
    efficient = np.zeros(len(on_offer), dtype=bool)
    efficient[on_offer] = pareto(gains[None][:, :, on_offer])[0]
    return Frontier(
        table.number,
        vetoers,
        gains,
        on_offer,
        efficient,
        setting.index(table.terms.package) if table.terms else None,
        tuple(setting.index(text.package) for text in table.texts),
    )


def _all_offers(
    setting: Setting, state: State, frontiers: Mapping[int, Frontier]
) -> tuple[Offer, ...]:
    """Return the texts of all tables, with what they were worth where a frontier is known."""
    return tuple(
        offer
        for number, table in state.tables.items()
        for offer in _offers(setting, table, frontiers.get(number))
    )


def _offers(setting: Setting, table: Table, frontier: Frontier | None) -> list[Offer]:
    days = {k + 1: held.day for k, held in enumerate(table.rounds)}
    return [
        Offer(
            table.number,
            text.round,
            days.get(text.round, table.day),
            text.id,
            text.role,
            text.agent,
            text.package,
            tuple(role for role, yes in text.answers.items() if yes),
            tuple(role for role, yes in text.answers.items() if not yes),
            tuple(
                role
                for role in text.seen
                if role not in text.answers and not setting.roles[role].is_mediator
            ),
            _least_gain(frontier, setting.index(text.package)) if frontier else None,
        )
        for text in table.texts
    ]


def _least_gain(frontier: Frontier, package: int) -> float:
    """Return what whoever of those who can refuse gains least gains from a package, in utils."""
    return round(float(frontier.gains[:, package].min()), 4)


# -- predictions ----------------------------------------------------------------------------------


def _predictions(state: State) -> Predictions:
    made = [
        (person.deal, state.tables[person.table].how == "deal")
        for person in state.people.values()
        if person.deal is not None and person.table is not None and state.tables[person.table].how
    ]
    chances = np.array([deal / 100 for deal, _ in made])
    came = np.array([dealt for _, dealt in made], dtype=bool)
    return Predictions(_brier(chances, came), _bins(chances, came), _terms_right(state))


def _brier(chances: NDArray[np.floating], came: NDArray[np.bool_]) -> Finding | None:
    if not len(chances):
        return None
    errors = (chances - came) ** 2
    definition = "mean squared error of the predicted chance of a deal (Brier 1950)"
    if len(errors) == 1:
        return Finding("brier", float(errors[0]), None, None, 1, definition)
    half = float(stats.t.ppf(0.975, len(errors) - 1) * errors.std(ddof=1) / len(errors) ** 0.5)
    mean = float(errors.mean())
    return Finding(
        "brier", mean, max(mean - half, 0.0), min(mean + half, 1.0), len(errors), definition
    )


def _bins(chances: NDArray[np.floating], came: NDArray[np.bool_]) -> tuple[Bin, ...]:
    width = 100 // BINS
    places = np.minimum((100 * chances).astype(int) // width, BINS - 1)
    return tuple(
        Bin(
            k * width,
            (k + 1) * width,
            int((places == k).sum()),
            float(chances[places == k].mean()),
            exact_share(
                "deal",
                int(came[places == k].sum()),
                int((places == k).sum()),
                "of these predictions",
            ),
        )
        for k in range(BINS)
        if (places == k).any()
    )


def _terms_right(state: State) -> Finding | None:
    right = tried = 0
    for person in state.people.values():
        terms = state.tables[person.table].terms if person.table is not None else None
        if person.package is not None and terms is not None:
            right += sum(terms.package[issue] == level for issue, level in person.package.items())
            tried += len(person.package)
    if not tried:
        return None
    return exact_share(
        "terms", right, tried, "share of issues signed at the level that was predicted"
    )


# -- one table again ------------------------------------------------------------------------------


def table_steps(state: State, records: Sequence[LogRecord], number: int) -> tuple[Step, ...]:
    """Return a table's talks step by step, without drafts and messages.

    Raises KeyError if there is no such table.
    """
    setting, steps = state.setting, []
    stage, at_round = state.tables[number].stage, 0
    for record in records:
        event = record.event
        if getattr(event, "table", None) != number:
            continue
        if isinstance(event, events.StageBegan):
            stage, at_round = event.stage, event.round
        words = _step(setting, event)
        if words:
            steps.append(Step(record.seq, record.at, at_round, stage, words))
    return tuple(steps)


def _step(setting: Setting, event: object) -> str:
    """Return an event of a table in words; empty if it is private or no news."""
    roles = setting.roles
    if isinstance(event, events.DaysPassed):
        return " ".join(f"Day {news.day}: {news.words}" for news in event.news)
    if isinstance(event, events.Proposed):
        terms = "; ".join(setting.in_words(event.package).values())
        how = f" in answer to {event.counters}" if event.counters else ""
        return f"{roles[event.role].title} puts text {event.text} on the table{how}: {terms}."
    if isinstance(event, events.Carried):
        whom = ", ".join(roles[role].title for role in event.to)
        return f"{roles[event.role].title} carries text {event.text} to {whom}."
    if isinstance(event, events.Responded):
        did = "accepts" if event.accepts else "rejects"
        return f"{roles[event.role].title} {did} text {event.text}."
    if isinstance(event, events.Confirmed):
        did = "confirms" if event.yes else "does not confirm"
        return f"{roles[event.role].title} {did} what was agreed."
    if isinstance(event, events.Fired):
        return f"News for the talks: {setting.inject(event.inject).words}"
    if isinstance(event, events.Ended):
        return {
            "deal": "The text is signed.",
            "time": "Time is up; nothing is signed.",
            "victory": "The war is decided; there is nothing left to sign.",
            "instructor": "The instructor ends the talks.",
        }[event.how]
    return ""


@dataclass(frozen=True)
class SingleChange:
    """A table played on by agents from one of its rounds, as it was and with one thing changed."""

    table: int
    from_round: int
    inject: str
    as_it_was: Finding
    changed: Finding
    effect: Effect


def compare_change(
    state: State,
    model: Model,
    number: int,
    from_round: int,
    inject: str,
    runs: int = CHANGED_RUNS,
) -> SingleChange:
    """Play a table on from a round many times, with another inject and without.

    Both share their random streams.

    Raises ValueError for a round that the table did not hold or an inject that the plan lacks, and
    where another model has played.
    """
    if state.read_only:
        raise ValueError(state.read_only)
    table = state.tables[number]
    state.setting.inject(inject)
    if not 1 <= from_round <= len(table.rounds) + 1:
        raise ValueError(f"table {number} held {len(table.rounds)} rounds; choose one of them")
    if inject in [name for name, _ in table.injects]:
        raise ValueError(f"table {number} has had inject '{inject}'; choose another")
    day = table.rounds[from_round - 2].day if from_round > 1 else 0
    plain = model.afterwards(table, from_round - 1, day, runs)
    other = model.afterwards(table, from_round - 1, day, runs, changes=((inject, from_round),))
    definition = "share with a deal by the scenario's last day, agents playing on"
    dealt = [arm.deal_day != NONE for arm in (plain, other)]
    return SingleChange(
        number,
        from_round,
        inject,
        share("as it was", dealt[0], definition),
        share("changed", dealt[1], definition),
        paired("deal", dealt[0].astype(float), dealt[1].astype(float), definition),
    )
