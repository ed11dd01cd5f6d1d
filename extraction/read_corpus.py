"""Annotated corpora: PubTator and BioC (XML and JSON), with the mentions and relations that the file holds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from extraction.document import EntityType, GoldRelation, Skipped
from extraction.read_common import Item, read_elements, read_lines, read_text, stem, to_source
from kg.model import Mention

_TITLE_LINE = re.compile(r"([^|\t]+)\|([ta])\|(.*)")
_TYPES = {
    "disease": EntityType.DISEASE,
    "diseaseorphenotypicfeature": EntityType.DISEASE,
    "specificdisease": EntityType.DISEASE,
    "diseaseclass": EntityType.DISEASE,
    "compositemention": EntityType.DISEASE,
    "modifier": EntityType.DISEASE,
    "chemical": EntityType.DRUG,
    "chemicalentity": EntityType.DRUG,
    "drug": EntityType.DRUG,
    "symptom": EntityType.SYMPTOM,
    "gene": EntityType.GENE,
    "geneorgeneproduct": EntityType.GENE,
    "protein": EntityType.GENE,
    "sequencevariant": EntityType.VARIANT,
    "mutation": EntityType.VARIANT,
    "dnamutation": EntityType.VARIANT,
    "proteinmutation": EntityType.VARIANT,
    "snp": EntityType.VARIANT,
    "variant": EntityType.VARIANT,
    "procedure": EntityType.PROCEDURE,
    "lab_test": EntityType.LAB_TEST,
    "dose": EntityType.DOSE,
}
_MESH = re.compile(r"[CD]\d{6,9}")
_UNKNOWN_IDS = frozenset({"", "-", "-1", "None", "null"})


def read_pubtator(path: Path, kind: str) -> Iterator[Item]:
    """Yield the documents of a PubTator file; the text is title, one blank, abstract."""
    block: list[tuple[int, str]] = []
    for number, line in read_lines(path):
        if isinstance(line, Skipped):
            yield line
        elif line.strip():
            block.append((number, line))
        elif block:
            yield from _pubtator_block(path, block, kind)
            block = []
    if block:
        yield from _pubtator_block(path, block, kind)


def read_bioc(path: Path, kind: str) -> Iterator[Item]:
    """Yield the documents of a BioC file, XML or JSON (a collection, a document, or one of them a line)."""
    if path.name.lower().removesuffix(".gz").endswith((".json", ".jsonl")):
        yield from _bioc_json(path, kind)
        return
    for position, element in read_elements(path, "document"):
        if isinstance(element, Skipped):
            yield element
        else:
            yield from _bioc_document(path, position, _document_of(element), kind)


def to_entity_type(name: str) -> EntityType | None:
    """Return our type for a corpus's type name, None when it names something else (species, cell line)."""
    return _TYPES.get(name.replace(" ", "").lower())


def to_curies(identifiers: str) -> str:
    """Return a corpus's identifiers as CURIEs joined by `|`; "" when it gives none.

    >>> to_curies("D003920"), to_curies("OMIM:123|D000001"), to_curies("-1"), to_curies("7157")
    ('MESH:D003920', 'OMIM:123|MESH:D000001', '', '7157')
    """
    known = [i.strip() for i in re.split(r"[|,;+]", identifiers) if i.strip() not in _UNKNOWN_IDS]
    return "|".join(f"MESH:{i}" if _MESH.fullmatch(i) else i.replace("MeSH:", "MESH:") for i in known)


def _pubtator_block(path: Path, block: list[tuple[int, str]], kind: str) -> Iterator[Item]:
    parts: dict[str, str] = {}
    document_id, rows = "", []
    for number, line in block:
        match = _TITLE_LINE.fullmatch(line)
        if match is not None:
            document_id = match[1].strip()
            parts[match[2]] = match[3]
        else:
            rows.append((number, line.split("\t")))
    position = f"line {block[0][0]}"
    if "t" not in parts:
        yield Skipped(str(path), position, "the record has no title line (PMID|t|title)")
        return
    text = f"{parts['t']} {parts['a']}" if "a" in parts else parts["t"]
    mentions, relations, problems = _pubtator_rows(path, document_id, text, rows)
    yield from problems
    yield to_source(
        path,
        position,
        document_id=document_id,
        text=text,
        title=parts["t"],
        kind=kind or "abstract",
        mentions=tuple(mentions),
        relations=tuple(relations),
    )


def _pubtator_rows(
    path: Path, document_id: str, text: str, rows: list[tuple[int, list[str]]]
) -> tuple[list[Mention], list[GoldRelation], list[Skipped]]:
    mentions: list[Mention] = []
    relations: list[GoldRelation] = []
    problems: list[Skipped] = []
    for number, cells in rows:
        if len(cells) >= 5 and cells[1].isdigit() and cells[2].isdigit():
            found = _to_mention(document_id, text, int(cells[1]), int(cells[2]), cells[3], cells[4], cells[5:6])
            if isinstance(found, str):
                problems.append(Skipped(str(path), f"line {number}", f"{document_id}: {found}"))
            elif found is not None:
                mentions.append(found)
        elif len(cells) >= 4:
            relations.append(GoldRelation(cells[1], to_curies(cells[2]), to_curies(cells[3])))
        else:
            reason = f"{document_id}: neither a mention nor a relation ({len(cells)} columns)"
            problems.append(Skipped(str(path), f"line {number}", reason))
    return mentions, relations, problems


def _to_mention(
    document_id: str, text: str, start: int, end: int, said: str, type_name: str, identifiers: list[str]
) -> Mention | str | None:
    """Return a mention, None for a type that is not ours, or a sentence when the offsets are wrong."""
    kind = to_entity_type(type_name)
    if text[start:end] != said:
        return f'the mention "{said}" is not at {start}-{end} of the text; it is left out'
    if kind is None:
        return None
    return Mention(document_id, start, end, said, kind.value, to_curies(identifiers[0] if identifiers else ""))


def _bioc_json(path: Path, kind: str) -> Iterator[Item]:
    text = read_text(path)
    if isinstance(text, Skipped):
        yield text
        return
    for number, record in enumerate(_json_records(path, text), start=1):
        if isinstance(record, Skipped):
            yield record
            continue
        for document in record.get("documents") or record.get("PubTator3") or [record]:
            yield from _bioc_document(path, f"record {number}", document, kind)


def _json_records(path: Path, text: str) -> Iterator[dict[str, Any] | Skipped]:
    try:
        whole = json.loads(text)
        yield from whole if isinstance(whole, list) else [whole]
        return
    except json.JSONDecodeError as error:
        if "\n{" not in text:
            yield Skipped(str(path), f"line {error.lineno}", f"not JSON: {error.msg}")
            return
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                yield Skipped(str(path), f"line {number}", f"not JSON: {error.msg}")


def _document_of(element: Element) -> dict[str, Any]:
    """Return a BioC XML document in the form that BioC JSON has."""
    return {
        "id": element.findtext("id", ""),
        "passages": [_passage_of(p) for p in element.iter("passage")],
        "relations": [
            {"infons": _infons(r), "nodes": [n.attrib for n in r.iter("node")]} for r in element.iter("relation")
        ],
    }


def _passage_of(element: Element) -> dict[str, Any]:
    texts = [t.text or "" for t in element.iter("text")]
    direct = element.findtext("text")
    return {
        "offset": int(element.findtext("offset") or 0),
        "infons": _infons(element),
        "text": direct if direct is not None else " ".join(texts),
        "annotations": [
            {
                "id": a.get("id", ""),
                "infons": _infons(a),
                "text": a.findtext("text") or "",
                "locations": [{k: int(v) for k, v in loc.attrib.items()} for loc in a.iter("location")],
            }
            for a in element.iter("annotation")
        ],
    }


def _infons(element: Element) -> dict[str, str]:
    return {i.get("key", ""): i.text or "" for i in element.findall("infon")}


def _bioc_document(path: Path, position: str, record: Mapping[str, Any], kind: str) -> Iterator[Item]:
    document_id = str(record.get("id") or record.get("pmid") or f"{stem(path)}:{position}")
    passages = record.get("passages")
    if not isinstance(passages, list):
        yield Skipped(str(path), position, f"{document_id}: it has no passages")
        return
    text, starts = _join_passages(passages)
    mentions: list[Mention] = []
    for passage, shift in zip(passages, starts, strict=True):
        for found in _bioc_mentions(document_id, text, passage, shift):
            if isinstance(found, str):
                yield Skipped(str(path), position, f"{document_id}: {found}")
            else:
                mentions.append(found)
    yield to_source(
        path,
        position,
        document_id=document_id,
        text=text,
        title=str(passages[0].get("text", "")) if passages else "",
        kind=kind or "abstract",
        mentions=tuple(mentions),
        relations=tuple(_bioc_relations(record)),
    )


def _join_passages(passages: Iterable[Mapping[str, Any]]) -> tuple[str, list[int]]:
    """Return the text, with passages at the offsets the file gives where they fit, and what to add to an offset."""
    text, shifts = "", []
    for passage in passages:
        offset = int(passage.get("offset") or 0)
        start = max(offset, len(text) + (1 if text else 0))
        text = text.ljust(start) + str(passage.get("text") or "")
        shifts.append(start - offset)
    return text, shifts


def _bioc_mentions(document_id: str, text: str, passage: Mapping[str, Any], shift: int) -> Iterator[Mention | str]:
    for annotation in passage.get("annotations") or ():
        infons = annotation.get("infons") or {}
        identifiers = str(infons.get("identifier") or infons.get("MESH") or infons.get("id") or "")
        for location in annotation.get("locations") or ():
            start = int(location["offset"]) + shift
            end = start + int(location["length"])
            said = str(annotation.get("text") or text[start:end])
            found = _to_mention(document_id, text, start, end, said, str(infons.get("type", "")), [identifiers])
            if found is not None:
                yield found


def _bioc_relations(record: Mapping[str, Any]) -> Iterator[GoldRelation]:
    for relation in record.get("relations") or ():
        infons = relation.get("infons") or {}
        ends = [infons.get("entity1") or infons.get("Chemical"), infons.get("entity2") or infons.get("Disease")]
        if all(ends):
            yield GoldRelation(
                str(infons.get("type") or infons.get("relation") or ""),
                to_curies(str(ends[0])),
                to_curies(str(ends[1])),
            )
