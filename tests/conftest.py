"""What every test may rely on.

Under ``make test`` and in CI a skipped test fails the session: a claim nobody checks is not
a claim. Elsewhere skipping stays allowed.

Hypothesis tries the same examples every time, and none of them is too slow on any machine.
"""

import os

import pytest
from hypothesis import settings

settings.load_profile("ci")  # of Hypothesis' own: derandomised, without deadlines


def may_skip() -> bool:
    """Whether this session tolerates skipped tests."""
    return not (os.environ.get("PARLEY_NO_SKIP") or os.environ.get("CI"))


def skipped(config: pytest.Config) -> int:
    """How many tests and modules were skipped, over all workers."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return len(reporter.stats.get("skipped", [])) if reporter else 0


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turn a green session with skipped tests into a failed one."""
    if exitstatus == pytest.ExitCode.OK and skipped(session.config) and not may_skip():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    """Say why the session failed."""
    if (number := skipped(config)) and not may_skip():
        terminalreporter.write_line(
            f"{number} skipped: no test may be skipped here "
            "(PARLEY_NO_SKIP or CI is set); make it run or delete it",
            red=True,
        )
