"""What visitors save: what-ifs, guesses, solved challenges.

A visitor is a random name in a cookie; only its hash is stored. A browser without the cookie can do
everything but save.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COOKIE = "parley_visitor"

#: Limits: values of one visitor and kind, and characters in one value.
MAX_KEPT, MAX_CHARACTERS = 200, 20_000

_TABLE = """
CREATE TABLE IF NOT EXISTS kept (
    visitor TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
    content TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (visitor, kind, name)
) WITHOUT ROWID
"""


class StorageError(ValueError):
    """Something cannot be saved; the message says why and what to do."""


class VisitorStore:
    """A table of JSON values by visitor, kind and name, in one SQLite file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def save(self, visitor: str, kind: str, name: str, content: Any) -> None:
        """Save a value, replacing any of the same name; raises StorageError."""
        if not visitor:
            raise StorageError(
                "Your browser sent no cookie, so nothing can be saved. Allow "
                "cookies for this site and reload the page."
            )
        text = json.dumps(content, ensure_ascii=False)
        if len(text) > MAX_CHARACTERS or len(name) > 200:
            raise StorageError("This is too long to be saved. Make it shorter.")
        visitor_hash = _hash(visitor)
        try:
            with self._transaction() as connection:
                (count,) = connection.execute(
                    "SELECT count(*) FROM kept WHERE visitor = ? AND kind = ? AND name != ?",
                    (visitor_hash, kind, name),
                ).fetchone()
                if count >= MAX_KEPT:
                    raise StorageError(f"You have saved {count}; remove one to save another.")
                connection.execute(
                    "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?)",
                    (visitor_hash, kind, name, text, time.time()),
                )
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"The server cannot save anything now ({error}).") from None

    def load(self, visitor: str, kind: str) -> dict[str, Any]:
        """Return what a visitor has saved of a kind, by name, oldest first."""
        if not visitor:
            return {}
        try:
            with self._transaction() as connection:
                rows = connection.execute(
                    "SELECT name, content FROM kept WHERE visitor = ? AND kind = ? ORDER BY at",
                    (_hash(visitor), kind),
                ).fetchall()
        except (sqlite3.Error, OSError):
            return {}
        return {name: json.loads(text) for name, text in rows}

    def remove(self, visitor: str, kind: str, name: str) -> None:
        """Delete one value."""
        with contextlib.suppress(sqlite3.Error, OSError), self._transaction() as connection:
            connection.execute(
                "DELETE FROM kept WHERE visitor = ? AND kind = ? AND name = ?",
                (_hash(visitor), kind, name),
            )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.file, timeout=5, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_TABLE)
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()  # what was not committed is undone


def _hash(visitor: str) -> str:
    return hashlib.sha256(visitor.encode()).hexdigest()
