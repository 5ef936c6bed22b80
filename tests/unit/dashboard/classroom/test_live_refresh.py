"""What a live page takes for drawn is what it has drawn."""

from types import SimpleNamespace

import pytest

from dashboard.classroom import live_refresh


@pytest.fixture
def log(monkeypatch):
    """A log that a test can lengthen, with nothing else to tell."""
    seen = SimpleNamespace(length=1, stands_still=False)
    desk = SimpleNamespace(trouble=lambda _: "", has_debrief=lambda _: False)
    seen.last_seq = lambda _: seen.length
    monkeypatch.setattr(live_refresh, "room", lambda: SimpleNamespace(store=seen, desk=desk))
    return seen


def test_what_comes_while_a_page_looks_is_seen_by_the_next_look(log):
    def look():
        found = log.length
        log.length += log.length < 3  # somebody acts just after
        return found

    sight = live_refresh.Sight("x", look)
    assert sight.drawn == 1
    assert sight.is_old()
    assert sight.is_old(), "a page stays old until it is drawn anew, though a redrawing may be lost"


def test_news_that_change_nothing_on_a_page_are_looked_at_once(log):
    asked = []
    sight = live_refresh.Sight("x", lambda: asked.append(1))
    assert not sight.is_old()
    log.length += 1
    assert not sight.is_old()
    assert not sight.is_old()
    assert len(asked) == 2


def test_a_page_is_old_when_nothing_can_be_written_any_more(log):
    sight = live_refresh.Sight("x", lambda: None)
    log.stands_still = True
    assert sight.is_old()
