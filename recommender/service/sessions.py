"""Who is signed in: sessions in memory, known by the hash of a random token; too many wrong passwords wait."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from recommender.service.roles import Roles

MAX_FAILURES: Final = 5
FAILURE_WINDOW_S: Final = 900.0


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in account. `csrf` must come back with every request that changes something and rests on a cookie."""

    account: str
    roles: Roles
    csrf: str
    began: float
    used: float


class Sessions:
    """All sessions of one service; they end with it."""

    def __init__(self, lifetime_s: float, idle_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._lifetime_s, self._idle_s, self._now = lifetime_s, idle_s, now
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def begin(self, account: str, roles: Roles) -> tuple[str, Session]:
        """Return a new token and its session."""
        token, now = secrets.token_urlsafe(32), self._now()
        session = Session(account, roles, secrets.token_urlsafe(32), now, now)
        with self._lock:
            self._sessions = {k: s for k, s in self._sessions.items() if self._is_live(s, now)}
            self._sessions[_key(token)] = session
        return token, session

    def find(self, token: str) -> Session | None:
        """Return the live session of a token and note that it was used."""
        key, now = _key(token), self._now()
        with self._lock:
            session = self._sessions.get(key)
            if session is None or not self._is_live(session, now):
                self._sessions.pop(key, None)
                return None
            self._sessions[key] = replace(session, used=now)
        return session

    def end(self, token: str) -> None:
        """Sign out."""
        with self._lock:
            self._sessions.pop(_key(token), None)

    def _is_live(self, session: Session, now: float) -> bool:
        return now - session.began < self._lifetime_s and now - session.used < self._idle_s


class RateLimit:
    """Counts what a key (an account's name, an address) did of late: so many in so many seconds, then it waits."""

    def __init__(
        self,
        most: int = MAX_FAILURES,
        window_s: float = FAILURE_WINDOW_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._window_s, self._now = most, window_s, now
        self._failures: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def wait_s(self, key: str) -> float:
        """How long the key has to wait; 0 when it may try."""
        with self._lock:
            recent = self._recent(key)
        return self._window_s - (self._now() - recent[-self._most]) if len(recent) >= self._most else 0.0

    def add(self, key: str) -> None:
        """Count one."""
        with self._lock:
            self._failures = {k: r for k in self._failures if (r := self._recent(k))}
            self._failures.setdefault(key, []).append(self._now())

    def _recent(self, key: str) -> list[float]:
        return [t for t in self._failures.get(key, ()) if self._now() - t < self._window_s]


def is_same(first: str, second: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(first.encode(), second.encode())


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
