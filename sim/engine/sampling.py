"""One value per run for each number of a scenario, with the levers moved.

Every number has a random stream of its own, keyed by its path. A lever moves the values that
were drawn; it never draws again. So a lever at its default changes nothing, and two settings of a
lever differ in nothing else. A design of experiments may set each run's levers and values by
itself.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.engine.random_streams import RandomStreams
from sim.scenario.quantity import Fixed, Quantity
from sim.scenario.schema import Lever, Scenario
from sim.types import Floats, Ints


class LeverError(ValueError):
    """A lever that the scenario does not have, or a setting out of its range."""


def check_levers(scenario: Scenario, levers: Mapping[str, float]) -> dict[str, float]:
    """Return the settings of the levers as numbers; raise LeverError with the way out."""
    given: object = levers
    if not isinstance(given, Mapping):
        example = next(iter(scenario.levers), "lever")
        raise LeverError(
            f"levers are {levers!r}; give settings by name, such as {{'{example}': 1}}"
        )
    settings: dict[str, float] = {}
    for name, value in levers.items():
        if name not in scenario.levers:
            near = difflib.get_close_matches(name, scenario.levers, n=1)
            names = ", ".join(scenario.levers) or "none"
            hint = f"did you mean '{near[0]}'?" if near else f"its levers are {names}"
            raise LeverError(f"{scenario.scenario} has no lever '{name}'; {hint}")
        lever = scenario.levers[name]
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise LeverError(f"lever '{name}' is {value!r}; it takes a number") from None
        if not lever.low <= number <= lever.high:
            raise LeverError(
                f"lever '{name}' is {number:g}; it lies between {lever.low:g} and {lever.high:g} "
                f"({lever.unit})"
            )
        settings[name] = number
    return settings


def stream_name(path: str) -> str:
    """Return the name of the random stream that a number is drawn with."""
    return f"draw {path}"


def check_points(
    scenario: Scenario, points: Mapping[str, Floats], runs: int
) -> dict[str, NDArray[np.float64]]:
    """Return chosen uniform numbers as arrays; raise ValueError with the way out."""
    numbers = scenario.quantities()
    checked = {}
    for path, uniforms in points.items():
        if path not in numbers:
            raise ValueError(f"{scenario.scenario} has no number '{path}'{_hint(scenario, path)}")
        if numbers[path].is_certain:
            raise ValueError(f"'{path}' is certain, so that its luck cannot be chosen")
        checked[path] = np.asarray(uniforms, dtype=np.float64)
        if checked[path].shape != (runs,):
            shape = " by ".join(map(str, checked[path].shape)) or "one number"
            raise ValueError(f"the points of '{path}' are {shape}; there are {runs} runs")
        if not ((checked[path] >= 0) & (checked[path] < 1)).all():
            raise ValueError(f"the points of '{path}' lie in [0, 1)")
    return checked


def check_settings(
    scenario: Scenario, levers: Mapping[str, Floats], runs: int
) -> dict[str, float | Floats]:
    """Return settings of levers run by run; raise LeverError with the way out.

    A lever that moves a number of the grid of packages comes back as one number.
    """
    checked: dict[str, float | Floats] = {}
    numbers = scenario.quantities()
    for name, given in levers.items():
        settings = np.asarray(given, dtype=np.float64)
        if settings.shape != (runs,):
            raise LeverError(f"lever '{name}' has {settings.size} settings; there are {runs} runs")
        low, high = (check_levers(scenario, {name: float(end)}) for end in _ends(settings))
        checked[name] = settings
        if any(isinstance(numbers[move.key], Fixed) for move in scenario.levers[name].moves):
            if low != high:
                raise LeverError(f"lever '{name}' moves the packages; it has one setting for all")
            checked[name] = low[name]
    return checked


def check_values(
    scenario: Scenario, values: Mapping[str, Floats], runs: int
) -> dict[str, NDArray[np.float64]]:
    """Return numbers that are set run by run; raise ValueError with the way out."""
    numbers = scenario.quantities()
    checked = {}
    for path, settings in values.items():
        if path not in numbers:
            raise ValueError(f"{scenario.scenario} has no number '{path}'{_hint(scenario, path)}")
        if isinstance(numbers[path], Fixed):
            raise ValueError(f"'{path}' is the same in every run; change the scenario instead")
        checked[path] = np.asarray(settings, dtype=np.float64)
        if checked[path].shape != (runs,) or not np.isfinite(checked[path]).all():
            raise ValueError(f"'{path}' takes {runs} numbers, one for each run")
        low, high = numbers[path].within
        if checked[path].min() < low or checked[path].max() > high:
            raise ValueError(f"'{path}' lies between {low:g} and {high:g}")
    return checked


def _hint(scenario: Scenario, path: str) -> str:
    """Return the way out for what is no number of a scenario."""
    if path in scenario.levers:
        return f"; '{path}' is a lever, which `levers` takes"
    near = difflib.get_close_matches(path, scenario.quantities(), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _ends(values: Floats) -> tuple[float, float]:
    return float(np.min(values)), float(np.max(values))


def carry_over(
    state: NDArray[Any],
    start: NDArray[Any],
    new_start: NDArray[Any],
    within: tuple[float, float] = (-np.inf, np.inf),
) -> NDArray[Any]:
    """Return a state for a new starting value, as far from it as it is from the old one.

    This is how a number moved in mid-game reaches what the days have changed since. What would
    leave its bounds stops there.
    """
    if start is new_start or np.array_equal(start, new_start, equal_nan=start.dtype.kind == "f"):
        return state
    moved = np.where(state == start, new_start, state + (new_start - start))
    return np.clip(moved, *within).astype(state.dtype)


class NumberMoves(Protocol):
    """What moves numbers in some runs from outside, as things stand today."""

    def moved(self, path: str, values: Floats) -> Floats:
        """Return the values of a number, (runs,), where they stand today."""
        ...


@dataclass(frozen=True)
class ParameterSample:
    """The numbers of a scenario in a block of runs: `sample[path]` is (runs,).

    A lever has one setting, or one for each run (runs,). `points` holds the uniform numbers of
    those that are chosen and not drawn, and `values` the numbers that are set outright; each is
    (runs,). Levers move what is set as they move what is drawn, and `outside` moves what the
    levers leave.
    """

    scenario: Scenario
    chance: RandomStreams
    levers: Mapping[str, float | Floats] = field(default_factory=dict)
    points: Mapping[str, Floats] = field(default_factory=dict)
    values: Mapping[str, Floats] = field(default_factory=dict)
    outside: NumberMoves | None = None

    @cached_property
    def quantities(self) -> dict[str, Quantity]:
        """Every number of the scenario by its path."""
        return self.scenario.quantities()

    @cached_property
    def _moves(self) -> dict[str, list[tuple[Lever, str, float | Floats]]]:
        """For each path, the levers that move it: how and to what."""
        moves: dict[str, list[tuple[Lever, str, float | Floats]]] = {}
        for name, setting in sorted(self.levers.items()):
            lever = self.scenario.levers[name]
            for move in lever.moves:
                moves.setdefault(move.key, []).append((lever, move.how, setting))
        return moves

    @cached_property
    def _uniforms(self) -> dict[str, Floats]:
        """The uniform numbers of all that is drawn, drawn together: (runs,) each."""
        elsewhere = {*self.points, *self.values}
        drawn = [
            path
            for path, quantity in self.quantities.items()
            if not (quantity.is_certain or path in elsewhere)
        ]
        numbers = self.chance.onces([stream_name(path) for path in drawn])
        return dict(zip(drawn, numbers, strict=True))

    def __getitem__(self, path: str) -> Floats:
        before = self._before_events(path)
        return before if self.outside is None else self._moved_from_outside(path, before)

    def _moved_from_outside(self, path: str, values: Floats) -> Floats:
        """Return a number as outside events leave it, within its bounds: (runs,)."""
        assert self.outside is not None
        moved = self.outside.moved(path, values)
        return values if moved is values else np.clip(moved, *self.quantities[path].within)

    def _before_events(self, path: str) -> Floats:
        """Return a number as it is drawn and the levers move it: (runs,).

        Where events move numbers in mid-game it is kept, as it will be asked for again.
        """
        if not self._keeps:
            return self._drawn(path)
        if path not in self._kept:
            self._kept[path] = self._drawn(path)
            self._kept[path].setflags(write=False)
        return self._kept[path]

    def _drawn(self, path: str) -> Floats:
        """Return a number as it is drawn and the levers move it, anew: (runs,)."""
        quantity = self.quantities[path]
        if path in self.values:
            values = self.values[path]
        elif quantity.is_certain:
            values = np.full(self.chance.runs, quantity.centre)
        else:
            chosen = self.points.get(path)
            values = quantity.ppf(self._uniforms[path] if chosen is None else chosen)
        return self._moved(path, quantity, values)

    def get(self, path: str, otherwise: float) -> Floats:
        """Return the values of a number that the scenario may leave out: (runs,)."""
        if path in self.quantities:
            return self[path]
        return np.full(self.chance.runs, otherwise)

    def fixed(self, path: str) -> float:
        """Return a number that is the same in every run, as are the settings of its levers."""
        quantity = self.quantities[path]
        assert isinstance(quantity, Fixed), path
        return float(self._moved(path, quantity, np.array([quantity.centre]))[0])

    def of(self, prefix: str, names: Iterable[str]) -> dict[str, Floats]:
        """Return the values of several numbers under one path: (runs,) each."""
        return {name: self[f"{prefix}.{name}"] for name in names}

    def in_rows(self, rows: Ints, outside: NumberMoves) -> ParameterSample:
        """Return the numbers of some runs, moved from outside in a way of their own."""
        return _RowSample(
            self.scenario, self.chance.of(rows), whole=self, rows=rows, outside=outside
        )

    @cached_property
    def _keeps(self) -> bool:
        return any(event.moves for event in self.scenario.events.values())

    @cached_property
    def _kept(self) -> dict[str, Floats]:
        return {}

    def _moved(self, path: str, quantity: Quantity, values: Floats) -> Floats:
        for lever, how, setting in self._moves.get(path, []):
            if how == "shift":
                values = values + (setting - lever.default)
            else:
                values = values * (setting / lever.default)
        return np.clip(values, *quantity.within)


@dataclass(frozen=True)
class _RowSample(ParameterSample):
    """The numbers of some of the runs of a sample, which are drawn only once for all of them."""

    whole: ParameterSample = field(kw_only=True)
    rows: Ints = field(kw_only=True)  # (rows,)

    @property
    def quantities(self) -> dict[str, Quantity]:
        """Every number of the scenario by its path."""
        return self.whole.quantities

    def fixed(self, path: str) -> float:
        """Return a number that is the same in every run."""
        return self.whole.fixed(path)

    def _before_events(self, path: str) -> Floats:
        """Return a number as it is drawn and the levers move it: (rows,)."""
        return np.asarray(self.whole._before_events(path)[self.rows])
