"""Nobody is lost, nothing is freed twice, and what is a share stays one: every run, every day."""

import numpy as np
import pytest

from sim.engine.outcomes import ENDINGS, NONE
from sim.engine.rounds import TRUCE
from sim.engine.talks import Talks
from sim.scenario.schema import Scenario
from tests.builders import PLAYED, case_of, talks_of

RUNS = 60


def hurried(name: str) -> dict[str, object]:
    """Ten times the dying, the rescues and the releases, so that every way out is crowded."""
    case = case_of(name)
    rates = ("death_rate", "attempts_per_day", "per_day")
    paths = [p for p in case.quantities() if p.startswith("captives.") and p.endswith(rates)]
    return {path: 10 * case.quantities()[path].centre for path in paths}


@pytest.fixture(scope="module", params=[(n, h) for n in PLAYED for h in (False, True)], ids=str)
def played_through(request) -> tuple[Scenario, Talks, list[dict[str, np.ndarray]]]:
    """A scenario, its talks after the last day, and the books of every day."""
    name, in_a_hurry = request.param
    case = case_of(name, hurried(name) if in_a_hurry else None)
    talks = talks_of(case, RUNS, days=case.days)
    books = [books_of(talks)]
    for _ in range(case.days):
        talks.step()
        books.append(books_of(talks))
    return case, talks, books


def books_of(talks: Talks) -> dict[str, np.ndarray]:
    """What there is to count at the end of a day."""
    captivity, truces = talks.captivity, talks.truces_now
    people = {
        "alive": captivity.held_alive(),
        "remains": captivity.held_remains(),
        "returned": captivity.returned_alive,
        "remains_returned": captivity.remains_returned,
        "rescued": captivity.rescued,
    }
    side_payments = {
        f"leverage {m.name} {p}": left
        for m in talks.mediators
        for p, left in m.leverage_left.items()
    }
    mobilised = {
        f"mobilised {p.name} {c.name}": c.mobilised for p in talks.parties for c in p.constituencies
    }
    counts = {
        "known": captivity.known,
        "hidden": captivity.hidden,
        "not_hidden": captivity.known - captivity.hidden,
        "due": captivity.due,
        "not_due": captivity.known - captivity.due,
        "remains_due": captivity.due_remains,
        "remains_not_due": captivity.remains - captivity.due_remains,
        "died": captivity.died,
        "prisoners": captivity.prisoners,
        "freed": captivity.prisoners_freed,
        "kept": truces.kept,
        "broken": truces.broken,
        "gap": truces.gap,
        "pressure": truces.pressure,
        **side_payments,
    }
    shares = {
        **{f"exposure {p.name}": p.exposure for p in talks.parties},
        **mobilised,
        "battles won": (talks.war_state.wins / np.maximum(talks.war_state.battles, 1)),
        "front": talks.war_state.front / np.maximum(talks.war_numbers["forts"], 1),
    }
    groups = {"people": people, "counts": counts, "shares": shares}
    return {f"{g}.{n}": np.array(x) for g, book in groups.items() for n, x in book.items()}


def of(book: dict[str, np.ndarray], group: str) -> dict[str, np.ndarray]:
    return {name: values for name, values in book.items() if name.startswith(group)}


def test_everyone_held_on_the_first_day_is_somewhere(played_through):
    _, talks, books = played_through
    for day, book in enumerate(books):
        assert np.array_equal(sum(of(book, "people").values()), talks.captivity.params.initial), day


def test_nobody_comes_back_from_where_they_went(played_through):
    _, _, books = played_through
    for name in ("people.returned", "people.remains_returned", "people.rescued", "counts.died"):
        course = np.array([book[name] for book in books])
        assert (np.diff(course, axis=0) >= 0).all(), name


def test_prisoners_are_freed_once_and_no_more_than_there_are(played_through):
    _, talks, books = played_through
    for book in books:
        whole = book["counts.prisoners"] + book["counts.freed"]
        assert np.array_equal(whole, talks.captivity.params.prisoners)


def test_no_count_is_negative(played_through):
    _, _, books = played_through
    for day, book in enumerate(books):
        for name, values in (of(book, "people") | of(book, "counts")).items():
            assert values.size == 0 or values.min() >= 0, (name, day)


def test_shares_stay_between_0_and_1(played_through):
    _, _, books = played_through
    for day, book in enumerate(books):
        for name, values in of(book, "shares").items():
            assert values.min() >= 0, (name, day)
            assert values.max() <= 1 + 1e-12, (name, day)


def test_what_parties_reckon_with_makes_sense_to_the_end(played_through):
    _, talks, _ = played_through
    rows = np.flatnonzero(talks.playing)
    scene = talks.assessor.assess(rows)
    for party, valuation in zip(talks.parties, scene.valuations, strict=True):
        assert valuation.permanence.min() >= 0
        assert valuation.permanence.max() <= 1
        assert sum(party._weights(rows)) == pytest.approx(1, abs=1e-6)
        assert min(weight.min() for weight in party._weights(rows)) >= 0
    assert np.isfinite(scene.reservation).all()
    assert not np.isnan(scene.worth).any()


def test_the_outcomes_tell_one_story(played_through):
    case, talks, _ = played_through
    told = talks.outcomes("", "", {})
    over = np.isin(told.ending, [ENDINGS.index(e) for e in ENDINGS if e.startswith("victory")])
    holding = np.isin(told.ending, [ENDINGS.index(e) for e in ENDINGS if e.endswith("holding")])
    assert np.array_equal(holding, talks.phase == TRUCE)
    assert np.array_equal(told.deal_day != NONE, told.truces > 0)
    assert np.array_equal(told.deal_day != NONE, told.deal_package != NONE)
    assert (told.deals >= told.truces).all()
    assert (told.last_day[~over] == case.days).all()
    assert (told.deal_day <= told.last_day).all()
    assert (told.truce_days[told.truces > 0] >= 0).all()
    assert np.array_equal(
        told.truce_end != NONE, (told.truces > 1) | ((told.truces == 1) & ~holding)
    )
    assert (told.zopa_rounds <= told.rounds).all()
    assert (told.refusals <= told.rounds[:, None]).all()
    assert (told.refused_alone <= told.refusals).all()
    ended = told.still_held + told.remains_held + told.returned_alive
    assert np.array_equal(ended + told.remains_returned + told.rescued, told.initial)
