"""What if: move a lever and compare the outcome with the baseline, on common random numbers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from urllib.parse import parse_qs

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.common import theme
from dashboard.explore import (
    caveats,
    challenges,
    downloads,
    page_state,
    progress,
    session,
    what_if_widgets,
)
from dashboard.explore.answer_models import WhatIfAnswer, headline_on, read_what_if, section_named
from dashboard.explore.page_state import WhatIf
from dashboard.explore.session import set_what_if, undo
from sim.reporting.models import Headline
from sim.scenario.schema import Lever, Scenario

#: Levers shown at once; the others are in an expander.
SHOWN_AT_ONCE = 8


# --- The parts of the page


def lever_panel(what_if: WhatIf, case: Scenario) -> None:
    """Draw the sliders of the levers; those beyond the first few are in an expander."""
    st.header("Move a lever", anchor=False)
    undoable, resettable = bool(st.session_state["past"]), what_if.moved or what_if.levers != ()
    with st.container(horizontal=True):
        st.button("Undo", on_click=undo, disabled=not undoable, icon=":material/undo:")
        st.button(
            "Reset all",
            on_click=set_what_if,
            args=(replace(what_if, levers=what_if.pinned, changes=()),),
            disabled=not resettable,
            icon=":material/restart_alt:",
        )
    names, sources = list(case.levers), page_state.lever_sources(case)
    verdicts = caveats.verdicts_on(what_if)
    if names and verdicts is None:
        st.caption(caveats.NOT_JUDGED_YET)
    notes = {name: caveats.lever_note(verdicts, name) for name in names}
    shown = SHOWN_AT_ONCE if len(names) > SHOWN_AT_ONCE + 1 else len(names)
    for name in names[:shown]:
        lever_slider(what_if, case, name, sources[name], notes[name])
    if names[shown:]:
        moved = any(name in dict(what_if.levers) for name in names[shown:])
        with st.expander(f"{len(names) - shown} more levers", expanded=moved):
            for name in names[shown:]:
                lever_slider(what_if, case, name, sources[name], notes[name])


def lever_slider(what_if: WhatIf, case: Scenario, name: str, basis: str, note: str) -> None:
    """Draw one lever: where it stands, its default, its basis, and a note on what it does."""
    spec = case.levers[name]
    key = f"lever-{what_if.scenario}-{name}"

    def on_change() -> None:
        set_what_if(what_if.with_lever(name, float(st.session_state[key])))

    # Set only what differs: what is set is sent, and would pull back a thumb that is still moving.
    if st.session_state.get(key) != what_if.setting(name):
        st.session_state[key] = what_if.setting(name)
    with st.container(key=f"box-{name}", gap=None):
        st.slider(
            theme.escape(spec.label),
            float(spec.low),
            float(spec.high),
            step=page_state.slider_step(spec),
            format="%g",
            key=key,
            on_change=on_change,
            help=theme.escape(f"{spec.help} Rests on: {basis}."),
        )
        caption = _lever_caption(spec, what_if.setting(name))
        st.caption(f"{caption} · {note}" if note else caption)


def _lever_caption(spec: Lever, setting: float) -> str:
    unit = theme.escape(spec.unit)
    where = f"{spec.low:g} to {spec.high:g} {unit} · in the scenario: {spec.default:g}"
    return where if setting == spec.default else f"**moved to {setting:g}** · {where}"


def choose_day(days: list[int]) -> int:
    """Let the visitor choose the day by which truces are counted."""
    default = 90 if 90 in days else days[-1]
    day = st.segmented_control(
        "Truces that begin by day", days, default=default, required=True, key=f"by-{days[-1]}"
    )
    return int(day or default)


def show_headline(
    place: DeltaGenerator,
    lines: Sequence[Headline],
    day: int,
    runs: int,
    early: bool = False,
    awaits_guess: bool = False,
) -> None:
    """Show how many talks of 100 come to a truce in each arm, and the effect in words.

    Draws nothing while the day is not yet known, and no sentence about the effect while a guess
    is awaited.
    """
    line = next((line for line in lines if line.day == day), None)
    if line is None:
        return
    counts = "".join(
        f'<p class="parley-count"><span class="what">{escape(arm.capitalize())}</span>'
        f"<b>{escape(share.words)}</b> of 100 <small>({escape(share.interval)})</small></p>"
        for arm, share in line.arms.items()
    )
    base_rate = line.base_rate
    history = f"; in history {base_rate.words} ({base_rate.interval})" if base_rate else ""
    fitted = (
        " The level is fitted to history: look at what changes, and not at how high it is."
        if base_rate
        else ""
    )
    effect = line.effect
    sentence = effect.words if effect else "Move a lever to hold something against this."
    effect_html = "" if awaits_guess else f'<p class="parley-effect">{escape(sentence)}</p>'
    source = "An early estimate from" if early else "From"
    luck = "; both with the same luck" if effect else ""
    place.html(
        f'<div role="status"><div class="parley-counts">{counts}</div>'
        f'<p class="parley-note">simulated talks reach a truce by day {day}'
        f"{escape(history)}.</p>"
        f'{effect_html}<p class="parley-note">{source} {runs:,} talks{luck}. In brackets: 95 % '
        f"intervals, which speak of luck only.{fitted}</p></div>"
    )


def guess_first(what_if: WhatIf, day: int, baseline: WhatIfAnswer | None) -> bool:
    """Ask for a guess; return whether the answer may be shown."""
    mark = f"{what_if.query().key()[:16]}-{day}"
    if not st.session_state["guessing"] or not what_if.moved or what_if_widgets.has_guess(mark):
        return True
    st.header("Guess first", anchor=False)
    baseline_words = ""
    if baseline is not None:
        share = headline_on(baseline.headline, day).arms["baseline"]
        baseline_words = f" In the baseline it is {share.words}."
    st.markdown(
        f"With your change, in how many of 100 simulated talks does a truce begin by day "
        f"{day}?{baseline_words}"
    )
    value = st.slider("Your guess, of 100", 0, 100, 50, key=f"guess-{mark}")
    st.button("Reveal", type="primary", on_click=what_if_widgets.save_guess, args=(mark, value))
    return False


# --- The page

what_if = session.current_what_if()
case = what_if.baseline.case()
session.write_address(what_if)
days = sorted({day for day in (30, 90, 180, 365) if day < what_if.days} | {what_if.days})

st.title("What if?", anchor=False)
top_left, top_right = st.columns([1, 1], gap="large", vertical_alignment="bottom")
with top_left:
    session.choose_scenario(what_if)
with top_right:
    day = choose_day(days)
theme.content_note(case)
session.show_warnings()

headline_place = st.container(key="headline").empty()
left, right = st.columns([1, 2], gap="large")
with left:
    lever_panel(what_if, case)
    st.toggle("Guess before I see the answer", key="guessing")
    what_if_widgets.show_score()
    what_if_widgets.seed_buttons(
        what_if, set_what_if, random.SystemRandom().randint(2, page_state.MAX_SEED)
    )
    what_if_widgets.event_panel(what_if, case, set_what_if)
    what_if_widgets.number_editor(what_if, case, set_what_if)

with right:
    unchanged = replace(what_if, levers=what_if.pinned, changes=())
    baseline_data = progress.cached_answer(unchanged.query(theme.FIRST_SECTION))
    baseline = None if baseline_data is None else read_what_if(baseline_data)
    if guess_first(what_if, day, baseline):
        section = theme.choose_section("asked", effects=what_if.moved)
        query = what_if.query(section)
        data = progress.wait_for_answer(
            query,
            lambda lines, runs: show_headline(headline_place, lines, day, runs, runs < query.runs),
        )
        if data is not None:
            answer = read_what_if(data)
            show_headline(headline_place, answer.headline, day, query.runs)
            for caveat in caveats.caveats_for(what_if):
                st.warning(caveat, icon=":material/balance:")
            what_if_widgets.score_guess(what_if, answer, days)
            theme.section(section_named(answer.sections, section))
            what_if_widgets.show_solved(challenges.solved_challenges(what_if, answer))
            downloads.show(what_if, section_named(answer.sections, section))
    elif baseline is not None:
        show_headline(headline_place, baseline.headline, day, what_if.runs, awaits_guess=True)

what_if_widgets.save_and_share(
    what_if, lambda query: set_what_if(page_state.from_query_params(parse_qs(query))[0])
)
what_if_widgets.send_to_wall(what_if)
what_if_widgets.show_challenges(case)
