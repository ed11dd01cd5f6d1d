"""Single files of text: plain, RTF, HTML and PDF."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from striprtf.striprtf import rtf_to_text

from extraction.document import Skipped
from extraction.read_common import Item, open_binary, read_text, stem, to_source


def read_plain(path: Path, kind: str) -> Iterator[Item]:
    """Yield one document: the file's text as it is, RTF and HTML without their markup."""
    text = read_text(path)
    if isinstance(text, Skipped):
        yield text
    else:
        yield to_source(path, "whole file", document_id=stem(path), text=to_plain_text(text), kind=kind or "note")


def read_pdf(path: Path, kind: str) -> Iterator[Item]:
    """Yield one document from the text layer of a PDF; Skipped when it has none or is damaged."""
    try:
        with open_binary(path) as file:
            pages = [page.extract_text() for page in PdfReader(file).pages]
    except (PyPdfError, ValueError, KeyError, EOFError, OSError) as error:
        yield Skipped(str(path), "whole file", f"the PDF cannot be read: {error}")
        return
    text = "\n\n".join(pages)
    if not text.strip():
        yield Skipped(str(path), "whole file", "the PDF has no text layer; run character recognition on it first")
        return
    yield to_source(path, "whole file", document_id=stem(path), text=text, kind=kind or "article")


def to_plain_text(text: str, content_type: str = "") -> str:
    r"""Return text without markup: RTF and HTML are recognised by their content type or by how they begin.

    >>> to_plain_text(r"{\rtf1 Chest pain\par}").strip()
    'Chest pain'
    """
    begin = text.lstrip()[:100].lower()
    if "rtf" in content_type or begin.startswith("{\\rtf"):
        return str(rtf_to_text(text, errors="ignore"))  # type: ignore[no-untyped-call]
    if "html" in content_type or begin.startswith(("<!doctype html", "<html", "<div", "<body", "<p>")):
        return _from_html(text)
    return text


def _from_html(text: str) -> str:
    soup = BeautifulSoup(text, "html.parser")
    for element in soup(["script", "style"]):
        element.decompose()
    lines = (line.strip() for line in soup.get_text("\n").splitlines())
    return "\n".join(line for line in lines if line)
