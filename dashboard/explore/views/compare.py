"""Compare cases: two scenarios, or two saved what-ifs, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from urllib.parse import parse_qs, urlencode

import streamlit as st

from dashboard.common import theme
from dashboard.explore import page_state, progress, session, what_if_widgets
from dashboard.explore.answer_models import (
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


def available_cases(current: WhatIf) -> dict[str, WhatIf]:
    """Return what can be compared: the current what-if, the scenarios, and what was saved."""
    options = {f"scenario:{name}": page_state.unchanged(name) for name in scenario_names()}
    if current.moved or f"scenario:{current.scenario}" not in options:
        options["mine"] = current
    for name, query in (
        what_if_widgets.visitor_store()
        .load(what_if_widgets.visitor_id(), what_if_widgets.WHAT_IF_KIND)
        .items()
    ):
        options[f"saved:{name}"] = page_state.from_query_params(parse_qs(query))[0]
    for label in LABELS:
        address = st.query_params.get(label.lower(), "")
        what_if, warnings = (
            page_state.from_query_params(parse_qs(address)) if "=" in address else (None, [])
        )
        if what_if is not None and not warnings and what_if not in options.values():
            options[f"sent:{label}"] = what_if
    return options


def as_address(key: str, what_if: WhatIf) -> str:
    """Return a case as the address has it: a scenario's name, or the parameters of a what-if."""
    return key if key.startswith("scenario:") else urlencode(what_if.as_query_params(), doseq=True)


def title_of(key: str, what_if: WhatIf) -> str:
    """Return the title of a case."""
    title = what_if.baseline.case().title
    kind, _, name = key.partition(":")
    if kind == "scenario":
        return title
    if kind == "sent":
        return f"As it was sent: {title}"
    return f"Your what-if: {title}" if kind == "mine" else f"“{name}”: {title}"


def choose_case(label: str, cases: dict[str, WhatIf], default: str) -> str:
    """Let the visitor choose one of the two cases."""
    keys = list(cases)
    requested = st.query_params.get(label.lower(), as_address(default, cases[default]))
    addresses = [as_address(key, cases[key]) for key in keys]
    if requested not in addresses:
        st.warning("The case that this link names cannot be found here; this is another one.")
    key: str = st.selectbox(
        label,
        keys,
        index=addresses.index(requested) if requested in addresses else 0,
        format_func=lambda key: title_of(key, cases[key]),
        key=f"case-{label}",
    )
    what_if = cases[key]
    theme.content_note(what_if.baseline.case())
    if what_if.moved:
        st.caption(f"Moved: {theme.escape(session.describe_changes(what_if))}.")
    return key


def show_share(answer: TalksAnswer, day: int, title: str) -> None:
    """Show how many talks of a case come to a truce."""
    share = headline_on(answer.headline, day).arms["baseline"]
    st.html(
        f'<p class="parley-count"><span class="what">{escape(title)}</span>'
        f"<b>{escape(share.words)}</b> of 100 <small>({escape(share.interval)})</small></p>"
    )


def show_shares(answer: CasesAnswer, titles: list[str], days: int) -> None:
    """Show how many talks of either case come to a truce by a day, and the difference."""
    counted = sorted(map(int, answer.differences))
    day = st.segmented_control(
        "Truces that begin by day",
        counted,
        default=90 if 90 in counted else counted[-1],
        required=True,
        key=f"compared-by-{days}",
    )
    for column, case_answer, title in zip(
        st.columns(2, gap="large"), answer.cases, titles, strict=True
    ):
        with column:
            show_share(case_answer, int(day or counted[-1]), title)
    st.markdown(theme.escape(answer.differences[str(day or counted[-1])]))


def setting_differs(name: str, pair: list[WhatIf]) -> str:
    """Say that two cases differ in seed, talks or days, and which of them is taken."""
    first, second = (getattr(each, name) for each in pair)
    sentences = {
        "seed": f"The first was asked with seed {first} and the second with seed {second}; here "
        f"both are played with seed {first}, so the second may differ from what you saw.",
        "runs": f"The first was asked of {first:,} talks and the second of {second:,}; here both "
        f"are played {min(first, second):,} times.",
        "days": f"The first follows talks for {first} days and the second for {second}; here both "
        f"end on day {min(first, second)}.",
    }
    return sentences[name]


def show_side_by_side(answers: Sequence[TalksAnswer], titles: list[str], name: str) -> None:
    """Draw the same charts of both cases."""
    for column, answer, title, side in zip(
        st.columns(2, gap="large"), answers, titles, ("first", "second"), strict=True
    ):
        with column, st.container(key=f"side-{side}"):
            st.markdown(f"**{theme.escape(title)}**")
            section = section_named(answer.sections, name)
            theme.section(theme.with_suffix(section, side), across=1)


def show_file_differences(differences: NumbersApart, titles: list[str]) -> None:
    """Show which numbers differ between the two files."""
    st.header("How the files differ", anchor=False)
    st.markdown(
        f"Of {differences.shared} numbers that both have, {differences.differ} differ in their "
        f"most likely value; {differences.only_first} stand in the first alone and "
        f"{differences.only_second} in the second alone."
    )
    if differences.rows:
        with st.expander("Numbers that differ"):
            head = ["number", *titles]
            theme.table(head, differences.rows, "numbers-apart")
            if differences.differ > len(differences.rows):
                st.caption(f"The first {len(differences.rows)} of {differences.differ}.")


current = session.current_what_if()
cases = available_cases(current)
st.title("Compare cases", anchor=False)
st.markdown(
    "Two scenarios, or two of your what-ifs, side by side. **Differences between scenarios are "
    "differences between files**: between what their authors wrote down, not between conflicts."
)
default = "mine" if "mine" in cases else f"scenario:{current.scenario}"
other = next(key for key in cases if key != default)
left, right = st.columns(2, gap="large")
with left:
    first = choose_case("First", cases, default)
with right:
    second = choose_case("Second", cases, other)
session.write_address(
    current,
    {
        label.lower(): [as_address(key, cases[key])]
        for label, key in zip(LABELS, (first, second), strict=True)
    },
)

pair = [cases[first], cases[second]]
titles = [title_of(key, what_if) for key, what_if in zip((first, second), pair, strict=True)]
arms: tuple[QueryArm, ...] = tuple(what_if.changed for what_if in pair)
if arms[0] == arms[1]:
    st.info("These two are the same. Choose another one on either side.")
else:
    runs, seed = min(what_if.runs for what_if in pair), pair[0].seed
    days = min(what_if.days for what_if in pair)
    above = st.container()
    section = theme.choose_section("compared")
    with above:
        more = (("section", section),)
        data = progress.wait_for_answer(Query("cases", arms, runs, seed, days, more))
        answer = None if data is None else CasesAnswer.model_validate(data)
        if answer is not None:
            show_shares(answer, titles, days)
            luck = "both with the same luck" if answer.same_luck else "each with luck of its own"
            st.caption(
                f"{runs:,} talks of {days} days each, seed {seed}, {luck}. In brackets: "
                "95 % intervals, which speak of luck only."
            )
            for name in ("seed", "runs", "days"):
                if len({getattr(what_if, name) for what_if in pair}) > 1:
                    st.caption(theme.escape(setting_differs(name, pair)))
    if answer is not None:
        show_side_by_side(answer.cases, titles, section)
        show_file_differences(answer.numbers, titles)
        st.markdown("The same again, case by case:")
        for what_if in pair:
            alone = replace(what_if, runs=runs, seed=seed, days=days)
            st.code(alone.command_for("run", "--runs", str(runs)), language=None, wrap_lines=True)
