"""Sources and limits: what every number rests on, what is left out, and how the model fares."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import streamlit as st

import sim
from dashboard.common import theme
from dashboard.explore import session
from sim.scenario.quantity import Quantity
from sim.scenario.schema import Scenario

#: The document of the model, and what its parts begin with.
DOCUMENT = Path(sim.__file__).with_name("README.md")
WEAKNESSES, MISUSE = "# Known weaknesses", "# What it must not be used for"
SCORECARD = "<!-- scorecard -->"
SCORECARD_END = "<!-- /scorecard -->"

#: What a number rests on where it has no source.
BASES = {"judgement": "our judgement", "definition": "a definition: it fixes a unit"}


@cache
def document() -> str:
    """Return the text of the model's document."""
    return DOCUMENT.read_text(encoding="utf-8")


def part_of_document(begin: str, end: str) -> str:
    """Return the text between two marks of the document, without the first."""
    return document().partition(begin)[2].partition(end)[0].strip()


def show_counts(case: Scenario) -> None:
    """Show how many numbers have a source, and how many are a judgement."""
    numbers = case.quantities().values()
    sourced = sum(number.source is not None for number in numbers)
    judged = sum(number.basis == "judgement" for number in numbers)
    st.markdown(
        f"This scenario has **{len(numbers)} numbers: {sourced} have a source, {judged} are our "
        f"judgement** and {len(numbers) - sourced - judged} only fix a unit. Intervals elsewhere "
        "speak of the luck of the draw and shrink with more talks; whether the assumptions are "
        "right they do not say."
    )


def range_in_words(number: Quantity) -> str:
    """Describe the range of a number from its 5 % to its 95 % quantile."""
    if number.is_certain:
        return "taken as certain"
    low, high = number.ppf(np.array([0.05, 0.95]))
    return f"{low:.3g} to {high:.3g}"


def basis_in_words(case: Scenario, number: Quantity) -> str:
    """Return the source of a number as a link, or its basis."""
    if number.source is None:
        return BASES[str(number.basis)]
    source = case.sources[number.source]
    label = theme.escape(f"{source.title or number.source}, {source.date}")
    is_link = source.url.startswith(("https://", "http://"))
    return f"[{label}]({source.url.replace(' ', '%20').replace(')', '%29')})" if is_link else label


def show_numbers(case: Scenario) -> None:
    """Show every number, part by part of the file."""
    quantities = case.quantities()
    parts = list(dict.fromkeys(path.split(".")[0] for path in quantities))
    left, right = st.columns(2)
    with left:
        part = st.selectbox("Part of the scenario", parts, key="part")
    with right:
        kinds = {"all": "all numbers", "sourced": "with a source", "judgement": "our judgement"}
        kind = st.selectbox("Which", list(kinds), format_func=kinds.__getitem__, key="kind")
    rows = [
        (path, number)
        for path, number in quantities.items()
        if path.split(".")[0] == part and kind in ("all", number.basis or "sourced")
    ]
    if not rows:
        st.info("There is none of this kind in this part.")
        return
    lines = ["| number | value | nine in ten draws | rests on | note |", "|---|--:|--:|---|---|"]
    for path, number in rows:
        cells = (
            theme.escape(path),
            f"{number.centre:.4g}",
            range_in_words(number),
            basis_in_words(case, number),
            theme.escape(number.note),
        )
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    with st.container(key="table-numbers"):
        st.markdown("\n".join(lines))


def show_scorecard() -> None:
    """Show the scorecard of the model's document, part by part."""
    text = part_of_document(SCORECARD, SCORECARD_END)
    opening, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    provenance = opening.replace("# Scorecard", "").replace("; do not edit it by hand", "")
    st.markdown(provenance.strip())
    total = re.search(r"Of \d+ questions[^.]*\.", text.replace("\n", " "))
    if total:
        st.markdown(f"**{total[0]}**")
    for part in parts:
        heading, _, body = part.partition("\n")
        with st.expander(heading), st.container(key=f"table-{heading}"):
            st.markdown(body.strip())


what_if = session.current_what_if()
case = what_if.changed.case()

st.title("Sources and limits", anchor=False)
st.markdown(
    "What a result is worth depends on what goes in. Here is all of it: every number with what it "
    "rests on, what is left out, and what the model gets wrong."
)
session.show_what_if(what_if)
session.write_address(what_if)

st.header("What it must not be used for", anchor=False)
st.warning(part_of_document(MISUSE, "\n# "), icon=":material/block:")

st.header("What the model gets wrong", anchor=False)
st.markdown(part_of_document(f"{WEAKNESSES}\n", f"\n{MISUSE}"))

st.header("What this scenario leaves out", anchor=False)
for limit in case.limits:
    st.markdown(f"- {theme.escape(limit)}")

st.header("What the numbers rest on", anchor=False)
show_counts(case)
show_numbers(case)

st.header("How the model fares", anchor=False)
show_scorecard()
