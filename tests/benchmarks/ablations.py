"""What each part of the theory does: each taken out, against the same talks with it.

    python -m tests.benchmarks.ablations                       # levels and signs, 1,000 runs an arm
    python -m tests.benchmarks.ablations two-rivers --runs 4000
    python -m tests.benchmarks.ablations --levels              # without the sign tables

For each part that is taken out it prints how often there is a truce by day 30, 90 and 180 and one
that is kept, how often texts that are put to all are accepted, and how many outcomes of levers are
called against, as expected and undecided. Parts that a number of the scenario can switch off are
switched off there; the others by putting an idle method in the place of an agent's.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np

from sim.engine.agents.mediator import Mediator
from sim.engine.agents.party import Party
from sim.engine.simulate import simulate
from sim.findings.attribution import with_numbers
from sim.findings.mediation import LEVERS, switched_on
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario
from sim.validation.signs import DAYS, accepted_texts, measured, sign_table

NAMES = ("gaza-2024-01", "gaza-2023-11", "two-rivers")

Edit = Callable[[Scenario], Scenario]


def _as_it_is(scenario: Scenario) -> Scenario:
    return scenario


def _always_flexible(scenario: Scenario) -> Scenario:
    """Nobody is ever firm: the bargaining by interests alone."""
    parties = {
        name: party.model_copy(update={"flexible": _share(1)})
        for name, party in scenario.parties.items()
    }
    stances = scenario.stances.model_copy(update={"hardened_by": {}})
    flexible = scenario.model_copy(update={"parties": parties, "stances": stances})
    return with_numbers(flexible, {"stances.window_days": 1e9})


def _share(value: float) -> Any:
    from sim.scenario.quantity import Share

    return Share.model_validate({"value": value, "basis": "definition"})


def _without_events(scenario: Scenario) -> Scenario:
    return scenario.model_copy(update={"events": {}})


def _without_payments(scenario: Scenario) -> Scenario:
    return switched_on(scenario, [lever for lever in LEVERS if lever != "leverage"])


def _without_private_texts(scenario: Scenario) -> Scenario:
    return with_numbers(scenario, {"channel.mediated": 0.0})


def _learn_nothing(*_: object, **__: object) -> None:
    """Hear an answer and believe as before."""


def _show_nothing(self: Party, access: Any, aspiration: Any, reservation: Any) -> Any:
    """Ask of a mediator what is asked of everybody."""
    return aspiration


def _pay_without_knowing(self: Mediator, party: str, rows: Any) -> Any:
    """Pay from all leverage, whatever is known of the party."""
    return self.leverage_left[party][rows]


def _put_all_forward(self: Mediator, soundings: Any) -> Any:
    """Put every draft to all, whether or not it is believed that they would take it."""
    text, _ = FIND_TEXT(self, soundings)
    return text, np.ones(len(text), dtype=bool)


FIND_TEXT = Mediator.find_text


@dataclass(frozen=True)
class Ablation:
    """A part of the theory, and how it is taken out."""

    words: str
    edit: Edit = _as_it_is
    patch: tuple[type, str, Callable[..., Any]] | None = None

    @contextmanager
    def taken_out(self) -> Iterator[None]:
        """Play without the part, as long as this lasts."""
        if self.patch is None:
            yield
        else:
            with mock.patch.object(*self.patch):
                yield


ABLATIONS = (
    Ablation("nothing taken out"),
    Ablation("stances: everybody is always flexible", _always_flexible),
    Ablation("learning from answers", patch=(Party, "learn", _learn_nothing)),
    Ablation("mediators' private texts", _without_private_texts),
    Ablation("taking less in private", patch=(Party, "claim", _show_nothing)),
    Ablation(
        "single text: every draft is put forward", patch=(Mediator, "find_text", _put_all_forward)
    ),
    Ablation("side payments", _without_payments),
    Ablation("payments follow access", patch=(Mediator, "can_pay", _pay_without_knowing)),
    Ablation("outside events", _without_events),
)


def levels(scenario: Scenario, runs: int, seed: int) -> str:
    """Return how often there is a truce, and how often texts are accepted, in words."""
    outcomes = simulate(scenario, runs=runs, seed=seed, days=DAYS, workers=1)
    shares = {key: 100 * row.mean() for key, row in measured(scenario, {}, outcomes).items()}
    own, mediated, _ = accepted_texts(outcomes)
    texts = [
        f"{100 * t.share:.0f} of {t.n}" if t.share is not None else "none" for t in (own, mediated)
    ]
    figures = "  ".join(f"{key} {share:5.1f}" for key, share in shares.items())
    return f"{figures}  own {texts[0]}, mediated {texts[1]}"


def verdicts(scenario: Scenario, runs: int, seed: int) -> str:
    """Return how many outcomes of levers are called what, and which are against."""
    table = sign_table(scenario, runs=runs, seed=seed)
    counts: Counter[str] = Counter()
    against = []
    for row in table.signs.levers:
        for outcome, judged in row.outcomes.items():
            counts[judged.verdict] += 1
            if judged.verdict == "against":
                against.append(f"{row.name} {row.end} {outcome} {100 * judged.estimate:+.1f}")
    words = ", ".join(f"{n} {verdict}" for verdict, n in counts.most_common() if n)
    return words + (": " + "; ".join(against) if against else "")


def main(argv: Sequence[str] | None = None) -> None:
    """Print what each part does in each scenario."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", default=list(NAMES))
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--levels", action="store_true", help="without the sign tables")
    asked = parser.parse_args(argv)
    for name in asked.names:
        scenario = load_scenario(name)
        print(f"\n{name}, {asked.runs:,} runs, seed {asked.seed}; of 100 talks")
        for ablation in ABLATIONS:
            case = ablation.edit(scenario)
            with ablation.taken_out():
                print(f"- {ablation.words}\n    {levels(case, asked.runs, asked.seed)}", flush=True)
                if not asked.levels:
                    print(f"    {verdicts(case, asked.runs, asked.seed)}", flush=True)


if __name__ == "__main__":
    main()
