"""Puzzles that a what-if can solve; its answer decides whether it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dashboard.explore.answer_models import ComparisonAnswer, WhatIfAnswer
from dashboard.explore.page_state import WhatIf
from sim.reporting.models import EffectEstimate
from sim.scenario.schema import Scenario

#: What a change does, by the name of the outcome.
Effects = Mapping[str, EffectEstimate]

#: Additional talks of 100 with a truce that count as many.
MIN_INCREASE = 5


@dataclass(frozen=True)
class Challenge:
    """A puzzle: what to find, what it teaches, and whether a compared what-if has found it."""

    name: str
    title: str
    task: str
    lesson: str
    solved: Callable[[WhatIf, Effects], bool]
    needs_prisoners: bool = False  # asks about prisoners, whom not every scenario has

    def fits(self, case: Scenario) -> bool:
        """Return whether the scenario has what the puzzle asks about."""
        return bool(case.prisoners) or not self.needs_prisoners


def _last_day(effects: Effects) -> EffectEstimate:
    """Return the effect on truces by the last day of the talks."""
    names = [name for name in effects if name.startswith("deal_by_")]
    return effects[max(names, key=lambda name: int(name.removeprefix("deal_by_")))]


def _surely_higher(effect: EffectEstimate) -> bool:
    return effect.low is not None and effect.low > 0


def _one_lever(what_if: WhatIf, effects: Effects) -> bool:
    alone = len(what_if.levers) == 1 and not what_if.changes and not what_if.pinned
    effect = _last_day(effects)
    return alone and 100 * (effect.estimate or 0.0) >= MIN_INCREASE and _surely_higher(effect)


def _deal_is_not_success(what_if: WhatIf, effects: Effects) -> bool:
    return _surely_higher(_last_day(effects)) and not _surely_higher(effects["truce_held_60"])


def _lasting(what_if: WhatIf, effects: Effects) -> bool:
    return _surely_higher(effects["truce_held_60"])


def _home(what_if: WhatIf, effects: Effects) -> bool:
    return _surely_higher(effects["returned_alive"]) and not _surely_higher(
        effects["prisoners_released"]
    )


def _noise(what_if: WhatIf, effects: Effects) -> bool:
    effect = _last_day(effects)
    if effect.exactly_zero or effect.low is None or effect.high is None:
        return False
    return effect.low <= 0 <= effect.high


CHALLENGES = (
    Challenge(
        "one-lever",
        "One lever",
        f"Move a single lever so that a truce begins in at least {MIN_INCREASE} more of 100 talks "
        "by the last day.",
        "Which lever did it, and who in the real world could move it?",
        _one_lever,
    ),
    Challenge(
        "deal-is-not-success",
        "A deal is not yet success",
        "Bring about more truces without more truces that are still in force 60 days later.",
        "What would you have to know about a deal before you called it a success?",
        _deal_is_not_success,
    ),
    Challenge(
        "lasting",
        "Something that lasts",
        "Find a change after which more talks have a first truce that is in force 60 days later.",
        "Compare it with your answer to the one before: what is different?",
        _lasting,
    ),
    Challenge(
        "home",
        "Whose people come home",
        "Find a change after which more captives come home alive, on average, and no more "
        "prisoners than before are released.",
        "Prisoners who are released come home too. Who gains by this change, and how would it look "
        "to the families on the other side?",
        _home,
        needs_prisoners=True,
    ),
    Challenge(
        "noise",
        "Within noise",
        "Find a change that does something in some talks, but so little that it cannot be told "
        "from luck.",
        "How would a headline about this change read, and why would it mislead?",
        _noise,
    ),
)


def challenges_for(case: Scenario) -> list[Challenge]:
    """Return the challenges that can be solved in a scenario."""
    return [challenge for challenge in CHALLENGES if challenge.fits(case)]


def solved_challenges(what_if: WhatIf, answer: WhatIfAnswer) -> list[Challenge]:
    """Return the challenges that a compared what-if solves."""
    if not isinstance(answer, ComparisonAnswer):
        return []
    effects = answer.comparison.effects
    fitting = challenges_for(what_if.baseline.case())
    return [challenge for challenge in fitting if challenge.solved(what_if, effects)]
