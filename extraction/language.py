"""Which language a text is in, as far as it matters: a text that is not English is reported, never parsed."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache

from extraction.tables import read_rows

_ENGLISH = "English"
_PREFIX = "language "
_WORD = re.compile(r"[^\W\d_]+")
_BEYOND_LATIN = re.compile(r"[^\0-\u036f]")
_SCRIPTS = {
    "CJK": "Chinese or Japanese",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
    "CYRILLIC": "Russian or another language in Cyrillic letters",
    "ARABIC": "Arabic or another language in Arabic letters",
    "HEBREW": "Hebrew",
    "DEVANAGARI": "Hindi or another language in Devanagari letters",
    "THAI": "Thai",
    "GREEK": "Greek",
}
_SAMPLE = 4000
_MIN_WORDS = 8
_MIN_LEAD = 1.3
_FOREIGN_SHARE = 0.3


@cache
def function_words() -> dict[str, frozenset[str]]:
    """Return the function words of each language; other languages' ones leave out what is a word in English too."""
    rows = {r["list"]: frozenset(r["words"].split()) for r in read_rows("word_lists.tsv")}
    words = {name.removeprefix(_PREFIX): known for name, known in rows.items() if name.startswith(_PREFIX)}
    english = words[_ENGLISH] | rows["english_homographs"]
    return {
        language: known if language == _ENGLISH else frozenset(w for w in known - english if len(w) > 1)
        for language, known in words.items()
    }


def find_foreign_language(text: str) -> str:
    """Return the name of the language that a text is in when it is not English, "" when it is or cannot be told.

    By script first, then by the function words of ten languages; fewer than eight words are given the benefit.

    >>> find_foreign_language("Der Patient wurde mit Metformin behandelt und klagt nicht über die Schmerzen im Bein.")
    'German'
    """
    sample = text[:_SAMPLE]
    return _by_script(sample) or _by_words([w.lower() for w in _WORD.findall(sample)])


@cache
def _languages_of() -> dict[str, tuple[str, ...]]:
    """Return the languages of each function word."""
    languages: dict[str, tuple[str, ...]] = {}
    for language, words in function_words().items():
        languages |= {word: (*languages.get(word, ()), language) for word in words}
    return languages


def _by_script(text: str) -> str:
    foreign = Counter(unicodedata.name(c, "?").split()[0] for c in _BEYOND_LATIN.findall(text) if c.isalpha())
    if not foreign or foreign.total() < _FOREIGN_SHARE * sum(map(str.isalpha, text)):
        return ""
    return next((_SCRIPTS[script] for script, _ in foreign.most_common() if script in _SCRIPTS), "")


def _by_words(words: list[str]) -> str:
    if len(words) < _MIN_WORDS:
        return ""
    languages = _languages_of()
    counts = dict.fromkeys(function_words(), 0)
    for word in words:
        for language in languages.get(word, ()):
            counts[language] += 1
    best = max(counts, key=lambda language: counts[language])
    return best if best != _ENGLISH and counts[best] >= 3 and counts[best] > _MIN_LEAD * counts[_ENGLISH] else ""
