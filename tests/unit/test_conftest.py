"""Claims about how this suite judges itself."""

from pathlib import Path

import pytest

SKIPS = """
    import pytest

    def test_passes(): pass

    @pytest.mark.skip(reason="not today")
    def test_is_skipped(): pass
"""

SKIPS_WHOLE_MODULE = """
    import pytest

    pytest.importorskip("a_package_nobody_has")
"""


@pytest.fixture
def suite(pytester, monkeypatch):
    """A small suite with this suite's own hooks, run on its own."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("PARLEY_NO_SKIP", raising=False)
    pytester.makeconftest(
        Path(__file__).parents[1].joinpath("conftest.py").read_text(encoding="utf-8")
    )
    pytester.makepyfile(test_passes="def test_passes(): pass")
    return pytester


def test_skipping_is_allowed_at_the_desk(suite):
    suite.makepyfile(SKIPS)
    assert suite.runpytest_inprocess().ret == pytest.ExitCode.OK


@pytest.mark.parametrize("variable", ["PARLEY_NO_SKIP", "CI"])
@pytest.mark.parametrize("skips", [SKIPS, SKIPS_WHOLE_MODULE], ids=["a test", "a module"])
def test_a_skipped_test_fails_the_session_that_counts(suite, monkeypatch, variable, skips):
    monkeypatch.setenv(variable, "1")
    suite.makepyfile(skips)
    result = suite.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines("*1 skipped: no test may be skipped here*")


def test_a_test_skipped_by_a_worker_counts_too(suite, monkeypatch):
    monkeypatch.setenv("PARLEY_NO_SKIP", "1")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # workers start sooner without
    suite.makepyfile(SKIPS)
    result = suite.runpytest_inprocess("-p", "xdist", "-n", "1")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*1 worker*", "*1 skipped: no test may be skipped here*"])


def test_an_expected_failure_is_not_a_skip(suite, monkeypatch):
    monkeypatch.setenv("PARLEY_NO_SKIP", "1")
    suite.makepyfile(
        """
        import pytest

        @pytest.mark.xfail(reason="known")
        def test_known(): assert False
        """
    )
    assert suite.runpytest_inprocess().ret == pytest.ExitCode.OK
