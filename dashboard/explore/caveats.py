"""Caveats beside results whose sign rests on a known weakness of the model.

The known weaknesses in the model's document say the same at greater length.
"""

from __future__ import annotations

import re

from dashboard.explore.page_state import WhatIf

PRIZE_CAVEAT = (
    "Here the model is weakest: a larger prize is haggled over longer in it, so that a change that "
    "widens the room for agreement may bring fewer truces by a day. Look at whether there is room, "
    "too, and at Sources and limits before you conclude anything."
)
MEDIATION_CAVEAT = (
    "Here the model is weakest: texts of mediators are accepted less often in it than the parties' "
    "own, and mediators who know less pay more. See Sources and limits before you conclude "
    "anything."
)

#: Numbers whose effect on truces has a sign that rests on a known weakness.
CAVEAT_BY_PATH = {
    r"permanence\.numbers\..*": PRIZE_CAVEAT,
    r"parties\.[^.]+\.war\.cost_per_day": PRIZE_CAVEAT,
    r"parties\.[^.]+\.ratification\.price": PRIZE_CAVEAT,
    r"mediators\.[^.]+\.access\..*": MEDIATION_CAVEAT,
    r"channel\.mediated": MEDIATION_CAVEAT,
}


def caveats_for(what_if: WhatIf) -> list[str]:
    """Return the caveats about the numbers that a what-if moves."""
    levers = what_if.baseline.case().levers
    moved = [path for path, _ in what_if.changes]
    moved += [move.key for name, _ in what_if.levers for move in levers[name].moves]
    caveats = [
        caveat
        for path in moved
        for pattern, caveat in CAVEAT_BY_PATH.items()
        if re.fullmatch(pattern, path)
    ]
    return list(dict.fromkeys(caveats))
