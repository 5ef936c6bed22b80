"""What a visitor asks now: the same what-if on every page, kept in the session and the address."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard.common import theme
from dashboard.explore import page_state
from dashboard.explore.page_state import WhatIf
from dashboard.explore.query import QueryArm
from sim.scenario.loading import scenario_names

Query = dict[str, list[str]]

#: Seconds in which a browser learns the address that was set. Whoever goes back within them is not
#: heard, so that they are few.
LATE = 2.0

#: Pages about the same question add to its address what they show of it.
Extras = Mapping[str, list[str]]


def on_page(name: str) -> None:
    """Note which page is shown: a link to another may ask again what was asked before."""
    if st.session_state.get("page") != name:
        kept = st.session_state.get("addresses", [])[-1:]
        st.session_state.update(page=name, addresses=kept)


def query() -> Query:
    """The query of the page's address."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def current() -> WhatIf:
    """What this visitor asks now: what the address says, if it says something new."""
    said = query()
    first = "asked" not in st.session_state
    acted = st.session_state.pop("acted", False)
    if first or said:
        since = set_since(said, st.session_state.get("addresses", []))
        if len(since) > 1 and not acted and time.monotonic() > st.session_state["set_at"] + LATE:
            since = []  # the visitor went back
        if first or not since:
            _take(said)
        st.session_state["addresses"] = since or [said]
    found: WhatIf = st.session_state["asked"]
    return found


def set_since(said: Query, addresses: Sequence[Query]) -> list[Query]:
    """The address that a browser says, and those set after it; nothing if it is none of ours.

    A quick visitor's next click still brings the address from before the last: that is late, and
    no question. Once the browser has said an address, or has had time to, it will not say an
    earlier one by itself; whoever goes back to it asks.
    """
    return list(addresses[addresses.index(said) :]) if said in addresses else []


def _take(said: Query) -> None:
    """Ask what an address asks."""
    past = st.session_state.get("past", [])
    if "asked" in st.session_state:
        past = [*past, st.session_state["asked"]]
    asked, told = page_state.from_query(said)
    st.session_state.update(asked=asked, told=told, past=past, guessing="guess" in said)


def ask(new: WhatIf) -> None:
    """Ask something else, and remember what was asked before."""
    st.session_state["acted"] = True
    if new != st.session_state["asked"]:
        st.session_state["past"] = [*st.session_state["past"], st.session_state["asked"]][-50:]
        st.session_state.update(asked=new, told=[])


def undo() -> None:
    """Go back to what was asked before."""
    st.session_state["acted"] = True
    if st.session_state["past"]:
        *past, last = st.session_state["past"]
        st.session_state.update(asked=last, past=past, told=[])


def in_address(asked: WhatIf, extras: Extras | None = None) -> None:
    """Let the address of the page say what is asked, so that a reload asks it again."""
    wanted = {**asked.as_query(), **(extras or {})}
    addresses = st.session_state["addresses"]
    if addresses[-1] != wanted:
        st.session_state.update(addresses=[*addresses, wanted], set_at=time.monotonic())
    if addresses[-1] != wanted or query() != wanted:
        st.query_params.from_dict(wanted)


def which_scenario(asked: WhatIf) -> None:
    """Choose the scenario."""
    names = scenario_names()
    if asked.scenario not in names:
        names = [asked.scenario, *names]
    titles = {name: QueryArm(name).case().title for name in names}

    def chosen() -> None:
        ask(page_state.plain(st.session_state["scenario"]))

    st.session_state["scenario"] = asked.scenario
    st.selectbox(
        "Scenario", names, format_func=titles.__getitem__, key="scenario", on_change=chosen
    )


def about(asked: WhatIf) -> None:
    """What a page is about: the scenario, its content note and what is moved in it."""
    which_scenario(asked)
    theme.content_note(asked.baseline.case())
    what_was_left_out()
    if asked.moved:
        st.caption(f"Your what-if: {theme.plain(in_words(asked))}.")


def what_was_left_out() -> None:
    """What could not be taken from the address, in sentences."""
    for told in st.session_state["told"]:
        st.warning(theme.plain(told))


def in_words(asked: WhatIf) -> str:
    """What the visitor moved, in the words of the scenario."""
    levers = asked.baseline.case().levers
    moved = [f"{levers[name].label}: {value:g} {levers[name].unit}" for name, value in asked.levers]
    moved += [f"{path} = {value}" for path, value in asked.changes]
    back = [name for name, _ in asked.pinned if name not in dict(asked.levers)]
    moved += [f"{levers[name].label} as in the scenario" for name in back]
    return "; ".join(moved) or "nothing is moved"
