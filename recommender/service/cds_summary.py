"""Words of a card: a summary that keeps its verdict whatever its length, and details in which nothing is markup."""

from __future__ import annotations

import re
from typing import Final

MAX_SUMMARY: Final = 139  # the standard says fewer than 140
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]#!|~>])")


def to_summary(verdict: str, name: str, rule: str = "") -> str:
    """Return `VERDICT: NAME – RULE` in fewer than 140 characters.

    The verdict comes first and is never cut; a rule is given whole or not at all, since a cut sentence may lose its
    "not"; only a name is shortened.

    >>> to_summary("Do not give (allergy)", "penicillin", "allergic to penicillins")
    'Do not give (allergy): penicillin – allergic to penicillins'
    >>> to_summary("Do not give (allergy)", "penicillin", "x" * 200)
    'Do not give (allergy): penicillin – see the detail'
    """
    head = f"{_one_line(verdict)}: {_one_line(name)}"
    for ending in (f" – {_one_line(rule)}" if rule else "", " – see the detail" if rule else ""):
        if count_units(head + ending) <= MAX_SUMMARY:
            return head + ending
    return _shorten(_one_line(verdict), _one_line(name))


def count_units(text: str) -> int:
    """The length as JavaScript counts it, which is what a client may check: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def to_markdown(text: str) -> str:
    """Return text that Markdown and HTML show as it is: a record's words never become a link, a heading or a tag."""
    safe = _MARKUP.sub(r"\\\1", _one_line(text)).replace("&", "&amp;").replace("<", "&lt;")
    return safe.replace("://", "&#58;//").replace("www.", "www&#46;")


def _shorten(verdict: str, name: str) -> str:
    while name and count_units(f"{verdict}: {name}…") > MAX_SUMMARY:
        name = name[:-1]
    return f"{verdict}: {name}…"


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
