"""The script that Streamlit runs for each visitor: the pages, and the frame around them.

A page is a file that reads from top to bottom like the page it shows. To add one, write it in
`dashboard/explore/views` and name it here.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.common import theme
from dashboard.explore import glossary, session
from dashboard.explore.views import GLOSSARY

VIEWS = Path(__file__).with_name("views")

st.set_page_config(page_title="Parley", page_icon=theme.ICON, layout="wide")

page = st.navigation(
    [
        st.Page(VIEWS / "start.py", title="Start", default=True),
        st.Page(VIEWS / "what_if.py", title="What if", url_path="what-if"),
        st.Page(VIEWS / "one_world.py", title="One world", url_path="one-world"),
        st.Page(VIEWS / "why.py", title="Why", url_path="why"),
        st.Page(VIEWS / "compare.py", title="Compare cases", url_path="compare"),
        st.Page(VIEWS / "build.py", title="Build a scenario", url_path="build"),
        st.Page(VIEWS / "wall.py", title="Class wall", url_path="wall"),
        st.Page(VIEWS / "sources.py", title="Sources and limits", url_path="sources"),
        st.Page(GLOSSARY, title="Glossary", url_path=glossary.PAGE),
    ],
    position="top",
)
session.enter_page(page.url_path)
theme.page_header().page_link(
    GLOSSARY, label="What the words mean", icon=":material/dictionary:", width="content"
)
page.run()
