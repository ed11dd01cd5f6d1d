"""Terms of an OBO Graph JSON file (https://github.com/geneontology/obographs)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kg.errors import FormatError
from kg.sources.files import check_object, open_text, parse_json
from kg.sources.obo_text import OboTerm
from ontologies.prefixes import normalise_curie

_IRI_PREFIX = "http://purl.obolibrary.org/obo/"


def read_obo_graph_terms(path: Path) -> Iterator[OboTerm]:
    """Yield the classes of every graph in the file.

    The format is one JSON object, so the file is in memory while its terms are read.
    """
    with open_text(path) as handle:
        document = check_object(path, parse_json(path, handle.read()))
    graphs = document.get("graphs")
    if not isinstance(graphs, list):
        raise FormatError(path, "has no list `graphs`", "an OBO Graph document has one")
    for graph in graphs:
        yield from _read_graph(check_object(path, graph))


def _read_graph(graph: dict[str, Any]) -> Iterator[OboTerm]:
    parents: dict[str, list[str]] = defaultdict(list)
    relations: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for edge in graph.get("edges", ()):
        target = normalise_curie(edge["obj"])
        if edge["pred"] == "is_a":
            parents[edge["sub"]].append(target)
        else:
            relations[edge["sub"]].append((_shorten(edge["pred"]), target))
    for node in graph.get("nodes", ()):
        if node.get("type", "CLASS") == "CLASS":
            yield _to_term(node, parents[node["id"]], relations[node["id"]])


def _to_term(node: dict[str, Any], parents: list[str], relations: list[tuple[str, str]]) -> OboTerm:
    meta = node.get("meta") or {}
    synonyms = meta.get("synonyms") or ()
    values = {v["pred"].rpartition("#")[2]: v["val"] for v in meta.get("basicPropertyValues") or ()}
    return OboTerm(
        normalise_curie(node["id"]),
        name=node.get("lbl") or "",
        namespace=values.get("hasOBONamespace", ""),
        obsolete=bool(meta.get("deprecated")),
        synonyms=[s["val"] for s in synonyms if s.get("pred") == "hasExactSynonym"],
        close_synonyms=[s["val"] for s in synonyms if s.get("pred") != "hasExactSynonym"],
        xrefs=[normalise_curie(x["val"]) for x in meta.get("xrefs") or ()],
        parents=parents,
        relations=relations,
    )


def _shorten(relation: str) -> str:
    """The relation's identifier: `BFO:0000050` of its IRI, or its last part."""
    if relation.startswith(_IRI_PREFIX):
        return relation.removeprefix(_IRI_PREFIX).rpartition("#")[2].replace("_", ":", 1)
    return relation
