"""Say which columns of the outcomes a sweep keeps, what they mean, and how they are stored.

A name is a column of `Outcomes.to_frame` (one with parties, pools or reasons becomes one column
for each), `deal_ISSUE`, a total over pools such as `returned_alive_total`, or one of `deal_by_90`,
`truce_held_60` (with any day) and `days_until_deal`. What did not happen is empty, never -1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim import findings
from sim.engine.outcomes import ENDINGS, NONE, Outcomes
from sim.scenario.errors import did_you_mean
from sim.scenario.schema import Scenario
from sim.sweep.study import Study

#: share: happened or not; count: how many; amount: a number; day: when, empty if never; word: one
#: of a few. Only shares, counts and amounts have means that say something.
Kind = Literal["share", "count", "amount", "day", "word"]

MEANS: tuple[Kind, ...] = ("share", "count", "amount")

#: The columns of outcomes that have one entry per run: what they are, and in words.
SINGLE: dict[str, tuple[Kind, str]] = {
    "deal_day": ("day", "day on which the first text was signed and its truce began"),
    "deals": ("count", "texts signed"),
    "truces": ("count", "truces begun"),
    "truce_days": ("day", "days the first truce lasted, or has lasted where it still holds"),
    "truce_end": ("word", "who or what ended the first truce; empty while it holds"),
    "extended_days": ("count", "days by which the first truce was extended"),
    "ending": ("word", "how the run stood on its last day"),
    "last_day": ("day", "day on which the run ended"),
    "zopa_first": ("share", "a package better than no deal for all on day 0, as they see it"),
    "zopa_objective": ("share", "the same if all knew the true chances of war"),
    "zopa_day": ("day", "first day of talks with a ZOPA"),
    "zopa_rounds": ("count", "rounds with a ZOPA"),
    "rounds": ("count", "rounds held"),
    "open_day": ("day", "first day on which all leaderships with a veto were flexible"),
    "open_days": ("count", "days before the first text was signed on which all of them were"),
    "texts_own": ("count", "texts put to all first, one a round, mostly by a party"),
    "texts_own_accepted": ("count", "rounds in which all accepted a text by a party"),
    "texts_mediated": ("count", "texts that a mediator put forward in private after that"),
    "texts_mediated_accepted": ("count", "rounds in which all accepted a text by a mediator"),
    "best_surplus": ("amount", "largest gain of the worst-off party on the first day, in utils"),
    "optimism": ("amount", "sum of the parties' war values less 1 on the first day"),
    "violations": ("count", "violations of truces"),
    "disputes": ("count", "disputes during truces"),
    "leaks": ("count", "rounds that became public"),
    "suspended_days": ("count", "days for which talks were suspended"),
    "battles": ("count", "battles"),
    "front": ("amount", "forts held by the forward side on the last day"),
    "nash_distance": ("amount", "of the first text from Nash's, in shares of the ideal gains"),
    "inefficiency": ("amount", "what all could have gained at once at the first signing, in utils"),
    "logrolling": ("amount", "what the first text gains over splitting every issue, in utils"),
}

#: The columns with one entry for each party, pool, or reason: what labels them as well.
SEVERAL: dict[str, tuple[Kind, str, str]] = {
    "overridden": ("share", "parties", "the first text was signed against a vote"),
    "surplus": ("amount", "parties", "gain over no deal at the first signing, in utils"),
    "refusals": ("count", "parties", "texts that this party refused"),
    "refused_alone": ("count", "parties", "texts that nobody else refused"),
    "no_way_out": ("count", "parties", "rounds in which this party saw no way out"),
    "firm_rounds": ("count", "parties", "rounds in which its leadership stood firm"),
    "flexible_at_deal": (
        "amount",
        "parties",
        "1 where its leadership was flexible at the first deal",
    ),
    "initial": ("count", "pools", "captives and remains held on the first day, people"),
    "returned_alive": ("count", "pools", "captives who came home alive, people"),
    "remains_returned": ("count", "pools", "people whose remains came home"),
    "died_in_captivity": ("count", "pools", "captives who died since the first day, people"),
    "rescued": ("count", "pools", "captives who were rescued, people"),
    "still_held": ("count", "pools", "captives held alive on the last day, people"),
    "remains_held": ("count", "pools", "people whose remains were held on the last day"),
    "died_before_zopa": ("count", "pools", "deaths before the first round with a ZOPA, people"),
    "prisoners_released": ("count", "prisoners", "prisoners released, people"),
    "missed": ("count", "missed", "rounds that brought no first deal for this reason"),
}

PEOPLE = tuple(name for name, (_, labels, _) in SEVERAL.items() if labels in ("pools", "prisoners"))

_BY = re.compile(r"(deal_by|truce_held)_([1-9][0-9]*)")


@dataclass(frozen=True)
class Column:
    """Hold a kept column: its kind, and in words."""

    name: str
    kind: Kind
    words: str


@dataclass(frozen=True)
class _Source:
    """Hold a column and how it is read from the outcomes."""

    column: Column
    values: Callable[[Outcomes], NDArray[Any]]
    names: Callable[[Outcomes], Sequence[str]] | None = None  # behind the codes of a word


def default_names(days: int) -> list[str]:
    """Return what is kept where a study does not say."""
    names = ["deal_by_90"] if days >= 90 else []
    names += ["days_until_deal", "zopa_first"]
    names += ["truce_held_60"] if days > 60 else []
    return [
        *names,
        "returned_alive_total",
        "died_in_captivity_total",
        "deal_day",
        "truce_days",
        "truce_end",
        "ending",
    ]


def column_names(scenario: Scenario) -> list[str]:
    """Return every name that may be kept, with a day of its own where it takes one."""
    return [
        "deal_by_90",
        "truce_held_60",
        "days_until_deal",
        *SINGLE,
        *SEVERAL,
        *(f"{name}_total" for name in PEOPLE),
        *(f"deal_{issue}" for issue in scenario.issues),
    ]


def column_issue(scenario: Scenario, name: str) -> tuple[str, str, str] | None:
    """Return why a column cannot be kept, if so: what is found, expected, and the way out."""
    by = _BY.fullmatch(name)
    if by is None:
        if name in column_names(scenario):
            return None
        return f"there is no outcome '{name}'", "", did_you_mean(name, column_names(scenario))
    day, least = int(by[2]), int(by[2]) + (by[1] == "truce_held")
    if least > scenario.days:
        problem = f"{name} needs {least} days; {scenario.days} are played"
        return problem, "", f"set `days: {least}` or ask for a day before {day}"
    return None


def stop_metric_issue(scenario: Scenario, study: Study) -> tuple[str, str, str] | None:
    """Return why a stopping rule cannot use its metric, if so; see `column_issue`."""
    assert study.stop is not None
    names = study.outcomes.keep if study.outcomes else default_names(scenario.days)
    metric = study.stop.metric
    if metric not in names:
        return (
            f"'{metric}' is not among the outcomes that are kept",
            "",
            did_you_mean(metric, names),
        )
    if column_issue(scenario, metric) is not None:
        return None  # said where it is kept
    source = None if metric in SEVERAL else _sources(scenario, metric, None)[0]
    if source is None or source.column.kind not in MEANS:
        return f"{metric} has no mean to be sure of", "a share or a count", "such as deal_by_90"
    return None


def describe(scenario: Scenario, name: str) -> Column | None:
    """Return what a column of `runs` is; None for the ids and the like, which are no outcomes."""
    for several, (kind, _, words) in SEVERAL.items():
        label = name.removeprefix(f"{several}_")
        if label != name and label != "total":
            return Column(name, kind, f"{words} ({label})")
    if _BY.fullmatch(name) is None and name not in column_names(scenario):
        return None
    return _sources(scenario, name, None)[0].column


def to_arrow(scenario: Scenario, names: Sequence[str], outcomes: Outcomes) -> dict[str, pa.Array]:
    """Return the kept columns of a block as they are stored; what did not happen is null."""
    arrays = {}
    for name in names:
        for source in _sources(scenario, name, outcomes):
            words = source.names(outcomes) if source.names else None
            arrays[source.column.name] = _stored(source.column, source.values(outcomes), words)
    return arrays


def _stored(column: Column, values: NDArray[Any], words: Sequence[str] | None) -> pa.Array:
    """Return values as an array of Arrow; what did not happen is null."""
    if words is not None:
        return pa.array([None if code == NONE else words[code] for code in values], pa.string())
    if values.dtype.kind == "f":
        return pa.array(values.astype(np.float64), mask=~np.isfinite(values))
    if values.dtype.kind == "b":
        return pa.array(values, pa.bool_())
    whole = values.astype(np.int32)
    return pa.array(whole, pa.int32(), mask=whole == NONE)


def _sources(scenario: Scenario, name: str, outcomes: Outcomes | None) -> list[_Source]:
    """Return the columns that a name stands for; those with labels only once there are outcomes."""
    by = _BY.fullmatch(name)
    if by is not None:
        return [_by(name, by[1], int(by[2]))]
    if name == "days_until_deal":
        words = f"day of the first truce, or day {scenario.days} where there was none"
        return [_Source(Column(name, "count", words), findings.days_until_deal)]
    if name in SINGLE:
        return [_single(name)]
    if name.endswith("_total") and name.removesuffix("_total") in PEOPLE:
        return [_total(name, name.removesuffix("_total"))]
    if name in SEVERAL:
        assert outcomes is not None
        kind, labels, words = SEVERAL[name]
        return [
            _Source(Column(f"{name}_{label}", kind, f"{words} ({label})"), _entry(name, place))
            for place, label in enumerate(getattr(outcomes.labels, labels))
        ]
    return [_term(list(scenario.issues).index(name.removeprefix("deal_")), name)]


def _by(name: str, event: str, day: int) -> _Source:
    """Return the column of an event with a day of its own, such as `deal_by_90`."""
    if event == "deal_by":
        words = f"a first truce had begun by day {day}"
        return _Source(Column(name, "share", words), lambda o: findings.dealt_by(o, day))
    words = f"a first truce began and was seen in force {day} days later"
    return _Source(Column(name, "share", words), lambda o: findings.held_for(o, day))


def _single(name: str) -> _Source:
    """Return a column of outcomes that has one entry per run."""
    kind, words = SINGLE[name]
    labels: dict[str, Callable[[Outcomes], Sequence[str]]] = {
        "ending": lambda o: ENDINGS,
        "truce_end": lambda o: o.labels.causes,
    }
    return _Source(Column(name, kind, words), lambda o: getattr(o, name), labels.get(name))


def _total(name: str, of: str) -> _Source:
    """Return the sum of a column over its pools."""
    kind, _, words = SEVERAL[of]
    return _Source(
        Column(name, kind, f"{words}, all pools together"),
        lambda o: np.where((getattr(o, of) == NONE).any(axis=1), NONE, getattr(o, of).sum(axis=1)),
    )


def _entry(name: str, place: int) -> Callable[[Outcomes], NDArray[Any]]:
    """Return what reads one party, pool or reason from the outcomes."""
    return lambda o: np.asarray(getattr(o, name)[:, place])


def _term(place: int, name: str) -> _Source:
    """Return the column of an issue's level in the first text."""
    words = f"level of {name.removeprefix('deal_')} in the first text"
    return _Source(
        Column(name, "word", words),
        lambda o: np.asarray(o.deal_levels[:, place]),
        lambda o: o.labels.levels[place],
    )
