"""The scorecard: what the model says to stylised facts, to the past, and with parts taken out.

Its output is a section of sim/README.md, made anew from scratch by one command:

    parley scorecard --write
"""

from __future__ import annotations

import inspect
import math
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim.engine.outcomes import NONE, Outcomes
from sim.engine.simulate import Progress
from sim.findings.statistics import held_for
from sim.provenance import version
from sim.scenario.loading import load_scenario
from sim.scenario.quantity import Share
from sim.scenario.schema import Scenario, Strategy
from sim.validation.arms import DAYS, SEED_CASE, Answer, Ratio, TreatmentArm, deals, play
from sim.validation.arms import signed_at as signed
from sim.validation.backtests import (
    LEFT_OUT,
    MODEL,
    Counted,
    Criterion,
    Forecast,
    PauseForecasts,
    arms,
    counts,
    coverage,
    criteria,
    forecasts,
    pauses,
)
from sim.validation.history import History, default_history, in_words, load_history
from sim.validation.history import Pauses as PastPauses
from sim.validation.signs import shipped_names
from sim.validation.stylized_facts import Fact, Verdict, facts
from sim.validation.verdicts import COMMAND, OUTCOMES, StoredSigns, stored_verdicts
from sim.validation.verdicts import Verdict as SignVerdict

RUNS, SEED = 4000, 1

#: With fewer talks in each arm luck alone would leave most facts open.
LEAST_RUNS = 100
TOO_FEW = (
    "too few for a scorecard, as some facts are asked of the few talks that have what they are "
    f"about; take {LEAST_RUNS} or more, and {RUNS:,} to see much"
)

BEGIN, END = "<!-- scorecard -->", "<!-- /scorecard -->"

README = Path(__file__).parents[1] / "README.md"

#: More than any package can be short of: who hopes for so much believes that all would be taken.
BOUNDLESS = 10.0

#: So many battles' worth of belief that none of those to come can move it.
UNSHAKEABLE = 1e6

#: How long a first truce must hold to count as holding.
HOLD_DAYS = 60


# --- Structural ablations


@dataclass(frozen=True)
class Ablation:
    """A part of the model taken out: in words, and how it is played."""

    name: str
    words: str
    arm: TreatmentArm


@dataclass(frozen=True)
class Headline:
    """A headline number with a part taken out, how far that moves it, and the standard errors."""

    value: float
    error: float
    moved: float
    moved_error: float


def _given(chance: float) -> Callable[[Scenario], Scenario]:
    """Return every truce is thought to last with the same chance, whatever its terms."""

    def edit(scenario: Scenario) -> Scenario:
        lasts = Strategy(kind="given", numbers={"chance": Share(value=chance, basis="definition")})
        return scenario.model_copy(update={"permanence": lasts})

    return edit


AS_IT_IS = Ablation("nothing", "the model as it is", TreatmentArm())

ABLATIONS: tuple[Ablation, ...] = (
    AS_IT_IS,
    Ablation(
        "permanence given, 1",
        "every text is believed to last for good, whatever it says",
        TreatmentArm(edit=_given(1.0)),
    ),
    Ablation(
        "permanence given, 0.5",
        "every text is believed to last with a chance of one half",
        TreatmentArm(edit=_given(0.5)),
    ),
    Ablation(
        "unanchored aspirations",
        "each side believes that the others would take anything (optimism of ten utils), so that "
        "it holds out for its own best package and concedes from there",
        TreatmentArm(numbers=(("parties.*.optimism", BOUNDLESS),)),
    ),
    Ablation(
        "no learning",
        "beliefs about the war are worth a million battles, and none moves them",
        TreatmentArm(numbers=(("parties.*.war.prior_battles", UNSHAKEABLE),)),
    ),
    Ablation(
        "no leverage of captives",
        "holding captives does not restrain the other side in battle",
        TreatmentArm(numbers=(("captives.*.restraint", 0.0),)),
    ),
    Ablation(
        "no side payments",
        "mediators have nothing to add to a text",
        TreatmentArm(levers=(("leverage", 0.0),)),
    ),
)


def _held(outcomes: Outcomes) -> Ratio:
    """First truces seen in force 60 days later, of those begun early enough to see it."""
    early = (outcomes.deal_day != NONE) & (outcomes.deal_day <= outcomes.days - HOLD_DAYS)
    return Ratio.of(early & held_for(outcomes, HOLD_DAYS), early)


HEADLINES: dict[str, Callable[[Outcomes], Ratio]] = {
    "deal by 30": lambda outcomes: deals(outcomes, 30),
    "deal by 90": lambda outcomes: deals(outcomes, 90),
    "deal by 180": lambda outcomes: deals(outcomes, DAYS),
    "permanent": lambda outcomes: signed(outcomes, "duration", ["permanent"]),
    "total withdrawal": lambda outcomes: signed(outcomes, "withdrawal", ["total"]),
    "holds 60 days": _held,
}


def ablations(past: History) -> tuple[Ablation, ...]:
    """Return the parts to take out of a history's seed case: none without one."""
    if past.stylized_facts is None:
        return ()
    scenarios = {SEED_CASE: past.stylized_facts.seed_case}
    return tuple(replace(part, arm=part.arm.played_in(scenarios)) for part in ABLATIONS)


def _ablated(
    past: History, played: Mapping[TreatmentArm, Outcomes]
) -> dict[str, dict[str, Headline]]:
    """Return the headline numbers with each part taken out: by ablation and headline."""
    parts = ablations(past)
    return {part.name: _headlines(played[parts[0].arm], played[part.arm]) for part in parts}


def _headlines(whole: Outcomes, ablated: Outcomes) -> dict[str, Headline]:
    """Return each headline number with a part taken out, and how far that moves it."""
    headlines = {}
    for name, measure in HEADLINES.items():
        before, after = measure(whole), measure(ablated)
        step = Ratio(after.value - before.value, after.residual - before.residual)
        headlines[name] = Headline(after.value, after.error, step.value, step.error)
    return headlines


# --- The whole


@dataclass(frozen=True)
class Row:
    """A fact, the model's answer and the verdict."""

    fact: Fact
    answer: Answer
    verdict: Verdict


@dataclass(frozen=True)
class Scorecard:
    """Everything that was asked and what came out."""

    past: History
    runs: int
    seed: int
    version: str
    facts: tuple[Row, ...]
    forecasts: tuple[Forecast, ...]
    counts: tuple[Counted, ...]
    coverage: Mapping[float, tuple[int, int]]
    criteria: tuple[Criterion, ...]
    pauses: PauseForecasts | None
    ablations: Mapping[str, Mapping[str, Headline]]
    signs: Mapping[str, StoredSigns | None]  # by scenario; None where it is not judged yet


def history_named(name: str | None) -> History:
    """Return a history by name or file, or the one that names a seed case; raises ScenarioError."""
    return default_history() if name is None else load_history(name)


def all_arms(past: History) -> list[TreatmentArm]:
    """Return all that must be played, each arm once."""
    wanted = [arm for fact in facts(past) for arm in fact.arms]
    wanted += [*arms(past), *(part.arm for part in ablations(past))]
    return list(dict.fromkeys(wanted))


def runs_in_all(past: History, runs: int) -> int:
    """Return how many runs so many for each arm come to."""
    return len(all_arms(past)) * runs


def scorecard(
    past: History | None = None,
    *,
    runs: int = RUNS,
    seed: int = SEED,
    workers: int = 1,
    progress: Progress | None = None,
) -> Scorecard:
    """Play everything and take down what comes out.

    `past` is the history to hold the model against, by default the one that names a seed case; in
    one that names none there are backtests only. Raises ValueError for fewer than `LEAST_RUNS`
    talks in each arm.
    """
    if runs < LEAST_RUNS:
        raise ValueError(f"runs is {runs}: {TOO_FEW}")
    past = default_history() if past is None else past
    judged = {name: stored_verdicts(load_scenario(name)) for name in shipped_names()}
    played = play(all_arms(past), runs=runs, seed=seed, workers=workers, progress=progress)
    answers = [(fact, fact.answer(played)) for fact in facts(past)]
    people = counts(past, played)
    return Scorecard(
        past,
        runs,
        seed,
        version(),
        tuple(Row(fact, answer, fact.verdict(answer)) for fact, answer in answers),
        tuple(forecasts(past, played)),
        tuple(people),
        coverage(people),
        tuple(criteria(past, played, runs=runs, seed=seed)),
        pauses(past, seed=seed),
        _ablated(past, played),
        judged,
    )


# --- For machines


def as_dict(card: Scorecard) -> dict[str, Any]:
    """Return the scorecard as plain values; what could not be told is None."""
    return {
        "runs": card.runs,
        "seed": card.seed,
        "version": card.version,
        "facts": [
            {
                **{key: getattr(row.fact, key) for key in _FACT_KEYS},
                **{key: _number(value) for key, value in vars(row.answer).items()},
                "verdict": row.verdict,
                "why": None if row.verdict == "pass" else row.fact.why,
            }
            for row in card.facts
        ],
        "forecasts": [vars(forecast) for forecast in card.forecasts],
        "counts": [vars(count) for count in card.counts],
        "coverage": {str(share): list(hits) for share, hits in card.coverage.items()},
        "criteria": [vars(criterion) for criterion in card.criteria],
        "pauses": None if card.pauses is None else vars(card.pauses),
        "ablations": {
            name: {
                key: {k: _number(v) for k, v in vars(value).items()} for key, value in of.items()
            }
            for name, of in card.ablations.items()
        },
        "signs": {
            name: None if record is None else dict(record.counts())
            for name, record in card.signs.items()
        },
    }


_FACT_KEYS = ("number", "statement", "source", "asked", "of", "direction", "built_in")


def _number(value: float) -> float | bool | None:
    return value if isinstance(value, bool) or math.isfinite(value) else None


# --- For people


def as_markdown(card: Scorecard) -> str:
    """Return the scorecard as a section of a document, without its markers."""
    parts = [_head(card)]
    if (asked_of := card.past.stylized_facts) is not None:
        parts += [_about_facts(card, asked_of.seed_case), _facts_in_words(card)]
    parts.append(_backtests_in_words(card))
    if asked_of is not None:
        parts.append(_ablations_in_words(card, asked_of.seed_case))
    parts.append(_signs_in_words(card))
    return "\n\n".join(parts) + "\n"


def _head(card: Scorecard) -> str:
    return _text(
        f"""
        # Scorecard

        Made by `parley scorecard --runs {card.runs} --seed {card.seed} --write`; do not edit it by
        hand. {card.runs:,} runs for each arm, seed {card.seed}, Parley {card.version}. The numbers
        come out as they come out: what the model fails stays here.
        """
    )


def _about_facts(card: Scorecard, seed_case: str) -> str:
    passed = sum(row.verdict == "pass" for row in card.facts)
    failed = sum(row.verdict == "fail" for row in card.facts)
    unsettled = len(card.facts) - passed - failed
    return _text(
        f"""
        ## Stylised facts

        Each fact is from the literature; none was fitted. The model is asked by playing talks as
        they are and changed, with the same luck, so that a difference is an effect. A fact
        **passes** if the whole 95 % interval of the effect lies on the stated side of zero,
        **fails** if it lies on the other, and is **not settled** if it holds zero. Intervals are
        of luck alone: more runs narrow them and make no assumption truer. Of
        {len(card.facts)} questions {passed} pass, {failed} fail and {unsettled} are not settled.
        With an asterisk: a number or rule of the model puts the direction there, so that a pass
        says little. Runs are of `{seed_case}` over {DAYS} days where nothing else is said.
        """
    )


def _facts_in_words(card: Scorecard) -> str:
    head = (
        "fact",
        "what is said",
        "how the model is asked",
        "effect (95 %)",
        "from, to",
        "verdict",
    )
    lines = [
        (
            row.fact.number + ("\\*" if row.fact.built_in else ""),
            f"{row.fact.statement} ({row.fact.source})",
            f"{row.fact.asked}; {row.fact.of}, {_side(row.fact)}",
            f"{row.answer.effect:+.3f} ({row.answer.low:+.3f} to {row.answer.high:+.3f})",
            f"{row.answer.before:.3f}, {row.answer.after:.3f}",
            row.verdict if row.verdict == "pass" else f"**{row.verdict}**",
        )
        for row in card.facts
    ]
    open_facts = [row for row in card.facts if row.verdict != "pass"]
    why = [f"- {row.fact.number}, {row.verdict}: {row.fact.why}." for row in open_facts]
    lead = ["Why the model does not pass:", "\n".join(why)] if why else []
    easy = [row.fact for row in card.facts if row.verdict == "pass" and row.fact.remark]
    remarks = [f"- {fact.number}: {fact.remark}." for fact in easy]
    lead += ["What a pass does not mean:", "\n".join(remarks)] if remarks else []
    return "\n\n".join([_table(head, lines), *lead])


def _side(fact: Fact) -> str:
    return {"above": "above 0", "below": "below 0", "exactly": "exactly 0"}[fact.direction]


def _backtests_in_words(card: Scorecard) -> str:
    past = card.past
    spells = " and ".join(f"{past.days_at_risk(name)} days ({name})" for name in past.spells)
    cases = "; ".join(
        f"{name} is `{case.scenario}`, where the next truce began on day "
        f"{past.first_truce_day(case)}"
        for name, case in past.cases.items()
    )
    remarks = f", {past.backtests}" if past.backtests else "."
    text = _text(
        f"""
        ## Backtests

        {cases}. The model
        stands beside a constant hazard that is refitted without the spell that is scored. There are
        {in_words(len(past.spells))} spells, {spells}{remarks}
        """
    )
    parts = [text, _forecast_table(card)]
    parts += [_count_table(card)] if card.counts else []
    parts += [_criteria_table(card)] if card.criteria else []
    if past.pauses is not None and card.pauses is not None:
        parts.append(_pauses_in_words(past.pauses, card.pauses))
    return "\n\n".join(parts)


def _forecast_table(card: Scorecard) -> str:
    lines = []
    for forecast in card.forecasts:
        for who, chances in forecast.chances.items():
            said = ", ".join(
                f"{day}: {chance:.2f}" for day, chance in zip(forecast.days, chances, strict=True)
            )
            lines.append(
                (
                    forecast.case,
                    who,
                    said,
                    f"{forecast.brier[who]:.3f}",
                    f"{forecast.log_score[who]:.3f}",
                )
            )
    happened = "; ".join(
        f"in {forecast.case} "
        + ", ".join(
            f"{'yes' if happened else 'no'} by {day}"
            for day, happened in zip(forecast.days, forecast.happened, strict=True)
        )
        for forecast in card.forecasts
    )
    head = ("case", "forecaster", "chance of a truce by day", "Brier", "log score")
    return f"{_table(head, lines)}\n\nA truce had begun: {happened}."


def _count_table(card: Scorecard) -> str:
    lines = [
        (
            count.case,
            f"{count.what}, day {count.day}",
            f"{count.observed:.0f}",
            f"{count.median:.0f} ({count.low:.0f} to {count.high:.0f})",
            *(f"{count.crps.get(who, math.nan):.2f}" for who in (MODEL, LEFT_OUT)),
        )
        for count in card.counts
    ]
    head = ("case", "people, all runs", "observed", "median (90 in 100 runs)", "CRPS, model")
    held = ", ".join(
        f"{hits} of {n} in the interval of {share:.0%}"
        for share, (hits, n) in card.coverage.items()
    )
    note = _text(
        f"""
        CRPS is of log(1 + count). The base rate has no counts of its own and is lent those of the
        other spell's deal, or none if there is no deal. Of the counts, {held}; they hang together,
        and intervals so wide are easily hit.
        """
    )
    return f"{_table((*head, 'CRPS, base rate'), lines)}\n\n{note}"


def _criteria_table(card: Scorecard) -> str:
    lines = [(c.case, c.words, c.found, "met" if c.met else "**not met**") for c in card.criteria]
    return _table(("case", "written down before playing", "found", ""), lines)


def _pauses_in_words(past: PastPauses, forecasts: PauseForecasts) -> str:
    kept, number = sum(forecasts.happened), len(forecasts.happened)
    lines = [
        (
            who,
            ", ".join(f"{chance:.2f}" for chance in chances),
            f"{forecasts.brier[who]:.3f}",
            f"{forecasts.log_score[who]:.3f}",
        )
        for who, chances in forecasts.chances.items()
    ]
    hours = ", ".join(f"{p.agreed_hours:g}" for p in past.pauses)
    text = _text(
        f"""
        {past.label} asks for the pauses of {past.when}, of {hours} hours, in that order, of which
        {kept} of {number} ran their term. The model's hazard of a truce without guarantee and
        exchange in `{past.scenario}` is read at hours, though the model steps in
        days and breaks no truce on its first; the others are judged from the {in_words(number - 1)}
        pauses that are not scored.
        """
    )
    head = ("forecaster", "chance of running its term", "Brier", "log score")
    return f"{text}\n\n{_table(head, lines)}"


def _ablations_in_words(card: Scorecard, seed_case: str) -> str:
    text = _text(
        f"""
        ## Parts taken out

        One part of the model is taken out at a time, in `{seed_case}`, with the same luck. In
        brackets how far that moves the number, with the standard error of the difference run by
        run. *Permanent* and *total withdrawal* are shares of first deals; *holds 60 days* is of
        first truces begun by day {DAYS - HOLD_DAYS}.
        """
    )
    lines = []
    for ablation in ABLATIONS:
        row = card.ablations[ablation.name]
        plain = ablation.name == AS_IT_IS.name
        cells = (_plain(value) if plain else _moved(value) for value in row.values())
        lines.append((f"**{ablation.name}**: {ablation.words}", *cells))
    return f"{text}\n\n{_table(('taken out', *HEADLINES), lines)}"


def _signs_in_words(card: Scorecard) -> str:
    text = _text(
        f"""
        ## Levers and what research expects of them

        Each lever is played at both ends and held against what research expects of it, which was
        written down with its sources before ({len(OUTCOMES)} outcomes for each end; `parley signs
        NAME` shows them). Counted is what all calls agree on: *against* only where each call says
        so. Made by `{COMMAND}`.
        """
    )
    lines = [(f"`{name}`", *_signs_of(record)) for name, record in card.signs.items()]
    head = ("scenario", "as expected", "undecided", "against", "open", "which are against")
    return f"{text}\n\n{_table(head, lines)}"


def _signs_of(record: StoredSigns | None) -> tuple[str, ...]:
    """Return how many outcomes have each verdict, and which are against."""
    if record is None:
        return ("not judged yet", "", "", "", "")
    counts = record.counts()
    against = [
        f"{row.name} at {row.value:g} ({outcome.replace('_', ' ')})"
        for row, outcome, verdict in record.outcomes()
        if verdict == "against"
    ]
    against += [
        f"mediation ({name.replace('_', ' ')})"
        for name, verdict in record.mediation().items()
        if verdict == "against"
    ]
    verdicts: tuple[SignVerdict, ...] = ("as expected", "undecided", "against", "open")
    return (*(str(counts[verdict]) for verdict in verdicts), ", ".join(against) or "none")


def _plain(headline: Headline) -> str:
    return f"{headline.value:.3f} ± {headline.error:.3f}"


def _moved(headline: Headline) -> str:
    return f"{headline.value:.3f} ({headline.moved:+.3f} ± {headline.moved_error:.3f})"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _text(indented: str) -> str:
    """Paragraphs of a source text, without its indentation and refilled to the page."""
    blocks = inspect.cleandoc(indented).split("\n\n")
    return "\n\n".join(textwrap.fill(" ".join(block.split()), 100) for block in blocks)


def write(card: Scorecard, document: Path = README) -> Path:
    """Put the scorecard between its markers in a document, or at its end if there are none."""
    section = f"{BEGIN}\n\n{as_markdown(card)}\n{END}"
    text = document.read_text(encoding="utf-8")
    if (BEGIN in text) != (END in text):
        raise ValueError(f"{document.name} has one of the two markers {BEGIN} and {END}; mend it")
    if BEGIN in text:
        between = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
        text = between.sub(lambda _: section, text, count=1)
    else:
        text = f"{text.rstrip()}\n\n{section}\n"
    document.write_text(text, encoding="utf-8")
    return document
