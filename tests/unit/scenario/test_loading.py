"""Claims about reading scenarios: every fault is found, on its line, and none is a traceback."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import loading
from sim.scenario.errors import ScenarioError, ValidationIssue, did_you_mean
from sim.scenario.loading import (
    find_scenario,
    json_schema,
    load_scenario,
    read_text,
    scenario_names,
    sha256_of,
)
from sim.scenario.schema import Scenario

MINIMAL = Path(__file__).parents[2] / "scenarios" / "minimal.yaml"
TEXT = MINIMAL.read_text(encoding="utf-8")
BASIS = "basis: judgement}"

#: What replaces what, the key that is complained about, and a piece of the line it stands on
#: (that of the replacement where there is none). None of the old pieces occurs twice.
FAULTS: list[tuple[str, str, str, str]] = [
    # Keys and types
    ("veto: yes", "vetoo: yes", "parties.upland.vetoo", ""),
    ("veto: yes", "veto: perhaps", "parties.upland.veto", ""),
    ("veto: yes", "veto:", "parties.upland.veto", ""),
    ("days: 60", "days: 60\nyears: 2", "years", "years: 2"),
    ("days: 60", "days: 0", "days", ""),
    ("days: 60", "days: 1:30", "days", ""),
    ("days: 60", "days: soon", "days", ""),
    ("days: 60", "days: 60.5", "days", ""),
    ("days: 60", "days: [60]", "days", ""),
    ("scenario: minimal", "scenario: Minimal Case", "scenario", ""),
    ("title: Two banks of a river\n", "", "title", "scenario: minimal"),
    ("as_of: 2020-05-17", "as_of: last May", "as_of", ""),
    ("fictional: true", "fictional: {yes: 1}", "fictional", ""),
    ("fictional: true", "fictional: true\nfictional: false", "fictional", "fictional: false"),
    ("  - Nothing here happened.", "  nothing: happened", "limits", "limits:"),
    ("role: duration", "role: durations", "issues.length.role", ""),
    ("words: a week\n", "word: a week\n", "issues.length.levels.week.word", ""),
    ("  bridge:\n    role", "  br!dge:\n    role", "issues.br!dge", "br!dge:"),
    ("speaks_through: ferryman", "speaks_through: {a: b}", "parties.upland.speaks_through", ""),
    ("  forward: [lowland]", "  forward: lowland", "war.forward", ""),
    ("quota: 61", "quota: 0", "parties.lowland.ratification.quota", ""),
    ("seats: 100", "seats: -1", "parties.lowland.constituencies.council.seats", ""),
    # Quantities
    ("leak: {value: 0.15, " + BASIS, "leak: {value: 1.35, " + BASIS, "channel.leak", ""),
    ("leak: {value: 0.15, " + BASIS, "leak: {value: '0,15', " + BASIS, "channel.leak.value", ""),
    ("leak: {value: 0.15, " + BASIS, "leak: {value: true, " + BASIS, "channel.leak.value", ""),
    ("leak: {value: 0.15, " + BASIS, "leak: {value: .nan, " + BASIS, "channel.leak.value", ""),
    ("leak: {value: 0.15, " + BASIS, "leak: {value: 1e999, " + BASIS, "channel.leak.value", ""),
    ("leak: {value: 0.15, " + BASIS, "leak: {valeu: 0.15, " + BASIS, "channel.leak.valeu", ""),
    ("leak: {value: 0.15, " + BASIS, "leak: {" + BASIS, "channel.leak", ""),
    ("leak: {value: 0.15, " + BASIS, "leak: {value: 0.15}", "channel.leak", ""),
    ("leak: {value: 0.15, " + BASIS, "leak: 0.15", "channel.leak", ""),
    ("leak: {value: 0.15, " + BASIS, "leak: {value: 1, basis: guess}", "channel.leak.basis", ""),
    ("leak: {value: 0.15,", "leak: {value: 0.15, source: gazette,", "channel.leak", ""),
    ("leak: {value: 0.15,", "leak: {value: 0.15, low: 0,", "channel.leak", ""),
    ("leak: {value: 0.15,", "leak: {value: 0.15, low: 0.2, high: 0.3,", "channel.leak", ""),
    ("leak: {value: 0.15,", "leak: {value: 0.15, uniform: [0, 1],", "channel.leak", ""),
    ("leak: {value: 0.15,", "leak: {uniform: [0.5, 0.1],", "channel.leak", ""),
    ("leak: {value: 0.15,", "leak: {uniform: [0, 1, 2],", "channel.leak.uniform", ""),
    ("leak: {value: 0.15,", "leak: {discrete: {a: 1},", "channel.leak.discrete.a", ""),
    ("leak: {value: 0.15,", "leak: {discrete: {0.1: -1},", "channel.leak.discrete", ""),
    ("leak: {value: 0.15,", "leak: {beta: {a: 0, b: 1},", "channel.leak.beta.a", ""),
    ("every_days: {value: 5,", "every_days: {value: -5,", "channel.every_days", ""),
    (
        "bias: {upland: {value: 0.5",
        "bias: {upland: {value: -2",
        "mediators.ferryman.bias.upland",
        "",
    ),
    ("number: {value: 7,", "number: {uniform: [6, 8],", "issues.length.levels.week.number", ""),
    # Sources
    (
        "number: {value: 40, source: gazette}",
        "number: {value: 40, source: gazete}",
        "prisoners.hill men.number.source",
        "",
    ),
    ("phrases:\n", "  book: {date: '1999'}\nphrases:\n", "sources.book", "book:"),
    (
        'url: "https://example.org/gazette", date: 2020-05-16, title: The River Gazette',
        "date: 2020-05-16",
        "sources.gazette",
        "gazette: {date",
    ),
    (", date: 2020-05-16", "", "sources.gazette.date", "gazette: {"),
    # What is said
    ("states: [a pause,", "states: [a paus,", "parties.lowland.positions.states.0", ""),
    ("states: [a pause, everyone home]", "states: []", "parties.lowland.positions.states", ""),
    ("states: [a pause,", "states: [everyone home,", "parties.lowland.positions.states.1", ""),
    (
        "states: [a pause, everyone home]",
        "states: [a pause]",
        "phrases.everyone home",
        "everyone home:",
    ),
    ("a pause: {length:", "a pause: {lenght:", "phrases.a pause.lenght", ""),
    ("{length: {max: 10}}", "{length: {max: 5}}", "phrases.a pause.length", ""),
    ("{length: {max: 10}}", "{length: {max: wek}}", "phrases.a pause.length.max", ""),
    ("{length: {max: 10}}", "{bridge: {max: 10}}", "phrases.a pause.bridge.max", ""),
    ("{length: {max: 10}}", "{length: {max: [10]}}", "phrases.a pause.length.max", ""),
    ("{length: {max: 10}}", "{length: {}}", "phrases.a pause.length", ""),
    ("{length: {max: 10}}", "{length: {max: 10, only: [week]}}", "phrases.a pause.length", ""),
    ("{length: {max: 10}}", "{}", "phrases.a pause", ""),
    ("only: [shared, left]", "only: [shared, lost]", "phrases.peace for good.bridge.only.1", ""),
    (
        "bridge: {only: [shared, left]}}",
        "bridge: {only: [left]}, length: {max: 10}}",
        "phrases.peace for good.length",
        "peace for good:",
    ),
    (
        "          price: {value: 0.1, basis: judgement}\n",
        "",
        "parties.lowland.positions.red_lines.0.price",
        "- words: We do not leave",
    ),
    (
        "          price: {value: 0.1,",
        "          hard: true\n          price: {value: 0.1,",
        "parties.lowland.positions.red_lines.0.price",
        "          price: {value: 0.1,",
    ),
    (
        "keeps: {bridge: {max: shared}}",
        "keeps: {bridge: {max: left}}",
        "parties.lowland.positions.red_lines.0.keeps",
        "",
    ),
    # Constraints
    ("needs: {length: {min: endless}}", "needs: {bridge: {max: kept}}", "constraints.0.needs", ""),
    ("needs: {length: {min: endless}}", "needs: {length: {min: week}}", "constraints.0.needs", ""),
    ("needs: {length: {min: endless}}", "needs: {tax: {min: week}}", "constraints.0.needs.tax", ""),
    (
        "when: {bridge: {min: left}}",
        "when: {bridge: {max: left}}",
        "issues.length.levels.week",
        "week:",
    ),
    # Issues
    ("    of: valley people\n    title: Who", "    title: Who", "issues.return.of", "  return:\n"),
    (
        "    of: valley people\n    title: Who",
        "    of: hill men\n    title: Who",
        "issues.return.of",
        "of: hill men",
    ),
    (
        "role: settlement",
        "role: settlement\n    of: valley people",
        "issues.bridge.of",
        "of: valley",
    ),
    ("covers: [children]", "covers: [childen]", "issues.return.levels.children.covers.0", ""),
    (
        "        covers: [children]\n",
        "",
        "issues.return.levels.children.covers",
        "      children:\n        words: the",
    ),
    (
        "covers: []",
        "covers: [], number: {value: 0, " + BASIS,
        "issues.return.levels.none.number",
        "",
    ),
    ("covers: []", "covers: [], most: {value: 1, " + BASIS, "issues.return.levels.none.most", ""),
    (
        "        reach: {value: 0, basis: judgement}\n",
        "",
        "issues.length.levels.week.reach",
        "week:",
    ),
    ("reach: {value: 0,", "reach: {value: 2,", "issues.length.levels.week.reach", ""),
    (
        "        exchange_days: {value: 7, basis: judgement}\n",
        "",
        "issues.length.levels.week.exchange_days",
        "week:",
    ),
    ("number: {value: 365,", "number: {value: 5,", "issues.length.levels.endless.number", ""),
    (
        "{words: three for one, number: {value: 3, basis: definition}}",
        "{words: three for one}",
        "issues.price.levels.three.number",
        "",
    ),
    (
        "{words: none}",
        "{words: none, number: {value: 0, " + BASIS + "}",
        "issues.grain.levels.yes.number",
        '"yes":',
    ),
    ("{words: none}", "{words: none, permanent: true}", "issues.grain.levels.no.permanent", ""),
    ("role: other", "role: guarantee", "issues.grain.role", "role: guarantee\n    title: Grain"),
    ("role: other", "role: duration", "issues.grain.role", "role: duration\n    title: Grain"),
    ("      grain: {value: 0.3, basis: judgement}\n", "", "issues.grain", "  grain:\n    role"),
    # Captives and prisoners
    ("holder: upland", "holder: uplnd", "captives.valley people.holder", ""),
    ("holder: upland", "holder: lowland", "captives.valley people.home", "    home: lowland"),
    ("paid_for: valley people", "paid_for: valley", "prisoners.hill men.paid_for", ""),
    (
        "number: {value: 4, source",
        "number: {value: 4.5, source",
        "captives.valley people.categories.soldiers.number",
        "",
    ),
    (
        "number: {value: 1, source",
        "number: {value: -1, source",
        "captives.valley people.remains.number",
        "",
    ),
    (
        "outside_ratio: true",
        "outside_ratio: false",
        "captives.valley people.side_channel",
        "side_channel:",
    ),
    (
        "outside_ratio: true",
        "outside_ratio: true\n        price: {value: 2, " + BASIS,
        "captives.valley people.categories.pilgrims.price",
        "price: {value: 2,",
    ),
    (
        "      pilgrims:\n",
        "      remains:\n",
        "captives.valley people.categories.remains",
        "remains:\n        words",
    ),
    (
        "    restraint: {triangular",
        "    restrain: {triangular",
        "captives.valley people.restrain",
        "",
    ),
    # Parties
    ("return: {value: -0.1,", "returns: {value: -0.1,", "parties.upland.interests.returns", ""),
    ("return: {value: -0.1,", "bridge: {value: -0.1,", "parties.upland.interests.bridge", ""),
    ("kept: {value: 0.9,", "kpt: {value: 0.9,", "parties.upland.settlement.bridge.kpt", ""),
    (
        "            shared: {value: 0.3, basis: judgement}\n",
        "",
        "parties.lowland.constituencies.council.settlement.bridge.shared",
        "          bridge:\n            kept: {value: 0,",
    ),
    ("quota: 61", "quota: 101", "parties.lowland.ratification.quota", ""),
    (
        "    ratification:\n      quota: 61\n      price: {value: 0.08, basis: judgement}\n",
        "",
        "parties.lowland.constituencies.council.seats",
        "seats: 100",
    ),
    (
        "captive_death: {",
        "captive_deaths: {",
        "parties.lowland.constituencies.families.stirred_by.captive_deaths",
        "",
    ),
    ("speaks_through: ferryman", "speaks_through: fisherman", "parties.upland.speaks_through", ""),
    # War and strategies
    ("kind: forts", "kind: fort", "war.kind", ""),
    ("backward: [upland]", "backward: [upland, sealand]", "war.backward.1", ""),
    ("backward: [upland]", "backward: [lowland]", "war.backward.0", ""),
    ("  backward: [upland]\n", "", "war.backward", "war:\n  kind"),
    ("    forts: {value: 10, basis: judgement}\n", "", "war.numbers.forts", "numbers:\n    front"),
    (
        "chance: {pert: [0.45, 0.52, 0.6],",
        "chance: {pert: [0.45, 0.52, 1.6],",
        "war.numbers.chance",
        "",
    ),
    ("belief: {value: 0.47,", "beleif: {value: 0.47,", "parties.upland.war.beleif", ""),
    ("kind: time-dependent", "kind: time-dependant", "parties.lowland.tactic.kind", ""),
    (
        "kind: time-dependent",
        "kind: deadline",
        "parties.lowland.tactic.numbers.pace",
        "pace: {",
    ),
    ("days: {value: 90,", "dayz: {value: 90,", "parties.upland.tactic.numbers.dayz", ""),
    ("kind: endogenous", "kind: inborn", "permanence.kind", ""),
    ("kind: nash", "kind: nahs", "mediators.ferryman.formulation.kind", ""),
    # Mediators, spoilers, levers, roles
    ("bias: {upland", "bias: {highland", "mediators.ferryman.bias.highland", ""),
    (
        "    drafting: {value: 1, basis: judgement}\n",
        "",
        "mediators.ferryman.drafting",
        "  ferryman:\n",
    ),
    (
        "    access: {upland: {value: 0.5, basis: judgement}}\n",
        "",
        "mediators.ferryman.access",
        "  ferryman:\n",
    ),
    (
        "cost_high: {value: 0.3,",
        "cost_high: {value: 0.03,",
        "mediators.ferryman.information.cost_high",
        "",
    ),
    ("side: upland", "side: highland", "spoilers.smugglers.side", ""),
    ("key: channel.every_days", "key: channel.every_day", "levers.talking.moves.0.key", ""),
    ("low: 1\n    high: 10", "low: 1\n    high: .inf", "levers.talking.high", "high: .inf"),
    ("high: 10\n", "high: inf\n", "levers.talking.high", ""),
    ("how: scale", "how: stretch", "levers.talking.moves.0.how", ""),
    ("default: 5\n", "default: 50\n", "levers.talking.default", ""),
    ("high: 10\n", "high: 1\n", "levers.talking.high", "high: 1\n    default"),
    ("low: 0\n    high: 0.2", "low: -0.5\n    high: 0.2", "levers.pressure.low", "low: -0.5"),
    ("default: 5\n", "default: 0\n", "levers.talking.default", ""),
    ("  pressure:\n    label", "  parties:\n    label", "levers.parties", ""),
    ("plays: lowland", "plays: lowlands", "roles.envoy.plays", ""),
    # What is not YAML, or more than we want of it
    ("days: 60", "days: &d 60", "days", ""),
    ("days: 60", "days: !!int 60", "days", ""),
    ("days: 60", "days: [[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]", "", ""),
    ("days: 60", "days: 60\n? [a, b]\n: 1", "", "? [a, b]"),
    ("days: 60", "---\ndays: 60", "", "---"),
    ("title: Two banks of a river", "title: Two banks: a river", "", ""),
    ("title: Two banks of a river", "title: @river", "", ""),
    ("      none: {words", "\tnone: {words", "", ""),
    ("days: 60", "days: \x07", "", ""),
]


def complaints_of(text: str) -> list[ValidationIssue]:
    try:
        read_text(text, "bad.yaml")
    except ScenarioError as error:
        return list(error.complaints)
    return []


def line_of(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


def test_the_smallest_scenario_that_uses_everything_has_no_fault() -> None:
    assert load_scenario(MINIMAL).scenario == "minimal"


@pytest.mark.parametrize(
    ("old", "new", "key", "piece"), FAULTS, ids=[f"{k}:{n[:25]}" for _, n, k, _ in FAULTS]
)
def test_a_fault_is_found_on_its_line(old: str, new: str, key: str, piece: str) -> None:
    assert TEXT.count(old) == 1, f"the table means one place, not {TEXT.count(old)}"
    text = TEXT.replace(old, new)
    found = complaints_of(text)
    assert (key, line_of(text, piece or new)) in [(c.key, c.line) for c in found], found
    assert all(str(complaint).startswith("bad.yaml") for complaint in found)


def test_one_reading_finds_every_fault() -> None:
    text = (
        TEXT.replace("veto: yes", "vetoo: yes")
        .replace("leak: {value: 0.15", "leak: {value: 1.35")
        .replace("kind: nash", "kind: nahs")
        .replace("side: upland", "side: highland")
        .replace("gesture:", "gesture:\ngift:", 1)
    )
    keys = [complaint.key for complaint in complaints_of(text)]
    assert keys == [
        "captives.valley people.gesture",
        "gift",
        "parties.upland.vetoo",
        "mediators.ferryman.formulation.kind",
        "channel.leak",
        "spoilers.smugglers.side",
    ]


def test_what_only_follows_from_a_fault_is_not_complained_about() -> None:
    text = TEXT.replace("  ferryman:\n    title", "  ferry/man:\n    title")
    assert [complaint.key for complaint in complaints_of(text)] == ["mediators.ferry/man"]


def test_a_complaint_reads_as_a_sentence() -> None:
    wrong = TEXT.replace("veto: yes", "vetoo: yes").replace("leak: {value: 0.15", "leak: {value: 2")
    assert list(map(str, complaints_of(wrong))) == [
        "bad.yaml:213: unknown key 'vetoo' in parties.upland; did you mean 'veto'?",
        "bad.yaml:268: channel.leak is 2; it lies between 0 and 1",
    ]


def test_errors_keep_their_complaints_on_the_way_between_processes() -> None:
    complaint = ValidationIssue("a.yaml", 3, "days", "days is 0", "it is at least 1")
    error = pickle.loads(pickle.dumps(ScenarioError([complaint])))
    assert error.complaints == (complaint,)
    assert str(error) == "a.yaml:3: days is 0; it is at least 1"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("Isreal", "did you mean 'israel'?"),
        ("zzz", "known: israel, hamas"),
    ],
)
def test_a_hint_names_the_nearest_word_or_all(word: str, hint: str) -> None:
    assert did_you_mean(word, ["israel", "hamas"]) == hint


# --- Types come from the schema


def test_words_stay_words_and_numbers_numbers() -> None:
    text = (
        TEXT.replace("title: Upland", "title: no")
        .replace("title: The ferryman", "title: 1:30")
        .replace("title: Lowland\n", "title: 2020\n")
        .replace("days: 60", "days: 6e1")
        .replace("every_days: {value: 5", "every_days: {value: 5e0")
    )
    scenario = read_text(text, "words.yaml")
    assert scenario.parties["upland"].title == "no"
    assert scenario.parties["lowland"].title == "2020"
    assert scenario.mediators["ferryman"].title == "1:30"
    assert scenario.days == 60
    assert scenario.channel.every_days.value == 5.0
    assert list(scenario.issues["grain"].levels) == ["no", "yes"]
    assert scenario.parties["upland"].veto is True


@pytest.mark.parametrize("word", ["no", "off", "False"])
def test_a_switch_may_be_written_as_people_write_it(word: str) -> None:
    text = TEXT.replace("fictional: true", f"fictional: {word}")
    assert not read_text(text, "a").fictional


# --- Files


def complaints_about(path: Path) -> tuple[ValidationIssue, ...]:
    with pytest.raises(ScenarioError) as refused:
        load_scenario(path)
    return refused.value.complaints


def test_what_is_no_readable_file_is_a_complaint(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    for path, says in (
        (tmp_path / "none.yaml", "no such file"),
        (tmp_path / "folder.yaml", "no file"),
        (Path("nul\0.yaml"), "no such file"),
    ):
        (complaint,) = complaints_about(path)
        assert says in str(complaint)


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", 1, "empty"),
        (b"# nothing but a remark\n", 1, "empty"),
        (b"~\n", 1, "empty"),
        (b"- a\n- b\n", 1, "no mapping"),
        (b"scenario\n", 1, "no mapping"),
        (b"scenario: a\ntitle: caf\xe9\n", 2, "not UTF-8"),
        (b"scenario: a\nlimits: [b\n", 3, "not YAML"),
        (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", 1, "anchors"),
        (b"a: " + b"[" * 100_000, 1, "nesting; write it flatter"),
        (b"a: " + b"x" * 1_000_001, 0, "larger"),
        (b"a: !!python/object/apply:os.system [ls]\n", 1, "tags"),
    ],
)
def test_what_is_no_scenario_is_a_complaint(
    tmp_path: Path, content: bytes, line: int, says: str
) -> None:
    path = tmp_path / "odd.yaml"
    path.write_bytes(content)
    first = complaints_about(path)[0]
    assert says in str(first)
    assert first.line == line or says == "not YAML"


def test_other_line_ends_and_a_byte_order_mark_make_no_difference(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert load_scenario(path) == load_scenario(MINIMAL)


# --- Names, and phrases that scenarios share


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of scenarios of our own."""
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "sweep.yaml").write_text("a: 1")
    (tmp_path / "minimal.yaml").write_text(TEXT)
    (tmp_path / "phrases.yaml").write_text("a long pause: {length: {max: endless}}\n")
    monkeypatch.setattr(loading, "FOLDERS", (tmp_path / "absent", tmp_path))
    return tmp_path


def test_scenarios_are_found_by_name(shelf: Path) -> None:
    assert scenario_names() == ["minimal"]
    assert find_scenario("minimal") == shelf / "minimal.yaml"
    assert find_scenario("some/where.yaml") == Path("some/where.yaml")


@pytest.mark.parametrize("name", ["minimum", "phrases", "sweep"])
def test_an_unknown_name_is_a_complaint(shelf: Path, name: str) -> None:
    with pytest.raises(ScenarioError, match="minimal"):
        load_scenario(name)


def test_shared_phrases_can_be_stated_and_only_stated_ones_are_kept(shelf: Path) -> None:
    text = TEXT.replace("states: [a pause,", "states: [a pause, a calm,")
    (shelf / "phrases.yaml").write_text("a calm: {length: {max: week}}\na gift: {x: {max: y}}\n")
    scenario = read_text(text, "a.yaml")
    assert set(scenario.phrases) == {"a pause", "a calm", "everyone home", "peace for good"}
    assert read_text(TEXT, "a.yaml").phrases.keys() == scenario.phrases.keys() - {"a calm"}


def test_a_scenarios_own_phrase_comes_first(shelf: Path) -> None:
    (shelf / "phrases.yaml").write_text("a pause: {length: {max: endless}}\n")
    bound = read_text(TEXT, "a.yaml").phrases["a pause"]["length"]
    assert bound.max == 10


def test_a_shared_phrase_that_does_not_fit_belongs_to_who_states_it(shelf: Path) -> None:
    (shelf / "phrases.yaml").write_text("a calm: {calm: {max: week}}\n")
    text = TEXT.replace("states: [a pause,", "states: [a pause, a calm,")
    (complaint,) = complaints_of(text)
    assert complaint.key == "parties.lowland.positions.states.1"
    assert complaint.line == line_of(text, "states: [a pause")
    assert "a calm" in complaint.found


def test_a_broken_phrase_is_a_complaint_about_the_shared_file(shelf: Path) -> None:
    (shelf / "phrases.yaml").write_text("a calm:\n  length: {maxi: week}\n")
    (complaint,) = complaints_of(TEXT)
    assert (complaint.file, complaint.line) == ("phrases.yaml", 2)
    assert complaint.key == "a calm.length.maxi"


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_we_ship_has_no_fault(name: str) -> None:
    assert load_scenario(find_scenario(name)).scenario == name


def test_a_key_that_stands_twice_is_complained_of_before_what_follows_from_it() -> None:
    text = "channel:\n  leak: {value: 0.1, basis: judgement}\n" + TEXT
    first, *rest = complaints_of(text)
    assert "channel stands here a second time" in first.found
    assert "channel.every_days is missing" in [complaint.found for complaint in rest]


# --- Changes


def test_a_number_set_by_the_user_is_certain() -> None:
    scenario = load_scenario(MINIMAL, {"parties.lowland.exchange_weight": 0.4})
    quantity = scenario.parties["lowland"].exchange_weight
    assert (quantity.value, quantity.low, quantity.basis) == (0.4, None, "judgement")
    assert quantity.note == "set by the user"


@pytest.mark.parametrize(
    ("key", "value", "now"),
    [
        ("days", 30, 30),
        ("days", "30", 30),
        ("parties.lowland.veto", "no", False),
        ("parties.lowland.veto", False, False),
        ("channel.deadline_day", 20, None),
    ],
)
def test_plain_values_can_be_set(key: str, value: object, now: object) -> None:
    scenario = load_scenario(MINIMAL, {key: value})
    if key == "channel.deadline_day":
        assert scenario.channel.deadline_day is not None
        assert scenario.channel.deadline_day.value == 20
        return
    found: object = scenario
    for word in key.split("."):
        found = found[word] if isinstance(found, dict) else getattr(found, word)
    assert found == now


def test_a_number_may_be_set_to_a_range_as_in_the_file() -> None:
    change = {"channel.leak": "{uniform: [0.1, 0.2], basis: judgement}"}
    assert load_scenario(MINIMAL, change).channel.leak.uniform == (0.1, 0.2)


def test_a_change_that_leaves_a_source_uncited_is_no_fault() -> None:
    text = TEXT.replace("source: gazette", "basis: judgement")
    text = text.replace(
        "number: {value: 40, basis: judgement}", "number: {value: 40, source: gazette}"
    )
    path = "prisoners.hill men.number"
    scenario = loading._read(text, "a.yaml", {path: 50})
    assert scenario.quantities()[path].value == 50


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("chanel.leak", 0.1, "did you mean 'channel.leak'?"),
        ("channel", 0.1, "holds several values"),
        ("parties.lowland.interests.tax", 0.1, "is no value of this scenario"),
        ("parties.lowland", "x", "holds several values"),
        ("constraints.7.why", "x", "is no value of this scenario"),
        ("title", "Peace in our time", "only labels results and cannot be set"),
        ("as_of", "2030-01-01", "only labels results"),
        ("fictional", "yes", "only labels results"),
        ("limits", ["None"], "only labels results"),
        ("parties.lowland.title", "Highland", "only labels results"),
        ("channel.leak.basis", "definition", "only labels results"),
        ("", 1, "is no value of this scenario"),
        ("channel.leak", 1.5, "between 0 and 1"),
        ("channel.leak", "much", "channel.leak is 'much'"),
        ("channel.leak", True, "channel.leak"),
        ("channel.leak", "{", "channel.leak is '{'"),
        ("war.kind", "static", "war.numbers"),
        ("days", None, "days"),
        ("pressure", 0.1, "is no value of this scenario"),
    ],
)
def test_a_change_that_cannot_be_made_is_a_complaint(key: str, value: object, says: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(MINIMAL, {key: value})
    assert says in str(caught.value)


def test_whoever_names_a_part_is_offered_its_values_and_no_others() -> None:
    text = TEXT.replace("states: [a pause,", "states: [a pause, truce, truces,").replace(
        "phrases:\n",
        "phrases:\n  truce: {bridge: {only: [left]}}\n  truces: {price: {min: three}}\n",
    )
    with pytest.raises(ScenarioError, match=r"did you mean 'phrases\.truce\.bridge\.only\.0'"):
        loading._read(text, "a.yaml", {"phrases.truce": "x"})


# --- Round trips and fingerprints


def as_yaml(scenario: Scenario) -> str:
    content = scenario.model_dump(mode="json", exclude_none=True)
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


@pytest.mark.parametrize(
    "path", [MINIMAL, *map(find_scenario, scenario_names())], ids=lambda path: path.stem
)
def test_a_scenario_written_as_yaml_reads_the_same(path: Path) -> None:
    scenario = load_scenario(path)
    again = read_text(as_yaml(scenario), "again.yaml")
    assert again == scenario
    assert sha256_of(again) == sha256_of(scenario)


def test_the_fingerprint_is_of_what_is_said_not_how() -> None:
    scenario = read_text(TEXT, "a.yaml")
    content = json.loads(json.dumps(yaml.safe_load(as_yaml(scenario))))
    backwards = yaml.safe_dump(dict(reversed(content.items())), sort_keys=False)
    for same in (TEXT + "\n# a remark\n", TEXT.replace("days: 60", "days:   60.0"), backwards):
        assert sha256_of(read_text(same, "b.yaml")) == sha256_of(scenario)
    other = TEXT.replace("exposure: {value: 0.5", "exposure: {value: 0.6", 1)
    assert sha256_of(read_text(other, "b.yaml")) != sha256_of(scenario)


def test_a_name_may_be_any_word_of_the_language() -> None:
    named = TEXT.replace("week", "red_lines")
    keys = read_text(named, "named.yaml").quantities()
    assert any(".red_lines." in key for key in keys)


def test_the_schema_names_the_strategies() -> None:
    schema = json_schema()
    json.dumps(schema)
    parts = schema["$defs"]
    assert "forts" in parts["War"]["properties"]["kind"]["enum"]
    assert "deadline" in parts["Party"]["properties"]["tactic"]["properties"]["kind"]["enum"]
    assert "nash" in parts["Mediator"]["properties"]["formulation"]["properties"]["kind"]["enum"]
    assert "given" in schema["properties"]["permanence"]["properties"]["kind"]["enum"]


def test_reading_is_light() -> None:
    heavy = ("mesa", "pandas", "scipy.stats", "streamlit", "scipy.optimize")
    code = (
        "import sys; from sim.scenario.loading import load_scenario; "
        f"load_scenario({str(MINIMAL)!r}); "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- Whatever is written, the answer is a scenario or complaints

LINES = TEXT.splitlines()
ODDITIES = st.sampled_from(
    ["", "  ", "x", "- x", "x: y", "  x: {", "\t", "? x", "!!str", "*a", "&a", "<<: 1", "a: [1, 2"]
) | st.text(max_size=20)


@given(
    st.lists(
        st.tuples(st.integers(0, len(LINES) - 1), st.none() | ODDITIES | st.sampled_from(LINES)),
        min_size=1,
        max_size=4,
    )
)
def test_lines_lost_or_replaced_never_raise_anything_else(
    edits: list[tuple[int, str | None]],
) -> None:
    lines: list[str | None] = list(LINES)
    for position, line in edits:
        lines[position] = line
    text = "\n".join(line for line in lines if line is not None)
    for complaint in complaints_of(text):
        assert 0 < complaint.line <= text.count("\n") + 1
        assert complaint.found


@pytest.mark.slow
@given(st.data())
def test_values_replaced_never_raise_anything_else(data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(LINES) - 1))
    value = data.draw(
        st.sampled_from(
            [
                *("0", "-1", "1e308", "-1e308", ".inf", "inf", "nan", "no", "upland", "2020-01-01"),
                *("[]", "{}", "''", "'1'", "~", "[a]", "{a: {}}", "[{}]", "[[]]", "9" * 40),
                "{value: 1e308, basis: judgement}",
                "{value: -3, basis: judgement}",
                "{normal: {mean: 0, sd: 1e308}, basis: judgement}",
                "{lognormal: {median: 1e308, sigma: 99}, basis: judgement}",
                "{discrete: {1: 1, 1.0: 2}, basis: judgement}",
                "{min: kept, max: 1e9}",
            ]
        )
    )
    lines = list(LINES)
    lines[position] = lines[position].partition(":")[0] + ": " + value
    complaints_of("\n".join(lines))


def test_a_number_may_be_set_beyond_the_reach_of_the_levers_that_move_it() -> None:
    for path in ("mediators.ferryman.leverage.lowland", "channel.every_days"):
        assert load_scenario(MINIMAL, {path: 0}).quantities()[path].centre == 0
