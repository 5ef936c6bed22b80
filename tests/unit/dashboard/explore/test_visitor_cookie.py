"""The dashboard's server gives a browser a name of its own once, and bears what others have set."""

from contextlib import suppress

import pytest

from dashboard.explore.visitor_cookie import VisitorCookieMiddleware
from dashboard.explore.visitor_store import COOKIE


def cookies_set(sent: str) -> list[str]:
    """The cookies that come with a page, for a browser that sends these."""
    answers = []

    async def page(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        answers.extend(value.decode() for name, value in message["headers"])

    headers = [(b"accept", b"text/html"), (b"cookie", sent.encode())]
    scope = {"type": "http", "method": "GET", "headers": headers, "scheme": "http"}
    serving = VisitorCookieMiddleware(page)(scope, None, send)
    with suppress(StopIteration):  # nothing in it waits; and a test's browser may hold the loop
        serving.send(None)
    return answers


@pytest.mark.parametrize("sent", ["", "theme=dark", "a@b=1", 'prefs={"a":1}'])
def test_a_new_browser_gets_a_name_that_scripts_cannot_read(sent):
    (cookie,) = cookies_set(sent)
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie


@pytest.mark.parametrize("other", ["", "theme=dark; ", "a@b=1; ", 'prefs={"a":1}; ', "=; "])
def test_a_browser_that_has_a_name_keeps_it_whatever_others_have_set(other):
    assert cookies_set(f"{other}{COOKIE}=name") == []
