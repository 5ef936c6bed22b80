"""Cards with personal links: a list of names takes seats before the exercise starts.

A line of the list is a name, or a name, a table and a role with semicolons between them. Links are
shown once, on the page that is printed; of their tokens only digests are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.classroom.context import Room
from sim.classroom.commands import Admit, AssignSeat, Request
from sim.classroom.decide import free_seats
from sim.classroom.state import State
from sim.classroom.storage.store import MAX_NAME_LENGTH


@dataclass(frozen=True)
class Wanted:
    """Someone on the list, and the seat they are to have if one is named."""

    name: str
    place: tuple[int, str] | None


@dataclass(frozen=True)
class Card:
    """A seat that was given to someone, and the token of their link."""

    name: str
    table: int
    title: str
    token: str


def read_list(text: str, state: State) -> list[Wanted]:
    """The people on a list; raises ValueError with the line that cannot be read, and why."""
    free, found = free_seats(state), []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, *place = (part.strip() for part in line.split(";"))
        if not name or len(name) > MAX_NAME_LENGTH or len(place) not in (0, 2):
            raise ValueError(
                f"line {number} is no name and no name; table; role: write one to a line, "
                f"with at most {MAX_NAME_LENGTH} letters in a name"
            )
        wanted = _place(place, state, number) if place else None
        if wanted is not None:
            if wanted not in free:
                raise ValueError(f"line {number}: this seat is taken; choose another")
            free.remove(wanted)
        found.append(Wanted(name, wanted))
    if not found:
        raise ValueError("there is no name on the list")
    if sum(one.place is None for one in found) > len(free):
        raise ValueError("there are more names than free seats; set up more tables")
    return found


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
    """The roles that people may take, with their titles."""
    return {name: state.setting.roles[name].title for name in state.setting.places}


def seat_all(room: Room, exercise: str, people: list[Wanted], key: str, now: int) -> list[Card]:
    """Give everybody a seat and a link: those whose seat is named first.

    Raises RefusedError where this list was handed in before, or nobody can join any more.
    """
    code, cards = room.store.join_code(exercise), []
    for k, one in enumerate(sorted(people, key=lambda one: one.place is None)):
        token = room.store.join(code or "", one.name, f"cards.{key}.{k}", now)
        holder = room.store.holder(token)
        assert holder is not None
        if one.place is not None:
            _move(room, exercise, holder.name, one.place, f"place.{key}.{k}", now)
        if room.store.state(exercise).seat_of(holder.name) is None:  # where people are let in
            act = Admit(person=holder.name)
            room.store.submit(
                exercise, Request(by="instructor", key=f"admit.{key}.{k}", act=act), now
            )
        place = room.store.state(exercise).seat_of(holder.name)
        assert place is not None, "whoever was let in has a seat"
        table, role = place
        cards.append(Card(one.name, table.number, titles(room.store.state(exercise))[role], token))
    return sorted(cards, key=lambda card: (card.table, card.title))


def _move(
    room: Room, exercise: str, person: str, place: tuple[int, str], key: str, now: int
) -> None:
    found = room.store.state(exercise).seat_of(person)
    if found is not None and (found[0].number, found[1]) == place:
        return
    act = AssignSeat(person=person, table=place[0], role=place[1])
    room.store.submit(exercise, Request(by="instructor", key=key, act=act), now)
