"""Who guesses codes gets nowhere, and a class behind one address still gets in."""

from contextlib import suppress

import pytest

from sim.classroom.storage import access
from sim.classroom.storage.access import Gate, TooManyError


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


def attack(gate: Gate, address: str, start: float, seconds: int, per_second: int) -> int:
    """Guess as fast as possible, with new passes where one is used up; returns the guesses."""
    guesses, visitor = 0, gate.issue(address, start)
    for k in range(seconds * per_second):
        now = start + k / per_second
        try:
            gate.check(visitor, address, now)
        except TooManyError:
            try:
                visitor = gate.issue(address, now)
            except TooManyError:
                continue
        else:
            gate.failed(visitor, address, now)
            guesses += 1
    return guesses


def test_guessing_is_slowed_to_where_it_is_hopeless():
    gate, minutes = Gate(b"s" * 32), 30
    guesses = attack(gate, "10.0.0.1", 0.0, 60 * minutes, 50)
    assert guesses < 60 * minutes * 50 / 5
    assert guesses / 31**6 < 1e-4


def test_a_class_behind_the_same_address_gets_in_while_somebody_guesses():
    gate, address = Gate(b"s" * 32), "10.0.0.1"
    passes = [gate.issue(address, 0.0) for _ in range(60)]  # the page was opened
    attack(gate, address, 1.0, 120, 50)
    for k, visitor in enumerate(passes):
        gate.check(visitor, address, 121.0 + k / 10)
        gate.admit("ABC234", 121.0 + k / 10)


def test_a_mistyped_code_may_be_corrected():
    gate, address = Gate(b"s" * 32), "10.0.0.1"
    visitor = gate.issue(address, 0.0)
    for k in range(4):
        gate.check(visitor, address, float(k))
        gate.failed(visitor, address, float(k))
    gate.check(visitor, address, 5.0)
    gate.failed(visitor, address, 5.0)
    with pytest.raises(TooManyError, match="wait"):
        gate.check(visitor, address, 6.0)
    gate.check(visitor, address, 60.0)


def test_a_pass_that_was_not_issued_here_is_worth_nothing():
    gate = Gate(b"s" * 32)
    for visitor in ("", "me.and-you", Gate(b"t" * 32).issue("10.0.0.1", 0.0)):
        with pytest.raises(TooManyError):
            gate.check(visitor, "10.0.0.1", 0.0)


def test_a_flood_of_seats_on_one_code_is_slowed():
    gate = Gate(b"s" * 32)
    admitted = 0
    for _ in range(400):
        with suppress(TooManyError):
            gate.admit("ABC234", 0.0)
            admitted += 1
    assert 100 <= admitted < 200


def test_sources_are_forgotten_so_that_memory_stays_bounded(monkeypatch):
    monkeypatch.setattr(access, "MOST_SOURCES", 50)
    gate = Gate(b"s" * 32)
    for k in range(200):
        gate.issue(f"10.0.0.{k}", 0.0)
    assert len(gate._buckets) <= 50
