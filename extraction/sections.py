"""Sections of clinical notes and structured abstracts, found by their headers."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise

from extraction.document import Section
from extraction.tables import read_rows

_HEADER = re.compile(
    r"^[ \t]*(?:\d{1,2}\.\s+)?(?P<title>[A-Z][A-Za-z /&,()_-]{1,48}?)[ \t]*(?P<mark>:|-{2,}|(?=[ \t]*$))", re.M
)
_INLINE = re.compile(r"(?:(?<=[.!?] )|^)(?P<title>[A-Z][A-Z /&]{3,40}|[A-Z][a-z]{5,12})(?P<mark>:)(?= )")
_MAX_SHOUTED_WORDS = 6
_PROBLEMS = frozenset({"plan", "assessment", "assessment_and_plan", "past_medical_history", "problem_list"})


@cache
def header_names() -> dict[str, str]:
    """Return the known headers: title in lower case to section name."""
    return {row["title"]: row["name"] for row in read_rows("section_headers.tsv")}


def read_sections(text: str) -> tuple[Section, ...]:
    """Return the sections of `text` in order; text before the first header belongs to a section without name.

    A header is a known title at the start of a line, or inside an abstract after a full stop and with a colon; an
    unknown title counts when it stands alone in capitals. Returns one nameless section when there is no header.

    >>> [(s.name, s.start, s.body) for s in read_sections("PLAN: Rest.\\nAllergies: none")]
    [('plan', 0, 5), ('allergies', 12, 22)]
    """
    found = {m.start("title"): m for m in _HEADER.finditer(text) if _is_header(m)}
    found = {start: m for start, m in found.items() if _key(m) in header_names() or not _lists_problems(found, start)}
    found |= {m.start("title"): m for m in _INLINE.finditer(text) if _key(m) in header_names()}
    starts = sorted(found)
    borders = [*starts, len(text)]
    sections = [_to_section(found[start], end) for start, end in pairwise(borders)]
    first = borders[0]
    if text[:first].strip():
        sections.insert(0, Section("", "", 0, 0, first))
    return tuple(sections)


def section_at(sections: Sequence[Section], offset: int) -> Section | None:
    """Return the section that holds a character offset, None when there is none."""
    index = bisect_right(sections, offset, key=lambda s: s.start) - 1
    return sections[index] if index >= 0 and offset < sections[index].end else None


def _lists_problems(found: Mapping[int, re.Match[str]], start: int) -> bool:
    """Tell whether the last known header before `start` opens a list of problems: shouts there are no headers."""
    names = [header_names().get(_key(m), "") for at, m in sorted(found.items()) if at < start]
    known = [name for name in names if name]
    return bool(known) and known[-1] in _PROBLEMS


def _key(match: re.Match[str]) -> str:
    return " ".join(match["title"].lower().split())


def _is_header(match: re.Match[str]) -> bool:
    title = match["title"].strip()
    if _key(match) in header_names():
        return bool(match["mark"]) or title.isupper() or title.istitle() or " " not in title or len(title) > 8
    stands_alone = not match["mark"] or match.string[match.end() :].split("\n", 1)[0].strip() == ""
    return title.isupper() and len(title) > 3 and len(title.split()) <= _MAX_SHOUTED_WORDS and stands_alone


def _to_section(match: re.Match[str], end: int) -> Section:
    name = header_names().get(_key(match), "other")
    return Section(name, match["title"].strip(), match.start("title"), match.end(), end)
