"""Where exercises are kept: SQLite in one file, or PostgreSQL by its address.

Every accepted request is committed before anybody is told of it. A request is decided on under
the write lock of its exercise, on the state that the log gives at that moment, so that records
are numbered without gaps and nothing happens twice, whoever else writes.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

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
from sim.classroom.storage import access
from sim.provenance import version
from sim.scenario.schema import Scenario

#: A writer waits so long for the one before, in ms.
PATIENCE = 15_000

DAY = 24 * 3600 * 1000

#: Names that students give are cut to this length.
LONGEST_NAME = 60

METADATA = sa.MetaData()
EXERCISES = sa.Table(
    "exercises",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("title", sa.Text),
    sa.Column("created", sa.BigInteger),
    sa.Column("purge_after", sa.BigInteger),
    sa.Column("join_code", sa.String(12)),
)
RECORDS = sa.Table(
    "records",
    METADATA,
    sa.Column("exercise", sa.String(40), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(120)),
    sa.Column("line", sa.Text),
)
TOKENS = sa.Table(
    "tokens",
    METADATA,
    sa.Column("exercise", sa.String(40), primary_key=True),
    sa.Column("holder", sa.String(40), primary_key=True),
    sa.Column("digest", sa.String(64)),
)
NAMES = sa.Table(
    "names",
    METADATA,
    sa.Column("exercise", sa.String(40), primary_key=True),
    sa.Column("person", sa.String(40), primary_key=True),
    sa.Column("name", sa.Text),
)


class StoreError(RuntimeError):
    """The store cannot be used; the message says why and what to do."""


class UnavailableError(StoreError):
    """Nothing can be written for now: the exercise stands still until it can."""


@dataclass(frozen=True)
class Holder:
    """Who a token stands for: the instructor of an exercise, or a person in it."""

    exercise: str
    name: str

    @property
    def by(self) -> str:
        """How this holder signs requests."""
        return INSTRUCTOR if self.name == INSTRUCTOR else f"person:{self.name}"


class Store:
    """Exercises in a database, brought up to the schema of this version when it is opened.

    Raises StoreError where the database is of a newer version or cannot be opened.
    """

    def __init__(self, url: str) -> None:
        self.url = _read(url)
        self._states: dict[str, State] = {}
        self._lock = threading.RLock()
        self._stopped_at: dict[str, int] = {}
        self._way_out = ""
        self._engine = self._opened()
        self._migrate()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    # -- the database --------------------------------------------------------------------------

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a file."""
        return self.url.get_backend_name() == "sqlite"

    def _opened(self) -> sa.Engine:
        if not self.is_sqlite:
            try:
                return sa.create_engine(self.url, pool_pre_ping=True, hide_parameters=True)
            except (sa.exc.ArgumentError, ImportError) as error:
                raise StoreError(f"{self._name} cannot be opened: {_cause(error)}") from None
        self._keep_to_ourselves()
        wait = {"timeout": PATIENCE / 1000}
        engine = sa.create_engine(self.url, connect_args=wait, hide_parameters=True)

        @sa.event.listens_for(engine, "connect")
        def _connected(connection: Any, _: Any) -> None:
            connection.isolation_level = None  # we begin transactions ourselves
            connection.execute(f"PRAGMA busy_timeout = {PATIENCE}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = NORMAL")

        @sa.event.listens_for(engine, "begin")
        def _begun(connection: sa.Connection) -> None:
            writes = connection.get_execution_options().get("writes", False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        return engine

    def _keep_to_ourselves(self) -> None:
        """Make the file so that nobody else on this machine can read it: it holds names."""
        file = self.url.database
        if file and file != ":memory:":
            with suppress(OSError):  # opening it says what is wrong
                Path(file).touch(mode=0o600, exist_ok=True)

    def _migrate(self) -> None:
        """Bring the schema up to this version's; a newer one is refused."""
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "schema"))
        script = ScriptDirectory.from_config(config)
        try:
            with self._engine.connect() as connection:
                found = MigrationContext.configure(connection).get_current_revision()
            if found == script.get_current_head():
                return
            if found is not None and found not in {r.revision for r in script.walk_revisions()}:
                raise StoreError(
                    f"{self._name} was written by a newer version of Parley (schema {found}); "
                    "use that version, or another file"
                )
            with self._writing() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(f"{self._name} cannot be opened: {_cause(error)}") from None

    @property
    def _name(self) -> str:
        return self.url.render_as_string(hide_password=True)

    @property
    def schema(self) -> str:
        """The version of the schema."""
        with self._engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() or ""

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        connection = self._engine.connect().execution_options(writes=True)
        with connection, connection.begin():
            yield connection

    # -- exercises -----------------------------------------------------------------------------

    def create(
        self, plan: ExercisePlan, scenario: Scenario, now: int, exercise: str | None = None
    ) -> tuple[str, str]:
        """Draft an exercise; returns its id and the instructor's token."""
        name = exercise or secrets.token_hex(8)
        token = access.new_token()
        record = draft(name, plan, scenario, version(), now)
        with self._guarded(name, now), self._writing() as connection:
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
            self._hand_out(connection, name, INSTRUCTOR, token)
        return name, token

    def exercises(self) -> list[tuple[str, str, int, int]]:
        """All exercises, newest first: id, title, when drafted and when they may be purged."""
        order = EXERCISES.c.created.desc(), EXERCISES.c.id
        columns = (EXERCISES.c.id, EXERCISES.c.title, EXERCISES.c.created, EXERCISES.c.purge_after)
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(*columns).order_by(*order))
            return [(row[0], row[1], row[2], row[3]) for row in rows]

    def state(self, exercise: str) -> State:
        """An exercise as it stands; raises KeyError where there is none."""
        with self._lock, self._engine.connect() as connection:
            return self._caught_up(connection, exercise)

    def last_seq(self, exercise: str) -> int:
        """The number of the last record: what a page that polls asks first."""
        query = sa.select(sa.func.max(RECORDS.c.seq)).where(RECORDS.c.exercise == exercise)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar() or 0

    def last_seqs(self) -> dict[str, int]:
        """The number of the last record of every exercise, by its id."""
        query = sa.select(RECORDS.c.exercise, sa.func.max(RECORDS.c.seq)).group_by(
            RECORDS.c.exercise
        )
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def records(self, exercise: str) -> list[LogRecord]:
        """The whole log."""
        query = (
            sa.select(RECORDS.c.line).where(RECORDS.c.exercise == exercise).order_by(RECORDS.c.seq)
        )
        with self._engine.connect() as connection:
            return [from_line(line) for line in connection.execute(query).scalars()]

    def submit(self, exercise: str, request: Request, now: int) -> State:
        """Decide on a request and keep what it brings about.

        Returns the state after it. Raises RefusedError where it is not allowed, and
        UnavailableError where nothing can be written: then nothing has happened.
        """
        return self._submitted(exercise, request, now)[0]

    def _submitted(
        self, exercise: str, request: Request, now: int, name: str = "", token: str = ""
    ) -> tuple[State, list[LogRecord]]:
        self._pause_after_standstill(exercise, now)
        with self._guarded(exercise, now), self._lock, self._writing() as connection:
            self._locked(connection, exercise)
            state = self._caught_up(connection, exercise)
            records = decide(state, request, now)
            self._insert(connection, exercise, records)
            for record in records:
                state = apply(state, record)
            begun = state.phase in ("briefing", "playing")
            self._beside(connection, exercise, request, records, name, token, begun)
        self._states[exercise] = state
        return state, records

    def _pause_after_standstill(self, exercise: str, now: int) -> None:
        """If nothing could be written for a while, the clocks have stood still since then."""
        stopped = self._stopped_at.get(exercise)
        if stopped is None:
            return
        with self._guarded(exercise, now), self._lock, self._writing() as connection:
            self._locked(connection, exercise)
            state = self._caught_up(connection, exercise)
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

    def _beside(
        self,
        connection: sa.Connection,
        exercise: str,
        request: Request,
        records: list[LogRecord],
        name: str,
        token: str,
        begun: bool,
    ) -> None:
        """What is kept beside the log: codes, tokens and names."""
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
            self._hand_out(connection, exercise, joined.person, token or access.new_token())
            connection.execute(
                NAMES.insert().values(exercise=exercise, person=joined.person, name=name)
            )
        elif isinstance(act, Kick):
            self._hand_out(connection, exercise, act.person, access.new_token())
        elif isinstance(act, Reissue):
            self._hand_out(connection, exercise, act.person, token or access.new_token())

    def _insert(self, connection: sa.Connection, exercise: str, records: list[LogRecord]) -> None:
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

    def _locked(self, connection: sa.Connection, exercise: str) -> None:
        """Nobody else writes to this exercise until we are done."""
        query = sa.select(EXERCISES.c.id).where(EXERCISES.c.id == exercise).with_for_update()
        if connection.execute(query).first() is None:
            raise KeyError(exercise)

    def _caught_up(self, connection: sa.Connection, exercise: str) -> State:
        """The state that the log gives now."""
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
    def _guarded(self, exercise: str, now: int) -> Iterator[None]:
        """Say plainly that nothing can be written; the clocks stand still from then on."""
        try:
            yield
        except sa.exc.OperationalError as error:
            self._stopped_at.setdefault(exercise, now)
            self._way_out = (
                f"The classroom's database cannot be written ({_cause(error)}), so the exercise "
                "stands still and nothing is lost. Make room on the disk or give write access to "
                f"{self._name}; Resume appears here as soon as it can be written."
            )
            raise UnavailableError(self._way_out) from None
        else:
            self._stopped_at.pop(exercise, None)

    @property
    def stands_still(self) -> bool:
        """Whether the last attempt to write failed."""
        return bool(self._stopped_at)

    @property
    def way_out(self) -> str:
        """Why nothing can be written and what to do about it; empty while all is well."""
        return self._way_out if self._stopped_at else ""

    # -- who comes in --------------------------------------------------------------------------

    def join_code(self, exercise: str) -> str | None:
        """The join code while the lobby is open."""
        query = sa.select(EXERCISES.c.join_code).where(EXERCISES.c.id == exercise)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def _set_code(self, connection: sa.Connection, exercise: str, code: str | None) -> None:
        connection.execute(
            EXERCISES.update().where(EXERCISES.c.id == exercise).values(join_code=code)
        )

    def find_code(self, typed: str) -> str | None:
        """The exercise that a join code belongs to."""
        query = sa.select(EXERCISES.c.id).where(EXERCISES.c.join_code == access.as_code(typed))
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def join(self, typed: str, name: str, key: str, now: int, wishes: str = "") -> str:
        """Ask for a seat with a join code, in the role that one wishes for where that may be.

        Returns the token of the new person. Raises RefusedError where no lobby is open under this
        code. The same key twice is refused, since a token is only ever handed out once.
        """
        exercise = self.find_code(typed)
        if exercise is None:
            raise RefusedError("no exercise is open under this code; read it off the wall again")
        token = access.new_token()
        shown = "".join(letter for letter in name if letter.isprintable()).strip()[:LONGEST_NAME]
        request = Request(by="visitor", key=key, act=Join(wishes=wishes[:40]))
        _, records = self._submitted(exercise, request, now, name=shown, token=token)
        if not records:
            raise RefusedError("this has been sent before; reload the page")
        return token

    def reissue(self, exercise: str, person: str, key: str, now: int) -> str:
        """A new token for someone; the old one is dead."""
        token = access.new_token()
        request = Request(by=INSTRUCTOR, key=key, act=Reissue(person=person))
        _, records = self._submitted(exercise, request, now, token=token)
        if not records:
            raise RefusedError("this has been sent before; ask for another link")
        return token

    def reissue_instructor(self, exercise: str, now: int) -> str:
        """A new token for the instructor; the old one is dead."""
        token = access.new_token()
        with self._guarded(exercise, now), self._writing() as connection:
            self._locked(connection, exercise)
            self._hand_out(connection, exercise, INSTRUCTOR, token)
        return token

    def _hand_out(self, connection: sa.Connection, exercise: str, holder: str, token: str) -> None:
        mine = (TOKENS.c.exercise == exercise) & (TOKENS.c.holder == holder)
        connection.execute(TOKENS.delete().where(mine))
        connection.execute(
            TOKENS.insert().values(exercise=exercise, holder=holder, digest=access.digest(token))
        )

    def holder(self, token: str) -> Holder | None:
        """Who a token stands for; None for one that is not, or no longer, good."""
        kept = access.digest(token)
        query = sa.select(TOKENS).where(TOKENS.c.digest == kept)
        with self._engine.connect() as connection:
            found = connection.execute(query).first()
        if found is None or not access.matches(token, found.digest):
            return None
        return Holder(found.exercise, found.holder)

    def names(self, exercise: str) -> dict[str, str]:
        """What people called themselves, by person: kept apart from the log."""
        query = sa.select(NAMES.c.person, NAMES.c.name).where(NAMES.c.exercise == exercise)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    # -- retention -----------------------------------------------------------------------------

    def purge(self, now: int, exercise: str | None = None) -> list[str]:
        """Delete an exercise, or all whose time is over, with everything kept of them."""
        over = EXERCISES.c.purge_after <= now if exercise is None else EXERCISES.c.id == exercise
        with self._lock, self._writing() as connection:
            gone = list(connection.execute(sa.select(EXERCISES.c.id).where(over)).scalars())
            for table in (RECORDS, TOKENS, NAMES):
                connection.execute(table.delete().where(table.c.exercise.in_(gone)))
            connection.execute(EXERCISES.delete().where(EXERCISES.c.id.in_(gone)))
        for name in gone:
            self._states.pop(name, None)
        return gone


@dataclass(frozen=True)
class StoredLog:
    """The log of one exercise in a store, for `conduct`."""

    store: Store
    exercise: str

    def state(self) -> State:
        """The exercise as it stands."""
        return self.store.state(self.exercise)

    def submit(self, request: Request, now: int) -> State:
        """Decide on a request and keep what it brings about; raises RefusedError."""
        return self.store.submit(self.exercise, request, now)


def _read(url: str) -> sa.URL:
    """An address as it is written; what is wrong is not repeated, since it may hold a password."""
    try:
        return sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError(
            "this is no address of a database; write sqlite:////folder/classroom.sqlite or "
            "postgresql+psycopg://user@host/name"
        ) from None


def _cause(error: Exception) -> str:
    """What the database itself said, without the statement and its contents."""
    return str(getattr(error, "orig", error)).strip().splitlines()[0]
