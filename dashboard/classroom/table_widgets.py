"""A table as the instructor or a student without a seat watches it."""

from __future__ import annotations

import streamlit as st

from dashboard.classroom import live_refresh
from dashboard.classroom.seat_widgets import ENDED, answers, terms
from dashboard.common import theme
from sim.classroom.views import TableView


def watched(view: TableView) -> None:
    """Draw where the talks stand, what is on the table and what was answered; nothing private."""
    titles = {seat.role: seat.title for seat in view.seats}
    if view.stage == "ended":
        st.subheader(ENDED[view.how], anchor=False)
        terms(view.signed)
    elif view.round:
        stage = live_refresh.STAGES[view.stage]
        st.subheader(f"Round {view.round} of {view.rounds}: {stage}", anchor=False)
    else:
        st.subheader("The talks have not begun", anchor=False)
    for words in view.injects:
        st.info(f":material/campaign: {theme.escape(words)}")
    for text in reversed(view.texts):
        with st.container(border=True):
            author = theme.escape(titles[text.author]) + (" (AI agent)" if text.agent else "")
            st.markdown(f"**Text {text.id}**, round {text.round}, by {author}")
            terms(text.words)
            answers(text, titles)
    if not view.texts:
        st.caption("No text has been put on this table yet.")
    if view.news:
        with st.expander("What has happened between rounds"):
            for news in view.news:
                st.markdown(theme.escape(f"Day {news.day}: {news.words}"))
    with st.expander("Who sits here"):
        for seat in view.seats:
            kind = " (AI agent)" if seat.agent else ""
            stands = ""
            if seat.flexible is not None:
                stands = " Ready to bargain." if seat.flexible else " Stands firm."
            st.markdown(f"**{theme.escape(seat.title)}**{kind}{stands}")
            st.caption(theme.escape(seat.public))
