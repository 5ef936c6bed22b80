"""Routes outside Streamlit: join with a code, open a link, print cards and handouts.

Streamlit pages cannot set cookies, so these are pages of their own. A GET shows something, or sets
a cookie for a link that is already valid; only a POST asks for a seat.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import segno
from jinja2 import Environment, FileSystemLoader
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from dashboard.classroom.context import (
    BASE_PATH,
    HOST,
    PASS,
    context,
    instructor_cookie,
    new_key,
    now,
    seat_cookie,
)
from dashboard.classroom.seat_cards import Card, read_list, seat_all, titles
from sim.classroom.briefs import commitments
from sim.classroom.commands import INSTRUCTOR
from sim.classroom.decide import RefusedError, free_seats
from sim.classroom.plan import standing
from sim.classroom.state import Table
from sim.classroom.storage.access import TooManyError, as_code
from sim.classroom.storage.database import UnavailableError

PAGES = Environment(loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True)

#: A cookie lasts as long as a long class day; a link brings another.
COOKIE_LIFETIME = 7 * 24 * 3600

#: The longest form, in bytes.
MAX_FORM = 4096

#: The longest list of names, in bytes.
MAX_LIST = 64 * 1024

TOO_LONG = "That is too long."

#: Headers of every answer: no caching, no frames, no referrer.
STRICT = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}

NO_SUCH_LINK = (
    "This link is not good any more. Ask your instructor for another; whoever runs this server "
    "finds a new one where it was started."
)


def render(name: str, status: int = 200, **content: Any) -> HTMLResponse:
    """Render a page from its template."""
    base = os.environ.get(BASE_PATH, "")
    html = PAGES.get_template(name).render(base=base, **content)
    return HTMLResponse(html, status_code=status, headers=STRICT)


def redirect(path: str) -> RedirectResponse:
    """Redirect to a path of this server."""
    return RedirectResponse(os.environ.get(BASE_PATH, "") + path, status_code=303, headers=STRICT)


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """Set a cookie that scripts cannot read and other sites cannot send with a form."""
    secure = request.url.scheme == "https"
    response.set_cookie(
        name, value, max_age=COOKIE_LIFETIME, httponly=True, samesite="lax", secure=secure
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


# -- joining -------------------------------------------------------------------------------------


async def join(request: Request) -> Response:
    """Ask for the code, then for a name; a POST takes the seat."""
    if request.method == "POST":
        return await _take_seat(request)
    typed = request.path_params.get("code") or request.query_params.get("code", "")
    seats = await run_in_threadpool(_open_seats, request)
    if seats:  # also where its code is no longer good
        return render("join.html", code="", title="", wrong="", seats=seats)
    return await run_in_threadpool(_join_page, request, typed[:40])


def _open_seats(request: Request) -> list[dict[str, str]]:
    """Return the id and title of each open exercise in which this browser has a seat."""
    seats = []
    for name in request.cookies:
        exercise = name.removeprefix(seat_cookie(""))
        if exercise == name or context().seat_holder(exercise, request.cookies) is None:
            continue
        state = context().store.state(exercise)
        if state.phase in ("lobby", "briefing", "playing"):
            seats.append({"exercise": exercise, "title": state.setting.plan.title})
    return seats


def _join_page(request: Request, typed: str) -> Response:
    visitor, address, at = request.cookies.get(PASS, ""), _address(request), now() / 1000
    issued = ""
    try:
        if not context().limiter.was_issued(visitor):  # none, or from before the last start
            visitor = issued = context().limiter.issue(address, at)
        answer = _code_page(visitor, address, typed, at)
    except TooManyError as error:
        answer = _too_many_attempts(error)
    if issued:
        set_cookie(request, answer, PASS, issued)
    return answer


def _code_page(visitor: str, address: str, typed: str, at: float) -> Response:
    if not typed:
        return render("join.html", code="", title="", wrong="", seats=[])
    context().limiter.check(visitor, address, at)
    exercise = context().store.find_code(typed)
    if exercise is None:
        context().limiter.record_failure(visitor, address, at)
        wrong = (
            "No exercise is open under this code. Read it off the wall again; if it has begun, ask "
            "your instructor."
        )
        return render("join.html", 404, code="", title="", wrong=wrong, seats=[])
    state = context().store.state(exercise)
    plan = state.setting.plan
    return render(
        "join.html",
        code=as_code(typed),
        title=plan.title,
        wrong="",
        key=new_key(),
        roles=titles(state) if plan.seating == "wish" else {},
        asks_first=plan.joining == "asked",
    )


async def _take_seat(request: Request) -> Response:
    form = await _read_form(request, MAX_FORM)
    if form is None:
        return render("sorry.html", 413, words=TOO_LONG)
    return await run_in_threadpool(_join, request, form)


async def _read_form(request: Request, longest: int) -> dict[str, str] | None:
    """Read a form; return None if it is longer than `longest` bytes."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > longest:
            return None
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _join(request: Request, form: dict[str, str]) -> Response:
    visitor, address, at = request.cookies.get(PASS, ""), _address(request), now() / 1000
    code, key = form.get("code", ""), form.get("key", "")
    if not context().limiter.was_issued(visitor):
        return redirect(f"/join/{as_code(code)}")  # where there is a pass to be had
    try:
        context().limiter.check(visitor, address, at)
        exercise = context().store.find_code(code)
        if exercise is None:
            context().limiter.record_failure(visitor, address, at)
            raise RefusedError("no exercise is open under this code; read it off the wall again")
        if context().seat_holder(exercise, request.cookies) is not None:
            return redirect(f"/seat?exercise={exercise}")
        context().limiter.check_code(as_code(code), at)
        wishes = form.get("wishes", "")
        token = context().store.join(code, form.get("name", ""), f"join.{key}", now(), wishes)
    except TooManyError as error:
        return _too_many_attempts(error)
    except UnavailableError as error:
        return render("sorry.html", 503, words=str(error))
    except ValueError as error:
        words = str(error) if isinstance(error, RefusedError) else "Please reload the page."
        return render("sorry.html", 409, words=f"{words[:1].upper()}{words[1:]}")
    answer = redirect(f"/seat?exercise={exercise}")
    set_cookie(request, answer, seat_cookie(exercise), token)
    return answer


def _too_many_attempts(error: TooManyError) -> Response:
    answer = render("sorry.html", 429, words=f"{str(error)[:1].upper()}{str(error)[1:]}.")
    answer.headers["Retry-After"] = str(max(round(error.wait), 1))
    return answer


# -- links ---------------------------------------------------------------------------------------


async def link(request: Request) -> Response:
    """Open a seat's or an instructor's link: move its token from the address to a cookie."""
    return await run_in_threadpool(_link, request, request.path_params["token"])


def _link(request: Request, token: str) -> Response:
    holder = context().store.holder(token)
    if holder is None:
        return _unknown_link()
    if holder.name == INSTRUCTOR:
        answer = redirect(f"/instructor?exercise={holder.exercise}")
        set_cookie(request, answer, instructor_cookie(holder.exercise), token)
    else:
        answer = redirect(f"/seat?exercise={holder.exercise}")
        set_cookie(request, answer, seat_cookie(holder.exercise), token)
    return answer


async def host(request: Request) -> Response:
    """Open the link that is printed when the server starts."""
    return await run_in_threadpool(_host, request, request.path_params["token"])


def _host(request: Request, token: str) -> Response:
    if not context().is_host_token(token):
        return _unknown_link()
    answer = redirect("/host")
    set_cookie(request, answer, HOST, token)
    return answer


def _unknown_link() -> Response:
    try:
        context().limiter.record_bad_link(now() / 1000)
    except TooManyError as error:
        return _too_many_attempts(error)
    return render("sorry.html", 404, words=NO_SUCH_LINK)


# -- on paper ------------------------------------------------------------------------------------


async def handouts(request: Request) -> Response:
    """Show role sheets and seat cards to print, to the instructor only."""
    return await run_in_threadpool(_handouts, request, request.path_params["exercise"])


def _handouts(request: Request, exercise: str) -> Response:
    if not context().is_instructor(exercise, request.cookies):
        return render("sorry.html", 403, words="Only the instructor prints these.")
    try:
        state = context().store.state(exercise)
    except KeyError:
        return render("sorry.html", 404, words="There is no such exercise.")
    setting = state.setting
    return render(
        "handouts.html",
        title=setting.plan.title,
        note=setting.scenario.content_note,
        summary=setting.scenario.summary,
        roles=list(setting.roles.values()),
        titles={name: role.title for name, role in setting.roles.items()},
        issues=list(setting.scenario.issues.values()),
        places=setting.places,
        tables=list(state.tables),
        standing=standing,
        # A sheet is for all tables: what differs from one to another is on the seat's page.
        commitments={role: commitments(setting, Table(0, {}), role) for role in setting.roles},
    )


async def cards(request: Request) -> Response:
    """Turn a list of names into cards with personal links; only a POST seats anybody."""
    form = None
    if request.method == "POST":
        form = await _read_form(request, MAX_LIST)
        if form is None:
            return render("sorry.html", 413, words=TOO_LONG)
    return await run_in_threadpool(_cards, request, request.path_params["exercise"], form)


def _cards(request: Request, exercise: str, form: dict[str, str] | None) -> Response:
    if not context().is_instructor(exercise, request.cookies):
        return render("sorry.html", 403, words="Only the instructor prints these.")
    if context().store.join_code(exercise) is None:
        return render("sorry.html", 409, words="Links are handed out before the exercise starts.")
    state = context().store.state(exercise)
    if form is None:
        return render(
            "cards.html",
            free=len(free_seats(state)),
            roles=list(titles(state).values()),
            key=new_key(),
        )
    try:
        people = read_list(form.get("names", ""), state)
        seated = seat_all(context(), exercise, people, form.get("key", ""), now())
    except UnavailableError as error:
        return render("sorry.html", 503, words=str(error))
    except ValueError as error:
        return render("sorry.html", 409, words=f"{str(error)[:1].upper()}{str(error)[1:]}.")
    base = f"{str(request.base_url).rstrip('/')}{os.environ.get(BASE_PATH, '')}"
    printed = [_card_content(card, f"{base}/enter/{card.token}") for card in seated]
    return render("cards.html", cards=printed, title=state.setting.plan.title)


def _card_content(card: Card, link: str) -> dict[str, Any]:
    picture = segno.make(link).svg_data_uri(border=1)
    return {
        "name": card.name,
        "table": card.table,
        "title": card.title,
        "link": link,
        "picture": picture,
    }


def routes(base: str) -> list[Route]:
    """Return all routes, under the path at which a proxy serves the classroom."""
    return [
        Route(f"{base}/join", join, methods=["GET", "POST"]),
        Route(f"{base}/join/{{code}}", join, methods=["GET"]),
        Route(f"{base}/enter/{{token}}", link, methods=["GET"]),
        Route(f"{base}/begin/{{token}}", host, methods=["GET"]),
        Route(f"{base}/handouts/{{exercise}}", handouts, methods=["GET"]),
        Route(f"{base}/cards/{{exercise}}", cards, methods=["GET", "POST"]),
    ]
