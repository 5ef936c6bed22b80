"""Exercises of another model in a browser: shown as their log has them, with a sentence."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.visiting import TIMEOUT, Server, wait_until_up
from tests.tools.system_packages import free_port

ROOT = Path(__file__).parents[3]
STORED = ROOT / "tests" / "claims" / "stored" / "classroom"
SENTENCE = "under an earlier theory of the negotiation"


@pytest.fixture(params=["finished", "under-way"])
def kept(request, tmp_path):
    """A server on a store that was kept, and what it holds."""
    name, home, port = request.param, tmp_path / "home", free_port()
    shutil.copytree(STORED / "desk", home)
    packed = (STORED / f"{name}.sqlite.gz").read_bytes()
    (home / "classroom.sqlite").write_bytes(gzip.decompress(packed))
    log = tmp_path / "log.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.classroom", "--port", str(port)],
            cwd=str(ROOT),
            stdout=out,
            stderr=out,
            env={
                **os.environ,
                "PARLEY_CLASSROOM": f"sqlite:///{home}/classroom.sqlite",
                "PARLEY_CLASSROOM_HOME": str(home),
            },
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(url, process, log)
        told = json.loads((STORED / "expected.json").read_text("utf-8"))
        yield Server(url, process, home), told[name], name
    finally:
        process.terminate()
        process.wait(timeout=TIMEOUT / 1000)


def test_every_page_shows_what_was_played_says_why_and_offers_no_move(kept, browse):
    server, said, name = kept
    enter = partial(browse, server)
    seat = enter(390)
    seat.goto(f"/enter/{said['tokens']['p1']}")
    expect(seat.page.get_by_text(SENTENCE)).to_be_visible()
    expect(seat.page.get_by_role("button", name="Done with this step")).to_have_count(0)
    seat.rest().has_no_error()
    seat.is_accessible()

    teacher = enter()
    teacher.goto(f"/enter/{said['tokens']['instructor']}")
    expect(teacher.page.get_by_text(SENTENCE)).to_be_visible()
    expect(teacher.page.get_by_role("button", name="Pause")).to_have_count(0)
    expect(teacher.page.get_by_text("Export (ZIP)").first).to_be_visible()
    teacher.rest().has_no_error()
    teacher.is_accessible()
    if name == "under-way":
        expect(seat.page.get_by_text("Text 1.1", exact=True).first).to_be_visible()
        teacher.click("End the talks")
        teacher.click("Yes")
        expect(teacher.page.get_by_text("The talks are over.")).to_be_visible()
    teacher.click("Debrief", "link")
    expect(teacher.page.get_by_text("One table again")).to_be_visible()
    expect(teacher.page.get_by_text(SENTENCE)).to_be_visible()
    expect(teacher.page.get_by_text("Change one thing")).to_have_count(0)
    signed = sum(table["terms"] is not None for table in said["tables"].values())
    expect(teacher.page.get_by_text(f"{signed} of {len(said['tables'])} table")).to_be_visible()
    teacher.rest().has_no_error()
    wall = enter()
    wall.goto(f"/projector?exercise={said['exercise']}")
    expect(wall.page.get_by_text(SENTENCE)).to_be_visible()
    wall.rest().has_no_error()
