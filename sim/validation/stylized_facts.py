"""Stylised facts of truces and mediation, and how the model is asked about each.

A fact is a statement from the literature that the model was not fitted to. It is asked by playing
talks, as they are and changed, with the same luck, and passes if the effect lies on the stated
side with its whole 95 % interval.
"""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.engine.outcomes import NONE, Outcomes
from sim.findings.attribution import with_numbers
from sim.findings.mediation import switched_on, with_mediators
from sim.findings.statistics import NORMAL_95
from sim.scenario.quantity import Amount
from sim.scenario.schema import Scenario
from sim.validation.arms import (
    FIRST_TRUCE,
    SEED_CASE,
    Answer,
    Edit,
    Ratio,
    TreatmentArm,
    against,
    breaks_in_both,
    breaks_per_day,
    broken,
    change,
    deals,
    has_level,
    over_and_above,
    permanent_at_the_end,
    signed_at,
    standard_error,
)
from sim.validation.history import History, Pauses, in_words

Direction = Literal["above", "below", "exactly"]
Verdict = Literal["pass", "fail", "not settled"]

YEAR = 365

#: The last day of talks in the deadline's arm, and how long agreements take to be confirmed.
DEADLINE, AFTERWARDS = 91, 7


# --- Facts


@dataclass(frozen=True)
class Fact:
    """A fact: what is said, by whom, how the model is asked, and where the effect should lie."""

    number: str
    statement: str
    source: str
    asked: str
    of: str  # what the effect is of, with its unit
    direction: Direction
    arms: tuple[TreatmentArm, ...]
    measure: Callable[..., Answer]  # of the outcomes of the arms
    built_in: bool = False  # whether a number or rule of the model puts the direction there
    why: str = "not known"  # the model does not pass
    remark: str = ""  # what a pass does not mean

    def asked_of(self, past: History) -> Fact:
        """Return the fact as it is asked of the scenarios that a history names."""
        about = past.stylized_facts
        assert about is not None, "facts are asked of a seed case"
        scenarios = {SEED_CASE: about.seed_case, FIRST_TRUCE: about.first_truce}
        return replace(
            self,
            asked=self.asked.replace("{first_truce}", about.first_truce_called),
            arms=tuple(arm.played_in(scenarios) for arm in self.arms),
            why=about.why.get(self.number, self.why),
            remark=about.remarks.get(self.number, self.remark),
        )

    def answer(self, played: Mapping[TreatmentArm, Outcomes]) -> Answer:
        """Return what the model says to it."""
        return self.measure(*(played[arm] for arm in self.arms))

    def verdict(self, answer: Answer) -> Verdict:
        """Pass or fail if the whole interval lies on one side of zero, else not settled."""
        if self.direction == "exactly":
            return "pass" if answer.identical else "fail"
        if not answer.finite or answer.low <= 0 <= answer.high:
            return "not settled"
        return "pass" if (answer.effect > 0) == (self.direction == "above") else "fail"


# --- Edits


def _mediated_by(*levers: str) -> Edit:
    return lambda scenario: switched_on(scenario, levers)


def _unmediated(scenario: Scenario) -> Scenario:
    return with_mediators(scenario, ())


def _without_extension(scenario: Scenario) -> Scenario:
    return scenario.model_copy(
        update={"truce": scenario.truce.model_copy(update={"extension": None})}
    )


def _with_deadline(scenario: Scenario) -> Scenario:
    last = Amount(value=DEADLINE, basis="definition")
    channel = scenario.channel.model_copy(update={"deadline_day": last})
    return scenario.model_copy(update={"channel": channel})


def _with_half_the_captives(scenario: Scenario) -> Scenario:
    numbers = {
        path: round(quantity.centre / 2)
        for path, quantity in scenario.quantities().items()
        if fnmatch.fnmatch(path, "captives.*.categories.*.number")
    }
    return with_numbers(scenario, numbers)


def _partial(scenario: Scenario) -> Scenario:
    """Return for each party, the mediator who leans to it most leans fully, and nobody else at
    all.
    """
    biases = {
        f"mediators.{name}.bias.{party}": bias.centre
        for name, mediator in scenario.mediators.items()
        for party, bias in mediator.bias.items()
    }
    numbers = dict.fromkeys(biases, 0.0)
    for party in scenario.parties:
        towards = [path for path in biases if path.endswith(f".bias.{party}")]
        numbers |= {max(towards, key=lambda path: biases[path]): 1.0} if towards else {}
    return with_numbers(scenario, numbers)


NOBODY_MEDIATES = _unmediated
FACILITATING = _mediated_by("channel", "guarantee", "information", "formulation")
MANIPULATING = _mediated_by("channel", "guarantee", "leverage")
ONLY_A_CHANNEL = _mediated_by("channel")
A_CHANNEL_AND_TEXTS = _mediated_by("channel", "information", "formulation")


# --- Measures that need more than a line


def _not_final(outcomes: Outcomes) -> Answer:
    truce = outcomes.truces > 0
    return against(0.5, Ratio.of(truce & (outcomes.truce_end != NONE), truce))


def _cover(plain: Outcomes, plain_texts: Outcomes, dear: Outcomes, dear_texts: Outcomes) -> Answer:
    """Return what mediators' texts add to deals where retreating in public is dear, less where
    free.
    """
    parts = [deals(arm) for arm in (plain, plain_texts, dear, dear_texts)]
    free, costly = change(parts[0], parts[1]), change(parts[2], parts[3])
    twice = parts[3].residual - parts[2].residual - parts[1].residual + parts[0].residual
    return over_and_above(costly, free, NORMAL_95 * standard_error(twice))


def _by_kind(outcomes: Outcomes, weaker: Kind, stronger: Kind) -> Answer:
    return change(
        breaks_per_day(outcomes, weaker(outcomes), 30),
        breaks_per_day(outcomes, stronger(outcomes), 30),
    )


Kind = Callable[[Outcomes], NDArray[np.bool_]]


def _bare(outcomes: Outcomes) -> NDArray[np.bool_]:
    return has_level(outcomes, "guarantee", ["word"])


def _definitive(outcomes: Outcomes) -> NDArray[np.bool_]:
    return has_level(outcomes, "duration", ["permanent"])


def _preliminary(outcomes: Outcomes) -> NDArray[np.bool_]:
    return np.asarray((outcomes.deal_day != NONE) & ~_bare(outcomes) & ~_definitive(outcomes))


def _definitive_or_preliminary(outcomes: Outcomes) -> Answer:
    return _by_kind(outcomes, _preliminary, _definitive)


def _preliminary_or_bare(outcomes: Outcomes) -> Answer:
    return _by_kind(outcomes, _bare, _preliminary)


def _deals(before: Outcomes, after: Outcomes) -> Answer:
    return change(deals(before), deals(after))


def _nothing_changes(before: Outcomes, after: Outcomes) -> Answer:
    found = _deals(before, after)
    same = all(
        np.array_equal(getattr(before, name), getattr(after, name), equal_nan=True)
        for name in Outcomes.array_names()
    )
    return Answer(found.effect, found.low, found.high, found.before, found.after, same)


def _permanent(before: Outcomes, after: Outcomes) -> Answer:
    return change(permanent_at_the_end(before), permanent_at_the_end(after))


def _breaches(before: Outcomes, after: Outcomes) -> Answer:
    """Breaches per day of truce, in runs with one truce in both arms."""
    both = (before.truces == 1) & (after.truces == 1)
    rates = [
        Ratio.of(np.where(both, arm.violations, 0), np.where(both, arm.truce_days, 0))
        for arm in (before, after)
    ]
    return change(*rates)


def _in_deadline_week(before: Outcomes, after: Outcomes) -> Answer:
    def in_week(outcomes: Outcomes) -> Ratio:
        days = outcomes.deal_day
        week = (days >= DEADLINE) & (days < DEADLINE + AFTERWARDS)
        return Ratio.of(week, np.ones(len(outcomes)))

    return change(in_week(before), in_week(after))


def _zopa(before: Outcomes, after: Outcomes) -> Answer:
    everyone = np.ones(len(before))
    return change(Ratio.of(before.zopa_first, everyone), Ratio.of(after.zopa_first, everyone))


def _without_soldiers(outcomes: Outcomes) -> Answer:
    return against(0.5, signed_at(outcomes, "captives", ["humanitarian", "civilians"]))


def _log_price(outcomes: Outcomes) -> Ratio:
    """Return the mean log of prisoners per captive in first deals that bring captives home."""
    column = outcomes.labels.issues.index("ratio")
    levels = np.log([float(level) for level in outcomes.labels.levels[column]])
    priced = (outcomes.deal_day != NONE) & ~has_level(outcomes, "captives", ["none"])
    return Ratio.of(np.where(priced, levels[outcomes.deal_levels[:, column]], 0.0), priced)


def _price_rises(before: Outcomes, after: Outcomes) -> Answer:
    return change(_log_price(before), _log_price(after))


def _lopsided(outcomes: Outcomes) -> Answer:
    return against(0.5, signed_at(outcomes, "ratio", ["10", "30", "50"]))


def _short_pauses(outcomes: Outcomes, past: Pauses) -> Answer:
    """Short first truces broken before their term, less the share of the past with its error."""
    short = has_level(outcomes, "duration", ["4d", "7d"])
    found = Ratio.of(short & broken(outcomes, 7), short)
    kept = [pause.ran_its_term for pause in past.pauses]
    seen = 1 - sum(kept) / len(kept)
    half = NORMAL_95 * math.hypot(found.error, math.sqrt(seen * (1 - seen) / len(kept)))
    effect = found.value - seen
    return Answer(effect, effect - half, effect + half, seen, found.value)


# --- The facts

AS_IT_IS = TreatmentArm()
NO_HEARING = (("mediators.*.access.*", 0.0),)
IMPARTIAL = (("mediators.*.bias.*", 0.0),)
DEALS_BY_180 = "talks with a truce by day 180"
BREAKS = "truces broken per day of truce, first 60 days, in runs with a truce either way"
CLAYTON = "Clayton et al. 2022"


def _speech(cost: float, mediated: float) -> TreatmentArm:
    """Return how dear it is to retreat in public, and whether mediators word the texts."""
    return TreatmentArm(numbers=(("parties.*.audience.cost", cost), ("channel.mediated", mediated)))


FACTS: tuple[Fact, ...] = (
    Fact(
        "F1",
        "Ceasefires are common and mostly do not end the war: 2,202 of them in 109 conflicts",
        CLAYTON,
        "seed case followed for a year: first truces that are over by then, less one half",
        "share of first truces",
        "above",
        (TreatmentArm(days=YEAR),),
        _not_final,
    ),
    Fact(
        "F2a",
        "Ceasefires come sooner where the fighting costs more",
        f"{CLAYTON}, Costs and Cover",
        "a day of war costs both sides twice as much",
        DEALS_BY_180,
        "above",
        (AS_IT_IS, TreatmentArm(levers=(("war_cost", 2.0),))),
        _deals,
    ),
    Fact(
        "F2b",
        "Mediation helps leaders who need cover before their public",
        f"{CLAYTON}, Costs and Cover",
        "all texts are mediators', against none; retreating in public costs both sides 0.25 utils",
        DEALS_BY_180,
        "above",
        (_speech(0.25, 0.0), _speech(0.25, 1.0)),
        _deals,
    ),
    Fact(
        "F2c",
        "And it helps them more than leaders who need none",
        f"{CLAYTON}, Costs and Cover",
        "the same effect, less that where retreating in public costs nothing",
        DEALS_BY_180,
        "above",
        (_speech(0.0, 0.0), _speech(0.0, 1.0), _speech(0.25, 0.0), _speech(0.25, 1.0)),
        _cover,
        remark="a difference of two effects; it says what it seems to only where F2b passes",
    ),
    Fact(
        "F3a",
        "Definitive ceasefires outlast preliminary ones",
        "Clayton and Sticher 2021",
        "first truces without a term against those with a term and a guarantee",
        "truces broken per day of truce, first 30 days",
        "below",
        (AS_IT_IS,),
        _definitive_or_preliminary,
        built_in=True,
    ),
    Fact(
        "F3b",
        "Preliminary ceasefires outlast bare cessations of hostilities",
        "Clayton and Sticher 2021",
        "first truces with a term and a guarantee against those on the mediators' word",
        "truces broken per day of truce, first 30 days",
        "below",
        (AS_IT_IS,),
        _preliminary_or_bare,
        built_in=True,
    ),
    Fact(
        "F4",
        "Peacekeepers and monitors prolong peace, though they are sent to harder cases",
        "Fortna 2004",
        "every mediator can stand behind observers, against written guarantees at most",
        BREAKS,
        "below",
        (
            TreatmentArm(numbers=(("mediators.*.guarantee", 2.0),)),
            TreatmentArm(numbers=(("mediators.*.guarantee", 3.0),)),
        ),
        breaks_in_both,
        built_in=True,
    ),
    Fact(
        "F5a",
        "Truces that outsiders impose break sooner",
        "Werner and Yuen 2005",
        "side payments and pressure four times as large, against none",
        BREAKS,
        "above",
        (
            TreatmentArm(levers=(("leverage", 0.0),)),
            TreatmentArm(levers=(("leverage", 4.0),)),
        ),
        breaks_in_both,
        built_in=True,
    ),
    Fact(
        "F5b",
        "Truces after battles with consistent outcomes last longer",
        "Werner and Yuen 2005",
        "one side wins 58 battles in 100, against 50",
        BREAKS,
        "below",
        (
            TreatmentArm(numbers=(("war.numbers.chance", 0.5),)),
            TreatmentArm(numbers=(("war.numbers.chance", 0.58),)),
        ),
        breaks_in_both,
    ),
    Fact(
        "F6a",
        "Mediated crises end in agreement more often",
        "Wilkenfeld et al. 2003; Beardsley et al. 2006",
        "with all mediators, against a direct channel only",
        DEALS_BY_180,
        "above",
        (TreatmentArm(edit=NOBODY_MEDIATES), AS_IT_IS),
        _deals,
        remark="nearly all of it is the channel: without it there are hardly any rounds",
    ),
    Fact(
        "F6b",
        "Manipulation brings formal agreements more than facilitation does",
        "Beardsley et al. 2006",
        "mediators with leverage and without information and texts, against the reverse",
        DEALS_BY_180,
        "above",
        (TreatmentArm(edit=FACILITATING), TreatmentArm(edit=MANIPULATING)),
        _deals,
    ),
    Fact(
        "F6c",
        "Facilitation leaves the more lasting calm",
        "Beardsley et al. 2006",
        "the same two arms",
        BREAKS,
        "above",
        (TreatmentArm(edit=FACILITATING), TreatmentArm(edit=MANIPULATING)),
        breaks_in_both,
        built_in=True,
    ),
    Fact(
        "F7",
        "A mediator is believed in counselling restraint by the side it leans to",
        "Kydd 2003",
        "one mediator leans fully to each side, against none that leans at all",
        DEALS_BY_180,
        "above",
        (TreatmentArm(numbers=IMPARTIAL), TreatmentArm(edit=_partial)),
        _deals,
    ),
    Fact(
        "F8",
        "A mediator with no information of its own, and no other means, changes nothing",
        "Fey and Ramsay 2010",
        "mediators who may inform and word texts and know nothing, against a mere channel",
        f"{DEALS_BY_180}; every outcome of every run must be the same",
        "exactly",
        (
            TreatmentArm(edit=ONLY_A_CHANNEL, numbers=NO_HEARING),
            TreatmentArm(edit=A_CHANNEL_AND_TEXTS, numbers=NO_HEARING),
        ),
        _nothing_changes,
        built_in=True,
    ),
    Fact(
        "F9",
        "Security guarantees by third parties decide whether a negotiated end of war is reached",
        "Walter 1997",
        "breaking a guarantee costs three times as much, against nothing",
        "talks under a permanent truce on day 180",
        "above",
        (
            TreatmentArm(levers=(("guarantee", 0.0),)),
            TreatmentArm(levers=(("guarantee", 3.0),)),
        ),
        _permanent,
    ),
    Fact(
        "F10a",
        "Clauses that allow extension or flexibility go with more breaches",
        "Park 2023",
        "{first_truce} with the rule of extension, against without; runs with one truce in both",
        "breaches per day of truce",
        "above",
        (TreatmentArm(FIRST_TRUCE, edit=_without_extension), TreatmentArm(FIRST_TRUCE)),
        _breaches,
    ),
    Fact(
        "F10b",
        "The same, for breaches that end the truce",
        "Park 2023",
        "{first_truce} with the rule of extension, against without",
        BREAKS,
        "above",
        (TreatmentArm(FIRST_TRUCE, edit=_without_extension), TreatmentArm(FIRST_TRUCE)),
        breaks_in_both,
        built_in=True,
    ),
    Fact(
        "F11",
        "Agreements cluster at deadlines",
        "Roth, Murnighan and Schoumaker 1988",
        "a last day of talks on day 91, against none",
        "talks whose first truce begins in the week from day 91",
        "above",
        (AS_IT_IS, TreatmentArm(edit=_with_deadline)),
        _in_deadline_week,
        built_in=True,
    ),
    Fact(
        "F12a",
        "Wars can be settled once beliefs have converged",
        "Slantchev 2003",
        "both sides give the forward side 0.515 in a battle, against beliefs as they are",
        "talks with a ZOPA before the first day",
        "above",
        (AS_IT_IS, TreatmentArm(numbers=(("parties.*.war.belief", 0.515),))),
        _zopa,
    ),
    Fact(
        "F12b",
        "Fighting settles wars by teaching",
        "Slantchev 2003",
        "beliefs worth five battles, against beliefs that no battle can shake",
        DEALS_BY_180,
        "above",
        (
            TreatmentArm(numbers=(("parties.*.war.prior_battles", 1e6),)),
            TreatmentArm(numbers=(("parties.*.war.prior_battles", 5.0),)),
        ),
        _deals,
    ),
    Fact(
        "F13a",
        "Women, children and the old come home first and soldiers last",
        "reports cited in the scenarios",
        "first deals that bring captives home but no soldier, less one half",
        "share of first deals",
        "above",
        (AS_IT_IS,),
        _without_soldiers,
    ),
    Fact(
        "F13b",
        "More prisoners go free for each captive as fewer captives are left",
        "reports cited in the scenarios",
        "half as many captives in every category, against all of them",
        "mean log of prisoners per captive in first deals",
        "above",
        (AS_IT_IS, TreatmentArm(edit=_with_half_the_captives)),
        _price_rises,
    ),
    Fact(
        "F14",
        "Lopsided exchanges are normal: from 1983 to 2011 thousands were freed for a handful",
        "press accounts of the exchanges of 1983, 1985, 2004 and 2011",
        "first deals at ten prisoners or more for a captive, less one half",
        "share of first deals",
        "above",
        (AS_IT_IS,),
        _lopsided,
    ),
)


def _fact_of_pauses(past: History) -> tuple[Fact, ...]:
    """Return the fact about pauses of hours, where the history has some."""
    pauses = past.pauses
    if pauses is None:
        return ()
    fact = Fact(
        "F15",
        pauses.statement,
        f"press accounts in scenarios/history/{past.history}.yaml",
        pauses.asked,
        f"share of short truces; the interval holds the error of {in_words(len(pauses.pauses))} "
        "pauses too",
        "above",
        (TreatmentArm(FIRST_TRUCE),),
        partial(_short_pauses, past=pauses),
    )
    return (fact,)


def facts(past: History) -> tuple[Fact, ...]:
    """Return the stylised facts as they are asked of a history's scenarios: none without these."""
    if past.stylized_facts is None:
        return ()
    return tuple(fact.asked_of(past) for fact in (*FACTS, *_fact_of_pauses(past)))
