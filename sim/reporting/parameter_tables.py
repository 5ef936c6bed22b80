"""The table of a scenario's numbers, as it stands in `sim/README.md`.

python -m sim.reporting.parameter_tables --write     put today's tables into the document
python -m sim.reporting.parameter_tables --check     end with 1 if the document is not up to date
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic.fields import FieldInfo

from sim.scenario.checks.strategies import every_strategy
from sim.scenario.errors import dotted
from sim.scenario.loading import load_scenario, scenario_names
from sim.scenario.packages import feasible_packages
from sim.scenario.quantity import Quantity
from sim.scenario.schema import Part, Scenario, Strategy, War
from sim.theory.war import WAR_MODULES

DOCUMENT = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- parameters: begin -->", "<!-- parameters: end -->"


#: What a number is where the schema leaves it to the name.
WORDS = {
    "Remains.number": "the dead who are held on the first day, as known",
    "Remains.leverage": "how much holding one of them restrains the other side",
    "Rescue.attempts_per_day": "attempts per day of war",
    "Prisoners.number": "prisoners held on the first day",
    "RedLine.price": "cost of a package that crosses the line, utils",
    "Ratification.price": "cost of signing against the vote, utils",
    "Audience.cost": "cost of giving up the whole of a fully public position, utils",
    "Constituency.half_life_days": "days in which half of an unusual mobilisation calms down",
    "Constituency.stirred_by": "share of the calm whom one such event mobilises",
    "Constituency.exchange_weight": "weight of the exchange against the settlement",
    "Constituency.interests": "worth of the full extent of an issue; negative where it costs",
    "Constituency.settlement": "worth of the war ending at each level (1 = own aims fully met)",
    "Information.signal_error": "chance that its information is wrong",
    "Information.war_aversion": "how it dreads war, utils",
    "Information.cost_low": "cost of war to a resolute opponent, utils",
    "Information.cost_high": "cost of war to an opponent who is not, utils",
    "Mediator.bias": "leaning towards the party, -1 to 1",
    "Mediator.access": "how well it knows what the party would settle for",
    "Channel.every_days": "days from one round to the next",
    "Channel.exposure_half_life_days": "days in which public attention halves",
    "Channel.suspensions_per_day": "suspensions per day of war without one",
    "Channel.suspension_days": "days that a suspension lasts",
    "Effects.guarantee": "per util that breaking a guarantee costs, log hazard",
    "Effects.trust": "per unit of trust above one half, log hazard",
    "Effects.pending": "per share of the exchange still to come, log hazard",
    "Effects.pressure": "per util of side payments, log hazard",
    "Effects.extension": "once the truce was extended, log hazard",
    "Effects.dispute": "while a dispute is open, log hazard",
    "Effects.grace": "after the term, under a guarantee, log hazard",
    "Extension.captives_per_day": "captives for one more day",
    "Truce.shape": "Weibull shape; below 1 the danger falls with age",
    "Truce.scale_days": "Weibull scale, days",
    "Truce.trust_kept": "promises kept, imagined beforehand",
    "Truce.trust_broken": "promises broken, imagined beforehand",
    "Truce.batch_every_days": "days from one batch to the next",
    "Truce.violations_per_day": "breaches per day of truce, by all parties together",
    "Truce.second_phase_from_day": "days after its beginning when a truce's next text is discussed",
}


def parameter_table(scenario: Scenario) -> str:
    """Return every number of a scenario in Markdown: path, centre, range, what it is, what it
    rests on.
    """
    groups: dict[str, list[str]] = {}
    for path, number in scenario.quantities().items():
        groups.setdefault(_group(path), []).append(_row(scenario, path, number))
    return "\n\n".join(
        f"**{title}**\n\n{_head('number', 'centre', 'range', 'what it is', 'rests on')}\n"
        + "\n".join(rows)
        for title, rows in groups.items()
    )


def lever_table(scenario: Scenario) -> str:
    """Return the levers of a scenario in Markdown."""
    rows = [
        _line(
            f"`{name}`",
            f"{lever.default:g}",
            f"{lever.low:g} to {lever.high:g}",
            f"{lever.label} ({lever.unit})",
            ", ".join(f"`{move.key}`" for move in lever.moves),
        )
        for name, lever in scenario.levers.items()
    ]
    head = _head("lever", "default", "range", "what it is (unit)", "moves")
    return "\n".join([head, *rows])


def difference_table(scenario: Scenario, other: Scenario) -> str:
    """Return the numbers of a scenario that another one lacks or has differently, in Markdown."""
    here, there = scenario.quantities(), other.quantities()
    rows = [
        _line(f"`{path}`", *(_told(numbers.get(path)) for numbers in (here, there)))
        for path in dict.fromkeys([*here, *there])
        if _content(here.get(path)) != _content(there.get(path))
    ]
    return "\n".join([_head("number", scenario.scenario, other.scenario), *rows])


def count_table(scenario: Scenario) -> str:
    """Return how many numbers a scenario has of each kind and footing, in Markdown."""
    counts: dict[str, Counter[str]] = {}
    for path, number in scenario.quantities().items():
        counts.setdefault(_group(path), Counter())[number.basis or "sourced"] += 1
    rows = [
        _line(group, *(str(found[kind]) for kind in ("sourced", "judgement", "definition")))
        for group, found in counts.items()
    ]
    return "\n".join([_head("numbers of", "sourced", "judgement", "definition"), *rows])


def section(names: Iterable[str] | None = None) -> str:
    """Return what stands between the two markers: these scenarios, or every one at hand."""
    scenarios = [load_scenario(name) for name in names or scenario_names()]
    parts = [_in_full_and_by_difference(conflict) for conflict in conflicts(scenarios)]
    parts += [_by_count(scenario) for scenario in scenarios if scenario.fictional]
    return "\n\n".join(parts)


def conflicts(scenarios: Sequence[Scenario]) -> list[list[Scenario]]:
    """Return real cases by conflict: those with the same parties, the most packages first."""
    by_parties: dict[frozenset[str], list[Scenario]] = {}
    for scenario in scenarios:
        if not scenario.fictional:
            by_parties.setdefault(frozenset(scenario.parties), []).append(scenario)
    return [
        sorted(cases, key=lambda case: -len(feasible_packages(case)))
        for cases in by_parties.values()
    ]


def _in_full_and_by_difference(conflict: Sequence[Scenario]) -> str:
    """Return the first scenario of a conflict in full, and the others by what differs from it."""
    full, *others = conflict
    parts = [
        f"### {full.scenario}\n\n{_summary(full)}",
        parameter_table(full),
        f"**levers**\n\n{lever_table(full)}",
    ]
    for other in others:
        words = f"{_summary(other)} Where its numbers are not those above:"
        parts += [f"### {other.scenario}\n\n{words}", difference_table(other, full)]
    return "\n\n".join(parts)


def _by_count(scenario: Scenario) -> str:
    """Return an invented scenario, whose numbers are counted."""
    return f"### {scenario.scenario}\n\n{_summary(scenario)}\n\n{count_table(scenario)}"


def what_it_is(scenario: Scenario, path: str) -> str:
    """Return what a number is, in the words of the schema; raises KeyError where nobody says it."""
    owner, field = _owner(scenario, path)
    name = path.rsplit(".", 1)[1]
    if isinstance(owner, Strategy | War) and field == "numbers":
        return str(_strategy_at(scenario, path).numbers[name])
    if field == "war":
        return WAR_MODULES[scenario.war.kind].party_numbers[name]
    return _description(type(owner).model_fields[field]) or WORDS[f"{type(owner).__name__}.{field}"]


def _strategy_at(scenario: Scenario, path: str) -> Any:
    """Return the entry that a strategy names whose number stands at a path."""
    for place, strategy, entries in every_strategy(scenario):
        if path.startswith(f"{dotted(place)}.numbers."):
            return entries[strategy.kind]
    raise KeyError(path)


def _owner(scenario: Scenario, path: str) -> tuple[Part, str]:
    """Return the innermost part of the scenario on the way to a number, and its field."""
    here: Any = scenario
    owner: Part = scenario
    field = path
    for segment in path.split("."):
        if isinstance(here, Part):
            owner, field = here, segment
            here = getattr(here, segment)
        else:
            here = here[int(segment)] if isinstance(here, list) else here[segment]
    return owner, field


def _description(field: FieldInfo) -> str:
    """Return the description of a field, which may stand inside its annotation."""
    return field.description or next(_remarks(field.annotation), "")


def _remarks(annotation: Any) -> Iterator[str]:
    for part in get_args(annotation):
        if isinstance(part, FieldInfo) and part.description:
            yield part.description
        yield from _remarks(part)


def _group(path: str) -> str:
    """Return the heading under which a number is told: `parties.north.constituencies.families`."""
    segments = path.split(".")
    if segments[0] == "parties":
        return ".".join(segments[: 4 if segments[2] == "constituencies" else 2])
    return ".".join(segments[: 2 if segments[0] == "mediators" else 1])


def _row(scenario: Scenario, path: str, number: Quantity) -> str:
    rests = number.source or number.basis or ""
    return _line(f"`{path}`", _centre(number), _range(number), what_it_is(scenario, path), rests)


def _centre(number: Quantity) -> str:
    return f"{number.centre:.4g}"


def _range(number: Quantity) -> str:
    """Return how far a number may be from its centre; with the centre this is its distribution."""
    if number.is_certain:
        return "–"
    if number.lognormal is not None:
        return f"lognormal, sigma {number.lognormal.sigma:g}"
    if number.normal is not None:
        return f"normal, sd {number.normal.sd:g}"
    if number.beta is not None:
        return f"beta({number.beta.a:g}, {number.beta.b:g})"
    if number.discrete is not None:
        return "; ".join(f"{value:g} × {weight:g}" for value, weight in number.discrete.items())
    low, high = number.support
    form = ", PERT" if number.pert else ", uniform" if number.uniform else ""
    return f"{low:g} to {high:g}{form}"


def _told(number: Quantity | None) -> str:
    """Return a number in one cell."""
    if number is None:
        return "none"
    rests = number.source or number.basis
    spread = "" if number.is_certain else f" ({_range(number)})"
    return f"{_centre(number)}{spread}, {rests}"


def _content(number: Quantity | None) -> dict[str, Any] | None:
    return None if number is None else number.model_dump(exclude={"note"})


def _summary(scenario: Scenario) -> str:
    counts = Counter(number.basis or "sourced" for number in scenario.quantities().values())
    return (
        f"{len(feasible_packages(scenario))} packages, {counts.total()} numbers: "
        f"{counts['sourced']} sourced, {counts['judgement']} judgements, "
        f"{counts['definition']} definitions."
    )


def _head(*titles: str) -> str:
    return _line(*titles) + "\n" + _line(*["---"] * len(titles))


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def refreshed(text: str, names: Iterable[str] | None = None) -> str:
    """Return the document with the tables of these scenarios, or of every one at hand.

    Raises ValueError without markers.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document needs the two markers {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{section(names)}\n\n{END}{after}"


def main() -> None:
    """Write the tables, or check them."""
    parser = argparse.ArgumentParser(
        prog="python -m sim.reporting.parameter_tables", description=__doc__
    )
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--write", action="store_true", help="bring the document up to date")
    wanted.add_argument("--check", action="store_true", help="end with 1 if it is not")
    check = parser.parse_args().check
    old = DOCUMENT.read_text(encoding="utf-8")
    new = refreshed(old)
    if check and new != old:
        again = "python -m sim.reporting.parameter_tables --write"
        sys.exit(f"{DOCUMENT.name} is not up to date; run: {again}")
    if not check:
        DOCUMENT.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
