"""Clinical notes without the identifiers of people: names, numbers, mail, places removed, dates moved, ages capped.

Every replacement is exactly as long as what it replaces, so that offsets stay valid in the text as it was. Numbers of
the general kind (phone, card, bank account, IP) come from Presidio's recognizers, the rest from our own patterns.
No text can be promised to be free of identifiers: the recall on synthetic notes is a test, not a guarantee.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from extraction.dates import find_dates
from extraction.identifiers import Identifier, find_identifiers

if TYPE_CHECKING:
    from presidio_analyzer import LocalRecognizer

_MAX_SHIFT_DAYS = 365
_MIN_SHIFT_DAYS = 30
_OLDEST = "90"
_PRESIDIO_KINDS = {
    "PHONE_NUMBER": "PHONE",
    "CREDIT_CARD": "ID",
    "IBAN_CODE": "ID",
    "US_SSN": "ID",
    "IP_ADDRESS": "ID",
}
_MIN_SCORE = 0.4
_MIN_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Clean:
    """A text without identifiers, as long as it was, and what was replaced in it."""

    text: str
    replaced: tuple[Identifier, ...]


def deidentify(text: str, key: str, secret: str = "") -> Clean:
    """Return a text without identifiers. Dates of one `key` (a document or a patient) move by the same number of days.

    `secret` makes the shift impossible to guess from the key.

    >>> deidentify("Mr. Harold Benning, MRN 4471920.", "a").text
    'Mr. [NAME********], MRN [ID***].'
    """
    days = shift_days(key, secret)
    dates = {d.start: d for d in find_dates(text)}
    found = [Identifier(d.start, d.end, "DATE") for d in dates.values()]
    found += [*find_identifiers(text), *_find_with_presidio(text)]
    parts, at, replaced = [], 0, []
    for item in _keep_longest(found):
        said = text[item.start : item.end]
        new = dates[item.start].moved(days, said) if item.kind == "DATE" else _mask(item.kind, said)
        parts += [text[at : item.start], new]
        replaced.append(item)
        at = item.end
    return Clean("".join([*parts, text[at:]]), tuple(replaced))


def shift_days(key: str, secret: str = "") -> int:
    """Return the number of days by which the dates of `key` move: 30 to 365, back."""
    number = int.from_bytes(blake2b(f"{secret}\x1f{key}".encode(), digest_size=8).digest(), "big")
    return -(_MIN_SHIFT_DAYS + number % (_MAX_SHIFT_DAYS - _MIN_SHIFT_DAYS + 1))


def _keep_longest(found: Iterable[Identifier]) -> Iterator[Identifier]:
    """Yield identifiers by position; of overlapping ones the longest, and what of the others sticks out."""
    at = 0
    for item in sorted(_longest_first(found), key=lambda i: i.start):
        if item.start >= at:
            yield item
            at = item.end


def _longest_first(found: Iterable[Identifier]) -> list[Identifier]:
    kept: list[Identifier] = []
    taken: set[int] = set()
    for item in sorted(set(found), key=lambda i: (i.start - i.end, i.start, i.kind)):
        if taken.isdisjoint(range(item.start, item.end)):
            kept.append(item)
            taken.update(range(item.start, item.end))
    return kept


def _mask(kind: str, said: str) -> str:
    if kind == "AGE":
        return _OLDEST.ljust(len(said), " ")[: len(said)]
    label = f"[{kind}]"
    if len(said) < len(label):
        return "*" * len(said)
    return f"[{kind}{'*' * (len(said) - len(label))}]"


def _find_with_presidio(text: str) -> Iterator[Identifier]:
    for recognizer in _presidio():
        for result in recognizer.analyze(text, recognizer.supported_entities, None):  # type: ignore[arg-type]
            kind = _PRESIDIO_KINDS.get(result.entity_type)
            digits = sum(c.isdigit() for c in text[result.start : result.end])
            if kind is not None and result.score >= _MIN_SCORE and digits >= _MIN_DIGITS:
                yield Identifier(result.start, result.end, kind)


@cache
def _presidio() -> Sequence[LocalRecognizer]:
    """Return Presidio's pattern recognizers; imported here because that takes seconds and only notes need it."""
    with _hidden("transformers"):
        from presidio_analyzer.predefined_recognizers import (
            CreditCardRecognizer,
            IbanRecognizer,
            IpRecognizer,
            PhoneRecognizer,
            UsSsnRecognizer,
        )

    return (PhoneRecognizer(), CreditCardRecognizer(), IbanRecognizer(), IpRecognizer(), UsSsnRecognizer())


@contextmanager
def _hidden(module: str) -> Iterator[None]:
    """Let an import believe that an optional module is absent: Presidio would load it for models that are not used."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
