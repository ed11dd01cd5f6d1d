"""Narrative text from DiagnosticReports and DocumentReferences."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from recommender.fhir_collect import Collected
from recommender.fhir_element import Element
from recommender.patient import ClinicalText

MAX_CHARACTERS: Final = 200_000
VOID: Final = frozenset({"entered-in-error", "cancelled"})


def read_report(element: Element, collected: Collected) -> None:
    """Add a DiagnosticReport's conclusion and attached text."""
    if element.text("status") in VOID:
        return
    time = element.time("effectiveDateTime", "effectivePeriod", "issued", today=collected.today)
    if element.text("conclusion"):
        collected.texts.append(ClinicalText(element.text("conclusion"), element.origin(time)))
    for attachment in element.children("presentedForm"):
        _add(attachment, time, collected)


def read_document(element: Element, collected: Collected) -> None:
    """Add a DocumentReference's attached text."""
    if VOID & {element.text("status"), element.text("docStatus")}:
        return
    time = element.time("date", today=collected.today)
    for content in element.children("content"):
        attachment = content.child("attachment")
        if attachment is not None:
            _add(attachment, time, collected)


def _add(attachment: Element, time: str, collected: Collected) -> None:
    """Plain text only, anything else is reported; a text beyond the limit is cut and reported."""
    data, kind = attachment.value.get("data"), attachment.text("contentType")
    if not isinstance(data, str) or not kind.startswith("text/plain"):
        attachment.report("", f"is {kind or 'of no stated type'}, not text/plain with its data: it is not read")
        return
    try:
        text = base64.b64decode("".join(data.split()), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        attachment.report("data", "is not base64 of UTF-8 text")
        return
    if len(text) > MAX_CHARACTERS:
        attachment.report("data", f"has {len(text)} characters; only the first {MAX_CHARACTERS} are read")
    collected.texts.append(ClinicalText(text[:MAX_CHARACTERS], attachment.origin(time)))
