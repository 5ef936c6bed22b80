"""What outcomes say, with intervals.

The functions of `sim.findings.statistics` are offered here too:

    from sim import findings
    findings.deal_by(outcomes, day=90)

The modules beside it play talks of their own: who blocks (`attribution`), what mediation is worth
(`mediation`), which lever would do (`lever_search`), which numbers matter (`sensitivity`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from sim.findings.statistics import (
        BASE_RATE_ENDS,
        CAPTIVES,
        HOLDING,
        NORMAL_95,
        Effect,
        Finding,
        Spread,
        base_rate_by,
        captives,
        days_until_deal,
        deal_by,
        dealt_by,
        effects,
        endings,
        first_truces,
        flips,
        held_for,
        is_share,
        mean,
        paired,
        people,
        quality,
        refusals,
        restricted_mean_day,
        scale_of,
        share,
        share_of_total,
        spread,
        tango,
        terms,
        truce_causes,
        truce_ends,
        truce_survival,
        wilson,
        zopa,
    )

__all__ = [
    "BASE_RATE_ENDS",
    "CAPTIVES",
    "HOLDING",
    "NORMAL_95",
    "Effect",
    "Finding",
    "Spread",
    "base_rate_by",
    "captives",
    "days_until_deal",
    "deal_by",
    "dealt_by",
    "effects",
    "endings",
    "first_truces",
    "flips",
    "held_for",
    "is_share",
    "mean",
    "paired",
    "people",
    "quality",
    "refusals",
    "restricted_mean_day",
    "scale_of",
    "share",
    "share_of_total",
    "spread",
    "tango",
    "terms",
    "truce_causes",
    "truce_ends",
    "truce_survival",
    "wilson",
    "zopa",
]

__getattr__, __dir__, _ = lazy_loader.attach(__name__, submod_attrs={"statistics": __all__})
