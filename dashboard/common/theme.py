"""The theme of all pages: style, header, and charts and tables in light and dark.

The colours of the interface stand in `.streamlit/config.toml`; those of the charts are of
`sim.reporting.charts`, and their counterparts on a dark ground are here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from sim.reporting.models import FigureData, SectionData
from sim.scenario.schema import Scenario
from sim.types import Json

#: Colours of `sim.reporting.charts` on white (left) and what takes their place on a dark
#: ground. All have a contrast of at least 3 to 1 to the ground, and those of text of 4.5 to 1.
DARK_COLOURS = {
    "#0072B2": "#6db9ec",  # blue
    "#D55E00": "#f0a35e",  # orange
    "#1a1a1a": "#e8eaed",  # ink
    "#6b6b6b": "#a3adb8",  # grey
    "#e2e2e2": "#39424c",  # pale
    "white": "#14181d",
}

NOT_A_FORECAST = (
    "**Not a forecast.** An exploratory model: what it shows follows from the assumptions in a "
    "scenario, and is no advice on a live case."
)

#: What pages show first of an answer.
FIRST_SECTION = "truce-begins"

STYLE = """
<style>
.stMainBlockContainer { max-width: 1260px; padding: 4.2rem 2.5rem 5rem; }
[data-testid="stCaptionContainer"] { opacity: 1; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p {
  color: var(--parley-soft);
}
[class*="st-key-box-"] [data-testid="stCaptionContainer"] { margin-top: -0.6rem; }
[data-testid="stBaseButton-primary"], [data-testid="stBaseButton-primary"] p,
[data-testid="stBaseButton-primaryFormSubmit"] p { color: var(--parley-on-primary); }
.st-key-banner p { font-size: 0.9rem; }
[data-testid="stLayoutWrapper"]:has(> .st-key-headline) {
  position: sticky; top: 3.6rem; z-index: 50; background: var(--parley-ground);
  padding: 0.6rem 0 0.7rem; border-bottom: 1px solid var(--parley-line);
}
.st-key-yaml textarea { font-family: ui-monospace, monospace; font-size: 0.88rem; }
[data-testid="stSliderTickBar"] { display: none; }
.parley-counts { display: flex; flex-wrap: wrap; gap: 0.2rem 2.4rem; align-items: baseline; }
.parley-count { margin: 0; line-height: 1.25; }
.parley-count b { font-size: 2.3rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.parley-count small { font-size: 0.9rem; color: var(--parley-soft); }
.parley-count .what { display: block; font-size: 0.95rem; }
.parley-effect { margin: 0.35rem 0 0; font-size: 1.02rem; }
.parley-note { margin: 0.1rem 0 0; font-size: 0.88rem; color: var(--parley-soft); }
@media (max-width: 640px) {
  .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; }
  .parley-count b { font-size: 1.7rem; }
  .parley-counts { gap: 0.1rem 1.4rem; }
  .parley-effect { font-size: 0.95rem; }
  [data-testid="stHorizontalBlock"] { row-gap: 1rem; }
  [class*="st-key-table-"] :is(td, th) { overflow-wrap: anywhere; }
  [class*="st-key-table-"] td:first-child { min-width: 6rem; }
  [data-testid="stButtonGroup"] [role="radiogroup"] { flex-wrap: wrap; row-gap: 0.4rem; }
}
@media (max-height: 520px) {  /* a phone on its side, or an enlarged page */
  [data-testid="stLayoutWrapper"]:has(> .st-key-headline) { position: static; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation-duration: 0.01ms !important; transition: none !important; }
}
</style>
"""

GROUND_STYLES = {
    "light": "--parley-ground: #ffffff; --parley-line: #c9d0d6; --parley-soft: #555f69; "
    "--parley-on-primary: #ffffff;",
    "dark": "--parley-ground: #14181d; --parley-line: #3b444d; --parley-soft: #a9b3bd; "
    "--parley-on-primary: #14181d;",
}


def is_dark() -> bool:
    """Return whether the visitor sees the dark theme."""
    return str(st.context.theme.type) == "dark"


#: Two speech bubbles, drawn here: an icon by name would be fetched from elsewhere.
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#0072B2" d="M3 4h17v11'
    'H10l-5 5v-5H3z"/><path fill="#D55E00" d="M12 17h11v-6h6v12h-2v5l-5-5H12z"/></svg>'
)


def page_header() -> DeltaGenerator:
    """Draw what every page begins with: its style, and the line “Not a forecast”.

    Returns the line that says so, in which there is room for a link.
    """
    ground = GROUND_STYLES["dark" if is_dark() else "light"]
    st.html(f"{STYLE}<style>:root {{ {ground} }}</style>")
    banner = st.container(key="banner", horizontal=True, vertical_alignment="center")
    banner.markdown(NOT_A_FORECAST, width="stretch")
    return banner


def content_note(scenario: Scenario) -> None:
    """Show a scenario's content note: some scenarios are about people who were killed."""
    st.caption(f":material/info: {escape(scenario.content_note)}")


def choose_section(key: str, effects: bool = False) -> str:
    """Let the visitor choose a section of an answer; one is drawn at a time."""
    from sim.reporting.sections import SECTIONS

    buttons = {
        name: kind.button
        for name, kind in SECTIONS.items()
        if (kind.of_comparison if effects else kind.of_talks) is not None
    }
    buttons["obstacles"] = "In the way"  # needs no talks; `compute.summary` draws it
    names = list(buttons)
    chosen = st.segmented_control(
        "Look closer",
        names,
        format_func=buttons.__getitem__,
        default=FIRST_SECTION,
        required=True,
        key=f"{key}-{len(names)}",  # begins anew when there is a section more or less
    )
    return chosen or FIRST_SECTION


# --- Charts


def section(section_data: SectionData, across: int = 2) -> None:
    """Draw a section of an answer: its words, charts and tables, or why it has none."""
    st.header(section_data.heading, anchor=False)
    if section_data.missing:
        st.info(section_data.missing)
        return
    above, below = section_data.words[:1], section_data.words[1:]
    for words in above:
        st.markdown(escape(words))
    figures(section_data.figures, across)
    for words in below:
        st.markdown(escape(words))
    for number, table_data in enumerate(section_data.tables):
        table(table_data.head, table_data.rows, f"{section_data.name}-{number}")
    for words in section_data.after:
        st.markdown(escape(words))


def with_suffix(section_data: SectionData, suffix: str) -> SectionData:
    """Return a section with a suffix on its names, so that two of a kind can share a page."""
    figures = tuple(
        figure.model_copy(update={"name": f"{figure.name}-{suffix}"})
        for figure in section_data.figures
    )
    return section_data.model_copy(
        update={"name": f"{section_data.name}-{suffix}", "figures": figures}
    )


def figures(all_figures: Sequence[FigureData], across: int = 2) -> None:
    """Draw charts side by side, or below each other on a phone."""
    for begin in range(0, len(all_figures), across):
        columns = st.columns(across, gap="large")
        for column, figure in zip(columns, all_figures[begin : begin + across], strict=False):
            with column:
                chart(figure)


def chart(figure: FigureData) -> None:
    """Draw a chart below its title, with alternative text and a table of its numbers."""
    st.markdown(f"**{escape(figure.title)}**")
    if figure.spec.get("vconcat") == []:
        st.caption("There is nothing to draw; the table says why.")
    else:
        # Its size is that of the plot: a legend comes on top of it and does not eat into it.
        spec = {**in_theme_colours(figure.spec, is_dark()), "autosize": {"type": "pad"}}
        st.vega_lite_chart(spec, theme=None, width="content", alt=figure.alt)
    with st.expander("The numbers as a table"):
        table(figure.head, figure.rows, figure.name)


def timeline(figure: FigureData, day: int) -> None:
    """Draw a chart over days as wide as the page, with a line at one of its days."""
    st.markdown(f"**{escape(figure.title)}**")
    here = {
        "data": {"values": [{"day": day}]},
        "mark": {"type": "rule", "color": "#1a1a1a", "strokeWidth": 1.5, "strokeDash": [4, 3]},
        "encoding": {"x": {"field": "day", "type": "quantitative"}},
    }
    spec = {**figure.spec, "layer": [*figure.spec["layer"], here], "width": "container"}
    st.vega_lite_chart(
        in_theme_colours(spec, is_dark()), theme=None, width="stretch", alt=figure.alt
    )
    with st.expander("The days as a table"):
        table(figure.head, figure.rows, figure.name)


def in_theme_colours(spec: Json, on_dark: bool) -> Json:
    """Return a chart in the colours of the visitor's theme."""
    recoloured: Json = _replace_colours(spec) if on_dark else spec
    return {**recoloured, "usermeta": {"embedOptions": {"actions": False}}}


def _replace_colours(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _replace_colours(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_replace_colours(value) for value in part]
    return DARK_COLOURS.get(part, part) if isinstance(part, str) else part


def table(head: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> None:
    """Draw a table that a screen reader can read."""
    lines = [" | ".join(_cell(word) or " " for word in line) for line in (head, *rows)]
    rule = "|".join("---" if k == 0 else "--:" for k in range(len(head)))
    with st.container(key=f"table-{name}"):
        st.markdown("\n".join(f"| {line} |" for line in (lines[0], rule, *lines[1:])))


@lru_cache(maxsize=4096)
def _cell(words: str) -> str:
    return escape(words.replace("\n", " ")).replace("|", r"\|")


def escape(words: str) -> str:
    """Return words with everything escaped that Markdown, TeX or icon names are made of."""
    for sign in ("\\", "`", "*", "_", "[", "]", "<", ">", "$", "#", "~", ":"):
        words = words.replace(sign, f"\\{sign}")
    return words
