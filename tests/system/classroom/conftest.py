"""Databases and a browser for the tests of the classroom."""

from tests.support.browsing import browse, chromium, household
from tests.support.databases import postgres, postgres_server, sqlite, stores_are_closed

__all__ = [
    "browse",
    "chromium",
    "household",
    "postgres",
    "postgres_server",
    "sqlite",
    "stores_are_closed",
]
