"""One run of a page begins when all that the last one has drawn is taken over.

Streamlit 1.67 starts a new run at once when a timer asks for one just as the last run ends, and
from then on it throws away whatever the last run has drawn and the server has not taken over yet.
Where the server is busy that can be the whole page: what was pressed has been done and is never
shown, and if the page's timer was among it, the page stands still from then on.
"""

from __future__ import annotations

from collections.abc import Callable

from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

#: Seconds until we look again whether the last run has been taken over.
SHORTLY = 0.01

Begin = Callable[[AppSession, RerunData], None]


def in_turn(begin: Begin) -> Begin:
    """How a session begins a run, made to wait for the end of the run before.

    `begin` is Streamlit's own way. A session without a run has none that it could lose; one whose
    run goes on takes the request along; the others are asked again shortly.
    """

    def begin_in_turn(session: AppSession, asked: RerunData) -> None:
        if session._scriptrunner is None:
            begin(session, asked)
        elif not session._scriptrunner.request_rerun(asked):
            session._event_loop.call_later(SHORTLY, later, session, asked)

    def later(session: AppSession, asked: RerunData) -> None:
        if session._state != AppSessionState.SHUTDOWN_REQUESTED:
            begin_in_turn(session, asked)

    return begin_in_turn
