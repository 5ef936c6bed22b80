"""Why: what is in the way of a deal, what obstacles cost, and what would unlock one."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from dashboard.common import theme
from dashboard.explore import progress, session
from dashboard.explore.answer_models import SectionAnswer
from dashboard.explore.caveats import mediation_caveats
from dashboard.explore.page_state import WhatIf
from dashboard.explore.query import Query


@dataclass(frozen=True)
class WhyPart:
    """A part of the page: its name, what it asks, and of how many talks."""

    title: str
    description: str
    choices: tuple[int, ...]  # of numbers of talks; the first is taken unless chosen otherwise
    runs_label: str


PARTS = {
    "bargain": WhyPart(
        "In the way",
        "Who and what stands in the way: before the first day, and round by round.",
        (2000, 500, 5000),
        "talks",
    ),
    "mechanisms": WhyPart(
        "Obstacles",
        "The same talks with one obstacle taken away: what each of them costs.",
        (200, 100, 500, 1000),
        "talks in each arm",
    ),
    "mediation": WhyPart(
        "Mediation",
        "The same talks with and without mediators, and with each part of what they do.",
        (100, 50, 200, 500),
        "talks in each arm",
    ),
    "unlock": WhyPart(
        "What would unlock it",
        "The smallest change of one lever, and of two, that reaches a target of your choice.",
        (100, 50, 200, 500),
        "talks for each setting tried",
    ),
    "trends": WhyPart(
        "What it hangs on",
        "Which of the uncertain numbers move the outcome most, and how much is luck.",
        (4000, 2000, 10_000),
        "talks in all",
    ),
}


def choose_part() -> str:
    """Let the visitor choose a part of the page."""
    requested = st.query_params.get("part", "")
    part = st.segmented_control(
        "Look at",
        list(PARTS),
        format_func=lambda name: PARTS[name].title,
        default=requested if requested in PARTS else "bargain",
        required=True,
        key="why-part",
    )
    return part or "bargain"


def choose_runs(name: str) -> int:
    """Let the visitor choose how many talks to play."""
    part = PARTS[name]
    runs = st.selectbox(
        f"How many {part.runs_label}",
        sorted(part.choices),
        index=sorted(part.choices).index(part.choices[0]),
        key=f"runs-{name}",
        width=260,
        help="More take longer and narrow the intervals; four times as many halve them.",
    )
    return int(runs)


def choose_target(what_if: WhatIf) -> tuple[str, str]:
    """Let the visitor choose a target; return it in short form, and why it cannot be reached."""
    kinds = {
        "deal": "a truce has begun by day …",
        "holds": "a first truce is in force … days later",
        "returned_alive": "so many captives come home alive",
    }
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox("Reach", list(kinds), format_func=kinds.__getitem__, key="aim")
        latest = what_if.days if kind == "deal" else what_if.days - 1
        if kind == "returned_alive":
            goal = st.number_input("People, on average", 0.5, 100_000.0, 50.0, key="people")
            return f"returned_alive={goal:g}", ""
        if latest < 1:
            return "", "These talks are too short for this target; choose another one."
        default = min(90 if kind == "deal" else 30, latest)
        day = st.number_input("Day" if kind == "deal" else "Days", 1, latest, default, key="day")
        share = st.number_input("of 100 talks", 1, 100, 50, key="share")
    return f"{kind}@{day}={share / 100:g}", ""


def query_for(name: str, what_if: WhatIf) -> Query | None:
    """Return the query of a part of the page; None until the visitor has asked for it."""
    runs, arms = choose_runs(name), (what_if.changed,)
    if name != "unlock":
        return Query(name, arms, runs, what_if.seed, what_if.days)
    aim, problem = choose_target(what_if)
    if problem:
        st.info(problem)
        return None
    st.caption("This tries several hundred settings and may take a few minutes.")
    if st.button("Look for it", type="primary"):
        st.session_state["aim-wanted"] = aim
    if st.session_state.get("aim-wanted") != aim:
        return None
    return Query(name, arms, runs, what_if.seed, what_if.days, (("target", aim),))


def command_line(name: str, what_if: WhatIf, query: Query) -> str:
    """Return the command line that gives the same, or for trends one that gives more."""
    runs = ("--runs", str(query.runs))
    if name == "unlock":
        return what_if.command_for("unlock", "--target", dict(query.more)["target"], *runs)
    return (
        what_if.command_for("sensitivity")
        if name == "trends"
        else what_if.command_for("why", *runs)
    )


what_if = session.current_what_if()
st.title("Why?", anchor=False)
st.markdown(
    "Why talks fail, what would make them succeed, and which assumptions that hangs on. All of it "
    "is about your what-if as it stands, or about the scenario as it is where nothing is moved."
)
session.show_what_if(what_if)
name = choose_part()
session.write_address(what_if, {"part": [name]} if name != "bargain" else {})
st.markdown(PARTS[name].description)
query = query_for(name, what_if)
if query is not None:
    answer = progress.wait_for_answer(query)
    if answer is not None:
        theme.section(SectionAnswer.model_validate(answer).section)
        st.caption(
            f"{query.runs:,} {PARTS[name].runs_label}, {what_if.days} days, seed {what_if.seed}. "
            "Intervals speak of luck only."
        )
        for caveat in mediation_caveats(what_if) if name == "mediation" else ():
            st.warning(caveat, icon=":material/balance:")
        st.markdown("The same at the command line, or more of it:")
        st.code(command_line(name, what_if, query), language=None, wrap_lines=True)
