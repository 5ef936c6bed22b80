"""The debrief page: the class's results beside those of the model's agents."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from dashboard.classroom import charts
from dashboard.classroom.context import context
from dashboard.classroom.live_refresh import (
    SOON,
    LivePage,
    cookies,
    exercise_id,
    refresh_when_outdated,
    require_seat,
    run_task,
    show_read_only,
    show_worker_error,
    stop,
)
from dashboard.classroom.task_results import to_plain
from dashboard.common import theme
from sim.classroom.debrief import debrief_from_log, table_steps
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
is_instructor = context().is_instructor(exercise, cookies())
state = context().store.state(exercise)
if not is_instructor:
    require_seat(exercise)
    if state.phase not in ("debrief", "archived"):
        stop("The instructor opens the debrief when the talks are over.")
setting = state.setting
open_scores = state.revealed or setting.plan.scores_visible


def picture(spec: Json, alt: str, head: list[str], rows: list[list[str]], name: str) -> None:
    """Draw a chart with a text alternative, and its numbers as a table."""
    with st.container(width=WIDEST):
        st.vega_lite_chart(
            theme.in_theme_colours(spec, theme.is_dark()), theme=None, width="stretch", alt=alt
        )
        with st.expander("The numbers as a table"):
            theme.table(head, rows, name)


def outcomes(debrief: Json) -> None:
    """Draw how many agreed, with the interval that few tables leave open."""
    agreement = debrief["agreement"]
    st.subheader(theme.escape(agreement["words"]), anchor=False)
    low, high = agreement["tables"]["low"], agreement["tables"]["high"]
    if low is not None:
        st.markdown(
            f"From {count_noun(agreement['tables']['n'], 'table')} alone, the share that would "
            f"agree could be anywhere from {100 * low:.0f} to {100 * high:.0f} of 100 "
            "(exact 95 % interval)."
        )
    for measured in debrief["dots"]:
        if measured["measure"] != "round" and not open_scores:
            continue
        measure = charts.measured_in(measured)
        st.markdown(f"##### {measure[:1].upper()}{measure[1:]}")
        spec, rows = charts.dots(measured)
        alt = f"Dots for {len(measured['model'])} tables of agents alone, squares for the class's."
        picture(spec, alt, [measure, "of the model’s dots", "tables"], rows, measured["measure"])
    if not debrief["dots"]:
        return
    st.caption(
        "Each round dot stands for one in fifty tables of agents alone, under “none” without a "
        "deal; squares with numbers are the tables of this class at which people sat."
    )


def issues(debrief: Json) -> None:
    """Draw the terms, issue by issue."""
    if not any(strip["model"] for strip in debrief["strips"]):
        signed_terms(debrief)
        return
    if not any(sum(strip["model"]) or strip["tables"] for strip in debrief["strips"]):
        st.markdown("Neither the class nor the model’s agents signed a text.")
        return
    st.caption("Shaded: how often deals of agents have these terms. On the right: your tables.")
    for strip in debrief["strips"]:
        st.markdown(f"##### {theme.escape(strip['title'])}")
        spec, rows = charts.strip(strip)
        alt = (
            f"{strip['title']}: shares of the model's deals and the tables of the class, by level."
        )
        picture(spec, alt, ["terms", "the model’s deals", "tables"], rows, strip["issue"])


def signed_terms(debrief: Json) -> None:
    """List what each table signed, where the model's deals are not beside it."""
    tables = [table for table in debrief["tables"] if table["words"]]
    if not tables:
        st.markdown("No table signed a text.")
    for table in tables:
        st.markdown(f"##### Table {table['number']}, on day {table['day']}")
        for issue, words in table["words"].items():
            st.markdown(f"- {theme.escape(issue)}: **{theme.escape(words)}**")


def predictions_of(debrief: Json) -> None:
    """Draw what people predicted, and what came."""
    predictions = debrief["predictions"]
    if not predictions["bins"]:
        st.markdown("Nobody made a prediction.")
        return
    rows = [
        [
            f"{group['low']} to {group['high']} of 100",
            str(group["predictions"]),
            f"{round(group['deals']['estimate'] * group['predictions'])} of {group['predictions']}",
        ]
        for group in predictions["bins"]
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


def one_table(debrief: Json) -> None:
    """Draw a table from its first day to its last."""
    number = st.selectbox("Table", [table["number"] for table in debrief["tables"]], key="table")
    table = next(table for table in debrief["tables"] if table["number"] == number)
    for day, held in table["holding"].items():
        st.markdown(
            f"In the model, a deal like this table’s is in force after {day} days in "
            f"**{100 * held['estimate']:.0f} of 100** worlds."
        )
    scored = open_scores and bool(debrief["frontiers"])
    if scored:
        table_frontier = next(each for each in debrief["frontiers"] if each["table"] == number)
        parties = {name: party.title for name, party in setting.scenario.parties.items()}
        spec, rows = charts.frontier(table_frontier, parties)
        alt = "What both sides could have gained at this table, what was offered and signed."
        head = ["terms", *(parties[party] for party in table_frontier["parties"][:2]), "of so many"]
        picture(spec, alt, head, rows, "frontier")
    offers = [offer for offer in debrief["offers"] if offer["table"] == number]
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
    injects = [inject for inject in debrief["injects"] if inject["table"] == number]
    if rows:
        over_time(offers, injects, scored)
        head = ["text", "round", "by", "accepted by", "refused by", "did not answer"]
        theme.table(head, rows, "offers")
    for inject in injects:
        st.info(theme.escape(f"From round {inject['from_round']}: {inject['words']}"))
    with st.expander("The talks, step by step"):
        for step in table_steps(state, context().store.records(exercise), number):
            st.markdown(f"{theme.escape(f'Round {step.round}.')} {theme.escape(step.words)}")


def over_time(offers: list[Json], injects: list[Json], scored: bool) -> None:
    """Draw how near to agreement the proposals of a table came, and when injects came.

    In points where they are open to all and there is a model to reckon them by.
    """
    st.markdown("##### Nearer to agreement, or further from it?")
    spec, rows = charts.offers(offers, injects, setting.vetoers, scored)
    alt = (
        f"{count_noun(len(offers), 'text')} in the order in which they came, and how near to "
        f"agreement each was; {count_noun(len(injects), 'piece')} of news."
    )
    far = "points of whoever gains least" if scored else "of those who can refuse accepted it"
    picture(spec, alt, ["text", "round", far, "what became of it"], rows, "over-time")
    if scored:
        st.caption(
            "Above the dashed line everybody who can refuse would have gained over no deal, as "
            "things stood before the first day."
        )


def what_if(debrief: Json) -> None:
    """Let the model play on from a table, with one thing changed."""
    rounds = {table["number"]: table["rounds"] for table in debrief["tables"]}
    number = st.selectbox("From table", list(rounds), key="wish-table")
    used = {inject["inject"] for inject in debrief["injects"] if inject["table"] == number}
    words = {
        inject.id: inject.words
        for inject in setting.plan.injects
        if inject.kind != "message" and inject.id not in used
    }
    if not words:
        st.markdown(
            "There is no news left that table could have had instead. Choose news under *News "
            "that you may bring in* when you set an exercise up, and keep one for the debrief."
        )
        return
    begin = st.number_input("Before round", 1, rounds[number] + 1, 1, key="wish-round")
    chosen = st.selectbox(
        "With this news", list(words), format_func=words.__getitem__, key="wish-inject"
    )
    if st.button("Play on many times"):
        st.session_state["wish"] = {
            "kind": "what_if",
            "exercise": exercise,
            "table": number,
            "round": begin,
            "inject": chosen,
        }
    content = st.session_state.get("wish")
    if content is None:
        return
    name = f"{exercise}.{content['table']}-{content['round']}-{content['inject']}"
    run_task(name, content, "The model plays on …", changed)


def changed(answer: Json) -> None:
    """Draw the effect of one change."""
    was, then = answer["as_it_was"]["estimate"], answer["changed"]["estimate"]
    st.markdown(
        f"As it was, agents who go on reach a deal in **{100 * was:.0f} of 100** worlds; "
        f"with the change, in **{100 * then:.0f}**."
    )


st.title(f"Debrief: {theme.escape(setting.plan.title)}", anchor=False)
tasks = context().tasks
page = LivePage(exercise, lambda: (tasks.has_debrief(exercise), tasks.error(exercise)))
show_read_only(state.read_only)
debrief = tasks.debrief(exercise)
if debrief is None and state.read_only:
    debrief = to_plain(asdict(debrief_from_log(state)))
if debrief is None:
    if not tasks.error(exercise):
        st.markdown("The model plays on from each table. This takes some seconds.")
    show_worker_error(exercise, is_instructor)
    refresh_when_outdated(page, SOON)
    st.stop()
outcomes(debrief)
st.header("The terms", anchor=False)
issues(debrief)
st.header("Your predictions", anchor=False)
predictions_of(debrief)
st.header("One table again", anchor=False)
one_table(debrief)
if is_instructor and not state.read_only:
    st.header("Change one thing", anchor=False)
    what_if(debrief)
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
for limit in debrief["limits"]:
    st.markdown(f"- {theme.escape(limit)}")
st.caption("To print this page, use your browser’s print command.")
