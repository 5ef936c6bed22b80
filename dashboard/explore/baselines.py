"""Answers that are there before anyone asks: shipped with Parley, or computed as the server starts.

`python -m dashboard.explore.baselines` (or `make baselines`) writes the shipped ones,
one file to a scenario.
Each names the scenario's fingerprint and the version it was made with, and is used only for these.
"""

from __future__ import annotations

import json
import logging
import tempfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.common.paths import BASELINES, version
from dashboard.explore.query import FULL_RUNS, Query, QueryArm
from sim.scenario.loading import scenario_names
from sim.types import Json

if TYPE_CHECKING:
    from dashboard.explore.job_queue import Jobs


#: So many first talks stand in a shipped answer one by one, so that a test can play them again.
WITNESSES = 40

SEED = 1

log = logging.getLogger(__name__)


def baseline(name: str) -> Query:
    """The question that the first look at a scenario asks."""
    arm = QueryArm(name)
    return Query("talks", (arm,), FULL_RUNS, SEED, arm.case().days)


def shipped(question: Query) -> Json | None:
    """The shipped answer to a question; None if there is none, or none of this very scenario.

    It has all sections, whichever is asked for.
    """
    if len(question.arms) != 1 or question.arms[0].text:
        return None
    name = question.arms[0].scenario
    if name not in scenario_names() or replace(question, more=()) != baseline(name):
        return None
    file = BASELINES / f"{name}.json"
    if not file.is_file():
        return None
    found = _read(file, file.stat().st_mtime_ns)
    if (found["sha256"], found["version"]) != (question.arms[0].sha256(), version()):
        return None
    answer: Json = found["answer"]
    return answer


@lru_cache(maxsize=8)
def _read(file: Path, stamp: int) -> Json:
    content: Json = json.loads(file.read_bytes())
    return content


def baselines(jobs: Jobs) -> None:
    """Put in line, behind everything else, what the pages will want of each scenario."""
    from dashboard.explore.job_queue import PREPARED

    for name in scenario_names():
        try:
            question = baseline(name)
            if shipped(question) is None:
                jobs.ask(question, "server", PREPARED)
            # Every what-if is held against these talks.
            jobs.ask(
                Query("outcomes", question.arms, FULL_RUNS, SEED, question.days),
                "server",
                PREPARED,
            )
        except ValueError as error:
            log.warning("%s is left out: %s", name, error)


def write() -> list[Path]:
    """Compute the shipped answers and write them; returns the files."""
    from dashboard.common.disk_cache import Cache
    from dashboard.explore.compute.summary import JobContext, answer, outcomes_of

    contents = {}
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        desk = JobContext(Cache(Path(folder)))
        for name in scenario_names():
            question = baseline(name)
            (arm,) = question.arms
            outcomes = outcomes_of(arm, question, desk, lambda done, total: None)
            contents[name] = {
                "made_by": "python -m dashboard.explore.baselines",
                "scenario": name,
                "sha256": arm.sha256(),
                "version": version(),
                "witnesses": outcomes.deal_day[:WITNESSES].tolist(),
                "answer": answer(question, desk),
            }
    return ship(BASELINES, contents)


def ship(folder: Path, contents: dict[str, Json]) -> list[Path]:
    """Make a folder's shipped answers these, one file to a scenario; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{name}.json" for name in contents]
    for file, content in zip(files, contents.values(), strict=True):
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        file.write_text(text + "\n", encoding="utf-8")
    for stale in set(folder.glob("*.json")) - set(files):
        stale.unlink()
    return files


if __name__ == "__main__":
    for written in write():
        print(written)
