"""What a live page takes for drawn is what it has drawn."""

from types import SimpleNamespace

import pytest

from dashboard.classroom import live_refresh


@pytest.fixture
def log(monkeypatch):
    """A log that a test can lengthen, with nothing else to tell."""
    store = SimpleNamespace(length=1, stands_still=False)
    tasks = SimpleNamespace(error=lambda _: "", has_debrief=lambda _: False)
    store.last_seq = lambda _: store.length
    monkeypatch.setattr(live_refresh, "context", lambda: SimpleNamespace(store=store, tasks=tasks))
    return store


def test_what_comes_while_a_page_looks_is_seen_by_the_next_look(log):
    def look():
        length = log.length
        log.length += log.length < 3  # somebody acts just after
        return length

    page = live_refresh.LivePage("x", look)
    assert page.content == 1
    assert page.is_outdated()
    assert page.is_outdated(), (
        "a page stays old until it is drawn anew, though a redrawing may be lost"
    )


def test_news_that_change_nothing_on_a_page_are_looked_at_once(log):
    built = []
    page = live_refresh.LivePage("x", lambda: built.append(1))
    assert not page.is_outdated()
    log.length += 1
    assert not page.is_outdated()
    assert not page.is_outdated()
    assert len(built) == 2


def test_a_page_is_old_when_nothing_can_be_written_any_more(log):
    page = live_refresh.LivePage("x", lambda: None)
    log.stands_still = True
    assert page.is_outdated()
