"""The classroom in a browser: from the instructor's link to the debrief."""

import json
import re
import time
import urllib.error
import urllib.request
import zipfile
from concurrent.futures import Future
from functools import partial
from urllib.parse import urlencode

import pytest
from playwright.sync_api import TimeoutError, expect

from sim.classroom.storage.store import Store
from sim.scenario.loading import load_scenario
from tests.support.visiting import TIMEOUT, classroom_at


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    """A classroom's server with a folder of its own, and the link that it printed."""
    with classroom_at(tmp_path_factory.mktemp("classroom")) as server:
        yield server


@pytest.fixture
def enter(browse, school):
    """A browser of one's own in the classroom: `enter(width, colours)`."""
    return partial(browse, school)


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


def joined(enter, school, code, name, colours="light"):
    """Someone joins with the code and has a seat."""
    seen = enter(390, colours)
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


def test_students_wish_for_roles_are_let_in_or_watch_and_terms_open_later(enter, school, store):
    teacher = enter()
    teacher.goto(host_path(school))
    tables = teacher.page.get_by_role("spinbutton", name="Tables", exact=True)
    tables.fill("1")
    tables.press("Enter")
    teacher.rest().page.get_by_text("News: what comes by itself").click()
    pick(teacher, "Scenario", "Two Rivers")
    pick(teacher, "Terms that nobody can agree on until you open them", "an end of the war")
    teacher.page.keyboard.press("Escape")  # a list that takes several stays open
    pick(teacher, "Who joins", "Only those whom I let in, with a wish for a role")
    teacher.click("Open the exercise")
    teacher.page.wait_for_url("**/instructor**")
    exercise = teacher.page.url.split("exercise=")[1].split("&")[0]
    code, setting = store.join_code(exercise), store.state(exercise).setting
    seats = []
    for name in ("Ada", "Grace"):
        seat = enter(390)
        seat.page.goto(f"{school.url}/join/{code}")
        seat.page.get_by_label("What shall your instructor call you?").fill(name)
        seat.page.get_by_label("Which role would you like?").select_option("northmark")
        seat.is_accessible()
        seat.page.get_by_role("button", name="Ask to be let in").click()
        expect(seat.page.get_by_text("You are on the waiting list")).to_be_visible()
        seats.append(seat.rest())
    ada, grace = seats
    wish = setting.roles["northmark"].title
    expect(teacher.page.get_by_text(f"Ada (would like {wish})").first).to_be_visible()
    pick(teacher, "One of them", "Grace")
    teacher.click("Let this one watch")
    expect(grace.page.get_by_role("heading", name="You watch table 1")).to_be_visible()
    teacher.click("Let in all who wait")
    expect(ada.page.get_by_role("heading", name=wish)).to_be_visible()
    teacher.click("Start: hand out the briefs")
    expect(ada.page.get_by_text("Private: for your eyes only")).to_be_visible()
    teacher.click("Begin the talks")
    teacher.page.get_by_text("Watch a table").click()
    pick(teacher, "News to bring in, from the next round on", "an end of the war")
    teacher.click("Bring it in at all tables")
    every((ada, grace, teacher), "This can be agreed from now on.")
    for seat in (grace, teacher):
        seat.rest().has_no_error()
        seat.is_accessible()
    teacher.click("End the talks")
    teacher.click("Yes, end them")
    every((grace,), "The instructor ended the talks.")
    grace.page.get_by_label("What do you take home?").fill("To watch is to learn.")
    grace.click("Keep it")
    grace.until(lambda: store.state(exercise).people["p2"].reflection == "To watch is to learn.")
    assert b"Private" not in grace.page.content().encode()


def pick(seen, label, option):
    """Choose an option of a list by its label; a page drawn anew meanwhile closes the list."""
    found = seen.page.get_by_role("option", name=option).first
    for _ in range(20):
        box = seen.page.get_by_role("combobox", name=label, exact=True).first
        box.fill(option)
        try:
            found.click(timeout=6000)
            return seen.rest()
        except TimeoutError:
            box.blur()
    raise AssertionError(f"{option} cannot be chosen under {label}")


def tap(seen, label, *options):
    """Choose some of what stands side by side under a label."""
    for option in options:
        found = seen.page.get_by_role("toolbar", name=label).get_by_role("button", name=option)
        found.click()
        seen.rest()


def levers_of(case):
    """Levers that news may move during the talks, by name."""
    return [
        name
        for name, lever in case.levers.items()
        if not any(move.key.startswith(("issues.", "channel.every_days")) for move in lever.moves)
    ]


@pytest.fixture
def paris(store):
    """An exercise where one party is spoken for and must confirm: its id and instructor's token."""
    from sim.classroom.commands import OpenLobby, Request
    from sim.classroom.plan import Clocks, ExercisePlan, ParameterInject

    case = load_scenario("gaza-2024-01")
    injects = tuple(
        ParameterInject(id=f"news-{k}", words=f"News number {k}.", lever=lever, setting=1)
        for k, lever in enumerate(levers_of(case)[:2], start=1)
    )
    hours = dict.fromkeys(Clocks.model_fields, 3600)  # no step ends by itself
    plan = ExercisePlan(
        title="After Paris", rounds=3, thinking_seconds=1, injects=injects, clocks=Clocks(**hours)
    )
    exercise, token = store.create(plan, case, round(1000 * time.time()))
    store.submit(exercise, Request(by="instructor", key="open", act=OpenLobby()), 0)
    return exercise, token


def as_person(store, exercise, person, act):
    """Somebody acts from another device."""
    from sim.classroom.commands import Request

    request = Request(by=f"person:{person}", key=f"other.{act.kind}", act=act)
    store.submit(exercise, request, round(1000 * time.time()))


def exported(seen):
    """The names in the archive that the instructor downloads, and the log if it is there."""
    with seen.page.expect_download() as begun:
        seen.page.get_by_role("button", name="Export (ZIP)").click()
    with zipfile.ZipFile(begun.value.path()) as bundle:
        names = bundle.namelist()
        log = bundle.read("events.jsonl").decode() if "events.jsonl" in names else ""
    seen.rest()
    return names, log


def test_two_students_and_agents_play_through_news_to_a_signature_and_the_debrief(
    enter, school, store, paris
):
    from sim.classroom.commands import SaveDraft
    from sim.classroom.events import from_line
    from sim.classroom.state import canonical, replay

    exercise, token = paris
    teacher = enter().goto(f"/enter/{token}")
    code = store.join_code(exercise)
    ada, grace = joined(enter, school, code, "Ada"), joined(enter, school, code, "Grace", "dark")
    both, heard = (ada, grace), ([], [])
    for seat, received in zip(both, heard, strict=True):
        seat.page.on("websocket", _listening(received))
        seat.page.reload()  # the same seat after a reload
        expect(seat.page.get_by_text("You have a seat.")).to_be_visible()
        cookie = next(
            one for one in seat.page.context.cookies() if one["name"] == f"parley_seat_{exercise}"
        )
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
        assert cookie["value"] not in seat.page.url
    store.join(code, "Eve", "eve", 0)

    # seats: someone is taken out, two exchange theirs, one is moved and gets a new link
    def role(person):
        place = store.state(exercise).seat_of(person)
        return place and place[1]

    def texts():
        return store.state(exercise).tables[1].texts

    teacher.page.get_by_text("Seats: move, new link").click()
    pick(teacher, "Student", "Eve")
    teacher.click("Take out")
    teacher.click("Yes")
    teacher.until(lambda: store.state(exercise).people["p3"].gone)
    if role("p1") != "israel":
        teacher.click("Exchange their seats")
    teacher.until(lambda: (role("p1"), role("p2")) == ("israel", "hamas"))
    pick(teacher, "Student", "Grace")
    pick(teacher, "Seat", "Table 1, The Qatari delegation")
    teacher.click("Move the student there")
    teacher.until(lambda: role("p2") == "qatar")
    teacher.click("New link")
    link = teacher.page.get_by_test_id("stCode").inner_text().strip()
    teacher.click("Put the link away")
    grace.page.reload()
    expect(grace.page.get_by_text("This browser has no seat")).to_be_visible()
    grace.page.goto(link)
    grace.rest()

    # brief, question and prediction
    teacher.click("Start: hand out the briefs")
    every(both, "Private: for your eyes only")
    ada.is_accessible()
    tap(ada, "Whose signatures", "The Israeli delegation", "The Hamas delegation")
    ada.click("Answer")
    expect(ada.page.get_by_text("Right: without their signatures")).to_be_visible()
    for seat in both:
        seat.click("Keep this prediction")
    teacher.click("Begin the talks")
    every(both, "Round 1 of")

    # talk: what is said reaches whom it is meant for; clocks stand still; drafts survive
    tap(grace, "To", "The Israeli delegation")
    grace.page.get_by_label("Message", exact=True).fill("canary-message")
    grace.click("Send")
    teacher.page.get_by_label("Tell everybody").fill("Mind the clock.")
    teacher.click("Send to all")
    teacher.click("Pause")
    every(both, "Mind the clock.")
    every(both, "The clocks stand still.")
    expect(ada.page.get_by_text("canary-message")).to_be_visible()
    teacher.click("Resume")
    paper = school.home / f"exercises/{exercise}/sheets/1.1.hamas.json"
    ada.until(paper.exists)
    sheet = json.loads(paper.read_text(encoding="utf-8"))
    setting = store.state(exercise).setting
    worst = min(range(len(setting.levels)), key=lambda k: sheet["worth"][k])
    as_person(store, exercise, "p1", SaveDraft(package=setting.package(worst)))
    ada.page.reload()
    ada.rest()
    mine = ada.page.get_by_label("In a sentence: why this?")
    mine.fill("canary-draft")
    mine.blur()
    ada.until(lambda: store.state(exercise).tables[1].seats["israel"].rationale == "canary-draft")
    ada.rest().page.reload()
    expect(mine).to_have_value("canary-draft")
    assert b"canary-draft" not in b"".join(heard[1])

    # a text goes by a mediator to who does not meet its author, and is refused
    teacher.click("Everybody to the next step")
    every(both, "put texts on the table")
    ada.click("Put it on the table")
    ada.click("Yes")
    grace.click("Carry it to The Hamas delegation")
    grace.until(lambda: any(one.role == "israel" and "hamas" in one.seen for one in texts()))
    teacher.click("Everybody to the next step")
    expect(grace.page.get_by_text("The Hamas delegation rejects").first).to_be_visible()
    grace.click("Put it on the table")  # a bridge
    grace.click("Yes")
    bridge = ada.page.locator("[class*=st-key-text-1-]").filter(has_text="The Qatari delegation")
    bridge.get_by_role("button", name="Reject").click()
    ada.click("Yes, reject")
    grace.rest().is_accessible()

    # news; then the one who was spoken for comes to the table
    teacher.click("Bring it in at all tables")
    every(both, "News number 1.")
    teacher.click("Everybody to the next step")
    every(both, "Round 2 of")
    pick(teacher, "Seat", "Table 1, The Hamas delegation")
    teacher.click("Move the student there")
    expect(grace.page.get_by_role("heading", name="The Hamas delegation")).to_be_visible()
    for seat in both:
        seat.click("Done with this step")
    every(both, "put texts on the table")
    grace.click("Put it on the table")
    grace.click("Yes")
    grace.until(lambda: any(one.role == "hamas" and not one.agent for one in texts()))
    for seat in both:
        seat.click("Done with this step")

    # accepted, confirmed, signed
    theirs = ada.page.locator("[class*=st-key-text-1-]").filter(has_text="by The Hamas delegation")
    theirs.get_by_role("button", name="Accept").click()
    ada.click("Yes, accept")
    grace.click("Confirm it")
    every(both, "A text was signed.")
    for own, other, received in zip(("israel", "hamas"), ("hamas", "israel"), heard, strict=True):
        sent = b"".join(received)
        assert setting.roles[own].red_lines.strip()[:60].encode() in sent
        assert setting.roles[other].red_lines.strip()[:60].encode() not in sent

    # what becomes of it
    expect(teacher.page.get_by_text("The talks are over.")).to_be_visible()
    assert "events.jsonl" not in exported(teacher)[0]
    teacher.click("Open the debrief to students")
    teacher.click("Reveal the private briefs")
    teacher.click("Yes, reveal them")
    ada.page.get_by_label("What do you take home?").fill("To ask first.")
    ada.click("Keep it")
    ada.click("Look at what the whole class did", "link")
    expect(ada.page.get_by_text("1 of 1 table agreed;")).to_be_visible()
    expect(ada.page.get_by_text("a deal like this table’s is in force after").first).to_be_visible()
    ada.page.get_by_text("The numbers as a table").first.click()
    dots = ada.page.locator(".st-key-table-round").get_by_role("row")
    expect(dots.nth(2).get_by_role("cell").last).to_have_text("1")  # signed in round 2
    ada.rest().has_no_error()
    ada.is_accessible()
    ada.asked_nobody_else()
    teacher.page.reload()
    names, log = exported(teacher.rest())
    assert canonical(replay(map(from_line, log.splitlines()))) == canonical(store.state(exercise))
    assert "names.csv" not in names
    teacher.click("Debrief", "link")
    teacher.click("Play on many times")
    expect(teacher.page.get_by_text("with the change, in")).to_be_visible()
    teacher.rest().has_no_error()


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
        answer = urllib.request.build_opener(Stay).open(asked, timeout=TIMEOUT / 1000)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.headers, answer.read().decode()


@pytest.fixture
def lobby(store):
    """An open lobby: the exercise's id and its code."""
    from sim.classroom.commands import OpenLobby, Request
    from sim.classroom.plan import ExercisePlan

    exercise, _ = store.create(ExercisePlan(title="Doors"), load_scenario("two-rivers"), 0)
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
    status, where, _ = fetched(f"{school.url}/join", name)  # without the pass of a visit
    assert (status, where["Location"]) == (303, f"/join/{code}")
    assert store.last_seq(exercise) == before
    visitor = headers["Set-Cookie"].split(";")[0]
    status, headers, _ = fetched(f"{school.url}/join", name, visitor)
    assert (status, headers["Location"]) == (303, f"/seat?exercise={exercise}")
    cookies = headers["Set-Cookie"]
    assert "HttpOnly" in cookies
    assert "SameSite=lax" in cookies
    assert store.last_seq(exercise) == before + 1
    assert store.names(exercise) == {"p1": "Eve"}
    student = f"{visitor}; {cookies.split(';')[0]}"
    assert student.count("parley_seat_") == 1
    for path in (f"/join/{code}", "/join/ZZZZZZ", "/join"):  # who has a seat finds it again
        assert f"/seat?exercise={exercise}" in fetched(school.url + path, None, student)[2]
    assert fetched(f"{school.url}/handouts/{exercise}", None, student)[0] == 403  # all the briefs
    assert fetched(f"{school.url}/join", name, visitor)[0] == 409  # the same form again


def test_a_pass_of_before_the_server_was_started_is_changed_for_a_new_one(school, store, lobby):
    exercise, code = lobby
    before, old = store.last_seq(exercise), "parley_pass=of.last-week"
    form = {"code": code, "name": "Eve", "key": "one"}
    status, headers, _ = fetched(f"{school.url}/join", form, old)
    assert (status, headers["Location"]) == (303, f"/join/{code}")
    assert store.last_seq(exercise) == before
    status, headers, _ = fetched(f"{school.url}/join/{code}", None, old)
    assert status == 200
    fresh = headers["Set-Cookie"].split(";")[0]
    assert fetched(f"{school.url}/join", form, fresh)[0] == 303
    assert store.names(exercise) == {"p1": "Eve"}


def test_who_guesses_codes_waits_and_who_reads_the_wall_gets_in(school, lobby):
    _, headers, _ = fetched(f"{school.url}/join")
    guesser = headers["Set-Cookie"].split(";")[0]
    statuses = [fetched(f"{school.url}/join/AAAAA{k}", cookie=guesser)[0] for k in range(2, 9)]
    assert statuses[0] == 404
    assert 429 in statuses
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


def test_routes_stand_under_the_path_at_which_a_proxy_serves_them():
    from dashboard.classroom.routes import routes

    assert [route.path for route in routes("/talks")] == [
        f"/talks{route.path}" for route in routes("")
    ]


class Failing:
    """A pool in which every task fails, until it is mended."""

    def __init__(self):
        self.tasks, self.mended = 0, False

    def submit(self, task, content):
        self.tasks += 1
        done = Future()
        if self.mended:
            done.set_result({"asked for": len(content)})
        else:
            done.set_exception(ArithmeticError("private"))
        return done


def test_a_debrief_that_fails_is_said_once_and_tried_again_when_somebody_asks(tmp_path, caplog):
    from dashboard.classroom.task_results import TaskStore
    from dashboard.classroom.worker import ExerciseRunner
    from sim.classroom.commands import End, OpenLobby, Request, Start
    from sim.classroom.plan import ExercisePlan

    store, tasks = Store(f"sqlite:///{tmp_path}/classroom.sqlite"), TaskStore(tmp_path)
    exercise, _ = store.create(ExercisePlan(title="x"), load_scenario("two-rivers"), 0)
    for act in (OpenLobby(), Start(), End()):
        store.submit(exercise, Request(by="instructor", key=act.kind, act=act), 0)
    runner = ExerciseRunner(store, tasks)
    runner.pool = Failing()
    for _ in range(5):
        runner.run_due()
    assert runner.pool.tasks == 1
    assert "ArithmeticError" in tasks.error(exercise)
    assert "private" not in caplog.text + tasks.error(exercise)
    tasks.clear_error(exercise)
    runner.pool.mended = True
    for _ in range(2):
        runner.run_due()
    assert tasks.debrief(exercise)
    assert not tasks.error(exercise)
    store.close()


def test_a_list_of_names_becomes_cards_with_links_and_only_a_post_seats_anybody(
    school, store, lobby
):
    exercise, _ = lobby
    _, headers, _ = fetched(school.url + host_path(school))
    cookie = headers["Set-Cookie"].split(";")[0]
    before, door = store.last_seq(exercise), f"{school.url}/cards/{exercise}"
    status, _, form = fetched(door, cookie=cookie)
    assert (status, store.last_seq(exercise)) == (200, before)
    key = re.search(r'name="key" value="(\w+)"', form).group(1)
    names = {"key": key, "names": "Ada; 1; The Delta delegation\n\nGrace <b>"}
    assert fetched(door, names)[0] == 403  # a stranger
    for wrong in ("Ada; 9; delta", "Ada; 1; king", "Ada; 1", "\n", "Ada\n" * 9):
        assert fetched(door, {"key": "wrong", "names": wrong}, cookie)[0] == 409
    assert store.last_seq(exercise) == before
    status, headers, cards = fetched(door, names, cookie)
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert store.names(exercise) == {"p1": "Ada", "p2": "Grace <b>"}
    assert store.state(exercise).seat_of("p1")[1] == "delta"
    assert "<b>" not in cards
    for link in re.findall(r"http://\S+/enter/\S+?(?=<)", cards):
        assert fetched(link)[1]["Location"] == f"/seat?exercise={exercise}"
    assert cards.count("/enter/") == 2
    assert fetched(door, names, cookie)[0] == 409  # the same list again
