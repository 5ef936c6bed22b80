"""The middleware that sets the visitor's cookie; Streamlit's own pages cannot set one."""

from __future__ import annotations

import secrets

from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.explore.visitor_store import COOKIE

#: How long a browser keeps the cookie, in seconds.
MAX_AGE = 180 * 24 * 3600


class VisitorCookieMiddleware:
    """ASGI middleware that gives each browser a random name in an HttpOnly cookie.

    Saved what-ifs are found again by it. It does not say who the visitor is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; set the cookie with a page that was asked for without it."""
        if scope["type"] != "http" or not _wants_page(scope) or _has_cookie(scope):
            await self.app(scope, receive, send)
            return
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        cookie = (
            f"{COOKIE}={secrets.token_urlsafe(24)}; Path=/; Max-Age={MAX_AGE}; HttpOnly; "
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


def _has_cookie(scope: Scope) -> bool:
    cookie_header = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
    return COOKIE in cookie_parser(cookie_header)  # tolerates cookies of other servers of this host
