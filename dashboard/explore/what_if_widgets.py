"""Widgets of the page What if: guesses, the seed, every number, saving, challenges."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard.common import theme
from dashboard.common.paths import home
from dashboard.explore import class_wall, page_state
from dashboard.explore.answer_models import WhatIfAnswer, headline_on
from dashboard.explore.challenges import Challenge, challenges_for
from dashboard.explore.page_state import WhatIf
from dashboard.explore.visitor_store import COOKIE, StorageError, VisitorStore
from sim.reporting.summary import event_frequency
from sim.scenario.quantity import Quantity
from sim.scenario.schema import OutsideEvent, Scenario

#: Kinds of saved values.
WHAT_IF_KIND, GUESS_KIND, SOLVED_KIND = "what-if", "guess", "challenge"


#: Numbers of talks to choose from.
RUN_CHOICES = (200, 500, 1000, 2000, 5000, 10_000)


def visitor_store() -> VisitorStore:
    """Return the store of what visitors save on this server."""
    return VisitorStore(home() / "visitors.sqlite")


def visitor_id() -> str:
    """Return the visitor's name from the cookie; empty if the browser sends none."""
    return str(st.context.cookies.get(COOKIE, ""))


def save_for_visitor(kind: str, name: str, content: Any) -> bool:
    """Save something for this visitor, or show why it cannot be; return whether it was saved."""
    try:
        visitor_store().save(visitor_id(), kind, name, content)
    except StorageError as error:
        st.warning(theme.escape(str(error)))
        return False
    return True


# --- Guesses


def has_guess(mark: str) -> bool:
    """Return whether a guess was made for this answer, now or in an earlier visit."""
    return mark in _guesses()


def _guesses() -> dict[str, Any]:
    """Return the visitor's guesses, saved ones and those of this session."""
    saved = visitor_store().load(visitor_id(), GUESS_KIND)
    return {**saved, **st.session_state.get("guesses", {})}


def save_guess(mark: str, value: int) -> None:
    """Save a guess."""
    st.session_state.setdefault("guesses", {})[mark] = {"guess": value}
    save_for_visitor(GUESS_KIND, mark, {"guess": value})


def score_guess(what_if: WhatIf, answer: WhatIfAnswer, days: Iterable[int]) -> None:
    """Compare a guess with the answer, and save how far off it was."""
    if not what_if.moved:
        return
    guesses = _guesses()
    for day in days:
        mark = f"{what_if.query().key()[:16]}-{day}"
        guess_record = guesses.get(mark)
        if guess_record is None:
            continue
        arms = headline_on(answer.headline, day).arms
        share, baseline_share = (
            100 * (arms[arm].estimate or 0.0) for arm in ("changed", "baseline")
        )
        if "off" not in guess_record:
            guess_record = {
                **guess_record,
                "off": abs(guess_record["guess"] - share),
                "plain": abs(baseline_share - share),
            }
            st.session_state.setdefault("guesses", {})[mark] = guess_record
            save_for_visitor(GUESS_KIND, mark, guess_record)
        st.success(
            f"By day {day} you guessed {guess_record['guess']} of 100; it is {share:.0f}. You were "
            f"{guess_record['off']:.0f} off. Whoever says “no change” would be "
            f"{guess_record['plain']:.0f} off."
        )


def show_score() -> None:
    """Show how far off the visitor's guesses were, against guessing no change."""
    guesses = _guesses()
    scored = [record for record in guesses.values() if "off" in record]
    if scored:
        off, no_change = (
            sum(record[key] for record in scored) / len(scored) for key in ("off", "plain")
        )
        noun = "guess" if len(scored) == 1 else "guesses"
        st.caption(
            f"Your {len(scored)} {noun}: {off:.0f} of 100 off on average; guessing “no change” "
            f"would be {no_change:.0f} off."
        )


# --- Luck, and every number


def seed_buttons(what_if: WhatIf, set_what_if: Callable[[WhatIf], None], new_seed: int) -> None:
    """Draw the buttons that set another seed, or the default one."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "New luck",
            on_click=set_what_if,
            args=(replace(what_if, seed=new_seed),),
            icon=":material/casino:",
            help="Play both arms again with other luck. What stays is the effect, what moves is "
            "noise.",
        )
        st.button(
            "Usual luck",
            on_click=set_what_if,
            args=(replace(what_if, seed=1),),
            disabled=what_if.seed == 1,
        )
        st.caption(f"Seed {what_if.seed}")


def event_panel(what_if: WhatIf, case: Scenario, set_what_if: Callable[[WhatIf], None]) -> None:
    """Draw for each outside event when it comes: as the scenario has it, or on a day."""
    if not case.events:
        return
    panel = st.expander(
        "What happens outside", expanded=bool(what_if.scheduled), key="events", on_change="rerun"
    )
    if not panel.open:
        return
    with panel:
        st.caption(
            "By itself each of these comes now and then, or not at all. Put one on a day, and it "
            "comes on that day in every talk."
        )
        for name, event in case.events.items():
            _event_day(what_if, name, event, set_what_if)


def _event_day(
    what_if: WhatIf, name: str, event: OutsideEvent, set_what_if: Callable[[WhatIf], None]
) -> None:
    """Draw when one outside event comes."""
    key = f"event-{what_if.scenario}-{name}"
    text = what_if.scheduled.get(name, "")

    def on_change() -> None:
        day = st.session_state[key]
        set_what_if(what_if.with_event(name, None if day is None else int(day)))

    day = int(text) if text.isdecimal() else None
    if st.session_state.get(key) != day:
        st.session_state[key] = day
    st.number_input(
        theme.escape(event.title),
        min_value=1,
        max_value=what_if.days,
        value=None,
        step=1,
        key=key,
        on_change=on_change,
        placeholder=f"as in the scenario: {event_frequency(event)}",
        help=theme.escape(event.why) or None,
    )


def number_editor(what_if: WhatIf, case: Scenario, set_what_if: Callable[[WhatIf], None]) -> None:
    """Draw the editor of every number of the scenario, and of how much is played."""
    panel = st.expander(
        "Advanced: every number",
        expanded=bool(what_if.changed_numbers),
        key="drawer",
        on_change="rerun",
    )
    if not panel.open:
        return
    with panel:
        numbers = case.quantities()
        for path, value in what_if.changed_numbers:
            st.button(
                f"{path} = {value}: put it back to {numbers[path].centre:.4g}",
                on_click=set_what_if,
                args=(what_if.with_change(path, None),),
                icon=":material/undo:",
            )
        groups = dict.fromkeys(_group(path) for path in numbers)
        group = st.selectbox("Part of the scenario", list(groups))
        path = st.selectbox(
            "Number",
            [path for path in numbers if _group(path) == group],
            format_func=lambda path: path.removeprefix(f"{group}."),
        )
        _number(what_if, case, path, numbers[path], set_what_if)
        runs = st.select_slider("Talks to play", RUN_CHOICES, value=_nearest_runs(what_if.runs))
        days = st.number_input("Days to follow", 1, page_state.MAX_DAYS, what_if.days)
        st.button(
            "Play so many",
            on_click=set_what_if,
            args=(replace(what_if, runs=int(runs), days=int(days)),),
            disabled=(runs, days) == (what_if.runs, what_if.days),
        )
        st.button(
            "Make this the baseline",
            on_click=set_what_if,
            args=(replace(what_if, pinned=what_if.levers),),
            disabled=not what_if.levers or what_if.pinned == what_if.levers,
            help="From now on, changes are held against the levers as they stand.",
        )
        st.button(
            "Baseline as in the scenario",
            on_click=set_what_if,
            args=(replace(what_if, pinned=()),),
            disabled=not what_if.pinned,
        )


def _group(path: str) -> str:
    """Return the part of the file in which a number stands."""
    parts = path.split(".")
    several = ("parties", "mediators", "captives", "prisoners", "spoilers", "issues", "events")
    return ".".join(parts[:2]) if parts[0] in several else parts[0]


def _number(
    what_if: WhatIf,
    case: Scenario,
    path: str,
    number: Quantity,
    set_what_if: Callable[[WhatIf], None],
) -> None:
    """Draw the editor of one number, with its value and its source."""
    basis = case.sources[number.source].title if number.source else f"{number.basis}"
    note = f" {number.note}" if number.note else ""
    st.caption(theme.escape(f"{path}: {number.centre:.4g} in the scenario. {basis}.{note}"))
    value = st.text_input(
        "Try this value instead", key=f"try-{path}", placeholder=f"{number.centre:.4g}"
    ).strip()
    if not value:
        return
    changes = {**dict(what_if.changes), path: value}
    error = page_state.change_error(what_if.scenario, changes, what_if.days)
    if error:
        st.warning(theme.escape(error))
        return
    st.button(
        "Use it",
        type="primary",
        on_click=set_what_if,
        args=(what_if.with_change(path, value),),
        disabled=dict(what_if.changes).get(path) == value,
    )


def _nearest_runs(runs: int) -> int:
    return min(RUN_CHOICES, key=lambda choice: abs(choice - runs))


# --- What-ifs that are saved


def save_and_share(what_if: WhatIf, open_query: Callable[[str], None]) -> None:
    """Save this what-if under a name, and open or remove those saved before."""
    st.divider()
    st.header("Keep and share", anchor=False)
    title = what_if.baseline.case().title
    st.markdown("A link to exactly this, to send or to cite:")
    address = (st.context.url or "").split("?")[0]
    st.code(f"{address}{what_if.link()}", language=None, wrap_lines=True)
    st.code(what_if.citation(title), language=None, wrap_lines=True)
    with st.form("save", border=False, clear_on_submit=True):
        name = st.text_input("Save this what-if as", max_chars=80)
        is_submitted = st.form_submit_button("Save")
        if is_submitted and not name.strip():
            st.warning("Give it a name first.")
        elif is_submitted:
            query = urlencode(what_if.as_query_params(), doseq=True)
            if save_for_visitor(WHAT_IF_KIND, name.strip(), query):
                st.toast("Saved. It is still here when you come back with this browser.")
    for name, query in visitor_store().load(visitor_id(), WHAT_IF_KIND).items():
        with st.container(horizontal=True, vertical_alignment="center"):
            shown_name = theme.escape(name)
            st.button(
                f"Open “{shown_name}”", key=f"open-{name}", on_click=open_query, args=(query,)
            )
            st.button(
                f"Remove “{shown_name}”",
                key=f"remove-{name}",
                type="tertiary",
                on_click=visitor_store().remove,
                args=(visitor_id(), WHAT_IF_KIND, name),
            )


def send_to_wall(what_if: WhatIf) -> None:
    """Send this what-if to a class wall."""
    with st.form("to-class", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            code = st.text_input("Code of your class wall", max_chars=12)
            name = st.text_input("Call it", max_chars=class_wall.MAX_NAME_LENGTH)
        if not st.form_submit_button("Send to class"):
            return
    query = urlencode(what_if.as_query_params(), doseq=True)
    try:
        class_wall.add_entry(
            visitor_store(), visitor_id(), class_wall.parse_code(code), name, query
        )
    except StorageError as error:
        st.warning(theme.escape(str(error)))
    else:
        st.success("Sent. It hangs on the wall of your class now.")


# --- Challenges


def show_solved(challenges: list[Challenge]) -> None:
    """Congratulate the visitor on challenges solved for the first time."""
    solved_before = _solved()
    for challenge in challenges:
        if challenge.name not in solved_before:
            st.session_state.setdefault("met", {})[challenge.name] = True
            save_for_visitor(SOLVED_KIND, challenge.name, True)
            st.success(f"You have met the challenge “{challenge.title}”. {challenge.lesson}")


def _solved() -> dict[str, bool]:
    """Return the names of the solved challenges, saved ones and those of this session."""
    saved = visitor_store().load(visitor_id(), SOLVED_KIND)
    return {**saved, **st.session_state.get("met", {})}


def show_challenges(case: Scenario) -> None:
    """List the challenges of a scenario, and which of them are solved."""
    st.header("Challenges", anchor=False)
    solved = _solved()
    for challenge in challenges_for(case):
        is_solved = challenge.name in solved
        status = (
            ":material/check_circle: met" if is_solved else ":material/radio_button_unchecked: open"
        )
        st.markdown(f"{status} — **{challenge.title}.** {challenge.task}")
    st.caption("Each is checked by itself whenever you compare something. Afterwards: play freely.")
