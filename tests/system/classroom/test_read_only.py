"""Exercises of another model in a browser: shown as their log has them, with a sentence."""

from __future__ import annotations

import gzip
import json
import shutil
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.visiting import classroom_at

STORED = Path(__file__).parents[2] / "claims" / "stored" / "classroom"
SENTENCE = "under an earlier theory of the negotiation"


@pytest.fixture(params=["finished", "under-way"])
def kept(request, tmp_path):
    """A server on a store that was kept, and what it holds."""
    name, home = request.param, tmp_path / "home"
    shutil.copytree(STORED / "desk", home)
    packed = (STORED / f"{name}.sqlite.gz").read_bytes()
    (home / "classroom.sqlite").write_bytes(gzip.decompress(packed))
    told = json.loads((STORED / "expected.json").read_text("utf-8"))
    with classroom_at(home) as server:
        yield server, told[name], name


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
