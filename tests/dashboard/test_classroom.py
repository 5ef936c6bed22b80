"""The classroom in a browser: from the instructor's link to the debrief."""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect
from visiting import PATIENCE, Server, Visit, free_port, note

from sim.classroom.store import Store
from sim.reading import load_scenario

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    """A classroom's server with a folder of its own, and the link that it printed."""
    home, port = tmp_path_factory.mktemp("classroom"), free_port()
    log = home / "log.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.classroom", "--port", str(port)],
            cwd=ROOT,
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
        for _ in range(300):
            assert process.poll() is None, log.read_text()
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=2)
                break
            except OSError:
                time.sleep(0.2)
        yield Server(url, process, home)
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
def enter(chromium, school):
    """A browser of one's own in the classroom: `enter(width, colours)`."""
    contexts = []

    def begin(width=1280, colours="light"):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=colours, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        begun = Visit(page, school)
        page.on("request", lambda request: note(begun.hosts, request.url))
        return begun

    yield begin
    for context in contexts:
        context.close()


@pytest.fixture
def store(school):
    """The store of the server, seen from outside."""
    opened = Store(f"sqlite:///{school.home}/classroom.sqlite")
    yield opened
    opened.close()


def host_path(school):
    """The path of the link that was printed when the server was started."""
    said = (school.home / "log.txt").read_text()
    return re.search(r"/begin/\S+", said).group(0)


def opened(seen, school, students=0):
    """The instructor sets up an exercise and opens it; returns its id."""
    seen.goto(host_path(school))
    if students:
        for name, value in (("Students expected", students), ("Tables", 1)):
            box = seen.page.get_by_role("spinbutton", name=name, exact=True)
            box.fill(str(value))
            box.press("Enter")
            seen.rest()
    seen.click("Open the exercise")
    seen.page.wait_for_url("**/instructor**")
    expect(seen.page.get_by_role("button", name="Start")).to_be_visible()
    return seen.page.url.split("exercise=")[1].split("&")[0]


def joined(enter, school, code, name, width=390, colours="light"):
    """Someone joins with the code and has a seat."""
    seen = enter(width, colours)
    seen.page.goto(f"{school.url}/join/{code}")
    seen.is_accessible()
    seen.page.get_by_label("What shall your instructor call you?").fill(name)
    seen.page.get_by_role("button", name="Take a seat").click()
    expect(seen.page.get_by_text("You have a seat.")).to_be_visible()
    return seen.rest()


def every(seats, words):
    """All seats see these words."""
    for seat in seats:
        expect(seat.page.get_by_text(words).first).to_be_visible()
        seat.rest()


def test_an_instructor_who_has_read_nothing_gets_from_the_link_to_the_debrief(enter, school):
    begun = time.monotonic()
    seen = enter()
    opened(seen, school)
    seen.is_accessible()
    seen.click("Start: hand out the briefs")
    expect(seen.page.get_by_text("The talks are over.")).to_be_visible()
    seen.click("Debrief", "link")
    expect(seen.page.get_by_text("tables agreed;")).to_be_visible()
    expect(seen.page.get_by_text("Not a forecast").first).to_be_visible()
    seen.rest().has_no_error()
    seen.is_accessible()
    seen.asked_nobody_else()
    assert time.monotonic() - begun < 180


def test_two_students_and_agents_play_to_the_debrief_and_keep_what_is_theirs(enter, school, store):
    teacher = enter()
    exercise = opened(teacher, school, students=2)
    code = store.join_code(exercise)
    seats = [
        joined(enter, school, code, "Ada"),
        joined(enter, school, code, "Grace", colours="dark"),
    ]
    heard = [[], []]
    for seat, received in zip(seats, heard, strict=True):
        seat.page.on("websocket", _listening(received))
        seat.page.reload()  # the same seat after a reload
        expect(seat.page.get_by_text("You have a seat.")).to_be_visible()
        cookie = next(
            one for one in seat.page.context.cookies() if one["name"] == f"parley_seat_{exercise}"
        )
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
        assert cookie["value"] not in seat.page.url
    teacher.click("Start: hand out the briefs")
    every(seats, "Private: for your eyes only")
    for seat in seats:
        seat.is_accessible()
        seat.click("Place the bet")
    teacher.click("Begin the talks")
    every(seats, "Round 1 of")
    mine = seats[0].page.get_by_label("In a sentence: why this?")
    mine.fill("canary-draft")
    mine.blur()
    seats[0].rest()
    seats[0].page.reload()
    expect(mine).to_have_value("canary-draft")  # the draft is as it was
    seats[0].rest()
    for stage in ("put texts on the table", "answer what is on the table"):
        for seat in seats:
            seat.click("Done with this step")
        every(seats, stage)
        for seat in seats:
            seat.has_no_error()
            seat.is_accessible()
    teacher.click("End the talks")
    teacher.click("Yes, end them")
    every(seats, "The instructor ended the talks.")
    state = store.state(exercise)
    roles = [state.seat_of(person)[1] for person in state.people]
    for received, own, other in zip(heard, roles, reversed(roles), strict=True):
        sent = b"".join(received)
        setting = state.setting
        assert setting.roles[own].red_lines.strip()[:60].encode() in sent
        assert setting.roles[other].red_lines.strip()[:60].encode() not in sent
    assert b"canary-draft" in b"".join(heard[0])
    assert b"canary-draft" not in b"".join(heard[1])
    expect(teacher.page.get_by_role("button", name="Open the debrief to students")).to_be_visible()
    teacher.click("Open the debrief to students")
    seats[0].click("Look at what the whole class did", "link")
    expect(seats[0].page.get_by_text("table agreed;")).to_be_visible()
    seats[0].rest().has_no_error()
    seats[0].is_accessible()
    seats[0].asked_nobody_else()


def _listening(received):
    """Keep every message of the server's."""

    def begun(socket):
        socket.on(
            "framereceived",
            lambda sent: received.append(sent if isinstance(sent, bytes) else sent.encode()),
        )

    return begun


def fetched(url, form=None, cookie=""):
    """Status, headers and body of an answer; redirections are not followed."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    data = urlencode(form).encode() if form is not None else None
    asked = urllib.request.Request(url, data=data, headers={"Cookie": cookie} if cookie else {})
    try:
        answer = urllib.request.build_opener(Stay).open(asked, timeout=20)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.headers, answer.read().decode()


@pytest.fixture
def lobby(store):
    """An open lobby: the exercise's id and its code."""
    from sim.classroom.acts import OpenLobby, Request
    from sim.classroom.plan import Plan

    exercise, _ = store.create(Plan(title="Doors"), load_scenario("two-rivers"), 0)
    store.submit(exercise, Request(by="instructor", key="open", act=OpenLobby()), 0)
    return exercise, store.join_code(exercise)


def test_to_look_at_a_door_is_not_to_go_through(school, store, lobby):
    exercise, code = lobby
    before = store.last_seq(exercise)
    status, headers, body = fetched(f"{school.url}/join/{code}")
    assert (status, headers["Referrer-Policy"]) == (200, "no-referrer")
    assert "Doors" in body
    assert store.last_seq(exercise) == before
    name = {"code": code, "name": "Eve", "key": "one"}
    assert fetched(f"{school.url}/join", name)[0] == 429  # without the pass of a visit
    visitor = headers["Set-Cookie"].split(";")[0]
    status, headers, _ = fetched(f"{school.url}/join", name, visitor)
    assert (status, headers["Location"]) == (303, f"/seat?exercise={exercise}")
    cookies = headers["Set-Cookie"]
    assert "HttpOnly" in cookies
    assert "SameSite=lax" in cookies
    assert store.last_seq(exercise) == before + 1
    assert store.names(exercise) == {"p1": "Eve"}
    assert fetched(f"{school.url}/join", name, visitor)[0] == 409  # the same form again


def test_who_guesses_codes_waits_and_who_reads_the_wall_gets_in(school, lobby):
    _, headers, _ = fetched(f"{school.url}/join")
    guesser = headers["Set-Cookie"].split(";")[0]
    statuses = [fetched(f"{school.url}/join/AAAAA{k}", cookie=guesser)[0] for k in range(2, 9)]
    assert statuses[0] == 404
    assert statuses[-1] == 429
    assert fetched(f"{school.url}/join/{lobby[1]}")[0] == 200


@pytest.mark.parametrize("path", ["/enter/nothing", "/begin/nothing", "/handouts/{}"])
def test_a_dead_link_opens_nothing(school, lobby, path):
    status, headers, body = fetched(school.url + path.format(lobby[0]))
    assert status in (403, 404)
    assert "Set-Cookie" not in headers
    assert "Traceback" not in body


@pytest.mark.parametrize("path", ["/host", "/instructor?exercise={}", "/seat?exercise={}"])
def test_a_page_shows_a_stranger_nothing(enter, lobby, path):
    seen = enter().goto(path.format(lobby[0]))
    expect(seen.page.get_by_test_id("stAlert")).to_be_visible()
    assert seen.page.get_by_role("button").filter(has_text="Start").count() == 0
    assert seen.page.get_by_text("Open the exercise").count() == 0


def test_streamlit_still_lets_us_collect_garbage_ourselves():
    """With Streamlit's own collection after every run of a page, twenty students are too many."""
    from streamlit import config

    assert config.get_option("runner.postScriptGC") in (True, False)
    from dashboard.classroom.__main__ import HARDENED, options, read

    assert options(read([]))["runner.postScriptGC"] is False
    for name in HARDENED:
        config.get_option(name)  # raises where there is no such option any more


def test_doors_stand_where_a_proxy_serves_them():
    from dashboard.classroom.doors import doors

    assert [door.path for door in doors("/talks")] == [f"/talks{door.path}" for door in doors("")]
