"""How fast the dashboard answers: `make bench-dashboard`, or with options to see what it takes.

A server of its own is started with an empty folder. Then, one after the other:

- *first paint*: how long until a new visitor has the baseline of the first scenario;
- *a lever*: how long from letting a lever go until the headline of 200 talks and of 2,000 is there,
  for settings that nobody asked before, and for one that somebody did;
- *a class*: many visitors at once, each with levers of their own, over websockets and in
  Streamlit's own language, as sixty browsers would not fit the machine; how long each waits;
- *a soak*: visitors who go on asking for minutes, and what memory the server takes.

Seconds are worth something on a quiet machine only; they include this program's own work. It ends
with 1 if anybody met an error, or if Streamlit no longer knows an option that decides its speed.
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

from dashboard import asking
from sim.reading import load_scenario

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
        """Ask so many questions, thinking between them."""
        address = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        for _ in range(rounds):
            if time.monotonic() > until:
                return
            async with connect(
                address, subprotocols=[Subprotocol("streamlit")], max_size=None, open_timeout=60
            ) as line:
                self.waits.append(await _ask(line, next(self.queries)))
                await asyncio.sleep(think)


async def _ask(line: ClientConnection, query: dict[str, list[str]]) -> Wait:
    """Open the page What if with a query, as a new visit, and wait until it rests."""
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


def queries(seed: int, scenario: str) -> Iterator[dict[str, list[str]]]:
    """What-ifs that nobody asked before: two levers, set at random."""
    case, chance = load_scenario(scenario), random.Random(seed)
    while True:
        moved = {
            name: round(chance.uniform(lever.low, lever.high), 4)
            for name, lever in chance.sample(sorted(case.levers.items()), 2)
        }
        sets = [f"{name}:{value:g}" for name, value in moved.items()]
        yield {"scenario": [scenario], "set": sets}


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


def said(name: str, seconds: list[float]) -> str:
    """Median, 95th percentile and largest of some waits."""
    if not seconds:
        return f"  {name:<34} never"
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return (
        f"  {name:<34} median {statistics.median(ordered):6.2f} s   p95 {p95:6.2f} s   "
        f"max {ordered[-1]:6.2f} s   (n = {len(ordered)})"
    )


def report(waits: list[Wait]) -> int:
    """Print how long visitors waited; returns how many met an error."""
    for name in ("early", "full", "rest"):
        words = {
            "early": "early estimate, 200 talks",
            "full": "headline, 2,000 talks",
            "rest": "whole page",
        }[name]
        times = [getattr(wait, name) for wait in waits if getattr(wait, name) is not None]
        print(said(words, times))
    wrong = [wait.error for wait in waits if wait.error]
    print(f"  errors: {len(wrong)}{': ' + ', '.join(sorted(set(wrong))) if wrong else ''}")
    return len(wrong)


async def come_all(visitors: list[Visitor], rounds: int, think: float, until: float) -> None:
    """Let all visitors come at once."""
    await asyncio.gather(*(visitor.come(rounds, think, until) for visitor in visitors))


def main() -> int:
    """Measure, and say so."""
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    reader.add_argument("--scenario", default=asking.FIRST)
    reader.add_argument("--levers", type=int, default=10, help="levers let go, one after another")
    reader.add_argument("--visitors", type=int, default=60, help="visitors of the class")
    reader.add_argument("--rounds", type=int, default=1, help="questions each of them asks")
    reader.add_argument("--soak", type=float, default=0, help="minutes of the soak; 30 to be sure")
    asked = reader.parse_args()
    if "runner.postScriptGC" not in config._config_options_template:
        print("Streamlit no longer knows runner.postScriptGC: see dashboard/README.md.")
        return 1
    wrong = 0
    with server() as (port, pid):
        usual = itertools.repeat({"scenario": [asked.scenario]})
        first = Visitor(port, usual)
        asyncio.run(first.come(5))
        print("First paint, with the shipped baseline")
        wrong += report(first.waits)
        time.sleep(10)  # what the server prepares for itself
        print("A lever let go")
        one = Visitor(port, queries(0, asked.scenario))
        asyncio.run(one.come(asked.levers))
        wrong += report(one.waits)
        print("The same again, as somebody has asked before")
        again = Visitor(port, queries(0, asked.scenario))
        asyncio.run(again.come(asked.levers))
        wrong += report(again.waits)
        print(f"{asked.visitors} visitors at once, each with levers of their own")
        crowd = [Visitor(port, queries(k + 1, asked.scenario)) for k in range(asked.visitors)]
        asyncio.run(come_all(crowd, asked.rounds, 2.0, float("inf")))
        wrong += report([wait for visitor in crowd for wait in visitor.waits])
        print(f"  memory of the server: {memory(pid):.0f} MB")
        if asked.soak:
            wrong += soak(port, pid, asked.scenario, asked.soak)
    return 1 if wrong else 0


def soak(port: int, pid: int, scenario: str, minutes: float) -> int:
    """Let twenty visitors go on asking what is soon known, and watch the memory."""
    print(f"A soak of {minutes:g} minutes")
    end, waits = time.monotonic() + 60 * minutes, []
    while (left := end - time.monotonic()) > 0:
        few = [Visitor(port, queries(k % 4, scenario)) for k in range(20)]
        asyncio.run(come_all(few, 8, 1.0, time.monotonic() + min(left, 60)))
        waits += [wait for visitor in few for wait in visitor.waits]
        print(f"  {max(0.0, left / 60):5.1f} minutes left: {memory(pid):.0f} MB")
    return report(waits)


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
