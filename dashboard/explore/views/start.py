"""Start: what this is, three questions to begin with, and the scenarios."""

from __future__ import annotations

import streamlit as st

from dashboard.common import theme
from dashboard.explore import page_state
from dashboard.explore.query import QueryArm
from dashboard.explore.views import WHAT_IF
from sim.scenario.loading import scenario_names
from sim.scenario.schema import Scenario

st.title("What would it take?", anchor=False)
st.markdown(
    "Parley plays negotiations over a truce and an exchange of captives, thousands of times, each "
    "time with other luck. You change something that somebody in the talks could change, and see "
    "what it does: how often a truce begins, on what terms, who comes home, how long it lasts, and "
    "who stands in the way. Nothing here says what will happen. It shows **which assumptions a "
    "conclusion hangs on**."
)

st.header("Three questions to begin with", anchor=False)


def guided(title: str, words: str, query: dict[str, list[str]]) -> None:
    """A question that opens as a compared what-if."""
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{title}**")
        st.markdown(words)
        st.page_link(
            WHAT_IF, label="See what happens", icon=":material/arrow_forward:", query_params=query
        )


def end_of(case: Scenario, lever: str, high: bool) -> str:
    """The setting of a lever at one of its ends, as an address has it."""
    spec = case.levers[lever]
    return f"{lever}:{spec.high if high else spec.low:g}"


first = page_state.first_question()
case = first.baseline.case()
one, two, three = st.columns(3)
with one:
    guided(
        "What if both sides judged each other rightly?",
        "Suppose that neither side hopes the other will still give way.",
        {"scenario": [first.scenario], "set": [end_of(case, "optimism", False)]},
    )
with two:
    guided(
        "What if a guarantee had teeth?",
        "Suppose that guarantors could make a party pay dearly for going back to war. Guess first.",
        {
            "scenario": [first.scenario],
            "set": [end_of(case, "guarantee_strength", True)],
            "guess": ["yes"],
        },
    )
with three:
    guided(
        "What if nothing leaked?",
        "Suppose that the talks stayed secret, in a conflict that is wholly invented.",
        {
            "scenario": ["two-rivers"],
            "set": [end_of(QueryArm("two-rivers").case(), "leaks", False)],
        },
    )

st.header("The scenarios", anchor=False)
for name in scenario_names():
    case = QueryArm(name).case()
    with st.container(border=True):
        st.markdown(f"**{theme.plain(case.title)}**")
        st.markdown(theme.plain(case.summary))
        theme.content_note(case)
        day = case.as_of
        when = "An invented conflict" if case.fictional else f"As of {day.day} {day:%B %Y}"
        st.caption(
            f"{when} · {len(case.quantities())} numbers, each with its source, marked as our "
            "judgement, or fixing no more than a unit"
        )
        st.page_link(
            WHAT_IF,
            label="Ask “what if?”",
            icon=":material/arrow_forward:",
            query_params={"scenario": name},
        )
