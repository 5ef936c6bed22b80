"""The current what-if: the same on every page, kept in the session and in the address."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard.common import theme
from dashboard.explore import page_state
from dashboard.explore.page_state import WhatIf
from dashboard.explore.query import QueryArm
from sim.scenario.loading import scenario_names

QueryParams = dict[str, list[str]]

#: Seconds after which a browser must know the address that was set. Going back earlier is ignored,
#: so keep it short.
ADDRESS_DELAY = 2.0

#: Parameters that a page adds to the address of the what-if.
ExtraParams = Mapping[str, list[str]]


def enter_page(name: str) -> None:
    """Note which page is shown; a link to another page may ask an earlier question again."""
    if st.session_state.get("page") != name:
        last_address = st.session_state.get("addresses", [])[-1:]
        st.session_state.update(page=name, addresses=last_address)


def query_params() -> QueryParams:
    """Return the parameters of the page's address."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def current_what_if() -> WhatIf:
    """Return the what-if of this session, updated from the address if that is new."""
    params = query_params()
    is_first = "what_if" not in st.session_state
    has_acted = st.session_state.pop("acted", False)
    if is_first or params:
        recent = addresses_since(params, st.session_state.get("addresses", []))
        if (
            len(recent) > 1
            and not has_acted
            and time.monotonic() > st.session_state["set_at"] + ADDRESS_DELAY
        ):
            recent = []  # the visitor went back
        if is_first or not recent:
            _read_address(params)
        st.session_state["addresses"] = recent or [params]
    what_if: WhatIf = st.session_state["what_if"]
    return what_if


def addresses_since(params: QueryParams, addresses: Sequence[QueryParams]) -> list[QueryParams]:
    """Return a known address and those set after it; empty if the address is new.

    A quick visitor's next click still brings the address from before the last: that is late, and
    changes nothing. Once the browser has sent an address, or has had time to, it sends an earlier
    one only if the visitor goes back to it.
    """
    return list(addresses[addresses.index(params) :]) if params in addresses else []


def _read_address(params: QueryParams) -> None:
    """Take the what-if of an address into the session."""
    past = st.session_state.get("past", [])
    if "what_if" in st.session_state:
        past = [*past, st.session_state["what_if"]]
    what_if, warnings = page_state.from_query_params(params)
    st.session_state.update(
        what_if=what_if, warnings=warnings, past=past, guessing="guess" in params
    )


def set_what_if(new: WhatIf) -> None:
    """Replace the what-if, and remember the one before for Undo."""
    st.session_state["acted"] = True
    if new != st.session_state["what_if"]:
        st.session_state["past"] = [*st.session_state["past"], st.session_state["what_if"]][-50:]
        st.session_state.update(what_if=new, warnings=[])


def undo() -> None:
    """Go back to the what-if before."""
    st.session_state["acted"] = True
    if st.session_state["past"]:
        *past, last = st.session_state["past"]
        st.session_state.update(what_if=last, past=past, warnings=[])


def write_address(what_if: WhatIf, extras: ExtraParams | None = None) -> None:
    """Write the what-if into the page's address, so that a reload shows it again."""
    params = {**what_if.as_query_params(), **(extras or {})}
    addresses = st.session_state["addresses"]
    if addresses[-1] != params:
        st.session_state.update(addresses=[*addresses, params], set_at=time.monotonic())
    if addresses[-1] != params or query_params() != params:
        st.query_params.from_dict(params)


def choose_scenario(what_if: WhatIf) -> None:
    """Let the visitor choose the scenario."""
    names = scenario_names()
    if what_if.scenario not in names:
        names = [what_if.scenario, *names]
    titles = {name: QueryArm(name).case().title for name in names}

    def on_change() -> None:
        set_what_if(page_state.unchanged(st.session_state["scenario"]))

    st.session_state["scenario"] = what_if.scenario
    st.selectbox(
        "Scenario", names, format_func=titles.__getitem__, key="scenario", on_change=on_change
    )


def show_what_if(what_if: WhatIf) -> None:
    """Show what a page is about: the scenario, its content note and what is moved in it."""
    choose_scenario(what_if)
    theme.content_note(what_if.baseline.case())
    show_warnings()
    if what_if.moved:
        st.caption(f"Your what-if: {theme.escape(describe_changes(what_if))}.")


def show_warnings() -> None:
    """Show what was left out of the address, in sentences."""
    for warning in st.session_state["warnings"]:
        st.warning(theme.escape(warning))


def describe_changes(what_if: WhatIf) -> str:
    """Describe what is moved, in the words of the scenario."""
    levers = what_if.baseline.case().levers
    moved = [
        f"{levers[name].label}: {value:g} {levers[name].unit}" for name, value in what_if.levers
    ]
    moved += [f"{path} = {value}" for path, value in what_if.changed_numbers]
    events = what_if.baseline.case().events
    moved += [f"{events[name].title}, on day {text}" for name, text in what_if.scheduled.items()]
    restored = [name for name, _ in what_if.pinned if name not in dict(what_if.levers)]
    moved += [f"{levers[name].label} as in the scenario" for name in restored]
    return "; ".join(moved) or "nothing is moved"
