"""How often 95 % intervals hold the truth, where the truth is known (make coverage-study).

    python -m tests.benchmarks.coverage                  # a table in Markdown
    python -m tests.benchmarks.coverage --repetitions 500

Each case draws a sample from a known distribution many times and asks the functions of
`sim.findings.statistics` for an interval. With 2,000 repetitions the coverage itself is known to
about one percentage point; the coverage of Wilson's interval of a share and of Tango's
of a difference is also known exactly, by summing over all counts, and that is what they are held
to. Cases marked as
the edge rest on a handful of runs, and are there to show how an interval then errs; the others must
lie between 93 and 97 %, and the script ends with 1 where one does not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy import stats

from sim import findings
from sim.engine.outcomes import NONE
from sim.engine.random_streams import RandomStreams
from sim.findings.statistics import Finding

REPETITIONS, WITHIN = 2000, (0.93, 0.97)
HORIZON = 180

#: Counts less likely than this are left out where coverage is summed up.
NEGLIGIBLE = 1e-8

#: Uniform luck (runs, width) of a repetition.
Luck = Callable[[int, int], np.ndarray]


@dataclass(frozen=True)
class Case:
    """A number to estimate, its true value, and how a sample estimates it."""

    interval: str
    case: str
    truth: float
    finding: Callable[[Luck], Finding]
    edge: bool = False
    exact: float | None = None  # coverage, where it can be summed up


def shares() -> Iterator[Case]:
    """Wilson's interval of a share."""
    for runs in (200, 2000):
        for truth in (0.05, 0.3, 0.5, 0.9):

            def find(luck: Luck, runs: int = runs, truth: float = truth) -> Finding:
                return findings.share("", luck(runs, 1)[:, 0] < truth, "")

            words = f"{truth:g} of {runs:,} runs"
            yield Case("share (Wilson)", words, truth, find, exact=_exact(runs, truth))


def _exact(runs: int, truth: float) -> float:
    """The coverage of Wilson's interval, over all counts."""
    ends = np.array([findings.wilson(count, runs) for count in range(runs + 1)])
    holds = (ends[:, 0] <= truth) & (truth <= ends[:, 1])
    return float(stats.binom.pmf(np.flatnonzero(holds), runs, truth).sum())


def incidences() -> Iterator[Case]:
    """Deals by a day while victories compete: constant hazards of both, per day."""
    deal, victory, runs = 0.0045, 0.002, 1000

    def outcomes(luck: Luck) -> Any:
        waits = -np.log1p(-luck(runs, 2)) / np.array([deal, victory])
        day = np.ceil(waits).astype(int)
        signed = (waits[:, 0] < waits[:, 1]) & (day[:, 0] <= HORIZON)
        return SimpleNamespace(days=HORIZON, deal_day=np.where(signed, day[:, 0], NONE))

    both = deal + victory
    for by in (30, 90, 180):
        truth = deal / both * -np.expm1(-both * by)

        def find(luck: Luck, by: int = by) -> Finding:
            return findings.deal_by(outcomes(luck), by)

        yield Case("cumulative incidence", f"deal by day {by}, victory competing", truth, find)
    # the mean of min(day, horizon) sums the chance of no deal by each day before the horizon
    waits = np.arange(HORIZON)
    mean = float(np.sum(1 - deal / both * -np.expm1(-both * waits)))
    yield Case(
        "restricted mean",
        f"day of the first truce, at most {HORIZON}",
        mean,
        lambda luck: findings.restricted_mean_day(outcomes(luck)),
    )


def survivals() -> Iterator[Case]:
    """Truces with a constant hazard, followed for unlike times (Kaplan-Meier, log-log)."""
    hazard, runs = 0.02, 400

    def outcomes(luck: Luck) -> Any:
        numbers = luck(runs, 2)
        ends = np.ceil(-np.log1p(-numbers[:, 0]) / hazard).astype(int)
        followed = 20 + np.floor(numbers[:, 1] * 100).astype(int)
        return SimpleNamespace(
            truces=np.ones(runs, dtype=int),
            truce_days=np.minimum(ends, followed),
            truce_end=np.where(ends <= followed, 0, NONE),
        )

    for day in (7, 30, 60):

        def find(luck: Luck, day: int = day) -> Finding:
            return findings.truce_survival(outcomes(luck), (day,))[day]

        truth = float(np.exp(-hazard * day))
        yield Case("truce survival", f"in force after {day} days, censoring", truth, find)


def ends() -> Iterator[Case]:
    """Truces that two causes may end, with constant hazards of both, followed for unlike times."""
    hazards, runs = np.array([0.015, 0.005]), 400

    def outcomes(luck: Luck) -> Any:
        numbers = luck(runs, 3)
        waits = -np.log1p(-numbers[:, :2]) / hazards
        ends = np.ceil(waits.min(axis=1)).astype(int)
        followed = 20 + np.floor(numbers[:, 2] * 100).astype(int)
        return SimpleNamespace(
            truces=np.ones(runs, dtype=int),
            truce_days=np.minimum(ends, followed),
            truce_end=np.where(ends <= followed, waits.argmin(axis=1), NONE),
            labels=SimpleNamespace(causes=("commoner", "rarer")),
        )

    for cause, hazard in zip(("commoner", "rarer"), hazards, strict=True):
        for day in (7, 60):

            def find(luck: Luck, cause: str = cause, day: int = day) -> Finding:
                return findings.truce_ends(outcomes(luck), (day,))[cause][day]

            truth = float(hazard / hazards.sum() * -np.expm1(-hazards.sum() * day))
            words = f"ended by the {cause} of two causes within {day} days, censoring"
            yield Case("truce ends by cause", words, truth, find)


def ratios() -> Iterator[Case]:
    """A share of texts, which hang together within a run: the ratio estimator."""
    runs = 500

    def find(luck: Luck) -> Finding:
        numbers = luck(runs, 10)
        texts = 1 + np.floor(numbers[:, 0] * 8)
        chance = 0.2 + 0.4 * numbers[:, 1]  # differs from run to run
        refused = ((numbers[:, 2:] < chance[:, None]) & (np.arange(8) < texts[:, None])).sum(axis=1)
        return findings.share_of_total("", refused, texts, "")

    yield Case("share of texts", f"0.4 of the texts in {runs} runs", 0.4, find)


def differences() -> Iterator[Case]:
    """Paired differences between two arms with shared luck: of shares, and of means."""
    far = ((2000, 0.10, 0.05), (500, 0.10, 0.05), (50, 0.10, 0.05), (50, 0.40, 0.10))
    near = ((2000, 0.02, 0.02), (500, 0.02, 0.02), (100, 0.10, 0.10), (2000, 0.01, 0.0))
    nearer = ((500, 0.01, 0.0), (2000, 0.002, 0.0))
    for runs, made, unmade in (*far, *near, *nearer):
        yield _difference_of_shares(runs, made, unmade)
    nearest = ((500, 0.002, 0.0), (500, 0.002, 0.002), (2000, 0.0, 0.0))
    for runs, made, unmade in (*nearest, (20, 0.10, 0.05)):
        yield _difference_of_shares(runs, made, unmade, edge=True)

    def find(luck: Luck) -> Finding:
        numbers = luck(500, 2)
        people = np.floor(-40 * np.log1p(-numbers[:, 0]))  # most come home in few runs
        more = np.where(numbers[:, 1] < 0.3, np.floor(0.25 * people), 0)
        return findings.paired("", people, people + more, "")

    people = np.arange(0, 4000)
    chance = np.exp(-people / 40) * -np.expm1(-1 / 40)
    truth = 0.3 * float(np.sum(np.floor(0.25 * people) * chance))
    yield Case("paired difference of means", "skewed counts, 500 pairs", truth, find)


def _difference_of_shares(runs: int, made: float, unmade: float, edge: bool = False) -> Case:
    """Deals that a change makes and unmakes, beside those that it leaves as they are."""

    def find(luck: Luck) -> Finding:
        number = luck(runs, 1)[:, 0]
        before = (number < 0.3) | (number > 1 - unmade)
        after = (number < 0.3) | ((number > 0.3) & (number < 0.3 + made))
        return findings.paired("", before, after, "")

    words = f"+{100 * made:g} and −{100 * unmade:g} of 100, {runs:,} pairs"
    exact = _exact_difference(runs, made, unmade)
    return Case("paired difference of shares", words, made - unmade, find, edge, exact)


def _exact_difference(runs: int, made: float, unmade: float) -> float:
    """The coverage of Tango's interval, over all counts that are not all but impossible."""
    counts = np.arange(runs + 1)
    left = np.maximum(runs - counts, 0)[:, None]
    chance = stats.binom.pmf(counts, runs, made)[:, None] * stats.binom.pmf(
        counts[None, :], left, unmade / (1 - made)
    )
    held = 0.0
    for gained, lost in np.argwhere(chance > NEGLIGIBLE):
        low, high = findings.tango(int(gained), int(lost), runs)
        held += chance[gained, lost] * (low <= made - unmade <= high)
    return float(held)


def coverage(case: Case, number: int, repetitions: int) -> float:
    """How often the interval holds the truth."""
    held = 0
    for repetition in range(repetitions):

        def luck(runs: int, width: int, repetition: int = repetition) -> np.ndarray:
            return RandomStreams(repetition, 0, runs).once(f"coverage {number}", width)

        found = case.finding(luck)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= case.truth <= found.high
    return held / repetitions


def main() -> None:
    """Print the table; end with 1 where an interval that is no edge case does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    repetitions = parser.parse_args().repetitions
    wrong = []
    print("| interval | case | truth | coverage of 95 % intervals | |")
    print("| --- | --- | ---: | ---: | --- |")
    cases = [*shares(), *incidences(), *survivals(), *ends(), *ratios(), *differences()]
    for number, case in enumerate(cases):
        held = coverage(case, number, repetitions)
        notes = ["edge"] if case.edge else []
        if case.exact is not None:
            notes.append(f"exactly {100 * case.exact:.1f} %")
        cells = (case.interval, case.case, f"{case.truth:.4g}", f"{100 * held:.1f} %")
        print(f"| {' | '.join(cells)} | {', '.join(notes)} |")
        judged = held if case.exact is None else case.exact
        if not case.edge and not WITHIN[0] <= judged <= WITHIN[1]:
            wrong.append(f"{case.interval}, {case.case}: {100 * judged:.1f} %")
    print(f"\n{repetitions:,} repetitions of each case.")
    if wrong:
        sys.exit("outside 93 to 97 %:\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
