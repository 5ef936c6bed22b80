"""Access to exercises: links with tokens, join codes, and limits against guessing.

A token stands for a seat or for the instructor; only its SHA-256 is ever kept. A join code is
short, since it is read off a wall, and is good for nothing but asking for a seat while the lobby
is open. 31 letters to the power of six are 887 million codes; what keeps guessing hopeless is the
limiter, which counts failures and not visits, so that a class behind one address still gets in.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

#: Letters that cannot be mistaken for one another.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LETTERS = 6

#: More sources than this are not remembered one by one; those not seen for longest go first.
MAX_SOURCES = 20_000


class TooManyError(RuntimeError):
    """Too many attempts; `wait` is in seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"too many attempts; please wait {max(round(wait), 1)} s and try again")
        self.wait = wait


def new_token() -> str:
    """Return a token of 256 bits for a link."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return the SHA-256 of a token, the only part that is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def matches(token: str, kept: str) -> bool:
    """Return whether a token has a stored digest, in constant time."""
    return hmac.compare_digest(digest(token), kept)


def new_code() -> str:
    """Return a new join code."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS))


def as_code(typed: str) -> str:
    """Return a typed code in its standard form: without spaces and dashes, in capitals."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())[:CODE_LETTERS]


@dataclass
class Bucket:
    """A token bucket: so many attempts at once, and so many more each second."""

    most: float
    per_second: float
    left: float
    at: float

    def refill(self, now: float) -> None:
        """Add the attempts earned since the last refill."""
        self.left = min(self.most, self.left + self.per_second * max(now - self.at, 0.0))
        self.at = max(now, self.at)

    @property
    def wait(self) -> float:
        """Seconds until one attempt is left."""
        return max((1.0 - self.left) / self.per_second, 0.0)


@dataclass(frozen=True)
class Limit:
    """How many attempts of a kind a source has."""

    most: float
    per_second: float


#: Visitors an address may bring; a class arrives at once, from one address.
VISITORS = Limit(300, 1.0)

#: Failed codes of a visitor, of an address, and of everybody together.
BY_VISITOR, BY_ADDRESS, BY_ALL = Limit(5, 1 / 30), Limit(100, 0.5), Limit(500, 2.0)

#: Links that lead nowhere, of everybody together; a good link is never counted.
LOST = Limit(100, 1.0)

#: Seats asked for with one code.
BY_CODE = Limit(150, 2.0)


class JoinLimiter:
    """Limit attempts to join; times are in seconds.

    A visitor carries a pass that this server issued, so that visitors are not free. Once an
    address or everybody together has failed too often, only visitors who have not failed yet may
    try: whoever reads the code off the wall is let in while somebody else guesses. One process
    counts for itself.
    """

    def __init__(self, secret: bytes | None = None) -> None:
        self._secret = secret or secrets.token_bytes(32)
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def issue(self, address: str, now: float) -> str:
        """Return a pass for a new visitor; raise TooManyError if an address asks for too many."""
        with self._lock:
            self._take(f"visitors {address}", VISITORS, now)
        name = secrets.token_urlsafe(12)
        return f"{name}.{self._signed(name)}"

    def was_issued(self, visitor: str) -> bool:
        """Return whether a pass was issued by this server since it was started."""
        name, _, signed = visitor.partition(".")
        return hmac.compare_digest(signed.encode(), self._signed(name).encode())

    def check(self, visitor: str, address: str, now: float) -> None:
        """Raise TooManyError if this visitor may not try a code now."""
        if not self.was_issued(visitor):
            raise TooManyError(1.0)
        name = visitor.partition(".")[0]
        with self._lock:
            own = self._bucket(f"failed {name}", BY_VISITOR, now)
            if own.left < 1:
                raise TooManyError(own.wait)
            if own.left < BY_VISITOR.most:
                for key, limit in ((f"failed at {address}", BY_ADDRESS), ("failed", BY_ALL)):
                    bucket = self._bucket(key, limit, now)
                    if bucket.left < 1:
                        raise TooManyError(bucket.wait)

    def record_failure(self, visitor: str, address: str, now: float) -> None:
        """Count a wrong code."""
        name = visitor.partition(".")[0]
        with self._lock:
            for key, limit in (
                (f"failed {name}", BY_VISITOR),
                (f"failed at {address}", BY_ADDRESS),
                ("failed", BY_ALL),
            ):
                bucket = self._bucket(key, limit, now)
                bucket.left = max(bucket.left - 1.0, 0.0)

    def check_code(self, code: str, now: float) -> None:
        """Raise TooManyError if too many ask for a seat with one code at once."""
        with self._lock:
            self._take(f"code {digest(code)}", BY_CODE, now)

    def record_bad_link(self, now: float) -> None:
        """Count a link that is not valid; raise TooManyError if there are too many."""
        with self._lock:
            self._take("lost", LOST, now)

    def _signed(self, name: str) -> str:
        return hmac.new(self._secret, name.encode(), "sha256").hexdigest()[:32]

    def _take(self, key: str, limit: Limit, now: float) -> None:
        bucket = self._bucket(key, limit, now)
        if bucket.left < 1:
            raise TooManyError(bucket.wait)
        bucket.left -= 1.0

    def _bucket(self, key: str, limit: Limit, now: float) -> Bucket:
        bucket = self._buckets.pop(key, None) or Bucket(
            limit.most, limit.per_second, limit.most, now
        )
        bucket.refill(now)
        self._buckets[key] = bucket
        while len(self._buckets) > MAX_SOURCES:
            self._buckets.popitem(last=False)
        return bucket
