"""The glossary: what the words on the other pages mean."""

from __future__ import annotations

import streamlit as st

from dashboard.explore.glossary import WORDS

st.title("What the words mean", anchor=False)
st.markdown("In plain English, and in the order in which you meet them.")
for subject, words in WORDS.items():
    st.header(subject, anchor=False)
    for word, meaning in words.items():
        st.markdown(f"**{word}.** {meaning}")
