"""Read the scenario of a log as it was written, that of an earlier theory for its words alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import (
    Field,
    SerializeAsAny,
    TypeAdapter,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from sim.scenario.schema import Scenario, Stances

#: Leaderships that never turn: what stands in for the stances that an earlier theory did not know.
NO_STANCES = Stances.model_validate(
    {
        "reconsiders": {"value": 0.0, "basis": "definition"},
        "window_days": {"value": 1.0, "basis": "definition"},
    }
)


class FirstTheoryScenario(Scenario):
    """A scenario of the first theory, in which leaderships were neither firm nor flexible.

    Its words, issues and roles are read as ever, and it is written as it was. No model plays it.
    """

    stances: Stances = Field(NO_STANCES, exclude=True)


def _of_its_theory(written: object, read: ValidatorFunctionWrapHandler) -> Scenario:
    """Return a scenario, one without stances as of the first theory."""
    if isinstance(written, Mapping) and "stances" not in written:
        return FirstTheoryScenario.model_validate(dict(written))
    scenario: Scenario = read(written)
    return scenario


#: A scenario in a log.
WrittenScenario = Annotated[SerializeAsAny[Scenario], WrapValidator(_of_its_theory)]


_READER: TypeAdapter[Scenario] = TypeAdapter(WrittenScenario)


def read_scenario(text: str) -> Scenario:
    """Return the scenario that a log holds as JSON; raise ValueError where it is none."""
    return _READER.validate_json(text)
