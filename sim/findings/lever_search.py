"""What would unlock a deal: the smallest change of a lever, or of two, that reaches a target.

Every setting is tried with the same luck. More of a lever need not mean more of what is wanted, so
its range is first walked on a coarse grid, outwards from the default in both directions; where the
target is first reached, the step is halved until the setting is known closely. A search finds what
its own luck favours, so what is found is played again with fresh luck and more of it, and moved on
until the target is reached with that as well.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from sim.engine.outcomes import Outcomes
from sim.engine.simulate import play_arms
from sim.findings.statistics import Finding, dealt_by, held_for, mean, share
from sim.scenario.schema import Lever, Scenario

#: Steps of the coarse grid from the default to either end of a lever's range.
STEPS = 4

#: Times the step that reaches the target is halved.
HALVINGS = 4

#: What the search can tell apart.
FINEST = 1 / (STEPS * 2**HALVINGS)

#: The most promising levers by themselves are tried in pairs.
PAIRED = 3

#: Fresh luck has the seed of the search and this much more, and so many times its runs.
FRESH, FRESH_TIMES = 1_000_003, 4

FORMS = "deal@DAY=SHARE, holds@DAYS=SHARE or returned_alive=NUMBER, as in deal@90=0.5"


class TargetError(ValueError):
    """A target that cannot be understood or lies beyond the talks that are followed."""


@dataclass(frozen=True)
class Target:
    """What is to be reached: a measure, by or for some days, and how much of it."""

    kind: str  # deal, holds or returned_alive
    days: int  # by which day, or for how many; 0 where it has none
    goal: float

    @classmethod
    def read(cls, text: str, horizon: int) -> Target:
        """Return a target from its short form; raises TargetError with the way out."""
        match = re.fullmatch(r"(deal|holds|returned_alive)(?:@(\d+))?=(\d+(?:\.\d*)?|\.\d+)", text)
        if match is None or (match[1] == "returned_alive") != (match[2] is None):
            raise TargetError(f"the target '{text}' is not of the form {FORMS}")
        target = cls(match[1], int(match[2] or 0), float(match[3]))
        if target.is_share and not 0 < target.goal <= 1:
            raise TargetError(f"the target '{text}' asks for {target.goal:g}; a share is up to 1")
        latest = horizon if target.kind == "deal" else horizon - 1
        if target.is_share and not 1 <= target.days <= latest:
            raise TargetError(
                f"the target '{text}' names day {target.days}; the talks are followed for "
                f"{horizon} days"
            )
        return target

    @property
    def is_share(self) -> bool:
        """Whether it is a share of talks rather than a number of people."""
        return self.kind != "returned_alive"

    @property
    def words(self) -> str:
        """What it measures."""
        if self.kind == "deal":
            return f"share of talks with a first truce by day {self.days}"
        if self.kind == "holds":
            return f"share of all talks whose first truce is in force {self.days} days later"
        return "captives who come home alive under a deal, mean"

    def found(self, outcomes: Outcomes) -> Finding:
        """Return how much of it the outcomes show."""
        if self.kind == "deal":
            return share("deal", dealt_by(outcomes, self.days), self.words)
        if self.kind == "holds":
            return share("holds", held_for(outcomes, self.days), self.words)
        return mean("returned_alive", outcomes.returned_alive.sum(axis=1), self.words)

    def reached(self, finding: Finding) -> bool:
        """Tell whether that is enough."""
        return finding.estimate is not None and finding.estimate >= self.goal


@dataclass(frozen=True)
class LeverChange:
    """The smallest change found in one lever, or in two, or the most they can do."""

    levers: Mapping[str, float]
    change: float  # the part of the way from the default to the end of the range, 0 to 1
    reached: bool  # with fresh luck too
    found: Finding  # with the luck of the search
    fresh: Finding | None = None  # with fresh luck; None where the search did not get there


@dataclass(frozen=True)
class LeverSearch:
    """What would reach a target: each lever alone, and the best pair."""

    target: Target
    baseline: Finding
    already: bool  # reached as things stand, so that nothing was looked for
    alone: Mapping[str, LeverChange]  # by lever
    pair: LeverChange | None  # None where there are not two levers


@dataclass(frozen=True)
class _Path:
    """Levers that move together from their defaults towards some ends of their ranges."""

    rivals: str  # of paths of this name, only the one that needs the smallest part is wanted
    ends: tuple[tuple[str, float], ...]  # lever and end
    origin: Mapping[str, float]

    def at(self, part: float) -> dict[str, float]:
        """Return the settings after so much of the way."""
        return {
            name: self.origin[name] + part * (end - self.origin[name]) for name, end in self.ends
        }


#: Plays some settings with one luck, so many times the runs that were asked for.
Play = Callable[[list[Mapping[str, float]], int, int], list[Finding]]


def search_levers(
    scenario: Scenario,
    target: Target,
    *,
    runs: int,
    seed: int = 1,
    days: int | None = None,
    levers: Mapping[str, float] | None = None,
    workers: int = 1,
    say: Callable[[str], None] = lambda words: None,
) -> LeverSearch:
    """Return the smallest change of each lever alone, and of the best pair, that reaches a target.

    Changes start from where `levers` set them, else from the scenario's defaults. Of a lever's
    two directions the one that needs the smaller part of its way counts. In a pair both levers go
    the same part of their ways, each in the direction in which it does more by itself; pairs of
    the most promising levers are tried, and the one that needs the smallest part counts. What
    reaches the target does so with fresh luck as well, at the setting that is told; how sure that
    is, the interval of `Way.fresh` says.
    """
    settled = dict(levers or {})

    def play(settings: list[Mapping[str, float]], luck: int, times: int = 1) -> list[Finding]:
        arms = [(scenario, {**settled, **moved}) for moved in settings]
        played = play_arms(arms, runs=times * runs, seed=luck, days=days, workers=workers)
        return [target.found(outcomes) for outcomes in played]

    say("Playing the talks as things stand")
    (baseline,) = play([{}], seed)
    if target.reached(baseline):
        return LeverSearch(target, baseline, True, {}, None)
    origin = {name: settled.get(name, lever.default) for name, lever in scenario.levers.items()}
    paths = [
        _Path(name, ((name, end),), origin)
        for name, lever in scenario.levers.items()
        for end in (lever.low, lever.high)
        if end != origin[name]
    ]
    say("Moving each lever alone")
    ways = _search(paths, target, play, seed)
    alone = {
        name: _better([way for way in ways if name in way.levers], baseline, name, origin)
        for name in scenario.levers
    }
    say("Moving levers in pairs")
    pair = _best_pair(scenario, alone, origin, target, play, seed)
    say("Playing again with fresh luck")
    ways = _verified([*alone.values(), *filter(None, [pair])], origin, target, play, seed)
    alone = dict(zip(alone, ways, strict=False))
    return LeverSearch(target, baseline, False, alone, None if pair is None else ways[-1])


def _search(paths: list[_Path], target: Target, play: Play, seed: int) -> list[LeverChange]:
    """Walk each path outwards until the target is reached, then halve the last step."""
    by_part: dict[int, dict[float, Finding]] = {k: {} for k in range(len(paths))}
    for step in range(1, STEPS + 1):
        done = {paths[k].rivals for k in by_part if any(map(target.reached, by_part[k].values()))}
        going = [k for k in by_part if paths[k].rivals not in done]
        part = step / STEPS
        results = play([paths[k].at(part) for k in going], seed, 1) if going else []
        for k, result in zip(going, results, strict=True):
            by_part[k][part] = result
    reached = {k: max(parts) for k, parts in by_part.items() if target.reached(parts[max(parts)])}
    short = {k: part - 1 / STEPS for k, part in reached.items()}
    for _ in range(HALVINGS):
        middle = {k: (short[k] + reached[k]) / 2 for k in reached}
        results = play([paths[k].at(part) for k, part in middle.items()], seed, 1) if middle else []
        for (k, part), result in zip(middle.items(), results, strict=True):
            by_part[k][part] = result
            (reached if target.reached(result) else short)[k] = part
    ways = []
    for k, path in enumerate(paths):
        part = reached[k] if k in reached else max(by_part[k], key=lambda p: _height(by_part[k][p]))
        ways.append(LeverChange(path.at(part), part, k in reached, by_part[k][part]))
    return ways


def _height(finding: Finding) -> float:
    return -np.inf if finding.estimate is None else finding.estimate


def _better(
    ways: list[LeverChange], baseline: Finding, name: str, origin: Mapping[str, float]
) -> LeverChange:
    """Return the direction of a lever that needs the smaller change, or else does more.

    Where neither direction brings anything the lever stays where it is.
    """
    stay = LeverChange({name: origin[name]}, 0.0, False, baseline)
    reaching = [way for way in ways if way.reached]
    if reaching:
        return min(reaching, key=lambda way: way.change)
    return max([stay, *ways], key=lambda way: _height(way.found))


def _best_pair(
    scenario: Scenario,
    alone: Mapping[str, LeverChange],
    origin: Mapping[str, float],
    target: Target,
    play: Play,
    seed: int,
) -> LeverChange | None:
    """Return the pair of promising levers that reaches the target with the smallest change."""
    helpful = [name for name, way in alone.items() if way.change > 0]
    helpful.sort(key=lambda name: _promise(alone[name]), reverse=True)
    ends = {name: _end(scenario.levers[name], alone[name], name, origin) for name in helpful}
    paths = [
        _Path("pair", tuple((name, ends[name]) for name in two), origin)
        for two in itertools.combinations(helpful[:PAIRED], 2)
    ]
    if not paths:
        return None
    ways = _search(paths, target, play, seed)
    reaching = [way for way in ways if way.reached]
    if reaching:
        return min(reaching, key=lambda way: way.change)
    return max(ways, key=lambda way: _height(way.found))


def _promise(way: LeverChange) -> tuple[bool, float, float]:
    """Return how promising a lever is: it reaches the target, with how small a change, or how
    nearly.
    """
    return way.reached, -way.change if way.reached else 0.0, _height(way.found)


def _end(lever: Lever, way: LeverChange, name: str, origin: Mapping[str, float]) -> float:
    """Return the end of its range towards which a lever does more."""
    return lever.high if way.levers[name] > origin[name] else lever.low


def _verified(
    ways: list[LeverChange], origin: Mapping[str, float], target: Target, play: Play, seed: int
) -> list[LeverChange]:
    """Ways that reach the target with the luck of the search, moved on until fresh luck does too.

    Each step is twice the last. What fresh luck does not bring to the target by the end of the
    range is told as it is there, as not reached.
    """
    verified = list(ways)
    going = [k for k, way in enumerate(ways) if way.reached]
    step = FINEST
    while going:
        again = play([verified[k].levers for k in going], seed + FRESH, FRESH_TIMES)
        for k, fresh in zip(going, again, strict=True):
            verified[k] = replace(verified[k], reached=target.reached(fresh), fresh=fresh)
        going = [k for k in going if not verified[k].reached and verified[k].change < 1]
        for k in going:
            verified[k] = _moved_on(verified[k], step, origin)
        results = play([verified[k].levers for k in going], seed, 1) if going else []
        for k, found in zip(going, results, strict=True):
            verified[k] = replace(verified[k], found=found)
        step *= 2
    return verified


def _moved_on(way: LeverChange, step: float, origin: Mapping[str, float]) -> LeverChange:
    """Return the same way, further on by a part of it, or at its end."""
    change = min(way.change + step, 1.0)
    levers = {
        name: origin[name] + (value - origin[name]) * change / way.change
        for name, value in way.levers.items()
    }
    return replace(way, levers=levers, change=change)
