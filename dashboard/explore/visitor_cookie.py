"""The cookie by which a browser is known again; Streamlit's own pages cannot set one."""

from __future__ import annotations

import secrets

from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.explore.visitor_store import COOKIE

#: How long a browser remembers who it is, in seconds.
REMEMBERED = 180 * 24 * 3600


class Visitors:
    """Gives each browser a random name of its own, in a cookie that scripts cannot read.

    It is how saved what-ifs are found again. It says nothing about who the visitor is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; a page asked for without the cookie brings it along."""
        if scope["type"] != "http" or not _wants_page(scope) or _known(scope):
            await self.app(scope, receive, send)
            return
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        cookie = (
            f"{COOKIE}={secrets.token_urlsafe(24)}; Path=/; Max-Age={REMEMBERED}; HttpOnly; "
            f"SameSite=Lax{secure}"
        )

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"set-cookie", cookie.encode())]
            await send(message)

        await self.app(scope, receive, with_cookie)


def _wants_page(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return scope["method"] == "GET" and b"text/html" in headers.get(b"accept", b"")


def _known(scope: Scope) -> bool:
    sent = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
    return COOKIE in cookie_parser(sent)  # bears what other servers of this host have set
