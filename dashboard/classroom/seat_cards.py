"""Cards with personal links: a list of names takes seats before the exercise starts.

A line of the list is a name, or a name, a table and a role with semicolons between them. Links are
shown once, on the page that is printed; of their tokens only digests are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.classroom.context import AppContext
from sim.classroom.commands import Admit, AssignSeat, Request
from sim.classroom.decide import free_seats
from sim.classroom.state import State
from sim.classroom.storage.store import MAX_NAME_LENGTH


@dataclass(frozen=True)
class ListEntry:
    """A line of the list: a name, and the seat if one is named."""

    name: str
    place: tuple[int, str] | None


@dataclass(frozen=True)
class Card:
    """A seat given to a person, and the token of their link."""

    name: str
    table: int
    title: str
    token: str


def read_list(text: str, state: State) -> list[ListEntry]:
    """Parse a list of names; raise ValueError with the line that cannot be read, and why."""
    free, entries = free_seats(state), []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, *words = (part.strip() for part in line.split(";"))
        if not name or len(name) > MAX_NAME_LENGTH or len(words) not in (0, 2):
            raise ValueError(
                f"line {number} is no name and no name; table; role: write one to a line, "
                f"with at most {MAX_NAME_LENGTH} letters in a name"
            )
        place = _place(words, state, number) if words else None
        if place is not None:
            if place not in free:
                raise ValueError(f"line {number}: this seat is taken; choose another")
            free.remove(place)
        entries.append(ListEntry(name, place))
    if not entries:
        raise ValueError("there is no name on the list")
    if sum(entry.place is None for entry in entries) > len(free):
        raise ValueError("there are more names than free seats; set up more tables")
    return entries


def _place(words: list[str], state: State, number: int) -> tuple[int, str]:
    roles = {title.casefold(): name for name, title in titles(state).items()}
    roles |= {name.casefold(): name for name in titles(state)}
    table, role = words
    if not table.isdigit() or int(table) not in state.tables:
        raise ValueError(
            f"line {number}: there is no table {table}; there are 1 to {len(state.tables)}"
        )
    if role.casefold() not in roles:
        raise ValueError(
            f"line {number}: people do not sit as {role}; they sit as {', '.join(titles(state))}"
        )
    return int(table), roles[role.casefold()]


def titles(state: State) -> dict[str, str]:
    """Return the titles of the roles that people may take, by role."""
    return {name: state.setting.roles[name].title for name in state.setting.places}


def seat_all(
    context: AppContext, exercise: str, people: list[ListEntry], key: str, now: int
) -> list[Card]:
    """Give everybody a seat and a link, those with a named seat first.

    Raises RefusedError if this list was sent before, or nobody can join any more.
    """
    code, cards = context.store.join_code(exercise), []
    for k, entry in enumerate(sorted(people, key=lambda entry: entry.place is None)):
        token = context.store.join(code or "", entry.name, f"cards.{key}.{k}", now)
        holder = context.store.holder(token)
        assert holder is not None
        if entry.place is not None:
            _move(context, exercise, holder.name, entry.place, f"place.{key}.{k}", now)
        if context.store.state(exercise).seat_of(holder.name) is None:  # where people are let in
            act = Admit(person=holder.name)
            context.store.submit(
                exercise, Request(by="instructor", key=f"admit.{key}.{k}", act=act), now
            )
        place = context.store.state(exercise).seat_of(holder.name)
        assert place is not None, "whoever was let in has a seat"
        table, role = place
        cards.append(
            Card(entry.name, table.number, titles(context.store.state(exercise))[role], token)
        )
    return sorted(cards, key=lambda card: (card.table, card.title))


def _move(
    context: AppContext, exercise: str, person: str, place: tuple[int, str], key: str, now: int
) -> None:
    """Move a person to a seat, unless they sit there."""
    current = context.store.state(exercise).seat_of(person)
    if current is not None and (current[0].number, current[1]) == place:
        return
    act = AssignSeat(person=person, table=place[0], role=place[1])
    context.store.submit(exercise, Request(by="instructor", key=key, act=act), now)
