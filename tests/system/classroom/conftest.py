"""Databases for the tests of the classroom."""

from tests.support.databases import postgres, postgres_server, sqlite, stores_are_closed

__all__ = ["postgres", "postgres_server", "sqlite", "stores_are_closed"]
