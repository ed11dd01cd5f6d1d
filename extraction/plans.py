"""Plans by problem: a drug ordered under a problem's heading is ordered for that problem, sentences apart or not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from extraction.document import EntityType, Section
from extraction.sections import section_at
from kg.model import Mention, Statement
from ontologies.biolink import Predicate

RULE = "plan_heading"
_CONFIDENCE = 0.5
_SECTIONS = frozenset({"plan", "assessment_and_plan", "assessment"})
_CONDITIONS = frozenset({EntityType.DISEASE, EntityType.SYMPTOM})
_HEADING_WORDS = 3
_ORDER = re.compile(
    r"\b(?:continu\w+|start\w*|begin|initiat\w+|resum\w+|restart\w*|prescrib\w+|increas\w+|add\w*|refill\w*|titrat\w+|"
    r"give|given|treat\w*|trial of|send|order\w*|maintain\w*|remain on|stay on|take|on)\b",
    re.I,
)
_REFUSAL = re.compile(
    r"\b(?:stop\w*|hold\w*|held|avoid\w*|discontinu\w+|no|not|without|allerg\w+|instead of|d/c)\b", re.I
)
_WORD = re.compile(r"[A-Za-z]{2,}")


def read_plans(
    document_id: str,
    text: str,
    mentions: Sequence[Mention],
    sentences: Sequence[tuple[int, int]],
    sections: Sequence[Section],
) -> tuple[Statement, ...]:
    """Return a `treats` for each drug ordered below a heading that is nothing but a condition, in a section of plans.

    A heading reaches to the next heading or to the section's end. A sentence that names another condition, or refuses
    the drug, says nothing here.
    """
    found: list[Statement] = []
    heading: tuple[Mention, ...] = ()
    current: Section | None = None
    for start, end in sentences:
        section = section_at(sections, start)
        if section is None or section.name not in _SECTIONS:
            continue
        inside = [m for m in mentions if start <= m.start and m.end <= end]
        conditions = tuple(m for m in inside if m.type in _CONDITIONS)
        if section is not current:
            heading, current = (), section
        if _is_heading(text[start:end], conditions, inside):
            heading = conditions
        elif _is_title(text[start:end], inside):
            heading = ()
        elif heading and not conditions:
            found += _orders(document_id, text, (start, end), section.name, heading, inside)
    return tuple(found)


def _is_heading(sentence: str, conditions: Sequence[Mention], inside: Sequence[Mention]) -> bool:
    if not conditions or any(m.type == EntityType.DRUG or m.negated or m.family for m in inside):
        return False
    named = sum(len(_WORD.findall(m.text)) for m in conditions)
    return len(_WORD.findall(sentence)) - named <= _HEADING_WORDS


def _is_title(sentence: str, inside: Sequence[Mention]) -> bool:
    """Tell whether a sentence is a heading over something that was not recognised: few words, no order."""
    return not inside and len(_WORD.findall(sentence)) <= _HEADING_WORDS and not _ORDER.search(sentence)


def _orders(
    document_id: str,
    text: str,
    sentence: tuple[int, int],
    section: str,
    heading: Sequence[Mention],
    inside: Sequence[Mention],
) -> Iterator[Statement]:
    for drug in inside:
        before = text[sentence[0] : drug.start]
        refused = drug.negated or drug.family or _REFUSAL.search(before)
        if drug.type != EntityType.DRUG or not drug.curie or refused or not _ORDER.search(before):
            continue
        for condition in heading:
            if condition.curie:
                yield Statement(
                    document_id,
                    drug.curie,
                    Predicate.TREATS,
                    condition.curie,
                    *sentence,
                    text[slice(*sentence)],
                    section,
                    uncertain=drug.uncertain or drug.hypothetical or condition.uncertain,
                    confidence=_CONFIDENCE,
                    rule=RULE,
                    subject_span=(drug.start, drug.end),
                    object_span=(condition.start, condition.end),
                )
