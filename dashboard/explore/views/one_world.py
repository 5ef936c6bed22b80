"""One world: step through a single one of the simulated talks, day by day."""

from __future__ import annotations

import re

import streamlit as st

from dashboard.common import theme
from dashboard.explore import progress, session
from dashboard.explore.answers import WorldAnswer, WorldsAnswer
from dashboard.explore.page_state import WhatIf
from dashboard.explore.query import Query
from dashboard.explore.views import WHAT_IF
from sim.reporting.models import RunState, RunStep, RunStory

BASELINE, CHANGED = "baseline", "changed"


def go_to(number: int) -> None:
    """Show another world, from its first day."""
    st.session_state.update(world=number, step=0)


def typed() -> None:
    """Show the world whose number the visitor typed."""
    go_to(int(st.session_state["number"]))


def which_world(asked: WhatIf, found: WorldsAnswer | None) -> int:
    """Choose one of the worlds: the next, a typical one, or one that the change turns."""
    last = asked.runs - 1
    number: int = min(st.session_state["world"], last)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Previous world",
            on_click=go_to,
            args=(max(number - 1, 0),),
            disabled=number == 0,
            icon=":material/chevron_left:",
        )
        st.button(
            "Next world",
            on_click=go_to,
            args=(min(number + 1, last),),
            disabled=number == last,
            icon=":material/chevron_right:",
        )
        st.session_state["number"] = number
        st.number_input("World", 0, last, key="number", on_change=typed, width=140)
    if found is None:
        return number
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("One like the median", on_click=go_to, args=(found.median,))
        turned = (*found.to_deal, *found.from_deal)
        if asked.moved:
            st.button(
                "One that your change turned",
                on_click=go_to,
                args=(next_of(turned, number),),
                disabled=not turned,
            )
    st.caption(said_of(found, asked))
    return number


def next_of(numbers: tuple[int, ...], number: int) -> int:
    """The one after this among some worlds, or the first."""
    if number in numbers:
        return numbers[(numbers.index(number) + 1) % len(numbers)]
    return numbers[0] if numbers else number


def said_of(found: WorldsAnswer, asked: WhatIf) -> str:
    """What a typical world is, and how many the change turns."""
    said = (
        f"Worlds 0 to {found.runs - 1:,}, seed {asked.seed}; each has its own luck. The median "
        "is of the day of the first truce, counting no truce last."
    )
    if asked.moved:
        to, away = found.turned
        said += (
            f" Your change brings a truce by day {asked.days} in {to:,} worlds that had none, and "
            f"takes it away in {away:,}."
        )
    return said


def step_through(story: RunStory) -> int:
    """Read the world step by step; returns the day that is read."""
    steps = story.steps
    if not steps:
        return 1
    at = min(st.session_state.get("step", 0), len(steps) - 1)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Earlier",
            on_click=st.session_state.update,
            kwargs={"step": at - 1},
            disabled=at == 0,
            icon=":material/arrow_back:",
        )
        st.button(
            "Later",
            on_click=st.session_state.update,
            kwargs={"step": at + 1},
            disabled=at == len(steps) - 1,
            icon=":material/arrow_forward:",
            type="primary",
        )
        st.caption(f"Step {at + 1} of {len(steps)}")
    step: RunStep = steps[at]
    with st.container(border=True, key="step"):
        st.markdown(f"**{state_in_words(step.day, step.state)}**")
        for words in step.words:
            st.markdown(theme.plain(words))
    return step.day


def state_in_words(day: int, state: RunState) -> str:
    """How things stand on a day."""
    truce = "truce" if state.truce else "no truce"
    return (
        f"Day {day}: {truce}; texts on the table so far {state.texts}, signed "
        f"{state.signed}; captives home alive {state.home}, died {state.died}."
    )


def whole_story(story: RunStory) -> None:
    """All of it, to read in one go."""
    with st.expander("The whole story"):
        st.markdown(theme.plain(story.heading))
        for step in story.steps:
            for words in step.words:
                st.markdown(theme.plain(words))
    for words in story.after:
        st.markdown(theme.plain(words))


asked = session.current()
if "world" not in st.session_state:
    said = st.query_params.get("world", "0")
    st.session_state["world"] = int(said) if re.fullmatch(r"[0-9]{1,5}", said) else 0

st.title("One world", anchor=False)
st.markdown(
    "A single one of the simulated talks, from its first day to its last: what is put on the "
    "table, who refuses it and why, and what becomes of a truce. It is one story among many and no "
    "more likely than the others; only all of them together say how often something happens."
)
session.about(asked)

arms = (asked.baseline, asked.changed) if asked.moved else (asked.baseline,)
data = progress.answer_to(Query("worlds", arms, asked.runs, asked.seed, asked.days))
found = None if data is None else WorldsAnswer.model_validate(data)
number = which_world(asked, found)
session.in_address(asked, {"world": [str(number)]} if number else {})

more = (("run", str(number)),)
data = progress.answer_to(Query("world", arms, 1, asked.seed, asked.days, more))
if data is not None:
    stories = WorldAnswer.model_validate(data).arms
    shown = BASELINE
    if asked.moved:
        shown = st.segmented_control(
            "Read the world", [BASELINE, CHANGED], default=CHANGED, required=True, key="arm"
        )
    mine, other = stories[shown == CHANGED], stories[shown != CHANGED and asked.moved]
    st.header(f"World {number}: {mine.ending}", anchor=False)
    if asked.moved:
        instead = "Without your change" if shown == CHANGED else "With your change"
        st.markdown(f"{instead}, and with the same luck: {other.ending}.")
    place = st.container()
    day = step_through(mine)
    with place:
        theme.timeline(mine.timeline, day)
        st.caption(
            "A text is a full dot where everybody accepted it, and a ring where somebody refused."
        )
    whole_story(mine)
st.page_link(
    WHAT_IF,
    label="All worlds together: What if",
    icon=":material/arrow_forward:",
    query_params={name: values for name, values in asked.as_query().items()},
)
