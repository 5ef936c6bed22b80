"""Start: what this is, three questions to begin with, and the scenarios."""

from __future__ import annotations

import streamlit as st

from dashboard.common import theme
from dashboard.explore import page_state
from dashboard.explore.query import QueryArm
from dashboard.explore.views import WHAT_IF
from sim.scenario.loading import scenario_names
from sim.scenario.schema import LeverRole

#: The invented scenario of the third question.
INVENTED = "two-rivers"

st.title("What would it take?", anchor=False)
st.markdown(
    "Parley plays negotiations over a truce and an exchange of captives, thousands of times, each "
    "time with other luck. You change something that somebody in the talks could change, and see "
    "what it does: how often a truce begins, on what terms, who comes home, how long it lasts, and "
    "who stands in the way. Nothing here says what will happen. It shows **which assumptions a "
    "conclusion hangs on**."
)

st.header("Three questions to begin with", anchor=False)


def question_card(title: str, text: str, query: dict[str, list[str]]) -> None:
    """Draw a question that opens as a compared what-if."""
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{title}**")
        st.markdown(text)
        st.page_link(
            WHAT_IF, label="See what happens", icon=":material/arrow_forward:", query_params=query
        )


def lever_at_end(name: str, role: LeverRole, high: bool) -> dict[str, list[str]]:
    """Return the address of a scenario with its first lever of a role at one of its ends."""
    case = QueryArm(name).case()
    moved = [
        f"{lever}:{spec.high if high else spec.low:g}"
        for lever, spec in case.levers.items()
        if spec.role == role
    ]
    return {"scenario": [name], "set": moved[:1]}


first = page_state.first_scenario()
left, middle, right = st.columns(3)
with left:
    question_card(
        "What if both sides judged each other rightly?",
        "Suppose that neither side hopes the other will still give way.",
        lever_at_end(first, "optimism", high=False),
    )
with middle:
    question_card(
        "What if a guarantee had teeth?",
        "Suppose that guarantors could make a party pay dearly for going back to war. Guess first.",
        {**lever_at_end(first, "guarantee", high=True), "guess": ["yes"]},
    )
with right:
    question_card(
        "What if nothing leaked?",
        "Suppose that the talks stayed secret, in a conflict that is wholly invented.",
        lever_at_end(INVENTED, "leaks", high=False),
    )

st.header("The scenarios", anchor=False)
for name in scenario_names():
    case = QueryArm(name).case()
    with st.container(border=True):
        st.markdown(f"**{theme.escape(case.title)}**")
        st.markdown(theme.escape(case.summary))
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
