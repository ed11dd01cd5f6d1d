"""Terms of an OBO Graph JSON file (https://github.com/geneontology/obographs)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kg.errors import FormatError
from kg.sources.files import check_keys, check_object
from kg.sources.json_stream import read_json_array
from kg.sources.obo_text import OboTerm, is_equivalent
from ontologies.prefixes import normalise_curie

_IRI_PREFIX = "http://purl.obolibrary.org/obo/"


def read_obo_graph_terms(path: Path) -> Iterator[OboTerm]:
    """Yield the classes of every graph in the file.

    Two passes: what hangs together, which stays in memory, and then the classes one by one.
    """
    parents: dict[str, list[str]] = defaultdict(list)
    relations: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for edge in _read_records(path, "edges", ("sub", "pred", "obj")):
        target = normalise_curie(edge["obj"])
        if edge["pred"] == "is_a":
            parents[edge["sub"]].append(target)
        else:
            relations[edge["sub"]].append((_shorten(edge["pred"]), target))
    for node in _read_records(path, "nodes", ("id",)):
        if node.get("type", "CLASS") == "CLASS":
            try:
                term = _to_term(node, parents.get(node["id"], []), relations.get(node["id"], []))
            except (AttributeError, KeyError, TypeError) as error:
                problem = f"`meta` is not as the format says ({error})"
                raise FormatError(f"{path}, node {node['id']}", problem, "repair or fetch it again") from error
            yield term


def _read_records(path: Path, key: str, texts: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The objects of all arrays of that name; FormatError where a label or one of the keys that must be text is not."""
    for number, item in enumerate(read_json_array(path, key, all_of_them=True), start=1):
        where = f"{path}, {key} {number}"
        record = check_object(where, item)
        check_keys(where, None, record, texts)
        for name in (*texts, "lbl"):
            if not isinstance(record.get(name) or "", str):
                raise FormatError(where, f"`{name}` is {json.dumps(record[name])}", "it is text in quotes")
        yield record


def _to_term(node: dict[str, Any], parents: list[str], relations: list[tuple[str, str]]) -> OboTerm:
    meta = node.get("meta") or {}
    synonyms = meta.get("synonyms") or ()
    values: dict[str, list[str]] = defaultdict(list)
    for value in meta.get("basicPropertyValues") or ():
        values[value["pred"].rpartition("#")[2]].append(_text(value["val"]))
    return OboTerm(
        normalise_curie(node["id"]),
        name=node.get("lbl") or "",
        namespace=next(iter(values["hasOBONamespace"]), ""),
        obsolete=bool(meta.get("deprecated")),
        synonyms=[_text(s["val"]) for s in synonyms if s.get("pred") == "hasExactSynonym"],
        close_synonyms=[_text(s["val"]) for s in synonyms if s.get("pred") != "hasExactSynonym"],
        alt_ids=[normalise_curie(curie) for curie in values["hasAlternativeId"]],
        xrefs=[normalise_curie(x["val"]) for x in meta.get("xrefs") or () if is_equivalent(_list_sources(x))],
        parents=parents,
        relations=relations,
    )


def _list_sources(xref: dict[str, Any]) -> list[str]:
    """Where a cross-reference comes from, in a file that tells: its own `xrefs`, or annotations in its `meta`."""
    annotations = (xref.get("meta") or {}).get("basicPropertyValues") or ()
    told = [value["val"] for value in annotations if value["pred"].endswith("#source")]
    return [_text(source) for source in (*(xref.get("xrefs") or ()), *told)]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{json.dumps(value)} is no text")
    return value


def _shorten(relation: str) -> str:
    """The relation's identifier: `BFO:0000050` of its IRI, or its last part."""
    if relation.startswith(_IRI_PREFIX):
        return relation.removeprefix(_IRI_PREFIX).rpartition("#")[2].replace("_", ":", 1)
    return relation
