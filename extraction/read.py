"""Every door for texts: choose the reader by format, walk folders, go on after a broken record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from extraction.document import SourceDocument
from extraction.read_articles import read_jats, read_medline
from extraction.read_common import Item, read_head
from extraction.read_corpus import read_bioc, read_pubtator
from extraction.read_fhir import read_fhir
from extraction.read_iob import read_iob
from extraction.read_plain import read_pdf, read_plain
from extraction.read_records import read_csv, read_jsonl
from kg.errors import InputError, UnknownNameError

Reader = Callable[[Path, str], Iterator[Item]]

READERS: dict[str, Reader] = {
    "text": read_plain,
    "jsonl": read_jsonl,
    "pubtator": read_pubtator,
    "bioc": read_bioc,
    "iob": read_iob,
    "medline": read_medline,
    "jats": read_jats,
    "csv": read_csv,
    "fhir": read_fhir,
    "pdf": read_pdf,
}
_SUFFIXES = {
    ".txt": "text",
    ".text": "text",
    ".rtf": "text",
    ".html": "text",
    ".htm": "text",
    ".jsonl": "jsonl",
    ".pubtator": "pubtator",
    ".bioc": "bioc",
    ".iob": "iob",
    ".iob2": "iob",
    ".conll": "iob",
    ".csv": "csv",
    ".tsv": "csv",
    ".ndjson": "fhir",
    ".nxml": "jats",
    ".pdf": "pdf",
}
_CONTENT_DECIDES = (".xml", ".json")
_IOB = re.compile(rb"\S+[\t ][BIO](?:-\S+)?")
_SIGNS = (
    (b"<PubmedArticle", "medline"),
    (b"<collection", "bioc"),
    (b"<article", "jats"),
    (b'"resourceType"', "fhir"),
    (b'"documents"', "bioc"),
    (b'"passages"', "bioc"),
)


def read_files(paths: Iterable[Path], format: str = "", kind: str = "") -> Iterator[Item]:
    """Yield the documents of files and folders, one at a time, and what was skipped.

    `format` is one of READERS, "" lets each file's name and beginning decide. `kind` ("note", "abstract", "article")
    overrides what the format suggests. Raises InputError for a missing path and UnknownNameError for a format.
    """
    if format and format not in READERS:
        raise UnknownNameError("format", format, READERS)
    for path in paths:
        if path.is_dir():
            for file in files_below(path):
                yield from _with_place(READERS[format or find_format(file)](file, kind), file.relative_to(path))
        elif path.exists():
            yield from READERS[format or find_format(path)](path, kind)
        else:
            raise InputError(f"{path}: there is no such file or folder; check the name.")


def count_bytes(paths: Iterable[Path]) -> int:
    """Return the bytes of files and of the texts in folders, as they lie on the disk; what is missing has none."""
    files = [file for path in paths for file in (files_below(path) if path.is_dir() else [path])]
    return sum(file.stat().st_size for file in files if file.is_file())


def find_format(path: Path) -> str:
    """Return the format of a file by its name, or by how it begins; "text" when nothing else fits."""
    name = Path(path.name.lower().removesuffix(".gz"))
    head = read_head(path)
    first = head.lstrip(b"\xef\xbb\xbf \r\n").split(b"\n", 1)[0]
    if name.suffix in (".txt", ".pubtator", "") and b"|t|" in first[:30]:
        return "pubtator"
    if _IOB.fullmatch(first.rstrip(b"\r")):
        return "iob"
    if name.suffix in _SUFFIXES:
        return _SUFFIXES[name.suffix]
    return next((kind for sign, kind in _SIGNS if sign in head), "jsonl" if name.suffix == ".json" else "text")


def files_below(folder: Path) -> list[Path]:
    """Return the files below a folder whose names say that they hold texts, sorted; hidden ones are passed by."""
    return sorted(p for p in folder.rglob("*") if p.is_file() and _holds_text(p.relative_to(folder)))


def _holds_text(path: Path) -> bool:
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    known = suffix in _SUFFIXES or suffix in _CONTENT_DECIDES
    return known and not any(part.startswith(".") for part in path.parts)


def _with_place(items: Iterable[Item], relative: Path) -> Iterator[Item]:
    """Give documents that are called after their file the file's place in the folder, so that names do not clash."""
    place = relative.parent.as_posix()
    for item in items:
        if place != "." and isinstance(item, SourceDocument) and item.position == "whole file":
            named = replace(item.document, document_id=f"{place}/{item.document.document_id}")
            yield replace(item, document=named)
        else:
            yield item
