"""One run of a page begins when all that the last one has drawn is taken over.

Streamlit 1.67 starts a new run at once when a timer asks for one just as the last run ends, and
from then on it throws away whatever the last run has drawn and the server has not taken over yet.
Where the server is busy that can be the whole page: what was pressed has been done and is never
shown, and if the page's timer was among it, the page stands still from then on.

What is wrapped here is no public part of Streamlit. So `apply` looks first whether it is as it was
when this was written; where it is not, the log says so and Streamlit stays as it came.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from streamlit.runtime.app_session import AppSession
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

#: Seconds until we look again whether the last run has been taken over.
SHORTLY = 0.01

#: The methods of a session that matter here, and the names that each of them must use.
USED = {
    "__init__": {"_event_loop", "_state", "_scriptrunner"},
    "request_rerun": {"_scriptrunner", "_create_scriptrunner"},
    "_create_scriptrunner": {"_scriptrunner"},
    # It gives up the runner of a run once all that the run has drawn is taken over.
    "_handle_scriptrunner_event_on_event_loop": {"_scriptrunner", "_state", "SHUTDOWN"},
}

Begin = Callable[["AppSession", "RerunData"], None]

log = logging.getLogger(__name__)


def apply() -> bool:
    """Make every session begin its runs in turn; return whether this Streamlit allows it."""
    if differs := difference():
        log.warning(
            "Streamlit %s is not the one that the classroom was tested with (%s); the server goes "
            "on without its correction, and on a busy server a page may stand still until it is "
            "reloaded",
            st.__version__,
            differs,
        )
        return False
    from streamlit.runtime.app_session import AppSession

    AppSession._create_scriptrunner = in_turn(  # type: ignore[assignment, method-assign]
        AppSession._create_scriptrunner
    )
    return True


def difference() -> str | None:
    """Return what is not as expected in the parts of Streamlit that are used here, if anything."""
    try:
        from streamlit.runtime.app_session import AppSession, AppSessionState
        from streamlit.runtime.scriptrunner import ScriptRunner
    except ImportError as error:
        return str(error)
    for name, expected in USED.items():
        if lacking := expected - _names_in(getattr(AppSession, name, None)):
            return f"AppSession.{name} does not use {', '.join(sorted(lacking))}"
    if not hasattr(AppSessionState, "SHUTDOWN_REQUESTED"):
        return "there is no AppSessionState.SHUTDOWN_REQUESTED"
    for method in (AppSession._create_scriptrunner, getattr(ScriptRunner, "request_rerun", None)):
        if not _takes_one_request(method):
            return f"{getattr(method, '__qualname__', method)} does not take one request"
    return None


def _names_in(method: Any) -> set[str]:
    """Return the global names and attributes that a method uses; none if it is no function."""
    code = getattr(method, "__code__", None)
    return set(code.co_names) if code is not None else set()


def _takes_one_request(method: Any) -> bool:
    """Return whether a method is an ordinary one that is called with a request and no more."""
    if not inspect.isfunction(method) or inspect.iscoroutinefunction(method):
        return False
    try:
        inspect.signature(method).bind("session", "request")
    except TypeError:
        return False
    return True


def in_turn(begin: Begin) -> Begin:
    """Return how a session begins a run, made to wait for the end of the run before.

    `begin` is Streamlit's own way. A session without a run has none that it could lose; one whose
    run goes on takes the request along; the others are asked again shortly.
    """
    from streamlit.runtime.app_session import AppSessionState

    def begin_in_turn(session: AppSession, asked: RerunData) -> None:
        if session._scriptrunner is None:
            begin(session, asked)
        elif not session._scriptrunner.request_rerun(asked):
            session._event_loop.call_later(SHORTLY, later, session, asked)

    def later(session: AppSession, asked: RerunData) -> None:
        if session._state != AppSessionState.SHUTDOWN_REQUESTED:
            begin_in_turn(session, asked)

    return begin_in_turn
