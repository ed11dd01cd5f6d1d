"""IOB files."""

from pathlib import Path

import pytest

from extraction.document import SourceDocument
from extraction.read import read_files

ROWS = (
    ("Acute B-Disease", "renal I-Disease", "failure I-Disease", "after O", "aspirin B-Chemical"),
    ("No O", "gout I-Disease", "rat B-Species"),
)
TEXT = "\n\n".join("\n".join(row.replace(" ", "\t") for row in rows) for rows in ROWS) + "\n"


@pytest.mark.parametrize("name", ["set.iob", "train.tsv", "train.txt"])
def test_sentences_become_documents_with_mentions(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(TEXT, "utf-8")
    documents = [d for d in read_files([path]) if isinstance(d, SourceDocument)]
    assert [d.document.text for d in documents] == ["Acute renal failure after aspirin", "No gout rat"]
    assert [(m.text, m.type) for d in documents for m in d.mentions] == [
        ("Acute renal failure", "disease"),
        ("aspirin", "drug"),
        ("gout", "disease"),
    ]
    assert all(d.document.text[m.start : m.end] == m.text for d in documents for m in d.mentions)
    assert [d.position for d in documents] == ["line 1", "line 7"]
