"""The classroom as it is served: its processes, and bots who play an exercise on its pages."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from dashboard.classroom.live_refresh import STAGES
from dashboard.classroom.seat_widgets import ENDED
from sim.classroom import commands
from sim.classroom.commands import Act, Request
from sim.classroom.events import Proposed, Spoken, StageBegan, WasDone
from sim.classroom.plan import ExercisePlan
from sim.classroom.state import State
from sim.classroom.storage.store import Store
from sim.scenario.schema import Scenario
from tests.support.tab import PATIENCE, Tab, take_a_seat
from tests.tools.system_packages import free_port

ROOT = Path(__file__).parents[2]


def now() -> int:
    """Milliseconds since the epoch, as the server counts them."""
    return round(time.time() * 1000)


class Server:
    """A classroom's server with a folder and a database of its own, and all that it starts."""

    def __init__(self, home: Path, url: str = "") -> None:
        self.port = free_port()
        self.home = home
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = url or f"sqlite:///{home}/classroom.sqlite"
        self.log = home / "log.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and wait until it answers; raises RuntimeError with its log if it does not."""
        command = [sys.executable, "-m", "dashboard.classroom", "--port", str(self.port)]
        command += ["--home", str(self.home), "--database", self.database]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=out, stderr=out, env={**os.environ, "NO_COLOR": "1"}
            )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(self.log.read_text())
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=10).close()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"{self.url} does not answer: {self.log.read_text()}")

    def stop(self) -> None:
        """End it, and wait until its worker has gone too."""
        assert self.process is not None
        worker = self.worker()
        self.process.terminate()
        self.process.wait(timeout=PATIENCE)
        _gone(worker)

    def kill(self) -> None:
        """End it as a power cut would, and start it again as a service manager would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.start()

    def kill_worker(self) -> bool:
        """End its worker in the same way; False where there is none at the moment."""
        worker = self.worker()
        if worker is not None:
            os.kill(worker, signal.SIGKILL)
        return worker is not None

    def its_worker(self) -> int:
        """The process of its worker, as soon as there is one; raises RuntimeError if none comes."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            worker = self.worker()
            if worker is not None:
                return worker
            time.sleep(0.1)
        raise RuntimeError(f"there is no worker: {self.log.read_text()}")

    def worker(self) -> int | None:
        """The process of its worker, if there is one."""
        assert self.process is not None
        listed = subprocess.run(
            ("ps", "-A", "-o", "pid=,ppid=,args="), capture_output=True, text=True, check=True
        ).stdout
        for line in listed.splitlines():
            pid, parent, words = line.split(None, 2)
            if int(parent) == self.process.pid and "dashboard.classroom.worker" in words:
                return int(pid)
        return None

    def used(self) -> tuple[float, float]:
        """What the web process has used so far: seconds of processor, and megabytes now."""
        assert self.process is not None
        shown = subprocess.run(
            ("ps", "-o", "cputimes=,rss=", "-p", str(self.process.pid)),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        return float(shown[0]), int(shown[1]) / 1024


def _gone(pid: int | None) -> None:
    """Wait until a process that is not our child has ended."""
    until = time.monotonic() + PATIENCE
    while pid is not None and Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.1)


class Exercise:
    """An exercise on a server, and those who sit in it."""

    def __init__(self, server: Server, plan: ExercisePlan, scenario: Scenario) -> None:
        self.server = server
        self.store = Store(server.database)
        self.name, _ = self.store.create(plan, scenario, now())
        self.bots: list[Bot] = []
        self._keys = 0

    def state(self) -> State:
        """The exercise as it stands."""
        return self.store.state(self.name)

    def instruct(self, act: Act) -> State:
        """The instructor does something."""
        self._keys += 1
        request = Request(by="instructor", key=f"instructor.{self._keys}", act=act)
        return self.store.submit(self.name, request, now())

    def open_door(self) -> str:
        """Open the lobby; returns the code on the wall."""
        self.instruct(commands.OpenLobby())
        return self.store.join_code(self.name) or ""

    async def gathered(self, seats: int) -> float:
        """All come at once and wait until they see their seat; returns the seconds it took."""
        code, begun = self.open_door(), time.monotonic()
        with ThreadPoolExecutor(seats) as browsers:
            loop, url = asyncio.get_running_loop(), self.server.url
            joining = [
                loop.run_in_executor(browsers, take_a_seat, url, code, f"Bot {k}")
                for k in range(seats)
            ]

            async def seated(k: int) -> Bot:
                bot = Bot(self, await joining[k], Random(k))
                await bot.tab.__aenter__()
                await bot.tab.sees("You have a seat.")
                return bot

            self.bots = list(await asyncio.gather(*(seated(k) for k in range(seats))))
        return time.monotonic() - begun

    async def left(self) -> None:
        """All close their browsers."""
        await asyncio.gather(*(bot.tab.__aexit__() for bot in self.bots))
        self.store.close()


@dataclass
class Bot:
    """Someone who plays on the pages; `told` is what the pages have shown to be accepted."""

    exercise: Exercise
    cookie: str
    luck: Random
    told: set[tuple[str, ...]] = field(default_factory=set)
    written: int = 0

    def __post_init__(self) -> None:
        token = re.search(rf"parley_seat_{self.exercise.name}=([^;]+)", self.cookie)
        assert token is not None, "the door gave no seat"
        holder = self.exercise.store.holder(token.group(1))
        assert holder is not None
        self.person = holder.name
        state = self.exercise.state()
        place = state.seat_of(self.person)
        # One who can refuse a deal refuses all, so that talks do not end before we do.
        self.holds_out = place is not None and place[1] == state.setting.vetoers[0]
        port = self.exercise.server.port
        self.tab = Tab(port, "seat", {"exercise": self.exercise.name}, self.cookie)

    def words(self, kind: str) -> str:
        """Words that nobody else writes."""
        self.written += 1
        return f"{kind}-{self.person}-{self.written}-{self.luck.randrange(10**6)}."

    def place(self) -> tuple[str, str]:
        """The round and the stage that the page shows."""
        for one in self.tab.drawn.values():
            if one.kind == "heading":
                found = re.match(r"Round (\d+) of \d+: (.*)", one.element.body.strip())
                if found:
                    return found.group(1), found.group(2)
        return "", ""

    def read(self) -> None:
        """Take note of everything of one's own that the page shows as accepted."""
        mine = re.compile(rf"(?:say|text)-{self.person}-\S+")
        for one in list(self.tab.drawn.values()):
            if one.kind == "text":
                self.told |= {("wrote", words) for words in mine.findall(one.element.body)}
        if self.tab.runs == self.tab.finished and self.tab.shows("You are done with this step"):
            self.told.add(("done", *self.place()))

    # -- what a bot does -------------------------------------------------------------------------

    async def predict(self) -> None:
        """Say what one expects."""
        await self.tab.sees("Keep this prediction")
        await self.tab.at_rest()
        await self.tab.press("Keep this prediction")

    async def say(self, words: str) -> bool:
        """Say something to everybody one may speak to; False where the page has no form for it."""
        to = self.tab.find("button_group", "To")
        if not to:
            return False
        await self.tab.fill("button_group", "To", [one.content for one in to[0].options])
        await self.tab.fill("text_area", "Message", words)
        return await self.tab.press("Send")

    async def play(self, until: asyncio.Event) -> None:
        """Play, whatever happens to the server, until told to stop."""
        while not until.is_set():
            await asyncio.sleep(self.luck.uniform(0.3, 2.0))
            self.read()
            _, stage = self.place()
            if stage == STAGES["caucus"] and self.luck.random() < 0.5:
                await self.say(self.words("say"))
            elif stage == STAGES["proposals"] and self.luck.random() < 0.5:
                await self._propose()
            elif stage == STAGES["responses"]:
                await self._answer()
            elif stage == STAGES["resolve"]:
                await self.tab.press("Confirm it")
            if stage and self.luck.random() < 0.3:
                await self._settled()
                await self.tab.press("Done with this step")
            await self._settled()

    async def _propose(self) -> None:
        if not await self.tab.fill("text_area", "In a sentence", self.words("text")):
            return
        await self._settled()
        if await self.tab.press("Put it on the table"):
            await self._settled()
            await self.tab.press("Yes")

    async def _answer(self) -> None:
        what, sure = ("Accept", "Yes, accept")
        if self.holds_out or self.luck.random() < 0.5:
            what, sure = ("Reject", "Yes, reject")
        if await self.tab.press(what):
            await self._settled()
            await self.tab.press(sure)

    async def _settled(self) -> None:
        """Wait until the page has caught up with what was pressed, or the line is cut."""
        await asyncio.sleep(0.05)
        try:
            await self.tab.at_rest(10)
        except TimeoutError:
            return
        self.read()


# -- killed ----------------------------------------------------------------------------------------


@dataclass
class Struck:
    """What was killed how often, and how the pages came back."""

    killed: dict[str, int]
    whole_after: list[float]  # seconds from a server's answer to a page that is whole again
    left_behind: int  # pages that never saw the end


async def killed(exercise: Exercise, kills: int, apart: float) -> Struck:
    """Everybody plays while server and worker are killed in turn, at random moments.

    Between two kills something is accepted, and then `apart` seconds pass on average. At the end
    the instructor ends the talks, and every page must say without anybody's doing how they ended:
    a table may have come to a deal, or its war to an end, before.
    """
    bots, luck, server = exercise.bots, Random(7), exercise.server
    exercise.instruct(commands.Start())
    await asyncio.gather(*(bot.predict() for bot in bots))
    exercise.instruct(commands.Advance())
    over = asyncio.Event()
    struck = {"server": 0, "worker": 0}
    up: list[float] = []
    async with asyncio.TaskGroup() as playing:
        for bot in bots:
            playing.create_task(bot.play(over))
        while sum(struck.values()) < kills:
            await _something_happens(bots)
            await asyncio.sleep(luck.uniform(0, 2) * apart)
            if struck["server"] <= struck["worker"]:
                await asyncio.to_thread(server.kill)
                up.append(time.monotonic())
                struck["server"] += 1
            else:
                struck["worker"] += await asyncio.to_thread(server.kill_worker)
        await _something_happens(bots)
        await _somebody_speaks(exercise)
        over.set()
    exercise.instruct(commands.End())
    ends = [bot.tab.sees(_end_of(exercise, bot)) for bot in bots]
    alone = await asyncio.gather(*ends, return_exceptions=True)
    whole_after = [
        min(back - at for at in up if at <= back)
        for bot in bots
        for back in bot.tab.back
        if back >= up[0]
    ]
    return Struck(struck, whole_after, sum(isinstance(one, BaseException) for one in alone))


def _end_of(exercise: Exercise, bot: Bot) -> str:
    """Return what a page says once the talks at its table are over."""
    place = exercise.state().seat_of(bot.person)
    assert place is not None
    return ENDED[place[0].how].rstrip(".")


async def _somebody_speaks(exercise: Exercise) -> None:
    """Wait until the log holds a message; raises TimeoutError."""
    async with asyncio.timeout(2 * PATIENCE):
        while not any(table.messages for table in exercise.state().tables.values()):
            await asyncio.sleep(0.1)


async def _something_happens(bots: list[Bot]) -> None:
    """Wait until pages show that something more was accepted; raises TimeoutError."""
    before = sum(len(bot.told) for bot in bots)
    async with asyncio.timeout(2 * PATIENCE):
        while sum(len(bot.told) for bot in bots) == before:
            await asyncio.sleep(0.1)


# -- what must be so after a game ------------------------------------------------------------------


def lost(exercise: Exercise) -> list[str]:
    """What pages showed to be accepted and the log does not hold, or holds twice."""
    state = exercise.state()
    written: Counter[str] = Counter()
    stages: dict[int, tuple[str, str]] = {}
    done = set()
    for record in exercise.store.records(exercise.name):
        event = record.event
        if isinstance(event, Spoken):
            written[event.text] += 1
        elif isinstance(event, Proposed):
            written[event.rationale] += 1
        elif isinstance(event, StageBegan):
            stages[event.table] = str(event.round), STAGES[event.stage]
        elif isinstance(event, WasDone):
            done.add((event.table, event.role, *stages[event.table]))
    missing = [f"twice: {words}" for words, times in written.items() if words and times > 1]
    for bot in exercise.bots:
        place = state.seat_of(bot.person)
        assert place is not None
        for what, *told in bot.told:
            seat = place[0].number, place[1]
            kept = (*seat, *told) in done if what == "done" else written[told[0]]
            if not kept:
                missing.append(f"lost: {what} {' '.join(told)} of {bot.person}")
    return missing


def out_of_order(exercise: Exercise) -> list[str]:
    """Phases and stages that were skipped or run twice, and numbers missing in the log."""
    records, wrong = exercise.store.records(exercise.name), []
    if [record.seq for record in records] != list(range(1, len(records) + 1)):
        wrong.append("the log has gaps")
    phases = [record.event.phase for record in records if record.event.kind == "phase_began"]
    if phases != list(commands.PHASES[1 : 1 + len(phases)]):
        wrong.append(f"phases: {phases}")
    for number in exercise.state().tables:
        stages = [
            (record.event.round, record.event.stage)
            for record in records
            if record.event.kind == "stage_began" and record.event.table == number
        ]
        order = ["caucus", "proposals", "responses", "resolve", "between"]
        should = [(0, "between")] + [(1 + k // 5, order[k % 5]) for k in range(len(stages) - 1)]
        if stages != should:
            wrong.append(f"table {number}: {stages}")
    return wrong
