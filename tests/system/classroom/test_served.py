"""The classroom as it is served: a real server and its worker, and pages as browsers get them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import signal
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path

import pytest
import streamlit
from streamlit import config

from dashboard.classroom.__main__ import options, read
from dashboard.classroom.task_results import TaskStore
from sim.classroom import commands
from sim.classroom.plan import Clocks, ExercisePlan
from sim.classroom.state import State
from sim.classroom.table_model import PrivateAdvice, ScoreSheet
from tests.support import asynchronous
from tests.support.players import Class, QuickModel, read_once
from tests.support.served import Exercise, Server, killed, lost, now, out_of_order
from tests.support.tab import PATIENCE, Tab, take_a_seat
from tests.system.classroom.test_store import stored
from tests.unit.classroom.test_views import CANARY, PRIVATE, entitled, with_canaries


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own, with a file."""
    with Server(tmp_path_factory.mktemp("served")) as started:
        yield started


# --- killed


def test_a_class_whose_server_and_worker_are_killed_plays_on_and_loses_nothing(server):
    clocks = Clocks(briefing=3600, caucus=10, proposals=10, responses=10, resolve=10)
    plan = ExercisePlan(title="Killed", tables=2, rounds=30, clocks=clocks)

    async def game() -> None:
        exercise = Exercise(server, plan, with_canaries("two-rivers"))
        await exercise.gathered(6)
        struck = await killed(exercise, kills=2, apart=1)
        assert struck.killed == {"server": 1, "worker": 1}
        assert struck.left_behind == 0
        assert all(bot.tab.back for bot in exercise.bots)
        assert sum(len(bot.told) for bot in exercise.bots) > 2
        assert lost(exercise) == []
        assert out_of_order(exercise) == []
        await nothing_private_in_the_debrief(exercise)
        await exercise.left()

    asynchronous.run(game())


async def nothing_private_in_the_debrief(exercise: Exercise) -> None:
    """The debrief, which the worker computes, before anything is revealed."""
    exercise.instruct(commands.BeginDebrief())
    heard = bytearray()
    port, query = exercise.server.port, {"exercise": exercise.name}
    async with Tab(port, "debrief", query, exercise.bots[0].cookie, listens=heard.extend) as tab:
        await tab.sees("What this cannot tell")
    assert not CANARY.search(plain(heard))
    assert not re.search(rb"(say|text)-p\d+-\d+-", heard)


def plain(received: bytes | bytearray) -> str:
    """What was received, as text, without the marks that keep words from being Markdown."""
    return received.decode("utf-8", "replace").replace("\\", "")


def host(server: Server) -> str:
    """The cookie of whoever opened the link that the server printed last."""
    token = re.findall(r"/begin/(\S+)", server.log.read_text())[-1]
    return f"parley_host={token}"


# --- nothing can be written


@contextmanager
def full_disk(server: Server) -> Iterator[None]:
    """Server and worker can write no byte to any file."""
    assert server.process is not None
    pids = (server.process.pid, server.its_worker())
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_is_said_on_every_page_though_nobody_acts(server):
    plan = ExercisePlan(title="Full", rounds=3, clocks=Clocks(briefing=3600, caucus=3600))

    async def game() -> None:
        exercise = Exercise(server, plan, read_once("two-rivers"))
        await exercise.gathered(2)
        exercise.instruct(commands.Start())
        exercise.instruct(commands.Advance())
        one, other = exercise.bots
        for bot in exercise.bots:
            await bot.tab.sees("Round 1 of 3")
        instructor = Tab(server.port, "instructor", {"exercise": exercise.name}, host(server))
        async with instructor:
            await instructor.sees("Table 1")
            with full_disk(server):
                exercise.instruct(commands.Extend(seconds=-3600))  # time is up, and nobody acts
                for tab in (one.tab, other.tab, instructor):
                    await tab.sees("stands still")
                await instructor.sees("Make room on the disk")
        await exercise.left()

    asynchronous.run(game())


# --- what reaches whom


def secret(table: int, role: str) -> int:
    """A number that belongs to one seat and stands on no page by chance."""
    return 10_000 + zlib.crc32(f"{table} {role}".encode()) % 90_000


#: A canary among bytes that are no words: `CANARY` would take what follows along.
EXACT = re.compile(rf"canary(?:\d+x|_name\d|_broken|_[a-z_]+?_(?:{'|'.join(PRIVATE)}))")


class Planted(QuickModel):
    """Stands in for the model; every seat's sheet holds its secret."""

    def sheet(self, table, role):
        worth = (secret(table.number, role),) * len(self.setting.levels)
        if self.setting.roles[role].is_mediator:
            return PrivateAdvice(table.round, dict.fromkeys(self.setting.scenario.parties, worth))
        return ScoreSheet(table.round, worth[0], worth, (True,) * len(worth))


class Watched:
    """A game on a server, whose worker is held still so that the game is the test's."""

    def __init__(self, server: Server, name: str, scenario: str, tables: int) -> None:
        self.server, self.name = server, name
        self.tasks = TaskStore(server.home)
        self.room = Class(
            with_canaries(scenario),
            log=stored(server.database),
            quick=True,
            name=name,
            tables=tables,
            rounds=2,
        )
        self.room.model = Planted(self.room.state)
        self.heard: dict[str, bytearray] = {}
        self.tabs: list[Tab] = []
        self.broken = ""

    async def open(self, who: str, page: str, cookie: str) -> None:
        """Somebody opens a page, and whatever it receives is kept."""
        heard = self.heard[who] = bytearray()
        tab = Tab(self.server.port, page, {"exercise": self.name}, cookie, listens=heard.extend)
        self.tabs.append(await tab.__aenter__())

    async def gather(self) -> None:
        """Everybody takes a seat by the door and opens the page; so do a wall and a stranger."""
        self.room.instruct(commands.OpenLobby())
        store = self.room.log.store
        code = store.join_code(self.name)
        for k in range(5 * len(self.room.state.tables)):
            cookie = take_a_seat(self.server.url, code, f"canary_name{k}")
            await self.open(f"p{k + 1}", "seat", cookie)
        await self.open("wall", "projector", "")
        await self.open("stranger", "seat", "")
        await self.open("stranger at the desk", "instructor", "")
        await self.open("stranger at the debrief", "debrief", "")
        await self.open("instructor", "instructor", host(self.server))
        self.room.now = now()

    async def look(self) -> None:
        """All pages are drawn as things stand, with everybody's score sheet before them."""
        for table in self.room.state.tables.values():
            for role in table.seats:
                sheet = self.room.model.sheet(table, role)
                if table.stage != "between" and f"{table.number}.{role}" != self.broken:
                    self.tasks.save_sheet(self.name, table, role, sheet)
        await asyncio.gather(*(tab.reload() for tab in self.tabs))

    async def play(self, seed: int) -> State:
        """Bots play; pages are looked at now and then."""
        moves = 0

        def watch(_: State) -> None:
            nonlocal moves
            moves += 1
            if moves % 40 == 0:
                raise Interrupted

        self.room.instruct(commands.Start())
        await self.look()
        self.room.instruct(commands.Advance())
        self.room.go_on()
        while self.room.state.phase == "playing":
            try:
                self.room.played_by_bots(seed + moves, watch=watch)
            except Interrupted:
                await self.look()
        await self.look()
        return self.room.state

    def check(self) -> None:
        """Nobody has received what is not theirs, and everybody what is."""
        state, records = self.room.state, self.room.log.store.records(self.name)
        secrets = {
            str(100 * secret(n, role)): (n, role)
            for n, at in state.tables.items()
            for role in at.seats
        }
        for who, heard in self.heard.items():
            text = plain(heard)
            mine, place = set(), None
            if who in state.people:
                table, role = state.seat_of(who)
                place = table.number, role
                mine = entitled(records, *place)
                assert f"canary_{role}_interests" in text
            found = set(EXACT.findall(text))
            assert len(EXACT.findall(text)) == text.count("canary")
            if who == "instructor":
                found = {one for one in found if not one.startswith("canary_name")}
            assert found <= mine, who
            numbers = {secrets[one] for one in re.findall(r"\d{7}", text) if one in secrets}
            whole = place is not None and f"{place[0]}.{place[1]}" != self.broken
            assert numbers == ({place} if whole else set()), who


class Interrupted(Exception):
    """Time to look."""


def test_no_page_door_error_or_log_holds_what_belongs_to_another_seat(tmp_path, postgres):
    with Server(tmp_path, postgres) as server, held_still(server):
        asynchronous.run(watched_games(server))
        doors = [b"".join(knocked(server, name)) for name in ("served.0", "served.1")]
        store = stored_in(server)
        for name in ("served.0", "served.1"):
            store.purge(now(), name)
    said = server.log.read_text() + plain(b"".join(doors))
    assert "KeyError at" in said
    assert "Not this way" in said
    assert not CANARY.search(said)
    assert "Traceback" not in said


def stored_in(server: Server):
    from sim.classroom.storage.store import Store

    return Store(server.database)


async def watched_games(server: Server) -> None:
    for k, (scenario, tables) in enumerate((("two-rivers", 2), ("gaza-2024-01", 1))):
        game = Watched(server, f"served.{k}", scenario, tables)
        await game.gather()
        if k == 1:  # a page that fails must not say over what
            role = game.room.state.seat_of("p1")[1]
            game.broken = f"1.{role}"
            row = [0] * len(game.room.state.setting.levels)
            for n in (1, 2):
                paper = f"exercises/{game.name}/sheets/1.{n}.{role}.json"
                game.tasks.write(paper, json.dumps({"round": n, "gains": {"canary_broken": row}}))
        state = await game.play(seed=k)
        assert state.phase == "closed"
        game.check()
        assert (b"Something went wrong" in game.heard["p1"]) == (k == 1)
        await asyncio.gather(*(tab.__aexit__() for tab in game.tabs))


@contextmanager
def held_still(server: Server) -> Iterator[None]:
    """The worker does nothing meanwhile."""
    worker = server.its_worker()
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


def knocked(server: Server, exercise: str) -> Iterator[bytes]:
    """What doors answer to those who should not come in."""
    paths = ("/join/AAAAAA", "/enter/nothing", "/begin/nothing", f"/handouts/{exercise}", "/x/y")
    for path, form in (*((path, None) for path in paths), ("/join", b"code=AAAAAA&name=x&key=y")):
        try:
            answer = urllib.request.urlopen(server.url + path, form, timeout=PATIENCE)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            yield answer.read()


def test_streamlit_collects_garbage_only_where_the_option_that_we_turn_off_lets_it():
    """Collecting after every run of a page would make twenty students too many."""
    folder = Path(streamlit.__file__).parent
    before = [
        above.strip()
        for path in folder.rglob("*.py")
        for above, line in pairwise(path.read_text(encoding="utf-8").splitlines())
        if "gc.collect(" in line
    ]
    assert before == ['if config.get_option("runner.postScriptGC"):']
    assert config.get_option("runner.postScriptGC") is True  # what we turn off
    assert options(read([]))["runner.postScriptGC"] is False
