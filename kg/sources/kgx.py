"""KGX node and edge files (TSV or JSON Lines), the exchange form of Translator and of this project's own export.

Specification: https://github.com/biolink/kgx/blob/master/specification/kgx-format.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from kg.errors import FormatError, InputError
from kg.model import Edge, Node, Value, to_properties
from kg.sources.biolink_words import to_agent_type, to_category, to_knowledge_level, to_predicate
from kg.sources.confidence import read_confidence
from kg.sources.files import check_keys, read_json_lines, read_table, strip_compression
from kg.sources.source import Skip, Source, SourceInfo
from ontologies.biolink import KnowledgeLevel
from ontologies.prefixes import normalise_curie

INFORES: Final = "infores:kgx"
_NODE_KEYS: Final = ("id", "category")
_EDGE_KEYS: Final = ("subject", "predicate", "object")
_LISTS: Final = frozenset(
    {"category", "synonym", "xref", "publications", "partners", "sources", "evidence", "aggregator_knowledge_source"}
)
_NODE_FIELDS: Final = frozenset({"id", "category", "name", "synonym", "xref", "provided_by", "equivalent_identifiers"})
_EDGE_FIELDS: Final = frozenset(
    {
        "id", "subject", "predicate", "object", "primary_knowledge_source", "knowledge_source", "knowledge_level",
        "agent_type", "negated", "publications", "confidence", "release", "run", "relation",
    }
)  # fmt: skip

Record = dict[str, Any]


class KgxSource(Source):
    """A folder with one node file and one edge file."""

    info = SourceInfo(
        name="kgx",
        title="KGX files of the user's",
        infores=INFORES,
        licence="the graph's own",
        version="",
        url="https://github.com/biolink/kgx",
        tried=True,
        repeatable=True,
        repeats=True,
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return the node file and the edge file."""
        if path is None or not path.is_dir():
            raise InputError(f'"{path or ""}" is no folder; give one with nodes.tsv and edges.tsv (or .jsonl).')
        return _find_one(path, "node"), _find_one(path, "edge")

    def read_infores(self, path: Path | None) -> tuple[str, ...]:
        """Return every primary knowledge source that the edge file names (one pass over it)."""
        edges = (edge for edge in self.read_edges(path) if isinstance(edge, Edge))
        return tuple(sorted({edge.primary_knowledge_source for edge in edges})) or self.info.all_infores

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield the nodes; one without a name is named by its identifier."""
        file = self.input_files(path)[0]
        for number, record in _read(file, _NODE_KEYS):
            yield _to_node(file, number, record)

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield the edges; a predicate that this graph has no word for is skipped and counted."""
        file = self.input_files(path)[1]
        for number, record in _read(file, _EDGE_KEYS):
            yield _to_edge(file, number, record)


def _find_one(folder: Path, kind: str) -> Path:
    found = [p for p in sorted(folder.glob(f"*{kind}s*")) if strip_compression(p.name).endswith((".tsv", ".jsonl"))]
    if len(found) != 1:
        raise InputError(f'"{folder}" holds {len(found)} files named *{kind}s*.tsv or .jsonl; it must be exactly one.')
    return found[0]


def _read(path: Path, keys: tuple[str, ...]) -> Iterator[tuple[int, Record]]:
    if ".jsonl" in path.name:
        for number, record in read_json_lines(path):
            check_keys(path, number, record, keys)
            yield number, record
        return
    for number, row in read_table(path, keys, ragged=True):
        yield number, {key: _from_cell(key, cell) for key, cell in row.items() if cell}


def _from_cell(key: str, cell: str) -> Any:
    """Lists are joined by `|` in TSV; the names of list columns are known."""
    return cell.split("|") if key in _LISTS else cell


def _to_node(path: Path, line: int, record: Record) -> Node:
    curie = normalise_curie(str(record.get("id") or ""))
    if not curie:
        raise FormatError(path, "`id` is empty", "every node needs one", line=line)
    xrefs = (*_to_list(record.get("xref")), *_to_list(record.get("equivalent_identifiers")))
    return Node(
        curie,
        to_category(_to_list(record.get("category"))),
        str(record.get("name") or curie),
        _to_infores(record.get("provided_by")),
        synonyms=_to_list(record.get("synonym")),
        xrefs=tuple(sorted({normalise_curie(x) for x in xrefs} - {curie})),
        properties=to_properties(_to_extra(record, _NODE_FIELDS)),
    )


def _to_edge(path: Path, line: int, record: Record) -> Edge | Skip:
    for key in _EDGE_KEYS:
        if not record.get(key):
            raise FormatError(path, f"`{key}` is empty", "every edge needs it", line=line)
    known = to_predicate(str(record["predicate"]))
    level = to_knowledge_level(str(record.get("knowledge_level") or ""))
    if known is None:
        return Skip(f"predicate {record['predicate']} has no word here", f"{path}, line {line}")
    if level is KnowledgeLevel.PREDICTION and not record.get("run"):
        return Skip("prediction without the run that made it", f"{path}, line {line}")
    if known[1]:
        record = _turn(record)
    return Edge(
        normalise_curie(str(record["subject"])),
        known[0],
        normalise_curie(str(record["object"])),
        _to_infores(record.get("primary_knowledge_source") or record.get("knowledge_source")),
        level,
        to_agent_type(str(record.get("agent_type") or "")),
        negated=_to_negated(path, line, record.get("negated")),
        publications=_to_list(record.get("publications")),
        confidence=read_confidence(path, line, "confidence", record.get("confidence")),
        release=str(record.get("release") or ""),
        run=str(record.get("run") or ""),
        properties=to_properties(_to_extra(record, _EDGE_FIELDS)),
    )


def _turn(record: Record) -> Record:
    """The statement from its other end: what was told of its subject (`subject_aspect_qualifier`) is the object's."""
    turned = {_turn_key(key): value for key, value in record.items()}
    qualified = to_predicate(str(record.get("qualified_predicate") or ""))
    return turned | {"qualified_predicate": f"biolink:{qualified[0]}"} if qualified and qualified[1] else turned


def _turn_key(key: str) -> str:
    end, line, rest = key.partition("_")
    return {"subject": "object", "object": "subject"}.get(end, end) + line + rest


def _to_negated(path: Path, line: int, value: Any) -> bool:
    """Another word than true or false is an error: taken for false, it would turn the statement around."""
    word = str(value or "false").lower()
    if word not in ("true", "false"):
        raise FormatError(path, f'`negated` is "{value}"', "it is true, false or empty", line=line)
    return word == "true"


def _to_extra(record: Record, fields: frozenset[str]) -> dict[str, Value | None]:
    return {key: _to_value(value) for key, value in record.items() if key not in fields}


def _to_value(value: Any) -> Value | None:
    if isinstance(value, list):
        return tuple(map(str, value))
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _to_list(value: Any) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _to_infores(value: Any) -> str:
    """An information resource; a free name becomes one."""
    name = next(iter(_to_list(value)), INFORES)
    return name if name.startswith("infores:") else "infores:" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
