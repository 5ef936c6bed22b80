"""The fitted number is the same in every scenario, and its file says how it was chosen."""

import json

import pytest

from sim.scenario.loading import BACKTESTS, FOLDERS, load_scenario, scenario_names
from sim.validation.calibration import RESULT, Calibration, as_good, main, result_of

CALIBRATION = json.loads(RESULT.read_text(encoding="utf-8"))

BACKTESTED = sorted(file.stem for folder in FOLDERS for file in (folder / BACKTESTS).glob("*.yaml"))


@pytest.mark.parametrize("name", [*scenario_names(), *BACKTESTED])
def test_every_scenario_has_the_value_that_was_chosen(name):
    reconsiders = load_scenario(name).quantities()["stances.reconsiders"]
    assert (reconsiders.value, reconsiders.is_certain) == (CALIBRATION["reconsiders"], True)


def test_the_value_that_was_chosen_has_one_digit_and_is_as_good_as_any():
    assert f"{CALIBRATION['reconsiders']:.1g}" == f"{CALIBRATION['reconsiders']:g}"
    assert CALIBRATION["reconsiders"] in CALIBRATION["as_good"]


def test_the_result_file_says_what_it_was_made_with_and_is_made_of_it_again():
    played = {float(value): chances for value, chances in CALIBRATION["tried"].items()}
    again = json.dumps(result_of(Calibration.of(CALIBRATION), played), indent=2) + "\n"
    assert again == RESULT.read_text(encoding="utf-8")


def test_of_values_with_nearly_the_same_miss_all_are_as_good():
    base = {"30": 0.2}
    played = {1.0: {"30": 0.3}, 2.0: {"30": 0.215}, 3.0: {"30": 0.2}}
    assert as_good(played, base, runs=10_000) == [3.0]
    assert as_good(played, base, runs=2_500) == [2.0, 3.0]


def asked_of_another_case(tmp_path, *more: str) -> dict:
    """The result for optimism in another scenario, from a few runs of a few days."""
    file = tmp_path / "result.json"
    file.write_text(RESULT.read_text(encoding="utf-8"), encoding="utf-8")
    other = ["--scenario", "gaza-2023-11", "--number", "parties.*.optimism", "--chosen", "0.1"]
    main(["--result", str(file), *other, "--days", "5", "--runs", "20", *more])
    return json.loads(file.read_text(encoding="utf-8"))


def test_another_scenario_and_number_are_named_by_arguments(tmp_path, capsys):
    result = asked_of_another_case(tmp_path, "--tried", "0.1")
    assert (result["scenario"], result["optimism"]) == ("gaza-2023-11", 0.1)
    assert result["calibrates"] == "parties.*.optimism (one value, the same in every scenario)"
    assert "optimism   0.1" in capsys.readouterr().out


def test_what_is_chosen_has_to_be_tried(tmp_path):
    with pytest.raises(ValueError, match=r"0\.1 is chosen and not among those tried: 0\.2, 0\.3"):
        asked_of_another_case(tmp_path, "--tried", "0.2", "0.3")


def test_a_scenario_without_such_a_number_is_refused():
    asked = Calibration("two-rivers", "parties.*.wisdom", 1.0, (1.0,), (5,), 20, 1)
    with pytest.raises(ValueError, match="two-rivers has no number like 'parties"):
        asked.played(1.0)
    with pytest.raises(ValueError, match="no `base_rate`"):
        asked.yardstick()
