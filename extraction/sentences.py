"""Sentence borders of abstracts and clinical notes, by rule, as character offsets."""

from __future__ import annotations

import re

from extraction.tables import read_word_list

_END = re.compile(r"[.!?][\"'”’)\]]*(?=\s+[\"'“‘(\[]*[A-Z0-9•*-])|[.!?][\"'”’)\]]*(?=\s*$)")
_BREAK = re.compile(r"[ \t]*\n(?:[ \t]*\n)*")
_BULLET = re.compile(r"\s*(?:[-*•#>]|\(?\d{1,2}[.)]\s|[A-Z][A-Za-z /&,-]{1,40}:)")
_WRAPPED_LINE = 50


def split_sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Return the sentences of `text` as (start, end), in order, without the blanks around them.

    A line break ends a sentence unless the line was long enough to have been wrapped and the next one continues it.

    >>> [("Given 5 mg p.o. daily. No rash."[a:b]) for a, b in split_sentences("Given 5 mg p.o. daily. No rash.")]
    ['Given 5 mg p.o. daily.', 'No rash.']
    """
    sentences = []
    for start, end in _paragraphs(text):
        begin = start
        for cut in _cuts(text, start, end):
            sentences.append(_strip(text, begin, cut))
            begin = cut
        sentences.append(_strip(text, begin, end))
    return tuple((a, b) for a, b in sentences if a < b)


def _paragraphs(text: str) -> list[tuple[int, int]]:
    parts, start = [], 0
    for match in _BREAK.finditer(text):
        if _ends_here(text, start, match):
            parts.append((start, match.start()))
            start = match.end()
    return [*parts, (start, len(text))]


def _ends_here(text: str, start: int, line_break: re.Match[str]) -> bool:
    line = text[max(start, text.rfind("\n", 0, line_break.start()) + 1) : line_break.start()]
    if line_break.group().count("\n") > 1 or len(line) < _WRAPPED_LINE or line.endswith((".", "!", "?", ":")):
        return True
    return _BULLET.match(text, line_break.end()) is not None


def _cuts(text: str, start: int, end: int) -> list[int]:
    return [m.end() for m in _END.finditer(text, start, end) if not _is_abbreviation(text, start, m)]


def _is_abbreviation(text: str, start: int, end: re.Match[str]) -> bool:
    if end.group()[0] != ".":
        return False
    word = re.split(r"[\s(\[]", text[start : end.start()])[-1].lower()
    is_list_number = word.isdigit() and not text[start : end.start() - len(word)].strip()
    return (
        word in read_word_list("sentence_abbreviations")
        or is_list_number
        or (len(word) == 1 and word.isalpha() and word not in "aci")
    )


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
