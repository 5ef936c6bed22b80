"""What if: move a lever, and see what it does beside the baseline, with the same luck."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from urllib.parse import parse_qs

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.common import theme
from dashboard.explore import challenges, downloads, page_state, progress, session, what_if_widgets
from dashboard.explore.answers import WhatIfAnswer, headline_on, read_what_if, section_named
from dashboard.explore.caveats import cautions
from dashboard.explore.page_state import WhatIf
from dashboard.explore.session import ask, undo
from sim.reporting.models import Headline
from sim.scenario.schema import Lever, Scenario

#: Levers shown at once; the others are a click away.
SHOWN = 8


# --- The parts of the page


def levers(asked: WhatIf, case: Scenario) -> None:
    """The levers, the first of the file at once and the others a click away."""
    st.header("Move a lever", anchor=False)
    undoable, resettable = bool(st.session_state["past"]), asked.moved or asked.levers != ()
    with st.container(horizontal=True):
        st.button("Undo", on_click=undo, disabled=not undoable, icon=":material/undo:")
        st.button(
            "Reset all",
            on_click=ask,
            args=(replace(asked, levers=asked.pinned, changes=()),),
            disabled=not resettable,
            icon=":material/restart_alt:",
        )
    names, rests = list(case.levers), page_state.footings(case)
    shown = SHOWN if len(names) > SHOWN + 1 else len(names)
    for name in names[:shown]:
        lever(asked, case, name, rests[name])
    if names[shown:]:
        moved = any(name in dict(asked.levers) for name in names[shown:])
        with st.expander(f"{len(names) - shown} more levers", expanded=moved):
            for name in names[shown:]:
                lever(asked, case, name, rests[name])


def lever(asked: WhatIf, case: Scenario, name: str, rests: str) -> None:
    """One lever: where it stands, where the scenario has it, and what that `rests` on."""
    spec = case.levers[name]
    key = f"lever-{asked.scenario}-{name}"

    def moved() -> None:
        ask(asked.with_lever(name, float(st.session_state[key])))

    # Set only what differs: what is set is sent, and would pull back a thumb that is still moving.
    if st.session_state.get(key) != asked.setting(name):
        st.session_state[key] = asked.setting(name)
    with st.container(key=f"box-{name}", gap=None):
        st.slider(
            theme.plain(spec.label),
            float(spec.low),
            float(spec.high),
            step=page_state.step_of(spec),
            format="%g",
            key=key,
            on_change=moved,
            help=theme.plain(f"{spec.help} Rests on: {rests}."),
        )
        st.caption(_mark(spec, asked.setting(name)))


def _mark(spec: Lever, setting: float) -> str:
    unit = theme.plain(spec.unit)
    where = f"{spec.low:g} to {spec.high:g} {unit} · in the scenario: {spec.default:g}"
    return where if setting == spec.default else f"**moved to {setting:g}** · {where}"


def by_which_day(days: list[int]) -> int:
    """Choose the day by which truces are counted."""
    usual = 90 if 90 in days else days[-1]
    chosen = st.segmented_control(
        "Truces that begin by day", days, default=usual, required=True, key=f"by-{days[-1]}"
    )
    return int(chosen or usual)


def headline(
    place: DeltaGenerator, lines: Sequence[Headline], day: int, runs: int, early: bool
) -> None:
    """How many talks of 100 come to a truce, baseline beside change, and the effect in words.

    Nothing as long as the day is not known yet.
    """
    line = next((line for line in lines if line.day == day), None)
    if line is None:
        return
    counts = "".join(
        f'<p class="parley-count"><span class="what">{escape(arm.capitalize())}</span>'
        f"<b>{escape(share.words)}</b> of 100 <small>({escape(share.interval)})</small></p>"
        for arm, share in line.arms.items()
    )
    past = line.base_rate
    base = f"; in history {past.words} ({past.interval})" if past else ""
    fitted = (
        " The level is fitted to history: look at what changes, and not at how high it is."
        if past
        else ""
    )
    effect = line.effect
    sentence = effect.words if effect else "Move a lever to hold something against this."
    how = "An early estimate from" if early else "From"
    luck = "; both with the same luck" if effect else ""
    place.html(
        f'<div role="status"><div class="parley-counts">{counts}</div>'
        f'<p class="parley-note">simulated talks reach a truce by day {day}'
        f"{escape(base)}.</p>"
        f'<p class="parley-effect">{escape(sentence)}</p>'
        f'<p class="parley-note">{how} {runs:,} talks{luck}. In brackets: 95 % intervals, which '
        f"speak of luck only.{fitted}</p></div>"
    )


def guess(asked: WhatIf, day: int, base: WhatIfAnswer | None) -> bool:
    """Ask for a guess before the answer is shown; returns whether the answer may be shown."""
    mark = f"{asked.question().key()[:16]}-{day}"
    if not st.session_state["guessing"] or not asked.moved or what_if_widgets.guessed(mark):
        return True
    st.header("Guess first", anchor=False)
    known = ""
    if base is not None:
        share = headline_on(base.headline, day).arms["baseline"]
        known = f" In the baseline it is {share.words}."
    st.markdown(
        f"With your change, in how many of 100 simulated talks does a truce begin by day "
        f"{day}?{known}"
    )
    value = st.slider("Your guess, of 100", 0, 100, 50, key=f"guess-{mark}")
    st.button("Reveal", type="primary", on_click=what_if_widgets.guess, args=(mark, value))
    return False


# --- The page

asked = session.current()
case = asked.baseline.case()
session.in_address(asked)
days = sorted({day for day in (30, 90, 180, 365) if day < asked.days} | {asked.days})

st.title("What if?", anchor=False)
top_left, top_right = st.columns([1, 1], gap="large", vertical_alignment="bottom")
with top_left:
    session.which_scenario(asked)
with top_right:
    day = by_which_day(days)
theme.content_note(case)
session.what_was_left_out()

head = st.container(key="headline").empty()
left, right = st.columns([1, 2], gap="large")
with left:
    levers(asked, case)
    st.toggle("Guess before I see the answer", key="guessing")
    what_if_widgets.score()
    what_if_widgets.luck(asked, ask, random.SystemRandom().randint(2, page_state.MOST_SEED))
    what_if_widgets.advanced(asked, case, ask)

with right:
    plain = replace(asked, levers=asked.pinned, changes=())
    known = progress.known(plain.question(theme.FIRST_SECTION))
    base = None if known is None else read_what_if(known)
    if guess(asked, day, base):
        section = theme.which_section("asked", effects=asked.moved)
        question = asked.question(section)
        data = progress.answer_to(
            question,
            lambda lines, runs: headline(head, lines, day, runs, runs < question.runs),
        )
        if data is not None:
            answer = read_what_if(data)
            headline(head, answer.headline, day, question.runs, early=False)
            for words in cautions(asked):
                st.warning(words, icon=":material/balance:")
            what_if_widgets.reckon(asked, answer, days)
            theme.section(section_named(answer.sections, section))
            what_if_widgets.challenges_met(challenges.met(asked, answer))
            downloads.show(asked, section_named(answer.sections, section))
    elif base is not None:
        headline(head, base.headline, day, asked.runs, early=False)

what_if_widgets.saved(asked, lambda query: ask(page_state.from_query(parse_qs(query))[0]))
what_if_widgets.to_class(asked)
what_if_widgets.challenges_list(case)
