"""Open the classroom's database: SQLite in one file, or PostgreSQL by its address.

Its tables are defined here; `schema/` holds the steps that migrate an older database to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

#: How long a writer waits for the one before, in ms.
PATIENCE = 15_000

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


def parse_url(url: str) -> sa.URL:
    """Parse an address; an error does not repeat it, since it may hold a password."""
    try:
        return sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError(
            "this is no address of a database; write sqlite:////folder/classroom.sqlite or "
            "postgresql+psycopg://user@host/name"
        ) from None


def display_name(url: sa.URL) -> str:
    """Return an address without its password."""
    return url.render_as_string(hide_password=True)


def is_sqlite(url: sa.URL) -> bool:
    """Return whether an address names an SQLite file."""
    return url.get_backend_name() == "sqlite"


def cause(error: Exception) -> str:
    """Return the database's own message, without the statement and its contents."""
    return str(getattr(error, "orig", error)).strip().splitlines()[0]


def open_engine(url: sa.URL) -> sa.Engine:
    """Open a database; raise StoreError if it cannot be opened."""
    if not is_sqlite(url):
        try:
            return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True)
        except (sa.exc.ArgumentError, ImportError) as error:
            raise StoreError(f"{display_name(url)} cannot be opened: {cause(error)}") from None
    _create_private_file(url)
    wait = {"timeout": PATIENCE / 1000}
    engine = sa.create_engine(url, connect_args=wait, hide_parameters=True)

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _create_private_file(url: sa.URL) -> None:
    """Create the file so that nobody else on this machine can read it: it holds names."""
    if url.database and url.database != ":memory:":
        with suppress(OSError):  # opening it says what is wrong
            Path(url.database).touch(mode=0o600, exist_ok=True)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that writes."""
    connection = engine.connect().execution_options(writes=True)
    with connection, connection.begin():
        yield connection


def schema_version(engine: sa.Engine) -> str | None:
    """Return the schema's version; None for an empty database."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(engine: sa.Engine, url: sa.URL) -> None:
    """Migrate the schema to this version's; raise StoreError if it is newer."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "schema"))
    script = ScriptDirectory.from_config(config)
    try:
        current = schema_version(engine)
        if current == script.get_current_head():
            return
        if current is not None and current not in {r.revision for r in script.walk_revisions()}:
            raise StoreError(
                f"{display_name(url)} was written by a newer version of Parley (schema {current}); "
                "use that version, or another file"
            )
        with writing(engine) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except sa.exc.SQLAlchemyError as error:
        raise StoreError(f"{display_name(url)} cannot be opened: {cause(error)}") from None
