"""DrugMechDB: curated paths from a drug over its mechanism to the disease it treats (JSON Lines or YAML)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TextIO

import yaml
from yaml.composer import Composer

from kg.errors import FormatError
from kg.model import Edge, Node, Value, to_properties
from kg.sources.files import check_keys, check_object, find_file, open_text, read_json_lines
from kg.sources.json_stream import read_json_array
from kg.sources.source import RemoteFile, Skip, Source, SourceInfo
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate
from ontologies.prefixes import normalise_curie

INFORES: Final = "infores:drugmechdb"
_URL: Final = "https://raw.githubusercontent.com/SuLab/DrugMechDB/main/indication_paths.yaml"
_NAMES: Final = ("paths.jsonl", "indication_paths.yaml", "indication_paths.yml", "indication_paths.json")

_CATEGORIES: Final[dict[str, Category]] = {
    "BiologicalProcess": Category.BIOLOGICAL_PROCESS,
    "Cell": Category.CELL,
    "CellularComponent": Category.CELLULAR_COMPONENT,
    "ChemicalSubstance": Category.CHEMICAL_ENTITY,
    "Disease": Category.DISEASE,
    "Drug": Category.DRUG,
    "GeneFamily": Category.GENE_FAMILY,
    "GrossAnatomicalStructure": Category.ANATOMICAL_ENTITY,
    "MacromolecularComplex": Category.NAMED_THING,
    "MacromolecularMachine": Category.NAMED_THING,
    "MolecularActivity": Category.MOLECULAR_ACTIVITY,
    "OrganismTaxon": Category.ORGANISM_TAXON,
    "Pathway": Category.PATHWAY,
    "PhenotypicFeature": Category.PHENOTYPIC_FEATURE,
    "Protein": Category.PROTEIN,
}

# Per relation: the predicate, whether its ends change places, and Biolink's direction and aspect qualifiers.
_RELATIONS: Final[dict[str, tuple[Predicate, bool, str, str]]] = {
    "actively involved in": (Predicate.ACTIVELY_INVOLVED_IN, False, "", ""),
    "affected by": (Predicate.AFFECTS, True, "", ""),
    "affects risk for": (Predicate.AFFECTS, False, "", "risk"),
    "ameliorates": (Predicate.AMELIORATES, False, "", ""),
    "capable of": (Predicate.ACTIVELY_INVOLVED_IN, False, "", ""),
    "caused by": (Predicate.CAUSES, True, "", ""),
    "causes": (Predicate.CAUSES, False, "", ""),
    "chemically similar to": (Predicate.CHEMICALLY_SIMILAR_TO, False, "", ""),
    "contraindicated for": (Predicate.CONTRAINDICATED_IN, False, "", ""),
    "contributes to": (Predicate.AFFECTS, False, "", "risk"),
    "correlated with": (Predicate.CORRELATED_WITH, False, "", ""),
    "decreases abundance of": (Predicate.AFFECTS, False, "decreased", "abundance"),
    "decreases activity of": (Predicate.AFFECTS, False, "decreased", "activity"),
    "decreases synthesis of": (Predicate.AFFECTS, False, "decreased", "synthesis"),
    "disrupted by": (Predicate.AFFECTS, True, "decreased", ""),
    "disrupts": (Predicate.AFFECTS, False, "decreased", ""),
    "exacerbates": (Predicate.EXACERBATES, False, "", ""),
    "expressed in": (Predicate.EXPRESSED_IN, False, "", ""),
    "has participant": (Predicate.PARTICIPATES_IN, True, "", ""),
    "has phenotype": (Predicate.HAS_PHENOTYPE, False, "", ""),
    "in complex with": (Predicate.PHYSICALLY_INTERACTS_WITH, False, "", ""),
    "increases abundance of": (Predicate.AFFECTS, False, "increased", "abundance"),
    "increases activity of": (Predicate.AFFECTS, False, "increased", "activity"),
    "increases degradation of": (Predicate.AFFECTS, False, "increased", "degradation"),
    "increases stability of": (Predicate.AFFECTS, False, "increased", "stability"),
    "increases transport of": (Predicate.AFFECTS, False, "increased", "transport"),
    "interacts with": (Predicate.INTERACTS_WITH, False, "", ""),
    "located in": (Predicate.LOCATED_IN, False, "", ""),
    "location of": (Predicate.LOCATED_IN, True, "", ""),
    "manifestation of": (Predicate.MANIFESTATION_OF, False, "", ""),
    "molecularly interacts with": (Predicate.BINDS, False, "", ""),
    "negatively correlated with": (Predicate.DOWNREGULATES, False, "", ""),
    "negatively regulates": (Predicate.REGULATES, False, "decreased", ""),
    "occurs in": (Predicate.LOCATED_IN, False, "", ""),
    "part of": (Predicate.PART_OF, False, "", ""),
    "participates in": (Predicate.PARTICIPATES_IN, False, "", ""),
    "phenotype of": (Predicate.HAS_PHENOTYPE, True, "", ""),
    "physically interacts with": (Predicate.PHYSICALLY_INTERACTS_WITH, False, "", ""),
    "positively correlated with": (Predicate.UPREGULATES, False, "", ""),
    "positively regulates": (Predicate.REGULATES, False, "increased", ""),
    "predisposes": (Predicate.AFFECTS, False, "increased", "risk"),
    "prevents": (Predicate.PREVENTS, False, "", ""),
    "regulates": (Predicate.REGULATES, False, "", ""),
    "subclass of": (Predicate.SUBCLASS_OF, False, "", ""),
    "superclass of": (Predicate.SUBCLASS_OF, True, "", ""),
    "treats": (Predicate.TREATS, False, "", ""),
}


class DrugMechDbSource(Source):
    """The indication of every path, and each of its links with the path it belongs to."""

    info = SourceInfo(
        name="drugmechdb",
        title="DrugMechDB",
        infores=INFORES,
        licence="CC0 1.0",
        version="2.0",
        url="https://sulab.github.io/DrugMechDB/",
        files=(RemoteFile(_URL, "indication_paths.yaml"),),
        tried=True,
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return the one file."""
        return (find_file(path, _NAMES, "drugmechdb"),)

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield every concept of every path, each once."""
        (file,) = self.input_files(path)
        seen: set[str] = set()
        for where, record in _read_paths(file):
            drug = record["graph"].get("drug_mesh") or ""
            for item in record["nodes"]:
                check_keys(file, None, item, ("id", "label", "name"))
                curie, category = normalise_curie(item["id"]), _CATEGORIES.get(item["label"])
                if category is None:
                    yield Skip(f"label {item['label']} has no category here", where)
                elif curie not in seen:
                    seen.add(curie)
                    xrefs = _find_drug_xrefs(record["graph"]) if item["id"] == drug else ()
                    yield Node(curie, category, item["name"], INFORES, xrefs=tuple(x for x in xrefs if x != curie))

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield one edge a statement, with the identifiers of all paths that it is part of."""
        (file,) = self.input_files(path)
        edges: dict[str, tuple[Edge, set[str]]] = {}
        for where, record in _read_paths(file):
            for edge in _to_edges(record, where):
                if isinstance(edge, Skip):
                    yield edge
                else:
                    edges.setdefault(edge.edge_key, (edge, set()))[1].add(str(record["graph"]["_id"]))
        for edge, paths in edges.values():
            properties = {**dict(edge.properties), "paths": tuple(sorted(paths))}
            yield _assert(edge.subject, edge.predicate, edge.object, properties)


def _read_paths(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield where each path stands and the path, checked for its three parts."""
    for where, record in _read_records(path):
        check_keys(path, None, record, ("graph", "nodes", "links"))
        check_keys(path, None, record["graph"], ("_id",))
        yield where, record


def _read_records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if ".jsonl" in path.name:
        yield from ((f"{path}, line {number}", record) for number, record in read_json_lines(path))
        return
    records = read_json_array(path) if ".json" in path.name else _read_yaml_items(path)
    yield from ((f"{path}, path {i}", check_object(path, record)) for i, record in enumerate(records, start=1))


class _ItemLoader(Composer, yaml.CSafeLoader):
    """Composes node by node what libyaml parses, where the loader of PyYAML composes a document whole."""

    def __init__(self, stream: TextIO) -> None:
        yaml.CSafeLoader.__init__(self, stream)
        Composer.__init__(self)

    def read_items(self) -> Iterator[Any]:
        """Yield the items of the list that the document is; ValueError where it is none."""
        while self.check_event(yaml.StreamStartEvent, yaml.DocumentStartEvent):
            self.get_event()
        if not self.check_event(yaml.SequenceStartEvent):
            raise ValueError
        self.get_event()
        while not self.check_event(yaml.SequenceEndEvent):
            yield self.construct_document(self.compose_node(None, 0))


def _read_yaml_items(path: Path) -> Iterator[Any]:
    with open_text(path) as handle:
        try:
            yield from _ItemLoader(handle).read_items()
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else None
            raise FormatError(path, f"is not YAML ({error.problem})", "repair or fetch it again", line=line) from error
        except ValueError as error:
            raise FormatError(path, "holds no list of paths", "fetch indication_paths.yaml") from error


def _to_edges(record: dict[str, Any], where: str) -> Iterator[Edge | Skip]:
    graph = record["graph"]
    drug, disease = graph.get("drug_mesh") or graph.get("drugbank"), graph.get("disease_mesh")
    if not drug or not disease or "," in drug:
        yield Skip("indication of a combination or of an unnamed end", where)
    else:
        yield _assert(normalise_curie(drug), Predicate.TREATS, normalise_curie(disease), {})
    for link in record["links"]:
        relation = _RELATIONS.get(str(link["key"]).lower())
        if relation is None:
            yield Skip(f"relation {link['key']} has no predicate here", where)
            continue
        predicate, is_turned, direction, aspect = relation
        ends = (normalise_curie(link["source"]), normalise_curie(link["target"]))
        subject, object_ = reversed(ends) if is_turned else ends
        qualifiers: dict[str, Value] = {"object_aspect_qualifier": aspect, "object_direction_qualifier": direction}
        yield _assert(subject, predicate, object_, qualifiers)


def _assert(subject: str, predicate: Predicate, object_: str, properties: dict[str, Value]) -> Edge:
    return Edge(
        subject,
        predicate,
        object_,
        INFORES,
        KnowledgeLevel.KNOWLEDGE_ASSERTION,
        AgentType.MANUAL_AGENT,
        properties=to_properties({**properties}),
    )


def _find_drug_xrefs(graph: dict[str, Any]) -> tuple[str, ...]:
    return tuple(normalise_curie(graph[key]) for key in ("drugbank", "drug_mesh") if graph.get(key))
