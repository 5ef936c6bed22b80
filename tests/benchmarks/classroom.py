"""How many students one machine bears, and what being killed costs: `make bench-classroom`.

Students are bots without a browser (`tests/classroom/tab.py`): they come in by the door over HTTP
and sit before the real pages over websockets, which they look at as often as a browser would.

- *A class* (`--seats 60 --seconds 45`): all come at once, predict, and each says something
  every twenty seconds, while the model plays rehearsals one after another beside them. Then
  larger classes, up to `--ceiling 200`, until one has to wait too long. Told: how long until all
  had a seat before them; until a message stood on the page of whoever sent it, and on the pages of
  those it was sent to; what went wrong; and what the web process used.
- *Killed* (`--kills 20`): a whole game, in which server and worker are killed at random moments.
  Told: what was lost, skipped or done twice, and how long until pages were whole again.

Seconds are worth something on a quiet machine only; the bots use the same machine. It ends with 1
if the first class waited too long or met an error, or if anything was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dashboard.classroom.task_results import NO_EXERCISE, TaskStore
from sim.classroom import commands
from sim.classroom.plan import Clocks, ExercisePlan, Setting
from sim.scenario.loading import load_scenario
from sim.types import Json
from tests.support.served import Bot, Exercise, Server, killed, lost, out_of_order

SCENARIO = "two-rivers"

#: Seconds between two messages of a student.
SAY_EVERY = 20.0

#: Seconds between what is accepted after a kill and the next kill, on average.
APART = 3.0

#: What a class bears, in seconds: until all are seated, and until a message is seen (95 of 100).
MOST_JOINING, MOST_SEEN = 10.0, 3.0

#: Classes larger than the first that are tried, one after another.
LARGER = (100, 150, 200, 300, 400)

#: What a page says when it has failed.
WRONG = re.compile(rb"Something went wrong|stands still|cannot be written")

WORDS = re.compile(rb"say-p\d+-\d+-\d+\.")


def a_plan(seats: int, clocks: Clocks, rounds: int) -> ExercisePlan:
    """A plan with a seat for everybody."""
    places = len(Setting(ExercisePlan(title="Bench"), load_scenario(SCENARIO)).places)
    return ExercisePlan(title="Bench", tables=-(-seats // places), rounds=rounds, clocks=clocks)


@dataclass
class Ear:
    """Hears what one tab receives: when which words came first, and what went wrong."""

    heard: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    received: int = 0

    def __call__(self, content: bytes) -> None:
        at = time.monotonic()
        self.received += len(content)
        for words in WORDS.findall(content):
            self.heard.setdefault(words.decode(), at)
        self.wrong += [found.decode() for found in WRONG.findall(content)]


# -- a class ---------------------------------------------------------------------------------------


async def talking(bot: Bot, sent: dict[str, float], until: float) -> None:
    """Say something every now and then."""
    await asyncio.sleep(bot.luck.uniform(0, SAY_EVERY))
    while time.monotonic() < until:
        words = bot.words("say")
        sent[words] = time.monotonic()
        if not await bot.say(words):
            sent.pop(words)
        pause = bot.luck.uniform(0.5, 1.5) * SAY_EVERY
        await asyncio.sleep(min(pause, max(until - time.monotonic(), 0)))


async def rehearsing(tasks: TaskStore) -> None:
    """Have the model play, without a pause, as instructors do who prepare their classes."""
    seed = 0
    while True:
        plan = ExercisePlan(title="Rehearsal", tables=10, rounds=5, seed=seed).model_dump(
            mode="json"
        )
        wish = {"kind": "rehearse", "plan": plan, "scenario": SCENARIO}
        while tasks.submit_task(f"{NO_EXERCISE}.bench-{seed}", wish) is None:
            await asyncio.sleep(0.5)
        seed += 1


async def a_class(server: Server, seats: int, seconds: float) -> Json:
    """A class comes, predicts and talks; how long each had to wait."""
    clocks = Clocks(briefing=3600, caucus=3600)
    exercise = Exercise(server, a_plan(seats, clocks, 3), load_scenario(SCENARIO))
    rehearsals = asyncio.create_task(rehearsing(TaskStore(server.home)))
    joining = await exercise.gathered(seats)
    ears = {bot.person: Ear() for bot in exercise.bots}
    for bot in exercise.bots:
        bot.tab.listens = ears[bot.person]
    exercise.instruct(commands.Start())
    await asyncio.gather(*(bot.predict() for bot in exercise.bots))
    exercise.instruct(commands.Advance())
    await asyncio.gather(*(bot.tab.sees("Round 1 of", 120) for bot in exercise.bots))
    used, mine, begun = server.used()[0], time.process_time(), time.monotonic()
    sent: dict[str, float] = {}
    await asyncio.gather(*(talking(bot, sent, begun + seconds) for bot in exercise.bots))
    await asyncio.sleep(2 * MOST_SEEN)
    lasted = time.monotonic() - begun
    after = server.used()
    rehearsals.cancel()
    state = exercise.state()
    own, others, never = [], [], 0
    tables: dict[int, list[str]] = {}
    for person in ears:
        place = state.seat_of(person)
        assert place is not None
        tables.setdefault(place[0].number, []).append(person)
    for group in tables.values():
        for words, at in sent.items():
            author = words.split("-")[1]
            for person in group if author in group else ():
                heard = ears[person].heard.get(words)
                never += heard is None
                if heard is not None:
                    (own if person == author else others).append(heard - at)
    wrong = [words for ear in ears.values() for words in ear.wrong]
    cut = sum(len(bot.tab.cut) for bot in exercise.bots)
    await exercise.left()
    return {
        "seats": seats,
        "all_seated_after_s": round(joining, 2),
        "messages": len(sent),
        "on_ones_own_page_s": quantiles(own),
        "on_the_others_pages_s": quantiles(others),
        "never_seen": never,
        "lines_cut": cut,
        "errors": sorted(set(wrong)),
        "server_cpu": round((after[0] - used) / lasted, 2),
        "bots_cpu": round((time.process_time() - mine) / lasted, 2),
        "server_mb": round(after[1]),
    }


def quantiles(waits: list[float]) -> Json:
    """Half of all waits, and 95 of 100, were no longer."""
    if not waits:
        return {"p50": None, "p95": None}
    half, most = np.quantile(waits, [0.5, 0.95])
    return {"p50": round(float(half), 2), "p95": round(float(most), 2)}


def bears(found: Json) -> bool:
    """Whether nobody waited too long and nothing went wrong."""
    seen = found["on_the_others_pages_s"]["p95"]
    return (
        found["all_seated_after_s"] <= MOST_JOINING
        and seen is not None
        and seen <= MOST_SEEN
        and not (found["never_seen"] or found["errors"] or found["lines_cut"])
    )


async def classes(server: Server, seats: int, seconds: float, ceiling: int) -> bool:
    """The first class, and larger ones until one waits too long; whether the first did not."""
    found = await a_class(server, seats, seconds)
    fine = borne = bears(found)
    print(json.dumps({**found, "borne": borne}), flush=True)
    for more in LARGER:
        if not borne or more > ceiling:
            break
        if more > seats:
            found = await a_class(server, more, seconds)
            borne = bears(found)
            print(json.dumps({**found, "borne": borne}), flush=True)
    return fine


# -- killed ----------------------------------------------------------------------------------------


async def a_killed_class(server: Server, seats: int, kills: int) -> Json:
    """A class plays while server and worker are killed at random moments; what came of it."""
    clocks = Clocks(briefing=300, caucus=12, proposals=16, responses=16, resolve=8)
    exercise = Exercise(server, a_plan(seats, clocks, 30), load_scenario(SCENARIO))
    await exercise.gathered(seats)
    struck = await killed(exercise, kills, APART)
    found = {
        "seats": seats,
        "killed": struck.killed,
        "rounds": {n: table.round for n, table in exercise.state().tables.items()},
        "shown_as_accepted": sum(len(bot.told) for bot in exercise.bots),
        "lost_or_doubled": lost(exercise),
        "out_of_order": out_of_order(exercise),
        "lines_cut": sum(len(bot.tab.cut) for bot in exercise.bots),
        "pages_that_did_not_recover": struck.left_behind,
        "whole_again_after_server_s": quantiles(struck.whole_after),
    }
    await exercise.left()
    return found


def main() -> int:
    """Measure, and say so."""
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    reader.add_argument("--seats", type=int, default=60)
    reader.add_argument("--seconds", type=float, default=45, help="how long each class talks")
    reader.add_argument("--ceiling", type=int, default=200, help="largest class to try")
    reader.add_argument("--kills", type=int, default=0, help="kill server and worker so often")
    reader.add_argument("--database", default="", help="PostgreSQL instead of a file")
    said = reader.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="parley-bench-") as folder,
        Server(Path(folder), said.database) as server,
    ):
        if not said.kills:
            fine = asyncio.run(classes(server, said.seats, said.seconds, said.ceiling))
            return 0 if fine else 1
        found = asyncio.run(a_killed_class(server, said.seats, said.kills))
    print(json.dumps(found, indent=2))
    wrong = (found["lost_or_doubled"], found["out_of_order"], found["pages_that_did_not_recover"])
    return 1 if any(wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
