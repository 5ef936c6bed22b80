"""Store exercises in a database, with the tokens and names of those who take part.

Every accepted request is committed before its result is shown to anybody. A request is decided on
under the write lock of its exercise, with the state of the log at that moment, so that records
are numbered without gaps and nothing happens twice, whoever else writes.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from sim.classroom.commands import (
    INSTRUCTOR,
    Join,
    Kick,
    Lock,
    OpenLobby,
    PauseClock,
    Reissue,
    Request,
    Start,
)
from sim.classroom.decide import RefusedError, decide, draft
from sim.classroom.events import Extended, Joined, LogRecord, from_line, to_line
from sim.classroom.plan import ExercisePlan
from sim.classroom.state import State, apply, replay
from sim.classroom.storage import access, database
from sim.classroom.storage.database import (
    EXERCISES,
    NAMES,
    RECORDS,
    TOKENS,
    UnavailableError,
)
from sim.provenance import version
from sim.scenario.schema import Scenario

DAY = 24 * 3600 * 1000

#: Names that students give are cut to this length.
MAX_NAME_LENGTH = 60


@dataclass(frozen=True)
class Holder:
    """The holder of a token: the instructor of an exercise, or a person in it."""

    exercise: str
    name: str

    @property
    def by(self) -> str:
        """The sender of this holder's requests."""
        return INSTRUCTOR if self.name == INSTRUCTOR else f"person:{self.name}"


class Store:
    """Exercises in a database, migrated to the schema of this version when it is opened.

    Raises StoreError if the database is of a newer version or cannot be opened.
    """

    def __init__(self, url: str) -> None:
        self.url = database.parse_url(url)
        self._states: dict[str, State] = {}
        self._lock = threading.RLock()
        self._stopped_at: dict[str, int] = {}
        self._outage = ""
        self._engine = database.open_engine(self.url)
        database.migrate(self._engine, self.url)

    def close(self) -> None:
        """Close the connections to the database."""
        self._engine.dispose()

    # -- the database --------------------------------------------------------------------------

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is an SQLite file."""
        return database.is_sqlite(self.url)

    @property
    def schema(self) -> str:
        """The version of the schema."""
        return database.schema_version(self._engine) or ""

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """Open a transaction that writes."""
        with database.writing(self._engine) as connection:
            yield connection

    # -- exercises -----------------------------------------------------------------------------

    def create(
        self, plan: ExercisePlan, scenario: Scenario, now: int, exercise: str | None = None
    ) -> tuple[str, str]:
        """Draft an exercise; return its id and the instructor's token."""
        name = exercise or secrets.token_hex(8)
        token = access.new_token()
        record = draft(name, plan, scenario, version(), now)
        with self._reporting_failure(name, now), self._writing() as connection:
            connection.execute(
                EXERCISES.insert().values(
                    id=name,
                    title=plan.title,
                    created=now,
                    purge_after=now + plan.keep_days * DAY,
                    join_code=None,
                )
            )
            self._insert(connection, name, [record])
            self._replace_token(connection, name, INSTRUCTOR, token)
        return name, token

    def exercises(self) -> list[tuple[str, str, int, int]]:
        """Return (id, title, drafted, purge after) of all exercises, newest first."""
        order = EXERCISES.c.created.desc(), EXERCISES.c.id
        columns = (EXERCISES.c.id, EXERCISES.c.title, EXERCISES.c.created, EXERCISES.c.purge_after)
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(*columns).order_by(*order))
            return [(row[0], row[1], row[2], row[3]) for row in rows]

    def state(self, exercise: str) -> State:
        """Return the state of an exercise; raise KeyError if there is none."""
        with self._lock, self._engine.connect() as connection:
            return self._current_state(connection, exercise)

    def last_seq(self, exercise: str) -> int:
        """Return the number of the last record; cheap enough for pages that poll."""
        query = sa.select(sa.func.max(RECORDS.c.seq)).where(RECORDS.c.exercise == exercise)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar() or 0

    def last_seqs(self) -> dict[str, int]:
        """Return the number of the last record of every exercise, by its id."""
        query = sa.select(RECORDS.c.exercise, sa.func.max(RECORDS.c.seq)).group_by(
            RECORDS.c.exercise
        )
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def records(self, exercise: str) -> list[LogRecord]:
        """Return the whole log."""
        query = (
            sa.select(RECORDS.c.line).where(RECORDS.c.exercise == exercise).order_by(RECORDS.c.seq)
        )
        with self._engine.connect() as connection:
            return [from_line(line) for line in connection.execute(query).scalars()]

    def submit(self, exercise: str, request: Request, now: int) -> State:
        """Decide on a request, store its records, and return the state after it.

        Raises RefusedError if the request is not allowed, and UnavailableError if nothing can be
        written; then nothing has changed.
        """
        return self._submit(exercise, request, now)[0]

    def _submit(
        self, exercise: str, request: Request, now: int, name: str = "", token: str = ""
    ) -> tuple[State, list[LogRecord]]:
        self._pause_after_standstill(exercise, now)
        with self._reporting_failure(exercise, now), self._lock, self._writing() as connection:
            self._lock_exercise(connection, exercise)
            state = self._current_state(connection, exercise)
            records = decide(state, request, now)
            self._insert(connection, exercise, records)
            for record in records:
                state = apply(state, record)
            begun = state.phase in ("briefing", "playing")
            self._update_beside(connection, exercise, request, records, name, token, begun)
        self._states[exercise] = state
        return state, records

    def _pause_after_standstill(self, exercise: str, now: int) -> None:
        """Pause the clocks as of the moment from which nothing could be written."""
        stopped = self._stopped_at.get(exercise)
        if stopped is None:
            return
        with self._reporting_failure(exercise, now), self._lock, self._writing() as connection:
            self._lock_exercise(connection, exercise)
            state = self._current_state(connection, exercise)
            if state.phase not in PauseClock.phases:
                return
            if state.paused_at is None:
                pause = Request(by="store", key=f"store.{stopped}", act=PauseClock())
                self._insert(connection, exercise, decide(state, pause, stopped))
            elif state.paused_at > stopped and f"store.{stopped}" not in state.keys:
                # Another process found out later than we: give back the time between.
                back = Extended(table=None, by=state.paused_at - stopped)
                key = f"store.{stopped}"
                record = LogRecord(seq=state.seq + 1, at=state.at, by="store", key=key, event=back)
                self._insert(connection, exercise, [record])

    def _update_beside(
        self,
        connection: sa.Connection,
        exercise: str,
        request: Request,
        records: list[LogRecord],
        name: str,
        token: str,
        begun: bool,
    ) -> None:
        """Update what is stored beside the log: codes, tokens and names."""
        act = request.act
        if not records:
            return
        if isinstance(act, OpenLobby):
            self._set_code(connection, exercise, access.new_code())
        elif isinstance(act, Start):
            self._set_code(connection, exercise, None)
        elif isinstance(act, Lock) and begun:
            self._set_code(connection, exercise, None if act.locked else access.new_code())
        elif isinstance(act, Join):
            joined = next(r.event for r in records if isinstance(r.event, Joined))
            self._replace_token(connection, exercise, joined.person, token or access.new_token())
            connection.execute(
                NAMES.insert().values(exercise=exercise, person=joined.person, name=name)
            )
        elif isinstance(act, Kick):
            self._replace_token(connection, exercise, act.person, access.new_token())
        elif isinstance(act, Reissue):
            self._replace_token(connection, exercise, act.person, token or access.new_token())

    def _insert(self, connection: sa.Connection, exercise: str, records: list[LogRecord]) -> None:
        """Append records to the log."""
        if records:
            rows = [
                {
                    "exercise": exercise,
                    "seq": record.seq,
                    "key": record.key or None,
                    "line": to_line(record),
                }
                for record in records
            ]
            connection.execute(RECORDS.insert(), rows)

    def _lock_exercise(self, connection: sa.Connection, exercise: str) -> None:
        """Take the write lock of an exercise; raise KeyError if there is none."""
        query = sa.select(EXERCISES.c.id).where(EXERCISES.c.id == exercise).with_for_update()
        if connection.execute(query).first() is None:
            raise KeyError(exercise)

    def _current_state(self, connection: sa.Connection, exercise: str) -> State:
        """Return the state that follows from the log as it is now."""
        state = self._states.get(exercise)
        query = (
            sa.select(RECORDS.c.line)
            .where(RECORDS.c.exercise == exercise, RECORDS.c.seq > (state.seq if state else 0))
            .order_by(RECORDS.c.seq)
        )
        lines = connection.execute(query).scalars().all()
        if state is None and not lines:
            raise KeyError(exercise)
        if lines:
            state = replay((from_line(line) for line in lines), state)
        assert state is not None
        self._states[exercise] = state
        return state

    @contextmanager
    def _reporting_failure(self, exercise: str, now: int) -> Iterator[None]:
        """Turn a failed write into UnavailableError, and note since when nothing can be written."""
        try:
            yield
        except sa.exc.OperationalError as error:
            self._stopped_at.setdefault(exercise, now)
            reason, place = database.cause(error), database.display_name(self.url)
            self._outage = (
                f"The classroom's database cannot be written ({reason}), so the exercise "
                "stands still and nothing is lost. Make room on the disk or give write access to "
                f"{place}; Resume appears here as soon as it can be written."
            )
            raise UnavailableError(self._outage) from None
        else:
            self._stopped_at.pop(exercise, None)

    @property
    def stands_still(self) -> bool:
        """Whether the last attempt to write failed."""
        return bool(self._stopped_at)

    @property
    def way_out(self) -> str:
        """Why nothing can be written and what to do about it; empty while all is well."""
        return self._outage if self._stopped_at else ""

    # -- who comes in --------------------------------------------------------------------------

    def join_code(self, exercise: str) -> str | None:
        """Return the join code while the lobby is open."""
        query = sa.select(EXERCISES.c.join_code).where(EXERCISES.c.id == exercise)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def _set_code(self, connection: sa.Connection, exercise: str, code: str | None) -> None:
        connection.execute(
            EXERCISES.update().where(EXERCISES.c.id == exercise).values(join_code=code)
        )

    def find_code(self, typed: str) -> str | None:
        """Return the exercise that a join code belongs to."""
        query = sa.select(EXERCISES.c.id).where(EXERCISES.c.join_code == access.as_code(typed))
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def join(self, typed: str, name: str, key: str, now: int, wishes: str = "") -> str:
        """Ask for a seat with a join code, with a wish for a role if the plan allows one.

        Returns the token of the new person. Raises RefusedError if no lobby is open under this
        code, and for a key that was used before, since a token is handed out only once.
        """
        exercise = self.find_code(typed)
        if exercise is None:
            raise RefusedError("no exercise is open under this code; read it off the wall again")
        token = access.new_token()
        shown = "".join(letter for letter in name if letter.isprintable()).strip()[:MAX_NAME_LENGTH]
        request = Request(by="visitor", key=key, act=Join(wishes=wishes[:40]))
        _, records = self._submit(exercise, request, now, name=shown, token=token)
        if not records:
            raise RefusedError("this has been sent before; reload the page")
        return token

    def reissue(self, exercise: str, person: str, key: str, now: int) -> str:
        """Return a new token for a person; the old one is no longer valid."""
        token = access.new_token()
        request = Request(by=INSTRUCTOR, key=key, act=Reissue(person=person))
        _, records = self._submit(exercise, request, now, token=token)
        if not records:
            raise RefusedError("this has been sent before; ask for another link")
        return token

    def reissue_instructor(self, exercise: str, now: int) -> str:
        """Return a new token for the instructor; the old one is no longer valid."""
        token = access.new_token()
        with self._reporting_failure(exercise, now), self._writing() as connection:
            self._lock_exercise(connection, exercise)
            self._replace_token(connection, exercise, INSTRUCTOR, token)
        return token

    def _replace_token(
        self, connection: sa.Connection, exercise: str, holder: str, token: str
    ) -> None:
        """Store the digest of a holder's new token in place of the old one."""
        own = (TOKENS.c.exercise == exercise) & (TOKENS.c.holder == holder)
        connection.execute(TOKENS.delete().where(own))
        connection.execute(
            TOKENS.insert().values(exercise=exercise, holder=holder, digest=access.digest(token))
        )

    def holder(self, token: str) -> Holder | None:
        """Return the holder of a token; None for a token that is not, or no longer, valid."""
        query = sa.select(TOKENS).where(TOKENS.c.digest == access.digest(token))
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None or not access.matches(token, row.digest):
            return None
        return Holder(row.exercise, row.holder)

    def names(self, exercise: str) -> dict[str, str]:
        """Return the names that people gave, by person; they are stored apart from the log."""
        query = sa.select(NAMES.c.person, NAMES.c.name).where(NAMES.c.exercise == exercise)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    # -- retention -----------------------------------------------------------------------------

    def purge(self, now: int, exercise: str | None = None) -> list[str]:
        """Delete an exercise, or all that may be purged, with all their data; return their ids."""
        over = EXERCISES.c.purge_after <= now if exercise is None else EXERCISES.c.id == exercise
        with self._lock, self._writing() as connection:
            purged = list(connection.execute(sa.select(EXERCISES.c.id).where(over)).scalars())
            for table in (RECORDS, TOKENS, NAMES):
                connection.execute(table.delete().where(table.c.exercise.in_(purged)))
            connection.execute(EXERCISES.delete().where(EXERCISES.c.id.in_(purged)))
        for name in purged:
            self._states.pop(name, None)
        return purged


@dataclass(frozen=True)
class StoredLog:
    """The log of one exercise in a store, for `run_due_acts`."""

    store: Store
    exercise: str

    def state(self) -> State:
        """Return the state of the exercise."""
        return self.store.state(self.exercise)

    def submit(self, request: Request, now: int) -> State:
        """Decide on a request and store its records; raises RefusedError if it is refused."""
        return self.store.submit(self.exercise, request, now)
