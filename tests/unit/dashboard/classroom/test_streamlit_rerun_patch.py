"""No run of a page is lost because the next one is asked for."""

import asyncio
from unittest.mock import MagicMock

import pytest
from streamlit import runtime
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner.script_cache import ScriptCache

from dashboard.classroom.streamlit_rerun_patch import in_turn

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
    monkeypatch.setattr(
        AppSession, "_create_scriptrunner", in_turn(AppSession._create_scriptrunner)
    )
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

    first, both = asyncio.run(visit())
    assert timers(both) == timers(first)
    drawn = [one.delta.new_element.text.body for one in both if one.HasField("delta")]
    assert {"look", "page"} <= set(drawn)
    ends = [one.script_finished for one in both if one.HasField("script_finished")]
    assert ends == [ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY]
