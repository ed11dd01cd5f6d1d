"""Literature: PubMed/MEDLINE XML (baseline and update files, packed or not) and PMC's JATS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from extraction.document import Section, Skipped
from extraction.read_common import Item, read_elements, stem, to_source
from extraction.sections import header_names


def read_medline(path: Path, kind: str) -> Iterator[Item]:
    """Yield a document per PubmedArticle: title, one blank, abstract with its labels."""
    for position, element in read_elements(path, "PubmedArticle"):
        yield element if isinstance(element, Skipped) else _article(path, position, element, kind)


def read_jats(path: Path, kind: str) -> Iterator[Item]:
    """Yield a document per article: title, abstract and body, a paragraph a line, sections by their titles."""
    for position, element in read_elements(path, "article"):
        yield element if isinstance(element, Skipped) else _jats(path, position, element, kind)


def _article(path: Path, position: str, element: Element, kind: str) -> Item:
    title = _text(element.find(".//ArticleTitle")).rstrip()
    parts = [_labelled(part) for part in element.iterfind(".//Abstract/AbstractText")]
    pmid = element.findtext(".//MedlineCitation/PMID") or element.findtext(".//PMID") or f"{stem(path)}:{position}"
    text = " ".join([title, *parts]) if title else " ".join(parts)
    return to_source(path, position, document_id=pmid, text=text, title=title, kind=kind or "abstract")


def _labelled(part: Element) -> str:
    label = part.get("Label", "")
    return f"{label.upper()}: {_text(part)}" if label and label != "UNLABELLED" else _text(part)


def _jats(path: Path, position: str, element: Element, kind: str) -> Item:
    title = _text(element.find(".//article-meta//article-title"))
    lines: list[str] = [title] if title else []
    borders: list[tuple[str, int]] = [("title", 0)] if title else []
    for name, root in (("abstract", element.find(".//abstract")), ("", element.find("body"))):
        if root is not None:
            _add_blocks(root, name, lines, borders)
    text = "\n\n".join(lines)
    ids = {
        node.get("pub-id-type"): (node.text or "").strip() for node in element.iterfind(".//article-meta/article-id")
    }
    document_id = next((ids[k] for k in ("pmid", "pmcid", "pmc", "doi") if ids.get(k)), f"{stem(path)}:{position}")
    return to_source(
        path,
        position,
        document_id=document_id,
        text=text,
        title=title,
        kind=kind or "article",
        sections=_sections(borders, len(text)),
    )


def _add_blocks(root: Element, name: str, lines: list[str], borders: list[tuple[str, int]]) -> None:
    """Append the paragraphs below `root`; `borders` gets (section title, offset) where a section begins."""
    if name:
        borders.append((name, _length(lines)))
    for child in root:
        if child.tag == "sec":
            borders.append((_text(child.find("title")), _length(lines)))
            _add_blocks(child, "", lines, borders)
        elif child.tag == "p" and (text := _text(child)):
            lines.append(text)


def _length(lines: list[str]) -> int:
    return sum(len(line) + 2 for line in lines)


def _sections(borders: list[tuple[str, int]], length: int) -> tuple[Section, ...]:
    kept = [b for b in borders if b[1] < length]
    ends = [start for _, start in kept[1:]] + [length]
    return tuple(
        Section(header_names().get(title.lower().strip(" .:"), "other"), title, start, start, end)
        for (title, start), end in zip(kept, ends, strict=True)
        if start < end
    )


def _text(element: Element | None) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""
