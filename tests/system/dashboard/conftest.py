"""A server and a browser for the tests of pages."""

from tests.support.browsing import browse, chromium, household, server, visit

__all__ = ["browse", "chromium", "household", "server", "visit"]
