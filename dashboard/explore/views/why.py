"""Why: what is in the way of a deal, what obstacles cost, and what would unlock one."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from dashboard.common import theme
from dashboard.explore import progress, session
from dashboard.explore.answers import SectionAnswer
from dashboard.explore.caveats import HAGGLED, MEDIATED
from dashboard.explore.page_state import WhatIf
from dashboard.explore.query import Query


@dataclass(frozen=True)
class WhyPart:
    """A part of the page: its name, what it asks, and of how many talks."""

    title: str
    says: str
    choices: tuple[int, ...]  # of numbers of talks; the first is taken unless chosen otherwise
    noise: str


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


#: Parts in which the sign of some figures rests on a known weakness.
WEAK = {"mechanisms": HAGGLED, "mediation": MEDIATED}


def part_of() -> str:
    """Choose a part of the page."""
    said = st.query_params.get("part", "")
    chosen = st.segmented_control(
        "Look at",
        list(PARTS),
        format_func=lambda name: PARTS[name].title,
        default=said if said in PARTS else "bargain",
        required=True,
        key="why-part",
    )
    return chosen or "bargain"


def how_many(name: str) -> int:
    """Choose how many talks to play."""
    part = PARTS[name]
    runs = st.selectbox(
        f"How many {part.noise}",
        sorted(part.choices),
        index=sorted(part.choices).index(part.choices[0]),
        key=f"runs-{name}",
        width=260,
        help="More take longer and narrow the intervals; four times as many halve them.",
    )
    return int(runs)


def target(asked: WhatIf) -> tuple[str, str]:
    """Choose what is to be reached; returns it in short form, and why it cannot be asked."""
    kinds = {
        "deal": "a truce has begun by day …",
        "holds": "a first truce is in force … days later",
        "returned_alive": "so many captives come home alive",
    }
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox("Reach", list(kinds), format_func=kinds.__getitem__, key="aim")
        latest = asked.days if kind == "deal" else asked.days - 1
        if kind == "returned_alive":
            goal = st.number_input("People, on average", 0.5, 100_000.0, 50.0, key="people")
            return f"returned_alive={goal:g}", ""
        if latest < 1:
            return "", "These talks are too short for this target; choose another one."
        usual = min(90 if kind == "deal" else 30, latest)
        day = st.number_input("Day" if kind == "deal" else "Days", 1, latest, usual, key="day")
        share = st.number_input("of 100 talks", 1, 100, 50, key="share")
    return f"{kind}@{day}={share / 100:g}", ""


def question(name: str, asked: WhatIf) -> Query | None:
    """What to ask of the workers; None where the visitor has yet to say so."""
    runs, arms = how_many(name), (asked.changed,)
    if name != "unlock":
        return Query(name, arms, runs, asked.seed, asked.days)
    aim, wrong = target(asked)
    if wrong:
        st.info(wrong)
        return None
    st.caption("This tries several hundred settings and may take a few minutes.")
    if st.button("Look for it", type="primary"):
        st.session_state["aim-wanted"] = aim
    if st.session_state.get("aim-wanted") != aim:
        return None
    return Query(name, arms, runs, asked.seed, asked.days, (("target", aim),))


def command(name: str, asked: WhatIf, question: Query) -> str:
    """The command line that says the same; of trends, one that says more."""
    runs = ("--runs", str(question.runs))
    if name == "unlock":
        return asked.command_of("unlock", "--target", dict(question.more)["target"], *runs)
    return asked.command_of("sensitivity") if name == "trends" else asked.command_of("why", *runs)


asked = session.current()
st.title("Why?", anchor=False)
st.markdown(
    "Why talks fail, what would make them succeed, and which assumptions that hangs on. All of it "
    "is about your what-if as it stands, or about the scenario as it is where nothing is moved."
)
session.about(asked)
name = part_of()
session.in_address(asked, {"part": [name]} if name != "bargain" else {})
st.markdown(PARTS[name].says)
asking = question(name, asked)
if asking is not None:
    found = progress.answer_to(asking)
    if found is not None:
        theme.section(SectionAnswer.model_validate(found).section)
        st.caption(
            f"{asking.runs:,} {PARTS[name].noise}, {asked.days} days, seed {asked.seed}. Intervals "
            "speak of luck only."
        )
        if name in WEAK:
            st.warning(WEAK[name], icon=":material/balance:")
        st.markdown("The same at the command line, or more of it:")
        st.code(command(name, asked, asking), language=None, wrap_lines=True)
