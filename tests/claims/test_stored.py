"""What users have stored opens as they left it.

The files in `stored/` were made by the commit at which modules were moved into packages; its README
says how. No value of an `expected.json`, of `permalinks.json` or of `links.json` may be changed to
make a test pass. Everything is copied first, since opening a store or a cache may write.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest
from typer.testing import CliRunner

from sim import load_scenario, simulate
from sim.cli.app import app
from sim.engine.outcomes import ENDINGS, Outcomes
from sim.engine.storage import OutcomeStore
from tests.support import asynchronous

HERE = Path(__file__).parent / "stored"


def told(folder: str) -> dict:
    return json.loads((HERE / folder / "expected.json").read_text("utf-8"))


def parley(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


# --- The classroom


@pytest.fixture(params=["finished", "under-way"])
def kept(request, tmp_path):
    """A store that was kept, what it holds, and its address."""
    from sim.classroom.storage.store import Store

    name = request.param
    file = tmp_path / f"{name}.sqlite"
    file.write_bytes(gzip.decompress((HERE / "classroom" / f"{name}.sqlite.gz").read_bytes()))
    store = Store(f"sqlite:///{file}")
    yield store, told("classroom")[name], name
    store.close()


def test_an_exercise_is_as_it_was_left(kept):
    from sim.classroom.state import canonical, replay

    store, said, _ = kept
    exercise = said["exercise"]
    assert store.schema == said["schema"]
    assert [(row[0], row[1]) for row in store.exercises()] == [(exercise, said["title"])]
    state = store.state(exercise)
    assert (state.seq, state.at, state.phase, state.revealed) == (
        said["records"],
        said["last_at"],
        said["phase"],
        said["revealed"],
    )
    assert hashlib.sha256(canonical(state)).hexdigest() == said["state_sha256"]
    assert canonical(replay(store.records(exercise))) == canonical(state)
    assert store.names(exercise) == said["names"]
    assert store.join_code(exercise) == said["join_code"]
    assert list(state.waiting) == said["waiting"]
    assert list(state.broadcasts) == said["broadcasts"]
    for name, person in said["people"].items():
        now = state.people[name]
        assert {key: getattr(now, key) for key in person} == person
    for number, table in said["tables"].items():
        now = state.tables[int(number)]
        for key in ("stage", "round", "day", "how"):
            assert getattr(now, key) == table[key], (number, key)
        assert (now.terms and now.terms.model_dump(mode="json")) == table["terms"]
        assert [list(pair) for pair in now.injects] == table["injects"]
        assert [held.text for held in now.rounds] == [held["text"] for held in table["rounds"]]
        assert {text.id: dict(text.answers) for text in now.texts} == {
            name: text["answers"] for name, text in table["texts"].items()
        }
        assert (now.projection and now.projection.model_dump(mode="json")) == table["projection"]


def test_links_that_were_handed_out_are_good_or_dead_as_before(kept):
    store, said, _ = kept
    for token, by in said["holders"].items():
        holder = store.holder(token)
        assert (holder and holder.by) == by


def test_every_view_of_an_exercise_can_be_drawn(kept):
    from sim.classroom.table_model import Model
    from sim.classroom.views import view_for

    store, said, name = kept
    state = store.state(said["exercise"])
    model = Model(state.setting)
    kinds = {f"{name} {p}": type(view_for(state, p, model)).__name__ for p in state.people}
    assert kinds == {
        k: v for k, v in told("classroom")["views"].items() if k.startswith(f"{name} ")
    }


def test_what_was_exported_is_exported_again(kept):
    from sim.classroom.storage.export import archive

    store, said, name = kept
    state, records = store.state(said["exercise"]), store.records(said["exercise"])
    again = zipfile.ZipFile(io.BytesIO(archive(state, records)))
    before = zipfile.ZipFile(HERE / "classroom" / f"{name}.zip")
    assert again.namelist() == before.namelist()
    for member in before.namelist():
        assert again.read(member) == before.read(member), member


def test_an_exported_log_is_replayed_to_the_state_that_was_kept(tmp_path):
    log = tmp_path / "events.jsonl"
    log.write_bytes(zipfile.ZipFile(HERE / "classroom" / "finished.zip").read("events.jsonl"))
    done = parley("classroom", "replay", log)
    assert done.exit_code == 0
    assert (
        hashlib.sha256(done.stdout_bytes).hexdigest()
        == told("classroom")["finished"]["state_sha256"]
    )


@pytest.mark.parametrize("kept", ["under-way"], indirect=True)
def test_an_exercise_that_was_under_way_is_played_to_its_end(kept):
    """The clock alone goes on; the records that follow are those of the base commit."""
    from sim.classroom.driver import run_due_acts
    from sim.classroom.state import canonical
    from sim.classroom.storage.store import StoredLog
    from sim.classroom.table_model import Model

    store, said, _ = kept
    then = said["if nobody acts any more"]
    log, at = StoredLog(store, said["exercise"]), said["last_at"]
    model = Model(log.state().setting)
    for _ in range(60):
        at += 200_000
        state = run_due_acts(log, model, at)
        if state.phase == "closed":
            break
    assert (state.phase, state.seq) == (then["phase"], then["records"])
    for number, table in then["tables"].items():
        now = state.tables[int(number)]
        assert (now.how, now.day, len(now.rounds)) == (table["how"], table["day"], table["rounds"])
        assert [list(pair) for pair in now.injects] == table["injects"]
    assert hashlib.sha256(canonical(state)).hexdigest() == then["state_sha256"]


@pytest.mark.parametrize("kept", ["under-way"], indirect=True)
def test_people_act_in_an_exercise_that_was_under_way_and_latecomers_knock(kept):
    from sim.classroom import commands
    from sim.classroom.commands import Request

    store, said, _ = kept
    exercise, at = said["exercise"], said["last_at"] + 1000
    text = max(said["tables"]["1"]["texts"])  # 1.4, by an agent for Northmark
    reader = store.state(exercise).tables[1].seats["upland"].people[0]
    open_text = next(t for t in store.state(exercise).tables[1].current if t.role == "upland")
    delta = store.state(exercise).tables[1].seats["delta"].people[0]
    act = commands.Respond(text=open_text.id, accepts=False, reason="more")
    state = store.submit(exercise, Request(by=f"person:{delta}", key="old.1", act=act), at)
    assert state.tables[1].proposal(open_text.id).answers["delta"] is False
    assert (text, bool(reader)) == ("1.4", True)
    store.join(said["join_code"].lower(), "Fay", "old.join", at)
    assert len(store.state(exercise).waiting) == len(said["waiting"]) + 1


@pytest.mark.parametrize("kept", ["finished"], indirect=True)
def test_the_debrief_of_a_finished_exercise_is_reached_and_the_same(kept, tmp_path):
    from dashboard.classroom.task_results import TaskStore
    from dashboard.classroom.worker import to_plain
    from sim.classroom.debrief import build_debrief
    from sim.classroom.table_model import Model

    store, said, _ = kept
    state = store.state(said["exercise"])
    found = to_plain(asdict(build_debrief(state, Model(state.setting))))
    shutil.copytree(HERE / "classroom" / "desk", tmp_path / "desk")
    tasks = TaskStore(tmp_path / "desk")
    assert tasks.has_debrief(said["exercise"])
    assert found == tasks.debrief(said["exercise"])
    for key, content in said["debrief"].items():
        assert found[key] == content, key


@pytest.mark.parametrize("kept", ["under-way"], indirect=True)
def test_score_sheets_are_read_and_the_host_link_is_good(kept, tmp_path):
    from dashboard.classroom.context import AppContext

    store, said, _ = kept
    shutil.copytree(HERE / "classroom" / "desk", tmp_path / "desk")
    context = AppContext(store.url.render_as_string(), tmp_path / "desk")
    table = context.store.state(said["exercise"]).tables[1]
    sheets = context.tasks.sheets(said["exercise"])
    for role, content in said["sheets"].items():
        sheet = sheets.sheet(table, role)
        assert hasattr(sheet, "no_deal") is (content["kind"] == "Sheet")
        assert (sheet.round, getattr(sheet, "no_deal", None)) == (
            content["round"],
            content["no_deal"],
        )
    assert context.is_host_token(told("classroom")["host"]["token"])
    assert not context.is_host_token("another")
    context.store.close()


def test_routes_answer_links_as_they_did(kept, tmp_path, monkeypatch):
    from starlette.applications import Starlette

    from dashboard.classroom import context
    from dashboard.classroom.routes import routes

    store, _, name = kept
    monkeypatch.setattr(context, "_shared", None)
    monkeypatch.setenv(context.DATABASE, store.url.render_as_string())
    monkeypatch.setenv(context.FOLDER, str(tmp_path / "desk"))
    for link in json.loads((HERE / "classroom" / "links.json").read_text("utf-8")):
        if link["store"] == name:
            status, headers = got(Starlette(routes=routes("")), link["path"], link["cookies"])
            given = sorted(v.partition("=")[0] for k, v in headers if k == "set-cookie")
            assert status == link["status"], link["path"]
            assert dict(headers).get("location") == link["location"]
            assert [cookie for cookie in given if cookie != context.PASS] == link["gives"]
    context.context().store.close()


def got(asgi, path: str, cookies: dict[str, str]) -> tuple[int, list[tuple[str, str]]]:
    """The status and the headers that an ASGI application answers a GET with."""
    sent: list[dict] = []
    said = "; ".join(f"{name}={value}" for name, value in cookies.items())
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "client": ("127.0.0.1", 1), "server": ("testserver", 80),
        "headers": [(b"host", b"testserver"), (b"cookie", said.encode())],
    }  # fmt: skip

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    asynchronous.run(asgi(scope, receive, send))
    return sent[0]["status"], [(k.decode(), v.decode()) for k, v in sent[0]["headers"]]


# --- Sweeps


@pytest.fixture
def sweeps(tmp_path):
    return Path(shutil.copytree(HERE / "sweeps", tmp_path / "sweeps"))


def rows(sweep) -> list[dict]:
    """The rows of `runs`, without what --force marks."""
    return [{k: v for k, v in row.items() if k != "forced"} for row in sweep.runs.to_pylist()]


def test_a_finished_sweep_is_read_and_its_runs_come_out_the_same(sweeps):
    from sim.sweep import Sweep
    from sim.sweep.verify import replay, verify

    said = told("sweeps")["finished"]
    sweep = Sweep(sweeps / "finished")
    assert sweep.status() == said["status"]
    assert (sweep.runs.num_rows, sweep.summary.num_rows, sweep.series.num_rows) == (
        said["runs"],
        said["summary_rows"],
        said["series_rows"],
    )
    assert sweep.runs.column_names == said["columns_of_runs"]
    assert sweep.design.column_names == said["columns_of_design"]
    assert sum(map(bool, sweep.runs["deal_by_60"].to_pylist())) == said["deal_by_60"]
    endings = sweep.runs["ending"].to_pylist()
    assert {name: endings.count(name) for name in sorted(set(endings))} == said["endings"]
    checked = {one.what: one for one in verify(sweep, 10)}
    # The code and its version may be others by now; the files, the study, the scenario and what
    # becomes of its runs are not.
    assert all(one.holds for what, one in checked.items() if what not in ("model", "version"))
    assert checked["replay"].words == "of 10 runs played again, 10 came out the same"
    again = replay(sweep, said["replayed"]["run_id"])
    assert again.differences == []
    assert dict(again.settings) == said["replayed"]["settings"]
    assert (len(again.paragraphs), again.paragraphs[0], again.paragraphs[-1]) == (
        said["replayed"]["paragraphs"],
        said["replayed"]["first"],
        said["replayed"]["last"],
    )


def test_a_finished_sweep_is_analysed_with_the_same_result(sweeps):
    words = ["analyze", sweeps / "finished", "--outcome", "deal_by_60", "--accept", "0.3"]
    done = parley(*words, "--facts", sweeps / "facts.yaml", "--json", "-")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    said = told("sweeps")["finished"]["analyze"]
    assert {key: found[key] for key in said} == said


def test_a_sweep_that_was_begun_goes_on_if_it_is_told_to(sweeps):
    from sim.sweep import ExecutionOptions, FingerprintError, Sweep, resume

    said = told("sweeps")["begun"]
    begun = Sweep(sweeps / "begun")
    assert begun.status() == said["status"]
    assert begun.runs.num_rows == said["runs"] == 32
    with pytest.raises(FingerprintError, match="another model"):
        resume(sweeps / "begun")
    whole = resume(sweeps / "begun", ExecutionOptions(force=True))
    assert whole.is_complete
    assert rows(whole) == rows(Sweep(sweeps / "finished"))
    assert {path.name for path in whole.folder.iterdir() if path.name != ".lock"} == {
        path.name for path in (sweeps / "finished").iterdir()
    }


def test_a_study_that_was_kept_asks_the_same(sweeps):
    from sim.sweep import read_study

    question = read_study(sweeps / "study.yaml")
    assert {"sha256": question.sha256, "name": question.name} == told("sweeps")["study"]
    for name in ("study.yaml", "facts.yaml", "two-islands.yaml"):
        assert parley("check", sweeps / name).exit_code == 0


# --- Saved outcomes


def bits(outcomes) -> dict[str, str]:
    found = {}
    for name in (*outcomes.array_names(), "table"):
        values = getattr(outcomes, name)
        digest = hashlib.sha256(f"{values.dtype.str} {values.shape} ".encode() + values.tobytes())
        found[name] = digest.hexdigest()[:16]
    return found


@pytest.mark.parametrize("name", ["run", "run-own", "parts", "saved-with-series"])
def test_saved_outcomes_are_read_bit_for_bit(name):
    said = told("outcomes")[name]
    file = HERE / "outcomes" / f"{name}.npz"
    kept = Outcomes.load(file if file.exists() else HERE / "outcomes" / name)
    for key in ("scenario", "sha256", "version", "seed", "days", "first"):
        assert getattr(kept, key) == said[key], key
    assert (len(kept), dict(kept.levers)) == (said["runs"], said["levers"])
    assert int((kept.deal_day > 0).sum()) == said["deals"]
    assert {e: int((kept.ending == k).sum()) for k, e in enumerate(ENDINGS)} == said["endings"]
    assert kept.deal_day[:8].tolist() == said["first_deal_days"]
    assert {key: list(values.shape) for key, values in kept.series.items()} == said["series"]
    assert bits(kept) == said["bits"]
    if not file.exists():
        stored = OutcomeStore(HERE / "outcomes" / name)
        assert all(
            np.array_equal(getattr(stored, n), getattr(kept, n), equal_nan=True)
            for n in kept.array_names()
        )


def test_the_same_talks_come_out_again():
    for name, case in (
        ("run", "two-rivers"),
        ("saved-with-series", HERE / "own" / "two-islands.yaml"),
    ):
        said = told("outcomes")[name]
        asked = {key: said[key] for key in ("runs", "seed", "days", "levers")}
        again = simulate(load_scenario(case), series=bool(said["series"]), **asked)
        assert bits(again) == said["bits"]


@pytest.mark.parametrize("name", ["run", "run-own", "compare"])
def test_the_command_of_a_folder_gives_its_numbers_again_and_another_is_refused(
    name, tmp_path, monkeypatch
):
    shutil.copytree(HERE / "outcomes" / name, tmp_path / name)
    shutil.copy(HERE / "own" / "two-islands.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    before = json.loads(Path(name, "summary.json").read_text("utf-8"))
    words = told("outcomes")[name]["command"].split()[1:]
    other = parley(*words, "--seed", "99")
    assert (other.exit_code, "already holds results of `parley" in other.stderr) == (2, True)
    monkeypatch.setattr(
        "sim.reporting.html_report.as_svg", lambda *_, **__: "<svg></svg>"
    )  # pictures take long
    monkeypatch.setattr("sim.reporting.html_report.png_of", lambda _: b"")
    assert parley(*words).exit_code == 0
    now = json.loads(Path(name, "summary.json").read_text("utf-8"))
    for found in (before, now):  # which code it was may have changed
        found.pop("version", None)
    assert now == before
    if name == "compare":
        made = sorted(str(p.relative_to(name)) for p in Path(name).rglob("*") if p.is_file())
        assert made == told("outcomes")["compare"]["files"]


# --- What visitors of the dashboard keep


@pytest.fixture
def home(tmp_path, monkeypatch):
    shutil.copytree(HERE / "dashboard" / "home", tmp_path / "home")
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_what_visitors_saved_is_found_by_their_cookie(home):
    from dashboard.explore import class_wall, page_state, what_if_widgets

    said, store = told("dashboard"), what_if_widgets.visitor_store()
    for who, kinds in said["kept"].items():
        for kind, content in kinds.items():
            assert store.load(said["cookies"][who], kind) == content, (who, kind)
            assert list(store.load(said["cookies"][who], kind)) == list(content)
    for query in said["kept"]["student"]["what-if"].values():
        asked, wrong = page_state.from_query_params(parse_qs(query))
        assert (asked.moved, wrong) == (True, [])
    code = said["names"]["wall"]
    assert [asdict(one) for one in class_wall.entries(store, code)] == said["wall"]
    for who, owns in said["is_owner"].items():
        assert class_wall.is_owner(store, said["cookies"][who], code) is owns
    for one, is_open in said["is_open"].items():
        assert class_wall.wall_exists(store, one) is is_open
    with closing(sqlite3.connect(home / "visitors.sqlite")) as base:
        counted = dict(base.execute("SELECT kind, count(*) FROM kept GROUP BY kind"))
    assert counted == said["rows_by_kind"]


def test_texts_of_visitors_own_are_found_by_their_names(home):
    from dashboard.explore import user_scenarios
    from sim.scenario.errors import ScenarioError
    from sim.scenario.loading import load_scenario as read

    for key, one in told("dashboard")["own"].items():
        text = user_scenarios.load_text(one["name"])
        assert hashlib.sha256(text.encode()).hexdigest() == one["sha256_of_text"]
        assert user_scenarios.save(text) == one["name"]
        if key == "own":
            assert read(user_scenarios.find_file(one["name"])).title.startswith("Two Islands")
        else:
            with pytest.raises(ScenarioError):
                read(user_scenarios.find_file(one["name"]))


def links() -> list[dict]:
    return json.loads((HERE / "dashboard" / "permalinks.json").read_text("utf-8"))


@pytest.mark.parametrize(
    "link",
    [link for link in links() if "read" in link],
    ids=lambda link: f"{link['page']}?{link['query'][:60]}",
)
def test_a_link_asks_what_it_asked(home, link):
    from dashboard.explore import page_state

    said = link["read"]
    asked, wrong = page_state.from_query_params(parse_qs(link["query"]))
    assert json.loads(json.dumps(asdict(asked))) == said["asked"]
    assert wrong == said["told"]
    assert (asked.moved, asked.query().kind) == (said["moved"], said["kind"])
    assert asked.as_query_params() == said["as_query"]
    assert asked.link() == said["link"]  # names version and scenario: neither may change unsaid
    assert asked.command() == said["command"]
    assert [arm.sha256() for arm in asked.query().arms] == said["arms"]
    for side in link.get("sides", {}).values():
        if side["asked"] is not None:
            one, wrong = page_state.from_query_params(parse_qs(side["said"]))
            assert (json.loads(json.dumps(asdict(one))), wrong) == (side["asked"], side["told"])


def test_a_link_shows_the_numbers_it_showed(home):
    """The large numbers and the sentence of What if, worked out anew: 200 talks of 60 days."""
    from dashboard.common.disk_cache import Cache
    from dashboard.explore import page_state
    from dashboard.explore.compute.context import JobContext
    from dashboard.explore.compute.dispatch import answer

    desk = JobContext(Cache(home / "answers"))
    for link in links():
        if (
            link["page"] != "what-if"
            or "days=60&runs=200" not in link["query"]
            or "guess" in link["query"]
        ):
            continue
        asked, _ = page_state.from_query_params(parse_qs(link["query"]))
        if asked.runs > 200:  # a text with mistakes, in place of which the first scenario is shown
            continue
        from dataclasses import replace

        line = answer(replace(asked.query(), kind="headline"), desk)["headline"][-1]
        arms = ("baseline", "changed") if asked.moved else ("baseline",)
        assert [line["arms"][arm]["words"] for arm in arms] == link["shown"]["counts"], link[
            "query"
        ]
        if asked.moved:
            assert [line["effect"]["words"]] == link["shown"]["effect"]


# --- A scenario of a user's own


def test_a_scenario_of_ones_own_is_read_and_played(tmp_path):
    from sim.scenario.loading import sha256_of

    said = told("own")
    file = HERE / "own" / "two-islands.yaml"
    scenario = load_scenario(file)
    assert sha256_of(scenario) == said["sha256"]
    assert len(scenario.quantities()) == said["numbers"]
    assert list(scenario.levers) == said["levers"]
    done = parley("check", file)
    assert (done.exit_code, said["check"] in done.stdout) == (0, True)
    outcomes = simulate(scenario, runs=said["runs"], seed=1)
    assert int((outcomes.deal_day > 0).sum()) == said["deals"]
    assert bits(outcomes) == said["bits"]
