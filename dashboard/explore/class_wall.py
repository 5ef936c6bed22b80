"""A wall for a class: what-ifs that students send there, for all to look at together.

Whoever opens a wall gets a code to read out. Everybody who has the code sees the wall and can send
to it; only who opened it can take something off it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from dashboard.explore.visitor_store import StorageError, VisitorStore

#: Letters that cannot be mistaken for one another, and how many make a code.
ALPHABET, CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ", 6

#: What a visitor has opened, the mark of a wall that is open, and what hangs on one.
OPENED, OPEN, SENT = "walls", "wall", "sent"

#: So many what-ifs a visitor may have on one wall, and so long is the name of one.
MOST_SENT, LONGEST_NAME = 5, 40


@dataclass(frozen=True)
class WallEntry:
    """A what-if on a wall: what it is called there, and the query that asks it."""

    key: str
    name: str
    query: str


def open_wall(notebook: VisitorStore, visitor: str) -> str:
    """Open a wall; returns its code. Raises StorageError where nothing can be kept."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS))
    notebook.keep(visitor, OPENED, code, True)
    notebook.keep(_wall(code), OPEN, code, True)
    return code


def code_of(typed: str) -> str:
    """A code as it was meant: in capitals, without spaces and dashes."""
    return "".join(letter for letter in typed.upper() if letter in ALPHABET)[:CODE_LETTERS]


def is_open(notebook: VisitorStore, code: str) -> bool:
    """Whether there is a wall with this code."""
    return code in notebook.kept(_wall(code), OPEN)


def is_owner(notebook: VisitorStore, visitor: str, code: str) -> bool:
    """Whether a visitor opened this wall."""
    return code in notebook.kept(visitor, OPENED)


def send(notebook: VisitorStore, visitor: str, code: str, name: str, query: str) -> None:
    """Hang a what-if on a wall, in place of what this visitor has sent by the same name.

    Raises StorageError where it cannot be, with the way out.
    """
    if not is_open(notebook, code):
        raise StorageError("There is no wall with this code. Read it again.")
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise StorageError("Give your what-if a name, so that the class knows which it is.")
    mine = hashlib.sha256(f"{code} {visitor}".encode()).hexdigest()[:16]
    key = f"{mine} {name}"
    hanging = [one.key for one in sent(notebook, code) if one.key.startswith(f"{mine} ")]
    if key not in hanging and len(hanging) >= MOST_SENT:
        raise StorageError(
            f"You have {MOST_SENT} what-ifs on this wall. Send this one by the name of another, "
            "which it then replaces."
        )
    notebook.keep(_wall(code), SENT, key, query)


def sent(notebook: VisitorStore, code: str) -> list[WallEntry]:
    """What hangs on a wall, the oldest first."""
    return [
        WallEntry(key, key.partition(" ")[2], query)
        for key, query in notebook.kept(_wall(code), SENT).items()
    ]


def take_off(notebook: VisitorStore, visitor: str, code: str, key: str) -> None:
    """Take a what-if off a wall; only who opened the wall can."""
    if is_owner(notebook, visitor, code):
        notebook.remove(_wall(code), SENT, key)


def _wall(code: str) -> str:
    """Under whose name the notebook keeps what hangs on a wall; no cookie is ever like it."""
    return f"wall {code}"
