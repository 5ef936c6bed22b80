"""Parts of the page What if that a visitor writes in: what is saved, guessed, met and changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard.common import theme
from dashboard.common.paths import home
from dashboard.explore import class_wall, page_state
from dashboard.explore.answers import WhatIfAnswer, headline_on
from dashboard.explore.challenges import Challenge, offered
from dashboard.explore.page_state import WhatIf
from dashboard.explore.visitor_store import COOKIE, StorageError, VisitorStore
from sim.scenario.quantity import Quantity
from sim.scenario.schema import Scenario

#: Kinds of things kept.
WHAT_IFS, GUESSES, MET = "what-if", "guess", "challenge"


def notebook() -> VisitorStore:
    """Where this server keeps what visitors save."""
    return VisitorStore(home() / "visitors.sqlite")


def visitor() -> str:
    """The visitor's name from the cookie; empty where the browser sends none."""
    return str(st.context.cookies.get(COOKIE, ""))


def keep(kind: str, name: str, content: Any) -> bool:
    """Keep something for this visitor, or say why not."""
    try:
        notebook().keep(visitor(), kind, name, content)
    except StorageError as error:
        st.warning(theme.plain(str(error)))
        return False
    return True


# --- Guesses


def guessed(mark: str) -> bool:
    """Whether a guess was made for this answer, now or in an earlier visit."""
    return mark in st.session_state.get("guesses", {}) or mark in notebook().kept(
        visitor(), GUESSES
    )


def guess(mark: str, value: int) -> None:
    """Write a guess down."""
    st.session_state.setdefault("guesses", {})[mark] = {"guess": value}
    keep(GUESSES, mark, {"guess": value})


def reckon(asked: WhatIf, answer: WhatIfAnswer, days: Iterable[int]) -> None:
    """Hold a guess against the answer, and keep how far off it was."""
    if not asked.moved:
        return
    mine = {**notebook().kept(visitor(), GUESSES), **st.session_state.get("guesses", {})}
    for day in days:
        mark = f"{asked.question().key()[:16]}-{day}"
        written = mine.get(mark)
        if written is None:
            continue
        arms = headline_on(answer.headline, day).arms
        was, base = (100 * (arms[arm].estimate or 0.0) for arm in ("changed", "baseline"))
        if "off" not in written:
            written = {**written, "off": abs(written["guess"] - was), "plain": abs(base - was)}
            st.session_state.setdefault("guesses", {})[mark] = written
            keep(GUESSES, mark, written)
        st.success(
            f"By day {day} you guessed {written['guess']} of 100; it is {was:.0f}. You were "
            f"{written['off']:.0f} off. Whoever says “no change” would be {written['plain']:.0f} "
            "off."
        )


def score() -> None:
    """How good the visitor's guesses have been, against guessing no change."""
    mine = {**notebook().kept(visitor(), GUESSES), **st.session_state.get("guesses", {})}
    known = [one for one in mine.values() if "off" in one]
    if known:
        off, plain = (sum(one[key] for one in known) / len(known) for key in ("off", "plain"))
        times = "guess" if len(known) == 1 else "guesses"
        st.caption(
            f"Your {len(known)} {times}: {off:.0f} of 100 off on average; guessing “no change” "
            f"would be {plain:.0f} off."
        )


# --- Luck, and every number


def luck(asked: WhatIf, ask: Callable[[WhatIf], None], new: int) -> None:
    """Play the same question with other luck, or with the usual."""
    from dataclasses import replace

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "New luck",
            on_click=ask,
            args=(replace(asked, seed=new),),
            icon=":material/casino:",
            help="Play both arms again with other luck. What stays is the effect, what moves is "
            "noise.",
        )
        st.button(
            "Usual luck", on_click=ask, args=(replace(asked, seed=1),), disabled=asked.seed == 1
        )
        st.caption(f"Seed {asked.seed}")


def advanced(asked: WhatIf, case: Scenario, ask: Callable[[WhatIf], None]) -> None:
    """Every number of the scenario, grouped as in the file, and how much is played."""
    from dataclasses import replace

    drawer = st.expander(
        "Advanced: every number", expanded=bool(asked.changes), key="drawer", on_change="rerun"
    )
    if not drawer.open:
        return
    with drawer:
        numbers = case.quantities()
        for path, value in asked.changes:
            st.button(
                f"{path} = {value}: put it back to {numbers[path].centre:.4g}",
                on_click=ask,
                args=(asked.with_change(path, None),),
                icon=":material/undo:",
            )
        groups = dict.fromkeys(_group(path) for path in numbers)
        group = st.selectbox("Part of the scenario", list(groups))
        path = st.selectbox(
            "Number",
            [path for path in numbers if _group(path) == group],
            format_func=lambda path: path.removeprefix(f"{group}."),
        )
        _number(asked, case, path, numbers[path], ask)
        runs = st.select_slider(
            "Talks to play", (200, 500, 1000, 2000, 5000, 10_000), value=_nearest_runs(asked.runs)
        )
        days = st.number_input("Days to follow", 1, page_state.MOST_DAYS, asked.days)
        st.button(
            "Play so many",
            on_click=ask,
            args=(replace(asked, runs=int(runs), days=int(days)),),
            disabled=(runs, days) == (asked.runs, asked.days),
        )
        st.button(
            "Make this the baseline",
            on_click=ask,
            args=(replace(asked, pinned=asked.levers),),
            disabled=not asked.levers or asked.pinned == asked.levers,
            help="From now on, changes are held against the levers as they stand.",
        )
        st.button(
            "Baseline as in the scenario",
            on_click=ask,
            args=(replace(asked, pinned=()),),
            disabled=not asked.pinned,
        )


def _group(path: str) -> str:
    """Where a number stands in the file: its part, and which one of these."""
    parts = path.split(".")
    several = ("parties", "mediators", "captives", "prisoners", "spoilers", "issues")
    return ".".join(parts[:2]) if parts[0] in several else parts[0]


def _number(
    asked: WhatIf, case: Scenario, path: str, number: Quantity, ask: Callable[[WhatIf], None]
) -> None:
    """One number: what it is now, what it rests on, and another value to try."""
    rests = case.sources[number.source].title if number.source else f"{number.basis}"
    note = f" {number.note}" if number.note else ""
    st.caption(theme.plain(f"{path}: {number.centre:.4g} in the scenario. {rests}.{note}"))
    value = st.text_input(
        "Try this value instead", key=f"try-{path}", placeholder=f"{number.centre:.4g}"
    ).strip()
    if not value:
        return
    wrong = page_state.complaint(asked.scenario, {**dict(asked.changes), path: value})
    if wrong:
        st.warning(theme.plain(wrong))
        return
    st.button(
        "Use it",
        type="primary",
        on_click=ask,
        args=(asked.with_change(path, value),),
        disabled=dict(asked.changes).get(path) == value,
    )


def _nearest_runs(runs: int) -> int:
    return min((200, 500, 1000, 2000, 5000, 10_000), key=lambda choice: abs(choice - runs))


# --- What-ifs that are saved


def saved(asked: WhatIf, open_query: Callable[[str], None]) -> None:
    """Save this what-if under a name, and open or remove those saved before."""
    st.divider()
    st.header("Keep and share", anchor=False)
    title = asked.baseline.case().title
    st.markdown("A link to exactly this, to send or to cite:")
    address = (st.context.url or "").split("?")[0]
    st.code(f"{address}{asked.link()}", language=None, wrap_lines=True)
    st.code(asked.citation(title), language=None, wrap_lines=True)
    with st.form("save", border=False, clear_on_submit=True):
        name = st.text_input("Save this what-if as", max_chars=80)
        pressed = st.form_submit_button("Save")
        if pressed and not name.strip():
            st.warning("Give it a name first.")
        elif pressed:
            query = urlencode(asked.as_query(), doseq=True)
            if keep(WHAT_IFS, name.strip(), query):
                st.toast("Saved. It is still here when you come back with this browser.")
    for name, query in notebook().kept(visitor(), WHAT_IFS).items():
        with st.container(horizontal=True, vertical_alignment="center"):
            called = theme.plain(name)
            st.button(f"Open “{called}”", key=f"open-{name}", on_click=open_query, args=(query,))
            st.button(
                f"Remove “{called}”",
                key=f"remove-{name}",
                type="tertiary",
                on_click=notebook().remove,
                args=(visitor(), WHAT_IFS, name),
            )


def to_class(asked: WhatIf) -> None:
    """Send this what-if to a class wall."""
    with st.form("to-class", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            code = st.text_input("Code of your class wall", max_chars=12)
            name = st.text_input("Call it", max_chars=class_wall.LONGEST_NAME)
        if not st.form_submit_button("Send to class"):
            return
    query = urlencode(asked.as_query(), doseq=True)
    try:
        class_wall.send(notebook(), visitor(), class_wall.code_of(code), name, query)
    except StorageError as error:
        st.warning(theme.plain(str(error)))
    else:
        st.success("Sent. It hangs on the wall of your class now.")


# --- Challenges


def challenges_met(met: list[Challenge]) -> None:
    """Congratulate for challenges that are met for the first time."""
    before = {**notebook().kept(visitor(), MET), **st.session_state.get("met", {})}
    for challenge in met:
        if challenge.name not in before:
            st.session_state.setdefault("met", {})[challenge.name] = True
            keep(MET, challenge.name, True)
            st.success(f"You have met the challenge “{challenge.title}”. {challenge.lesson}")


def challenges_list(case: Scenario) -> None:
    """The challenges of a scenario, and which of them are met."""
    st.header("Challenges", anchor=False)
    met = {**notebook().kept(visitor(), MET), **st.session_state.get("met", {})}
    for challenge in offered(case):
        done = challenge.name in met
        sign = ":material/check_circle: met" if done else ":material/radio_button_unchecked: open"
        st.markdown(f"{sign} — **{challenge.title}.** {challenge.task}")
    st.caption("Each is checked by itself whenever you compare something. Afterwards: play freely.")
