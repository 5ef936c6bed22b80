"""What an answer tells about what another party would settle for.

Somebody who believes that another's reservation value lies around a mean, and hears it refuse or
accept a text, moves the mean: up after a refusal, down after an acceptance, and the more the answer
surprises. Answers carry noise, so that one answer never settles the matter. The update is Bayes'
rule for a normal belief and a probit answer, with the posterior replaced by the normal distribution
of the same mean and variance (assumed-density filtering; Herbrich, Minka and Graepel 2007).
"""

from __future__ import annotations

import numpy as np
from scipy.special import erfcx

from sim.types import Bools, Floats

#: The standard deviation of a logistic answer of scale 1.
LOGISTIC_AS_NORMAL = np.pi / np.sqrt(3.0)

#: Keeps what is certain and without noise from dividing by nothing, in utils.
TINY = 1e-12


def belief_after_answer(
    mean: Floats,
    spread: Floats,
    worth: Floats,
    accepted: Bools,
    noise: Floats,
    doubt: Floats | float = 0.0,
) -> tuple[Floats, Floats]:
    """Return what somebody believes of a reservation value once an answer has been given.

    Parameters
    ----------
    mean, spread : array, any shape
        The belief before: a normal distribution by mean and standard deviation, in utils. Who is
        certain, with a spread of 0, learns nothing.
    worth : array, the same shape
        What the text is worth to who answered, in utils.
    accepted : array of bool, the same shape
        The answer.
    noise : array, the same shape
        Scale of the logistic noise in answers, in utils, 0 or more.
    doubt : array, the same shape, or float
        How far the judge may misjudge what the text is worth, standard deviation, in utils.

    Returns
    -------
    mean, spread : array, the same shape
        The belief afterwards.

    References
    ----------
    Herbrich, R., Minka, T. and Graepel, T. (2007), TrueSkill: a Bayesian skill rating system,
    Advances in Neural Information Processing Systems 19, 569-576.

    Examples
    --------
    >>> from sim.theory.learning import belief_after_answer
    >>> import numpy as np
    >>> before = np.array([0.50]), np.array([0.05])
    >>> refused = np.array([False])
    >>> mean, spread = belief_after_answer(*before, np.array([0.52]), refused, np.array([0.01]))
    >>> print(f"{mean[0]:.3f} {spread[0]:.3f}")
    0.549 0.030
    """
    variance = np.asarray(spread, dtype=float) ** 2
    total = np.sqrt(variance + (LOGISTIC_AS_NORMAL * noise) ** 2 + np.square(doubt) + TINY**2)
    side = np.where(accepted, 1.0, -1.0)
    surplus = side * (worth - mean) / total
    hazard = np.sqrt(2.0 / np.pi) / erfcx(-surplus / np.sqrt(2.0))  # normal density over its CDF
    share = variance / total**2
    moved = mean - side * share * total * hazard
    learnt = share * np.clip(hazard * (hazard + surplus), 0.0, 1.0)
    return np.asarray(moved), np.sqrt(variance * (1.0 - learnt))
