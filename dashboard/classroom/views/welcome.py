"""The welcome page, for those who have neither code nor link."""

import streamlit as st

from dashboard.classroom.live_refresh import path

st.title("Parley classroom", anchor=False)
st.markdown(
    "People take seats at the table of a negotiation; agents of the model fill the rest. "
    "Students join with the code on the wall. Instructors open the link that was printed when "
    "this server was started."
)
st.link_button("Join an exercise", path("/join"), type="primary")
