"""The parts of a seat's page: brief and prediction, the table, and the result.

Everything here is drawn from a `SeatView` and from what is public in the scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.classroom import live_refresh
from dashboard.classroom.live_refresh import (
    Visitor,
    ask_confirmation,
    confirmation,
    confirmation_key,
)
from dashboard.common import theme
from sim.classroom import commands
from sim.classroom.commands import REASONS
from sim.classroom.plan import Package, standing
from sim.classroom.views import IssueView, ProposalView, Score, SeatView

WALK_AWAY = "You would be better off walking away, by your brief."

GIVES_UP = (
    "This gives up part of what you ask for in public, or crosses a red line; the price is counted "
    "in. A leadership that stands firm would not sign it."
)

#: So many of the last news are shown at once.
LATEST = 3

#: How talks at a table ended.
ENDED = {
    "deal": "A text was signed.",
    "time": "Time was up; nothing was signed.",
    "victory": "The war was decided; there was nothing left to sign.",
    "instructor": "The instructor ended the talks.",
}

#: What is answered most often comes first; a counter-proposal has a button of its own.
WHY_NOT = [reason for reason in REASONS if reason != "counter"]


@dataclass(frozen=True)
class Menu:
    """The choices for a proposal, and what each package would mean to this seat."""

    summary: str  # of the conflict, for everybody
    limits: Sequence[str]  # what the scenario leaves out
    issues: tuple[IssueView, ...]
    parties: Mapping[str, str]  # titles, by party
    first: Package  # some terms that go together, to begin a draft with
    score: Callable[[Package], Score]


# -- the brief and the prediction -----------------------------------------------------------------


def brief(view: SeatView) -> None:
    """Draw a seat's brief, with what is private marked as such, and whom it can speak to."""
    role, titles = view.role, titles_of(view)
    spoken_to = ", ".join(titles[name] for name in role.reaches)
    st.markdown(f"**You speak to:** {theme.escape(spoken_to)}. {standing(role)}")
    st.markdown("#### :material/public: Public: everybody knows this")
    st.markdown(theme.escape(role.public))
    with st.container(border=True, key="private"):
        st.markdown("#### :material/lock: Private: for your eyes only")
        for head, words in (
            ("What you want", role.interests),
            ("Red lines", role.red_lines),
            *view.commitments,
            ("Without a deal", role.alternative),
            ("Play the interest, not the stereotype", role.fairness),
        ):
            st.markdown(f"**{head}.** {theme.escape(words)}")
        if view.commitments:
            st.caption("Your score sheet counts all of these costs already.")


def _seats(view: SeatView) -> None:
    """Draw who else sits at the table, and what everybody may read of them."""
    for neighbour in view.neighbours:
        kind = " (AI agent)" if neighbour.agent else ""
        met = "" if neighbour.reached else " You do not meet; a mediator can carry texts."
        stands = ""
        if neighbour.flexible is not None:
            stands = " Ready to bargain." if neighbour.flexible else " Stands firm."
        st.markdown(f"**{theme.escape(neighbour.title)}**{kind}.{met}{stands}")
        st.caption(f"From their own brief: “{theme.escape(neighbour.public)}”")


def _conflict(menu: Menu) -> None:
    """Draw the summary of the conflict, and the issues to settle."""
    st.markdown("#### The conflict")
    st.markdown(theme.escape(menu.summary))
    for issue in menu.issues:
        terms = "; ".join(issue.levels.values())
        st.markdown(f"- **{theme.escape(issue.title)}**: {theme.escape(terms)}")


def briefing(visitor: Visitor, view: SeatView, menu: Menu) -> None:
    """Draw the brief, the question on it, and the prediction."""
    _conflict(menu)
    titles = titles_of(view)
    brief(view)
    with st.expander("Who sits here"):
        _seats(view)
    st.markdown("#### Did it come across?")
    if view.understood:
        st.success("Right: without their signatures there is no deal.")
    else:
        if view.understood is not None:
            st.warning(
                "Not quite. Who can refuse a deal? Think of those who fight, and of who can tie "
                "their hands."
            )
        choice = st.pills(
            "Whose signatures does a text need?",
            list(view.signers),
            selection_mode="multi",
            format_func=lambda name: theme.escape(titles[name]),
            key="choice",
        )
        if st.button("Answer", disabled=not choice) and visitor.try_submit(
            commands.Comprehend, choice=tuple(choice)
        ):
            st.rerun()
    st.markdown("#### What do you expect?")
    _prediction(visitor, view, menu)


def _prediction(visitor: Visitor, view: SeatView, menu: Menu) -> None:
    if view.predicted is not None:
        and_terms = ", and the terms below" if view.predicted_package else ""
        st.success(
            f"Your prediction: {view.predicted} of 100 tables like yours sign a text{and_terms}."
        )
    usual = 50 if view.predicted is None else view.predicted
    deal = st.slider("Of 100 tables like yours, how many sign a text?", 0, 100, usual, key="deal")
    with_terms = st.checkbox(
        "I also predict the terms", value=view.predicted_package is not None, key="with_terms"
    )
    package = (
        _terms(menu, view.predicted_package or menu.first, "predicted") if with_terms else None
    )
    problem = menu.score(package).problem if package else ""
    if problem:
        st.warning(theme.escape(problem))
    label = "Keep this prediction" if view.predicted is None else "Change the prediction"
    if st.button(label, type="primary", disabled=bool(problem)) and visitor.try_submit(
        commands.Predict, deal=deal, package=package
    ):
        st.rerun()
    if view.predicted is not None and view.understood:
        st.success("You are ready. The talks begin when your instructor says so.")


def _terms(
    menu: Menu, begin: Package, name: str, changed: Callable[[], None] | None = None
) -> Package:
    """Draw one choice for each issue; return the chosen package."""
    chosen = {}
    for issue in menu.issues:
        if f"{name}-{issue.name}" not in st.session_state:
            st.session_state[f"{name}-{issue.name}"] = begin[issue.name]
        chosen[issue.name] = st.selectbox(
            theme.escape(issue.title),
            list(issue.levels),
            format_func=_level_words(issue),
            key=f"{name}-{issue.name}",
            on_change=changed,
        )
    return chosen


def _level_words(issue: IssueView) -> Callable[[str], str]:
    """Return how the levels of an issue are shown."""

    def shown(level: str) -> str:
        words = issue.levels[level]
        return f"{words} (not on offer now)" if level in issue.closed else words

    return shown


# -- the table ------------------------------------------------------------------------------------


def play(visitor: Visitor, view: SeatView, menu: Menu) -> None:
    """Draw the table: who is waited for, the proposals, the own draft, messages, and the brief."""
    with st.container(key="status"):
        _status(visitor, view, menu)
    with st.container(key="texts"):
        _texts(visitor, view, menu)
    with st.container(key="draft"):
        if view.stage != "resolve":
            _draft(visitor, view, menu)
    with st.container(key="messages"):
        _messages(visitor, view)
    with st.expander("My brief"):
        _conflict(menu)
        brief(view)
    with st.expander("Who sits here"):
        _seats(view)


def _status(visitor: Visitor, view: SeatView, menu: Menu) -> None:
    if view.stage == "between":
        st.subheader("The days go by …", anchor=False)
    else:
        stage = live_refresh.STAGES[view.stage]
        st.subheader(f"Round {view.round} of {view.rounds}: {stage}", anchor=False)
    if view.stage == "resolve" and not view.may_confirm:
        st.markdown("There is nothing for you to do in this step.")
    if view.stance:
        st.markdown(f":material/flag: {theme.escape(view.stance)}")
    if view.waiting_for:
        waiting = ["you" if title == view.role.title else title for title in view.waiting_for]
        st.markdown(f"Waiting for: **{theme.escape(', '.join(waiting))}**")
    if view.held_by_agent:
        st.warning("An agent keeps your seat warm.")
        if st.button("Take my seat back") and visitor.try_submit(commands.TakeBack):
            st.rerun()
    _news(view, menu)
    if view.may_confirm:
        _confirm(visitor)
    elif view.stage in ("caucus", "proposals", "responses") and not view.done:
        if st.button(
            "Done with this step", key=f"done-{view.round}-{view.stage}"
        ) and visitor.try_submit(commands.Done):
            st.rerun()
    elif view.done:
        st.caption("You are done with this step; you may still change your mind.")


def _news(view: SeatView, menu: Menu) -> None:
    """Draw the injects, the news between rounds, and the limits of the model."""
    for words in view.injects:
        st.info(f":material/campaign: {theme.escape(words)}")
    if view.news:
        for last in view.news[-LATEST:]:
            st.caption(theme.escape(f"Day {last.day}: {last.words}"))
        with st.expander("All that happened, and what is not told"):
            for news in view.news:
                st.markdown(theme.escape(f"Day {news.day}: {news.words}"))
            st.caption("These news tell what the model counts, and no more:")
            for limit in menu.limits:
                st.caption(f"- {theme.escape(limit)}")


def _confirm(visitor: Visitor) -> None:
    st.markdown("**All who can refuse have accepted a text. It was accepted in your name.**")
    with st.container(horizontal=True):
        if st.button("Confirm it", type="primary") and visitor.try_submit(
            commands.Confirm, yes=True
        ):
            st.rerun()
        if st.button("Do not confirm it") and visitor.try_submit(commands.Confirm, yes=False):
            st.rerun()


def _texts(visitor: Visitor, view: SeatView, menu: Menu) -> None:
    st.markdown("#### On the table")
    if not view.texts:
        st.caption("There is no text before you yet.")
    titles = titles_of(view)
    for text in reversed(view.texts):
        if text.open:
            with st.container(border=True, key=f"text-{text.id.replace('.', '-')}"):
                _text(visitor, view, menu, text, titles)
    older = [text for text in view.texts if not text.open]
    if older:
        with st.expander(f"Texts of earlier rounds ({len(older)})"):
            for text in reversed(older):
                st.markdown(f"**Text {text.id}**, by {theme.escape(titles[text.author])}")
                terms(text.words)
                answers(text, titles)


def titles_of(view: SeatView) -> dict[str, str]:
    """Return every role's title, the own one included."""
    return {view.role.name: view.role.title} | {seat.role: seat.title for seat in view.neighbours}


def _text(
    visitor: Visitor, view: SeatView, menu: Menu, text: ProposalView, titles: Mapping[str, str]
) -> None:
    author = "you" if text.author == view.role.name else theme.escape(titles[text.author])
    kind = " (AI agent)" if text.agent else ""
    st.markdown(f"**Text {text.id}**, by {author}{kind}")
    terms(text.words)
    if text.rationale:
        st.text(text.rationale)
    _worth(menu, menu.score(text.package))
    answers(text, titles)
    if view.agreed == text.id:
        st.success("All who can refuse this text have accepted it.")
    if view.stage in ("proposals", "responses"):
        _carry(visitor, view, text, titles)
    if view.stage == "responses" and view.agreed is None:
        _respond(visitor, view, menu, text)


def terms(words: Mapping[str, str]) -> None:
    """Draw the terms of a proposal, issue by issue."""
    lines = [
        f"- {theme.escape(title)}: **{theme.escape(terms)}**" for title, terms in words.items()
    ]
    st.markdown("\n".join(lines))


def answers(text: ProposalView, titles: Mapping[str, str]) -> None:
    """Draw who has answered a proposal, how, and why."""
    parts = []
    for role, yes in text.answers.items():
        why = f" ({REASONS.get(text.reasons[role], '')})" if role in text.reasons else ""
        parts.append(f"{titles[role]} {'accepts' if yes else 'rejects'}{why}")
    if parts:
        st.caption(theme.escape("; ".join(parts)))


def _worth(menu: Menu, score: Score) -> None:
    """Draw what terms are worth by the own score sheet, or a mediator's estimate of the parties."""
    if score.worth is not None and score.no_deal is not None:
        line = (
            f"Worth to you: **{100 * score.worth:.1f}** points; no deal: {100 * score.no_deal:.1f}."
        )
        if score.below:
            line += f" :material/warning: **{WALK_AWAY}**"
        elif score.passes is False:
            line += " :material/warning: **As it stands, this would not pass the vote at home.**"
        st.markdown(line)
    if score.gives_up:
        st.caption(GIVES_UP)
    if score.guessed:
        guesses = [_guess(menu.parties[party], gain) for party, gain in score.guessed.items()]
        st.markdown(f"Your sense, which may be wrong: {theme.escape('; '.join(guesses))}.")


def _guess(party: str, gain: float) -> str:
    more = "more" if gain >= 0 else "less"
    return f"{party} gets {abs(100 * gain):.0f} points {more} than it holds out for"


def _carry(visitor: Visitor, view: SeatView, text: ProposalView, titles: Mapping[str, str]) -> None:
    to = [role for role in view.role.reaches if role not in text.seen]
    if not (view.role.is_mediator and to):
        return
    whom = ", ".join(titles[role] for role in to)
    if st.button(f"Carry it to {whom}", key=f"carry-{text.id}") and visitor.try_submit(
        commands.Carry, text=text.id, to=tuple(to)
    ):
        st.rerun()


def _respond(visitor: Visitor, view: SeatView, menu: Menu, text: ProposalView) -> None:
    if view.role.name in text.answers and text.author == view.role.name:
        return
    accept, reject = f"accept-{text.id}", f"reject-{text.id}"
    with st.container(horizontal=True):
        if not view.role.is_mediator:  # mediators have no vote
            if st.button("Accept", key=f"ask-{accept}"):
                ask_confirmation(accept)
            if st.button("Reject", key=f"ask-{reject}"):
                ask_confirmation(reject)
        if st.button("Counter with my draft", key=f"ask-counter-{text.id}"):
            ask_confirmation(f"counter-{text.id}")
    key = confirmation_key()
    if st.session_state.get("asking") == accept and menu.score(text.package).below:
        st.warning(f"{WALK_AWAY} Accept all the same?")
    answer = confirmation(accept, f"Accept text {text.id}?", "Yes, accept")
    if answer:
        visitor.try_submit(commands.Respond, key, text=text.id, accepts=True)
    if st.session_state.get("asking") == reject:
        st.selectbox("Why?", WHY_NOT, format_func=lambda why: REASONS[why], key=f"why-{text.id}")
    refused = confirmation(reject, f"Reject text {text.id}?", "Yes, reject")
    if refused:
        reason = st.session_state.get(f"why-{text.id}", WHY_NOT[0])
        visitor.try_submit(commands.Respond, key, text=text.id, accepts=False, reason=reason)
    countered = confirmation(
        f"counter-{text.id}", f"Reject text {text.id} and put your draft forward?", "Yes, counter"
    )
    if countered:
        _put_forward(visitor, view.role.reaches, text.id, key)
    if answer is not None or refused is not None or countered is not None:
        st.rerun()


# -- one's own draft ------------------------------------------------------------------------------


def _draft(visitor: Visitor, view: SeatView, menu: Menu) -> None:
    st.markdown("#### My draft")
    st.caption("Only you see it. It is kept as you change it.")
    if view.stage == "caucus":
        st.caption("You can put it on the table in the next step.")

    begin = view.draft or view.predicted_package or menu.first

    def keep() -> None:
        kept = st.session_state  # without what was not drawn last, as when a stage has ended
        package = {name: kept.get(f"draft-{name}", level) for name, level in begin.items()}
        if not menu.score(package).problem:
            words = kept.get("rationale", view.draft_rationale)
            visitor.try_submit(commands.SaveDraft, package=package, rationale=words)

    if "rationale" not in st.session_state:
        st.session_state["rationale"] = view.draft_rationale
    package = _terms(menu, begin, "draft", keep)
    score = menu.score(package)
    if score.problem:
        st.warning(
            theme.escape(f"{score.problem[:1].upper()}{score.problem[1:]}")
            + " As long as that is so, the draft is not kept."
        )
    _worth(menu, score)
    st.text_area("In a sentence: why this?", max_chars=500, key="rationale", on_change=keep)
    bridging = view.stage == "responses" and view.role.is_mediator
    if (view.stage == "proposals" or bridging) and not score.problem:
        _propose(visitor, view, score)


def _propose(visitor: Visitor, view: SeatView, score: Score) -> None:
    titles = titles_of(view)
    to = st.pills(
        "Who gets it?",
        list(view.role.reaches),
        selection_mode="multi",
        default=list(view.role.reaches),
        format_func=lambda name: theme.escape(titles[name]),
        key=f"to-{view.round}",
    )
    if st.button("Put it on the table", type="primary", disabled=not to):
        ask_confirmation("propose")
    if st.session_state.get("asking") == "propose" and score.below:
        st.warning(f"{WALK_AWAY} Propose it all the same?")
    key = confirmation_key()
    answer = confirmation("propose", "Put this text on the table? It cannot be taken back.", "Yes")
    if answer:
        _put_forward(visitor, to, None, key)
    if answer is not None:
        st.rerun()


def _put_forward(visitor: Visitor, to: Sequence[str], counters: str | None, key: str) -> None:
    drafted = {
        str(name).removeprefix("draft-"): value
        for name, value in st.session_state.items()
        if str(name).startswith("draft-")
    }
    visitor.try_submit(
        commands.Propose,
        key,
        package=drafted,
        rationale=st.session_state.get("rationale", ""),
        to=tuple(to),
        counters=counters,
    )


# -- messages -------------------------------------------------------------------------------------


def _messages(visitor: Visitor, view: SeatView) -> None:
    st.markdown("#### Messages")
    titles = titles_of(view)
    with st.container(key="heard-messages"):
        _heard(view, titles)
    if view.stage not in commands.TALKING:
        return
    if st.session_state.pop("said-it", False):  # what was not taken stays in the box
        st.session_state["say-words"] = ""
    with st.form("say", border=False):
        to = st.pills(
            "To",
            list(view.role.reaches),
            selection_mode="multi",
            format_func=lambda name: theme.escape(titles[name]),
            key="say-to",
        )
        words = st.text_area("Message", max_chars=1000, key="say-words", height=80)
        if st.form_submit_button("Send"):
            if not to:
                st.warning("Choose to whom.")
            elif visitor.try_submit(commands.Say, to=tuple(to), text=words):
                st.session_state["said-it"] = True
                st.rerun()
            else:
                live_refresh.show_messages()
    agents = [seat.title for seat in view.neighbours if seat.agent and seat.reached]
    if agents:
        st.caption(theme.escape(f"Agents read texts, not messages; here: {', '.join(agents)}."))


def _heard(view: SeatView, titles: Mapping[str, str]) -> None:
    """Draw the last messages that one sent or received."""
    for message in view.messages[-30:]:
        author = "You" if message.author == view.role.name else titles[message.author]
        whom = ", ".join("you" if r == view.role.name else titles[r] for r in message.to)
        st.caption(theme.escape(f"{author} to {whom}, round {message.round}"))
        st.text(message.text)


def look_back(view: SeatView, menu: Menu) -> None:
    """Draw what was played from this seat, where nothing more is: texts, news, messages, brief."""
    _news(view, menu)
    titles = titles_of(view)
    for text in reversed(view.texts):
        with st.container(border=True):
            author = theme.escape(titles[text.author])
            st.markdown(f"**Text {text.id}**, round {text.round}, by {author}")
            terms(text.words)
            _worth(menu, menu.score(text.package) if text.open else Score(""))
            answers(text, titles)
    if not view.texts:
        st.caption("No text was before you.")
    with st.expander("Messages"):
        _heard(view, titles)
    with st.expander("My brief"):
        _conflict(menu)
        brief(view)


# -- afterwards -----------------------------------------------------------------------------------


def after(visitor: Visitor, view: SeatView) -> None:
    """Draw how it ended at the own table, and what one takes home."""
    result = view.result
    if result is not None:
        st.subheader(ENDED[result.how], anchor=False)
        terms(result.words)
        if result.own_gain is not None:
            more = "more" if result.own_gain >= 0 else "less"
            points = abs(100 * result.own_gain)
            st.markdown(f"By your sheet it was worth **{points:.0f} points {more}** than no deal.")
    if view.phase == "playing":
        if not view.read_only:
            st.markdown("Other tables are still talking.")
        return
    for neighbour in view.neighbours:
        if neighbour.brief is not None:
            with st.expander(f"The private brief of {theme.escape(neighbour.title)}"):
                st.markdown(theme.escape(neighbour.brief.interests))
                st.markdown(theme.escape(neighbour.brief.red_lines))
                st.markdown(theme.escape(neighbour.brief.alternative))
    if view.phase == "archived":
        return
    take_home(visitor, view.reflection)


def take_home(visitor: Visitor, written: str) -> None:
    """Draw the form for what one takes home."""
    words = st.text_area(
        "What do you take home? What surprised you, what would you do otherwise?",
        value=written,
        max_chars=4000,
        key="reflection",
    )
    if st.button("Keep it", type="primary") and visitor.try_submit(commands.Reflect, text=words):
        st.success("Kept.")
