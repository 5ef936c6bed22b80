"""The fitted number is the smallest that is as good as any, and its file says how it was found."""

import json

import pytest

from sim.validation.calibration import RESULT, Calibration, main, result_of, smallest_as_good


def test_the_result_file_says_what_it_was_made_with_and_is_made_of_it_again():
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    played = {float(median): chances for median, chances in result["tried"].items()}
    again = json.dumps(result_of(Calibration.of(result), played), indent=2) + "\n"
    assert again == RESULT.read_text(encoding="utf-8")


def test_of_values_that_are_about_as_good_the_smallest_is_taken():
    base = {"30": 0.2}
    played = {1.0: {"30": 0.3}, 2.0: {"30": 0.215}, 3.0: {"30": 0.2}}
    assert smallest_as_good(played, base, runs=10_000) == 3.0
    assert smallest_as_good(played, base, runs=2_500) == 2.0


def test_another_scenario_and_number_are_named_by_arguments(tmp_path, capsys):
    file = tmp_path / "result.json"
    file.write_text(RESULT.read_text(encoding="utf-8"), encoding="utf-8")
    other = ["--scenario", "gaza-2023-11", "--number", "parties.*.optimism", "--sigma", "0.2"]
    main(["--result", str(file), *other, "--tried", "0.1", "--days", "5", "--runs", "20"])
    result = json.loads(file.read_text(encoding="utf-8"))
    assert (result["scenario"], result["optimism"]) == ("gaza-2023-11", 0.1)
    assert result["calibrates"] == "parties.*.optimism (median of a lognormal, sigma 0.2)"
    assert "optimism   0.1" in capsys.readouterr().out


def test_a_scenario_without_such_a_number_is_refused():
    asked = Calibration("two-rivers", "parties.*.wisdom", 0.5, (1.0,), (5,), 20, 1)
    with pytest.raises(ValueError, match="two-rivers has no number like 'parties"):
        asked.played(1.0)
    with pytest.raises(ValueError, match="no `base_rate`"):
        asked.yardstick()
