"""One annotated document as one JSON object: the keys of `extract annotate`."""

from __future__ import annotations

import json
from typing import Any

from extraction.assertion import ASSERTIONS
from extraction.document import Annotated
from extraction.doses import find_doses
from extraction.patterns import to_dose
from kg.model import Mention, Statement


def to_json_line(annotated: Annotated) -> str:
    """Return the document as one line of JSON, non-ASCII text as it is."""
    return json.dumps(to_record(annotated), ensure_ascii=False)


def to_record(annotated: Annotated) -> dict[str, Any]:
    """Return the document's keys; offsets are characters of its text.

    `relations` holds what is stated, `negated_relations` what is denied: a denied relation must not be read as one.
    """
    text = annotated.source.document.text
    return {
        "document_id": annotated.source.document.document_id,
        "mentions": [_mention(m) for m in annotated.mentions],
        "relations": [_relation(s) for s in annotated.statements if not s.negated],
        "negated_relations": [_relation(s) for s in annotated.statements if s.negated],
        "doses": [_dose(drug, dose) for drug, dose in find_doses(text, annotated.mentions)],
    }


def _mention(mention: Mention) -> dict[str, Any]:
    record: dict[str, Any] = {
        "start": mention.start,
        "end": mention.end,
        "text": mention.text,
        "type": mention.type,
        "curie": mention.curie or None,
        "score": mention.score,
    }
    return record | {name: getattr(mention, name) for name in ASSERTIONS} | {"section": mention.section}


def _relation(statement: Statement) -> dict[str, Any]:
    return {
        "subject": statement.subject,
        "predicate": statement.predicate.value,
        "object": statement.object,
        "confidence": statement.confidence,
        "sentence": [statement.start, statement.end],
        "uncertain": statement.uncertain,
        "rule": statement.rule,
    }


def _dose(drug: Mention, dose: Mention) -> dict[str, Any]:
    parts = to_dose(dose.text)
    known = {} if parts is None else {"amount": parts.amount, "unit": parts.unit, "frequency": parts.frequency}
    return {"drug": drug.curie or None, "drug_text": drug.text, "start": dose.start, "end": dose.end, **known}
