"""Processes that write to a store until they are killed; each tells what was accepted.

They are forked off a process that has imported everything once, so that a kill costs no start.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from random import Random

from sim.classroom import commands
from sim.classroom.commands import Request
from sim.classroom.driver import run_due_acts
from sim.classroom.storage.store import Store, StoredLog
from sim.classroom.table_model import Model
from tests.support.players import NOW, bot_acts

#: The last word of who has played to the end.
OVER = "over"

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])


def talker(tell: Connection, url: str, exercise: str) -> None:
    """Broadcasts without end; tells the number of each broadcast that was accepted."""
    store, k = Store(url), 0
    while True:
        request = Request(by="instructor", key=f"say.{k}", act=commands.Broadcast(text=f"word {k}"))
        store.submit(exercise, request, NOW + 1000)
        tell.send(k)
        k += 1


def player(tell: Connection, url: str, exercise: str, luck: str) -> None:
    """Plays for everybody to the end of the talks; tells the key of each act that was accepted."""
    log = StoredLog(Store(url), exercise)
    model, chance, asked = Model(log.state().setting), Random(luck), 0
    while log.state().phase == "playing":
        for person in list(log.state().people):
            state = log.state()
            for act in bot_acts(state, person, chance):
                asked += 1
                request = Request(by=f"person:{person}", key=f"{luck}.{asked}", act=act)
                try:
                    log.submit(request, state.at + 100)
                except ValueError:
                    continue
                tell.send(request.key)
        run_due_acts(log, model, log.state().at + 30_000)
    tell.send(OVER)


def told_before_killed(
    writer: Callable[..., None], *words: str, after: int | None = None
) -> list[str | int]:
    """What a writer has told until it is killed: shortly after so many words, or at its end."""
    hear, tell = _processes.Pipe(duplex=False)
    process = _processes.Process(target=writer, args=(tell, *words))
    process.start()
    tell.close()
    told: list[str | int] = []
    with hear, suppress(EOFError, OSError):  # the last word may have been cut short
        while True:
            told.append(hear.recv())
            if len(told) == after:
                time.sleep(0.02)
                process.kill()
    process.join()
    return told
