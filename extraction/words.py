"""Words and word pieces: how a text is cut before a tagger sees it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_WORD = re.compile(r"[^\W_]+|\S")
_PLURAL_MIN = 4
_REMEMBERED = 100_000

UNKNOWN, CLS, SEP = "[UNK]", "[CLS]", "[SEP]"


def read_words(text: str) -> list[tuple[int, int]]:
    """Return the character spans of the words of `text`: runs of letters and digits, other characters one by one.

    >>> [("4-HT, 5 mg")[a:b] for a, b in read_words("4-HT, 5 mg")]
    ['4', '-', 'HT', ',', '5', 'mg']
    """
    return [match.span() for match in _WORD.finditer(text)]


def to_lower(text: str) -> str:
    """Return a text in lower case, every character still at its offset.

    >>> to_lower("İ A"), len(to_lower("İ A"))
    ('İ a', 3)
    """
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def to_key(words: Iterable[str]) -> str:
    """Return the form under which a phrase is looked up: lower case, punctuation dropped, last word singular.

    >>> to_key(["Alpha", "-", "Blockers"])
    'alpha blocker'
    """
    kept = [word.lower() for word in words if word[0].isalnum()]
    if kept:
        kept[-1] = to_singular(kept[-1])
    return " ".join(kept)


def to_singular(word: str) -> str:
    """Return a lower-case word without its plural s; `-ss`, `-us` and `-is` stay.

    >>> to_singular("tumors"), to_singular("nephritis")
    ('tumor', 'nephritis')
    """
    if len(word) >= _PLURAL_MIN and word[-1] == "s" and word[-2] not in "sui":
        return word[:-1]
    return word


def to_phrase_key(text: str) -> str:
    """Return the look-up key of a phrase as written.

    >>> to_phrase_key("Stevens-Johnson Syndrome")
    'stevens johnson syndrome'
    """
    return to_key(_WORD.findall(text))


@dataclass(slots=True)
class WordPieces:
    """Greedy longest-match word pieces (Wu et al. 2016) over an uncased vocabulary, remembered per word.

    `vocabulary` is the list of pieces; a piece's place is its id.
    """

    vocabulary: Sequence[str]
    longest: int = 24
    _ids: dict[str, int] = field(init=False, repr=False)
    _seen: dict[str, tuple[int, ...]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._ids = {piece: index for index, piece in enumerate(self.vocabulary)}

    def piece_id(self, piece: str) -> int:
        """Return the id of a piece of the vocabulary."""
        return self._ids[piece]

    def split(self, word: str) -> tuple[int, ...]:
        """Return the piece ids of one word; a word that cannot be built is the unknown piece."""
        found = self._seen.get(word)
        if found is None:
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            found = self._seen[word] = self._split(to_plain(word))
        return found

    def _split(self, word: str) -> tuple[int, ...]:
        ids: list[int] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            for end in range(min(len(word), start + self.longest), start, -1):
                piece = self._ids.get(prefix + word[start:end])
                if piece is not None:
                    ids.append(piece)
                    start = end
                    break
            else:
                return (self._ids[UNKNOWN],)
        return tuple(ids) or (self._ids[UNKNOWN],)


def to_plain(word: str) -> str:
    """Return a word in lower case without accents, as the uncased vocabulary was built.

    >>> to_plain("Ménière")
    'meniere'
    """
    if word.isascii():
        return word.lower()
    return "".join(c for c in unicodedata.normalize("NFD", word.lower()) if unicodedata.category(c) != "Mn")
