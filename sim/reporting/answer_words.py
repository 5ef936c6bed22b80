"""Who refuses a text, why, and what it would have taken, in the model's terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.engine.run_events import TextAnswered
from sim.reporting.story_words import changes_between, listed, number_words
from sim.scenario.packages import Packages, within_position
from sim.scenario.schema import Scenario
from sim.types import Bools

#: Why a proposal is refused, in the model's terms: in full the first time, then in short.
REASONS = {
    "firm": (
        "it stands firm, and the text gives up part of its stated position or crosses one of its "
        "red lines; it would be better off with the text than without a deal, so that its stated "
        "position is in the way and not the price",
        "its stated position",
    ),
    "firm and too little": (
        "it stands firm, and the text gives up part of its stated position or crosses one of its "
        "red lines; the text is below its reservation value as well",
        "its stated position, and below its reservation value",
    ),
    "vote": (
        "the vote at home would go against it, and overriding that costs too much",
        "the vote at home",
    ),
    "reservation": (
        "it is below its reservation value; no deal is better for it",
        "below its reservation value",
    ),
    "no way out": (
        "it is below its reservation value, and it sees no way out: it believes that nothing it "
        "could accept would be accepted",
        "no way out in sight",
    ),
    "aspiration": (
        "it is better than no deal, but below what it holds out for",
        "below what it holds out for",
    ),
    "close": (
        "it is so near to what it holds out for that it could have gone either way",
        "a close call",
    ),
}

#: Below this a party is taken to lose nothing, in utils.
NOTHING_LOST = 1e-6


@dataclass(frozen=True)
class Concession:
    """The cheapest package that would have won a party over, instead of the one it refused."""

    package: int
    cost: float  # what whoever of the others loses most would lose by it, in utils
    loser: int  # who that is
    suits_all: bool  # whether everybody else with a veto would have taken it too


class AnswerWords:
    """Say who refuses a proposal, why, and what it would have taken."""

    def __init__(self, scenario: Scenario, packages: Packages) -> None:
        self.scenario = scenario
        self.packages = packages
        self.parties = [party.title for party in scenario.parties.values()]
        self.veto = [party.veto for party in scenario.parties.values()]
        #: By party, what it would sign while it stands firm: (packages,).
        self.within = [
            within_position(scenario, packages.levels, name) for name in scenario.parties
        ]
        self.explained: set[str] = set()  # reasons that have been given in full

    def refusers(self, held: TextAnswered) -> list[int]:
        """Return who with a veto refused the proposal of a round."""
        return [p for p, veto in enumerate(self.veto) if veto and not held.accepts[p]]

    def sentences(self, held: TextAnswered) -> list[str]:
        """Say what each party answers, and why; of the speaker only if it would not sign either."""
        answers = [self._answer(p, held) for p in range(len(self.parties)) if p != held.speaker]
        return [*self._own_refusal(held), *answers]

    def _own_refusal(self, held: TextAnswered) -> list[str]:
        """Say why a party would not sign the text that it has put on the table itself."""
        if held.speaker not in self.refusers(held):
            return []
        why = "nothing on offer meets what it holds out for"
        if not held.flexible[held.speaker]:
            why = "nothing on offer lies within its stated position and is better than no deal"
        return [f"{self.parties[held.speaker]} itself would not sign it: {why}."]

    def _answer(self, p: int, held: TextAnswered) -> str:
        """Say what a party answers to a proposal, and why."""
        if not self.veto[p]:
            stand = "for" if held.accepts[p] else "against"
            return f"{self.parties[p]}, which has no veto, is {stand} it."
        if not held.accepts[p]:
            why = self._explanation(self.reason(p, held))
            return f"{self.parties[p]} refuses: {why}.{self._would_have_taken(p, held)}"
        paid = held.offered[p] > 0 and held.worth[p] < held.aspiration[p]
        return f"{self.parties[p]} accepts" + (", with what mediators add." if paid else ".")

    def reason(self, p: int, held: TextAnswered) -> str:
        """Return why a party refuses: a key of `REASONS`."""
        value, price = held.worth[p] + held.offered[p], held.override[p]
        if not self.signs(p, held)[held.package]:
            return "firm" if value >= held.reservation[p] else "firm and too little"
        if price and value + price >= held.aspiration[p]:
            return "vote"
        if value < held.reservation[p]:
            return "reservation" if held.way_out[p] else "no way out"
        return "aspiration" if value < held.aspiration[p] else "close"

    def signs(self, p: int, held: TextAnswered) -> Bools:
        """Return which packages a party's stance lets it sign: (packages,)."""
        free = not self.veto[p] or bool(held.flexible[p])
        return np.ones_like(self.within[p]) if free else self.within[p]

    def _explanation(self, reason: str) -> str:
        """Give a reason in full the first time, later in short."""
        full, short = REASONS[reason]
        is_first = reason not in self.explained
        self.explained.add(reason)
        return full if is_first else short

    # -- what it would have taken ----------------------------------------------------------------

    def concession(self, p: int, held: TextAnswered) -> Concession | None:
        """Return what on offer would have won a party over at the least cost to the others.

        The cost is the proposer's, or, of a mediator's proposal, that of whoever of the others
        with a veto loses most. None where nothing on offer would have done. Noise aside.
        """
        worths, met = held.worths, held.worths + held.added
        wins = (met[p] >= held.aspiration[p]) & self.signs(p, held)
        if not wins.any():
            return None
        others = [j for j, veto in enumerate(self.veto) if veto and j != p]
        payers = [held.speaker] if held.speaker in others else others
        lost = worths[payers, held.package][:, None] - worths[payers]  # (payers, packages)
        cost = np.where(wins, lost.max(axis=0), np.inf)
        # of equally cheap packages, the one nearest in words to the one refused
        levels = self.packages.levels
        steps = np.abs(levels - levels[held.package]).sum(axis=1)
        package = int(np.lexsort((steps, np.maximum(cost, 0.0)))[0])
        return Concession(
            package,
            float(cost[package]),
            payers[int(lost[:, package].argmax())],
            all(
                met[j, package] >= held.aspiration[j] and self.signs(j, held)[package]
                for j in others
            ),
        )

    def _would_have_taken(self, p: int, held: TextAnswered) -> str:
        """Say what would have won a party over, as a sentence after its refusal."""
        if self.reason(p, held) == "close":
            return ""
        concession = self.concession(p, held)
        if concession is None:
            return " Nothing on offer would have met that."
        changes = changes_between(self.scenario, self.packages, held.package, concession.package)
        return f" It would have taken: {changes}{self._at_whose_cost(concession)}."

    def _at_whose_cost(self, concession: Concession) -> str:
        """Say who would have paid for a concession."""
        if concession.suits_all:
            return ", which all the others would have accepted too"
        if concession.cost <= NOTHING_LOST:
            return f", at no loss to {self.parties[concession.loser]}"
        return f", at the cost of {self.parties[concession.loser]}"

    # -- several proposals -----------------------------------------------------------------------

    def failed_proposals(self, rounds: Sequence[TextAnswered]) -> str:
        """Tell of several proposals that failed: who refused, why, and the nearest miss."""
        blame = Counter(tuple(self.refusers(held)) for held in rounds)
        rest = f"{self.reasons_in_short(rounds)}.{self._nearest_miss(rounds)}"
        if len(rounds) == 1:
            return f"one more text is refused, {self._by(next(iter(blame)))}{rest}"
        each = "each " if len(blame) == 1 else ""
        by = [
            f"{each or number_words(count) + ' '}{self._by(refusers)}"
            for refusers, count in blame.most_common()
        ]
        return f"{number_words(len(rounds))} more texts are refused, {listed(by)}{rest}"

    def _by(self, refusers: tuple[int, ...]) -> str:
        """Name those who refused."""
        names = listed([self.parties[p] for p in refusers])
        alone = " alone" if len(refusers) == 1 and sum(self.veto) > 1 else ""
        return f"by {names}{alone}"

    def reasons_in_short(self, rounds: Sequence[TextAnswered]) -> str:
        """Give the most frequent reason of each party that refused."""
        reasons: dict[int, Counter[str]] = {}
        for held in rounds:
            for p in self.refusers(held):
                reasons.setdefault(p, Counter())[self.reason(p, held)] += 1
        parts = []
        for p, counts in sorted(reasons.items()):
            (reason, count), total = counts.most_common(1)[0], counts.total()
            mostly = "" if count == total else "mostly "
            parts.append(f"{self.parties[p]}: {mostly}{REASONS[reason][1]}")
        return f" ({'; '.join(parts)})"

    def _nearest_miss(self, rounds: Sequence[TextAnswered]) -> str:
        """Tell which of several failures some concession would have mended at the least cost."""
        misses = [
            (concession, held, p)
            for held in rounds
            for p in self.refusers(held)
            if self.reason(p, held) != "close"
            and (concession := self.concession(p, held))
            and concession.suits_all
        ]
        if not misses:
            return ""
        concession, held, p = min(misses, key=lambda miss: miss[0].cost)
        changes = changes_between(self.scenario, self.packages, held.package, concession.package)
        day = "" if len(rounds) == 1 else f" on day {held.day}"
        return f" What{day} would have won over {self.parties[p]} and suited all: {changes}."
