"""What was accepted is kept, in order and once, whatever happens to the machine."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from contextlib import closing

import pytest
import sqlalchemy as sa

from sim.classroom import commands
from sim.classroom.commands import Request
from sim.classroom.decide import RefusedError
from sim.classroom.driver import run_due_acts
from sim.classroom.events import LogRecord, to_line
from sim.classroom.plan import ExercisePlan
from sim.classroom.state import canonical, replay
from sim.classroom.storage.database import RECORDS, StoreError, UnavailableError
from sim.classroom.storage.store import DAY, Store, StoredLog
from sim.classroom.views import view_for
from tests.support.players import NOW, Class, read_once
from tests.support.writers import OVER, player, talker, told_before_killed


def stored(url: str):
    """A log in a store, for `Class`."""

    def log(first: LogRecord) -> StoredLog:
        store = Store(url)
        store.create(first.event.plan, first.event.scenario, first.at, first.event.exercise)
        return StoredLog(store, first.event.exercise)

    return log


def lines_of(room: Class) -> list[str]:
    records = getattr(room.log, "records", None) or room.log.store.records("exercise")
    return [to_line(record) for record in records if record.seq > 1]


def played(log=None) -> Class:
    room = Class(log=log, tables=2, rounds=2)
    room.begun(people=6)
    room.played_by_bots(seed=3)
    return room


@pytest.fixture
def store(sqlite):
    store = Store(sqlite)
    yield store
    store.close()


def drafted(store: Store, **plan) -> tuple[str, str]:
    plan = ExercisePlan(**{"title": "Talks", "rounds": 2, **plan})
    return store.create(plan, read_once("two-rivers"), NOW)


def open_lobby(store: Store, exercise: str) -> str:
    store.submit(exercise, Request(by="instructor", key="open", act=commands.OpenLobby()), NOW)
    code = store.join_code(exercise)
    assert code
    return code


# --- the same game everywhere


def test_the_same_game_in_a_file_gives_the_same_log(sqlite):
    assert lines_of(played(stored(sqlite))) == lines_of(played())


def test_the_same_game_on_postgresql_gives_the_same_log(postgres):
    room = played(stored(postgres))
    assert lines_of(room) == lines_of(played())
    room.log.store.purge(NOW, "exercise")
    assert room.log.store.exercises() == []
    room.log.store.close()


def test_a_second_process_sees_the_same_state(sqlite):
    room = played(stored(sqlite))
    other = Store(sqlite)
    assert canonical(other.state("exercise")) == canonical(room.state)
    assert canonical(replay(other.records("exercise"))) == canonical(room.state)
    assert other.last_seq("exercise") == room.state.seq


# --- many at once


def submit_at_once(store: Store, exercise: str, people: list[str], each: int) -> list[Exception]:
    failed: list[Exception] = []

    def work(person: str) -> None:
        for k in range(each):
            act = commands.Predict(deal=k)
            request = Request(by=f"person:{person}", key=f"{person}.{k}", act=act)
            try:
                store.submit(exercise, request, NOW)
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def many_at_once(url: str) -> None:
    stores = [Store(url), Store(url)]
    exercise, _ = drafted(stores[0], tables=4)
    code = open_lobby(stores[0], exercise)
    for k in range(20):
        stores[0].join(code, f"name {k}", f"join.{k}", NOW)
    request = Request(by="instructor", key="start", act=commands.Start())
    people = list(stores[0].submit(exercise, request, NOW).people)
    halves = [people[:10], people[10:]]
    failed: list[list[Exception]] = [[], []]

    def half(k: int) -> None:
        failed[k] = submit_at_once(stores[k], exercise, halves[k], 3)

    threads = [threading.Thread(target=half, args=(k,)) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [[], []]
    records = stores[1].records(exercise)
    assert [record.seq for record in records] == list(range(1, len(records) + 1))
    bets = [record for record in records if record.event.kind == "predicted"]
    assert len(bets) == 60
    for store in stores:
        store.close()


def test_many_write_at_once_and_no_number_is_missing_in_a_file(sqlite):
    many_at_once(sqlite)


def test_many_write_at_once_and_no_number_is_missing_on_postgresql(postgres):
    many_at_once(postgres)


def test_the_same_request_twice_happens_once(store):
    exercise, _ = drafted(store)
    request = Request(by="instructor", key="open", act=commands.OpenLobby())
    first = store.submit(exercise, request, NOW)
    code = store.join_code(exercise)
    assert store.submit(exercise, request, NOW).seq == first.seq
    assert store.join_code(exercise) == code


# --- killed, full, read-only


def test_a_process_killed_while_it_writes_loses_nothing_that_was_accepted(store, sqlite):
    exercise, _ = drafted(store)
    open_lobby(store, exercise)
    for _ in range(2):
        accepted = set(told_before_killed(talker, sqlite, exercise, after=5))
        kept = Store(sqlite).state(exercise)
        assert accepted
        assert accepted <= {int(text.split()[1]) for text in kept.broadcasts if text}
        records = store.records(exercise)
        assert [record.seq for record in records] == list(range(1, len(records) + 1))


def begun_in(sqlite: str, people: int = 5) -> Class:
    room = Class(log=stored(sqlite), rounds=3)
    room.begun(people=people)
    return room


def _talk_on(room: Class) -> None:
    for k in range(200):
        room.ask("instructor", commands.Broadcast(text=f"{k} " + "word " * 150))


def test_a_full_disk_stops_the_clocks_and_loses_nothing(sqlite):
    room = begun_in(sqlite)
    store, before = room.log.store, room.state
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    with _Pages(store, pages):
        with pytest.raises(UnavailableError, match="full"):
            _talk_on(room)
        assert store.stands_still
    stopped = room.now
    room.now += 60_000
    with pytest.raises(RefusedError, match="paused"):
        room.ask("person:p1", commands.Done())
    state = room.state
    assert state.paused_at == stopped
    state = room.instruct(commands.Resume())
    assert not store.stands_still
    assert state.tables[1].deadline == before.tables[1].deadline + 60_000


def test_clocks_stand_from_the_first_failure_whoever_of_two_can_write_again_first(sqlite):
    room = begun_in(sqlite)
    page, worker = room.log.store, Store(sqlite)
    before = room.state.tables[1].deadline
    with page._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    first = room.now
    with _Pages(page, pages), _Pages(worker, pages):
        with pytest.raises(UnavailableError):
            _talk_on(room)
        room.now = before  # the worker has nothing to write until the deadline
        with pytest.raises(UnavailableError):
            _write_on(worker, room.now)
    room.now += 30_000
    tick = Request(by="clock", key="tick", act=commands.Tick())
    with pytest.raises(RefusedError, match="paused"):
        worker.submit("exercise", tick, room.now)
    room.now += 5_000
    state = room.instruct(commands.Resume())
    assert state.tables[1].deadline - room.now == before - first
    worker.close()


def _write_on(store: Store, now: int) -> None:
    for k in range(200):
        act = commands.Broadcast(text=f"{k} " + "word " * 190)
        store.submit("exercise", Request(by="instructor", key=f"more.{k}", act=act), now)


class _Pages:
    """Lets a file grow to no more than so many pages, as on a full disk."""

    def __init__(self, store: Store, most: int) -> None:
        self.store, self.most = store, most

    def _limit(self, most: int) -> None:
        self.store._engine.dispose()

        def limited(connection, _):
            connection.execute(f"PRAGMA max_page_count = {most}")

        self.limited = limited
        sa.event.listen(self.store._engine, "connect", limited)

    def __enter__(self) -> None:
        self._limit(self.most)

    def __exit__(self, *_: object) -> None:
        sa.event.remove(self.store._engine, "connect", self.limited)
        self.store._engine.dispose()


def test_a_read_only_database_is_said_plainly(sqlite):
    room = begun_in(sqlite)
    engine = room.log.store._engine

    def read_only(connection, _):
        connection.execute("PRAGMA query_only = ON")

    engine.dispose()
    sa.event.listen(engine, "connect", read_only)
    with pytest.raises(UnavailableError, match="Resume appears here"):
        room.ask("instructor", commands.Broadcast(text="word"))
    sa.event.remove(engine, "connect", read_only)
    engine.dispose()
    assert room.instruct(commands.Resume()).paused_at is None


# --- schema


def test_a_file_of_a_newer_version_is_refused(sqlite):
    store = Store(sqlite)
    with store._writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with pytest.raises(StoreError, match="newer version"):
        Store(sqlite)


#: The tables as the first schema had them, in SQLite's words, written down and not computed.
FIRST_SCHEMA = """
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0001');
CREATE TABLE exercises (id VARCHAR(40) NOT NULL PRIMARY KEY, title TEXT NOT NULL,
    created BIGINT NOT NULL, purge_after BIGINT NOT NULL, join_code VARCHAR(12) UNIQUE);
CREATE TABLE records (exercise VARCHAR(40) NOT NULL REFERENCES exercises (id), seq INTEGER NOT NULL,
    "key" VARCHAR(120), line TEXT NOT NULL, PRIMARY KEY (exercise, seq),
    CONSTRAINT one_request_once UNIQUE (exercise, "key"));
CREATE TABLE tokens (exercise VARCHAR(40) NOT NULL REFERENCES exercises (id),
    holder VARCHAR(40) NOT NULL, digest VARCHAR(64) NOT NULL UNIQUE,
    PRIMARY KEY (exercise, holder));
CREATE TABLE names (exercise VARCHAR(40) NOT NULL REFERENCES exercises (id),
    person VARCHAR(40) NOT NULL, name TEXT NOT NULL, PRIMARY KEY (exercise, person));
"""


def test_a_file_of_the_first_schema_opens_and_its_game_goes_on(sqlite):
    room = Class(quick=True)
    token = "a token of long ago"
    with closing(sqlite3.connect(sqlite.removeprefix("sqlite:///"))) as connection:
        connection.executescript(FIRST_SCHEMA)
        kept = ("exercise", "Talks", NOW, NOW + DAY, None)
        connection.execute("INSERT INTO exercises VALUES (?, ?, ?, ?, ?)", kept)
        room.gathered(people=1)
        for record in room.log.records:
            row = ("exercise", record.seq, record.key or None, to_line(record))
            connection.execute("INSERT INTO records VALUES (?, ?, ?, ?)", row)
        row = ("exercise", "p1", hashlib.sha256(token.encode()).hexdigest())
        connection.execute("INSERT INTO tokens VALUES (?, ?, ?)", row)
        connection.execute("INSERT INTO names VALUES ('exercise', 'p1', 'Ada')")
        connection.commit()
    store = Store(sqlite)
    assert canonical(store.state("exercise")) == canonical(room.state)
    assert store.holder(token).by == "person:p1"
    assert store.names("exercise") == {"p1": "Ada"}
    request = Request(by="instructor", key="start", act=commands.Start())
    assert store.submit("exercise", request, NOW).phase == "briefing"
    made_today = Store(f"{sqlite}.new")
    assert store.schema == made_today.schema
    assert tables_of(sqlite) == tables_of(f"{sqlite}.new")


def tables_of(url: str) -> set[tuple[str, str]]:
    """All columns of a file, by table."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        rows = connection.execute(
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c"
            " WHERE m.type = 'table'"
        )
        return set(rows.fetchall())


def test_what_cannot_be_opened_is_said_with_its_name(tmp_path):
    with pytest.raises(StoreError, match="missing"):
        Store(f"sqlite:///{tmp_path}/missing/classroom.sqlite")
    file = tmp_path / "notes.sqlite"
    file.write_text("these are not the tables you are looking for" * 40)
    with pytest.raises(StoreError, match="not a database"):
        Store(f"sqlite:///{file}")


@pytest.mark.parametrize(
    "url", ["nonsense", "postgresql://ada:secret@host:one/x", "odd://secret@x"]
)
def test_what_is_no_address_of_a_database_is_said_without_its_password(url):
    with pytest.raises(StoreError, match=r"no address|cannot be opened") as said:
        Store(url)
    assert "ada:secret" not in str(said.value)


# --- who comes in


def test_a_token_stands_for_one_person_and_only_its_digest_is_kept(store, sqlite):
    exercise, admin = drafted(store)
    token = store.join(open_lobby(store, exercise), "Ada", "join", NOW)
    assert store.holder(token).by == "person:p1"
    assert store.holder(admin).by == "instructor"
    assert store.holder("x" * 43) is None
    assert store.names(exercise) == {"p1": "Ada"}
    with closing(sqlite3.connect(sqlite.removeprefix("sqlite:///"))) as connection:
        kept = "\n".join(connection.iterdump())
    assert token not in kept
    assert admin not in kept
    assert "Ada" not in "\n".join(map(to_line, store.records(exercise)))


def test_a_new_link_kills_the_old_one(store):
    exercise, admin = drafted(store)
    token = store.join(open_lobby(store, exercise), "Ada", "join", NOW)
    fresh = store.reissue(exercise, "p1", "again", NOW)
    assert store.holder(token) is None
    assert store.holder(fresh).name == "p1"
    renewed = store.reissue_instructor(exercise, NOW)
    assert store.holder(admin) is None
    assert store.holder(renewed).by == "instructor"


def test_who_was_taken_out_has_no_link_any_more(store):
    exercise, _ = drafted(store)
    token = store.join(open_lobby(store, exercise), "Ada", "join", NOW)
    store.submit(exercise, Request(by="instructor", key="k", act=commands.Kick(person="p1")), NOW)
    assert store.holder(token) is None


def test_a_code_is_good_only_while_the_lobby_is_open(store):
    exercise, _ = drafted(store)
    with pytest.raises(RefusedError, match="no exercise"):
        store.join("ABC234", "Ada", "early", NOW)
    code = open_lobby(store, exercise)
    store.join(code.lower(), "Ada", "on-time", NOW)
    store.submit(exercise, Request(by="instructor", key="start", act=commands.Start()), NOW)
    assert store.join_code(exercise) is None
    with pytest.raises(RefusedError, match="no exercise"):
        store.join(code, "Ada", "late", NOW)


def test_latecomers_knock_with_a_code_of_their_own_and_are_let_in(store):
    exercise, _ = drafted(store)
    first = open_lobby(store, exercise)
    store.join(first, "Ada", "on-time", NOW)

    def instruct(act):
        return store.submit(exercise, Request(by="instructor", key=act.kind, act=act), NOW)

    assert instruct(commands.Start()).locked
    instruct(commands.Lock(locked=False))
    code = store.join_code(exercise)
    assert code not in (None, first)
    store.join(code, "Grace", "late", NOW)
    assert store.state(exercise).waiting == ("p2",)
    assert instruct(commands.Admit()).seat_of("p2") is not None
    store.submit(
        exercise, Request(by="instructor", key="shut", act=commands.Lock(locked=True)), NOW
    )
    with pytest.raises(RefusedError, match="no exercise"):
        store.join(code, "Eve", "too-late", NOW)


def test_what_is_over_is_purged_with_everything_kept_of_it(store, sqlite):
    old, _ = drafted(store, keep_days=1)
    kept, _ = drafted(store, keep_days=30)
    store.join(open_lobby(store, old), "Ada", "join", NOW)
    assert store.purge(NOW + 2 * DAY) == [old]
    assert [row[0] for row in store.exercises()] == [kept]
    with pytest.raises(KeyError):
        store.state(old)
    assert store.names(old) == {}
    with closing(sqlite3.connect(sqlite.removeprefix("sqlite:///"))) as connection:
        rows = connection.execute("SELECT count(*) FROM records WHERE exercise = ?", (old,))
        assert rows.fetchone() == (0,)


def test_two_may_conduct_the_same_exercise(sqlite):
    room = begun_in(sqlite)
    other = StoredLog(Store(sqlite), "exercise")
    for _ in range(12):
        room.go_on(200)
        run_due_acts(other, Class(rounds=3).model, room.now)
    alone = Class(rounds=3)
    alone.begun(people=5)
    for _ in range(12):
        alone.go_on(200)
    assert canonical(other.state()) == canonical(alone.state)


def test_a_game_killed_again_and_again_is_played_to_its_end(sqlite):
    room = Class(log=stored(sqlite), tables=2, rounds=2)
    room.begun(people=10)
    told: list[str] = []
    for luck, after in (("one", 25), ("two", 25), ("three", None)):
        told += told_before_killed(player, sqlite, "exercise", luck, after=after)
    assert told[-1] == OVER
    records = room.log.store.records("exercise")
    assert [record.seq for record in records] == list(range(1, len(records) + 1))
    assert set(told) - {OVER} <= {record.key for record in records}
    stages = [
        (r.event.table, r.event.round, r.event.stage)
        for r in records
        if r.event.kind == "stage_began"
    ]
    assert len(stages) == len(set(stages))
    for number, table in room.state.tables.items():
        rounds = [(r, stage) for n, r, stage in stages if n == number and r > 0]
        order = ["caucus", "proposals", "responses", "resolve", "between"]
        assert rounds == [(1 + k // 5, order[k % 5]) for k in range(len(rounds))]
        assert table.how


def test_an_error_of_the_database_tells_nothing_of_what_was_written(store):
    exercise, _ = drafted(store)
    row = {"exercise": exercise, "seq": 1, "key": "draft", "line": "canary"}
    with store._writing() as connection, pytest.raises(sa.exc.IntegrityError) as error:
        connection.execute(RECORDS.insert(), [row])
    assert "canary" not in str(error.value)


def test_many_threads_may_conduct_and_read_with_one_model(sqlite):
    room = begun_in(sqlite)
    alone = Class(rounds=3)
    alone.begun(people=5)
    failed: list[Exception] = []

    def work() -> None:
        try:
            state = run_due_acts(room.log, room.model, room.now)
            for person in state.people:
                view_for(state, person, room.model)
        except Exception as error:
            failed.append(error)

    for _ in range(14):
        room.now += 200_000
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        alone.go_on(200)
    assert failed == []
    assert room.state.phase == "closed"
    assert room.state.tables[1].how == alone.state.tables[1].how
    assert room.state.tables[1].terms == alone.state.tables[1].terms
    assert room.state.tables[1].news == alone.state.tables[1].news
