"""Swept keys: what may be swept of a scenario, and which settings each takes.

A swept key is a lever of the scenario, one of its numbers, or any other of its values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.scenario import schema_errors
from sim.scenario.errors import Path, ScenarioError, ValidationIssue, quote_value
from sim.scenario.loading import with_changes
from sim.scenario.quantity import FINEST_LUCK, Fixed
from sim.scenario.schema import Scenario
from sim.scenario.yaml_tree import SWITCH
from sim.sweep.study import FORMS, Range, frozen, not_a_key
from sim.types import Floats

Column = NDArray[Any]
Kind = Literal["lever", "number", "value"]


class FactorError(ValueError):
    """A key that cannot be swept, or not like this: what is found, expected, and the way out.

    `where` is the place in the study that it is about; its design as a whole where none is named.
    """

    def __init__(self, found: str, wanted: str = "", hint: str = "", where: Path = ()) -> None:
        super().__init__("; ".join(part for part in (found, wanted, hint) if part))
        self.found, self.wanted, self.hint, self.where = found, wanted, hint, where or ("design",)


@dataclass(frozen=True)
class Factor:
    """A key that is swept: what kind it is, and which settings it takes."""

    key: str
    side: str
    kind: Kind
    span: Range
    baseline: Any
    scenario: Scenario

    @property
    def where(self) -> Path:
        """Where it stands in the study."""
        return (self.side, self.key)

    def at(self, places: Floats) -> Column:
        """Return the setting at each place of its distribution, in [0, 1): (points,)."""
        span = self.span
        if self._listed is not None:
            listed = self._listed
            rows = np.minimum((places * len(listed)).astype(np.int64), len(listed) - 1)
            return np.asarray(listed[rows])
        if span.form == "low" or (span.form is None and self.kind == "lever"):
            low, high = self._bounds
            return np.asarray(low + (high - low) * places)
        if span.form in FORMS:
            return np.asarray(span.quantity().at(places))
        if span.form == "scipy":
            assert span.scipy is not None
            inside = np.clip(places, FINEST_LUCK, 1.0 - FINEST_LUCK)
            return np.asarray(frozen(span.scipy).ppf(inside), dtype=np.float64)
        return np.asarray(self.scenario.quantities()[self.key].at(places))

    def grid(self) -> Column:
        """Its settings in a grid. Raises FactorError where nothing says how many."""
        span = self.span
        if self._listed is not None and span.steps is None:
            return self._listed
        if span.steps is None:
            found = f"nothing says at how many settings '{self.key}' is played"
            hint = "add `steps: 5` or list `values`"
            raise FactorError(found, "a grid has settings", hint, self.where)
        if self._listed is None and (span.form == "low" or self._is_plain_lever):
            return np.linspace(*self._bounds, span.steps)
        return self.at((np.arange(span.steps) + 0.5) / span.steps)

    def must_allow(self, setting: Any) -> None:
        """Refuse a setting from elsewhere that is none of those the study gives the key.

        Raises FactorError where it is not.
        """
        wanted = ""
        if self._listed is not None and setting not in self._listed.tolist():
            wanted = (
                f"it is one of {', '.join(quote_value(one) for one in self._listed.tolist()[:12])}"
            )
        elif self.span.form == "low" and not self._bounds[0] <= setting <= self._bounds[1]:
            wanted = f"it lies between {self._bounds[0]:g} and {self._bounds[1]:g}"
        if wanted:
            found = f"{self.key} is {quote_value(setting)}"
            raise FactorError(found, wanted, "widen its range in the study", self.where)

    @property
    def _is_plain_lever(self) -> bool:
        return self.kind == "lever" and self.span.form is None

    @property
    def _bounds(self) -> tuple[float, float]:
        if self.span.low is not None and self.span.high is not None:
            return self.span.low, self.span.high
        lever = self.scenario.levers[self.key]
        return lever.low, lever.high

    @cached_property
    def _listed(self) -> Column | None:
        """Single settings in order, where it has those."""
        span = self.span
        if span.values is not None:
            return column([parse_switch(self.baseline, value) for value in span.values])
        if span.integers is not None:
            return np.arange(span.integers[0], span.integers[1] + 1)
        return None


def parse_switch(baseline: Any, said: Any) -> Any:
    """Return a switch as true or false, where the key is one; anything else as it is."""
    return SWITCH.get(str(said).lower(), said) if isinstance(baseline, bool) else said


def column(values: Sequence[Any]) -> Column:
    """Return settings as an array of the type that they have in common."""
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return np.array(values, dtype=bool)
    if kinds == {int}:
        return np.array(values, dtype=np.int64)
    if kinds <= {int, float}:
        return np.array(values, dtype=np.float64)
    made = np.empty(len(values), dtype=object)
    made[:] = [quote_value(value).strip("'") for value in values]
    return made


def factor_of(scenario: Scenario, key: str, span: Range, side: str) -> Factor:
    """Return a key of the scenario with its range. Raises FactorError with the way out."""
    numbers = scenario.quantities()
    if key in scenario.levers:
        kind: Kind = "lever"
        baseline: Any = scenario.levers[key].default
    elif key in numbers and not isinstance(numbers[key], Fixed):
        kind, baseline = "number", numbers[key].centre
    else:
        kind, baseline = "value", _value_at(scenario, key)
    if span.form is None and kind == "value":
        raise FactorError(f"'{key}' has no range of its own", "", "list its `values`")
    if span.form is None and kind == "number" and numbers[key].is_certain:
        found = f"'{key}' is certain in the scenario"
        raise FactorError(found, "", "give its range here, such as {low: 0, high: 1}")
    one = Factor(key, side, kind, span, baseline, scenario)
    if span.baseline is not None:
        one = Factor(key, side, kind, span, span.baseline, scenario)
    _must_be_numbers(one)
    for setting in _extremes(one):
        must_be_possible(one, setting)
    return one


def _value_at(scenario: Scenario, key: str) -> Any:
    """Return the value of the scenario at a path."""
    said: Any = scenario.model_dump(mode="json")
    for word in key.split("."):
        step = int(word) if isinstance(said, list) and word.isdigit() else word
        try:
            said = said[step]
        except (KeyError, IndexError, TypeError):
            known = [*scenario.levers, *scenario.quantities()]
            found = f"{scenario.scenario} has no lever or value '{key}'"
            raise FactorError(found, "", not_a_key(key, known)) from None
    if isinstance(said, dict) and schema_errors.is_quantity(
        schema_errors.annotation_at(_path(key))
    ):
        return said.get("value")
    if isinstance(said, list | dict):
        raise FactorError(f"'{key}' holds several values", "", "name one of them")
    return said


def _path(key: str) -> Path:
    return tuple(int(word) if word.isdigit() else word for word in key.split("."))


def _must_be_numbers(one: Factor) -> None:
    """Refuse words where a lever or a number is set."""
    if one.kind == "value":
        return
    settings = [one.baseline, *(one.span.values or ())]
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in settings):
        found = f"'{one.key}' is a {one.kind}"
        raise FactorError(found, "its settings are numbers", where=one.where)


def _extremes(one: Factor) -> list[Any]:
    """Return settings that tell whether all of them are possible; the scenario's own need not be
    asked.
    """
    said = [] if one.span.baseline is None else [one.baseline]
    if one.span.form is None:
        return said
    if one.span.form == "values":
        return [*said, *(one._listed if one._listed is not None else ())]
    return [*said, *one.at(np.array([FINEST_LUCK, 1.0 - FINEST_LUCK]))]


def must_be_possible(one: Factor, setting: Any) -> None:
    """Refuse a setting that the scenario would refuse, in its words."""
    if one.kind == "lever":
        lever = one.scenario.levers[one.key]
        if not lever.low <= float(setting) <= lever.high:
            found = f"lever '{one.key}' is set to {float(setting):g}"
            wanted = f"it lies between {lever.low:g} and {lever.high:g} ({lever.unit})"
            raise FactorError(found, wanted, where=one.where)
        return
    try:
        with_changes(one.scenario, {one.key: yaml_value(setting)})
    except ScenarioError as error:
        said: ValidationIssue = error.complaints[0]
        raise FactorError(said.found, said.expected, said.hint, one.where) from None


def yaml_value(setting: Any) -> Any:
    """Return a setting as it would be written in a scenario."""
    if isinstance(setting, np.bool_ | bool):
        return "true" if setting else "false"
    return setting.item() if isinstance(setting, np.generic) else setting
