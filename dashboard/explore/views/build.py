"""Build a scenario: edit a copy in forms or as a text, check it, keep it, run it, share it."""

from __future__ import annotations

import re

import streamlit as st

from dashboard.common import theme
from dashboard.explore import user_scenarios
from dashboard.explore.views import WHAT_IF
from sim.scenario.errors import ScenarioError, ValidationIssue
from sim.scenario.loading import find_scenario, read_text, scenario_names
from sim.scenario.yaml_tree import rewrite_text, set_values

#: What the file is called in complaints.
FILE = "my-scenario.yaml"

#: What the forms can edit: the name of a part, and which values belong to it.
PARTS = {
    "About": re.compile(r"(scenario|title|summary|content_note|as_of|days)|limits\.\d+"),
    "What parties say": re.compile(r"parties\.[^.]+\.positions\..+"),
    "What parties want": re.compile(r"parties\.[^.]+\.(interests|settlement|exchange_weight)\b.*"),
    "Issues and levels": re.compile(r"issues\..+"),
    "Levers": re.compile(r"levers\.[^.]+\.(label|help|unit|low|high|default)"),
}

#: A value longer than this gets a box of several lines.
LONG = 70


def begin_with(text: str) -> None:
    """Take a text as the draft."""
    st.session_state["draft"] = text


def draft() -> str:
    """The text at hand: what was typed, what the address names, or the first scenario."""
    if "draft" not in st.session_state:
        kept = user_scenarios.text_of(st.query_params.get("draft", ""))
        begin_with(kept if kept is not None else original(scenario_names()[-1]))
    found: str = st.session_state["draft"]
    return found


def original(name: str) -> str:
    """The text of one of Parley's scenarios."""
    return find_scenario(name).read_text(encoding="utf-8")


def complaints(text: str) -> list[ValidationIssue]:
    """Everything that is wrong with the text, as `parley check` says it."""
    try:
        read_text(text, FILE)
    except ScenarioError as error:
        return list(error.complaints)
    return []


def as_text() -> None:
    """The whole file as a text."""

    def changed() -> None:
        begin_with(st.session_state["yaml"])

    st.session_state["yaml"] = draft()
    st.text_area(
        "The file, in YAML",
        key="yaml",
        height=560,
        max_chars=user_scenarios.MOST_OF_ONE // 4,
        on_change=changed,
        help="Press Ctrl+Enter, or click outside the box, to check it.",
    )
    st.button("Check", icon=":material/rule:")


def as_forms() -> None:
    """Parts of the file in forms; whatever they do not show stays as it is."""
    try:
        values = set_values(draft(), FILE)
    except ScenarioError:
        st.info("The text is not YAML at present; mend it as a text first.")
        return
    part = st.selectbox("Part", list(PARTS), key="form-part")
    mine = {path: value for path, value in values.items() if PARTS[part].fullmatch(path)}
    groups = list(dict.fromkeys(group_of(path) for path in mine))
    if not groups:
        st.info("The file has nothing of this kind.")
        return
    group = st.selectbox("Of", groups, key=f"form-group-{part}") if len(groups) > 1 else groups[0]
    shown = {path: value for path, value in mine.items() if group_of(path) == group}
    with st.form(f"form-{part}-{group}"):
        typed = {path: field(path, value, str(group)) for path, value in shown.items()}
        if st.form_submit_button("Put it into the file", type="primary"):
            new = {path: value for path, value in typed.items() if value != shown[path]}
            begin_with(rewrite_text(draft(), new, FILE))
            st.rerun()


def group_of(path: str) -> str:
    """Which party, issue or lever a value belongs to."""
    first, *rest = path.split(".")
    return f"{first}.{rest[0]}" if rest and first != "limits" else "the scenario"


def field(path: str, value: str, group: str) -> str:
    """One value in a form."""
    label = path.removeprefix(f"{group}.")
    box = st.text_area if len(value) > LONG else st.text_input
    return str(box(label, value, key=f"value-{path}-{hash(value)}"))


def verdict(found: list[ValidationIssue], text: str) -> None:
    """What is wrong with the file, line by line, with what stands there."""
    if not found:
        st.success("The file is fine: nothing is wrong with it.")
        return
    number = len(found)
    st.error(f"{number} {'thing is' if number == 1 else 'things are'} wrong. Nothing is lost.")
    with st.container(key="complaints"):
        for complaint in found:
            st.markdown(f"- {theme.plain(str(complaint))}")
            line = text.splitlines()[complaint.line - 1 : complaint.line] if complaint.line else []
            if line:
                st.code(f"{complaint.line}: {line[0]}", language=None)


def take_away(name: str, fine: bool) -> None:
    """Download the file; run it and share it if nothing is wrong with it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download the file",
            draft().encode(),
            f"{name}.yaml",
            "text/yaml",
            icon=":material/download:",
        )
        if fine:
            st.page_link(
                WHAT_IF,
                label="Run it in What if",
                icon=":material/play_arrow:",
                query_params={"scenario": name},
            )
    address = (st.context.url or "").split("?")[0]
    st.markdown("A link to this text, to come back to or to share. Whoever has it can read it:")
    st.code(f"{address}?draft={name}", language=None, wrap_lines=True)


st.title("Build a scenario", anchor=False)
st.markdown(
    "Take a scenario as it is and make it yours: what parties say and want, the levels of each "
    "issue, the levers. Every number needs a source or the words that it is a judgement."
)
with st.container(horizontal=True, vertical_alignment="bottom"):
    names = list(reversed(scenario_names()))
    st.selectbox("Begin with a copy of", names, key="copy-of")
    st.button(
        "Take this copy",
        on_click=lambda: begin_with(original(st.session_state["copy-of"])),
        help="Replaces the text below. Download it first if you want to keep it.",
    )
how = st.segmented_control(
    "Edit", ["In forms", "As a text"], default="In forms", required=True, key="how"
)
text = draft()
try:
    name = user_scenarios.keep(text)
    found = complaints(text)
    if st.query_params.get("draft") != name:
        st.query_params.from_dict({"draft": name})
    verdict(found, text)
    take_away(name, not found)
except ValueError as error:
    st.error(theme.plain(str(error)))
if how == "As a text":
    as_text()
else:
    as_forms()
