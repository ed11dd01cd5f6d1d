"""Patterns of identifiers in clinical notes: numbers, addresses, mail, places, names by their cues."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from extraction.tables import read_rows


NAME = "NAME"


@dataclass(frozen=True, slots=True)
class Identifier:
    """Something that says who the patient is, at [start, end); `kind` is NAME, DATE, ID, PHONE, EMAIL, URL, PLACE, AGE."""

    start: int
    end: int
    kind: str


_LISTED_PAIR = "<NAME_WORD>(?: [A-Z]\\.)?(?: <NAME_WORD>){1,2}"
_EPONYM = re.compile(
    r"(?:['’]s)?[ -](?:disease|syndrome|sign|test|lymphoma|esophagus|palsy|contracture|thyroiditis|catheter|phenomenon|"
    r"criteria|score|scale|ulcer|fracture|hernia|reflex|maneuver|anemia|tremor|murmur|lesion|disorder|chorea|sarcoma|"
    r"tumor|encephalopathy|nodes?|lines?|bodies|cells?|position|stain|classification|procedure|operation|index|class)\b"
)
_NOT_NAMES = frozenset(
    "patient history family social chief complaint present illness past medical surgical physical exam examination review "
    "systems assessment plan results labs medications medication allergies allergy vitals impression diagnosis diagnoses "
    "date admission discharge hospital course follow emergency department internal medicine general surgery cardiology "
    "oncology neurology radiology psychiatry nephrology type grade stage class the this that these those his her he she "
    "they it we no not none and with for from was is are has had on in at to of a an mri ct ecg ekg monday tuesday "
    "wednesday thursday friday saturday sunday january february march april may june july august september october "
    "november december blood heart chronic acute left right upper lower bilateral normal negative positive day week "
    "month year morning evening continue start stop take daily tablet oral home other return new current clinic visit "
    "note report summary signed unknown male female white black hispanic caucasian african american asian english "
    "spanish denies reports states says today tylenol aspirin advil vitamin covid parkinson alzheimer crohn graves "
    "hodgkin barrett raynaud addison cushing kidney liver lung brain skin chest abdomen neck head foley doppler holter "
    "room air mother father brother sister wife husband daughter son doctor nurse mr mrs ms dr".split()
)


@cache
def person_names() -> dict[str, frozenset[str]]:
    """Return the listed names in lower case, under `first` and `last`."""
    rows = read_rows("person_names.tsv")
    return {kind: frozenset(r["name"] for r in rows if r["kind"] == kind) for kind in ("first", "last")}


@cache
def read_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return (kind, pattern) of `identifier_patterns.tsv`; the group `it` is the identifier."""
    rows = read_rows("identifier_patterns.tsv")
    return tuple((r["kind"], _compile(r["pattern"])) for r in rows if not r["kind"].startswith("macro "))


def find_identifiers(text: str) -> Iterator[Identifier]:
    """Yield identifiers in no order; they may overlap. Dates are found elsewhere (`extraction.dates`)."""
    for kind, pattern in read_patterns():
        if kind != NAME:
            yield from (Identifier(*m.span("it"), kind) for m in pattern.finditer(text))
    yield from find_names(text)


def find_names(text: str) -> Iterator[Identifier]:
    """Yield names of people: by title, label, signature or apposition, or because the first name is a listed one.

    The words of a name that was found once are names wherever they stand in the text.
    """
    cued = (m.span("it") for kind, pattern in read_patterns() if kind == NAME for m in pattern.finditer(text))
    found = [span for start, end in cued if (span := _trim(text, start, end))]
    found += [span for m in _compile(_LISTED_PAIR).finditer(text) if (span := _listed(text, *m.span()))]
    words = {word for start, end in found for word in _words(text[start:end])}
    yield from (Identifier(start, end, NAME) for start, end in found)
    for word in words:
        for match in re.finditer(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text):
            if not _EPONYM.match(text, match.end()):
                yield Identifier(*match.span(), NAME)


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    macros = {r["kind"][6:]: r["pattern"] for r in read_rows("identifier_patterns.tsv") if r["kind"].startswith("macro ")}
    while (wider := re.sub("<([A-Z_]+)>", lambda m: macros[m[1]], pattern)) != pattern:
        pattern = wider
    return re.compile(pattern)


def _words(name: str) -> list[str]:
    """Return the parts of a name that give it away on their own."""
    parts = re.findall(r"[^\W\d_][\w'’-]+", name)
    return [p for p in parts if len(p) > 2 and p.lower() not in _NOT_NAMES]


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Cut a name before the first word that is none; None when nothing is left or it is an eponym."""
    at = start
    for match in re.finditer(r"\S+", text[start:end]):
        if match.group().strip(",.").lower() in _NOT_NAMES:
            break
        at = start + match.end()
    name = text[start:at].rstrip(" ,")
    if len(name) < 2 or _EPONYM.match(text, start + len(name)):
        return None
    return start, start + len(name)


def _listed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the part of a run of capitalised words that begins with a listed first name or ends with a listed last one."""
    span = _trim(text, start, end)
    if span is None:
        return None
    words = text[span[0] : span[1]].lower().split()
    names = person_names()
    known = words[0] in names["first"] or (len(words) > 1 and words[-1] in names["last"] and words[0] not in _NOT_NAMES)
    return span if known and len(words) > 1 else None
