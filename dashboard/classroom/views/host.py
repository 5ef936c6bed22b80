"""Set up an exercise, rehearse it, or go back to one."""

from __future__ import annotations

import hashlib
import json
import math
import re
import time
from typing import Any

import streamlit as st

from dashboard.classroom.context import context, new_key, now
from dashboard.classroom.live_refresh import address, cookies, run_task, show_messages, stop
from dashboard.classroom.task_results import NO_EXERCISE
from dashboard.classroom.views import INSTRUCTOR
from dashboard.common import theme
from sim.classroom.commands import OpenLobby, Request
from sim.classroom.debrief import ENDED
from sim.classroom.plan import (
    Clocks,
    EventInject,
    ExercisePlan,
    Inject,
    MessageInject,
    OptionInject,
    ParameterInject,
    Setting,
    Style,
)
from sim.scenario.errors import count_noun
from sim.scenario.loading import load_scenario, scenario_names
from sim.scenario.schema import Scenario

#: How students come to their seats.
JOINING: dict[str, dict[str, Any]] = {
    "Whoever has the code": {},
    "Whoever has the code, with a wish for a role": {"seating": "wish"},
    "Only those whom I let in": {"joining": "asked"},
    "Only those whom I let in, with a wish for a role": {"joining": "asked", "seating": "wish"},
}

#: How the model's actors concede.
STYLE_WORDS: dict[Style, str] = {
    "as written": "as in the scenario",
    "firm": "slower to concede, once they bargain",
    "yielding": "quicker to concede, once they bargain",
}

#: Rounds and clocks, in seconds, for the time there is.
LESSONS = {
    "Fifty minutes": (3, Clocks(briefing=480, caucus=90, proposals=120, responses=120, resolve=45)),
    "Ninety minutes": (
        5,
        Clocks(briefing=720, caucus=150, proposals=180, responses=180, resolve=60),
    ),
    "A short try": (2, Clocks(briefing=120, caucus=30, proposals=60, responses=60, resolve=30)),
}


def possible_injects(case: Scenario) -> dict[str, Inject]:
    """Return injects that let events of a scenario come or move its levers, by their labels."""
    injects: dict[str, Inject] = {
        event.title: EventInject(id=_id(f"event-{name}"), words=f"{event.title}.", event=name)
        for name, event in case.events.items()
    }
    for name, lever in case.levers.items():
        if any(move.key.startswith(("issues.", "channel.every_days")) for move in lever.moves):
            continue
        ends = (("high", lever.high), ("low", lever.low))
        for end, value in ((end, value) for end, value in ends if value != lever.default):
            injects[f"{lever.label}: {end}"] = ParameterInject(
                id=_id(f"{name}-{end}"),
                words=(
                    f"{lever.label}: from now on {value:g} {lever.unit}, where it was "
                    f"{lever.default:g}."
                ),
                lever=name,
                setting=float(value),
            )
    return injects


def possible_terms(case: Scenario) -> dict[str, tuple[str, str]]:
    """Return the levels of a scenario's issues as (issue, level), by their labels."""
    return {
        f"{issue.title}: {level.words}": (name, key)
        for name, issue in case.issues.items()
        for key, level in issue.levels.items()
    }


def by_issue(terms: list[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Group levels, given as (issue, level), by their issue."""
    return {
        issue: tuple(level for of, level in terms if of == issue)
        for issue in dict.fromkeys(issue for issue, _ in terms)
    }


def opening(words: str, issue: str, level: str) -> Inject:
    """Return the inject that opens terms which were held back."""
    return OptionInject(
        id=_id(f"open-{issue}-{level}"),
        words=f"This can be agreed from now on. {words}.",
        issue=issue,
        opens=(level,),
    )


def _id(words: str) -> str:
    """Return words as the id of an inject."""
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:40]


def day_of(at: int) -> str:
    """Return a time in ms as a day and an hour, in the server's zone."""
    return time.strftime("%d %b, %H:%M", time.localtime(at / 1000))


def rehearse(case: Scenario, plan: ExercisePlan) -> None:
    """Let agents play the plan alone, and draw how it ended."""
    if st.button("Rehearse with agents in all seats"):
        st.session_state["rehearse"] = True
    if not st.session_state.get("rehearse"):
        return
    content = {
        "kind": "rehearse",
        "plan": plan.model_dump(mode="json"),
        "scenario": case.scenario,
    }
    name = f"{NO_EXERCISE}.{hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]}"
    run_task(name, content, "Agents are talking …", rehearsal)


def rehearsal(debrief: dict[str, Any]) -> None:
    """Draw how the rehearsed tables ended."""
    st.markdown(f"**{theme.escape(debrief['agreement']['words'])}**")
    for table in debrief["tables"]:
        terms = "; ".join(table["words"].values()) or "nothing signed"
        after = count_noun(table["rounds"], "round")
        st.markdown(
            theme.escape(f"Table {table['number']} {ENDED[table['how']]} after {after}; {terms}.")
        )


if not context().is_host(cookies()):
    stop("Exercises are set up by whoever has the link that was printed at the start.")

st.title("Set up an exercise", anchor=False)
show_messages()
cases = {name: load_scenario(name) for name in scenario_names()}
cases = dict(sorted(cases.items(), key=lambda item: not item[1].fictional))  # the gentlest first
scenario = st.selectbox(
    "Scenario", list(cases), format_func=lambda name: cases[name].title, key="scenario"
)
case = cases[scenario]
theme.content_note(case)
roles = Setting(ExercisePlan(title="x"), case)
left, right = st.columns(2)
with left:
    title = st.text_input("Title", value=case.title[:200], max_chars=200, key=f"title-{scenario}")
    people = st.number_input(
        "Students expected", 0, 360, 0, help="0: agents play alone, and you watch", key="people"
    )
    lesson = st.selectbox("Time", list(LESSONS), key="lesson")
with right:
    optional = [name for name in roles.places if name not in roles.vetoers]
    without = st.multiselect(
        "Seats that only agents take",
        optional,
        format_func=lambda name: roles.roles[name].title,
        key=f"without-{scenario}",
        help="Those who can refuse a deal are always open to students.",
    )
    per_seat = st.number_input("Students to a seat, at the most", 1, 3, 1, key="per_seat")
    places = (len(roles.places) - len(without)) * per_seat
    tables = st.number_input(
        "Tables",
        1,
        60,
        min(max(math.ceil(people / places), 1), 60) if people else 3,
        help="As many as the students fill, unless you choose otherwise.",
        key=f"tables-{people}-{places}",
    )
joining = st.selectbox(
    "Who joins",
    list(JOINING),
    key="joining",
    help="With a list of names, seats are given by the list; see the lobby.",
)
rounds, clocks = LESSONS[lesson]
with st.expander("Rounds, clocks and luck"):
    rounds = st.number_input("Rounds of talks", 1, 30, rounds, key=f"rounds-{lesson}")
    seconds = {
        name: st.number_input(
            f"Seconds for {name}", 5, 3600, getattr(clocks, name), key=f"{name}-{lesson}"
        )
        for name in ("briefing", "caucus", "proposals", "responses", "resolve")
    }
    seed = st.number_input("Seed: the luck of all tables", 0, 10**9, 1, key="seed")
    thinking = st.number_input(
        "Seconds that agents think before they move",
        0,
        600,
        5,
        key="thinking",
        help="Only at tables where people sit.",
    )
    style = st.selectbox(
        "Agents are", list(STYLE_WORDS), format_func=STYLE_WORDS.__getitem__, key="style"
    )
    same = st.checkbox("All tables play with the same draw of the uncertain numbers", key="same")
    idle = st.number_input("Idle stages until an agent keeps a seat warm", 1, 20, 3, key="idle")
    scores = st.checkbox("Show every table's scores in the debrief", key="scores")
    days = st.number_input("Days until the exercise may be deleted", 1, 3650, 90, key="days")
with st.expander("News: what comes by itself, and terms that open later"):
    offered = possible_injects(case)
    st.caption("Whatever does not come by itself you can bring in by hand, at any time.")
    chosen = st.multiselect(
        "Something changes by itself", list(offered), max_selections=6, key=f"injects-{scenario}"
    )
    at = st.number_input(
        "… before round",
        1,
        rounds,
        rounds,
        key=f"at-{rounds}",
        help="It comes on the day after the round before, which is weeks earlier on the calendar.",
    )
    terms = possible_terms(case)
    held_back = st.multiselect(
        "Terms that nobody can agree on until you open them",
        list(terms),
        max_selections=6,
        key=f"held-back-{scenario}",
        help="Each becomes news that you bring in; agents and students cannot use them before.",
    )
    own = st.text_area(
        "A message of your own, which changes nothing but what people know",
        max_chars=500,
        key="own",
    )
    own_comes = st.checkbox("My message comes by itself before that round", key="own-comes")

try:
    injects = [
        inject.model_copy(update={"at_round": at if name in chosen else None})
        for name, inject in offered.items()
    ]
    injects += [opening(words, *terms[words]) for words in held_back]
    if own.strip():
        injects.append(MessageInject(id="message", words=own, at_round=at if own_comes else None))
    plan = ExercisePlan(
        title=title,
        tables=tables,
        people_per_seat=per_seat,
        rounds=rounds,
        clocks=Clocks(**seconds),
        seed=seed,
        same_numbers=same,
        without=tuple(without),
        style=style,
        held_back=by_issue([terms[words] for words in held_back]),
        **JOINING[joining],
        idle_stages=idle,
        thinking_seconds=thinking,
        scores_visible=scores,
        keep_days=days,
        injects=tuple(injects),
    )
    Setting(plan, case)
except ValueError as error:
    st.error(f"This does not fit together: {theme.escape(str(error))}")
    st.stop()

filled = f"{count_noun(people, 'student')} and agents" if people else "agents alone"
size = f"{count_noun(tables, 'table')} of {len(roles.roles)} seats"
st.markdown(f"**{size}, held by {filled}; {count_noun(rounds, 'round')}.**")
if st.button("Open the exercise", type="primary"):
    name = context().store.create(plan, case, now())[0]
    context().store.submit(name, Request(by="instructor", key=new_key(), act=OpenLobby()), now())
    st.switch_page(INSTRUCTOR, query_params={"exercise": name})
rehearse(case, plan)

exercises = context().store.exercises()
if exercises:
    st.header("Exercises on this server", anchor=False)
for exercise, kept, drafted, _ in exercises:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            INSTRUCTOR,
            label=f"{theme.escape(kept or exercise)} · {day_of(drafted)}",
            query_params={"exercise": exercise},
        )
        if st.button("New instructor’s link", key=f"link-{exercise}", help="The old one is dead."):
            token = context().store.reissue_instructor(exercise, now())
            st.code(address(f"/enter/{token}"), language=None, wrap_lines=True)
