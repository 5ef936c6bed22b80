"""How policies fare over states of the world: regret, the worst case, and how often it is enough.

A policy is a setting of the levers, a state of the world a setting of the uncertainties, and each
pair was played. Regret is what a policy falls short of the best one in the same state (Savage
1951); maximin looks at the worst state only (Wald 1950); a policy satisfices in a state where it
reaches a threshold (Simon 1956). None of them says how likely a state is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.analysis.cells import AnalysisError, Answers
from sim.designs import Floats, IncompleteError, Ints
from sim.findings import Finding, share


@dataclass(frozen=True)
class Policy:
    """What is to be said for and against one setting of the levers."""

    lever_id: int
    name: str
    mean: Finding
    worst: float  # state of the world
    mean_regret: float
    largest_regret: float
    satisfices: Finding  # share of the states in which it reaches the threshold


@dataclass(frozen=True)
class Regret:
    """Policies over states: `values` and `regret` are (policies, states)."""

    policies: tuple[Policy, ...]
    scenario_id: Ints
    values: Floats
    regret: Floats
    threshold: float
    less_is_better: bool

    @property
    def maximin(self) -> Policy:
        """The policy whose worst state is best."""
        sign = -1.0 if self.less_is_better else 1.0
        return max(self.policies, key=lambda policy: sign * policy.worst)

    @property
    def least_regret(self) -> Policy:
        """The policy whose largest regret is smallest."""
        return min(self.policies, key=lambda policy: policy.largest_regret)

    @property
    def most_robust(self) -> Policy:
        """The policy that reaches the threshold in most states."""
        return max(self.policies, key=lambda policy: policy.satisfices.estimate or 0.0)


def regret(
    answers: Answers, *, threshold: float | None = None, less_is_better: bool | None = None
) -> Regret:
    """Compare the policies of a sweep in which each meets each state of the world.

    Where no threshold is given it is the median over all pairs; where nothing is said of what is
    better, the outcome's name decides. Raises AnalysisError for fewer than two policies or pairs
    that were not planned, IncompleteError for runs that are missing.
    """
    less = answers.less_is_better if less_is_better is None else less_is_better
    answers.must_be_whole()
    levers, states, values = _pairs(answers)
    sign = -1.0 if less else 1.0
    gains = sign * values
    shortfall = gains.max(axis=0) - gains
    enough = float(np.median(values)) if threshold is None else threshold
    reached = gains >= sign * enough
    said = f"states of the world with {'at most' if less else 'at least'} {enough:.4g}"
    policies = tuple(
        Policy(
            int(lever),
            answers.policy(int(lever)),
            answers.mean(answers.sample & (answers.lever_id == lever), answers.policy(int(lever))),
            float(sign * gains[k].min()),
            float(shortfall[k].mean()),
            float(shortfall[k].max()),
            share(answers.policy(int(lever)), reached[k], said),
        )
        for k, lever in enumerate(levers)
    )
    return Regret(policies, states, values, shortfall, enough, less)


def _pairs(answers: Answers) -> tuple[Ints, Ints, Floats]:
    """Policies, states, and the mean outcome where they meet: (policies, states)."""
    points = np.flatnonzero(answers.sample)
    if not len(points):
        raise AnalysisError("regret needs policies over states of the world, not lines of a design")
    levers, lever = np.unique(answers.lever_id[points], return_inverse=True)
    states, state = np.unique(answers.scenario_id[points], return_inverse=True)
    if len(levers) < 2:
        raise AnalysisError("there is one policy; regret compares two or more settings of levers")
    values = np.full((len(levers), len(states)), np.nan)
    values[lever, state] = answers.means[points]
    times = np.zeros(values.shape, dtype=np.int64)
    np.add.at(times, (lever, state), 1)
    if (times != 1).any():
        raise AnalysisError(
            "not every policy meets every state of the world once; "
            "regret needs `combine: full_factorial`"
        )
    if not np.isfinite(values).all():
        raise IncompleteError("a pair of policy and state has no number")
    return levers.astype(np.int64), states.astype(np.int64), values
