"""Outside events: what happens outside the talks, by chance or as scheduled, and what it does.

An event opens or closes windows (a leadership becomes flexible or firm) and moves numbers, for
some days or for good. What moves is a parameter: the runs to which an event comes get new
parameters for the same state, and those of all other runs stay as they are.

Each event has random streams of its own, named after it, so that one more event moves no other. A
run in which an event changes nothing is the run without it, bit by bit. When events come does not
depend on the talks. It is therefore known for a stretch of days ahead, and the numbers of all runs
to which something comes in that time are read at once, which is what makes events cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.engine.agents.party import Party
from sim.engine.outcomes import NONE
from sim.engine.random_streams import RandomStreams
from sim.engine.row_patches import Patch, patch_of, patched
from sim.engine.sampling import ParameterSample
from sim.types import Bools, Floats, Ints

#: Events are looked for so many days ahead. More read fewer numbers twice, and hold more at once.
STRETCH_DAYS = 32

#: The last day of what stays for good.
FOR_GOOD = np.iinfo(np.int64).max


@dataclass(frozen=True)
class OutsideParams:
    """The numbers of outside events; axis 0 is the event, axis 1 the run."""

    chance: Floats  # (events, runs) that it comes on a day
    day: Ints  # (events, runs) on which it comes, NONE where it comes by chance or not at all
    lasts: Ints  # (events, runs) days until its numbers go back, FOR_GOOD where they never do
    moves: Mapping[str, Sequence[tuple[int, str, Floats]]]  # by path: event, how, by what (runs,)

    @classmethod
    def of(cls, sample: ParameterSample) -> OutsideParams:
        """Read the numbers of outside events from a sample."""
        events, runs = sample.scenario.events, sample.chance.runs
        chance, day = np.zeros((len(events), runs)), np.full((len(events), runs), NONE)
        lasts = np.full((len(events), runs), FOR_GOOD)
        moves: dict[str, list[tuple[int, str, Floats]]] = {}
        for k, (name, event) in enumerate(events.items()):
            path = f"events.{name}"
            if event.once and event.scheduled_days:  # comes when it is scheduled, and only then
                pass
            elif event.per_year is not None:
                chance[k] = -np.expm1(-sample[f"{path}.per_year"] / 365.0)
            else:
                comes = sample.chance.once(f"event {name}")[:, 0] < sample.get(
                    f"{path}.chance", 1.0
                )
                on = np.maximum(np.rint(sample[f"{path}.day"]), 1.0)
                day[k] = np.where(comes, on, NONE)
            if event.lasts_days is not None:
                lasts[k] = np.maximum(np.rint(sample[f"{path}.lasts_days"]), 1.0)
            for m, move in enumerate(event.moves):
                by = sample[f"{path}.moves.{m}.by"]
                moves.setdefault(move.key, []).append((k, move.how, by))
        return cls(chance, day, lasts, moves)


@dataclass(frozen=True)
class ActiveMoves:
    """What the events under way make of numbers, in some runs.

    Events move a number in the order of the file.
    """

    moves: Mapping[str, Sequence[tuple[int, str, Floats]]]  # by path: event, how, by what (runs,)
    rows: Ints | slice  # the runs meant
    active: Bools  # (events, rows) whether what an event moves is moved

    def moved(self, path: str, values: Floats) -> Floats:
        """Return the values of a number, (rows,), as the events leave it."""
        for k, how, amount in self.moves.get(path, ()):
            by = amount[self.rows]
            if how == "scale":
                values = values * np.where(self.active[k], by, 1.0)
            else:
                values = values + np.where(self.active[k], by, 0.0)
        return values


@dataclass(frozen=True)
class NumberReader:
    """Someone whose numbers may be moved: how they are read, what they are, and how they are set.

    `read` reads them from a sample of any runs, `held` returns those of all runs, and `take` sets
    new ones for the same state.
    """

    read: Callable[[ParameterSample], Any]
    held: Callable[[], Any]
    take: Callable[[Any], None]


@dataclass(frozen=True)
class Occurrence:
    """An event that comes in some runs on a day, or what it moved goes back."""

    event: int  # its place
    rows: Ints  # (rows,) of the runs
    begins: bool


@dataclass
class _Stretch:
    """What happens on some days ahead, and the numbers that it brings."""

    first: int  # day
    last: int
    days: list[list[Occurrence]] = field(default_factory=list)
    rows: list[Ints] = field(default_factory=list)  # by day, runs that get new numbers
    patches: list[tuple[NumberReader, Patch]] = field(default_factory=list)


class OutsideEvents:
    """The outside events of a block of runs."""

    def __init__(
        self, sample: ParameterSample, parties: Iterable[Party], readers: Sequence[NumberReader]
    ) -> None:
        self.events = sample.scenario.events
        self.names = tuple(self.events)
        self.parties = {party.name: party for party in parties}
        self.readers = readers
        self.sample = sample
        self.params = OutsideParams.of(sample)
        runs = sample.chance.runs
        self._by_chance = [k for k, e in enumerate(self.events.values()) if e.per_year is not None]
        names = [f"event {self.names[k]}" for k in self._by_chance]
        self._uniforms = sample.chance.dailies(names)
        self._once = np.array([event.once for event in self.events.values()], dtype=bool)
        self._moving = np.array([bool(event.moves) for event in self.events.values()], dtype=bool)
        self.scheduled = {
            (k, day) for k, e in enumerate(self.events.values()) for day in e.scheduled_days
        }
        self.told: set[tuple[int, int]] = set()  # events and the days on which others tell of them
        self.touched = _touched_readers(sample, readers) if self._moving.any() else {}
        self.came = np.full((len(self.names), runs), NONE)  # first day in each run
        self.until = np.full((len(self.names), runs), NONE)  # last day of what it moves, or NONE
        self._stretch = _Stretch(0, 0)

    @property
    def active(self) -> Bools:
        """Whether what an event moves is moved now: (events, runs)."""
        active: Bools = self.until != NONE
        return active

    def moved(self, path: str, values: Floats) -> Floats:
        """Return the values of a number, (runs,), as the events under way leave it."""
        active = self.active
        if not active.any():
            return values
        every: Ints | slice = slice(None)
        return self._moves(every, active).moved(path, values)

    def set_params(self, sample: ParameterSample) -> None:
        """Set the numbers of a new sample, from tomorrow on."""
        self.sample = sample
        self.params = OutsideParams.of(sample)
        self._stretch = _Stretch(0, 0)

    def schedule(self, name: str, day: int, told: bool = False) -> None:
        """Let an event come on a day that is still to come, in every run.

        Where it is `told` otherwise, the diary does not hear of it.
        """
        self.scheduled.add((self.names.index(name), day))
        if told:
            self.told.add((self.names.index(name), day))
        self._stretch = _Stretch(0, 0)

    # -- the day ---------------------------------------------------------------------------------

    def play(self, day: int) -> list[Occurrence]:
        """Let events come and go on a day; return what happens."""
        if not self.names:
            return []
        if not self._stretch.first <= day <= self._stretch.last:
            self._stretch = self._look_ahead(day)
        stretch, place = self._stretch, day - self._stretch.first
        for occurrence in stretch.days[place]:
            self._turn_windows(occurrence)
            _keep(occurrence, day, self.came, self.until, self._lasts_of(occurrence))
        rows = stretch.rows[place]
        if len(rows):
            first = sum(map(len, stretch.rows[:place]))
            for reader, patch in stretch.patches:
                some = slice(first, first + len(rows))
                reader.take(patched(reader.held(), patch, rows, some))
        return stretch.days[place]

    def _lasts_of(self, occurrence: Occurrence) -> Ints:
        return np.asarray(self.params.lasts[occurrence.event, occurrence.rows])

    def _turn_windows(self, occurrence: Occurrence) -> None:
        """Open and close the windows of an event that comes."""
        event = self.events[self.names[occurrence.event]]
        if occurrence.begins:
            for name in event.opens:
                self.parties[name].open_window(occurrence.rows)
            for name in event.closes:
                self.parties[name].close_window(occurrence.rows)

    # -- ahead -----------------------------------------------------------------------------------

    def _look_ahead(self, day: int) -> _Stretch:
        """Return what happens from a day to the end of its stretch, with the numbers it brings."""
        last = day - 1 + STRETCH_DAYS - (day - 1) % STRETCH_DAYS
        stretch = _Stretch(day, last)
        came, until = self.came.copy(), self.until.copy()
        standing = []
        for ahead in range(day, last + 1):
            before = until != NONE
            occurrences = self._occurrences(ahead, came, until)
            for occurrence in occurrences:
                _keep(occurrence, ahead, came, until, self._lasts_of(occurrence))
            active = until != NONE
            rows = np.flatnonzero(((before != active) & self._moving[:, None]).any(axis=0))
            stretch.days.append(occurrences)
            stretch.rows.append(rows)
            standing.append(active[:, rows])
        self._read_ahead(stretch, np.concatenate(standing, axis=1))
        return stretch

    def _occurrences(self, day: int, came: Ints, until: Ints) -> list[Occurrence]:
        """Return the events that end and that come on a day, those that end first."""
        ends = until == day - 1
        comes = self.params.day == day
        if self._by_chance:
            comes[self._by_chance] |= self._uniforms[day] < self.params.chance[self._by_chance]
        comes &= ~(self._once[:, None] & (came != NONE))
        for k, scheduled in self.scheduled:
            if scheduled == day:
                comes[k] = True
        found = []
        for begins, where in ((False, ends & ~comes), (True, comes)):
            for k in map(int, np.flatnonzero(where.any(axis=1))):
                found.append(Occurrence(k, np.flatnonzero(where[k]), begins))
        return found

    def _read_ahead(self, stretch: _Stretch, active: Bools) -> None:
        """Read the numbers that events bring; `active` (events, rows) says which then move."""
        rows = np.concatenate(stretch.rows)
        if not len(rows):
            return
        if len(rows) == self.sample.chance.runs:  # one more tells their axis from that of the runs
            rows, active = np.append(rows, rows[-1]), np.concatenate([active, active[:, -1:]], 1)
        sample = self.sample.in_rows(rows, self._moves(rows, active))
        for place in sorted(
            set().union(*(self.touched[k] for k in map(int, np.flatnonzero(self._moving))))
        ):
            reader = self.readers[place]
            patch = patch_of(reader.held(), reader.read(sample), rows)
            if patch is not None:
                stretch.patches.append((reader, patch))

    def _moves(self, rows: Ints | slice, active: Bools) -> ActiveMoves:
        return ActiveMoves(self.params.moves, rows, active)


def _keep(occurrence: Occurrence, day: int, came: Ints, until: Ints, lasts: Ints) -> None:
    """Keep that an event came, and until when what it moves is moved."""
    k, rows = occurrence.event, occurrence.rows
    if not occurrence.begins:
        until[k, rows] = NONE
        return
    came[k, rows] = np.where(came[k, rows] == NONE, day, came[k, rows])
    until[k, rows] = np.where(lasts == FOR_GOOD, FOR_GOOD, day - 1 + lasts % FOR_GOOD)


# --- Whose numbers an event moves


@dataclass(frozen=True)
class _ListeningSample(ParameterSample):
    """One run's numbers at their centres, which keeps a list of those that are asked for."""

    asked: set[str] = field(default_factory=set)

    def __getitem__(self, path: str) -> Floats:
        self.asked.add(path)
        return np.full(1, self.quantities[path].centre)


def _touched_readers(
    sample: ParameterSample, readers: Sequence[NumberReader]
) -> dict[int, set[int]]:
    """Return for each event the places of those who read some number that it moves."""
    moved = [{move.key for move in event.moves} for event in sample.scenario.events.values()]
    touched: dict[int, set[int]] = {k: set() for k in range(len(moved))}
    listening = _ListeningSample(sample.scenario, RandomStreams(0, 0, 1))
    for place, reader in enumerate(readers):
        listening.asked.clear()
        reader.read(listening)
        for k, keys in enumerate(moved):
            if keys & listening.asked:
                touched[k].add(place)
    return touched
