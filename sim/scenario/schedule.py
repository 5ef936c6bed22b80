"""Scheduling outside events: a scenario in which some of them come on chosen days in every run."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

import numpy as np

from sim.scenario.schema import OutsideEvent, Scenario

#: Which events come on which days: a day by the name of each, or names with days.
Schedule = Mapping[str, int] | Iterable[tuple[str, int]]


class EventError(ValueError):
    """An outside event that the scenario does not have, or that cannot come on such a day."""


def scheduled(scenario: Scenario, events: Schedule, days: int) -> Scenario:
    """Return a scenario in which some of its events come on some days in every run.

    `days` are played. An event's days take the place of those for which the file schedules it.
    Raises EventError with the way out.
    """
    pairs = list(events.items() if isinstance(events, Mapping) else events)
    by_event: dict[str, list[int]] = {}
    for name, day in pairs:
        if name not in scenario.events:
            raise EventError(_no_such_event(scenario, name))
        if not isinstance(day, int | np.integer) or isinstance(day, bool):
            raise EventError(f"event '{name}' is scheduled for {day!r}; a day is a whole number")
        by_event.setdefault(name, []).append(int(day))
    changed = {}
    for name, on in by_event.items():
        text = ", ".join(map(str, sorted(set(on))))
        if min(on) < 0:
            raise EventError(f"event '{name}' is scheduled for day {min(on)}; days count from 1")
        changed[name] = scenario.events[name].model_copy(update={"scheduled": text})
        if trouble := schedule_trouble(changed[name], days):
            raise EventError(f"event '{name}' is scheduled for day {text}; {trouble}")
    if not changed:
        return scenario
    return scenario.model_copy(update={"events": {**scenario.events, **changed}})


def _no_such_event(scenario: Scenario, name: object) -> str:
    near = difflib.get_close_matches(str(name), scenario.events, n=1)
    names = ", ".join(scenario.events) or "none"
    hint = f"did you mean '{near[0]}'?" if near else f"its events are: {names}"
    return f"{scenario.scenario} has no event '{name}'; {hint}"


def schedule_trouble(event: OutsideEvent, days: int) -> str:
    """Return why an event cannot come on the days for which it is scheduled; empty if it can."""
    for day in event.scheduled_days:
        if not 1 <= day <= days:
            return f"a day lies between 1 and {days}, the days that are played"
    if event.once and len(event.scheduled_days) > 1:
        return "it comes only once; schedule it for one day, or let it come again by `once: false`"
    return ""
