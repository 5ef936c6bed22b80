"""A server and a browser for the tests of pages, one of each in a process of tests."""

from tests.support.browsing import browse, chromium, household, server, visit

__all__ = ["browse", "chromium", "household", "server", "visit"]
