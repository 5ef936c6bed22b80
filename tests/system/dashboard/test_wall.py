"""A class wall: what is sent hangs there for all who have the code, with the same numbers."""

import re

import pytest
from playwright.sync_api import expect

from dashboard.explore import class_wall
from dashboard.explore.visitor_store import StorageError, VisitorStore


@pytest.fixture
def store(tmp_path):
    return VisitorStore(tmp_path / "visitors.sqlite")


def test_what_is_sent_hangs_on_one_wall_and_no_other(store):
    one, other = (class_wall.open_wall(store, "teacher") for _ in range(2))
    class_wall.add_entry(store, "ada", one, "  Nothing   leaks ", "set=leaks:0")
    class_wall.add_entry(store, "grace", one, "Nothing leaks", "set=leaks:0.1")
    assert [(entry.name, entry.query) for entry in class_wall.entries(store, one)] == [
        ("Nothing leaks", "set=leaks:0"),
        ("Nothing leaks", "set=leaks:0.1"),
    ]
    assert class_wall.entries(store, other) == []


def test_the_same_name_again_replaces_what_one_has_sent(store):
    code = class_wall.open_wall(store, "teacher")
    for query in ("set=leaks:0", "set=leaks:0.2"):
        class_wall.add_entry(store, "ada", code, "Leaks", query)
    assert [entry.query for entry in class_wall.entries(store, code)] == ["set=leaks:0.2"]


@pytest.mark.parametrize(
    ("code", "name", "complaint"),
    [("ZZZZZZ", "Leaks", "no wall"), ("", "Leaks", "no wall"), (None, "  ", "Give your what-if")],
)
def test_what_cannot_be_sent_is_refused_with_the_way_out(store, code, name, complaint):
    there = class_wall.open_wall(store, "teacher")
    with pytest.raises(StorageError, match=complaint):
        class_wall.add_entry(store, "ada", there if code is None else code, name, "")


def test_nobody_fills_a_wall_alone(store):
    code = class_wall.open_wall(store, "teacher")
    for k in range(class_wall.MAX_ENTRIES):
        class_wall.add_entry(store, "ada", code, f"number {k}", "")
    with pytest.raises(StorageError, match="by the name of another"):
        class_wall.add_entry(store, "ada", code, "one more", "")
    class_wall.add_entry(store, "ada", code, "number 0", "set=leaks:0")
    class_wall.add_entry(store, "grace", code, "one more", "")


def test_only_who_opened_a_wall_takes_something_off(store):
    code = class_wall.open_wall(store, "teacher")
    class_wall.add_entry(store, "ada", code, "Leaks", "")
    (entry,) = class_wall.entries(store, code)
    class_wall.remove_entry(store, "ada", code, entry.key)
    assert class_wall.entries(store, code) == [entry]
    class_wall.remove_entry(store, "teacher", code, entry.key)
    assert class_wall.entries(store, code) == []


def test_a_code_is_read_as_it_was_meant():
    assert class_wall.parse_code(" abc-234 x") == "ABC234"


def test_a_class_sends_its_what_ifs_and_sees_the_numbers_that_each_of_them_saw(visit):
    teacher = visit().goto("/wall")
    teacher.click("Open a wall")
    code = teacher.page.locator(".parley-count b").inner_text()
    assert re.fullmatch(r"[2-9A-Z]{6}", code)
    student = visit(390, "dark").goto("/what-if?scenario=two-rivers&set=leaks:0")
    said = student.page.locator(".parley-effect").inner_text()
    student.page.get_by_label("Code of your class wall").fill(code.lower())
    student.page.get_by_label("Call it").fill("![Nothing](leaks)")
    student.click("Send to class")
    expect(student.page.get_by_text("Sent. It hangs on the wall")).to_be_visible()
    expect(teacher.page.get_by_text("![Nothing](leaks)").first).to_be_visible()
    expect(teacher.page.get_by_text(said)).to_be_visible()
    expect(teacher.page.get_by_role("button", name="off")).to_be_visible()
    student.goto(f"/wall?wall={code}")
    expect(student.page.get_by_text(said)).to_be_visible()
    expect(student.page.get_by_role("button", name="off")).to_have_count(0)
    for seen in (teacher, student):
        seen.rest().has_no_error()
        seen.is_accessible()
        seen.asked_nobody_else()
    student.goto("/wall?wall=ZZZZZZ")
    expect(student.page.get_by_text("There is no wall with this code.")).to_be_visible()
