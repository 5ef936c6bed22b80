"""Compare cases: two scenarios, or two saved what-ifs, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from urllib.parse import parse_qs, urlencode

import streamlit as st

from dashboard.common import theme
from dashboard.explore import page_state, progress, session, what_if_widgets
from dashboard.explore.answers import (
    CasesAnswer,
    NumbersApart,
    TalksAnswer,
    headline_on,
    section_named,
)
from dashboard.explore.page_state import WhatIf
from dashboard.explore.query import Query, QueryArm
from sim.scenario.loading import scenario_names

#: The two sides, as the page and its address call them.
LABELS = ("First", "Second")


def choices(mine: WhatIf) -> dict[str, WhatIf]:
    """What can be compared: the what-if at hand, the scenarios, and what was saved."""
    found = {f"scenario:{name}": page_state.plain(name) for name in scenario_names()}
    if mine.moved or f"scenario:{mine.scenario}" not in found:
        found["mine"] = mine
    for name, query in (
        what_if_widgets.notebook().kept(what_if_widgets.visitor(), what_if_widgets.WHAT_IFS).items()
    ):
        found[f"saved:{name}"] = page_state.from_query(parse_qs(query))[0]
    for label in LABELS:
        said = st.query_params.get(label.lower(), "")
        one, told = page_state.from_query(parse_qs(said)) if "=" in said else (None, [])
        if one is not None and not told and one not in found.values():
            found[f"sent:{label}"] = one
    return found


def in_address(key: str, one: WhatIf) -> str:
    """A choice as the address has it: a scenario by its name, anything else as what it asks."""
    return key if key.startswith("scenario:") else urlencode(one.as_query(), doseq=True)


def title_of(key: str, one: WhatIf) -> str:
    """What a choice is called."""
    title = one.baseline.case().title
    kind, _, name = key.partition(":")
    if kind == "scenario":
        return title
    if kind == "sent":
        return f"As it was sent: {title}"
    return f"Your what-if: {title}" if kind == "mine" else f"“{name}”: {title}"


def choose(label: str, found: dict[str, WhatIf], usual: str) -> str:
    """Choose one of the two cases."""
    keys = list(found)
    said = st.query_params.get(label.lower(), in_address(usual, found[usual]))
    known = [in_address(key, found[key]) for key in keys]
    if said not in known:
        st.warning("The case that this link names cannot be found here; this is another one.")
    key: str = st.selectbox(
        label,
        keys,
        index=known.index(said) if said in known else 0,
        format_func=lambda key: title_of(key, found[key]),
        key=f"case-{label}",
    )
    one = found[key]
    theme.content_note(one.baseline.case())
    if one.moved:
        st.caption(f"Moved: {theme.plain(session.in_words(one))}.")
    return key


def count(answer: TalksAnswer, day: int, title: str) -> None:
    """How many talks of a case come to a truce."""
    share = headline_on(answer.headline, day).arms["baseline"]
    st.html(
        f'<p class="parley-count"><span class="what">{escape(title)}</span>'
        f"<b>{escape(share.words)}</b> of 100 <small>({escape(share.interval)})</small></p>"
    )


def how_often(answer: CasesAnswer, titles: list[str], days: int) -> None:
    """How many talks of either case come to a truce by a day, and what the difference is."""
    counted = sorted(map(int, answer.differences))
    day = st.segmented_control(
        "Truces that begin by day",
        counted,
        default=90 if 90 in counted else counted[-1],
        required=True,
        key=f"compared-by-{days}",
    )
    for column, one, title in zip(st.columns(2, gap="large"), answer.cases, titles, strict=True):
        with column:
            count(one, int(day or counted[-1]), title)
    st.markdown(theme.plain(answer.differences[str(day or counted[-1])]))


def not_as_saved(name: str, pair: list[WhatIf]) -> str:
    """That the two cases were asked with different luck, talks or days, and which are taken."""
    first, second = (getattr(one, name) for one in pair)
    words = {
        "seed": f"The first was asked with seed {first} and the second with seed {second}; here "
        f"both are played with seed {first}, so the second may differ from what you saw.",
        "runs": f"The first was asked of {first:,} talks and the second of {second:,}; here both "
        f"are played {min(first, second):,} times.",
        "days": f"The first follows talks for {first} days and the second for {second}; here both "
        f"end on day {min(first, second)}.",
    }
    return words[name]


def side_by_side(answers: Sequence[TalksAnswer], titles: list[str], name: str) -> None:
    """The same charts of both cases."""
    for column, answer, title, side in zip(
        st.columns(2, gap="large"), answers, titles, ("first", "second"), strict=True
    ):
        with column, st.container(key=f"side-{side}"):
            st.markdown(f"**{theme.plain(title)}**")
            section = section_named(answer.sections, name)
            theme.section(theme.on_a_side(section, side), across=1)


def files_apart(apart: NumbersApart, titles: list[str]) -> None:
    """In which numbers the two files differ."""
    st.header("How the files differ", anchor=False)
    st.markdown(
        f"Of {apart.shared} numbers that both have, {apart.differ} differ in their most "
        f"likely value; {apart.only_first} stand in the first alone and {apart.only_second} "
        "in the second alone."
    )
    if apart.rows:
        with st.expander("Numbers that differ"):
            head = ["number", *titles]
            theme.table(head, apart.rows, "numbers-apart")
            if apart.differ > len(apart.rows):
                st.caption(f"The first {len(apart.rows)} of {apart.differ}.")


mine = session.current()
found = choices(mine)
st.title("Compare cases", anchor=False)
st.markdown(
    "Two scenarios, or two of your what-ifs, side by side. **Differences between scenarios are "
    "differences between files**: between what their authors wrote down, not between conflicts."
)
usual = "mine" if "mine" in found else f"scenario:{mine.scenario}"
other = next(key for key in found if key != usual)
left, right = st.columns(2, gap="large")
with left:
    first = choose("First", found, usual)
with right:
    second = choose("Second", found, other)
session.in_address(
    mine,
    {
        label.lower(): [in_address(key, found[key])]
        for label, key in zip(LABELS, (first, second), strict=True)
    },
)

pair = [found[first], found[second]]
titles = [title_of(key, one) for key, one in zip((first, second), pair, strict=True)]
arms: tuple[QueryArm, ...] = tuple(one.changed for one in pair)
if arms[0] == arms[1]:
    st.info("These two are the same. Choose another one on either side.")
else:
    runs, seed = min(one.runs for one in pair), pair[0].seed
    days = min(one.days for one in pair)
    above = st.container()
    section = theme.which_section("compared")
    with above:
        more = (("section", section),)
        data = progress.answer_to(Query("cases", arms, runs, seed, days, more))
        answer = None if data is None else CasesAnswer.model_validate(data)
        if answer is not None:
            how_often(answer, titles, days)
            luck = "both with the same luck" if answer.same_luck else "each with luck of its own"
            st.caption(
                f"{runs:,} talks of {days} days each, seed {seed}, {luck}. In brackets: "
                "95 % intervals, which speak of luck only."
            )
            for name in ("seed", "runs", "days"):
                if len({getattr(one, name) for one in pair}) > 1:
                    st.caption(theme.plain(not_as_saved(name, pair)))
    if answer is not None:
        side_by_side(answer.cases, titles, section)
        files_apart(answer.numbers, titles)
        st.markdown("The same again, case by case:")
        for one in pair:
            alone = replace(one, runs=runs, seed=seed, days=days)
            st.code(alone.command_of("run", "--runs", str(runs)), language=None, wrap_lines=True)
