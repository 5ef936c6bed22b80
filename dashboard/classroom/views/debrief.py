"""The debrief: what the class did, beside what the model's agents do in the same place."""

from __future__ import annotations

import streamlit as st

from dashboard.classroom import charts
from dashboard.classroom.context import room
from dashboard.classroom.live_refresh import (
    SOON,
    Sight,
    cookies,
    exercise_id,
    seated,
    stop,
    trouble,
    watch,
    wish,
)
from dashboard.common import theme
from sim.classroom.debrief import replayed
from sim.scenario.errors import count_noun
from sim.types import Json

#: Charts are no wider, in pixels: on a wide screen their dots would lie too far apart.
WIDEST = 760

QUESTIONS = (
    "**What happened?** Tell it as the other side would tell it.",
    "**Why?** Which issue, or which vote at home, stood in the way longest?",
    "**What did the mediators change** that those at the table could not?",
    "**What is missing from the model** that mattered at your table?",
    "**What carries over** to a real negotiation, and what would it be wrong to carry over?",
)

exercise = exercise_id()
is_instructor = room().instructs(exercise, cookies())
state = room().store.state(exercise)
if not is_instructor:
    seated(exercise)
    if state.phase not in ("debrief", "archived"):
        stop("The instructor opens the debrief when the talks are over.")
setting = state.setting
open_scores = state.revealed or setting.plan.scores_visible


def picture(spec: Json, alt: str, head: list[str], rows: list[list[str]], name: str) -> None:
    """A chart with words for those who cannot see it, and its numbers."""
    with st.container(width=WIDEST):
        st.vega_lite_chart(
            theme.in_theme_colours(spec, theme.is_dark()), theme=None, width="stretch", alt=alt
        )
        with st.expander("The numbers as a table"):
            theme.table(head, rows, name)


def outcomes(found: Json) -> None:
    """How many agreed, with honesty about few tables."""
    agreement = found["agreement"]
    st.subheader(theme.escape(agreement["words"]), anchor=False)
    low, high = agreement["tables"]["low"], agreement["tables"]["high"]
    if low is not None:
        st.markdown(
            f"From {count_noun(agreement['tables']['n'], 'table')} alone, the share that would "
            f"agree could be anywhere from {100 * low:.0f} to {100 * high:.0f} of 100 "
            "(exact 95 % interval)."
        )
    for one in found["dots"]:
        if one["measure"] != "round" and not open_scores:
            continue
        measure = charts.measured_in(one)
        st.markdown(f"##### {measure[:1].upper()}{measure[1:]}")
        spec, rows = charts.dots(one)
        alt = f"Dots for {len(one['model'])} tables of agents alone, squares for the class's."
        picture(spec, alt, [measure, "of the model’s dots", "tables"], rows, one["measure"])
    st.caption(
        "Each round dot stands for one in fifty tables of agents alone, under “none” without a "
        "deal; squares with numbers are the tables of this class at which people sat."
    )


def issues(found: Json) -> None:
    """The terms, issue by issue."""
    if not any(sum(one["model"]) or one["tables"] for one in found["strips"]):
        st.markdown("Neither the class nor the model’s agents signed a text.")
        return
    st.caption("Shaded: how often deals of agents have these terms. On the right: your tables.")
    for one in found["strips"]:
        st.markdown(f"##### {theme.escape(one['title'])}")
        spec, rows = charts.strip(one)
        alt = f"{one['title']}: shares of the model's deals and the tables of the class, by level."
        picture(spec, alt, ["terms", "the model’s deals", "tables"], rows, one["issue"])


def predictions_of(found: Json) -> None:
    """What people thought would happen, and what did."""
    predictions = found["predictions"]
    if not predictions["bins"]:
        st.markdown("Nobody made a prediction.")
        return
    rows = [
        [
            f"{one['low']} to {one['high']} of 100",
            str(one["predictions"]),
            f"{round(one['deals']['estimate'] * one['predictions'])} of {one['predictions']}",
        ]
        for one in predictions["bins"]
    ]
    theme.table(
        ["predicted chance of a deal", "predictions", "tables with a deal"], rows, "predictions"
    )
    brier = predictions["brier"]
    if brier:
        st.markdown(
            f"Brier score of the class: **{brier['estimate']:.2f}** (0 is perfect; a coin gets "
            "0.25)."
        )
    right = predictions["terms_right"]
    if right:
        st.markdown(
            f"Of the terms that were predicted, **{round(100 * right['estimate'])} of 100** were "
            "signed as predicted."
        )


def one_table(found: Json) -> None:
    """A table from its first day to its last."""
    number = st.selectbox("Table", [one["number"] for one in found["tables"]], key="table")
    one = next(one for one in found["tables"] if one["number"] == number)
    for day, held in one["holding"].items():
        st.markdown(
            f"In the model, a deal like this table’s is in force after {day} days in "
            f"**{100 * held['estimate']:.0f} of 100** worlds."
        )
    if open_scores:
        look_at = next(one for one in found["frontiers"] if one["table"] == number)
        parties = {name: party.title for name, party in setting.scenario.parties.items()}
        spec, rows = charts.frontier(look_at, parties)
        alt = "What both sides could have gained at this table, what was offered and signed."
        head = ["terms", *(parties[party] for party in look_at["parties"][:2]), "of so many"]
        picture(spec, alt, head, rows, "frontier")
    offers = [offer for offer in found["offers"] if offer["table"] == number]
    titles = {name: role.title for name, role in setting.roles.items()}
    rows = [
        [
            offer["text"],
            str(offer["round"]),
            titles[offer["author"]] + (" (AI)" if offer["agent"] else ""),
            ", ".join(titles[role] for role in offer["accepted_by"]) or "–",
            ", ".join(titles[role] for role in offer["refused_by"]) or "–",
            ", ".join(titles[role] for role in offer["unanswered_by"]) or "–",
        ]
        for offer in offers
    ]
    injects = [inject for inject in found["injects"] if inject["table"] == number]
    if rows:
        over_time(offers, injects)
        head = ["text", "round", "by", "accepted by", "refused by", "did not answer"]
        theme.table(head, rows, "offers")
    for inject in injects:
        st.info(theme.escape(f"From round {inject['from_round']}: {inject['words']}"))
    with st.expander("The talks, step by step"):
        for step in replayed(state, room().store.records(exercise), number):
            st.markdown(f"{theme.escape(f'Round {step.round}.')} {theme.escape(step.words)}")


def over_time(offers: list[Json], injects: list[Json]) -> None:
    """How near to agreement the texts of a table came, round by round, and when news came."""
    st.markdown("##### Nearer to agreement, or further from it?")
    spec, rows = charts.offers(offers, injects, setting.vetoers, open_scores)
    alt = (
        f"{count_noun(len(offers), 'text')} in the order in which they came, and how near to "
        f"agreement each was; {count_noun(len(injects), 'piece')} of news."
    )
    far = "points of whoever gains least" if open_scores else "of those who can refuse accepted it"
    picture(spec, alt, ["text", "round", far, "what became of it"], rows, "over-time")
    if open_scores:
        st.caption(
            "Above the dashed line everybody who can refuse would have gained over no deal, as "
            "things stood before the first day."
        )


def what_if(found: Json) -> None:
    """The model plays on from a table, with one thing changed."""
    held = {one["number"]: one["rounds"] for one in found["tables"]}
    number = st.selectbox("From table", list(held), key="wish-table")
    had = {one["inject"] for one in found["injects"] if one["table"] == number}
    words = {
        one.id: one.words
        for one in setting.plan.injects
        if one.kind != "message" and one.id not in had
    }
    if not words:
        st.markdown(
            "There is no news left that table could have had instead. Choose news under *News "
            "that you may bring in* when you set an exercise up, and keep one for the debrief."
        )
        return
    begin = st.number_input("Before round", 1, held[number] + 1, 1, key="wish-round")
    inject = st.selectbox(
        "With this news", list(words), format_func=words.__getitem__, key="wish-inject"
    )
    if st.button("Play on many times"):
        st.session_state["wish"] = {
            "kind": "what_if",
            "exercise": exercise,
            "table": number,
            "round": begin,
            "inject": inject,
        }
    content = st.session_state.get("wish")
    if content is None:
        return
    name = f"{exercise}.{content['table']}-{content['round']}-{content['inject']}"
    wish(name, content, "The model plays on …", changed)


def changed(answer: Json) -> None:
    """What one thing changed does, held against the talks as they were."""
    was, then = answer["as_it_was"]["estimate"], answer["changed"]["estimate"]
    st.markdown(
        f"As it was, agents who go on reach a deal in **{100 * was:.0f} of 100** worlds; "
        f"with the change, in **{100 * then:.0f}**."
    )


st.title(f"Debrief: {theme.escape(setting.plan.title)}", anchor=False)
desk = room().desk
sight = Sight(exercise, lambda: (desk.has_debrief(exercise), desk.trouble(exercise)))
found = desk.debrief(exercise)
if found is None:
    if not desk.trouble(exercise):
        st.markdown("The model plays on from each table. This takes some seconds.")
    trouble(exercise, is_instructor)
    watch(sight, SOON)
    st.stop()
outcomes(found)
st.header("The terms", anchor=False)
issues(found)
st.header("Your predictions", anchor=False)
predictions_of(found)
st.header("One table again", anchor=False)
one_table(found)
if is_instructor:
    st.header("Change one thing", anchor=False)
    what_if(found)
if state.revealed:
    st.header("The private briefs", anchor=False)
    for role in setting.roles.values():
        with st.expander(theme.escape(role.title)):
            for words in (role.interests, role.red_lines, role.alternative):
                st.markdown(theme.escape(words))
st.header("To talk about", anchor=False)
for question in QUESTIONS:
    st.markdown(f"- {question}")
st.header("What this cannot tell", anchor=False)
for limit in found["limits"]:
    st.markdown(f"- {theme.escape(limit)}")
st.caption("To print this page, use your browser’s print command.")
