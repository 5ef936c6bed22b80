"""The script that Streamlit runs for each browser: the pages of the classroom.

Hiding a page is no protection: every page asks for itself who is looking.
"""

from __future__ import annotations

import streamlit as st

from dashboard.classroom.views import DEBRIEF, HOST, INSTRUCTOR, PROJECTOR, SEAT, WELCOME
from dashboard.common import theme

#: A phone has no room to waste; a page on paper has no buttons, and a chart stays on one sheet.
STYLE = """
<style>
@media (max-width: 640px) { .stMainBlockContainer { padding-top: 3.8rem; } }
@media print {
  [data-testid="stButton"], [data-testid="stHeader"], [data-testid="stDownloadButton"],
  [data-testid="stSelectbox"], [data-testid="stNumberInput"], iframe { display: none !important; }
  [data-testid="stApp"], [data-testid="stMain"], [data-testid="stAppViewContainer"] {
    position: static !important; overflow: visible !important; height: auto !important;
  }
  [data-testid="stVegaLiteChart"], table { break-inside: avoid; }
}
</style>
"""

st.set_page_config(page_title="Parley classroom", page_icon=theme.ICON, layout="wide")

page = st.navigation(
    [
        st.Page(WELCOME, title="Welcome", default=True),
        st.Page(SEAT, title="My seat", url_path="seat"),
        st.Page(HOST, title="Set up", url_path="host"),
        st.Page(INSTRUCTOR, title="Instructor", url_path="instructor"),
        st.Page(PROJECTOR, title="Projector", url_path="projector"),
        st.Page(DEBRIEF, title="Debrief", url_path="debrief"),
    ],
    position="hidden",
)
theme.page_header()
st.html(STYLE)
page.run()
