"""Say what may be swept of a scenario, and which settings each key takes.

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
    """Report a key that cannot be swept, or not like this: found, expected, and the way out.

    `where` is the place in the study that it is about; its design as a whole where none is named.
    """

    def __init__(self, found: str, expected: str = "", hint: str = "", where: Path = ()) -> None:
        super().__init__("; ".join(part for part in (found, expected, hint) if part))
        self.found, self.expected, self.hint, self.where = (
            found,
            expected,
            hint,
            where or ("design",),
        )


@dataclass(frozen=True)
class Factor:
    """Hold a key that is swept: what kind it is, and which settings it takes."""

    key: str
    side: str
    kind: Kind
    span: Range
    baseline: Any
    scenario: Scenario

    @property
    def where(self) -> Path:
        """Return where it stands in the study."""
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
            return np.asarray(span.quantity().ppf(places))
        if span.form == "scipy":
            assert span.scipy is not None
            inside = np.clip(places, FINEST_LUCK, 1.0 - FINEST_LUCK)
            return np.asarray(frozen(span.scipy).ppf(inside), dtype=np.float64)
        return np.asarray(self.scenario.quantities()[self.key].ppf(places))

    def grid(self) -> Column:
        """Return its settings in a grid. Raises FactorError where nothing says how many."""
        span = self.span
        if self._listed is not None and span.steps is None:
            return self._listed
        if span.steps is None:
            problem = f"nothing says at how many settings '{self.key}' is played"
            hint = "add `steps: 5` or list `values`"
            raise FactorError(problem, "a grid has settings", hint, self.where)
        if self._listed is None and (span.form == "low" or self._is_plain_lever):
            return np.linspace(*self._bounds, span.steps)
        return self.at((np.arange(span.steps) + 0.5) / span.steps)

    def must_allow(self, setting: Any) -> None:
        """Refuse a setting from elsewhere that is none of those the study gives the key.

        Raises FactorError where it is not.
        """
        expected = ""
        if self._listed is not None and setting not in self._listed.tolist():
            settings = self._listed.tolist()[:12]
            expected = f"it is one of {', '.join(quote_value(value) for value in settings)}"
        elif self.span.form == "low" and not self._bounds[0] <= setting <= self._bounds[1]:
            expected = f"it lies between {self._bounds[0]:g} and {self._bounds[1]:g}"
        if expected:
            problem = f"{self.key} is {quote_value(setting)}"
            raise FactorError(problem, expected, "widen its range in the study", self.where)

    @property
    def _is_plain_lever(self) -> bool:
        """Return whether it is a lever over the range of the scenario."""
        return self.kind == "lever" and self.span.form is None

    @property
    def _bounds(self) -> tuple[float, float]:
        """Return the lowest and the highest setting, of its own or of the lever."""
        if self.span.low is not None and self.span.high is not None:
            return self.span.low, self.span.high
        lever = self.scenario.levers[self.key]
        return lever.low, lever.high

    @cached_property
    def _listed(self) -> Column | None:
        """Return single settings in order, where it has those."""
        span = self.span
        if span.values is not None:
            return column([parse_switch(self.baseline, value) for value in span.values])
        if span.integers is not None:
            return np.arange(span.integers[0], span.integers[1] + 1)
        return None


def parse_switch(baseline: Any, setting: Any) -> Any:
    """Return a switch as true or false, where the key is one; anything else as it is."""
    return SWITCH.get(str(setting).lower(), setting) if isinstance(baseline, bool) else setting


def column(values: Sequence[Any]) -> Column:
    """Return settings as an array of the type that they have in common."""
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return np.array(values, dtype=bool)
    if kinds == {int}:
        return np.array(values, dtype=np.int64)
    if kinds <= {int, float}:
        return np.array(values, dtype=np.float64)
    words = np.empty(len(values), dtype=object)
    words[:] = [quote_value(value).strip("'") for value in values]
    return words


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
        problem = f"'{key}' is certain in the scenario"
        raise FactorError(problem, "", "give its range here, such as {low: 0, high: 1}")
    factor = Factor(key, side, kind, span, baseline, scenario)
    if span.baseline is not None:
        factor = Factor(key, side, kind, span, span.baseline, scenario)
    _must_be_numbers(factor)
    for setting in _extremes(factor):
        must_be_possible(factor, setting)
    return factor


def _value_at(scenario: Scenario, key: str) -> Any:
    """Return the value of the scenario at a path."""
    for name, event in scenario.events.items():
        if key == f"events.{name}.scheduled":  # which is dumped only where it is set
            return event.scheduled
    value: Any = scenario.model_dump(mode="json")
    for word in key.split("."):
        step = int(word) if isinstance(value, list) and word.isdigit() else word
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            keys = [*scenario.levers, *scenario.quantities()]
            problem = f"{scenario.scenario} has no lever or value '{key}'"
            raise FactorError(problem, "", not_a_key(key, keys)) from None
    if isinstance(value, dict) and schema_errors.is_quantity(
        schema_errors.annotation_at(_path(key))
    ):
        return value.get("value")
    if isinstance(value, list | dict):
        raise FactorError(f"'{key}' holds several values", "", "name one of them")
    return value


def _path(key: str) -> Path:
    """Return a key as the path that error messages use."""
    return tuple(int(word) if word.isdigit() else word for word in key.split("."))


def _must_be_numbers(factor: Factor) -> None:
    """Refuse words where a lever or a number is set."""
    if factor.kind == "value":
        return
    settings = [factor.baseline, *(factor.span.values or ())]
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in settings):
        problem = f"'{factor.key}' is a {factor.kind}"
        raise FactorError(problem, "its settings are numbers", where=factor.where)


def _extremes(factor: Factor) -> list[Any]:
    """Return settings that tell whether all of them are possible.

    The scenario's own setting is possible, so it is left out.
    """
    settings = [] if factor.span.baseline is None else [factor.baseline]
    if factor.span.form is None:
        return settings
    if factor.span.form == "values":
        return [*settings, *(factor._listed if factor._listed is not None else ())]
    return [*settings, *factor.at(np.array([FINEST_LUCK, 1.0 - FINEST_LUCK]))]


def must_be_possible(factor: Factor, setting: Any) -> None:
    """Refuse a setting that the scenario would refuse, with the scenario's message."""
    if factor.kind == "lever":
        lever = factor.scenario.levers[factor.key]
        if not lever.low <= float(setting) <= lever.high:
            problem = f"lever '{factor.key}' is set to {float(setting):g}"
            expected = f"it lies between {lever.low:g} and {lever.high:g} ({lever.unit})"
            raise FactorError(problem, expected, where=factor.where)
        return
    try:
        with_changes(factor.scenario, {factor.key: yaml_value(setting)})
    except ScenarioError as error:
        issue: ValidationIssue = error.complaints[0]
        raise FactorError(issue.found, issue.expected, issue.hint, factor.where) from None


def yaml_value(setting: Any) -> Any:
    """Return a setting as it would be written in a scenario."""
    if isinstance(setting, np.bool_ | bool):
        return "true" if setting else "false"
    return setting.item() if isinstance(setting, np.generic) else setting
