"""The doors: where a code becomes a seat, and a link a cookie.

Pages of Streamlit cannot set cookies, so these are pages of their own. A GET shows something, or
hands the browser a cookie for a link that is already good; only a POST asks for a seat.
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

from dashboard.classroom import context as rooms
from dashboard.classroom.context import HOST, PASS, instructor_cookie, now, room, seat_cookie
from dashboard.classroom.seat_cards import Card, read_list, seat_all, titles
from sim.classroom.commands import INSTRUCTOR
from sim.classroom.decide import RefusedError, free_seats
from sim.classroom.plan import standing
from sim.classroom.storage.access import TooManyError, as_code
from sim.classroom.storage.database import UnavailableError

PAGES = Environment(loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True)

#: A cookie lasts as long as a long class day; a link brings another.
COOKIE_LASTS = 7 * 24 * 3600

#: A form of ours is never longer, in bytes.
LONGEST_FORM = 4096

#: A list of all names of a large class is never longer, in bytes.
LONGEST_LIST = 64 * 1024

TOO_LONG = "That is too long."

#: On every answer of a door: nothing is kept, framed, or told to the next page.
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


def page(name: str, status: int = 200, **content: Any) -> HTMLResponse:
    """A page from its template."""
    base = os.environ.get(rooms.BASE_PATH, "")
    html = PAGES.get_template(name).render(base=base, **content)
    return HTMLResponse(html, status_code=status, headers=STRICT)


def moved(path: str) -> RedirectResponse:
    """On to a clean address."""
    return RedirectResponse(
        os.environ.get(rooms.BASE_PATH, "") + path, status_code=303, headers=STRICT
    )


def give(request: Request, response: Response, name: str, value: str) -> None:
    """A cookie that scripts cannot read and other sites cannot send with a form."""
    secure = request.url.scheme == "https"
    response.set_cookie(
        name, value, max_age=COOKIE_LASTS, httponly=True, samesite="lax", secure=secure
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


# -- joining -------------------------------------------------------------------------------------


async def join(request: Request) -> Response:
    """Ask for the code, then for a name; a POST takes the seat."""
    if request.method == "POST":
        return await _take_seat(request)
    typed = request.path_params.get("code") or request.query_params.get("code", "")
    seats = await run_in_threadpool(_seats_of, request)
    if seats:  # also where its code is no longer good
        return page("join.html", code="", title="", wrong="", seats=seats)
    return await run_in_threadpool(_form, request, typed[:40])


def _seats_of(request: Request) -> list[dict[str, str]]:
    """The exercises under way in which this browser has a seat: where to go, and their titles."""
    found = []
    for name in request.cookies:
        exercise = name.removeprefix(seat_cookie(""))
        if exercise == name or room().seat(exercise, request.cookies) is None:
            continue
        state = room().store.state(exercise)
        if state.phase in ("lobby", "briefing", "playing"):
            found.append({"exercise": exercise, "title": state.setting.plan.title})
    return found


def _form(request: Request, typed: str) -> Response:
    visitor, address, at = request.cookies.get(PASS, ""), _address(request), now() / 1000
    issued = ""
    try:
        if not room().gate.knows(visitor):  # nobody's, or of before this server was started
            visitor = issued = room().gate.issue(address, at)
        answer = _for_code(visitor, address, typed, at)
    except TooManyError as error:
        answer = _wait(error)
    if issued:
        give(request, answer, PASS, issued)
    return answer


def _for_code(visitor: str, address: str, typed: str, at: float) -> Response:
    if not typed:
        return page("join.html", code="", title="", wrong="", seats=[])
    room().gate.check(visitor, address, at)
    exercise = room().store.find_code(typed)
    if exercise is None:
        room().gate.failed(visitor, address, at)
        wrong = (
            "No exercise is open under this code. Read it off the wall again; if it has begun, ask "
            "your instructor."
        )
        return page("join.html", 404, code="", title="", wrong=wrong, seats=[])
    state = room().store.state(exercise)
    plan = state.setting.plan
    return page(
        "join.html",
        code=as_code(typed),
        title=plan.title,
        wrong="",
        key=rooms.new_key(),
        roles=titles(state) if plan.seating == "wish" else {},
        asks_first=plan.joining == "asked",
    )


async def _take_seat(request: Request) -> Response:
    form = await _sent(request, LONGEST_FORM)
    if form is None:
        return page("sorry.html", 413, words=TOO_LONG)
    return await run_in_threadpool(_joined, request, form)


async def _sent(request: Request, longest: int) -> dict[str, str] | None:
    """What a form holds; None where it is longer than it may be, in bytes."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > longest:
            return None
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _joined(request: Request, form: dict[str, str]) -> Response:
    visitor, address, at = request.cookies.get(PASS, ""), _address(request), now() / 1000
    code, key = form.get("code", ""), form.get("key", "")
    if not room().gate.knows(visitor):
        return moved(f"/join/{as_code(code)}")  # where there is a pass to be had
    try:
        room().gate.check(visitor, address, at)
        exercise = room().store.find_code(code)
        if exercise is None:
            room().gate.failed(visitor, address, at)
            raise RefusedError("no exercise is open under this code; read it off the wall again")
        if room().seat(exercise, request.cookies) is not None:
            return moved(f"/seat?exercise={exercise}")
        room().gate.admit(as_code(code), at)
        wishes = form.get("wishes", "")
        token = room().store.join(code, form.get("name", ""), f"join.{key}", now(), wishes)
    except TooManyError as error:
        return _wait(error)
    except UnavailableError as error:
        return page("sorry.html", 503, words=str(error))
    except ValueError as error:
        words = str(error) if isinstance(error, RefusedError) else "Please reload the page."
        return page("sorry.html", 409, words=f"{words[:1].upper()}{words[1:]}")
    answer = moved(f"/seat?exercise={exercise}")
    give(request, answer, seat_cookie(exercise), token)
    return answer


def _wait(error: TooManyError) -> Response:
    answer = page("sorry.html", 429, words=f"{str(error)[:1].upper()}{str(error)[1:]}.")
    answer.headers["Retry-After"] = str(max(round(error.wait), 1))
    return answer


# -- links ---------------------------------------------------------------------------------------


async def link(request: Request) -> Response:
    """A seat's or an instructor's link: its token becomes a cookie, and leaves the address."""
    return await run_in_threadpool(_link, request, request.path_params["token"])


def _link(request: Request, token: str) -> Response:
    holder = room().store.holder(token)
    if holder is None:
        return _nowhere()
    if holder.name == INSTRUCTOR:
        answer = moved(f"/instructor?exercise={holder.exercise}")
        give(request, answer, instructor_cookie(holder.exercise), token)
    else:
        answer = moved(f"/seat?exercise={holder.exercise}")
        give(request, answer, seat_cookie(holder.exercise), token)
    return answer


async def host(request: Request) -> Response:
    """The link that is printed when the server starts."""
    return await run_in_threadpool(_host, request, request.path_params["token"])


def _host(request: Request, token: str) -> Response:
    if not room().is_host(token):
        return _nowhere()
    answer = moved("/host")
    give(request, answer, HOST, token)
    return answer


def _nowhere() -> Response:
    try:
        room().gate.lost(now() / 1000)
    except TooManyError as error:
        return _wait(error)
    return page("sorry.html", 404, words=NO_SUCH_LINK)


# -- on paper ------------------------------------------------------------------------------------


async def handouts(request: Request) -> Response:
    """Role sheets and seat cards to print, for the instructor's eyes."""
    return await run_in_threadpool(_handouts, request, request.path_params["exercise"])


def _handouts(request: Request, exercise: str) -> Response:
    if not room().instructs(exercise, request.cookies):
        return page("sorry.html", 403, words="Only the instructor prints these.")
    try:
        state = room().store.state(exercise)
    except KeyError:
        return page("sorry.html", 404, words="There is no such exercise.")
    setting = state.setting
    return page(
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
    )


async def cards(request: Request) -> Response:
    """A list of names becomes cards with personal links; only a POST seats anybody."""
    form = None
    if request.method == "POST":
        form = await _sent(request, LONGEST_LIST)
        if form is None:
            return page("sorry.html", 413, words=TOO_LONG)
    return await run_in_threadpool(_cards, request, request.path_params["exercise"], form)


def _cards(request: Request, exercise: str, form: dict[str, str] | None) -> Response:
    if not room().instructs(exercise, request.cookies):
        return page("sorry.html", 403, words="Only the instructor prints these.")
    if room().store.join_code(exercise) is None:
        return page("sorry.html", 409, words="Links are handed out before the exercise starts.")
    state = room().store.state(exercise)
    if form is None:
        return page(
            "cards.html",
            free=len(free_seats(state)),
            roles=list(titles(state).values()),
            key=rooms.new_key(),
        )
    try:
        people = read_list(form.get("names", ""), state)
        handed = seat_all(room(), exercise, people, form.get("key", ""), now())
    except UnavailableError as error:
        return page("sorry.html", 503, words=str(error))
    except ValueError as error:
        return page("sorry.html", 409, words=f"{str(error)[:1].upper()}{str(error)[1:]}.")
    base = f"{str(request.base_url).rstrip('/')}{os.environ.get(rooms.BASE_PATH, '')}"
    made = [_printed(card, f"{base}/enter/{card.token}") for card in handed]
    return page("cards.html", cards=made, title=state.setting.plan.title)


def _printed(card: Card, link: str) -> dict[str, Any]:
    picture = segno.make(link).svg_data_uri(border=1)
    return {
        "name": card.name,
        "table": card.table,
        "title": card.title,
        "link": link,
        "picture": picture,
    }


def doors(base: str) -> list[Route]:
    """All doors, under the path at which a proxy serves the classroom."""
    return [
        Route(f"{base}/join", join, methods=["GET", "POST"]),
        Route(f"{base}/join/{{code}}", join, methods=["GET"]),
        Route(f"{base}/enter/{{token}}", link, methods=["GET"]),
        Route(f"{base}/begin/{{token}}", host, methods=["GET"]),
        Route(f"{base}/handouts/{{exercise}}", handouts, methods=["GET"]),
        Route(f"{base}/cards/{{exercise}}", cards, methods=["GET", "POST"]),
    ]
