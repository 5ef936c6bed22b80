"""The scorecard asks every fact, hides no failure, and is made anew by one command."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.cli.app import app
from sim.scenario.loading import load_scenario
from sim.validation import scorecard as cards
from sim.validation.arms import Answer, Ratio, TreatmentArm, against, change, play
from sim.validation.history import load_history
from sim.validation.scorecard import ABLATIONS, HEADLINES, Row, as_dict, as_markdown, write
from sim.validation.signs import shipped_names
from sim.validation.stylized_facts import facts
from sim.validation.verdicts import OUTCOMES, LeverSign, Measured, Signs, StoredSigns

#: Plays many talks before its first test.
pytestmark = pytest.mark.slow

PAST = load_history("gaza")
FACTS = facts(PAST)
SEED_CASE = "gaza-2024-01"
RUNS, DAYS = 120, 60
BELIEVED = "permanence given, 0.5"


@pytest.fixture(scope="module")
def card() -> Iterator[cards.Scorecard]:
    """A scorecard with facts that are asked of shorter talks, and few parts taken out."""
    shorter = tuple(
        replace(fact, arms=tuple(replace(arm, days=DAYS) for arm in fact.arms)) for fact in FACTS
    )
    few = [ablation for ablation in ABLATIONS if ablation.name in ("nothing", BELIEVED)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cards, "facts", lambda past: shorter)
        patch.setattr(cards, "ABLATIONS", few)
        yield cards.scorecard(PAST, runs=RUNS, seed=1)


# --- Facts ---


def test_the_fifteen_facts_are_asked_each_with_a_source_and_a_direction():
    assert {int(fact.number.strip("Fabc")) for fact in FACTS} == set(range(1, 16))
    assert len({fact.number for fact in FACTS}) == len(FACTS)
    for fact in FACTS:
        assert fact.statement
        assert fact.source
        assert fact.asked
        assert fact.direction in ("above", "below", "exactly")
        assert not fact.why.endswith(".")


def test_every_fact_has_a_row_with_a_finite_effect_inside_its_interval(card):
    assert [row.fact.number for row in card.facts] == [fact.number for fact in FACTS]
    for row in card.facts:
        assert row.answer.finite, row.fact.number
        assert row.answer.low <= row.answer.effect <= row.answer.high
        assert row.verdict == row.fact.verdict(row.answer)


def test_who_knows_nothing_changes_nothing_in_any_run(card):
    row = next(row for row in card.facts if row.fact.number == "F8")
    assert row.answer.identical
    assert row.verdict == "pass"


@pytest.mark.parametrize(
    ("direction", "low", "high", "verdict"),
    [
        ("above", 0.01, 0.03, "pass"),
        ("above", -0.03, -0.01, "fail"),
        ("below", -0.03, -0.01, "pass"),
        ("below", 0.01, 0.03, "fail"),
        ("above", -0.01, 0.03, "not settled"),
        ("below", math.nan, math.nan, "not settled"),
        ("exactly", 0.0, 0.0, "fail"),
    ],
)
def test_a_verdict_looks_at_the_whole_interval(direction, low, high, verdict):
    fact = replace(FACTS[0], direction=direction)
    assert fact.verdict(Answer((low + high) / 2, low, high, 0.0, 0.0)) == verdict


def test_what_the_model_fails_is_shown_with_a_reason(card):
    failed = Row(replace(FACTS[0], why="the moon"), Answer(-0.2, -0.3, -0.1, 0.5, 0.3), "fail")
    text = as_markdown(replace(card, facts=(failed, *card.facts[1:])))
    assert "**fail**" in text
    assert f"- {FACTS[0].number}, fail: the moon." in text
    for row in card.facts:
        assert f"| {row.fact.number}" in text


def test_ratios_have_the_errors_of_shares_and_of_their_differences():
    whole, part = np.ones(400), np.arange(400) < 100
    ratio = Ratio.of(part, whole)
    assert ratio.value == 0.25
    assert ratio.error == pytest.approx(math.sqrt(0.25 * 0.75 / 399))
    assert change(ratio, ratio).low == change(ratio, ratio).high == 0
    assert against(0.2, ratio).effect == pytest.approx(0.05)
    assert not against(0.2, Ratio.of(part & ~part, part & ~part)).finite


def test_an_arm_that_sets_a_number_nobody_has_is_refused():
    with pytest.raises(ValueError, match="no number like 'parties"):
        TreatmentArm(SEED_CASE, numbers=(("parties.*.wisdom", 1.0),)).case()


def test_levers_are_found_by_role_and_a_role_that_none_has_is_refused():
    arm = TreatmentArm(SEED_CASE, levers=(("war_cost", 2.0),))
    assert arm.levers_of(arm.case()) == {"war_cost_israel": 2.0, "war_cost_hamas": 2.0}
    late = TreatmentArm(SEED_CASE, levers=(("deadline", 90.0),))
    with pytest.raises(ValueError, match="no lever with the role 'deadline'; write `role: deadl"):
        late.levers_of(late.case())


def test_arms_share_their_luck_and_are_played_once():
    plain, same = (
        TreatmentArm(SEED_CASE, days=20),
        TreatmentArm(SEED_CASE, levers=(("optimism", 1.0),), days=20),
    )
    played = play([plain, same, plain], runs=20)
    assert len(played) == 2
    assert np.array_equal(played[plain].deal_day, played[same].deal_day)


# --- The rest of it ---


def test_the_backtests_stand_beside_the_base_rate_and_say_what_they_are(card):
    assert [forecast.case for forecast in card.forecasts] == ["B1", "B2", "B3"]
    for forecast in card.forecasts:
        assert len(forecast.chances) == 3
        assert all(0 <= p <= 1 for said in forecast.chances.values() for p in said)
        assert all(math.isfinite(score) for score in forecast.log_score.values())
    assert all(math.isfinite(score) for count in card.counts for score in count.crps.values())
    assert len(card.pauses.happened) == 8
    words = " ".join(as_markdown(card).split())
    assert "B3 is `gaza-2025-01`, where the next truce began on day 19" in words


def test_taking_nothing_out_moves_nothing_and_all_else_is_compared_with_it(card):
    assert len(ABLATIONS) == 7
    for row in card.ablations.values():
        assert set(row) == set(HEADLINES)
    assert all(headline.moved == 0 for headline in card.ablations["nothing"].values())
    believed = card.ablations[BELIEVED]
    assert believed["total withdrawal"].moved > 2 * believed["total withdrawal"].moved_error > 0


def test_what_levers_do_is_told_for_every_scenario_or_said_to_be_not_judged_yet(card):
    case = load_scenario("two-rivers")
    effects = {name: Measured(estimate=0.1, se=0.01) for name in OUTCOMES}
    row = LeverSign.of("leaks", case.levers["leaks"], "high", effects)
    calls = [Signs(runs=9, seed=seed, levers=[row], mediators=None) for seed in (1, 2)]
    record = StoredSigns(scenario="two-rivers", fingerprint="f", calls=calls)
    odd = replace(card, signs={"two-rivers": record, "gaza-2025-01": None})
    text = as_markdown(odd)
    against = "leaks at 4 (room), leaks at 4 (deal 90), leaks at 4 (deal 180)"
    assert f"| `two-rivers` | 0 | 0 | 3 | 0 | {against} |" in text
    assert "| `gaza-2025-01` | not judged yet |" in text
    assert as_dict(odd)["signs"]["two-rivers"]["against"] == 3
    assert set(card.signs) == set(shipped_names())


def test_the_section_is_put_between_its_markers_and_leaves_the_rest_alone(card, tmp_path):
    document = tmp_path / "README.md"
    document.write_text("# Before\n\nText.\n", encoding="utf-8")
    once = write(card, document).read_text(encoding="utf-8")
    assert once.startswith("# Before\n\nText.\n\n<!-- scorecard -->\n")
    document.write_text(once + "\n# After\n", encoding="utf-8")
    twice = write(card, document).read_text(encoding="utf-8")
    assert twice == once + "\n# After\n"
    document.write_text("<!-- scorecard -->", encoding="utf-8")
    with pytest.raises(ValueError, match="one of the two markers"):
        write(card, document)


def test_a_scorecard_of_a_few_runs_is_refused():
    result = CliRunner().invoke(app, ["scorecard", "--runs", "1"])
    assert result.exit_code == 2
    assert "--runs 1: too few for a scorecard" in result.output
    with pytest.raises(ValueError, match="take 100 or more"):
        cards.scorecard(runs=99)


def test_the_command_gives_json_without_what_cannot_be_told(card, monkeypatch):
    unknown = Row(FACTS[0], Answer(math.nan, math.nan, math.nan, 0.0, 0.0), "not settled")
    odd = replace(card, facts=(unknown, *card.facts[1:]))
    monkeypatch.setattr(cards, "scorecard", lambda **_: odd)
    result = CliRunner().invoke(app, ["scorecard", "--runs", "100", "--json", "-"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["facts"][0]["effect"] is None
    assert len(found["facts"]) == len(FACTS)
    assert found == json.loads(json.dumps(as_dict(odd)))
