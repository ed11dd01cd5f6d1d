"""FHIR R4: the texts of DocumentReference and DiagnosticReport, from a resource, a Bundle or NDJSON."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from extraction.document import Skipped
from extraction.read_common import Item, read_lines, read_text, to_source
from extraction.read_plain import to_plain_text


def read_fhir(path: Path, kind: str) -> Iterator[Item]:
    """Yield a document per attachment, decoded and without RTF or HTML markup; other resources are passed by."""
    for position, resource in _resources(path):
        if isinstance(resource, Skipped):
            yield resource
            continue
        for number, (content_type, text) in enumerate(_texts(resource)):
            name = f"{resource['resourceType']}/{resource.get('id') or position.replace(' ', '_')}"
            document_id = f"{name}#{number}" if number else name
            if isinstance(text, str):
                plain = to_plain_text(text, content_type)
                yield to_source(path, position, document_id=document_id, text=plain, kind=kind or "note")
            else:
                yield Skipped(str(path), position, f"{document_id}: {text.reason}")


def _resources(path: Path) -> Iterator[tuple[str, dict[str, Any] | Skipped]]:
    for position, record in _records(path):
        if isinstance(record, Skipped):
            yield position, record
        elif not isinstance(record, dict) or "resourceType" not in record:
            yield position, Skipped(str(path), position, "it is not a FHIR resource (no resourceType)")
        elif record["resourceType"] == "Bundle":
            for number, entry in enumerate(record.get("entry") or [], start=1):
                if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
                    yield f"{position} entry {number}", entry["resource"]
        else:
            yield position, record


def _records(path: Path) -> Iterator[tuple[str, Any]]:
    text = read_text(path) if not path.name.lower().endswith((".ndjson", ".ndjson.gz")) else None
    if isinstance(text, Skipped):
        yield "whole file", text
    elif text is not None:
        yield "whole file", _parse(path, "whole file", text)
    else:
        for number, line in read_lines(path):
            position = f"line {number}"
            if isinstance(line, Skipped):
                yield position, line
            elif line.strip():
                yield position, _parse(path, position, line)


def _parse(path: Path, position: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        return Skipped(str(path), position, f"not JSON: {error}")


def _texts(resource: dict[str, Any]) -> Iterator[tuple[str, str | Skipped]]:
    """Yield (content type, text) of a resource's attachments, or of its narrative when it has none."""
    kind = resource.get("resourceType")
    if kind == "DocumentReference":
        attachments = [c.get("attachment") or {} for c in resource.get("content") or ()]
    elif kind == "DiagnosticReport":
        attachments = list(resource.get("presentedForm") or ())
    else:
        return
    found = [(str(a.get("contentType") or ""), _decode(a)) for a in attachments]
    yield from found
    if kind == "DiagnosticReport" and not found:
        parts = [str(resource.get("conclusion") or ""), to_plain_text(_narrative(resource), "html")]
        if any(parts):
            yield "text/plain", "\n".join(p for p in parts if p)


def _narrative(resource: dict[str, Any]) -> str:
    return str((resource.get("text") or {}).get("div") or "")


def _decode(attachment: dict[str, Any]) -> str | Skipped:
    data = attachment.get("data")
    if not data:
        where = attachment.get("url") or "nowhere"
        return Skipped("", "", f"the attachment's content is not in the file (it is at {where}); fetch it first")
    try:
        return base64.b64decode(str(data), validate=False).decode("utf-8-sig")
    except binascii.Error:
        return Skipped("", "", "the attachment is not base64")
    except UnicodeDecodeError as error:
        return Skipped("", "", f"the attachment is not UTF-8 text (byte {error.start})")
