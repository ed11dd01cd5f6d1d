"""What every reader needs: files opened (gz or not), lines with numbers, records cut out of big XML, documents made."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import replace
from io import BufferedReader, FileIO
from pathlib import Path
from typing import IO, Any, cast
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from extraction.document import GoldRelation, Section, Skipped, SourceDocument, content_hash
from extraction.reading import CountedFile
from kg.errors import InputError, ResourceError
from kg.model import Document, Mention, without_control

_GZIP_MAGIC = b"\x1f\x8b"
_HEAD = 8192
_CHUNK = 1 << 20

Item = SourceDocument | Skipped


def open_binary(path: Path) -> IO[bytes]:
    """Open a file, unpacked when it is gzip; InputError when it is absent, ResourceError when it may not be read.

    What is read of it is counted (`extraction/reading.py`).
    """
    return _open(path, CountedFile)


def read_head(path: Path) -> bytes:
    """Return how a file begins, unpacked, without counting it; what a damaged gzip does not give is left out."""
    with _open(path, FileIO) as file:
        try:
            return file.read(_HEAD)
        except (EOFError, OSError):
            return b""


class _Unpacked(gzip.GzipFile):
    """A gzip over an open file, which is closed with it."""

    def __init__(self, packed: BufferedReader[Any]) -> None:
        super().__init__(fileobj=packed, mode="rb")
        self._packed = packed

    def close(self) -> None:
        super().close()
        self._packed.close()


def _open(path: Path, opened: type[FileIO]) -> IO[bytes]:
    try:
        file = BufferedReader(opened(path))
        packed = file.peek(2)[:2] == _GZIP_MAGIC
        return cast(IO[bytes], _Unpacked(file)) if packed else file
    except (FileNotFoundError, IsADirectoryError) as error:
        raise InputError(f"{path}: there is no such file; check the name.") from error
    except OSError as error:
        raise ResourceError(f"{path}: cannot be read ({error.strerror}); check its rights.") from error


def read_lines(path: Path) -> Iterator[tuple[int, str | Skipped]]:
    """Yield (number, line without its end); what is not UTF-8, or where a gzip breaks off, comes as Skipped."""
    number = 0
    with open_binary(path) as file:
        lines = iter(file)
        while True:
            try:
                raw = next(lines, None)
            except (EOFError, OSError) as error:
                yield number, Skipped(str(path), f"after line {number}", f"the file is damaged: {error}")
                return
            if raw is None:
                return
            number += 1
            yield number, _decode_line(path, number, raw)


def read_text(path: Path) -> str | Skipped:
    """Return a whole file as text, line ends as \\n; Skipped when it is not UTF-8 or a damaged gzip."""
    with open_binary(path) as file:
        try:
            raw = file.read()
        except (EOFError, OSError) as error:
            return Skipped(str(path), "whole file", f"the file is damaged: {error}")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        return Skipped(str(path), f"byte {error.start}", encoding_reason(raw, error))


def encoding_reason(raw: bytes, error: UnicodeDecodeError) -> str:
    """Return the sentence that says why bytes are not text and what to do."""
    if b"\x00" in raw[:1000]:
        return "it is not a text file (it holds zero bytes); give its format with --format, or convert it to UTF-8"
    return f"byte 0x{raw[error.start]:02x} is not UTF-8; convert the file, e.g. with iconv -f WINDOWS-1252 -t UTF-8"


def read_elements(path: Path, tag: str) -> Iterator[tuple[str, Element | Skipped]]:
    """Yield (position, element) of every `tag` of an XML file, one at a time; a broken one comes as Skipped.

    Each element is parsed apart, so that one that is not well-formed does not cost the others. Entities and DTDs are
    refused.
    """
    for number, raw in enumerate(_cut_elements(path, tag), start=1):
        if isinstance(raw, Skipped):
            yield raw.position, replace(raw, position=f"after record {number - 1}")
            return
        position = f"record {number}"
        try:
            yield position, fromstring(raw)
        except (ParseError, DefusedXmlException, UnicodeDecodeError, ValueError, LookupError) as error:
            yield position, Skipped(str(path), position, f"not well-formed XML: {error}")


def to_source(
    path: Path,
    position: str,
    *,
    document_id: str,
    text: str,
    title: str = "",
    kind: str,
    sections: tuple[Section, ...] = (),
    mentions: tuple[Mention, ...] = (),
    relations: tuple[GoldRelation, ...] = (),
) -> Item:
    """Return a document with its provenance; Skipped when there is no text.

    Blanks stand for control characters such as the form feeds of PDFs, so that offsets hold.
    """
    if not text.strip():
        return Skipped(str(path), position, f"{document_id}: it has no text")
    text, title = without_control(text), without_control(title)
    document = Document(document_id, title, text, kind, path.name, content_hash(title, text))
    return SourceDocument(document, str(path), position, sections, mentions, relations)


def stem(path: Path) -> str:
    """Return a file's name without .gz and without its extension."""
    return Path(path.name.removesuffix(".gz")).stem


def _decode_line(path: Path, number: int, raw: bytes) -> str | Skipped:
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        return Skipped(str(path), f"line {number}", encoding_reason(raw, error))


def _cut_elements(path: Path, tag: str) -> Iterator[bytes | Skipped]:
    begin = re.compile(rb"<" + tag.encode() + rb"[\s>]")
    close = b"</" + tag.encode() + b">"
    rest = b""
    with open_binary(path) as file:
        for chunk in _chunks(path, file):
            if isinstance(chunk, Skipped):
                yield chunk
                return
            rest += chunk
            while (start := begin.search(rest)) and (end := rest.find(close, start.start())) >= 0:
                yield rest[start.start() : end + len(close)]
                rest = rest[end + len(close) :]
    if left := begin.search(rest):
        yield rest[left.start() :]


def _chunks(path: Path, file: IO[bytes]) -> Iterator[bytes | Skipped]:
    """Yield a file's content; a gzip that breaks off gives what it holds, then Skipped."""
    read = cast(BufferedReader, file).read1
    while True:
        try:
            chunk = read(_CHUNK)
        except (EOFError, OSError) as error:
            yield Skipped(str(path), "", f"the file is damaged: {error}")
            return
        if not chunk:
            return
        yield chunk
