"""IOB files."""

from pathlib import Path

from extraction.document import SourceDocument
from extraction.read import read_files

TEXT = "Acute\tB-Disease\nrenal\tI-Disease\nfailure\tI-Disease\nafter\tO\naspirin\tB-Chemical\n\nNo\tO\ngout\tI-Disease\nrat\tB-Species\n"


def test_sentences_become_documents_with_mentions(tmp_path: Path) -> None:
    path = tmp_path / "set.iob"
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
