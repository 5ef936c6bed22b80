"""What a class looks back on, and what it takes home."""

import csv
import io
import json
import re
import zipfile
from copy import copy, deepcopy

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.classroom import commands
from sim.classroom.debrief import (
    build_debrief,
    compare_change,
    exact_share,
    quantile_dots,
    table_steps,
)
from sim.classroom.events import to_line
from sim.classroom.plan import ParameterInject
from sim.classroom.state import canonical
from sim.classroom.storage.export import archive, escape_formula
from sim.classroom.table_model import Model
from sim.cli.app import app
from sim.engine.outcomes import NONE
from sim.findings.statistics import truce_survival
from tests.support.players import Class
from tests.unit.classroom.test_views import CANARY, with_canaries

RUNS = 60


@pytest.fixture(scope="module")
def room() -> Class:
    inject = ParameterInject(id="storm", words="A storm.", lever="war_cost", setting=3)
    room = Class(with_canaries("two-rivers"), tables=3, rounds=4, seed=3, injects=(inject,))
    people = room.gathered(people=4)
    room.instruct(commands.Start())
    for k, person in enumerate(people):
        package = room.state.setting.package(5 * k)
        room.ask(f"person:{person}", commands.Predict(deal=30 * k, package=package))
    room.instruct(commands.Advance())
    room.go_on()
    room.played_by_bots(seed=8)
    room.ask(f"person:{people[0]}", commands.Reflect(text="=HYPERLINK() of mine"))
    return room


@pytest.fixture(scope="module")
def looked(room):
    return build_debrief(room.state, room.model, runs=RUNS)


def test_there_is_nothing_to_look_back_on_while_talks_go_on():
    room = Class(quick=True)
    room.begun(people=2)
    with pytest.raises(ValueError, match="not over"):
        build_debrief(room.state, room.model)


def test_tables_that_agents_played_alone_are_none_of_the_class():
    room = Class(quick=True, tables=3, rounds=1)
    (person,) = room.begun(people=1)
    for _ in range(20):
        room.go_on(200)
    looked = build_debrief(room.state, Model(room.state.setting), runs=RUNS)
    ours = room.state.people[person].table
    assert looked.agreement.tables.n == 1
    assert {number for dots in looked.dots for number in dots.tables} == {ours}
    assert len(looked.tables) == 3


def test_the_class_is_counted_with_its_exact_interval(room, looked):
    agreed = sum(table.how == "deal" for table in room.state.tables.values())
    found = looked.agreement.tables
    assert (found.estimate, found.n) == (agreed / 3, 3)
    assert f"{agreed} of 3 tables agreed" in looked.agreement.words
    assert looked.agreement.model.n == RUNS


def test_exact_intervals_are_those_of_clopper_and_pearson():
    found = exact_share("x", 0, 10, "")
    assert found.low == 0
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 10))
    assert exact_share("x", 0, 0, "").estimate is None


def test_dots_are_each_as_likely_as_any_other():
    values = np.arange(100.0)
    dots = quantile_dots(values, values < 40)
    assert dots[:20] == tuple(np.arange(20.0) * 2)
    assert dots[20:] == (None,) * 30
    assert quantile_dots(values, values < 0) == (None,) * 50


def test_each_table_lies_on_the_models_dots(room, looked):
    for dots in looked.dots:
        assert len(dots.model) == 50
        for number, table in room.state.tables.items():
            assert (dots.tables[number] is None) == (table.terms is None)


def test_strips_say_what_was_signed_issue_by_issue(room, looked):
    for strip in looked.strips:
        assert sum(strip.model) == pytest.approx(1) or sum(strip.model) == 0
        for number, level in strip.tables.items():
            terms = room.state.tables[number].terms
            issue = room.scenario.issues[strip.issue]
            assert list(issue.levels)[level] == terms.package[strip.issue]


@pytest.mark.slow
def test_nobody_could_gain_on_the_frontier_without_somebody_losing(looked):
    for frontier in looked.frontiers:
        gains = frontier.gains[:, frontier.on_offer]
        efficient = frontier.efficient[frontier.on_offer]
        for k in np.flatnonzero(efficient)[:5]:
            better = (gains >= gains[:, [k]]).all(axis=0) & (gains > gains[:, [k]]).any(axis=0)
            assert not better.any()


def test_offers_are_listed_with_who_accepted_refused_and_never_answered(room, looked):
    texts = [text for table in room.state.tables.values() for text in table.texts]
    assert [offer.text for offer in looked.offers] == [text.id for text in texts]
    for offer, text in zip(looked.offers, texts, strict=True):
        assert set(offer.accepted_by) == {role for role, yes in text.answers.items() if yes}
        voters = {role for role in text.seen if not room.state.setting.roles[role].is_mediator}
        answered = {*offer.accepted_by, *offer.refused_by}
        assert answered == set(text.answers)
        assert set(offer.unanswered_by) == voters - answered


def test_bets_are_held_against_what_came(looked, room):
    bets = [
        (p.deal / 100, room.state.tables[p.table].how == "deal") for p in room.state.people.values()
    ]
    assert looked.predictions.brier.estimate == pytest.approx(
        np.mean([(c - d) ** 2 for c, d in bets])
    )
    assert sum(part.predictions for part in looked.predictions.bins) == len(bets)


@pytest.mark.slow
def test_what_comes_after_is_counted_as_findings_count_it():
    room = Class(tables=6, seed=3, rounds=5)
    room.begun()
    table = next(t for t in room.state.tables.values() if t.how == "deal")
    after = room.model.project(table, runs=50)
    days = max(room.state.setting.case.days, table.terms.day + 90)
    outcomes = room.model.afterwards(table, len(table.rounds), table.day, 50, days)
    for day, survival in truce_survival(outcomes, (7, 30, 60)).items():
        assert after.holding[day] / 50 == pytest.approx(survival.estimate)
    assert after.deals == 50


def test_a_replay_tells_no_drafts_and_no_messages(room):
    steps = table_steps(room.state, room.log.records, 1)
    assert steps
    assert not any(CANARY.search(step.words) for step in steps)
    assert [step.seq for step in steps] == sorted(step.seq for step in steps)


def test_one_thing_changed_is_compared_with_the_same_luck(room):
    table = next(t for t in room.state.tables.values() if t.rounds)
    found = compare_change(room.state, room.model, table.number, 1, "storm", runs=40)
    assert found.effect.baseline == found.as_it_was.estimate
    assert found.effect.changed == found.changed.estimate
    with pytest.raises(ValueError, match="rounds"):
        compare_change(room.state, room.model, table.number, 99, "storm")
    with pytest.raises(ValueError, match="no inject"):
        compare_change(room.state, room.model, table.number, 1, "nothing")


def test_played_on_from_a_round_without_a_change_nothing_before_it_moves(room):
    table = next(t for t in room.state.tables.values() if len(t.rounds) >= 2)
    day = table.rounds[0].day
    after = room.model.afterwards(table, 1, day, runs=20)
    signed = after.deal_day != NONE
    assert (after.deal_day[signed] > day).all()


# --- taken home


def unpacked(packed: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(packed)) as bundle:
        return {name: bundle.read(name).decode() for name in bundle.namelist()}


def test_an_export_before_the_reveal_holds_nothing_private(room):
    files = unpacked(archive(room.state, room.log.records))
    assert "events.jsonl" not in files
    assert not any(CANARY.search(text) for text in files.values())
    assert "gain_" not in files["outcomes.csv"]


def test_an_export_after_the_reveal_is_complete_and_its_log_replays(room, tmp_path):
    revealed = copy(room)
    revealed.log = deepcopy(room.log)
    revealed.instruct(commands.Reveal())
    files = unpacked(archive(revealed.state, revealed.log.records))
    assert files["events.jsonl"].splitlines() == [to_line(r) for r in revealed.log.records]
    log = tmp_path / "events.jsonl"
    log.write_text(files["events.jsonl"], encoding="utf-8")
    done = CliRunner().invoke(app, ["classroom", "replay", str(log)])
    assert done.exit_code == 0
    assert done.stdout_bytes == canonical(revealed.state)
    assert json.loads(files["config.json"])["records"] == revealed.state.seq
    rows = list(csv.DictReader(io.StringIO(files["outcomes.csv"])))
    assert [int(row["table"]) for row in rows] == list(revealed.state.tables)


def test_no_cell_is_taken_for_a_formula(room):
    assert escape_formula("=1+1") == "'=1+1"
    assert escape_formula(-1.5) == -1.5
    rows = csv.DictReader(io.StringIO(unpacked(archive(room.state, []))["reflections.csv"]))
    assert [row["reflection"] for row in rows] == ["'=HYPERLINK() of mine"]


def test_names_come_only_when_asked_for_and_the_archive_is_the_same_twice(room):
    plain = archive(room.state, room.log.records)
    assert plain == archive(room.state, room.log.records)
    assert "names.csv" not in unpacked(plain)
    assert "Ada" in unpacked(archive(room.state, room.log.records, {"p1": "Ada"}))["names.csv"]


def test_times_add_up_to_the_exercise(room):
    rows = list(
        csv.DictReader(io.StringIO(unpacked(archive(room.state, room.log.records))["times.csv"]))
    )
    assert rows
    assert all(int(row["ended"]) - int(row["began"]) == int(row["lasted_ms"]) for row in rows)


# --- commands


def parley(*words: str):
    return CliRunner().invoke(app, ["classroom", *words])


def test_a_rehearsal_says_what_a_class_may_expect():
    done = parley("rehearse", "two-rivers", "--tables", "2", "--rounds", "2")
    assert done.exit_code == 0, done.output
    assert re.search(r"\d of 2 tables agreed; in the model", done.stdout)


def test_a_log_that_is_none_is_refused_with_its_line(tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_text('{"seq": 1}\n')
    done = parley("replay", str(file))
    assert done.exit_code == 2
    assert "events.jsonl:1" in done.stderr
    assert parley("replay", str(tmp_path / "nothing")).exit_code == 2


def test_exercises_are_listed_exported_and_purged(sqlite, tmp_path):
    from tests.system.classroom.test_store import stored

    Class(log=stored(sqlite), quick=True)
    assert (
        json.loads(parley("list", "--database", sqlite).stdout)["exercises"][0]["title"] == "Talks"
    )
    out = tmp_path / "exercise.zip"
    done = parley("export", "exercise", "--out", str(out), "--database", sqlite)
    assert done.exit_code == 0
    assert "outcomes.csv" in unpacked(out.read_bytes())
    assert parley("export", "nothing", "--out", str(out), "--database", sqlite).exit_code == 2
    assert parley("purge", "nothing", "--database", sqlite).exit_code == 2
    assert parley("purge", "--database", sqlite).stdout.split() == ["exercise"]
    assert json.loads(parley("list", "--database", sqlite).stdout) == {"exercises": []}
