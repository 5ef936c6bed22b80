"""Who guesses codes gets nowhere, and a class behind one address still gets in."""

from contextlib import suppress

import pytest

from sim.classroom.storage import access
from sim.classroom.storage.access import JoinLimiter, TooManyError


def test_codes_have_six_of_31_letters_that_cannot_be_mistaken():
    assert len(access.ALPHABET) == len(set(access.ALPHABET)) == 31
    assert not set("01ILO") & set(access.ALPHABET)
    codes = {access.new_code() for _ in range(500)}
    assert len(codes) == 500
    assert all(len(code) == 6 and set(code) <= set(access.ALPHABET) for code in codes)
    assert access.as_code(" ab3-4cd ") == "AB34CD"


def test_tokens_are_long_and_compared_by_their_digest():
    token = access.new_token()
    assert len(token) >= 43
    assert access.matches(token, access.digest(token))
    assert not access.matches(access.new_token(), access.digest(token))


def attack(limiter: JoinLimiter, address: str, start: float, seconds: int, per_second: int) -> int:
    """Guess as fast as possible, with new passes where one is used up; returns the guesses."""
    guesses, visitor = 0, limiter.issue(address, start)
    for k in range(seconds * per_second):
        now = start + k / per_second
        try:
            limiter.check(visitor, address, now)
        except TooManyError:
            try:
                visitor = limiter.issue(address, now)
            except TooManyError:
                continue
        else:
            limiter.record_failure(visitor, address, now)
            guesses += 1
    return guesses


def test_guessing_is_slowed_to_where_it_is_hopeless():
    limiter, minutes = JoinLimiter(b"s" * 32), 30
    guesses = attack(limiter, "10.0.0.1", 0.0, 60 * minutes, 50)
    assert guesses < 60 * minutes * 50 / 5
    assert guesses / 31**6 < 1e-4


def test_a_class_behind_the_same_address_gets_in_while_somebody_guesses():
    limiter, address = JoinLimiter(b"s" * 32), "10.0.0.1"
    passes = [limiter.issue(address, 0.0) for _ in range(60)]  # the page was opened
    attack(limiter, address, 1.0, 120, 50)
    for k, visitor in enumerate(passes):
        limiter.check(visitor, address, 121.0 + k / 10)
        limiter.check_code("ABC234", 121.0 + k / 10)


def test_a_mistyped_code_may_be_corrected():
    limiter, address = JoinLimiter(b"s" * 32), "10.0.0.1"
    visitor = limiter.issue(address, 0.0)
    for k in range(4):
        limiter.check(visitor, address, float(k))
        limiter.record_failure(visitor, address, float(k))
    limiter.check(visitor, address, 5.0)
    limiter.record_failure(visitor, address, 5.0)
    with pytest.raises(TooManyError, match="wait"):
        limiter.check(visitor, address, 6.0)
    limiter.check(visitor, address, 60.0)


def test_a_pass_that_was_not_issued_here_is_worth_nothing():
    limiter = JoinLimiter(b"s" * 32)
    for visitor in ("", "me.and-you", JoinLimiter(b"t" * 32).issue("10.0.0.1", 0.0)):
        with pytest.raises(TooManyError):
            limiter.check(visitor, "10.0.0.1", 0.0)


def test_a_flood_of_seats_on_one_code_is_slowed():
    limiter = JoinLimiter(b"s" * 32)
    admitted = 0
    for _ in range(400):
        with suppress(TooManyError):
            limiter.check_code("ABC234", 0.0)
            admitted += 1
    assert 100 <= admitted < 200


def test_sources_are_forgotten_so_that_memory_stays_bounded(monkeypatch):
    monkeypatch.setattr(access, "MAX_SOURCES", 50)
    limiter = JoinLimiter(b"s" * 32)
    for k in range(200):
        limiter.issue(f"10.0.0.{k}", 0.0)
    assert len(limiter._buckets) <= 50
