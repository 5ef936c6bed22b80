"""The sign table: what is played, what is counted in a run, and what is kept of it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from sim.engine.outcomes import EXPIRY, NONE, Outcomes
from sim.engine.simulate import simulate
from sim.scenario.loading import FOLDERS, load_scenario
from sim.scenario.packages import feasible_packages
from sim.scenario.schema import Expectation, Move, Scenario
from sim.validation.signs import (
    BEGUN_BY,
    DAYS,
    accepted_texts,
    arms_of,
    effect,
    judge,
    kept,
    main,
    measured,
    settings,
    shipped_names,
    sign_table,
    terms_of,
    without_mediation,
)
from sim.validation.verdicts import (
    MEDIATION_ARMS,
    OUTCOMES,
    Judged,
    JudgedMediation,
    Measured,
    Signs,
    StoredSigns,
    record_path,
    signs_fingerprint,
    stored_verdicts,
    worst,
)
from tests.builders import TEXTBOOK, case_of

CASE = load_scenario("two-rivers")
FOURTEEN, SIXTY, ENDLESS = 14.0, 60.0, 365.0
TERMS = np.array([FOURTEEN, SIXTY, ENDLESS])


@pytest.fixture(scope="module")
def some() -> Outcomes:
    """A few talks, to be given other fates."""
    return simulate(CASE, runs=1, days=5)


def fate(some: Outcomes, term: float, lasted: int, cause: str | None, day: int = 10) -> bool:
    """Whether a first truce counts as kept: of a term, after so many days, ended by a cause."""
    end = NONE if cause is None else some.labels.causes.index(cause)
    package = NONE if day == NONE else int(np.flatnonzero(term == TERMS)[0])
    fields = {"deal_day": day, "deal_package": package, "truce_days": lasted, "truce_end": end}
    arrays = {name: np.array([value]) for name, value in fields.items()}
    return bool(kept(replace(some, days=DAYS, **arrays), TERMS)[0])


# --- Kept


def test_a_truce_that_runs_its_term_is_kept_and_one_broken_on_its_last_day_is_not(some):
    assert fate(some, FOURTEEN, 14, EXPIRY)
    assert fate(some, FOURTEEN, 14, "upland")
    assert not fate(some, FOURTEEN, 13, "upland")


def test_of_a_longer_truce_the_first_sixty_days_are_looked_at(some):
    assert fate(some, ENDLESS, 60, "delta")
    assert not fate(some, ENDLESS, 59, "delta")
    assert fate(some, ENDLESS, 200, None)


def test_a_spoiler_breaks_a_truce_as_a_party_does(some):
    assert not fate(some, SIXTY, 20, "clans")


def test_a_truce_that_is_extended_or_goes_on_under_another_text_is_kept(some):
    assert fate(some, FOURTEEN, 40, "upland")
    assert fate(some, FOURTEEN, 90, None)


def test_a_truce_in_force_counts_by_the_days_it_has_been_observed(some):
    assert DAYS - BEGUN_BY >= 60
    assert fate(some, ENDLESS, DAYS - BEGUN_BY, None, day=BEGUN_BY)


def test_no_truce_or_one_begun_too_late_is_not_kept(some):
    assert not fate(some, ENDLESS, NONE, None, day=NONE)
    assert not fate(some, ENDLESS, 30, None, day=BEGUN_BY + 1)


def test_a_lever_on_the_length_of_a_truce_moves_its_term():
    case = load_scenario("gaza-2024-01")
    days, moved = feasible_packages(case).days, terms_of(case, {"first_phase_days": 14})
    assert set(days - moved) == {0.0, 28.0}


# --- Effects


def test_an_effect_is_paired_over_runs():
    before = np.array([True, True, False, False])
    after = np.array([True, True, True, False])
    assert effect(before, after) == Measured(estimate=0.25, se=0.25)
    assert effect(before, before) == Measured(estimate=0.0, se=0.0)


def test_texts_of_one_run_hang_together(some):
    counts = {
        "texts_own": [2, 2, 0, 0],
        "texts_own_accepted": [1, 0, 0, 0],
        "texts_mediated": [2, 2, 4, 0],
        "texts_mediated_accepted": [1, 1, 0, 0],
    }
    told = replace(some, **{name: np.array(values) for name, values in counts.items()})
    own, mediated, se = accepted_texts(told)
    assert (own.share, own.n, mediated.share, mediated.n) == (0.25, 4, 0.25, 8)
    own_parts = (np.array([1, 0, 0, 0]) - 0.25 * np.array([2, 2, 0, 0])) / 1.0
    their_parts = (np.array([1, 1, 0, 0]) - 0.25 * np.array([2, 2, 4, 0])) / 2.0
    assert se == pytest.approx((their_parts - own_parts).std(ddof=1) / 2)


def test_where_there_were_no_texts_there_is_no_share(some):
    none = {name: np.zeros(4, dtype=int) for name in some.arrays() if name.startswith("texts_")}
    own, mediated, se = accepted_texts(replace(some, **none))
    assert (own.share, own.n, mediated.share, mediated.n, se) == (None, 0, None, 0, 0.0)


# --- What is played


def test_every_end_at_which_something_moves_is_an_arm():
    names = [(name, end, value) for name, _, end, value in settings(CASE)]
    assert ("leaks", "low", 0.0) in names
    assert ("leaks", "high", 4.0) in names
    assert len(names) == 2 * len(CASE.levers)
    leaks = CASE.levers["leaks"].model_copy(update={"default": 0.0})
    alone = CASE.model_copy(update={"levers": {"leaks": leaks}})
    assert [(name, end) for name, _, end, _ in settings(alone)] == [("leaks", "high")]
    assert len(arms_of(alone)) == 1 + 1 + len(MEDIATION_ARMS)


def test_mediation_is_taken_out_whole_and_in_parts():
    arms = without_mediation(CASE)
    assert tuple(arms) == MEDIATION_ARMS
    assert arms["without_mediators"].mediators == {}
    deaf = arms["access_0"].quantities()
    assert {deaf[path].centre for path in deaf if ".access." in path} == {0.0}
    for mediator in arms["without_information"].mediators.values():
        assert mediator.information is None
        assert mediator.formulation is not None
    assert without_mediation(arms["without_mediators"]) == {}


# --- The table


def with_idle_lever(case: Scenario) -> Scenario:
    """The scenario with one lever, on a deadline that is beyond the days that are played."""
    said = {"room": "none", "deal": "more", "kept": "fewer", "source": ["roth-1988"], "why": "so"}
    idle = case.levers["optimism"].model_copy(
        update={
            "moves": [Move(key="channel.deadline_day", how="shift")],
            "low": 3000.0,
            "high": 3500.0,
            "default": 3100.0,
            "expect": Expectation.model_validate(said),
        }
    )
    return case.model_copy(update={"levers": {"idle": idle}})


@pytest.fixture(scope="module")
def idle() -> Signs:
    """The signs of a lever that moves nothing within the days that are played."""
    channel = CASE.channel.model_copy(
        update={"deadline_day": type(CASE.channel.deadline_day)(value=3100, basis="definition")}
    )
    return sign_table(with_idle_lever(CASE.model_copy(update={"channel": channel})), runs=12).signs


def test_a_lever_without_effect_gives_exactly_nothing(idle):
    assert [(row.end, row.value) for row in idle.levers] == [("low", 3000), ("high", 3500)]
    for row in idle.levers:
        assert {(j.estimate, j.se) for j in row.outcomes.values()} == {(0.0, 0.0)}
        assert row.outcomes["room"].verdict == "as expected"
        assert row.outcomes["deal_90"].verdict == row.outcomes["kept"].verdict == "undecided"
        assert row.verdict == "undecided"


def test_the_json_has_the_agreed_shape(idle):
    data = json.loads(json.dumps(idle.as_data()))
    assert list(data) == ["schema", "runs", "seed", "levers", "mediators"]
    assert data["schema"] == "parley.signs/1"
    assert list(data["levers"][0]) == ["name", "role", "end", "value", "outcomes", "verdict"]
    assert list(data["levers"][0]["outcomes"]) == list(OUTCOMES)
    assert list(data["levers"][0]["outcomes"]["kept"]) == ["expect", "estimate", "se", "verdict"]
    mediators = data["mediators"]
    assert list(mediators["own_texts_accepted"]) == ["share", "n"]
    assert list(mediators["mediated_texts_accepted"]) == ["share", "n", "verdict"]
    assert list(mediators["deal_180"]) == list(MEDIATION_ARMS)
    assert list(mediators["deal_180"]["access_0"]) == ["estimate", "se", "verdict"]
    assert Signs.model_validate(data) == idle


def test_without_mediators_nothing_is_said_of_mediation():
    assert sign_table(case_of("keys"), runs=3).signs.mediators is None


@pytest.mark.slow
def test_effects_are_those_of_arms_played_by_hand():
    alone = CASE.model_copy(update={"levers": {"optimism": CASE.levers["optimism"]}})
    table = sign_table(alone, runs=60, seed=3)
    base, changed = (
        measured(alone, levers, simulate(alone, runs=60, seed=3, days=DAYS, levers=levers))
        for levers in ({}, {"optimism": 3})
    )
    (row,) = (row for row in table.signs.levers if row.end == "high")
    for name in OUTCOMES:
        difference = changed[name].astype(float) - base[name]
        assert row.outcomes[name].estimate == pytest.approx(difference.mean(), abs=1e-6)
        error = difference.std(ddof=1) / np.sqrt(60)
        assert row.outcomes[name].se == pytest.approx(error, abs=1e-6)
    assert table.levels["deal_90"] == base["deal_90"].mean()
    assert table.early["optimism", "high"].estimate == pytest.approx(
        (changed["deal_30"].astype(float) - base["deal_30"]).mean(), abs=1e-6
    )


# --- What is shipped


def test_all_scenarios_are_shipped_with_verdicts_those_for_backtests_too():
    assert shipped_names() == ["gaza-2023-11", "gaza-2024-01", "two-rivers", "gaza-2025-01"]


def test_one_command_writes_the_records(tmp_path, capsys):
    file = str(TEXTBOOK / "keys.yaml")
    main([file, "--runs", "3", "--seeds", "5", "6", "--out", str(tmp_path / "signs")])
    record = stored_verdicts(load_scenario(file), [tmp_path])
    assert [(call.seed, call.runs) for call in record.calls] == [(5, 3), (6, 3)]
    assert {row.name for row in record.calls[0].levers} == {"cost_of_a", "chance_of_a", "cost_of_b"}
    follows_from_its_numbers(record)
    assert capsys.readouterr().out.startswith("keys.json: ")


@pytest.mark.slow
def test_a_record_holds_all_calls_and_what_it_was_made_with():
    case = case_of("guarantor")
    record = judge(case, runs=2, seeds=[1, 2])
    assert [call.seed for call in record.calls] == [1, 2]
    assert record.fingerprint == signs_fingerprint(case)


STALE = "the verdicts of {} are missing or stale: run `make signs`, and commit what it writes"


@pytest.mark.parametrize("name", shipped_names())
def test_the_shipped_verdicts_are_those_of_this_model_and_scenario(name):
    record = stored_verdicts(load_scenario(name))
    assert record is not None, STALE.format(name)
    assert len(record.calls) >= 2, STALE.format(name)
    assert record_path(name).is_relative_to(FOLDERS[-1])
    follows_from_its_numbers(record)


def follows_from_its_numbers(record: StoredSigns) -> None:
    """Every verdict of a record is what the rules make of the numbers beside it."""
    for call in record.calls:
        for row in call.levers:
            for judged in row.outcomes.values():
                effect = Measured(estimate=judged.estimate, se=judged.se)
                assert Judged.of(judged.expect, effect) == judged
            assert row.verdict == worst(judged.verdict for judged in row.outcomes.values())
        for arm, judged in (call.mediators.deal_180 if call.mediators else {}).items():
            effect = Measured(estimate=judged.estimate, se=judged.se)
            assert JudgedMediation.of(arm, effect) == judged


def test_a_scenario_without_levers_is_looked_at_by_the_standard_ones():
    plain = case_of("guarantor")
    assert not plain.levers
    rows = sign_table(plain, runs=2).signs.levers
    assert [row.name for row in rows] == ["leaks", "leaks", "optimism", "optimism"]
