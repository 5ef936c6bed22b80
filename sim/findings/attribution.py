"""Why there was no deal: what is wrong with the bargain, with the talks, and what would mend it.

Three answers, each to its own question. *Structural*: where no package suits everybody before the
first day, who would have to give up most, and over which issue do they part? *Procedural*: where
some package would have suited everybody, what went wrong in the round? *By mechanism*: what would
change if one obstacle were taken away and all else, luck included, stayed as it is?
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.engine.outcomes import Outcomes
from sim.engine.simulate import InitialUtilities, play_arms
from sim.findings.statistics import Effect, Finding, dealt_by, mean, paired, share, share_of_total
from sim.scenario.quantity import Amount, Bias, Quantity, Share
from sim.scenario.schema import Mediator, Scenario, Strategy
from sim.theory.shapley import shapley
from sim.types import Floats, Ints

#: Who blocks where no single party's concession would open a ZOPA.
NOBODY_ALONE = "nobody alone"

#: What no issue has to do with: somebody likes no deal better than any package at its best.
NO_ISSUE = "no issue"

#: Runs whose packages are looked at together: bounds the memory.
RUNS_AT_ONCE = 500

#: A window that lasts so long, in days, does not close while anybody plays.
ENDLESS_DAYS = 1e12

#: Days by which the deals that a mechanism costs are counted.
MECHANISM_DAYS = (90, 180)


# --- Structural


@dataclass(frozen=True)
class Structural:
    """What keeps a ZOPA from existing before the first day, over the talks that have none."""

    no_zopa: Finding  # share of all talks
    nothing_on_offer: Finding  # share of all talks in which no package can be guaranteed
    gap: Finding  # mean by which the best package falls short for whoever it suits least
    concessions: Mapping[str, Finding]  # by party: what it would have to give up to open a ZOPA
    concession_shares: Mapping[str, Finding]  # the same as shares, which add up to 1
    blockers: Mapping[str, Finding]  # by party and NOBODY_ALONE: shares that add up to 1
    issues: Mapping[str, Finding]  # by issue and NO_ISSUE: parts that add up to the gap, in utils
    issue_shares: Mapping[str, Finding]  # the same as shares, which add up to 1


def structural(look: InitialUtilities) -> Structural:
    """Return what keeps a ZOPA from existing: by party and by issue.

    A party's concession is the least it would have to give up so that some package that suits all
    others suits it too. Where others cannot agree among themselves, or one of them likes no deal
    better than any package, its concession is no help and counts as none. Who blocks is whoever
    would have to concede most.

    An issue's part is its Shapley value in a thought experiment: where issues are neutralised,
    each party gets what it likes best of them, and how much of the gap that closes is the worth of
    it. A gap that is closed cannot be closed further: what there would be to share out beyond it
    counts for no issue. The parts, with what no issue can close, add up to the gap.
    """
    names = tuple(look.parties[i] for i in look.vetoers)
    gains = look.gains
    best = gains.min(axis=1).max(axis=1)
    stuck = gains[(best < 0) & np.isfinite(best)]
    conceded = minimal_concessions(stuck)
    of_all = np.nan_to_num(conceded)
    parts = of_all / np.maximum(of_all.sum(axis=1, keepdims=True), 1e-300)
    helped = of_all.any(axis=1)
    blocker = np.where(helped, of_all.argmax(axis=1), len(names))
    issues = (*look.packages.issues, NO_ISSUE)
    values = np.minimum(issue_values(stuck, look.packages.levels), 0.0)
    gap = -values[0]
    parts_of_gap = np.vstack([shapley(values), -values[-1]])
    where = "of the talks without a ZOPA before the first day"
    return Structural(
        no_zopa=share("no ZOPA", best < 0, "share of talks without a ZOPA before the first day"),
        nothing_on_offer=share(
            "nothing on offer", np.isneginf(best), "share of talks in which nothing can be offered"
        ),
        gap=mean("gap", gap, f"utils missing to a ZOPA, mean {where}"),
        concessions={
            name: mean(
                name,
                conceded[~np.isnan(conceded[:, k]), k],
                f"least concession that would open a ZOPA, utils, mean {where} where one would",
            )
            for k, name in enumerate(names)
        },
        concession_shares={
            name: mean(name, parts[helped, k], f"share of all least concessions, mean {where}")
            for k, name in enumerate(names)
        },
        blockers={
            name: share(name, blocker == k, f"share {where} in which it must concede most")
            for k, name in enumerate((*names, NOBODY_ALONE))
        },
        issues={
            issue: mean(issue, parts_of_gap[k], f"part of the gap, utils (Shapley), mean {where}")
            for k, issue in enumerate(issues)
        },
        issue_shares={
            issue: share_of_total(issue, parts_of_gap[k], gap, f"part of the gap, share {where}")
            for k, issue in enumerate(issues)
        },
    )


def minimal_concessions(gains: Floats) -> Floats:
    """Return the least each party must give up to open a ZOPA: (runs, parties), in utils.

    `gains` (runs, parties, packages) are over no deal. NaN where no package suits all others.
    """
    conceded = np.full(gains.shape[:2], np.nan)
    for i in range(gains.shape[1]):
        others = np.delete(gains, i, axis=1).min(axis=1) >= 0
        own = np.where(others, gains[:, i], -np.inf).max(axis=1)
        conceded[:, i] = np.where(np.isneginf(own), np.nan, np.maximum(-own, 0.0))
    return conceded


def issue_values(gains: Floats, levels: Ints) -> Floats:
    """Return what the worst-off party gains with some issues neutralised: (2**issues, runs), in
    utils.

    Bit k of a row's number says that issue k is: each party then gets the level of it that it
    likes best, among the packages on offer that agree on all other issues.
    """
    runs, issues = len(gains), levels.shape[1]
    values = np.empty((2**issues, runs))
    for start in range(0, runs, RUNS_AT_ONCE):
        some = slice(start, start + RUNS_AT_ONCE)
        by_package = np.ascontiguousarray(gains[some].transpose(2, 1, 0))
        _neutralise(values[:, some], 0, 0, by_package, levels)
    return values


def _neutralise(values: Floats, done: int, issue: int, gains: Floats, levels: Ints) -> None:
    """Fill in the values for the issues neutralised so far and for each one more.

    `gains` are (packages, parties, runs), of packages that differ in the issues that are left.
    """
    values[done] = gains.min(axis=1).max(axis=0)
    for k in range(issue, levels.shape[1]):
        rest = levels.copy()
        rest[:, k] = 0
        merged, where = np.unique(rest, axis=0, return_inverse=True)
        order = np.argsort(where.ravel(), kind="stable")
        starts = np.searchsorted(where.ravel()[order], np.arange(len(merged)))
        liked = np.maximum.reduceat(gains[order], starts, axis=0)
        _neutralise(values, done | 1 << k, k + 1, liked, merged)


# --- Procedural


def procedural(outcomes: Outcomes) -> dict[str, Finding]:
    """Why rounds before the first deal brought none, as shares that add up to 1.

    There was no ZOPA; a firm stance barred all that lay in it; the text misjudged what the others
    would take; it lay inside and a party (by name) held out for more; it was agreed and not
    confirmed; or a round was due and not held while the talks were suspended.
    """
    missed = outcomes.missed
    whole = missed.sum(axis=1)
    definition = "share of the rounds that were due before a first deal and brought none"
    return {
        reason: share_of_total(reason, missed[:, k], whole, definition)
        for k, reason in enumerate(outcomes.labels.missed)
    }


def stood_firm(outcomes: Outcomes) -> dict[str, Finding]:
    """In which share of the rounds each leadership stood firm, of those that can refuse a deal."""
    labels = outcomes.labels
    return {
        party: share_of_total(
            party,
            outcomes.firm_rounds[:, k],
            outcomes.rounds,
            "share of all rounds in which it stood firm",
        )
        for k, party in enumerate(labels.parties)
        if party in labels.missed
    }


# --- By mechanism


@dataclass(frozen=True)
class Mechanism:
    """One obstacle taken away: in words, and what that changes."""

    words: str
    effects: Mapping[str, Effect]  # deals by some days, talks compared run by run


def mechanisms(
    scenario: Scenario,
    *,
    runs: int,
    seed: int = 1,
    days: int | None = None,
    levers: Mapping[str, float] | None = None,
    workers: int = 1,
) -> dict[str, Mechanism]:
    """Return what taking one obstacle away would change, one at a time and with the same luck."""
    arms = [(case, dict(levers or {})) for case in without_barriers(scenario)]
    return mechanisms_from(play_arms(arms, runs=runs, seed=seed, days=days, workers=workers))


def without_barriers(scenario: Scenario) -> list[Scenario]:
    """Return the scenario as it is, and without each of `BARRIERS` in turn."""
    return [scenario, *(remove(scenario) for _, remove in BARRIERS.values())]


def mechanisms_from(arms: Sequence[Outcomes]) -> dict[str, Mechanism]:
    """Return what each obstacle costs, from talks of the scenarios of `without_barriers`, in
    order.
    """
    baseline, *changed = arms
    counted = sorted({min(day, baseline.days) for day in MECHANISM_DAYS})
    return {
        name: Mechanism(words, {f"deal_by_{day}": _effect(baseline, arm, day) for day in counted})
        for (name, (words, _)), arm in zip(BARRIERS.items(), changed, strict=True)
    }


def _effect(baseline: Outcomes, changed: Outcomes, day: int) -> Effect:
    definition = f"change in the share of talks with a first truce by day {day}"
    return paired(f"deal by day {day}", dealt_by(baseline, day), dealt_by(changed, day), definition)


def with_numbers(scenario: Scenario, numbers: Mapping[str, float]) -> Scenario:
    """Return the scenario with some of its numbers certain, by their paths."""
    for path, value in numbers.items():
        scenario = _put(scenario, path.split("."), value)
    return scenario


def _put(part: Any, segments: list[str], value: float) -> Any:
    """Return a copy of a part of a scenario with one number in it replaced."""
    if not segments:
        return type(part)(value=value, basis="definition")
    head, rest = segments[0], segments[1:]
    if isinstance(part, dict):
        return {**part, head: _put(part[head], rest, value)}
    if isinstance(part, list):
        return [_put(p, rest, value) if str(k) == head else p for k, p in enumerate(part)]
    return part.model_copy(update={head: _put(getattr(part, head), rest, value)})


def _at_zero(begin: str, *ends: str) -> Callable[[Scenario], Scenario]:
    """Return sets to zero every number whose path begins and ends so."""

    def remove(scenario: Scenario) -> Scenario:
        paths = scenario.quantities()
        chosen = [path for path in paths if path.startswith(begin) and path.endswith(ends)]
        return with_numbers(scenario, dict.fromkeys(chosen, 0.0))

    return remove


def _permanent(scenario: Scenario) -> Scenario:
    numbers: dict[str, Quantity] = {"chance": Share(value=1.0, basis="definition")}
    return scenario.model_copy(update={"permanence": Strategy(kind="given", numbers=numbers)})


def _flexible(scenario: Scenario) -> Scenario:
    """Return the scenario with leaderships that are flexible from the first day to the last."""
    parties = {
        name: party.model_copy(update={"flexible": Share(value=1.0, basis="definition")})
        for name, party in scenario.parties.items()
    }
    stances = scenario.stances.model_copy(
        update={
            "window_days": Amount(value=ENDLESS_DAYS, basis="definition"),
            "hardened_by": {},
        }
    )
    events = {
        name: event.model_copy(update={"closes": []}) for name, event in scenario.events.items()
    }
    update = {"parties": parties, "stances": stances, "events": events}
    return scenario.model_copy(update=update)


def _believed(scenario: Scenario) -> Scenario:
    mediators = {name: _trusted(scenario, m) for name, m in scenario.mediators.items()}
    return scenario.model_copy(update={"mediators": mediators})


def _trusted(scenario: Scenario, mediator: Mediator) -> Mediator:
    """Return a mediator who knows everybody's mind and is believed in what it tells."""
    informed = mediator.information
    if informed is not None:
        candid = Amount(value=0.0, basis="definition")
        informed = informed.model_copy(update={"war_aversion": candid})
    return mediator.model_copy(
        update={
            "access": {p: Share(value=1.0, basis="definition") for p in scenario.parties},
            "bias": {p: Bias(value=1.0, basis="definition") for p in scenario.parties},
            "information": informed,
        }
    )


#: The obstacles that can be taken away: in words, and how.
BARRIERS: dict[str, tuple[str, Callable[[Scenario], Scenario]]] = {
    "misperception": (
        "the parties know what the others want and would settle for",
        _at_zero("parties.", ".optimism", ".misreading", ".weight_error"),
    ),
    "stances": ("no leadership stands firm on what it has said", _flexible),
    "commitment": ("every truce lasts, and everybody knows it", _permanent),
    "ratification": (
        "votes at home cost nothing to override",
        _at_zero("parties.", ".ratification.price"),
    ),
    "leaks": ("nothing leaks", _at_zero("channel.", "leak")),
    "noise": ("nobody answers on a whim", _at_zero("channel.", "acceptance_noise")),
    "lag": ("answers need no confirmation", _at_zero("channel.", "lag_days")),
    "suspensions": ("talks are never suspended", _at_zero("channel.", "suspensions_per_day")),
    "disbelief": ("mediators know everybody's mind and are believed", _believed),
}
