"""Compare policies over states of the world: regret, worst case, and how often it is enough.

A policy is a setting of the levers, a state of the world a setting of the uncertainties, and each
pair was played. Regret is what a policy falls short of the best one in the same state (Savage
1951); maximin looks at the worst state only (Wald 1950); a policy satisfices in a state where it
reaches a threshold (Simon 1956). None of them says how likely a state is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.findings.designs import IncompleteError
from sim.findings.statistics import Finding, share
from sim.sweep.analysis.cells import AnalysisError, CellEstimates, check_threshold
from sim.types import Floats, Ints


@dataclass(frozen=True)
class Policy:
    """Hold how one setting of the levers fares over the states of the world."""

    lever_id: int
    name: str
    mean: Finding
    worst: float  # state of the world
    mean_regret: float
    largest_regret: float
    satisfices: Finding  # share of the states in which it reaches the threshold


@dataclass(frozen=True)
class Regret:
    """Hold how policies fare over states of the world.

    Parameters
    ----------
    policies : tuple of Policy
        The settings of the levers.
    scenario_id : array of int, (states,)
        The states of the world.
    values : array of float, (policies, states)
        The mean outcome of each pair.
    regret : array of float, (policies, states)
        What the policy falls short of the best one in the same state, 0 or more.
    threshold : float
        What is enough.
    less_is_better : bool
        Whether less of the outcome counts as better.
    """

    policies: tuple[Policy, ...]
    scenario_id: Ints
    values: Floats
    regret: Floats
    threshold: float
    less_is_better: bool

    @property
    def maximin(self) -> tuple[Policy, ...]:
        """Return the policies whose worst state is best."""
        sign = -1.0 if self.less_is_better else 1.0
        return self._first_by(lambda policy: sign * policy.worst)

    @property
    def least_regret(self) -> tuple[Policy, ...]:
        """Return the policies whose largest regret is smallest."""
        return self._first_by(lambda policy: -policy.largest_regret)

    @property
    def most_robust(self) -> tuple[Policy, ...]:
        """Return the policies that reach the threshold in most states; empty where none does."""
        best = self._first_by(lambda policy: policy.satisfices.estimate or 0.0)
        return best if best[0].satisfices.estimate else ()

    def _first_by(self, merit: Callable[[Policy], float]) -> tuple[Policy, ...]:
        """Return the policies of the greatest merit: several where they tie."""
        best = max(map(merit, self.policies))
        return tuple(policy for policy in self.policies if merit(policy) == best)


def in_words(policies: Sequence[Policy]) -> str:
    """Return policies by their names, or that there is none."""
    return " and ".join(policy.name for policy in policies) or "no policy in any state"


def regret(
    estimates: CellEstimates, *, threshold: float | None = None, less_is_better: bool | None = None
) -> Regret:
    """Compare the policies of a sweep in which each meets each state of the world.

    The README of this folder has an example.

    Parameters
    ----------
    estimates : CellEstimates
        The outcome, from `cell_estimates`.
    threshold : float, optional
        What is enough; the median over all pairs where it is not given.
    less_is_better : bool, optional
        Whether less of the outcome is better; its name decides where it is not given.

    Returns
    -------
    Regret
        Regret, worst state and share of states with enough, by policy.

    Raises
    ------
    AnalysisError
        For fewer than two policies, pairs that were not planned, or a threshold that is not finite
        or outside the range of a share.
    IncompleteError
        Where a run is missing, failed or without a number.
    """
    check_threshold(estimates, threshold)
    less = estimates.less_is_better if less_is_better is None else less_is_better
    estimates.must_be_whole()
    levers, states, values = _pairs(estimates)
    sign = -1.0 if less else 1.0
    gains = sign * values
    shortfall = gains.max(axis=0) - gains
    enough = float(np.median(values)) if threshold is None else threshold
    reached = gains >= sign * enough
    definition = f"states of the world with {'at most' if less else 'at least'} {enough:.4g}"
    policies = tuple(
        Policy(
            int(lever),
            estimates.policy(int(lever)),
            estimates.mean(
                estimates.sample & (estimates.lever_id == lever), estimates.policy(int(lever))
            ),
            float(sign * gains[k].min()),
            float(shortfall[k].mean()),
            float(shortfall[k].max()),
            share(estimates.policy(int(lever)), reached[k], definition),
        )
        for k, lever in enumerate(levers)
    )
    return Regret(policies, states, values, shortfall, enough, less)


def _pairs(estimates: CellEstimates) -> tuple[Ints, Ints, Floats]:
    """Return policies, states, and the mean outcome where they meet: (policies, states)."""
    points = np.flatnonzero(estimates.sample)
    if not len(points):
        raise AnalysisError("regret needs policies over states of the world, not lines of a design")
    levers, lever = np.unique(estimates.lever_id[points], return_inverse=True)
    states, state = np.unique(estimates.scenario_id[points], return_inverse=True)
    if len(levers) < 2:
        raise AnalysisError("there is one policy; regret compares two or more settings of levers")
    values = np.full((len(levers), len(states)), np.nan)
    values[lever, state] = estimates.means[points]
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
