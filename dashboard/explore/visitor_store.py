"""What a visitor keeps from one visit to the next: saved what-ifs, guesses, challenges met.

A visitor is a random name in a cookie; only its fingerprint is stored. A browser without the
cookie can do everything but keep things.
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

#: What one visitor may keep of one kind, and how long a thing kept may be, in characters.
MOST_KEPT, MOST_CHARACTERS = 200, 20_000

_TABLE = """
CREATE TABLE IF NOT EXISTS kept (
    visitor TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
    content TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (visitor, kind, name)
) WITHOUT ROWID
"""


class StorageError(ValueError):
    """Something cannot be kept; the message says why and what to do."""


class VisitorStore:
    """Things kept by visitor, kind and name, in one file of SQLite."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def keep(self, visitor: str, kind: str, name: str, content: Any) -> None:
        """Keep something, in place of what had this name; raises StorageError."""
        if not visitor:
            raise StorageError(
                "Your browser sent no cookie, so nothing can be saved. Allow "
                "cookies for this site and reload the page."
            )
        text = json.dumps(content, ensure_ascii=False)
        if len(text) > MOST_CHARACTERS or len(name) > 200:
            raise StorageError("This is too long to be saved. Make it shorter.")
        who = _fingerprint(visitor)
        try:
            with self._open() as base:
                (count,) = base.execute(
                    "SELECT count(*) FROM kept WHERE visitor = ? AND kind = ? AND name != ?",
                    (who, kind, name),
                ).fetchone()
                if count >= MOST_KEPT:
                    raise StorageError(f"You have saved {count}; remove one to save another.")
                base.execute(
                    "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?)",
                    (who, kind, name, text, time.time()),
                )
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"The server cannot save anything now ({error}).") from None

    def kept(self, visitor: str, kind: str) -> dict[str, Any]:
        """What a visitor has kept of a kind, by name, oldest first."""
        if not visitor:
            return {}
        try:
            with self._open() as base:
                rows = base.execute(
                    "SELECT name, content FROM kept WHERE visitor = ? AND kind = ? ORDER BY at",
                    (_fingerprint(visitor), kind),
                ).fetchall()
        except (sqlite3.Error, OSError):
            return {}
        return {name: json.loads(text) for name, text in rows}

    def remove(self, visitor: str, kind: str, name: str) -> None:
        """Forget one thing."""
        with contextlib.suppress(sqlite3.Error, OSError), self._open() as base:
            base.execute(
                "DELETE FROM kept WHERE visitor = ? AND kind = ? AND name = ?",
                (_fingerprint(visitor), kind, name),
            )

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        base = sqlite3.connect(self.file, timeout=5, isolation_level=None)
        try:
            base.execute("PRAGMA journal_mode = WAL")
            base.execute("PRAGMA synchronous = NORMAL")
            base.execute("BEGIN IMMEDIATE")
            base.execute(_TABLE)
            yield base
            base.execute("COMMIT")
        finally:
            base.close()  # what was not committed is undone


def _fingerprint(visitor: str) -> str:
    return hashlib.sha256(visitor.encode()).hexdigest()
