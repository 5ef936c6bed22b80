"""How many students one machine bears: `python tests/benchmarks/classroom.py --seats 60`.

Students come through the door over HTTP and then act on the store, as pages do, while the worker
keeps the talks going and plays a rehearsal besides. Printed, as JSON: seconds until all had joined,
how long a message took until another seat's view held it at a poll of two seconds (50 and 95 of
100), and how many requests went wrong. The pages' own drawing is not part of it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from dashboard.classroom.desk import Desk  # noqa: E402
from dashboard.classroom.room import new_key, now  # noqa: E402
from sim.classroom import acts  # noqa: E402
from sim.classroom.acts import Request  # noqa: E402
from sim.classroom.plan import Clocks, Plan, Setting  # noqa: E402
from sim.classroom.store import Store  # noqa: E402
from sim.classroom.view import view_for  # noqa: E402
from sim.reading import load_scenario  # noqa: E402

#: Seconds between two looks of a page, and between two messages of a student.
POLL, SAY_EVERY = 2.0, 5.0


class Bench:
    """A server with an exercise, and students who join and talk."""

    def __init__(self, home: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.store = Store(f"sqlite:///{home}/classroom.sqlite")
        self.desk = Desk(home)
        self.exercise = ""
        self.sent: dict[str, float] = {}
        self.seen: dict[str, float] = {}
        self.wrong: list[str] = []

    def opened(self, seats: int) -> str:
        """An open lobby with a seat for everybody; returns its code."""
        case = load_scenario("two-rivers")
        places = len(Setting(Plan(title="Bench"), case).places)
        clocks = Clocks(briefing=3600, caucus=3600)
        plan = Plan(title="Bench", tables=-(-seats // places), rounds=3, clocks=clocks)
        self.exercise, _ = self.store.create(plan, case, now())
        self.instruct(acts.OpenLobby())
        content = {
            "kind": "rehearse",
            "plan": plan.model_dump(mode="json"),
            "scenario": "two-rivers",
        }
        self.desk.wish(f"rehearse-bench-{new_key()}", content)  # a Monte Carlo meanwhile
        return self.store.join_code(self.exercise) or ""

    def instruct(self, act: Any) -> None:
        """The instructor does something."""
        self.store.submit(self.exercise, Request(by="instructor", key=new_key(), act=act), now())

    def join(self, code: str, number: int) -> None:
        """A student comes through the door."""
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        try:
            form = browser.open(f"{self.url}/join/{code}", timeout=60).read().decode()
            found = re.search('name="key" value="([0-9a-f]+)"', form)
            key = found.group(1) if found else ""
            data = urlencode({"code": code, "name": f"Bot {number}", "key": key}).encode()
            browser.open(f"{self.url}/join", data, timeout=60).read()
        except OSError as error:
            self.wrong.append(f"join: {error}")

    def student(self, person: str, until: float, offset: float) -> None:
        """Look every other second, and say something now and then."""
        time.sleep(offset)
        said = 0.0
        while time.monotonic() < until:
            view = view_for(
                self.store.state(self.exercise), person, self.desk.sheets(self.exercise)
            )
            at = time.monotonic()
            for message in view.messages if view is not None else ():
                if message.author != view.role.name:
                    self.seen.setdefault(message.text, at)
            if view is not None and view.stage == "caucus" and at - said > SAY_EVERY:
                said = at
                self._say(person, view.role.reaches)
            time.sleep(POLL)

    def _say(self, person: str, to: tuple[str, ...]) -> None:
        text = new_key()
        request = Request(by=f"person:{person}", key=text, act=acts.Say(to=to, text=text))
        self.sent[text] = time.monotonic()
        try:
            self.store.submit(self.exercise, request, now())
        except (ValueError, RuntimeError) as error:
            self.wrong.append(f"say: {error}")
            self.sent.pop(text)


def all_at_once(targets: list[threading.Thread]) -> float:
    """Run threads together; returns the seconds until the last is done."""
    begun = time.monotonic()
    for thread in targets:
        thread.start()
    for thread in targets:
        thread.join()
    return time.monotonic() - begun


def measured(bench: Bench, seats: int, seconds: float) -> dict[str, Any]:
    """Join, start, talk for a while, and say how it went."""
    code = bench.opened(seats)
    joining = all_at_once(
        [threading.Thread(target=bench.join, args=(code, n)) for n in range(seats)]
    )
    bench.instruct(acts.Start())
    bench.instruct(acts.Advance())
    people = list(bench.store.state(bench.exercise).people)
    until = time.monotonic() + seconds
    all_at_once(
        [
            threading.Thread(target=bench.student, args=(person, until, POLL * k / len(people)))
            for k, person in enumerate(people)
        ]
    )
    last = until - POLL - 1
    waits = [bench.seen.get(text, until) - at for text, at in bench.sent.items() if at < last]
    half, most = np.quantile(waits, [0.5, 0.95]) if waits else (None, None)
    return {
        "seats": seats,
        "joined": len(people),
        "all_joined_after_s": round(joining, 2),
        "messages": len(waits),
        "submit_to_visible_p50_s": None if half is None else round(float(half), 2),
        "submit_to_visible_p95_s": None if most is None else round(float(most), 2),
        "wrong": bench.wrong,
    }


def main() -> None:
    """Start a server of its own, measure, and stop it."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--seats", type=int, default=60)
    reader.add_argument("--seconds", type=float, default=60)
    reader.add_argument("--port", type=int, default=8597)
    said = reader.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.classroom", "--port", str(said.port)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            env={
                **os.environ,
                "PARLEY_CLASSROOM": f"sqlite:///{home}/classroom.sqlite",
                "PARLEY_CLASSROOM_HOME": folder,
            },
        )
        bench = Bench(home, said.port)
        try:
            wait_for(bench.url)
            print(json.dumps(measured(bench, said.seats, said.seconds), indent=2))
        finally:
            process.terminate()
            process.wait(timeout=20)
            bench.store.close()


def wait_for(url: str) -> None:
    """Wait until a server answers; raises TimeoutError."""
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2)
            return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"{url} does not answer")


if __name__ == "__main__":
    main()
