"""Results whose sign is where the model is weakest, so that a page says so beside them.

What is said here stands at greater length among the known weaknesses in the model's document.
"""

from __future__ import annotations

import re

from dashboard.explore.page_state import WhatIf

HAGGLED = (
    "Here the model is weakest: a larger prize is haggled over longer in it, so that a change that "
    "widens the room for agreement may bring fewer truces by a day. Look at whether there is room, "
    "too, and at Sources and limits before you conclude anything."
)
MEDIATED = (
    "Here the model is weakest: texts of mediators are accepted less often in it than the parties' "
    "own, and mediators who know less pay more. See Sources and limits before you conclude "
    "anything."
)

#: Numbers whose effect on truces has a sign that rests on a known weakness.
WEAK = {
    r"permanence\.numbers\..*": HAGGLED,
    r"parties\.[^.]+\.war\.cost_per_day": HAGGLED,
    r"parties\.[^.]+\.ratification\.price": HAGGLED,
    r"mediators\.[^.]+\.access\..*": MEDIATED,
    r"channel\.mediated": MEDIATED,
}


def cautions(asked: WhatIf) -> list[str]:
    """What to bear in mind of the numbers that a what-if moves."""
    levers = asked.baseline.case().levers
    moved = [path for path, _ in asked.changes]
    moved += [move.key for name, _ in asked.levers for move in levers[name].moves]
    found = [
        words for path in moved for pattern, words in WEAK.items() if re.fullmatch(pattern, path)
    ]
    return list(dict.fromkeys(found))
