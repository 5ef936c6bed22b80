"""What a visitor asks is what was done last, though the browser says its address late."""

import sys

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.explore import session

LEAKS = "leaks"


@pytest.fixture(autouse=True)
def main_stays_main(monkeypatch):
    """A page becomes the main module, which processes started later would try to import."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def page():
    """A page with a lever to move by a click, and nothing to wait for."""
    import streamlit as st

    from dashboard.explore import session

    session.enter_page(st.session_state.get("shown", "what-if"))
    asked = session.current_what_if()
    moved = asked.with_lever("leaks", asked.setting("leaks") - 0.25)
    st.button("less", on_click=session.set_what_if, args=(moved,))
    session.write_address(asked)


def opened():
    """The page at the address of a scenario as it is, and that address."""
    seen = AppTest.from_function(page, default_timeout=120)
    seen.query_params["scenario"] = "two-rivers"
    return seen.run(), dict(seen.query_params)


def leaks(seen):
    return seen.session_state["what_if"].setting(LEAKS)


@pytest.mark.parametrize("seconds", [0.0, session.ADDRESS_DELAY])
def test_quick_clicks_count_though_the_browser_still_says_the_address_before(monkeypatch, seconds):
    monkeypatch.setattr(session, "ADDRESS_DELAY", seconds)
    seen, before = opened()
    start = leaks(seen)
    for clicks in (1, 2, 3):
        seen.query_params = dict(before)
        seen.button[0].click().run()
        assert leaks(seen) == start - 0.25 * clicks
        assert seen.query_params["set"] == f"leaks:{leaks(seen):g}"


def test_what_is_drawn_anew_at_once_brings_no_late_address_back():
    seen, before = opened()
    seen.button[0].click().run()
    moved = leaks(seen)
    seen.query_params = dict(before)
    assert leaks(seen.run()) == moved


@pytest.mark.parametrize("said", [True, False])
def test_whoever_goes_back_asks_again_what_was_asked_before(monkeypatch, said):
    seen, before = opened()
    start = leaks(seen)
    seen.button[0].click().run()
    if said:
        seen.run()  # the browser says the new address
    else:
        monkeypatch.setattr(session, "ADDRESS_DELAY", 0.0)  # it had time to
    seen.query_params = dict(before)
    assert leaks(seen.run()) == start


def test_a_link_on_another_page_asks_again_what_was_asked_before():
    seen, before = opened()
    start = leaks(seen)
    seen.button[0].click().run()
    seen.session_state["shown"] = "start"
    seen.query_params = dict(before)
    assert leaks(seen.run()) == start


def test_a_new_address_is_a_new_question():
    seen, before = opened()
    seen.query_params = {**before, "set": "leaks:0"}
    assert leaks(seen.run()) == 0.0
