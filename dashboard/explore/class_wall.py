"""A wall for a class: what-ifs that students send there, for all to look at together.

Whoever opens a wall gets a code to read out. Everybody who has the code sees the wall and can add
to it; only the visitor who opened it can remove something.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from dashboard.explore.visitor_store import StorageError, VisitorStore

#: Letters that cannot be mistaken for one another, and how many make a code.
ALPHABET, CODE_LENGTH = "23456789ABCDEFGHJKMNPQRSTUVWXYZ", 6

#: Kinds of stored values: the walls a visitor opened, a wall, and an entry on a wall.
OWNED_KIND, WALL_KIND, ENTRY_KIND = "walls", "wall", "sent"

#: What-ifs of one visitor on one wall, and characters in the name of one.
MAX_ENTRIES, MAX_NAME_LENGTH = 5, 40


@dataclass(frozen=True)
class WallEntry:
    """A what-if on a wall: what it is called there, and the query that asks it."""

    key: str
    name: str
    query: str


def open_wall(store: VisitorStore, visitor: str) -> str:
    """Open a wall and return its code; raises StorageError if nothing can be saved."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    store.save(visitor, OWNED_KIND, code, True)
    store.save(_wall_name(code), WALL_KIND, code, True)
    return code


def parse_code(typed: str) -> str:
    """Return a typed code in capitals, without spaces and dashes."""
    return "".join(letter for letter in typed.upper() if letter in ALPHABET)[:CODE_LENGTH]


def wall_exists(store: VisitorStore, code: str) -> bool:
    """Return whether there is a wall with this code."""
    return code in store.load(_wall_name(code), WALL_KIND)


def is_owner(store: VisitorStore, visitor: str, code: str) -> bool:
    """Return whether a visitor opened this wall."""
    return code in store.load(visitor, OWNED_KIND)


def add_entry(store: VisitorStore, visitor: str, code: str, name: str, query: str) -> None:
    """Add a what-if to a wall; it replaces this visitor's earlier one of the same name.

    Raises StorageError, with the way out, if it cannot be added.
    """
    if not wall_exists(store, code):
        raise StorageError("There is no wall with this code. Read it again.")
    name = " ".join(name.split())[:MAX_NAME_LENGTH]
    if not name:
        raise StorageError("Give your what-if a name, so that the class knows which it is.")
    visitor_mark = hashlib.sha256(f"{code} {visitor}".encode()).hexdigest()[:16]
    key = f"{visitor_mark} {name}"
    own_keys = [
        entry.key for entry in entries(store, code) if entry.key.startswith(f"{visitor_mark} ")
    ]
    if key not in own_keys and len(own_keys) >= MAX_ENTRIES:
        raise StorageError(
            f"You have {MAX_ENTRIES} what-ifs on this wall. Send this one by the name of another, "
            "which it then replaces."
        )
    store.save(_wall_name(code), ENTRY_KIND, key, query)


def entries(store: VisitorStore, code: str) -> list[WallEntry]:
    """Return the what-ifs on a wall, the oldest first."""
    return [
        WallEntry(key, key.partition(" ")[2], query)
        for key, query in store.load(_wall_name(code), ENTRY_KIND).items()
    ]


def remove_entry(store: VisitorStore, visitor: str, code: str, key: str) -> None:
    """Remove a what-if from a wall; only the visitor who opened the wall can."""
    if is_owner(store, visitor, code):
        store.remove(_wall_name(code), ENTRY_KIND, key)


def _wall_name(code: str) -> str:
    """Return the visitor name under which a wall is stored; no cookie looks like it."""
    return f"wall {code}"
