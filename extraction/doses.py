"""Which drug a dose belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extraction.document import EntityType
from extraction.patterns import to_dose
from kg.model import DoseOf, Mention

_LONGEST_PHRASE = 60


def with_doses(text: str, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Return the mentions, each dose knowing the drug that it belongs to."""
    found = {dose.mention_id: to_dose_of(drug, dose) for drug, dose in find_doses(text, mentions)}
    return tuple(replace(m, dose_of=found.get(m.mention_id)) for m in mentions)


def to_dose_of(drug: Mention, dose: Mention) -> DoseOf | None:
    """Return what the graph keeps of a dose, None where its parts cannot be told."""
    parts = to_dose(dose.text)
    if parts is None:
        return None
    return DoseOf(drug.mention_id, parts.amount, parts.unit, parts.route, parts.frequency)


def find_doses(text: str, mentions: Sequence[Mention]) -> tuple[tuple[Mention, Mention], ...]:
    """Return (drug, dose) pairs: a dose belongs to the drug before it in its phrase, else to the one after it."""
    pairs = []
    for place, dose in enumerate(mentions):
        if dose.type == EntityType.DOSE:
            drug = _drug_of(text, mentions, place)
            if drug is not None:
                pairs.append((drug, dose))
    return tuple(pairs)


def _drug_of(text: str, mentions: Sequence[Mention], place: int) -> Mention | None:
    dose = mentions[place]
    for other in reversed(mentions[:place]):
        if other.type == EntityType.DRUG:
            if _one_phrase(text[other.end : dose.start]):
                return other
            break
    for other in mentions[place + 1 : place + 2]:
        if other.type == EntityType.DRUG and text[dose.end : other.start].strip() in ("", "of", "of oral"):
            return other
    return None


def _one_phrase(between: str) -> bool:
    return len(between) < _LONGEST_PHRASE and not any(mark in between for mark in (". ", "\n", ";"))
