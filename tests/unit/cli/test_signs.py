"""`parley signs` prints a table that reads well, and the agreed JSON."""

import json

from typer.testing import CliRunner, Result

from sim.cli import app
from tests.builders import TEXTBOOK

FILE = str(TEXTBOOK / "guarantor.yaml")


def parley(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(app.app, words)


def test_the_table_names_each_lever_its_ends_and_the_command():
    result = parley("signs", FILE, "--runs", "4", "--seed", "3")
    assert result.exit_code == 0, result.stderr
    for words in (
        "does each lever do what research expects?",
        "4 talks of 240 days for each line, with the same luck, seed 3.",
        "optimism",
        "day 30",
        "✓ as expected, ✗ against, ? undecided, ○ open",
        "without mediators",
        "not a forecast",
    ):
        assert words in " ".join(result.stdout.split())
    assert f"parley signs {FILE} --runs 4 --seed 3" in result.stdout.replace("\n", "")


def test_no_line_of_the_table_is_wider_than_eighty_columns():
    result = parley("signs", FILE, "--runs", "4")
    lines = result.stdout.partition("set to")[2].partition("as expected,")[0].splitlines()
    assert len(lines) > 4
    assert max(map(len, lines)) <= 80


def test_the_json_is_all_that_is_printed_if_wanted():
    result = parley("signs", FILE, "--runs", "2", "--seed", "5", "--json", "-")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert (told["schema"], told["runs"], told["seed"]) == ("parley.signs/1", 2, 5)


def test_the_json_goes_to_a_file_beside_the_table(tmp_path):
    file = tmp_path / "signs.json"
    result = parley("signs", FILE, "--runs", "2", "--json", str(file))
    assert "set to" in result.stdout
    assert json.loads(file.read_text(encoding="utf-8"))["levers"]


def test_a_name_that_nothing_has_is_misuse():
    result = parley("signs", "two-rovers")
    assert result.exit_code == 2
    assert "did you mean 'two-rivers'?" in result.stderr
