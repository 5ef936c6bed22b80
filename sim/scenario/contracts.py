"""What every tactic, war module, way of judging permanence and formulation must keep to.

The same checks hold what Parley ships (`tests/contracts/`) and what a user brings in a file of
their own (`sim.scenario.plugins`). Each takes an entry of a dictionary and raises `ContractError`
with the first promise that is broken.
"""

from __future__ import annotations

import inspect
import pickle
import traceback
from collections.abc import Callable, Mapping
from dataclasses import fields
from itertools import pairwise
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.scenario.errors import ScenarioError, ValidationIssue, dotted
from sim.theory.bargaining import NO_PACKAGE, SingleText, zopa
from sim.theory.concession import ConcessionInput
from sim.theory.war import WarState
from sim.types import Floats, Numbers

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

#: Runs, and what else there is several of, in each check.
RUNS, PARTIES, CASES, PACKAGES, DAYS = 24, 3, 4, 12, 30

#: Numbers that need not move a result, by kind of entry: they are on their way out of the model.
MAY_BE_IDLE: dict[str, frozenset[str]] = {
    "tactic": frozenset(),
    "war module": frozenset(),
    "way of judging permanence": frozenset({"sharpness"}),
    "formulation": frozenset(),
}

#: What a result may miss its bounds by, in utils.
SLACK = 1e-6

Sample = dict[str, Floats]


class ContractError(Exception):
    """An entry breaks a promise; `line` is where in its file, 0 where nobody knows."""

    def __init__(self, broken: str, line: int = 0) -> None:
        super().__init__(broken)
        self.line = line


def check_entry(kind: str, entry: Any) -> None:
    """Hold an entry of a dictionary to the contract of its kind, a key of `CONTRACTS`.

    Raises ContractError with the first promise that is broken. An error that the entry raises is
    a broken promise too, whatever its type.
    """
    try:
        CONTRACTS[kind](entry)
    except ContractError as error:
        raise ContractError(str(error), error.line or line_of_entry(entry)) from None
    except (Exception, SystemExit) as error:  # what is called here is code of somebody else
        file = inspect.getsourcefile(class_of(entry)) if not callable_only(entry) else None
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
        line = (frames[-1].lineno or 0) if frames else line_of_entry(entry)
        raise ContractError(f"it raises {type(error).__name__}: {error}", line) from error


def check_strategies(scenario: Scenario, file: FilePath) -> None:
    """Hold every strategy that a scenario names to its contract.

    Raises ScenarioError with the lines of the file that name those which break it.
    """
    from sim.scenario.checks.strategies import every_strategy
    from sim.scenario.loading import line_in

    kinds = {"tactic": "tactic", "permanence": "way of judging permanence", "war": "war module"}
    issues = []
    for path, strategy, entries in every_strategy(scenario):
        entry = entries[strategy.kind]
        try:
            check_entry(kinds.get(str(path[-1]), "formulation"), entry)
        except ContractError as error:
            place = (*path, "kind")
            source = FilePath(inspect.getsourcefile(class_of(entry)) or "").name
            found = f"{dotted(place)} names '{strategy.kind}', which breaks its contract: {error}"
            hint = f"look at {source}:{error.line}"
            line = line_in(file, place)
            issues.append(ValidationIssue(file.name, line, dotted(place), found, "", hint))
    if issues:
        raise ScenarioError(issues)


def class_of(entry: Any) -> Any:
    """Return the class of an entry, which is a class, an instance or a function."""
    return entry if inspect.isclass(entry) or inspect.isfunction(entry) else type(entry)


def callable_only(entry: Any) -> bool:
    """Tell whether an entry has no source that can be looked up, such as a built-in function."""
    return not (inspect.isclass(class_of(entry)) or inspect.isfunction(entry))


def line_of_entry(entry: Any) -> int:
    """Return the line on which an entry is defined in its file, or 0."""
    try:
        return inspect.getsourcelines(class_of(entry))[1]
    except (OSError, TypeError):
        return 0


# --- What holds for all of them


def _promise(kept: Any, broken: str) -> None:
    if not kept:
        raise ContractError(broken)


def _check_class(entry: Any, methods: tuple[str, ...], tables: tuple[str, ...]) -> Any:
    """Check what an entry declares, and return an instance."""
    _promise(inspect.isclass(entry), "enter the class itself, without brackets")
    _check_declarations(entry, methods, tables)
    return entry()


def _check_declarations(entry: Any, methods: tuple[str, ...], tables: tuple[str, ...]) -> None:
    described = class_of(entry).__dict__.get("__doc__") or ""
    generated = described.startswith(f"{class_of(entry).__name__}(")
    _promise(described and not generated, "its class has no docstring that says what it does")
    for method in methods:
        _promise(callable(getattr(entry, method, None)), f"it has no method `{method}`")
    for table in tables:
        numbers = getattr(entry, table, None)
        _promise(
            isinstance(numbers, Mapping),
            f"`{table}` is missing or no mapping; it maps the name of each number to what it is: "
            '{"opening": "share conceded at once"}',
        )
        for name, words in dict(numbers or {}).items():
            _promise(
                isinstance(words, str) and words, f"its number `{name}` is not described in words"
            )
    bounds = getattr(entry, "bounds", None)
    _promise(isinstance(bounds, Mapping), "`bounds` is missing; it may be empty: {}")
    names = {name for table in tables for name in getattr(entry, table)}
    for name, (low, high) in dict(bounds or {}).items():
        _promise(name in names, f"`bounds` names `{name}`, which is none of its numbers")
        _promise(low < high, f"the bounds of `{name}` are {low:g} and {high:g}")


def _check_value(entry: Any) -> None:
    """Check that an instance is a value: it travels between processes and serves as a key."""
    try:
        again = pickle.loads(pickle.dumps(entry))
    except (Exception, SystemExit) as error:  # pickling calls what the class defines
        raise ContractError(f"it cannot be pickled, which worker processes need: {error}") from None
    frozen = type(entry).__hash__ is not None and again == entry and hash(again) == hash(entry)
    _promise(frozen, "make its class `@dataclass(frozen=True)`")


def _sample(names: Mapping[str, str], bounds: Mapping[str, Any], seed: int) -> Sample:
    """Values of some numbers within their bounds, (runs,) each, that nobody can write to."""
    values = {}
    for place, name in enumerate(names):
        rng = np.random.default_rng((seed, place))
        low, high = bounds.get(name, (-np.inf, np.inf))
        start = low if np.isfinite(low) else -2.0
        spread = 10.0 ** rng.uniform(-1.5, 1.5, RUNS)
        if np.isfinite(high):
            spread = rng.uniform(0.1, 0.99, RUNS) ** 3 * (high - start)  # small ones often matter
        values[name] = _frozen(start + spread)
    return values


def _frozen(values: Numbers) -> Any:
    values.setflags(write=False)
    return values


def _rows(numbers: Sample, rows: Any) -> Sample:
    return {name: value[rows] for name, value in numbers.items()}


def _check_array(what: str, values: Any, shape: tuple[int, ...]) -> None:
    """Check that a result is an array of finite numbers, of the shape that was promised."""
    kind = type(values).__name__
    _promise(isinstance(values, np.ndarray), f"{what} is a {kind}; expected an array")
    _promise(
        values.shape == shape,
        f"{what} has shape {np.shape(values)}; expected {shape}, one entry per run first",
    )
    wrong = int((~np.isfinite(values)).sum())
    _promise(not wrong, f"{what} is not finite in {wrong} of {values.size} entries")


def _check_alone(what: str, company: Numbers, alone: Callable[[Any], Numbers]) -> None:
    """Check that a run has the same result alone as among others."""
    for run in range(len(company)):
        _promise(
            np.array_equal(alone(slice(run, run + 1))[0], company[run]),
            f"{what} of a run is different when the run is computed alone: no run may look at "
            "another",
        )


def _check_every_number_moves(
    kind: str, names: Mapping[str, str], result: Callable[[int, str], list[Any]]
) -> None:
    """Check that each number changes some result of `result(seed, number to draw anew)`."""
    plain = result(0, "")
    for name in names:
        if name in MAY_BE_IDLE[kind]:
            continue
        moved = any(
            not np.array_equal(one, other)
            for seed in (1, 2)
            for one, other in zip(plain, result(seed, name), strict=True)
        )
        _promise(moved, f"its number `{name}` moves nothing; leave it out")


def _redrawn(
    names: Mapping[str, str], bounds: Mapping[str, Any], seed: int, name: str, base: int = 0
) -> Sample:
    """Return the values of some numbers, with one of them drawn anew."""
    values = _sample(names, bounds, base)
    return {**values, name: _sample(names, bounds, seed + 100)[name]} if name in values else values


# --- Tactics


def check_tactic(entry: Any) -> None:
    """Hold a tactic to what `sim.theory.concession.Tactic` promises."""
    tactic = _check_class(entry, ("__call__",), ("numbers",))
    _check_value(tactic)
    numbers = _sample(entry.numbers, entry.bounds, 0)
    stance = _concession_input(0.0)
    held = tactic(numbers, stance)
    _check_array("the aspiration", held, (RUNS,))
    top = np.maximum(stance.top, stance.reservation)
    _promise((held >= stance.reservation - SLACK).all(), "it holds out for less than no deal")
    _promise((held <= top + SLACK).all(), "it holds out for more than the best deal in sight")
    _check_alone(
        "the aspiration",
        held,
        lambda rows: tactic(_rows(numbers, rows), _concession_input(0.0, rows)),
    )
    courses = [tactic(numbers, _concession_input(days)) for days in (0.0, 5.0, 20.0, 80.0, 320.0)]
    if getattr(entry, "monotone", False):
        falls = all((after <= before + SLACK).all() for before, after in pairwise(courses))
        _promise(falls, "it says `monotone = True`, and holds out for more as talks go on")

    def result(seed: int, name: str) -> list[Any]:
        redrawn = _redrawn(entry.numbers, entry.bounds, seed, name)
        return [tactic(redrawn, _concession_input(days)) for days in (0.0, 5.0, 20.0)]

    _check_every_number_moves("tactic", entry.numbers, result)


def _concession_input(days: float, rows: Any = slice(None)) -> ConcessionInput:
    """Return where parties stand so many days after a staggered beginning, in some runs."""
    rng = np.random.default_rng(7)
    reservation = rng.uniform(-0.5, 0.8, RUNS)
    top = reservation + rng.uniform(-0.1, 0.8, RUNS)
    elapsed = days + rng.integers(0, 4, RUNS)
    delay_cost = rng.uniform(0.0, 0.02, RUNS)
    urgency = rng.uniform(0.0, 0.5, RUNS)
    columns = (reservation, top, elapsed, delay_cost, urgency)
    return ConcessionInput(*(_frozen(column[rows].astype(float)) for column in columns))


# --- War modules

_WAR_METHODS = (
    "first_state",
    "value",
    "daily_cost",
    "evidence",
    "undeceived",
    "battle_chance",
    "forward_wins",
    "advance_battle",
    "advance_truce_day",
    "victory",
)


def check_war(entry: Any) -> None:
    """Hold a war module to what `sim.theory.war.WarModule` promises."""
    war = _check_class(entry, _WAR_METHODS, ("numbers", "party_numbers"))
    _promise(
        isinstance(getattr(entry, "has_sides", None), bool), "`has_sides` is not True or False"
    )
    _check_value(war)
    numbers = _sample(entry.numbers, entry.bounds, 0)
    own = _sample(entry.party_numbers, entry.bounds, 50)
    state = _war_after(war, numbers, slice(None), check=True)
    _check_alone_war(war, numbers, state)
    _check_value_of_war(war, numbers, own, state)

    def result(seed: int, name: str) -> list[Any]:
        ours = _redrawn(entry.numbers, entry.bounds, seed, name)
        theirs = _redrawn(entry.party_numbers, entry.bounds, seed, name, base=50)
        then = _war_after(war, ours, slice(None), days=3)
        later = _war_after(war, ours, slice(None))
        values = [_value_of_war(war, ours, theirs, then, forward) for forward in (True, False)]
        truth = war.undeceived(theirs, ours)
        values.append(_value_of_war(war, ours, truth, then, True))
        values += [war.battle_chance(ours, then), war.daily_cost(theirs)]
        states = [*_columns(then), *_columns(later)]
        return [*values, *states, *war.victory(ours, then), *war.victory(ours, later)]

    _check_every_number_moves("war module", {**entry.numbers, **entry.party_numbers}, result)


def _columns(state: WarState) -> list[Any]:
    return [getattr(state, f.name) for f in fields(state)]


def _check_state(what: str, state: Any, like: Any, runs: int) -> None:
    _promise(isinstance(state, WarState), f"{what} is no WarState, nor of a class derived from it")
    _promise(type(state) is type(like), f"{what} is of another class than the first state")
    for f in fields(state):
        values = getattr(state, f.name)
        shape = (runs, *np.shape(values)[1:])
        _check_array(f"`{f.name}` of {what}", values, shape)


def _war_after(war: Any, numbers: Sample, rows: Any, check: bool = False, days: int = DAYS) -> Any:
    """Return the state after some days of war and of truce with the same luck, in some runs."""
    luck = np.random.default_rng(11).random((DAYS, 3, RUNS))[:, :, rows]
    some = _rows(numbers, rows)
    runs = luck.shape[2]
    state = first = war.first_state(some, runs)
    if check:
        _check_state("the first state", state, state, runs)
    for day in range(days):
        lift = 0.2 * luck[day, 2]
        chance, wins = war.battle_chance(some, state), war.forward_wins(some, state, lift)
        fought = (luck[day, 0] < np.maximum(chance, 0.3)).nonzero()[0]
        truce = np.flatnonzero(luck[day, 0] > 0.8)
        if check:
            _check_chance("`battle_chance`", chance, runs)
            _check_chance("`forward_wins`", wins, runs)
        for who, advance, facts in (
            (fought, war.advance_battle, luck[day, 1] < wins),
            (truce, war.advance_truce_day, np.full(runs, 1 + day % 9)),
        ):
            if not len(who):
                continue
            part = _read_only(state.take(who))
            after = advance(_rows(some, who), part, facts[who])
            if check:
                _check_state(f"the state after `{advance.__name__}`", after, first, len(who))
            state = state.put(who, after)
    return state


def _read_only(state: Any) -> Any:
    for column in _columns(state):
        _frozen(column)
    return state


def _check_chance(what: str, chance: Any, runs: int) -> None:
    _check_array(what, chance, (runs,))
    _promise(((chance >= 0) & (chance <= 1)).all(), f"{what} is not between 0 and 1")


def _check_alone_war(war: Any, numbers: Sample, state: Any) -> None:
    for run in range(0, RUNS, 4):
        alone = _war_after(war, numbers, slice(run, run + 1))
        for f in fields(state):
            same = np.array_equal(getattr(alone, f.name)[0], getattr(state, f.name)[run])
            _promise(same, f"`{f.name}` of a run is different when the run is computed alone")


def _check_value_of_war(war: Any, numbers: Sample, own: Sample, state: Any) -> None:
    seen = war.evidence(state)
    _check_state("the evidence", seen, seen, RUNS)
    for forward in (True, False):
        value = _value_of_war(war, numbers, own, state, forward)
        _check_array("the value of war", value, (RUNS, CASES))
        _check_alone(
            "the value of war",
            value,
            lambda rows, forward=forward: _value_of_war(  # type: ignore[misc]
                war, _rows(numbers, rows), _rows(own, rows), state.take(rows), forward, rows
            ),
        )
    cost = war.daily_cost(own)
    _check_array("the daily cost of war", cost, (RUNS,))
    _promise((cost >= 0).all(), "the daily cost of war is below 0")
    truth = war.undeceived(own, numbers)
    _promise(set(truth) == set(own), "`undeceived` returns other numbers than a party has")
    won, lost = war.victory(numbers, state)
    _promise(
        won.shape == lost.shape == (RUNS,) and won.dtype == lost.dtype == bool,
        "`victory` is not two arrays of True and False, one entry per run",
    )
    _promise(not (won & lost).any(), "`victory`: both sides have won")


def _value_of_war(
    war: Any, numbers: Any, own: Any, state: Any, forward: bool, rows: Any = slice(None)
) -> Any:
    lift = _frozen(np.random.default_rng(13).uniform(0.0, 0.2, (RUNS, CASES)))[rows]
    pause = np.array([0.0, 14.0, 60.0, 365.0])
    return war.value(numbers, own, war.evidence(state), lift, pause, forward)


# --- Permanence


def check_permanence(entry: Any) -> None:
    """Hold a way of judging permanence to what `sim.theory.commitment.Permanence` promises."""
    way = _check_class(entry, ("bite", "misjudgement", "resumptions"), ("numbers",))
    _check_value(way)
    numbers = _sample(entry.numbers, entry.bounds, 0)
    tempted = np.random.default_rng(5).normal(0.0, 0.4, (RUNS, PARTIES, CASES)).astype(np.float32)
    _frozen(tempted)
    for what in ("bite", "misjudgement"):
        amount = getattr(way, what)(numbers)
        _check_array(f"`{what}`", amount, (RUNS,))
        _promise((amount >= 0).all(), f"`{what}` is below 0")
    chance = way.resumptions(numbers, tempted)
    _check_array("the chance that a party resumes", chance, tempted.shape)
    _promise(((chance >= 0) & (chance <= 1)).all(), "a chance of resuming is not between 0 and 1")
    _check_alone(
        "the chance that a party resumes",
        chance,
        lambda rows: way.resumptions(_rows(numbers, rows), tempted[rows]),
    )
    more = way.resumptions(numbers, tempted + np.float32(0.3))
    _promise((more >= chance - SLACK).all(), "who is more tempted resumes less often")

    def result(seed: int, name: str) -> list[Any]:
        redrawn = _redrawn(entry.numbers, entry.bounds, seed, name)
        rest = [way.resumptions(redrawn, tempted)]
        return [way.bite(redrawn), way.misjudgement(redrawn), *rest]

    _check_every_number_moves("way of judging permanence", entry.numbers, result)


# --- Formulations and solutions


def check_formulation(entry: Any) -> None:
    """Hold a formulation to what `sim.theory.bargaining.Formulation` promises."""
    _promise(
        not inspect.isclass(entry),
        "enter an object of the class, with brackets: FORMULATIONS[name] = TheClass()",
    )
    _check_declarations(entry, ("misjudgement", "__call__"), ("numbers",))
    _check_value(entry)
    numbers = _sample(entry.numbers, entry.bounds, 0)
    worth, reservation, aspiration = _table_of_worth()
    rounds = np.arange(RUNS) % 7.0
    error = entry.misjudgement(numbers, rounds)
    _check_array("`misjudgement`", error, (RUNS,))
    _promise((error >= 0).all(), "`misjudgement` is below 0")
    text = entry(numbers, worth, reservation, aspiration)
    _check_packages(text)
    _promise((text != NO_PACKAGE).all(), "a mediator must always put some text on the table")
    _check_alone(
        "the text",
        text,
        lambda rows: entry(_rows(numbers, rows), worth[rows], reservation[rows], aspiration[rows]),
    )

    def result(seed: int, name: str) -> list[Any]:
        redrawn = _redrawn(entry.numbers, entry.bounds, seed, name)
        return [
            entry.misjudgement(redrawn, rounds),
            entry(redrawn, worth, reservation, aspiration),
        ]

    _check_every_number_moves("formulation", entry.numbers, result)


def check_solution(entry: Any) -> None:
    """Hold a solution to what is promised of `sim.theory.bargaining.SOLUTIONS`."""
    _promise(callable(entry) and not inspect.isclass(entry), "a solution is a function")
    _promise(getattr(entry, "__doc__", None), "it has no docstring that says what it does")
    _check_value(SingleText(entry))
    worth, reservation, _ = _table_of_worth()
    text = entry(worth, reservation)
    _check_packages(text)
    inside = zopa(worth, reservation)
    agreed = text != NO_PACKAGE
    _promise(
        (agreed == inside.any(axis=1)).all(),
        "it must find a package where there is a zone of agreement, and NO_PACKAGE where not",
    )
    rows = np.flatnonzero(agreed)
    _promise(inside[rows, text[rows]].all(), "it chooses a package outside the zone of agreement")
    _check_alone("the solution", text, lambda rows: entry(worth[rows], reservation[rows]))


def _check_packages(text: Any) -> None:
    _check_array("the text", text, (RUNS,))
    _promise(
        np.issubdtype(text.dtype, np.integer) and (text >= NO_PACKAGE).all(),
        "the text is not the index of a package, a whole number",
    )
    _promise((text < PACKAGES).all(), f"the text is package {text.max()} of {PACKAGES}")


def _table_of_worth() -> tuple[Floats, Floats, Floats]:
    """Return worth, reservation values and aspirations.

    In some runs there is no zone of agreement, and in some all parties have the same reservation
    value; in the others a style can tell them apart by it.
    """
    rng = np.random.default_rng(3)
    worth: NDArray[np.float32] = rng.random((RUNS, PARTIES, PACKAGES)).astype(np.float32)
    floor = np.where(np.arange(RUNS) % 4 == 0, 1.2, 0.25)[:, None]
    apart = np.where(np.arange(RUNS) % 3 == 0, 0.0, 0.1)[:, None]
    reservation = (floor + apart * rng.uniform(-1, 1, (RUNS, PARTIES))).astype(np.float32)
    aspiration = reservation + rng.uniform(0.0, 0.4, reservation.shape).astype(np.float32)
    return _frozen(worth), _frozen(reservation), _frozen(aspiration)


#: The contract of each kind of entry.
CONTRACTS: dict[str, Callable[[Any], None]] = {
    "tactic": check_tactic,
    "war module": check_war,
    "way of judging permanence": check_permanence,
    "formulation": check_formulation,
    "solution": check_solution,
}
