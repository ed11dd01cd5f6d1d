"""Asking other servers: those that an administrator registered, over TLS unless they are this machine.

Redirects are not followed, proxies of the environment are not used, and an answer has a size and a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import httpx

from recommender.service.config import LOOPBACK

MAX_ANSWER_BYTES: Final = 1_000_000
TIMEOUT_S: Final = 5.0


class AnswerError(ValueError):
    """Another server answered, yet not with what was asked for; `status` is its status."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status


def is_safe(address: str) -> bool:
    """Whether an address is https, or http to this machine."""
    parts = urlsplit(address)
    return (parts.scheme == "https" and bool(parts.hostname)) or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def fetch(
    address: str,
    *,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    limit: int = MAX_ANSWER_BYTES,
) -> bytes:
    """Return the bytes of the answer to a GET, or to a POST of a form; blocking.

    AnswerError for anything but a 200 and for an answer above `limit` bytes; httpx.HTTPError when there is none.
    """
    method = "GET" if form is None else "POST"
    with httpx.Client(follow_redirects=False, timeout=TIMEOUT_S, trust_env=False) as client:
        with client.stream(method, address, data=form, headers=headers) as answer:
            if answer.status_code != 200:
                raise AnswerError(answer.status_code, f"status {answer.status_code}")
            body = bytearray()
            for part in answer.iter_bytes():
                body += part
                if len(body) > limit:
                    raise AnswerError(answer.status_code, f"more than {limit} bytes")
            return bytes(body)
