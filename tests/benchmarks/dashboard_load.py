"""How fast the dashboard answers: `make bench-dashboard`, or with options to see what it takes.

A server of its own is started with an empty folder. Then, one after the other:

- *first paint*: how long until a new visitor has the baseline of the first scenario;
- *a lever*: how long from letting a lever go until the headline of 100 talks and of 2,000 is there:
  for one lever moved alone; for two levers, which nobody asked of before; and for the same two
  again;
- *a class*: many visitors at once, each with levers of their own, every other one with two, over
  websockets and in Streamlit's own language, as sixty browsers would not fit the machine;
- *a soak*: visitors who go on asking for minutes, and what memory the server takes.

It ends with the figures as a table. Seconds are worth something on a quiet machine only; they
include this program's own work. It fails if anybody met an error, or if Streamlit no longer knows
an option that decides its speed.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode

from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from dashboard.explore import page_state
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Lever

ROOT = Path(__file__).parent.parent.parent

#: Seconds after which a visitor gives up.
PATIENCE = 600

#: What stands in the headline when it is of an estimate, and when it is of all talks.
EARLY, FULL = "An early estimate from", ">From"

WRONG = ("Something went wrong", "could not be computed", "was interrupted")


@dataclass
class Wait:
    """How long one visitor waited, in seconds from asking; None for what never came."""

    early: float | None = None
    full: float | None = None
    rest: float | None = None
    error: str = ""


@dataclass
class Visitor:
    """A visitor without a browser: opens the page by its address and reads what is sent."""

    port: int
    queries: Iterator[dict[str, list[str]]]
    waits: list[Wait] = field(default_factory=list)

    async def come(self, rounds: int, think: float = 0.0, until: float = float("inf")) -> None:
        """Ask so many questions on one open page, thinking between them."""
        address = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        async with connect(
            address, subprotocols=[Subprotocol("streamlit")], max_size=None, open_timeout=60
        ) as line:
            for _ in range(rounds):
                if time.monotonic() > until:
                    return
                self.waits.append(await _ask(line, next(self.queries)))
                await asyncio.sleep(think)


async def _ask(line: ClientConnection, query: dict[str, list[str]]) -> Wait:
    """Ask the page What if for what a query says, and wait until it rests."""
    wait, begun = Wait(), time.perf_counter()
    message = BackMsg()
    message.rerun_script.query_string = urlencode(query, doseq=True)
    message.rerun_script.page_name = "what-if"
    await line.send(message.SerializeToString())
    while True:
        try:
            content = await asyncio.wait_for(line.recv(), PATIENCE)
        except TimeoutError:
            wait.error = "gave up"
            return wait
        received = ForwardMsg()
        received.ParseFromString(content if isinstance(content, bytes) else content.encode())
        now = time.perf_counter() - begun
        if received.WhichOneof("type") == "script_finished":
            wait.rest = now
            return wait
        words = str(received.delta) if received.HasField("delta") else ""
        if EARLY in words:
            wait.early = wait.early or now
        elif FULL in words:
            wait.full = wait.full or now
        wait.error = wait.error or next((sign for sign in WRONG if sign in words), "")


def two_levers(seed: int, scenario: str) -> Iterator[dict[str, list[str]]]:
    """What-ifs that nobody asked before: two levers, set at random."""
    case, chance = load_scenario(scenario), random.Random(seed)
    while True:
        moved = {
            name: round(chance.uniform(lever.low, lever.high), 4)
            for name, lever in chance.sample(sorted(case.levers.items()), 2)
        }
        sets = [f"{name}:{value:g}" for name, value in moved.items()]
        yield {"scenario": [scenario], "set": sets}


def one_lever(seed: int, scenario: str) -> Iterator[dict[str, list[str]]]:
    """What-ifs that are asked most: one lever, moved alone to a step of its slider."""
    case, chance = load_scenario(scenario), random.Random(seed)
    while True:
        name, lever = chance.choice(sorted(case.levers.items()))
        yield {"scenario": [scenario], "set": [f"{name}:{chance.choice(steps(lever)):g}"]}


def steps(lever: Lever) -> list[float]:
    """Return where a lever can be put on its slider, but for where it stands."""
    step = page_state.slider_step(lever)
    count = round((lever.high - lever.low) / step)
    settings = [page_state.rounded(lever.low + k * step) for k in range(count + 1)]
    return [value for value in settings if value != lever.default]


@contextmanager
def server() -> Iterator[tuple[int, int]]:
    """A dashboard with an empty folder: its port and its process."""
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as home:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard", "--port", str(port), "--home", home],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2)
                    break
                except (URLError, OSError):
                    time.sleep(0.2)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(timeout=20)


def memory(pid: int) -> float:
    """What the server's process takes, in megabytes."""
    shown = subprocess.run(
        ("ps", "-o", "rss=", "-p", str(pid)), capture_output=True, text=True, check=True
    )
    return int(shown.stdout) / 1024


#: The waits of a visitor, and what they are called in the table.
WAITS = {
    "early": "early estimate, 100 talks",
    "full": "headline, 2,000 talks",
    "rest": "whole page",
}


def said(seconds: list[float]) -> str:
    """Median, 95th percentile and largest of some waits, and how many there are."""
    if not seconds:
        return "– | – | – | 0"
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return f"{statistics.median(ordered):.2f} | {p95:.2f} | {ordered[-1]:.2f} | {len(ordered)}"


@dataclass
class Figures:
    """What was measured, as lines of a table; and how many visitors met an error."""

    lines: list[str] = field(default_factory=list)
    errors: int = 0

    def add(self, case: str, waits: list[Wait]) -> None:
        """How long visitors waited in one case."""
        for name, words in WAITS.items():
            times = [getattr(wait, name) for wait in waits if getattr(wait, name) is not None]
            if times or name == "full":
                self.lines.append(f"| {case} | {words} | {said(times)} |")
        wrong = [wait.error for wait in waits if wait.error]
        self.errors += len(wrong)
        print(f"{case}: done, {len(wrong)} errors {sorted(set(wrong)) or ''}", flush=True)

    def show(self) -> None:
        """Print the table, ready for a README."""
        print("\n| case | seconds until | median | p95 | largest | n |")
        print("| --- | --- | ---: | ---: | ---: | ---: |")
        print("\n".join(self.lines))


async def come_all(visitors: list[Visitor], rounds: int, think: float, until: float) -> None:
    """Let all visitors come at once."""
    await asyncio.gather(*(visitor.come(rounds, think, until) for visitor in visitors))


def main() -> int:
    """Measure, and say so."""
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    reader.add_argument("--scenario", default=page_state.first_scenario())
    reader.add_argument("--levers", type=int, default=8, help="levers let go, one after another")
    reader.add_argument("--visitors", type=int, default=60, help="visitors of the class")
    reader.add_argument("--rounds", type=int, default=1, help="questions each of them asks")
    reader.add_argument("--soak", type=float, default=0, help="minutes of the soak; 30 to be sure")
    asked = reader.parse_args()
    if "runner.postScriptGC" not in config._config_options_template:
        print("Streamlit no longer knows runner.postScriptGC: see dashboard/README.md.")
        return 1
    figures = Figures()
    with server() as (port, pid):
        cases: dict[str, tuple[Iterator[dict[str, list[str]]], int]] = {
            "first paint": (itertools.repeat({"scenario": [asked.scenario]}), 5),
            "one lever": (one_lever(0, asked.scenario), asked.levers),
            "two levers": (two_levers(0, asked.scenario), asked.levers),
            "the same two again": (two_levers(0, asked.scenario), asked.levers),
        }
        for name, (queries, rounds) in cases.items():
            visitor = Visitor(port, queries)
            asyncio.run(visitor.come(rounds))
            figures.add(name, visitor.waits)
            if name == "first paint":
                time.sleep(10)  # what the server prepares for itself
        kinds = itertools.cycle((one_lever, two_levers))
        crowd = [Visitor(port, next(kinds)(k + 1, asked.scenario)) for k in range(asked.visitors)]
        asyncio.run(come_all(crowd, asked.rounds, 2.0, float("inf")))
        figures.add(
            f"{asked.visitors} visitors at once",
            [wait for visitor in crowd for wait in visitor.waits],
        )
        print(f"Memory of the server: {memory(pid):.0f} MB")
        if asked.soak:
            figures.add("the soak", soak(port, pid, asked.scenario, asked.soak))
    figures.show()
    return 1 if figures.errors else 0


def soak(port: int, pid: int, scenario: str, minutes: float) -> list[Wait]:
    """Let twenty visitors go on asking what is soon known, and watch the memory."""
    print(f"A soak of {minutes:g} minutes")
    end, waits = time.monotonic() + 60 * minutes, []
    while (left := end - time.monotonic()) > 0:
        few = [Visitor(port, two_levers(k % 4, scenario)) for k in range(20)]
        asyncio.run(come_all(few, 8, 1.0, time.monotonic() + min(left, 60)))
        waits += [wait for visitor in few for wait in visitor.waits]
        left = max(0.0, end - time.monotonic())
        print(f"  {left / 60:5.1f} minutes left: {memory(pid):.0f} MB", flush=True)
    return waits


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
