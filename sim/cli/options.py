"""The options and settings that commands share, and reading what they name."""

from __future__ import annotations

import difflib
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.errors import BadInputError

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario


#: A run uses this many cores, unless told otherwise or there are fewer.
CORES = 2


#: No command plays more talks than this in one go: some 2 GB on the disk, at about 170 bytes each.
MOST_RUNS = 10_000_000

#: Nor follows them for longer; `sim.scenario.schema` has the same number and is not light.
MOST_DAYS = 3650

#: No seed is greater; `sim.engine.simulate` has the same number.
MOST_SEED = 2**63 - 1


def _not_too_many(runs: int | None) -> int | None:
    if runs is not None and runs > MOST_RUNS:
        raise typer.BadParameter(
            f"{runs:,} talks are too many for one command: it plays at most {MOST_RUNS:,}, some "
            "2 GB on the disk; 10,000 already give a share to within one in a hundred"
        )
    return runs


def _not_too_great(seed: int) -> int:
    if seed > MOST_SEED:
        raise typer.BadParameter(f"a seed is at most {MOST_SEED:,}")
    return seed


_OUT = typer.Option(
    "--out", metavar="DIR", help="a folder for the results: new, empty, or of this very command"
)

Name = Annotated[str, typer.Argument(metavar="NAME|FILE", help="a scenario's name, or its file")]
Runs = Annotated[
    int,
    typer.Option(
        min=1, callback=_not_too_many, help=f"how many talks to simulate, at most {MOST_RUNS:,}"
    ),
]
FurtherRuns = Annotated[
    int,
    typer.Option(
        "--further",
        min=0,
        callback=_not_too_many,
        help="talks in each arm, to say why there is no deal and what matters; 0: leave out",
    ),
]
Budget = Annotated[
    int,
    typer.Option(min=1, callback=_not_too_many, help="about how many talks to simulate in all"),
]
Seed = Annotated[
    int,
    typer.Option(min=0, callback=_not_too_great, help="the luck: the same seed, the same results"),
]
Days = Annotated[
    int | None,
    typer.Option(
        min=1, max=MOST_DAYS, help="how long to follow the talks", show_default="scenario's"
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="a lever, or a value by its path; repeatable"),
]
Events = Annotated[
    list[str] | None,
    typer.Option(
        "--event",
        metavar="NAME@DAY",
        help="an outside event of the scenario that comes on this day; repeatable",
    ),
]
Plugins = Annotated[
    list[str] | None,
    typer.Option(
        "--plugin",
        metavar="FILE.py",
        help="tactics, war modules or other strategies of your own; repeatable",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="how many processes", show_default=f"up to {CORES} cores"),
]
JsonTo = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE|-", help="write the summary as JSON; - prints only that"),
]
Out = Annotated[Path | None, _OUT]
OutWanted = Annotated[Path, _OUT]


# --- What the user sets


def pairs(settings: list[str] | None, option: str) -> dict[str, str]:
    """KEY=VALUE settings as a mapping; raises BadInputError for what is not one, or twice."""
    found: dict[str, str] = {}
    for setting in settings or []:
        key, equals, value = (part.strip() for part in setting.partition("="))
        if not key or not equals or not value:
            raise BadInputError(f"{option} {shlex.quote(setting)} is not of the form KEY=VALUE")
        if key in found:
            raise BadInputError(f"{option} sets {key} twice; set it once")
        found[key] = value
    return found


def load(
    name: str,
    settings: Mapping[str, str],
    plugins: list[str] | None = None,
    events: list[str] | None = None,
    days: int | None = None,
) -> tuple[Scenario, dict[str, float]]:
    """Return a scenario with some of its values changed, and the levers that are moved.

    `events` come on their days, each as NAME@DAY, of the `days` that are played. Raises
    BadInputError, ScenarioError, LeverError or EventError for what cannot be set.
    """
    from sim.engine.sampling import check_levers
    from sim.scenario.errors import ScenarioError
    from sim.scenario.loading import load_scenario

    scenario = load_scenario(name, plugins=plugins or ())
    levers = {key: value for key, value in settings.items() if key in scenario.levers}
    changes = changes_in(settings, scenario)
    if changes:
        try:
            scenario = load_scenario(name, changes)
        except ScenarioError as error:
            unknown = [c.key for c in error.complaints if c.key in changes and not c.line]
            if unknown:
                raise BadInputError("\n".join(_unknown(key, scenario) for key in unknown)) from None
            raise
    scenario = _with_events(scenario, events or [], days or scenario.days)
    return scenario, check_levers(scenario, {k: _number(k, v) for k, v in levers.items()})


def _with_events(scenario: Scenario, events: list[str], days: int) -> Scenario:
    """Return a scenario in which some outside events come on some days, each as NAME@DAY.

    Raises BadInputError for what is not of this form, and EventError for what cannot be scheduled.
    """
    from sim.scenario.schedule import scheduled

    pairs = []
    for event in events:
        name, at, day = (part.strip() for part in event.rpartition("@"))
        if not at or not name or not day.isdecimal():
            raise BadInputError(
                f"--event {shlex.quote(event)} is not of the form NAME@DAY, such as NAME@40"
            )
        pairs.append((name, int(day)))
    return scheduled(scenario, pairs, days)


def changes_in(settings: Mapping[str, str], scenario: Scenario) -> dict[str, str]:
    """Return the settings that change a value of the scenario and move no lever."""
    return {key: value for key, value in settings.items() if key not in scenario.levers}


def _number(lever: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise BadInputError(f"lever '{lever}' is {value!r}; it takes a number") from None


def _unknown(key: str, scenario: Scenario) -> str:
    """Return the complaint about a key that is neither lever nor value, with the nearest of
    each.
    """
    found = f"--set {key}: {scenario.scenario} has no lever and no value of this name"
    nearest = [
        f"the {what} '{near}'"
        for what, known in (("lever", scenario.levers), ("value", scenario.quantities()))
        for near in difflib.get_close_matches(key, known, n=1)
    ]
    if nearest:
        return f"{found}; did you mean {' or '.join(nearest)}?"
    levers = ", ".join(scenario.levers) or "none"
    return f"{found}; its levers: {levers}; `parley show --numbers` lists its values"


def as_command(
    verb: str, name: str, *, sets: Mapping[str, list[str] | None], **options: object
) -> str:
    """Return the command that gives the same results again, quoted for a shell."""
    words = ["parley", verb, name]
    for option, value in options.items():
        words += [f"--{option}", str(value)]
    for option, settings in sets.items():
        for setting in settings or []:
            words += [option, setting]
    return shlex.join(words)


def cores() -> int:
    """Return how many processes play where the user does not say."""
    return min(CORES, os.cpu_count() or 1)
