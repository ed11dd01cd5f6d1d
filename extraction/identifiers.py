"""Patterns of identifiers in clinical notes: numbers, addresses, mail, places, names by their cues."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from extraction.tables import read_patterns, read_rows, read_word_list

NAME = "NAME"
_CANDIDATE = "NAME CANDIDATE"
_TABLE = "identifier_patterns.tsv"


@dataclass(frozen=True, slots=True)
class Identifier:
    """What says who the patient is, at [start, end); `kind` is NAME, DATE, ID, PHONE, EMAIL, URL, PLACE or AGE."""

    start: int
    end: int
    kind: str


_EPONYM = re.compile(
    r"(?:['’]s)?[ -](?:disease|syndrome|sign|test|lymphoma|esophagus|palsy|contracture|thyroiditis|catheter|phenomenon|"
    r"criteria|score|scale|ulcer|fracture|hernia|reflex|maneuver|anemia|tremor|murmur|lesion|disorder|chorea|sarcoma|"
    r"tumor|encephalopathy|nodes?|lines?|bodies|cells?|position|stain|classification|procedure|operation|index|class)\b"
)


@cache
def person_names() -> dict[str, frozenset[str]]:
    """Return the listed names in lower case, under `first` and `last`."""
    rows = read_rows("person_names.tsv")
    return {kind: frozenset(r["name"] for r in rows if r["kind"] == kind) for kind in ("first", "last")}


def find_identifiers(text: str) -> Iterator[Identifier]:
    """Yield identifiers in no order; they may overlap. Dates are found elsewhere (`extraction.dates`)."""
    for kind, pattern in read_patterns(_TABLE):
        if kind not in (NAME, _CANDIDATE):
            yield from (Identifier(*m.span("it"), kind) for m in pattern.finditer(text))
    yield from find_names(text)


def find_names(text: str) -> Iterator[Identifier]:
    """Yield names of people: by title, label, signature or apposition, or because the first name is a listed one.

    The words of a name that was found once are names wherever they stand in the text.
    """
    found = [
        span
        for kind, pattern in read_patterns(_TABLE)
        if kind in _CHECKS
        for m in pattern.finditer(text)
        if (span := _CHECKS[kind](text, *m.span("it")))
    ]
    words = {word for start, end in found for word in _words(text[start:end])}
    yield from (Identifier(start, end, NAME) for start, end in found)
    for word in words:
        for match in re.finditer(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text):
            if not _EPONYM.match(text, match.end()):
                yield Identifier(*match.span(), NAME)


def _words(name: str) -> list[str]:
    """Return the parts of a name that give it away on their own."""
    parts = re.findall(r"[^\W\d_][\w'’-]+", name)
    return [p for p in parts if len(p) > 2 and p.lower() not in read_word_list("not_names")]


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Cut a name before the first word that is none; None when nothing is left or it is an eponym."""
    at = start
    for match in re.finditer(r"\S+", text[start:end]):
        if match.group().strip(",.").lower() in read_word_list("not_names"):
            break
        at = start + match.end()
    name = text[start:at].rstrip(" ,")
    if len(name) < 2 or _EPONYM.match(text, start + len(name)):
        return None
    return start, start + len(name)


def _listed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return a run of capitalised words that begins with a listed first name or ends with a listed last one."""
    span = _trim(text, start, end)
    if span is None:
        return None
    words = text[span[0] : span[1]].lower().split()
    names = person_names()
    known = words[0] in names["first"] or (
        len(words) > 1 and words[-1] in names["last"] and words[0] not in read_word_list("not_names")
    )
    return span if known and len(words) > 1 else None


_CHECKS = {NAME: _trim, _CANDIDATE: _listed}
