"""How each run ended: frozen arrays with the run as axis 0."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]

#: A day, package or cause that there is not.
NONE = -1

#: How a run may stand on its last day, in the order of the codes in `Outcomes.ending`.
ENDINGS = (
    "no_truce",
    "truce_over",
    "truce_holding",
    "permanent_truce_holding",
    "victory_forward",
    "victory_backward",
)

#: Why a truce ended besides a party or spoiler ending it.
EXPIRY = "expiry"

#: The fields that say what was asked, the same for every block of one simulation.
HEAD = (
    "scenario",
    "sha256",
    "version",
    "seed",
    "days",
    "levers",
    "first",
    "labels",
    "table",
    "scheduled",
)

FORMAT = "parley.outcomes/3"

#: What was saved before parties had stances: no model of that time knew any of `STANCE_ARRAYS`.
FORMAT_WITHOUT_STANCES = "parley.outcomes/2"

#: The arrays that came with stances.
STANCE_ARRAYS = (
    "firm_rounds",
    "flexible_at_deal",
    "open_day",
    "open_days",
    "texts_own",
    "texts_own_accepted",
    "texts_mediated",
    "texts_mediated_accepted",
)

#: What a column of a day-by-day series is called in a file.
SERIES = "series_"

#: Why a round brought no first deal, besides a party that held out for more.
NO_ROOM, FIRM, BAD_TEXT = "room", "firm", "text"
CONFIRMATION, SUSPENSION = "confirmation", "suspension"


@dataclass(frozen=True)
class Labels:
    """The names behind the numbers of an `Outcomes`."""

    parties: tuple[str, ...]
    issues: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]  # per issue
    pools: tuple[str, ...]
    prisoners: tuple[str, ...]
    causes: tuple[str, ...]  # of the end of a truce: parties, spoilers, expiry
    forward: tuple[str, ...]
    backward: tuple[str, ...]
    missed: tuple[str, ...]  # why a round brought no first deal
    events: tuple[str, ...] = ()  # outside events


@dataclass(frozen=True)
class Outcomes:
    """Hold the outcomes of a simulation: what was asked, and arrays with one entry per run.

    Days count from 1, the scenario's own day; `NONE` (-1) stands for what did not happen. Counts of
    captives are people. `table` is the grid of packages that `deal_package` points into.

    `series` has, for the evening of each day: `surplus` (runs, days), the largest gain of the
    worst-off party with a veto when the packages were last assessed, side payments included, in
    utils; `war_values` (runs, parties, days), what fighting on was worth to each at that time; and
    `phase` (runs, days): war 0, truce 1, victory of the forward side 2, of the backward side 3.

    Parameters
    ----------
    scenario : str
        Its name.
    sha256 : str
        The fingerprint of the scenario, in hexadecimal digits.
    version : str
        The version of Parley.
    seed : int
        From 0.
    days : int
        Days that were played, from 1.
    levers : mapping of str to float
        Settings of levers that were moved, by name.
    first : int
        The number of the first run, from 0.
    labels : Labels
        What the codes and columns of the arrays stand for.
    table : array, (packages, issues)
        The level of each issue in each package.
    deal_day : array, (runs,)
        Day the first package was signed and its truce began.
    deal_package : array, (runs,)
        Row of `table`.
    deals : array, (runs,)
        Texts signed.
    truces : array, (runs,)
        Truces begun.
    truce_days : array, (runs,)
        How long the first truce lasted or has lasted so far.
    truce_end : array, (runs,)
        Index into `labels.causes`, NONE while it holds.
    extended_days : array, (runs,)
        Days by which the first truce was extended.
    overridden : array, (runs, parties)
        Whether the first deal was signed against a vote.
    surplus : array, (runs, parties)
        Gain over the reservation value at the first signing, utils.
    ending : array, (runs,)
        Index into `ENDINGS`.
    last_day : array, (runs,)
        The day the run ended.
    zopa_first : array, (runs,)
        Whether there was a ZOPA on the first day, as perceived.
    zopa_objective : array, (runs,)
        The same with everybody knowing the true chances of war.
    zopa_day : array, (runs,)
        First day of talks with a ZOPA.
    zopa_rounds : array, (runs,)
        Rounds with a ZOPA.
    rounds : array, (runs,)
        Rounds held.
    best_surplus : array, (runs,)
        Largest gain of the worst-off party on the first day, utils.
    optimism : array, (runs,)
        Sum of the parties' war values less 1, first day.
    refusals : array, (runs, parties)
        Texts that this party refused.
    refused_alone : array, (runs, parties)
        Texts that nobody else refused.
    no_way_out : array, (runs, parties)
        Rounds in which this party saw no way out.
    firm_rounds : array, (runs, parties)
        Rounds in which this party's leadership stood firm.
    flexible_at_deal : array, (runs, parties)
        1 where this party's leadership was flexible at the first signing, 0 where it was firm.
    open_day : array, (runs,)
        First day on which all leaderships with a veto were flexible, NONE if never.
    open_days : array, (runs,)
        Days before the first deal on which all of them were.
    texts_own : array, (runs,)
        Texts that were put to all first: one a round, mostly by a party.
    texts_own_accepted : array, (runs,)
        Rounds in which all with a veto accepted a text by a party.
    texts_mediated : array, (runs,)
        Texts that a mediator put forward in private once a party's had failed.
    texts_mediated_accepted : array, (runs,)
        Rounds in which all with a veto accepted a text by a mediator.
    initial : array, (runs, pools)
        Captives and remains held on the first day.
    returned_alive : array, (runs, pools)
        People returned alive under a deal.
    remains_returned : array, (runs, pools)
        People whose remains were returned.
    died_in_captivity : array, (runs, pools)
        Since the first day.
    rescued : array, (runs, pools)
        People rescued.
    still_held : array, (runs, pools)
        Alive.
    remains_held : array, (runs, pools)
        Remains still held.
    prisoners_released : array, (runs, prisoner pools)
        Prisoners released.
    violations : array, (runs,)
        Violations of truces.
    disputes : array, (runs,)
        Disputes over what was agreed.
    leaks : array, (runs,)
        Rounds that became public.
    suspended_days : array, (runs,)
        Days on which talks were suspended.
    battles : array, (runs,)
        Battles fought.
    front : array, (runs,)
        Where the front stands on the last day.
    missed : array, (runs, reasons)
        Rounds before the first deal that brought none, each with one of the reasons in
        `labels.missed`: in order, there was no ZOPA ("room"); a firm stance barred all that lay in
        it ("firm"); the text lay outside what was left of it ("text"); the text lay inside and a
        party, by name, held out for more; what was agreed was not confirmed ("confirmation"); or a
        round was due and not held while the talks were suspended ("suspension").
    nash_distance : array, (runs,)
        Of the first deal from Nash's, in shares of the ideal gains.
    inefficiency : array, (runs,)
        What all could have gained at once at the first signing, utils.
    logrolling : array, (runs,)
        What the first deal gains over splitting every issue, utils.
    died_before_zopa : array, (runs, pools)
        Deaths until the first round with a ZOPA.
    event_day : array, (runs, events)
        First day on which each outside event came.
    scheduled : mapping of str to sequence of int
        Days on which outside events came in every run, by the event.
    series : mapping of str to array, (runs, ..., days)
        By name, what there was to agree on day by day; empty unless asked for.
    """

    scenario: str
    sha256: str
    version: str
    seed: int
    days: int
    levers: Mapping[str, float]
    first: int  # number of the first run
    labels: Labels
    table: Array = field(repr=False)  # (packages, issues) level of each issue

    deal_day: Array  # (runs,)
    deal_package: Array  # (runs,)
    deals: Array  # (runs,)
    truces: Array  # (runs,)
    truce_days: Array  # (runs,)
    truce_end: Array  # (runs,)
    extended_days: Array  # (runs,)
    overridden: Array  # (runs, parties)
    surplus: Array  # (runs, parties)
    ending: Array  # (runs,)
    last_day: Array  # (runs,)
    zopa_first: Array  # (runs,)
    zopa_objective: Array  # (runs,)
    zopa_day: Array  # (runs,)
    zopa_rounds: Array  # (runs,)
    rounds: Array  # (runs,)
    best_surplus: Array  # (runs,)
    optimism: Array  # (runs,)
    refusals: Array  # (runs, parties)
    refused_alone: Array  # (runs, parties)
    no_way_out: Array  # (runs, parties)
    firm_rounds: Array  # (runs, parties)
    flexible_at_deal: Array  # (runs, parties)
    open_day: Array  # (runs,)
    open_days: Array  # (runs,)
    texts_own: Array  # (runs,)
    texts_own_accepted: Array  # (runs,)
    texts_mediated: Array  # (runs,)
    texts_mediated_accepted: Array  # (runs,)
    initial: Array  # (runs, pools)
    returned_alive: Array  # (runs, pools)
    remains_returned: Array  # (runs, pools)
    died_in_captivity: Array  # (runs, pools)
    rescued: Array  # (runs, pools)
    still_held: Array  # (runs, pools)
    remains_held: Array  # (runs, pools)
    prisoners_released: Array  # (runs, prisoner pools)
    violations: Array  # (runs,)
    disputes: Array  # (runs,)
    leaks: Array  # (runs,)
    suspended_days: Array  # (runs,)
    battles: Array  # (runs,)
    front: Array  # (runs,)
    missed: Array  # (runs, reasons)
    nash_distance: Array  # (runs,)
    inefficiency: Array  # (runs,)
    logrolling: Array  # (runs,)
    died_before_zopa: Array  # (runs, pools)
    event_day: Array = field(default_factory=lambda: np.empty((0, 0), np.int16))  # (runs, events)
    scheduled: Mapping[str, Sequence[int]] = field(default_factory=dict)
    series: Mapping[str, Array] = field(default_factory=dict, repr=False)  # (runs, ..., days)

    def __post_init__(self) -> None:
        if len(self.event_day) != len(self):  # stored before there were outside events
            object.__setattr__(self, "event_day", np.empty((len(self), 0), dtype=np.int16))
        for name in self.arrays():
            getattr(self, name).setflags(write=False)
        for values in self.series.values():
            values.setflags(write=False)

    def __len__(self) -> int:
        """Return how many runs there are."""
        return len(self.deal_day)

    @classmethod
    def array_names(cls) -> tuple[str, ...]:
        """Return the names of the arrays that have the run as axis 0.

        Returns
        -------
        tuple of str
            In the order of the fields.
        """
        return tuple(f.name for f in fields(cls) if f.name not in (*HEAD, "series"))

    def arrays(self) -> tuple[str, ...]:
        """Return the names of the arrays that have the run as axis 0.

        Returns
        -------
        tuple of str
            In the order of the fields.
        """
        return self.array_names()

    def with_events(self, events: Mapping[str, Sequence[int]], came: Array) -> Outcomes:
        """Return the same, with the first day on which outside events came.

        Parameters
        ----------
        events : mapping of str to sequence of int
            The days for which each is scheduled, by its name.
        came : array, (runs, events)
            Days from 1; NONE where an event did not come.

        Returns
        -------
        Outcomes
            An event does not count where the war was decided before it.
        """
        late = came > self.last_day[:, None]
        day = np.where(late, NONE, came).astype(np.int16)
        labels = replace(self.labels, events=tuple(events))
        scheduled = {name: list(days) for name, days in events.items() if days}
        return replace(self, labels=labels, event_day=day, scheduled=scheduled)

    @property
    def deal_levels(self) -> Array:
        """The level of each issue in the first deal: (runs, issues), NONE without a deal."""
        levels = self.table[np.maximum(self.deal_package, 0)].copy()
        levels[self.deal_package == NONE] = NONE
        return levels

    @staticmethod
    def joined(parts: Sequence[Outcomes]) -> Outcomes:
        """Join blocks of runs, in the order of their run numbers.

        Parameters
        ----------
        parts : sequence of Outcomes
            Blocks of one simulation.

        Returns
        -------
        Outcomes
            Of all their runs.

        Raises
        ------
        ValueError
            For blocks of different simulations, or with runs missing or doubled.
        """
        ordered = sorted(parts, key=lambda part: part.first)
        if len(ordered) == 1:
            return ordered[0]
        for before, after in itertools.pairwise(ordered):
            if before.first + len(before) != after.first:
                raise ValueError(
                    f"runs {before.first + len(before)} to {after.first} are missing or doubled"
                )
            if (before.sha256, before.seed, before.days, dict(before.levers)) != (
                after.sha256,
                after.seed,
                after.days,
                dict(after.levers),
            ):
                raise ValueError("these outcomes come from different simulations")
        arrays: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in ordered])
            for name in Outcomes.array_names()
        }
        head: dict[str, Any] = ordered[0]._head()
        if len({tuple(part.series) for part in ordered}) > 1:
            raise ValueError("some of these outcomes have series by day and others have not")
        series = {
            name: np.concatenate([part.series[name] for part in ordered])
            for name in ordered[0].series
        }
        return Outcomes(**head, **arrays, series=series)

    def must_share_luck(self, other: Outcomes) -> None:
        """Raise ValueError unless run i of both arms has the same random numbers.

        Parameters
        ----------
        other : Outcomes
            The other arm.

        Raises
        ------
        ValueError
            With what differs: scenario, seed, number of runs or first run.
        """
        pairs = {
            "scenario": (self.scenario, other.scenario),
            "seed": (self.seed, other.seed),
            "number of runs": (len(self), len(other)),
            "first run": (self.first, other.first),
        }
        unlike = [f"{what} {one} and {two}" for what, (one, two) in pairs.items() if one != two]
        if unlike:
            raise ValueError(
                f"these arms do not share their luck: {', '.join(unlike)}; play both with the same"
            )

    def must_be_comparable(self, other: Outcomes) -> None:
        """Raise ValueError unless both arms share random numbers and were followed as long.

        Parameters
        ----------
        other : Outcomes
            The other arm.

        Raises
        ------
        ValueError
            With what differs.
        """
        self.must_share_luck(other)
        if self.days != other.days:
            raise ValueError(
                f"these arms were followed for {self.days} and {other.days} days; play both with "
                "the same"
            )

    def _head(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in HEAD}

    def save(self, path: str | Path) -> Path:
        """Write the outcomes to one file in NumPy's npz format, compressed.

        Parameters
        ----------
        path : str or Path
            Where to; the suffix becomes `.npz`.

        Returns
        -------
        Path
            The file.
        """
        head = {
            name: value for name, value in self._head().items() if name not in ("labels", "table")
        }
        labels = {f.name: getattr(self.labels, f.name) for f in fields(Labels)}
        text = json.dumps({"format": FORMAT, **head, "levers": dict(self.levers), "labels": labels})
        arrays = {name: getattr(self, name) for name in self.arrays()}
        arrays |= {SERIES + name: values for name, values in self.series.items()}
        target = Path(path).with_suffix(".npz")
        np.savez_compressed(target, head=np.array(text), table=self.table, **arrays)
        return target

    @classmethod
    def load(cls, path: str | Path) -> Outcomes:
        """Read outcomes from a file, or from all parts in a folder.

        What was saved before parties had stances is read as it was; the arrays that came with them
        (`STANCE_ARRAYS`) are NONE or NaN throughout, and `labels.missed` has no firm stance.

        Parameters
        ----------
        path : str or Path
            A file that `save` wrote, or a folder of `parley run --out`.

        Returns
        -------
        Outcomes
            As they were saved.

        Raises
        ------
        ValueError
            Where the file is not of this format.
        """
        path = Path(path)
        if path.is_dir():
            parts = sorted(path.glob("outcomes-*.npz"))
            if not parts:
                raise ValueError(f"{path} holds no outcomes-*.npz")
            return cls.joined([cls.load(part) for part in parts])
        with np.load(path, allow_pickle=False) as file:
            if "head" not in file:
                raise ValueError(f"{path} is not a file of outcomes")
            head = json.loads(str(file["head"]))
            saved_as = head.pop("format")
            if saved_as not in (FORMAT, FORMAT_WITHOUT_STANCES):
                raise ValueError(f"{path} is not in the format {FORMAT}")
            names = head.pop("labels")
            named: dict[str, Any] = {
                key: tuple(tuple(v) if isinstance(v, list) else v for v in value)
                for key, value in names.items()
            }
            labels = Labels(**named)
            arrays: dict[str, Any] = {
                name: saved_column(file, name, saved_as) for name in cls.array_names()
            }
            series = {
                name.removeprefix(SERIES): file[name] for name in file if name.startswith(SERIES)
            }
            return cls(**head, labels=labels, table=file["table"], **arrays, series=series)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per run, with names instead of codes.

        Returns
        -------
        pandas.DataFrame
            A column for each array; those by party or pool have a suffix, such as `surplus_delta`.
        """
        import pandas as pd

        columns: dict[str, Array] = {"run": np.arange(self.first, self.first + len(self))}
        suffixes = {
            "overridden": self.labels.parties,
            "surplus": self.labels.parties,
            "refusals": self.labels.parties,
            "refused_alone": self.labels.parties,
            "no_way_out": self.labels.parties,
            "firm_rounds": self.labels.parties,
            "flexible_at_deal": self.labels.parties,
            "prisoners_released": self.labels.prisoners,
            "missed": self.labels.missed,
            "event_day": self.labels.events,
        }
        for name in self.arrays():
            values = getattr(self, name)
            if values.ndim == 1:
                columns[name] = values
            else:
                for k, label in enumerate(suffixes.get(name, self.labels.pools)):
                    columns[f"{name}_{label}"] = values[:, k]
        frame = pd.DataFrame(columns)
        frame["ending"] = _named(self.ending, ENDINGS)
        frame["truce_end"] = _named(self.truce_end, self.labels.causes)
        levels = self.deal_levels
        for k, issue in enumerate(self.labels.issues):
            frame[f"deal_{issue}"] = _named(levels[:, k], self.labels.levels[k])
        return frame


def saved_column(file: Mapping[str, Array], name: str, saved_as: str) -> Array:
    """Return an array of an open file of outcomes, in the format it was `saved_as`."""
    if saved_as == FORMAT_WITHOUT_STANCES and name in STANCE_ARRAYS:
        if name == "flexible_at_deal":
            return np.full_like(file["surplus"], np.nan)
        return np.full_like(file["refusals"] if name == "firm_rounds" else file["rounds"], NONE)
    if name == "event_day" and name not in file:  # stored before there were outside events
        return np.empty((len(file["rounds"]), 0), dtype=np.int16)
    return file[name]


def _named(codes: Array, names: Sequence[str]) -> pd.Categorical[Any]:
    """Replace codes by their names; a negative code is missing."""
    import pandas as pd

    dtype = pd.CategoricalDtype(list(names))
    return pd.Categorical.from_codes(codes.astype(np.int64), dtype=dtype)
