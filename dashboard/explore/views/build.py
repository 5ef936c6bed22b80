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
LONG_VALUE = 70


def set_draft(text: str) -> None:
    """Set the text of the draft."""
    st.session_state["draft"] = text


def current_draft() -> str:
    """Return the draft: what was typed, what the address names, or a shipped scenario."""
    if "draft" not in st.session_state:
        saved_text = user_scenarios.load_text(st.query_params.get("draft", ""))
        set_draft(saved_text if saved_text is not None else scenario_text(scenario_names()[-1]))
    text: str = st.session_state["draft"]
    return text


def scenario_text(name: str) -> str:
    """Return the text of one of Parley's scenarios."""
    return find_scenario(name).read_text(encoding="utf-8")


def validate(text: str) -> list[ValidationIssue]:
    """Return all validation issues of the text, as `parley check` reports them."""
    try:
        read_text(text, FILE)
    except ScenarioError as error:
        return list(error.complaints)
    return []


def edit_as_text() -> None:
    """Draw the editor of the whole file as a text."""

    def on_change() -> None:
        set_draft(st.session_state["yaml"])

    st.session_state["yaml"] = current_draft()
    st.text_area(
        "The file, in YAML",
        key="yaml",
        height=560,
        max_chars=user_scenarios.MAX_SCENARIO_BYTES // 4,
        on_change=on_change,
        help="Press Ctrl+Enter, or click outside the box, to check it.",
    )
    st.button("Check", icon=":material/rule:")


def edit_in_forms() -> None:
    """Draw forms for parts of the file; whatever they do not show stays as it is."""
    try:
        values = set_values(current_draft(), FILE)
    except ScenarioError:
        st.info("The text is not YAML at present; mend it as a text first.")
        return
    part = st.selectbox("Part", list(PARTS), key="form-part")
    part_values = {path: value for path, value in values.items() if PARTS[part].fullmatch(path)}
    groups = list(dict.fromkeys(group_of(path) for path in part_values))
    if not groups:
        st.info("The file has nothing of this kind.")
        return
    group = st.selectbox("Of", groups, key=f"form-group-{part}") if len(groups) > 1 else groups[0]
    shown = {path: value for path, value in part_values.items() if group_of(path) == group}
    with st.form(f"form-{part}-{group}"):
        entered = {path: input_field(path, value, str(group)) for path, value in shown.items()}
        if st.form_submit_button("Put it into the file", type="primary"):
            new = {path: value for path, value in entered.items() if value != shown[path]}
            set_draft(rewrite_text(current_draft(), new, FILE))
            st.rerun()


def group_of(path: str) -> str:
    """Return the party, issue or lever that a value belongs to."""
    first, *rest = path.split(".")
    return f"{first}.{rest[0]}" if rest and first != "limits" else "the scenario"


def input_field(path: str, value: str, group: str) -> str:
    """Draw the input field of one value and return what it holds."""
    label = path.removeprefix(f"{group}.")
    box = st.text_area if len(value) > LONG_VALUE else st.text_input
    return str(box(label, value, key=f"value-{path}-{hash(value)}"))


def show_issues(issues: list[ValidationIssue], text: str) -> None:
    """Show what is wrong with the file, line by line."""
    if not issues:
        st.success("The file is fine: nothing is wrong with it.")
        return
    number = len(issues)
    st.error(f"{number} {'thing is' if number == 1 else 'things are'} wrong. Nothing is lost.")
    with st.container(key="complaints"):
        for issue in issues:
            st.markdown(f"- {theme.escape(str(issue))}")
            line = text.splitlines()[issue.line - 1 : issue.line] if issue.line else []
            if line:
                st.code(f"{issue.line}: {line[0]}", language=None)


def show_downloads(name: str, is_valid: bool) -> None:
    """Offer the file for download; link to What if if nothing is wrong with it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download the file",
            current_draft().encode(),
            f"{name}.yaml",
            "text/yaml",
            icon=":material/download:",
            on_click="ignore",
        )
        if is_valid:
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
        on_click=lambda: set_draft(scenario_text(st.session_state["copy-of"])),
        help="Replaces the text below. Download it first if you want to keep it.",
    )
mode = st.segmented_control(
    "Edit", ["In forms", "As a text"], default="In forms", required=True, key="how"
)
text = current_draft()
try:
    name = user_scenarios.save(text)
    issues = validate(text)
    if st.query_params.get("draft") != name:
        st.query_params.from_dict({"draft": name})
    show_issues(issues, text)
    show_downloads(name, not issues)
except ValueError as error:
    st.error(theme.escape(str(error)))
if mode == "As a text":
    edit_as_text()
else:
    edit_in_forms()
