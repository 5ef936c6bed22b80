"""One world: step through a single one of the simulated talks, day by day."""

from __future__ import annotations

import re

import streamlit as st

from dashboard.common import theme
from dashboard.explore import progress, session
from dashboard.explore.answer_models import WorldAnswer, WorldsAnswer
from dashboard.explore.page_state import WhatIf
from dashboard.explore.query import Query
from dashboard.explore.views import WHAT_IF
from sim.reporting.models import RunState, RunStep, RunStory

BASELINE, CHANGED = "baseline", "changed"


def show_world(number: int) -> None:
    """Go to another world, at its first day."""
    st.session_state.update(world=number, step=0)


def show_typed_world() -> None:
    """Go to the world whose number the visitor typed."""
    show_world(int(st.session_state["number"]))


def choose_world(what_if: WhatIf, worlds: WorldsAnswer | None) -> int:
    """Let the visitor choose a world: the next, a typical one, or one that the change turns."""
    last = what_if.runs - 1
    number: int = min(st.session_state["world"], last)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Previous world",
            on_click=show_world,
            args=(max(number - 1, 0),),
            disabled=number == 0,
            icon=":material/chevron_left:",
        )
        st.button(
            "Next world",
            on_click=show_world,
            args=(min(number + 1, last),),
            disabled=number == last,
            icon=":material/chevron_right:",
        )
        st.session_state["number"] = number
        st.number_input("World", 0, last, key="number", on_change=show_typed_world, width=140)
    if worlds is None:
        return number
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("One like the median", on_click=show_world, args=(worlds.median,))
        turned_worlds = (*worlds.to_deal, *worlds.from_deal)
        if what_if.moved:
            st.button(
                "One that your change turned",
                on_click=show_world,
                args=(next_world(turned_worlds, number),),
                disabled=not turned_worlds,
            )
    st.caption(describe_worlds(worlds, what_if))
    return number


def next_world(numbers: tuple[int, ...], number: int) -> int:
    """Return the number after this one in a list of worlds, or the first."""
    if number in numbers:
        return numbers[(numbers.index(number) + 1) % len(numbers)]
    return numbers[0] if numbers else number


def describe_worlds(worlds: WorldsAnswer, what_if: WhatIf) -> str:
    """Describe what a typical world is, and how many the change turns."""
    text = (
        f"Worlds 0 to {worlds.runs - 1:,}, seed {what_if.seed}; each has its own luck. The "
        "median is of the day of the first truce, counting no truce last."
    )
    if what_if.moved:
        gained, lost = worlds.turned
        text += (
            f" Your change brings a truce by day {what_if.days} in {gained:,} worlds that had "
            f"none, and takes it away in {lost:,}."
        )
    return text


def show_steps(story: RunStory) -> int:
    """Show the world step by step; return the day in view."""
    steps = story.steps
    if not steps:
        return 1
    index = min(st.session_state.get("step", 0), len(steps) - 1)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Earlier",
            on_click=st.session_state.update,
            kwargs={"step": index - 1},
            disabled=index == 0,
            icon=":material/arrow_back:",
        )
        st.button(
            "Later",
            on_click=st.session_state.update,
            kwargs={"step": index + 1},
            disabled=index == len(steps) - 1,
            icon=":material/arrow_forward:",
            type="primary",
        )
        st.caption(f"Step {index + 1} of {len(steps)}")
    step: RunStep = steps[index]
    with st.container(border=True, key="step"):
        st.markdown(f"**{describe_state(step.day, step.state)}**")
        for words in step.words:
            st.markdown(theme.escape(words))
    return step.day


def describe_state(day: int, state: RunState) -> str:
    """Describe how things stand on a day."""
    truce = "truce" if state.truce else "no truce"
    return (
        f"Day {day}: {truce}; texts on the table so far {state.texts}, signed "
        f"{state.signed}; captives home alive {state.home}, died {state.died}."
    )


def show_story(story: RunStory) -> None:
    """Show the whole story, to read in one go."""
    with st.expander("The whole story"):
        st.markdown(theme.escape(story.heading))
        for step in story.steps:
            for words in step.words:
                st.markdown(theme.escape(words))
    for words in story.after:
        st.markdown(theme.escape(words))


what_if = session.current_what_if()
if "world" not in st.session_state:
    requested = st.query_params.get("world", "0")
    st.session_state["world"] = int(requested) if re.fullmatch(r"[0-9]{1,5}", requested) else 0

st.title("One world", anchor=False)
st.markdown(
    "A single one of the simulated talks, from its first day to its last: what is put on the "
    "table, who refuses it and why, and what becomes of a truce. It is one story among many and no "
    "more likely than the others; only all of them together say how often something happens."
)
session.show_what_if(what_if)

arms = (what_if.baseline, what_if.changed) if what_if.moved else (what_if.baseline,)
data = progress.wait_for_answer(Query("worlds", arms, what_if.runs, what_if.seed, what_if.days))
worlds = None if data is None else WorldsAnswer.model_validate(data)
number = choose_world(what_if, worlds)
session.write_address(what_if, {"world": [str(number)]} if number else {})

more = (("run", str(number)),)
data = progress.wait_for_answer(Query("world", arms, 1, what_if.seed, what_if.days, more))
if data is not None:
    stories = WorldAnswer.model_validate(data).arms
    shown = BASELINE
    if what_if.moved:
        shown = st.segmented_control(
            "Read the world", [BASELINE, CHANGED], default=CHANGED, required=True, key="arm"
        )
    shown_arm, other_arm = stories[shown == CHANGED], stories[shown != CHANGED and what_if.moved]
    st.header(f"World {number}: {shown_arm.ending}", anchor=False)
    if what_if.moved:
        instead = "Without your change" if shown == CHANGED else "With your change"
        st.markdown(f"{instead}, and with the same luck: {other_arm.ending}.")
    timeline_place = st.container()
    day = show_steps(shown_arm)
    with timeline_place:
        theme.timeline(shown_arm.timeline, day)
        st.caption(
            "A text is a full dot where everybody accepted it, and a ring where somebody refused."
        )
    show_story(shown_arm)
st.page_link(
    WHAT_IF,
    label="All worlds together: What if",
    icon=":material/arrow_forward:",
    query_params={name: values for name, values in what_if.as_query_params().items()},
)
