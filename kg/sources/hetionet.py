"""Hetionet v1.0 in its JSON form or as node and edge tables (`metaedge` layout, TSV or SIF)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from kg.errors import FormatError, InputError
from kg.model import Edge, Node, Properties, to_properties
from kg.sources.files import check_keys, check_object, find_optional_file, read_table
from kg.sources.json_stream import read_json_array
from kg.sources.source import RemoteFile, Skip, Source, SourceInfo
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate
from ontologies.prefixes import normalise_curie

INFORES: Final = "infores:hetionet"
_BASE: Final = "https://github.com/hetio/hetionet/raw/main/hetnet"
# The publisher's own: the object id under which its repository keeps the file (Git LFS).
_SHA256: Final = "a342ab57e9073e6c02bb5e109d1f16917e6f933be4e5c77ebbaebfa26b984c19"
_JSON: Final = ("hetionet-v1.0.json",)
_NODES: Final = ("hetionet-v1.0-nodes.tsv", "nodes.tsv")
_EDGES: Final = ("hetionet-v1.0-edges.sif", "hetionet-v1.0-edges.tsv", "edges.tsv", "edges.sif")

CATEGORIES: Final[dict[str, Category]] = {
    "Anatomy": Category.ANATOMICAL_ENTITY,
    "Biological Process": Category.BIOLOGICAL_PROCESS,
    "Cellular Component": Category.CELLULAR_COMPONENT,
    "Compound": Category.DRUG,
    "Disease": Category.DISEASE,
    "Gene": Category.GENE,
    "Molecular Function": Category.MOLECULAR_ACTIVITY,
    "Pathway": Category.PATHWAY,
    "Pharmacologic Class": Category.CHEMICAL_ENTITY,
    "Side Effect": Category.PHENOTYPIC_FEATURE,
    "Symptom": Category.PHENOTYPIC_FEATURE,
}

_ASSERTED: Final = (KnowledgeLevel.KNOWLEDGE_ASSERTION, AgentType.MANUAL_AGENT)
_MEASURED: Final = (KnowledgeLevel.STATISTICAL_ASSOCIATION, AgentType.DATA_ANALYSIS_PIPELINE)
_MINED: Final = (KnowledgeLevel.STATISTICAL_ASSOCIATION, AgentType.TEXT_MINING_AGENT)
_LABEL: Final = (KnowledgeLevel.KNOWLEDGE_ASSERTION, AgentType.TEXT_MINING_AGENT)

# Per metaedge: the predicate, whether subject and object change places, and how the statement was made.
METAEDGES: Final[dict[str, tuple[Predicate, bool, tuple[KnowledgeLevel, AgentType]]]] = {
    "AdG": (Predicate.DOWNREGULATES, False, _MEASURED),
    "AeG": (Predicate.EXPRESSED_IN, True, _MEASURED),
    "AuG": (Predicate.UPREGULATES, False, _MEASURED),
    "CbG": (Predicate.BINDS, False, _ASSERTED),
    "CcSE": (Predicate.HAS_SIDE_EFFECT, False, _LABEL),
    "CdG": (Predicate.DOWNREGULATES, False, _MEASURED),
    "CpD": (Predicate.AMELIORATES, False, _ASSERTED),
    "CrC": (Predicate.CHEMICALLY_SIMILAR_TO, False, _MEASURED),
    "CtD": (Predicate.TREATS, False, _ASSERTED),
    "CuG": (Predicate.UPREGULATES, False, _MEASURED),
    "DaG": (Predicate.GENE_ASSOCIATED_WITH_CONDITION, True, _ASSERTED),
    "DdG": (Predicate.DOWNREGULATES, False, _MEASURED),
    "DlA": (Predicate.DISEASE_HAS_LOCATION, False, _MINED),
    "DpS": (Predicate.HAS_PHENOTYPE, False, _MINED),
    "DrD": (Predicate.SIMILAR_TO, False, _MINED),
    "DuG": (Predicate.UPREGULATES, False, _MEASURED),
    "GcG": (Predicate.CORRELATED_WITH, False, _MEASURED),
    "GiG": (Predicate.PHYSICALLY_INTERACTS_WITH, False, _ASSERTED),
    "GpBP": (Predicate.ACTIVELY_INVOLVED_IN, False, _ASSERTED),
    "GpCC": (Predicate.LOCATED_IN, False, _ASSERTED),
    "GpMF": (Predicate.PARTICIPATES_IN, False, _ASSERTED),
    "GpPW": (Predicate.PARTICIPATES_IN, False, _ASSERTED),
    "Gr>G": (Predicate.REGULATES, False, _MEASURED),
    "PCiC": (Predicate.SUBCLASS_OF, True, _ASSERTED),
}
_KIND_ABBREVIATIONS: Final = {
    "Anatomy": "A",
    "Biological Process": "BP",
    "Cellular Component": "CC",
    "Compound": "C",
    "Disease": "D",
    "Gene": "G",
    "Molecular Function": "MF",
    "Pathway": "PW",
    "Pharmacologic Class": "PC",
    "Side Effect": "SE",
    "Symptom": "S",
}


class HetionetSource(Source):
    """47,031 nodes of eleven kinds, edges of twenty-four."""

    info = SourceInfo(
        name="hetionet",
        title="Hetionet",
        infores=INFORES,
        licence="CC0 1.0; parts keep the licence of their origin (edge property `license` in the JSON form)",
        version="v1.0",
        url="https://het.io",
        files=(RemoteFile(f"{_BASE}/json/hetionet-v1.0.json.bz2", "hetionet-v1.0.json.bz2", _SHA256),),
        tried=True,
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return the JSON file, or else the node and the edge table."""
        if path is not None and path.is_file():
            if ".json" not in path.name:
                raise InputError(f'"{path}" is one table of two; give the folder that holds nodes.tsv and edges.tsv.')
            return (path,)
        document = find_optional_file(path, _JSON, "hetionet")
        if document is not None:
            return (document,)
        nodes = find_optional_file(path, _NODES, "hetionet")
        edges = find_optional_file(path, _EDGES, "hetionet")
        if nodes is None or edges is None:
            raise InputError(f'"{path}" holds neither {_JSON[0]} nor nodes.tsv and edges.tsv; fetch hetionet first.')
        return nodes, edges

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield the nodes."""
        files = self.input_files(path)
        yield from _read_table_nodes(files[0]) if len(files) == 2 else _read_json_nodes(files[0])

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield the edges."""
        files = self.input_files(path)
        yield from _read_table_edges(*files) if len(files) == 2 else _read_json_edges(files[0])


def _read_table_nodes(path: Path) -> Iterator[Node]:
    for number, row in read_table(path, ("id", "name", "kind")):
        yield _to_node(path, number, row["id"], row["name"], row["kind"])


def _read_table_edges(nodes: Path, edges: Path) -> Iterator[Edge]:
    curies = {row["id"]: normalise_curie(row["id"]) for _, row in read_table(nodes, ("id", "name", "kind"))}
    for number, row in read_table(edges, ("source", "metaedge", "target")):
        status = row.get("status", "exact")
        extra = () if status == "exact" else (("status", status),)
        for end in ("source", "target"):
            if row[end] not in curies:
                raise FormatError(
                    edges, f'`{end}` is "{row[end]}", which {nodes.name} lacks', "fetch both again", line=number
                )
        yield _to_edge(edges, number, row["metaedge"], curies[row["source"]], curies[row["target"]], extra)


def _read_json_nodes(path: Path) -> Iterator[Node]:
    for number, item in enumerate(read_json_array(path, "nodes"), start=1):
        where = f"{path}, node {number}"
        node = check_object(where, item)
        check_keys(where, None, node, ("kind", "identifier", "name"))
        yield _to_node(where, None, f"{node['kind']}::{node['identifier']}", str(node["name"]), str(node["kind"]))


def _read_json_edges(path: Path) -> Iterator[Edge]:
    for number, item in enumerate(read_json_array(path, "edges"), start=1):
        where = f"{path}, edge {number}"
        edge = check_object(where, item)
        check_keys(where, None, edge, ("source_id", "target_id", "kind", "direction"))
        for end in ("source_id", "target_id"):
            if not isinstance(edge[end], list) or len(edge[end]) != 2:
                raise FormatError(where, f"`{end}` is {json.dumps(edge[end])}", "it is a list of kind and identifier")
        source, target = (normalise_curie("::".join(map(str, edge[end]))) for end in ("source_id", "target_id"))
        metaedge = _abbreviate(edge["source_id"][0], edge["kind"], edge["target_id"][0], edge["direction"])
        yield _to_edge(where, None, metaedge, source, target, _to_extra(where, edge.get("data") or {}))


def _abbreviate(source_kind: Any, kind: Any, target_kind: Any, direction: Any) -> str:
    """The metaedge's abbreviation; a directed one carries `>`."""
    arrow = "" if direction == "both" else ">"
    source, target = (_KIND_ABBREVIATIONS.get(str(k), k) for k in (source_kind, target_kind))
    return f"{source}{str(kind)[:1]}{arrow}{target}"


def _to_extra(where: str, value: Any) -> Properties:
    """Where the JSON form says a statement comes from."""
    data = check_object(where, value)
    sources = data.get("sources") or ([data["source"]] if "source" in data else [])
    return to_properties({"original_sources": tuple(sorted(map(str, sources))), "license": data.get("license")})


def _to_node(place: Path | str, line: int | None, identifier: str, name: str, kind: str) -> Node:
    category = CATEGORIES.get(kind)
    if category is None:
        raise FormatError(place, f'`kind` is "{kind}"', f"allowed: {', '.join(CATEGORIES)}", line=line)
    symbols = (f"HGNC.SYMBOL:{name}",) if category is Category.GENE else ()
    return Node(normalise_curie(identifier), category, name, INFORES, xrefs=symbols)


def _to_edge(place: Path | str, line: int | None, metaedge: str, source: str, target: str, extra: Properties) -> Edge:
    if metaedge not in METAEDGES:
        raise FormatError(place, f'`metaedge` is "{metaedge}"', f"allowed: {', '.join(METAEDGES)}", line=line)
    predicate, is_turned, (level, agent) = METAEDGES[metaedge]
    subject, object_ = (target, source) if is_turned else (source, target)
    properties = tuple(sorted((("original_predicate", metaedge), *extra)))
    return Edge(subject, predicate, object_, INFORES, level, agent, properties=properties)
