"""Annotated corpora in IOB: a token and its tag a line, a blank line after each sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from extraction.document import Skipped
from extraction.read_common import Item, read_lines, stem, to_source
from extraction.read_corpus import to_entity_type
from kg.model import Mention


def read_iob(path: Path, kind: str) -> Iterator[Item]:
    """Yield each sentence as a document, tokens joined by blanks; the first column is the token, the last its tag."""
    rows: list[tuple[str, str]] = []
    number = first = 0
    for line, content in read_lines(path):
        if isinstance(content, Skipped):
            yield content
        elif content.strip():
            cells = content.split()
            rows.append((cells[0], cells[-1] if len(cells) > 1 else "O"))
            first = first or line
        elif rows:
            number += 1
            yield _to_document(path, number, first, rows, kind)
            rows, first = [], 0
    if rows:
        yield _to_document(path, number + 1, first, rows, kind)


def _to_document(path: Path, number: int, line: int, rows: list[tuple[str, str]], kind: str) -> Item:
    document_id = f"{stem(path)}:{number}"
    text = " ".join(token for token, _ in rows)
    mentions = tuple(_mentions(document_id, text, rows))
    return to_source(
        path, f"line {line}", document_id=document_id, text=text, kind=kind or "sentence", mentions=mentions
    )


def _mentions(document_id: str, text: str, rows: list[tuple[str, str]]) -> Iterator[Mention]:
    start, opened, label = 0, -1, ""
    for token, tag in [*rows, ("", "O")]:
        side, _, name = tag.partition("-")
        if opened >= 0 and (side != "I" or name != label):
            kind = to_entity_type(label)
            if kind is not None:
                yield Mention(document_id, opened, start - 1, text[opened : start - 1], kind.value)
            opened = -1
        if opened < 0 and side in "BI":
            opened, label = start, name
        start += len(token) + 1
