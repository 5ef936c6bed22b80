"""The sign table: every lever of a scenario at both ends, beside what research expects of it.

Each end of each lever is an arm, played with the same random numbers as the scenario as it stands,
so that the standard error of an effect is that of the difference run by run. Four outcomes are
judged, each as a share of all talks:

- `room`: before the first day some package leaves all with a veto at least as well off as no deal,
  as they see it, side payments included (the column `zopa_first`);
- `deal_90`, `deal_180`: a first truce has begun by that day;
- `kept`: a first truce began by day 180 and nobody broke it before min(term, 60) days had passed.

Talks are played over 240 days whatever the file says, so that of every truce begun by day 180 the
first 60 days are seen. What is shipped is made by

    python -m sim.validation.signs            # 10,000 runs, two seeds, all scenarios: an hour
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from sim.engine.outcomes import EXPIRY, NONE, Outcomes
from sim.engine.random_streams import RandomStreams
from sim.engine.sampling import ParameterSample
from sim.engine.simulate import Progress, play_arms
from sim.findings.attribution import with_numbers
from sim.findings.mediation import LEVERS, switched_on, with_mediators
from sim.findings.statistics import dealt_by
from sim.scenario.loading import (
    FOLDERS,
    backtest_names,
    load_scenario,
    scenario_names,
)
from sim.scenario.packages import feasible_packages
from sim.scenario.schema import Lever, Scenario
from sim.scenario.standard_levers import with_standard_levers
from sim.types import Bools, Floats, Ints
from sim.validation.arms import Ratio, standard_error
from sim.validation.verdicts import (
    FOLDER,
    OUTCOMES,
    JudgedMediation,
    JudgedTextShare,
    LeverSign,
    Measured,
    MediationArm,
    MediatorSigns,
    Signs,
    StoredSigns,
    TextShare,
    signs_fingerprint,
    store,
    verdict_on_texts,
)

#: Every scenario is played so long.
DAYS = 240

#: Deals are judged by these days, and one more day is printed.
EARLY, JUDGED = 30, (90, 180)

#: A first truce is looked at where it began by this day, and for so many days.
BEGUN_BY, KEPT_DAYS = 180, 60

#: What is shipped is made with so many runs, and with these seeds.
RUNS, SEEDS = 10_000, (1, 2)

#: Estimates are kept to so many digits.
DIGITS = 6

End = Literal["low", "high"]
ENDS: tuple[End, ...] = ("low", "high")


@dataclass(frozen=True)
class SignTable:
    """What one call found, and what is printed beside it."""

    scenario: Scenario  # with the levers that were looked at
    signs: Signs
    early: Mapping[tuple[str, End], Measured]  # effect on deals by day 30, by lever and end
    levels: Mapping[str, float]  # shares of talks as the scenario stands, by outcome

    def as_data(self) -> dict[str, object]:
        """Return what was judged as plain data."""
        return self.signs.as_data()


# --- What is measured in a run


def kept(outcomes: Outcomes, terms: Floats) -> Bools:
    """Return whether a first truce was kept, as the sign table counts it: (runs,).

    Parameters
    ----------
    outcomes : Outcomes
        Talks that were followed for `BEGUN_BY` + `KEPT_DAYS` days.
    terms : array, (packages,)
        Length of the truce under each package, in days.

    Returns
    -------
    array of bool, (runs,)
        True where a first truce began by day `BEGUN_BY` and no party or spoiler ended it before
        the days of its first text, or `KEPT_DAYS` if that is less, had passed. A truce that lapses
        at its term was kept; one that is extended, or goes on under another text, is looked at for
        as long as its first text asked for.
    """
    begun = dealt_by(outcomes, BEGUN_BY)
    due = np.minimum(terms[np.maximum(outcomes.deal_package, 0)], KEPT_DAYS)
    lapsed = outcomes.truce_end == outcomes.labels.causes.index(EXPIRY)
    broken = (outcomes.truce_end != NONE) & ~lapsed & (outcomes.truce_days < due)
    return np.asarray(begun & ~broken)


def terms_of(scenario: Scenario, levers: Mapping[str, float]) -> Floats:
    """Return the days of truce under each package, with the levers moved: (packages,)."""
    numbers = ParameterSample(scenario, RandomStreams(0, 0, 1), levers)
    return feasible_packages(scenario, numbers.fixed).days


def measured(
    scenario: Scenario, levers: Mapping[str, float], outcomes: Outcomes
) -> dict[str, Bools]:
    """Return what is counted in each run, by outcome; deals by the early day too: (runs,) each."""
    deals = {f"deal_{day}": dealt_by(outcomes, day) for day in (EARLY, *JUDGED)}
    return {
        "room": np.asarray(outcomes.zopa_first, dtype=bool),
        **deals,
        "kept": kept(outcomes, terms_of(scenario, levers)),
    }


def effect(before: Bools, after: Bools) -> Measured:
    """Return the mean difference of two arms, run by run, with its standard error.

    Parameters
    ----------
    before, after : array of bool, (runs,)
        The same runs, unchanged and changed.

    Returns
    -------
    Measured
        Exactly 0 with an error of 0 where no run differs.
    """
    difference = after.astype(float) - before.astype(float)
    return Measured(
        estimate=round(float(difference.mean()), DIGITS),
        se=round(standard_error(difference), DIGITS),
    )


# --- The arms


def settings(scenario: Scenario) -> list[tuple[str, Lever, End, float]]:
    """Return each end of each lever with its value; an end at which nothing is moved is left
    out.
    """
    return [
        (name, lever, end, float(getattr(lever, end)))
        for name, lever in scenario.levers.items()
        for end in ENDS
        if getattr(lever, end) != lever.default
    ]


def without_mediation(scenario: Scenario) -> dict[MediationArm, Scenario]:
    """Return the scenario without mediation and without parts of it; none without mediators."""
    if not scenario.mediators:
        return {}
    told = [path for path in scenario.quantities() if _is_access(path)]

    def lacking(lever: str) -> Scenario:
        return switched_on(scenario, [other for other in LEVERS if other != lever])

    return {
        "without_mediators": with_mediators(scenario, ()),
        "access_0": with_numbers(scenario, dict.fromkeys(told, 0.0)),
        "without_information": lacking("information"),
        "without_formulation": lacking("formulation"),
    }


def _is_access(path: str) -> bool:
    """Return whether a number is what a mediator hears from a party."""
    place = path.split(".")
    return place[0] == "mediators" and place[2] == "access"


def arms_of(scenario: Scenario) -> list[tuple[Scenario, dict[str, float]]]:
    """Return what is played: the scenario as it stands, ends of levers, and without mediation."""
    levers = [(scenario, {name: value}) for name, _, _, value in settings(scenario)]
    return [(scenario, {}), *levers, *((case, {}) for case in without_mediation(scenario).values())]


def runs_in_all(scenario: Scenario, runs: int) -> int:
    """Return how many runs a call plays with so many for each arm, at most."""
    return len(arms_of(with_standard_levers(scenario))) * runs


# --- The table


def sign_table(
    scenario: Scenario,
    *,
    runs: int,
    seed: int = 1,
    workers: int = 1,
    progress: Progress | None = None,
) -> SignTable:
    """Play every lever of a scenario at both ends, and judge what it does.

    Parameters
    ----------
    scenario : Scenario
        One without levers is looked at by the standard ones.
    runs : int
        Talks in each arm.
    seed : int
        It decides all random numbers.
    workers : int
        Processes to play in, at the most.
    progress : callable, optional
        Called now and then with the runs done and all runs.

    Returns
    -------
    SignTable
        Verdicts by the rules of `sim.validation.verdicts`.
    """
    scenario = with_standard_levers(scenario)
    played = play_arms(
        arms_of(scenario), runs=runs, seed=seed, days=DAYS, workers=workers, progress=progress
    )
    unchanged, moved = played[0], settings(scenario)
    base = measured(scenario, {}, unchanged)
    levers: list[LeverSign] = []
    early: dict[tuple[str, End], Measured] = {}
    for (name, lever, end, value), outcomes in zip(moved, played[1:], strict=False):
        changed = measured(scenario, {name: value}, outcomes)
        effects = {key: effect(base[key], changed[key]) for key in base}
        levers.append(LeverSign.of(name, lever, end, {key: effects[key] for key in OUTCOMES}))
        early[name, end] = effects[f"deal_{EARLY}"]
    mediators = _mediators(scenario, unchanged, played[1 + len(moved) :])
    signs = Signs(runs=runs, seed=seed, levers=levers, mediators=mediators)
    return SignTable(scenario, signs, early, {key: float(base[key].mean()) for key in base})


def _mediators(
    scenario: Scenario, unchanged: Outcomes, arms: Sequence[Outcomes]
) -> MediatorSigns | None:
    """Judge mediation by talks of the scenarios of `without_mediation`, in their order."""
    if not arms:
        return None
    base = dealt_by(unchanged, JUDGED[-1])
    names = list(without_mediation(scenario))
    deals: dict[MediationArm, JudgedMediation] = {
        name: JudgedMediation.of(name, effect(base, dealt_by(outcomes, JUDGED[-1])))
        for name, outcomes in zip(names, arms, strict=True)
    }
    own, mediated, se = accepted_texts(unchanged)
    return MediatorSigns(
        own_texts_accepted=own,
        mediated_texts_accepted=JudgedTextShare(
            share=mediated.share,
            n=mediated.n,
            verdict=verdict_on_texts(own.share, mediated.share, se),
        ),
        deal_180=deals,
    )


def accepted_texts(outcomes: Outcomes) -> tuple[TextShare, TextShare, float]:
    """Return how often texts put to all were accepted by all: the parties' own, mediators', and
    the standard error of the difference.

    Texts of one run hang together, so that the error is that of ratios over runs.
    """
    own = _ratio(outcomes.texts_own_accepted, outcomes.texts_own)
    mediated = _ratio(outcomes.texts_mediated_accepted, outcomes.texts_mediated)
    shares = (_share(own, outcomes.texts_own), _share(mediated, outcomes.texts_mediated))
    if own is None or mediated is None:
        return *shares, 0.0
    return *shares, standard_error(mediated.residual - own.residual)


def _ratio(accepted: Ints, texts: Ints) -> Ratio | None:
    """Return the share of texts that were accepted, or None where there were none."""
    return Ratio.of(accepted, texts) if texts.sum() else None


def _share(ratio: Ratio | None, texts: Ints) -> TextShare:
    """Return a share of texts with their number."""
    share = None if ratio is None else round(ratio.value, DIGITS)
    return TextShare(share=share, n=int(texts.sum()))


# --- What is shipped


def shipped_names() -> list[str]:
    """Return the names of all scenarios at hand, those for backtests among them."""
    return [*scenario_names(), *backtest_names()]


def judge(
    scenario: Scenario,
    *,
    runs: int = RUNS,
    seeds: Sequence[int] = SEEDS,
    workers: int = 1,
    progress: Progress | None = None,
) -> StoredSigns:
    """Return the record of a scenario: several calls, each with its own seed.

    Parameters
    ----------
    scenario : Scenario
        As it is shipped.
    runs : int
        Talks in each arm of each call.
    seeds : sequence of int
        One for each call.
    workers : int
        Processes to play in, at the most.
    progress : callable, optional
        Called now and then with the runs of a call done, and all runs of that call.

    Returns
    -------
    StoredSigns
        With the fingerprint of what it was made with.
    """
    calls = [
        sign_table(scenario, runs=runs, seed=seed, workers=workers, progress=progress).signs
        for seed in seeds
    ]
    fingerprint = signs_fingerprint(scenario)
    return StoredSigns(scenario=scenario.scenario, fingerprint=fingerprint, calls=calls)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the records of scenarios: all of them, unless some are named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="scenarios; all without any")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=FOLDERS[-1] / FOLDER)
    asked = parser.parse_args(argv)
    for name in asked.names or shipped_names():
        record = judge(
            load_scenario(name),
            runs=asked.runs,
            seeds=asked.seeds,
            workers=asked.workers,
            progress=_counted(name),
        )
        file = store(record, asked.out)
        counts = ", ".join(f"{count} {verdict}" for verdict, count in record.counts().items())
        print(f"{file.name}: {counts}")


def _counted(name: str) -> Callable[[int, int], None]:
    """Return what says on standard error how far the talks of a scenario are."""

    def say(done: int, total: int) -> None:
        end = "\n" if done == total else ""
        print(f"\r{name}: {done:,} of {total:,} talks", end=end, file=sys.stderr, flush=True)

    return say


if __name__ == "__main__":
    main()
