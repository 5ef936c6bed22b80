"""No run of a page is lost because the next one is asked for."""

import asyncio
import subprocess
import sys
from unittest.mock import MagicMock

import pytest
from streamlit import runtime
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner.script_cache import ScriptCache

from dashboard.classroom import streamlit_rerun_patch
from tests.support import asynchronous

PAGE = """
import streamlit as st
@st.fragment(run_every=2)
def look():
    st.text("look")
look()
st.text("page")
"""


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The script of a page that looks again every two seconds, and what runs pages."""
    monkeypatch.setattr(runtime, "get_instance", MagicMock())
    monkeypatch.setattr(runtime, "exists", lambda: True)
    # What `apply` puts in its place is taken out again.
    monkeypatch.setattr(AppSession, "_create_scriptrunner", AppSession._create_scriptrunner)
    assert streamlit_rerun_patch.apply()
    script = tmp_path / "page.py"
    script.write_text(PAGE)
    return script


async def sent(session):
    """What the session has for the browser once it rests."""
    while session._scriptrunner is not None:
        await asyncio.sleep(0.01)
    return session.flush_browser_queue()


def timers(messages):
    """The parts of the page that want to be looked at again."""
    return [one.auto_rerun.fragment_id for one in messages if one.HasField("auto_rerun")]


def test_a_timer_that_asks_just_as_a_run_ends_costs_nothing_of_what_was_drawn(page):
    async def visit():
        session = AppSession(
            ScriptData(str(page), False),
            MemoryUploadedFileManager(""),
            ScriptCache(),
            message_enqueued_callback=None,
            user_info={},
        )
        session.request_rerun(ClientState())
        first = await sent(session)
        session.request_rerun(ClientState())
        session._scriptrunner._script_thread.join()  # the server is busy while the page is drawn
        asks = ClientState(fragment_id=timers(first)[0], is_auto_rerun=True)
        session.request_rerun(asks)
        both = await sent(session)
        session.shutdown()
        return first, both

    first, both = asynchronous.run(visit())
    assert timers(both) == timers(first)
    drawn = [one.delta.new_element.text.body for one in both if one.HasField("delta")]
    assert {"look", "page"} <= set(drawn)
    ends = [one.script_finished for one in both if one.HasField("script_finished")]
    assert ends == [ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY]


def without_runner(session, initial_rerun_data):
    """A way to begin a run that knows nothing of the run before."""


def with_more_to_say(session, initial_rerun_data, reason):
    """A way to begin a run that is called with one thing more."""
    session._scriptrunner = reason


@pytest.mark.parametrize(
    ("name", "replacement", "sentence"),
    [
        ("_create_scriptrunner", None, "AppSession._create_scriptrunner does not use"),
        ("_create_scriptrunner", without_runner, "does not use _scriptrunner"),
        ("_create_scriptrunner", with_more_to_say, "does not take one request"),
        ("request_rerun", without_runner, "does not use _create_scriptrunner, _scriptrunner"),
    ],
)
def test_a_streamlit_that_is_not_as_expected_is_left_alone_and_the_log_says_so(
    monkeypatch, caplog, name, replacement, sentence
):
    monkeypatch.setattr(AppSession, name, replacement)
    begin = AppSession._create_scriptrunner
    assert not streamlit_rerun_patch.apply()
    assert AppSession._create_scriptrunner is begin
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert sentence in caplog.text
    assert "the server goes on" in caplog.text


def test_a_streamlit_without_sessions_is_left_alone(monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "streamlit.runtime.app_session", None)
    assert not streamlit_rerun_patch.apply()
    assert "streamlit.runtime.app_session" in caplog.text


WITHOUT_THE_METHOD = """
from streamlit.runtime.app_session import AppSession
del AppSession._create_scriptrunner
"""

WITHOUT_THE_LOGGER = """
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "streamlit.error_util" else find(name)
"""

SERVER = """
from dashboard.classroom.server import app
print(type(app).__name__)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("", ""),
        (WITHOUT_THE_METHOD, "is not the one that the classroom was tested with"),
        (WITHOUT_THE_LOGGER, "what students wrote may stand in its log"),
    ],
)
def test_the_server_says_what_differs_and_goes_on(change, sentence):
    server = subprocess.run(
        [sys.executable, "-c", change + SERVER], capture_output=True, text=True, check=True
    )
    assert server.stdout == "App\n"
    assert sentence in server.stderr
    assert bool(server.stderr) == bool(sentence)
